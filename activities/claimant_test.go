package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
)

// stranger knows the car's plate, and is in no policy.
var stranger = phoned("13800000004")

// strangers brings a claim that somebody who is not in its policy has reported.
func (d *desk) strangers(policy string) {
	d.t.Helper()
	n := notice(600_000)
	n.PolicyNo, n.Reporter = policy, claim.Party{Name: "王五", Phone: "13800000004", Role: "reporter"}
	do(d, d.Report, stranger, n)
	do(d, d.Route, machine, claim.None{})
	require.Equal(d.t, stranger.ID, d.file.Claimant)
	require.Equal(d.t, claim.Standard, d.file.Lane)
}

func (d *desk) reportsAgain(by claim.Actor, phone string, policy ...string) {
	d.t.Helper()
	do(d, d.Rereport, by, claim.Again{
		Event: "again " + phone, By: by, Channel: "web", Reporter: claim.Party{Name: "张三", Phone: phone, Role: "insured"}, PolicyNo: strings.Join(policy, ""),
	})
}

// openedBy is whose claim the rows say that it is.
func (d *desk) openedBy() (by claim.Principal, relation claim.Relation) {
	d.t.Helper()
	require.NoError(d.t, d.db.API.QueryRow(d.t.Context(), "select opened_by, relation from claims where id = $1", d.id).Scan(&by, &relation))
	return by, relation
}

// Whoever knows a plate may be the first to report its loss. The claim is that
// of a person in the policy as soon as one has reported it, before its policy is
// linked or after; and no one else's report takes it from them.
func TestAClaimIsThatOfAPersonInItsPolicy(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		policy string // that the first report names
		linked bool   // before the second report
		second claim.Actor
		phone  string
		whose  claim.Principal
		is     claim.Relation
	}{
		"the holder, of a known policy":        {"PM1", false, customer, "13800000001", customer.ID, claim.Holder},
		"the holder, before it is linked":      {"", false, customer, "13800000001", customer.ID, claim.Holder},
		"the holder, after it was linked":      {"", true, customer, "13800000001", customer.ID, claim.Holder},
		"a driver whom the policy names":       {"PM1", false, phoned("13800000003"), "13800000003", phoned("13800000003").ID, claim.Driver},
		"another stranger":                     {"PM1", false, phoned("13800000005"), "13800000005", stranger.ID, claim.Stranger},
		"a stranger who names the holder's":    {"PM1", false, phoned("13800000005"), "13800000001", stranger.ID, claim.Stranger},
		"intake, who writes the holder's down": {"PM1", false, wang, "13800000001", wang.ID, claim.Stranger},
		"the same, before it is linked":        {"", false, wang, "13800000001", wang.ID, claim.Stranger},
		"intake, who writes a stranger's down": {"PM1", false, wang, "13800000005", stranger.ID, claim.Stranger},
		"the first one once more":              {"PM1", false, stranger, "13800000004", stranger.ID, claim.Stranger},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`update policies set drivers = '[{"name": "李四", "phone": "13800000003"}]'`)
			d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101')`)
			d.strangers(row.policy)
			link := func() { do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"}) }
			if row.linked {
				link()
			}
			d.reportsAgain(row.second, row.phone)
			if row.policy == "" && !row.linked {
				require.Equal(t, stranger.ID, d.file.Claimant, "nothing tells yet who is in the policy")
				link()
			}
			require.Equal(t, row.whose, d.file.Claimant)
			require.Equal(t, row.is, d.file.Reporter)
			by, relation := d.openedBy()
			require.Equal(t, row.whose, by)
			require.Equal(t, row.is, relation)
			parties := d.count("parties")
			d.reportsAgain(row.second, row.phone)
			require.Equal(t, parties, d.count("parties"), "who reports again is no further party")
			d.verifyChain()
		})
	}
}

// The holder telephones. Whoever reported first, by themselves or to another
// clerk, deals with the claim no more; and the holder's own sign-in does.
func TestAHolderWhoTelephonesIsHeard(t *testing.T) {
	t.Parallel()
	gu := claim.Actor{ID: "gu", Role: claim.Intake, Branch: "3101"}
	for name, first := range map[string]func(d *desk){
		"a stranger by themselves":   func(d *desk) { d.strangers("PM1") },
		"a stranger, without policy": func(d *desk) { d.strangers("") },
		"a stranger, to another clerk": func(d *desk) {
			n := notice(600_000)
			n.PolicyNo, n.Reporter = "PM1", claim.Party{Name: "王五", Phone: "13800000004", Role: "insured"}
			do(d, d.Report, wang, n)
			do(d, d.Route, machine, claim.None{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101'), ('gu', '顾宁', 'intake', '3101')`)
			first(d)
			do(d, d.Rereport, gu, claim.Again{
				Event: "call", By: gu, Channel: "phone", Reporter: claim.Party{Name: "张三", Phone: "13800000001", Role: "insured"}, PolicyNo: "PM1", Story: "追尾",
			})
			require.Equal(t, gu.ID, d.file.Claimant)
			require.Equal(t, claim.Stranger, d.file.Reporter, "nothing is proven to a machine")
			require.True(t, d.file.PolicyVerified)
			require.Equal(t, "13800000001", one[string](d, `select "to" from notices where claim_id = $1 and template = 'handed-over'`))
			d.surveyedAndAssessed(600_000)
			for _, act := range []*claim.Refusal{
				ask(d, d.Object, stranger, claim.Objection{Offer: 1, Reason: "少"}).Refusal, ask(d, d.Withdraw, stranger, claim.Reason{Reason: "误报"}).Refusal,
			} {
				require.Equal(t, claim.RuleNotYours, act.Rule)
			}
			require.Nil(t, ask(d, d.Object, customer, claim.Objection{Offer: 1, Reason: "少"}).Refusal)
			d.reportsAgain(customer, "13800000001")
			require.Equal(t, customer.ID, d.file.Claimant)
			require.Equal(t, claim.Holder, d.file.Reporter)
			d.verifyChain()
		})
	}
}

func TestWhoIsInThePolicyKeepsTheClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.owner(`update policies set drivers = '[{"name": "李四", "phone": "13800000003"}]'`)
	do(d, d.Report, phoned("13800000003"), notice(300_000))
	require.Equal(t, claim.Driver, d.file.Reporter)
	d.reportsAgain(customer, "13800000001")
	require.Equal(t, phoned("13800000003").ID, d.file.Claimant)
	require.Nil(t, ask(d, d.Withdraw, customer, claim.Reason{Reason: "自行修复"}).Refusal, "and the holder, who reported it too, speaks for it")
}

