package main

import (
	"image/color"
	"time"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// standard is a collision with another car's damage too: a surveyor goes,
// people assess, negotiate and review, and the bank's line breaks at the worst
// moment.
var standard = tale{
	title: "二 · 标准案件 standard lane",
	zh:    "路口碰撞，本车和对方车都有损失。就近派查勘员，两份材料的车架号对不上，查清说明，定损、客户异议、二次报价、核赔、放款；放款时银行线路中断。",
	en:    "A collision at a crossing, both cars damaged. A surveyor goes; two papers name different VINs, which is looked into; assessed, objected to, offered anew, reviewed, paid, though the bank's line breaks.",
	tell:  tellStandard,
}

func tellStandard(s *story) {
	wang, li := s.staff["intake-wang"], s.staff["dispatch-li"]
	zhou, zheng, yang, xu := s.staff["assess-zhou"], s.staff["review-zheng"], s.staff["finance-yang"], s.staff["audit-xu"]
	he, song := s.claimant("何建国"), "宋雨"
	place := rest.Point{Lat: 31.2304, Lng: 121.5150}
	photos := []paper{
		s.photo("现场全景.jpg", specimen.Photo{View: specimen.CarScene}, "张杨路源深路", place),
		s.photo("本车.jpg", specimen.Photo{View: specimen.CarFront, Plate: standardPolicy.plate}, "张杨路源深路", place),
		s.photo("对方车门.jpg", specimen.Photo{View: specimen.CarRight, Colour: color.RGBA{60, 84, 124, 255}}, "张杨路源深路", place),
	}
	papers := []paper{s.repairEstimate(he.name), s.vehicleLicence(standardPolicy.plate, "小型轿车", he.name), s.drivingLicence(he.name)}

	s.says(wang, "接听客户电话，代为报案：路口与直行车相撞，双方车损，无人受伤", "takes the call: collision at a crossing, both cars damaged, nobody hurt")
	s.report(wang, play.Key(), rest.Notice{
		Channel: "phone", Line: "motor", PolicyNo: s.policy(standardPolicy), Plate: standardPolicy.plate, LossAt: s.lossAt(standardPolicy),
		Place: "上海市浦东新区张杨路、源深路路口", At: &place, Cause: "collision",
		Story:    "左转弯时与直行的沪C3M618小客车相撞，本车前部受损，对方右侧车门受损，无人受伤，已报交警。",
		Reporter: rest.Party{Name: he.name, Phone: he.phone, Role: "insured"},
		Exposures: []rest.NewExposure{
			{Kind: "own_damage", Object: "本车前部", Estimate: 1_600_000},
			{Kind: "third_party_property", Object: "沪C3M618 右侧车门", Estimate: 500_000, Owner: &rest.Party{Name: song, Phone: "13800003001", Role: "third_party"}},
		},
	})
	s.at("dispatched")
	s.ranking(li)
	first := s.surveyor()
	s.says(first, "正在处理另一起事故，谢绝", "is busy with another accident and declines")
	post[rest.Receipt](s, first, "/tasks/"+s.task("survey")+"/decline", rest.Reason{Reason: "正在处理另一起事故，预计一小时后结束"})
	s.until("another surveyor", func(c rest.Claim) bool { return c.Stage == "dispatched" && s.surveyor().name != first.name })
	next := s.surveyor()
	s.says(next, "接单，出发", "accepts and sets out")
	post[rest.Receipt](s, next, "/tasks/"+s.task("survey")+"/acceptance", nil)
	if s.err == nil && s.now.Visit != nil {
		s.shows("客户收到 SMS：查勘员 %s（%s），预计 %s 到达", s.now.Visit.Surveyor, s.now.Visit.Phone, s.now.Visit.Eta.In(china).Format("15:04"))
	}

	s.says(next, "到达现场，拍摄三张照片，提交查勘报告：我方责任 70%，估损 ¥18,500.00", "on site: three photos, report: our insured's fault 70 %, estimate ¥18,500.00")
	shots := s.attach(next, photos...)
	s.act(next, "/surveys", rest.SurveyReport{
		Task: s.task("survey"), ArrivedAt: time.Now().UTC(), Place: &rest.Point{Lat: 31.2306, Lng: 121.5147},
		Facts: "两车相撞于路口内，本车前保险杠、大灯、水箱框架受损，对方右侧车门凹陷。交警现场认定本车主要责任。", FaultShare: 7000, Estimate: 1_850_000, Photos: shots,
	})
	s.promise()

	s.verify(&he)
	s.says(he, "上传维修估价单、行驶证、驾驶证", "sends the repair estimate, the vehicle licence and the driving licence")
	s.confirm(zhou, unsure(s.read(s.attach(he, papers...)...))...)
	s.explain(zhou, "vin.differs", "致电承修单位：估价单上的车架号录入时数字颠倒，已对照车架照片和行驶证核实为同一辆车。")

	s.says(zhou, "定损：逐项核定本车和对方车的损失", "assesses both cars, part by part")
	own := []rest.AssessedItem{
		{Name: "前保险杠总成", Kind: "part", Amount: 385_000},
		{Name: "前大灯", Kind: "part", Amount: 520_000},
		{Name: "水箱框架", Kind: "part", Amount: 215_000},
		{Name: "拆装、钣金、喷漆", Kind: "labour", Amount: 240_000},
	}
	theirs := []rest.AssessedItem{{Name: "右前门外板", Kind: "part", Amount: 300_000}, {Name: "钣金、喷漆", Kind: "labour", Amount: 180_000}}
	assess := func(note string) {
		s.act(zhou, "/assessments", rest.NewAssessment{Task: s.task("assess", zhou), Note: note, Objects: []rest.Assessed{
			{Exposure: 1, Items: own, FaultShare: 7000, FromOtherCompulsory: 200_000},
			{Exposure: 2, Items: theirs, FaultShare: 7000},
		}})
		s.at("negotiating")
		s.figures()
	}
	assess("按 70% 责任计算；对方交强险先赔 2,000 元")

	s.says(he, "不同意：前翼子板也变形了，没有算进去", "objects: the front wing is bent too, and not in the sum")
	s.act(he, "/offers/1/objection", rest.NewObjection{Reason: "前翼子板变形，需要更换，定损单里没有", CounterFen: 1_700_000})
	s.says(zhou, "对照照片复核，确有变形，补上翼子板和工时，重新报价", "looks at the photos again: it is; adds the wing and offers anew")
	own = append(own, rest.AssessedItem{Name: "前翼子板", Kind: "part", Amount: 260_000}, rest.AssessedItem{Name: "翼子板喷漆", Kind: "labour", Amount: 90_000})
	assess("客户异议成立，增加前翼子板")
	s.says(he, "同意第二次报价", "consents to the second offer")
	s.act(he, "/offers/2/consent", nil)
	s.at("reviewing")
	s.promise()

	review := s.task("review")
	s.says(yang, "想自己核赔，好快点付款", "tries to approve the claim, to pay it sooner")
	s.stopped(yang, "/reviews", rest.Verdict{Task: review, Kind: "approve", Opinion: "同意"}, "role.not-for-you")
	s.says(zheng, "一级核赔，权限 ¥50,000.00 以内：同意", "level 1, up to ¥50,000.00: approves")
	s.act(zheng, "/reviews", rest.Verdict{Task: s.task("review", zheng), Kind: "approve", Opinion: "责任清楚，金额合理，同意赔付"})
	s.at("determined")

	payee := rest.Payee{Name: he.name, Bank: "中国建设银行上海张杨路支行", Account: account()}
	s.says(he, "手写签署赔付协议，收款账户 "+maskedAccount(payee.Account), "signs the agreement with a finger and names the account")
	signed := s.attach(he, s.signature())
	s.act(he, "/offers/2/agreement", rest.NewAgreement{Payee: payee, AccountAgain: payee.Account, Signature: "drawn", SignatureDocument: signed[0]})
	s.promise()
	s.cutTheLine(payee.Account)
	s.says(yang, "放款", "releases the money")
	s.release(yang)
	s.at("closed")
	s.once()
	s.audited(xu)
	s.end("paid")
}

// cutTheLine tells the bank to execute the next transfer to an account and then
// to break the connection, so that nobody here knows whether it was paid.
func (s *story) cutTheLine(account string) {
	if s.err != nil {
		return
	}
	s.line(time.Since(s.began), amber, "（演示）银行", "(demo) bank", "故意安排：银行执行转账后切断线路，不给答复", "told to execute the transfer and then to cut the line without an answer")
	faults := play.Faults{FailAfter: 1}
	faults.Matches.AccountSuffix = account[len(account)-8:]
	s.err = s.Bank.Misbehave(s, faults)
}
