package site

import (
	"slices"

	"anpei/claim"
	"anpei/schemas/rest"
)

// Acts are the acts that the API lists for the visitor on a claim.
type Acts []rest.ActOption

// Acts asks the API what the visitor may do on a claim.
func (v *Visit) Acts(no string) (Acts, error) {
	list, err := Read[rest.ActList](v.API.ListActs(v.Ctx(), no))
	return list.Items, err
}

// Of is the act as it is listed: one against which nothing stands before
// others. nil: it is not the visitor's to do.
func (o Acts) Of(act claim.Act) (found *rest.ActOption) {
	for i := range o {
		if o[i].Act == act && (found == nil || len(found.Against) > 0 && len(o[i].Against) == 0) {
			found = &o[i]
		}
	}
	return found
}

// Open reports whether nothing stands against an act.
func (o Acts) Open(act claim.Act) bool { return o.Stopped(act) == "" }

// Stopped is the rule that stands against an act, "" where none does.
func (o Acts) Stopped(act claim.Act) string {
	switch one := o.Of(act); {
	case one == nil:
		return claim.RuleRole
	case len(one.Against) > 0:
		return one.Against[0].Rule
	}
	return ""
}

// OnTask reports whether an act can be done on a task.
func (o Acts) OnTask(act claim.Act, task string) bool {
	return slices.ContainsFunc(o, func(one rest.ActOption) bool { return one.Act == act && one.Task == task && len(one.Against) == 0 })
}
