package bank

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Order is what the insurer asks for: the body of POST /transfers.
type Order struct {
	Reference    string `json:"reference"` // 1 to 64 of A-Z a-z 0-9 . _ : -
	AmountFen    int64  `json:"amount_fen"`
	Currency     string `json:"currency"` // CNY
	PayeeName    string `json:"payee_name"`
	PayeeAccount string `json:"payee_account"` // 6 to 32 digits
	PayeeBank    string `json:"payee_bank"`
	Purpose      string `json:"purpose"` // may be empty
}

// Status is where a transfer stands.
type Status string

// The statuses; a transfer is born as one of the first three.
const (
	Accepted Status = "accepted" // taken, not yet executed: above the real-time ceiling
	Cleared  Status = "cleared"  // executed: the payee has the money
	Rejected Status = "rejected" // will never be executed; Reason says why
	Returned Status = "returned" // executed, then sent back; Reason says why
)

// Transfer is the bank's answer for a reference.
type Transfer struct {
	Reference    string    `json:"reference"`
	BankID       string    `json:"bank_id"`
	Status       Status    `json:"status"`
	AmountFen    int64     `json:"amount_fen"`
	Currency     string    `json:"currency"`
	PayeeName    string    `json:"payee_name"`
	PayeeAccount string    `json:"payee_account"` // in full: whoever asks has ordered it
	ReceivedAt   time.Time `json:"received_at"`
	ExecutedAt   time.Time `json:"executed_at,omitzero"`
	ReturnedAt   time.Time `json:"returned_at,omitzero"`
	ReturnID     string    `json:"return_id,omitempty"` // bank id of the return
	Code         string    `json:"code,omitempty"`      // a stable word for Reason
	Reason       string    `json:"reason,omitempty"`
}

// Codes that the bank gives by itself with a reason.
const (
	codeClosed   = "account_closed"
	codeReturned = "returned"
)

// Kind says which way the money of an [Entry] went.
type Kind string

// The kinds of entry on a statement.
const (
	Credit Kind = "credit" // to the payee
	Return Kind = "return" // back to the insurer
)

// Entry is one line of the statement. Entries are numbered from 1 without gaps
// and their times never go back.
type Entry struct {
	Seq          uint64    `json:"seq"`
	Kind         Kind      `json:"kind"`
	BankID       string    `json:"bank_id"`
	ReturnOf     string    `json:"return_of,omitempty"` // bank id of the credit that came back
	Reference    string    `json:"reference"`
	AmountFen    int64     `json:"amount_fen"`    // positive for both kinds
	PayeeAccount string    `json:"payee_account"` // all but the last four digits masked
	At           time.Time `json:"at"`
	Reason       string    `json:"reason,omitempty"`
}

// Totals sum up the entries of a period.
type Totals struct {
	Credits   int64 `json:"credits"`
	CreditFen int64 `json:"credit_fen"`
	Returns   int64 `json:"returns"`
	ReturnFen int64 `json:"return_fen"`
}

func (t Totals) plus(e Entry) Totals {
	switch e.Kind {
	case Credit:
		t.Credits++
		t.CreditFen += e.AmountFen
	case Return:
		t.Returns++
		t.ReturnFen += e.AmountFen
	}
	return t
}

func (t Totals) minus(u Totals) Totals {
	return Totals{t.Credits - u.Credits, t.CreditFen - u.CreditFen, t.Returns - u.Returns, t.ReturnFen - u.ReturnFen}
}

// mostFen is a hundred billion yuan, so that totals cannot overflow.
const mostFen = 10_000_000_000_000

var (
	referencePattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	accountPattern   = regexp.MustCompile(`^[0-9]{6,32}$`)
)

// wrong names every field that the bank does not take, and why.
func (o Order) wrong() map[string]string {
	wrong := map[string]string{}
	if !referencePattern.MatchString(o.Reference) {
		wrong["reference"] = "must be 1 to 64 letters, digits, dots, underscores, colons or hyphens"
	}
	if o.AmountFen < 1 || o.AmountFen > mostFen {
		wrong["amount_fen"] = "must be from 1 fen to 100 billion yuan"
	}
	if o.Currency != "CNY" {
		wrong["currency"] = "must be CNY"
	}
	if !accountPattern.MatchString(o.PayeeAccount) {
		wrong["payee_account"] = "must be 6 to 32 digits"
	}
	for field, text := range map[string]string{"payee_name": o.PayeeName, "payee_bank": o.PayeeBank} {
		if n := utf8.RuneCountInString(text); n < 1 || n > 100 {
			wrong[field] = "must be 1 to 100 characters"
		}
	}
	if utf8.RuneCountInString(o.Purpose) > 200 {
		wrong["purpose"] = "must be at most 200 characters"
	}
	return wrong
}

// differs names every field in which two orders of one reference differ.
func (o Order) differs(p Order) map[string]string {
	differs := map[string]string{}
	for field, same := range map[string]bool{
		"amount_fen":    o.AmountFen == p.AmountFen,
		"currency":      o.Currency == p.Currency,
		"payee_name":    o.PayeeName == p.PayeeName,
		"payee_account": o.PayeeAccount == p.PayeeAccount,
		"payee_bank":    o.PayeeBank == p.PayeeBank,
		"purpose":       o.Purpose == p.Purpose,
	} {
		if !same {
			differs[field] = "differs from the transfer that has this reference"
		}
	}
	return differs
}

func mask(account string) string {
	shown := len(account) - 4
	return strings.Repeat("*", shown) + account[shown:]
}
