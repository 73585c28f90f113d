package claim_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

func TestFenIsWrittenInYuan(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]claim.Fen{
		"¥0.00":                       0,
		"¥0.05":                       5,
		"-¥0.05":                      -5,
		"¥0.99":                       99,
		"¥1.00":                       100,
		"¥999.99":                     99_999,
		"¥1,000.00":                   100_000,
		"¥1,234.56":                   123_456,
		"-¥999.00":                    -99_900,
		"-¥1,234,567.89":              -123_456_789,
		"¥92,233,720,368,547,758.07":  math.MaxInt64,
		"-¥92,233,720,368,547,758.08": math.MinInt64,
	} {
		require.Equal(t, want, f.String())
	}
}

func TestBPIsWrittenInPercent(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]claim.BP{
		"0.00%": 0, "0.05%": 5, "-0.05%": -5, "0.60%": 60, "70.00%": 7000, "100.00%": claim.Whole, "-100.01%": -10001,
	} {
		require.Equal(t, want, b.String())
	}
}

func TestMoneyIsAnIntegerInJSON(t *testing.T) {
	t.Parallel()
	type row struct {
		Loss  claim.Fen `json:"loss_fen"`
		Share claim.BP  `json:"share_bp"`
	}
	out, err := json.Marshal(row{123_456, 7000})
	require.NoError(t, err)
	require.JSONEq(t, `{"loss_fen":123456,"share_bp":7000}`, string(out))
	for _, bad := range []string{`{"loss_fen":1.5}`, `{"loss_fen":"100"}`, `{"share_bp":0.7}`} {
		var r row
		require.Error(t, json.Unmarshal([]byte(bad), &r), bad)
	}
}

func TestRound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		exact string
		want  claim.Fen
	}{
		{"0", 0},
		{"499/1000", 0},
		{"1/2", 1},
		{"-1/2", -1}, // away from zero, not up
		{"-499/1000", 0},
		{"3/2", 2},
		{"5/2", 3}, // not to even
		{"-5/2", -3},
		{"200/3", 67},
		{"9223372036854775807", math.MaxInt64},
		{"9223372036854775807.49", math.MaxInt64},
		{"-9223372036854775808.49", math.MinInt64},
	} {
		x, ok := new(big.Rat).SetString(c.exact)
		require.True(t, ok, c.exact)
		got, err := claim.Round(x)
		require.NoError(t, err, c.exact)
		require.Equal(t, c.want, got, c.exact)
		back, _ := new(big.Rat).SetString(c.exact)
		require.Zero(t, back.Cmp(x), "the argument is left alone")
	}
	for _, over := range []string{"9223372036854775807.5", "-9223372036854775808.5", "1e40"} {
		x, _ := new(big.Rat).SetString(over)
		_, err := claim.Round(x)
		require.ErrorIs(t, err, claim.ErrOverflow, over)
	}
}

