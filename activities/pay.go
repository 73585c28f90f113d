package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"anpei/claim"
	"anpei/schemas/db"
)

// Agree takes the claimant's signature under the amount, and the account. The
// ten days of payment run from here (Insurance Law art. 23). After a person's
// determination finance releases the money. In the flash lane consent,
// determination and agreement happen at once: the machine approves up to its
// limit and the instruction is written here; above it, or with the policy not
// verified, the agreement counts as consent and people review.
// Idempotent by key; an ordinary activity, since money may be released.
func (a *Activities) Agree(ctx context.Context, s claim.Step[claim.Agreement]) (claim.Answer, error) {
	return step(ctx, a, s, "agree", func(t *tx) error {
		if s.Body.Offer != t.file.Offer {
			return t.superseded(s.Body.Offer)
		}
		picture, err := t.picture(s.Body)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return t.refuse(claim.RuleDocument, fmt.Sprintf("%s is no signature of this claim. Attach the picture first, as a document of kind signature.", s.Body.Document))
		case err != nil:
			return err
		}
		if t.file.Stage == claim.Determined {
			if err := t.sign(s.Body, picture); err != nil {
				return err
			}
			t.file.Stage = claim.Agreed
			t.open(claim.TaskRelease, claim.Finance, 0, "")
			return nil
		}
		rules, err := t.rules()
		if err != nil {
			return err
		}
		if t.file.Lane != claim.Flash || !t.file.PolicyVerified || !rules.authority.MachineMay(t.file.Line, t.file.Lane, t.file.Payable) {
			t.leaveFlash("authority.machine-limit")
			t.answerOffer("consented", "", 0)
			t.event("offer.consented", map[string]any{"offer": t.file.Offer, "amount_fen": t.file.Payable})
			return t.toReview()
		}
		t.approveByMachine(rules.authority.Version)
		if err := t.sign(s.Body, picture); err != nil {
			return err
		}
		return t.instruct(s.Body.Payee, claim.Machine)
	})
}

// approveByMachine is the flash lane's review: within the machine's limit, and
// only ever an approval.
func (t *tx) approveByMachine(version string) {
	t.queue(t.q.InsertReview(t, &t.w, db.InsertReviewParams{
		ID: t.uuid("review"), ClaimID: t.id, ByID: claim.Machine, Verdict: claim.VerdictApprove, Result: "determined",
		AmountFen: t.file.Payable, AuthorityVersion: version, Opinion: "闪赔 · flash lane", At: t.at,
	}))
	t.clock(claim.ClockDetermination, claim.EntryStop, "flash")
	t.event("review.approved", map[string]any{"level": 0, "required": 0, "amount_fen": t.file.Payable, "authority": version})
}

// picture is the hash of the picture of a drawn signature; "" where none was
// drawn. The error is [pgx.ErrNoRows] when the claim has no such document.
func (t *tx) picture(a claim.Agreement) (sha256 string, err error) {
	if a.Document == "" {
		return "", nil
	}
	if sha256, err = t.q.SignatureHash(t, t.conn, t.id, a.Document); err != nil {
		return "", fmt.Errorf("read the signature: %w", err)
	}
	return sha256, nil
}

// sign appends the agreement and starts the clock of payment. What was signed
// is one text, with the signature in it: a name, or the hash of its picture.
func (t *tx) sign(a claim.Agreement, picture string) error {
	payee := a.Payee
	round, err := t.q.CountAgreements(t, t.conn, t.id)
	if err != nil {
		return fmt.Errorf("count agreements: %w", err)
	}
	text := fmt.Sprintf("赔付协议 %s 报价 %d 赔款 %s 收款人 %s %s %s", t.file.Number, t.file.Offer, t.file.Payable, payee.Name, payee.Bank, payee.Account)
	if a.SignedName != "" || picture != "" {
		text += " 签名 " + a.SignedName + picture
	}
	sum := sha256.Sum256([]byte(text))
	var document *string
	if a.Document != "" {
		document = &a.Document
	}
	t.queue(t.q.InsertAgreement(t, &t.w, db.InsertAgreementParams{
		ClaimID: t.id, Round: round + 1, Offer: int32(t.file.Offer), AmountFen: t.file.Payable, //nolint:gosec // offers are few
		PayeeName: payee.Name, PayeeBank: payee.Bank, PayeeAccount: payee.Account,
		TextSHA256: hex.EncodeToString(sum[:]), Signature: a.Signature, SignedName: a.SignedName, DocumentID: document, ByID: t.by.ID, At: t.at,
	}))
	if round == 0 {
		t.answerOffer("agreed", "", 0)
		t.clock(claim.ClockPayment, claim.EntryStart, "agreement")
	}
	t.did(claim.DutyPayee)
	body := map[string]any{"offer": t.file.Offer, "amount_fen": t.file.Payable, "text_sha256": hex.EncodeToString(sum[:]), "signature": a.Signature}
	if picture != "" {
		body["signature_sha256"] = picture
	}
	t.event("agreement.made", body)
	return nil
}

