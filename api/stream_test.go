package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// followed is a stream as its reader sees it.
type followed struct {
	t     *testing.T
	lines *bufio.Scanner
	stop  context.CancelFunc
}

type told struct{ id, event, data string }

// tailing runs the tailer, as the process does.
func (h *house) tailing() (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		h.tail(ctx)
	}()
	stop = func() { cancel(); <-over }
	h.t.Cleanup(stop)
	return stop
}

// follow opens a stream, and returns once it has begun.
func (h *house) follow(path, token string, headers ...string) *followed {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.t.Context(), pace.Limit(30*time.Second))
	h.t.Cleanup(stop)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.web.URL+path, nil)
	require.NoError(h.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(h.t, http.StatusOK, res.StatusCode)
	require.Equal(h.t, "text/event-stream", res.Header.Get("Content-Type"))
	f := &followed{t: h.t, lines: bufio.NewScanner(res.Body), stop: stop}
	require.True(h.t, f.lines.Scan())
	require.Equal(h.t, "retry: 1000", f.lines.Text())
	return f
}

// next waits for the next event; ok is false when the stream has ended.
func (f *followed) next() (e told, ok bool) {
	f.t.Helper()
	for f.lines.Scan() {
		name, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "data":
			e.data = value
		case "":
			if e != (told{}) {
				return e, true
			}
		}
	}
	return e, false
}

// happens puts an event of a claim there.
func (h *house) happens(c seeded, number int, kind string) {
	h.t.Helper()
	h.insert("events", map[string]any{
		"claim_id": c.id, "number": number, "kind": kind, "at": time.Now(), "by_id": "system", "by_role": "system", "body": "{}",
		"prev_hash": make([]byte, 32), "hash": make([]byte, 32),
	})
	h.sql(`update claims set next_event = $2 where id = $1`, c.id, number+1)
}

// Who has no connection to spare asks now and then: for what is there, in order,
// and the answer ends.
func TestAStreamThatIsAskedForOnceEnds(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	c := h.aClaim(map[string]any{"next_event": 1})
	for number := 1; number <= 3; number++ {
		h.happens(c, number, "paper.received")
	}
	assessor := h.staff("assessor-1", claim.Assessor, "3101", 0)
	for last, want := range map[string][]string{"1": {"2", "3"}, "3": nil, "": nil} {
		f := h.follow("/v1/claims/"+c.number+"/stream?once=true", assessor, "Last-Event-ID", last)
		var got []string
		for e, ok := f.next(); ok; e, ok = f.next() {
			got = append(got, e.id)
		}
		require.NoError(t, f.lines.Err(), "the answer is whole")
		require.Equal(t, want, got, "after %q", last)
	}
	require.Empty(t, h.live.callers, "and holds no place")
}

func TestAClaimIsFollowedAndNothingIsMissed(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.tailing()
	c := h.aClaim(map[string]any{"next_event": 1})
	h.happens(c, 1, "claim.reported")
	assessor := h.staff("assessor-1", claim.Assessor, "3101", 0)

	f := h.follow("/v1/claims/"+c.number+"/stream", assessor)
	h.happens(c, 2, "claim.routed")
	h.happens(c, 3, "paper.received")
	for _, id := range []string{"2", "3"} { // and not what was there before
		e, ok := f.next()
		require.True(t, ok)
		require.Equal(t, []string{id, "claim"}, []string{e.id, e.event})
		var shown rest.Event
		require.NoError(t, json.Unmarshal([]byte(e.data), &shown))
		require.NotEmpty(t, shown.TextZh)
	}
	f.stop()

	// Back after a tunnel: what happened meanwhile comes first.
	h.happens(c, 4, "claim.routed")
	f = h.follow("/v1/claims/"+c.number+"/stream", assessor, "Last-Event-ID", "2")
	for _, id := range []string{"3", "4"} {
		e, _ := f.next()
		require.Equal(t, id, e.id)
	}

	stranger := h.staff("assessor-2", claim.Assessor, "3201", 0)
	require.Equal(t, http.StatusNotFound, h.get("/v1/claims/"+c.number+"/stream", stranger).status)
	p := h.get("/v1/claims/"+c.number+"/stream", assessor, "Last-Event-ID", "now").problem(t, http.StatusUnprocessableEntity)
	require.Equal(t, []string{"Last-Event-ID"}, faultsIn(p))

	// Who may no longer see it is cut off before the next event.
	h.sql(`update staff set branch = '3201' where id = 'assessor-1'`)
	h.access.Changed("assessor-1")
	h.happens(c, 5, "claim.routed")
	_, ok := f.next()
	require.False(t, ok)
}

