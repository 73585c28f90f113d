package document

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"anpei/claim"
)

// Extract reads the fields of a paper of this kind as [Understand] does, and says
// nothing of what else there is to say about the paper.
func Extract(kind Kind, lines []Line, qr []string) []Field {
	fields, _ := Understand(kind, lines, qr)
	return fields
}

// Understand reads the fields of a paper of this kind from its lines and from
// the payloads of the QR codes on it, in the order of [Names]. A field that is
// not found is left out. Lines need a box each for values that stand beside or
// under their label; without boxes, a value must follow its label.
//
// The reason is that for which the paper, though legible, proves no loss:
// [RedLetter], whose fields have no amounts, or [SeveralInvoices], which has no
// field but the number of an invoice that is taken back: whose the others are is
// open.
func Understand(kind Kind, lines []Line, qr []string) (fields []Field, reason string) {
	f, ok := formOf(kind)
	if !ok {
		return nil, ""
	}
	p := &paper{sheet: layOut(lines, f.labels()), form: f, fields: map[string]*Field{}}
	if kind == VATInvoice && p.several(qr) {
		if p.reversed(); p.fields[ReversedNumber] != nil {
			fields = append(fields, *p.fields[ReversedNumber])
		}
		return fields, SeveralInvoices
	}
	p.scale()
	for _, s := range f.fields {
		p.read(s)
	}
	switch kind {
	case VATInvoice:
		if p.red(qr) {
			reason = RedLetter
			p.reversed()
		} else {
			p.invoice()
		}
		p.codes(qr)
	case RepairEstimate:
		p.estimate()
	case VehicleLicence:
		p.vehicle()
	case DrivingLicence:
		p.driver("licence_no")
	case IDCard:
		p.driver("id_number")
	case AccidentCertificate:
		p.accident()
	case Agreement:
		p.written()
	case MedicalReceipt:
		p.medical()
	case ClaimForm:
		p.written()
	case Receipt:
		p.till()
	case BankCard, BusinessLicence, VINPlate, LossPhoto, Signature, Other, Unknown:
	}
	for _, s := range f.fields {
		if f := p.fields[s.name]; f != nil && claim.CheckField(f.Name, f.Value) == nil && (reason == "" && !p.scaled || !amountField(s.name)) {
			fields = append(fields, *f)
		}
	}
	return fields, reason
}

// amountField reports whether a field says how much money, in figures or words.
func amountField(name string) bool {
	return strings.HasSuffix(name, "_fen") || name == "total_words"
}

// paper is a form being filled from a sheet.
type paper struct {
	*sheet
	form   form
	fields map[string]*Field
	// unsummed means that no arithmetic over the page proves anything, since an
	// amount on it cannot be read; scaled, that its amounts are not in yuan.
	unsummed, scaled bool

	parties []int            // the lines at which they begin; nil before they are looked for
	pages   map[int]division // of invoices
}

var scalePattern = regexp.MustCompile(`(?:单位|货币):?(?:人民币)?[万千百亿]元|\([万千百亿]元\)`)

// scale looks whether every sum on the page can be read, and counts in yuan.
func (p *paper) scale() {
	for _, l := range p.lines {
		p.unsummed = p.unsummed || garbled(l.Text)
		p.scaled = p.scaled || scalePattern.MatchString(tight(l.Text))
	}
}

// read fills the field of one spec: the first value beside one of its labels,
// or, where the look of a value says enough, anywhere. A value that passes its
// check is taken before one that does not.
func (p *paper) read(s spec) {
	if s.parse == nil {
		return
	}
	if s.party > 0 {
		p.readParty(s)
		return
	}
	var found []candidate
	for _, label := range s.labels {
		for _, at := range p.find(label) {
			if c, ok := p.take(s, at); ok {
				found = append(found, c)
			}
		}
	}
	passes := func(c candidate) bool { return s.check == nil || s.check(c.text) }
	if s.anywhere && !slices.ContainsFunc(found, passes) {
		for at, l := range p.lines {
			if v, ok := s.parse(p.flow(s, l.Text, at)); ok && (!s.strict || s.check(v)) {
				found = append(found, candidate{text: v, at: at})
			}
		}
	}
	if len(found) == 0 {
		return
	}
	pick := found[max(0, slices.IndexFunc(found, passes))]
	p.judge(s, p.put(s.name, pick.text, pick.at))
}

