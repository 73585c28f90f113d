package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// at sits a member of staff down before a page.
func at(t *testing.T, s screen, persona, name, path string) *page {
	t.Helper()
	p := open(t, s)
	p.sitDown(persona, name, path)
	return p
}

func (p *page) sitDown(persona, name, path string) {
	p.t.Helper()
	p.Open("/signin/start?next=" + url.QueryEscape(path))
	p.Click(name)
	p.Wait(persona+" at "+path, "location.pathname === "+quoted(path))
}

// brought is a claim that is brought over HTTP to where a journey begins.
type brought struct {
	t        *testing.T
	number   string
	claimant play.Caller
}

func (l *brought) staff(id string) play.Caller {
	l.t.Helper()
	c, err := site.Staff(l.t.Context(), id)
	require.NoError(l.t, err)
	return c
}

// bring reports a loss on the policy that the demo wrote under this serial.
// An hour apart, no two of a journey's are the same loss.
func bring(t *testing.T, phone, line, serial string, hours int, n rest.Notice) *brought {
	t.Helper()
	l := &brought{t: t}
	policies, err := play.List[rest.Policy](t.Context(), l.staff("admin-lv"), "/policies?branch=3101&line="+line)
	require.NoError(t, err)
	i := slices.IndexFunc(policies, func(p rest.Policy) bool { return p.Number[len(p.Number)-6:] == serial })
	require.GreaterOrEqual(t, i, 0, serial)
	n.Channel, n.Line, n.PolicyNo, n.Plate = "web", rest.Line(line), policies[i].Number, policies[i].Plate
	n.LossAt, n.Reporter = time.Now().Add(-time.Duration(hours)*time.Hour).Truncate(time.Minute), rest.Party{Name: "方立新", Phone: phone, Role: "insured"}
	l.claimant, _, err = site.Claimant(t.Context(), phone, "")
	require.NoError(t, err)
	l.number = posted[rest.Receipt](l, l.claimant, "/claims", n).Number
	return l
}

func posted[T any](l *brought, by play.Caller, path string, body any) T {
	l.t.Helper()
	got, err := play.Post[T](l.t.Context(), by, play.Key(), path, body)
	require.NoError(l.t, err)
	return got
}

func (l *brought) now() rest.Claim {
	l.t.Helper()
	c, err := play.Get[rest.Claim](l.t.Context(), l.staff("audit-xu"), "/claims/"+l.number)
	require.NoError(l.t, err)
	return c
}

// task waits for a task of this kind.
func (l *brought) task(kind string) (found rest.Task) {
	l.t.Helper()
	require.NoError(l.t, play.Until(l.t.Context(), kind+" of "+l.number, patience, func() (bool, error) {
		for _, t := range l.now().Tasks {
			if string(t.Kind) == kind {
				found = t
			}
		}
		return found.Id != "", nil
	}))
	return found
}

// release lets the money go as the task shows it.
func (l *brought) release(finance play.Caller) {
	l.t.Helper()
	task, err := play.Get[rest.Task](l.t.Context(), finance, "/tasks/"+l.task("release").Id)
	require.NoError(l.t, err)
	posted[rest.Receipt](l, finance, "/claims/"+l.number+"/release", rest.Release{Task: task.Id, Seen: task.Payout.Seen})
}

// surveyed lets the surveyor to whom it was offered go there.
func (l *brought) surveyed(place rest.Point, fault rest.BP, estimate rest.Fen, view specimen.View) {
	l.t.Helper()
	var task rest.Task
	require.NoError(l.t, play.Until(l.t.Context(), "offer to a surveyor", patience, func() (bool, error) {
		task = l.task("survey")
		return task.Owner != "", nil
	}))
	who := l.staff(string(task.Owner))
	posted[rest.Receipt](l, who, "/tasks/"+task.Id+"/acceptance", nil)
	photo, err := specimen.LossPhoto(specimen.Photo{View: view, Caption: time.Now().Format("2006-01-02 15:04"), Seed: uint64(time.Now().UnixNano())})
	require.NoError(l.t, err)
	shots, err := play.Attach(l.t.Context(), who, l.number, play.File{Name: "现场.jpg", Kind: "loss_photo", Bytes: photo, At: &place})
	require.NoError(l.t, err)
	posted[rest.Receipt](l, who, "/claims/"+l.number+"/surveys", rest.SurveyReport{
		Task: task.Id, ArrivedAt: time.Now().UTC(), Place: &place, Facts: "现场与报案相符，损失已拍照。", FaultShare: fault, Estimate: estimate, Photos: shots,
	})
}

