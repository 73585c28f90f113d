package specimen

import (
	"fmt"
	"image"
	"image/color"
	"maps"
	"math/rand/v2"
	"strings"
)

// Drawn is one specimen of a set: a file, and what stands on it by the names
// that the manifests of such sets use.
type Drawn struct {
	Name  string // of the file
	Type  string // vehicle_license, vat_invoice, …; with /bad at its end it cannot be read
	Bytes []byte
	Truth map[string]string
}

// kinds of the papers in a set, in turn.
var kinds = []string{
	"vehicle_license", "driver_license", "id_card", "bank_card", "business_license", "accident_certificate", "repair_estimate",
	"medical_receipt", "vin_plate", "vat_invoice", "receipt_en", "claim_form", "plate_photo", "vehicle_license_back", "id_card_back",
}

// Set draws the n-th specimen of a set. Kinds follow each other; layout,
// typeface, quality and values are drawn by lot. With apart they come from the
// layouts and typefaces that the reader was not developed on. One specimen in
// twelve is spoiled so that nobody can read it.
func Set(n int, seed uint64, apart bool) (Drawn, error) {
	return one(n, seed, apart, n%12 == 11)
}

// Spoiled draws the n-th of a set of pictures that nobody can read.
func Spoiled(n int, seed uint64, apart bool) (Drawn, error) { return one(n, seed, apart, true) }

func one(n int, seed uint64, apart, spoiled bool) (Drawn, error) {
	m := &maker{rand: rand.New(rand.NewPCG(seed, uint64(n))), apart: apart, seed: seed + uint64(n)*7}
	kind := kinds[n%len(kinds)]
	m.quality = []Quality{Clean, Scan, Phone, Phone}[m.rand.IntN(4)]
	how := layout(m.rand.IntN(4))
	if apart {
		how = stacked + layout(m.rand.IntN(3))
	}
	d := Drawn{Type: kind, Truth: map[string]string{}}
	f, err := m.draw(kind, how, d.Truth)
	if err != nil {
		return Drawn{}, err
	}
	var img image.Image = f
	switch m.quality {
	case Scan:
		img = scanned(f)
	case Phone:
		img = photographed(f)
	case Clean, Bad:
	}
	if spoiled && kind != "plate_photo" {
		d.Type, d.Truth = kind+"/bad", map[string]string{}
		img = m.spoil(f)
	} else if kind != "plate_photo" && m.rand.IntN(8) == 0 {
		img = quarter(img, 1+m.rand.IntN(3))
	}
	d.Name = fmt.Sprintf("%03d_%s.jpg", n, strings.ReplaceAll(d.Type, "/", "_"))
	d.Bytes, err = encode(img, 82+m.rand.IntN(12))
	return d, err
}

// maker invents what stands on specimens.
type maker struct {
	rand    *rand.Rand
	apart   bool
	seed    uint64
	quality Quality
}

func (m *maker) pick(of ...string) string { return of[m.rand.IntN(len(of))] }

func (m *maker) digits(n int) string {
	var b strings.Builder
	for i := range n {
		d := m.rand.IntN(10)
		if i == 0 && d == 0 {
			d = 1
		}
		b.WriteByte(byte('0' + d))
	}
	return b.String()
}

func (m *maker) letters(n int) string {
	const of = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
	var b strings.Builder
	for range n {
		b.WriteByte(of[m.rand.IntN(len(of))])
	}
	return b.String()
}

func (m *maker) name() string {
	return m.pick("测试", "样例", "王", "李", "张", "陈", "林", "何", "吴", "欧阳") + m.pick("甲", "乙", "志强", "丽华", "建国", "思远", "敏", "秀英", "晓东", "梦洁")
}

func (m *maker) place() (province, city, district, code string) {
	p := [][4]string{
		{"广东省", "深圳市", "南山区", "440305"},
		{"浙江省", "杭州市", "上城区", "330102"},
		{"四川省", "成都市", "锦江区", "510104"},
		{"山东省", "青岛市", "市北区", "370203"},
		{"江苏省", "苏州市", "虎丘区", "320505"},
		{"湖北省", "武汉市", "江岸区", "420102"},
		{"福建省", "厦门市", "思明区", "350203"},
		{"陕西省", "西安市", "雁塔区", "610113"},
	}[m.rand.IntN(8)]
	return p[0], p[1], p[2], p[3]
}

func (m *maker) address() string {
	p, c, d, _ := m.place()
	return p + c + d + m.pick("样例路", "测试大道", "人民东路", "滨江街", "文昌巷") + m.digits(2+m.rand.IntN(2)) + "号" + m.pick("", m.digits(1)+"栋"+m.digits(3)+"室", m.digits(1)+"幢"+m.digits(1)+"单元"+m.digits(3)+"室")
}

func (m *maker) company(of string) string {
	_, c, _, _ := m.place()
	return c + m.pick("样例", "测试", "顺达", "恒信", "鑫诚", "众合") + of + m.pick("有限公司", "有限责任公司")
}

func (m *maker) day(from, to int) (year, month, day int) {
	return from + m.rand.IntN(to-from+1), 1 + m.rand.IntN(12), 1 + m.rand.IntN(28)
}

func (m *maker) date(from, to int) string {
	y, mo, d := m.day(from, to)
	return fmt.Sprintf("%d-%02d-%02d", y, mo, d)
}

