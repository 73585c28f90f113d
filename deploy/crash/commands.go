package main

import (
	"context"
	"math/rand/v2"
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

// commands are one of each kind, with the claims that bring them.
var commands = []struct {
	path string
	kind kind
}{
	{"/claims", flash},
	{"/documents", flash},
	{"/agreement", flash},
	{"/acceptance", standard},
	{"/surveys", standard},
	{"/documents", standard},
	{"/assessments", standard},
	{"/consent", standard},
	{"/reviews", standard},
	{"/agreement", standard},
	{"/release", standard},
	{"/objection", objection},
	{"/reviews", denial},
	{"/verdict", denial},
	{"/withdrawal", withdrawn},
}

// afterCommands kills Temporal, and then PostgreSQL, just after one command of
// each kind was sent: between the commit of its rows and the end of its
// workflow task, if it meets that. Each claim then has to come to its end.
func (r *trial) afterCommands(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(r.seed, 0))
	for _, victim := range []string{"temporal", "postgres"} {
		for n := range r.rounds {
			var round []*course
			var arrived, clients sync.WaitGroup
			release := make(chan struct{})
			for _, command := range commands {
				c := r.begin(command.kind, rng)
				arrived.Add(1)
				c.hold = &hold{command.path, &arrived, release}
				round = append(round, c)
				clients.Go(func() {
					r.drive(ctx, c, onItsWay)
					if c.hold != nil { // it never came so far
						arrived.Done()
					}
				})
			}
			arrived.Wait()
			after := time.Duration(3_000+rng.IntN(27_000)) * time.Microsecond
			close(release)
			pause(ctx, after)
			r.part(victim).kill(time.Duration(rng.IntN(1_000)) * time.Millisecond)
			killed := time.Now()
			clients.Wait()
			closedOnes := 0
			for _, c := range round {
				if c.end == closed {
					closedOnes++
				}
			}
			r.say("%5.1f s  %-9s killed %4.1f ms after %d commands, %2d of %d times: %d claims closed %.1f s later",
				time.Since(r.began).Seconds(), victim, float64(after.Microseconds())/1000, len(round), n+1, r.rounds, closedOnes, time.Since(killed).Seconds())
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}
