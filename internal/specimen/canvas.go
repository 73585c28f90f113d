package specimen

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
	"golang.org/x/image/vector"
)

// canvas is a picture with pens.
type canvas struct {
	*image.RGBA
	fonts *fonts
	rand  *rand.Rand
}

func newCanvas(w, h int, ground color.Color, seed uint64) (*canvas, error) {
	f, err := loadFonts()
	if err != nil {
		return nil, err
	}
	c := &canvas{image.NewRGBA(image.Rect(0, 0, w, h)), f, rand.New(rand.NewPCG(seed, 20260302))}
	draw.Draw(c, c.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	return c, nil
}

type pt struct{ x, y float64 }

// path is an outline, in pieces.
type path struct{ pieces []piece }

// piece is a line (one point), a quadratic curve (two) or a cubic one (three)
// that goes on from the piece before; or a move, which begins a new outline.
type piece struct {
	move   bool
	points []pt
}

func from(x, y float64) *path { return &path{[]piece{{true, []pt{{x, y}}}}} }

func (p *path) to(xy ...float64) *path {
	var next piece
	for i := 0; i+1 < len(xy); i += 2 {
		next.points = append(next.points, pt{xy[i], xy[i+1]})
	}
	p.pieces = append(p.pieces, next)
	return p
}

// at returns the path scaled and moved: drawings are made in their own units.
func (p *path) at(x, y, sx, sy float64) *path {
	out := &path{}
	for _, q := range p.pieces {
		moved := piece{move: q.move}
		for _, at := range q.points {
			moved.points = append(moved.points, pt{x + at.x*sx, y + at.y*sy})
		}
		out.pieces = append(out.pieces, moved)
	}
	return out
}

func polygon(xy ...float64) *path {
	p := from(xy[0], xy[1])
	for i := 2; i+1 < len(xy); i += 2 {
		p.to(xy[i], xy[i+1])
	}
	return p
}

func box(x, y, w, h float64) *path { return polygon(x, y, x+w, y, x+w, y+h, x, y+h) }

func rounded(x, y, w, h, r float64) *path {
	return from(x+r, y).to(x+w-r, y).to(x+w, y, x+w, y+r).to(x+w, y+h-r).to(x+w, y+h, x+w-r, y+h).
		to(x+r, y+h).to(x, y+h, x, y+h-r).to(x, y+r).to(x, y, x+r, y)
}

func ellipse(x, y, rx, ry float64) *path {
	const k = 0.5523
	return from(x+rx, y).to(x+rx, y+k*ry, x+k*rx, y+ry, x, y+ry).to(x-k*rx, y+ry, x-rx, y+k*ry, x-rx, y).
		to(x-rx, y-k*ry, x-k*rx, y-ry, x, y-ry).to(x+k*rx, y-ry, x+rx, y-k*ry, x+rx, y)
}

// fill paints the inside of a path.
func (c *canvas) fill(p *path, paint image.Image) {
	lo, hi := pt{math.MaxFloat64, math.MaxFloat64}, pt{-math.MaxFloat64, -math.MaxFloat64}
	for _, piece := range p.pieces {
		for _, q := range piece.points {
			lo = pt{math.Min(lo.x, q.x), math.Min(lo.y, q.y)}
			hi = pt{math.Max(hi.x, q.x), math.Max(hi.y, q.y)}
		}
	}
	area := image.Rect(int(lo.x)-1, int(lo.y)-1, int(hi.x)+2, int(hi.y)+2).Intersect(c.Bounds())
	if area.Empty() {
		return
	}
	r := vector.NewRasterizer(area.Dx(), area.Dy())
	for _, piece := range p.pieces {
		var xy [6]float32
		for i, q := range piece.points {
			xy[2*i], xy[2*i+1] = float32(q.x-float64(area.Min.X)), float32(q.y-float64(area.Min.Y))
		}
		switch {
		case piece.move:
			r.ClosePath()
			r.MoveTo(xy[0], xy[1])
		case len(piece.points) == 1:
			r.LineTo(xy[0], xy[1])
		case len(piece.points) == 2:
			r.QuadTo(xy[0], xy[1], xy[2], xy[3])
		default:
			r.CubeTo(xy[0], xy[1], xy[2], xy[3], xy[4], xy[5])
		}
	}
	r.ClosePath()
	r.Draw(c, area, paint, area.Min)
}

func ink(r, g, b uint8) *image.Uniform { return image.NewUniform(color.RGBA{r, g, b, 255}) }

// glass is a colour through which one sees: a is its strength, 0 to 255.
func glass(r, g, b, a uint8) *image.Uniform {
	return image.NewUniform(color.NRGBA{r, g, b, a})
}

// gradient goes from one colour at the top to another at the bottom.
type gradient struct {
	top, bottom color.RGBA
	y0, y1      float64
}

func (gradient) ColorModel() color.Model { return color.RGBAModel }
func (gradient) Bounds() image.Rectangle { return image.Rect(-1e9, -1e9, 1e9, 1e9) }
func (g gradient) At(_, y int) color.Color {
	return mix(g.top, g.bottom, (float64(y)-g.y0)/(g.y1-g.y0))
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	t = math.Max(0, math.Min(1, t))
	m := func(x, y uint8) uint8 { return uint8(float64(x)*(1-t) + float64(y)*t + 0.5) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), m(a.A, b.A)}
}

