package claim_test

import (
	"encoding/json"
	"math"
	"math/big"
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
