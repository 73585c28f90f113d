package desk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

func TestTheWorkbenchShowsWhatTheAPILists(t *testing.T) {
	t.Parallel()
	open := func(act claim.Act, task string) rest.ActOption { return rest.ActOption{Act: act, Task: task} }
	stopped := func(act claim.Act, task, rule string, winner claim.Principal) rest.ActOption {
		return rest.ActOption{Act: act, Task: task, Against: []rest.Refusal{{Rule: rule, Winner: winner}, {Rule: claim.RuleStage}}}
	}
	assessing := rest.Claim{PolicyVerified: true, Tasks: []rest.Task{{Id: "a", Kind: claim.TaskAssess, Owner: "other", OwnerName: "吴静"}}}
	unread := []rest.DocumentSummary{{Id: "d", State: claim.PaperUnsure}}
	for name, tt := range map[string]struct {
		claim  rest.Claim
		papers []rest.DocumentSummary
		list   site.Acts
		want   []offer
	}{
		"in its own order, and what a task asks for stands out": {
			assessing, nil,
			site.Acts{open(claim.ActAttach, ""), open(claim.ActConfirm, ""), open(claim.ActLinkPolicy, ""), open(claim.ActAssess, "a")},
			[]offer{{Name: "assess", Task: "a", Due: true}, {Name: "attach"}},
		},
		"and what is unsure is to be confirmed": {assessing, unread, site.Acts{open(claim.ActConfirm, "")}, []offer{{Name: "confirm"}}},
		"what a colleague has is named":         {assessing, nil, site.Acts{stopped(claim.ActAssess, "a", claim.RuleTaskTaken, "other")}, []offer{{Name: "assess", Task: "a", Due: true, Rule: claim.RuleTaskTaken, Winner: "吴静"}}},
		"a parked claim says so":                {rest.Claim{}, nil, site.Acts{stopped(claim.ActConvert, "", claim.RuleParked, "")}, []offer{{Name: "convert", Rule: claim.RuleParked}}},
		"of two tasks the one that is open":     {rest.Claim{}, nil, site.Acts{stopped(claim.ActDecideTransfer, "r", claim.RuleTaskTaken, ""), open(claim.ActDecideTransfer, "t")}, []offer{{Name: "decide-transfer", Task: "t"}}},
		"what is not its time is not shown": {
			rest.Claim{}, nil, site.Acts{stopped(claim.ActRelease, "", claim.RuleTask, ""), stopped(claim.ActConsent, "", claim.RuleStage, ""), stopped(claim.ActWithdraw, "", claim.RulePaymentStarted, "")}, nil,
		},
		"who holds it does not let go of it": {rest.Claim{Held: rest.Held{By: "me"}}, nil, site.Acts{stopped(claim.ActHold, "", claim.RuleOwnHold, "")}, []offer{{Name: "lift-hold", Rule: claim.RuleOwnHold}}},
	} {
		require.Equal(t, tt.want, offers(tt.claim, tt.papers, tt.list), name)
	}
	require.Equal(t, claim.RuleRole, site.Acts{}.Stopped(claim.ActAssess), "what is not listed is not theirs")
}
