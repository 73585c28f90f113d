package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas"
	"anpei/schemas/db"
)

// policies are the cedar policies of schemas/policies, sorted by the action
// that they speak of: a decision looks at the few that can matter.
type policies struct {
	any      named            // of every action
	byAction map[string]named // includes any
}

// named is a set of policies with their ids, in the order of the files.
type named []namedPolicy

type namedPolicy struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

// All implements [cedar.PolicyIterator].
func (n named) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range n {
			if !yield(p.id, p.policy) {
				return
			}
		}
	}
}

// loadPolicies parses the policies of this release, once a process.
var loadPolicies = sync.OnceValues(func() (policies, error) {
	p := policies{byAction: map[string]named{}}
	files, err := fs.Glob(schemas.Policies, "policies/*.cedar")
	if err != nil {
		return p, fmt.Errorf("list policies: %w", err)
	}
	for _, file := range files {
		text, err := schemas.Policies.ReadFile(file)
		if err != nil {
			return p, fmt.Errorf("read policies: %w", err)
		}
		list, err := cedar.NewPolicyListFromBytes(file, text)
		if err != nil {
			return p, fmt.Errorf("parse policies %s: %w", file, err)
		}
		for i, policy := range list {
			if err := p.add(namedPolicy{cedar.PolicyID(fmt.Sprintf("%s#%d", file, i)), policy}); err != nil {
				return p, fmt.Errorf("policies %s: %w", file, err)
			}
		}
	}
	for action, list := range p.byAction {
		p.byAction[action] = slices.Concat(p.any, list)
	}
	return p, nil
})

// add sorts a policy under the actions that it names, and takes these out of
// it: under its action a policy need not ask again, which is most of its work.
func (p *policies) add(n namedPolicy) error {
	raw, err := n.policy.MarshalJSON()
	if err != nil {
		return err
	}
	type entity struct {
		ID string `json:"id"`
	}
	var scope struct {
		Action struct {
			Entity   *entity  `json:"entity"`
			Entities []entity `json:"entities"`
		} `json:"action"`
	}
	if err := json.Unmarshal(raw, &scope); err != nil {
		return err
	}
	if scope.Action.Entity != nil {
		scope.Action.Entities = append(scope.Action.Entities, *scope.Action.Entity)
	}
	if len(scope.Action.Entities) == 0 {
		p.any = append(p.any, n)
		return nil
	}
	parts := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	parts["action"] = json.RawMessage(`{"op": "All"}`)
	if raw, err = json.Marshal(parts); err != nil {
		return err
	}
	n.policy = &cedar.Policy{}
	if err := n.policy.UnmarshalJSON(raw); err != nil {
		return err
	}
	for _, action := range scope.Action.Entities {
		p.byAction[action.ID] = append(p.byAction[action.ID], n)
	}
	return nil
}

// resource is what is asked about, with what it refers to.
type resource struct {
	entity cedar.Entity
	inner  *cedar.Entity // a task's claim
}

// things answers what cedar asks about the two or three entities of a request.
type things struct {
	who  *cedar.Entity
	what *resource
}

// Get implements [cedar.EntityGetter].
func (t things) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	switch {
	case uid == t.what.entity.UID:
		return t.what.entity, true
	case uid == t.who.UID:
		return *t.who, true
	case t.what.inner != nil && uid == t.what.inner.UID:
		return *t.what.inner, true
	}
	return cedar.Entity{}, false
}

// ruling is a decision, and the rule that stopped the act where one has a name.
type ruling struct {
	allowed   bool
	rule, why string
}

