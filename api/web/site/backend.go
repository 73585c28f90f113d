package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"anpei/schemas/rest"
)

// backend is the API in this process, as a transport. Bodies stream both ways:
// an upload is never in memory whole, and an event stream arrives as it is
// written.
type backend struct{ api http.Handler }

// RoundTrip implements [http.RoundTripper], for the generated client.
func (b backend) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	sparse(r)
	return b.pass(r)
}

// pass lets the API answer a request as it is.
func (b backend) pass(r *http.Request) (*http.Response, error) {
	ctx, stop := context.WithCancel(r.Context())
	in := r.Clone(ctx)
	in.RequestURI, in.RemoteAddr, in.Host = in.URL.RequestURI(), "127.0.0.1:0", in.URL.Host
	visitor, _ := r.Context().Value(visitKey{}).(*Visit)
	out := &answering{header: http.Header{}, begun: make(chan struct{})}
	if visitor != nil {
		in.RemoteAddr, in.Host = visitor.R.RemoteAddr, visitor.R.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	var body *io.PipeReader
	body, out.body = io.Pipe()

	go func() {
		defer stop()
		defer func() {
			var err error
			if p := recover(); p != nil { // the API answers its own panics; this one breaks off an answer
				err = io.ErrUnexpectedEOF
			}
			out.WriteHeader(http.StatusOK)
			_ = out.body.CloseWithError(err)
		}()
		b.api.ServeHTTP(out, in)
	}()
	select {
	case <-out.begun:
	case <-r.Context().Done():
		stop()
		_ = body.CloseWithError(r.Context().Err())
		return nil, r.Context().Err()
	}
	return &http.Response{
		Status: http.StatusText(out.status), StatusCode: out.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.sent, Body: leaving{body, stop}, ContentLength: -1, Request: r,
	}, nil
}

// sparse leaves out what a generated client writes for absent parameters: in
// the contract the zero value and none are the same.
func sparse(r *http.Request) {
	query := r.URL.Query()
	for name, values := range query {
		switch values[0] {
		case "", "0", "false", "0001-01-01":
			delete(query, name)
		}
	}
	r.URL.RawQuery = query.Encode()
	for name, values := range r.Header {
		if values[0] == "" {
			delete(r.Header, name)
		}
	}
}

// leaving ends the API's work when nobody reads its answer further.
type leaving struct {
	io.ReadCloser
	stop context.CancelFunc
}

func (l leaving) Close() error {
	l.stop()
	return l.ReadCloser.Close()
}

// answering is an answer of the API on its way to a page.
type answering struct {
	header http.Header
	body   *io.PipeWriter

	once   sync.Once
	begun  chan struct{} // closed once status and sent are there
	status int
	sent   http.Header
}

// Header implements [http.ResponseWriter].
func (a *answering) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *answering) WriteHeader(status int) {
	a.once.Do(func() {
		a.status, a.sent = status, a.header.Clone()
		close(a.begun)
	})
}

// Write implements [http.ResponseWriter].
func (a *answering) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// FlushError lets the API flush; what it writes is passed on at once anyway.
func (a *answering) FlushError() error {
	a.WriteHeader(http.StatusOK)
	return nil
}

// Flush implements [http.Flusher].
func (a *answering) Flush() { _ = a.FlushError() }

// Read takes the answer of the API as a T: read[rest.Claim](v.api.GetClaim(…)).
// Any answer but a success is a *problem.
func Read[T any](r *http.Response, err error) (T, error) {
	var out T
	if err != nil {
		return out, Unreachable(err)
	}
	defer r.Body.Close()
	if r.StatusCode >= http.StatusMultipleChoices {
		return out, ProblemIn(r)
	}
	if r.StatusCode == http.StatusNoContent {
		return out, nil
	}
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("read the answer of the API: %w", err)
	}
	return out, nil
}

// All reads a list to its end, page by page.
func All[T any](ask func(after string) (*http.Response, error)) (items []T, err error) {
	for after := ""; ; {
		page, err := Read[struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}](ask(after))
		items = append(items, page.Items...)
		if after = page.Next; err != nil || after == "" {
			return items, err
		}
	}
}

// Done takes an answer that has no body.
func Done(r *http.Response, err error) error {
	_, err = Read[struct{}](r, err)
	return err
}

// ProblemIn reads what the API says is wrong.
func ProblemIn(r *http.Response) error {
	p := &Problem{}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&p.Problem); err != nil || p.Status == 0 {
		p.Problem = rest.Problem{Type: "/problems/internal", Title: http.StatusText(r.StatusCode), Status: r.StatusCode}
	}
	return p
}

// Unreachable says that the API gave no answer: the visitor has gone, or we are
// about to stop.
func Unreachable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &Problem{Problem: rest.Problem{Type: "/problems/unavailable", Status: http.StatusServiceUnavailable}}
	}
	return fmt.Errorf("ask the API: %w", err)
}
