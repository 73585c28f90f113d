package activities_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/claim/document"
)

var wang = claim.Actor{ID: "wang", Role: claim.Intake, Branch: "3101"}

// otherPolicy writes a policy of another holder and branch, for the same car,
// with a deductible of ¥500.
func (d *desk) otherPolicy() {
	d.t.Helper()
	exec := func(sql string, args ...any) {
		_, err := d.db.Owner.Exec(d.t.Context(), sql, args...)
		require.NoError(d.t, err)
	}
	exec(`insert into policies (id, number, line, branch, holder_name, holder_phone, plate) values
		('00000000-0000-0000-0000-000000000002', 'PM2', 'motor', '3201', '李四', '13800000002', '沪A12345')`)
	exec(`insert into policy_versions (policy_id, version, starts_at, ends_at, coverages) values ('00000000-0000-0000-0000-000000000002', 1, $1, $2,
		'[{"kind":"own_damage","form":"motor-2020","sum_insured_fen":20000000,"value_fen":18000000,"deductible_fen":50000,"rate_bp":0,"limit_fen":0}]')`,
		d.began.AddDate(0, -6, 0), d.began.AddDate(0, 6, 0))
	exec(`insert into staff (id, name, role, branch, level, phone, skills) values
		('zhou', '周平', 'assessor', '3101', 0, '13900000011', '{}'), ('yang', '杨帆', 'finance', '3101', 0, '13900000012', '{}'),
		('head', '韩冰', 'finance', '0000', 0, '13900000013', '{}')`)
}

func (d *desk) figures(amount claim.Fen) claim.Assessment {
	return claim.Assessment{Task: d.file.TaskOf(claim.TaskAssess).ID, Objects: []claim.Assessed{{
		Exposure: 1, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "前保险杠", Kind: "part", Amount: amount}},
	}}}
}

func (d *desk) reviewed(v claim.Verdict) {
	d.t.Helper()
	v.Task = d.file.TaskOf(claim.TaskReview).ID
	do(d, d.Review, reviewer("zheng", 1), v)
}

func (d *desk) agrees(offer int, who, account string) {
	d.t.Helper()
	do(d, d.Agree, customer, claim.Agreement{Offer: offer, Payee: claim.Payee{Name: who, Bank: "中国银行", Account: account}, Signature: "phone-code"})
	require.Equal(d.t, claim.Agreed, d.file.Stage)
}

// tasks are the open tasks, as the worklists have them.
func (d *desk) tasks() (open []string) {
	d.t.Helper()
	rows, err := d.db.API.Query(d.t.Context(), "select kind || ' ' || branch || ' ' || coalesce(owner, '-') from tasks where claim_id = $1 and state = 'open' order by 1", d.id)
	require.NoError(d.t, err)
	defer rows.Close()
	for rows.Next() {
		var task string
		require.NoError(d.t, rows.Scan(&task))
		open = append(open, task)
	}
	require.NoError(d.t, rows.Err())
	return open
}

