package browser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// signIn signs a persona in, by the name that stands on the identity provider's
// page, and lands where their work is.
func (p *page) signIn(name string) {
	p.t.Helper()
	p.Open("/signin")
	p.through(name)
}

// through goes from the page that offers the sign-in to the one behind it.
func (p *page) through(name string) {
	p.t.Helper()
	p.Click("用单位账号登录")
	p.See("您是哪一位")
	p.Click(name)
	p.Wait("page of the product", "location.href.startsWith("+quoted(site.API)+")")
}

// personas are one for each role, and the title of the page that they land on.
var personas = []struct{ name, role, lands string }{
	{"王敏", "intake", "工作台"},
	{"李强", "dispatcher", "工作台"},
	{"陈刚", "surveyor", "今天的查勘"},
	{"周平", "assessor", "工作台"},
	{"郑凯", "reviewer", "工作台"},
	{"杨帆", "finance", "工作台"},
	{"秦月", "service", "工作台"},
	{"许诺", "audit", "工作台"},
	{"何川", "manager", "工作台"},
	{"吕芳", "admin", "人员"},
	{"孔明", "operator", "工作台"},
}

func TestEveryRoleSignsInAndLandsWhereItsWorkIs(t *testing.T) {
	t.Parallel()
	p := open(t, desk)
	p.Open("/signin")
	p.Look("sign-in")
	p.Allow("403")
	for _, who := range personas {
		p.signIn(who.name)
		p.Wait(who.lands, "document.querySelector('h1').innerText === "+quoted(who.lands))
		p.Snap("lands." + who.role + ".zh")
		p.Click("退出")
		p.See("员工登录")
	}
}

func TestATaskIsTakenAndPutBack(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(patience))
	defer stop()
	hotline, err := site.Staff(ctx, "intake-wang")
	require.NoError(t, err)
	receipt, err := play.Post[rest.Receipt](ctx, hotline, play.Key(), "/claims", rest.Notice{
		Channel: "phone", Line: "motor", LossAt: time.Now().Add(-time.Hour), Place: "上海市静安区南京西路", Cause: "collision",
		Story: "路口追尾，客户说不清保单号。", Reporter: rest.Party{Name: "钱一鸣", Phone: "139" + digits(t, 8), Role: "driver"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "前保险杠", Estimate: 200_000}},
	})
	require.NoError(t, err)
	p := open(t, desk)
	p.signIn("顾青") // whose work it is when nobody knows the policy
	p.See(receipt.Number)
	p.Look("desk.tasks")
	p.Click("领取")
	p.Click("放回")
	p.See("领取")
}

func TestWhoIsNotSignedInComesBackToThePageTheyWanted(t *testing.T) {
	t.Parallel()
	p := open(t, desk)
	p.Open("/desk?mine=true")
	p.See("登录后回到刚才的页面")
	p.through("周平")
	p.See("工作台")
	if !strings.HasSuffix(p.URL(), "/desk?mine=true") {
		t.Errorf("landed on %s", p.URL())
	}
	p.Look("desk.mine")
}
