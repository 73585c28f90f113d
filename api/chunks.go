package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// A file may come in chunks, over connections that break and processes that
// end. Each chunk is whole in the unlocked staging bucket before its row says
// so; when the last one has come, the file is put together, checked as one that
// came in one piece, and goes to the locked bucket the same way.

const (
	// minChunk keeps the number of chunks small: at most 1,024 for a file.
	minChunk = 64 << 10
	maxChunk = 4 << 20
	// chunkedAtOnce is how many files one sender may have on the way.
	chunkedAtOnce = 50
	// chunksKept is how long an unfinished file is kept.
	chunksKept = 7 * 24 * time.Hour
)

var chunkedSpace = uuid.MustParse("0a7c2d7e-5a1f-5f0e-8f59-9d2c1a6b4e30")

// OpenChunkedUpload implements the contract. It is idempotent by (caller, key).
func (s *evidence) OpenChunkedUpload(ctx context.Context, r rest.OpenChunkedUploadRequestObject) (rest.OpenChunkedUploadResponseObject, error) {
	if access.ClaimOf(ctx).Stage == claim.Closed {
		return nil, s.access.Refused(ctx, closed)
	}
	by, b := access.CallerOf(ctx).ID, *r.Body
	id := uuid.NewSHA1(chunkedSpace, []byte(string(by)+"\n"+r.Params.IdempotencyKey)).String()
	_, err := s.q.OpenChunkedUpload(ctx, s.db, db.OpenChunkedUploadParams{
		ID: id, ClaimID: access.ClaimOf(ctx).ID, Principal: string(by), Key: r.Params.IdempotencyKey,
		Name: b.Name, Kind: b.Kind, Size: b.Size, SHA256: b.Sha256, Most: chunkedAtOnce,
	})
	if err != nil {
		return nil, fmt.Errorf("open an upload to claim %s: %w", access.ClaimOf(ctx).ID, err)
	}
	row, err := s.q.ChunkedUpload(ctx, s.db, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, &contract.Fault{Kind: contract.KindTooMany, Retry: time.Minute, Detail: fmt.Sprintf(
			"%d of your files are on the way already. Finish those first, or wait: what is not finished is forgotten after 7 days.", chunkedAtOnce)}
	case err != nil:
		return nil, fmt.Errorf("read upload %s: %w", id, err)
	case row.ClaimID != access.ClaimOf(ctx).ID || row.Size != b.Size || row.SHA256 != b.Sha256:
		return nil, contract.KeyReused()
	}
	shown, err := s.progress(ctx, row)
	return rest.OpenChunkedUpload201JSONResponse(shown), err
}

// GetChunkedUpload implements the contract.
func (s *evidence) GetChunkedUpload(ctx context.Context, r rest.GetChunkedUploadRequestObject) (rest.GetChunkedUploadResponseObject, error) {
	row, err := s.chunked(ctx, r.Upload)
	if err != nil {
		return nil, err
	}
	shown, err := s.progress(ctx, row)
	return rest.GetChunkedUpload200JSONResponse(shown), err
}

