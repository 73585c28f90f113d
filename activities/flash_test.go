package activities_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/claim/document"
)

// names are the pseudonyms of the test's claimants.
var names = claim.Pseudonyms{Key: []byte("a test's own")}

// phoned is a claimant with a verified phone.
func phoned(phone string) claim.Actor { return claim.Actor{ID: names.Of(phone), Role: claim.Claimant} }

// fresh is a hash that no other paper has.
func fresh() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }

// reported is another claim than any before: by one loss, and another.
func (d *desk) reported(by claim.Actor, change ...func(*claim.Notice)) *desk {
	d.t.Helper()
	next := d.another()
	n := notice(300_000)
	d.losses++
	n.LossAt = n.LossAt.Add(-time.Duration(d.losses) * time.Hour)
	for _, f := range change {
		f(&n)
	}
	do(next, next.Report, by, n)
	do(next, next.Route, machine, claim.None{})
	return next
}

// offered brings a flash claim to its offer, with a paper that names the
// insured car.
func (d *desk) offered(by claim.Actor, change ...func(*claim.Notice)) *desk {
	d.t.Helper()
	next := d.reported(by, change...)
	require.Equal(d.t, claim.Flash, next.file.Lane)
	next.assessedBySelf(paper("repair_estimate", fresh(), "total_fen", "300000", "plate", "沪A12345"))
	require.Equal(d.t, claim.Negotiating, next.file.Stage)
	return next
}

func (d *desk) assessedBySelf(papers ...claim.Attachment) {
	d.t.Helper()
	d.attach(papers...)
	// What staff send counts at once.
	do(d, d.Attach, claim.Actor{ID: "wang", Role: claim.Intake, Branch: "3101"}, claim.Batch{Attachments: []claim.Attachment{paper("loss_photo", fresh()), paper("loss_photo", fresh())}})
	do(d, d.SelfSurvey, machine, claim.None{})
	if d.file.Lane == claim.Flash {
		do(d, d.AssessBySelf, machine, claim.None{})
	}
}

// agree signs the offer at a moment.
func (d *desk) agree(by claim.Actor, at time.Time, name, account string) claim.File {
	answer, err := d.Agree(d.t.Context(), claim.Step[claim.Agreement]{
		Claim: d.id, Key: "1/agree", Version: d.file.Version, At: at, By: by,
		Command: &claim.Command{Key: uuid.NewString(), Hash: "h", Request: uuid.NewString()},
		Body:    claim.Agreement{Offer: 1, Payee: claim.Payee{Name: name, Bank: "中国银行", Account: account}, Signature: "phone-code"},
	})
	require.NoError(d.t, err)
	require.Nil(d.t, answer.Receipt.Refusal)
	d.file = answer.File
	return answer.File
}

func (d *desk) owner(sql string) {
	d.t.Helper()
	_, err := d.db.Owner.Exec(d.t.Context(), sql)
	require.NoError(d.t, err)
}

// noteOf is what the task of a kind says of why it is there, in both languages.
func (d *desk) noteOf(kind claim.TaskKind) string {
	d.t.Helper()
	var code claim.NoteCode
	var values []byte
	var words string
	require.NoError(d.t, d.db.API.QueryRow(d.t.Context(), `select note_code, note_values, note from tasks where claim_id = $1 and kind = $2 order by opened_at desc limit 1`, d.id, kind).Scan(&code, &values, &words))
	said := claim.NoteOf(code, values, words).Text()
	require.NotRegexp(d.t, `\{[a-z_]+\}`, said.ZH+said.EN, "every value of a note is there")
	return said.ZH + "\n" + said.EN
}

// note is that of the open review.
func (d *desk) note() string {
	d.t.Helper()
	return d.noteOf(claim.TaskReview)
}