// What was decided under one policy is paid under no other: whatever the stage,
// the figure is worked out, answered, reviewed, agreed on and released anew, by
// the branch that the claim has come to.
func TestAnotherPolicyVoidsWhatWasDecidedUnderTheFirst(t *testing.T) {
	t.Parallel()
	approve := claim.Verdict{Kind: claim.VerdictApprove, Opinion: "同意"}
	deny := claim.Verdict{Kind: claim.VerdictDeny, Denial: &claim.Denial{Clause: "第八条", Facts: "事实", Reasons: "责任免除"}}
	first := []claim.Stage{claim.Negotiating, claim.Reviewing, claim.DenialReview, claim.Determined, claim.Agreed}
	for _, stage := range first {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.otherPolicy()
			d.assessed(600_000)
			d.papers()
			if stage != claim.Negotiating {
				do(d, d.Consent, customer, claim.Consent{Offer: 1})
			}
			switch stage { //nolint:exhaustive // the stages above
			case claim.DenialReview:
				d.reviewed(deny)
			case claim.Determined, claim.Agreed:
				d.reviewed(approve)
			}
			if stage == claim.Agreed {
				d.agrees(1, "张三", "6222020000000000")
				do(d, d.Take, yang, claim.TaskRef{Task: d.file.TaskOf(claim.TaskRelease).ID})
			}
			require.Equal(t, stage, d.file.Stage)

			do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
			require.Equal(t, claim.Assessing, d.file.Stage)
			require.Equal(t, "3201", d.file.Branch)
			require.Equal(t, []string{"assess 3201 -"}, d.tasks())
			require.Len(t, d.file.Tasks, 1)
			require.Equal(t, "3201", d.file.Tasks[0].Branch)
			require.Zero(t, d.file.Payable)
			require.Zero(t, d.file.Exposures[0].Payable)
			require.Len(t, d.messages("voided-policy"), 1)
			running := map[claim.ClockName]bool{}
			for _, clock := range []claim.ClockName{claim.ClockReview, claim.ClockDetermination, claim.ClockPayment} {
				entries := d.deadline(clock)
				running[clock] = len(entries) > 0 && entries[len(entries)-1].Kind != claim.EntryStop
			}
			require.Equal(t, map[claim.ClockName]bool{claim.ClockReview: false, claim.ClockDetermination: true, claim.ClockPayment: false}, running)
			for act, by := range map[claim.Act]claim.Actor{claim.ActConsent: customer, claim.ActAgree: customer, claim.ActReview: reviewer("zheng", 1), claim.ActRelease: {ID: "head", Role: claim.Finance, Branch: "0000"}} {
				require.NotNil(t, d.file.Guard(act, by, ""), act)
			}

			do(d, d.Assess, zhou, d.figures(600_000))
			require.Equal(t, claim.Fen(550_000), d.file.Payable, "by the second policy's deductible")
			require.Equal(t, claim.RuleOffer, ruleOf(do(d, d.Consent, customer, claim.Consent{Offer: 1})), "the first figure cannot be agreed to any more")
			do(d, d.Consent, customer, claim.Consent{Offer: 2})
			d.reviewed(approve)
			d.agrees(2, "李四", "6222020000000018")
			require.Equal(t, []string{"release 3201 -"}, d.tasks())
			payment := d.deadline(claim.ClockPayment)
			require.Equal(t, claim.EntryStart, payment[len(payment)-1].Kind, "the ten days run from the agreement in force")
			require.Empty(t, d.payout().Changes(document.Rules()), "since the approval in force")
			require.Nil(t, d.release(claim.Actor{ID: "tang", Role: claim.Finance, Branch: "3201"}).Refusal)
			require.Equal(t, claim.Paying, d.file.Stage)
			require.Equal(t, claim.Fen(550_000), d.file.Payment().Amount)
			var account string
			require.NoError(t, d.db.API.QueryRow(t.Context(), "select payee_account from payments where claim_id = $1", d.id).Scan(&account))
			require.Equal(t, "6222020000000018", account)

			d.bankSays(claim.PaymentReturned, claim.FaultPayee, "account closed")
			do(d, d.CorrectPayee, customer, claim.Payee{Name: "李四", Bank: "中国银行", Account: "6222020000000026"})
			changes := d.payout().Changes(document.Rules())
			require.Contains(t, changes[len(changes)-1].Text.ZH, "****0018 → 李*", "from the account of the agreement in force")
			require.Equal(t, claim.Agreed, d.file.Stage)
			for _, policy := range []string{"PM1", "PM2", "NONE"} { // as the validator says, whatever the policy
				link := claim.Step[claim.LinkPolicy]{
					Claim: d.id, Key: "1/link-" + policy, Version: d.file.Version, At: d.began, By: wang, Body: claim.LinkPolicy{PolicyNo: policy},
					Command: &claim.Command{Key: policy, Hash: policy},
				}
				answer, err := d.LinkPolicy(t.Context(), link)
				require.NoError(t, err)
				require.Equal(t, d.file.Guard("link-policy", wang, ""), answer.Receipt.Refusal)
				require.Equal(t, claim.RulePaymentStarted, ruleOf(answer.Receipt), "money has been on its way")
			}
			d.verifyChain()
		})
	}
}

func TestWhoeverHoldsThePolicyBecomesAPartyOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.otherPolicy()
	n := notice(300_000)
	n.PolicyNo = "UNKNOWN"
	do(d, d.Report, customer, n)
	holders := func() (n int) {
		require.NoError(t, d.db.API.QueryRow(t.Context(), "select count(*) from parties where claim_id = $1 and role = 'insured' and phone = '13800000002' and name = '李四'", d.id).Scan(&n))
		return n
	}
	require.Zero(t, holders())
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
	require.Equal(t, 1, holders())
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
	require.Equal(t, 1, holders())
	require.Equal(t, 2, d.count("parties"))
}

