package main

import (
	"context"

	"github.com/minio/minio-go/v7"
	"go.temporal.io/sdk/client"

	"anpei/internal/boot"
)

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