// instruct writes the payment instruction, and its first state, before the
// bank hears of it. From here the workflow submits once.
func (t *tx) instruct(payee claim.Payee, releasedBy claim.StaffID) error {
	id := t.uuid("payment")
	if last := t.file.Payment(); last != nil {
		return broken("claim %s has instruction %s already", t.id, last.ID)
	}
	t.queue(t.q.InsertPayment(t, &t.w, db.InsertPaymentParams{
		ID: id, ClaimID: t.id, Sequence: 1, AmountFen: t.file.Payable,
		PayeeName: payee.Name, PayeeBank: payee.Bank, PayeeAccount: payee.Account, ReleasedBy: string(releasedBy), At: t.at,
	}))
	t.file.Payments = append(t.file.Payments, claim.Instruction{ID: id, Amount: t.file.Payable})
	t.submitted(1, payee)
	return nil
}

// submitted writes an attempt of the latest instruction as submitted. The
// reference is derived from claim, instruction, payee and attempt, so that
// nothing can ever send it under two names.
func (t *tx) submitted(attempt int, payee claim.Payee) {
	p := t.file.Payment()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s/%d", t.id, p.ID, payee.Account, attempt))
	p.Attempt, p.Reference, p.State = attempt, fmt.Sprintf("AP%s%02d", hex.EncodeToString(sum[:12]), attempt), claim.PaymentSubmitted
	t.paymentState(*p, "", "")
	t.file.Stage = claim.Paying
	t.event("payment.submitted", map[string]any{"payment": p.ID, "reference": p.Reference, "attempt": attempt, "amount_fen": p.Amount})
}

func (t *tx) paymentState(p claim.Instruction, bankID, reason string) {
	t.queue(t.q.InsertPaymentState(t, &t.w, db.InsertPaymentStateParams{
		PaymentID: p.ID, Attempt: int32(p.Attempt), Reference: p.Reference, State: p.State, BankID: bankID, Reason: reason, At: t.at, //nolint:gosec // few
	}))
}

// Release lets the agreed amount go: finance, never the reviewer. A release
// above the two-person sum needs a second person, whose task it becomes.
func (a *Activities) Release(ctx context.Context, s claim.Step[claim.Release]) (claim.Answer, error) {
	return step(ctx, a, s, "release", func(t *tx) error {
		if !t.file.PolicyVerified {
			return t.refuse(claim.RulePolicy, "The policy is not verified, so no money may move. Intake links it first.")
		}
		rules, err := t.rules()
		if err != nil {
			return err
		}
		first := t.releaser()
		switch {
		case first == t.by.ID:
			return t.refuse(claim.RuleTwoPersons, fmt.Sprintf("A release above %s takes two people, and you were the first.", rules.authority.TwoPersonRelease))
		case first == "" && rules.authority.NeedsTwo(t.file.Payable):
			t.done(claim.TaskRelease)
			t.did(claim.DutyRelease)
			t.event("payment.release_proposed", map[string]any{"amount_fen": t.file.Payable})
			t.open(claim.TaskRelease, claim.Finance, 0, "第二人复核放款 · a second person releases")
			return nil
		case first == "":
			t.did(claim.DutyRelease)
		default:
			t.did(claim.DutyConfirmRelease)
		}
		t.done(claim.TaskRelease)
		agreed, err := t.q.LatestAgreement(t, t.conn, t.id)
		if err != nil {
			return fmt.Errorf("read the agreement: %w", err)
		}
		payee := claim.Payee{Name: agreed.PayeeName, Bank: agreed.PayeeBank, Account: agreed.PayeeAccount}
		t.event("payment.released", map[string]any{"amount_fen": t.file.Payable})
		if last := t.file.Payment(); last != nil { // the bank had sent it back
			t.submitted(last.Attempt+1, payee)
			return nil
		}
		return t.instruct(payee, t.by.ID)
	})
}

// releaser returns who released first since the agreement, or "".
func (t *tx) releaser() claim.StaffID {
	var who claim.StaffID
	for _, act := range t.file.Acts {
		switch act.Duty { //nolint:exhaustive // only these two matter
		case claim.DutyPayee:
			who = ""
		case claim.DutyRelease:
			who = act.By
		}
	}
	return who
}

