package browser_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// named are those of the personas whose name a journey does not know beforehand.
var named = map[string]string{"survey-chen": "陈刚", "survey-zhao": "赵磊"}

// assessed puts a figure to the damage of the car.
func (l *brought) assessed(fen rest.Fen) {
	l.t.Helper()
	posted[rest.Receipt](l, l.staff("assess-zhou"), "/claims/"+l.number+"/assessments", rest.NewAssessment{
		Task: l.task("assess").Id, Note: "按修理方案核定", Objects: []rest.Assessed{
			{Exposure: 1, FaultShare: 10_000, Items: []rest.AssessedItem{{Name: "修理费用", Kind: "part", Amount: fen}}},
		},
	})
}

// stands waits until the claim is at a stage.
func (l *brought) stands(stage rest.Stage) {
	l.t.Helper()
	require.NoError(l.t, play.Until(l.t.Context(), fmt.Sprintf("%s at %s", l.number, stage), patience, func() (bool, error) { return l.now().Stage == stage, nil }))
}

// goesOn opens a page with the session that a claimant has already, since a phone
// gets one code a minute.
func (p *page) goesOn(as play.Caller, path string) {
	p.t.Helper()
	p.Open("/")
	command(p, "take the session along", network.SetCookie, network.SetCookieParams{Name: "anpei-claimant", Value: as.Token, URL: site.API})
	p.Open(path)
}

