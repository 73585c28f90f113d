package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"anpei/activities"
	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
	"anpei/workflows"
)

// theBank is told by one test at a time what to do wrong.
var theBank sync.Mutex

// misbehave tells the bank what to do wrong, until the test ends.
func (k *stack) misbehave(t *testing.T, faults string) {
	t.Helper()
	tell := func(faults string) {
		t.Helper()
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPut, k.cfg.BankURL+"/faults", bytes.NewBufferString(faults))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+string(k.cfg.BankToken))
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, http.StatusNoContent, res.StatusCode)
	}
	theBank.Lock()
	t.Cleanup(func() {
		defer theBank.Unlock()
		tell(`{}`)
	})
	tell(faults)
}

// payable is a claim, with its workflow, of which all is agreed and the money
// waits for finance to release it, and the task to do so.
func (k *stack) payable(t *testing.T, account string) (*story, rest.Task) {
	t.Helper()
	s := (&house{server: k.server, t: t, db: k.data}).aStory()
	k.letIn(t, "yang")
	s.surveyed()
	s.agreed(1, account)
	_, err := k.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.WorkflowID(s.id), TaskQueue: workflows.ClaimsQueue}, workflows.Claim, s.file)
	require.NoError(t, err)
	return s, into[rest.Task](t, k.ask(t, "yang", "GET", "/tasks/"+s.file.TaskOf(claim.TaskRelease).ID, "", nil), 200)
}

// sent is how often a claim's transfer was sent.
func (k *stack) sent(t *testing.T, id claim.ID) int {
	t.Helper()
	return k.count(t, `select count(*) from payment_states s join payments p on p.id = s.payment_id where p.claim_id = $1 and s.state = 'submitted'`, id)
}

// After a correction finance sees who named which account and when, and what was
// sent keeps the account that it went to.
func TestEachAttemptShowsWhomItWentTo(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	yang, zheng := h.staff("yang", claim.Finance, "3101", 0), h.staff("zheng", claim.Reviewer, "3101", 1)
	s.surveyed()
	s.agreed(1, "6222020000001234")
	task := func(token string) rest.Task {
		return readAs[rest.Task](t, h.get("/v1/tasks/"+s.file.TaskOf(claim.TaskRelease).ID, token))
	}
	release := func() {
		step(s, s.Release, as("yang", claim.Finance, 0), claim.Release{Task: s.file.TaskOf(claim.TaskRelease).ID, Seen: task(yang).Payout.Seen})
	}
	before := task(yang).Payout
	require.Equal(t, rest.PayoutNameIsHolder, before.NameIs)
	require.Empty(t, before.Changes)
	require.Equal(t, "张*", task(zheng).Payout.PayeeName, "the name is finance's to compare")
	release()
	pay := s.file.Payment()
	step(s, s.Settle, claim.TheMachine(), claim.Settled{Instruction: pay.ID, Attempt: 1, State: claim.PaymentRejected, Fault: claim.FaultPayee, Reason: "account closed"})
	step(s, s.CorrectPayee, insuredSpeaks, claim.Payee{Name: "李四光", Bank: "中国农业银行", Account: "6228480038124592460"})

	after := task(yang).Payout
	require.NotEqual(t, before.Seen, after.Seen)
	require.Equal(t, "李四光", after.PayeeName)
	require.Equal(t, "****2460", after.PayeeAccount)
	require.Equal(t, rest.PayoutNameIsOther, after.NameIs, "neither policyholder nor insured")
	require.Len(t, after.Changes, 2)
	require.EqualValues(t, "bank", after.Changes[0].What)
	require.Contains(t, after.Changes[0].TextEn, "account closed")
	require.EqualValues(t, "payee", after.Changes[1].What)
	require.Equal(t, "收款账户更正：张* 中国银行 ****1234 → 李* 中国农业银行 ****2460", after.Changes[1].TextZh)
	require.Empty(t, after.Changes[1].By.Id, "a claimant's id is shown to themselves alone")
	release()

	path := "/v1/claims/" + s.file.Number + "/payments"
	for _, p := range []rest.Payment{
		readAs[rest.ClaimPaymentPage](t, h.get(path, yang)).Items[0], readAs[rest.PaymentPage](t, h.get("/v1/payments", yang)).Items[0],
	} {
		require.Equal(t, "李四光", p.PayeeName)
		require.Equal(t, 2, p.Attempt)
		accounts := []string{}
		for _, one := range p.Steps {
			accounts = append(accounts, one.PayeeAccount)
		}
		require.Equal(t, []string{"****1234", "****1234", "****2460"}, accounts)
		require.Equal(t, "张三丰", p.Steps[0].PayeeName)
	}

	step(s, s.Settle, claim.TheMachine(), claim.Settled{Instruction: pay.ID, Attempt: 2, State: claim.PaymentRejected, Fault: claim.FaultPayee, Reason: "account closed"})
	step(s, s.CorrectPayee, insuredSpeaks, claim.Payee{Name: "张　三丰", Bank: "中国银行", Account: "6222020000001234"})
	require.Equal(t, rest.PayoutNameIsHolder, task(yang).Payout.NameIs, "however it is spaced")
}

