package db_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// What a query looks for in the log of events is on the list of its kinds: one
// that is misspelt finds nothing, and no other test need notice.
func TestAQueryNamesEventsThatThereAre(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("queries/*.sql")
	require.NoError(t, err)
	query := regexp.MustCompile(`(?s)-- name: (\w+) .*?;`)
	kind := regexp.MustCompile(`'([a-z]+\.[a-z_]+)'`)
	named := map[string]int{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, q := range query.FindAllSubmatch(text, -1) {
			for _, found := range kind.FindAllSubmatch(q[0], -1) {
				named[string(q[1])]++
				require.True(t, slices.Contains(claim.Events(), claim.EventKind(found[1])), "%s looks for %s, which is no kind of event", q[1], found[1])
			}
		}
	}
	require.Equal(t, map[string]int{"LaneEvents": 2, "Payout": 1, "PayoutEvents": 9}, named)
}
