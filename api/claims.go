package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// view is how much of a claim somebody sees.
type view string

// Views. Whoever has to reach the people of a claim sees their numbers; the
// others' tasks do not need them.
const (
	viewOpen    view = "o" // intake, service, surveyors, dispatchers
	viewMasked  view = "m" // other staff
	viewOutside view = "c" // who speaks for the claim: no notes and names of the insurer's
	viewUnknown view = "u" // likewise, of who is not in the policy: nothing of it
	viewExtra   view = "x" // on the claim without speaking for it: that it is there
)

func viewOf(who access.Caller, c *access.Claim) view {
	switch {
	case c.Extra:
		return viewExtra
	case who.Outside() && !c.Known:
		return viewUnknown
	case who.Outside():
		return viewOutside
	case slices.Contains([]claim.Role{claim.Intake, claim.Service, claim.Surveyor, claim.Dispatcher}, who.Role):
		return viewOpen
	default:
		return viewMasked
	}
}

// claimKey names one view of a claim at one version, which never changes.
type claimKey struct {
	id      claim.ID
	version int64
	view    view
}

// GetClaim implements [rest.StrictServerInterface]. The version that the
// decision saw is the ETag; what it looks like at that version is kept for a
// few seconds, for whoever looks again.
func (s *reads) GetClaim(ctx context.Context, r rest.GetClaimRequestObject) (rest.GetClaimResponseObject, error) {
	who, c := access.CallerOf(ctx), access.ClaimOf(ctx)
	v := viewOf(who, c)
	tag := claimTag(c.Version, v, who)
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetClaim304Response{}, nil
	}
	now, key := time.Now(), claimKey{c.ID, c.Version, v}
	if body, ok := s.claims.Get(key); ok && v != viewExtra {
		return shownClaim{body, tag}, nil
	}
	fresh, err := s.claim(ctx, c.ID, who, v, now)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(fresh)
	if err != nil {
		return nil, fmt.Errorf("encode claim %s: %w", c.ID, err)
	}
	if v != viewExtra { // which is one person's
		s.claims.Put(claimKey{c.ID, fresh.Version, v}, body, now.Add(keepViews))
	}
	return shownClaim{body, claimTag(fresh.Version, v, who)}, nil
}

// keepViews is how long a view of a claim at a version is kept. The version is
// looked up for every answer; what may be this old are the names of staff.
const keepViews = time.Minute

// shownClaim is a claim as it goes out.
type shownClaim struct {
	body []byte
	tag  string
}

// VisitGetClaimResponse implements the contract.
func (c shownClaim) VisitGetClaimResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(c.body)))
	h.Set("ETag", c.tag)
	_, err := w.Write(c.body)
	return err
}

func claimTag(version int64, v view, who access.Caller) string {
	tag := strconv.FormatInt(version, 10) + string(v)
	if v == viewExtra {
		tag += string(who.ID[max(0, len(who.ID)-8):])
	}
	return `"` + tag + `"`
}

// claim reads a claim as somebody may see it, all of it at one moment.
func (s *reads) claim(ctx context.Context, id claim.ID, who access.Caller, v view, now time.Time) (out rest.Claim, err error) {
	calendar, err := s.calendar(ctx, now)
	if err != nil {
		return out, err
	}
	err = pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		row, err := s.q.ClaimDetail(ctx, tx, id)
		if err != nil {
			return contract.RowError("claim", err)
		}
		l := look{s: s, tx: tx, who: who, view: v, row: row}
		if err := json.Unmarshal(row.File, &l.file); err != nil {
			return fmt.Errorf("file of claim %s: %w", id, err)
		}
		out, err = l.claim(ctx, calendar)
		return err
	})
	return out, err
}

// look is one reading of a claim for one caller.
type look struct {
	s    *reads
	tx   pgx.Tx
	who  access.Caller
	view view
	row  db.ClaimDetailRow
	file claim.File
}

