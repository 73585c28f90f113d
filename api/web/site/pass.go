package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"anpei/schemas/rest"
)

// PassFile hands an answer on, or shows on a page why there is none.
func (v *Visit) PassFile(answer *http.Response, err error) error {
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		defer answer.Body.Close()
		return ProblemIn(answer)
	}
	return v.Pass(answer, err)
}

// Pass hands an answer of the API on as it comes.
func (v *Visit) Pass(answer *http.Response, err error) error {
	if err != nil {
		return Unreachable(err)
	}
	defer answer.Body.Close()
	h := v.W.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition", "Content-Security-Policy", "ETag", "Retry-After", "X-Accel-Buffering"} {
		if value := answer.Header.Get(name); value != "" {
			h.Set(name, value)
		}
	}
	if kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")); kind == "application/pdf" {
		h.Del("Content-Security-Policy") // browsers' own readers do not open in a sandbox
	}
	v.W.WriteHeader(answer.StatusCode)
	return v.copy(answer.Body)
}

// copy writes a body as it comes, each piece at once. Whoever leaves is not
// told.
func (v *Visit) copy(from io.Reader) error {
	conn := http.NewResponseController(v.W)
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, gone := v.W.Write(buffer[:n]); gone != nil {
				return nil //nolint:nilerr // nobody reads any further
			}
			_ = conn.Flush()
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			panic(http.ErrAbortHandler) // the answer has begun: it must not look whole
		}
	}
}

// HandOn lets the API answer what a script of a page asks, as the visitor's:
// path is the operation's, escaped, and the rest is the request's own.
func (v *Visit) HandOn(path string) (*http.Response, error) {
	to, err := v.R.URL.Parse("/v1" + path)
	if err != nil {
		return nil, fmt.Errorf("address of %s: %w", v.R.Pattern, err)
	}
	to.RawQuery = v.R.URL.RawQuery
	r := v.R.Clone(v.Ctx())
	r.URL, r.Header = to, http.Header{}
	for _, name := range []string{"Content-Type", "Idempotency-Key", "Content-Digest"} {
		if value := v.R.Header.Get(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	if err := v.introduce(v.Ctx(), r); err != nil {
		return nil, err
	}
	return v.site.backend.pass(r)
}

// Documents are all pictures and papers of a claim, in order of arrival.
func (v *Visit) Documents(no string) ([]rest.DocumentSummary, error) {
	return All[rest.DocumentSummary](func(after string) (*http.Response, error) {
		return v.API.ListDocuments(v.Ctx(), no, &rest.ListDocumentsParams{Limit: 200, After: after})
	})
}
