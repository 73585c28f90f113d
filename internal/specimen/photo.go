package specimen

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// View is what a picture of a loss shows, and from where.
type View string

// The views that a surveyor asks for.
const (
	CarFront       View = "car_front"       // damaged at its left headlamp; the plate is legible
	CarRear        View = "car_rear"        // with a dent in its bumper; the plate is legible
	CarLeft        View = "car_left"        // its left side
	CarRight       View = "car_right"       // its right side, with the damaged door
	CarDetail      View = "car_detail"      // the damage from near by
	CarScene       View = "car_scene"       // two cars where they came to stand
	WarehouseGate  View = "warehouse_gate"  // from outside, with its sign
	WarehouseHall  View = "warehouse_hall"  // the whole hall, water on its floor
	WarehouseRacks View = "warehouse_racks" // racks after the fire
	WarehouseGoods View = "warehouse_goods" // spoiled goods from near by
)

// Photo is a picture of a loss, 1600 x 1200 pixels.
type Photo struct {
	View    View
	Plate   string     // of the car
	Colour  color.RGBA // of the car; silver, white, red, blue or black, by Seed, when zero
	Sign    string     // over the warehouse's gate
	Caption string     // stamped at the foot, as survey apps do: time and place
	Seed    uint64
}

// LossPhoto draws a picture of a loss and returns it as JPEG.
func LossPhoto(in Photo) ([]byte, error) {
	seed := in.Seed
	for _, letter := range in.View {
		seed = 31*seed + uint64(letter)
	}
	c, err := newCanvas(1600, 1200, color.RGBA{120, 120, 120, 255}, seed)
	if err != nil {
		return nil, err
	}
	if in.Colour == (color.RGBA{}) {
		in.Colour = []color.RGBA{rgba(186, 192, 198), rgba(232, 233, 230), rgba(150, 40, 38), rgba(52, 74, 120), rgba(46, 48, 52)}[c.rand.IntN(5)]
	}
	// Nobody stands where somebody else stood before.
	sway := func(by float64) float64 { return by * (2*c.rand.Float64() - 1) }
	x, y, near := sway(120), sway(70), 1+sway(.12)
	switch in.View {
	case CarFront:
		c.street(640 + y)
		c.carFace(pt{800 + x, 690 + y}, near, in, false)
	case CarRear:
		c.street(640 + y)
		c.carFace(pt{800 + x, 690 + y}, near, in, true)
	case CarDetail:
		c.street(60)
		c.carFace(pt{-190 + 3*x, 520 + 3*y}, 2.5*near, in, false)
	case CarLeft:
		c.street(600 + y)
		c.carSide(100+x, 520+y, 1.4*near, in.Colour, false, true)
	case CarRight:
		c.street(600 + y)
		c.carSide(100+x, 520+y, 1.4*near, in.Colour, true, false)
	case CarScene:
		c.street(520 + y)
		c.carSide(-40+x, 560+y, 0.86, in.Colour, false, false)
		c.carSide(800+x, 548+y, 0.86, color.RGBA{60, 84, 124, 255}, false, false)
		c.dent(846+x, 706+y, 60, 44)
		c.scratches(850+x, 716+y, 90, 50, 16)
		c.dent(778+x, 712+y, 52, 40)
		c.debris(800+x, 800+y, 34, 60)
	case WarehouseGate:
		c.gate(in.Sign)
	case WarehouseHall:
		c.hall(true)
	case WarehouseRacks:
		c.hall(false)
	case WarehouseGoods:
		c.goods()
	default:
		return nil, fmt.Errorf("draw a photo: unknown view %q", in.View)
	}
	blur(c.RGBA, 0.7)
	tone(c.RGBA, func(x, y float64) float64 { return 1.04 - 0.5*((x-0.5)*(x-0.5)+(y-0.5)*(y-0.5)) })
	noise(c.RGBA, c.rand, 5)
	if in.Caption != "" {
		st := style{size: 30, paint: ink(20, 20, 20)}
		c.text(42, 1158, in.Caption, st)
		st.paint = ink(250, 250, 240)
		c.text(40, 1156, in.Caption, st)
	}
	return encode(c, 84)
}