// decide is the one decision on who may do what. A policy that cannot be
// evaluated allows nothing: it may have been a forbid.
func (p policies) decide(who *cedar.Entity, action string, what *resource) (ruling, error) {
	list := p.byAction[action]
	decision, diagnostic := cedar.Authorize(list, things{who, what}, cedar.Request{
		Principal: who.UID,
		Action:    cedar.EntityUID{Type: "Action", ID: cedar.String(action)},
		Resource:  what.entity.UID,
	})
	if len(diagnostic.Errors) > 0 {
		return ruling{}, fmt.Errorf("policy of %s: %s", action, diagnostic.Errors[0])
	}
	if decision == cedar.Allow {
		return ruling{allowed: true}, nil
	}
	r := ruling{rule: claim.RuleRole}
	for _, reason := range diagnostic.Reasons { // a forbid's, if there are any
		for _, n := range list {
			if n.id != reason.PolicyID {
				continue
			}
			notes := n.policy.Annotations()
			r.rule, r.why = string(notes["id"]), string(notes["why"])
		}
	}
	return r, nil
}

// claimSeen is a claim as its decision looked at it.
type claimSeen struct {
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
func (c *claimSeen) insider(p db.SeePeopleRow) bool {
	return p.Role != claim.PartyThird && (p.Principal == "" && p.Known || p.Principal == c.OpenedBy && p.First)
}

// resource is a claim as policies see it. Those that nobody's phone or task
// matters to are kept: they differ by three texts, and each request asks.
func (c *claimSeen) resource() *resource {
	if len(c.people)+len(c.workers) > 0 {
		return c.described()
	}
	key, now := plainClaim{c.ID, c.Branch, c.OpenedBy}, time.Now()
	kept, ok := plainClaims.get(key)
	if !ok {
		kept = c.described()
		plainClaims.put(key, kept, now.Add(time.Hour))
	}
	return kept
}

type plainClaim struct {
	id               claim.ID
	branch, openedBy string
}

var plainClaims = newCache[plainClaim, *resource](4096)

func (c *claimSeen) described() *resource {
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
	return &resource{entity: cedar.Entity{
		UID: cedar.EntityUID{Type: "Claim", ID: cedar.String(c.ID)},
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"id": cedar.String(c.ID), "branch": cedar.String(c.Branch), "opened_by": cedar.String(c.OpenedBy),
			"insiders": cedar.NewSet(insiders...), "parties": cedar.NewSet(parties...),
			"reporters": cedar.NewSet(reporters...), "workers": cedar.NewSet(workers...),
		}),
	}}
}

// taskResource is a task as policies see it.
func taskResource(t *db.TaskSeenRow, c *claimSeen) *resource {
	of := c.resource().entity
	return &resource{inner: &of, entity: cedar.Entity{
		UID: cedar.EntityUID{Type: "Task", ID: cedar.String(t.ID)},
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"role": cedar.String(t.Role), "branch": cedar.String(t.Branch),
			"level": cedar.Long(t.Level), "owner": cedar.String(t.Owner), "claim": of.UID, "unstaffed": cedar.Boolean(t.Unstaffed),
		}),
	}}
}

// of is a resource that policies know by its branch.
func of(typ cedar.EntityType, id, branch string) *resource {
	return &resource{entity: cedar.Entity{
		UID:        cedar.EntityUID{Type: typ, ID: cedar.String(id)},
		Attributes: cedar.NewRecord(cedar.RecordMap{"id": cedar.String(id), "branch": cedar.String(branch)}),
	}}
}

// company is a collection as such.
var company = of("Company", "anpei", "")

// decide asks the policy about a request, once what it is about is known. What
// the caller may not see is not there; what they see and may not do is refused.
func (s *server) decide(ctx context.Context, c echo.Context, at *call) error {
	what, reading, err := s.subject(ctx, c, at)
	if err != nil {
		return s.unseen(ctx, at, err)
	}
	got, err := s.policies.decide(at.who.entity, at.op.id, what)
	if err != nil || got.allowed {
		return err
	}
	if at.repeated, err = s.carriedOut(ctx, c, at); at.repeated || err != nil {
		return err
	}
	if reading != "" {
		seen, err := s.policies.decide(at.who.entity, reading, what)
		if err != nil {
			return err
		}
		if !seen.allowed {
			return s.unseen(ctx, at, errNotFound)
		}
	}
	r := claim.Refusal{Rule: got.rule, Detail: got.why}
	if r.Detail == "" {
		r.Detail = fmt.Sprintf("This is for: %s You are signed in as %s.", at.op.who, at.who.Role)
	}
	s.attempt(ctx, r)
	return refusal{r}
}