// The first report of a loss named no policy. One that names it, by a person in
// it and of the same car, links it; any other is left to intake.
func TestASecondReportLinksThePolicyOfItsReporter(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		by     claim.Actor
		policy string
		linked bool
	}{
		"the holder, by its number":           {customer, "PM1", true},
		"the holder, without a number":        {customer, "", false},
		"the holder, of another car":          {customer, "PM2", false},
		"the holder, of one that has run out": {customer, "PM3", false},
		"by a number that there is not":       {customer, "PM999", false},
		"another stranger, by its number":     {phoned("13800000005"), "PM1", false},
		"the holder, to intake":               {wang, "PM1", true},
		"the holder, to intake, another car":  {wang, "PM2", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101')`)
			d.owner(`insert into policies (id, number, line, branch, holder_name, holder_phone, plate) values
				('00000000-0000-0000-0000-000000000002', 'PM2', 'motor', '3101', '张三', '13800000001', '沪B99999'),
				('00000000-0000-0000-0000-000000000003', 'PM3', 'motor', '3101', '张三', '13800000001', '沪A12345')`)
			d.owner(`insert into policy_versions (policy_id, version, starts_at, ends_at, coverages)
				select p.id, 1, v.starts_at, case p.number when 'PM3' then v.starts_at + interval '1 day' else v.ends_at end, v.coverages
				from policies p, policy_versions v where p.number <> 'PM1'`)
			d.strangers("")
			d.reportsAgain(row.by, "13800000001", row.policy)
			require.Equal(t, row.linked, d.file.PolicyVerified)
			whose := stranger.ID
			if row.linked {
				whose = row.by.ID
				require.Nil(t, d.file.TaskOf(claim.TaskPolicy))
				require.Equal(t, "3101", d.file.Branch)
			}
			require.Equal(t, whose, d.file.Claimant)
			d.verifyChain()
		})
	}
}

// Whoever reported the loss too is told when its first reporter withdraws, and
// may report it anew.
func TestAWithdrawalIsToldToThoseWhoReportedToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.strangers("")
	d.reportsAgain(customer, "13800000001")
	d.reportsAgain(customer, "13800000001")
	do(d, d.Withdraw, stranger, claim.Reason{Reason: "误报"})
	require.Len(t, d.messages("withdrawn"), 1)
	require.Len(t, d.messages("withdrawn-by-other"), 1)
	again := d.another()
	require.Equal(t, claim.Done, do(again, again.Report, customer, notice(300_000)).Result)
	do(again, again.Route, machine, claim.None{})
	require.Equal(t, claim.Flash, again.file.Lane)
}

// shuts closes a claim as the machine does that pays.
func (d *desk) shuts() {
	d.t.Helper()
	d.file.Stage = claim.Paid
	do(d, d.Close, machine, claim.None{})
	require.Equal(d.t, claim.Closed, d.file.Stage)
}

