package browser_test

import (
	"strings"
	"testing"
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
	{"陈刚", "surveyor", "工作台"},
	{"周平", "assessor", "工作台"},
	{"郑凯", "reviewer", "工作台"},
	{"杨帆", "finance", "工作台"},
	{"秦月", "service", "工作台"},
	{"许诺", "audit", "工作台"},
	{"何川", "manager", "工作台"},
	{"吕芳", "admin", "工作台"},
	{"孔明", "operator", "工作台"},
}

func TestEveryRoleSignsInAndLandsWhereItsWorkIs(t *testing.T) {
	t.Parallel()
	p := open(t, desk)
	p.Open("/signin")
	p.Look("sign-in")
	for _, who := range personas {
		p.signIn(who.name)
		p.See(who.lands)
		p.Snap("lands." + who.role + ".zh")
		p.Click("退出")
		p.See("员工登录")
	}
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
