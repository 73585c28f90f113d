package ocr

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
)

// page is a picture made ready for an engine, and the way back from its pixels
// to those of the original.
type page struct {
	grey  *image.Gray
	scale float64 // grey pixels to an original one
	angle float64 // radians by which the original leans
	size  image.Point
}

// Sides in pixels between which Tesseract reads best. It gains nothing from
// enlarging what is large enough, and loses from blurring it.
const (
	shortSide = 700
	longSide  = 2600
)

// Less of a lean than this costs less than setting the page straight does.
const leanLeast = 0.015

// prepare scales a picture to a size that suits the engine, turns it to grey
// with red stamps taken out, evens out the light, and sets it straight.
func prepare(src image.Image) page {
	size := src.Bounds().Size()
	p := page{scale: 1, size: size}
	if short := min(size.X, size.Y); short < shortSide {
		p.scale = min(3, float64(shortSide)/float64(short))
	}
	if long := float64(max(size.X, size.Y)); long*p.scale > longSide {
		p.scale = longSide / long
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(size.X)*p.scale)), max(1, int(float64(size.Y)*p.scale))))
	if p.scale > 1 {
		xdraw.CatmullRom.Scale(small, small.Bounds(), src, src.Bounds(), draw.Src, nil)
	} else {
		xdraw.ApproxBiLinear.Scale(small, small.Bounds(), src, src.Bounds(), draw.Src, nil)
	}
	p.grey = grey(small)
	if dark(p.grey) {
		for i, v := range p.grey.Pix {
			p.grey.Pix[i] = 255 - v
		}
	}
	p.grey = even(p.grey)
	if a := lean(p.grey); math.Abs(a) > leanLeast {
		p.angle, p.grey = a, rotate(p.grey, a)
	}
	return p
}

// dark reports whether most of a picture is dark, as on a bank card, where the
// writing is lighter than its ground.
func dark(src *image.Gray) bool {
	n := 0
	for _, v := range src.Pix {
		if v < 128 {
			n++
		}
	}
	return n > len(src.Pix)*2/3
}

// grey takes the lightest of red and luminance: the ink of stamps and of
// printed frames is red, and vanishes where red alone is looked at.
func grey(src *image.RGBA) *image.Gray {
	out := image.NewGray(src.Bounds())
	for i := range out.Pix {
		r, g, b := int(src.Pix[4*i]), int(src.Pix[4*i+1]), int(src.Pix[4*i+2])
		y := (299*r + 587*g + 114*b) / 1000
		out.Pix[i] = uint8(max(y, (y+2*r)/3)) //nolint:gosec // means of bytes are bytes
	}
	return out
}

// even divides the page by the brightness of the paper round each pixel, so
// that shadow and vignette do not pass for ink.
func even(src *image.Gray) *image.Gray {
	const cell = 32
	size := src.Bounds().Size()
	w, h := (size.X+cell-1)/cell, (size.Y+cell-1)/cell
	paper := image.NewGray(image.Rect(0, 0, w, h))
	for cy := range h {
		for cx := range w {
			var count [256]int
			n := 0
			for y := cy * cell; y < min(size.Y, (cy+1)*cell); y++ {
				for x := cx * cell; x < min(size.X, (cx+1)*cell); x++ {
					count[src.Pix[y*src.Stride+x]]++
					n++
				}
			}
			// The lightest fifth is paper, also where much is written.
			level, left := 255, n/5
			for ; level > 0 && left >= count[level]; level-- {
				left -= count[level]
			}
			paper.Pix[cy*paper.Stride+cx] = uint8(level)
		}
	}
	back := image.NewGray(src.Bounds())
	xdraw.BiLinear.Scale(back, back.Bounds(), paper, paper.Bounds(), draw.Src, nil)
	out := image.NewGray(src.Bounds())
	for i, v := range src.Pix {
		// Where the paper is black there is no paper, and nothing to read.
		out.Pix[i] = uint8(min(255, int(v)*245/max(48, int(back.Pix[i]))))
	}
	return out
}

