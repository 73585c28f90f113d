package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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

// ListClaimPayments implements [rest.StrictServerInterface].
func (s *reads) ListClaimPayments(ctx context.Context, r rest.ListClaimPaymentsRequestObject) (rest.ListClaimPaymentsResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	rows, err := s.q.ListClaimPayments(ctx, s.db, access.ClaimOf(ctx).ID, after, read)
	if err != nil {
		return nil, fmt.Errorf("list payments of a claim: %w", err)
	}
	rows, next := contract.Cut(rows, show, byNumber(func(p db.ListClaimPaymentsRow) int32 { return p.Sequence }))
	all := make([]db.ListPaymentsRow, len(rows))
	for i, row := range rows {
		all[i] = db.ListPaymentsRow(row)
	}
	items, err := s.shownPayments(ctx, all)
	return rest.ListClaimPayments200JSONResponse{Items: items, Next: next}, err
}

// ListPayments implements [rest.StrictServerInterface].
func (s *reads) ListPayments(ctx context.Context, r rest.ListPaymentsRequestObject) (rest.ListPaymentsResponseObject, error) {
	p := r.Params
	at, id, err := contract.PlaceInTime(p.After, contract.EndOfTime, contract.LastUUID, contract.IsUUID)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(p.Limit)
	who := access.CallerOf(ctx)
	from, to := span(p.From.Time, p.To.Time)
	rows, err := s.q.ListPayments(ctx, s.db, db.ListPaymentsParams{
		Everywhere: who.Everywhere(), OwnBranch: who.Branch, FromAt: from, ToAt: to, State: string(p.State), BeforeAt: at, BeforeID: id, Count: read,
	})
	if err != nil {
		return nil, fmt.Errorf("list payments: %w", err)
	}
	totals, err := s.q.PaymentTotals(ctx, s.db, db.PaymentTotalsParams{
		Everywhere: who.Everywhere(), OwnBranch: who.Branch, FromAt: from, ToAt: to, State: string(p.State),
	})
	if err != nil {
		return nil, fmt.Errorf("total payments: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(p db.ListPaymentsRow) []string {
		return []string{p.At.UTC().Format(time.RFC3339Nano), p.ID}
	})
	items, err := s.shownPayments(ctx, rows)
	page := rest.ListPayments200JSONResponse{Items: items, Next: next, Totals: []rest.PaymentTotal{}, Branches: []rest.BranchTotal{}}
	for _, t := range totals { // by state, then by branch
		if n := len(page.Totals); n == 0 || page.Totals[n-1].State != t.State {
			page.Totals = append(page.Totals, rest.PaymentTotal{State: t.State})
		}
		sum := &page.Totals[len(page.Totals)-1]
		sum.Count, sum.AmountFen = sum.Count+t.Count, sum.AmountFen+claim.Fen(t.AmountFen)
		i, found := slices.BinarySearchFunc(page.Branches, t.Branch, func(b rest.BranchTotal, branch string) int { return strings.Compare(b.Branch, branch) })
		if !found {
			page.Branches = slices.Insert(page.Branches, i, rest.BranchTotal{Branch: t.Branch})
		}
		of := &page.Branches[i]
		of.Count, of.AmountFen = of.Count+t.Count, of.AmountFen+claim.Fen(t.AmountFen)
	}
	return page, err
}

// shownPayments adds to payments what was learnt of each. The account is
// masked for everybody; the payee's name is finance's to compare.
func (s *reads) shownPayments(ctx context.Context, rows []db.ListPaymentsRow) ([]rest.Payment, error) {
	ids := make([]string, len(rows))
	by := make([]claim.Principal, len(rows))
	at := map[string]int{}
	for i, p := range rows {
		ids[i], by[i], at[p.ID] = p.ID, claim.Principal(p.ReleasedBy), i
	}
	var id claim.ID
	if c := access.ClaimOf(ctx); c != nil {
		id = c.ID
	}
	who := access.CallerOf(ctx)
	released, err := s.access.ActorsOf(ctx, s.db, id, who, by)
	if err != nil {
		return nil, err
	}
	out := make([]rest.Payment, len(rows))
	for i, p := range rows {
		out[i] = rest.Payment{
			Id: p.ID, Claim: p.ClaimID, Number: p.Number, Branch: p.Branch, Sequence: int(p.Sequence), AmountFen: p.AmountFen,
			PayeeName: payeeName(who, p.PayeeName), PayeeBank: p.PayeeBank, PayeeAccount: claim.MaskAccount(p.PayeeAccount),
			ReleasedBy: released.Actor(by[i]), At: p.At.UTC(), Steps: []rest.PaymentStep{},
		}
	}
	type attempt struct {
		payment string
		number  int32
	}
	sent, err := s.q.PaymentAttempts(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("read attempts of payments: %w", err)
	}
	to := map[attempt]db.PaymentAttemptsRow{}
	for _, a := range sent { // the last is the current one
		to[attempt{a.PaymentID, a.Attempt}] = a
		p := &out[at[a.PaymentID]]
		p.PayeeName, p.PayeeBank, p.PayeeAccount = payeeName(who, a.PayeeName), a.PayeeBank, claim.MaskAccount(a.PayeeAccount)
	}
	steps, err := s.q.PaymentSteps(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("read states of payments: %w", err)
	}
	for _, st := range steps {
		p := &out[at[st.PaymentID]]
		step := rest.PaymentStep{
			Number: int(st.Number), Attempt: int(st.Attempt), Reference: st.Reference, State: st.State, BankId: st.BankID, Reason: st.Reason, At: st.At.UTC(),
			PayeeName: p.PayeeName, PayeeBank: p.PayeeBank, PayeeAccount: p.PayeeAccount,
		}
		if a, found := to[attempt{st.PaymentID, st.Attempt}]; found {
			step.PayeeName, step.PayeeBank, step.PayeeAccount = payeeName(who, a.PayeeName), a.PayeeBank, claim.MaskAccount(a.PayeeAccount)
		}
		p.Steps = append(p.Steps, step)
		p.State, p.Attempt, p.Reference = st.State, int(st.Attempt), st.Reference // the last is what is known
	}
	return out, nil
}

