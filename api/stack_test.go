package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"anpei/api/access"
	"anpei/claim"
	"anpei/internal/boot"
	"anpei/internal/testenv"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// stack is the API over the real parts, and a worker of queue "claims" in the
// same process, which a test may stop.
type stack struct {
	*server
	data   testenv.Database
	url    string
	router routers.Router // of the contract, to compare replies with
	stop   func()         // the worker
}

func newStack(t *testing.T) *stack {
	t.Helper()
	k := &stack{data: testenv.DB(t)}
	cfg, err := boot.Read()
	require.NoError(t, err)
	cfg = withInsurer(cfg)
	cfg.DBAPI, cfg.DBWorker, cfg.DBConns = k.data.APIURL, k.data.WorkerURL, 8
	cfg.PseudonymKey = boot.Secret(base64.StdEncoding.EncodeToString(testNames.Key))
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	namespace, err := testenv.Namespace(t.Context())
	require.NoError(t, err)
	temporal, err := temporalAt(t.Context(), cfg, namespace, logger)
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	store, err := cfg.Store()
	require.NoError(t, err)
	p := &parts{db: k.data.API, q: db.New(), temporal: temporal, store: store, cfg: cfg, log: logger}
	p.access, err = access.New(cfg, testNames, p.db, p.q, logger, p.sendCode)
	require.NoError(t, err)
	k.server = newServer(p)
	k.router, err = contractRouter()
	require.NoError(t, err)
	k.work(t)
	t.Cleanup(func() { k.stop() })
	k.url = k.listen(t, k.server)
	for _, m := range []struct {
		id, role, branch string
		level            int
	}{
		{"intake", "intake", "3101", 0},
		{"dispatcher", "dispatcher", "3101", 0},
		{"assessor", "assessor", "3101", 0},
		{"reviewer", "reviewer", "3101", 1},
		{"audit", "audit", "0000", 0},
		{"manager", "manager", "3101", 0},
		{"partner", "partner", "3101", 0},
		{"stranger", "assessor", "1101", 0},
	} {
		_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch, level, vouches) values ($1, $1, $2, $3, $4, $2 = 'partner')`, m.id, m.role, m.branch, m.level)
		require.NoError(t, err)
		k.letIn(t, m.id)
	}
	for id, m := range headOfficeStaff {
		_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch, level) values ($1, $1, $2, $3, $4)`, id, m.Role, claim.HeadOffice, m.Level)
		require.NoError(t, err)
		k.letIn(t, string(id))
	}
	t.Cleanup(func() { everyTaskIsOnAList(context.WithoutCancel(t.Context()), t, k.server, k.data.Owner) })
	return k
}

// temporalAt dials a namespace, which the product takes from its environment:
// one at a time, since that is every test's.
func temporalAt(ctx context.Context, cfg boot.Config, namespace string, logger *slog.Logger) (client.Client, error) {
	dials.Lock()
	defer dials.Unlock()
	before := os.Getenv("TEMPORAL_NAMESPACE")
	defer os.Setenv("TEMPORAL_NAMESPACE", before) //nolint:errcheck // it was set
	if err := os.Setenv("TEMPORAL_NAMESPACE", namespace); err != nil {
		return nil, err
	}
	return cfg.Temporal(ctx, logger)
}

var dials sync.Mutex

// letIn signs a member of staff in: their id is their token.
func (k *stack) letIn(t *testing.T, id string) {
	t.Helper()
	signedIn(t, k.data, id)
}

// work starts the worker.
func (k *stack) work(t *testing.T) {
	t.Helper()
	stop, err := k.cfg.Claims(context.WithoutCancel(t.Context()), k.temporal, k.store)
	require.NoError(t, err)
	k.stop = stop
}

// twin is another API process, over the same parts.
func (k *stack) twin() *server {
	p := &parts{db: k.db, q: k.q, temporal: k.temporal, store: k.store, cfg: k.cfg, log: k.log, access: k.access}
	s := newServer(p)
	s.caughtUp = k.caughtUp // it has told the workflows what the first has
	return s
}

// listen serves s as the API does.
func (k *stack) listen(t *testing.T, s *server) string {
	t.Helper()
	h, err := s.handler()
	require.NoError(t, err)
	listener := httptest.NewServer(h)
	t.Cleanup(listener.Close)
	return listener.URL + "/v1"
}

// claimant opens a session for a new phone.
func (k *stack) claimant(t *testing.T) (token, phone string) {
	t.Helper()
	phone, token = fmt.Sprintf("138%08d", rand.IntN(100_000_000)), uuid.NewString()
	hash := sha256.Sum256([]byte(token))
	_, err := k.data.API.Exec(t.Context(), `insert into sessions (token_hash, principal, phone, expires_at) values ($1, $2, $3, now() + interval '1 hour')`,
		hash[:], string(claimantID(phone)), phone)
	require.NoError(t, err)
	return token, phone
}

