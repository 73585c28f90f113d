package document

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of an OFD file (GB/T 33190), which is a zip: bombs are such files too.
// An invoice has some thirty entries, and unpacks from 50 kB to 300.
const (
	mostEntries = 2000
	// mostDirectory is the most bytes of a directory; one of 30 entries takes 2 kB.
	mostDirectory = 256 << 10
	mostEntry     = 16 << 20 // bytes of an entry, unpacked
	mostUnpacked  = 64 << 20 // bytes of all entries, unpacked
	mostRatio     = 200      // of the whole, unpacked to packed; deflate ends at 1,032
	// MostXML is the largest file of an invoice's data, in bytes; it takes 10 kB.
	MostXML = 4 << 20
)

// OFD is a file of that format which can be unpacked without harm.
type OFD struct{ zip *zip.Reader }

// OpenOFD looks at a file without unpacking it. The reason says why it is not
// opened: it is no OFD file ([WrongType]), is damaged ([Truncated]), has a
// password ([Encrypted]), or is made so that it might do harm ([Overpacked]):
// by how many entries it has, what they unpack to, entries that lie over each
// other, names that lead elsewhere, and archives within it.
func OpenOFD(r io.ReaderAt, size int64) (f OFD, reason string) {
	if reason := directory(r, size); reason != "" {
		return OFD{}, reason
	}
	z, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrInsecurePath) {
		return OFD{}, Overpacked
	}
	if err != nil {
		return OFD{}, Truncated
	}
	if len(z.File) > mostEntries {
		return OFD{}, Overpacked
	}
	var packed, unpacked uint64
	root, locked := false, false
	for _, entry := range z.File {
		packed += entry.CompressedSize64
		unpacked += entry.UncompressedSize64
		root = root || entry.Name == "OFD.xml"
		locked = locked || entry.Flags&1 != 0
		if entry.UncompressedSize64 > mostEntry || leadsAway(entry.Name) || archivePattern.MatchString(entry.Name) {
			return OFD{}, Overpacked
		}
	}
	switch {
	case unpacked > mostUnpacked, unpacked > mostRatio*uint64(size), packed > uint64(size): //nolint:gosec // a size
		return OFD{}, Overpacked
	case !root:
		return OFD{}, WrongType
	case locked:
		return OFD{}, Encrypted
	}
	return OFD{z}, ""
}

// directory reads the record at the end of a zip, which says where its directory
// is, before anything is made of that: each entry takes 200 bytes of memory and
// more. The record may lie about how many there are and how long the list is:
// [zip.NewReader] reads entries as long as they come, from where the record says
// or from where the list must begin, so what lies between either and the record
// is bounded. The records of zip64 are for files that no invoice is.
func directory(r io.ReaderAt, size int64) (reason string) {
	const record = 22        // bytes
	const looked = 65 * 1024 // bytes at the end, as zip.NewReader looks for it
	tail := make([]byte, min(size, looked))
	if n, _ := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) || n < record {
		return Truncated
	}
	at := bytes.LastIndex(tail[:len(tail)-record+4], []byte("PK\x05\x06"))
	if at < 0 {
		return Truncated
	}
	entries, length, start := binary.LittleEndian.Uint16(tail[at+10:]), binary.LittleEndian.Uint32(tail[at+12:]), binary.LittleEndian.Uint32(tail[at+16:])
	end := size - int64(len(tail)) + int64(at)
	from := min(int64(start), end-int64(length))
	switch {
	case entries == 0xFFFF, length == 0xFFFF, length == 0xFFFFFFFF, start == 0xFFFFFFFF: // zip64
		return Overpacked
	case int(entries) > mostEntries, end-from > mostDirectory:
		return Overpacked
	case from < 0, int64(start) > end:
		return Truncated
	}
	return ""
}

var archivePattern = regexp.MustCompile(`(?i)\.(zip|ofd|rar|7z|gz|tgz|bz2|xz|zst|tar|jar|docx|xlsx)$`)

