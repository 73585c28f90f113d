// Local starts everything that Anpei needs around it, on this machine alone:
//
//	postgres   PostgreSQL 15: databases anpei, temporal, temporal_visibility
//	temporal   the Temporal server, inside this process, stored in postgres
//	ui         Temporal's web pages
//	codec      the endpoint through which those pages read encrypted payloads
//	minio      the object store: a locked bucket for evidence, one for uploads
//	bank       three sandboxes, each a process with data of its own: money out,
//	identity   staff sign-in,
//	outbox     mails and messages
//
// Usage:
//
//	local up [--data DIR] [--ports default|auto] [--env-file FILE] [--detach]
//	local down [--data DIR]      stop it
//	local status [--data DIR]    say what runs, and where
//	local reset [--data DIR]     stop it and remove the data folder
//	local part [--data DIR] NAME run postgres, minio, temporal, bank or outbox
//	                             alone on the folder, to be ended by itself
//	local bank|identity|outbox   run one sandbox by itself
//
// Up prints a line for each part as it becomes ready. When all are, it writes
// their addresses and secrets as KEY=value lines to DIR/env, which a shell
// reads with
//
//	set -a; . .local/env; set +a
//
// and stays in the foreground until it is interrupted or a part dies; --detach
// leaves it running behind. Everything listens on 127.0.0.1 only. The data
// folder (.local unless said otherwise) holds data, secrets and logs, and
// outlives restarts. --ports auto picks free ports and keeps to them, so that
// a test can run a stack of its own beside another.
//
// A server that already runs is used instead of an own one when the
// environment names it: ANPEI_POSTGRES_ADMIN (a superuser's URL),
// TEMPORAL_ADDRESS (if it answers), ANPEI_S3_ENDPOINT (with
// ANPEI_S3_ACCESS_KEY and ANPEI_S3_SECRET_KEY). ANPEI_MINIO names the minio
// program; without it the one on the PATH is taken, or the one beside local.
// With ANPEI_RUN_EVENTS our Temporal has a run go on in a new one after so many
// events instead of some thousands.
//
// Local is a module of its own, so that the product does not carry the
// dependencies of a Temporal server. It relies on Linux: flock, /proc, and
// signals on a parent's death.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"anpei/deploy/local/bank"
	"anpei/deploy/local/identity"
	"anpei/deploy/local/outbox"
)

const usage = `local starts and stops Anpei's servers on this machine.

  local up [--data DIR] [--ports default|auto] [--env-file FILE] [--detach]
  local down [--data DIR]      stop it
  local status [--data DIR]    say what runs, and where
  local reset [--data DIR]     stop it and remove the data folder
  local part [--data DIR] NAME run one server of a stopped stack alone
  local bank|identity|outbox   run one sandbox by itself

DIR is .local unless said otherwise.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends at once; the parts then stop by themselves
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"help"}
	}
	command, args := args[0], args[1:]
	switch command {
	case "bank":
		return bank.Main(ctx, args)
	case "identity":
		return identity.Main(ctx, args)
	case "outbox":
		return outbox.Main(ctx, args)
	}

	flags := flag.NewFlagSet("local "+command, flag.ExitOnError)
	data := flags.String("data", ".local", "folder for data, secrets and logs")
	do := func() error { return fmt.Errorf("no command %q\n\n%s", command, usage) }
	switch command {
	case "up":
		portsFlag := flags.String("ports", "default", "default, or auto for free ones")
		envFile := flags.String("env-file", "", "where to write the environment (default DIR/env)")
		detached := flags.Bool("detach", false, "return when all is ready and leave it running")
		do = func() error {
			if *portsFlag != "default" && *portsFlag != "auto" {
				return fmt.Errorf("--ports is default or auto, not %q", *portsFlag)
			}
			return up(ctx, *data, *portsFlag == "auto", *envFile, *detached)
		}
	case "down":
		do = func() error { return down(ctx, *data) }
	case "status":
		do = func() error { return status(*data) }
	case "reset":
		do = func() error { return reset(ctx, *data) }
	case "part":
		do = func() error {
			if flags.NArg() != 1 {
				return errors.New("part takes one name")
			}
			return part(ctx, *data, flags.Arg(0))
		}
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	}
	_ = flags.Parse(args) // exits on an error
	if flags.NArg() > 0 && command != "part" {
		return fmt.Errorf("%s takes no %q", command, flags.Arg(0))
	}
	return do()
}
