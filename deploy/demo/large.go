package main

import (
	"time"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// large is a fire in a warehouse that is insured below its value: three levels
// of review, one return with a question, two people to release.
var large = tale{
	title: "三 · 大案 large loss",
	zh:    "纺织公司仓库火灾，报损 160 万元，投保 900 万、价值 1,000 万（不足额）。分级核赔三级，中间退回一次，两人放款。",
	en:    "A fire in a warehouse of cloth, ¥1.6 m claimed, insured for 9 of its 10 million. Three levels of review, one return with a question, two people to release.",
	tell:  tellLarge,
}

func tellLarge(s *story) {
	zhou, zheng, feng, jiang := s.staff["assess-zhou"], s.staff["review-zheng"], s.staff["review-feng"], s.staff["review-jiang"]
	yang, zhu := s.staff["finance-yang"], s.staff["finance-zhu"]
	fang := s.claimant("方立新")
	place := rest.Point{Lat: 31.2846, Lng: 121.2010}
	photos := []paper{
		s.photo("仓库外.jpg", specimen.Photo{View: specimen.WarehouseGate, Sign: "云帆纺织 2号仓库"}, "曹安公路 4988 号", place),
		s.photo("仓库内.jpg", specimen.Photo{View: specimen.WarehouseHall}, "曹安公路 4988 号", place),
		s.photo("货架.jpg", specimen.Photo{View: specimen.WarehouseRacks}, "曹安公路 4988 号", place),
		s.photo("面料近景.jpg", specimen.Photo{View: specimen.WarehouseGoods}, "曹安公路 4988 号", place),
	}
	s.verify(&fang)

	s.says(fang, "云帆纺织的安全主管报案：2 号仓库起火，面料、货架受损，报损 ¥1,600,000.00", "reports for the insured: fire in warehouse 2, cloth and racks burnt, ¥1,600,000.00")
	s.report(fang, play.Key(), rest.Notice{
		Channel: "web", Line: "commercial_property", PolicyNo: s.policy(largePolicy), LossAt: s.lossAt(largePolicy),
		Place: largePolicy.address, At: &place, Cause: "fire", Story: "2 号仓库电气线路起火，消防到场扑灭，面料存货、货架和叉车烧毁，内墙受损，无人受伤。",
		Reporter:  rest.Party{Name: fang.name, Phone: fang.phone, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "commercial_property", Object: "2 号仓库及存货、设备", Estimate: 160_000_000}},
	})
	s.at("dispatched")
	who := s.surveyor()
	s.says(who, "接单，到仓库查勘：面料、货架烧毁，拍照取证", "accepts, goes there: cloth and racks burnt; takes photos")
	post[rest.Receipt](s, who, "/tasks/"+s.task("survey")+"/acceptance", nil)
	shots := s.attach(who, photos...)
	s.act(who, "/surveys", rest.SurveyReport{
		Task: s.task("survey"), ArrivedAt: time.Now().UTC(), Place: &place,
		Facts: "火源为 2 号仓库配电箱，消防部门已出具火灾证明。面料约 40 吨过火，货架、叉车烧毁，内墙和照明受损。", FaultShare: 0, Estimate: 155_000_000, Photos: shots,
	})
	s.says(fang, "上传面料采购发票（PDF）", "sends the invoice of the cloth, as PDF")
	s.confirm(zhou, unsure(s.read(s.attach(fang, s.clothInvoice())...))...)

	burnt := []rest.AssessedItem{
		{Name: "面料存货", Kind: "property", Amount: 108_000_000},
		{Name: "货架、叉车", Kind: "property", Amount: 38_000_000},
		{Name: "墙面、照明修复", Kind: "property", Amount: 14_000_000},
	}
	assess := func(note string) {
		s.act(zhou, "/assessments", rest.NewAssessment{Task: s.task("assess", zhou), Note: note, Objects: []rest.Assessed{
			{Exposure: 1, Items: burnt, Salvage: 8_000_000},
		}})
		s.at("negotiating")
		s.figures()
	}
	s.says(zhou, "定损 ¥1,600,000.00，扣残值 ¥80,000.00，按投保比例 900 / 1,000 计算", "assesses ¥1,600,000.00 less salvage of ¥80,000.00, paid in the ratio of 900 to 1,000")
	assess("按账面原值核定")
	s.says(fang, "同意定损金额", "consents to the figure")
	s.act(fang, "/offers/1/consent", nil)
	s.needed()

	s.says(zheng, "一级核赔（权限 ¥100,000.00）：同意；超出权限，只作建议，自动上报", "level 1 (up to ¥100,000.00) approves: above the limit, so it is kept as a recommendation and goes up")
	s.recommended(zheng, "火灾责任清楚，建议同意")
	s.says(feng, "二级核赔（权限 ¥500,000.00）：退回提问：面料里有没有次品？", "level 2 (up to ¥500,000.00) returns it with a question: is some of the cloth seconds?")
	s.act(feng, "/reviews", rest.Verdict{
		Task: s.task("review", feng), Kind: "return", ReturnTo: "assessing", Opinion: "存货估值依据不足", Question: "面料中有多少是次品？请按可变现净值重新核定，并说明依据。",
	})

	s.says(zhou, "回答：面料中有 8 万元次品，剔除后损失为 ¥1,520,000.00，重新定损", "answers: ¥80,000.00 of the cloth was seconds; the loss is ¥1,520,000.00")
	burnt[0].Amount -= 8_000_000
	assess("剔除次品面料 8 万元，依据入库质检记录")
	s.says(fang, "同意第二次定损金额", "consents to the second figure")
	s.act(fang, "/offers/2/consent", nil)
	s.says(zheng, "一级核赔：建议同意，上报二级", "level 1 recommends; it goes up to level 2")
	s.recommended(zheng, "次品已剔除，建议同意")
	s.says(feng, "二级核赔：建议同意，上报总公司三级", "level 2 recommends; it goes up to level 3 at the head office")
	s.recommended(feng, "问题已答复，建议同意")
	s.says(jiang, "总公司三级核赔（权限 ¥3,000,000.00）：同意", "level 3 at the head office (up to ¥3,000,000.00): approves")
	s.act(jiang, "/reviews", rest.Verdict{Task: s.task("review", jiang), Kind: "approve", Opinion: "同意赔付，提示追查配电箱质保责任"})
	s.at("determined")

	payee := rest.Payee{Name: largePolicy.holder, Bank: "中国工商银行上海嘉定支行", Account: account()}
	s.says(fang, "签署赔付协议，收款账户 "+maskedAccount(payee.Account), "signs the agreement and names the company's account")
	s.act(fang, "/offers/2/agreement", rest.NewAgreement{Payee: payee, AccountAgain: payee.Account, Signature: "paper"})
	s.says(yang, "放款，金额超过 ¥500,000.00，须两人", "releases; above ¥500,000.00 it takes two people")
	s.release(yang)
	s.says(yang, "想自己再点一次，凑够两次", "tries to be the second person too")
	s.stopped(yang, "/release", s.payout(yang, s.task("release")), "authority.two-person-release")
	s.says(zhu, "第二人复核后放款", "looks at it as the second person and releases")
	s.release(zhu)
	s.at("closed")
	s.audited(s.staff["audit-xu"])
	s.end("paid")
}
