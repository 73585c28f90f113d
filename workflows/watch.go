package workflows

import (
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
)

// WatchID is the one watch's workflow id.
const WatchID = "watch"

// Watch finds claims whose workflow is behind their rows, for all claims: one
// long activity after another. See [activities.Activities.Watch].
func Watch(ctx workflow.Context) error {
	for range 20 { // hours; then a new run, with a short history
		in := activities.Watching{Query: Version, Signal: CatchUp, Workflow: "Claim"}
		if _, err := call(workflow.WithActivityOptions(ctx, courierOptions), workflow.ExecuteActivity, acts.Watch, in); err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, Watch)
}
