package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"anpei/claim"
)

// maxAnswer bounds what is read of an answer from outside, in bytes.
const maxAnswer = 1 << 20

// HTTPBank is a bank that speaks the sandbox's JSON over HTTP.
type HTTPBank struct {
	URL    string // base, without a slash at the end
	Token  string
	Client *http.Client
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

type bankAnswer struct {
	BankID        string             `json:"bank_id"`
	Status        claim.PaymentState `json:"status"`
	Reason        string             `json:"reason"`
	Authoritative bool               `json:"authoritative"` // of a transfer that is not found
}

// Submit implements [Bank].
func (b HTTPBank) Submit(ctx context.Context, t Transfer) (TransferState, error) {
	body, err := json.Marshal(bankTransfer{
		Reference: t.Reference, Amount: t.Amount, Currency: "CNY", Purpose: t.Purpose,
		PayeeName: t.Payee.Name, PayeeAccount: t.Payee.Account, PayeeBank: t.Payee.Bank,
	})
	if err != nil {
		return TransferState{}, err
	}
	status, answer, err := b.call(ctx, http.MethodPost, "/transfers", body)
	if err != nil {
		return TransferState{}, err
	}
	if status != http.StatusOK && status != http.StatusCreated {
		return TransferState{}, fmt.Errorf("the bank answered %d", status)
	}
	return answer.state()
}

// Query implements [Bank].
func (b HTTPBank) Query(ctx context.Context, reference string) (TransferState, error) {
	status, answer, err := b.call(ctx, http.MethodGet, "/transfers/"+url.PathEscape(reference), nil)
	switch {
	case err != nil:
		return TransferState{}, err
	case status == http.StatusNotFound && answer.Authoritative:
		return TransferState{State: claim.PaymentNotFound}, nil
	case status == http.StatusNotFound:
		return TransferState{State: claim.PaymentUnknown}, nil
	case status != http.StatusOK:
		return TransferState{}, fmt.Errorf("the bank answered %d", status)
	}
	return answer.state()
}

func (a bankAnswer) state() (TransferState, error) {
	switch a.Status {
	case claim.PaymentAccepted, claim.PaymentCleared, claim.PaymentRejected, claim.PaymentReturned:
		return TransferState{State: a.Status, BankID: a.BankID, Reason: a.Reason}, nil
	default:
		return TransferState{}, fmt.Errorf("the bank answered with the status %q", a.Status)
	}
}

func (b HTTPBank) call(ctx context.Context, method, path string, body []byte) (int, bankAnswer, error) {
	status, raw, err := exchange(ctx, b.Client, method, b.URL+path, b.Token, body)
	if err != nil {
		return 0, bankAnswer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	var answer bankAnswer
	switch {
	case status < http.StatusMultipleChoices:
		err = json.Unmarshal(raw, &answer)
	case status == http.StatusNotFound: // a problem document, whose status is a number
		var gone struct {
			Authoritative bool `json:"authoritative"`
		}
		err = json.Unmarshal(raw, &gone)
		answer.Authoritative = gone.Authoritative
	}
	if err != nil {
		return 0, bankAnswer{}, fmt.Errorf("%s %s answered %d and no JSON: %w", method, path, status, err)
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
