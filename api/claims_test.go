package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/rest"
)

// story is a claim whose steps a test lets happen, as its workflow would.
type story struct {
	*activities.Activities
	h    *house
	id   claim.ID
	file claim.File
	at   time.Time
	n    int
}

const (
	zhang = "13800000001" // the insured, who reports
	wang  = "13800000005" // who reports the same loss again
)

func (h *house) aStory() *story {
	h.t.Helper()
	h.sql(`insert into policies (id, number, line, branch, holder_name, holder_phone, plate) values
		('00000000-0000-0000-0000-000000000001', 'PM-0001', 'motor', '3101', '张三丰', $1, '沪A12345') on conflict do nothing`, zhang)
	h.sql(`insert into policy_versions (policy_id, version, starts_at, ends_at, coverages) values ('00000000-0000-0000-0000-000000000001', 1, now() - interval '1 month', now() + interval '11 months',
		'[{"kind":"own_damage","form":"motor-2020","sum_insured_fen":20000000,"value_fen":18000000,"deductible_fen":0,"rate_bp":0,"limit_fen":0}]') on conflict do nothing`)
	h.sql(`insert into staff (id, name, role, branch, phone, skills) values ('chen', '陈刚', 'surveyor', '3101', '13900000001', '{motor}'), ('sun', '孙伟', 'surveyor', '3101', '', '{}') on conflict do nothing`)
	for id, role := range map[claim.Principal]claim.Role{"zhou": claim.Assessor, "zheng": claim.Reviewer, "feng": claim.Reviewer, "yang": claim.Finance} {
		h.staff(id, role, "3101", 1)
	}
	for id, m := range headOfficeStaff {
		h.staff(id, m.Role, claim.HeadOffice, m.Level)
	}
	h.t.Cleanup(func() { everyTaskIsOnAList(context.WithoutCancel(h.t.Context()), h.t, h.server, h.db.Owner) })
	now := time.Now()
	h.sql(`insert into shifts (staff_id, on_shift, lat, lng, seen_at) values ('chen', true, 31.23, 121.47, $1) on conflict do nothing`, now)
	id := claim.ID(uuid.NewString())
	return &story{Activities: &activities.Activities{DB: h.db.Worker, PseudonymKey: testNames.Key, Insurer: insurer, Pages: "https://claims.example.com"}, h: h, id: id, file: claim.File{ID: id, Cycle: 1}, at: now}
}

func step[T any](s *story, act func(context.Context, claim.Step[T]) (claim.Answer, error), by claim.Actor, body T) claim.Receipt {
	s.h.t.Helper()
	s.n++
	got, err := act(s.h.t.Context(), claim.Step[T]{
		Claim: s.id, Key: fmt.Sprintf("1/%d", s.n), Version: s.file.Version, At: s.at.Add(time.Duration(s.n) * time.Second), By: by, Body: body,
	})
	require.NoError(s.h.t, err)
	require.False(s.h.t, got.Stale)
	require.Nil(s.h.t, got.Receipt.Refusal, "%v", got.Receipt.Refusal)
	s.file = got.File
	return got.Receipt
}

func as(id claim.Principal, role claim.Role, level claim.Level) claim.Actor {
	return claim.Actor{ID: id, Role: role, Branch: "3101", Level: level}
}

var insuredSpeaks = claim.Actor{ID: claimantID(zhang), Role: claim.Claimant}

// reported brings a claim to its first stage.
func (s *story) reported() {
	step(s, s.Report, insuredSpeaks, claim.Notice{
		Channel: "web", Line: claim.Motor, PolicyNo: "PM-0001", Plate: "沪A12345", LossAt: s.at.Add(-time.Hour), Place: "延安高架",
		At: &claim.Point{Lat: 31.23, Lng: 121.46}, Cause: "collision", Story: "追尾前车", Reporter: claim.Party{Name: "张三丰", Phone: zhang, Role: "insured"},
		Exposures: []claim.NewExposure{
			{Kind: claim.OwnDamage, Object: "前保险杠", Estimate: 3_000_000},
			{Kind: claim.ThirdPartyProperty, Object: "前车后备箱", Estimate: 100_000, Owner: &claim.Party{Name: "李四光", Phone: "13800000003", Role: "third_party"}},
		},
	})
	step(s, s.Route, claim.TheMachine(), claim.None{})
}

