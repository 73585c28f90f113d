package db

import "anpei/claim"

// Ledger turns rows into the entries of the clock ledger.
func Ledger(rows []ClockEntriesRow) []claim.ClockEntry {
	ledger := make([]claim.ClockEntry, len(rows))
	for i, r := range rows {
		ledger[i] = claim.ClockEntry{
			Clock: claim.ClockName(r.Clock), Kind: claim.EntryKind(r.Kind), At: r.At,
			Days: int(r.Days), Hours: int(r.Hours), Proof: r.Proof, Reason: r.Reason, By: string(r.ByID),
		}
	}
	return ledger
}