func rgba(r, g, b uint8) color.RGBA { return color.RGBA{r, g, b, 255} }

// street draws sky, houses, trees and the road from y = horizon downwards.
func (c *canvas) street(horizon float64) {
	c.fill(box(0, 0, 1600, horizon), gradient{rgba(146, 178, 208), rgba(222, 230, 234), 0, horizon})
	for x := -40.0; x < 1600; {
		w, h := 130+c.rand.Float64()*150, horizon*(0.3+0.5*c.rand.Float64())
		shade := uint8(150 + c.rand.IntN(60))
		c.fill(box(x, horizon-h, w, h), gradient{rgba(shade, shade-8, shade-18), rgba(shade-34, shade-40, shade-46), horizon - h, horizon})
		for wy := horizon - h + 24; wy < horizon-60; wy += 46 {
			for wx := x + 16; wx < x+w-30; wx += 40 {
				c.fill(box(wx, wy, 22, 28), glass(70, 90, 110, uint8(110+c.rand.IntN(90))))
			}
		}
		x += w + 8
	}
	for x := 0.0; x < 1640; x += 90 + c.rand.Float64()*120 {
		y, r := horizon-90, 52+c.rand.Float64()*30
		c.fill(box(x-6, y, 12, 90), ink(86, 66, 48))
		for range 9 {
			g := uint8(84 + c.rand.IntN(50))
			c.fill(ellipse(x+(c.rand.Float64()-0.5)*r*1.5, y+(c.rand.Float64()-0.7)*r*1.3, r*0.6, r*0.5), glass(50, g, 46, 220))
		}
	}
	c.fill(box(0, horizon-14, 1600, 30), ink(172, 168, 160))
	c.fill(box(0, horizon+16, 1600, 1200), gradient{rgba(104, 106, 110), rgba(72, 74, 78), horizon, 1200})
	for range 5200 { // grit
		x, y := c.rand.Float64()*1600, horizon+16+c.rand.Float64()*(1184-horizon)
		v := uint8(60 + c.rand.IntN(90))
		c.fill(box(x, y, 2+c.rand.Float64()*2, 1.5), glass(v, v, v, 120))
	}
	if horizon > 200 {
		for i := range 5 {
			x := -60 + 380*float64(i)
			c.fill(polygon(x, 1120, x+210, 1120, x+196, 1146, x-20, 1146), glass(226, 226, 214, 200))
		}
	}
}

