// Package specimen draws the papers and pictures that the demo and the tests
// hand in: invoices with their QR code, licences, repair estimates, photos of
// losses. All names and numbers are the caller's, and are to be plainly made
// up; [VIN], [Citizen] and [CreditCode] give such numbers valid check digits.
//
// The same input gives the same bytes. Chinese text needs a font: Debian's
// fonts-droid-fallback, or the one that [FontVariable] names.
package specimen

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
)

// Quality is how a paper came to be a file.
type Quality string

// Qualities, best first. Clean papers are PNG, the others JPEG.
const (
	Clean Quality = "clean" // as issued, pixel for pixel
	Scan  Quality = "scan"  // a flatbed scanner: a slight lean, grey paper, dust
	Phone Quality = "phone" // a hand-held picture on a table, in uneven light
	Bad   Quality = "bad"   // a picture that nobody can read: small, shaken, dark
)

// finish gives a drawn paper its quality and encodes it.
func (c *canvas) finish(q Quality) ([]byte, error) {
	var img image.Image
	switch q {
	case Clean, "":
		var b bytes.Buffer
		if err := png.Encode(&b, c); err != nil {
			return nil, fmt.Errorf("encode the specimen: %w", err)
		}
		return b.Bytes(), nil
	case Scan:
		img = scanned(c)
	case Phone:
		img = photographed(c)
	case Bad:
		img = spoiled(c)
	default:
		return nil, fmt.Errorf("draw a specimen: unknown quality %q", q)
	}
	return encode(img, 85)
}

func encode(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode the specimen: %w", err)
	}
	return b.Bytes(), nil
}
