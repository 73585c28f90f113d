package ocr

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"anpei/claim"
	"anpei/claim/document"
)

// dpi at which pages of a PDF are drawn, and in which all its boxes are given.
const dpi = 200

// maxDrawn is the most pixels to which a page is drawn: A3 at 200 dpi.
const maxDrawn = 8_000_000

// fewest is how many characters make a text layer: a scanner's stamp has less.
const fewest = 16

// maxText is how much of a text layer is looked at, in bytes of XHTML.
const maxText = 8 << 20

var errEncrypted = errors.New("password required")

// book is a PDF whose pages are being read.
type book struct {
	path    string
	limits  limits
	count   int               // of all pages
	sizes   []image.Point     // of those to be read, as they are turned, in pixels at dpi
	layer   [][]document.Line // their text layers, by page
	poppler string            // the name of what reads them
	engines engines           // for pages without text

	doubted int // pages whose text layer was held against their picture

	drawn map[int]*image.RGBA // pages that had to be drawn, as large as people look at them
}

// sheet is what one page gave.
type sheet struct {
	lines   []document.Line
	qr      []string
	engine  string
	text    Text // of a page that was drawn
	quality document.Quality
	drawn   *image.RGBA // the page, where it was drawn
	garbled bool        // it was drawn since its text layer makes no sense
}

// legible says of the pages of a scan that one of them at least can be read.
const legible = "legible"

// retake says why a scanned page cannot be read, as of a picture.
func (s sheet) retake() string {
	kind, _ := document.Classify(s.lines)
	reason := s.quality.Retake(kind, document.Extract(kind, s.lines, s.qr))
	if reason != "" && s.garbled { // what is wrong is the file
		return document.Garbled
	}
	return reason
}

// open inspects a PDF. The reason says why its pages cannot be read; an error
// means that the installation is broken.
func open(ctx context.Context, path string, l limits) (b *book, reason string, err error) {
	b = &book{path: path, limits: l, engines: engines{models: l.models}, drawn: map[int]*image.RGBA{}}
	err = b.inspect(ctx)
	if err == nil && len(b.sizes) > 0 {
		b.layer, err = b.textLayer(ctx)
	}
	var broken *brokenError
	switch {
	case errors.As(err, &broken):
		return nil, "", err
	case errors.Is(err, errEncrypted):
		return nil, document.Encrypted, nil
	case err != nil:
		return nil, document.Truncated, nil //nolint:nilerr // the file's fault, and said
	case b.count == 0 || len(b.sizes) == 0:
		return nil, document.NoPages, nil
	}
	b.poppler = popplerVersion(ctx)
	return b, "", nil
}

func (b *book) close() { b.engines.close() }

// mostDoubted is how many pages of a file are read as pictures though they have
// a text layer: each takes a second and a half.
const mostDoubted = 4

// page reads a page, counted from 0: its text layer, or what it looks like. A
// layer is only what the file says of itself: fonts that do not tell which
// characters their shapes are give any text at all. One that makes no known
// paper, or not the whole of one, is held against the picture of its page.
func (b *book) page(ctx context.Context, i int) (sheet, error) {
	if i >= len(b.layer) || characters(b.layer[i]) < fewest {
		return b.seen(ctx, i)
	}
	s := sheet{lines: b.layer[i], engine: b.poppler}
	for j := range s.lines {
		s.lines[j].Page, s.lines[j].Source, s.lines[j].Engine = i+1, document.FromPDFText, b.poppler
	}
	kind, _ := document.Classify(s.lines)
	if kind == document.VATInvoice { // nothing else has a code
		if drawn, _, err := b.draw(ctx, i); err == nil {
			s.qr, s.drawn = codes(drawn, true), rgba(drawn)
		}
	}
	fields, reason := document.Understand(kind, s.lines, s.qr)
	known := kind != document.Other && kind != document.Unknown
	if known && (reason != "" || document.Whole(kind, fields)) || b.doubted >= mostDoubted {
		return s, nil
	}
	b.doubted++
	shown, err := b.seen(ctx, i)
	var broken *brokenError
	switch {
	case errors.As(err, &broken):
		return sheet{}, err
	case err != nil:
		return s, nil //nolint:nilerr // the layer is there; what cannot be drawn shows nothing else
	case senseless(b.layer[i]):
		shown.garbled = true
		return shown, nil
	}
	seen, _ := document.Classify(shown.lines)
	switch more, _ := document.Understand(seen, shown.lines, shown.qr); {
	case seen == document.Other, seen == document.Unknown, known && seen != kind, known && len(more) <= len(fields):
		return s, nil
	}
	return shown, nil
}

// senseless reports whether much of a text layer is nothing that can be printed.
func senseless(lines []document.Line) bool {
	printed, not := 0, 0
	for _, l := range lines {
		for _, r := range l.Text {
			if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
				not++
			} else {
				printed++
			}
		}
	}
	return not*8 > printed
}