func TestTheFlashLaneTakesOnlyReportsOfPeopleInThePolicy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.owner(`update policies set insured_name = '张小三', insured_phone = '13800000002', drivers = '[{"name": "李四", "phone": "13800000003"}]'`)
	d.owner(`insert into staff (id, name, role, branch, vouches) values
		('good', '好伙伴', 'partner', '3101', true), ('other', '另一家', 'partner', '3101', false), ('wang', '王敏', 'intake', '3101', false)`)
	partner := func(id claim.Principal) claim.Actor {
		return claim.Actor{ID: id, Role: claim.Partner, Branch: "3101"}
	}
	for name, row := range map[string]struct {
		by    claim.Actor
		phone string          // that the report names
		role  claim.PartyRole // that it claims
		want  claim.Relation
	}{
		"the holder":                                {phoned("13800000001"), "13800000001", "insured", claim.Holder},
		"the holder who says something else":        {phoned("13800000001"), "13800000001", "broker", claim.Holder},
		"the insured":                               {phoned("13800000002"), "13800000002", "reporter", claim.Insured},
		"a driver whom the policy names":            {phoned("13800000003"), "13800000003", "driver", claim.Driver},
		"a stranger who says that they are insured": {phoned("13800000004"), "13800000004", "insured", claim.Stranger},
		"a stranger who names the holder's phone":   {phoned("13800000004"), "13800000001", "insured", claim.Stranger},
		"a partner that vouches for the holder":     {partner("good"), "13800000001", "insured", claim.Holder},
		"a partner that vouches for a driver":       {partner("good"), "13800000003", "driver", claim.Driver},
		"a partner that vouches for a stranger":     {partner("good"), "13800000004", "insured", claim.Stranger},
		"a partner that does not vouch":             {partner("other"), "13800000001", "insured", claim.Stranger},
		"a partner who is not on the list":          {partner("gone"), "13800000001", "insured", claim.Stranger},
		"intake, at a caller's word":                {claim.Actor{ID: "wang", Role: claim.Intake, Branch: "3101"}, "13800000001", "insured", claim.Stranger},
	} {
		one := d.reported(row.by, func(n *claim.Notice) {
			n.Reporter = claim.Party{Name: "张三", Phone: row.phone, Role: row.role}
		})
		require.Equal(t, row.want, one.file.Reporter, name)
		want := claim.Flash
		if row.want == claim.Stranger {
			want = claim.Standard
			require.Equal(t, claim.Dispatching, one.file.Stage, name)
		}
		require.Equal(t, want, one.file.Lane, name)
		var kept claim.Relation
		require.NoError(t, d.db.API.QueryRow(t.Context(), `select relation from claims where id = $1`, one.id).Scan(&kept))
		require.Equal(t, row.want, kept, name)
	}
}

func TestWhoReportedIsLookedAtAgainOnceThePolicyIsLinked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	wang := claim.Actor{ID: "wang", Role: claim.Intake, Branch: "3101"}
	for phone, want := range map[string]claim.Relation{"13800000001": claim.Holder, "13800000004": claim.Stranger} {
		one := d.reported(phoned(phone), func(n *claim.Notice) {
			n.PolicyNo, n.Plate, n.Reporter.Phone = "UNKNOWN "+phone, "", phone
		})
		require.Equal(t, claim.Stranger, one.file.Reporter)
		do(one, one.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"})
		require.Equal(t, want, one.file.Reporter)
		require.Equal(t, claim.Standard, one.file.Lane, "a claim that people have does not go back to a machine")
	}
}

func TestAMachinePaysAnAccountInTheInsuredsName(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		payee string
		paid  bool
	}{
		"the holder":                     {"张三", true},
		"the holder, spaced":             {" 张　三 ", true},
		"the insured":                    {"上海云帆(纺织)有限公司", true},
		"the insured, in wide letters":   {"上海云帆（纺织）有限公司", true},
		"somebody else":                  {"李四", false},
		"somebody whose name goes on":    {"张三丰", false},
		"the company without its ending": {"上海云帆(纺织)", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`update policies set insured_name = '上海云帆(纺织)有限公司', insured_phone = '13800000002'`)
			one := d.offered(customer)
			one.agree(customer, morning.Add(time.Hour), row.payee, "6222020000000000")
			if row.paid {
				require.Equal(t, claim.Paying, one.file.Stage)
				return
			}
			require.Equal(t, claim.Reviewing, one.file.Stage, "it goes to a person, and is not refused")
			require.Equal(t, claim.Standard, one.file.Lane)
			require.Empty(t, one.file.Payments)
			require.Contains(t, one.note(), "收款户名不是投保人或被保险人")
			one.verifyChain()
		})
	}
}

