package ocr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // for image.Decode
	_ "image/png"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // so that image.Decode knows it

	"anpei/claim/document"
)

// A brokenError is the fault of the installation, not of the file.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

// answer is what the child writes to its parent, once, as JSON.
type answer struct {
	document.Reading
	Broken  string `json:"broken,omitempty"`
	Unshown string `json:"unshown,omitempty"` // why there is no preview, or not all of it
}

// limits is what the parent tells the child.
type limits struct {
	bytes, pixels int64
	pages         int
	models        string
	look          bool // at a picture, and read nothing on it

	album *album
}

// Main is the page reader: the part of the worker that runs as a process of
// its own, since it holds C code and strangers' files. The worker calls it with
// the arguments that follow "page-reader". It writes one JSON object to stdout;
// its error says that the installation is broken, which that object says too.
func Main(args []string) error {
	var l limits
	flags := flag.NewFlagSet("page-reader", flag.ContinueOnError)
	flags.Int64Var(&l.bytes, "max-bytes", defaultBytes, "largest file")
	flags.Int64Var(&l.pixels, "max-pixels", defaultPixels, "largest picture")
	flags.IntVar(&l.pages, "max-pages", defaultPages, "pages read of a PDF")
	flags.StringVar(&l.models, "models", "", "folder of the OCR models")
	flags.BoolVar(&l.look, "look", false, "look at a picture, and read nothing on it")
	previews := flags.String("previews", "", "folder for pictures of the pages; none are made when empty")
	prepare := flags.String("prepare", "", "read nothing, but put models that are optimised for this machine into a folder")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("page-reader: %w", err)
	}
	if *prepare != "" {
		return preparePaddle(l.models, *prepare)
	}
	ctx := context.Background()
	l.album = &album{folder: *previews}
	var a answer
	var err error
	if a.Reading, err = read(ctx, flags.Arg(0), l); err != nil {
		a.Broken = err.Error()
	}
	if l.album.err != nil {
		a.Unshown = l.album.err.Error()
	}
	if e := json.NewEncoder(os.Stdout).Encode(a); e != nil {
		return fmt.Errorf("page-reader: %w", e)
	}
	return err
}

// read reads one file. Its errors are for the operator; whatever is wrong with
// the file is in the reading.
func read(ctx context.Context, path string, l limits) (document.Reading, error) {
	f, err := os.Open(path) //nolint:gosec // The parent chose the file.
	if err != nil {
		return document.Reading{}, fmt.Errorf("page-reader: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	info, err := f.Stat()
	if err != nil {
		return document.Reading{}, fmt.Errorf("page-reader: %w", err)
	}
	switch {
	case info.Size() == 0:
		return document.Illegible(document.Empty), nil
	case info.Size() > l.bytes:
		return document.Illegible(document.TooLarge), nil
	}
	kind, err := mimetype.DetectReader(f)
	if err != nil {
		return document.Reading{}, fmt.Errorf("page-reader: %w", err)
	}
	switch {
	case kind.Is("image/jpeg"), kind.Is("image/png"), kind.Is("image/webp"):
		return readPicture(ctx, f, l)
	case kind.Is("application/pdf"):
		return readPDF(ctx, path, l)
	case descends(kind, "application/zip"):
		return readOFD(f, info.Size())
	case descends(kind, "text/xml"):
		return readXML(f)
	}
	return document.Illegible(document.WrongType), nil
}

// descends reports whether a type is a sort of another, as a document in a zip.
func descends(kind *mimetype.MIME, of string) bool {
	for ; kind != nil; kind = kind.Parent() {
		if kind.Is(of) {
			return true
		}
	}
	return false
}

func readPicture(ctx context.Context, f io.ReadSeeker, l limits) (document.Reading, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return document.Reading{}, fmt.Errorf("page-reader: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, l.bytes))
	if err != nil {
		return document.Reading{}, fmt.Errorf("page-reader: %w", err)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return document.Illegible(document.Truncated), nil
	}
	if int64(config.Width)*int64(config.Height) > l.pixels {
		return document.Illegible(document.TooManyPixels), nil
	}
	e := engines{models: l.models}
	defer e.close()
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return document.Illegible(document.Truncated), nil
	}
	taken, orientation := camera(data, format)
	src = upright(src, orientation)
	size := src.Bounds().Size()
	page := rgba(src)
	l.album.of(1)
	l.album.add(page, size)
	picture, shows := Picture(page)
	if l.look {
		r := document.Reading{Kind: document.LossPhoto, Confidence: 10000, Pages: 1, Width: size.X, Height: size.Y, Engine: lookEngine, Camera: &taken}
		if r.Quality = measure(page, Text{}); r.Quality.Light < document.Darkest {
			return sentBack(r, document.Dark), nil
		} else if !shows {
			return sentBack(r, document.NothingSeen), nil
		}
		r.Look, r.Thumbnail = picture.Look.String(), picture.Thumbnail
		return r, nil
	}
	p, err := e.recognise(ctx, page, 1)
	if err != nil {
		return document.Reading{}, err
	}
	r := document.Reading{Pages: 1, Width: size.X, Height: size.Y, Engine: p.engine, Camera: &taken}
	if shows {
		r.Look = picture.Look.String()
	}
	r.Quality = measure(page, p.text)
	kind, _ := document.Classify(p.lines)
	photo := (kind == document.Unknown || kind == document.Other) && characters(p.lines) < mostOnPhoto &&
		(min(size.X, size.Y) >= leastPhoto && scenic(src) || len(document.Extract(document.LossPhoto, p.lines, nil)) > 0)
	understand(&r, p.lines, codesFor(kind, src, photo))
	if photo && r.Kind != document.VATInvoice { // else its code was legible
		r.Kind, r.Confidence = document.LossPhoto, 5000
		r.Fields = document.Extract(r.Kind, p.lines, nil)
	}
	if shows && r.Kind == document.LossPhoto {
		r.Thumbnail = picture.Thumbnail
	}
	if r.Unreadable != "" { // it was legible, and says why it is of no use
		l.album.cut(r.Fields)
		return r, nil
	}
	if reason := r.Quality.Retake(r.Kind, r.Fields); reason != "" {
		return sentBack(r, reason), nil
	}
	if err := e.witness(ctx, p.text, r.Fields); err != nil {
		return document.Reading{}, err
	}
	l.album.cut(r.Fields)
	return r, nil
}

// rgba returns the picture as bytes of red, green and blue on white, with its
// corner at zero.
func rgba(src image.Image) *image.RGBA {
	if p, ok := src.(*image.RGBA); ok && p.Rect.Min == (image.Point{}) && p.Stride == 4*p.Rect.Dx() && p.Opaque() {
		return p
	}
	b := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), src, b.Min, draw.Over)
	return out
}

