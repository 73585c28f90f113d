package document

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A till's receipt has no form: every shop prints its own. What it must have is
// a head with the shop's name, a date, and rows that end in an amount.

var (
	companyPattern = regexp.MustCompile(`(?:SDN\.?BHD|BHD|LTD|LIMITED|LLC|INC|CORP|COMPANY|ENTERPRISES?|TRADING|HARDWARE|MOTORS?|RESTAURANT|RESTORAN|CAFE|STORES?|MARKET|HOTEL|CLINIC|PHARMACY|GARAGE)[.,*]?$|SYARIKAT|PERNIAGAAN`)
	registered     = regexp.MustCompile(`\(?\b(\d{5,8}-[A-Z])\b\)?`)
	taxed12        = regexp.MustCompile(`(?i)(?:GST|TAX|SST|VAT)[A-Z .()]*?(?:ID|NO|REG)[A-Z .()]*[: #.-]*([A-Z]{0,2}\d{9,14}|[A-Z]\d{2}-\d{4}-\d{8})`)
	numbered       = regexp.MustCompile(`(?i)(?:INVOICE|INV|DOCUMENT|DOC|RECEIPT|RCPT|BILL|CHECK|ORDER|TRANS(?:ACTION)?)\.? ?(?:NO|NUMBER|NUM|#|ID)?\.? ?[:#.]* ?([A-Z0-9/-]*\d[A-Z0-9/-]{2,})\b`)
	tillDate       = regexp.MustCompile(`(?:^|\D)(\d{1,2})[-/.](\d{1,2})[-/.](20\d{2}|\d{2}(?:\D|$))`)
	tillMonth      = regexp.MustCompile(`(?i)\b(\d{1,2})[ -/]?(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*[ -/,.]*(\d{4}|\d{2})\b`)
	tillTime       = regexp.MustCompile(`(?:^|\D)(\d{1,2}:\d{2}(?::\d{2})?)(?:[^\d:]|$)`)
	// What is no word of a row's label: the figures in it, and their currency.
	tillAmount = regexp.MustCompile(`(?i)(?:RM|\$|USD|MYR|SGD|CNY|¥)? ?-?[\d,]*\.\d{2}(?:[^\d.]|$)`)
	// The code of a tax stands close behind an amount: 12.50S, 12.50SR.
	// And a label close before it: TOTAL12.50. Its last letter is none that digits
	// are taken for.
	tillLabel = regexp.MustCompile(`([A-Za-z]{2,}[ACEFHJKLMNPRTUVWXYacdefhjkmnprtuvwxy])([0-9][0-9,]*\.[0-9]{2})`)
	tillCode  = regexp.MustCompile(`(\d\.\d{2})(?:SR?|ZRL?|Z|TX?|E|OS|G|NR?)(?:[^A-Za-z0-9]|$)`)
)

// tillRow is what stands in one row: words to the left, amounts to the right.
type tillRow struct {
	label   string
	amounts []sum
}

// till reads an English receipt.
func (p *paper) till() {
	p.tillHead()
	rows := p.tillRows()
	pick := func(name string, fits func(label string) bool) {
		for _, r := range slices.Backward(rows) {
			if len(r.amounts) > 0 && fits(r.label) {
				p.putSum(name, r.amounts[len(r.amounts)-1])
				return
			}
		}
	}
	has := func(words ...string) func(string) bool {
		return func(label string) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(label, w) })
		}
	}
	pick("change_fen", has("CHANGE"))
	pick("cash_fen", func(l string) bool {
		return (strings.HasPrefix(l, "CASH") || has("TENDER", "CASHPAID", "PAIDCASH", "AMOUNTPAID")(l)) && !has("CASHIER", "CHANGE", "BILL", "SALES")(l)
	})
	pick("amount_fen", func(l string) bool {
		return has("TOTAL", "SALES", "AMOUNT")(l) && has("EXCL", "BEFORE", "TAXABLE", "NETAMOUNT")(l)
	})
	pick("tax_fen", func(l string) bool {
		return has("TOTALGST", "GSTPAYABLE", "TOTALTAX", "TOTALSST", "GST@", "SST@", "VAT@")(l) ||
			(strings.HasPrefix(l, "GST") || strings.HasPrefix(l, "SST") || strings.HasPrefix(l, "TAX") || strings.HasPrefix(l, "VAT")) && !has("INCL", "EXCL", "SUMMARY", "REG", "ID", "NO", "CODE")(l)
	})
	p.tillTotal(rows, has)
}

// tillTotal chooses the total: what cash less change says, and else the row
// whose words name it most plainly.
func (p *paper) tillTotal(rows []tillRow, has func(...string) func(string) bool) {
	aside := has("QTY", "QUANTITY", "EXCL", "ITEM", "DISC", "SAVING", "CASH", "CHANGE", "TOTALGST", "TOTALTAX", "TOTALSST", "GSTTOTAL", "POINT", "BEFORE")
	best, most := sum{fen: -1}, 0
	paid := int64(-1)
	if p.fen("cash_fen") >= 0 && p.fen("change_fen") >= 0 {
		paid = p.fen("cash_fen") - p.fen("change_fen")
	}
	for _, r := range rows {
		if len(r.amounts) == 0 || aside(r.label) {
			continue
		}
		weight := 0
		switch {
		case has("ROUNDEDTOTAL", "ROUNDDTOTAL", "TOTALROUNDED")(r.label) || strings.HasPrefix(r.label, "ROUND") && strings.Contains(r.label, "TOTAL"):
			weight = 9
		case has("GRANDTOTAL", "NETTOTAL", "TOTALDUE", "AMOUNTDUE", "TOTALPAYABLE", "BALANCEDUE", "TOTALTOPAY")(r.label):
			weight = 8
		case has("SUBTOTAL", "SUB-TOTAL")(r.label):
			weight = 2
		case strings.Trim(strings.TrimSuffix(strings.TrimSuffix(r.label, "(RM)"), "RM"), ":.()$") == "TOTAL":
			weight = 6
			if len(r.amounts) > 1 { // a summary of taxes
				weight = 3
			}
		case has("TOTAL")(r.label) && has("INCL")(r.label):
			weight = 5
		case has("TOTAL")(r.label):
			weight = 4
		case has("AMOUNT")(r.label):
			weight = 1
		}
		s := r.amounts[len(r.amounts)-1]
		if weight > 0 && s.fen == paid {
			weight += 10
		}
		if weight > most {
			best, most = s, weight
		}
	}
	if most == 0 {
		return
	}
	p.putSum("total_fen", best)
	if paid == best.fen {
		p.attest("cash less change is the total", "total_fen", "cash_fen", "change_fen")
	}
	if p.fen("amount_fen") >= 0 && p.fen("tax_fen") > 0 && p.adds("amount_fen", "tax_fen") {
		p.attest("amount + tax = total", "amount_fen", "tax_fen", "total_fen")
	}
}