func (m *maker) plate() string {
	serial := m.pick("A", "B", "D", "F", "K", "") + m.digits(5)
	if m.rand.IntN(3) > 0 {
		serial = m.letters(5)
		serial = strings.NewReplacer("I", "1", "O", "0").Replace(serial[:4]) + m.digits(1)
	} else if len(serial) == 6 && serial[0] >= 'A' {
		return m.pick("粤", "京", "沪", "浙", "苏", "川", "鲁", "鄂") + m.pick("A", "B", "C", "E") + m.pick("D", "F") + m.digits(5)
	}
	return m.pick("粤", "京", "沪", "浙", "苏", "川", "鲁", "鄂", "皖", "闽", "陕", "津") + m.pick("A", "B", "C", "E", "F") + serial[:5]
}

func (m *maker) vin() string { return VIN("LSV" + m.letters(5) + "0" + m.letters(2) + m.digits(6)) }

func (m *maker) citizen() (number, born, sex string) {
	_, _, _, code := m.place()
	y, mo, d := m.day(1955, 2004)
	serial := m.digits(3)
	sex = "女"
	if (serial[2]-'0')%2 == 1 {
		sex = "男"
	}
	return Citizen(fmt.Sprintf("%s%d%02d%02d%s", code, y, mo, d, serial)), fmt.Sprintf("%d-%02d-%02d", y, mo, d), sex
}

func (m *maker) credit() string {
	_, _, _, code := m.place()
	return CreditCode("91" + code + "MA" + m.letters(7))
}

func (m *maker) card() (number, bank string) {
	b := [][2]string{{"622848", "中国农业银行"}, {"622202", "中国工商银行"}, {"621700", "中国建设银行"}, {"621661", "中国银行"}, {"622588", "招商银行"}, {"622262", "交通银行"}}[m.rand.IntN(6)]
	n := 18
	if b[0] == "622588" {
		n = 15
	}
	s := b[0] + m.digits(n-6)
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return s + string(rune('0'+(10-sum%10)%10)), b[1]
}

func chinese(date string) string {
	p := strings.Split(date, "-")
	return p[0] + "年" + p[1] + "月" + p[2] + "日"
}

// draw draws one paper and says in truth what stands on it.
func (m *maker) draw(kind string, how layout, truth map[string]string) (*canvas, error) {
	switch kind {
	case "bank_card":
		return m.bankCard(truth)
	case "plate_photo":
		return m.platePhoto(truth)
	case "receipt_en":
		return m.till(truth)
	case "id_card", "id_card_back":
		return m.idCard(kind == "id_card_back", truth)
	case "vin_plate":
		return m.vinPlate(how, truth)
	}
	draw := map[string]func(layout, map[string]string) (*form, error){
		"vehicle_license": m.vehicle, "vehicle_license_back": m.vehicleBack, "driver_license": m.driver, "business_license": m.business,
		"accident_certificate": m.accident, "repair_estimate": m.estimate, "medical_receipt": m.medical, "vat_invoice": m.invoice, "claim_form": m.claim,
	}[kind]
	f, err := draw(how, truth)
	if err != nil {
		return nil, err
	}
	return f.cut(), nil
}

// cut returns the paper as far as something stands on it.
func (f *form) cut() *canvas {
	h := min(f.Bounds().Dy(), int(f.y+f.size*2))
	out := &canvas{image.NewRGBA(image.Rect(0, 0, f.Bounds().Dx(), h)), f.fonts, f.rand}
	copy(out.Pix, f.Pix[:h*f.Stride])
	return out
}

func (m *maker) vehicle(how layout, truth map[string]string) (*form, error) {
	f, err := newForm(1240, 1100, m.seed, m.apart, how, "中华人民共和国机动车行驶证", color.RGBA{246, 250, 250, 255})
	if err != nil {
		return nil, err
	}
	truth["plate_no"], truth["vehicle_type"] = m.plate(), m.pick("小型轿车", "小型普通客车", "轻型厢式货车", "中型普通客车", "重型半挂牵引车")
	truth["owner"], truth["address"], truth["use_character"] = m.pick(m.name(), m.company("物流")), m.address(), m.pick("非营运", "货运", "租赁", "预约出租客运")
	truth["model"], truth["vin"], truth["engine_no"] = m.pick("样例牌YL", "比亚迪牌BYD", "大众牌SVW", "东风牌DFL", "长城牌CC")+m.digits(4)+m.pick("A", "BEV", "M2", "KMF"), m.vin(), m.pick("E", "4G", "B15")+m.digits(6)
	truth["register_date"], truth["issue_date"] = m.date(2010, 2019), m.date(2020, 2025)
	f.entries(
		entry{label: "号牌号码", english: "Plate No.", value: truth["plate_no"]}, entry{label: "车辆类型", english: "Vehicle Type", value: truth["vehicle_type"]},
		entry{label: "所有人", english: "Owner", value: truth["owner"], wide: true}, entry{label: "住址", english: "Address", value: truth["address"], wide: true},
		entry{label: "使用性质", english: "Use Character", value: truth["use_character"]}, entry{label: "品牌型号", english: "Model", value: truth["model"]},
		entry{label: "车辆识别代号", english: "VIN", value: truth["vin"], wide: true}, entry{label: "发动机号码", english: "Engine No.", value: truth["engine_no"], wide: true},
		entry{label: "注册日期", english: "Register Date", value: truth["register_date"]}, entry{label: "发证日期", english: "Issue Date", value: truth["issue_date"]},
	)
	return f, nil
}

