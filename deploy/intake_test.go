package deploy_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// perFile is how long a claimant waits for word of a file, at most.
const perFile = time.Minute

// scraped is a small loss that its reporter takes the pictures of.
func scraped(phone string) rest.Notice {
	return rest.Notice{
		Channel: "app", Line: "motor", Plate: "沪AD58321", LossAt: time.Now().Add(-time.Hour),
		Place: "上海市浦东新区世纪大道", Cause: "scratch", Story: "倒车蹭到立柱", Self: true,
		Reporter:  rest.Party{Name: "周晓岚", Phone: phone, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "后保险杠", Estimate: 320_000}},
	}
}

// Whatever a claimant sends, they hear what became of it and what to do, and
// the claim goes on: refused at the door with a problem, or taken and sent back
// with a reason.
func TestEveryBadFileGetsAReasonAndTheClaimGoesOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p := newProduct(ctx, t)
	phone := "13900000002"
	me, _, err := p.Claimant(ctx, phone, "")
	require.NoError(t, err)
	claim, err := play.Post[rest.Receipt](ctx, me, play.Key(), "/claims", scraped(phone))
	require.NoError(t, err)

	photo := drawnJPEG(t, 640, 480)
	licence, err := specimen.VehicleLicence(specimen.Vehicle{
		Plate: "沪AD58321", Type: "小型轿车", Owner: "测试张三", Address: "上海市浦东新区样例路 100 号", Use: "非营运", Model: "样例牌YL7150A", VIN: specimen.VIN("LSVAA4180E2123456"),
		EngineNo: "TEST12345", Registered: specimen.DatesAt(time.Now()).VehicleRegistered, Issued: specimen.DatesAt(time.Now()).VehicleIssued, Bureau: "上海市公安局交通警察总队", Seed: 2,
	})
	require.NoError(t, err)
	white := blank(800, 600)

	// Refused at the door, with a status and what to do.
	for name, c := range map[string]struct {
		file   []byte
		status int
		words  string
	}{
		"empty.jpg":                     {[]byte{}, 422, "文件是空的"},
		"cut-off-in-its-head.jpg":       {photo[:40], 422, "请重拍或重新保存"},
		"a-bomb-of-pixels.png":          {pngHead(60_000, 60_000), 422, "图片尺寸太大"},
		"65-MiB.pdf":                    {append([]byte("%PDF-1.7\n"), make([]byte, 65<<20)...), 413, "不能超过 64 MiB"},
		"moving.gif":                    {movingGIF(t), 415, "动图"},
		"moving.png":                    {movingPNG(t), 415, "动图"},
		"moving.webp":                   {append([]byte("RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02"), make([]byte, 40)...), 415, "动图"},
		"words-that-are-no-picture.jpg": {[]byte("这不是图片，只是一些文字。"), 415, "请上传照片"},
		"a-program.pdf":                 {append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100)...), 415, "请上传照片"},
		"a-zip.ofd":                     {zipped(t, "readme.txt", "x"), 415, "请上传照片"},
		"a-bomb.ofd":                    {zipped(t, "OFD.xml", "<OFD/>", "Doc_0/Attachs/original_invoice.xml", strings.Repeat(" ", 8<<20)), 422, "解开后过大"},
		"an-ofd-within.ofd":             {zipped(t, "OFD.xml", "<OFD/>", "Doc_0/more.ofd", "x"), 422, "解开后过大"},
		"cut-off.ofd":                   {zipped(t, "OFD.xml", "<OFD/>", "Doc_0/a.xml", "<x/>")[:90], 422, "损坏"},
		"no-invoice.xml":                {[]byte(`<?xml version="1.0"?><note>hello</note>`), 422, "没有可以读取的发票数据"},
		"entities.xml":                  {[]byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><EInvoice><EIid>26442000000012345678</EIid></EInvoice>`), 422, "没有可以读取的发票数据"},
	} {
		_, err := play.Attach(ctx, me, claim.Number, play.File{Name: name, Kind: "vat_invoice", Bytes: c.file})
		problem := play.ProblemOf(err)
		require.NotNil(t, problem, "%s was taken: %v", name, err)
		require.Equal(t, c.status, problem.Status, name)
		require.Contains(t, problem.Detail, c.words, name)
	}

	// Taken, and sent back with a reason; or read, whatever its name says.
	sent := map[string]struct {
		file               []byte
		kind, state, words string
	}{
		"cut-off.jpg":                     {licence[:len(licence)/2], "vehicle_licence", "unreadable", "不完整或已损坏"},
		"with-a-password.pdf":             {lockedPDF(t), "vat_invoice", "unreadable", "设有密码"},
		"an-empty-page.pdf":               {pages(t), "vat_invoice", "unreadable", "没有看到文字"},
		"of-nothing.png":                  {encoded(t, white), "vat_invoice", "unreadable", "没有看到文字"},
		"a-loss-of-nothing.png":           {encoded(t, blank(900, 600)), "loss_photo", "unreadable", "什么也看不到"},
		"without-an-invoice.ofd":          {zipped(t, "OFD.xml", "<OFD/>", "Doc_0/Document.xml", "<x/>"), "vat_invoice", "unreadable", "没有可以读取的发票数据"},
		"a-letter.pdf":                    {pages(t, "Dear Sir or Madam,", "we have met with your neighbour about the garden fence.", "It leans. Kind regards."), "vat_invoice", "unsure", "没有认出"},
		"upside-down-and-mislabelled.gif": {upsideDown(t, licence), "vehicle_licence", "", ""},
		"invoice.ofd":                     {zipped(t, "OFD.xml", "<OFD/>", "Doc_0/Attachs/original_invoice.xml", invoiceXML("26312000000012345678")), "vat_invoice", "read", ""},
		"red-letter.xml":                  {[]byte(redLetterXML("26312000000012345681", "26312000000012345680")), "vat_invoice", "unreadable", "红字发票"},
		"red-letter.ofd":                  {zipped(t, "OFD.xml", "<OFD/>", "Doc_0/Attachs/original_invoice.xml", redLetterXML("26312000000012345682", "26312000000012345680")), "vat_invoice", "unreadable", "红字发票"},
		"invoice.xml":                     {[]byte(invoiceXML("26312000000012345679")), "", "read", ""},
		"turned.jpg":                      {turned(t), "loss_photo", "read", ""},
		"of-two-pages.pdf":                {twoPages(t), "other", "", ""},
	}
	ids := map[string]string{}
	began := time.Now()
	for name, c := range sent {
		got, err := play.Attach(ctx, me, claim.Number, play.File{Name: name, Kind: c.kind, Bytes: c.file})
		require.NoError(t, err, name)
		ids[name] = got[0]
	}
	for name, c := range sent {
		var d rest.Document
		require.NoError(t, play.Until(ctx, "word of "+name, time.Duration(len(sent))*perFile-time.Since(began), func() (bool, error) {
			var err error
			d, err = play.Get[rest.Document](ctx, me, "/claims/"+claim.Number+"/documents/"+ids[name])
			return d.State != "received", err
		}))
		if c.state != "" {
			require.Equal(t, rest.PaperState(c.state), d.State, "%s: %s", name, d.Reason)
		}
		require.Contains(t, d.Reason, c.words, name)
		switch name {
		case "upside-down-and-mislabelled.gif":
			require.Contains(t, []rest.PaperState{"read", "unsure"}, d.State)
			require.Contains(t, values(d), "沪AD58321")
		case "invoice.ofd", "invoice.xml":
			require.Equal(t, "vat_invoice", d.Kind)
			require.Contains(t, values(d), "316400")
		case "red-letter.xml", "red-letter.ofd":
			require.Contains(t, values(d), "26312000000012345680", "what it takes back is remembered")
		}
	}
	previews(ctx, t, me, claim.Number, ids)
	now, err := play.Get[rest.Claim](ctx, me, "/claims/"+claim.Number)
	require.NoError(t, err)
	require.False(t, now.Parked, "the claim goes on: %+v", now)
	require.NotEqual(t, rest.Stage("closed"), now.Stage)
	t.Logf("%d files were heard of within %s", len(sent), time.Since(began).Round(time.Second))
}

// A PDF says in its text a higher total than its page shows. People see the
// picture, machines the text: so a high total is held against the page, and
// where the two differ both are named, with where each stands. It is a flag;
// people decide, and the claim goes on. A low total is not worth the reading.
func TestAPDFWhoseTextSaysMoreThanItsPageShowsIsFlaggedAndNotRefused(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p := newProduct(ctx, t)
	phone := "13900000003"
	me, _, err := p.Claimant(ctx, phone, "")
	require.NoError(t, err)
	claim, err := play.Post[rest.Receipt](ctx, me, play.Key(), "/claims", scraped(phone))
	require.NoError(t, err)

	layered := func(number string, fen, shown int64) []byte {
		data, err := specimen.VATInvoicePDF(specimen.Invoice{
			Code: "031002600111", Number: number, Issued: specimen.DatesAt(time.Now()).Today, CheckCode: "12345678901234567890", Province: "上海",
			Buyer: "周晓岚", Seller: "上海众安汽车维修有限公司", SellerTaxID: specimen.CreditCode("91310115MA1K4TEST"),
			Items: []specimen.Item{{Name: "*劳务*后保险杠修复喷漆", Unit: "次", Fen: fen}}, RatePercent: 13, ShownFen: shown,
		})
		require.NoError(t, err)
		return data
	}
	path := "/claims/" + claim.Number
	read := func(name string, file []byte) rest.Document {
		ids, err := play.Attach(ctx, me, claim.Number, play.File{Name: name, Kind: "vat_invoice", Bytes: file})
		require.NoError(t, err)
		var d rest.Document
		require.NoError(t, play.Until(ctx, "word of "+name, perFile, func() (bool, error) {
			var err error
			d, err = play.Get[rest.Document](ctx, me, path+"/documents/"+ids[0])
			return d.State != "received", err
		}))
		return d
	}
	field := func(d rest.Document, name string) *rest.DocumentField {
		for i := range d.Fields {
			if d.Fields[i].Name == name {
				return &d.Fields[i]
			}
		}
		return nil
	}

	low := read("low.pdf", layered("47110816", 100_000, 56_500))
	require.Equal(t, rest.PaperState("read"), low.State, low.Reason)
	require.Equal(t, "113000", field(low, "total_fen").Value)
	require.Nil(t, field(low, "shown_fen"), "a low total is taken at its word")

	high := read("high.pdf", layered("47110817", 280_000, 98_765))
	require.NotEqual(t, rest.PaperState("unreadable"), high.State, high.Reason)
	said, shown := field(high, "total_fen"), field(high, "shown_fen")
	require.NotNil(t, shown, "%+v", high.Fields)
	require.Equal(t, []string{"316400", "98765"}, []string{said.Value, shown.Value})
	require.Equal(t, []string{"pdf_text", "ocr"}, []string{string(said.Source), string(shown.Source)})

	admin, err := p.Staff(ctx, "admin-lv")
	require.NoError(t, err)
	_, err = play.Put[rest.Staff](ctx, admin, "/staff/assess-zhou", rest.StaffChange{Name: "周平", Role: "assessor", Branch: "0000", Skills: []string{}, Active: true})
	require.NoError(t, err)
	desk, err := p.Staff(ctx, "assess-zhou")
	require.NoError(t, err)
	var flags []rest.Finding
	require.NoError(t, play.Until(ctx, "finding", perFile, func() (bool, error) {
		all, err := play.List[rest.Finding](ctx, desk, path+"/findings")
		flags = slices.DeleteFunc(all, func(f rest.Finding) bool { return f.Rule != "amount.shown-differs" })
		return len(flags) > 0, err
	}))
	require.Len(t, flags, 1, "of the high total, and not of the low one")
	flag := flags[0]
	require.True(t, flag.Grave, "no machine decides over it")
	require.EqualValues(t, "raised", flag.State)
	require.Equal(t, []string{"shown_fen", "98765", high.Id}, []string{flag.One.Field, flag.One.Value, flag.One.Document})
	require.Equal(t, []string{"total_fen", "316400", high.Id}, []string{flag.Other.Field, flag.Other.Value, flag.Other.Document})
	for _, amount := range []string{"3,164.00", "987.65"} {
		require.Contains(t, flag.TextZh, amount)
		require.Contains(t, flag.TextEn, amount)
	}

	now, err := play.Get[rest.Claim](ctx, me, path)
	require.NoError(t, err)
	require.NotEqual(t, rest.Stage("closed"), now.Stage, "a flag refuses nothing")
	require.Empty(t, now.Outcome)
	require.False(t, now.Parked, "the claim goes on: %+v", now)
}

func values(d rest.Document) (all []string) {
	for _, f := range d.Fields {
		all = append(all, f.Value)
	}
	return all
}

func invoiceXML(number string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><EInvoice><EIid>%s</EIid><IssueTime>%s</IssueTime><SellerName>上海众安汽车维修有限公司</SellerName>
<TotalAmWithoutTax>2800.00</TotalAmWithoutTax><TotalTaxAm>364.00</TotalTaxAm><TotalTax-includedAmount>3164.00</TotalTax-includedAmount></EInvoice>`, number, specimen.DatesAt(time.Now()).Today)
}

