package claim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

// matrix is every pair of duties: what was done × what is asked for. A dot is
// free; d, a, r, p, y, n, f stand for the rules below; F is free in the flash
// lane alone.
var matrix = `
                  rep lnk dis sur res ass fld rev pro apd obj pay ver rel cnf wdr prw cfw
report             .   .   .   .   f   .   .   .   .   .   o   .   .   .   .   .   .   .
link_policy        .   .   .   .   f   .   .   .   .   .   o   .   .   .   .   .   .   .
dispatch           .   .   .   d   f   e   .   .   .   .   o   .   .   .   .   .   .   .
survey             .   .   d   .   f   a   .   r   .   s   o   .   .   p   p   .   .   .
resurvey           f   f   f   f   .   f   f   f   f   f   o   f   f   f   f   f   f   f
assess             .   .   e   a   f   .   .   R   .   t   o   .   .   P   P   .   .   .
confirm_fields     .   .   .   .   f   .   .   .   .   .   o   .   .   .   .   .   .   .
review             .   .   .   r   f   R   .   .   .   .   o   .   .   q   q   .   .   .
propose_denial     .   .   .   .   f   .   .   .   .   n   o   .   .   .   .   .   .   .
approve_denial     .   .   .   s   f   t   .   .   n   .   o   .   .   Q   Q   .   .   .
review_objection   o   o   o   o   f   o   o   o   o   o   .   o   o   o   o   o   o   o
payee              .   .   .   .   f   .   .   .   .   .   o   .   v   y   y   .   .   .
verify_payee       .   .   .   .   f   .   .   .   .   .   o   v   .   w   w   .   .   .
release            .   .   .   p   f   P   .   q   .   Q   o   y   w   .   c   .   .   .
confirm_release    .   .   .   p   f   P   .   q   .   Q   o   y   w   c   .   .   .   .
withdraw           .   .   .   .   f   .   .   .   .   .   o   .   .   .   .   .   .   .
propose_waiver     .   .   .   .   f   .   .   .   .   .   o   .   .   .   .   .   .   z
confirm_waiver     .   .   .   .   f   .   .   .   .   .   o   .   .   .   .   .   z   .
`

var rules = map[string]string{
	".": "",
	"d": "separation.survey-own-dispatch",
	"e": "separation.assess-own-dispatch",
	"a": "separation.assess-own-survey",
	"r": "separation.review-own-survey",
	"R": "separation.review-own-assessment",
	"p": "separation.pay-own-survey",
	"P": "separation.pay-own-assessment",
	"q": "separation.pay-own-review",
	"n": "separation.approve-own-denial",
	"s": "separation.deny-own-survey",
	"t": "separation.deny-own-assessment",
	"Q": "separation.pay-own-denial",
	"v": "separation.verify-own-payee",
	"y": "separation.pay-own-payee",
	"w": "separation.pay-own-verification",
	"c": "separation.confirm-own-release",
	"z": "separation.confirm-own-waiver",
	"f": "separation.resurvey-not-fresh",
	"o": "separation.objection-not-fresh",
}

func TestEveryPairOfDuties(t *testing.T) {
	t.Parallel()
	duties := claim.Duties()
	lines := slices.Collect(strings.Lines(strings.TrimSpace(matrix)))[1:]
	require.Len(t, lines, len(duties))
	used := map[string]bool{}
	for i, line := range lines {
		cells := strings.Fields(line)
		require.Equal(t, string(duties[i]), cells[0])
		require.Len(t, cells[1:], len(duties))
		for j, cell := range cells[1:] {
			want, known := rules[cell]
			require.True(t, known, cell)
			used[cell] = true
			prior := claim.Deed{By: "S1", Duty: duties[i], At: time.Unix(1, 0)}
			for _, lane := range []claim.Lane{claim.Flash, claim.Standard, claim.Large} {
				want := want
				if cell == "a" && lane == claim.Flash {
					want = "" // one person may survey and assess within the flash cap
				}
				at := fmt.Sprintf("%s after %s, %s", duties[j], duties[i], lane)
				rule, act, conflict := claim.Conflict([]claim.Deed{prior}, "S1", duties[j], lane)
				require.Equal(t, want, rule, at)
				require.Equal(t, want != "", conflict, at)
				if conflict {
					require.Equal(t, prior, act, at)
				}

				_, _, conflict = claim.Conflict([]claim.Deed{prior}, "S2", duties[j], lane)
				require.False(t, conflict, "another person: %s", at)
			}
		}
	}
	require.Len(t, used, len(rules), "every rule stands in the matrix")
}

func TestAClaimThatGrowsOutOfTheFlashLaneLosesItsException(t *testing.T) {
	t.Parallel()
	history := []claim.Deed{{By: "S1", Duty: claim.DutySurvey}}
	_, _, conflict := claim.Conflict(history, "S1", claim.DutyAssess, claim.Flash)
	require.False(t, conflict)
	rule, _, conflict := claim.Conflict(history, "S1", claim.DutyAssess, claim.Standard)
	require.True(t, conflict)
	require.Equal(t, "separation.assess-own-survey", rule)
}

func TestTheEarliestActThatStandsInTheWayIsNamed(t *testing.T) {
	t.Parallel()
	history := []claim.Deed{
		{By: "S1", Duty: claim.DutyReport, At: time.Unix(1, 0)},
		{By: "S2", Duty: claim.DutySurvey, At: time.Unix(2, 0)},
		{By: "S1", Duty: claim.DutyAssess, At: time.Unix(3, 0)},
		{By: "S1", Duty: claim.DutyReview, Level: 2, At: time.Unix(4, 0)},
	}
	rule, prior, conflict := claim.Conflict(history, "S1", claim.DutyRelease, claim.Standard)
	require.True(t, conflict)
	require.Equal(t, "separation.pay-own-assessment", rule)
	require.Equal(t, history[2], prior)
}

func TestHistoryOnlyEverTakesAway(t *testing.T) {
	t.Parallel()
	staff := rapid.SampledFrom([]claim.Principal{"S1", "S2", claim.Machine})
	duty := rapid.SampledFrom(claim.Duties())
	rapid.Check(t, func(t *rapid.T) {
		var history []claim.Deed
		for range rapid.IntRange(0, 10).Draw(t, "acts") {
			history = append(history, claim.Deed{By: staff.Draw(t, "by"), Duty: duty.Draw(t, "duty")})
		}
		by, d := staff.Draw(t, "by"), duty.Draw(t, "duty")
		n := rapid.IntRange(0, len(history)).Draw(t, "n")
		rule, _, before := claim.Conflict(history[:n], by, d, claim.Standard)
		again, _, after := claim.Conflict(history, by, d, claim.Standard)
		if before {
			require.True(t, after)
			require.Equal(t, rule, again)
		}
		_, _, flash := claim.Conflict(history, by, d, claim.Flash)
		require.True(t, after || !flash, "the flash lane forbids nothing that others allow")
		if by == claim.Machine {
			require.False(t, after)
		}
	})
}

func TestAMachineNeverDenies(t *testing.T) {
	t.Parallel()
	for _, role := range []claim.Role{
		claim.Claimant, claim.Intake, claim.Dispatcher, claim.Surveyor, claim.Assessor, claim.Finance, claim.Service,
		claim.Audit, claim.Manager, claim.Admin, claim.Operator, claim.Partner, claim.System, "",
	} {
		require.False(t, claim.MayDeny(role), role)
	}
	require.True(t, claim.MayDeny(claim.Reviewer))
}
