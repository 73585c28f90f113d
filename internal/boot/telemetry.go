package boot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Telemetry installs OpenTelemetry's global meter with a Prometheus exporter,
// and returns the handler of /metrics. Where TracesTo is set it installs a
// tracer too, which sends its spans there as OTLP over HTTP; flush sends those
// that are left, for five seconds at most. Of the statements that spans name no
// values are told.
func (c Config) Telemetry(ctx context.Context, service string) (metrics http.Handler, flush func(), err error) {
	exporter, err := prometheus.New()
	if err != nil {
		return nil, nil, fmt.Errorf("metrics: %w", err)
	}
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter)))
	flush = func() {}
	if c.TracesTo != "" {
		sender, err := otlptracehttp.New(ctx) // which reads OTEL_EXPORTER_OTLP_*
		if err != nil {
			return nil, nil, fmt.Errorf("traces to %s: %w", c.TracesTo, err)
		}
		who := resource.NewSchemaless(attribute.String("service.name", "anpei-"+service))
		tracer := trace.NewTracerProvider(trace.WithBatcher(sender), trace.WithResource(who))
		otel.SetTracerProvider(tracer)
		otel.SetTextMapPropagator(propagation.TraceContext{})
		flush = func() {
			ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer stop()
			if err := tracer.Shutdown(ctx); err != nil {
				otel.Handle(fmt.Errorf("send the last traces: %w", err))
			}
		}
	}
	return promhttp.Handler(), flush, nil
}

// ServeMetrics serves /metrics, and /livez for whoever started the process, at
// MetricsListen until ctx is done. Where that is empty it only waits.
func (c Config) ServeMetrics(ctx context.Context, metrics http.Handler, logger *slog.Logger) error {
	if c.MetricsListen == "" {
		<-ctx.Done()
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return c.Serve(ctx, c.MetricsListen, mux, logger)
}
