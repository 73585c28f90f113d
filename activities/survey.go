package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// Dispatch offers the survey to the nearest suitable surveyor on shift, and
// keeps the ranked list with the reasons of those who were not sent. Where
// nobody is suitable, a dispatcher gets the task.
func (a *Activities) Dispatch(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "dispatch", func(t *tx) error {
		loss, ranked, err := t.rank()
		if err != nil {
			return err
		}
		if len(ranked) == 0 || !ranked[0].Eligible || loss.Lat == nil {
			if t.file.TaskOf(claim.TaskAssign) == nil {
				t.open(claim.TaskAssign, claim.Dispatcher, 0, claim.Noted(claim.NoteNoSurveyor))
				t.dispatched(ranked, nil)
				t.event(claim.EventSurveyNobody, claim.NobodyBody{Candidates: len(ranked)})
			}
			return nil
		}
		return t.send(ranked, ranked[0].Staff, true)
	})
}

// Assign sends the surveyor whom a dispatcher names, or takes the survey over
// from one who was sent. The ranked list is kept beside the choice.
func (a *Activities) Assign(ctx context.Context, s claim.Step[claim.Assign]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActAssign, func(t *tx) error {
		who, err := t.surveyor(s.Body.Surveyor)
		if err != nil || t.receipt.Refusal != nil {
			return err
		}
		if rule, _, conflict := claim.Conflict(t.file.Deeds, who, claim.DutySurvey, t.file.Lane); conflict {
			return t.refuse(rule, claim.WhySurveyorBarred, "who", string(who))
		}
		loss, ranked, err := t.rank()
		if err != nil {
			return err
		}
		t.done(claim.TaskAssign)
		t.cancel(claim.TaskSurvey)
		t.did(claim.DutyDispatch)
		return t.send(ranked, who, loss.Lat != nil)
	})
}

func (t *tx) surveyor(id claim.Principal) (claim.Principal, error) {
	staff, err := t.q.StaffMember(t.ctx, t.conn, id)
	if err != nil || staff.Role != claim.Surveyor || !staff.Active {
		return "", t.refuse(claim.RuleInput, claim.WhySurveyorUnknown, "who", string(id))
	}
	return id, nil
}

// rank reads the surveyors and ranks them for this claim's loss.
func (t *tx) rank() (db.ClaimLossRow, []claim.Ranked, error) {
	loss, err := t.q.ClaimLoss(t.ctx, t.conn, t.id)
	if err != nil {
		return loss, nil, fmt.Errorf("read the loss: %w", err)
	}
	rows, err := t.q.SurveyorsToRank(t.ctx, t.conn, t.id)
	if err != nil {
		return loss, nil, fmt.Errorf("read surveyors: %w", err)
	}
	candidates := make([]claim.Candidate, len(rows))
	for i, r := range rows {
		c := claim.Candidate{
			Staff: r.ID, Branch: r.Branch, OnShift: r.OnShift, SeenAt: r.SeenAt, Load: int(r.Load), MaxLoad: int(r.MaxLoad),
			At: claim.Point{Lat: 91}, // nowhere, unless the phone said where
		}
		if r.Lat != nil {
			c.At = claim.Point{Lat: *r.Lat, Lng: *r.Lng}
		}
		for _, skill := range r.Skills {
			c.Skills = append(c.Skills, claim.Line(skill))
		}
		if rule, _, conflict := claim.Conflict(t.file.Deeds, r.ID, claim.DutySurvey, t.file.Lane); conflict {
			c.Conflict = rule
		}
		if r.IsParty {
			c.Conflict = "party"
		}
		for _, passed := range t.file.Passed {
			c.Declined = c.Declined || passed == r.ID
		}
		candidates[i] = c
	}
	at := claim.Point{Lat: 91}
	if loss.Lat != nil {
		at = claim.Point{Lat: *loss.Lat, Lng: *loss.Lng}
	}
	return loss, claim.Rank(at, t.file.Line, candidates, t.at), nil
}

