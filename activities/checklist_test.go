package activities_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// readAs attaches a paper that its sender calls by one kind and that was read
// as another, and returns how the claim keeps it.
func (d *desk) readAs(sent, kind, sha string, confidence int) claim.Paper {
	d.t.Helper()
	a := paper(sent, sha)
	a.Reading = &claim.Reading{Kind: kind, KindConfidence: confidence, Engine: "test 1", Pages: 1}
	d.attach(a)
	return d.paperAs(a)
}

// paperAs is a document as its row has it.
func (d *desk) paperAs(a claim.Attachment) claim.Paper {
	d.t.Helper()
	p := claim.Paper{ID: a.Document}
	require.NoError(d.t, d.db.API.QueryRow(d.t.Context(), "select kind, number, asked, state, awaiting from documents where id = $1", a.Document).
		Scan(&p.Kind, &p.Number, &p.Asked, &p.State, &p.Awaiting))
	return p
}

// papers sends what the claim's list needs.
func (d *desk) papers() {
	d.t.Helper()
	d.attach(paper("repair_estimate", "1", "total_fen", "3000000"), paper("driving_licence", "2", "name", "张三"), paper("vehicle_licence", "3", "owner", "张三"))
	require.Empty(d.t, d.file.Lacking())
}

func (d *desk) state(item string) claim.ItemState {
	d.t.Helper()
	for _, s := range d.file.Standings() {
		if s.Name == item {
			return s.State
		}
	}
	d.t.Fatalf("%s is not on the list", item)
	return ""
}

// messages are the SMS of a template, in order.
func (d *desk) messages(template string) []string {
	d.t.Helper()
	rows, err := d.db.API.Query(d.t.Context(), `select body from notices where claim_id = $1 and template = $2 order by at`, d.id, template)
	require.NoError(d.t, err)
	bodies, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(d.t, err)
	return bodies
}

// deadline is a clock of the claim as its ledger has it.
func (d *desk) deadline(name claim.ClockName) (entries []claim.ClockEntry) {
	d.t.Helper()
	rows, err := d.db.API.Query(d.t.Context(), `select kind, at, proof from clock_entries where claim_id = $1 and clock = $2 order by number`, d.id, name)
	require.NoError(d.t, err)
	defer rows.Close()
	for rows.Next() {
		e := claim.ClockEntry{Clock: name}
		require.NoError(d.t, rows.Scan(&e.Kind, &e.At, &e.Proof))
		entries = append(entries, e)
	}
	require.NoError(d.t, rows.Err())
	return entries
}

func TestTheListIsToldOnceAndInFull(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	require.Equal(t, "2026-11", d.file.Checklist.Version)
	told := d.messages("papers-list")
	require.Len(t, told, 1)
	require.Contains(t, told[0], "1.维修估价单或发票；2.驾驶证；3.行驶证")
}

func TestAListGrowsWithTheLaneByTheVersionThatTheClaimHas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	require.Len(t, d.file.Checklist.Items, 2)
	_, err := d.db.Owner.Exec(t.Context(), `insert into rule_tables (kind, version, effective_from, body)
		select kind, '2026-12', '2026-11-01', jsonb_set(body, '{version}', '"2026-12"') || '{"items": []}' from rule_tables where kind = 'checklists' and version = '2026-11'`)
	require.NoError(t, err)
	d.n += 60 // minutes: the tables are read again
	do(d, d.Convert, customer, claim.Reason{Reason: "不方便"})
	var names []string
	for _, l := range d.file.Checklist.Items {
		names = append(names, l.Name)
	}
	require.Equal(t, []string{"repair_cost", "driving_licence", "vehicle_licence"}, names, "a surveyor takes the pictures")
	require.Equal(t, "2026-11", d.file.Checklist.Version)
	told := d.messages("papers-list")
	require.Len(t, told, 2)
	require.Contains(t, told[1], "1.驾驶证；2.行驶证", "what was told before is not told again")
}

