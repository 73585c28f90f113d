package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"anpei/claim"
	"anpei/schemas/db"
)

// Consent notes the claimant's yes to the offered figure, subject to review,
// and opens the review at the lowest level. What a reviewer has to have before
// them is there then: it is refused while a paper that the claim needs is
// neither there nor waived.
func (a *Activities) Consent(ctx context.Context, s claim.Step[claim.Consent]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActConsent, func(t *tx) error {
		if s.Body.Offer != t.file.Offer {
			return t.superseded(s.Body.Offer)
		}
		t.answerOffer("consented", "", 0)
		t.event(claim.EventOfferConsented, claim.OfferBody{Offer: t.file.Offer, Amount: t.file.Payable})
		return t.toReview(claim.Note{})
	})
}

func (t *tx) superseded(offer int) error {
	return t.refuse(claim.RuleOffer, claim.WhyOfferSuperseded, "offer", strconv.Itoa(offer), "now", strconv.Itoa(t.file.Offer))
}

func (t *tx) answerOffer(answer, reason string, counter claim.Fen) {
	t.queue(t.q.InsertOfferAnswer(t.ctx, &t.w, db.InsertOfferAnswerParams{
		ClaimID: t.id, Offer: int32(t.file.Offer), Answer: answer, ByID: t.by.ID, Reason: reason, CounterFen: counter, At: t.at, //nolint:gosec // offers are few
	}))
}

// toReview opens the review at the lowest level. note is what the reviewer
// ought to know of how it came.
func (t *tx) toReview(note claim.Note) error {
	rules, err := t.rules()
	if err != nil {
		return err
	}
	required, err := rules.authority.Required(t.file.Line, t.file.Payable)
	if err != nil {
		return broken("authority %s: %w", rules.authority.Version, err)
	}
	if t.file.Lane == claim.Large {
		required = max(required, 2) // a large loss is never determined by one pair of eyes
	}
	t.file.Stage, t.file.Required = claim.Reviewing, required
	t.file.Level = 1
	t.open(claim.TaskReview, claim.Reviewer, 1, note)
	t.clock(claim.ClockReview, claim.EntryStart, "consent")
	return nil
}

// Object notes the claimant's no, with the reason and perhaps another figure:
// the assessor looks again.
func (a *Activities) Object(ctx context.Context, s claim.Step[claim.Objection]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActObject, func(t *tx) error {
		if s.Body.Offer != t.file.Offer {
			return t.superseded(s.Body.Offer)
		}
		t.answerOffer("objected", s.Body.Reason, s.Body.Counter)
		t.leaveFlash("offer.objected")
		t.event(claim.EventOfferObjected, claim.ObjectedBody{Offer: t.file.Offer, Counter: s.Body.Counter})
		t.toAssess(claim.Words(s.Body.Reason))
		return nil
	})
}

// Review takes a reviewer's verdict. Approving above one's limit is kept as a
// recommendation: the task goes up and the attempt is logged. The limit counts
// the whole claim. Nothing is approved while a paper that the claim needs is
// neither there nor waived. Idempotent by key; runs as an ordinary activity, since a
// person decides.
func (a *Activities) Review(ctx context.Context, s claim.Step[claim.Verdict]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActReview, func(t *tx) error {
		rules, err := t.rules()
		if err != nil {
			return err
		}
		v := s.Body
		switch v.Kind {
		case claim.VerdictApprove:
			if lacking := t.file.Lacking(); len(lacking) > 0 {
				return t.refuse(claim.RulePapersMissing, claim.WhyLacksForApproval, claim.NamesOf(lacking)...)
			}
			limit, ok := rules.authority.Limit(t.file.Line, t.by.Level)
			if !ok || t.file.Payable > limit || t.by.Level < t.file.Required {
				return t.recommend(v, rules.authority, limit)
			}
			return t.determine(v, rules.authority.Version)
		case claim.VerdictSendUp:
			return t.sendUp(v, claim.EventReviewSentUp, "sent_up", rules.authority.Version)
		case claim.VerdictReturn:
			return t.sendBack(v, rules.authority.Version)
		case claim.VerdictDeny:
			return t.proposeDenial(v, rules.authority)
		default:
			return t.refuse(claim.RuleInput, claim.WhyNoVerdict, "verdict", string(v.Kind))
		}
	})
}

