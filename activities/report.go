package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// Two reports of the same policy or plate are of the same loss when the losses
// lie less than this apart in time and, where both are on the map, in space.
const (
	sameLossWithin = 30 * time.Minute
	sameLossMetres = 2_000
)

// Report stores a first notice of loss: the claim, its number, parties,
// exposures and the policy as it stood at the moment of loss. A policy that is
// not known is no obstacle; the claim is marked and no money moves. The same
// loss reported before makes this report join that claim: the receipt names
// it, and there is no second one. Where that claim is closed, or runs under the
// policy of another car, this is a claim of its own, which no machine decides:
// people see the other one. Reporting twice at once is settled by a lock on the
// loss's fingerprint.
func (a *Activities) Report(ctx context.Context, s claim.Step[claim.Notice]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActReport, func(t *tx) error { return t.report(s.Body, t.at) })
}

// report joins a report to the open claim of its loss, or registers it.
func (t *tx) report(n claim.Notice, at time.Time) error {
	policy, err := t.policy(n.PolicyNo, n.Line, n.LossAt)
	if err != nil {
		return err
	}
	same, err := t.sameLoss(loss{line: n.Line, policy: n.PolicyNo, plates: plates(n.Plate, policy.plate), when: n.LossAt, where: n.At})
	if err != nil {
		return err
	}
	for _, c := range same {
		another, err := t.ofAnotherCar(c, policy, n)
		if err != nil {
			return err
		}
		if c.Stage != claim.Closed && !another {
			t.join(c)
			return nil
		}
		t.file.Before = c.Number
	}
	return t.register(n, policy, at)
}

// Heard returns what the rows of a claim say of a report that joined it. It only
// reads.
func (a *Activities) Heard(ctx context.Context, in claim.Joining) (claim.Heard, error) {
	row, err := a.q.Heard(ctx, a.DB, string(in.Report), in.Claim)
	if err != nil {
		return claim.Heard{}, fmt.Errorf("look whether claim %s has taken report %s: %w", in.Claim, in.Report, err)
	}
	return claim.Heard{Taken: row.Taken, Closed: row.Closed}, nil
}

// Separate takes a report once more that was answered as joined to a claim, which
// has closed without it: as [Activities.Report] would take it now. It is a claim
// of its own, under the number that this gives it, or joins one that was opened
// meanwhile. Its promises run from when it was made.
func (a *Activities) Separate(ctx context.Context, s claim.Step[claim.Separation]) (claim.Answer, error) {
	return step(ctx, a, s, "separate", func(t *tx) error {
		if err := t.report(s.Body.Notice, s.Body.At.UTC()); err != nil || t.insert == nil {
			return err
		}
		from, err := t.q.ClaimLoss(t.ctx, t.conn, s.Body.From)
		if err != nil {
			return fmt.Errorf("read the claim that this was to join: %w", err)
		}
		t.event(claim.EventSeparated, claim.SeparatedBody{Number: from.Number})
		return nil
	})
}

// loss is what tells the losses of one line apart.
type loss struct {
	line   claim.Line
	policy string   // number; may be empty
	plates []string // of the report and of its policy
	when   time.Time
	where  *claim.Point
}

// plates are those of a car that are known.
func plates(of ...string) []string {
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(of))), func(plate string) bool { return plate == "" })
}

