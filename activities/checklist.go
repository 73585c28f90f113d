package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
	"anpei/schemas/db"
)

// The papers that a claim needs: told in full, asked for once, ticked off by
// what was read, waived by two.

// list makes the claim's list of papers, or adds what its new lane needs, and
// tells it in full at once. A claim of before the lists has none.
func (t *tx) list() {
	lists, err := t.lists()
	if err != nil {
		t.queue(err)
		return
	}
	added := t.file.List(lists)
	if len(added) == 0 {
		return
	}
	told := claim.Telling{At: t.at}
	var needed []string
	for _, s := range t.file.Standings() {
		if !slices.ContainsFunc(added, func(l claim.Listed) bool { return l.Name == s.Name }) {
			continue
		}
		told.Items = append(told.Items, s.Name)
		if !s.Complete() {
			needed = append(needed, s.Name)
		}
	}
	c := t.file.Checklist
	t.event(claim.EventPapersListed, claim.PapersListedBody{Items: told.Items, Version: c.Version})
	if len(needed) > 0 {
		told.Notice = t.tellClaimant(claim.SMSPapersList, claim.Values{"papers": c.Names(needed)})
	}
	c.Tellings = append(c.Tellings, told)
}

// lists returns the lists that the claim's is made from: those in force for a
// new claim, else the version that it has.
func (t *tx) lists() (claim.Checklists, error) {
	rules, err := t.rules()
	if err != nil {
		return claim.Checklists{}, err
	}
	if c := t.file.Checklist; c != nil && c.Version != rules.lists.Version {
		var lists claim.Checklists
		body, err := t.q.RuleTable(t.ctx, t.conn, "checklists", c.Version)
		if err == nil {
			err = json.Unmarshal(body, &lists)
		}
		if err != nil {
			return claim.Checklists{}, fmt.Errorf("read checklists %s: %w", c.Version, err)
		}
		return lists, nil
	}
	return rules.lists, nil
}

// RequestPapers asks the claimant for what is missing: everything at once, and
// once. What a finding has brought to light since may follow, naming it. The
// message lists all of it, and our clocks stand still from its delivery; the
// same is put in writing, see [Activities.WriteRequest].
func (a *Activities) RequestPapers(ctx context.Context, s claim.Step[claim.PaperRequest]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActRequestPapers, func(t *tx) error {
		var raisedAt time.Time
		if s.Body.Finding != "" {
			known, err := t.facts(everything)
			if err != nil {
				return err
			}
			for _, f := range known.Found {
				if f.Rule == s.Body.Finding && f.State == findingRaised && f.At.After(raisedAt) {
					raisedAt = f.At
				}
			}
		}
		asked, refusal := t.file.Request(s.Body, raisedAt, t.at)
		if refusal != nil {
			return t.refuseWith(*refusal)
		}
		c := t.file.Checklist
		t.event(claim.EventPapersRequested, claim.PapersRequestedBody{Items: asked.Items, Rule: asked.Finding})
		message := claim.SMSPapersRequest
		if asked.Finding != "" {
			message = claim.SMSPapersFinding
		}
		c.Tellings[len(c.Tellings)-1].Notice = t.tellClaimant(message, claim.Values{"papers": c.Names(asked.Items), "letter": asked.Letter})
		return nil
	})
}

// Delivered returns when a notice reached the gateway's other end. It only
// reads, and fails while the notice is on its way: it is asked again then.
func (a *Activities) Delivered(ctx context.Context, notice string) (time.Time, error) {
	at, err := a.q.NoticeDelivered(ctx, a.DB, notice)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && at == nil:
		return time.Time{}, fmt.Errorf("notice %s is not delivered yet", notice)
	case err != nil:
		return time.Time{}, fmt.Errorf("read the delivery of notice %s: %w", notice, err)
	}
	return *at, nil
}

// NoticeDelivered notes the delivery of a notice on which a clock depends: the
// request for papers stops ours while they are outstanding (SPC II art. 15),
// the list is what art. 28 of the Compulsory Motor Insurance Regulation wants.
func (a *Activities) NoticeDelivered(ctx context.Context, s claim.Step[claim.Delivered]) (claim.Answer, error) {
	return step(ctx, a, s, "notice-delivered", func(t *tx) error {
		c := t.file.Checklist
		i := slices.IndexFunc(c.Tellings, func(told claim.Telling) bool { return told.Notice == s.Body.Notice })
		if i < 0 || !c.Tellings[i].Delivered.IsZero() {
			return nil
		}
		told := &c.Tellings[i]
		told.Delivered = s.Body.At
		t.event(claim.EventPapersDelivered, claim.PapersDeliveredBody{Notice: told.Notice, Request: told.Request})
		if !told.Request {
			t.clockAt(claim.ClockPapersList, claim.EntryStop, told.Delivered, told.Notice)
			return nil
		}
		return t.standStill(claim.EntryPause, told.Delivered, told.Notice)
	})
}

