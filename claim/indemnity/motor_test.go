package indemnity_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
	"anpei/claim/indemnity"
)

const yuan claim.Fen = 100

func TestOwnDamage(t *testing.T) {
	t.Parallel()
	ten := claim.BP(1000)
	// A car of the 2020 form, insured for and worth ¥100,000, all the fault.
	car := func(change func(*indemnity.OwnDamageIn)) indemnity.OwnDamageIn {
		in := indemnity.OwnDamageIn{
			Form: "motor-2020", Loss: 10_000 * yuan, SumInsured: 100_000 * yuan, ActualValue: 100_000 * yuan, FaultShare: claim.Whole,
		}
		change(&in)
		return in
	}
	for _, c := range []struct {
		name           string
		in             indemnity.OwnDamageIn
		damage, rescue claim.Fen
		last           string // rule of the last line
	}{
		{
			"repair", car(func(*indemnity.OwnDamageIn) {}),
			10_000 * yuan, 0, "motor.own.fault_share",
		},
		{
			"repair one fen below the actual value: salvage comes off the repair",
			car(func(in *indemnity.OwnDamageIn) {
				in.Loss, in.SumInsured, in.Salvage = 100_000*yuan-1, 80_000*yuan, 5_000*yuan
			}),
			80_000 * yuan, 0, "motor.own.fault_share",
		},
		{
			"repair at the actual value is a total loss: it comes off the sum insured",
			car(func(in *indemnity.OwnDamageIn) {
				in.Loss, in.SumInsured, in.Salvage = 100_000*yuan, 80_000*yuan, 5_000*yuan
			}),
			75_000 * yuan, 0, "motor.own.fault_share",
		},
		{
			"repair above it pays no more", car(func(in *indemnity.OwnDamageIn) { in.Loss = 300_000 * yuan }),
			100_000 * yuan, 0, "motor.own.fault_share",
		},
		{
			"a total loss of a car worth less than its sum insured", car(func(in *indemnity.OwnDamageIn) { in.Loss, in.TotalLoss, in.ActualValue = 0, true, 80_000*yuan }),
			80_000 * yuan, 0, "motor.own.fault_share",
		},
		{
			"a total loss of a car worth more", car(func(in *indemnity.OwnDamageIn) { in.Loss, in.TotalLoss, in.ActualValue = 0, true, 120_000*yuan }),
			100_000 * yuan, 0, "motor.own.fault_share",
		},
		{
			"a partial loss above the sum insured", car(func(in *indemnity.OwnDamageIn) { in.Loss, in.ActualValue = 110_000*yuan, 120_000*yuan }),
			100_000 * yuan, 0, "motor.own.fault_share",
		},
		{
			"salvage above the loss pays nothing", car(func(in *indemnity.OwnDamageIn) { in.Salvage = 10_001 * yuan }),
			0, 0, "motor.own.fault_share",
		},
		{
			"the other side's compulsory cover goes before the share", car(func(in *indemnity.OwnDamageIn) { in.FaultShare, in.FromOtherCompulsory = 7000, 2_000*yuan }),
			5_600 * yuan, 0, "motor.own.fault_share",
		},
		{
			"no fault pays nothing", car(func(in *indemnity.OwnDamageIn) { in.FaultShare, in.NoFault = 0, true }),
			0, 0, "motor.own.fault_share",
		},
		{
			"no fault, but we pay first and recover", car(func(in *indemnity.OwnDamageIn) { in.FaultShare, in.Subrogation = 0, true }),
			10_000 * yuan, 0, "motor.own.subrogation",
		},
		{
			"the deductible goes last", car(func(in *indemnity.OwnDamageIn) { in.Rate, in.Deductible = 1000, 500*yuan }),
			8_500 * yuan, 0, "motor.own.deductible",
		},
		{
			"a loss at the deductible pays nothing", car(func(in *indemnity.OwnDamageIn) { in.Loss, in.Deductible = 500*yuan, 500*yuan }),
			0, 0, "motor.own.deductible",
		},
		{
			"a loss a fen above it pays a fen", car(func(in *indemnity.OwnDamageIn) { in.Loss, in.Deductible = 500*yuan+1, 500*yuan }),
			1, 0, "motor.own.deductible",
		},
		{
			"rescue comes on top of a total loss", car(func(in *indemnity.OwnDamageIn) { in.TotalLoss, in.Rescue = true, 3_000*yuan }),
			100_000 * yuan, 3_000 * yuan, "motor.own.fault_share",
		},
		{
			"rescue has a limit of its own", car(func(in *indemnity.OwnDamageIn) { in.Rescue = 100_001 * yuan }),
			10_000 * yuan, 100_000 * yuan, "motor.own.rescue_limit",
		},
		{
			"rescue alone", car(func(in *indemnity.OwnDamageIn) { in.Loss, in.Rescue, in.FaultShare = 0, 1_000*yuan, 5000 }),
			0, 500 * yuan, "motor.own.fault_share",
		},
		{
			"one deductible per accident: the damage first, the rest from rescue",
			car(func(in *indemnity.OwnDamageIn) { in.Loss, in.Rescue, in.Deductible = 300*yuan, 1_000*yuan, 500*yuan }),
			0, 800 * yuan, "motor.own.deductible",
		},
		{
			"2014: full fault costs 20 %", car(func(in *indemnity.OwnDamageIn) { in.Form = "motor-2014" }),
			8_000 * yuan, 0, "motor.rate.fault",
		},
		{
			"2014: a share of 60 % is the main fault", car(func(in *indemnity.OwnDamageIn) { in.Form, in.FaultShare = "motor-2014", 6000 }),
			5_100 * yuan, 0, "motor.rate.fault",
		},
		{
			"2014: equal fault costs 10 %", car(func(in *indemnity.OwnDamageIn) { in.Form, in.FaultShare = "motor-2014", 5000 }),
			4_500 * yuan, 0, "motor.rate.fault",
		},
		{
			"2014: a share just below half is the secondary fault", car(func(in *indemnity.OwnDamageIn) { in.Form, in.FaultShare = "motor-2014", 4999 }),
			474_905, 0, "motor.rate.fault",
		},
		{
			"2014: the rider refunds it", car(func(in *indemnity.OwnDamageIn) { in.Form, in.Waiver = "motor-2014", true }),
			10_000 * yuan, 0, "motor.rate.waived",
		},
		{
			"2014: an agreed rate is taken from the rest", car(func(in *indemnity.OwnDamageIn) { in.Form, in.Rate = "motor-2014", 1000 }),
			7_200 * yuan, 0, "motor.rate.agreed",
		},
		{
			"2009: the main fault costs 10 %, and an agreed rate adds to it",
			car(func(in *indemnity.OwnDamageIn) {
				in.Form, in.FaultShare, in.Rate, in.NewPrice = "motor-2009", 7000, 1000, 100_000*yuan
			}),
			5_600 * yuan, 0, "motor.rate.agreed",
		},
		{
			"rates that add up to more than all pay nothing",
			car(func(in *indemnity.OwnDamageIn) { in.Form, in.Rate, in.NewPrice = "motor-2009", 9000, 100_000*yuan }),
			0, 0, "motor.rate.agreed",
		},
		{
			"a clause may have a rate of its own", car(func(in *indemnity.OwnDamageIn) { in.Form, in.FaultRate = "motor-2014", &ten }),
			9_000 * yuan, 0, "motor.rate.fault",
		},
		{
			"2009: averaged against the price of a new car",
			car(func(in *indemnity.OwnDamageIn) { in.Form, in.Waiver, in.NewPrice = "motor-2009", true, 160_000*yuan }),
			6_250 * yuan, 0, "motor.rate.waived",
		},
		{
			"but a total loss is not",
			car(func(in *indemnity.OwnDamageIn) {
				in.Form, in.Waiver, in.NewPrice, in.TotalLoss = "motor-2009", true, 160_000*yuan, true
			}),
			100_000 * yuan, 0, "motor.rate.waived",
		},
		{
			"rounded once, half away from zero", car(func(in *indemnity.OwnDamageIn) { in.Loss, in.FaultShare, in.Rate = 333, 5000, 1000 }),
			150, 0, "motor.rate.agreed", // 149.85; rounded at each step it would be 167 × 0.9 = 150.3
		},
	} {
		s, err := indemnity.OwnDamage(c.in)
		require.NoError(t, err, c.name)
		require.Equal(t, c.damage, s.Of(indemnity.FigureDamage), c.name)
		require.Equal(t, c.rescue, s.Of(indemnity.FigureRescue), c.name)
		require.Equal(t, c.damage+c.rescue, s.Payable, c.name)
		require.Equal(t, c.last, s.Lines[len(s.Lines)-1].Rule, c.name)
		explained(t, s)
	}
}

