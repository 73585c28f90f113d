package document

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"anpei/claim"
)

// ParseInvoiceXML reads the data that an electronic invoice carries with it: the
// original_invoice.xml inside an OFD file (GB/T 33190), and the XML file of a
// fully digital invoice. What stands there is the invoice; print only shows it.
// The reason says why it proves nothing: [NoInvoice] for anything else,
// [RedLetter], whose fields have no amounts, or [SeveralInvoices], of which no
// more is said than which invoice one of them takes back.
func ParseInvoiceXML(r io.Reader) (fields []Field, reason string) {
	values, ok := leaves(r)
	if !ok {
		return nil, NoInvoice
	}
	return invoiceOf(values)
}

// texts are what a file says, by the name of an element and by that of its parent
// and itself ("InIssuType/LabelCode"): each different text once, in order.
type texts map[string][]string

func (t texts) add(name, text string) {
	if text = fold(text); text != "" && !slices.Contains(t[name], text) {
		t[name] = append(t[name], text)
	}
}

// first returns the first text of the first of the names that has one, without
// spaces.
func (t texts) first(names ...string) string {
	for _, name := range names {
		if len(t[name]) > 0 {
			return tight(t[name][0])
		}
	}
	return ""
}

// name is first, with the spaces of a name that has no hanzi.
func (t texts) name(names ...string) string {
	for _, name := range names {
		if len(t[name]) > 0 && countHanzi(t[name][0]) == 0 {
			return t[name][0]
		}
	}
	return t.first(names...)
}

// The names of an invoice's parts: those of original_invoice.xml and of an OFD
// file's tags, those of a fully digital invoice, those of an OFD file's CustomDatas.
var (
	numberTags   = []string{"InvoiceNo", "InvoiceNumber", "EIid", "发票号码"}
	dateTags     = []string{"IssueDate", "IssueTime", "RequestTime", "开票日期"}
	amountTags   = []string{"TaxExclusiveTotalAmount", "TotalAmWithoutTax", "合计金额"}
	taxTags      = []string{"TaxTotalAmount", "TotalTaxAm", "合计税额"}
	totalTags    = []string{"TaxInclusiveTotalAmount", "TotalTax-includedAmount", "价税合计"}
	reversedTags = []string{"OriginalInvoiceNumber", "OriginalInvoiceNo", "OriginalInvoiceCode"}
)

// invoiceOf makes an invoice of what a file says.
func invoiceOf(t texts) (fields []Field, reason string) {
	number := t.first(numberTags...)
	total, hasTotal := fenOf(t.first(totalTags...))
	amount, hasAmount := fenOf(t.first(amountTags...))
	tax, hasTax := fenOf(t.first(taxTags...))
	red := total < 0 || amount < 0 || tax < 0 || t.first("InIssuType/LabelCode") == "N" || t.first(reversedTags...) != ""
	if !digits(number) || claim.CheckField("invoice_number", number) != nil || !hasTotal && !red {
		return nil, NoInvoice
	}
	put := func(name, value, note string) {
		if value != "" && claim.CheckField(name, value) == nil {
			fields = append(fields, Field{Name: name, Value: value, Confidence: 10000, Source: FromXML, Page: 1, Sure: note != "", Note: note})
		}
	}
	if len(numbers(t)) > 1 {
		put(ReversedNumber, t.reversed(), exact)
		return fields, SeveralInvoices
	}
	if red {
		reason = RedLetter
	}
	put("invoice_code", t.first("InvoiceCode", "发票代码"), exact)
	put("invoice_number", number, exact)
	put("issue_date", issued(t), exact)
	if reason == "" {
		adds := ""
		if hasAmount && hasTax && amount+tax == total {
			adds = "amount + tax = total"
		}
		for _, m := range []struct {
			name string
			fen  int64
			ok   bool
		}{{"amount_fen", amount, hasAmount}, {"tax_fen", tax, hasTax}, {"total_fen", total, hasTotal}} {
			if m.ok {
				put(m.name, strconv.FormatInt(m.fen, 10), adds)
			}
		}
		put("total_words", t.first("TotalTax-includedAmountInChinese"), exact)
	} else {
		put(ReversedNumber, t.reversed(), exact)
	}
	party := func(name, id string, nameTags, idTags []string) {
		put(name, dotted(t.name(nameTags...)), exact)
		v := strings.ToUpper(t.first(idTags...))
		witness := ""
		if creditOK(v) {
			witness = "check digit holds"
		}
		put(id, v, witness)
	}
	party("buyer", "buyer_tax_id", []string{"BuyerName", "购买方名称"}, []string{"BuyerTaxID", "BuyerIdNum", "购买方纳税人识别号"})
	party("seller", "seller_tax_id", []string{"SellerName", "销售方名称"}, []string{"SellerTaxID", "SellerIdNum", "销售方纳税人识别号"})
	put("check_code", t.first("InvoiceCheckCode", "校验码"), exact)
	if v, ok := plate(t.first("Note", "Remark")); ok {
		put("plate", v, "")
	}
	return fields, reason
}

