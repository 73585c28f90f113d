package activities

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"anpei/claim"
)

// tablesFor is how long a process may decide by the tables it has: a kill
// switch or a new limit acts within this time.
const tablesFor = 3 * time.Second

// ruleTables are the tables in force.
type ruleTables struct {
	read      time.Time
	authority claim.Authority
	lanes     claim.LaneRules
	lists     claim.Checklists
	calendar  claim.Calendar
	transfers claim.TransferRules
	sms       claim.SMSForms
}

// rules returns the tables in force at the step's time. Decisions record the
// version that they were taken under. It reads on the step's own connection: a
// step that waited for a second one could wait for another that waits for it.
func (t *tx) rules() (ruleTables, error) {
	cache := &t.a.tables
	cache.Lock()
	defer cache.Unlock()
	if age := t.at.Sub(cache.read).Abs(); age < tablesFor { // steps of many claims, not quite in order
		return cache.ruleTables, nil
	}
	rows, err := t.q.RuleTablesInForce(t.ctx, t.conn, pgtype.Date{Time: t.at.In(claim.Shanghai), Valid: true})
	if err != nil {
		return ruleTables{}, fmt.Errorf("read rule tables: %w", err)
	}
	next := ruleTables{read: t.at}
	into := map[string]any{"authority": &next.authority, "lanes": &next.lanes, "checklists": &next.lists, "calendar": &next.calendar, "transfers": &next.transfers, "sms": &next.sms}
	for _, row := range rows {
		if v := into[row.Kind]; v != nil {
			if err := json.Unmarshal(row.Body, v); err != nil {
				return ruleTables{}, fmt.Errorf("rule table %s %s: %w", row.Kind, row.Version, err)
			}
			delete(into, row.Kind)
		}
	}
	for kind := range into {
		return ruleTables{}, fmt.Errorf("rule table %s: none is in force on %s", kind, claim.DateOf(t.at))
	}
	cache.ruleTables = next
	return next, nil
}