func TestThirdPartyProperty(t *testing.T) {
	t.Parallel()
	left, none := 1_200*yuan, claim.Fen(0)
	car := func(change func(*indemnity.ThirdPartyIn)) indemnity.ThirdPartyIn {
		in := indemnity.ThirdPartyIn{
			Form: "motor-2020", AccidentOn: "2026-11-21", Loss: 12_000 * yuan, AtFault: true, FaultShare: 7000, Limit: 1_000_000 * yuan,
		}
		change(&in)
		return in
	}
	for _, c := range []struct {
		name                          string
		in                            indemnity.ThirdPartyIn
		compulsory, commercial, legal claim.Fen
	}{
		{"both covers", car(func(*indemnity.ThirdPartyIn) {}), 2_000 * yuan, 7_000 * yuan, 0},
		{"a loss at the sub-limit", car(func(in *indemnity.ThirdPartyIn) { in.Loss = 2_000 * yuan }), 2_000 * yuan, 0, 0},
		{"a fen above it", car(func(in *indemnity.ThirdPartyIn) { in.Loss = 2_000*yuan + 1 }), 2_000 * yuan, 1, 0}, // 0.7 fen
		{"no fault", car(func(in *indemnity.ThirdPartyIn) { in.AtFault, in.FaultShare = false, 0 }), 100 * yuan, 0, 0},
		{"no fault before 2008-02-01", car(func(in *indemnity.ThirdPartyIn) {
			in.Form, in.AccidentOn, in.AtFault, in.FaultShare, in.Limit = "compulsory-2006", "2008-01-31", false, 0, 0
		}), 400 * yuan, 0, 0},
		{"compulsory cover alone", car(func(in *indemnity.ThirdPartyIn) { in.Form, in.Limit = "compulsory-2006", 0 }), 2_000 * yuan, 0, 0},
		{"the sub-limit is shared", car(func(in *indemnity.ThirdPartyIn) { in.CompulsoryLeft = &left }), 1_200 * yuan, 7_560 * yuan, 0},
		{"the sub-limit is used up", car(func(in *indemnity.ThirdPartyIn) { in.CompulsoryLeft = &none }), 0, 8_400 * yuan, 0},
		{"another insurer's compulsory cover", car(func(in *indemnity.ThirdPartyIn) { in.CompulsoryElsewhere = true }), 0, 7_000 * yuan, 0},
		{"and it pays all", car(func(in *indemnity.ThirdPartyIn) { in.CompulsoryElsewhere, in.Loss = true, 900*yuan }), 0, 0, 0},
		{"another vehicle's compulsory cover pays a part", car(func(in *indemnity.ThirdPartyIn) { in.FromOtherCompulsory = 2_000 * yuan }), 2_000 * yuan, 5_600 * yuan, 0},
		{"and all of it", car(func(in *indemnity.ThirdPartyIn) { in.FromOtherCompulsory = 12_000 * yuan }), 0, 0, 0},
		{"the limit first, the rate after", car(func(in *indemnity.ThirdPartyIn) { in.Limit, in.Rate = 5_000*yuan, 1000 }), 2_000 * yuan, 4_500 * yuan, 0},
		{"at the limit", car(func(in *indemnity.ThirdPartyIn) { in.Limit = 7_000 * yuan }), 2_000 * yuan, 7_000 * yuan, 0},
		{"2014: the main fault costs 15 %", car(func(in *indemnity.ThirdPartyIn) { in.Form = "motor-2014" }), 2_000 * yuan, 5_950 * yuan, 0},
		{"before compulsory cover", car(func(in *indemnity.ThirdPartyIn) { in.Form, in.AccidentOn, in.Waiver = "motor-2000", "2006-06-30", true }), 0, 8_400 * yuan, 0},
		{"legal expense at its limit", car(func(in *indemnity.ThirdPartyIn) { in.Limit, in.LegalExpense = 10_000*yuan, 3_000*yuan }), 2_000 * yuan, 7_000 * yuan, 3_000 * yuan},
		{"legal expense above it", car(func(in *indemnity.ThirdPartyIn) { in.Limit, in.LegalExpense = 10_000*yuan, 3_000*yuan+1 }), 2_000 * yuan, 7_000 * yuan, 3_000 * yuan},
	} {
		s, err := indemnity.ThirdPartyProperty(c.in)
		require.NoError(t, err, c.name)
		require.Equal(t, c.compulsory, s.Of(indemnity.FigureCompulsory), c.name)
		require.Equal(t, c.commercial, s.Of(indemnity.FigureThirdParty), c.name)
		require.Equal(t, c.legal, s.Of(indemnity.FigureLegal), c.name)
		require.Equal(t, c.compulsory+c.commercial+c.legal, s.Payable, c.name)
		explained(t, s)
	}
	_, err := indemnity.ThirdPartyProperty(car(func(in *indemnity.ThirdPartyIn) { in.Kind = indemnity.ForMedical }))
	require.EqualError(t, err, "kind: is medical; leave it out for a loss of property")
}