// carSide draws a saloon from the side, in units of which it is 1000 long. It
// looks to the right, or to the left when mirrored.
func (c *canvas) carSide(x, y, s float64, paint color.RGBA, damaged, mirrored bool) {
	sx := s
	if mirrored {
		x, sx = x+1000*s, -s
	}
	put := func(p *path, paint image.Image) { c.fill(p.at(x, y, sx, s), paint) }
	line := func(width float64, paint image.Image, xy ...float64) {
		for i := 0; i < len(xy); i += 2 {
			xy[i], xy[i+1] = x+xy[i]*sx, y+xy[i+1]*s
		}
		c.stroke(width*s, paint, xy...)
	}
	c.glow(halo{10, 10, 12, 0.85, x + 500*sx, y + 298*s, 560 * s, 46 * s})
	light, dark := mix(paint, rgba(255, 255, 255), 0.35), mix(paint, rgba(0, 0, 0), 0.5)
	body := from(28, 222).to(16, 200, 18, 160, 34, 138).to(60, 122, 110, 116, 160, 114).to(215, 72, 265, 36, 345, 30).
		to(430, 22, 520, 22, 585, 36).to(640, 56, 690, 92, 728, 118).to(800, 122, 880, 132, 940, 152).to(970, 164, 982, 190, 978, 214).
		to(972, 240).to(864, 242).to(862, 195, 830, 163, 790, 163).to(750, 163, 718, 195, 716, 242).
		to(274, 242).to(272, 195, 240, 163, 200, 163).to(160, 163, 128, 195, 126, 242).to(34, 240)
	put(ellipse(200, 236, 76, 76), ink(14, 14, 16))
	put(ellipse(790, 236, 76, 76), ink(14, 14, 16))
	put(body, gradient{light, dark, y + 20*s, y + 250*s})
	// The light along the shoulder, the shade along the sill.
	put(from(60, 140).to(300, 122, 640, 122, 930, 158).to(640, 136, 300, 136, 60, 150), glass(255, 255, 255, 86))
	put(polygon(280, 216, 712, 216, 712, 242, 280, 242), glass(0, 0, 0, 70))
	// Glass.
	pane := gradient{rgba(52, 66, 82), rgba(120, 140, 156), y + 36*s, y + 118*s}
	put(from(232, 112).to(262, 70, 300, 48, 352, 44).to(455, 40).to(455, 114), pane)
	put(from(468, 40).to(540, 38, 580, 46, 606, 58).to(645, 80, 675, 98, 694, 116).to(468, 114), pane)
	put(polygon(300, 60, 340, 50, 290, 112, 262, 112), glass(255, 255, 255, 50))
	put(polygon(520, 46, 560, 50, 520, 114, 488, 114), glass(255, 255, 255, 50))
	// Doors.
	seam := glass(0, 0, 0, 150)
	line(2.5, seam, 462, 116, 464, 180, 456, 226)
	line(2.5, seam, 700, 118, 706, 160, 690, 226)
	line(2.5, seam, 250, 116, 262, 150, 282, 176)
	line(2, seam, 282, 226, 700, 226)
	put(rounded(400, 142, 42, 9, 4), ink(dark.R, dark.G, dark.B))
	put(rounded(640, 142, 42, 9, 4), ink(dark.R, dark.G, dark.B))
	put(from(666, 112).to(660, 92, 690, 92, 704, 104).to(706, 116, 690, 118, 666, 112), gradient{light, dark, y + 92*s, y + 118*s})
	// Lamps.
	put(from(966, 168).to(936, 152, 908, 148, 884, 148).to(900, 168, 930, 178, 972, 184), gradient{rgba(250, 250, 250), rgba(150, 160, 170), y + 148*s, y + 184*s})
	put(from(26, 154).to(44, 138, 70, 134, 92, 134).to(88, 158, 60, 168, 24, 172), gradient{rgba(214, 40, 40), rgba(120, 10, 14), y + 134*s, y + 172*s})
	line(3, glass(0, 0, 0, 120), 20, 206, 122, 214)
	line(3, glass(0, 0, 0, 120), 866, 208, 978, 204)
	for _, wheel := range []float64{200, 790} {
		put(ellipse(wheel, 236, 62, 62), ink(26, 26, 28))
		put(ellipse(wheel, 236, 42, 42), ink(150, 154, 160))
		put(ellipse(wheel, 236, 35, 35), ink(70, 72, 78))
		for i := range 7 {
			sin, cos := math.Sincos(float64(i) * 2 * math.Pi / 7)
			line(9, ink(176, 180, 186), wheel+8*cos, 236+8*sin, wheel+38*cos, 236+38*sin)
		}
		put(ellipse(wheel, 236, 9, 9), ink(190, 194, 200))
	}
	if damaged {
		c.dent(x+560*sx, y+176*s, 120*s, 46*s)
		c.scratches(x+540*sx, y+186*s, 260*s, 60*s, 26)
	}
}