func (l *look) claim(ctx context.Context, calendar claim.Calendar) (rest.Claim, error) {
	row, f := l.row, &l.file
	out := rest.Claim{
		Id: row.ID, Number: row.Number, Version: row.Version, Line: row.Line, Lane: row.Lane, Stage: row.Stage, Branch: row.Branch,
		Outcome: row.Outcome, Channel: row.Channel, OpenedBy: claim.Principal(row.OpenedBy), PolicyNo: row.PolicyNo, PolicyVerified: f.PolicyVerified,
		LossAt: row.LossAt.UTC(), Place: row.Place, Cause: row.Cause, Story: row.Story, Plate: row.Plate, Injury: row.Injury,
		ReportedAt: row.ReportedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), Parked: row.Parked, Level: f.Level, RequiredLevel: f.Required,
		Amounts: rest.Amounts{ClaimedFen: row.ClaimedFen, PayableFen: row.PayableFen, PaidFen: row.PaidFen},
		Next:    nextWords(f, l.who.Outside()),
		Tasks:   []rest.Task{}, Holders: []rest.Actor{}, Parties: []rest.ClaimParty{}, Exposures: []rest.Exposure{},
	}
	if row.PolicyVersion != nil {
		out.PolicyVersion = int(*row.PolicyVersion)
	}
	if row.Lat != nil && row.Lng != nil {
		out.At = &claim.Point{Lat: *row.Lat, Lng: *row.Lng}
	}
	if row.ClosedAt != nil {
		out.ClosedAt = row.ClosedAt.UTC()
	}
	if l.who.Outside() {
		out.Branch = claim.HeadOffice // which branch it is tells whether there is such a policy
	}
	if claim.Principal(row.OpenedBy).IsClaimant() {
		out.OpenedBy = ""
	}
	if l.view == viewUnknown || l.view == viewExtra {
		out.PolicyVerified, out.PolicyVersion, out.PolicyNo = false, 0, "" // even the one that they named
	}
	parties, err := l.parties(ctx, &out)
	if err != nil {
		return out, err
	}
	if err := l.exposures(ctx, &out, parties); err != nil {
		return out, err
	}
	if l.view == viewExtra {
		l.extra(&out)
		return out, nil
	}
	if err := l.tasks(ctx, &out, parties); err != nil {
		return out, err
	}
	if err := l.visit(ctx, &out); err != nil {
		return out, err
	}
	if err := l.held(ctx, &out); err != nil {
		return out, err
	}
	out.Due, err = l.due(ctx, calendar)
	return out, err
}

// held tells the insurer's own people of a legal hold.
func (l *look) held(ctx context.Context, out *rest.Claim) error {
	if !l.row.Held || l.who.Outside() {
		return nil
	}
	h, err := l.s.q.HoldInForce(ctx, l.tx, l.row.ID)
	if err != nil {
		return fmt.Errorf("read the hold: %w", err)
	}
	out.Held = rest.Held{By: claim.Principal(h.ByID), Name: h.Name, At: h.At.UTC(), Reason: h.Reason}
	return nil
}

// shownToOthers is how a claim looks to somebody who has only reported its loss
// too. Its lane, and how far it has come, would tell what the policy is worth to
// its own people: that they reported it, and that it is in force.
func shownToOthers(stage claim.Stage) (claim.Lane, claim.Stage) {
	if stage != claim.Closed {
		stage = claim.Reported
	}
	return claim.Standard, stage
}

// dayAlone leaves the day of a moment, as it is in China.
func dayAlone(at time.Time) time.Time { return claim.DateOf(at).Start().UTC() }

