package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/activity"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// step runs do as one step of a claim: one transaction that locks the claim's
// row, returns the stored receipt if this cause has acted before, compares the
// version that the workflow expects, and then writes rows, events, the new
// file and the receipt together. It costs two round trips beside the reads
// that do makes.
//
// do changes t.file and queues writes on t.w. It answers a person with
// t.refuse when a rule that needs the rows stops the act: then nothing is
// changed but the log of refused attempts. A step that nobody asked for has a
// name of its own in act's place.
func step[T any](ctx context.Context, a *Activities, s claim.Step[T], act claim.Act, do func(t *tx) error) (claim.Answer, error) {
	limited, stop := context.WithTimeout(ctx, stepLimit)
	defer stop()
	answer, err := a.inTime(limited, s.Claim, s.Key, func() (claim.Answer, bool, error) {
		conn, err := a.DB.Acquire(limited)
		if err != nil {
			return claim.Answer{}, false, err
		}
		// A connection that is still inside a transaction is closed by the pool,
		// which is the rollback.
		defer conn.Release()
		return runStep(limited, a, conn, s, act, do)
	})
	if err == nil {
		return answer, nil
	}
	if err = sorted(ctx, err); isFinal(err) {
		return claim.Answer{}, err
	}
	if activity.IsActivity(ctx) { // a local activity that is tried again tells nobody else
		activity.GetLogger(ctx).Error("step failed and will be tried again", "claim", s.Claim, "step", act, "error", err)
	}
	return claim.Answer{}, fmt.Errorf("%s claim %s: %w", act, s.Claim, err)
}

// stepLimit is below what the activity has, so that a step that takes too long
// is told from a worker that died.
const stepLimit = 8 * time.Second

// tooOften is how many times in a row a step may run into its limit.
const tooOften = 5

// inTime runs a step and counts how often it ran into its limit while it held
// the claim: waiting for a connection or for the row's lock is an outage.
func (a *Activities) inTime(ctx context.Context, id claim.ID, key string, run func() (answer claim.Answer, held bool, err error)) (claim.Answer, error) {
	answer, held, err := run()
	name := string(id) + "/" + key
	if !held || err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		if err == nil {
			a.late.Delete(name)
		}
		return answer, err
	}
	times, _ := a.late.LoadOrStore(name, new(atomic.Int32))
	if times.(*atomic.Int32).Add(1) < tooOften {
		return answer, err
	}
	a.late.Delete(name)
	return answer, final(claim.ErrorTooLong, claim.ErrorTooLong, fmt.Errorf("%d times longer than %s: %w", tooOften, stepLimit, err))
}

