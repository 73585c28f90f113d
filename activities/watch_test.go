package activities_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"anpei/activities"
	"anpei/internal/pace"
	"anpei/internal/testenv"
)

// An attempt whose heartbeats stay away is taken for dead, and a claim that is
// behind its rows then waits for the next one.
func TestTheWatchShowsThatItLivesThoughNothingHappens(t *testing.T) {
	t.Parallel()
	watch := &activities.Activities{DB: testenv.DB(t).Worker}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(watch)
	stop, heard, once := make(chan struct{}), make(chan struct{}), sync.Once{}
	env.SetWorkerStopChannel(stop)
	env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { once.Do(func() { close(heard) }) })
	ended := make(chan error)
	go func() {
		_, err := env.ExecuteActivity(watch.Watch, activities.Watching{})
		ended <- err
	}()
	select {
	case <-heard:
	case <-time.After(pace.Limit(20 * time.Second)):
		t.Error("no heartbeat")
	}
	close(stop)
	require.NoError(t, <-ended)
}
