package activities_test

import (
	"bytes"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/claim"
	"anpei/internal/testenv"
)

// said is what a letter says, without the white space.
func (d *desk) said(l activities.Letter) string {
	d.t.Helper()
	object, err := d.Store.GetObject(d.t.Context(), d.Bucket, l.Object, minio.GetObjectOptions{VersionID: l.Revision})
	require.NoError(d.t, err)
	pdf, err := io.ReadAll(object)
	require.NoError(d.t, err)
	read := exec.CommandContext(d.t.Context(), "pdftotext", "-layout", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	text, err := read.Output()
	require.NoError(d.t, err)
	return regexp.MustCompile(`\s+`).ReplaceAllString(string(text), "")
}

// prints gives the desk what letters are stored in and written with.
func (d *desk) prints() {
	d.t.Helper()
	d.Store, d.Bucket = testenv.Store(d.t)
	d.FontFile = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"
}

// locked checks that a letter is one version, which the store keeps.
func (d *desk) locked(l activities.Letter) {
	d.t.Helper()
	versions := 0
	for o := range d.Store.ListObjects(d.t.Context(), d.Bucket, minio.ListObjectsOptions{Prefix: l.Object, WithVersions: true}) {
		require.NoError(d.t, o.Err)
		versions++
	}
	require.Equal(d.t, 1, versions)
	mode, until, err := d.Store.GetObjectRetention(d.t.Context(), d.Bucket, l.Object, l.Revision)
	require.NoError(d.t, err)
	require.Equal(d.t, minio.Governance, *mode)
	require.WithinDuration(d.t, l.At.AddDate(claim.KeptYears, 0, 0), *until, time.Second)
	require.ErrorContains(d.t, d.Store.RemoveObject(d.t.Context(), d.Bucket, l.Object, minio.RemoveObjectOptions{VersionID: l.Revision}), "protected")
}

// later puts a version of a table in force that says something else from ten
// days on.
func (d *desk) later(kind, what, instead string) {
	d.t.Helper()
	_, err := d.db.Owner.Exec(d.t.Context(), `insert into rule_tables (kind, version, effective_from, body)
		select kind, 'later', $2, replace(body::text, $3, $4)::jsonb from rule_tables where kind = $1`, kind, d.began.AddDate(0, 0, 10), what, instead)
	require.NoError(d.t, err)
}

// A letter is in the language of whom it is to; what people have written is as
// they wrote it.
func TestALetterIsInTheLanguageOfItsReader(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.prints()
	n := notice(3_000_000)
	n.Reporter.Language = claim.English
	do(d, d.Report, customer, n)
	do(d, d.Route, machine, claim.None{})
	d.surveyedAndAssessed(3_000_000)
	do(d, d.RequestPapers, zhou, claim.PaperRequest{More: []claim.MorePaper{{Kind: "other", What: "消防火灾证明", Reason: "起火原因不明"}}})
	letter, err := d.WriteRequest(t.Context(), activities.RequestLetter{Claim: d.id, Number: d.file.Unwritten()})
	require.NoError(t, err)
	said := d.said(letter)
	for _, want := range []string{
		"Requestforpapers", "To张三:", "1.therepairestimateortheinvoice", "Why:Itshowswhattherepaircosts(InsuranceLawart.22(1))", "消防火灾证明", "起火原因不明",
		"until23December2026", "1SampleRoad", "call400-000-0000", "SamplePropertyInsurance", "23November2026",
	} {
		require.Contains(t, said, want)
	}
	require.NotContains(t, said, "本公司")
}

// A message and a letter take the form that is in force when they are written.
func TestAMessageTakesTheFormInForceOnItsDay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.later("sms", "您已撤回赔案", "您已放弃赔案")
	do(d, d.Report, customer, notice(3_000_000))
	before := d.messages("reported")
	d.n += 11 * 24 * 60
	do(d, d.Withdraw, customer, claim.Reason{Reason: "-"})
	require.Contains(t, d.messages("withdrawn")[0], "您已放弃赔案")
	require.Equal(t, before, d.messages("reported"), "what was written stays")
}

