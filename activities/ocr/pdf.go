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
	"strconv"
	"strings"

	"anpei/claim/document"
)

// dpi at which pages of a PDF are drawn, and in which all its boxes are given.
const dpi = 200

// fewest is how many characters make a text layer: a scanner's stamp has less.
const fewest = 16

// maxText is how much of a text layer is looked at, in bytes of XHTML.
const maxText = 8 << 20

var errEncrypted = errors.New("password required")

// pdfPages is what pdfinfo says of a file.
type pdfPages struct {
	count int
	sizes []image.Point // of the first pages, in pixels at dpi, as they are turned
}

var (
	pagesPattern = regexp.MustCompile(`(?m)^Pages:\s+(\d+)`)
	sizePattern  = regexp.MustCompile(`(?m)^Page\s+\d+ size:\s+([\d.]+) x ([\d.]+) pts`)
	turnPattern  = regexp.MustCompile(`(?m)^Page\s+\d+ rot:\s+(\d+)`)
)

// inspect counts the pages of a PDF and measures the first of them. It returns
// errEncrypted for one that asks for a password.
func inspect(ctx context.Context, path string, most int) (pdfPages, error) {
	out, err := poppler(ctx, 1<<20, "pdfinfo", "-f", "1", "-l", strconv.Itoa(most), path)
	switch {
	case err != nil && strings.Contains(err.Error(), "Wrong page range"):
		return pdfPages{}, nil // from 1 to 0
	case err != nil:
		return pdfPages{}, err
	}
	var p pdfPages
	if m := pagesPattern.FindSubmatch(out); m != nil {
		p.count, _ = strconv.Atoi(string(m[1]))
	}
	turns := turnPattern.FindAllSubmatch(out, -1)
	for i, m := range sizePattern.FindAllSubmatch(out, -1) {
		w, _ := strconv.ParseFloat(string(m[1]), 64)
		h, _ := strconv.ParseFloat(string(m[2]), 64)
		if i < len(turns) && (string(turns[i][1]) == "90" || string(turns[i][1]) == "270") {
			w, h = h, w
		}
		p.sizes = append(p.sizes, image.Pt(pixels(w), pixels(h)))
	}
	return p, nil
}

func pixels(points float64) int { return int(math.Round(points * dpi / 72)) }

// textLayer returns the text that a PDF itself says its pages show, by page.
func textLayer(ctx context.Context, path string, most int) ([][]document.Line, error) {
	out, err := poppler(ctx, maxText, "pdftotext", "-bbox", "-f", "1", "-l", strconv.Itoa(most), path, "-")
	if err != nil {
		return nil, err
	}
	return parseLayer(bytes.NewReader(out))
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
			if !w.box.Empty() && w.text != "" {
				words = append(words, w)
			}
		}
	}
}

// render draws one page of a PDF at dpi, or smaller when it would have more
// than most pixels. The picture is scaled so that size stays its size.
func render(ctx context.Context, path string, number int, size image.Point, most int64) (image.Image, float64, error) {
	scale := 1.0
	if area := float64(size.X) * float64(size.Y); area > float64(most) {
		scale = math.Sqrt(float64(most) / area)
	}
	n := strconv.Itoa(number)
	out, err := poppler(ctx, 4*most+1024, "pdftoppm", "-f", n, "-l", n, "-r", strconv.FormatFloat(dpi*scale, 'f', 2, 64), path)
	if err != nil {
		return nil, 0, err
	}
	img, err := ppm(out)
	return img, scale, err
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
