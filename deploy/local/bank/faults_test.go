package bank_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/local/bank"
)

func TestFailBeforeExecutesNothingAndCountsDownDurably(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{FailBefore: 2})
	s.problem(http.StatusServiceUnavailable, http.MethodPost, "/transfers", order("claim-1"))
	s.restart()
	require.Equal(t, 1, s.faults().FailBefore)
	s.problem(http.StatusServiceUnavailable, http.MethodPost, "/transfers", order("claim-1"))
	require.Empty(t, s.statement("").Entries)
	require.Equal(t, bank.Cleared, s.submit(order("claim-1")).Status)
	require.Zero(t, s.faults().FailBefore)
}

func TestARefusalIsAnsweredAsToldAndExecutesNothing(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity} {
		s := open(t)
		s.set("/faults", bank.Faults{Refuse: bank.Refusal{Times: 1, Status: status, Code: "bank_unknown", Reason: "no such bank"}})
		p := s.problem(status, http.MethodPost, "/transfers", order("claim-1"))
		require.Equal(t, "no such bank", p.Detail)
		require.Equal(t, "bank_unknown", p.Code)
		require.Empty(t, s.statement("").Entries)
		require.Equal(t, bank.Cleared, s.submit(order("claim-1")).Status, "only the next one")
	}
	s := open(t)
	s.set("/faults", bank.Faults{Refuse: bank.Refusal{Times: 1, Status: http.StatusTemporaryRedirect}})
	a := s.must(http.MethodPost, "/transfers", order("claim-1"))
	require.Equal(t, http.StatusOK, a.HTTP, "who follows a redirect has the transfer executed")
	require.Len(t, s.statement("").Entries, 1)
}

func TestAnswersNameAnotherAmountWhileTheyAreToldTo(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{OtherFen: 1})
	require.EqualValues(t, 1, s.submit(order("claim-1")).AmountFen)
	require.EqualValues(t, 1, s.query("claim-1").AmountFen)
	require.EqualValues(t, 123_456, s.statement("").Totals.CreditFen)
	s.set("/faults", bank.Faults{})
	require.EqualValues(t, 123_456, s.query("claim-1").AmountFen)
}

func TestFailAfterExecutesOnceAndLosesTheAnswer(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{FailAfter: 2})
	for range 2 {
		_, err := s.send(t.Context(), http.MethodPost, "/transfers", order("claim-1"))
		require.Error(t, err, "the connection is cut")
	}
	require.Equal(t, bank.Cleared, s.query("claim-1").Status)
	require.Equal(t, bank.Cleared, s.submit(order("claim-1")).Status)
	require.EqualValues(t, 1, s.statement("").Totals.Credits)
}

func TestAHangExecutesAndNeverAnswers(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{Hang: 1})
	ctx, leave := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := s.send(ctx, http.MethodPost, "/transfers", order("claim-1"))
		answered <- err
	}()
	require.Eventually(t, func() bool { return s.faults().Hang == 0 }, time.Minute, time.Millisecond)
	require.Equal(t, bank.Cleared, s.query("claim-1").Status)
	require.Empty(t, answered)
	leave()
	require.ErrorIs(t, <-answered, context.Canceled)
	require.EqualValues(t, 1, s.statement("").Totals.Credits)
}

func TestASlowSubmitIsNeverReportedAsFinallyNotFound(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{LatencyMS: 300_000, Matches: bank.Match{AccountSuffix: "4567"}})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		_, _ = s.send(ctx, http.MethodPost, "/transfers", order("claim-1"))
	}()
	ask := func() problem { return s.problem(http.StatusNotFound, http.MethodGet, "/transfers/claim-1", nil) }
	require.Eventually(t, func() bool {
		return ask().Detail == "there is no such transfer yet; one is in hand"
	}, time.Minute, time.Millisecond)
	s.clock.advance(time.Hour)
	require.False(t, *ask().Authoritative)

	leave()
	<-left
	require.False(t, *ask().Authoritative, "the bank executes what it has taken in, though the client left")

	other := order("claim-2")
	other.PayeeAccount = "6222020200001111"
	require.Equal(t, bank.Cleared, s.submit(other).Status, "others are not held up")
}

