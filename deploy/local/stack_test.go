package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"anpei/deploy/local/codec"
)

// asLocal makes the test binary behave as local itself, so that the tests
// start real processes without building the program a second time.
const asLocal = "ANPEI_TEST_AS_LOCAL"

func TestMain(m *testing.M) {
	if os.Getenv(asLocal) != "" {
		main()
		return
	}
	_ = os.Setenv(asLocal, "1")
	for _, given := range []string{"ANPEI_STACK_PIDS", "ANPEI_POSTGRES_ADMIN", "TEMPORAL_ADDRESS", "ANPEI_S3_ENDPOINT"} {
		_ = os.Unsetenv(given)
	}
	built, err := filepath.Abs("../../.bin/minio")
	if err == nil && os.Getenv("ANPEI_MINIO") == "" {
		if _, err := os.Stat(built); err == nil {
			_ = os.Setenv("ANPEI_MINIO", built)
		}
	}
	os.Exit(m.Run())
}

func TestTheStackKeepsItsDataAndLeavesNoProcess(t *testing.T) {
	data := filepath.Join(t.TempDir(), "stack")
	t.Cleanup(func() {
		local(context.WithoutCancel(t.Context()), t, "reset", "--data", data)
		require.NoDirExists(t, data)
	})

	first := start(t, data)
	usePostgres(t, first, "first")
	useTemporal(t, first, "first")
	useStore(t, first, "first")
	usePages(t, first)
	out := local(t.Context(), t, "up", "--data", data)
	require.Contains(t, out, "already up")
	local(t.Context(), t, "down", "--data", data)
	requireGone(t, data, first)

	second := start(t, data)
	for key, value := range first {
		if key != "ANPEI_STACK_PIDS" {
			require.Equal(t, value, second[key], key)
		}
	}
	usePostgres(t, second, "first", "second")
	useTemporal(t, second, "first", "second")
	useStore(t, second, "first", "second")

	require.NoError(t, syscall.Kill(processes(t, second)["outbox"], syscall.SIGKILL))
	local(t.Context(), t, "down", "--data", data)
	requireGone(t, data, second)
	text, err := os.ReadFile(filepath.Join(data, "log", "local.log"))
	require.NoError(t, err)
	require.Contains(t, string(text), "outbox ended by itself, signal: killed")

	third := start(t, data)
	require.NoError(t, syscall.Kill(processes(t, third)["local"], syscall.SIGKILL))
	fourth := start(t, data)
	requireEnded(t, third)
	usePostgres(t, fourth, "first", "second", "fourth")
}

func TestATakenPortIsSaidWithItsOwner(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port

	err = checkFree(ports{"bank": port, "outbox": freePort()})
	require.ErrorContains(t, err, fmt.Sprintf("bank needs port %d", port))
	require.ErrorContains(t, err, fmt.Sprintf("(pid %d)", os.Getpid()))
	require.ErrorContains(t, err, "--ports auto")
	require.NotContains(t, err.Error(), "outbox")
}

func TestAFolderThatIsNotOursIsLeftAlone(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := filepath.Join(data, "thesis.tex")
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	require.ErrorContains(t, reset(t.Context(), data), "not a data folder")
	require.ErrorContains(t, up(t.Context(), data, true, "", false), "not a data folder")
	require.FileExists(t, file)
}

func TestPortsAreKeptWhileTheyAreFree(t *testing.T) {
	t.Parallel()
	f, err := openFolder(t.TempDir())
	require.NoError(t, err)
	first, err := f.ports(true)
	require.NoError(t, err)
	require.Len(t, first, len(defaultPorts))

	l, err := net.Listen("tcp", address(first["bank"]))
	require.NoError(t, err)
	defer l.Close()
	second, err := f.ports(true)
	require.NoError(t, err)
	require.NotEqual(t, first["bank"], second["bank"])
	second["bank"] = first["bank"]
	require.Equal(t, first, second)
}

// local runs a command of the program, which must succeed, and returns what it
// printed.
func local(ctx context.Context, t *testing.T, args ...string) string {
	t.Helper()
	text, err := exec.CommandContext(ctx, os.Args[0], args...).CombinedOutput()
	require.NoError(t, err, "local %s\n%s", strings.Join(args, " "), text)
	t.Logf("local %s\n%s", strings.Join(args, " "), text)
	return string(text)
}

