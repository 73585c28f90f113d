package ocr

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"os"
	"path/filepath"
	"time"

	xdraw "golang.org/x/image/draw"

	"anpei/claim/document"
)

const (
	showWithin = 10 * time.Second // for pages that reading did not have to draw
	cutHigh    = 80               // pixels, at most, of the picture of a field
	cutWide    = 1200
	// Quality of JPEG: small letters stay clear, large ones do, there are none.
	toRead, toCompare, toGlance = 80, 66, 55
)

// album is the folder in which the pictures of a [document.Preview] are left.
// It costs a reading nothing but time: what cannot be made or written is not
// there, and err says why. An album without a folder takes no pictures.
type album struct {
	folder string
	left   document.Preview
	pages  []*image.RGBA // that fields are cut from
	err    error
}

// wanted reports whether anybody looks at pictures, and none has failed.
func (a *album) wanted() bool { return a != nil && a.folder != "" && a.err == nil }

// of says how many pages the file has.
func (a *album) of(count int) {
	if a.wanted() {
		a.left.Of = count
	}
}

// add takes in the next page as it was decoded, upright; size is what its
// boxes are counted on.
func (a *album) add(page *image.RGBA, size image.Point) {
	if !a.wanted() || len(a.left.Pages) == document.MostPreviews {
		return
	}
	number := len(a.left.Pages) + 1
	large := shrink(page, document.Large.Long())
	a.write(document.PageFile(number, document.Large), large, toRead)
	a.write(document.PageFile(number, document.Small), shrink(large, document.Small.Long()), toGlance)
	if a.err == nil {
		a.pages, a.left.Pages = append(a.pages, page), append(a.left.Pages, document.PageSize{Width: size.X, Height: size.Y})
		a.index()
	}
}

// cut takes a picture of the place where each field stands, which says more
// beside a value than a page does, and weighs a hundredth.
func (a *album) cut(fields []document.Field) {
	for _, f := range fields {
		name, page := document.FieldFile(f.Name), max(f.Page, 1)-1
		if !a.wanted() || name == "" || page >= len(a.pages) {
			continue
		}
		whole, size := a.pages[page].Bounds(), a.left.Pages[page]
		rim := max((f.Box[3]-f.Box[1])/2, 4)
		at := image.Rect(
			(f.Box[0]-rim)*whole.Dx()/size.Width, (f.Box[1]-rim)*whole.Dy()/size.Height,
			(f.Box[2]+rim)*whole.Dx()/size.Width, (f.Box[3]+rim)*whole.Dy()/size.Height,
		).Intersect(whole)
		if f.Box[2] <= f.Box[0] || f.Box[3] <= f.Box[1] || at.Dx() < 2 || at.Dy() < 2 {
			continue // it stands nowhere
		}
		part := image.NewRGBA(image.Rect(0, 0, at.Dx(), at.Dy()))
		draw.Draw(part, part.Bounds(), a.pages[page], at.Min, draw.Src)
		long := at.Dx()
		if at.Dy() > cutHigh {
			long = long * cutHigh / at.Dy()
		}
		if a.write(name, shrink(part, max(min(long, cutWide), cutHigh)), toCompare); a.err == nil {
			a.left.Fields = append(a.left.Fields, f.Name)
		}
	}
	if a.wanted() && len(a.left.Fields) > 0 {
		a.index()
	}
}

func (a *album) write(name string, picture image.Image, quality int) {
	a.create(name, func(w *bufio.Writer) error { return jpeg.Encode(w, picture, &jpeg.Options{Quality: quality}) })
}

func (a *album) index() {
	a.create(document.PreviewIndex, func(w *bufio.Writer) error { return json.NewEncoder(w).Encode(a.left) })
}

func (a *album) create(name string, fill func(*bufio.Writer) error) {
	if a.err != nil {
		return
	}
	f, err := os.Create(filepath.Join(a.folder, name)) //nolint:gosec // The parent chose the folder, and the name is ours.
	if err == nil {
		w := bufio.NewWriter(f)
		if err = fill(w); err == nil {
			err = w.Flush()
		}
		if closed := f.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		a.err = fmt.Errorf("preview %s: %w", name, err)
	}
}

// shrink makes a picture smaller, so that its longer side has at most long
// pixels.
func shrink(src *image.RGBA, long int) *image.RGBA {
	size := src.Bounds().Size()
	longer := max(size.X, size.Y)
	if longer <= long {
		return src
	}
	to := image.Rect(0, 0, max(1, size.X*long/longer), max(1, size.Y*long/longer))
	if longer >= 2*long {
		return average(src, to)
	}
	out := image.NewRGBA(to)
	xdraw.ApproxBiLinear.Scale(out, to, src, src.Bounds(), draw.Src, nil)
	return out
}

// average makes an opaque picture smaller, by half or more: each of its pixels
// counts once, so that no fine line is passed over. That takes a third of the
// time of a filter whose weights change evenly.
func average(src *image.RGBA, to image.Rectangle) *image.RGBA {
	size, w, h := src.Bounds().Size(), to.Dx(), to.Dy()
	out := image.NewRGBA(to)
	sums := make([][3]uint32, w)
	edges := make([]int, w+1) // of the columns that one pixel is made of
	for x := range edges {
		edges[x] = x * size.X / w
	}
	for y := range h {
		clear(sums)
		top, foot := y*size.Y/h, (y+1)*size.Y/h
		for sy := top; sy < foot; sy++ {
			row := src.Pix[sy*src.Stride:][:4*size.X]
			for x := range sums {
				var r, g, b uint32
				for cells := row[4*edges[x] : 4*edges[x+1]]; len(cells) >= 4; cells = cells[4:] {
					r, g, b = r+uint32(cells[0]), g+uint32(cells[1]), b+uint32(cells[2])
				}
				s := &sums[x]
				s[0], s[1], s[2] = s[0]+r, s[1]+g, s[2]+b
			}
		}
		line := out.Pix[y*out.Stride:][:4*w]
		for x, s := range sums {
			n := uint32((foot - top) * (edges[x+1] - edges[x])) //nolint:gosec // a few pixels
			at := line[4*x:][:4]
			at[0], at[1], at[2], at[3] = uint8(s[0]/n), uint8(s[1]/n), uint8(s[2]/n), 255 //nolint:gosec // means of bytes are bytes
		}
	}
	return out
}

// show takes the pages of a PDF into the album, in order: those that reading
// has drawn as they are, the others drawn for it, as large as they are wanted.
// It ends with the first that takes too long or cannot be drawn.
func (b *book) show(ctx context.Context) {
	a := b.limits.album
	if !a.wanted() {
		return
	}
	ctx, stop := context.WithTimeout(ctx, showWithin)
	defer stop()
	a.of(b.count)
	for i, size := range b.sizes {
		page := b.drawn[i]
		if page == nil {
			picture, err := b.drawAt(ctx, i, min(1, float64(document.Large.Long())/float64(max(size.X, size.Y))))
			if err != nil {
				a.err = fmt.Errorf("preview of page %d: %w", i+1, err)
				return
			}
			page = rgba(picture)
		}
		a.add(page, size)
	}
}
