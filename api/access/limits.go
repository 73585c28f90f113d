package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits holds back callers who try too often, each by their address. A person
// behind a shared address has room enough; a machine that guesses has not.
type limits struct {
	mu   *sync.Mutex
	kept map[string]*tries
}

type tries struct {
	*rate.Limiter
	last time.Time
}

const (
	triesAtOnce    = 60
	triesPerSecond = 1
	callersKept    = 16384
)

func newLimits() limits { return limits{mu: new(sync.Mutex), kept: map[string]*tries{}} }

// allow reports whether an address may try once more.
func (l limits) allow(address string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.kept[address]
	if c == nil {
		if len(l.kept) >= callersKept {
			l.forget(now)
		}
		c = &tries{Limiter: rate.NewLimiter(triesPerSecond, triesAtOnce)}
		l.kept[address] = c
	}
	c.last = now
	return c.AllowN(now, 1)
}

// forget drops whoever has been away long enough to have all tries again, and
// if that is nobody, everybody.
func (l limits) forget(now time.Time) {
	for address, c := range l.kept {
		if now.Sub(c.last) > triesAtOnce/triesPerSecond*time.Second {
			delete(l.kept, address)
		}
	}
	if len(l.kept) >= callersKept {
		clear(l.kept)
	}
}
