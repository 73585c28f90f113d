package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"anpei/claim"
	"anpei/internal/gateway"
	"anpei/schemas/rest"
)

// tablesFor is how long the tables in force are remembered: a new one counts
// within this time.
const tablesFor = 3 * time.Second

// tables keeps the tables in force that answers are reckoned by.
type tables struct {
	sync.Mutex
	read time.Time
	inForce
	lists map[string]claim.Checklists // by version
}

// listsOf returns the checklists of a version, which never change. The zero
// value is of a claim without a list.
func (s *parts) listsOf(ctx context.Context, version string) (lists claim.Checklists, err error) {
	if version == "" {
		return lists, nil
	}
	s.tables.Lock()
	defer s.tables.Unlock()
	if lists, ok := s.tables.lists[version]; ok {
		return lists, nil
	}
	body, err := s.q.RuleTable(ctx, s.db, "checklists", version)
	if err == nil {
		err = json.Unmarshal(body, &lists)
	}
	if err != nil {
		return lists, fmt.Errorf("read checklists %s: %w", version, err)
	}
	if s.tables.lists == nil {
		s.tables.lists = map[string]claim.Checklists{}
	}
	s.tables.lists[version] = lists
	return lists, nil
}

// inForce is the calendar, which deadlines are reckoned by, who may determine
// how much, and what messages say.
type inForce struct {
	calendar  claim.Calendar
	authority claim.Authority
	sms       claim.SMSForms
}

// calendar returns the calendar in force now.
func (s *parts) calendar(ctx context.Context, now time.Time) (claim.Calendar, error) {
	rules, err := s.rules(ctx, now)
	return rules.calendar, err
}

// rules returns the tables in force now.
func (s *parts) rules(ctx context.Context, now time.Time) (inForce, error) {
	s.tables.Lock()
	defer s.tables.Unlock()
	if now.Sub(s.tables.read) < tablesFor {
		return s.tables.inForce, nil
	}
	rows, err := s.q.RuleTablesInForce(ctx, s.db, dayOf(now))
	if err != nil {
		return inForce{}, fmt.Errorf("read the tables in force: %w", err)
	}
	var fresh inForce
	for _, row := range rows {
		into := map[string]any{"calendar": &fresh.calendar, "authority": &fresh.authority, "sms": &fresh.sms}[row.Kind]
		if into == nil {
			continue
		}
		if err := json.Unmarshal(row.Body, into); err != nil {
			return inForce{}, fmt.Errorf("table %s %s: %w", row.Kind, row.Version, err)
		}
	}
	if len(rows) > 0 { // else nobody has set it up yet
		s.tables.inForce, s.tables.read = fresh, now
	}
	return fresh, nil
}

// dayOf is the day in Beijing, for the database.
func dayOf(t time.Time) pgtype.Date {
	d := claim.DateOf(t)
	return pgtype.Date{Time: time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), Valid: true}
}

// sendCode implements [SendCode]: the SMS in force, in the language of whoever
// asks.
func (s *parts) sendCode(ctx context.Context, id string, to rest.PhoneCodeRequest, code string, holds time.Duration) error {
	rules, err := s.rules(ctx, time.Now())
	if err != nil {
		return err
	}
	body, err := rules.sms.Write(claim.SMSCode, to.Language, claim.Values{
		"code": code, "minutes": int(holds / time.Minute), "hotline": s.cfg.InsurerHotline,
	})
	if err != nil {
		return err
	}
	out := gateway.Gateway{URL: s.cfg.OutboxURL, Client: http.DefaultClient}
	return out.Send(ctx, gateway.Message{ID: id, Channel: "sms", To: to.Phone, Body: body})
}
