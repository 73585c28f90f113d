package bank_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/local/bank"
)

// TestMain lets the test binary be the bank, so that it can be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("BANK_TEST_RUN_IN"); dir != "" {
		fmt.Fprintln(os.Stderr, bank.Main(context.Background(), []string{"--data", dir}))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// process starts a bank of its own in dir and returns where it listens.
func process(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "BANK_TEST_RUN_IN="+dir, "ANPEI_BANK_TOKEN="+token)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "url="); ok {
			return at, kill
		}
		t.Log(lines.Text())
	}
	require.Fail(t, "the bank did not start")
	return "", kill
}

func TestWhatWasAnsweredSurvivesKill9(t *testing.T) {
	t.Parallel()
	s := &sandbox{t: t, dir: t.TempDir(), clock: &clock{at: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}}
	url, kill := process(t, s.dir)

	answers := make(chan bank.Transfer, 10_000)
	var clients sync.WaitGroup
	for c := range 8 {
		clients.Go(func() {
			for n := 0; ; n++ {
				text, _ := json.Marshal(order(fmt.Sprintf("claim-%d-%d", c, n)))
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/transfers", strings.NewReader(string(text)))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer "+token)
				a, err := do(r)
				if err != nil || a.HTTP != http.StatusOK {
					return
				}
				answers <- into[bank.Transfer](t, a)
				if len(answers) == 100 {
					kill()
				}
			}
		})
	}
	clients.Wait()
	close(answers)

	s.start()
	t.Cleanup(s.stop)
	credits := map[string]int{}
	var after, seq uint64
	for {
		page := s.statement(fmt.Sprintf("limit=1000&after=%d", after))
		for _, e := range page.Entries {
			seq++
			require.Equal(t, seq, e.Seq)
			credits[e.Reference]++
		}
		if after = page.Next; after == 0 {
			break
		}
	}
	require.GreaterOrEqual(t, len(answers), 100)
	for told := range answers {
		require.Equal(t, told, s.query(told.Reference))
		require.Equal(t, 1, credits[told.Reference])
	}
	for reference, n := range credits {
		require.Equal(t, 1, n, reference)
		s.submit(order(reference))
	}
	require.EqualValues(t, seq, s.statement("").Totals.Credits)
}

func TestMainSaysWhyItDoesNotStart(t *testing.T) {
	t.Setenv("ANPEI_BANK_TOKEN", "")
	require.ErrorContains(t, bank.Main(t.Context(), []string{"--data", t.TempDir()}), "ANPEI_BANK_TOKEN is not set")
	t.Setenv("ANPEI_BANK_TOKEN", token)
	require.ErrorContains(t, bank.Main(t.Context(), nil), "--data is not set")
	require.ErrorContains(t, bank.Main(t.Context(), []string{"--data", t.TempDir(), "--listen", "0.0.0.0:0"}), "loopback")
	s := open(t)
	require.ErrorContains(t, bank.Main(t.Context(), []string{"--data", s.dir}), "only one process may hold")
}

func TestMainEndsWithItsContext(t *testing.T) {
	t.Setenv("ANPEI_BANK_TOKEN", token)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, bank.Main(ctx, []string{"--data", t.TempDir()}))
}