// leadsAway reports whether a name is none of a file inside: an OFD file names
// its parts from its root, at times with a slash before.
func leadsAway(name string) bool {
	if strings.ContainsAny(name, "\\\x00") || strings.Contains(name, ":") {
		return true
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// Where an OFD file keeps the data of its invoice: as a file of its own, or, from
// the tax bureaus' platform, as pairs in OFD.xml, and as tags that point at the
// texts of a page.
var (
	invoicePattern = regexp.MustCompile(`^(?:.*/)?Attachs/original_invoice\.xml$|^(?:.*/)?Attach(?:ment)?s?/[^/]+\.xml$`)
	tagPattern     = regexp.MustCompile(`^(?:.*/)?Tags/[^/]+\.xml$`)
	pagePattern    = regexp.MustCompile(`^(?:.*/)?(?:Pages|Tpls)/.*\.xml$`)
)

// Invoice returns the fields of the invoice whose data the file carries. The
// reason is that of [ParseInvoiceXML]. An error means that the file is damaged.
func (f OFD) Invoice() (fields []Field, reason string, err error) {
	all := texts{}
	err = f.each(invoicePattern, func(r io.Reader) {
		if found, ok := leaves(r); ok {
			all.merge(found)
		}
	})
	if err != nil {
		return nil, "", err
	}
	if fields, reason = invoiceOf(all); reason != NoInvoice {
		return fields, reason, nil
	}
	return f.tagged()
}

// tagged reads the data of a file that has no invoice of its own attached. The
// sum of amount and tax is the total where the page shows it: the pairs of
// OFD.xml do not name it.
func (f OFD) tagged() ([]Field, string, error) {
	all, on, order := texts{}, map[string]string{}, []string{}
	err := f.each(pagePattern, func(r io.Reader) {
		walk(r, func(path []string, attributes map[string]string, text string) {
			switch path[len(path)-1] {
			case "TextCode":
				order = append(order, text)
			case "TextObject":
				on[attributes["ID"]] = strings.Join(order, "")
				all.add("page", on[attributes["ID"]])
				order = nil
			}
		})
	})
	if err != nil {
		return nil, "", err
	}
	err = f.each(rootPattern, func(r io.Reader) {
		walk(r, func(path []string, attributes map[string]string, text string) {
			if path[len(path)-1] == "CustomData" {
				all.add(tight(attributes["Name"]), text)
			}
		})
	})
	if err != nil {
		return nil, "", err
	}
	err = f.each(tagPattern, func(r io.Reader) {
		var said []string
		walk(r, func(path []string, _ map[string]string, text string) {
			if name := path[len(path)-1]; name == "ObjectRef" {
				said = append(said, on[text])
			} else if len(said) > 0 {
				all.add(name, strings.Join(said, ""))
				said = nil
			}
		})
	})
	if err != nil {
		return nil, "", err
	}
	amount, hasAmount := fenOf(all.first(amountTags...))
	tax, hasTax := fenOf(all.first(taxTags...))
	if hasAmount && hasTax && all.first(totalTags...) == "" {
		for _, text := range all["page"] {
			for _, figure := range figures(text) {
				if figure.read && int64(figure.fen) == amount+tax {
					all.add("价税合计", figure.text)
				}
			}
		}
	}
	fields, reason := invoiceOf(all)
	return agreed(all, fields), reason, nil
}

// agreed takes the certainty from what a file says in two ways: a pair of OFD.xml
// and the page that it is drawn on.
func agreed(all texts, fields []Field) []Field {
	for i, f := range fields {
		for _, tags := range [][]string{numberTags, amountTags, taxTags, totalTags, {"BuyerTaxID", "购买方纳税人识别号"}, {"SellerTaxID", "销售方纳税人识别号"}} {
			var said []string
			for _, tag := range tags {
				said = append(said, all[tag]...)
			}
			mine := slices.ContainsFunc(said, func(s string) bool { return f.says(s) })
			if mine && slices.ContainsFunc(said, func(s string) bool { return !f.says(s) }) && f.Name == tagFields[tags[0]] {
				fields[i].Sure, fields[i].Disputed, fields[i].Note = false, true, "the file says it in two ways"
			}
		}
	}
	return fields
}

var tagFields = map[string]string{
	"InvoiceNo": "invoice_number", "TaxExclusiveTotalAmount": "amount_fen", "TaxTotalAmount": "tax_fen", "TaxInclusiveTotalAmount": "total_fen",
	"BuyerTaxID": "buyer_tax_id", "SellerTaxID": "seller_tax_id",
}

// says reports whether a text says the value of a field.
func (f Field) says(text string) bool {
	if fen, ok := fenOf(text); ok && strings.HasSuffix(f.Name, "_fen") {
		return strconv.FormatInt(fen, 10) == f.Value
	}
	return same(text, f.Value)
}

func (t texts) merge(o texts) {
	for name, list := range o {
		for _, text := range list {
			t.add(name, text)
		}
	}
}

var rootPattern = regexp.MustCompile(`^/?OFD\.xml$`)

// each hands the entries whose names match to read, one after another.
func (f OFD) each(pattern *regexp.Regexp, read func(io.Reader)) error {
	for _, entry := range f.zip.File {
		if !pattern.MatchString(entry.Name) || entry.UncompressedSize64 > MostXML {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return fmt.Errorf("open %s: %w", entry.Name, err)
		}
		read(io.LimitReader(r, MostXML))
		_ = r.Close()
	}
	return nil
}