// runStep also reports whether it came to hold the claim's row.
func runStep[T any](ctx context.Context, a *Activities, conn *pgxpool.Conn, s claim.Step[T], act claim.Act, do func(t *tx) error) (answer claim.Answer, held bool, err error) {
	found, err := db.Open(ctx, conn, s.Claim, s.Key)
	if err != nil {
		return claim.Answer{}, false, err
	}
	defer func() { // whatever is not committed gives the row's lock back at once
		if conn.Conn().PgConn().TxStatus() != 'I' {
			_, undone := conn.Exec(context.WithoutCancel(ctx), "rollback")
			err = errors.Join(err, undone)
		}
	}()
	t := &tx{
		ctx: ctx, a: a, conn: conn, q: a.q, act: act,
		id: s.Claim, key: s.Key, at: s.At.UTC(), by: s.By, command: s.Command,
		file: claim.File{ID: s.Claim, Cycle: 1}, isNew: found.Row == nil, next: 1, hash: claim.Genesis(s.Claim),
	}
	if found.Row != nil {
		t.next, t.hash = found.Row.NextEvent, found.Row.LastHash
		if err := json.Unmarshal(found.Row.File, &t.file); err != nil {
			return claim.Answer{}, true, fmt.Errorf("decode file: %w", err)
		}
	}
	if found.Receipt != nil {
		answer, err = t.repeat(found.Receipt)
		return answer, true, err
	}
	switch {
	case s.Version == claim.AsItStands || t.file.Version == s.Version:
	case t.file.Version < s.Version:
		err := fmt.Errorf("the rows of claim %s are at version %d and its workflow at %d: a commit is lost", s.Claim, t.file.Version, s.Version)
		return claim.Answer{}, true, final(claim.ErrorBehind, claim.ErrorBehind, err)
	default:
		return claim.Answer{File: t.file, Stale: true}, true, nil
	}
	if t.before, err = t.file.Clone(); err != nil {
		return claim.Answer{}, true, err
	}
	against := t.file.Bars(act, s.By)
	if s.Command != nil && act.Guarded() {
		if against = t.file.Guard(act, s.By, claim.TaskOf(s.Body)); against == nil {
			if against, err = t.notTheirs(act); err != nil {
				return claim.Answer{}, true, err
			}
		}
	}
	if against != nil {
		answer, err = t.commitAttempt(*against)
		return answer, true, err
	}
	switch err := do(t); {
	case errors.Is(err, errNothing):
		return claim.Answer{File: t.before, Receipt: t.receipt}, true, nil
	case err != nil:
		return claim.Answer{}, true, err
	}
	answer, err = t.commit()
	if bad, ok := errors.AsType[*pgconn.PgError](err); ok && bad.ConstraintName == "steps_command_key" {
		return t.keyUsed(), true, nil
	}
	return answer, true, err
}

// errNothing is what do returns where the claim has no use for the step: nothing
// is written, and the receipt that do has made says why.
var errNothing = errors.New("nothing is done")

// repeat answers a step that was done before.
func (t *tx) repeat(receipt []byte) (claim.Answer, error) {
	if err := json.Unmarshal(receipt, &t.receipt); err != nil {
		return claim.Answer{}, fmt.Errorf("decode receipt: %w", err)
	}
	if t.receipt.Result == claim.Joined { // which has no row of its own
		t.file.Stage, t.file.Outcome = claim.Closed, claim.OutcomeJoined
	}
	return claim.Answer{File: t.file, Receipt: t.receipt}, nil
}

// tx is a step under way.
type tx struct {
	ctx     context.Context // of the step, which ends with it
	a       *Activities
	conn    *pgxpool.Conn
	q       *db.Queries
	w       db.Pipeline
	act     claim.Act
	id      claim.ID
	key     string
	at      time.Time
	by      claim.Actor
	command *claim.Command
	isNew   bool

	before   claim.File // as it was, for a refusal
	file     claim.File
	receipt  claim.Receipt
	next     int64 // number of the next event
	hash     []byte
	insert   *db.InsertClaimParams  // a new claim's row, as far as the report knows it
	entries  []claim.ClockEntry     // of the ledger as the step found it, once it was read
	clocks   []claim.ClockEntry     // written by this step
	known    *db.Facts              // what the rows said when the step first asked
	learned  []document.Fact        // what the step brings, not cross-checked yet
	insiders *claim.Persons         // whom the claim's policy knows, where the step has linked it or read it
	papers   map[string]claim.Paper // documents as the step leaves them, where it changes them
	joined   []db.ClaimPartiesRow   // parties that the step has added
	err      error                  // of writes that could not even be queued
}

// event appends to the claim's log. body is of the type that [claim.Events]
// has for the kind.
func (t *tx) event(kind claim.EventKind, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		t.err = errors.Join(t.err, fmt.Errorf("event %s: %w", kind, err))
		return
	}
	// PostgreSQL keeps microseconds, and the hash must be computable from the row.
	e := claim.Event{Number: t.next, Kind: kind, At: t.at.Truncate(time.Microsecond), By: t.by.ID, Role: t.by.Role, Body: raw}
	hash := e.Hash(t.hash)
	t.queue(t.q.InsertEvent(t.ctx, &t.w, db.InsertEventParams{
		ClaimID: t.id, Number: e.Number, Kind: e.Kind, At: e.At, ByID: e.By, ByRole: e.Role,
		Body: e.Body, PrevHash: t.hash, Hash: hash,
	}))
	t.next, t.hash = t.next+1, hash
}