// sameLoss returns the claims of the same loss, which are the same until the
// step commits: of two reports at once the second finds the first.
func (t *tx) sameLoss(l loss) ([]db.SameLossRow, error) {
	found, err := db.FindSameLoss(t.ctx, t.conn, plates(append(l.plates, l.policy)...), db.SameLossParams{
		PolicyNo: l.policy, Plates: l.plates, ID: t.id, After: l.when.Add(-sameLossWithin + 1), Before: l.when.Add(sameLossWithin - 1),
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(c db.SameLossRow) bool {
		far := c.Lat != nil && l.where != nil && l.where.Metres(claim.Point{Lat: *c.Lat, Lng: *c.Lng}) > sameLossMetres
		return c.Line != l.line || far
	}), nil
}

// ofAnotherCar reports whether a claim of the same plate runs under the policy of
// another car, in which this reporter is not: whoever knows a plate can have
// reported it on a policy of theirs, and the report of the car's own people must
// not end there. Compulsory and commercial cover of one car are two policies, and
// one loss.
func (t *tx) ofAnotherCar(c db.SameLossRow, own policyAt, n claim.Notice) (bool, error) {
	car := cmp.Or(own.plate, n.Plate)
	if c.PolicyPlate == "" || car == "" || claim.SameName(c.PolicyPlate, car) {
		return false, nil
	}
	theirs, err := t.policy(c.PolicyNo, n.Line, n.LossAt)
	if err != nil {
		return false, err
	}
	relation, err := t.relation(theirs.persons, t.by.ID, n.Reporter.Phone)
	return relation == claim.Stranger, err
}

// join makes this report one of another claim's.
func (t *tx) join(c db.SameLossRow) {
	t.file.Stage, t.file.Outcome, t.file.Before = claim.Closed, claim.OutcomeJoined, ""
	// How far that claim is, it tells those whom it concerns.
	t.receipt = claim.Receipt{Claim: c.ID, Number: c.Number, Stage: claim.Reported, Result: claim.Joined}
}

// policyAt is a policy as it stood at the moment of loss. The zero value is
// one that is not known.
type policyAt struct {
	id      *string
	version *int32
	branch  string
	number  string
	persons claim.Persons
	plate   string
	vin     string
	inForce bool
}

func (t *tx) policy(number string, line claim.Line, at time.Time) (policyAt, error) {
	row, err := t.q.PolicyAt(t.ctx, t.conn, number, at)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return policyAt{}, nil
	case err != nil:
		return policyAt{}, fmt.Errorf("read the policy: %w", err)
	case row.Line != line:
		return policyAt{}, nil
	}
	known, err := persons(row)
	if err != nil {
		return policyAt{}, err
	}
	return policyAt{
		id: &row.ID, version: &row.Version, branch: row.Branch, number: row.Number, persons: known,
		plate: deref(row.Plate), vin: deref(row.Vin),
		inForce: !at.Before(row.StartsAt) && at.Before(row.EndsAt),
	}, nil
}

