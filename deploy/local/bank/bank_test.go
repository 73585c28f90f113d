package bank_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/local/bank"
)

const token = "token-of-the-test"

// clock is moved by the test only.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// sandbox is a bank behind a real server, on a clock that stands.
type sandbox struct {
	t      testing.TB
	clock  *clock
	dir    string
	bank   *bank.Bank
	end    context.CancelFunc // ends latencies and hangs
	server *httptest.Server
}

func open(tb testing.TB) *sandbox {
	tb.Helper()
	s := &sandbox{t: tb, dir: tb.TempDir(), clock: &clock{at: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)}}
	s.start()
	tb.Cleanup(s.stop)
	return s
}

func (s *sandbox) start() {
	s.t.Helper()
	ctx, end := context.WithCancel(s.t.Context())
	b, err := bank.Open(ctx, bank.Options{Dir: s.dir, Token: token, Now: s.clock.now})
	require.NoError(s.t, err)
	s.bank, s.end, s.server = b, end, httptest.NewServer(b.Handler())
}

func (s *sandbox) stop() {
	s.end()
	s.server.Close()
	require.NoError(s.t, s.bank.Close())
}

func (s *sandbox) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// answer is what came back: a transfer or a problem, a statement or a switch.
type answer struct {
	HTTP   int
	Header http.Header
	Body   []byte
}

func into[T any](tb testing.TB, a answer) (v T) {
	tb.Helper()
	require.NoError(tb, json.Unmarshal(a.Body, &v), "%s", a.Body)
	return v
}

// send does one request and returns what the client saw.
func (s *sandbox) send(ctx context.Context, method, path string, body any) (answer, error) {
	text, err := json.Marshal(body)
	require.NoError(s.t, err)
	r, err := http.NewRequestWithContext(ctx, method, s.server.URL+path, bytes.NewReader(text))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return do(r)
}

func do(r *http.Request) (answer, error) {
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return answer{got.StatusCode, got.Header, text}, err
}

func (s *sandbox) must(method, path string, body any) answer {
	s.t.Helper()
	a, err := s.send(s.t.Context(), method, path, body)
	require.NoError(s.t, err)
	return a
}

func (s *sandbox) submit(o bank.Order) bank.Transfer {
	s.t.Helper()
	a := s.must(http.MethodPost, "/transfers", o)
	require.Equal(s.t, http.StatusOK, a.HTTP, "%s", a.Body)
	return into[bank.Transfer](s.t, a)
}

func (s *sandbox) query(reference string) bank.Transfer {
	s.t.Helper()
	a := s.must(http.MethodGet, "/transfers/"+reference, nil)
	require.Equal(s.t, http.StatusOK, a.HTTP, "%s", a.Body)
	return into[bank.Transfer](s.t, a)
}

func (s *sandbox) set(path string, v any) {
	s.t.Helper()
	a := s.must(http.MethodPut, path, v)
	require.Equal(s.t, http.StatusNoContent, a.HTTP, "%s", a.Body)
}

func (s *sandbox) faults() bank.Faults {
	s.t.Helper()
	return into[bank.Faults](s.t, s.must(http.MethodGet, "/faults", nil))
}

type statement struct {
	Entries []bank.Entry `json:"entries"`
	Totals  bank.Totals  `json:"totals"`
	Next    uint64       `json:"next"`
}

func (s *sandbox) statement(query string) statement {
	s.t.Helper()
	a := s.must(http.MethodGet, "/statement?"+query, nil)
	require.Equal(s.t, http.StatusOK, a.HTTP, "%s", a.Body)
	return into[statement](s.t, a)
}

// problem is a problem document with the members that the bank adds.
type problem struct {
	Type          string            `json:"type"`
	Status        int               `json:"status"`
	Detail        string            `json:"detail"`
	Code          string            `json:"code"`
	Fields        map[string]string `json:"fields"`
	Authoritative *bool             `json:"authoritative"`
	CutOffAt      time.Time         `json:"cut_off_at"`
}

