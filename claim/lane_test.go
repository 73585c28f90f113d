package claim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

func TestALaneHasItsBoundaries(t *testing.T) {
	t.Parallel()
	rules := read[claim.LaneRules](t, "lanes.json")
	require.NoError(t, rules.Validate())
	require.Equal(t, 10*time.Minute, rules.AcceptWithin())

	clean := func(line claim.Line, estimate claim.Fen, change ...func(*claim.RouteIn)) claim.RouteIn {
		in := claim.RouteIn{Line: line, Estimate: estimate, PolicyVerified: true, SelfService: true, Reporter: claim.Holder}
		for _, f := range change {
			f(&in)
		}
		return in
	}
	injury := func(in *claim.RouteIn) { in.Injury = true }
	unverified := func(in *claim.RouteIn) { in.PolicyVerified = false }
	noPictures := func(in *claim.RouteIn) { in.SelfService = false }
	is := func(r claim.Relation) func(*claim.RouteIn) { return func(in *claim.RouteIn) { in.Reporter = r } }
	othersLoss := func(in *claim.RouteIn) { in.OthersLoss = true }
	flagged := func(in *claim.RouteIn) { in.Flags = []string{"late_report"} }

	flash := []string{"flash.line", "flash.estimate", "flash.self_service", "flash.no_injury", "flash.own_loss", "flash.policy_verified", "flash.reporter", "flash.no_flags"}
	but := func(rule string) []string {
		return slices.DeleteFunc(slices.Clone(flash), func(r string) bool { return r == rule })
	}
	for _, row := range []struct {
		in      claim.RouteIn
		want    claim.Lane
		matched []string
	}{
		{clean(claim.Motor, 0), claim.Standard, but("flash.estimate")}, // nobody can tell yet
		{clean(claim.Motor, -1), claim.Standard, but("flash.estimate")},
		{clean(claim.Motor, 1), claim.Flash, flash},
		{clean(claim.Motor, 500_000), claim.Flash, flash},
		{clean(claim.Motor, 500_001), claim.Standard, but("flash.estimate")},
		{clean(claim.Motor, 19_999_999), claim.Standard, but("flash.estimate")},
		{clean(claim.Motor, 20_000_000), claim.Large, append([]string{"large.estimate"}, but("flash.estimate")...)},
		{clean(claim.Property, 300_000), claim.Flash, flash},
		{clean(claim.Property, 300_001), claim.Standard, but("flash.estimate")},
		{clean(claim.Property, 49_999_999), claim.Standard, but("flash.estimate")},
		{clean(claim.Property, 50_000_000), claim.Large, append([]string{"large.estimate"}, but("flash.estimate")...)},
		{clean(claim.Motor, 500_000, injury), claim.Standard, but("flash.no_injury")},
		{clean(claim.Motor, 500_000, othersLoss), claim.Standard, but("flash.own_loss")},
		{clean(claim.Motor, 500_000, unverified), claim.Standard, but("flash.policy_verified")},
		{clean(claim.Motor, 500_000, noPictures), claim.Standard, but("flash.self_service")},
		{clean(claim.Motor, 500_000, is(claim.Insured)), claim.Flash, flash},
		{clean(claim.Motor, 500_000, is(claim.Driver)), claim.Flash, flash},
		{clean(claim.Motor, 500_000, is(claim.Stranger)), claim.Standard, but("flash.reporter")},
		{clean(claim.Motor, 500_000, flagged), claim.Standard, but("flash.no_flags")},
		{clean("marine", 500_000), claim.Standard, nil},
	} {
		lane, reasons := claim.Route(row.in, rules)
		require.Equal(t, row.want, lane, "%+v", row.in)
		var matched []string
		for _, r := range reasons {
			require.NotEmpty(t, r.ZH)
			require.NotEmpty(t, r.EN)
			if r.Matched {
				matched = append(matched, r.Rule)
			}
		}
		require.Equal(t, row.matched, matched, "%+v", row.in)
	}
}

