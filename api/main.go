// Command api answers HTTP: it takes reports, commands and uploads in, and
// reads rows out. It writes no claim; claims write themselves, in workflows.
//
//	api           serves
//	api migrate   brings the database to this release's schema, and exits
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // the image has none

	"golang.org/x/sync/errgroup"

	"anpei/claim"
	"anpei/internal/boot"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1) //nolint:gocritic // the process ends, and with it what was deferred
	}
}

func run(ctx context.Context, args []string) error {
	cfg, err := boot.Read()
	if err != nil {
		return err
	}
	debug.SetGCPercent(cfg.GarbagePercent)
	logger := cfg.Logger()
	slog.SetDefault(logger)
	logger.InfoContext(ctx, "configuration", "config", cfg)
	switch {
	case len(args) == 0:
		return serve(ctx, cfg, logger)
	case len(args) == 1 && args[0] == "migrate":
		return cfg.Migrate(ctx)
	default:
		return errors.New("usage: api, or api migrate")
	}
}

func serve(ctx context.Context, cfg boot.Config, logger *slog.Logger) error {
	metrics, flush, err := cfg.Telemetry(ctx, "api")
	if err != nil {
		return err
	}
	defer flush()
	pool, err := cfg.Postgres(ctx, "ANPEI_DB_API", cfg.DBAPI)
	if err != nil {
		return err
	}
	defer pool.Close()
	store, err := cfg.Store()
	if err != nil {
		return err
	}
	temporal, err := cfg.Temporal(ctx, logger)
	if err != nil {
		return err
	}
	defer temporal.Close()
	key, err := cfg.Pseudonyms()
	if err != nil {
		return err
	}
	if _, err := cfg.Insurer(); err != nil {
		return err
	}
	rules, err := loadPolicies()
	if err != nil {
		return err
	}
	q := db.New()
	s := &server{
		db: pool, q: q, temporal: temporal, store: store, cfg: cfg, log: logger,
		access: newAccess(cfg, claim.Pseudonyms{Key: key}, pool, q), policies: rules, claims: newCache[claimKey, []byte](4096), figures: newCache[figuresKey, rest.Figures](256), previews: newCache[string, *rest.Preview](4096), caughtUp: newCache[string, struct{}](16384),
	}
	handler, err := s.handler() //nolint:contextcheck // each request brings its own
	if err != nil {
		return err
	}
	defer s.behind.Wait()
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return cfg.Serve(ctx, cfg.Listen, handler, logger) })
	all.Go(func() error { return cfg.ServeMetrics(ctx, metrics, logger) })
	all.Go(func() error { return serveClaims(ctx, cfg, temporal, store) })
	all.Go(func() error { s.sweep(ctx); return nil })
	all.Go(func() error { s.tail(ctx); return nil })
	return all.Wait()
}