func (m *maker) vehicleBack(how layout, truth map[string]string) (*form, error) {
	f, err := newForm(1240, 1000, m.seed, m.apart, how, "中华人民共和国机动车行驶证副页", color.RGBA{246, 250, 250, 255})
	if err != nil {
		return nil, err
	}
	truth["plate_no"], truth["file_no"], truth["seats"] = m.plate(), m.digits(12), m.pick("5", "7", "9")+"人"
	truth["gross_mass"], truth["curb_mass"] = m.digits(4)+"kg", m.digits(4)+"kg"
	truth["dimensions"] = "4" + m.digits(3) + "×18" + m.digits(2) + "×15" + m.digits(2) + "mm"
	f.entries(
		entry{label: "号牌号码", english: "Plate No.", value: truth["plate_no"]}, entry{label: "档案编号", english: "File No.", value: truth["file_no"]},
		entry{label: "核定载人数", english: "Approved Passengers", value: truth["seats"]}, entry{label: "总质量", english: "Gross Mass", value: truth["gross_mass"]},
		entry{label: "整备质量", english: "Unladen Mass", value: truth["curb_mass"]}, entry{label: "核定载质量", english: "Approved Load", value: "--"},
		entry{label: "外廓尺寸", english: "Overall Dimension", value: truth["dimensions"], wide: true},
		entry{label: "检验记录", english: "Inspection", value: "检验有效期至2027年" + m.pick("03", "06", "11") + "月", wide: true},
	)
	for _, name := range []string{"seats", "gross_mass", "curb_mass", "dimensions"} {
		truth[name] = strings.TrimRight(truth[name], "人kgm")
	}
	return f, nil
}

func (m *maker) driver(how layout, truth map[string]string) (*form, error) {
	f, err := newForm(1240, 1000, m.seed, m.apart, how, "中华人民共和国机动车驾驶证", color.RGBA{248, 252, 248, 255})
	if err != nil {
		return nil, err
	}
	truth["license_no"], truth["birth_date"], truth["sex"] = m.citizen()
	truth["name"], truth["address"], truth["first_issue_date"] = m.name(), m.address(), m.date(2006, 2015)
	truth["vehicle_class"], truth["valid_from"], truth["valid_to"] = m.pick("C1", "C2", "B2", "A2", "C1E", "A1"), m.date(2018, 2021), m.date(2028, 2031)
	f.right -= 300
	y := f.y
	f.entries(
		entry{label: "证号", english: "License No.", value: truth["license_no"], wide: true},
		entry{label: "姓名", english: "Name", value: truth["name"]}, entry{label: "性别", english: "Sex", value: truth["sex"]},
		entry{label: "住址", english: "Address", value: truth["address"], wide: true},
		entry{label: "出生日期", english: "Date of Birth", value: truth["birth_date"], wide: true},
		entry{label: "初次领证日期", english: "Date of First Issue", value: truth["first_issue_date"], wide: true},
		entry{label: "准驾车型", english: "Class", value: truth["vehicle_class"], wide: true},
		entry{label: "有效期限", english: "Valid Period", value: truth["valid_from"] + " 至 " + truth["valid_to"], wide: true},
	)
	f.portrait(940, y+60, 230, 300)
	return f, nil
}

func (m *maker) idCard(back bool, truth map[string]string) (*canvas, error) {
	c, err := newCanvas(1014, 640, color.RGBA{240, 244, 248, 255}, m.seed)
	if err != nil {
		return nil, err
	}
	if c.fonts, err = chosen(int(m.seed%9), m.apart); err != nil {
		return nil, err
	}
	label, text := style{size: 27, paint: ink(40, 110, 170)}, style{size: 33, paint: black, space: 1}
	if back {
		p, city, _, _ := m.place()
		truth["authority"], truth["valid_from"] = city+"公安局"+m.pick("南山分局", "上城分局", "锦江分局"), strings.ReplaceAll(m.date(2012, 2019), "-", ".")
		truth["valid_to"] = fmt.Sprintf("20%d%s", 30+m.rand.IntN(9), truth["valid_from"][4:])
		_ = p
		c.centred(560, 120, "中华人民共和国", style{size: 50, paint: black, space: 6})
		c.centred(560, 210, "居民身份证", style{size: 66, paint: black, space: 10})
		c.star(160, 150, 80, red)
		c.text(250, 460, "签发机关", label)
		c.text(420, 460, truth["authority"], text)
		c.text(250, 545, "有效期限", label)
		c.text(420, 545, truth["valid_from"]+"-"+truth["valid_to"], text)
		return c, nil
	}
	number, born, sex := m.citizen()
	p := strings.Split(born, "-")
	truth["name"], truth["sex"], truth["nation"], truth["birth_year"] = m.name(), sex, m.pick("汉", "回", "满", "壮"), p[0]
	truth["address"], truth["id_no"] = m.address(), number
	x := 70.0
	c.text(x, 90, "姓 名", label)
	c.text(x+110, 90, truth["name"], style{size: 40, paint: black, space: 3})
	c.text(x, 165, "性 别", label)
	c.text(x+110, 165, sex, text)
	c.text(x+230, 165, "民 族", label)
	c.text(x+340, 165, truth["nation"], text)
	c.text(x, 240, "出 生", label)
	at := x + 110
	for i, part := range []string{p[0], strings.TrimLeft(p[1], "0"), strings.TrimLeft(p[2], "0")} {
		c.text(at, 240, part, text)
		at += c.width(part, text) + 12
		c.text(at, 240, []string{"年", "月", "日"}[i], label)
		at += 42
	}
	c.text(x, 315, "住 址", label)
	for i, line := range c.wrapped(truth["address"], 430, text) {
		c.text(x+110, 315+46*float64(i), line, text)
	}
	c.text(x, 555, "公民身份号码", label)
	c.text(x+250, 555, number, style{size: 42, paint: black, space: 5})
	c.portrait(700, 80, 240, 310)
	return c, nil
}

