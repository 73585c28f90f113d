package bank

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the bank's day is China's, on any machine

	"anpei/deploy/local/sandbox"
)

var china = func() *time.Location {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err) // tzdata is linked in
	}
	return loc
}()

// mostBody is the largest request body in bytes.
const mostBody = 64 << 10

// Handler returns the bank's HTTP interface. Everything but the page and
// /healthz asks for the bearer token.
//
//	POST /transfers              Order → 200 Transfer; 409 fields, 422 fields, 503 and other refusals with code
//	GET  /transfers/{reference}  200 Transfer; 404 authoritative, cut_off_at
//	GET  /statement              ?from=&to=&after=&limit= → 200 entries, totals, next
//	GET, PUT /faults             Faults
//	GET, PUT /settings           Settings
//	GET, PUT /callback           Callback; the token is not shown
//	GET  /healthz                200 when ready
//	GET  /                       a page for people
func (b *Bank) Handler() http.Handler {
	private := http.NewServeMux()
	private.HandleFunc("POST /transfers", b.postTransfer)
	private.HandleFunc("GET /transfers/{reference}", b.getTransfer)
	private.HandleFunc("GET /statement", b.getStatement)
	private.HandleFunc("GET /faults", getSwitch(b, func(s switches) Faults { return s.Faults }))
	private.HandleFunc("PUT /faults", putSwitch(b, Faults.wrong, ledger.setFaults))
	private.HandleFunc("GET /settings", getSwitch(b, func(s switches) Settings { return s.Settings }))
	private.HandleFunc("PUT /settings", putSwitch(b, Settings.wrong, ledger.setSettings))
	private.HandleFunc("GET /callback", getSwitch(b, func(s switches) Callback { return s.Callback.shown() }))
	private.HandleFunc("PUT /callback", putSwitch(b, Callback.wrong, ledger.setCallback))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", b.getHealth)
	mux.HandleFunc("GET /{$}", b.getPage)
	mux.HandleFunc("GET /style.css", getStyle)
	mux.Handle("/", b.authorized(private))
	return mux
}

