// Evalpictures measures how well pictures are known again: which of many
// different ones are taken for one, and which are not found that were saved
// anew, made smaller or lighter, or cut a little.
//
//	evalpictures [-seed 1] [-drawn 300] [-crops 4800] [folder]
//
// The pictures are photos of losses as package specimen draws them, and pieces
// of the pictures in the folder, or of drawn papers when none is named. Pieces of
// one picture are not held against each other. The same seed draws the same.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"sync"

	"anpei/claim/document"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "evalpictures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	drawn := flag.Int("drawn", 300, "photos of losses to draw")
	crops := flag.Int("crops", 4800, "pieces to cut from papers")
	seed := flag.Uint64("seed", 1, "of all that is drawn and cut")
	verbose := flag.Bool("v", false, "name the pairs most alike and the twins that were lost")
	flag.Parse()
	papers, err := papersOf(flag.Arg(0), *seed)
	if err != nil {
		return err
	}
	all, twins, err := pool(ctx, *drawn, *crops, *seed, papers)
	if err != nil {
		return err
	}
	u := unlike(all)
	fmt.Printf("%d pictures: %d drawn photos of losses, %d pieces of %d papers\n", len(all), count(all, true), count(all, false), len(papers))
	fmt.Printf("%d pairs of different pictures: %d alike by their hashes (within %d bits), %d taken for one (a difference below %.2f)\n",
		u.pairs, len(u.near), document.AlikeWithin, u.taken(), document.SameBelow)
	for i, n := range u.near[:min(30, len(u.near))] {
		if *verbose || i < 3 {
			fmt.Printf("  %.3f  %s | %s\n", n.difference, n.one, n.other)
		}
	}
	lost := report(twins, *verbose)
	u.forecast(1_000_000)
	if u.taken() > 0 || lost*20 > len(twins) {
		return errors.New("different pictures are taken for one, or more than one twin in 20 is not found")
	}
	return nil
}

func count(all []picture, drawn bool) (n int) {
	for _, p := range all {
		if p.drawn == drawn {
			n++
		}
	}
	return n
}

// unlikes is what holding different pictures against each other came to.
type unlikes struct {
	pairs int
	near  []near // alike by their hashes, the most alike first
}

type near struct {
	one, other string
	difference float64
}

func (u unlikes) taken() (n int) {
	for _, p := range u.near {
		if p.difference < document.SameBelow {
			n++
		}
	}
	return n
}

// unlike holds all pictures against each other, but pieces of one paper.
func unlike(all []picture) (u unlikes) {
	var mutex sync.Mutex
	each(len(all), func(i int) {
		var found []near
		pairs := 0
		for _, other := range all[:i] {
			if all[i].source == other.source {
				continue
			}
			pairs++
			if all[i].seen.Look.Distance(other.seen.Look) <= document.AlikeWithin {
				found = append(found, near{all[i].name, other.name, all[i].seen.Difference(other.seen)})
			}
		}
		mutex.Lock()
		defer mutex.Unlock()
		u.pairs, u.near = u.pairs+pairs, append(u.near, found...)
	})
	slices.SortFunc(u.near, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.difference, b.difference), cmp.Compare(a.one+a.other, b.one+b.other))
	})
	return u
}

// forecast says how many false alarms a new photo meets among so many stored.
// Two figures: what can be ruled out (with 95 % confidence, no event in n trials
// leaves a rate of 3/n at most), and what the differences that were measured
// let expect, if the number of pairs that differ by less than d falls as a power
// of d, as that of the twenty most alike does (Hill's estimator).
func (u unlikes) forecast(stored int) {
	fmt.Printf("at %d stored pictures, if those are as much alike as these:\n", stored)
	perPhoto := func(n float64) float64 { return n / float64(u.pairs) * float64(stored) }
	fmt.Printf("  a new one is alike to %.0f by its hashes, whose thumbnails decide\n", perPhoto(float64(len(u.near))))
	if u.taken() > 0 {
		fmt.Printf("  and is taken for %.3g of them\n", perPhoto(float64(u.taken())))
		return
	}
	fmt.Printf("  false alarms a new photo: below %.2g with 95 %% confidence (none in %d pairs)\n", perPhoto(3), u.pairs)
	const lowest = 20
	if len(u.near) < 2*lowest || math.IsInf(u.near[lowest].difference, 1) {
		return
	}
	logs, from := 0., u.near[lowest].difference
	for _, n := range u.near[:lowest] {
		logs += math.Log(from / n.difference)
	}
	power := lowest / logs
	fmt.Printf("  expected from the differences measured: %.2g (the least is %.2f, of one picture it is below %.2f; the power is %.1f)\n",
		perPhoto(lowest*math.Pow(document.SameBelow/from, power)), u.near[0].difference, document.SameBelow, power)
}

// report prints how many twins were found, and returns how many were not.
func report(twins []twin, verbose bool) (lost int) {
	for _, how := range append(slices.Clone(hows), "") {
		n, byHash, byThumbnail, most := 0, 0, 0, 0.
		for _, t := range twins {
			if how != "" && t.how != how {
				continue
			}
			n++
			difference := t.of.seen.Difference(t.seen)
			switch {
			case !t.found():
				byHash++
			case difference >= document.SameBelow:
				byThumbnail++
			default:
				most = max(most, difference)
				continue
			}
			if verbose && how != "" {
				fmt.Printf("  lost: %s %s, %d bits, found %t, difference %.2f\n", t.of.name, t.how, t.of.seen.Look.Distance(t.seen.Look), t.found(), difference)
			}
		}
		lost = byHash + byThumbnail
		fmt.Printf("twins %-24s %4d, found %4d (%5.1f %%), not found by their hashes %d, by their thumbnails %d; most difference of those found %.2f\n",
			cmp.Or(how, "in all"), n, n-lost, 100*float64(n-lost)/float64(max(1, n)), byHash, byThumbnail, most)
	}
	return lost
}