// start brings the stack up and returns its environment.
func start(t *testing.T, data string) map[string]string {
	t.Helper()
	local(t.Context(), t, "up", "--data", data, "--ports", "auto", "--detach")
	text, err := os.ReadFile(filepath.Join(data, "env"))
	require.NoError(t, err)
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		require.NotEmpty(t, value, line)
		env[key] = value
	}
	require.Len(t, processes(t, env), 6)
	return env
}

// processes returns the pids of the stack by their names.
func processes(t *testing.T, env map[string]string) map[string]int {
	t.Helper()
	pids := map[string]int{}
	for process := range strings.SplitSeq(env["ANPEI_STACK_PIDS"], ",") {
		name, text, _ := strings.Cut(process, ":")
		pid, err := strconv.Atoi(text)
		require.NoError(t, err)
		pids[name] = pid
	}
	return pids
}

// requireEnded checks that no process of the stack runs: one that has ended
// but was not reaped yet has no program any more.
func requireEnded(t *testing.T, env map[string]string) {
	t.Helper()
	for name, pid := range processes(t, env) {
		_, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		require.ErrorIs(t, err, fs.ErrNotExist, name)
	}
}

// requireGone checks that no process of the stack is left, neither one that it
// named nor any that inherited its lock.
func requireGone(t *testing.T, data string, env map[string]string) {
	t.Helper()
	requireEnded(t, env)
	require.NoFileExists(t, filepath.Join(data, "env"))
	lock, err := folder{data}.tryLock()
	require.NoError(t, err)
	require.NoError(t, lock.Close())
}

// usePostgres signs in as each role, writes the last word and reads them all.
func usePostgres(t *testing.T, env map[string]string, words ...string) {
	t.Helper()
	ctx := t.Context()
	for _, key := range []string{"ANPEI_DB_ADMIN", "ANPEI_DB_API", "ANPEI_DB_WORKER", "ANPEI_DB_OWNER"} {
		conn, err := pgx.Connect(ctx, env[key])
		require.NoError(t, err, key)
		defer conn.Close(ctx)
		for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes", "data_checksums"} {
			var got string
			require.NoError(t, conn.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&got))
			require.Equal(t, "on", got, setting)
		}
		if key != "ANPEI_DB_OWNER" {
			continue
		}
		_, err = conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS words (word text)")
		require.NoError(t, err)
		_, err = conn.Exec(ctx, "INSERT INTO words VALUES ($1)", words[len(words)-1])
		require.NoError(t, err)
		rows, err := conn.Query(ctx, "SELECT word FROM words")
		require.NoError(t, err)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Equal(t, words, got)
	}
}

// collect ends when ten updates are in flight at once.
func collect(ctx workflow.Context) (string, error) {
	heard := 0
	err := workflow.SetUpdateHandler(ctx, "hear", func(ctx workflow.Context, word string) (string, error) {
		heard++
		return word, workflow.Await(ctx, func() bool { return heard == 10 })
	})
	if err != nil {
		return "", err
	}
	return "heard", workflow.Await(ctx, func() bool { return heard == 10 && workflow.AllHandlersFinished(ctx) })
}

