package main

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

// kind is a kind of problem: the end of its stable path, its HTTP status, and
// its title. Everything that is not a success is of one of these.
type kind struct {
	path   string
	status int
	title  string
}

// Kinds of problem.
var (
	kindMalformed   = kind{"malformed", http.StatusBadRequest, "The request cannot be read"}
	kindSignIn      = kind{"not-signed-in", http.StatusUnauthorized, "Not signed in"}
	kindForbidden   = kind{"not-allowed", http.StatusForbidden, "Not yours to do"}
	kindSeparation  = kind{"separation-of-duties", http.StatusForbidden, "Another person must do this"}
	kindAuthority   = kind{"above-authority", http.StatusForbidden, "Above your authority"}
	kindPolicy      = kind{"policy-unverified", http.StatusForbidden, "The policy is not verified"}
	kindNotFound    = kind{"not-found", http.StatusNotFound, "Not found"}
	kindNoPreview   = kind{"no-preview", http.StatusNotFound, "No picture of this page"}
	kindMethod      = kind{"wrong-method", http.StatusMethodNotAllowed, "Wrong method"}
	kindConflict    = kind{"conflict", http.StatusConflict, "In conflict with what is there"}
	kindStage       = kind{"wrong-stage", http.StatusConflict, "Not at this stage of the claim"}
	kindTask        = kind{"wrong-task", http.StatusConflict, "The task is not open to you now"}
	kindVersion     = kind{"wrong-version", http.StatusConflict, "The claim has changed since"}
	kindOffer       = kind{"offer-superseded", http.StatusConflict, "The offer is not in force"}
	kindPapers      = kind{"too-many-papers", http.StatusConflict, "The claim takes no more papers"}
	kindOffset      = kind{"wrong-offset", http.StatusConflict, "Not the next chunk"}
	kindRunning     = kind{"still-running", http.StatusConflict, "The same command is still running"}
	kindTooLarge    = kind{"too-large", http.StatusRequestEntityTooLarge, "Too large"}
	kindMediaType   = kind{"wrong-type", http.StatusUnsupportedMediaType, "Wrong type of content"}
	kindInput       = kind{"wrong-input", http.StatusUnprocessableEntity, "Something in the request is wrong"}
	kindDocument    = kind{"unknown-document", http.StatusUnprocessableEntity, "Not a document of this claim"}
	kindKeyReused   = kind{"key-reused", http.StatusUnprocessableEntity, "The Idempotency-Key was used for something else"}
	kindTooMany     = kind{"too-many-tries", http.StatusTooManyRequests, "Too many tries"}
	kindInternal    = kind{"internal", http.StatusInternalServerError, "Something went wrong here"}
	kindUnavailable = kind{"unavailable", http.StatusServiceUnavailable, "Not available at the moment"}
)

// kinds lists them for the page that explains them.
var kinds = []kind{
	kindMalformed, kindSignIn, kindForbidden, kindSeparation, kindAuthority, kindPolicy, kindNotFound, kindNoPreview, kindMethod,
	kindConflict, kindStage, kindTask, kindVersion, kindOffer, kindPapers, kindRunning, kindTooLarge, kindMediaType,
	kindInput, kindDocument, kindKeyReused, kindOffset, kindTooMany, kindInternal, kindUnavailable,
}

// byRule says of what kind a refusal is, by the part of its rule before the dot.
var byRule = map[string]kind{
	"stage":        kindStage,
	"task":         kindTask,
	"version":      kindVersion,
	"offer":        kindOffer,
	"role":         kindForbidden,
	"authority":    kindAuthority,
	"separation":   kindSeparation,
	"policy":       kindPolicy,
	"papers":       kindConflict,
	"papers-limit": kindPapers,
	"input":        kindInput,
	"document":     kindDocument,
}

// fault is an error that knows how the caller is told.
type fault struct {
	kind
	detail string            // for people: what is wrong and how to mend it
	fields []rest.FieldError // with kindInput, all of them at once
	retry  time.Duration     // when to come again, where that helps
	cause  error             // for the log alone
}

// Error implements error.
func (f *fault) Error() string {
	if f.cause != nil {
		return f.detail + " " + f.cause.Error()
	}
	return f.detail
}

// Unwrap gives the cause.
func (f *fault) Unwrap() error { return f.cause }

// errNotFound answers for what is not there and for what is not the caller's
// to see, in the same words.
var errNotFound = &fault{kind: kindNotFound, detail: "There is nothing here that you may see. Look at the address, or sign in as somebody who may see it."}

