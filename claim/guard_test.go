package claim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	surveyor := claim.Actor{ID: "chen", Role: claim.Surveyor}
	assessor := claim.Actor{ID: "zhou", Role: claim.Assessor}
	claimant := claim.Actor{ID: "phone:1", Role: claim.Claimant}
	finance := claim.Actor{ID: "yang", Role: claim.Finance}
	intake := claim.Actor{ID: "wang", Role: claim.Intake}
	sent := []claim.Instruction{{ID: "1", Attempt: 1, State: claim.PaymentReturned}}
	operator := claim.Actor{ID: "kong", Role: claim.Operator}
	level := func(l claim.Level) claim.Actor { return claim.Actor{ID: "zheng", Role: claim.Reviewer, Level: l} }
	review := []claim.Task{{ID: "r", Kind: claim.TaskReview, Role: claim.Reviewer, Level: 2}}
	did := func(who claim.Principal, duty claim.Duty) []claim.Deed {
		return []claim.Deed{{By: who, Duty: duty, At: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}}
	}

	for name, tt := range map[string]struct {
		file claim.File
		act  claim.Act
		by   claim.Actor
		task string
		rule string // "" passes
	}{
		"a surveyor accepts what was offered":     {claim.File{Stage: claim.Dispatched, Tasks: []claim.Task{{ID: "s", Kind: claim.TaskSurvey, Role: claim.Surveyor, Owner: "chen"}}}, claim.ActAccept, surveyor, "s", ""},
		"another surveyor does not":               {claim.File{Stage: claim.Dispatched, Tasks: []claim.Task{{ID: "s", Kind: claim.TaskSurvey, Role: claim.Surveyor, Owner: "zhao"}}}, claim.ActAccept, surveyor, "s", claim.RuleTaskTaken},
		"a survey after review":                   {claim.File{Stage: claim.Reviewing}, claim.ActSurvey, surveyor, "s", claim.RuleStage},
		"a task of another kind":                  {claim.File{Stage: claim.Reviewing, Tasks: []claim.Task{{ID: "r", Kind: claim.TaskAssess, Role: claim.Assessor}}}, claim.ActReview, level(2), "r", claim.RuleTask},
		"a claimant reviews":                      {claim.File{Stage: claim.Reviewing, Tasks: review}, claim.ActReview, claimant, "r", claim.RuleRole},
		"a reviewer one level too low":            {claim.File{Stage: claim.Reviewing, Tasks: review}, claim.ActReview, level(1), "r", claim.RuleLimit},
		"a reviewer of the task's level":          {claim.File{Stage: claim.Reviewing, Tasks: review}, claim.ActReview, level(2), "r", ""},
		"a reviewer of a higher level":            {claim.File{Stage: claim.Reviewing, Tasks: review}, claim.ActReview, level(3), "r", ""},
		"a reviewer who assessed":                 {claim.File{Stage: claim.Reviewing, Tasks: review, Deeds: did("zheng", claim.DutyAssess)}, claim.ActReview, level(2), "r", "separation.review-own-assessment"},
		"a claimant confirms fields":              {claim.File{Stage: claim.Assessing}, claim.ActConfirm, claimant, "", claim.RuleRole},
		"withdrawal before the release":           {claim.File{Stage: claim.Agreed}, claim.ActWithdraw, claimant, "", ""},
		"withdrawal after it":                     {claim.File{Stage: claim.Paying}, claim.ActWithdraw, claimant, "", claim.RulePaymentStarted},
		"withdrawal of a returned payment":        {claim.File{Stage: claim.PayReturned}, claim.ActWithdraw, claimant, "", claim.RulePaymentStarted},
		"another policy before the release":       {claim.File{Stage: claim.Agreed}, claim.ActLinkPolicy, intake, "", ""},
		"another policy after it":                 {claim.File{Stage: claim.Paying, Payments: sent}, claim.ActLinkPolicy, intake, "", claim.RulePaymentStarted},
		"after the bank has sent the money back":  {claim.File{Stage: claim.PayReturned, Payments: sent}, claim.ActLinkPolicy, intake, "", claim.RulePaymentStarted},
		"once the account is corrected":           {claim.File{Stage: claim.Agreed, Payments: sent}, claim.ActLinkPolicy, intake, "", claim.RulePaymentStarted},
		"on a claim that parked on its way":       {claim.File{Stage: claim.Agreed, Payments: sent, Parked: &claim.Parked{}}, claim.ActLinkPolicy, intake, "", claim.RulePaymentStarted},
		"anything on a closed claim":              {claim.File{Stage: claim.Closed}, claim.ActAttach, claimant, "", claim.RuleStage},
		"finance on a parked claim":               {claim.File{Stage: claim.Agreed, Parked: &claim.Parked{}}, claim.ActRelease, finance, "", claim.RuleParked},
		"finance decides on a transfer":           {claim.File{Stage: claim.Paying, Tasks: []claim.Task{{ID: "t", Kind: claim.TaskPay, Role: claim.Finance}}}, claim.ActDecideTransfer, finance, "t", ""},
		"and on one that is to be released":       {claim.File{Stage: claim.Agreed, Tasks: []claim.Task{{ID: "t", Kind: claim.TaskRelease, Role: claim.Finance}}}, claim.ActDecideTransfer, finance, "t", ""},
		"an operator does not":                    {claim.File{Stage: claim.Paying, Tasks: []claim.Task{{ID: "t", Kind: claim.TaskPay, Role: claim.Finance}}}, claim.ActDecideTransfer, operator, "t", claim.RuleRole},
		"nor finance without the task":            {claim.File{Stage: claim.Paying}, claim.ActDecideTransfer, finance, "t", claim.RuleTask},
		"papers on a parked claim":                {claim.File{Stage: claim.Agreed, Parked: &claim.Parked{}}, claim.ActAttach, claimant, "", ""},
		"an operator resumes a parked claim":      {claim.File{Stage: claim.Agreed, Parked: &claim.Parked{}, Tasks: []claim.Task{{ID: "m", Kind: claim.TaskResume, Role: claim.Operator}}}, claim.ActResume, operator, "m", ""},
		"an assessor takes a reviewer's task":     {claim.File{Stage: claim.Reviewing, Tasks: review}, claim.ActTake, assessor, "r", claim.RuleRole},
		"a manager puts a task back":              {claim.File{Stage: claim.Reviewing, Tasks: []claim.Task{{ID: "r", Kind: claim.TaskReview, Role: claim.Reviewer, Owner: "feng"}}}, claim.ActPutBack, claim.Actor{ID: "he", Role: claim.Manager}, "r", ""},
		"an operator puts a task back":            {claim.File{Stage: claim.Reviewing, Tasks: []claim.Task{{ID: "r", Kind: claim.TaskReview, Role: claim.Reviewer, Owner: "feng"}}}, claim.ActPutBack, operator, "r", ""},
		"an operator takes a reviewer's task":     {claim.File{Stage: claim.Reviewing, Tasks: review}, claim.ActTake, operator, "r", claim.RuleRole},
		"a manager takes a task":                  {claim.File{Stage: claim.Reviewing, Tasks: review}, claim.ActTake, claim.Actor{ID: "he", Role: claim.Manager}, "r", claim.RuleRole},
		"service consents at the claimant's word": {claim.File{Stage: claim.Negotiating}, claim.ActConsent, claim.Actor{ID: "qin", Role: claim.Service}, "", ""},
		"an act that does not exist":              {claim.File{Stage: claim.Reviewing}, "approve-everything", level(4), "r", claim.RuleInput},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tt.file.Guard(tt.act, tt.by, tt.task)
			if tt.rule == "" {
				require.Nil(t, got)
				return
			}
			require.NotNil(t, got)
			require.Equal(t, tt.rule, got.Rule)
			require.NotEmpty(t, got.Detail)
		})
	}
}

