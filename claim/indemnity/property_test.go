package indemnity_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
	"anpei/claim/indemnity"
)

func TestCommercialProperty(t *testing.T) {
	t.Parallel()
	standard, err := indemnity.FormOf("property-2009")
	require.NoError(t, err)
	byRatio, fullSum := standard, standard
	byRatio.Property.SalvageByRatio = true
	fullSum.Property.FullAboveSum = true

	// Worth ¥1,000,000 and insured for ¥800,000; ¥100,000 is lost.
	item := func(change func(*indemnity.PropertyIn)) indemnity.PropertyIn {
		in := indemnity.PropertyIn{Loss: 100_000 * yuan, SumInsured: 800_000 * yuan, Value: 1_000_000 * yuan}
		change(&in)
		return in
	}
	for _, c := range []struct {
		name             string
		form             indemnity.Form
		in               indemnity.PropertyIn
		property, rescue claim.Fen
	}{
		{"under-insured", standard, item(func(*indemnity.PropertyIn) {}), 80_000 * yuan, 0},
		{"insured at its value", standard, item(func(in *indemnity.PropertyIn) { in.Value = 800_000 * yuan }), 100_000 * yuan, 0},
		{"a fen below its value", standard, item(func(in *indemnity.PropertyIn) { in.Loss, in.Value = 800_000*yuan, 800_000*yuan+1 }), 800_000*yuan - 1, 0},
		{"over-insured", standard, item(func(in *indemnity.PropertyIn) { in.Value = 700_000 * yuan }), 100_000 * yuan, 0},
		{"over-insured, and more than the value is lost", standard, item(func(in *indemnity.PropertyIn) { in.Loss, in.Value = 900_000*yuan, 700_000*yuan }), 700_000 * yuan, 0},
		{"salvage is shared in a partial loss", standard, item(func(in *indemnity.PropertyIn) { in.Salvage = 10_000 * yuan }), 72_000 * yuan, 0},
		{"salvage above the loss", standard, item(func(in *indemnity.PropertyIn) { in.Salvage = 200_000 * yuan }), 0, 0},
		{"a loss above the sum insured is averaged", standard, item(func(in *indemnity.PropertyIn) { in.Loss = 900_000 * yuan }), 720_000 * yuan, 0},
		{"unless the form pays it in full", fullSum, item(func(in *indemnity.PropertyIn) { in.Loss = 900_000 * yuan }), 800_000 * yuan, 0},
		{"which begins at the sum insured", fullSum, item(func(in *indemnity.PropertyIn) { in.Loss = 800_000 * yuan }), 800_000 * yuan, 0},
		{"and not a fen below", fullSum, item(func(in *indemnity.PropertyIn) { in.Loss = 800_000*yuan - 1 }), 640_000*yuan - 1, 0},
		{"the average never exceeds the sum insured", standard, item(func(in *indemnity.PropertyIn) { in.Loss = 2_000_000 * yuan }), 800_000 * yuan, 0},
		{"total loss", standard, item(func(in *indemnity.PropertyIn) { in.TotalLoss, in.Salvage = true, 100_000*yuan }), 700_000 * yuan, 0},
		{"total loss, salvage by ratio", byRatio, item(func(in *indemnity.PropertyIn) { in.TotalLoss, in.Salvage = true, 100_000*yuan }), 720_000 * yuan, 0},
		{"total loss, over-insured: all salvage is the insurer's", byRatio, item(func(in *indemnity.PropertyIn) {
			in.TotalLoss, in.Salvage, in.Value = true, 100_000*yuan, 700_000*yuan
		}), 600_000 * yuan, 0},
		{"coinsurance clause met", standard, item(func(in *indemnity.PropertyIn) { in.CoinsuranceShare = 8000 }), 100_000 * yuan, 0},
		{"coinsurance clause not met", standard, item(func(in *indemnity.PropertyIn) { in.SumInsured, in.CoinsuranceShare = 400_000*yuan, 8000 }), 50_000 * yuan, 0},
		{"coinsurance clause, then the deductible", standard, item(func(in *indemnity.PropertyIn) {
			in.SumInsured, in.CoinsuranceShare, in.Deductible = 400_000*yuan, 8000, 1_000*yuan
		}), 49_000 * yuan, 0},
		{"first loss", standard, item(func(in *indemnity.PropertyIn) { in.FirstLoss, in.Value = true, 0 }), 100_000 * yuan, 0},
		{"first loss above the sum insured", standard, item(func(in *indemnity.PropertyIn) { in.FirstLoss, in.Loss = true, 900_000*yuan }), 800_000 * yuan, 0},
		{"first loss, rescue without average", standard, item(func(in *indemnity.PropertyIn) { in.FirstLoss, in.Rescue = true, 1_000*yuan }), 100_000 * yuan, 1_000 * yuan},
		{"rescue by ratio, on top", standard, item(func(in *indemnity.PropertyIn) { in.Rescue = 1_000 * yuan }), 80_000 * yuan, 800 * yuan},
		{"rescue at its own limit", standard, item(func(in *indemnity.PropertyIn) { in.TotalLoss, in.Rescue = true, 1_100_000*yuan }), 800_000 * yuan, 800_000 * yuan},
		{"rescue alone", standard, item(func(in *indemnity.PropertyIn) { in.Loss, in.Rescue, in.Deductible = 0, 1_000*yuan, 500*yuan }), 0, 800 * yuan},
		{"at the deductible", standard, item(func(in *indemnity.PropertyIn) { in.Deductible = 80_000 * yuan }), 0, 0},
		{"a fen above the deductible", standard, item(func(in *indemnity.PropertyIn) { in.Deductible = 80_000*yuan - 1 }), 1, 0},
		{"the greater of amount and rate: the rate", standard, item(func(in *indemnity.PropertyIn) { in.Deductible, in.DeductibleRate = 5_000*yuan, 1000 }), 72_000 * yuan, 0},
		{"the greater of amount and rate: the amount", standard, item(func(in *indemnity.PropertyIn) { in.Deductible, in.DeductibleRate = 9_000*yuan, 1000 }), 71_000 * yuan, 0},
		{"a rate of the sum insured", standard, item(func(in *indemnity.PropertyIn) {
			in.DeductibleRate, in.DeductibleOf = 500, indemnity.OfSumInsured
		}), 40_000 * yuan, 0},
		{"at the franchise", standard, item(func(in *indemnity.PropertyIn) { in.Deductible, in.Franchise = 80_000*yuan, true }), 0, 0},
		{"a fen above the franchise", standard, item(func(in *indemnity.PropertyIn) { in.Deductible, in.Franchise = 80_000*yuan-1, true }), 80_000 * yuan, 0},
	} {
		s, err := c.form.CommercialProperty(c.in)
		require.NoError(t, err, c.name)
		require.Equal(t, c.property, s.Of(indemnity.FigureProperty), c.name)
		require.Equal(t, c.rescue, s.Of(indemnity.FigureRescue), c.name)
		require.Equal(t, c.property+c.rescue, s.Payable, c.name)
		explained(t, s)
	}
}

