package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

const (
	// chainPage is how many events are in memory at once.
	chainPage = 500
	// hashedAtOnce is how many objects of a claim are read at once, and
	// verifiedAtOnce how many claims: the work of others comes first.
	hashedAtOnce   = 2
	verifiedAtOnce = 2
)

var verifying = make(chan struct{}, verifiedAtOnce)

// VerifyClaim implements the contract: it reckons the chain of events again,
// and reads and hashes every stored object again. It trusts neither.
func (s *reads) VerifyClaim(ctx context.Context, _ rest.VerifyClaimRequestObject) (rest.VerifyClaimResponseObject, error) {
	select {
	case verifying <- struct{}{}:
		defer func() { <-verifying }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	id := access.ClaimOf(ctx).ID
	v := rest.Verification{CheckedAt: time.Now().UTC()}
	chain, objects, held, err := s.evidence(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("verify claim %s: %w", id, err)
	}
	v.Events, v.FirstBroken, v.ChainOk = chain.events, chain.broken, chain.broken == 0
	v.LastHash = hex.EncodeToString(chain.hash)
	if v.Objects, err = s.hashAgain(ctx, objects, held); err != nil {
		return nil, err
	}
	v.Ok = v.ChainOk
	for _, o := range v.Objects {
		v.Ok = v.Ok && o.Ok
	}
	return rest.VerifyClaim200JSONResponse(v), nil
}

// evidence walks the chain and lists the objects of a claim, as they stood at
// one moment: the claim may go on meanwhile.
func (s *reads) evidence(ctx context.Context, id claim.ID) (c chain, objects []db.ObjectsOfClaimRow, held bool, err error) {
	tx, err := s.db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return c, nil, false, err
	}
	defer tx.Rollback(ctx)
	head, err := s.q.ChainHead(ctx, tx, id)
	if err != nil {
		return c, nil, false, err
	}
	c = newChain(id)
	for last, full := int64(0), true; full; {
		events, err := s.q.Chain(ctx, tx, id, last, chainPage)
		if err != nil {
			return c, nil, false, err
		}
		for _, e := range events {
			c.add(e)
			last = e.Number
		}
		full = len(events) == chainPage
	}
	c.end(head)
	objects, err = s.q.ObjectsOfClaim(ctx, tx, id)
	return c, objects, head.Held, err
}

// chain is a claim's log of events as it is walked.
type chain struct {
	events int64  // seen
	hash   []byte // of the last one, as it should be
	next   int64  // number of the next one
	broken int64  // number of the first that does not hold; 0 while all do
}

func newChain(id claim.ID) chain { return chain{hash: claim.Genesis(id), next: 1} }

// add takes the next event. One that is missing, changed, or hashed over
// another than the one before it breaks the chain.
func (c *chain) add(e db.ChainRow) {
	c.events++
	hash := claim.Event{Number: e.Number, Kind: e.Kind, At: e.At, By: e.ByID, Role: e.ByRole, Body: e.Body}.Hash(c.hash)
	switch {
	case c.broken > 0:
	case e.Number != c.next:
		c.broken = c.next
	case !bytes.Equal(e.PrevHash, c.hash), !bytes.Equal(e.Hash, hash):
		c.broken = e.Number
	}
	c.hash, c.next = hash, e.Number+1
}

// end compares the chain with what the claim's row says of its end, so that
// events cut off there are missed as well.
func (c *chain) end(head db.ChainHeadRow) {
	switch {
	case c.broken > 0:
	case c.next != head.NextEvent:
		c.broken = min(c.next, head.NextEvent)
	case !bytes.Equal(c.hash, head.LastHash):
		c.broken = max(c.next-1, 1)
	}
}

// hashAgain reads every object and compares its hash with the one on record.
// While the claim is under hold, each must be too.
func (s *reads) hashAgain(ctx context.Context, objects []db.ObjectsOfClaimRow, held bool) ([]rest.ObjectCheck, error) {
	checks := make([]rest.ObjectCheck, len(objects))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(hashedAtOnce)
	for i, o := range objects {
		checks[i] = rest.ObjectCheck{Document: o.ID, Name: o.Name, Sha256: o.SHA256}
		work.Go(func() (err error) {
			if checks[i].Detail, err = s.fault(ctx, o); err == nil && checks[i].Detail == "" && held {
				checks[i].Detail, err = s.loose(ctx, o)
			}
			checks[i].Ok = checks[i].Detail == ""
			return err
		})
	}
	return checks, work.Wait()
}

// fault says what is wrong with a stored object, in words; "" is nothing. The
// error is that of a store that cannot be asked: one that answers and cannot
// give an object's bytes has lost them.
func (s *reads) fault(ctx context.Context, o db.ObjectsOfClaimRow) (string, error) {
	sum, err := s.hash(ctx, o.Object, o.Revision)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		return "The store does not have it any more, in the version on record.", nil
	case err != nil:
		if there, down := s.store.BucketExists(ctx, s.cfg.Bucket); down != nil || !there {
			return "", contract.Unavailable(err)
		}
		s.log.ErrorContext(ctx, "stored object cannot be read", "object", o.Object, "error", err)
		return "The store has it and cannot read its bytes.", nil
	case sum != o.SHA256:
		return "Its bytes have another hash: " + sum + ".", nil
	}
	return "", nil
}

// loose says, in words, that an object is not under the hold that it should be.
func (s *reads) loose(ctx context.Context, o db.ObjectsOfClaimRow) (string, error) {
	status, err := s.store.GetObjectLegalHold(ctx, s.cfg.Bucket, o.Object, minio.GetObjectLegalHoldOptions{VersionID: o.Revision})
	switch {
	case minio.ToErrorResponse(err).Code == "NoSuchObjectLockConfiguration", err == nil && (status == nil || *status != minio.LegalHoldEnabled):
		return "It is not under the legal hold that was placed on the claim's evidence.", nil
	case err != nil:
		return "", storeFault("ask for the hold of "+o.Object, err)
	}
	return "", nil
}

// hash reads an object and returns its SHA-256 in hex.
func (s *reads) hash(ctx context.Context, object, revision string) (string, error) {
	body, _, err := s.open(ctx, object, revision)
	if err != nil {
		return "", err
	}
	defer body.Close()
	hash := sha256.New()
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	if _, err := io.CopyBuffer(hash, struct{ io.Reader }{body}, buffer[:]); err != nil {
		return "", fmt.Errorf("read %s: %w", object, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
