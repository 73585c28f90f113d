package activities_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

var (
	yang = claim.Actor{ID: "yang", Role: claim.Finance, Branch: "3101"}
	zhu  = claim.Actor{ID: "zhu", Role: claim.Finance, Branch: "3101"}

	first  = claim.Payee{Name: "张三", Bank: "中国银行", Account: "6222020000000000"}
	second = claim.Payee{Name: "张三", Bank: "中国农业银行", Account: "6228480038124592460"}
)

// agreed brings a claim of ¥30,000.00 to finance, to be paid to first.
func (d *desk) agreed() {
	d.t.Helper()
	d.assessed(3_000_000)
	d.papers()
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	do(d, d.Review, reviewer("zheng", 1), claim.Verdict{Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"})
	do(d, d.Agree, customer, claim.Agreement{Offer: 1, Payee: first, Signature: "phone-code"})
	require.Equal(d.t, claim.Agreed, d.file.Stage)
}

// payout is what a release task shows now.
func (d *desk) payout() db.Payout {
	d.t.Helper()
	p, err := db.ReadPayout(d.t.Context(), new(db.Queries), d.db.API, d.id, d.file.Payable)
	require.NoError(d.t, err)
	return p
}

func (d *desk) release(by claim.Actor) claim.Receipt {
	d.t.Helper()
	return do(d, d.Release, by, claim.Release{Task: d.file.TaskOf(claim.TaskRelease).ID, Seen: d.payout().Seen()})
}

// bankSays records what the bank says of the attempt under way.
func (d *desk) bankSays(state claim.PaymentState, fault claim.TransferFault, reason string) {
	d.t.Helper()
	p := d.file.Payment()
	do(d, d.Settle, machine, claim.Settled{Instruction: p.ID, Attempt: p.Attempt, State: state, Fault: fault, Reason: reason})
}

// one reads one value of the claim's rows.
func one[T any](d *desk, sql string) (v T) {
	d.t.Helper()
	require.NoError(d.t, d.db.API.QueryRow(d.t.Context(), sql, d.id).Scan(&v))
	return v
}

// Rows that are lost and written again, by another request, name the transfer
// as before: the bank answers with the one that it has.
func TestTheReferenceComesFromWhatIsOwedAndFromNoRequest(t *testing.T) {
	t.Parallel()
	one, other := newDesk(t), newDesk(t)
	other.id, other.file.ID = one.id, one.id
	other.n = 1 // other keys, other moments
	for _, d := range []*desk{one, other} {
		d.agreed()
		d.release(yang)
	}
	require.Regexp(t, `^AP[A-Z2-7]{18}$`, one.file.Payment().Reference)
	require.Equal(t, one.file.Payment().Reference, other.file.Payment().Reference)
	require.Equal(t, one.file.Payment().ID, other.file.Payment().ID)

	// Another account and another attempt are another transfer.
	for _, d := range []*desk{one, other} {
		d.bankSays(claim.PaymentRejected, claim.FaultPayee, "account closed")
		do(d, d.CorrectPayee, customer, second)
		d.release(yang)
	}
	require.Equal(t, 2, one.file.Payment().Attempt)
	require.Equal(t, one.file.Payment().Reference, other.file.Payment().Reference)
	stranger := newDesk(t)
	stranger.agreed()
	stranger.release(yang)
	require.NotEqual(t, one.file.Payment().Reference, stranger.file.Payment().Reference)
}

func TestWhatTheBankRefusesGoesToWhomItConcerns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   claim.TransferFault
		stage   claim.Stage
		told    int // notices to the claimant
		release bool
	}{
		"for a reason in the account":   {claim.FaultPayee, claim.PayReturned, 1, false},
		"for any other reason":          {claim.FaultOurs, claim.Agreed, 0, true},
		"and it does not say for which": {"", claim.Agreed, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.agreed()
			d.release(yang)
			sent := *d.file.Payment()
			notices := d.count("notices")
			d.bankSays(claim.PaymentRejected, c.fault, "limit of the day exceeded")
			require.Equal(t, c.stage, d.file.Stage)
			require.Equal(t, notices+c.told, d.count("notices"))
			require.Equal(t, c.release, d.file.TaskOf(claim.TaskRelease) != nil)
			require.Equal(t, "limit of the day exceeded", one[string](d, `select s.reason from payment_states s join payments p on p.id = s.payment_id where p.claim_id = $1 order by s.number desc limit 1`))
			if c.release {
				require.Contains(t, d.noteOf(claim.TaskRelease), "limit of the day exceeded")
				require.Len(t, d.payout().Changes(document.Rules()), 1)
				require.Nil(t, d.release(yang).Refusal, "it is released anew by the same person: the first release is over")
				require.Equal(t, 2, d.file.Payment().Attempt)
				require.NotEqual(t, sent.Reference, d.file.Payment().Reference)
			}
			d.verifyChain()
		})
	}
}

