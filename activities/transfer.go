package activities

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"anpei/claim"
	"anpei/schemas/db"
)

// reference names an attempt at the bank, and the bank takes one name for one
// transfer. It is derived from what is owed, by claim, cycle, number of the
// instruction and attempt, and from nothing that a request brings: rows that
// are lost and written again give the same reference, and the bank answers with
// the transfer that it has. 20 of A-Z and 2-7.
func reference(id claim.ID, cycle, sequence, attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "anpei transfer %s/%d/%d/%d", id, cycle, sequence, attempt))
	return "AP" + base32.StdEncoding.EncodeToString(sum[:])[:18]
}

// instructionID names a payment instruction by the same facts.
func instructionID(id claim.ID, cycle, sequence int) string {
	return uuid.NewSHA1(claimSpace, fmt.Appendf(nil, "%s/payment/%d/%d", id, cycle, sequence)).String()
}

// instruct writes the payment instruction, and its first attempt, before the
// bank hears of it. From here the workflow submits once.
func (t *tx) instruct(payee claim.Payee, releasedBy claim.Principal) error {
	if last := t.file.Payment(); last != nil {
		return broken("claim %s has instruction %s already", t.id, last.ID)
	}
	sequence := len(t.file.Payments) + 1
	id := instructionID(t.id, t.file.Cycle, sequence)
	t.queue(t.q.InsertPayment(t.ctx, &t.w, db.InsertPaymentParams{
		ID: id, ClaimID: t.id, Sequence: int32(sequence), AmountFen: t.file.Payable, //nolint:gosec // few
		PayeeName: payee.Name, PayeeBank: payee.Bank, PayeeAccount: payee.Account, ReleasedBy: string(releasedBy), At: t.at,
	}))
	t.file.Payments = append(t.file.Payments, claim.Instruction{ID: id, Amount: t.file.Payable})
	return t.submitted(1, payee, releasedBy)
}

// submitted writes an attempt of the latest instruction as submitted, with the
// payee that it goes to.
func (t *tx) submitted(attempt int, payee claim.Payee, releasedBy claim.Principal) error {
	rules, err := t.rules()
	if err != nil {
		return err
	}
	p := t.file.Payment()
	*p = claim.Instruction{
		ID: p.ID, Amount: p.Amount, Attempt: attempt, State: claim.PaymentSubmitted, Sent: t.at,
		Reference: reference(t.id, t.file.Cycle, len(t.file.Payments), attempt),
		CallAt:    rules.transfers.CallAt(claim.PaymentSubmitted, t.at),
	}
	t.queue(t.q.InsertAttempt(t.ctx, &t.w, db.InsertAttemptParams{
		PaymentID: p.ID, Attempt: int32(attempt), Reference: p.Reference, AmountFen: p.Amount, //nolint:gosec // few
		PayeeName: payee.Name, PayeeBank: payee.Bank, PayeeAccount: payee.Account, ReleasedBy: string(releasedBy), At: t.at,
	}))
	t.paymentState(*p, "", "")
	t.file.Stage = claim.Paying
	t.event(claim.EventPaymentSubmitted, claim.TransferBody{Payment: p.ID, Reference: p.Reference, Attempt: attempt, Amount: p.Amount})
	return nil
}

func (t *tx) paymentState(p claim.Instruction, bankID, reason string) {
	t.queue(t.q.InsertPaymentState(t.ctx, &t.w, db.InsertPaymentStateParams{
		PaymentID: p.ID, Attempt: int32(p.Attempt), Reference: p.Reference, State: p.State, BankID: bankID, Reason: reason, At: t.at, //nolint:gosec // few
	}))
}

// Resubmit writes that an attempt is sent again under its reference: the bank
// has said, after its cut-off and with authority, that it never had it. How
// often that may happen before a person looks is in the table of transfers.
func (a *Activities) Resubmit(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "resubmit", func(t *tx) error {
		p := t.file.Payment()
		if p == nil || p.State != claim.PaymentNotFound || p.AgainAt.IsZero() {
			return nil // a person has decided meanwhile
		}
		p.Again++
		t.sendAgain(p)
		return nil
	})
}