// opinion appends a verdict with what became of it.
func (t *tx) opinion(v claim.Verdict, result, version string) {
	t.queue(t.q.InsertReview(t.ctx, &t.w, db.InsertReviewParams{
		ID: t.uuid("review"), ClaimID: t.id, TaskID: &v.Task, Level: t.file.Level, Required: int32(t.file.Required), //nolint:gosec // one digit
		ByID: t.by.ID, Verdict: v.Kind, Result: result, AmountFen: t.file.Payable, AuthorityVersion: version,
		Opinion: v.Opinion, ReturnTo: string(v.ReturnTo), Question: v.Question, At: t.at,
	}))
	t.did(claim.DutyReview)
}

func (t *tx) recommend(v claim.Verdict, table claim.Authority, limit claim.Fen) error {
	refusal := claim.Refuse(claim.RuleLimit, claim.WhyRecommended,
		"amount", t.file.Payable.String(), "needed", strconv.Itoa(int(t.file.Required)), "level", strconv.Itoa(int(t.by.Level)),
		"limit", limit.String(), "next", strconv.Itoa(int(t.file.Level)+1))
	t.attempt(*refusal)
	t.receipt.Result, t.receipt.Refusal = claim.Recommended, refusal
	return t.sendUp(v, claim.EventReviewRecommended, "recommended", table.Version)
}

func (t *tx) sendUp(v claim.Verdict, kind claim.EventKind, result, version string) error {
	next := t.file.Level + 1
	if next > t.file.Required && kind == claim.EventReviewSentUp {
		t.file.Required = next // somebody wants a higher eye than the amount needs
	}
	if _, ok := t.highest(next); !ok {
		return t.refuse(claim.RuleLimit, claim.WhyHighestLevel)
	}
	t.opinion(v, result, version)
	t.done(claim.TaskReview)
	t.event(kind, claim.SentUpBody{Level: t.file.Level, To: next, Amount: t.file.Payable, Authority: version})
	t.file.Level = next
	t.open(claim.TaskReview, claim.Reviewer, next, claim.Note{})
	return nil
}

// highest returns the limit of a level, and whether the level exists.
func (t *tx) highest(level claim.Level) (claim.Fen, bool) {
	rules, err := t.rules()
	if err != nil {
		t.queue(err)
		return 0, false
	}
	return rules.authority.Limit(t.file.Line, level)
}

func (t *tx) determine(v claim.Verdict, version string) error {
	t.opinion(v, "determined", version)
	t.done(claim.TaskReview)
	t.file.Stage = claim.Determined
	t.clock(claim.ClockReview, claim.EntryStop, "review")
	t.clock(claim.ClockDetermination, claim.EntryStop, "review")
	t.event(claim.EventReviewApproved, claim.ReviewApprovedBody{Level: t.by.Level, Required: t.file.Required, Amount: t.file.Payable, Authority: version})
	t.tellClaimant(claim.SMSDetermined, claim.Values{"amount": t.file.Payable})
	return nil
}

// sendBack returns the claim to a named step with a question; earlier work is
// kept.
func (t *tx) sendBack(v claim.Verdict, version string) error {
	if v.Question == "" {
		return t.refuse(claim.RuleInput, claim.WhyNoQuestion)
	}
	to := v.ReturnTo
	if to != claim.Surveying && to != claim.Assessing && to != claim.Negotiating {
		return t.refuse(claim.RuleInput, claim.WhyNoReturn, "to", string(to))
	}
	t.opinion(v, "returned", version)
	t.done(claim.TaskReview)
	t.clock(claim.ClockReview, claim.EntryStop, "returned")
	t.event(claim.EventReviewReturned, claim.ReviewReturnedBody{Level: t.file.Level, To: to})
	switch to {
	case claim.Negotiating: // the same figure, offered and explained again
		t.offer()
	case claim.Surveying: // a second survey, by somebody else
		t.file.Passed = nil
		for _, act := range t.file.Deeds {
			if act.Duty == claim.DutySurvey {
				t.file.Passed = append(t.file.Passed, act.By)
			}
		}
		t.file.Stage = claim.Dispatching
		t.clock(claim.ClockOnSite, claim.EntryStart, "returned")
	default:
		t.toAssess(claim.Words(v.Question))
	}
	return nil
}