func TestCompulsoryLimitsFollowTheDayOfTheAccident(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		day            string
		fault, noFault indemnity.SubLimits // in yuan
	}{
		{"2006-07-01", indemnity.SubLimits{DeathDisability: 50_000, Medical: 8_000, Property: 2_000}, indemnity.SubLimits{DeathDisability: 10_000, Medical: 1_600, Property: 400}},
		{"2008-01-31", indemnity.SubLimits{DeathDisability: 50_000, Medical: 8_000, Property: 2_000}, indemnity.SubLimits{DeathDisability: 10_000, Medical: 1_600, Property: 400}},
		{"2008-02-01", indemnity.SubLimits{DeathDisability: 110_000, Medical: 10_000, Property: 2_000}, indemnity.SubLimits{DeathDisability: 11_000, Medical: 1_000, Property: 100}},
		{"2020-09-18", indemnity.SubLimits{DeathDisability: 110_000, Medical: 10_000, Property: 2_000}, indemnity.SubLimits{DeathDisability: 11_000, Medical: 1_000, Property: 100}},
		{"2020-09-19", indemnity.SubLimits{DeathDisability: 180_000, Medical: 18_000, Property: 2_000}, indemnity.SubLimits{DeathDisability: 18_000, Medical: 1_800, Property: 100}},
		{"2026-11-21", indemnity.SubLimits{DeathDisability: 180_000, Medical: 18_000, Property: 2_000}, indemnity.SubLimits{DeathDisability: 18_000, Medical: 1_800, Property: 100}},
	} {
		for fault, want := range map[bool]indemnity.SubLimits{true: c.fault, false: c.noFault} {
			got, err := indemnity.LimitsOn(c.day, fault)
			require.NoError(t, err)
			require.Equal(t, want.DeathDisability*yuan, got.Of(indemnity.ForDeathDisability), c.day)
			require.Equal(t, want.Medical*yuan, got.Of(indemnity.ForMedical), c.day)
			require.Equal(t, want.Property*yuan, got.Of(indemnity.ForProperty), c.day)
			require.Equal(t, want.Property*yuan, got.Of(""), c.day)
		}
	}
	_, err := indemnity.LimitsOn("2006-06-30", true)
	require.EqualError(t, err, "accident_on: is 2006-06-30, but compulsory cover began on 2006-07-01; give the form of the policy then in force")
	_, err = indemnity.LimitsOn("2026-02-29", true)
	require.EqualError(t, err, `accident_on: is "2026-02-29"; give the day as in 2026-11-21`)
}

