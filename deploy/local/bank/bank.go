// Package bank is the insurer's bank for local use: it takes transfers, answers
// for them, and can be told to misbehave in every way a bank does.
//
// What it promises, whatever it has been told to do and whenever it is killed:
//
//   - A reference once used always means the same transfer, and the statement
//     shows at most one credit for it.
//   - What it has answered is on disk.
//   - "Not found" is final only after the cut-off of that reference, and never
//     while a submit for it is in hand.
//
// Money is integer fen of CNY; times are UTC, to the millisecond. The sandbox
// moves no money and keeps account numbers in the clear: made-up ones only.
package bank

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Options say how a bank is opened. All but Log must be set.
type Options struct {
	Dir   string           // holds bank.db
	Token string           // bearer token that the insurer shows
	Now   func() time.Time // the bank's clock
	Log   *slog.Logger     // slog.Default() when nil
}

// Bank is one bank over one file. Its methods may be called concurrently.
type Bank struct {
	db     *bbolt.DB
	token  string
	now    func() time.Time
	log    *slog.Logger
	client *http.Client

	bell    chan struct{} // rung when there may be something new to do
	closing <-chan struct{}
	stop    context.CancelFunc
	work    sync.WaitGroup

	mu     sync.Mutex
	inHand map[string]int // reference → submits that may still execute
}

// Open opens the bank in o.Dir, and starts what it does by itself: clearing,
// returning, calling back. That goes on until ctx is done or Close is called;
// either also ends every latency and hang. Fails when another process holds
// the file.
func Open(ctx context.Context, o Options) (*Bank, error) {
	db, err := openStore(filepath.Join(o.Dir, "bank.db"))
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	ctx, stop := context.WithCancel(ctx)
	b := &Bank{
		db:      db,
		token:   o.Token,
		now:     func() time.Time { return o.Now().UTC().Truncate(time.Millisecond) },
		log:     o.Log,
		client:  newCallbackClient(),
		bell:    make(chan struct{}, 1),
		closing: ctx.Done(),
		stop:    stop,
		inHand:  map[string]int{},
	}
	b.work.Go(func() { b.run(ctx) })
	return b, nil
}

// Close stops the bank's own work and closes its file.
func (b *Bank) Close() error {
	b.stop()
	b.work.Wait()
	return b.db.Close()
}

// longestNap bounds how far apart the bank looks at its clock, which a test or
// an operator may have moved.
const longestNap = time.Second

// run does what is due until ctx is done. Reads settle by themselves, so that
// an answer never depends on how far run has come.
func (b *Bank) run(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := b.round(ctx)
		if err != nil {
			b.log.ErrorContext(ctx, "bank could not do what was due", "error", err)
		}
		nap := longestNap
		if err == nil && !next.IsZero() {
			nap = min(nap, max(next.Sub(b.now()), time.Millisecond))
		}
		select {
		case <-ctx.Done():
		case <-b.bell:
		case <-time.After(nap):
		}
	}
}

// round settles and calls back, and returns when the next of either is due:
// zero for never.
func (b *Bank) round(ctx context.Context) (next time.Time, err error) {
	if err := b.settle(); err != nil {
		return next, err
	}
	if err := b.callBack(ctx); err != nil {
		return next, err
	}
	err = b.db.View(func(tx *bbolt.Tx) error {
		for _, queue := range [][]byte{dueBucket, eventBucket} {
			if k, _ := tx.Bucket(queue).Cursor().First(); k != nil {
				if at := keyTime(k); next.IsZero() || at.Before(next) {
					next = at
				}
			}
		}
		return nil
	})
	return next, err
}

// ring makes run look again.
func (b *Bank) ring() {
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// update runs do in one durable transaction, shared with other callers of the
// same moment. do may run more than once and must not keep what an earlier run
// left behind.
func (b *Bank) update(do func(ledger) error) error {
	defer b.ring()
	return b.db.Batch(func(tx *bbolt.Tx) error { return do(ledger{tx, b.now()}) })
}

func (b *Bank) view(do func(ledger) error) error {
	return b.db.View(func(tx *bbolt.Tx) error { return do(ledger{tx, b.now()}) })
}

// settle clears and returns whatever is due by now, each at its own time.
func (b *Bank) settle() error {
	var due bool
	err := b.view(func(l ledger) error {
		k, _ := l.tx.Bucket(dueBucket).Cursor().First()
		due = k != nil && !keyTime(k).After(l.now)
		return nil
	})
	if err != nil || !due {
		return err
	}
	if err := b.update(ledger.settle); err != nil {
		return fmt.Errorf("settle what is due: %w", err)
	}
	return nil
}

// submit executes o unless its reference is known, and says how the answer is
// to be spoilt. Idempotent by o.Reference.
func (b *Bank) submit(o Order) (out outcome, err error) {
	err = b.update(func(l ledger) (err error) {
		out, err = l.submit(o)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("submit %s: %w", o.Reference, err)
	}
	return out, nil
}

// enter marks a submit for reference as in hand until leave is called.
func (b *Bank) enter(reference string) (leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inHand[reference]++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.inHand[reference]--; b.inHand[reference] == 0 {
			delete(b.inHand, reference)
		}
	}
}

func (b *Bank) handling(reference string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inHand[reference] > 0
}

// absence is the bank's answer for a reference that it knows no transfer for.
type absence struct {
	Authoritative bool      // no submit heard so far will ever execute
	InHand        bool      // a submit for it is being worked on
	CutOffAt      time.Time // from when the answer is authoritative
}

var errNotFound = errors.New("no such transfer")

// query returns the transfer with this reference, or [errNotFound] and what
// that is worth. The first query for an unknown reference starts its cut-off.
func (b *Bank) query(reference string) (Transfer, absence, error) {
	// Looked at before the books: a submit that comes in after this line is
	// later than the question, one that came before is either in hand or there.
	inHand := b.handling(reference)
	if err := b.settle(); err != nil {
		return Transfer{}, absence{}, err
	}
	var found, heard bool
	var t Transfer
	var at, now time.Time
	var cutOff time.Duration
	read := func(l ledger) (err error) {
		now = l.now
		rec, err := l.find(reference)
		if err != nil {
			return err
		}
		s, err := l.switches()
		if err != nil {
			return err
		}
		if t, found = s.Faults.said(rec), rec.Number != 0; found {
			return nil
		}
		cutOff = s.Settings.cutOff()
		at, heard, err = get[time.Time](l.tx.Bucket(heardBucket), []byte(reference))
		return err
	}
	err := b.view(read)
	if err == nil && !found && !heard {
		err = b.update(func(l ledger) error {
			if err := l.hear(reference); err != nil {
				return err
			}
			return read(l)
		})
	}
	switch {
	case err != nil:
		return Transfer{}, absence{}, fmt.Errorf("query %s: %w", reference, err)
	case found:
		return t, absence{}, nil
	}
	cut := at.Add(cutOff)
	return Transfer{}, absence{Authoritative: !inHand && !now.Before(cut), InHand: inHand, CutOffAt: cut}, errNotFound
}
