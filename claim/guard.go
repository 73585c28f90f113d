package claim

import (
	"fmt"
	"slices"
	"strings"
)

// Guard reports why this file refuses an act of that name, or nil: the wrong
// stage, role, task or owner, or what the same person did before. It is asked
// when a message comes, and by its step on the locked row. task is the one that the
// message names; empty where it names none.
func (f *File) Guard(act Act, by Actor, task string) *Refusal {
	rule := ruleOf[act]
	switch {
	case !act.Guarded():
		return &Refusal{Rule: RuleInput, Detail: fmt.Sprintf("There is no act %q.", act)}
	case f.Stage == Closed:
		return &Refusal{Rule: RuleStage, Detail: "The claim is closed."}
	case f.Parked != nil && !rule.mends:
		return &Refusal{Rule: RuleParked, Detail: "The claim stands still until an operator has mended what went wrong. Try again later."}
	case !slices.Contains(rule.roles, by.Role):
		return &Refusal{Rule: RuleRole, Detail: fmt.Sprintf("A %s may not %s. This is for: %s.", by.Role, act, words(rule.roles))}
	case rule.stages != nil && !slices.Contains(rule.stages, f.Stage):
		return f.wrongStage(rule)
	case rule.unpaid && f.Payment() != nil:
		return tooLate(act)
	}
	if refusal := f.guardTask(rule, by, task); refusal != nil {
		return refusal
	}
	if broken, prior, conflict := Conflict(f.Deeds, by.ID, rule.duty, f.Lane); rule.duty != "" && conflict {
		return &Refusal{Rule: broken, Detail: fmt.Sprintf("You did %q on this claim on %s, so somebody else has to do this.", prior.Duty, DateOf(prior.At))}
	}
	return nil
}

func (f *File) wrongStage(rule actRule) *Refusal {
	if f.Stage == Paying || f.Stage == Paid || f.Stage == PayReturned {
		return tooLate(rule.act)
	}
	return &Refusal{Rule: RuleStage, Detail: fmt.Sprintf("The claim is at stage %q; %s is possible at: %s.", f.Stage, rule.act, words(rule.stages))}
}

func tooLate(act Act) *Refusal {
	return &Refusal{Rule: RulePaymentStarted, Detail: fmt.Sprintf("The payment is under way; it is too late to %s.", act)}
}

// guardTask checks the task that an act does, or the one that it names.
func (f *File) guardTask(rule actRule, by Actor, id string) *Refusal {
	if rule.task == "" && id == "" {
		return nil
	}
	task := f.Task(id)
	switch {
	case task == nil || rule.task != "" && task.Kind != rule.task:
		return &Refusal{Rule: RuleTask, Detail: "That task is not open any more. Look at the claim again: somebody may have done it.", Winner: f.lastActor()}
	case rule.act == ActPutBack && (by.Role == Manager || by.Role == Operator):
		return nil // whoever has it, who may have left
	case task.Role != by.Role:
		return &Refusal{Rule: RuleRole, Detail: fmt.Sprintf("The task is a %s's, and you are a %s.", task.Role, by.Role)}
	case task.Owner != "" && task.Owner != by.ID:
		return &Refusal{Rule: RuleTaskTaken, Detail: fmt.Sprintf("%s has taken the task. It can be put back by %s.", task.Owner, task.Owner), Winner: task.Owner}
	case by.Level < task.Level:
		return &Refusal{Rule: RuleLimit, Detail: fmt.Sprintf("The task needs level %d, and yours is %d.", task.Level, by.Level)}
	}
	return nil
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