// A report joins a claim that closes before it has heard of it. Nothing is
// written on the closed claim, and the report is one of its own, as if it had
// come now; its promises run from when it came.
func TestAReportWhoseClaimClosesWithoutItIsAClaimOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		close    func(*desk)
		lane     claim.Lane
		findings []string
	}{
		"withdrawn": {func(d *desk) { do(d, d.Withdraw, stranger, claim.Reason{Reason: "误报"}) }, claim.Flash, []string{}},
		"paid":      {(*desk).shuts, claim.Standard, []string{"loss.elsewhere!"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.strangers("PM1")
			report, late := d.another(), d.another()
			for _, r := range []*desk{report, late} {
				joined := do(r, r.Report, customer, notice(300_000))
				require.Equal(t, []any{claim.Joined, d.id}, []any{joined.Result, joined.Claim})
			}
			cameAt := d.began.Add(time.Duration(report.n) * time.Minute)
			again := func(r *desk) claim.Answer {
				out, err := d.Rereport(t.Context(), claim.Step[claim.Again]{
					Claim: d.id, Key: "1/" + string(r.id) + "/reported-again", Version: d.file.Version, At: cameAt, By: customer,
					Body: claim.Again{Event: string(r.id), By: customer, Channel: "web", Reporter: notice(1).Reporter},
				})
				require.NoError(t, err)
				d.file = out.File
				return out
			}
			heard := func(r *desk) claim.Heard {
				got, err := d.Heard(t.Context(), claim.Joining{Report: r.id, Claim: d.id})
				require.NoError(t, err)
				return got
			}
			require.Equal(t, claim.Heard{}, heard(report))
			row.close(d)
			d.verifyChain()
			stands := func() []any {
				return []any{d.file, d.count("events"), d.count("parties"), d.count("notices"), d.count("steps"), d.count("clock_entries"), d.count("refused_attempts")}
			}
			stood := stands()
			refused := again(report).Receipt
			require.Equal(t, []any{claim.Refused, claim.RuleStage}, []any{refused.Result, ruleOf(refused)})
			require.Equal(t, stood, stands())
			require.Equal(t, claim.Heard{Closed: true}, heard(report))

			d.n += 60 // an hour passes
			report.n, late.n = d.n, d.n
			separate := func(r *desk) claim.Receipt {
				r.file.Version = 0 // it has no rows
				return do(r, r.Separate, customer, claim.Separation{Notice: notice(300_000), At: cameAt, From: d.id})
			}
			receipt := separate(report)
			require.Equal(t, []any{claim.Done, report.id, report.file.Number, claim.Reported}, []any{receipt.Result, receipt.Claim, receipt.Number, receipt.Stage})
			require.NotEmpty(t, receipt.Number)
			require.NotEqual(t, d.file.Number, receipt.Number)
			require.Len(t, report.messages("reported"), 1)
			require.Contains(t, report.messages("reported")[0], receipt.Number)
			require.Equal(t, customer.ID, report.file.Claimant)
			require.True(t, cameAt.Equal(report.deadline(claim.ClockContact)[0].At))
			var told string
			require.NoError(t, d.db.Owner.QueryRow(t.Context(), `select body ->> 'number' from events where claim_id = $1 and kind = 'claim.separated'`, report.id).Scan(&told))
			require.Equal(t, d.file.Number, told)
			do(report, report.Route, machine, claim.None{})
			require.Equal(t, row.lane, report.file.Lane)
			require.Equal(t, row.findings, report.findings())
			report.verifyChain()

			// The next of the same loss finds the first, and so does a run that goes on
			// from the rows.
			next := separate(late)
			require.Equal(t, []any{claim.Joined, report.id}, []any{next.Result, next.Claim})
			require.Zero(t, late.count("events"))
		})
	}
}

// Who has taken a report is told by the rows, also after the claim has closed.
func TestAClaimThatHasTakenAReportKeepsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.strangers("PM1")
	report := d.another()
	require.Equal(t, claim.Joined, do(report, report.Report, customer, notice(300_000)).Result)
	_, err := d.Rereport(t.Context(), claim.Step[claim.Again]{
		Claim: d.id, Key: "1/" + string(report.id) + "/reported-again", Version: d.file.Version, At: d.began, By: customer,
		Body: claim.Again{Event: string(report.id), By: customer, Channel: "web", Reporter: notice(1).Reporter},
	})
	require.NoError(t, err)
	for _, closed := range []bool{false, true} {
		heard, err := d.Heard(t.Context(), claim.Joining{Report: report.id, Claim: d.id})
		require.NoError(t, err)
		require.Equal(t, claim.Heard{Taken: true, Closed: closed}, heard)
		d.owner(`update claims set stage = 'closed', outcome = 'paid', closed_at = now()`)
	}
}

// A loss whose claim is closed is reported once more: nothing vanishes, and no
// machine pays it a second time.
func TestALossOfAClosedClaimIsAClaimThatPeopleDecide(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.another()
	do(first, first.Report, customer, notice(300_000))
	d.owner(`update claims set stage = 'closed', outcome = 'paid', closed_at = now()`)
	second := d.another()
	require.Equal(t, claim.Done, do(second, second.Report, customer, notice(300_000)).Result)
	do(second, second.Route, machine, claim.None{})
	require.Equal(t, first.file.Number, second.file.Before)
	require.Equal(t, claim.Standard, second.file.Lane)
	require.Equal(t, []string{"loss.elsewhere!"}, second.findings())
	second.attach(paper("loss_photo", fresh()))
	require.Equal(t, []string{"loss.elsewhere!"}, second.findings(), "it stays")
	third := d.another()
	require.Equal(t, claim.Joined, do(third, third.Report, phoned("13800000005"), notice(300_000)).Result, "the second one is open")
	second.verifyChain()
}

