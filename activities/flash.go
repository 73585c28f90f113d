package activities

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// What lets a machine decide a flash claim: who reported it, what speaks for
// the amount, whom it pays and how often. Everything else is a person's.

// relation returns what a report is to a policy. by is who sent it: a
// claimant, whose own phone is verified and whose principal is its pseudonym,
// or staff. For a phone that a report only names, a partner that vouches can
// stand, and no one else.
func (t *tx) relation(policy claim.Persons, by claim.Principal, phone string) (claim.Relation, error) {
	if by.IsClaimant() {
		names := claim.Pseudonyms{Key: t.a.PseudonymKey}
		return policy.RelationOf(func(known string) bool { return names.Of(known) == by }), nil
	}
	if vouches, err := t.vouches(by); err != nil || !vouches {
		return claim.Stranger, err
	}
	return policy.RelationOf(func(known string) bool { return known == phone }), nil
}

// toldOf returns what somebody is to a policy whose report staff wrote down, by
// the phone that they gave: whose claim it is, and no proof for a machine.
func (t *tx) toldOf(policy claim.Persons, by claim.Principal, phone string) (claim.Relation, error) {
	if by.IsClaimant() {
		return claim.Stranger, nil
	}
	staff, err := t.q.StaffMember(t.ctx, t.conn, by)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && staff.Role == claim.Partner:
		return claim.Stranger, nil
	case err != nil:
		return claim.Stranger, fmt.Errorf("read who wrote the report down: %w", err)
	}
	return policy.RelationOf(func(known string) bool { return known == phone }), nil
}

// standing returns what a reporter is to a policy: as it is proven, and as it is
// said, which is more where staff wrote down what a person in the policy told.
func (t *tx) standing(policy claim.Persons, by claim.Principal, phone string) (proven, said claim.Relation, err error) {
	if proven, err = t.relation(policy, by, phone); err != nil || proven != claim.Stranger {
		return proven, proven, err
	}
	said, err = t.toldOf(policy, by, phone)
	return proven, said, err
}

// reporterNow is what the claimant is to the policy today: of a claim that a
// partner reported, nothing once the partner vouches no more.
func (t *tx) reporterNow() (claim.Relation, error) {
	if t.file.Reporter == claim.Stranger || t.file.Claimant.IsClaimant() {
		return t.file.Reporter, nil
	}
	vouches, err := t.vouches(t.file.Claimant)
	if err != nil || !vouches {
		return claim.Stranger, err
	}
	return t.file.Reporter, nil
}

// vouches reports whether a partner answers for whom it reports.
func (t *tx) vouches(by claim.Principal) (bool, error) {
	staff, err := t.q.StaffMember(t.ctx, t.conn, by)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read who reported: %w", err)
	}
	return staff.Role == claim.Partner && staff.Vouches && staff.Active, nil
}

// proof is the amount that a paper of the claim proves, and what speaks for it.
type proof struct {
	total     claim.Fen
	document  string
	witnesses []claim.Witness
	several   bool // papers of one kind with a total: which of them counts, a person says
}

// proven returns the largest total that was read without a doubt, with its
// witnesses of both kinds; the zero value where no paper carries one. Papers of
// extra people prove nothing for a machine.
func (t *tx) proven(known *db.Facts) (p proof) {
	var found db.FieldFactsRow
	of := map[string]string{} // the paper of each kind
	extra := t.extras(known)
	for _, f := range known.Fields {
		if f.Name != "total_fen" || !f.Sure || extra[f.DocumentID] || !claim.StatesFigure(f.Kind) {
			continue
		}
		v, err := strconv.ParseInt(f.Value, 10, 64)
		if err != nil {
			continue // from before fields were held against their type: it proves nothing
		}
		p.several = p.several || of[f.Kind] != ""
		of[f.Kind] = f.DocumentID
		if claim.Fen(v) > p.total {
			p.total, p.document, found = claim.Fen(v), f.DocumentID, f
		}
	}
	if p.document == "" {
		return p
	}
	p.witnesses = append(p.witnesses, claim.Witness{Kind: claim.WitnessReading, By: cmp.Or(found.Note, found.Source), Document: p.document})
	outside := func(w claim.Witness) {
		w.Kind, w.Document = claim.WitnessOutside, p.document
		p.witnesses = append(p.witnesses, w)
	}
	if found.Source == document.FromPerson {
		outside(claim.Witness{By: claim.ByPerson, Person: claim.Principal(deref(found.ConfirmedBy))})
	}
	if found.Source == document.FromPartner && t.file.Reporter != claim.Stranger {
		outside(claim.Witness{By: claim.ByPartner})
	}
	for _, by := range aboutPolicy(known, p.document) {
		outside(claim.Witness{By: by})
	}
	return p
}

// isExtra reports whether a sender of papers does not speak for the claim: not
// its claimant, nor for whom staff or a partner wrote the report down, nor known
// to the policy. Staff and partners answer for what they send.
func (t *tx) isExtra(parties []db.ClaimPartiesRow, by claim.Principal) bool {
	if !by.IsClaimant() || by == t.file.Claimant {
		return false
	}
	names := claim.Pseudonyms{Key: t.a.PseudonymKey}
	own := t.ownReport(parties)
	for i, p := range parties {
		if (i == own || p.Known) && names.Of(p.Phone) == by {
			return false
		}
	}
	return true
}

