package indemnity

import (
	"math/big"

	"anpei/claim"
)

// PropertyIn are the facts of a loss to one insured item. A policy that insures
// several items computes each on its own.
type PropertyIn struct {
	Form string `json:"form"`

	Loss       claim.Fen `json:"loss_fen"`        // assessed loss before salvage; may be zero when TotalLoss is set
	Rescue     claim.Fen `json:"rescue_fen"`      // necessary, reasonable rescue expense (施救费用)
	Salvage    claim.Fen `json:"salvage_fen"`     // agreed value of what the insured keeps (残值)
	SumInsured claim.Fen `json:"sum_insured_fen"` // needed
	Value      claim.Fen `json:"value_fen"`       // insurable value at the loss (保险价值); needed unless FirstLoss

	TotalLoss bool `json:"total_loss"` // nothing is left to repair
	// FirstLoss pays up to the sum insured without average (第一危险), as usual
	// for the contents of a home; otherwise the loss is paid by ratio.
	FirstLoss bool `json:"first_loss"`
	// CoinsuranceShare is the part of the value that a coinsurance clause
	// requires to be insured; 0 is no clause, which requires all of it.
	CoinsuranceShare claim.BP `json:"coinsurance_share_bp"`

	Deductible     claim.Fen      `json:"deductible_fen"`     // per accident (免赔额)
	DeductibleRate claim.BP       `json:"deductible_rate_bp"` // per accident (免赔率); the greater of the two applies
	DeductibleOf   DeductibleBase `json:"deductible_of,omitempty"`
	// Franchise makes the deductible relative (相对免赔): nothing is paid up to
	// it, everything above it. Otherwise it is deducted (绝对免赔).
	Franchise bool `json:"franchise"`

	Advance claim.Fen `json:"advance_fen"` // paid in advance already (预付赔款, Insurance Law art. 25)
}

// DeductibleBase says what a deductible rate is a part of.
type DeductibleBase string

// Bases of a deductible rate.
const (
	OfLoss       DeductibleBase = ""            // what the loss would pay
	OfSumInsured DeductibleBase = "sum_insured" // the sum insured
)

const propertyClause = "财产保险条款·赔偿处理"

var (
	propertyLoss = rule{
		"property.loss", "核定的财产损失",
		"Assessed loss of the property", propertyClause,
	}
	propertyTotal = rule{
		"property.total_loss", "全部损失:按保险金额与出险时保险价值中较低的一项计算",
		"Total loss: the lower of sum insured and value at the loss", "保险法第五十五条",
	}
	propertySalvage = rule{
		"property.salvage", "扣除归您所有的残值",
		"Less the salvage that the insured keeps", propertyClause + ";保险法第五十九条",
	}
	propertySalvageRatio = rule{
		"property.salvage_by_ratio", "按保险金额与保险价值的比例扣除残值",
		"Less salvage in the ratio of sum insured to value", "保险法第五十九条",
	}
	propertyRatio = rule{
		"property.ratio", "保险金额低于出险时的保险价值,按比例赔偿",
		"Insured below the value at the loss: paid in the ratio of the two", "保险法第五十五条第四款",
	}
	propertyCoinsurance = rule{
		"property.coinsurance", "保险金额低于共保条款要求的金额,按比例赔偿",
		"Insured below what the coinsurance clause requires: paid in the ratio of the two", "共同保险条款;保险法第五十五条第四款",
	}
	propertyFullSum = rule{
		"property.full_sum", "损失达到保险金额,按保险金额赔偿,不再按比例计算",
		"A loss of at least the sum insured is paid up to it without average, as the form provides", propertyClause,
	}
	propertyCap = rule{
		"property.limit", "以保险金额和保险价值中较低的一项为限",
		"At most the lower of sum insured and value", "保险法第五十五条第三款、第四款",
	}
	propertyFirstLoss = rule{
		"property.first_loss", "按第一危险方式,在保险金额内按实际损失赔偿",
		"First loss: paid up to the sum insured without average", "条款·赔偿处理·第一危险赔偿方式",
	}
	propertyDeductible = rule{
		"property.deductible", "扣除每次事故绝对免赔",
		"Less the deductible per accident", propertyClause + "·免赔",
	}
	propertyFranchise = rule{
		"property.franchise", "相对免赔:未超过免赔额的不赔,超过的全部赔偿",
		"Franchise: nothing up to it, everything above", propertyClause + "·免赔",
	}
	propertyRescue = rule{
		"property.rescue", "必要、合理的施救费用,在损失赔款以外另行计算",
		"Necessary and reasonable rescue expense, on top of the loss", "保险法第五十七条第二款",
	}
	propertyRescueCap = rule{
		"property.rescue_limit", "施救费用以一个保险金额为限",
		"Rescue expense has a limit of its own, one sum insured", "保险法第五十七条第二款",
	}
	propertyAdvance = rule{
		"property.advance", "扣除已经预付的赔款",
		"Less what was paid in advance", "保险法第二十五条",
	}
)

