package specimen

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/font/gofont/goregular"
)

// Invoice is a VAT invoice (增值税发票). With a Code it is the electronic
// ordinary invoice of a province, without one the fully digital invoice.
type Invoice struct {
	Code        string // 12 digits, or empty
	Number      string // 8 digits, or 20 on a fully digital invoice
	Issued      string // 2006-01-02
	CheckCode   string // 20 digits, with a Code
	Province    string // 广东
	Buyer       string
	BuyerTaxID  string
	Seller      string
	SellerTaxID string
	Items       []Item
	RatePercent int64  // of VAT, 13 for repairs
	Plate       string // in the remarks, when there is one
	Quality     Quality
	Seed        uint64
	ShownFen    int64 // of a PDF: the total that its page shows, over the one that its text says
}

// Item is a line of an invoice: a thing or a service, and its price without tax.
type Item struct {
	Name string // *劳务*汽车维修费
	Unit string
	Fen  int64
}

// Sums returns the amount without tax, the tax and the total, in fen.
func (in Invoice) Sums() (amount, tax, total int64) {
	for _, item := range in.Items {
		amount += item.Fen
		tax += in.tax(item)
	}
	return amount, tax, amount + tax
}

func (in Invoice) tax(item Item) int64 { return (item.Fen*in.RatePercent + 50) / 100 }

func (in Invoice) date() string {
	p := strings.Split(in.Issued+"--", "-")
	return p[0] + "年" + p[1] + "月" + p[2] + "日"
}

func (in Invoice) title() string {
	if in.Code == "" {
		return "电子发票（普通发票）"
	}
	return in.Province + "增值税电子普通发票"
}

// payload is the text of the QR code.
func (in Invoice) payload() string {
	amount, _, total := in.Sums()
	day := strings.ReplaceAll(in.Issued, "-", "")
	if in.Code == "" {
		return fmt.Sprintf("01,32,,%s,%s,%s,,9A3F,", in.Number, yuan(total), day)
	}
	return fmt.Sprintf("01,10,%s,%s,%s,%s,%s,4C7E,", in.Code, in.Number, yuan(amount), day, in.CheckCode)
}

// qr draws the invoice's code, with its top left corner at x, y, in squares
// of whole pixels.
func (c *canvas) qr(in Invoice, x, y, side int) error {
	code, err := qrcode.NewQRCodeWriter().Encode(in.payload(), gozxing.BarcodeFormat_QR_CODE, 1, 1,
		map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_MARGIN: 0})
	if err != nil {
		return fmt.Errorf("draw the QR code: %w", err)
	}
	n := code.GetWidth()
	each := side / n
	for row := range n {
		for column := range n {
			if code.Get(column, row) {
				at := image.Rect(0, 0, each, each).Add(image.Pt(x+column*each, y+row*each))
				draw.Draw(c, at, black, image.Point{}, draw.Src)
			}
		}
	}
	return nil
}

var (
	brown = ink(128, 64, 24)
	black = ink(24, 24, 28)
)

// VATInvoice draws an invoice, 1654 pixels wide.
func VATInvoice(in Invoice) ([]byte, error) {
	c, err := newCanvas(1654, 1080, color.White, in.Seed)
	if err != nil {
		return nil, err
	}
	if err := c.qr(in, 66, 48, 190); err != nil {
		return nil, err
	}
	c.title(in)
	if in.Code == "" {
		c.digital(in)
	} else {
		c.provincial(in)
	}
	return c.finish(in.Quality)
}

// title draws the heading with its double rule and the oval supervision seal.
func (c *canvas) title(in Invoice) {
	st := style{size: 46, paint: brown, space: 7}
	half := c.width(in.title(), st)/2 + 18
	c.centred(827, 82, in.title(), st)
	c.line(827-half, 122, 827+half, 122, 2.5, brown)
	c.line(827-half, 130, 827+half, 130, 2.5, brown)
	c.ring(827, 176, 118, 74, 4, red)
	c.ring(827, 176, 108, 65, 1.5, red)
	c.arc(827, 178, 90, 49, 3.3, 6.12, "全国统一发票监制章", style{size: 19, paint: red})
	c.centred(827, 176, "国家税务总局", style{size: 20, paint: red})
	c.centred(827, 214, in.Province, style{size: 18, paint: red})
}

func (c *canvas) labelled(x, y, labelWidth float64, label, value string, size float64) {
	c.spread(x, y, labelWidth, label, style{size: size, paint: brown})
	c.text(x+labelWidth+2, y, "：", style{size: size, paint: brown})
	c.text(x+labelWidth+size+6, y, value, style{size: size, paint: black})
}

