package specimen

import (
	"image/color"
	"math"
	"strings"
)

// Vehicle is what a vehicle licence (机动车行驶证) says on its front.
type Vehicle struct {
	Plate      string // 粤B12345
	Type       string // 小型轿车
	Owner      string
	Address    string
	Use        string // 非营运
	Model      string // 样例牌YL7150A
	VIN        string
	EngineNo   string
	Registered string // 2006-01-02
	Issued     string
	Bureau     string // 广东省深圳市公安局交通警察局
	Quality    Quality
	Seed       uint64
}

// Driver is what a driving licence (机动车驾驶证) says on its front.
type Driver struct {
	Number      string // a citizen number, see [Citizen]
	Name        string
	Sex         string // 男, 女
	Address     string
	Born        string // 2006-01-02
	FirstIssued string
	Class       string // C1
	ValidFrom   string
	ValidUntil  string
	Bureau      string
	Quality     Quality
	Seed        uint64
}

// VehicleLicence draws the front of a vehicle licence, 1260 pixels wide.
func VehicleLicence(in Vehicle) ([]byte, error) {
	c, err := newCard(in.Seed, color.RGBA{238, 246, 246, 255}, color.RGBA{150, 196, 200, 255})
	if err != nil {
		return nil, err
	}
	c.heading("中华人民共和国机动车行驶证", "Vehicle License of the People's Republic of China")
	c.entry(44, 190, 150, "号牌号码", "Plate No.", in.Plate, 330)
	c.entry(600, 190, 150, "车辆类型", "Vehicle Type", in.Type, 454)
	c.entry(44, 284, 150, "所有人", "Owner", in.Owner, 1010)
	c.entry(44, 378, 150, "住址", "Address", in.Address, 1010)
	c.entry(44, 472, 150, "使用性质", "Use Character", in.Use, 210)
	c.entry(480, 472, 150, "品牌型号", "Model", in.Model, 574)
	c.entry(380, 566, 210, "车辆识别代号", "VIN", in.VIN, 614)
	c.entry(380, 660, 210, "发动机号码", "Engine No.", in.EngineNo, 614)
	c.entry(380, 754, 150, "注册日期", "Register Date", in.Registered, 240)
	c.entry(820, 754, 150, "发证日期", "Issue Date", in.Issued, 234)
	c.squareSeal(54, 560, 276, in.Bureau)
	return c.finish(in.Quality)
}

// DrivingLicence draws the front of a driving licence, 1260 pixels wide.
func DrivingLicence(in Driver) ([]byte, error) {
	c, err := newCard(in.Seed, color.RGBA{240, 245, 238, 255}, color.RGBA{168, 200, 164, 255})
	if err != nil {
		return nil, err
	}
	c.heading("中华人民共和国机动车驾驶证", "Driving License of the People's Republic of China")
	c.text(330, 172, "证号", style{size: 32, paint: black})
	c.text(420, 172, in.Number, style{size: 38, paint: black, space: 2})
	c.entry(44, 238, 110, "姓名", "Name", in.Name, 330)
	c.entry(540, 238, 90, "性别", "Sex", in.Sex, 100)
	c.entry(790, 238, 130, "国籍", "Nationality", "中国", 280)
	c.entry(44, 326, 110, "住址", "Address", in.Address, 1050)
	c.entry(380, 430, 190, "出生日期", "Date of Birth", in.Born, 290)
	c.entry(380, 530, 220, "初次领证日期", "Date of First Issue", in.FirstIssued, 260)
	c.entry(380, 630, 150, "准驾车型", "Class", in.Class, 330)
	c.entry(44, 756, 150, "有效期限", "Valid Period", in.ValidFrom+" 至 "+in.ValidUntil, 560)
	c.squareSeal(54, 412, 276, in.Bureau)
	c.portrait(940, 400, 262, 350)
	return c.finish(in.Quality)
}

