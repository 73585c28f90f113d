package testenv

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Wire is a line to a server that others use too, which a test can cut: what is
// open then breaks, and what is opened meanwhile is closed at once.
type Wire struct {
	Address string // that leads to the server, host:port

	to    string
	mutex sync.Mutex
	isCut bool
	open  []net.Conn
}

// NewWire lays a wire to the server at host:port.
func NewWire(tb testing.TB, to string) *Wire {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	w := &Wire{Address: l.Addr().String(), to: to}
	tb.Cleanup(func() {
		_ = l.Close()
		w.Cut(true)
	})
	ctx := tb.Context()
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(ctx, near)
		}
	}()
	return w
}

// Cut cuts the wire, or mends it.
func (w *Wire) Cut(now bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.isCut = now
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open = nil
}

func (w *Wire) carry(ctx context.Context, near net.Conn) {
	defer near.Close() //nolint:errcheck // either side may have closed it
	far, err := new(net.Dialer).DialContext(ctx, "tcp", w.to)
	if err != nil {
		return
	}
	defer far.Close() //nolint:errcheck // likewise
	w.mutex.Lock()
	if w.isCut {
		w.mutex.Unlock()
		return
	}
	w.open = append(w.open, near, far)
	w.mutex.Unlock()
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
}
