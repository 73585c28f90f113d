package ocr

import (
	"image"
	"math"
	"slices"

	"anpei/claim/document"
)

const (
	lookSide  = 32 // cells of a view, each way
	lookWaves = 8  // lowest frequencies of the cosine transform that are kept, each way
	lookFull  = 640
	// lookFlat is the least contrast, as a standard deviation of 255 tones, of a
	// picture that looks like anything: every blank page looks like the others.
	lookFlat = 3
)

// lookEngine names what looks at pictures.
const lookEngine = "anpei look 1"

// Picture returns what is kept of a picture to know it by, and false for one
// that is blank. Of each view it takes the mean tone of 32 x 32 cells, their
// discrete cosine transform, and of each of its 64 lowest frequencies whether it
// is above the median: the known pHash, which keeps where light and shade lie and
// forgets grain, sharpness and size.
func Picture(img image.Image) (p document.Picture, shows bool) {
	small := reduce(rgba(img))
	cells, contrast := small.cells(0, 0, 1, 1)
	if contrast < lookFlat {
		return p, false
	}
	p.Look[0] = waves(cells)
	view := 1
	for _, y := range []float64{0, .025, .05} {
		for _, x := range []float64{0, .025, .05} {
			cells, _ := small.cells(x, y, x+.95, y+.95)
			p.Look[view] = waves(cells)
			view++
		}
	}
	p.Thumbnail = small.thumbnail()
	return p, true
}

// reduced is a small picture as sums of tones: of all pixels above and to the
// left of a place.
type reduced struct {
	w, h int
	sums []int64 // (w+1) x (h+1)
}

// reduce makes a picture small: each of its pixels is counted once.
func reduce(page *image.RGBA) reduced {
	size := page.Bounds().Size()
	long := max(size.X, size.Y)
	k := max(1, (long+lookFull-1)/lookFull)
	r := reduced{w: max(1, size.X/k), h: max(1, size.Y/k)}
	r.sums = make([]int64, (r.w+1)*(r.h+1))
	for y := range r.h {
		row := int64(0)
		for x := range r.w {
			sum, n := 0, 0
			for sy := y * k; sy < min(size.Y, (y+1)*k); sy++ {
				for sx := x * k; sx < min(size.X, (x+1)*k); sx++ {
					at := sy*page.Stride + 4*sx
					sum += 299*int(page.Pix[at]) + 587*int(page.Pix[at+1]) + 114*int(page.Pix[at+2])
					n++
				}
			}
			row += int64(sum / max(1, n))
			r.sums[(y+1)*(r.w+1)+x+1] = r.sums[y*(r.w+1)+x+1] + row
		}
	}
	return r
}

// cells returns the mean tones of a part of the picture, whose edges are given
// as shares of its sides, and their standard deviation.
func (r reduced) cells(x0, y0, x1, y1 float64) (cells [lookSide * lookSide]float64, contrast float64) {
	edge := func(from, to float64, i, side int) int {
		return int(math.Round((from + (to-from)*float64(i)/lookSide) * float64(side)))
	}
	var sum, squares float64
	for y := range lookSide {
		top := min(edge(y0, y1, y, r.h), r.h-1)
		foot := max(top+1, edge(y0, y1, y+1, r.h))
		for x := range lookSide {
			left := min(edge(x0, x1, x, r.w), r.w-1)
			right := max(left+1, edge(x0, x1, x+1, r.w))
			at := func(x, y int) int64 { return r.sums[y*(r.w+1)+x] }
			total := at(right, foot) - at(left, foot) - at(right, top) + at(left, top)
			tone := float64(total) / 1000 / float64((right-left)*(foot-top))
			cells[y*lookSide+x] = tone
			sum, squares = sum+tone, squares+tone*tone
		}
	}
	n := float64(len(cells))
	return cells, math.Sqrt(max(0, squares/n-sum/n*sum/n))
}

// thumbnail returns the mean tones of its cells, whose edges may lie within a pixel.
func (r reduced) thumbnail() document.Thumbnail {
	const n = document.ThumbnailSide
	sum := func(x, y float64) float64 { // of all that is above and to the left
		ix, iy := min(int(x), r.w-1), min(int(y), r.h-1)
		fx, fy := x-float64(ix), y-float64(iy)
		head, foot := r.sums[iy*(r.w+1)+ix:], r.sums[(iy+1)*(r.w+1)+ix:]
		return (float64(head[0])*(1-fx)+float64(head[1])*fx)*(1-fy) + (float64(foot[0])*(1-fx)+float64(foot[1])*fx)*fy
	}
	t := make(document.Thumbnail, n*n)
	w, h := float64(r.w)/n, float64(r.h)/n
	for i := range t {
		x, y := float64(i%n)*w, float64(i/n)*h
		tone := (sum(x+w, y+h) - sum(x, y+h) - sum(x+w, y) + sum(x, y)) / 1000 / (w * h)
		t[i] = uint8(min(255, max(0, math.Round(tone))))
	}
	return t
}

// cosines are those of the transform: [frequency][cell].
var cosines = func() (c [lookWaves][lookSide]float64) {
	for f := range c {
		for i := range c[f] {
			c[f][i] = math.Cos(math.Pi / lookSide * (float64(i) + .5) * float64(f))
		}
	}
	return c
}()

func waves(cells [lookSide * lookSide]float64) (hash uint64) {
	var across [lookSide][lookWaves]float64
	for y := range lookSide {
		for f := range lookWaves {
			for x := range lookSide {
				across[y][f] += cells[y*lookSide+x] * cosines[f][x]
			}
		}
	}
	var all [lookWaves * lookWaves]float64
	for down := range lookWaves {
		for f := range lookWaves {
			for y := range lookSide {
				all[down*lookWaves+f] += across[y][f] * cosines[down][y]
			}
		}
	}
	sorted := all
	slices.Sort(sorted[:])
	median := (sorted[len(sorted)/2-1] + sorted[len(sorted)/2]) / 2
	for i, v := range all {
		if v > median {
			hash |= 1 << i
		}
	}
	return hash
}
