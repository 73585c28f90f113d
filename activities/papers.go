package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// Kinds of document that show something and say nothing.
const (
	LossPhoto = string(document.LossPhoto)
	Signature = string(document.Signature)
)

// Attach makes documents of what the API has stored. The same bytes are one
// document of a claim, however often they are sent. A reading that a partner
// supplied is taken as a second reader's would be. Of photos of a loss nothing
// needs to be read, but each is looked at: whether it shows anything, and
// whether it was seen before. A claimant's counts from then on; one that staff
// or a partner has sent, who answer for it, counts at once. Signatures need no
// reading.
func (a *Activities) Attach(ctx context.Context, s claim.Step[claim.Batch]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActAttach, func(t *tx) error {
		if err := t.scanned(s.Body.Attachments); err != nil {
			return err
		}
		for i, d := range s.Body.Attachments {
			if !claim.Fits(d.Kind, d.Type) {
				return t.refuse(claim.RuleInput, claim.WhyNoPicture, "where", fmt.Sprintf("documents/%d: ", i))
			}
			if d.Reading != nil {
				if err := typed(d.Reading.Fields); err != nil {
					return t.refuseInWords(fmt.Sprintf("documents/%d/reading: %s", i, err))
				}
			}
		}
		known, err := t.facts(bringing(s.Body.Attachments...))
		if err != nil {
			return err
		}
		extra := t.isExtra(known.Parties, t.by.ID)
		if err := t.admit(s.Body.Attachments); err != nil || t.receipt.Refusal != nil {
			return err
		}
		var added []string
		asked := t.file.Checklist.Requests()
		for _, d := range s.Body.Attachments {
			if paper, there := t.paper(d.Document); there {
				if paper.Extra && !extra {
					t.own(paper, d.Kind)
				}
				continue
			}
			paper := claim.Paper{ID: d.Document, Kind: d.Kind, Type: d.Type, Number: t.file.Total() + 1, Asked: asked, Extra: extra}
			paper.State, paper.Awaiting = t.received(d.Kind)
			row := db.InsertDocumentParams{
				ID: d.Document, ClaimID: t.id, Kind: d.Kind, Name: d.Name, Type: d.Type, Size: d.Size, SHA256: d.SHA256,
				Object: d.Object, Revision: d.Revision, State: paper.State, AttachedBy: string(t.by.ID), AttachedAt: t.at,
				Number: int32(paper.Number), Asked: int32(asked), Awaiting: paper.Awaiting, Extra: extra, //nolint:gosec // thousands at most
			}
			var place *claim.Point
			if d.TakenAt != nil {
				row.TakenAt, place = &d.TakenAt.At, d.TakenAt.Place
				if place != nil {
					row.TakenLat, row.TakenLng = &place.Lat, &place.Lng
				}
			}
			t.learnTaken(d.Document, d.SHA256, row.TakenAt, place)
			t.queue(t.q.InsertDocument(t.ctx, &t.w, row))
			t.put(paper)
			if t.by.Role.Outside() {
				t.file.Outside++
			}
			added = append(added, d.SHA256)
			if d.Reading != nil {
				if err := t.read(d.Document, *d.Reading); err != nil {
					return err
				}
			}
		}
		t.event(claim.EventPapersAttached, claim.PapersAttachedBody{SHA256: added, Already: len(s.Body.Attachments) - len(added)})
		return nil
	})
}

// received is how a paper begins that this sender calls a kind.
func (t *tx) received(kind string) (state claim.PaperState, awaiting bool) {
	switch {
	case kind == Signature:
		return claim.PaperRead, false
	case kind == LossPhoto && t.by.Role != claim.Claimant:
		return claim.PaperRead, true
	}
	return claim.PaperReceived, true
}

// own lets a paper count that somebody who does not speak for the claim had sent
// before, as if it came now: what follows from its reading follows then.
func (t *tx) own(paper claim.Paper, kind string) {
	paper.Extra, paper.Kind = false, kind
	paper.State, paper.Awaiting = t.received(kind)
	t.put(paper)
	t.queue(t.q.OwnPaper(t.ctx, &t.w, paper.ID, paper.Kind, paper.State, paper.Awaiting))
}

// admit refuses papers above the limits of a claim and of a sender.
func (t *tx) admit(papers []claim.Attachment) error {
	fresh := map[string]bool{}
	for _, d := range papers {
		if _, there := t.paper(d.Document); !there {
			fresh[d.Document] = true
		}
	}
	var sent int32
	if t.by.Role.Outside() && t.file.Outside+len(fresh) > claim.MaxOfOutside {
		var err error
		if sent, err = t.q.SentBy(t.ctx, t.conn, t.id, string(t.by.ID)); err != nil {
			return fmt.Errorf("count the papers of a sender: %w", err)
		}
	}
	if refusal := t.file.Admit(len(fresh), t.by.Role, int(sent)); refusal != nil {
		return t.refuseWith(*refusal)
	}
	return nil
}

