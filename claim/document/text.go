package document

import (
	"strings"
	"unicode"
)

// longest is how many characters of a line are looked at, and most how many
// lines of a file: no paper has more, and a hostile file might.
const (
	longest = 400
	most    = 4000
)

// middleDots are the code points in which the dot of a name is written (阿卜杜·热合曼).
const middleDots = "·•‧・･∙⋅᛫"

// fold maps full-width letters, digits and signs to their ASCII forms, shapes of
// characters to the characters, runs of space to one, and drops what cannot be
// printed.
func fold(s string) string {
	var b strings.Builder
	space, n := false, 0
	for _, r := range s {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFF01 - '!'
		case r == '￥':
			r = '¥'
		case r == '。' || strings.ContainsRune(middleDots, r):
			r = '.'
		case r == '、':
			r = ','
		case r == '—' || r == '–' || r == '‐' || r == '−' || r == '‑' || r == '‒' || r == '―' || r == '﹣':
			r = '-'
		case r >= 0x2E80 && r <= 0x2FD5 || r >= 0xF900 && r <= 0xFAD9:
			if whole, ok := shapes[r]; ok {
				r = whole
			}
		}
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			continue
		}
		if n++; n > longest {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// dotted returns a name with the dot of names in it, where fold has left a point.
func dotted(name string) string {
	r := []rune(name)
	for i := 1; i+1 < len(r); i++ {
		if r[i] == '.' && hanzi(r[i-1]) && hanzi(r[i+1]) {
			r[i] = '·'
		}
	}
	return string(r)
}

// tight returns s without spaces.
func tight(s string) string { return strings.ReplaceAll(s, " ", "") }

// Text returns what lines say, in reading order and one below the other.
func Text(lines []Line) string {
	var b strings.Builder
	for i, l := range layOut(lines, nil).lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.Text)
	}
	return b.String()
}

// same reports whether two values are equal but for width, case, spaces and
// the separators of a plate.
func same(a, b string) bool { return bare(a) == bare(b) }

// bare is a value without what people write differently.
func bare(s string) string { return strings.ToUpper(separators.Replace(fold(s))) }

var separators = strings.NewReplacer(" ", "", ".", "", "-", "")

func hanzi(r rune) bool { return unicode.Is(unicode.Han, r) }

func countHanzi(s string) int {
	n := 0
	for _, r := range s {
		if hanzi(r) {
			n++
		}
	}
	return n
}

// locate finds label in text, both without spaces, and returns where it begins
// and ends in runes. Labels of four characters and more may differ by one edit
// in every four, as worn or misread print does; an exact hit comes first.
func locate(text, label []rune) (start, end, edits int, ok bool) {
	if i := index(text, label); i >= 0 {
		return i, i + len(label), 0, true
	}
	allowed := len(label) / 4
	if allowed == 0 || len(text)+allowed < len(label) {
		return 0, 0, 0, false
	}
	// Sellers: the least edits that turn label into a piece of text which
	// ends at column j, and where that piece begins.
	type cell struct{ cost, from int }
	column := make([]cell, len(label)+1)
	for i := range column {
		column[i] = cell{i, 0}
	}
	best, bestEnd, bestFrom := allowed+1, 0, 0
	for j, r := range text {
		diagonal := column[0]
		column[0] = cell{0, j + 1}
		for i, l := range label {
			change := diagonal
			if l != r {
				change.cost++
			}
			diagonal = column[i+1]
			next := change
			if d := column[i+1]; d.cost+1 < next.cost {
				next = cell{d.cost + 1, d.from}
			}
			if u := column[i]; u.cost+1 < next.cost {
				next = cell{u.cost + 1, u.from}
			}
			column[i+1] = next
		}
		if c := column[len(label)]; c.cost < best {
			best, bestEnd, bestFrom = c.cost, j+1, c.from
		}
	}
	if best > allowed {
		return 0, 0, 0, false
	}
	return bestFrom, bestEnd, best, true
}

func index(text, label []rune) int {
	for i := 0; i+len(label) <= len(text); i++ {
		j := 0
		for j < len(label) && text[i+j] == label[j] {
			j++
		}
		if j == len(label) {
			return i
		}
	}
	return -1
}