// A stranger knows the plate of a car, and has a policy of another one. Their
// report swallows none of the car's own people: that is a claim of its own, which
// people decide.
func TestAReportOnAnotherCarsPolicySwallowsNone(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		by            claim.Actor
		phone, policy string
		plate         string
		result        claim.ReceiptResult
	}{
		"the car's holder, by number":          {customer, "13800000001", "PM1", "沪A12345", claim.Done},
		"the car's holder, by number alone":    {customer, "13800000001", "PM1", "", claim.Done},
		"the car's holder, by plate alone":     {customer, "13800000001", "", "沪A12345", claim.Done},
		"who reported first":                   {stranger, "13800000004", "", "沪A12345", claim.Joined},
		"who reported first, by number":        {stranger, "13800000004", "PM4", "沪A12345", claim.Joined},
		"a stranger of the other car's policy": {phoned("13800000005"), "13800000005", "PM4", "沪A12345", claim.Joined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`insert into policies (id, number, line, branch, holder_name, holder_phone, plate) values
				('00000000-0000-0000-0000-000000000004', 'PM4', 'motor', '3101', '王五', '13800000004', '沪B44444')`)
			d.owner(`insert into policy_versions (policy_id, version, starts_at, ends_at, coverages)
				select p.id, 1, v.starts_at, v.ends_at, v.coverages from policies p, policy_versions v where p.number = 'PM4'`)
			reports := func(d *desk, by claim.Actor, phone, policy, plate string) claim.Receipt {
				n := notice(300_000)
				n.PolicyNo, n.Plate, n.Reporter = policy, plate, claim.Party{Name: "某人", Phone: phone, Role: "reporter"}
				return do(d, d.Report, by, n)
			}
			first, second := d.another(), d.another()
			require.Equal(t, claim.Done, reports(first, stranger, "13800000004", "PM4", "沪A12345").Result)
			require.Equal(t, row.result, reports(second, row.by, row.phone, row.policy, row.plate).Result)
			if row.result == claim.Joined {
				return
			}
			do(second, second.Route, machine, claim.None{})
			require.Equal(t, customer.ID, second.file.Claimant)
			require.Equal(t, claim.Standard, second.file.Lane)
			require.Contains(t, second.findings(), "loss.elsewhere!")
			again := d.another()
			joined := reports(again, row.by, row.phone, row.policy, row.plate)
			require.Equal(t, claim.Joined, joined.Result)
			require.Equal(t, second.file.Number, joined.Number, "their own")
		})
	}
}

// One report names the policy and the other one the plate: they are of one car.
func TestAPolicysPlateTellsWhichLossItIs(t *testing.T) {
	t.Parallel()
	reports := func(d *desk, policy, plate string) claim.Receipt {
		n := notice(300_000)
		n.PolicyNo, n.Plate = policy, plate
		return do(d, d.Report, customer, n)
	}
	for name, row := range map[string]struct{ first, second [2]string }{
		"the policy, then its plate":  {[2]string{"PM1", ""}, [2]string{"", "沪A12345"}},
		"the plate, then its policy":  {[2]string{"", "沪A12345"}, [2]string{"PM1", ""}},
		"a wrong plate, then its own": {[2]string{"PM1", "沪A99999"}, [2]string{"", "沪A12345"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			require.Equal(t, claim.Done, reports(d.another(), row.first[0], row.first[1]).Result)
			require.Equal(t, claim.Joined, reports(d.another(), row.second[0], row.second[1]).Result)
		})
	}
	t.Run("neither, until the policy is linked", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101')`)
		first, second := d.another(), d.another()
		require.Equal(t, claim.Done, reports(first, "PM1", "").Result)
		require.Equal(t, claim.Done, reports(second, "", "沪A99999").Result)
		do(second, second.Route, machine, claim.None{})
		do(second, second.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"})
		require.Equal(t, first.file.Number, second.file.Before)
		require.Contains(t, second.findings(), "loss.elsewhere!")

		second.otherPolicy()
		second.owner(`update policies set plate = '沪C11111' where number = 'PM2'`)
		do(second, second.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
		require.Empty(t, second.file.Before, "it was of another policy")
		require.NotContains(t, second.findings(), "loss.elsewhere!")
	})
}

// A partner reports the loss for a stranger, and then for the holder: whose the
// claim is now is told to the holder, and to nobody else.
func TestWhoseAClaimBecomesIsToldToThatPersonAlone(t *testing.T) {
	t.Parallel()
	for _, linked := range []bool{true, false} {
		t.Run(fmt.Sprintf("policy linked before: %v", linked), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			broker := claim.Actor{ID: "broker", Role: claim.Partner, Branch: "3101"}
			d.owner(`insert into staff (id, name, role, branch, vouches) values ('broker', '车友经纪', 'partner', '3101', true)`)
			n := notice(600_000)
			n.PolicyNo, n.Reporter = "", claim.Party{Name: "王五", Phone: "13800000004", Role: "reporter"}
			if linked {
				n.PolicyNo = "PM1"
			}
			do(d, d.Report, broker, n)
			do(d, d.Route, machine, claim.None{})
			d.reportsAgain(broker, "13800000001", "PM1")
			require.Equal(t, broker.ID, d.file.Claimant)
			var told []string
			rows, err := d.db.API.Query(t.Context(), `select "to" from notices where claim_id = $1 and template = 'handed-over'`, d.id)
			require.NoError(t, err)
			told, err = pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			require.Equal(t, []string{"13800000001"}, told)
		})
	}
}

