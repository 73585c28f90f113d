package browser_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
)

func TestAnAdministratorMendsARowAndImportsTheTable(t *testing.T) {
	t.Parallel()
	id := digits(t, 6)
	p := open(t, desk)
	p.signIn("吕芳")
	p.Look("admin.staff")
	p.Click("添加人员")
	p.Look("admin.member.new")
	p.Fill("工号", "test-a"+id)
	p.Fill("姓名", "张三")
	p.Fill("机构", "3101")
	p.Fill("岗位", "定损员")
	p.Fill("级别", "2")
	p.Allow("422")
	p.Click("保存")
	p.See("只有核赔人有级别")
	p.Snap("admin.member.wrong.zh")
	p.Fill("级别", "0")
	p.Click("保存")
	p.See("已保存，立即生效")

	p.Click("导入")
	p.Look("admin.import")
	template := eval[string](p, "fetch(document.querySelector('a[download]').href).then((r) => r.text())")
	require.Equal(t, "工号,姓名,岗位,机构,级别,手机号,技能,任务上限,在职,担保", strings.TrimSpace(strings.TrimPrefix(template, "\ufeff")))
	table := func(level int) play.File {
		return play.File{Name: "人员.csv", Bytes: fmt.Appendf(nil, "%stest-a%s,张三,定损员,3201,,,,,,\r\ntest-b%[2]s,李四,核赔人,3101,%[3]d,,,,,\r\n", template, id, level)}
	}
	p.Upload("选择 CSV 文件", table(0))
	p.Click("查看会有什么变化")
	p.See("核赔人须有级别，从 1 起")
	p.See("还没有导入任何内容")
	p.Snap("admin.import.wrong.zh")
	p.Upload("选择改好的或另一个文件", table(1))
	p.Click("查看会有什么变化")
	p.See("3101 → 3201")
	p.Snap("admin.import.preview.zh")
	p.Click("全部执行")
	p.See("导入完成：新增 1 行，变更 1 行")
	p.Fill("工号或姓名", "test-b"+id)
	p.Click("查找")
	p.See("核赔人 · 1 级")
	p.Click("test-b" + id)
	p.Look("admin.member")

	p.Click("权限")
	p.See("核赔权限")
	p.Look("admin.limits")
}

func TestAnAdministratorAddsAPolicyAndEndorsesIt(t *testing.T) {
	t.Parallel()
	number := "PDAA3101ADMIN" + digits(t, 8)
	p := open(t, desk)
	p.signIn("施宁")
	p.Click("保单")
	p.Look("admin.policies")
	p.Click("添加保单")
	p.Look("admin.policy.new")
	p.Fill("保单号", number)
	p.Fill("机构", "3101")
	p.Fill("投保人", "张三")
	p.Fill("投保人手机号", "13900000001")
	p.Fill("车牌号", "沪A12345")
	starts := time.Now().AddDate(0, -1, 0)
	p.Fill("起保日期", starts.Format(time.DateOnly))
	p.Fill("终保日期", starts.AddDate(1, 0, -1).Format(time.DateOnly))
	do := func(name, value string) {
		require.True(t, eval[bool](p, fmt.Sprintf("Boolean(Object.assign(document.getElementById(%s), {value: %s}).value)", quoted(name), quoted(value))))
	}
	do("kind.0", "own_damage")
	do("form.0", "motor-2020")
	do("sum_insured_fen.0", "12元50")
	p.Allow("422")
	p.Click("保存")
	p.See("请填写金额")
	p.Snap("admin.policy.wrong.zh")
	do("sum_insured_fen.0", "186,000.00")
	p.Click("保存")
	p.See("保单已添加")
	p.See("¥186,000.00")
	p.Click("批改（增加一个版本）")
	p.Snap("admin.policy.endorse.zh")
	require.True(t, eval[bool](p, "document.querySelector('details form button').click() === undefined"))
	p.See("批改已生效")
	p.See("第 2 版")
	p.Look("admin.policy")
}

func TestAManagerFollowsAFigureToItsClaims(t *testing.T) {
	t.Parallel()
	report(t) // so that there is one open
	p := open(t, desk)
	p.signIn("何川")
	p.Click("指标")
	p.Wait("charts", "document.querySelectorAll('.chart.drawn canvas').length >= 2")
	p.Look("figures")
	way := eval[string](p, "document.querySelector('[data-chart] tbody a').getAttribute('href')")
	count := eval[int](p, "Number(document.querySelector('[data-chart] tbody a').innerText)")
	p.Open(way)
	p.See("赔案清单")
	require.GreaterOrEqual(t, eval[int](p, "document.querySelectorAll('table.sheet tbody tr').length"), min(count, 1))
	p.Look("claims")
	p.Fill("机构", "9999")
	p.Click("查找")
	p.See("没有符合条件的赔案")
}
