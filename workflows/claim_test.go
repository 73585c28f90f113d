package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/workflows"
)

// The test environment skips time and runs the real workflow; the steps are
// played by a rows value that applies what each would have stored.

var at = time.Date(2026, 11, 23, 9, 0, 0, 0, claim.Shanghai)

// rows stands for the database: it keeps the file and the steps that are done.
type rows struct {
	file  claim.File
	steps map[string]claim.Receipt
	log   []string

	seen  int64  // version that senders have seen; 0 when they have not looked
	joins bool   // the loss was reported before, as claim c0
	stale string // the step that finds once that the rows have gone on meanwhile
}

// play mocks a step: do changes the file as the real one would.
func play[T any](env *testsuite.TestWorkflowEnvironment, r *rows, act func(context.Context, claim.Step[T]) (claim.Answer, error), name string, do func(f *claim.File, s claim.Step[T]) claim.Receipt) {
	env.OnActivity(act, mock.Anything, mock.Anything).Return(func(_ context.Context, s claim.Step[T]) (claim.Answer, error) {
		if receipt, done := r.steps[s.Key]; done {
			return claim.Answer{File: r.file, Receipt: receipt}, nil
		}
		if r.stale == name {
			r.stale = ""
			r.file.Version++ // as a hold on the evidence leaves it
		}
		if s.Version != r.file.Version {
			return claim.Answer{File: r.file, Stale: true}, nil
		}
		if s.Command != nil && claim.Act(name).Guarded() {
			if refused := r.file.Guard(claim.Act(name), s.By, claim.TaskOf(s.Body)); refused != nil {
				return claim.Answer{File: r.file, Receipt: claim.Receipt{Result: claim.Refused, Refusal: refused}}, nil
			}
		}
		receipt := do(&r.file, s)
		if receipt.Result == "" {
			receipt.Result = claim.Done
		}
		r.file.Version++
		r.file.Derive()
		r.steps[s.Key] = receipt
		r.log = append(r.log, name)
		return claim.Answer{File: r.file, Receipt: receipt}, nil
	}).Maybe()
}

func stageTo[T any](stage claim.Stage) func(*claim.File, claim.Step[T]) claim.Receipt {
	return func(f *claim.File, _ claim.Step[T]) claim.Receipt {
		f.Stage = stage
		return claim.Receipt{}
	}
}

type story struct {
	*testsuite.TestWorkflowEnvironment
	t    *testing.T
	rows *rows
}

func newEnvironment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(at)
	workflows.Register(env)
	env.RegisterActivity(&activities.Activities{})
	env.RegisterActivity(&activities.OCR{})
	return env
}

func newStory(t *testing.T) story {
	t.Helper()
	env := newEnvironment()
	var a *activities.Activities
	r := &rows{file: claim.File{ID: "c1", Cycle: 1}, steps: map[string]claim.Receipt{}}

	play(env, r, a.Report, "report", func(f *claim.File, _ claim.Step[claim.Notice]) claim.Receipt {
		if r.joins {
			f.Stage, f.Outcome = claim.Closed, claim.OutcomeJoined
			return claim.Receipt{Claim: "c0", Number: "AP-0", Result: claim.Joined}
		}
		f.Number, f.Stage, f.Branch, f.Line = "AP-1", claim.Reported, "3101", claim.Motor
		f.PolicyVerified, f.AcceptWithin = true, 10*time.Minute
		return claim.Receipt{}
	})
	play(env, r, a.Withdraw, "withdraw", func(f *claim.File, _ claim.Step[claim.Reason]) claim.Receipt {
		f.Stage, f.Outcome = claim.Closed, claim.OutcomeWithdrawn
		return claim.Receipt{}
	})
	play(env, r, a.Close, "close", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Stage, f.Outcome = claim.Closed, claim.OutcomePaid
		return claim.Receipt{}
	})
	env.OnActivity(a.Load, mock.Anything, claim.ID("c1")).Return(func(context.Context, claim.ID) (claim.File, error) { return r.file, nil }).Maybe()
	return story{env, t, r}
}

