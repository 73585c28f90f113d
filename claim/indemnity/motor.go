package indemnity

import (
	"math/big"

	"anpei/claim"
)

// OwnDamageIn are the facts of a loss under motor own damage cover (车损险).
type OwnDamageIn struct {
	Form string `json:"form"`

	Loss        claim.Fen `json:"loss_fen"`         // assessed cost of repair; may be zero when TotalLoss is set
	Rescue      claim.Fen `json:"rescue_fen"`       // necessary, reasonable rescue expense (施救费)
	Salvage     claim.Fen `json:"salvage_fen"`      // agreed value of what the insured keeps (残值)
	SumInsured  claim.Fen `json:"sum_insured_fen"`  // needed
	ActualValue claim.Fen `json:"actual_value_fen"` // needed: what the vehicle was worth at the accident; see [ActualValue]
	NewPrice    claim.Fen `json:"new_price_fen"`    // price of a new vehicle; only, and needed, for forms that average against it
	Deductible  claim.Fen `json:"deductible_fen"`   // fixed deductible per accident (绝对免赔额)

	// FromOtherCompulsory is what the other vehicles' compulsory cover owes, or
	// has paid, for this vehicle's damage.
	FromOtherCompulsory claim.Fen `json:"from_other_compulsory_fen"`

	// FaultShare is the insured's part of the fault (责任比例), 10000 when no
	// other vehicle is involved. Zero is refused as forgotten unless NoFault or
	// Subrogation says otherwise.
	FaultShare claim.BP `json:"fault_share_bp"`
	// NoFault says that a fault share of zero is meant: nothing is payable
	// here, the other side owes it all.
	NoFault bool `json:"no_fault"`
	// Subrogation pays without regard to the fault share: the insured has
	// turned to us for the whole, and we recover the other side's part
	// (代位求偿, Insurance Law art. 60).
	Subrogation bool `json:"subrogation"`

	// FaultRate replaces the form's deductible rate by fault where the clause
	// has a rate of its own, as when the other driver cannot be found. Nil takes
	// the form's rate for FaultShare.
	FaultRate *claim.BP `json:"fault_rate_bp,omitempty"`
	// Waiver is the rider that refunds the rate by fault (不计免赔率特约).
	Waiver bool `json:"waiver"`
	// Rate is the agreed deductible rate (绝对免赔率), by fault or not.
	Rate claim.BP `json:"rate_bp"`

	// TotalLoss is set for a vehicle that is lost or not worth repair. A Loss
	// of at least ActualValue is a total loss anyway.
	TotalLoss bool `json:"total_loss"`
}

const motorClause = "机动车损失保险条款·赔偿处理·赔款计算"

