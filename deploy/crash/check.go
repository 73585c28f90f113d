package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// outcome compares how a claim ended with what its kind is to come to.
func (r *trial) outcome(c *course, now rest.Claim) {
	want := rest.Outcome("paid")
	switch c.kind {
	case denial:
		want = "denied"
	case withdrawn:
		want = "withdrawn"
	case flash, claimant, standard, objection, again:
	}
	if now.Outcome != want {
		r.wrong("claim %s (%s) ended as %s", c.number, c.kind, now.Outcome)
	}
	if want == "paid" {
		c.paid = now.Amounts.PaidFen
	}
}

// settle says of a claim that is not closed how it stands: a person has
// something to do, or it is stuck. What a partner brings is complete, so that a
// person is asked only if a crash has changed what was brought.
func (r *trial) settle(ctx context.Context, c *course) {
	if c.end != running {
		return
	}
	c.end = stuck
	if c.number == "" {
		r.wrong("the report of policy %s was never acknowledged: %v", c.policy, c.refused)
		return
	}
	now, err := play.Get[rest.Claim](ctx, r.staff["audit-xu"], "/claims/"+c.number)
	open := slices.IndexFunc(now.Tasks, func(t rest.Task) bool { return t.State == "open" && t.Role != "" })
	switch {
	case err != nil:
		c.refused = err
	case now.Stage == "closed":
		c.end = closed
		r.outcome(c, now)
	case open < 0:
	case now.Parked:
		c.end = parked
		c.refused = fmt.Errorf("task %s: %s", now.Tasks[open].Kind, cmp.Or(now.Tasks[open].NoteEn, now.Tasks[open].Note))
	case aPersons(c.refused):
		c.end = toPerson        // who has it on a list
		if c.kind != claimant { // whose papers a machine may find wanting
			r.wrong("claim %s (%s) went to a person at %s: %v", c.number, c.kind, now.Stage, c.refused)
		}
	}
	if c.end == stuck {
		r.wrong("claim %s (%s) is STUCK at %s, version %d, for %s; what its stage asks for is answered: %v",
			c.number, c.kind, now.Stage, now.Version, time.Since(c.moved).Round(time.Second), c.refused)
	}
}

// line is one of the report's: what was compared, and what was found.
type line struct{ what, found string }

