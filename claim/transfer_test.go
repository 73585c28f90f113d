package claim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestHowLongAMachineGoesOnWithTheBank(t *testing.T) {
	t.Parallel()
	rules := read[claim.TransferRules](t, "transfers.json")
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, claim.Shanghai)
	require.Equal(t, now.Add(2*time.Hour), rules.CallAt(claim.PaymentSubmitted, now))
	require.Equal(t, now.Add(2*time.Hour), rules.CallAt(claim.PaymentUnknown, now))
	require.Equal(t, now.Add(24*time.Hour), rules.CallAt(claim.PaymentAccepted, now))
	for times, want := range []time.Duration{0, 15 * time.Second, 3 * time.Minute} {
		at, ok := rules.SendAgainAt(times, now)
		require.True(t, ok)
		require.Equal(t, now.Add(want), at)
	}
	_, ok := rules.SendAgainAt(3, now)
	require.False(t, ok, "three times and no more")
	_, ok = claim.TransferRules{}.SendAgainAt(0, now)
	require.False(t, ok, "a table that says nothing lets nothing be sent again")
}

func TestAnAccountAsABankShowsIt(t *testing.T) {
	t.Parallel()
	const account = "6228480038124592460"
	for shown, want := range map[string]bool{
		account:                   true,
		"6228 4800 3812 4592 460": true,
		"***************2460":     true,
		"622848*********2460":     true,
		"622848xxxxxxxxx2460":     true,
		"":                        false,
		"2460":                    false,
		"****2460":                false, // of how many digits, it does not say
		"***************2461":     false,
		"622849*********2460":     false,
		"***************246*":     false,
		"*******************":     false,
		"62284800381245924600":    false,
	} {
		require.Equal(t, want, claim.ShowsAccount(shown, account), shown)
	}
	require.False(t, claim.ShowsAccount("", ""))
	require.False(t, claim.ShowsAccount("***", "123"))
}

func TestOneNameIsWrittenInManyWays(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		a, b string
		same bool
	}{
		{"张三", "张三", true},
		{"张三", "张 三", true},
		{"张三", "张\u3000三\u00a0", true},
		{"阿卜杜拉·买买提", "阿卜杜拉•买买提", true},
		{"阿卜杜拉·买买提", "阿卜杜拉‧买买提", true},
		{"阿卜杜拉·买买提", "阿卜杜拉.买买提", true},
		{"阿卜杜拉·买买提", "阿卜杜拉买买提", true},
		{"ABC（上海）有限公司", "abc(上海)有限公司", true},
		{"ＡＢＣ有限公司", "ABC有限公司", true},
		{"Li Lei", "LI LEI", true},
		{"张三", "张三三", false},
		{"张三", "三张", false},
		{"张三", "李三", false},
		{"张三", "", false},
		{"", "", false},
		{" ", "·", false},
	} {
		require.Equal(t, row.same, claim.SameName(row.a, row.b), "%q %q", row.a, row.b)
		require.Equal(t, row.same, claim.SameName(row.b, row.a), "%q %q", row.b, row.a)
	}
}