// seen reads what a page looks like.
func (b *book) seen(ctx context.Context, i int) (sheet, error) {
	drawn, scale, err := b.draw(ctx, i)
	if err != nil {
		return sheet{}, err
	}
	picture := rgba(drawn)
	s, err := b.engines.recognise(ctx, picture, i+1)
	if err != nil {
		return sheet{}, err
	}
	s.drawn = picture
	s.quality = measure(picture, s.text)
	s.quality.Glare = 0 // paper that is drawn is white where nothing stands
	for j := range s.lines {
		l := &s.lines[j]
		for k := range l.Box {
			l.Box[k], l.Seen[k] = int(float64(l.Box[k])/scale), int(float64(l.Seen[k])/scale)
		}
	}
	kind, _ := document.Classify(s.lines)
	s.qr = codesFor(kind, drawn, false)
	return s, nil
}

// legibly is how sure an engine must be of an amount, in basis points, that
// stands in the row of the total where the text layer's stands nowhere.
const legibly = 9000

// compare holds the total that a text layer says against what its page shows,
// where it is high: a layer can say anything, and people see only the picture.
// A total that the page shows otherwise is in doubt, and what it shows stands
// beside it; nothing is refused for that.
func (b *book) compare(ctx context.Context, r *document.Reading) error {
	at := slices.IndexFunc(r.Fields, func(f document.Field) bool { return f.Name == "total_fen" && f.Source != document.FromOCR })
	if at < 0 {
		return nil
	}
	said := &r.Fields[at]
	fen, err := strconv.ParseInt(said.Value, 10, 64)
	page := max(said.Page, 1) - 1
	if err != nil || claim.Fen(fen) < document.HighAmount || page >= len(b.layer) || characters(b.layer[page]) < fewest {
		return nil //nolint:nilerr // no amount, so none to compare
	}
	drawn, scale, err := b.draw(ctx, page)
	if err != nil {
		return nil //nolint:nilerr // the layer was legible; what cannot be drawn shows nothing else
	}
	s, err := b.engines.recognise(ctx, rgba(drawn), page+1)
	if err != nil {
		return err
	}
	for _, l := range s.lines {
		if document.Heard("total_fen", said.Value, l.Text) {
			return nil
		}
	}
	for _, l := range s.lines {
		var seen [4]int
		for k := range seen {
			seen[k] = int(float64(l.Seen[k]) / scale)
		}
		shown := document.Amounts(l.Text)
		row := min(seen[3], said.Box[3]) - max(seen[1], said.Box[1])
		if len(shown) == 0 || l.Confidence < legibly || 2*row < said.Box[3]-said.Box[1] {
			continue
		}
		said.Sure, said.Disputed = false, true
		said.Note = strings.TrimPrefix(said.Note+"; differs from what the page shows", "; ")
		r.Fields = append(r.Fields, document.Field{
			Name: "shown_fen", Value: strconv.FormatInt(shown[len(shown)-1], 10), Confidence: l.Confidence, Source: document.FromOCR,
			Page: page + 1, Box: seen, Engine: l.Engine, Note: "what the page shows, against its text layer",
		})
		return nil
	}
	return nil
}

var (
	pagesPattern = regexp.MustCompile(`(?m)^Pages:\s+(\d+)`)
	sizePattern  = regexp.MustCompile(`(?m)^Page\s+\d+ size:\s+([\d.]+) x ([\d.]+) pts`)
	turnPattern  = regexp.MustCompile(`(?m)^Page\s+\d+ rot:\s+(\d+)`)
)

// inspect counts the pages and measures those to be read.
func (b *book) inspect(ctx context.Context) error {
	out, err := poppler(ctx, 1<<20, "pdfinfo", "-f", "1", "-l", strconv.Itoa(b.limits.pages), b.path)
	switch {
	case err != nil && strings.Contains(err.Error(), "Wrong page range"):
		return nil // from 1 to 0
	case err != nil:
		return err
	}
	if m := pagesPattern.FindSubmatch(out); m != nil {
		b.count, _ = strconv.Atoi(string(m[1]))
	}
	turns := turnPattern.FindAllSubmatch(out, -1)
	for i, m := range sizePattern.FindAllSubmatch(out, -1) {
		w, _ := strconv.ParseFloat(string(m[1]), 64)
		h, _ := strconv.ParseFloat(string(m[2]), 64)
		if i < len(turns) && (string(turns[i][1]) == "90" || string(turns[i][1]) == "270") {
			w, h = h, w
		}
		b.sizes = append(b.sizes, image.Pt(pixels(w), pixels(h)))
	}
	return nil
}

func pixels(points float64) int { return int(math.Round(points * dpi / 72)) }

// textLayer returns the text that a PDF itself says its pages show, by page.
func (b *book) textLayer(ctx context.Context) ([][]document.Line, error) {
	out, err := poppler(ctx, maxText, "pdftotext", "-bbox", "-cropbox", "-f", "1", "-l", strconv.Itoa(b.limits.pages), b.path, "-")
	if err != nil {
		return nil, err
	}
	return parseLayer(bytes.NewReader(printable(out)))
}

