package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// What a finding can be: it is raised, and gone once the facts agree.
const (
	findingRaised = "raised"
	findingGone   = "gone"
)

// everything has a step read all facts of its claim: one that is about no
// document, or that a machine decides by.
var everything = db.Scope{Everything: true}

// bringing is the scope of a step that is about to write documents.
func bringing(papers ...claim.Attachment) (s db.Scope) {
	for _, d := range papers {
		s.Documents, s.Hashes = append(s.Documents, d.Document), append(s.Hashes, d.SHA256)
		if d.Reading != nil {
			s.Numbers = append(s.Numbers, invoiceNumbers(d.Reading.Fields)...)
		}
	}
	return s
}

// reading is the scope of a step that is about to write what was read.
func reading(reads ...claim.Read) (s db.Scope) {
	for _, r := range reads {
		s.Documents = append(s.Documents, r.Document)
		s.Numbers = append(s.Numbers, invoiceNumbers(r.Reading.Fields)...)
	}
	return s
}

func invoiceNumbers(fields []claim.Field) (of []string) {
	for _, f := range fields {
		if f.Name == "invoice_number" || f.Name == document.ReversedNumber {
			of = append(of, f.Value)
		}
	}
	return of
}

// facts reads what the claim's rows say, once for a step and in one round
// trip, before the step has written anything.
func (t *tx) facts(s db.Scope) (*db.Facts, error) {
	if t.known != nil && (t.known.Everything || !s.Everything) {
		return t.known, nil
	}
	s.WholeRules, s.HeardFrom = document.WholeRules, heardFrom
	s.ReferredKinds, s.ReferredFields = nil, nil
	for _, kind := range slices.Sorted(maps.Keys(document.Referred)) {
		for _, field := range document.Referred[kind] {
			s.ReferredKinds, s.ReferredFields = append(s.ReferredKinds, string(kind)), append(s.ReferredFields, field)
		}
	}
	for _, list := range []*[]string{&s.Documents, &s.Hashes, &s.Numbers} {
		*list = append([]string{}, *list...) // arrays, never null
	}
	known, err := db.ReadFacts(t.ctx, t.conn, t.id, s)
	if err != nil {
		return nil, err
	}
	t.known = &known
	return t.known, nil
}

// rounds returns how often a document was read or confirmed.
func rounds(known *db.Facts, id string) int {
	round := 0
	for _, f := range known.Fields {
		if f.DocumentID == id {
			round = max(round, int(f.Round))
		}
	}
	return round
}

// heardFrom is how certain a reader must be of a value that nothing else bears
// witness to: of such lines 0.7 % are misread, and a finding shows both values.
const heardFrom claim.BP = 9_700

// heard reports whether a field's value is held against anything: a reader's
// doubts are no contradiction. A plate or a VIN is, for it is in doubt when it
// differs from the policy's. The numbers of invoices are looked for on others,
// and a misread one stands on none.
func heard(name string, sure bool, confidence claim.BP) bool {
	return sure || confidence >= heardFrom || slices.Contains([]string{"plate", "vin", "shown_fen", "invoice_number", document.ReversedNumber}, name)
}

// learn notes what the step brings, in place of what the rows say. The commit
// holds it against the rest. An empty value says nothing.
func (t *tx) learn(from, id, field, value string) {
	t.learned = append(t.learned, document.Fact{Source: document.Source{From: from, Document: id, Field: field}, Value: value})
}

func (t *tx) learnTaken(id, sha256 string, at *time.Time, place *claim.Point) {
	t.learn(document.OfDocument, id, "sha256", sha256)
	if at != nil {
		t.learn(document.OfDocument, id, "taken_at", at.UTC().Format(time.RFC3339))
	}
	t.learn(document.OfServer, id, "received_at", t.at.UTC().Format(time.RFC3339))
	if place != nil {
		t.learn(document.OfDocument, id, "taken_place", degrees(place.Lat, place.Lng))
	}
}

