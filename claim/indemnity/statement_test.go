package indemnity_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
	"anpei/claim/indemnity"
)

// flaw is what is wrong with a statement, whatever it computes; empty is
// nothing. Its lines must add up, figure by figure, and none fall below zero.
func flaw(s indemnity.Statement) string {
	var sum claim.Fen
	balances := map[indemnity.Figure]claim.Fen{}
	for i, l := range s.Lines {
		sum += l.Amount
		balances[l.Figure] += l.Amount
		switch {
		case balances[l.Figure] != l.Balance:
			return "a balance does not follow from the lines before it"
		case l.Balance < 0 && l.Figure != indemnity.FigureAdvance:
			return "a figure falls below zero"
		case i > 0 && l.Figure != s.Lines[i-1].Figure && balances[l.Figure] != l.Amount:
			return "the lines of a figure do not stand together"
		case s.Of(l.Figure) < 0 && l.Figure != indemnity.FigureAdvance:
			return "a figure is negative"
		}
	}
	switch {
	case sum != s.Payable:
		return "the lines do not add up to what is payable"
	case s.Payable < 0:
		return "a negative amount is payable"
	}
	return ""
}

// sound fails a property unless the statement is.
func sound(t *rapid.T, s indemnity.Statement) {
	if f := flaw(s); f != "" {
		t.Fatalf("%s: %+v", f, s)
	}
}

// explained requires a sound statement of which every line says what it does,
// in both languages, and by what right.
func explained(t *testing.T, s indemnity.Statement) {
	t.Helper()
	require.Empty(t, flaw(s))
	require.NotNil(t, s.Lines)
	for _, l := range s.Lines {
		require.NotEmpty(t, l.Figure)
		require.Regexp(t, `^[a-z]+(\.[a-z_]+)+$`, l.Rule)
		require.True(t, strings.ContainsFunc(l.Text, func(r rune) bool { return r > math.MaxUint8 }), l.Rule)
		require.NotEmpty(t, l.TextEN, l.Rule)
		require.NotEmpty(t, l.Clause, l.Rule)
		require.NotNil(t, l.Inputs, l.Rule)
		for _, in := range l.Inputs {
			require.NotEmpty(t, in.Name, l.Rule)
			require.NotEmpty(t, in.NameEN, l.Rule)
		}
	}
}

func computed[In any](t *rapid.T, compute func(In) (indemnity.Statement, error), in In) indemnity.Statement {
	s, err := compute(in)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, s)
	return s
}