func TestALaneSaysWhy(t *testing.T) {
	t.Parallel()
	rules := read[claim.LaneRules](t, "lanes.json")
	_, reasons := claim.Route(claim.RouteIn{
		Line: claim.Motor, Estimate: 500_001, Injury: true, OthersLoss: true, Flags: []string{"late_report", "night"},
	}, rules)
	require.Equal(t, []claim.LaneReason{
		{Rule: "large.estimate", ZH: "估损 ¥5,000.01，低于大案标准 ¥200,000.00", EN: "The estimate of ¥5,000.01 is below ¥200,000.00, from where a loss is large."},
		{Rule: "flash.line", Matched: true, ZH: "该险种开通闪赔", EN: "The line has a flash lane."},
		{Rule: "flash.estimate", ZH: "估损 ¥5,000.01，超过闪赔上限 ¥5,000.00", EN: "The estimate of ¥5,000.01 is above the flash cap of ¥5,000.00."},
		{Rule: "flash.self_service", ZH: "客户不能自助拍摄", EN: "The claimant cannot take the pictures."},
		{Rule: "flash.no_injury", ZH: "有人员受伤", EN: "Somebody is hurt."},
		{Rule: "flash.own_loss", ZH: "有第三者损失", EN: "A third party has suffered a loss."},
		{Rule: "flash.policy_verified", ZH: "保单未核实", EN: "The policy is not verified."},
		{Rule: "flash.reporter", ZH: "报案手机不在保单名下", EN: "The phone of the report is not in the policy."},
		{Rule: "flash.no_flags", ZH: "有风险标记：late_report、night", EN: "Flags are raised: late_report, night."},
	}, reasons)

	_, reasons = claim.Route(claim.RouteIn{Line: claim.Motor}, rules)
	require.Equal(t, "尚无估损金额", reasons[2].ZH)

	for relation, zh := range map[claim.Relation]string{
		claim.Holder: "报案手机已核实，是投保人的", claim.Insured: "报案手机已核实，是被保险人的", claim.Driver: "报案手机已核实，是保单约定驾驶人的",
	} {
		_, reasons = claim.Route(claim.RouteIn{Line: claim.Motor, Reporter: relation}, rules)
		require.Equal(t, zh, reasons[7].ZH)
	}

	rules.Lines[0].Flash = false
	lane, reasons := claim.Route(claim.RouteIn{Line: claim.Motor, Estimate: 1, SelfService: true, PolicyVerified: true, Reporter: claim.Holder}, rules)
	require.Equal(t, claim.Standard, lane)
	require.Equal(t, "该险种未开通闪赔", reasons[1].ZH)
}

func TestAGrowingEstimateNeverComesBackToAnEasierLane(t *testing.T) {
	t.Parallel()
	rules := read[claim.LaneRules](t, "lanes.json")
	order := map[claim.Lane]int{claim.Flash: 0, claim.Standard: 1, claim.Large: 2}
	rapid.Check(t, func(t *rapid.T) {
		in := claim.RouteIn{
			Line:        rapid.SampledFrom([]claim.Line{claim.Motor, claim.Property}).Draw(t, "line"),
			Estimate:    claim.Fen(rapid.Int64Range(1, 1e8).Draw(t, "estimate")),
			Injury:      rapid.Bool().Draw(t, "injury"),
			SelfService: rapid.Bool().Draw(t, "self"), PolicyVerified: rapid.Bool().Draw(t, "verified"),
			Reporter: rapid.SampledFrom([]claim.Relation{claim.Stranger, claim.Holder, claim.Insured, claim.Driver}).Draw(t, "reporter"),
		}
		small, _ := claim.Route(in, rules)
		in.Estimate += claim.Fen(rapid.Int64Range(0, 1e8).Draw(t, "more"))
		grown, _ := claim.Route(in, rules)
		require.LessOrEqual(t, order[small], order[grown])
	})
}

func TestWrongLaneRulesSayAllThatIsWrong(t *testing.T) {
	t.Parallel()
	require.NoError(t, claim.LaneRules{Version: "x", EffectiveFrom: day(t, "2026-01-01"), AcceptWithinMinutes: 1, Lines: []claim.LineLane{
		{Line: claim.Motor, Flash: true, FlashCap: 1, LargeFrom: 2}, {Line: claim.Property, LargeFrom: 1},
	}, FlashLimits: []claim.FlashLimit{{Per: claim.PerPolicy, Months: 1}, {Per: claim.PerAccount, Months: 1}, {Per: claim.PerPhone, Months: 1}}}.Validate())
	err := claim.LaneRules{Lines: []claim.LineLane{
		{Line: claim.Motor, Flash: true, FlashCap: 100, LargeFrom: 100},
		{Line: claim.Motor, Flash: true, LargeFrom: 1},
	}, FlashLimits: []claim.FlashLimit{{Per: claim.PerPolicy}, {Per: claim.PerPhone, Months: 1}, {Per: claim.PerPhone, Months: 1}, {Per: "plate", Months: 1}}}.Validate()
	for _, part := range []string{
		"no version", "no date", "accept_within_minutes is below 1", "line motor is listed twice", "line commercial_property is missing",
		"flash_cap_fen is not positive", "large_from_fen is not above flash_cap_fen",
		"flash limit per policy: payments is negative or months is below 1", "flash limit per account stands 0 times", "flash limit per phone stands 2 times",
		"something that is not known",
	} {
		require.ErrorContains(t, err, part)
	}
}
