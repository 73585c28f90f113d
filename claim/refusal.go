package claim

import "strings"

// Refusal is why an act was stopped, for a person: what is wrong and how to mend
// it. It is stored as a code with its values, and told in both languages, see
// [Refusal.Told].
type Refusal struct {
	Rule   string    `json:"rule"` // stable name
	Detail string    `json:"detail"`
	Winner Principal `json:"winner,omitempty"` // who was first, where somebody was

	Why      RefusalCode       `json:"why,omitempty"`       // what Detail says; empty where an older release refused, or no table has it
	Values   map[string]string `json:"values,omitempty"`    // of the placeholders of the code's text
	DetailZH string            `json:"detail_zh,omitempty"` // Detail in Chinese: never stored
}

// RefusalCode names what a refusal says. Several codes may belong to one rule.
type RefusalCode string

// Refuse refuses by a rule, for a reason with the values of its placeholders by
// name. Detail is the English text, for logs and for who reads no other.
func Refuse(rule string, why RefusalCode, pairs ...string) *Refusal {
	r := &Refusal{Rule: rule, Why: why, Values: valuesOf(pairs)}
	r.Detail = r.Text().EN
	return r
}

// By is the refusal with who was first.
func (r *Refusal) By(winner Principal) *Refusal {
	r.Winner = winner
	return r
}

// Text is what the refusal says, in both languages. One without a known code
// says the same in both.
func (r Refusal) Text() Text {
	text, known := refusalTexts[r.Why]
	if !known {
		return Text{r.Detail, r.Detail}
	}
	return text.filled(r.Values)
}

// Told is the refusal as it is shown: in Chinese and in English.
func (r Refusal) Told() Refusal {
	text := r.Text()
	r.Detail, r.DetailZH = text.EN, text.ZH
	return r
}

// NamesOf are papers as values of a text: {papers_zh} and {papers_en}.
func NamesOf(papers []Standing) []string {
	zh, en := make([]string, len(papers)), make([]string, len(papers))
	for i, p := range papers {
		zh[i], en[i] = p.ZH, p.EN
	}
	return []string{"papers_zh", strings.Join(zh, "、"), "papers_en", strings.Join(en, "; ")}
}

// Types of application errors, the closed list. Error identity does not survive
// the wire: steps, workflows and callers compare these. The detail of all but
// ErrorRefused is a code: claims that park with one code have one cause.
const (
	// ErrorRefused: a rule stopped the act. The detail is a [Refusal].
	ErrorRefused = "refused"
	// ErrorBroken: what was asked for cannot be stored, however often it is tried.
	// A message is answered so; a step of the machine's own parks the claim.
	ErrorBroken = "broken"
	// ErrorBehind: the rows have lost a commit that the workflow knows of, as after
	// a restore or a failover to a replica. The claim parks.
	ErrorBehind = "rows-behind"
	// ErrorTooLong: a step ran into its time limit again and again. The claim parks.
	ErrorTooLong = "time-limit"
	// ErrorNotServed: the bank serves us nothing. The claim parks, and its cause is
	// the same for all claims.
	ErrorNotServed = "bank-not-served"
)
