package ocr

import (
	"image"
	"math"
	"slices"

	"anpei/claim/document"
)

// measure says how well the picture of a paper can be read: what the engine
// made of it, and what the picture itself shows.
func measure(page *image.RGBA, text Text) document.Quality {
	size := page.Bounds().Size()
	q := document.Quality{Score: int(text.score() * 10000), Side: min(size.X, size.Y), Unread: len(text.unread), Doubtful: text.doubtful}
	q.Edges, q.Smear = steepest(page)
	// Light: of the paper, and how much of the picture is blown out.
	light := lightOf(page)
	tones := slices.Clone(light.cells)
	slices.Sort(tones)
	q.Light = tones[len(tones)*3/4]
	// Glare is where a picture that is not white all over turns white.
	blown, paper := 0, 0
	for _, v := range tones {
		switch {
		case v >= 253:
			blown++
		case v >= 120:
			paper++
		}
	}
	if paper*4 > len(tones) {
		q.Glare = blown * 10000 / len(tones)
	}
	var heights, contrasts, edges []int
	var inks []ink
	for _, f := range text.found {
		if len(f.text) < 2 {
			continue
		}
		heights = append(heights, int(min(f.height(), f.width())*10))
		b := f.bounds(text.Size)
		if text.page != nil && f.height() <= f.width() {
			strip := straighten(text.page, f.quad, lineHeight)
			contrast, edge := sharpness(strip)
			contrasts, edges = append(contrasts, contrast), append(edges, edge)
			inks = append(inks, inked(strip)...)
		}
		// A box reaches a little beyond its letters, so that one at the very
		// edge has letters there.
		const near = 2
		if b[0] <= near || b[2] >= text.Size.X-near {
			q.Cut++
		}
	}
	q.Lines = len(text.found)
	q.Letters, q.Contrast, q.Sharpness = median(heights)/10, median(contrasts), median(edges)
	q.Faded = faded(inks)
	if text.page == nil {
		return q
	}
	if text.page != page {
		light = lightOf(text.page)
	}
	over := light.over(inks)
	for side, out := range over {
		if !out {
			continue
		}
		q.Out++
		if over[(side+1)%len(over)] {
			q.Corners++
		}
		if slices.ContainsFunc(text.found, func(f found) bool { return 2*gap(f.bounds(text.Size), text.Size, side) < 3*q.Letters }) {
			q.Beyond++
		}
	}
	return q
}

// ink is a piece of a line as long as the line is high: how light it is at its
// lightest, which is the paper unless the letters are lighter; by how much its
// darkest is darker; and the ground that most of it is.
type ink struct{ paper, contrast, ground int }

// inked returns the pieces of a line that have letters on them.
func inked(strip *image.RGBA) []ink {
	var out []ink
	for from := 0; from+lineHeight <= strip.Bounds().Dx(); from += lineHeight {
		var count [256]int
		n := 0
		for y := 6; y < lineHeight-6; y++ {
			for x := from; x < from+lineHeight; x++ {
				at := y*strip.Stride + 4*x
				count[(299*int(strip.Pix[at])+587*int(strip.Pix[at+1])+114*int(strip.Pix[at+2]))/1000]++
				n++
			}
		}
		paper, dark := rank(&count, n, 900), rank(&count, n, 50)
		if paper-dark >= inkFaintest {
			out = append(out, ink{paper, paper - dark, rank(&count, n, 500)})
		}
	}
	return out
}

// inkFaintest is how much darker than the paper anything must be to be ink and
// not noise.
const inkFaintest = 16

// faded returns the share of pieces, in basis points, over which a light has
// turned the paper white and taken the ink with it: it is half as dark, at most,
// as where ink is dark.
func faded(inks []ink) int {
	if len(inks) < 8 {
		return 0
	}
	contrasts := make([]int, len(inks))
	for i, p := range inks {
		contrasts[i] = p.contrast
	}
	slices.Sort(contrasts)
	full := contrasts[len(contrasts)*4/5]
	n := 0
	for _, p := range inks {
		if p.paper >= 250 && 2*p.contrast < full {
			n++
		}
	}
	return n * 10000 / len(inks)
}

