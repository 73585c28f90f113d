package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
)

// process is a claim in motion: the File that survives continue-as-new, and
// one inbox per region for what people sent and nobody has dealt with yet.
type process struct {
	claim.File
	log       log.Logger
	turn      workflow.Mutex // one step at a time: each expects the version that the last one left
	people    inbox          // of the main line
	desk      inbox          // of the papers
	operators inbox          // of a parked claim
	inHand    map[string]bool
	asked     int         // times that the bank was asked about the transfer under way
	fresh     string      // reference of the transfer that this run may submit; "" when it may only ask
	shown     claim.Stage // stage that the search attributes show
	joinedTo  claim.ID    // the claim that this report joined
	reporter  claim.Again // what that claim is told
}

// open prepares a run. A cancellation from outside does not reach the claim:
// that is no way to end one.
func open(ctx workflow.Context, f claim.File) (workflow.Context, *process) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	p := &process{File: f, turn: workflow.NewMutex(ctx), inHand: map[string]bool{}, shown: f.Stage}
	p.log = log.With(workflow.GetLogger(ctx), "claim", f.ID)
	return ctx, p
}

// letter is a message that waits in an inbox: what runs its step, and the
// answer that its sender waits for.
type letter struct {
	name    string
	by      claim.Actor
	task    string
	run     func(workflow.Context) claim.Answer
	done    bool
	receipt claim.Receipt
	refused *claim.Refusal
}

type inbox []*letter

func (b *inbox) take() *letter {
	m := (*b)[0]
	*b = (*b)[1:]
	return m
}

// hear declares one message. The validator refuses what the file alone can
// refuse; the handler puts the letter into the inbox and waits for the reply.
func hear[T any](ctx workflow.Context, p *process, name string, in *inbox, how manner[T], act stepActivity[T]) {
	handle := func(ctx workflow.Context, msg claim.Message[T]) (claim.Receipt, error) {
		key := fmt.Sprintf("%d/%s/%s", p.Cycle, workflow.GetCurrentUpdateInfo(ctx).ID, name)
		m := &letter{name: name, by: msg.By, task: taskOf(msg.Body)}
		m.run = func(ctx workflow.Context) claim.Answer {
			out := step(ctx, p, name, how, act, func() claim.Step[T] {
				return claim.Step[T]{
					Claim: p.ID, Key: key, Version: p.Version, At: workflow.Now(ctx), By: msg.By, Body: msg.Body,
					Command: &claim.Command{Key: msg.Key, Hash: msg.Hash, Request: msg.Request},
				}
			})
			p.note(out.Receipt, msg)
			return out
		}
		*in = append(*in, m)
		if err := workflow.Await(ctx, func() bool { return m.done }); err != nil {
			return claim.Receipt{}, err
		}
		if m.refused != nil {
			return claim.Receipt{}, refusal(m.refused)
		}
		return m.receipt, nil
	}
	validate := func(_ workflow.Context, msg claim.Message[T]) error {
		return refusal(p.guard(name, msg.By, taskOf(msg.Body)))
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, name, handle, workflow.UpdateHandlerOptions{Validator: validate}); err != nil {
		panic(err) // two messages of one name: a bug that the first test finds
	}
}

// guard asks the file whether a message may be answered now.
func (p *process) guard(name string, by claim.Actor, task string) *claim.Refusal {
	if name == Report {
		return nil // answered once; the step knows a second one by its key
	}
	return p.Guard(name, by, task)
}

func taskOf(body any) string {
	if t, ok := body.(interface{ TaskID() string }); ok {
		return t.TaskID()
	}
	return ""
}

