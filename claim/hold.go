package claim

import (
	"slices"
)

// KeptYears is how long the store refuses to delete what proves something: what
// people send, and the letters that they are sent. Insurance Law art. 87 asks
// for 5 or 10 years from the end of the contract, AML Law (2024) art. 34 for at
// least 10 from the end of the relationship. Both end later than ten years from
// the day on which it is stored, so that this is the floor, and closure extends
// it. The mode is governance: a court's order or a lawful erasure can be carried
// out by whoever holds the right to bypass it, which no process of ours does.
const KeptYears = 10

// Hold puts a claim's evidence under legal hold (证据保全), or lifts the hold:
// as long as it lasts no stored version can be removed, whatever its retention
// says and whoever asks.
type Hold struct {
	Held   bool   `json:"held"`
	Reason string `json:"reason"`
}

// GuardHold reports why a hold is not placed or lifted, or nil. A dispute may
// come up long after the payment or the denial, so that the stage is no matter.
// What one person holds another lifts: evidence is not in one pair of hands.
func (f *File) GuardHold(h Hold, by Actor) *Refusal {
	holders := []Role{Manager, Audit}
	switch {
	case !slices.Contains(holders, by.Role):
		return Refuse(RuleRole, WhyHoldRole, "role", string(by.Role), "roles", words(holders))
	case h.Held && f.HeldBy != "":
		return Refuse(RuleHeld, WhyHeld).By(f.HeldBy)
	case !h.Held && f.HeldBy == "":
		return Refuse(RuleHeld, WhyNotHeld)
	case !h.Held && f.HeldBy == by.ID:
		return Refuse(RuleOwnHold, WhyOwnHold)
	}
	return nil
}
