package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strconv"
	"sync"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"anpei/internal/codec"
)

// The yardstick of P1 and P2 is a workflow of a given shape with nothing in
// it: tiny payloads, no rows, no HTTP, no telemetry. It runs on the same server
// with the same codec and as many pollers, on a queue of its own, in this
// process. Whoever waits for its end is told by its last step, so that not
// even the question costs anything.

const (
	yardstickQueue = "bench-yardstick"
	yardstickStep  = "step"
)

var (
	stageAttribute  = temporal.NewSearchAttributeKeyKeyword("Stage")
	branchAttribute = temporal.NewSearchAttributeKeyKeyword("Branch")
)

type yardstick struct {
	temporal client.Client
	worker   worker.Worker
	ends     sync.Map // of chan struct{}, by workflow id
}

func dialTemporal(s stack) (client.Client, error) {
	key, err := base64.StdEncoding.DecodeString(s.codecKey)
	if err != nil {
		return nil, fmt.Errorf("ANPEI_CODEC_KEY: %w", err)
	}
	sealed, err := codec.New(key)
	if err != nil {
		return nil, err
	}
	c, err := client.Dial(client.Options{
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // as the product
		HostPort:          s.temporal, Namespace: s.namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), sealed),
	})
	if err != nil {
		return nil, fmt.Errorf("reach temporal: %w", err)
	}
	return c, nil
}

func startYardstick(s stack) (*yardstick, error) {
	c, err := dialTemporal(s)
	if err != nil {
		return nil, err
	}
	y := &yardstick{temporal: c}
	y.worker = worker.New(c, yardstickQueue, worker.Options{
		MaxConcurrentWorkflowTaskPollers: s.pollers, MaxConcurrentActivityTaskPollers: s.pollers,
	})
	y.worker.RegisterWorkflowWithOptions(y.nothing, workflow.RegisterOptions{Name: "Nothing"})
	y.worker.RegisterActivityWithOptions(y.step, activity.RegisterOptions{Name: yardstickStep})
	if err := y.worker.Start(); err != nil {
		c.Close()
		return nil, fmt.Errorf("start the yardstick's worker: %w", err)
	}
	return y, nil
}

func (y *yardstick) stop() {
	y.worker.Stop()
	y.temporal.Close()
}

// step does nothing. The last one of a workflow says so.
func (y *yardstick) step(_ context.Context, last string) (string, error) {
	if end, ok := y.ends.LoadAndDelete(last); ok {
		close(end.(chan struct{}))
	}
	return "", nil
}

// nothing goes through a shape, one letter after another. Timers of the shape
// are left out, which only makes it quicker.
func (y *yardstick) nothing(ctx workflow.Context, s shape) error {
	asked, answered := 0, 0
	err := workflow.SetUpdateHandler(ctx, yardstickStep, func(ctx workflow.Context, _ string) (string, error) {
		asked++
		mine := asked
		return "", workflow.Await(ctx, func() bool { return answered >= mine })
	})
	if err != nil {
		return err
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: patience})
	remote := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: patience})
	wanted, left := 0, s.count("l")+s.count("a")
	for _, letter := range s {
		last := ""
		if letter == 'l' || letter == 'a' {
			if left--; left == 0 {
				last = workflow.GetInfo(ctx).WorkflowExecution.ID
			}
		}
		switch letter {
		case 'u':
			wanted++
			err = workflow.Await(ctx, func() bool { return asked >= wanted })
		case 'c':
			answered++
		case 'l':
			err = workflow.ExecuteLocalActivity(local, yardstickStep, last).Get(ctx, nil)
		case 'a':
			err = workflow.ExecuteActivity(remote, yardstickStep, last).Get(ctx, nil)
		case 's':
			err = workflow.UpsertTypedSearchAttributes(ctx, stageAttribute.ValueSet("stage "+strconv.Itoa(wanted)), branchAttribute.ValueSet(branch))
		}
		if err != nil {
			return err
		}
	}
	answered = wanted
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// once runs one workflow of a shape from its first update to its last step.
func (y *yardstick) once(ctx context.Context, s shape) (id string, err error) {
	id = "yardstick/" + uuid.NewString()
	end := make(chan struct{})
	y.ends.Store(id, end)
	ask := func() client.UpdateWorkflowOptions {
		return client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: yardstickStep, UpdateID: uuid.NewString(), Args: []any{""},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		}
	}
	for n := range s.count("u") {
		var u client.WorkflowUpdateHandle
		if n == 0 {
			u, err = y.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
				UpdateOptions: ask(),
				StartWorkflowOperation: y.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
					ID: id, TaskQueue: yardstickQueue,
					WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
					WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
					TypedSearchAttributes:    temporal.NewSearchAttributes(stageAttribute.ValueSet("stage 0"), branchAttribute.ValueSet(branch)),
				}, "Nothing", s),
			})
		} else {
			u, err = y.temporal.UpdateWorkflow(ctx, ask())
		}
		if err == nil {
			err = u.Get(ctx, nil)
		}
		if err != nil {
			return id, fmt.Errorf("update %d of the yardstick: %w", n+1, err)
		}
	}
	select {
	case <-end:
		return id, nil
	case <-ctx.Done():
		return id, ctx.Err()
	}
}
