package specimen

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim/document"
	"anpei/internal/testenv"
)

// The papers of a loss that is up to four days old, on days that are unlike
// others: nothing in them says that they are not of this loss.
func TestPapersAgreeWithTheLossWheneverTheyAreDrawn(t *testing.T) {
	t.Parallel()
	days := testenv.Days()
	days["today"] = time.Now()
	for name, now := range days {
		on := DatesAt(now)
		require.Equal(t, now.In(shanghai).Format(time.DateOnly), on.Today, name)
		for _, ago := range []time.Duration{0, 25 * time.Minute, 96 * time.Hour} {
			lossAt := now.Add(-ago)
			facts := []document.Fact{{Source: document.Source{From: document.OfReport, Field: "loss_at"}, Value: lossAt.UTC().Format(time.RFC3339)}}
			for _, f := range []struct {
				kind        document.Kind
				field, says string
			}{
				{document.VATInvoice, "issue_date", on.Today},
				{document.RepairEstimate, "issue_date", on.Today},
				{document.VehicleLicence, "register_date", on.VehicleRegistered},
				{document.VehicleLicence, "issue_date", on.VehicleIssued},
				{document.DrivingLicence, "issue_date", on.DriverFirstIssued},
				{document.DrivingLicence, "valid_from", on.DriverFrom},
				{document.DrivingLicence, "valid_until", on.DriverUntil},
			} {
				facts = append(facts, document.Fact{Source: document.Source{From: document.OfDocument, Document: string(f.kind), Kind: f.kind, Field: f.field}, Value: f.says})
			}
			require.Empty(t, document.CrossCheck(facts), "%s, %s after the loss", name, ago)
			require.Less(t, on.Purchased, lossAt.In(shanghai).Format(time.DateOnly), "what burnt was bought before")
		}
		order := []string{on.DriverFirstIssued, on.DriverFrom, on.Today, on.DriverUntil}
		require.IsIncreasing(t, order, name)
		require.LessOrEqual(t, on.VehicleRegistered, on.VehicleIssued, name)
	}
}

func TestADayIsTheOneInShanghai(t *testing.T) {
	t.Parallel()
	eve := testenv.Days()[testenv.NewYearsEve]
	require.Equal(t, "2026-12-31", DatesAt(eve.UTC()).Today)
	require.Equal(t, "2027-01-01", DatesAt(eve.UTC().Add(5*time.Minute)).Today, "which is still the year before in London")
}