// carFace draws a saloon from before or behind, about 1060 units wide, with
// its plate.
func (c *canvas) carFace(at pt, s float64, in Photo, rear bool) {
	put := func(p *path, paint image.Image) { c.fill(p.at(at.x, at.y, s, s), paint) }
	line := func(width float64, paint image.Image, xy ...float64) {
		for i := 0; i < len(xy); i += 2 {
			xy[i], xy[i+1] = at.x+xy[i]*s, at.y+xy[i+1]*s
		}
		c.stroke(width*s, paint, xy...)
	}
	light, dark := mix(in.Colour, rgba(255, 255, 255), 0.4), mix(in.Colour, rgba(0, 0, 0), 0.52)
	c.glow(halo{8, 8, 10, 0.9, at.x, at.y + 318*s, 640 * s, 70 * s})
	for _, side := range []float64{-1, 1} {
		put(rounded(side*438-58, 180, 116, 152, 26), gradient{rgba(40, 40, 42), rgba(14, 14, 16), at.y + 180*s, at.y + 330*s})
		put(from(side*400, -118).to(side*440, -160, side*520, -160, side*512, -112).to(side*505, -88, side*440, -84, side*400, -100), gradient{light, dark, at.y - 160*s, at.y - 90*s})
	}
	// Cabin and glass.
	put(from(-425, -96).to(-370, -250, -300, -330, -262, -344).to(-120, -366, 120, -366, 262, -344).to(300, -330, 370, -250, 425, -96), gradient{light, dark, at.y - 360*s, at.y + 120*s})
	put(from(-374, -104).to(-330, -226, -280, -300, -246, -312).to(-110, -332, 110, -332, 246, -312).to(280, -300, 330, -226, 374, -104), gradient{rgba(58, 74, 92), rgba(146, 166, 182), at.y - 320*s, at.y - 90*s})
	put(polygon(-200, -312, -90, -322, -230, -104, -330, -104), glass(255, 255, 255, 46))
	if !rear {
		put(polygon(60, -106, 90, -106, 240, -128, 250, -138, 236, -134), ink(24, 24, 26))
		put(polygon(-250, -106, -220, -106, -40, -128, -30, -138, -44, -134), ink(24, 24, 26))
	}
	// Body.
	put(from(-430, -100).to(-200, -128, 200, -128, 430, -100).to(500, -70, 528, 10, 532, 90).to(540, 180, 524, 246, 486, 262).to(300, 284, -300, 284, -486, 262).
		to(-524, 246, -540, 180, -532, 90).to(-528, 10, -500, -70, -430, -100), gradient{light, dark, at.y - 130*s, at.y + 300*s})
	put(from(-420, -90).to(-200, -116, 200, -116, 420, -90).to(200, -100, -200, -100, -420, -90), glass(255, 255, 255, 110))
	seam := glass(0, 0, 0, 130)
	if rear {
		c.rear(at, s, put, line)
		c.plate(in.Plate, at.x-150*s, at.y+26*s, 300*s)
	} else {
		line(3, seam, -400, -84, -330, 10, -260, 36)
		line(3, seam, 400, -84, 330, 10, 260, 36)
		put(polygon(-236, 36, 236, 36, 196, 122, -196, 122), gradient{rgba(16, 16, 18), rgba(44, 44, 48), at.y + 36*s, at.y + 122*s})
		for i := range 5 {
			y := 50 + 16*float64(i)
			line(3, ink(128, 132, 138), -228+7*float64(i), y, 228-7*float64(i), y)
		}
		put(ellipse(0, 78, 34, 30), ink(188, 192, 198))
		put(ellipse(0, 78, 26, 22), ink(60, 62, 68))
		for _, side := range []float64{-1, 1} {
			put(from(side*500, 0).to(side*430, 6, side*330, 24, side*262, 44).to(side*268, 84, side*300, 104, side*340, 108).to(side*420, 104, side*480, 84, side*516, 56), gradient{rgba(248, 250, 252), rgba(132, 144, 156), at.y, at.y + 110*s})
			put(ellipse(side*360, 70, 30, 28), gradient{rgba(230, 236, 242), rgba(90, 100, 112), at.y + 40*s, at.y + 100*s})
			put(ellipse(side*440, 56, 26, 24), gradient{rgba(230, 236, 242), rgba(90, 100, 112), at.y + 30*s, at.y + 80*s})
			put(rounded(side*400-62, 186, 124, 34, 14), ink(22, 22, 24))
			put(ellipse(side*400, 203, 15, 15), ink(206, 210, 214))
		}
		put(from(-260, 222).to(-200, 216, 200, 216, 260, 222).to(250, 258).to(120, 268, -120, 268, -250, 258), ink(18, 18, 20))
		line(3, seam, -528, 132, -300, 148, 300, 148, 528, 132)
		c.plate(in.Plate, at.x-150*s, at.y+152*s, 300*s)
		// What happened at its left (the reader's right).
		put(polygon(346, 96, 420, 70, 470, 96, 500, 150, 452, 190, 380, 176, 352, 140), ink(12, 12, 13))
		put(polygon(404, 110, 440, 96, 456, 130, 420, 160), ink(92, 96, 102))
		for range 7 {
			x, y := 360+c.rand.Float64()*130, 60+c.rand.Float64()*90
			put(polygon(x, y, x+20*c.rand.Float64(), y+8, x+6, y+22*c.rand.Float64()), glass(230, 240, 248, 210))
		}
		c.dent(at.x+400*s, at.y-10*s, 130*s, 60*s)
		c.dent(at.x+440*s, at.y+215*s, 90*s, 40*s)
		c.scratches(at.x+430*s, at.y+205*s, 180*s, 80*s, 22)
		line(4, glass(20, 20, 22, 220), 340, 148, 372, 176, 396, 168, 430, 198, 470, 190, 520, 212)
		c.debris(at.x+420*s, at.y+330*s, 20, 50*s)
	}
}