// provincial is the layout of the electronic ordinary invoice.
func (c *canvas) provincial(in Invoice) {
	amount, tax, total := in.Sums()
	for i, row := range [][2]string{{"发票代码", in.Code}, {"发票号码", in.Number}, {"开票日期", in.date()}, {"校验码", spaced(in.CheckCode)}} {
		c.labelled(1180, 58+44*float64(i), 108, row[0], row[1], 25)
	}
	c.text(62, 262, "机器编号：661234567890", style{size: 22, paint: brown})

	const left, right = 62.0, 1592.0
	rule := func(y float64) { c.line(left, y, right, y, 2.5, brown) }
	upright := func(x, y0, y1 float64) { c.line(x, y0, x, y1, 2, brown) }
	c.frame(left, 286, right-left, 700, 2.5, brown)
	rule(450)
	rule(740)
	rule(800)
	upright(112, 286, 450)
	upright(1000, 286, 450)
	upright(1050, 286, 450)
	c.vertical(87, 318, "购买方")
	c.party(in.Buyer, in.BuyerTaxID, 128, 312)
	c.vertical(1025, 318, "密码区")
	for row := range 4 {
		var cipher strings.Builder
		for range 30 {
			cipher.WriteByte("0123456789+-*/<>"[c.rand.IntN(16)])
		}
		c.text(1072, 316+35*float64(row), cipher.String(), style{size: 24, paint: black, space: 2})
	}

	heads := []struct {
		x, width float64
		label    string
	}{{62, 430, "货物或应税劳务、服务名称"}, {492, 160, "规格型号"}, {652, 90, "单位"}, {742, 110, "数量"}, {852, 200, "单价"}, {1052, 220, "金额"}, {1272, 110, "税率"}, {1382, 210, "税额"}}
	for i, h := range heads {
		c.centred(h.x+h.width/2, 474, h.label, style{size: 23, paint: brown})
		if i > 0 {
			upright(h.x, 450, 740)
		}
	}
	text := style{size: 24, paint: black}
	for i, item := range in.Items {
		y := 514 + 38*float64(i)
		c.text(76, y, item.Name, text)
		c.centred(697, y, item.Unit, text)
		c.centred(797, y, "1", text)
		c.right(1040, y, yuan(item.Fen), text)
		c.right(1260, y, yuan(item.Fen), text)
		c.centred(1327, y, fmt.Sprintf("%d%%", in.RatePercent), text)
		c.right(1580, y, yuan(in.tax(item)), text)
	}
	c.spread(180, 716, 130, "合计", style{size: 25, paint: brown})
	c.right(1260, 716, "¥"+yuan(amount), text)
	c.right(1580, 716, "¥"+yuan(tax), text)
	upright(492, 740, 800)
	c.centred(277, 770, "价税合计（大写）", style{size: 25, paint: brown})
	c.ring(522, 770, 11, 11, 2, black)
	c.line(515, 763, 529, 777, 2, black)
	c.line(529, 763, 515, 777, 2, black)
	c.text(548, 770, inWords(total), style{size: 26, paint: black})
	c.text(1150, 770, "（小写）", style{size: 25, paint: brown})
	c.text(1262, 770, "¥"+yuan(total), style{size: 27, paint: black})

	upright(112, 800, 986)
	upright(1000, 800, 986)
	upright(1050, 800, 986)
	c.vertical(87, 838, "销售方")
	c.party(in.Seller, in.SellerTaxID, 128, 830)
	c.vertical(1025, 856, "备注")
	if in.Plate != "" {
		c.text(1072, 834, "维修车辆车牌号："+in.Plate, text)
	}
	c.footer(1024)
	c.seal(1462, 900, 88, in.Seller, "发票专用章")
}

