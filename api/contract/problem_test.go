package contract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"anpei/claim"
)

func TestARuleSaysHowItIsAnswered(t *testing.T) {
	t.Parallel()
	for rule, status := range map[string]int{
		claim.RuleStage:                http.StatusConflict,
		claim.RuleParked:               http.StatusConflict,
		claim.RuleHeld:                 http.StatusConflict,
		claim.RuleOwnHold:              http.StatusForbidden,
		claim.RulePaymentStarted:       http.StatusConflict,
		claim.RuleTask:                 http.StatusConflict,
		claim.RuleTaskTaken:            http.StatusConflict,
		"version.stale":                http.StatusConflict,
		claim.RuleOffer:                http.StatusConflict,
		claim.RuleRole:                 http.StatusForbidden,
		claim.RuleLimit:                http.StatusForbidden,
		claim.RuleTwoPersons:           http.StatusForbidden,
		"separation.review-own-survey": http.StatusForbidden,
		claim.RulePolicy:               http.StatusForbidden,
		claim.RulePolicyUnknown:        http.StatusUnprocessableEntity,
		claim.RulePapersLimit:          http.StatusConflict,
		claim.RuleInput:                http.StatusUnprocessableEntity,
		claim.RuleDocument:             http.StatusUnprocessableEntity,
		"unheard-of":                   http.StatusForbidden,
	} {
		err := fmt.Errorf("on the way: %w", refusal{claim.Refusal{Rule: rule, Detail: "Because.", Winner: "li"}})
		p := ProblemOf(err)
		require.Equal(t, status, p.Status, rule)
		require.Equal(t, rule, p.Rule)
		require.Equal(t, "Because.", p.Detail)
		require.Equal(t, claim.Principal("li"), p.Winner)
	}
}

func TestAServerThatIsDownIsNoFaultOfTheCaller(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"postgres refuses":        &net.OpError{Op: "dial", Err: errors.New("connection refused")},
		"postgres shuts down":     &pgconn.PgError{Code: "57P01"},
		"postgres starts up":      &pgconn.PgError{Code: "57P03"},
		"postgres is full":        &pgconn.PgError{Code: "53300"},
		"temporal is away":        serviceerror.NewUnavailable("nobody home"),
		"temporal takes too long": serviceerror.NewDeadlineExceeded("late"),
		"a worker that fails":     serviceerror.NewWorkflowNotReady("unexpected workflow task failure"),
		"time is up":              context.DeadlineExceeded,
	} {
		f := FaultOf(fmt.Errorf("do something: %w", err))
		require.Equal(t, http.StatusServiceUnavailable, f.Status, name)
		require.Positive(t, f.Retry, name)
	}
}

func TestWhatNobodyForesawTellsNothing(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("password=secret"), &pgconn.PgError{Code: "23505", Detail: "Key (phone)=(13800000000)"}} {
		p := ProblemOf(err)
		require.Equal(t, http.StatusInternalServerError, p.Status)
		require.NotContains(t, p.Detail, "secret")
		require.NotContains(t, p.Detail, "13800000000")
	}
	require.Equal(t, http.StatusNotFound, ProblemOf(fmt.Errorf("read it: %w", pgx.ErrNoRows)).Status)
}