func (s *story) surveyed() {
	s.reported()
	step(s, s.Dispatch, claim.TheMachine(), claim.None{})
	task := s.file.TaskOf(claim.TaskSurvey).ID
	step(s, s.Accept, as("chen", claim.Surveyor, 0), claim.TaskRef{Task: task})
	step(s, s.Survey, as("chen", claim.Surveyor, 0), claim.SurveyReport{
		Task: task, ArrivedAt: s.at, Place: &claim.Point{Lat: 31.23, Lng: 121.46}, Facts: "追尾属实", FaultShare: claim.Whole, Estimate: 3_000_000,
	})
}

// agreed brings a claim that is to be assessed to finance: ¥31,000.00, by the
// offer of that number.
func (s *story) agreed(offer int, account string) {
	step(s, s.Assess, as("zhou", claim.Assessor, 0), claim.Assessment{Task: s.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{{
		Exposure: 1, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "前保险杠", Kind: "part", Amount: 3_100_000}},
	}}})
	s.papers()
	step(s, s.Consent, insuredSpeaks, claim.Consent{Offer: offer})
	step(s, s.Review, as("zheng", claim.Reviewer, 1), claim.Verdict{Task: s.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"})
	step(s, s.Agree, insuredSpeaks, claim.Agreement{Offer: offer, Payee: claim.Payee{Name: "张三丰", Bank: "中国银行", Account: account}, Signature: "phone-code"})
}

// papers sends what the claim's list needs.
func (s *story) papers() {
	for i, l := range s.file.Checklist.Items {
		if !l.Optional {
			s.paper(l.Kinds[0], strings.Repeat(strconv.Itoa(i), 64))
		}
	}
}

// paper sends one that was read to be what its sender says.
func (s *story) paper(kind, sha string) (id string) {
	id = uuid.NewString()
	step(s, s.Attach, insuredSpeaks, claim.Batch{Attachments: []claim.Attachment{{
		Document: id, Upload: uuid.NewString(), Kind: kind, Name: "f.jpg", Type: "image/jpeg", Size: 1, SHA256: sha, Object: "o", Revision: "r",
		Reading: &claim.Reading{Kind: kind, Engine: "test 1", Pages: 1},
	}}})
	return id
}

func TestWhoSeesWhatOfAClaim(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.reported()
	step(s, s.Dispatch, claim.TheMachine(), claim.None{})
	path := "/v1/claims/" + s.file.Number

	open := readAs[rest.Claim](t, h.get(path, h.staff("intake-1", claim.Intake, "3101", 0)))
	require.Equal(t, s.id, open.Id)
	require.Equal(t, claim.Dispatched, open.Stage)
	require.True(t, open.PolicyVerified)
	require.Equal(t, claim.Fen(3_100_000), open.Amounts.ClaimedFen)
	require.Equal(t, zhang, open.Parties[0].Phone, "intake calls back")
	require.Equal(t, "张三丰", open.Parties[0].Name)
	require.Len(t, open.Exposures, 2)
	require.Equal(t, 2, open.Exposures[1].OwnerParty)
	require.Equal(t, "陈刚", open.Visit.Surveyor)
	require.Equal(t, "139****0001", open.Visit.Phone)
	require.Equal(t, []rest.Actor{{Id: "chen", Role: claim.Surveyor, Name: "陈刚"}}, open.Holders)
	require.Equal(t, string(claim.ClockContact), open.Due.Clock)
	require.NotEmpty(t, open.Due.Explanation)
	require.Contains(t, open.Next.TextEn, "surveyor")

	byID := readAs[rest.Claim](t, h.get("/v1/claims/"+string(s.id), h.staff("review-1", claim.Reviewer, "0000", 3)))
	require.Equal(t, "张*", byID.Parties[0].Name, "a reviewer's task does not need it")
	require.Equal(t, "138****0001", byID.Parties[0].Phone)

	mine := readAs[rest.Claim](t, h.get(path, h.claimant(zhang, "")))
	require.Equal(t, "138****0001", mine.Parties[0].Phone)
	require.Equal(t, "陈*", mine.Visit.Surveyor)
	require.Equal(t, claim.Fen(3_100_000), mine.Amounts.ClaimedFen)
	require.Empty(t, mine.Tasks[0].Owner)

	third := readAs[rest.Claim](t, h.get(path, h.claimant("13800000003", s.id)))
	require.Equal(t, s.file.Number, third.Number)
	require.Len(t, third.Parties, 1, "a third party sees themselves")
	require.Len(t, third.Exposures, 1, "and what is theirs")
	require.Zero(t, third.Amounts)
	require.Empty(t, third.Story+third.PolicyNo+third.Plate)
	require.Empty(t, third.Tasks)
	h.get(path+"/offers", h.claimant("13800000003", s.id)).problem(t, http.StatusForbidden)

	for name, token := range map[string]string{
		"another branch":       h.staff("intake-2", claim.Intake, "3201", 0),
		"an administrator":     h.staff("admin-1", claim.Admin, "0000", 0),
		"another claimant":     h.claimant("13800000004", ""),
		"a surveyor not sent":  h.staff("sun", claim.Surveyor, "3101", 0),
		"another partner":      h.staff("partner-1", claim.Partner, "3101", 0),
		"the third, by nobody": h.claimant("13800000003", ""),
	} {
		p := h.get(path, token).problem(t, http.StatusNotFound)
		require.Equal(t, contract.ErrNotFound.Detail, p.Detail, name)
		missing := h.get("/v1/claims/AP-3101-2026-999999", token).problem(t, http.StatusNotFound)
		require.Equal(t, p.Detail, missing.Detail, "nobody can tell what is not theirs from what is not there")
	}
	require.Equal(t, http.StatusOK, h.get(path, h.staff("chen", claim.Surveyor, "3201", 0)).status, "the surveyor who was sent, wherever they are")
	h.get(path+"/reviews", h.claimant(zhang, "")).problem(t, http.StatusForbidden)
}

func TestAClaimIsReadAgainOnlyWhenItHasChanged(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.reported()
	path, token := "/v1/claims/"+s.file.Number, h.staff("intake-1", claim.Intake, "3101", 0)
	first := h.get(path, token)
	tag := first.header.Get("ETag")
	require.NotEmpty(t, tag)
	for _, have := range []string{tag, `"other", ` + tag, "W/" + tag, "*"} {
		a := h.get(path, token, "If-None-Match", have)
		require.Equal(t, http.StatusNotModified, a.status)
		require.Empty(t, a.body)
	}
	require.Equal(t, http.StatusOK, h.get(path, h.staff("review-1", claim.Reviewer, "3101", 1), "If-None-Match", tag).status, "another's view is another state")

	step(s, s.Dispatch, claim.TheMachine(), claim.None{})
	next := h.get(path, token, "If-None-Match", tag)
	require.Equal(t, http.StatusOK, next.status)
	require.NotEqual(t, tag, next.header.Get("ETag"))
	require.Equal(t, claim.Dispatched, readAs[rest.Claim](t, next).Stage, "what was kept is of a version")
}

func TestTheTimelineTellsTheStory(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	step(s, s.Rereport, claim.TheMachine(), claim.Again{Event: "e1", By: claim.Actor{ID: claimantID(wang), Role: claim.Claimant}, Channel: "web", Reporter: claim.Party{Name: "王五", Phone: wang, Role: "driver"}})
	path := "/v1/claims/" + s.file.Number + "/timeline"

	all := readAs[rest.EventPage](t, h.get(path, h.staff("audit-1", claim.Audit, "0000", 0)))
	for i, e := range all.Items {
		require.EqualValues(t, i+1, e.Number)
		require.NotEmpty(t, e.TextZh)
		require.NotEmpty(t, e.Body, "who verifies sees what was hashed")
		if i > 0 {
			require.Equal(t, all.Items[i-1].Hash, e.PrevHash)
		}
	}
	require.Equal(t, "Reported as "+s.file.Number+": motor, collision, ¥31,000.00 claimed.", all.Items[0].TextEn)
	require.Equal(t, rest.Actor{Role: claim.Claimant, Name: "张*"}, all.Items[0].By, "without an id, by which the phone could be tried")
	told := func(p rest.EventPage) (text string) {
		for _, e := range p.Items {
			text += e.TextZh + "\n"
		}
		return text
	}
	require.Contains(t, told(all), "查勘员陈刚已接单")

	mine := readAs[rest.EventPage](t, h.get(path, h.claimant(zhang, "")))
	require.Contains(t, told(mine), "查勘员陈*已接单")
	for _, e := range mine.Items {
		require.Empty(t, e.Body)
		require.NotContains(t, hiddenKinds, string(e.Kind))
	}

	page := readAs[rest.EventPage](t, h.get(path+"?limit=2", h.staff("audit-1", claim.Audit, "0000", 0)))
	require.Len(t, page.Items, 2)
	others := readAs[rest.EventPage](t, h.get(path+"?limit=200&after="+page.Next, h.staff("audit-1", claim.Audit, "0000", 0)))
	require.Len(t, others.Items, len(all.Items)-2)

	again := readAs[rest.EventPage](t, h.get(path, h.claimant(wang, s.id)))
	for _, e := range again.Items {
		require.Equal(t, claimantID(wang), e.By.Id, "an extra reporter sees their own")
	}
}

func TestWhatIsMissingAndByWhen(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	token := h.staff("intake-1", claim.Intake, "3101", 0)
	missing := readAs[rest.MissingPage](t, h.get("/v1/claims/"+s.file.Number+"/missing", token))
	require.Equal(t, "assess", missing.Items[0].What)
	require.Equal(t, claim.Assessor, missing.Items[0].From)
	require.True(t, missing.Items[0].Blocks)

	a := h.get("/v1/claims/"+s.file.Number+"/clocks", token)
	clocks := readAs[rest.Clocks](t, a)
	states := map[string]rest.DeadlineState{}
	for _, d := range clocks.Deadlines {
		states[d.Clock] = d.State
		require.NotEmpty(t, d.Source)
		require.NotEmpty(t, d.Explanation)
		require.False(t, d.DueAt.IsZero())
	}
	require.Equal(t, rest.Met, states["registration"])
	require.Equal(t, rest.Running, states["contact"], "nobody has spoken to them")
	require.Equal(t, rest.Met, states["on_site"])
	require.Equal(t, rest.Running, states["determination"])
	require.Equal(t, http.StatusNotModified, h.get("/v1/claims/"+s.file.Number+"/clocks", token, "If-None-Match", a.header.Get("ETag")).status)
}

func TestEveryPieceOfWorkCanBeRead(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	step(s, s.Assess, as("zhou", claim.Assessor, 0), claim.Assessment{Task: s.file.TaskOf(claim.TaskAssess).ID, Note: "更换", Objects: []claim.Assessed{{
		Exposure: 1, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "前保险杠", Kind: "part", Amount: 3_000_000}},
	}}})
	step(s, s.Object, insuredSpeaks, claim.Objection{Offer: 1, Reason: "偏低", Counter: 3_200_000})
	s.agreed(2, "6222020000001234")
	task := readAs[rest.Task](t, h.get("/v1/tasks/"+s.file.TaskOf(claim.TaskRelease).ID, h.staff("yang", claim.Finance, "3101", 0)))
	require.Equal(t, "张三丰", task.Payout.PayeeName, "finance compares the name")
	require.Equal(t, "****1234", task.Payout.PayeeAccount)
	require.Equal(t, claim.Fen(3_100_000), task.Payout.AmountFen)
	require.Empty(t, task.Payout.Changes)
	step(s, s.Release, as("yang", claim.Finance, 0), claim.Release{Task: task.Id, Seen: task.Payout.Seen})
	pay := *s.file.Payment()
	step(s, s.Settle, claim.TheMachine(), claim.Settled{Instruction: pay.ID, Attempt: 1, State: claim.PaymentCleared, BankID: "B1"})
	step(s, s.Close, claim.TheMachine(), claim.None{})

	manager, mine := h.staff("manager-1", claim.Manager, "3101", 0), h.claimant(zhang, "")
	path := "/v1/claims/" + s.file.Number
	surveys := readAs[rest.SurveyPage](t, h.get(path+"/surveys", mine))
	require.Equal(t, "追尾属实", surveys.Items[0].Facts)
	require.Equal(t, "陈*", surveys.Items[0].By.Name)
	require.NotNil(t, surveys.Items[0].Place)

	dispatches := readAs[rest.DispatchPage](t, h.get(path+"/dispatches", manager))
	require.EqualValues(t, "chen", dispatches.Items[0].Chosen)
	require.Equal(t, "陈刚", dispatches.Items[0].Name)
	require.Len(t, dispatches.Items[0].Ranked, 2, "the losers too")
	require.Equal(t, 1, dispatches.Items[0].Ranked[0].Rank)
	require.Contains(t, dispatches.Items[0].Ranked[1].Reason, "不在班")
	require.NotContains(t, dispatches.Items[0].Ranked[1].Reason, "_")

	assessments := readAs[rest.AssessmentPage](t, h.get(path+"/assessments", mine))
	require.Len(t, assessments.Items, 2)
	require.Equal(t, claim.Fen(3_000_000), assessments.Items[0].PayableFen)
	require.Equal(t, claim.Whole, assessments.Items[0].Objects[0].FaultShare)
	require.NotEmpty(t, assessments.Items[0].Lines)

	offers := readAs[rest.OfferPage](t, h.get(path+"/offers", mine))
	require.False(t, offers.Items[0].InForce)
	require.True(t, offers.Items[1].InForce)
	require.Equal(t, rest.Objected, offers.Items[0].Answers[0].Answer)
	require.Equal(t, claim.Fen(3_200_000), offers.Items[0].Answers[0].CounterFen)
	require.Equal(t, "张*", offers.Items[0].Answers[0].By.Name)

	reviews := readAs[rest.ReviewPage](t, h.get(path+"/reviews", manager))
	require.Equal(t, rest.Determined, reviews.Items[0].Result)
	require.NotEmpty(t, reviews.Items[0].AuthorityVersion)

	payments := readAs[rest.ClaimPaymentPage](t, h.get(path+"/payments", mine))
	require.Equal(t, "****1234", payments.Items[0].PayeeAccount)
	require.Equal(t, "张*", payments.Items[0].PayeeName)
	require.Equal(t, claim.PaymentCleared, payments.Items[0].State)
	require.Len(t, payments.Items[0].Steps, 2)
	all := readAs[rest.PaymentPage](t, h.get("/v1/payments", h.staff("yang", claim.Finance, "3101", 0)))
	require.Equal(t, "张三丰", all.Items[0].PayeeName, "finance compares the name")
	require.Equal(t, []rest.PaymentTotal{{State: claim.PaymentCleared, Count: 1, AmountFen: 3_100_000}}, all.Totals)
	require.Equal(t, []rest.BranchTotal{{Branch: "3101", Count: 1, AmountFen: 3_100_000}}, all.Branches)
	require.Empty(t, readAs[rest.PaymentPage](t, h.get("/v1/payments?state=returned", manager)).Items)
	require.Empty(t, readAs[rest.PaymentPage](t, h.get("/v1/payments", h.staff("zhu", claim.Finance, "3201", 0))).Totals, "totals keep to the branch")

	closed := readAs[rest.Claim](t, h.get(path, mine))
	require.Equal(t, claim.OutcomePaid, closed.Outcome)
	require.Equal(t, claim.Fen(3_100_000), closed.Amounts.PaidFen)
	require.Nil(t, closed.Due)
	require.Empty(t, closed.Tasks)
}

