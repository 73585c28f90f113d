package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// Most that the engine lets a run have before it ends the workflow.
const (
	engineEvents = 51_200
	engineBytes  = 50 << 20
)

// remarks are of the length that a page has, and nothing makes them shorter in
// history: so do papers that are read come to the size at which a run is to go
// on in a new one.
func remarks() string {
	text := make([]rune, 500)
	for i := range text {
		text[i] = rune(0x4e00 + rand.IntN(0x5000))
	}
	return string(text)
}

// A claim takes papers, each with its reading, until it takes no more. Its
// workflow goes on in new runs, none of which comes near the engine's limits,
// and each paper is recorded once.
func TestAClaimOfFiveThousandPapersStaysInsideTheEnginesLimits(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t)
	clerk := claim.Actor{ID: "intake", Role: claim.Intake, Branch: "3101"}
	const batch = 50
	for n := range claim.MaxPapers / batch {
		body := claim.Batch{}
		for i := range batch {
			number := fmt.Sprintf("%020d", n*batch+i)
			body.Attachments = append(body.Attachments, claim.Attachment{
				Document: uuid.NewString(), Upload: uuid.NewString(), Kind: "vat_invoice", Name: "invoice.jpg", Type: "image/jpeg", Size: 1,
				SHA256: fmt.Sprintf("%064x", n*batch+i), Object: "o", Revision: "r",
				Reading: &claim.Reading{Kind: "vat_invoice", Engine: "test 1", Pages: 1, Fields: []claim.Field{
					{Name: "invoice_number", Value: number, Source: "partner", Confidence: 9_900, Page: 1, Sure: true},
					{Name: "total_fen", Value: "100", Source: "partner", Confidence: 9_900, Page: 1, Sure: true},
					{Name: "remarks", Value: remarks(), Source: "partner", Confidence: 9_900, Page: 1, Sure: true},
				}},
			})
		}
		key := uuid.NewString()
		handle, err := k.temporal.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: r.Claim.Workflow(), UpdateName: string(claim.ActAttach), UpdateID: key, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{claim.Message[claim.Batch]{By: clerk, Key: key, Hash: key, Request: key, Body: body}},
		})
		require.NoError(t, err)
		var receipt claim.Receipt
		require.NoError(t, handle.Get(t.Context(), &receipt))
		require.Equal(t, claim.Done, receipt.Result)
	}

	const papers = claim.MaxPapers
	require.Equal(t, papers, k.count(t, "select count(*) from documents where claim_id = $1 and state = 'read'", r.Claim))
	require.Equal(t, papers, k.count(t, "select count(distinct sha256) from documents where claim_id = $1", r.Claim))
	require.Equal(t, 3*papers, k.count(t, "select count(*) from fields f join documents d on d.id = f.document_id where d.claim_id = $1", r.Claim))
	file, err := k.file(t.Context(), r.Claim)
	require.NoError(t, err)
	require.Equal(t, papers, file.In(claim.PaperRead))

	one := k.upload(t, "intake", r.Number, aPNG(t, 8, 8))
	more := k.ask(t, "intake", "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: one.Id, Kind: "other"}}})
	require.Equal(t, 409, more.status, string(more.raw))
	require.Equal(t, "A claim takes 5000 papers; 0 more are possible, and these are 1. None was attached. Put several pages into one file.", more.problem(t).Detail)

	query := fmt.Sprintf("WorkflowId = '%s'", r.Claim.Workflow())
	runs := map[string]enums.WorkflowExecutionStatus{}
	require.Eventually(t, func() bool { // the list lags behind by a moment
		list, err := k.temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		clear(runs)
		for _, e := range list.GetExecutions() {
			runs[e.GetExecution().GetRunId()] = e.GetStatus()
		}
		return err == nil && len(runs) >= 2
	}, pace.Limit(10*time.Second), 100*time.Millisecond, "it was never continued as new")
	for run, status := range runs {
		require.Contains(t, []enums.WorkflowExecutionStatus{enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW}, status)
		d, err := k.temporal.DescribeWorkflowExecution(t.Context(), r.Claim.Workflow(), run)
		require.NoError(t, err)
		info := d.GetWorkflowExecutionInfo()
		t.Logf("a run of %d events, %d KB", info.GetHistoryLength(), info.GetHistorySizeBytes()>>10)
		require.Less(t, info.GetHistoryLength(), int64(engineEvents/4))
		require.Less(t, info.GetHistorySizeBytes(), int64(engineBytes/4))
	}
}
