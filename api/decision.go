package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

const (
	// farOff is from how many metres on a survey was made somewhere else.
	farOff = 1000
	// sinceShown is how many events are shown to whoever looks again.
	sinceShown = 50
	// earlierShown is how many other claims of the policy are shown.
	earlierShown = 20
	// soonAgain is within how many days before a loss another of the same policy
	// is worth a look.
	soonAgain = 365
)

// GetDecision implements [rest.StrictServerInterface]: all that a verdict
// rests on, read at one moment.
func (s *reads) GetDecision(ctx context.Context, r rest.GetDecisionRequestObject) (rest.GetDecisionResponseObject, error) {
	now := time.Now()
	rules, err := s.rules(ctx, now)
	if err != nil {
		return nil, err
	}
	var out rest.Decision
	err = pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		task, err := s.q.TaskByID(ctx, tx, r.Task)
		if err != nil {
			return contract.RowError("task", err)
		}
		if task.Kind != claim.TaskReview && task.Kind != claim.TaskDenial {
			return &contract.Fault{Kind: contract.KindNotFound, Detail: "This task is no review: nothing is decided on it."}
		}
		row, err := s.q.ClaimDetail(ctx, tx, access.ClaimOf(ctx).ID)
		if err != nil {
			return contract.RowError("claim", err)
		}
		d := deciding{look: look{s: s, tx: tx, who: access.CallerOf(ctx), view: viewMasked, row: row}, task: task}
		if err := json.Unmarshal(row.File, &d.file); err != nil {
			return fmt.Errorf("file of claim %s: %w", row.ID, err)
		}
		out, err = d.decision(ctx, rules)
		return err
	})
	if err != nil {
		return nil, err
	}
	tag, same, err := contract.Tag(out, r.Params.IfNoneMatch)
	if err != nil || same {
		return rest.GetDecision304Response{}, err
	}
	return rest.GetDecision200JSONResponse{Body: out, Headers: rest.GetDecision200ResponseHeaders{ETag: tag}}, nil
}

// deciding is one reading of a claim for a verdict.
type deciding struct {
	look
	task db.TaskByIDRow
}

func (d *deciding) decision(ctx context.Context, rules inForce) (out rest.Decision, err error) {
	out = rest.Decision{
		Task: shownTask(d.task, d.who), ClaimedFen: d.row.ClaimedFen, PayableFen: d.row.PayableFen,
		Lines: []rest.StatementLine{}, People: []rest.Deed{}, Reviews: []rest.Review{}, Said: []rest.OfferAnswer{},
		Earlier: []rest.ClaimSummary{}, Since: []rest.Event{}, Flags: []rest.Flag{},
	}
	if out.Authority, err = d.authority(rules.authority); err != nil {
		return out, err
	}
	for _, part := range []func(context.Context, *rest.Decision) error{d.statement, d.opinions, d.earlier, d.since, d.flags} {
		if err := part(ctx, &out); err != nil {
			return out, err
		}
	}
	out.Due, err = d.due(ctx, rules.calendar)
	return out, err
}

// authority holds the amount against the table in force, as the step that
// takes the verdict will.
func (d *deciding) authority(table claim.Authority) (rest.DecisionAuthority, error) {
	f, denial := &d.file, d.task.Kind == claim.TaskDenial
	out := rest.DecisionAuthority{Version: table.Version, AmountFen: f.Payable, RequiredLevel: f.Required, YourLevel: d.who.Level, Rows: []rest.AuthorityRow{}}
	if denial {
		out.AmountFen, out.RequiredLevel = max(f.Claimed, f.Payable), d.task.Level
	}
	needed, err := table.Required(f.Line, out.AmountFen)
	if err != nil {
		return out, fmt.Errorf("authority of claim %s: %w", f.ID, err)
	}
	if d.who.Role == claim.Reviewer {
		limit, ok := table.Limit(f.Line, d.who.Level)
		if out.Unlimited = ok && limit == claim.Unlimited; ok && !out.Unlimited {
			out.YourLimitFen = limit
		}
		out.Within = ok && d.who.Level >= out.RequiredLevel && (denial || out.AmountFen <= limit)
	}
	for level := claim.Level(1); ; level++ {
		limit, ok := table.Limit(f.Line, level)
		if !ok {
			break
		}
		row := rest.AuthorityRow{Rule: rest.AuthorityRowRuleLevelLimit, Level: level, Matched: level == needed, Unlimited: limit == claim.Unlimited}
		row.TextZh, row.TextEn = fmt.Sprintf("%d 级核赔人：金额不限", level), fmt.Sprintf("Level %d: any amount.", level)
		if !row.Unlimited {
			row.LimitFen = limit
			row.TextZh, row.TextEn = fmt.Sprintf("%d 级核赔人：不超过 %s", level, limit), fmt.Sprintf("Level %d: up to %s.", level, limit)
		}
		out.Rows = append(out.Rows, row)
	}
	beside := func(rule rest.AuthorityRowRule, matched bool, zh, en string) {
		out.Rows = append(out.Rows, rest.AuthorityRow{Rule: rule, Matched: matched, TextZh: zh, TextEn: en})
	}
	beside(rest.AuthorityRowRuleLargeLane, f.Lane == claim.Large && !denial && needed < 2, "大案至少两级核赔", "A large loss is reviewed at two levels or more.")
	if denial {
		beside(rest.AuthorityRowRuleDenial, true, "拒赔由高一级的另一位核赔人审批", "A denial takes another reviewer, one level above what the amount needs.")
	}
	two := fmt.Sprint(table.TwoPersonRelease)
	beside(rest.AuthorityRowRuleTwoPersonRelease, !denial && table.NeedsTwo(out.AmountFen), "放款超过 "+two+" 须两人", "A release above "+two+" takes two people.")
	return out, nil
}

// statement is the settlement statement in force.
func (d *deciding) statement(ctx context.Context, out *rest.Decision) error {
	made, err := d.s.q.AssessmentInForce(ctx, d.tx, d.row.ID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("read the assessment: %w", err)
	}
	out.Assessment = int(made.Version)
	lines, err := d.s.q.AssessmentLines(ctx, d.tx, d.row.ID, []int32{made.Version})
	if err != nil {
		return fmt.Errorf("read the settlement statement: %w", err)
	}
	for _, l := range lines {
		out.Lines = append(out.Lines, shownLine(l))
	}
	if out.Witnesses, err = witnesses(access.CallerOf(ctx), made.Witnesses); err != nil {
		return fmt.Errorf("read what the assessment rests on: %w", err)
	}
	return nil
}

// opinions are who did what, what reviewers wrote, and what the claimant said.
func (d *deciding) opinions(ctx context.Context, out *rest.Decision) error {
	reviews, err := d.s.q.ListReviews(ctx, d.tx, d.row.ID, time.Unix(0, 0), "00000000-0000-0000-0000-000000000000", 200)
	if err != nil {
		return fmt.Errorf("read reviews: %w", err)
	}
	answers, err := d.s.q.AllOfferAnswers(ctx, d.tx, d.row.ID)
	if err != nil {
		return fmt.Errorf("read answers to offers: %w", err)
	}
	var ids []claim.Principal
	for _, v := range reviews {
		ids = append(ids, v.ByID)
	}
	for _, a := range answers {
		ids = append(ids, a.ByID)
	}
	for _, act := range d.file.Deeds {
		ids = append(ids, act.By)
	}
	who, err := d.s.access.ActorsOf(ctx, d.tx, d.row.ID, d.who, ids)
	if err != nil {
		return err
	}
	for _, v := range reviews {
		out.Reviews = append(out.Reviews, shownReview(v, who))
	}
	for _, a := range answers {
		out.Said = append(out.Said, shownAnswer(db.OfferAnswersRow(a), who))
	}
	for _, act := range d.file.Deeds {
		out.People = append(out.People, rest.Deed{Duty: string(act.Duty), By: who.Actor(act.By), Level: act.Level, At: act.At.UTC()})
	}
	return nil
}

// earlier are the other claims of the policy, those that the caller may see.
func (d *deciding) earlier(ctx context.Context, out *rest.Decision) error {
	if d.row.PolicyNo == "" {
		return nil
	}
	from, to := span(time.Time{}, time.Time{})
	rows, err := d.s.claimRows(ctx, d.who, db.ListClaimsOfBranchParams{
		PolicyNo: d.row.PolicyNo, OpenedFrom: from, OpenedTo: to, BeforeAt: contract.EndOfTime, BeforeID: contract.LastUUID, Count: earlierShown + 1,
	})
	if err != nil {
		return fmt.Errorf("list claims of the policy: %w", err)
	}
	rows = slices.DeleteFunc(rows, func(c db.ListClaimsOfRow) bool { return c.ID == d.row.ID })
	for _, c := range rows[:min(len(rows), earlierShown)] {
		out.Earlier = append(out.Earlier, shownSummary(c, d.who))
	}
	return nil
}

// since is what happened after the caller last looked.
func (d *deciding) since(ctx context.Context, out *rest.Decision) (err error) {
	if out.LastEvent, err = d.s.q.LastEvent(ctx, d.tx, d.row.ID); err != nil {
		return fmt.Errorf("read the last event: %w", err)
	}
	out.Seen, err = d.s.q.SeenUntil(ctx, d.tx, d.who.ID, d.row.ID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("read what was seen: %w", err)
	}
	out.Since, err = d.s.events(ctx, d.tx, d.who, access.ClaimOf(ctx), out.Seen, sinceShown)
	return err
}

