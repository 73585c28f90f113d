package document

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestCapitalsAreReadAsFen(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{
		"贰仟捌佰柒拾贰圆捌角捌分":    287288,
		"（大写）贰仟肆佰壹拾柒圆零壹分": 241701,
		"陆仟叁佰零捌圆整":        630800,
		"壹万元整":            1000000,
		"拾圆整":             1000,
		"壹佰零伍万零柒佰元叁角":     105070030,
		"壹亿贰仟万圆整":         12000000000,
		"伍角":              0, // no yuan: not the form that is used
		"圆整":              0,
		"贰贰圆整":            0,
		"贰仟捌佰柒拾贰捌角捌分":     0,
		"玖仟万亿万亿万亿万亿亿亿亿亿亿亿亿圆整": 0,
	} {
		got, ok := capitals(s)
		require.Equal(t, want, got*int64(b2i(ok)), s)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestValuesAreTakenOutOfTheirSurroundings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parse parser
		text  string
		want  string // none when empty
	}{
		{plate, "维修车辆车牌号:吉DND303", "吉DND303"},
		{plate, "川 A·D12345", "川AD12345"},
		{plate, "京A12345D", "京A12345D"},
		{plate, "粤BO12I5", "粤B01215"},
		{plate, "粤Z1234港", "粤Z1234港"},
		{plate, "测B12345", ""},
		{plate, "京I12345", ""},
		{plate, "京A1234567", ""},
		{plate, "京ABCDEF", ""},
		{vin, "车架号 LSVSL6H72MW707220", "LSVSL6H72MW707220"},
		{vin, "LRYH21]37U7T14015", "LRYH21J37U7T14015"},
		{vin, "12345678901234567", ""},
		{citizen, "证号320505197301180646", "320505197301180646"},
		{citizen, "3205051973O1180646", "320505197301180646"},
		{citizen, "110105194912310O2x", "11010519491231002X"},
		{credit, "914403001922038216", "914403001922038216"},
		{credit, "ABCDEFGHJKLMNPQRTU", ""},
		{card, "卡号 6212 2654 5986 7457 965", "6212265459867457965"},
		{card, "13800000000", ""},
		{firstDate, "开票日期: 2026 年 8 月 9 日", "2026-08-09"},
		{firstDate, "2026/02/30", ""},
		{lastDate, "2019-01-06 至 2029-01-06", "2029-01-06"},
		{lastDate, "至2029.01.06", "2029-01-06"},
		{lastDate, "2019-01-06", ""},
		{moment, "2024年07月08日00时27分", "2024-07-08 00:27"},
		{moment, "2024-07-08", "2024-07-08"},
		{firstAmount, "¥ 2,138.95", "213895"},
		{firstAmount, "总计：1500元", "150000"},
		{firstAmount, "¥88", "8800"},
		{firstAmount, "工时 3.5", ""},
		{firstAmount, "1.234.56", ""},
		{firstAmount, "0.00", "0"},
		{engine, "发动机号 b7j2cbk9", "B7J2CBK9"},
		{vehicleClass, "准驾车型 Al", "A1"},
		{vehicleClass, "EE", ""},
		{thru, "VALID THRU 06/26", "06/26"},
		{thru, "13/26", ""},
		{serial, "G]202624668739", "GJ202624668739"},
		{address, "广东省捷安汽车租赁有限公司", ""},
		{person, "签名", ""},
	} {
		got, ok := c.parse(fold(c.text))
		require.Equal(t, c.want != "", ok, c.text)
		if ok {
			require.Equal(t, c.want, got)
		}
	}
}

func TestLabelsAreFoundThoughWorn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, label string
		end         int
	}{
		{"车牌号码:川B59452", "车牌号码", 4},
		{"牌号码:川B59452", "车牌号码", 3},   // lost
		{"车牌亏码:川B59452", "车牌号码", 4},  // misread
		{"车牌号鸟码:川B59452", "车牌号码", 3}, // split: the rest is for the parser
		{"牌码", "车牌号码", -1},
		{"姓各", "姓名", -1}, // short labels must be right
	} {
		_, end, _, ok := locate([]rune(c.text), []rune(c.label))
		require.Equal(t, c.end >= 0, ok, c.text)
		if ok {
			require.Equal(t, c.end, end, c.text)
		}
	}
}

func TestInvoiceQR(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		payload string
		want    InvoiceQR
	}{
		{"01,10,044032500211,70734235,2542.37,20250114,21221762166179393588,4C7E,", InvoiceQR{Type: "10", Code: "044032500211", Number: "70734235", Date: "2025-01-14", CheckCode: "21221762166179393588", AmountFen: 254237, TotalFen: -1}},
		{"01,04,3300212130,11223344,100.5,20210304,,A1", InvoiceQR{Type: "04", Code: "3300212130", Number: "11223344", Date: "2021-03-04", AmountFen: 10050, TotalFen: -1}},
		{"01,32,,24442000000012345678,1060,20260309,,9A3F,", InvoiceQR{Type: "32", Number: "24442000000012345678", Date: "2026-03-09", AmountFen: -1, TotalFen: 106000}},
		{"https://bcfp.shenzhen.chinatax.gov.cn/verify/scan?hash=00ab&bill_num=01234567&total_amount=106000", InvoiceQR{Type: "blockchain", Number: "01234567", AmountFen: -1, TotalFen: 106000}},
		{"https://chinatax.gov.cn.example.com/verify/scan?bill_num=01234567&total_amount=106000", InvoiceQR{}},
		{"https://bcfp.shenzhen.chinatax.gov.cn/verify/scan?bill_num=01234567&total_amount=-5", InvoiceQR{}},
		{"01,10,044032500211,70734235,2542.37,20250230,21221762166179393588,4C7E,", InvoiceQR{}},
		{"01,10,044032500211,7073423,2542.37,20250114,,", InvoiceQR{}},
		{"01,32,044032500211,24442000000012345678,1060,20260309,,9A3F,", InvoiceQR{}},
		{"01,10,044032500211,70734235,-2542.37,20250114,,", InvoiceQR{Type: "10", Code: "044032500211", Number: "70734235", Date: "2025-01-14", AmountFen: -1, TotalFen: -1, Red: true}},
		{"01,32,,24442000000012345678,-1060,20260309,,9A3F,", InvoiceQR{Type: "32", Number: "24442000000012345678", Date: "2026-03-09", AmountFen: -1, TotalFen: -1, Red: true}},
		{"01,10,044032500211,70734235,2542.375,20250114,,", InvoiceQR{}},
		{"02,10,044032500211,70734235,2542.37,20250114,,", InvoiceQR{}},
		{"", InvoiceQR{}},
		{"WIFI:S:guest;;", InvoiceQR{}},
	} {
		got, ok := ParseInvoiceQR(c.payload)
		require.Equal(t, c.want.Number != "", ok, c.payload)
		if ok {
			require.Empty(t, cmp.Diff(c.want, got))
		}
	}
}
