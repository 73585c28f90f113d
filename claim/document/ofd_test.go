package document_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim/document"
)

// archive is a zip of entries by name and content, after the one that makes it
// an OFD file.
func archive(t *testing.T, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entries = append([]string{"OFD.xml", "<OFD/>"}, entries...)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(entries[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestAnOFDFileIsOpenedOnlyIfThatDoesNoHarm(t *testing.T) {
	t.Parallel()
	many := make([]string, 0, 4002)
	for i := range 2001 {
		many = append(many, fmt.Sprintf("Doc_0/%d.xml", i), "")
	}
	plain := archive(t, "Doc_0/Document.xml", "<x/>")
	locked := bytes.Clone(plain)
	at := bytes.Index(locked, []byte("PK\x01\x02"))
	locked[at+8] |= 1
	lies := bytes.Clone(plain) // its directory says that an entry is larger than the file
	copy(lies[at+20:], []byte{0xff, 0xff, 0xff, 0x7f})
	for name, c := range map[string]struct {
		file   []byte
		reason string
	}{
		"an ordinary one":               {plain, ""},
		"with a slash before its names": {archive(t, "/Doc_0/Document.xml", "<x/>"), ""},
		"one that unpacks to 200 times": {archive(t, "Doc_0/Res.bin", strings.Repeat("\x00", 4<<20)), document.Overpacked},
		"too large an entry":            {archive(t, "Doc_0/Res.bin", strings.Repeat("0123456789abcdef", 1<<20)+"."), document.Overpacked},
		"too many entries":              {archive(t, many...), document.Overpacked},
		"an archive within":             {archive(t, "Doc_0/Res/More.ZIP", "PK"), document.Overpacked},
		"a name that leads away":        {archive(t, "Doc_0/../../../etc/passwd", "x"), document.Overpacked},
		"a name of another system":      {archive(t, `C:\autoexec.bat`, "x"), document.Overpacked},
		"entries that lie over others":  {lies, document.Overpacked},
		"with a password":               {locked, document.Encrypted},
		"cut off":                       {plain[:len(plain)-30], document.Truncated},
		"a zip of something else":       {bytes.ReplaceAll(plain, []byte("OFD.xml"), []byte("ABC.xml")), document.WrongType},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, reason := document.OpenOFD(bytes.NewReader(c.file), int64(len(c.file)))
			require.Equal(t, c.reason, reason)
		})
	}
}

func TestTheDataOfAnInvoiceDeclaresNoEntities(t *testing.T) {
	t.Parallel()
	const data = `<EInvoice><EIid>26442000000012345678</EIid><TotalTax-includedAmount>1.00</TotalTax-includedAmount></EInvoice>`
	_, reason := document.ParseInvoiceXML(strings.NewReader(`<?xml version="1.0"?>` + data))
	require.Empty(t, reason)
	for _, bad := range []string{
		`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + data,
		`<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd">` + data,
		strings.Repeat("<a>", 100) + data,
	} {
		_, reason := document.ParseInvoiceXML(strings.NewReader(bad))
		require.Equal(t, document.NoInvoice, reason, bad)
	}
}

func TestTheDirectoryOfAZipIsBoundedBeforeItIsBuilt(t *testing.T) {
	entry := append([]byte("PK\x01\x02"), make([]byte, 42)...)
	record := func(entries uint16, length, start uint32) []byte {
		r := append([]byte("PK\x05\x06"), make([]byte, 18)...)
		binary.LittleEndian.PutUint16(r[8:], entries)
		binary.LittleEndian.PutUint16(r[10:], entries)
		binary.LittleEndian.PutUint32(r[12:], length)
		binary.LittleEndian.PutUint32(r[16:], start)
		return r
	}
	const n = 8 << 20 / 46
	all := bytes.Repeat(entry, n)
	size := uint32(len(all))
	wrapped := n & 0xFFFF // what zip.NewReader compares
	for name, tail := range map[string][]byte{
		"an honest record":                  record(uint16(wrapped), size, 0),
		"one that says there are few":       record(3, size, 0),
		"one that says the list is short":   record(uint16(wrapped), 46, 0),
		"one that says the list comes late": record(uint16(wrapped), size, size),
		"one of zip64":                      record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
		"one with a comment":                append(record(uint16(wrapped), size, 0), "PK\x05\x06"...),
	} {
		file := slices.Concat(all, tail)
		if name == "one with a comment" {
			binary.LittleEndian.PutUint16(file[len(file)-6:], 4)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, reason := document.OpenOFD(bytes.NewReader(file), int64(len(file)))
		runtime.ReadMemStats(&after)
		require.Contains(t, []string{document.Overpacked, document.Truncated}, reason, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "%s: bytes allocated", name)
	}
}

// official is an invoice as the tax bureaus' platform writes it: no invoice
// attached, but pairs in OFD.xml and tags that point at the page.
func official(t *testing.T, replace ...string) []byte {
	t.Helper()
	r := strings.NewReplacer(replace...)
	text := func(id, s string) string {
		return `<ofd:TextObject ID="` + id + `"><ofd:TextCode>` + s + `</ofd:TextCode></ofd:TextObject>`
	}
	tag := func(name string, ids ...string) string {
		return `<ofd:` + name + `><ofd:ObjectRef PageRef="1">` + strings.Join(ids, `</ofd:ObjectRef><ofd:ObjectRef PageRef="1">`) + `</ofd:ObjectRef></ofd:` + name + `>`
	}
	return archive(t,
		"Doc_0/Pages/Page_0/Content.xml", r.Replace(`<ofd:Page>`+text("1", "26312000000104727308")+text("2", "2026年04月10日")+text("3", "张伟")+text("4", "安驰汽车维修有限公司")+
			text("5", "91330106MAF1AMPC7C")+text("6", "¥")+text("7", "1000.00")+text("8", "130.00")+text("9", "1130.00")+`</ofd:Page>`),
		"Doc_0/Tags/CustomTag.xml", r.Replace(`<ofd:root>`+tag("InvoiceNo", "1")+tag("IssueDate", "2")+`<ofd:Buyer>`+tag("BuyerName", "3")+`</ofd:Buyer><ofd:Seller>`+tag("SellerName", "4")+tag("SellerTaxID", "5")+`</ofd:Seller>`+
			tag("TaxExclusiveTotalAmount", "6", "7")+tag("TaxTotalAmount", "6", "8")+tag("TaxInclusiveTotalAmount", "6", "9")+`</ofd:root>`),
		"OFD.xml", r.Replace(`<ofd:OFD><ofd:CustomDatas><ofd:CustomData Name="发票号码">26312000000104727308</ofd:CustomData><ofd:CustomData Name="合计金额">1000.00</ofd:CustomData><ofd:CustomData Name="合计税额">130.00</ofd:CustomData>`+
			`<ofd:CustomData Name="开票日期">2026年04月10日</ofd:CustomData><ofd:CustomData Name="购买方纳税人识别号"></ofd:CustomData><ofd:CustomData Name="销售方纳税人识别号">91330106MAF1AMPC7C</ofd:CustomData></ofd:CustomDatas></ofd:OFD>`),
	)
}

func TestADigitalInvoiceOfTheTaxBureausIsRead(t *testing.T) {
	t.Parallel()
	read := func(file []byte) (map[string]string, string) {
		f, reason := document.OpenOFD(bytes.NewReader(file), int64(len(file)))
		require.Empty(t, reason)
		fields, reason, err := f.Invoice()
		require.NoError(t, err)
		values := map[string]string{}
		for _, f := range fields {
			values[f.Name] = f.Value
			if f.Sure {
				values[f.Name] += " *"
			}
		}
		return values, reason
	}
	whole := map[string]string{
		"invoice_number": "26312000000104727308 *", "issue_date": "2026-04-10 *", "amount_fen": "100000 *", "tax_fen": "13000 *", "total_fen": "113000 *",
		"buyer": "张伟 *", "seller": "安驰汽车维修有限公司 *", "seller_tax_id": "91330106MAF1AMPC7C *",
	}
	values, reason := read(official(t))
	require.Empty(t, reason)
	require.Equal(t, whole, values)

	values, reason = read(official(t, "CustomTag", "Other", "ofd:root", "ofd:none", "InvoiceNo", "x1", "IssueDate", "x2", "BuyerName", "x3", "SellerName", "x4", "TaxExclusiveTotalAmount", "x5", "TaxTotalAmount", "x6", "TaxInclusiveTotalAmount", "x7", "SellerTaxID", "x8"))
	require.Empty(t, reason, "the pairs alone, with the total as the page shows it")
	require.Equal(t, "113000 *", values["total_fen"])

	values, _ = read(official(t, `合计金额">1000.00`, `合计金额">9000.00`))
	require.Equal(t, "100000", values["amount_fen"], "what the file says in two ways is not sure")

	_, reason = read(official(t, ">1000.00", ">-1000.00", ">130.00", ">-130.00", ">1130.00", ">-1130.00"))
	require.Equal(t, document.RedLetter, reason)
	_, reason = read(archive(t, "Doc_0/Document.xml", "<x/>"))
	require.Equal(t, document.NoInvoice, reason)
	_, reason = read(archive(t, "Doc_0/Attachs/original_invoice.xml", `<e><InvoiceNo>12345678</InvoiceNo><TaxInclusiveTotalAmount>1.00</TaxInclusiveTotalAmount></e>`,
		"Doc_1/Attachs/original_invoice.xml", `<e><InvoiceNo>12345699</InvoiceNo><TaxInclusiveTotalAmount>2.00</TaxInclusiveTotalAmount></e>`))
	require.Equal(t, document.SeveralInvoices, reason)
}

// A red-letter invoice is one in every form in which its data comes: it proves
// nothing, and says which invoice it takes back.
func TestTheDataOfARedLetterInvoiceSaysWhatItTakesBack(t *testing.T) {
	t.Parallel()
	const blue = "26312000000012345678"
	const number, sums = `<InvoiceNumber>26312000000012345699</InvoiceNumber>`, `<TotalAmWithoutTax>-2800.00</TotalAmWithoutTax><TotalTaxAm>-364.00</TotalTaxAm><TotalTax-includedAmount>-3164.00</TotalTax-includedAmount>`
	parsed := func(data string) ([]document.Field, string) { return document.ParseInvoiceXML(strings.NewReader(data)) }
	unpacked := func(file []byte) ([]document.Field, string) {
		f, reason := document.OpenOFD(bytes.NewReader(file), int64(len(file)))
		require.Empty(t, reason)
		fields, reason, err := f.Invoice()
		require.NoError(t, err)
		return fields, reason
	}
	attached := func(data string) ([]document.Field, string) {
		return unpacked(archive(t, "Doc_0/Attachs/original_invoice.xml", data))
	}
	check := func(t *testing.T, want, reasonWanted string, fields []document.Field, reason string) {
		t.Helper()
		require.Equal(t, reasonWanted, reason)
		reversed := ""
		for _, f := range fields {
			require.NotContains(t, f.Name, "_fen")
			require.NotEqual(t, "total_words", f.Name)
			if f.Name == document.ReversedNumber {
				require.True(t, f.Sure)
				reversed = f.Value
			}
		}
		require.Equal(t, want, reversed)
	}
	for name, c := range map[string]struct{ data, want, reason string }{
		"in a place of its own":            {number + sums + `<RedEInvoice><OriginalInvoiceCode>` + blue + `</OriginalInvoiceCode></RedEInvoice>`, blue, document.RedLetter},
		"beside the code of an older one":  {number + sums + `<OriginalInvoiceCode>044002600111</OriginalInvoiceCode><OriginalInvoiceNo>70734200</OriginalInvoiceNo>`, "70734200", document.RedLetter},
		"by the code of an older one only": {number + sums + `<OriginalInvoiceCode>044002600111</OriginalInvoiceCode>`, "", document.RedLetter},
		"in its remark":                    {number + sums + `<Remark>被红冲蓝字数电票号码：` + blue + `</Remark>`, blue, document.RedLetter},
		"without a total":                  {number + `<InIssuType><LabelCode>N</LabelCode></InIssuType><OriginalInvoiceNumber>` + blue + `</OriginalInvoiceNumber>`, blue, document.RedLetter},
		"nowhere":                          {number + sums, "", document.RedLetter},
		"among several invoices":           {number + `<InvoiceNumber>26312000000012345600</InvoiceNumber>` + sums + `<OriginalInvoiceNumber>` + blue + `</OriginalInvoiceNumber>`, blue, document.SeveralInvoices},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields, reason := parsed(`<?xml version="1.0" encoding="UTF-8"?><EInvoice>` + c.data + `</EInvoice>`)
			check(t, c.want, c.reason, fields, reason)
			fields, reason = attached(`<EInvoice>` + c.data + `</EInvoice>`)
			check(t, c.want, c.reason, fields, reason)
		})
	}
	fields, reason := unpacked(official(t, ">1000.00", ">-1000.00", ">130.00", ">-130.00", ">1130.00", ">-1130.00",
		"</ofd:Page>", `<ofd:TextObject ID="10"><ofd:TextCode>被红冲蓝字数电票号码：`+blue+`</ofd:TextCode></ofd:TextObject></ofd:Page>`))
	check(t, blue, document.RedLetter, fields, reason)

	fields, reason = parsed(`<EInvoice>` + number + strings.ReplaceAll(sums, ">-", ">") + `<Remark>换开，原发票号码：` + blue + `</Remark></EInvoice>`)
	require.Empty(t, reason, "one that is written in place of another takes nothing back")
	require.NotEmpty(t, fields)
}
