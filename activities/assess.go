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

	"anpei/claim"
	"anpei/claim/indemnity"
	"anpei/schemas/db"
)

// Coverage is one cover of a policy version, as administrators keep it.
type Coverage struct {
	Kind       claim.ExposureKind `json:"kind"`
	Form       string             `json:"form"` // an [indemnity.Form]
	SumInsured claim.Fen          `json:"sum_insured_fen"`
	Value      claim.Fen          `json:"value_fen"` // actual or insurable value, unless the assessor finds another
	Deductible claim.Fen          `json:"deductible_fen"`
	Rate       claim.BP           `json:"rate_bp"` // agreed deductible rate
	Limit      claim.Fen          `json:"limit_fen"`
}

// Assess works out what is payable for the assessor's figures, line by line,
// keeps it as a new version and offers it. Figures that the calculation cannot
// use are refused, each named.
func (a *Activities) Assess(ctx context.Context, s claim.Step[claim.Assessment]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActAssess, func(t *tx) error {
		cited := map[string]string{}
		for _, o := range s.Body.Objects {
			for _, item := range o.Items {
				if item.Document != "" {
					cited[item.Document] = item.Name
				}
			}
		}
		missing, err := t.notPapers(slices.Sorted(maps.Keys(cited)))
		if err != nil {
			return err
		}
		if missing != "" {
			return t.refuse(claim.RuleDocument, claim.WhyNoItemProof, "item", cited[missing], "document", missing)
		}
		t.did(claim.DutyAssess)
		t.done(claim.TaskAssess)
		return t.assess(s.Body, []claim.Witness{{Kind: claim.WitnessOutside, By: claim.ByPerson, Person: t.by.ID}})
	})
}

// AssessBySelf is the flash lane's assessment: the total that a paper proves,
// for the one exposure that the claim has. Where the papers do not carry it, no
// witness from outside speaks for it, or it exceeds the machine's limit, a
// person assesses.
func (a *Activities) AssessBySelf(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "assess-by-self", func(t *tx) error {
		known, err := t.facts(everything)
		if err != nil {
			return err
		}
		proven := t.proven(known)
		// Once more: what another claim has brought meanwhile was not known
		// when the papers came.
		if err := t.crossCheck(); err != nil || t.file.Lane != claim.Flash {
			return err
		}
		rules, err := t.rules()
		if err != nil {
			return err
		}
		reporter, err := t.reporterNow()
		if err != nil {
			return err
		}
		reason := ""
		switch {
		case reporter == claim.Stranger:
			reason = "flash.reporter"
		case proven.document == "":
			reason = "paper.no-proven-total"
		case proven.several:
			reason = "paper.several-totals"
		case !claim.TrueForMachine(proven.witnesses):
			reason = "paper.no-outside-witness"
		case len(t.file.Exposures) != 1:
			reason = "exposure.several"
		case !rules.authority.MachineMay(t.file.Line, t.file.Lane, proven.total):
			reason = "authority.machine-limit"
		}
		if reason != "" {
			t.leaveFlash(reason)
			return nil
		}
		if err := t.assess(claim.Assessment{Objects: []claim.Assessed{{
			Exposure: 1, FaultShare: claim.Whole,
			Items: []claim.AssessedItem{{Name: "合计 total", Kind: "part", Amount: proven.total, Document: proven.document}},
		}}}, proven.witnesses); err != nil || t.receipt.Refusal == nil {
			return err
		}
		// What the calculation does not take from the machine, a person looks at.
		t.receipt = claim.Receipt{}
		t.leaveFlash("assessment.by_person")
		return nil
	})
}