// numbers returns the different numbers of invoices in a file. Its own id
// (EIid) counts where no other stands.
func numbers(t texts) []string {
	var out []string
	for _, name := range []string{"InvoiceNo", "InvoiceNumber", "发票号码"} {
		for _, n := range t[name] {
			if n = tight(n); digits(n) && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	if len(out) == 0 {
		return t["EIid"]
	}
	return out
}

// reversed returns the number of the invoice that this one takes back: as the
// data says it in a place of its own, or in its remark, or as the page shows it.
func (t texts) reversed() string {
	for _, name := range reversedTags {
		for _, text := range t[name] {
			if n := tight(text); digits(n) && (len(n) == 20 || len(n) == 8) { // an invoice's code has 10 or 12
				return n
			}
		}
	}
	for _, name := range []string{"Note", "Remark", "备注", "page"} {
		for _, text := range t[name] {
			if n := takenBackIn(text); n != "" {
				return n
			}
		}
	}
	return ""
}

// issued returns the day of issue, also where it is written as 20260309.
func issued(t texts) string {
	for _, name := range dateTags {
		s := t.first(name)
		if day, ok := firstDate(s); ok {
			return day
		}
		if len(s) >= 8 && digits(s[:8]) {
			if day, ok := date(s[:4], s[4:6], s[6:8]); ok {
				return day
			}
		}
	}
	return ""
}

// exact is the note of what an invoice's own data says.
const exact = "the invoice's own data"

// leaves returns the texts of a file of XML by the names of their elements. It
// reports false for what is no XML, or too much of it.
func leaves(r io.Reader) (texts, bool) {
	out := texts{}
	ok := walk(r, func(path []string, _ map[string]string, text string) {
		name := path[len(path)-1]
		out.add(name, text)
		if len(path) > 1 {
			out.add(path[len(path)-2]+"/"+name, text)
		}
	})
	return out, ok && len(out) > 0
}

// walk calls leaf for each element of a file of XML at its end, with the names
// of the elements round it, its attributes and the text right in it. It reports
// false for what is no XML, or too much of it.
func walk(r io.Reader, leaf func(path []string, attributes map[string]string, text string)) bool {
	d := xml.NewDecoder(r)
	d.Strict = false
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not UTF-8") }
	type element struct {
		attributes map[string]string
		text       strings.Builder
	}
	var path []string
	var open []*element
	for range 100_000 {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		switch e := t.(type) {
		case xml.Directive: // a document type declares entities; no invoice has one
			return false
		case xml.StartElement:
			if path = append(path, e.Name.Local); len(path) > 64 {
				return false
			}
			next := &element{attributes: map[string]string{}}
			for _, a := range e.Attr[:min(len(e.Attr), 32)] {
				next.attributes[a.Name.Local] = a.Value
			}
			open = append(open, next)
		case xml.CharData:
			if len(open) > 0 && open[len(open)-1].text.Len() < longest {
				open[len(open)-1].text.Write(e[:min(len(e), longest)])
			}
		case xml.EndElement:
			if len(open) == 0 {
				continue
			}
			last := open[len(open)-1]
			leaf(path, last.attributes, strings.TrimSpace(strings.ToValidUTF8(last.text.String(), "")))
			open, path = open[:len(open)-1], path[:len(path)-1]
		}
	}
	return false
}