func TestAPaperOfAnotherKindThanItsSenderSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	got := d.readAs("driving_licence", "vehicle_licence", "1", 9_000)
	require.Equal(t, "vehicle_licence", got.Kind)
	require.Equal(t, claim.ItemAccepted, d.state("vehicle_licence"), "ticked off by what was read")
	require.Equal(t, claim.ItemMissing, d.state("driving_licence"))
	var kind, sent string
	require.NoError(t, d.db.API.QueryRow(t.Context(), `select kind, sent_as from documents where id = $1`, got.ID).Scan(&kind, &sent))
	require.Equal(t, []string{"vehicle_licence", "driving_licence"}, []string{kind, sent}, "the sender is told that it seems to be another paper")

	got = d.readAs("driving_licence", "other", "2", 5_000)
	require.Equal(t, claim.PaperUnsure, got.State)
	require.Equal(t, claim.ItemReceived, d.state("driving_licence"), "a person has to say what it is")
	require.NotNil(t, d.file.TaskOf(claim.TaskConfirm))
	do(d, d.Confirm, zhou, claim.Confirmation{Document: got.ID, Kind: "driving_licence"})
	require.Equal(t, claim.ItemAccepted, d.state("driving_licence"))
	d.verifyChain()
}

// What a reviewer has to have before them is there before the figure is agreed
// to, and who agrees is told which paper it waits for.
func TestNothingIsAgreedToNorApprovedWhileAPaperIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	consent := func() claim.Receipt { return do(d, d.Consent, customer, claim.Consent{Offer: 1}) }
	got := consent()
	require.Equal(t, claim.RulePapersMissing, ruleOf(got))
	require.Contains(t, got.Refusal.Detail, "the driving licence")
	require.Contains(t, got.Refusal.Text().ZH, "驾驶证")
	require.Equal(t, 1, d.count("refused_attempts"))
	require.Equal(t, claim.Negotiating, d.file.Stage)
	require.True(t, d.file.Missing()[0].Blocks, "the claim waits for the papers first")

	d.attach(paper("repair_estimate", "1", "total_fen", "3000000"))
	licence := paper("driving_licence", "2", "name", "张三")
	d.attach(licence)
	require.Equal(t, claim.RuleInput, ruleOf(do(d, d.ProposeWaiver, zhou, claim.WaiverProposal{Item: "passport", Reason: "x"})))
	do(d, d.ProposeWaiver, zhou, claim.WaiverProposal{Item: "vehicle_licence", Reason: "行驶证被交警暂扣"})
	require.Equal(t, claim.RulePapersMissing, ruleOf(consent()), "one person waives nothing")
	require.Equal(t, claim.RuleOwnWaiver, ruleOf(do(d, d.ConfirmWaiver, claim.Actor{ID: "zhou", Role: claim.Reviewer, Branch: "3101", Level: 1}, claim.ListItem{Item: "vehicle_licence"})))
	do(d, d.WithdrawWaiver, zhou, claim.ListItem{Item: "vehicle_licence"})
	do(d, d.ProposeWaiver, zhou, claim.WaiverProposal{Item: "vehicle_licence", Reason: "行驶证被交警暂扣"})
	do(d, d.ConfirmWaiver, reviewer("zheng", 1), claim.ListItem{Item: "vehicle_licence"})
	require.Equal(t, claim.ItemWaived, d.state("vehicle_licence"))
	require.Equal(t, 4, d.count("waivers"))
	require.Nil(t, consent().Refusal)
	require.Equal(t, claim.Reviewing, d.file.Stage)

	// A person finds afterwards that the paper is another one.
	do(d, d.Confirm, zhou, claim.Confirmation{Document: licence.Document, Kind: "id_card"})
	approve := claim.Verdict{Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"}
	got = do(d, d.Review, reviewer("zheng", 1), approve)
	require.Equal(t, claim.RulePapersMissing, ruleOf(got))
	require.Contains(t, got.Refusal.Detail, "the driving licence")
	second := paper("driving_licence", "4", "name", "张三")
	d.attach(second)
	do(d, d.Review, reviewer("zheng", 1), approve)
	require.Equal(t, claim.Determined, d.file.Stage)

	// The same once it is approved, and once it is signed.
	agree := func() claim.Receipt {
		return do(d, d.Agree, customer, claim.Agreement{Offer: 1, Payee: claim.Payee{Name: "张三", Bank: "中国银行", Account: "6222020000000000"}, Signature: "phone-code"})
	}
	other := func(p claim.Attachment) {
		do(d, d.Confirm, zhou, claim.Confirmation{Document: p.Document, Kind: "id_card"})
	}
	other(second)
	require.Equal(t, claim.RulePapersMissing, ruleOf(agree()))
	third := paper("driving_licence", "5", "name", "张三")
	d.attach(third)
	require.Nil(t, agree().Refusal)
	require.Equal(t, claim.Agreed, d.file.Stage)
	other(third)
	yang := claim.Actor{ID: "yang", Role: claim.Finance, Branch: "3101"}
	require.Equal(t, claim.RulePapersMissing, ruleOf(d.release(yang)))
	d.attach(paper("driving_licence", "6", "name", "张三"))
	require.Nil(t, d.release(yang).Refusal)
	rule, _, _ := claim.Conflict(d.file.Deeds, "zhou", claim.DutyConfirmWaiver, d.file.Lane)
	require.Equal(t, claim.RuleOwnWaiver, rule, "whoever proposes on a claim does not confirm on it")
	d.verifyChain()
}

