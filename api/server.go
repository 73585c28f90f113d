package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/minio/minio-go/v7"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.temporal.io/sdk/client"

	"anpei/api/web"
	"anpei/claim"
	"anpei/internal/boot"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// server answers the operations of the contract; its methods stand in a file
// for each resource. It keeps no state but short-lived copies of rows.
type server struct {
	db       *pgxpool.Pool
	q        *db.Queries
	temporal client.Client
	store    *minio.Client
	cfg      boot.Config
	log      *slog.Logger
	access   *access
	policies policies
	claims   *cache[claimKey, []byte]
	figures  *cache[figuresKey, rest.Figures]
	previews *cache[string, *rest.Preview] // by object
	caughtUp *cache[string, struct{}]      // "<claim>/<version>" that its workflow was told of
	tables   tables
	live     live
	behind   sync.WaitGroup // work that outlives its request
}

// maxJSON is the largest body of a request that is no upload.
const maxJSON = 1 << 20

// readContract returns what all servers of the process answer by; it is read
// once and not changed.
var readContract = sync.OnceValues(rest.GetSpec)

// handler puts the server behind HTTP: every operation of the contract, the
// pages, and beside them what explains the contract and what operators ask.
func (s *server) handler() (http.Handler, error) {
	spec, err := readContract()
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	ops, err := operations(spec)
	if err != nil {
		return nil, err
	}
	docs, err := docsPage()
	if err != nil {
		return nil, err
	}

	e := echo.New()
	// A proxy may stand before it on the same machine; nobody else's word on
	// the caller's address counts.
	e.IPExtractor = echo.ExtractIPFromXFFHeader(echo.TrustLoopback(true), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false))
	e.HTTPErrorHandler = s.fail
	e.Use(s.serve)
	site, err := s.site(e)
	if err != nil {
		return nil, err
	}
	e.Use(pages(site))

	admitted := map[string][]echo.MiddlewareFunc{}
	for _, op := range ops {
		admitted[op.id] = []echo.MiddlewareFunc{s.admit(op)}
	}
	rest.RegisterHandlersWithOptions(e, rest.NewStrictHandler(s, nil), rest.RegisterHandlersOptions{
		BaseURL: basePath, OperationMiddlewares: admitted,
	})

	e.GET("/livez", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", s.ready)
	e.GET("/openapi.yaml", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/yaml; charset=utf-8", rest.Source)
	})
	e.GET("/docs", docs)
	e.GET("/problems/:kind", func(c echo.Context) error {
		return c.Redirect(http.StatusSeeOther, "/docs#problem-"+c.Param("kind"))
	})

	return otelhttp.NewHandler(e, "http", otelhttp.WithFilter(func(r *http.Request) bool {
		return strings.HasPrefix(r.URL.Path, basePath+"/")
	})), nil
}

// site is the pages, which ask the API like everybody else.
func (s *server) site(api http.Handler) (*web.Site, error) {
	return web.New(web.Options{
		API: api, Log: s.log, Origin: s.cfg.Origin,
		Issuer: s.cfg.Issuer, Client: s.cfg.Client, ClientSecret: string(s.cfg.ClientSecret),
	})
}

// pages answers what is neither the API's nor the operators'.
func pages(site http.Handler) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !web.Serves(c.Request().URL.Path) {
				return next(c)
			}
			site.ServeHTTP(c.Response(), c.Request())
			return nil
		}
	}
}

// basePath stands before every operation.
const basePath = "/v1"

// call is what is known of a request as it passes: who asks for what, and,
// once the policy has allowed it, the claim that it is about.
type call struct {
	op      *operation
	request string // request id
	ip      string
	token   [sha256.Size]byte // hash of the token that was sent
	who     principal
	claim   *claimSeen // where the path names a claim, or a task of one
	task    *db.TaskSeenRow

	provider bool // the token is the identity provider's, not a session's
	repeated bool // not allowed today, but carried out before: send answers, and nobody acts

	again func(context.Context) error // asks once more who this is and whether they may
}

type callKey struct{}

// callOf returns the call that a context belongs to.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return &call{}
	}
	return c
}

// principalOf returns who asks.
func principalOf(ctx context.Context) principal { return callOf(ctx).who }

// requestOf returns the request id, under which a refusal is logged.
func requestOf(ctx context.Context) string { return callOf(ctx).request }

// claimOf returns the claim that the path names, itself or through one of its
// tasks: it exists, and the caller may do to it what is asked.
func claimOf(ctx context.Context) *claimSeen { return callOf(ctx).claim }

// admit lets a request through to its operation: known caller, well-formed,
// and allowed by the policy, in this order.
func (s *server) admit(op *operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			take(c, r, op)
			if op.public || op.id == "OpenStaffSession" { // its answer is a secret, or about one
				c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
			}
			at := callOf(r.Context())
			at.op = op
			who, err := s.access.authenticate(r.Context(), r, op)
			if err != nil {
				return err
			}
			at.who = who
			if err := received(r.Context(), c, op); err != nil {
				return err
			}
			if err := s.decide(r.Context(), c, at); err != nil {
				return err
			}
			if op.upload || op.table {
				boot.Uploading(r.Context())
			}
			at.again = func(ctx context.Context) (err error) {
				if at.who, err = s.access.authenticate(ctx, r, op); err != nil {
					return err
				}
				return s.decide(ctx, c, at)
			}
			return next(c)
		}
	}
}