func TestAdvanceIsDeductedFromTheSettlement(t *testing.T) {
	t.Parallel()
	in := indemnity.PropertyIn{Form: "property-2009", Loss: 1_000, SumInsured: 1_000, Value: 1_000, Rescue: 200}
	for _, c := range []struct{ advance, payable claim.Fen }{{0, 1_200}, {1, 1_199}, {1_200, 0}, {1_201, 0}} {
		in.Advance = c.advance
		s, err := indemnity.CommercialProperty(in)
		require.NoError(t, err)
		require.Equal(t, c.payable, s.Payable)
		explained(t, s)
		if c.advance > 1_200 {
			last := s.Lines[len(s.Lines)-1]
			require.Equal(t, indemnity.Input{Name: "超付待追回", NameEN: "overpaid, to be recovered", Value: "¥0.01"}, last.Inputs[len(last.Inputs)-1])
		}
	}
}

func TestPropertyIsBounded(t *testing.T) {
	t.Parallel()
	standard, err := indemnity.FormOf("property-2009")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		form := standard
		form.Property.SalvageByRatio = rapid.Bool().Draw(t, "salvage by ratio")
		form.Property.FullAboveSum = rapid.Bool().Draw(t, "full above sum")
		in := indemnity.PropertyIn{
			Loss: amount(t, "loss") + 1, Rescue: amount(t, "rescue"), Salvage: amount(t, "salvage"),
			SumInsured: amount(t, "sum") + 1, Value: amount(t, "value") + 1,
			TotalLoss: rapid.Bool().Draw(t, "total"), FirstLoss: rapid.Bool().Draw(t, "first loss"),
			Deductible: amount(t, "deductible") + 1, DeductibleRate: ratio(t, "rate"), Franchise: rapid.Bool().Draw(t, "franchise"),
			Advance: amount(t, "advance"),
		}
		if !in.FirstLoss {
			in.CoinsuranceShare = ratio(t, "coinsurance")
		}
		s := computed(t, form.CommercialProperty, in)
		if most := min(in.SumInsured, in.Value); s.Of(indemnity.FigureProperty) > most {
			t.Fatalf("pays %s, at most %s is insured", s.Of(indemnity.FigureProperty), most)
		}
		if !in.TotalLoss && s.Of(indemnity.FigureProperty) > in.Loss {
			t.Fatalf("pays %s for a loss of %s", s.Of(indemnity.FigureProperty), in.Loss)
		}
		if most := min(in.SumInsured, in.Rescue); s.Of(indemnity.FigureRescue) > most {
			t.Fatalf("pays %s for rescue of %s", s.Of(indemnity.FigureRescue), in.Rescue)
		}

		less := in
		less.Deductible += amount(t, "more deductible")
		less.Advance += amount(t, "more advance")
		if pays := computed(t, form.CommercialProperty, less).Payable; pays > s.Payable {
			t.Fatalf("with more deducted it pays %s, more than %s", pays, s.Payable)
		}
	})
}

