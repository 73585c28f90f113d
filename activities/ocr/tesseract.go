package ocr

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/otiai10/gosseract/v2"
)

// tesseract is the engine that needs nothing but Debian's packages.
type tesseract struct {
	client    *gosseract.Client
	languages []string
	mode      int // of page segmentation
}

// languages of the trained data: simplified Chinese, and English for digits.
var languages = []string{"chi_sim", "eng"}

// sparse is Tesseract's mode for text in no particular order. On forms it
// finds a fifth more than the modes that look for columns.
const sparse = 11

// oneLine is its mode for a single line.
const oneLine = 7

// tessdata is where Debian keeps the trained data.
const tessdata = "/usr/share/tesseract-ocr/5/tessdata"

// newTesseract loads the engine for whole pages, newLiner for single lines of
// letters and digits.
func newTesseract(ctx context.Context) (*tesseract, error) {
	return loadTesseract(ctx, languages, sparse)
}

func newLiner(ctx context.Context) (*tesseract, error) {
	return loadTesseract(ctx, []string{"eng"}, oneLine)
}

func loadTesseract(ctx context.Context, languages []string, mode int) (*tesseract, error) {
	// gosseract gives Tesseract's complaint about missing data a buffer that
	// is too short for it: so look first.
	for _, l := range languages {
		if _, err := os.Stat(filepath.Join(tessdata, l+".traineddata")); err != nil {
			return nil, &brokenError{fmt.Errorf("tesseract data (Debian package tesseract-ocr-%s): %w", strings.ReplaceAll(l, "_", "-"), err)}
		}
	}
	c := gosseract.NewClient()
	c.TessdataPrefix = tessdata
	c.Languages = languages
	c.Trim = true
	// As variables, since what is set before Init does not survive it.
	c.Variables["tessedit_pageseg_mode"] = strconv.Itoa(mode)
	c.Variables["debug_file"] = os.DevNull
	t := &tesseract{c, languages, mode}
	// Load the data now, while there is memory: gosseract sends to /dev/null
	// what the process says as it dies in there.
	if _, err := t.Read(ctx, image.NewRGBA(image.Rect(0, 0, 32, 32))); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *tesseract) Name() string {
	return fmt.Sprintf("tesseract %s %s psm%d", t.client.Version(), strings.Join(t.languages, "+"), t.mode)
}

func (t *tesseract) Read(ctx context.Context, page *image.RGBA) (Text, error) {
	if err := ctx.Err(); err != nil {
		return Text{}, err
	}
	p := prepare(page)
	if err := t.client.SetImageFromBytes(pgm(p.grey)); err != nil {
		return Text{}, fmt.Errorf("hand the page to tesseract: %w", err)
	}
	boxes, err := t.client.GetBoundingBoxesVerbose()
	if err != nil {
		return Text{}, fmt.Errorf("read the page with tesseract: %w", err)
	}
	var words []word
	line := 0
	for _, b := range boxes {
		if b.WordNum == 1 {
			line++
		}
		if text := strings.TrimSpace(b.Word); text != "" && b.Confidence >= 20 && !b.Box.Empty() {
			words = append(words, word{text: text, box: b.Box, confidence: int(b.Confidence * 100), line: line})
		}
	}
	out := Text{Size: page.Bounds().Size(), page: page, doubtful: 5500}
	for _, l := range lines(words) {
		out.found = append(out.found, found{text: []rune(l.Text), score: float64(l.Confidence) / 10000, quad: p.restore(l.Box)})
	}
	return out, nil
}

// line reads a strip that has one line of letters and digits on it.
func (t *tesseract) line(strip *image.RGBA) (string, error) {
	if err := t.client.SetImageFromBytes(pgm(even(grey(strip)))); err != nil {
		return "", fmt.Errorf("hand the line to tesseract: %w", err)
	}
	text, err := t.client.Text()
	if err != nil {
		return "", fmt.Errorf("read the line with tesseract: %w", err)
	}
	return strings.TrimSpace(text), nil
}

// close frees what the engine holds in C.
func (t *tesseract) close() { _ = t.client.Close() }

// pgm is the page in the plainest format that leptonica reads.
func pgm(page *image.Gray) []byte {
	size := page.Bounds().Size()
	var b bytes.Buffer
	fmt.Fprintf(&b, "P5\n%d %d\n255\n", size.X, size.Y)
	for y := range size.Y {
		at := page.PixOffset(page.Bounds().Min.X, page.Bounds().Min.Y+y)
		b.Write(page.Pix[at : at+size.X])
	}
	return b.Bytes()
}
