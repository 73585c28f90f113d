package claim

import (
	"fmt"
	"slices"
	"strings"
)

// Guarded reports whether Guard knows an act of that name. A first report and a
// hold have no stage to be guarded by.
func Guarded(name string) bool {
	_, known := acts[name]
	return known
}

// act is what a message asks for: when it may come, from whom, on which task,
// and as which duty it counts.
type act struct {
	stages []Stage // none: any stage before closed
	roles  []Role
	task   TaskKind // the task that it does; "" for none
	duty   Duty     // "" where separation of duties does not look
	unpaid bool     // not once an instruction was written for the bank, though the claim has come back from it
}

// acts is every message and its guard, in the order of the story. The names
// are those of package workflows.
var acts = map[string]act{
	"attach":  {roles: []Role{Claimant, Partner, Intake, Surveyor, Assessor, Reviewer, Service}},
	"confirm": {roles: []Role{Assessor}, duty: DutyConfirmFields},
	// Words that change nothing, so that nobody's hands are bound by them.
	"note-finding": {roles: []Role{Assessor, Reviewer}},

	"request-papers":  {stages: []Stage{Assessing, Negotiating, Reviewing}, roles: []Role{Assessor}},
	"propose-waiver":  {stages: beforeDetermination, roles: []Role{Assessor, Reviewer}, duty: DutyProposeWaiver},
	"confirm-waiver":  {stages: beforeDetermination, roles: []Role{Reviewer}, duty: DutyConfirmWaiver},
	"withdraw-waiver": {stages: beforeDetermination, roles: []Role{Assessor, Reviewer}},

	"assign":  {stages: []Stage{Dispatching, Dispatched, Surveying}, roles: []Role{Dispatcher}, duty: DutyDispatch},
	"accept":  {stages: []Stage{Dispatched}, roles: []Role{Surveyor}, task: TaskSurvey, duty: DutySurvey},
	"decline": {stages: []Stage{Dispatched}, roles: []Role{Surveyor}, task: TaskSurvey},
	"convert": {stages: []Stage{SelfSurvey}, roles: []Role{Claimant, Partner, Assessor, Intake}},
	"survey":  {stages: []Stage{Surveying}, roles: []Role{Surveyor}, task: TaskSurvey, duty: DutySurvey},

	"assess":  {stages: []Stage{Assessing}, roles: []Role{Assessor}, task: TaskAssess, duty: DutyAssess},
	"consent": {stages: []Stage{Negotiating}, roles: onBehalf},
	"object":  {stages: []Stage{Negotiating, Determined}, roles: onBehalf},

	"review":        {stages: []Stage{Reviewing}, roles: []Role{Reviewer}, task: TaskReview, duty: DutyReview},
	"decide-denial": {stages: []Stage{DenialReview}, roles: []Role{Reviewer}, task: TaskDenial, duty: DutyApproveDenial},

	"agree":   {stages: []Stage{Negotiating, Determined}, roles: []Role{Claimant, Partner}, duty: DutyPayee},
	"release": {stages: []Stage{Agreed}, roles: []Role{Finance}, task: TaskRelease, duty: DutyRelease},
	// Which choice fits, the step says: it knows what the bank has said.
	"decide-transfer": {stages: []Stage{Agreed, Paying}, roles: []Role{Finance}},
	"correct-payee":   {stages: []Stage{PayReturned}, roles: onBehalf, duty: DutyPayee},

	"link-policy": {stages: beforeMoney, roles: []Role{Intake}, duty: DutyLinkPolicy, unpaid: true},
	"withdraw":    {stages: beforeMoney, roles: append(onBehalf, Intake), duty: DutyWithdraw},

	"take":     {roles: []Role{Intake, Dispatcher, Surveyor, Assessor, Reviewer, Finance, Operator}},
	"put-back": {roles: []Role{Intake, Dispatcher, Surveyor, Assessor, Reviewer, Finance, Operator, Manager}},
	"resume":   {roles: []Role{Operator}, task: TaskResume},
}

// onBehalf are those who speak for the claim: the claimant, the partner that
// reported, and customer service at the claimant's word.
var onBehalf = []Role{Claimant, Partner, Service}