func (m *maker) bankCard(truth map[string]string) (*canvas, error) {
	ground := []color.RGBA{{150, 30, 40, 255}, {20, 90, 70, 255}, {30, 60, 130, 255}, {210, 180, 110, 255}, {70, 70, 78, 255}, {228, 232, 236, 255}}[m.rand.IntN(6)]
	c, err := newCanvas(1000, 630, color.RGBA{110, 104, 98, 255}, m.seed)
	if err != nil {
		return nil, err
	}
	if c.fonts, err = chosen(int(m.seed%9), m.apart); err != nil {
		return nil, err
	}
	c.fill(rounded(20, 15, 960, 600, 36), gradient{ground, mix(ground, color.RGBA{255, 255, 255, 255}, 0.22), 0, 630})
	letter := ink(250, 250, 246)
	if int(ground.R)+int(ground.G)+int(ground.B) > 450 {
		letter = ink(30, 30, 34)
	}
	number, bank := m.card()
	truth["card_no"], truth["bank"], truth["valid_thru"] = number, bank, fmt.Sprintf("%02d/%d", 1+m.rand.IntN(12), 26+m.rand.IntN(9))
	c.text(70, 90, bank, style{size: 46, paint: letter, space: 3})
	c.fill(rounded(90, 180, 120, 92, 12), gradient{color.RGBA{230, 206, 130, 255}, color.RGBA{190, 160, 84, 255}, 180, 272})
	shown := ""
	for i := 0; i < len(number); i += 4 {
		shown += number[i:min(i+4, len(number))] + " "
	}
	if m.rand.IntN(3) == 0 {
		shown = number[:6] + " " + number[6:]
	}
	shown = strings.TrimSpace(shown)
	st := style{size: 56, paint: letter, space: 2, bold: true}
	for c.width(shown, st) > 850 {
		st.size *= 0.96
	}
	c.text(72, 372, shown, st)
	c.text(360, 462, m.pick("VALID THRU", "MONTH/YEAR", "有效期 THRU"), style{size: 20, paint: letter})
	c.text(530, 462, truth["valid_thru"], style{size: 36, paint: letter})
	c.text(72, 548, m.pick("储蓄卡 DEBIT", "借记卡", "DEBIT CARD"), style{size: 28, paint: letter})
	c.fill(rounded(770, 500, 160, 90, 10), ink(10, 96, 120))
	c.centred(850, 526, "UnionPay", style{size: 28, paint: ink(255, 255, 255)})
	c.centred(850, 564, "银联", style{size: 28, paint: ink(255, 255, 255)})
	return c, nil
}

func (m *maker) business(how layout, truth map[string]string) (*form, error) {
	f, err := newForm(1500, 1300, m.seed, m.apart, how, m.pick("营业执照", "营 业 执 照"), color.RGBA{252, 250, 240, 255})
	if err != nil {
		return nil, err
	}
	truth["uscc"], truth["name"] = m.credit(), m.company(m.pick("汽车维修", "物流", "商贸", "餐饮管理"))
	truth["type"], truth["legal_rep"] = m.pick("有限责任公司", "有限责任公司(自然人独资)", "个体工商户", "有限责任公司(自然人投资或控股)"), m.name()
	truth["registered_capital"], truth["established"], truth["address"] = m.pick("壹佰万元整", "伍佰万元整", "叁仟万元整", "500万元人民币"), chinese(m.date(2005, 2022)), m.address()
	f.centred(750, f.y-f.size*0.3, m.pick("（副本）", "(副 本)"), style{size: f.size * 0.9, paint: f.text})
	f.y += f.size * 1.5
	f.entries(
		entry{label: "统一社会信用代码", english: "Credit Code", value: truth["uscc"], wide: true},
		entry{label: "名称", english: "Name", value: truth["name"], wide: true},
		entry{label: "类型", english: "Type", value: truth["type"]}, entry{label: "注册资本", english: "Capital", value: truth["registered_capital"]},
		entry{label: "法定代表人", english: "Representative", value: truth["legal_rep"]}, entry{label: "成立日期", english: "Established", value: truth["established"]},
		entry{label: "住所", english: "Address", value: truth["address"], wide: true},
		entry{label: "经营范围", english: "Scope", value: "汽车修理；汽车零配件销售；道路货物运输。", wide: true},
	)
	f.write(f.right-f.size*14, f.y+f.size*2.4, "登记机关", style{size: f.size, paint: f.text})
	f.seal(f.right-f.size*5, f.y+f.size*3, f.size*3, "测试市市场监督管理局", "")
	f.y += f.size * 6
	return f, nil
}

