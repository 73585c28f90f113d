package bank

import (
	"fmt"
	"net/http"
	"strings"
)

// Faults are what the bank has been told to do wrong: the body of GET and PUT
// /faults. They are durable, and a count goes down in the same transaction as
// the submit that it spoils. All zero is a bank that behaves.
type Faults struct {
	Matches     Match        `json:"matches"`      // narrows everything but return_later
	LatencyMS   int64        `json:"latency_ms"`   // wait before a submit executes, or a query is answered
	FailBefore  int          `json:"fail_before"`  // next n submits: 503, nothing executed
	FailAfter   int          `json:"fail_after"`   // next n submits: executed, then the connection is cut
	Hang        int          `json:"hang"`         // next n submits: executed, then no answer until the client leaves
	AnswerTwice int          `json:"answer_twice"` // next n new transfers: the clearing is called back twice
	Refuse      Refusal      `json:"refuse"`       // next n submits: answered so, nothing executed
	OtherFen    int64        `json:"other_fen"`    // while it is not 0, answers name this amount instead
	ReturnLater []ReturnRule `json:"return_later,omitempty"`
}

// Match selects submits; an empty field selects all, two narrow it further.
type Match struct {
	AccountSuffix   string `json:"account_suffix"`
	ReferencePrefix string `json:"reference_prefix"`
}

// Refusal is an answer to a submit that is not executed.
type Refusal struct {
	Times  int    `json:"times"`
	Status int    `json:"status"`           // of HTTP, 300 to 599; a redirect leads to the same path
	Code   string `json:"code,omitempty"`   // a stable word for Reason
	Reason string `json:"reason,omitempty"` // for people
}

// unavailable is how a bank answers that cannot take anything now.
var unavailable = Refusal{Status: http.StatusServiceUnavailable, Code: "unavailable", Reason: "the bank cannot take this now"}

// before uses up a fault that keeps a submit from being executed, and returns
// how it is answered, or nil.
func (f *Faults) before(hit bool) *Refusal {
	switch {
	case hit && take(&f.FailBefore):
		return &unavailable
	case hit && take(&f.Refuse.Times):
		return &f.Refuse
	}
	return nil
}

// said is what the bank answers of a transfer.
func (f *Faults) said(rec record) Transfer {
	t := rec.Transfer
	if f.OtherFen != 0 && f.Matches.hit(rec.Order.Reference, rec.Order.PayeeAccount) {
		t.AmountFen = f.OtherFen
	}
	return t
}

func (m Match) hit(reference, account string) bool {
	return strings.HasPrefix(reference, m.ReferencePrefix) && strings.HasSuffix(account, m.AccountSuffix)
}

// ReturnRule sends a transfer back after it has cleared. One by reference also
// reaches a transfer that had cleared before the rule was set; one by account
// suffix reaches those that clear while it stands. The first that fits counts,
// and a transfer comes back at most once.
type ReturnRule struct {
	Reference     string `json:"reference,omitempty"`      // either this
	AccountSuffix string `json:"account_suffix,omitempty"` // or this
	AfterMS       int64  `json:"after_ms"`                 // from execution
	Reason        string `json:"reason,omitempty"`         // default "returned by the payee's bank"
}

func (r ReturnRule) hit(o Order) bool {
	if r.Reference != "" {
		return r.Reference == o.Reference
	}
	return strings.HasSuffix(o.PayeeAccount, r.AccountSuffix)
}

func (r ReturnRule) reason() string {
	if r.Reason == "" {
		return "returned by the payee's bank"
	}
	return r.Reason
}

// longestLatencyMS keeps a forgotten latency from looking like a dead bank.
const longestLatencyMS = 10 * 60 * 1000

func (f Faults) wrong() map[string]string {
	wrong := map[string]string{}
	for field, n := range map[string]int{
		"fail_before": f.FailBefore, "fail_after": f.FailAfter, "hang": f.Hang, "answer_twice": f.AnswerTwice,
		"refuse.times": f.Refuse.Times,
	} {
		if n < 0 {
			wrong[field] = "must not be negative"
		}
	}
	if f.Refuse.Times > 0 && (f.Refuse.Status < 300 || f.Refuse.Status > 599) {
		wrong["refuse.status"] = "must be from 300 to 599"
	}
	if f.OtherFen < 0 || f.OtherFen > mostFen {
		wrong["other_fen"] = "must be from 0 to 100 billion yuan"
	}
	if f.LatencyMS < 0 || f.LatencyMS > longestLatencyMS {
		wrong["latency_ms"] = "must be from 0 to ten minutes of milliseconds"
	}
	for i, r := range f.ReturnLater {
		name := fmt.Sprintf("return_later[%d]", i)
		if (r.Reference == "") == (r.AccountSuffix == "") {
			wrong[name] = "must have either reference or account_suffix"
		}
		checkDelay(wrong, name+".after_ms", r.AfterMS)
	}
	return wrong
}

// fault says how the answer to a submit is spoilt.
type fault int

const (
	none       fault = iota
	failBefore       // nothing was executed
	cutAfter         // executed; the connection is cut
	hangAfter        // executed; no answer ever comes
)

// take uses one of n up and reports whether there was one.
func take(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}

// setFaults replaces the faults. Idempotent but for its counts.
func (l ledger) setFaults(f Faults) error {
	s, err := l.switches()
	if err != nil {
		return err
	}
	s.Faults = f
	for _, r := range f.ReturnLater {
		if r.Reference == "" {
			continue
		}
		rec, err := l.find(r.Reference)
		if err != nil {
			return err
		}
		if rec.Transfer.Status != Cleared || rec.Returning {
			continue
		}
		if err := l.returnAt(&rec, r, l.now); err != nil {
			return err
		}
		if err := l.save(rec); err != nil {
			return err
		}
	}
	return l.saveSwitches(s)
}
