package indemnity

import (
	"fmt"
	"slices"
	"strings"

	"anpei/claim"
)

// Form is a policy form (条款) as far as it bears on what is payable: settings
// for rules that differ between forms or between insurers. A policy names its
// form, and keeps it whatever is published later.
type Form struct {
	ID     string // stable, stored with the policy and in each statement
	Name   string
	NameEN string
	Class  Class
	From   string // first day on which policies were issued on it, "2006-01-02"
	Until  string // last such day; empty while it is in use

	Motor     MotorTerms     // of motor forms
	Property  PropertyTerms  // of commercial property and household forms
	Liability LiabilityTerms // of liability forms
}

// Class is the class of business that a form serves.
type Class string

// Classes of business.
const (
	ClassMotor     Class = "motor"
	ClassProperty  Class = "property"  // 企业财产保险
	ClassHousehold Class = "household" // 家庭财产保险
	ClassCargo     Class = "cargo"     // 货物运输保险
	ClassLiability Class = "liability"
)

// MotorTerms are the settings of a motor form.
type MotorTerms struct {
	// Compulsory says that compulsory cover (交强险) exists and goes first.
	// Forms before 2006-07-01 had none.
	Compulsory bool
	// Commercial says that the form has commercial cover; a policy with
	// compulsory cover alone pays nothing above the sub-limits.
	Commercial bool
	// Damage and ThirdParty are the deductible rates by fault (事故责任免赔率)
	// of either cover. The zero value is a form without such rates.
	Damage, ThirdParty FaultRates
	// RatesAdded adds an agreed rate (绝对免赔率) to the rate by fault;
	// otherwise the second is taken from what the first has left.
	RatesAdded bool
	// NewPrice averages a partial loss against the price of a new vehicle
	// (新车购置价); otherwise the sum insured is the actual value.
	NewPrice bool
	// LegalCap limits legal expense, paid on top, to this part of the limit.
	LegalCap claim.BP
	// Monthly depreciation of the price of a new vehicle, by class.
	CarMonthly, BusMonthly claim.BP
	// VictimDigits is the number of decimals to which each victim's ratio is
	// rounded when several share a sub-limit; 0 keeps the ratio exact.
	VictimDigits int
}

// FaultRates are deductible rates by the insured's fault.
type FaultRates struct{ Full, Main, Equal, Secondary claim.BP }

// of finds the rate for a share of the fault. The usual shares are 100, 70, 50
// and 30 %; a court's 60 % is still the main fault and 40 % the secondary one.
func (r FaultRates) of(share claim.BP) claim.BP {
	const half = claim.Whole / 2
	switch {
	case share == claim.Whole:
		return r.Full
	case share > half:
		return r.Main
	case share == half:
		return r.Equal
	case share > 0:
		return r.Secondary
	}
	return 0
}

// PropertyTerms are the settings of a commercial property or household form.
type PropertyTerms struct {
	// SalvageByRatio deducts salvage from an under-insured total loss in the
	// ratio of sum insured to value (the insurer then owns that part of it,
	// Insurance Law art. 59); otherwise all of it is deducted.
	SalvageByRatio bool
	// FullAboveSum pays a partial loss of at least the sum insured up to the
	// sum insured without average; otherwise every partial loss is averaged.
	FullAboveSum bool
	// Contribution is how several insurers divide a loss; empty is the
	// statutory [BySumInsured].
	Contribution Method
	// StandaloneByRatio averages what each insurer would owe alone under
	// [ByIndependentLiability]; otherwise he would owe min(sum insured, loss).
	StandaloneByRatio bool
}

// LiabilityTerms are the settings of a liability form.
type LiabilityTerms struct {
	// LimitFirst cuts a loss to the limit and then takes the deductible;
	// otherwise the deductible goes first, and a large loss still pays the
	// whole limit.
	LimitFirst bool
}

// full20 are the rates by fault of the forms of 2000 and 2014 and of third
// party cover in 2009: 20, 15, 10 and 5 %.
var full20 = FaultRates{Full: 2000, Main: 1500, Equal: 1000, Secondary: 500}