// SendChunk implements the contract. It is idempotent by offset.
func (s *evidence) SendChunk(ctx context.Context, r rest.SendChunkRequestObject) (rest.SendChunkResponseObject, error) {
	row, err := s.chunked(ctx, r.Upload)
	if err != nil {
		return nil, err
	}
	switch {
	case row.Completed == nil && access.ClaimOf(ctx).Stage == claim.Closed:
		return nil, s.access.Refused(ctx, closed)
	case r.Params.Offset != row.Received:
		return nil, notNext(row.Received)
	}
	if row.Completed == nil {
		done, err := turnToUpload(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		if err := s.takeChunk(ctx, &row, r); err != nil {
			return nil, err
		}
		if row.Received == row.Size {
			if err := s.complete(ctx, &row); err != nil {
				return nil, err
			}
		}
	}
	shown, err := s.progress(ctx, row)
	return rest.SendChunk200JSONResponse(shown), err
}

func notNext(received int64) error {
	return &contract.Fault{Kind: contract.KindOffset, Detail: fmt.Sprintf("%d bytes have come; the next chunk begins there. Ask how far the file has come, and go on from there.", received)}
}

// chunked finds a chunked upload of the caller to the claim that the path names.
func (s *evidence) chunked(ctx context.Context, id string) (db.ChunkedUploadRow, error) {
	row, err := s.q.ChunkedUpload(ctx, s.db, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return row, contract.ErrNotFound
	case err != nil:
		return row, fmt.Errorf("read upload %s: %w", id, err)
	case row.ClaimID != access.ClaimOf(ctx).ID || row.Principal != string(access.CallerOf(ctx).ID):
		return row, contract.ErrNotFound
	}
	return row, nil
}

// progress is how far an upload has come, as the contract shows it.
func (s *evidence) progress(ctx context.Context, row db.ChunkedUploadRow) (rest.ChunkedUpload, error) {
	shown := rest.ChunkedUpload{Id: row.ID, Size: row.Size, Received: row.Received, ExpiresAt: row.CreatedAt.Add(chunksKept)}
	if row.Completed == nil {
		return shown, nil
	}
	found, err := s.q.UploadsOfClaim(ctx, s.db, row.ClaimID, []string{*row.Completed})
	if err != nil {
		return shown, fmt.Errorf("read what upload %s became: %w", row.ID, err)
	}
	for _, u := range found {
		shown.Upload = rest.Upload{Id: u.ID, Sha256: u.SHA256, Size: u.Size, Type: u.Type, Name: u.Name, Kind: row.Kind}
	}
	return shown, nil
}

// takeChunk stores one chunk, and then notes that it has come. An empty one at
// the end of the file changes nothing.
func (s *evidence) takeChunk(ctx context.Context, row *db.ChunkedUploadRow, r rest.SendChunkRequestObject) error {
	left := row.Size - row.Received
	if left == 0 {
		return nil
	}
	c, err := spoolChunk(r.Body, min(left, maxChunk))
	if err != nil {
		return err
	}
	defer c.drop()
	switch {
	case c.size < min(left, minChunk):
		return &contract.Fault{Kind: contract.KindInput, Detail: fmt.Sprintf("A chunk has at least %d KiB, but for the last one.", minChunk>>10)}
	case r.Params.ContentDigest != "" && r.Params.ContentDigest != "sha-256=:"+c.base64()+":":
		return contract.Invalid(rest.FieldError{Pointer: "Content-Digest", Detail: "What arrived has another hash: it was changed on the way. Send the chunk again."})
	case row.Received == 0 && taken[c.mime] == "":
		return wrongType(c.mime) // told before the rest is sent
	}
	object := fmt.Sprintf("chunks/%s/%d-%s", row.ID, row.Received, rand.Text()) // two at once do not mix
	put, stop := context.WithTimeout(ctx, storeTime)
	defer stop()
	body := struct{ io.Reader }{io.NewSectionReader(c.file, 0, c.size)}
	_, err = s.store.PutObject(put, s.cfg.Staging, object, body, c.size, minio.PutObjectOptions{
		UserMetadata: c.checksum(), DisableContentSha256: true, DisableMultipart: true,
	})
	if err != nil {
		return storeFault("stage "+object, err)
	}
	n, err := s.q.AdvanceChunkedUpload(ctx, s.db, row.Received, c.size, object, row.ID)
	switch {
	case err != nil:
		return fmt.Errorf("note a chunk of upload %s: %w", row.ID, err)
	case n == 0: // a twin was quicker
		now, err := s.q.ChunkedUpload(ctx, s.db, row.ID)
		if err != nil {
			return fmt.Errorf("read upload %s: %w", row.ID, err)
		}
		return notNext(now.Received)
	}
	row.Received += c.size
	return nil
}

// spoolChunk takes a chunk in, whole or not at all.
func spoolChunk(body io.Reader, most int64) (_ *spooled, err error) {
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	n, end, err := fill(body, buffer[:])
	if err != nil {
		return nil, cutOff(err)
	}
	c := &spooled{mime: typeOf(buffer[:min(n, sniffed)])}
	if c.file, err = spoolFile(); err != nil {
		return nil, fmt.Errorf("spool a chunk: %w", err)
	}
	defer func() {
		if err != nil {
			c.drop()
		}
	}()
	if err = c.pour(body, buffer, n, end, most, fmt.Sprintf("A chunk has at most %d MiB, and ends with the file.", maxChunk>>20)); err != nil {
		return nil, err
	}
	return c, nil
}

// complete puts a file together, checks it, and stores it as an upload. What
// is not what was announced, or not a file that is taken, is dropped: chunks of
// it would be no use.
func (s *evidence) complete(ctx context.Context, row *db.ChunkedUploadRow) error {
	pieces, err := s.q.ChunksOf(ctx, s.db, row.ID)
	if err != nil {
		return fmt.Errorf("read chunks of upload %s: %w", row.ID, err)
	}
	whole := &staged{ctx: ctx, s: s, left: pieces}
	defer whole.close()
	f, err := spool(whole)
	switch {
	case whole.err != nil: // the store's fault, not the file's
		return whole.err
	case err != nil:
		s.dropChunked(ctx, row.ID, pieces)
		return err
	}
	defer f.drop()
	if f.hex() != row.SHA256 {
		s.dropChunked(ctx, row.ID, pieces)
		return contract.Invalid(rest.FieldError{Pointer: "/sha256", Detail: "The file that came has another hash than was announced: it was changed meanwhile. Announce it anew and send it again."})
	}
	if err := f.inside(); err != nil {
		s.dropChunked(ctx, row.ID, pieces)
		return err
	}
	f.name = fileName(row.Name, f.mime)
	upload, err := s.upload(ctx, "chunked/"+row.ID, f)
	if err != nil {
		return err
	}
	if err := s.q.CompleteChunkedUpload(ctx, s.db, row.ID, upload.ID); err != nil {
		return fmt.Errorf("complete upload %s: %w", row.ID, err)
	}
	row.Completed = &upload.ID
	s.afterwards(ctx, func(ctx context.Context) {
		s.forgetChunks(ctx, pieces)
		if err := s.q.DropChunks(ctx, s.db, row.ID); err != nil {
			s.log.WarnContext(ctx, "chunks not dropped", "upload", row.ID, "error", err)
		}
	})
	return nil
}

// dropChunked forgets an upload that came to nothing.
func (s *evidence) dropChunked(ctx context.Context, id string, pieces []db.ChunksOfRow) {
	ctx = context.WithoutCancel(ctx)
	s.forgetChunks(ctx, pieces)
	if err := s.q.DropChunkedUpload(ctx, s.db, id); err != nil {
		s.log.WarnContext(ctx, "upload not dropped", "upload", id, "error", err)
	}
}

func (s *evidence) forgetChunks(ctx context.Context, pieces []db.ChunksOfRow) {
	for _, p := range pieces {
		if err := s.store.RemoveObject(ctx, s.cfg.Staging, p.Object, minio.RemoveObjectOptions{}); err != nil {
			s.log.WarnContext(ctx, "chunk not removed", "object", p.Object, "error", err)
		}
	}
}

// afterwards runs what nobody needs to wait for, and is waited for at the end.
func (s *evidence) afterwards(ctx context.Context, do func(context.Context)) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	s.behind.Go(func() {
		defer stop()
		do(ctx)
	})
}

