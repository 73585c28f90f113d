package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
	"anpei/schemas/db"
)

// Agree takes the claimant's signature under the amount, and the account. The
// ten days of payment run from here (Insurance Law art. 23). After a person's
// determination finance releases the money. In the flash lane consent,
// determination and agreement happen at once: the machine approves up to its
// limit and the instruction is written here. Where a rule of
// [claim.LaneRules.MachinePays] does not match, or another claim has brought what
// speaks against this one since the offer, the agreement counts as consent and
// people review.
// Idempotent by key; an ordinary activity, since money may be released.
func (a *Activities) Agree(ctx context.Context, s claim.Step[claim.Agreement]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActAgree, func(t *tx) error {
		if s.Body.Offer != t.file.Offer {
			return t.superseded(s.Body.Offer)
		}
		picture, err := t.picture(s.Body)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return t.refuse(claim.RuleDocument, claim.WhyNoSignature, "document", s.Body.Document)
		case err != nil:
			return err
		}
		if t.file.Stage == claim.Determined {
			t.sign(s.Body, picture)
			t.file.Stage = claim.Agreed
			t.open(claim.TaskRelease, claim.Finance, 0, claim.Note{})
			return nil
		}
		if t.file.Lane == claim.Flash {
			// Another claim may have brought something since the offer.
			if err := t.asMachine(t.crossCheck); err != nil {
				return err
			}
		}
		rules, err := t.rules()
		if err != nil {
			return err
		}
		reasons, err := t.machinePays(rules, s.Body.Payee)
		if err != nil {
			return err
		}
		if no := claim.Unmatched(reasons); t.file.Lane != claim.Flash || no != nil {
			return t.consentInstead(no)
		}
		if err := t.asMachine(func() error { t.approveByMachine(rules.authority.Version); return nil }); err != nil {
			return err
		}
		t.sign(s.Body, picture)
		return t.asMachine(func() error { return t.instruct(s.Body.Payee, claim.Machine) })
	})
}

// consentInstead takes an agreement that no machine may pay as consent to the
// figure: people review, and see why. The account is asked for again once the
// amount is determined.
func (t *tx) consentInstead(why *claim.LaneReason) error {
	var note claim.Note
	if why != nil {
		t.leaveFlash(why.Rule)
		note = claim.Noted(claim.NoteNotByMachine, "why_zh", why.ZH, "why_en", why.EN)
	}
	t.answerOffer("consented", "", 0)
	t.event(claim.EventOfferConsented, claim.OfferBody{Offer: t.file.Offer, Amount: t.file.Payable})
	return t.toReview(note)
}

// approveByMachine is the flash lane's review: within the machine's limit, and
// only ever an approval.
func (t *tx) approveByMachine(version string) {
	t.queue(t.q.InsertReview(t.ctx, &t.w, db.InsertReviewParams{
		ID: t.uuid("review"), ClaimID: t.id, ByID: claim.Machine, Verdict: claim.VerdictApprove, Result: "determined",
		AmountFen: t.file.Payable, AuthorityVersion: version, Opinion: "闪赔 · flash lane", At: t.at,
	}))
	t.clock(claim.ClockDetermination, claim.EntryStop, "flash")
	t.event(claim.EventReviewApproved, claim.ReviewApprovedBody{Amount: t.file.Payable, Authority: version})
}

// picture is the hash of the picture of a drawn signature; "" where none was
// drawn. The error is [pgx.ErrNoRows] when the claim has no such document.
func (t *tx) picture(a claim.Agreement) (sha256 string, err error) {
	if a.Document == "" {
		return "", nil
	}
	if sha256, err = t.q.SignatureHash(t.ctx, t.conn, t.id, a.Document); err != nil {
		return "", fmt.Errorf("read the signature: %w", err)
	}
	return sha256, nil
}

