package document

import (
	"strings"
	"time"

	"anpei/claim"
)

// Camera is what a picture's own data (EXIF) says about how it was taken. All
// of it can be written by anybody: it raises questions and answers none. The
// zero value is a picture that says nothing, as most that went through a
// messenger or a screenshot.
type Camera struct {
	At       *time.Time   `json:"at,omitempty"` // without a zone, China's is taken
	Place    *claim.Point `json:"place,omitempty"`
	Device   string       `json:"device,omitempty"`   // maker and model
	Software string       `json:"software,omitempty"` // what wrote the file last
}

// editors are programs that change what a picture shows, as they name
// themselves in it. A phone names its own firmware there.
var editors = []string{"photoshop", "lightroom", "gimp", "snapseed", "picsart", "meitu", "美图", "醒图", "faceu", "vsco", "pixelmator", "affinity"}

// Edited reports whether the picture was last written by a program that
// changes pictures.
func (c Camera) Edited() bool {
	software := strings.ToLower(c.Software)
	for _, name := range editors {
		if strings.Contains(software, name) {
			return true
		}
	}
	return false
}
