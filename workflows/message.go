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
// type activities.Refused that carries a [claim.Refusal].
func (p *process) listen(ctx workflow.Context) {
	hear(ctx, p, claim.ActReport, &p.people, local, acts.Report)

	hear(ctx, p, claim.ActAttach, &p.desk, local, acts.Attach)
	hear(ctx, p, claim.ActConfirm, &p.desk, local, acts.Confirm)
	hear(ctx, p, claim.ActNoteFinding, &p.desk, local, acts.NoteFinding)

	hear(ctx, p, claim.ActRequestPapers, &p.desk, local, acts.RequestPapers)
	hear(ctx, p, claim.ActProposeWaiver, &p.desk, local, acts.ProposeWaiver)
	hear(ctx, p, claim.ActConfirmWaiver, &p.desk, decide, acts.ConfirmWaiver)
	hear(ctx, p, claim.ActWithdrawWaiver, &p.desk, local, acts.WithdrawWaiver)

	hear(ctx, p, claim.ActAssign, &p.people, local, acts.Assign)
	hear(ctx, p, claim.ActAccept, &p.people, local, acts.Accept)
	hear(ctx, p, claim.ActDecline, &p.people, local, acts.Decline)
	hear(ctx, p, claim.ActConvert, &p.people, local, acts.Convert)
	hear(ctx, p, claim.ActSurvey, &p.people, local, acts.Survey)

	hear(ctx, p, claim.ActAssess, &p.people, local, acts.Assess)
	hear(ctx, p, claim.ActConsent, &p.people, local, acts.Consent)
	hear(ctx, p, claim.ActObject, &p.people, local, acts.Object)

	hear(ctx, p, claim.ActReview, &p.people, decide, acts.Review)
	hear(ctx, p, claim.ActDecideDenial, &p.people, decide, acts.DecideDenial)

	hear(ctx, p, claim.ActAgree, &p.people, decide, acts.Agree)
	hear(ctx, p, claim.ActRelease, &p.people, decide, acts.Release)
	hear(ctx, p, claim.ActDecideTransfer, &p.people, decide, acts.DecideTransfer)
	hear(ctx, p, claim.ActCorrectPayee, &p.people, decide, acts.CorrectPayee)

	hear(ctx, p, claim.ActLinkPolicy, &p.people, local, acts.LinkPolicy)
	hear(ctx, p, claim.ActWithdraw, &p.people, decide, acts.Withdraw)

	hear(ctx, p, claim.ActTake, &p.people, local, acts.Take)
	hear(ctx, p, claim.ActPutBack, &p.people, local, acts.PutBack)

	workflow.Go(ctx, p.rereports)
	workflow.Go(ctx, p.catchUps)
	if err := workflow.SetQueryHandler(ctx, Version, func() (int64, error) { return p.Version, nil }); err != nil {
		panic(err) // as above
	}
}

// WorkflowID returns the id of a claim's workflow.
func WorkflowID(id claim.ID) string { return id.Workflow() }
