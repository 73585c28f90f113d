package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/claim"
	"anpei/internal/testenv"
)

// bench of a test: the real database, and a claim's steps one after another as
// its workflow would send them.
type desk struct {
	*activities.Activities
	t  *testing.T
	db testenv.Database
	id claim.ID

	began time.Time
	file  claim.File
	n     int

	losses int // reported beside each other
}

// insurer signs the letters of these tests.
var insurer = claim.Insurer{
	Name: claim.Text{ZH: "样例财产保险有限公司", EN: "Sample Property Insurance"}, Address: claim.Text{ZH: "测试市样例路1号", EN: "1 Sample Road"}, Hotline: "400-000-0000",
}

// morning is when the claims of these tests are reported: a day of work, handed
// in as every day is.
var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, claim.Shanghai)

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskAt(t, morning)
}

// newDeskAt is a desk at which the first step is a minute after this moment.
func newDeskAt(t *testing.T, began time.Time) *desk {
	t.Helper()
	db := testenv.DB(t)
	q := func(at time.Time) string { return "'" + at.Format(time.RFC3339) + "'" }
	year := time.Date(began.Year(), time.January, 1, 0, 0, 0, 0, claim.Shanghai)
	for _, sql := range []string{
		`insert into policies (id, number, line, branch, holder_name, holder_phone, plate) values
			('00000000-0000-0000-0000-000000000001', 'PM1', 'motor', '3101', '张三', '13800000001', '沪A12345') on conflict do nothing`,
		`insert into policy_versions (policy_id, version, starts_at, ends_at, coverages) values
			('00000000-0000-0000-0000-000000000001', 1, ` + q(year) + `, ` + q(year.AddDate(1, 0, 0)) + `,
			'[{"kind":"own_damage","form":"motor-2020","sum_insured_fen":20000000,"value_fen":18000000,"deductible_fen":0,"rate_bp":0,"limit_fen":0}]') on conflict do nothing`,
		`insert into staff (id, name, role, branch, level, phone, skills) values
			('chen', '陈刚', 'surveyor', '3101', 0, '13900000001', '{motor}'),
			('zhao', '赵磊', 'surveyor', '3101', 0, '13900000002', '{motor}')`,
		`insert into shifts (staff_id, on_shift, lat, lng, seen_at) values
			('chen', true, 31.23, 121.47, ` + q(began.Add(-time.Minute)) + `), ('zhao', true, 31.30, 121.50, ` + q(began.Add(-time.Minute)) + `)`,
	} {
		_, err := db.Owner.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	d := &desk{
		Activities: &activities.Activities{DB: db.Worker, PseudonymKey: names.Key, Insurer: insurer, Pages: "https://claims.example.com"}, t: t, db: db,
		id: claim.ID(uuid.NewString()), began: began,
	}
	d.file = claim.File{ID: d.id, Cycle: 1}
	t.Cleanup(d.eventsAreTyped)
	return d
}

// eventsAreTyped checks that every event of the database is of a kind on the
// list, with a body of the type that the list has for it.
func (d *desk) eventsAreTyped() {
	rows, err := d.db.Owner.Query(context.WithoutCancel(d.t.Context()), "select kind, body::text from events")
	require.NoError(d.t, err)
	defer rows.Close()
	for rows.Next() {
		var kind claim.EventKind
		var body string
		require.NoError(d.t, rows.Scan(&kind, &body))
		of := kind.Body()
		require.NotNil(d.t, of, "%s is on no list of events", kind)
		decoder := json.NewDecoder(strings.NewReader(body))
		decoder.DisallowUnknownFields()
		require.NoError(d.t, decoder.Decode(of), "%s: %s", kind, body)
		again, err := json.Marshal(of)
		require.NoError(d.t, err)
		require.Equal(d.t, body, string(again), kind)
	}
	require.NoError(d.t, rows.Err())
}

// do runs a step twice, as a crashed task would, and checks that the second
// run answers alike and changes nothing. It is no person's command, so that a
// test may begin where it likes: what the guard refuses is tested apart.
func do[T any](d *desk, act func(context.Context, claim.Step[T]) (claim.Answer, error), by claim.Actor, body T) claim.Receipt {
	d.t.Helper()
	d.n++
	s := claim.Step[T]{
		Claim: d.id, Key: fmt.Sprintf("1/test-%d", d.n), Version: d.file.Version, At: d.began.Add(time.Duration(d.n) * time.Minute), By: by, Body: body,
	}
	first, err := act(d.t.Context(), s)
	require.NoError(d.t, err)
	require.False(d.t, first.Stale)
	events := d.count("events")
	again, err := act(d.t.Context(), s)
	require.NoError(d.t, err)
	require.Equal(d.t, first.Receipt, again.Receipt)
	require.Equal(d.t, events, d.count("events"))
	d.file = first.File
	if r := first.Receipt.Refusal; r != nil {
		require.NotRegexp(d.t, `\{[a-z_]+\}`, r.Text().ZH+r.Text().EN, "every value of a refusal is there")
	}
	return first.Receipt
}

// ask runs a step for somebody who asked for it, whom its guard stops or lets.
func ask[T any](d *desk, act func(context.Context, claim.Step[T]) (claim.Answer, error), by claim.Actor, body T) claim.Receipt {
	d.t.Helper()
	d.n++
	key := fmt.Sprintf("1/test-%d", d.n)
	out, err := act(d.t.Context(), claim.Step[T]{
		Claim: d.id, Key: key, Version: d.file.Version, At: d.began.Add(time.Duration(d.n) * time.Minute), By: by, Body: body,
		Command: &claim.Command{Key: key + string(d.id), Hash: "h", Request: key + string(d.id)},
	})
	require.NoError(d.t, err)
	require.False(d.t, out.Stale)
	d.file = out.File
	return out.Receipt
}

// ruleOf is the rule that refused an act, or none.
func ruleOf(r claim.Receipt) string {
	if r.Refusal == nil {
		return ""
	}
	return r.Refusal.Rule
}

func (d *desk) count(table string) (n int) {
	d.t.Helper()
	require.NoError(d.t, d.db.Owner.QueryRow(d.t.Context(), "select count(*) from "+table+" where claim_id = $1", d.id).Scan(&n))
	return n
}

// verifyChain recomputes the claim's log.
func (d *desk) verifyChain() {
	d.t.Helper()
	rows, err := d.db.API.Query(d.t.Context(), `select number, kind, at, by_id, by_role, body::text, prev_hash, hash from events where claim_id = $1 order by number`, d.id)
	require.NoError(d.t, err)
	defer rows.Close()
	prev, n := claim.Genesis(d.id), int64(0)
	for rows.Next() {
		var e claim.Event
		var body string
		var before, hash []byte
		require.NoError(d.t, rows.Scan(&e.Number, &e.Kind, &e.At, &e.By, &e.Role, &body, &before, &hash))
		e.Body = []byte(body)
		n++
		require.Equal(d.t, n, e.Number, "the log has a gap")
		require.Equal(d.t, prev, before)
		require.Equal(d.t, e.Hash(prev), hash, "event %d, %s", e.Number, e.Kind)
		prev = hash
	}
	require.NoError(d.t, rows.Err())
	var next int64
	var last []byte
	require.NoError(d.t, d.db.API.QueryRow(d.t.Context(), "select next_event, last_hash from claims where id = $1", d.id).Scan(&next, &last))
	require.Equal(d.t, n+1, next)
	require.Equal(d.t, prev, last)
}

var (
	customer = phoned("13800000001") // who holds the policy
	machine  = claim.TheMachine()
	chen     = claim.Actor{ID: "chen", Role: claim.Surveyor, Branch: "3101"}
	zhou     = claim.Actor{ID: "zhou", Role: claim.Assessor, Branch: "3101"}
)

func reviewer(id claim.Principal, level claim.Level) claim.Actor {
	return claim.Actor{ID: id, Role: claim.Reviewer, Branch: "3101", Level: level}
}

func notice(estimate claim.Fen) claim.Notice {
	return claim.Notice{
		Channel: "web", Line: claim.Motor, PolicyNo: "PM1", Plate: "沪A12345", LossAt: morning.Add(-time.Hour), Place: "延安高架",
		At: &claim.Point{Lat: 31.23, Lng: 121.46}, Cause: "collision", Story: "追尾", Self: true,
		Reporter:  claim.Party{Name: "张三", Phone: "13800000001", Role: "insured"},
		Exposures: []claim.NewExposure{{Kind: claim.OwnDamage, Object: "前保险杠", Estimate: estimate}},
	}
}

// assessed brings a claim of the standard lane to an open offer.
func (d *desk) assessed(figure claim.Fen) {
	d.t.Helper()
	n := notice(figure)
	n.LossAt = d.began.Add(-time.Hour)
	do(d, d.Report, customer, n)
	do(d, d.Route, machine, claim.None{})
	d.surveyedAndAssessed(figure)
}

// surveyedAndAssessed brings a claim that was reported to an open offer.
func (d *desk) surveyedAndAssessed(figure claim.Fen) {
	d.t.Helper()
	do(d, d.Dispatch, machine, claim.None{})
	require.Equal(d.t, claim.Dispatched, d.file.Stage)
	task := d.file.TaskOf(claim.TaskSurvey).ID
	do(d, d.Accept, chen, claim.TaskRef{Task: task})
	do(d, d.Survey, chen, claim.SurveyReport{Task: task, ArrivedAt: d.began, Place: &claim.Point{Lat: 31.23, Lng: 121.46}, Facts: "追尾", FaultShare: claim.Whole, Estimate: figure})
	do(d, d.Assess, zhou, claim.Assessment{Task: d.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{{
		Exposure: 1, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "前保险杠", Kind: "part", Amount: figure}},
	}}})
	require.Equal(d.t, claim.Negotiating, d.file.Stage)
	require.Equal(d.t, figure, d.file.Payable)
}

