package specimen

import (
	"image"
	"image/color"
)

// layout is how a form sets its labels and values.
type layout int

// Layouts. The last three are kept apart: the reader is not developed on them.
const (
	listed    layout = iota // label：value, one a row
	paired                  // label：value, two a row
	tabled                  // framed cells, two pairs a row
	bilingual               // an English label under the Chinese one, the value on a line
	stacked                 // the value under its label
	columned                // labels spread over one width, values in one column, no colon
	shaded                  // framed cells, one pair a row, labels on grey
)

// entry is a label and its value.
type entry struct {
	label, english, value string
	wide                  bool // takes a row of its own
}

// form is a paper being set from the top down.
type form struct {
	*canvas
	layout      layout
	size        float64 // of letters
	left, right float64
	y           float64
	label, text *image.Uniform
}

// wrapped cuts a value into lines of at most a width.
func (c *canvas) wrapped(s string, width float64, st style) []string {
	var out []string
	line := ""
	for _, r := range s {
		if line != "" && c.width(line+string(r), st) > width {
			out, line = append(out, line), ""
		}
		line += string(r)
	}
	return append(out, line)
}

// entries sets labels and values below what is there.
func (f *form) entries(all ...entry) {
	for i := 0; i < len(all); {
		row := all[i : i+1]
		if two := f.layout == paired || f.layout == tabled || f.layout == bilingual || f.layout == stacked; two && i+1 < len(all) && !all[i].wide && !all[i+1].wide {
			row = all[i : i+2]
		}
		i += len(row)
		f.row(row)
	}
}

func (f *form) row(row []entry) {
	each := (f.right - f.left) / float64(len(row))
	label, text := style{size: f.size, paint: f.label}, style{size: f.size, paint: f.text}
	lines := 1
	indent := 0.0
	switch f.layout {
	case tabled:
		indent = f.size * 6
	case shaded:
		indent = f.size * 8
	case bilingual:
		indent = f.size * 6.2
	case columned:
		indent = f.size * 7.6
	case stacked, listed, paired:
	}
	if indent > 0 {
		for _, e := range row {
			indent = max(indent, f.width(e.label, label)+f.size*1.2)
		}
	}
	for _, e := range row {
		room := each - indent - f.size*1.4
		if indent == 0 && f.layout != stacked {
			room -= f.width(e.label, label) + f.size*1.2
		}
		lines = max(lines, len(f.wrapped(e.value, room, text)))
	}
	step := f.size * 1.5
	height := f.size*2.1 + step*float64(lines-1)
	if f.layout == stacked {
		height += f.size * 1.5
	}
	for i, e := range row {
		x, y := f.left+each*float64(i), f.y+f.size*1.05
		at, room := x, each-f.size*1.4
		switch f.layout {
		case listed, paired:
			f.write(x, y, e.label+"：", label)
			at = x + f.width(e.label+"：", label) + f.size*0.2
			room -= at - x
		case tabled, shaded:
			if f.layout == shaded {
				f.fill(box(x, f.y, indent-f.size*0.5, height), ink(230, 232, 236))
			}
			f.frame(x, f.y, each, height, 1.5, f.text)
			f.line(x+indent-f.size*0.5, f.y, x+indent-f.size*0.5, f.y+height, 1.5, f.text)
			f.write(x+f.size*0.3, f.y+height/2, e.label, label)
			at, room = x+indent-f.size*0.2, room-indent
		case bilingual:
			f.write(x, y-f.size*0.2, e.label, label)
			f.write(x, y+f.size*0.75, e.english, style{size: f.size * 0.6, paint: f.label})
			at, room = x+indent, room-indent
			f.line(at-f.size*0.2, y+f.size*0.8, x+each-f.size, y+f.size*0.8, 1.2, f.label)
		case columned:
			f.spread(x, y, max(f.size*6, f.width(e.label, label)), e.label, label)
			at, room = x+indent, room-indent
		case stacked:
			f.write(x, y, e.label, style{size: f.size * 0.8, paint: f.label})
			y += f.size * 1.4
		}
		for j, line := range f.wrapped(e.value, room, text) {
			f.write(at, y+step*float64(j), line, text)
		}
	}
	f.y += height
	if f.layout != tabled && f.layout != shaded {
		f.y += f.size * 0.25
	}
}

// write writes on the form's canvas; the field of the same name is a paint.
func (f *form) write(x, y float64, s string, st style) { f.canvas.text(x, y, s, st) }

// table sets rows of cells below heads; the last columns are figures.
func (f *form) table(framed bool, widths []float64, heads []string, rows [][]string) {
	label, text := style{size: f.size * 0.92, paint: f.label}, style{size: f.size * 0.92, paint: f.text}
	step := f.size * 1.9
	sum := 0.0
	for _, w := range widths {
		sum += w
	}
	scale := (f.right - f.left) / sum
	top := f.y
	for i, row := range append([][]string{heads}, rows...) {
		x := f.left
		for j, cell := range row {
			w := widths[j] * scale
			switch {
			case i == 0:
				f.centred(x+w/2, f.y+step/2, cell, label)
			case j < 2 && w > f.size*5:
				f.write(x+f.size*0.5, f.y+step/2, cell, text)
			default:
				f.canvas.right(x+w-f.size*0.6, f.y+step/2, cell, text)
			}
			x += w
		}
		if framed {
			f.line(f.left, f.y, f.right, f.y, 1.4, f.text)
		}
		f.y += step
	}
	f.line(f.left, f.y, f.right, f.y, 1.4, f.text)
	if framed {
		x := f.left
		for _, w := range append([]float64{0}, widths...) {
			x += w * scale
			f.line(x, top, x, f.y, 1.4, f.text)
		}
	}
}

// newForm begins a paper with its title.
func newForm(w, h int, seed uint64, apart bool, how layout, title string, ground color.Color) (*form, error) {
	c, err := newCanvas(w, h, ground, seed)
	if err != nil {
		return nil, err
	}
	if c.fonts, err = chosen(int(seed%9), apart); err != nil {
		return nil, err
	}
	f := &form{canvas: c, layout: how, size: float64(w) / (44 + 10*c.rand.Float64()), left: float64(w) * 0.07, right: float64(w) * 0.93, label: ink(40, 44, 50), text: ink(20, 20, 24)}
	if c.rand.IntN(3) == 0 {
		f.label = ink(40, 84, 120)
	}
	f.y = f.size * 1.6
	if title != "" {
		st := style{size: f.size * 1.7, paint: f.text, space: f.size * 0.1, bold: c.rand.IntN(2) == 0}
		for c.width(title, st) > float64(w)*0.9 {
			st.size *= 0.95
		}
		c.centred(float64(w)/2, f.y+f.size*0.8, title, st)
		f.y += f.size * 3
	}
	return f, nil
}
