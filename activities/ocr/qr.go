package ocr

import (
	"image"
	"image/draw"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	xdraw "golang.org/x/image/draw"
)

// qrEngine names what reads QR codes.
const qrEngine = "gozxing 0.1.1"

// codes returns the payload of a QR code in a picture, if there is one. The
// reader finds most codes at first sight. On a paper that should have one it
// looks again, larger and at the corners, where invoices have theirs.
func codes(src image.Image, thoroughly bool) []string {
	size := src.Bounds().Size()
	whole := image.Rect(0, 0, size.X, size.Y)
	looks := []struct {
		part image.Rectangle
		side int
	}{
		{whole, 900},
		{whole, 1600},
		{image.Rect(0, 0, size.X/3, size.Y/2), 900},
		{image.Rect(size.X*2/3, 0, size.X, size.Y/2), 900},
		{image.Rect(0, size.Y/2, size.X/2, size.Y), 900},
	}
	if !thoroughly {
		looks = looks[:1]
	}
	for _, look := range looks {
		if text, ok := code(crop(src, look.part.Add(src.Bounds().Min), look.side)); ok {
			return []string{text}
		}
	}
	return nil
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