func newCard(seed uint64, ground, wave color.RGBA) (*canvas, error) {
	c, err := newCanvas(1260, 850, color.RGBA{252, 252, 250, 255}, seed)
	if err != nil {
		return nil, err
	}
	c.fill(rounded(6, 6, 1248, 838, 26), gradient{ground, mix(ground, color.RGBA{255, 255, 255, 255}, 0.55), 0, 850})
	// The waves of a banknote, so faint that they disturb nobody.
	for row := range 34 {
		var xy []float64
		y := 24 + 25*float64(row)
		for x := 16.0; x <= 1244; x += 12 {
			xy = append(xy, x, y+9*math.Sin(x/61+float64(row)*0.9)+4*math.Sin(x/23))
		}
		c.stroke(1, glass(wave.R, wave.G, wave.B, 74), xy...)
	}
	for i := range 3 {
		c.ring(630, 500, 190+26*float64(i), 190+26*float64(i), 1, glass(wave.R, wave.G, wave.B, 84))
	}
	return c, nil
}

func (c *canvas) heading(title, english string) {
	c.centred(630, 66, title, style{size: 50, paint: black, space: 3, bold: true})
	c.centred(630, 116, english, style{size: 27, paint: ink(60, 60, 66)})
}

// entry is a label in two languages and a value on a line of its own.
func (c *canvas) entry(x, y, labelWidth float64, label, english, value string, width float64) {
	c.spread(x, y-8, labelWidth-30, label, style{size: 26, paint: ink(44, 92, 104)})
	c.text(x, y+20, english, style{size: 17, paint: ink(84, 116, 122)})
	c.text(x+labelWidth+8, y-4, value, style{size: 35, paint: black, space: 1})
	c.line(x+labelWidth, y+32, x+labelWidth+width, y+32, 1.5, ink(150, 170, 172))
}

// squareSeal is the seal that the traffic police print on licences.
func (c *canvas) squareSeal(x, y, side float64, bureau string) {
	c.frame(x, y, side, side, 5, red)
	letters, rows := []rune(bureau), 3
	if len(letters) > 12 {
		rows = 4
	}
	each := (len(letters) + rows - 1) / rows
	step := side / float64(rows)
	for i := range rows {
		line := letters[min(i*each, len(letters)):min((i+1)*each, len(letters))]
		size := min(step*0.66, (side-30)/float64(max(each, 1)))
		if len(line) > 1 {
			c.spread(x+15, y+step*(float64(i)+0.5), (side-30)*float64(len(line))/float64(each), string(line), style{size: size, paint: red})
		} else {
			c.text(x+15, y+step*(float64(i)+0.5), string(line), style{size: size, paint: red})
		}
	}
}

// portrait draws nobody.
func (c *canvas) portrait(x, y, w, h float64) {
	c.fill(box(x, y, w, h), gradient{color.RGBA{206, 222, 238, 255}, color.RGBA{176, 198, 222, 255}, y, y + h})
	skin, hair := ink(222, 188, 160), ink(48, 42, 40)
	c.fill(from(x+w*0.08, y+h).to(x+w*0.1, y+h*0.74, x+w*0.3, y+h*0.72, x+w*0.4, y+h*0.68).to(x+w*0.6, y+h*0.68).
		to(x+w*0.7, y+h*0.72, x+w*0.9, y+h*0.74, x+w*0.92, y+h), ink(58, 76, 108))
	c.fill(polygon(x+w*0.4, y+h*0.6, x+w*0.6, y+h*0.6, x+w*0.62, y+h*0.7, x+w*0.5, y+h*0.77, x+w*0.38, y+h*0.7), skin)
	c.fill(ellipse(x+w*0.5, y+h*0.36, w*0.25, h*0.25), hair)
	c.fill(ellipse(x+w*0.5, y+h*0.43, w*0.205, h*0.225), skin)
	c.fill(from(x+w*0.28, y+h*0.38).to(x+w*0.4, y+h*0.22, x+w*0.62, y+h*0.24, x+w*0.72, y+h*0.38).to(x+w*0.72, y+h*0.2, x+w*0.28, y+h*0.16, x+w*0.28, y+h*0.38), hair)
	c.frame(x, y, w, h, 2, ink(120, 140, 160))
}

// plateParts splits a plate as it is stamped: 粤B and 12345.
func plateParts(plate string) (head, serial string) {
	r := []rune(strings.ReplaceAll(plate, "·", ""))
	if len(r) < 3 {
		return plate, ""
	}
	return string(r[:2]), string(r[2:])
}