// byUpdate are the operations that a claim's workflow carries out, by [send].
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
func (s *server) carriedOut(ctx context.Context, c echo.Context, at *call) (bool, error) {
	if at.claim == nil || !byUpdate[at.op.id] {
		return false, nil
	}
	row, err := s.q.CommandStep(ctx, s.db, string(at.who.ID), c.Request().Header.Get("Idempotency-Key"))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the answer of %s: %w", at.op.id, err)
	}
	var receipt claim.Receipt
	if err := json.Unmarshal(row.Receipt, &receipt); err != nil {
		return false, fmt.Errorf("decode the receipt of %s: %w", at.op.id, err)
	}
	return receipt.Claim == at.claim.ID, nil
}

// unseen logs that somebody tried to act on what is not theirs to see.
func (s *server) unseen(ctx context.Context, at *call, err error) error {
	if errors.Is(err, errNotFound) && at.claim != nil {
		s.attempt(ctx, claim.Refusal{Rule: ruleNotVisible, Detail: "The claim is not this person's to see."})
	}
	return err
}

// ruleNotVisible is why an act on a claim that one may not see is stopped. The
// answer does not say it: to the caller the claim is not there.
const ruleNotVisible = "role.not-visible"

// attempt logs an act that a rule stopped before it reached the claim's
// workflow. Reading is no act. Unique by request.
func (s *server) attempt(ctx context.Context, r claim.Refusal) {
	at := callOf(ctx)
	if !at.op.command {
		return
	}
	row := db.InsertRefusedAttemptParams{
		RequestID: at.request, ByID: at.who.ID, ByRole: at.who.Role, Branch: at.who.Branch,
		Act: at.op.id, Rule: r.Rule, Detail: r.Told().Detail,
	}
	if at.claim != nil {
		row.ClaimID = &at.claim.ID
	}
	if err := s.q.InsertRefusedAttempt(ctx, s.db, row); err != nil {
		s.log.ErrorContext(ctx, "refused attempt not logged", "request", at.request, "error", err)
	}
}

// subject reads what a request is about, from its path, and names the
// operation that tells whether one sees it.
func (s *server) subject(ctx context.Context, c echo.Context, at *call) (what *resource, reading string, err error) {
	switch param := at.op.about; param {
	case "claim":
		if at.claim, err = s.seeClaim(ctx, at, pathParam(c, param)); err != nil {
			return nil, "", err
		}
		if id := pathParam(c, "document"); id != "" {
			if err := s.seeDocument(ctx, at, id); err != nil {
				return nil, "", err
			}
		}
		return at.claim.resource(), "GetClaim", nil
	case "task":
		row, err := s.q.TaskSeen(ctx, s.db, pathParam(c, param))
		if err != nil {
			return nil, "", seen("task", err)
		}
		at.task = &row
		if at.claim, err = s.seeClaim(ctx, at, string(row.ClaimID)); err != nil {
			return nil, "", err
		}
		return taskResource(&row, at.claim), "GetTask", nil
	case "number":
		row, err := s.q.PolicySeen(ctx, s.db, pathParam(c, param))
		if err != nil {
			return nil, "", seen("policy", err)
		}
		return of("Policy", row.Number, row.Branch), "GetPolicy", nil
	case "id":
		id := pathParam(c, param)
		found, err := s.access.member(ctx, claim.Principal(id), time.Now())
		switch {
		case errors.Is(err, pgx.ErrNoRows) && at.op.command:
			return company, "", nil // to be added; the handler asks about the new record
		case err != nil:
			return nil, "", seen("staff", err)
		}
		return of("Member", id, found.row.Branch), "GetStaff", nil
	default:
		return company, "", nil
	}
}

// seen turns the absence of a row into what a caller may know of it.
func seen(what string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errNotFound
	}
	return fmt.Errorf("see %s: %w", what, err)
}

