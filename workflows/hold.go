package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"anpei/claim"
)

// lookAgain is after how long a hold looks for objects that were on their way
// into the store when it was placed: longer than any of them may take.
const lookAgain = 10 * time.Minute

// Hold puts a claim's evidence under legal hold, and lifts the hold: it answers
// [claim.ActHold]. Disputes
// come up after the end, too, when the claim's own workflow is gone: so this is
// one beside it, at most one of a claim at a time. Its step takes the claim as
// it stands; a claim in motion finds its version moved on, and looks again.
// It answers when every object is as was asked, and so it does when it is asked
// again under the same key, in this run or a later one. It ends by itself when
// nothing has been asked for a while.
func Hold(ctx workflow.Context, id claim.ID) (claim.None, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := beside(ctx, claim.ActHold, lookAgain, func(ctx workflow.Context, m claim.Message[claim.Hold]) (claim.Receipt, error) {
		out, err := decide(ctx, acts.Hold, claim.Step[claim.Hold]{
			Claim: id, Key: fmt.Sprintf("%s/%s", claim.ActHold, workflow.GetCurrentUpdateInfo(ctx).ID),
			Version: claim.AsItStands, At: workflow.Now(ctx), By: m.By, Body: m.Body,
			Command: &claim.Command{Key: m.Key, Hash: m.Hash, Request: m.Request},
		})
		if err == nil && out.Receipt.Result == claim.Done {
			err = holdObjects(ctx, id)
		}
		return out.Receipt, err
	})
	if err != nil {
		return claim.None{}, err
	}
	err = holdObjects(ctx, id) // whatever came of it before, this is the last word
	_ = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	return claim.None{}, err
}

func holdObjects(ctx workflow.Context, id claim.ID) error {
	_, err := call(workflow.WithActivityOptions(ctx, remoteOptions), workflow.ExecuteActivity, acts.HoldObjects, id)
	return err
}

// HoldID returns the id of the workflow that holds a claim's evidence.
func HoldID(id claim.ID) string { return "hold/" + string(id) }
