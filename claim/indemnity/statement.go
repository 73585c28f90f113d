// Package indemnity computes what is payable (理算), and why, line by line.
//
// Each calculation is a pure function from the facts of one loss to a
// [Statement]; its inputs are whole fen and basis points, a bad one is named in
// an [InputError]. What differs between policy forms is a setting of a dated
// [Form], never a branch on the form's name, so that a claim of 2014 is
// computed today as it was then.
//
// Values stay exact until they are payable: each [Figure] is rounded once, half
// away from zero. What divides a whole among several is apportioned by largest
// remainder ([claim.Share]), so that the parts never exceed it.
//
// Statutes are cited by article: the Insurance Law (保险法, 2015), the Civil Code
// (民法典), the Regulation on Compulsory Motor Liability Insurance (机动车交通事故
// 责任强制保险条例) and the Supreme Court's Interpretation on traffic accident
// damages (法释〔2020〕17号). Policy forms are cited by chapter, because their
// articles are numbered anew in each edition.
package indemnity

import (
	"math/big"
	"strconv"

	"anpei/claim"
)

// Statement is a settlement statement (赔款计算书): what is payable, and the
// lines that lead to it. Lines of one figure stand together, in the order in
// which they are computed.
type Statement struct {
	Form    string    `json:"form"`        // id of the [Form] whose rules were applied
	Payable claim.Fen `json:"payable_fen"` // the sum of the amounts of Lines; never negative
	Lines   []Line    `json:"lines"`
}

// Line is one step of a calculation.
type Line struct {
	Figure  Figure    `json:"figure"`      // the payable figure that the step belongs to
	Rule    string    `json:"rule"`        // stable id, as "motor.own.deductible"
	Text    string    `json:"text"`        // the step in plain Chinese, for the claimant
	TextEN  string    `json:"text_en"`     // the same in English
	Inputs  []Input   `json:"inputs"`      // what the step used, for whoever checks it; never null
	Amount  claim.Fen `json:"amount_fen"`  // by how much the step changes what is payable; may be negative or zero
	Balance claim.Fen `json:"balance_fen"` // the figure after the step
	Clause  string    `json:"clause"`      // law and article, or form and chapter
}

// Input is one value that a step used, written for people.
type Input struct {
	Name   string `json:"name"`
	NameEN string `json:"name_en"`
	Value  string `json:"value"` // "¥1,234.56", "70.00%", "12"
}

// Figure names a payable figure: an amount rounded once, payable under one
// cover. A statement has one or several.
type Figure string

// Figures of a statement. Liability adds "claim_1", "claim_2" …, and
// contribution one for each insurer, by his name.
const (
	FigureDamage          Figure = "damage"           // 车辆损失赔款
	FigureRescue          Figure = "rescue"           // 施救费用赔款
	FigureCompulsory      Figure = "compulsory"       // 交强险赔款, one sub-limit
	FigureThirdParty      Figure = "third_party"      // 商业三者险赔款
	FigureLegal           Figure = "legal"            // 仲裁或者诉讼费用
	FigureDeathDisability Figure = "death_disability" // 交强险死亡伤残赔款
	FigureMedical         Figure = "medical"          // 交强险医疗费用赔款; employer's medical cost
	FigureProperty        Figure = "property"         // 财产损失赔款
	FigureDisability      Figure = "disability"       // employer's liability: 伤残赔款
	FigureCargo           Figure = "cargo"            // 货物损失赔款
	FigureAdvance         Figure = "advance"          // 预付赔款, negative
)

// Of is the sum of the lines of one figure: what is payable under it. A figure
// that the statement does not have is zero.
func (s Statement) Of(f Figure) claim.Fen {
	var sum claim.Fen
	for _, l := range s.Lines {
		if l.Figure == f {
			sum += l.Amount // at most the figure's own balances, so it cannot overflow
		}
	}
	return sum
}

// rule is what the lines of one rule have in common.
type rule struct{ id, text, en, clause string }

// sheet collects the lines of a statement. An amount that overflows is kept as
// its error and reported at the end, so that a calculation reads as its rules.
type sheet struct {
	lines []Line
	err   error
}

// figure is a payable figure in the making: its exact value, and that value
// rounded as the last line shows it. Because each line's amount is the change
// of the rounded value, the lines of a figure add up to its one rounding.
type figure struct {
	sheet   *sheet
	id      Figure
	exact   *big.Rat
	balance claim.Fen
}

func (s *sheet) figure(id Figure) *figure {
	return &figure{sheet: s, id: id, exact: new(big.Rat)}
}

// step moves the figure to its next value and writes the line. Below zero
// nothing is payable, so the figure stops there.
func (f *figure) step(r rule, next *big.Rat, inputs ...Input) {
	if next.Sign() < 0 {
		next = new(big.Rat)
	}
	balance, err := claim.Round(next)
	if err != nil && f.sheet.err == nil {
		f.sheet.err = err
	}
	f.sheet.write(r, f.id, balance-f.balance, balance, inputs)
	f.exact, f.balance = next, balance
}

func (s *sheet) write(r rule, id Figure, amount, balance claim.Fen, inputs []Input) {
	if inputs == nil {
		inputs = []Input{}
	}
	s.lines = append(s.lines, Line{
		Figure: id, Rule: r.id, Text: r.text, TextEN: r.en, Clause: r.clause,
		Inputs: inputs, Amount: amount, Balance: balance,
	})
}

// total is the sum of all lines so far.
func (s *sheet) total() claim.Fen {
	amounts := make([]claim.Fen, len(s.lines))
	for i, l := range s.lines {
		amounts[i] = l.Amount
	}
	sum, err := claim.Sum(amounts...)
	if err != nil && s.err == nil {
		s.err = err
	}
	return sum
}

func (s *sheet) statement(form string) (Statement, error) {
	payable := s.total()
	if s.err != nil {
		return Statement{}, s.err
	}
	return Statement{Form: form, Payable: payable, Lines: append([]Line{}, s.lines...)}, nil // never null in JSON
}

func money(name, en string, v claim.Fen) Input { return Input{name, en, v.String()} }

// exactly shows an exact value in fen, rounded; it lies between zero and an
// input, so it fits.
func exactly(name, en string, x *big.Rat) Input {
	v, _ := claim.Round(x)
	return money(name, en, v)
}

func count(name, en string, n int) Input { return Input{name, en, strconv.Itoa(n)} }

func percent(name, en string, v claim.BP) Input { return Input{name, en, v.String()} }

// quotient shows an exact ratio in percent, to four decimals: enough to follow
// a step by hand, though the step itself used the whole of it.
func quotient(name, en string, r *big.Rat) Input {
	return Input{name, en, times(r, big.NewRat(100, 1)).FloatString(4) + "%"}
}

// Exact arithmetic that leaves its operands alone.

func plus(x, y *big.Rat) *big.Rat  { return new(big.Rat).Add(x, y) }
func minus(x, y *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }
func times(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) }

func lesser(x, y *big.Rat) *big.Rat {
	if y.Cmp(x) < 0 {
		return y
	}
	return x
}

// without is what the ratio b leaves of a whole, 1 - b.
func without(b claim.BP) *big.Rat { return (claim.Whole - b).Rat() }

// insured is the part of a value that a sum insured covers, at most all of it.
func insured(sum claim.Fen, value *big.Rat) *big.Rat {
	return lesser(new(big.Rat).Quo(sum.Rat(), value), big.NewRat(1, 1))
}
