package indemnity

import (
	"math/big"

	"anpei/claim"
)

// ThirdPartyIn are the facts of one third party's loss of one kind, under
// compulsory and commercial third-party cover of one vehicle.
type ThirdPartyIn struct {
	Form       string `json:"form"`
	AccidentOn string `json:"accident_on"` // "2026-11-21"; decides the compulsory sub-limits

	Kind SubLimit  `json:"kind,omitempty"` // empty is property
	Loss claim.Fen `json:"loss_fen"`       // needed: what the third party lost of this kind

	// AtFault says that the insured has some fault; FaultShare then is his part
	// of it (责任比例), above zero. Without fault the share is zero, and
	// compulsory cover pays within its smaller limits.
	AtFault    bool     `json:"at_fault"`
	FaultShare claim.BP `json:"fault_share_bp"`

	// CompulsoryLeft is what our vehicle's sub-limit has left for this loss,
	// when several victims or vehicles share it: Allocation.Paid of
	// [Compulsory]. Nil is the whole sub-limit.
	CompulsoryLeft *claim.Fen `json:"compulsory_left_fen,omitempty"`
	// CompulsoryElsewhere says that another insurer carries our vehicle's
	// compulsory cover, or nobody does. Its part is deducted all the same, and
	// not payable by us.
	CompulsoryElsewhere bool `json:"compulsory_elsewhere"`
	// FromOtherCompulsory is what the compulsory cover of other vehicles owes
	// for this loss.
	FromOtherCompulsory claim.Fen `json:"from_other_compulsory_fen"`

	// Limit is what the commercial limit per accident has left; needed, and
	// zero only for a form without commercial cover.
	Limit claim.Fen `json:"limit_fen"`
	// LegalExpense is the cost of suit or arbitration that we agreed to in
	// writing, payable on top of the limit.
	LegalExpense claim.Fen `json:"legal_expense_fen"`

	FaultRate *claim.BP `json:"fault_rate_bp,omitempty"` // as in [OwnDamageIn]
	Waiver    bool      `json:"waiver"`                  // as in [OwnDamageIn]
	Rate      claim.BP  `json:"rate_bp"`                 // as in [OwnDamageIn]
}

const thirdPartyClause = "机动车第三者责任保险条款·赔偿处理·赔款计算"

var (
	thirdLoss = rule{
		"motor.third.loss", "核定的第三者损失",
		"Assessed loss of the third party", "保险法第六十五条",
	}
	thirdOther = rule{
		"motor.third.other_compulsory", "扣除其他车辆交强险应赔偿的部分",
		"Less what other vehicles' compulsory cover owes", compulsoryClause,
	}
	thirdCompulsory = rule{
		"motor.third.compulsory_limit", "交强险先赔,不论责任比例,以分项限额为限",
		"Compulsory cover pays first, without regard to the fault share, up to its sub-limit", compulsoryClause,
	}
	thirdExcess = rule{
		"motor.third.excess", "扣除本车交强险赔偿的部分,其余由商业三者险计算",
		"Less what our compulsory cover pays; the rest goes to commercial cover", "民法典第一千二百一十三条;" + thirdPartyClause,
	}
	thirdShare = rule{
		"motor.third.fault_share", "按您一方在事故中的责任比例计算",
		"In the insured's share of the fault", thirdPartyClause,
	}
	thirdLimit = rule{
		"motor.third.limit", "以每次事故责任限额为限",
		"At most the limit per accident", thirdPartyClause,
	}
	thirdLegal = rule{
		"motor.third.legal", "经我们书面同意的仲裁或者诉讼费用,在责任限额以外另行计算",
		"Cost of suit or arbitration that we agreed to, on top of the limit", "保险法第六十六条",
	}
	thirdLegalCap = rule{
		"motor.third.legal_limit", "仲裁或者诉讼费用以责任限额的约定比例为限",
		"At most the agreed part of the limit", "机动车第三者责任保险条款·保险责任;保险法第六十六条",
	}
)

// ThirdPartyProperty computes a third party's loss of property: [ThirdParty]
// that refuses a loss of another kind.
func ThirdPartyProperty(in ThirdPartyIn) (Statement, error) {
	if in.Kind.orProperty() != ForProperty {
		return Statement{}, InputError{{"kind", "is " + string(in.Kind) + "; leave it out for a loss of property"}}
	}
	return ThirdParty(in)
}

// ThirdParty computes one third party's loss under the form in.Form: figures
// [FigureCompulsory], [FigureThirdParty] and [FigureLegal], each where there is
// something to say. It fails with an [InputError], or [claim.ErrOverflow].
func ThirdParty(in ThirdPartyIn) (Statement, error) { return under(in.Form, Form.ThirdParty, in) }