func TestCompulsory(t *testing.T) {
	t.Parallel()
	fault, noFault := true, false
	car := func(id string, atFault bool) indemnity.Vehicle { return indemnity.Vehicle{ID: id, AtFault: atFault} }
	property := func(in string, amount claim.Fen) indemnity.Loss {
		return indemnity.Loss{Of: "车主" + in, In: in, Amount: amount}
	}
	walker := func(kind indemnity.SubLimit, amount claim.Fen) indemnity.Loss {
		return indemnity.Loss{Of: "行人", Kind: kind, Amount: amount}
	}
	for _, c := range []struct {
		name     string
		vehicles []indemnity.Vehicle
		losses   []indemnity.Loss
		paid     [][]claim.Fen // by vehicle, by loss, in fen
		advanced string        // who advances what the last vehicle pays for the first loss
	}{
		{
			"two at fault pay each other",
			[]indemnity.Vehicle{car("A", fault), car("B", fault)},
			[]indemnity.Loss{property("A", 350_000), property("B", 150_000)},
			[][]claim.Fen{{0, 150_000}, {200_000, 0}},
			"",
		},
		{
			"one without fault pays its hundred yuan, which the damaged car's insurer advances",
			[]indemnity.Vehicle{car("A", fault), car("B", noFault)},
			[]indemnity.Loss{property("A", 80_000), property("B", 70_000)},
			[][]claim.Fen{{0, 70_000}, {10_000, 0}},
			"A",
		},
		{
			"nobody pays for one whose policy has expired",
			[]indemnity.Vehicle{car("A", fault), {ID: "B", Uninsured: true}},
			[]indemnity.Loss{property("A", 80_000), property("B", 70_000)},
			[][]claim.Fen{{0, 70_000}, {0, 0}},
			"",
		},
		{
			"and nobody advances for the insurer of one whose own policy has expired",
			[]indemnity.Vehicle{{ID: "A", AtFault: fault, Uninsured: true}, car("B", noFault)},
			[]indemnity.Loss{property("A", 80_000), property("B", 70_000)},
			[][]claim.Fen{{0, 0}, {10_000, 0}},
			"",
		},
		{
			"two without fault pay each other nothing, and nothing for a fence",
			[]indemnity.Vehicle{car("A", fault), car("B", noFault), car("C", noFault)},
			[]indemnity.Loss{property("A", 15_000), property("B", 100_000), property("C", 100_000), property("", 50_000)},
			[][]claim.Fen{{0, 80_000, 80_000, 40_000}, {7_500, 0, 0, 0}, {7_500, 0, 0, 0}},
			"A",
		},
		{
			"a vehicle hit by a cyclist who has all the fault",
			[]indemnity.Vehicle{car("A", noFault)},
			[]indemnity.Loss{property("", 50_000), walker(indemnity.ForMedical, 500_000)},
			[][]claim.Fen{{10_000, 180_000}},
			"",
		},
		{
			"where nobody is at fault, each answers to all",
			[]indemnity.Vehicle{car("A", noFault), car("B", noFault)},
			[]indemnity.Loss{property("A", 50_000), property("B", 6_000), property("", 8_000)},
			[][]claim.Fen{{0, 6_000, 4_000}, {9_259, 0, 741}},
			"A",
		},
		{
			"several victims share a sub-limit by their losses",
			[]indemnity.Vehicle{car("A", fault)},
			[]indemnity.Loss{property("", 100_000), property("", 200_000), property("", 300_000)},
			[][]claim.Fen{{33_333, 66_667, 100_000}},
			"",
		},
		{
			"an unused sub-limit tops no other up",
			[]indemnity.Vehicle{car("A", fault)},
			[]indemnity.Loss{walker(indemnity.ForMedical, 2_000_000), walker(indemnity.ForProperty, 1)},
			[][]claim.Fen{{1_800_000, 1}},
			"",
		},
		{
			"with and without fault, a pedestrian is paid in proportion to the limits",
			[]indemnity.Vehicle{car("A", fault), car("B", noFault)},
			[]indemnity.Loss{walker(indemnity.ForDeathDisability, 1_100_000)},
			[][]claim.Fen{{1_000_000}, {100_000}},
			"",
		},
		{
			"three parts of a loss never make more than it", // 66.67 each, but for the last
			[]indemnity.Vehicle{car("A", fault), car("B", fault), car("C", fault)},
			[]indemnity.Loss{property("", 20_000)},
			[][]claim.Fen{{6_667}, {6_667}, {6_666}},
			"",
		},
		{
			"no loss", []indemnity.Vehicle{car("A", fault)}, nil, [][]claim.Fen{{}}, "",
		},
	} {
		all, err := indemnity.Compulsory(indemnity.Accident{Form: "motor-2020", On: "2026-11-21", Vehicles: c.vehicles, Losses: c.losses})
		require.NoError(t, err, c.name)
		for v, a := range all {
			require.Equal(t, c.vehicles[v].ID, a.Vehicle, c.name)
			require.Equal(t, c.paid[v], a.Paid, "%s: %s", c.name, a.Vehicle)
			sum, err := claim.Sum(a.Paid...)
			require.NoError(t, err)
			require.Equal(t, sum, a.Statement.Payable, c.name)
			explained(t, a.Statement)
		}
		if last := all[len(all)-1]; len(c.losses) > 0 {
			require.Equal(t, c.advanced, last.AdvancedBy[0], c.name)
		}
	}
}