// A formal notice must say every character of what was decided, at every line
// length, and be the same bytes each time it is written.
func TestTheNoticeOfADenialSaysAllOfItAndIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.prints()
	facts := strings.Repeat("驾驶人持C1类驾驶证，驾驶中型厢式货车(准驾B2)；", 40)
	d.assessed(3_000_000)
	licence := paper("driving_licence", "2", "name", "张三")
	licence.Name = "驾驶证.jpg"
	d.attach(licence, paper("repair_estimate", "1", "total_fen", "3000000"))
	do(d, d.ProposeWaiver, zhou, claim.WaiverProposal{Item: "vehicle_licence", Reason: "被交警暂扣"})
	do(d, d.ConfirmWaiver, reviewer("feng", 2), claim.ListItem{Item: "vehicle_licence"})
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	do(d, d.Review, reviewer("zheng", 1), claim.Verdict{
		Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictDeny,
		Denial: &claim.Denial{Clause: "第八条第（二）项", Facts: facts, Reasons: "责任免除", Evidence: []string{licence.Document}},
	})
	d.attach(paper("vehicle_licence", "3", "owner", "张三")) // too late for the proposal, and for what it states
	do(d, d.DecideDenial, reviewer("feng", 2), claim.DenialVerdict{Task: d.file.TaskOf(claim.TaskDenial).ID, Approve: true})

	letter, err := d.WriteDenial(t.Context(), d.id)
	require.NoError(t, err)
	again, err := d.WriteDenial(t.Context(), d.id)
	require.NoError(t, err)
	require.Equal(t, letter, again, "written again, it is the same version")
	d.locked(letter)

	said := d.said(letter)
	for _, want := range []string{
		d.file.Number, facts, "第八条第（二）项", "责任免除", "保险法》第二十四条", "12378", "仲裁", "诉讼", "申请复核", "申请调解",
		"1.驾驶证.jpg（SHA-2562222222222222222…）", "测试市样例路1号", "400-000-0000", "样例财产保险有限公司", "驾驶证：已收到，经核对采用", "维修估价单或发票：已收到，经核对采用", "行驶证：未提供，经本公司两人核准免于提供",
	} {
		require.Contains(t, said, want)
	}

	d.later("letters", "拒赔通知书", "另一种通知书")
	again, err = d.WriteDenial(t.Context(), d.id)
	require.NoError(t, err)
	require.Equal(t, letter, again, "a form of later changes no letter of before")

	do(d, d.NotifyDenial, machine, letter)
	require.Equal(t, claim.OutcomeDenied, d.file.Outcome)
	require.Equal(t, 1, d.count("letters"))
	d.verifyChain()
}

// What is asked for is put in writing: every paper with its reason, by when we
// decide and how our time stands still, how to send them. It says what was asked
// then, whenever it is written (Insurance Law art. 22(2)).
func TestTheRequestForPapersIsPutInWritingAsItWasMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.prints()
	d.assessed(3_000_000)
	require.Empty(t, d.file.Unwritten())
	do(d, d.RequestPapers, zhou, claim.PaperRequest{More: []claim.MorePaper{{Kind: "other", What: "消防火灾证明", Reason: "起火原因不明，须确认责任"}}})
	first := d.file.Unwritten()
	require.Equal(t, d.file.Number+"-P1", first)
	require.Contains(t, d.messages("papers-request")[0], first, "the message names the letter")

	letter, err := d.WriteRequest(t.Context(), activities.RequestLetter{Claim: d.id, Number: first})
	require.NoError(t, err)
	said := d.said(letter)
	for _, want := range []string{
		"补充材料通知书", first, "张三：", d.file.Number, "PM1", "第二十二条第二款", "一次性通知",
		"1.维修估价单或发票", "2.驾驶证", "3.行驶证", "4.消防火灾证明", "用途：起火原因不明，须确认责任",
		"至2026年12月23日", "暂停计算", "补齐之日恢复", "解释（二）第十五条", "网上提交", "邮寄", "免于提供", "12378", "2026年11月23日",
	} {
		require.Contains(t, said, want)
	}
	require.Equal(t, 4, strings.Count(said, "用途："), "each paper says what it is needed for")

	do(d, d.FileLetter, machine, letter)
	require.Empty(t, d.file.Unwritten())
	do(d, d.FileLetter, machine, letter)
	require.Equal(t, 1, d.count("letters"))
	var sha string
	require.NoError(t, d.db.API.QueryRow(t.Context(), `select body->>'sha256' from events where claim_id = $1 and kind = 'papers.letter'`, d.id).Scan(&sha))
	require.Equal(t, letter.SHA256, sha, "the log holds what was written")

	do(d, d.NoticeDelivered, machine, claim.Delivered{Notice: d.file.Undelivered(), At: morning.Add(24 * time.Hour)})
	d.attach(paper("repair_estimate", "1", "total_fen", "3000000", "plate", "沪B99999"))
	again, err := d.WriteRequest(t.Context(), activities.RequestLetter{Claim: d.id, Number: first})
	require.NoError(t, err)
	require.Equal(t, letter, again, "what came since changes nothing")
	d.locked(letter)

	do(d, d.RequestPapers, zhou, claim.PaperRequest{Finding: "plate.differs", More: []claim.MorePaper{{Kind: "vin_plate", Reason: "车牌与保单不符"}}})
	second := d.file.Unwritten()
	require.Equal(t, d.file.Number+"-P2", second)
	letter, err = d.WriteRequest(t.Context(), activities.RequestLetter{Claim: d.id, Number: second})
	require.NoError(t, err)
	said = d.said(letter)
	for _, want := range []string{"新情况", "1.车辆铭牌", "用途：车牌与保单不符", "不因本次补充而暂停"} {
		require.Contains(t, said, want)
	}
	require.NotContains(t, said, "驾驶证", "what was asked for before is not asked for again")
	_, err = d.WriteRequest(t.Context(), activities.RequestLetter{Claim: d.id, Number: "AP-X-P9"})
	require.ErrorContains(t, err, "asked for nothing")
	d.verifyChain()
}
