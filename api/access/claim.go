package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cedar-policy/cedar-go"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/internal/cache"
	"anpei/schemas/db"
)

// Claim is a claim as its decision looked at it.
type Claim struct {
	ID       claim.ID
	Number   string
	Line     claim.Line
	Lane     claim.Lane
	Stage    claim.Stage
	Branch   string
	OpenedBy string
	Version  int64
	Held     bool // its evidence, by a legal hold
	// Known reports whether the caller is in the claim's policy, by their verified
	// phone or a partner's word. Who is not learns nothing of it.
	Known bool

	names   claim.Pseudonyms
	people  []db.SeePeopleRow // read only for those whose answer depends on them
	workers []string          // staff who have or had a task; likewise

	// Extra reports that the caller is on the claim without speaking for it
	// (reported the same loss again, or is a third party): they see that it is
	// there, and what they sent themselves.
	Extra bool
}

// insider reports whether a party speaks for the claim: whose report it is of,
// and whom the policy knows, not a third party. That a report calls somebody the
// insured proves nothing.
func (c *Claim) insider(p db.SeePeopleRow) bool {
	return p.Role != claim.PartyThird && (p.Known || p.Principal == c.OpenedBy && p.First)
}

// Resource is a claim as policies see it. Those that nobody's phone or task
// matters to are kept: they differ by three texts, and each request asks.
func (c *Claim) Resource() *Resource {
	if len(c.people)+len(c.workers) > 0 {
		return c.described()
	}
	key, now := plainClaim{c.ID, c.Branch, c.OpenedBy}, time.Now()
	kept, ok := plainClaims.Get(key)
	if !ok {
		kept = c.described()
		plainClaims.Put(key, kept, now.Add(time.Hour))
	}
	return kept
}

type plainClaim struct {
	id               claim.ID
	branch, openedBy string
}

var plainClaims = cache.New[plainClaim, *Resource](4096)

func (c *Claim) described() *Resource {
	insiders := []cedar.Value{cedar.String(c.OpenedBy)}
	reporters := []cedar.Value{cedar.String(c.OpenedBy)}
	var parties, workers []cedar.Value
	for _, p := range c.people {
		as := cedar.String(c.names.Of(p.Phone))
		parties = append(parties, as)
		if c.insider(p) {
			insiders = append(insiders, as)
		}
		if p.Principal != "" {
			reporters = append(reporters, cedar.String(p.Principal))
		}
	}
	for _, w := range c.workers {
		workers = append(workers, cedar.String(w))
	}
	return &Resource{entity: cedar.Entity{
		UID: cedar.EntityUID{Type: "Claim", ID: cedar.String(c.ID)},
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"id": cedar.String(c.ID), "branch": cedar.String(c.Branch), "opened_by": cedar.String(c.OpenedBy),
			"insiders": cedar.NewSet(insiders...), "parties": cedar.NewSet(parties...),
			"reporters": cedar.NewSet(reporters...), "workers": cedar.NewSet(workers...),
		}),
	}}
}

// TaskResource is a task as policies see it.
func TaskResource(t *db.TaskSeenRow, c *Claim) *Resource {
	of := c.Resource().entity
	return &Resource{inner: &of, entity: cedar.Entity{
		UID: cedar.EntityUID{Type: "Task", ID: cedar.String(t.ID)},
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"role": cedar.String(t.Role), "branch": cedar.String(t.Branch),
			"level": cedar.Long(t.Level), "owner": cedar.String(t.Owner), "claim": of.UID, "unstaffed": cedar.Boolean(t.Unstaffed),
		}),
	}}
}

// SeeClaim reads a claim by id or number as a decision needs it.
func (a *Control) SeeClaim(ctx context.Context, at *Call, ref string) (*Claim, error) {
	id, err := a.ClaimID(ctx, ref)
	if err != nil {
		return nil, err
	}
	claimant := at.Who.Role == claim.Claimant
	withParties := claimant || (at.Op.Command || at.Op.ID == "ListActs") && at.Who.OwnPhone != ""
	row, err := a.queries.SeeClaim(ctx, a.pool, string(id))
	if err != nil {
		return nil, contract.RowError("claim", err)
	}
	c := &Claim{
		ID: id, Number: row.Number, Line: claim.Line(row.Line), Lane: claim.Lane(row.Lane), Stage: claim.Stage(row.Stage),
		Branch: row.Branch, OpenedBy: row.OpenedBy, Version: row.Version, Held: row.Held, names: a.names,
		Known: at.Who.Role == claim.Partner && claim.Relation(row.Relation) != claim.Stranger,
	}
	if withParties {
		if c.people, err = a.queries.SeePeople(ctx, a.pool, id); err != nil {
			return nil, fmt.Errorf("parties of claim %s: %w", id, err)
		}
		c.Known = c.Known || claimant && slices.ContainsFunc(c.people, func(p db.SeePeopleRow) bool { return p.Known && p.Phone == at.Who.OwnPhone })
	}
	if at.Who.Role == claim.Surveyor {
		if c.workers, err = a.queries.SeeWorkers(ctx, a.pool, id); err != nil {
			return nil, fmt.Errorf("workers of claim %s: %w", id, err)
		}
	}
	if claimant && at.Who.ID != claim.Principal(row.OpenedBy) {
		c.Extra = !slices.ContainsFunc(c.people, func(p db.SeePeopleRow) bool { return p.Phone == at.Who.OwnPhone && c.insider(p) })
	}
	return c, nil
}

// ClaimID turns a claim number into an id. A number never changes its claim.
func (a *Control) ClaimID(ctx context.Context, ref string) (claim.ID, error) {
	switch {
	case contract.IsUUID(ref):
		return claim.ID(ref), nil
	case !contract.IsNumber(ref):
		return "", contract.ErrNotFound
	}
	now := time.Now()
	if id, ok := a.numbers.Get(ref); ok {
		return id, nil
	}
	id, err := a.queries.ClaimIDByNumber(ctx, a.pool, ref)
	if err != nil {
		return "", contract.RowError("claim", err)
	}
	a.numbers.Put(ref, id, now.Add(time.Hour))
	return id, nil
}