// printable puts a mark in place of what no XML may have: codes of a font that
// are no characters come out as control characters.
func printable(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return unicode.ReplacementChar
		}
		return r
	}, bytes.ToValidUTF8(text, []byte(string(unicode.ReplacementChar))))
}

// parseLayer reads the XHTML of pdftotext -bbox: pages of words with a box each.
func parseLayer(r io.Reader) ([][]document.Line, error) {
	var pages [][]document.Line
	var words []word
	flush := func() {
		if len(pages) > 0 {
			pages[len(pages)-1] = lines(words)
		}
		words = nil
	}
	d := xml.NewDecoder(r)
	d.Strict = false
	d.Entity = xml.HTMLEntity
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			flush()
			return pages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("parse the text layer: %w", err)
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "page":
			flush()
			pages = append(pages, nil)
		case "word":
			w := word{confidence: 10000, line: len(words)} // each its own: boxes are exact here
			for _, a := range e.Attr {
				v, err := strconv.ParseFloat(a.Value, 64)
				if err != nil || math.Abs(v) > 1e6 {
					v = 0
				}
				switch a.Name.Local {
				case "xMin":
					w.box.Min.X = pixels(v)
				case "yMin":
					w.box.Min.Y = pixels(v)
				case "xMax":
					w.box.Max.X = pixels(v)
				case "yMax":
					w.box.Max.Y = pixels(v)
				}
			}
			if err := d.DecodeElement(&w.text, &e); err != nil {
				return nil, fmt.Errorf("parse the text layer: %w", err)
			}
			if w.em = w.box.Dx() * 2 / max(1, halves(w.text)); !w.box.Empty() && w.text != "" {
				words = append(words, w)
			}
		}
	}
}

// draw draws a page at dpi, or smaller by scale when it would have too many
// pixels.
func (b *book) draw(ctx context.Context, i int) (drawn image.Image, scale float64, err error) {
	most := min(b.limits.pixels, maxDrawn)
	scale = 1
	if area := float64(b.sizes[i].X) * float64(b.sizes[i].Y); area > float64(most) {
		scale = math.Sqrt(float64(most) / area)
	}
	drawn, err = b.drawAt(ctx, i, scale)
	return drawn, scale, err
}

// drawAt draws a page at a scale of dpi.
func (b *book) drawAt(ctx context.Context, i int, scale float64) (image.Image, error) {
	n := strconv.Itoa(i + 1)
	most := 4*min(b.limits.pixels, maxDrawn) + 1024
	out, err := poppler(ctx, most, "pdftoppm", "-cropbox", "-f", n, "-l", n, "-r", strconv.FormatFloat(dpi*scale, 'f', 2, 64), b.path)
	if err != nil {
		return nil, err
	}
	return ppm(out)
}

// ppm decodes the binary portable pixmap that pdftoppm writes.
func ppm(data []byte) (image.Image, error) {
	r := bufio.NewReader(bytes.NewReader(data))
	var magic string
	var w, h, depth int
	if _, err := fmt.Fscan(r, &magic, &w, &h, &depth); err != nil {
		return nil, fmt.Errorf("decode the drawn page: %w", err)
	}
	if _, err := r.ReadByte(); err != nil || magic != "P6" || depth != 255 || w < 1 || h < 1 {
		return nil, fmt.Errorf("decode the drawn page: %q, %d x %d, %w", magic, w, h, io.ErrUnexpectedEOF)
	}
	if need := int64(w) * int64(h) * 3; need > int64(r.Buffered())+int64(len(data)) || need > int64(len(data)) {
		return nil, fmt.Errorf("decode the drawn page: %w", io.ErrUnexpectedEOF)
	}
	body := data[len(data)-w*h*3:]
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		copy(img.Pix[4*i:4*i+3], body[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img, nil
}

// popplerVersion returns what to record as the engine of a text layer.
func popplerVersion(ctx context.Context) string {
	out, _ := exec.CommandContext(ctx, "pdftotext", "-v").CombinedOutput()
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.Replace(strings.TrimSpace(first), " version", "", 1)
}

// poppler runs one of Debian's poppler-utils and returns at most limit bytes
// of what it writes. What it says on stderr becomes the error.
func poppler(ctx context.Context, limit int64, name string, args ...string) ([]byte, error) {
	//nolint:gosec // The names are constants, and the file's name is ours.
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr ends
	cmd.Stderr = &stderr
	stdout := &limitedBuffer{left: limit}
	cmd.Stdout = stdout
	err := cmd.Run()
	switch {
	case err == nil:
		return stdout.kept, nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, &brokenError{fmt.Errorf("%w (Debian package poppler-utils)", err)}
	case strings.Contains(stderr.String(), "Incorrect password"):
		return nil, errEncrypted
	}
	return nil, fmt.Errorf("%s: %w: %s", name, err, stderr.String())
}
