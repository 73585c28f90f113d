package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// A claimant follows a claim with its number, a phone and a code, and sees
// where it is, by when what, and what happened.
func TestAClaimantFollowsAClaim(t *testing.T) {
	t.Parallel()
	const number = "13600642017"
	intake, err := site.Staff(t.Context(), "intake-wang")
	require.NoError(t, err)
	receipt, err := play.Post[rest.Receipt](t.Context(), intake, play.Key(), "/claims", rest.Notice{
		Channel: "phone", Line: "motor", PolicyNo: "P-UNKNOWN-1", LossAt: time.Now().Add(-time.Hour).Truncate(time.Second), Place: "上海市静安区南京西路",
		Cause: "collision", Story: "追尾", Plate: "沪AB1234", Reporter: rest.Party{Name: "周晓岚", Phone: number, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "前保险杠", Estimate: 480_000}},
	})
	require.NoError(t, err)

	p := open(t, phone)
	p.Open("/")
	p.Look("home")
	p.Weight()
	p.Click("查看赔案进度")
	p.See("请输入赔案号")
	p.Look("track")
	p.Weight()
	p.Fill("赔案号", receipt.Number)
	p.Fill("手机号", number)
	p.Click("发送验证码")
	p.See("请输入验证码")
	p.Look("code")
	p.Fill("验证码", p.Code(number))
	p.Click("查看赔案")
	p.See("经过")
	p.Look("claim")
	p.Weight()
	p.Click("退出")
	p.See("您已退出")
}