// Between the offer and the signature days may pass. What another claim brings
// meanwhile is known when the machine pays.
func TestWhatAnotherClaimBringsAfterTheOfferStopsTheMachine(t *testing.T) {
	t.Parallel()
	const number = "26312000000012345678"
	for name, row := range map[string]struct {
		brings []string // fields of the other claim's paper
		found  []string
	}{
		"nothing of this one":                     {[]string{"invoice_number", "26312000000099999999"}, nil},
		"the same invoice":                        {[]string{"invoice_number", number}, []string{"invoice.elsewhere!"}},
		"the invoice that takes this one's back":  {[]string{"reversed_number", number}, []string{"invoice.reversed!"}},
		"the same, and was withdrawn before that": {[]string{"reversed_number", number, "withdrawn", ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			one := d.reported(customer)
			one.assessedBySelf(paper("vat_invoice", fresh(), "total_fen", "300000", "plate", "沪A12345", "invoice_number", number))
			require.Equal(t, claim.Negotiating, one.file.Stage)

			other := d.reported(customer)
			other.attach(paper("vat_invoice", fresh(), row.brings[:2]...))
			if len(row.brings) > 2 {
				do(other, other.Withdraw, customer, claim.Reason{Reason: "误报"})
			}
			one.agree(customer, morning.Add(time.Hour), "张三", "6222020000000000")
			require.ElementsMatch(t, row.found, one.findings())
			one.verifyChain()
			if row.found == nil {
				require.Equal(t, claim.Paying, one.file.Stage)
				return
			}
			require.Equal(t, claim.Reviewing, one.file.Stage)
			require.Equal(t, claim.Standard, one.file.Lane)
			require.Empty(t, one.file.Payments)
		})
	}
}

// A partner that vouches no more vouches for nothing that is open: before the
// machine's offer, and before its payment.
func TestAPartnerVouchesUntilTheMoneyGoes(t *testing.T) {
	t.Parallel()
	for name, offered := range map[string]bool{"before the offer": false, "after it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`insert into staff (id, name, role, branch, vouches) values ('good', '好伙伴', 'partner', '3101', true)`)
			good := claim.Actor{ID: "good", Role: claim.Partner, Branch: "3101"}
			one := d.reported(good)
			stops := func() { d.owner(`update staff set vouches = false where id = 'good'`) }
			if !offered {
				stops()
			}
			one.assessedBySelf(paper("vat_invoice", fresh(), "total_fen", "300000", "plate", "沪A12345"))
			if !offered {
				require.Equal(t, claim.Assessing, one.file.Stage)
				return
			}
			require.Equal(t, claim.Negotiating, one.file.Stage)
			stops()
			one.agree(good, morning.Add(time.Hour), "张三", "6222020000000001")
			require.Equal(t, claim.Reviewing, one.file.Stage)
			require.Empty(t, one.file.Payments)
		})
	}
}

// A person reads another amount on the invoice that the offer rests on: no
// machine pays the figure that was misread.
func TestAPersonsCorrectionAfterTheOfferStopsTheMachine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	invoice := paper("vat_invoice", fresh(), "total_fen", "300000", "plate", "沪A12345")
	d.assessedBySelf(invoice)
	require.Equal(t, claim.Negotiating, d.file.Stage)
	do(d, d.Confirm, zhou, claim.Confirmation{Document: invoice.Document, Fields: []claim.ConfirmedField{{Name: "total_fen", Value: "50000"}}})
	require.Equal(t, claim.Standard, d.file.Lane)
	require.Equal(t, claim.Assessing, d.file.Stage, "a person says what the loss is")
	require.Equal(t, claim.RuleStage, ruleOf(ask(d, d.Agree, customer, claim.Agreement{Offer: 1, Payee: first, Signature: "phone-code"})))
	require.Empty(t, d.file.Payments)
	d.verifyChain()
}

