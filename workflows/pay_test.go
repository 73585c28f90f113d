package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"anpei/activities"
	"anpei/claim"
)

// bank stands for the insurer's bank before a claim that is paid: what each
// call says, and how often it came.
type bank struct {
	submits, queries int

	submit, query func(n int) (activities.TransferState, error)
}

var finance = claim.Actor{ID: "yang", Role: claim.Finance, Branch: "3101"}

// paying makes the claim stand before the bank, released and not submitted, and
// its steps do to the file what those of activities do: three resubmissions,
// finance after two hours.
func (s story) paying(b *bank) story {
	var a *activities.Activities
	play(s.TestWorkflowEnvironment, s.rows, a.Route, "route", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Lane, f.Stage, f.Offer = claim.Flash, claim.Negotiating, 1
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.Agree, "agree", func(f *claim.File, in claim.Step[claim.Agreement]) claim.Receipt {
		f.Stage = claim.Paying
		f.Payments = []claim.Instruction{{ID: "p1", Reference: "R1", Attempt: 1, Amount: 100, State: claim.PaymentSubmitted, Sent: in.At, CallAt: in.At.Add(2 * time.Hour)}}
		return claim.Receipt{}
	})
	call := func(f *claim.File) {
		f.Payments[0].CallAt = time.Time{}
		f.Tasks = []claim.Task{{ID: "find-out", Kind: claim.TaskPay, Role: claim.Finance}}
	}
	play(s.TestWorkflowEnvironment, s.rows, a.Settle, "settle", func(f *claim.File, in claim.Step[claim.Settled]) claim.Receipt {
		p := &f.Payments[0]
		p.State, p.Fault = in.Body.State, in.Body.Fault
		switch p.State { //nolint:exhaustive // the others change nothing but the state
		case claim.PaymentCleared:
			f.Stage, f.Tasks = claim.Paid, nil
		case claim.PaymentNotFound:
			if p.AgainAt = in.At.Add([]time.Duration{0, 15 * time.Second, 3 * time.Minute, 0}[p.Again]); p.Again == 3 {
				p.AgainAt = time.Time{}
				call(f)
			}
		}
		if !p.CallAt.IsZero() && !in.At.Before(p.CallAt) {
			call(f)
		}
		return claim.Receipt{}
	})
	again := func(f *claim.File) {
		f.Payments[0].State, f.Payments[0].AgainAt = claim.PaymentSubmitted, time.Time{}
	}
	play(s.TestWorkflowEnvironment, s.rows, a.Resubmit, "resubmit", func(f *claim.File, _ claim.Step[claim.None]) claim.Receipt {
		f.Payments[0].Again++
		again(f)
		return claim.Receipt{}
	})
	play(s.TestWorkflowEnvironment, s.rows, a.DecideTransfer, "decide", func(f *claim.File, in claim.Step[claim.TransferDecision]) claim.Receipt {
		f.Payments[0].Again, f.Payments[0].Sent, f.Tasks = 0, in.At, nil
		again(f)
		return claim.Receipt{}
	})
	s.OnActivity(a.Submit, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.PayRef) (activities.TransferState, error) {
		require.Equal(s.t, activities.PayRef{Instruction: "p1", Reference: "R1", Attempt: 1}, in)
		b.submits++
		return b.submit(b.submits)
	}).Maybe()
	s.OnActivity(a.Query, mock.Anything, mock.Anything).Return(func(context.Context, activities.PayRef) (activities.TransferState, error) {
		b.queries++
		return b.query(b.queries)
	}).Maybe()
	send(s, 0, claim.ActReport, claimant, claim.Notice{})
	send(s, time.Minute, claim.ActAgree, claimant, claim.Agreement{Offer: 1})
	return s
}

func says(state claim.PaymentState) func(int) (activities.TransferState, error) {
	return func(int) (activities.TransferState, error) { return activities.TransferState{State: state}, nil }
}

func silent(int) (activities.TransferState, error) {
	return activities.TransferState{}, errors.New("the bank answered 503")
}

func TestAnUnknownTransferIsAskedAboutAndNeverSentTwice(t *testing.T) {
	t.Parallel()
	b := &bank{submit: silent, query: func(n int) (activities.TransferState, error) {
		if n < 3 {
			return activities.TransferState{State: claim.PaymentUnknown}, nil
		}
		return activities.TransferState{State: claim.PaymentCleared}, nil
	}}
	s := newStory(t).paying(b)
	tooLate := send(s, time.Minute+2*time.Second, claim.ActWithdraw, claimant, claim.Reason{})

	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.Closure{ID: "c1", Number: "AP-1", Outcome: claim.OutcomePaid, Paid: 100}, closure)
	require.Equal(t, claim.RulePaymentStarted, tooLate.rule(t))
	require.Equal(t, 1, b.submits)
	require.Equal(t, []string{"report", "route", "agree", "settle", "settle", "close"}, s.rows.log, "an answer that is no news is no step")
}

func TestOnlyTheBanksWordLetsATransferBeSentAgainUnderItsReference(t *testing.T) {
	t.Parallel()
	b := &bank{query: says(claim.PaymentNotFound), submit: func(n int) (activities.TransferState, error) {
		if n == 1 {
			return silent(n)
		}
		return activities.TransferState{State: claim.PaymentCleared}, nil
	}}
	s := newStory(t).paying(b)
	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.OutcomePaid, closure.Outcome)
	require.Equal(t, 2, b.submits)
	require.Equal(t, 1, b.queries, "the bank was asked in between")
}

