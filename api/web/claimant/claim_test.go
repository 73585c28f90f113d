package claimant

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
	"anpei/claim"
)

func TestEveryStageHasAPhrase(t *testing.T) {
	t.Parallel()
	for _, stage := range []claim.Stage{
		claim.Reported, claim.SelfSurvey, claim.Dispatching, claim.Dispatched, claim.Surveying, claim.Assessing, claim.Negotiating, claim.Reviewing,
		claim.DenialReview, claim.Determined, claim.Agreed, claim.Paying, claim.PayReturned, claim.Paid, claim.Denied, claim.Closed,
	} {
		require.True(t, site.ZH.Has("where."+string(stage)), stage)
		if stage != claim.Closed {
			require.NotEmpty(t, upcoming[stage], stage)
		}
		for _, key := range upcoming[stage] {
			require.True(t, site.ZH.Has(key), key)
		}
	}
	for _, clock := range []claim.ClockName{
		claim.ClockContact, claim.ClockOnSite, claim.ClockRegistration, claim.ClockPapersList, claim.ClockDetermination,
		claim.ClockDeterminationCompulsory, claim.ClockReview, claim.ClockDenialNotice, claim.ClockPayment, claim.ClockPrepay,
	} {
		require.True(t, site.ZH.Has("promise."+string(clock)), clock)
	}
}