func TestVictimsRatioIsRoundedWhereTheFormSaysSo(t *testing.T) {
	t.Parallel()
	form, err := indemnity.FormOf("compulsory-2006")
	require.NoError(t, err)
	form.Motor.VictimDigits = 2 // each ratio in whole percent
	accident := func(losses ...claim.Fen) indemnity.Accident {
		a := indemnity.Accident{On: "2026-11-21", Vehicles: []indemnity.Vehicle{{ID: "A", AtFault: true}}}
		for _, amount := range losses {
			a.Losses = append(a.Losses, indemnity.Loss{Amount: amount})
		}
		return a
	}
	for _, c := range []struct {
		losses, paid []claim.Fen
		last         string // rule of the last line
	}{
		{[]claim.Fen{100_000, 100_000, 100_000}, []claim.Fen{66_000, 66_000, 66_000}, "compulsory.ratio_digits"}, // 33 % each leaves 1 %
		{[]claim.Fen{335_000, 335_000, 330_000}, []claim.Fen{68_000, 68_000, 64_000}, "compulsory.limit"},        // 34 and 34 % leave 32 of 33 %
		{[]claim.Fen{200_000, 200_000, 1_000}, []claim.Fen{100_000, 100_000, 0}, "compulsory.limit"},             // 50 % each leaves nothing
	} {
		all, err := form.Compulsory(accident(c.losses...))
		require.NoError(t, err)
		require.Equal(t, c.paid, all[0].Paid)
		require.Equal(t, c.last, all[0].Statement.Lines[len(all[0].Statement.Lines)-1].Rule)
		explained(t, all[0].Statement)
	}
}

func TestActualValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class  indemnity.VehicleClass
		months int
		want   claim.Fen
	}{
		{indemnity.CarNotForHire, 0, 100_000 * yuan},
		{indemnity.CarNotForHire, 1, 99_400 * yuan},
		{indemnity.CarNotForHire, 133, 20_200 * yuan}, // 79.8 %
		{indemnity.CarNotForHire, 134, 20_000 * yuan}, // 80.4 %, but at most 80 %
		{indemnity.CarNotForHire, math.MaxInt, 20_000 * yuan},
		{indemnity.Bus, 10, 91_000 * yuan},
	} {
		got, err := indemnity.ActualValue(indemnity.ValueIn{Form: "motor-2020", Price: 100_000 * yuan, Class: c.class, Months: c.months})
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%s, %d months", c.class, c.months)
	}
	_, err := indemnity.ActualValue(indemnity.ValueIn{Form: "motor-2020", Class: "taxi", Months: -1})
	require.EqualError(t, err, `price_fen: is missing; give the price of a new vehicle of the same kind; `+
		`class: is "taxi"; give car (to 9 seats, not for hire) or bus (from 10 seats), or value the vehicle by hand; `+
		`months: is -1; give the full months of use, zero or more`)
	_, err = indemnity.ActualValue(indemnity.ValueIn{Form: "compulsory-2006", Price: 1, Class: indemnity.Bus})
	require.ErrorContains(t, err, "no rates of depreciation")
	_, err = indemnity.ActualValue(indemnity.ValueIn{})
	require.ErrorContains(t, err, "form: is missing")
}

