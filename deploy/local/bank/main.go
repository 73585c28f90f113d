package bank

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"anpei/deploy/local/sandbox"
)

// Main runs a bank until ctx is done:
//
//	bank --listen 127.0.0.1:PORT --data DIR
//
// The token comes from ANPEI_BANK_TOKEN and must not be empty.
func Main(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("bank", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "loopback address to listen on")
	data := flags.String("data", "", "folder of bank.db; made when missing")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	token := os.Getenv("ANPEI_BANK_TOKEN")
	switch {
	case *data == "":
		return errors.New("bank: --data is not set")
	case token == "":
		return errors.New("bank: ANPEI_BANK_TOKEN is not set")
	}
	if err := os.MkdirAll(*data, 0o700); err != nil {
		return fmt.Errorf("make the bank's folder: %w", err)
	}
	b, err := Open(ctx, Options{Dir: *data, Token: token, Now: time.Now})
	if err != nil {
		return fmt.Errorf("open the bank: %w", err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return sandbox.Serve(ctx, "bank", *listen, b.Handler())
}