// forms is every form that we compute, oldest first within its class. An entry
// is never edited once a policy was issued on it: a changed form is a new one.
var forms = []Form{
	{
		ID: "motor-2000", Name: "机动车辆保险条款(2000版)", NameEN: "Motor vehicle form of 2000",
		Class: ClassMotor, From: "2000-07-01", Until: "2006-06-30",
		Motor: MotorTerms{
			Commercial: true, Damage: full20, ThirdParty: full20, RatesAdded: true, NewPrice: true, LegalCap: 3000,
			CarMonthly: 60, BusMonthly: 90,
		},
	},
	{
		ID: "motor-2009", Name: "机动车辆商业保险条款(2009版)", NameEN: "Commercial motor form of 2009",
		Class: ClassMotor, From: "2009-10-01", Until: "2016-06-30", // replaced region by region from 2015-06-01
		Motor: MotorTerms{
			Compulsory: true, Commercial: true, RatesAdded: true, NewPrice: true, LegalCap: 3000,
			Damage: FaultRates{Full: 1500, Main: 1000, Equal: 800, Secondary: 500}, ThirdParty: full20,
			CarMonthly: 60, BusMonthly: 90,
		},
	},
	{
		ID: "motor-2014", Name: "中国保险行业协会机动车综合商业保险示范条款(2014版)", NameEN: "IAC model commercial motor form of 2014",
		Class: ClassMotor, From: "2015-06-01", Until: "2020-09-18",
		Motor: MotorTerms{
			Compulsory: true, Commercial: true, Damage: full20, ThirdParty: full20, LegalCap: 3000,
			CarMonthly: 60, BusMonthly: 90,
		},
	},
	{
		ID: "motor-2020", Name: "中国保险行业协会机动车商业保险示范条款(2020版)", NameEN: "IAC model commercial motor form of 2020",
		Class: ClassMotor, From: "2020-09-19",
		Motor: MotorTerms{
			Compulsory: true, Commercial: true, LegalCap: 3000,
			CarMonthly: 60, BusMonthly: 90,
		},
	},
	{
		ID: "compulsory-2006", Name: "机动车交通事故责任强制保险条款", NameEN: "Compulsory motor liability form",
		Class: ClassMotor, From: "2006-07-01",
		Motor: MotorTerms{Compulsory: true},
	},
	{
		ID: "property-2009", Name: "财产基本险、综合险、一切险条款(2009版)", NameEN: "Commercial property forms of 2009",
		Class: ClassProperty, From: "2009-10-01",
	},
	{
		ID: "household-2009", Name: "家庭财产保险条款(2009版)", NameEN: "Household form of 2009",
		Class: ClassHousehold, From: "2009-10-01",
	},
	{
		ID: "cargo-2009", Name: "货物运输保险条款(2009版)", NameEN: "Cargo forms of 2009",
		Class: ClassCargo, From: "2009-10-01",
	},
	{
		ID: "liability-2009", Name: "责任保险条款(2009版)", NameEN: "Liability forms of 2009",
		Class: ClassLiability, From: "2009-10-01",
	},
}

// Forms lists every form that we compute.
func Forms() []Form { return slices.Clone(forms) }

// FormsOn lists the forms of a class on which a policy could be issued on a
// day, "2026-11-21".
func FormsOn(class Class, day string) []Form {
	return slices.DeleteFunc(Forms(), func(f Form) bool {
		return f.Class != class || day < f.From || f.Until != "" && day > f.Until
	})
}

// FormOf finds a form by its id. An unknown one is an [InputError].
func FormOf(id string) (Form, error) {
	for _, f := range forms {
		if f.ID == id {
			return f, nil
		}
	}
	what := fmt.Sprintf("%q is not known", id)
	if id == "" {
		what = "is missing"
	}
	return Form{}, InputError{{"form", what + "; give the form of the policy, one of " + known("")}}
}

// known lists the ids of the forms of a class, or of all for an empty one.
func known(class Class) string {
	var ids []string
	for _, f := range forms {
		if class == "" || f.Class == class {
			ids = append(ids, f.ID)
		}
	}
	return strings.Join(ids, ", ")
}

// under looks the form up and computes under it.
func under[In any](id string, compute func(Form, In) (Statement, error), in In) (Statement, error) {
	f, err := FormOf(id)
	if err != nil {
		return Statement{}, err
	}
	return compute(f, in)
}
