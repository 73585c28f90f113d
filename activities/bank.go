package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"anpei/claim"
)

// Bank is the insurer's bank. A reference once used always means the same
// transfer.
type Bank interface {
	// Submit sends a transfer. A transfer that the bank refuses for good is
	// [claim.PaymentRejected], with whose fault that is. An error means that
	// nothing is known of it, but a [NotServedError] that we are not served.
	Submit(ctx context.Context, t Transfer) (BankAnswer, error)
	// Query asks what became of a reference. A transfer that the bank does not
	// know, and says so with authority, is [claim.PaymentNotFound]; before its
	// cut-off the bank has no authority and the state is [claim.PaymentUnknown].
	Query(ctx context.Context, reference string) (BankAnswer, error)
}

// Transfer is what the bank is asked to do. Amounts are in fen.
type Transfer struct {
	Reference string
	Amount    claim.Fen
	Payee     claim.Payee
	Purpose   string
}

// TransferState is what is known of a transfer.
type TransferState struct {
	State  claim.PaymentState
	Fault  claim.TransferFault // with rejected, and with unknown where the answer is of another transfer
	BankID string
	Reason string
}

// BankAnswer is what the bank says, and of which transfer: nil where it says
// that it has none, or refuses to take it.
type BankAnswer struct {
	TransferState
	Transfer *Transfer
}

// PayRef names an attempt of an instruction.
type PayRef struct {
	Instruction string
	Reference   string
	Attempt     int
}

// NotServedError is an answer that says nothing of a transfer, and that every other
// transfer would get as well: a password that is not valid any more, an
// address that is not the bank's. It is ours to mend. Its text is the same for
// all claims.
type NotServedError struct {
	Method string
	Status int
}

// Error implements error.
func (e *NotServedError) Error() string {
	return fmt.Sprintf("the bank does not serve us: it answers %s /transfers with %d", e.Method, e.Status)
}

// maxAnswer bounds what is read of an answer from outside, in bytes.
const maxAnswer = 1 << 20

// HTTPBank is a bank that speaks the sandbox's JSON over HTTP.
type HTTPBank struct {
	URL    string // base, without a slash at the end
	Token  string
	Client *http.Client // redirects are not followed, whatever it says
}

type bankTransfer struct {
	Reference    string    `json:"reference"`
	Amount       claim.Fen `json:"amount_fen"`
	Currency     string    `json:"currency"`
	PayeeName    string    `json:"payee_name"`
	PayeeAccount string    `json:"payee_account"`
	PayeeBank    string    `json:"payee_bank"`
	Purpose      string    `json:"purpose"`
}

// bankAnswer is a transfer as the bank answers of it.
type bankAnswer struct {
	BankID       string             `json:"bank_id"`
	Status       claim.PaymentState `json:"status"`
	Code         string             `json:"code"`
	Reason       string             `json:"reason"`
	Reference    string             `json:"reference"`
	Amount       claim.Fen          `json:"amount_fen"`
	PayeeName    string             `json:"payee_name"`
	PayeeAccount string             `json:"payee_account"` // perhaps masked
}

// bankProblem is why the bank does not do what it is asked.
type bankProblem struct {
	Code          string            `json:"code"`
	Detail        string            `json:"detail"`
	Fields        map[string]string `json:"fields"`        // of the order, and what is wrong with each
	Authoritative bool              `json:"authoritative"` // of a transfer that is not found
}

// payeeCodes are the bank's reasons that lie in the account that was named:
// another account mends them.
var payeeCodes = []string{"account_closed", "account_unknown", "account_frozen", "account_type", "name_mismatch", "bank_unknown", "returned"}

// payeeFields are the fields of an order that the claimant has named.
var payeeFields = []string{"payee_name", "payee_account", "payee_bank"}

// Submit implements [Bank].
func (b HTTPBank) Submit(ctx context.Context, t Transfer) (BankAnswer, error) {
	body, err := json.Marshal(bankTransfer{
		Reference: t.Reference, Amount: t.Amount, Currency: "CNY", Purpose: t.Purpose,
		PayeeName: t.Payee.Name, PayeeAccount: t.Payee.Account, PayeeBank: t.Payee.Bank,
	})
	if err != nil {
		return BankAnswer{}, err
	}
	status, raw, err := b.call(ctx, http.MethodPost, "/transfers", body)
	switch {
	case err != nil:
		return BankAnswer{}, err
	case status == http.StatusOK, status == http.StatusCreated:
		return transferOf(raw)
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return BankAnswer{TransferState: problemOf(raw).refusal(status)}, nil
	case status == http.StatusConflict: // which transfer has the reference, a query tells
		return BankAnswer{TransferState: TransferState{State: claim.PaymentUnknown, Reason: "the bank has a transfer of this reference"}}, nil
	case mayPass(status):
		return BankAnswer{}, fmt.Errorf("the bank answered %d", status)
	}
	return BankAnswer{}, &NotServedError{Method: http.MethodPost, Status: status}
}

