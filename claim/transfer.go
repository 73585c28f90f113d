package claim

import (
	"strings"
	"time"
)

// TransferRules say how long a machine goes on with the bank by itself before
// it calls a person. What the bank promises is in the contract with it; the
// table is to follow that.
type TransferRules struct {
	Version       string `json:"version"`
	EffectiveFrom Date   `json:"effective_from"`

	// CallAfter is how many minutes an attempt may stay without a final answer.
	CallAfter struct {
		Unknown  int `json:"unknown"`  // the bank has not said that it has the attempt
		Accepted int `json:"accepted"` // it has it, and has not executed it
	} `json:"call_after_minutes"`

	// SendAgain has an entry for each time that an attempt may be sent again,
	// once the bank has said that it never had it: how many seconds after that.
	SendAgain []int `json:"send_again_after_seconds"`
}

// CallAt returns when a person is called about an attempt that has been in a
// state since a moment.
func (r TransferRules) CallAt(state PaymentState, since time.Time) time.Time {
	minutes := r.CallAfter.Unknown
	if state == PaymentAccepted {
		minutes = r.CallAfter.Accepted
	}
	return since.Add(time.Duration(minutes) * time.Minute)
}

// SendAgainAt returns when an attempt that was sent again so many times may be
// sent once more, and false when a person has to look first.
func (r TransferRules) SendAgainAt(times int, now time.Time) (time.Time, bool) {
	if times >= len(r.SendAgain) {
		return time.Time{}, false
	}
	return now.Add(time.Duration(r.SendAgain[times]) * time.Second), true
}

// TransferFault says whose it is to mend what keeps a transfer from its end.
type TransferFault string

// Faults. A transfer without one is the machine's to go on with.
const (
	// FaultPayee: the bank refuses for a reason in the account that was named.
	FaultPayee TransferFault = "payee"
	// FaultOurs: the bank refuses for any other reason. No claimant is told.
	FaultOurs TransferFault = "ours"
	// FaultDiffers: what the bank says is of another amount, payee or reference
	// than was instructed. It settles nothing.
	FaultDiffers TransferFault = "differs"
)

// Final reports whether nothing more is to be learnt of the attempt.
func (s PaymentState) Final() bool {
	return s == PaymentCleared || s == PaymentRejected || s == PaymentReturned
}

// TransferDecision is what finance decides of a transfer that the machine does
// not go on with, or must not. Note says on what ground.
type TransferDecision struct {
	Task     string         `json:"task"`
	Decision TransferChoice `json:"decision"`
	Note     string         `json:"note"`
}

// TransferChoice is one way on.
type TransferChoice string

// Choices.
const (
	// SendAgain lets an attempt that the bank never had be sent again, under the
	// same reference, as often as the table allows a machine.
	SendAgain TransferChoice = "send_again"
	// WriteOff gives up an attempt whose reference means another transfer at the
	// bank. The next is released by somebody else, under a new reference.
	WriteOff TransferChoice = "write_off"
	// AskPayee puts the release off until the claimant has named another account.
	AskPayee TransferChoice = "ask_payee"
)

// TaskID names the task that a message does, for the guard.
func (d TransferDecision) TaskID() string { return d.Task }

// SameName reports whether two names are one, of people, companies or cars:
// equal but for width, case, spaces and separators. No name is the same as none.
func SameName(a, b string) bool {
	a, b = tidy(a), tidy(b)
	return a == b && a != ""
}

// ShowsAccount reports whether an account as a bank writes it, perhaps masked
// with stars or x, is this one. At least its last four digits must be readable.
func ShowsAccount(shown, account string) bool {
	shown, account = tidy(shown), tidy(account)
	if len(shown) != len(account) || len(account) < 4 || strings.ContainsAny(shown[len(shown)-4:], "*X") {
		return false
	}
	for i := range len(shown) {
		if shown[i] != account[i] && shown[i] != '*' && shown[i] != 'X' {
			return false
		}
	}
	return true
}