// holder is the policy's holder as a party of a claim.
func (p policyAt) holder() claim.Party {
	return claim.Party{Name: p.persons.Holder.Name, Phone: p.persons.Holder.Phone, Role: claim.PartyInsured}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (t *tx) register(n claim.Notice, policy policyAt, at time.Time) error {
	serial, err := t.q.NextClaimNumber(t.ctx, t.conn)
	if err != nil {
		return fmt.Errorf("number the claim: %w", err)
	}
	f := &t.file
	if f.Reporter, err = t.relation(policy.persons, t.by.ID, n.Reporter.Phone); err != nil {
		return err
	}
	// Where it was reported, whatever its policy: the number is told to others
	// who report the loss, and says nothing of the policy.
	open := cmp.Or(t.by.Branch, claim.HeadOffice)
	f.Branch = cmp.Or(policy.branch, open)
	f.Number = fmt.Sprintf("AP-%s-%d-%06d", open, at.In(claim.Shanghai).Year(), serial)
	f.Line, f.Lane, f.Stage = n.Line, claim.Standard, claim.Reported
	f.PolicyVerified, f.Injury, f.SelfService = policy.inForce, n.Injury, n.Self
	f.Claimant = t.by.ID
	for i, e := range n.Exposures {
		f.Exposures = append(f.Exposures, claim.Exposure{Number: i + 1, Kind: e.Kind, Claimed: e.Estimate})
		f.Claimed += e.Estimate
	}
	t.insert = &db.InsertClaimParams{
		ID: t.id, Number: f.Number, Line: n.Line, Branch: f.Branch,
		Channel: n.Channel, OpenedBy: string(t.by.ID), PolicyNo: n.PolicyNo, PolicyID: policy.id, PolicyVersion: policy.version,
		LossAt: n.LossAt, Place: n.Place, Cause: n.Cause, Story: n.Story, Plate: n.Plate, Injury: n.Injury,
		ClaimedFen: f.Claimed, ReportedAt: at, Relation: f.Reporter,
	}
	if n.At != nil {
		t.insert.Lat, t.insert.Lng = &n.At.Lat, &n.At.Lng
	}
	t.parties(n, policy)
	t.event(claim.EventReported, claim.ReportedBody{
		Number: f.Number, Line: n.Line, Channel: n.Channel, Cause: n.Cause, LossAt: n.LossAt,
		Claimed: f.Claimed, Exposures: len(f.Exposures), PolicyVerified: f.PolicyVerified, Reporter: f.Reporter,
	})
	t.did(claim.DutyReport)
	if !f.PolicyVerified {
		t.open(claim.TaskPolicy, claim.Intake, 0, claim.Noted(claim.NotePolicyUnverified))
		t.receipt.Task = "" // it would tell the reporter that the policy is not verified
	}
	t.clockAt(claim.ClockContact, claim.EntryStart, at, "")
	t.clockAt(claim.ClockRegistration, claim.EntryStart, at, "")
	t.clock(claim.ClockRegistration, claim.EntryStop, f.Number)
	t.tell(reader{n.Reporter.Phone, n.Reporter.Language}, claim.SMSReported, nil)
	if n.Channel == "phone" { // whoever took the call has spoken to them
		t.clockAt(claim.ClockContact, claim.EntryStop, at, "call")
	}
	if f.Compulsory() {
		t.clockAt(claim.ClockPapersList, claim.EntryStart, at, "")
	}
	if policy.id == nil {
		return nil
	}
	return t.reportedOn(*policy.id, policy.number, policy.persons.Holder.Phone, n.Reporter.Phone)
}

// NoteContact keeps a try to reach the claimant. The promise of contact is
// fulfilled by the first success, at the time of the talk; a message that is
// only sent fulfils nothing. It refuses a time before the report. Idempotent by key.
func (a *Activities) NoteContact(ctx context.Context, s claim.Step[claim.Contact]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActNoteContact, func(t *tx) error {
		in := s.Body
		ledger, err := t.ledger()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(ledger, func(e claim.ClockEntry) bool {
			return e.Clock == claim.ClockContact && e.Kind == claim.EntryStart && in.At.Before(e.At)
		}) {
			return t.refuseInWords("contact_at: the loss was not reported yet. Give the time of the contact. · 联系时间早于报案时间，请核对。")
		}
		t.event(claim.EventContact, in)
		if in.Outcome == claim.Reached {
			t.clockAt(claim.ClockContact, claim.EntryStop, in.At, "contact:"+string(in.Channel))
		}
		return nil
	})
}

func (t *tx) parties(n claim.Notice, policy policyAt) {
	list := []claim.Party{n.Reporter}
	if policy.id != nil && t.file.Reporter != claim.Holder {
		list = append(list, policy.holder()) // also where staff wrote down what the holder said: see [tx.handOver]
	}
	owners := make([]*int32, len(n.Exposures))
	for i, e := range n.Exposures {
		if e.Owner != nil {
			list = append(list, *e.Owner)
			at := int32(len(list)) //nolint:gosec // a few
			owners[i] = &at
		}
	}
	for i, p := range list {
		principal := ""
		if i == 0 {
			principal = string(t.by.ID)
		}
		t.party(i+1, p, principal)
	}
	for i, e := range n.Exposures {
		t.queue(t.q.InsertExposure(t.ctx, &t.w, db.InsertExposureParams{
			ClaimID: t.id, Number: int32(i + 1), Kind: e.Kind, Object: e.Object, ClaimedFen: e.Estimate, OwnerParty: owners[i],
		}))
	}
}

