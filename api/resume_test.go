package main

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// parksAtRoute has the step that sets the lane break, until mended is called.
func (k *stack) parksAtRoute(t *testing.T) (mended func()) {
	t.Helper()
	exec := func(sql string) {
		_, err := k.data.Owner.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	exec(`create function no_lane() returns trigger language plpgsql as $$ begin raise exception 'no lane'; end $$`)
	exec(`create trigger no_lane before insert on events for each row when (new.kind = 'lane.set') execute function no_lane()`)
	return func() { exec(`drop trigger no_lane on events`) }
}

func (k *stack) resumeTask(t *testing.T, id claim.ID) (task string) {
	t.Helper()
	require.Eventually(t, func() bool {
		return k.data.Owner.QueryRow(t.Context(), `select id from tasks where claim_id = $1 and kind = 'resume' and state = 'open'`, id).Scan(&task) == nil
	}, pace.Limit(time.Minute), 50*time.Millisecond)
	return task
}

func TestOneActResumesAllClaimsOfOneCauseAndEveryOperatorGetsAnAnswer(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	for _, id := range []string{"kong", "wei"} {
		_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch, level) values ($1, $1, 'operator', '0000', 0)`, id)
		require.NoError(t, err)
		k.letIn(t, id)
	}
	mended := k.parksAtRoute(t)
	one, other := k.reported(t), k.reported(t)
	task := k.resumeTask(t, one.Claim)
	k.resumeTask(t, other.Claim)
	path := "/tasks/" + task + "/resumption"

	skip := k.ask(t, "kong", "POST", path, uuid.NewString(), rest.Resume{Note: "looked at", Skip: true})
	require.Equal(t, 409, skip.status, string(skip.raw))
	require.Contains(t, skip.problem(t).Detail, "moves the claim", "a step that sets the lane cannot be left out")
	require.Contains(t, skip.problem(t).DetailZh, "“立案分流”这一步推动赔案或款项，不能跳过", "and the reader is told in Chinese, too")

	mended()
	answers := make([]answer, 2)
	var both sync.WaitGroup
	for i, who := range []string{"kong", "wei"} {
		both.Go(func() {
			answers[i] = k.ask(t, who, "POST", path, uuid.NewString(), rest.Resume{Note: "the trigger is gone", AllOfCause: true})
		})
	}
	both.Wait()
	if answers[0].status != 200 {
		answers[0], answers[1] = answers[1], answers[0]
	}
	resumed := into[rest.Resumption](t, answers[0], 200)
	require.Equal(t, one.Claim, resumed.Receipt.Claim)
	require.LessOrEqual(t, resumed.Others, 1)
	require.Contains(t, []int{404, 409}, answers[1].status, "the second finds the task done: %s", answers[1].raw)
	for _, r := range []reported{one, other} {
		require.Eventually(t, func() bool {
			return k.count(t, `select count(*) from claims where id = $1 and not parked and stage = 'self_survey'`, r.Claim) == 1
		}, pace.Limit(time.Minute), 50*time.Millisecond)
		withdrawn := k.ask(t, r.token, "POST", "/claims/"+r.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "私了"})
		require.Equal(t, 200, withdrawn.status, "%s", withdrawn.raw)
	}
}

// The server takes ten updates of a workflow at once. Senders whose messages
// wait for the database fill them, and an operator still gets in.
func TestAnOperatorGetsInWhileSendersFillTheClaim(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch, level) values ('kong', 'kong', 'operator', '0000', 0)`)
	require.NoError(t, err)
	k.letIn(t, "kong")
	mended := k.parksAtRoute(t)
	r := k.reported(t)
	task := k.resumeTask(t, r.Claim)

	// A lock that is not to be had is an outage: the step is tried until it is.
	for _, sql := range []string{
		`create function no_paper() returns trigger language plpgsql as $$ begin raise exception 'not now' using errcode = '55P03'; end $$`,
		`create trigger no_paper before insert on documents for each row execute function no_paper()`,
	} {
		_, err := k.data.Owner.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	var senders, waiting sync.WaitGroup
	statuses := make([]int, 12)
	for i := range statuses {
		up := k.upload(t, r.token, r.Number, aPNG(t, 40+i, 1))
		waiting.Add(1)
		senders.Go(func() { // each asks again under its key, as it is told to
			key, first := uuid.NewString(), sync.OnceFunc(waiting.Done)
			defer first()
			for statuses[i] = 409; statuses[i] == 409; first() {
				a, err := ask(t.Context(), k.url, r.token, "POST", "/claims/"+r.Number+"/documents", key, rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "loss_photo"}}})
				if err != nil {
					return
				}
				statuses[i] = a.status
			}
		})
	}
	waiting.Wait()

	mended()
	require.Equal(t, 200, k.ask(t, "kong", "POST", "/tasks/"+task+"/resumption", uuid.NewString(), rest.Resume{Note: "the trigger is gone"}).status)
	_, err = k.data.Owner.Exec(t.Context(), `drop trigger no_paper on documents`)
	require.NoError(t, err)
	senders.Wait()
	for _, status := range statuses {
		require.Equal(t, 201, status)
	}
	require.Eventually(t, func() bool {
		return k.count(t, `select count(*) from claims where id = $1 and not parked and stage = 'self_survey'`, r.Claim) == 1
	}, pace.Limit(time.Minute), 100*time.Millisecond)
	require.Equal(t, len(statuses), k.count(t, `select count(*) from documents where claim_id = $1`, r.Claim))
}
