package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
)

// Facts is what the rows of a claim say that a cross-check may hold against
// something else, and what was found before.
type Facts struct {
	Claim     ClaimFactsRow
	Parties   []ClaimPartiesRow
	Documents []DocumentFactsRow
	Fields    []FieldsInForceRow
	Elsewhere []FactsElsewhereRow
	Pictures  []PictureFactsRow
	Found     []FindingsInForceRow
}

// ReadFacts reads the facts of a claim in one round trip. hashes and numbers
// are of the files and invoices that are about to be written.
func ReadFacts(ctx context.Context, conn Batcher, id claim.ID, hashes, numbers []string) (Facts, error) {
	var f Facts
	var b pgx.Batch
	b.Queue(claimFacts, id).Query(oneInto(&f.Claim))
	b.Queue(claimParties, id).Query(allInto(&f.Parties))
	b.Queue(documentFacts, id).Query(allInto(&f.Documents))
	b.Queue(fieldsInForce, id).Query(allInto(&f.Fields))
	b.Queue(factsElsewhere, id, hashes, numbers).Query(allInto(&f.Elsewhere))
	b.Queue(pictureFacts, id).Query(allInto(&f.Pictures))
	b.Queue(findingsInForce, id).Query(allInto(&f.Found))
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		return Facts{}, fmt.Errorf("read the facts of claim %s: %w", id, err)
	}
	return f, nil
}

func oneInto[T any](into *T) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[T])
		return err
	}
}

func allInto[T any](into *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		return err
	}
}
