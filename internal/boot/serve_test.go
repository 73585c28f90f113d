package boot_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"anpei/internal/boot"
	"anpei/internal/pace"
)

// Operators read metrics where nothing else is served.
func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	t.Parallel()
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	cfg, err := boot.Read()
	require.NoError(t, err)
	cfg.MetricsListen = free.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector())
	go func() {
		ended <- cfg.ServeMetrics(ctx, promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}), slog.New(slog.DiscardHandler))
	}()
	get := func(path string) (status int, body string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+cfg.MetricsListen+path, nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, ""
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(raw)
	}
	require.Eventually(t, func() bool { status, _ := get("/livez"); return status == http.StatusNoContent }, pace.Limit(10*time.Second), 10*time.Millisecond)
	status, body := get("/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "go_goroutines")
	status, _ = get("/v1/me")
	require.Equal(t, http.StatusNotFound, status)
	stop()
	require.NoError(t, <-ended)
}
