// Crash kills the product and its servers at seeded moments, while claims of
// several kinds run over HTTP, and then compares what callers were told with
// what is there. It starts a stack and the product on a folder of its own.
//
//	crash [--seed 1] [--kills 20] [--clients 6] [--data .local-crash] [--bin .bin]
//	crash --kills 0 --commands 20 [--kinds 15]
//	                        Temporal, then PostgreSQL, killed 3 to 30 ms after a
//	                        command of each kind was sent, so many times each
//
// Nothing may be lost, doubled or stuck: a minute after the last fault every
// claim is closed, or a person has it on a list. The exit status says so. The
// same seed chooses the same claims, victims and pauses; what a kill meets
// depends on the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "chooses claims, victims and moments")
	flag.IntVar(&o.kills, "kills", 20, "how many processes are killed")
	flag.IntVar(&o.clients, "clients", 6, "claims at once")
	flag.IntVar(&o.rounds, "commands", 0, "then: how often Temporal, and how often PostgreSQL, is killed just after each kind of command")
	flag.IntVar(&o.kinds, "kinds", len(commands), "with --commands: of how many kinds of command")
	flag.StringVar(&o.folder, "data", ".local-crash", "folder of the stack: data and logs")
	flag.StringVar(&o.bin, "bin", ".bin", "folder of the programs")
	flag.Parse()
	o.say = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	if err := try(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1) //nolint:gocritic // the process ends, and with it what was deferred
	}
}

// options say what is tried.
type options struct {
	seed        uint64
	kills       int
	clients     int
	rounds      int
	kinds       int
	folder, bin string
	say         func(format string, args ...any)
}

var errFaults = errors.New("something was lost, doubled or stuck")
