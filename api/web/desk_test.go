package web

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

func TestRatiosAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]claim.BP{"": 0, "70": 7000, "33.33%": 3333, "100 ％": 10000, "７０％": 7000, "0": 0} {
		got, ok := ratio(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, got, typed)
	}
	for _, typed := range []string{"100.01", "33.333", "-5", "1e1", "70 80", "70%80", "70.", "七成", "NaN", "70元"} {
		_, ok := ratio(typed)
		require.False(t, ok, typed)
	}
}

func TestActsAreOfferedByRoleStageAndTask(t *testing.T) {
	t.Parallel()
	me := func(role claim.Role) *rest.Principal { return &rest.Principal{Id: "me", Role: role} }
	assessing := rest.Claim{Stage: claim.Assessing, PolicyVerified: true, Tasks: []rest.Task{{Id: "a", Kind: claim.TaskAssess, Role: claim.Assessor}}}
	taken := assessing
	taken.Tasks = []rest.Task{{Id: "a", Kind: claim.TaskAssess, Role: claim.Assessor, Owner: "other", OwnerName: "吴静"}}
	parked := assessing
	parked.Parked = true
	held := func(by claim.Principal) rest.Claim {
		return rest.Claim{Stage: claim.Closed, Held: rest.Held{By: by}}
	}
	unread := []rest.DocumentSummary{{Id: "d", State: claim.PaperUnsure}}
	for name, tt := range map[string]struct {
		claim  rest.Claim
		who    claim.Role
		papers []rest.DocumentSummary
		want   []offer
	}{
		"an assessor assesses and attaches":   {assessing, claim.Assessor, nil, []offer{{Name: "assess", Task: "a"}, {Name: "request-papers"}, {Name: "attach"}}},
		"and confirms what is unsure":         {assessing, claim.Assessor, unread, []offer{{Name: "confirm"}, {Name: "assess", Task: "a"}, {Name: "request-papers"}, {Name: "attach"}}},
		"what a colleague has is named":       {taken, claim.Assessor, nil, []offer{{Name: "assess", Task: "a", Rule: claim.RuleTaskTaken, Winner: "吴静"}, {Name: "request-papers"}, {Name: "attach"}}},
		"while it is parked only papers come": {parked, claim.Assessor, nil, []offer{{Name: "convert", Rule: claim.RuleParked}, {Name: "assess", Task: "a", Rule: claim.RuleParked}, {Name: "request-papers", Rule: claim.RuleParked}, {Name: "attach"}}},
		"finance waits for its time":          {assessing, claim.Finance, nil, nil},
		"an auditor looks":                    {assessing, claim.Audit, unread, []offer{{Name: "hold"}}},
		"who holds it does not let go of it":  {held("me"), claim.Audit, nil, []offer{{Name: "lift-hold", Rule: claim.RuleOwnHold}}},
		"another does, after the end too":     {held("other"), claim.Manager, nil, []offer{{Name: "lift-hold"}}},
	} {
		got := slices.DeleteFunc(offers(tt.claim, me(tt.who), tt.papers), offer.OnPaper)
		if len(got) == 0 {
			got = nil
		}
		require.Equal(t, tt.want, got, name)
	}
}
