package claim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Guard reports why this file refuses an act of that name, or nil: the wrong
// stage, role, task or owner, what the same person did before, or what the act
// as such waits for; never what stands in its body. It is asked
// when a message comes, and by its step on the locked row. task is the one that the
// message names; empty where it names none.
func (f *File) Guard(act Act, by Actor, task string) *Refusal {
	rule := ruleOf[act]
	switch {
	case !act.Guarded():
		return Refuse(RuleInput, WhyNoAct, "act", string(act))
	case f.Stage == Closed:
		return Refuse(RuleStage, WhyClosed)
	case f.Parked != nil && !rule.mends:
		return Refuse(RuleParked, WhyParked)
	case !slices.Contains(rule.roles, by.Role):
		return Refuse(RuleRole, WhyRole, "role", string(by.Role), "act", string(act), "roles", words(rule.roles))
	case rule.stages != nil && !slices.Contains(rule.stages, f.Stage):
		return f.wrongStage(rule)
	case rule.unpaid && f.Payment() != nil:
		return tooLate(act)
	}
	if refusal := f.guardTask(rule, by, task); refusal != nil {
		return refusal
	}
	if broken, prior, conflict := Conflict(f.Deeds, by.ID, rule.duty, f.Lane); rule.duty != "" && conflict {
		return Refuse(broken, WhyDuty, "duty", string(prior.Duty), "on", DateOf(prior.At).String())
	}
	return f.Bars(act, by)
}

// Bars reports what stands against an act as such, apart from who may ask for
// it and when, or nil. A step asks it also where no person's command comes with it.
func (f *File) Bars(act Act, by Actor) *Refusal {
	if bars := ruleOf[act].bars; bars != nil {
		return bars(f, by)
	}
	return nil
}

func (f *File) wrongStage(rule actRule) *Refusal {
	if f.Stage == Paying || f.Stage == Paid || f.Stage == PayReturned {
		return tooLate(rule.act)
	}
	return Refuse(RuleStage, WhyStage, "stage", string(f.Stage), "act", string(rule.act), "stages", words(rule.stages))
}

func tooLate(act Act) *Refusal {
	return Refuse(RulePaymentStarted, WhyPaymentStarted, "act", string(act))
}

// guardTask checks the task that an act does, or the one that it names.
func (f *File) guardTask(rule actRule, by Actor, id string) *Refusal {
	if rule.tasks == nil && id == "" {
		return nil
	}
	task := f.Task(id)
	switch {
	case task == nil || rule.tasks != nil && !slices.Contains(rule.tasks, task.Kind):
		return Refuse(RuleTask, WhyTaskGone).By(f.lastActor())
	case rule.act == ActPutBack && (by.Role == Manager || by.Role == Operator):
		return nil // whoever has it, who may have left
	case task.Role != by.Role:
		return Refuse(RuleRole, WhyTaskRole, "of", string(task.Role), "role", string(by.Role))
	case task.Owner != "" && task.Owner != by.ID:
		return Refuse(RuleTaskTaken, WhyTaskTaken, "who", string(task.Owner)).By(task.Owner)
	case by.Level < task.Level:
		return Refuse(RuleLimit, WhyTaskLevel, "needed", strconv.Itoa(int(task.Level)), "level", strconv.Itoa(int(by.Level)))
	}
	return nil
}

// noCover stops figures for a claim whose policy nobody has verified.
func noCover(f *File, _ Actor) *Refusal {
	if f.PolicyVerified {
		return nil
	}
	return Refuse(RulePolicy, WhyNoCover)
}

// noRelease stops money for a policy that nobody has verified or without a paper
// that was there, and the person who has had their part in this payment.
func noRelease(f *File, by Actor) *Refusal {
	first, last := f.Releaser(), f.Payment()
	lacking := f.Lacking()
	switch {
	case !f.PolicyVerified:
		return Refuse(RulePolicy, WhyNoMoney)
	case len(lacking) > 0:
		return Refuse(RulePapersMissing, WhyLacksForRelease, NamesOf(lacking)...)
	case first == "" && last != nil && last.WrittenOff == by.ID:
		return Refuse(RuleTwoPersons, WhyWroteOff)
	case first == by.ID:
		return Refuse(RuleTwoPersons, WhyReleasedFirst)
	}
	return nil
}

// Releaser returns who released first since the agreement and the last attempt,
// or "".
func (f *File) Releaser() Principal {
	var sent time.Time
	if last := f.Payment(); last != nil {
		sent = last.Sent
	}
	var who Principal
	for _, deed := range f.Deeds {
		switch deed.Duty { //nolint:exhaustive // only these two matter
		case DutyPayee:
			who = ""
		case DutyRelease:
			if deed.At.After(sent) {
				who = deed.By
			}
		}
	}
	return who
}

// lacksPapers stops a yes to a figure while papers that it needs are not there,
// also what was found to be another paper since the review.
func lacksPapers(f *File, _ Actor) *Refusal {
	lacking := f.Lacking()
	if len(lacking) == 0 {
		return nil
	}
	return Refuse(RulePapersMissing, WhyLacksForConsent, NamesOf(lacking)...)
}

func (f *File) lastActor() Principal {
	if len(f.Deeds) == 0 {
		return ""
	}
	return f.Deeds[len(f.Deeds)-1].By
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// KeptYears is how long the store refuses to delete what proves something: what
// people send, and the letters that they are sent. Insurance Law art. 87 asks
// for 5 or 10 years from the end of the contract, AML Law (2024) art. 34 for at
// least 10 from the end of the relationship. Both end later than ten years from
// the day on which it is stored, so that this is the floor, and closure extends
// it. The mode is governance: a court's order or a lawful erasure can be carried
// out by whoever holds the right to bypass it, which no process of ours does.
const KeptYears = 10

// Hold puts a claim's evidence under legal hold (证据保全), or lifts the hold:
// as long as it lasts no stored version can be removed, whatever its retention
// says and whoever asks.
type Hold struct {
	Held   bool   `json:"held"`
	Reason string `json:"reason"`
}

// GuardHold reports why a hold is not placed or lifted, or nil. A dispute may
// come up long after the payment or the denial, so that the stage is no matter.
// What one person holds another lifts: evidence is not in one pair of hands.
func (f *File) GuardHold(h Hold, by Actor) *Refusal {
	holders := []Role{Manager, Audit}
	switch {
	case !slices.Contains(holders, by.Role):
		return Refuse(RuleRole, WhyHoldRole, "role", string(by.Role), "roles", words(holders))
	case h.Held && f.HeldBy != "":
		return Refuse(RuleHeld, WhyHeld).By(f.HeldBy)
	case !h.Held && f.HeldBy == "":
		return Refuse(RuleHeld, WhyNotHeld)
	case !h.Held && f.HeldBy == by.ID:
		return Refuse(RuleOwnHold, WhyOwnHold)
	}
	return nil
}

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
