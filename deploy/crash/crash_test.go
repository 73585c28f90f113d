package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Twenty processes are killed at seeded moments while claims of all kinds run,
// and then Temporal and PostgreSQL once each just after an attach, a report and a
// consent: nothing is lost, doubled or stuck.
func TestNothingIsLostDoubledOrStuckWhenProcessesAreKilled(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "anpei-crash-") //nolint:usetesting // try removes it, and leaves it where something is wrong
	require.NoError(t, err)
	require.NoError(t, try(t.Context(), options{seed: 1, kills: 20, clients: 4, rounds: 1, kinds: atOnce, folder: folder, bin: "../../.bin", say: t.Logf}))
}
