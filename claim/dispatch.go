package claim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Point is a place on the map: degrees in WGS 84 as phones report them. These
// are the only floats of the package: coordinates are measurements, and nothing
// but a distance in whole metres, never an amount, is made from them.
type Point struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

// Validate reports a point that is nowhere on Earth: latitude beyond ±90,
// longitude beyond ±180, or not a number.
func (p Point) Validate() error {
	if !(math.Abs(p.Lat) <= 90) { // also true of NaN
		return fmt.Errorf("latitude %v is not between -90 and 90", p.Lat)
	}
	if !(math.Abs(p.Lng) <= 180) {
		return fmt.Errorf("longitude %v is not between -180 and 180", p.Lng)
	}
	return nil
}

// earth is the mean radius in metres (IUGG).
const earth = 6_371_008.8

// Metres returns the great-circle distance from p to q, rounded to the metre:
// right to about 0.5 %, which is the Earth's flattening. On another processor
// the last bit may differ and with it, rarely, a metre; that is why a ranking
// is computed once, in an activity, and recorded.
func (p Point) Metres(q Point) int64 {
	rad := math.Pi / 180
	sinLat := math.Sin((q.Lat - p.Lat) * rad / 2)
	sinLng := math.Sin((q.Lng - p.Lng) * rad / 2)
	h := sinLat*sinLat + math.Cos(p.Lat*rad)*math.Cos(q.Lat*rad)*sinLng*sinLng
	return int64(math.Round(2 * earth * math.Asin(math.Sqrt(min(h, 1)))))
}

// What the ranking assumes.
const (
	// MetresPerMinute is the assumed speed as the crow flies: 24 km/h, which
	// is about 34 km/h on roads that are 1.4 times as long.
	MetresPerMinute = 400
	// MinutesPerTask is what each open task is expected to delay a surveyor.
	MinutesPerTask = 15
	// PositionFresh is the age up to which a reported position counts.
	PositionFresh = 30 * time.Minute
)

// Reasons why a candidate cannot be sent.
const (
	BarOffShift      = "off_shift"
	BarNoSkill       = "no_skill"
	BarFull          = "full"
	BarStalePosition = "stale_position" // last seen longer ago than PositionFresh
	BarNoPosition    = "no_position"    // the candidate's or the loss's is nowhere on Earth
	BarConflict      = "conflict"       // of interest, or by separation of duties
	BarDeclined      = "declined"       // this claim, or stayed silent on it
)

// Candidate is a surveyor as known at the moment of dispatch.
type Candidate struct {
	Staff    Principal `json:"staff"`
	At       Point     `json:"at"`
	SeenAt   time.Time `json:"seen_at"` // when At was reported; zero for never
	Skills   []Line    `json:"skills"`
	OnShift  bool      `json:"on_shift"`
	Load     int       `json:"load"`     // open tasks
	MaxLoad  int       `json:"max_load"` // 0 takes none
	Branch   string    `json:"branch"`
	Conflict string    `json:"conflict,omitempty"` // why not this one: party, kin, or a rule of separation
	Declined bool      `json:"declined,omitempty"`
}

// Ranked is a candidate's place in the ranking. The whole ranking is kept as
// evidence of why this surveyor was sent and not that one.
type Ranked struct {
	Staff    Principal     `json:"staff"`
	Branch   string        `json:"branch"`
	Metres   int64         `json:"metres"`
	ETA      time.Duration `json:"eta_ns"` // travel alone, in whole minutes, rounded up
	Score    int64         `json:"score"`  // minutes of travel and of work before it; lower is better
	Eligible bool          `json:"eligible"`
	Reasons  []string      `json:"reasons,omitempty"` // all of them, when not eligible
}

// Rank orders surveyors for a loss: those who can be sent by score, then the
// others by score with their reasons; equal scores by distance, then by staff
// id, so that the same candidates always give the same order. Nothing is lost:
// there is one Ranked for each candidate. Arithmetic is of integers once the
// distances stand.
func Rank(loss Point, line Line, cands []Candidate, now time.Time) []Ranked {
	ranked := make([]Ranked, 0, len(cands))
	for _, c := range cands {
		r := Ranked{Staff: c.Staff, Branch: c.Branch, Reasons: c.bars(loss, line, now)}
		r.Eligible = len(r.Reasons) == 0
		if !slices.Contains(r.Reasons, BarNoPosition) {
			r.Metres = loss.Metres(c.At)
		}
		minutes := (r.Metres + MetresPerMinute - 1) / MetresPerMinute
		r.ETA = time.Duration(minutes) * time.Minute
		r.Score = minutes + int64(c.Load)*MinutesPerTask
		ranked = append(ranked, r)
	}
	slices.SortFunc(ranked, func(a, b Ranked) int {
		if a.Eligible != b.Eligible {
			if a.Eligible {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.Staff, b.Staff))
	})
	return ranked
}

// bars returns every reason why c cannot be sent.
func (c Candidate) bars(loss Point, line Line, now time.Time) []string {
	var bars []string
	bar := func(when bool, reason string) {
		if when {
			bars = append(bars, reason)
		}
	}
	bar(!c.OnShift, BarOffShift)
	bar(!slices.Contains(c.Skills, line), BarNoSkill)
	bar(c.Load >= c.MaxLoad, BarFull)
	bar(now.Sub(c.SeenAt) > PositionFresh, BarStalePosition)
	bar(loss.Validate() != nil || c.At.Validate() != nil, BarNoPosition)
	bar(c.Conflict != "", BarConflict)
	bar(c.Declined, BarDeclined)
	return bars
}