func TestCargo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		in            indemnity.CargoIn
		cargo, rescue claim.Fen
	}{
		{"valued, by degree", indemnity.CargoIn{SumInsured: 240_000, Valued: true, Degree: 8000}, 192_000, 0},
		{"valued, by values at destination", indemnity.CargoIn{SumInsured: 20_000, Valued: true, Sound: 28_000, Damaged: 15_000}, 9_286, 0},
		{"valued, worth nothing any more", indemnity.CargoIn{SumInsured: 20_000, Valued: true, Sound: 28_000}, 20_000, 0},
		{"valued, undamaged", indemnity.CargoIn{SumInsured: 20_000, Valued: true, Sound: 28_000, Damaged: 28_000}, 0, 0},
		{"valued total loss with salvage", indemnity.CargoIn{SumInsured: 20_000, Valued: true, Degree: claim.Whole, Salvage: 1_000, Rescue: 500}, 19_000, 500},
		{"inland, under-insured", indemnity.CargoIn{SumInsured: 80_000, Value: 100_000, Loss: 50_000, Salvage: 5_000, Rescue: 10_000}, 35_000, 8_000},
		{"inland, over-insured", indemnity.CargoIn{SumInsured: 200_000, Value: 100_000, Loss: 50_000}, 50_000, 0},
		{"inland, each at its limit", indemnity.CargoIn{SumInsured: 80_000, Value: 100_000, Loss: 120_000, Rescue: 120_000}, 80_000, 80_000},
	} {
		c.in.Form = "cargo-2009"
		s, err := indemnity.Cargo(c.in)
		require.NoError(t, err, c.name)
		require.Equal(t, c.cargo, s.Of(indemnity.FigureCargo), c.name)
		require.Equal(t, c.rescue, s.Of(indemnity.FigureRescue), c.name)
		explained(t, s)
	}
}

func TestLiabilityClaims(t *testing.T) {
	t.Parallel()
	deductibleFirst, err := indemnity.FormOf("liability-2009")
	require.NoError(t, err)
	limitFirst := deductibleFirst
	limitFirst.Liability.LimitFirst = true
	for _, c := range []struct {
		name string
		form indemnity.Form
		in   indemnity.LiabilityIn
		paid []claim.Fen
	}{
		{"the aggregate runs out in date order", deductibleFirst, indemnity.LiabilityIn{
			Claims: []claim.Fen{100, 10, 100, 50}, Aggregate: 200,
		}, []claim.Fen{100, 10, 90, 0}},
		{"at the limit and a fen above", deductibleFirst, indemnity.LiabilityIn{
			Claims: []claim.Fen{500, 501}, PerOccurrence: 500,
		}, []claim.Fen{500, 500}},
		{"the deductible first: a large loss still pays the limit", deductibleFirst, indemnity.LiabilityIn{
			Claims: []claim.Fen{700, 100}, PerOccurrence: 500, Deductible: 100,
		}, []claim.Fen{500, 0}},
		{"the limit first: the deductible comes off the limit", limitFirst, indemnity.LiabilityIn{
			Claims: []claim.Fen{700, 100}, PerOccurrence: 500, Deductible: 100,
		}, []claim.Fen{400, 0}},
		{"the claims of one occurrence share its limit", deductibleFirst, indemnity.LiabilityIn{
			Claims: []claim.Fen{100, 100, 100}, PerOccurrence: 200, OneOccurrence: true,
		}, []claim.Fen{67, 67, 66}},
		{"and its deductible, and the aggregate", deductibleFirst, indemnity.LiabilityIn{
			Claims: []claim.Fen{100, 300}, PerOccurrence: 1000, Aggregate: 200, Deductible: 100, OneOccurrence: true,
		}, []claim.Fen{50, 150}},
	} {
		s, err := c.form.LiabilityClaims(c.in)
		require.NoError(t, err, c.name)
		for i, want := range c.paid {
			require.Equal(t, want, s.Of(indemnity.Figure("claim_"+string(rune('1'+i)))), "%s, claim %d", c.name, i+1)
		}
		sum, err := claim.Sum(c.paid...)
		require.NoError(t, err)
		require.Equal(t, sum, s.Payable, c.name)
		explained(t, s)
	}
}

