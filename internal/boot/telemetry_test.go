package boot_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"

	"anpei/internal/boot"
)

// Spans that are under way when a process ends are not lost, and without a
// collector there are none.
func TestTracesGoToTheCollectorThatIsNamed(t *testing.T) {
	sent := make(chan string, 4)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent <- r.URL.Path + " " + string(body)
		w.WriteHeader(http.StatusOK)
	}))
	defer collector.Close()

	span := func(to string) {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", to)
		cfg, err := boot.Read()
		require.NoError(t, err)
		_, flush, err := cfg.Telemetry(t.Context(), "test")
		require.NoError(t, err)
		_, span := otel.Tracer("test").Start(t.Context(), "settle a claim")
		span.End()
		flush()
	}
	span("")
	require.Empty(t, sent)
	span(collector.URL)
	require.Len(t, sent, 1)
	got := <-sent
	require.Contains(t, got, "/v1/traces")
	require.Contains(t, got, "anpei-test")
	require.Contains(t, got, "settle a claim")
}
