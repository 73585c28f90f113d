package claim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

// People's Square, Shanghai; the surveyors of the fixture stand round it.
var loss = claim.Point{Lat: 31.2304, Lng: 121.4737}

func TestDistancesAreThoseOfTheGlobe(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		a, b claim.Point
		want int64
		why  string
	}{
		{loss, loss, 0, "nowhere to go"},
		{claim.Point{}, claim.Point{Lat: 1}, 111_195, "a degree of latitude"},
		{claim.Point{Lat: 60}, claim.Point{Lat: 60, Lng: 1}, 55_597, "a degree of longitude at 60° N is half of it"},
		{claim.Point{Lng: 179.5}, claim.Point{Lng: -179.5}, 111_195, "over the date line"},
		{claim.Point{Lat: 90}, claim.Point{Lat: -90}, 20_015_114, "from pole to pole"},
		{claim.Point{}, claim.Point{Lng: 180}, 20_015_114, "to the other side"},
		{loss, claim.Point{Lat: 39.9042, Lng: 116.4074}, 1_067_312, "Shanghai to Beijing"},
	} {
		require.Equal(t, row.want, row.a.Metres(row.b), row.why)
		require.Equal(t, row.want, row.b.Metres(row.a), row.why)
	}
}

func TestAPointLiesOnEarth(t *testing.T) {
	t.Parallel()
	for _, good := range []claim.Point{{}, loss, {Lat: 90, Lng: 180}, {Lat: -90, Lng: -180}} {
		require.NoError(t, good.Validate())
	}
	for _, bad := range []claim.Point{{Lat: 90.0001}, {Lat: -91}, {Lng: 180.0001}, {Lng: -181}, {Lat: math.NaN()}, {Lng: math.NaN()}, {Lat: math.Inf(1)}} {
		require.Error(t, bad.Validate())
	}
}

// surveyors is the fixture of twenty: id, kilometres north of the loss, and
// what is particular.
func surveyors(now time.Time) []claim.Candidate {
	var cands []claim.Candidate
	add := func(id claim.Principal, km float64, change ...func(*claim.Candidate)) {
		c := claim.Candidate{
			Staff: id, At: claim.Point{Lat: loss.Lat + km/111.195, Lng: loss.Lng}, SeenAt: now.Add(-time.Minute),
			Skills: []claim.Line{claim.Motor}, OnShift: true, MaxLoad: 4, Branch: "0101",
		}
		for _, f := range change {
			f(&c)
		}
		cands = append(cands, c)
	}
	load := func(n int) func(*claim.Candidate) { return func(c *claim.Candidate) { c.Load = n } }
	add("S01", 0.2, func(c *claim.Candidate) { c.OnShift = false })
	add("S02", 0.3, func(c *claim.Candidate) { c.Skills = []claim.Line{claim.Property} })
	add("S03", 0.4, load(4))
	add("S04", 0.5, func(c *claim.Candidate) { c.SeenAt = now.Add(-claim.PositionFresh - time.Second) })
	add("S05", 0.6, func(c *claim.Candidate) { c.Conflict = "party" })
	add("S06", 0.7, func(c *claim.Candidate) { c.Declined = true })
	add("S07", 0.8, load(3))
	add("S08", 1.0, load(1))
	add("S09", 2.0)
	add("S10", 2.0)
	add("S11", 3.9, func(c *claim.Candidate) { c.SeenAt = now.Add(-claim.PositionFresh) })
	add("S12", 4.0)
	add("S13", 5.0, func(c *claim.Candidate) { c.Skills = []claim.Line{claim.Property, claim.Motor} })
	add("S14", 8.0)
	add("S15", 12.0)
	add("S16", 12.0, load(2))
	add("S17", 40.0)
	add("S18", 0.1, func(c *claim.Candidate) { c.OnShift = false; c.Skills = nil; c.MaxLoad = 0 })
	add("S19", 0.9, func(c *claim.Candidate) { c.SeenAt = time.Time{} })
	add("S20", 0.0, func(c *claim.Candidate) { c.At.Lat = 91 })
	return cands
}

func TestTwentySurveyorsAreRanked(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-20 10:00:00")
	var got []string
	for _, r := range claim.Rank(loss, claim.Motor, surveyors(now), now) {
		got = append(got, fmt.Sprintf("%s %dm eta %s score %d %s", r.Staff, r.Metres, r.ETA, r.Score, strings.Join(r.Reasons, ",")))
		require.Equal(t, len(r.Reasons) == 0, r.Eligible)
		require.Equal(t, "0101", r.Branch)
	}
	require.Equal(t, []string{
		"S09 2000m eta 5m0s score 5 ",
		"S10 2000m eta 5m0s score 5 ", // a tie: by staff id
		"S11 3900m eta 10m0s score 10 ",
		"S12 4000m eta 10m0s score 10 ", // a tie: by distance
		"S13 5000m eta 13m0s score 13 ",
		"S08 1000m eta 3m0s score 18 ", // near, but with a task
		"S14 8000m eta 20m0s score 20 ",
		"S15 12000m eta 30m0s score 30 ",
		"S07 800m eta 2m0s score 47 ", // near, but with three
		"S16 12000m eta 30m0s score 60 ",
		"S17 40000m eta 1h40m0s score 100 ",
		"S20 0m eta 0s score 0 no_position",
		"S18 100m eta 1m0s score 1 off_shift,no_skill,full",
		"S01 200m eta 1m0s score 1 off_shift",
		"S02 300m eta 1m0s score 1 no_skill",
		"S04 500m eta 2m0s score 2 stale_position",
		"S05 600m eta 2m0s score 2 conflict",
		"S06 700m eta 2m0s score 2 declined",
		"S19 900m eta 3m0s score 3 stale_position",
		"S03 400m eta 1m0s score 61 full",
	}, got)
}

func TestALossThatIsNowhereHasNoSurveyor(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-20 10:00:00")
	ranked := claim.Rank(claim.Point{Lat: math.NaN()}, claim.Motor, surveyors(now), now)
	require.Len(t, ranked, 20)
	for _, r := range ranked {
		require.False(t, r.Eligible)
		require.Contains(t, r.Reasons, claim.BarNoPosition)
	}
	require.Empty(t, claim.Rank(loss, claim.Motor, nil, now))
}

func TestARankingLosesNobodyAndForgetsTheOrderItGot(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-20 10:00:00")
	rapid.Check(t, func(t *rapid.T) {
		all := surveyors(now)
		cands := all[:rapid.IntRange(0, len(all)).Draw(t, "n")]
		for i := range cands {
			cands[i].Load = rapid.IntRange(0, 5).Draw(t, "load")
			cands[i].OnShift = rapid.Bool().Draw(t, "shift")
		}
		want := claim.Rank(loss, claim.Motor, cands, now)
		require.Len(t, want, len(cands))
		require.Equal(t, want, claim.Rank(loss, claim.Motor, rapid.Permutation(cands).Draw(t, "shuffled"), now))
		for i := 1; i < len(want); i++ {
			a, b := want[i-1], want[i]
			require.True(t, a.Eligible || !b.Eligible)
			require.True(t, a.Eligible != b.Eligible || a.Score <= b.Score)
		}
	})
}
