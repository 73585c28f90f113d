package workflows

import "go.temporal.io/sdk/workflow"

// CourierID is the one courier's workflow id.
const CourierID = "courier"

// Courier delivers notices for all claims: one long activity after another. A
// notice costs a claim no activity that way.
func Courier(ctx workflow.Context) error {
	for range 20 { // hours; then a new run, with a short history
		if _, err := call(workflow.WithActivityOptions(ctx, courierOptions), workflow.ExecuteActivity, acts.Deliver, struct{}{}); err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, Courier)
}