// What a person reads on a paper after the claimant's consent is another figure
// than the one that was agreed to, unless it is what was read before.
func TestACorrectionAfterTheConsentVoidsTheFigure(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind, total string
		voids       bool
	}{
		"another amount":       {"", "50000", true},
		"another kind":         {"other", "3000000", true},
		"what was read before": {"", "3000000", false},
	} {
		for _, stage := range []claim.Stage{claim.Negotiating, claim.Reviewing, claim.Determined, claim.Agreed} {
			t.Run(name+", "+string(stage), func(t *testing.T) {
				t.Parallel()
				d := newDesk(t)
				d.assessed(3_000_000)
				estimate := paper("repair_estimate", fresh(), "total_fen", "3000000")
				d.attach(estimate, paper("driving_licence", "2", "name", "张三"), paper("vehicle_licence", "3", "owner", "张三"))
				if stage != claim.Negotiating {
					do(d, d.Consent, customer, claim.Consent{Offer: 1})
				}
				if stage == claim.Determined || stage == claim.Agreed {
					d.reviewed(claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"})
				}
				if stage == claim.Agreed {
					d.agrees(1, "张三", "6222020000000000")
				}
				do(d, d.Confirm, zhou, claim.Confirmation{Document: estimate.Document, Kind: row.kind, Fields: []claim.ConfirmedField{{Name: "total_fen", Value: row.total}}})
				if !row.voids {
					require.Equal(t, stage, d.file.Stage)
					require.Empty(t, d.messages("voided-paper"))
					return
				}
				require.Equal(t, claim.Assessing, d.file.Stage)
				require.NotNil(t, d.file.TaskOf(claim.TaskAssess))
				require.Len(t, d.messages("voided-paper"), 1)
				d.verifyChain()
			})
		}
	}
}

// What comes to light after the approval is on finance's card, and a release that
// has not seen it is refused.
func TestWhatComesAfterTheApprovalIsShownToWhoReleases(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		brings func(d *desk)
		what   string // "" for nothing that matters
	}{
		"a grave finding": {func(d *desk) {
			d.attach(paper("vat_invoice", fresh(), "invoice_number", "26312000000000000077", "issue_date", d.began.AddDate(0, 0, -3).In(claim.Shanghai).Format(time.DateOnly)))
		}, "finding"},
		"a paper that a person confirms": {func(d *desk) {
			late := paper("vat_invoice", fresh(), "invoice_number", "26312000000000000078")
			late.Reading.Fields[0].Sure = false
			d.attach(late)
			do(d, d.Confirm, zhou, claim.Confirmation{Document: late.Document, Fields: []claim.ConfirmedField{{Name: "invoice_number", Value: "26312000000000000078"}}})
		}, "paper"},
		"a picture": {func(d *desk) { d.attach(paper("loss_photo", fresh())) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.assessed(3_000_000)
			d.papers()
			do(d, d.Consent, customer, claim.Consent{Offer: 1})
			d.reviewed(claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"})
			d.agrees(1, "张三", "6222020000000000")
			seen := d.payout().Seen()
			row.brings(d)
			require.Equal(t, claim.Agreed, d.file.Stage)
			released := do(d, d.Release, claim.Actor{ID: "yang", Role: claim.Finance, Branch: "3101"}, claim.Release{Task: d.file.TaskOf(claim.TaskRelease).ID, Seen: seen})
			if row.what == "" {
				require.Nil(t, released.Refusal)
				return
			}
			require.Equal(t, claim.RuleReleaseChanged, ruleOf(released))
			require.Equal(t, row.what, d.payout().Changes(document.Rules())[0].What)
		})
	}
}

