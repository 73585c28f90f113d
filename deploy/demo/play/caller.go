package play

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// Caller is somebody who asks the API. Without a token it is nobody.
type Caller struct {
	URL   string // of the API, without /v1
	Token string
}

// Problem is an answer of the API that is no success.
type Problem struct{ rest.Problem }

// Error tells what is wrong, field by field.
func (p *Problem) Error() string {
	parts := []string{fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail), p.Rule}
	for _, f := range p.Errors {
		parts = append(parts, f.Pointer+": "+f.Detail)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// Key returns a new Idempotency-Key.
func Key() string { return rand.Text() }

// How long a caller goes on with a request that nobody has answered yet, as
// while a server is down. The key makes that safe.
const (
	persistence = 90 * time.Second
	anHTTPCall  = 30 * time.Second
)

var client = &http.Client{
	Timeout:       pace.Limit(anHTTPCall),
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Get reads a resource.
func Get[T any](ctx context.Context, c Caller, path string) (T, error) {
	var out T
	raw, err := c.do(ctx, http.MethodGet, path, "", "", nil)
	if err == nil {
		err = decode(raw, &out)
	}
	if err != nil {
		return out, fmt.Errorf("GET %s: %w", path, err)
	}
	return out, nil
}

// List reads a list to its end.
func List[T any](ctx context.Context, c Caller, path string) ([]T, error) {
	var all []T
	glue := "?"
	if strings.Contains(path, "?") {
		glue = "&"
	}
	for after := ""; ; {
		page, err := Get[struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}](ctx, c, path+glue+"limit=200"+after)
		all = append(all, page.Items...)
		if err != nil || page.Next == "" {
			return all, err
		}
		after = "&after=" + url.QueryEscape(page.Next)
	}
}

// Post sends a command under an idempotency key. nil is an empty body.
func Post[T any](ctx context.Context, c Caller, key, path string, body any) (T, error) {
	return send[T](ctx, c, http.MethodPost, key, path, body)
}

// Put writes the whole of a resource.
func Put[T any](ctx context.Context, c Caller, path string, body any) (T, error) {
	return send[T](ctx, c, http.MethodPut, Key(), path, body)
}

func send[T any](ctx context.Context, c Caller, method, key, path string, body any) (T, error) {
	var out T
	var raw []byte
	var err error
	if body != nil {
		raw, err = json.Marshal(body)
	}
	if err == nil {
		raw, err = c.do(ctx, method, path, key, "application/json", raw)
	}
	if err == nil {
		err = decode(raw, &out)
	}
	if err != nil {
		return out, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return out, nil
}

// Bytes reads a file or letter as it was stored.
func (c Caller) Bytes(ctx context.Context, path string) ([]byte, error) {
	raw, err := c.do(ctx, http.MethodGet, path, "", "", nil)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return raw, nil
}

// File is something to be handed in.
type File struct {
	Name  string
	Kind  string // a kind of document; empty lets the reader tell
	Bytes []byte
	At    *rest.Point // where it was taken
}

// Photograph sends a photo of a paper, to fill in a report that is not sent yet.
func Photograph(ctx context.Context, c Caller, f File) (out rest.DraftPaper, err error) {
	query := url.Values{"name": {f.Name}, "kind": {f.Kind}}
	raw, err := c.do(ctx, http.MethodPost, "/draft/papers?"+query.Encode(), Key(), "application/octet-stream", f.Bytes)
	if err == nil {
		err = decode(raw, &out)
	}
	if err != nil {
		return out, fmt.Errorf("photograph %s: %w", f.Name, err)
	}
	return out, nil
}

// Delete removes something.
func Delete(ctx context.Context, c Caller, path string) error {
	if _, err := c.do(ctx, http.MethodDelete, path, "", "", nil); err != nil {
		return fmt.Errorf("DELETE %s: %w", path, err)
	}
	return nil
}

// Upload sends a file of a claim, to be attached.
func Upload(ctx context.Context, c Caller, number string, f File) (up rest.Upload, err error) {
	query := url.Values{"name": {f.Name}}
	if f.Kind != "" {
		query.Set("kind", f.Kind)
	}
	raw, err := c.do(ctx, http.MethodPost, "/claims/"+number+"/uploads?"+query.Encode(), Key(), "application/octet-stream", f.Bytes)
	if err == nil {
		err = decode(raw, &up)
	}
	if err != nil {
		return up, fmt.Errorf("upload %s: %w", f.Name, err)
	}
	return up, nil
}

// Attach uploads files and attaches them to a claim, all in one command. It
// returns the ids of the documents, in the order of the files.
func Attach(ctx context.Context, c Caller, number string, files ...File) ([]string, error) {
	var batch rest.Attach
	for _, f := range files {
		up, err := Upload(ctx, c, number, f)
		if err != nil {
			return nil, err
		}
		batch.Documents = append(batch.Documents, rest.NewDocument{Upload: up.Id, Kind: f.Kind, Place: f.At})
	}
	attached, err := Post[rest.Attached](ctx, c, Key(), "/claims/"+number+"/documents", batch)
	return attached.Ids, err
}

func decode(raw []byte, into any) error {
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// do sends a request until it is answered. While nobody answers, or the answer
// is to come again, it is sent once more with the same key.
func (c Caller) do(ctx context.Context, method, path, key, mime string, body []byte) ([]byte, error) {
	var answer []byte
	var final error
	err := until(ctx, "answer", persistence, 200*time.Millisecond, func() (bool, error) {
		var again bool
		answer, again, final = c.try(ctx, method, path, key, mime, body)
		return !again, nil
	})
	if final != nil {
		return nil, final
	}
	return answer, err
}

// try sends a request once. again reports that it is worth another try.
func (c Caller) try(ctx context.Context, method, path, key, mime string, body []byte) (answer []byte, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.URL+"/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if len(body) > 0 || mime == "application/octet-stream" { // a file may be empty
		req.Header.Set("Content-Type", mime)
	}
	if mime == "application/octet-stream" {
		sum := sha256.Sum256(body)
		req.Header.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, true, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, true, err
	case resp.StatusCode < 300:
		return answer, false, nil
	}
	p := new(Problem)
	if err := json.Unmarshal(answer, &p.Problem); err != nil || p.Status == 0 {
		return nil, false, fmt.Errorf("the API answered %s and no problem document", resp.Status)
	}
	again = resp.Header.Get("Retry-After") != "" && (p.Status == http.StatusConflict || p.Status == http.StatusServiceUnavailable)
	return nil, again, p
}

// ProblemOf returns the problem document that an error carries, or nil.
func ProblemOf(err error) *Problem {
	var p *Problem
	errors.As(err, &p)
	return p
}
