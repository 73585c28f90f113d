package ocr

import (
	"context"
	"strings"

	"anpei/claim/document"
)

// mostHeard is how many fields of a page the second engine is asked about.
const mostHeard = 16

// witness asks Tesseract for its own reading of those lines whose values no
// other witness has confirmed, as far as they are letters and digits: of hanzi
// it reads too few. Two engines that were made apart seldom err alike.
func (e *engines) witness(ctx context.Context, text Text, fields []document.Field) error {
	if _, ok := e.reader.(*paddle); !ok || text.page == nil {
		return nil
	}
	heard := 0
	said := map[int]string{}
	for i := range fields {
		f := &fields[i]
		if f.Sure || f.Source != document.FromOCR || f.Confidence < 8500 || f.Disputed || !document.Spelled(f.Name, f.Value) {
			continue
		}
		at := text.lineAt(f.Box)
		if at < 0 {
			continue
		}
		line, known := said[at]
		if !known {
			if heard++; heard > mostHeard {
				return nil
			}
			if e.second == nil {
				var err error
				if e.second, err = newLiner(ctx); err != nil {
					return err
				}
			}
			var err error
			if line, err = e.second.line(straighten(text.page, text.found[at].quad, lineHeight)); err != nil {
				return err
			}
			said[at] = line
		}
		if document.Heard(f.Name, f.Value, line) {
			f.Sure = true
			f.Note = strings.TrimPrefix(f.Note+"; "+e.second.Name()+" reads the same", "; ")
		}
	}
	return nil
}
