package document

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// A form that has a label once per party: whose value one is, its place tells. A
// value that is the only one to be read is nobody's until then: a private buyer
// has no tax id, and the seller's is not theirs.

// readParty fills the field of a spec that stands once per party.
func (p *paper) readParty(s spec) {
	var places []place
	for _, label := range s.labels {
		for _, at := range p.find(label) {
			if !slices.ContainsFunc(places, func(o place) bool { return o.at == at.at }) {
				places = append(places, at)
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int { return p.inTurn(a.at, b.at) })
	var found []candidate
	for _, at := range places {
		side := p.side(at.at)
		switch text := string(p.runes[at.at][max(0, at.start-3):at.end]); {
		case strings.Contains(text, "购买方"), strings.Contains(text, "当事人甲"):
			side = 1
		case strings.Contains(text, "销售方"), strings.Contains(text, "当事人乙"):
			side = 2
		}
		if side != s.party {
			continue
		}
		if c, ok := p.take(s, at); ok && (!c.below || countHanzi(c.text) > 3 || countHanzi(c.text) == 0) {
			found = append(found, c)
		}
	}
	passes := func(c candidate) bool { return s.check == nil || s.check(c.text) }
	if s.anywhere && !slices.ContainsFunc(found, passes) {
		for at, l := range p.lines {
			if v, ok := s.parse(l.Text); ok && s.check(v) && p.side(at) == s.party {
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

// inTurn tells which of two lines belongs to the earlier party: the one to the
// left where they stand side by side, also on a page that leans, and else the
// upper one.
func (p *paper) inTurn(a, b int) int {
	one, two := p.lines[a], p.lines[b]
	dx, dy := one.Box[0]-two.Box[0], one.Box[1]-two.Box[1]
	if one.Page == two.Page && max(dx, -dx) > 4*max(dy, -dy) {
		return dx
	}
	return cmp.Or(one.Page-two.Page, dy, a-b)
}

// side returns whose a line is by its place, 1 or 2, and 0 where that is open.
func (p *paper) side(at int) int {
	if p.parties == nil {
		p.parties = p.anchors()
		p.pages = map[int]division{}
	}
	if p.form.kind == VATInvoice {
		return p.invoiceSide(at)
	}
	return p.turnOf(at)
}

// anchors are the lines at which the parties begin, in turn: a form has two.
func (p *paper) anchors() []int {
	words := []string{"当事人"}
	if p.form.kind == VATInvoice {
		words = []string{"购买方名称", "销售方名称", "名称", "称"}
	}
	out := []int{}
	for _, word := range words {
		for _, at := range p.find(word) {
			tail := tight(p.tail(at.at, at.end))
			if !slices.Contains(out, at.at) && at.edits == 0 && !strings.HasPrefix(tail, "签") {
				out = append(out, at.at)
			}
		}
	}
	slices.SortFunc(out, p.inTurn)
	if p.form.kind != VATInvoice && len(out) > 2 { // sentences begin with that word too
		named := slices.DeleteFunc(slices.Clone(out), func(at int) bool { return !p.named(at, words[0]) })
		if len(named) > 1 {
			return named[:2]
		}
	}
	return out
}

// named reports whether a person stands beside the label in a line.
func (p *paper) named(at int, label string) bool {
	for _, place := range p.find(label) {
		if _, ok := p.take(spec{parse: person}, place); ok && place.at == at {
			return true
		}
	}
	return false
}

// turnOf gives a line to the party that began last before it. With one party
// only, it is that one's; with none, or more than two, nobody can tell.
func (p *paper) turnOf(at int) int {
	anchors := p.parties
	switch {
	case len(anchors) == 1:
		return 1
	case len(anchors) != 2:
		return 0
	}
	one, two, l := p.lines[anchors[0]], p.lines[anchors[1]], p.lines[at]
	switch {
	case l.Box == ([4]int{}):
		if at >= anchors[1] {
			return 2
		}
	case inRow(one, two):
		if l.Box[0] >= two.Box[0]-tall(two) {
			return 2
		}
	case l.Page > two.Page || l.Page == two.Page && l.Box[3] > two.Box[1]+tall(two)/3:
		return 2
	}
	return 1
}

// division is how an invoice divides its page between buyer and seller.
type division struct {
	head, total int  // lines of the table's head and of the total, or -1
	columns     bool // side by side, above the table
	second      int  // where the second column begins
	middle      int  // of what is written on the page
}

// invoiceSide knows the two layouts of invoices: buyer above the table and
// seller below the total, or, on fully digital ones, side by side above it.
func (p *paper) invoiceSide(at int) int {
	l := p.lines[at]
	if l.Box == ([4]int{}) { // no layout: what follows the one or the other
		if len(p.parties) == 2 {
			return p.turnOf(at)
		}
		return 0
	}
	d, known := p.pages[l.Page]
	if !known {
		d = p.divide(l.Page)
		p.pages[l.Page] = d
	}
	below := d.total >= 0 && l.Box[1] > p.lines[d.total].Box[1]-tall(l)/2
	switch {
	case d.columns && (below || d.head >= 0 && l.Box[1] > p.lines[d.head].Box[3]):
		return 0 // the goods, a remark
	case d.columns && l.Box[0] >= d.second:
		return 2
	case d.columns:
		return 1
	case below && l.Box[0] >= d.middle:
		return 0 // a remark
	case below:
		return 2
	case d.total >= 0:
		return 1
	case len(p.parties) == 2:
		return p.turnOf(at)
	}
	return 0
}

// divide looks how a page is divided: by where the two parties begin, and else by
// what stands on digital invoices alone.
func (p *paper) divide(page int) division {
	d := division{head: p.edge(page, "税率", "规格型号", "项目名称"), total: p.edge(page, "价税合计"), middle: p.middle(page)}
	d.second = d.middle
	here := slices.DeleteFunc(slices.Clone(p.parties), func(at int) bool { return p.lines[at].Page != page })
	if len(here) == 2 {
		if d.columns = inRow(p.lines[here[0]], p.lines[here[1]]); d.columns {
			one, two := p.lines[here[0]].Box[0], p.lines[here[1]].Box[0]
			d.second = two - (two-one)/6 // names begin and end where they do
		}
		return d
	}
	d.columns = slices.ContainsFunc(p.lines, func(l Line) bool { return l.Page == page && digitalInvoice.MatchString(tight(l.Text)) })
	return d
}

// digitalInvoice is what stands on a fully digital invoice and on no other.
var digitalInvoice = regexp.MustCompile(`电子发票\(|发票号码:?\d{20}(?:\D|$)|购买方信息|销售方信息`)

// middle returns the middle of what is written on a page.
func (p *paper) middle(page int) int {
	left, right := -1, -1
	for _, l := range p.lines {
		if l.Page == page {
			if left < 0 || l.Box[0] < left {
				left = l.Box[0]
			}
			right = max(right, l.Box[2])
		}
	}
	return (left + right) / 2
}

// edge returns the first line on a page that has one of some words in it, or -1.
func (p *paper) edge(page int, words ...string) int {
	for _, word := range words {
		for _, at := range p.find(word) {
			if p.lines[at.at].Page == page {
				return at.at
			}
		}
	}
	return -1
}

// inRow reports whether two lines stand in one row, also on a page that leans.
func inRow(a, b Line) bool {
	dx, dy := a.Box[0]-b.Box[0], a.Box[1]-b.Box[1]
	return a.Page == b.Page && max(dx, -dx) > 4*max(dy, -dy)
}

func tall(l Line) int { return l.Box[3] - l.Box[1] }