var (
	ownLoss = rule{
		"motor.own.loss", "核定的车辆修理费用",
		"Assessed cost of repairing the vehicle", motorClause,
	}
	ownTotal = rule{
		"motor.own.total_loss", "车辆全损(或修理费用达到实际价值):按保险金额与实际价值中较低的一项计算",
		"Total loss, or repair at the actual value or more: the lower of sum insured and actual value", motorClause + ";保险法第五十五条",
	}
	ownSalvage = rule{
		"motor.own.salvage", "扣除归您所有的残值",
		"Less the salvage that the insured keeps", "机动车损失保险条款·赔偿处理·残值;保险法第五十九条",
	}
	ownCap = rule{
		"motor.own.sum_insured", "以保险金额为限",
		"At most the sum insured", motorClause,
	}
	ownAverage = rule{
		"motor.own.average", "保险金额低于新车购置价,部分损失按比例计算",
		"Insured below the price of a new vehicle: a partial loss is averaged", motorClause + ";保险法第五十五条第四款",
	}
	ownOther = rule{
		"motor.own.other_compulsory", "扣除应由对方交强险赔偿的金额",
		"Less what the other side's compulsory cover owes", motorClause,
	}
	ownShare = rule{
		"motor.own.fault_share", "按您一方在事故中的责任比例计算",
		"In the insured's share of the fault", motorClause,
	}
	ownSubrogation = rule{
		"motor.own.subrogation", "您选择由我们先行全额赔付,不按责任比例扣减,我们再向对方追偿",
		"Paid without regard to fault at the insured's wish; we recover from the other side", "保险法第六十条",
	}
	ownDeductible = rule{
		"motor.own.deductible", "扣除每次事故绝对免赔额",
		"Less the fixed deductible per accident", motorClause,
	}
	ownRescue = rule{
		"motor.own.rescue", "必要、合理的施救费用,在车辆损失赔款以外另行计算",
		"Necessary and reasonable rescue expense, on top of the damage", "保险法第五十七条第二款",
	}
	ownRescueCap = rule{
		"motor.own.rescue_limit", "施救费用以一个保险金额为限",
		"Rescue expense has a limit of its own, one sum insured", "保险法第五十七条第二款",
	}
	rateFault = rule{
		"motor.rate.fault", "按事故责任扣除免赔率",
		"Less the deductible rate for the insured's fault", "条款·免赔率",
	}
	rateWaived = rule{
		"motor.rate.waived", "您投保了不计免赔率特约条款,不扣除事故责任免赔率",
		"The rate by fault is refunded by rider", "不计免赔率特约条款",
	}
	rateAgreed = rule{
		"motor.rate.agreed", "扣除保险单约定的绝对免赔率",
		"Less the deductible rate agreed in the policy", "条款·绝对免赔率",
	}
)

// OwnDamage computes motor own damage (车损险) under the form in.Form: figures
// [FigureDamage] and, with rescue expense, [FigureRescue]. It fails with an
// [InputError], or [claim.ErrOverflow].
func OwnDamage(in OwnDamageIn) (Statement, error) { return under(in.Form, Form.OwnDamage, in) }

// OwnDamage computes
//
//	(loss - due from the other side's compulsory cover) × fault share × (1 - rate) - deductible
//
// where the loss is the cost of repair less salvage, at most the sum insured,
// or, when repair costs the actual value or more, min(sum insured, actual
// value) less salvage. Rescue expense likewise, with a limit of its own. The
// deductible is due once per accident: what the damage does not use up is taken
// from the rescue expense.
func (form Form) OwnDamage(in OwnDamageIn) (Statement, error) {
	if err := form.checkOwnDamage(in); err != nil {
		return Statement{}, err
	}
	average := big.NewRat(1, 1)
	if form.Motor.NewPrice {
		average = insured(in.SumInsured, in.NewPrice.Rat())
	}
	s := new(sheet)

	damage := s.figure(FigureDamage)
	total := in.TotalLoss || in.Loss >= in.ActualValue
	if total {
		damage.step(ownTotal, min(in.SumInsured, in.ActualValue).Rat(),
			money("修理费用", "cost of repair", in.Loss),
			money("保险金额", "sum insured", in.SumInsured), money("实际价值", "actual value", in.ActualValue))
	} else {
		damage.step(ownLoss, in.Loss.Rat(), money("修理费用", "cost of repair", in.Loss))
	}
	if in.Salvage > 0 {
		damage.step(ownSalvage, minus(damage.exact, in.Salvage.Rat()), money("残值", "salvage", in.Salvage))
	}
	if sum := in.SumInsured.Rat(); damage.exact.Cmp(sum) > 0 {
		damage.step(ownCap, sum, money("保险金额", "sum insured", in.SumInsured))
	}
	if !total {
		form.average(damage, average, in)
	}
	if in.FromOtherCompulsory > 0 {
		damage.step(ownOther, minus(damage.exact, in.FromOtherCompulsory.Rat()),
			money("对方交强险应赔", "due from the other side's compulsory cover", in.FromOtherCompulsory))
	}
	in.share(damage)
	form.takeRates(damage, form.Motor.Damage, in.rates())
	owed := damage.exact // before the deductible
	if in.Deductible > 0 {
		damage.step(ownDeductible, minus(owed, in.Deductible.Rat()), money("绝对免赔额", "deductible", in.Deductible))
	}

	if in.Rescue > 0 {
		rescue := s.figure(FigureRescue)
		rescue.step(ownRescue, in.Rescue.Rat(), money("施救费用", "rescue expense", in.Rescue))
		form.average(rescue, average, in)
		in.share(rescue)
		if limit := in.SumInsured.Rat(); rescue.exact.Cmp(limit) > 0 {
			rescue.step(ownRescueCap, limit, money("保险金额", "sum insured", in.SumInsured))
		}
		form.takeRates(rescue, form.Motor.Damage, in.rates())
		if rest := minus(in.Deductible.Rat(), owed); rest.Sign() > 0 {
			rescue.step(ownDeductible, minus(rescue.exact, rest),
				money("绝对免赔额", "deductible", in.Deductible), exactly("车损部分未扣足", "not used up by the damage", rest))
		}
	}
	return s.statement(form.ID)
}

