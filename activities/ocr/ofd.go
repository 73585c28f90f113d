package ocr

import (
	"fmt"
	"io"
	"os"

	"anpei/claim/document"
)

// xmlEngine names what reads the data of an invoice.
const xmlEngine = "invoice xml"

// readOFD reads the data that an OFD invoice carries with it. Its pages are not
// drawn: an OFD file without such data goes to a person.
func readOFD(f *os.File, size int64) (document.Reading, error) {
	ofd, reason := document.OpenOFD(f, size)
	if reason != "" {
		return document.Illegible(reason), nil
	}
	fields, reason, err := ofd.Invoice()
	if err != nil {
		return document.Illegible(document.Truncated), nil //nolint:nilerr // the file's fault, and said
	}
	return fromXML(fields, reason), nil
}

// readXML reads the data file of a fully digital invoice.
func readXML(f *os.File) (document.Reading, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return document.Reading{}, fmt.Errorf("page-reader: %w", err)
	}
	return fromXML(document.ParseInvoiceXML(io.LimitReader(f, document.MostXML))), nil
}

// fromXML is the reading of an invoice's data, which may say why the invoice
// proves no loss.
func fromXML(fields []document.Field, reason string) document.Reading {
	if reason == document.NoInvoice {
		return document.Illegible(reason)
	}
	r := document.Reading{Kind: document.VATInvoice, Confidence: 10000, Fields: fields, Pages: 1, Engine: xmlEngine}
	for i := range r.Fields {
		r.Fields[i].Engine = xmlEngine
		r.Text += r.Fields[i].Value + "\n"
	}
	if reason != "" {
		r.Unreadable, r.Detail = reason, document.Plain(reason)
	}
	return r
}