// halo is strongest in its middle and fades to nothing at its rim.
type halo struct {
	r, g, b      uint8
	strength     float64 // 0 to 1
	x, y, rx, ry float64
}

func (halo) ColorModel() color.Model { return color.NRGBAModel }
func (halo) Bounds() image.Rectangle { return image.Rect(-1e9, -1e9, 1e9, 1e9) }
func (h halo) At(x, y int) color.Color {
	d := math.Hypot((float64(x)-h.x)/h.rx, (float64(y)-h.y)/h.ry)
	t := math.Max(0, 1-d)
	return color.NRGBA{h.r, h.g, h.b, uint8(255 * h.strength * t * t * (3 - 2*t))}
}

func (c *canvas) glow(h halo) { c.fill(ellipse(h.x, h.y, h.rx, h.ry), h) }

func (c *canvas) line(x0, y0, x1, y1, width float64, paint image.Image) {
	d := math.Hypot(x1-x0, y1-y0)
	if d == 0 {
		return
	}
	nx, ny := -(y1-y0)/d*width/2, (x1-x0)/d*width/2
	c.fill(polygon(x0+nx, y0+ny, x1+nx, y1+ny, x1-nx, y1-ny, x0-nx, y0-ny), paint)
}

// stroke draws along points.
func (c *canvas) stroke(width float64, paint image.Image, xy ...float64) {
	for i := 0; i+3 < len(xy); i += 2 {
		c.line(xy[i], xy[i+1], xy[i+2], xy[i+3], width, paint)
		if i > 0 && width > 2 {
			c.fill(ellipse(xy[i], xy[i+1], width/2, width/2), paint)
		}
	}
}

// frame draws a rectangle's edges.
func (c *canvas) frame(x, y, w, h, width float64, paint image.Image) {
	c.stroke(width, paint, x-width/2, y, x+w+width/2, y)
	c.stroke(width, paint, x-width/2, y+h, x+w+width/2, y+h)
	c.stroke(width, paint, x, y, x, y+h)
	c.stroke(width, paint, x+w, y, x+w, y+h)
}

// ring draws the outline of an ellipse: once round outside, and back inside.
func (c *canvas) ring(x, y, rx, ry, width float64, paint image.Image) {
	outside, inside := ellipse(x, y, rx+width/2, ry+width/2), ellipse(x, y, rx-width/2, -(ry-width/2))
	outside.pieces = append(outside.pieces, inside.pieces...)
	c.fill(outside, paint)
}

// style of letters.
type style struct {
	size  float64
	bold  bool
	paint image.Image
	space float64 // between characters, in pixels
}

