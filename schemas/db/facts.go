package db

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
)

// Scope is which documents of a claim a step checks: those that it names, those
// that share a file, an invoice or a picture with another, and those of its
// claim with an invoice number that it brings; or all. See
// document.Known for what the rest is summed up to.
type Scope struct {
	Documents  []string // ids, named by the step
	Hashes     []string // of files that it brings
	Numbers    []string // of invoices that it brings
	Everything bool     // all documents

	ReferredKinds, ReferredFields []string // what papers are held against: each a field of its kind
	WholeRules                    []string // of findings that rest on all papers
	HeardFrom                     claim.BP // confidence from which a value is a fact
}

// Facts is what the rows of a claim say that a cross-check may hold against
// something else, and what was found before, as far as a step may change it.
type Facts struct {
	Scope
	Claim     ClaimFactsRow
	Parties   []ClaimPartiesRow
	Documents []DocumentFactsRow
	Fields    []FieldFactsRow
	Referred  []ReferredFactsRow
	Totals    []TotalFactsRow
	Elsewhere []FactsElsewhereRow
	Pictures  []PictureFactsRow
	Found     []FindingsInForceRow
}

// ReadFacts reads the facts of a claim in one round trip. What the step brings
// is locked first, so that of two claims that bring one thing at once the
// second finds the first. A step that brings and names nothing checks what is
// shared alone, which is read in a second round trip where there is any.
func ReadFacts(ctx context.Context, conn Batcher, id claim.ID, s Scope) (Facts, error) {
	f := Facts{Scope: s}
	var b pgx.Batch
	if shared := slices.Concat(s.Hashes, s.Numbers); len(shared) > 0 {
		b.Queue(lockShared, shared)
	}
	b.Queue(claimFacts, id).Query(oneInto(&f.Claim))
	b.Queue(claimParties, id).Query(allInto(&f.Parties))
	b.Queue(findingsInForce, id, s.Everything, s.WholeRules, s.Documents, s.Numbers).Query(allInto(&f.Found))
	if !s.Everything {
		b.Queue(referredFacts, id, s.ReferredKinds, s.ReferredFields, s.HeardFrom, s.Documents, s.Numbers, false).Query(allInto(&f.Referred))
		b.Queue(totalFacts, id, s.HeardFrom, s.Documents, s.Numbers, false).Query(allInto(&f.Totals))
	}
	names := s.Everything || len(s.Documents)+len(s.Hashes)+len(s.Numbers) > 0
	if names {
		f.documents(&b, id)
	}
	err := conn.SendBatch(ctx, &b).Close()
	if err == nil && !names && f.Claim.Shares {
		b = pgx.Batch{}
		f.documents(&b, id)
		err = conn.SendBatch(ctx, &b).Close()
	}
	if err != nil {
		return Facts{}, fmt.Errorf("read the facts of claim %s: %w", id, err)
	}
	return f, nil
}

// documents reads what is said by the documents that a step checks, and where
// else they are.
func (f *Facts) documents(b *pgx.Batch, id claim.ID) {
	s := f.Scope
	b.Queue(documentFacts, id, s.Documents, s.Numbers, s.Everything).Query(allInto(&f.Documents))
	b.Queue(fieldFacts, id, s.Documents, s.Numbers, s.Everything).Query(allInto(&f.Fields))
	b.Queue(factsElsewhere, id, s.Documents, s.Numbers, s.Everything, s.Hashes).Query(allInto(&f.Elsewhere))
	b.Queue(pictureFacts, id, s.Documents).Query(allInto(&f.Pictures))
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
