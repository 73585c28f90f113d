package specimen

import (
	"image/color"
	"strconv"
)

// Estimate is a repair estimate (机动车辆维修估价单) of a repair shop.
type Estimate struct {
	Number  string // DS202603020001
	Issued  string // 2006-01-02
	Plate   string
	VIN     string
	Model   string
	Shop    string
	Claim   string // the insurer's number of the claim, when known
	Insured string
	Lines   []Repair
	Quality Quality
	Seed    uint64
}

// Repair is a line of an estimate: what is replaced or mended.
type Repair struct {
	Name      string // 前保险杠
	Action    string // 更换, 修复, 喷漆
	PartsFen  int64
	LabourFen int64
}

// Sums returns what parts and labour cost, and the total, in fen.
func (in Estimate) Sums() (parts, labour, total int64) {
	for _, l := range in.Lines {
		parts += l.PartsFen
		labour += l.LabourFen
	}
	return parts, labour, parts + labour
}

// RepairEstimate draws an estimate on A4 at 150 dpi, 1240 pixels wide.
func RepairEstimate(in Estimate) ([]byte, error) {
	c, err := newCanvas(1240, 1754, color.White, in.Seed)
	if err != nil {
		return nil, err
	}
	parts, labour, total := in.Sums()
	c.centred(620, 104, in.Shop, style{size: 30, paint: ink(70, 70, 76)})
	c.centred(620, 164, "机动车辆维修估价单", style{size: 48, paint: black, bold: true, space: 4})
	text, strong := style{size: 26, paint: black}, style{size: 26, paint: black, bold: true}
	c.text(90, 240, "单号："+in.Number, text)
	c.right(1150, 240, "日期："+in.Issued, text)

	// Who and what.
	c.frame(90, 272, 1060, 192, 2, black)
	for i, row := range [][4]string{
		{"车牌号码：", in.Plate, "车架号：", in.VIN},
		{"厂牌型号：", in.Model, "被保险人：", in.Insured},
		{"承修单位：", in.Shop, "报案号：", in.Claim},
	} {
		y := 304 + 64*float64(i)
		if i > 0 {
			c.line(90, y-32, 1150, y-32, 1.5, black)
		}
		c.text(104, y, row[0], strong)
		c.text(246, y, row[1], text)
		c.text(664, y, row[2], strong)
		c.text(664+float64(len([]rune(row[2])))*27, y, row[3], text)
	}

	// What is done, line by line.
	columns := []float64{90, 168, 560, 690, 830, 990, 1150}
	top, step := 496.0, 54.0
	rows := max(len(in.Lines), 8)
	bottom := top + step*float64(rows+1)
	c.fill(box(90, top, 1060, step), ink(236, 238, 242))
	for i, head := range []string{"序号", "配件/项目名称", "方式", "材料费(元)", "工时费(元)", "金额(元)"} {
		c.centred((columns[i]+columns[i+1])/2, top+step/2, head, strong)
	}
	for i, l := range in.Lines {
		y := top + step*(float64(i)+1.5)
		c.centred(129, y, strconv.Itoa(i+1), text)
		c.text(184, y, l.Name, text)
		c.centred(625, y, l.Action, text)
		c.right(812, y, yuan(l.PartsFen), text)
		c.right(972, y, yuan(l.LabourFen), text)
		c.right(1134, y, yuan(l.PartsFen+l.LabourFen), text)
	}
	for i := range rows + 2 {
		y := top + step*float64(i)
		c.line(90, y, 1150, y, 1.5, black)
	}
	for _, x := range columns {
		c.line(x, top, x, bottom, 1.5, black)
	}

	// What it comes to.
	c.frame(90, bottom, 1060, 130, 2, black)
	c.text(104, bottom+34, "材料费合计：", strong)
	c.text(264, bottom+34, yuan(parts), text)
	c.text(470, bottom+34, "工时费合计：", strong)
	c.text(630, bottom+34, yuan(labour), text)
	c.text(830, bottom+34, "总计：", strong)
	c.text(914, bottom+34, "¥"+yuan(total), style{size: 29, paint: black, bold: true})
	c.line(90, bottom+66, 1150, bottom+66, 1.5, black)
	c.text(104, bottom+98, "人民币大写：", strong)
	c.text(268, bottom+98, inWords(total), style{size: 28, paint: black})

	c.text(104, bottom+190, "以上价格含税，按本单项目维修；增补项目须经保险公司同意。", style{size: 22, paint: ink(90, 90, 96)})
	c.text(104, bottom+262, "制单：测试丁", text)
	c.text(420, bottom+262, "客户确认签字：", text)
	c.line(600, bottom+278, 780, bottom+278, 1.5, black)
	c.seal(980, bottom+270, 122, in.Shop, "业务专用章")
	c.centred(620, 1700, "样例单据，仅供演示", style{size: 20, paint: ink(150, 150, 156)})
	return c.finish(in.Quality)
}
