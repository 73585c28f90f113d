package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"anpei/api/contract"
	"anpei/schemas/rest"
)

func aPNG(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

func aJPEG(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	m.Set(1, 1, color.White)
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}

// claiming is a small PNG whose header says another size.
func claiming(t *testing.T, width, height uint32) []byte {
	t.Helper()
	b := aPNG(t, 1, 1)
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// lateHeader is a JPEG whose size stands behind so many bytes of notes.
func lateHeader(t *testing.T, notes int) []byte {
	t.Helper()
	picture := aJPEG(t)
	b := append([]byte{}, picture[:2]...)
	for notes > 0 {
		n := min(notes, 65_000)
		b = append(b, 0xff, 0xe1)
		b = binary.BigEndian.AppendUint16(b, uint16(n+2))
		b = append(b, make([]byte, n)...)
		notes -= n
	}
	return append(b, picture[2:]...)
}

var aPDF = []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")

func digestOf(b []byte) string {
	h := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(h[:]) + ":"
}

func raw(b []byte) rest.UploadFileRequestObject {
	return rest.UploadFileRequestObject{Body: bytes.NewReader(b)}
}

func form(t *testing.T, parts ...[3]string) rest.UploadFileRequestObject {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", multipart.FileContentDisposition(p[0], p[1]))
		part, err := w.CreatePart(h)
		require.NoError(t, err)
		_, err = io.WriteString(part, p[2])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return rest.UploadFileRequestObject{MultipartBody: multipart.NewReader(&b, w.Boundary())}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	picture := aJPEG(t)
	long := append(append([]byte{}, aPDF...), make([]byte, 3<<20)...)
	largest := append(append([]byte{}, aPDF...), make([]byte, maxFile-len(aPDF))...)
	for name, c := range map[string]struct {
		in       rest.UploadFileRequestObject
		size     int
		mime, as string
	}{
		"a photo":                     {in: raw(picture), size: len(picture), mime: "image/jpeg", as: "upload.jpg"},
		"a scan":                      {in: raw(aPNG(t, 10, 10)), size: len(aPNG(t, 10, 10)), mime: "image/png", as: "upload.png"},
		"a PDF of some size":          {in: raw(long), size: len(long), mime: "application/pdf", as: "upload.pdf"},
		"a red-letter invoice":        {in: raw([]byte(redInvoice)), size: len(redInvoice), mime: "text/xml", as: "upload.xml"},
		"several invoices":            {in: raw([]byte(twoInvoices)), size: len(twoInvoices), mime: "text/xml", as: "upload.xml"},
		"the largest":                 {in: raw(largest), size: maxFile, mime: "application/pdf", as: "upload.pdf"},
		"byte by byte":                {in: rest.UploadFileRequestObject{Body: iotest.OneByteReader(bytes.NewReader(picture))}, size: len(picture), mime: "image/jpeg", as: "upload.jpg"},
		"the end with the last bytes": {in: rest.UploadFileRequestObject{Body: iotest.DataErrReader(bytes.NewReader(picture))}, size: len(picture), mime: "image/jpeg", as: "upload.jpg"},
		"a form":                      {in: form(t, [3]string{"file", "现场 1.jpg", string(picture)}), size: len(picture), mime: "image/jpeg", as: "现场 1.jpg"},
		"50 megapixels":               {in: raw(claiming(t, 10_000, 5_000)), size: len(claiming(t, 1, 1)), mime: "image/png", as: "upload.png"},
		"a header far from the begin": {in: raw(lateHeader(t, 200_000)), size: len(lateHeader(t, 200_000)), mime: "image/jpeg", as: "upload.jpg"},
		"announced, and the same":     {in: rest.UploadFileRequestObject{Body: bytes.NewReader(picture), Params: rest.UploadFileParams{ReprDigest: digestOf(picture)}}, size: len(picture), mime: "image/jpeg", as: "upload.jpg"},
		"a name in the address counts": {in: func() rest.UploadFileRequestObject {
			r := form(t, [3]string{"file", "a.jpg", string(picture)})
			r.Params.Name = "b.jpg"
			return r
		}(), size: len(picture), mime: "image/jpeg", as: "b.jpg"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := receive(c.in)
			require.NoError(t, err)
			defer f.drop()
			require.Equal(t, int64(c.size), f.size)
			require.Equal(t, c.mime, f.mime)
			require.Equal(t, c.as, f.name)
			b, err := io.ReadAll(io.NewSectionReader(f.file, 0, f.size))
			require.NoError(t, err)
			require.Equal(t, sha256.Sum256(b), f.sum)
			require.NoFileExists(t, f.file.Name(), "it goes with the process")
		})
	}
}

// twoInvoices are for their sender to part; redInvoice takes another invoice
// back, and proves no loss.
const twoInvoices = `<?xml version="1.0" encoding="UTF-8"?><all><InvoiceNo>26312000000012345698</InvoiceNo><InvoiceNo>26312000000012345699</InvoiceNo>` +
	`<TaxInclusiveTotalAmount>3164.00</TaxInclusiveTotalAmount></all>`

const redInvoice = `<?xml version="1.0" encoding="UTF-8"?><EInvoice><Header><EIid>26312000000012345699</EIid></Header><EInvoiceData><BasicInformation>` +
	`<TotalAmWithoutTax>-2800.00</TotalAmWithoutTax><TotalTaxAm>-364.00</TotalTaxAm><TotalTax-includedAmount>-3164.00</TotalTax-includedAmount></BasicInformation></EInvoiceData></EInvoice>`

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	picture := aJPEG(t)
	cut := func(after int) io.Reader {
		return io.MultiReader(bytes.NewReader(picture[:after]), iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	whole := form(t, [3]string{"file", "a.jpg", string(picture)})
	for name, c := range map[string]struct {
		in     rest.UploadFileRequestObject
		status int
		says   string
	}{
		"nothing":                    {in: raw(nil), status: 422, says: "empty"},
		"an empty form file":         {in: form(t, [3]string{"file", "a.jpg", ""}), status: 422, says: "empty"},
		"a form without a file":      {in: form(t), status: 422, says: "no file"},
		"a form with another part":   {in: form(t, [3]string{"kind", "", "photo"}), status: 422, says: "one part"},
		"a form with two files":      {in: form(t, [3]string{"file", "a", string(picture)}, [3]string{"file", "b", string(picture)}), status: 422, says: "one file"},
		"neither bytes nor form":     {in: rest.UploadFileRequestObject{}, status: 415, says: "octet-stream"},
		"one byte too many":          {in: raw(append(append([]byte{}, aPDF...), make([]byte, maxFile-len(aPDF)+1)...)), status: 413, says: "64 MiB"},
		"a page":                     {in: raw([]byte("<html><script>alert(1)</script>")), status: 415, says: "text/html"},
		"an animation":               {in: raw([]byte("GIF89a\x01\x00\x01\x00")), status: 415, says: "image/gif"},
		"a program":                  {in: raw([]byte("\x7fELF\x02\x01\x01")), status: 415, says: "PDF"},
		"cut off at once":            {in: rest.UploadFileRequestObject{Body: cut(0)}, status: 422, says: "whole"},
		"cut off in its first bytes": {in: rest.UploadFileRequestObject{Body: cut(100)}, status: 422, says: "whole"},
		"cut off later":              {in: rest.UploadFileRequestObject{Body: io.MultiReader(bytes.NewReader(aPDF), bytes.NewReader(make([]byte, 100_000)), cut(0))}, status: 422, says: "whole"},
		"a form cut off":             {in: rest.UploadFileRequestObject{MultipartBody: multipart.NewReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"+string(picture)), "b")}, status: 422, says: "whole"},
		"a form cut off after":       {in: rest.UploadFileRequestObject{MultipartBody: multipart.NewReader(io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"+string(picture)+"\r\n--b\r\n"), cut(0)), "b")}, status: 422, says: "whole"},
		"a bomb":                     {in: raw(claiming(t, 10_000, 5_001)), status: 422, says: "50 million"},
		"a bomb beyond int32":        {in: raw(claiming(t, 1<<31-1, 1<<31-1)), status: 422, says: "cannot be opened"},
		"a damaged picture":          {in: raw(picture[:30]), status: 422, says: "cannot be opened"},
		"the data of no invoice":     {in: raw([]byte(`<?xml version="1.0"?><note>hello</note>`)), status: 422, says: "Please send the invoice's PDF"},
		"another digest":             {in: rest.UploadFileRequestObject{Body: bytes.NewReader(picture), Params: rest.UploadFileParams{ReprDigest: digestOf(aPDF)}}, status: 422, says: "another hash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := receive(c.in)
			require.Nil(t, f)
			p := contract.ProblemOf(err)
			require.Equal(t, c.status, p.Status, p.Detail)
			detail := p.Detail
			for _, e := range p.Errors {
				detail += e.Detail
			}
			require.Contains(t, detail, c.says)
		})
	}
	f, err := receive(whole)
	require.NoError(t, err)
	f.drop()
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "upload.jpg",
		"a.jpg":                  "a.jpg",
		"../../etc/passwd":       "passwd",
		`C:\照片\现场.jpg`:           "现场.jpg",
		"a\x00b\r\nc.jpg":        "abc.jpg",
		"gpj.\u202eexe":          "gpj.exe", // no mark that turns the writing round
		"..":                     "upload.jpg",
		"/":                      "upload.jpg",
		" ":                      "upload.jpg",
		"\xff\xfe.jpg":           ".jpg",
		strings.Repeat("长", 300): strings.Repeat("长", maxName),
	} {
		require.Equal(t, want, fileName(in, "image/jpeg"), "%q", in)
	}
}

func TestNoSpoolIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	f, err := receive(raw(aJPEG(t)))
	require.NoError(t, err)
	defer f.drop()
	_, err = receive(raw(claiming(t, 60_000, 60_000)))
	require.Error(t, err)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