func (t *tx) party(number int, p claim.Party, principal string) {
	t.joined = append(t.joined, db.ClaimPartiesRow{Number: int32(number), Role: p.Role, Name: p.Name, Phone: p.Phone, Principal: principal, Language: string(p.Language)}) //nolint:gosec // a few
	t.queue(t.q.InsertParty(t.ctx, &t.w, db.InsertPartyParams{
		ClaimID: t.id, Number: int32(number), Role: p.Role, Name: p.Name, Phone: p.Phone, Principal: principal, AddedAt: t.at, Language: string(p.Language), //nolint:gosec // a few
	}))
}

// Rereport notes that somebody reported the same loss again: one more party, if
// they are not one yet, who is told the claim's number. Where they are in the
// policy and the claimant is not, the claim is theirs from then on, see
// [tx.handOver]. A claim that has closed takes none: nothing is written, and the
// report becomes a claim of its own, see [Activities.Separate].
func (a *Activities) Rereport(ctx context.Context, s claim.Step[claim.Again]) (claim.Answer, error) {
	return step(ctx, a, s, "rereport", func(t *tx) error {
		if t.file.Stage == claim.Closed {
			t.receipt.Result, t.receipt.Refusal = claim.Refused, claim.Refuse(claim.RuleStage, claim.WhyClosed)
			return errNothing
		}
		by, n := string(s.Body.By.ID), s.Body.Reporter
		parties, err := t.claimParties()
		if err != nil {
			return fmt.Errorf("read parties: %w", err)
		}
		at := slices.IndexFunc(parties, func(p db.ClaimPartiesRow) bool { return p.Phone == n.Phone && p.Principal == by })
		number := int(parties[max(at, 0)].Number)
		if at < 0 {
			number = int(parties[len(parties)-1].Number) + 1 // a former holder may have left a gap
			t.party(number, n, by)
			t.tell(reader{n.Phone, n.Language}, claim.SMSJoined, nil)
		}
		loss, err := t.q.ClaimLoss(t.ctx, t.conn, t.id)
		if err != nil {
			return fmt.Errorf("read the loss: %w", err)
		}
		event := claim.ReportedAgainBody{Channel: s.Body.Channel, Party: number, Injury: s.Body.Injury, Claimed: max(s.Body.Claimed, 0)}
		if loss.PolicyID == nil {
			t.event(claim.EventReportedAgain, event)
			return t.theirPolicy(s.Body, loss)
		}
		policy, err := t.policy(loss.PolicyNo, t.file.Line, loss.LossAt)
		if err != nil || policy.id == nil {
			return err
		}
		_, relation, err := t.standing(policy.persons, s.Body.By.ID, n.Phone)
		if err != nil {
			return err
		}
		if relation != claim.Stranger {
			event.Relation, event.Story = relation, s.Body.Story // whoever releases the money sees it
			if err := t.saysMore(s.Body); err != nil {
				return err
			}
		}
		t.event(claim.EventReportedAgain, event)
		if err := t.reportedOn(*policy.id, policy.number, policy.persons.Holder.Phone, n.Phone); err != nil {
			return err
		}
		return t.handOver(policy.persons, reporter{party: number, principal: s.Body.By.ID, phone: n.Phone})
	})
}

// saysMore takes a claim out of the flash lane of which a person in the policy
// says something, in a second report, that would have kept it out of it.
func (t *tx) saysMore(again claim.Again) error {
	f := &t.file
	rules, err := t.rules()
	if err != nil || f.Lane != claim.Flash {
		return err
	}
	f.Injury = f.Injury || again.Injury
	in := t.routeIn()
	in.Estimate = max(in.Estimate, again.Claimed)
	in.OthersLoss = in.OthersLoss || again.Others
	if lane, _ := claim.Route(in, rules.lanes); lane != claim.Flash {
		t.leaveFlash("report.again")
	}
	return nil
}

// theirPolicy links the policy that a second report of a loss names, where the
// claim has none, as a first report would: its reporter is in it, and it is of
// the car that the claim is of. Any other is for intake to look at.
func (t *tx) theirPolicy(again claim.Again, loss db.ClaimLossRow) error {
	policy, err := t.policy(again.PolicyNo, t.file.Line, loss.LossAt)
	if err != nil || policy.id == nil || !policy.inForce || t.file.Payment() != nil || !claim.SameName(policy.plate, loss.Plate) {
		return err
	}
	_, relation, err := t.standing(policy.persons, again.By.ID, again.Reporter.Phone)
	if err != nil || relation == claim.Stranger {
		return err
	}
	return t.link(policy, loss)
}