// extra leaves what an extra reporter or a third party may see: that the claim
// is there, whether it is over, and what is theirs. An owner of what was damaged
// sees where it stands.
func (l *look) extra(out *rest.Claim) {
	if len(out.Exposures) == 0 {
		out.Lane, out.Stage = shownToOthers(out.Stage)
		// How it came to its end, and when, would tell as much; where and how the
		// loss happened, the others have told.
		out.Outcome, out.ClosedAt, out.Place, out.At, out.Cause = "", time.Time{}, "", nil, "other"
		out.LossAt, out.ReportedAt, out.UpdatedAt, out.Version = dayAlone(out.LossAt), dayAlone(out.ReportedAt), dayAlone(out.ReportedAt), 1
	}
	out.PolicyNo, out.Plate, out.Story, out.PolicyVersion = "", "", "", 0
	out.Level, out.RequiredLevel, out.Amounts = 0, 0, rest.Amounts{}
	out.OpenedBy = ""
	w := stageWords[out.Stage]
	if out.Stage == claim.DenialReview {
		w = stageWords[claim.Reviewing]
	}
	out.Next = rest.Words{TextZh: w[0], TextEn: w[1]}
}

func (l *look) parties(ctx context.Context, out *rest.Claim) ([]db.ClaimPartiesRow, error) {
	rows, err := l.s.q.ClaimParties(ctx, l.tx, l.row.ID)
	if err != nil {
		return nil, fmt.Errorf("read parties: %w", err)
	}
	for _, p := range rows {
		mine := l.who.OwnPhone != "" && p.Phone == l.who.OwnPhone && l.who.Role == claim.Claimant
		others := p.Number > 1 && !mine && (p.Principal != "" || p.Role == claim.PartyInsured)
		if l.view == viewExtra && !mine || l.view == viewUnknown && others {
			continue // who comes from the policy, or has reported too, is no stranger's to see
		}
		shown := rest.ClaimParty{Number: int(p.Number), Role: p.Role, Name: p.Name, Phone: p.Phone}
		if l.view != viewOpen {
			shown.Name, shown.Phone = claim.MaskName(p.Name), claim.MaskPhone(p.Phone)
		}
		out.Parties = append(out.Parties, shown)
	}
	return rows, nil
}

func (l *look) exposures(ctx context.Context, out *rest.Claim, parties []db.ClaimPartiesRow) error {
	rows, err := l.s.q.ClaimExposures(ctx, l.tx, l.row.ID)
	if err != nil {
		return fmt.Errorf("read exposures: %w", err)
	}
	for _, e := range rows {
		if l.view == viewExtra && !slices.ContainsFunc(parties, func(p db.ClaimPartiesRow) bool {
			return e.OwnerParty != nil && p.Number == *e.OwnerParty && p.Phone == l.who.OwnPhone
		}) {
			continue
		}
		shown := rest.Exposure{Number: int(e.Number), Kind: e.Kind, Object: e.Object, ClaimedFen: e.ClaimedFen}
		for _, known := range l.file.Exposures {
			if known.Number == shown.Number {
				shown.PayableFen = known.Payable
			}
		}
		if e.OwnerParty != nil {
			shown.OwnerParty = int(*e.OwnerParty)
		}
		out.Exposures = append(out.Exposures, shown)
	}
	return nil
}

