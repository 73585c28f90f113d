package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"anpei/claim"
)

// tables keeps the calendar in force, which deadlines are reckoned by.
type tables struct {
	sync.Mutex
	read     time.Time
	calendar claim.Calendar
}

// calendar returns the calendar in force now.
func (s *server) calendar(ctx context.Context, now time.Time) (claim.Calendar, error) {
	s.tables.Lock()
	defer s.tables.Unlock()
	if now.Sub(s.tables.read) < lookFor {
		return s.tables.calendar, nil
	}
	rows, err := s.q.RuleTablesInForce(ctx, s.db, dayOf(now))
	if err != nil {
		return claim.Calendar{}, fmt.Errorf("read the calendar: %w", err)
	}
	for _, row := range rows {
		if row.Kind != "calendar" {
			continue
		}
		var c claim.Calendar
		if err := json.Unmarshal(row.Body, &c); err != nil {
			return claim.Calendar{}, fmt.Errorf("calendar %s: %w", row.Version, err)
		}
		s.tables.calendar, s.tables.read = c, now
	}
	return s.tables.calendar, nil
}

// dayOf is the day in Beijing, for the database.
func dayOf(t time.Time) pgtype.Date {
	d := claim.DateOf(t)
	return pgtype.Date{Time: time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), Valid: true}
}