// assess appends the next assessment with its settlement statement, and offers
// what comes out. witnesses are what its amounts rest on.
func (t *tx) assess(in claim.Assessment, witnesses []claim.Witness) error {
	covers, loss, err := t.covers()
	if err != nil {
		return err
	}
	shared, err := t.sharedSubLimit(in, loss)
	if err != nil {
		return t.refuseInWords(err.Error())
	}
	var lines []db.InsertAssessmentLineParams
	var payable claim.Fen
	version := t.file.Assessment + 1
	for i := range t.file.Exposures {
		t.file.Exposures[i].Payable = 0 // what is left out counts nothing, whatever an earlier assessment said
	}
	assessed := map[int]bool{}
	for _, o := range in.Objects {
		if o.Exposure < 1 || o.Exposure > len(t.file.Exposures) {
			return t.refuse(claim.RuleInput, claim.WhyNoExposure, "exposure", strconv.Itoa(o.Exposure), "of", strconv.Itoa(len(t.file.Exposures)))
		}
		if assessed[o.Exposure] {
			return t.refuse(claim.RuleInput, claim.WhyExposureTwice, "exposure", strconv.Itoa(o.Exposure))
		}
		assessed[o.Exposure] = true
		exposure := &t.file.Exposures[o.Exposure-1]
		cover, ok := covers[exposure.Kind]
		if !ok {
			return t.refuseInWords(fmt.Sprintf("objects: the policy has no cover for exposure %d, %s; propose a denial.", o.Exposure, exposure.Kind))
		}
		st, err := settlement(cover, exposure.Kind, o, loss, shared[o.Exposure])
		if bad, ok := errors.AsType[indemnity.InputError](err); ok {
			return t.refuseInWords(fmt.Sprintf("exposure %d: %s", o.Exposure, bad))
		}
		if err != nil {
			return broken("calculate exposure %d: %w", o.Exposure, err)
		}
		exposure.Payable = st.Payable
		if payable, err = claim.Sum(payable, st.Payable); err != nil {
			return t.refuseInWords("objects: " + err.Error())
		}
		cover.Limit -= st.Of(indemnity.FigureThirdParty) // one limit for the accident, whoever has the loss
		covers[exposure.Kind] = cover
		for _, l := range st.Lines {
			inputs, err := json.Marshal(l.Inputs)
			t.queue(err)
			lines = append(lines, db.InsertAssessmentLineParams{
				ClaimID: t.id, Version: int32(version), Line: int32(len(lines) + 1), Exposure: int32(o.Exposure), //nolint:gosec // few
				Figure: string(l.Figure), Rule: l.Rule, TextZh: l.Text, TextEn: l.TextEN, Inputs: inputs,
				AmountFen: l.Amount, BalanceFen: l.Balance, Clause: l.Clause,
			})
		}
	}
	if payable == 0 {
		return t.refuse(claim.RuleInput, claim.WhyNothingPayable)
	}
	raw, err := json.Marshal(in)
	t.queue(err)
	rests, err := json.Marshal(witnesses)
	t.queue(err)
	t.queue(t.q.InsertAssessment(t.ctx, &t.w, db.InsertAssessmentParams{
		ClaimID: t.id, Version: int32(version), ByID: t.by.ID, Input: raw, PayableFen: payable, Note: in.Note, At: t.at, //nolint:gosec // few
		Witnesses: rests,
	}))
	for _, l := range lines {
		t.queue(t.q.InsertAssessmentLine(t.ctx, &t.w, l))
	}
	t.file.Assessment, t.file.Payable = version, payable
	t.event(claim.EventAssessed, claim.AssessedBody{Version: version, Payable: payable, Lines: len(lines), Witnesses: witnesses})
	t.offer()
	return nil
}

// offer puts the assessment in force to the claimant.
func (t *tx) offer() {
	t.file.Offer++
	t.file.Stage = claim.Negotiating
	t.queue(t.q.InsertOffer(t.ctx, &t.w, db.InsertOfferParams{
		ClaimID: t.id, Version: int32(t.file.Offer), Assessment: int32(t.file.Assessment), AmountFen: t.file.Payable, At: t.at, //nolint:gosec // few
	}))
	t.event(claim.EventOfferMade, claim.OfferBody{Offer: t.file.Offer, Amount: t.file.Payable})
	t.tellClaimant(claim.SMSOffer, claim.Values{"amount": t.file.Payable})
}

// covers reads the policy as of the loss, by kind, and the day of the loss.
func (t *tx) covers() (map[claim.ExposureKind]Coverage, claim.Date, error) {
	lossAt, err := t.lossAt()
	if err != nil {
		return nil, claim.Date{}, err
	}
	raw, err := t.q.ClaimCoverages(t.ctx, t.conn, t.id)
	if err != nil {
		return nil, claim.Date{}, fmt.Errorf("read the cover: %w", err)
	}
	var list []Coverage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, claim.Date{}, broken("the cover of claim %s: %w", t.id, err)
	}
	covers := map[claim.ExposureKind]Coverage{}
	for _, c := range list {
		covers[c.Kind] = c
	}
	return covers, claim.DateOf(lossAt), nil
}