func (s *sandbox) problem(status int, method, path string, body any) problem {
	s.t.Helper()
	a := s.must(method, path, body)
	require.Equal(s.t, status, a.HTTP, "%s", a.Body)
	require.Equal(s.t, "application/problem+json", a.Header.Get("Content-Type"))
	p := into[problem](s.t, a)
	require.Equal(s.t, status, p.Status)
	return p
}

func order(reference string) bank.Order {
	return bank.Order{
		Reference: reference, AmountFen: 123_456, Currency: "CNY",
		PayeeName: "王小明", PayeeAccount: "6222020200001234567", PayeeBank: "工商银行上海分行", Purpose: "车险赔款",
	}
}

func TestATransferClearsAtOnceAndIsOnTheStatement(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := s.submit(order("claim-1"))
	require.Equal(t, bank.Transfer{
		Reference: "claim-1", BankID: "T202611210000000001", Status: bank.Cleared, AmountFen: 123_456, Currency: "CNY",
		PayeeName: "王小明", PayeeAccount: "6222020200001234567", ReceivedAt: s.clock.now(), ExecutedAt: s.clock.now(),
	}, got)
	require.Equal(t, got, s.query("claim-1"))
	require.Equal(t, statement{
		Entries: []bank.Entry{{
			Seq: 1, Kind: bank.Credit, BankID: got.BankID, Reference: "claim-1", AmountFen: 123_456,
			PayeeAccount: "***************4567", At: s.clock.now(),
		}},
		Totals: bank.Totals{Credits: 1, CreditFen: 123_456},
	}, s.statement(""))
}

func TestAReferenceOnceUsedAlwaysMeansTheSameTransfer(t *testing.T) {
	t.Parallel()
	s := open(t)
	first := s.submit(order("claim-1"))
	s.clock.advance(time.Hour)
	s.restart()
	require.Equal(t, first, s.submit(order("claim-1")))

	other := order("claim-1")
	other.AmountFen, other.PayeeName = 1, "李大力"
	p := s.problem(http.StatusConflict, http.MethodPost, "/transfers", other)
	require.Equal(t, "/problems/reference-used", p.Type)
	require.Len(t, p.Fields, 2)
	require.Contains(t, p.Fields, "amount_fen")
	require.Contains(t, p.Fields, "payee_name")
	require.Len(t, s.statement("").Entries, 1)
}

func TestManySubmitsOfOneReferenceAtOnceMakeOneCredit(t *testing.T) {
	t.Parallel()
	s := open(t)
	var all sync.WaitGroup
	ids := make(chan string, 24)
	for range cap(ids) {
		all.Go(func() {
			a, err := s.send(t.Context(), http.MethodPost, "/transfers", order("claim-1"))
			if err == nil && a.HTTP == http.StatusOK {
				ids <- into[bank.Transfer](t, a).BankID
			}
		})
	}
	all.Wait()
	close(ids)
	require.Len(t, ids, cap(ids))
	for id := range ids {
		require.Equal(t, "T202611210000000001", id)
	}
	require.Equal(t, bank.Totals{Credits: 1, CreditFen: 123_456}, s.statement("").Totals)
}

func TestAClosedAccountIsRejectedAndNothingIsExecuted(t *testing.T) {
	t.Parallel()
	s := open(t)
	o := order("claim-1")
	o.PayeeAccount = "6222020200000000"
	got := s.submit(o)
	require.Equal(t, bank.Rejected, got.Status)
	require.Equal(t, "account_closed", got.Code)
	require.Equal(t, "account closed", got.Reason)
	require.Zero(t, got.ExecutedAt)
	require.Equal(t, got, s.query("claim-1"))
	require.Empty(t, s.statement("").Entries)
}

