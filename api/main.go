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
	"time"
	_ "time/tzdata" // the image has none

	"github.com/minio/minio-go/v7"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"anpei/api/access"
	"anpei/claim"
	"anpei/internal/boot"
	"anpei/schemas/db"
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
	p := &parts{db: pool, q: db.New(), temporal: temporal, store: store, cfg: cfg, log: logger}
	if p.access, err = access.New(cfg, claim.Pseudonyms{Key: key}, pool, p.q, logger, p.sendCode); err != nil {
		return err
	}
	s := newServer(p)
	handler, err := s.handler() //nolint:contextcheck // each request brings its own
	if err != nil {
		return err
	}
	defer s.wait()
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return cfg.Serve(ctx, cfg.Listen, handler, logger) })
	all.Go(func() error { return cfg.ServeMetrics(ctx, metrics, logger) })
	all.Go(func() error { return serveClaims(ctx, cfg, temporal, store) })
	all.Go(func() error { s.sweep(ctx); return nil })
	all.Go(func() error { s.tail(ctx); return nil })
	return all.Wait()
}

// serveClaims polls the claims queue in this process, where the Config says
// so: on a laptop, or for a bench. It returns when ctx is done, at once when
// it is not to serve.
func serveClaims(ctx context.Context, cfg boot.Config, temporal client.Client, store *minio.Client) error {
	if !cfg.ServeClaims {
		return nil
	}
	stop, err := cfg.Claims(ctx, temporal, store)
	if err != nil {
		return err
	}
	defer stop()
	<-ctx.Done()
	return nil
}

// sweep forgets codes, sessions and drafts that are over, now and then.
func (s *server) sweep(ctx context.Context) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		now := time.Now()
		if err := errors.Join(
			s.access.Forget(ctx, now), s.q.ForgetDrafts(ctx, s.db, now.Add(-draftKept)),
			s.sweepChunks(ctx, now), s.sweepUploads(ctx, now), s.sweepDraftPapers(ctx, now),
		); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "what is over was not swept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
