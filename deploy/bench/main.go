// Bench measures the product against yardsticks that it measures in the same
// run, and prints ratios: what the engine under the product can do, and how
// far below it we stay. It runs on a stack that is up, whose environment it
// has (make bench sees to both), and starts the api itself.
//
//	bench [--only P1,P5] [--rounds 3] [--seconds 8] [--in-flight 24] [--worker] [--keep]
//	bench --against DIR   beside the programs of an older commit, in a folder that
//	                      is named after it: rounds interleaved, five of each
//	bench bare    the yardstick of P4: echo, pgx and one row; started by bench
//
// A goal's line begins with its name and ends with the ratio. Rounds of the
// product and of its yardsticks alternate, and medians are compared. Where
// other programs took more than a tenth of a core meanwhile, the run says that
// it is invalid.
//
// What each goal measures, and what it leaves out, stands with its function.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	do := run
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		do = bare
		os.Args = slices.Delete(os.Args, 1, 2)
	}
	if err := do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // the process ends, and with it what was deferred
	}
}

// goals are what the bench measures, in order.
var goals = []struct {
	names   string // of the goals that are measured together
	measure func(context.Context, *bench) error
}{
	{"P1,P2", flashClaims},
	{"P4", status},
	{"P5", uploads},
	{"P11", growth},
}

// bench is one run.
type bench struct {
	stack    stack
	machine  *machine
	folder   string // logs of the processes that it starts
	rounds   int
	window   time.Duration // of a round
	inFlight int           // claims at once
	separate bool          // worker as a process of its own
	only     []string
	wait     time.Duration // for other programs to be quiet, in all

	against string // folder of an older commit's programs, or ""
	places  []place
	product *product
	old     *product // of the older commit, or nil
	verdict []result
}

// result is one row of the table at the end.
type result struct{ goal, wanted, got, met string }

func (b *bench) met(goal, wanted string, got string, ok bool) {
	b.verdict = append(b.verdict, result{goal, wanted, got, yesNo(ok)})
}

func yesNo(ok bool) string {
	if ok {
		return "yes"
	}
	return "NO"
}

func run(ctx context.Context) (err error) {
	b := &bench{}
	only := flag.String("only", "", "goals to measure, such as P1,P5; all when empty")
	flag.IntVar(&b.rounds, "rounds", 0, "rounds of each; 3 or more give medians; 0 means 3, and 5 with --against")
	flag.StringVar(&b.against, "against", "", "folder with api and worker of an older commit, to be measured beside these")
	seconds := flag.Float64("seconds", 8, "seconds of a round of claims; status takes half of it, uploads a quarter")
	flag.IntVar(&b.inFlight, "in-flight", 24, "claims at once")
	flag.BoolVar(&b.separate, "worker", false, "run the worker as a process of its own instead of inside the api")
	flag.DurationVar(&b.wait, "wait", time.Minute, "how long, in all, to wait for other programs to be quiet, and to measure again what they disturbed")
	keep := flag.Bool("keep", false, "keep the logs")
	flag.Parse()
	b.window = time.Duration(*seconds * float64(time.Second))
	if *only != "" {
		b.only = strings.Split(strings.ToUpper(*only), ",")
	}
	if b.stack, err = readStack(); err != nil {
		return err
	}
	b.places = []place{{stack: b.stack}}
	if b.against != "" {
		if b.against, err = filepath.Abs(b.against); err != nil {
			return err
		}
		old, err := b.stack.older(ctx, b.against)
		if err != nil {
			return err
		}
		b.places = append(b.places, old)
	}
	if b.rounds == 0 {
		b.rounds = 1 + 2*len(b.places)
	}
	if b.folder, err = os.MkdirTemp("", "anpei-bench-"); err != nil {
		return fmt.Errorf("folder for logs: %w", err)
	}
	defer func() {
		if err != nil || *keep {
			fmt.Println("logs are in", b.folder)
			return
		}
		err = os.RemoveAll(b.folder)
	}()
	b.machine = newMachine(b.stack.pids)
	began := time.Now()
	if err := b.heading(ctx); err != nil {
		return err
	}
	for _, g := range goals {
		if !b.wants(g.names) {
			continue
		}
		if err := b.measure(ctx, g.measure); err != nil {
			return fmt.Errorf("%s: %w", g.names, err)
		}
	}
	b.conclude(time.Since(began))
	return nil
}

// measure gives a goal a product that has just been started, so that none
// lives off another's memory; and beside it that of the older commit.
func (b *bench) measure(ctx context.Context, measure func(context.Context, *bench) error) error {
	fmt.Println()
	var started []*product
	var err error
	for _, at := range b.places {
		p, failed := startProduct(ctx, b, at)
		if err = failed; err != nil {
			break
		}
		started = append(started, p)
	}
	if err == nil {
		if b.product = started[0]; len(started) > 1 {
			b.old = started[1]
		}
		err = measure(ctx, b)
	}
	for _, p := range started {
		if stopped := p.stop(); err == nil {
			err = stopped
		}
	}
	return err
}

// products are those to be measured, this commit's first.
func (b *bench) products() []*product {
	if b.old == nil {
		return []*product{b.product}
	}
	return []*product{b.product, b.old}
}

func (b *bench) wants(names string) bool {
	return b.only == nil || slices.ContainsFunc(strings.Split(names, ","), func(name string) bool { return slices.Contains(b.only, name) })
}

