package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

// aReview puts a claim there that waits for a verdict on ¥80,000.00, which
// level 2 decides.
func (h *house) aReview(kind claim.TaskKind, level claim.Level) (c seeded, task string) {
	h.staff("surveyor-1", claim.Surveyor, "3101", 0)
	c = h.aClaim(map[string]any{
		"stage": claim.Reviewing, "policy_no": "PM1", "payable_fen": 8_000_000, "claimed_fen": 9_000_000, "next_event": 1,
		"file": claim.File{
			Line: claim.Motor, Lane: claim.Standard, Stage: claim.Reviewing, PolicyVerified: true, Injury: true, Claimed: 9_000_000,
			Payable: 8_000_000, Level: 1, Required: 2, Papers: []claim.Count{{States: map[claim.PaperState]int{claim.PaperUnsure: 1}}},
			Deeds: []claim.Deed{{By: "surveyor-1", Duty: claim.DutySurvey, At: time.Now()}, {By: "phone:x", Duty: claim.DutyReport, At: time.Now()}},
		},
	}, party{"13800000001", "insured", "phone:x"})
	return c, h.aTask(c, kind, map[string]any{"level": level})
}

func TestAReviewerSeesWhatAVerdictRestsOn(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	first, second := h.staff("reviewer-1", claim.Reviewer, "3101", 1), h.staff("reviewer-2", claim.Reviewer, "3101", 2)
	c, task := h.aReview(claim.TaskReview, 1)
	before := h.aClaim(map[string]any{"policy_no": "PM1", "outcome": "paid", "stage": claim.Closed})
	h.aClaim(map[string]any{"policy_no": "PM1", "branch": "3201"}) // not this reviewer's to see
	h.insert("surveys", map[string]any{
		"claim_id": c.id, "round": 1, "kind": "site", "by_id": "surveyor-1", "metres_off": 4200, "facts": "", "fault_share_bp": 10_000, "estimate_fen": 1,
		"photos": []string{}, "at": time.Now(),
	})
	h.insert("assessments", map[string]any{"claim_id": c.id, "version": 1, "by_id": "assessor-1", "input": json.RawMessage("{}"), "payable_fen": 8_000_000, "note": "", "at": time.Now()})
	h.insert("assessment_lines", map[string]any{
		"claim_id": c.id, "version": 1, "line": 1, "exposure": 1, "figure": "damage", "rule": "r", "text_zh": "修理费", "text_en": "Repair",
		"inputs": json.RawMessage("[]"), "amount_fen": 8_000_000, "balance_fen": 8_000_000, "clause": "",
	})
	for version, reason := range map[int]string{1: "维修费用偏低"} {
		h.insert("offers", map[string]any{"claim_id": c.id, "version": version, "assessment": 1, "amount_fen": 7_000_000, "at": time.Now()})
		h.insert("offer_answers", map[string]any{"claim_id": c.id, "offer": version, "answer": "objected", "by_id": "phone:x", "reason": reason, "counter_fen": 9_000_000, "at": time.Now()})
	}
	h.happens(c, 1, "claim.reported")
	h.happens(c, 2, "lane.changed")

	d := readAs[rest.Decision](t, h.get("/v1/tasks/"+task+"/decision", first))
	require.Equal(t, task, d.Task.Id)
	require.EqualValues(t, 8_000_000, d.Authority.AmountFen)
	require.EqualValues(t, 5_000_000, d.Authority.YourLimitFen)
	require.EqualValues(t, 2, d.Authority.RequiredLevel)
	require.False(t, d.Authority.Within)
	var matched []claim.Level
	for _, row := range d.Authority.Rows {
		if row.Matched {
			matched = append(matched, row.Level)
		}
	}
	require.Equal(t, []claim.Level{2}, matched)
	require.Len(t, d.Lines, 1)
	require.Equal(t, "damage", d.Lines[0].Figure)
	require.EqualValues(t, 8_000_000, d.Lines[0].BalanceFen)
	require.Len(t, d.Said, 1)
	require.Equal(t, "维修费用偏低", d.Said[0].Reason)
	require.Len(t, d.Earlier, 1)
	require.Equal(t, before.id, d.Earlier[0].Id)
	require.Len(t, d.People, 2)
	require.Equal(t, "员工surveyor-1", d.People[0].By.Name)
	var flags []string
	for _, f := range d.Flags {
		flags = append(flags, f.Rule)
	}
	require.ElementsMatch(t, []string{"loss.injury", "lane.changed", "survey.far-off", "paper.unsure", "offer.objected", "policy.earlier-claims"}, flags)
	require.Empty(t, d.Since, "who has never looked sees all of it anew")

	require.True(t, readAs[rest.Decision](t, h.get("/v1/tasks/"+task+"/decision", second)).Authority.Within)
	manager := readAs[rest.Decision](t, h.get("/v1/tasks/"+task+"/decision", h.staff("manager-1", claim.Manager, "3101", 0)))
	require.False(t, manager.Authority.Within)
	require.Equal(t, http.StatusNotFound, h.get("/v1/tasks/"+task+"/decision", h.staff("reviewer-9", claim.Reviewer, "3201", 3)).status)
	require.Equal(t, http.StatusForbidden, h.get("/v1/tasks/"+task+"/decision", h.staff("assessor-1", claim.Assessor, "3101", 0)).status)
	other := h.aTask(before, claim.TaskAssess, nil)
	h.get("/v1/tasks/"+other+"/decision", first).problem(t, http.StatusNotFound)
}

