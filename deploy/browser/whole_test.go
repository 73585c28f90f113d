package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// opens the page on which the task of a claim is done, from the worklist.
func (p *page) task(no string) {
	p.t.Helper()
	p.Open("/desk")
	row := fmt.Sprintf("[...document.querySelectorAll('#worklist tr')].find((r) => r.innerText.includes(%s))", quoted(no))
	p.Wait("task of "+no, row)
	p.Open(eval[string](p, row+".querySelector('[data-row]').getAttribute('href')"))
}

// A collision, from the report to the money, in the pages alone: by its
// claimant on the phone, a surveyor, an assessor, a reviewer and finance.
func TestAStandardClaimIsPaidInThePagesAlone(t *testing.T) {
	t.Parallel()
	l := insure(t)
	driver := open(t, phone)
	driver.Open("/")
	driver.Click("我要报案")
	driver.Fill("手机号", l.Phone)
	driver.Click("发送验证码")
	driver.Fill("验证码", driver.Code(l.Phone))
	driver.Click("下一步")
	driver.See(l.Plate)
	driver.Click("碰撞")
	driver.Click("没有")
	driver.Fill("经过", "变道时与护栏相撞，前保险杠和右大灯受损，无人受伤。")
	driver.Click("下一步")
	driver.Fill("在哪里", "上海市浦东新区张杨路、源深路路口")
	driver.Click("下一步")
	driver.Fill("哪里受损", "本车前部")
	driver.Fill("估计损失（元）", "16000")
	driver.Click("下一步")
	driver.Click("不方便，请查勘员来")
	driver.Click("下一步")
	driver.Click("提交报案")
	driver.See("已收到您的报案")
	no := eval[string](driver, `document.body.innerText.match(/AP-\d{4}-\d{4}-\d+/)[0]`)

	// The list of papers, in full and at once; what comes ticks itself off.
	driver.Open("/c/" + no + "/papers")
	driver.See("还有材料没有收齐")
	driver.Look("papers-list")
	on := specimen.DatesAt(time.Now())
	licence, err := specimen.DrivingLicence(specimen.Driver{
		Number: specimen.Citizen("31010119850316121"), Name: "周晓岚", Sex: "女", Address: "上海市浦东新区样例路 100 号", Born: "1985-03-16",
		FirstIssued: on.DriverFirstIssued, Class: "C1", ValidFrom: on.DriverFrom, ValidUntil: on.DriverUntil, Bureau: "上海市公安局交通警察总队", Quality: specimen.Scan, Seed: 15,
	})
	require.NoError(t, err)
	invoice, err := specimen.VATInvoicePDF(specimen.Invoice{
		Number: "2631" + digits(t, 16), Issued: on.Today, Province: "上海", Buyer: "周晓岚", Seller: "上海众安汽车维修有限公司",
		SellerTaxID: specimen.CreditCode("91310115MA1K4TEST"), Items: []specimen.Item{{Name: "*劳务*前保险杠、大灯更换", Unit: "次", Fen: 862_832}}, RatePercent: 13, Seed: 12,
	})
	require.NoError(t, err)
	for _, paper := range []struct {
		item, kind, name string
		bytes            []byte
	}{
		{"driving_licence", "驾驶证", "驾驶证.jpg", licence}, {"repair_cost", "发票", "发票.pdf", invoice},
	} {
		driver.Upload(paper.kind+"：", play.File{Name: paper.name, Bytes: paper.bytes})
		driver.Click("发送 " + paper.kind)
		driver.See("已收到，谢谢")
		driver.Wait(paper.kind+" is ticked off", "document.querySelector('[data-part="+paper.item+"][data-done]')")
	}
	driver.Snap("papers-ticked.zh")

	// A place in words is on no map: the dispatcher sends somebody.
	dispatcher := open(t, desk)
	dispatcher.signIn("李强")
	dispatcher.task(no)
	dispatcher.Click("赵磊")
	dispatcher.Fill("为什么派这位", "离现场最近")
	dispatcher.Click("指派查勘员")
	dispatcher.See("已指派查勘员")
	audit, err := site.Staff(t.Context(), "audit-xu")
	require.NoError(t, err)
	var survey rest.Task
	require.NoError(t, play.Until(t.Context(), "offer to the surveyor", patience, func() (bool, error) {
		c, err := play.Get[rest.Claim](t.Context(), audit, "/claims/"+no)
		for _, task := range c.Tasks {
			if task.Kind == "survey" && task.Owner == "survey-zhao" {
				survey = task
			}
		}
		return survey.Id != "", err
	}))
	surveyor := open(t, phone)
	surveyor.signIn("赵磊")
	surveyor.hasPlace(31.2291, 121.5352)
	surveyor.Open("/s/" + survey.Id)
	surveyor.Click("接单")
	surveyor.See("已接单")
	surveyor.Click("拍照、填报告")
	surveyor.Wait("page that takes pictures", readyToCapture)
	for i, label := range []string{"现场全景", "受损部位", "车牌"} {
		surveyor.Upload(label, photo(t, fmt.Sprintf("IMG_%d.jpg", i+1), 60<<10))
	}
	surveyor.Click("现在")
	surveyor.Fill("查明的事实", "与护栏相撞，前保险杠、右大灯受损，与报案相符。")
	surveyor.Fill("我方责任", "10000")
	surveyor.Fill("估计损失（元）", "15,000")
	surveyor.Fill("签名人姓名", "周晓岚")
	surveyor.draw("#signature")
	surveyor.Click("完成并发送")

	assessor := open(t, desk)
	assessor.signIn("周平")
	assessor.task(no)
	assessor.Fill("项目 1", "前保险杠总成")
	assessor.Fill("金额 1", "4,250")
	assessor.Fill("项目 2", "右前大灯")
	assessor.Fill("金额 2", "5,500")
	assessor.Click("核对一遍")
	assessor.Click("提交定损")
	assessor.See("定损已提交")
	assessor.Click("提议免于提供 行驶证")
	assessor.Fill("原因", "行驶证被交警暂扣，车辆信息已按保单核对")
	assessor.Click("提议免于提供")
	assessor.See("已提议，等第二人确认")

	reviewer := open(t, desk)
	reviewer.signIn("郑凯")
	reviewer.Open("/desk/claims/" + no)
	reviewer.See("周平 提议免于提供")
	reviewer.Look("desk-checklist")
	reviewer.Click("确认免于提供 行驶证")
	reviewer.See("您是第二人")
	reviewer.Click("确认免于提供")
	reviewer.See("周平 提议、郑凯 确认免于提供")

	driver.Open("/c/" + no)
	driver.See("请确认赔付金额")
	driver.Click("请确认或对定损金额提出异议")
	driver.See("¥9,750.00")
	driver.Click("我同意按 ¥9,750.00 赔付")
	driver.Click("同意这个金额")

	reviewer.task(no)
	reviewer.Press("a")
	reviewer.Fill("意见", "责任清楚，金额合理，同意赔付")
	reviewer.Click("提交决定")
	reviewer.Click("现在提交")
	reviewer.See("已同意赔付")

	driver.Open("/c/" + no + "/amount")
	driver.Fill("户名", "周晓岚")
	driver.Fill("开户银行", "中国建设银行上海张杨路支行")
	driver.Fill("银行账号", "6228480038124592460")
	driver.Fill("再输一遍银行账号", "6228480038124592460")
	driver.Fill("或者输入您的姓名", "周晓岚")
	driver.Click("我同意按 ¥9,750.00 赔付")
	driver.Click("同意并收款")
	driver.See("正在向您的账户打款")

	finance := open(t, desk)
	finance.signIn("杨帆")
	finance.task(no)
	finance.Click("放款")
	finance.See("已放款")

	driver.See("已赔付") // live: nobody reloads
	driver.Snap("whole.paid.zh")
}