func TestSum(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   []claim.Fen
		want claim.Fen
		err  error
	}{
		{nil, 0, nil},
		{[]claim.Fen{1, 2, -4}, -1, nil},
		{[]claim.Fen{math.MaxInt64, 0}, math.MaxInt64, nil},
		{[]claim.Fen{math.MaxInt64, 1}, 0, claim.ErrOverflow},
		{[]claim.Fen{math.MaxInt64, 1, -1}, math.MaxInt64, nil}, // only the sum counts
		{[]claim.Fen{math.MinInt64, -1}, 0, claim.ErrOverflow},
	} {
		got, err := claim.Sum(c.in...)
		require.ErrorIs(t, err, c.err)
		require.Equal(t, c.want, got)
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		total   claim.Fen
		weights []claim.Fen
		want    []claim.Fen
	}{
		{"nobody", 100, nil, []claim.Fen{}},
		{"one", 100, []claim.Fen{7}, []claim.Fen{100}},
		{"even", 100, []claim.Fen{1, 1}, []claim.Fen{50, 50}},
		{"ties go in order", 100, []claim.Fen{1, 1, 1}, []claim.Fen{34, 33, 33}},
		{"two fen left over", 200, []claim.Fen{1, 1, 1}, []claim.Fen{67, 67, 66}},
		{"the largest remainder first", 10, []claim.Fen{1, 5, 1}, []claim.Fen{2, 7, 1}}, // 1.43 7.14 1.43
		{"a later, larger remainder wins", 10, []claim.Fen{52, 21, 27}, []claim.Fen{5, 2, 3}},
		{"more people than fen", 2, []claim.Fen{1, 1, 1}, []claim.Fen{1, 1, 0}},
		{"nothing to divide", 0, []claim.Fen{1, 2}, []claim.Fen{0, 0}},
		{"no weight, no share", 100, []claim.Fen{0, 3, 0}, []claim.Fen{0, 100, 0}},
		{"no weights at all", 100, []claim.Fen{0, 0}, []claim.Fen{0, 0}},
		{"a negative weight is none", 100, []claim.Fen{-3, 1}, []claim.Fen{0, 100}},
		{"a negative total mirrors", -100, []claim.Fen{1, 1, 1}, []claim.Fen{-34, -33, -33}},
		{"the greatest total", math.MaxInt64, []claim.Fen{math.MaxInt64, math.MaxInt64}, []claim.Fen{math.MaxInt64/2 + 1, math.MaxInt64 / 2}},
		{"the least total", math.MinInt64, []claim.Fen{1}, []claim.Fen{math.MinInt64}},
	} {
		require.Equal(t, c.want, claim.Share(c.total, claim.Rats(c.weights...)), c.name)
	}
	require.Equal(t, []claim.Fen{0, 5}, claim.Share(5, []*big.Rat{nil, big.NewRat(1, 3)}), "nil is no weight")
}

func TestSharesMakeUpTheWholeAndFollowTheirWeights(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := claim.Fen(rapid.Int64().Draw(t, "total"))
		nums := rapid.SliceOf(rapid.Int64Range(0, math.MaxInt64)).Draw(t, "numerators")
		weights := make([]*big.Rat, len(nums))
		sum := new(big.Rat)
		for i, n := range nums {
			weights[i] = big.NewRat(n, rapid.Int64Range(1, 1000).Draw(t, "denominator"))
			sum.Add(sum, weights[i])
		}
		shares := claim.Share(total, weights)
		got, err := claim.Sum(shares...)
		if err != nil {
			t.Fatal(err)
		}
		if want := total; sum.Sign() > 0 && got != want {
			t.Fatalf("shares add up to %d, the whole is %d", got, want)
		}
		for i, s := range shares {
			if weights[i].Sign() == 0 || sum.Sign() == 0 {
				if s != 0 {
					t.Fatalf("share %d is %d without a weight", i, s)
				}
				continue
			}
			exact := new(big.Rat).Quo(weights[i], sum)
			exact.Mul(exact, total.Rat())
			if exact.Sub(exact, s.Rat()); exact.Abs(exact).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("share %d is %s fen from its exact value", i, exact.FloatString(2))
			}
			for j := range shares {
				more := weights[i].Cmp(weights[j]) > 0
				if more && (total >= 0 && s < shares[j] || total < 0 && s > shares[j]) {
					t.Fatalf("share %d has the greater weight than %d and gets less: %d, %d", i, j, s, shares[j])
				}
			}
		}
	})
}

func FuzzRoundedSharesNeverExceedTheWhole(f *testing.F) {
	f.Add(int64(200_000), int64(4400), int64(1), int64(0))
	f.Add(int64(1), int64(1), int64(1), int64(1))
	f.Fuzz(func(t *testing.T, total, a, b, c int64) {
		shares := claim.Share(claim.Fen(total), claim.Rats(claim.Fen(a), claim.Fen(b), claim.Fen(c)))
		got, err := claim.Sum(shares...)
		require.NoError(t, err)
		if a > 0 || b > 0 || c > 0 {
			require.Equal(t, claim.Fen(total), got)
		} else {
			require.Zero(t, got)
		}
	})
}