// standard makes the claim take the standard lane: Wang is sent, and Li next.
func (s story) standard() story {
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.Route, "route", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Lane, f.Stage = claim.Standard, claim.Dispatching
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.Dispatch, "dispatch", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		if len(f.Passed) == 2 { // none is left
			f.Tasks = []claim.Task{{ID: "assign", Kind: claim.TaskAssign, Role: claim.Dispatcher}}
			return claim.Receipt{}
		}
		who := []claim.Principal{"wang", "li"}[len(f.Passed)]
		f.Stage = claim.Dispatched
		f.Tasks = []claim.Task{{ID: "survey-" + string(who), Kind: claim.TaskSurvey, Role: claim.Surveyor, Owner: who}}
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.Decline, "decline", func(f *claim.File, _ claim.Step[claim.TaskRef]) claim.Receipt {
		f.Passed = append(f.Passed, f.Tasks[0].Owner)
		f.Tasks, f.Stage = nil, claim.Dispatching
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.Accept, "accept", stageTo[claim.TaskRef](claim.Surveying))
	return s
}

// reply is what came of a message.
type reply struct {
	receipt claim.Receipt
	err     error
	came    bool
}

func (r *reply) rule(t *testing.T) string {
	t.Helper()
	require.True(t, r.came, "no answer came")
	if r.err == nil {
		require.Equal(t, claim.Refused, r.receipt.Result)
		return r.receipt.Refusal.Rule
	}
	var app *temporal.ApplicationError
	require.ErrorAs(t, r.err, &app)
	require.Equal(t, claim.ErrorRefused, app.Type())
	var refusal claim.Refusal
	require.NoError(t, app.Details(&refusal))
	return refusal.Rule
}

// send sends a message after a delay of the claim's time.
func send[T any](s story, after time.Duration, act claim.Act, by claim.Actor, body T) *reply {
	r := &reply{}
	s.RegisterDelayedCallback(func() {
		s.UpdateWorkflow(string(act), string(act)+after.String(), &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { r.err, r.came = err, true },
			OnComplete: func(v any, err error) {
				r.err, r.came = err, true
				if err == nil {
					r.receipt, _ = v.(claim.Receipt)
				}
			},
		}, claim.Message[T]{By: by, Key: string(act) + after.String(), Seen: s.rows.seen, Body: body})
	}, after)
	return r
}

func (s story) run() (claim.Closure, error) {
	s.ExecuteWorkflow(workflows.Claim, claim.File{ID: "c1", Cycle: 1})
	require.True(s.t, s.IsWorkflowCompleted())
	var c claim.Closure
	if err := s.GetWorkflowError(); err != nil {
		return c, err
	}
	return c, s.GetWorkflowResult(&c)
}

var (
	claimant = claim.Actor{ID: "phone:1", Role: claim.Claimant}
	wang     = claim.Actor{ID: "wang", Role: claim.Surveyor, Branch: "3101"}
	li       = claim.Actor{ID: "li", Role: claim.Surveyor, Branch: "3101"}
)

func TestASilentSurveyorLosesTheTaskToTheNext(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	late := send(s, 11*time.Minute, claim.ActAccept, wang, claim.TaskRef{Task: "survey-wang"})
	next := send(s, 12*time.Minute, claim.ActAccept, li, claim.TaskRef{Task: "survey-li"})
	send(s, time.Hour, claim.ActWithdraw, claimant, claim.Reason{})

	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.OutcomeWithdrawn, closure.Outcome)
	require.Equal(t, claim.RuleTask, late.rule(t))
	require.NoError(t, next.err)
	require.Equal(t, []string{"report", "route", "dispatch", "decline", "dispatch", "accept", "withdraw"}, s.rows.log)
}

func TestMessagesAreRefusedByTheFileAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		act  claim.Act
		by   claim.Actor
		task string
		rule string
	}{
		"at the wrong stage":          {claim.ActConsent, claimant, "", claim.RuleStage},
		"from the wrong role":         {claim.ActAccept, claimant, "survey-wang", claim.RuleRole},
		"on somebody else's task":     {claim.ActAccept, li, "survey-wang", claim.RuleTaskTaken},
		"on a task that is not there": {claim.ActAccept, wang, "another", claim.RuleTask},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).standard()
			send(s, 0, claim.ActReport, claimant, claim.Notice{})
			got := send(s, time.Minute, tt.act, tt.by, claim.TaskRef{Task: tt.task})
			send(s, 2*time.Minute, claim.ActWithdraw, claimant, claim.Reason{})
			_, err := s.run()
			require.NoError(t, err)
			require.Equal(t, tt.rule, got.rule(t))
		})
	}
}

func TestARunWhoseRowsAreAheadGoesOnFromTheRows(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	s.RegisterDelayedCallback(func() { // a step committed, and its workflow task was lost
		s.rows.file.Stage = claim.Surveying
		s.rows.file.Version++
	}, time.Minute)
	stale := send(s, 2*time.Minute, claim.ActAccept, wang, claim.TaskRef{Task: "survey-wang"})
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	send(s, 3*time.Minute, claim.ActWithdraw, claimant, claim.Reason{})

	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.RuleStage, stale.rule(t))
	require.Equal(t, claim.OutcomeWithdrawn, closure.Outcome)
}

func TestAReportOfAKnownLossEndsAsJoinedAndTellsTheOtherClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.rows.joins = true
	var told claim.Again
	s.OnSignalExternalWorkflow(mock.Anything, "claim/c0", "", workflows.ReportedAgain, mock.Anything).Return(
		func(_, _, _, _ string, arg any) error {
			told, _ = arg.(claim.Again)
			return nil
		}).Twice()
	s.hears(claim.Heard{}, claim.Heard{Taken: true, Closed: true})
	reply := send(s, 0, claim.ActReport, claimant, claim.Notice{
		Channel: "phone", Reporter: claim.Party{Name: "李四"}, Story: "追尾", Exposures: []claim.NewExposure{{Kind: claim.OwnDamage, Estimate: 100}, {Kind: claim.ThirdPartyProperty, Estimate: 50}},
	})

	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.OutcomeJoined, closure.Outcome)
	require.NoError(t, reply.err)
	require.Equal(t, "AP-0", reply.receipt.Number)
	require.Equal(t, "李四", told.Reporter.Name)
	require.True(t, told.Others)
	require.EqualValues(t, 150, told.Claimed)
	require.Equal(t, "追尾", told.Story)
	s.AssertExpectations(t)
}

// hears has the rows say, at one look after another, what became of the report
// that joined claim c0.
func (s story) hears(looks ...claim.Heard) {
	var a *activities.Activities
	for _, heard := range looks {
		s.OnActivity(a.Heard, mock.Anything, claim.Joining{Report: "c1", Claim: "c0"}).Return(heard, nil).Once()
	}
}

// The claim that a report joined closes before it has heard of it: the report is
// a claim of its own, and goes its way.
func TestAReportWhoseClaimClosesWithoutItIsAClaimOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, signalled := range map[string]error{"it is there": nil, "it has ended": errors.New("unknown external workflow execution")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).standard()
			s.rows.joins = true
			s.OnSignalExternalWorkflow(mock.Anything, "claim/c0", "", workflows.ReportedAgain, mock.Anything).Return(signalled)
			s.hears(claim.Heard{}, claim.Heard{Closed: true}, claim.Heard{Closed: true})
			var a *activities.Activities
			s.OnActivity(a.Separate, mock.Anything, mock.Anything).Return(claim.Answer{}, temporal.NewNonRetryableApplicationError("broken", claim.ErrorBroken, nil)).Once()
			var was claim.Step[claim.Separation]
			s.OnActivity(a.Separate, mock.Anything, mock.Anything).Return(func(_ context.Context, in claim.Step[claim.Separation]) (claim.Answer, error) {
				was = in
				s.rows.file.Number, s.rows.file.Stage, s.rows.file.Outcome, s.rows.file.AcceptWithin = "AP-1", claim.Reported, "", 10*time.Minute
				return claim.Answer{File: s.rows.file, Receipt: claim.Receipt{Claim: "c1", Number: "AP-1", Result: claim.Done}}, nil
			}).Once()
			reply := send(s, 0, claim.ActReport, claimant, claim.Notice{Story: "追尾"})
			send(s, time.Minute, claim.ActWithdraw, claimant, claim.Reason{})
			closure, err := s.run()
			require.NoError(t, err)
			require.Equal(t, claim.Joined, reply.receipt.Result)
			require.Equal(t, []any{"1/c0/separate", claimant, claim.ID("c0"), "追尾"}, []any{was.Key, was.By, was.Body.From, was.Body.Notice.Story})
			require.True(t, was.Body.At.Equal(at))
			require.Equal(t, claim.Closure{ID: "c1", Number: "AP-1", Outcome: claim.OutcomeWithdrawn}, closure)
			require.Contains(t, s.rows.log, "route")
		})
	}
}