func (m *maker) accident(how layout, truth map[string]string) (*form, error) {
	f, err := newForm(1240, 1700, m.seed, m.apart, how, m.pick("道路交通事故认定书（简易程序）", "道路交通事故认定书"), color.White)
	if err != nil {
		return nil, err
	}
	_, city, district, _ := m.place()
	a, b := m.name(), m.name()
	for b == a {
		b = m.name()
	}
	y, mo, d := m.day(2023, 2025)
	truth["certificate_no"] = "第" + m.digits(17) + "号"
	truth["accident_time"] = fmt.Sprintf("%d年%02d月%02d日%02d时%02d分", y, mo, d, m.rand.IntN(24), m.rand.IntN(60))
	truth["location"] = city + district + m.pick("样例路与测试路交叉口", "滨海大道东向西第二车道", "人民路88号门前")
	truth["party_a"], truth["party_b"], truth["plate_a"], truth["plate_b"] = a, b, m.plate(), m.plate()
	truth["party_a_id"], _, _ = m.citizen()
	truth["party_b_id"], _, _ = m.citizen()
	truth["policy_no"] = "PDAA" + m.digits(16)
	share := m.pick("全部,无", "主要,次要", "同等,同等")
	one, two, _ := strings.Cut(share, ",")
	truth["liability_a"], truth["liability_b"] = a+"承担事故"+one+"责任", b+"承担事故"+two+"责任"
	f.canvas.right(f.right, f.y-f.size*0.3, truth["certificate_no"], style{size: f.size * 0.9, paint: f.text})
	f.y += f.size * 0.8
	f.entries(
		entry{label: "事故时间", english: "Time", value: truth["accident_time"], wide: true}, entry{label: "事故地点", english: "Place", value: truth["location"], wide: true},
		entry{label: "当事人", english: "Party", value: a}, entry{label: "身份证号", english: "ID No.", value: truth["party_a_id"]},
		entry{label: "车辆牌号", english: "Plate", value: truth["plate_a"]}, entry{label: "联系电话", english: "Phone", value: "139" + m.digits(8)},
		entry{label: "交通方式", english: "Vehicle", value: "小型轿车"}, entry{label: "保险凭证号", english: "Policy", value: truth["policy_no"]},
		entry{label: "当事人", english: "Party", value: b}, entry{label: "身份证号", english: "ID No.", value: truth["party_b_id"]},
		entry{label: "车辆牌号", english: "Plate", value: truth["plate_b"]}, entry{label: "联系电话", english: "Phone", value: "138" + m.digits(8)},
	)
	f.y += f.size * 0.6
	story := a + "驾驶" + truth["plate_a"] + "号小型轿车行驶至事故地点时，与" + b + "驾驶的" + truth["plate_b"] + "号小型轿车发生碰撞，造成两车受损的道路交通事故。"
	st := style{size: f.size * 0.92, paint: f.text}
	f.write(f.left, f.y+f.size, "交通事故事实及责任", style{size: f.size, paint: f.label})
	f.y += f.size * 2
	for _, line := range append(f.wrapped(story, f.right-f.left, st), "根据《中华人民共和国道路交通安全法实施条例》第九十一条之规定，认定：", truth["liability_a"]+"；"+truth["liability_b"]+"。") {
		f.write(f.left, f.y+f.size, line, st)
		f.y += f.size * 1.6
	}
	f.write(f.left, f.y+f.size*1.4, "当事人签名：", st)
	f.write(f.left+f.size*16, f.y+f.size*1.4, "交通警察：测试丙", st)
	f.seal(f.left+f.size*22, f.y+f.size*2, f.size*3, city+"公安局交通警察支队", "")
	f.y += f.size * 5
	return f, nil
}

func (m *maker) estimate(how layout, truth map[string]string) (*form, error) {
	f, err := newForm(1240, 1754, m.seed, m.apart, how, m.pick("机动车辆保险定损单", "机动车辆估损单", "车辆维修估价单", "机动车维修报价单"), color.White)
	if err != nil {
		return nil, err
	}
	truth["doc_no"], truth["date"], truth["plate_no"], truth["vin"] = m.pick("DS", "GJ", "WX")+m.digits(12), m.date(2024, 2026), m.plate(), m.vin()
	truth["model"], truth["shop"] = m.pick("丰田凯美瑞2.0E", "大众帕萨特330TSI", "比亚迪秦PLUS", "样例牌YL7150A"), m.company("汽车维修")
	f.entries(
		entry{label: m.pick("单号", "定损单号", "编号"), english: "No.", value: truth["doc_no"]}, entry{label: m.pick("日期", "定损日期"), english: "Date", value: truth["date"]},
		entry{label: m.pick("车牌号码", "号牌号码", "车牌号"), english: "Plate", value: truth["plate_no"]}, entry{label: m.pick("厂牌型号", "车型", "品牌型号"), english: "Model", value: truth["model"]},
		entry{label: m.pick("车架号", "车辆识别代号"), english: "VIN", value: truth["vin"], wide: true},
		entry{label: m.pick("承修单位", "维修单位", "修理厂"), english: "Shop", value: truth["shop"], wide: true},
	)
	f.y += f.size * 0.5
	var rows [][]string
	var in Estimate
	for i := range 3 + m.rand.IntN(5) {
		r := Repair{Name: m.pick("前保险杠", "左前大灯总成", "右前翼子板", "水箱框架", "后备箱盖", "左后门", "倒车镜总成"), PartsFen: int64(100+m.rand.IntN(29000)) * 50, LabourFen: int64(10+m.rand.IntN(90)) * 500}
		in.Lines = append(in.Lines, r)
		rows = append(rows, []string{fmt.Sprint(i + 1), r.Name, "1", yuan(r.PartsFen), yuan(r.LabourFen), yuan(r.PartsFen + r.LabourFen)})
	}
	f.table(m.rand.IntN(3) > 0, []float64{1, 4, 1, 2, 2, 2}, []string{"序号", "配件/项目名称", "数量", m.pick("材料费(元)", "单价(元)"), "工时费(元)", "金额(元)"}, rows)
	parts, labour, total := in.Sums()
	truth["parts_total"], truth["labor_total"], truth["grand_total"], truth["amount_cn"] = yuan(parts), yuan(labour), yuan(total), inWords(total)
	f.y += f.size * 0.4
	f.entries(
		entry{label: m.pick("材料费合计", "配件费合计", "零件费合计"), english: "Parts", value: truth["parts_total"]}, entry{label: m.pick("工时费合计", "人工费合计"), english: "Labour", value: truth["labor_total"]},
		entry{label: m.pick("总计", "定损金额", "费用合计"), english: "Total", value: m.pick("¥", "") + truth["grand_total"], wide: true}, entry{label: m.pick("人民币大写", "大写"), english: "In words", value: truth["amount_cn"], wide: true},
	)
	f.seal(f.right-f.size*5, f.y+f.size*3, f.size*3, truth["shop"], "业务专用章")
	f.write(f.left, f.y+f.size*2, "定损员：测试丁", style{size: f.size, paint: f.text})
	f.y += f.size * 6
	return f, nil
}

