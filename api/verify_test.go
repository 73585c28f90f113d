package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/db"
)

const chainClaim claim.ID = "c1"

func chained(e db.ChainRow, prev []byte) []byte {
	return claim.Event{Number: e.Number, Kind: e.Kind, At: e.At, By: e.ByID, Role: e.ByRole, Body: e.Body}.Hash(prev)
}

// aChain is a whole log of n events, and its head.
func aChain(n int) ([]db.ChainRow, db.ChainHeadRow) {
	hash := claim.Genesis(chainClaim)
	events := make([]db.ChainRow, n)
	for i := range events {
		e := db.ChainRow{
			Number: int64(i + 1), Kind: "claim.test", At: time.UnixMicro(int64(1_700_000_000_000_000 + i)), ByID: "zhang", ByRole: claim.Assessor,
			Body: json.RawMessage(fmt.Sprintf(`{"n": %d}`, i)), PrevHash: hash,
		}
		hash = chained(e, hash)
		e.Hash = hash
		events[i] = e
	}
	return events, db.ChainHeadRow{NextEvent: int64(n + 1), LastHash: hash}
}

func walk(events []db.ChainRow, head db.ChainHeadRow) chain {
	c := newChain(chainClaim)
	for _, e := range events {
		c.add(e)
	}
	c.end(head)
	return c
}

func TestTheChainTellsWhereItBreaks(t *testing.T) {
	t.Parallel()
	rehash := func(e *db.ChainRow) {
		e.Hash = chained(*e, e.PrevHash)
	}
	for name, c := range map[string]struct {
		change func(events []db.ChainRow, head *db.ChainHeadRow) []db.ChainRow
		broken int64
	}{
		"whole": {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { return e }, 0},
		"a body changed": {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow {
			e[1].Body = json.RawMessage(`{"n": 9}`)
			return e
		}, 2},
		"blanks in a body": {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow {
			e[1].Body = json.RawMessage(`{"n":1}`)
			return e
		}, 2},
		"another person": {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { e[2].ByID = "li"; return e }, 3},
		"another role":   {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { e[2].ByRole = claim.Reviewer; return e }, 3},
		"a microsecond later": {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow {
			e[0].At = e[0].At.Add(time.Microsecond)
			return e
		}, 1},
		"changed and hashed again":    {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { e[1].Kind = "x"; rehash(&e[1]); return e }, 3},
		"another hash before it":      {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { e[2].PrevHash = e[0].Hash; return e }, 3},
		"one taken out":               {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { return append(e[:1], e[2:]...) }, 2},
		"the first taken out":         {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { return e[1:] }, 1},
		"cut off at the end":          {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { return e[:3] }, 4},
		"all gone":                    {func([]db.ChainRow, *db.ChainHeadRow) []db.ChainRow { return nil }, 1},
		"cut off, and the row too":    {func(e []db.ChainRow, h *db.ChainHeadRow) []db.ChainRow { h.NextEvent = 4; return e[:3] }, 3},
		"the last hashed again":       {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { e[3].Kind = "x"; rehash(&e[3]); return e }, 4},
		"the row behind its events":   {func(e []db.ChainRow, h *db.ChainHeadRow) []db.ChainRow { h.NextEvent = 3; return e }, 3},
		"the row says another end":    {func(e []db.ChainRow, h *db.ChainHeadRow) []db.ChainRow { h.LastHash = e[0].Hash; return e }, 4},
		"numbers that begin with two": {func(e []db.ChainRow, _ *db.ChainHeadRow) []db.ChainRow { e[0].Number = 2; return e }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, head := aChain(4)
			events = c.change(events, &head)
			got := walk(events, head)
			require.Equal(t, c.broken, got.broken)
			require.Equal(t, int64(len(events)), got.events)
		})
	}
	empty, head := aChain(0)
	require.Zero(t, walk(empty, head).broken, "a claim without an event is whole")
}
