package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"anpei/activities"
	"anpei/claim"
)

var kong = claim.Actor{ID: "kong", Role: claim.Operator, Branch: "0000"}

// asked is a step of a message, as the workflow makes it.
func asked[T any](d *desk, key string, by claim.Actor, body T) claim.Step[T] {
	return claim.Step[T]{
		Claim: d.id, Key: "1/" + key, Version: d.file.Version, At: morning.Add(time.Hour), By: by, Body: body,
		Command: &claim.Command{Key: key + string(d.id), Hash: "h", Request: key + string(d.id)},
	}
}

func TestTheGuardIsAskedOnTheLockedRow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	do(d, d.Report, customer, notice(320_000))
	early := asked(d, "early", customer, claim.Consent{Offer: 1})
	answer, err := d.Consent(t.Context(), early)
	require.NoError(t, err)
	require.Equal(t, claim.Refused, answer.Receipt.Result)
	require.Equal(t, claim.RuleStage, answer.Receipt.Refusal.Rule)
	require.Equal(t, d.file, answer.File, "nothing has changed")
	require.Equal(t, 1, d.count("refused_attempts"), "and it is on record that it was tried")
	require.Equal(t, 1, d.count("steps"), "what the guard refuses may pass later under its key")
}

func TestRowsBehindTheWorkflowAreToldFromRowsAhead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	do(d, d.Report, customer, notice(320_000))
	in := asked(d, "route", machine, claim.None{})
	in.Command = nil
	in.Version++
	_, err := d.Route(t.Context(), in)
	var lost *temporal.ApplicationError
	require.ErrorAs(t, err, &lost)
	require.Equal(t, activities.Behind, lost.Type())
	in.Version -= 2
	answer, err := d.Route(t.Context(), in)
	require.NoError(t, err)
	require.True(t, answer.Stale)
}

func TestAnOperatorSkipsOnlyWhatMovesNeitherTheClaimNorItsMoney(t *testing.T) {
	t.Parallel()
	for name, skippable := range map[string]bool{"a message": true, "a step of the claim": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			do(d, d.Report, customer, notice(320_000))
			do(d, d.Park, machine, claim.Stuck{Step: "attach", Cause: "as tried", Code: "23505 a_key", Skippable: skippable})
			task := d.file.TaskOf(claim.TaskResume)
			require.NotNil(t, task)
			skip := do(d, d.Resume, kong, claim.Resume{Task: task.ID, Note: "looked at", Skip: true})
			if !skippable {
				require.Equal(t, claim.RuleCannotSkip, skip.Refusal.Rule)
				require.NotNil(t, d.file.Parked)
				skip = do(d, d.Resume, kong, claim.Resume{Task: task.ID, Note: "mended"})
			}
			require.Equal(t, claim.Done, skip.Result)
			require.Nil(t, d.file.Parked)
			require.Equal(t, &claim.Resumed{Step: "attach", Skip: skippable}, d.file.Resumed)

			second, err := d.Resume(t.Context(), asked(d, "second", kong, claim.Resume{Task: task.ID, Note: "me too"}))
			require.NoError(t, err)
			require.Equal(t, claim.RuleTask, second.Receipt.Refusal.Rule, "the second of two operators gets an answer")
			d.verifyChain()
		})
	}
}