// Two reports joined a claim that closed without them: the second finds the
// first, which is open.
func TestAReportWhoseClaimClosesWithoutItJoinsTheNext(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.rows.joins = true
	s.OnSignalExternalWorkflow(mock.Anything, "claim/c0", "", workflows.ReportedAgain, mock.Anything).Return(nil).Once()
	s.OnSignalExternalWorkflow(mock.Anything, "claim/c2", "", workflows.ReportedAgain, mock.Anything).Return(nil).Once()
	s.hears(claim.Heard{Closed: true})
	var a *activities.Activities
	s.OnActivity(a.Separate, mock.Anything, mock.Anything).Return(func(context.Context, claim.Step[claim.Separation]) (claim.Answer, error) {
		return claim.Answer{File: s.rows.file, Receipt: claim.Receipt{Claim: "c2", Number: "AP-2", Result: claim.Joined}}, nil
	}).Once()
	s.OnActivity(a.Heard, mock.Anything, claim.Joining{Report: "c1", Claim: "c2"}).Return(claim.Heard{Taken: true}, nil).Once()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.OutcomeJoined, closure.Outcome)
	s.AssertExpectations(t)
}

func TestALongClaimGoesOnInANewRunWithItsFile(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	accepted := send(s, time.Minute, claim.ActAccept, wang, claim.TaskRef{Task: "survey-wang"})
	s.RegisterDelayedCallback(func() { s.SetContinueAsNewSuggested(true) }, 2*time.Minute)

	_, err := s.run()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.NoError(t, accepted.err)
	var file claim.File
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &file))
	require.Equal(t, s.rows.file, file)
	require.Equal(t, claim.Surveying, file.Stage)
}

func TestADeniedClaimEndsWithItsNotice(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.Route, "route", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Lane, f.Stage = claim.Standard, claim.DenialReview
		f.Tasks = []claim.Task{{ID: "d", Kind: claim.TaskDenial, Role: claim.Reviewer, Level: 2}}
		f.Deeds = []claim.Deed{{By: "zheng", Duty: claim.DutyProposeDenial}}
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.DecideDenial, "decide-denial", stageTo[claim.DenialVerdict](claim.Denied))
	s.OnActivity(a.WriteDenial, mock.Anything, claim.ID("c1")).Return(activities.Letter{Number: "AP-1-D1"}, nil).Once()
	play(s.TestWorkflowEnvironment, s.rows, a.NotifyDenial, "notify", func(f *claim.File, in claim.Step[activities.Letter]) claim.Receipt {
		require.Equal(t, "AP-1-D1", in.Body.Number)
		f.Stage, f.Outcome = claim.Closed, claim.OutcomeDenied
		return claim.Receipt{}
	})
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	own := send(s, time.Minute, claim.ActDecideDenial, claim.Actor{ID: "zheng", Role: claim.Reviewer, Level: 4}, claim.DenialVerdict{Task: "d", Approve: true})
	low := send(s, 2*time.Minute, claim.ActDecideDenial, claim.Actor{ID: "han", Role: claim.Reviewer, Level: 1}, claim.DenialVerdict{Task: "d", Approve: true})
	send(s, 3*time.Minute, claim.ActDecideDenial, claim.Actor{ID: "feng", Role: claim.Reviewer, Level: 2}, claim.DenialVerdict{Task: "d", Approve: true})

	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.Closure{ID: "c1", Number: "AP-1", Outcome: claim.OutcomeDenied}, closure)
	require.Equal(t, "separation.approve-own-denial", own.rule(t))
	require.Equal(t, claim.RuleLimit, low.rule(t))
	s.AssertExpectations(t)
}

