package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/api/access"
	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// joins carries the report of a loss that another has reported out on the rows
// alone: it is answered as joined, and the claim that it joined has not heard of
// it yet. What becomes of it depends on what that claim does meanwhile.
func (k *stack) joins(t *testing.T, first reported) (second reported) {
	t.Helper()
	second = reported{key: uuid.NewString(), policy: first.policy}
	second.token, second.phone = k.claimant(t)
	second.notice = k.notice(t, second.phone, first.policy)
	second.notice.LossAt = first.notice.LossAt
	by := claimantID(second.phone)
	n, wrong := checkNotice(second.notice, access.Caller{ID: by, Role: claim.Claimant, ClaimantPhone: second.phone}, time.Now())
	require.Empty(t, wrong)
	raw, err := json.Marshal(n)
	require.NoError(t, err)
	id := reportedAs(n.Channel, by, second.key)
	acts := activities.Activities{DB: k.data.Worker, Insurer: insurer, Pages: "https://claims.example.com"}
	answer, err := acts.Report(t.Context(), claim.Step[claim.Notice]{
		Claim: id, Key: "1/" + updateID(by, second.key) + "/report", At: time.Now(), By: claim.Actor{ID: by, Role: claim.Claimant}, Body: n,
		Command: &claim.Command{Key: second.key, Hash: hashOf(claim.ActReport, id, raw)},
	})
	require.NoError(t, err)
	require.Equal(t, []any{claim.Joined, first.Number}, []any{answer.Receipt.Result, answer.Receipt.Number})
	second.Receipt = answer.Receipt
	second.Claim = id
	return second
}

// A report is answered as joined, and the claim that it joined is withdrawn
// before it has heard of it. Neither is anything written on the closed claim, nor
// is the report lost: it is a claim of its own.
func TestAReportThatJoinsAClaimWhichClosesIsNotLost(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	first := k.reported(t)
	second := k.joins(t, first)
	into[claim.Receipt](t, k.ask(t, first.token, "POST", "/claims/"+first.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "误报"}), 200)
	events := func() int { return k.count(t, `select count(*) from events where claim_id = $1`, first.Claim) }
	stood := events()

	again := func() claim.Receipt {
		return into[claim.Receipt](t, k.ask(t, second.token, "POST", "/claims", second.key, second.notice), 201)
	}
	again() // who has no answer asks again
	require.Eventually(t, func() bool {
		return k.count(t, `select count(*) from claims where id = $1 and stage not in ('reported', 'closed')`, second.Claim) == 1
	}, pace.Limit(time.Minute), 50*time.Millisecond)
	own := again()
	require.Equal(t, []any{claim.Done, second.Claim}, []any{own.Result, own.Claim})
	require.NotEqual(t, first.Number, own.Number)
	c := into[rest.Claim](t, k.ask(t, second.token, "GET", "/claims/"+own.Number, "", nil), 200)
	require.Equal(t, own.Stage, c.Stage)
	require.Equal(t, 1, k.count(t, `select count(*) from notices where claim_id = $1 and template = 'reported' and "to" = $2`, second.Claim, second.phone))
	require.Equal(t, 1, k.count(t, `select count(*) from events where claim_id = $1 and kind = 'claim.separated'`, second.Claim))
	require.Equal(t, stood, events(), "nothing is written on the closed claim")
	require.Zero(t, k.count(t, `select count(*) from parties where claim_id = $1 and phone = $2`, first.Claim, second.phone))
}

// The same with a claim that goes on: it takes the report, once.
func TestAReportThatJoinsAnOpenClaimIsTaken(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	first := k.reported(t)
	second := k.joins(t, first)
	for range 2 { // while its workflow runs, and when it has ended
		require.Equal(t, []any{claim.Joined, first.Number}, func() []any {
			r := into[claim.Receipt](t, k.ask(t, second.token, "POST", "/claims", second.key, second.notice), 201)
			return []any{r.Result, r.Number}
		}())
		var closure claim.Closure
		require.NoError(t, k.temporal.GetWorkflow(t.Context(), second.Claim.Workflow(), "").Get(t.Context(), &closure))
		require.Equal(t, claim.OutcomeJoined, closure.Outcome)
	}
	require.Equal(t, 1, k.count(t, `select count(*) from events where claim_id = $1 and kind = 'claim.rereported'`, first.Claim))
	require.Equal(t, 1, k.count(t, `select count(*) from parties where claim_id = $1 and phone = $2`, first.Claim, second.phone))
	require.Zero(t, k.count(t, `select count(*) from claims where id = $1`, second.Claim))
}
