package document

import (
	"cmp"
	"slices"
	"strings"
)

// sheet is the text of a file laid out for looking things up: folded lines in
// reading order, and the labels at which a value ends.
type sheet struct {
	lines  []Line
	runes  [][]rune // of each line, without spaces
	labels [][]rune
}

// place is where a label was found: line at, up to rune end of its tight text.
type place struct {
	at, start, end, edits int
}

func layOut(lines []Line, labels []string) *sheet {
	s := &sheet{}
	for _, l := range lines[:min(len(lines), most)] {
		if l.Text = fold(l.Text); l.Text == "" {
			continue
		}
		if l.Page < 1 {
			l.Page = 1
		}
		if l.Source == "" {
			l.Source = FromOCR
		}
		s.lines = append(s.lines, l)
	}
	s.order()
	for _, l := range labels {
		s.labels = append(s.labels, []rune(tight(fold(l))))
	}
	s.assemble()
	for _, l := range s.lines {
		s.runes = append(s.runes, []rune(tight(l.Text)))
	}
	return s
}

// assemble joins what belongs together though it is set apart: the pieces of a
// label that is spread over a width (承修 单 位), the groups of a card's number.
func (s *sheet) assemble() {
	out := s.lines[:0:0]
	for i := 0; i < len(s.lines); i++ {
		l := s.lines[i]
		n := s.pieces(i)
		for ; n > 1; n-- {
			i++
			next := s.lines[i]
			if digits(tight(next.Text)) {
				l.Text += " "
			}
			l.Text += next.Text
			l.Confidence = min(l.Confidence, next.Confidence)
			l.Box = [4]int{min(l.Box[0], next.Box[0]), min(l.Box[1], next.Box[1]), max(l.Box[2], next.Box[2]), max(l.Box[3], next.Box[3])}
			if l.Seen != ([4]int{}) && next.Seen != ([4]int{}) {
				l.Seen = [4]int{min(l.Seen[0], next.Seen[0]), min(l.Seen[1], next.Seen[1]), max(l.Seen[2], next.Seen[2]), max(l.Seen[3], next.Seen[3])}
			}
		}
		out = append(out, l)
	}
	s.lines = out
}

// pieces returns how many of the lines from i on are one.
func (s *sheet) pieces(i int) int {
	first := s.lines[i]
	text := tight(first.Text)
	height := first.Box[3] - first.Box[1]
	number := cardGroup(text)
	if !number && (len([]rune(text)) > 5 || countHanzi(text) == 0) || height == 0 {
		return 1
	}
	for n := 1; i+n < len(s.lines) && n < 6; n++ {
		last, next := s.lines[i+n-1], s.lines[i+n]
		if !level(last, next) || next.Box[0] < last.Box[0] || next.Box[0]-last.Box[2] > 5*height {
			break
		}
		text += tight(next.Text)
		if number {
			if all := len(text); !cardGroup(tight(next.Text)) {
				break
			} else if all >= 15 && all <= 19 && cardOK(text) {
				return n + 1
			}
			continue
		}
		whole, begun := false, false
		for _, label := range s.labels {
			whole = whole || string(label) == text
			begun = begun || strings.HasPrefix(string(label), text)
		}
		switch {
		case whole:
			return n + 1
		case !begun:
			return 1
		}
	}
	return 1
}

// cardGroup reports whether text is one of the groups in which the number of a
// card is printed.
func cardGroup(text string) bool { return len(text) >= 3 && len(text) <= 13 && digits(text) }

// order puts the lines in reading order: by page, by row, from left to right.
func (s *sheet) order() {
	middle := func(l Line) int { return (l.Box[1] + l.Box[3]) / 2 }
	slices.SortStableFunc(s.lines, func(a, b Line) int { return cmp.Or(a.Page-b.Page, middle(a)-middle(b)) })
	for from := 0; from < len(s.lines); {
		first, to := s.lines[from], from+1
		for to < len(s.lines) && overlap(first, s.lines[to]) && middle(s.lines[to])-middle(first) <= (first.Box[3]-first.Box[1])/2 {
			to++
		}
		slices.SortStableFunc(s.lines[from:to], func(a, b Line) int { return a.Box[0] - b.Box[0] })
		from = to
	}
}

// find returns the places of label, exact ones first, then in reading order.
func (s *sheet) find(label string) []place {
	want := []rune(tight(fold(label)))
	var out []place
	for i, text := range s.runes {
		start, end, edits, ok := locate(text, want)
		// A label is not the end of a longer word (名称 is not in 项目名称) nor
		// part of a sentence. One stray character before it may be a frame's.
		if ok && edits > 0 && s.another(text, want) {
			ok = false
		}
		if ok && (start <= 1 || !hanzi(text[start-1])) {
			out = append(out, place{i, start, end, edits})
		}
	}
	slices.SortStableFunc(out, func(a, b place) int { return a.edits - b.edits })
	return out
}

// another reports whether text has another label in it as it is printed: 票据代码
// is not a worn 票据号码.
func (s *sheet) another(text, label []rune) bool {
	for _, l := range s.labels {
		if len(l) >= len(label) && !slices.Equal(l, label) && index(text, l) >= 0 {
			return true
		}
	}
	return false
}