// ThirdParty pays from compulsory cover first, up to the sub-limit and without
// regard to the fault share, then from commercial cover
//
//	min((loss - compulsory) × fault share, limit) × (1 - rate)
//
// (民法典 art. 1213). The limit goes first and the rate after, so that the
// insured bears his rate of a large loss too.
func (form Form) ThirdParty(in ThirdPartyIn) (Statement, error) {
	limits, err := form.checkThirdParty(in)
	if err != nil {
		return Statement{}, err
	}
	s := new(sheet)
	loss, other := in.Loss.Rat(), in.FromOtherCompulsory.Rat()
	open := minus(loss, other)

	compulsory := new(big.Rat)
	if form.Motor.Compulsory {
		limit := limits.Of(in.Kind)
		left := limit
		if in.CompulsoryLeft != nil {
			left = *in.CompulsoryLeft
		}
		compulsory = lesser(open, left.Rat())
		if !in.CompulsoryElsewhere {
			f := s.figure(FigureCompulsory)
			f.step(thirdLoss, loss, money("第三者损失", "loss", in.Loss))
			in.deductOther(f)
			f.step(thirdCompulsory, compulsory,
				money("分项限额", "sub-limit", limit), money("可用限额", "left for this loss", left))
		}
	}

	// Without excess there is nothing to say about commercial cover, unless it is
	// all that this statement is about.
	if excess := minus(open, compulsory); form.Motor.Commercial && (excess.Sign() > 0 || in.CompulsoryElsewhere) {
		f := s.figure(FigureThirdParty)
		f.step(thirdLoss, loss, money("第三者损失", "loss", in.Loss))
		in.deductOther(f)
		if compulsory.Sign() > 0 {
			f.step(thirdExcess, excess, exactly("本车交强险", "our compulsory cover", compulsory))
		}
		f.step(thirdShare, times(excess, in.FaultShare.Rat()), percent("责任比例", "fault share", in.FaultShare))
		if limit := in.Limit.Rat(); f.exact.Cmp(limit) > 0 {
			f.step(thirdLimit, limit, money("责任限额", "limit", in.Limit))
		}
		form.takeRates(f, form.Motor.ThirdParty, in.rates())
	}

	if in.LegalExpense > 0 {
		f := s.figure(FigureLegal)
		f.step(thirdLegal, in.LegalExpense.Rat(), money("仲裁或者诉讼费用", "legal expense", in.LegalExpense))
		if limit := times(in.Limit.Rat(), form.Motor.LegalCap.Rat()); f.exact.Cmp(limit) > 0 {
			f.step(thirdLegalCap, limit,
				money("责任限额", "limit", in.Limit), percent("比例", "part of the limit", form.Motor.LegalCap))
		}
	}
	return s.statement(form.ID)
}

func (in ThirdPartyIn) deductOther(f *figure) {
	if in.FromOtherCompulsory > 0 {
		f.step(thirdOther, minus(f.exact, in.FromOtherCompulsory.Rat()),
			money("其他车辆交强险", "other vehicles' compulsory cover", in.FromOtherCompulsory))
	}
}

func (in ThirdPartyIn) rates() rates {
	return rates{share: in.FaultShare, own: in.FaultRate, waived: in.Waiver, agreed: in.Rate}
}

// checkThirdParty returns our vehicle's compulsory limits, all zero for a form
// without compulsory cover.
func (form Form) checkThirdParty(in ThirdPartyIn) (SubLimits, error) {
	c := new(checks)
	c.form(form, ClassMotor)
	c.kind("kind", in.Kind)
	c.accident(in.AccidentOn, form.ID, form.From)
	c.needed("loss_fen", in.Loss, "the assessed loss of the third party")
	c.amount("from_other_compulsory_fen", in.FromOtherCompulsory)
	if in.FromOtherCompulsory > in.Loss {
		c.refuse("from_other_compulsory_fen", "is %s, more than the loss of %s; give what falls on this loss", in.FromOtherCompulsory, in.Loss)
	}
	c.part("fault_share_bp", in.FaultShare)
	switch {
	case in.AtFault && in.FaultShare == 0:
		c.refuse("fault_share_bp", "is missing; give the insured's share of the fault, or at_fault false")
	case !in.AtFault && in.FaultShare != 0:
		c.refuse("fault_share_bp", "is %s without fault; give at_fault true, or no share", in.FaultShare)
	}
	c.amount("legal_expense_fen", in.LegalExpense)
	if form.Motor.Commercial {
		c.needed("limit_fen", in.Limit, "what the limit per accident has left")
	} else if in.Limit != 0 || in.LegalExpense != 0 {
		c.refuse("limit_fen", "%s has no commercial cover; leave limit and legal expense out", form.ID)
	}
	c.rates(form, form.Motor.ThirdParty, in.rates())

	var limits SubLimits
	if form.Motor.Compulsory {
		limits, _ = LimitsOn(in.AccidentOn, in.AtFault) // a wrong day has its fault above
	} else if in.CompulsoryLeft != nil || in.CompulsoryElsewhere {
		c.refuse("compulsory_left_fen", "%s stands without compulsory cover; leave it and compulsory_elsewhere out", form.ID)
	}
	if in.CompulsoryElsewhere && !form.Motor.Commercial {
		c.refuse("compulsory_elsewhere", "is set for %s, which is compulsory cover; give the commercial form", form.ID)
	}
	if in.CompulsoryLeft != nil {
		c.amount("compulsory_left_fen", *in.CompulsoryLeft)
		if limit := limits.Of(in.Kind); form.Motor.Compulsory && *in.CompulsoryLeft > limit {
			c.refuse("compulsory_left_fen", "is %s, more than the sub-limit of %s; give what is left of it for this loss", *in.CompulsoryLeft, limit)
		}
	}
	return limits, c.err()
}
