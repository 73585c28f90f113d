package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim/document"
	"anpei/schemas/rest"
)

// What people look at are pictures that the page reader made of the pages of
// an original, under the original's key in a bucket of their own. They are
// derived: any of them may be missing, and then there is the original.

// previewWithin is how long the store may take to say which pictures there
// are: a document is read without them.
const previewWithin = time.Second

// previewsKnown is how long a process remembers which there are.
const previewsKnown = 10 * time.Minute

// GetDocumentPreview implements [rest.StrictServerInterface].
func (s *evidence) GetDocumentPreview(ctx context.Context, r rest.GetDocumentPreviewRequestObject) (rest.GetDocumentPreviewResponseObject, error) {
	row, err := s.q.ContentOfDocument(ctx, s.db, access.ClaimOf(ctx).ID, r.Document)
	if err != nil {
		return nil, fmt.Errorf("read document %s: %w", r.Document, err)
	}
	name := previewName(r.Params.Page, r.Params.Size, r.Params.Field)
	tag := previewTag(row.SHA256, name)
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetDocumentPreview304Response{}, nil
	}
	p, err := s.openPreview(ctx, row.Object, name, row.Kind)
	p.tag = tag
	return p, err
}

// GetDraftPaperPreview implements [rest.StrictServerInterface].
func (s *evidence) GetDraftPaperPreview(ctx context.Context, r rest.GetDraftPaperPreviewRequestObject) (rest.GetDraftPaperPreviewResponseObject, error) {
	row, err := s.q.DraftPaper(ctx, s.db, r.Paper, string(access.CallerOf(ctx).ID))
	if err != nil {
		return nil, contract.RowError("photo", err)
	}
	name := previewName(r.Params.Page, r.Params.Size, r.Params.Field)
	tag := previewTag(row.SHA256, name)
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetDraftPaperPreview304Response{}, nil
	}
	p, err := s.openPreview(ctx, row.Object, name, row.Kind)
	p.tag = tag
	return p, err
}

func previewName(page int, size rest.PreviewSize, field string) string {
	if field != "" {
		return document.FieldFile(field)
	}
	return document.PageFile(max(page, 1), document.PreviewSize(cmp.Or(size, rest.Large)))
}

func previewTag(sha256, name string) string {
	return `"` + sha256 + "-" + strings.TrimSuffix(name, ".jpg") + `"`
}

// preview is a picture on its way out.
type preview struct {
	body io.ReadCloser
	size int64
	tag  string
	kept string // by browsers: Cache-Control
}

// openPreview opens a picture of a paper.
func (s *evidence) openPreview(ctx context.Context, object, name, kind string) (preview, error) {
	body, info, _, err := minio.Core{Client: s.store}.GetObject(ctx, s.cfg.Previews, object+"/"+name, minio.GetObjectOptions{})
	switch answer := minio.ToErrorResponse(err); {
	case answer.Code == minio.NoSuchKey, answer.Code == minio.NoSuchBucket: // nothing is lost with it
		return preview{}, errNoPreview
	case err != nil:
		return preview{}, storeFault("open a preview of "+object, err)
	}
	p := preview{body: body, size: info.Size, kept: "private, max-age=604800, immutable"}
	if slices.Contains(document.Sensitive(), document.Kind(kind)) {
		p.kept = "private, no-cache" // whether one may is asked each time
	}
	return p, nil
}

// errNoPreview answers where there is the original alone.
var errNoPreview = &contract.Fault{Kind: contract.KindNoPreview, Detail: "There is no such picture of this document: it has not been read yet, it was read elsewhere, nobody could decode it, or it has fewer pages. Fetch the original from …/content instead."}

// VisitGetDocumentPreviewResponse implements the contract.
func (p preview) VisitGetDocumentPreviewResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Cache-Control", p.kept)
	return content{body: p.body, size: p.size, name: "preview.jpg", mime: "image/jpeg", tag: p.tag}.VisitGetDocumentContentResponse(w)
}

// VisitGetDraftPaperPreviewResponse implements the contract.
func (p preview) VisitGetDraftPaperPreviewResponse(w http.ResponseWriter) error {
	return p.VisitGetDocumentPreviewResponse(w)
}

// previewOf says which pictures there are of an object; nil when there are
// none, or when the store does not say.
func (s *evidence) previewOf(ctx context.Context, object string) *rest.Preview {
	now := time.Now()
	if known, ok := s.previews.Get(object); ok {
		return known
	}
	ctx, stop := context.WithTimeout(ctx, previewWithin)
	defer stop()
	var found document.Preview
	body, _, _, err := minio.Core{Client: s.store}.GetObject(ctx, s.cfg.Previews, object+"/"+document.PreviewIndex, minio.GetObjectOptions{})
	if err == nil {
		err = json.NewDecoder(io.LimitReader(body, 64<<10)).Decode(&found)
		_ = body.Close()
	}
	switch {
	case minio.ToErrorResponse(err).Code == minio.NoSuchKey:
		return nil
	case err != nil || !sound(found):
		s.log.WarnContext(ctx, "preview not known", "error", err)
		return nil
	}
	out := &rest.Preview{Of: found.Of, Pages: make([]rest.PreviewedPage, len(found.Pages)), Fields: append([]string{}, found.Fields...)}
	for i, p := range found.Pages {
		out.Pages[i] = rest.PreviewedPage{Width: p.Width, Height: p.Height}
	}
	s.previews.Put(object, out, now.Add(previewsKnown))
	return out
}

// sound reports whether an index is one that pages can be laid out by: its
// writer had a stranger's file in its hands.
func sound(p document.Preview) bool {
	wrong := func(d document.PageSize) bool {
		return min(d.Width, d.Height) < 1 || max(d.Width, d.Height) > 1_000_000
	}
	return len(p.Pages) > 0 && len(p.Pages) <= document.MostPreviews && p.Of >= len(p.Pages) && p.Of <= 1_000_000 && len(p.Fields) <= 500 &&
		!slices.ContainsFunc(p.Pages, wrong) && !slices.ContainsFunc(p.Fields, func(f string) bool { return document.FieldFile(f) == "" })
}

// takePreviews copies the pictures of a draft's photo to the document that it
// has become, which is not read again.
func (s *evidence) takePreviews(ctx context.Context, from, to string) error {
	names, err := s.previewsAt(ctx, from)
	if err != nil {
		return err
	}
	for _, name := range names { // the index is last by its name, too
		_, err := s.store.CopyObject(ctx, minio.CopyDestOptions{Bucket: s.cfg.Previews, Object: to + "/" + name}, minio.CopySrcOptions{Bucket: s.cfg.Previews, Object: from + "/" + name})
		if err != nil {
			return storeFault("copy the preview of "+from, err)
		}
	}
	return nil
}

// forgetPreviews removes the pictures of an object that is no more.
func (s *evidence) forgetPreviews(ctx context.Context, object string) error {
	s.previews.Drop(object)
	names, err := s.previewsAt(ctx, object)
	for _, name := range names {
		if err == nil {
			err = s.store.RemoveObject(ctx, s.cfg.Previews, object+"/"+name, minio.RemoveObjectOptions{})
		}
	}
	if err != nil {
		return storeFault("forget the preview of "+object, err)
	}
	return nil
}

// previewsAt names the pictures of an object.
func (s *evidence) previewsAt(ctx context.Context, object string) (names []string, err error) {
	for o := range s.store.ListObjects(ctx, s.cfg.Previews, minio.ListObjectsOptions{Prefix: object + "/"}) {
		if o.Err != nil {
			return nil, storeFault("list the preview of "+object, o.Err)
		}
		names = append(names, strings.TrimPrefix(o.Key, object+"/"))
	}
	return names, nil
}