// payeeName is the name of a payee as the caller may see it: it is finance's to
// compare.
func payeeName(p access.Caller, name string) string {
	if p.Role == claim.Finance {
		return name
	}
	return claim.MaskName(name)
}

// payout is what a release would let go, as it is now; zero before anything is
// agreed.
func (s *reads) payout(ctx context.Context, task db.TaskByIDRow) (out rest.Payout, err error) {
	var p db.Payout
	err = pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		p, err = db.ReadPayout(ctx, s.q, tx, task.ClaimID, task.PayableFen)
		return err
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return out, nil
	case err != nil:
		return out, err
	}
	who := access.CallerOf(ctx)
	changes := p.Changes(ruleWords)
	by := []claim.Principal{p.ByID}
	for _, c := range changes {
		by = append(by, c.ByID)
	}
	names, err := s.access.ActorsOf(ctx, s.db, task.ClaimID, who, by)
	if err != nil {
		return out, err
	}
	out = rest.Payout{
		AmountFen: p.Amount, PayeeName: payeeName(who, p.PayeeName), PayeeBank: p.PayeeBank, PayeeAccount: claim.MaskAccount(p.PayeeAccount),
		NameIs: rest.PayoutNameIsOther, NamedBy: names.Actor(p.ByID), NamedAt: p.At.UTC(), Changes: []rest.PayoutChange{}, Seen: p.Seen(),
	}
	switch {
	case claim.SameName(p.PayeeName, p.Holder):
		out.NameIs = rest.PayoutNameIsHolder
	case claim.SameName(p.PayeeName, p.Insured): // by the policy: reporters may say that they are
		out.NameIs = rest.PayoutNameIsInsured
	}
	for _, c := range changes {
		shown := rest.PayoutChange{What: rest.PayoutChangeWhat(c.What), TextZh: c.Text.ZH, TextEn: c.Text.EN, At: c.At.UTC()}
		if c.ByID != "" {
			actor := names.Actor(c.ByID)
			actor.Role = c.ByRole // what they were then
			shown.By = actor
		}
		out.Changes = append(out.Changes, shown)
	}
	return out, nil
}

var requestForm = regexp.MustCompile(`^[ -~]{1,200}$`)

// ListRefusedAttempts implements [rest.StrictServerInterface].
func (s *reads) ListRefusedAttempts(ctx context.Context, r rest.ListRefusedAttemptsRequestObject) (rest.ListRefusedAttemptsResponseObject, error) {
	p := r.Params
	at, request, err := contract.PlaceInTime(p.After, contract.EndOfTime, "", requestForm.MatchString)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(p.Limit)
	who := access.CallerOf(ctx)
	from, to := span(p.From.Time, p.To.Time)
	q := db.ListRefusedAttemptsParams{
		Everywhere: who.Everywhere(), OwnBranch: who.Branch, Rule: p.Rule, FromAt: from, ToAt: to, BeforeAt: at, BeforeRequest: request, Count: read,
	}
	if p.Claim != "" {
		id, err := s.access.ClaimID(ctx, p.Claim)
		if errors.Is(err, contract.ErrNotFound) { // a filter that nothing passes
			return rest.ListRefusedAttempts200JSONResponse{Items: []rest.RefusedAttempt{}}, nil
		}
		if err != nil {
			return nil, err
		}
		of := string(id)
		q.ClaimID = &of
	}
	rows, err := s.q.ListRefusedAttempts(ctx, s.db, q)
	if err != nil {
		return nil, fmt.Errorf("list refused attempts: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(a db.ListRefusedAttemptsRow) []string {
		return []string{a.At.UTC().Format(time.RFC3339Nano), a.RequestID}
	})
	ids := make([]claim.Principal, len(rows))
	for i, a := range rows {
		ids[i] = a.ByID
	}
	names, err := s.access.ActorsOf(ctx, s.db, "", who, ids)
	page := rest.ListRefusedAttempts200JSONResponse{Items: make([]rest.RefusedAttempt, len(rows)), Next: next}
	for i, a := range rows {
		out := rest.RefusedAttempt{
			Request: a.RequestID, Number: a.Number, At: a.At.UTC(), By: names.Actor(a.ByID), Branch: a.Branch, Act: a.Act, Rule: a.Rule, Detail: a.Detail,
		}
		out.By.Role = a.ByRole // what they were then
		if a.ClaimID != nil {
			out.Claim = string(*a.ClaimID)
		}
		page.Items[i] = out
	}
	return page, err
}