// send offers the survey to one of the ranked and tells the claimant who
// comes, with a masked number, and when. Where the loss is not placed on the map
// it is not known how far that is.
func (t *tx) send(ranked []claim.Ranked, who claim.Principal, placed bool) error {
	staff, err := t.q.StaffMember(t.ctx, t.conn, who)
	if err != nil {
		return fmt.Errorf("read the surveyor: %w", err)
	}
	var chosen claim.Ranked
	for _, r := range ranked {
		if r.Staff == who {
			chosen = r
		}
	}
	eta := t.at.Add(chosen.ETA)
	t.dispatched(ranked, &chosen)
	t.file.Stage = claim.Dispatched
	t.openFor(who, claim.TaskSurvey, claim.Surveyor, 0, claim.Note{})
	t.event(claim.EventSurveyDispatched, claim.DispatchedBody{Surveyor: who, Metres: chosen.Metres, ETA: eta, Candidates: len(ranked)})
	metres, arrives := "", ""
	if placed {
		metres, arrives = strconv.Itoa(int(chosen.Metres)), eta.In(claim.Shanghai).Format("15:04")
	}
	t.tell(reader{phone: staff.Phone}, claim.SMSSurveyTask, claim.Values{
		"minutes": int(t.file.AcceptWithin.Minutes()), "metres": metres, "link": t.a.Pages + "/s/",
	})
	t.tellClaimant(claim.SMSSurveyor, claim.Values{
		"surveyor": claim.MaskName(staff.Name), "phone": claim.MaskPhone(staff.Phone), "arrives": arrives,
	})
	return nil
}

func (t *tx) dispatched(ranked []claim.Ranked, chosen *claim.Ranked) {
	raw, err := json.Marshal(ranked)
	t.queue(err)
	round, err := t.q.CountDispatches(t.ctx, t.conn, t.id)
	t.queue(err)
	row := db.InsertDispatchParams{ClaimID: t.id, Round: round + 1, Ranked: raw, ByID: t.by.ID, At: t.at}
	if chosen != nil {
		who, eta := string(chosen.Staff), t.at.Add(chosen.ETA)
		row.Chosen, row.Metres, row.Eta = &who, &chosen.Metres, &eta
	}
	t.queue(t.q.InsertDispatch(t.ctx, &t.w, row))
}

// Accept is a surveyor's yes.
func (a *Activities) Accept(ctx context.Context, s claim.Step[claim.TaskRef]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActAccept, func(t *tx) error {
		t.file.Stage = claim.Surveying
		t.event(claim.EventSurveyAccepted, claim.SurveyorBody{Surveyor: t.by.ID})
		return nil
	})
}

// Decline is a surveyor's no, or silence for too long, which the machine
// notes: the survey goes to the next.
func (a *Activities) Decline(ctx context.Context, s claim.Step[claim.TaskRef]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActDecline, func(t *tx) error {
		task := t.file.TaskOf(claim.TaskSurvey)
		if task == nil {
			return t.refuse(claim.RuleTask, claim.WhySurveyGone)
		}
		who, kind := task.Owner, claim.EventSurveyDeclined
		if t.by.ID == claim.Machine {
			kind = claim.EventSurveySilent
		}
		if !slices.Contains(t.file.Passed, who) {
			t.file.Passed = append(t.file.Passed, who)
		}
		t.cancel(claim.TaskSurvey)
		t.file.Stage = claim.Dispatching
		t.event(kind, claim.SurveyorBody{Surveyor: who})
		return nil
	})
}

// Convert sends a surveyor where the claimant was to take the pictures: at the
// claimant's word, an assessor's, or because the claim left the flash lane.
func (a *Activities) Convert(ctx context.Context, s claim.Step[claim.Reason]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActConvert, func(t *tx) error {
		t.file.VisitInstead()
		t.leaveFlash(s.Body.Reason)
		t.file.Stage = claim.Dispatching
		t.clock(claim.ClockOnSite, claim.EntryStart, "")
		return nil
	})
}

// leaveFlash puts a claim into the standard lane, and says why. What a machine
// was about to assess is then an assessor's.
func (t *tx) leaveFlash(reason string) {
	if t.file.Lane != claim.Flash {
		return
	}
	t.file.Lane = claim.Standard
	t.event(claim.EventLaneChanged, claim.LaneChangedBody{From: claim.Flash, To: claim.Standard, Reason: reason})
	if t.file.Checklist != nil && t.file.Payment() == nil { // nothing is asked for once money was instructed
		t.list()
	}
	if t.file.Stage == claim.Assessing {
		t.open(claim.TaskAssess, claim.Assessor, 0, claim.Note{})
	}
}

// Survey stores the surveyor's report. Photos must be documents of the claim.
func (a *Activities) Survey(ctx context.Context, s claim.Step[claim.SurveyReport]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActSurvey, func(t *tx) error {
		r := s.Body
		missing, err := t.notPapers(r.Photos)
		if err != nil {
			return err
		}
		if missing != "" {
			return t.refuse(claim.RuleDocument, claim.WhyNoPhoto, "document", missing)
		}
		loss, err := t.q.ClaimLoss(t.ctx, t.conn, t.id)
		if err != nil {
			return fmt.Errorf("read the loss: %w", err)
		}
		row := db.InsertSurveyParams{
			Kind: "site", ArrivedAt: &r.ArrivedAt, Facts: r.Facts, FaultShareBp: r.FaultShare, EstimateFen: r.Estimate, Photos: r.Photos,
		}
		if r.Place != nil {
			row.Lat, row.Lng = &r.Place.Lat, &r.Place.Lng
			if loss.Lat != nil {
				off := r.Place.Metres(claim.Point{Lat: *loss.Lat, Lng: *loss.Lng})
				row.MetresOff = &off
			}
		}
		t.surveyed(row)
		t.learn(document.OfSurvey, "", "arrived_at", r.ArrivedAt.UTC().Format(time.RFC3339))
		t.learn(document.OfSurvey, "", "estimate_fen", strconv.FormatInt(int64(r.Estimate), 10))
		t.done(claim.TaskSurvey)
		t.did(claim.DutySurvey)
		t.clock(claim.ClockOnSite, claim.EntryStop, "survey")
		t.event(claim.EventSurveyReported, claim.SurveyReportedBody{Photos: len(r.Photos), Estimate: r.Estimate, FaultShare: r.FaultShare, MetresOff: row.MetresOff})
		t.toAssess(claim.Note{})
		return nil
	})
}

// SelfSurvey takes the claimant's own pictures for the survey, once they are
// all there and read. The machine goes on where no person needs to look.
func (a *Activities) SelfSurvey(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "self-survey", func(t *tx) error {
		photos, err := t.q.LegibleOfKind(t.ctx, t.conn, t.id, LossPhoto)
		if err != nil {
			return fmt.Errorf("read which photos there are: %w", err)
		}
		t.surveyed(db.InsertSurveyParams{Kind: "self", Facts: "", FaultShareBp: claim.Whole, EstimateFen: t.file.Claimed, Photos: photos})
		t.event(claim.EventSelfSurvey, claim.SelfSurveyBody{Photos: len(photos), Papers: t.file.Total()})
		t.toAssess(claim.Note{})
		return nil
	})
}

func (t *tx) surveyed(row db.InsertSurveyParams) {
	row.Photos = append([]string{}, row.Photos...) // the column is an array, never null
	row.ClaimID, row.ByID, row.At = t.id, t.by.ID, t.at
	t.queue(t.q.InsertSurvey(t.ctx, &t.w, row))
}

// toAssess opens the assessment: a person's, unless the claim is in the flash
// lane. The 30 days of determination run from here, for claim and papers are in.
func (t *tx) toAssess(note claim.Note) {
	t.file.Stage = claim.Assessing
	if t.file.Lane != claim.Flash {
		t.open(claim.TaskAssess, claim.Assessor, 0, note)
	}
	t.clock(claim.ClockDetermination, claim.EntryStart, "survey")
}

// notPapers returns the first id that is not a paper of the claim, or "".
func (t *tx) notPapers(ids []string) (string, error) {
	if len(ids) == 0 {
		return "", nil
	}
	if i := slices.IndexFunc(ids, func(id string) bool { return uuid.Validate(id) != nil }); i >= 0 {
		return ids[i], nil
	}
	known, err := t.q.DocumentsOfClaim(t.ctx, t.conn, t.id, ids)
	if err != nil {
		return "", fmt.Errorf("look for papers of the claim: %w", err)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return id, nil
		}
	}
	return "", nil
}