var (
	uuidForm   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	numberForm = regexp.MustCompile(`^AP-[0-9]{4}-[0-9]{4}-[0-9]{6,}$`)
)

// seeClaim reads a claim by id or number as a decision needs it.
func (s *server) seeClaim(ctx context.Context, at *call, ref string) (*claimSeen, error) {
	id, err := s.claimID(ctx, ref)
	if err != nil {
		return nil, err
	}
	claimant := at.who.Role == claim.Claimant
	withParties := claimant || (at.op.command || at.op.id == "ListActs") && at.who.phone != ""
	row, err := s.q.SeeClaim(ctx, s.db, string(id))
	if err != nil {
		return nil, seen("claim", err)
	}
	c := &claimSeen{
		ID: id, Number: row.Number, Line: claim.Line(row.Line), Lane: claim.Lane(row.Lane), Stage: claim.Stage(row.Stage),
		Branch: row.Branch, OpenedBy: row.OpenedBy, Version: row.Version, Held: row.Held, names: s.access.names,
		Known: at.who.Role == claim.Partner && row.Relation != claim.Stranger,
	}
	if withParties {
		if c.people, err = s.q.SeePeople(ctx, s.db, id); err != nil {
			return nil, fmt.Errorf("parties of claim %s: %w", id, err)
		}
		c.Known = c.Known || claimant && slices.ContainsFunc(c.people, func(p db.SeePeopleRow) bool { return p.Known && p.Phone == at.who.phone })
	}
	if at.who.Role == claim.Surveyor {
		if c.workers, err = s.q.SeeWorkers(ctx, s.db, id); err != nil {
			return nil, fmt.Errorf("workers of claim %s: %w", id, err)
		}
	}
	if claimant && at.who.ID != claim.Principal(row.OpenedBy) {
		c.Extra = !slices.ContainsFunc(c.people, func(p db.SeePeopleRow) bool { return p.Phone == at.who.phone && c.insider(p) })
	}
	return c, nil
}

// claimID turns a claim number into an id. A number never changes its claim.
func (s *server) claimID(ctx context.Context, ref string) (claim.ID, error) {
	switch {
	case uuidForm.MatchString(ref):
		return claim.ID(ref), nil
	case !numberForm.MatchString(ref):
		return "", errNotFound
	}
	now := time.Now()
	if id, ok := s.access.numbers.get(ref); ok {
		return id, nil
	}
	id, err := s.q.ClaimIDByNumber(ctx, s.db, ref)
	if err != nil {
		return "", seen("claim", err)
	}
	s.access.numbers.put(ref, id, now.Add(time.Hour))
	return id, nil
}

// seeDocument lets everybody at the papers that they sent themselves; at others
// only those who speak for the claim or work on it, and at sensitive ones only
// those whose work needs them. To anybody else a paper is not there.
func (s *server) seeDocument(ctx context.Context, at *call, id string) error {
	without, err := s.without(at.who, at.claim)
	if err != nil || !at.claim.Extra && len(without) == 0 {
		return err
	}
	row, err := s.q.DocumentSeen(ctx, s.db, id, string(at.claim.ID))
	if err != nil {
		return seen("document", err)
	}
	if claim.Principal(row.AttachedBy) != at.who.ID && (at.claim.Extra || slices.Contains(without, row.Kind)) {
		return errNotFound
	}
	return nil
}

// readSensitive is the one action that is no operation: a part of those that
// read documents.
const readSensitive = "ReadSensitive"

// without names the kinds of paper that somebody does not see on a claim, other
// than their own.
func (s *server) without(who principal, c *claimSeen) ([]string, error) {
	kinds := []string{}
	got, err := s.policies.decide(who.entity, readSensitive, c.resource())
	if err != nil || got.allowed {
		return kinds, err
	}
	for _, k := range document.Sensitive() {
		kinds = append(kinds, string(k))
	}
	return kinds, nil
}

// reads reports whether a method changes nothing.
func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }
