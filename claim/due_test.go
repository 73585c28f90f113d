package claim_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// kept are papers as rows keep them, beside the file that counts them.
type kept struct {
	*rand.Rand
	file   claim.File
	papers []claim.Paper
}

func (k *kept) put(p claim.Paper) {
	var was claim.Paper
	if p.Number <= len(k.papers) {
		was = k.papers[p.Number-1]
		k.papers[p.Number-1] = p
	} else {
		k.papers = append(k.papers, p)
	}
	k.file.Record(was, p)
	if was.Kind != "" && was.Kind != p.Kind {
		good, bad := 0, 0
		for _, o := range k.papers {
			if o.Kind == was.Kind && o.State == claim.PaperUnreadable {
				bad = max(bad, o.Number)
			} else if o.Kind == was.Kind && o.State != claim.PaperReceived {
				good = max(good, o.Number)
			}
		}
		k.file.Last(was.Kind, good, bad)
	}
}

// fill names more of what is to be read, as a step does.
func (k *kept) fill() {
	room := k.file.Due.Room()
	var next []claim.Paper
	for _, p := range k.papers {
		if len(next) < room && p.Awaiting && !k.file.Due.Names(p.ID) {
			next = append(next, p)
		}
	}
	k.file.Due.Fill(next)
}

func TestAFileCountsItsPapersAndNamesOnlyThoseThatAreReadNext(t *testing.T) {
	t.Parallel()
	kinds := []string{"loss_photo", "vat_invoice", "driving_licence", "other"}
	states := []claim.PaperState{claim.PaperRead, claim.PaperUnsure, claim.PaperUnreadable}
	for seed := range uint64(100) {
		k := &kept{Rand: rand.New(rand.NewPCG(seed, 0))}
		for range 400 {
			if n := len(k.papers); k.IntN(2) == 0 || n == 0 {
				k.put(claim.Paper{ID: fmt.Sprint(n + 1), Kind: kinds[k.IntN(4)], Number: n + 1, Asked: n / 150, State: claim.PaperReceived, Awaiting: true})
			} else if next := k.file.Due.Next(); len(next) > 0 && k.IntN(3) > 0 { // the reader
				id := next[k.IntN(len(next))]
				p := k.papers[slices.IndexFunc(k.papers, func(p claim.Paper) bool { return p.ID == id })]
				p.State, p.Awaiting = states[k.IntN(3)], false
				if p.Kind != "loss_photo" && k.IntN(4) == 0 {
					p.Kind = kinds[1+k.IntN(3)]
				}
				k.put(p)
				k.fill()
			} else { // a person
				p := k.papers[k.IntN(n)]
				p.State, p.Awaiting, p.Kind = claim.PaperConfirmed, false, kinds[k.IntN(4)]
				k.put(p)
				k.fill()
			}
			require.NoError(t, k.agrees())
		}
	}
}

// agrees compares the file with what looking at each paper in turn would say.
func (k *kept) agrees() error {
	type same struct {
		kind  string
		asked int
		state claim.PaperState
	}
	counts, awaiting, confirm := map[same]int{}, 0, false
	for i, p := range k.papers {
		counts[same{p.Kind, p.Asked, p.State}]++
		if p.Awaiting {
			awaiting++
		}
		confirm = confirm || p.State == claim.PaperUnsure || p.State == claim.PaperUnreadable && p.Kind != "loss_photo" &&
			!slices.ContainsFunc(k.papers[i+1:], func(o claim.Paper) bool {
				return o.Kind == p.Kind && o.State != claim.PaperUnreadable && o.State != claim.PaperReceived
			})
	}
	for _, c := range k.file.Papers {
		for state, n := range c.States {
			if counts[same{c.Kind, c.Asked, state}] != n {
				return fmt.Errorf("%s %s: %d counted", c.Kind, state, n)
			}
		}
	}
	next := k.file.Due.Next()
	switch {
	case k.file.Total() != len(k.papers):
		return fmt.Errorf("%d of %d papers counted", k.file.Total(), len(k.papers))
	case len(next) > 64 || len(next)+k.file.Due.Beyond != awaiting:
		return fmt.Errorf("%d named and %d beyond, of %d", len(next), k.file.Due.Beyond, awaiting)
	case k.file.ToConfirm() != confirm:
		return fmt.Errorf("to confirm: %v", k.file.ToConfirm())
	}
	return nil
}

func TestAFileIsNoLongerForFiveThousandPapersThanForAHundred(t *testing.T) {
	t.Parallel()
	size := func(papers int) int {
		k := &kept{Rand: rand.New(rand.NewPCG(1, 1))}
		for n := range papers {
			k.put(claim.Paper{ID: fmt.Sprintf("%036d", n), Kind: "loss_photo", Number: n + 1, State: claim.PaperReceived, Awaiting: true})
		}
		raw, err := json.Marshal(k.file)
		require.NoError(t, err)
		require.Len(t, k.file.Due.Read, 8, "pictures are looked at eight together")
		for k.file.Due.Beyond+len(k.file.Due.Read) > 0 {
			for _, id := range k.file.Due.Next() {
				p := k.papers[slices.IndexFunc(k.papers, func(p claim.Paper) bool { return p.ID == id })]
				p.State, p.Awaiting = claim.PaperRead, false
				k.put(p)
			}
			k.fill()
		}
		require.Equal(t, papers, k.file.In(claim.PaperRead), "all are read in the end")
		return len(raw)
	}
	require.InDelta(t, size(100), size(5_000), 10)
}

func TestAClaimTakesSoManyPapersFromWhomTheyCome(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		total, outside, sent, n int
		by                      claim.Role
		taken                   bool
	}{
		"a claimant's last":                       {299, 299, 299, 1, claim.Claimant, true},
		"one more":                                {300, 300, 300, 1, claim.Claimant, false},
		"a partner's batch that fits":             {250, 250, 250, 50, claim.Partner, true},
		"one that fits but for one":               {251, 251, 251, 50, claim.Partner, false},
		"another claimant's, below a thousand":    {999, 999, 0, 1, claim.Claimant, true},
		"another claimant's, above":               {1_000, 1_000, 0, 1, claim.Claimant, false},
		"staff's, where outsiders have sent all":  {1_000, 1_000, 0, 50, claim.Surveyor, true},
		"staff's last":                            {4_999, 0, 4_999, 1, claim.Intake, true},
		"one more of staff":                       {5_000, 0, 5_000, 1, claim.Intake, false},
		"a claimant's, where staff have sent all": {5_000, 0, 0, 1, claim.Claimant, false},
		"nothing new":                             {5_000, 1_000, 300, 0, claim.Claimant, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := claim.File{Outside: tt.outside, Papers: []claim.Count{{Kind: "other", States: map[claim.PaperState]int{claim.PaperRead: tt.total}}}}
			refusal := f.Admit(tt.n, tt.by, tt.sent)
			require.Equal(t, tt.taken, refusal == nil)
			if refusal != nil {
				require.Equal(t, claim.RulePapersLimit, refusal.Rule)
			}
		})
	}
}