// check compares what callers were told with the rows, the bank, the gateway
// and the object store.
func (r *trial) check(ctx context.Context) (lines []line, err error) {
	db, err := pgx.Connect(ctx, r.env["ANPEI_DB_OWNER"])
	if err != nil {
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	defer func() { _ = db.Close(ctx) }()
	for _, do := range []struct {
		what  string
		check func(context.Context, *pgx.Conn) (string, error)
	}{
		{"reports acknowledged / claims", r.checkReports},
		{"commands acknowledged / steps, documents", r.checkCommands},
		{"bank = payments = claims", r.checkMoney},
		{"notices = messages", r.checkNotices},
		{"chains and objects", r.checkChains},
		{"old keys answered as before", func(ctx context.Context, _ *pgx.Conn) (string, error) { return fmt.Sprint(r.replay(ctx)), nil }},
	} {
		found, err := do.check(ctx, db)
		if err != nil {
			return lines, fmt.Errorf("%s: %w", do.what, err)
		}
		lines = append(lines, line{do.what, found})
	}
	return lines, nil
}

// texts reads one column of text.
func texts(ctx context.Context, db *pgx.Conn, sql string) ([]string, error) {
	rows, err := db.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (r *trial) checkReports(ctx context.Context, db *pgx.Conn) (string, error) {
	numbers, err := texts(ctx, db, `select number from claims`)
	if err != nil {
		return "", err
	}
	lost, extra := 0, 0
	for number := range r.claims {
		if !slices.Contains(numbers, number) {
			lost++
			r.wrong("claim %s was acknowledged and is LOST", number)
		}
	}
	for _, number := range numbers {
		if r.claims[number] == nil {
			extra++
		}
	}
	twice, err := texts(ctx, db, `select policy_no from claims group by policy_no having count(*) > 1`)
	for _, policy := range twice {
		r.wrong("the loss of policy %s is there TWICE", policy)
	}
	inDoubt := 0
	for _, c := range r.courses {
		if _, waits := c.pending["/claims"]; waits {
			inDoubt++
		}
	}
	if extra > inDoubt {
		r.wrong("%d claims were never acknowledged, and %d reports had no answer", extra, inDoubt)
	}
	return fmt.Sprintf("%d / %d, %d lost, %d doubled", len(r.claims), len(numbers), lost, len(twice)), err
}

func (r *trial) checkCommands(ctx context.Context, db *pgx.Conn) (string, error) {
	keys, err := texts(ctx, db, `select command_key from steps where command_key is not null`)
	if err != nil {
		return "", err
	}
	there := map[string]bool{}
	for _, key := range keys {
		there[key] = true
	}
	lost := 0
	for _, a := range r.commands {
		if !there[a.key] {
			lost++
			r.wrong("%s was acknowledged and its step is LOST", a.path)
		}
	}
	documents, err := texts(ctx, db, `select id::text from documents`)
	if err != nil {
		return "", err
	}
	there = map[string]bool{}
	for _, id := range documents {
		there[id] = true
	}
	gone := 0
	for _, id := range r.documents {
		if !there[id] {
			gone++
			r.wrong("document %s was acknowledged and is LOST", id)
		}
	}
	return fmt.Sprintf("%d / %d lost, %d / %d lost", len(r.commands), lost, len(r.documents), gone), nil
}

func (r *trial) checkMoney(ctx context.Context, db *pgx.Conn) (string, error) {
	entries, err := r.Bank.Statement(ctx, r.began)
	if err != nil {
		return "", err
	}
	booked := map[string][]play.Entry{}
	for _, e := range entries {
		booked[e.Reference] = append(booked[e.Reference], e)
	}
	rows, err := db.Query(ctx, `select c.number, p.amount_fen, s.reference from payments p
		join claims c on c.id = p.claim_id join payment_states s on s.payment_id = p.id and s.state = 'cleared'`)
	if err != nil {
		return "", err
	}
	type payment struct {
		Number    string
		Amount    int64
		Reference string
	}
	payments, err := pgx.CollectRows(rows, pgx.RowToStructByPos[payment])
	if err != nil {
		return "", err
	}
	var bank, ledger, claims rest.Fen
	paid := map[string]rest.Fen{}
	for _, p := range payments {
		at := booked[p.Reference]
		delete(booked, p.Reference)
		if len(at) != 1 || at[0].Kind != "credit" || int64(at[0].Amount) != p.Amount {
			r.wrong("claim %s was paid %d fen under %s, and the bank booked %+v", p.Number, p.Amount, p.Reference, at)
		}
		if _, twice := paid[p.Number]; twice {
			r.wrong("claim %s was PAID TWICE", p.Number)
		}
		paid[p.Number] += rest.Fen(p.Amount)
		ledger += rest.Fen(p.Amount)
		for _, e := range at {
			bank += e.Amount
		}
	}
	for reference, at := range booked {
		r.wrong("the bank booked %+v under %s, which the ledger does not have as cleared", at, reference)
	}
	for number, c := range r.claims {
		if c.end == closed && paid[number] != c.paid {
			r.wrong("claim %s says that %s was paid, and its payments are %s", number, c.paid, paid[number])
		}
		claims += c.paid
	}
	return fmt.Sprintf("%s = %s = %s in %d payments", bank, ledger, claims, len(payments)), nil
}

func (r *trial) checkNotices(ctx context.Context, db *pgx.Conn) (string, error) {
	waiting := 0
	err := play.Until(ctx, "end of the courier's queue", time.Minute, func() (bool, error) {
		err := db.QueryRow(ctx, `select count(*) from courier_queue`).Scan(&waiting)
		return waiting == 0, err
	})
	if err != nil {
		r.wrong("%d notices are not sent: %v", waiting, err)
	}
	notices, err := texts(ctx, db, `select id::text from notices`)
	if err != nil {
		return "", err
	}
	messages, err := r.Outbox.All(ctx)
	if err != nil {
		return "", err
	}
	sent := map[string]int{}
	for _, m := range messages {
		sent[m.ID]++
	}
	once := 0
	for _, id := range notices {
		if sent[id] == 1 {
			once++
		} else {
			r.wrong("notice %s was sent %d times", id, sent[id])
		}
	}
	return fmt.Sprintf("%d = %d", len(notices), once), nil
}

func (r *trial) checkChains(ctx context.Context, _ *pgx.Conn) (string, error) {
	var events int64
	objects := 0
	for number := range r.claims {
		v, err := play.Get[rest.Verification](ctx, r.staff["audit-xu"], "/claims/"+number+"/verification")
		if err != nil {
			return "", err
		}
		if !v.Ok || !v.ChainOk {
			r.wrong("claim %s: its chain is broken, or an object has changed: %+v", number, v)
		}
		events += v.Events
		objects += len(v.Objects)
	}
	return fmt.Sprintf("%d events, %d objects", events, objects), nil
}