func TestASlowBankExecutesThoughTheClientLeft(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{LatencyMS: 100, Matches: bank.Match{AccountSuffix: "4567"}})
	ctx, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer leave()
	_, err := s.send(ctx, http.MethodPost, "/transfers", order("claim-1"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Eventually(t, func() bool {
		return s.statement("").Totals.Credits == 1
	}, time.Minute, time.Millisecond)
}

func TestFaultsHitOnlyWhatTheyMatch(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{FailBefore: 1, Matches: bank.Match{ReferencePrefix: "claim-7-", AccountSuffix: "4567"}})
	s.submit(order("claim-8-1"))
	o := order("claim-7-1")
	o.PayeeAccount = "6222020200001230000"
	s.submit(o)
	require.Equal(t, 1, s.faults().FailBefore)
	s.problem(http.StatusServiceUnavailable, http.MethodPost, "/transfers", order("claim-7-2"))
	require.Zero(t, s.faults().FailBefore)
}

func TestATransferIsReturnedLaterByAccount(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{ReturnLater: []bank.ReturnRule{{AccountSuffix: "4567", AfterMS: 3_600_000, Reason: "name does not match"}}})
	paid := s.submit(order("claim-1"))
	require.Equal(t, bank.Cleared, paid.Status)
	s.restart()
	s.clock.advance(time.Hour - time.Millisecond)
	require.Equal(t, bank.Cleared, s.query("claim-1").Status)
	s.clock.advance(time.Minute)

	back := s.query("claim-1")
	require.Equal(t, bank.Returned, back.Status)
	require.Equal(t, "name does not match", back.Reason)
	require.Equal(t, paid.ExecutedAt.Add(time.Hour), back.ReturnedAt)
	require.Equal(t, back, s.submit(order("claim-1")), "the reference still means the same transfer")

	st := s.statement("")
	require.Equal(t, bank.Totals{Credits: 1, CreditFen: 123_456, Returns: 1, ReturnFen: 123_456}, st.Totals)
	require.Equal(t, bank.Return, st.Entries[1].Kind)
	require.Equal(t, paid.BankID, st.Entries[1].ReturnOf)
	require.Equal(t, back.ReturnID, st.Entries[1].BankID)
}

func TestATransferThatHasClearedCanBeToldToComeBackOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.submit(order("claim-1"))
	s.clock.advance(time.Hour)
	rule := bank.Faults{ReturnLater: []bank.ReturnRule{{Reference: "claim-1", AfterMS: 1000}}}
	s.set("/faults", rule)
	s.set("/faults", rule)
	back := s.query("claim-1")
	require.Equal(t, bank.Returned, back.Status)
	require.Equal(t, s.clock.now(), back.ReturnedAt, "not before it was told to")
	s.set("/faults", rule)
	s.clock.advance(time.Hour)
	require.EqualValues(t, 1, s.statement("").Totals.Returns)
}

func TestARuleThatIsSetAgainReturnsATransferOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.submit(order("claim-1"))
	for _, hours := range []int64{2, 2, 3} {
		s.set("/faults", bank.Faults{ReturnLater: []bank.ReturnRule{{Reference: "claim-1", AfterMS: hours * 3_600_000}}})
	}
	s.clock.advance(time.Hour)
	require.Equal(t, bank.Cleared, s.query("claim-1").Status)
	s.clock.advance(10 * time.Hour)
	require.EqualValues(t, 1, s.statement("").Totals.Returns)
}

func TestBadSwitchesAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.problem(http.StatusUnprocessableEntity, http.MethodPut, "/faults", bank.Faults{
		LatencyMS: -1, FailBefore: -1, FailAfter: -1, Hang: -1, AnswerTwice: -1,
		ReturnLater: []bank.ReturnRule{{AfterMS: -1}, {Reference: "a", AccountSuffix: "b"}},
	})
	require.Len(t, p.Fields, 8)
	p = s.problem(http.StatusUnprocessableEntity, http.MethodPut, "/settings", bank.Settings{CeilingFen: -1, ClearingMS: -1, CutOffMS: -1})
	require.Len(t, p.Fields, 3)
	p = s.problem(http.StatusUnprocessableEntity, http.MethodPut, "/callback", bank.Callback{URL: "ftp://example"})
	require.Len(t, p.Fields, 1)
}