// sign appends the agreement and starts the clock of payment. What was signed
// is one text, with the signature in it: a name, or the hash of its picture.
func (t *tx) sign(a claim.Agreement, picture string) {
	payee := a.Payee
	text := fmt.Sprintf("赔付协议 %s 报价 %d 赔款 %s 收款人 %s %s %s", t.file.Number, t.file.Offer, t.file.Payable, payee.Name, payee.Bank, payee.Account)
	if a.SignedName != "" || picture != "" {
		text += " 签名 " + a.SignedName + picture
	}
	sum := sha256.Sum256([]byte(text))
	var document *string
	if a.Document != "" {
		document = &a.Document
	}
	t.queue(t.q.InsertAgreement(t.ctx, &t.w, db.InsertAgreementParams{
		ClaimID: t.id, Offer: int32(t.file.Offer), AmountFen: t.file.Payable, //nolint:gosec // offers are few
		PayeeName: payee.Name, PayeeBank: payee.Bank, PayeeAccount: payee.Account,
		TextSHA256: hex.EncodeToString(sum[:]), Signature: a.Signature, SignedName: a.SignedName, DocumentID: document, ByID: t.by.ID, At: t.at,
	}))
	if a.Offer != 0 { // and not another account for what was agreed
		t.answerOffer("agreed", "", 0)
		t.clock(claim.ClockPayment, claim.EntryStart, "agreement")
	}
	t.did(claim.DutyPayee)
	t.event(claim.EventAgreed, claim.AgreedBody{
		Offer: t.file.Offer, Amount: t.file.Payable, Text: hex.EncodeToString(sum[:]), Signature: a.Signature, Picture: picture,
	})
}

// Release lets the agreed amount go: finance, never the reviewer, and only as it
// was shown to them: see [db.Payout]. A release
// above the two-person sum needs a second person, whose task it becomes.
func (a *Activities) Release(ctx context.Context, s claim.Step[claim.Release]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActRelease, func(t *tx) error {
		rules, err := t.rules()
		if err != nil {
			return err
		}
		out, err := db.ReadPayout(t.ctx, t.q, t.conn, t.id, t.file.Payable)
		switch {
		case err != nil:
			return err
		case out.AmountFen != t.file.Payable || int(out.Offer) != t.file.Offer:
			return t.superseded(int(out.Offer))
		case out.Seen() != s.Body.Seen:
			return t.refuse(claim.RuleReleaseChanged, claim.WhyReleaseChanged)
		}
		first := t.file.Releaser()
		switch {
		case first == "" && rules.authority.NeedsTwo(t.file.Payable):
			t.done(claim.TaskRelease)
			t.did(claim.DutyRelease)
			t.event(claim.EventReleaseProposed, claim.ReleaseBody{Amount: t.file.Payable})
			t.open(claim.TaskRelease, claim.Finance, 0, claim.Noted(claim.NoteSecondRelease))
			return nil
		case first == "":
			t.did(claim.DutyRelease)
		default:
			t.did(claim.DutyConfirmRelease)
		}
		t.done(claim.TaskRelease)
		t.event(claim.EventReleased, claim.ReleaseBody{Amount: t.file.Payable})
		if last := t.file.Payment(); last != nil { // the bank had sent it back
			return t.submitted(last.Attempt+1, out.Payee(), t.by.ID)
		}
		return t.instruct(out.Payee(), t.by.ID)
	})
}

// CorrectPayee names another account after the bank sent the money back. It
// voids the release: finance releases again, as a new attempt.
func (a *Activities) CorrectPayee(ctx context.Context, s claim.Step[claim.Payee]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActCorrectPayee, func(t *tx) error {
		t.sign(claim.Agreement{Payee: s.Body, Signature: claim.SignedByCorrection}, "")
		t.leaveFlash("payment.returned")
		t.file.Stage = claim.Agreed
		t.tellClaimant(claim.SMSPayeeCorrected, claim.Values{"account": lastFour(s.Body.Account)})
		t.open(claim.TaskRelease, claim.Finance, 0, claim.Noted(claim.NoteAccountCorrected))
		return nil
	})
}

// lastFour is the end of an account, by which its holder knows it.
func lastFour(account string) string { return strings.TrimLeft(claim.MaskAccount(account), "*") }
