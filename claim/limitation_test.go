package claim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// Insurance Law art. 26(1); Civil Code arts. 201(1) and 202.
func TestALossIsClaimedWithinTwoYearsOfKnowingOfIt(t *testing.T) {
	t.Parallel()
	for known, last := range map[string]string{
		"2026-11-22": "2028-11-22",
		"2026-12-31": "2028-12-31",
		"2024-02-29": "2026-02-28", // there is no such day
		"2026-02-28": "2028-02-28", // nor is it the month's last
	} {
		from, err := claim.ParseDate(known)
		require.NoError(t, err)
		require.Equal(t, last, claim.LimitationEnds(from).String(), known)
	}
}
