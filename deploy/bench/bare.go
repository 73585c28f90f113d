package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// bareRow is a row of claims as bare serves it.
type bareRow struct {
	ID         string    `json:"id"`
	Number     string    `json:"number"`
	Line       string    `json:"line"`
	Lane       string    `json:"lane"`
	Stage      string    `json:"stage"`
	Branch     string    `json:"branch"`
	Channel    string    `json:"channel"`
	PolicyNo   string    `json:"policy_no"`
	Place      string    `json:"place"`
	Cause      string    `json:"cause"`
	Story      string    `json:"story"`
	Plate      string    `json:"plate"`
	LossAt     time.Time `json:"loss_at"`
	ReportedAt time.Time `json:"reported_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	Claimed    int64     `json:"claimed_fen"`
	Payable    int64     `json:"payable_fen"`
	Paid       int64     `json:"paid_fen"`
	Version    int64     `json:"version"`
	Rest       string    `json:"rest"` // makes the answer as long as the product's
}

const bareQuery = `select id, number, line, lane, stage, branch, channel, policy_no, place, cause, story, plate,
	loss_at, reported_at, updated_at, claimed_fen, payable_fen, paid_fen, version from claims where id = $1`

// bare serves one row of claims by its key, and nothing else: nobody is asked
// who they are, nothing is validated, there is no ETag. Its database, pool,
// log line, metrics and the length of its answers are the product's.
func bare(ctx context.Context) error {
	listen := flag.String("listen", "", "address")
	size := flag.Int("size", 0, "bytes of an answer")
	flag.Parse()
	s, err := readStack()
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	exporter, err := prometheus.New()
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter)))
	config, err := pgxpool.ParseConfig(s.api)
	if err != nil {
		return fmt.Errorf("ANPEI_DB_API: %w", err)
	}
	config.MaxConns = int32(s.conns)
	config.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithDisableConnectionDetailsInAttributes())
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer pool.Close()

	var filling sync.Once
	var filler string
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc { //nolint:contextcheck // echo carries it
		return func(c echo.Context) error {
			began := time.Now()
			err := next(c)
			logger.LogAttrs(c.Request().Context(), slog.LevelInfo, "request",
				slog.String("method", c.Request().Method), slog.String("route", c.Path()), slog.Int("status", c.Response().Status),
				slog.Int64("us", time.Since(began).Microseconds()), slog.Int64("bytes", c.Response().Size), slog.String("claim", c.Param("claim")))
			return err
		}
	})
	e.GET("/claims/:claim", func(c echo.Context) error { //nolint:contextcheck // echo carries it
		row, err := readBare(c.Request().Context(), pool, c.Param("claim"))
		if err != nil {
			return err
		}
		filling.Do(func() { filler = fill(row, *size) })
		row.Rest = filler
		return c.JSON(http.StatusOK, row)
	})
	e.GET("/readyz", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.GET("/metrics", echo.WrapHandler(promhttp.Handler()))
	server := &http.Server{Handler: otelhttp.NewHandler(e, "http"), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", *listen, err)
	}
	go func() {
		<-ctx.Done()
		_ = server.Close() // whoever still asks has had their answers
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// fill returns what a row lacks of a size.
func fill(row bareRow, size int) string {
	raw, err := json.Marshal(row)
	if err != nil || len(raw) > size {
		return ""
	}
	return strings.Repeat("x", size-len(raw))
}

func readBare(ctx context.Context, pool *pgxpool.Pool, id string) (bareRow, error) {
	rows, err := pool.Query(ctx, bareQuery, id)
	if err != nil {
		return bareRow{}, err
	}
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (r bareRow, err error) {
		return r, row.Scan(&r.ID, &r.Number, &r.Line, &r.Lane, &r.Stage, &r.Branch, &r.Channel, &r.PolicyNo, &r.Place, &r.Cause, &r.Story,
			&r.Plate, &r.LossAt, &r.ReportedAt, &r.UpdatedAt, &r.Claimed, &r.Payable, &r.Paid, &r.Version)
	})
}