func (c *canvas) rear(at pt, s float64, put func(*path, image.Image), line func(float64, image.Image, ...float64)) {
	seam := glass(0, 0, 0, 130)
	line(3, seam, -392, -84, -350, 60, -330, 136, 330, 136, 350, 60, 392, -84)
	for _, side := range []float64{-1, 1} {
		put(from(side*520, -10).to(side*440, -22, side*340, -10, side*268, 6).to(side*258, 40, side*270, 64, side*290, 72).to(side*380, 84, side*470, 80, side*530, 64), gradient{rgba(224, 48, 44), rgba(112, 10, 12), at.y - 20*s, at.y + 80*s})
		put(from(side*430, 8).to(side*380, 10, side*330, 18, side*300, 26).to(side*300, 40, side*310, 46, side*320, 48).to(side*370, 50, side*410, 48, side*436, 42), glass(250, 232, 220, 190))
		put(rounded(side*330-46, 250, 92, 22, 10), ink(150, 152, 156))
		put(rounded(side*330-38, 254, 76, 14, 6), ink(20, 20, 22))
	}
	put(rounded(-250, 0, 500, 12, 5), ink(206, 210, 216))
	put(ellipse(0, -40, 34, 26), ink(196, 200, 206))
	put(ellipse(0, -40, 25, 18), ink(70, 74, 80))
	put(rounded(-176, 20, 352, 108, 10), glass(0, 0, 0, 110))
	line(3, seam, -534, 152, -300, 164, 300, 164, 534, 152)
	c.dent(at.x-330*s, at.y+205*s, 150*s, 50*s)
	c.dent(at.x-250*s, at.y+190*s, 70*s, 34*s)
	line(4, glass(16, 16, 18, 220), -470, 178, -420, 196, -380, 186, -330, 214, -270, 200, -226, 208)
	c.scratches(at.x-340*s, at.y+205*s, 240*s, 60*s, 24)
}

// plate draws a number plate (GA 36): blue, or green for a new-energy car.
func (c *canvas) plate(number string, x, y, w float64) {
	head, serial := plateParts(number)
	h := w * 140 / 440
	letter := ink(250, 250, 250)
	var ground image.Image = gradient{rgba(30, 84, 190), rgba(14, 56, 150), y, y + h}
	if len(serial) == 6 {
		ground, letter = gradient{rgba(236, 246, 238), rgba(70, 190, 110), y, y + h}, ink(16, 16, 16)
	}
	c.fill(rounded(x-2, y-2, w+4, h+4, h*0.12), glass(0, 0, 0, 120))
	c.fill(rounded(x, y, w, h, h*0.1), ground)
	c.frame(x+h*0.06, y+h*0.07, w-h*0.12, h*0.86, h*0.022, letter)
	st := style{size: h * 0.66, bold: true, paint: letter, space: h * 0.03}
	text := head + "·" + serial
	for c.width(text, st) > w*0.9 {
		st.size *= 0.97
	}
	c.centred(x+w/2, y+h/2, text, st)
}

