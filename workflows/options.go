package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
)

// Task queues.
const (
	ClaimsQueue = "claims"
	OCRQueue    = "claims-ocr" // its worker carries the OCR engines
)

// Search attributes: nothing in them names a person or a policy.
var (
	StageAttribute  = temporal.NewSearchAttributeKeyKeyword("Stage")
	BranchAttribute = temporal.NewSearchAttributeKeyKeyword("Branch")
)

// Register adds every workflow.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflow(Claim)
	r.RegisterWorkflow(Courier)
	r.RegisterWorkflow(Scan)
	r.RegisterWorkflow(Hold)
	r.RegisterWorkflow(Operate)
	r.RegisterWorkflow(Watch)
}

// acts is nil: it only names methods.
var acts *activities.Activities

// forever is a bound that no claim outlives. A local activity's patience would
// else end with its first time-out, and the claim with it.
const forever = 10 * 365 * 24 * time.Hour

const (
	patience  = 72 * time.Hour // with others' systems, before a person is called
	parkPause = time.Minute
	firstLook = 200 * time.Millisecond // whether a joined claim has taken a report: ten times what that takes
	lastLook  = time.Hour
)

var retryForever = &temporal.RetryPolicy{
	InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: time.Minute,
}

var (
	// A step on our own database: 10 s is a hundred times what it takes.
	stepOptions = workflow.LocalActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: forever, RetryPolicy: retryForever,
	}
	// The same where a person decides or money is released: durable before the
	// workflow goes on.
	decideOptions = workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: forever, RetryPolicy: retryForever,
	}
	// Others' systems.
	remoteOptions = workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second, ScheduleToCloseTimeout: patience, RetryPolicy: retryForever,
	}
	// The bank, once. No answer in time is no clear answer, and how long to wait
	// before it is asked again is the claim's to say.
	bankOptions = workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: forever,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	}
	// A paper is read until there is an answer: what keeps the readers from it is
	// ours to mend, and what the paper does to them they count themselves
	// (activities.OCR). One whose heartbeat stays away for 10 s is taken for dead.
	readOptions = workflow.ActivityOptions{
		TaskQueue: OCRQueue, StartToCloseTimeout: 20 * time.Minute, HeartbeatTimeout: 10 * time.Second, ScheduleToCloseTimeout: forever,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second},
	}
	// The courier and the watch never end; they must show every 30 s that they live.
	courierOptions = workflow.ActivityOptions{
		StartToCloseTimeout: time.Hour, HeartbeatTimeout: 30 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second},
	}
)

// call executes an activity with the compiler watching its types, which the
// SDK, taking any, cannot do.
func call[In, Out any](ctx workflow.Context, execute func(workflow.Context, any, ...any) workflow.Future, act func(context.Context, In) (Out, error), in In) (Out, error) {
	var out Out
	err := execute(ctx, act, in).Get(ctx, &out)
	return out, err
}

// local runs a step as a local activity: five times as cheap.
func local[T any](ctx workflow.Context, act stepActivity[T], in claim.Step[T]) (claim.Answer, error) {
	return call(workflow.WithLocalActivityOptions(ctx, stepOptions), workflow.ExecuteLocalActivity, act, in)
}

// decide runs a step as an ordinary activity.
func decide[T any](ctx workflow.Context, act stepActivity[T], in claim.Step[T]) (claim.Answer, error) {
	return call(workflow.WithActivityOptions(ctx, decideOptions), workflow.ExecuteActivity, act, in)
}

// remote calls somebody else's system until it answers. When patience is over,
// or only a person can mend it, the claim parks, and is resumed here.
func remote[In, Out any](ctx workflow.Context, p *process, name string, act func(context.Context, In) (Out, error), in In) Out {
	for {
		out, err := call(workflow.WithActivityOptions(ctx, remoteOptions), workflow.ExecuteActivity, act, in)
		if err == nil {
			return out
		}
		p.park(ctx, name, err, false)
	}
}
