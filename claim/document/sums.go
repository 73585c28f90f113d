package document

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"anpei/claim"
)

// Papers print amounts among other figures: quantities, rates, dates, numbers of
// parts. A figure counts as money where it says so: by a currency, by a unit, by
// two decimals. What cannot be read as a whole is never taken in part: of
// ¥12,5OO no ¥12 remains.

// A figure is a run of characters of which a number may be made, with the signs
// and units that belong to it.
type figure struct {
	text  string
	fen   claim.Fen
	read  bool // it is an amount, and all of it was read
	money bool // it says that it is money, whether it could be read or not
}

var (
	// What a figure is made of. Letters too: one with a letter in it was misread,
	// or is the number of something.
	figureCore = regexp.MustCompile(`[0-9A-Za-z.,']*[0-9][0-9A-Za-z.,']*`)
	// What stands before and after a figure and belongs to it. In 自负 and 欠负,
	// 负 is no sign.
	figureHead = regexp.MustCompile(`(?:(?:^|[^\p{Han}(])负|\(负数?\)|负数|-)? ?(?:(?:人民币|¥) ?)*(?:\(负数?\)|-)?$`)
	figureTail = regexp.MustCompile(`^ ?[元圆万亿千百十拾角分厘]+[整正]?|^[-%‰]`)
	// Currencies in letters, and the Y that readers take ¥ for.
	lettered = regexp.MustCompile(`^(?:RMB|CNY|MYR|SGD|USD|RM|Y)([0-9].*)$`)
	// Two decimals and groups of thousands say money, also where one of their
	// digits was taken for a letter.
	decimals2 = regexp.MustCompile(`^[0-9OoQDlISBZ,.]*\.[0-9OoQDlISBZ]{2}$`)
	grouped   = regexp.MustCompile(`^[0-9OoQDlISBZ.]+,[0-9OoQDlISBZ,.]+$`)
	thousands = regexp.MustCompile(`^[0-9]{1,3}(?:,[0-9]{3})*$`)
	marks     = regexp.MustCompile(`^[0-9]{1,3}(?:'[0-9]{3})+(?:\.[0-9]{2})?$`)
	three     = regexp.MustCompile(`^[0-9]{3}(?:[^0-9]|$)`)
	// A group of digits, and one sign or space that may be a comma.
	threeAfter  = regexp.MustCompile(`(?:^|[^0-9.,])[0-9]{1,3}(?:,[0-9]{3})*[^0-9.%*xX×]$`)
	openGroup   = regexp.MustCompile(`[0-9],[0-9]{0,2}[^0-9.,]$`)
	openNumber  = regexp.MustCompile(`[0-9] $`)
	endsWhole   = regexp.MustCompile(`\.[0-9]{2} $`)
	endsPoint   = regexp.MustCompile(`[0-9][,.]$`)
	endsUnit    = regexp.MustCompile(`[0-9][万亿千百十拾]$`) // 1千1,000: one number in two ways of writing
	startsDigit = regexp.MustCompile(`^[0-9]`)
	startsOn    = regexp.MustCompile(`^(?:[0-9]| ?[,.][0-9])`)
)

// figures returns what may be numbers in a text, in order.
func figures(s string) []figure {
	s = fold(s)
	var out []figure
	for _, at := range figureCore.FindAllStringIndex(s, -1) {
		out = append(out, figureAt(s, at[0], at[1]))
	}
	return out
}

