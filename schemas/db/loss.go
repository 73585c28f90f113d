package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// FindSameLoss looks for claims of a loss in one round trip. It waits for others
// that look by the same policy or plate, and keeps them waiting until the
// transaction ends. Fingerprints are those, in one order for all.
func FindSameLoss(ctx context.Context, conn Batcher, fingerprints []string, p SameLossParams) (same []SameLossRow, err error) {
	var b pgx.Batch
	b.Queue(lockFingerprints, fingerprints)
	// A statement of its own: its snapshot is of after the locks were had.
	b.Queue(sameLoss, p.ID, p.PolicyNo, p.After, p.Before, p.Plates).Query(allInto(&same))
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("look for the same loss: %w", err)
	}
	return same, nil
}
