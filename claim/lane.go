package claim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// LaneRules says which way a claim takes. A routing records the Version.
type LaneRules struct {
	Version             string     `json:"version"`
	EffectiveFrom       Date       `json:"effective_from"`
	AcceptWithinMinutes int        `json:"accept_within_minutes"` // a surveyor who stays silent longer loses the task
	Lines               []LineLane `json:"lines"`

	FlashLimits []FlashLimit `json:"flash_limits"` // of what machines pay; one row for each of [FlashPer]
}

// LineLane is the part of the rules for one line.
type LineLane struct {
	Line      Line `json:"line"`
	Flash     bool `json:"flash"`          // the line has a flash lane
	FlashCap  Fen  `json:"flash_cap_fen"`  // up to and including
	LargeFrom Fen  `json:"large_from_fen"` // from and including
}

// AcceptWithin returns how long a surveyor may stay silent.
func (r LaneRules) AcceptWithin() time.Duration {
	return time.Duration(r.AcceptWithinMinutes) * time.Minute
}

// RouteIn is what the lane depends on.
type RouteIn struct {
	Line           Line     `json:"line"`
	Estimate       Fen      `json:"estimate_fen"` // of the whole claim; 0 when nobody can tell yet
	Injury         bool     `json:"injury"`
	PolicyVerified bool     `json:"policy_verified"`
	SelfService    bool     `json:"self_service"` // the claimant can take the pictures
	Reporter       Relation `json:"reporter"`     // what the reporter's verified phone is to the policy
	OthersLoss     bool     `json:"others_loss"`  // damage that somebody else has suffered
	Flags          []string `json:"flags,omitempty"`
}

// LaneReason is one row of the rules as applied to one claim.
type LaneReason struct {
	Rule    string `json:"rule"`
	Matched bool   `json:"matched"`
	ZH      string `json:"zh"`
	EN      string `json:"en"`
}

// Route returns the lane of a claim, and every rule with whether it matched and
// why. Large needs its one rule; flash needs all of its rules; any other claim
// is standard, and so is one of a line that the rules do not know. An estimate
// that is not known is no small one.
func Route(in RouteIn, rules LaneRules) (Lane, []LaneReason) {
	i := slices.IndexFunc(rules.Lines, func(l LineLane) bool { return l.Line == in.Line })
	if i < 0 {
		return Standard, []LaneReason{{
			Rule: "line.known",
			ZH:   fmt.Sprintf("规则中没有险种 %q", in.Line), EN: fmt.Sprintf("The rules know no line %q.", in.Line),
		}}
	}
	l := rules.Lines[i]
	estimate, flashCap, largeFrom := in.Estimate.String(), l.FlashCap.String(), l.LargeFrom.String()

	large := LaneReason{
		Rule: "large.estimate", Matched: in.Estimate >= l.LargeFrom,
		ZH: "估损 " + estimate + "，低于大案标准 " + largeFrom,
		EN: "The estimate of " + estimate + " is below " + largeFrom + ", from where a loss is large.",
	}
	if large.Matched {
		large.ZH = "估损 " + estimate + "，达到大案标准 " + largeFrom
		large.EN = "The estimate of " + estimate + " reaches " + largeFrom + ", from where a loss is large."
	}

	small := LaneReason{
		Rule: "flash.estimate", Matched: in.Estimate > 0 && in.Estimate <= l.FlashCap,
		ZH: "估损 " + estimate + "，未超过闪赔上限 " + flashCap,
		EN: "The estimate of " + estimate + " is within the flash cap of " + flashCap + ".",
	}
	switch {
	case in.Estimate <= 0:
		small.ZH, small.EN = "尚无估损金额", "There is no estimate yet."
	case !small.Matched:
		small.ZH = "估损 " + estimate + "，超过闪赔上限 " + flashCap
		small.EN = "The estimate of " + estimate + " is above the flash cap of " + flashCap + "."
	}

	flash := []LaneReason{
		choose("flash.line", l.Flash,
			"该险种开通闪赔", "The line has a flash lane.",
			"该险种未开通闪赔", "The line has no flash lane."),
		small,
		choose("flash.self_service", in.SelfService,
			"客户可自助拍摄", "The claimant can take the pictures.",
			"客户不能自助拍摄", "The claimant cannot take the pictures."),
		choose("flash.no_injury", !in.Injury,
			"无人员受伤", "Nobody is hurt.",
			"有人员受伤", "Somebody is hurt."),
		// 保险法 art. 65(3): until the insured has compensated a third party, money
		// for that party's loss must not go to the insured.
		choose("flash.own_loss", !in.OthersLoss,
			"无第三者损失", "No third party has suffered a loss.",
			"有第三者损失", "A third party has suffered a loss."),
		choose("flash.policy_verified", in.PolicyVerified,
			"保单已核实", "The policy is verified.",
			"保单未核实", "The policy is not verified."),
		reporterReason("flash.reporter", in.Reporter),
		choose("flash.no_flags", len(in.Flags) == 0,
			"无风险标记", "No flags are raised.",
			"有风险标记："+strings.Join(in.Flags, "、"), "Flags are raised: "+strings.Join(in.Flags, ", ")+"."),
	}

	reasons := append([]LaneReason{large}, flash...)
	switch {
	case large.Matched:
		return Large, reasons
	case !slices.ContainsFunc(flash, func(r LaneReason) bool { return !r.Matched }):
		return Flash, reasons
	default:
		return Standard, reasons
	}
}

// reporterReason says what the reporter is to the policy; a stranger's claim is
// a person's.
func reporterReason(rule string, r Relation) LaneReason {
	is := map[Relation]Text{
		Holder:  {"投保人", "policy holder's"},
		Insured: {"被保险人", "insured's"},
		Driver:  {"保单约定驾驶人", "driver's whom the policy names"},
	}[r]
	return choose(rule, r != Stranger,
		"报案手机已核实，是"+is.ZH+"的", "The verified phone of the report is the "+is.EN+".",
		"报案手机不在保单名下", "The phone of the report is not in the policy.")
}

func choose(rule string, matched bool, zh, en, elseZH, elseEN string) LaneReason {
	if matched {
		return LaneReason{rule, true, zh, en}
	}
	return LaneReason{rule, false, elseZH, elseEN}
}

// Validate reports everything that is wrong with the rules: no version or
// date, no time to accept, a line twice or missing, a flash cap that is not
// positive where there is a flash lane, or one that reaches into large losses,
// a limit of flash payments twice, missing or without a period.
func (r LaneRules) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Version == "" {
		bad("lane rules have no version")
	}
	if r.EffectiveFrom.IsZero() {
		bad("lane rules have no date from which they are in force")
	}
	if r.AcceptWithinMinutes < 1 {
		bad("accept_within_minutes is below 1")
	}
	seen := map[Line]bool{}
	for _, l := range r.Lines {
		if seen[l.Line] {
			bad("line %s is listed twice", l.Line)
		}
		seen[l.Line] = true
		if l.Flash && l.FlashCap < 1 {
			bad("line %s: flash_cap_fen is not positive", l.Line)
		}
		if l.LargeFrom <= max(l.FlashCap, 0) {
			bad("line %s: large_from_fen is not above flash_cap_fen", l.Line)
		}
	}
	for _, line := range []Line{Motor, Property} {
		if !seen[line] {
			bad("line %s is missing", line)
		}
	}
	errs = append(errs, r.validateLimits())
	return errors.Join(errs...)
}