func (m *maker) medical(how layout, truth map[string]string) (*form, error) {
	p, _, _, _ := m.place()
	f, err := newForm(1300, 1300, m.seed, m.apart, how, p+m.pick("医疗门诊收费票据（电子）", "医疗住院收费票据（电子）", "医疗收费票据"), color.White)
	if err != nil {
		return nil, err
	}
	truth["invoice_code"], truth["invoice_no"], truth["check_code"] = m.digits(8), m.digits(10), strings.ToLower(fmt.Sprintf("%06x", m.rand.IntN(1<<24)))
	truth["payer"], truth["date"], truth["hospital"] = m.name(), m.date(2023, 2026), p+m.pick("人民医院", "中医医院", "骨科医院", "第二人民医院")
	f.entries(
		entry{label: "票据代码", english: "Code", value: truth["invoice_code"]}, entry{label: "票据号码", english: "No.", value: truth["invoice_no"]},
		entry{label: "交款人", english: "Payer", value: truth["payer"]}, entry{label: "校验码", english: "Check", value: truth["check_code"]},
		entry{label: "开票日期", english: "Date", value: truth["date"], wide: true},
	)
	f.y += f.size * 0.4
	var rows [][]string
	total := int64(0)
	for range 2 + m.rand.IntN(5) {
		fen := int64(500 + m.rand.IntN(80000))
		total += fen
		rows = append(rows, []string{m.pick("西药费", "检查费", "化验费", "诊察费", "床位费", "治疗费", "卫生材料费", "中成药费"), yuan(fen)})
	}
	f.table(m.rand.IntN(2) == 0, []float64{3, 2}, []string{"项目名称", "金额（元）"}, rows)
	self := total * int64(20+m.rand.IntN(50)) / 100
	truth["total"], truth["total_cn"], truth["fund_pay"], truth["self_pay"] = yuan(total), inWords(total), yuan(total-self), yuan(self)
	f.y += f.size * 0.4
	st := style{size: f.size, paint: f.text}
	f.write(f.left, f.y+f.size, "金额合计（大写）"+truth["total_cn"], st)
	f.write(f.left+(f.right-f.left)*0.62, f.y+f.size, "（小写）"+truth["total"], st)
	f.y += f.size * 2.2
	f.entries(
		entry{label: m.pick("医保统筹基金支付", "医保基金支付"), english: "Fund", value: truth["fund_pay"]}, entry{label: m.pick("个人现金支付", "个人自付", "个人支付"), english: "Self", value: truth["self_pay"]},
		entry{label: "收款单位（章）", english: "Hospital", value: truth["hospital"]}, entry{label: "收款人", english: "Cashier", value: "测试丙"},
	)
	f.seal(f.left+f.size*16, f.y+f.size*1.5, f.size*2.6, truth["hospital"], "收费专用章")
	f.y += f.size * 4
	return f, nil
}

