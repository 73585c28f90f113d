package ocr

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// pt is a place on a picture, in pixels.
type pt struct{ x, y float64 }

func (p pt) to(q pt) float64 { return math.Hypot(q.x-p.x, q.y-p.y) }

// quad is a rectangle that may lean: its corners clockwise, the first at the
// beginning of the text.
type quad [4]pt

func (q quad) width() float64  { return q[0].to(q[1]) }
func (q quad) height() float64 { return q[0].to(q[3]) }

// slope returns how much the text falls for each pixel to the right.
func (q quad) slope() float64 {
	if dx := q[1].x - q[0].x; math.Abs(dx) > 1 {
		return (q[1].y - q[0].y) / dx
	}
	return 0
}

// part returns the piece of the rectangle between two fractions of its width.
func (q quad) part(from, to float64) quad {
	at := func(a, b pt, t float64) pt { return pt{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
	return quad{at(q[0], q[1], from), at(q[0], q[1], to), at(q[3], q[2], to), at(q[3], q[2], from)}
}

// bounds returns the box round the rectangle, within a picture of that size.
func (q quad) bounds(size image.Point) [4]int {
	b := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range q {
		b = [4]float64{math.Min(b[0], p.x), math.Min(b[1], p.y), math.Max(b[2], p.x), math.Max(b[3], p.y)}
	}
	x0, y0 := min(max(0, int(b[0])), size.X-1), min(max(0, int(b[1])), size.Y-1)
	return [4]int{x0, y0, max(x0+1, min(size.X, int(math.Ceil(b[2])))), max(y0+1, min(size.Y, int(math.Ceil(b[3]))))}
}

// turned returns the place of p after its picture was turned clockwise by a
// number of quarters; size is that of the picture before.
func turned(p pt, quarters int, size image.Point) pt {
	w, h := float64(size.X), float64(size.Y)
	switch quarters & 3 {
	case 1:
		return pt{h - p.y, p.x}
	case 2:
		return pt{w - p.x, h - p.y}
	case 3:
		return pt{p.y, w - p.x}
	}
	return p
}

// turn turns a picture clockwise by a number of quarters.
func turn(src *image.RGBA, quarters int) *image.RGBA {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if quarters &= 3; quarters == 0 {
		return src
	}
	size := image.Rect(0, 0, w, h)
	if quarters != 2 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch quarters {
			case 1:
				dx, dy = h-1-y, x
			case 2:
				dx, dy = w-1-x, h-1-y
			case 3:
				dx, dy = y, w-1-x
			}
			copy(out.Pix[dy*out.Stride+4*dx:][:4], src.Pix[y*src.Stride+4*x:][:4])
		}
	}
	return out
}

// hull returns the convex hull of points (Andrew's monotone chain).
func hull(points []pt) []pt {
	slices.SortFunc(points, func(a, b pt) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	turns := func(o, a, b pt) bool { return (a.x-o.x)*(b.y-o.y)-(a.y-o.y)*(b.x-o.x) <= 0 }
	var h []pt
	for _, p := range points {
		for len(h) >= 2 && turns(h[len(h)-2], h[len(h)-1], p) {
			h = h[:len(h)-1]
		}
		h = append(h, p)
	}
	for lower, i := len(h)+1, len(points)-2; i >= 0; i-- {
		for len(h) >= lower && turns(h[len(h)-2], h[len(h)-1], points[i]) {
			h = h[:len(h)-1]
		}
		h = append(h, points[i])
	}
	return h[:max(0, len(h)-1)]
}

// rectangle is one that leans: its middle, half its length along u and half
// its breadth across.
type rectangle struct {
	middle, u pt
	a, b      float64
}

// smallest returns the rectangle of least area round a convex hull.
func smallest(h []pt) rectangle {
	var best rectangle
	least := math.Inf(1)
	for i := range h {
		p, q := h[i], h[(i+1)%len(h)]
		l := p.to(q)
		if l == 0 {
			continue
		}
		u := pt{(q.x - p.x) / l, (q.y - p.y) / l}
		s0, s1, t0, t1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, r := range h {
			s, t := r.x*u.x+r.y*u.y, r.y*u.x-r.x*u.y
			s0, s1, t0, t1 = math.Min(s0, s), math.Max(s1, s), math.Min(t0, t), math.Max(t1, t)
		}
		if area := (s1 - s0) * (t1 - t0); area < least {
			least = area
			s, t := (s0+s1)/2, (t0+t1)/2
			best = rectangle{pt{s*u.x - t*u.y, s*u.y + t*u.x}, u, (s1 - s0) / 2, (t1 - t0) / 2}
		}
	}
	return best
}

// grown returns the corners of the rectangle, larger by margin on each side
// and scaled to the picture, with the side first that goes rather to the right.
func (r rectangle) grown(margin, fx, fy float64) quad {
	a, b, u := r.a+margin, r.b+margin, r.u
	if math.Abs(u.x) < math.Abs(u.y) {
		u, a, b = pt{-u.y, u.x}, b, a
	}
	if u.x < 0 {
		u = pt{-u.x, -u.y}
	}
	var q quad
	for i, s := range [4]pt{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
		q[i] = pt{(r.middle.x + u.x*a*s.x - u.y*b*s.y) * fx, (r.middle.y + u.y*a*s.x + u.x*b*s.y) * fy}
	}
	return q
}