// sweepChunks forgets files that were not finished in time.
func (s *evidence) sweepChunks(ctx context.Context, now time.Time) error {
	old, err := s.q.OldChunkedUploads(ctx, s.db, now.Add(-chunksKept), 200)
	if err != nil {
		return fmt.Errorf("look for old uploads: %w", err)
	}
	for _, id := range old {
		pieces, err := s.q.ChunksOf(ctx, s.db, id)
		if err != nil {
			return fmt.Errorf("read chunks of upload %s: %w", id, err)
		}
		s.dropChunked(ctx, id, pieces)
	}
	return nil
}

// staged reads chunks from the staging bucket as one file.
type staged struct {
	ctx  context.Context //nolint:containedctx // a reader has no other way to take it
	s    *evidence
	left []db.ChunksOfRow
	now  *minio.Object
	err  error // of the store
}

// Read implements [io.Reader].
func (f *staged) Read(p []byte) (int, error) {
	for {
		if f.now == nil {
			if len(f.left) == 0 {
				return 0, io.EOF
			}
			object, err := f.s.store.GetObject(f.ctx, f.s.cfg.Staging, f.left[0].Object, minio.GetObjectOptions{})
			if err != nil {
				return 0, f.fail(err)
			}
			f.now = object
		}
		n, err := f.now.Read(p)
		switch {
		case errors.Is(err, io.EOF):
			f.close()
			f.left = f.left[1:]
			if n > 0 {
				return n, nil
			}
		case err != nil:
			return n, f.fail(err)
		default:
			return n, nil
		}
	}
}

func (f *staged) fail(err error) error {
	f.err = storeFault("read chunk "+f.left[0].Object, err)
	return f.err
}

func (f *staged) close() {
	if f.now != nil {
		_ = f.now.Close()
		f.now = nil
	}
}