func (m *maker) vinPlate(how layout, truth map[string]string) (*canvas, error) {
	f, err := newForm(1000, 760, m.seed, m.apart, how, "", color.RGBA{206, 210, 214, 255})
	if err != nil {
		return nil, err
	}
	f.size = 30
	truth["vin"], truth["manufacturer"] = m.vin(), m.pick("样例汽车工业有限公司", "东风日产乘用车公司", "上汽大众汽车有限公司", "长城汽车股份有限公司")
	truth["engine_model"], truth["mass"] = m.pick("EA211", "HR16DE", "BYD472QA", "4G63T"), m.digits(4)
	y, mo, _ := m.day(2016, 2025)
	truth["date"] = m.pick(fmt.Sprintf("%d-%02d", y, mo), fmt.Sprintf("%d年%02d月", y, mo))
	f.frame(16, 16, 968, f.y+500, 3, f.text)
	f.centred(500, f.y+20, truth["manufacturer"], style{size: 36, paint: f.text})
	f.y += 70
	f.entries(
		entry{label: m.pick("车辆识别代号", "车辆识别代号(VIN)", "VIN"), english: "VIN", value: truth["vin"], wide: true},
		entry{label: "发动机型号", english: "Engine", value: truth["engine_model"]}, entry{label: "额定功率", english: "Power", value: m.digits(3) + "kW"},
		entry{label: m.pick("最大允许总质量", "最大设计总质量"), english: "Mass", value: truth["mass"] + "kg", wide: true},
		entry{label: "制造年月", english: "Made", value: truth["date"]}, entry{label: "乘坐人数", english: "Seats", value: "5"},
	)
	truth["date"] = fmt.Sprintf("%d-%02d", y, mo)
	f.centred(500, f.y+24, "中国制造 MADE IN CHINA", style{size: 24, paint: f.text})
	f.y += 40
	return f.cut(), nil
}

func (m *maker) invoice(how layout, truth map[string]string) (*form, error) {
	in := Invoice{
		Number: m.digits(8), Code: "0" + m.digits(11), CheckCode: m.digits(20), Issued: m.date(2023, 2026), Province: m.pick("广东", "浙江", "四川", "山东"),
		Buyer: m.pick("样例财产保险股份有限公司", m.company("物流")), BuyerTaxID: m.credit(), Seller: m.company("汽车维修"), SellerTaxID: m.credit(),
		RatePercent: []int64{13, 6, 3}[m.rand.IntN(3)], Plate: m.plate(), Seed: m.seed,
	}
	if m.rand.IntN(2) == 0 {
		in.Code, in.CheckCode, in.Number = "", "", "26"+m.digits(18)
	}
	for range 1 + m.rand.IntN(4) {
		in.Items = append(in.Items, Item{Name: m.pick("*劳务*汽车维修费", "*机动车配件*前保险杠", "*机动车配件*大灯", "*修理修配劳务*喷漆"), Unit: m.pick("项", "件"), Fen: int64(1000 + m.rand.IntN(500000))})
	}
	c, err := newCanvas(1654, 1080, color.White, in.Seed)
	if err != nil {
		return nil, err
	}
	if c.fonts, err = chosen(int(m.seed%9), m.apart); err != nil {
		return nil, err
	}
	if m.rand.IntN(3) > 0 {
		if err := c.qr(in, 66, 48, 190); err != nil {
			return nil, err
		}
	}
	c.title(in)
	if in.Code == "" {
		c.digital(in)
	} else {
		c.provincial(in)
		truth["invoice_code"] = in.Code
	}
	amount, tax, total := in.Sums()
	maps.Copy(truth, map[string]string{
		"invoice_no": in.Number, "date": in.date(), "buyer": in.Buyer, "buyer_tax_id": in.BuyerTaxID, "seller": in.Seller, "seller_tax_id": in.SellerTaxID,
		"amount": yuan(amount), "tax": yuan(tax), "total": yuan(total), "total_cn": inWords(total),
	})
	return &form{canvas: c, layout: how, y: 1080, size: 24}, nil
}

func (m *maker) claim(how layout, truth map[string]string) (*form, error) {
	f, err := newForm(1240, 1500, m.seed, m.apart, how, m.pick("机动车辆保险索赔申请书", "机动车保险理赔申请书"), color.White)
	if err != nil {
		return nil, err
	}
	number, bank := m.card()
	id, _, _ := m.citizen()
	total := int64(10000+m.rand.IntN(3000000)) / 50 * 50
	y, mo, d := m.day(2024, 2026)
	truth["policy_no"], truth["claim_no"], truth["insured"], truth["id_no"] = "PDAA"+m.digits(16), "RDAA"+m.digits(12), m.name(), id
	truth["phone"], truth["plate_no"], truth["driver"], truth["location"] = "13"+m.digits(9), m.plate(), m.name(), m.address()
	truth["accident_time"] = fmt.Sprintf("%d年%02d月%02d日%02d时%02d分", y, mo, d, m.rand.IntN(24), m.rand.IntN(60))
	truth["amount"], truth["account_no"], truth["bank"] = yuan(total), number, bank+"测试支行"
	f.entries(
		entry{label: "保险单号", english: "Policy No.", value: truth["policy_no"]}, entry{label: "报案号", english: "Claim No.", value: truth["claim_no"]},
		entry{label: "被保险人", english: "Insured", value: truth["insured"]}, entry{label: "联系电话", english: "Phone", value: truth["phone"]},
		entry{label: "身份证号", english: "ID No.", value: truth["id_no"], wide: true},
		entry{label: m.pick("号牌号码", "车牌号"), english: "Plate", value: truth["plate_no"]}, entry{label: m.pick("驾驶人", "驾驶员"), english: "Driver", value: truth["driver"]},
		entry{label: "出险时间", english: "Time", value: truth["accident_time"], wide: true}, entry{label: "出险地点", english: "Place", value: truth["location"], wide: true},
		entry{label: "出险经过", english: "Story", value: "本车行驶至上述地点时与前车追尾，造成两车受损，无人受伤。", wide: true},
		entry{label: "索赔金额", english: "Amount", value: truth["amount"] + "元", wide: true},
		entry{label: "开户银行", english: "Bank", value: truth["bank"], wide: true}, entry{label: m.pick("账号", "银行账号"), english: "Account", value: number, wide: true},
	)
	f.write(f.left, f.y+f.size*2, "申请人签名："+truth["insured"], style{size: f.size, paint: f.text})
	f.y += f.size * 3
	return f, nil
}