// In the flash lane, where the agreement is the consent, it is no different.
func TestAFlashClaimIsNotSettledWhileAPaperThatWasAskedForIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	d.attach(a, b, paper("vat_invoice", "c", "total_fen", "300000", "plate", "沪A12345"))
	d.looks(a, 0x0123456789abcdef)
	d.looks(b, 0xfedcba9876543210)
	do(d, d.SelfSurvey, machine, claim.None{})
	do(d, d.AssessBySelf, machine, claim.None{})
	require.Equal(t, claim.Negotiating, d.file.Stage)
	do(d, d.RequestPapers, zhou, claim.PaperRequest{More: []claim.MorePaper{{Kind: "vin_plate", Reason: "核对车架号"}}})
	agree := func() claim.Receipt {
		return do(d, d.Agree, customer, claim.Agreement{Offer: 1, Payee: claim.Payee{Name: "张三", Bank: "中国银行", Account: "6222020000000000"}, Signature: "phone-code"})
	}
	require.Equal(t, claim.RulePapersMissing, ruleOf(agree()))
	require.Nil(t, d.file.Payment())
	d.attach(paper("vin_plate", "d", "vin", "LSVAA4182E2123456"))
	require.Nil(t, agree().Refusal)
	require.NotNil(t, d.file.Payment())
}

func TestAWaiverNeedsTwoPeopleEvenForTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	do(d, d.ProposeWaiver, zhou, claim.WaiverProposal{Item: "vehicle_licence", Reason: "暂扣"})
	insert := `insert into waivers (claim_id, item, number, act, by_id, at) values ($1, $2, $3, 'confirmed', $4, now())`
	for _, who := range []string{"zhou", "system"} {
		_, err := d.db.Worker.Exec(t.Context(), insert, d.id, "vehicle_licence", 2, who)
		require.ErrorContains(t, err, "two people", who)
	}
	_, err := d.db.Worker.Exec(t.Context(), insert, d.id, "driving_licence", 1, "zheng")
	require.ErrorContains(t, err, "two people", "nobody has proposed it")
	_, err = d.db.Worker.Exec(t.Context(), `update waivers set by_id = 'x'`)
	require.ErrorContains(t, err, "permission denied")
}

