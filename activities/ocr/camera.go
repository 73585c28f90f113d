package ocr

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/bep/imagemeta"

	"anpei/claim"
)

// longestTag bounds what is kept of a text in a picture's data, in bytes.
const longestTag = 80

var cameraTags = []string{
	"Orientation", "Make", "Model", "Software", "DateTimeOriginal", "OffsetTimeOriginal",
	"GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef",
}

// camera returns what a picture, of image's format "jpeg" or "png", says about
// how it was taken, and its orientation from 1 to 8. What cannot be understood
// is as if it were not there.
func camera(data []byte, format string) (c claim.Camera, orientation int) {
	var tags imagemeta.Tags
	kind := imagemeta.JPEG
	if format == "png" {
		kind = imagemeta.PNG
	}
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: kind, Sources: imagemeta.EXIF, LimitNumTags: 1000, LimitTagSize: 1000, Timeout: 5 * time.Second,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool {
			return strings.HasPrefix(tag.Namespace, "IFD0") && slices.Contains(cameraTags, tag.Tag)
		},
		HandleTag: func(tag imagemeta.TagInfo) error { tags.Add(tag); return nil },
	})
	if err != nil && len(tags.EXIF()) == 0 {
		return c, 1
	}
	text := func(name string) string {
		s, _ := tags.EXIF()[name].Value.(string)
		return shown(s)
	}
	c.Device = strings.TrimSpace(strings.TrimSpace(text("Make")) + " " + strings.TrimPrefix(text("Model"), text("Make")+" "))
	c.Software = text("Software")
	if at, ok := takenAt(text("DateTimeOriginal"), text("OffsetTimeOriginal")); ok {
		c.At = &at
	}
	exif := tags.EXIF()
	if _, ok := exif["GPSLatitude"]; ok {
		lat, lng, err := tags.GetLatLong()
		if p := (claim.Point{Lat: lat, Lng: lng}); err == nil && p.Validate() == nil && p != (claim.Point{}) {
			c.Place = &p
		}
	}
	orientation = 1
	if o, ok := exif["Orientation"].Value.(uint16); ok && o >= 1 && o <= 8 {
		orientation = int(o)
	}
	return c, orientation
}

// takenAt reads a camera's clock. Most write no zone, and hang in one.
func takenAt(clock, zone string) (time.Time, bool) {
	if at, err := time.Parse("2006:01:02 15:04:05-07:00", clock+zone); err == nil {
		return at.UTC(), plausible(at)
	}
	at, err := time.ParseInLocation("2006:01:02 15:04:05", clock, claim.Shanghai)
	return at.UTC(), err == nil && plausible(at)
}

// plausible leaves out clocks that were never set.
func plausible(at time.Time) bool { return at.Year() >= 2000 && at.Year() < 2100 }

// shown keeps of a stranger's text what can be shown.
func shown(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s))
	if len(s) > longestTag {
		s = strings.ToValidUTF8(s[:longestTag], "")
	}
	return s
}
