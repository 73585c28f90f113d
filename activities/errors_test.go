package activities

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"anpei/claim"
)

func TestErrorsOfTheDatabaseAreSortedByWhoseFaultTheyAre(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]trouble{
		"08006": outage, "08P01": outage, "25006": outage, "40001": outage, "40P01": outage, "53100": outage, "53300": outage,
		"55P03": outage, "57014": outage, "57P01": outage, "58030": outage,
		"28P01": system, "3D000": system, "42501": system, "42P01": system, "XX000": system, "XX001": system,
		"25001": system, "55000": system, "0A000": system, // not listed: ours to look at, and no claim's fault
		"21000": message, "22001": message, "22P02": message, "23505": message, "23514": message, "54000": message, "P0001": message,
	} {
		require.Equal(t, want, troubleOf(state), state)
		err := sorted(t.Context(), fmt.Errorf("as wrapped: %w", &pgconn.PgError{Code: state, ConstraintName: "a_key"}))
		var final *temporal.ApplicationError
		if want != message {
			require.NotErrorAs(t, err, &final, "%s is tried again", state)
			continue
		}
		require.ErrorAs(t, err, &final)
		require.Equal(t, claim.ErrorBroken, final.Type())
		var code string
		require.NoError(t, final.Details(&code))
		require.Equal(t, state+" a_key", code)
	}
}

func TestAStepThatRunsIntoItsLimitFiveTimesIsFinal(t *testing.T) {
	t.Parallel()
	var a Activities
	over, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	late := func(held bool) error {
		_, err := a.inTime(over, "c1", "k", func() (claim.Answer, bool, error) { return claim.Answer{}, held, over.Err() })
		return err
	}
	for range 9 {
		require.False(t, isFinal(late(false)), "waiting for the row is an outage")
	}
	for range 4 {
		require.False(t, isFinal(late(true)))
	}
	_, err := a.inTime(t.Context(), "c1", "k", func() (claim.Answer, bool, error) { return claim.Answer{}, true, nil })
	require.NoError(t, err)
	for range 4 {
		require.False(t, isFinal(late(true)), "a step that was in time starts the count anew")
	}
	require.True(t, isFinal(late(true)))
}