// A claim that goes back and forth: no policy is known, the surveyor declines,
// the figure is objected to, consent is given on the telephone, two reviewers
// decide at once, and the bank sends the money back.
func TestAClaimThatGoesBackAndForthIsPaidInTheEnd(t *testing.T) {
	t.Parallel()
	place := rest.Point{Lat: 31.2304, Lng: 121.5150}
	insured := insure(t)
	l := &brought{t: t}
	l.number = posted[rest.Receipt](l, l.staff("intake-gu"), "/claims", rest.Notice{
		Channel: "phone", Line: "motor", LossAt: time.Now().Add(-time.Hour), Place: "上海市浦东新区张杨路 500 号", At: &place, Cause: "collision",
		Story: "变道时与护栏相撞，客户说不清保单号。", Reporter: rest.Party{Name: "周晓岚", Phone: insured.Phone, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "本车前部", Estimate: 1_600_000}},
	}).Number

	intake := at(t, desk, "intake-gu", "顾青", "/desk/claims/"+l.number+"/acts/link-policy")
	intake.Allow("422")
	intake.Allow("409")
	intake.Fill("保单号", "PDAA310120269999999999")
	intake.Click("核实保单")
	intake.See("没有这张保单")
	intake.Snap("act-link-policy.wrong.zh")
	intake.Fill("保单号", insured.Policy)
	intake.Click("核实保单")
	intake.See("保单已核实")

	// Whoever was asked to go cannot, and says why; another goes.
	var asked rest.Task
	require.NoError(t, play.Until(t.Context(), "offer to a surveyor", patience, func() (bool, error) {
		asked = l.task("survey")
		return asked.Owner != "", nil
	}))
	surveyor := at(t, phone, string(asked.Owner), named[string(asked.Owner)], "/s/"+asked.Id)
	surveyor.Allow("422")
	surveyor.Click("去不了")
	surveyor.Click("其他")
	surveyor.Click("确认不去")
	surveyor.See("去不了？")
	surveyor.Snap("surveyor-decline.wrong.zh")
	surveyor.Click("太远，赶不到")
	surveyor.Click("确认不去")
	surveyor.See("已谢绝")
	other := map[string]string{"survey-chen": "survey-zhao", "survey-zhao": "survey-chen"}[string(asked.Owner)]
	posted[rest.Receipt](l, l.staff("dispatch-li"), "/claims/"+l.number+"/assignment", rest.Assign{Surveyor: rest.StaffID(other), Reason: "接替"})
	l.surveyed(place, 10_000, 1_500_000, specimen.CarFront)
	l.assessed(1_450_000)

	// They object, and name their own figure; the desk consents for them later.
	driver := open(t, phone)
	driver.track(loss{Number: l.number, Phone: insured.Phone})
	driver.Allow("422")
	driver.Click("请确认或对定损金额提出异议")
	driver.Click("不同意这个金额？")
	driver.Fill("哪里不对", "前翼子板也变形了，没有算进去")
	driver.Fill("您认为应赔多少（元）", "多一点")
	driver.Click("提交异议")
	driver.See("有内容需要修改")
	driver.Snap("amount-objection.wrong.zh")
	driver.Fill("您认为应赔多少（元）", "17,000")
	driver.Click("提交异议")
	driver.See("已收到您的意见")
	driver.Click("赔付金额")
	driver.Snap("amount-objected.zh")
	l.assessed(1_650_000)
	service := at(t, desk, "service-qin", "秦月", "/desk/claims/"+l.number+"/acts/consent")
	service.See("¥16,500.00")
	service.Look("act-consent")
	service.See("请上传行驶证")
	service.Allow("409")
	service.Click("代客户同意")
	service.See("与现有内容冲突")
	driver.Open("/c/" + l.number + "/amount")
	driver.See("补齐并核对后，才能同意")
	driver.See("行驶证")
	driver.Snap("amount-lacking.zh")
	l.waived()
	service.Open("/desk/claims/" + l.number + "/acts/consent")
	service.Click("代客户同意")
	service.See("已记录客户同意")

	card := "/desk/review/" + l.task("review").Id
	one, two := at(t, desk, "review-zheng", "郑凯", card), at(t, desk, "review-feng", "冯丽", card)

	// Two reviewers have the same card before them.
	one.Open(card)
	two.Open(card)
	two.Allow("409")
	for _, p := range []*page{two, one} {
		p.Press("a")
		p.Fill("意见", "责任清楚，同意赔付")
	}
	one.Click("提交决定")
	one.Click("现在提交")
	one.See("已同意赔付")
	two.Click("提交决定")
	two.Click("现在提交")
	two.See("郑凯 先处理了")
	two.See("责任清楚，同意赔付")
	two.Snap("desk-review.second.zh")

	// The account is closed: the bank sends the money back, and they name another.
	claimant, err := site.Staff(t.Context(), "finance-yang")
	require.NoError(t, err)
	driver.Open("/c/" + l.number + "/amount")
	payee := func(account string) {
		driver.Fill("户名", "周晓岚")
		driver.Fill("开户银行", "中国农业银行上海浦东分行")
		driver.Fill("银行账号", account)
		driver.Fill("再输一遍银行账号", account)
	}
	payee("1001234567890000")
	driver.Fill("或者输入您的姓名", "周晓岚")
	driver.Click("我同意按 ¥16,500.00 赔付")
	driver.Click("同意并收款")
	l.release(claimant)
	driver.See("付款未成功") // live
	driver.Snap("claim-returned.zh")
	driver.Open("/c/" + l.number + "/amount")
	driver.See("请更正收款账户")
	driver.Look("amount-correct")
	payee("6228480038124592460")
	driver.Click("更正并重新付款")
	driver.See("账户已更正")
	l.release(claimant)
	driver.See("已赔付")
}