func (t *tx) proposeDenial(v claim.Verdict, table claim.Authority) error {
	d := v.Denial
	switch {
	case !claim.MayDeny(t.by.Role) || t.by.ID == claim.Machine:
		return t.refuse(claim.RuleDenialMachine, claim.WhyDenialByPerson)
	case d == nil || d.Clause == "" || d.Facts == "" || d.Reasons == "":
		return t.refuse(claim.RuleInput, claim.WhyDenialIncomplete)
	}
	missing, err := t.notPapers(d.Evidence)
	if err != nil {
		return err
	}
	if missing != "" {
		return t.refuse(claim.RuleDocument, claim.WhyNoEvidence, "document", missing)
	}
	level, err := table.RequiredForDenial(t.file.Line, max(t.file.Claimed, t.file.Payable))
	if err != nil {
		return broken("authority %s: %w", table.Version, err)
	}
	round, err := t.denialRound()
	if err != nil {
		return err
	}
	t.opinion(v, "denial_proposed", table.Version)
	stated := t.file.Stated()
	papers, err := json.Marshal(stated)
	t.queue(err)
	t.queue(t.q.InsertDenial(t.ctx, &t.w, db.InsertDenialParams{
		ClaimID: t.id, Round: round + 1, ProposedBy: string(t.by.ID), Clause: d.Clause, Facts: d.Facts, Reasons: d.Reasons,
		Evidence: append([]string{}, d.Evidence...), Papers: papers, At: t.at,
	}))
	t.done(claim.TaskReview)
	t.did(claim.DutyProposeDenial)
	t.event(claim.EventDenialProposed, claim.DenialProposedBody{Clause: d.Clause, Evidence: d.Evidence, Papers: stated, Level: level})
	t.file.Stage = claim.DenialReview
	t.open(claim.TaskDenial, claim.Reviewer, level, claim.Note{})
	return nil
}

func (t *tx) denialRound() (int32, error) {
	round, err := t.q.DenialRound(t.ctx, t.conn, t.id)
	if err != nil {
		return 0, fmt.Errorf("read the denials: %w", err)
	}
	return round, nil
}

// DecideDenial takes the second person's word on a proposed denial. Approved,
// the notice is due in three days (Insurance Law art. 24); rejected, the
// review goes on.
func (a *Activities) DecideDenial(ctx context.Context, s claim.Step[claim.DenialVerdict]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActDecideDenial, func(t *tx) error {
		round, err := t.denialRound()
		if err != nil {
			return err
		}
		t.queue(t.q.InsertDenialVerdict(t.ctx, &t.w, db.InsertDenialVerdictParams{
			ClaimID: t.id, Round: round, ByID: t.by.ID, Approved: s.Body.Approve, Opinion: s.Body.Opinion, At: t.at,
		}))
		t.done(claim.TaskDenial)
		if !s.Body.Approve {
			t.did(claim.DutyReview)
			t.event(claim.EventDenialRejected, claim.DenialBody{Round: round})
			t.file.Stage = claim.Reviewing
			t.open(claim.TaskReview, claim.Reviewer, t.file.Level, claim.Words(s.Body.Opinion))
			return nil
		}
		t.did(claim.DutyApproveDenial)
		t.file.Stage, t.file.Payable = claim.Denied, 0
		t.clock(claim.ClockReview, claim.EntryStop, "denial")
		t.clock(claim.ClockDetermination, claim.EntryStop, "denial")
		t.clock(claim.ClockDenialNotice, claim.EntryStart, "denial")
		t.event(claim.EventDenialApproved, claim.DenialBody{Round: round})
		return nil
	})
}
