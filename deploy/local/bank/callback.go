package bank

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Callback is where the bank tells of clearings and returns: the body of PUT
// /callback. Events from before it was set are not told; an empty URL forgets
// those that wait.
type Callback struct {
	URL   string `json:"url"`
	Token string `json:"token"` // sent as a bearer token
}

// Event is the body of a callback: the transfer as it stood then. It is posted
// until the answer is 2xx, perhaps more than once, in no promised order;
// EventID is the same every time.
type Event struct {
	EventID    string    `json:"event_id"`
	OccurredAt time.Time `json:"occurred_at"`
	Transfer
}

// posting is an event that waits to be told.
type posting struct {
	Event Event
	Posts int // successful ones still to come
	Tries int // failed ones so far
}

const (
	firstPause   = 200 * time.Millisecond
	longestPause = 30 * time.Second
	postsAtOnce  = 16
)

// pause is how long the bank waits after so many failed tries.
func pause(tries int) time.Duration {
	return min(firstPause<<min(tries-1, 10), longestPause)
}

func newCallbackClient() *http.Client {
	return &http.Client{
		Timeout:       5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (c Callback) wrong() map[string]string {
	u, err := url.Parse(c.URL)
	if c.URL == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return nil
	}
	return map[string]string{"url": "must be an absolute http or https address, or empty for none"}
}

// shown leaves the token out.
func (c Callback) shown() Callback { return Callback{URL: c.URL} }

// setCallback replaces the callback. Idempotent.
func (l ledger) setCallback(c Callback) error {
	s, err := l.switches()
	if err != nil {
		return err
	}
	s.Callback = c
	if c.URL == "" {
		events := l.tx.Bucket(eventBucket).Cursor()
		for k, _ := events.First(); k != nil; k, _ = events.First() {
			if err := events.Delete(); err != nil {
				return err
			}
		}
	}
	return l.saveSwitches(s)
}

// tell queues an event when somebody wants to hear it.
func (l ledger) tell(s switches, e Event, posts int) error {
	if s.Callback.URL == "" {
		return nil
	}
	return enqueue(l.tx.Bucket(eventBucket), l.now, posting{Event: e, Posts: posts})
}

// queued is a posting with its key.
type queued struct {
	key []byte
	posting
}

// callBack posts every event that is due, some at once, and returns when none
// is left that is due now.
func (b *Bank) callBack(ctx context.Context) error {
	for {
		to, due, err := b.duePostings()
		if err != nil || len(due) == 0 || ctx.Err() != nil {
			return err
		}
		var posts sync.WaitGroup
		errs := make([]error, len(due))
		for i, q := range due {
			posts.Go(func() {
				failed := b.post(ctx, to, q.Event)
				if failed != nil && ctx.Err() != nil {
					return // cut short by the bank itself; still due
				}
				errs[i] = b.settlePosting(q, failed)
			})
		}
		posts.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
	}
}

func (b *Bank) duePostings() (to Callback, due []queued, err error) {
	err = b.view(func(l ledger) error {
		s, err := l.switches()
		if err != nil {
			return err
		}
		to = s.Callback
		c := l.tx.Bucket(eventBucket).Cursor()
		for k, raw := c.First(); k != nil && len(due) < postsAtOnce && !keyTime(k).After(l.now); k, raw = c.Next() {
			q := queued{key: bytes.Clone(k)}
			if err := json.Unmarshal(raw, &q.posting); err != nil {
				return fmt.Errorf("decode an event: %w", err)
			}
			due = append(due, q)
		}
		return nil
	})
	return to, due, err
}

// post tells to of e once; any answer but 2xx is an error.
func (b *Bank) post(ctx context.Context, to Callback, e Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+to.Token)
	answer, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("post %s: answered %s", e.EventID, answer.Status)
	}
	return nil
}

// settlePosting takes q from the queue, or puts it back for later when failed
// is set or another post is owed.
func (b *Bank) settlePosting(q queued, failed error) error {
	if failed != nil {
		b.log.Warn("callback not taken", "event", q.Event.EventID, "tries", q.Tries+1, "error", failed)
	}
	return b.db.Batch(func(tx *bbolt.Tx) error {
		events, next, at := tx.Bucket(eventBucket), q.posting, b.now()
		if events.Get(q.key) == nil { // forgotten meanwhile
			return nil
		}
		if failed != nil {
			next.Tries++
			at = at.Add(pause(next.Tries))
		} else {
			next.Posts--
		}
		if err := events.Delete(q.key); err != nil || next.Posts == 0 {
			return err
		}
		return enqueue(events, at, next)
	})
}
