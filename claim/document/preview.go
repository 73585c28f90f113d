package document

import (
	"regexp"
	"strconv"
)

// Preview says of which pages of a file there are pictures for people to look
// at, in whose place the file itself need not be sent, and how large the pages
// are that its boxes are counted on. The page reader leaves it beside the
// pictures; all of it is derived, and may be lost.
type Preview struct {
	Of     int        `json:"of"`     // pages of the file
	Pages  []PageSize `json:"pages"`  // the first of them, which have pictures
	Fields []string   `json:"fields"` // names of those that have a picture of their own
}

// PageSize is how large a page is, in the pixels that boxes are counted in.
type PageSize struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// PreviewSize is how large a picture of a page is.
type PreviewSize string

// Sizes of pictures of a page, by what they are looked at for.
const (
	Small PreviewSize = "small" // in a list
	Large PreviewSize = "large" // to read
)

// Long is the most that the longer side has, in pixels; a page that has less is
// not enlarged.
func (s PreviewSize) Long() int {
	if s == Small {
		return 320
	}
	return 1600
}

// PreviewIndex is the name of the file that holds a [Preview].
const PreviewIndex = "pages.json"

// MostPreviews is how many pages of a file have pictures.
const MostPreviews = 10

// PageFile names the picture of a page, counted from 1.
func PageFile(page int, size PreviewSize) string {
	return strconv.Itoa(page) + "-" + string(size) + ".jpg"
}

// FieldFile names the picture of the place where a field stands; empty for a
// name that is no file's.
func FieldFile(name string) string {
	if !fieldName.MatchString(name) {
		return ""
	}
	return "field-" + name + ".jpg"
}

var (
	fieldName   = regexp.MustCompile(`^[a-z0-9_.]{1,60}$`)
	previewFile = regexp.MustCompile(`^(pages\.json|\d{1,2}-(small|large)\.jpg|field-[a-z0-9_.]{1,60}\.jpg)$`)
)

// IsPreview reports whether a file is called as one of a preview is.
func IsPreview(name string) bool { return previewFile.MatchString(name) }
