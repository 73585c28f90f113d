package indemnity

import (
	"fmt"
	"math/big"
	"slices"

	"anpei/claim"
)

// SubLimit names a part of compulsory cover (交强险分项限额). Sub-limits never top
// each other up.
type SubLimit string

// Sub-limits of compulsory cover (Regulation art. 23). The empty SubLimit
// stands for ForProperty.
const (
	ForDeathDisability SubLimit = "death_disability" // 死亡伤残
	ForMedical         SubLimit = "medical"          // 医疗费用
	ForProperty        SubLimit = "property"         // 财产损失
)

func (k SubLimit) orProperty() SubLimit {
	if k == "" {
		return ForProperty
	}
	return k
}

// figure is where a vehicle's statement shows what it pays under a sub-limit.
func (k SubLimit) figure() Figure { return Figure(k.orProperty()) }

// SubLimits are the limits of one compulsory policy for one accident.
type SubLimits struct {
	DeathDisability claim.Fen `json:"death_disability_fen"`
	Medical         claim.Fen `json:"medical_fen"`
	Property        claim.Fen `json:"property_fen"`
}

// Of is the limit of one sub-limit.
func (l SubLimits) Of(k SubLimit) claim.Fen {
	switch k.orProperty() {
	case ForDeathDisability:
		return l.DeathDisability
	case ForMedical:
		return l.Medical
	default:
		return l.Property
	}
}

// regime is the law's sub-limits for accidents from a day on.
type regime struct {
	from           string
	fault, noFault SubLimits
}

// regimes are the limits published by the regulator, oldest first. The day of
// the accident decides, not the day of the policy (交强险责任限额调整公告, 2008 and
// 2020). Yuan and fen stand apart.
var regimes = []regime{
	{
		from:    "2006-07-01",
		fault:   SubLimits{DeathDisability: 50_000_00, Medical: 8_000_00, Property: 2_000_00},
		noFault: SubLimits{DeathDisability: 10_000_00, Medical: 1_600_00, Property: 400_00},
	},
	{
		from:    "2008-02-01",
		fault:   SubLimits{DeathDisability: 110_000_00, Medical: 10_000_00, Property: 2_000_00},
		noFault: SubLimits{DeathDisability: 11_000_00, Medical: 1_000_00, Property: 100_00},
	},
	{
		from:    "2020-09-19",
		fault:   SubLimits{DeathDisability: 180_000_00, Medical: 18_000_00, Property: 2_000_00},
		noFault: SubLimits{DeathDisability: 18_000_00, Medical: 1_800_00, Property: 100_00},
	},
}

// LimitsOn are the sub-limits for an accident on a day, "2026-11-21", of a
// vehicle with or without fault. Before 2006-07-01 there was no compulsory
// cover: that day, or a malformed one, is an [InputError].
func LimitsOn(accident string, atFault bool) (SubLimits, error) {
	c := new(checks)
	c.accident(accident, "compulsory cover", regimes[0].from)
	if err := c.err(); err != nil {
		return SubLimits{}, err
	}
	limits := SubLimits{}
	for _, r := range regimes {
		switch {
		case accident < r.from:
		case atFault:
			limits = r.fault
		default:
			limits = r.noFault
		}
	}
	return limits, nil
}

// Accident is what compulsory cover needs to know of one accident: every
// vehicle in it, and every loss with the vehicle that carried it.
type Accident struct {
	Form     string    `json:"form"`        // of our own policy, with compulsory cover
	On       string    `json:"accident_on"` // "2026-11-21"
	Vehicles []Vehicle `json:"vehicles"`
	Losses   []Loss    `json:"losses"` // in order of claim
}

// Vehicle is one motor vehicle in an accident.
type Vehicle struct {
	ID      string `json:"id"` // unique in the accident, as a plate
	AtFault bool   `json:"at_fault"`
	// Limits replaces the limits of the day, as for a tractor and its trailer,
	// which had a policy each until 2013-03-01. Nil takes the limits of the day.
	Limits *SubLimits `json:"limits,omitempty"`
	// Uninsured says that no compulsory policy was in force. The vehicle still
	// takes its part of each loss, which its owner then owes himself
	// (法释〔2020〕17号 art. 16); no insurer pays or advances it.
	Uninsured bool `json:"uninsured"`
}

// Loss is one person's loss of one kind.
type Loss struct {
	Of     string    `json:"of"` // whose, for the statement
	In     string    `json:"in"` // id of the vehicle that was hit, or carried the person or goods; empty outside all vehicles
	Kind   SubLimit  `json:"kind"`
	Amount claim.Fen `json:"amount_fen"`
}

// Allocation is what one vehicle's compulsory cover pays.
type Allocation struct {
	Vehicle   string      `json:"vehicle"`
	Statement Statement   `json:"statement"` // a figure for each sub-limit that is touched
	Paid      []claim.Fen `json:"paid_fen"`  // by loss, in the order of Accident.Losses
	// AdvancedBy names, by loss, the vehicle whose insurer advances the payment
	// in the place of this one, which has no fault (无责代赔): the insurer of
	// the damaged vehicle pays its own insured, who need not turn to a
	// stranger's. Empty where this vehicle's insurer pays itself.
	AdvancedBy []string `json:"advanced_by"`
}

