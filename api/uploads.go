package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/gabriel-vasile/mimetype"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// Bytes on their way in are spooled: to a file without a name, hashed as they
// come, bounded, looked at. Only when all of it has come and nothing speaks
// against it does the object go to the locked bucket, under its hash, in one
// PUT with a checksum that the store verifies. Nothing that is cut off or
// refused is ever seen by the store, whose lock would keep it for years; and a
// caller who is slow holds a file and no connection to it.

const (
	// maxFile is the largest file that is taken, as the contract says.
	maxFile = 64 << 20
	// maxPixels is the largest picture: 50 megapixels are 200 MB in memory for
	// whoever decodes it. Cameras of phones stay below in their normal mode.
	maxPixels = 50_000_000
	// sniffed is how much of a file tells its type.
	sniffed = 3072
	// uploadsAtOnce bounds spool space (4 GB) and buffers (4 MB).
	uploadsAtOnce = 64
	// spoolKept is the largest spool that is kept for the next upload.
	spoolKept = 8 << 20
	// uploadTurn is how long an upload waits for its turn.
	uploadTurn = 10 * time.Second
	// storeTime is how long the store may take for one file.
	storeTime = time.Minute
	// maxName is the longest name of a file, in characters.
	maxName = 200
)

// taken are the types that are taken, and how their files end. What is a zip or
// XML by its first bytes is looked into when it has come whole: only invoices
// are taken, also those that prove no loss.
var taken = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf", typeOFD: ".ofd", typeXML: ".xml"}

const (
	typeOFD = "application/ofd"
	typeXML = "text/xml"
)

// typeOf tells the type of a file by its first bytes.
func typeOf(head []byte) string {
	found := mimetype.Detect(head)
	switch {
	case found.Is("application/zip"):
		return typeOFD
	case found.Is(typeXML):
		return typeXML
	}
	return found.String()
}

// Namespaces of upload and document ids.
var (
	uploadSpace   = uuid.MustParse("b7f8a1d2-3f8e-5d0b-9c0a-0c6de7a2f119")
	documentSpace = uuid.MustParse("e2a4c0d6-91b7-5c3f-8f10-54a9be3e7d25")
)

// uploadID names an upload by its sender and key.
func uploadID(by claim.Principal, key string) string {
	return uuid.NewSHA1(uploadSpace, []byte(string(by)+"\n"+key)).String()
}

// documentID names a document: the same bytes are one document of a claim.
func documentID(id claim.ID, sha256 string) string {
	return uuid.NewSHA1(documentSpace, []byte(string(id)+"\n"+sha256)).String()
}