// A second report by a person in the policy says what the first one does not: the
// machine stops. A stranger's stops nothing.
func TestASecondReportThatSaysMoreStopsTheMachine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		by      claim.Actor
		phone   string
		injury  bool
		claimed claim.Fen
		lane    claim.Lane
	}{
		"the holder, that a third party lost, too":   {customer, "13800000001", false, -1, claim.Standard},
		"a stranger, that a third party lost, too":   {phoned("13800000005"), "13800000005", false, -1, claim.Flash},
		"the same by the holder":                     {customer, "13800000001", false, 300_000, claim.Flash},
		"the holder, that somebody is hurt":          {customer, "13800000001", true, 300_000, claim.Standard},
		"the holder, as much as the lane takes":      {customer, "13800000001", false, 500_000, claim.Flash},
		"the holder, more than the lane takes":       {customer, "13800000001", false, 500_001, claim.Standard},
		"a driver of the policy, that one is hurt":   {phoned("13800000003"), "13800000003", true, 0, claim.Standard},
		"the holder by telephone, that one is hurt":  {wang, "13800000001", true, 0, claim.Standard},
		"a stranger by telephone, the same":          {wang, "13800000009", true, 0, claim.Flash},
		"a stranger, that somebody is hurt":          {phoned("13800000005"), "13800000005", true, 0, claim.Flash},
		"a stranger, who names the holder's as hers": {phoned("13800000005"), "13800000001", true, 0, claim.Flash},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`update policies set drivers = '[{"name": "李四", "phone": "13800000003"}]'`)
			d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101')`)
			d.flash()
			do(d, d.Rereport, row.by, claim.Again{
				Event: "again", By: row.by, Channel: "web", Reporter: claim.Party{Name: "某人", Phone: row.phone, Role: "reporter"},
				PolicyNo: "PM1", Injury: row.injury, Claimed: max(row.claimed, 0), Others: row.claimed < 0, Story: "停车时被剐蹭",
			})
			require.Equal(t, row.lane, d.file.Lane)
			told := one[string](d, `select coalesce(body->>'story', '') from events where claim_id = $1 and kind = 'claim.rereported'`)
			if row.by.ID == phoned("13800000005").ID || row.phone == "13800000009" {
				require.Empty(t, told, "what a stranger says is not passed on")
			} else {
				require.Equal(t, "停车时被剐蹭", told)
			}
			d.verifyChain()
		})
	}
}

// A stranger has sent an invoice, which counted for nothing. Once the holder sends
// it too, after the offer, the figure that was offered does not know it.
func TestAnotherInvoiceAfterTheOfferStopsTheMachineWhoeverSentItFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	d.reportsAgain(phoned("13800000005"), "13800000005")
	other := paper("vat_invoice", fresh(), "total_fen", "50000", "plate", "沪A12345")
	do(d, d.Attach, phoned("13800000005"), claim.Batch{Attachments: []claim.Attachment{other}})
	d.assessedBySelf(paper("vat_invoice", fresh(), "total_fen", "300000", "plate", "沪A12345"))
	require.Equal(t, claim.Flash, d.file.Lane)
	do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{other}})
	do(d, d.RecordReading, machine, claim.Read{Document: other.Document, Reading: *other.Reading})
	require.Equal(t, claim.Standard, d.file.Lane)
	d.verifyChain()
}

// However much has come since the approval: what comes next is another state than
// the one that was shown.
func TestAReleaseSeesTheLastOfManyChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	d.papers()
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	d.reviewed(claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"})
	d.agrees(1, "张三", "6222020000000000")
	brings := func(from, to int) {
		_, err := d.db.Owner.Exec(t.Context(), `insert into events (claim_id, number, kind, at, by_id, by_role, body, prev_hash, hash)
			select $1, n, 'paper.confirmed', now(), 'zhou', 'assessor', '{"document":"","fields":null,"kind":""}', sha256('a'), sha256('b') from generate_series($2::int, $3::int) n`, d.id, from, to)
		require.NoError(t, err)
	}
	brings(1001, 1300)
	shown := d.payout()
	require.NotEmpty(t, shown.Changes(document.Rules()))
	brings(1301, 1301)
	require.NotEqual(t, shown.Seen(), d.payout().Seen())
}

