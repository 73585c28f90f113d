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
	return unending(ctx, Watch, acts.Watch, activities.Watching{Query: Version, Signal: CatchUp, Workflow: "Claim"})
}
