// Package contract is what every operation of the API shares and none decides:
// problems (RFC 9457), the comparison of requests with the contract, cursors
// and ETags, and the contract as a page to read.
package contract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"
	"go.temporal.io/api/serviceerror"

	"anpei/claim"
	"anpei/schemas/rest"
)

// Kind is a kind of problem: the end of its stable path, its HTTP status, and
// its title. Everything that is not a success is of one of these.
type Kind struct {
	Path   string
	Status int
	Title  string
}

// Kinds of problem.
var (
	KindMalformed   = Kind{"malformed", http.StatusBadRequest, "The request cannot be read"}
	KindSignIn      = Kind{"not-signed-in", http.StatusUnauthorized, "Not signed in"}
	KindForbidden   = Kind{"not-allowed", http.StatusForbidden, "Not yours to do"}
	KindSeparation  = Kind{"separation-of-duties", http.StatusForbidden, "Another person must do this"}
	KindAuthority   = Kind{"above-authority", http.StatusForbidden, "Above your authority"}
	KindPolicy      = Kind{"policy-unverified", http.StatusForbidden, "The policy is not verified"}
	KindNotFound    = Kind{"not-found", http.StatusNotFound, "Not found"}
	KindNoPreview   = Kind{"no-preview", http.StatusNotFound, "No picture of this page"}
	KindMethod      = Kind{"wrong-method", http.StatusMethodNotAllowed, "Wrong method"}
	KindConflict    = Kind{"conflict", http.StatusConflict, "In conflict with what is there"}
	KindStage       = Kind{"wrong-stage", http.StatusConflict, "Not at this stage of the claim"}
	KindTask        = Kind{"wrong-task", http.StatusConflict, "The task is not open to you now"}
	KindVersion     = Kind{"wrong-version", http.StatusConflict, "The claim has changed since"}
	KindOffer       = Kind{"offer-superseded", http.StatusConflict, "The offer is not in force"}
	KindPapers      = Kind{"too-many-papers", http.StatusConflict, "The claim takes no more papers"}
	KindOffset      = Kind{"wrong-offset", http.StatusConflict, "Not the next chunk"}
	KindRunning     = Kind{"still-running", http.StatusConflict, "The same command is still running"}
	KindTooLarge    = Kind{"too-large", http.StatusRequestEntityTooLarge, "Too large"}
	KindMediaType   = Kind{"wrong-type", http.StatusUnsupportedMediaType, "Wrong type of content"}
	KindInput       = Kind{"wrong-input", http.StatusUnprocessableEntity, "Something in the request is wrong"}
	KindDocument    = Kind{"unknown-document", http.StatusUnprocessableEntity, "Not a document of this claim"}
	KindKeyReused   = Kind{"key-reused", http.StatusUnprocessableEntity, "The Idempotency-Key was used for something else"}
	KindTooMany     = Kind{"too-many-tries", http.StatusTooManyRequests, "Too many tries"}
	KindInternal    = Kind{"internal", http.StatusInternalServerError, "Something went wrong here"}
	KindUnavailable = Kind{"unavailable", http.StatusServiceUnavailable, "Not available at the moment"}
)

// Kinds lists them for the page that explains them.
var Kinds = []Kind{
	KindMalformed, KindSignIn, KindForbidden, KindSeparation, KindAuthority, KindPolicy, KindNotFound, KindNoPreview, KindMethod,
	KindConflict, KindStage, KindTask, KindVersion, KindOffer, KindPapers, KindRunning, KindTooLarge, KindMediaType,
	KindInput, KindDocument, KindKeyReused, KindOffset, KindTooMany, KindInternal, KindUnavailable,
}

// byRule says of what kind a refusal is, by the part of its rule before the dot.
var byRule = map[string]Kind{
	"stage":        KindStage,
	"task":         KindTask,
	"version":      KindVersion,
	"offer":        KindOffer,
	"role":         KindForbidden,
	"authority":    KindAuthority,
	"separation":   KindSeparation,
	"policy":       KindPolicy,
	"papers":       KindConflict,
	"papers-limit": KindPapers,
	"input":        KindInput,
	"document":     KindDocument,
}

