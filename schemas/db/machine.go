package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CountMachinePaid counts what machines have paid on a policy, to an account
// and for a phone, in one round trip. It waits for others that count the same,
// and keeps them waiting until the transaction ends.
func CountMachinePaid(ctx context.Context, conn Batcher, p CountMachinePaymentsParams) (paid CountMachinePaymentsRow, err error) {
	var b pgx.Batch
	b.Queue(lockMachinePayments, []string{"policy " + p.PolicyNo, "account " + p.Account, "phone " + p.Phone})
	// A statement of its own: its snapshot is of after the locks were had.
	b.Queue(countMachinePayments, p.PolicyNo, p.PolicySince, p.Account, p.AccountSince, p.Phone, p.PhoneSince).Query(oneInto(&paid))
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		return paid, fmt.Errorf("count what machines have paid: %w", err)
	}
	return paid, nil
}
