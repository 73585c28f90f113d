package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"anpei/claim"
)

// beside answers the messages of one act in a run of its own beside a claim's
// workflow, one at a time, until none has come for a while. A cancellation from
// outside reaches none of them: ctx is a disconnected one.
func beside[T any](ctx workflow.Context, act claim.Act, quiet time.Duration, answer func(workflow.Context, claim.Message[T]) (claim.Receipt, error)) error {
	turn := workflow.NewMutex(ctx)
	asked := 0
	handle := func(ctx workflow.Context, m claim.Message[T]) (claim.Receipt, error) {
		asked++
		if err := turn.Lock(ctx); err != nil {
			return claim.Receipt{}, err
		}
		defer turn.Unlock()
		return answer(ctx, m)
	}
	if err := workflow.SetUpdateHandler(ctx, string(act), handle); err != nil {
		return err
	}
	for last := -1; last != asked; {
		last = asked
		_, _ = workflow.AwaitWithTimeout(ctx, quiet, func() bool { return asked > last })
		_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	}
	return nil
}
