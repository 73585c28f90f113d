package activities

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"anpei/claim"
)

// sheet is a formal letter being printed: A4, one column. The same words on
// the same day are the same bytes.
type sheet struct{ *fpdf.Fpdf }

// print fills a letter's form in, with who signs it and the day, and prints it.
func (a *Activities) print(forms claim.LetterForms, letter claim.Letter, l claim.Language, at time.Time, values claim.Values) ([]byte, error) {
	all := claim.Values{"insurer": a.Insurer.Name, "address": a.Insurer.Address, "hotline": a.Insurer.Hotline, "date": claim.DateOf(at)}
	maps.Copy(all, values)
	lines, err := forms.Write(letter, l, all)
	if err != nil {
		return nil, broken("forms of letters %s: %w", forms.Version, err)
	}
	font, err := os.ReadFile(a.FontFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken("print letter %s: there is no font %s; install fonts-droid-fallback or set ANPEI_FONT", values["number"], filepath.Base(a.FontFile))
	}
	if err != nil {
		return nil, fmt.Errorf("print letter %s: %w", values["number"], err)
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCreationDate(at)
	pdf.SetModificationDate(at)
	pdf.SetCatalogSort(true)
	pdf.SetTitle(fmt.Sprintf("%s %s", lines[0].Text, values["claim"]), true)
	pdf.SetMargins(24, 24, 24)
	pdf.AddUTF8FontFromBytes(hanFont, "", font)
	pdf.AddPage()
	sheet{pdf}.write(lines)
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("print letter %s: %w", values["number"], err)
	}
	return out.Bytes(), nil
}

// write prints the lines of a letter in their styles.
func (p sheet) write(lines []claim.LetterLine) {
	var before claim.LineStyle
	for _, line := range lines {
		switch line.Style {
		case claim.StyleHeading:
			p.SetFont(hanFont, "", 20)
			writeLine(p.Fpdf, 14, "C", line.Text)
			p.SetFont(hanFont, "", 10.5)
		case claim.StyleCentred:
			writeLine(p.Fpdf, 6, "C", line.Text)
			p.Ln(4)
		case claim.StyleTitle:
			p.title(line.Text)
		case claim.StyleNote:
			p.note(line.Text)
		case claim.StyleRight:
			if before != line.Style {
				p.Ln(8)
			}
			writeLine(p.Fpdf, 6, "R", line.Text)
		case claim.StylePara:
			p.para(line.Text)
		}
		before = line.Style
	}
}

// title writes the title of a part.
func (p sheet) title(text string) {
	_, height := p.GetPageSize()
	if _, _, _, bottom := p.GetMargins(); p.GetY() > height-bottom-24 {
		p.AddPage() // a title stands with what it is the title of
	}
	p.Ln(3)
	p.SetFont(hanFont, "", 12)
	p.SetTextColor(11, 79, 84)
	writeLines(p.Fpdf, 8, text)
	p.SetTextColor(20, 24, 28)
	p.SetFont(hanFont, "", 10.5)
}

// para writes a paragraph.
func (p sheet) para(text string) { writeLines(p.Fpdf, 6.4, text) }

// note writes what is added to a line above, smaller and further in.
func (p sheet) note(text string) {
	left, _, _, _ := p.GetMargins()
	p.SetLeftMargin(left + 5)
	p.SetFont(hanFont, "", 9)
	p.SetTextColor(90, 96, 102)
	writeLines(p.Fpdf, 5.6, text)
	p.SetTextColor(20, 24, 28)
	p.SetFont(hanFont, "", 10.5)
	p.SetLeftMargin(left)
}

// writeLines writes a paragraph in lines of height h. fpdf's own MultiCell
// takes a hanzi at the end of a line for a space, and drops it.
func writeLines(pdf *fpdf.Fpdf, h float64, text string) {
	left, _, right, _ := pdf.GetMargins()
	page, _ := pdf.GetPageSize()
	width := func(line string) (w float64) {
		eachScript(pdf, line, func(run string) { w += pdf.GetStringWidth(run) })
		return w
	}
	for _, line := range wrap(text, page-left-right-2*pdf.GetCellMargin(), width) {
		writeLine(pdf, h, "L", line)
	}
}

// writeLine writes one line, L or C or R.
func writeLine(pdf *fpdf.Fpdf, h float64, align, line string) {
	left, _, right, _ := pdf.GetMargins()
	page, _ := pdf.GetPageSize()
	total := 0.0
	eachScript(pdf, line, func(run string) { total += pdf.GetStringWidth(run) })
	switch align {
	case "C":
		pdf.SetX((page - total) / 2)
	case "R":
		pdf.SetX(page - right - total - pdf.GetCellMargin())
	default:
		pdf.SetX(left + pdf.GetCellMargin())
	}
	margin := pdf.GetCellMargin()
	pdf.SetCellMargin(0)
	eachScript(pdf, line, func(run string) { pdf.CellFormat(pdf.GetStringWidth(run), h, run, "", 0, "L", false, 0, "") })
	pdf.SetCellMargin(margin)
	pdf.Ln(h)
}

// eachScript calls do for each run of a line that one font can write, with
// that font set: the Chinese one has no letters and no digits.
func eachScript(pdf *fpdf.Fpdf, line string, do func(run string)) {
	size, _ := pdf.GetFontSize()
	runes := []rune(line)
	for from := 0; from < len(runes); {
		_, latin := latinByte(runes[from])
		var run strings.Builder
		for ; from < len(runes); from++ {
			b, of := latinByte(runes[from])
			if of != latin {
				break
			}
			if latin {
				run.WriteByte(b)
			} else {
				run.WriteRune(runes[from])
			}
		}
		font := hanFont
		if latin {
			font = "Helvetica" // one of the fonts that every PDF reader has
		}
		pdf.SetFont(font, "", size)
		do(run.String())
	}
	pdf.SetFont(hanFont, "", size)
}

// latinByte returns the byte of a rune that Helvetica writes, by Windows-1252:
// ASCII, and the marks that the Chinese font lacks.
func latinByte(r rune) (b byte, ok bool) {
	if r < 0x7F {
		return byte(r), true //nolint:gosec // below 0x7F
	}
	b, ok = latinMarks[r]
	return b, ok
}

var latinMarks = map[rune]byte{
	'“': 0x93, '”': 0x94, '‘': 0x91, '’': 0x92, '–': 0x96, '—': 0x97, '…': 0x85, '•': 0x95, '€': 0x80, '‰': 0x89, '™': 0x99,
	'¥': 0xA5, '£': 0xA3, '§': 0xA7, '°': 0xB0, '±': 0xB1, '²': 0xB2, '³': 0xB3, '·': 0xB7, '×': 0xD7, '÷': 0xF7,
}

const hanFont = "han"

// wrap breaks a text into lines no wider than width: between any two hanzi,
// but before no closing mark and inside no word or number.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for _, piece := range pieces(paragraph) {
			if line != "" && measure(line+piece) > width {
				lines = append(lines, strings.TrimRight(line, " "))
				line, piece = "", strings.TrimLeft(piece, " ")
			}
			line += piece
		}
		lines = append(lines, line)
	}
	return lines
}

// pieces splits a text into what may not be broken.
func pieces(text string) []string {
	const closing = "，。、；：！？）》」』”’％,.;:!?)%…"
	var out []string
	glue := true // the next rune belongs to the piece before
	for i, r := range text {
		word := r < 0x2E80 && r != ' '
		if i > 0 && (word && glue || strings.ContainsRune(closing, r)) {
			out[len(out)-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		glue = word
	}
	return out
}
