package desk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

func TestReadingsAreSummedByKindAndFieldTheWorstFirst(t *testing.T) {
	t.Parallel()
	kinds := readKinds([]rest.ReadingFigure{
		{Kind: "id_card", Field: "name", Engine: "a", Read: 9, Accepted: 9},
		{Kind: "vat_invoice", Field: "seller", Engine: "a", Read: 5, Accepted: 5},
		{Kind: "vat_invoice", Field: "total_fen", Engine: "a", Read: 3, LookedAt: 2, Corrected: 1},
		{Kind: "vat_invoice", Field: "total_fen", Engine: "b", Read: 4, Accepted: 3, LookedAt: 1, Corrected: 1},
	})
	require.Len(t, kinds, 2)
	require.Equal(t, rest.ReadingFigure{Read: 12, Accepted: 8, LookedAt: 3, Corrected: 2}, kinds[0].Sum)
	require.Equal(t, []rest.ReadingFigure{
		{Kind: "vat_invoice", Field: "total_fen", Read: 7, Accepted: 3, LookedAt: 3, Corrected: 2}, {Kind: "vat_invoice", Field: "seller", Read: 5, Accepted: 5},
	}, kinds[0].Fields)
}

func TestAFigureLeadsToTheClaimsItCounts(t *testing.T) {
	t.Parallel()
	found := rest.Figures{
		Open: []rest.OpenFigure{
			{Branch: "3201", Stage: claim.Assessing, FromDays: 91, Count: 1, AmountFen: 100, Filter: "branch=3201&opened_to=2026-08-23&stage=assessing"},
			{Branch: "3101", Stage: claim.Assessing, FromDays: 0, ToDays: 2, Count: 2, AmountFen: 200, Filter: "branch=3101&opened_from=2026-11-20&stage=assessing"},
			{Branch: "3201", Stage: claim.Assessing, FromDays: 0, ToDays: 2, Count: 3, AmountFen: 300, Filter: "branch=3201&opened_from=2026-11-20&stage=assessing"},
			{Branch: "3101", Stage: claim.Reported, FromDays: 0, ToDays: 2, Count: 4, Filter: "branch=3101&opened_from=2026-11-20&stage=reported"},
		},
		Ended: []rest.EndedFigure{
			{Branch: "3101", Month: "2026-10", Outcome: claim.OutcomePaid, Count: 5, PaidFen: 500, Filter: "branch=3101&closed_from=2026-10-01&closed_to=2026-10-31&outcome=paid&stage=closed"},
			{Branch: "3201", Month: "2026-10", Outcome: claim.OutcomePaid, Count: 6, PaidFen: 600, Filter: "branch=3201&closed_from=2026-10-01&closed_to=2026-10-31&outcome=paid&stage=closed"},
		},
	}
	all := figuresPage{}
	all.take(found)
	require.Equal(t, []string{"3101", "3201"}, all.Branches)
	require.Equal(t, []band{{0, 2}, {91, 0}}, all.Bands)
	require.Equal(t, claim.Reported, all.Open[0].Stage, "in the order of the story")
	require.Equal(t, figure{5, 500, "/desk/claims?opened_from=2026-11-20&stage=assessing"}, all.Open[1].Cells[0], "of both branches")
	require.Equal(t, figure{6, 600, "/desk/claims?stage=assessing"}, all.Open[1].All)
	require.Equal(t, "/desk/claims?opened_from=2026-11-20", all.Total[0].Way)
	require.Equal(t, 10, all.Total[2].Count)
	require.Equal(t, figure{11, 1100, "/desk/claims?closed_from=2026-10-01&closed_to=2026-10-31&outcome=paid&stage=closed"}, all.Chart[0].Paid)
	require.Equal(t, "3101", all.Ended[0].Branch)
	require.Equal(t, "/desk/claims?branch=3101&closed_from=2026-10-01&closed_to=2026-10-31&outcome=paid&stage=closed", all.Ended[0].Paid.Way)

	one := figuresPage{Branch: "3101"}
	one.take(rest.Figures{Open: found.Open[1:2]})
	require.Equal(t, "/desk/claims?branch=3101&opened_from=2026-11-20&stage=assessing", one.Open[0].Cells[0].Way)
}
