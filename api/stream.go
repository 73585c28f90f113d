package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/rest"
)

const (
	// beatEvery is how often a stream says that it is alive. Proxies cut what is
	// silent for a minute.
	beatEvery = 15 * time.Second
	// streamFor is how long a stream lasts. Its reader comes back by itself, to
	// whichever process then has room, and is looked at as a new caller.
	streamFor = 5 * time.Minute
	// hintsApart is the least time between two hints to one worklist.
	hintsApart = time.Second
	// eventsAtOnce is how many events are read for a stream at a time.
	eventsAtOnce = 100
)

// StreamClaim implements [rest.StrictServerInterface].
func (s *reads) StreamClaim(ctx context.Context, r rest.StreamClaimRequestObject) (rest.StreamClaimResponseObject, error) {
	c := access.ClaimOf(ctx)
	in, err := s.live.join(access.CallerOf(ctx), c.ID) // before looking where the claim is: nothing falls between
	if err != nil {
		return nil, err
	}
	at, err := s.streamStart(ctx, c.ID, r.Params.LastEventID)
	if err != nil {
		s.live.leave(in)
		return nil, err
	}
	return claimStream{flow{s: s, in: in, once: r.Params.Once, more: func(ctx context.Context, to *outlet) error {
		for {
			events, err := s.events(ctx, s.db, access.CallerOf(ctx), access.ClaimOf(ctx), at, eventsAtOnce)
			if err != nil {
				return err
			}
			for _, e := range events {
				raw, err := json.Marshal(e)
				if err != nil {
					return fmt.Errorf("encode event %d: %w", e.Number, err)
				}
				if err := to.send("id: %d\nevent: claim\ndata: %s\n\n", e.Number, raw); err != nil {
					return err
				}
				at = e.Number
			}
			if len(events) < eventsAtOnce {
				return to.flush()
			}
		}
	}}.run(ctx)}, nil
}

// streamStart is the number of the event that a stream begins after.
func (s *reads) streamStart(ctx context.Context, id claim.ID, last rest.LastEventID) (int64, error) {
	if last != "" {
		return strconv.ParseInt(last, 10, 64)
	}
	at, err := s.q.LastEvent(ctx, s.db, id)
	if err != nil {
		return 0, contract.RowError("claim", err)
	}
	return at, nil
}

// StreamTasks implements [rest.StrictServerInterface].
func (s *reads) StreamTasks(ctx context.Context, r rest.StreamTasksRequestObject) (rest.StreamTasksResponseObject, error) {
	in, err := s.live.join(access.CallerOf(ctx), "")
	if err != nil {
		return nil, err
	}
	if r.Params.LastEventID != "" { // it was away
		in.wake()
	}
	return taskStream{flow{s: s, in: in, apart: hintsApart, more: func(_ context.Context, to *outlet) error {
		if !to.woken {
			return nil
		}
		if err := to.send("id: %d\nevent: changed\ndata: {}\n\n", time.Now().UnixMilli()); err != nil {
			return err
		}
		return to.flush()
	}}.run(ctx)}, nil
}

// flow is a stream on its way out.
type flow struct {
	s     *reads
	in    *stream
	apart time.Duration                        // the least time between two looks
	once  bool                                 // ends when what is there has been sent
	more  func(context.Context, *outlet) error // sends what is new
}

// errOver ends a stream whose reader may come back.
var errOver = errors.New("the stream is over")

// run returns what carries the stream once the answer begins. It ends when the
// reader has gone or is too slow, when the process stops, when its time is up,
// and when the reader may no longer see what it is about.
func (f flow) run(ctx context.Context) func(http.ResponseWriter) error {
	return func(w http.ResponseWriter) error {
		defer f.s.live.leave(f.in)
		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // proxies are not to collect it
		w.WriteHeader(http.StatusOK)
		to := &outlet{w: w, conn: http.NewResponseController(w)}
		err := f.follow(ctx, to)
		if ctx.Err() != nil || errors.Is(err, errOver) || to.gone {
			return nil
		}
		f.s.log.WarnContext(ctx, "stream ended", "error", err) // the answer has begun: no problem can be told
		return nil
	}
}

func (f flow) follow(ctx context.Context, to *outlet) error {
	if err := to.send("retry: 1000\n\n"); err != nil {
		return err
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	over := time.NewTimer(streamFor)
	defer over.Stop()
	if err := f.more(ctx, to); err != nil {
		return err
	}
	if err := to.flush(); err != nil {
		return err
	}
	if f.once {
		return errOver
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.in.end:
			return errOver
		case <-over.C:
			return errOver
		case <-beat.C:
			to.woken = false
			if err := to.send(": beat\n\n"); err != nil {
				return err
			}
		case <-f.in.news:
			to.woken = true
		}
		if err := f.look(ctx, to); err != nil {
			return err
		}
		if to.woken && f.apart > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-f.in.end:
				return errOver
			case <-time.After(f.apart):
			}
		}
	}
}

// look sends what is new, if this is still somebody who may see it. While a
// server is away there is nothing new, and the stream stays.
func (f flow) look(ctx context.Context, to *outlet) error {
	err := access.CallOf(ctx).Again(ctx)
	if err == nil {
		err = f.more(ctx, to)
	}
	switch {
	case err == nil:
		return to.flush()
	case to.gone || ctx.Err() != nil:
		return err
	case contract.ProblemOf(err).Status < http.StatusInternalServerError:
		return errOver // signed out, or no longer theirs to see
	}
	f.s.log.WarnContext(ctx, "nothing read for a stream", "error", err)
	return to.flush()
}

// outlet writes to a reader, whom the server gives a time to take it.
type outlet struct {
	w     http.ResponseWriter
	conn  *http.ResponseController
	woken bool // by news, and not by the clock
	gone  bool // the reader
}

func (t *outlet) send(format string, args ...any) error {
	if _, err := fmt.Fprintf(t.w, format, args...); err != nil {
		t.gone = true
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

func (t *outlet) flush() error {
	if err := t.conn.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		t.gone = true
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

type claimStream struct {
	run func(http.ResponseWriter) error
}

// VisitStreamClaimResponse implements the contract.
func (c claimStream) VisitStreamClaimResponse(w http.ResponseWriter) error { return c.run(w) }

type taskStream struct {
	run func(http.ResponseWriter) error
}

// VisitStreamTasksResponse implements the contract.
func (t taskStream) VisitStreamTasksResponse(w http.ResponseWriter) error { return t.run(w) }