func refusal(r *claim.Refusal) error {
	if r == nil {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(r.Detail, activities.Refused, nil, *r)
}

// note keeps what this run needs of an answered report, which is not the
// file's: whom to tell when it joined another claim.
func (p *process) note(r claim.Receipt, msg any) {
	if report, ok := msg.(claim.Message[claim.Notice]); ok && r.Result == claim.Joined {
		p.joinedTo = r.Claim
		p.reporter = claim.Again{Event: string(p.ID), By: report.By, Channel: report.Body.Channel, Reporter: report.Body.Reporter}
	}
}

// person waits for the next letter of the main line and answers it. wake ends
// the wait too. It reports false when the run should rather be continued as
// new, for which the stages return.
func (p *process) person(ctx workflow.Context, wake ...func() bool) bool {
	p.show(ctx)
	woken := func() bool {
		for _, w := range wake {
			if w() {
				return true
			}
		}
		return false
	}
	_ = workflow.Await(ctx, func() bool { return len(p.people) > 0 || woken() || p.tired(ctx) })
	if len(p.people) > 0 {
		p.answer(ctx, p.people.take())
		return true
	}
	return !p.tired(ctx)
}

// personWithin answers letters as long as the stage lasts, and does late when
// that takes longer than d.
func (p *process) personWithin(ctx workflow.Context, d time.Duration, late func(workflow.Context)) bool {
	p.show(ctx)
	stage, until := p.Stage, workflow.Now(ctx).Add(d)
	for p.Stage == stage {
		left := until.Sub(workflow.Now(ctx))
		if left <= 0 {
			late(ctx)
			return true
		}
		_, _ = workflow.AwaitWithTimeout(ctx, left, func() bool { return len(p.people) > 0 || p.tired(ctx) })
		if len(p.people) > 0 {
			p.answer(ctx, p.people.take())
		} else if p.tired(ctx) {
			return false
		}
	}
	return true
}

// answer runs a letter's step, if the guard still allows it: other letters may
// have come first. Where the rows turn out to be ahead of this run, as after a
// crash between a step's commit and its task's, it looks again.
func (p *process) answer(ctx workflow.Context, m *letter) {
	for !m.done {
		if m.refused = p.guard(m.name, m.by, m.task); m.refused != nil {
			m.done = true
			return
		}
		if out := m.run(ctx); !out.Stale {
			m.receipt, m.done = out.Receipt, true
		}
	}
}

type stepActivity[T any] func(context.Context, claim.Step[T]) (claim.Answer, error)

// manner is how a step runs: local or decide.
type manner[T any] func(workflow.Context, stepActivity[T], claim.Step[T]) (claim.Answer, error)

// step runs one step when its turn has come, and keeps the file that it
// leaves. It does not fail: what retries cannot mend parks the claim until an
// operator resumes it, and is tried again.
func step[T any](ctx workflow.Context, p *process, name string, how manner[T], act stepActivity[T], in func() claim.Step[T]) claim.Answer {
	for {
		_ = p.turn.Lock(ctx) // fails only when cancelled, and nothing cancels a claim
		out, err := how(ctx, act, in())
		if err == nil {
			p.release(out.File)
			p.File = out.File
		}
		p.turn.Unlock()
		if err == nil {
			return out
		}
		p.park(ctx, name, err)
	}
}

// release notes an attempt that has just been written as submitted: this run,
// and no other, may send it to the bank, once.
func (p *process) release(next claim.File) {
	now, before := next.Payment(), p.Payment()
	if now == nil || now.State != claim.PaymentSubmitted {
		return
	}
	if before == nil || before.Reference != now.Reference || before.State != claim.PaymentSubmitted {
		p.fresh = now.Reference
	}
}

// machine runs a step that nobody asked for: its cause is the version of the
// file that makes it due.
func machine(ctx workflow.Context, p *process, name string, act stepActivity[claim.None]) {
	machineWith(ctx, p, name, local, act, claim.None{})
}

func machineWith[T any](ctx workflow.Context, p *process, name string, how manner[T], act stepActivity[T], body T) claim.Answer {
	return step(ctx, p, name, how, act, func() claim.Step[T] {
		return claim.Step[T]{
			Claim: p.ID, Key: fmt.Sprintf("%d/v%d/%s", p.Cycle, p.Version, name), Version: p.Version,
			At: workflow.Now(ctx), By: claim.TheMachine(), Body: body,
		}
	})
}

// park stops the claim with its cause until an operator resumes it.
func (p *process) park(ctx workflow.Context, name string, cause error) {
	p.log.Error("claim parked", "step", name, "error", cause)
	if name == "park" || name == Resume {
		_ = workflow.Sleep(ctx, parkPause) // the operator's own steps are only ever tried again
		return
	}
	machineWith(ctx, p, "park", local, acts.Park, claim.Stuck{Step: name, Cause: cause.Error()})
	for p.Parked != nil {
		_ = workflow.Await(ctx, func() bool { return len(p.operators) > 0 || p.Parked == nil })
		if len(p.operators) > 0 {
			p.answer(ctx, p.operators.take())
		}
	}
}

// show sets the search attributes to where the claim has come to rest.
func (p *process) show(ctx workflow.Context) {
	if p.shown == p.Stage {
		return
	}
	p.shown = p.Stage
	if err := workflow.UpsertTypedSearchAttributes(ctx, StageAttribute.ValueSet(string(p.Stage)), BranchAttribute.ValueSet(p.Branch)); err != nil {
		p.log.Error("search attributes not set", "error", err)
	}
}

// tired reports whether the run should be continued as new, and may be:
// nothing is under way and nobody waits.
func (p *process) tired(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && p.Stage != "" &&
		len(p.people)+len(p.desk)+len(p.operators)+len(p.inHand) == 0 && p.fresh == "" &&
		workflow.AllHandlersFinished(ctx)
}

// farewell answers the letters that came too late.
func (p *process) farewell(ctx workflow.Context) {
	for _, in := range []*inbox{&p.people, &p.desk, &p.operators} {
		for len(*in) > 0 {
			p.answer(ctx, in.take())
		}
	}
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// tellOther tells the claim that this report joined who reported again. Where
// that claim has ended meanwhile there is nobody to tell.
func (p *process) tellOther(ctx workflow.Context) {
	err := workflow.SignalExternalWorkflow(ctx, WorkflowID(p.joinedTo), "", ReportedAgain, p.reporter).Get(ctx, nil)
	if err != nil {
		p.log.Warn("the joined claim has ended", "error", err)
	}
}

// rereports takes the signals of those who reported the same loss.
func (p *process) rereports(ctx workflow.Context) {
	again := workflow.GetSignalChannel(ctx, ReportedAgain)
	for {
		var in claim.Again
		again.Receive(ctx, &in)
		told := func() claim.Step[claim.Again] {
			return claim.Step[claim.Again]{
				Claim: p.ID, Key: fmt.Sprintf("%d/%s/%s", p.Cycle, in.Event, ReportedAgain), Version: p.Version,
				At: workflow.Now(ctx), By: in.By, Body: in,
			}
		}
		for step(ctx, p, ReportedAgain, local, acts.Rereport, told).Stale {
			continue // the rows were ahead: now the file is as they are
		}
	}
}