func TestOnlyADeliveredRequestIsNotedAndTheClaimGoesOnMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.RequestPapers, "request", func(f *claim.File, _ claim.Step[claim.PaperRequest]) claim.Receipt {
		f.Checklist = &claim.Checklist{Tellings: []claim.Telling{{}, {Notice: "n1", Request: true}}}
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.NoticeDelivered, "delivered", func(f *claim.File, in claim.Step[claim.Delivered]) claim.Receipt {
		f.Checklist.Tellings[1].Delivered = in.Body.At
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.Survey, "survey", stageTo[claim.SurveyReport](claim.Assessing))
	asked := 0
	s.OnActivity(a.Delivered, mock.Anything, "n1").Return(func(context.Context, string) (time.Time, error) {
		if asked++; asked < 3 {
			return time.Time{}, errors.New("not delivered yet")
		}
		return at.Add(3 * time.Hour), nil
	})
	assessor := claim.Actor{ID: "zhou", Role: claim.Assessor, Branch: "3101"}
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	send(s, time.Minute, claim.ActAccept, wang, claim.TaskRef{Task: "survey-wang"})
	early := send(s, 2*time.Minute, claim.ActRequestPapers, assessor, claim.PaperRequest{})
	send(s, 3*time.Minute, claim.ActSurvey, wang, claim.SurveyReport{Task: "survey-wang"})
	send(s, 4*time.Minute, claim.ActRequestPapers, assessor, claim.PaperRequest{})
	send(s, time.Hour, claim.ActWithdraw, claimant, claim.Reason{})
	_, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.RuleStage, early.rule(t), "nothing is requested before the loss is assessed")
	require.Equal(t, []string{"report", "route", "dispatch", "accept", "survey", "request", "delivered", "withdraw"}, s.rows.log)
	require.Equal(t, 3, asked)
}