// flow returns the text with the line that goes on from it, where values of
// this field wrap.
func (p *paper) flow(s spec, text string, at int) string {
	if s.wraps {
		return text + p.under(at)
	}
	return text
}

// take returns the value beside one label.
func (p *paper) take(s spec, at place) (candidate, bool) {
	var first candidate
	for _, c := range p.beside(at) {
		if s.rowed != "" && c.below && !strings.Contains(string(p.runes[at.at][at.start:at.end]), s.rowed) {
			continue
		}
		v, ok := s.parse(p.flow(s, c.text, c.at))
		if !ok {
			if _, is := priced(c.text); is && amountField(s.name) {
				break // the amount of this label cannot be read, and the next is another's
			}
			continue
		}
		if s.check == nil || s.check(v) {
			return candidate{text: v, at: c.at}, true
		}
		if first.text == "" {
			first = candidate{text: v, at: c.at}
		}
	}
	return first, first.text != ""
}

func (p *paper) put(name, value string, at int) *Field {
	l := p.lines[at]
	f := &Field{Name: name, Value: value, Confidence: l.Confidence, Source: l.Source, Page: l.Page, Box: l.Box, Engine: l.Engine}
	if l.Seen != ([4]int{}) {
		f.Box = l.Seen
	}
	p.fields[name] = f
	return f
}

// judge lets the check digit speak, and accepts what needs no second witness.
func (p *paper) judge(s spec, f *Field) {
	switch {
	case s.check == nil:
		f.Sure = !s.guarded && f.Source == FromPDFText
		if !f.Sure && !s.guarded && f.Confidence >= Clear && formed(s.name, f.Value) {
			f.Sure, f.Note = true, "read clearly, and of the right form"
		}
	case s.check(f.Value):
		f.Sure, f.Note = true, "check digit holds"
	default:
		f.Disputed = true
		if fixed, ok := repair(f.Value, s.check); ok {
			f.Note = fmt.Sprintf("one character repaired, read as %s", f.Value)
			f.Value = fixed
		} else {
			f.Note = "check digit fails"
		}
	}
}

func (p *paper) value(name string) string {
	if f := p.fields[name]; f != nil {
		return f.Value
	}
	return ""
}

func (p *paper) fen(name string) int64 {
	if f := p.fields[name]; f != nil {
		if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil {
			return n
		}
	}
	return -1
}

// attest marks fields as sure, for a reason.
func (p *paper) attest(why string, names ...string) {
	for _, name := range names {
		if f := p.fields[name]; f != nil {
			f.Sure, f.Note = true, note(f.Note, why)
		}
	}
}

// doubt says of fields what speaks against them.
func (p *paper) doubt(why string, names ...string) {
	for _, name := range names {
		if f := p.fields[name]; f != nil {
			f.Sure, f.Disputed, f.Note = false, true, note(f.Note, why)
		}
	}
}

// A sum is an amount of money and the line it stands on.
type sum struct {
	fen int64
	at  int
}

func (p *paper) sums() []sum {
	var out []sum
	for at, l := range p.lines {
		for _, fen := range amounts(l.Text) {
			out = append(out, sum{fen, at})
		}
	}
	return out
}

func (p *paper) putSum(name string, s sum) {
	p.put(name, strconv.FormatInt(s.fen, 10), s.at)
}

// add looks for the one pair among the sums of the page that adds up to the
// largest of them and that fits; it says whether there is exactly one.
func (p *paper) add(fits func(a, b int64) bool) (a, b, whole sum, ok bool) {
	sums := p.sums()
	if p.unsummed || len(sums) < 3 || len(sums) > 200 {
		return
	}
	whole = slices.MaxFunc(sums, func(x, y sum) int { return cmp.Compare(x.fen, y.fen) })
	for _, x := range sums {
		for _, y := range sums {
			if y.at == x.at && y.fen == x.fen || x.fen < y.fen || y.fen == 0 || x.fen+y.fen != whole.fen || !fits(x.fen, y.fen) {
				continue
			}
			if ok && (a.fen != x.fen || b.fen != y.fen) {
				return sum{}, sum{}, sum{}, false
			}
			a, b, ok = x, y, true
		}
	}
	return a, b, whole, ok
}

// written lets the amount in capitals (大写) bear witness to the total.
func (p *paper) written() {
	const name = "total_fen"
	for at, l := range p.lines {
		fen, ok := capitals(l.Text)
		if !ok {
			continue
		}
		switch p.fen(name) {
		case fen:
			p.attest("agrees with the amount in words", name)
		case -1:
			p.putSum(name, sum{fen, at})
		default:
			p.doubt("differs from the amount in words", name)
		}
		return
	}
}