func TestTheThirdFlashPaymentOfAYearIsAPersons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.owner(`insert into policies (id, number, line, branch, holder_name, holder_phone, plate) values
		('00000000-0000-0000-0000-000000000002', 'PM2', 'motor', '3101', '张三', '13800000002', '沪A12345'),
		('00000000-0000-0000-0000-000000000003', 'PM3', 'motor', '3101', '张三', '13800000001', '沪A12345'),
		('00000000-0000-0000-0000-000000000004', 'PM4', 'motor', '3101', '张三', '13800000004', '沪A12345')`)
	d.owner(`insert into policy_versions (policy_id, version, starts_at, ends_at, coverages)
		select p.id, 1, v.starts_at, v.ends_at, v.coverages from policies p, policy_versions v where p.number <> 'PM1'`)
	d.owner(`update policies set insured_name = '张小三', insured_phone = '13800000005' where number = 'PM1'`)
	on := func(policy, phone string) func(*claim.Notice) {
		return func(n *claim.Notice) { n.PolicyNo, n.Reporter.Phone = policy, phone }
	}
	const a, b, c = "6222020000000001", "6222020000000002", "6222020000000003"
	pays := func(policy, phone, account string, at time.Time) string {
		one := d.offered(phoned(phone), on(policy, phone))
		if one.agree(phoned(phone), at, "张三", account).Stage == claim.Paying {
			return ""
		}
		require.Equal(t, claim.Reviewing, one.file.Stage)
		require.Empty(t, one.file.Payments)
		return one.note()
	}
	now := morning.Add(24 * time.Hour)
	require.Empty(t, pays("PM1", "13800000001", a, now))
	require.Empty(t, pays("PM1", "13800000001", a, now.Add(time.Minute)))
	require.Contains(t, pays("PM1", "13800000005", b, now.Add(2*time.Minute)), "该保单 12 个月内机器已赔付 2 次", "another phone and account, the same policy")
	require.Contains(t, pays("PM2", "13800000002", a, now.Add(3*time.Minute)), "该收款账户", "another policy and phone, the same account")
	require.Contains(t, pays("PM3", "13800000001", b, now.Add(4*time.Minute)), "该报案手机", "another policy and account, the same phone")
	require.Empty(t, pays("PM4", "13800000004", c, now.Add(5*time.Minute)), "all three others")

	// The first payment stops to count twelve months after it, to the second.
	year := now.AddDate(1, 0, 0)
	require.Contains(t, pays("PM1", "13800000005", b, year.Add(-time.Second)), "该保单")
	require.Empty(t, pays("PM1", "13800000005", b, year))
}

func TestOfTwoClaimsThatAreAgreedToAtOnceTheLastPaymentIsOnes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const account = "6222020000000001"
	first := d.offered(customer)
	first.agree(customer, morning.Add(time.Hour), "张三", account)
	for range 3 {
		d.owner(`update payments set at = at - interval '2 years' where claim_id <> '` + string(first.id) + `'`) // there is one left
		claims := []*desk{d.offered(customer), d.offered(customer), d.offered(customer), d.offered(customer)}
		var all sync.WaitGroup
		for _, one := range claims {
			all.Go(func() { one.agree(customer, morning.Add(2*time.Hour), "张三", account) })
		}
		all.Wait()
		stages := map[claim.Stage]int{}
		for _, one := range claims {
			stages[one.file.Stage]++
		}
		require.Equal(t, map[claim.Stage]int{claim.Paying: 1, claim.Reviewing: 3}, stages)
	}
}

func TestWhatAMachineDecidesIsSignedByTheMachine(t *testing.T) {
	t.Parallel()
	d := newDesk(t).offered(customer)
	d.agree(customer, morning.Add(time.Hour), "张三", "6222020000000001")
	rows, err := d.db.API.Query(t.Context(), `select kind || ' ' || by_role || ' ' || by_id from events where claim_id = $1
		and kind in ('review.approved', 'agreement.made', 'payment.submitted') order by number`, d.id)
	require.NoError(t, err)
	signed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"review.approved system system", "agreement.made claimant " + string(customer.ID), "payment.submitted system system",
	}, signed)
	d.verifyChain()
	var principal string
	require.NoError(t, d.db.API.QueryRow(t.Context(), `select principal from steps where claim_id = $1 and key = '1/agree'`, d.id).Scan(&principal))
	require.Equal(t, string(customer.ID), principal, "the command stays the claimant's")
}

