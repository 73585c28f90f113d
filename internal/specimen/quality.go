package specimen

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"

	xdraw "golang.org/x/image/draw"
)

// scanned lays a paper on a scanner: it leans by less than a degree, the paper
// is not quite white, and there is dust on the glass.
func scanned(c *canvas) image.Image {
	lean := (0.25 + 0.4*c.rand.Float64()) * math.Pi / 180
	if c.rand.IntN(2) == 0 {
		lean = -lean
	}
	w, h := c.Bounds().Dx(), c.Bounds().Dy()
	out := plain(w, h, color.RGBA{238, 238, 236, 255})
	sin, cos := math.Sincos(lean)
	mx, my := float64(w)/2, float64(h)/2
	corner := func(x, y float64) pt { return pt{mx + (x-mx)*cos - (y-my)*sin, my + (x-mx)*sin + (y-my)*cos} }
	project(out, c, corner(0, 0), corner(float64(w), 0), corner(float64(w), float64(h)), corner(0, float64(h)))
	tone(out, func(_, _ float64) float64 { return 0.955 })
	blur(out, 0.5)
	noise(out, c.rand, 4)
	for range 14 {
		x, y := c.rand.IntN(w), c.rand.IntN(h)
		out.SetRGBA(x, y, color.RGBA{120, 120, 120, 255})
	}
	return out
}

// photographed puts a paper on a table and takes a picture of it, by hand, in
// the light of a lamp.
func photographed(c *canvas) image.Image {
	w, h := float64(c.Bounds().Dx()), float64(c.Bounds().Dy())
	margin := 0.07 * math.Max(w, h)
	out := plain(int(w+2*margin), int(h+2*margin), color.RGBA{104, 84, 66, 255})
	grain(out, c.rand)
	shift := func() float64 { return (c.rand.Float64() - 0.5) * 0.022 * math.Max(w, h) }
	a := pt{margin + shift(), margin + shift()}
	b := pt{margin + w + shift(), margin + shift()}
	d := pt{margin + w + shift(), margin + h + shift()}
	e := pt{margin + shift(), margin + h + shift()}
	shadow := &canvas{out, c.fonts, c.rand}
	for i := range 8 {
		o := float64(16 - 2*i)
		shadow.fill(polygon(a.x+o, a.y+o, b.x+o, b.y+o, d.x+o, d.y+o, e.x+o, e.y+o), glass(20, 14, 10, 26))
	}
	project(out, c, a, b, d, e)
	lx, ly := 0.2+0.6*c.rand.Float64(), 0.1+0.3*c.rand.Float64()
	tone(out, func(x, y float64) float64 { return 0.97 - 0.34*math.Hypot(x-lx, (y-ly)*0.8) })
	blur(out, 0.8)
	noise(out, c.rand, 7)
	return out
}

// spoiled is a picture taken in the dark, from too far, with a shaking hand.
func spoiled(c *canvas) image.Image {
	w, h := c.Bounds().Dx()*2/9, c.Bounds().Dy()*2/9
	out := plain(w, h, color.RGBA{0, 0, 0, 255})
	xdraw.ApproxBiLinear.Scale(out, out.Bounds(), photographed(c), image.Rect(0, 0, c.Bounds().Dx(), c.Bounds().Dy()), draw.Src, nil)
	smear(out, 9)
	blur(out, 1.6)
	tone(out, func(_, _ float64) float64 { return 0.4 })
	noise(out, c.rand, 9)
	return out
}

func plain(w, h int, ground color.RGBA) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	return out
}

