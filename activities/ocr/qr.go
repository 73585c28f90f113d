package ocr

import (
	"image"
	"image/draw"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	xdraw "golang.org/x/image/draw"
)

// qrEngine names what reads QR codes.
const qrEngine = "gozxing 0.1.1"

// codes returns the payloads of the QR codes in a picture. The reader finds
// one code a look, so it looks at the whole page and at its corners, where
// invoices have theirs, in the sizes and tones in which one is missed or found.
func codes(src image.Image) []string {
	size := src.Bounds().Size()
	var out []string
	for _, part := range []image.Rectangle{
		image.Rect(0, 0, size.X, size.Y),
		image.Rect(0, 0, size.X/3, size.Y/2),
		image.Rect(size.X*2/3, 0, size.X, size.Y/2),
		image.Rect(0, size.Y/2, size.X/2, size.Y),
	} {
		for _, side := range []int{900, 1600} {
			view := crop(src, part.Add(src.Bounds().Min), side)
			if text, ok := code(view); ok && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// crop returns a part of the picture in grey, its longer side scaled to side,
// or to three times itself where that is less.
func crop(src image.Image, part image.Rectangle, side int) *image.Gray {
	long := max(part.Dx(), part.Dy(), 1)
	side = min(side, 3*long)
	out := image.NewGray(image.Rect(0, 0, max(1, part.Dx()*side/long), max(1, part.Dy()*side/long)))
	xdraw.ApproxBiLinear.Scale(out, out.Bounds(), src, part, draw.Src, nil)
	return out
}

func code(view image.Image) (text string, found bool) {
	// A damaged code is one that is not there, whatever the library says to it.
	defer func() {
		if recover() != nil {
			text, found = "", false
		}
	}()
	source := gozxing.NewLuminanceSourceFromImage(view)
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			continue
		}
		result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
		if err == nil && result.GetText() != "" {
			return result.GetText(), true
		}
	}
	return "", false
}