func TestAHolderIsToldOfWhatOthersDoOnTheirPolicy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.owner(`update policies set drivers = '[{"name": "李四", "phone": "13800000003"}]'`)
	told := func(template string) (n int) {
		require.NoError(t, d.db.API.QueryRow(t.Context(), `select count(*) from notices where template = $1 and "to" = '13800000001'`, template).Scan(&n))
		return n
	}
	as := func(phone string) func(*claim.Notice) { return func(n *claim.Notice) { n.Reporter.Phone = phone } }

	own := d.offered(customer)
	require.Zero(t, told("holder-reported"), "who reports their own loss knows of it")
	own.agree(customer, morning.Add(time.Hour), "张三", "6222020000000001")
	settle := func(one *desk) {
		pay := one.file.Payment()
		do(one, one.Settle, machine, claim.Settled{Instruction: pay.ID, Attempt: pay.Attempt, State: claim.PaymentCleared, At: morning})
	}
	settle(own)
	require.Zero(t, told("holder-paid"))

	driver := d.offered(phoned("13800000003"), as("13800000003"))
	require.Equal(t, 1, told("holder-reported"))
	d.reported(phoned("13800000004"), as("13800000004"))
	require.Equal(t, 1, told("holder-reported"), "one an hour, however many report")
	driver.agree(phoned("13800000003"), morning.Add(time.Hour), "张三", "6222020000000002")
	settle(driver)
	require.Equal(t, 1, told("holder-paid"))

	d.owner(`update notices set at = at - interval '1 hour' where template = 'holder-reported'`)
	d.n += 2
	d.reported(phoned("13800000004"), as("13800000004"))
	require.Equal(t, 2, told("holder-reported"), "an hour later they are told again")

	// Somebody else reports the same loss once more.
	d.owner(`update notices set at = at - interval '1 hour' where template = 'holder-reported'`)
	do(own, own.Rereport, phoned("13800000004"), claim.Again{
		Event: "e1", By: phoned("13800000004"), Channel: "web", Reporter: claim.Party{Name: "王五", Phone: "13800000004", Role: "reporter"},
	})
	require.Equal(t, 3, told("holder-reported"))
	var body string
	require.NoError(t, d.db.API.QueryRow(t.Context(), `select string_agg(body, ' ') from notices where template like 'holder-%'`).Scan(&body))
	for _, phone := range []string{"13800000003", "13800000004"} {
		require.NotContains(t, body, phone)
	}
}