func (t *tx) sendAgain(p *claim.Instruction) {
	p.State, p.AgainAt = claim.PaymentSubmitted, time.Time{}
	t.paymentState(*p, "", "sent again: the bank never had it")
	t.event(claim.EventPaymentSentAgain, claim.TransferBody{Payment: p.ID, Reference: p.Reference, Attempt: p.Attempt, Amount: p.Amount})
}

// Settle records what the bank says of an attempt, and does what follows from
// it: money that has arrived ends the payment; a refusal or a return goes to
// whom it concerns; what is not clear for too long, or is of another transfer,
// goes to finance. News of an attempt that is over changes nothing.
func (a *Activities) Settle(ctx context.Context, s claim.Step[claim.Settled]) (claim.Answer, error) {
	return step(ctx, a, s, "settle", func(t *tx) error {
		p, in := t.file.Payment(), s.Body
		if p == nil || p.ID != in.Instruction || p.Attempt != in.Attempt || p.State.Final() && (p.State != claim.PaymentCleared || in.State != claim.PaymentReturned) {
			return nil
		}
		rules, err := t.rules()
		if err != nil {
			return err
		}
		if in.State != p.State || in.Fault != p.Fault {
			p.State, p.Fault = in.State, in.Fault
			t.paymentState(*p, in.BankID, in.Reason)
			t.event(claim.PaymentEvent(in.State, in.Fault), claim.BankAnswerBody{
				Payment: p.ID, Reference: p.Reference, Attempt: p.Attempt, Amount: p.Amount, Reason: in.Reason,
			})
			t.follow(rules.transfers, p, in.Reason)
		}
		if overdue := !p.CallAt.IsZero() && !t.at.Before(p.CallAt); overdue && !p.State.Final() {
			t.callFinance(p, claim.Noted(claim.NoteBankSilent))
		}
		return nil
	})
}

// follow does what a new state of an attempt brings with it.
func (t *tx) follow(rules claim.TransferRules, p *claim.Instruction, reason string) {
	if p.State != claim.PaymentUnknown && p.State != claim.PaymentNotFound {
		t.cancel(claim.TaskPay) // the bank has answered
	}
	switch p.State {
	case claim.PaymentCleared:
		t.file.Stage = claim.Paid
		t.clock(claim.ClockPayment, claim.EntryStop, p.Reference)
		t.tellClaimant(claim.SMSPaid, claim.Values{"amount": p.Amount})
		t.paidOn(p.Amount)
	case claim.PaymentRejected, claim.PaymentReturned: // the clock runs on: a returned transfer is not paid
		if p.State == claim.PaymentRejected && p.Fault != claim.FaultPayee {
			t.releaseAnew(claim.Noted(claim.NoteBankRefused, "reason", reason))
			return
		}
		t.file.Stage = claim.PayReturned
		told := claim.SMSReturned
		if p.State == claim.PaymentRejected { // no money has left
			told = claim.SMSPayee
		}
		t.tellClaimant(told, nil)
	case claim.PaymentNotFound:
		again, ok := rules.SendAgainAt(p.Again, t.at)
		if p.AgainAt = again; !ok {
			t.callFinance(p, claim.Noted(claim.NoteNeverReceived, "times", strconv.Itoa(p.Again+1)))
		}
	case claim.PaymentAccepted:
		p.CallAt = rules.CallAt(p.State, t.at)
	case claim.PaymentUnknown:
		if p.Fault == claim.FaultDiffers {
			t.callFinance(p, claim.Noted(claim.NoteBankDiffers, "reason", reason))
		}
	case claim.PaymentSubmitted:
	}
}

// callFinance opens the task to find out what became of a transfer.
func (t *tx) callFinance(p *claim.Instruction, why claim.Note) {
	p.CallAt = time.Time{}
	if t.file.TaskOf(claim.TaskPay) == nil {
		t.open(claim.TaskPay, claim.Finance, 0, why)
		t.event(claim.EventFinanceCalled, claim.FinanceCalledBody{Payment: p.ID, Reference: p.Reference, Attempt: p.Attempt})
	}
}