const compulsoryClause = "交强险条例第二十一条、第二十三条;民法典第一千二百一十三条"

var (
	compulsoryPart = rule{
		"compulsory.part", "本车交强险应分担的损失(不论责任比例)",
		"This vehicle's part of the loss, without regard to the share of the fault", "交强险互碰赔偿处理规则;法释〔2020〕17号第十八条",
	}
	compulsoryLimit = rule{
		"compulsory.limit", "以交强险分项限额为限,各分项不能互相调剂;几项损失按比例分摊限额",
		"At most the sub-limit, which no other tops up; several losses share it in proportion", compulsoryClause + ";法释〔2020〕17号第十九条",
	}
	compulsoryDigits = rule{
		"compulsory.ratio_digits", "各受害人的分摊比例按条款约定的小数位数取整",
		"Each victim's ratio is rounded as the form provides", "条款·赔偿处理",
	}
	compulsoryWhole = rule{
		"compulsory.whole_loss", "各车赔款之和不超过损失",
		"The vehicles together never pay more than the loss", "保险法第五十六条第二款",
	}
	compulsoryNone = rule{
		"compulsory.uninsured", "本车交强险已失效,由车主自行承担",
		"No compulsory policy in force: the owner owes this himself", "法释〔2020〕17号第十六条",
	}
)

// Compulsory divides an accident among the compulsory covers of the vehicles in
// it, one allocation for each vehicle in their order, under the form in.Form.
// It fails with an [InputError], or [claim.ErrOverflow].
func Compulsory(in Accident) ([]Allocation, error) {
	f, err := FormOf(in.Form)
	if err != nil {
		return nil, err
	}
	return f.Compulsory(in)
}

// Compulsory divides each loss among the vehicles that answer for it in
// proportion to their limits, so in equal parts when the limits are alike: of N
// vehicles at fault each takes 1/N of a loss outside the vehicles, and each of
// the others 1/(N-1) of the loss of one of them or its occupants. Where the
// parts that fall on a vehicle exceed its limit they are scaled down to it.
//
// A vehicle without fault answers within its smaller limits to the vehicles at
// fault, their occupants and persons outside, but not for property outside and
// not to another vehicle without fault; where nobody is at fault, each vehicle
// answers to all. (交强险互碰赔偿处理规则; 法释〔2020〕17号 art. 18 and 19.)
func (form Form) Compulsory(in Accident) ([]Allocation, error) {
	limits, err := form.checkAccident(in)
	if err != nil {
		return nil, err
	}
	left := make([]claim.Fen, len(in.Losses)) // of each loss, unpaid so far
	for i, l := range in.Losses {
		left[i] = l.Amount
	}
	allocations := make([]Allocation, len(in.Vehicles))
	for v, vehicle := range in.Vehicles {
		a := Allocation{
			Vehicle:    vehicle.ID,
			Paid:       make([]claim.Fen, len(in.Losses)),
			AdvancedBy: make([]string, len(in.Losses)),
		}
		s := new(sheet)
		for _, kind := range []SubLimit{ForDeathDisability, ForMedical, ForProperty} {
			form.allocate(s, in, limits, v, kind, left, a.Paid)
		}
		for i, l := range in.Losses {
			if a.Paid[i] > 0 && !vehicle.AtFault && l.Kind.orProperty() == ForProperty && in.insured(l.In) {
				a.AdvancedBy[i] = l.In
			}
		}
		if a.Statement, err = s.statement(form.ID); err != nil {
			return nil, fmt.Errorf("compulsory cover of vehicle %s: %w", vehicle.ID, err)
		}
		allocations[v] = a
	}
	return allocations, nil
}

