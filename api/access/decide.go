package access

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// decide asks the policy about a request, once what it is about is known. What
// the caller may not see is not there; what they see and may not do is refused.
func (a *Control) decide(ctx context.Context, c echo.Context, at *Call) error {
	what, reading, err := a.subject(ctx, c, at)
	if err != nil {
		return a.unseen(ctx, at, err)
	}
	got, err := a.Rule(at.Who, at.Op.ID, what)
	if err != nil || got.Allowed {
		return err
	}
	if at.Repeated, err = a.carriedOut(ctx, c, at); at.Repeated || err != nil {
		return err
	}
	if reading != "" {
		seen, err := a.Rule(at.Who, reading, what)
		if err != nil {
			return err
		}
		if !seen.Allowed {
			return a.unseen(ctx, at, contract.ErrNotFound)
		}
	}
	r := *claim.Refuse(got.Rule, cmp.Or(got.Why, claim.WhyOtherRole), "who", at.Op.Who, "role", string(at.Who.Role))
	a.attempt(ctx, r)
	return contract.Refused(r)
}

// Rule asks the policy whether somebody may do something.
func (a *Control) Rule(who Caller, action string, what *Resource) (Ruling, error) {
	return a.policies.decide(who.entity, action, what)
}

// May asks the policy about a record that is not there yet.
func (a *Control) May(ctx context.Context, action string, what *Resource) error {
	got, err := a.Rule(CallerOf(ctx), action, what)
	if err != nil || got.Allowed {
		return err
	}
	r := *claim.Refuse(got.Rule, cmp.Or(got.Why, claim.WhyOtherBranch))
	a.attempt(ctx, r)
	return contract.Refused(r)
}

// Allowed reports whether the caller may do something to a record.
func (a *Control) Allowed(ctx context.Context, action string, what *Resource) (bool, error) {
	got, err := a.Rule(CallerOf(ctx), action, what)
	return got.Allowed, err
}

// byUpdate are the operations that a claim's workflow carries out, in api.
var byUpdate = func() map[string]bool {
	ops := map[string]bool{}
	for _, act := range claim.Acts() {
		ops[act.Operation()] = true
	}
	return ops
}()

// carriedOut reports whether this very caller's key has carried out a command
// on the claim before: then it acts no more, and the caller gets its answer,
// though they may not send it today.
func (a *Control) carriedOut(ctx context.Context, c echo.Context, at *Call) (bool, error) {
	if at.Claim == nil || !byUpdate[at.Op.ID] {
		return false, nil
	}
	row, err := a.queries.CommandStep(ctx, a.pool, string(at.Who.ID), c.Request().Header.Get("Idempotency-Key"))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the answer of %s: %w", at.Op.ID, err)
	}
	var receipt claim.Receipt
	if err := json.Unmarshal(row.Receipt, &receipt); err != nil {
		return false, fmt.Errorf("decode the receipt of %s: %w", at.Op.ID, err)
	}
	return receipt.Claim == at.Claim.ID, nil
}

// unseen logs that somebody tried to act on what is not theirs to see.
func (a *Control) unseen(ctx context.Context, at *Call, err error) error {
	if errors.Is(err, contract.ErrNotFound) && at.Claim != nil {
		a.attempt(ctx, claim.Refusal{Rule: RuleNotVisible, Detail: "The claim is not this person's to see."})
	}
	return err
}

// RuleNotVisible is why an act on a claim that one may not see is stopped. The
// answer does not say it: to the caller the claim is not there.
const RuleNotVisible = "role.not-visible"

// attempt logs an act that a rule stopped before it reached the claim's
// workflow. Reading is no act. Unique by request.
func (a *Control) attempt(ctx context.Context, r claim.Refusal) {
	at := CallOf(ctx)
	if !at.Op.Command {
		return
	}
	row := db.InsertRefusedAttemptParams{
		RequestID: at.Request, ByID: at.Who.ID, ByRole: at.Who.Role, Branch: at.Who.Branch,
		Act: at.Op.ID, Rule: r.Rule, Detail: r.Told().Detail,
	}
	if at.Claim != nil {
		row.ClaimID = &at.Claim.ID
	}
	if err := a.queries.InsertRefusedAttempt(ctx, a.pool, row); err != nil {
		a.logger.ErrorContext(ctx, "refused attempt not logged", "request", at.Request, "error", err)
	}
}

// Refused logs an act that a rule stopped before a step did, and says so.
func (a *Control) Refused(ctx context.Context, r claim.Refusal) error {
	a.attempt(context.WithoutCancel(ctx), r) // also when the caller has gone
	return contract.Refused(r)
}

// subject reads what a request is about, from its path, and names the
// operation that tells whether one sees it.
func (a *Control) subject(ctx context.Context, c echo.Context, at *Call) (what *Resource, reading string, err error) {
	switch param := at.Op.About; param {
	case "claim":
		if at.Claim, err = a.SeeClaim(ctx, at, contract.PathParam(c, param)); err != nil {
			return nil, "", err
		}
		if id := contract.PathParam(c, "document"); id != "" {
			if err := a.seeDocument(ctx, at, id); err != nil {
				return nil, "", err
			}
		}
		return at.Claim.Resource(), "GetClaim", nil
	case "task":
		row, err := a.queries.TaskSeen(ctx, a.pool, contract.PathParam(c, param))
		if err != nil {
			return nil, "", contract.RowError("task", err)
		}
		at.task = &row
		if at.Claim, err = a.SeeClaim(ctx, at, string(row.ClaimID)); err != nil {
			return nil, "", err
		}
		return TaskResource(&row, at.Claim), "GetTask", nil
	case "number":
		row, err := a.queries.PolicySeen(ctx, a.pool, contract.PathParam(c, param))
		if err != nil {
			return nil, "", contract.RowError("policy", err)
		}
		return Record("Policy", row.Number, row.Branch), "GetPolicy", nil
	case "id":
		id := contract.PathParam(c, param)
		found, err := a.member(ctx, claim.Principal(id), time.Now())
		switch {
		case errors.Is(err, pgx.ErrNoRows) && at.Op.Command:
			return Company, "", nil // to be added; the handler asks about the new record
		case err != nil:
			return nil, "", contract.RowError("staff", err)
		}
		return Record("Member", id, found.row.Branch), "GetStaff", nil
	default:
		return Company, "", nil
	}
}

// seeDocument lets everybody at the papers that they sent themselves; at others
// only those who speak for the claim or work on it, and at sensitive ones only
// those whose work needs them. To anybody else a paper is not there.
func (a *Control) seeDocument(ctx context.Context, at *Call, id string) error {
	without, err := a.Without(at.Who, at.Claim)
	if err != nil || !at.Claim.Extra && len(without) == 0 {
		return err
	}
	row, err := a.queries.DocumentSeen(ctx, a.pool, id, string(at.Claim.ID))
	if err != nil {
		return contract.RowError("document", err)
	}
	if claim.Principal(row.AttachedBy) != at.Who.ID && (at.Claim.Extra || slices.Contains(without, row.Kind)) {
		return contract.ErrNotFound
	}
	return nil
}

// readSensitive is the one action that is no operation: a part of those that
// read documents.
const readSensitive = "ReadSensitive"

// Without names the kinds of paper that somebody does not see on a claim, other
// than their own.
func (a *Control) Without(who Caller, c *Claim) ([]string, error) {
	kinds := []string{}
	got, err := a.Rule(who, readSensitive, c.Resource())
	if err != nil || got.Allowed {
		return kinds, err
	}
	for _, k := range document.Sensitive() {
		kinds = append(kinds, string(k))
	}
	return kinds, nil
}
