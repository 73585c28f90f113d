// Package gateway hands SMS and mail over to be sent: the courier's notices and
// the one-time codes of sign-in.
package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Message is one message on its way out. An id once used always means the same
// message: it is sent once.
type Message struct {
	ID      string `json:"id"`
	Channel string `json:"channel"` // sms or mail
	To      string `json:"to"`
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body"`
}

// Gateway speaks the sandbox's JSON over HTTP.
type Gateway struct {
	URL    string
	Client *http.Client
}

// Send hands a message over. Idempotent by its id: after an error, which says
// nothing of whether it was taken, it can be sent again.
func (g Gateway) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("send message %s: %w", m.ID, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"/messages", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send message %s: %w", m.ID, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := g.Client.Do(req)
	if err != nil {
		return fmt.Errorf("send message %s: %w", m.ID, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("send message %s: the gateway answered %d", m.ID, resp.StatusCode)
	}
	return nil
}