// learnCamera notes what a picture's own data says about how it was taken.
func (t *tx) learnCamera(id string, c *claim.Camera) {
	if c == nil {
		return
	}
	received := t.at
	for _, d := range t.known.Documents {
		if d.ID == id {
			received = d.AttachedAt
		}
	}
	for _, f := range cameraFacts(id, *c, received) {
		t.learn(f.From, id, f.Field, f.Value)
	}
}

func cameraFacts(id string, c claim.Camera, received time.Time) (facts []document.Fact) {
	add := func(from, field, value string) {
		if value != "" {
			facts = append(facts, document.Fact{Source: document.Source{From: from, Document: id, Field: field}, Value: value})
		}
	}
	if c.At != nil {
		add(document.OfDocument, "camera_at", c.At.UTC().Format(time.RFC3339))
	}
	if c.Place != nil {
		add(document.OfDocument, "camera_place", degrees(c.Place.Lat, c.Place.Lng))
	}
	add(document.OfDocument, "software", c.Software)
	if len(facts) > 0 {
		add(document.OfServer, "received_at", received.UTC().Format(time.RFC3339))
	}
	return facts
}

func degrees(lat, lng float64) string {
	return strconv.FormatFloat(lat, 'f', -1, 64) + "," + strconv.FormatFloat(lng, 'f', -1, 64)
}

// crossCheck holds what is new against the facts of the claim, and stores what
// has changed: a finding that is new or says something else, one that is gone.
// Nothing fails because of one. A grave one takes the claim to a person as long
// as the machine might still decide.
func (t *tx) crossCheck() error {
	known, err := t.facts(t.scope())
	if err != nil {
		return err
	}
	after, referred := t.overlaid(known), referredFacts(known)
	if !known.Everything && document.Moved(slices.Concat(factsOf(known, t.file), referred), slices.Concat(after, referred)) {
		all := known.Scope // with what the step brings, which the rows do not have yet
		all.Everything = true
		if known, err = t.facts(all); err != nil {
			return err
		}
		after = t.overlaid(known)
	}
	extra := t.extras(known)
	after = slices.DeleteFunc(after, func(f document.Fact) bool { return extra[f.Document] && f.Field == "total_fen" }) // sums are of the claim's own papers
	found, err := t.findings(known, after)
	if err != nil {
		return err
	}
	if err := t.change(known.Found, found); err != nil {
		return err
	}
	t.shared(known, after)
	if machineDecides(t.file.Stage) && slices.ContainsFunc(found, func(f document.Finding) bool {
		return f.Grave && !extra[f.One.Document] && !extra[f.Other.Document]
	}) {
		t.leaveFlash("finding.grave")
	}
	t.learned = nil
	return nil
}

// scope is what is to be read where the step has read nothing yet: policy,
// report and visits are what all papers are held against.
func (t *tx) scope() (s db.Scope) {
	for _, f := range t.learned {
		switch {
		case f.Document == "":
			return everything
		case !slices.Contains(s.Documents, f.Document):
			s.Documents = append(s.Documents, f.Document)
		}
	}
	return s
}