func TestADenialIsReadByThoseWhoDecideIt(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.surveyed()
	step(s, s.Assess, as("zhou", claim.Assessor, 0), claim.Assessment{Task: s.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{{
		Exposure: 1, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "前保险杠", Kind: "part", Amount: 3_000_000}},
	}}})
	s.papers()
	step(s, s.Consent, insuredSpeaks, claim.Consent{Offer: 1})
	step(s, s.Review, as("zheng", claim.Reviewer, 1), claim.Verdict{
		Task: s.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictDeny, Opinion: "拒赔",
		Denial: &claim.Denial{Clause: "第八条", Facts: "酒后驾驶", Reasons: "责任免除"},
	})
	path := "/v1/claims/" + s.file.Number
	reviewer, mine := h.staff("zheng", claim.Reviewer, "3101", 1), h.claimant(zhang, "")
	open := readAs[rest.DenialPage](t, h.get(path+"/denials", reviewer))
	require.Nil(t, open.Items[0].Verdict)
	require.Contains(t, open.Items[0].Papers, rest.StatedPaper{TextZh: "驾驶证", TextEn: "the driving licence", State: claim.ItemAccepted}, "on what it rests")
	require.Equal(t, "员工zheng", open.Items[0].ProposedBy.Name)

	// Until a second person has decided, the claimant hears of no denial.
	h.get(path+"/denials", mine).problem(t, http.StatusForbidden)
	seen := readAs[rest.Claim](t, h.get(path, mine))
	require.Empty(t, seen.Tasks)
	require.NotContains(t, seen.Next.TextEn, "denial")
	for _, where := range []string{"/timeline", "/missing"} {
		require.NotContains(t, strings.ToLower(string(h.get(path+where, mine).body)), "denial", where)
	}

	step(s, s.DecideDenial, as("feng", claim.Reviewer, 2), claim.DenialVerdict{Task: s.file.TaskOf(claim.TaskDenial).ID, Approve: true, Opinion: "同意"})
	decided := readAs[rest.DenialPage](t, h.get(path+"/denials", reviewer))
	require.True(t, decided.Items[0].Verdict.Approved)
}