func (t *tx) lossAt() (time.Time, error) {
	if t.known != nil {
		return t.known.Claim.LossAt, nil
	}
	loss, err := t.q.ClaimLoss(t.ctx, t.conn, t.id)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the loss: %w", err)
	}
	return loss.LossAt, nil
}

// lossOf adds up the items of one exposure.
func lossOf(o claim.Assessed) (claim.Fen, error) {
	amounts := make([]claim.Fen, len(o.Items))
	for i, item := range o.Items {
		amounts[i] = item.Amount
	}
	loss, err := claim.Sum(amounts...)
	if err != nil {
		return 0, indemnity.InputError{{Field: "items", Message: err.Error()}}
	}
	return loss, nil
}

// sharedSubLimit divides the one property sub-limit of our compulsory cover
// (交强险) among several third parties of the accident, in proportion to their
// losses, by exposure. A single one has it whole.
func (t *tx) sharedSubLimit(in claim.Assessment, on claim.Date) (map[int]*claim.Fen, error) {
	var exposures []int
	var losses []claim.Fen
	atFault := false
	for _, o := range in.Objects {
		if o.Exposure < 1 || o.Exposure > len(t.file.Exposures) || t.file.Exposures[o.Exposure-1].Kind != claim.ThirdPartyProperty {
			continue
		}
		loss, err := lossOf(o)
		if err != nil {
			return nil, err
		}
		exposures, losses = append(exposures, o.Exposure), append(losses, loss)
		atFault = atFault || o.FaultShare > 0
	}
	if len(exposures) < 2 {
		return nil, nil
	}
	limits, err := indemnity.LimitsOn(on.String(), atFault)
	if err != nil {
		return nil, err
	}
	total, err := claim.Sum(losses...)
	if err != nil {
		return nil, err
	}
	shared := map[int]*claim.Fen{}
	for i, part := range claim.Share(min(limits.Property, total), claim.Rats(losses...)) {
		shared[exposures[i]] = &part
	}
	return shared, nil
}

// settlement calculates one exposure. left is its part of our compulsory
// sub-limit where others share it.
func settlement(c Coverage, kind claim.ExposureKind, o claim.Assessed, on claim.Date, left *claim.Fen) (indemnity.Statement, error) {
	loss, err := lossOf(o)
	if err != nil {
		return indemnity.Statement{}, err
	}
	if kind != claim.OwnDamage && (o.NoFault || o.Subrogation) {
		return indemnity.Statement{}, indemnity.InputError{{Field: "no_fault", Message: "and subrogation are of own damage alone; leave them out here"}}
	}
	value := o.Value
	if value == 0 {
		value = c.Value
	}
	switch kind {
	case claim.OwnDamage:
		return indemnity.OwnDamage(indemnity.OwnDamageIn{
			Form: c.Form, Loss: loss, Rescue: o.Rescue, Salvage: o.Salvage, SumInsured: c.SumInsured, ActualValue: value,
			Deductible: c.Deductible, Rate: c.Rate, FromOtherCompulsory: o.FromOtherCompulsory, FaultShare: o.FaultShare, TotalLoss: o.TotalLoss,
			NoFault: o.NoFault, Subrogation: o.Subrogation,
		})
	case claim.ThirdPartyProperty:
		return indemnity.ThirdPartyProperty(indemnity.ThirdPartyIn{
			Form: c.Form, AccidentOn: on.String(), Loss: loss, AtFault: o.FaultShare > 0, FaultShare: o.FaultShare,
			FromOtherCompulsory: o.FromOtherCompulsory, CompulsoryLeft: left, Limit: c.Limit, Rate: c.Rate,
		})
	case claim.CommercialProperty:
		return indemnity.CommercialProperty(indemnity.PropertyIn{
			Form: c.Form, Loss: loss, Rescue: o.Rescue, Salvage: o.Salvage, SumInsured: c.SumInsured, Value: value,
			Deductible: c.Deductible, DeductibleRate: c.Rate, TotalLoss: o.TotalLoss,
		})
	default:
		return indemnity.Statement{}, fmt.Errorf("no calculation for %q", kind)
	}
}
