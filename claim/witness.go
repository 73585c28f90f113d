package claim

import (
	"strings"
	"time"
)

// A value on a paper can be misread, and a paper can be forged. Two kinds of
// witness guard against one each, and neither stands in for the other.

// WitnessKind says against what a witness guards.
type WitnessKind string

// Kinds of witness.
const (
	// WitnessReading is of the same file: page, text layer, QR code, XML, sums and
	// check digits agree. It guards against misreading; whoever writes the file
	// writes all of them.
	WitnessReading WitnessKind = "reading"
	// WitnessOutside comes from elsewhere: the policy's data, a person who has
	// looked, a partner that vouches, one day a verified signature. It guards
	// against forgery. Only with one is an amount true for the machine.
	WitnessOutside WitnessKind = "outside"
)

// Witness is what speaks for an amount, kept with the assessment that rests on it.
type Witness struct {
	Kind     WitnessKind `json:"kind"`
	By       string      `json:"by"`                 // see the By constants; of a reading, the note of its fields
	Document string      `json:"document,omitempty"` // the paper
	Person   Principal   `json:"person,omitempty"`   // with [ByPerson]
}

// Who an outside witness is.
const (
	ByPolicyPlate = "policy.plate" // the paper names the insured car
	ByPolicyVIN   = "policy.vin"
	ByPolicyName  = "policy.name" // the paper is made out to the holder or the insured
	ByPartner     = "partner"     // that vouches, and has read the paper itself
	ByPerson      = "person"      // who confirmed the fields, or assessed
)

// Words says what the witness says.
func (w Witness) Words() Text {
	if w.Kind == WitnessReading {
		return Text{"单据内部一致（防误读）：" + w.By, "The paper agrees in itself, which guards against misreading: " + w.By + "."}
	}
	said, ok := map[string]Text{
		ByPolicyPlate: {"单据上的车牌与保单一致", "The paper names the insured car's plate."},
		ByPolicyVIN:   {"单据上的车架号与保单一致", "The paper names the insured car's VIN."},
		ByPolicyName:  {"单据抬头是投保人或被保险人", "The paper is made out to the holder or the insured."},
		ByPartner:     {"合作方读取并担保", "A partner that vouches has read the paper."},
		ByPerson:      {"经人工核对", "A person has looked."},
	}[w.By]
	if !ok {
		return Text{w.By, w.By}
	}
	return said
}

// TrueForMachine reports whether witnesses suffice for a machine to go by an
// amount: at least one of each kind.
func TrueForMachine(all []Witness) bool {
	var reading, outside bool
	for _, w := range all {
		switch w.Kind {
		case WitnessReading:
			reading = true
		case WitnessOutside:
			outside = true
		}
	}
	return reading && outside
}

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