// Whose policy was linked by mistake has nothing to do with the loss: they leave
// the claim, hear no more of it, and no paper goes by their name.
func TestTheHolderOfAWronglyLinkedPolicyLeavesTheClaim(t *testing.T) {
	t.Parallel()
	const wrong, right, reporter = "13800000001", "13800000002", "13800000009"
	parties := func(d *desk) (list []string) {
		rows, err := d.db.API.Query(t.Context(), `select number || ' ' || role || ' ' || phone from parties where claim_id = $1 order by number`, d.id)
		require.NoError(t, err)
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return list
	}
	told := func(d *desk, phone string) int {
		return one[int](d, `select count(*)::int from notices where claim_id = $1 and "to" = '`+phone+`'`)
	}
	d := newDesk(t)
	d.otherPolicy()
	n := notice(300_000)
	n.Reporter = claim.Party{Name: "王五", Phone: reporter, Role: "driver"}
	do(d, d.Report, phoned(reporter), n)
	require.Equal(t, []string{"1 driver " + reporter, "2 insured " + wrong}, parties(d))
	heard := told(d, wrong)

	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
	require.Equal(t, []string{"1 driver " + reporter, "3 insured " + right}, parties(d))
	require.JSONEq(t, `{"policy": "00000000-0000-0000-0000-000000000002", "version": 1, "before": "00000000-0000-0000-0000-000000000001", "left": [2]}`,
		one[string](d, `select body::text from events where claim_id = $1 and kind = 'policy.linked'`), "the log keeps that they were there")
	d.attach(paper("vehicle_licence", "a", "owner", "张三"))
	require.Contains(t, d.findings(), "owner.differs", "they are not the insured any more")

	do(d, d.Rereport, phoned("13800000008"), claim.Again{
		Event: "e1", By: phoned("13800000008"), Channel: "web", Reporter: claim.Party{Name: "赵六", Phone: "13800000008", Role: "reporter"},
	})
	require.Equal(t, []string{"1 driver " + reporter, "3 insured " + right, "4 reporter 13800000008"}, parties(d))
	require.Equal(t, heard, told(d, wrong), "not told of anything since")
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"}) // the first one was right
	require.Equal(t, []string{"1 driver " + reporter, "4 reporter 13800000008", "5 insured " + wrong}, parties(d))
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
	require.Equal(t, []string{"1 driver " + reporter, "4 reporter 13800000008", "6 insured " + right}, parties(d))
	d.verifyChain()
}

// Who is on the claim for another reason than the policy stays, whatever is
// linked, and even for the database.
func TestWhoReportedAndWhoOwnsWhatWasDamagedStayOnTheClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.otherPolicy()
	n := notice(300_000)
	n.Exposures = append(n.Exposures, claim.NewExposure{
		Kind: claim.ThirdPartyProperty, Object: "护栏", Estimate: 1, Owner: &claim.Party{Name: "孙七", Phone: "13800000007", Role: "insured"},
	})
	do(d, d.Report, customer, n) // the holder of the first policy
	do(d, d.Rereport, phoned("13800000008"), claim.Again{
		Event: "e1", By: phoned("13800000008"), Channel: "web", Reporter: claim.Party{Name: "赵六", Phone: "13800000008", Role: "insured"},
	})
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
	require.Equal(t, 4, d.count("parties"))
	for number := 1; number <= 3; number++ {
		_, err := d.db.Worker.Exec(t.Context(), `delete from parties where claim_id = $1 and number = $2`, d.id, number)
		require.ErrorContains(t, err, "stays", number)
	}
}

// The same policy again changes no decision, and neither does a first one.
func TestLinkingThePolicyThatTheClaimHasVoidsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(600_000)
	do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM1"})
	require.Equal(t, claim.Negotiating, d.file.Stage)
	require.Equal(t, claim.Fen(600_000), d.file.Payable)
	require.Empty(t, d.messages("voided-policy"))
}

