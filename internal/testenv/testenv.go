// Package testenv gives a test the real parts: a migrated PostgreSQL database
// and a Temporal namespace of its own, on the servers that the environment
// names (make test starts them).
package testenv

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	"anpei/internal/boot"
	"anpei/internal/pace"
	"anpei/schemas"
	"anpei/schemas/db"
)

const startIt = "start the servers and their environment with: make test, or .bin/local up --detach and then set -a; . .local/env"

func setting(tb testing.TB, name string) string {
	tb.Helper()
	v := os.Getenv(name)
	require.NotEmpty(tb, v, "%s is not set: %s", name, startIt)
	return v
}

// Database is a migrated database that nobody else uses.
type Database struct {
	Owner, API, Worker *pgxpool.Pool

	OwnerURL, APIURL, WorkerURL boot.Secret
}

// DB returns a database of its own for this test, dropped when it ends.
func DB(tb testing.TB) Database {
	tb.Helper()
	ctx := tb.Context()
	admin := setting(tb, "ANPEI_DB_ADMIN")
	template := ensureTemplate(tb, admin)
	name := "test_" + random()
	conn := connect(tb, admin)
	_, err := conn.Exec(ctx, fmt.Sprintf("create database %s template %s owner anpei_owner", name, template))
	require.NoError(tb, err)
	require.NoError(tb, conn.Close(ctx))
	tb.Cleanup(func() {
		//nolint:usetesting // the test's own context has ended by now
		ctx, stop := context.WithTimeout(context.Background(), pace.Limit(30*time.Second))
		defer stop()
		conn, err := pgx.Connect(ctx, admin)
		if err != nil {
			return
		}
		_, _ = conn.Exec(ctx, "drop database if exists "+name+" with (force)")
		_ = conn.Close(ctx)
	})
	d := Database{
		OwnerURL:  on(tb, setting(tb, "ANPEI_DB_OWNER"), name),
		APIURL:    on(tb, setting(tb, "ANPEI_DB_API"), name),
		WorkerURL: on(tb, setting(tb, "ANPEI_DB_WORKER"), name),
	}
	cfg := boot.Config{DBConns: 8}
	for pool, u := range map[**pgxpool.Pool]boot.Secret{&d.Owner: d.OwnerURL, &d.API: d.APIURL, &d.Worker: d.WorkerURL} {
		*pool, err = cfg.Postgres(ctx, "test database", u)
		require.NoError(tb, err)
		tb.Cleanup((*pool).Close)
	}
	return d
}

// Store returns the object store and its locked bucket. Keys begin with a
// claim's id, so tests do not meet.
func Store(tb testing.TB) (*minio.Client, string) {
	tb.Helper()
	setting(tb, "ANPEI_S3_ENDPOINT")
	cfg, err := boot.Read()
	require.NoError(tb, err)
	store, err := cfg.Store()
	require.NoError(tb, err)
	return store, cfg.Bucket
}

// ensureTemplate migrates a database once for all tests of this schema.
func ensureTemplate(tb testing.TB, admin string) string {
	tb.Helper()
	ctx := tb.Context()
	name := "template_" + schemaHash(tb)
	conn := connect(tb, admin)
	defer func() { _ = conn.Close(ctx) }()
	_, err := conn.Exec(ctx, "select pg_advisory_lock(4711)")
	require.NoError(tb, err)
	defer func() { _, _ = conn.Exec(ctx, "select pg_advisory_unlock(4711)") }()
	var there bool
	require.NoError(tb, conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&there))
	if there {
		return name
	}
	_, err = conn.Exec(ctx, "drop database if exists "+name+"_new") // what a migration that failed has left
	require.NoError(tb, err)
	_, err = conn.Exec(ctx, "create database "+name+"_new owner anpei_owner")
	require.NoError(tb, err)
	require.NoError(tb, boot.Migrate(ctx, on(tb, setting(tb, "ANPEI_DB_OWNER"), name+"_new")))
	_, err = conn.Exec(ctx, fmt.Sprintf("alter database %s_new rename to %s", name, name))
	require.NoError(tb, err)
	return name
}

func schemaHash(tb testing.TB) string {
	tb.Helper()
	h := sha256.New()
	require.NoError(tb, fs.WalkDir(db.Migrations(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(db.Migrations(), p)
		h.Write(raw)
		return err
	}))
	for _, t := range schemas.Tables() {
		h.Write(t.Body)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

func connect(tb testing.TB, u string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), u)
	require.NoError(tb, err, startIt)
	return conn
}

func on(tb testing.TB, raw, database string) boot.Secret {
	tb.Helper()
	u, err := url.Parse(raw)
	require.NoError(tb, err)
	u.Path = path.Join("/", database)
	return boot.Secret(u.String())
}

func random() string { return strings.ToLower(rand.Text())[:10] }

// Namespace registers a Temporal namespace of its own for a test, or for those
// of a package, and returns when workflows can use the product's search
// attributes in it: each of Temporal's services learns of them at its own time.
func Namespace(ctx context.Context) (string, error) {
	name := "test-" + random()
	c, err := client.NewLazyClient(client.Options{
		HostPort: os.Getenv("TEMPORAL_ADDRESS"), Namespace: name, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return "", err
	}
	defer c.Close()
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		return "", fmt.Errorf("register a namespace: %w; %s", err, startIt)
	}
	known := &operatorservice.AddSearchAttributesRequest{Namespace: name, SearchAttributes: map[string]enums.IndexedValueType{
		stage.GetName(): stage.GetValueType(), branch.GetName(): branch.GetValueType(),
	}}
	for deadline := time.Now().Add(pace.Limit(30 * time.Second)); ; {
		_, err := c.OperatorService().AddSearchAttributes(ctx, known)
		if err == nil {
			err = used(ctx, c)
		}
		if err == nil {
			return name, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("namespace %s and its search attributes: %w", name, err)
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // the server gives no event to wait for
	}
}

var (
	stage  = temporal.NewSearchAttributeKeyKeyword("Stage")
	branch = temporal.NewSearchAttributeKeyKeyword("Branch")
)

// used runs a workflow that starts with the search attributes and changes them,
// and returns once the server has taken both.
func used(ctx context.Context, c client.Client) error {
	const queue = "search attributes"
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		return workflow.UpsertTypedSearchAttributes(ctx, stage.ValueSet("b"), branch.ValueSet("b"))
	}, workflow.RegisterOptions{Name: queue})
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: queue, TaskQueue: queue, TypedSearchAttributes: temporal.NewSearchAttributes(stage.ValueSet("a"), branch.ValueSet("a")),
	}, queue)
	if err != nil {
		return err
	}
	return run.Get(ctx, nil)
}
