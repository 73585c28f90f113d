package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

func TestFiguresLeadToTheClaimsBehindThem(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	today := claim.DateOf(time.Now())
	daysAgo := func(n int) time.Time { return today.AddDays(-n).Start().Add(time.Minute) }
	for _, days := range []int{0, 2, 3, 7, 8, 30, 31, 400} {
		h.aClaim(map[string]any{"stage": claim.Assessing, "reported_at": daysAgo(days), "payable_fen": 50_000})
	}
	h.aClaim(map[string]any{"stage": claim.Reviewing})
	h.aClaim(map[string]any{"stage": claim.Reviewing, "branch": "3201"})
	paid := h.aClaim(map[string]any{"stage": claim.Closed, "outcome": "paid", "payable_fen": 90_000, "paid_fen": 90_000})
	h.aClaim(map[string]any{"stage": claim.Closed, "outcome": "denied"})
	for i, step := range []struct {
		stage claim.Stage
		after time.Duration
	}{{claim.Reported, 0}, {claim.Dispatching, time.Minute}, {claim.Dispatching, 2 * time.Minute}, {claim.Surveying, 3 * time.Minute}, {claim.Closed, time.Hour}} {
		receipt := json.RawMessage(fmt.Sprintf(`{"stage": %q}`, step.stage))
		h.insert("steps", map[string]any{"claim_id": paid.id, "key": fmt.Sprint(i), "version": i + 1, "receipt": receipt, "at": daysAgo(0).Add(step.after)})
	}
	manager := h.staff("manager-1", claim.Manager, "3101", 0)
	read := h.get("/v1/figures", manager)
	f := readAs[rest.Figures](t, read)
	behind := func(filter string) int {
		return len(readAs[rest.ClaimPage](t, h.get("/v1/claims?"+filter, manager)).Items)
	}
	count := 0
	for _, open := range f.Open {
		require.Equal(t, "3101", open.Branch)
		require.Equal(t, open.Count, behind(open.Filter), open.Filter)
		count += open.Count
	}
	require.Equal(t, 9, count)
	var bands []int
	for _, open := range f.Open {
		if open.Stage == claim.Assessing {
			bands = append(bands, open.FromDays, open.Count)
		}
	}
	require.Equal(t, []int{0, 2, 3, 2, 8, 2, 31, 1, 91, 1}, bands)

	require.Len(t, f.Ended, 2)
	for _, ended := range f.Ended {
		require.Equal(t, 1, ended.Count)
		require.Equal(t, 1, behind(ended.Filter), ended.Filter)
	}
	require.EqualValues(t, 90_000, f.Ended[1].PaidFen)

	require.Equal(t, []claim.Stage{claim.Reported, claim.Dispatching, claim.Surveying}, stagesOf(f.Stages))
	require.EqualValues(t, 60, f.Stages[0].MedianSeconds)
	require.EqualValues(t, 120, f.Stages[1].MedianSeconds, "a step that stays is no move")
	require.EqualValues(t, 57*60, f.Stages[2].P90Seconds)

	require.Equal(t, http.StatusNotModified, h.get("/v1/figures", manager, "If-None-Match", read.header.Get("ETag")).status)
	require.Empty(t, readAs[rest.Figures](t, h.get("/v1/figures?branch=3201", manager)).Open, "another branch's are not theirs")
	head := h.staff("manager-0", claim.Manager, "0000", 0)
	require.Len(t, readAs[rest.Figures](t, h.get("/v1/figures?branch=3201&months=1", head)).Open, 1)
	require.Equal(t, http.StatusForbidden, h.get("/v1/figures", h.staff("assessor-1", claim.Assessor, "3101", 0)).status)
}

func stagesOf(list []rest.StageFigure) (stages []claim.Stage) {
	for _, f := range list {
		stages = append(stages, f.Stage)
	}
	return stages
}

