package document

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Spelled reports whether a value is spelled in letters, digits and signs, so
// that a reader which knows no hanzi can bear witness to it. It can not where
// both would err alike.
func Spelled(name, value string) bool {
	return countHanzi(value) == 0 && len(value) >= 3 && name != "company" && !mixed(value)
}

// Heard reports whether what a second reader made of the line on which a field
// stands has the same value in it. Money must agree to the fen, a day to the
// day; spaces and capitals count for nothing.
func Heard(name, value, line string) bool {
	line = fold(line)
	switch {
	case strings.HasSuffix(name, "_fen"):
		for _, fen := range amounts(tillText(strings.ReplaceAll(line, "%", " "))) {
			if strconv.FormatInt(fen, 10) == value {
				return true
			}
		}
		return false
	case dayPattern.MatchString(value):
		if all := dates(line); len(all) > 0 {
			return slices.Contains(all, value)
		}
		// 年, 月 and 日 are no letters to it, and vanish or become something else.
		parts := strings.Split(value, "-")
		loose := regexp.MustCompile(`(?:^|\D)` + parts[0] + `\D{0,4}0?` + strings.TrimLeft(parts[1], "0") + `\D{0,4}0?` + strings.TrimLeft(parts[2], "0") + `(?:\D|$)`)
		return loose.MatchString(strings.ReplaceAll(line, " ", ""))
	}
	said, want := strings.ToUpper(tight(line)), strings.ToUpper(tight(value))
	at := strings.Index(said, want)
	if at < 0 || want == "" {
		return false
	}
	// Not as part of a longer word or number.
	end := at + len(want)
	return (at == 0 || !plainLetter(said[at-1]) || !plainLetter(want[0])) && (end == len(said) || !plainLetter(said[end]) || !plainLetter(want[len(want)-1]))
}

// Amounts returns the amounts in a line, in whole fen.
func Amounts(line string) []int64 { return amounts(fold(line)) }

func plainLetter(b byte) bool { return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' }

var dayPattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// Clear is how sure an engine must be of a line, in basis points, whose value
// is accepted because it has the form that such values have.
const Clear = 9700

// formed are the fields whose values have a form of their own: a day, a word of
// a list. A misreading hardly ever has it.
func formed(name, value string) bool {
	switch name {
	case "sex", "nation", "use", "class", "vehicle_type", "valid_until", "valid_from":
		return true
	}
	return dayPattern.MatchString(value)
}
