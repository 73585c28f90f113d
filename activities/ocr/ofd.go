package ocr

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"anpei/claim/document"
)

// Bounds of an OFD file, which is a zip: bombs are such files too.
const (
	maxEntries = 2000
	maxEntry   = 4 << 20 // bytes of an entry, unpacked; an invoice's data takes 10 kB
)

// xmlEngine names what reads the data of an invoice.
const xmlEngine = "invoice xml"

// originalPattern is where an OFD file keeps the data of its invoice.
var originalPattern = regexp.MustCompile(`^(?:.*/)?Attachs/original_invoice\.xml$|^(?:.*/)?Attach(?:ment)?s?/[^/]+\.xml$`)

// readOFD reads the data that an OFD invoice carries with it. Its pages are not
// drawn: an OFD file without such data goes to a person.
func readOFD(f *os.File, size int64) (document.Reading, error) {
	z, err := zip.NewReader(f, size)
	if err != nil || len(z.File) > maxEntries {
		return document.Illegible(document.Truncated), nil //nolint:nilerr // the file's fault, and said
	}
	ofd := false
	for _, entry := range z.File {
		ofd = ofd || entry.Name == "OFD.xml"
		if !originalPattern.MatchString(entry.Name) {
			continue
		}
		fields, ok, err := unpack(entry)
		switch {
		case err != nil:
			return document.Illegible(document.Truncated), nil //nolint:nilerr // likewise
		case ok:
			return fromXML(fields), nil
		}
	}
	if ofd {
		return document.Illegible(document.NothingFound), nil
	}
	return document.Illegible(document.WrongType), nil
}

func unpack(entry *zip.File) ([]document.Field, bool, error) {
	if entry.UncompressedSize64 > maxEntry {
		return nil, false, errors.New("too large")
	}
	r, err := entry.Open()
	if err != nil {
		return nil, false, fmt.Errorf("open %s: %w", entry.Name, err)
	}
	defer r.Close()
	fields, ok := document.ParseInvoiceXML(io.LimitReader(r, maxEntry))
	return fields, ok, nil
}

// readXML reads the data file of a fully digital invoice.
func readXML(f *os.File) (document.Reading, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return document.Reading{}, fmt.Errorf("page-reader: %w", err)
	}
	fields, ok := document.ParseInvoiceXML(io.LimitReader(f, maxEntry))
	if !ok {
		return document.Illegible(document.WrongType), nil
	}
	return fromXML(fields), nil
}

func fromXML(fields []document.Field) document.Reading {
	r := document.Reading{Kind: document.VATInvoice, Confidence: 10000, Fields: fields, Pages: 1, Engine: xmlEngine}
	for i := range r.Fields {
		r.Fields[i].Engine = xmlEngine
		r.Text += r.Fields[i].Value + "\n"
	}
	return r
}