func TestAClaimantFollowsWhatConcernsThem(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.tailing()
	token := h.claimant("13800000001", "")
	c := h.aClaim(map[string]any{"opened_by": string(claimantID("13800000001")), "next_event": 1})
	f := h.follow("/v1/claims/"+c.number+"/stream", token)
	h.happens(c, 1, hiddenKinds[0])
	h.happens(c, 2, "claim.routed")
	e, ok := f.next()
	require.True(t, ok)
	require.Equal(t, "2", e.id)
	require.NotContains(t, e.data, `"body"`)
}

func TestAWorklistIsFollowed(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.tailing()
	mine := h.follow("/v1/tasks/stream", h.staff("reviewer-1", claim.Reviewer, "3101", 1))
	head := h.follow("/v1/tasks/stream", h.staff("reviewer-0", claim.Reviewer, "0000", 1))
	other := h.follow("/v1/tasks/stream", h.staff("reviewer-2", claim.Reviewer, "3201", 1))
	c, elsewhere := h.aClaim(nil), h.aClaim(map[string]any{"branch": "3201"})
	h.aTask(c, claim.TaskReview, nil)
	h.happens(c, 1, "task.opened")
	for _, f := range []*followed{mine, head} {
		e, ok := f.next()
		require.True(t, ok)
		require.Equal(t, "changed", e.event)
	}
	// The other branch hears of its own first.
	h.aTask(elsewhere, claim.TaskReview, map[string]any{"branch": "3201"})
	before := time.Now()
	h.happens(elsewhere, 1, "task.opened")
	_, ok := other.next()
	require.True(t, ok)
	require.WithinRange(t, time.Now(), before, before.Add(pace.Limit(10*time.Second)))

	back := h.follow("/v1/tasks/stream", h.staff("reviewer-3", claim.Reviewer, "1101", 1), "Last-Event-ID", "1")
	_, ok = back.next()
	require.True(t, ok, "who was away looks again")
	require.Equal(t, http.StatusForbidden, h.get("/v1/tasks/stream", h.claimant("13800000001", "")).status)
}

func TestStreamsAreFewAndEndWithTheProcess(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	stop := h.tailing()
	token := h.staff("reviewer-1", claim.Reviewer, "3101", 1)
	open := make([]*followed, streamsEach)
	for i := range open {
		open[i] = h.follow("/v1/tasks/stream", token)
	}
	a := h.get("/v1/tasks/stream", token)
	require.Equal(t, "/problems/too-many-tries", a.problem(t, http.StatusTooManyRequests).Type)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	open[0].stop() // a window is closed
	require.Eventually(t, func() bool {
		h.live.mu.Lock()
		defer h.live.mu.Unlock()
		return h.live.open == streamsEach-1
	}, pace.Limit(5*time.Second), 10*time.Millisecond)
	open[0] = h.follow("/v1/tasks/stream", token)

	stop()
	for _, f := range open {
		_, ok := f.next()
		require.False(t, ok)
	}
	require.Equal(t, http.StatusServiceUnavailable, h.get("/v1/tasks/stream", token).status)
}

// TestStreamsLeaveNothingBehind runs alone: it counts goroutines.
func TestStreamsLeaveNothingBehind(t *testing.T) { //nolint:paralleltest // as it says
	h := openWithRows(t)
	token := h.staff("assessor-1", claim.Assessor, "3101", 0)
	c := h.aClaim(map[string]any{"next_event": 1})
	require.Equal(t, http.StatusOK, h.get("/v1/claims/"+c.number, token).status) // connections are open
	before := goleak.IgnoreCurrent()
	stop := h.tailing()
	var open []*followed
	for range 4 {
		open = append(open, h.follow("/v1/claims/"+c.number+"/stream", token), h.follow("/v1/tasks/stream", h.staff("reviewer-1", claim.Reviewer, "3101", 1)))
	}
	h.happens(c, 1, "claim.routed")
	for i, f := range open {
		if i%2 == 0 {
			_, ok := f.next()
			require.True(t, ok)
		}
		if i < 4 {
			f.stop() // the reader goes; the others are there until the process stops
		}
	}
	stop()
	for _, f := range open[4:] {
		_, ok := f.next()
		require.False(t, ok)
		f.stop()
	}
	goleak.VerifyNone(t, before)
}