// extras are the papers of extra people, as the step leaves them.
func (t *tx) extras(known *db.Facts) map[string]bool {
	extra := map[string]bool{}
	for _, d := range known.Documents {
		extra[d.ID] = d.Extra
	}
	for id, p := range t.papers {
		extra[id] = p.Extra
	}
	return extra
}

// aboutPolicy returns what the policy's own data says for a paper: that it
// names the insured car, or is made out to the holder or the insured. It speaks
// for whom the paper is about, and not for the price; decision 0015 says why
// that is taken as enough in the flash lane, and what bounds it.
func aboutPolicy(known *db.Facts, paper string) (by []string) {
	policy := known.Claim
	for _, f := range known.Fields {
		if f.DocumentID != paper {
			continue
		}
		switch {
		case f.Name == "plate" && claim.SameName(f.Value, policy.PolicyPlate):
			by = append(by, claim.ByPolicyPlate)
		case f.Name == "vin" && claim.SameName(f.Value, policy.PolicyVin):
			by = append(by, claim.ByPolicyVIN)
		case f.Name == "buyer" && (claim.SameName(f.Value, policy.PolicyHolder) || claim.SameName(f.Value, policy.PolicyInsured)):
			by = append(by, claim.ByPolicyName)
		}
	}
	slices.Sort(by)
	return by
}

// machinePays decides whether a machine pays what was agreed to: every rule
// with whether it matched. What is counted stays locked until the step commits,
// so that of two claims at once the second counts the first.
func (t *tx) machinePays(rules ruleTables, payee claim.Payee) ([]claim.LaneReason, error) {
	reporter, err := t.reporterNow()
	if err != nil {
		return nil, err
	}
	in := claim.MachinePayIn{
		Amount: t.file.Payable, Verified: t.file.PolicyVerified, Reporter: reporter,
		Limit: rules.authority.MachineMay(t.file.Line, t.file.Lane, t.file.Payable), Unread: t.file.Own(claim.PaperReceived),
	}
	row, err := t.q.MachinePayee(t.ctx, t.conn, t.id)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // no policy: nothing to count, and no machine pays
		return rules.lanes.MachinePays(in), nil
	case err != nil:
		return nil, fmt.Errorf("read whom a machine may pay: %w", err)
	}
	in.OwnName = claim.SameName(payee.Name, row.HolderName) || claim.SameName(payee.Name, row.InsuredName)
	since := func(per claim.FlashPer) time.Time { return rules.lanes.FlashLimit(per).Since(t.at) }
	paid, err := db.CountMachinePaid(t.ctx, t.conn, db.CountMachinePaymentsParams{
		PolicyNo: row.PolicyNo, PolicySince: since(claim.PerPolicy), Account: payee.Account, AccountSince: since(claim.PerAccount),
		Phone: row.ReporterPhone, PhoneSince: since(claim.PerPhone),
	})
	if err != nil {
		return nil, err
	}
	in.Paid = map[claim.FlashPer]int{claim.PerPolicy: int(paid.OnPolicy), claim.PerAccount: int(paid.ToAccount), claim.PerPhone: int(paid.ForPhone)}
	return rules.lanes.MachinePays(in), nil
}

// asMachine runs what the machine does of its own in a step that somebody's
// message has caused, so that the log is signed by who decided.
func (t *tx) asMachine(do func() error) error {
	by := t.by
	t.by = claim.TheMachine()
	defer func() { t.by = by }()
	return do()
}

// persons are those whom a policy's row names.
func persons(row db.PolicyAtRow) (claim.Persons, error) {
	p := claim.Persons{
		Holder:  claim.Person{Name: row.HolderName, Phone: row.HolderPhone},
		Insured: claim.Person{Name: row.InsuredName, Phone: row.InsuredPhone},
	}
	if err := json.Unmarshal(row.Drivers, &p.Drivers); err != nil {
		return claim.Persons{}, broken("the drivers of policy %s: %w", row.Number, err)
	}
	return p, nil
}

// paidOn tells the holder of the claim's policy of a payment, unless the claim
// is their own report.
func (t *tx) paidOn(amount claim.Fen) {
	row, err := t.q.HolderOfClaim(t.ctx, t.conn, t.id)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && row.HolderPhone == row.ReporterPhone:
		return
	case err != nil:
		t.queue(fmt.Errorf("read the holder: %w", err))
		return
	}
	t.tell(reader{phone: row.HolderPhone}, claim.SMSHolderPaid, claim.Values{"policy": tail(row.Number), "amount": amount})
}

// reportedOn tells the holder of a policy of a report by another person: once an
// hour, however many reports there are.
func (t *tx) reportedOn(policy, number, holder, reporter string) error {
	if holder == reporter {
		return nil
	}
	told, err := t.q.HolderToldSince(t.ctx, t.conn, holder, t.at.Add(-time.Hour), policy)
	if err != nil {
		return fmt.Errorf("look whether the holder was told: %w", err)
	}
	if !told {
		t.tell(reader{phone: holder}, claim.SMSHolderReported, claim.Values{"policy": tail(number)})
	}
	return nil
}

// tail is the end of a policy's number, by which its holder knows it.
func tail(number string) string {
	r := []rune(number)
	return string(r[max(0, len(r)-4):])
}
