package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"anpei/claim"
)

// process is a claim in motion: the File that survives continue-as-new, and
// one inbox per region for what people sent and nobody has dealt with yet.
type process struct {
	claim.File
	log        log.Logger
	turn       workflow.Mutex // one step at a time: each expects the version that the last one left
	people     inbox          // of the main line
	papers     inbox          // of the papers
	inHand     map[string]bool
	signals    int              // signals received whose step has not ended
	maySubmit  string           // reference of the transfer that this run may submit; "" when it may only ask
	resumedAt  time.Time        // when what parked the payment was, last
	unanswered bool             // the bank gave no clear answer when it was asked last
	shown      claim.Stage      // stage that the search attributes show
	unreported bool             // the report was refused: there is no claim
	joinedTo   claim.ID         // the claim that this report joined
	reporter   claim.Again      // what that claim is told
	separate   claim.Separation // what this report is where that claim has closed
}

// open prepares a run. A cancellation from outside does not reach the claim:
// that is no way to end one.
func open(ctx workflow.Context, f claim.File) (workflow.Context, *process) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	p := &process{File: f, turn: workflow.NewMutex(ctx), inHand: map[string]bool{}, shown: f.Stage}
	p.log = log.With(workflow.GetLogger(ctx), "claim", f.ID)
	return ctx, p
}

// message is one that waits in an inbox: what runs its step, and the
// answer that its sender waits for.
type message struct {
	name    claim.Act
	run     func(workflow.Context) (claim.Answer, error)
	done    bool
	receipt claim.Receipt
	refused *claim.Refusal
}

type inbox []*message

func (b *inbox) next() *message {
	m := (*b)[0]
	*b = (*b)[1:]
	return m
}

