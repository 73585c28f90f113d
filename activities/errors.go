package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"anpei/claim"
)

// trouble is what an error of PostgreSQL says of whose fault it is.
type trouble int

const (
	outage  trouble = iota // passes by itself: tried again
	system                 // ours to mend, for every claim alike: tried again, and counted
	message                // the same every time: what is stored is at fault
)

// troubles sorts SQLSTATEs, the longest prefix first. What is not listed is
// the system's trouble: it parks no claim, and an operator sees it counted.
// See PostgreSQL's documentation, appendix A.
var troubles = []struct {
	state string
	is    trouble
}{
	{"25006", outage},                              // a read-only transaction: a failover is under way
	{"55P03", outage},                              // a lock that was not to be had in time
	{"08", outage}, {"40", outage}, {"53", outage}, // connection, serialization and deadlock, resources
	{"57", outage}, {"58", outage}, // an operator's or the machine's intervention
	{"28", system}, {"3D", system}, {"42", system}, {"XX", system}, // password, database, schema, corruption
	{"21", message}, {"22", message}, {"23", message}, {"54", message}, {"P0", message}, // cardinality, data, constraint, size, raised
}

func troubleOf(state string) trouble {
	for _, t := range troubles {
		if strings.HasPrefix(state, t.state) {
			return t.is
		}
	}
	return system
}

// sorted turns the error of a step into what the workflow can act on: an error
// that is final, or one that is tried again.
func sorted(ctx context.Context, err error) error {
	if final, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return final // wrapped, it would lose its type on the wire
	}
	sql, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	switch troubleOf(sql.Code) {
	case message:
		return final(claim.ErrorBroken, strings.TrimSpace(sql.Code+" "+sql.ConstraintName), err)
	case system:
		count(ctx, "anpei_step_system_errors")
	case outage:
	}
	return err
}

// broken is an error of what is stored: see [claim.ErrorBroken].
func broken(format string, args ...any) error {
	return final(claim.ErrorBroken, claim.ErrorBroken, fmt.Errorf(format, args...))
}

func final(of string, code string, err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), of, err, code)
}

func isFinal(err error) bool {
	_, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok
}

// count adds one to a counter of the worker's metrics.
func count(ctx context.Context, name string) {
	if activity.IsActivity(ctx) {
		activity.GetMetricsHandler(ctx).Counter(name).Inc(1)
	}
}
