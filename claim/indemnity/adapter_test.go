package indemnity_test

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"anpei/claim"
	"anpei/claim/indemnity"
)

// worked is a worked example: facts and figures as its source gives them.
// Amounts are decimal strings in whole units of a currency, rates fractions.
type worked struct {
	ID       string            `json:"id"`
	Line     string            `json:"line"`
	Inputs   map[string]any    `json:"inputs"` // strings, or lists of strings
	Expected map[string]string `json:"expected"`
}

// errUnsupported marks a fact that the adapter cannot hand to the product, or a
// figure that the product does not compute.
var errUnsupported = errors.New("unsupported")

// compute runs an example through the product and returns every figure that
// the product gives for it, by the examples' names. The adapter only translates
// names and units and states what an example leaves open; it computes nothing.
// A fact that it does not read makes the example unsupported, so that none is
// dropped in silence.
func (w worked) compute() (map[string]claim.Fen, error) {
	adapters := map[string]func(*facts) map[string]claim.Fen{
		"commercial_property": (*facts).property,
		"household":           (*facts).household,
		"cargo":               (*facts).cargo,
		"liability":           (*facts).liability,
		"contribution":        (*facts).contribution,
		"motor_compulsory":    (*facts).compulsory,
		"motor_damage":        (*facts).motor,
		"motor_third_party":   (*facts).motor,
	}
	adapt, ok := adapters[w.Line]
	if !ok {
		return nil, fmt.Errorf("%w: line %s", errUnsupported, w.Line)
	}
	f := &facts{all: w.Inputs, read: map[string]bool{}}
	f.ignore("currency") // a hundredth of any currency counts like a fen
	figures := adapt(f)
	for key := range w.Inputs {
		if !f.read[key] { // whatever else went wrong may come from it
			return nil, fmt.Errorf("%w: fact %s", errUnsupported, key)
		}
	}
	return figures, f.err
}

// facts are the inputs of an example; what was read is remembered.
type facts struct {
	all  map[string]any
	read map[string]bool
	err  error // the first
}

func (f *facts) fail(err error) {
	if err != nil && f.err == nil {
		f.err = err
	}
}

func (f *facts) has(key string) bool { _, ok := f.all[key]; return ok }

func (f *facts) ignore(keys ...string) {
	for _, key := range keys {
		f.read[key] = true
	}
}

func (f *facts) text(key string) string {
	f.read[key] = true
	s, _ := f.all[key].(string)
	return s
}

func (f *facts) flag(key string) bool { return f.text(key) == "true" }

// scaled reads a decimal as a whole number of units; a missing one is zero.
func (f *facts) scaled(s string, units int64) int64 {
	if s == "" {
		return 0
	}
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		f.fail(fmt.Errorf("%w: %q is no decimal", errUnsupported, s))
		return 0
	}
	x.Mul(x, big.NewRat(units, 1))
	if !x.IsInt() || !x.Num().IsInt64() {
		f.fail(fmt.Errorf("%w: %s is no whole number of fen or basis points", errUnsupported, s))
		return 0
	}
	return x.Num().Int64()
}

func (f *facts) fen(key string) claim.Fen { return claim.Fen(f.scaled(f.text(key), 100)) }
func (f *facts) bp(key string) claim.BP   { return claim.BP(f.scaled(f.text(key), 10_000)) }

func (f *facts) list(key string) []claim.Fen {
	f.read[key] = true
	values, _ := f.all[key].([]any)
	var amounts []claim.Fen
	for _, v := range values {
		amounts = append(amounts, claim.Fen(f.scaled(fmt.Sprint(v), 100)))
	}
	return amounts
}

// or is v, or, when an example does not state it, what does not bind.
func or(v, unstated claim.Fen) claim.Fen {
	if v == 0 {
		return unstated
	}
	return v
}

func run[In any](f *facts, compute func(In) (indemnity.Statement, error), in In) indemnity.Statement {
	s, err := compute(in)
	f.fail(err)
	return s
}

// item reads an insured item whose facts begin with prefix.
func (f *facts) item(form, prefix string) indemnity.PropertyIn {
	in := indemnity.PropertyIn{
		Form: form, Loss: f.fen(prefix + "loss"), SumInsured: f.fen(prefix + "sum_insured"), Value: f.fen(prefix + "insured_value"),
		Rescue: f.fen("rescue_expense"), Salvage: f.fen("salvage"), Advance: f.fen("advance_paid"),
		TotalLoss: f.text("loss_type") == "total", FirstLoss: f.text("basis") == "first_loss",
		CoinsuranceShare: f.bp("coinsurance_rate"),
		Deductible:       f.fen("deductible"), DeductibleRate: f.bp("deductible_rate"),
		Franchise: f.text("deductible_type") == "relative",
	}
	if f.has(prefix + "value") {
		in.Value = f.fen(prefix + "value")
	}
	if f.text("deductible_base") == "sum_insured" {
		in.DeductibleOf = indemnity.OfSumInsured
	}
	if f.has("settlement") { // agreed: nothing is left to average
		in.Loss = f.fen("settlement")
	}
	in.SumInsured = or(in.SumInsured, in.Loss)
	in.Value = or(in.Value, in.SumInsured)
	return in
}

