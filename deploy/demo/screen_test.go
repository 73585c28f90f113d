package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALineIsBrokenWhereAReaderWouldBreakIt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		most int
		want []string
	}{
		"short":                       {"已结案", 10, []string{"已结案"}},
		"empty":                       {"", 10, []string{""}},
		"between words":               {"the claim is closed", 12, []string{"the claim is", "closed"}},
		"between Chinese characters":  {"查勘员已出发", 8, []string{"查勘员已", "出发"}},
		"not before punctuation":      {"查勘员已，出发", 8, []string{"查勘员", "已，出发"}},
		"not inside a number":         {"赔案 AP-3101-2026", 14, []string{"赔案", "AP-3101-2026"}},
		"somewhere, if it must":       {"abcdefghijkl", 5, []string{"abcde", "fghij", "kl"}},
		"several times":               {"一二三四五六七", 4, []string{"一二", "三四", "五六", "七"}},
		"where the text breaks it":    {"one\ntwo", 10, []string{"one", "two"}},
		"after a mark that opens":     {"一二三（四五", 8, []string{"一二三", "（四五"}},
		"with both kinds of language": {"银行 bank says no", 10, []string{"银行 bank", "says no"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, wrap(tt.text, tt.most))
		})
	}
}

func TestChineseTakesTwoColumnsAndPadsTheSame(t *testing.T) {
	t.Parallel()
	require.Equal(t, 0, columns(""))
	require.Equal(t, 15, columns("查勘员 surveyor"))
	require.Equal(t, columns("赔案 claim     "), columns(pad("赔案 claim", 15)))
	require.Equal(t, "赔案 claim", pad("赔案 claim", 3))
}

func TestADeadlineIsToldAsTheLastMomentInTime(t *testing.T) {
	t.Parallel()
	require.Equal(t, "11月24日 周二", day(time.Date(2026, 11, 25, 0, 0, 0, 0, china)), "midnight after a day is that day")
	require.Equal(t, "11月24日 周二 17:30", day(time.Date(2026, 11, 24, 17, 30, 0, 0, china)))
}

func TestAccountsCarryACheckDigit(t *testing.T) {
	t.Parallel()
	for range 100 {
		number := account()
		require.Len(t, number, 19)
		sum := 0
		for i := range number {
			d := int(number[len(number)-1-i] - '0')
			if i%2 == 1 {
				d *= 2
			}
			sum += d/10 + d%10
		}
		require.Zero(t, sum%10, number)
	}
}
