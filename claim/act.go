package claim

// Act is what a person asks of a claim. It names the update that carries the
// request to the claim's workflow, with the body beside it in a [Message], and
// the step that carries it out; the answer is a [Receipt]. Steps that nobody
// asked for have names of their own, which are no acts.
type Act string

// Acts.
const (
	ActReport Act = "report" // Notice, with start

	ActAttach      Act = "attach"       // Batch
	ActConfirm     Act = "confirm"      // Confirmation
	ActNoteFinding Act = "note-finding" // FindingNote
	ActNoteContact Act = "note-contact" // Contact

	ActRequestPapers  Act = "request-papers"  // PaperRequest
	ActProposeWaiver  Act = "propose-waiver"  // WaiverProposal
	ActConfirmWaiver  Act = "confirm-waiver"  // ListItem
	ActWithdrawWaiver Act = "withdraw-waiver" // ListItem

	ActAssign  Act = "assign"  // Assign
	ActAccept  Act = "accept"  // TaskRef
	ActDecline Act = "decline" // TaskRef
	ActConvert Act = "convert" // Reason: a self-survey becomes a visit
	ActSurvey  Act = "survey"  // SurveyReport

	ActAssess  Act = "assess"  // Assessment
	ActConsent Act = "consent" // Consent
	ActObject  Act = "object"  // Objection

	ActReview       Act = "review"        // Verdict
	ActDecideDenial Act = "decide-denial" // DenialVerdict

	ActAgree          Act = "agree"           // Agreement
	ActRelease        Act = "release"         // Release
	ActDecideTransfer Act = "decide-transfer" // TransferDecision
	ActCorrectPayee   Act = "correct-payee"   // Payee

	ActLinkPolicy Act = "link-policy" // LinkPolicy
	ActWithdraw   Act = "withdraw"    // Reason

	ActTake    Act = "take"     // TaskRef
	ActPutBack Act = "put-back" // TaskRef

	ActResume Act = "resume" // Resume, to a run beside the claim's
	ActHold   Act = "hold"   // Hold, to a run beside the claim's
)

// actRule is when an act may come, from whom, on which task, and as which duty
// it counts.
type actRule struct {
	act       Act
	operation string                      // of the contract, by which it comes and is logged
	stages    []Stage                     // none: any stage before closed
	roles     []Role                      // none: it has no stage to be guarded by, and a rule of its own
	tasks     []TaskKind                  // the task that it does is of one of these kinds; none: it does none
	duty      Duty                        // "" where separation of duties does not look
	speaks    bool                        // from a claimant or a partner: only from who speaks for the claim
	unpaid    bool                        // not once an instruction was written for the bank, though the claim has come back from it
	mends     bool                        // a parked claim, or brings what is missing; all others wait until an operator has resumed it
	bars      func(*File, Actor) *Refusal // what else the file says against it, whatever its body; nil: nothing
}

