package main

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/rest"
)

// Why a task is there is told in one language at a time, also of tasks that an
// older release opened; what a person wrote is theirs, whatever marks it has.
func TestANoteOnATaskIsACodeInBothLanguagesOrAPersonsWords(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	operator := h.staff("op", claim.Operator, claim.HeadOffice, 0)
	finance := h.staff("yang", claim.Finance, "3101", 0)
	open := func(kind claim.TaskKind, role claim.Role, branch, note string, coded claim.Note) (id string) {
		id = uuid.NewString()
		var of string
		require.NoError(t, h.db.Owner.QueryRow(t.Context(), `select id from claims where number = $1`, h.claimOf(someone())).Scan(&of))
		h.sql(`insert into tasks (id, claim_id, kind, role, branch, state, note, note_code, note_values, opened_at) values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, now())`,
			id, of, kind, role, branch, note, coded.Code, coded.Stored())
		return id
	}
	read := func(id, token string) rest.Task { return readAs[rest.Task](t, h.get("/v1/tasks/"+id, token)) }

	parked := read(open(claim.TaskResume, claim.Operator, claim.HeadOffice, "", claim.Noted(claim.NoteParked, "step", "route", "code", "broken", "cause", "ERROR: x")), operator)
	require.Equal(t, "resume.parked", parked.NoteCode)
	require.Contains(t, parked.NoteZh, "“立案分流”这一步没有完成：要保存的内容有误")
	require.Contains(t, parked.NoteEn, "the step “route the claim”")
	require.Empty(t, parked.Note)

	old := read(open(claim.TaskRelease, claim.Finance, "3101", "第二人复核放款 · a second person releases", claim.Note{}), finance)
	require.Equal(t, []string{"release.second", "第二人复核放款", "a second person releases", ""}, []string{old.NoteCode, old.NoteZh, old.NoteEn, old.Note})

	written := read(open(claim.TaskRelease, claim.Finance, "3101", "3 号楼 · building 3", claim.Note{}), finance)
	require.Equal(t, []string{"", "", "", "3 号楼 · building 3"}, []string{written.NoteCode, written.NoteZh, written.NoteEn, written.Note})
}

// What stopped an act is told in Chinese beside English, as a problem and again
// where the same command comes twice; also where an older release refused.
func TestWhatStoppedAnActIsToldInBothLanguages(t *testing.T) {
	t.Parallel()
	p := contract.ProblemOf(contract.Refused(*claim.Refuse(claim.RuleTaskTaken, claim.WhyTaskTaken, "who", "chen")))
	require.Equal(t, "chen has taken the task. It can be put back by chen.", p.Detail)
	require.Equal(t, "chen 已领取这项任务，可由其本人放回。", p.DetailZh)
	old := contract.ProblemOf(contract.Refused(claim.Refusal{Rule: claim.RuleTaskTaken, Detail: "chen has it"}))
	require.Equal(t, "chen has it", old.Detail)
	require.Empty(t, old.DetailZh)
	receipt := toldReceipt(claim.Receipt{Result: claim.Recommended, Refusal: claim.Refuse(claim.RuleLimit, claim.WhyHighestLevel)})
	require.Equal(t, "没有更高的核赔级别可以上报。", receipt.Refusal.DetailZH)
}
