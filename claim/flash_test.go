package claim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

func TestAMachinePaysOnlyTheInsuredAndNotTooOften(t *testing.T) {
	t.Parallel()
	rules := read[claim.LaneRules](t, "lanes.json")
	clean := func(change ...func(*claim.MachinePayIn)) claim.MachinePayIn {
		in := claim.MachinePayIn{Amount: 500_000, Limit: true, Verified: true, Reporter: claim.Holder, OwnName: true, Paid: map[claim.FlashPer]int{}}
		for _, f := range change {
			f(&in)
		}
		return in
	}
	paid := func(per claim.FlashPer, n int) func(*claim.MachinePayIn) {
		return func(in *claim.MachinePayIn) { in.Paid[per] = n }
	}
	for _, row := range []struct {
		in   claim.MachinePayIn
		rule string // that does not match; empty: it pays
	}{
		{clean(), ""},
		{clean(func(in *claim.MachinePayIn) { in.Limit = false }), "authority.machine-limit"},
		{clean(func(in *claim.MachinePayIn) { in.Verified = false }), "flash.policy_verified"},
		{clean(func(in *claim.MachinePayIn) { in.Reporter = claim.Stranger }), "flash.reporter"},
		{clean(func(in *claim.MachinePayIn) { in.Reporter = claim.Driver }), ""},
		{clean(func(in *claim.MachinePayIn) { in.OwnName = false }), "payee.not-insured"},
		{clean(func(in *claim.MachinePayIn) { in.Unread = 1 }), "papers.unread"},
		{clean(paid(claim.PerPolicy, 1)), ""},
		{clean(paid(claim.PerPolicy, 2)), "payments.policy"},
		{clean(paid(claim.PerAccount, 1)), ""},
		{clean(paid(claim.PerAccount, 2)), "payments.account"},
		{clean(paid(claim.PerPhone, 1)), ""},
		{clean(paid(claim.PerPhone, 2)), "payments.phone"},
		{clean(paid(claim.PerPolicy, 1), paid(claim.PerAccount, 1), paid(claim.PerPhone, 1)), ""},
		{clean(paid(claim.PerPhone, 3)), "payments.phone"},
	} {
		reasons := rules.MachinePays(row.in)
		require.Len(t, reasons, 8)
		for _, r := range reasons {
			require.NotEmpty(t, r.ZH)
			require.NotEmpty(t, r.EN)
		}
		no := claim.Unmatched(reasons)
		if row.rule == "" {
			require.Nil(t, no, "%+v", row.in)
			continue
		}
		require.NotNil(t, no, "%+v", row.in)
		require.Equal(t, row.rule, no.Rule, "%+v", row.in)
	}

	rules.FlashLimits = nil
	require.Equal(t, "payments.policy", claim.Unmatched(rules.MachinePays(clean())).Rule, "rules without limits let no machine pay")
}

func TestTwelveMonthsEndAtTheSameMomentOfTheYearBefore(t *testing.T) {
	t.Parallel()
	limit := claim.FlashLimit{Per: claim.PerPolicy, Payments: 2, Months: 12}
	for now, since := range map[string]string{
		"2027-03-01 10:00:00": "2026-03-01 10:00:00",
		"2028-02-29 10:00:00": "2027-03-01 10:00:00", // there is no 29 February: the day after the 28th
		"2026-12-31 23:55:00": "2025-12-31 23:55:00",
	} {
		at, err := time.ParseInLocation(time.DateTime, now, claim.Shanghai)
		require.NoError(t, err)
		require.Equal(t, since, limit.Since(at).Format(time.DateTime))
		require.Equal(t, since, limit.Since(at.UTC()).Format(time.DateTime), "whatever zone the moment is told in")
	}
}

func TestARelationIsWhatThePolicySaysAndNotTheReport(t *testing.T) {
	t.Parallel()
	policy := claim.Persons{
		Holder: claim.Person{Name: "张三", Phone: "13800000001"}, Insured: claim.Person{Name: "上海云帆纺织有限公司", Phone: "13800000002"},
		Drivers: []claim.Person{{Name: "李四", Phone: "13800000003"}, {Name: "王五"}},
	}
	for phone, want := range map[string]claim.Relation{
		"13800000001": claim.Holder, "13800000002": claim.Insured, "13800000003": claim.Driver, "13800000004": claim.Stranger, "": claim.Stranger,
	} {
		require.Equal(t, want, policy.RelationOf(func(p string) bool { return p == phone }), phone)
	}
	require.Equal(t, []string{"张三", "上海云帆纺织有限公司"}, policy.Names())
	require.Equal(t, claim.Stranger, claim.Persons{}.RelationOf(func(string) bool { return true }), "an unknown policy knows nobody")
	require.Empty(t, claim.Persons{}.Names())
}

func TestAPseudonymNeedsItsKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		phone := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "phone")
		one, other := claim.Pseudonyms{Key: []byte("one")}, claim.Pseudonyms{Key: []byte("other")}
		require.Regexp(t, `^phone:[0-9a-f]{40}$`, one.Of(phone))
		require.NotEqual(t, one.Of(phone), other.Of(phone))
	})
}

func TestAnAmountIsTrueForAMachineByBothKindsOfWitness(t *testing.T) {
	t.Parallel()
	reading, outside := claim.Witness{Kind: claim.WitnessReading, By: "amount + tax = total"}, claim.Witness{Kind: claim.WitnessOutside, By: claim.ByPolicyPlate}
	for _, row := range []struct {
		all  []claim.Witness
		want bool
	}{
		{nil, false},
		{[]claim.Witness{reading}, false},
		{[]claim.Witness{reading, reading}, false},
		{[]claim.Witness{outside}, false},
		{[]claim.Witness{reading, outside}, true},
		{[]claim.Witness{outside, reading}, true},
	} {
		require.Equal(t, row.want, claim.TrueForMachine(row.all), "%+v", row.all)
	}
}
