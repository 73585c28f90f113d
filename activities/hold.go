package activities

import (
	"context"
	"fmt"

	"github.com/minio/minio-go/v7"

	"anpei/claim"
	"anpei/schemas/db"
)

// Hold notes that a claim's evidence is under legal hold, or no longer. From
// then on whatever is stored for the claim is held from the start;
// [Activities.HoldObjects] sees to what is there.
func (a *Activities) Hold(ctx context.Context, s claim.Step[claim.Hold]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActHold, func(t *tx) error {
		if refusal := t.file.GuardHold(s.Body, t.by); refusal != nil {
			return t.refuseWith(*refusal)
		}
		kind := claim.EventEvidenceFree
		if t.file.HeldBy = ""; s.Body.Held {
			kind, t.file.HeldBy = claim.EventEvidenceHeld, t.by.ID
		}
		t.queue(t.q.InsertHold(t.ctx, &t.w, db.InsertHoldParams{ClaimID: string(t.id), Held: s.Body.Held, Reason: s.Body.Reason, ByID: string(t.by.ID), At: t.at}))
		t.event(kind, claim.None{})
		return nil
	})
}

// HoldObjects makes every version that is stored for a claim as the claim's
// row says: under hold, or not. It is idempotent, and returns how many versions
// there are.
func (a *Activities) HoldObjects(ctx context.Context, id claim.ID) (int, error) {
	held, err := a.q.ClaimHeld(ctx, a.DB, id)
	if err != nil {
		return 0, fmt.Errorf("read the hold of claim %s: %w", id, err)
	}
	status := minio.LegalHoldDisabled
	if held {
		status = minio.LegalHoldEnabled
	}
	count := 0
	for o := range a.Store.ListObjects(ctx, a.Bucket, minio.ListObjectsOptions{Prefix: "claims/" + string(id) + "/", Recursive: true, WithVersions: true}) {
		switch {
		case o.Err != nil:
			return count, fmt.Errorf("list what is stored for claim %s: %w", id, o.Err)
		case o.IsDeleteMarker:
			continue
		}
		if err := a.Store.PutObjectLegalHold(ctx, a.Bucket, o.Key, minio.PutObjectLegalHoldOptions{VersionID: o.VersionID, Status: &status}); err != nil {
			return count, fmt.Errorf("hold %s in version %s: %w", o.Key, o.VersionID, err)
		}
		count++
	}
	return count, nil
}

// legalHold is the state in which something new is stored for a claim.
func legalHold(held bool) minio.LegalHoldStatus {
	if held {
		return minio.LegalHoldEnabled
	}
	return ""
}
