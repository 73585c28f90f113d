package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/rest"
)

// Tables come as people have them: typed by hand, through Excel or WPS, in
// whatever encoding that writes. What is meant is taken; what is not sure is
// told, with the row, the column and how to mend it.

const (
	maxRows = 5000 // of a table; its bytes are bounded by maxTable
)

// column is a column that a table may have: its name in the contract and what
// people write over it.
type column struct {
	name, zh string
	needed   bool // a table without it cannot be read
}

// sheet is a table that was read.
type sheet struct{ rows []*sheetRow }

// sheetRow is one row, with what was found wrong with it so far.
type sheetRow struct {
	line   int // in the file
	cells  map[string]string
	marked map[string]bool // cells that are marked as text
	wrongs
}

// readSheet reads a table and finds its columns. Rows without any text are
// what Excel leaves behind, and are left out.
func readSheet(body io.Reader, columns []column) (*sheet, error) {
	raw, err := io.ReadAll(body)
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &contract.Fault{Kind: contract.KindTooLarge, Detail: fmt.Sprintf("A table has at most %d MiB. Split it. · 文件太大，请拆分后导入", large.Limit>>20)}
	}
	if err != nil {
		return nil, &contract.Fault{Kind: contract.KindInput, Detail: "The table did not arrive whole. Send it again.", Cause: err}
	}
	text, err := textOf(raw)
	if err != nil {
		return nil, err
	}
	text = lines(text)
	text = bareText.ReplaceAllString(text, "$1'$2")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separatorOf(text), -1, true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, contract.Invalid(rest.FieldError{Detail: "The table is empty. · 表格是空的"})
	}
	if err != nil {
		return nil, notCSV(err)
	}
	at, err := columnsOf(header, columns)
	if err != nil {
		return nil, err
	}
	s := &sheet{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, notCSV(err)
		}
		line, _ := r.FieldPos(0)
		row := &sheetRow{line: line, cells: map[string]string{}, marked: map[string]bool{}}
		some := false
		for i, cell := range record {
			marked := asText.MatchString(strings.TrimSpace(cell))
			cell = tidyCell(cell)
			some = some || cell != ""
			switch {
			case i < len(at):
				row.cells[at[i]], row.marked[at[i]] = cell, marked
			case cell != "":
				row.add("", "This row has more cells than the header has columns: a comma inside a value needs quotes around it. · 单元格多于表头，含逗号的内容请加引号")
			}
			if !contract.Storable(cell) {
				row.add(at[min(i, len(at)-1)], "It holds a character that is no text. · 含有无法识别的字符")
			}
		}
		if !some {
			continue
		}
		if s.rows = append(s.rows, row); len(s.rows) > maxRows {
			return nil, &contract.Fault{Kind: contract.KindTooLarge, Detail: fmt.Sprintf("A table has at most %d rows. Split it. · 最多 %[1]d 行，请拆分后导入", maxRows)}
		}
	}
}

// textOf decodes a table: UTF-8, with or without the mark that Excel writes,
// else GB18030, which older Chinese programs write.
func textOf(raw []byte) (string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) || bytes.IndexByte(text, 0) >= 0 {
		return "", contract.Invalid(rest.FieldError{Detail: "This is neither UTF-8 nor GB18030. Save it as CSV UTF-8. · 无法识别文件编码，请另存为 CSV UTF-8"})
	}
	return string(text), nil
}

// separatorLine is what Excel takes for the separator, and is no row.
var separatorLine = regexp.MustCompile(`^"?sep=([,;\t])"?\n`)

// lines puts one end at every line, also where there are only those of old Macs,
// and takes off a line that names the separator.
func lines(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return separatorLine.ReplaceAllString(text, "")
}

// separatorOf guesses what separates cells from the header, which has no
// separators of other kinds in it.
func separatorOf(text string) rune {
	header, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, one := range []rune{';', '\t'} {
		if strings.Count(header, string(one)) > strings.Count(header, string(best)) {
			best = one
		}
	}
	return best
}

func notCSV(err error) error {
	detail := "This is no CSV. · 不是有效的 CSV 文件"
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		detail = fmt.Sprintf("From line %d on this cannot be read as CSV: %v. Most likely a quote is missing or stands inside a value, where it is written twice. · 第 %[1]d 行引号有误", syntax.StartLine, syntax.Err)
	}
	return &contract.Fault{Kind: contract.KindInput, Detail: detail, Cause: err}
}