// Fault is an error that knows how the caller is told.
type Fault struct {
	Kind
	Detail string            // for people: what is wrong and how to mend it
	fields []rest.FieldError // with KindInput, all of them at once
	Retry  time.Duration     // when to come again, where that helps
	Cause  error             // for the log alone
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Cause != nil {
		return f.Detail + " " + f.Cause.Error()
	}
	return f.Detail
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// ErrNotFound answers for what is not there and for what is not the caller's
// to see, in the same words.
var ErrNotFound = &Fault{Kind: KindNotFound, Detail: "There is nothing here that you may see. Look at the address, or sign in as somebody who may see it."}

// RowError turns the absence of a row into what a caller may know of it.
func RowError(what string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	return fmt.Errorf("see %s: %w", what, err)
}

// errUnavailable answers while a server that is needed does not.
var errUnavailable = &Fault{Kind: KindUnavailable, Detail: "A server that this needs does not answer. Nothing is half done; send the same request again.", Retry: 2 * time.Second}

// Unavailable is errUnavailable with its cause, for the log.
func Unavailable(cause error) error {
	f := *errUnavailable
	f.Cause = cause
	return &f
}

// Conflict says that what is there stands against what is asked.
func Conflict(detail string) error { return &Fault{Kind: KindConflict, Detail: detail} }

// Invalid names wrong fields, all of them at once.
func Invalid(fields ...rest.FieldError) error {
	detail := "One field is wrong; errors names it."
	if len(fields) != 1 {
		detail = fmt.Sprintf("%d fields are wrong; errors names each.", len(fields))
	}
	return &Fault{Kind: KindInput, Detail: detail, fields: fields}
}

// KeyReused says that an Idempotency-Key came with another body.
func KeyReused() error {
	return &Fault{Kind: KindKeyReused, Detail: "This Idempotency-Key was used for another request. Take a new key for a new command; send the same body to repeat the old one."}
}

// Refused says that a rule stopped an act.
func Refused(r claim.Refusal) error { return refusal{r} }

// refusal is a rule that stopped an act.
type refusal struct{ claim.Refusal }

// Error implements error.
func (r refusal) Error() string { return r.Rule + ": " + r.Detail }

func (r refusal) kind() Kind {
	prefix, _, _ := strings.Cut(r.Rule, ".")
	if k, ok := byRule[prefix]; ok {
		return k
	}
	return KindForbidden
}

// ProblemOf turns any error into what the caller is told. What nobody foresaw
// is 500, and its cause stays in the log. The request id goes in later.
func ProblemOf(err error) rest.Problem {
	if r, ok := errors.AsType[refusal](err); ok {
		said := r.Told()
		p := r.kind().problem(said.Detail)
		p.Rule, p.Winner = r.Rule, r.Winner
		if r.Why != "" {
			p.DetailZh = said.DetailZH
		}
		return p
	}
	f := FaultOf(err)
	p := f.problem(f.Detail)
	p.Errors = f.fields
	return p
}

// FaultOf finds the fault in an error, or the one that it amounts to.
func FaultOf(err error) *Fault {
	var f *Fault
	var web *echo.HTTPError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &web):
		return faultOfEcho(web)
	case errors.Is(err, http.ErrMissingBoundary), errors.Is(err, http.ErrNotMultipart):
		return &Fault{Kind: KindMalformed, Cause: err, Detail: "The form names no boundary between its parts. Let the program that sends it set Content-Type: multipart/form-data; boundary=… itself, or send the file as application/octet-stream."}
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case IsDown(err):
		return Unavailable(err).(*Fault) //nolint:errorlint,forcetypeassert // made on this line
	}
	return &Fault{Kind: KindInternal, Detail: "This is our fault and is in our log under the request id. Sending the same request again is safe."}
}

// faultOfEcho translates what the router and the binder say.
func faultOfEcho(web *echo.HTTPError) *Fault {
	switch web.Code {
	case http.StatusNotFound:
		return &Fault{Kind: KindNotFound, Detail: "There is no such address. The addresses are listed under /docs."}
	case http.StatusMethodNotAllowed:
		return &Fault{Kind: KindMethod, Detail: "This address does not take that method. See /docs."}
	case http.StatusRequestEntityTooLarge:
		return &Fault{Kind: KindTooLarge, Detail: "The request is larger than this address takes."}
	case http.StatusUnsupportedMediaType:
		return &Fault{Kind: KindMediaType, Detail: "Send the body as the type that /docs names for this address."}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return &Fault{Kind: KindInput, Detail: fmt.Sprint("The request cannot be read: ", web.Message), Cause: web.Internal}
	default:
		return &Fault{Kind: KindInternal, Detail: "This is our fault and is in our log under the request id.", Cause: web}
	}
}

// IsDown reports whether an error means that PostgreSQL, Temporal, the object
// store or a gateway did not answer.
func IsDown(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Shutting down, starting up, too many connections.
		return strings.HasPrefix(pg.Code, "57P0") || pg.Code == "53300"
	}
	var connect *pgconn.ConnectError
	var network net.Error
	var unreachable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var busy *serviceerror.ResourceExhausted
	var notReady *serviceerror.WorkflowNotReady // a worker failed its task: another one takes it
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.As(err, &unreachable) || errors.As(err, &late) || errors.As(err, &busy) || errors.As(err, &notReady) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// problem fills in a problem of this kind.
func (k Kind) problem(detail string) rest.Problem {
	return rest.Problem{Type: "/problems/" + k.Path, Title: k.Title, Status: k.Status, Detail: detail}
}
