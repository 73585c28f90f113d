package bank

import (
	"strings"
	"time"
)

// switches are what an operator has set, kept as one value: every submit reads
// them, and a used-up fault is written with what it spoilt.
type switches struct {
	Settings Settings
	Faults   Faults
	Callback Callback
}

var switchKey = []byte("now")

// switches returns what is set, or the defaults.
func (l ledger) switches() (switches, error) {
	s, found, err := get[switches](l.tx.Bucket(switchBucket), switchKey)
	if !found {
		s.Settings = DefaultSettings()
	}
	return s, err
}

func (l ledger) saveSwitches(s switches) error {
	return put(l.tx.Bucket(switchBucket), switchKey, s)
}

// Settings are the terms of the bank: the body of GET and PUT /settings.
type Settings struct {
	CeilingFen   int64  `json:"ceiling_fen"`   // a larger transfer is accepted and clears later
	ClearingMS   int64  `json:"clearing_ms"`   // how much later
	CutOffMS     int64  `json:"cut_off_ms"`    // from first hearing of a reference until "not found" is final
	ClosedSuffix string `json:"closed_suffix"` // accounts that end so are closed; empty for none
}

// DefaultSettings are a million yuan in real time, a second to clear, two to
// the cut-off, and accounts ending in 0000 closed.
func DefaultSettings() Settings {
	return Settings{CeilingFen: 100_000_000, ClearingMS: 1000, CutOffMS: 2000, ClosedSuffix: "0000"}
}

func (s Settings) clearing() time.Duration { return milliseconds(s.ClearingMS) }

func (s Settings) cutOff() time.Duration { return milliseconds(s.CutOffMS) }

func (s Settings) closed(account string) bool {
	return s.ClosedSuffix != "" && strings.HasSuffix(account, s.ClosedSuffix)
}

// setSettings replaces the settings. Idempotent; what is due already stays due
// at its time.
func (l ledger) setSettings(to Settings) error {
	s, err := l.switches()
	if err != nil {
		return err
	}
	s.Settings = to
	return l.saveSwitches(s)
}

func (s Settings) wrong() map[string]string {
	wrong := map[string]string{}
	if s.CeilingFen < 0 {
		wrong["ceiling_fen"] = "must not be negative"
	}
	checkDelay(wrong, "clearing_ms", s.ClearingMS)
	checkDelay(wrong, "cut_off_ms", s.CutOffMS)
	return wrong
}

// longestDelayMS is ten years: far enough for "days later", near enough that
// no time overflows.
const longestDelayMS = 10 * 366 * 24 * 3600 * 1000

func checkDelay(wrong map[string]string, field string, ms int64) {
	if ms < 0 || ms > longestDelayMS {
		wrong[field] = "must be from 0 to ten years of milliseconds"
	}
}

func milliseconds(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