// amount draws what an assessor could write, with the small and the round more
// often than chance would.
func amount(t *rapid.T, name string) claim.Fen {
	return rapid.OneOf(
		rapid.Just(claim.Fen(0)),
		rapid.Map(rapid.Int64Range(0, 300), func(n int64) claim.Fen { return claim.Fen(n) }),
		rapid.Map(rapid.Int64Range(0, 100_000_000), func(n int64) claim.Fen { return claim.Fen(n) }),
		rapid.Map(rapid.Int64Range(0, 1000), func(n int64) claim.Fen { return claim.Fen(n) * 1_000 * yuan }),
	).Draw(t, name)
}

func ratio(t *rapid.T, name string) claim.BP {
	return claim.BP(rapid.OneOf(rapid.Int64Range(0, 10_000), rapid.SampledFrom([]int64{0, 3000, 5000, 7000, 10_000})).Draw(t, name))
}

func TestOwnDamageIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		form, err := indemnity.FormOf(rapid.SampledFrom([]string{"motor-2000", "motor-2009", "motor-2014", "motor-2020"}).Draw(t, "form"))
		if err != nil {
			t.Fatal(err)
		}
		in := indemnity.OwnDamageIn{
			Form: form.ID, Loss: amount(t, "loss") + 1, Rescue: amount(t, "rescue"), Salvage: amount(t, "salvage"),
			SumInsured: amount(t, "sum") + 1, ActualValue: amount(t, "value") + 1, Deductible: amount(t, "deductible"),
			FromOtherCompulsory: amount(t, "other"), FaultShare: ratio(t, "share"), Rate: ratio(t, "rate"),
			Waiver: rapid.Bool().Draw(t, "waiver"), TotalLoss: rapid.Bool().Draw(t, "total"), Subrogation: rapid.Bool().Draw(t, "subrogation"),
		}
		in.NoFault = in.FaultShare == 0
		if form.Motor.NewPrice {
			in.NewPrice = amount(t, "new") + 1
		}
		s := computed(t, indemnity.OwnDamage, in)
		if most := min(in.SumInsured, in.ActualValue, max(in.Loss, in.ActualValue)); s.Of(indemnity.FigureDamage) > most {
			t.Fatalf("pays %s for damage, at most %s is insured", s.Of(indemnity.FigureDamage), most)
		}
		if most := min(in.SumInsured, in.Rescue); s.Of(indemnity.FigureRescue) > most {
			t.Fatalf("pays %s for rescue of %s", s.Of(indemnity.FigureRescue), most)
		}

		less := in
		less.Deductible += amount(t, "more deductible")
		less.Rate = max(in.Rate, ratio(t, "more rate"))
		less.Salvage += amount(t, "more salvage")
		less.FromOtherCompulsory += amount(t, "more from the other side")
		if pays := computed(t, indemnity.OwnDamage, less).Payable; pays > s.Payable {
			t.Fatalf("with more deducted it pays %s, more than %s", pays, s.Payable)
		}
	})
}

func TestThirdPartyIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := indemnity.ThirdPartyIn{
			Form: rapid.SampledFrom([]string{"motor-2014", "motor-2020"}).Draw(t, "form"), AccidentOn: "2026-11-21",
			Kind: rapid.SampledFrom([]indemnity.SubLimit{"", indemnity.ForMedical, indemnity.ForDeathDisability}).Draw(t, "kind"),
			Loss: amount(t, "loss") + 1, FaultShare: ratio(t, "share"), Rate: ratio(t, "rate"),
			Limit: amount(t, "limit") + 1, LegalExpense: amount(t, "legal"),
			CompulsoryElsewhere: rapid.Bool().Draw(t, "elsewhere"), Waiver: rapid.Bool().Draw(t, "waiver"),
		}
		in.AtFault = in.FaultShare > 0
		in.FromOtherCompulsory = min(in.Loss, amount(t, "other"))
		limits, err := indemnity.LimitsOn(in.AccidentOn, in.AtFault)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "shared") {
			left := min(limits.Of(in.Kind), amount(t, "left"))
			in.CompulsoryLeft = &left
		}
		s := computed(t, indemnity.ThirdParty, in)
		compulsory, commercial := s.Of(indemnity.FigureCompulsory), s.Of(indemnity.FigureThirdParty)
		switch {
		case compulsory > limits.Of(in.Kind):
			t.Fatalf("compulsory cover pays %s", compulsory)
		case commercial > in.Limit:
			t.Fatalf("commercial cover pays %s, its limit is %s", commercial, in.Limit)
		case compulsory+commercial+in.FromOtherCompulsory > in.Loss:
			t.Fatalf("the victim gets more than his loss: %s", compulsory+commercial+in.FromOtherCompulsory)
		case s.Of(indemnity.FigureLegal) > in.LegalExpense:
			t.Fatalf("pays %s for legal expense", s.Of(indemnity.FigureLegal))
		}

		less := in
		less.Rate = max(in.Rate, ratio(t, "more rate"))
		less.Limit = min(in.Limit, amount(t, "less limit")+1)
		if pays := computed(t, indemnity.ThirdParty, less).Payable; pays > s.Payable {
			t.Fatalf("with less cover it pays %s, more than %s", pays, s.Payable)
		}
	})
}

func TestCompulsoryNeverExceedsLossOrLimit(t *testing.T) {
	t.Parallel()
	form, err := indemnity.FormOf("compulsory-2006")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		form := form
		form.Motor.VictimDigits = rapid.IntRange(0, 4).Draw(t, "digits")
		ids := []string{"A", "B", "C", "D"}[:rapid.IntRange(1, 4).Draw(t, "vehicles")]
		in := indemnity.Accident{On: "2026-11-21"}
		for _, id := range ids {
			v := indemnity.Vehicle{ID: id, AtFault: rapid.Bool().Draw(t, "fault"), Uninsured: rapid.IntRange(0, 9).Draw(t, "insured") == 0}
			if rapid.Bool().Draw(t, "two policies") {
				v.Limits = &indemnity.SubLimits{DeathDisability: amount(t, "death") + 1, Medical: amount(t, "medical") + 1, Property: amount(t, "property") + 1}
			}
			in.Vehicles = append(in.Vehicles, v)
		}
		for range rapid.IntRange(0, 6).Draw(t, "losses") {
			in.Losses = append(in.Losses, indemnity.Loss{
				In:     rapid.SampledFrom(append([]string{""}, ids...)).Draw(t, "in"),
				Kind:   rapid.SampledFrom([]indemnity.SubLimit{"", indemnity.ForMedical, indemnity.ForDeathDisability}).Draw(t, "kind"),
				Amount: amount(t, "amount"),
			})
		}
		all, err := form.Compulsory(in)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]claim.Fen, len(in.Losses))
		for v, a := range all {
			vehicle := in.Vehicles[v]
			limits, err := indemnity.LimitsOn(in.On, vehicle.AtFault)
			if err != nil {
				t.Fatal(err)
			}
			if vehicle.Limits != nil {
				limits = *vehicle.Limits
			}
			sound(t, a.Statement)
			byKind := map[indemnity.SubLimit]claim.Fen{}
			for i, l := range in.Losses {
				got[i] += a.Paid[i]
				byKind[l.Kind] += a.Paid[i]
				if a.Paid[i] > 0 && (l.In == a.Vehicle || vehicle.Uninsured) {
					t.Fatalf("%s pays for loss %d", a.Vehicle, i)
				}
			}
			var sum claim.Fen
			for kind, paid := range byKind {
				sum += paid
				if paid > limits.Of(kind) {
					t.Fatalf("%s pays %s under sub-limit %q of %s", a.Vehicle, paid, kind, limits.Of(kind))
				}
			}
			if sum != a.Statement.Payable {
				t.Fatalf("%s pays %s, its statement says %s", a.Vehicle, sum, a.Statement.Payable)
			}
		}
		for i, l := range in.Losses {
			if got[i] > l.Amount {
				t.Fatalf("loss %d of %s gets %s", i, l.Amount, got[i])
			}
		}
	})
}
