package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

// TestWhatAPersonMayDoIsListedForThem asks over HTTP: each learns of what is
// theirs to do, and whoever speaks for no claim of nothing that belongs to those who do.
func TestWhatAPersonMayDoIsListedForThem(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	step(s, s.Rereport, claim.TheMachine(), claim.Again{
		Event: "again", By: claim.Actor{ID: claimantID(wang), Role: claim.Claimant}, Channel: "web", Reporter: claim.Party{Name: "王五", Phone: wang, Role: "reporter"}, PolicyNo: "",
	})
	path := "/v1/claims/" + s.file.Number + "/acts"
	listed := func(token string) (acts []string) {
		for _, o := range readAs[rest.ActList](t, h.get(path, token)).Items {
			why := ""
			if len(o.Against) > 0 {
				why = " " + o.Against[0].Rule
			}
			acts = append(acts, string(o.Act)+why)
		}
		return acts
	}
	h.sql(`insert into staff (id, name, role, branch, phone) values ('zhang-s', '张三丰', 'assessor', '3101', $1)`, zhang)
	relative := h.staff("zhang-s", claim.Assessor, "3101", 0)

	require.Equal(t, []string{
		"attach", "convert stage.wrong", "consent stage.wrong", "object stage.wrong", "agree stage.wrong", "correct-payee stage.wrong", "withdraw",
	}, listed(h.claimant(zhang, "")))
	require.Equal(t, []string{"attach"}, listed(h.claimant(wang, "")), "who reported the same loss again speaks for nothing")
	require.Equal(t, []string{"attach"}, listed(h.claimant(wang, s.id)))
	require.Equal(t, []string{"attach"}, listed(h.claimant("13800000003", s.id)), "a third party")
	h.get(path, h.claimant("13800000044", s.id)).problem(t, http.StatusNotFound)
	h.get(path, h.staff("elsewhere", claim.Assessor, "3201", 0)).problem(t, http.StatusNotFound)
	require.Equal(t, []string{
		"attach", "confirm", "note-finding", "note-contact", "request-papers", "propose-waiver", "withdraw-waiver", "convert stage.wrong", "assess", "take",
	}, listed(h.staff("zhou", claim.Assessor, "3101", 0)))
	require.Equal(t, []string{
		"note-finding", "propose-waiver", "confirm-waiver", "withdraw-waiver", "review stage.wrong", "decide-denial stage.wrong",
	}, listed(h.staff("zheng", claim.Reviewer, "3101", 1)))
	require.Equal(t, []string{"hold"}, listed(h.staff("he", claim.Manager, "3101", 0)))
	for _, act := range listed(relative) {
		require.Contains(t, act, " separation.own-claim")
	}
	require.Len(t, listed(relative), 10)
}