func (form Form) checkOwnDamage(in OwnDamageIn) error {
	c := new(checks)
	c.form(form, ClassMotor)
	if form.Class == ClassMotor && !form.Motor.Commercial {
		c.refuse("form", "%s covers no damage to the insured's own vehicle; give the commercial form", form.ID)
	}
	if in.Loss == 0 && in.Rescue == 0 && !in.TotalLoss {
		c.refuse("loss_fen", "is missing; give the assessed cost of repair, or set total_loss")
	}
	c.amount("loss_fen", in.Loss)
	c.amount("rescue_fen", in.Rescue)
	c.amount("salvage_fen", in.Salvage)
	c.needed("sum_insured_fen", in.SumInsured, "the sum insured of the policy")
	c.needed("actual_value_fen", in.ActualValue, "what the vehicle was worth at the accident")
	c.amount("deductible_fen", in.Deductible)
	c.amount("from_other_compulsory_fen", in.FromOtherCompulsory)
	switch {
	case form.Motor.NewPrice:
		c.needed("new_price_fen", in.NewPrice, "the price of a new vehicle, against which "+form.ID+" averages")
	case in.NewPrice != 0:
		c.refuse("new_price_fen", "is not used by %s, which insures the actual value; leave it out", form.ID)
	}
	c.part("fault_share_bp", in.FaultShare)
	switch {
	case in.NoFault && in.FaultShare != 0:
		c.refuse("fault_share_bp", "is %s with no_fault; give one of them", in.FaultShare)
	case in.FaultShare == 0 && !in.NoFault && !in.Subrogation:
		c.refuse("fault_share_bp", "is missing; give the insured's share of the fault, 10000 when no other vehicle is involved, or set no_fault")
	}
	c.rates(form, form.Motor.Damage, in.rates())
	return c.err()
}

func (form Form) average(f *figure, ratio *big.Rat, in OwnDamageIn) {
	if ratio.Cmp(big.NewRat(1, 1)) < 0 {
		f.step(ownAverage, times(f.exact, ratio),
			money("保险金额", "sum insured", in.SumInsured), money("新车购置价", "price of a new vehicle", in.NewPrice),
			quotient("比例", "ratio", ratio))
	}
}

func (in OwnDamageIn) share(f *figure) {
	if in.Subrogation {
		f.step(ownSubrogation, f.exact)
		return
	}
	f.step(ownShare, times(f.exact, in.FaultShare.Rat()), percent("责任比例", "fault share", in.FaultShare))
}

func (in OwnDamageIn) rates() rates {
	return rates{share: in.FaultShare, own: in.FaultRate, waived: in.Waiver, agreed: in.Rate}
}

