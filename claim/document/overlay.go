package document

import (
	"math"
	"math/bits"
)

// overlay leads from one picture to another, both with sides of 1: what is at
// (u, v) of the one is at (x u + dx, y v + dy) of the other.
type overlay struct{ x, dx, y, dy float64 }

func (w overlay) back() overlay { return overlay{1 / w.x, -w.dx / w.x, 1 / w.y, -w.dy / w.y} }

// plausible bounds an overlay: more than 5 % cut at each edge of either is
// another picture. What is left of 90 % may be 5.6 % of it off.
func (w overlay) plausible() bool {
	const most = .058
	return math.Abs(w.dx) < most && math.Abs(w.dx+w.x-1) < most && math.Abs(w.dy) < most && math.Abs(w.dy+w.y-1) < most
}

// places returns where one picture may lie on another, by their hashes: the
// whole of one on any view of the other.
func (l Look) places(o Look) (all []overlay) {
	const within = AlikeWithin + 4
	for view := range Views {
		w := overlay{1, 0, 1, 0}
		if view > 0 {
			w = overlay{.95, .025 * float64((view-1)%3), .95, .025 * float64((view-1)/3)}
		}
		if bits.OnesCount64(l[0]^o[view]) <= within {
			all = append(all, w)
		}
		if view > 0 && bits.OnesCount64(l[view]^o[0]) <= within {
			all = append(all, w.back())
		}
	}
	return all
}

// laidOver returns how one picture lies on another, found from coarse to fine:
// of the places that their hashes name that which fits best is kept. It is false
// where they do not fit.
func (p Picture) laidOver(o Picture) (w overlay, ok bool) {
	one, other := p.Thumbnail.relief(), o.Thumbnail.relief()
	best := leastAlike
	coarse := len(one) - 1
	for _, place := range p.Look.places(o.Look) {
		if fitted, alike, fits := one[coarse].fit(other[coarse], place, 6); fits && alike >= best {
			w, best, ok = fitted, alike, true
		}
	}
	for level := coarse - 1; level >= 0 && ok; level-- {
		var alike float64
		w, alike, ok = one[level].fit(other[level], w, 5)
		ok = ok && alike >= leastAlike
	}
	return w, ok && w.plausible()
}

// plane is a square of n x n cells.
type plane struct {
	n int
	v []float32
}

func (t Thumbnail) plane() plane {
	p := plane{ThumbnailSide, make([]float32, len(t))}
	for i, tone := range t {
		p.v[i] = float32(tone)
	}
	return p
}

// relief returns what stands out on a thumbnail, whole, at half and at a quarter
// of its size: by how much a cell is above its neighbours, in units of what is
// usual around it, so that light and contrast do not matter.
func (t Thumbnail) relief() (levels [3]plane) {
	p := t.plane()
	for i := range levels {
		levels[i] = p.blurred().relief()
		p = p.half()
	}
	return levels
}

func (a plane) half() plane {
	h := plane{a.n / 2, make([]float32, a.n*a.n/4)}
	for i := range h.v {
		at := i/h.n*2*a.n + i%h.n*2
		h.v[i] = (a.v[at] + a.v[at+1] + a.v[at+a.n] + a.v[at+a.n+1]) / 4
	}
	return h
}

// blurred mixes each cell with its neighbours, so that what lies between two
// cells can be told.
func (a plane) blurred() plane {
	n := a.n
	across, out := make([]float32, n*n), plane{n, make([]float32, n*n)}
	for y := range n {
		row := a.v[y*n : y*n+n]
		for x := range n {
			across[y*n+x] = (row[max(x-1, 0)] + 2*row[x] + row[min(x+1, n-1)]) / 4
		}
	}
	for y := range n {
		for x := range n {
			out.v[y*n+x] = (across[max(y-1, 0)*n+x] + 2*across[y*n+x] + across[min(y+1, n-1)*n+x]) / 4
		}
	}
	return out
}