// Whoever reports may say that they are the insured. Whose name an account is in
// the policy tells, and whose claim it is, its rows.
func TestWhoseNameAnAccountIsInThePolicySays(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	yang := h.staff("yang", claim.Finance, "3101", 0)
	const holder = "13800000077"
	h.sql(`update policies set holder_name = '赵敏', holder_phone = $1`, holder)
	s.surveyed()
	require.Equal(t, claim.Stranger, s.file.Reporter)
	s.agreed(1, "6222020000001234")
	task := s.file.TaskOf(claim.TaskRelease).ID
	for insured, want := range map[string]rest.PayoutNameIs{"": rest.PayoutNameIsOther, "钱七": rest.PayoutNameIsOther, "张三丰": rest.PayoutNameIsInsured, "张 三丰": rest.PayoutNameIsInsured} {
		h.sql(`update policies set insured_name = $1`, insured)
		require.Equal(t, want, readAs[rest.Task](t, h.get("/v1/tasks/"+task, yang)).Payout.NameIs, "the policy's insured is %q", insured)
	}

	step(s, s.Rereport, claim.Actor{ID: claimantID(holder), Role: claim.Claimant}, claim.Again{
		Event: "e1", By: claim.Actor{ID: claimantID(holder), Role: claim.Claimant}, Channel: "web", Reporter: claim.Party{Name: "赵敏", Phone: holder, Role: "driver"},
	})
	require.Equal(t, claim.Assessing, s.file.Stage, "the consent was another's")
	step(s, s.Assess, as("zhou", claim.Assessor, 0), claim.Assessment{Task: s.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{{
		Exposure: 1, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "前保险杠", Kind: "part", Amount: 3_100_000}},
	}}})
	holders := readAs[rest.Claim](t, h.get("/v1/claims/"+s.file.Number, yang)).Holders
	require.Equal(t, []rest.Actor{{Role: claim.Claimant, Name: claim.MaskName("赵敏")}}, holders, "whose answer is awaited")
}

