package pace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALimitGrowsWithWhatTheMachineLacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slow, crowded float64
		processors    int
		want          float64
	}{
		"as good as it gets":             {1, 1, 4, 1},
		"better than that":               {0.3, 0.1, 64, 1},
		"half the processors":            {1, 1, 2, 2},
		"half as quick":                  {2, 1, 4, 2},
		"twice as much to do":            {1, 2, 4, 2},
		"little to do, and few to do it": {1, 1.5, 2, 2},
		"slow and busy":                  {1.5, 3, 2, 4.5},
		"at the ceiling":                 {2, 4, 2, 8},
		"above the ceiling":              {10, 10, 1, 8},
	} {
		require.InDelta(t, c.want, factor(c.slow, c.crowded, c.processors), 1e-9, name)
	}
}

func TestALimitIsNeverShorterThanWhatWasAskedForAndNeverEndless(t *testing.T) {
	t.Parallel()
	got := Limit(time.Second)
	require.GreaterOrEqual(t, got, time.Second)
	require.LessOrEqual(t, got, 8*time.Second)
	require.Positive(t, measured().slow)
	require.GreaterOrEqual(t, measured().crowded, 0.9, "who works has a processor no longer than it takes")
	t.Logf("%+v, load %.2f: a second is %s", measured(), load(), got)
}