// tasks shows the open tasks, and who has the claim now: their owners or those
// who may take them, and the claimant where the claim waits for them.
func (l *look) tasks(ctx context.Context, out *rest.Claim, parties []db.ClaimPartiesRow) error {
	rows, err := l.s.q.TasksOfClaim(ctx, l.tx, l.row.ID)
	if err != nil {
		return fmt.Errorf("read tasks: %w", err)
	}
	for _, need := range l.file.Missing() {
		if need.Blocks && need.From == claim.Claimant && len(out.Holders) == 0 {
			claimant := rest.Actor{Role: claim.Claimant}
			if i := slices.IndexFunc(parties, func(p db.ClaimPartiesRow) bool { return p.Principal == l.row.OpenedBy }); i >= 0 {
				claimant.Name = claim.MaskName(parties[i].Name)
			}
			out.Holders = append(out.Holders, claimant)
		}
	}
	for _, t := range rows {
		row := db.TaskByIDRow{
			ID: t.ID, ClaimID: t.ClaimID, Kind: t.Kind, Role: t.Role, Branch: t.Branch, Level: t.Level, Owner: t.Owner, OwnerName: t.OwnerName,
			State: t.State, Note: t.Note, NoteCode: t.NoteCode, NoteValues: t.NoteValues, OpenedAt: t.OpenedAt, DueAt: t.DueAt, ClosedAt: t.ClosedAt, ClosedBy: t.ClosedBy,
			Number: l.row.Number, Stage: l.row.Stage, Line: l.row.Line, Lane: l.row.Lane, ClaimedFen: l.row.ClaimedFen, PayableFen: l.row.PayableFen,
		}
		if t.Kind == claim.TaskSurvey && l.row.Stage == claim.Dispatched {
			row.AnswerWithin = int64(l.file.AcceptWithin)
		}
		shown := shownTask(row, l.who)
		if l.who.Outside() && t.Kind == claim.TaskDenial {
			continue // nothing is denied until two people say so
		}
		if l.view == viewUnknown && t.Kind == claim.TaskPolicy {
			continue // whether the policy is verified is not theirs to know
		}
		out.Tasks = append(out.Tasks, shown)
		out.Holders = append(out.Holders, rest.Actor{Id: shown.Owner, Role: t.Role, Name: shown.OwnerName})
	}
	return nil
}

// visit tells who is to come, while somebody is.
func (l *look) visit(ctx context.Context, out *rest.Claim) error {
	if out.Stage != claim.Dispatched && out.Stage != claim.Surveying {
		return nil
	}
	d, err := l.s.q.LatestDispatch(ctx, l.tx, l.row.ID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("read the dispatch: %w", err)
	}
	out.Visit = &rest.Visit{Surveyor: l.who.StaffName(d.Name), Phone: claim.MaskPhone(d.Phone)}
	if d.Eta != nil {
		out.Visit.Eta = d.Eta.UTC()
	}
	if d.Metres != nil {
		out.Visit.Metres = *d.Metres
	}
	return nil
}

// due explains the nearest deadline.
func (l *look) due(ctx context.Context, calendar claim.Calendar) (*rest.Due, error) {
	if l.row.DueAt == nil {
		return nil, nil //nolint:nilnil // no deadline runs
	}
	entries, err := l.s.q.ClockEntries(ctx, l.tx, l.row.ID)
	if err != nil {
		return nil, fmt.Errorf("read the clock ledger: %w", err)
	}
	out := &rest.Due{At: l.row.DueAt.UTC(), Clock: l.row.DueClock, Explanation: []rest.DueLine{}}
	for _, rule := range claim.Rules(l.row.Line, l.row.Lane) {
		if string(rule.Clock) != l.row.DueClock {
			continue
		}
		due, err := claim.Deadline(calendar, rule, db.Ledger(entries))
		if err != nil {
			return nil, fmt.Errorf("deadline of claim %s: %w", l.row.ID, err)
		}
		out.Explanation = shownLines(due.Lines)
	}
	return out, nil
}

// shownLines leaves the approver's name out: an entry's text has the reason.
func shownLines(lines []claim.DueLine) []rest.DueLine {
	out := make([]rest.DueLine, len(lines))
	for i, line := range lines {
		out[i] = rest.DueLine{At: line.At, Until: line.Until, Source: line.Source, TextZh: line.ZH, TextEn: line.EN, Ignored: line.Ignored}
	}
	return out
}

// span is a range of days in Beijing, as times: from its first instant to
// before its end. An absent day is no limit.
func span(from, to time.Time) (start, end time.Time) {
	start, end = time.Unix(0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	day := func(t time.Time) claim.Date { return claim.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()} }
	if !from.IsZero() {
		start = day(from).Start()
	}
	if !to.IsZero() {
		end = day(to).End()
	}
	return start, end
}

