package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// hold keeps a claim back before one of its commands, until all those of a
// round are there.
type hold struct {
	path    string // how the command's path ends
	arrived *sync.WaitGroup
	release <-chan struct{}
}

// brought is a command, by how its path ends, and the kind of claim with which
// it comes.
type brought struct {
	path string
	kind kind
}

// holdBefore waits, where this is the command that the claim is held before.
func (c *course) holdBefore(ctx context.Context, path string) {
	h := c.hold
	if h == nil || path != h.path && (h.path == "/claims" || !strings.HasSuffix(path, h.path)) {
		return
	}
	c.hold = nil
	h.arrived.Done()
	select {
	case <-h.release:
	case <-ctx.Done():
	}
}

// commands are one of each kind, with the claims that bring them: those first
// whose steps are local activities, durable in their rows before their workflow
// task is.
var commands = []brought{
	{"/documents", flash},
	{"/claims", flash},
	{"/consent", standard},
	{"/agreement", flash},
	{"/acceptance", standard},
	{"/surveys", standard},
	{"/documents", standard},
	{"/assessments", standard},
	{"/reviews", standard},
	{"/agreement", standard},
	{"/release", standard},
	{"/objection", objection},
	{"/reviews", denial},
	{"/verdict", denial},
	{"/withdrawal", withdrawn},
}

// atOnce is how many commands are sent before a kill: so few that it meets them
// under way.
const atOnce = 3

// afterCommands kills Temporal, and then PostgreSQL, 3 to 30 ms after commands
// were sent, a few at a time until each kind has been: between the commit of its
// rows and the end of its workflow task, if it meets that. Each claim then has
// to come to its end by itself.
func (r *trial) afterCommands(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(r.seed, 0))
	for n := range r.rounds {
		for some := range slices.Chunk(commands[:r.kinds], atOnce) {
			for _, victim := range []string{"temporal", "postgres"} {
				r.killAfter(ctx, rng, n+1, victim, some)
			}
		}
	}
	return ctx.Err()
}

// killAfter brings a claim for each of some commands, up to it, sends them all,
// and kills.
func (r *trial) killAfter(ctx context.Context, rng *rand.Rand, n int, victim string, some []brought) {
	var names []string
	var round []*course
	var arrived, clients sync.WaitGroup
	release := make(chan struct{})
	for _, b := range some {
		c := r.begin(b.kind, rng)
		arrived.Add(1)
		c.hold = &hold{b.path, &arrived, release}
		round, names = append(round, c), append(names, b.path[1:])
		clients.Go(func() {
			r.drive(ctx, c, onItsWay)
			if c.hold != nil { // it never came so far
				arrived.Done()
			}
		})
	}
	arrived.Wait()
	after := between(rng, 3*time.Millisecond, 30*time.Millisecond, 1)
	close(release)
	pause(ctx, after)
	r.part(victim).kill(between(rng, 0, time.Second, 1))
	killed := time.Now()
	clients.Wait()
	atEnd := 0
	for _, c := range round {
		if c.end == closed {
			atEnd++
		}
	}
	r.say("%5.1f s  %2d of %d  %-9s killed %4.1f ms after %s: %d of %d claims closed %.1f s later", time.Since(r.began).Seconds(), n, r.rounds,
		victim, float64(after.Microseconds())/1000, strings.Join(names, ", "), atEnd, len(round), time.Since(killed).Seconds())
}
