package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// shape is what a workflow asked of the engine, in order, a letter for each:
//
//	u  an update was accepted     l  a local activity     a  an activity
//	c  an update was answered     s  search attributes    t  a timer    x  a child
//
// It is taken from history, so that nobody has to believe a description.
type shape string

func shapeOf(events []*historypb.HistoryEvent) shape {
	var s strings.Builder
	for _, e := range events {
		switch e.GetEventType() { //nolint:exhaustive // the others are the engine's own
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			s.WriteByte('u')
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
			s.WriteByte('c')
		case enumspb.EVENT_TYPE_MARKER_RECORDED:
			if e.GetMarkerRecordedEventAttributes().GetMarkerName() == "LocalActivity" {
				s.WriteByte('l')
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: // not one that nobody here serves, as looking at pictures
			s.WriteByte('a')
		case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			s.WriteByte('s')
		case enumspb.EVENT_TYPE_TIMER_STARTED:
			s.WriteByte('t')
		case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
			s.WriteByte('x')
		}
	}
	return shape(s.String())
}

func (s shape) count(letter string) int { return strings.Count(string(s), letter) }

// asActivities is the shape with an ordinary activity for each local one.
func (s shape) asActivities() shape { return shape(strings.ReplaceAll(string(s), "l", "a")) }

func (s shape) String() string {
	var parts []string
	for _, p := range []struct{ letter, one, more string }{
		{"l", "local step", "local steps"},
		{"a", "activity", "activities"},
		{"u", "update", "updates"},
		{"s", "upsert", "upserts"},
		{"t", "timer", "timers"},
		{"x", "child workflow", "child workflows"},
	} {
		switch n := s.count(p.letter); {
		case n == 1:
			parts = append(parts, "1 "+p.one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, p.more))
		}
	}
	return strings.Join(parts, ", ")
}

// histories is what the histories of some finished workflows of a kind say.
type histories struct {
	shape    shape // the most frequent
	of, with int   // how many were looked at, and how many have that shape
	events   int   // median
	most     int   // events
	tasks    int   // workflow tasks, median
	bytes    int   // median
	children int
}

// look reads the histories of finished workflows.
func look(ctx context.Context, temporal client.Client, ids []string) (histories, error) {
	var h histories
	shapes := map[shape]int{}
	var events, tasks, bytes []int
	for _, id := range ids {
		if err := temporal.GetWorkflow(ctx, id, "").Get(ctx, nil); err != nil { // which ends a little after its rows
			return h, fmt.Errorf("workflow %s: %w", id, err)
		}
		var all []*historypb.HistoryEvent
		size := 0
		for it := temporal.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
			e, err := it.Next()
			if err != nil {
				return h, fmt.Errorf("read the history of %s: %w", id, err)
			}
			all = append(all, e)
			size += e.Size()
		}
		completed := 0
		for _, e := range all {
			if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
				completed++
			}
		}
		s := shapeOf(all)
		shapes[s]++
		h.children += s.count("x")
		events, tasks, bytes = append(events, len(all)), append(tasks, completed), append(bytes, size)
	}
	same := func(n int) int { return n }
	h.shape = slices.MaxFunc(slices.Sorted(maps.Keys(shapes)), func(a, b shape) int { return cmp.Compare(shapes[a], shapes[b]) })
	h.of, h.with = len(ids), shapes[h.shape]
	h.events, h.most, h.tasks, h.bytes = median(events, same), slices.Max(events), median(tasks, same), median(bytes, same)
	return h, nil
}