// No money went: what a person then finds a paper to say is what will be paid.
func TestAFigureThatIsCorrectedAfterTheBanksNoIsPaidAsCorrected(t *testing.T) {
	t.Parallel()
	for name, no := range map[string]func(*desk){
		"refused for our reason": func(d *desk) { d.bankSays(claim.PaymentRejected, claim.FaultOurs, "limit of the day exceeded") },
		"refused for the account, which is corrected": func(d *desk) {
			d.bankSays(claim.PaymentRejected, claim.FaultPayee, "account closed")
			do(d, d.CorrectPayee, customer, second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.assessed(3_000_000)
			estimate := paper("repair_estimate", fresh(), "total_fen", "3000000")
			d.attach(estimate, paper("driving_licence", "2", "name", "张三"), paper("vehicle_licence", "3", "owner", "张三"))
			approved := func(offer int) {
				do(d, d.Consent, customer, claim.Consent{Offer: offer})
				d.reviewed(claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"})
				d.agrees(offer, "张三", "6222020000000000")
				d.release(yang)
			}
			approved(1)
			sent := *d.file.Payment()
			no(d)
			do(d, d.Confirm, zhou, claim.Confirmation{Document: estimate.Document, Fields: []claim.ConfirmedField{{Name: "total_fen", Value: "50000"}}})
			require.Equal(t, claim.Assessing, d.file.Stage)
			require.Nil(t, d.file.Payment())
			require.Nil(t, d.file.TaskOf(claim.TaskRelease), "nothing is left to release")
			require.Len(t, d.messages("voided-paper"), 1)

			do(d, d.Assess, zhou, d.figures(50_000))
			approved(2)
			paid := d.file.Payment()
			require.EqualValues(t, 50_000, paid.Amount)
			require.Equal(t, 1, paid.Attempt)
			require.NotEqual(t, sent.ID, paid.ID)
			require.NotEqual(t, sent.Reference, paid.Reference)
			d.bankSays(claim.PaymentCleared, "", "")
			require.Equal(t, claim.Paid, d.file.Stage)
			require.EqualValues(t, 50_000, d.file.Closure().Paid)
			require.EqualValues(t, 50_000, one[int64](d, `select sum(p.amount_fen) from payments p where p.claim_id = $1 and exists (select from payment_states s where s.payment_id = p.id and s.state = 'cleared')`))
			d.verifyChain()
		})
	}
}

func TestWhatTheBankNeverHadIsSentThreeTimesMoreAndThenFinanceDecides(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agreed()
	d.release(yang)
	reference := d.file.Payment().Reference
	var waits []time.Duration
	for range 3 {
		d.bankSays(claim.PaymentUnknown, "", "no clear answer")
		d.bankSays(claim.PaymentNotFound, "", "")
		waits = append(waits, d.file.Payment().AgainAt.Sub(morning.Add(time.Duration(d.n)*time.Minute)))
		do(d, d.Resubmit, machine, claim.None{})
		require.Equal(t, claim.PaymentSubmitted, d.file.Payment().State)
	}
	require.Equal(t, []time.Duration{0, 15 * time.Second, 3 * time.Minute}, waits)
	d.bankSays(claim.PaymentUnknown, "", "no clear answer")
	d.bankSays(claim.PaymentNotFound, "", "")
	require.Zero(t, d.file.Payment().AgainAt)
	do(d, d.Resubmit, machine, claim.None{})
	require.Equal(t, claim.PaymentNotFound, d.file.Payment().State, "a machine sends it no more")
	submissions := `select count(*)::int from payment_states s join payments p on p.id = s.payment_id where p.claim_id = $1 and s.state = 'submitted'`
	require.Equal(t, 4, one[int](d, submissions))

	task := d.file.TaskOf(claim.TaskPay).ID
	for _, choice := range []claim.TransferChoice{claim.WriteOff, claim.AskPayee, "else"} {
		require.Equal(t, claim.RuleTransfer, ruleOf(do(d, d.DecideTransfer, yang, claim.TransferDecision{Task: task, Decision: choice, Note: "-"})))
	}
	do(d, d.DecideTransfer, yang, claim.TransferDecision{Task: task, Decision: claim.SendAgain, Note: "银行系统已恢复"})
	require.Equal(t, claim.PaymentSubmitted, d.file.Payment().State)
	require.Equal(t, reference, d.file.Payment().Reference)
	require.Nil(t, d.file.TaskOf(claim.TaskPay))
	require.Equal(t, 5, one[int](d, submissions))
	d.verifyChain()
}

func TestNothingIsSentWhileTheBanksAnswerIsUnknownWhoeverAsksForIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agreed()
	d.release(yang)
	d.bankSays(claim.PaymentUnknown, "", "no clear answer")
	require.Nil(t, d.file.TaskOf(claim.TaskPay))
	d.n += 121 // minutes
	d.bankSays(claim.PaymentUnknown, "", "no clear answer")
	task := d.file.TaskOf(claim.TaskPay)
	require.NotNil(t, task, "after two hours a person is called")
	require.Zero(t, d.file.Payment().CallAt)
	for _, choice := range []claim.TransferChoice{claim.SendAgain, claim.WriteOff, claim.AskPayee} {
		require.Equal(t, claim.RuleTransfer, ruleOf(do(d, d.DecideTransfer, yang, claim.TransferDecision{Task: task.ID, Decision: choice, Note: "-"})))
	}
	do(d, d.Resubmit, machine, claim.None{})
	require.Equal(t, claim.PaymentUnknown, d.file.Payment().State)
	d.bankSays(claim.PaymentCleared, "", "")
	require.Equal(t, claim.Paid, d.file.Stage)
	require.Empty(t, d.file.Tasks, "the answer has come, so there is nothing to find out")
	d.verifyChain()
}