func (f *facts) property() map[string]claim.Fen {
	s := run(f, indemnity.CommercialProperty, f.item("property-2009", ""))
	property, rescue := s.Of(indemnity.FigureProperty), s.Of(indemnity.FigureRescue)
	return map[string]claim.Fen{
		"property_payable": property, "rescue_payable": rescue, "total_payable": property + rescue, "balance_payable": s.Payable,
	}
}

func (f *facts) household() map[string]claim.Fen {
	if !f.has("building_loss") {
		return map[string]claim.Fen{"household_payable": run(f, indemnity.Household, f.item("household-2009", "")).Payable}
	}
	contents := f.item("household-2009", "contents_")
	contents.FirstLoss = true // as contents are insured unless the policy says otherwise
	building := run(f, indemnity.Household, f.item("household-2009", "building_")).Payable
	inside := run(f, indemnity.Household, contents).Payable
	return map[string]claim.Fen{"building_payable": building, "contents_payable": inside, "total_payable": building + inside}
}

func (f *facts) cargo() map[string]claim.Fen {
	in := indemnity.CargoIn{
		Form: "cargo-2009", SumInsured: f.fen("sum_insured"),
		Valued: f.flag("valued_policy") || f.has("sound_value"),
		Degree: f.bp("loss_degree"), Sound: f.fen("sound_value"), Damaged: f.fen("damaged_value"),
		Loss: f.fen("loss"), Value: f.fen("insured_value"),
		Rescue: f.fen("rescue_expense"), Salvage: f.fen("salvage"),
	}
	if in.Valued {
		f.ignore("agreed_value", "market_value_at_loss") // the sum insured is the agreed value, whatever the market says
	}
	s := run(f, indemnity.Cargo, in)
	return map[string]claim.Fen{
		"cargo_payable": s.Of(indemnity.FigureCargo), "rescue_payable": s.Of(indemnity.FigureRescue), "total_payable": s.Payable,
	}
}

func (f *facts) liability() map[string]claim.Fen {
	if f.text("cover") == "employer" {
		f.ignore("disability_grade") // its rate is given
		s := run(f, indemnity.Employer, indemnity.EmployerIn{
			Form: "liability-2009", PerPerson: f.fen("per_person_disability_limit"), GradeRate: f.bp("grade_rate"),
			Medical: f.fen("medical_expense"), MedicalLimit: f.fen("medical_limit"),
		})
		return map[string]claim.Fen{
			"liability_payable": s.Payable, "medical_payable": s.Of(indemnity.FigureMedical), "disability_payable": s.Of(indemnity.FigureDisability),
		}
	}
	in := indemnity.LiabilityIn{
		Form: "liability-2009", Claims: f.list("claims"), Deductible: f.fen("deductible"),
		PerOccurrence: f.fen("per_occurrence_limit"), Aggregate: f.fen("aggregate_limit"),
	}
	if f.has("loss") {
		in.Claims = append(in.Claims, f.fen("loss"))
	}
	// Several claims under a limit per occurrence alone are those of one
	// occurrence: otherwise the example would be several.
	in.OneOccurrence = len(in.Claims) > 1 && in.Aggregate == 0
	s := run(f, indemnity.LiabilityClaims, in)
	figures := map[string]claim.Fen{"liability_payable": s.Payable, "total_payable": s.Payable, "uninsured": -s.Payable}
	for i, amount := range in.Claims {
		name := fmt.Sprintf("claim_%d", i+1)
		figures[name] = s.Of(indemnity.Figure(name))
		figures["uninsured"] += amount
	}
	return figures
}

func (f *facts) contribution() map[string]claim.Fen {
	in := indemnity.ContributionIn{
		Form: "property-2009", Method: indemnity.Method(f.text("method")), Loss: f.fen("loss"), Value: f.fen("insured_value"),
	}
	for _, x := range "abcdef" {
		if key := "sum_insured_" + string(x); f.has(key) {
			in.Insurers = append(in.Insurers, indemnity.Insurer{Name: "insurer_" + string(x), SumInsured: f.fen(key)})
		}
	}
	s := run(f, indemnity.Contribution, in)
	figures := map[string]claim.Fen{"total_payable": s.Payable}
	for _, insurer := range in.Insurers {
		figures[insurer.Name] = s.Of(indemnity.Figure(insurer.Name))
	}
	return figures
}

