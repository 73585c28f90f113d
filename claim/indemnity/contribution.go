package indemnity

import (
	"fmt"
	"math/big"

	"anpei/claim"
)

// Method is how several insurers of one interest divide a loss (重复保险分摊).
type Method string

// Methods of contribution. The statutory default is by sum insured; a contract
// may provide another (Insurance Law art. 56(2)).
const (
	BySumInsured           Method = "by_sum_insured"           // 比例责任制
	ByIndependentLiability Method = "by_independent_liability" // 独立责任制
	InOrderOfIssue         Method = "in_order_of_issue"        // 顺序责任制
)

// ContributionIn are the facts of a loss that several insurers cover.
type ContributionIn struct {
	Form     string    `json:"form"`             // of our own policy, property or household
	Method   Method    `json:"method,omitempty"` // empty takes the form's
	Loss     claim.Fen `json:"loss_fen"`
	Value    claim.Fen `json:"value_fen"` // insurable value; 0 when it does not exceed the sums insured
	Insurers []Insurer `json:"insurers"`  // in order of issue
}

// Insurer is one of several insurers.
type Insurer struct {
	Name       string    `json:"name"` // unique; names his figure
	SumInsured claim.Fen `json:"sum_insured_fen"`
}

var contributionTotal = rule{
	"contribution.loss", "各保险人赔款合计不超过损失和保险价值",
	"The insurers together pay at most the loss and the value", "保险法第五十六条第二款",
}

// contributionRules say how each method divides.
var contributionRules = map[Method]rule{
	BySumInsured: {
		"contribution.by_sum_insured", "按各保险人保险金额占总额的比例分摊",
		"In proportion to the sums insured", "保险法第五十六条第二款",
	},
	ByIndependentLiability: {
		"contribution.by_independent_liability", "按各保险人单独承保时应赔金额的比例分摊",
		"In proportion to what each would owe alone", "条款·重复保险分摊;保险法第五十六条第二款",
	},
	InOrderOfIssue: {
		"contribution.in_order_of_issue", "按出单先后,先由前一保险人在保险金额内赔偿,不足部分由后者赔偿",
		"In order of issue: the earlier up to his sum insured, the later the rest", "条款·重复保险分摊;保险法第五十六条第二款",
	},
}

// Contribution divides a loss among several insurers: a figure for each, by his
// name. It fails with an [InputError], or [claim.ErrOverflow].
func Contribution(in ContributionIn) (Statement, error) { return under(in.Form, Form.Contribution, in) }

// Contribution divides what all insurers together pay: the loss, or, when the
// sums insured together fall short of the value, the loss in their ratio to it.
// What they pay is one whole, so that the parts are apportioned and add up.
func (form Form) Contribution(in ContributionIn) (Statement, error) {
	if in.Method == "" {
		in.Method = form.Property.Contribution
	}
	if in.Method == "" {
		in.Method = BySumInsured
	}
	if err := form.checkContribution(in); err != nil {
		return Statement{}, err
	}

	sums := make([]claim.Fen, len(in.Insurers))
	for i, insurer := range in.Insurers {
		sums[i] = insurer.SumInsured
	}
	all, err := claim.Sum(sums...)
	if err != nil {
		return Statement{}, err
	}
	loss := in.Loss.Rat()
	if in.Value > 0 {
		loss = lesser(loss, in.Value.Rat())
	}
	payable, err := claim.Round(lesser(times(loss, in.covered(all)), all.Rat()))
	if err != nil {
		return Statement{}, err
	}

	var shares []claim.Fen
	alone := make([]*big.Rat, len(sums)) // what each would owe without the others
	switch in.Method {
	case BySumInsured:
		shares = claim.Share(payable, claim.Rats(sums...))
	case ByIndependentLiability:
		for i, sum := range sums {
			owes := loss
			if form.Property.StandaloneByRatio {
				owes = times(loss, in.covered(sum))
			}
			alone[i] = lesser(owes, sum.Rat())
		}
		shares = claim.Share(payable, alone)
	case InOrderOfIssue:
		shares = make([]claim.Fen, len(sums))
		left := payable
		for i, sum := range sums {
			shares[i] = min(sum, left)
			left -= shares[i]
		}
	}

	s := new(sheet)
	for i, insurer := range in.Insurers {
		f := s.figure(Figure(insurer.Name))
		f.step(contributionTotal, payable.Rat(), money("损失", "loss", in.Loss), money("各保险人赔款合计", "all insurers together", payable))
		inputs := []Input{
			money("本保险人保险金额", "this sum insured", insurer.SumInsured), money("保险金额合计", "all sums insured", all),
		}
		if alone[i] != nil {
			inputs = append(inputs, exactly("单独承保时应赔", "owed alone", alone[i]))
		}
		f.step(contributionRules[in.Method], shares[i].Rat(), inputs...)
	}
	return s.statement(form.ID)
}

// covered is the part of the value that a sum insured covers.
func (in ContributionIn) covered(sum claim.Fen) *big.Rat {
	if in.Value == 0 {
		return big.NewRat(1, 1)
	}
	return insured(sum, in.Value.Rat())
}

func (form Form) checkContribution(in ContributionIn) error {
	c := new(checks)
	if form.Class != ClassProperty && form.Class != ClassHousehold {
		c.refuse("form", "%s is a %s form; give one of %s, %s", form.ID, form.Class, known(ClassProperty), known(ClassHousehold))
	}
	if _, ok := contributionRules[in.Method]; !ok {
		c.refuse("method", "is %q; give by_sum_insured, by_independent_liability or in_order_of_issue", in.Method)
	}
	c.needed("loss_fen", in.Loss, "the assessed loss")
	c.amount("value_fen", in.Value)
	if len(in.Insurers) < 2 {
		c.refuse("insurers", "are %d; give every insurer of the loss, at least two", len(in.Insurers))
	}
	seen := map[string]bool{}
	for i, insurer := range in.Insurers {
		field := fmt.Sprintf("insurers[%d]", i)
		if insurer.Name == "" || seen[insurer.Name] {
			c.refuse(field+".name", "is %q; give each insurer a name of his own", insurer.Name)
		}
		seen[insurer.Name] = true
		c.needed(field+".sum_insured_fen", insurer.SumInsured, "his sum insured")
	}
	return c.err()
}