// errUnavailable answers while a server that is needed does not.
var errUnavailable = &fault{kind: kindUnavailable, detail: "A server that this needs does not answer. Nothing is half done; send the same request again.", retry: 2 * time.Second}

// unavailable is errUnavailable with its cause, for the log.
func unavailable(cause error) error {
	f := *errUnavailable
	f.cause = cause
	return &f
}

// conflict says that what is there stands against what is asked.
func conflict(detail string) error { return &fault{kind: kindConflict, detail: detail} }

// forbidden says that the caller sees this and may not do it.
func forbidden(detail string) error {
	return refusal{claim.Refusal{Rule: claim.RuleRole, Detail: detail}}
}

// invalid names wrong fields, all of them at once.
func invalid(fields ...rest.FieldError) error {
	detail := "One field is wrong; errors names it."
	if len(fields) != 1 {
		detail = fmt.Sprintf("%d fields are wrong; errors names each.", len(fields))
	}
	return &fault{kind: kindInput, detail: detail, fields: fields}
}

// keyReused says that an Idempotency-Key came with another body.
func keyReused() error {
	return &fault{kind: kindKeyReused, detail: "This Idempotency-Key was used for another request. Take a new key for a new command; send the same body to repeat the old one."}
}

// refusal is a rule that stopped an act.
type refusal struct{ claim.Refusal }

// Error implements error.
func (r refusal) Error() string { return r.Rule + ": " + r.Detail }

func (r refusal) kind() kind {
	prefix, _, _ := strings.Cut(r.Rule, ".")
	if k, ok := byRule[prefix]; ok {
		return k
	}
	return kindForbidden
}

// problemOf turns any error into what the caller is told. What nobody foresaw
// is 500, and its cause stays in the log. The request id goes in later.
func problemOf(err error) rest.Problem {
	if r, ok := errors.AsType[refusal](err); ok {
		said := r.Told()
		p := r.kind().problem(said.Detail)
		p.Rule, p.Winner = r.Rule, r.Winner
		if r.Why != "" {
			p.DetailZh = said.DetailZH
		}
		return p
	}
	f := faultOf(err)
	p := f.problem(f.detail)
	p.Errors = f.fields
	return p
}

// faultOf finds the fault in an error, or the one that it amounts to.
func faultOf(err error) *fault {
	var f *fault
	var web *echo.HTTPError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &web):
		return faultOfEcho(web)
	case errors.Is(err, http.ErrMissingBoundary), errors.Is(err, http.ErrNotMultipart):
		return &fault{kind: kindMalformed, cause: err, detail: "The form names no boundary between its parts. Let the program that sends it set Content-Type: multipart/form-data; boundary=… itself, or send the file as application/octet-stream."}
	case errors.Is(err, pgx.ErrNoRows):
		return errNotFound
	case isDown(err):
		return unavailable(err).(*fault) //nolint:errorlint,forcetypeassert // made on this line
	}
	return &fault{kind: kindInternal, detail: "This is our fault and is in our log under the request id. Sending the same request again is safe."}
}

// faultOfEcho translates what the router and the binder say.
func faultOfEcho(web *echo.HTTPError) *fault {
	switch web.Code {
	case http.StatusNotFound:
		return &fault{kind: kindNotFound, detail: "There is no such address. The addresses are listed under /docs."}
	case http.StatusMethodNotAllowed:
		return &fault{kind: kindMethod, detail: "This address does not take that method. See /docs."}
	case http.StatusRequestEntityTooLarge:
		return &fault{kind: kindTooLarge, detail: "The request is larger than this address takes."}
	case http.StatusUnsupportedMediaType:
		return &fault{kind: kindMediaType, detail: "Send the body as the type that /docs names for this address."}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return &fault{kind: kindInput, detail: fmt.Sprint("The request cannot be read: ", web.Message), cause: web.Internal}
	default:
		return &fault{kind: kindInternal, detail: "This is our fault and is in our log under the request id.", cause: web}
	}
}

// isDown reports whether an error means that PostgreSQL, Temporal, the object
// store or a gateway did not answer.
func isDown(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Shutting down, starting up, too many connections.
		return strings.HasPrefix(pg.Code, "57P0") || pg.Code == "53300"
	}
	var connect *pgconn.ConnectError
	var network net.Error
	var unreachable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var busy *serviceerror.ResourceExhausted
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.As(err, &unreachable) || errors.As(err, &late) || errors.As(err, &busy) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// problem fills in a problem of this kind.
func (k kind) problem(detail string) rest.Problem {
	return rest.Problem{Type: "/problems/" + k.path, Title: k.title, Status: k.status, Detail: detail}
}