// project draws src so that its corners come to lie on a, b, d, e (clockwise
// from top left), as a camera sees a flat thing.
func project(dst *image.RGBA, src image.Image, a, b, d, e pt) {
	w, h := float64(src.Bounds().Dx()), float64(src.Bounds().Dy())
	// The map from the unit square to the four corners (Heckbert 1989).
	dx1, dy1, dx2, dy2 := b.x-d.x, b.y-d.y, e.x-d.x, e.y-d.y
	sx, sy := a.x-b.x+d.x-e.x, a.y-b.y+d.y-e.y
	det := dx1*dy2 - dx2*dy1
	g, k := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	m := [9]float64{
		b.x - a.x + g*b.x, e.x - a.x + k*e.x, a.x,
		b.y - a.y + g*b.y, e.y - a.y + k*e.y, a.y,
		g, k, 1,
	}
	inv := [9]float64{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
	from := plain(src.Bounds().Dx(), src.Bounds().Dy(), color.RGBA{})
	draw.Draw(from, from.Bounds(), src, src.Bounds().Min, draw.Src)
	for y := range dst.Bounds().Dy() {
		for x := range dst.Bounds().Dx() {
			px, py := float64(x)+0.5, float64(y)+0.5
			z := inv[6]*px + inv[7]*py + inv[8]
			u, v := (inv[0]*px+inv[1]*py+inv[2])/z*w-0.5, (inv[3]*px+inv[4]*py+inv[5])/z*h-0.5
			if u < 0 || v < 0 || u >= w-1 || v >= h-1 {
				continue
			}
			iu, iv := int(u), int(v)
			fu, fv := u-float64(iu), v-float64(iv)
			at, to := iv*from.Stride+4*iu, y*dst.Stride+4*x
			for i := range 3 {
				upper := float64(from.Pix[at+i])*(1-fu) + float64(from.Pix[at+4+i])*fu
				lower := float64(from.Pix[at+from.Stride+i])*(1-fu) + float64(from.Pix[at+from.Stride+4+i])*fu
				dst.Pix[to+i] = uint8(upper*(1-fv) + lower*fv + 0.5)
			}
		}
	}
}

// tone multiplies the light at each place, given in parts of the picture.
func tone(img *image.RGBA, light func(x, y float64) float64) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for y := range h {
		for x := range w {
			l := light(float64(x)/float64(w), float64(y)/float64(h))
			at := y*img.Stride + 4*x
			for i := range 3 {
				img.Pix[at+i] = level(float64(img.Pix[at+i]) * l)
			}
		}
	}
}

func level(v float64) uint8 { return uint8(math.Max(0, math.Min(255, v+0.5))) }

func noise(img *image.RGBA, r *rand.Rand, sigma float64) {
	for at := 0; at < len(img.Pix); at += 4 {
		n, tint := r.NormFloat64()*sigma, r.NormFloat64()*sigma/3
		img.Pix[at] = level(float64(img.Pix[at]) + n + tint)
		img.Pix[at+1] = level(float64(img.Pix[at+1]) + n)
		img.Pix[at+2] = level(float64(img.Pix[at+2]) + n - tint)
	}
}

// blur is a Gaussian, one row and one column at a time.
func blur(img *image.RGBA, sigma float64) {
	radius := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float64, 2*radius+1), 0.0
	for i := range kernel {
		kernel[i] = math.Exp(-float64((i-radius)*(i-radius)) / (2 * sigma * sigma))
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	convolve(img, kernel, 1, 0)
	convolve(img, kernel, 0, 1)
}

// smear is what a hand does that shakes along the page.
func smear(img *image.RGBA, length int) { shake(img, length, 1, 0) }

// shake smears a picture along a direction.
func shake(img *image.RGBA, length, dx, dy int) {
	kernel := make([]float64, length|1)
	for i := range kernel {
		kernel[i] = 1 / float64(len(kernel))
	}
	convolve(img, kernel, dx, dy)
}

// packed is a picture that was saved as a JPEG of that quality, of 100.
func packed(img *image.RGBA, quality int) image.Image {
	var b bytes.Buffer
	if jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}) != nil {
		return img
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		return img
	}
	return out
}

func convolve(img *image.RGBA, kernel []float64, dx, dy int) {
	w, h, radius := img.Bounds().Dx(), img.Bounds().Dy(), len(kernel)/2
	src := append([]uint8(nil), img.Pix...)
	for y := range h {
		for x := range w {
			var r, g, b float64
			for i, k := range kernel {
				sx := min(max(x+(i-radius)*dx, 0), w-1)
				sy := min(max(y+(i-radius)*dy, 0), h-1)
				at := sy*img.Stride + 4*sx
				r, g, b = r+k*float64(src[at]), g+k*float64(src[at+1]), b+k*float64(src[at+2])
			}
			at := y*img.Stride + 4*x
			img.Pix[at], img.Pix[at+1], img.Pix[at+2] = level(r), level(g), level(b)
		}
	}
}

