package browser_test

import (
	"testing"
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
}
