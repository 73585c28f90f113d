package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// Rows as steps write them, where a test needs more kinds of them than one
// story has.

// seeded is a claim that a test has put there.
type seeded struct {
	id     claim.ID
	number string
	file   claim.File
}

type party struct{ phone, role, principal string }

var serials atomic.Int64

// aClaim puts a claim there. fields override columns of its row.
func (h *house) aClaim(fields map[string]any, parties ...party) seeded {
	h.t.Helper()
	c := seeded{id: claim.ID(uuid.NewString()), number: fmt.Sprintf("AP-3101-2026-%06d", serials.Add(1))}
	row := map[string]any{
		"id": c.id, "number": c.number, "line": claim.Motor, "lane": claim.Standard, "stage": claim.Reported, "branch": "3101", "channel": "web",
		"opened_by": "phone:x", "policy_no": "PM1", "loss_at": time.Now().Add(-time.Hour), "place": "南京西路", "cause": "collision", "story": "追尾",
		"injury": false, "claimed_fen": 100_000, "reported_at": time.Now(), "updated_at": time.Now(), "version": 1, "next_event": 1,
		"last_hash": claim.Genesis(c.id),
	}
	maps.Copy(row, fields)
	if row["stage"] == claim.Closed {
		row["closed_at"] = time.Now()
	}
	c.file = claim.File{
		ID: c.id, Number: c.number, Version: 1, Line: row["line"].(claim.Line), Lane: row["lane"].(claim.Lane), Stage: row["stage"].(claim.Stage),
		Exposures: []claim.Exposure{{Number: 1, Kind: claim.OwnDamage, Claimed: 100_000, Payable: 80_000}},
	}
	if f, ok := fields["file"].(claim.File); ok {
		c.file = f
	}
	raw, err := json.Marshal(c.file)
	require.NoError(h.t, err)
	row["file"] = raw
	h.insert("claims", row)
	for i, p := range parties {
		h.insert("parties", map[string]any{
			"claim_id": c.id, "number": i + 1, "role": p.role, "name": "王小明", "phone": p.phone, "principal": p.principal, "added_at": time.Now(),
		})
	}
	return c
}

// aTask puts an open task of a claim there.
func (h *house) aTask(c seeded, kind claim.TaskKind, fields map[string]any) (id string) {
	h.t.Helper()
	id = uuid.NewString()
	row := map[string]any{"id": id, "claim_id": c.id, "kind": kind, "role": claim.Reviewer, "branch": "3101", "state": "open", "opened_at": time.Now()}
	maps.Copy(row, fields)
	h.insert("tasks", row)
	return id
}

func (h *house) insert(table string, row map[string]any) {
	h.t.Helper()
	names := make([]string, 0, len(row))
	for name := range row {
		names = append(names, name)
	}
	slices.Sort(names)
	values, holes := make([]any, len(names)), make([]string, len(names))
	for i, name := range names {
		values[i], holes[i] = row[name], fmt.Sprintf("$%d", i+1)
	}
	h.sql("insert into "+table+" ("+strings.Join(names, ", ")+") values ("+strings.Join(holes, ", ")+")", values...)
}