// CommercialProperty computes a loss under commercial property cover
// (企业财产保险) and the form in.Form: figures [FigureProperty], with rescue expense
// [FigureRescue], and with an advance [FigureAdvance]. It fails with an
// [InputError], or [claim.ErrOverflow].
func CommercialProperty(in PropertyIn) (Statement, error) {
	return under(in.Form, Form.CommercialProperty, in)
}

// Household computes a loss under household cover (家庭财产保险) by the same rules:
// building and decoration by ratio, contents usually as first loss.
func Household(in PropertyIn) (Statement, error) { return under(in.Form, Form.Household, in) }

// CommercialProperty is [CommercialProperty] under this form.
func (form Form) CommercialProperty(in PropertyIn) (Statement, error) {
	return form.property(ClassProperty, in)
}

// Household is [Household] under this form.
func (form Form) Household(in PropertyIn) (Statement, error) {
	return form.property(ClassHousehold, in)
}

// property computes, with r = min(1, sum insured / value required),
//
//	partial loss  (loss - salvage) × r, at most min(sum insured, value)
//	total loss    min(sum insured, value) - salvage
//	rescue        expense × r, at most another sum insured
//
// then the deductible from the loss, and what was paid in advance.
func (form Form) property(class Class, in PropertyIn) (Statement, error) {
	if err := form.checkProperty(class, in); err != nil {
		return Statement{}, err
	}
	s := new(sheet)
	f := s.figure(FigureProperty)
	limit := in.SumInsured
	if in.Value > 0 {
		limit = min(limit, in.Value) // insurance above the value is void: art. 55(3)
	}

	switch {
	case in.TotalLoss:
		f.step(propertyTotal, limit.Rat(),
			money("保险金额", "sum insured", in.SumInsured), money("保险价值", "value", in.Value))
		form.deductTotalSalvage(f, in)
	default:
		f.step(propertyLoss, in.Loss.Rat(), money("核定损失", "assessed loss", in.Loss))
		in.deductSalvage(f)
		switch net := f.exact; {
		case in.FirstLoss:
			f.step(propertyFirstLoss, lesser(net, in.SumInsured.Rat()), money("保险金额", "sum insured", in.SumInsured))
		case form.Property.FullAboveSum && net.Cmp(in.SumInsured.Rat()) >= 0:
			f.step(propertyFullSum, in.SumInsured.Rat(), money("保险金额", "sum insured", in.SumInsured))
		default:
			in.average(f)
		}
		if f.exact.Cmp(limit.Rat()) > 0 {
			f.step(propertyCap, limit.Rat(),
				money("保险金额", "sum insured", in.SumInsured), money("保险价值", "value", in.Value))
		}
	}
	in.deduct(f)

	if in.Rescue > 0 {
		r := s.figure(FigureRescue)
		r.step(propertyRescue, in.Rescue.Rat(), money("施救费用", "rescue expense", in.Rescue))
		in.average(r)
		if limit := in.SumInsured.Rat(); r.exact.Cmp(limit) > 0 {
			r.step(propertyRescueCap, limit, money("保险金额", "sum insured", in.SumInsured))
		}
	}

	if in.Advance > 0 {
		settlement := s.total()
		// What was advanced beyond the settlement is recovered apart: a
		// statement never asks for money.
		due := min(in.Advance, settlement)
		inputs := []Input{money("赔款合计", "settlement", settlement), money("预付赔款", "advance", in.Advance)}
		if over := in.Advance - due; over > 0 {
			inputs = append(inputs, money("超付待追回", "overpaid, to be recovered", over))
		}
		s.write(propertyAdvance, FigureAdvance, -due, -due, inputs)
	}
	return s.statement(form.ID)
}

