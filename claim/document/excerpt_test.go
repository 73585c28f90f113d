package document

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a check asks for is found by an index, and is what a look at each fact
// in turn would find, in the same order.
func TestTheIndexFindsWhatLookingAtEachFactFinds(t *testing.T) {
	t.Parallel()
	froms, kinds, fields := []string{OfDocument, OfPolicy, OfReport, OfServer, OfClaim}, []Kind{VATInvoice, LossPhoto}, []string{"plate", "total_fen", "received_at"}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		var x Excerpt
		for range r.IntN(60) {
			x.Facts = append(x.Facts, Fact{Source{From: froms[r.IntN(5)], Document: fmt.Sprint(r.IntN(5)), Kind: kinds[r.IntN(2)], Field: fields[r.IntN(3)]}, fmt.Sprint(r.IntN(3))})
		}
		e := x.evidence()
		all := slices.Clone(x.Facts)
		slices.SortFunc(all, func(a, b Fact) int {
			return slices.Compare([]string{a.key(), a.Value, string(a.Kind)}, []string{b.key(), b.Value, string(b.Kind)})
		})
		all = slices.Compact(all)
		for _, field := range fields {
			for _, kind := range kinds {
				require.ElementsMatch(t, where(all, func(f Fact) bool { return f.From == OfDocument && f.Kind == kind && f.Field == field }), e.on(kind, field))
			}
			for _, from := range froms {
				require.ElementsMatch(t, where(all, func(f Fact) bool { return f.From == from && f.Field == field }), e.by(from, field))
			}
			for _, f := range all {
				require.ElementsMatch(t, where(all, func(o Fact) bool { return o.From == f.From && o.Document == f.Document && o.Field == field }), e.beside(f, field))
			}
		}
	}
}
