package claim

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Unlimited is the limit of a level without a ceiling: no amount is above it.
const Unlimited Fen = math.MaxInt64

// Authority (核赔权限表) says up to which amount a level may determine a claim.
// An amount is always the whole of a claim, with what is pending and prepaid,
// so that nobody slips under a limit by parts. A limit is inclusive: whoever
// may approve up to ¥50,000 may approve ¥50,000.00. A decision records the
// Version it was taken under.
type Authority struct {
	Version          string          `json:"version"`
	EffectiveFrom    Date            `json:"effective_from"`
	TwoPersonRelease Fen             `json:"two_person_release_fen"` // a release above this takes two people
	Lines            []LineAuthority `json:"lines"`
}

// LineAuthority is the part of the table for one line.
type LineAuthority struct {
	Line    Line         `json:"line"`
	Machine Fen          `json:"machine_fen"` // level 0: what a machine may approve, in the flash lane alone
	Levels  []LevelLimit `json:"levels"`      // people, from level 1 up without gaps
}

// LevelLimit is one level's limit.
type LevelLimit struct {
	Level     Level `json:"level"`
	Limit     Fen   `json:"limit_fen,omitempty"`
	Unlimited bool  `json:"unlimited,omitempty"` // the highest level, and no other
}

func (l LevelLimit) limit() Fen {
	if l.Unlimited {
		return Unlimited
	}
	return l.Limit
}

// Required returns the lowest level of a person who may determine a claim of
// that amount; never below 1, so that nobody without a level passes. Whether a
// machine may, [Authority.MachineMay] says. It fails for a negative amount and
// for a line that the table does not know.
func (a Authority) Required(line Line, amount Fen) (Level, error) {
	if amount < 0 {
		return 0, fmt.Errorf("authority: amount of %d fen is negative", amount)
	}
	l, ok := a.line(line)
	if !ok {
		return 0, fmt.Errorf("authority %s: no line %q", a.Version, line)
	}
	for _, level := range l.Levels {
		if amount <= level.limit() {
			return level.Level, nil
		}
	}
	return 0, fmt.Errorf("authority %s: no level for %d fen of line %s", a.Version, amount, line)
}

// RequiredForDenial returns the lowest level that may approve the denial of a
// claim: one above what the claimed amount needs, or the highest there is. It
// fails as Required does.
func (a Authority) RequiredForDenial(line Line, claimed Fen) (Level, error) {
	needed, err := a.Required(line, claimed)
	if err != nil {
		return 0, err
	}
	l, _ := a.line(line)
	return min(needed+1, l.Levels[len(l.Levels)-1].Level), nil
}

// Limit returns up to which amount a level may determine a claim, [Unlimited]
// for one without a ceiling, and the machine's for level 0. It reports false
// when the table has no such line or level.
func (a Authority) Limit(line Line, level Level) (Fen, bool) {
	l, ok := a.line(line)
	if !ok {
		return 0, false
	}
	if level == 0 {
		return l.Machine, true
	}
	i := slices.IndexFunc(l.Levels, func(x LevelLimit) bool { return x.Level == level })
	if i < 0 {
		return 0, false
	}
	return l.Levels[i].limit(), true
}

// MachineMay reports whether a machine may approve that amount: in the flash
// lane, up to the machine's limit. Nothing lets it deny; see [MayDeny].
func (a Authority) MachineMay(line Line, lane Lane, amount Fen) bool {
	l, ok := a.line(line)
	return ok && lane == Flash && amount >= 0 && amount <= l.Machine
}

// NeedsTwo reports whether a release of that amount takes two people.
func (a Authority) NeedsTwo(amount Fen) bool { return amount > a.TwoPersonRelease }

// Validate reports everything that is wrong with the table. A valid one gives
// every amount of every line exactly one level: levels from 1 without gaps,
// limits that rise strictly above the machine's, and a highest level, and no
// other, without a ceiling.
func (a Authority) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if a.Version == "" {
		bad("authority has no version")
	}
	if a.EffectiveFrom.IsZero() {
		bad("authority has no date from which it is in force")
	}
	if a.TwoPersonRelease < 0 {
		bad("two_person_release_fen is negative")
	}
	seen := map[Line]bool{}
	for _, l := range a.Lines {
		if seen[l.Line] {
			bad("line %s is listed twice", l.Line)
		}
		seen[l.Line] = true
		errs = append(errs, l.validate())
	}
	for _, line := range []Line{Motor, Property} {
		if !seen[line] {
			bad("line %s is missing", line)
		}
	}
	return errors.Join(errs...)
}

func (l LineAuthority) validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("line %s: "+format, append([]any{l.Line}, args...)...))
	}
	if l.Machine < 0 {
		bad("machine_fen is negative")
	}
	if len(l.Levels) == 0 {
		bad("no levels")
	}
	below := l.Machine
	for i, x := range l.Levels {
		last := i == len(l.Levels)-1
		if x.Level != Level(i+1) {
			bad("level %d stands where %d belongs", x.Level, i+1)
		}
		if x.Unlimited != last {
			bad("level %d: the highest level, and no other, is unlimited", x.Level)
		}
		if x.Unlimited && x.Limit != 0 {
			bad("level %d is unlimited and has a limit", x.Level)
		}
		if x.limit() <= below {
			bad("level %d: limit of %d fen is not above the level below it", x.Level, x.Limit)
		}
		below = x.limit()
	}
	return errors.Join(errs...)
}

func (a Authority) line(line Line) (LineAuthority, bool) {
	i := slices.IndexFunc(a.Lines, func(l LineAuthority) bool { return l.Line == line })
	if i < 0 {
		return LineAuthority{}, false
	}
	return a.Lines[i], true
}
