package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"anpei/internal/gateway"
	"anpei/schemas/db"
)

// How the courier goes about it.
const (
	courierBatch  = 50                     // notices at a time
	courierAtOnce = 8                      // requests to the gateway at once
	courierPause  = 300 * time.Millisecond // between looks when there is nothing to send
	courierRetry  = 15 * time.Second       // before a notice is tried again
	courierLease  = 30                     // seconds in which a courier that has taken notices says what became of them
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

// deliverBatch leases what is due, sends some at once, and notes down how each
// fared. No transaction waits for the gateway. What a courier dies with is sent
// again once its lease is over.
func (a *Activities) deliverBatch(ctx context.Context) (int, error) {
	notices, err := a.q.TakeNotices(ctx, a.DB, courierBatch, courierLease)
	if err != nil {
		return 0, fmt.Errorf("take notices: %w", err)
	}
	if len(notices) == 0 {
		return 0, nil
	}
	taken := a.sendAll(ctx, notices)
	var sent, later []string
	for i, n := range notices {
		if taken[i] {
			sent = append(sent, n.ID)
		} else {
			later = append(later, n.ID)
		}
	}
	now := time.Now() //nolint:forbidigo // a courier keeps real time
	if len(sent) > 0 {
		if err := a.q.NoticesDelivered(ctx, a.DB, sent, now); err != nil {
			return 0, fmt.Errorf("note what was delivered: %w", err)
		}
	}
	if len(later) > 0 {
		if err := a.q.NoticesPostponed(ctx, a.DB, later, "the gateway did not take it", now.Add(courierRetry)); err != nil {
			return 0, fmt.Errorf("note what was not delivered: %w", err)
		}
	}
	return len(notices), nil
}

// sendAll sends notices, to a few people at once and to each in order, and
// tells which the gateway has taken.
func (a *Activities) sendAll(ctx context.Context, notices []db.TakeNoticesRow) []bool {
	taken := make([]bool, len(notices))
	letters := map[string][]int{} // by recipient
	for i, n := range notices {
		letters[n.To] = append(letters[n.To], i)
	}
	var all errgroup.Group
	all.SetLimit(courierAtOnce)
	for _, theirs := range letters {
		all.Go(func() error {
			for _, i := range theirs {
				n := notices[i]
				err := a.Gateway.Send(ctx, gateway.Message{ID: n.ID, Channel: n.Channel, To: n.To, Subject: n.Subject, Body: n.Body})
				if err != nil {
					activity.GetLogger(ctx).Warn("notice not sent yet", "claim", n.ClaimID, "error", err)
					return nil // what was not taken is tried again, and the rest after it
				}
				taken[i] = true
			}
			return nil
		})
	}
	_ = all.Wait() // none fails
	return taken
}
