package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/api/web"
	"anpei/api/web/site"
	"anpei/internal/boot"
	"anpei/internal/cache"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// server answers the operations of the contract. Each stands with its subject,
// in a file for each resource. No state is kept but short-lived copies of rows.
type server struct {
	*parts
	*access.Control // signing in and out
	*reads
	*commands
	*evidence
	*records
}

// parts are what every subject works with.
type parts struct {
	db       *pgxpool.Pool
	q        *db.Queries
	temporal client.Client
	store    *minio.Client
	cfg      boot.Config
	log      *slog.Logger
	access   *access.Control
	tables   tables
}

// commands are the acts on a claim: each is carried out by its workflow.
type commands struct {
	*parts
	caughtUp *cache.Cache[string, struct{}] // "<claim>/<version>" that its workflow was told of
}

// reads are what is to be seen of claims, tasks, money and figures.
type reads struct {
	*parts
	claims  *cache.Cache[claimKey, []byte]
	figures *cache.Cache[figuresKey, rest.Figures]
	live    live
}

// evidence is what comes in as files, before a claim has them and after.
type evidence struct {
	*parts
	commands *commands
	previews *cache.Cache[string, *rest.Preview] // by object
	behind   sync.WaitGroup                      // work that outlives its request
}

// records are what the insurer keeps beside claims: policies, staff and shifts.
type records struct{ *parts }

func newServer(p *parts) *server {
	carry := &commands{parts: p, caughtUp: cache.New[string, struct{}](16384)}
	return &server{
		parts: p, Control: p.access, commands: carry,
		reads:    &reads{parts: p, claims: cache.New[claimKey, []byte](4096), figures: cache.New[figuresKey, rest.Figures](256)},
		evidence: &evidence{parts: p, commands: carry, previews: cache.New[string, *rest.Preview](4096)},
		records:  &records{p},
	}
}

// wait returns when all work that outlives its request is done.
func (s *server) wait() {
	s.access.Wait()
	s.behind.Wait()
}

// handler puts the server behind HTTP: every operation of the contract, the
// pages, and beside them what explains the contract and what operators ask.
func (s *server) handler() (http.Handler, error) {
	spec, err := contract.Read()
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	ops, err := contract.Operations(spec)
	if err != nil {
		return nil, err
	}
	docs, err := contract.DocsPage()
	if err != nil {
		return nil, err
	}

	e := s.router()
	admitted := map[string][]echo.MiddlewareFunc{}
	for _, op := range ops {
		admitted[op.ID] = []echo.MiddlewareFunc{s.access.Admit(op)}
	}
	rest.RegisterHandlersWithOptions(e, rest.NewStrictHandler(s, nil), rest.RegisterHandlersOptions{
		BaseURL: contract.BasePath, OperationMiddlewares: admitted,
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

	pages, err := s.pages(e)
	if err != nil {
		return nil, err
	}
	all := http.NewServeMux()
	for _, address := range []string{contract.BasePath, contract.BasePath + "/", "/docs", "/problems/", "/openapi.yaml", "/livez", "/readyz"} {
		all.Handle(address, e)
	}
	others := s.router()
	others.Any("/*", echo.WrapHandler(pages))
	all.Handle("/", others)

	return otelhttp.NewHandler(all, "http", otelhttp.WithFilter(func(r *http.Request) bool {
		return strings.HasPrefix(r.URL.Path, contract.BasePath+"/")
	})), nil
}

// router answers requests by their address, each with what is round every one.
func (s *server) router() *echo.Echo {
	e := echo.New()
	// A proxy may stand before it on the same machine; nobody else's word on
	// the caller's address counts.
	e.IPExtractor = echo.ExtractIPFromXFFHeader(echo.TrustLoopback(true), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false))
	e.HTTPErrorHandler = s.fail
	e.Use(s.serve)
	return e
}

// pages ask the API like everybody else.
func (s *server) pages(api http.Handler) (http.Handler, error) {
	return web.New(site.Options{
		API: api, Log: s.log, Origin: s.cfg.Origin,
		Issuer: s.cfg.Issuer, Client: s.cfg.Client, ClientSecret: string(s.cfg.ClientSecret),
	})
}

// serve is round every request: its id, its log line, its guards, and what
// becomes of errors and panics.
func (s *server) serve(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		at := &access.Call{Request: requestID(c.Request().Header.Get(echo.HeaderXRequestID)), IP: c.RealIP()}
		ctx := access.With(c.Request().Context(), at)
		c.SetRequest(c.Request().WithContext(ctx))
		if labels, ok := otelhttp.LabelerFromContext(ctx); ok {
			labels.Add(attribute.String("http.route", c.Path()))
		}
		h := c.Response().Header()
		h.Set(echo.HeaderXRequestID, at.Request)
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
			s.log.ErrorContext(c.Request().Context(), "panic", "request", access.RequestOf(c.Request().Context()), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return next(c)
}

// logged writes a request's line. The route, not the address: that may name
// people.
func (s *server) logged(c echo.Context, at *access.Call, took time.Duration, err error) {
	level, status := slog.LevelInfo, c.Response().Status
	attrs := []slog.Attr{
		slog.String("request", at.Request), slog.String("method", c.Request().Method), slog.String("route", c.Path()),
		slog.Int("status", status), slog.Int64("us", took.Microseconds()), slog.Int64("bytes", c.Response().Size),
		slog.String("role", string(at.Who.Role)),
	}
	if at.Claim != nil {
		attrs = append(attrs, slog.String("claim", string(at.Claim.ID)))
	}
	switch {
	case status >= http.StatusInternalServerError && err != nil:
		if level = slog.LevelError; c.Request().Context().Err() != nil {
			level = slog.LevelInfo // the caller has gone, and with them what they asked for
		}
		attrs = append(attrs, slog.Any("error", err))
	case at.Op == nil: // somebody looks whether we live
		level = slog.LevelDebug
	}
	s.log.LogAttrs(c.Request().Context(), level, "request", attrs...)
}

// fail answers an error as a problem document.
func (s *server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return // too late
	}
	p := contract.ProblemOf(err)
	p.Instance = access.RequestOf(c.Request().Context())
	h := c.Response().Header()
	var f *contract.Fault
	if errors.As(err, &f); f == nil {
		f = contract.FaultOf(err)
	}
	if f.Retry > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(int(max(f.Retry.Round(time.Second), time.Second)/time.Second)))
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