// ratio is the insured part of each fen of loss, and the rule that says so.
func (in PropertyIn) ratio() (*big.Rat, rule) {
	switch {
	case in.FirstLoss:
		return big.NewRat(1, 1), propertyFirstLoss
	case in.CoinsuranceShare > 0:
		return insured(in.SumInsured, times(in.Value.Rat(), in.CoinsuranceShare.Rat())), propertyCoinsurance
	default:
		return insured(in.SumInsured, in.Value.Rat()), propertyRatio
	}
}

// average takes the ratio of an under-insured item.
func (in PropertyIn) average(f *figure) {
	ratio, r := in.ratio()
	if ratio.Cmp(big.NewRat(1, 1)) == 0 {
		return
	}
	inputs := []Input{money("保险金额", "sum insured", in.SumInsured), money("保险价值", "value", in.Value)}
	if in.CoinsuranceShare > 0 {
		inputs = append(inputs, percent("共保要求", "part of the value required", in.CoinsuranceShare))
	}
	f.step(r, times(f.exact, ratio), append(inputs, quotient("比例", "ratio", ratio))...)
}

func (in PropertyIn) deductSalvage(f *figure) {
	if in.Salvage > 0 {
		f.step(propertySalvage, minus(f.exact, in.Salvage.Rat()), money("残值", "salvage", in.Salvage))
	}
}

func (form Form) deductTotalSalvage(f *figure, in PropertyIn) {
	ratio := insured(in.SumInsured, in.Value.Rat())
	if !form.Property.SalvageByRatio || in.Salvage == 0 || ratio.Cmp(big.NewRat(1, 1)) == 0 {
		in.deductSalvage(f)
		return
	}
	f.step(propertySalvageRatio, minus(f.exact, times(in.Salvage.Rat(), ratio)),
		money("残值", "salvage", in.Salvage), quotient("比例", "ratio", ratio))
}

// deduct takes the deductible, or asks whether the franchise is passed.
func (in PropertyIn) deduct(f *figure) {
	base := f.exact
	if in.DeductibleOf == OfSumInsured {
		base = in.SumInsured.Rat()
	}
	fixed, byRate := in.Deductible.Rat(), times(base, in.DeductibleRate.Rat())
	due := fixed
	if byRate.Cmp(fixed) > 0 {
		due = byRate
	}
	if due.Sign() == 0 {
		return
	}
	inputs := []Input{exactly("免赔额", "deductible", due)}
	if in.DeductibleRate > 0 {
		inputs = append(inputs, money("约定免赔额", "agreed amount", in.Deductible),
			percent("约定免赔率(两者取高)", "agreed rate, the greater applies", in.DeductibleRate))
	}
	switch {
	case !in.Franchise:
		f.step(propertyDeductible, minus(f.exact, due), inputs...)
	case f.exact.Cmp(due) > 0:
		f.step(propertyFranchise, f.exact, inputs...)
	default:
		f.step(propertyFranchise, new(big.Rat), inputs...)
	}
}

func (form Form) checkProperty(class Class, in PropertyIn) error {
	c := new(checks)
	c.form(form, class)
	if in.Loss == 0 && in.Rescue == 0 && !in.TotalLoss {
		c.refuse("loss_fen", "is missing; give the assessed loss, or set total_loss")
	}
	c.amount("loss_fen", in.Loss)
	c.amount("rescue_fen", in.Rescue)
	c.amount("salvage_fen", in.Salvage)
	c.needed("sum_insured_fen", in.SumInsured, "the sum insured of the item")
	if in.FirstLoss && !in.TotalLoss {
		c.amount("value_fen", in.Value)
	} else {
		c.needed("value_fen", in.Value, "what the item was worth at the loss")
	}
	c.part("coinsurance_share_bp", in.CoinsuranceShare)
	if in.FirstLoss && in.CoinsuranceShare != 0 {
		c.refuse("coinsurance_share_bp", "is %s with first_loss, which is paid without average; give one of them", in.CoinsuranceShare)
	}
	c.amount("deductible_fen", in.Deductible)
	c.part("deductible_rate_bp", in.DeductibleRate)
	switch in.DeductibleOf {
	case OfLoss:
	case OfSumInsured:
		if in.DeductibleRate == 0 {
			c.refuse("deductible_rate_bp", "is missing; give the part of the sum insured, or leave deductible_of out")
		}
	default:
		c.refuse("deductible_of", "is %q; give sum_insured, or nothing for the loss", in.DeductibleOf)
	}
	if in.Franchise && in.Deductible == 0 && in.DeductibleRate == 0 {
		c.refuse("deductible_fen", "is missing; give the franchise")
	}
	c.amount("advance_fen", in.Advance)
	return c.err()
}