// invoice reads the amounts of an invoice.
func (p *paper) invoice() {
	// The row 合计, which is not the row 价税合计.
	for _, at := range p.find("合计") {
		if at.start > 0 && p.runes[at.at][at.start-1] == '税' {
			continue // the end of 价税合计
		}
		var row []sum
		for i, c := range p.beside(at) {
			if i > 0 && !overlap(p.lines[at.at], p.lines[c.at]) || slices.ContainsFunc(row, func(s sum) bool { return s.at == c.at }) {
				continue
			}
			for _, fen := range amounts(c.text) {
				row = append(row, sum{fen, c.at})
			}
		}
		if len(row) == 2 {
			p.putSum("amount_fen", row[0])
			p.putSum("tax_fen", row[1])
			break
		}
	}
	if !p.adds("amount_fen", "tax_fen") {
		if amount, tax, total, ok := p.add(taxed); ok {
			p.putSum("amount_fen", amount)
			p.putSum("tax_fen", tax)
			p.putSum("total_fen", total)
		}
	}
	if p.adds("amount_fen", "tax_fen") {
		p.attest("amount + tax = total", "amount_fen", "tax_fen", "total_fen")
	}
	p.written()
}

// codes weighs what an invoice prints against its QR code.
func (p *paper) codes(qr []string) {
	for _, payload := range qr {
		q, ok := ParseInvoiceQR(payload)
		if !ok {
			continue
		}
		p.sworn("invoice_code", q.Code)
		p.sworn("invoice_number", q.Number)
		p.sworn("issue_date", q.Date)
		p.sworn("check_code", q.CheckCode)
		agree := true
		if q.AmountFen >= 0 {
			agree = p.sworn("amount_fen", strconv.FormatInt(q.AmountFen, 10))
		}
		if q.TotalFen >= 0 {
			agree = p.sworn("total_fen", strconv.FormatInt(q.TotalFen, 10))
		}
		switch {
		case p.adds("amount_fen", "tax_fen"):
			p.attest("amount + tax = total", "amount_fen", "tax_fen", "total_fen")
		case !agree:
			p.doubt("the QR code has another sum", "amount_fen", "tax_fen", "total_fen")
		case q.AmountFen >= 0 && p.fen("total_fen") != q.AmountFen && !taxed(q.AmountFen, p.fen("total_fen")-q.AmountFen):
			p.doubt("no rate of tax makes it of the QR code's amount", "total_fen")
		}
		break
	}
}

// sworn lets the QR code say the value of a field. Its own error correction
// makes it exact, so that it stands alone unless the field is guarded. It
// reports false when print says something else: a misreading or a forgery,
// which is for a person to tell.
func (p *paper) sworn(name, value string) bool {
	if value == "" {
		return true
	}
	f := p.fields[name]
	if f == nil || f.Value != value {
		if at := slices.IndexFunc(p.lines, func(l Line) bool { return says(l.Text, name, value) }); at >= 0 {
			f = p.put(name, value, at)
		}
	}
	agree := true
	switch {
	case f == nil:
		f = &Field{Name: name, Page: 1, Sure: !strings.HasSuffix(name, "_fen"), Note: "QR code"}
		p.fields[name] = f
	case f.Value == value:
		p.attest("print and QR code agree", name)
	default:
		p.doubt("QR code, where print reads "+f.Value, name)
		agree = false
	}
	f.Value, f.Source, f.Engine, f.Confidence = value, FromQR, "", 10000
	return agree
}

// says reports whether a line holds the value of a field in its printed form.
func says(text, name, value string) bool {
	switch {
	case strings.HasSuffix(name, "_fen"):
		return slices.ContainsFunc(amounts(text), func(fen int64) bool { return strconv.FormatInt(fen, 10) == value })
	case strings.HasSuffix(name, "_date"):
		return slices.Contains(dates(text), value)
	}
	return slices.Contains(digitsPattern.FindAllString(tight(text), -1), value)
}

// taxed reports whether tax is amount at one of the rates of VAT, give or take
// the rounding of a few lines.
func taxed(amount, tax int64) bool {
	for _, rate := range []int64{1, 3, 5, 6, 9, 11, 13, 16, 17} {
		if d := amount*rate - tax*100; d > -500 && d < 500 {
			return true
		}
	}
	return false
}