// codesFor looks for QR codes on what may be an invoice.
func codesFor(kind document.Kind, src image.Image, photo bool) []string {
	switch kind {
	case document.VATInvoice, document.Other, document.Unknown:
		return codes(src, !photo)
	default:
		return nil
	}
}

// leastPhoto is the shorter side, in pixels, of a picture that shows a loss. In
// a smaller one without a paper there is nothing to see.
const leastPhoto = 480

// mostOnPhoto is how many characters a picture of a loss may have on it: signs,
// plates, and what a survey app stamps. More is a paper on a table.
const mostOnPhoto = 250

// understand fills a reading from the text and the codes of a file.
func understand(r *document.Reading, lines []document.Line, qr []string) {
	r.Kind, r.Confidence = document.Classify(lines)
	for _, payload := range qr {
		if _, ok := document.ParseInvoiceQR(payload); ok {
			r.Kind, r.Confidence = document.VATInvoice, 10000
		}
	}
	var reason string
	if r.Fields, reason = document.Understand(r.Kind, lines, qr); reason != "" {
		r.Unreadable, r.Detail = reason, document.Plain(reason)
	}
	r.Text = document.Text(lines)
	for i := range r.Fields {
		if r.Fields[i].Source == document.FromQR {
			r.Fields[i].Engine = qrEngine
		}
	}
}

// sentBack is a reading of pages on which nothing can be used.
func sentBack(r document.Reading, reason string) document.Reading {
	n := document.Illegible(reason)
	n.Text, n.Quality = r.Text, r.Quality
	n.Pages, n.Width, n.Height, n.Engine = r.Pages, r.Width, r.Height, r.Engine
	return n
}

func readPDF(ctx context.Context, path string, l limits) (document.Reading, error) {
	b, reason, err := open(ctx, path, l)
	if err != nil || reason != "" {
		return document.Illegible(reason), err
	}
	defer b.close()
	r, err := b.read(ctx)
	if err == nil {
		if r.Unreadable != "" {
			r.Detail = document.PlainOfPages(r.Unreadable)
		}
		b.show(ctx)
		l.album.cut(r.Fields)
	}
	return r, err
}

// read reads the pages.
func (b *book) read(ctx context.Context) (document.Reading, error) {
	var lines []document.Line
	var qr, engines []string
	var drawn []sheet // pages without text
	poor := ""        // why the first of them that cannot be read cannot
	for i := range b.sizes {
		p, err := b.page(ctx, i)
		var broken *brokenError
		switch {
		case errors.As(err, &broken):
			return document.Reading{}, err
		case err != nil:
			return document.Illegible(document.Truncated), nil //nolint:nilerr // the file's fault, and said
		}
		if p.drawn != nil {
			b.drawn[i], p.drawn = shrink(p.drawn, document.Large.Long()), nil
		}
		if p.text.page != nil {
			drawn = append(drawn, p)
			if reason := p.retake(); reason != "" && poor == "" {
				poor = reason
			} else if reason == "" {
				poor = legible
			}
		}
		lines, qr = append(lines, p.lines...), append(qr, p.qr...)
		if !slices.Contains(engines, p.engine) {
			engines = append(engines, p.engine)
		}
	}
	r := document.Reading{Pages: b.count, Width: b.sizes[0].X, Height: b.sizes[0].Y, Engine: strings.Join(engines, ", ")}
	if characters(lines) == 0 && len(qr) == 0 {
		if poor != document.Garbled {
			poor = document.NothingFound
		}
		return sentBack(r, poor), nil
	}
	understand(&r, lines, qr)
	if r.Unreadable != "" {
		return r, nil
	}
	if len(drawn) == len(b.sizes) && poor != "" && poor != legible {
		r.Quality = drawn[0].quality
		return sentBack(r, poor), nil
	}
	for _, p := range drawn {
		if err := b.engines.witness(ctx, p.text, r.Fields); err != nil {
			return document.Reading{}, err
		}
	}
	if err := b.compare(ctx, &r); err != nil {
		return document.Reading{}, err
	}
	if b.count > len(b.sizes) {
		r.Detail = fmt.Sprintf("共 %d 页，只读取了前 %d 页。 Only the first %[2]d of %[1]d pages were read.", b.count, len(b.sizes))
	}
	return r, nil
}

func characters(lines []document.Line) int {
	n := 0
	for _, l := range lines {
		n += len([]rune(l.Text))
	}
	return n
}