// bankSaying is a bank at a moment of which a test needs the answer.
type bankSaying struct {
	activities.Bank

	state claim.PaymentState
	of    *activities.Transfer
	err   error
}

func (b bankSaying) Query(context.Context, string) (activities.BankAnswer, error) {
	return activities.BankAnswer{TransferState: activities.TransferState{State: b.state}, Transfer: b.of}, b.err
}

func TestAnAnswerOfAnotherTransferSettlesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agreed()
	d.release(yang)
	notices, sent := d.count("notices"), d.file.Payment().Reference
	d.bankSays(claim.PaymentUnknown, claim.FaultDiffers, "amount: ¥0.01, not ¥30,000.00")
	require.Equal(t, claim.Paying, d.file.Stage)
	require.Contains(t, d.noteOf(claim.TaskPay), "¥0.01")

	of := activities.Transfer{Reference: sent, Amount: d.file.Payment().Amount, Payee: first}
	writeOff := claim.TransferDecision{Task: d.file.TaskOf(claim.TaskPay).ID, Decision: claim.WriteOff, Note: "银行柜面王经理确认"}
	for name, says := range map[string]bankSaying{
		"it gives no answer":           {err: errors.New("away")},
		"it has executed it after all": {state: claim.PaymentCleared, of: &of},
		"it never had it":              {state: claim.PaymentNotFound},
		"it has paid our payee a part": {state: claim.PaymentCleared, of: &activities.Transfer{Reference: sent, Amount: 1, Payee: first}},
	} {
		d.Bank = says
		require.Equal(t, claim.RuleTransfer, ruleOf(do(d, d.DecideTransfer, yang, writeOff)), name)
		require.Equal(t, claim.Paying, d.file.Stage, name)
	}
	another := first
	another.Account = "6222020000000999"
	d.Bank = bankSaying{state: claim.PaymentCleared, of: &activities.Transfer{Reference: sent, Amount: 1, Payee: another}}
	do(d, d.DecideTransfer, yang, writeOff)
	require.Equal(t, claim.Agreed, d.file.Stage)
	note := d.noteOf(claim.TaskRelease)
	require.Contains(t, note, sent)
	require.Contains(t, note, "¥0.01", "whoever releases again reads what the bank says")
	require.Equal(t, claim.RuleTwoPersons, ruleOf(d.release(yang)), "whoever writes off does not release the next")
	require.Nil(t, d.release(zhu).Refusal)
	require.NotEqual(t, sent, d.file.Payment().Reference)
	require.Equal(t, notices, d.count("notices"), "the claimant hears nothing of it")
	d.verifyChain()
}

func TestFinanceReleasesWhatItHasSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.agreed()
	before := d.payout()
	require.Equal(t, first, before.Payee())
	require.Empty(t, before.Changes(document.Rules()))
	require.Equal(t, "张三", before.Holder)

	// Finance looks, and has the claimant asked for another account.
	do(d, d.DecideTransfer, yang, claim.TransferDecision{Task: d.file.TaskOf(claim.TaskRelease).ID, Decision: claim.AskPayee, Note: "账户类型不符"})
	require.Equal(t, claim.PayReturned, d.file.Stage)
	do(d, d.CorrectPayee, customer, second)
	require.Contains(t, one[string](d, `select body from notices where claim_id = $1 and template = 'payee-corrected'`), "2460")
	require.Equal(t, "13800000001", one[string](d, `select "to" from notices where claim_id = $1 and template = 'payee-corrected'`))

	// Whoever still has the page of before is not let through.
	events := d.count("events")
	stale := do(d, d.Release, yang, claim.Release{Task: d.file.TaskOf(claim.TaskRelease).ID, Seen: before.Seen()})
	require.Equal(t, claim.RuleReleaseChanged, ruleOf(stale))
	require.Equal(t, events, d.count("events"))

	changes := d.payout().Changes(document.Rules())
	require.Equal(t, []string{"bank", "payee"}, []string{changes[0].What, changes[1].What})
	require.Equal(t, "收款账户更正：张* 中国银行 ****0000 → 张* 中国农业银行 ****2460", changes[1].Text.ZH)
	d.release(yang)
	require.Equal(t, second.Account, one[string](d, `select a.payee_account from attempts a join payments p on p.id = a.payment_id where p.claim_id = $1`))

	// Each attempt keeps the account that it went to.
	d.bankSays(claim.PaymentReturned, claim.FaultPayee, "returned by the payee's bank")
	do(d, d.CorrectPayee, customer, first)
	d.release(yang)
	require.Equal(t, second.Account+" "+first.Account, one[string](d, `select string_agg(a.payee_account, ' ' order by a.attempt) from attempts a join payments p on p.id = a.payment_id where p.claim_id = $1`))
	d.verifyChain()
}