// actRules is every act, in the order of the story.
var actRules = []actRule{
	{act: ActReport, operation: "ReportClaim"},

	{act: ActAttach, operation: "AttachDocuments", mends: true, roles: []Role{Claimant, Partner, Intake, Surveyor, Assessor, Reviewer, Service}},
	{act: ActConfirm, operation: "ConfirmDocument", mends: true, roles: []Role{Assessor}, duty: DutyConfirmFields},
	// Words that change nothing, so that nobody's hands are bound by them.
	{act: ActNoteFinding, operation: "NoteFinding", roles: []Role{Assessor, Reviewer}},
	{act: ActNoteContact, operation: "NoteContact", mends: true, roles: []Role{Intake, Service, Surveyor, Assessor}},

	{act: ActRequestPapers, operation: "RequestPapers", stages: []Stage{Assessing, Negotiating, Reviewing}, roles: []Role{Assessor}},
	{act: ActProposeWaiver, operation: "ProposeWaiver", stages: beforeDetermination, roles: []Role{Assessor, Reviewer}, duty: DutyProposeWaiver},
	{act: ActConfirmWaiver, operation: "ConfirmWaiver", stages: beforeDetermination, roles: []Role{Reviewer}, duty: DutyConfirmWaiver},
	{act: ActWithdrawWaiver, operation: "WithdrawWaiver", stages: beforeDetermination, roles: []Role{Assessor, Reviewer}},

	{act: ActAssign, operation: "AssignSurveyor", stages: []Stage{Dispatching, Dispatched, Surveying}, roles: []Role{Dispatcher}, duty: DutyDispatch},
	{act: ActAccept, operation: "AcceptSurvey", stages: []Stage{Dispatched}, roles: []Role{Surveyor}, tasks: []TaskKind{TaskSurvey}, duty: DutySurvey},
	{act: ActDecline, operation: "DeclineSurvey", stages: []Stage{Dispatched}, roles: []Role{Surveyor}, tasks: []TaskKind{TaskSurvey}},
	{act: ActConvert, operation: "ConvertToVisit", speaks: true, stages: []Stage{SelfSurvey}, roles: []Role{Claimant, Partner, Assessor, Intake}},
	{act: ActSurvey, operation: "FileSurvey", stages: []Stage{Surveying}, roles: []Role{Surveyor}, tasks: []TaskKind{TaskSurvey}, duty: DutySurvey},

	{act: ActAssess, operation: "FileAssessment", stages: []Stage{Assessing}, roles: []Role{Assessor}, tasks: []TaskKind{TaskAssess}, duty: DutyAssess, bars: noCover},
	{act: ActConsent, operation: "ConsentOffer", speaks: true, stages: []Stage{Negotiating}, roles: onBehalf, bars: lacksPapers},
	{act: ActObject, operation: "ObjectOffer", speaks: true, stages: []Stage{Negotiating, Determined}, roles: onBehalf},

	{act: ActReview, operation: "FileReview", stages: []Stage{Reviewing}, roles: []Role{Reviewer}, tasks: []TaskKind{TaskReview}, duty: DutyReview},
	{act: ActDecideDenial, operation: "DecideDenial", stages: []Stage{DenialReview}, roles: []Role{Reviewer}, tasks: []TaskKind{TaskDenial}, duty: DutyApproveDenial},

	{act: ActAgree, operation: "SignAgreement", speaks: true, stages: []Stage{Negotiating, Determined}, roles: []Role{Claimant, Partner}, duty: DutyPayee, bars: lacksPapers},
	{act: ActRelease, operation: "ReleasePayment", stages: []Stage{Agreed}, roles: []Role{Finance}, tasks: []TaskKind{TaskRelease}, duty: DutyRelease, bars: noRelease},
	// Which choice fits, the step says: it knows what the bank has said.
	{act: ActDecideTransfer, operation: "DecideTransfer", stages: []Stage{Agreed, Paying}, roles: []Role{Finance}, tasks: []TaskKind{TaskPay, TaskRelease}},
	{act: ActCorrectPayee, operation: "CorrectPayee", speaks: true, stages: []Stage{PayReturned}, roles: onBehalf, duty: DutyPayee},

	{act: ActLinkPolicy, operation: "LinkPolicy", mends: true, stages: beforeMoney, roles: []Role{Intake}, duty: DutyLinkPolicy, unpaid: true},
	{act: ActWithdraw, operation: "WithdrawClaim", speaks: true, stages: beforeMoney, roles: append(onBehalf, Intake), duty: DutyWithdraw},

	{act: ActTake, operation: "TakeTask", mends: true, roles: []Role{Intake, Dispatcher, Surveyor, Assessor, Reviewer, Finance, Operator}},
	{act: ActPutBack, operation: "PutBackTask", mends: true, roles: []Role{Intake, Dispatcher, Surveyor, Assessor, Reviewer, Finance, Operator, Manager}},

	{act: ActResume, operation: "ResumeClaim", mends: true, roles: []Role{Operator}, tasks: []TaskKind{TaskResume}},
	{act: ActHold, operation: "HoldEvidence"}, // roles and rule: see GuardHold
}

// onBehalf are those who speak for the claim: the claimant, the partner that
// reported, and customer service at the claimant's word.
var onBehalf = []Role{Claimant, Partner, Service}

// beforeDetermination is every stage in which papers still bear on the decision.
var beforeDetermination = []Stage{Reported, SelfSurvey, Dispatching, Dispatched, Surveying, Assessing, Negotiating, Reviewing, DenialReview}

// beforeMoney is every stage in which no payment is under way.
var beforeMoney = []Stage{Reported, SelfSurvey, Dispatching, Dispatched, Surveying, Assessing, Negotiating, Reviewing, DenialReview, Determined, Agreed}

var ruleOf = func() map[Act]actRule {
	rules := make(map[Act]actRule, len(actRules))
	for _, r := range actRules {
		rules[r.act] = r
	}
	return rules
}()

// Acts returns every act, in the order of the story.
func Acts() []Act {
	list := make([]Act, len(actRules))
	for i, r := range actRules {
		list[i] = r.act
	}
	return list
}

// Operation is the operation of the contract by which an act comes. Attempts
// that a rule stopped are logged under it, whether the policy at the door
// stopped them or the step. What is no act goes by its own name.
func (a Act) Operation() string {
	if rule, known := ruleOf[a]; known {
		return rule.operation
	}
	return string(a)
}

// Speaks reports whether an act is the claim's own: a claimant or a partner who
// does it must speak for the claim, which is looked at on the locked row, for it
// may have come to another meanwhile.
func (a Act) Speaks() bool { return ruleOf[a].speaks }

// Guarded reports whether [File.Guard] knows the act. A first report and a
// hold have no stage to be guarded by.
func (a Act) Guarded() bool { return ruleOf[a].roles != nil }
