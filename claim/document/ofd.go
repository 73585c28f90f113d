package document

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Bounds of an OFD file (GB/T 33190), which is a zip: bombs are such files too.
// An invoice has some thirty entries, and unpacks from 50 kB to 300.
const (
	mostEntries  = 2000
	mostEntry    = 16 << 20 // bytes of an entry, unpacked
	mostUnpacked = 64 << 20 // bytes of all entries, unpacked
	mostRatio    = 200      // of the whole, unpacked to packed; deflate ends at 1,032
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

// invoicePattern is where an OFD file keeps the data of its invoice.
var invoicePattern = regexp.MustCompile(`^(?:.*/)?Attachs/original_invoice\.xml$|^(?:.*/)?Attach(?:ment)?s?/[^/]+\.xml$`)

// Invoice returns the fields of the invoice whose data the file carries, and
// false when it carries none. An error means that the file is damaged.
func (f OFD) Invoice() ([]Field, bool, error) {
	for _, entry := range f.zip.File {
		if !invoicePattern.MatchString(entry.Name) || entry.UncompressedSize64 > MostXML {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return nil, false, fmt.Errorf("open %s: %w", entry.Name, err)
		}
		fields, ok := ParseInvoiceXML(io.LimitReader(r, MostXML))
		_ = r.Close()
		if ok {
			return fields, true, nil
		}
	}
	return nil, false, nil
}
