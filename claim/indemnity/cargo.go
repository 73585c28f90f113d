package indemnity

import (
	"math/big"

	"anpei/claim"
)

// CargoIn are the facts of a loss to insured goods.
type CargoIn struct {
	Form string `json:"form"`

	SumInsured claim.Fen `json:"sum_insured_fen"` // needed
	// Valued says that the parties agreed the value (定值保险): the sum insured is
	// paid in the degree of the loss, whatever the goods are worth. Otherwise
	// the loss is paid in the ratio of sum insured to Value (不定值, inland).
	Valued bool `json:"valued"`

	// Degree of a valued loss (损失程度): either the ratio itself, or what the
	// goods would be worth at destination sound, and are worth damaged.
	Degree  claim.BP  `json:"degree_bp"`
	Sound   claim.Fen `json:"sound_fen"`
	Damaged claim.Fen `json:"damaged_fen"`

	Loss  claim.Fen `json:"loss_fen"`  // of an unvalued policy
	Value claim.Fen `json:"value_fen"` // of an unvalued policy: insurable value

	Rescue  claim.Fen `json:"rescue_fen"`  // necessary, reasonable rescue expense
	Salvage claim.Fen `json:"salvage_fen"` // agreed value of what the insured keeps
}

const cargoClause = "货物运输保险条款·赔偿处理"

var (
	cargoSum = rule{
		"cargo.sum_insured", "定值保险:以约定的保险金额为基础,不看出险时的市价",
		"Valued policy: the agreed sum insured, whatever the market value", "保险法第五十五条第一款",
	}
	cargoDegree = rule{
		"cargo.degree", "按货物在目的地的损失程度赔偿",
		"In the degree of the loss at destination", cargoClause,
	}
	cargoLoss = rule{
		"cargo.loss", "核定的货物损失",
		"Assessed loss of the goods", cargoClause,
	}
	cargoRatio = rule{
		"cargo.ratio", "保险金额低于保险价值,货物损失和施救费用分别按比例赔偿",
		"Insured below the value: goods and rescue expense each in the ratio of the two", "保险法第五十五条第四款",
	}
	cargoCap = rule{
		"cargo.limit", "货物损失和施救费用分别以保险金额为限",
		"Goods and rescue expense each at most the sum insured", "保险法第五十七条第二款;" + cargoClause,
	}
	cargoSalvage = rule{
		"cargo.salvage", "残值作价归您,在赔款中扣除",
		"Less the salvage that the insured keeps", cargoClause + "·残值",
	}
	cargoRescue = rule{
		"cargo.rescue", "必要、合理的施救费用,在货物损失赔款以外另行计算",
		"Necessary and reasonable rescue expense, on top of the goods", "保险法第五十七条第二款",
	}
)

// Cargo computes a loss to goods in transit (货物运输保险) under the form in.Form:
// figures [FigureCargo] and, with rescue expense, [FigureRescue]. It fails with
// an [InputError], or [claim.ErrOverflow].
func Cargo(in CargoIn) (Statement, error) { return under(in.Form, Form.Cargo, in) }

// Cargo computes
//
//	valued    sum insured × degree of loss - salvage
//	unvalued  min(loss × r, sum insured) - salvage, r = min(1, sum insured / value)
//	rescue    expense (× r when unvalued), at most another sum insured
//
// where degree = (sound - damaged) / sound. Salvage is taken whole and from the
// indemnity, unlike that of property on land.
func (form Form) Cargo(in CargoIn) (Statement, error) {
	if err := form.checkCargo(in); err != nil {
		return Statement{}, err
	}
	s := new(sheet)
	sum := in.SumInsured.Rat()
	ratio := big.NewRat(1, 1)
	if !in.Valued {
		ratio = insured(in.SumInsured, in.Value.Rat())
	}
	average := func(f *figure) {
		if ratio.Cmp(big.NewRat(1, 1)) < 0 {
			f.step(cargoRatio, times(f.exact, ratio), money("保险金额", "sum insured", in.SumInsured),
				money("保险价值", "value", in.Value), quotient("比例", "ratio", ratio))
		}
		if f.exact.Cmp(sum) > 0 {
			f.step(cargoCap, sum, money("保险金额", "sum insured", in.SumInsured))
		}
	}

	f := s.figure(FigureCargo)
	if in.Valued {
		f.step(cargoSum, sum, money("保险金额", "sum insured", in.SumInsured))
		degree, inputs := in.Degree.Rat(), []Input{percent("损失程度", "degree of loss", in.Degree)}
		if in.Sound > 0 {
			degree = new(big.Rat).Quo((in.Sound - in.Damaged).Rat(), in.Sound.Rat())
			inputs = []Input{
				money("目的地完好价值", "sound value at destination", in.Sound),
				money("目的地受损价值", "damaged value at destination", in.Damaged),
				quotient("损失程度", "degree of loss", degree),
			}
		}
		f.step(cargoDegree, times(sum, degree), inputs...)
	} else {
		f.step(cargoLoss, in.Loss.Rat(), money("货物损失", "loss", in.Loss))
		average(f)
	}
	if in.Salvage > 0 {
		f.step(cargoSalvage, minus(f.exact, in.Salvage.Rat()), money("残值", "salvage", in.Salvage))
	}

	if in.Rescue > 0 {
		r := s.figure(FigureRescue)
		r.step(cargoRescue, in.Rescue.Rat(), money("施救费用", "rescue expense", in.Rescue))
		average(r)
	}
	return s.statement(form.ID)
}

func (form Form) checkCargo(in CargoIn) error {
	c := new(checks)
	c.form(form, ClassCargo)
	c.needed("sum_insured_fen", in.SumInsured, "the sum insured of the goods")
	c.amount("rescue_fen", in.Rescue)
	c.amount("salvage_fen", in.Salvage)
	c.part("degree_bp", in.Degree)
	c.amount("sound_fen", in.Sound)
	c.amount("damaged_fen", in.Damaged)
	if !in.Valued {
		c.needed("loss_fen", in.Loss, "the assessed loss of the goods")
		c.needed("value_fen", in.Value, "the insurable value of the goods")
		if in.Degree != 0 || in.Sound != 0 || in.Damaged != 0 {
			c.refuse("degree_bp", "belongs to a valued policy; set valued, or give the loss")
		}
		return c.err()
	}
	if in.Loss != 0 || in.Value != 0 {
		c.refuse("loss_fen", "belongs to an unvalued policy; give the degree of the loss")
	}
	switch {
	case in.Degree == 0 && in.Sound == 0:
		c.refuse("degree_bp", "is missing; give the degree of the loss, or sound_fen and damaged_fen")
	case in.Degree != 0 && in.Sound != 0:
		c.refuse("degree_bp", "is given besides sound_fen; give one of them")
	case in.Sound != 0 && in.Damaged > in.Sound:
		c.refuse("damaged_fen", "is %s, more than the sound value of %s; give what the goods are worth damaged", in.Damaged, in.Sound)
	}
	return c.err()
}
