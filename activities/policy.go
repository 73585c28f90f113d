package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// LinkPolicy names the policy of a claim: of one that was reported without a
// known policy, or with the wrong one. The holder becomes a party, the holder of
// a wrong one is none any more, and the claim with its open tasks goes to the
// policy's branch. A figure that was worked out
// under another policy is void, see [tx.voidFigure]. It refuses a policy that
// does not exist, is of another line, or was not in force at the moment of loss.
// Once an instruction was written for the bank, [claim.File.Guard] refuses any.
func (a *Activities) LinkPolicy(ctx context.Context, s claim.Step[claim.LinkPolicy]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActLinkPolicy, func(t *tx) error {
		loss, err := t.q.ClaimLoss(t.ctx, t.conn, t.id)
		if err != nil {
			return fmt.Errorf("read the loss: %w", err)
		}
		policy, err := t.policy(s.Body.PolicyNo, t.file.Line, loss.LossAt)
		if err != nil {
			return err
		}
		switch {
		case policy.id == nil:
			return t.refuse(claim.RulePolicyUnknown, claim.WhyPolicyUnknown, "line", string(t.file.Line), "policy", s.Body.PolicyNo)
		case !policy.inForce:
			return t.refuse(claim.RulePolicyUnknown, claim.WhyPolicyNotInForce, "policy", s.Body.PolicyNo, "at", loss.LossAt.In(claim.Shanghai).Format(time.DateTime))
		}
		t.did(claim.DutyLinkPolicy)
		return t.link(policy, loss)
	})
}

// alsoReported looks for another claim of the loss, which the number of the
// policy or the plate of its car shows only now.
func (t *tx) alsoReported(policy policyAt, of db.ClaimLossRow) error {
	l := loss{line: t.file.Line, policy: policy.number, plates: plates(of.Plate, policy.plate), when: of.LossAt}
	if of.Lat != nil && of.Lng != nil {
		l.where = &claim.Point{Lat: *of.Lat, Lng: *of.Lng}
	}
	same, err := t.sameLoss(l)
	if err != nil {
		return err
	}
	t.file.Before = "" // what a wrong policy showed is gone with it
	if len(same) > 0 {
		t.file.Before = same[0].Number
	}
	return nil
}

// link makes a policy the claim's: its holder is a party, its branch has the
// claim, and what rested on another policy is void.
func (t *tx) link(policy policyAt, loss db.ClaimLossRow) error {
	if err := t.alsoReported(policy, loss); err != nil {
		return err
	}
	left, err := t.holder(policy.holder())
	if err != nil {
		return err
	}
	if err := t.moveTo(policy.branch); err != nil {
		return err
	}
	if err := t.reporterOf(policy); err != nil {
		return err
	}
	t.queue(t.q.LinkPolicy(t.ctx, &t.w, db.LinkPolicyParams{
		ID: t.id, PolicyNo: policy.number, PolicyID: policy.id, PolicyVersion: policy.version, Relation: t.file.Reporter,
	}))
	t.file.PolicyVerified = true
	t.done(claim.TaskPolicy)
	t.learn(document.OfPolicy, "", "number", policy.number)
	t.learn(document.OfPolicy, "", "plate", policy.plate)
	t.learn(document.OfPolicy, "", "vin", policy.vin)
	t.learn(document.OfPolicy, "", "holder", policy.persons.Holder.Name)
	t.learn(document.OfPolicy, "", "insured", policy.persons.Insured.Name)
	event := claim.PolicyLinkedBody{Policy: *policy.id, Version: *policy.version, Left: left}
	if before := deref(loss.PolicyID); before != *policy.id {
		event.Before = before
	}
	t.event(claim.EventPolicyLinked, event)
	if deref(loss.PolicyID) == *policy.id && loss.PolicyVersion != nil && *loss.PolicyVersion == *policy.version {
		return nil // nothing rests on another one
	}
	return t.voidFigure(otherPolicy)
}

// reporterOf finds what the claimant is to a policy that is linked, and tells
// its holder of the report. Where the claimant is not in it, another who
// reported the loss may be: see [tx.handOver].
func (t *tx) reporterOf(policy policyAt) error {
	parties, err := t.claimParties()
	if err != nil {
		return fmt.Errorf("read parties: %w", err)
	}
	var reporters []reporter
	for _, p := range parties {
		if p.Principal != "" {
			reporters = append(reporters, reporter{party: int(p.Number), principal: claim.Principal(p.Principal), phone: p.Phone})
		}
	}
	phone := parties[0].Phone // whose report opened the claim, unless it has come to another
	if i := slices.IndexFunc(reporters, func(r reporter) bool { return r.principal == t.file.Claimant }); i >= 0 {
		phone = reporters[i].phone
	}
	if t.file.Reporter, err = t.relation(policy.persons, t.file.Claimant, phone); err != nil {
		return err
	}
	if err := t.handOver(policy.persons, reporters...); err != nil {
		return err
	}
	return t.reportedOn(*policy.id, policy.number, policy.persons.Holder.Phone, parties[0].Phone)
}