// What was drawn under an agreement is evidence: it must be the claim's own, and
// the log holds its hash.
func TestADrawnSignatureIsADocumentOfTheClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	d.papers()
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	do(d, d.Review, reviewer("zheng", 1), claim.Verdict{Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"})
	drawn, estimate := paper("signature", "5"), paper("repair_estimate", "6")
	d.attach(drawn, estimate)
	require.Equal(t, claim.PaperRead, d.paperAs(drawn).State, "nobody reads it")
	sign := func(document string) claim.Receipt {
		return do(d, d.Agree, customer, claim.Agreement{
			Offer: 1, Payee: claim.Payee{Name: "张三", Bank: "中国银行", Account: "6222020000000000"}, Signature: "drawn", Document: document,
		})
	}
	for _, other := range []string{estimate.Document, uuid.NewString()} {
		require.Equal(t, claim.RuleDocument, ruleOf(sign(other)))
	}
	require.Nil(t, sign(drawn.Document).Refusal)
	require.Equal(t, claim.Agreed, d.file.Stage)
	var logged, kept string
	require.NoError(t, d.db.API.QueryRow(t.Context(), `select body->>'signature_sha256' from events where claim_id = $1 and kind = 'agreement.made'`, d.id).Scan(&logged))
	require.Equal(t, drawn.SHA256, logged)
	require.NoError(t, d.db.API.QueryRow(t.Context(), `select document_id::text from agreements where claim_id = $1`, d.id).Scan(&kept))
	require.Equal(t, drawn.Document, kept)
	d.verifyChain()
}

func TestAClaimGoesFromReportToMoneyInStepsThatActOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	d.papers()
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	do(d, d.Review, reviewer("zheng", 1), claim.Verdict{Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"})
	require.Equal(t, claim.Determined, d.file.Stage)
	do(d, d.Agree, customer, claim.Agreement{Offer: 1, Payee: claim.Payee{Name: "张三", Bank: "中国银行", Account: "6222020000000000"}, Signature: "phone-code"})
	d.release(yang)
	require.Equal(t, claim.Paying, d.file.Stage)
	pay := *d.file.Payment()
	require.Equal(t, claim.PaymentSubmitted, pay.State, "submitted is written before the bank hears of it")
	do(d, d.Settle, machine, claim.Settled{Instruction: pay.ID, Attempt: 1, State: claim.PaymentCleared, BankID: "B1"})
	do(d, d.Close, machine, claim.None{})
	require.Equal(t, claim.Closed, d.file.Stage)
	require.Equal(t, claim.Fen(3_000_000), d.file.Closure().Paid)
	require.Empty(t, d.file.Tasks)
	d.verifyChain()

	var due *time.Time
	require.NoError(t, d.db.API.QueryRow(t.Context(), "select due_at from claims where id = $1", d.id).Scan(&due))
	require.Nil(t, due, "a closed claim has no clock that runs")
}

func TestApprovingAboveOnesLimitIsARecommendationAndGoesUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(6_000_000) // level 1 ends at 5,000,000
	d.papers()
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	got := do(d, d.Review, reviewer("zheng", 1), claim.Verdict{Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"})
	require.Equal(t, claim.Recommended, got.Result)
	require.Equal(t, claim.RuleLimit, ruleOf(got))
	require.Equal(t, claim.Reviewing, d.file.Stage)
	require.Equal(t, claim.Level(2), d.file.Level)
	require.Equal(t, 1, d.count("refused_attempts"))

	do(d, d.Review, reviewer("feng", 2), claim.Verdict{Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"})
	require.Equal(t, claim.Determined, d.file.Stage)
	d.verifyChain()
}

func TestARefusalLeavesTheClaimUntouchedAndIsLogged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	before, err := json.Marshal(d.file)
	require.NoError(t, err)
	events := d.count("events")
	got := do(d, d.Object, customer, claim.Objection{Offer: 7, Reason: "太低"})
	require.Equal(t, claim.RuleOffer, ruleOf(got))
	after, err := json.Marshal(d.file)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
	require.Equal(t, events, d.count("events"))
	require.Equal(t, 1, d.count("refused_attempts"))
}

func TestOneLossReportedManyTimesAtOnceIsOneClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const reports = 24
	var wg sync.WaitGroup
	receipts := make([]claim.Receipt, reports)
	errs := make([]error, reports)
	for i := range reports {
		wg.Go(func() {
			id := claim.ID(uuid.NewString())
			answer, err := d.Report(t.Context(), claim.Step[claim.Notice]{
				Claim: id, Key: "1/report", At: morning, By: claim.Actor{ID: claim.Principal(fmt.Sprintf("phone:%d", i)), Role: claim.Claimant}, Body: notice(100_000),
			})
			receipts[i], errs[i] = answer.Receipt, err
		})
	}
	wg.Wait()
	numbers := map[string]int{}
	joined := 0
	for i := range receipts {
		require.NoError(t, errs[i])
		numbers[receipts[i].Number]++
		if receipts[i].Result == claim.Joined {
			joined++
		}
	}
	require.Len(t, numbers, 1)
	require.Equal(t, reports-1, joined)

	later := notice(100_000)
	later.LossAt = later.LossAt.Add(time.Hour)
	answer, err := d.Report(t.Context(), claim.Step[claim.Notice]{Claim: claim.ID(uuid.NewString()), Key: "1/report", At: morning, By: customer, Body: later})
	require.NoError(t, err)
	require.Equal(t, claim.Done, answer.Receipt.Result, "a second loss an hour later is another claim")
}

func TestAStepOfAnOldVersionChangesNothingAndTellsTheFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	answer, err := d.Consent(t.Context(), claim.Step[claim.Consent]{Claim: d.id, Key: "1/other", Version: d.file.Version - 1, At: morning, By: customer, Body: claim.Consent{Offer: 1}})
	require.NoError(t, err)
	require.True(t, answer.Stale)
	require.Equal(t, d.file.Version, answer.File.Version)
	require.Equal(t, claim.Negotiating, answer.File.Stage)
}

func TestADenialNeedsTwoPeopleEvenForTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	d.papers()
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	do(d, d.Review, reviewer("zheng", 1), claim.Verdict{
		Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictDeny, Opinion: "拒赔",
		Denial: &claim.Denial{Clause: "第八条", Facts: "酒后驾驶", Reasons: "责任免除"},
	})
	require.Equal(t, claim.DenialReview, d.file.Stage)
	task := d.file.TaskOf(claim.TaskDenial)
	require.Equal(t, claim.Level(2), task.Level, "one above what the amount needs")
	_, err := d.DecideDenial(t.Context(), claim.Step[claim.DenialVerdict]{
		Claim: d.id, Key: "1/self", Version: d.file.Version, At: morning, By: reviewer("zheng", 4), Body: claim.DenialVerdict{Task: task.ID, Approve: true},
	})
	require.ErrorContains(t, err, "a denial needs two people")
	do(d, d.DecideDenial, reviewer("feng", 2), claim.DenialVerdict{Task: task.ID, Approve: true, Opinion: "同意"})
	require.Equal(t, claim.Denied, d.file.Stage)
	d.verifyChain()
}

func TestNeitherRoleCanChangeWhatProvesSomething(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	for _, sql := range []string{
		"update events set body = '{}'", "delete from events", "delete from claims", "update assessments set payable_fen = 1",
		"delete from reviews", "update payment_states set state = 'cleared'", "update payments set amount_fen = 1", "delete from steps",
	} {
		_, err := d.db.Worker.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
	for _, sql := range []string{"insert into claims default values", "update claims set stage = 'closed'", "insert into events default values", "update tasks set owner = 'me'"} {
		_, err := d.db.API.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
}

func TestMoneyDoesNotMoveWhileThePolicyIsNotVerified(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := notice(300_000)
	n.PolicyNo, n.Plate = "UNKNOWN", ""
	do(d, d.Report, customer, n)
	require.False(t, d.file.PolicyVerified)
	do(d, d.Route, machine, claim.None{})
	require.Equal(t, claim.Standard, d.file.Lane, "no flash lane without a policy")
	do(d, d.Dispatch, machine, claim.None{})
	task := d.file.TaskOf(claim.TaskSurvey).ID
	do(d, d.Survey, chen, claim.SurveyReport{Task: task, Place: &claim.Point{Lat: 31.2, Lng: 121.4}, Facts: "-", FaultShare: claim.Whole})
	body := claim.Assessment{Task: d.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{{Exposure: 1, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "x", Kind: "part", Amount: 300_000}}}}}
	require.Equal(t, claim.RulePolicy, ruleOf(do(d, d.Assess, zhou, body)))
	require.Equal(t, claim.RulePolicyUnknown, ruleOf(do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "NONE"})))
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"})
	do(d, d.Assess, zhou, body)
	require.Equal(t, claim.Negotiating, d.file.Stage)
	d.verifyChain()
}

