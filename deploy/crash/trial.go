package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"anpei/deploy/demo/play"
)

const (
	// laggard is how long a client stays with a claim on which nothing changes,
	// while faults go on.
	laggard = 20 * time.Second
	// onItsWay is how long, after the last fault, a claim may stand still.
	onItsWay = time.Minute
)

// trial is one run.
type trial struct {
	options
	*system
	book
	staff   map[string]play.Caller
	began   time.Time
	courses []*course
}

// try makes a system, tries it, checks it and reports. It fails when anything
// is wrong, and then leaves the folder.
func try(ctx context.Context, o options) error {
	var err error
	for _, path := range []*string{&o.folder, &o.bin} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	r := &trial{options: o, book: book{claims: map[string]*course{}}, began: time.Now()}
	if r.system, err = start(ctx, o.bin, o.folder); err != nil {
		return err
	}
	defer r.end()
	if err := r.ready(ctx); err != nil {
		return err
	}
	if err := r.people(ctx); err != nil {
		return err
	}
	o.say("up in %.0f s on %s, seed %d", time.Since(r.began).Seconds(), o.folder, o.seed)
	if err := errors.Join(r.atMoments(ctx), r.afterCommands(ctx)); err != nil {
		return err
	}
	last := time.Now()
	r.finish(ctx)
	lines, err := r.check(ctx)
	r.tell(lines, last)
	switch {
	case err != nil:
		return err
	case len(r.faults) > 0:
		return fmt.Errorf("%w; to repeat it: SEED=%d; logs and data are in %s", errFaults, r.seed, o.folder)
	}
	r.end()
	return r.reset(ctx)
}

// ready waits until the API has its servers.
func (r *trial) ready(ctx context.Context) error {
	return play.Until(ctx, "API with its servers", 2*time.Minute, func() (bool, error) {
		servers, err := r.Readiness(ctx)
		return err == nil && servers["temporal"] == "up" && servers["database"] == "up", nil
	})
}

// begin makes the next claim.
func (r *trial) begin(of kind, rng *rand.Rand) *course {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.newCourse(len(r.courses)+1, of, rng)
	r.courses = append(r.courses, c)
	return c
}

// atMoments kills parts at seeded moments while clients bring claims.
func (r *trial) atMoments(ctx context.Context) error {
	if r.kills == 0 {
		return nil
	}
	over := make(chan struct{})
	var clients sync.WaitGroup
	for i := range r.clients {
		rng := rand.New(rand.NewPCG(r.seed, uint64(i+1)))
		clients.Go(func() {
			for ctx.Err() == nil {
				select {
				case <-over:
					return
				default:
				}
				r.drive(ctx, r.begin(choose(rng), rng), laggard)
			}
		})
	}
	rng := rand.New(rand.NewPCG(r.seed, 0))
	pause(ctx, 3*time.Second) // so that claims are under way
	for n := range r.kills {
		// One of each before any comes twice, in another order each time.
		if n%len(victims) == 0 {
			rng.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		}
		victim, away := victims[n%len(victims)], between(rng, time.Second, 5*time.Second, 2)
		r.part(victim).kill(away)
		claims, commands := r.counts()
		r.say("%5.1f s  kill %3d  %-9s back after %.1f s   %d claims, %d commands acknowledged",
			time.Since(r.began).Seconds(), n+1, victim, away.Seconds(), claims, commands)
		pause(ctx, between(rng, time.Second, 5*time.Second, 1)) // some come while another is away, most do not
	}
	close(over)
	clients.Wait()
	return ctx.Err()
}

// between draws a time, the shorter ones the more often the higher the power.
func between(rng *rand.Rand, least, most time.Duration, power float64) time.Duration {
	return least + time.Duration(math.Pow(rng.Float64(), power)*float64(most-least))
}

func (r *trial) counts() (claims, commands int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.courses), len(r.commands)
}

// finish drives every claim that is not closed, all at once, until it is or has
// stood still for a minute.
func (r *trial) finish(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range r.courses {
		if c.end != running {
			continue
		}
		c.moved = time.Now()
		all.Go(func() {
			r.drive(ctx, c, onItsWay)
			r.settle(ctx, c)
		})
	}
	all.Wait()
}

// tell prints what came of the run.
func (r *trial) tell(lines []line, last time.Time) {
	ends, kinds := map[ending]int{}, map[kind]int{}
	slowest := time.Duration(0)
	for _, c := range r.courses {
		ends[c.end]++
		kinds[c.kind]++
		if c.end == closed && c.moved.After(last) {
			slowest = max(slowest, c.moved.Sub(last))
		}
	}
	r.say("")
	var of []string
	for _, m := range mix {
		of = append(of, fmt.Sprintf("%s %d", m.kind, kinds[m.kind]))
	}
	r.say("%-42s %s", "claims", strings.Join(of, " · "))
	of = nil
	for _, p := range r.parts {
		if p.kills > 0 {
			of = append(of, fmt.Sprintf("%s %d (+%d by itself)", p.name, p.kills, p.byOwn))
		}
	}
	r.say("%-42s %s", "killed", strings.Join(of, " · "))
	r.say("%-42s %d closed, %d to a person, %d parked with a task, %d stuck; the last one closed %.1f s after the clients' end",
		"came to", ends[closed], ends[toPerson], ends[parked], ends[stuck], slowest.Seconds())
	for _, c := range r.courses {
		if c.end == toPerson || c.end == parked {
			r.say("  claim %s (%s) %s at %s: %v", c.number, c.kind, c.end, c.stage, c.refused)
		}
	}
	for _, l := range lines {
		r.say("%-42s %s", l.what, l.found)
	}
	for _, f := range r.faults {
		r.say("WRONG  %s", f)
	}
	r.say("%-42s %.0f s, seed %d: %s", "took", time.Since(r.began).Seconds(), r.seed, map[bool]string{true: "all as told", false: "NOT as told"}[len(r.faults) == 0])
}
