package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/internal/boot"
	"anpei/internal/testenv"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// house is the API as its callers see it: over HTTP, every answer compared
// with the contract.
type house struct {
	*server
	t      *testing.T
	db     testenv.Database // zero without servers
	web    *httptest.Server
	router routers.Router
}

// open serves the API without any server behind it: enough for what is decided
// before the first row is read.
func open(t *testing.T) *house {
	t.Helper()
	return openOn(t, testenv.Database{}, boot.Config{CodecKey: "a test's own"})
}

// insurer signs the messages and letters of these tests.
var insurer = claim.Insurer{
	Name: claim.Text{ZH: "样例财产保险有限公司", EN: "Sample Property Insurance"}, Address: claim.Text{ZH: "测试市样例路1号", EN: "1 Sample Road"}, Hotline: "400-000-0000",
}

// withInsurer is a configuration with the settings of an insurer.
func withInsurer(cfg boot.Config) boot.Config {
	cfg.InsurerName, cfg.InsurerAddress, cfg.InsurerHotline = insurer.Name.ZH, insurer.Address.ZH, insurer.Hotline
	return cfg
}

// openWithRows serves the API on a database of its own.
func openWithRows(t *testing.T) *house {
	t.Helper()
	cfg, err := boot.Read()
	require.NoError(t, err)
	return openOn(t, testenv.DB(t), cfg)
}

func openOn(t *testing.T, database testenv.Database, cfg boot.Config) *house {
	t.Helper()
	cfg = withInsurer(cfg)
	p := &parts{db: database.API, q: db.New(), cfg: cfg, log: slog.New(slog.DiscardHandler)}
	var err error
	p.access, err = access.New(cfg, testNames, p.db, p.q, p.log, p.sendCode)
	require.NoError(t, err)
	s := newServer(p)
	if cfg.S3Endpoint != "" {
		s.store, err = cfg.Store()
		require.NoError(t, err)
	}
	handler, err := s.handler()
	require.NoError(t, err)
	router, err := contractRouter()
	require.NoError(t, err)
	h := &house{server: s, t: t, db: database, web: httptest.NewServer(handler), router: router}
	t.Cleanup(h.web.Close)
	t.Cleanup(s.wait)
	return h
}

// contractRouter finds the operation of a request, to compare its answer with.
var contractRouter = sync.OnceValues(func() (routers.Router, error) {
	spec, err := contract.Read()
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(spec)
})

// staff puts a member of staff on the list, unless they are there, signs them in
// and returns the token.
func (h *house) staff(id claim.Principal, role claim.Role, branch string, level claim.Level) (token string) {
	h.t.Helper()
	h.sql(`insert into staff (id, name, role, branch, level) values ($1, $2, $3, $4, $5) on conflict do nothing`, id, "员工"+string(id), role, branch, level)
	return signedIn(h.t, h.db, string(id))
}

// claimant opens a claimant's session and returns the token.
func (h *house) claimant(phone string, bound claim.ID) (token string) {
	h.t.Helper()
	token = "session-" + phone + string(bound)
	hash := sha256.Sum256([]byte(token))
	h.sql(`insert into sessions (token_hash, principal, phone, claim_id, expires_at) values ($1, $2, $3, nullif($4, '')::uuid, now() + interval '1 hour') on conflict do nothing`,
		hash[:], claimantID(phone), phone, bound)
	return token
}

// signedIn is a session of a member of staff: their id is the token.
func signedIn(t *testing.T, database testenv.Database, id string) (token string) {
	t.Helper()
	hash := sha256.Sum256([]byte(id))
	_, err := database.Owner.Exec(t.Context(), `insert into sessions (token_hash, principal, staff, expires_at) values ($1, $2, true, now() + interval '1 hour') on conflict do nothing`, hash[:], id)
	require.NoError(t, err)
	return id
}

func (h *house) sql(text string, args ...any) {
	h.t.Helper()
	_, err := h.db.Owner.Exec(h.t.Context(), text, args...)
	require.NoError(h.t, err)
}

// heard is what came back.
type heard struct {
	status int
	header http.Header
	body   []byte
}

func readAs[T any](t *testing.T, a heard) T {
	t.Helper()
	require.Less(t, a.status, 300, "%s", a.body)
	var v T
	require.NoError(t, json.Unmarshal(a.body, &v))
	return v
}

// problem reads a problem document.
func (a heard) problem(t *testing.T, status int) rest.Problem {
	t.Helper()
	require.Equal(t, status, a.status, "%s", a.body)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	var p rest.Problem
	require.NoError(t, json.Unmarshal(a.body, &p))
	require.Equal(t, status, p.Status)
	require.Equal(t, p.Instance, a.header.Get("X-Request-Id"))
	return p
}

// faultsIn are the fields that a problem names.
func faultsIn(p rest.Problem) []string {
	var list []string
	for _, e := range p.Errors {
		list = append(list, e.Pointer)
	}
	return list
}

// call sends a request. body is JSON, or a string as it is. Headers come in
// pairs. A write that names no key gets one.
func (h *house) call(method, path, token string, body any, headers ...string) heard {
	h.t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		var err error
		raw, err = json.Marshal(b)
		require.NoError(h.t, err)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.web.URL+path, bytes.NewReader(raw))
	require.NoError(h.t, err)
	if raw != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if method != http.MethodGet {
		r.Header.Set("Idempotency-Key", "key-"+h.t.Name()+"-"+path)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	require.NoError(h.t, err)
	defer response.Body.Close()
	a := heard{status: response.StatusCode, header: response.Header}
	a.body, err = io.ReadAll(response.Body)
	require.NoError(h.t, err)
	h.compare(r, a)
	return a
}

func (h *house) get(path, token string, headers ...string) heard {
	h.t.Helper()
	return h.call(http.MethodGet, path, token, nil, headers...)
}

// compare holds an answer against the contract.
func (h *house) compare(r *http.Request, a heard) {
	h.t.Helper()
	if !strings.HasPrefix(r.URL.Path, contract.BasePath) || a.status == http.StatusNotModified {
		return
	}
	bare := r.Clone(r.Context())
	bare.URL.Scheme, bare.URL.Host = "", ""
	route, params, err := h.router.FindRoute(bare)
	if err != nil {
		return // an address that the contract does not have
	}
	err = openapi3filter.ValidateResponse(r.Context(), (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: bare, PathParams: params, Route: route},
		Status:                 a.status, Header: a.header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}).SetBodyBytes(a.body))
	require.NoError(h.t, err, "%s %s answers against the contract: %s", r.Method, r.URL.Path, a.body)
}