// columnsOf finds out which columns a header names.
func columnsOf(header []string, columns []column) ([]string, error) {
	var w wrongs
	at := make([]string, len(header))
	for i, title := range header {
		title = tidyCell(title)
		j := slices.IndexFunc(columns, func(c column) bool { return strings.EqualFold(title, c.name) || title == c.zh })
		switch {
		case title == "":
			at[i] = fmt.Sprintf("column %d", i+1) // looked at no further
		case j < 0:
			w.add(title, "There is no such column. "+listedColumns(columns))
		case slices.Contains(at, columns[j].name):
			w.add(columns[j].name, "This column stands there twice. · 该列出现了两次")
		default:
			at[i] = columns[j].name
		}
	}
	for _, c := range columns {
		if c.needed && !slices.Contains(at, c.name) {
			w.add(c.name, "The table has no column "+c.name+". · 缺少列“"+c.zh+"”")
		}
	}
	if len(w) > 0 {
		return nil, contract.Invalid(w...)
	}
	return at, nil
}

func listedColumns(columns []column) string {
	en, zh := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		en[i], zh[i] = c.name, c.zh
	}
	return "There are: " + strings.Join(en, ", ") + ". · 没有这一列，可用的列：" + strings.Join(zh, "、")
}

// asText is how people keep Excel from changing a number: ="0012" or '0012.
var asText = regexp.MustCompile(`^="(.*)"$|^'(.*)$`)

// bareText is the first without the quotes that CSV asks for; the second says the
// same of it.
var bareText = regexp.MustCompile(`(?m)(^|[,;\t])="([^",;\t\r\n]*)"`)

// tidyCell takes off what programs put round a value.
func tidyCell(cell string) string {
	cell = strings.TrimSpace(strings.ReplaceAll(cell, "\u00a0", " "))
	if m := asText.FindStringSubmatch(cell); m != nil {
		cell = strings.TrimSpace(m[1] + m[2])
	}
	return cell
}

