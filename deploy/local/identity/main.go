package identity

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"anpei/deploy/local/sandbox"
)

// Main runs a provider until ctx is done:
//
//	identity --listen 127.0.0.1:PORT --data DIR [--issuer URL]
//
// The issuer is http:// and the address to listen on unless it is given. The
// secret of the machine clients comes from ANPEI_IDENTITY_PARTNER_SECRET.
// Refuses to start when ANPEI_ENV is production.
func Main(ctx context.Context, args []string) (err error) {
	if env := strings.TrimSpace(os.Getenv("ANPEI_ENV")); strings.EqualFold(env, "production") || strings.EqualFold(env, "prod") {
		return fmt.Errorf("identity: ANPEI_ENV is %s: this provider lets anybody be anybody and never runs in production", env)
	}
	flags := flag.NewFlagSet("identity", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8090", "loopback address to listen on")
	data := flags.String("data", "", "folder of identity.db and personas.json; made when missing")
	issuer := flags.String("issuer", "", "address under which clients reach it")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	switch {
	case *data == "":
		return errors.New("identity: --data is not set")
	case *issuer == "" && strings.HasSuffix(*listen, ":0"):
		return errors.New("identity: set --issuer, or a port to --listen on")
	case *issuer == "":
		*issuer = "http://" + *listen
	}
	if err := os.MkdirAll(*data, 0o700); err != nil {
		return fmt.Errorf("make the identity provider's folder: %w", err)
	}
	p, err := Open(Options{Dir: *data, Issuer: *issuer, Secret: os.Getenv("ANPEI_IDENTITY_PARTNER_SECRET"), Now: time.Now})
	if err != nil {
		return fmt.Errorf("open the identity provider: %w", err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return sandbox.Serve(ctx, "identity", *listen, p.Handler())
}