// UploadFile implements the contract. It is idempotent by (caller, key), and
// by content: the same bytes are one object of the claim.
func (s *evidence) UploadFile(ctx context.Context, r rest.UploadFileRequestObject) (rest.UploadFileResponseObject, error) {
	if access.ClaimOf(ctx).Stage == claim.Closed {
		return nil, s.access.Refused(ctx, closed)
	}
	done, err := turnToUpload(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	f, err := receive(r)
	if err != nil {
		return nil, err
	}
	defer f.drop()
	row, err := s.upload(ctx, r.Params.IdempotencyKey, f)
	if err != nil {
		return nil, err
	}
	return rest.UploadFile201JSONResponse{
		Id: row.ID, Sha256: row.SHA256, Size: row.Size, Type: row.Type, Name: row.Name, Kind: r.Params.Kind,
	}, nil
}

var uploadTurns = make(chan struct{}, uploadsAtOnce)

// turnToUpload waits until there is room for one more; done makes room again.
func turnToUpload(ctx context.Context) (done func(), err error) {
	wait, stop := context.WithTimeout(ctx, uploadTurn)
	defer stop()
	select {
	case uploadTurns <- struct{}{}:
		return func() { <-uploadTurns }, nil
	case <-wait.Done():
		return nil, contract.Unavailable(errors.New("too many uploads at once"))
	}
}

// upload stores a file that has come, and then the row that names it. Between
// the two nothing is lost: sent again, the object is found.
func (s *evidence) upload(ctx context.Context, key string, f *spooled) (db.UploadByKeyRow, error) {
	by, id := access.CallerOf(ctx).ID, access.ClaimOf(ctx).ID
	row, err := s.uploaded(ctx, by, key, id, f)
	if !errors.Is(err, pgx.ErrNoRows) {
		return row, err
	}
	row = db.UploadByKeyRow{
		ID: uploadID(by, key), ClaimID: id, Name: f.name, Type: f.mime, Size: f.size,
		SHA256: f.hex(), Object: "claims/" + string(id) + "/" + f.hex(),
	}
	if row.Revision, err = s.keep(ctx, row.Object, f, access.ClaimOf(ctx).Held); err != nil {
		return row, err
	}
	n, err := s.q.InsertUpload(ctx, s.db, db.InsertUploadParams{
		ID: row.ID, ClaimID: id, Principal: string(by), Key: key, Name: row.Name, Type: row.Type, Size: row.Size,
		SHA256: row.SHA256, Object: row.Object, Revision: row.Revision,
	})
	switch {
	case err != nil:
		return row, fmt.Errorf("record upload to claim %s: %w", id, err)
	case n == 0: // a twin was quicker
		return s.uploaded(ctx, by, key, id, f)
	}
	return row, nil
}

// uploaded finds what the same key brought before, which must be the same.
// The error is [pgx.ErrNoRows] when it brought nothing.
func (s *evidence) uploaded(ctx context.Context, by claim.Principal, key string, id claim.ID, f *spooled) (db.UploadByKeyRow, error) {
	row, err := s.q.UploadByKey(ctx, s.db, string(by), key)
	switch {
	case err != nil:
		return row, fmt.Errorf("look for upload to claim %s: %w", id, err)
	case row.ClaimID != id || row.SHA256 != f.hex():
		return row, contract.KeyReused()
	}
	return row, nil
}

// keep puts a file into the locked bucket, unless it is there, and returns its
// version; under legal hold if the claim is. It is idempotent by the key, which
// is the content's hash.
func (s *evidence) keep(ctx context.Context, object string, f *spooled, held bool) (revision string, err error) {
	opts := minio.PutObjectOptions{
		ContentType: f.mime, Mode: minio.Governance, RetainUntilDate: time.Now().AddDate(claim.KeptYears, 0, 0),
		UserMetadata:         f.checksum(), // the store refuses other bytes
		DisableContentSha256: true, DisableMultipart: true,
	}
	if held {
		opts.LegalHold = minio.LegalHoldEnabled
	}
	opts.SetMatchETagExcept("*") // not over what is there
	ctx, stop := context.WithTimeout(ctx, storeTime)
	defer stop()
	// No Seeker: a store that does not answer is told to the caller at once.
	body := struct{ io.Reader }{io.NewSectionReader(f.file, 0, f.size)}
	info, err := s.store.PutObject(ctx, s.cfg.Bucket, object, body, f.size, opts)
	revision = info.VersionID
	if minio.ToErrorResponse(err).Code == minio.PreconditionFailed {
		var there minio.ObjectInfo
		there, err = s.store.StatObject(ctx, s.cfg.Bucket, object, minio.StatObjectOptions{})
		if revision = there.VersionID; err == nil && there.Size != f.size {
			err = fmt.Errorf("has %d bytes and not %d", there.Size, f.size)
		}
	}
	switch {
	case err != nil:
		return "", storeFault("store "+object, err)
	case revision == "":
		return "", fmt.Errorf("store %s: bucket %s is not versioned", object, s.cfg.Bucket)
	}
	return revision, nil
}

// uploadsKept is how long an upload waits to be attached.
const uploadsKept = 7 * 24 * time.Hour

// sweepUploads forgets uploads that nobody attached. The store keeps their
// bytes behind a mark of deletion for as long as its lock says; nobody finds
// them there, and the same bytes sent again are a new version.
func (s *evidence) sweepUploads(ctx context.Context, now time.Time) error {
	old, err := s.q.OldUploads(ctx, s.db, now.Add(-uploadsKept), 200)
	if err != nil {
		return fmt.Errorf("look for old uploads: %w", err)
	}
	for _, u := range old {
		if u.Lone {
			if err := s.store.RemoveObject(ctx, s.cfg.Bucket, u.Object, minio.RemoveObjectOptions{}); err != nil {
				return storeFault("forget "+u.Object, err)
			}
		}
		if err := s.q.DropUpload(ctx, s.db, u.ID); err != nil {
			return fmt.Errorf("drop upload %s: %w", u.ID, err)
		}
	}
	return nil
}

// storeFault says what the object store did not do, and whether it was there.
func storeFault(doing string, err error) error {
	var answer minio.ErrorResponse
	down := contract.IsDown(err) || errors.As(err, &answer) && answer.StatusCode >= http.StatusInternalServerError
	if err = fmt.Errorf("%s: %w", doing, err); down {
		return contract.Unavailable(err)
	}
	return err
}

// receive takes one file in, as raw bytes or as a form, and looks at it.
func receive(r rest.UploadFileRequestObject) (*spooled, error) {
	body, name := r.Body, r.Params.Name
	if r.MultipartBody != nil {
		part, err := onlyFile(r.MultipartBody)
		if err != nil {
			return nil, err
		}
		if body = part; name == "" {
			name = part.FileName()
		}
	}
	if body == nil {
		return nil, &contract.Fault{Kind: contract.KindMediaType, Detail: "Send the file as application/octet-stream, or as the one part file of multipart/form-data."}
	}
	f, err := spool(body)
	if err != nil {
		return nil, err
	}
	f.name = fileName(name, f.mime)
	if err := f.look(r); err != nil {
		f.drop()
		return nil, err
	}
	return f, nil
}

// onlyFile returns the part of a form that is the file.
func onlyFile(form *multipart.Reader) (*multipart.Part, error) {
	part, err := form.NextPart()
	switch {
	case err == io.EOF: // wrapped, it is a form that is cut off
		return nil, contract.Invalid(rest.FieldError{Pointer: "/file", Detail: "The form has no file."})
	case err != nil:
		return nil, cutOff(err)
	case part.FormName() != "file":
		return nil, contract.Invalid(rest.FieldError{Pointer: "/file", Detail: "The form takes one part, whose name is file. The rest goes into the address."})
	}
	return part, nil
}

// look checks a file that has come whole.
func (f *spooled) look(r rest.UploadFileRequestObject) error {
	if r.MultipartBody != nil {
		if _, err := r.MultipartBody.NextPart(); err == nil {
			return contract.Invalid(rest.FieldError{Pointer: "/file", Detail: "The form takes one file. Send each file in a request of its own."})
		} else if err != io.EOF { // wrapped, it is a form that is cut off
			return cutOff(err)
		}
	}
	if digest := r.Params.ReprDigest; digest != "" && digest != "sha-256=:"+f.base64()+":" {
		return contract.Invalid(rest.FieldError{Pointer: "Repr-Digest", Detail: "What arrived has another hash: it was changed on the way, or is another file. Send it again."})
	}
	return f.inside()
}

// inside looks into a file as far as it can be told without reading it whole
// that nobody could use it, or that it would do harm to whoever opens it.
func (f *spooled) inside() error {
	whole := io.NewSectionReader(f.file, 0, f.size)
	reason := ""
	switch f.mime {
	case typeOFD:
		_, reason = document.OpenOFD(whole, f.size)
	case typeXML:
		if reason = document.Overpacked; f.size <= document.MostXML {
			_, reason = document.ParseInvoiceXML(io.LimitReader(whole, document.MostXML))
		}
	default:
		return f.picture()
	}
	switch {
	case reason == "", document.ProvesNothing(reason): // which invoice it takes back is worth knowing
		return nil
	case reason == document.WrongType:
		return wrongType("application/zip")
	}
	chinese, english := document.PlainIn(reason)
	return &contract.Fault{Kind: contract.KindInput, Detail: english + " · " + chinese}
}

// picture looks at the size that a picture says it has. Whether the rest of it
// can be shown is the page reader's to find out.
func (f *spooled) picture() error {
	head := bufio.NewReader(io.NewSectionReader(f.file, 0, f.size))
	var config image.Config
	var err error
	switch f.mime {
	case "image/jpeg":
		config, err = jpeg.DecodeConfig(head)
	case "image/png":
		config, err = png.DecodeConfig(head)
	default:
		return nil
	}
	switch {
	case err != nil: // also a size that no integer holds
		return &contract.Fault{Kind: contract.KindInput, Cause: err, Detail: "This picture is damaged, or of a rare kind, and cannot be opened. Take it again, or save it anew. · 图片无法打开，请重拍或重新保存"}
	case int64(config.Width)*int64(config.Height) > maxPixels:
		return &contract.Fault{Kind: contract.KindInput, Detail: fmt.Sprintf(
			"This picture has %d × %d pixels; at most %d million are taken. Take it in the camera's normal mode. · 图片尺寸太大，请用普通拍照模式重拍",
			config.Width, config.Height, maxPixels/1_000_000)}
	}
	return nil
}

// spooled is a file that has come whole: on disk, without a name there.
type spooled struct {
	file *os.File
	size int64
	sum  [sha256.Size]byte
	crc  uint32 // CRC-32C
	mime string // by its first bytes
	name string // as the sender calls it
}

func (f *spooled) hex() string    { return hex.EncodeToString(f.sum[:]) }
func (f *spooled) base64() string { return base64.StdEncoding.EncodeToString(f.sum[:]) }

// checksum is what the store verifies as it writes: a CRC costs it nothing and
// sees what went wrong on the way. The SHA-256 is reckoned here, once, and again
// whenever somebody verifies the claim.
func (f *spooled) checksum() map[string]string {
	return map[string]string{"X-Amz-Checksum-Crc32c": base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, f.crc))}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// drop gives the file back, to be written over by the next: pages that are