// tillRows puts the lines together that stand side by side.
func (p *paper) tillRows() []tillRow {
	var rows []tillRow
	for at := 0; at < len(p.lines); {
		to := at + 1
		for to < len(p.lines) && level(p.lines[at], p.lines[to]) {
			to++
		}
		var r tillRow
		var words strings.Builder
		for i := at; i < to; i++ {
			text := p.lines[i].Text
			for _, fen := range amounts(tillText(text)) {
				r.amounts = append(r.amounts, sum{fen, i})
			}
			words.WriteString(tillAmount.ReplaceAllString(text, ""))
		}
		r.label = strings.ToUpper(strings.Trim(tight(words.String()), ": ."))
		rows = append(rows, r)
		at = to
	}
	return rows
}

// tillText is a row without what tills print close to their amounts.
func tillText(s string) string {
	s = tillLabel.ReplaceAllString(strings.NewReplacer("$", " ", "@", " @ ").Replace(s), "$1 $2")
	return tillCode.ReplaceAllString(s, "$1 ")
}

// level reports whether two lines belong to one row: the middle of each is
// within the other.
func level(a, b Line) bool {
	ma, mb := (a.Box[1]+a.Box[3])/2, (b.Box[1]+b.Box[3])/2
	return a.Page == b.Page && ma > b.Box[1] && ma < b.Box[3] && mb > a.Box[1] && mb < a.Box[3]
}

// tillHead reads what identifies a receipt: shop, numbers, date and time.
func (p *paper) tillHead() {
	named, first := -1, -1
	for at, l := range p.lines {
		text := strings.ToUpper(l.Text)
		if at < 8 && named < 0 && !registered.MatchString(text) && companyPattern.MatchString(tight(text)) {
			named = at
		}
		if at < 8 && first < 0 && countLetters(text) > 5 && l.Text == text && strings.Contains(strings.TrimSpace(text), " ") {
			first = at
		}
		row := p.row(at)
		p.tillMatch("reg_no", registered, text, at)
		p.tillMatch("tax_id", taxed12, row, at)
		if !taxed12.MatchString(row) {
			p.tillMatch("receipt_number", numbered, row, at)
		}
		if p.fields["issue_date"] == nil {
			if day, ok := tillDay(text); ok {
				p.put("issue_date", day, at)
				p.tillMatch("time", tillTime, tillDate.ReplaceAllString(text, " "), at)
			}
		}
	}
	if p.fields["time"] == nil {
		for at, l := range p.lines {
			if strings.Contains(strings.ToUpper(l.Text), "TIME") || tillTime.FindString(l.Text) == strings.TrimSpace(l.Text) {
				row := p.row(at)
				if tillTime.MatchString(row) {
					p.tillMatch("time", tillTime, row, at)
					break
				}
			}
		}
	}
	switch {
	case named >= 0:
		p.put("company", strings.Trim(p.lines[named].Text, " ,.-*"), named)
		if t := p.lines[named].Text; strings.HasSuffix(t, ".") {
			p.fields["company"].Value = strings.Trim(t, " ,-*")
		}
	case first >= 0:
		p.put("company", strings.Trim(p.lines[first].Text, " ,-*"), first)
	}
}

// row returns what stands in a row from line at on.
func (p *paper) row(at int) string {
	words := []string{p.lines[at].Text}
	for i := at + 1; i < len(p.lines) && level(p.lines[at], p.lines[i]); i++ {
		words = append(words, p.lines[i].Text)
	}
	return strings.Join(words, " ")
}

func (p *paper) tillMatch(name string, pattern *regexp.Regexp, text string, at int) {
	if p.fields[name] != nil {
		return
	}
	if m := pattern.FindStringSubmatch(text); m != nil {
		p.put(name, m[1], at)
	}
}

// tillDay reads a date as receipts print it: the day first, the year last.
func tillDay(s string) (string, bool) {
	if d, ok := firstDate(s); ok {
		return d, true
	}
	for _, m := range tillDate.FindAllStringSubmatch(s, -1) {
		if day, ok := date(century(m[3]), m[2], m[1]); ok {
			return day, true
		}
	}
	if m := tillMonth.FindStringSubmatch(s); m != nil {
		month := strings.Index("JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", strings.ToUpper(m[2]))/3 + 1
		return date(century(m[3]), strconv.Itoa(month), m[1])
	}
	return "", false
}

func century(year string) string {
	year = strings.TrimRight(year, ": TAMP,-/.")
	if len(year) == 2 {
		return "20" + year
	}
	return year
}

func countLetters(s string) int {
	n := 0
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			n++
		}
	}
	return n
}