// digital is the layout of the fully digital invoice.
func (c *canvas) digital(in Invoice) {
	amount, tax, total := in.Sums()
	c.labelled(1196, 76, 100, "发票号码", in.Number, 24)
	c.labelled(1196, 122, 100, "开票日期", in.date(), 24)
	const left, right = 62.0, 1592.0
	rule := func(y float64) { c.line(left, y, right, y, 2.5, brown) }
	c.frame(left, 286, right-left, 690, 2.5, brown)
	for _, y := range []float64{420, 760, 822} {
		rule(y)
	}
	for _, x := range []float64{112, 812, 862} {
		c.line(x, 286, x, 420, 2, brown)
	}
	c.vertical(87, 306, "购买方信息")
	c.vertical(837, 306, "销售方信息")
	for i, p := range [][2]string{{in.Buyer, in.BuyerTaxID}, {in.Seller, in.SellerTaxID}} {
		x := 128 + 750*float64(i)
		c.text(x, 326, "名称：", style{size: 25, paint: brown})
		c.text(x+78, 326, p[0], style{size: 25, paint: black})
		c.text(x, 384, "统一社会信用代码/纳税人识别号：", style{size: 22, paint: brown})
		c.text(x+358, 384, p[1], style{size: 25, paint: black})
	}
	st := style{size: 24, paint: brown}
	for _, h := range []struct {
		x     float64
		label string
	}{{190, "项目名称"}, {480, "规格型号"}, {640, "单位"}, {780, "数量"}, {970, "单价"}, {1190, "金额"}, {1350, "税率"}, {1510, "税额"}} {
		c.centred(h.x, 448, h.label, st)
	}
	text := style{size: 24, paint: black}
	for i, item := range in.Items {
		y := 496 + 42*float64(i)
		c.text(80, y, item.Name, text)
		c.centred(640, y, item.Unit, text)
		c.centred(780, y, "1", text)
		c.right(1020, y, yuan(item.Fen), text)
		c.right(1240, y, yuan(item.Fen), text)
		c.centred(1350, y, fmt.Sprintf("%d%%", in.RatePercent), text)
		c.right(1560, y, yuan(in.tax(item)), text)
	}
	c.spread(180, 730, 120, "合计", style{size: 25, paint: brown})
	c.right(1240, 730, "¥"+yuan(amount), text)
	c.right(1560, 730, "¥"+yuan(tax), text)
	c.centred(277, 791, "价税合计（大写）", style{size: 25, paint: brown})
	c.line(492, 760, 492, 822, 2, brown)
	c.text(520, 791, inWords(total), style{size: 26, paint: black})
	c.text(1150, 791, "（小写）", style{size: 25, paint: brown})
	c.text(1262, 791, "¥"+yuan(total), style{size: 27, paint: black})
	c.line(112, 822, 112, 976, 2, brown)
	c.vertical(87, 868, "备注")
	if in.Plate != "" {
		c.text(134, 860, "车牌号："+in.Plate, text)
	}
	c.text(110, 1020, "开票人：", style{size: 24, paint: brown})
	c.text(214, 1020, "测试开票员", text)
}

func (c *canvas) party(name, taxID string, x, y float64) {
	for i, row := range [][2]string{{"名称", name}, {"纳税人识别号", taxID}, {"地址、电话", "测试市样例路1号 000-00000000"}, {"开户行及账号", "样例银行测试支行 0000 0000 0000"}} {
		c.labelled(x, y+36*float64(i), 144, row[0], row[1], 23)
	}
}

func (c *canvas) vertical(x, y float64, s string) {
	step := 118 / float64(len([]rune(s)))
	if step > 42 {
		step = 42
	}
	for i, r := range []rune(s) {
		c.centred(x, y+step*float64(i), string(r), style{size: min(24, step*0.92), paint: brown})
	}
}

func (c *canvas) footer(y float64) {
	for i, p := range [][2]string{{"收款人", "测试甲"}, {"复核", "测试乙"}, {"开票人", "测试丙"}, {"销售方", "（章）"}} {
		x := 90 + 370*float64(i)
		c.text(x, y, p[0]+"：", style{size: 24, paint: brown})
		c.text(x+30+24*float64(len([]rune(p[0]))), y, p[1], style{size: 24, paint: black})
	}
}

// spaced groups digits by five, as check codes are printed.
func spaced(s string) string {
	var groups []string
	for ; len(s) > 5; s = s[5:] {
		groups = append(groups, s[:5])
	}
	return strings.Join(append(groups, s), " ")
}

