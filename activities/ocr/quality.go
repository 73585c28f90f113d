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
	q := document.Quality{Score: int(text.score() * 10000), Side: min(size.X, size.Y), Edges: steepest(page), Doubtful: text.doubtful}
	// Light: of the paper, and how much of the picture is blown out. The small
	// picture has a value for each of its cells.
	const side = 64
	w, h := min(side, size.X), min(side, size.Y)
	var light []int
	blown, paper := 0, 0
	cells := make([]int, w*h)
	for cy := range h {
		for cx := range w {
			v := brightest(page, image.Rect(cx*size.X/w, cy*size.Y/h, (cx+1)*size.X/w, (cy+1)*size.Y/h))
			cells[cy*w+cx] = v
			light = append(light, v)
		}
	}
	slices.Sort(light)
	q.Light = light[len(light)*3/4]
	// Glare is where a picture that is not white all over turns white.
	for _, v := range cells {
		switch {
		case v >= 253:
			blown++
		case v >= 120:
			paper++
		}
	}
	if paper*4 > len(cells) {
		q.Glare = blown * 10000 / len(cells)
	}
	var heights, contrasts, edges []int
	var whole image.Rectangle
	for _, f := range text.found {
		if len(f.text) < 2 {
			continue
		}
		heights = append(heights, int(min(f.height(), f.width())*10))
		b := f.bounds(text.Size)
		whole = whole.Union(image.Rect(b[0], b[1], b[2], b[3]))
		if text.page != nil {
			contrast, edge := sharpness(text.page, f.quad)
			contrasts, edges = append(contrasts, contrast), append(edges, edge)
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
	return q
}

// steepest returns how steep the edges of a picture are, as a share of its
// contrast: along and across, the lesser of the two, since a hand that shakes
// spares the edges that run with it. Pixels are taken four at a time, against
// noise.
func steepest(page *image.RGBA) int {
	size := page.Bounds().Size()
	k := max(1, min(2, min(size.X, size.Y)/300))
	w, h := size.X/k, size.Y/k
	if w < 8 || h < 8 {
		return 0
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
	rank := func(count *[256]int, n, perMille int) int {
		left := n * perMille / 1000
		for v, c := range count {
			if left -= c; left < 0 {
				return v
			}
		}
		return 255
	}
	var along, across [256]int
	for y := range h - 1 {
		for x := range w - 1 {
			v := grey[y*w+x]
			along[max(v-grey[y*w+x+1], grey[y*w+x+1]-v)]++
			across[max(v-grey[(y+1)*w+x], grey[(y+1)*w+x]-v)]++
		}
	}
	n := (w - 1) * (h - 1)
	contrast := rank(&tones, w*h, 995) - rank(&tones, w*h, 5)
	return min(rank(&along, n, 995), rank(&across, n, 995)) * 10000 / max(24, contrast)
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
func sharpness(page *image.RGBA, q quad) (contrast, edge int) {
	if q.height() > q.width() {
		return 0, 0
	}
	strip := straighten(page, q, lineHeight)
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