// What the bank never takes is sent four times in all, further and further
// apart; then finance decides, and it goes on.
func TestATransferThatTheBankNeverHasIsSentFourTimesAndThenFinanceIsAsked(t *testing.T) {
	t.Parallel()
	var sent []time.Time
	mended := false
	var s story
	b := &bank{query: says(claim.PaymentNotFound)}
	b.submit = func(n int) (activities.TransferState, error) {
		sent = append(sent, s.Now())
		if mended {
			return activities.TransferState{State: claim.PaymentCleared}, nil
		}
		return silent(n)
	}
	s = newStory(t).paying(b)
	s.RegisterDelayedCallback(func() {
		require.Equal(t, 4, b.submits, "a day later it is no more than four")
		require.Less(t, b.queries, 10)
		require.NotNil(t, s.rows.file.TaskOf(claim.TaskPay))
		mended = true
	}, 24*time.Hour)
	send(s, 24*time.Hour+time.Minute, claim.ActDecideTransfer, finance, claim.TransferDecision{Task: "find-out", Decision: claim.SendAgain})
	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.OutcomePaid, closure.Outcome)
	require.Len(t, sent, 5)
	for i := 2; i < 4; i++ {
		require.Greater(t, sent[i].Sub(sent[i-1]), 2*sent[i-1].Sub(sent[i-2]), "each wait is longer than the one before")
	}
}

// A bank that is away when it is asked is asked again soon after it is back,
// however long the attempt is under way.
func TestABankThatWasAwayIsAskedSoonAfterItIsBack(t *testing.T) {
	t.Parallel()
	var s story
	var back, asked time.Time
	b := &bank{submit: says(claim.PaymentAccepted)}
	b.query = func(int) (activities.TransferState, error) {
		switch {
		case back.IsZero():
			return silent(0)
		case asked.IsZero():
			asked = s.Now()
		}
		return activities.TransferState{State: claim.PaymentCleared}, nil
	}
	s = newStory(t).paying(b)
	s.RegisterDelayedCallback(func() { back = s.Now() }, 30*time.Minute)
	_, err := s.run()
	require.NoError(t, err)
	require.LessOrEqual(t, asked.Sub(back), 30*time.Second)
}

// A bank that says neither yes nor no for a day is asked less and less often,
// and a person is called; messages get through meanwhile.
func TestATransferThatStaysUnknownCallsAPersonAndHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]func(int) (activities.TransferState, error){
		"the bank does not answer": silent,
		"the bank does not know":   says(claim.PaymentUnknown),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			back := false
			b := &bank{submit: silent, query: func(n int) (activities.TransferState, error) {
				if back {
					return activities.TransferState{State: claim.PaymentCleared}, nil
				}
				return query(n)
			}}
			s := newStory(t).paying(b)
			s.RegisterDelayedCallback(func() {
				require.Nil(t, s.rows.file.TaskOf(claim.TaskPay))
			}, time.Minute+2*time.Hour)
			s.RegisterDelayedCallback(func() {
				require.NotNil(t, s.rows.file.TaskOf(claim.TaskPay))
			}, time.Minute+2*time.Hour+10*time.Minute+time.Second)
			s.RegisterDelayedCallback(func() {
				require.Equal(t, 1, b.submits)
				require.Less(t, b.queries, 24*6+15+120, "every half minute in the first hour at the most, every ten minutes then")
				require.Equal(t, []string{"report", "route", "agree", "settle", "settle"}, s.rows.log)
				back = true
			}, 24*time.Hour)
			taken := send(s, 3*time.Hour, claim.ActWithdraw, claimant, claim.Reason{})
			closure, err := s.run()
			require.NoError(t, err)
			require.Equal(t, claim.RulePaymentStarted, taken.rule(t))
			require.Equal(t, claim.OutcomePaid, closure.Outcome)
		})
	}
}

// A password that the bank does not take is our own fault: sending stops, an
// operator is called, and once it is mended the bank is asked first.
func TestABankThatDoesNotServeUsParksTheClaim(t *testing.T) {
	t.Parallel()
	mended := false
	var s story
	var asked []time.Duration // after the mend
	var at time.Time
	refuses := func(int) (activities.TransferState, error) {
		if mended {
			asked = append(asked, s.Now().Sub(at))
			return activities.TransferState{State: claim.PaymentNotFound}, nil
		}
		return activities.TransferState{}, temporal.NewNonRetryableApplicationError("the bank answers 401", claim.ErrorNotServed, nil, claim.ErrorNotServed)
	}
	b := &bank{query: refuses}
	b.submit = func(n int) (activities.TransferState, error) {
		if mended {
			return activities.TransferState{State: claim.PaymentCleared}, nil
		}
		return refuses(n)
	}
	s = newStory(t).paying(b)
	why := s.parks()
	s.RegisterDelayedCallback(func() {
		require.Equal(t, 1, b.submits)
		require.Zero(t, b.queries)
		require.Equal(t, claim.PaymentUnknown, s.rows.file.Payments[0].State)
		mended = true
	}, time.Hour)
	s.RegisterDelayedCallback(func() { at = s.Now() }, 2*time.Hour)
	s.resume(2*time.Hour, false)
	closure, err := s.run()
	require.NoError(t, err)
	require.Equal(t, claim.OutcomePaid, closure.Outcome)
	require.NotEmpty(t, asked)
	require.Less(t, asked[0], 5*time.Second, "how old the attempt is does not matter now")
	require.Equal(t, []claim.Stuck{{Step: "bank", Cause: "the bank answers 401", Code: claim.ErrorNotServed}}, *why, "nothing of this claim is in it: other claims have the same cause")
	require.Equal(t, 2, b.submits)
}