func TestAnActThatThePolicyStopsIsLogged(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	s := h.aStory()
	s.reported()
	path := "/v1/claims/" + s.file.Number
	h.sql(`insert into staff (id, name, role, branch, phone) values ('own-1', '张三丰', 'intake', '3101', $1)`, zhang)
	h.staff("own-1", claim.Intake, "3101", 0)

	p := h.call(http.MethodPost, path+"/withdrawal", h.staff("review-1", claim.Reviewer, "3101", 1), rest.Reason{Reason: "x"}, "X-Request-Id", "r1").problem(t, http.StatusForbidden)
	require.Equal(t, "/problems/not-allowed", p.Type)
	require.Equal(t, claim.RuleRole, p.Rule)
	require.Equal(t, "This is for: its claimant; intake and service on the claimant's word. You are signed in as reviewer.", p.Detail)
	require.Equal(t, "您以核赔人身份登录，这一步不由您办理。", p.DetailZh)
	own := h.call(http.MethodPost, path+"/withdrawal", "own-1", rest.Reason{Reason: "x"}).problem(t, http.StatusForbidden)
	require.Equal(t, "separation.own-claim", own.Rule)
	require.Equal(t, "/problems/separation-of-duties", own.Type)
	h.call(http.MethodPost, path+"/withdrawal", h.staff("intake-2", claim.Intake, "3201", 0), rest.Reason{Reason: "x"}).problem(t, http.StatusNotFound)
	h.get(path+"/denials", h.staff("intake-1", claim.Intake, "3101", 0)).problem(t, http.StatusForbidden) // reading is no act

	audit := h.staff("audit-1", claim.Audit, "3101", 0)
	log := readAs[rest.RefusedAttemptPage](t, h.get("/v1/refused-attempts?claim="+s.file.Number, audit))
	require.Len(t, log.Items, 2, "those of the branch")
	require.Equal(t, "separation.own-claim", log.Items[0].Rule)
	require.Equal(t, "WithdrawClaim", log.Items[1].Act)
	require.Equal(t, p.Instance, log.Items[1].Request)
	require.Equal(t, s.file.Number, log.Items[1].Number)
	head := readAs[rest.RefusedAttemptPage](t, h.get("/v1/refused-attempts", h.staff("audit-0", claim.Audit, "0000", 0)))
	require.Len(t, head.Items, 3)
	require.Equal(t, access.RuleNotVisible, head.Items[0].Rule)
	require.Len(t, readAs[rest.RefusedAttemptPage](t, h.get("/v1/refused-attempts?rule=separation.own-claim", audit)).Items, 1)
	h.get("/v1/refused-attempts", h.claimant(zhang, "")).problem(t, http.StatusForbidden)
}
