package ocr

import (
	"image"
	"slices"
	"unicode"

	"anpei/claim/document"
)

// word is a run of characters without a space, as an engine reports it.
type word struct {
	text       string
	box        image.Rectangle
	confidence int // basis points
	line       int // words of one line have the same number, and come in order
	em         int // width of a hanzi of its font; 0 where the height of the box tells as much
}

// halves returns the width of a text in halves of a hanzi's.
func halves(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x2E80 {
			n++
		}
	}
	return n
}

// lines makes runs of text from words. Columns stay apart: a gap wider than a
// character ends a run, but for the single hanzi of a label that was spread
// out (住　　址). What an engine took for two lines becomes one where it stands
// side by side. Within a line the engine's order counts and not the boxes,
// since those that Tesseract gives to hanzi overlap.
func lines(words []word) []document.Line {
	var runs [][]word
	var last word
	for _, w := range words {
		if n := len(runs); n > 0 && w.line == last.line && w.box.Min.X-last.box.Max.X <= reach(runs[n-1], w) {
			runs[n-1] = append(runs[n-1], w)
		} else {
			runs = append(runs, []word{w})
		}
		last = w
	}
	slices.SortStableFunc(runs, func(a, b []word) int { return bounds(a).Min.X - bounds(b).Min.X })
	var joined [][]word
	for _, run := range runs {
		at, nearest := -1, 0
		for i, left := range joined {
			a, b := bounds(left), bounds(run)
			gap := b.Min.X - a.Max.X
			if level(a, b) && gap >= -min(a.Dy(), b.Dy())/2 && gap <= reach(left, run[0]) && (at < 0 || gap < nearest) {
				at, nearest = i, gap
			}
		}
		if at < 0 {
			joined = append(joined, run)
		} else {
			joined[at] = append(joined[at], run...)
		}
	}
	out := make([]document.Line, len(joined))
	for i, run := range joined {
		out[i] = join(run)
	}
	return out
}

func bounds(run []word) image.Rectangle {
	var r image.Rectangle
	for _, w := range run {
		r = r.Union(w.box)
	}
	return r
}

// level reports whether two boxes stand on one line: they share half the
// height of the lower one, and neither towers over the other.
func level(a, b image.Rectangle) bool {
	shared := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
	low, high := min(a.Dy(), b.Dy()), max(a.Dy(), b.Dy())
	return 2*shared >= low && high <= 4*low
}

// reach is how far to the right of a run its next word may stand.
func reach(run []word, next word) int {
	last := run[len(run)-1]
	height := min(last.box.Dy(), next.box.Dy())
	if last.em > 0 && next.em > 0 { // some fonts have boxes far higher than their letters
		height = min(height, max(last.em, next.em))
	}
	if len(run) <= 2 && lone(run[0]) && lone(last) && lone(next) {
		return 5 * height
	}
	return height * 6 / 5
}

func lone(w word) bool {
	r := []rune(w.text)
	return len(r) == 1 && unicode.Is(unicode.Han, r[0])
}

func join(run []word) document.Line {
	box, text := run[0].box, []rune(nil)
	weight, sum := 0, 0
	for _, w := range run {
		r := []rune(w.text)
		if len(r) == 0 {
			continue
		}
		if n := len(text); n > 0 && !unicode.Is(unicode.Han, text[n-1]) && !unicode.Is(unicode.Han, r[0]) {
			text = append(text, ' ')
		}
		text = append(text, r...)
		box = box.Union(w.box)
		weight += len(r)
		sum += len(r) * w.confidence
	}
	return document.Line{
		Text:       string(text),
		Box:        [4]int{box.Min.X, box.Min.Y, box.Max.X, box.Max.Y},
		Confidence: sum / max(weight, 1),
	}
}
