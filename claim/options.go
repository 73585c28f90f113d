package claim

import "slices"

// Option is an act that an actor's role may do on a claim, and what the file
// says against it now.
type Option struct {
	Act     Act
	Task    *Task    // that it does or is about; nil where there is none
	Against *Refusal // nil: it can be done
}

// Options lists what an actor's role may do on a claim, in the order of the
// story, each as [File.Guard] or [File.GuardHold] would answer it now: once for
// each task that it would do, or without one. Taking and putting back come once
// for each task to which they make a difference. A first report is no act on a
// claim that is there.
func (f *File) Options(by Actor) []Option {
	var list []Option
	for _, rule := range actRules {
		switch {
		case rule.act == ActHold:
			list = append(list, Option{Act: ActHold, Against: f.GuardHold(Hold{Held: f.HeldBy == ""}, by)})
		case !slices.Contains(rule.roles, by.Role):
		case rule.act == ActTake || rule.act == ActPutBack:
			for i := range f.Tasks {
				if t := &f.Tasks[i]; rule.act == ActTake && t.Owner != by.ID || rule.act == ActPutBack && t.Owner != "" {
					list = append(list, Option{Act: rule.act, Task: t, Against: f.Guard(rule.act, by, t.ID)})
				}
			}
		default:
			tasks := f.tasksOf(rule.tasks)
			for _, t := range tasks {
				list = append(list, Option{Act: rule.act, Task: t, Against: f.Guard(rule.act, by, t.ID)})
			}
			if len(tasks) == 0 {
				list = append(list, Option{Act: rule.act, Against: f.Guard(rule.act, by, "")})
			}
		}
	}
	return slices.DeleteFunc(list, func(o Option) bool { return o.Against != nil && o.Against.Rule == RuleRole })
}

// tasksOf are the open tasks of some kinds.
func (f *File) tasksOf(kinds []TaskKind) (list []*Task) {
	for i := range f.Tasks {
		if slices.Contains(kinds, f.Tasks[i].Kind) {
			list = append(list, &f.Tasks[i])
		}
	}
	return list
}