// beforeMoney is every stage in which no payment is under way.
var beforeMoney = []Stage{Reported, SelfSurvey, Dispatching, Dispatched, Surveying, Assessing, Negotiating, Reviewing, DenialReview, Determined, Agreed}

// beforeDetermination is every stage in which papers still bear on the decision.
var beforeDetermination = beforeMoney[:len(beforeMoney)-2]

// whileParked are the acts that may mend what parked a claim, or bring what is
// missing; all others wait until an operator has resumed it.
var whileParked = []string{"resume", "take", "put-back", "attach", "confirm", "link-policy"}

// Guard reports why this file refuses an act of that name, or nil: the wrong
// stage, role, task or owner, or what the same person did before. It is asked
// when a message comes, and by its step on the locked row. task is the one that the
// message names; empty where it names none.
func (f *File) Guard(name string, by Actor, task string) *Refusal {
	a, known := acts[name]
	switch {
	case !known:
		return &Refusal{Rule: RuleInput, Detail: fmt.Sprintf("There is no act %q.", name)}
	case f.Stage == Closed:
		return &Refusal{Rule: RuleStage, Detail: "The claim is closed."}
	case f.Parked != nil && !slices.Contains(whileParked, name):
		return &Refusal{Rule: RuleParked, Detail: "The claim stands still until an operator has mended what went wrong. Try again later."}
	case !slices.Contains(a.roles, by.Role):
		return &Refusal{Rule: RuleRole, Detail: fmt.Sprintf("A %s may not %s. This is for: %s.", by.Role, name, words(a.roles))}
	case a.stages != nil && !slices.Contains(a.stages, f.Stage):
		return f.wrongStage(name, a)
	case a.unpaid && f.Payment() != nil:
		return tooLate(name)
	}
	if refusal := f.guardTask(a, by, task); refusal != nil {
		return refusal
	}
	if rule, prior, conflict := Conflict(f.Acts, by.ID, a.duty, f.Lane); a.duty != "" && conflict {
		return &Refusal{Rule: rule, Detail: fmt.Sprintf("You did %q on this claim on %s, so somebody else has to do this.", prior.Duty, DateOf(prior.At))}
	}
	return nil
}

func (f *File) wrongStage(name string, a act) *Refusal {
	if f.Stage == Paying || f.Stage == Paid || f.Stage == PayReturned {
		return tooLate(name)
	}
	return &Refusal{Rule: RuleStage, Detail: fmt.Sprintf("The claim is at stage %q; %s is possible at: %s.", f.Stage, name, words(a.stages))}
}

func tooLate(name string) *Refusal {
	return &Refusal{Rule: RulePaymentStarted, Detail: fmt.Sprintf("The payment is under way; it is too late to %s.", name)}
}

// guardTask checks the task that an act does, or the one that it names.
func (f *File) guardTask(a act, by Actor, id string) *Refusal {
	if a.task == "" && id == "" {
		return nil
	}
	task := f.Task(id)
	switch {
	case task == nil || a.task != "" && task.Kind != a.task:
		return &Refusal{Rule: RuleTask, Detail: "That task is not open any more. Look at the claim again: somebody may have done it.", Winner: f.lastActor()}
	case by.Role == Manager:
		return nil // may take a task from whoever has it
	case task.Role != by.Role:
		return &Refusal{Rule: RuleRole, Detail: fmt.Sprintf("The task is a %s's, and you are a %s.", task.Role, by.Role)}
	case task.Owner != "" && task.Owner != by.ID:
		return &Refusal{Rule: RuleTaskTaken, Detail: fmt.Sprintf("%s has taken the task. It can be put back by %s.", task.Owner, task.Owner), Winner: task.Owner}
	case by.Level < task.Level:
		return &Refusal{Rule: RuleLimit, Detail: fmt.Sprintf("The task needs level %d, and yours is %d.", task.Level, by.Level)}
	}
	return nil
}

func (f *File) lastActor() StaffID {
	if len(f.Acts) == 0 {
		return ""
	}
	return f.Acts[len(f.Acts)-1].By
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
