// Histories writes the history of every closed claim of a stack into a folder,
// decrypted, for the replay test of package workflows:
//
//	histories workflows/testdata/histories/<release>
//
// Record them at a release's tag from the demo's invented claims, never from
// real ones: what they hold is in clear.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: histories FOLDER")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "histories:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	cfg, err := boot.Read()
	if err != nil {
		return err
	}
	codec, err := cfg.Codec()
	if err != nil {
		return err
	}
	c, err := cfg.Temporal(ctx, cfg.Logger())
	if err != nil {
		return err
	}
	defer c.Close()
	list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `WorkflowType = "Claim" and ExecutionStatus = "Completed"`})
	if err != nil {
		return fmt.Errorf("list closed claims: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, e := range list.GetExecutions() {
		h, err := fetch(ctx, c, codec, e.GetExecution())
		if err != nil {
			return fmt.Errorf("history of %s: %w", e.GetExecution().GetWorkflowId(), err)
		}
		raw, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(h)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, scenario(h)+".json")
		if err := os.WriteFile(name, raw, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s  %d events\n", name, len(h.GetEvents()))
	}
	return nil
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

// scenario names a history by how the claim ended and what happened on the way.
func scenario(h *history.History) string {
	var closure claim.Closure
	seen := map[string]int{}
	for _, e := range h.GetEvents() {
		if done := e.GetWorkflowExecutionCompletedEventAttributes(); done != nil {
			_ = json.Unmarshal(done.GetResult().GetPayloads()[0].GetData(), &closure) // unnamed at worst
		}
		if u := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); u != nil {
			seen[u.GetAcceptedRequest().GetInput().GetName()]++
		}
	}
	tags := []string{string(closure.Outcome)}
	for _, name := range []string{"convert", "decline", "assign", "confirm", "object", "link-policy", "correct-payee"} {
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