// The bank has a transfer of 1 fen to somebody else under our reference: it
// answers 409, and a query tells which it is.
func TestATransferUnderOurReferenceIsHeldAgainstTheInstruction(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bank := activities.HTTPBank{URL: os.Getenv("ANPEI_BANK_URL"), Token: os.Getenv("ANPEI_BANK_TOKEN"), Client: &http.Client{}}
	d.Bank = bank
	d.agreed()
	do(d, d.DecideTransfer, yang, claim.TransferDecision{Task: d.file.TaskOf(claim.TaskRelease).ID, Decision: claim.AskPayee, Note: "-"})
	do(d, d.CorrectPayee, customer, second)
	d.release(yang)
	pay := d.file.Payment()
	ref := activities.PayRef{Instruction: pay.ID, Reference: pay.Reference, Attempt: pay.Attempt}

	_, err := bank.Submit(t.Context(), activities.Transfer{Reference: pay.Reference, Amount: 1, Payee: claim.Payee{Name: "李四", Bank: "中国银行", Account: "6222020000001234"}})
	require.NoError(t, err)
	said, err := d.Submit(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, claim.PaymentUnknown, said.State, "409 is no answer")
	said, err = d.Query(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, claim.PaymentUnknown, said.State)
	require.Equal(t, claim.FaultDiffers, said.Fault)
	require.Contains(t, said.Reason, "amount: ¥0.01, not ¥30,000.00")
	require.NotContains(t, said.Reason, "6222")

	_, err = d.Query(t.Context(), activities.PayRef{Instruction: pay.ID, Reference: "AP" + strings.Repeat("A", 18), Attempt: pay.Attempt})
	require.Error(t, err, "only the attempt's own reference is asked about")
}

func TestAnAnswerOfWhatWasInstructedIsTaken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Bank = activities.HTTPBank{URL: os.Getenv("ANPEI_BANK_URL"), Token: os.Getenv("ANPEI_BANK_TOKEN"), Client: &http.Client{}}
	d.agreed()
	do(d, d.DecideTransfer, yang, claim.TransferDecision{Task: d.file.TaskOf(claim.TaskRelease).ID, Decision: claim.AskPayee, Note: "-"})
	do(d, d.CorrectPayee, customer, second)
	d.release(yang)
	pay := d.file.Payment()
	ref := activities.PayRef{Instruction: pay.ID, Reference: pay.Reference, Attempt: pay.Attempt}
	for _, call := range []func() (activities.TransferState, error){
		func() (activities.TransferState, error) { return d.Submit(t.Context(), ref) },
		func() (activities.TransferState, error) { return d.Submit(t.Context(), ref) },
		func() (activities.TransferState, error) { return d.Query(t.Context(), ref) },
	} {
		said, err := call()
		require.NoError(t, err)
		require.Equal(t, claim.PaymentCleared, said.State)
		require.Empty(t, said.Fault)
	}
	for shown, fault := range map[claim.Payee]claim.TransferFault{ // as other banks write it
		{Name: "张 三", Account: second.Account}:       "",
		{Name: "张三", Account: "***************2460"}: "",
		{Account: second.Account}:                    "",
		{Name: "李四", Account: second.Account}:        claim.FaultDiffers,
		{Name: "张三", Account: "***************2461"}: claim.FaultDiffers,
		{Name: "张三"}:                                 claim.FaultDiffers,
	} {
		d.Bank = bankSaying{state: claim.PaymentCleared, of: &activities.Transfer{Reference: pay.Reference, Amount: pay.Amount, Payee: shown}}
		said, err := d.Query(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, fault, said.Fault, shown)
		require.Equal(t, fault == "", said.State == claim.PaymentCleared, shown)
	}
}