func TestAShareOfZeroIsSaidAndNotForgotten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		object  claim.Assessed
		payable claim.Fen
		refused string
	}{
		"forgotten":                            {refused: "fault_share_bp"},
		"the other side's fault":               {object: claim.Assessed{NoFault: true}, refused: "Nothing is payable"},
		"paid first, recovered from the other": {object: claim.Assessed{Subrogation: true}, payable: 300_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			n := notice(300_000)
			n.Self = false
			do(d, d.Report, customer, n)
			do(d, d.Route, machine, claim.None{})
			do(d, d.Dispatch, machine, claim.None{})
			do(d, d.Survey, chen, claim.SurveyReport{Task: d.file.TaskOf(claim.TaskSurvey).ID, Place: &claim.Point{Lat: 31.2, Lng: 121.4}, Facts: "-"})
			c.object.Exposure, c.object.Items = 1, []claim.AssessedItem{{Name: "x", Kind: "part", Amount: 300_000}}
			answer := do(d, d.Assess, zhou, claim.Assessment{Task: d.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{c.object}})
			if c.refused != "" {
				require.Equal(t, claim.RuleInput, ruleOf(answer))
				require.Contains(t, answer.Refusal.Detail, c.refused)
				return
			}
			require.Nil(t, answer.Refusal)
			require.Equal(t, c.payable, d.file.Payable)
		})
	}
}

