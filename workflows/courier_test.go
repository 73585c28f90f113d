package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/workflows"
)

// What runs for all claims is tried again within seconds, however often it has
// failed: until it runs no message goes out, and no claim that has lost a step
// is found.
func TestWhatRunsForAllClaimsIsTriedAgainWithinSeconds(t *testing.T) {
	t.Parallel()
	var a *activities.Activities
	for name, tt := range map[string]struct{ of, act any }{
		"the courier": {workflows.Courier, a.Deliver},
		"the watch":   {workflows.Watch, a.Watch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const fails = 8 // the environment gives up after ten
			env := newEnvironment()
			env.OnActivity(tt.act, mock.Anything, mock.Anything).Return(0, errors.New("the database is away")).Times(fails)
			env.OnActivity(tt.act, mock.Anything, mock.Anything).Return(0, nil)
			var tries []time.Time
			env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { tries = append(tries, env.Now()) })
			env.ExecuteWorkflow(tt.of)
			require.True(t, workflow.IsContinueAsNewError(env.GetWorkflowError()))
			require.Greater(t, len(tries), fails+1)
			for i := 1; i <= fails; i++ {
				require.Positive(t, tries[i].Sub(tries[i-1]))
				require.LessOrEqual(t, tries[i].Sub(tries[i-1]), 5*time.Second)
			}
		})
	}
}
