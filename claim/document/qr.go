package document

import (
	"regexp"
	"strconv"
	"strings"
)

// InvoiceQR is what the QR code of an invoice says. Of AmountFen (without tax)
// and TotalFen (with tax) a code holds one; the other is -1.
type InvoiceQR struct {
	Type      string // 10 electronic, 01 special, 04 ordinary, 31 and 32 fully digital, "blockchain"
	Code      string // empty on fully digital invoices
	Number    string
	Date      string // 2006-01-02, empty on blockchain invoices
	CheckCode string
	AmountFen int64
	TotalFen  int64
	Red       bool // a red-letter invoice; what it takes back is no amount, and both are -1
}

// ParseInvoiceQR reads the payload of an invoice's QR code:
//
//	01,10,<code>,<number>,<amount>,<yyyymmdd>,<check code>,<crc>
//	01,31|32,,<20-digit number>,<total>,<yyyymmdd>,,<crc>
//	https://bcfp.shenzhen.chinatax.gov.cn/verify/scan?…&bill_num=<number>&total_amount=<fen>
//
// It reports false for any other payload, and for one with a part that cannot
// be, since such a code is damaged or not an invoice's.
func ParseInvoiceQR(payload string) (InvoiceQR, bool) {
	payload = strings.TrimSpace(fold(payload))
	if strings.HasPrefix(payload, "http") {
		return blockchainQR(payload)
	}
	parts := strings.Split(payload, ",")
	if len(parts) < 6 || len(parts) > 12 || parts[0] != "01" {
		return InvoiceQR{}, false
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	q := InvoiceQR{Type: parts[1], Code: parts[2], Number: parts[3], AmountFen: -1, TotalFen: -1}
	fen, ok := fenOf(parts[4])
	if !ok || len(parts[5]) != 8 || !digits(parts[5]) || !digits(q.Number) {
		return InvoiceQR{}, false
	}
	if q.Date, ok = date(parts[5][:4], parts[5][4:6], parts[5][6:]); !ok {
		return InvoiceQR{}, false
	}
	switch {
	case (q.Type == "31" || q.Type == "32") && q.Code == "" && len(q.Number) == 20:
		q.TotalFen = fen
	case len(q.Type) == 2 && digits(q.Type) && (len(q.Code) == 10 || len(q.Code) == 12) && digits(q.Code) && len(q.Number) == 8:
		q.AmountFen = fen
		if len(parts) > 6 && digits(parts[6]) {
			q.CheckCode = parts[6]
		}
	default:
		return InvoiceQR{}, false
	}
	if fen < 0 {
		q.Red, q.AmountFen, q.TotalFen = true, -1, -1
	}
	return q, true
}

var blockchainPattern = regexp.MustCompile(`^https?://[a-z0-9.]+\.chinatax\.gov\.cn/[^?#]*\?(.*)$`)

func blockchainQR(payload string) (InvoiceQR, bool) {
	m := blockchainPattern.FindStringSubmatch(payload)
	if m == nil {
		return InvoiceQR{}, false
	}
	q := InvoiceQR{Type: "blockchain", AmountFen: -1, TotalFen: -1}
	for pair := range strings.SplitSeq(m[1], "&") {
		switch name, value, _ := strings.Cut(pair, "="); name {
		case "bill_num":
			q.Number = value
		case "total_amount":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && digits(value) {
				q.TotalFen = n
			}
		}
	}
	return q, digits(q.Number) && q.TotalFen >= 0
}
