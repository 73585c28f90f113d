package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"anpei/claim"
)

// Payout is what a release lets go, and what has changed since the approval. It
// is shown to whoever releases and read again by the step: both by [ReadPayout].
type Payout struct {
	PayoutRow
	Amount     claim.Fen       // what is paid
	Agreements []AgreementsRow // the first, and each correction of the account
	Events     []PayoutEventsRow
}

// ReadPayout reads the payout of a claim. The error is pgx.ErrNoRows when
// nothing is agreed yet.
func ReadPayout(ctx context.Context, q *Queries, conn DBTX, id claim.ID, amount claim.Fen) (p Payout, err error) {
	p.Amount = amount
	if p.PayoutRow, err = q.Payout(ctx, conn, id); err != nil {
		return p, fmt.Errorf("read what is to be released: %w", err)
	}
	if p.Agreements, err = q.Agreements(ctx, conn, id); err != nil {
		return p, fmt.Errorf("read agreements: %w", err)
	}
	if p.Events, err = q.PayoutEvents(ctx, conn, id, p.Approved); err != nil {
		return p, fmt.Errorf("read what came after the approval: %w", err)
	}
	return p, nil
}

// Seen stands for all of it, in hex: another payee, account, amount, policy or
// branch, or another word of the bank, is another.
func (p Payout) Seen() string {
	last := int64(0)
	if len(p.Events) > 0 {
		last = p.Events[0].Last
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "payout %d %d %q %q %q %q %q %d %d",
		p.Round, p.Amount, p.PayeeName, p.PayeeBank, p.PayeeAccount, p.Branch, p.PolicyNo, p.PolicyVersion, last))
	return hex.EncodeToString(sum[:])
}

// Payee is whom the money goes to.
func (p Payout) Payee() claim.Payee {
	return claim.Payee{Name: p.PayeeName, Bank: p.PayeeBank, Account: p.PayeeAccount}
}

// PayoutChange is something that has changed since the approval.
type PayoutChange struct {
	What string // amount, payee, policy, branch, claimant, finding, paper or bank
	Text claim.Text
	PayoutEventsRow
}

// Changes says what has changed since the approval, for whoever releases. Names
// and accounts are masked. rules are the words of findings in Chinese and
// English, see document.Rules.
func (p Payout) Changes(rules map[string]claim.Text) (list []PayoutChange) {
	add := func(e PayoutEventsRow, what, zh, en string) {
		list = append(list, PayoutChange{what, claim.Text{ZH: zh, EN: en}, e})
	}
	now := PayoutEventsRow{At: p.At}
	if p.Approved > 0 && p.ApprovedFen != int64(p.Amount) {
		add(now, "amount", fmt.Sprintf("核赔金额 %s，现为 %s", claim.Fen(p.ApprovedFen), p.Amount), fmt.Sprintf("Approved were %s, it is %s now.", claim.Fen(p.ApprovedFen), p.Amount))
	}
	if p.ApprovedIn != "" && p.ApprovedIn != p.Branch {
		add(now, "branch", fmt.Sprintf("核赔时机构 %s，现为 %s", p.ApprovedIn, p.Branch), fmt.Sprintf("Approved in branch %s, it is of %s now.", p.ApprovedIn, p.Branch))
	}
	corrections := 0
	for _, e := range p.Events {
		reason := func() string {
			var body claim.BankAnswerBody
			_ = json.Unmarshal(e.Body, &body) // what is not there is left out
			return body.Reason
		}
		switch e.Kind {
		case claim.EventPolicyLinked:
			add(e, "policy", fmt.Sprintf("保单改为 %s", p.PolicyNo), fmt.Sprintf("The policy is %s now.", p.PolicyNo))
		case claim.EventAgreed:
			if corrections++; corrections < len(p.Agreements) {
				from, to := p.Agreements[corrections-1], p.Agreements[corrections]
				text := fmt.Sprintf("%s %s %s → %s %s %s", claim.MaskName(from.PayeeName), from.PayeeBank, claim.MaskAccount(from.PayeeAccount),
					claim.MaskName(to.PayeeName), to.PayeeBank, claim.MaskAccount(to.PayeeAccount))
				add(e, "payee", "收款账户更正："+text, "The account was corrected: "+text)
			}
		case claim.EventReportedAgain:
			add(e, "claimant", "保单上的人也报了案，核对收款人", "A person in the policy has reported the loss too: check the payee.")
		case claim.EventFindingRaised:
			var body claim.FindingBody
			_ = json.Unmarshal(e.Body, &body)
			rule := rules[body.Rule]
			add(e, "finding", "核赔后出现重大疑点："+rule.ZH, "A grave finding was raised after the approval: "+rule.EN+".")
		case claim.EventPaperConfirmed:
			add(e, "paper", "核赔后又核对了一份材料", "A paper was confirmed after the approval.")
		case claim.EventPaymentRejected, claim.EventPaymentRefused:
			add(e, "bank", "银行未执行："+reason(), "The bank refused the transfer: "+reason())
		case claim.EventPaymentReturned:
			add(e, "bank", "银行退回："+reason(), "The bank sent the money back: "+reason())
		case claim.EventPaymentDecided:
			var body claim.TransferDecidedBody
			_ = json.Unmarshal(e.Body, &body)
			add(e, "bank", "财务处理："+body.Note, "Finance decided: "+body.Note)
		default: // the query asks for no other
		}
	}
	return list
}