// releaseAnew brings a payment whose attempt has ended without money back to
// finance, to be released as another attempt.
func (t *tx) releaseAnew(why claim.Note) {
	t.file.Stage = claim.Agreed
	t.open(claim.TaskRelease, claim.Finance, 0, why)
}

// DecideTransfer is finance's word on a transfer that the machine does not go
// on with: see [claim.TransferChoice]. It refuses a choice that does not fit
// what the bank has said; above all, nothing is sent while the bank's answer is
// unknown. Before a reference is written off the bank is asked about it once
// more: what it said before may have been its own fault.
func (a *Activities) DecideTransfer(ctx context.Context, s claim.Step[claim.TransferDecision]) (claim.Answer, error) {
	var asked writeOff
	if s.Body.Decision == claim.WriteOff {
		asked = a.askBeforeWriteOff(ctx, s.Claim)
	}
	return step(ctx, a, s, claim.ActDecideTransfer, func(t *tx) error {
		p, in := t.file.Payment(), s.Body
		event := claim.TransferDecidedBody{Decision: in.Decision, Note: in.Note}
		if p != nil {
			event.Payment, event.Reference, event.Attempt = p.ID, p.Reference, p.Attempt
		}
		switch task := t.file.Task(in.Task); {
		case task == nil:
			return t.refuse(claim.RuleTask, claim.WhyTaskGone)
		case in.Decision == claim.SendAgain && task.Kind == claim.TaskPay && p.State == claim.PaymentNotFound:
			t.event(claim.EventPaymentDecided, event)
			t.done(claim.TaskPay)
			rules, err := t.rules()
			if err != nil {
				return err
			}
			p.Again, p.Sent, p.CallAt = 0, t.at, rules.transfers.CallAt(claim.PaymentSubmitted, t.at)
			t.sendAgain(p)
		case in.Decision == claim.WriteOff && task.Kind == claim.TaskPay && p.Fault == claim.FaultDiffers:
			if asked.reference != p.Reference && asked.against == nil {
				return t.refuse(claim.RuleTransfer, claim.WhyAttemptChanged)
			}
			if asked.against != nil {
				return t.refuseWith(*asked.against)
			}
			event.Bank = asked.differs
			t.event(claim.EventPaymentDecided, event)
			t.done(claim.TaskPay)
			p.State, p.Fault, p.WrittenOff = claim.PaymentRejected, claim.FaultOurs, t.by.ID
			t.paymentState(*p, "", "written off: "+in.Note)
			t.releaseAnew(claim.Noted(claim.NoteWrittenOff, "reference", p.Reference, "differs", asked.differs))
		case in.Decision == claim.AskPayee && task.Kind == claim.TaskRelease:
			t.event(claim.EventPaymentDecided, event)
			t.cancel(claim.TaskRelease)
			t.file.Stage = claim.PayReturned
			t.tellClaimant(claim.SMSPayee, nil)
		default:
			return t.refuse(claim.RuleTransfer, claim.WhyTransferMisfit)
		}
		return nil
	})
}

// writeOff is what the bank says of a reference that is to be written off: how
// it differs from what was instructed, or what speaks against writing it off.
type writeOff struct {
	reference, differs string
	against            *claim.Refusal
}

func (w *writeOff) refuse(why claim.RefusalCode, pairs ...string) {
	w.against = claim.Refuse(claim.RuleTransfer, why, pairs...)
}

// askBeforeWriteOff asks the bank about the attempt under way. Its word must be
// of another transfer, to another payee: money that came to ours, of whatever
// amount, would be paid twice.
func (a *Activities) askBeforeWriteOff(ctx context.Context, id claim.ID) (w writeOff) {
	w.refuse(claim.WhyBankAway)
	file, err := a.Load(ctx, id)
	if err != nil || file.Payment() == nil || file.Payment().Fault != claim.FaultDiffers {
		return w // the step refuses it anyhow
	}
	p := file.Payment()
	w.reference = p.Reference
	t, err := a.transfer(ctx, PayRef{Instruction: p.ID, Reference: p.Reference, Attempt: p.Attempt})
	if err != nil {
		return w
	}
	asking, stop := context.WithTimeout(ctx, bankPatience)
	defer stop()
	said, err := a.Bank.Query(asking, p.Reference)
	if err != nil {
		return w
	}
	w.differs, w.against = strings.Join(said.differs(t), ", "), nil
	switch {
	case w.differs == "":
		w.refuse(claim.WhyBankAgrees, "state", string(said.State))
	case claim.ShowsAccount(said.Transfer.Payee.Account, t.Payee.Account):
		w.refuse(claim.WhyBankNamesPayee, "differs", w.differs)
	}
	return w
}

