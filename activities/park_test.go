package activities_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

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
	require.Equal(t, claim.RuleStage, ruleOf(answer.Receipt))
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
	require.Equal(t, claim.ErrorBehind, lost.Type())
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
				require.Equal(t, claim.RuleCannotSkip, ruleOf(skip))
				require.NotNil(t, d.file.Parked)
				skip = do(d, d.Resume, kong, claim.Resume{Task: task.ID, Note: "mended"})
			}
			require.Equal(t, claim.Done, skip.Result)
			require.Nil(t, d.file.Parked)
			require.Equal(t, &claim.Resumed{Step: "attach", Skip: skippable}, d.file.Resumed)

			second, err := d.Resume(t.Context(), asked(d, "second", kong, claim.Resume{Task: task.ID, Note: "me too"}))
			require.NoError(t, err)
			require.Equal(t, claim.RuleTask, ruleOf(second.Receipt), "the second of two operators gets an answer")
			d.verifyChain()
		})
	}
}

// tally counts what is counted under one name.
type tally struct {
	client.MetricsHandler
	name string
	n    atomic.Int64
}

func (c *tally) WithTags(map[string]string) client.MetricsHandler { return c }

func (c *tally) Counter(name string) client.MetricsCounter {
	if name == c.name {
		return c
	}
	return c.MetricsHandler.Counter(name)
}

func (c *tally) Inc(n int64) { c.n.Add(n) }

// A step that does not commit has parked nothing, and one that comes again has
// parked it before.
func TestAClaimIsCountedAsParkedOnceAndWhenThatIsCommitted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	do(d, d.Report, customer, notice(320_000))
	parked := &tally{MetricsHandler: client.MetricsNopHandler, name: "anpei_claims_parked"}
	var suite testsuite.WorkflowTestSuite
	suite.SetMetricsHandler(parked)
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(d.Activities)
	in := claim.Step[claim.Stuck]{
		Claim: d.id, Key: "1/park", Version: d.file.Version, At: morning.Add(time.Hour), By: machine, Body: claim.Stuck{Step: "route", Cause: "as tried"},
	}
	for _, sql := range []string{
		`create function no_event() returns trigger language plpgsql as $$ begin raise exception 'no event' using errcode = '53100'; end $$`,
		`create trigger no_event before insert on events for each row execute function no_event()`,
	} {
		_, err := d.db.Owner.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	_, err := env.ExecuteActivity(d.Park, in)
	require.ErrorContains(t, err, "no event")
	require.Zero(t, parked.n.Load(), "nothing was committed")
	_, err = d.db.Owner.Exec(t.Context(), `drop trigger no_event on events`)
	require.NoError(t, err)
	for range 2 {
		_, err = env.ExecuteActivity(d.Park, in)
		require.NoError(t, err)
		require.EqualValues(t, 1, parked.n.Load())
	}
}