// tail returns the text of line at from rune start of its tight form, up to
// the next label, with the spaces that stand in it.
func (s *sheet) tail(at, start int) string {
	end := len(s.runes[at])
	for _, l := range s.labels {
		if i := index(s.runes[at][start:], l); i >= 0 && len(l) > 1 {
			end = min(end, start+i)
		}
	}
	var b strings.Builder
	n := 0
	for _, r := range s.lines[at].Text {
		if n >= start && n < end {
			b.WriteRune(r)
		}
		if r != ' ' {
			n++
		}
	}
	text := b.String()
	value := strings.TrimLeft(text, " :;,.)|_-")
	// A dash right before a number may be its sign.
	if strings.HasSuffix(text[:len(text)-len(value)], "-") && (strings.HasPrefix(value, "¥") || value != "" && value[0] >= '0' && value[0] <= '9') {
		return "-" + value
	}
	return value
}

// labelled reports whether line at begins with a label.
func (s *sheet) labelled(at int) bool {
	for _, l := range s.labels {
		if i := index(s.runes[at], l); i >= 0 && i <= 1 && len(l) > 1 {
			return true
		}
	}
	return false
}

// A candidate is a text that may be the value of a label, and its line.
type candidate struct {
	text  string
	at    int
	below bool // the label, and not in its row
}

// beside returns what may be the value of the label at p, likeliest first: the
// rest of its own line, the lines to its right as far as the next label, the
// line below it.
func (s *sheet) beside(p place) []candidate {
	var out []candidate
	if rest := s.tail(p.at, p.end); rest != "" {
		out = append(out, candidate{text: rest, at: p.at})
	}
	label := s.lines[p.at]
	if label.Box == ([4]int{}) { // no layout: what follows
		if p.at+1 < len(s.lines) {
			out = append(out, candidate{text: s.tail(p.at+1, 0), at: p.at + 1})
		}
		return out
	}
	height := label.Box[3] - label.Box[1]

	// English stands small under a Chinese label: its value is a little higher.
	rise := 0
	if !hanzi(s.runes[p.at][p.start]) {
		rise = height * 2
	}

	var right []int
	below, distance := -1, 5*height/2
	for i, l := range s.lines {
		switch {
		case i == p.at || l.Page != label.Page:
		case l.Box[0] >= label.Box[2]-height && l.Box[2] > label.Box[2] && (overlap(label, l) || l.Box[3] <= label.Box[1]+height && l.Box[3] > label.Box[1]-rise):
			right = append(right, i)
		case l.Box[1] >= label.Box[3]-height/3 && l.Box[0] < label.Box[2] && l.Box[2] > label.Box[0] && !s.labelled(i):
			if d := l.Box[1] - label.Box[3]; d < distance {
				below, distance = i, d
			}
		}
	}
	slices.SortFunc(right, func(a, b int) int { return cmp.Compare(s.lines[a].Box[0], s.lines[b].Box[0]) })
	for _, i := range right {
		if s.labelled(i) {
			break
		}
		out = append(out, candidate{text: s.tail(i, 0), at: i})
	}
	if len(out) > 1 { // a value that the reader took for several
		var all []string
		for _, c := range out {
			all = append(all, c.text)
		}
		out = append(out, candidate{text: strings.Join(all, " "), at: out[0].at})
	}
	if below >= 0 {
		out = append(out, candidate{text: s.tail(below, 0), at: below, below: true})
	}
	return out
}

// under returns the text of the line that goes on from line at: the next one
// down, which begins where it begins and has no label of its own.
func (s *sheet) under(at int) string {
	above := s.lines[at]
	height := above.Box[3] - above.Box[1]
	for i, l := range s.lines {
		dx, dy := l.Box[0]-above.Box[0], l.Box[1]-above.Box[3]
		if i == at || l.Page != above.Page || max(dx, -dx) > height/2 || dy < -height/2 || dy > height*2/3 {
			continue
		}
		for j, left := range s.lines {
			if !overlap(left, l) || left.Box[0] >= l.Box[0] || left.Page != l.Page {
				continue
			}
			// What has a label of its own is another value; so is what has
			// something in the column where this value has its label.
			if s.labelled(j) || s.inLabelColumn(left, at) {
				return ""
			}
		}
		return s.tail(i, 0)
	}
	return ""
}

// inLabelColumn reports whether a line begins where the label of line at does:
// the one next to it on the left.
func (s *sheet) inLabelColumn(l Line, at int) bool {
	value := s.lines[at]
	height := value.Box[3] - value.Box[1]
	nearest := -1
	for i, left := range s.lines {
		if i != at && overlap(left, value) && left.Box[2] <= value.Box[0]+height && (nearest < 0 || left.Box[0] > s.lines[nearest].Box[0]) {
			nearest = i
		}
	}
	if nearest < 0 {
		return false
	}
	d := l.Box[0] - s.lines[nearest].Box[0]
	return max(d, -d) < height
}

// overlap reports whether two lines stand side by side: their heights share
// two fifths of the lower one.
func overlap(a, b Line) bool {
	shared := min(a.Box[3], b.Box[3]) - max(a.Box[1], b.Box[1])
	return a.Page == b.Page && shared*5 > 2*min(a.Box[3]-a.Box[1], b.Box[3]-b.Box[1])
}