func TestPhotosAreLookedAtTogetherAndOneThatBreaksTheReaderCostsOnlyItself(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var (
		a      *activities.Activities
		o      *activities.OCR
		photos = []string{"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"}
		paper  = "invoice"
		looked [][]string

		looking sync.Mutex
		says    = map[string]string{}
	)
	play(s.TestWorkflowEnvironment, s.rows, a.Attach, "attach", func(f *claim.File, _ claim.Step[claim.Batch]) claim.Receipt {
		for _, id := range photos {
			f.Record(claim.Paper{}, claim.Paper{ID: id, Kind: activities.LossPhoto, State: claim.PaperRead, Awaiting: true})
		}
		f.Record(claim.Paper{}, claim.Paper{ID: paper, Kind: "vat_invoice", State: claim.PaperReceived, Awaiting: true})
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.RecordLooks, "looks", func(f *claim.File, in claim.Step[claim.Looks]) claim.Receipt {
		for _, r := range in.Body.Readings {
			f.Record(claim.Paper{Kind: activities.LossPhoto, State: claim.PaperRead, Awaiting: true}, claim.Paper{ID: r.Document, Kind: activities.LossPhoto, State: claim.PaperRead})
			says[r.Document] = r.Reading.Engine + r.Reading.Unreadable
		}
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.RecordReading, "reading", func(f *claim.File, in claim.Step[claim.Read]) claim.Receipt {
		f.Record(claim.Paper{Kind: "vat_invoice", State: claim.PaperReceived, Awaiting: true}, claim.Paper{ID: in.Body.Document, Kind: "vat_invoice", State: claim.PaperRead})
		says[in.Body.Document] = in.Body.Reading.Engine
		return claim.Receipt{}
	})
	where := func(id string) claim.PaperFile { return claim.PaperFile{Document: id} }
	s.OnActivity(a.Locate, mock.Anything, paper).Return(where(paper), nil)
	s.OnActivity(a.LocateAll, mock.Anything, mock.Anything).Return(func(_ context.Context, ids []string) (all []claim.PaperFile, err error) {
		for _, id := range ids {
			all = append(all, where(id))
		}
		return all, nil
	})
	s.OnActivity(o.ReadPaper, mock.Anything, where(paper)).Return(claim.Reading{Engine: "read"}, nil)
	s.OnActivity(o.LookAtPhotos, mock.Anything, mock.Anything).Return(func(_ context.Context, in []claim.PaperFile) (all []claim.Reading, err error) {
		var ids []string
		for _, photo := range in {
			ids = append(ids, photo.Document)
			all = append(all, claim.Reading{Engine: "looked at " + photo.Document})
		}
		looking.Lock() // two lots are looked at side by side
		looked = append(looked, ids)
		looking.Unlock()
		if slices.Contains(ids, "p3") {
			return nil, temporal.NewNonRetryableApplicationError("the reader is gone", "test", nil)
		}
		return all, nil
	})
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	send(s, time.Minute, claim.ActAttach, claimant, claim.Batch{})
	send(s, 5*time.Minute, claim.ActWithdraw, claimant, claim.Reason{})
	_, err := s.run()
	require.NoError(t, err)
	require.Contains(t, looked, photos[:8])
	require.Contains(t, looked, photos[8:], "8 at once are the most")
	require.Len(t, looked, 2+8, "and each by itself where the eight could not be looked at together")
	want := map[string]string{paper: "read"}
	for _, id := range photos {
		want[id] = "looked at " + id
	}
	want["p3"] = document.Crashed
	require.Equal(t, want, says)
	require.Equal(t, 9, count(s.rows.log, "looks"), "one step each where they were looked at one by one, and one for the ninth")
}

func count(log []string, name string) (n int) {
	for _, l := range log {
		if l == name {
			n++
		}
	}
	return n
}

// A step that nobody asked for may find that the rows have gone on, as after a
// hold: whatever stage it is of, the claim goes on by itself.
func TestEveryStepOfTheMachineLooksAgainWhereTheRowsHaveGoneOn(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"route", "looks", "reading", "self-survey", "assess", "delivered", "file-letter", "settle", "close"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).flash()
			s.rows.stale = step
			send(s, 0, claim.ActReport, claimant, claim.Notice{})
			send(s, time.Minute, claim.ActAttach, claimant, claim.Batch{})
			send(s, 5*time.Minute, claim.ActRequestPapers, claim.Actor{ID: "zhou", Role: claim.Assessor, Branch: "3101"}, claim.PaperRequest{})
			send(s, 10*time.Minute, claim.ActAgree, claimant, claim.Agreement{Offer: 1})
			send(s, 24*time.Hour, claim.ActWithdraw, claimant, claim.Reason{}) // if it still stands somewhere
			closure, err := s.run()
			require.NoError(t, err)
			require.Equal(t, claim.OutcomePaid, closure.Outcome, s.rows.log)
			require.Contains(t, s.rows.log, step)
			require.Empty(t, s.rows.stale)
		})
	}
	for _, step := range []string{"route", "dispatch", "decline"} {
		t.Run("standard "+step, func(t *testing.T) {
			t.Parallel()
			s := newStory(t).standard()
			s.rows.stale = step
			send(s, 0, claim.ActReport, claimant, claim.Notice{})
			next := send(s, 12*time.Minute, claim.ActAccept, li, claim.TaskRef{Task: "survey-li"})
			send(s, time.Hour, claim.ActWithdraw, claimant, claim.Reason{})
			_, err := s.run()
			require.NoError(t, err)
			require.NoError(t, next.err, s.rows.log)
			require.Empty(t, s.rows.stale)
		})
	}
	t.Run("resubmit", func(t *testing.T) {
		t.Parallel()
		s := newStory(t).paying(&bank{query: says(claim.PaymentNotFound), submit: func(n int) (activities.TransferState, error) {
			if n == 1 {
				return silent(n)
			}
			return activities.TransferState{State: claim.PaymentCleared}, nil
		}})
		s.rows.stale = "resubmit"
		closure, err := s.run()
		require.NoError(t, err)
		require.Equal(t, claim.OutcomePaid, closure.Outcome)
		require.Empty(t, s.rows.stale)
	})
	t.Run("notify", func(t *testing.T) {
		t.Parallel()
		s := newStory(t)
		s.rows.stale = "notify"
		var a *activities.Activities
		play(s.TestWorkflowEnvironment, s.rows, a.Route, "route", stageTo[claim.None](claim.Denied))
		s.OnActivity(a.WriteDenial, mock.Anything, claim.ID("c1")).Return(activities.Letter{Number: "AP-1-D1"}, nil)
		play(s.TestWorkflowEnvironment, s.rows, a.NotifyDenial, "notify", func(f *claim.File, _ claim.Step[activities.Letter]) claim.Receipt {
			f.Stage, f.Outcome = claim.Closed, claim.OutcomeDenied
			return claim.Receipt{}
		})
		send(s, 0, claim.ActReport, claimant, claim.Notice{})
		closure, err := s.run()
		require.NoError(t, err)
		require.Equal(t, claim.OutcomeDenied, closure.Outcome)
		require.Empty(t, s.rows.stale)
	})
}

