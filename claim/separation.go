package claim

import (
	"slices"
	"time"
)

// Duty is a kind of act that separation of duties looks at.
type Duty string

// Duties.
const (
	DutyReport          Duty = "report"
	DutyLinkPolicy      Duty = "link_policy"
	DutyDispatch        Duty = "dispatch"
	DutySurvey          Duty = "survey"
	DutyResurvey        Duty = "resurvey" // 复勘
	DutyAssess          Duty = "assess"
	DutyConfirmFields   Duty = "confirm_fields" // of a document, read by a machine
	DutyReview          Duty = "review"         // approve, return, send up or recommend
	DutyProposeDenial   Duty = "propose_denial"
	DutyApproveDenial   Duty = "approve_denial"
	DutyReviewObjection Duty = "review_objection" // to a denial
	DutyPayee           Duty = "payee"            // say who gets the money
	DutyVerifyPayee     Duty = "verify_payee"
	DutyRelease         Duty = "release"
	DutyConfirmRelease  Duty = "confirm_release" // the second person of a two-person release
	DutyWithdraw        Duty = "withdraw"
	DutyProposeWaiver   Duty = "propose_waiver" // of a paper that the claim needs
	DutyConfirmWaiver   Duty = "confirm_waiver"
)

// Duties returns every duty.
func Duties() []Duty {
	return []Duty{
		DutyReport, DutyLinkPolicy, DutyDispatch, DutySurvey, DutyResurvey, DutyAssess, DutyConfirmFields,
		DutyReview, DutyProposeDenial, DutyApproveDenial, DutyReviewObjection,
		DutyPayee, DutyVerifyPayee, DutyRelease, DutyConfirmRelease, DutyWithdraw,
		DutyProposeWaiver, DutyConfirmWaiver,
	}
}

// Deed is an act of one duty that was done on a claim, and by whom.
type Deed struct {
	By    Principal `json:"by"` // the person, whichever of their accounts it was, and not whom they stood in for
	Duty  Duty      `json:"duty"`
	Level Level     `json:"level,omitempty"` // the level at which a reviewer acted
	At    time.Time `json:"at"`
}

// pair is two duties that one person may not both have on one claim. It holds
// in either order: whoever did the one may not do the other.
type pair struct {
	rule  string
	a, b  Duty
	flash bool // allowed in the flash lane
}

// pairs is all of it. The numbers are those of the design's rules of
// separation (roles.md); the ground of them all is that insurers must keep
// incompatible duties apart (不相容岗位分离: Basic Standards for the Internal
// Control of Insurance Companies, 保险公司内部控制基本准则, CIRC 2010 No. 69).
var pairs = []pair{
	// 1. Dispatch, survey, assessment, review and payment are different people,
	// except that one person may survey and assess within the flash cap.
	{rule: "separation.survey-own-dispatch", a: DutyDispatch, b: DutySurvey},
	{rule: "separation.assess-own-dispatch", a: DutyDispatch, b: DutyAssess},
	{rule: "separation.assess-own-survey", a: DutySurvey, b: DutyAssess, flash: true},
	{rule: "separation.review-own-survey", a: DutySurvey, b: DutyReview},
	{rule: "separation.review-own-assessment", a: DutyAssess, b: DutyReview},
	{rule: "separation.pay-own-survey", a: DutySurvey, b: DutyRelease},
	{rule: "separation.pay-own-survey", a: DutySurvey, b: DutyConfirmRelease},
	{rule: "separation.pay-own-assessment", a: DutyAssess, b: DutyRelease},
	{rule: "separation.pay-own-assessment", a: DutyAssess, b: DutyConfirmRelease},
	{rule: "separation.pay-own-review", a: DutyReview, b: DutyRelease},
	{rule: "separation.pay-own-review", a: DutyReview, b: DutyConfirmRelease},

	// 2. Naming the payee, verifying the payee and releasing the money are
	// different people, and a two-person release takes two.
	{rule: "separation.verify-own-payee", a: DutyPayee, b: DutyVerifyPayee},
	{rule: "separation.pay-own-payee", a: DutyPayee, b: DutyRelease},
	{rule: "separation.pay-own-payee", a: DutyPayee, b: DutyConfirmRelease},
	{rule: "separation.pay-own-verification", a: DutyVerifyPayee, b: DutyRelease},
	{rule: "separation.pay-own-verification", a: DutyVerifyPayee, b: DutyConfirmRelease},
	{rule: "separation.confirm-own-release", a: DutyRelease, b: DutyConfirmRelease},

	// 3. A denial is proposed by one person and approved by another; on
	// objection a third looks at it again (see fresh). Approving one is a
	// review, so rule 1 holds for it too.
	{rule: "separation.approve-own-denial", a: DutyProposeDenial, b: DutyApproveDenial},
	{rule: "separation.deny-own-survey", a: DutySurvey, b: DutyApproveDenial},
	{rule: "separation.deny-own-assessment", a: DutyAssess, b: DutyApproveDenial},
	{rule: "separation.pay-own-denial", a: DutyApproveDenial, b: DutyRelease},
	{rule: "separation.pay-own-denial", a: DutyApproveDenial, b: DutyConfirmRelease},

	// Nobody waives a paper alone (the duties of 单证), and two colleagues do
	// not take turns at it on one claim.
	{rule: RuleOwnWaiver, a: DutyProposeWaiver, b: DutyConfirmWaiver},
}

// fresh are the duties of somebody who has not acted on the claim before in
// any way (rule 6), and does nothing else on it after.
var fresh = map[Duty]string{
	DutyResurvey:        "separation.resurvey-not-fresh",
	DutyReviewObjection: "separation.objection-not-fresh",
}

// Conflict reports whether a person may not take on a duty on a claim, because
// of what the same person did on it before: by which rule, and the earliest act
// that stands in the way. lane is the claim's present one; a claim that has
// grown out of the flash lane loses its exception. The machine is never in
// conflict, and what it may not do at all is said elsewhere ([MayDeny],
// [Authority.MachineMay]). With a delegation both people are asked about, so
// that none makes possible what these rules forbid (rule 8).
func Conflict(history []Deed, by Principal, duty Duty, lane Lane) (rule string, prior Deed, conflict bool) {
	if by == Machine {
		return "", Deed{}, false
	}
	for _, act := range history {
		if act.By != by {
			continue
		}
		if rule := forbids(act.Duty, duty, lane); rule != "" {
			return rule, act, true
		}
	}
	return "", Deed{}, false
}

// forbids returns the rule by which one person may not have both duties, or
// "". Whether one does is the same in either order.
func forbids(a, b Duty, lane Lane) string {
	i := slices.IndexFunc(pairs, func(p pair) bool {
		return (p.a == a && p.b == b || p.a == b && p.b == a) && !(p.flash && lane == Flash)
	})
	if i >= 0 {
		return pairs[i].rule
	}
	if a == b {
		return "" // to go on with one's own work is no conflict
	}
	if rule, ok := fresh[b]; ok {
		return rule
	}
	return fresh[a]
}

// MayDeny reports whether a role may propose or approve a denial (拒赔).
// Reviewers may. A machine never does, whatever the amount.
func MayDeny(role Role) bool { return role == Reviewer }