func TestRoundIsNearestAndOdd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := big.NewRat(rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, math.MaxInt64).Draw(t, "den"))
		got, err := claim.Round(x)
		if err != nil {
			t.Fatal(err)
		}
		opposite, err := claim.Round(new(big.Rat).Neg(x))
		if err == nil && opposite != -got {
			t.Fatalf("%s rounds to %d, its opposite to %d", x, got, opposite)
		}
		off := new(big.Rat).Sub(x, got.Rat())
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%s rounds to %d", x, got)
		}
	})
}

func TestAnAmountIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want claim.Fen
	}{
		{"0", 0},
		{"0.00", 0},
		{"-0.00", 0},
		{"0.01", 1},
		{"1234", 1234_00},
		{"1234.5", 1234_50},
		{"1234.56", 1234_56},
		{"1,234", 1234_00},
		{"1,234.56", 1234_56},
		{"12,500元", 12500_00},
		{"¥12,500", 12500_00},
		{"￥12,500.00", 12500_00},
		{"¥ 12,500.00", 12500_00},
		{"1.25万元", 12500_00},
		{"1.25 万元", 12500_00},
		{"1.25万", 12500_00},
		{"120万元整", 1200000_00},
		{"0.000001万元", 1},
		{"1.2亿元", 120000000_00},
		{"12,500.00元整", 12500_00},
		{"12500圆正", 12500_00},
		{"人民币12,500.00元", 12500_00},
		{"人民币¥12,500.00", 12500_00},
		{"RMB 12,500.00", 12500_00},
		{"CNY12500", 12500_00},
		{"１，２３４．５６", 1234_56},
		{"￥１２，５００", 12500_00},
		{" 1,234.56\u3000", 1234_56},
		{"-3163.99", -3163_99},
		{"¥-3163.99", -3163_99},
		{"-¥3,163.99", -3163_99},
		{"−3163.99", -3163_99},
		{"－３１６３．９９", -3163_99},
		{"–3163.99", -3163_99},
		{"负3163.99元", -3163_99},
		{"负数3163.99", -3163_99},
		{"(负数)3163.99", -3163_99},
		{"（负数）¥3,163.99", -3163_99},
		{"¥(负数)3163.99", -3163_99},
		{"(3,163.99)", -3163_99},
		{"（¥3,163.99）", -3163_99},
		{"90000000000000.00", claim.MostFen},
		{"-90,000,000,000,000.00元", -claim.MostFen},
		{"900000亿元", claim.MostFen},
	} {
		got, err := claim.ParseFen(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, got, c.text)
	}
	for _, c := range []struct {
		text string
		want claim.AmountFault
	}{
		{"", claim.FaultEmpty},
		{"  ", claim.FaultEmpty},
		{"元", claim.FaultText},
		{"¥", claim.FaultText},
		{"约12500元", claim.FaultText},
		{"12500元左右", claim.FaultText},
		{"12500元/次", claim.FaultText},
		{"12元5角", claim.FaultText},
		{"1.25千元", claim.FaultText},
		{"12 500", claim.FaultText},
		{"1,234 .56", claim.FaultText},
		{"12,500.00 13%", claim.FaultText},
		{"1e5", claim.FaultText},
		{"3.2e5", claim.FaultText},
		{"0x10", claim.FaultText},
		{"12O.00", claim.FaultText},
		{"$12.00", claim.FaultText},
		{"1.2.3", claim.FaultText},
		{"12.", claim.FaultText},
		{".50", claim.FaultText},
		{"1.234,56", claim.FaultText},
		{"--5.00", claim.FaultText},
		{"-¥-5.00", claim.FaultText},
		{"(-5.00)", claim.FaultText},
		{"(5.00", claim.FaultText},
		{"5.00-", claim.FaultText},
		{"+5.00", claim.FaultText},
		{"2026-03-09", claim.FaultText},
		{"1,23", claim.FaultGroups},
		{"12,50,000", claim.FaultGroups},
		{"1234,567.00", claim.FaultGroups},
		{",234.00", claim.FaultText},
		{"1,,234.00", claim.FaultGroups},
		{"0,123.00", claim.FaultGroups},
		{"007.00", claim.FaultGroups},
		{"1.234", claim.FaultDecimals},
		{"1.230", claim.FaultDecimals},
		{"0.0000001万元", claim.FaultDecimals},
		{"90000000000000.01", claim.FaultRange},
		{"-90000000000000.01", claim.FaultRange},
		{"99999999999999999999999999", claim.FaultRange},
		{"900000.0000000001亿元", claim.FaultRange},
	} {
		got, err := claim.ParseFen(c.text)
		fault, ok := errors.AsType[*claim.AmountError](err)
		require.True(t, ok, "%q was read as %d", c.text, got)
		require.Equal(t, c.want, fault.Fault, c.text)
		require.Zero(t, got, c.text)
		require.NotEmpty(t, fault.ZH)
		require.NotEmpty(t, fault.EN)
	}
}