// there already are four times as quick.
func (f *spooled) drop() {
	if f.size > spoolKept {
		_ = f.file.Close()
		return
	}
	spools.Put(f.file)
}

var spools sync.Pool // of *os.File; one that is forgotten closes itself

// spoolFile returns a file that has no name, and so goes with the process.
func spoolFile() (*os.File, error) {
	if f, ok := spools.Get().(*os.File); ok {
		return f, nil
	}
	f, err := os.CreateTemp("", "anpei-upload-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// spool takes bytes in to their end, and stops at the first thing that is
// wrong with them.
func spool(body io.Reader) (_ *spooled, err error) {
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	n, end, err := fill(body, buffer[:])
	switch {
	case err != nil:
		return nil, cutOff(err)
	case n == 0:
		return nil, &contract.Fault{Kind: contract.KindInput, Detail: "The file is empty. Send it again. · 文件是空的，请重新上传"}
	}
	f := &spooled{mime: typeOf(buffer[:min(n, sniffed)])}
	if taken[f.mime] == "" {
		return nil, wrongType(f.mime)
	}
	if f.file, err = spoolFile(); err != nil {
		return nil, fmt.Errorf("spool an upload: %w", err)
	}
	defer func() {
		if err != nil {
			f.drop()
		}
	}()
	if err = f.pour(body, buffer, n, end, maxFile, fmt.Sprintf(
		"A file has at most %d MiB. Send a smaller one, or several. · 文件不能超过 %[1]d MiB，请压缩或分开上传", maxFile>>20)); err != nil {
		return nil, err
	}
	return f, nil
}

// pour takes a body in to its end, of which buffer holds the first n bytes. It
// stops where there are more than most: then it says tooLarge.
func (f *spooled) pour(body io.Reader, buffer *[64 << 10]byte, n int, end bool, most int64, tooLarge string) (err error) {
	hash := sha256.New()
	for {
		at := f.size
		if f.size += int64(n); f.size > most {
			return &contract.Fault{Kind: contract.KindTooLarge, Detail: tooLarge}
		}
		hash.Write(buffer[:n])
		f.crc = crc32.Update(f.crc, castagnoli, buffer[:n])
		if _, err := f.file.WriteAt(buffer[:n], at); err != nil {
			return fmt.Errorf("spool an upload: %w", err)
		}
		if end {
			hash.Sum(f.sum[:0])
			return nil
		}
		if n, end, err = fill(body, buffer[:]); err != nil {
			return cutOff(err)
		}
	}
}

func wrongType(mime string) error {
	advice := "请上传照片（JPG、PNG）、PDF 或电子发票（OFD、XML）"
	switch mime {
	case "image/gif", "image/apng", "image/webp":
		advice = "动图和 WebP 图片不能作为凭证，请用相机拍摄，或截图保存为 JPG、PNG 后上传"
	}
	return &contract.Fault{Kind: contract.KindMediaType, Detail: fmt.Sprintf(
		"This is %s. Taken are pictures (JPEG, PNG), PDF, and the OFD and XML files of electronic invoices. · %s", mime, advice)}
}

// fill reads until buf is full or the end is there, which only [io.EOF] is: a
// body that is cut off says [io.ErrUnexpectedEOF].
func fill(r io.Reader, buf []byte) (n int, end bool, err error) {
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err != nil {
			if err == io.EOF { // a reader gives it as it is
				return n, true, nil
			}
			return n, false, err
		}
	}
	return n, false, nil
}

// cutOff is a body that did not come whole.
func cutOff(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &contract.Fault{Kind: contract.KindTooLarge, Detail: fmt.Sprintf("A file has at most %d MiB.", maxFile>>20)}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &contract.Fault{Kind: contract.KindInput, Cause: err, Detail: "The file came too slowly to be waited for, and nothing of this request was kept. Send it again over a better line; a file in chunks goes on from its offset. · 网络太慢，文件未送达，请换个网络后重新上传"}
	}
	return &contract.Fault{Kind: contract.KindInput, Cause: err, Detail: "The file did not arrive whole, and nothing of it was kept. Send it again. · 文件未完整送达，请重新上传"}
}

// fileName is what a file is called here: the sender's name without folders
// and what cannot be shown.
func fileName(name, mime string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1 // also marks that turn the direction of writing
		}
		return r
	}, strings.ToValidUTF8(name, "")))
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	if strings.Trim(name, "./") == "" {
		name = "upload" + taken[mime]
	}
	return name
}

// open opens a stored object, always in the version on record: under a lock,
// what was written over it is another version. The error is [contract.ErrNotFound] for
// one that is not there.
func (s *parts) open(ctx context.Context, object, revision string) (io.ReadCloser, int64, error) {
	body, info, _, err := minio.Core{Client: s.store}.GetObject(ctx, s.cfg.Bucket, object, minio.GetObjectOptions{VersionID: revision})
	if err == nil {
		return body, info.Size, nil
	}
	switch answer := minio.ToErrorResponse(err); {
	case answer.StatusCode == http.StatusNotFound && answer.Code != minio.NoSuchBucket,
		answer.StatusCode == http.StatusMethodNotAllowed: // the version is a deletion's mark
		return nil, 0, contract.ErrNotFound
	}
	return nil, 0, storeFault("open "+object, err)
}
