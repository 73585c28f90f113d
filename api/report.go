package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/rest"
	"anpei/workflows"
)

// reportSpace is the namespace of claim ids.
var reportSpace = uuid.MustParse("0d9c1b0e-5a0f-5f6e-8c25-7c1f0b8f3a42")

// reportedAs names the claim that a report opens: the same caller's same key, by
// the same channel, is the same claim.
func reportedAs(channel string, by claim.Principal, key string) claim.ID {
	return claim.ID(uuid.NewSHA1(reportSpace, []byte(channel+"\n"+string(by)+"\n"+key)).String())
}

// ReportClaim implements the contract. It starts the claim's workflow and
// reports to it in one go. A report that comes again finds its receipt, or,
// where that is long gone, the claim: it never opens a second life.
func (s *commands) ReportClaim(ctx context.Context, r rest.ReportClaimRequestObject) (rest.ReportClaimResponseObject, error) {
	receipt, err := s.report(ctx, r.Params.IdempotencyKey, *r.Body)
	if err == nil {
		s.sentDraft(ctx, access.CallerOf(ctx), r.Params.IdempotencyKey)
	}
	return rest.ReportClaim201JSONResponse(receipt), err
}

func (s *commands) report(ctx context.Context, key string, asked claim.Notice) (claim.Receipt, error) {
	by := access.CallerOf(ctx)
	notice, wrong := checkNotice(asked, by, time.Now())
	raw, err := json.Marshal(notice)
	if err != nil {
		return claim.Receipt{}, fmt.Errorf("encode report: %w", err)
	}
	o := order{claim: reportedAs(notice.Channel, by.ID, key), by: by, act: claim.ActReport, key: key}
	o.hash = hashOf(o.act, o.claim, raw)
	before, err := s.q.ReportBefore(ctx, s.db, string(o.claim), string(by.ID), key)
	itsOwn := claim.Receipt{
		Claim: o.claim, Number: before.Number, Version: before.Version,
		Stage: claim.Stage(before.Stage), Lane: claim.Lane(before.Lane), Result: claim.Done,
	}
	switch {
	case err != nil:
		return claim.Receipt{}, fmt.Errorf("look for the answer of a report: %w", err)
	case before.Receipt != nil:
		receipt, _, err := s.answered(ctx, o)
		if err != nil || receipt.Result != claim.Joined {
			return receipt, err
		}
		if before.Number != "" {
			return itsOwn, nil // the claim that it joined had closed
		}
		// Its workflow tells the claim that it joined, and may have been lost before.
	case before.Number != "":
		return itsOwn, nil
	default:
		if wrong = append(wrong, checkText(asked)...); len(wrong) > 0 {
			return claim.Receipt{}, contract.Invalid(wrong...)
		}
	}
	m := claim.Message[claim.Notice]{By: by.Actor(), Key: key, Hash: o.hash, Request: access.RequestOf(ctx), Body: notice}
	return s.carry(ctx, o, func(ctx context.Context, _ int64) (client.WorkflowUpdateHandle, error) {
		start := s.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: workflows.WorkflowID(o.claim), TaskQueue: workflows.ClaimsQueue,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
			TypedSearchAttributes: temporal.NewSearchAttributes(
				workflows.StageAttribute.ValueSet(string(claim.Reported)), workflows.BranchAttribute.ValueSet(branchOf(by)),
			),
		}, workflows.Claim, claim.File{ID: o.claim, Cycle: 1})
		return s.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: start, UpdateOptions: o.updateOptions(m),
		})
	})
}

// branchOf is where a report belongs until its policy says it better.
func branchOf(by access.Caller) string {
	return cmp.Or(by.Branch, claim.HeadOffice)
}

// sentDraft removes the draft of a report that was sent. Where it cannot, the
// draft goes with its time, and the same loss reported from it would be found.
func (s *commands) sentDraft(ctx context.Context, by access.Caller, key string) {
	if by.Role != claim.Claimant {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	if err := s.q.DeleteSentDraft(ctx, s.db, string(by.ID), key); err != nil {
		s.log.WarnContext(ctx, "the draft of a report not removed", "error", err)
	}
}