// standStill pauses or resumes the clocks that run while we work on a claim.
func (t *tx) standStill(kind claim.EntryKind, at time.Time, proof string) error {
	ledger, err := t.ledger()
	if err != nil {
		return err
	}
	for _, name := range running(ledger) {
		if name == claim.ClockDetermination || name == claim.ClockReview {
			t.clockAt(name, kind, at, proof)
		}
	}
	return nil
}

// papersCame ends the standstill once all that was asked for has come or was
// waived: from the arrival of the last of it, not from when it was looked at.
func (t *tx) papersCame() error {
	c := t.file.Checklist
	if !c.Outstanding() {
		return nil
	}
	request := c.Request()
	last, proof := request.Delivered, ""
	var kinds []string
	for _, s := range t.file.Standings() {
		switch {
		case !slices.Contains(request.Items, s.Name):
		case !s.Complete():
			return nil
		case s.State == claim.ItemWaived:
			if at := s.Waiver.ConfirmedAt; at.After(last) {
				last, proof = at, "waiver:"+s.Name
			}
		}
		kinds = append(kinds, s.Kinds...) // what other items take is not left for these
	}
	papers, arrived, err := t.arrivals(kinds)
	if err != nil {
		return err
	}
	if i := c.Answers(request.Items, papers); i >= 0 && arrived[i].After(last) {
		last, proof = arrived[i], papers[i].ID
	}
	request.Answered = last
	t.event(claim.EventPapersCame, claim.PapersCameBody{Items: request.Items})
	return t.standStill(claim.EntryResume, last, proof)
}

// arrivals returns the papers of some kinds as the step leaves them, in order of
// arrival, and when each came.
func (t *tx) arrivals(kinds []string) (papers []claim.Paper, at []time.Time, err error) {
	rows, err := t.q.Arrivals(t.ctx, t.conn, t.id, append([]string{}, kinds...), slices.AppendSeq([]string{}, maps.Keys(t.papers)))
	if err != nil {
		return nil, nil, fmt.Errorf("read when papers came: %w", err)
	}
	stored := map[string]bool{}
	for _, r := range rows {
		p := claim.Paper{ID: r.ID, Kind: r.Kind, Number: int(r.Number), Asked: int(r.Asked), State: r.State, Extra: r.Extra}
		if now, changed := t.papers[r.ID]; changed {
			p = now
		}
		stored[r.ID] = true
		papers, at = append(papers, p), append(at, r.AttachedAt)
	}
	var fresh []claim.Paper
	for id, p := range t.papers {
		if !stored[id] {
			fresh = append(fresh, p)
		}
	}
	slices.SortFunc(fresh, func(a, b claim.Paper) int { return cmp.Compare(a.Number, b.Number) })
	for _, p := range fresh {
		papers, at = append(papers, p), append(at, t.at)
	}
	return papers, at, nil
}

// ProposeWaiver keeps one person's wish to go on without a paper. It changes
// nothing until a second person confirms it.
func (a *Activities) ProposeWaiver(ctx context.Context, s claim.Step[claim.WaiverProposal]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActProposeWaiver, func(t *tx) error {
		if refusal := t.file.ProposeWaiver(s.Body.Item, t.by.ID); refusal != nil {
			return t.refuseWith(*refusal)
		}
		t.waiver(claim.EventWaiverProposed, "proposed", s.Body.Item, s.Body.Reason)
		t.did(claim.DutyProposeWaiver)
		return nil
	})
}

// ConfirmWaiver is the second person's word: the claim goes on without it.
func (a *Activities) ConfirmWaiver(ctx context.Context, s claim.Step[claim.ListItem]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActConfirmWaiver, func(t *tx) error {
		if refusal := t.file.ConfirmWaiver(s.Body.Item, t.by.ID, t.at); refusal != nil {
			return t.refuseWith(*refusal)
		}
		t.waiver(claim.EventWaiverConfirmed, "confirmed", s.Body.Item, "")
		t.did(claim.DutyConfirmWaiver)
		return nil
	})
}

// WithdrawWaiver takes a proposal back.
func (a *Activities) WithdrawWaiver(ctx context.Context, s claim.Step[claim.ListItem]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActWithdrawWaiver, func(t *tx) error {
		if refusal := t.file.WithdrawWaiver(s.Body.Item, t.by.ID); refusal != nil {
			return t.refuseWith(*refusal)
		}
		t.waiver(claim.EventWaiverWithdrawn, "withdrawn", s.Body.Item, "")
		return nil
	})
}

// waiver appends what somebody did about a waiver. Its reason stays in the row.
func (t *tx) waiver(kind claim.EventKind, act, item, reason string) {
	t.queue(t.q.InsertWaiver(t.ctx, &t.w, db.InsertWaiverParams{ClaimID: t.id, Item: item, Act: act, ByID: t.by.ID, Reason: reason, At: t.at}))
	l := t.file.Checklist.Item(item)
	t.event(kind, claim.WaiverBody{Item: item, ZH: l.ZH, EN: l.EN})
}