// findings are those that the step may have changed, as they are now.
func (t *tx) findings(known *db.Facts, facts []document.Fact) ([]document.Finding, error) {
	given := map[string]bool{}
	checked, looks := []string{}, []string{}
	for _, f := range facts {
		if f.From == document.OfDocument && !given[f.Document] {
			given[f.Document], checked = true, append(checked, f.Document)
		}
		if f.Field == "look" {
			looks = append(looks, f.Document)
		}
	}
	var errs [2]error
	x := document.Excerpt{Facts: facts, OtherViews: func() (others bool) {
		others, errs[0] = t.q.OtherViews(t.ctx, t.conn, t.id, looks)
		return others
	}}
	if !known.Everything {
		x.EstimateNear = func(amount claim.Fen) (near bool) {
			near, errs[1] = t.q.EstimateNear(t.ctx, t.conn, db.EstimateNearParams{
				ClaimID: t.id, HeardFrom: int32(heardFrom), AmountFen: int64(amount), ApartFen: int64(document.AmountApart), Checked: checked,
			})
			return near
		}
	}
	x.Facts = append(x.Facts, referredFacts(known)...)
	for _, row := range known.Totals {
		x.Totals = append(x.Totals, document.Total{Kind: document.Kind(row.Kind), Sum: claim.Fen(row.SumFen), Largest: claim.Fen(row.LargestFen), Document: row.DocumentID, Odd: row.Odd})
	}
	found := slices.DeleteFunc(x.CrossCheck(), func(f document.Finding) bool { return !known.Everything && !document.Concerns(f, given) })
	if err := errors.Join(errs[0], errs[1]); err != nil {
		return nil, fmt.Errorf("look beyond what the step checks: %w", err)
	}
	return found, nil
}

// referredFacts are what papers are held against that the step does not check.
func referredFacts(known *db.Facts) []document.Fact {
	facts := make([]document.Fact, len(known.Referred))
	for i, r := range known.Referred {
		facts[i] = document.Fact{Source: document.Source{From: document.OfDocument, Document: r.DocumentID, Kind: document.Kind(r.Kind), Field: r.Name}, Value: r.Value}
	}
	return facts
}

// change stores how findings differ from those that the rows have.
func (t *tx) change(rows []db.FindingsInForceRow, found []document.Finding) error {
	before := map[string]db.FindingsInForceRow{}
	for _, row := range rows {
		before[row.Rule+"|"+row.Sources] = row
	}
	for _, f := range found {
		key := f.Rule + "|" + f.Sources()
		row := before[key]
		delete(before, key)
		if row.State == findingRaised && row.TextZh == f.ZH {
			continue
		}
		t.found(f, findingRaised, row.Round+1)
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		row := before[key]
		if row.State == findingGone {
			continue
		}
		gone := document.Finding{Rule: row.Rule, Grave: row.Grave, ZH: row.TextZh, EN: row.TextEn}
		if err := json.Unmarshal(row.One, &gone.One); err != nil {
			return fmt.Errorf("finding %s: %w", key, err)
		}
		if err := json.Unmarshal(row.Other, &gone.Other); err != nil {
			return fmt.Errorf("finding %s: %w", key, err)
		}
		t.found(gone, findingGone, row.Round+1)
	}
	return nil
}

// shared notes the documents that have something in common with another: from
// now on each step of either claim checks them.
func (t *tx) shared(known *db.Facts, facts []document.Fact) {
	where := map[string]claim.ID{}
	theirs := map[string][]string{} // by what is shared: documents
	for _, e := range known.Elsewhere {
		where[e.DocumentID] = e.ClaimID
		what := sharedAs(e.Field) + "/" + e.Value
		theirs[what] = append(theirs[what], e.DocumentID)
	}
	for _, f := range facts {
		if f.From != document.OfDocument || f.Value == "" {
			continue
		}
		if field := sharedAs(f.Field); field == "sha256" || field == "invoice_number" {
			where[f.Document] = t.id
			theirs[field+"/"+f.Value] = append(theirs[field+"/"+f.Value], f.Document)
		}
	}
	ids, claims := []string{}, []string{}
	for _, of := range theirs {
		for _, id := range of {
			if len(of) > 1 && !slices.Contains(ids, id) {
				ids, claims = append(ids, id), append(claims, string(where[id]))
			}
		}
	}
	if len(ids) > 0 {
		t.queue(t.q.InsertShared(t.ctx, &t.w, ids, claims))
	}
}

// sharedAs is the field by which documents share what this one says: an invoice
// and the red-letter one that takes it back share the former's number.
func sharedAs(field string) string {
	if field == document.ReversedNumber {
		return "invoice_number"
	}
	return field
}

