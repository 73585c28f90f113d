package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/rest"
)

// table sends a table, and carries it out under a key when there is one.
func (h *house) table(path, token, body, key string) heard {
	h.t.Helper()
	if key == "" {
		return h.call(http.MethodPost, path, token, body, "Content-Type", "text/csv", "Idempotency-Key", "key-preview")
	}
	return h.call(http.MethodPost, path+"?apply=true", token, body, "Content-Type", "text/csv; charset=utf-8", "Idempotency-Key", key)
}

// faultsOf are what is wrong, as line/column.
func faultsOf(i rest.Import) (list []string) {
	for _, row := range i.Rows {
		for _, f := range row.Faults {
			list = append(list, fmt.Sprintf("%d/%s", row.Row, f.Pointer))
		}
	}
	return list
}

const staffTable = "工号,姓名,岗位,机构,级别,手机号,技能,任务上限,在职\r\n" +
	"li-4,李四,查勘员,3101,,13800000004,\"车险,企业财产险\",6,是\r\n" +
	"wang-5,王五,reviewer,3101,2,,,,\r\n" +
	",,,,,,,,\r\n"

func TestStaffComeInAsATable(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "3101", 0)
	const path = "/v1/staff/imports"

	preview := readAs[rest.Import](t, h.table(path, admin, staffTable, ""))
	require.Equal(t, []int{2, 0, 0, 0}, []int{preview.New, preview.Changed, preview.Unchanged, preview.Wrong})
	require.Equal(t, http.StatusNotFound, h.get("/v1/staff/li-4", admin).status, "a look changes nothing")

	done := h.table(path, admin, staffTable, "key-staff-1")
	require.True(t, readAs[rest.Import](t, done).Applied)
	li := readAs[rest.Staff](t, h.get("/v1/staff/li-4", admin))
	require.Equal(t, rest.Staff{
		Id: "li-4", Name: "李四", Role: claim.Surveyor, Branch: "3101", Phone: "13800000004", Skills: []string{"motor", "commercial_property"}, MaxLoad: 6, Active: true,
	}, li)
	require.Equal(t, done.body, h.table(path, admin, staffTable, "key-staff-1").body, "sent again, the same answer")
	require.Equal(t, "/problems/key-reused", h.table(path, admin, staffTable+"x-1,甲,财务,3101\r\n", "key-staff-1").problem(t, 422).Type)

	// As WPS writes it: GB18030, semicolons, other columns first.
	text := "机构;工号;姓名;岗位;技能;任务上限;手机号\n3101;li-4;李四光;查勘员;车险、企业财产险;6;=\"13800000005\"\n3101;wang-5;王五;核赔人;;;\n3101;zhao-6;赵六;财务;;;\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	require.NoError(t, err)
	preview = readAs[rest.Import](t, h.table(path, admin, gb, ""))
	require.Equal(t, []int{1, 1, 0, 1}, []int{preview.New, preview.Changed, preview.Unchanged, preview.Wrong})
	require.Equal(t, []rest.ImportChange{{Column: "name", Before: "李四", After: "李四光"}, {Column: "phone", Before: "138****0004", After: "138****0005"}}, preview.Rows[0].Changes)
	require.Equal(t, []string{"3/level"}, faultsOf(preview), "a reviewer has a level")

	// All or nothing.
	p := h.table(path, admin, gb, "key-staff-2").problem(t, 422)
	require.Equal(t, []string{"/3/level"}, faultsIn(p))
	require.Equal(t, http.StatusNotFound, h.get("/v1/staff/zhao-6", admin).status)
	unchanged := readAs[rest.Import](t, h.table(path, admin, "\ufeff"+staffTable, ""))
	require.Equal(t, 2, unchanged.Unchanged)

	require.Equal(t, http.StatusForbidden, h.table(path, h.staff("manager-1", claim.Manager, "3101", 0), staffTable, "").status)
}