// dent is where metal was pushed in: dark above, light below, and creases.
func (c *canvas) dent(x, y, rx, ry float64) {
	c.glow(halo{0, 0, 0, 0.62, x, y, rx, ry})
	c.glow(halo{255, 255, 255, 0.5, x + rx*0.12, y + ry*0.5, rx * 0.7, ry * 0.34})
	for range 6 {
		a := c.rand.Float64() * 2 * math.Pi
		sin, cos := math.Sincos(a)
		c.stroke(math.Max(1.5, ry*0.04), glass(10, 10, 12, 120), x+cos*rx*0.2, y+sin*ry*0.2,
			x+cos*rx*0.5+c.rand.Float64()*8, y+sin*ry*0.55, x+cos*rx*0.8, y+sin*ry*0.85)
	}
}

func (c *canvas) scratches(x, y, w, h float64, n int) {
	for range n {
		sx, sy := x+(c.rand.Float64()-0.5)*w, y+(c.rand.Float64()-0.5)*h
		l, drop := w*(0.1+0.3*c.rand.Float64()), (c.rand.Float64()-0.4)*h*0.3
		v := uint8(200 + c.rand.IntN(50))
		c.stroke(1+c.rand.Float64()*2.2, glass(v, v, v, uint8(120+c.rand.IntN(110))), sx, sy, sx+l*0.5, sy+drop*0.3, sx+l, sy+drop)
	}
}

// debris strews splinters of glass and plastic.
func (c *canvas) debris(x, y float64, n int, spread float64) {
	for range n {
		px, py := x+c.rand.NormFloat64()*spread*2.4, y+math.Abs(c.rand.NormFloat64())*spread*0.5
		r := 3 + c.rand.Float64()*9
		paint := glass(224, 232, 238, 220)
		if c.rand.IntN(3) == 0 {
			paint = glass(30, 30, 32, 230)
		}
		c.fill(polygon(px, py, px+r, py-r*0.4, px+r*1.4, py+r*0.3, px+r*0.3, py+r*0.5), paint)
	}
}

// gate draws a warehouse from outside, sooty over its door.
func (c *canvas) gate(sign string) {
	c.fill(box(0, 0, 1600, 700), gradient{rgba(150, 172, 196), rgba(216, 220, 222), 0, 700})
	c.fill(box(0, 800, 1600, 400), gradient{rgba(142, 140, 134), rgba(104, 102, 98), 800, 1200})
	c.fill(polygon(90, 330, 800, 150, 1510, 330, 1510, 860, 90, 860), gradient{rgba(196, 206, 212), rgba(150, 162, 170), 150, 860})
	for x := 90.0; x <= 1510; x += 24 {
		top := 330 - (1-math.Abs(x-800)/710)*180
		c.line(x, top, x, 860, 2, glass(60, 80, 96, 60))
	}
	c.fill(polygon(60, 340, 800, 146, 1540, 340, 1540, 308, 800, 112, 60, 308), ink(70, 96, 128))
	c.fill(box(520, 470, 560, 390), gradient{rgba(60, 62, 66), rgba(26, 26, 28), 470, 860})
	for y := 470.0; y < 640; y += 20 {
		c.fill(box(520, y, 560, 16), gradient{rgba(170, 176, 182), rgba(128, 134, 140), y, y + 16})
	}
	c.fill(box(440, 372, 720, 76), ink(28, 62, 120))
	c.centred(800, 410, sign, style{size: 44, bold: true, paint: ink(250, 250, 246), space: 4})
	for i := range 9 {
		c.glow(halo{14, 12, 12, 0.55, 560 + 60*float64(i), 470 - 30*c.rand.Float64(), 120 + 60*c.rand.Float64(), 110 + 120*c.rand.Float64()})
	}
	for range 26 {
		c.carton(540+c.rand.Float64()*520, 880+c.rand.Float64()*110, 40+c.rand.Float64()*50, true)
	}
	c.glow(halo{60, 74, 88, 0.7, 800, 1010, 620, 90})
}