// reporter is a party of a claim that has reported its loss.
type reporter struct {
	party     int
	principal claim.Principal
	phone     string
}

// handOver makes the first of some reporters who is in the policy the claimant,
// in place of one who is not: whoever knows a plate can be the first to report.
// What rests on the other's word is void: after a consent the loss is assessed
// and offered anew. Once an instruction was written for the bank it is too late.
//
// Where staff or a partner wrote down the report of a person in the policy, the
// claim is that person's: it comes to their own sign-in, and to nobody else's. A
// stranger's claim is theirs, too, once staff have written down what they say.
func (t *tx) handOver(policy claim.Persons, reporters ...reporter) error {
	t.insiders = &policy
	if t.file.Reporter != claim.Stranger || t.file.Payment() != nil {
		return nil
	}
	of, err := t.writtenDownFor(policy)
	if err != nil {
		return err
	}
	for _, r := range reporters {
		if of != "" && r.phone != of {
			continue
		}
		proven, said, err := t.standing(policy, r.principal, r.phone)
		if err != nil {
			return err
		}
		if said == claim.Stranger || proven == claim.Stranger && (of != "" || r.principal == t.file.Claimant) {
			continue
		}
		t.file.Claimant, t.file.Reporter = r.principal, proven
		t.queue(t.q.SetClaimant(t.ctx, &t.w, t.id, string(r.principal), proven))
		t.event(claim.EventHandedOver, claim.HandedOverBody{Party: r.party, Relation: said})
		t.tellClaimant(claim.SMSHandedOver, nil)
		if err := t.whosePapers(); err != nil {
			return err
		}
		t.learn(document.OfPolicy, "", "holder", policy.Holder.Name) // all papers are held against whose claim it is now
		if of == "" && slices.Contains(consented, t.file.Stage) {
			return t.voidFigure(newClaimant)
		}
		return nil
	}
	return nil
}

// whosePapers counts the papers of who speaks for the claim, and no longer those
// of who does not, unless a person has confirmed them.
func (t *tx) whosePapers() error {
	known, err := t.facts(everything)
	if err != nil {
		return err
	}
	parties, err := t.claimParties()
	if err != nil {
		return fmt.Errorf("read parties: %w", err)
	}
	var turned []string
	for _, d := range known.Documents {
		paper, _ := t.paper(d.ID)
		extra := t.isExtra(parties, claim.Principal(d.AttachedBy)) && paper.State != claim.PaperConfirmed
		if extra != paper.Extra {
			paper.Extra, turned = extra, append(turned, d.ID)
			t.put(paper)
		}
	}
	if len(turned) > 0 {
		t.queue(t.q.TurnExtra(t.ctx, &t.w, t.id, turned))
	}
	return nil
}

// writtenDownFor returns the phone of the person in the policy whose report
// staff or a partner wrote down; "" where the claimant reported themselves, or
// is not in the policy by that phone.
func (t *tx) writtenDownFor(policy claim.Persons) (phone string, err error) {
	parties, err := t.claimParties()
	if err != nil {
		return "", fmt.Errorf("read parties: %w", err)
	}
	if t.file.Claimant.IsClaimant() {
		return "", nil
	}
	for _, p := range parties {
		known := policy.RelationOf(func(phone string) bool { return phone == p.Phone }) != claim.Stranger
		if known && p.Principal == string(t.file.Claimant) {
			return p.Phone, nil
		}
	}
	return "", nil
}

// consented are the stages that rest on the claimant's word.
var consented = []claim.Stage{claim.Reviewing, claim.Determined, claim.Agreed}