// The door has let a stranger in whose claim it was; by the time their act comes to
// the rows the claim is the holder's.
func TestWhoseClaimItIsIsAskedWhereItIsWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.strangers("PM1")
	d.surveyedAndAssessed(600_000)
	d.papers()
	d.reportsAgain(customer, "13800000001")
	require.Equal(t, customer.ID, d.file.Claimant)
	d.attach(paper("repair_estimate", fresh(), "total_fen", "600000"), paper("driving_licence", fresh(), "name", "张三"), paper("vehicle_licence", fresh(), "owner", "张三"))
	partner := claim.Actor{ID: "broker", Role: claim.Partner, Branch: "3101"}
	for _, by := range []claim.Actor{stranger, partner} {
		require.Equal(t, claim.RuleNotYours, ruleOf(ask(d, d.Withdraw, by, claim.Reason{Reason: "误报"})))
		require.Equal(t, claim.RuleNotYours, ruleOf(ask(d, d.Consent, by, claim.Consent{Offer: 1})))
		require.Equal(t, claim.RuleNotYours, ruleOf(ask(d, d.Object, by, claim.Objection{Offer: 1, Reason: "少"})))
	}
	require.Equal(t, claim.Negotiating, d.file.Stage)
	require.Equal(t, 6, d.count("refused_attempts"))
	require.Nil(t, ask(d, d.Consent, customer, claim.Consent{Offer: 1}).Refusal)
	require.Equal(t, claim.Reviewing, d.file.Stage)
}

// The holder sends the very files that somebody else had sent: they count from
// then on, as what the holder calls them.
func TestAFileThatSomebodyElseHadSentCountsOnceItsOwnerSendsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	d.reportsAgain(phoned("13800000005"), "13800000005")
	invoice, one, two := paper("vat_invoice", "c", "total_fen", "300000", "plate", "沪A12345"), paper("loss_photo", "a"), paper("other", "b")
	invoice.Reading = nil
	do(d, d.Attach, phoned("13800000005"), claim.Batch{Attachments: []claim.Attachment{invoice, one, two}})
	waits := func() (what []string) {
		for _, s := range d.file.Lacking() {
			what = append(what, s.Name)
		}
		return what
	}
	before := waits()
	require.NotEmpty(t, before)
	two.Kind = "loss_photo"
	do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{invoice, one, two}})
	do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{invoice, one, two}})
	require.Equal(t, 3, d.count("documents"))
	d.looks(one, 0x0123456789abcdef)
	d.looks(two, 0xfedcba9876543210)
	do(d, d.RecordReading, machine, claim.Read{Document: invoice.Document, Reading: claim.Reading{Kind: "vat_invoice", Pages: 1, Fields: []claim.Field{{Name: "total_fen", Value: "300000", Confidence: 9900, Page: 1, Sure: true}}}})
	require.Empty(t, waits())
	require.True(t, d.file.Due.SelfSurvey)
	d.verifyChain()
}

// What shows a loss is a picture: no other file counts as one, whoever calls it so.
// What a stranger calls themselves proves nothing, and what they sent is no paper
// of the claim once it is another's, unless a person has looked at it.
func TestAStrangersPapersCountNoMoreOnceTheClaimIsAnothers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := notice(600_000)
	n.PolicyNo, n.Reporter = "PM1", claim.Party{Name: "孙路人", Phone: "13800000004", Role: "insured"}
	do(d, d.Report, stranger, n)
	do(d, d.Route, machine, claim.None{})
	theirs := paper("vat_invoice", fresh(), "buyer", "孙路人", "total_fen", "200000")
	looked := paper("accident_certificate", fresh(), "plate_a", "沪A12345")
	d.attach(theirs, looked)
	require.Contains(t, strings.Join(d.findings(), " "), "buyer.differs", "the policy says whose the car is")
	do(d, d.Confirm, zhou, claim.Confirmation{Document: looked.Document, Fields: []claim.ConfirmedField{{Name: "plate_a", Value: "沪A12345"}}})
	extra := func(a claim.Attachment) (extra bool) {
		require.NoError(t, d.db.API.QueryRow(t.Context(), "select extra from documents where id = $1", a.Document).Scan(&extra))
		return extra
	}
	require.False(t, extra(theirs))
	require.Equal(t, claim.ItemAccepted, d.state("repair_cost"))

	d.reportsAgain(customer, "13800000001")
	require.Equal(t, customer.ID, d.file.Claimant)
	require.True(t, extra(theirs))
	require.False(t, extra(looked))
	require.Equal(t, claim.ItemMissing, d.state("repair_cost"))
	require.Contains(t, strings.Join(d.findings(), " "), "buyer.differs")

	do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{paper("vat_invoice", fresh(), "buyer", "张三", "total_fen", "200000")}})
	require.Equal(t, claim.ItemAccepted, d.state("repair_cost"))
	d.verifyChain()
}

func TestOnlyAPictureIsAPhotoOfTheLoss(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	for _, kind := range []string{"text/xml", "application/ofd", "application/pdf"} {
		for _, as := range []string{"loss_photo", "signature"} {
			file := paper(as, fresh())
			file.Type = kind
			require.Equal(t, claim.RuleInput, ruleOf(do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{file}})), kind)
		}

		read := paper("unknown", fresh(), "total_fen", "1")
		read.Type, read.Reading.Kind = kind, "loss_photo"
		d.attach(read)
		require.False(t, slices.ContainsFunc(d.file.Papers, func(c claim.Count) bool { return c.Kind == "loss_photo" }), kind)
		require.Equal(t, claim.RuleInput, ruleOf(do(d, d.Confirm, zhou, claim.Confirmation{Document: read.Document, Kind: "loss_photo"})), kind)
	}
}