func TestTheMachineMayOnlyEverApprove(t *testing.T) {
	t.Parallel()
	for _, stage := range []claim.Stage{claim.Assessing, claim.Reviewing, claim.DenialReview} {
		f := claim.File{Stage: stage, Tasks: []claim.Task{{ID: "d", Kind: claim.TaskDenial, Role: claim.Reviewer}}}
		for _, act := range []claim.Act{claim.ActReview, claim.ActDecideDenial} {
			require.NotNil(t, f.Guard(act, claim.TheMachine(), "d"), "%s at %s", act, stage)
		}
	}
	require.False(t, claim.MayDeny(claim.System))
}

func TestASelfSurveyIsCompleteWithTwoPicturesAndAReadFigure(t *testing.T) {
	t.Parallel()
	photo := claim.Paper{Kind: "loss_photo", State: claim.PaperRead}
	for name, tt := range map[string]struct {
		papers   []claim.Paper
		complete bool
	}{
		"nothing":               {nil, false},
		"one picture":           {[]claim.Paper{photo, {Kind: "repair_estimate", State: claim.PaperRead}}, false},
		"no figure":             {[]claim.Paper{photo, photo, photo}, false},
		"a figure not read yet": {[]claim.Paper{photo, photo, {Kind: "repair_estimate", State: claim.PaperReceived}}, false},
		"an unsure figure":      {[]claim.Paper{photo, photo, {Kind: "repair_estimate", State: claim.PaperUnsure}}, false},
		"an estimate":           {[]claim.Paper{photo, photo, {Kind: "repair_estimate", State: claim.PaperRead}}, true},
		"a confirmed invoice":   {[]claim.Paper{photo, photo, {Kind: "vat_invoice", State: claim.PaperConfirmed}}, true},
		"an unreadable picture": {[]claim.Paper{photo, {Kind: "loss_photo", State: claim.PaperUnreadable}, {Kind: "vat_invoice", State: claim.PaperRead}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := claim.File{Stage: claim.SelfSurvey, Papers: counted(tt.papers...)}
			require.Equal(t, tt.complete, f.SelfSurveyComplete())
			require.Equal(t, tt.complete, len(f.Missing()) == 0)
		})
	}
}
