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
			Payable: 8_000_000, Level: 1, Required: 2, Papers: []claim.Paper{{ID: "p", State: claim.PaperUnsure}},
			Acts: []claim.Act{{By: "surveyor-1", Duty: claim.DutySurvey, At: time.Now()}, {By: "phone:x", Duty: claim.DutyReport, At: time.Now()}},
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