func TestADenialIsHeldAgainstTheClaimedAmount(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	_, task := h.aReview(claim.TaskDenial, 3)
	d := readAs[rest.Decision](t, h.get("/v1/tasks/"+task+"/decision", h.staff("reviewer-2", claim.Reviewer, "3101", 2)))
	require.EqualValues(t, 9_000_000, d.Authority.AmountFen)
	require.EqualValues(t, 3, d.Authority.RequiredLevel)
	require.False(t, d.Authority.Within)
	require.True(t, readAs[rest.Decision](t, h.get("/v1/tasks/"+task+"/decision", h.staff("reviewer-3", claim.Reviewer, "3101", 3))).Authority.Within)
}

func TestWhoLooksAgainSeesWhatIsNew(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	reviewer := h.staff("reviewer-1", claim.Reviewer, "3101", 1)
	c, task := h.aReview(claim.TaskReview, 1)
	for n := range 3 {
		h.happens(c, n+1, "task.taken")
	}
	look := func(event int) heard {
		return h.call(http.MethodPut, "/v1/claims/"+c.number+"/seen", reviewer, fmt.Sprintf(`{"event": %d}`, event))
	}
	require.EqualValues(t, 2, readAs[rest.Seen](t, look(2)).Event)
	require.EqualValues(t, 2, readAs[rest.Seen](t, look(1)).Event, "an older page forgets nothing")
	look(4).problem(t, http.StatusUnprocessableEntity)
	read := h.get("/v1/tasks/"+task+"/decision", reviewer)
	d := readAs[rest.Decision](t, read)
	require.EqualValues(t, 2, d.Seen)
	require.EqualValues(t, 3, d.LastEvent)
	require.Len(t, d.Since, 1)
	require.EqualValues(t, 3, d.Since[0].Number)
	require.Equal(t, http.StatusNotModified, h.get("/v1/tasks/"+task+"/decision", reviewer, "If-None-Match", read.header.Get("ETag")).status)
	require.Equal(t, http.StatusForbidden, h.call(http.MethodPut, "/v1/claims/"+c.number+"/seen", h.claimant("13800000001", c.id), `{"event": 1}`).status)
}

func TestFindingsAreShownWithBothSourcesAndAmongTheFlags(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	reviewer := h.staff("reviewer-1", claim.Reviewer, "3101", 1)
	c, task := h.aReview(claim.TaskReview, 1)
	found := func(rule, state string, round int, grave bool) {
		h.insert("findings", map[string]any{
			"claim_id": c.id, "rule": rule, "sources": "document/d/plate|policy/plate", "round": round, "state": state, "grave": grave,
			"one":     json.RawMessage(`{"from": "document", "document": "d", "kind": "vehicle_licence", "field": "plate", "value": "沪A12346"}`),
			"other":   json.RawMessage(`{"from": "policy", "field": "plate", "value": "沪A12345"}`),
			"text_zh": "车牌号不一致", "text_en": "The number plates differ.", "at": time.Now().Add(time.Duration(round) * time.Second),
		})
	}
	found("plate.differs", "raised", 1, true)
	found("owner.differs", "raised", 1, false)
	found("owner.differs", "gone", 2, false)

	first := readAs[rest.FindingPage](t, h.get("/v1/claims/"+c.number+"/findings?limit=1", reviewer))
	require.Len(t, first.Items, 1)
	f := first.Items[0]
	require.Equal(t, "plate.differs", f.Rule)
	require.Equal(t, rest.Raised, f.State)
	require.True(t, f.Grave)
	require.Equal(t, rest.Fact{From: "document", Document: "d", Kind: "vehicle_licence", Field: "plate", Value: "沪A12346"}, f.One)
	require.Equal(t, rest.Fact{From: "policy", Field: "plate", Value: "沪A12345"}, f.Other)
	second := readAs[rest.FindingPage](t, h.get("/v1/claims/"+c.number+"/findings?limit=1&after="+first.Next, reviewer))
	require.Len(t, second.Items, 1)
	require.Equal(t, rest.Gone, second.Items[0].State)
	require.Empty(t, second.Next)

	id := f.Id
	require.Empty(t, f.Notes)
	for i, verdict := range []string{"seen", "explained"} {
		h.insert("finding_notes", map[string]any{
			"claim_id": c.id, "finding": id, "number": i + 1, "round": i, "verdict": verdict, "note": "已核实", "by_id": "reviewer-1", "by_role": "reviewer", "at": time.Now().Add(time.Duration(i) * time.Second),
		})
	}
	f = readAs[rest.FindingPage](t, h.get("/v1/claims/"+c.number+"/findings?limit=1", reviewer)).Items[0]
	require.Len(t, f.Notes, 2)
	require.True(t, f.Notes[0].Before, "said of what it was before")
	require.False(t, f.Notes[1].Before)
	require.Equal(t, "员工reviewer-1", f.Notes[1].By.Name)

	var flags []string
	for _, flag := range readAs[rest.Decision](t, h.get("/v1/tasks/"+task+"/decision", reviewer)).Flags {
		flags = append(flags, flag.Rule)
	}
	require.Contains(t, flags, "plate.differs")
	require.NotContains(t, flags, "owner.differs")

	h.get("/v1/claims/"+c.number+"/findings", h.claimant("13800000001", c.id)).problem(t, http.StatusForbidden)
	h.get("/v1/claims/"+c.number+"/findings", h.staff("reviewer-9", claim.Reviewer, "3201", 3)).problem(t, http.StatusNotFound)
	require.Contains(t, hiddenKinds, "finding.raised")
	told := tell("finding.raised", []byte(`{"rule": "plate.differs", "one": "vehicle_licence", "other": "policy"}`), nil)
	require.Equal(t, "发现疑点：车牌号不一致（行驶证，保单）", told.TextZh)
	require.Equal(t, "The number plates differ (vehicle licence, policy).", told.TextEn)
}
