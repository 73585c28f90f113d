package ocr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	xdraw "golang.org/x/image/draw"

	"anpei/claim/document"
	"anpei/internal/specimen"
)

// patches is a picture of a few things that lie about.
func patches(seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for n := range 24 {
		x, y := r.IntN(640)-80, r.IntN(480)-80
		at := image.Rect(x, y, x+60+r.IntN(240), y+60+r.IntN(240))
		if n == 0 {
			at = img.Rect
		}
		shade := uint8(r.IntN(256))
		xdraw.Draw(img, at, image.NewUniform(color.RGBA{shade, shade, shade / 2, 255}), image.Point{}, xdraw.Src)
	}
	return img
}

func decoded(t *testing.T, data []byte) *image.RGBA {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return rgba(img)
}

func saved(t *testing.T, img image.Image, quality int) *image.RGBA {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}))
	return decoded(t, b.Bytes())
}

func shrunk(img *image.RGBA, by float64) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, int(float64(img.Rect.Dx())*by), int(float64(img.Rect.Dy())*by)))
	xdraw.CatmullRom.Scale(out, out.Rect, img, img.Rect, xdraw.Src, nil)
	return out
}

// cut takes shares of the sides away: left, top, right, foot.
func cut(img *image.RGBA, left, top, right, foot float64) *image.RGBA {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	return rgba(img.SubImage(image.Rect(int(left*w), int(top*h), int((1-right)*w), int((1-foot)*h))))
}

func known(t *testing.T, img image.Image) document.Picture {
	t.Helper()
	p, shows := Picture(img)
	require.True(t, shows)
	return p
}

// lighter makes a picture lighter by a fifth, dark tones by more.
func lighter(img *image.RGBA) *image.RGBA {
	var tones [256]uint8
	for v := range tones {
		tones[v] = uint8(min(255, 255*1.2*math.Pow(float64(v)/255, .85)))
	}
	out := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		out.Pix[i] = tones[v]
	}
	return out
}

// Whatever was done to a picture, it is found by its hashes and is the same one,
// and another of the same view is not, though its hashes may find it.
func TestAPictureIsTheSameSavedAnewMadeSmallerLighterOrCutALittleAndAnotherIsNot(t *testing.T) {
	t.Parallel()
	type picture struct {
		name string
		document.Picture
	}
	var all []picture
	add := func(name string, img *image.RGBA) {
		p := picture{name, known(t, img)}
		all = append(all, p)
		for how, other := range map[string]*image.RGBA{
			"saved anew, poorly":        saved(t, img, 40),
			"a third of its size":       saved(t, shrunk(img, 1./3), 80),
			"lighter":                   saved(t, lighter(img), 80),
			"cut by 2 % all around":     saved(t, cut(img, .02, .02, .02, .02), 80),
			"cut by 5 % at two edges":   saved(t, cut(img, .05, .05, 0, 0), 80),
			"cut by 5 %, most below":    saved(t, cut(img, .025, 0, .025, .05), 80),
			"cut, smaller, and lighter": saved(t, lighter(shrunk(cut(img, .01, .03, .04, .02), .5)), 60),
		} {
			twin := known(t, other)
			require.LessOrEqual(t, p.Look.Distance(twin.Look), document.AlikeWithin, "%s %s", name, how)
			if !p.Same(twin) {
				require.Fail(t, "not the same", "%s %s: %.2f", name, how, p.Difference(twin))
			}
		}
	}
	for seed := range uint64(6) {
		add(fmt.Sprint("patches ", seed), patches(seed))
	}
	for _, view := range []specimen.View{specimen.WarehouseGate, specimen.WarehouseHall, specimen.WarehouseGoods, specimen.CarRear, specimen.CarDetail} {
		for seed := range uint64(4) {
			raw, err := specimen.LossPhoto(specimen.Photo{View: view, Plate: fmt.Sprintf("粤B%05d", 10007*(seed+1)), Seed: seed})
			require.NoError(t, err)
			add(fmt.Sprint(view, " ", seed), shrunk(decoded(t, raw), .5))
		}
	}
	alike := 0
	for i, a := range all {
		for _, b := range all[:i] {
			if a.Same(b.Picture) {
				require.Fail(t, "the same", "%s and %s: %.2f", a.name, b.name, a.Difference(b.Picture))
			}
			if a.Look.Distance(b.Look) <= 6 {
				alike++
			}
		}
	}
	require.Positive(t, alike, "by their hashes alone, some would be taken for one")
}

func TestABlankPictureLooksLikeNothing(t *testing.T) {
	t.Parallel()
	blank := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range blank.Pix {
		blank.Pix[i] = 200
	}
	_, shows := Picture(blank)
	require.False(t, shows)
	r, err := Reader{}.Look(t.Context(), fileOf(t, pngOf(t, blank)), "")
	require.NoError(t, err)
	require.Equal(t, document.NothingSeen, r.Unreadable)
	r, err = Reader{}.Look(t.Context(), fileOf(t, pngOf(t, patches(1))), "")
	require.NoError(t, err)
	require.Empty(t, r.Unreadable)
	require.Equal(t, document.LossPhoto, r.Kind)
	seen := known(t, patches(1))
	require.Equal(t, seen.Look.String(), r.Look)
	require.Equal(t, seen.Thumbnail, r.Thumbnail)
}
