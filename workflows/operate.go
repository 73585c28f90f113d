package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"anpei/claim"
)

// operateFor is after how long without a message Operate ends.
const operateFor = time.Minute

// Operate resumes a parked claim: it answers [claim.ActResume]. It runs beside
// the claim's own workflow, at most one of a claim at a time: the server takes ten
// updates of a workflow at once, and senders can fill those of the claim. Its step
// takes the claim as it stands; then the claim is told to read its rows.
func Operate(ctx workflow.Context, id claim.ID) (claim.None, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	return claim.None{}, beside(ctx, claim.ActResume, operateFor, func(ctx workflow.Context, m claim.Message[claim.Resume]) (claim.Receipt, error) {
		info := workflow.GetInfo(ctx)
		out, err := decide(ctx, acts.Resume, claim.Step[claim.Resume]{
			Claim: id, Key: fmt.Sprintf("%s/%s/%s", info.WorkflowExecution.RunID, workflow.GetCurrentUpdateInfo(ctx).ID, claim.ActResume),
			Version: claim.AsItStands, At: workflow.Now(ctx), By: m.By, Body: m.Body,
			Command: &claim.Command{Key: m.Key, Hash: m.Hash, Request: m.Request},
		})
		if err != nil {
			return claim.Receipt{}, err
		}
		if out.Receipt.Result == claim.Done {
			if err := workflow.SignalExternalWorkflow(ctx, WorkflowID(id), "", CatchUp, nil).Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Warn("the resumed claim has ended", "claim", id, "error", err)
			}
		}
		return out.Receipt, nil
	})
}

// OperateID returns the id of the workflow that resumes a claim.
func OperateID(id claim.ID) string { return "operate/" + string(id) }
