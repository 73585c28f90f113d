package browser_test

import (
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// tunnel is the network between one browser and everything else: all requests
// go through it, those of service workers too, and it can be cut.
type tunnel struct {
	address string
	server  *http.Server

	mu    sync.Mutex
	dark  bool
	lines map[net.Conn]bool
	meet  func(*http.Request) bool // looks at each request; false breaks its line off
}

func newTunnel(t *testing.T) *tunnel {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	n := &tunnel{address: l.Addr().String(), lines: map[net.Conn]bool{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(*httputil.ProxyRequest) {}, // it asks for the whole address
		Transport:     &http.Transport{DisableCompression: true},
		FlushInterval: -1,
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	n.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n.mu.Lock()
			meet := n.meet
			n.mu.Unlock()
			if meet != nil && !meet(r) {
				panic(http.ErrAbortHandler)
			}
			proxy.ServeHTTP(w, r)
		}),
		ConnState: n.follow,
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = n.server.Serve(l) }()
	t.Cleanup(func() { _ = n.server.Close(); <-done })
	return n
}

func (n *tunnel) follow(c net.Conn, s http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch s {
	case http.StateNew:
		n.lines[c] = true
		if n.dark {
			_ = c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		delete(n.lines, c)
	case http.StateActive, http.StateIdle:
	}
}

// cut ends every line at once and lets none begin, or lets them begin again.
func (n *tunnel) cut(dark bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dark = dark
	for c := range n.lines {
		if dark {
			_ = c.Close()
		}
	}
}

// watch looks at each request that passes from now on; where it says false,
// the line breaks.
func (n *tunnel) watch(meet func(*http.Request) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.meet = meet
}
