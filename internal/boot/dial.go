package boot

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/pressly/goose/v3"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"anpei/claim"
	"anpei/internal/codec"
	"anpei/schemas"
	"anpei/schemas/db"
)

// Logger returns the process's logger: JSON lines on standard error.
func (c Config) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
}

// Postgres opens a pool and waits until the server answers. setting names the
// variable that url came from, for the error.
func (c Config) Postgres(ctx context.Context, setting string, url Secret, how ...func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	if url == "" {
		return nil, fmt.Errorf("%s is not set: it names the database, as postgres://user:password@host:port/anpei", setting)
	}
	pc, err := pgxpool.ParseConfig(string(url))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	pc.MaxConns = c.DBConns
	if c.TracesTo != "" {
		pc.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithDisableConnectionDetailsInAttributes())
	}
	for _, set := range how {
		set(pc)
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", setting, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach the database of %s: %w", setting, err)
	}
	return pool, nil
}

// plannedOnce has each statement planned once a connection, and not for each
// set of values: those of steps ask by key, so that no value makes another plan
// a better one, and to plan the cross-checks took 13 times as long as to run
// them. Lists with filters, which the api reads, are planned by their values.
func plannedOnce(pc *pgxpool.Config) {
	pc.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
}

// Temporal dials the server with the product's payload codec, logger, traces
// and metrics.
func (c Config) Temporal(ctx context.Context, logger *slog.Logger) (client.Client, error) {
	opts, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read TEMPORAL_*: %w", err)
	}
	sealed, err := c.Codec()
	if err != nil {
		return nil, err
	}
	opts.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), sealed)
	// What went wrong with whom may stand in a failure's message: sealed too.
	opts.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: opts.DataConverter, EncodeCommonAttributes: true,
	})
	// Sealed payloads, which the codec has compressed, do not shrink again.
	opts.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	opts.Logger = log.NewStructuredLogger(logger)
	if c.TracesTo != "" {
		tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{})
		if err != nil {
			return nil, fmt.Errorf("trace temporal: %w", err)
		}
		opts.Interceptors = []interceptor.ClientInterceptor{tracing}
	}
	opts.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		OnError: func(err error) { logger.WarnContext(ctx, "temporal metric", "error", err) },
	})
	c2, err := client.DialContext(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("reach temporal at %s: %w", opts.HostPort, err)
	}
	return c2, nil
}

// Codec returns the codec that seals what passes through Temporal.
func (c Config) Codec() (converter.PayloadCodec, error) {
	key, err := keyOf("ANPEI_CODEC_KEY", c.CodecKey)
	if err != nil {
		return nil, err
	}
	return codec.New(key)
}

// Pseudonyms returns the key of claimants' names.
func (c Config) Pseudonyms() ([]byte, error) { return keyOf("ANPEI_PSEUDONYM_KEY", c.PseudonymKey) }

// keyOf decodes a key of 32 bytes.
func keyOf(setting string, secret Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(string(secret))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s: want 32 bytes in base64, as `head -c 32 /dev/urandom | base64` prints", setting)
	}
	return key, nil
}

// Store dials the object store.
func (c Config) Store() (*minio.Client, error) {
	if c.S3Endpoint == "" {
		return nil, errors.New("ANPEI_S3_ENDPOINT is not set: it names the object store, as host:port")
	}
	store, err := minio.New(c.S3Endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(string(c.S3AccessKey), string(c.S3SecretKey), ""),
		Secure: c.S3TLS,
	})
	if err != nil {
		return nil, fmt.Errorf("open the object store at %s: %w", c.S3Endpoint, err)
	}
	return store, nil
}

// Migrate brings the database of the owner's url to the newest schema and adds
// rule tables that it does not have yet.
func Migrate(ctx context.Context, url Secret) error {
	pc, err := pgxpool.ParseConfig(string(url))
	if err != nil {
		return fmt.Errorf("ANPEI_DB_OWNER: %w", err)
	}
	sqldb := stdlib.OpenDB(*pc.ConnConfig)
	defer func() { _ = sqldb.Close() }()
	p, err := goose.NewProvider(goose.DialectPostgres, sqldb, db.Migrations())
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, t := range schemas.Tables() {
		if _, err := sqldb.ExecContext(ctx,
			`insert into rule_tables (kind, version, effective_from, body) values ($1, $2, $3, $4) on conflict do nothing`,
			t.Kind, t.Version, t.EffectiveFrom, string(t.Body)); err != nil {
			return fmt.Errorf("add rule table %s %s: %w", t.Kind, t.Version, err)
		}
	}
	return nil
}

// Migrate brings the database to this release's schema, and claimants of before
// to their new names. Where nobody is let in yet, it makes FirstAdmin an
// administrator.
func (c Config) Migrate(ctx context.Context) error {
	if err := Migrate(ctx, c.DBOwner); err != nil {
		return err
	}
	pool, err := c.Postgres(ctx, "ANPEI_DB_OWNER", c.DBOwner)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := c.renameClaimants(ctx, pool); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if c.FirstAdmin == "" {
		return nil
	}
	_, err = pool.Exec(ctx, `insert into staff (id, name, role, branch) select $1, $1, 'admin', $2 where not exists (select from staff)`, c.FirstAdmin, claim.HeadOffice)
	if err != nil {
		return fmt.Errorf("let the first administrator in: %w", err)
	}
	return nil
}
