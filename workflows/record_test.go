package workflows_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"anpei/claim"
	"anpei/internal/boot"
)

// release has TestReplay first store the history of every closed claim of the
// stack that the environment names, decrypted: make histories RELEASE=v0.2.0.
// That is done at a release's tag, of the demo's invented claims and never of
// real ones: what histories hold is in clear.
var release = flag.String("release", "", "store the histories of the environment's stack, as this release's")

// recorded is what is stored: claims that have ended or gone on in a new run,
// readings of photos, and as far as it has come what runs beside claims: the
// courier and the watch never end, the others wait for more for minutes.
const recorded = `(WorkflowType = "Claim" and ExecutionStatus in ("Completed", "ContinuedAsNew")) or ` +
	`(WorkflowType = "Scan" and ExecutionStatus = "Completed") or WorkflowType in ("Hold", "Operate", "Courier", "Watch")`

func store(t *testing.T, dir string) {
	t.Helper()
	ctx := t.Context()
	cfg, err := boot.Read()
	require.NoError(t, err)
	codec, err := cfg.Codec()
	require.NoError(t, err)
	c, err := cfg.Temporal(ctx, cfg.Logger())
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	// The journeys of the browser tests run in namespaces of their own.
	namespaces, err := c.WorkflowService().ListNamespaces(ctx, &workflowservice.ListNamespacesRequest{PageSize: 100})
	require.NoError(t, err)
	for _, n := range namespaces.GetNamespaces() {
		if n.GetNamespaceInfo().GetName() == "temporal-system" {
			continue // the server's own
		}
		in, err := client.NewClientFromExistingWithContext(ctx, c, client.Options{Namespace: n.GetNamespaceInfo().GetName()})
		require.NoError(t, err)
		list, err := in.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000, Query: recorded})
		require.NoError(t, err)
		for _, e := range list.GetExecutions() {
			h, err := fetch(ctx, in, codec, e.GetExecution())
			require.NoError(t, err)
			raw, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(h)
			require.NoError(t, err)
			name := filepath.Join(dir, scenario(e.GetType().GetName(), h)+".json")
			if before, err := os.Stat(name); err == nil && before.Size() >= int64(len(raw)) {
				continue // of two that go alike the longer one is kept
			}
			require.NoError(t, os.WriteFile(name, raw, 0o644))
			t.Logf("%s  %d events", name, len(h.GetEvents()))
		}
	}
}

func fetch(ctx context.Context, c client.Client, codec converter.PayloadCodec, e *common.WorkflowExecution) (*history.History, error) {
	h := &history.History{}
	for iter := c.GetWorkflowHistory(ctx, e.GetWorkflowId(), e.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); iter.HasNext(); {
		event, err := iter.Next()
		if err != nil {
			return nil, err
		}
		event.UserMetadata = nil
		h.Events = append(h.Events, event)
	}
	return h, proxy.VisitPayloads(ctx, h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true, // in clear as they are
		Visitor: func(_ *proxy.VisitPayloadsContext, p []*common.Payload) ([]*common.Payload, error) {
			return codec.Decode(p)
		},
	})
}

// scenario names a history by its workflow, how it ended and what happened on
// the way.
func scenario(of string, h *history.History) string {
	var closure claim.Closure
	seen := map[string]int{}
	for _, e := range h.GetEvents() {
		if done := e.GetWorkflowExecutionCompletedEventAttributes(); len(done.GetResult().GetPayloads()) > 0 {
			_ = json.Unmarshal(done.GetResult().GetPayloads()[0].GetData(), &closure) // unnamed at worst
		}
		if e.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != "" {
			seen["next"]++
		}
		if e.GetWorkflowExecutionContinuedAsNewEventAttributes() != nil {
			closure.Outcome = "continued"
		}
		if u := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); u != nil {
			seen[u.GetAcceptedRequest().GetInput().GetName()]++
		}
		if u := e.GetWorkflowExecutionUpdateCompletedEventAttributes(); u != nil {
			answer := u.GetOutcome().GetSuccess().GetPayloads()
			if u.GetOutcome().GetFailure() != nil || len(answer) > 0 && strings.Contains(string(answer[0].GetData()), `"result":"refused"`) {
				seen["refused"]++
			}
		}
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil {
			seen[s.GetSignalName()]++
		}
		for _, step := range e.GetMarkerRecordedEventAttributes().GetDetails() {
			for _, p := range step.GetPayloads() {
				if strings.Contains(string(p.GetData()), `"ActivityType":"Park"`) {
					seen["parked"]++
				}
			}
		}
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == "Resubmit" {
			seen["resubmitted"]++
		}
	}
	tags := []string{strings.ToLower(of)}
	if closure.Outcome != "" {
		tags = append(tags, string(closure.Outcome))
	}
	for _, name := range []string{
		"next", "convert", "decline", "assign", "confirm", "object", "link-policy", "request-papers", "confirm-waiver", "correct-payee", "decide-transfer",
		"reported-again", "refused", "parked", "resubmitted",
	} {
		if seen[name] > 0 {
			tags = append(tags, name)
		}
	}
	if n := seen["review"]; n > 0 {
		tags = append(tags, fmt.Sprintf("%d-reviews", n))
	}
	if seen["release"] > 1 {
		tags = append(tags, "two-releases")
	}
	return strings.Join(slices.Compact(tags), "-")
}
