package workflows

import (
	"context"

	"go.temporal.io/sdk/workflow"
)

// CourierID is the one courier's workflow id.
const CourierID = "courier"

// Courier delivers notices for all claims: one long activity after another. A
// notice costs a claim no activity that way.
func Courier(ctx workflow.Context) error {
	return unending(ctx, Courier, acts.Deliver, struct{}{})
}

// unending executes one long activity after another, for hours; then the
// workflow goes on in a new run, with a short history.
func unending[In, Out any](ctx workflow.Context, of func(workflow.Context) error, act func(context.Context, In) (Out, error), in In) error {
	for range 20 {
		if _, err := call(workflow.WithActivityOptions(ctx, courierOptions), workflow.ExecuteActivity, act, in); err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, of)
}