// take bounds the body of a request by what its operation takes.
func take(c echo.Context, r *http.Request, op *operation) {
	switch {
	case op.upload: // its handler counts
	case op.table:
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxTable)
	default:
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxJSON)
	}
}

// received reads a request, but for a file or a table, and compares it with the
// contract.
func received(ctx context.Context, c echo.Context, op *operation) error {
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); op.table && (err != nil || kind != "text/csv") {
		return &fault{kind: kindMediaType, detail: "Send the table with Content-Type: text/csv."}
	}
	return validate(ctx, c, op)
}

// serve is round every request: its id, its log line, its guards, and what
// becomes of errors and panics.
func (s *server) serve(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		at := &call{request: requestID(c.Request().Header.Get(echo.HeaderXRequestID)), ip: c.RealIP()}
		ctx := context.WithValue(c.Request().Context(), callKey{}, at)
		c.SetRequest(c.Request().WithContext(ctx))
		if labels, ok := otelhttp.LabelerFromContext(ctx); ok {
			labels.Add(attribute.String("http.route", c.Path()))
		}
		h := c.Response().Header()
		h.Set(echo.HeaderXRequestID, at.request)
		maps.Copy(h, guards)

		err := s.guarded(next, c)
		if err != nil {
			c.Error(err)
		}
		s.logged(c, at, time.Since(began), err)
		return nil
	}
}

// guards keep a browser from doing more with an answer than show it. A handler
// that knows better sets its own.
var guards = map[string][]string{
	echo.HeaderXContentTypeOptions:   {"nosniff"},
	echo.HeaderXFrameOptions:         {"DENY"},
	echo.HeaderReferrerPolicy:        {"no-referrer"},
	echo.HeaderContentSecurityPolicy: {"default-src 'none'; frame-ancestors 'none'"},
	echo.HeaderCacheControl:          {"private, no-cache"},
}

// guarded turns a panic into an error, and logs where it came from.
func (s *server) guarded(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // recover gives back the value that was thrown
				panic(p)
			}
			s.log.ErrorContext(c.Request().Context(), "panic", "request", requestOf(c.Request().Context()), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return next(c)
}

// logged writes a request's line. The route, not the address: that may name
// people.
func (s *server) logged(c echo.Context, at *call, took time.Duration, err error) {
	level, status := slog.LevelInfo, c.Response().Status
	attrs := []slog.Attr{
		slog.String("request", at.request), slog.String("method", c.Request().Method), slog.String("route", c.Path()),
		slog.Int("status", status), slog.Int64("us", took.Microseconds()), slog.Int64("bytes", c.Response().Size),
		slog.String("role", string(at.who.Role)),
	}
	if at.claim != nil {
		attrs = append(attrs, slog.String("claim", string(at.claim.ID)))
	}
	switch {
	case status >= http.StatusInternalServerError && err != nil:
		if level = slog.LevelError; c.Request().Context().Err() != nil {
			level = slog.LevelInfo // the caller has gone, and with them what they asked for
		}
		attrs = append(attrs, slog.Any("error", err))
	case at.op == nil: // somebody looks whether we live
		level = slog.LevelDebug
	}
	s.log.LogAttrs(c.Request().Context(), level, "request", attrs...)
}

// fail answers an error as a problem document.
func (s *server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return // too late
	}
	p := problemOf(err)
	p.Instance = requestOf(c.Request().Context())
	h := c.Response().Header()
	var f *fault
	if errors.As(err, &f); f == nil {
		f = faultOf(err)
	}
	if f.retry > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(int(max(f.retry.Round(time.Second), time.Second)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set(echo.HeaderWWWAuthenticate, `Bearer realm="anpei"`)
	}
	body, err := json.Marshal(p)
	if err == nil {
		err = c.Blob(p.Status, "application/problem+json", body)
	}
	if err != nil {
		s.log.WarnContext(c.Request().Context(), "problem not sent", "error", err)
	}
}

var callerRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestID names a request. What the caller calls it comes first, so that
// their logs and ours meet; our own part follows, because refused attempts are
// logged once for an id and nobody may choose which are not.
func requestID(callers string) string {
	var own [8]byte
	_, _ = rand.Read(own[:]) // never fails
	id := hex.EncodeToString(own[:])
	if callerRequestID.MatchString(callers) {
		return callers + "." + id
	}
	return id
}

// ready tells whether requests can be answered. Without Temporal reads go on,
// so that only the database takes a process out of service.
func (s *server) ready(c echo.Context) error {
	ctx, stop := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer stop()
	state := map[string]string{"database": "up", "temporal": "up"}
	status := http.StatusOK
	if err := s.db.Ping(ctx); err != nil {
		state["database"], status = "down", http.StatusServiceUnavailable
	}
	if _, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		state["temporal"] = "down"
	}
	return c.JSON(status, state)
}

// actor is the caller as a claim knows them.
func (p principal) actor() claim.Actor {
	return claim.Actor{ID: p.ID, Role: p.Role, Branch: p.Branch, Level: p.Level}
}
