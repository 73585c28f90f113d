package indemnity

import (
	"fmt"
	"math/big"

	"anpei/claim"
)

// LiabilityIn are the claims against one insured under liability cover.
type LiabilityIn struct {
	Form string `json:"form"`

	Claims []claim.Fen `json:"claims_fen"` // what the insured owes each third party, in date order
	// OneOccurrence says that all claims come from one occurrence and share its
	// limit and its deductible; otherwise each is an occurrence of its own.
	OneOccurrence bool `json:"one_occurrence"`

	// PerOccurrence and Aggregate are the limit per occurrence and what the
	// aggregate limit of the policy has left; zero is none. One is needed.
	PerOccurrence claim.Fen `json:"per_occurrence_fen"`
	Aggregate     claim.Fen `json:"aggregate_fen"`

	Deductible claim.Fen `json:"deductible_fen"` // per occurrence
}

const liabilityClause = "责任保险条款·赔偿处理;保险法第六十五条"

var (
	liabilityLoss = rule{
		"liability.loss", "您依法应向第三者赔偿的金额",
		"What the insured owes the third party by law", "保险法第六十五条",
	}
	liabilityDeductible = rule{
		"liability.deductible", "扣除每次事故绝对免赔额",
		"Less the deductible per occurrence", liabilityClause,
	}
	liabilityLimit = rule{
		"liability.limit", "以每次事故责任限额为限",
		"At most the limit per occurrence", liabilityClause,
	}
	liabilityAggregate = rule{
		"liability.aggregate", "以保险期间累计责任限额的余额为限",
		"At most what is left of the aggregate limit", liabilityClause,
	}
	liabilityShared = rule{
		"liability.shared", "同一事故的各受害人按损失比例分配赔款",
		"The victims of one occurrence share in proportion to their losses", "责任保险条款·赔偿处理",
	}
	employerGrade = rule{
		"employer.grade", "按伤残等级对应的比例乘以每人伤亡责任限额",
		"Limit per person in the rate of the grade of disability", "雇主责任保险条款·赔偿处理",
	}
	employerLimit = rule{
		"employer.limit", "每人伤亡责任限额",
		"Limit per person for death and disability", "雇主责任保险条款·赔偿处理",
	}
	employerMedical = rule{
		"employer.medical", "医疗费用另行计算",
		"Medical cost, apart from disability", "雇主责任保险条款·赔偿处理",
	}
	employerMedicalLimit = rule{
		"employer.medical_limit", "以每人医疗费用责任限额为限",
		"At most the limit per person for medical cost", "雇主责任保险条款·赔偿处理",
	}
)

// LiabilityClaims computes the claims against one insured, in date order: a figure
// "claim_1", "claim_2" … for each. It fails with an [InputError], or
// [claim.ErrOverflow].
func LiabilityClaims(in LiabilityIn) (Statement, error) {
	return under(in.Form, Form.LiabilityClaims, in)
}

// LiabilityClaims pays each occurrence min(owed - deductible, limit per occurrence,
// aggregate left). The claims of one occurrence share what it pays in
// proportion to what is owed to each.
func (form Form) LiabilityClaims(in LiabilityIn) (Statement, error) {
	if err := form.checkLiability(in); err != nil {
		return Statement{}, err
	}
	s := new(sheet)
	left := in.Aggregate.Rat()
	if in.OneOccurrence {
		owed, err := claim.Sum(in.Claims...)
		if err != nil {
			return Statement{}, err
		}
		// Worked out on a sheet of its own: what the occurrence pays belongs to
		// no single claim.
		whole := &figure{sheet: new(sheet)}
		whole.step(liabilityLoss, owed.Rat())
		form.occurrence(whole, in, left)
		shares := claim.Share(whole.balance, claim.Rats(in.Claims...))
		for i, amount := range in.Claims {
			f := s.figure(claimFigure(i))
			f.step(liabilityLoss, amount.Rat(), money("应赔金额", "owed", amount))
			f.step(liabilityShared, shares[i].Rat(),
				money("本次事故应赔合计", "owed by the occurrence", owed),
				money("每次事故责任限额", "limit per occurrence", in.PerOccurrence),
				exactly("累计限额余额", "left of the aggregate", left),
				money("免赔额", "deductible", in.Deductible),
				money("本次事故赔款", "paid for the occurrence", whole.balance))
		}
		return s.statement(form.ID)
	}
	for i, amount := range in.Claims {
		f := s.figure(claimFigure(i))
		f.step(liabilityLoss, amount.Rat(), money("应赔金额", "owed", amount))
		form.occurrence(f, in, left)
		left = minus(left, f.exact)
	}
	return s.statement(form.ID)
}