func TestClaimsAreFoundByWhatPeopleHaveAtHand(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	service := h.staff("service-1", claim.Service, "3101", 0)
	c := h.aClaim(map[string]any{"policy_no": "PM-0042", "plate": "沪A12345"}, party{"13800000007", "insured", ""})
	h.aClaim(map[string]any{"policy_no": "PM-0042", "plate": "沪A12345", "branch": "3201"}, party{"13800000007", "insured", ""})
	h.aClaim(nil)
	for _, q := range []string{c.number, "pm-0042", "沪A12345", "沪a·12345", "13800000007", "138 0000 0007", "+86 13800000007"} {
		page := readAs[rest.ClaimPage](t, h.get("/v1/claims?q="+url.QueryEscape(q), service))
		require.Len(t, page.Items, 1, q)
		require.Equal(t, c.id, page.Items[0].Id)
	}
	require.Empty(t, readAs[rest.ClaimPage](t, h.get("/v1/claims?q=PM-00", service)).Items, "not by a part")
	require.Equal(t, []string{"q"}, faultsIn(h.get("/v1/claims?q=PM-0042&stage=closed", service).problem(t, 422)))
	h.get("/v1/claims?q=PM-0042", h.claimant("13800000007", "")).problem(t, 422)
}

func TestReadingFiguresTellWhatPeopleCorrected(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	manager := h.staff("manager-1", claim.Manager, "3101", 0)
	documents := 0
	// field is one that a machine read and, unless word is empty, a person gave after it.
	field := func(c seeded, name, value string, sure bool, word string) {
		documents++
		id, now := uuid.NewString(), time.Now()
		h.insert("documents", map[string]any{
			"id": id, "claim_id": c.id, "kind": "vat_invoice", "name": "f", "type": "image/jpeg", "size": 1, "sha256": fmt.Sprintf("%064d", documents),
			"object": "o", "revision": "r", "state": claim.PaperRead, "attached_by": "phone:x", "attached_at": now,
		})
		row := map[string]any{
			"document_id": id, "round": 1, "name": name, "value": value, "source": "ocr", "confidence_bp": 9_000, "page": 1,
			"box": []int32{0, 0, 0, 0}, "engine": "engine 1", "sure": sure, "at": now,
		}
		h.insert("fields", row)
		if word != "" {
			row["round"], row["value"], row["engine"], row["sure"], row["confirmed_by"] = 2, word, "", true, "assessor-1"
			h.insert("fields", row)
		}
	}
	c := h.aClaim(nil)
	field(c, "total_fen", "100", true, "")
	field(c, "total_fen", "100", true, "200")
	field(c, "total_fen", "100", false, "100")
	field(c, "total_fen", "100", false, "300")
	field(c, "plate", "沪A·12345", false, "沪a12345")
	field(h.aClaim(map[string]any{"branch": "3201"}), "total_fen", "1", true, "")
	field(h.aClaim(map[string]any{"reported_at": time.Now().AddDate(-2, 0, 0)}), "total_fen", "1", true, "")

	got := readAs[rest.ReadingFigures](t, h.get("/v1/figures/reading", manager))
	require.Equal(t, []rest.ReadingFigure{
		{Kind: "vat_invoice", Field: "plate", Engine: "engine 1", Read: 1, LookedAt: 1},
		{Kind: "vat_invoice", Field: "total_fen", Engine: "engine 1", Read: 4, Accepted: 2, LookedAt: 3, Corrected: 2, AcceptedWrong: 1},
	}, got.Items)
	head := h.staff("manager-2", claim.Manager, "0000", 0)
	require.Len(t, readAs[rest.ReadingFigures](t, h.get("/v1/figures/reading?branch=3201", head)).Items, 1)
	require.Empty(t, readAs[rest.ReadingFigures](t, h.get("/v1/figures/reading?branch=3201", manager)).Items)
	h.get("/v1/figures/reading", h.staff("assessor-1", claim.Assessor, "3101", 0)).problem(t, http.StatusForbidden)
}
