package main

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
	"anpei/internal/pace"
	"anpei/workflows"
)

// lost carries a conversion out on the rows alone, as when Temporal dies after
// the step's commit and before it has stored the workflow task: the update is
// gone, and the workflow goes on waiting at self-survey.
func (k *stack) lost(t *testing.T, r reported, key string) (body claim.Reason) {
	t.Helper()
	body = claim.Reason{Reason: "手机坏了"}
	raw, err := json.Marshal(body)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return k.count(t, `select count(*) from claims where id = $1 and stage = 'self_survey'`, r.Claim) == 1
	}, pace.Limit(time.Minute), 50*time.Millisecond)
	var version int64
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), `select version from claims where id = $1`, r.Claim).Scan(&version))
	by := claimantID(r.phone)
	acts := activities.Activities{DB: k.data.Worker, Insurer: insurer, Pages: "https://claims.example.com"}
	answer, err := acts.Convert(t.Context(), claim.Step[claim.Reason]{
		Claim: r.Claim, Key: "1/" + updateID(by, key) + "/convert", Version: version, At: time.Now(), By: claim.Actor{ID: by, Role: claim.Claimant}, Body: body,
		Command: &claim.Command{Key: key, Hash: hashOf(claim.ActConvert, r.Claim, raw)},
	})
	require.NoError(t, err)
	require.Equal(t, claim.Done, answer.Receipt.Result)
	return body
}

// goesOn waits until the workflow has acted at the stage that the rows name:
// no surveyor is to be had, so a dispatcher is asked.
func (k *stack) goesOn(t *testing.T, r reported) {
	t.Helper()
	require.Eventually(t, func() bool {
		return k.count(t, `select count(*) from tasks where claim_id = $1 and kind = 'assign' and state = 'open'`, r.Claim) == 1
	}, pace.Limit(time.Minute), 100*time.Millisecond)
}

// told is how often a claim's workflow was told to read its rows.
func (k *stack) told(t *testing.T, id claim.ID) (n int) {
	t.Helper()
	history := k.temporal.GetWorkflowHistory(t.Context(), workflows.WorkflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		e, err := history.Next()
		require.NoError(t, err)
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s.GetSignalName() == workflows.CatchUp {
			n++
		}
	}
	return n
}

func TestAClaimThatLostItsStepGoesOnWhenTheSenderAsksAgain(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r, key := k.reported(t), uuid.NewString()
	body := k.lost(t, r, key)
	require.Zero(t, k.told(t, r.Claim))
	require.Equal(t, claim.Dispatching, into[claim.Receipt](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/conversion", key, body), 200).Stage)
	require.Positive(t, k.told(t, r.Claim), "before the answer was given: the watch does not look for ten seconds")
	k.goesOn(t, r)
}

func TestAClaimThatLostItsStepTakesTheNextCommandAtItsNewStage(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t)
	k.lost(t, r, uuid.NewString())
	_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch, level, phone, skills) values ('chen', '陈刚', 'surveyor', '3101', 0, '13900000001', '{motor}')`)
	require.NoError(t, err)
	receipt := into[claim.Receipt](t, k.ask(t, "dispatcher", "POST", "/claims/"+r.Number+"/assignment", uuid.NewString(), claim.Assign{Surveyor: "chen", Reason: "附近"}), 200)
	require.Equal(t, claim.Dispatched, receipt.Stage)
}

func TestAClaimThatLostItsStepIsWokenThoughNobodyAsks(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t)
	k.lost(t, r, uuid.NewString())
	k.goesOn(t, r)
}

// As after a restore of Temporal's own store: the rows are all there is.
func TestAnOpenClaimWithoutAWorkflowGetsOne(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t)
	require.NoError(t, k.temporal.TerminateWorkflow(t.Context(), r.Claim.Workflow(), "", "as lost"))
	k.lost(t, r, uuid.NewString())
	k.goesOn(t, r)
}

// As while a release that cannot run the claim's workflow is taken back: its
// worker fails the task that carries the report.
func TestACommandWhoseWorkerFailsIsCarriedOutByTheNext(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	token, phone := k.claimant(t)
	k.stop()
	failed := make(chan struct{}, 1000)
	broken := worker.New(k.temporal, workflows.ClaimsQueue, worker.Options{})
	broken.RegisterWorkflowWithOptions(func(workflow.Context, claim.File) (claim.None, error) {
		failed <- struct{}{}
		panic("a release that is taken back")
	}, workflow.RegisterOptions{Name: "Claim"})
	require.NoError(t, broken.Start())
	got := make(chan answer, 1)
	key, notice := uuid.NewString(), k.notice(t, phone, "")
	go func() {
		a, err := ask(context.WithoutCancel(t.Context()), k.url, token, "POST", "/claims", key, notice)
		if err != nil {
			a = answer{raw: []byte(err.Error())}
		}
		got <- a
	}()
	<-failed
	broken.Stop()
	k.work(t)
	a := <-got
	for ended := time.Now().Add(pace.Limit(30 * time.Second)); a.status == http.StatusConflict && time.Now().Before(ended); { // on a slow machine its patience may end first
		a = k.ask(t, token, "POST", "/claims", key, notice)
	}
	into[claim.Receipt](t, a, http.StatusCreated)
	require.Equal(t, 1, k.count(t, `select count(*) from claims`))
}