// flags are what a reviewer should not overlook. Each rests on something that
// is on record.
func (d *deciding) flags(ctx context.Context, out *rest.Decision) error {
	raise := func(rule, zh, en string) {
		out.Flags = append(out.Flags, rest.Flag{Rule: rule, TextZh: zh, TextEn: en})
	}
	if !d.file.PolicyVerified {
		raise("policy.unverified", "保单未核实，核实前不能付款", "The policy is not verified; no money moves until it is.")
	}
	if d.file.Injury {
		raise("loss.injury", "报案称有人受伤", "The report says that somebody was hurt.")
	}
	if err := d.laneFlags(ctx, raise); err != nil {
		return err
	}
	far, err := d.s.q.SurveysFarOff(ctx, d.tx, d.row.ID, farOff)
	if err != nil {
		return fmt.Errorf("read surveys: %w", err)
	}
	for _, v := range far {
		raise("survey.far-off", fmt.Sprintf("第 %d 次查勘地点距报案地点 %d 米", v.Round, *v.MetresOff), fmt.Sprintf("Survey %d was made %d m from the reported place.", v.Round, *v.MetresOff))
	}
	found, err := d.s.q.FindingsRaised(ctx, d.tx, d.row.ID)
	if err != nil {
		return fmt.Errorf("read findings: %w", err)
	}
	for _, f := range found {
		raise(f.Rule, f.TextZh, f.TextEn)
	}
	if n := d.file.In(claim.PaperUnsure); n > 0 {
		raise("paper.unsure", fmt.Sprintf("%d 份材料识别存疑，尚未核对", n), fmt.Sprintf("Papers that nobody has confirmed yet: %d.", n))
	}
	if n := d.file.In(claim.PaperUnreadable); n > 0 {
		raise("paper.unreadable", fmt.Sprintf("%d 份材料无法读取", n), fmt.Sprintf("Papers that cannot be read: %d.", n))
	}
	for _, said := range out.Said {
		if said.Answer == rest.Objected {
			raise("offer.objected", "客户曾对定损金额提出异议："+said.Reason, "The claimant objected to a figure: "+said.Reason)
		}
	}
	recent := 0
	for _, c := range out.Earlier {
		if apart := d.row.LossAt.Sub(c.LossAt).Abs(); apart < soonAgain*24*time.Hour && c.Outcome != claim.OutcomeWithdrawn && c.Outcome != claim.OutcomeJoined {
			recent++
		}
	}
	if recent > 0 {
		raise("policy.earlier-claims", fmt.Sprintf("同一保单一年内另有 %d 起赔案", recent), fmt.Sprintf("Other claims of the policy within a year: %d.", recent))
	}
	return nil
}

// laneFlags say why the claim is large, or why it left the flash lane.
func (d *deciding) laneFlags(ctx context.Context, raise func(rule, zh, en string)) error {
	events, err := d.s.q.LaneEvents(ctx, d.tx, d.row.ID)
	if err != nil {
		return fmt.Errorf("read why the lane is %s: %w", d.row.Lane, err)
	}
	for _, e := range events {
		if e.Kind == claim.EventLaneChanged {
			told := tell(e.Kind, e.Body, nil)
			raise(string(e.Kind), told.TextZh, told.TextEn)
			continue
		}
		var body claim.LaneSetBody
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return fmt.Errorf("event %d: %w", e.Number, err)
		}
		for _, reason := range body.Rules {
			if body.Lane == claim.Large && reason.Matched && strings.HasPrefix(reason.Rule, "large.") { // the others only say what is no bar to flash
				raise(reason.Rule, reason.ZH, reason.EN)
			}
		}
	}
	return nil
}

// MarkSeen implements [rest.StrictServerInterface]. Who looks at an older page
// later does not forget what they have seen; nobody sees ahead of the claim.
func (s *reads) MarkSeen(ctx context.Context, r rest.MarkSeenRequestObject) (rest.MarkSeenResponseObject, error) {
	id := access.ClaimOf(ctx).ID
	last, err := s.q.LastEvent(ctx, s.db, id)
	if err != nil {
		return nil, contract.RowError("claim", err)
	}
	if r.Body.Event > last {
		return nil, contract.Invalid(rest.FieldError{Pointer: "/event", Detail: fmt.Sprintf("The newest event of the claim is %d.", last)})
	}
	event, err := s.q.MarkSeen(ctx, s.db, access.CallerOf(ctx).ID, id, r.Body.Event)
	if err != nil {
		return nil, fmt.Errorf("keep what was seen: %w", err)
	}
	return rest.MarkSeen200JSONResponse{Event: event}, nil
}