func TestSeveralThirdPartiesShareOneCompulsorySubLimitAndOneCommercialLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.db.Owner.Exec(t.Context(), `update policy_versions set coverages = '[{"kind":"third_party_property","form":"motor-2020","limit_fen":1000000}]'`)
	require.NoError(t, err)
	n := notice(0)
	owner := &claim.Party{Name: "李四", Phone: "13800000009", Role: "third_party"}
	n.Exposures = []claim.NewExposure{
		{Kind: claim.ThirdPartyProperty, Object: "护栏", Estimate: 900_000, Owner: owner},
		{Kind: claim.ThirdPartyProperty, Object: "路灯", Estimate: 300_000, Owner: owner},
	}
	do(d, d.Report, customer, n)
	do(d, d.Route, machine, claim.None{})
	do(d, d.Dispatch, machine, claim.None{})
	task := d.file.TaskOf(claim.TaskSurvey).ID
	do(d, d.Survey, chen, claim.SurveyReport{Task: task, Place: &claim.Point{Lat: 31.2, Lng: 121.4}, Facts: "-", FaultShare: claim.Whole})
	item := func(fen claim.Fen) []claim.AssessedItem {
		return []claim.AssessedItem{{Name: "x", Kind: "property", Amount: fen}}
	}
	do(d, d.Assess, zhou, claim.Assessment{Task: d.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{
		{Exposure: 1, FaultShare: claim.Whole, Items: item(900_000)},
		{Exposure: 2, FaultShare: claim.Whole, Items: item(300_000)},
	}})
	// ¥2,000 of compulsory cover shared 3 to 1, then ¥10,000 of commercial
	// cover: ¥7,500 for the first, and ¥2,500 that are left for the second.
	require.Equal(t, claim.Fen(900_000), d.file.Exposures[0].Payable)
	require.Equal(t, claim.Fen(300_000), d.file.Exposures[1].Payable)
	var compulsory claim.Fen
	require.NoError(t, d.db.API.QueryRow(t.Context(), "select sum(amount_fen) from assessment_lines where claim_id = $1 and figure = 'compulsory'", d.id).Scan(&compulsory))
	require.Equal(t, claim.Fen(200_000), compulsory)
}

func TestAKeyUsedForTwoClaimsAtOnceIsRefusedAndHarmsNeither(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reported, err := d.Report(t.Context(), asked(d, "one", customer, notice(300_000)))
	require.NoError(t, err)
	d.file = reported.File
	s := asked(d, "another", customer, claim.Reason{})
	s.Command.Key, s.Command.Hash = "one"+string(d.id), "another"
	answer, err := d.Withdraw(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, claim.Refused, answer.Receipt.Result)
	require.Equal(t, claim.RuleInput, ruleOf(answer.Receipt))
	require.Equal(t, d.file, answer.File)
	do(d, d.Route, machine, claim.None{})
	d.verifyChain()
}