// machineDecides reports whether the flash lane's decision is still to come.
func machineDecides(stage claim.Stage) bool {
	return slices.Contains([]claim.Stage{claim.Reported, claim.SelfSurvey, claim.Assessing, claim.Negotiating}, stage)
}

// found stores a finding as it stands now. The event names what the two facts
// are and not what they say, which may be a person's.
func (t *tx) found(f document.Finding, state string, round int32) {
	one, err := json.Marshal(f.One)
	t.queue(err)
	other, err := json.Marshal(f.Other)
	t.queue(err)
	t.queue(t.q.InsertFinding(t.ctx, &t.w, db.InsertFindingParams{
		ClaimID: t.id, Rule: f.Rule, Sources: f.Sources(), Round: round, State: state, Grave: f.Grave, One: one, Other: other,
		TextZh: f.ZH, TextEn: f.EN, At: t.at,
	}))
	kind := claim.EventFindingRaised
	if state == findingGone {
		kind = claim.EventFindingGone
	}
	t.event(kind, claim.FindingBody{Rule: f.Rule, Grave: f.Grave, One: said(f.One), Other: said(f.Other), Sources: f.Sources()})
}

// NoteFinding keeps what a person says of a finding, beside it: the finding
// stays, and so does the claim. It refuses a finding that is gone.
func (a *Activities) NoteFinding(ctx context.Context, s claim.Step[claim.FindingNote]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActNoteFinding, func(t *tx) error {
		f, err := t.q.FindingOfClaim(t.ctx, t.conn, t.id, s.Body.Finding)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return t.refuse(claim.RuleInput, claim.WhyNoFinding, "finding", s.Body.Finding)
		case err != nil:
			return fmt.Errorf("read finding %s: %w", s.Body.Finding, err)
		case f.State == findingGone:
			return t.refuse(claim.RuleInput, claim.WhyFindingGone)
		}
		t.queue(t.q.InsertFindingNote(t.ctx, &t.w, db.InsertFindingNoteParams{
			ClaimID: t.id, Finding: s.Body.Finding, Number: f.Notes + 1, Round: f.Round, Verdict: s.Body.Verdict, Note: s.Body.Note,
			ByID: t.by.ID, ByRole: t.by.Role, At: t.at,
		}))
		t.event(claim.EventFindingNoted, claim.FindingNotedBody{Rule: f.Rule, Sources: f.Sources, Verdict: "finding." + string(s.Body.Verdict), Note: s.Body.Note})
		return nil
	})
}

// said is who says a fact: a kind of paper, or another source.
func said(f document.Fact) string {
	if f.From == document.OfDocument {
		return string(f.Kind)
	}
	return f.From
}

// overlaid puts together what the rows say and what the step has learned,
// which is newer, under the kinds that documents have now.
func (t *tx) overlaid(known *db.Facts) []document.Fact {
	newer := map[document.Source]document.Fact{}
	plainly := func(f document.Fact) document.Source { f.Kind = ""; return f.Source }
	for _, f := range t.learned {
		newer[plainly(f)] = f
	}
	facts := slices.DeleteFunc(factsOf(known, t.file), func(f document.Fact) bool {
		_, ok := newer[plainly(f)]
		return ok
	})
	for _, f := range newer {
		facts = append(facts, f)
	}
	for i, f := range facts {
		if p, changed := t.papers[f.Document]; changed && f.From == document.OfDocument {
			facts[i].Kind = document.Kind(p.Kind)
		}
	}
	return facts
}

