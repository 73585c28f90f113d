package outbox_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/local/outbox"
)

// TestMain lets the test binary be the outbox, so that it can be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("OUTBOX_TEST_RUN_IN"); dir != "" {
		fmt.Fprintln(os.Stderr, outbox.Main(context.Background(), []string{"--data", dir}))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestWhatWasAnsweredSurvivesKill9(t *testing.T) {
	t.Parallel()
	s := &sandbox{t: t, dir: t.TempDir()}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "OUTBOX_TEST_RUN_IN="+s.dir)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var url string
	for lines := bufio.NewScanner(stderr); url == "" && lines.Scan(); {
		_, url, _ = strings.Cut(lines.Text(), "url=")
	}
	text, err := json.Marshal(sms("n-1", "13900000001"))
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/messages", bytes.NewReader(text))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer got.Body.Close()
	require.Equal(t, http.StatusAccepted, got.StatusCode)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())

	s.start()
	t.Cleanup(s.stop)
	require.Equal(t, "n-1", s.list("").ids())
	var first outbox.Receipt
	require.NoError(t, json.NewDecoder(got.Body).Decode(&first))
	require.WithinDuration(t, time.Now(), first.DeliveredAt, time.Minute)
	require.Equal(t, first, s.post(sms("n-1", "13900000001")))
}

func TestMainSaysWhyItDoesNotStart(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, outbox.Main(t.Context(), nil), "--data is not set")
	require.ErrorContains(t, outbox.Main(t.Context(), []string{"--data", t.TempDir(), "--listen", "192.0.2.1:80"}), "loopback")
	s := open(t)
	require.ErrorContains(t, outbox.Main(t.Context(), []string{"--data", s.dir}), "only one process may hold")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, outbox.Main(ctx, []string{"--data", t.TempDir()}))
}
