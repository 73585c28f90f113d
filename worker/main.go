// Worker serves the task queues: "claims", whose activities write the claims'
// rows and talk to bank and gateway, and "claims-ocr", whose activities read
// papers with engines in C and enter what pictures look like. Name the queues to
// serve; none means both.
//
//	worker [claims] [claims-ocr]
//
// The reader of a page runs as a process of its own: this program again, under
// limits, called "worker page-reader".
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/worker"

	"anpei/activities"
	"anpei/activities/ocr"
	"anpei/internal/boot"
	"anpei/workflows"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "page-reader" {
		exit(ocr.Main(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	exit(run(ctx, os.Args[1:]))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, queues []string) error {
	cfg, err := boot.Read()
	if err != nil {
		return err
	}
	debug.SetGCPercent(cfg.GarbagePercent)
	logger := cfg.Logger()
	slog.SetDefault(logger) // for the page reader, which logs through it
	logger.InfoContext(ctx, "configuration", "config", cfg)
	metrics, flush, err := cfg.Telemetry(ctx, "worker")
	if err != nil {
		return err
	}
	defer flush()
	temporal, err := cfg.Temporal(ctx, logger)
	if err != nil {
		return err
	}
	defer temporal.Close()
	store, err := cfg.Store()
	if err != nil {
		return err
	}

	served := 0
	if serves(queues, workflows.ClaimsQueue) {
		worker.SetStickyWorkflowCacheSize(cfg.StickyCache)
		stop, err := cfg.Claims(ctx, temporal, store)
		if err != nil {
			return err
		}
		defer stop()
		served++
	}
	if serves(queues, workflows.OCRQueue) {
		scratch, free, err := ocr.Scratch(ctx, os.TempDir())
		if err != nil {
			return err
		}
		defer free()
		reader := ocr.Reader{Models: cfg.OCRModels, Scratch: scratch}
		done, err := reader.Prepare(ctx)
		if err != nil {
			return fmt.Errorf("ready the page reader: %w", err)
		}
		defer done()
		logger.InfoContext(ctx, "page reader", "engine", reader.Engine())
		db, err := cfg.Postgres(ctx, "ANPEI_DB_WORKER", cfg.DBWorker, func(pc *pgxpool.Config) { pc.MaxConns = int32(cfg.PageReaders) }) //nolint:gosec // a few
		if err != nil {
			return err
		}
		defer db.Close()
		w := worker.New(temporal, workflows.OCRQueue, worker.Options{
			MaxConcurrentActivityExecutionSize: cfg.PageReaders,
			MaxHeartbeatThrottleInterval:       time.Second, // what a reading has come to is known when its worker is killed
			WorkerStopTimeout:                  10 * time.Second,
		})
		w.RegisterActivity(&activities.OCR{DB: db, Store: store, Bucket: cfg.Bucket, Staging: cfg.Staging, Previews: cfg.Previews, Scratch: scratch, Reader: reader})
		if err := w.Start(); err != nil {
			return fmt.Errorf("start the worker of queue %s: %w", workflows.OCRQueue, err)
		}
		defer w.Stop()
		served++
	}
	if served == 0 {
		return fmt.Errorf("no such queue: %q; there are %s and %s", queues, workflows.ClaimsQueue, workflows.OCRQueue)
	}
	logger.InfoContext(ctx, "serving", "queue", queues)

	return cfg.ServeMetrics(ctx, metrics, logger)
}

func serves(queues []string, queue string) bool {
	return len(queues) == 0 || slices.Contains(queues, queue)
}
