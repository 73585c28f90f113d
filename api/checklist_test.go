package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

func itemOf(t *testing.T, list rest.Checklist, name string) rest.ChecklistItem {
	t.Helper()
	i := slices.IndexFunc(list.Items, func(c rest.ChecklistItem) bool { return c.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return list.Items[i]
}

func TestTheChecklistTicksItselfOffAndSaysWhoWaived(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	path := "/v1/claims/" + s.file.Number
	mine, staff := h.claimant(zhang, ""), h.staff("zhou", claim.Assessor, "3101", 0)

	a := h.get(path+"/checklist", mine)
	list := readAs[rest.Checklist](t, a)
	require.Equal(t, "2026-11", list.Version)
	require.False(t, list.Complete)
	require.Len(t, list.Items, 4)
	require.False(t, itemOf(t, list, "accident_certificate").Required)
	licence := itemOf(t, list, "driving_licence")
	require.Equal(t, claim.ItemMissing, licence.State)
	require.Equal(t, claim.Claimant, licence.From)
	require.NotEmpty(t, licence.WhyZh)
	require.NotEmpty(t, licence.Source)
	require.Equal(t, http.StatusNotModified, h.get(path+"/checklist", mine, "If-None-Match", a.header.Get("ETag")).status)
	missing := readAs[rest.MissingPage](t, h.get(path+"/missing", mine))
	require.Len(t, slices.DeleteFunc(missing.Items, func(m rest.Missing) bool { return m.From != claim.Claimant }), 3, "what the list lacks and nothing else")

	id := s.paper("driving_licence", strings.Repeat("a", 64))
	licence = itemOf(t, readAs[rest.Checklist](t, h.get(path+"/checklist", mine)), "driving_licence")
	require.Equal(t, claim.ItemAccepted, licence.State)
	require.Equal(t, []string{id}, licence.Documents)

	step(s, s.ProposeWaiver, as("zhou", claim.Assessor, 0), claim.WaiverProposal{Item: "vehicle_licence", Reason: "行驶证被交警暂扣"})
	open := itemOf(t, readAs[rest.Checklist](t, h.get(path+"/checklist", staff)), "vehicle_licence")
	require.Equal(t, claim.ItemMissing, open.State, "one person waives nothing")
	require.Equal(t, "行驶证被交警暂扣", open.Waiver.Reason)
	require.Equal(t, "员工zhou", open.Waiver.ProposedBy.Name)
	require.Nil(t, itemOf(t, readAs[rest.Checklist](t, h.get(path+"/checklist", mine)), "vehicle_licence").Waiver, "and the claimant is not told of it")

	h.staff("zheng", claim.Reviewer, "3101", 1)
	step(s, s.ConfirmWaiver, as("zheng", claim.Reviewer, 1), claim.ListItem{Item: "vehicle_licence"})
	waived := itemOf(t, readAs[rest.Checklist](t, h.get(path+"/checklist", staff)), "vehicle_licence")
	require.Equal(t, claim.ItemWaived, waived.State)
	require.Equal(t, "员工zheng", waived.Waiver.ConfirmedBy.Name)
	seen := itemOf(t, readAs[rest.Checklist](t, h.get(path+"/checklist", mine)), "vehicle_licence")
	require.Equal(t, claim.ItemWaived, seen.State)
	require.Nil(t, seen.Waiver)

	step(s, s.RequestPapers, as("zhou", claim.Assessor, 0), claim.PaperRequest{})
	list = readAs[rest.Checklist](t, h.get(path+"/checklist", mine))
	require.Equal(t, []string{"repair_cost"}, list.Requests[0].Items)
	require.False(t, list.Outstanding, "nothing stands still before the message has arrived")
}

func TestASenderIsToldThatTheirPaperSeemsToBeAnother(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	id := uuid.NewString()
	step(s, s.Attach, insuredSpeaks, claim.Batch{Attachments: []claim.Attachment{{
		Document: id, Upload: uuid.NewString(), Kind: "driving_licence", Name: "f.jpg", Type: "image/jpeg", Size: 1, SHA256: strings.Repeat("b", 64), Object: "o", Revision: "r",
		Reading: &claim.Reading{Kind: "vehicle_licence", KindConfidence: 9_000, Engine: "test 1", Pages: 1},
	}}})
	d := readAs[rest.Document](t, h.get("/v1/claims/"+s.file.Number+"/documents/"+id, h.claimant(zhang, "")))
	require.Equal(t, "vehicle_licence", d.Kind)
	require.Equal(t, "driving_licence", d.SentAs)
	listed := readAs[rest.DocumentPage](t, h.get("/v1/claims/"+s.file.Number+"/documents", h.claimant(zhang, "")))
	require.Equal(t, "driving_licence", listed.Items[0].SentAs)
}

// Over the real parts: two people of the desk waive a paper, whoever may not
// is refused and on record, and a second request is refused.
func TestWaiversAndRequestsOverTheAPI(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t)
	into[claim.Receipt](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/conversion", uuid.NewString(), rest.Reason{Reason: "不方便"}), 200)
	path := "/claims/" + r.Number + "/checklist/vehicle_licence/waiver"
	require.Equal(t, 403, k.ask(t, r.token, "POST", path, uuid.NewString(), rest.Reason{Reason: "没有"}).status, "a claimant waives nothing")
	require.Equal(t, 404, k.ask(t, "stranger", "POST", path, uuid.NewString(), rest.Reason{Reason: "x"}).status)
	require.Equal(t, 422, k.ask(t, "assessor", "POST", "/claims/"+r.Number+"/checklist/passport/waiver", uuid.NewString(), rest.Reason{Reason: "x"}).status)
	into[claim.Receipt](t, k.ask(t, "reviewer", "POST", path, uuid.NewString(), rest.Reason{Reason: "暂扣"}), 201)
	own := k.ask(t, "reviewer", "POST", path+"/confirmation", uuid.NewString(), nil).problem(t)
	require.Equal(t, claim.RuleOwnWaiver, own.Rule)
	require.Equal(t, "/problems/separation-of-duties", own.Type)
	require.Equal(t, 403, k.ask(t, "assessor", "POST", path+"/confirmation", uuid.NewString(), nil).status)
	require.Equal(t, 403, k.ask(t, "assessor", "POST", path+"/withdrawal", uuid.NewString(), nil).status, "it is not theirs")
	into[claim.Receipt](t, k.ask(t, "reviewer", "POST", path+"/withdrawal", uuid.NewString(), nil), 200)
	into[claim.Receipt](t, k.ask(t, "assessor", "POST", path, uuid.NewString(), rest.Reason{Reason: "暂扣"}), 201)
	_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch, level) values ('second', 'second', 'reviewer', '3101', 1)`)
	require.NoError(t, err)
	k.letIn(t, "second")
	into[claim.Receipt](t, k.ask(t, "second", "POST", path+"/confirmation", uuid.NewString(), nil), 200)
	require.Equal(t, claim.ItemWaived, itemOf(t, into[rest.Checklist](t, k.ask(t, r.token, "GET", "/claims/"+r.Number+"/checklist", "", nil), 200), "vehicle_licence").State)

	early := k.ask(t, "assessor", "POST", "/claims/"+r.Number+"/paper-requests", uuid.NewString(), rest.PaperRequest{More: []rest.MorePaper{}}).problem(t)
	require.Equal(t, claim.RuleStage, early.Rule)
	require.ElementsMatch(t, []string{
		claim.RuleRole, "role.not-visible", claim.RuleInput, claim.RuleOwnWaiver, claim.RuleRole, claim.RuleRole, claim.RuleStage,
	}, k.attempts(t, r.Claim))
}