// Query implements [Bank].
func (b HTTPBank) Query(ctx context.Context, reference string) (BankAnswer, error) {
	status, raw, err := b.call(ctx, http.MethodGet, "/transfers/"+url.PathEscape(reference), nil)
	switch {
	case err != nil:
		return BankAnswer{}, err
	case status == http.StatusOK:
		return transferOf(raw)
	case status == http.StatusNotFound && json.Valid(raw):
		said := TransferState{State: claim.PaymentUnknown}
		if problemOf(raw).Authoritative {
			said.State = claim.PaymentNotFound
		}
		return BankAnswer{TransferState: said}, nil
	case mayPass(status):
		return BankAnswer{}, fmt.Errorf("the bank answered %d", status)
	}
	return BankAnswer{}, &NotServedError{Method: http.MethodGet, Status: status}
}

// mayPass reports whether an answer is of this moment, and says nothing of the
// transfer: 2xx that is none of ours, too slow, too early, too many, and what is
// wrong at the bank.
func mayPass(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status < http.StatusMultipleChoices || status >= http.StatusInternalServerError
}

func transferOf(raw []byte) (BankAnswer, error) {
	var a bankAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return BankAnswer{}, fmt.Errorf("the bank answered with what is no transfer: %w", err)
	}
	said := TransferState{State: a.Status, BankID: a.BankID, Reason: plain(a.Reason)}
	switch a.Status {
	case claim.PaymentAccepted, claim.PaymentCleared:
	case claim.PaymentReturned:
		said.Fault = claim.FaultPayee // whose bank has sent it back
	case claim.PaymentRejected:
		said.Fault = faultOf(a.Code, nil)
	default:
		return BankAnswer{}, fmt.Errorf("the bank answered with the status %q", a.Status)
	}
	return BankAnswer{TransferState: said, Transfer: &Transfer{
		Reference: a.Reference, Amount: a.Amount, Payee: claim.Payee{Name: a.PayeeName, Account: a.PayeeAccount},
	}}, nil
}

// problemOf reads a problem document, as far as it is one.
func problemOf(raw []byte) (p bankProblem) {
	_ = json.Unmarshal(raw, &p)
	return p
}

// refusal is a transfer that the bank will not take.
func (p bankProblem) refusal(status int) TransferState {
	reason := []string{plain(p.Detail)}
	for _, field := range slices.Sorted(maps.Keys(p.Fields)) {
		reason = append(reason, field+": "+plain(p.Fields[field]))
	}
	if p.Detail == "" && len(p.Fields) == 0 {
		reason[0] = fmt.Sprintf("the bank answered %d without a reason", status)
	}
	return TransferState{State: claim.PaymentRejected, Fault: faultOf(p.Code, p.Fields), Reason: plain(strings.Join(reason, "; "))}
}

// faultOf says whose fault a refusal is: the named account's where the bank says
// so and names nothing else, and ours in all other cases.
func faultOf(code string, fields map[string]string) claim.TransferFault {
	theirs := slices.Contains(payeeCodes, code) || len(fields) > 0
	for field := range fields {
		theirs = theirs && slices.Contains(payeeFields, field)
	}
	if theirs {
		return claim.FaultPayee
	}
	return claim.FaultOurs
}

// numbers are what a bank may repeat in its reasons, and no log should.
var numbers = regexp.MustCompile(`[0-9]{6,}`)

// plain is a reason of the bank as it is kept: one line, at most 300
// characters, no number of an account.
func plain(reason string) string {
	reason = numbers.ReplaceAllString(strings.Join(strings.Fields(reason), " "), "…")
	if text := []rune(reason); len(text) > 300 {
		reason = string(text[:299]) + "…"
	}
	return strings.ToValidUTF8(strings.ReplaceAll(reason, "\x00", ""), "")
}

func (b HTTPBank) call(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	client := *b.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, answer, err = exchange(ctx, &client, method, b.URL+path, b.Token, body)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return status, answer, nil
}

// exchange is one JSON request and its answer.
func exchange(ctx context.Context, client *http.Client, method, url, token string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, answer, err
}
