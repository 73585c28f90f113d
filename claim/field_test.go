package claim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestTheValueOfAFieldHasTheTypeOfTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		good, evil []string
	}{
		{"total_fen", []string{"", "0", "316400", "9000000000000000"}, []string{"3164.00", "3,164", "¥3164", "-1", "+1", "1e5", "９", "007", " 1", "1 ", "9000000000000001", "99999999999999999999", "三千"}},
		{"rate_bp", []string{"0", "1300", "10000"}, []string{"10001", "-1", "13%", "0.13"}},
		{"issue_date", []string{"2026-03-09", "2028-02-29"}, []string{"2026-02-29", "2026/3/9", "2026年3月9日", "20260309", "yesterday"}},
		{"birth_date", []string{"1985-03-16"}, []string{"1985"}},
		{"valid_from", []string{"2020-05-06"}, []string{"长期"}},
		{"valid_until", []string{"2030-05-06", "长期", "2026-03", "06/26"}, []string{"13/26", "always"}},
		{"accident_time", []string{"2026-03-09", "2026-03-09 00:05", "2026-03-09T00:05:00+08:00"}, []string{"2026-03-09 24:05", "凌晨"}},
		{"made", []string{"2020-01", "2020-01-05"}, []string{"2020-13", "2020"}},
		{"invoice_number", []string{"12345678", "26312000000012345678"}, []string{"123", strings.Repeat("9", 31), strings.Repeat("发", 1000), "1234567八"}},
		{"policy_number", []string{"PDAA202631010000012345"}, []string{"PDAA 2026", "保单"}},
		{"buyer_tax_id", []string{"91310115MA1K12345X", "310115000012345", "91310115ma1k12345x"}, []string{"9131", strings.Repeat("9", 21), "91310115MA1K1234五X"}},
		{"id_number", []string{"310101198503161211", "31010119850316121X", "H1234567(8)", "E12345678"}, []string{"3101", "三一零一零一一九八五", strings.Repeat("1", 21)}},
		{"licence_no", []string{"310101198503161211"}, []string{"x"}},
		{"plate", []string{"沪AD58321", "粤B·12345", "使123456"}, []string{"沪", "沪A1234!", strings.Repeat("沪", 11)}},
		{"vin", []string{"LSVCC41T3P2000316", "LTETE5T11A0000123"}, []string{"LSVCC41T3P200031", "LSVCC41T3P200031O", "一二三四五六七八九十一二三四五六七"}},
		{"account", []string{"6212265459867457965", "6212 2654 5986 7457 965"}, []string{"62122654", "6212265459867457九65"}},
		{"seller", []string{"某某汽修", strings.Repeat("汽", 1000)}, []string{strings.Repeat("汽", 1001), "a\x00b", "\xff"}},
	} {
		for _, value := range c.good {
			require.NoError(t, claim.CheckField(c.name, value), "%s %q", c.name, value)
		}
		for _, value := range c.evil {
			err := claim.CheckField(c.name, value)
			require.Error(t, err, "%s %q", c.name, value)
			require.NotContains(t, err.Error(), "\x00")
		}
	}
}
