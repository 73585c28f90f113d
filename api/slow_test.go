package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// A minute of the limits that ship is two seconds of these, on a machine that
// is not busy.
var (
	shortly  = pace.Limit(time.Second)
	everyBit = shortly / 6 // as a byte every 5 s to the limit of 30 s
)

// served is the API behind the server that ships, with shorter limits.
type served struct {
	*stack
	address string
	accepts *accepted
}

func (k *stack) served(t *testing.T) served {
	t.Helper()
	h, err := k.handler()
	require.NoError(t, err)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg := k.cfg
	cfg.BodyWithin = shortly
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended, accepts := make(chan error, 1), &accepted{Listener: l, closed: map[string]chan struct{}{}}
	go func() { ended <- cfg.ServeOn(ctx, accepts, h, k.log) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	over := *k
	over.url = "http://" + l.Addr().String() + "/v1"
	return served{&over, l.Addr().String(), accepts}
}

// accepted is a listener that tells which connections the server has closed.
type accepted struct {
	net.Listener
	mu     sync.Mutex
	closed map[string]chan struct{}
}

func (a *accepted) of(client net.Addr) chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed[client.String()] == nil {
		a.closed[client.String()] = make(chan struct{})
	}
	return a.closed[client.String()]
}

func (a *accepted) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watched{Conn: c, closed: a.of(c.RemoteAddr())}, nil
}

type watched struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (w *watched) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

// drip sends the head of a request and then, at each tick, the next piece of
// its body, until the server closes the connection or all has gone. It returns
// what the server answered, and fails if that takes long.
func (k served) drip(t *testing.T, head string, body io.Reader, piece int64) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", k.address)
	require.NoError(t, err)
	defer conn.Close()
	answered := make(chan string, 1)
	go func() {
		raw, _ := io.ReadAll(conn) // until the server closes
		answered <- string(raw)
	}()
	_, err = io.WriteString(conn, strings.ReplaceAll(head, "\n", "\r\n"))
	require.NoError(t, err)
	tick := time.NewTicker(everyBit)
	defer tick.Stop()
	late := time.After(8 * shortly)
	for {
		select {
		case a := <-answered:
			return a
		case <-late:
			require.Fail(t, "the connection is still open", "after %s: %s", 8*shortly, head)
		case <-tick.C:
			_, _ = io.CopyN(conn, body, piece) // the server may have closed it
		}
	}
}

