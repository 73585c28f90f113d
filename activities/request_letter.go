package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"anpei/claim"
	"anpei/schemas/db"
)

// RequestLetter names the letter that puts a request for papers in writing.
type RequestLetter struct {
	Claim  claim.ID `json:"claim"`
	Number string   `json:"number"`
}

// WriteRequest writes the letter that asks for papers (补充材料通知书) and
// stores it: each paper with what it is needed for, by when we decide and how
// our time stands still, and how to send them (Insurance Law art. 22(2): in
// time, once and in full; arts. 23 and SPC II art. 15). It says what was asked
// when it was asked, whatever has come since. Idempotent by content: the same
// request gives the same bytes, under the same key.
func (a *Activities) WriteRequest(ctx context.Context, in RequestLetter) (Letter, error) {
	row, err := a.q.PaperLetter(ctx, a.DB, in.Claim)
	if err != nil {
		return Letter{}, fmt.Errorf("read claim %s for letter %s: %w", in.Claim, in.Number, err)
	}
	var file claim.File
	if err := json.Unmarshal(row.File, &file); err != nil {
		return Letter{}, fmt.Errorf("decode file: %w", err)
	}
	told := file.Checklist.Telling(in.Number)
	if told == nil {
		return Letter{}, broken("letter %s: claim %s has asked for nothing under this number", in.Number, in.Claim)
	}
	why, err := a.reasons(ctx, file.Checklist.Version)
	if err != nil {
		return Letter{}, err
	}
	until, err := a.determinedBy(ctx, &file, told.At)
	if err != nil {
		return Letter{}, err
	}
	pdf, err := a.printRequest(ctx, row, file.Checklist, told, why, until)
	if err != nil {
		return Letter{}, err
	}
	return a.storeLetter(ctx, in.Claim, Letter{Number: in.Number, At: told.At}, pdf, row.Held)
}

// reasons returns why each paper of the lists of a version is needed, and by
// what rule.
func (a *Activities) reasons(ctx context.Context, version string) (map[string]claim.ListEntry, error) {
	body, err := a.q.RuleTable(ctx, a.DB, "checklists", version)
	if err != nil {
		return nil, fmt.Errorf("read checklists %s: %w", version, err)
	}
	var lists claim.Checklists
	if err := json.Unmarshal(body, &lists); err != nil {
		return nil, fmt.Errorf("read checklists %s: %w", version, err)
	}
	of := make(map[string]claim.ListEntry, len(lists.Items))
	for _, e := range lists.Items {
		of[e.Name] = e
	}
	return of, nil
}

// determinedBy returns the last day on which a claim is to be determined, as
// the clock stood at a moment; zero where it did not run.
func (a *Activities) determinedBy(ctx context.Context, f *claim.File, at time.Time) (last claim.Date, err error) {
	var calendar claim.Calendar
	if err := a.tableOn(ctx, "calendar", at, &calendar); err != nil {
		return last, err
	}
	rows, err := a.q.ClockEntries(ctx, a.DB, f.ID)
	if err != nil {
		return last, fmt.Errorf("read the clock ledger: %w", err)
	}
	ledger := slices.DeleteFunc(db.Ledger(rows), func(e claim.ClockEntry) bool { return e.At.After(at) })
	for _, rule := range claim.Rules(f.Line, f.Lane) {
		if rule.Clock != claim.ClockDetermination {
			continue
		}
		due, err := claim.Deadline(calendar, rule, ledger)
		if err != nil {
			return last, fmt.Errorf("deadline of %s: %w", rule.Clock, err)
		}
		if due.Running {
			return claim.DateOf(due.At.Add(-1)), nil
		}
	}
	return last, nil
}

// printRequest writes the letter by the form of its day.
func (a *Activities) printRequest(ctx context.Context, row db.PaperLetterRow, list *claim.Checklist, told *claim.Telling, why map[string]claim.ListEntry, until claim.Date) ([]byte, error) {
	var forms claim.LetterForms
	if err := a.tableOn(ctx, "letters", told.At, &forms); err != nil {
		return nil, err
	}
	var papers []claim.Values
	for _, name := range told.Items {
		l := list.Item(name)
		if l == nil {
			continue
		}
		p := claim.Values{"paper": claim.Text{ZH: l.ZH, EN: l.EN}, "count": "", "why": l.Why, "source": ""}
		if l.Count > 1 {
			p["count"] = strconv.Itoa(l.Count)
		}
		if e, listed := why[name]; listed {
			p["why"], p["source"] = claim.Text{ZH: e.WhyZH, EN: e.WhyEN}, claim.Text{ZH: claim.CitedZH(e.Source), EN: e.Source}
		}
		papers = append(papers, p)
	}
	return a.print(forms, claim.LetterPapers, claim.Language(row.Language), told.At, claim.Values{
		"number": told.Letter, "claim": row.Number, "policy": row.PolicyNo, "name": row.Name, "loss_at": row.LossAt, "place": row.Place,
		"papers": papers, "finding": told.Finding != "", "until": until,
	})
}

// FileLetter puts on record that a request for papers is in writing. Idempotent
// by the letter's number.
func (a *Activities) FileLetter(ctx context.Context, s claim.Step[Letter]) (claim.Answer, error) {
	return step(ctx, a, s, "file-letter", func(t *tx) error {
		l := s.Body
		told := t.file.Checklist.Telling(l.Number)
		if told == nil || told.Written {
			return nil
		}
		told.Written = true
		t.queue(t.q.InsertLetter(t.ctx, &t.w, db.InsertLetterParams{
			Number: l.Number, ClaimID: t.id, Kind: "papers", SHA256: l.SHA256, Object: l.Object, Revision: l.Revision, At: l.At,
		}))
		t.event(claim.EventPapersLetter, claim.LetterBody{Letter: l.Number, SHA256: l.SHA256})
		return nil
	})
}