// gap returns how far a box is from a side of its picture.
func gap(b [4]int, size image.Point, side int) int {
	return [4]int{b[0], b[1], size.X - b[2], size.Y - b[3]}[side]
}

// lightness is how light a picture is in each of its cells, 64 to a side.
type lightness struct {
	cells []int // by row
	w, h  int
}

func lightOf(page *image.RGBA) lightness {
	const most = 64
	size := page.Bounds().Size()
	l := lightness{w: min(most, size.X), h: min(most, size.Y)}
	for y := range l.h {
		for x := range l.w {
			l.cells = append(l.cells, brightest(page, image.Rect(x*size.X/l.w, y*size.Y/l.h, (x+1)*size.X/l.w, (y+1)*size.Y/l.h)))
		}
	}
	return l
}

// over returns the sides over which a paper runs out of its picture: left, top,
// right, foot. It takes a paper that stands out from what it lies on, by a step
// and not by a shadow, and what it lies on in view at two sides. The ground of
// the writing tells which of the two is the paper: a bank card may be darker
// than the table.
func (l lightness) over(inks []ink) (sides [4]bool) {
	var tones [256]int
	for _, v := range l.cells {
		tones[v]++
	}
	level, low, high := split(&tones, len(l.cells))
	light := 0
	for _, p := range inks {
		if p.ground > level {
			light++
		}
	}
	dark := light*10 <= len(inks)
	if len(inks) == 0 || high-low < leastStep || !dark && light*10 < len(inks)*9 {
		return sides
	}
	step, rim := 0, 0
	for y := range l.h - 1 {
		for x := range l.w - 1 {
			v := l.cells[y*l.w+x]
			for _, o := range [2]int{l.cells[y*l.w+x+1], l.cells[(y+1)*l.w+x]} {
				if (v > level) != (o > level) {
					step, rim = step+max(v-o, o-v), rim+1
				}
			}
		}
	}
	if step*2 < rim*(high-low) {
		return sides
	}
	table := 0
	for s := range sides {
		along, paper := l.side(s), 0
		for _, v := range along {
			if (v > level) != dark {
				paper++
			}
		}
		sides[s] = paper*2 > len(along)
		if paper*5 < len(along) {
			table++
		}
	}
	if table < 2 {
		return [4]bool{}
	}
	return sides
}

// side returns the cells along a side: left, top, right, foot.
func (l lightness) side(s int) (rim []int) {
	switch s {
	case 1:
		return l.cells[:l.w]
	case 3:
		return l.cells[len(l.cells)-l.w:]
	}
	for at := s / 2 * (l.w - 1); at < len(l.cells); at += l.w {
		rim = append(rim, l.cells[at])
	}
	return rim
}

// leastStep is how much lighter a paper must be than what it lies on, to be told
// from it.
const leastStep = 40

// split returns the level that parts tones best into dark and light (Otsu), and
// the means of both.
func split(tones *[256]int, n int) (level, low, high int) {
	sum := 0
	for v, c := range tones {
		sum += v * c
	}
	most := 0.0
	below, darker := 0, 0
	for v, c := range tones {
		below, darker = below+c, darker+v*c
		if below == 0 || below == n {
			continue
		}
		a, b := float64(darker)/float64(below), float64(sum-darker)/float64(n-below)
		if apart := float64(below) * float64(n-below) * (b - a) * (b - a); apart > most {
			most, level, low, high = apart, v, int(a), int(b)
		}
	}
	return level, low, high
}

// rank returns the value that a share of n counted ones stay under.
func rank(count *[256]int, n, perMille int) int {
	left := n * perMille / 1000
	for v, c := range count {
		if left -= c; left < 0 {
			return v
		}
	}
	return 255
}