func TestEachRowOfATableIsHeldAgainstTheRules(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "3101", 0)
	h.staff("far-1", claim.Finance, "3201", 0)
	body := "id,name,role,branch,level,phone,max_load\n" +
		"a-1,甲,boss,3101,,,\n" + // no such role
		"a-2,乙,finance,3201,,,\n" + // another branch
		"far-1,丙,finance,3101,,,\n" + // from another branch
		"admin-1,丁,admin,3101,,,\n" + // one's own record
		"a-3,戊,finance,31,1,1.38E+10,many\n" + // four at once
		"a-4,,finance,3101,,,\n" +
		"a-5,己,finance,3101,,,\n" +
		"a-5,庚,finance,3101,,,\n"
	got := readAs[rest.Import](t, h.table("/v1/staff/imports", admin, body, ""))
	require.Equal(t, []string{"2/role", "3/branch", "4/branch", "5/branch", "6/phone", "6/max_load", "7/name", "9/id"}, faultsOf(got))
	require.Equal(t, 1, got.New)
	for _, row := range got.Rows {
		for _, f := range row.Faults {
			require.NotEmpty(t, f.Detail)
		}
	}
}

const policyTable = "保单号,险种,机构,投保人,手机号,车牌号,起保日期,终保日期,险别,条款,保险金额,保险价值,免赔率,责任限额\n" +
	"PM-0001,车险,3101,王小明,13800000001,沪A12345,2026/1/5,2026/12/31,车损险,FORM,\"120,000.00\",\"￥118,000\",5%,\n" +
	"PM-0001,车险,3101,王小明,13800000001,沪A12345,2026-01-05,2026年12月31日,第三者责任险,FORM,,,,1000000\n"

func TestPoliciesComeInAsATable(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "3101", 0)
	const path = "/v1/policies/imports"
	body := strings.ReplaceAll(policyTable, "FORM", "motor-2020")

	require.Equal(t, 2, readAs[rest.Import](t, h.table(path, admin, body, "")).New)
	require.True(t, readAs[rest.Import](t, h.table(path, admin, body, "key-policies-1")).Applied)
	p := readAs[rest.Policy](t, h.get("/v1/policies/PM-0001", admin))
	require.Len(t, p.Versions, 1)
	require.Equal(t, "2026-01-04T16:00:00Z", p.Versions[0].StartsAt.Format("2006-01-02T15:04:05Z"), "the first moment of the day in Beijing")
	require.Equal(t, "2026-12-31T16:00:00Z", p.Versions[0].EndsAt.Format("2006-01-02T15:04:05Z"), "the last day is covered")
	require.Equal(t, []rest.Coverage{
		{Kind: "own_damage", Form: "motor-2020", SumInsuredFen: 12_000_000, ValueFen: 11_800_000, RateBp: 500},
		{Kind: "third_party_property", Form: "motor-2020", LimitFen: 100_000_000},
	}, p.Versions[0].Coverages)
	require.Equal(t, 2, readAs[rest.Import](t, h.table(path, admin, body, "")).Unchanged)

	// Another year is another version; what was said is not edited.
	next := strings.NewReplacer("2026/1/5", "2027/1/1", "2026-01-05", "2027/1/1", "2026/12/31", "2027/12/31", "2026年12月31日", "2027.12.31").Replace(body)
	changed := readAs[rest.Import](t, h.table(path, admin, next, "key-policies-2"))
	require.Equal(t, 2, changed.Changed)
	require.Len(t, readAs[rest.Policy](t, h.get("/v1/policies/PM-0001", admin)).Versions, 2)
	for change, fault := range map[[2]string]string{
		{"120,000.00", "130,000.00"}:             "2/kind",
		{"王小明", "王大明"}:                           "2/holder_name",
		{"2026/1/5", "2025/6/1"}:                 "2/starts_at",
		{"2026/1/5", "5.1.2026"}:                 "2/starts_at",
		{"5%", "5"}:                              "2/rate",
		{"\"120,000.00\"", "12千"}:                "2/sum_insured",
		{"沪A12345,2026-01-05", "沪B1,2026-01-05"}: "3/number",
		{"车损险", "盗抢险"}:                           "2/kind",
	} {
		got := readAs[rest.Import](t, h.table(path, admin, strings.ReplaceAll(body, change[0], change[1]), ""))
		require.Contains(t, faultsOf(got), fault, change)
		h.table(path, admin, strings.ReplaceAll(body, change[0], change[1]), "key-"+fault).problem(t, 422)
	}
	require.Len(t, readAs[rest.Policy](t, h.get("/v1/policies/PM-0001", admin)).Versions, 2)
}

func TestTablesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "3101", 0)
	row := "a-1,甲,finance,3101\n"
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"empty":            {"", 422},
		"no such column":   {"id,name,role,branch,salary\n", 422},
		"a column missing": {"id,name,role\n", 422},
		"a column twice":   {"id,工号,name,role,branch\n", 422},
		"a quote missing":  {"id,name,role,branch\n\"a-1,甲,finance,3101\n", 422},
		"a workbook":       {"PK\x03\x04\xff\xff\xff\x00", 422},
		"too many rows":    {"id,name,role,branch\n" + strings.Repeat(row, maxRows+1), 413},
		"too large":        {"id,name,role,branch\n" + strings.Repeat("a", contract.MaxTable), 413},
	} {
		a := h.table("/v1/staff/imports", admin, c.body, "")
		a.problem(t, c.status)
		require.NotEmpty(t, name)
	}
	require.Equal(t, 415, h.call(http.MethodPost, "/v1/staff/imports", admin, `{}`).status)
}

// TestAnyTableIsAnswered feeds the reader what people could send: it answers,
// and never panics.
func TestAnyTableIsAnswered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\"", "1,2", "2026/1/5", "\x00", "=\"1\"", "5%"}))
		body := "number,kind,starts_at,sum_insured,rate\n"
		for range rapid.IntRange(0, 4).Draw(rt, "rows") {
			body += strings.Join(rapid.SliceOfN(cell, 0, 7).Draw(rt, "cells"), ",") + "\n"
		}
		columns := []column{{"number", "保单号", true}, {"kind", "险别", true}, {"starts_at", "起", true}, {"sum_insured", "额", true}, {"rate", "率", true}}
		table, err := readSheet(strings.NewReader(body), columns)
		if err != nil {
			require.Less(rt, contract.ProblemOf(err).Status, 500)
			return
		}
		for _, r := range table.rows {
			r.fen("sum_insured")
			r.bp("rate")
			r.day("starts_at")
			oneOf(r, "kind", coverNames)
		}
	})
}

func TestADayThatEndsAPeriodIsItsLastOrAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cell  string
		start string // the day, or empty when it is refused
		end   string
	}{
		{"2027/1/4", "2027-01-04", "2027-01-04"},
		{"2027-01-04", "2027-01-04", "2027-01-04"},
		{"2027年1月4日", "2027-01-04", "2027-01-04"},
		{"2027-01-04 23:59:59", "", "2027-01-04"},
		{"2027-01-04 23:59", "", "2027-01-04"},
		{"2027-01-04T23:59:59.999", "", "2027-01-04"},
		{"2027年1月4日23时59分59秒", "", "2027-01-04"},
		{"2027年1月4日24时", "", "2027-01-04"},
		{"2027-01-04 24:00", "", "2027-01-04"},
		{"2027-01-04 24:00:00", "", "2027-01-04"},
		{"2027年1月4日二十四时", "", "2027-01-04"},
		{"2027-01-05 00:00:00", "2027-01-05", ""},
		{"2027/1/5 0:00", "2027-01-05", ""},
		{"2027年1月5日0时", "2027-01-05", ""},
		{"2027年1月5日零时", "2027-01-05", ""},
		{"2027-01-05 12:00", "", ""},
		{"2027-01-05 x", "", ""},
		{"2027-02-30", "", ""},
		{"5.1.2027", "", ""},
	} {
		row := func() *sheetRow { return &sheetRow{cells: map[string]string{"day": c.cell}} }
		day := func(d claim.Date, ok bool) string {
			if !ok {
				return ""
			}
			return d.String()
		}
		begins := row()
		require.Equal(t, c.start, day(begins.day("day")), c.cell)
		require.Equal(t, c.start == "", len(begins.wrongs) == 1, c.cell)
		ends := row()
		require.Equal(t, c.end, day(ends.lastDay("day")), c.cell)
		require.Equal(t, c.end == "", len(ends.wrongs) == 1, c.cell)
	}
	asked := &sheetRow{cells: map[string]string{"day": "2027-01-05 00:00:00"}}
	asked.lastDay("day")
	require.Contains(t, asked.wrongs[0].Detail, "is 2027-01-05 still covered?")
	require.Contains(t, asked.wrongs[0].Detail, "2027-01-04 if cover ends with that day")
}

