package play

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"anpei/schemas/rest"
)

// Bank is the sandbox bank, as its operator sees it.
type Bank struct{ URL, Token string }

// Faults are what the bank is told to do wrong, to transfers to accounts that
// end like this.
type Faults struct {
	Matches struct {
		AccountSuffix string `json:"account_suffix"`
	} `json:"matches"`
	LatencyMS int64 `json:"latency_ms"` // wait before it answers
	FailAfter int   `json:"fail_after"` // next n: execute, then cut the line
}

// Misbehave tells the bank what to do wrong from now on.
func (b Bank) Misbehave(ctx context.Context, f Faults) error {
	return exchange(ctx, http.MethodPut, b.URL+"/faults", b.Token, f, nil)
}

// Entry is a line of the bank's statement.
type Entry struct {
	Kind      string    `json:"kind"` // credit, to the payee, or return
	BankID    string    `json:"bank_id"`
	Reference string    `json:"reference"`
	Amount    rest.Fen  `json:"amount_fen"`
	At        time.Time `json:"at"`
}

// Statement returns what the bank booked since a moment.
func (b Bank) Statement(ctx context.Context, since time.Time) ([]Entry, error) {
	var all []Entry
	for after := uint64(0); ; {
		var page struct {
			Entries []Entry `json:"entries"`
			Next    uint64  `json:"next"`
		}
		query := url.Values{"from": {since.Format(time.RFC3339)}, "after": {fmt.Sprint(after)}, "limit": {"1000"}}
		if err := exchange(ctx, http.MethodGet, b.URL+"/statement?"+query.Encode(), b.Token, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Entries...)
		if page.Next == 0 {
			return all, nil
		}
		after = page.Next
	}
}

// Outbox is the sandbox gateway for SMS and mail.
type Outbox struct{ URL string }

// Message is one that arrived.
type Message struct {
	ID         string    `json:"id"`
	To         string    `json:"to"`
	Body       string    `json:"body"`
	Status     string    `json:"status"` // delivered, or why not
	ReceivedAt time.Time `json:"received_at"`
}

// To returns what a phone has received, the oldest first.
func (o Outbox) To(ctx context.Context, phone string) ([]Message, error) {
	var page struct {
		Messages []Message `json:"messages"`
	}
	query := url.Values{"to": {phone}, "after": {"0"}, "limit": {"1000"}}
	err := exchange(ctx, http.MethodGet, o.URL+"/messages?"+query.Encode(), "", nil, &page)
	return page.Messages, err
}

// All returns every message that the gateway has taken, the oldest first.
func (o Outbox) All(ctx context.Context) ([]Message, error) {
	var all []Message
	for after := uint64(0); ; {
		var page struct {
			Messages []Message `json:"messages"`
			Next     uint64    `json:"next"`
		}
		if err := exchange(ctx, http.MethodGet, o.URL+"/messages?"+url.Values{"after": {fmt.Sprint(after)}, "limit": {"1000"}}.Encode(), "", nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Messages...)
		if page.Next == 0 {
			return all, nil
		}
		after = page.Next
	}
}

// Card completes the number of a bank card with its check digit (ISO/IEC
// 7812-1, annex B).
func Card(body string) string {
	sum := 0
	for i, r := range body {
		d := int(r - '0')
		if (len(body)-i)%2 == 1 { // counted from the check digit, every second one doubles
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return body + fmt.Sprint((10-sum%10)%10)
}
