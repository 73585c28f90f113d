package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/internal/testenv"
	"anpei/schemas/rest"
)

// A demo that begins on any day insures what happens in its stories, and every
// loss of a story is one of its own.
func TestTheDemosPoliciesCoverItsLossesOnAnyDay(t *testing.T) {
	t.Parallel()
	days := testenv.Days()
	days["today"] = time.Now()
	days["the first of a month"] = days[testenv.MonthsEnd].AddDate(0, 0, 1)
	days["the first minute of a year"] = days[testenv.NewYearsEve].Add(6 * time.Minute)
	for name, now := range days {
		from := starts(now)
		require.Equal(t, 1, from.In(china).Day(), name)
		require.False(t, now.AddDate(0, 0, -7).Before(from), "%s: losses of the last week are covered", name)
		require.True(t, now.AddDate(0, 0, 30).Before(from.AddDate(1, 0, 0)), "%s: and the policy goes on", name)

		var before []rest.ClaimSummary
		for range 40 { // runs of the demo on the same data
			at := aloneBefore(now, before)
			require.False(t, at.After(now.Add(-25*time.Minute)), name)
			require.False(t, at.Before(from), name)
			for _, c := range before {
				require.GreaterOrEqual(t, at.Sub(c.LossAt).Abs(), apart, name)
			}
			before = append(before, rest.ClaimSummary{LossAt: at})
		}
	}
}