// queue keeps the error of a write that could not even be queued.
func (t *tx) queue(err error) { t.err = errors.Join(t.err, err) }

// refuse answers that a rule stopped the act, and logs the attempt. pairs are
// the values of the code's text, by name.
func (t *tx) refuse(rule string, why claim.RefusalCode, pairs ...string) error {
	return t.refuseWith(*claim.Refuse(rule, why, pairs...))
}

// refuseInWords refuses what a check of the body has found, in its words.
func (t *tx) refuseInWords(detail string) error {
	return t.refuseWith(claim.Refusal{Rule: claim.RuleInput, Detail: detail})
}

func (t *tx) refuseWith(r claim.Refusal) error {
	t.receipt.Result, t.receipt.Refusal = claim.Refused, &r
	return nil
}

// attempt logs an act that a rule stopped.
func (t *tx) attempt(r claim.Refusal) {
	request := t.key
	if t.command != nil && t.command.Request != "" {
		request = t.command.Request
	}
	id := t.id
	t.queue(t.q.InsertRefusedAttempt(t.ctx, &t.w, db.InsertRefusedAttemptParams{
		RequestID: request, ClaimID: &id, ByID: t.by.ID, ByRole: t.by.Role, Branch: t.by.Branch,
		Act: t.act.Operation(), Rule: r.Rule, Detail: r.Detail,
	}))
}

// did notes who did what, where separation of duties will look for it. Whoever
// confirms a thousand papers has done one thing.
func (t *tx) did(duty claim.Duty) {
	if duty == claim.DutyConfirmFields && slices.ContainsFunc(t.file.Deeds, func(a claim.Deed) bool { return a.By == t.by.ID && a.Duty == duty }) {
		return
	}
	t.file.Deeds = append(t.file.Deeds, claim.Deed{By: t.by.ID, Duty: duty, Level: t.by.Level, At: t.at})
}

// uuid names a row by its cause, so that a step that runs again names it alike.
func (t *tx) uuid(of string) string {
	return uuid.NewSHA1(claimSpace, []byte(string(t.id)+"/"+t.key+"/"+of)).String()
}

// claimSpace is the namespace of ids derived inside a claim.
var claimSpace = uuid.MustParse("6f1f6a4e-6a1b-5c1e-9a54-2f6d3b7c0a11")