// useTemporal runs a workflow with the last id, with encrypted payloads, search
// attributes and ten updates, the first of which starts it; then all of the
// ids' workflows are found.
func useTemporal(t *testing.T, env map[string]string, ids ...string) {
	t.Helper()
	ctx, id := t.Context(), ids[len(ids)-1]
	key, err := base64.StdEncoding.DecodeString(env["ANPEI_CODEC_KEY"])
	require.NoError(t, err)
	payloads, err := codec.New(key)
	require.NoError(t, err)
	c, err := client.Dial(client.Options{
		HostPort:      env["TEMPORAL_ADDRESS"],
		Namespace:     env["TEMPORAL_NAMESPACE"],
		DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), payloads),
		Logger:        log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	defer c.Close()
	w := worker.New(c, "test", worker.Options{})
	w.RegisterWorkflow(collect)
	require.NoError(t, w.Start())
	defer w.Stop()

	hear := func(i int) client.UpdateWorkflowOptions {
		return client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: "hear", Args: []any{strconv.Itoa(i)},
			WaitForStage: client.WorkflowUpdateStageAccepted,
		}
	}
	update, err := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: id, TaskQueue: "test", WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
			TypedSearchAttributes: temporal.NewSearchAttributes(
				temporal.NewSearchAttributeKeyKeyword("Stage").ValueSet("reported"),
				temporal.NewSearchAttributeKeyKeyword("Branch").ValueSet("north")),
		}, collect),
		UpdateOptions: hear(0),
	})
	require.NoError(t, err)
	updates := []client.WorkflowUpdateHandle{update}
	for i := 1; i < 10; i++ {
		update, err := c.UpdateWorkflow(ctx, hear(i))
		require.NoError(t, err)
		updates = append(updates, update)
	}
	for i, update := range updates {
		var word string
		require.NoError(t, update.Get(ctx, &word))
		require.Equal(t, strconv.Itoa(i), word)
	}
	for _, id := range ids {
		var result string
		require.NoError(t, c.GetWorkflow(ctx, id, "").Get(ctx, &result))
		require.Equal(t, "heard", result)
	}
	require.NoError(t, poll(ctx, func(ctx context.Context) error { // visibility is written later
		found, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: `Stage = "reported" AND Branch = "north" AND ExecutionStatus = "Completed"`,
		})
		if err == nil && found.GetCount() != int64(len(ids)) {
			err = fmt.Errorf("%d workflows found", found.GetCount())
		}
		return err
	}))
}

// useStore puts an object with the last name and reads them all.
func useStore(t *testing.T, env map[string]string, names ...string) {
	t.Helper()
	ctx := t.Context()
	store, err := minio.New(env["ANPEI_S3_ENDPOINT"], &minio.Options{
		Creds: credentials.NewStaticV4(env["ANPEI_S3_ACCESS_KEY"], env["ANPEI_S3_SECRET_KEY"], ""),
	})
	require.NoError(t, err)
	evidence, staging := env["ANPEI_S3_BUCKET"], env["ANPEI_S3_STAGING"]
	lock, mode, _, _, err := store.GetObjectLockConfig(ctx, evidence)
	require.NoError(t, err)
	require.Equal(t, "Enabled", lock)
	require.Nil(t, mode, "no default retention")
	versioning, err := store.GetBucketVersioning(ctx, evidence)
	require.NoError(t, err)
	require.True(t, versioning.Enabled())
	for _, unlocked := range []string{staging, env["ANPEI_S3_PREVIEWS"]} {
		there, err := store.BucketExists(ctx, unlocked)
		require.NoError(t, err)
		require.True(t, there, unlocked)
		_, _, _, _, err = store.GetObjectLockConfig(ctx, unlocked)
		require.Error(t, err, unlocked)
	}

	name := names[len(names)-1]
	_, err = store.PutObject(ctx, evidence, name, strings.NewReader(name), int64(len(name)),
		minio.PutObjectOptions{DisableContentSha256: true, DisableMultipart: true})
	require.NoError(t, err)
	for _, name := range names {
		object, err := store.GetObject(ctx, evidence, name, minio.GetObjectOptions{})
		require.NoError(t, err)
		text, err := io.ReadAll(object)
		require.NoError(t, err)
		require.Equal(t, name, string(text))
	}
}

// usePages checks that Temporal's pages know the codec endpoint, and that the
// endpoint answers them and no others.
func usePages(t *testing.T, env map[string]string) {
	t.Helper()
	ui := env["ANPEI_TEMPORAL_UI"]
	for path, want := range map[string]string{
		"/namespaces/anpei/workflows": "<html",
		"/api/v1/settings":            env["ANPEI_CODEC_URL"],
		"/api/v1/namespaces":          `"anpei"`,
	} {
		status, body := request(t, http.MethodGet, ui+path, "")
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, want)
	}
	decode := env["ANPEI_CODEC_URL"] + "/decode"
	status, body := request(t, http.MethodPost, decode, ui)
	require.Equal(t, http.StatusOK, status, body)
	status, _ = request(t, http.MethodPost, decode, "https://elsewhere.example")
	require.Equal(t, http.StatusForbidden, status)
}

// request sends an empty list of payloads as a page of the origin would.
func request(t *testing.T, method, url, origin string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(`{"payloads":[]}`))
	require.NoError(t, err)
	req.Header.Set("Origin", origin)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}
