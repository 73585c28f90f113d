package testenv_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"anpei/internal/testenv"
)

// Whoever is given a namespace reports a claim in it at once, whose workflow
// says its stage in its first task.
func TestANamespaceIsUsableWhenItIsGiven(t *testing.T) {
	stage := temporal.NewSearchAttributeKeyKeyword("Stage")
	for range 3 {
		name, err := testenv.Namespace(t.Context())
		require.NoError(t, err)
		c, err := client.DialContext(t.Context(), client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS"), Namespace: name})
		require.NoError(t, err)
		t.Cleanup(c.Close)
		w := worker.New(c, "claims", worker.Options{})
		w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
			return workflow.UpsertTypedSearchAttributes(ctx, stage.ValueSet("closed"))
		}, workflow.RegisterOptions{Name: "claim"})
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			TaskQueue: "claims", TypedSearchAttributes: temporal.NewSearchAttributes(stage.ValueSet("reported")),
		}, "claim")
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), nil))
		for events := c.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
			event, err := events.Next()
			require.NoError(t, err)
			require.NotEqual(t, enums.EVENT_TYPE_WORKFLOW_TASK_FAILED, event.GetEventType(), "%v", event)
		}
	}
}
