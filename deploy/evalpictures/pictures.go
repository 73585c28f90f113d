package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	_ "image/png" // for image.Decode
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	xdraw "golang.org/x/image/draw"

	"anpei/activities/ocr"
	"anpei/claim/document"
	"anpei/internal/specimen"
)

// picture is one of the pool, as the product knows it.
type picture struct {
	name, source string
	drawn        bool
	seen         document.Picture
}

// twin is a picture of the pool after something was done to it.
type twin struct {
	of   picture
	how  string
	seen document.Picture
}

// found reports whether the search finds the one by the other: a band under which
// it is kept is asked for, and their hashes are near enough.
func (t twin) found() bool {
	kept := t.of.seen.Look.Kept()
	return t.of.seen.Look.Distance(t.seen.Look) <= document.AlikeWithin &&
		slices.ContainsFunc(t.seen.Look.Asked(), func(band int32) bool { return slices.Contains(kept, band) })
}

// paper is a picture that pieces are cut from.
type paper struct {
	name string
	image.Image
}

// papersOf reads the pictures of a folder, or draws papers.
func papersOf(folder string, seed uint64) (papers []paper, err error) {
	if folder == "" {
		for i := range 60 {
			d, err := specimen.Set(i, seed, false)
			if err != nil {
				return nil, fmt.Errorf("draw a paper: %w", err)
			}
			if img, _, err := image.Decode(bytes.NewReader(d.Bytes)); err == nil { // some are PDF
				papers = append(papers, paper{d.Name, img})
			}
		}
		return papers, nil
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read the papers: %w", err)
	}
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext != ".jpg" && ext != ".png" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return nil, fmt.Errorf("read the papers: %w", err)
		}
		img, _, err := image.Decode(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", f.Name(), err)
		}
		papers = append(papers, paper{f.Name(), img})
	}
	if len(papers) == 0 {
		return nil, fmt.Errorf("there is no picture in %s", folder)
	}
	return papers, nil
}

var views = []specimen.View{
	specimen.CarFront, specimen.CarRear, specimen.CarLeft, specimen.CarRight, specimen.CarDetail, specimen.CarDetail, specimen.CarScene,
	specimen.WarehouseGate, specimen.WarehouseHall, specimen.WarehouseRacks, specimen.WarehouseGoods,
}

// pool draws and cuts the pictures, and makes twins of some: of every second
// drawn one, and of every twentieth piece. What is blank is left out.
func pool(ctx context.Context, drawn, crops int, seed uint64, papers []paper) (all []picture, twins []twin, err error) {
	type made struct {
		picture
		twins []twin
		err   error
	}
	out := make([]made, drawn+crops)
	each(len(out), func(i int) {
		if ctx.Err() != nil {
			out[i].err = ctx.Err()
			return
		}
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		var img image.Image
		p := picture{drawn: i < drawn}
		every := 20
		if p.drawn {
			every = 2
			view := views[i%len(views)]
			p.name = fmt.Sprintf("%s %d", view, i)
			p.source = p.name
			raw, err := specimen.LossPhoto(specimen.Photo{View: view, Plate: fmt.Sprintf("粤B%05d", r.IntN(100_000)), Seed: r.Uint64()})
			if err == nil {
				img, err = jpeg.Decode(bytes.NewReader(raw))
			}
			if err != nil {
				out[i].err = err
				return
			}
		} else {
			from := papers[i%len(papers)]
			img = piece(r, from, .4+.4*r.Float64(), .4+.4*r.Float64())
			p.name, p.source = fmt.Sprintf("%s piece %d", from.name, i), from.name
		}
		var shows bool
		if p.seen, shows = ocr.Picture(img); !shows {
			return
		}
		out[i].picture = p
		if i%every == 0 {
			how := hows[i/every%len(hows)]
			t := twin{of: p, how: how}
			if t.seen, shows = ocr.Picture(altered(r, how, img)); shows {
				out[i].twins = []twin{t}
			}
		}
	})
	var errs []error
	for _, m := range out {
		errs = append(errs, m.err)
		if m.name != "" {
			all, twins = append(all, m.picture), append(twins, m.twins...)
		}
	}
	return all, twins, errors.Join(errs...)
}

// each calls f with 0 to n-1, in order, on all processors.
func each(n int, f func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// hows is what is done to twins.
var hows = []string{"saved anew", "made smaller", "cut at each edge", "lightened", "cut, smaller, lighter"}

func altered(r *rand.Rand, how string, img image.Image) image.Image {
	switch how {
	case "saved anew":
		return saved(img, 30+r.IntN(55))
	case "made smaller":
		return saved(smaller(r, img), 80)
	case "cut at each edge":
		return saved(cut(r, img), 80)
	case "lightened":
		return saved(lighter(r, img), 80)
	default:
		return saved(lighter(r, smaller(r, cut(r, img))), 45+r.IntN(40))
	}
}

func saved(img image.Image, quality int) image.Image {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return img // to memory, where there is no error
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		return img
	}
	return out
}

// smaller makes a picture smaller, to a quarter at least, and no smaller than 400 pixels.
func smaller(r *rand.Rand, img image.Image) image.Image {
	size := img.Bounds().Size()
	by := max(.25+.65*r.Float64(), min(1, 400/float64(max(size.X, size.Y))))
	out := image.NewRGBA(image.Rect(0, 0, int(float64(size.X)*by), int(float64(size.Y)*by)))
	xdraw.CatmullRom.Scale(out, out.Rect, img, img.Bounds(), draw.Src, nil)
	return out
}

// cut takes up to 5 % away at each edge.
func cut(r *rand.Rand, img image.Image) image.Image {
	b := img.Bounds()
	edge := func(side int) int { return int(.05 * r.Float64() * float64(side)) }
	return within(img, image.Rect(b.Min.X+edge(b.Dx()), b.Min.Y+edge(b.Dy()), b.Max.X-edge(b.Dx()), b.Max.Y-edge(b.Dy())))
}

// lighter makes a picture lighter by 5 to 30 %, and its shades by more.
func lighter(r *rand.Rand, img image.Image) image.Image {
	gain, gamma := 1.05+.25*r.Float64(), .8+.2*r.Float64()
	out := within(img, img.Bounds())
	var tones [256]uint8
	for i := range tones {
		tones[i] = uint8(min(255, 255*gain*math.Pow(float64(i)/255, gamma)))
	}
	for i := range out.Pix {
		if i%4 != 3 {
			out.Pix[i] = tones[out.Pix[i]]
		}
	}
	return out
}

// piece returns a part of a picture, with shares of its sides.
func piece(r *rand.Rand, img image.Image, wide, high float64) image.Image {
	b := img.Bounds()
	w, h := int(wide*float64(b.Dx())), int(high*float64(b.Dy()))
	x, y := b.Min.X+r.IntN(b.Dx()-w+1), b.Min.Y+r.IntN(b.Dy()-h+1)
	return within(img, image.Rect(x, y, x+w, y+h))
}

func within(img image.Image, at image.Rectangle) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, at.Dx(), at.Dy()))
	draw.Draw(out, out.Rect, img, at.Min, draw.Src)
	return out
}