// holder makes the holder of a policy a party, who may not be one yet, and takes
// off those who are one only because they held a policy that the claim had: they
// have nothing to do with the loss, and see and hear no more of it (Personal
// Information Protection Law art. 6, 47). It returns the numbers of those. What
// the step knows of the parties is as it leaves them.
func (t *tx) holder(holder claim.Party) (left []int32, err error) {
	known, err := t.facts(everything)
	if err != nil {
		return nil, err
	}
	parties, err := t.claimParties()
	if err != nil {
		return nil, err
	}
	next := int(parties[len(parties)-1].Number) + 1 // no number is used twice
	if left, err = t.q.FormerHolders(t.ctx, t.conn, t.id, holder.Phone); err != nil {
		return nil, fmt.Errorf("read who held another policy: %w", err)
	}
	if len(left) > 0 {
		t.queue(t.q.DeleteParties(t.ctx, &t.w, t.id, left))
		known.Parties = slices.DeleteFunc(known.Parties, func(p db.ClaimPartiesRow) bool { return slices.Contains(left, p.Number) })
	}
	if !slices.ContainsFunc(known.Parties, func(p db.ClaimPartiesRow) bool {
		return p.Phone == holder.Phone && p.Role != claim.PartyThird && (p.Principal == "" || p.Principal == string(t.file.Claimant) && t.file.Claimant.IsClaimant())
	}) {
		t.party(next, holder, "")
	}
	return left, nil
}

// moveTo puts the claim and its open tasks into a branch. An owner of another
// branch does not see the claim any more, so their task is free again. A survey
// stays with its surveyor: surveyors see the claims that they are sent to.
func (t *tx) moveTo(branch string) error {
	if branch == t.file.Branch {
		return nil
	}
	var owners []string
	for _, task := range t.file.Tasks {
		if task.Owner != "" {
			owners = append(owners, string(task.Owner))
		}
	}
	stay, err := t.q.StaffSeeingBranch(t.ctx, t.conn, owners, branch)
	if err != nil {
		return fmt.Errorf("read whose tasks they are: %w", err)
	}
	t.file.Branch = branch
	t.queue(t.q.SetTaskBranch(t.ctx, &t.w, t.id, branch))
	for i := range t.file.Tasks {
		task := &t.file.Tasks[i]
		task.Branch = branch
		if task.Owner != "" && task.Kind != claim.TaskSurvey && !slices.Contains(stay, task.Owner) {
			task.Owner = ""
			t.queue(t.q.OwnTask(t.ctx, &t.w, task.ID, nil))
		}
	}
	return nil
}

// decided are the stages that rest on a figure.
var decided = []claim.Stage{claim.Negotiating, claim.Reviewing, claim.DenialReview, claim.Determined, claim.Agreed}

// void is why a figure does not stand any more.
type void struct {
	reason string
	task   claim.NoteCode
	told   claim.SMS
}

var (
	otherPolicy = void{"policy.linked", claim.NotePolicyChanged, claim.SMSVoidedPolicy}
	otherPaper  = void{"paper.corrected", claim.NotePaperCorrected, claim.SMSVoidedPaper}
	newClaimant = void{"claimant.in-policy", claim.NoteClaimantChanged, claim.SMSVoidedClaimant}
)

// voidFigure voids the assessment in force and what rests on it: the offer with
// its answer, the review, a proposed denial, the agreement. An assessor puts
// figures to the losses anew, and the claimant is told. Their rows stay: none of
// them can be acted on, since each later one has a number of its own.
func (t *tx) voidFigure(why void) error {
	if t.file.Assessment == 0 || t.file.Payable == 0 && !slices.Contains(decided, t.file.Stage) {
		return nil
	}
	t.event(claim.EventAssessmentVoided, claim.AssessmentVoidedBody{
		Version: t.file.Assessment, Offer: t.file.Offer, Stage: t.file.Stage, Amount: t.file.Payable, Reason: why.reason,
	})
	t.file.Payable = 0
	for i := range t.file.Exposures {
		t.file.Exposures[i].Payable = 0
	}
	t.leaveFlash(why.reason)
	if !slices.Contains(decided, t.file.Stage) {
		return nil // it is being surveyed or assessed again
	}
	for _, kind := range []claim.TaskKind{claim.TaskReview, claim.TaskDenial, claim.TaskRelease} {
		t.cancel(kind)
	}
	if last := t.file.Payment(); last != nil { // of which no money went: what is agreed next is another instruction
		last.Void = true
	}
	ledger, err := t.ledger()
	if err != nil {
		return err
	}
	for _, clock := range running(ledger) {
		if clock == claim.ClockReview || clock == claim.ClockPayment {
			t.clock(clock, claim.EntryStop, why.reason)
		}
	}
	t.toAssess(claim.Noted(why.task))
	t.tellClaimant(why.told, nil)
	return nil
}
