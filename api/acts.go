package main

import (
	"context"
	"strings"
	"sync"

	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// ListActs implements the contract.
func (s *server) ListActs(ctx context.Context, _ rest.ListActsRequestObject) (rest.ListActsResponseObject, error) {
	file, err := s.file(ctx, claimOf(ctx).ID)
	if err != nil {
		return nil, err
	}
	items, err := s.options(principalOf(ctx), claimOf(ctx), file)
	return rest.ListActs200JSONResponse{Items: items}, err
}

// options are the acts of the caller's role, with what the policy and the file
// say against each: in the order in which a command would meet them. An act
// that the policy gives to others is none of theirs.
func (s *server) options(who principal, c *claimSeen, file *claim.File) ([]rest.ActOption, error) {
	tasked, err := onTasks()
	if err != nil {
		return nil, err
	}
	list, of := []rest.ActOption{}, c.resource()
	for _, o := range file.Options(who.actor()) {
		one := rest.ActOption{Act: o.Act, Operation: o.Act.Operation(), Against: []rest.Refusal{}}
		what := of
		if o.Task != nil {
			one.Task = o.Task.ID
		}
		if tasked[one.Operation] {
			what = taskResource(taskOf(o, who, c), c)
		}
		got, err := s.policies.decide(who.entity, one.Operation, what)
		switch {
		case err != nil:
			return nil, err
		case !got.allowed && strings.HasPrefix(got.rule, "role."):
			continue
		case !got.allowed:
			one.Against = append(one.Against, claim.Refusal{Rule: got.rule, Detail: got.why})
		}
		if o.Against != nil {
			one.Against = append(one.Against, o.Against.Told())
		}
		list = append(list, one)
	}
	return list, nil
}

// taskOf is the task of an option as policies see it. Where there is none now,
// it is as it would be if it came to the caller.
func taskOf(o claim.Option, who principal, c *claimSeen) *db.TaskSeenRow {
	t := claim.Task{Role: who.Role, Branch: c.Branch}
	if o.Task != nil {
		t = *o.Task
	}
	return &db.TaskSeenRow{ID: t.ID, Role: t.Role, Branch: t.Branch, Level: t.Level, Owner: string(t.Owner)}
}

// onTasks are the operations whose path names a task.
var onTasks = sync.OnceValues(func() (map[string]bool, error) {
	spec, err := readContract()
	if err != nil {
		return nil, err
	}
	ops, err := operations(spec)
	tasked := map[string]bool{}
	for _, op := range ops {
		tasked[op.id] = op.about == "task"
	}
	return tasked, err
})
