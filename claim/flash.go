package claim

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// FlashPer says by what machine payments are counted.
type FlashPer string

// What machine payments are counted by.
const (
	PerPolicy  FlashPer = "policy"
	PerAccount FlashPer = "account"
	PerPhone   FlashPer = "phone" // of the report
)

// FlashPers returns them all.
func FlashPers() []FlashPer { return []FlashPer{PerPolicy, PerAccount, PerPhone} }

// FlashLimit bounds how often a machine pays: at most Payments within Months
// months. The next is a person's decision, and no refusal.
type FlashLimit struct {
	Per      FlashPer `json:"per"`
	Payments int      `json:"payments"`
	Months   int      `json:"months"`
}

// Since returns the moment after which payments count against the limit.
func (l FlashLimit) Since(now time.Time) time.Time {
	return now.In(Shanghai).AddDate(0, -l.Months, 0)
}

// FlashLimit returns the row of the rules for one count. Rules without one let
// no machine pay.
func (r LaneRules) FlashLimit(per FlashPer) FlashLimit {
	i := slices.IndexFunc(r.FlashLimits, func(l FlashLimit) bool { return l.Per == per })
	if i < 0 {
		return FlashLimit{Per: per}
	}
	return r.FlashLimits[i]
}

// MachinePayIn is what it depends on whether a machine pays the amount that was
// agreed to in the flash lane.
type MachinePayIn struct {
	Amount   Fen
	Limit    bool             // the amount is within the machine's authority
	Verified bool             // the policy is
	Reporter Relation         // what the reporter's verified phone is to the policy
	OwnName  bool             // the account is in the holder's or the insured's name
	Unread   int              // papers that have come and are not read yet
	Paid     map[FlashPer]int // machine payments within the period of each limit, this one not counted
}

// MachinePays returns every rule by which a machine pays, with whether it
// matched and why. A machine pays when all match; else a person decides.
func (r LaneRules) MachinePays(in MachinePayIn) []LaneReason {
	reasons := []LaneReason{
		choose("authority.machine-limit", in.Limit,
			"赔款 "+in.Amount.String()+"，在机器核赔权限内", in.Amount.String()+" is within the machine's limit.",
			"赔款 "+in.Amount.String()+"，超出机器核赔权限", in.Amount.String()+" is above the machine's limit."),
		choose("flash.policy_verified", in.Verified,
			"保单已核实", "The policy is verified.",
			"保单未核实", "The policy is not verified."),
		reporterReason("flash.reporter", in.Reporter),
		choose("payee.not-insured", in.OwnName,
			"收款户名是投保人或被保险人", "The account is in the holder's or the insured's name.",
			"收款户名不是投保人或被保险人", "The account is not in the holder's or the insured's name."),
		choose("papers.unread", in.Unread == 0,
			"材料均已识别", "All papers are read.",
			fmt.Sprintf("有 %d 份材料尚未识别", in.Unread), fmt.Sprintf("%d papers are not read yet.", in.Unread)),
	}
	for _, per := range FlashPers() {
		limit := r.FlashLimit(per)
		of := map[FlashPer]Text{
			PerPolicy: {"该保单", "on this policy"}, PerAccount: {"该收款账户", "to this account"}, PerPhone: {"该报案手机", "on reports of this phone"},
		}[per]
		n := in.Paid[per]
		reasons = append(reasons, choose("payments."+string(per), n < limit.Payments,
			fmt.Sprintf("%s %d 个月内机器已赔付 %d 次，未满 %d 次", of.ZH, limit.Months, n, limit.Payments),
			fmt.Sprintf("A machine has paid %d times %s within %d months, fewer than %d.", n, of.EN, limit.Months, limit.Payments),
			fmt.Sprintf("%s %d 个月内机器已赔付 %d 次，已满 %d 次", of.ZH, limit.Months, n, limit.Payments),
			fmt.Sprintf("A machine has paid %d times %s within %d months; the limit is %d.", n, of.EN, limit.Months, limit.Payments)))
	}
	return reasons
}

// Unmatched returns the first rule that did not match, or nil.
func Unmatched(reasons []LaneReason) *LaneReason {
	i := slices.IndexFunc(reasons, func(r LaneReason) bool { return !r.Matched })
	if i < 0 {
		return nil
	}
	return &reasons[i]
}

func (r LaneRules) validateLimits() error {
	var errs []error
	for _, per := range FlashPers() {
		rows := 0
		for _, l := range r.FlashLimits {
			if l.Per != per {
				continue
			}
			if rows++; l.Payments < 0 || l.Months < 1 {
				errs = append(errs, fmt.Errorf("flash limit per %s: payments is negative or months is below 1", per))
			}
		}
		if rows != 1 {
			errs = append(errs, fmt.Errorf("flash limit per %s stands %d times, not once", per, rows))
		}
	}
	if len(r.FlashLimits) > len(FlashPers()) {
		errs = append(errs, errors.New("a flash limit counts by something that is not known"))
	}
	return errors.Join(errs...)
}
