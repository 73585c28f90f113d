package document

import (
	"bytes"
	"math"
	"slices"
)

// Picture is what is kept of a picture to know it by: its hashes find those
// that may be the same one, and the thumbnails of the two decide.
type Picture struct {
	Look      Look
	Thumbnail Thumbnail
}

// Thumbnail is a picture made small (缩略图): the mean tones of ThumbnailSide x
// ThumbnailSide cells, row by row, of whatever shape the picture is; 0 is black.
// Lines of text can be told from others on it, and cannot be read. Nil: there is
// none.
type Thumbnail []uint8

// ThumbnailSide is the number of a thumbnail's cells, each way.
const ThumbnailSide = 128

// SameBelow is the [Picture.Difference] below which two pictures are one. How it
// was chosen, and what it errs in, is measured by make eval-pictures.
const SameBelow = 1.37

const (
	tileSide   = 16  // cells of a tile, each way; tiles lie over each other by a half
	leastTiles = 8   // on fewer nothing can be told
	grain      = 4   // by which saving anew changes a cell, tones squared
	slack      = .1  // of the square of how fast tones change: what is a third of a cell beside its place
	leastAlike = .65 // correlation of what stands out on two pictures that are one
	knots      = 17  // of the curve from tones of one to those of the other
)

// Difference returns how many times as much two pictures differ as is to be
// expected of one picture, once one is laid over the other; infinite where they
// do not fit, by their hashes or by their thumbnails, or where one has no
// thumbnail. It is the same both ways.
//
// The one is moved and stretched until it fits best. Then the tones of the one
// are made into those of the other by a curve, and on each tile is reckoned what
// is left of the tones where the two do not rise and fall together. A picture
// that was saved anew, made smaller, lighter or cut has something of that
// everywhere: grain, as the median of the tiles shows, and more where tones
// change fast. Another of the same scene, or another paper of the same form, has
// more of it where it differs. What is returned is of the tile that is the second
// worst.
func (p Picture) Difference(o Picture) float64 {
	if len(p.Thumbnail) != ThumbnailSide*ThumbnailSide || len(o.Thumbnail) != ThumbnailSide*ThumbnailSide {
		return math.Inf(1)
	}
	if bytes.Compare(p.Thumbnail, o.Thumbnail) > 0 { // the same both ways
		p, o = o, p
	}
	w, ok := p.laidOver(o)
	if !ok {
		return math.Inf(1)
	}
	one, other := p.Thumbnail.plane().blurred(), o.Thumbnail.plane().blurred()
	return min(one.differs(other, w), other.differs(one, w.back())) // what is too light in one cannot be told from it
}

// Same reports whether two pictures are one.
func (p Picture) Same(o Picture) bool { return p.Difference(o) < SameBelow }

// lying is what lies on the cells of a picture: of the one, in tones of the
// other, and of the other. Where there is nothing the steepness is below 0.
type lying struct{ one, other, steepness []float32 }

func (a plane) differs(b plane, w overlay) float64 {
	on := lying{make([]float32, len(a.v)), make([]float32, len(a.v)), make([]float32, len(a.v))}
	for i := range on.steepness {
		on.steepness[i] = -1
	}
	var sums, weights [knots]float64
	a.each(b, w, func(c met) {
		on.other[c.at], on.steepness[c.at] = c.other, c.gx*c.gx+c.gy*c.gy
		k, share := knot(a.v[c.at])
		sums[k], weights[k] = sums[k]+(1-share)*float64(c.other), weights[k]+1-share
		sums[k+1], weights[k+1] = sums[k+1]+share*float64(c.other), weights[k+1]+share
	})
	var curve [knots]float64
	for k, weight := range weights {
		if weight > 0 {
			curve[k] = sums[k] / weight
		}
	}
	for i, tone := range a.v {
		k, share := knot(tone)
		on.one[i] = float32(curve[k]*(1-share) + curve[k+1]*share)
	}
	var left, steepness []float64
	for y := 0; y+tileSide <= a.n; y += tileSide / 2 {
		for x := 0; x+tileSide <= a.n; x += tileSide / 2 {
			if l, s, ok := on.tile(y*a.n+x, a.n); ok {
				left, steepness = append(left, l), append(steepness, s)
			}
		}
	}
	if len(left) < leastTiles {
		return math.Inf(1)
	}
	usual := slices.Sorted(slices.Values(left))[len(left)/2]
	for i := range left {
		left[i] /= grain + usual + slack*steepness[i]
	}
	slices.Sort(left)
	return left[len(left)-2]
}

// tile returns what is left of the tones of a tile, squared, where the two do not
// rise and fall together, and how fast they change, squared. It is false where
// less than half of the tile lies on the other picture.
func (on lying) tile(from, row int) (left, steepness float64, ok bool) {
	var n, sp, sq, spp, sqq, spq float64
	for y := range tileSide {
		for i := from + y*row; i < from+y*row+tileSide; i++ {
			if on.steepness[i] < 0 {
				continue
			}
			p, q := float64(on.one[i]), float64(on.other[i])
			n, sp, sq, steepness = n+1, sp+p, sq+q, steepness+float64(on.steepness[i])
			spp, sqq, spq = spp+p*p, sqq+q*q, spq+p*q
		}
	}
	if n < tileSide*tileSide/2 {
		return 0, 0, false
	}
	pp, qq, pq := max(0, spp/n-sp/n*sp/n), max(0, sqq/n-sq/n*sq/n), max(0, spq/n-sp/n*sq/n)
	return max(pp, qq) * (1 - pq*pq/((pp+1)*(qq+1))), steepness / n, true
}

// knot returns the knot of a curve below a tone, and how far the tone is on its
// way to the next.
func knot(tone float32) (int, float64) {
	at := float64(tone) / 255 * (knots - 1)
	k := min(int(at), knots-2)
	return k, at - float64(k)
}