// Staff write down what a person in the policy says on the telephone. The claim
// is that person's: another person of the policy who reports it too does not
// take it, the holder is a party of it, and what they signed stands when they
// sign in and report it themselves.
func TestAReportThatStaffWroteDownStaysThatPersons(t *testing.T) {
	t.Parallel()
	const holder, insured, driver = "13800000001", "13800000002", "13800000003"
	for name, row := range map[string]struct {
		policy string // that staff wrote down; linked later where there is none
		caller string // whose number staff wrote down
		second string
		moves  bool // to the second, who is the caller
	}{
		"the holder called, a driver reports too":          {"PM1", holder, driver, false},
		"the holder called, the insured reports too":       {"PM1", holder, insured, false},
		"the same, and the policy is linked after":         {"", holder, driver, false},
		"a driver called, the holder reports too":          {"PM1", driver, holder, false},
		"the holder called, and reports it themselves too": {"PM1", holder, holder, true},
		"the same, before the policy is linked":            {"", holder, holder, true},
		"a stranger called, the holder reports too":        {"PM1", "13800000009", holder, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`update policies set insured_name = '王五', insured_phone = '13800000002', drivers = '[{"name": "李四", "phone": "13800000003"}]'`)
			d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101')`)
			n := notice(600_000)
			n.PolicyNo, n.Reporter = row.policy, claim.Party{Name: "某人", Phone: row.caller, Role: "reporter"}
			do(d, d.Report, wang, n)
			do(d, d.Route, machine, claim.None{})
			d.reportsAgain(phoned(row.second), row.second)
			if row.policy == "" {
				do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"})
			}
			whose := wang.ID
			if row.moves {
				whose = phoned(row.second).ID
			}
			require.Equal(t, whose, d.file.Claimant)
			by, _ := d.openedBy()
			require.Equal(t, whose, by)
			var speaks bool
			require.NoError(t, d.db.API.QueryRow(t.Context(), `select exists (select from parties p join claims c on c.id = p.claim_id
				where c.id = $1 and p.phone = '13800000001' and p.principal in ('', c.opened_by))`, d.id).Scan(&speaks))
			require.True(t, speaks, "the holder speaks for the claim")
			d.verifyChain()
		})
	}
}

// A stranger names the holder's number as that of a third party: the holder is
// a party for the policy all the same.
func TestWhoIsNamedAsAThirdPartyIsTheHolderToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101')`)
	n := notice(600_000)
	n.PolicyNo, n.Reporter = "", claim.Party{Name: "王五", Phone: "13800000004", Role: "reporter"}
	n.Exposures = append(n.Exposures, claim.NewExposure{Kind: claim.ThirdPartyProperty, Object: "护栏", Estimate: 1000, Owner: &claim.Party{Name: "宋雨", Phone: "13800000001", Role: "third_party"}})
	do(d, d.Report, stranger, n)
	do(d, d.Route, machine, claim.None{})
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"})
	var insured int
	require.NoError(t, d.db.API.QueryRow(t.Context(), `select count(*) from parties where claim_id = $1 and phone = '13800000001' and role = 'insured'`, d.id).Scan(&insured))
	require.Equal(t, 1, insured)
}

// The holder who called has signed: that they report the loss themselves too
// changes nothing of it.
func TestWhoSignedWhatStaffWroteDownHasSignedIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.owner(`insert into staff (id, name, role, branch) values ('wang', '王敏', 'intake', '3101')`)
	do(d, d.Report, wang, notice(600_000))
	do(d, d.Route, machine, claim.None{})
	d.surveyedAndAssessed(600_000)
	d.papers()
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	d.reviewed(claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"})
	d.agrees(1, "张三", "6222020000000000")
	d.reportsAgain(customer, "13800000001")
	require.Equal(t, claim.Agreed, d.file.Stage)
	require.Equal(t, customer.ID, d.file.Claimant)
	require.Empty(t, d.messages("voided-claimant"))
}

// What a stranger consented to binds no one in the policy, until money is on
// its way.
func TestAStrangersConsentIsVoidOnceThePolicysOwnPersonReports(t *testing.T) {
	t.Parallel()
	way := []claim.Stage{claim.Negotiating, claim.Reviewing, claim.Determined, claim.Agreed, claim.Paying}
	for stage, want := range map[claim.Stage]claim.Stage{
		claim.Negotiating: claim.Negotiating, // it stands, for another to answer
		claim.Reviewing:   claim.Assessing, claim.Determined: claim.Assessing, claim.Agreed: claim.Assessing,
		claim.Paying: claim.Paying,
	} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`insert into staff (id, name, role, branch) values ('yang', '杨帆', 'finance', '3101')`)
			d.strangers("PM1")
			d.surveyedAndAssessed(600_000)
			d.papers()
			for i, act := range []func(){
				func() { do(d, d.Consent, stranger, claim.Consent{Offer: 1}) },
				func() { d.reviewed(claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"}) },
				func() {
					do(d, d.Agree, stranger, claim.Agreement{Offer: 1, Payee: claim.Payee{Name: "王五", Bank: "中国银行", Account: "6222020000000000"}, Signature: "phone-code"})
				},
				func() { d.release(yang) },
			} {
				if slices.Index(way, stage) > i {
					act()
				}
			}
			require.Equal(t, stage, d.file.Stage)
			d.reportsAgain(customer, "13800000001")
			require.Equal(t, want, d.file.Stage)
			if stage == claim.Paying {
				require.Equal(t, stranger.ID, d.file.Claimant, "too late")
				require.Equal(t, "claimant", d.payout().Changes(document.Rules())[0].What, "who releases it once more sees that")
				return
			}
			require.Equal(t, customer.ID, d.file.Claimant)
			require.Len(t, d.messages("handed-over"), 1)
			if want != stage {
				require.Zero(t, d.file.Payable)
				require.Equal(t, []string{"assess 3101 -"}, d.tasks())
				require.Len(t, d.messages("voided-claimant"), 1)
				require.NotNil(t, d.file.Guard("release", yang, ""))
			}
			d.verifyChain()
		})
	}
}