// allocate computes what vehicle v pays under one sub-limit, enters it in paid
// and takes it from left.
func (form Form) allocate(s *sheet, in Accident, limits []SubLimits, v int, kind SubLimit, left, paid []claim.Fen) {
	f := s.figure(kind.figure())
	limit := limits[v].Of(kind)
	parts := make([]*big.Rat, len(in.Losses)) // nil for losses that v does not answer for
	answers := false
	for i, l := range in.Losses {
		if l.Kind.orProperty() != kind || l.Amount == 0 || !in.answers(v, l) {
			continue
		}
		answers = true
		all, n := new(big.Rat), 0
		for w := range in.Vehicles {
			if in.answers(w, l) {
				all, n = plus(all, limits[w].Of(kind).Rat()), n+1
			}
		}
		parts[i] = times(l.Amount.Rat(), new(big.Rat).Quo(limit.Rat(), all))
		f.step(compulsoryPart, plus(f.exact, parts[i]),
			Input{"受害方", "victim", l.Of}, money("损失", "loss", l.Amount),
			count("分担车辆数", "vehicles that answer for it", n), money("本车限额", "limit of this vehicle", limit))
	}
	if !answers {
		return
	}
	f.step(compulsoryLimit, lesser(f.exact, limit.Rat()), money("分项限额", "sub-limit", limit))
	if in.Vehicles[v].Uninsured {
		f.step(compulsoryNone, new(big.Rat))
		return
	}
	shares := form.victims(f.balance, parts)
	sum := claim.Fen(0)
	for _, share := range shares {
		sum += share
	}
	if sum != f.balance {
		f.step(compulsoryDigits, sum.Rat(), count("小数位数", "decimals", form.Motor.VictimDigits))
	}
	for i, share := range shares {
		// Each vehicle's figure is rounded on its own, so that the last one
		// could pay a fen more than there is.
		share = min(share, left[i])
		sum -= shares[i] - share
		left[i] -= share
		paid[i] += share
	}
	if sum != f.balance {
		f.step(compulsoryWhole, sum.Rat())
	}
}

// victims divides what a vehicle pays among those who share it, in proportion
// to what falls on it of each loss.
func (form Form) victims(payable claim.Fen, parts []*big.Rat) []claim.Fen {
	digits := form.Motor.VictimDigits
	if digits == 0 {
		return claim.Share(payable, parts)
	}
	sum := new(big.Rat)
	for _, p := range parts {
		if p != nil {
			sum = plus(sum, p)
		}
	}
	shares, left := make([]claim.Fen, len(parts)), payable
	for i, p := range parts {
		if p == nil {
			continue
		}
		ratio, _ := new(big.Rat).SetString(new(big.Rat).Quo(p, sum).FloatString(digits))
		share, _ := claim.Round(times(payable.Rat(), ratio)) // a part of payable, so it fits
		shares[i] = min(share, left)
		left -= shares[i]
	}
	return shares
}

// answers reports whether the compulsory cover of vehicle v answers for a loss.
func (in Accident) answers(v int, l Loss) bool {
	vehicle := in.Vehicles[v]
	if vehicle.ID == l.In {
		return false // its own damage and occupants are no third party
	}
	nobody := !slices.ContainsFunc(in.Vehicles, func(w Vehicle) bool { return w.AtFault })
	if vehicle.AtFault || nobody {
		return true
	}
	if l.In == "" {
		return l.Kind.orProperty() != ForProperty
	}
	return slices.ContainsFunc(in.Vehicles, func(w Vehicle) bool { return w.ID == l.In && w.AtFault })
}

// insured reports whether id is a vehicle of the accident with compulsory cover
// in force.
func (in Accident) insured(id string) bool {
	return slices.ContainsFunc(in.Vehicles, func(w Vehicle) bool { return w.ID == id && !w.Uninsured })
}

// checkAccident returns the limits of each vehicle.
func (form Form) checkAccident(in Accident) ([]SubLimits, error) {
	c := new(checks)
	c.form(form, ClassMotor)
	if form.Class == ClassMotor && !form.Motor.Compulsory {
		c.refuse("form", "%s stands without compulsory cover; give a form from 2006-07-01 on", form.ID)
	}
	c.accident(in.On, form.ID, form.From)
	limits := make([]SubLimits, len(in.Vehicles))
	seen := map[string]bool{}
	if len(in.Vehicles) == 0 {
		c.refuse("vehicles", "is missing; give every motor vehicle in the accident")
	}
	for v, vehicle := range in.Vehicles {
		field := fmt.Sprintf("vehicles[%d]", v)
		if vehicle.ID == "" || seen[vehicle.ID] {
			c.refuse(field+".id", "is %q; give each vehicle an id of its own", vehicle.ID)
		}
		seen[vehicle.ID] = true
		if vehicle.Limits != nil {
			limits[v] = *vehicle.Limits
			c.needed(field+".limits.death_disability_fen", limits[v].DeathDisability, "every sub-limit, or leave limits out")
			c.needed(field+".limits.medical_fen", limits[v].Medical, "every sub-limit, or leave limits out")
			c.needed(field+".limits.property_fen", limits[v].Property, "every sub-limit, or leave limits out")
			continue
		}
		limits[v], _ = LimitsOn(in.On, vehicle.AtFault) // a wrong day has its fault above
	}
	for i, l := range in.Losses {
		field := fmt.Sprintf("losses[%d]", i)
		c.amount(field+".amount_fen", l.Amount)
		if l.In != "" && !seen[l.In] {
			c.refuse(field+".in", "is %q, which is no vehicle of the accident; give its id, or nothing for a loss outside the vehicles", l.In)
		}
		c.kind(field+".kind", l.Kind)
	}
	return limits, c.err()
}

func (c *checks) kind(field string, k SubLimit) {
	switch k {
	case "", ForDeathDisability, ForMedical, ForProperty:
	default:
		c.refuse(field, "is %q; give death_disability, medical or property", k)
	}
}
