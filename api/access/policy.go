package access

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync"

	"github.com/cedar-policy/cedar-go"

	"anpei/claim"
	"anpei/schemas"
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

// Resource is what is asked about, with what it refers to.
type Resource struct {
	entity cedar.Entity
	inner  *cedar.Entity // a task's claim
}

// things answers what cedar asks about the two or three entities of a request.
type things struct {
	who  *cedar.Entity
	what *Resource
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

// Ruling is a decision, and the rule that stopped the act where one has a name.
type Ruling struct {
	Allowed bool
	Rule    string
	Why     claim.RefusalCode
}

// decide is the one decision on who may do what. A policy that cannot be
// evaluated allows nothing: it may have been a forbid.
func (p policies) decide(who *cedar.Entity, action string, what *Resource) (Ruling, error) {
	list := p.byAction[action]
	decision, diagnostic := cedar.Authorize(list, things{who, what}, cedar.Request{
		Principal: who.UID,
		Action:    cedar.EntityUID{Type: "Action", ID: cedar.String(action)},
		Resource:  what.entity.UID,
	})
	if len(diagnostic.Errors) > 0 {
		return Ruling{}, fmt.Errorf("policy of %s: %s", action, diagnostic.Errors[0])
	}
	if decision == cedar.Allow {
		return Ruling{Allowed: true}, nil
	}
	r := Ruling{Rule: claim.RuleRole}
	for _, reason := range diagnostic.Reasons { // a forbid's, if there are any
		for _, n := range list {
			if n.id != reason.PolicyID {
				continue
			}
			notes := n.policy.Annotations()
			r.Rule, r.Why = string(notes["id"]), claim.RefusalCode(notes["why"])
		}
	}
	return r, nil
}

// Record is a resource that policies know by its branch.
func Record(typ cedar.EntityType, id, branch string) *Resource {
	return &Resource{entity: cedar.Entity{
		UID:        cedar.EntityUID{Type: typ, ID: cedar.String(id)},
		Attributes: cedar.NewRecord(cedar.RecordMap{"id": cedar.String(id), "branch": cedar.String(branch)}),
	}}
}

// Company is a collection as such.
var Company = Record("Company", "anpei", "")