// listener is the insurer's end of the callback: it answers with the statuses
// given, then with 204.
func listener(t *testing.T, statuses ...int) (url string, heard <-chan bank.Event) {
	t.Helper()
	events, answers := make(chan bank.Event, 100), make(chan int, len(statuses))
	for _, status := range statuses {
		answers <- status
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e bank.Event
		if r.Header.Get("Authorization") != "Bearer of-the-insurer" || json.NewDecoder(r.Body).Decode(&e) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		select {
		case status := <-answers:
			w.WriteHeader(status)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
		events <- e
	}))
	t.Cleanup(server.Close)
	return server.URL, events
}

func TestClearingAndReturnAreCalledBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	url, heard := listener(t)
	s.submit(order("before"))
	s.set("/callback", bank.Callback{URL: url, Token: "of-the-insurer"})
	require.NotContains(t, string(s.must(http.MethodGet, "/callback", nil).Body), "of-the-insurer")

	cleared := s.submit(order("claim-1"))
	e := <-heard
	require.Equal(t, bank.Event{EventID: cleared.BankID + "-cleared", OccurredAt: cleared.ExecutedAt, Transfer: cleared}, e)

	s.set("/faults", bank.Faults{ReturnLater: []bank.ReturnRule{{Reference: "claim-1"}}})
	returned := s.query("claim-1")
	e = <-heard
	require.Equal(t, bank.Event{EventID: cleared.BankID + "-returned", OccurredAt: returned.ReturnedAt, Transfer: returned}, e)
	require.Empty(t, heard)
}

func TestACallbackIsRepeatedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	s := open(t)
	url, heard := listener(t, http.StatusInternalServerError, http.StatusFound)
	s.set("/callback", bank.Callback{URL: url, Token: "of-the-insurer"})
	id := s.submit(order("claim-1")).BankID + "-cleared"
	require.Equal(t, id, (<-heard).EventID)
	s.restart()
	for taken := 1; taken < 3; {
		select {
		case e := <-heard:
			require.Equal(t, id, e.EventID)
			taken++
		case <-time.After(10 * time.Millisecond):
			s.clock.advance(time.Minute)
		}
	}
	require.Eventually(t, func() bool {
		return strings.Contains(string(s.must(http.MethodGet, "/", nil).Body), "待回调 0")
	}, time.Minute, time.Millisecond)
	s.restart()
	s.clock.advance(time.Hour)
	s.submit(order("claim-2"))
	require.Equal(t, "claim-2", (<-heard).Reference)
	require.Empty(t, heard)
}

func TestACallbackThatWasNotTakenHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	s := open(t)
	url, heard := listener(t, http.StatusServiceUnavailable)
	s.set("/callback", bank.Callback{URL: url, Token: "of-the-insurer"})
	s.submit(order("claim-1"))
	require.Equal(t, "claim-1", (<-heard).Reference)
	for _, reference := range []string{"claim-2", "claim-3"} {
		s.submit(order(reference))
		require.Equal(t, reference, (<-heard).Reference, "the clock stands, so the first must wait")
	}
	s.clock.advance(time.Minute)
	require.Equal(t, "claim-1", (<-heard).Reference)
}

func TestAnswerTwiceExecutesOnceAndCallsBackTwiceWithTheSameEvent(t *testing.T) {
	t.Parallel()
	s := open(t)
	url, heard := listener(t)
	s.set("/callback", bank.Callback{URL: url, Token: "of-the-insurer"})
	s.set("/faults", bank.Faults{AnswerTwice: 1})
	s.submit(order("claim-1"))
	first, second := <-heard, <-heard
	require.Equal(t, first, second)
	require.EqualValues(t, 1, s.statement("").Totals.Credits)
	s.submit(order("claim-2"))
	require.Equal(t, "claim-2", (<-heard).Reference)
	require.Empty(t, heard)
	require.Zero(t, s.faults().AnswerTwice)
}

func TestWithoutACallbackWhatWaitedIsForgotten(t *testing.T) {
	t.Parallel()
	s := open(t)
	dead, _ := listener(t, http.StatusInternalServerError)
	s.set("/callback", bank.Callback{URL: dead + "/nobody", Token: "wrong"})
	s.submit(order("claim-1"))
	s.set("/callback", bank.Callback{})
	url, heard := listener(t)
	s.set("/callback", bank.Callback{URL: url, Token: "of-the-insurer"})
	s.clock.advance(time.Hour)
	s.submit(order("claim-2"))
	require.Equal(t, "claim-2", (<-heard).Reference)
	require.Empty(t, heard)
}
