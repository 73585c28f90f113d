package document

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// ParseInvoiceXML reads the data that an electronic invoice carries with it: the
// original_invoice.xml inside an OFD file (GB/T 33190), and the XML file of a
// fully digital invoice. What stands there is the invoice; print only shows it.
// It reports false for anything else.
func ParseInvoiceXML(r io.Reader) ([]Field, bool) {
	values, ok := leaves(r)
	if !ok {
		return nil, false
	}
	first := func(names ...string) string {
		for _, name := range names {
			if v := tight(fold(values[name])); v != "" {
				return v
			}
		}
		return ""
	}
	var out []Field
	put := func(name, value, note string) {
		if value != "" {
			out = append(out, Field{Name: name, Value: value, Confidence: 10000, Source: FromXML, Page: 1, Sure: note != "", Note: note})
		}
	}
	fen := func(names ...string) int64 {
		n, ok := fenOf(first(names...))
		if first(names...) == "" || !ok || n < 0 {
			return -1
		}
		return n
	}
	number := first("InvoiceNo", "InvoiceNumber", "EIid")
	amount, tax, total := fen("TaxExclusiveTotalAmount", "TotalAmWithoutTax"), fen("TaxTotalAmount", "TotalTaxAm"), fen("TaxInclusiveTotalAmount", "TotalTax-includedAmount")
	if number == "" || !digits(number) || total < 0 {
		return nil, false
	}
	put("invoice_code", first("InvoiceCode"), exact)
	put("invoice_number", number, exact)
	if day, ok := firstDate(first("IssueDate", "IssueTime", "RequestTime")); ok {
		put("issue_date", day, exact)
	} else if s := first("IssueDate", "IssueTime"); len(s) >= 8 && digits(s[:8]) {
		if day, ok := date(s[:4], s[4:6], s[6:8]); ok {
			put("issue_date", day, exact)
		}
	}
	adds := ""
	if amount >= 0 && tax >= 0 && amount+tax == total {
		adds = "amount + tax = total"
	}
	for _, m := range []struct {
		name string
		fen  int64
	}{{"amount_fen", amount}, {"tax_fen", tax}, {"total_fen", total}} {
		if m.fen >= 0 {
			put(m.name, strconv.FormatInt(m.fen, 10), adds)
		}
	}
	put("total_words", first("TotalTax-includedAmountInChinese"), exact)
	party := func(name, id, nameTag, idTag string) {
		put(name, first(nameTag), exact)
		v := strings.ToUpper(first(idTag))
		witness := ""
		if creditOK(v) {
			witness = "check digit holds"
		}
		put(id, v, witness)
	}
	party("buyer", "buyer_tax_id", "BuyerName", either(values, "BuyerTaxID", "BuyerIdNum"))
	party("seller", "seller_tax_id", "SellerName", either(values, "SellerTaxID", "SellerIdNum"))
	put("check_code", first("InvoiceCheckCode"), exact)
	if v, ok := plate(fold(first("Note", "Remark"))); ok {
		put("plate", v, "")
	}
	return out, true
}

// exact is the note of what an invoice's own data says.
const exact = "the invoice's own data"

func either(values map[string]string, names ...string) string {
	for _, name := range names {
		if values[name] != "" {
			return name
		}
	}
	return names[0]
}

// leaves returns the texts of a file of XML by the names of their elements, the
// first of each name. It reports false for what is no XML, or too much of it.
func leaves(r io.Reader) (map[string]string, bool) {
	d := xml.NewDecoder(r)
	d.Strict = false
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not UTF-8") }
	values := map[string]string{}
	var path []string
	var text strings.Builder
	for range 100_000 {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return values, len(values) > 0
		}
		if err != nil {
			return nil, false
		}
		switch e := t.(type) {
		case xml.Directive: // a document type declares entities; no invoice has one
			return nil, false
		case xml.StartElement:
			if path = append(path, e.Name.Local); len(path) > 64 {
				return nil, false
			}
			text.Reset()
		case xml.CharData:
			if text.Len() < longest {
				text.Write(e[:min(len(e), longest)])
			}
		case xml.EndElement:
			if v := strings.TrimSpace(strings.ToValidUTF8(text.String(), "")); v != "" && values[e.Name.Local] == "" {
				values[e.Name.Local] = v
			}
			text.Reset()
			path = path[:max(0, len(path)-1)]
		}
	}
	return nil, false
}