// adds reports whether the two fields are there and make up total_fen.
func (p *paper) adds(a, b string) bool {
	return p.fen(a) >= 0 && p.fen(b) >= 0 && p.fen("total_fen") > 0 && p.fen(a)+p.fen(b) == p.fen("total_fen")
}

// estimate weighs the sums of a repair estimate. Where its labels give no sum
// that holds, the one pair of figures that makes the largest is taken. One of
// the two that has its label tells which is which, and else a person does.
func (p *paper) estimate() {
	if !p.adds("parts_fen", "labour_fen") {
		first, second, total, ok := p.add(func(a, b int64) bool { return true })
		if !ok {
			p.written()
			return
		}
		parts, labour := first, second
		known := false
		switch {
		case p.fen("parts_fen") == second.fen || p.fen("labour_fen") == first.fen:
			parts, labour, known = second, first, true
		case p.fen("parts_fen") == first.fen || p.fen("labour_fen") == second.fen:
			known = true
		}
		p.putSum("parts_fen", parts)
		p.putSum("labour_fen", labour)
		p.putSum("total_fen", total)
		if !known {
			p.doubt("found by its sum, without its label", "parts_fen", "labour_fen", "total_fen")
			p.written()
			return
		}
	}
	p.attest("parts + labour = total", "parts_fen", "labour_fen", "total_fen")
	p.written()
}

// medical weighs the sums of a medical receipt: what the fund and the patient
// pay is the whole, and so are the charges.
func (p *paper) medical() {
	if whole, self := p.fen("total_fen"), p.fen("self_fen"); whole > 0 && self >= 0 && whole >= self {
		p.recover("fund_fen", whole-self)
	}
	total := p.fen("total_fen")
	if p.adds("fund_fen", "self_fen") {
		p.attest("fund + self = total", "fund_fen", "self_fen", "total_fen")
	}
	charges, n := int64(0), 0
	for _, s := range p.sums() {
		if s.at != 0 && s.fen != total && tight(p.lines[s.at].Text) == strings.TrimSpace(p.lines[s.at].Text) && amountOnly.MatchString(p.lines[s.at].Text) {
			charges, n = charges+s.fen, n+1
		}
	}
	if n > 1 && charges == total {
		p.attest("charges add up to the total", "total_fen")
	}
	p.written()
}

var amountOnly = regexp.MustCompile(`^¥?[\d,]+\.\d{2}$`)

// recover puts a sum that arithmetic asks for where its label has just these
// digits beside it, though a stamp hides the point among them.
func (p *paper) recover(name string, fen int64) {
	i := slices.IndexFunc(p.form.fields, func(s spec) bool { return s.name == name })
	if p.fen(name) == fen || i < 0 || fen < 100 {
		return
	}
	want := strconv.FormatInt(fen, 10)
	for _, label := range p.form.fields[i].labels {
		for _, at := range p.find(label) {
			for _, c := range p.beside(at) {
				if strings.Join(digitsPattern.FindAllString(c.text, -1), "") == want {
					p.putSum(name, sum{fen, c.at})
					return
				}
			}
		}
	}
}

// vehicle sorts the two dates of a vehicle licence where their labels were not
// read: a vehicle is registered before its licence is issued.
func (p *paper) vehicle() {
	if p.value("register_date") > p.value("issue_date") && len(p.days()) == 2 {
		delete(p.fields, "register_date")
	}
	if p.value("register_date") == "" && len(p.days()) == 2 {
		delete(p.fields, "issue_date")
	}
	p.inOrder("register_date", "issue_date")
}

// driver weighs what the citizen number says about its bearer, and sorts dates
// whose labels were not read.
func (p *paper) driver(number string) {
	f := p.fields[number]
	if f != nil && f.Sure {
		birth, _ := birthOf(f.Value)
		switch p.value("birth_date") {
		case birth:
			p.attest("agrees with the number", "birth_date")
		case "":
			p.fields["birth_date"] = &Field{Name: "birth_date", Value: birth, Confidence: f.Confidence, Source: f.Source, Page: f.Page, Box: f.Box, Engine: f.Engine, Sure: true, Note: fromNumber}
		default:
			p.doubt("differs from the number", "birth_date")
			p.doubt("differs from the day of birth", number)
		}
		sex := "女"
		if (f.Value[16]-'0')%2 == 1 {
			sex = "男"
		}
		switch p.value("sex") {
		case sex:
			p.attest("agrees with the number", "sex")
		case "":
			p.fields["sex"] = &Field{Name: "sex", Value: sex, Confidence: f.Confidence, Source: f.Source, Page: f.Page, Box: f.Box, Engine: f.Engine, Sure: true, Note: fromNumber}
		default:
			p.doubt("differs from the number", "sex")
		}
	}
	if p.form.kind == DrivingLicence {
		p.inOrder("birth_date", "issue_date", "", "valid_until")
	}
}