// A bank that takes nothing for a while costs a claim a few dozen events, not
// twenty a second; its claimant reads once that the bank was instructed.
func TestABankThatIsDownDoesNotGrowAClaim(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	account := anAccount()
	s, task := k.payable(t, account)
	k.misbehave(t, `{"fail_before": 1000, "matches": {"account_suffix": "`+account[4:]+`"}}`)

	path := "/claims/" + s.file.Number
	stale := k.ask(t, "yang", "POST", path+"/release", uuid.NewString(), rest.Release{Task: task.Id, Seen: task.Payout.Seen[1:] + "0"})
	require.Equal(t, 409, stale.status)
	require.Equal(t, claim.RuleReleaseChanged, stale.problem(t).Rule)
	into[claim.Receipt](t, k.ask(t, "yang", "POST", path+"/release", uuid.NewString(), rest.Release{Task: task.Id, Seen: task.Payout.Seen}), 200)
	began := time.Now()
	require.Eventually(t, func() bool { return k.sent(t, s.id) == 3 }, pace.Limit(2*time.Minute), 200*time.Millisecond)
	require.Greater(t, time.Since(began), 15*time.Second, "the second time it waits")

	described, err := k.temporal.DescribeWorkflowExecution(t.Context(), workflows.WorkflowID(s.id), "")
	require.NoError(t, err)
	require.Less(t, described.GetWorkflowExecutionInfo().GetHistoryLength(), int64(150))
	require.Less(t, k.count(t, `select count(*) from events where claim_id = $1 and kind like 'payment.%'`, s.id), 12)
	told := 0
	for _, e := range into[rest.EventPage](t, k.ask(t, "manager", "GET", path+"/timeline?limit=200", "", nil), 200).Items {
		if e.Kind == "payment.submitted" {
			told++
		}
	}
	require.Equal(t, 1, told)
}

func anAccount() string { return fmt.Sprintf("6222%012d", rand.Int64N(1e11)*10+1) }

func TestATransferThatTheBankNeverHadIsSentAgainAndPaidOnce(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	account := anAccount()
	s, task := k.payable(t, account)
	k.misbehave(t, `{"fail_before": 1, "matches": {"account_suffix": "`+account[4:]+`"}}`)
	into[claim.Receipt](t, k.ask(t, "yang", "POST", "/claims/"+s.file.Number+"/release", uuid.NewString(), rest.Release{Task: task.Id, Seen: task.Payout.Seen}), 200)
	require.Eventually(t, func() bool {
		return k.count(t, `select count(*) from claims where id = $1 and outcome = 'paid' and paid_fen = payable_fen`, s.id) == 1
	}, pace.Limit(time.Minute), 50*time.Millisecond)
	require.Equal(t, 2, k.sent(t, s.id))
	require.Equal(t, 1, k.count(t, `select count(distinct s.reference) from payment_states s join payments p on p.id = s.payment_id where p.claim_id = $1`, s.id))
	require.Equal(t, 1, k.count(t, `select count(*) from payment_states s join payments p on p.id = s.payment_id where p.claim_id = $1 and s.state = 'cleared'`, s.id))
}

// Our own fault: the bank does not take our password. The claim stops after one
// request, an operator is called, and no claimant hears of it.
func TestABankThatDoesNotKnowUsStopsTheClaim(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	k.stop()
	k.cfg.BankToken = "not-ours"
	k.work(t)
	s, task := k.payable(t, "6222020000001234")
	notices := k.count(t, `select count(*) from notices where claim_id = $1`, s.id)
	into[claim.Receipt](t, k.ask(t, "yang", "POST", "/claims/"+s.file.Number+"/release", uuid.NewString(), rest.Release{Task: task.Id, Seen: task.Payout.Seen}), 200)
	require.Eventually(t, func() bool {
		return k.count(t, `select count(*) from tasks where claim_id = $1 and kind = 'resume' and state = 'open'`, s.id) == 1
	}, pace.Limit(time.Minute), 100*time.Millisecond)
	var note string
	require.NoError(t, k.data.API.QueryRow(t.Context(), `select note_values ->> 'cause' from tasks where claim_id = $1 and kind = 'resume'`, s.id).Scan(&note))
	require.Contains(t, note, (&activities.NotServedError{Method: http.MethodPost, Status: http.StatusUnauthorized}).Error())
	require.Equal(t, notices, k.count(t, `select count(*) from notices where claim_id = $1`, s.id))
	require.Equal(t, 1, k.count(t, `select count(*) from payment_states s join payments p on p.id = s.payment_id where p.claim_id = $1 and s.state = 'submitted'`, s.id))
}