// figureAt makes a figure of the core that stands from begins to ends.
func figureAt(s string, begins, ends int) figure {
	whole := ends
	for ends > begins && strings.IndexByte(",.'", s[ends-1]) >= 0 {
		ends-- // the end of a phrase
	}
	if s[begins] == ',' && begins > 0 && s[begins-1] >= utf8.RuneSelf && !three.MatchString(s[begins+1:ends]) {
		begins++ // the end of one in Chinese
	}
	core, marked := withoutMarks(s[begins:ends])
	cut := whole > ends && thousands.MatchString(core) // or the next group is what cannot be read
	head := figureHead.FindString(s[:begins])
	head = head[max(0, strings.IndexAny(head, "-负(人¥")):]
	if strings.TrimSpace(head) == "" {
		head = ""
	}
	unit := figureTail.FindString(s[ends:])
	before, after := s[:begins-len(head)], s[ends+len(unit):]
	f := figure{money: strings.ContainsAny(head+unit, "¥币元圆")}
	if m := lettered.FindStringSubmatch(core); m != nil {
		core, f.money = m[1], true
	}
	f.text = head + core + unit
	fen, err := claim.ParseFen(f.text)
	f.fen, f.read = fen, err == nil && marked && !cut && !unsigned(before, f.text, after) && !split(before, head, core, unit, after)
	f.money = f.money || unit == "" && decimals2.MatchString(core) || grouped.MatchString(core)
	return f
}

// withoutMarks returns a core without apostrophes, and whether those stood for
// commas: anywhere else one was a digit once.
func withoutMarks(core string) (string, bool) {
	core = strings.TrimLeft(core, "'")
	return strings.ReplaceAll(core, "'", ""), !strings.Contains(core, "'") || marks.MatchString(core)
}

// unsigned reports whether what stands round a figure leaves open which sign it
// has: a dash within something longer, as in a date or a range, a dash that
// stands apart and may be a line, brackets that may mean less than nothing.
func unsigned(before, text, after string) bool {
	trimmed := strings.TrimRight(before, " ")
	switch {
	case strings.HasSuffix(trimmed, "-"), strings.HasSuffix(trimmed, "(") && strings.HasPrefix(after, ")"):
		return true
	case strings.HasPrefix(text, "-") && before == trimmed && before != "":
		last := before[len(before)-1]
		return last >= '0' && last <= '9' || last >= 'A' && last <= 'Z' || last >= 'a' && last <= 'z'
	}
	return false
}

// split reports whether a figure may be a piece of a number that has something
// in it: 12 500.00, 12, 500, 2800 .00, 12元5角.
func split(before, head, core, unit, after string) bool {
	trimmed := strings.TrimRight(before, " ")
	if endsPoint.MatchString(trimmed) || endsUnit.MatchString(before) || startsOn.MatchString(after) {
		return true
	}
	if head == "" && (three.MatchString(core) && threeAfter.MatchString(before) || openNumber.MatchString(before) && !endsWhole.MatchString(before) || openGroup.MatchString(before)) {
		return true
	}
	rest := strings.TrimLeft(after, " ")
	return unit == "" && rest != after && thousands.MatchString(core) && startsDigit.MatchString(rest)
}

// amounts returns the sums of money that s names, in fen, without those that are
// less than nothing: figures with two decimals, and others that say they are
// yuan. What cannot be read whole is left out.
func amounts(s string) []int64 {
	var out []int64
	for _, f := range figures(s) {
		if f.read && f.money && f.fen >= 0 {
			out = append(out, int64(f.fen))
		}
	}
	return out
}

// fenOf reads an amount that stands alone, as in an invoice's data.
func fenOf(text string) (int64, bool) {
	fen, err := claim.ParseFen(text)
	return int64(fen), err == nil
}

// priced returns the first figure that says it is money; beside a label, one in
// 万 says so as well.
func priced(s string) (figure, bool) {
	for _, f := range figures(s) {
		if f.money || f.read && strings.Contains(f.text, "万") {
			return f, true
		}
	}
	return figure{}, false
}

// firstAmount takes the first sum of money beside a label. Where that one cannot
// be read whole, or is less than nothing, there is none: the next is another's.
func firstAmount(s string) (string, bool) {
	f, ok := priced(s)
	if !ok || !f.read || f.fen < 0 {
		return "", false
	}
	return strconv.FormatInt(int64(f.fen), 10), true
}

// garbled reports whether a text has a sum of money in it that cannot be read:
// no arithmetic over the rest of its page proves anything then.
func garbled(s string) bool {
	for _, f := range figures(s) {
		if f.money && !f.read {
			return true
		}
	}
	return false
}