// waived lets two people say that the claim goes on without the papers that it
// needs and does not have.
func (l *brought) waived() {
	l.t.Helper()
	list, err := play.Get[rest.Checklist](l.t.Context(), l.staff("audit-xu"), "/claims/"+l.number+"/checklist")
	require.NoError(l.t, err)
	for _, item := range list.Items {
		if item.Required && item.State == "missing" {
			way := "/claims/" + l.number + "/checklist/" + item.Name + "/waiver"
			posted[rest.Receipt](l, l.staff("assess-zhou"), way, rest.Reason{Reason: "现场已核对"})
			posted[rest.Receipt](l, l.staff("review-feng"), way+"/confirmation", nil)
		}
	}
}

// read waits until a paper has been read.
func (l *brought) read(id string) (d rest.Document) {
	l.t.Helper()
	require.NoError(l.t, play.Until(l.t.Context(), "reading of the paper", patience, func() (bool, error) {
		var err error
		d, err = play.Get[rest.Document](l.t.Context(), l.staff("audit-xu"), "/claims/"+l.number+"/documents/"+id)
		return d.State != "received", err
	}))
	return d
}

// An assessor opens the claim from the worklist by keyboard, confirms what the
// reader was not sure of without touching the mouse, and puts figures to the
// loss, each line with its paper.
func TestAnAssessorConfirmsByKeyboardAndAssesses(t *testing.T) {
	t.Parallel()
	place := rest.Point{Lat: 31.2304, Lng: 121.5150}
	l := bring(t, "13900000071", "motor", "000127", 71, rest.Notice{
		Place: "上海市浦东新区张杨路 500 号", At: &place, Cause: "collision", Story: "变道时与护栏相撞，前保险杠和右大灯受损，无人受伤。",
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "本车前部", Estimate: 1_600_000}},
	})
	l.surveyed(place, 10000, 1_500_000, specimen.CarFront)
	in := specimen.Estimate{ // for another plate than the policy's, so that a person must look
		Number: "DS202643856218", Issued: specimen.DatesAt(time.Now()).Today, Plate: "沪AD58327", VIN: specimen.VIN("LSVAB2189N2000127"), Model: "样例牌YL7150A", Shop: "上海众安汽车维修有限公司", Insured: "方立新",
		Lines: []specimen.Repair{
			{Name: "前保险杠总成", Action: "更换", PartsFen: 385_000, LabourFen: 40_000}, {Name: "右前大灯", Action: "更换", PartsFen: 520_000, LabourFen: 30_000},
		}, Quality: specimen.Scan, Seed: 13,
	}
	raw, err := specimen.RepairEstimate(in)
	require.NoError(t, err)
	ids, err := play.Attach(t.Context(), l.claimant, l.number, play.File{Name: "维修估价单.jpg", Kind: "repair_estimate", Bytes: raw})
	require.NoError(t, err)
	paper := l.read(ids[0])
	require.Equal(t, rest.PaperState("unsure"), paper.State, "the journey needs a field to confirm")
	l.task("assess")

	p := at(t, desk, "assess-zhou", "周平", "/desk")
	p.See(l.number)
	p.Look("desk")
	p.Press("j")
	p.Wait("a row of the worklist has the focus", "document.activeElement.matches('[data-row]')")

	p.Open("/desk/claims/" + l.number)
	p.See("维修估价单.jpg")
	p.Wait("boxes on the picture", "document.querySelector('.flat > svg').getAttribute('viewBox')")
	p.Look("desk-claim")
	p.Wait("a picture that was made for looking at", "document.querySelector('.flat > img').naturalWidth > 0 && document.querySelector('.flat > img').src.includes('/preview?')")
	p.Click("旋转")
	for range 4 {
		p.Click("放大")
	}
	p.Wait("the original, which has more to see", "document.querySelector('.flat > img').src.endsWith('/content')")

	p.Click("核对字段")
	p.See("待核对")
	p.Wait("the first unsure field has the focus", "document.activeElement.name?.startsWith('value.')")
	p.Wait("the place where it stands", "[...document.querySelectorAll('img.cut')].some((i) => i.naturalWidth > 0)")
	p.Look("desk-confirm")
	p.Wait("the first unsure field has the focus", "document.activeElement.name?.startsWith('value.')")
	truth := map[string]string{"plate": in.Plate, "vin": in.VIN}
	for _, f := range paper.Fields {
		if f.Sure {
			continue
		}
		right, known := truth[f.Name]
		if known {
			eval[bool](p, "document.activeElement.value = "+quoted(right)+", true")
		}
		if eval[bool](p, "Boolean(document.querySelector('[data-name="+f.Name+"] [data-again]'))") {
			eval[bool](p, "document.querySelector('[data-name="+f.Name+"] [data-again]').value = document.activeElement.value, true")
			p.Press(kb.Enter)
		}
		p.Press(kb.Enter)
	}
	p.Wait("the button has the focus", "document.activeElement.matches('form button')")
	p.Press(kb.Enter)
	p.See("字段已确认")
	require.Equal(t, rest.PaperState("confirmed"), l.read(ids[0]).State)

	p.Click("定损")
	p.Fill("项目 1", "前保险杠总成")
	p.Fill("金额 1", "4,250")
	p.Fill("依据 1", "维修估价单.jpg")
	p.Fill("项目 2", "右前大灯")
	p.Fill("金额 2", "五千")
	p.Snap("desk-assess")
	p.Allow("422")
	p.Click("核对一遍")
	p.See("每一行都要有项目和金额")
	require.Equal(t, "前保险杠总成", p.Value("项目 1"), "what was typed is kept")
	p.Fill("金额 2", "¥5,500.00")
	p.Click("核对一遍")
	p.See("¥9,750.00")
	p.Snap("desk-assess-check")
	p.Click("提交定损")
	p.See("定损已提交")
	p.See("赔款计算书")
	p.Look("desk-assessed")
	require.Equal(t, rest.Stage("negotiating"), l.now().Stage)

	// What changes while somebody looks is told.
	l.waived()
	posted[rest.Receipt](l, l.claimant, "/claims/"+l.number+"/offers/1/consent", nil)
	p.See("赔案有新变化")
	p.Click("查找赔案")
	p.Fill("赔案号、车牌、手机号或保单号", l.number)
	p.Click("查找")
	p.Wait("the claim that was looked for", "location.pathname === '/desk/claims/"+l.number+"'")
}

