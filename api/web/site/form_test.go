package site

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]claim.Fen{
		"": 0, "3200": 320_000, "3,200.50": 320_050, "¥3,200.5": 320_050, "￥3200元": 320_000, "３２００": 320_000, "0.01": 1, "1.5万": 1_500_000,
		"2万": 2_000_000, "1.234567万": 1_234_567, " 12 ": 1200, "1,234.5": 123_450, "¥ 1，234.56": 123_456, "１２．５": 1250, "0.05": 5, "0": 0,
	} {
		fen, ok := FenOf(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, fen, typed)
		if again, ok := FenOf(TypedYuan(fen)); fen != 0 {
			require.True(t, ok)
			require.Equal(t, fen, again, "what stands in the field is read as the same")
		}
	}
	for _, typed := range []string{
		"三千", "-5", "1.234", "1e5", "12.", "1.2345678万", "1234567890123456", ".", "五千", ".5", "1.2.3", "0x10",
		"12元50", "3000,50", "1 2 3", "12,5", "1,2345", "3200元整备费",
	} {
		_, ok := FenOf(typed)
		require.False(t, ok, typed)
	}
}

func TestRatiosAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]claim.BP{"": 0, "70": 7000, "33.33%": 3333, "100 ％": 10000, "７０％": 7000, "0": 0} {
		got, ok := Ratio(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, got, typed)
	}
	for _, typed := range []string{"100.01", "33.333", "-5", "1e1", "70 80", "70%80", "70.", "七成", "NaN", "70元"} {
		_, ok := Ratio(typed)
		require.False(t, ok, typed)
	}
}
