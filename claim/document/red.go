package document

import (
	"regexp"
	"slices"
	"strings"
)

// A red-letter invoice (红字发票) takes a sale back: its amounts are less than
// nothing. It proves that an invoice no longer counts, and never a loss. (State
// Taxation Administration, announcement 2024 no. 11, on fully digital invoices:
// 红字数电发票.)

// ReversedNumber is the field with the number of the invoice that a red-letter
// invoice takes back.
const ReversedNumber = "reversed_number"

var (
	redWords    = regexp.MustCompile(`红字(?:发票|增值税|信息表|确认单)|红冲|冲红|销项负数|对应正数发票`)
	redCapitals = regexp.MustCompile(`负数?[)]?[零壹贰叁肆伍陆柒捌玖拾]+[佰仟万亿圆元拾]`)
	reversedNo  = regexp.MustCompile(`(?:蓝字|正数|原)[\p{Han}0-9:]{0,30}?号码:?(\d{20}|\d{8})(?:\D|$)`)
)

// red reports whether an invoice is a red-letter one: it says so, or its sums are
// less than nothing. One sign of it is enough, for readers lose dashes.
func (p *paper) red(qr []string) bool {
	for _, payload := range qr {
		if q, ok := ParseInvoiceQR(payload); ok && q.Red {
			return true
		}
	}
	for _, l := range p.lines {
		if text := tight(l.Text); redWords.MatchString(text) || redCapitals.MatchString(text) {
			return true
		}
	}
	for _, label := range []string{"小写", "价税合计", "合计"} {
		for _, at := range p.find(label) {
			for _, c := range p.besides(at) {
				if f, ok := priced(c.text); ok && f.read && f.fen < 0 {
					return true
				}
			}
		}
	}
	return false
}

// besides returns what stands beside a label and not below it.
func (p *paper) besides(at place) []candidate {
	return slices.DeleteFunc(p.beside(at), func(c candidate) bool { return c.below })
}

// reversed reads which invoice is taken back.
func (p *paper) reversed() {
	for at, l := range p.lines {
		if n := takenBackIn(l.Text); n != "" {
			f := p.put(ReversedNumber, n, at)
			f.Sure = f.Source == FromPDFText
			return
		}
	}
}

// takenBackIn returns the number of the invoice that a text says is taken back.
func takenBackIn(text string) string {
	if m := reversedNo.FindStringSubmatch(tight(text)); m != nil {
		return m[1]
	}
	return ""
}

// several reports whether a file has more than one invoice in it: two codes that
// say different numbers, or two totals with different numbers beside their label.
func (p *paper) several(qr []string) bool {
	var codes, printed []string
	for _, payload := range qr {
		if q, ok := ParseInvoiceQR(payload); ok && !slices.Contains(codes, q.Number) {
			codes = append(codes, q.Number)
		}
	}
	if len(codes) > 1 {
		return true
	}
	i := slices.IndexFunc(p.form.fields, func(s spec) bool { return s.name == "invoice_number" })
	for _, at := range p.find("发票号码") {
		if at.edits > 0 || at.start > 0 && hanzi(p.runes[at.at][at.start-1]) {
			continue // another's, which this one names
		}
		if c, ok := p.take(p.form.fields[i], at); ok && !slices.ContainsFunc(printed, func(n string) bool { return near(n, c.text) }) {
			printed = append(printed, c.text)
		}
	}
	return len(printed) > 1 && len(p.find("价税合计")) > 1
}

// near reports whether two numbers may be one that was misread: they have other
// digits in one place at most.
func near(a, b string) bool {
	if len(a) != len(b) {
		return strings.Contains(a, b) || strings.Contains(b, a)
	}
	apart := 0
	for i := range len(a) {
		if a[i] != b[i] {
			apart++
		}
	}
	return apart < 2
}