// received is a paper that is to be read.
func received(id, kind string) claim.Paper {
	return claim.Paper{ID: id, Kind: kind, State: claim.PaperReceived, Awaiting: true}
}

// flash makes the claim take the flash lane, with a request for papers on the
// way.
func (s story) flash() story {
	var a *activities.Activities
	var o *activities.OCR
	env, r := s.TestWorkflowEnvironment, s.rows
	play(env, r, a.Route, "route", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Lane, f.Stage = claim.Flash, claim.SelfSurvey
		return claim.Receipt{}
	})
	play(env, r, a.Attach, "attach", func(f *claim.File, _ claim.Step[claim.Batch]) claim.Receipt {
		for _, id := range []string{"p1", "p2"} {
			f.Record(claim.Paper{}, received(id, activities.LossPhoto))
		}
		f.Record(claim.Paper{}, received("invoice", "vat_invoice"))
		return claim.Receipt{}
	})
	s.OnActivity(a.LocateAll, mock.Anything, mock.Anything).Return(func(_ context.Context, ids []string) ([]claim.PaperFile, error) {
		return make([]claim.PaperFile, len(ids)), nil
	})
	s.OnActivity(a.Locate, mock.Anything, mock.Anything).Return(claim.PaperFile{}, nil)
	s.OnActivity(o.LookAtPhotos, mock.Anything, mock.Anything).Return(func(_ context.Context, in []claim.PaperFile) ([]claim.Reading, error) {
		return make([]claim.Reading, len(in)), nil
	})
	s.OnActivity(o.ReadPaper, mock.Anything, mock.Anything).Return(claim.Reading{}, nil)
	play(env, r, a.RecordLooks, "looks", func(f *claim.File, in claim.Step[claim.Looks]) claim.Receipt {
		for _, read := range in.Body.Readings {
			f.Record(received(read.Document, activities.LossPhoto), claim.Paper{ID: read.Document, Kind: activities.LossPhoto, State: claim.PaperRead})
		}
		return claim.Receipt{}
	})
	play(env, r, a.RecordReading, "reading", func(f *claim.File, in claim.Step[claim.Read]) claim.Receipt {
		f.Record(received(in.Body.Document, "vat_invoice"), claim.Paper{ID: in.Body.Document, Kind: "vat_invoice", State: claim.PaperRead})
		return claim.Receipt{}
	})
	play(env, r, a.SelfSurvey, "self-survey", stageTo[claim.None](claim.Assessing))
	play(env, r, a.AssessBySelf, "assess", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Stage, f.Offer = claim.Negotiating, 1
		return claim.Receipt{}
	})
	play(env, r, a.RequestPapers, "request", func(f *claim.File, _ claim.Step[claim.PaperRequest]) claim.Receipt {
		f.Checklist = &claim.Checklist{Tellings: []claim.Telling{{}, {Notice: "n1", Request: true, Letter: "L1"}}}
		return claim.Receipt{}
	})
	s.OnActivity(a.Delivered, mock.Anything, "n1").Return(at.Add(time.Hour), nil)
	s.OnActivity(a.WriteRequest, mock.Anything, mock.Anything).Return(activities.Letter{Number: "L1"}, nil)
	play(env, r, a.NoticeDelivered, "delivered", func(f *claim.File, in claim.Step[claim.Delivered]) claim.Receipt {
		f.Checklist.Tellings[1].Delivered = in.Body.At
		return claim.Receipt{}
	})
	play(env, r, a.FileLetter, "file-letter", func(f *claim.File, _ claim.Step[activities.Letter]) claim.Receipt {
		f.Checklist.Tellings[1].Written = true
		return claim.Receipt{}
	})
	play(env, r, a.Agree, "agree", func(f *claim.File, _ claim.Step[claim.Agreement]) claim.Receipt {
		f.Stage = claim.Paying
		f.Payments = []claim.Instruction{{ID: "p1", Reference: "R1", Attempt: 1, Amount: 100, State: claim.PaymentSubmitted}}
		return claim.Receipt{}
	})
	cleared := activities.TransferState{State: claim.PaymentCleared}
	s.OnActivity(a.Submit, mock.Anything, mock.Anything).Return(cleared, nil)
	s.OnActivity(a.Query, mock.Anything, mock.Anything).Return(cleared, nil)
	play(env, r, a.Settle, "settle", func(f *claim.File, in claim.Step[claim.Settled]) claim.Receipt {
		f.Payments[0].State, f.Stage = in.Body.State, claim.Paid
		return claim.Receipt{}
	})
	return s
}

