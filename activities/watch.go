package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"anpei/claim"
)

// Load returns a claim's file as its row has it, for a run whose rows are
// ahead. It only reads. Without a row the file is the zero value.
func (a *Activities) Load(ctx context.Context, id claim.ID) (claim.File, error) {
	raw, err := a.q.LoadFile(ctx, a.DB, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return claim.File{}, nil
	case err != nil:
		return claim.File{}, fmt.Errorf("read claim %s: %w", id, err)
	}
	var f claim.File
	if err := json.Unmarshal(raw, &f); err != nil {
		return claim.File{}, fmt.Errorf("decode the file of claim %s: %w", id, err)
	}
	return f, nil
}

// Watching is how the watch asks a claim's workflow what it knows, and tells
// it to read its rows.
type Watching struct {
	Query    string `json:"query"`    // answers with the version that the run knows
	Signal   string `json:"signal"`   // has it read its rows
	Workflow string `json:"workflow"` // type, to be started where there is none, with the file
}

const (
	watchPause    = 10 * time.Second // between looks
	watchPatience = 5 * time.Second  // with one workflow
)

// Watch looks for open claims whose workflow is behind their rows, and wakes
// them. A step's commit outlives a crash of Temporal or PostgreSQL that takes
// the workflow's knowledge of it; where the sender does not ask again, this
// finds it within half a minute. A claim with no workflow gets one, which goes
// on from its file. It begins with all open claims and goes on with those that
// have had a step since; it heartbeats until when it has looked. Idempotent: it
// asks, and signals where it has to.
func (a *Activities) Watch(ctx context.Context, w Watching) (int, error) {
	woken := 0
	var since time.Time
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &since); err != nil {
			since = time.Time{}
		}
	}
	for activity.GetWorkerStopChannel(ctx) != nil {
		until, err := a.q.WatchClock(ctx, a.DB)
		if err != nil {
			return woken, fmt.Errorf("read the time: %w", err)
		}
		n, err := a.watchSince(ctx, w, since, until)
		if err != nil {
			return woken, err
		}
		woken, since = woken+n, until
		activity.RecordHeartbeat(ctx, since) // also where nothing happens
		select {
		case <-ctx.Done():
			return woken, ctx.Err()
		case <-activity.GetWorkerStopChannel(ctx):
			return woken, nil
		case <-time.After(watchPause):
		}
	}
	return woken, nil
}

func (a *Activities) watchSince(ctx context.Context, w Watching, since, until time.Time) (int, error) {
	if !since.IsZero() {
		rows, err := a.q.SteppedClaims(ctx, a.DB, since, until)
		if err != nil {
			return 0, fmt.Errorf("look for claims with steps: %w", err)
		}
		woken := 0
		for _, r := range rows {
			woken += a.wake(ctx, w, since, r.ID, r.Version, r.File)
		}
		return woken, nil
	}
	woken := 0
	for after := claim.ID("00000000-0000-0000-0000-000000000000"); ; {
		rows, err := a.q.OpenClaims(ctx, a.DB, string(after))
		if err != nil {
			return woken, fmt.Errorf("list open claims: %w", err)
		}
		for _, r := range rows {
			woken += a.wake(ctx, w, since, r.ID, r.Version, r.File)
			after = r.ID
		}
		if len(rows) == 0 {
			return woken, nil
		}
	}
}

// wake has one claim's workflow read its rows where it knows less than they
// say, or does not answer. It returns how many it woke.
func (a *Activities) wake(ctx context.Context, w Watching, since time.Time, id claim.ID, version int64, file []byte) int {
	log := activity.GetLogger(ctx)
	ask, stop := context.WithTimeout(ctx, watchPatience)
	defer stop()
	temporal := activity.GetClient(ctx)
	activity.RecordHeartbeat(ctx, since)
	if ctx.Err() != nil { // another attempt has taken over
		return 0
	}
	var knows int64
	answer, err := temporal.QueryWorkflow(ask, id.Workflow(), "", w.Query)
	if err == nil {
		err = answer.Get(&knows)
	}
	if err == nil && knows >= version {
		return 0
	}
	err = temporal.SignalWorkflow(ctx, id.Workflow(), "", w.Signal, nil)
	if gone := (*serviceerror.NotFound)(nil); errors.As(err, &gone) { // there is none, or it has ended
		var f claim.File
		if err = json.Unmarshal(file, &f); err == nil {
			_, err = temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id.Workflow(), TaskQueue: activity.GetInfo(ctx).TaskQueue}, w.Workflow, f)
		}
	}
	if err != nil {
		log.Error("claim behind its rows and not woken", "claim", id, "error", err)
		return 0
	}
	log.Warn("claim behind its rows woken", "claim", id, "knows", knows, "version", version)
	count(ctx, "anpei_claims_woken")
	return 1
}
