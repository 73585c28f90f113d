// Package play drives the product from outside, as its users do: over HTTP
// alone, with the tokens and codes that they get. The demo tells its stories
// with it, and the smoke test pulls plugs under it.
package play

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"anpei/internal/pace"
)

// Stack is where everything is that a user can reach.
type Stack struct {
	API    string // base address, without /v1
	Issuer string // of the identity provider
	Bank   Bank
	Outbox Outbox
}

// NewStack finds the servers that the environment of a local stack names; the
// API's own address is not in there.
func NewStack(api string, env map[string]string) Stack {
	return Stack{
		API:    api,
		Issuer: env["ANPEI_OIDC_ISSUER"],
		Bank:   Bank{URL: env["ANPEI_BANK_URL"], Token: env["ANPEI_BANK_TOKEN"]},
		Outbox: Outbox{URL: env["ANPEI_OUTBOX_URL"]},
	}
}

// Insurer are the settings of an insurer that a program needs which a test or a
// bench starts: as good as any there.
func Insurer() map[string]string {
	return map[string]string{
		"ANPEI_INSURER_NAME": "样例财产保险有限公司", "ANPEI_INSURER_NAME_EN": "Sample Property Insurance",
		"ANPEI_INSURER_ADDRESS": "测试市样例路1号", "ANPEI_INSURER_ADDRESS_EN": "1 Sample Road, Test City",
		"ANPEI_INSURER_HOTLINE": "400-000-0000",
	}
}

// ReadEnv reads the KEY=value lines that a local stack writes.
func ReadEnv(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			env[key] = value
		}
	}
	return env, nil
}

// Until asks again and again until done reports true or fails, and for no
// longer than patience, which grows on a slow or busy machine ([pace.Limit]).
// what is waited for stands in the error.
func Until(ctx context.Context, what string, patience time.Duration, done func() (bool, error)) error {
	return until(ctx, what, patience, 50*time.Millisecond, done)
}

func until(ctx context.Context, what string, patience, pause time.Duration, done func() (bool, error)) error {
	patience = pace.Limit(patience)
	limited, stop := context.WithTimeout(ctx, patience)
	defer stop()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		ok, err := done()
		switch {
		case ok:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case limited.Err() != nil:
			return fmt.Errorf("no %s within %s", what, patience)
		case err != nil:
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		select {
		case <-limited.Done():
		case <-tick.C:
		}
	}
}