func TestEmployer(t *testing.T) {
	t.Parallel()
	in := indemnity.EmployerIn{Form: "liability-2009", PerPerson: 500_000, GradeRate: 3000, Medical: 30_001, MedicalLimit: 30_000}
	s, err := indemnity.Employer(in)
	require.NoError(t, err)
	require.Equal(t, claim.Fen(150_000), s.Of(indemnity.FigureDisability))
	require.Equal(t, claim.Fen(30_000), s.Of(indemnity.FigureMedical))
	explained(t, s)
}

func TestContribution(t *testing.T) {
	t.Parallel()
	standard, err := indemnity.FormOf("property-2009")
	require.NoError(t, err)
	byRatio, independent := standard, standard
	byRatio.Property.StandaloneByRatio = true
	independent.Property.Contribution = indemnity.ByIndependentLiability
	two := func(a, b claim.Fen) []indemnity.Insurer {
		return []indemnity.Insurer{{Name: "a", SumInsured: a}, {Name: "b", SumInsured: b}}
	}
	for _, c := range []struct {
		name string
		form indemnity.Form
		in   indemnity.ContributionIn
		a, b claim.Fen
	}{
		{"the law's default", standard, indemnity.ContributionIn{Loss: 300, Value: 500, Insurers: two(200, 400)}, 100, 200},
		{"the form's default", independent, indemnity.ContributionIn{Loss: 300, Value: 500, Insurers: two(200, 400)}, 120, 180},
		{"in order of issue", standard, indemnity.ContributionIn{Method: indemnity.InOrderOfIssue, Loss: 300, Value: 500, Insurers: two(200, 400)}, 200, 100},
		{"alone by ratio: 300 × 2/5 and 300 × 4/5", byRatio, indemnity.ContributionIn{
			Method: indemnity.ByIndependentLiability, Loss: 300, Value: 500, Insurers: two(200, 400),
		}, 100, 200},
		{"parts of a fen go to the largest remainder", standard, indemnity.ContributionIn{Loss: 101, Insurers: two(200, 200)}, 51, 50},
		{"together under-insured", standard, indemnity.ContributionIn{Loss: 300, Value: 1200, Insurers: two(200, 400)}, 50, 100},
		{"more lost than the value", standard, indemnity.ContributionIn{Loss: 900, Value: 500, Insurers: two(200, 400)}, 167, 333},
		{"more lost than insured", standard, indemnity.ContributionIn{Loss: 900, Insurers: two(200, 400)}, 200, 400},
	} {
		s, err := c.form.Contribution(c.in)
		require.NoError(t, err, c.name)
		require.Equal(t, c.a, s.Of("a"), c.name)
		require.Equal(t, c.b, s.Of("b"), c.name)
		require.Equal(t, c.a+c.b, s.Payable, c.name)
		explained(t, s)
	}
}

func TestContributionIsBounded(t *testing.T) {
	t.Parallel()
	standard, err := indemnity.FormOf("household-2009")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		form := standard
		form.Property.StandaloneByRatio = rapid.Bool().Draw(t, "alone by ratio")
		in := indemnity.ContributionIn{
			Method: rapid.SampledFrom([]indemnity.Method{
				"", indemnity.BySumInsured, indemnity.ByIndependentLiability, indemnity.InOrderOfIssue,
			}).Draw(t, "method"),
			Loss: amount(t, "loss") + 1, Value: amount(t, "value"),
		}
		for _, name := range []string{"a", "b", "c", "d"}[:rapid.IntRange(2, 4).Draw(t, "insurers")] {
			in.Insurers = append(in.Insurers, indemnity.Insurer{Name: name, SumInsured: amount(t, name) + 1})
		}
		s := computed(t, form.Contribution, in)
		if s.Payable > in.Loss {
			t.Fatalf("together they pay %s", s.Payable)
		}
		for _, insurer := range in.Insurers {
			if pays := s.Of(indemnity.Figure(insurer.Name)); pays > insurer.SumInsured {
				t.Fatalf("%s pays %s", insurer.Name, pays)
			}
		}
	})
}
