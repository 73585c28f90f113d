package document

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

func TestASumIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want []int64
	}{
		{"总计：12,500元", []int64{1250000}},
		{"总计：¥12,500", []int64{1250000}},
		{"总计：1.25万元", []int64{125000 * 10}},
		{"总计 12,500.00 元整", []int64{1250000}},
		{"总计：１２，５００．００", []int64{1250000}},
		{"合计 ¥2965.95 ¥385.57", []int64{296595, 38557}},
		{"¥ 2965.95", []int64{296595}},
		{"小写）Y3351.52", []int64{335152}},
		{"13%278.06", []int64{27806}},
		{"金额2138.95，税额278.06。", []int64{213895, 27806}},
		{"配件、12.50", []int64{1250}},
		{"人民币12,500.00元", []int64{1250000}},
		{"RM12.50", []int64{1250}},
		{"个人自负300.00", []int64{30000}},
		{"(小写:3351.52)", []int64{335152}},
		// less than nothing
		{"¥-2800.00", nil},
		{"-2800.00", nil},
		{"合计 -¥2800.00", nil},
		{"（负数）2800.00", nil},
		{"负2800.00元", nil},
		// not whole
		{"¥12,5OO", nil},
		{"12,5O0.00", nil},
		{"12,50,000.00", nil},
		{"12 500.00", nil},
		{"12, 500.00", nil},
		{"12 ,500.00", nil},
		{"¥12 500", nil},
		{"¥12 ,500.00", nil},
		{"2800 .00", nil},
		{"¥1 0,000.00", nil},
		{"¥1千1,000.00", nil},
		{"¥1',000.00", nil},
		{"¥1'000.00", []int64{100000}},
		{"12元5角", nil},
		{"12.345", nil},
		{"1.2.3", nil},
		{"0012.00", nil},
		{"1.25千元", nil},
		{"13.00%", nil},
		// a sign or a line, a loss or a remark: nobody can tell
		{"总计 - 12.50", nil},
		{"总计 (12.50)", nil},
		{"10.00-12.50", nil},
		{"12.50-", nil},
		// no money
		{"2026-03-09", nil},
		{"数量 3", nil},
		{"12500", nil},
		{"12,500", []int64{1250000}},
		{"行驶3万公里", nil},
	} {
		require.Equal(t, c.want, amounts(c.line), c.line)
	}
}

func TestATillsRowIsReadAsItIsPrinted(t *testing.T) {
	t.Parallel()
	for row, want := range map[string][]int64{
		"TOTAL12.50": {1250}, "TOTAL RM 12.50": {1250}, "CASH20.00SR": {2000}, "12.50 SR": {1250}, "$12.50": {1250}, "TOTALl2.50": nil, "-12.50": nil, "2 @ 12.50 25.00": {1250, 2500}, "12.50kg": nil,
	} {
		require.Equal(t, want, amounts(tillText(row)), row)
	}
}

func TestBesideALabelTheFirstSumCountsOrNone(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"12,500元": "1250000", "1.25万": "1250000", "3 件 1130.00": "113000", "¥12,5OO 300.00": "", "-300.00 500.00": "", "12500": "", "无": "",
	} {
		got, ok := firstAmount(line)
		require.Equal(t, want, got, line)
		require.Equal(t, want != "", ok, line)
	}
}

func TestAnAmountInWordsIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int64{
		"⊗叁仟叁佰伍拾壹圆伍角贰分": 335152, "大写：壹万贰仟伍佰圆整": 1250000, "（负数）叁仟壹佰陆拾叁圆玖角玖分": 0, "负叁仟圆整": 0,
		"壹拾X万叁仟圆整": 0, "壹拾式叁仟圆整": 0, "叁仟圆X角贰分": 0, "贰X仟圆整": 0,
	} {
		got, ok := capitals(line)
		require.Equal(t, want, got, line)
		require.Equal(t, want != 0, ok, line)
	}
}

func TestNoDamageToALineMakesASmallerSumOfIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := claim.Fen(rapid.Int64Range(100_000, 99_999_999_99).Draw(t, "whole"))
		text := []rune(whole.String())
		at := rapid.IntRange(1, len(text)-1).Draw(t, "at")
		damage := rapid.SampledFrom([]string{"O", "l", "S", " ", ",", ".", "'", "X", "千"}).Draw(t, "damage")
		line := "总计：" + string(text[:at]) + damage + string(text[at:])
		if at > 1 && rapid.Bool().Draw(t, "in place") {
			line = "总计：" + string(text[:at]) + damage + string(text[at+1:])
		}
		for _, fen := range amounts(line) {
			if digits(strconv.FormatInt(fen, 10)) && fen != int64(whole) && fen*5 < int64(whole) {
				t.Fatalf("of %s, damaged to %q, %s is read", whole, line, claim.Fen(fen))
			}
		}
	})
}
