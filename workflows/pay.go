package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
)

// transfer takes the instruction one step nearer to a final answer: it submits
// an attempt that this run has just written, once, or asks what became of one.
// Only the bank's word, after its cut-off, that it never had the attempt lets
// it be sent again, under the same reference.
func (p *process) transfer(ctx workflow.Context) bool {
	pay := *p.Payment()
	ref := activities.PayRef{Instruction: pay.ID, Reference: pay.Reference, Attempt: pay.Attempt}
	said := activities.TransferState{State: claim.PaymentUnknown, Reason: "no clear answer"}
	if p.fresh == pay.Reference {
		p.fresh, p.asked = "", 0
		answer, err := call(workflow.WithActivityOptions(ctx, submitOptions), workflow.ExecuteActivity, acts.Submit, ref)
		if err == nil {
			said = answer
		} else {
			p.log.Warn("transfer unknown", "reference", pay.Reference, "error", err)
		}
	} else {
		if !p.personWithin(ctx, p.askAgain(), func(workflow.Context) {}) {
			return false
		}
		said = remote(ctx, p, "query-bank", acts.Query, ref)
	}
	if said.State == claim.PaymentNotFound {
		machineWith(ctx, p, "resubmit", decide, acts.Resubmit, claim.None{})
		return true
	}
	machineWith(ctx, p, "settle", local, acts.Settle, claim.Settled{
		Instruction: pay.ID, Attempt: pay.Attempt, State: said.State, BankID: said.BankID, Reason: said.Reason, At: workflow.Now(ctx),
	})
	return true
}

// askAgain is how long to wait before the bank is asked again: soon at first,
// every ten minutes in the end.
func (p *process) askAgain() time.Duration {
	p.asked++
	return min(500*time.Millisecond<<min(p.asked, 12), 10*time.Minute)
}
