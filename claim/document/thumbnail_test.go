package document_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim/document"
)

// scene is a picture of waves, as large as one likes: its tone at shares of its sides.
func scene(seed uint64) func(u, v float64) float64 {
	r := rand.New(rand.NewPCG(seed, 7))
	type wave struct{ across, down, from, high float64 }
	var waves []wave
	for range 20 {
		waves = append(waves, wave{90 * (r.Float64() - .5), 90 * (r.Float64() - .5), 6 * r.Float64(), 4 + 6*r.Float64()})
	}
	return func(u, v float64) float64 {
		tone := 120.
		for _, w := range waves {
			tone += w.high * math.Cos(w.from+w.across*u+w.down*v)
		}
		return min(255, max(0, tone))
	}
}

// taken is the thumbnail of a part of a scene, and what its hashes might be.
func taken(tone func(u, v float64) float64, left, top, right, foot float64, change func(float64) float64) document.Picture {
	p := document.Picture{Thumbnail: make(document.Thumbnail, document.ThumbnailSide*document.ThumbnailSide)}
	for i := range p.Thumbnail {
		u, v := (float64(i%document.ThumbnailSide)+.5)/document.ThumbnailSide, (float64(i/document.ThumbnailSide)+.5)/document.ThumbnailSide
		p.Thumbnail[i] = uint8(math.Round(min(255, max(0, change(tone(left+u*(right-left), top+v*(foot-top)))))))
	}
	return p
}

func plain(tone float64) float64 { return tone }

func TestAPictureIsKnownAgainCutLighterOrWithLessContrastAndAnotherIsNot(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 8))
		edge := func() float64 { return .05 * r.Float64() }
		gain, gamma := .85+.4*r.Float64(), .8+.4*r.Float64()
		one := taken(scene(seed), 0, 0, 1, 1, plain)
		twin := taken(scene(seed), edge(), edge(), 1-edge(), 1-edge(), func(tone float64) float64 { return 255 * gain * math.Pow(tone/255, gamma) })
		other := taken(scene(seed+1000), 0, 0, 1, 1, plain)
		for p, same := range map[*document.Picture]bool{&twin: true, &other: false} {
			there, back := one.Difference(*p), p.Difference(one)
			require.Equal(t, same, one.Same(*p), "%d: %.2f", seed, there)
			if there != back {
				t.Fatalf("%v one way and %v the other", there, back)
			}
		}
	}
}

func TestAPictureThatDiffersInOnePlaceIsAnother(t *testing.T) {
	t.Parallel()
	same, elsewhere := scene(1), scene(2)
	one := taken(same, 0, 0, 1, 1, plain)
	for name, at := range map[string][4]float64{"in a corner": {0, 0, .25, .25}, "in the middle": {.4, .4, .6, .6}, "in a strip": {0, .7, 1, .85}} {
		other := taken(func(u, v float64) float64 {
			if u >= at[0] && v >= at[1] && u < at[2] && v < at[3] {
				return elsewhere(u, v)
			}
			return same(u, v)
		}, 0, 0, 1, 1, plain)
		require.False(t, one.Same(other), "%s: %.3f", name, one.Difference(other))
	}
}

func TestWhatHasNoThumbnailOrShowsNothingIsNoOther(t *testing.T) {
	t.Parallel()
	one := taken(scene(1), 0, 0, 1, 1, plain)
	require.Less(t, one.Difference(one), .4)
	none := func(p document.Picture, msg string) {
		require.True(t, math.IsInf(one.Difference(p), 1) && math.IsInf(p.Difference(one), 1) && math.IsInf(p.Difference(p), 1), msg)
	}
	none(document.Picture{}, "no thumbnail")
	none(document.Picture{Thumbnail: one.Thumbnail[:100]}, "a part of one")
	for _, tone := range []float64{0, 120, 255} {
		none(taken(func(float64, float64) float64 { return tone }, 0, 0, 1, 1, plain), "a page of one tone")
	}
	far := one
	for i := range far.Look {
		far.Look[i] = math.MaxUint64
	}
	require.True(t, math.IsInf(one.Difference(far), 1), "their hashes find no place")
}
