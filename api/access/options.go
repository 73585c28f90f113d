package access

import (
	"strings"
	"sync"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// Options are the acts of the caller's role, with what the policy and the file
// say against each: in the order in which a command would meet them. An act
// that the policy gives to others is none of theirs.
func (a *Control) Options(who Caller, c *Claim, file *claim.File) ([]rest.ActOption, error) {
	tasked, err := onTasks()
	if err != nil {
		return nil, err
	}
	list, of := []rest.ActOption{}, c.Resource()
	for _, o := range file.Options(who.Actor()) {
		one := rest.ActOption{Act: o.Act, Operation: o.Act.Operation(), Against: []rest.Refusal{}}
		what := of
		if o.Task != nil {
			one.Task = o.Task.ID
		}
		if tasked[one.Operation] {
			what = TaskResource(taskOf(o, who, c), c)
		}
		got, err := a.Rule(who, one.Operation, what)
		switch {
		case err != nil:
			return nil, err
		case !got.Allowed && strings.HasPrefix(got.Rule, "role."):
			continue
		case !got.Allowed:
			one.Against = append(one.Against, claim.Refuse(got.Rule, got.Why).Told())
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
func taskOf(o claim.Option, who Caller, c *Claim) *db.TaskSeenRow {
	t := claim.Task{Role: who.Role, Branch: c.Branch}
	if o.Task != nil {
		t = *o.Task
	}
	return &db.TaskSeenRow{ID: t.ID, Role: t.Role, Branch: t.Branch, Level: t.Level, Owner: string(t.Owner)}
}

// onTasks are the operations whose path names a task.
var onTasks = sync.OnceValues(func() (map[string]bool, error) {
	spec, err := contract.Read()
	if err != nil {
		return nil, err
	}
	ops, err := contract.Operations(spec)
	tasked := map[string]bool{}
	for _, op := range ops {
		tasked[op.ID] = op.About == "task"
	}
	return tasked, err
})
