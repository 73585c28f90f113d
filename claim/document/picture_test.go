package document_test

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim/document"
)

func TestALookIsFoundByTheBandsThatItIsKeptUnder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	random := func() (l document.Look) {
		for i := range l {
			l[i] = r.Uint64()
		}
		return l
	}
	met := func(a, b document.Look) bool {
		kept := b.Kept()
		return slices.ContainsFunc(a.Asked(), func(key int32) bool { return slices.Contains(kept, key) })
	}
	for range 1000 {
		one, other := random(), random()
		at := r.IntN(document.Views)
		other[at] = one[0]
		for range 3 { // as many bits as the bands are sure to forgive
			other[at] ^= 1 << r.IntN(64)
		}
		d := bits.OnesCount64(one[0] ^ other[at])
		require.Equal(t, d, one.Distance(other))
		require.Equal(t, d, other.Distance(one))
		require.True(t, met(one, other) && met(other, one), "found, whichever came first")
		back, ok := document.ParseLook(one.String())
		require.True(t, ok)
		require.Equal(t, one, back)
	}
}
