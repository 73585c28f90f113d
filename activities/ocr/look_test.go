package ocr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	xdraw "golang.org/x/image/draw"

	"anpei/claim/document"
	"anpei/internal/specimen"
)

// lossPhoto is a picture of a car that nobody else has, small enough to be cut
// and saved often.
func lossPhoto(t *testing.T, seed uint64) *image.RGBA {
	t.Helper()
	raw, err := specimen.LossPhoto(specimen.Photo{View: specimen.CarRear, Plate: fmt.Sprintf("粤B%05d", 10007*(seed+1)), Seed: seed})
	require.NoError(t, err)
	return shrunk(decoded(t, raw), .4)
}

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

func lookAt(t *testing.T, img *image.RGBA) document.Look {
	t.Helper()
	l, ok := look(img)
	require.True(t, ok)
	return l
}

func TestAPictureLooksTheSameSavedAnewMadeSmallerOrCutALittleAndAnotherDoesNot(t *testing.T) {
	t.Parallel()
	type picture struct {
		name string
		look document.Look
	}
	var all []picture
	for i := range uint64(10) {
		name, img := fmt.Sprintf("picture %d", i), patches(i)
		if i < 2 {
			name, img = fmt.Sprintf("car %d", i), lossPhoto(t, i)
		}
		whole := lookAt(t, img)
		for how, other := range map[string]*image.RGBA{
			"saved anew, poorly":      saved(t, img, 40),
			"a third of its size":     saved(t, shrunk(img, 1./3), 80),
			"cut by 2 % all around":   saved(t, cut(img, .02, .02, .02, .02), 80),
			"cut by 5 % at two edges": saved(t, cut(img, .05, .05, 0, 0), 80),
			"cut by 5 %, most below":  saved(t, cut(img, .025, 0, .025, .05), 80),
		} {
			require.LessOrEqual(t, whole.Distance(lookAt(t, other)), document.AlikeWithin, "%s %s", name, how)
		}
		all = append(all, picture{name, whole})
	}
	least := 64
	for i, a := range all {
		for _, b := range all[:i] {
			d := a.look.Distance(b.look)
			require.Greater(t, d, document.AlikeWithin, "%s and %s", a.name, b.name)
			least = min(least, d)
		}
	}
	t.Logf("the least distance of %d pictures of different losses is %d bits", len(all), least)
}

func TestABlankPictureLooksLikeNothing(t *testing.T) {
	t.Parallel()
	blank := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range blank.Pix {
		blank.Pix[i] = 200
	}
	_, ok := look(blank)
	require.False(t, ok)
	r, err := Reader{}.Look(t.Context(), fileOf(t, pngOf(t, blank)), "")
	require.NoError(t, err)
	require.Equal(t, document.NothingSeen, r.Unreadable)
	r, err = Reader{}.Look(t.Context(), fileOf(t, pngOf(t, patches(1))), "")
	require.NoError(t, err)
	require.Empty(t, r.Unreadable)
	require.Equal(t, document.LossPhoto, r.Kind)
	_, ok = document.ParseLook(r.Look)
	require.True(t, ok)
}
