package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
)

const (
	// tailEvery is how often the tailer looks for new events.
	tailEvery = 300 * time.Millisecond
	// tailOverlap is how far back it looks each time: longer than a step may
	// take from the time that its events bear to its commit.
	tailOverlap = 10 * time.Second
	// streamsAtOnce bounds the streams of a process, streamsEach those of a
	// caller: as many windows as somebody looks at.
	streamsAtOnce = 2000
	streamsEach   = 8
)

// live wakes the streams of this process when there is something new for
// them: the claim they follow has another event, or a task of their worklist
// may have changed. One tailer reads for all of them, and only while there are
// any. It tells nobody what is new: each stream reads that itself, as its
// caller may see it. The zero value is ready.
type live struct {
	mu      sync.Mutex
	claims  map[claim.ID]map[*stream]bool
	desks   map[*stream]bool
	callers map[claim.Principal]int
	open    int
	closed  bool
}

// stream is one reader who follows a claim or, without one, their worklist.
type stream struct {
	who  access.Caller
	of   claim.ID
	news chan struct{} // holds one: whoever is slow is woken once for many
	end  chan struct{} // closed when the process stops
}

// join opens a stream, if there is room for one more.
func (l *live) join(who access.Caller, of claim.ID) (*stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed || l.open >= streamsAtOnce:
		return nil, contract.Unavailable(errors.New("no room for another stream"))
	case l.callers[who.ID] >= streamsEach:
		return nil, &contract.Fault{
			Kind: contract.KindTooMany, Retry: 10 * time.Second,
			Detail: fmt.Sprintf("You follow %d things at once already, which is the most there is. Close a window. · 打开的页面太多，请关闭几个", streamsEach),
		}
	case l.callers == nil:
		l.claims, l.desks, l.callers = map[claim.ID]map[*stream]bool{}, map[*stream]bool{}, map[claim.Principal]int{}
	}
	s := &stream{who: who, of: of, news: make(chan struct{}, 1), end: make(chan struct{})}
	switch {
	case of == "":
		l.desks[s] = true
	case l.claims[of] == nil:
		l.claims[of] = map[*stream]bool{s: true}
	default:
		l.claims[of][s] = true
	}
	l.callers[who.ID]++
	l.open++
	return s, nil
}

func (l *live) leave(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.desks, s)
	if delete(l.claims[s.of], s); len(l.claims[s.of]) == 0 {
		delete(l.claims, s.of)
	}
	if l.callers[s.who.ID]--; l.callers[s.who.ID] == 0 {
		delete(l.callers, s.who.ID)
	}
	l.open--
}

func (s *stream) wake() {
	select {
	case s.news <- struct{}{}:
	default: // it knows already
	}
}

// tail feeds the streams until ctx ends, and then ends them, so that their
// readers turn to another process. What it may have missed while the database
// was away, the streams find when they next look on their own.
func (s *reads) tail(ctx context.Context) {
	defer s.live.close()
	tick := time.NewTicker(tailEvery)
	defer tick.Stop()
	var seen map[claim.ID]int64 // the newest event of each claim that was told
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if s.live.idle() {
			seen = nil // and what is told twice does no harm
			continue
		}
		next, err := s.feed(ctx, seen)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "new events not read", "error", err)
			continue
		}
		seen = next
	}
}

// feed wakes whoever follows what has changed since seen.
func (s *reads) feed(ctx context.Context, seen map[claim.ID]int64) (map[claim.ID]int64, error) {
	rows, err := s.q.RecentEvents(ctx, s.db, tailOverlap.Seconds())
	if err != nil {
		return nil, fmt.Errorf("read recent events: %w", err)
	}
	next := make(map[claim.ID]int64, len(rows))
	var news []string
	for _, row := range rows {
		if row.Number > seen[row.ClaimID] {
			news = append(news, string(row.ClaimID))
			s.live.tell(row.ClaimID)
		}
		next[row.ClaimID] = row.Number
	}
	if len(news) == 0 || !s.live.watched() {
		return next, nil
	}
	tasks, err := s.q.TouchedTasks(ctx, s.db, news)
	if err != nil {
		return nil, fmt.Errorf("read touched tasks: %w", err)
	}
	s.live.touch(tasks)
	return next, nil
}

func (l *live) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open == 0
}

// watched reports whether anybody follows a worklist.
func (l *live) watched() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.desks) > 0
}

// tell wakes whoever follows a claim.
func (l *live) tell(id claim.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.claims[id] {
		s.wake()
	}
}

// touch wakes whoever has these tasks in their worklist, or might have had
// them until now. A hint too many costs one look.
func (l *live) touch(tasks []db.TouchedTasksRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.desks {
		for _, t := range tasks {
			if t.Owner == string(s.who.ID) || t.Role == s.who.Role && (s.who.Everywhere() || t.Branch == s.who.Branch) {
				s.wake()
				break
			}
		}
	}
}

// close ends all streams and lets nobody open another.
func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for s := range l.desks {
		close(s.end)
	}
	for _, followers := range l.claims {
		for s := range followers {
			close(s.end)
		}
	}
}