// motor adapts own damage and third-party cover of one vehicle. The form is the
// one whose rules an example follows: of 2000 without compulsory cover or
// against the new price, of 2014 otherwise.
func (f *facts) motor() map[string]claim.Fen {
	figures := map[string]claim.Fen{}
	f.ignore("own_cargo_loss") // covered by neither: goods in the own vehicle are no third party's, nor part of it
	share, rate := f.bp("liability_share"), f.bp("deductible_rate")
	waiver, faultRate := rate == 0, &rate
	if waiver {
		faultRate = nil
	}

	lossKey := "loss"
	if f.has("own_damage") {
		lossKey = "own_damage"
	}
	if loss := f.fen(lossKey); loss > 0 || f.has("rescue_expense") {
		in := indemnity.OwnDamageIn{
			Form: "motor-2014", Loss: loss, Rescue: f.fen("rescue_expense"), Salvage: f.fen("salvage"),
			SumInsured: or(f.fen("sum_insured"), 2*loss), ActualValue: f.fen("actual_value"), NewPrice: f.fen("new_price"),
			Deductible: f.fen("deductible"), FromOtherCompulsory: f.fen("received_from_other_compulsory"),
			FaultShare: share, NoFault: share == 0, FaultRate: faultRate, Waiver: waiver,
			TotalLoss: f.text("loss_type") == "total",
		}
		in.ActualValue = or(in.ActualValue, max(in.SumInsured, in.NewPrice))
		if in.NewPrice > 0 {
			in.Form = "motor-2000"
		}
		s := run(f, indemnity.OwnDamage, in)
		figures["damage_payable"] = s.Of(indemnity.FigureDamage)
		figures["rescue_payable"] = s.Of(indemnity.FigureRescue)
		figures["total_payable"] = s.Payable
	}

	if loss := f.fen("other_damage") + f.fen("other_cargo_loss") + f.fen("third_party_loss"); loss > 0 {
		in := indemnity.ThirdPartyIn{
			Form: "motor-2000", AccidentOn: "2006-01-01", Loss: loss,
			AtFault: share > 0, FaultShare: share, FaultRate: faultRate, Waiver: waiver,
			Limit: or(f.fen("limit"), loss), LegalExpense: f.fen("legal_expense"),
		}
		if f.has("compulsory_property_limit") {
			in.Form, in.AccidentOn = "motor-2014", "2016-01-01"
			limits, err := indemnity.LimitsOn(in.AccidentOn, in.AtFault)
			f.fail(err)
			if given := f.fen("compulsory_property_limit"); given != limits.Property {
				f.fail(fmt.Errorf("%w: compulsory limit %s", errUnsupported, given))
			}
		}
		form, err := indemnity.FormOf(in.Form)
		f.fail(err)
		if in.LegalExpense > 0 && f.bp("legal_expense_cap_rate") != form.Motor.LegalCap {
			f.fail(fmt.Errorf("%w: no form has this cap on legal expense", errUnsupported))
		}
		s := run(f, indemnity.ThirdParty, in)
		figures["compulsory_payable"] = s.Of(indemnity.FigureCompulsory)
		figures["third_party_payable"] = s.Of(indemnity.FigureThirdParty)
		figures["legal_payable"] = s.Of(indemnity.FigureLegal)
		figures["total_payable"] += s.Payable
	}
	return figures
}