// text writes s with its left end at x and its middle height at y.
func (c *canvas) text(x, y float64, s string, st style) {
	for _, r := range s {
		if p := c.fonts.outline(r, x, y+st.size*0.36, st.size); p != nil {
			c.fill(p, st.paint)
			if st.bold {
				c.fill(p.at(st.size/40, 0, 1, 1), st.paint)
				c.fill(p.at(st.size/20, 0, 1, 1), st.paint)
			}
		}
		x += c.fonts.advance(r, st.size) + st.space
	}
}

// width returns how wide text would be.
func (c *canvas) width(s string, st style) float64 {
	w := -st.space
	for _, r := range s {
		w += c.fonts.advance(r, st.size) + st.space
	}
	return w
}

func (c *canvas) centred(x, y float64, s string, st style) {
	c.text(x-c.width(s, st)/2, y, s, st)
}

func (c *canvas) right(x, y float64, s string, st style) {
	c.text(x-c.width(s, st), y, s, st)
}

// spread writes s over a given width, as labels of one character more or less
// are set on forms.
func (c *canvas) spread(x, y, width float64, s string, st style) {
	n := float64(len([]rune(s)) - 1)
	st.space = (width - c.width(s, st)) / math.Max(1, n)
	c.text(x, y, s, st)
}

// paste draws a picture so that its corners top left, top right and bottom
// left come to lie on the three points.
func (c *canvas) paste(src image.Image, a, b, d pt) {
	w, h := float64(src.Bounds().Dx()), float64(src.Bounds().Dy())
	xdraw.CatmullRom.Transform(c, f64.Aff3{
		(b.x - a.x) / w, (d.x - a.x) / h, a.x,
		(b.y - a.y) / w, (d.y - a.y) / h, a.y,
	}, src, src.Bounds(), draw.Over, nil)
}

// turned writes one character in the middle of (x, y), turned by angle.
func (c *canvas) turned(x, y, angle float64, r rune, st style) {
	side := int(st.size * 1.5)
	tile := &canvas{image.NewRGBA(image.Rect(0, 0, side, side)), c.fonts, c.rand}
	tile.centred(float64(side)/2, float64(side)/2, string(r), st)
	sin, cos := math.Sincos(angle)
	half := float64(side) / 2
	turn := func(dx, dy float64) pt { return pt{x + dx*cos - dy*sin, y + dx*sin + dy*cos} }
	c.paste(tile, turn(-half, -half), turn(half, -half), turn(-half, half))
}

// arc writes s along the upper side of an ellipse, from one angle to another
// (radians, 0 is to the right, clockwise).
func (c *canvas) arc(x, y, rx, ry, begin, end float64, s string, st style) {
	letters := []rune(s)
	for i, r := range letters {
		t := begin + (end-begin)*(float64(i)+0.5)/float64(len(letters))
		sin, cos := math.Sincos(t)
		c.turned(x+rx*cos, y+ry*sin, math.Atan2(ry*sin, rx*cos)+math.Pi/2, r, st)
	}
}

// star draws the five-pointed star of an official seal.
func (c *canvas) star(x, y, radius float64, paint image.Image) {
	var xy []float64
	for i := range 10 {
		r := radius
		if i%2 == 1 {
			r *= 0.382
		}
		sin, cos := math.Sincos(float64(i)*math.Pi/5 - math.Pi/2)
		xy = append(xy, x+r*cos, y+r*sin)
	}
	c.fill(polygon(xy...), paint)
}

var red = glass(205, 38, 44, 205)

// seal draws a company's round seal.
func (c *canvas) seal(x, y, radius float64, name, purpose string) {
	c.ring(x, y, radius, radius, radius/18, red)
	c.arc(x, y, radius*0.79, radius*0.79, math.Pi*0.86, math.Pi*2.14, name, style{size: radius * math.Min(0.3, 3.4/float64(len([]rune(name)))), paint: red})
	c.star(x, y-radius*0.06, radius*0.27, red)
	c.centred(x, y+radius*0.5, purpose, style{size: radius * 0.17, paint: red})
}