func (b *bench) conclude(took time.Duration) {
	fmt.Printf("\n%-6s %-44s %-44s %s\n", "goal", "wanted", "got", "met")
	for _, r := range b.verdict {
		fmt.Printf("%-6s %-44s %-44s %s\n", r.goal, r.wanted, r.got, r.met)
	}
	others := b.machine.total()
	fmt.Printf("\nCPU of other programs while measuring: %.2f cores (allowed: %.1f); taken by the host of a virtual machine: %.2f. Took %.0f s.\n",
		others.foreign, foreignAllowed, others.stolen, took.Seconds())
	if names := most(others.others); others.foreign > foreignAllowed {
		fmt.Printf("INVALID: other programs took %.2f cores while it measured, more than %.1f. Most of it: %s.\n",
			others.foreign, foreignAllowed, strings.Join(names[:min(3, len(names))], ", "))
	}
}

// round is what a window of a throughput measurement saw.
type round struct {
	rate float64            // completions a second
	cpu  float64            // ms of CPU for each, of all our processes together
	of   map[string]float64 // the same by process
	took []time.Duration

	foreign float64 // cores that other programs took
}

// round measures one window of a contestant. A window that other programs
// disturbed is measured again once they are quiet, as long as the run's
// patience with them lasts.
func (b *bench) round(ctx context.Context, n int, warm, window time.Duration, one func(ctx context.Context, lane int) error) (round, error) {
	for {
		b.machine.settle(ctx, &b.wait)
		began := time.Now()
		r, err := b.loop(ctx, n, warm, window, one)
		if err != nil || r.foreign <= foreignAllowed || b.wait <= 0 {
			return r, err
		}
		b.machine.forget()
		b.wait -= time.Since(began)
	}
}

// loop keeps n of one going until the window is over, and counts those that
// are completed within it. Those before it warm up, those after it run out.
// The lane, from 0, tells which of the n it is.
func (b *bench) loop(ctx context.Context, n int, warm, window time.Duration, one func(ctx context.Context, lane int) error) (round, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begin := time.Now().Add(warm)
	end := begin.Add(window)
	type done struct {
		at   time.Time
		took time.Duration
	}
	all := make(chan []done, n)
	for lane := range n {
		go func() {
			var mine []done
			defer func() { all <- mine }()
			for ctx.Err() == nil {
				from := time.Now()
				if from.After(end) {
					return
				}
				if err := one(ctx, lane); err != nil {
					cancel(err)
					return
				}
				mine = append(mine, done{time.Now(), time.Since(from)})
			}
		}()
	}
	pause(ctx, time.Until(begin))
	before := b.machine.sample()
	pause(ctx, time.Until(end))
	used := b.machine.since(before)

	var r round
	for range n {
		for _, d := range <-all {
			if d.at.After(begin) && !d.at.After(end) {
				r.took = append(r.took, d.took)
			}
		}
	}
	if ctx.Err() != nil {
		return r, context.Cause(ctx)
	}
	if len(r.took) == 0 {
		return r, errNothing
	}
	slices.Sort(r.took)
	r.rate = float64(len(r.took)) / window.Seconds()
	r.cpu = used.own * 1000 * used.seconds / float64(len(r.took))
	r.of, r.foreign = used.ours, used.foreign
	for name := range r.of {
		r.of[name] *= 1000 / float64(len(r.took))
	}
	return r, nil
}

var errNothing = errors.New("nothing was completed within a round; it is too short, or the machine too busy")

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// rounds are those of one contestant.
type rounds []round

func (rs rounds) rate() float64 { return median(rs, func(r round) float64 { return r.rate }) }
func (rs rounds) cpu() float64  { return median(rs, func(r round) float64 { return r.cpu }) }

// quantile returns the median, over the rounds, of each round's quantile.
func (rs rounds) quantile(q float64) time.Duration {
	return median(rs, func(r round) time.Duration { return quantile(r.took, q) })
}

// shares says which processes took how much of the CPU, in ms for each.
func (rs rounds) shares() string {
	sum := map[string]float64{}
	for _, r := range rs {
		for name, ms := range r.of {
			sum[name] += ms / float64(len(rs))
		}
	}
	var parts []string
	for _, name := range most(sum) {
		if sum[name] >= rs.cpu()/100 {
			parts = append(parts, fmt.Sprintf("%s %.3g", name, sum[name]))
		}
	}
	return strings.Join(parts, ", ")
}

// print says what the rounds of one contestant were like.
func (rs rounds) print(what, more string) {
	fmt.Printf("  %-14s %.4g/s (%s)  p50 %.3g ms  p99 %.3g ms  %s\n                 %.3g ms CPU each: %s\n",
		what, rs.rate(), rs.spread(), ms(rs.quantile(0.5)), ms(rs.quantile(0.99)), more, rs.cpu(), rs.shares())
}

// spread says how far apart the rounds were.
func (rs rounds) spread() string {
	rates := make([]float64, len(rs))
	for i, r := range rs {
		rates[i] = r.rate
	}
	return fmt.Sprintf("%.4g-%.4g", slices.Min(rates), slices.Max(rates))
}

// quantile of sorted values.
func quantile[T any](sorted []T, q float64) T {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func median[T any, V cmp.Ordered](list []T, of func(T) V) V {
	values := make([]V, len(list))
	for i, v := range list {
		values[i] = of(v)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// beside returns the path of a program that was built beside this one.
func beside(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("find %s beside bench: %w; make bench builds both", name, err)
	}
	return path, nil
}