// ListClaims implements [rest.StrictServerInterface].
func (s *reads) ListClaims(ctx context.Context, r rest.ListClaimsRequestObject) (rest.ListClaimsResponseObject, error) {
	p := r.Params
	at, id, err := contract.PlaceInTime(p.After, contract.EndOfTime, contract.LastUUID, contract.IsUUID)
	if err != nil {
		return nil, err
	}
	if p.Q != "" {
		return s.searchClaims(ctx, p)
	}
	show, read := contract.PageLimit(p.Limit)
	from, to := span(p.OpenedFrom.Time, p.OpenedTo.Time)
	closedFrom, closedTo := span(p.ClosedFrom.Time, p.ClosedTo.Time)
	rows, err := s.claimRows(ctx, access.CallerOf(ctx), db.ListClaimsOfBranchParams{
		Branch: p.Branch, Stage: string(p.Stage), Lane: string(p.Lane), Line: string(p.Line), PolicyNo: p.PolicyNo,
		OpenedFrom: from, OpenedTo: to, BeforeAt: at, BeforeID: id, Count: read, Outcome: string(p.Outcome),
		Ended: !p.ClosedFrom.IsZero() || !p.ClosedTo.IsZero(), ClosedFrom: closedFrom, ClosedTo: closedTo,
	})
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(c db.ListClaimsOfRow) []string {
		return []string{c.ReportedAt.UTC().Format(time.RFC3339Nano), string(c.ID)}
	})
	page := rest.ListClaims200JSONResponse{Items: make([]rest.ClaimSummary, len(rows)), Next: next}
	for i, c := range rows {
		page.Items[i] = shownSummary(c, access.CallerOf(ctx))
	}
	return page, nil
}

// claimRows lists the claims that somebody may see, by the same attributes as
// the policy on GetClaim.
func (s *reads) claimRows(ctx context.Context, who access.Caller, f db.ListClaimsOfBranchParams) ([]db.ListClaimsOfRow, error) {
	if who.Outside() { // to whom every claim is of the head office
		if f.Branch != "" && f.Branch != claim.HeadOffice {
			return nil, nil
		}
		f.Branch = ""
	}
	switch who.Role {
	case claim.Claimant, claim.Partner, claim.Surveyor:
		var bound *string
		if who.Claim != nil {
			id := string(*who.Claim)
			bound = &id
		}
		return s.q.ListClaimsOf(ctx, s.db, db.ListClaimsOfParams{
			Role: string(who.Role), Principal: string(who.ID), Phone: who.ClaimantPhone, Bound: bound,
			Branch: f.Branch, Stage: f.Stage, Lane: f.Lane, Line: f.Line, PolicyNo: f.PolicyNo,
			OpenedFrom: f.OpenedFrom, OpenedTo: f.OpenedTo, BeforeAt: f.BeforeAt, BeforeID: f.BeforeID, Count: f.Count,
			Outcome: f.Outcome, Ended: f.Ended, ClosedFrom: f.ClosedFrom, ClosedTo: f.ClosedTo,
		})
	case claim.Intake, claim.Dispatcher, claim.Assessor, claim.Reviewer, claim.Finance, claim.Service, claim.Audit, claim.Manager, claim.Operator:
		f.Everywhere, f.OwnBranch = who.Everywhere(), who.Branch
		rows, err := s.q.ListClaimsOfBranch(ctx, s.db, f)
		out := make([]db.ListClaimsOfRow, len(rows))
		for i, row := range rows {
			out[i] = db.ListClaimsOfRow(row)
		}
		return out, err
	default: // administrators keep tables
		return nil, nil
	}
}

// mostFound is how many claims a search gives.
const mostFound = 100