// occurrence takes deductible and limits from what one occurrence owes. left is
// what remains of the aggregate, if the policy has one.
func (form Form) occurrence(f *figure, in LiabilityIn, left *big.Rat) {
	deduct := func() {
		if in.Deductible > 0 {
			f.step(liabilityDeductible, minus(f.exact, in.Deductible.Rat()), money("免赔额", "deductible", in.Deductible))
		}
	}
	if !form.Liability.LimitFirst {
		deduct()
	}
	if limit := in.PerOccurrence.Rat(); in.PerOccurrence > 0 && f.exact.Cmp(limit) > 0 {
		f.step(liabilityLimit, limit, money("每次事故责任限额", "limit per occurrence", in.PerOccurrence))
	}
	if form.Liability.LimitFirst {
		deduct()
	}
	if in.Aggregate > 0 && f.exact.Cmp(left) > 0 {
		f.step(liabilityAggregate, left,
			money("累计责任限额", "aggregate limit", in.Aggregate), exactly("余额", "left", left))
	}
}

func claimFigure(i int) Figure { return Figure(fmt.Sprintf("claim_%d", i+1)) }

func (form Form) checkLiability(in LiabilityIn) error {
	c := new(checks)
	c.form(form, ClassLiability)
	if len(in.Claims) == 0 {
		c.refuse("claims_fen", "is missing; give what the insured owes each third party")
	}
	for i, amount := range in.Claims {
		c.amount(fmt.Sprintf("claims_fen[%d]", i), amount)
	}
	c.amount("per_occurrence_fen", in.PerOccurrence)
	c.amount("aggregate_fen", in.Aggregate)
	if in.PerOccurrence == 0 && in.Aggregate == 0 {
		c.refuse("per_occurrence_fen", "is missing; give the limit per occurrence, or aggregate_fen")
	}
	c.amount("deductible_fen", in.Deductible)
	return c.err()
}

// EmployerIn are the facts of one employee's injury under employer's liability
// cover (雇主责任保险).
type EmployerIn struct {
	Form string `json:"form"`

	PerPerson    claim.Fen `json:"per_person_fen"` // limit per person for death and disability; needed with GradeRate
	GradeRate    claim.BP  `json:"grade_rate_bp"`  // of the grade of disability, by the table of the policy
	Medical      claim.Fen `json:"medical_fen"`    // necessary, reasonable medical cost
	MedicalLimit claim.Fen `json:"medical_limit_fen"`
}

// Employer computes one employee's injury: figures [FigureDisability] and
// [FigureMedical], each with its own limit. It fails with an [InputError], or
// [claim.ErrOverflow].
func Employer(in EmployerIn) (Statement, error) { return under(in.Form, Form.Employer, in) }

// Employer pays the limit per person in the rate of the grade, and the medical
// cost up to its own limit.
func (form Form) Employer(in EmployerIn) (Statement, error) {
	c := new(checks)
	c.form(form, ClassLiability)
	c.part("grade_rate_bp", in.GradeRate)
	c.amount("per_person_fen", in.PerPerson)
	c.amount("medical_fen", in.Medical)
	c.amount("medical_limit_fen", in.MedicalLimit)
	if in.GradeRate == 0 && in.Medical == 0 {
		c.refuse("grade_rate_bp", "is missing; give the rate of the grade of disability, or the medical cost")
	}
	if in.GradeRate > 0 && in.PerPerson == 0 {
		c.refuse("per_person_fen", "is missing; give the limit per person for death and disability")
	}
	if in.Medical > 0 && in.MedicalLimit == 0 {
		c.refuse("medical_limit_fen", "is missing; give the limit per person for medical cost")
	}
	if err := c.err(); err != nil {
		return Statement{}, err
	}
	s := new(sheet)
	if in.GradeRate > 0 {
		f := s.figure(FigureDisability)
		f.step(employerLimit, in.PerPerson.Rat(), money("每人伤亡责任限额", "limit per person", in.PerPerson))
		f.step(employerGrade, times(f.exact, in.GradeRate.Rat()), percent("伤残等级比例", "rate of the grade", in.GradeRate))
	}
	if in.Medical > 0 {
		f := s.figure(FigureMedical)
		f.step(employerMedical, in.Medical.Rat(), money("医疗费用", "medical cost", in.Medical))
		if limit := in.MedicalLimit.Rat(); f.exact.Cmp(limit) > 0 {
			f.step(employerMedicalLimit, limit, money("每人医疗费用责任限额", "limit per person", in.MedicalLimit))
		}
	}
	return s.statement(form.ID)
}
