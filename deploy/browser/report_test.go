package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// A small loss of a car, by its owner alone and on the phone: reported, broken
// off half-way and gone on with, pictures, the amount, the money.
func TestAClaimantIsPaidForASmallLoss(t *testing.T) {
	t.Parallel()
	l := insure(t)
	p := open(t, phone)
	p.Allow("422") // what is typed wrong is said
	p.Open("/")
	p.Click("我要报案")
	p.Look("report-phone")
	p.Weight()
	p.Fill("手机号", l.Phone)
	p.Click("发送验证码")
	p.See(l.Phone[:3] + "****" + l.Phone[7:])
	p.Look("report-code")
	p.Fill("验证码", p.Code(l.Phone))
	p.Click("下一步")

	p.See("第 1 步，共 5 步")
	p.See(l.Plate)
	p.Look("report-1-what")
	p.Weight()
	p.Click("划痕")
	p.Click("没有")
	p.Fill("经过", "倒车入库时后保险杠右侧蹭到立柱。")
	p.Click("下一步")
	p.See("第 2 步，共 5 步")
	p.Look("report-2-where")
	p.Fill("在哪里", "南京市江宁区双龙大道地下停车场")
	p.Click("下一步")
	p.See("第 3 步，共 5 步")

	// Whoever is interrupted finds all of it again.
	p.Open("/report")
	p.See("上次填的内容都在")
	p.See("第 3 步，共 5 步")
	p.Look("report-3-who")
	p.Fill("哪里受损", "后保险杠右侧")
	p.Fill("估计损失（元）", "三千")
	p.Click("下一步")
	p.See("请填写金额")
	p.Snap("report-3-wrong.zh")
	p.Fill("估计损失（元）", "3,200.50")
	p.Click("下一步")
	p.See("第 4 步，共 5 步")
	p.Look("report-4-photos")
	p.Click("下一步")

	p.See("请核对")
	p.See("¥3,200.50")
	p.Look("report-5-check")
	p.Click("修改：发生了什么")
	p.Fill("经过", "倒车入库时后保险杠右侧蹭到立柱，漆面刮伤。")
	p.Click("保存并核对")
	p.See("漆面刮伤")
	p.Click("提交报案")
	p.See("已收到您的报案")
	p.Look("report-6-sent")
	p.Weight()

	// The pictures, each with an answer at once, kept on the phone over a reload.
	p.Click("现在去拍照")
	p.See("退后两三步")
	p.Look("photos")
	p.Weight()
	blurred, err := specimen.LossPhoto(specimen.Photo{View: specimen.CarRear, Plate: l.Plate, Seed: uint64(time.Now().UnixNano())})
	require.NoError(t, err)
	detail, err := specimen.LossPhoto(specimen.Photo{View: specimen.CarDetail, Seed: uint64(time.Now().UnixNano())})
	require.NoError(t, err)
	p.Upload("受损部位全貌", play.File{Name: "IMG_0001.jpg", Bytes: blurred})
	p.See("清楚，可以发送")
	p.Upload("受损部位近照", play.File{Name: "IMG_0002.heic", Bytes: []byte("no picture at all")})
	p.See("打不开 HEIC")
	p.Snap("photos-heic.zh")
	p.Open(p.URL())
	p.See("已保存在这台手机上")
	p.Upload("受损部位近照", play.File{Name: "IMG_0003.jpg", Bytes: detail})
	p.See("清楚，可以发送")
	p.Snap("photos-measured.zh")
	p.Click("发送照片")
	p.See("已收到，谢谢")
	p.See("还需要")
	p.Look("photos-sent")

	invoice, err := specimen.VATInvoice(specimen.Invoice{
		Code: "031002600111", Number: digits(t, 8), Issued: specimen.DatesAt(time.Now()).Today, CheckCode: digits(t, 20), Province: "上海",
		Buyer: "周晓岚", Seller: "上海众安汽车维修有限公司", SellerTaxID: specimen.CreditCode("91310115MA1K4TEST"),
		Items: []specimen.Item{{Name: "*劳务*后保险杠修复喷漆", Unit: "次", Fen: 280_000}}, RatePercent: 13, Plate: l.Plate, Quality: specimen.Scan, Seed: 11,
	})
	require.NoError(t, err)
	p.Click("请上传维修估价单或发票")
	p.Look("papers")
	p.Weight()
	p.Upload("发票：", play.File{Name: "发票.jpg", Bytes: invoice})
	p.Click("发送 发票")
	p.See("已收到，谢谢")
	p.Snap("papers-sent.zh")
	p.Click("‹ 赔案")

	// The page is told when the amount is there.
	p.See("请确认赔付金额")
	p.Look("claim-offered")
	p.Click("请确认或对定损金额提出异议")
	p.See("¥3,164.00")
	p.Look("amount")
	p.Weight()
	p.Fill("户名", "周晓岚")
	p.Fill("开户银行", "中国农业银行上海浦东分行")
	p.Fill("银行账号", "6228480038124592460")
	p.Fill("再输一遍银行账号", "6228480038124592469")
	p.draw("canvas.sign")
	p.Click("我同意按 ¥3,164.00 赔付")
	p.Click("同意并收款")
	p.See("两次输入的账号不一致")
	p.Wait("what was drawn is there again", "document.querySelector('[name=drawn]').value")
	p.Snap("amount-wrong.zh")
	p.Fill("再输一遍银行账号", "6228480038124592460")
	p.Click("同意并收款")
	p.See("已赔付")
	l.Number = strings.TrimPrefix(p.URL(), site.API+"/c/")
	signedWith(t, l)
	p.Look("claim-paid")
	p.Weight()
	p.Click("赔付金额")
	p.See("已到账")
	p.Look("amount-paid")
	p.Click("‹ 赔案")
	p.Click("通知和信函")
	p.See("还没有信函")
	p.Look("letters")
	p.Weight()
}

// signedWith looks through the API at the agreement: it is signed with a picture
// that is among the claim's documents.
func signedWith(t *testing.T, l loss) {
	t.Helper()
	audit, err := site.Staff(t.Context(), "audit-xu")
	require.NoError(t, err)
	offers, err := play.List[rest.Offer](t.Context(), audit, "/claims/"+l.Number+"/offers")
	require.NoError(t, err)
	answer := offers[len(offers)-1].Answers[0]
	require.Equal(t, "drawn", answer.Signature)
	picture, err := play.Get[rest.Document](t.Context(), audit, "/claims/"+l.Number+"/documents/"+answer.SignatureDocument)
	require.NoError(t, err)
	require.Equal(t, "signature", picture.Kind)
	require.Equal(t, "image/png", picture.Type)
}