func TestTheOneRequestStopsOurClocksFromItsDeliveryToTheArrivalOfTheLastPaper(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	d.attach(paper("driving_licence", "2", "name", "张三"))
	do(d, d.RequestPapers, zhou, claim.PaperRequest{More: []claim.MorePaper{{Kind: "other", What: "消防火灾证明", Reason: "起火原因不明"}}})
	told := d.messages("papers-request")
	require.Len(t, told, 1)
	require.Contains(t, told[0], "1.维修估价单或发票；2.行驶证；3.消防火灾证明", "everything that is missing, at once")
	require.Contains(t, told[0], d.file.Number+"-P1", "why, the letter says")
	require.Equal(t, claim.RulePapersAsked, ruleOf(do(d, d.RequestPapers, zhou, claim.PaperRequest{})))

	notice := d.file.Undelivered()
	require.NotEmpty(t, notice)
	_, err := d.Delivered(t.Context(), notice)
	require.ErrorContains(t, err, "not delivered yet", "an undelivered notice moves nothing")
	require.Len(t, d.deadline(claim.ClockDetermination), 1)
	delivered := morning.Add(48 * time.Hour)
	do(d, d.NoticeDelivered, machine, claim.Delivered{Notice: notice, At: delivered})
	require.Empty(t, d.file.Undelivered())
	require.True(t, d.file.Missing()[0].Blocks, "the claim waits for the claimant")
	require.Equal(t, claim.EntryPause, d.deadline(claim.ClockDetermination)[1].Kind)
	require.Equal(t, notice, d.deadline(claim.ClockDetermination)[1].Proof)
	require.True(t, delivered.Equal(d.deadline(claim.ClockDetermination)[1].At))

	d.n += 7 * 24 * 60
	d.attach(paper("repair_estimate", "3", "total_fen", "3000000"))
	fire := d.readAs("other", "other", "4", 5_000)
	do(d, d.ProposeWaiver, zhou, claim.WaiverProposal{Item: "vehicle_licence", Reason: "暂扣"})
	require.Len(t, d.deadline(claim.ClockDetermination), 2, "not all has come")
	arrived := morning.Add(time.Duration(d.n-1) * time.Minute) // of the fire certificate
	do(d, d.ConfirmWaiver, reviewer("zheng", 1), claim.ListItem{Item: "vehicle_licence"})
	waived := morning.Add(time.Duration(d.n) * time.Minute)
	d.n += 24 * 60
	do(d, d.Confirm, zhou, claim.Confirmation{Document: fire.ID, Kind: "other"})
	ledger := d.deadline(claim.ClockDetermination)
	require.Len(t, ledger, 3)
	require.Equal(t, claim.EntryResume, ledger[2].Kind)
	require.True(t, waived.Equal(ledger[2].At), "the waiver came last, at %s after the paper at %s; a day later somebody looked", waived, arrived)
	d.verifyChain()
}

func TestWhatAFindingBringsToLightIsAskedForOnceAndMovesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assessed(3_000_000)
	do(d, d.RequestPapers, zhou, claim.PaperRequest{})
	do(d, d.NoticeDelivered, machine, claim.Delivered{Notice: d.file.Undelivered(), At: morning.Add(24 * time.Hour)})
	more := claim.PaperRequest{Finding: "plate.differs", More: []claim.MorePaper{{Kind: "vin_plate", Reason: "车牌与保单不符"}}}
	require.Equal(t, claim.RulePapersAsked, ruleOf(do(d, d.RequestPapers, zhou, more)), "there is no such finding")

	d.attach(paper("repair_estimate", "1", "total_fen", "3000000", "plate", "沪B99999"))
	require.Contains(t, d.findings(), "plate.differs!")
	do(d, d.RequestPapers, zhou, more)
	require.Contains(t, d.messages("papers-finding")[0], "1.车辆铭牌")
	require.Empty(t, d.file.Undelivered(), "no clock depends on its delivery")
	require.Equal(t, claim.RulePapersAsked, ruleOf(do(d, d.RequestPapers, zhou, more)))
	require.Len(t, d.deadline(claim.ClockDetermination), 2)
}

func TestTheListOfACompulsoryClaimIsADutyWithinADay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := notice(3_000_000)
	n.Exposures = append(n.Exposures, claim.NewExposure{Kind: claim.ThirdPartyProperty, Object: "对方车门", Estimate: 100_000})
	do(d, d.Report, customer, n)
	do(d, d.Route, machine, claim.None{})
	require.Len(t, d.deadline(claim.ClockPapersList), 1)
	notice := d.file.Undelivered()
	require.Equal(t, d.file.Checklist.Tellings[0].Notice, notice)
	do(d, d.NoticeDelivered, machine, claim.Delivered{Notice: notice, At: morning.Add(time.Hour)})
	require.Equal(t, claim.EntryStop, d.deadline(claim.ClockPapersList)[1].Kind)
	require.Empty(t, d.file.Undelivered())
}