// commit writes the file, the receipt and all that was queued.
func (t *tx) commit() (claim.Answer, error) {
	if t.err != nil {
		return claim.Answer{}, t.err
	}
	if t.receipt.Result == claim.Refused {
		return t.commitRefusal()
	}
	if len(t.learned)+len(t.papers) > 0 { // a paper of another kind says other things
		if err := t.crossCheck(); err != nil {
			return claim.Answer{}, err
		}
	}
	if err := errors.Join(t.papersCame(), t.nextPapers()); err != nil {
		return claim.Answer{}, err
	}
	t.file.Version++
	t.file.Derive()
	if t.file.Stage == claim.Closed && t.before.Stage != claim.Closed && t.file.Number != "" {
		t.event(claim.EventClosed, claim.ClosedBody{Outcome: t.file.Outcome})
	}
	due, err := t.derive()
	if err != nil {
		return claim.Answer{}, err
	}
	file, err := json.Marshal(t.file)
	if err != nil {
		return claim.Answer{}, fmt.Errorf("encode file: %w", err)
	}
	switch {
	case t.insert != nil:
		row := *t.insert
		row.Lane, row.Stage, row.Version, row.File = t.file.Lane, t.file.Stage, t.file.Version, file
		row.NextEvent, row.LastHash, row.DueAt, row.DueClock = t.next, t.hash, due.at, string(due.clock)
		t.queue(t.q.InsertClaim(t.ctx, &t.w, row))
		t.w.Lead()
	case t.file.Number != "": // a report that joined another claim has no row of its own
		t.queue(t.q.UpdateClaim(t.ctx, &t.w, db.UpdateClaimParams{
			ID: t.id, Lane: t.file.Lane, Stage: t.file.Stage, Branch: t.file.Branch, Outcome: t.file.Outcome,
			PayableFen: t.file.Payable, PaidFen: t.file.Closure().Paid, Parked: t.file.Parked != nil,
			Version: t.file.Version, NextEvent: t.next, LastHash: t.hash, File: file, UpdatedAt: t.at, Held: t.file.HeldBy != "",
			ClocksMoved: due.moved, DueAt: due.at, DueClock: string(due.clock),
		}))
	}
	if err := t.store(); err != nil {
		return claim.Answer{}, err
	}
	return claim.Answer{File: t.file, Receipt: t.receipt}, nil
}

// keyUsed answers a command whose key its sender used, at the same moment, for
// another claim. Nothing was written.
func (t *tx) keyUsed() claim.Answer {
	return claim.Answer{File: t.before, Receipt: claim.Receipt{
		Claim: t.id, Number: t.before.Number, Version: t.before.Version, Stage: t.before.Stage, Lane: t.before.Lane, Result: claim.Refused,
		Refusal: claim.Refuse(claim.RuleInput, claim.WhyKeyUsed),
	}}
}

// commitAttempt answers an act that the guard stopped, and keeps only that it
// was tried: the same command may pass when the claim stands elsewhere.
func (t *tx) commitAttempt(r claim.Refusal) (claim.Answer, error) {
	t.attempt(r)
	if t.err != nil {
		return claim.Answer{}, t.err
	}
	if err := t.w.Commit(t.ctx, t.conn); err != nil {
		return claim.Answer{}, err
	}
	return claim.Answer{File: t.file, Receipt: claim.Receipt{
		Claim: t.id, Number: t.file.Number, Version: t.file.Version, Stage: t.file.Stage, Lane: t.file.Lane, Result: claim.Refused, Refusal: &r,
	}}, nil
}

// commitRefusal keeps the receipt and the attempt, and nothing else: what do
// queued before it found the rule is dropped.
func (t *tx) commitRefusal() (claim.Answer, error) {
	refusal := *t.receipt.Refusal
	t.w = db.Pipeline{}
	t.attempt(refusal)
	t.file = t.before
	if err := t.store(); err != nil {
		return claim.Answer{}, err
	}
	return claim.Answer{File: t.file, Receipt: t.receipt}, nil
}

func (t *tx) store() error {
	if t.receipt.Result == "" {
		t.receipt.Result = claim.Done
	}
	if t.receipt.Claim == "" { // a joined report answers with the other claim
		t.receipt.Claim, t.receipt.Number = t.id, t.file.Number
		t.receipt.Version, t.receipt.Stage, t.receipt.Lane = t.file.Version, t.file.Stage, t.file.Lane
	}
	receipt, err := json.Marshal(t.receipt)
	if err != nil {
		return fmt.Errorf("encode receipt: %w", err)
	}
	row := db.InsertStepParams{ClaimID: t.id, Key: t.key, Version: t.file.Version, Receipt: receipt}
	if t.command != nil {
		by := string(t.by.ID)
		row.Principal, row.CommandKey, row.CommandHash = &by, &t.command.Key, &t.command.Hash
	}
	t.queue(t.q.InsertStep(t.ctx, &t.w, row))
	if t.err != nil {
		return t.err
	}
	return t.w.Commit(t.ctx, t.conn)
}
