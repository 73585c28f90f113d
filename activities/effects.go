package activities

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"anpei/claim"
	"anpei/schemas/db"
)

// What several steps do alike: tasks, clocks, notices.

// open opens a task, offered to whoever has the role, the branch and the level.
func (t *tx) open(kind claim.TaskKind, role claim.Role, level claim.Level, note claim.Note) {
	t.openFor("", kind, role, level, note)
}

// openFor opens a task that belongs to somebody from the start.
func (t *tx) openFor(owner claim.Principal, kind claim.TaskKind, role claim.Role, level claim.Level, note claim.Note) {
	task := claim.Task{ID: t.uuid("task/" + string(kind)), Kind: kind, Role: role, Branch: t.file.Branch, Level: level, Owner: owner}
	t.file.Tasks = append(t.file.Tasks, task)
	t.receipt.Task = task.ID
	var named *string
	if owner != "" {
		named = new(string)
		*named = string(owner)
	}
	t.queue(t.q.InsertTask(t.ctx, &t.w, db.InsertTaskParams{
		ID: task.ID, ClaimID: t.id, Kind: kind, Role: role, Branch: task.Branch, Level: level,
		Owner: named, Note: note.Words, NoteCode: note.Code, NoteValues: note.Stored(), OpenedAt: t.at,
	}))
}

// done closes the open task of a kind, if there is one.
func (t *tx) done(kind claim.TaskKind) { t.end(kind, "done") }

// cancel closes the open task of a kind without it having been done.
func (t *tx) cancel(kind claim.TaskKind) { t.end(kind, "cancelled") }

func (t *tx) end(kind claim.TaskKind, state string) {
	task := t.file.TaskOf(kind)
	if task == nil {
		return
	}
	by := string(t.by.ID)
	t.queue(t.q.CloseTask(t.ctx, &t.w, task.ID, state, &t.at, &by))
	t.file.Tasks = slices.DeleteFunc(t.file.Tasks, func(o claim.Task) bool { return o.Kind == kind })
}

// cancelAll closes every open task: the claim has ended.
func (t *tx) cancelAll() {
	for len(t.file.Tasks) > 0 {
		t.cancel(t.file.Tasks[0].Kind)
	}
}

// clock writes an entry into the clock ledger.
func (t *tx) clock(name claim.ClockName, kind claim.EntryKind, proof string) {
	t.clockAt(name, kind, t.at, proof)
}

// clockAt writes an entry of what happened at another moment than it is noted.
func (t *tx) clockAt(name claim.ClockName, kind claim.EntryKind, at time.Time, proof string) {
	t.clocks = append(t.clocks, claim.ClockEntry{Clock: name, Kind: kind, At: at, Proof: proof, By: string(t.by.ID)})
}

// nearest is a claim's nearest deadline, where this step moved a clock.
type nearest struct {
	moved bool
	at    *time.Time
	clock claim.ClockName
}

// derive writes the ledger's new entries and works out the nearest deadline.
func (t *tx) derive() (nearest, error) {
	if len(t.clocks) == 0 || t.file.Number == "" {
		return nearest{}, nil
	}
	ledger, err := t.ledger()
	if err != nil {
		return nearest{}, err
	}
	for i, e := range t.clocks {
		t.queue(t.q.InsertClockEntry(t.ctx, &t.w, db.InsertClockEntryParams{
			ClaimID: t.id, Number: int32(len(ledger) + i + 1), Clock: string(e.Clock), Kind: string(e.Kind), At: e.At, //nolint:gosec // a few dozen
			Proof: e.Proof, ByID: t.by.ID,
		}))
	}
	rules, err := t.rules()
	if err != nil {
		return nearest{}, err
	}
	at, clock, err := Nearest(rules.calendar, t.file.Line, t.file.Lane, append(ledger, t.clocks...))
	if err != nil {
		return nearest{}, err
	}
	if len(t.file.Tasks) > 0 {
		t.queue(t.q.SetTaskDue(t.ctx, &t.w, t.id, at))
	}
	return nearest{moved: true, at: at, clock: clock}, nil
}

// ledger returns the clock ledger as the rows have it, read once for a step.
func (t *tx) ledger() ([]claim.ClockEntry, error) {
	if t.isNew || t.entries != nil {
		return t.entries, nil
	}
	rows, err := t.q.ClockEntries(t.ctx, t.conn, t.id)
	if err != nil {
		return nil, fmt.Errorf("read the clock ledger: %w", err)
	}
	t.entries = slices.Clip(db.Ledger(rows)) // what is appended to it is a copy
	return t.entries, nil
}

