package main

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

func TestAShapeIsReadFromHistory(t *testing.T) {
	t.Parallel()
	var events []*historypb.HistoryEvent
	for _, typ := range []enumspb.EventType{
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
	} {
		events = append(events, &historypb.HistoryEvent{EventType: typ})
	}
	for _, name := range []string{"LocalActivity", "Version", "LocalActivity"} {
		events = append(events, &historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_MARKER_RECORDED,
			Attributes: &historypb.HistoryEvent_MarkerRecordedEventAttributes{
				MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{MarkerName: name},
			},
		})
	}
	s := shapeOf(events)
	require.Equal(t, shape("uacsll"), s)
	require.Equal(t, "2 local steps, 1 activity, 1 update, 1 upsert", s.String())
	require.Equal(t, shape("uacsaa"), s.asActivities())
}

func TestTheYardstickGoesThroughItsShape(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	y := &yardstick{}
	steps := 0
	env.RegisterWorkflowWithOptions(y.nothing, workflow.RegisterOptions{Name: "Nothing"})
	env.RegisterActivityWithOptions(y.step, activity.RegisterOptions{Name: yardstickStep})
	env.SetOnLocalActivityStartedListener(func(*activity.Info, context.Context, []any) { steps++ })
	answers := 0
	for i := range 2 {
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(yardstickStep, fmt.Sprint(i), &testsuite.TestUpdateCallback{
				OnAccept: func() {}, OnReject: func(err error) { require.NoError(t, err) },
				OnComplete: func(_ any, err error) { require.NoError(t, err); answers++ },
			}, "")
		}, 0)
	}
	env.ExecuteWorkflow("Nothing", shape("ulcluclal"))
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 2, answers)
	require.Equal(t, 4, steps)
}

func TestProcessTimesAreReadWhateverTheNameHolds(t *testing.T) {
	t.Parallel()
	p, ok := parseStat("42 (a (b) c) S 7 1 1 0 -1 4194560 100 200 0 0 150 50 30 20 20 0 1 0 100 0 0")
	require.True(t, ok)
	require.Equal(t, process{parent: 7, name: "a (b) c", cpu: 2.5}, p)
	_, ok = parseStat("42 (cut off")
	require.False(t, ok)
}

func TestOwnProcessesAreThoseOfTheStackAndTheirChildren(t *testing.T) {
	t.Parallel()
	m := &machine{roots: map[int]string{10: "api", 20: "postgres"}}
	s := sample{used: map[int]process{
		1: {}, 10: {parent: 1}, 11: {parent: 10}, 20: {parent: 1}, 21: {parent: 20, name: "postgres/anpei"}, 30: {parent: 1}, 31: {parent: 99},
	}}
	for pid, name := range map[int]string{1: "", 10: "api", 11: "api", 20: "postgres", 21: "postgres/anpei", 30: "", 31: ""} {
		require.Equal(t, name, m.own(s, pid), pid)
	}
}

func TestMediansAndQuantilesTakeWhatWasMeasured(t *testing.T) {
	t.Parallel()
	same := func(n int) int { return n }
	require.Equal(t, 2, median([]int{3, 1, 2}, same))
	require.Equal(t, 2, median([]int{4, 1, 3, 2}, same), "of an even number the lower")
	sorted := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	require.Equal(t, 5, quantile(sorted, 0.5))
	require.Equal(t, 9, quantile(sorted, 0.99))
	require.Equal(t, 9, quantile(sorted, 1))
}

func TestTheStatusClientReadsAnswersOfEitherKind(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "long") { // which net/http sends in chunks
			fmt.Fprint(w, strings.Repeat("x", 10_000))
			return
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "short")
	}))
	t.Cleanup(server.Close)
	at := &target{address: server.Listener.Addr().String(), path: "/"}
	conn, err := at.dial(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	for range 2 { // over one connection
		code, length, err := conn.get(at.request("long"))
		require.NoError(t, err)
		require.Equal(t, []int{200, 10_000}, []int{code, length})
		code, length, err = conn.get(at.request("short"))
		require.NoError(t, err)
		require.Equal(t, []int{404, 5}, []int{code, length})
	}
}

func TestEveryLargePictureIsAnotherAndHasItsSize(t *testing.T) {
	t.Parallel()
	p, err := largePicture()
	require.NoError(t, err)
	var seen []byte
	for range 2 {
		body, size := p.copy()
		raw, err := io.ReadAll(body)
		require.NoError(t, err)
		require.Len(t, raw, fileSize)
		require.EqualValues(t, fileSize, size)
		config, err := jpeg.DecodeConfig(bytes.NewReader(raw))
		require.NoError(t, err)
		require.Equal(t, 1920, config.Width)
		require.NotEqual(t, seen, raw)
		seen = raw
	}
}