// redLetterXML is the data of an invoice that takes another one back.
func redLetterXML(number, takesBack string) string {
	return strings.NewReplacer("</EInvoice>", "<OriginalInvoiceNumber>"+takesBack+"</OriginalInvoiceNumber></EInvoice>", ">2800", ">-2800", ">364", ">-364", ">3164", ">-3164").Replace(invoiceXML(number))
}

func drawnJPEG(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, blank(w, h), nil))
	return b.Bytes()
}

func blank(w, h int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	return img
}

func encoded(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

func upsideDown(t *testing.T, data []byte) []byte {
	t.Helper()
	src, _, err := image.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	size := src.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
	for y := range size.Y {
		for x := range size.X {
			out.Set(size.X-1-x, size.Y-1-y, src.At(x, y))
		}
	}
	return encoded(t, out)
}

// pngHead is a PNG of a few bytes that says how large it is.
func pngHead(w, h uint32) []byte {
	return append([]byte("\x89PNG\r\n\x1a\n"), pngPart("IHDR", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h), 8, 2, 0, 0, 0))...)
}

func pngPart(name string, data []byte) []byte {
	body := append([]byte(name), data...)
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// movingPNG is a PNG with the part that says that it moves.
func movingPNG(t *testing.T) []byte {
	t.Helper()
	still := encoded(t, blank(20, 20))
	const head = 8 + 25
	return bytes.Join([][]byte{still[:head], pngPart("acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}), still[head:]}, nil)
}

func movingGIF(t *testing.T) []byte {
	t.Helper()
	one := image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	require.NoError(t, gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{one, one}, Delay: []int{10, 10}}))
	return b.Bytes()
}

func zipped(t *testing.T, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(entries[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func pages(t *testing.T, lines ...string) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	return onePage(t, pdf, lines...)
}

func lockedPDF(t *testing.T) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetProtection(0, "only the owner knows", "another")
	return onePage(t, pdf, "secret")
}

func onePage(t *testing.T, pdf *fpdf.Fpdf, lines ...string) []byte {
	t.Helper()
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 14)
	for i, line := range lines {
		pdf.Text(20, 30+float64(i)*10, line)
	}
	var b bytes.Buffer
	require.NoError(t, pdf.Output(&b))
	return b.Bytes()
}
