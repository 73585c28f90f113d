package boot

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"anpei/activities"
	"anpei/internal/gateway"
	"anpei/workflows"
)

// Claims starts a worker of queue "claims", with the writer's credentials, the
// courier and the watch. stop ends it once its tasks are done.
func (c Config) Claims(ctx context.Context, temporal client.Client, store *minio.Client) (stop func(), err error) {
	names, err := c.Pseudonyms()
	if err != nil {
		return nil, err
	}
	insurer, err := c.Insurer()
	if err != nil {
		return nil, err
	}
	db, err := c.Postgres(ctx, "ANPEI_DB_WORKER", c.DBWorker, plannedOnce)
	if err != nil {
		return nil, err
	}
	acts := &activities.Activities{
		DB: db, Store: store, Bucket: c.Bucket, FontFile: c.FontFile, PseudonymKey: names,
		Insurer: insurer, Pages: c.Pages(),
		Bank:    activities.HTTPBank{URL: c.BankURL, Token: string(c.BankToken), Client: &http.Client{}},
		Gateway: gateway.Gateway{URL: c.OutboxURL, Client: &http.Client{Timeout: 10 * time.Second}},
	}
	w := worker.New(temporal, workflows.ClaimsQueue, worker.Options{
		MaxConcurrentWorkflowTaskPollers: c.Pollers,
		MaxConcurrentActivityTaskPollers: c.Pollers,
		WorkerStopTimeout:                10 * time.Second,
	})
	workflows.Register(w)
	w.RegisterActivity(acts)
	if err := w.Start(); err != nil {
		db.Close()
		return nil, fmt.Errorf("start the worker of queue %s: %w", workflows.ClaimsQueue, err)
	}
	stop = func() {
		w.Stop()
		db.Close()
	}
	for id, workflow := range map[string]any{workflows.CourierID: workflows.Courier, workflows.WatchID: workflows.Watch} {
		if _, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: workflows.ClaimsQueue}, workflow); err != nil {
			stop()
			return nil, fmt.Errorf("start the %s: %w", id, err)
		}
	}
	return stop, nil
}