// fromNumber is the note of what a citizen number says, and the paper may not.
const fromNumber = "from the number"

// dated is a day and the line it stands on.
type dated struct {
	day string
	at  int
}

// days returns the different days on the page, in order of time.
func (p *paper) days() []dated {
	var days []dated
	for at, l := range p.lines {
		for _, day := range dates(l.Text) {
			if !slices.ContainsFunc(days, func(d dated) bool { return d.day == day }) {
				days = append(days, dated{day, at})
			}
		}
	}
	slices.SortFunc(days, func(a, b dated) int { return strings.Compare(a.day, b.day) })
	return days
}

// inOrder gives the days on the page to those of the named fields that have
// none, when there are just as many days as names: papers of this kind have
// them in that order of time. An empty name takes a day of its own.
func (p *paper) inOrder(names ...string) {
	days := p.days()
	if len(days) != len(names) {
		return
	}
	for i, name := range names {
		if name != "" && p.fields[name] == nil {
			p.put(name, days[i].day, days[i].at)
			p.doubt("found by its order in time, without its label", name)
		}
	}
}

var liabilityPattern = regexp.MustCompile(`([\p{Han}]{2,4}?)(?:承担|负)(?:本次|此次|该)?(?:道路)?(?:交通)?(?:事故)?的?(全部|主要|同等|次要|无)责任`)

// Of one who bears none it is often said shorter (李四无责任), which other
// sentences say too: the name must be a party's.
var blameless = regexp.MustCompile(`(\p{Han}{2,4})无责任`)

var drivenPattern = regexp.MustCompile(`(\p{Han}{2,4}?)(?:驾驶|驾)(?:的|车牌号为|车牌为|号牌为)?(\p{Han}[A-Z][A-Z0-9.]{5,7})`)

// driven reads from the story who drove what: it bears witness to the table, or
// stands in for it.
func (p *paper) driven() {
	var story strings.Builder
	for _, l := range p.lines {
		story.WriteString(tight(l.Text))
	}
	for _, m := range drivenPattern.FindAllStringSubmatch(story.String(), -1) {
		number, ok := plate(m[2])
		if !ok {
			continue
		}
		at := max(0, slices.IndexFunc(p.lines, func(l Line) bool { return strings.Contains(tight(l.Text), m[2]) }))
		for _, side := range []string{"a", "b"} {
			name := p.value("party_" + side)
			if name == "" || !strings.HasSuffix(m[1], name) {
				continue
			}
			switch p.value("plate_" + side) {
			case number:
				p.attest("stands twice on the paper", "plate_"+side, "party_"+side)
			case "":
				p.put("plate_"+side, number, at)
			default:
				p.doubt("the paper also says "+number, "plate_"+side)
			}
		}
	}
}

// accident reads who bears which share of the blame (责任).
func (p *paper) accident() {
	for at, l := range p.lines {
		for i, m := range liabilityPattern.FindAllStringSubmatch(tight(l.Text), -1) {
			name := "liability_a"
			if p.fields["party_a"] == nil && p.fields["party_b"] == nil { // the table could not be read
				p.put("party_a", m[1], at)
			} else if p.fields["party_b"] == nil && m[1] != p.value("party_a") {
				p.put("party_b", m[1], at)
			}
			if m[1] == p.value("party_b") || i > 0 && m[1] != p.value("party_a") || p.fields["liability_a"] != nil && m[1] != p.value("party_a") {
				name = "liability_b"
			}
			if p.fields[name] == nil {
				f := p.put(name, m[2], at)
				f.Sure = f.Source == FromPDFText
			}
		}
	}
	for at, l := range p.lines {
		for _, m := range blameless.FindAllStringSubmatch(tight(l.Text), -1) {
			for _, side := range []string{"a", "b"} {
				if name := p.value("party_" + side); name != "" && strings.HasSuffix(m[1], name) && p.fields["liability_"+side] == nil {
					f := p.put("liability_"+side, "无", at)
					f.Sure = f.Source == FromPDFText
				}
			}
		}
	}
	p.driven()
}