// compulsory adapts an accident. Examples describe it in one of three ways: by
// letters (vehicle_a_loss, liability_share_a), by fault (at_fault_vehicle_loss,
// no_fault_vehicle_loss), or as seen from one vehicle among those at fault.
func (f *facts) compulsory() map[string]claim.Fen {
	atFault := f.limits("", true)
	in := indemnity.Accident{Form: "compulsory-2006", On: "2021-01-01"}
	vehicle := func(id string, fault bool, limits indemnity.SubLimits) {
		in.Vehicles = append(in.Vehicles, indemnity.Vehicle{ID: id, AtFault: fault, Limits: &limits})
	}
	loss := func(carrier string, kind indemnity.SubLimit, amount claim.Fen) {
		in.Losses = append(in.Losses, indemnity.Loss{Of: carrier, In: carrier, Kind: kind, Amount: amount})
	}

	switch {
	case f.has("vehicle_a_loss") || f.has("liability_share_a"):
		for _, x := range []string{"a", "b", "c", "d"} {
			if !f.has("vehicle_"+x+"_loss") && !f.has("liability_share_"+x) {
				continue
			}
			limits := atFault
			limits.Property = or(f.fen("limit_"+x), limits.Property)
			vehicle(x, true, limits)
			loss(x, indemnity.ForProperty, f.fen("vehicle_"+x+"_loss"))
		}
		f.ignore("vehicles_at_fault") // as many as there are letters
	case f.has("at_fault_vehicle_loss"):
		vehicle("a", true, atFault)
		loss("a", indemnity.ForProperty, f.fen("at_fault_vehicle_loss"))
		losses := f.list("no_fault_vehicle_losses")
		if f.has("no_fault_vehicle_loss") {
			losses = append(losses, f.fen("no_fault_vehicle_loss"))
		}
		for i, amount := range losses {
			x := string(rune('b' + i))
			vehicle(x, false, f.limits("no_fault_", false))
			in.Vehicles[i+1].Uninsured = f.flag("no_fault_policy_expired")
			loss(x, indemnity.ForProperty, amount)
		}
	default:
		fault := !f.has("at_fault") || f.flag("at_fault")
		vehicle("self", fault, f.limits("", fault))
		for i := int64(2); i <= f.scaled(f.text("vehicles_at_fault"), 1); i++ {
			vehicle(fmt.Sprintf("other%d", i), true, atFault)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.all)) {
		who, what, _ := strings.Cut(key, "_")
		carrier := ""
		switch {
		case f.read[key] || strings.HasSuffix(key, "_limit") || strings.HasPrefix(key, "liability_share"):
			continue
		case slices.Contains([]string{"road", "cyclist", "pedestrian", "victim"}, who):
		case who == "other" && len(in.Vehicles) > 1:
			carrier = in.Vehicles[1].ID
		case who == "other":
		default:
			continue
		}
		kind := indemnity.ForProperty
		switch {
		case strings.Contains(what, "medical"):
			kind = indemnity.ForMedical
		case strings.Contains(what, "disability"), strings.Contains(what, "death"), strings.Contains(what, "mental"):
			kind = indemnity.ForDeathDisability // damages for mental suffering belong here
		}
		loss(carrier, kind, f.fen(key))
	}

	allocations, err := indemnity.Compulsory(in)
	f.fail(err)
	if err != nil {
		return nil
	}
	figures := map[string]claim.Fen{}
	first := allocations[0].Statement
	figures["death_disability_payable"] = first.Of(indemnity.FigureDeathDisability)
	figures["medical_payable"] = first.Of(indemnity.FigureMedical)
	figures["property_payable"] = first.Of(indemnity.FigureProperty)
	figures["compulsory_payable"] = first.Payable
	figures["at_fault_insurer_pays_other"] = first.Payable
	figures["at_fault_insurer_pays_others"] = first.Payable
	for _, a := range allocations {
		figures[a.Vehicle+"_disability"] = a.Statement.Of(indemnity.FigureDeathDisability)
		figures[a.Vehicle+"_medical"] = a.Statement.Of(indemnity.FigureMedical)
		figures[a.Vehicle+"_property"] = a.Statement.Of(indemnity.FigureProperty)
		for i, l := range in.Losses {
			figures[a.Vehicle+"_to_"+l.In] += a.Paid[i]
			figures["no_fault_"+a.Vehicle+"_pays_"+l.In] += a.Paid[i]
		}
		if key := "liability_share_" + a.Vehicle; f.has(key) {
			figures[a.Vehicle+"_third_party"] = f.beyond(in, allocations, a, f.bp(key))
		}
	}
	return figures
}

// beyond is what commercial cover of one vehicle adds for the losses outside
// all vehicles, after all compulsory covers.
func (f *facts) beyond(in indemnity.Accident, all []indemnity.Allocation, own indemnity.Allocation, share claim.BP) claim.Fen {
	var sum claim.Fen
	for i, l := range in.Losses {
		if l.In != "" || l.Amount == 0 {
			continue
		}
		others := -own.Paid[i]
		for _, a := range all {
			others += a.Paid[i]
		}
		sum += run(f, indemnity.ThirdParty, indemnity.ThirdPartyIn{
			Form: "motor-2020", AccidentOn: in.On, Kind: l.Kind, Loss: l.Amount, AtFault: true, FaultShare: share,
			CompulsoryLeft: &own.Paid[i], FromOtherCompulsory: others, Limit: l.Amount,
		}).Of(indemnity.FigureThirdParty)
	}
	return sum
}

// limits reads sub-limits; what an example does not state is the law's of 2020.
func (f *facts) limits(prefix string, fault bool) indemnity.SubLimits {
	l, err := indemnity.LimitsOn("2021-01-01", fault)
	f.fail(err)
	l.DeathDisability = or(f.fen(prefix+"death_disability_limit"), l.DeathDisability)
	l.Medical = or(f.fen(prefix+"medical_limit"), l.Medical)
	l.Property = or(f.fen(prefix+"property_limit"), l.Property)
	return l
}
