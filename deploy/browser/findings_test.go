package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// A claimant who cannot take pictures and would rather call: the desk has a
// surveyor come, asks once for what is missing, finds that two papers name
// different vehicles, sees both places beside each other, says what explains
// it and asks for the one paper that it calls for; it writes down an objection,
// and another account after the bank has sent the money back.
func TestTheDeskActsForAClaimantWhoCalls(t *testing.T) {
	t.Parallel()
	loss := report(t)
	l := &brought{t: t, number: loss.Number}
	here := "/desk/claims/" + l.number

	hotline := at(t, desk, "intake-wang", "王敏", here+"/acts/convert")
	hotline.Look("act-convert")
	hotline.Fill("原因", "客户来电：手机摔坏了，拍不了照片")
	hotline.Click("转为现场查勘")
	hotline.See("已转为现场查勘")
	l.task("assign") // the place is on no map
	posted[rest.Receipt](l, l.staff("dispatch-li"), "/claims/"+l.number+"/assignment", rest.Assign{Surveyor: "survey-chen", Reason: "离现场最近"})
	l.surveyed(rest.Point{Lat: 31.2397, Lng: 121.4998}, 10_000, 320_000, specimen.CarRear)
	l.task("assess")

	p := at(t, desk, "assess-zhou", "周平", here+"/acts/request-papers")
	p.Allow("422") // nothing explains it yet
	p.See("维修估价单或发票")
	p.Look("act-request-papers")
	p.Fill("材料种类", "事故认定书")
	p.Fill("为什么需要（客户会看到）", "确认对方没有责任")
	p.Click("一次性要材料")
	p.See("已通知客户")
	p.See("补充材料通知书") // live: it follows

	on := specimen.DatesAt(time.Now())
	vehicle, err := specimen.VehicleLicence(specimen.Vehicle{
		Plate: loss.Plate, Type: "小型轿车", Owner: "周晓岚", Address: "上海市浦东新区样例路 100 号", Use: "非营运", Model: "样例牌YL7150A", VIN: specimen.VIN("LSVCC41T8P2000316"),
		EngineNo: "E150T20316", Registered: on.VehicleRegistered, Issued: on.VehicleIssued, Bureau: "上海市公安局交通警察总队", Quality: specimen.Scan, Seed: 31,
	})
	require.NoError(t, err)
	estimate, err := specimen.RepairEstimate(specimen.Estimate{
		Number: "DS202643856237", Issued: on.Today, Plate: loss.Plate, VIN: specimen.VIN("LSVCC41T8P2000361"), Model: "样例牌YL7150A", Shop: "上海众安汽车维修有限公司", Insured: "周晓岚",
		Lines: []specimen.Repair{{Name: "后保险杠", Action: "更换", PartsFen: 185_000, LabourFen: 40_000}}, Quality: specimen.Scan, Seed: 32,
	})
	require.NoError(t, err)
	intake := l.staff("intake-wang")
	_, err = play.Attach(t.Context(), intake, l.number,
		play.File{Name: "行驶证.jpg", Kind: "vehicle_licence", Bytes: vehicle}, play.File{Name: "估价单.jpg", Kind: "repair_estimate", Bytes: estimate})
	require.NoError(t, err)
	require.NoError(t, play.Until(t.Context(), "finding", patience, func() (bool, error) {
		found, err := play.List[rest.Finding](t.Context(), intake, "/claims/"+l.number+"/findings")
		return len(found) > 0, err
	}))

	p.Open(here)
	p.See("车辆识别代号不一致")
	p.Click("对照原件、处理")
	p.See("严重，须由人决定")
	p.See("LSVCC41T")
	p.Look("desk.findings")
	p.Click("已说明")
	p.See("请写明原因")
	p.Fill("处理意见", "致电承修单位：车架号录入时数字颠倒，待车架照片核实。")
	p.Click("已说明")
	p.See("处理意见已记录")
	p.See("车架照片核实")
	p.Click("‹ " + l.number)
	p.See("车辆识别代号不一致")
	p.Gone("还没有人处理")
	p.Snap("desk.bench.findings.zh")

	// A second time only for what has come to light since, chosen in its words.
	p.Click("一次性要材料")
	p.See("依据哪个新发现的疑点")
	p.Look("act-request-papers-again")
	p.Click("车辆识别代号不一致")
	p.Fill("材料种类", "车辆铭牌")
	p.Fill("为什么需要（客户会看到）", "核对车架号")
	p.Click("一次性要材料")
	p.See("已通知客户")
	p.Open(here + "/acts/request-papers")
	p.See("没有发现新的疑点")

	l.assessed(225_000)
	service := at(t, desk, "service-qin", "秦月", here+"/acts/object")
	service.See("¥2,250.00")
	service.Allow("422")
	service.Fill("客户的理由（原话）", "漏了喷漆的钱")
	service.Fill("客户提出的金额（元）", "三千")
	service.Click("代客户提出异议")
	service.See("请填写金额")
	service.Look("act-object")
	service.Fill("客户的理由（原话）", "漏了喷漆的钱")
	service.Fill("客户提出的金额（元）", "3,000")
	service.Click("代客户提出异议")
	service.See("赔案回到定损")
	l.assessed(280_000)
	l.waived()
	posted[rest.Receipt](l, l.staff("service-qin"), "/claims/"+l.number+"/offers/2/consent", nil)
	posted[rest.Receipt](l, l.staff("review-zheng"), "/claims/"+l.number+"/reviews", rest.Verdict{Task: l.task("review").Id, Kind: "approve", Opinion: "责任清楚，同意赔付"})
	claimant, _, err := site.Claimant(t.Context(), loss.Phone, l.number)
	require.NoError(t, err)
	reader := open(t, phone)
	reader.goesOn(claimant, "/c/"+l.number+"/letters")
	reader.See(l.number + "-P2")
	reader.Look("letters-papers")
	letter := eval[string](reader, "document.querySelector('main a[target]').getAttribute('href')")
	require.Equal(t, "application/pdf %PDF-", eval[string](reader,
		"fetch("+quoted(letter)+").then(async (r) => r.headers.get('Content-Type') + ' ' + (await r.text()).slice(0, 5))"))
	const closed = "1001234567890000"
	posted[rest.Receipt](l, claimant, "/claims/"+l.number+"/offers/2/agreement", rest.NewAgreement{
		Payee: rest.Payee{Name: "周晓岚", Bank: "中国农业银行上海浦东分行", Account: closed}, AccountAgain: closed, Signature: "paper",
	})
	finance := l.staff("finance-yang")
	l.release(finance)
	l.stands("pay_returned")

	service.Open(here + "/acts/correct-payee")
	service.Fill("收款人", "周晓岚")
	service.Fill("开户行", "中国农业银行上海浦东分行")
	service.Fill("账号", "6228480038124592460")
	service.Fill("再输入一次账号", "6228480038124592461")
	service.Click("更正收款账户")
	service.See("两次账号不一致")
	service.Look("act-correct-payee")
	service.Fill("收款人", "周晓岚")
	service.Fill("开户行", "中国农业银行上海浦东分行")
	service.Fill("账号", "6228480038124592460")
	service.Fill("再输入一次账号", "6228480038124592460")
	service.Click("更正收款账户")
	service.See("收款账户已更正")
	l.task("release")
	yang := at(t, desk, "finance-yang", "杨帆", here+"/acts/decide-transfer")
	yang.Look("desk-transfer")
	yang.Open(here + "/acts/release")
	yang.See("收款账户更正")
	yang.See("****2460")
	yang.Look("desk-release-changed")
	yang.Click("放款")
	yang.See("已放款")
	l.stands("closed")
}