// Resubmit notes that the bank never had an attempt, on its own authority and
// after its cut-off, so that it may be sent again with the same reference.
func (a *Activities) Resubmit(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "resubmit", func(t *tx) error {
		p := t.file.Payment()
		p.State = claim.PaymentSubmitted
		t.paymentState(*p, "", "sent again: the bank never had it")
		t.event("payment.submitted", map[string]any{"payment": p.ID, "reference": p.Reference, "attempt": p.Attempt, "amount_fen": p.Amount, "again": true})
		return nil
	})
}

// Settle records what the bank is known to have done.
func (a *Activities) Settle(ctx context.Context, s claim.Step[claim.Settled]) (claim.Answer, error) {
	return step(ctx, a, s, "settle", func(t *tx) error {
		p, in := t.file.Payment(), s.Body
		if p == nil || p.ID != in.Instruction || p.Attempt != in.Attempt || p.State == in.State {
			return nil // news of an attempt that is over, or no news
		}
		p.State = in.State
		t.paymentState(*p, in.BankID, in.Reason)
		t.event("payment."+string(in.State), map[string]any{"payment": p.ID, "reference": p.Reference, "attempt": p.Attempt, "amount_fen": p.Amount, "reason": in.Reason})
		switch in.State {
		case claim.PaymentCleared:
			t.file.Stage = claim.Paid
			t.clock(claim.ClockPayment, claim.EntryStop, p.Reference)
			t.tellClaimant("paid", fmt.Sprintf("安赔:赔案 %s 的赔款 %s 已汇入您的账户。", t.file.Number, p.Amount))
		case claim.PaymentRejected, claim.PaymentReturned:
			t.file.Stage = claim.PayReturned // the clock runs on: a returned transfer is not paid
			t.tellClaimant("returned", fmt.Sprintf("安赔:赔案 %s 的赔款被银行退回,请更正收款账户。", t.file.Number))
		case claim.PaymentAccepted, claim.PaymentUnknown, claim.PaymentNotFound, claim.PaymentSubmitted:
		}
		return nil
	})
}

// CorrectPayee names another account after the bank sent the money back. It
// voids the release: finance releases again, as a new attempt.
func (a *Activities) CorrectPayee(ctx context.Context, s claim.Step[claim.Payee]) (claim.Answer, error) {
	return step(ctx, a, s, "correct-payee", func(t *tx) error {
		if err := t.sign(claim.Agreement{Payee: s.Body, Signature: "correction"}, ""); err != nil {
			return err
		}
		t.leaveFlash("payment.returned")
		t.file.Stage = claim.Agreed
		t.open(claim.TaskRelease, claim.Finance, 0, "退票后更正收款账户 · the account was corrected after a return")
		return nil
	})
}

// Bank is the insurer's bank. A reference once used always gives the same
// transfer.
type Bank interface {
	// Submit sends a transfer. Any error means that nothing is known of it.
	Submit(ctx context.Context, t Transfer) (TransferState, error)
	// Query asks what became of a reference. A transfer that the bank does not
	// know, and says so with authority, is [claim.PaymentNotFound]; before its
	// cut-off the bank has no authority and the state is [claim.PaymentUnknown].
	Query(ctx context.Context, reference string) (TransferState, error)
}

// Transfer is what the bank is asked to do. Amounts are in fen.
type Transfer struct {
	Reference string
	Amount    claim.Fen
	Payee     claim.Payee
	Purpose   string
}

// TransferState is what the bank says of a transfer.
type TransferState struct {
	State  claim.PaymentState
	BankID string
	Reason string
}

// PayRef names an attempt of an instruction.
type PayRef struct {
	Instruction string
	Reference   string
	Attempt     int
}

// Submit sends an instruction to the bank, once: it must run with one attempt.
// The row says submitted before; an error here means unknown, and only
// [Activities.Query] may follow. Idempotent at the bank by the reference.
func (a *Activities) Submit(ctx context.Context, in PayRef) (TransferState, error) {
	row, err := a.q.PaymentToSend(ctx, a.DB, in.Instruction)
	if err != nil {
		return TransferState{}, fmt.Errorf("read instruction %s: %w", in.Instruction, err)
	}
	state, err := a.Bank.Submit(ctx, Transfer{
		Reference: in.Reference, Amount: row.AmountFen, Purpose: "赔款 " + row.Number,
		Payee: claim.Payee{Name: row.PayeeName, Bank: row.PayeeBank, Account: row.PayeeAccount},
	})
	if err != nil {
		return TransferState{}, fmt.Errorf("submit %s: %w", in.Reference, err)
	}
	return state, nil
}

// Query asks the bank what became of an attempt. It only reads.
func (a *Activities) Query(ctx context.Context, in PayRef) (TransferState, error) {
	state, err := a.Bank.Query(ctx, in.Reference)
	if err != nil {
		return TransferState{}, fmt.Errorf("query %s: %w", in.Reference, err)
	}
	return state, nil
}
