package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/workflows"
)

func fault(of string) error { return temporal.NewNonRetryableApplicationError("as tried", of, nil, of) }

// failing has a step fail in a way, as long as failed says so, and then play.
func failing[T any](s story, act func(context.Context, claim.Step[T]) (claim.Answer, error), failed func() error, do func(f *claim.File)) {
	s.OnActivity(act, mock.Anything, mock.Anything).Return(func(_ context.Context, in claim.Step[T]) (claim.Answer, error) {
		if err := failed(); err != nil {
			return claim.Answer{}, err
		}
		if in.Version != s.rows.file.Version {
			return claim.Answer{File: s.rows.file, Stale: true}, nil
		}
		do(&s.rows.file)
		s.rows.file.Version++
		return claim.Answer{File: s.rows.file, Receipt: claim.Receipt{Result: claim.Done}}, nil
	})
}

// parks plays the park step, on the version that the rows have or as they stand,
// and returns what parked the claim.
func (s story) parks() *[]claim.Stuck {
	var a *activities.Activities
	var why []claim.Stuck
	s.OnActivity(a.Park, mock.Anything, mock.Anything).Return(func(_ context.Context, in claim.Step[claim.Stuck]) (claim.Answer, error) {
		switch {
		case in.Version == claim.AsItStands || in.Version == s.rows.file.Version:
		case in.Version > s.rows.file.Version:
			return claim.Answer{}, fault(claim.ErrorBehind)
		default:
			return claim.Answer{File: s.rows.file, Stale: true}, nil
		}
		why = append(why, in.Body)
		s.rows.file.Parked = &claim.Parked{Step: in.Body.Step, Code: in.Body.Code, Skippable: in.Body.Skippable}
		s.rows.file.Resumed = nil
		s.rows.file.Version++
		return claim.Answer{File: s.rows.file}, nil
	})
	return &why
}

// resume does what Operate does: the rows change, and the claim reads them.
func (s story) resume(after time.Duration, skip bool) {
	s.RegisterDelayedCallback(func() {
		f := &s.rows.file
		f.Parked, f.Resumed = nil, &claim.Resumed{Step: f.Parked.Step, Skip: skip}
		f.Version++
		s.SignalWorkflow(workflows.CatchUp, nil)
	}, after)
}

func TestWhatRetriesCannotMendParksTheClaimUntilAnOperatorResumesIt(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var a *activities.Activities
	why := fault(claim.ErrorBroken)
	failing(s, a.Route, func() error { return why }, func(f *claim.File) { f.Stage, f.Lane = claim.Determined, claim.Standard })
	play(s.TestWorkflowEnvironment, s.rows, a.Attach, "attach", func(*claim.File, claim.Step[claim.Batch]) claim.Receipt { return claim.Receipt{} })
	parked := s.parks()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	stopped := send(s, time.Minute, claim.ActWithdraw, claimant, claim.Reason{})
	attached := send(s, 2*time.Minute, claim.ActAttach, claimant, claim.Batch{})
	s.RegisterDelayedCallback(func() { why = nil }, time.Hour)
	s.resume(time.Hour+time.Second, false)
	send(s, 2*time.Hour, claim.ActWithdraw, claimant, claim.Reason{})

	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.RuleParked, stopped.rule(t))
	require.NoError(t, attached.err)
	require.Equal(t, claim.Done, attached.receipt.Result, "what may mend it is answered while it stands still")
	require.Equal(t, []claim.Stuck{{Step: "route", Cause: "as tried", Code: claim.ErrorBroken}}, *parked)
	require.Equal(t, claim.OutcomeWithdrawn, closure.Outcome)
}

func TestAMessageThatBreaksItsStepIsRefusedAndTheNextGoesThrough(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var a *activities.Activities
	failing(s, a.Attach, func() error { return fault(claim.ErrorBroken) }, nil)
	parked := s.parks()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	bad := send(s, time.Minute, claim.ActAttach, claimant, claim.Batch{})
	next := send(s, 2*time.Minute, claim.ActAccept, wang, claim.TaskRef{Task: "survey-wang"})
	send(s, time.Hour, claim.ActWithdraw, claimant, claim.Reason{})

	_, err := s.run()
	require.Empty(t, *parked)
	require.NoError(t, err)
	require.Equal(t, claim.RuleBroken, bad.rule(t))
	require.Equal(t, claim.Done, next.receipt.Result)
}

func TestAMessageWhoseStepTakesTooLongParksAndIsTriedAgainOrSkipped(t *testing.T) {
	t.Parallel()
	for name, skip := range map[string]bool{"again": false, "skip": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).standard()
			var a *activities.Activities
			why := fault(claim.ErrorTooLong)
			failing(s, a.Attach, func() error { return why }, func(*claim.File) {})
			parked := s.parks()
			send(s, 0, claim.ActReport, claimant, claim.Notice{})
			late := send(s, time.Minute, claim.ActAttach, claimant, claim.Batch{})
			s.RegisterDelayedCallback(func() { why = nil }, 2*time.Minute)
			s.resume(3*time.Minute, skip)
			send(s, 9*time.Minute, claim.ActWithdraw, claimant, claim.Reason{})

			closure, err := s.run()
			require.NoError(t, err)
			require.True(t, (*parked)[0].Skippable)
			if skip {
				require.Equal(t, claim.RuleBroken, late.rule(t))
			} else {
				require.Equal(t, claim.Done, late.receipt.Result)
			}
			require.Equal(t, claim.OutcomeWithdrawn, closure.Outcome)
		})
	}
}

func TestRowsThatHaveLostACommitParkTheClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var a *activities.Activities
	lost := false
	failing(s, a.Attach, func() error {
		if lost {
			return fault(claim.ErrorBehind)
		}
		return nil
	}, func(*claim.File) {})
	parked := s.parks()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	s.RegisterDelayedCallback(func() { lost = true; s.rows.file.Version-- }, 30*time.Second)
	attached := send(s, time.Minute, claim.ActAttach, claimant, claim.Batch{})
	s.RegisterDelayedCallback(func() { lost = false }, 2*time.Minute)
	s.resume(3*time.Minute, false)
	send(s, 9*time.Minute, claim.ActWithdraw, claimant, claim.Reason{})

	_, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.ErrorBehind, (*parked)[0].Code)
	require.Equal(t, claim.Done, attached.receipt.Result, "and goes on from the rows when an operator says so")
}

func TestARecordThatBreaksItsStepIsSkippedAndThePaperCountsAsUnread(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var (
		a     *activities.Activities
		o     *activities.OCR
		paper = claim.Paper{ID: "invoice", Kind: "vat_invoice", Number: 1, State: claim.PaperReceived, Awaiting: true}
		where = claim.PaperFile{Document: paper.ID}
		noted []string
	)
	play(s.TestWorkflowEnvironment, s.rows, a.Attach, "attach", func(f *claim.File, _ claim.Step[claim.Batch]) claim.Receipt {
		f.Record(claim.Paper{}, paper)
		return claim.Receipt{}
	})
	s.OnActivity(a.Locate, mock.Anything, paper.ID).Return(where, nil)
	s.OnActivity(o.ReadPaper, mock.Anything, where).Return(claim.Reading{Engine: "read"}, nil)
	s.OnActivity(a.RecordReading, mock.Anything, mock.Anything).Return(func(_ context.Context, in claim.Step[claim.Read]) (claim.Answer, error) {
		noted = append(noted, in.Body.Reading.Engine+in.Body.Reading.Unreadable)
		if in.Body.Reading.Engine != "" {
			return claim.Answer{}, fault(claim.ErrorBroken)
		}
		s.rows.file.Record(paper, claim.Paper{ID: paper.ID, Kind: paper.Kind, Number: 1, State: claim.PaperUnreadable})
		s.rows.file.Version++
		return claim.Answer{File: s.rows.file}, nil
	})
	parked := s.parks()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	send(s, time.Minute, claim.ActAttach, claimant, claim.Batch{})
	s.resume(3*time.Minute, true)
	send(s, 9*time.Minute, claim.ActWithdraw, claimant, claim.Reason{})

	_, err := s.run()
	require.NoError(t, err)
	require.True(t, (*parked)[0].Skippable)
	require.Equal(t, []string{"read", document.Crashed}, noted)
}

// As when Temporal dies after a step's commit: the sender has its answer from
// the rows, and the next message is judged by a file that is old.
func TestASenderWhoHasSeenTheRowsIsNotRefusedByAnOldFile(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.Consent, "consent", stageTo[claim.Consent](claim.Reviewing))
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	s.RegisterDelayedCallback(func() {
		s.rows.file.Stage = claim.Negotiating
		s.rows.file.Version++
	}, time.Minute)
	blind := send(s, 2*time.Minute, claim.ActConsent, claimant, claim.Consent{Offer: 1})
	s.RegisterDelayedCallback(func() { s.rows.seen = s.rows.file.Version }, 150*time.Second)
	seeing := send(s, 3*time.Minute, claim.ActConsent, claimant, claim.Consent{Offer: 1})
	send(s, time.Hour, claim.ActWithdraw, claimant, claim.Reason{})

	_, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.RuleStage, blind.rule(t))
	require.NoError(t, seeing.err)
	require.Equal(t, claim.Done, seeing.receipt.Result)
	require.Contains(t, s.rows.log, "consent")
}

// The main line waits for people at a stage that the rows have left.
func TestTheMainLineGoesOnWhenTheRowsAreReadAgain(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.Route, "route", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Lane, f.Stage = claim.Flash, claim.SelfSurvey
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.AssessBySelf, "assess", stageTo[claim.None](claim.Negotiating))
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	s.RegisterDelayedCallback(func() {
		s.rows.file.Stage = claim.Assessing // the step's commit, whose workflow task was lost
		s.rows.file.Version++
		s.SignalWorkflow(workflows.CatchUp, nil)
	}, time.Minute)
	send(s, time.Hour, claim.ActWithdraw, claimant, claim.Reason{})

	_, err := s.run()
	require.NoError(t, err)
	require.Equal(t, []string{"report", "route", "assess", "withdraw"}, s.rows.log)
}

func TestASignalIsDealtWithBeforeTheRunIsContinuedAsNew(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.Rereport, "rereport", func(*claim.File, claim.Step[claim.Again]) claim.Receipt {
		s.RegisterDelayedCallback(func() { s.SetContinueAsNewSuggested(true) }, 0) // while another signal waits
		return claim.Receipt{}
	})
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	s.RegisterDelayedCallback(func() {
		s.SignalWorkflow(workflows.ReportedAgain, claim.Again{Event: "c8"})
		s.SignalWorkflow(workflows.ReportedAgain, claim.Again{Event: "c9"})
	}, time.Minute)

	_, err := s.run()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.Equal(t, 2, count(s.rows.log, "rereport"))
}

func TestAReportThatIsRefusedLeavesNoClaimBehind(t *testing.T) {
	t.Parallel()
	s := story{TestWorkflowEnvironment: newEnvironment(), t: t, rows: &rows{file: claim.File{ID: "c1", Cycle: 1}}}
	var a *activities.Activities
	failing(s, a.Report, func() error { return fault(claim.ErrorBroken) }, nil)
	report := send(s, 0, claim.ActReport, claimant, claim.Notice{})

	_, err := s.run()
	require.ErrorContains(t, err, "there is no claim")
	require.Equal(t, claim.RuleBroken, report.rule(t))
}