// hall draws the inside: after a burst pipe, or after a fire.
func (c *canvas) hall(water bool) {
	vx, vy := 800.0, 470.0
	wall, floor := rgba(190, 194, 196), rgba(142, 138, 132)
	if !water {
		wall, floor = rgba(120, 112, 106), rgba(82, 76, 72)
	}
	shade := func(k color.RGBA, t float64) color.RGBA { return mix(k, rgba(0, 0, 0), t) }
	c.fill(box(0, 0, 1600, 1200), gradient{shade(wall, 0.45), shade(wall, 0.25), 0, 400})
	c.fill(polygon(0, 1200, 500, 640, 1100, 640, 1600, 1200), gradient{shade(floor, 0.3), floor, 640, 1200})
	c.fill(polygon(0, 130, 500, 330, 500, 640, 0, 1200), gradient{shade(wall, 0.2), shade(wall, 0.35), 130, 1200})
	c.fill(polygon(1600, 130, 1100, 330, 1100, 640, 1600, 1200), gradient{shade(wall, 0.16), shade(wall, 0.3), 130, 1200})
	c.fill(box(500, 330, 600, 310), gradient{wall, shade(wall, 0.15), 330, 640})
	c.fill(box(690, 430, 220, 210), gradient{rgba(226, 234, 240), rgba(190, 200, 206), 430, 640})
	for i := range 6 { // trusses
		t := math.Pow(0.72, float64(i))
		l, r, y := vx-820*t, vx+820*t, vy-360*t
		c.line(l, y, r, y, 14*t, ink(74, 78, 84))
		c.line(l, y-60*t, r, y-60*t, 10*t, ink(74, 78, 84))
		for k := range 10 {
			x := l + (r-l)*float64(k)/10
			c.line(x, y, x+(r-l)/20, y-60*t, 5*t, ink(84, 88, 94))
			c.line(x+(r-l)/20, y-60*t, x+(r-l)/10, y, 5*t, ink(84, 88, 94))
		}
		c.glow(halo{255, 250, 230, 0.75, vx, y + 26*t, 90 * t, 26 * t})
	}
	for i := 6; i >= 0; i-- { // racks, the farthest first
		t := math.Pow(0.78, float64(i))
		for _, side := range []float64{-1, 1} {
			x, foot, w, h := vx+side*720*t, vy+560*t, 250*t, 720*t
			for shelf := range 4 {
				y := foot - h*float64(shelf)/4
				for k := range 3 {
					if !water && c.rand.IntN(3) == 0 {
						continue
					}
					c.carton(x-w/2+w/3*float64(k)+4*t, y-2*t, w/3.3, !water && c.rand.IntN(3) > 0 || water && shelf == 0)
				}
				c.line(x-w/2, y, x+w/2, y, 11*t, ink(196, 104, 36))
			}
			for _, k := range []float64{-0.5, 0.5} {
				c.line(x+w*k, foot, x+w*k, foot-h, 12*t, ink(38, 74, 132))
			}
		}
	}
	if water {
		c.fill(polygon(0, 1200, 430, 720, 1170, 720, 1600, 1200), glass(96, 116, 132, 130))
		for range 60 {
			y := 730 + c.rand.Float64()*460
			w := (y - 640) * (0.1 + 0.3*c.rand.Float64())
			x := 800 + (c.rand.Float64()-0.5)*(y-500)*1.7
			c.fill(ellipse(x, y, w, 2+w*0.02), glass(226, 236, 242, 60))
		}
		for range 14 {
			y := 780 + c.rand.Float64()*340
			c.carton(800+(c.rand.Float64()-0.5)*(y-480)*1.4, y, (y-640)*0.22, true)
		}
		return
	}
	for range 12 {
		c.glow(halo{8, 7, 7, 0.6, c.rand.Float64() * 1600, 60 + c.rand.Float64()*420, 160 + 180*c.rand.Float64(), 120 + 160*c.rand.Float64()})
	}
	c.glow(halo{6, 6, 6, 0.75, 1180, 700, 420, 420})
	c.rubble(70)
}