// rates are the facts that decide which deductible rates apply.
type rates struct {
	share  claim.BP
	own    *claim.BP // instead of the form's rate by fault
	waived bool
	agreed claim.BP
}

func (c *checks) rates(form Form, table FaultRates, r rates) {
	c.part("rate_bp", r.agreed)
	if r.own == nil {
		return
	}
	c.part("fault_rate_bp", *r.own)
	if table == (FaultRates{}) {
		c.refuse("fault_rate_bp", "is not used by %s, which has no rates by fault; leave it out", form.ID)
	}
}

// takeRates takes the deductible rates from a figure: the rate by fault unless
// a rider refunds it, then the agreed one.
func (form Form) takeRates(f *figure, table FaultRates, r rates) {
	fault := table.of(r.share)
	if r.own != nil {
		fault = *r.own
	}
	before := f.exact
	switch {
	case fault > 0 && r.waived:
		f.step(rateWaived, before, percent("事故责任免赔率", "rate by fault", fault))
		fault = 0
	case fault > 0:
		f.step(rateFault, times(before, without(fault)), percent("事故责任免赔率", "rate by fault", fault))
	}
	if r.agreed == 0 {
		return
	}
	inputs := []Input{percent("绝对免赔率", "agreed rate", r.agreed)}
	after := times(f.exact, without(r.agreed))
	if fault > 0 {
		way := Input{"与事故责任免赔率", "with the rate by fault", "连乘 multiplied"}
		if form.Motor.RatesAdded {
			way.Value = "相加 added"
			after = times(before, without(fault+r.agreed))
		}
		inputs = append(inputs, way)
	}
	f.step(rateAgreed, after, inputs...)
}

// VehicleClass decides how fast a vehicle loses its value.
type VehicleClass string

// Classes of vehicle. Others have rates of their own, which no form here holds
// yet.
const (
	CarNotForHire VehicleClass = "car" // passenger vehicle to 9 seats, not for hire
	Bus           VehicleClass = "bus" // passenger vehicle from 10 seats
)

// ValueIn are the facts that decide what a vehicle is worth.
type ValueIn struct {
	Form   string       `json:"form"`
	Price  claim.Fen    `json:"price_fen"` // of the same vehicle new, tax included
	Class  VehicleClass `json:"class"`
	Months int          `json:"months"` // full months of use; a part of a month does not count
}

// maxDepreciation leaves every vehicle a fifth of its price.
const maxDepreciation claim.BP = 8000

// ActualValue (实际价值) is the price of a new vehicle less depreciation: price ×
// monthly rate × full months, at most 80 % of the price (机动车损失保险条款·保险金额,
// 折旧). It fails with an [InputError].
func ActualValue(in ValueIn) (claim.Fen, error) {
	form, err := FormOf(in.Form)
	if err != nil {
		return 0, err
	}
	c := new(checks)
	c.form(form, ClassMotor)
	c.needed("price_fen", in.Price, "the price of a new vehicle of the same kind")
	var monthly claim.BP
	switch in.Class {
	case CarNotForHire:
		monthly = form.Motor.CarMonthly
	case Bus:
		monthly = form.Motor.BusMonthly
	default:
		c.refuse("class", "is %q; give car (to 9 seats, not for hire) or bus (from 10 seats), or value the vehicle by hand", in.Class)
	}
	if form.Class == ClassMotor && !form.Motor.Commercial {
		c.refuse("form", "%s has no rates of depreciation; give the commercial form", form.ID)
	}
	if in.Months < 0 {
		c.refuse("months", "is %d; give the full months of use, zero or more", in.Months)
	}
	if err := c.err(); err != nil {
		return 0, err
	}
	lost := times(monthly.Rat(), new(big.Rat).SetInt64(int64(in.Months)))
	lost = lesser(lost, maxDepreciation.Rat())
	return claim.Round(times(in.Price.Rat(), minus(big.NewRat(1, 1), lost)))
}