// RecordReading stores what the page reader made of a document. What is unsure
// or cannot be read goes to a person, and takes the claim out of the flash lane.
func (a *Activities) RecordReading(ctx context.Context, s claim.Step[claim.Read]) (claim.Answer, error) {
	return step(ctx, a, s, "record-reading", func(t *tx) error { return t.record(s.Body) })
}

// RecordLooks stores what the page reader saw on photos of the loss, as
// [Activities.RecordReading] does for each, in one step.
func (a *Activities) RecordLooks(ctx context.Context, s claim.Step[claim.Looks]) (claim.Answer, error) {
	return step(ctx, a, s, "record-looks", func(t *tx) error { return t.record(s.Body.Readings...) })
}

// record takes readings into the claim, where a person was not quicker.
func (t *tx) record(reads ...claim.Read) error {
	if _, err := t.facts(reading(reads...)); err != nil {
		return err
	}
	for _, r := range reads {
		if paper, ok := t.paper(r.Document); !ok || !paper.Awaiting {
			continue
		}
		if err := t.read(r.Document, r.Reading); err != nil {
			return err
		}
	}
	return nil
}

// read takes a reading into the claim.
func (t *tx) read(id string, r claim.Reading) error {
	known, err := t.facts(reading(claim.Read{Document: id, Reading: r}))
	if err != nil {
		return err
	}
	round := rounds(known, id) + 1
	paper, _ := t.paper(id)
	strange := r.Unreadable == "" && document.Strange(document.Kind(paper.Kind), document.Kind(r.Kind))
	sent := paper.Kind
	kind, plain := claim.KindRead(sent, r, func(kind string) bool { return document.Strange(document.Kind(kind), document.Other) })
	switch unsaid := sent == "" || sent == string(document.Unknown); {
	case unsaid && r.Kind != "":
		paper.Kind, plain = kind, true // nobody said otherwise
	case unsaid || r.Unreadable != "" || sent == LossPhoto:
		plain = true
	default:
		paper.Kind = kind
	}
	if !claim.Fits(paper.Kind, paper.Type) {
		paper.Kind, plain = string(document.Other), false
	}
	paper.State, paper.Awaiting = claim.PaperRead, false
	t.see(&paper, r.Look)
	t.learnCamera(id, r.Camera)
	var unsure []string
	insured := known.Claim
	if t.file.Reporter == claim.Stranger && t.file.Claimant.IsClaimant() {
		// They could try the policy's plate and VIN that way.
		insured.PolicyPlate, insured.PolicyVin = "", ""
	}
	for _, f := range witnessed(r.Fields, insured) {
		t.field(id, round, r.Engine, f, nil)
		if !f.Sure && claim.MoneyField(f.Name) {
			unsure = append(unsure, f.Name)
		}
	}
	switch {
	case paper.Kind == LossPhoto && document.Fails(r.Unreadable) && paper.Extra:
	case paper.Kind == LossPhoto && document.Fails(r.Unreadable):
		t.leaveFlash("picture.unseen") // the reader's fault and not the picture's: a person looks
	case paper.Kind == LossPhoto && r.Unreadable != "":
		paper.State = claim.PaperUnreadable // sent back; another takes its place
	case paper.Kind == LossPhoto || r.Kind == LossPhoto:
	case r.Unreadable != "":
		paper.State = claim.PaperUnreadable
	case strange, !plain:
		paper.State, r.Detail = claim.PaperUnsure, document.StrangeDetail
	case len(unsure) > 0:
		paper.State = claim.PaperUnsure
	}
	if t.file.Assessment > 0 && !paper.Extra && claim.StatesFigure(paper.Kind) {
		t.leaveFlash("paper.after-assessment") // the figure that was offered does not know it
	}
	camera, err := json.Marshal(r.Camera)
	t.queue(err)
	t.put(paper)
	t.queue(t.q.UpdateDocument(t.ctx, &t.w, db.UpdateDocumentParams{ID: id, State: paper.State, Kind: paper.Kind, Awaiting: paper.Awaiting, Extra: paper.Extra, Reason: r.Detail, Camera: camera}))
	t.event(claim.EventPaperRead, claim.PaperReadBody{
		Document: id, Kind: paper.Kind, SentAs: otherThan(paper.Kind, sent), State: paper.State, Engine: r.Engine,
		Fields: len(r.Fields), Unsure: unsure, Unreadable: r.Unreadable,
	})
	if paper.State == claim.PaperUnsure || paper.State == claim.PaperUnreadable && paper.Kind != LossPhoto {
		if !paper.Extra {
			t.leaveFlash("paper." + string(paper.State))
		}
		if t.file.TaskOf(claim.TaskConfirm) == nil {
			t.open(claim.TaskConfirm, claim.Assessor, 0, claim.Note{})
		}
	} else if !t.file.ToConfirm() { // it has taken the place of one that was sent back
		t.done(claim.TaskConfirm)
	}
	return nil
}