// handle declares one message. The validator refuses what the file alone can
// refuse; the handler puts the message into the inbox and waits for the reply.
// The guard that counts is the step's, on the locked row: what a validator
// says is not replayed. A sender who has seen a later version than this run
// knows is let through: after a crash between a step's commit and its task's
// the rows are ahead, and only the step can tell.
func handle[T any](ctx workflow.Context, p *process, name claim.Act, in *inbox, how runner[T], act stepActivity[T]) {
	handler := func(ctx workflow.Context, msg claim.Message[T]) (claim.Receipt, error) {
		key := fmt.Sprintf("%d/%s/%s", p.Cycle, workflow.GetCurrentUpdateInfo(ctx).ID, name)
		m := &message{name: name}
		m.run = func(ctx workflow.Context) (claim.Answer, error) {
			out, err := attempt(ctx, p, how, act, func() claim.Step[T] {
				return claim.Step[T]{
					Claim: p.ID, Key: key, Version: p.Version, At: workflow.Now(ctx), By: msg.By, Body: msg.Body,
					Command: &claim.Command{Key: msg.Key, Hash: msg.Hash, Request: msg.Request},
				}
			})
			p.rememberJoin(ctx, out.Receipt, msg)
			return out, err
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
		if name == claim.ActReport || msg.Seen > p.Version {
			return nil // a report is answered once; the step knows a second one by its key
		}
		return refusal(p.Guard(name, msg.By, claim.TaskOf(msg.Body)))
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, string(name), handler, workflow.UpdateHandlerOptions{Validator: validate}); err != nil {
		panic(err) // two messages of one name: a bug that the first test finds
	}
}

func refusal(r *claim.Refusal) error {
	if r == nil {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(r.Detail, claim.ErrorRefused, nil, *r)
}

// rememberJoin keeps what this run needs of an answered report, which is not the
// file's: whom to tell when it joined another claim, and what to do when that
// one has closed.
func (p *process) rememberJoin(ctx workflow.Context, r claim.Receipt, msg any) {
	if report, ok := msg.(claim.Message[claim.Notice]); ok && r.Result == claim.Joined {
		p.joinedTo = r.Claim
		p.separate = claim.Separation{Notice: report.Body, At: workflow.Now(ctx)}
		p.reporter = claim.Again{Event: string(p.ID), By: report.By, Channel: report.Body.Channel, Reporter: report.Body.Reporter, PolicyNo: report.Body.PolicyNo, Injury: report.Body.Injury, Story: report.Body.Story}
		for _, e := range report.Body.Exposures {
			p.reporter.Claimed += e.Estimate
			p.reporter.Others = p.reporter.Others || e.Kind == claim.ThirdPartyProperty
		}
	}
}

// await waits for the next message of the main line and answers it. wake ends
// the wait too, and so does a change of stage: the papers' side may find the
// rows ahead, and bring the file up to them. It reports false when the run
// should rather be continued as new, for which the stages return.
func (p *process) await(ctx workflow.Context, wake ...func() bool) bool {
	p.upsertAttributes(ctx)
	stage := p.Stage
	woken := func() bool {
		for _, w := range wake {
			if w() {
				return true
			}
		}
		return p.Stage != stage
	}
	_ = workflow.Await(ctx, func() bool { return len(p.people) > 0 || woken() || p.shouldContinueAsNew(ctx) })
	if len(p.people) > 0 {
		p.answer(ctx, p.people.next())
		return true
	}
	return !p.shouldContinueAsNew(ctx)
}

// awaitFor answers messages as long as the stage lasts, and does late when
// that takes longer than d.
func (p *process) awaitFor(ctx workflow.Context, d time.Duration, late func(workflow.Context)) bool {
	p.upsertAttributes(ctx)
	stage, until := p.Stage, workflow.Now(ctx).Add(d)
	for p.Stage == stage {
		left := until.Sub(workflow.Now(ctx))
		if left <= 0 {
			late(ctx)
			return true
		}
		_, _ = workflow.AwaitWithTimeout(ctx, left, func() bool { return len(p.people) > 0 || p.Stage != stage || p.shouldContinueAsNew(ctx) })
		if len(p.people) > 0 {
			p.answer(ctx, p.people.next())
		} else if p.shouldContinueAsNew(ctx) {
			return false
		}
	}
	return true
}

// answer runs a message's step. Where the rows turn out to be ahead of this
// run, as after a crash between a step's commit and its task's, it runs again
// on the file as it is now. A message that breaks its step is answered as
// refused, and the next one goes through; what is not the message's fault
// parks the claim, and an operator may have the message refused.
func (p *process) answer(ctx workflow.Context, m *message) {
	for !m.done {
		out, err := m.run(ctx)
		switch {
		case err == nil && out.Stale:
		case err == nil:
			m.receipt, m.done = out.Receipt, true
		case isOf(err, claim.ErrorBroken) || p.park(ctx, string(m.name), err, true):
			p.log.Error("message refused", "message", m.name, "error", err)
			m.refused, m.done = &claim.Refusal{Rule: claim.RuleBroken, Why: claim.WhyBroken}, true
		}
	}
	p.unreported = p.unreported || m.name == claim.ActReport && p.Stage == ""
}

type stepActivity[T any] func(context.Context, claim.Step[T]) (claim.Answer, error)

// runner is how a step runs: local or decide.
type runner[T any] func(workflow.Context, stepActivity[T], claim.Step[T]) (claim.Answer, error)

// attempt runs a step once its turn has come, and keeps the file that it
// leaves. It fails with what retries cannot mend.
func attempt[T any](ctx workflow.Context, p *process, how runner[T], act stepActivity[T], in func() claim.Step[T]) (claim.Answer, error) {
	_ = p.turn.Lock(ctx) // fails only when cancelled, and nothing cancels a claim
	defer p.turn.Unlock()
	out, err := how(ctx, act, in())
	if err == nil {
		p.adopt(out.File)
	}
	return out, err
}

// step is attempt for what no person waits for: it does not fail. What retries
// cannot mend parks the claim until an operator resumes it, and is tried again.
func step[T any](ctx workflow.Context, p *process, name string, how runner[T], act stepActivity[T], in func() claim.Step[T]) claim.Answer {
	for {
		out, err := attempt(ctx, p, how, act, in)
		if err == nil {
			return out
		}
		p.park(ctx, name, err, false)
	}
}

// adopt takes over the file that a step left. An attempt at a payment that has
// just been written as submitted may be sent to the bank by this run, and no
// other, once.
func (p *process) adopt(next claim.File) {
	now, before := next.Payment(), p.Payment()
	if now != nil && now.State == claim.PaymentSubmitted &&
		(before == nil || before.Reference != now.Reference || before.State != claim.PaymentSubmitted) {
		p.maySubmit = now.Reference
	}
	p.File = next
}

// system runs a step that nobody asked for: its cause is the version of the
// file that makes it due.
func system(ctx workflow.Context, p *process, name string, act stepActivity[claim.None]) {
	systemWith(ctx, p, name, local, act, claim.None{})
}

func systemWith[T any](ctx workflow.Context, p *process, name string, how runner[T], act stepActivity[T], body T) claim.Answer {
	return step(ctx, p, name, how, act, func() claim.Step[T] { return systemStep(ctx, p, name, body) })
}

func systemStep[T any](ctx workflow.Context, p *process, name string, body T) claim.Step[T] {
	return claim.Step[T]{
		Claim: p.ID, Key: fmt.Sprintf("%d/v%d/%s", p.Cycle, p.Version, name), Version: p.Version,
		At: workflow.Now(ctx), By: claim.TheMachine(), Body: body,
	}
}

// recordOrSkip is systemWith for the record of a reading or a delivery: an
// operator may do without it. It reports whether one did.
func recordOrSkip[T any](ctx workflow.Context, p *process, name string, act stepActivity[T], body T) (out claim.Answer, skipped bool) {
	for {
		out, err := attempt(ctx, p, local, act, func() claim.Step[T] { return systemStep(ctx, p, name, body) })
		if err == nil {
			return out, false
		}
		if p.park(ctx, name, err, true) {
			return claim.Answer{}, true
		}
	}
}

// park stops the claim with its cause until an operator resumes it, and
// reports whether the operator has the step skipped. Meanwhile the messages
// that may mend it are answered; the step's guard refuses the others.
func (p *process) park(ctx workflow.Context, name string, cause error, skippable bool) bool {
	p.log.Error("claim parked", "step", name, "error", cause)
	code, why := codeOf(cause)
	stuck := claim.Stuck{Step: name, Cause: why, Code: code, Skippable: skippable}
	for p.Parked == nil || p.Parked.Step != name {
		out, err := attempt(ctx, p, local, acts.Park, func() claim.Step[claim.Stuck] {
			in := systemStep(ctx, p, "park/"+name, stuck)
			if isOf(cause, claim.ErrorBehind) {
				in.Version = claim.AsItStands // the rows have lost what this run knows
			}
			return in
		})
		switch {
		case err != nil:
			p.log.Error("claim not parked yet", "step", name, "error", err)
			_ = workflow.Sleep(ctx, parkPause)
		case out.Stale:
			return false // the rows were ahead: the step is tried on the file as it is now
		}
	}
	for p.Parked != nil {
		_ = workflow.Await(ctx, func() bool { return len(p.people)+len(p.papers) > 0 || p.Parked == nil })
		for _, in := range []*inbox{&p.people, &p.papers} {
			if len(*in) > 0 && p.Parked != nil {
				p.answer(ctx, in.next())
			}
		}
	}
	return p.Resumed != nil && p.Resumed.Skip && p.Resumed.Step == name
}

// isOf reports whether an activity failed with an application error of a type.
func isOf(err error, of string) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.Type() == of
}

// codeOf is what kind of trouble parks a claim, by which claims of one cause
// are found, and what an operator reads of it.
func codeOf(cause error) (code, why string) {
	app, ok := errors.AsType[*temporal.ApplicationError](cause)
	if !ok {
		return "unanswered", cause.Error()
	}
	code = app.Type()
	if app.HasDetails() {
		_ = app.Details(&code) // without them its type says enough
	}
	return code, app.Message()
}

// upsertAttributes sets the search attributes to where the claim has come to rest.
func (p *process) upsertAttributes(ctx workflow.Context) {
	if p.shown == p.Stage {
		return
	}
	p.shown = p.Stage
	if err := workflow.UpsertTypedSearchAttributes(ctx, StageAttribute.ValueSet(string(p.Stage)), BranchAttribute.ValueSet(p.Branch)); err != nil {
		p.log.Error("search attributes not set", "error", err)
	}
}

// shouldContinueAsNew reports whether the run should be continued as new, and may be:
// nothing is under way, nobody waits, and every signal has been dealt with.
func (p *process) shouldContinueAsNew(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && p.Stage != "" &&
		len(p.people)+len(p.papers)+len(p.inHand) == 0 && p.maySubmit == "" &&
		p.signalsHandled(ctx) && workflow.AllHandlersFinished(ctx)
}

// signalsHandled reports whether every signal that has come has been dealt with.
func (p *process) signalsHandled(ctx workflow.Context) bool {
	return p.signals == 0 && workflow.GetSignalChannel(ctx, ReportedAgain).Len()+workflow.GetSignalChannel(ctx, CatchUp).Len() == 0
}

// drain answers the messages that came too late, and what reported again.
func (p *process) drain(ctx workflow.Context) {
	for _, in := range []*inbox{&p.people, &p.papers} {
		for len(*in) > 0 {
			p.answer(ctx, in.next())
		}
	}
	_ = workflow.Await(ctx, func() bool { return p.signalsHandled(ctx) && workflow.AllHandlersFinished(ctx) })
}

// joinOther sees to it that the claim which this report joined takes it. The
// join was decided in a step of this claim, and is carried out in one of the
// other, which may have closed in between: then this is a claim of its own.
func (p *process) joinOther(ctx workflow.Context) {
	if workflow.GetVersion(ctx, keptReports, workflow.DefaultVersion, 1) < 1 {
		p.tellOther(ctx)
		return
	}
	for pause := firstLook; p.Outcome == claim.OutcomeJoined; pause = min(2*pause, lastLook) {
		p.tellOther(ctx) // each time: the other side takes it once
		_ = workflow.Sleep(ctx, pause)
		heard, err := call(workflow.WithLocalActivityOptions(ctx, stepOptions), workflow.ExecuteLocalActivity, acts.Heard, claim.Joining{Report: p.ID, Claim: p.joinedTo})
		switch {
		case err != nil:
			p.log.Error("not known whether the joined claim has taken the report", "joined", p.joinedTo, "error", err)
		case heard.Taken:
			return
		case heard.Closed:
			p.separateFrom(ctx)
		}
	}
}

// separateFrom reports anew what a closed claim has not taken. It has no row yet
// that could park: what keeps it from that is tried again with the next look.
func (p *process) separateFrom(ctx workflow.Context) {
	p.separate.From = p.joinedTo
	out, err := attempt(ctx, p, local, acts.Separate, func() claim.Step[claim.Separation] {
		return claim.Step[claim.Separation]{
			Claim: p.ID, Key: fmt.Sprintf("%d/%s/separate", p.Cycle, p.joinedTo), // no version: it has no rows
			At: workflow.Now(ctx), By: p.reporter.By, Body: p.separate,
		}
	})
	switch {
	case err != nil:
		p.log.Error("a report whose claim has closed is not registered yet", "joined", p.joinedTo, "error", err)
	case out.Receipt.Result == claim.Joined:
		p.joinedTo = out.Receipt.Claim // which was opened meanwhile
	}
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
		// A waiting receiver would hold the signal where signalsHandled does not see it.
		_ = workflow.Await(ctx, func() bool { return again.Len() > 0 })
		var in claim.Again
		again.ReceiveAsync(&in)
		p.signals++
		told := func() claim.Step[claim.Again] {
			return claim.Step[claim.Again]{
				Claim: p.ID, Key: fmt.Sprintf("%d/%s/%s", p.Cycle, in.Event, ReportedAgain), Version: p.Version,
				At: workflow.Now(ctx), By: in.By, Body: in,
			}
		}
		for step(ctx, p, ReportedAgain, local, acts.Rereport, told).Stale {
			continue // the rows were ahead: now the file is as they are
		}
		p.signals--
	}
}

// catchUps takes the signals of those who found the rows ahead of this run: a
// step's commit outlives a crash that its workflow task does not.
func (p *process) catchUps(ctx workflow.Context) {
	ahead := workflow.GetSignalChannel(ctx, CatchUp)
	for {
		_ = workflow.Await(ctx, func() bool { return ahead.Len() > 0 })
		ahead.ReceiveAsync(nil)
		p.signals++
		p.catchUp(ctx)
		p.signals--
	}
}

func (p *process) catchUp(ctx workflow.Context) {
	_ = p.turn.Lock(ctx)
	defer p.turn.Unlock()
	rows, err := call(workflow.WithLocalActivityOptions(ctx, stepOptions), workflow.ExecuteLocalActivity, acts.Load, p.ID)
	switch {
	case err != nil:
		p.log.Error("rows not read", "error", err)
	case rows.Version > p.Version:
		p.adopt(rows)
	}
}
