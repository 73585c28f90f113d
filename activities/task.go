package activities

import (
	"context"

	"anpei/claim"
)

// Take gives a task to whoever asks first.
func (a *Activities) Take(ctx context.Context, s claim.Step[claim.TaskRef]) (claim.Answer, error) {
	return a.own(ctx, s, "take", s.By.ID)
}

// PutBack gives a task back to those who may do it.
func (a *Activities) PutBack(ctx context.Context, s claim.Step[claim.TaskRef]) (claim.Answer, error) {
	return a.own(ctx, s, "put-back", "")
}

func (a *Activities) own(ctx context.Context, s claim.Step[claim.TaskRef], act string, owner claim.StaffID) (claim.Answer, error) {
	return step(ctx, a, s, act, func(t *tx) error {
		task := t.file.Task(s.Body.Task)
		if task == nil {
			return t.refuse(claim.RuleTask, "That task is not open any more.")
		}
		task.Owner = owner
		kind, named := "task.put_back", (*string)(nil)
		if owner != "" {
			who := string(owner)
			kind, named = "task.taken", &who
		}
		t.queue(t.q.OwnTask(t, &t.w, task.ID, named))
		t.event(kind, map[string]any{"task": task.ID, "kind": task.Kind})
		return nil
	})
}

// Park stops a claim that retries could not help, with the cause, and calls an
// operator.
func (a *Activities) Park(ctx context.Context, s claim.Step[claim.Stuck]) (claim.Answer, error) {
	return step(ctx, a, s, "park", func(t *tx) error {
		t.file.Parked = &claim.Parked{Step: s.Body.Step, Cause: s.Body.Cause}
		if t.file.TaskOf(claim.TaskResume) == nil {
			t.open(claim.TaskResume, claim.Operator, 0, s.Body.Step+": "+s.Body.Cause)
		}
		t.event("claim.parked", map[string]any{"step": s.Body.Step})
		return nil
	})
}

// Resume lets a parked claim go on: the step that parked it is tried again.
func (a *Activities) Resume(ctx context.Context, s claim.Step[claim.TaskRef]) (claim.Answer, error) {
	return step(ctx, a, s, "resume", func(t *tx) error {
		t.file.Parked = nil
		t.done(claim.TaskResume)
		t.event("claim.resumed", map[string]any{"note": s.Body.Reason})
		return nil
	})
}
