// Package outbox is the SMS, mail and letter gateway for local use: it delivers
// nothing, keeps what it was given, and shows it as the recipient would see it.
//
// An id once used always gives the same answer, for as long as its message is
// kept; what was answered is on disk. The newest 20,000 messages are kept.
// Nobody is asked who they are: the messages hold one-time codes, which the
// demo reads here, so the sandbox listens on loopback only.
package outbox

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// Options say how an outbox is opened. Dir and Now must be set.
type Options struct {
	Dir  string           // holds outbox.db
	Now  func() time.Time // the gateway's clock
	Keep uint64           // messages kept; 20,000 when zero
	Log  *slog.Logger     // slog.Default() when nil
}

// Outbox is one gateway over one file. Its methods may be called concurrently.
type Outbox struct {
	db      *bbolt.DB
	now     func() time.Time
	keep    uint64
	log     *slog.Logger
	closing <-chan struct{}
}

// Open opens the outbox in o.Dir; when ctx is done, every latency ends. Fails
// when another process holds the file.
func Open(ctx context.Context, o Options) (*Outbox, error) {
	db, err := openStore(filepath.Join(o.Dir, "outbox.db"))
	if err != nil {
		return nil, err
	}
	if o.Keep == 0 {
		o.Keep = 20_000
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Outbox{
		db:      db,
		now:     func() time.Time { return o.Now().UTC().Truncate(time.Millisecond) },
		keep:    o.Keep,
		log:     o.Log,
		closing: ctx.Done(),
	}, nil
}

// Close closes the file.
func (o *Outbox) Close() error { return o.db.Close() }