func (b *Bank) authorized(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(b.token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		have := sha256.Sum256([]byte(token))
		if b.token == "" || subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="sandbox bank"`)
			sandbox.Problem{Status: http.StatusUnauthorized, Type: "unauthorized", Detail: "send the bank's token as a bearer token"}.Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (b *Bank) postTransfer(w http.ResponseWriter, r *http.Request) {
	var o Order
	if !sandbox.ReadJSON(w, r, mostBody, &o) {
		return
	}
	if wrong := o.wrong(); len(wrong) > 0 {
		invalid(wrong).Write(w)
		return
	}
	defer b.enter(o.Reference)()
	// A slow bank executes what it has taken in, though nobody waits any more.
	if err := b.dawdle(o.Reference, o.PayeeAccount); err != nil {
		b.fail(w, r, err)
		return
	}
	out, err := b.settleAndSubmit(o)
	switch {
	case err != nil:
		b.fail(w, r, err)
	case out.Fault == failBefore:
		out.Refuse.write(w, r)
	case out.Fault == cutAfter:
		panic(http.ErrAbortHandler)
	case out.Fault == hangAfter:
		select {
		case <-r.Context().Done():
		case <-b.closing:
		}
		panic(http.ErrAbortHandler)
	case out.Differs != nil:
		sandbox.Problem{
			Status: http.StatusConflict, Type: "reference-used", Detail: "this reference belongs to another transfer",
			More: map[string]any{"fields": out.Differs},
		}.Write(w)
	default:
		sandbox.WriteJSON(w, http.StatusOK, out.Transfer)
	}
}

func (a Refusal) write(w http.ResponseWriter, r *http.Request) {
	switch {
	case a.Status < http.StatusBadRequest:
		w.Header().Set("Location", r.URL.Path)
	case a.Status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	sandbox.Problem{Status: a.Status, Type: cmp.Or(a.Code, "refused"), Detail: a.Reason, More: map[string]any{"code": a.Code}}.Write(w)
}

func (b *Bank) settleAndSubmit(o Order) (outcome, error) {
	if err := b.settle(); err != nil {
		return outcome{}, err
	}
	return b.submit(o)
}

func (b *Bank) getTransfer(w http.ResponseWriter, r *http.Request) {
	reference := r.PathValue("reference")
	if !referencePattern.MatchString(reference) {
		invalid(map[string]string{"reference": (Order{Reference: reference}).wrong()["reference"]}).Write(w)
		return
	}
	if err := b.dawdle(reference, ""); err != nil {
		b.fail(w, r, err)
		return
	}
	t, gone, err := b.query(reference)
	switch {
	case err == nil:
		sandbox.WriteJSON(w, http.StatusOK, t)
	case errors.Is(err, errNotFound):
		gone.problem(b.now()).Write(w)
	default:
		b.fail(w, r, err)
	}
}

func (a absence) problem(now time.Time) sandbox.Problem {
	p := sandbox.Problem{
		Status: http.StatusNotFound, Type: "transfer-not-found",
		More: map[string]any{"authoritative": a.Authoritative, "cut_off_at": a.CutOffAt},
	}
	switch {
	case a.Authoritative:
		p.Detail = "there is no such transfer, and nothing sent so far will become one"
	case a.InHand:
		p.Detail = "there is no such transfer yet; one is in hand"
	default:
		p.Detail = fmt.Sprintf("there is no such transfer yet; ask again in %s", a.CutOffAt.Sub(now))
	}
	return p
}

// getStatement pages by sequence number; totals are of the whole period.
func (b *Bank) getStatement(w http.ResponseWriter, r *http.Request) {
	q, wrong := r.URL.Query(), map[string]string{}
	p := period{From: instant(q.Get("from"), "from", wrong), To: instant(q.Get("to"), "to", wrong)}
	after := number(q.Get("after"), "after", 0, 0, math.MaxInt64, wrong)
	limit := number(q.Get("limit"), "limit", 100, 1, 1000, wrong)
	if len(wrong) > 0 {
		invalid(wrong).Write(w)
		return
	}
	answer := struct {
		Entries []Entry `json:"entries"`
		Totals  Totals  `json:"totals"`
		Next    uint64  `json:"next,omitempty"` // give it as after; absent on the last page
	}{}
	err := b.settle()
	if err == nil {
		err = b.view(func(l ledger) (err error) {
			var more bool
			answer.Entries, answer.Totals, more, err = l.statement(p, uint64(after), int(limit))
			if more {
				answer.Next = answer.Entries[len(answer.Entries)-1].Seq
			}
			return err
		})
	}
	if err != nil {
		b.fail(w, r, fmt.Errorf("read the statement: %w", err))
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, answer)
}

func (b *Bank) getHealth(w http.ResponseWriter, r *http.Request) {
	if err := b.view(func(l ledger) error { _, err := l.switches(); return err }); err != nil {
		b.fail(w, r, err)
		return
	}
	fmt.Fprintln(w, "ok")
}

// getSwitch answers with one of the switches.
func getSwitch[T any](b *Bank, pick func(switches) T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var s switches
		err := b.view(func(l ledger) (err error) {
			s, err = l.switches()
			return err
		})
		if err != nil {
			b.fail(w, r, err)
			return
		}
		sandbox.WriteJSON(w, http.StatusOK, pick(s))
	}
}

// putSwitch replaces one of the switches as a whole and answers with nothing: what
// it is now can be read, and may already be used up.
func putSwitch[T any](b *Bank, wrong func(T) map[string]string, set func(ledger, T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var v T
		if !sandbox.ReadJSON(w, r, mostBody, &v) {
			return
		}
		if wrong := wrong(v); len(wrong) > 0 {
			invalid(wrong).Write(w)
			return
		}
		if err := b.update(func(l ledger) error { return set(l, v) }); err != nil {
			b.fail(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// errClosing says that the bank shut down before it did what was asked.
var errClosing = errors.New("the bank is closing")

// dawdle waits for the latency that is set for this submit or query, whether
// or not the client does, and fails with [errClosing].
func (b *Bank) dawdle(reference, account string) error {
	var f Faults
	err := b.view(func(l ledger) error {
		s, err := l.switches()
		f = s.Faults
		if err == nil && account == "" {
			var rec record
			rec, err = l.find(reference)
			account = rec.Order.PayeeAccount
		}
		return err
	})
	if err != nil || f.LatencyMS == 0 || !f.Matches.hit(reference, account) {
		return err
	}
	select {
	case <-time.After(milliseconds(f.LatencyMS)):
		return nil
	case <-b.closing:
		return errClosing
	}
}

// fail answers 500, or 503 when the bank is closing; the cause is for the log.
func (b *Bank) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errClosing) {
		sandbox.Problem{Status: http.StatusServiceUnavailable, Type: "unavailable", Detail: err.Error()}.Write(w)
		return
	}
	b.log.ErrorContext(r.Context(), "bank request", "method", r.Method, "path", r.URL.Path, "error", err)
	sandbox.Problem{Status: http.StatusInternalServerError, Type: "internal", Detail: "the sandbox bank broke; see its log"}.Write(w)
}

func invalid(fields map[string]string) sandbox.Problem {
	return sandbox.Problem{
		Status: http.StatusUnprocessableEntity, Type: "invalid", Detail: "some fields are not as they must be",
		More: map[string]any{"fields": fields},
	}
}

// instant reads an RFC 3339 time, or a date as its first moment in China.
func instant(text, field string, wrong map[string]string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	day, err := time.ParseInLocation(time.DateOnly, text, china)
	if err != nil {
		wrong[field] = "must be an RFC 3339 time or a date"
	}
	return day
}

func number(text, field string, preset, least, most int64, wrong map[string]string) int64 {
	if text == "" {
		return preset
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		wrong[field] = fmt.Sprintf("must be a whole number from %d to %d", least, most)
	}
	return n
}
