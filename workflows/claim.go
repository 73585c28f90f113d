// Package workflows is what happens to a claim, and in what order.
package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"anpei/claim"
)

// Claim carries one claim from first notice of loss to its closure:
//
//	report ─→ survey ─→ assess ─→ review ─→ agree ─→ pay ─→ close
//	            ↑____________________|returned |denied ─────→ notify
//
// The workflow is the only writer of the claim's rows. People act on it
// through the messages that listen declares; papers are read beside the main
// line, as they come. Every stage looks again until the claim has left it: a
// step may find that the rows have gone on. A denied or withdrawn claim is a
// result, not an error; what retries cannot mend parks the claim, so that none
// is lost. A report that is refused leaves no claim: its run fails, and the same
// report may try again.
func Claim(ctx workflow.Context, f claim.File) (claim.Closure, error) {
	ctx, p := open(ctx, f)
	p.listen(ctx)                       // every message, here and only here
	workflow.Go(ctx, p.readPapers)      // papers, beside the main line
	workflow.Go(ctx, p.awaitDeliveries) // delivery of the notices that a clock waits for, likewise
	workflow.Go(ctx, p.writeLetters)    // requests for papers, put in writing

	story := []func(workflow.Context){p.report, p.survey, p.assess, p.review, p.agree, p.pay, p.close}
	for p.Stage != claim.Closed {
		for _, stage := range story {
			stage(ctx) // returns at once when the claim does not stand there
		}
		if p.unreported {
			p.drain(ctx)
			return claim.Closure{}, temporal.NewApplicationError("the report was refused: there is no claim", claim.ErrorRefused)
		}
		if p.shouldContinueAsNew(ctx) {
			return claim.Closure{}, workflow.NewContinueAsNewError(ctx, Claim, p.File)
		}
	}
	p.drain(ctx) // whoever still waits is told that it is over
	return p.Closure(), nil
}

// report stores the notice and finds the claim's lane. A loss that was
// reported before ends this run once the other claim, which goes on, has taken
// the report.
func (p *process) report(ctx workflow.Context) {
	for p.Stage == "" && !p.unreported && p.await(ctx) {
	}
	if p.Outcome == claim.OutcomeJoined {
		p.joinOther(ctx)
	}
	if p.Stage == claim.Reported {
		system(ctx, p, "route", acts.Route)
	}
}

// survey brings the facts: the claimant's own pictures in the flash lane, else
// the nearest suitable surveyor, and the next where one declines or is silent.
func (p *process) survey(ctx workflow.Context) {
	for going := true; going; {
		switch {
		case p.Due.SelfSurvey:
			system(ctx, p, "self-survey", acts.SelfSurvey)
		case p.Stage == claim.Dispatching && p.TaskOf(claim.TaskAssign) == nil:
			system(ctx, p, "dispatch", acts.Dispatch)
		case p.Stage == claim.SelfSurvey:
			going = p.await(ctx, func() bool { return p.Due.SelfSurvey })
		case p.Stage == claim.Dispatched:
			going = p.awaitFor(ctx, p.AcceptWithin, p.silent)
		case p.Stage == claim.Dispatching, p.Stage == claim.Surveying:
			going = p.await(ctx)
		default:
			return
		}
	}
}

// silent passes the survey on when the surveyor has not answered in time.
func (p *process) silent(ctx workflow.Context) {
	for p.Stage == claim.Dispatched {
		offered := claim.TaskRef{Task: p.TaskOf(claim.TaskSurvey).ID, Reason: "silent"}
		if !systemWith(ctx, p, "silent", local, acts.Decline, offered).Stale {
			return
		}
	}
}

// assess turns facts into a figure, which an activity computes so that history
// holds it, and negotiates it: an objection brings the claim back to assess.
func (p *process) assess(ctx workflow.Context) {
	for going := true; going; {
		switch {
		case p.Stage == claim.Assessing && p.Lane == claim.Flash:
			system(ctx, p, "assess", acts.AssessBySelf)
		case p.Stage == claim.Assessing, p.Stage == claim.Negotiating:
			going = p.await(ctx)
		default:
			return
		}
	}
}

// review goes level by level until somebody whose limit suffices determines
// the claim, returns it to a step, or a denial is approved by a second person.
func (p *process) review(ctx workflow.Context) {
	for (p.Stage == claim.Reviewing || p.Stage == claim.DenialReview) && p.await(ctx) {
	}
}

// agree waits for the claimant's signature, then for the release of the money.
func (p *process) agree(ctx workflow.Context) {
	for (p.Stage == claim.Determined || p.Stage == claim.Agreed) && p.await(ctx) {
	}
}

// pay submits a released instruction once and then only asks, until the bank's
// answer is final. Money that comes back waits for another account.
func (p *process) pay(ctx workflow.Context) {
	for going := true; going; {
		switch p.Stage {
		case claim.Paying:
			going = p.transfer(ctx)
		case claim.PayReturned:
			going = p.await(ctx)
		default:
			return
		}
	}
}

// close ends the claim: paid, or denied once the formal notice is written.
func (p *process) close(ctx workflow.Context) {
	switch p.Stage {
	case claim.Denied:
		letter := remote(ctx, p, "write-denial", acts.WriteDenial, p.ID)
		systemWith(ctx, p, "notify", local, acts.NotifyDenial, letter)
	case claim.Paid:
		system(ctx, p, "close", acts.Close)
	default:
	}
}
