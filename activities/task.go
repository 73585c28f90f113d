package activities

import (
	"context"

	"anpei/claim"
)

// Take gives a task to whoever asks first.
func (a *Activities) Take(ctx context.Context, s claim.Step[claim.TaskRef]) (claim.Answer, error) {
	return a.own(ctx, s, claim.ActTake, s.By.ID)
}

// PutBack gives a task back to those who may do it.
func (a *Activities) PutBack(ctx context.Context, s claim.Step[claim.TaskRef]) (claim.Answer, error) {
	return a.own(ctx, s, claim.ActPutBack, "")
}

func (a *Activities) own(ctx context.Context, s claim.Step[claim.TaskRef], act claim.Act, owner claim.Principal) (claim.Answer, error) {
	return step(ctx, a, s, act, func(t *tx) error {
		task := t.file.Task(s.Body.Task)
		if task == nil {
			return t.refuse(claim.RuleTask, claim.WhyTaskGone)
		}
		task.Owner = owner
		kind, named := claim.EventTaskPutBack, (*string)(nil)
		if owner != "" {
			who := string(owner)
			kind, named = claim.EventTaskTaken, &who
		}
		t.queue(t.q.OwnTask(t.ctx, &t.w, task.ID, named))
		t.event(kind, claim.TaskBody{Task: task.ID, Kind: task.Kind})
		return nil
	})
}

// Park stops a claim that retries could not help, with the cause, and calls an
// operator. What is committed is counted, once.
func (a *Activities) Park(ctx context.Context, s claim.Step[claim.Stuck]) (claim.Answer, error) {
	parked := false
	answer, err := step(ctx, a, s, "park", func(t *tx) error {
		in := s.Body
		t.file.Parked = &claim.Parked{Step: in.Step, Cause: in.Cause, Code: in.Code, Skippable: in.Skippable}
		t.file.Resumed = nil
		if t.file.TaskOf(claim.TaskResume) == nil {
			t.open(claim.TaskResume, claim.Operator, 0, claim.Noted(claim.NoteParked, "step", in.Step, "code", in.Code, "cause", in.Cause))
		}
		t.event(claim.EventParked, claim.ParkedBody{Step: in.Step, Code: in.Code})
		parked = true
		return nil
	})
	if parked && err == nil {
		count(ctx, "anpei_claims_parked")
	}
	return answer, err
}

// Resume lets a parked claim go on: the step that parked it is tried again or,
// where the claim can do without, skipped. It is the only step of a message
// that the claim's own workflow does not run.
func (a *Activities) Resume(ctx context.Context, s claim.Step[claim.Resume]) (claim.Answer, error) {
	return step(ctx, a, s, claim.ActResume, func(t *tx) error {
		parked, in := t.file.Parked, s.Body
		switch {
		case parked == nil:
			return t.refuse(claim.RuleTask, claim.WhyNotParked)
		case in.Skip && !parked.Skippable:
			return t.refuse(claim.RuleCannotSkip, claim.WhyCannotSkip, "step", parked.Step)
		}
		t.file.Parked, t.file.Resumed = nil, &claim.Resumed{Step: parked.Step, Skip: in.Skip}
		t.done(claim.TaskResume)
		t.event(claim.EventResumed, claim.ResumedBody{Note: in.Note, Step: parked.Step, Skip: in.Skip})
		return nil
	})
}
