package site

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"anpei/schemas/rest"
)

// Pages show pictures that were made for looking at. Where there is none yet,
// or never will be, an original that is a picture takes its place; for another
// stands a sign that there is a paper.

// paperSign stands for a paper of which there is no picture.
const paperSign = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72"><rect width="72" height="72" fill="#e7efef"/>` +
	`<path d="M21 12h21l9 9v39H21z" fill="#fff" stroke="#2f6265" stroke-width="2"/><path d="M42 12v9h9M28 31h16M28 39h16M28 47h10" fill="none" stroke="#2f6265" stroke-width="2"/></svg>`

// DocumentPreview shows a picture of a paper of the claim.
func DocumentPreview(v *Visit) error {
	no, id, known := v.R.PathValue("claim"), v.R.PathValue("document"), v.R.Header.Get("If-None-Match")
	page, size, field := v.lookedFor()
	answer, err := v.API.GetDocumentPreview(v.Ctx(), no, id, &rest.GetDocumentPreviewParams{Page: page, Size: size, Field: field, IfNoneMatch: known})
	return v.passPreview(answer, err, func() (*http.Response, error) {
		return v.API.GetDocumentContent(v.Ctx(), no, id, &rest.GetDocumentContentParams{IfNoneMatch: known})
	})
}

// ScanPreview shows a picture of a photo of the draft to whoever took it.
func ScanPreview(v *Visit) error {
	id, known := v.R.PathValue("paper"), v.R.Header.Get("If-None-Match")
	page, size, field := v.lookedFor()
	answer, err := v.API.GetDraftPaperPreview(v.Ctx(), id, &rest.GetDraftPaperPreviewParams{Page: page, Size: size, Field: field, IfNoneMatch: known})
	return v.passPreview(answer, err, func() (*http.Response, error) {
		return v.API.GetDraftPaperContent(v.Ctx(), id, &rest.GetDraftPaperContentParams{IfNoneMatch: known})
	})
}

// lookedFor is which picture a browser asks for.
func (v *Visit) lookedFor() (page int, size rest.PreviewSize, field string) {
	query := v.R.URL.Query()
	page, _ = strconv.Atoi(query.Get("page")) // the first, unless one is named
	return page, rest.PreviewSize(query.Get("size")), query.Get("field")
}

// passPreview hands a picture on, or the original in its place.
func (v *Visit) passPreview(answer *http.Response, err error, original func() (*http.Response, error)) error {
	if err != nil {
		return Unreachable(err)
	}
	h := v.W.Header()
	if answer.StatusCode < http.StatusBadRequest {
		h.Set("Cache-Control", answer.Header.Get("Cache-Control"))
		return v.Pass(answer, nil)
	}
	wrong := ProblemIn(answer)
	_ = answer.Body.Close()
	if !Is(wrong, "no-preview") || v.R.URL.Query().Has("field") {
		return wrong
	}
	answer, err = original()
	if err != nil || answer.StatusCode >= http.StatusBadRequest {
		return v.PassFile(answer, err)
	}
	h.Set("Cache-Control", "private, no-cache") // there may be a picture the next time
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if answer.StatusCode != http.StatusOK || strings.HasPrefix(kind, "image/") {
		return v.Pass(answer, nil)
	}
	_ = answer.Body.Close()
	h.Set("Content-Type", "image/svg+xml")
	_, _ = io.WriteString(v.W, paperSign) // whoever has left is not told
	return nil
}

// Excerpt is the place on a paper where a value stands, with a rim around it:
// a picture of its own, or a part of the original.
type Excerpt struct {
	Cut        string // its address; empty when there is none
	Wide, High int    // of the place
	Whole      string // the original
	Box        string // the place on it, as an SVG's viewBox
}

// ExcerptOf finds the place of a field on a paper whose picture is at the
// address; nil where it stands nowhere, or where nobody can show it.
func ExcerptOf(address, original string, picture bool, left *rest.Preview, field string, box rest.Box) *Excerpt {
	where := cropOf(box)
	if where == "" {
		return nil
	}
	rim := max((box[3]-box[1])/2, 4)
	e := &Excerpt{Wide: box[2] - box[0] + 2*rim, High: box[3] - box[1] + 2*rim, Whole: original, Box: where}
	switch {
	case left != nil && slices.Contains(left.Fields, field):
		e.Cut = address + "?" + url.Values{"field": {field}}.Encode()
	case !picture:
		return nil
	}
	return e
}

// cropOf is the part of a picture that a box points out, with a rim around it,
// as an SVG's viewBox; empty when it stands nowhere.
func cropOf(box [4]int) string {
	w, h := box[2]-box[0], box[3]-box[1]
	if w <= 0 || h <= 0 {
		return ""
	}
	rim := max(h/2, 4)
	return fmt.Sprintf("%d %d %d %d", box[0]-rim, box[1]-rim, w+2*rim, h+2*rim)
}
