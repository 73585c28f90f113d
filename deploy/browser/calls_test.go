package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Somebody calls: the clerk writes the report down while they talk, keeps it
// when the line breaks off, goes on with it when they call again, reads it to
// them and sends it.
func TestAClerkWritesDownACall(t *testing.T) {
	t.Parallel()
	l := insure(t)
	p := at(t, desk, "intake-wang", "王敏", "/desk")
	p.Click("电话报案")
	p.See("边听边填")
	p.Look("call")
	p.Fill("手机号", l.Phone)
	p.Fill("经过", "倒车时后保险杠蹭到立柱")
	p.Click("存为草稿")
	p.See("草稿已保存")

	p.Click(l.Phone) // they call again
	require.Equal(t, "倒车时后保险杠蹭到立柱", p.Value("经过"))
	p.Allow("422")
	p.Fill("姓名", "周晓岚")
	p.Fill("车牌号", l.Plate)
	p.Fill("在哪里", "上海市浦东新区世纪大道 1 号地下停车场 B2")
	p.Fill("估计损失（元）", "三千")
	p.Click("核对")
	p.See("请选择原因")
	p.See("请写明什么受损")
	p.Snap("call.wrong.zh")
	p.Click("划痕")
	p.Fill("哪里受损", "后保险杠右侧")
	p.Fill("估计损失（元）", "3,000")
	p.Click("核对")
	p.See("念给来电人核对")
	p.See(l.Policy)
	p.See("约 ¥3,000.00")
	p.Snap("call.check.zh")
	p.Click("提交报案")
	p.See("已报案，赔案号")
	p.See("划痕")
	p.Click("电话报案")
	p.See("边听边填")
	p.Gone("还没报完的来电") // it was sent
}
