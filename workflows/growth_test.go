package workflows_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
)

// A run that should be continued as new takes no further papers: those in hand
// are recorded, and the next run goes on with the rest.
func TestALongQueueOfPapersLetsARunContinueAsNew(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var (
		a    *activities.Activities
		o    *activities.OCR
		read int
	)
	play(s.TestWorkflowEnvironment, s.rows, a.Attach, "attach", func(f *claim.File, _ claim.Step[claim.Batch]) claim.Receipt {
		for i := range 60 {
			f.Record(claim.Paper{}, claim.Paper{ID: fmt.Sprint(i), Kind: "vat_invoice", Number: i + 1, State: claim.PaperReceived, Awaiting: true})
		}
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.RecordReading, "reading", func(f *claim.File, in claim.Step[claim.Read]) claim.Receipt {
		f.Record(claim.Paper{Kind: "vat_invoice", State: claim.PaperReceived, Awaiting: true}, claim.Paper{ID: in.Body.Document, Kind: "vat_invoice", State: claim.PaperRead})
		if read++; read == 10 {
			s.RegisterDelayedCallback(func() { s.SetContinueAsNewSuggested(true) }, 0)
		}
		return claim.Receipt{}
	})
	s.OnActivity(a.Locate, mock.Anything, mock.Anything).Return(func(_ context.Context, id string) (claim.PaperFile, error) {
		return claim.PaperFile{Document: id}, nil
	})
	s.OnActivity(o.ReadPaper, mock.Anything, mock.Anything).Return(claim.Reading{Engine: "read"}, nil)
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	send(s, time.Minute, claim.ActAttach, claimant, claim.Batch{})
	_, err := s.run()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.Less(t, read, 20, "a few were in hand")
	require.Len(t, s.rows.file.Due.Next(), 60-read)
}