// A denial takes two people and ends with a notice that can be printed.
func TestADenialIsDecidedByTwoAndToldInANotice(t *testing.T) {
	t.Parallel()
	place := rest.Point{Lat: 31.2304, Lng: 121.5150}
	l := bring(t, "13900000074", "motor", "000391", 74, rest.Notice{
		Place: "上海市徐汇区沪闵高架路", At: &place, Cause: "collision", Story: "避让前车时撞上右侧护栏，无人受伤。",
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "货车车头", Estimate: 3_800_000}},
	})
	l.surveyed(place, 10_000, 3_500_000, specimen.CarFront)
	l.assessed(3_420_000)
	l.waived()
	posted[rest.Receipt](l, l.claimant, "/claims/"+l.number+"/offers/1/consent", nil)

	first := at(t, desk, "review-feng", "冯丽", "/desk/review/"+l.task("review").Id)
	first.Allow("422")
	first.Press("x")
	first.Fill("依据的条款", "机动车损失保险第八条第（二）项第 4 目：准驾车型不符")
	first.Fill("查明的事实", "驾驶人持 C1 驾驶证，被保险机动车为中型厢式货车。")
	first.Fill("理由", "C1 不准驾驶中型货车，符合上述责任免除。")
	first.Fill("意见", "准驾车型不符，提议拒赔")
	first.Click("提交决定")
	first.Click("现在提交")
	first.See("请至少选一份材料作为证据")
	first.Click("现场.jpg")
	first.Snap("desk-denial-proposal.zh")
	first.Click("提交决定")
	first.Click("现在提交")
	first.See("已提议拒赔")
	denial := "/desk/review/" + l.task("denial_review").Id
	first.Open(denial)
	first.See("驾驶人持 C1 驾驶证")
	first.See("拒赔不能自己提议、自己批准")
	require.Zero(t, eval[int](first, "document.querySelectorAll('[data-verdicts]').length"))

	second := at(t, desk, "review-jiang", "蒋峰", denial)
	second.Look("desk-denial")
	second.Press("a")
	second.Fill("意见", "证据充分，条款适用正确，同意拒赔")
	second.Click("提交决定")
	second.Click("现在提交")
	second.See("已批准拒赔")
	l.stands("closed")

	insured := open(t, phone)
	insured.goesOn(l.claimant, "/c/"+l.number)
	insured.See("不属于赔付范围")
	insured.Look("claim-denied")
	insured.Click("通知和信函")
	insured.Look("letters-denied")
	notice := eval[string](insured, "document.querySelector('main a[target]').getAttribute('href')")
	require.Equal(t, "application/pdf %PDF-", eval[string](insured,
		"fetch("+quoted(notice)+").then(async (r) => r.headers.get('Content-Type') + ' ' + (await r.text()).slice(0, 5))"))
}

// The same loss is reported twice, the second time in the pages.
func TestALossReportedTwiceIsOneClaim(t *testing.T) {
	t.Parallel()
	l := report(t)
	p := open(t, phone)
	p.Open("/report")
	p.Fill("手机号", l.Phone)
	p.Click("发送验证码")
	p.Fill("验证码", p.Code(l.Phone))
	p.Click("下一步")
	p.See(l.Plate)
	p.Click("划痕")
	p.Click("没有")
	p.Fill("经过", "倒车时蹭到立柱，不知道家人已经报过案。")
	p.Click("下一步")
	p.Fill("什么时候", time.Now().In(time.FixedZone("CST", 8*60*60)).Add(-50*time.Minute).Format("2006-01-02T15:04"))
	p.Fill("在哪里", "上海市浦东新区世纪大道 1 号地下停车场 B2")
	p.Click("下一步")
	p.Fill("哪里受损", "后保险杠右侧")
	p.Click("下一步")
	p.Click("下一步")
	p.Click("提交报案")
	p.See("这次事故已经报过案")
	p.See(l.Number)
	p.Look("report-joined")
	p.Click("查看赔案") // to its own door: a report opens no claim of somebody else's
	p.See(l.Number)
}

// A claimant has somebody come instead, and in the end calls to take it all
// back: their page says what that means, and how they may come again.
func TestAClaimantHasASurveyorComeAndWithdraws(t *testing.T) {
	t.Parallel()
	l := report(t)
	p := open(t, phone)
	p.track(l)
	p.Click("不方便拍照？请查勘员来")
	p.Look("ask-visit")
	p.Fill("原因（可不填）", "手机摄像头坏了")
	p.Click("请查勘员来")
	p.See("已安排，查勘员会联系您")
	p.Click("撤回报案")
	p.Look("ask-withdraw")
	p.Open("/c/" + l.Number)

	service := at(t, desk, "service-qin", "秦月", "/desk/claims/"+l.Number+"/acts/note-contact")
	service.See("只发出短信不算")
	service.Look("act-note-contact")
	service.Click("电话")
	service.Click("已联系上")
	service.Click("记录联系客户")
	service.See("联系客户：已联系上（电话")
	service.Open("/desk/claims/" + l.Number + "/acts/withdraw")
	service.See("付款开始后不能撤回")
	service.Look("act-withdraw")
	service.Fill("原因", "客户来电：自己修好了，不用赔")
	service.Click("代客户撤回")
	service.See("赔案已撤回")
	p.See("已撤回") // live
	p.See("您也没有放弃索赔的权利")
	p.See("保险法第二十一条、第二十六条")
	p.Look("claim-withdrawn")
	p.Click("重新报案")
	p.See("手机号")
	audit, err := site.Staff(t.Context(), "audit-xu")
	require.NoError(t, err)
	c, err := play.Get[rest.Claim](t.Context(), audit, "/claims/"+l.Number)
	require.NoError(t, err)
	require.Equal(t, rest.Outcome("withdrawn"), c.Outcome)
	require.Equal(t, rest.Lane("standard"), c.Lane)
}

