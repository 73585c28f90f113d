package main

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"

	"anpei/api/access"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
	"anpei/workflows"
)

const (
	resumeAtMost = 200 // claims of one cause with one act
	resumeAtOnce = 8   // of them side by side
)

// ResumeClaim implements the contract. A parked claim is resumed by a workflow
// beside its own, whose updates its senders may have filled.
func (s *commands) ResumeClaim(ctx context.Context, r rest.ResumeClaimRequestObject) (rest.ResumeClaimResponseObject, error) {
	who, id, key := access.CallerOf(ctx), access.ClaimOf(ctx).ID, r.Params.IdempotencyKey
	var alike []db.ParkedAlikeRow
	if r.Body.AllOfCause {
		var err error // looked up first: once the claim is resumed, its cause is gone
		if alike, err = s.q.ParkedAlike(ctx, s.db, id, who.Everywhere(), who.Branch, resumeAtMost); err != nil {
			return nil, fmt.Errorf("list claims of the cause of %s: %w", id, err)
		}
	}
	receipt, err := s.resume(ctx, key, claim.Resume{Task: r.Task, Note: r.Body.Note, Skip: r.Body.Skip})
	if err != nil {
		return nil, err
	}
	answer := rest.Resumption{Receipt: receipt}
	done := make([]bool, len(alike))
	var all errgroup.Group
	all.SetLimit(resumeAtOnce)
	for i, other := range alike {
		all.Go(func() error {
			at := *access.CallOf(ctx)
			at.Claim = &access.Claim{ID: other.ID, Branch: other.Branch, Version: other.Version}
			_, err := s.resume(access.With(ctx, &at), key+"/"+string(other.ID), claim.Resume{Task: other.Task, Note: r.Body.Note, Skip: r.Body.Skip})
			if done[i] = err == nil; err != nil {
				s.log.WarnContext(ctx, "claim of the same cause not resumed", "claim", other.ID, "error", err)
			}
			return nil
		})
	}
	_ = all.Wait() // none fails: what was not resumed is counted
	for _, resumed := range done {
		if resumed {
			answer.Others++
		} else {
			answer.Left++
		}
	}
	return rest.ResumeClaim200JSONResponse(answer), nil
}

// resume resumes the claim that the call is about.
func (s *commands) resume(ctx context.Context, key string, body claim.Resume) (claim.Receipt, error) {
	return command(ctx, s, claim.ActResume, key, body, body, s.beside(workflows.OperateID(access.ClaimOf(ctx).ID), workflows.Operate))
}

// beside deals with a command by a workflow beside the claim's own, which it
// starts where it is not there.
func (s *commands) beside(id string, run func(workflow.Context, claim.ID) (claim.None, error)) dealing {
	return func(ctx context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
		about := access.ClaimOf(ctx).ID
		o.WorkflowID = id
		return s.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: s.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
				ID: o.WorkflowID, TaskQueue: workflows.ClaimsQueue,
				WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			}, run, about),
			UpdateOptions: o,
		})
	}
}
