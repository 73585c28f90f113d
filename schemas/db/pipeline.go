package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"anpei/claim"
)

// Pipeline is a [DBTX] for writes that nobody waits for one by one: it queues
// them, and Commit sends all with the commit in one round trip. A constraint
// that a write violates is therefore told by Commit.
type Pipeline struct{ batch pgx.Batch }

var errWritesOnly = errors.New("a pipeline only writes")

// Exec queues a write. Its tag says nothing.
func (p *Pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	p.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

// Lead puts the write that was queued last before all others, which may refer
// to its row.
func (p *Pipeline) Lead() {
	q := p.batch.QueuedQueries
	last := q[len(q)-1]
	copy(q[1:], q[:len(q)-1])
	q[0] = last
}

// Query refuses: see [Pipeline].
func (p *Pipeline) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return nil, errWritesOnly
}

// QueryRow refuses: see [Pipeline].
func (p *Pipeline) QueryRow(context.Context, string, ...any) pgx.Row { return refusedRow{} }

type refusedRow struct{}

func (refusedRow) Scan(...any) error { return errWritesOnly }

// Batcher sends a batch: a connection or a pool.
type Batcher interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Commit sends what was queued, and the commit.
func (p *Pipeline) Commit(ctx context.Context, conn Batcher) error {
	p.batch.Queue("commit")
	queued := p.batch.QueuedQueries
	res := conn.SendBatch(ctx, &p.batch)
	for _, q := range queued {
		if _, err := res.Exec(); err != nil {
			_ = res.Close() // the first error is the one that says something
			return fmt.Errorf("%.40s…: %w", q.SQL, err)
		}
	}
	return res.Close()
}

// Opened is what a step finds when it begins.
type Opened struct {
	Row     *LockClaimRow // nil when there is no such claim yet
	Receipt []byte        // what the step answered when it was done before; nil when it was not
}

// Open begins a transaction, locks the claim's row and looks for the step's
// key, in one round trip. The caller ends the transaction. The look comes
// after the lock, so that a twin that waited finds what the first one stored.
func Open(ctx context.Context, conn Batcher, id claim.ID, key string) (Opened, error) {
	var b pgx.Batch
	b.Queue("begin")
	b.Queue(lockClaim, id)
	b.Queue(stepReceipt, id, key)
	res := conn.SendBatch(ctx, &b)
	var found Opened
	_, err := res.Exec()
	if err == nil {
		var row LockClaimRow
		switch err = res.QueryRow().Scan(&row.Version, &row.NextEvent, &row.LastHash, &row.File); {
		case err == nil:
			found.Row = &row
		case errors.Is(err, pgx.ErrNoRows):
			err = nil
		}
	}
	if err == nil {
		if err = res.QueryRow().Scan(&found.Receipt); errors.Is(err, pgx.ErrNoRows) {
			err = nil
		}
	}
	if closed := res.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return Opened{}, fmt.Errorf("open claim %s: %w", id, err)
	}
	return found, nil
}