// paper returns a document of the claim as the step leaves it, of those that the
// step has named.
func (t *tx) paper(id string) (claim.Paper, bool) {
	if p, changed := t.papers[id]; changed {
		return p, true
	}
	i := slices.IndexFunc(t.known.Documents, func(d db.DocumentFactsRow) bool { return d.ID == id })
	if i < 0 {
		return claim.Paper{}, false
	}
	d := t.known.Documents[i]
	return claim.Paper{ID: id, Kind: d.Kind, Type: d.Type, Number: int(d.Number), Asked: int(d.Asked), State: d.State, Awaiting: d.Awaiting, Extra: d.Extra}, true
}

// put keeps a document as the step leaves it.
func (t *tx) put(p claim.Paper) {
	was, _ := t.paper(p.ID)
	t.file.Record(was, p)
	if t.papers == nil {
		t.papers = map[string]claim.Paper{}
	}
	t.papers[p.ID] = p
}

// nextPapers names more of the papers that are to be read, once those are read
// that were named before.
func (t *tx) nextPapers() error {
	room := t.file.Due.Room()
	if room == 0 || t.file.Stage == claim.Closed {
		return nil
	}
	but := append([]string{}, t.file.Due.Next()...)
	for id := range t.papers {
		but = append(but, id)
	}
	rows, err := t.q.AwaitingDocuments(t.ctx, t.conn, t.id, but, int32(room)) //nolint:gosec // 64 at most
	if err != nil {
		return fmt.Errorf("read which papers are to be read next: %w", err)
	}
	next := make([]claim.Paper, len(rows))
	for i, r := range rows {
		next[i] = claim.Paper{ID: r.ID, Kind: r.Kind}
	}
	t.file.Due.Fill(next)
	return nil
}

// otherThan returns what a sender called a paper, where it is something else.
func otherThan(kind, sent string) string {
	if kind == sent {
		return ""
	}
	return sent
}

// witnessed lets the policy bear witness to the plate and the VIN of a paper:
// what agrees is sure, what differs is not, whatever the reader thinks.
func witnessed(fields []claim.Field, insured db.ClaimFactsRow) []claim.Field {
	read := make([]document.Field, len(fields))
	for i, f := range fields {
		read[i] = document.Field{Name: f.Name, Value: f.Value, Sure: f.Sure, Note: f.Note}
	}
	out := slices.Clone(fields)
	for i, f := range document.Confirm(read, map[string]string{"plate": insured.PolicyPlate, "vin": insured.PolicyVin}, "policy") {
		out[i].Sure, out[i].Note = f.Sure, f.Note
	}
	return out
}

func (t *tx) field(id string, round int, engine string, f claim.Field, confirmedBy *string) {
	value := f.Value
	if !heard(f.Name, f.Sure, claim.BP(f.Confidence)) {
		value = ""
	}
	t.learn(document.OfDocument, id, f.Name, value)
	t.queue(t.q.InsertField(t.ctx, &t.w, db.InsertFieldParams{
		DocumentID: id, Round: int32(round), Name: f.Name, Value: f.Value, Source: f.Source, //nolint:gosec // rounds are few
		ConfidenceBp: claim.BP(f.Confidence), Page: int32(f.Page), Box: []int32{int32(f.Box[0]), int32(f.Box[1]), int32(f.Box[2]), int32(f.Box[3])}, //nolint:gosec // pixels of a page
		Engine: engine, Sure: f.Sure, Note: f.Note, ConfirmedBy: confirmedBy, At: t.at,
	}))
}