// bankPatience is how long a person's decision waits for the bank.
const bankPatience = 4 * time.Second

// Submit sends an attempt to the bank, once: it must run without a retry. The
// row says submitted before. A clear no of the bank is an answer; any other
// error means that nothing is known, and only [Activities.Query] may follow.
// Fails with [NotServed] where the bank serves us nothing at all. Idempotent at
// the bank by the reference.
func (a *Activities) Submit(ctx context.Context, in PayRef) (TransferState, error) {
	t, err := a.transfer(ctx, in)
	if err != nil {
		return TransferState{}, err
	}
	said, err := a.Bank.Submit(ctx, t)
	return against(ctx, said, t, err)
}

// Query asks the bank what became of an attempt. It only reads, and fails as
// Submit does.
func (a *Activities) Query(ctx context.Context, in PayRef) (TransferState, error) {
	t, err := a.transfer(ctx, in)
	if err != nil {
		return TransferState{}, err
	}
	said, err := a.Bank.Query(ctx, t.Reference)
	return against(ctx, said, t, err)
}

// transfer is an attempt as its row has it.
func (a *Activities) transfer(ctx context.Context, in PayRef) (Transfer, error) {
	row, err := a.q.AttemptToSend(ctx, a.DB, in.Instruction, int32(in.Attempt)) //nolint:gosec // few
	switch {
	case err != nil:
		return Transfer{}, fmt.Errorf("read attempt %d of instruction %s: %w", in.Attempt, in.Instruction, err)
	case row.Reference != "" && row.Reference != in.Reference:
		return Transfer{}, fmt.Errorf("attempt %d of instruction %s is %s, not %s", in.Attempt, in.Instruction, row.Reference, in.Reference)
	}
	return Transfer{
		Reference: in.Reference, Amount: claim.Fen(row.AmountFen), Purpose: "赔款 " + row.Number,
		Payee: claim.Payee{Name: row.PayeeName, Bank: row.PayeeBank, Account: row.PayeeAccount},
	}, nil
}

// against holds what the bank says against what was instructed. An answer of
// another transfer is no answer: its state is unknown, whatever the bank says.
func against(ctx context.Context, said BankAnswer, t Transfer, err error) (TransferState, error) {
	if refused, ok := errors.AsType[*NotServedError](err); ok {
		count(ctx, "anpei_bank_not_served")
		return TransferState{}, final(claim.ErrorNotServed, claim.ErrorNotServed, refused)
	}
	if err != nil {
		return TransferState{}, fmt.Errorf("transfer %s: %w", t.Reference, err)
	}
	if wrong := said.differs(t); len(wrong) > 0 {
		return TransferState{State: claim.PaymentUnknown, Fault: claim.FaultDiffers, BankID: said.BankID, Reason: strings.Join(wrong, ", ")}, nil
	}
	return said.TransferState, nil
}

// differs names what the bank says otherwise than was instructed. Names and
// accounts are not repeated: this goes into the log.
func (b BankAnswer) differs(t Transfer) (wrong []string) {
	if b.Transfer == nil { // of nothing that it has
		return nil
	}
	if b.Transfer.Reference != t.Reference {
		wrong = append(wrong, "reference")
	}
	if b.Transfer.Amount != t.Amount {
		wrong = append(wrong, fmt.Sprintf("amount: %s, not %s", b.Transfer.Amount, t.Amount))
	}
	if !claim.ShowsAccount(b.Transfer.Payee.Account, t.Payee.Account) {
		wrong = append(wrong, "account")
	}
	if b.Transfer.Payee.Name != "" && !claim.SameName(b.Transfer.Payee.Name, t.Payee.Name) { // not every bank repeats it
		wrong = append(wrong, "name")
	}
	return wrong
}