// searchClaims finds claims by what people have at hand.
func (s *reads) searchClaims(ctx context.Context, p rest.ListClaimsParams) (rest.ListClaimsResponseObject, error) {
	who := access.CallerOf(ctx)
	if who.Role == claim.Claimant {
		return nil, contract.Invalid(rest.FieldError{Pointer: "q", Detail: "Searching is for staff. Your claims are listed without it."})
	}
	alone := rest.ListClaimsParams{Q: p.Q, Limit: p.Limit}
	if p != alone {
		return nil, contract.Invalid(rest.FieldError{Pointer: "q", Detail: "A search goes alone, without other filters."})
	}
	rows, err := s.foundRows(ctx, who, p.Q)
	if err != nil {
		return nil, err
	}
	page := rest.ListClaims200JSONResponse{Items: make([]rest.ClaimSummary, len(rows))}
	for i, c := range rows {
		page.Items[i] = shownSummary(c, access.CallerOf(ctx))
	}
	return page, nil
}

// foundRows are the claims that have this number, policy, plate or phone, and
// that somebody may see, by the same attributes as [server.claimRows].
func (s *reads) foundRows(ctx context.Context, who access.Caller, what string) ([]db.ListClaimsOfRow, error) {
	number := strings.ToUpper(strings.TrimSpace(what))
	plate, _ := claim.ParsePlate(what)
	phone, _ := claim.ParsePhone(what)
	ids, err := s.q.FindClaims(ctx, s.db, number, mostFound, plate, phone)
	if err != nil {
		return nil, fmt.Errorf("find claims: %w", err)
	}
	found := make([]string, len(ids))
	for i, id := range ids {
		found[i] = string(id)
	}
	if who.Role == claim.Partner || who.Role == claim.Surveyor {
		from, to := span(time.Time{}, time.Time{})
		rows, err := s.q.ListClaimsOf(ctx, s.db, db.ListClaimsOfParams{
			Role: string(who.Role), Principal: string(who.ID), Searched: true, Found: found,
			OpenedFrom: from, OpenedTo: to, BeforeAt: contract.EndOfTime, BeforeID: contract.LastUUID, Count: mostFound,
		})
		if err != nil {
			return nil, fmt.Errorf("list claims that were found: %w", err)
		}
		return rows, nil
	}
	if who.Role == claim.Admin { // who keeps tables
		return nil, nil
	}
	rows, err := s.q.ListClaimsFound(ctx, s.db, found, who.Everywhere(), who.Branch, mostFound)
	if err != nil {
		return nil, fmt.Errorf("list claims that were found: %w", err)
	}
	out := make([]db.ListClaimsOfRow, len(rows))
	for i, row := range rows {
		out[i] = db.ListClaimsOfRow(row)
	}
	return out, nil
}

func shownSummary(c db.ListClaimsOfRow, who access.Caller) rest.ClaimSummary {
	out := rest.ClaimSummary{
		Id: c.ID, Number: c.Number, Line: c.Line, Lane: c.Lane, Stage: c.Stage, Branch: c.Branch, Outcome: c.Outcome,
		PolicyNo: c.PolicyNo, Plate: c.Plate, Place: c.Place, LossAt: c.LossAt.UTC(), ReportedAt: c.ReportedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(),
		DueClock: c.DueClock, Parked: c.Parked, ClaimedFen: c.ClaimedFen, PayableFen: c.PayableFen, PaidFen: c.PaidFen,
	}
	if c.DueAt != nil {
		out.DueAt = c.DueAt.UTC()
	}
	if who.Outside() {
		out.Branch = claim.HeadOffice // as [look.claim] says
	}
	if !c.Known {
		out.PolicyNo = ""
	}
	if !c.Insider { // as [look.extra] says
		out.Lane, out.Stage = shownToOthers(c.Stage)
		out.PolicyNo, out.Plate, out.DueClock, out.DueAt = "", "", "", time.Time{}
		out.ClaimedFen, out.PayableFen, out.PaidFen = 0, 0, 0
		out.Outcome, out.Place = "", ""
		out.LossAt, out.ReportedAt, out.UpdatedAt = dayAlone(c.LossAt), dayAlone(c.ReportedAt), dayAlone(c.ReportedAt)
	}
	return out
}
