package claim

import (
	"fmt"
	"slices"
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
	return &Refusal{Rule: RuleStage, Detail: fmt.Sprintf("The claim is at stage %q; %s is possible at: %s.", f.Stage, rule.act, words(rule.stages))}
}

func tooLate(act Act) *Refusal {
	return &Refusal{Rule: RulePaymentStarted, Detail: fmt.Sprintf("The payment is under way; it is too late to %s.", act)}
}

// guardTask checks the task that an act does, or the one that it names.
func (f *File) guardTask(rule actRule, by Actor, id string) *Refusal {
	if rule.tasks == nil && id == "" {
		return nil
	}
	task := f.Task(id)
	switch {
	case task == nil || rule.tasks != nil && !slices.Contains(rule.tasks, task.Kind):
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

// noCover stops figures for a claim whose policy nobody has verified.
func noCover(f *File, _ Actor) *Refusal {
	if f.PolicyVerified {
		return nil
	}
	return &Refusal{Rule: RulePolicy, Detail: "The policy is not verified, so there is no cover to calculate by. Intake links it first."}
}

// noRelease stops money for a policy that nobody has verified or without a paper
// that was there, and the person who has had their part in this payment.
func noRelease(f *File, by Actor) *Refusal {
	first, last := f.Releaser(), f.Payment()
	_, lacking := f.lackingWords()
	switch {
	case !f.PolicyVerified:
		return &Refusal{Rule: RulePolicy, Detail: "The policy is not verified, so no money may move. Intake links it first."}
	case lacking != "":
		return &Refusal{Rule: RulePapersMissing, Detail: fmt.Sprintf("The claim lacks %s, which it had when it was approved. It is sent in and confirmed first.", lacking)}
	case first == "" && last != nil && last.WrittenOff == by.ID:
		return &Refusal{Rule: RuleTwoPersons, Detail: "You wrote the last attempt off, so somebody else has to release the next."}
	case first == by.ID:
		return &Refusal{Rule: RuleTwoPersons, Detail: "A release of this sum takes two people, and you were the first."}
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
	zh, en := f.lackingWords()
	if en == "" {
		return nil
	}
	return &Refusal{Rule: RulePapersMissing, Detail: fmt.Sprintf(
		"The claim lacks %s. Once it is sent and accepted, or waived by two people, the figure can be agreed to. · 还缺：%s。补齐并核对后，或经两人核准免于提供后，才能确认金额。", en, zh)}
}

// lackingWords names what [File.Lacking] returns, in a sentence.
func (f *File) lackingWords() (zh, en string) {
	var listZH, listEN []string
	for _, p := range f.Lacking() {
		listZH, listEN = append(listZH, p.ZH), append(listEN, p.EN)
	}
	return strings.Join(listZH, "、"), strings.Join(listEN, "; ")
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