func TestAboveTheCeilingATransferIsAcceptedAndClearsLater(t *testing.T) {
	t.Parallel()
	s := open(t)
	o := order("claim-1")
	o.AmountFen = 100_000_001
	got := s.submit(o)
	require.Equal(t, bank.Accepted, got.Status)
	s.clock.advance(999 * time.Millisecond)
	require.Equal(t, bank.Accepted, s.query("claim-1").Status)
	require.Empty(t, s.statement("").Entries)

	s.restart()
	s.clock.advance(time.Hour)
	got = s.query("claim-1")
	require.Equal(t, bank.Cleared, got.Status)
	require.Equal(t, got.ReceivedAt.Add(time.Second), got.ExecutedAt, "at its own time, not when somebody asked")
	require.Len(t, s.statement("").Entries, 1)

	o.Reference, o.AmountFen = "claim-2", 100_000_000
	require.Equal(t, bank.Cleared, s.submit(o).Status)
}

func TestSettingsAreDurable(t *testing.T) {
	t.Parallel()
	s := open(t)
	want := bank.Settings{CeilingFen: 100, ClearingMS: 5000, CutOffMS: 10, ClosedSuffix: "99"}
	s.set("/settings", want)
	s.restart()
	require.Equal(t, want, into[bank.Settings](t, s.must(http.MethodGet, "/settings", nil)))
	require.Equal(t, bank.Accepted, s.submit(order("claim-1")).Status)
	s.clock.advance(5 * time.Second)
	require.Equal(t, bank.Cleared, s.query("claim-1").Status)
}

func TestNotFoundIsFinalOnlyAfterTheCutOff(t *testing.T) {
	t.Parallel()
	s := open(t)
	asked := s.clock.now()
	ask := func() problem { return s.problem(http.StatusNotFound, http.MethodGet, "/transfers/claim-1", nil) }

	p := ask()
	require.False(t, *p.Authoritative)
	require.Equal(t, asked.Add(2*time.Second), p.CutOffAt)

	s.clock.advance(1999 * time.Millisecond)
	s.restart()
	require.False(t, *ask().Authoritative)

	s.clock.advance(time.Millisecond)
	p = ask()
	require.True(t, *p.Authoritative)
	require.Equal(t, asked.Add(2*time.Second), p.CutOffAt, "counted from the first question")

	require.Equal(t, bank.Cleared, s.submit(order("claim-1")).Status)
	require.Equal(t, bank.Cleared, s.query("claim-1").Status)
}

func TestAFailedSubmitStartsTheCutOff(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set("/faults", bank.Faults{FailBefore: 1})
	s.problem(http.StatusServiceUnavailable, http.MethodPost, "/transfers", order("claim-1"))
	s.clock.advance(2 * time.Second)
	require.True(t, *s.problem(http.StatusNotFound, http.MethodGet, "/transfers/claim-1", nil).Authoritative)
}

func TestTheStatementPagesByNumberAndSumsUpThePeriod(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, reference := range []string{"a", "b", "c", "d", "e"} {
		s.submit(order(reference))
		s.clock.advance(24 * time.Hour)
	}
	whole := bank.Totals{Credits: 5, CreditFen: 5 * 123_456}

	first := s.statement("limit=2")
	require.Len(t, first.Entries, 2)
	require.Equal(t, whole, first.Totals, "of the period, not of the page")
	require.EqualValues(t, 2, first.Next)
	second := s.statement("limit=2&after=2")
	require.Equal(t, "c", second.Entries[0].Reference)
	last := s.statement("limit=2&after=4")
	require.Len(t, last.Entries, 1)
	require.Zero(t, last.Next)

	days := s.statement("from=2026-11-22&to=2026-11-24")
	require.Equal(t, bank.Totals{Credits: 2, CreditFen: 2 * 123_456}, days.Totals)
	require.Equal(t, "b", days.Entries[0].Reference)
	require.Equal(t, "c", days.Entries[1].Reference)
	moment := s.statement("from=2026-11-22T02:00:00Z&to=2026-11-22T02:00:00.001Z")
	require.Len(t, moment.Entries, 1)
	require.Empty(t, s.statement("from=2027-01-01").Entries)
	require.Empty(t, s.statement("from=2026-11-24&to=2026-11-22").Entries)
	require.Empty(t, s.statement("after=99").Entries)

	p := s.problem(http.StatusUnprocessableEntity, http.MethodGet, "/statement?from=yesterday&limit=0&after=-1", nil)
	require.Len(t, p.Fields, 3)
}

func TestTheTimesOfTheStatementNeverGoBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	first := s.submit(order("claim-1"))
	s.clock.advance(-time.Hour)
	require.Equal(t, first.ExecutedAt, s.submit(order("claim-2")).ExecutedAt)
	require.Len(t, s.statement("from=2026-11-21T02:00:00Z").Entries, 2)
}

func TestABadOrderIsToldEverythingThatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.problem(http.StatusUnprocessableEntity, http.MethodPost, "/transfers", bank.Order{
		Reference: "has space", Currency: "USD", PayeeAccount: "12a456", Purpose: strings.Repeat("赔", 201),
	})
	require.Len(t, p.Fields, 7)
	p = s.problem(http.StatusUnprocessableEntity, http.MethodGet, "/transfers/has%20space", nil)
	require.Contains(t, p.Fields, "reference")
	s.problem(http.StatusBadRequest, http.MethodPost, "/transfers", "no object")
	s.problem(http.StatusBadRequest, http.MethodPost, "/transfers", map[string]any{"iban": "unknown"})
	s.problem(http.StatusBadRequest, http.MethodPost, "/transfers", map[string]any{"amount_fen": 0.5})
	s.problem(http.StatusRequestEntityTooLarge, http.MethodPost, "/transfers", map[string]any{"purpose": strings.Repeat("x", 70_000)})
	require.Empty(t, s.statement("").Entries)
}

func TestNothingIsToldWithoutTheToken(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, bearer := range []string{"", "Bearer ", "Bearer wrong", "Basic " + token} {
		for _, path := range []string{"/transfers/a", "/statement", "/faults", "/settings", "/callback", "/nowhere"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+path, nil)
			require.NoError(t, err)
			r.Header.Set("Authorization", bearer)
			a, err := do(r)
			require.NoError(t, err)
			require.Equal(t, http.StatusUnauthorized, a.HTTP, path)
		}
	}
}

func TestThePageShowsTheStateAndEscapesWhatItIsTold(t *testing.T) {
	t.Parallel()
	s := open(t)
	require.Contains(t, string(s.must(http.MethodGet, "/", nil).Body), "还没有转账")
	o := order("claim-1")
	o.PayeeName, o.AmountFen = "<script>alert(1)</script>", 123_456_789
	s.set("/settings", bank.Settings{CeilingFen: 1_000_000_000})
	s.submit(o)
	s.set("/faults", bank.Faults{Hang: 3, OtherFen: 99, Refuse: bank.Refusal{Times: 2, Status: 422, Code: "bank_unknown"}, ReturnLater: []bank.ReturnRule{{AccountSuffix: "77", AfterMS: 60_000}}})

	a := s.must(http.MethodGet, "/", nil)
	require.Equal(t, http.StatusOK, a.HTTP)
	require.Contains(t, a.Header.Get("Content-Security-Policy"), "default-src 'none'")
	text := string(a.Body)
	require.NotContains(t, text, "<script>")
	require.NotContains(t, text, o.PayeeAccount)
	require.Contains(t, text, "¥1,234,567.89")
	require.Contains(t, text, "接下来 3 笔：执行后不答复")
	require.Contains(t, text, "尾号 77")
	require.Contains(t, text, "接下来 2 笔：不执行，答复 422 bank_unknown")
	require.Contains(t, text, "¥0.99")
	require.Equal(t, http.StatusOK, s.must(http.MethodGet, "/style.css", nil).HTTP)
	require.Equal(t, http.StatusOK, s.must(http.MethodGet, "/healthz", nil).HTTP)
}

// BenchmarkSubmit tells how many transfers a second the bank takes, durably,
// from 16 clients at once.
func BenchmarkSubmit(b *testing.B) {
	s := open(b)
	var next atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			o := order(fmt.Sprintf("bench-%d", next.Add(1)))
			a, err := s.send(b.Context(), http.MethodPost, "/transfers", o)
			if err != nil || a.HTTP != http.StatusOK {
				b.Errorf("submit %s: %d, %v", o.Reference, a.HTTP, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transfers/s")
}