// VATInvoicePDF writes the same invoice as a PDF with a text layer, on A5 as
// the tax bureau issues them. Quality is not looked at.
func VATInvoicePDF(in Invoice) ([]byte, error) {
	font, err := fontFile()
	if err != nil {
		return nil, err
	}
	c, err := newCanvas(340, 340, color.White, in.Seed)
	if err != nil {
		return nil, err
	}
	if err := c.qr(in, 20, 20, 300); err != nil {
		return nil, err
	}
	picture, err := c.finish(Clean)
	if err != nil {
		return nil, err
	}
	amount, tax, total := in.Sums()

	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: 215, Ht: 140}})
	pdf.SetAutoPageBreak(false, 0)
	issued, err := time.Parse(time.DateOnly, in.Issued)
	if err != nil {
		return nil, fmt.Errorf("date the invoice: %w", err)
	}
	pdf.SetCreationDate(issued)
	pdf.SetModificationDate(issued)
	pdf.SetCatalogSort(true)
	pdf.AddUTF8FontFromBytes("han", "", font)
	pdf.AddUTF8FontFromBytes("latin", "", goregular.TTF)
	pdf.AddPage()
	pdf.RegisterImageOptionsReader("qr", fpdf.ImageOptions{ImageType: "png"}, bytes.NewReader(picture))
	pdf.ImageOptions("qr", 8, 6, 24, 24, false, fpdf.ImageOptions{ImageType: "png"}, 0, "")
	put := func(x, y, size float64, s string) {
		for _, run := range runs(s) {
			pdf.SetFont("latin", "", size)
			if run[0] >= 0x250 {
				pdf.SetFont("han", "", size)
			}
			pdf.Text(x, y, string(run))
			x += pdf.GetStringWidth(string(run))
		}
	}
	put(78, 15, 16, in.title())
	rows := [][2]string{{"发票号码：", in.Number}, {"开票日期：", in.date()}}
	if in.Code != "" {
		rows = append([][2]string{{"发票代码：", in.Code}}, append(rows, [2]string{"校验码：", in.CheckCode})...)
	}
	for i, r := range rows {
		put(148, 10+5.5*float64(i), 8, r[0]+r[1])
	}
	pdf.SetDrawColor(128, 64, 24)
	pdf.SetLineWidth(0.3)
	pdf.Rect(8, 36, 199, 92, "D")
	for _, y := range []float64{54, 100, 108} {
		pdf.Line(8, y, 207, y)
	}
	pdf.Line(107, 36, 107, 54)
	for i, p := range [][3]string{{"购买方", in.Buyer, in.BuyerTaxID}, {"销售方", in.Seller, in.SellerTaxID}} {
		x := 11 + 99*float64(i)
		put(x, 42, 8, "名称："+p[1])
		put(x, 50, 8, "统一社会信用代码/纳税人识别号："+p[2])
	}
	for _, h := range []struct {
		x     float64
		label string
	}{{12, "项目名称"}, {60, "规格型号"}, {84, "单位"}, {98, "数量"}, {118, "单价"}, {144, "金额"}, {165, "税率"}, {190, "税额"}} {
		put(h.x, 59, 8, h.label)
	}
	for i, item := range in.Items {
		y := 66 + 6*float64(i)
		put(12, y, 8, item.Name)
		put(84, y, 8, item.Unit)
		put(100, y, 8, "1")
		put(116, y, 8, yuan(item.Fen))
		put(141, y, 8, yuan(item.Fen))
		put(166, y, 8, fmt.Sprintf("%d%%", in.RatePercent))
		put(188, y, 8, yuan(in.tax(item)))
	}
	put(24, 97, 8, "合　　计")
	put(140, 97, 8, "¥"+yuan(amount))
	put(187, 97, 8, "¥"+yuan(tax))
	put(18, 105, 8, "价税合计（大写）")
	put(62, 105, 8, inWords(total))
	put(140, 105, 8, "（小写）¥"+yuan(total))
	if in.Plate != "" {
		put(12, 115, 8, "备注　车牌号："+in.Plate)
	}
	put(14, 133, 8, "开票人：测试开票员")
	if in.ShownFen != 0 {
		patch, err := newCanvas(1500, 80, color.White, in.Seed)
		if err != nil {
			return nil, err
		}
		patch.text(10, 55, inWords(in.ShownFen)+"　　　　（小写）¥"+yuan(in.ShownFen), style{size: 36, paint: ink(20, 20, 20)})
		over, err := patch.finish(Clean)
		if err != nil {
			return nil, err
		}
		pdf.RegisterImageOptionsReader("shown", fpdf.ImageOptions{ImageType: "png"}, bytes.NewReader(over))
		pdf.ImageOptions("shown", 60, 100.5, 135, 7.2, false, fpdf.ImageOptions{ImageType: "png"}, 0, "")
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("write the invoice: %w", err)
	}
	return out.Bytes(), nil
}

// runs cuts s into pieces that one font can write.
func runs(s string) [][]rune {
	var out [][]rune
	for _, r := range s {
		if n := len(out); n > 0 && (out[n-1][0] >= 0x250) == (r >= 0x250) {
			out[n-1] = append(out[n-1], r)
		} else {
			out = append(out, []rune{r})
		}
	}
	return out
}