// Nearest returns the nearest deadline of the clocks that run, nil for none.
func Nearest(cal claim.Calendar, line claim.Line, lane claim.Lane, ledger []claim.ClockEntry) (*time.Time, claim.ClockName, error) {
	var at *time.Time
	var name claim.ClockName
	for _, rule := range claim.Rules(line, lane) {
		due, err := claim.Deadline(cal, rule, ledger)
		if err != nil {
			return nil, "", fmt.Errorf("deadline of %s: %w", rule.Clock, err)
		}
		if due.Running && (at == nil || due.At.Before(*at)) {
			at, name = &due.At, rule.Clock
		}
	}
	return at, name, nil
}

// reader is whom a message goes to, and the language that they read.
type reader struct {
	phone    string
	language claim.Language
}

// tell writes a message for the courier by the form in force, with the claim's
// number and its page beside the values that it takes. It is caused by the
// step's latest event; one event tells a message to a person once. It returns
// the notice's id, empty where there is no number to tell.
func (t *tx) tell(to reader, message claim.SMS, values claim.Values) (id string) {
	if to.phone == "" {
		return ""
	}
	rules, err := t.rules()
	if err != nil {
		t.queue(err)
		return ""
	}
	all := claim.Values{"claim": t.file.Number, "link": t.a.Pages + "/c/" + t.file.Number, "hotline": t.a.Insurer.Hotline}
	maps.Copy(all, values)
	body, err := rules.sms.Write(message, to.language, all)
	if err != nil {
		t.queue(broken("forms of SMS %s: %w", rules.sms.Version, err))
		return ""
	}
	id = t.uuid("notice/" + string(message) + "/" + to.phone)
	t.queue(t.q.InsertNotice(t.ctx, &t.w, db.InsertNoticeParams{
		ID: id, ClaimID: t.id, Event: t.next - 1, Channel: "sms", Template: string(message), To: to.phone, Body: body, At: t.at,
	}))
	return id
}

// claimParties returns the parties as the rows have them, and those that the
// step has added.
func (t *tx) claimParties() (parties []db.ClaimPartiesRow, err error) {
	if t.known != nil {
		parties = t.known.Parties
	} else if parties, err = t.q.ClaimParties(t.ctx, t.conn, t.id); err != nil {
		return nil, err
	}
	parties = slices.Concat(parties, t.joined)
	if t.insiders != nil {
		for i, p := range parties {
			parties[i].Known = t.insiders.RelationOf(func(phone string) bool { return phone == p.Phone }) != claim.Stranger
		}
	}
	return parties, nil
}

// ownReport returns which of the parties is the one whose report the claim is
// of; -1 where none is. Of all that staff or a partner wrote down it is that of a
// person in the policy before any other.
func (t *tx) ownReport(parties []db.ClaimPartiesRow) int {
	own := func(p db.ClaimPartiesRow) bool { return p.Principal == string(t.file.Claimant) }
	if i := slices.IndexFunc(parties, func(p db.ClaimPartiesRow) bool { return own(p) && p.Known }); i >= 0 {
		return i
	}
	return slices.IndexFunc(parties, own)
}

// notTheirs refuses an act of the claim's own to a claimant or a partner who does
// not speak for it: not its claimant, nor for whom staff or a partner wrote the
// report down, nor a party that the policy knows.
func (t *tx) notTheirs(act claim.Act) (*claim.Refusal, error) {
	if !act.Speaks() || !t.by.Role.Outside() || t.by.ID == t.file.Claimant {
		return nil, nil
	}
	parties, err := t.claimParties()
	if err != nil {
		return nil, fmt.Errorf("read parties: %w", err)
	}
	names, own := claim.Pseudonyms{Key: t.a.PseudonymKey}, t.ownReport(parties)
	for i, p := range parties {
		if (i == own || p.Known) && p.Role != claim.PartyThird && names.Of(p.Phone) == t.by.ID {
			return nil, nil
		}
	}
	return claim.Refuse(claim.RuleNotYours, claim.WhyNotYours), nil
}

// tellClaimant tells the one who reported and speaks for the claim; where a
// broker reported, the insured. It returns the notice's id.
func (t *tx) tellClaimant(message claim.SMS, values claim.Values) string {
	parties, err := t.claimParties()
	if err != nil {
		t.queue(fmt.Errorf("read parties: %w", err))
		return ""
	}
	parties = slices.DeleteFunc(parties, func(p db.ClaimPartiesRow) bool { return p.Role == claim.PartyBroker })
	to := t.ownReport(parties)
	if to < 0 {
		to = slices.IndexFunc(parties, func(p db.ClaimPartiesRow) bool { return p.Role == claim.PartyInsured })
	}
	if to < 0 {
		return ""
	}
	return t.tell(readerOf(parties[to]), message, values)
}

// readerOf is a party as it is told of the claim.
func readerOf(p db.ClaimPartiesRow) reader {
	return reader{p.Phone, claim.Language(p.Language)}
}