// hurry lets the seconds of the pages that are opened from now on pass at once.
func (p *page) hurry() {
	p.t.Helper()
	command(p, "hurry", cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: "{ const every = window.setInterval; window.setInterval = (does, ms, ...with_) => every(does, Math.min(ms, 10), ...with_) }",
	})
}

// enclosed is a PDF behind a letter: its fields stand on the second page.
func enclosed(t *testing.T, paper []byte) []byte {
	t.Helper()
	letter, folder := fpdf.New("P", "mm", "A4", ""), t.TempDir()
	letter.AddPage()
	letter.SetFont("Helvetica", "", 14)
	letter.Text(20, 40, "Enclosed please find the invoice of the goods that burned.")
	file := func(name string) string { return filepath.Join(folder, name) }
	require.NoError(t, letter.OutputFileAndClose(file("letter.pdf")))
	require.NoError(t, os.WriteFile(file("paper.pdf"), paper, 0o600))
	out, err := exec.CommandContext(t.Context(), "pdfunite", file("letter.pdf"), file("paper.pdf"), file("both.pdf")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	both, err := os.ReadFile(file("both.pdf"))
	require.NoError(t, err)
	return both
}

// Three levels decide on a large claim, with one question on the way; finance
// releases it with two people; audit looks at what was stopped, and verifies.
func TestALargeClaimIsDecidedReleasedAndAudited(t *testing.T) {
	t.Parallel()
	place := rest.Point{Lat: 31.2846, Lng: 121.2010}
	l := bring(t, "13900000072", "commercial_property", "000019", 72, rest.Notice{
		Place: "上海市嘉定区曹安公路 4988 号 2 号仓库", At: &place, Cause: "fire", Story: "配电箱起火，面料和货架烧毁，无人受伤。",
		Exposures: []rest.NewExposure{{Kind: "commercial_property", Object: "2 号仓库存货", Estimate: 160_000_000}},
	})
	l.surveyed(place, 0, 155_000_000, specimen.WarehouseRacks)
	zhou := l.staff("assess-zhou")
	invoice, err := specimen.VATInvoicePDF(specimen.Invoice{
		Number: "2631" + digits(t, 16), Issued: specimen.DatesAt(time.Now()).Purchased, Province: "上海", Buyer: "上海云帆纺织有限公司", BuyerTaxID: specimen.CreditCode("91310114MA1GTEST0"),
		Seller: "江苏恒织纺织有限公司", SellerTaxID: specimen.CreditCode("91320583MA1WTEST2"), Items: []specimen.Item{{Name: "*纺织产品*涤纶面料", Unit: "米", Fen: 95_000_000}}, RatePercent: 13, Seed: 12,
	})
	require.NoError(t, err)
	papers, err := play.Attach(t.Context(), l.claimant, l.number, play.File{Name: "面料采购发票.pdf", Kind: "vat_invoice", Bytes: enclosed(t, invoice)})
	require.NoError(t, err)
	l.read(papers[0])
	assess := func(fen rest.Fen, offer int) {
		posted[rest.Receipt](l, zhou, "/claims/"+l.number+"/assessments", rest.NewAssessment{Task: l.task("assess").Id, Note: "按账面原值核定", Objects: []rest.Assessed{
			{Exposure: 1, Items: []rest.AssessedItem{{Name: "面料存货", Kind: "property", Amount: fen}}, Salvage: 8_000_000},
		}})
		posted[rest.Receipt](l, l.claimant, fmt.Sprintf("/claims/%s/offers/%d/consent", l.number, offer), nil)
	}
	l.waived()
	assess(160_000_000, 1)

	// Level 1 may not, and is told so beforehand; the undo moment is used once.
	one := at(t, desk, "review-zheng", "郑凯", "/desk/review/"+l.task("review").Id)
	one.See("超出您的权限")
	one.Snap("desk-review")
	one.Look("desk-review")
	one.Press("a")
	one.Wait("the opinion has the focus", "document.activeElement.name === 'opinion'")
	one.Fill("意见", "火灾责任清楚，建议同意")
	one.Click("提交决定")
	one.See("秒后提交")
	one.Click("撤销")
	one.Gone("秒后提交")
	require.Equal(t, l.task("review").Level, rest.Level(1), "nothing was sent")
	one.Click("提交决定")
	one.Click("现在提交")
	one.See("您的意见已留档，赔案已上报")

	// Level 2 asks.
	two := at(t, desk, "review-feng", "冯丽", "/desk/review/"+l.task("review").Id)
	two.See("火灾责任清楚，建议同意")
	two.Press("r")
	two.Click("定损")
	two.Fill("要回答的问题", "面料中有多少是次品？")
	two.Click("提交决定")
	two.Click("现在提交")
	two.See("已退回并提问")
	require.Contains(t, fmt.Sprint(l.task("assess").Note), "次品")

	assess(152_000_000, 2)
	one.Open("/desk/review/" + l.task("review").Id)
	one.See("自上次查看以来")
	one.See("面料中有多少是次品？")
	one.Open(one.URL())
	one.See("打开满 10 秒") // a glance has not seen it
	two.hurry()
	card, feng := l.task("review").Id, l.staff("review-feng")
	two.Open("/desk/review/" + card)
	two.See("打开满 10 秒")
	two.until("note that it was seen", func(ctx context.Context) (bool, string, error) {
		d, err := play.Get[rest.Decision](ctx, feng, "/tasks/"+card+"/decision")
		return d.Seen == d.LastEvent, fmt.Sprint(d.Seen, " of ", d.LastEvent), err
	})
	one.Snap("desk-review-again")
	one.Press("u")
	one.Fill("意见", "次品已剔除，请上级定")
	one.Click("提交决定")
	one.Click("现在提交")
	one.See("已上报")
	two.Open("/desk/review/" + l.task("review").Id)
	two.Press("a")
	two.Fill("意见", "问题已答复，建议同意")
	two.Click("提交决定")
	two.Click("现在提交")
	two.See("赔案已上报")
	three := at(t, phone, "review-jiang", "蒋峰", "/desk/review/"+l.task("review").Id)
	three.See("¥3,000,000.00")
	three.Click("同意")
	three.Fill("意见", "同意赔付")
	three.Click("提交决定")
	three.Click("现在提交")
	three.See("已同意赔付")

	posted[rest.Receipt](l, l.claimant, "/claims/"+l.number+"/offers/2/agreement", rest.NewAgreement{
		Payee: rest.Payee{Name: "上海云帆纺织有限公司", Bank: "中国工商银行上海嘉定支行", Account: "6222020200112233446"}, AccountAgain: "6222020200112233446", Signature: "paper",
	})
	l.task("release")
	for i, who := range [][2]string{{"finance-yang", "杨帆"}, {"finance-zhu", "朱琳"}} {
		p := at(t, desk, who[0], who[1], "/desk/payments")
		p.See(l.number)
		if i == 0 {
			p.Look("desk-payments")
		}
		p.Open("/desk/claims/" + l.number + "/acts/release")
		if i == 0 {
			p.Look("desk-release")
		}
		p.Click("放款")
		if i == 0 {
			p.See("还须另一位同事放款")
			p.Allow("403")
			p.Open("/desk/claims/" + l.number + "/acts/release")
			p.Click("放款")
			p.See("大额放款须两人")
			continue
		}
		p.See("已放款")
	}
	audit := at(t, desk, "audit-xu", "许诺", "/desk/refused")
	audit.Open("/desk/claims/" + l.number + "?doc=" + papers[0])
	audit.Wait("the first page", "document.querySelector('.flat > img').naturalWidth > 0")
	audit.See("第 1 / 2 页")
	eval[bool](audit, "document.querySelector('.fields a[data-field=total_fen]').click(), true")
	audit.Wait("the total on the second page", "!document.querySelectorAll('.turned')[1].hidden && document.querySelectorAll('.turned')[1].querySelector('rect.on').getBoundingClientRect().width > 20")
	eval[bool](audit, "document.querySelector('.stage').focus(), true")
	audit.Press("p")
	audit.See("第 1 / 2 页")
	audit.Open("/desk/claims/" + l.number + "?doc=" + papers[0] + "&field=total_fen")
	audit.Wait("its picture", "document.querySelectorAll('.flat > img')[1].naturalWidth > 0")
	audit.See("第 2 / 2 页")
	audit.Look("desk-pdf")
	audit.Open("/desk/refused")
	audit.Fill("赔案号", l.number)
	audit.Click("筛选")
	audit.See("大额放款须两人")
	audit.Look("desk-refused")
	audit.Open("/desk/claims/" + l.number + "/verification")
	audit.Click("开始核验")
	audit.See("完整，没有被改动")
	audit.Look("desk-verify")

	// A dispute: the auditor holds the evidence of the claim, which is over.
	audit.Open("/desk/claims/" + l.number)
	audit.Click("证据保全")
	audit.Fill("原因", "客户就赔款金额提起诉讼")
	audit.Click("证据保全")
	audit.See("证据已保全")
	audit.See("解除保全须由另一人")
	audit.Snap("desk-held.zh")
}