func TestATableIsReadAsExcelLeavesIt(t *testing.T) {
	t.Parallel()
	columns := []column{{"number", "保单号", true}, {"name", "姓名", true}}
	for name, body := range map[string]string{
		"with the ends of lines of old Macs": "保单号,姓名\rPDAA202631010000012345,甲\rPDAA202631010000012346,乙",
		"with a line for the separator":      "sep=;\r\n保单号;姓名\r\nPDAA202631010000012345;甲\r\nPDAA202631010000012346;乙\r\n",
	} {
		s, err := readSheet(strings.NewReader(body), columns)
		require.NoError(t, err, name)
		require.Len(t, s.rows, 2, name)
		require.Equal(t, "PDAA202631010000012345", s.rows[0].cells["number"], name)
	}
	for cell, fault := range map[string]bool{
		"202631010000012000000": true, "202631010000012345678": false, "PDAA202631010000012000": false, "'202631010000012000000": false, "=\"202631010000012000000\"": false,
		"100000000000000": false, "2.02631E+19": true,
	} {
		s, err := readSheet(strings.NewReader("保单号,姓名\n"+cell+",甲\n"), columns)
		require.NoError(t, err, cell)
		s.rows[0].text("number", 64, true)
		require.Equal(t, fault, len(s.rows[0].wrongs) == 1, cell)
	}
}

func TestAnAmountOfATableIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]claim.Fen{"": 0, "-": 0, "120,000.00": 120_000_00, "￥118,000": 118_000_00, "12万": 120_000_00, "1,234.5元": 1_234_50, "1,2,3": -1, "-5": -1, "12千": -1, "1.234": -1} {
		r := &sheetRow{cells: map[string]string{"sum": cell}}
		got := r.fen("sum")
		require.Equal(t, want == -1, len(r.wrongs) == 1, cell)
		require.Equal(t, max(want, 0), got, cell)
	}
}

func TestATableNamesTheInsuredAndTheDrivers(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "3101", 0)
	const path = "/v1/policies/imports"
	year := time.Now().Year()
	row := func(number, insured, phone, drivers, phones string) string {
		return fmt.Sprintf("%s,车险,3101,甲公司,13800000001,%s,%s,%s,%s,沪A12345,%d/1/1,%[6]d/12/31,车损险,motor-2020\n", number, insured, phone, drivers, phones, year)
	}
	const header = "保单号,险种,机构,投保人,手机号,被保险人,被保险人手机号,约定驾驶人,驾驶人手机号,车牌号,起保日期,终保日期,险别,条款\n"
	table := header + row("PDAA0001", "张三", "138 0000 0002", "李四；王五", "13800000003;13800000004") + row("PDAA0002", "", "", "", "")
	require.True(t, readAs[rest.Import](t, h.table(path, admin, table, "key-insured-1")).Applied)
	p := readAs[rest.Policy](t, h.get("/v1/policies/PDAA0001", admin))
	require.Equal(t, rest.InsuredShown{Name: "张三", Phone: "138****0002"}, p.Insured)
	require.Equal(t, []rest.HolderShown{{Name: "李四", Phone: "138****0003"}, {Name: "王五", Phone: "138****0004"}}, p.Drivers)
	require.Empty(t, readAs[rest.Policy](t, h.get("/v1/policies/PDAA0002", admin)).Drivers)
	require.Equal(t, 2, readAs[rest.Import](t, h.table(path, admin, table, "")).Unchanged)

	preview := readAs[rest.Import](t, h.table(path, admin, header+
		row("PDAA0001", "张三丰", "13800000002", "李四；王五", "13800000003;13800000004")+ // is there with another
		row("PDAA0003", "张三", "12345", "", "")+
		row("PDAA0004", "", "13800000002", "", "")+ // whose phone?
		row("PDAA0005", "", "", "李四;王五", "13800000003")+
		row("PDAA0006", "", "", "李四", "138"), ""))
	require.Equal(t, []string{"2/insured_name", "3/insured_phone", "4/insured_name", "5/driver_phones", "6/driver_phones"}, faultsOf(preview))

	staff := "工号,姓名,岗位,机构,担保\nbroker-1,好伙伴,合作方,3101,是\nli-4,李四,财务,3101,是\n"
	preview = readAs[rest.Import](t, h.table("/v1/staff/imports", admin, staff, ""))
	require.Equal(t, []string{"3/vouches"}, faultsOf(preview), "only partners vouch")
	staff = strings.Replace(staff, "3101,是\n", "3101,否\n", 2)
	staff = strings.Replace(staff, "合作方,3101,否", "合作方,3101,是", 1)
	require.True(t, readAs[rest.Import](t, h.table("/v1/staff/imports", admin, staff, "key-vouch-1")).Applied)
	require.True(t, readAs[rest.Staff](t, h.get("/v1/staff/broker-1", admin)).Vouches)
	require.False(t, readAs[rest.Staff](t, h.get("/v1/staff/li-4", admin)).Vouches)
}
