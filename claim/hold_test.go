package claim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestGuardHold(t *testing.T) {
	t.Parallel()
	manager := claim.Actor{ID: "he", Role: claim.Manager}
	audit := claim.Actor{ID: "xu", Role: claim.Audit}
	for name, tt := range map[string]struct {
		file claim.File
		on   bool
		by   claim.Actor
		rule string // "" passes
	}{
		"a manager holds":                 {claim.File{Stage: claim.Reviewing}, true, manager, ""},
		"an auditor holds":                {claim.File{Stage: claim.Reviewing}, true, audit, ""},
		"long after the claim was closed": {claim.File{Stage: claim.Closed}, true, manager, ""},
		"while the claim stands still":    {claim.File{Stage: claim.Paying, Parked: &claim.Parked{}}, true, manager, ""},
		"a reviewer does not":             {claim.File{Stage: claim.Reviewing}, true, claim.Actor{ID: "zheng", Role: claim.Reviewer, Level: 4}, claim.RuleRole},
		"the claimant does not":           {claim.File{Stage: claim.Reviewing}, true, claim.Actor{ID: "phone:1", Role: claim.Claimant}, claim.RuleRole},
		"a second time":                   {claim.File{HeldBy: "he"}, true, audit, claim.RuleHeld},
		"another lifts it":                {claim.File{HeldBy: "he"}, false, audit, ""},
		"who placed it does not lift it":  {claim.File{HeldBy: "he"}, false, manager, claim.RuleOwnHold},
		"there is none to lift":           {claim.File{}, false, audit, claim.RuleHeld},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tt.file.GuardHold(claim.Hold{Held: tt.on, Reason: "诉讼"}, tt.by)
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