func TestAnAmountIsReadBackInWhateverFormItIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := claim.Fen(rapid.Int64Range(-int64(claim.MostFen), int64(claim.MostFen)).Draw(t, "amount"))
		text := written(t, amount)
		got, err := claim.ParseFen(text)
		if err != nil || got != amount {
			t.Fatalf("%d, written as %q, is read as %d, %v", amount, text, got, err)
		}
		// Whatever stands beside it, it is read whole or not at all.
		beside := rapid.StringMatching(`[0-9,.a-z件次%-]{1,3}`).Draw(t, "beside")
		if got, err := claim.ParseFen(text + " " + beside); err == nil {
			t.Fatalf("%q with %q beside it is read as %d", text, beside, got)
		}
	})
}

// written writes an amount in one of the forms that papers and people use.
func written(t *rapid.T, f claim.Fen) string {
	pick := func(what string, forms ...string) string { return rapid.SampledFrom(forms).Draw(t, what) }
	plain := strings.TrimPrefix(strings.ReplaceAll(f.String(), ",", ""), "-")
	number := strings.TrimPrefix(plain, "¥")
	unit := ""
	switch pick("scale", "元", "thousands", "万", "亿") {
	case "元":
		unit = pick("unit", "", "元", "圆整")
	case "thousands":
		number, unit = strings.TrimPrefix(strings.TrimPrefix(f.String(), "-"), "¥"), pick("unit", "", "元", "元正")
	case "万":
		number, unit = scaled(number, 4), pick("unit", "万", "万元", " 万元整")
	case "亿":
		number, unit = scaled(number, 8), pick("unit", "亿", "亿元")
	}
	if trimmed := strings.TrimRight(number, "0"); strings.Contains(number, ".") && rapid.Bool().Draw(t, "short") {
		number = strings.TrimSuffix(trimmed, ".")
	}
	text := pick("currency", "", "¥", "￥", "RMB ", "人民币", "人民币¥") + number + unit
	if f < 0 {
		if sign := pick("sign", "-", "−", "－", "负", "负数", "（负数）", "()"); sign == "()" {
			text = "(" + text + ")"
		} else {
			text = sign + text
		}
	}
	if rapid.Bool().Draw(t, "wide") {
		text = strings.Map(func(r rune) rune {
			if r >= '!' && r <= '~' {
				return r - '!' + '！'
			}
			return r
		}, text)
	}
	return text
}

// scaled moves the point of a number with decimals to the left.
func scaled(number string, places int) string {
	whole, part, _ := strings.Cut(number, ".")
	for len(whole) <= places {
		whole = "0" + whole
	}
	cut := len(whole) - places
	return whole[:cut] + "." + whole[cut:] + part
}

func TestARatioIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]claim.BP{
		"70": 7_000, "70%": 7_000, "70 %": 7_000, "33.33": 3_333, "0.5%": 50, "100": claim.Whole, "０": 0, "３３．３３％": 3_333, " 15 ": 1_500,
	} {
		got, err := claim.ParseBP(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "%", "100.01", "-5", "33.333", "7,0", "7 0", "1e2", "70%%", "七成", ".5", "1000"} {
		_, err := claim.ParseBP(text)
		require.Error(t, err, text)
	}
}