// A stranger may say that they are the insured. Once the claim is another's, what
// is put in writing is addressed to them, and they hear once that it was paid.
func TestWhatIsSaidOfAClaimIsSaidToWhoseItIsNow(t *testing.T) {
	t.Parallel()
	handedOver := func(t *testing.T) *desk {
		t.Helper()
		d := newDesk(t)
		d.owner(`insert into staff (id, name, role, branch) values ('yang', '杨帆', 'finance', '3101')`)
		n := notice(600_000)
		n.Reporter = claim.Party{Name: "王五", Phone: "13800000004", Role: "insured"}
		do(d, d.Report, stranger, n)
		do(d, d.Route, machine, claim.None{})
		d.reportsAgain(customer, "13800000001")
		require.Equal(t, customer.ID, d.file.Claimant)
		d.surveyedAndAssessed(600_000)
		return d
	}
	t.Run("in a request for papers", func(t *testing.T) {
		t.Parallel()
		d := handedOver(t)
		d.prints()
		do(d, d.RequestPapers, zhou, claim.PaperRequest{})
		letter, err := d.WriteRequest(t.Context(), activities.RequestLetter{Claim: d.id, Number: d.file.Unwritten()})
		require.NoError(t, err)
		require.Contains(t, d.said(letter), "张三：")
		require.NotContains(t, d.said(letter), "王五")
	})
	t.Run("in a notice of denial", func(t *testing.T) {
		t.Parallel()
		d := handedOver(t)
		d.prints()
		d.papers()
		do(d, d.Consent, customer, claim.Consent{Offer: 1})
		d.reviewed(claim.Verdict{Kind: claim.VerdictDeny, Denial: &claim.Denial{Clause: "第八条", Facts: "事实", Reasons: "责任免除"}})
		do(d, d.DecideDenial, reviewer("feng", 2), claim.DenialVerdict{Task: d.file.TaskOf(claim.TaskDenial).ID, Approve: true})
		letter, err := d.WriteDenial(t.Context(), d.id)
		require.NoError(t, err)
		require.Contains(t, d.said(letter), "张三：")
		require.NotContains(t, d.said(letter), "王五")
	})
	t.Run("in a message of the payment", func(t *testing.T) {
		t.Parallel()
		d := handedOver(t)
		d.papers()
		do(d, d.Consent, customer, claim.Consent{Offer: 1})
		d.reviewed(claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"})
		d.agrees(1, "张三", "6222020000000000")
		d.release(yang)
		d.bankSays(claim.PaymentCleared, "", "")
		require.Equal(t, "paid 13800000001", one[string](d, `select string_agg(template || ' ' || "to", ', ') from notices where claim_id = $1 and template in ('paid', 'holder-paid')`))
	})
}

// A machine goes by no paper of a person whose claim it is not.
func TestOthersPapersProveNothingToAMachine(t *testing.T) {
	t.Parallel()
	theirs := func() claim.Attachment {
		return paper("vat_invoice", fresh(), "total_fen", "474600", "plate", "沪A12345", "invoice_number", "11111111")
	}
	own := func() claim.Attachment {
		return paper("vat_invoice", fresh(), "total_fen", "113000", "plate", "沪A12345", "invoice_number", "22222222")
	}
	for name, row := range map[string]struct {
		by   claim.Actor
		lane claim.Lane
		want claim.Fen
	}{
		"a stranger's":       {stranger, claim.Flash, 113_000},
		"the claimant's own": {customer, claim.Standard, 0}, // two invoices: a person says what counts
		"of staff":           {wang, claim.Standard, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.flash()
			d.reportsAgain(stranger, "13800000004")
			do(d, d.Attach, row.by, claim.Batch{Attachments: []claim.Attachment{theirs()}})
			d.assessedBySelf(own())
			require.Equal(t, row.lane, d.file.Lane)
			require.Equal(t, row.want, d.file.Payable)
		})
	}
	for name, by := range map[string]claim.Actor{
		"a driver":               phoned("13800000003"),
		"a partner that vouches": {ID: "good", Role: claim.Partner, Branch: "3101"},
	} {
		t.Run("the holder's, of a claim that is reported by "+name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.owner(`update policies set drivers = '[{"name": "李四", "phone": "13800000003"}]'`)
			d.owner(`insert into staff (id, name, role, branch, vouches) values ('good', '好伙伴', 'partner', '3101', true)`)
			d = d.reported(by, func(n *claim.Notice) {
				if by.Role == claim.Claimant {
					n.Reporter = claim.Party{Name: "李四", Phone: "13800000003", Role: "driver"}
				}
			})
			do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{own()}})
			d.assessedBySelf()
			require.Equal(t, claim.Flash, d.file.Lane)
			require.Equal(t, claim.Fen(113_000), d.file.Payable)
		})
	}
	t.Run("a stranger's, after the offer", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t).offered(customer)
		d.reportsAgain(stranger, "13800000004")
		late := paper("repair_estimate", fresh(), "total_fen", "300000", "plate", "沪A12345") // nothing differs
		read := *late.Reading
		late.Reading = nil
		do(d, d.Attach, stranger, claim.Batch{Attachments: []claim.Attachment{late}})
		do(d, d.RecordReading, machine, claim.Read{Document: late.Document, Reading: read})
		require.Equal(t, claim.Flash, d.file.Lane)
		d.agree(customer, morning.Add(2*time.Hour), "张三", "6222020000000000")
		require.Equal(t, claim.Paying, d.file.Stage, "it is offered and paid as if that paper were not there")
	})
}

