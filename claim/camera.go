package claim

import (
	"strings"
	"time"
)

// Camera is what a picture's own data (EXIF) says about how it was taken. All
// of it can be written by anybody: it raises questions and answers none. The
// zero value is a picture that says nothing, as most that went through a
// messenger and every picture of a screen.
type Camera struct {
	At       *time.Time `json:"at,omitempty"` // without a zone, China's is taken
	Place    *Point     `json:"place,omitempty"`
	Device   string     `json:"device,omitempty"`   // maker and model
	Software string     `json:"software,omitempty"` // what wrote the file last
}

// editors are programs that change what a picture shows, as they name
// themselves in it. A phone names its own firmware there.
var editors = []string{"photoshop", "lightroom", "gimp", "snapseed", "picsart", "meitu", "美图", "醒图", "faceu", "vsco", "pixelmator", "affinity"}

// Edits reports whether a program of this name changes what pictures show.
func Edits(software string) bool {
	software = strings.ToLower(software)
	for _, name := range editors {
		if strings.Contains(software, name) {
			return true
		}
	}
	return false
}
