package main

import (
	"fmt"
	"time"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// flash is a small loss of a car: the claimant takes the pictures, a machine
// reads the invoice and approves, and the money is there in seconds.
var flash = tale{
	title: "一 · 闪赔 flash lane",
	zh:    "停车时蹭了后保险杠。客户拍证件填报案单，自己拍照、上传发票，机器识别、机器核赔，几秒到账。",
	en:    "A bumper scraped while parking. The licences fill in the report; the claimant's own pictures and invoice are read and approved by machine, paid in seconds.",
	tell:  tellFlash,
}

func tellFlash(s *story) {
	zhou := s.claimant("周晓岚")
	number := s.insured(flashPolicy, zhou.phone)
	place := rest.Point{Lat: 31.2363, Lng: 121.5020}
	papers := []paper{
		s.photo("车尾.jpg", specimen.Photo{View: specimen.CarRear, Plate: flashPolicy.plate}, "世纪大道停车场", place),
		s.photo("近景.jpg", specimen.Photo{View: specimen.CarDetail}, "世纪大道停车场", place),
		s.repairInvoice(zhou.name, 280_000),
	}
	s.verify(&zhou)
	form, licences := s.filledByPhotos(zhou)

	key, notice := play.Key(), rest.Notice{
		Channel: "app", Line: "motor", PolicyNo: number, Plate: form["plate"], LossAt: s.lossAt(flashPolicy),
		Place: "上海市浦东新区世纪大道 1 号地下停车场 B2", At: &place, Cause: "scratch",
		Story: "倒车入库时后保险杠右侧蹭到立柱，漆面刮伤，无人受伤。", Self: true,
		Reporter:  rest.Party{Name: form["driver"], Phone: zhou.phone, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "后保险杠", Estimate: 320_000}},
	}
	s.says(zhou, "核对无误，报案：倒车蹭到立柱，后保险杠受损，估计 ¥3,200.00", "finds it right and reports: scraped a pillar, rear bumper damaged, about ¥3,200.00")
	first := s.report(zhou, key, notice)
	s.takeAlong(zhou, licences)

	s.says(zhou, "手机信号不好，同一份报案又发了一次（同一个 Idempotency-Key）", "bad reception: the phone sends the same report again, under the same key")
	if again := s.report(zhou, key, notice); s.err == nil && again != first {
		s.err = fmt.Errorf("the same report sent twice was answered %+v and then %+v", first, again)
	}
	if claims := list[rest.ClaimSummary](s, zhou, "/claims"); s.err == nil && len(claims) != 1 {
		s.err = fmt.Errorf("the report was sent twice, and there are %d claims", len(claims))
	}
	s.shows("同一个答复，只有一个赔案 %s · same answer, one claim", s.number)
	s.at("self_survey")
	s.shows("请客户做的事 asked of the claimant：%s", s.now.Next.TextZh)

	s.says(zhou, "上传两张损失照片和一张带二维码的发票", "sends two photos of the damage and an invoice with a QR code")
	ids := s.attach(zhou, papers...)
	s.at("negotiating")
	if read := s.read(ids...); s.err == nil {
		s.fields(read[2], "invoice_number", "seller", "amount_fen", "tax_fen", "total_fen")
	}
	s.figures()

	payee := rest.Payee{Name: zhou.name, Bank: "中国农业银行上海浦东分行", Account: account()}
	s.says(zhou, "确认金额，填写收款账户 "+maskedAccount(payee.Account), "agrees and names the account")
	s.act(zhou, "/offers/1/agreement", rest.NewAgreement{Payee: payee, AccountAgain: payee.Account, Signature: "phone-code"})
	agreed := time.Now()
	s.at("closed")
	s.shows("从客户确认到到账 %.1f 秒 · from agreement to the money: %.1f s", time.Since(agreed).Seconds(), time.Since(agreed).Seconds())
	s.end("paid")
}

// maskedAccount shows the end of an account's number.
func maskedAccount(account string) string { return "**** " + account[len(account)-4:] }
