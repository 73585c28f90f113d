package document

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func FuzzExtract(f *testing.F) {
	for i := range forms {
		f.Add(i, provincial, "01,10,044002600111,70734235,2965.95,20260309,21221762166179393588,4C7E,")
	}
	f.Add(1, "材料费合计:1.00 工时费合计:2.00 总计:3.00 叁圆整", "")
	f.Add(4, "公民身份号码 37020319620327765O 出生 1962年3月27日 性别女", "x")
	f.Fuzz(func(t *testing.T, which int, text, qr string) {
		if which < 0 {
			which = -(which + 1)
		}
		kind := forms[which%len(forms)].kind
		lines := sheetOf(text)
		Classify(lines)
		fields := Extract(kind, lines, []string{qr})
		value := map[string]string{}
		for _, field := range fields {
			require.Contains(t, Names(kind), field.Name)
			require.NotEmpty(t, field.Value)
			value[field.Name] = field.Value
			if field.Sure {
				require.NotEmpty(t, field.Note, "the witness of %s", field.Name)
			}
			switch {
			case strings.HasSuffix(field.Name, "_fen"):
				n, err := strconv.ParseInt(field.Value, 10, 64)
				require.NoError(t, err)
				require.GreaterOrEqual(t, n, int64(0))
			case strings.HasSuffix(field.Name, "_date"):
				_, err := time.Parse(time.DateOnly, field.Value)
				require.NoError(t, err)
			}
		}
		// Money that needs no person adds up.
		if i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == "tax_fen" && f.Sure }); i >= 0 {
			sum := func(name string) int64 { n, _ := strconv.ParseInt(value[name], 10, 64); return n }
			require.Equal(t, sum("total_fen"), sum("amount_fen")+sum("tax_fen"))
		}
	})
}

func FuzzParseInvoiceQR(f *testing.F) {
	f.Add("01,32,,24442000000012345678,1060,20260309,,9A3F,")
	f.Add("https://bcfp.shenzhen.chinatax.gov.cn/verify/scan?bill_num=01234567&total_amount=106000")
	f.Fuzz(func(t *testing.T, payload string) {
		q, ok := ParseInvoiceQR(payload)
		if !ok {
			return
		}
		require.NotEmpty(t, q.Number)
		require.True(t, digits(q.Number))
		require.NotEqual(t, q.AmountFen >= 0, q.TotalFen >= 0 || q.Red, "one sum and not the other")
	})
}

func FuzzParseInvoiceXML(f *testing.F) {
	f.Add(`<eInvoice><InvoiceNo>70734235</InvoiceNo><IssueDate>2026年03月09日</IssueDate><TaxInclusiveTotalAmount>1.06</TaxInclusiveTotalAmount><TaxTotalAmount>0.06</TaxTotalAmount><TaxExclusiveTotalAmount>1.00</TaxExclusiveTotalAmount></eInvoice>`)
	f.Add(`<EInvoice><TaxSupervisionInfo><InvoiceNumber>26442000000012345678</InvoiceNumber></TaxSupervisionInfo><TotalTax-includedAmount>1</TotalTax-includedAmount></EInvoice>`)
	f.Fuzz(func(t *testing.T, data string) {
		fields, reason := ParseInvoiceXML(strings.NewReader(data))
		if reason != SeveralInvoices { // they may say whether one of them takes another back
			require.Equal(t, reason == "" || reason == RedLetter, len(fields) > 0)
		}
		for _, field := range fields {
			require.NotEmpty(t, field.Value)
			require.Contains(t, Names(VATInvoice), field.Name)
		}
	})
}

func FuzzHeard(f *testing.F) {
	f.Add("issue_date", "2026-03-09", "2026F03A09A")
	f.Add("vin", " ", "x")
	f.Fuzz(func(_ *testing.T, name, value, line string) { Heard(name, value, line) })
}

func FuzzLocate(f *testing.F) {
	f.Add("车牌号鸟码:川B59452", "车牌号码")
	f.Fuzz(func(t *testing.T, text, label string) {
		a, b := []rune(text), []rune(label)
		start, end, edits, ok := locate(a, b)
		if ok {
			require.True(t, 0 <= start && start <= end && end <= len(a), "%d..%d of %d", start, end, len(a))
			require.LessOrEqual(t, edits, len(b)/4)
		}
	})
}