// Route sets the lane, with every rule that was looked at, and where the claim
// goes from here: to the claimant's own pictures or to a surveyor. The papers
// that the claim needs are told at once.
func (a *Activities) Route(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "route", func(t *tx) error {
		rules, err := t.rules()
		if err != nil {
			return err
		}
		f := &t.file
		if f.Before != "" {
			t.learn(document.OfReport, "", "loss", f.Number)
		}
		lane, reasons := claim.Route(t.routeIn(), rules.lanes)
		f.Lane, f.AcceptWithin = lane, rules.lanes.AcceptWithin()
		if f.Stage = claim.Dispatching; lane == claim.Flash {
			f.Stage = claim.SelfSurvey
		} else {
			t.clock(claim.ClockOnSite, claim.EntryStart, "")
		}
		t.event(claim.EventLaneSet, claim.LaneSetBody{Lane: lane, Rules: reasons, Version: rules.lanes.Version})
		t.list()
		return nil
	})
}

// routeIn is what the lane depends on, as the claim stands.
func (t *tx) routeIn() claim.RouteIn {
	f := &t.file
	return claim.RouteIn{
		Line: f.Line, Estimate: f.Claimed, Injury: f.Injury, PolicyVerified: f.PolicyVerified, SelfService: f.SelfService,
		Reporter: f.Reporter, Flags: flags(f),
		OthersLoss: slices.ContainsFunc(f.Exposures, func(e claim.Exposure) bool { return e.Kind == claim.ThirdPartyProperty }),
	}
}

// flags are what keeps a claim from the machine when it is reported.
func flags(f *claim.File) []string {
	if f.Before == "" {
		return nil
	}
	return []string{"same_loss"} // which claim it is of, the finding says
}

// Withdraw ends a claim at the claimant's word, before any money has moved.
func (a *Activities) Withdraw(ctx context.Context, s claim.Step[claim.Reason]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActWithdraw, func(t *tx) error {
		t.did(claim.DutyWithdraw)
		t.event(claim.EventWithdrawn, claim.WithdrawnBody{Stage: t.file.Stage})
		t.tellClaimant(claim.SMSWithdrawn, nil)
		if err := t.tellReporters(claim.SMSWithdrawnByOther); err != nil {
			return err
		}
		t.close(claim.OutcomeWithdrawn)
		return nil
	})
}

// tellReporters tells those who have reported the loss besides the claimant.
func (t *tx) tellReporters(message claim.SMS) error {
	parties, err := t.claimParties()
	if err != nil {
		return fmt.Errorf("read parties: %w", err)
	}
	told := map[string]bool{}
	if own := t.ownReport(parties); own >= 0 {
		told[parties[own].Phone] = true
	}
	for _, p := range parties {
		if p.Principal != "" && p.Phone != "" && !told[p.Phone] {
			told[p.Phone] = true
			t.tell(readerOf(p), message, nil)
		}
	}
	return nil
}

// Close ends a claim whose money has arrived or whose denial is notified.
func (a *Activities) Close(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "close", func(t *tx) error {
		outcome := claim.OutcomePaid
		if t.file.Stage == claim.Denied {
			outcome = claim.OutcomeDenied
		}
		t.close(outcome)
		return nil
	})
}

// close stops what still runs. The event is written by the commit.
func (t *tx) close(outcome claim.Outcome) {
	t.cancelAll()
	ledger, err := t.ledger()
	t.queue(err)
	for _, clock := range running(append(ledger, t.clocks...)) {
		t.clock(clock, claim.EntryStop, "closed")
	}
	t.file.Stage, t.file.Outcome = claim.Closed, outcome
}

// running returns the clocks that were started and not stopped.
func running(ledger []claim.ClockEntry) []claim.ClockName {
	var names []claim.ClockName
	on := map[claim.ClockName]bool{}
	for _, e := range ledger {
		if _, seen := on[e.Clock]; !seen {
			names = append(names, e.Clock)
		}
		on[e.Clock] = e.Kind != claim.EntryStop
	}
	var still []claim.ClockName
	for _, name := range names {
		if on[name] {
			still = append(still, name)
		}
	}
	return still
}