// lean returns the angle, in radians, by which the lines of text lean: the one
// at which the ink falls into the fewest and fullest rows.
func lean(src *image.Gray) float64 {
	size := src.Bounds().Size()
	step := max(1, max(size.X, size.Y)/1000)
	type point struct{ x, y float64 }
	var ink []point
	for y := step; y+step < size.Y; y += step {
		for x := step; x+step < size.X; x += step {
			// Ink with paper below it: the foot of a stroke.
			if src.Pix[y*src.Stride+x] < 140 && src.Pix[(y+step)*src.Stride+x] > 170 {
				ink = append(ink, point{float64(x / step), float64(y / step)})
			}
		}
	}
	if len(ink) < 200 {
		return 0
	}
	rows := make([]int, (size.X+size.Y)/step*2+8)
	fullness := func(angle float64) int {
		clear(rows)
		slope, zero := math.Tan(angle), float64(size.X/step)*0.5
		for _, p := range ink {
			rows[int(p.y-slope*p.x+zero)]++
		}
		sum := 0
		for _, n := range rows {
			sum += n * n
		}
		return sum
	}
	const degree = math.Pi / 180
	best, most := 0.0, fullness(0)*101/100 // straight unless clearly not
	search := func(from, to, step float64) {
		for a := from; a <= to; a += step {
			if f := fullness(a); f > most {
				best, most = a, f
			}
		}
	}
	search(-10*degree, 10*degree, 0.5*degree)
	search(best-0.4*degree, best+0.4*degree, 0.1*degree)
	return best
}

// rotate turns the page about its middle so that what leans by angle stands
// straight; what comes in from outside is paper.
func rotate(src *image.Gray, angle float64) *image.Gray {
	size := src.Bounds().Size()
	out := image.NewGray(src.Bounds())
	sin, cos := math.Sincos(angle)
	mx, my := float64(size.X)/2, float64(size.Y)/2
	for y := range size.Y {
		for x := range size.X {
			dx, dy := float64(x)-mx, float64(y)-my
			sx, sy := mx+dx*cos-dy*sin, my+dx*sin+dy*cos
			ix, iy := int(math.Floor(sx)), int(math.Floor(sy))
			if ix < 0 || iy < 0 || ix+1 >= size.X || iy+1 >= size.Y {
				out.Pix[y*out.Stride+x] = 255
				continue
			}
			fx, fy := sx-float64(ix), sy-float64(iy)
			at := iy*src.Stride + ix
			top := float64(src.Pix[at])*(1-fx) + float64(src.Pix[at+1])*fx
			foot := float64(src.Pix[at+src.Stride])*(1-fx) + float64(src.Pix[at+src.Stride+1])*fx
			out.Pix[y*out.Stride+x] = uint8(top*(1-fy) + foot*fy + 0.5)
		}
	}
	return out
}

// restore returns where a box of the grey page is in the original.
func (p page) restore(b [4]int) quad {
	sin, cos := math.Sincos(p.angle)
	mx, my := float64(p.grey.Bounds().Dx())/2, float64(p.grey.Bounds().Dy())/2
	corner := func(x, y int) pt {
		dx, dy := float64(x)-mx, float64(y)-my
		return pt{(mx + dx*cos - dy*sin) / p.scale, (my + dx*sin + dy*cos) / p.scale}
	}
	return quad{corner(b[0], b[1]), corner(b[2], b[1]), corner(b[2], b[3]), corner(b[0], b[3])}
}

// scenic reports whether a picture shows a scene and not a paper: a paper has
// one bright tone nearly everywhere, or at least little colour.
func scenic(src image.Image) bool {
	small := image.NewRGBA(image.Rect(0, 0, 96, 96))
	xdraw.ApproxBiLinear.Scale(small, small.Bounds(), src, src.Bounds(), draw.Src, nil)
	var tones [16]int
	colourful := 0
	for i := 0; i < len(small.Pix); i += 4 {
		r, g, b := int(small.Pix[i]), int(small.Pix[i+1]), int(small.Pix[i+2])
		tones[(299*r+587*g+114*b)/1000/16]++
		if max(r, g, b)-min(r, g, b) > 40 {
			colourful++
		}
	}
	n, used := len(small.Pix)/4, 0
	for _, t := range tones {
		if t > n/40 {
			used++
		}
	}
	return used >= 6 || used >= 4 && colourful > n/8
}

// upright turns a picture as the orientation tag of its EXIF data says: phones
// store what the sensor saw, and the tag how it was held.
func upright(src image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return src
	}
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			out.SetRGBA(x, y, color.RGBAModel.Convert(src.At(b.Min.X+sx, b.Min.Y+sy)).(color.RGBA))
		}
	}
	return out
}