// What each status of HTTP means for a transfer, whatever the bank.
func TestABanksNoIsOneOfFourKinds(t *testing.T) {
	t.Parallel()
	const unknown, ours, refused, asked = "unknown", "not served", "refused", "asked"
	kinds := map[int]string{
		400: refused, 422: refused, 409: asked, 408: unknown, 425: unknown, 429: unknown, 202: unknown, 204: unknown,
		301: ours, 302: ours, 303: ours, 307: ours, 308: ours, 401: ours, 402: ours, 403: ours, 404: ours, 405: ours, 410: ours, 413: ours, 415: ours, 418: ours, 451: ours,
		500: unknown, 501: unknown, 502: unknown, 503: unknown, 504: unknown, 599: unknown,
	}
	for status, want := range kinds {
		posts := 0
		bank := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			posts++
			w.Header().Set("Location", r.URL.Path)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"detail": "no such bank", "code": "bank_unknown"}`)
		}))
		said, err := activities.HTTPBank{URL: bank.URL, Client: bank.Client()}.Submit(t.Context(), activities.Transfer{Reference: "R"})
		bank.Close()
		require.Equal(t, 1, posts, "%d: a redirect is not followed", status)
		var notServed *activities.NotServedError
		switch want {
		case refused:
			require.NoError(t, err, status)
			require.Equal(t, activities.TransferState{State: claim.PaymentRejected, Fault: claim.FaultPayee, Reason: "no such bank"}, said.TransferState, status)
		case asked:
			require.NoError(t, err, status)
			require.Equal(t, claim.PaymentUnknown, said.State, status)
		case ours:
			require.ErrorAs(t, err, &notServed, status)
			require.NotContains(t, err.Error(), "R ", "it is the same for all claims")
		default:
			require.Error(t, err, status)
			require.NotErrorAs(t, err, &notServed, status)
		}
	}
}

func TestWhoseFaultARefusalIsTheBankSays(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]activities.TransferState{
		`{"detail": "closed", "code": "account_closed"}`:                              {Fault: claim.FaultPayee, Reason: "closed"},
		`{"detail": "some fields are wrong", "fields": {"payee_account": "unknown"}}`: {Fault: claim.FaultPayee, Reason: "some fields are wrong; payee_account: unknown"},
		`{"detail": "wrong", "fields": {"payee_name": "x", "amount_fen": "y"}}`:       {Fault: claim.FaultOurs, Reason: "wrong; amount_fen: y; payee_name: x"},
		`{"detail": "limit of the day", "code": "limit"}`:                             {Fault: claim.FaultOurs, Reason: "limit of the day"},
		`{"detail": "account 6222020000001234 is\nclosed", "code": "else"}`:           {Fault: claim.FaultOurs, Reason: "account … is closed"},
		`<html>`: {Fault: claim.FaultOurs, Reason: "the bank answered 422 without a reason"},
	} {
		bank := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, body)
		}))
		said, err := activities.HTTPBank{URL: bank.URL, Client: bank.Client()}.Submit(t.Context(), activities.Transfer{Reference: "R"})
		bank.Close()
		require.NoError(t, err)
		want.State = claim.PaymentRejected
		require.Equal(t, want, said.TransferState, body)
	}
}

// A token that is not valid, an address that is not the bank's: asking has no
// sense either until it is mended.
func TestAQueryThatIsNotServedSaysSo(t *testing.T) {
	t.Parallel()
	var notServed *activities.NotServedError
	bank := activities.HTTPBank{URL: os.Getenv("ANPEI_BANK_URL"), Token: "wrong", Client: &http.Client{}}
	_, err := bank.Query(t.Context(), "AP"+uuid.New().String()[:8])
	require.ErrorAs(t, err, &notServed)
	require.Equal(t, http.StatusUnauthorized, notServed.Status)
	bank.URL += "/elsewhere"
	bank.Token = os.Getenv("ANPEI_BANK_TOKEN")
	_, err = bank.Query(t.Context(), "AP"+uuid.New().String()[:8])
	require.ErrorAs(t, err, &notServed)
	require.Equal(t, http.StatusNotFound, notServed.Status)
}