// shortened is a number as Excel writes it when it finds it too long.
var shortened = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+[0-9]+$`)

// rounded is a number of which Excel has kept the first 15 digits.
var rounded = regexp.MustCompile(`^[1-9][0-9]{14}0{3,}$`)

// text returns a cell of at most so many characters. A number that Excel has
// shortened is lost: nobody can tell its digits.
func (r *sheetRow) text(name string, longest int, needed bool) string {
	v := r.cells[name]
	switch {
	case v == "" && needed:
		r.add(name, "It is missing. · 缺少内容")
	case utf8.RuneCountInString(v) > longest:
		r.add(name, fmt.Sprintf("It must have at most %d characters. · 不能超过 %[1]d 个字", longest))
	case shortened.MatchString(v):
		r.add(name, "Excel has shortened this number and its digits are lost. Set the column to Text, type it again and save. · 号码被 Excel 改成了科学计数，请将该列设为文本后重新填写")
	case rounded.MatchString(v) && !r.marked[name]:
		r.add(name, "Excel keeps 15 digits of a number and writes zeros for the rest: are these its digits? If they are, write it as text, with a ' before it; else type it again. · Excel 只保留前 15 位，后面都变成了 0。号码确实如此请在前面加 ' 号，否则请重新填写")
	}
	return v
}

// fen returns an amount that is written in yuan; empty is 0.
func (r *sheetRow) fen(name string) claim.Fen {
	v := r.cells[name]
	if v == "" || v == "-" {
		return 0
	}
	fen, err := claim.ParseFen(v)
	if fault, ok := errors.AsType[*claim.AmountError](err); ok {
		r.add(name, "It must be an amount in yuan, such as 1,200,000.00: "+fault.EN+". · 请填写以元为单位的金额："+fault.ZH)
		return 0
	}
	if fen < 0 {
		r.add(name, "It must not be less than nothing. · 金额不能为负数")
		return 0
	}
	return fen
}

// bp returns a ratio that is written in percent; empty is 0. Without the sign
// nobody knows whether 5 is 5 % or 500 %.
func (r *sheetRow) bp(name string) claim.BP {
	v := strings.NewReplacer(" ", "", "％", "%").Replace(r.cells[name])
	if v == "" || v == "-" || v == "0" {
		return 0
	}
	share, err := claim.ParseBP(v)
	if err != nil || !strings.HasSuffix(v, "%") {
		r.add(name, "It must be a ratio in percent, from 0% to 100%, such as 5%. · 请填写百分比，例如 5%")
		return 0
	}
	return share
}

var dayForm = regexp.MustCompile(`^([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?[ T]*([^ T].*)?$`)

// Times that say where in its day a period begins or ends.
var (
	dayBegins = regexp.MustCompile(`^(?:0?0[:：]00(?:[:：]00(?:\.0+)?)?|0{1,2}[时点](?:00?分)?(?:00?秒)?|零[时点])$`)
	dayEnds   = regexp.MustCompile(`^(?:24[:：]00(?:[:：]00)?|24[时点](?:00?分)?(?:00?秒)?|二十四[时点]|23[:：]59(?:[:：]59(?:\.9+)?)?|23[时点]59分(?:59秒)?)$`)
)

// day returns a day, however it is written.
func (r *sheetRow) day(name string) (d claim.Date, ok bool) {
	d, at, ok := r.dayAt(name)
	if ok && at != "" && !dayBegins.MatchString(at) {
		return d, r.noDay(name)
	}
	return d, ok
}

// lastDay returns the day with which a period ends (claim.Date.End): the day
// itself where no time stands with it, or its last one (24时, 23:59:59). With a
// midnight at its beginning two things are meant: by Excel, which writes one to
// each day, the day itself; by who writes the moment, the day before. So it is
// asked.
func (r *sheetRow) lastDay(name string) (d claim.Date, ok bool) {
	d, at, ok := r.dayAt(name)
	switch {
	case !ok, at == "", dayEnds.MatchString(at):
		return d, ok
	case dayBegins.MatchString(at):
		before := d.AddDays(-1)
		r.add(name, fmt.Sprintf("At midnight one day ends and the next begins: is %s still covered? Write %[1]s without a time if it is, and %s if cover ends with that day. · 0 时是前一天的结束：如果 %[1]s 当天仍在保，请只写 %[1]s；如果保到前一天为止，请写 %[2]s", d, before))
		return d, false
	}
	return d, r.noDay(name)
}

// dayAt reads a day and what stands behind it.
func (r *sheetRow) dayAt(name string) (d claim.Date, at string, ok bool) {
	v := r.cells[name]
	if v == "" {
		r.add(name, "It is missing. · 缺少日期")
		return d, "", false
	}
	if m := dayForm.FindStringSubmatch(v); m != nil {
		if t, err := time.Parse("2006-1-2", m[1]+"-"+m[2]+"-"+m[3]); err == nil {
			return claim.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, m[4], true
		}
	}
	return d, "", r.noDay(name)
}

func (r *sheetRow) noDay(name string) (ok bool) {
	r.add(name, "It must be a day, such as 2026/1/5 or 2026-01-05. · 请填写日期，例如 2026/1/5")
	return false
}

// whole returns a number of at most that; empty is otherwise.
func (r *sheetRow) whole(name string, most, otherwise int) int {
	v := r.cells[name]
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > most {
		r.add(name, fmt.Sprintf("It must be a whole number from 0 to %d. · 请填写 0 到 %[1]d 的整数", most))
		return otherwise
	}
	return n
}

// oneOf returns a code that people write as it is or in Chinese.
func oneOf[T ~string](r *sheetRow, name string, codes map[T]string) (code T) {
	v := r.cells[name]
	var known, names []string
	for code, zh := range codes {
		if strings.EqualFold(v, string(code)) || v == zh {
			return code
		}
		known, names = append(known, string(code)), append(names, zh)
	}
	slices.Sort(known)
	slices.Sort(names)
	r.add(name, "It must be one of: "+strings.Join(known, ", ")+". · 只能是："+strings.Join(names, "、"))
	return code
}

var branchForm = regexp.MustCompile(`^[0-9]{4}$`)

// branch returns a branch, with the zeros that Excel takes off.
func (r *sheetRow) branch(name string) string {
	v := r.cells[name]
	if len(v) < 4 && v != "" {
		v = strings.Repeat("0", 4-len(v)) + v
	}
	if !branchForm.MatchString(v) {
		r.add(name, "It must be four digits, 0000 for the head office. · 请填写四位机构代码")
	}
	return v
}

// planned is what a table does: its rows with what becomes of each.
type planned struct{ rest.Import }

// add notes what becomes of a row. One that is wrong does nothing else.
func (p *planned) add(r *sheetRow, key string, isNew bool, changes []rest.ImportChange) {
	out := rest.ImportRow{Row: r.line, Key: key, State: rest.Changed, Changes: changes, Faults: []rest.FieldError{}}
	switch {
	case len(r.wrongs) > 0:
		p.Wrong++
		out.State, out.Changes, out.Faults = rest.Wrong, nil, r.wrongs
	case isNew:
		p.New++
		out.State, out.Changes = rest.New, nil
	case len(changes) == 0:
		p.Unchanged++
		return
	default:
		p.Changed++
	}
	if out.Changes == nil {
		out.Changes = []rest.ImportChange{}
	}
	p.Rows = append(p.Rows, out)
}

// fit reports, as an error, the rows that keep a table from being carried out.
func (p *planned) fit() error {
	if p.Wrong == 0 {
		return nil
	}
	var faults []rest.FieldError
	for _, row := range p.Rows {
		for _, f := range row.Faults {
			if len(faults) < 200 {
				faults = append(faults, rest.FieldError{Pointer: fmt.Sprintf("/%d/%s", row.Row, f.Pointer), Detail: f.Detail})
			}
		}
	}
	return contract.Invalid(faults...)
}

// differs notes a value that a row changes.
func differs(changes []rest.ImportChange, name, before, after string) []rest.ImportChange {
	if before == after {
		return changes
	}
	return append(changes, rest.ImportChange{Column: name, Before: before, After: after})
}
