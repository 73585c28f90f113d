package outbox

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// Channel is the way a message goes.
type Channel string

// The channels.
const (
	SMS    Channel = "sms"
	Mail   Channel = "mail"
	Letter Channel = "letter"
)

// Message is what is to be delivered: the body of POST /messages.
type Message struct {
	ID          string       `json:"id"` // chosen by the sender; the same id is the same message
	Channel     Channel      `json:"channel"`
	To          string       `json:"to"` // phone number, mail address, or name and postal address
	Subject     string       `json:"subject,omitempty"`
	Body        string       `json:"body"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// Attachment names a file by where it is or by what it is.
type Attachment struct {
	Name   string `json:"name"`
	URL    string `json:"url,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // 64 hexadecimal digits
}

// Status says what became of a message.
type Status string

// The statuses. Neither ever changes.
const (
	Delivered     Status = "delivered"
	Undeliverable Status = "undeliverable"
)

// Receipt is the answer to a message.
type Receipt struct {
	ID          string    `json:"id"`
	Status      Status    `json:"status"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	Reason      string    `json:"reason,omitempty"` // why it is undeliverable
}

// Kept is a message with its receipt; Seq grows with every message.
type Kept struct {
	Seq        uint64    `json:"seq"`
	ReceivedAt time.Time `json:"received_at"`
	Message
	Status      Status    `json:"status"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	Reason      string    `json:"reason,omitempty"`
}

func (k Kept) receipt() Receipt {
	return Receipt{ID: k.ID, Status: k.Status, DeliveredAt: k.DeliveredAt, Reason: k.Reason}
}

var (
	phonePattern   = regexp.MustCompile(`^\+?[0-9]{5,20}$`)
	addressPattern = regexp.MustCompile(`^[^\x00]{1,300}$`)
	hashPattern    = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

// wrong names every field that the gateway does not take, and why.
func (m Message) wrong() map[string]string {
	wrong := map[string]string{}
	length := func(field, text string, least, most int) {
		if n := utf8.RuneCountInString(text); n < least || n > most {
			wrong[field] = fmt.Sprintf("must be %d to %d characters", least, most)
		}
	}
	length("id", m.ID, 1, 200)
	length("subject", m.Subject, 0, 200)
	length("body", m.Body, 1, 200_000)
	switch m.Channel {
	case SMS:
		if !phonePattern.MatchString(m.To) {
			wrong["to"] = "must be a phone number: digits, perhaps after a plus sign"
		}
	case Mail:
		if a, err := mail.ParseAddress(m.To); err != nil || a.Address != m.To {
			wrong["to"] = "must be a bare mail address"
		}
	case Letter:
		if !addressPattern.MatchString(m.To) {
			wrong["to"] = "must be a name and address of 1 to 300 characters"
		}
	default:
		wrong["channel"] = "must be sms, mail or letter"
	}
	for i, a := range m.Attachments {
		name := fmt.Sprintf("attachments[%d]", i)
		length(name+".name", a.Name, 1, 200)
		length(name+".url", a.URL, 0, 2000)
		switch {
		case a.URL == "" && a.SHA256 == "":
			wrong[name] = "must have url or sha256"
		case a.SHA256 != "" && !hashPattern.MatchString(a.SHA256):
			wrong[name+".sha256"] = "must be 64 hexadecimal digits"
		}
	}
	return wrong
}

// differs names every field in which two messages of one id differ.
func (m Message) differs(n Message) map[string]string {
	differs := map[string]string{}
	for field, same := range map[string]bool{
		"channel":     m.Channel == n.Channel,
		"to":          m.To == n.To,
		"subject":     m.Subject == n.Subject,
		"body":        m.Body == n.Body,
		"attachments": slices.Equal(m.Attachments, n.Attachments),
	} {
		if !same {
			differs[field] = "differs from the message that has this id"
		}
	}
	return differs
}