func TestStatementInJSON(t *testing.T) {
	t.Parallel()
	s, err := indemnity.OwnDamage(indemnity.OwnDamageIn{
		Form: "motor-2020", Loss: 100_001, SumInsured: 10_000_000, ActualValue: 10_000_000, FaultShare: 5000,
	})
	require.NoError(t, err)
	got, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	const want = `{
  "form": "motor-2020",
  "payable_fen": 50001,
  "lines": [
    {
      "figure": "damage",
      "rule": "motor.own.loss",
      "text": "核定的车辆修理费用",
      "text_en": "Assessed cost of repairing the vehicle",
      "inputs": [
        {
          "name": "修理费用",
          "name_en": "cost of repair",
          "value": "¥1,000.01"
        }
      ],
      "amount_fen": 100001,
      "balance_fen": 100001,
      "clause": "机动车损失保险条款·赔偿处理·赔款计算"
    },
    {
      "figure": "damage",
      "rule": "motor.own.fault_share",
      "text": "按您一方在事故中的责任比例计算",
      "text_en": "In the insured's share of the fault",
      "inputs": [
        {
          "name": "责任比例",
          "name_en": "fault share",
          "value": "50.00%"
        }
      ],
      "amount_fen": -50000,
      "balance_fen": 50001,
      "clause": "机动车损失保险条款·赔偿处理·赔款计算"
    }
  ]
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Fatal(diff)
	}
}

func TestStatementWithoutLinesIsAList(t *testing.T) {
	t.Parallel()
	all, err := indemnity.Compulsory(indemnity.Accident{
		Form: "motor-2020", On: "2026-11-21", Vehicles: []indemnity.Vehicle{{ID: "A", AtFault: true}},
	})
	require.NoError(t, err)
	got, err := json.Marshal(all[0].Statement)
	require.NoError(t, err)
	require.JSONEq(t, `{"form":"motor-2020","payable_fen":0,"lines":[]}`, string(got))
}

func TestFormsAreDatedAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range indemnity.Forms() {
		require.False(t, seen[f.ID], f.ID)
		seen[f.ID] = true
		require.NotEmpty(t, f.Name)
		require.NotEmpty(t, f.NameEN)
		_, err := time.Parse(time.DateOnly, f.From)
		require.NoError(t, err, f.ID)
		if f.Until != "" {
			_, err = time.Parse(time.DateOnly, f.Until)
			require.NoError(t, err, f.ID)
			require.Less(t, f.From, f.Until)
		}
		require.False(t, f.Class == indemnity.ClassMotor && !f.Motor.Commercial && !f.Motor.Compulsory, "%s covers nothing", f.ID)
	}
	changed := indemnity.Forms()
	changed[0].Motor.LegalCap = 0
	require.NotZero(t, indemnity.Forms()[0].Motor.LegalCap, "the list is the caller's, the forms are ours")
}

func TestFormsOn(t *testing.T) {
	t.Parallel()
	for day, want := range map[string][]string{
		"2000-06-30": nil,
		"2000-07-01": {"motor-2000"},
		"2006-06-30": {"motor-2000"},
		"2006-07-01": {"compulsory-2006"},
		"2015-06-01": {"motor-2009", "motor-2014", "compulsory-2006"},
		"2020-09-18": {"motor-2014", "compulsory-2006"},
		"2020-09-19": {"motor-2020", "compulsory-2006"},
	} {
		var ids []string
		for _, f := range indemnity.FormsOn(indemnity.ClassMotor, day) {
			ids = append(ids, f.ID)
		}
		require.Equal(t, want, ids, day)
	}
}

func TestWrongInputsAreNamedTogether(t *testing.T) {
	t.Parallel()
	over, rate := claim.Fen(200_001), claim.BP(1500)
	for _, c := range []struct {
		name    string
		compute func() error
		fields  []string
	}{
		{"own damage, nothing given", func() error {
			_, err := indemnity.OwnDamage(indemnity.OwnDamageIn{Form: "motor-2020"})
			return err
		}, []string{"loss_fen", "sum_insured_fen", "actual_value_fen", "fault_share_bp"}},
		{"own damage, all wrong", func() error {
			_, err := indemnity.OwnDamage(indemnity.OwnDamageIn{
				Form: "motor-2020", Loss: -1, Rescue: -1, Salvage: -1, SumInsured: -1, ActualValue: -1, NewPrice: 1,
				Deductible: -1, FromOtherCompulsory: -1, FaultShare: 10_001, Rate: -1, FaultRate: &rate,
			})
			return err
		}, []string{
			"loss_fen", "rescue_fen", "salvage_fen", "sum_insured_fen", "actual_value_fen", "deductible_fen",
			"from_other_compulsory_fen", "new_price_fen", "fault_share_bp", "rate_bp", "fault_rate_bp",
		}},
		{"own damage, a form that averages", func() error {
			_, err := indemnity.OwnDamage(indemnity.OwnDamageIn{Form: "motor-2009", Loss: 1, SumInsured: 1, ActualValue: 1, FaultShare: 7000, NoFault: true})
			return err
		}, []string{"new_price_fen", "fault_share_bp"}},
		{"own damage under compulsory cover", func() error {
			_, err := indemnity.OwnDamage(indemnity.OwnDamageIn{Form: "compulsory-2006", Loss: 1, SumInsured: 1, ActualValue: 1, FaultShare: 1})
			return err
		}, []string{"form"}},
		{"an unknown form", func() error {
			_, err := indemnity.ThirdPartyProperty(indemnity.ThirdPartyIn{Form: "motor-1999"})
			return err
		}, []string{"form"}},
		{"third party, nothing given", func() error {
			_, err := indemnity.ThirdPartyProperty(indemnity.ThirdPartyIn{Form: "motor-2020"})
			return err
		}, []string{"accident_on", "loss_fen", "limit_fen"}},
		{"third party, all wrong", func() error {
			_, err := indemnity.ThirdParty(indemnity.ThirdPartyIn{
				Form: "motor-2020", AccidentOn: "2020-09-18", Kind: "mental", Loss: 1, FromOtherCompulsory: 2, FaultShare: 7000,
				LegalExpense: -1, Limit: 1, CompulsoryLeft: &over, Rate: 10_001,
			})
			return err
		}, []string{"kind", "accident_on", "from_other_compulsory_fen", "fault_share_bp", "legal_expense_fen", "rate_bp", "compulsory_left_fen"}},
		{"third party at fault without a share", func() error {
			_, err := indemnity.ThirdParty(indemnity.ThirdPartyIn{Form: "motor-2020", AccidentOn: "2020-09-19", Loss: 1, AtFault: true, Limit: 1})
			return err
		}, []string{"fault_share_bp"}},
		{"third party, compulsory cover alone", func() error {
			_, err := indemnity.ThirdParty(indemnity.ThirdPartyIn{Form: "compulsory-2006", AccidentOn: "2020-09-19", Loss: 1, Limit: 1, CompulsoryElsewhere: true})
			return err
		}, []string{"limit_fen", "compulsory_elsewhere"}},
		{"third party before compulsory cover", func() error {
			_, err := indemnity.ThirdParty(indemnity.ThirdPartyIn{Form: "motor-2000", AccidentOn: "2005-09-19", Loss: 1, Limit: 1, CompulsoryLeft: &over})
			return err
		}, []string{"compulsory_left_fen"}},
		{"an accident of nobody", func() error {
			_, err := indemnity.Compulsory(indemnity.Accident{Form: "property-2009", On: "2026-11-21"})
			return err
		}, []string{"form", "vehicles"}},
		{"an accident, all wrong", func() error {
			_, err := indemnity.Compulsory(indemnity.Accident{
				Form: "motor-2000", On: "today",
				Vehicles: []indemnity.Vehicle{{ID: "A"}, {ID: "A"}, {ID: "B", Limits: &indemnity.SubLimits{Property: 1, Medical: 1}}},
				Losses:   []indemnity.Loss{{In: "C", Kind: "mental", Amount: -1}},
			})
			return err
		}, []string{"form", "accident_on", "vehicles[1].id", "vehicles[2].limits.death_disability_fen", "losses[0].amount_fen", "losses[0].in", "losses[0].kind"}},
		{"property, nothing given", func() error {
			_, err := indemnity.CommercialProperty(indemnity.PropertyIn{Form: "property-2009"})
			return err
		}, []string{"loss_fen", "sum_insured_fen", "value_fen"}},
		{"property, all wrong", func() error {
			_, err := indemnity.CommercialProperty(indemnity.PropertyIn{
				Form: "motor-2020", Loss: -1, Rescue: -1, Salvage: -1, SumInsured: -1, Value: -1, FirstLoss: true, CoinsuranceShare: 8000,
				Deductible: -1, DeductibleRate: 10_001, DeductibleOf: "value", Advance: -1,
			})
			return err
		}, []string{
			"form", "loss_fen", "rescue_fen", "salvage_fen", "sum_insured_fen", "value_fen", "coinsurance_share_bp",
			"deductible_fen", "deductible_rate_bp", "deductible_of", "advance_fen",
		}},
		{"household, a total first loss needs the value; a franchise and a base need an amount", func() error {
			_, err := indemnity.Household(indemnity.PropertyIn{
				Form: "household-2009", SumInsured: 1, TotalLoss: true, FirstLoss: true, Franchise: true, DeductibleOf: indemnity.OfSumInsured,
			})
			return err
		}, []string{"value_fen", "deductible_rate_bp", "deductible_fen"}},
		{"cargo, valued without a degree", func() error {
			_, err := indemnity.Cargo(indemnity.CargoIn{Form: "cargo-2009", Valued: true, Loss: 1})
			return err
		}, []string{"sum_insured_fen", "loss_fen", "degree_bp"}},
		{"cargo, valued twice", func() error {
			_, err := indemnity.Cargo(indemnity.CargoIn{Form: "cargo-2009", Valued: true, SumInsured: 1, Degree: 1, Sound: 1})
			return err
		}, []string{"degree_bp"}},
		{"cargo, worth more damaged than sound", func() error {
			_, err := indemnity.Cargo(indemnity.CargoIn{Form: "cargo-2009", Valued: true, SumInsured: 1, Sound: 1, Damaged: 2})
			return err
		}, []string{"damaged_fen"}},
		{"cargo, unvalued with a degree", func() error {
			_, err := indemnity.Cargo(indemnity.CargoIn{Form: "cargo-2009", SumInsured: 1, Degree: 1})
			return err
		}, []string{"loss_fen", "value_fen", "degree_bp"}},
		{"cargo, unvalued with a damaged value", func() error {
			_, err := indemnity.Cargo(indemnity.CargoIn{Form: "cargo-2009", SumInsured: 1, Loss: 1, Value: 1, Damaged: 1})
			return err
		}, []string{"degree_bp"}},
		{"liability without claims or limit", func() error {
			_, err := indemnity.LiabilityClaims(indemnity.LiabilityIn{Form: "liability-2009"})
			return err
		}, []string{"claims_fen", "per_occurrence_fen"}},
		{"liability with a negative claim", func() error {
			_, err := indemnity.LiabilityClaims(indemnity.LiabilityIn{Form: "liability-2009", Claims: []claim.Fen{-1}, Aggregate: 1})
			return err
		}, []string{"claims_fen[0]"}},
		{"employer without limits", func() error {
			_, err := indemnity.Employer(indemnity.EmployerIn{Form: "liability-2009", GradeRate: 1, Medical: 1})
			return err
		}, []string{"per_person_fen", "medical_limit_fen"}},
		{"employer without injury", func() error {
			_, err := indemnity.Employer(indemnity.EmployerIn{Form: "liability-2009"})
			return err
		}, []string{"grade_rate_bp"}},
		{"contribution, all wrong", func() error {
			_, err := indemnity.Contribution(indemnity.ContributionIn{
				Form: "motor-2020", Method: "by_lot", Value: -1, Insurers: []indemnity.Insurer{{}},
			})
			return err
		}, []string{"form", "method", "loss_fen", "value_fen", "insurers", "insurers[0].name", "insurers[0].sum_insured_fen"}},
	} {
		var wrong indemnity.InputError
		require.ErrorAs(t, c.compute(), &wrong, c.name)
		var fields []string
		for _, f := range wrong {
			fields = append(fields, f.Field)
			require.Contains(t, f.Message, "; ", "%s: %s: how to mend it", c.name, f.Field)
		}
		require.Equal(t, c.fields, slices.Compact(fields), c.name)
	}
}

func TestUnknownFormNamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := indemnity.FormOf("motor-1999")
	require.EqualError(t, err, `form: "motor-1999" is not known; give the form of the policy, one of motor-2000, motor-2009, motor-2014, motor-2020, `+
		`compulsory-2006, property-2009, household-2009, cargo-2009, liability-2009`)
	_, err = indemnity.Household(indemnity.PropertyIn{Form: "cargo-2009", Loss: 1, SumInsured: 1, Value: 1})
	require.EqualError(t, err, "form: cargo-2009 is a cargo form; give one of household-2009")
}

func TestLinesSayOnlyWhatApplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rules   []string
		compute func() (indemnity.Statement, error)
	}{
		{[]string{"motor.own.loss", "motor.own.fault_share", "motor.own.rescue", "motor.own.fault_share"}, func() (indemnity.Statement, error) {
			return indemnity.OwnDamage(indemnity.OwnDamageIn{Form: "motor-2020", Loss: 1, Rescue: 1, SumInsured: 1, ActualValue: 2, FaultShare: 1})
		}},
		{[]string{"motor.third.loss", "motor.third.compulsory_limit"}, func() (indemnity.Statement, error) {
			return indemnity.ThirdPartyProperty(indemnity.ThirdPartyIn{Form: "motor-2020", AccidentOn: "2026-11-21", Loss: 1, Limit: 1})
		}},
		{[]string{"property.loss", "property.rescue"}, func() (indemnity.Statement, error) {
			return indemnity.CommercialProperty(indemnity.PropertyIn{Form: "property-2009", Loss: 1, Rescue: 1, SumInsured: 1, Value: 1})
		}},
		{[]string{"property.total_loss"}, func() (indemnity.Statement, error) {
			return indemnity.CommercialProperty(indemnity.PropertyIn{Form: "property-2009", TotalLoss: true, SumInsured: 1, Value: 2})
		}},
		{[]string{"cargo.loss", "cargo.rescue"}, func() (indemnity.Statement, error) {
			return indemnity.Cargo(indemnity.CargoIn{Form: "cargo-2009", Loss: 1, Rescue: 1, SumInsured: 1, Value: 1})
		}},
		{[]string{"cargo.sum_insured", "cargo.degree"}, func() (indemnity.Statement, error) {
			return indemnity.Cargo(indemnity.CargoIn{Form: "cargo-2009", Valued: true, SumInsured: 1, Degree: 1})
		}},
		{[]string{"liability.loss"}, func() (indemnity.Statement, error) {
			return indemnity.LiabilityClaims(indemnity.LiabilityIn{Form: "liability-2009", Claims: []claim.Fen{1}, PerOccurrence: 1, Aggregate: 1})
		}},
		{[]string{"employer.medical"}, func() (indemnity.Statement, error) {
			return indemnity.Employer(indemnity.EmployerIn{Form: "liability-2009", Medical: 1, MedicalLimit: 1})
		}},
		{[]string{"employer.limit", "employer.grade"}, func() (indemnity.Statement, error) {
			return indemnity.Employer(indemnity.EmployerIn{Form: "liability-2009", PerPerson: 1, GradeRate: 1})
		}},
	} {
		s, err := c.compute()
		require.NoError(t, err)
		var rules []string
		for _, l := range s.Lines {
			rules = append(rules, l.Rule)
		}
		require.Equal(t, c.rules, rules)
	}
}

func TestAmountsBeyondFenAreAnError(t *testing.T) {
	t.Parallel()
	_, err := indemnity.CommercialProperty(indemnity.PropertyIn{
		Form: "property-2009", Loss: math.MaxInt64, Rescue: 1, SumInsured: math.MaxInt64, Value: math.MaxInt64,
	})
	require.ErrorIs(t, err, claim.ErrOverflow)

	_, err = indemnity.Contribution(indemnity.ContributionIn{
		Form: "property-2009", Loss: 1, Insurers: []indemnity.Insurer{{Name: "a", SumInsured: math.MaxInt64}, {Name: "b", SumInsured: 1}},
	})
	require.ErrorIs(t, err, claim.ErrOverflow)

	_, err = indemnity.LiabilityClaims(indemnity.LiabilityIn{
		Form: "liability-2009", Claims: []claim.Fen{math.MaxInt64, math.MaxInt64}, Aggregate: 1, OneOccurrence: true,
	})
	require.ErrorIs(t, err, claim.ErrOverflow)
}