func (a plane) relief() plane {
	const (
		around = 5 // cells, each way
		least  = 3 // tones: what differs by less is grain
	)
	n := a.n
	sums, squares := make([]float64, (n+1)*(n+1)), make([]float64, (n+1)*(n+1)) // of all that is above and to the left
	for y := range n {
		var sum, square float64
		for x := range n {
			v := float64(a.v[y*n+x])
			sum, square = sum+v, square+v*v
			sums[(y+1)*(n+1)+x+1] = sums[y*(n+1)+x+1] + sum
			squares[(y+1)*(n+1)+x+1] = squares[y*(n+1)+x+1] + square
		}
	}
	out := plane{n, make([]float32, n*n)}
	for y := range n {
		top, foot := max(0, y-around)*(n+1), min(n, y+around+1)*(n+1)
		for x := range n {
			left, right := max(0, x-around), min(n, x+around+1)
			cells := float64((foot - top) / (n + 1) * (right - left))
			mean := (sums[foot+right] - sums[top+right] - sums[foot+left] + sums[top+left]) / cells
			square := (squares[foot+right] - squares[top+right] - squares[foot+left] + squares[top+left]) / cells
			out.v[y*n+x] = float32((float64(a.v[y*n+x]) - mean) / (math.Sqrt(max(0, square-mean*mean)) + least))
		}
	}
	return out
}

// met is a cell of one picture and what of the other lies on it.
type met struct {
	at     int     // of the cell
	u, v   float32 // its middle, in cells
	other  float32
	gx, gy float32 // how fast the other changes there, a cell
}

// each calls f for all cells that lie on the other picture, and returns how many
// they are. The cells at the edges of either are left out: what is beyond is not
// known.
func (a plane) each(b plane, w overlay, f func(met)) (cells int) {
	n, side := a.n, float64(a.n)
	for y := 1; y < n-1; y++ {
		oy := w.y*(float64(y)+.5) + w.dy*side - .5
		iy := int(math.Floor(oy))
		if iy < 1 || iy+1 > n-2 {
			continue
		}
		fy := float32(oy - float64(iy))
		for x := 1; x < n-1; x++ {
			ox := w.x*(float64(x)+.5) + w.dx*side - .5
			ix := int(math.Floor(ox))
			if ix < 1 || ix+1 > n-2 {
				continue
			}
			fx := float32(ox - float64(ix))
			p, q := b.v[iy*n+ix], b.v[iy*n+ix+1]
			r, s := b.v[(iy+1)*n+ix], b.v[(iy+1)*n+ix+1]
			head, foot := p+(q-p)*fx, r+(s-r)*fx
			f(met{at: y*n + x, u: float32(x) + .5, v: float32(y) + .5, other: head + (foot-head)*fy, gx: (q-p)*(1-fy) + (s-r)*fy, gy: foot - head})
			cells++
		}
	}
	return cells
}

// fit moves and stretches w until two reliefs agree best (Gauss and Newton), and
// returns their correlation before the last round. It is false where they do not
// come to lie on each other.
func (a plane) fit(b plane, w overlay, rounds int) (_ overlay, r float64, ok bool) {
	for range rounds {
		var m equations
		var ab, aa, bb float64
		cells := a.each(b, w, func(c met) {
			mine := a.v[c.at]
			ab, aa, bb = ab+float64(mine*c.other), aa+float64(mine*mine), bb+float64(c.other*c.other)
			m.add([4]float32{c.gx * c.u, c.gx, c.gy * c.v, c.gy}, mine-c.other)
		})
		if cells < a.n*a.n*6/10 {
			return w, 0, false
		}
		r = ab / math.Sqrt(aa*bb+1e-9)
		by := m.solve()
		side := float64(a.n)
		w = overlay{w.x + by[0], w.dx + by[1]/side, w.y + by[2], w.dy + by[3]/side}
	}
	return w, r, true
}

// equations are the normal equations of a linear fit: a row for each unknown,
// and the right side in the last column.
type equations [4][5]float64

func (m *equations) add(row [4]float32, right float32) {
	for i, a := range row {
		for k := i; k < len(row); k++ {
			m[i][k] += float64(a * row[k])
		}
		m[i][4] += float64(a * right)
	}
}

// solve returns the unknowns. What nothing is said of stays at 0.
func (m *equations) solve() (x [4]float64) {
	for i := range m {
		for k := range i {
			m[i][k] = m[k][i]
		}
		m[i][i] = m[i][i]*(1+1e-4) + 1e-6
	}
	for i := range m {
		for k := i + 1; k < len(m); k++ {
			f := m[k][i] / m[i][i]
			for j := i; j <= len(m); j++ {
				m[k][j] -= f * m[i][j]
			}
		}
	}
	for i := len(m) - 1; i >= 0; i-- {
		x[i] = m[i][4]
		for j := i + 1; j < len(m); j++ {
			x[i] -= m[i][j] * x[j]
		}
		x[i] /= m[i][i]
	}
	return x
}
