package outbox

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"anpei/deploy/local/sandbox"
)

// Main runs an outbox until ctx is done:
//
//	outbox --listen 127.0.0.1:PORT --data DIR
func Main(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("outbox", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "loopback address to listen on")
	data := flags.String("data", "", "folder of outbox.db; made when missing")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *data == "" {
		return errors.New("outbox: --data is not set")
	}
	if err := os.MkdirAll(*data, 0o700); err != nil {
		return fmt.Errorf("make the outbox's folder: %w", err)
	}
	o, err := Open(ctx, Options{Dir: *data, Now: time.Now})
	if err != nil {
		return fmt.Errorf("open the outbox: %w", err)
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	return sandbox.Serve(ctx, "outbox", *listen, o.Handler())
}
