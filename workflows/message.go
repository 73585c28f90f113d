package workflows

import (
	"go.temporal.io/sdk/workflow"

	"anpei/claim"
)

// Names of the messages that people and machine clients send to a claim, each
// an update whose argument is a [claim.Message] of the type beside it and
// whose answer is a [claim.Receipt]. A refused update fails with an
// application error of type activities.Refused that carries a [claim.Refusal].
const (
	Report       = "report"          // claim.Notice, with start
	Attach       = "attach"          // claim.Batch
	Confirm      = "confirm"         // claim.Confirmation
	NoteFinding  = "note-finding"    // claim.FindingNote
	Request      = "request-papers"  // claim.PaperRequest
	Propose      = "propose-waiver"  // claim.WaiverProposal
	Waive        = "confirm-waiver"  // claim.ListItem
	Retract      = "withdraw-waiver" // claim.ListItem
	Assign       = "assign"          // claim.Assign
	Accept       = "accept"          // claim.TaskRef
	Decline      = "decline"         // claim.TaskRef
	Convert      = "convert"         // claim.Reason: a self-survey becomes a visit
	Survey       = "survey"          // claim.SurveyReport
	Assess       = "assess"          // claim.Assessment
	Consent      = "consent"         // claim.Consent
	Object       = "object"          // claim.Objection
	Review       = "review"          // claim.Verdict
	DecideDenial = "decide-denial"   // claim.DenialVerdict
	Agree        = "agree"           // claim.Agreement
	Release      = "release"         // claim.Release
	CorrectPayee = "correct-payee"   // claim.Payee
	Transfer     = "decide-transfer" // claim.TransferDecision
	LinkPolicy   = "link-policy"     // claim.LinkPolicy
	Withdraw     = "withdraw"        // claim.Reason
	Take         = "take"            // claim.TaskRef
	PutBack      = "put-back"        // claim.TaskRef
)

// Signals come from machines that wait for no answer.
const (
	ReportedAgain = "reported-again" // claim.Again: another report of the same loss
	CatchUp       = "catch-up"       // nothing: the rows are ahead, read them
)

// Version is the one query: the version of the file that the run knows, which
// [activities.Activities.Watch] holds against the rows.
const Version = "version"

// listen declares every message: its name, the inbox whose region deals with
// it, and the step that answers it. Who may send it, and when, is in the table
// of package claim. A person's decision and the release of money are ordinary
// activities; the rest is local.
func (p *process) listen(ctx workflow.Context) {
	hear(ctx, p, Report, &p.people, local, acts.Report)

	hear(ctx, p, Attach, &p.desk, local, acts.Attach)
	hear(ctx, p, Confirm, &p.desk, local, acts.Confirm)
	hear(ctx, p, NoteFinding, &p.desk, local, acts.NoteFinding)

	hear(ctx, p, Request, &p.desk, local, acts.RequestPapers)
	hear(ctx, p, Propose, &p.desk, local, acts.ProposeWaiver)
	hear(ctx, p, Waive, &p.desk, decide, acts.ConfirmWaiver)
	hear(ctx, p, Retract, &p.desk, local, acts.WithdrawWaiver)

	hear(ctx, p, Assign, &p.people, local, acts.Assign)
	hear(ctx, p, Accept, &p.people, local, acts.Accept)
	hear(ctx, p, Decline, &p.people, local, acts.Decline)
	hear(ctx, p, Convert, &p.people, local, acts.Convert)
	hear(ctx, p, Survey, &p.people, local, acts.Survey)

	hear(ctx, p, Assess, &p.people, local, acts.Assess)
	hear(ctx, p, Consent, &p.people, local, acts.Consent)
	hear(ctx, p, Object, &p.people, local, acts.Object)

	hear(ctx, p, Review, &p.people, decide, acts.Review)
	hear(ctx, p, DecideDenial, &p.people, decide, acts.DecideDenial)

	hear(ctx, p, Agree, &p.people, decide, acts.Agree)
	hear(ctx, p, Release, &p.people, decide, acts.Release)
	hear(ctx, p, Transfer, &p.people, decide, acts.DecideTransfer)
	hear(ctx, p, CorrectPayee, &p.people, decide, acts.CorrectPayee)

	hear(ctx, p, LinkPolicy, &p.people, local, acts.LinkPolicy)
	hear(ctx, p, Withdraw, &p.people, decide, acts.Withdraw)

	hear(ctx, p, Take, &p.people, local, acts.Take)
	hear(ctx, p, PutBack, &p.people, local, acts.PutBack)

	workflow.Go(ctx, p.rereports)
	workflow.Go(ctx, p.catchUps)
	if err := workflow.SetQueryHandler(ctx, Version, func() (int64, error) { return p.Version, nil }); err != nil {
		panic(err) // as above
	}
}

// WorkflowID returns the id of a claim's workflow.
func WorkflowID(id claim.ID) string { return id.Workflow() }
