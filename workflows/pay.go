package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
)

// transfer takes the attempt under way one step nearer to a final answer: it
// submits one that this run has just written, once, or asks what became of it.
// Only the bank's word, after its cut-off, that it never had the attempt lets
// it be sent again, under the same reference; how often, and when, the file
// says. It reports false when the run should rather be continued as new.
func (p *process) transfer(ctx workflow.Context) bool {
	pay := *p.Payment()
	ref := activities.PayRef{Instruction: pay.ID, Reference: pay.Reference, Attempt: pay.Attempt}
	switch {
	case p.maySubmit == pay.Reference:
		p.maySubmit = ""
		p.settle(ctx, pay, acts.Submit, ref)
		return true
	case pay.State == claim.PaymentNotFound && pay.AgainAt.IsZero():
		return p.await(ctx)
	case pay.State == claim.PaymentNotFound:
		return p.awaitFor(ctx, pay.AgainAt.Sub(workflow.Now(ctx)), func(ctx workflow.Context) {
			systemWith(ctx, p, "resubmit", decide, acts.Resubmit, claim.None{})
		})
	default:
		return p.awaitFor(ctx, p.askAgain(pay, workflow.Now(ctx)), func(ctx workflow.Context) {
			p.settle(ctx, pay, acts.Query, ref)
		})
	}
}

type transferActivity func(context.Context, activities.PayRef) (activities.TransferState, error)

// settle asks the bank, once, and records what is news. A bank that does not
// answer is asked again later: the main line waits for it no longer than one
// call takes, so that messages get through.
func (p *process) settle(ctx workflow.Context, pay claim.Instruction, act transferActivity, ref activities.PayRef) {
	said, err := call(workflow.WithActivityOptions(ctx, bankOptions), workflow.ExecuteActivity, act, ref)
	if p.unanswered = err != nil; p.unanswered {
		p.log.Warn("transfer unknown", "reference", pay.Reference, "error", err)
		said = activities.TransferState{State: claim.PaymentUnknown, Fault: pay.Fault, Reason: "no clear answer"}
		if pay.State == claim.PaymentAccepted {
			said.State = pay.State // that it has the attempt it has said before
		}
	}
	now := workflow.Now(ctx)
	if said.State != pay.State || said.Fault != pay.Fault || overdue(pay, now) {
		systemWith(ctx, p, "settle", local, acts.Settle, claim.Settled{
			Instruction: pay.ID, Attempt: pay.Attempt, State: said.State, Fault: said.Fault, BankID: said.BankID, Reason: said.Reason, At: now,
		})
	}
	if isOf(err, claim.ErrorNotServed) {
		p.park(ctx, "bank", err, false)
		p.resumedAt = workflow.Now(ctx) // by an operator: the bank is asked soon
	}
}

// askAgain is how long to wait before the bank is asked about an attempt again:
// as long as it is under way already, or the bank serves us again, within bounds.
// In the attempt's first hour a bank that gave no answer is asked soon after it
// is back.
func (p *process) askAgain(pay claim.Instruction, now time.Time) time.Duration {
	age := now.Sub(pay.Sent)
	most := 10 * time.Minute
	if p.unanswered && age < time.Hour {
		most = 30 * time.Second
	}
	return min(max(min(age, now.Sub(p.resumedAt)), 500*time.Millisecond), most)
}

// overdue reports whether a person is to be called about an attempt. The step
// decides when; this only looks at the clock.
func overdue(pay claim.Instruction, now time.Time) bool {
	return !pay.CallAt.IsZero() && !now.Before(pay.CallAt)
}