// A claim that changes its branch takes its work along: tasks are free again
// where those who took them do not see the claim any more.
func TestOpenTasksGoWithTheClaimToItsBranch(t *testing.T) {
	t.Parallel()
	for owner, kept := range map[claim.Principal]bool{"zhou": false, "head-zhou": true} {
		t.Run(string(owner), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.otherPolicy()
			_, err := d.db.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch, level, phone, skills) values ('head-zhou', '周平', 'assessor', '0000', 0, '13900000014', '{}')`)
			require.NoError(t, err)
			do(d, d.Report, customer, notice(600_000))
			do(d, d.Route, machine, claim.None{})
			do(d, d.Dispatch, machine, claim.None{})
			survey := d.file.TaskOf(claim.TaskSurvey)
			require.NotNil(t, survey)
			d.readAs("driving_licence", "other", "7", 5_000) // somebody has to look at it
			confirm := d.file.TaskOf(claim.TaskConfirm)
			require.NotNil(t, confirm)
			do(d, d.Take, claim.Actor{ID: owner, Role: claim.Assessor, Branch: "3101"}, claim.TaskRef{Task: confirm.ID})
			do(d, d.LinkPolicy, wang, claim.LinkPolicy{PolicyNo: "PM2"})
			want := map[bool]string{true: "confirm 3201 " + string(owner), false: "confirm 3201 -"}[kept]
			require.Equal(t, []string{want, "survey 3201 " + string(survey.Owner)}, d.tasks(), "a surveyor goes wherever they are sent")
			at := slices.IndexFunc(d.file.Tasks, func(o claim.Task) bool { return o.Kind == claim.TaskConfirm })
			require.Equal(t, kept, d.file.Tasks[at].Owner == owner)
		})
	}
}

// What an assessment leaves out counts nothing, and nothing counts twice.
func TestAnAssessmentIsTheWholeOfWhatIsPayable(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.db.Owner.Exec(t.Context(), `update policy_versions set coverages = '[{"kind":"own_damage","form":"motor-2020","sum_insured_fen":20000000,"value_fen":18000000},
		{"kind":"third_party_property","form":"motor-2020","limit_fen":100000000}]'`)
	require.NoError(t, err)
	n := notice(300_000)
	n.Self = false
	n.Exposures = append(n.Exposures, claim.NewExposure{
		Kind: claim.ThirdPartyProperty, Object: "护栏", Estimate: 900_000, Owner: &claim.Party{Name: "李四", Phone: "13800000009", Role: "third_party"},
	})
	do(d, d.Report, customer, n)
	do(d, d.Route, machine, claim.None{})
	do(d, d.Dispatch, machine, claim.None{})
	do(d, d.Survey, chen, claim.SurveyReport{Task: d.file.TaskOf(claim.TaskSurvey).ID, Place: &claim.Point{Lat: 31.2, Lng: 121.4}, Facts: "-", FaultShare: claim.Whole})
	object := func(exposure int, fen claim.Fen) claim.Assessed {
		return claim.Assessed{Exposure: exposure, FaultShare: claim.Whole, Items: []claim.AssessedItem{{Name: "x", Kind: "property", Amount: fen}}}
	}
	assess := func(objects ...claim.Assessed) claim.Receipt {
		return do(d, d.Assess, zhou, claim.Assessment{Task: d.file.TaskOf(claim.TaskAssess).ID, Objects: objects})
	}
	twice := assess(object(1, 300_000), object(1, 300_000))
	require.Equal(t, claim.RuleInput, ruleOf(twice))
	require.Contains(t, twice.Refusal.Detail, "exposure 1 is listed twice")

	assess(object(1, 300_000), object(2, 900_000))
	require.Equal(t, claim.Fen(1_200_000), d.file.Payable)
	do(d, d.Object, customer, claim.Objection{Offer: 1, Reason: "另有损失"})
	assess(object(1, 400_000))
	require.Equal(t, claim.Fen(400_000), d.file.Payable)
	require.Equal(t, claim.Fen(400_000), d.file.Exposures[0].Payable)
	require.Zero(t, d.file.Exposures[1].Payable)
}

// What the calculation does not take from the machine is a person's to look at:
// the claim does not stand where nobody has it.
func TestWhatTheMachineCannotAssessGoesToAPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	d.attach(a, b, paper("vat_invoice", "c", "total_fen", "300000", "plate", "沪A12345"))
	d.looks(a, 0x0123456789abcdef)
	d.looks(b, 0xfedcba9876543210)
	do(d, d.SelfSurvey, machine, claim.None{})
	_, err := d.db.Owner.Exec(t.Context(), `update policy_versions set coverages = '[{"kind":"third_party_property","form":"motor-2020","limit_fen":1000000}]'`)
	require.NoError(t, err)
	require.Nil(t, do(d, d.AssessBySelf, machine, claim.None{}).Refusal)
	require.Equal(t, claim.Assessing, d.file.Stage)
	require.Equal(t, claim.Standard, d.file.Lane)
	require.Equal(t, []string{"assess 3101 -"}, d.tasks())
	d.verifyChain()
}
