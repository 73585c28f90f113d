package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/activity"

	"anpei/schemas/db"
)

// Gateway sends SMS and mail. A message id once used always means the same
// message: it is sent once.
type Gateway interface {
	Send(ctx context.Context, m Outgoing) error
}

// Outgoing is one message on its way out.
type Outgoing struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	To      string `json:"to"`
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body"`
}

// HTTPGateway is a gateway that speaks the sandbox's JSON over HTTP.
type HTTPGateway struct {
	URL    string
	Client *http.Client
}

// Send implements [Gateway].
func (g HTTPGateway) Send(ctx context.Context, m Outgoing) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	status, _, err := exchange(ctx, g.Client, http.MethodPost, g.URL+"/messages", "", body)
	if err != nil {
		return fmt.Errorf("send message %s: %w", m.ID, err)
	}
	if status >= 300 {
		return fmt.Errorf("send message %s: the gateway answered %d", m.ID, status)
	}
	return nil
}

// How the courier goes about it.
const (
	courierBatch = 50                     // notices at a time
	courierPause = 300 * time.Millisecond // between looks when there is nothing to send
	courierRetry = 15 * time.Second       // before a notice is tried again
)

// Deliver sends notices as they come, until it is told to stop: it is the one
// activity of the courier's workflow, and heartbeats the number it has sent.
// Idempotent by the notice's id, which the gateway knows: a notice that was
// sent and not noted down is not sent twice.
func (a *Activities) Deliver(ctx context.Context, _ struct{}) (int, error) {
	sent := 0
	for activity.GetWorkerStopChannel(ctx) != nil {
		n, err := a.deliverBatch(ctx)
		if err != nil {
			return sent, err
		}
		sent += n
		activity.RecordHeartbeat(ctx, sent)
		if n == courierBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return sent, ctx.Err()
		case <-activity.GetWorkerStopChannel(ctx):
			return sent, nil
		case <-time.After(courierPause):
		}
	}
	return sent, nil
}

func (a *Activities) deliverBatch(ctx context.Context) (int, error) {
	tx, err := a.DB.Begin(ctx)
	if err != nil {
		return 0, fmt.Errorf("deliver notices: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	notices, err := a.q.TakeNotices(ctx, tx, courierBatch)
	if err != nil {
		return 0, fmt.Errorf("take notices: %w", err)
	}
	for _, n := range notices {
		if err := a.deliver(ctx, tx, n); err != nil {
			return 0, err
		}
	}
	return len(notices), tx.Commit(ctx)
}

func (a *Activities) deliver(ctx context.Context, tx pgx.Tx, n db.TakeNoticesRow) error {
	err := a.Gateway.Send(ctx, Outgoing{ID: n.ID, Channel: n.Channel, To: n.To, Subject: n.Subject, Body: n.Body})
	if err != nil {
		activity.GetLogger(ctx).Warn("notice not sent yet", "claim", n.ClaimID, "error", err)
		if err := a.q.NoticeDelivered(ctx, tx, n.ID, "retrying", "the gateway did not take it", nil); err != nil {
			return fmt.Errorf("note notice %s: %w", n.ID, err)
		}
		return a.q.PostponeNotice(ctx, tx, n.ID, time.Now().Add(courierRetry)) //nolint:forbidigo // a courier keeps real time
	}
	now := time.Now() //nolint:forbidigo // as above
	if err := a.q.NoticeDelivered(ctx, tx, n.ID, "delivered", "", &now); err != nil {
		return fmt.Errorf("note notice %s: %w", n.ID, err)
	}
	return a.q.DropFromCourierQueue(ctx, tx, n.ID)
}
