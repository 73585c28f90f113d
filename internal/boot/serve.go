package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// headWithin is how long the head of a request may take.
	headWithin = 10 * time.Second
	// maxHead is the largest head: a token, cookies and an address with a filter take 4 KiB.
	maxHead = 64 << 10
	// idleFor is how long a connection is kept open for the next request.
	idleFor = 2 * time.Minute
)

// Serve runs an HTTP server on an address until ctx is done, then lets requests
// finish for ten seconds. Its limits are those of the connection, so that they
// hold on every path, before a handler is asked and after it has answered:
//
//   - The head of a request has 10 s. Head and body have BodyWithin in all,
//     also where the server only discards the body of a request that it has
//     refused already.
//   - An upload ([Uploading]) has to bring UploadPace bytes in each BodyWithin
//     that the server waits for it.
//   - Who reads an answer has to take UploadPace bytes of it in each BodyWithin.
//
// A connection that keeps to none of this is closed.
func (c Config) Serve(ctx context.Context, address string, h http.Handler, logger *slog.Logger) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	return c.ServeOn(ctx, l, h, logger)
}

// ServeOn is [Config.Serve] on a listener, which it closes.
func (c Config) ServeOn(ctx context.Context, l net.Listener, h http.Handler, logger *slog.Logger) error {
	srv := &http.Server{
		Handler:           c.bounded(h),
		ReadHeaderTimeout: min(headWithin, c.BodyWithin),
		ReadTimeout:       c.BodyWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHead,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(readers{l, c}) }()
	logger.InfoContext(ctx, "listening", "address", l.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
		grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer stop()
		return srv.Shutdown(grace)
	}
}

// bounded lifts the server's read deadline where it has nothing to bound any
// more: net/http keeps it until the handler returns, and cancels the request's
// context when it passes, also of a request without a body.
func (c Config) bounded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := http.NewResponseController(w)
		if r.Body == nil || r.Body == http.NoBody {
			_ = conn.SetReadDeadline(time.Time{}) // a connection of net/http's has one
			h.ServeHTTP(w, r)
			return
		}
		b := &body{ReadCloser: r.Body, conn: conn, within: c.BodyWithin, pace: c.UploadPace}
		defer b.leave()
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, b))
		r.Body = b
		h.ServeHTTP(w, r)
	})
}

type bodyKey struct{}

// Uploading gives the body of a request as long as it needs, while it keeps to
// UploadPace. It is called once it is known that the caller may upload. Where
// no server of [Config.Serve] has accepted the request it does nothing.
func Uploading(ctx context.Context) {
	if b, ok := ctx.Value(bodyKey{}).(*body); ok {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.paced, b.left = true, b.within
	}
}

// body is the body of a request on its way in.
type body struct {
	io.ReadCloser
	conn   *http.ResponseController
	within time.Duration
	pace   int

	mu    sync.Mutex
	over  bool          // the handler has returned: the connection is another request's
	paced bool          // it is an upload
	came  int           // bytes of an upload in the current interval
	left  time.Duration // of that interval: only time that the server waits for the sender counts
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	began := time.Now()
	b.mu.Lock()
	if b.paced && !b.over {
		_ = b.conn.SetReadDeadline(began.Add(b.left))
	}
	b.mu.Unlock()
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.came, b.left = b.came+n, b.left-time.Since(began); b.came >= b.pace {
		b.came, b.left = 0, b.within
	}
	if errors.Is(err, io.EOF) && !b.over { // it has come: what follows may take longer
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (b *body) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
}

// readers accepts the connections of those who read answers.
type readers struct {
	net.Listener
	cfg Config
}

// Accept implements [net.Listener].
func (l readers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return reader{c, l.cfg.BodyWithin, l.cfg.UploadPace}, nil
}

// reader is a connection whose other end has to take what is written.
type reader struct {
	net.Conn
	within time.Duration
	pace   int
}

// Write implements [io.Writer].
func (r reader) Write(p []byte) (n int, err error) {
	for {
		if err := r.SetWriteDeadline(time.Now().Add(r.within)); err != nil {
			return n, err
		}
		m, err := r.Conn.Write(p[n:])
		n += m
		if !errors.Is(err, os.ErrDeadlineExceeded) || m < r.pace {
			return n, err
		}
	}
}

// CloseWrite lets net/http say that nothing follows while it still reads, so
// that the answer to a request whose body was refused arrives.
func (r reader) CloseWrite() error {
	if c, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