// A paper of a person who does not speak for the claim changes nothing that a
// machine does: it neither completes what is missing nor stops it. It counts once
// a person has confirmed it.
func TestPapersOfExtraPeopleCountOnceAPersonHasConfirmedThem(t *testing.T) {
	t.Parallel()
	old := morning.AddDate(0, 0, -30).Format(time.DateOnly)
	t.Run("they do not complete a self-survey", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.flash()
		d.reportsAgain(stranger, "13800000004")
		one, two := paper("loss_photo", fresh()), paper("loss_photo", fresh())
		do(d, d.Attach, stranger, claim.Batch{Attachments: []claim.Attachment{one, two, paper("vat_invoice", fresh(), "total_fen", "113000", "plate", "沪A12345")}})
		d.looks(one, 0x0123456789abcdef)
		d.looks(two, 0xfedcba9876543210)
		require.False(t, d.file.SelfSurveyComplete())
		require.Zero(t, d.file.Own(claim.PaperRead))
		require.Equal(t, 3, d.file.In(claim.PaperRead))
		do(d, d.Confirm, zhou, claim.Confirmation{Document: one.Document, Kind: "loss_photo"})
		require.Equal(t, 1, d.file.Own(claim.PaperConfirmed))
		d.counts()
		d.verifyChain()
	})
	for name, late := range map[string]bool{"before the offer": false, "after the offer": true} {
		t.Run("a grave finding about one, or one that is not read, stops no machine "+name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.flash()
			d.reportsAgain(stranger, "13800000004")
			bad := func() {
				unread := paper("vat_invoice", fresh())
				unread.Reading = nil
				unsure := paper("vat_invoice", fresh(), "total_fen", "1")
				unsure.Reading.Fields[0].Sure = false
				do(d, d.Attach, stranger, claim.Batch{Attachments: []claim.Attachment{paper("vat_invoice", fresh(), "total_fen", "900000", "issue_date", old), unread, unsure}})
				require.Contains(t, d.findings(), "invoice.before-loss!", "people see it")
			}
			own := paper("vat_invoice", fresh(), "total_fen", "113000", "plate", "沪A12345")
			if !late {
				bad()
			}
			d.assessedBySelf(own)
			require.Equal(t, claim.Negotiating, d.file.Stage)
			if late {
				bad()
			}
			require.Equal(t, claim.Flash, d.file.Lane)
			d.agree(customer, morning.Add(time.Hour), "张三", "6222020000000000")
			require.Equal(t, claim.Paying, d.file.Stage)
			require.Equal(t, claim.Fen(113_000), d.file.Payable)
			d.counts()
		})
	}
	t.Run("whose claim it becomes has sent their own", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.strangers("")
		d.reportsAgain(customer, "13800000001")
		do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{paper("driving_licence", fresh(), "name", "张三")}})
		require.Zero(t, d.file.Own(claim.PaperRead))
		do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"})
		require.Equal(t, customer.ID, d.file.Claimant)
		require.Equal(t, 1, d.file.Own(claim.PaperRead))
		d.counts()
	})
}

// What has come and is not read yet may say something else than what is: the
// machine neither offers nor pays by the part that happens to be read first.
func TestTheMachineWaitsForThePapersThatAreInHand(t *testing.T) {
	t.Parallel()
	estimate := func(total string) claim.Attachment {
		return paper("repair_estimate", fresh(), "total_fen", total, "plate", "沪A12345")
	}
	unread := func() claim.Attachment { a := estimate("339000"); a.Reading = nil; return a }
	read := func(d *desk, a claim.Attachment) {
		do(d, d.RecordReading, machine, claim.Read{Document: a.Document, Reading: *estimate("339000").Reading})
	}
	t.Run("before the offer", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.flash()
		slow := unread()
		d.attach(estimate("113000"), slow)
		do(d, d.Attach, wang, claim.Batch{Attachments: []claim.Attachment{paper("loss_photo", fresh()), paper("loss_photo", fresh())}})
		require.False(t, d.file.SelfSurveyComplete())
		read(d, slow)
		require.True(t, d.file.SelfSurveyComplete())
		do(d, d.SelfSurvey, machine, claim.None{})
		do(d, d.AssessBySelf, machine, claim.None{})
		require.Equal(t, claim.Standard, d.file.Lane, "which of the two counts is a person's to say")
	})
	for name, late := range map[string]bool{"read before the signature": false, "not read before the signature": true} {
		t.Run("after the offer, "+name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			one := d.offered(customer)
			slow := unread()
			one.attach(slow)
			if !late {
				read(one, slow)
				require.Equal(t, claim.Standard, one.file.Lane)
				one.papers()
			}
			one.agree(customer, morning.Add(2*time.Hour), "张三", "6222020000000000")
			require.Equal(t, claim.Reviewing, one.file.Stage)
			require.Empty(t, one.file.Payments)
		})
	}
}