// goods draws cartons from near by, the lower ones soaked and burst.
func (c *canvas) goods() {
	c.fill(box(0, 0, 1600, 1200), gradient{rgba(120, 120, 118), rgba(82, 80, 76), 0, 1200})
	c.fill(polygon(0, 1200, 0, 900, 1600, 860, 1600, 1200), gradient{rgba(112, 106, 98), rgba(70, 66, 62), 860, 1200})
	for row := range 4 {
		for column := range 5 {
			x := 70 + 300*float64(column) + 26*float64(row%2) + c.rand.Float64()*16
			c.carton(x, 980-215*float64(row), 270, row < 2 || c.rand.IntN(4) == 0)
		}
	}
	for i := range 26 {
		c.glow(halo{30, 22, 16, 0.4, 60 + 62*float64(i), 900 + c.rand.Float64()*90, 80 + 60*c.rand.Float64(), 60})
	}
	c.fill(polygon(0, 1200, 0, 1010, 700, 990, 1600, 1020, 1600, 1200), glass(84, 100, 112, 150))
	for range 34 {
		c.fill(ellipse(c.rand.Float64()*1600, 1020+c.rand.Float64()*160, 40+120*c.rand.Float64(), 2.5), glass(228, 236, 240, 70))
	}
	c.rubble(26)
}

// carton draws a box that stands at the foot line y; spoiled ones are dark,
// stained and crushed.
func (c *canvas) carton(x, y, w float64, spoiled bool) {
	h := w * (0.7 + 0.16*c.rand.Float64())
	base := rgba(uint8(184+c.rand.IntN(26)), uint8(142+c.rand.IntN(20)), uint8(92+c.rand.IntN(20)))
	sag := 0.0
	if spoiled {
		base, sag = mix(base, rgba(40, 32, 26), 0.45+0.3*c.rand.Float64()), h*0.16*c.rand.Float64()
	}
	c.fill(polygon(x, y, x+w, y, x+w-sag*0.5, y-h+sag, x+sag*0.4, y-h), gradient{mix(base, rgba(255, 255, 255), 0.1), mix(base, rgba(0, 0, 0), 0.2), y - h, y})
	c.fill(polygon(x+sag*0.4, y-h, x+w-sag*0.5, y-h+sag, x+w-sag*0.5+w*0.1, y-h+sag-h*0.1, x+w*0.1, y-h-h*0.1), ink(mix(base, rgba(255, 255, 255), 0.22).R, mix(base, rgba(255, 255, 255), 0.22).G, mix(base, rgba(255, 255, 255), 0.22).B))
	c.fill(polygon(x+w*0.46, y, x+w*0.54, y, x+w*0.54, y-h+sag*0.5, x+w*0.46, y-h+sag*0.4), glass(214, 190, 146, 120))
	c.fill(box(x+w*0.1, y-h*0.42, w*0.24, h*0.22), glass(238, 236, 228, 190))
	c.stroke(math.Max(1, w*0.008), glass(30, 20, 10, 110), x, y, x+w, y, x+w-sag*0.5, y-h+sag)
	if spoiled {
		c.glow(halo{18, 14, 12, 0.6, x + w*(0.2+0.6*c.rand.Float64()), y - h*0.15, w * 0.5, h * 0.5})
	}
}

func (c *canvas) rubble(n int) {
	for range n {
		x, y := c.rand.Float64()*1600, 1000+c.rand.Float64()*190
		r := 10 + c.rand.Float64()*46
		v := uint8(16 + c.rand.IntN(50))
		c.fill(polygon(x, y, x+r*0.8, y-r*0.5, x+r*1.7, y-r*0.2, x+r*1.9, y+r*0.2, x+r*0.6, y+r*0.35), ink(v+8, v+4, v))
	}
}