// endless is a body that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// TestSlow is about callers who send or read more slowly than they are waited for.
func TestSlow(t *testing.T) { //nolint:tparallel // newStack changes the environment while it dials
	k := newStack(t).served(t)
	for name, test := range map[string]func(*testing.T, served){
		"a slow body is closed everywhere":               testSlowBodies,
		"a slow upload arrives":                          testSlowUpload,
		"a slow chunk is closed, and its offset is kept": testSlowChunk,
		"a stream outlives the limit of bodies":          testSlowStream,
		"a reader who takes nothing is closed":           testSlowReader,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

// testSlowBodies sends a body as slowly as a byte every five
// seconds: to pages and operations, with and without a session, to one that
// takes a body and one that does not.
func testSlowBodies(t *testing.T, k served) {
	t.Helper()
	r := k.reported(t)
	file := aScan(4 * minChunk)
	u := k.sending(t, r, file)
	require.EqualValues(t, minChunk, into[rest.ChunkedUpload](t, k.chunk(t, u, 0, file[:minChunk]), 200).Received)
	const form, raw, json = "application/x-www-form-urlencoded", "application/octet-stream", "application/json"
	for name, c := range map[string]struct {
		line, Kind string
		token      string
		length     int
		first      []byte // sent at once
		answer     string // the answer has it
	}{
		"a page":                                      {line: "POST /track", Kind: form, length: 1_000_000},
		"a page that is not there":                    {line: "POST /nowhere", Kind: form, length: 1_000_000},
		"a page for claimants":                        {line: "POST /report", Kind: form, length: 1_000_000},
		"a form with files, without a session":        {line: "POST /c/" + r.Number + "/files", Kind: "multipart/form-data; boundary=a", length: 1_000_000},
		"a page that takes no body":                   {line: "GET /track", Kind: form, length: 1_000_000},
		"an operation for everybody":                  {line: "POST /v1/sessions", Kind: json, length: 1_000_000, answer: " 422 "},
		"one that is refused before the body is read": {line: "POST /v1/claims", Kind: json, length: 200_000, answer: " 401 "},
		"one that takes a report":                     {line: "POST /v1/claims", Kind: json, length: 200_000, token: r.token, answer: " 422 "},
		"one that takes no body":                      {line: "GET /v1/claims/" + r.Number, Kind: json, length: 200_000, token: r.token, answer: " 200 "},
		"one that is not there":                       {line: "POST /v1/nowhere", Kind: json, length: 200_000, answer: " 404 "},
		"a health check":                              {line: "GET /livez", Kind: json, length: 200_000, answer: " 200 "},
		"an upload":                                   {line: "POST /v1/claims/" + r.Number + "/uploads", Kind: raw, length: 1_000_000, token: r.token, answer: " 422 "},
		"an upload that began well":                   {line: "POST /v1/claims/" + r.Number + "/uploads", Kind: raw, length: 1_000_000, token: r.token, first: file[:100_000], answer: " 422 "},
		"an upload without a session":                 {line: "POST /v1/claims/" + r.Number + "/uploads", Kind: raw, length: 1_000_000, answer: " 401 "},
		"a photo for a report":                        {line: "POST /v1/draft/papers", Kind: raw, length: 1_000_000, token: r.token, answer: " 422 "},
		"a chunk":                                     {line: fmt.Sprintf("PATCH /v1%s?offset=%d", u.path, minChunk), Kind: raw, length: minChunk, token: r.token, first: file[minChunk : minChunk+1000], answer: " 422 "},
		"a head that does not end":                    {line: "GET /track"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := c.line + " HTTP/1.1\nHost: 127.0.0.1\n"
			if c.Kind != "" {
				head += fmt.Sprintf("Idempotency-Key: %s\nContent-Type: %s\nContent-Length: %d\n", uuid.NewString(), c.Kind, c.length)
				if c.token != "" {
					head += "Authorization: Bearer " + c.token + "\n"
				}
				head += "\n" + string(c.first)
			} else {
				head += "A: "
			}
			answer := k.drip(t, head, endless{}, 1)
			require.Contains(t, answer, c.answer)
		})
	}
}

// testSlowChunk breaks off in the second chunk of a file, and goes on from there.
func testSlowChunk(t *testing.T, k served) {
	t.Helper()
	r, file := k.reported(t), aScan(4*minChunk)
	u := k.sending(t, r, file)
	require.EqualValues(t, minChunk, into[rest.ChunkedUpload](t, k.chunk(t, u, 0, file[:minChunk]), 200).Received)
	answer := k.drip(t, fmt.Sprintf("PATCH /v1%s?offset=%d HTTP/1.1\nHost: 127.0.0.1\nAuthorization: Bearer %s\nContent-Type: application/octet-stream\nContent-Length: %d\n\n",
		u.path, minChunk, r.token, minChunk), bytes.NewReader(file[minChunk:]), 1)
	require.Contains(t, answer, "too slowly")
	require.EqualValues(t, minChunk, into[rest.ChunkedUpload](t, k.ask(t, r.token, "GET", u.path, "", nil), 200).Received)
	done := into[rest.ChunkedUpload](t, k.chunk(t, u, minChunk, file[minChunk:]), 200)
	require.Equal(t, announced("", file).Sha256, done.Upload.Sha256)
}

// testSlowUpload sends a file for three times as long as other bodies have: 3 MB
// at 10 kB/s by the limits that ship.
func testSlowUpload(t *testing.T, k served) {
	t.Helper()
	r := k.reported(t)
	file := aScan(1_000_000)
	for name, path := range map[string]string{"to a claim": "/claims/" + r.Number + "/uploads", "for a report": "/draft/papers"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			answer := k.drip(t, fmt.Sprintf("POST /v1%s HTTP/1.1\nHost: 127.0.0.1\nConnection: close\nAuthorization: Bearer %s\nIdempotency-Key: %s\nContent-Type: application/octet-stream\nContent-Length: %d\n\n",
				path, r.token, uuid.NewString(), len(file)), bytes.NewReader(file), 50_000)
			require.Contains(t, answer, " 201 ")
			require.Greater(t, time.Since(began), 2*shortly)
		})
	}
}

// testSlowStream follows a claim for longer than a body may take.
func testSlowStream(t *testing.T, k served) {
	t.Helper()
	r := k.reported(t)
	ctx, stop := context.WithDeadline(t.Context(), time.Now().Add(3*shortly)) // which is of this machine
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url+"/claims/"+r.Number+"/stream", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, context.DeadlineExceeded, "it ends when we leave, and not before")
}

// testSlowReader asks for a file and reads none of it.
func testSlowReader(t *testing.T, k served) {
	t.Helper()
	r := k.reported(t)
	file := aScan(16 << 20) // more than what lies between two ends of a connection
	up := into[rest.Upload](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/uploads", uuid.NewString(), bytes.NewReader(file)), 201)
	attached := into[rest.Attached](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(),
		rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "repair_estimate"}}}), 201)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", k.address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "GET /v1/claims/%s/documents/%s/content HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", r.Number, attached.Ids[0], r.token)
	require.NoError(t, err)
	select {
	case <-k.accepts.of(conn.LocalAddr()):
	case <-time.After(8 * shortly):
		require.Fail(t, "the connection is still open")
	}
	n, err := io.Copy(io.Discard, conn)
	require.True(t, err != nil || n < int64(len(file)))
}

// Metrics are the operators': who reaches the API does not reach them.
func TestMetricsAreNotAmongWhatEverybodyReaches(t *testing.T) {
	t.Parallel()
	h := open(t)
	require.Equal(t, http.StatusNotFound, h.browser().open("/metrics").status)
}
