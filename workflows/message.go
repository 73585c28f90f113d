package workflows

import (
	"go.temporal.io/sdk/workflow"

	"anpei/claim"
)

// Signals come from machines that wait for no answer.
const (
	ReportedAgain = "reported-again" // claim.Again: another report of the same loss
	CatchUp       = "catch-up"       // nothing: the rows are ahead, read them
)

// Version is the one query: the version of the file that the run knows, which
// [activities.Activities.Watch] holds against the rows.
const Version = "version"

// listen declares every message: the act that it asks for, which is the name of
// the update, the inbox whose region deals with it, and the step that answers
// it. Who may send it, and when, is in the table of package claim. A person's
// decision and the release of money are ordinary activities; the rest is local.
//
// An update's argument is a [claim.Message] with the body of its act, and its
// answer a [claim.Receipt]. A refused update fails with an application error of
// type claim.ErrorRefused that carries a [claim.Refusal].
func (p *process) listen(ctx workflow.Context) {
	handle(ctx, p, claim.ActReport, &p.people, local, acts.Report)

	handle(ctx, p, claim.ActAttach, &p.papers, local, acts.Attach)
	handle(ctx, p, claim.ActConfirm, &p.papers, local, acts.Confirm)
	handle(ctx, p, claim.ActNoteFinding, &p.papers, local, acts.NoteFinding)
	handle(ctx, p, claim.ActNoteContact, &p.papers, local, acts.NoteContact)

	handle(ctx, p, claim.ActRequestPapers, &p.papers, local, acts.RequestPapers)
	handle(ctx, p, claim.ActProposeWaiver, &p.papers, local, acts.ProposeWaiver)
	handle(ctx, p, claim.ActConfirmWaiver, &p.papers, decide, acts.ConfirmWaiver)
	handle(ctx, p, claim.ActWithdrawWaiver, &p.papers, local, acts.WithdrawWaiver)

	handle(ctx, p, claim.ActAssign, &p.people, local, acts.Assign)
	handle(ctx, p, claim.ActAccept, &p.people, local, acts.Accept)
	handle(ctx, p, claim.ActDecline, &p.people, local, acts.Decline)
	handle(ctx, p, claim.ActConvert, &p.people, local, acts.Convert)
	handle(ctx, p, claim.ActSurvey, &p.people, local, acts.Survey)

	handle(ctx, p, claim.ActAssess, &p.people, local, acts.Assess)
	handle(ctx, p, claim.ActConsent, &p.people, local, acts.Consent)
	handle(ctx, p, claim.ActObject, &p.people, local, acts.Object)

	handle(ctx, p, claim.ActReview, &p.people, decide, acts.Review)
	handle(ctx, p, claim.ActDecideDenial, &p.people, decide, acts.DecideDenial)

	handle(ctx, p, claim.ActAgree, &p.people, decide, acts.Agree)
	handle(ctx, p, claim.ActRelease, &p.people, decide, acts.Release)
	handle(ctx, p, claim.ActDecideTransfer, &p.people, decide, acts.DecideTransfer)
	handle(ctx, p, claim.ActCorrectPayee, &p.people, decide, acts.CorrectPayee)

	handle(ctx, p, claim.ActLinkPolicy, &p.people, local, acts.LinkPolicy)
	handle(ctx, p, claim.ActWithdraw, &p.people, decide, acts.Withdraw)

	handle(ctx, p, claim.ActTake, &p.people, local, acts.Take)
	handle(ctx, p, claim.ActPutBack, &p.people, local, acts.PutBack)

	workflow.Go(ctx, p.rereports)
	workflow.Go(ctx, p.catchUps)
	if err := workflow.SetQueryHandler(ctx, Version, func() (int64, error) { return p.Version, nil }); err != nil {
		panic(err) // as above
	}
}

// WorkflowID returns the id of a claim's workflow.
func WorkflowID(id claim.ID) string { return id.Workflow() }
