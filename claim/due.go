package claim

import "slices"

// DueWork is what a claim's workflow is to do beside waiting for people. Each step
// works it out from the rules of its day and stores it with the file: the
// workflow, which is replayed, branches on it and asks no rule.
type DueWork struct {
	SelfSurvey bool     `json:"self_survey,omitempty"` // the claimant's own survey is complete
	Deliver    string   `json:"deliver,omitempty"`     // the notice whose delivery is to be noted
	Write      string   `json:"write,omitempty"`       // number of the letter that is to be written
	Read       []Unread `json:"read,omitempty"`        // what is to be read next, in order of arrival
	Beyond     int      `json:"beyond,omitempty"`      // papers that are to be read after those
}

// Unread are papers that are read in one go: pictures of a loss are looked at
// together, a paper is read by itself.
type Unread struct {
	IDs    []string `json:"ids"`
	Photos bool     `json:"photos,omitempty"`
}

const (
	// readNext is how many papers the file names that are to be read, whatever
	// the number of those that wait: enough for all readers that one claim gets.
	readNext = 64
	// looksAtOnce is how many pictures of a loss are looked at in one activity.
	// To look takes a tenth of what it takes to read, and an activity costs about
	// as much as a look: a visit's thirty pictures would cost as much again.
	looksAtOnce = 8
)

// Derive works out what is due, all but what is to be read, which [File.Record]
// keeps.
func (f *File) Derive() {
	if f.Stage == Closed {
		f.Due = DueWork{}
		return
	}
	f.Due.SelfSurvey = f.Stage == SelfSurvey && f.SelfSurveyComplete()
	f.Due.Deliver, f.Due.Write = f.Undelivered(), f.Unwritten()
}

// add appends a paper to what is to be read next, or counts it beyond.
func (d *DueWork) add(p Paper) {
	if d.Beyond > 0 || d.named() >= readNext {
		d.Beyond++
		return
	}
	d.name(p)
}

func (d *DueWork) name(p Paper) {
	photos := p.Kind == photo
	if last := len(d.Read) - 1; photos && last >= 0 && d.Read[last].Photos && len(d.Read[last].IDs) < looksAtOnce {
		d.Read[last].IDs = append(d.Read[last].IDs, p.ID)
		return
	}
	d.Read = append(d.Read, Unread{IDs: []string{p.ID}, Photos: photos})
}

// remove takes out a paper that was read, or that a person was quicker with.
func (d *DueWork) remove(id string) {
	if !d.Names(id) {
		d.Beyond = max(d.Beyond-1, 0)
		return
	}
	for i := range d.Read {
		d.Read[i].IDs = slices.DeleteFunc(d.Read[i].IDs, func(o string) bool { return o == id })
	}
	d.Read = slices.DeleteFunc(d.Read, func(u Unread) bool { return len(u.IDs) == 0 })
	if len(d.Read) == 0 {
		d.Read = nil // as it is read back
	}
}

// Names reports whether a paper is among those that are to be read next.
func (d *DueWork) Names(id string) bool {
	return slices.ContainsFunc(d.Read, func(u Unread) bool { return slices.Contains(u.IDs, id) })
}

// Next returns the ids of the papers that are to be read next.
func (d *DueWork) Next() []string {
	var ids []string
	for _, u := range d.Read {
		ids = append(ids, u.IDs...)
	}
	return ids
}

func (d *DueWork) named() (n int) {
	for _, u := range d.Read {
		n += len(u.IDs)
	}
	return n
}

// Room is how many of the papers beyond are now to be named: none before half of
// those that were are read, so that most steps look for none.
func (d *DueWork) Room() int {
	if d.named() > readNext/2 {
		return 0
	}
	return min(d.Beyond, readNext-d.named())
}

// Fill names papers that were beyond, in order of arrival.
func (d *DueWork) Fill(papers []Paper) {
	for _, p := range papers {
		d.name(p)
		d.Beyond--
	}
}
