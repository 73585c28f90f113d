// Demo plays four claims on a local stack as the people would who have to do
// with them, over HTTP alone, shows each step as it happens, and proves at the
// end that the books are right:
//
//	demo          plays, then stays up until it is interrupted
//	demo --exit   plays, and ends with 0 if all went well, else 1
//	demo --dev    starts the product, lets everybody in, plays nothing, stays up
//
// It starts api and worker itself, and stops them when it ends. Every run adds
// four claims; make reset forgets them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata"
)

func main() {
	var o options
	flag.StringVar(&o.env, "env", ".local/env", "the environment file of the local stack")
	flag.StringVar(&o.bin, "bin", ".bin", "where api and worker are")
	flag.BoolVar(&o.exit, "exit", false, "end after the stories, with status 0 or 1")
	flag.BoolVar(&o.dev, "dev", false, "play no story, stay up")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends at once; the children then end by themselves
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

type options struct {
	env, bin  string
	exit, dev bool
}

func run(ctx context.Context, o options) (err error) {
	d, err := open(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(d, "%s\n%s\n\n", d.paint(strong+";"+calm, "安赔 Anpei · 演示"),
		d.paint(dim, "Insurance claims, from the report of a loss to the money: played over HTTP, by everybody who has a part in them."))
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := d.start(ctx); err != nil {
		return err
	}
	if err := d.seed(ctx); err != nil {
		return err
	}
	if !o.dev {
		if err := d.play(ctx); err != nil {
			return err
		}
	}
	if o.exit {
		return nil
	}
	d.addresses()
	err = d.stay(ctx)
	fmt.Fprintln(d)
	return err
}

// stay keeps the product up until the demo is interrupted or a server ends.
// The surveyors go on telling where they are: a place is forgotten after half
// an hour.
func (d *demo) stay(ctx context.Context) error {
	look, tell := time.NewTicker(time.Second), time.NewTicker(10*time.Minute)
	defer look.Stop()
	defer tell.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			if err := d.alive(); err != nil {
				return err
			}
		case <-tell.C:
			if _, err := d.onShift(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("surveyors on shift: %w", err)
			}
		}
	}
}

// play tells the four stories and proves what is to be proved.
func (d *demo) play(ctx context.Context) error {
	var told []*story
	for _, t := range []tale{flash, standard, large, denial} {
		d.chapter(t.title, t.zh, t.en)
		s := d.story(ctx, t)
		t.tell(s)
		if ctx.Err() != nil {
			return errInterrupted
		}
		if s.err != nil {
			fmt.Fprintf(d, "\n%s\n", d.paint(bad, "✗ "+s.err.Error()))
			return fmt.Errorf("story %d was not told to its end: %w", len(told)+1, s.err)
		}
		told = append(told, s)
	}
	return errors.Join(d.prove(ctx, told), d.alive())
}

var errInterrupted = errors.New("interrupted")

// step does one thing before or after the stories, and says so in a line.
func (d *demo) step(zh, en string, do func() (string, error)) error {
	began := time.Now()
	result, err := do()
	mark, style := "✓", good
	if err != nil {
		mark, style, result = "✗", bad, "failed"
	}
	fmt.Fprintf(d, "  %s %s %s %s %s\n", d.paint(style, mark), pad(zh, 26), d.paint(dim, pad(en, 34)), pad(result, 24),
		d.paint(dim, fmt.Sprintf("%5.1f s", time.Since(began).Seconds())))
	if err != nil {
		return fmt.Errorf("%s: %w", en, err)
	}
	return nil
}