// A company reports a fire; its papers and pictures are asked for as such.
func TestACompanyReportsAFire(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(patience))
	defer stop()
	number := digits(t, 8)
	admin, err := site.Staff(ctx, "admin-lv")
	require.NoError(t, err)
	began := time.Now()
	_, err = play.Post[rest.Policy](ctx, admin, play.Key(), "/policies", rest.NewPolicy{
		Number: "PQZA3101PAGES" + number, Line: "commercial_property", Branch: "3101", Address: "上海市嘉定区样例路 " + number[5:] + " 号",
		Holder: rest.Holder{Name: "上海样例纺织有限公司", Phone: "139" + number},
		Versions: []rest.NewPolicyVersion{{StartsAt: began.AddDate(0, -1, 0), EndsAt: began.AddDate(0, 11, 0), Coverages: []rest.Coverage{
			{Kind: "commercial_property", Form: "property-2009", SumInsuredFen: 500_000_000, ValueFen: 500_000_000, LimitFen: 500_000_000},
		}}},
	})
	require.NoError(t, err)
	p := open(t, phone)
	p.Open("/report")
	p.Fill("手机号", "139"+number)
	p.Click("发送验证码")
	p.Fill("验证码", p.Code("139"+number))
	p.Click("下一步")
	p.Click("上海市嘉定区样例路 " + number[5:] + " 号")
	p.Click("火灾")
	p.Click("没有")
	p.Fill("经过", "配电箱起火，布料和货架烧毁。")
	p.Click("下一步")
	p.Fill("在哪里", "上海市嘉定区样例路 "+number[5:]+" 号 2 号仓库")
	p.Click("下一步")
	p.Look("report-3-property")
	p.Fill("哪里受损", "2 号仓库一层的布料")
	p.Fill("估计损失（元）", "50万")
	p.Click("下一步")
	p.Click("下一步")
	p.See("¥500,000.00")
	p.Click("提交报案")
	p.See("已收到您的报案")
	p.Click("查看赔案")
	p.See("火灾")
	p.Look("claim-property")
	p.Click("材料")
	p.Snap("papers-property.zh")
}

// What retries cannot mend stops a claim until an operator has looked: here a row
// that stands where the next assessment would.
func TestAnOperatorMendsAFaultAndTheClaimGoesOn(t *testing.T) {
	t.Parallel()
	place := rest.Point{Lat: 31.2304, Lng: 121.5150}
	l := bring(t, "13900000075", "motor", "000284", 75, rest.Notice{
		Place: "上海市浦东新区张杨路 500 号", At: &place, Cause: "collision", Story: "变道时与护栏相撞，无人受伤。",
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "本车前部", Estimate: 1_600_000}},
	})
	task := l.task("survey")
	id := l.now().Id
	// The next dispatch counts the rounds that there are, and takes a number that is there.
	_, err := rows.Exec(t.Context(), `insert into dispatches (claim_id, round, ranked, by_id, at) select claim_id, max(round) + 2, '[]', 'system', now() from dispatches where claim_id = $1 group by claim_id`, id)
	require.NoError(t, err)
	posted[rest.Receipt](l, l.staff(string(task.Owner)), "/tasks/"+task.Id+"/decline", rest.Reason{Reason: "正在处理另一起事故"})
	l.task("resume")

	operator := at(t, desk, "operator-kong", "孔明", "/desk")
	operator.task(l.number)
	operator.See("恢复处理")
	operator.Look("act-resume")
	_, err = rows.Exec(t.Context(), `delete from dispatches where claim_id = $1 and chosen is null`, id)
	require.NoError(t, err)
	operator.Fill("原因和处理情况", "多出的派工记录已删除")
	operator.Click("恢复处理")
	operator.See("已恢复处理")
	l.stands("dispatched")
}