// Confirm stores a person's word on a document: its fields, and what kind of
// paper it is. It is the last.
func (a *Activities) Confirm(ctx context.Context, s claim.Step[claim.Confirmation]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActConfirm, func(t *tx) error {
		if err := typed(worded(s.Body).Reading.Fields); err != nil {
			return t.refuseInWords(err.Error())
		}
		known, err := t.facts(reading(worded(s.Body)))
		if err != nil {
			return err
		}
		paper, there := t.paper(s.Body.Document)
		if !there {
			return t.refuse(claim.RuleDocument, claim.WhyNoDocument, "document", s.Body.Document)
		}
		if !claim.Fits(s.Body.Kind, paper.Type) {
			return t.refuse(claim.RuleInput, claim.WhyNoPicture, "where", "")
		}
		round := rounds(known, paper.ID)
		by := string(t.by.ID)
		names := make([]string, len(s.Body.Fields))
		for i, f := range s.Body.Fields {
			names[i] = f.Name
			t.field(s.Body.Document, round+1, "", claim.Field{
				Name: f.Name, Value: f.Value, Source: document.FromPerson, Confidence: int(claim.Whole), Page: 1, Sure: true,
			}, &by)
		}
		sent := paper.Kind
		corrected := claim.StatesFigure(sent) && s.Body.Kind != "" && s.Body.Kind != sent || otherSum(known, s.Body)
		if t.file.Assessment > 0 {
			t.leaveFlash("paper.after-assessment") // the figure that was offered does not know what this person says
		}
		counted := !paper.Extra && (paper.State == claim.PaperRead || paper.State == claim.PaperConfirmed)
		paper.Awaiting = paper.Awaiting && paper.State != claim.PaperReceived // a picture is still looked at
		paper.State, paper.Extra = claim.PaperConfirmed, false
		if s.Body.Kind != "" {
			paper.Kind = s.Body.Kind
		}
		t.put(paper)
		t.queue(t.q.UpdateDocument(t.ctx, &t.w, db.UpdateDocumentParams{ID: paper.ID, State: paper.State, Kind: paper.Kind, Awaiting: paper.Awaiting, Camera: []byte("null")}))
		if sent != paper.Kind {
			last, err := t.q.LastOfKind(t.ctx, t.conn, t.id, sent, paper.ID)
			if err != nil {
				return fmt.Errorf("read what papers of kind %s are left: %w", sent, err)
			}
			t.file.Last(sent, int(last.Good), int(last.Bad))
		}
		t.did(claim.DutyConfirmFields)
		if !t.file.ToConfirm() {
			t.done(claim.TaskConfirm)
		}
		t.event(claim.EventPaperConfirmed, claim.PaperConfirmedBody{Document: paper.ID, Kind: paper.Kind, Fields: names})
		if counted && corrected && t.file.Unpaid() && (t.file.Stage == claim.Negotiating || slices.Contains(consented, t.file.Stage)) {
			return t.voidFigure(otherPaper)
		}
		return nil
	})
}

// otherSum reports whether a confirmation gives an amount that differs from what
// was read or confirmed before.
func otherSum(known *db.Facts, c claim.Confirmation) bool {
	last := map[string]db.FieldFactsRow{}
	for _, f := range known.Fields {
		if f.DocumentID == c.Document && f.Round >= last[f.Name].Round {
			last[f.Name] = f
		}
	}
	return slices.ContainsFunc(c.Fields, func(f claim.ConfirmedField) bool {
		return strings.HasSuffix(f.Name, "_fen") && f.Value != last[f.Name].Value
	})
}

// typed says which of the fields has a value that is none of its type.
func typed(fields []claim.Field) error {
	for _, f := range fields {
		if err := claim.CheckField(f.Name, f.Value); err != nil {
			return fmt.Errorf("%s %w", f.Name, err)
		}
	}
	return nil
}

// worded is a person's word as a reading.
func worded(c claim.Confirmation) claim.Read {
	read := claim.Read{Document: c.Document, Reading: claim.Reading{Fields: make([]claim.Field, len(c.Fields))}}
	for i, f := range c.Fields {
		read.Reading.Fields[i] = claim.Field{Name: f.Name, Value: f.Value}
	}
	return read
}

// Locate returns where a document's bytes are. It only reads.
func (a *Activities) Locate(ctx context.Context, id string) (claim.PaperFile, error) {
	row, err := a.q.DocumentObject(ctx, a.DB, id)
	if err != nil {
		return claim.PaperFile{}, fmt.Errorf("locate document %s: %w", id, err)
	}
	return claim.PaperFile{Document: row.ID, Kind: row.Kind, Object: row.Object, Revision: row.Revision}, nil
}

// LocateAll returns where the bytes of documents are, in the order of ids. It
// only reads.
func (a *Activities) LocateAll(ctx context.Context, ids []string) ([]claim.PaperFile, error) {
	rows, err := a.q.DocumentObjects(ctx, a.DB, ids)
	if err != nil {
		return nil, fmt.Errorf("locate documents %v: %w", ids, err)
	}
	where := make([]claim.PaperFile, len(ids))
	for i, id := range ids {
		at := slices.IndexFunc(rows, func(r db.DocumentObjectsRow) bool { return r.ID == id })
		if at < 0 {
			return nil, broken("locate document %s: there is no such row", id)
		}
		where[i] = claim.PaperFile{Document: id, Kind: rows[at].Kind, Object: rows[at].Object, Revision: rows[at].Revision}
	}
	return where, nil
}