// steepest returns how steep the edges of a picture are, as a share of its
// contrast: along and across, the lesser of the two, since a hand that shakes
// spares the edges that run with it. smear is the lesser as a share of the
// greater, of these two ways or of the two aslant. Pixels are taken four at a time, against noise.
func steepest(page *image.RGBA) (steep, smear int) {
	size := page.Bounds().Size()
	k := max(1, min(2, min(size.X, size.Y)/300))
	w, h := size.X/k, size.Y/k
	if w < 8 || h < 8 {
		return 0, 0
	}
	grey := make([]int, w*h)
	var tones [256]int
	for y := range h {
		for x := range w {
			sum := 0
			for sy := range k {
				for sx := range k {
					at := (y*k+sy)*page.Stride + 4*(x*k+sx)
					sum += 299*int(page.Pix[at]) + 587*int(page.Pix[at+1]) + 114*int(page.Pix[at+2])
				}
			}
			grey[y*w+x] = sum / (1000 * k * k)
			tones[grey[y*w+x]]++
		}
	}
	// Along, across, and the two ways aslant.
	var steps [4][256]int
	for y := range h - 1 {
		for x := range w - 1 {
			v, right, below, beyond := grey[y*w+x], grey[y*w+x+1], grey[(y+1)*w+x], grey[(y+1)*w+x+1]
			steps[0][max(v-right, right-v)]++
			steps[1][max(v-below, below-v)]++
			steps[2][max(v-beyond, beyond-v)]++
			steps[3][max(right-below, below-right)]++
		}
	}
	n := (w - 1) * (h - 1)
	contrast := rank(&tones, w*h, 995) - rank(&tones, w*h, 5)
	var edge [4]int
	for i := range steps {
		edge[i] = rank(&steps[i], n, 995)
	}
	steep = min(edge[0], edge[1]) * 10000 / max(24, contrast)
	smear = min(min(edge[0], edge[1])*10000/max(1, edge[0], edge[1]), min(edge[2], edge[3])*10000/max(1, edge[2], edge[3]))
	return steep, smear
}

func median(v []int) int {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// brightest returns the light that four fifths of a part's pixels stay under.
func brightest(page *image.RGBA, part image.Rectangle) int {
	var count [256]int
	n := 0
	for y := part.Min.Y; y < part.Max.Y; y += 2 {
		for x := part.Min.X; x < part.Max.X; x += 2 {
			at := y*page.Stride + 4*x
			count[(299*int(page.Pix[at])+587*int(page.Pix[at+1])+114*int(page.Pix[at+2]))/1000]++
			n++
		}
	}
	left := n * 4 / 5
	for v, c := range count {
		if left -= c; left < 0 {
			return v
		}
	}
	return 255
}

// sharpness returns the contrast of a line, and how steep the edges of its
// letters are: the steepest tenth, in basis points of the contrast, at letters
// of 48 pixels.
func sharpness(strip *image.RGBA) (contrast, edge int) {
	w := strip.Bounds().Dx()
	var count [256]int
	var steps []int
	grey := func(x, y int) int {
		at := y*strip.Stride + 4*x
		return (299*int(strip.Pix[at]) + 587*int(strip.Pix[at+1]) + 114*int(strip.Pix[at+2])) / 1000
	}
	for y := 8; y < lineHeight-8; y += 2 {
		for x := 0; x+1 < w; x++ {
			v := grey(x, y)
			count[v]++
			steps = append(steps, int(math.Abs(float64(grey(x+1, y)-v))))
		}
	}
	if len(steps) < 20 {
		return 0, 0
	}
	share := func(part int) int {
		left := len(steps) * part / 100
		for v, c := range count {
			if left -= c; left < 0 {
				return v
			}
		}
		return 255
	}
	contrast = share(97) - share(3)
	slices.Sort(steps)
	return contrast, steps[len(steps)*95/100] * 10000 / max(1, contrast)
}