// grain gives a table its wood.
func grain(img *image.RGBA, r *rand.Rand) {
	phase := r.Float64() * 10
	for y := range img.Bounds().Dy() {
		wave := math.Sin(float64(y)/37+phase) + 0.6*math.Sin(float64(y)/9.1+2*phase)
		for x := range img.Bounds().Dx() {
			l := 1 + 0.05*wave + 0.03*math.Sin(float64(y)/3.3+math.Sin(float64(x)/140+phase)*2)
			at := y*img.Stride + 4*x
			for i := range 3 {
				img.Pix[at+i] = level(float64(img.Pix[at+i]) * l)
			}
		}
	}
}

// spoil takes a picture of a paper that nobody can read, for one reason.
func (m *maker) spoil(c *canvas) image.Image {
	w, h := c.Bounds().Dx(), c.Bounds().Dy()
	photo := rgbaOf(photographed(c))
	switch m.rand.IntN(10) {
	case 7: // by a hand that shakes up and down, or aslant
		along := [][2]int{{0, 1}, {1, 1}, {1, -1}}[m.rand.IntN(3)]
		shake(photo, max(w, h)/40, along[0], along[1])
		noise(photo, c.rand, 4)
		return photo
	case 8: // sent on and on, until the letters fell into blocks
		out := plain(w*2/5, h*2/5, color.RGBA{0, 0, 0, 255})
		xdraw.ApproxBiLinear.Scale(out, out.Bounds(), photo, photo.Bounds(), draw.Src, nil)
		return packed(out, 2+m.rand.IntN(4))
	case 9: // with its head or its foot outside
		b := photo.Bounds()
		at := image.Rect(0, 0, b.Dx(), b.Dy()*(50+m.rand.IntN(12))/100)
		if m.rand.IntN(2) == 0 {
			at = image.Rect(0, b.Dy()*(40+m.rand.IntN(12))/100, b.Dx(), b.Dy())
		}
		return rgbaOf(photo.SubImage(at))
	case 5: // with half of it outside
		b := photo.Bounds()
		at := image.Rect(b.Dx()*2/5, 0, b.Dx(), b.Dy())
		if m.rand.IntN(2) == 0 {
			at = image.Rect(0, 0, b.Dx()*3/5, b.Dy()*4/5)
		}
		return rgbaOf(photo.SubImage(at))
	case 6: // from too far, and moved
		out := plain(w*11/20, h*11/20, color.RGBA{0, 0, 0, 255})
		xdraw.ApproxBiLinear.Scale(out, out.Bounds(), photo, photo.Bounds(), draw.Src, nil)
		smear(out, 9+m.rand.IntN(5))
		noise(out, c.rand, 4)
		return out
	case 0: // from far away
		k := 6 + m.rand.IntN(3)
		out := plain(photo.Bounds().Dx()/k, photo.Bounds().Dy()/k, color.RGBA{0, 0, 0, 255})
		xdraw.ApproxBiLinear.Scale(out, out.Bounds(), photo, photo.Bounds(), draw.Src, nil)
		return out
	case 1: // by a shaking hand
		smear(photo, max(w, h)/40)
		noise(photo, c.rand, 4)
		return photo
	case 2: // out of focus
		blur(photo, float64(max(w, h))/190)
		noise(photo, c.rand, 4)
		return photo
	case 3: // in the dark
		tone(photo, func(_, _ float64) float64 { return 0.07 })
		noise(photo, c.rand, 9)
		return photo
	default: // against a lamp
		x, y := 0.35+0.3*m.rand.Float64(), 0.35+0.3*m.rand.Float64()
		glare := &canvas{photo, c.fonts, c.rand}
		fw, fh := float64(photo.Bounds().Dx()), float64(photo.Bounds().Dy())
		for range 3 {
			glare.glow(halo{255, 255, 255, 1, fw * x, fh * y, fw * 0.62, fh * 0.62})
		}
		return photo
	}
}

func rgbaOf(src image.Image) *image.RGBA {
	if p, ok := src.(*image.RGBA); ok && p.Rect.Min == (image.Point{}) {
		return p
	}
	b := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Bounds(), src, b.Min, draw.Src)
	return out
}