// policy writes a motor policy that is in force, for a phone.
func (k *stack) policy(t *testing.T, phone string) (number string) {
	t.Helper()
	id, number := uuid.NewString(), "P-"+uuid.NewString()[:13]
	_, err := k.data.Owner.Exec(t.Context(), `insert into policies (id, number, line, branch, holder_name, holder_phone) values ($1, $2, 'motor', '3101', '王先生', $3)`, id, number, phone)
	require.NoError(t, err)
	coverages := `[{"kind":"own_damage","form":"2020","sum_insured_fen":20000000,"value_fen":20000000,"deductible_fen":0,"rate_bp":0,"limit_fen":0}]`
	_, err = k.data.Owner.Exec(t.Context(), `insert into policy_versions (policy_id, version, starts_at, ends_at, coverages) values ($1, 1, now() - interval '1 month', now() + interval '11 months', $2)`, id, coverages)
	require.NoError(t, err)
	return number
}

// answer is what a request got.
type answer struct {
	to     *http.Request
	status int
	header http.Header
	raw    []byte
}

func (a answer) problem(t *testing.T) (p rest.Problem) {
	t.Helper()
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), string(a.raw))
	require.NoError(t, json.Unmarshal(a.raw, &p))
	return p
}

func into[T any](t *testing.T, a answer, status int) (v T) {
	t.Helper()
	require.Equal(t, status, a.status, string(a.raw))
	require.NoError(t, json.Unmarshal(a.raw, &v))
	return v
}

// ask sends a request; body is JSON, or an io.Reader of bytes.
func (k *stack) ask(t *testing.T, token, method, path, key string, body any, headers ...string) answer {
	t.Helper()
	a, err := ask(t.Context(), k.url, token, method, path, key, body, headers...)
	require.NoError(t, err)
	(&house{t: t, router: k.router}).compare(a.to, heard{a.status, a.header, a.raw})
	return a
}

func ask(ctx context.Context, base, token, method, path, key string, body any, headers ...string) (answer, error) {
	content, of := io.Reader(nil), ""
	switch v := body.(type) {
	case nil:
	case io.Reader:
		content, of = v, "application/octet-stream"
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return answer{}, err
		}
		content, of = bytes.NewReader(raw), "application/json"
	}
	r, err := http.NewRequestWithContext(ctx, method, base+path, content)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if of != "" {
		r.Header.Set("Content-Type", of)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return answer{r, res.StatusCode, res.Header, raw}, err
}

// notice is a report by a phone of a loss that nobody has reported.
func (k *stack) notice(t *testing.T, phone, policy string) claim.Notice {
	t.Helper()
	return claim.Notice{
		Channel: "app", Line: claim.Motor, PolicyNo: policy, LossAt: time.Now().Add(-time.Hour).Truncate(time.Second), Place: "南京西路",
		Cause: "scratch", Story: "倒车刮擦", Self: true, At: &claim.Point{Lat: 31.23, Lng: 121.47},
		Reporter:  claim.Party{Name: "王先生", Phone: phone, Role: "insured"},
		Exposures: []claim.NewExposure{{Kind: claim.OwnDamage, Object: "后保险杠", Estimate: 120_000}},
	}
}

// reported is a claim in its first stage, of a new claimant.
type reported struct {
	claim.Receipt
	token, phone, policy string
	key                  string // of the report
	notice               claim.Notice
}

func (k *stack) reported(t *testing.T) reported {
	t.Helper()
	r := reported{key: uuid.NewString()}
	r.token, r.phone = k.claimant(t)
	r.policy = k.policy(t, r.phone)
	r.notice = k.notice(t, r.phone, r.policy)
	r.Receipt = into[claim.Receipt](t, k.ask(t, r.token, "POST", "/claims", r.key, r.notice), 201)
	require.Equal(t, claim.Done, r.Result)
	return r
}

// attempts are the rules of the attempts on a claim that were refused.
func (k *stack) attempts(t *testing.T, id claim.ID) (rules []string) {
	t.Helper()
	rows, err := k.data.Owner.Query(t.Context(), `select rule from refused_attempts where claim_id = $1 order by at`, id)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var rule string
		require.NoError(t, rows.Scan(&rule))
		rules = append(rules, rule)
	}
	return rules
}

func (k *stack) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

// nowhere is a Temporal that does not answer.
func nowhere(t *testing.T) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: nil})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
