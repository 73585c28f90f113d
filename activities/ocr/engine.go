package ocr

import (
	"context"
	"image"
	"math"
	"slices"
	"unicode"

	"anpei/claim/document"
)

// Engine reads the text on a picture.
type Engine interface {
	// Name is the engine with its version and settings, as it is recorded
	// with every field that it has read.
	Name() string
	// Read returns the text of a page. An empty page has no lines and is no
	// error.
	Read(ctx context.Context, page *image.RGBA) (Text, error)
	// close frees what the engine holds in C.
	close()
}

// engines are those of this installation, each loaded when it is first wanted.
type engines struct {
	models string // folder of PP-OCR; without it Tesseract reads alone
	reader Engine
	second *tesseract
}

func (e *engines) close() {
	if e.reader != nil {
		e.reader.close()
	}
	if e.second != nil {
		e.second.close()
	}
}

// recognise reads the text of a page.
func (e *engines) recognise(ctx context.Context, src *image.RGBA, number int) (sheet, error) {
	if e.reader == nil {
		var err error
		if e.reader, err = e.open(ctx); err != nil {
			return sheet{}, err
		}
	}
	text, err := e.reader.Read(ctx, src)
	if err != nil {
		return sheet{}, err
	}
	return sheet{lines: text.lines(number, e.reader.Name()), engine: e.reader.Name(), text: text}, nil
}

func (e *engines) open(ctx context.Context) (Engine, error) {
	if hasModels(e.models) {
		p, err := newPaddle(e.models)
		if err != nil {
			return nil, &brokenError{err}
		}
		return p, nil
	}
	return newTesseract(ctx)
}

// Text is what an engine found on a page.
type Text struct {
	Quarters int         // by which the page had to be turned clockwise to stand upright
	Size     image.Point // of the upright page
	found    []found     // in pixels of the upright page
	unread   []quad      // where there is a line of writing, too, that the engine could make nothing of
	doubtful int         // mean score, in basis points, under which the text is not to be trusted
	page     *image.RGBA // upright
}

// score is the mean certainty of what was read, by character; 0 to 1.
func (t Text) score() float64 {
	sum, n := 0.0, 0
	for _, f := range t.found {
		sum, n = sum+f.score*float64(len(f.text)), n+len(f.text)
	}
	return sum / float64(max(1, n))
}

// lines returns the text as lines that stand straight, as on the paper before
// somebody photographed it, each with the place where it is seen in the file.
func (t Text) lines(number int, engine string) []document.Line {
	straight := t.straighten()
	out := make([]document.Line, 0, len(t.found))
	back := -t.Quarters
	whole := t.Size
	if t.Quarters&1 == 1 {
		whole = image.Pt(t.Size.Y, t.Size.X)
	}
	for _, f := range t.found {
		var seen quad
		for i, c := range f.quad {
			seen[i] = turned(c, back, t.Size)
		}
		out = append(out, document.Line{
			Text: string(f.text), Box: straight(f.quad), Seen: seen.bounds(whole), Confidence: int(f.score * 10000),
			Page: number, Source: document.FromOCR, Engine: engine,
		})
	}
	return spread(out)
}

// lineAt returns which of the lines is seen at a box of the file, or -1.
func (t Text) lineAt(box [4]int) int {
	whole := t.Size
	if t.Quarters&1 == 1 {
		whole = image.Pt(t.Size.Y, t.Size.X)
	}
	for i, f := range t.found {
		var seen quad
		for j, c := range f.quad {
			seen[j] = turned(c, -t.Quarters, t.Size)
		}
		if seen.bounds(whole) == box {
			return i
		}
	}
	return -1
}

// straighten returns a map from what is seen to what stands straight. On a
// photo lines lean, and those above lean otherwise than those below; the lean
// at a place is taken to change evenly from the head to the foot.
func (t Text) straighten() func(quad) [4]int {
	var sw, sy, syy, ss, ssy float64
	for _, f := range t.found {
		w := f.width()
		if w < 2*f.height() {
			continue
		}
		y, s := (f.quad[0].y+f.quad[2].y)/2, f.slope()
		if math.Abs(s) > .4 {
			continue
		}
		sw, sy, syy, ss, ssy = sw+w, sy+w*y, syy+w*y*y, ss+w*s, ssy+w*s*y
	}
	base, change := 0.0, 0.0
	if sw > 0 {
		base = ss / sw
		if d := syy - sy*sy/sw; d > sw*1e3 {
			change = (ssy - sy*ss/sw) / d
			base -= change * sy / sw
		}
	}
	middle := float64(t.Size.X) / 2
	return func(q quad) [4]int {
		x, y := (q[0].x+q[1].x+q[2].x+q[3].x)/4, (q[0].y+q[1].y+q[2].y+q[3].y)/4
		lean := base + change*y
		y -= lean * (x - middle)
		x += lean * y
		w, h := q.width(), q.height()
		return [4]int{int(x - w/2), int(y - h/2), int(math.Ceil(x + w/2)), int(math.Ceil(y + h/2))}
	}
}

// spread joins the single hanzi of labels that are set over a given width
// (住　　址), which detection finds one by one.
func spread(lines []document.Line) []document.Line {
	lone := func(l document.Line) bool {
		r := []rune(l.Text)
		return len(r) == 1 && unicode.Is(unicode.Han, r[0])
	}
	slices.SortStableFunc(lines, func(a, b document.Line) int { return a.Box[0] - b.Box[0] })
	gone := make([]bool, len(lines))
	for i := range lines {
		if gone[i] || !lone(lines[i]) {
			continue
		}
		for j := i + 1; j < len(lines); j++ {
			a, b := &lines[i], lines[j]
			height := min(a.Box[3]-a.Box[1], b.Box[3]-b.Box[1])
			shared := min(a.Box[3], b.Box[3]) - max(a.Box[1], b.Box[1])
			if gone[j] || !lone(b) || 3*shared < 2*height || b.Box[0]-a.Box[2] > 4*height || len([]rune(a.Text)) > 3 {
				continue
			}
			a.Text += b.Text
			a.Confidence = min(a.Confidence, b.Confidence)
			a.Box, a.Seen = around(a.Box, b.Box), around(a.Seen, b.Seen)
			gone[j] = true
		}
	}
	out := lines[:0]
	for i, l := range lines {
		if !gone[i] {
			out = append(out, l)
		}
	}
	return out
}

func around(a, b [4]int) [4]int {
	return [4]int{min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])}
}