func TestAnAmountNeedsAWitnessFromOutside(t *testing.T) {
	t.Parallel()
	policy := func(by string) claim.Witness { return claim.Witness{Kind: claim.WitnessOutside, By: by} }
	for name, row := range map[string]struct {
		source  string // of the fields
		fields  []string
		partner bool
		want    []claim.Witness // from outside; none: a person assesses
	}{
		"a paper that names neither the car nor the insured":   {source: "xml", fields: []string{"total_fen", "300000"}},
		"a paper that is made out to somebody else":            {source: "xml", fields: []string{"total_fen", "300000", "buyer", "随便写的买方"}},
		"a paper that is made out to the holder":               {source: "xml", fields: []string{"total_fen", "300000", "buyer", "张　三"}, want: []claim.Witness{policy(claim.ByPolicyName)}},
		"a paper that names the insured car":                   {source: "ocr", fields: []string{"total_fen", "300000", "plate", "沪A·12345"}, want: []claim.Witness{policy(claim.ByPolicyPlate)}},
		"a paper that names both":                              {source: "ocr", fields: []string{"total_fen", "300000", "plate", "沪A12345", "buyer", "张三"}, want: []claim.Witness{policy(claim.ByPolicyName), policy(claim.ByPolicyPlate)}},
		"a paper that a partner which vouches has read":        {source: "partner", fields: []string{"total_fen", "300000"}, partner: true, want: []claim.Witness{policy(claim.ByPartner)}},
		"a paper whose sender says that a partner has read it": {source: "ocr", fields: []string{"total_fen", "300000"}, partner: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			by := customer
			if row.partner {
				d.owner(`insert into staff (id, name, role, branch, vouches) values ('good', '好伙伴', 'partner', '3101', true)`)
				by = claim.Actor{ID: "good", Role: claim.Partner, Branch: "3101"}
			}
			one := d.reported(by)
			require.Equal(t, claim.Flash, one.file.Lane)
			said := paper("vat_invoice", fresh(), row.fields...)
			for i := range said.Reading.Fields {
				said.Reading.Fields[i].Source, said.Reading.Fields[i].Note = row.source, "amount + tax = total"
			}
			one.assessedBySelf(said)
			if row.want == nil {
				require.Equal(t, claim.Assessing, one.file.Stage)
				require.Equal(t, claim.Standard, one.file.Lane)
				require.NotNil(t, one.file.TaskOf(claim.TaskAssess), "a person assesses")
				var reason string
				require.NoError(t, d.db.API.QueryRow(t.Context(), `select body->>'reason' from events where claim_id = $1 and kind = 'lane.changed'`, one.id).Scan(&reason))
				require.Equal(t, "paper.no-outside-witness", reason)
				return
			}
			require.Equal(t, claim.Negotiating, one.file.Stage)
			want := []claim.Witness{{Kind: claim.WitnessReading, By: "amount + tax = total", Document: said.Document}}
			for _, w := range row.want {
				w.Document = said.Document
				want = append(want, w)
			}
			require.Equal(t, want, one.witnesses(1))
		})
	}
}

// witnesses are what an assessment rests on.
func (d *desk) witnesses(version int) (all []claim.Witness) {
	d.t.Helper()
	var raw []byte
	require.NoError(d.t, d.db.API.QueryRow(d.t.Context(), `select witnesses from assessments where claim_id = $1 and version = $2`, d.id, version).Scan(&raw))
	require.NoError(d.t, json.Unmarshal(raw, &all))
	for _, w := range all {
		require.NotEmpty(d.t, w.Words().ZH)
		require.NotEmpty(d.t, w.Words().EN)
	}
	return all
}

func TestAnAssessorIsTheWitnessOfAnAssessment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	require.Equal(t, []claim.Witness{{Kind: claim.WitnessOutside, By: claim.ByPerson, Person: "zhou"}}, d.witnesses(1))
}

func TestTheNumberOfAStrangersClaimDoesNotTellWhetherThereIsSuchAPolicy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stranger := phoned("13800000004")
	as := func(policy string) func(*claim.Notice) {
		return func(n *claim.Notice) { n.PolicyNo, n.Plate, n.Reporter.Phone = policy, "", "13800000004" }
	}
	known, unknown := d.reported(stranger, as("PM1")), d.reported(stranger, as("NO SUCH"))
	require.Equal(t, "AP-0000", known.file.Number[:7])
	require.Equal(t, "AP-0000", unknown.file.Number[:7])
	require.Equal(t, "3101", known.file.Branch, "its branch has it all the same")
	require.Equal(t, known.file.Version, unknown.file.Version)
	require.Equal(t, known.count("events"), unknown.count("events"))

	// Nor does what is read on a paper: the policy is no witness to a stranger.
	for _, one := range []*desk{known, unknown} {
		photo := paper("vehicle_licence", fresh())
		one.attach(photo)
		do(one, one.RecordReading, machine, claim.Read{Document: photo.Document, Reading: claim.Reading{
			Kind: "vehicle_licence", KindConfidence: 9_900, Engine: "test 1", Pages: 1,
			Fields: []claim.Field{{Name: "plate", Value: "沪A12345", Source: "ocr", Confidence: 9_000, Page: 1}},
		}})
		var state claim.PaperState
		require.NoError(t, d.db.API.QueryRow(t.Context(), `select state from documents where id = $1`, photo.Document).Scan(&state))
		require.Equal(t, claim.PaperUnsure, state)
	}
	require.Equal(t, "AP-0000", d.reported(customer).file.Number[:7], "others who report the loss are told it")
}