// factsOf turns rows into facts, each of which it says once.
func factsOf(known *db.Facts, file claim.File) (facts []document.Fact) {
	kinds := map[string]document.Kind{}
	for _, d := range known.Documents {
		kinds[d.ID] = document.Kind(d.Kind)
	}
	said := map[document.Fact]bool{}
	put := func(f document.Fact) {
		if f.From == document.OfDocument && f.Kind == "" {
			f.Kind = kinds[f.Document]
		}
		if f.Value != "" && !said[f] {
			said[f] = true
			facts = append(facts, f)
		}
	}
	add := func(from, id, field, value string) {
		put(document.Fact{Source: document.Source{From: from, Document: id, Field: field}, Value: value})
	}
	c := known.Claim
	add(document.OfPolicy, "", "number", c.PolicyNumber)
	add(document.OfPolicy, "", "plate", c.PolicyPlate)
	add(document.OfPolicy, "", "vin", c.PolicyVin)
	add(document.OfPolicy, "", "holder", c.PolicyHolder)
	add(document.OfPolicy, "", "insured", c.PolicyInsured)
	add(document.OfReport, "", "line", string(file.Line))
	add(document.OfReport, "", "plate", c.Plate)
	add(document.OfReport, "", "place", c.Place)
	add(document.OfReport, "", "loss_at", c.LossAt.UTC().Format(time.RFC3339))
	add(document.OfReport, "", "claimed_fen", strconv.FormatInt(int64(c.ClaimedFen), 10))
	if file.Before != "" {
		add(document.OfReport, "", "loss", file.Number)
		put(document.Fact{Source: document.Source{From: document.OfClaim, Field: "loss", Claim: file.Before}, Value: file.Before})
	}
	if c.Lat != nil && c.Lng != nil {
		add(document.OfReport, "", "at", degrees(*c.Lat, *c.Lng))
	}
	if slices.ContainsFunc(file.Exposures, func(e claim.Exposure) bool { return e.Kind == claim.ThirdPartyProperty }) {
		add(document.OfReport, "", "third_party", "yes")
	}
	for _, p := range known.Parties {
		if p.Role == claim.PartyInsured || p.Role == claim.PartyDriver {
			add(document.OfReport, "", string(p.Role), p.Name)
		}
	}
	if c.ArrivedAt != nil {
		add(document.OfSurvey, "", "arrived_at", c.ArrivedAt.UTC().Format(time.RFC3339))
		add(document.OfSurvey, "", "estimate_fen", strconv.FormatInt(int64(c.EstimateFen), 10))
	}
	for _, d := range known.Documents {
		add(document.OfDocument, d.ID, "sha256", d.SHA256)
		if d.TakenAt != nil {
			add(document.OfDocument, d.ID, "taken_at", d.TakenAt.UTC().Format(time.RFC3339))
		}
		add(document.OfServer, d.ID, "received_at", d.AttachedAt.UTC().Format(time.RFC3339))
		var c claim.Camera
		if json.Unmarshal(d.Camera, &c) == nil {
			for _, f := range cameraFacts(d.ID, c, d.AttachedAt) {
				put(f)
			}
		}
		if d.TakenLat != nil && d.TakenLng != nil {
			add(document.OfDocument, d.ID, "taken_place", degrees(*d.TakenLat, *d.TakenLng))
		}
	}
	for _, f := range known.Fields {
		if heard(f.Name, f.Sure, f.ConfidenceBp) {
			add(document.OfDocument, f.DocumentID, f.Name, f.Value)
		}
	}
	for _, p := range known.Pictures {
		where := document.Source{From: document.OfDocument, Document: p.DocumentID, Kind: document.Kind(p.Kind), Field: "look"}
		if p.ClaimID != file.ID {
			where.From, where.Claim = document.OfClaim, p.Number
		}
		put(document.Fact{Source: where, Value: lookOf(p.Hashes).String()})
		where.Field = document.SameAs
		for _, other := range p.Same {
			put(document.Fact{Source: where, Value: other})
		}
	}
	for _, e := range known.Elsewhere {
		where := document.Source{From: document.OfClaim, Document: e.DocumentID, Kind: document.Kind(e.Kind), Field: e.Field, Claim: e.Number}
		put(document.Fact{Source: where, Value: e.Value})
		where.Field = "invoice_code"
		put(document.Fact{Source: where, Value: e.Code})
	}
	return facts
}