func (m *maker) till(truth map[string]string) (*canvas, error) {
	c, err := newCanvas(620, 1500, color.RGBA{250, 250, 248, 255}, m.seed)
	if err != nil {
		return nil, err
	}
	if c.fonts, err = chosen(int(m.seed%9), m.apart); err != nil {
		return nil, err
	}
	st := style{size: 22 + 3*m.rand.Float64(), paint: ink(50, 50, 54)}
	y := 60.0
	centre := func(s string) { c.centred(310, y, s, st); y += st.size * 1.7 }
	row := func(l, r string) { c.text(36, y, l, st); c.right(584, y, r, st); y += st.size * 1.7 }
	truth["company"] = m.pick("SAMPLE MOTOR", "TEST HARDWARE", "EXAMPLE TRADING", "DEMO AUTO PARTS") + " " + m.pick("SDN BHD", "PTE LTD", "LTD", "ENTERPRISE")
	yy, mo, d := m.day(2017, 2025)
	truth["date"] = strings.ReplaceAll(fmt.Sprintf("%02d/%02d/%d", d, mo, yy), "/", m.pick("/", "-"))
	truth["time"] = fmt.Sprintf("%02d:%02d:%02d", 8+m.rand.IntN(12), m.rand.IntN(60), m.rand.IntN(60))
	centre(truth["company"])
	if m.rand.IntN(2) == 0 {
		truth["reg_no"] = m.digits(6) + "-" + m.pick("A", "K", "T", "W")
		centre("(" + truth["reg_no"] + ")")
	}
	centre("NO 12, SAMPLE STREET")
	centre("81100 TESTVILLE")
	if m.rand.IntN(2) == 0 {
		truth["tax_id"] = "000" + m.digits(9)
		centre(m.pick("GST ID : ", "GST Reg. No : ") + truth["tax_id"])
	}
	centre(m.pick("TAX INVOICE", "INVOICE", "RECEIPT", "CASH BILL"))
	truth["doc_no"] = m.pick("CS", "INV", "") + m.digits(7)
	row(m.pick("Invoice No: ", "Receipt No: ", "Doc No : ", "Bill No: ")+truth["doc_no"], "")
	row("Date: "+truth["date"]+"  "+truth["time"], "")
	row("Cashier: USER", "")
	y += 10
	row("ITEM              QTY", "AMOUNT")
	sum := int64(0)
	for range 1 + m.rand.IntN(5) {
		fen := int64(100 + m.rand.IntN(9000))
		sum += fen
		row(m.pick("ENGINE OIL 4L", "WIPER BLADE", "BRAKE PAD", "LED BULB", "CAR WASH")+"  1", yuan(fen))
	}
	y += 10
	total := sum
	if m.rand.IntN(2) == 0 {
		tax := sum * 6 / 100
		total += tax
		row(m.pick("Total (Excluding GST):", "Sub Total (Excl. GST):"), yuan(sum))
		row(m.pick("GST (6%):", "Total GST:"), yuan(tax))
		truth["amount"], truth["tax"] = yuan(sum), yuan(tax)
	} else {
		row("SUB TOTAL:", yuan(sum))
	}
	truth["total"] = yuan(total)
	row(m.pick("GRAND TOTAL:", "TOTAL:", "TOTAL (RM):", "Total (Inclusive of GST):"), yuan(total))
	cash := (total/1000 + 1) * 1000
	row("CASH:", yuan(cash))
	row("CHANGE:", yuan(cash-total))
	truth["cash"] = yuan(cash)
	y += 20
	centre("THANK YOU")
	out := &canvas{image.NewRGBA(image.Rect(0, 0, 620, int(y))), c.fonts, c.rand}
	copy(out.Pix, c.Pix[:int(y)*c.Stride])
	return out, nil
}

func (m *maker) platePhoto(truth map[string]string) (*canvas, error) {
	c, err := newCanvas(1600, 1200, color.RGBA{120, 120, 120, 255}, m.seed)
	if err != nil {
		return nil, err
	}
	truth["plate_no"] = m.plate()
	c.street(640)
	c.carFace(pt{800, 690}, 1, Photo{Plate: truth["plate_no"], Colour: color.RGBA{uint8(60 + m.rand.IntN(150)), uint8(60 + m.rand.IntN(120)), uint8(60 + m.rand.IntN(120)), 255}}, m.rand.IntN(2) == 0)
	m.quality = Scan // no table under a car
	blur(c.RGBA, 0.7)
	noise(c.RGBA, c.rand, 5)
	m.quality = Clean
	return c, nil
}

// quarter turns a picture clockwise.
func quarter(src image.Image, n int) *image.RGBA {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if n%2 == 1 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			p := src.At(b.Min.X+x, b.Min.Y+y)
			switch n % 4 {
			case 0:
				out.Set(x, y, p)
			case 1:
				out.Set(h-1-y, x, p)
			case 2:
				out.Set(w-1-x, h-1-y, p)
			case 3:
				out.Set(y, w-1-x, p)
			}
		}
	}
	return out
}