// A request that names a letter is put in writing once, beside the main line; a
// history of before the letters has no such name, and none is written.
func TestARequestForPapersIsPutInWritingOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t).standard()
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.Survey, "survey", stageTo[claim.SurveyReport](claim.Assessing))
	requests := 0
	play(s.TestWorkflowEnvironment, s.rows, a.RequestPapers, "request", func(f *claim.File, _ claim.Step[claim.PaperRequest]) claim.Receipt {
		if f.Checklist == nil {
			f.Checklist = &claim.Checklist{}
		}
		told := claim.Telling{Request: true, Finding: "f"} // of which no clock waits for the delivery
		if requests++; requests > 1 {
			told.Letter = "AP-1-P1"
		}
		f.Checklist.Tellings = append(f.Checklist.Tellings, told)
		return claim.Receipt{}
	})
	s.OnActivity(a.WriteRequest, mock.Anything, activities.RequestLetter{Claim: "c1", Number: "AP-1-P1"}).Return(activities.Letter{Number: "AP-1-P1", SHA256: "h"}, nil).Once()
	play(s.TestWorkflowEnvironment, s.rows, a.FileLetter, "letter", func(f *claim.File, in claim.Step[activities.Letter]) claim.Receipt {
		require.Equal(t, "h", in.Body.SHA256)
		f.Checklist.Telling(in.Body.Number).Written = true
		return claim.Receipt{}
	})
	assessor := claim.Actor{ID: "zhou", Role: claim.Assessor, Branch: "3101"}
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	send(s, time.Minute, claim.ActAccept, wang, claim.TaskRef{Task: "survey-wang"})
	send(s, 2*time.Minute, claim.ActSurvey, wang, claim.SurveyReport{Task: "survey-wang"})
	send(s, 3*time.Minute, claim.ActRequestPapers, assessor, claim.PaperRequest{})
	send(s, 4*time.Minute, claim.ActRequestPapers, assessor, claim.PaperRequest{})
	send(s, time.Hour, claim.ActWithdraw, claimant, claim.Reason{})
	_, err := s.run()
	require.NoError(t, err)
	require.Equal(t, []string{"report", "route", "dispatch", "accept", "survey", "request", "request", "letter", "withdraw"}, s.rows.log)
	s.AssertExpectations(t)
}
