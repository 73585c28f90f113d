package outbox

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"anpei/deploy/local/sandbox"
)

// mostBody is the largest request body in bytes: a mail with its HTML.
const mostBody = 1 << 20

// Handler returns the gateway's HTTP interface.
//
//	POST /messages     Message → 202 Receipt; 409 fields, 422 fields, 503
//	GET  /messages     ?to=&after=&limit= → 200 messages, next
//	GET, PUT /faults   Faults
//	GET  /healthz      200 when ready
//	GET  /             a page for people
func (o *Outbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", o.postMessage)
	mux.HandleFunc("GET /messages", o.getMessages)
	mux.HandleFunc("GET /faults", o.getFaults)
	mux.HandleFunc("PUT /faults", o.putFaults)
	mux.HandleFunc("GET /healthz", o.getHealth)
	mux.HandleFunc("GET /{$}", o.getPage)
	mux.HandleFunc("GET /style.css", getStyle)
	return mux
}

func (o *Outbox) update(do func(store) error) error {
	return o.db.Batch(func(tx *bbolt.Tx) error { return do(store{tx}) })
}

func (o *Outbox) view(do func(store) error) error {
	return o.db.View(func(tx *bbolt.Tx) error { return do(store{tx}) })
}

// outcome of a message: a receipt, the fields that differ from the message
// that has this id, or a failure that was asked for.
type outcome struct {
	Receipt Receipt
	Differs map[string]string
	Failed  bool
}

// take keeps m unless its id is known. Idempotent by m.ID.
func (o *Outbox) take(m Message) (out outcome, err error) {
	err = o.update(func(s store) error {
		out = outcome{}
		f, err := s.faults()
		if err != nil {
			return err
		}
		if f.Fail > 0 {
			f.Fail--
			out.Failed = true
			return s.setFaults(f)
		}
		k, known, err := s.find(m.ID)
		if err != nil {
			return err
		}
		if known {
			if differs := k.differs(m); len(differs) > 0 {
				out.Differs = differs
			}
			out.Receipt = k.receipt()
			return nil
		}
		now := o.now()
		k = Kept{ReceivedAt: now, Message: m, Status: Delivered, DeliveredAt: now}
		if f.unreachable(m.To) {
			k.Status, k.DeliveredAt, k.Reason = Undeliverable, time.Time{}, "the recipient cannot be reached"
		}
		out.Receipt = k.receipt()
		return s.add(k, o.keep)
	})
	if err != nil {
		return out, fmt.Errorf("take message %s: %w", m.ID, err)
	}
	return out, nil
}

func (o *Outbox) postMessage(w http.ResponseWriter, r *http.Request) {
	var m Message
	if !sandbox.ReadJSON(w, r, mostBody, &m) {
		return
	}
	if wrong := m.wrong(); len(wrong) > 0 {
		invalid(wrong).Write(w)
		return
	}
	err := o.dawdle()
	var out outcome
	if err == nil {
		out, err = o.take(m)
	}
	switch {
	case err != nil:
		o.fail(w, r, err)
	case out.Failed:
		w.Header().Set("Retry-After", "1")
		sandbox.Problem{Status: http.StatusServiceUnavailable, Type: "unavailable", Detail: "the gateway cannot take this now"}.Write(w)
	case out.Differs != nil:
		sandbox.Problem{
			Status: http.StatusConflict, Type: "id-used", Detail: "this id belongs to another message",
			More: map[string]any{"fields": out.Differs},
		}.Write(w)
	default:
		sandbox.WriteJSON(w, http.StatusAccepted, out.Receipt)
	}
}

// getMessages answers newest first; with after, also 0, oldest first from the
// message that follows, so that a reader can go on where it was.
func (o *Outbox) getMessages(w http.ResponseWriter, r *http.Request) {
	q, wrong := r.URL.Query(), map[string]string{}
	sel := selection{To: q.Get("to"), Following: q.Has("after")}
	sel.After = uint64(number(q.Get("after"), "after", 0, 0, math.MaxInt64, wrong))
	sel.Limit = int(number(q.Get("limit"), "limit", 100, 1, 1000, wrong))
	if len(wrong) > 0 {
		invalid(wrong).Write(w)
		return
	}
	answer := struct {
		Messages []Kept `json:"messages"`
		Next     uint64 `json:"next,omitempty"` // with after: give it as after; absent on the last page
	}{}
	err := o.view(func(s store) (err error) {
		var more bool
		answer.Messages, more, err = s.list(sel)
		if more && sel.Following {
			answer.Next = answer.Messages[len(answer.Messages)-1].Seq
		}
		return err
	})
	if err != nil {
		o.fail(w, r, fmt.Errorf("list messages: %w", err))
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, answer)
}

func (o *Outbox) getFaults(w http.ResponseWriter, r *http.Request) {
	f, err := o.faults()
	if err != nil {
		o.fail(w, r, err)
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, f)
}

func (o *Outbox) faults() (f Faults, err error) {
	err = o.view(func(s store) (err error) {
		f, err = s.faults()
		return err
	})
	return f, err
}

// putFaults replaces the faults as a whole.
func (o *Outbox) putFaults(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if !sandbox.ReadJSON(w, r, mostBody, &f) {
		return
	}
	if wrong := f.wrong(); len(wrong) > 0 {
		invalid(wrong).Write(w)
		return
	}
	if err := o.update(func(s store) error { return s.setFaults(f) }); err != nil {
		o.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (o *Outbox) getHealth(w http.ResponseWriter, r *http.Request) {
	if _, err := o.faults(); err != nil {
		o.fail(w, r, err)
		return
	}
	fmt.Fprintln(w, "ok")
}

// errClosing says that the outbox shut down before it took a message.
var errClosing = errors.New("the outbox is closing")

// dawdle waits for the latency that is set, or fails with [errClosing].
func (o *Outbox) dawdle() error {
	f, err := o.faults()
	if err != nil || f.LatencyMS == 0 {
		return err
	}
	select {
	case <-time.After(time.Duration(f.LatencyMS) * time.Millisecond):
		return nil
	case <-o.closing:
		return errClosing
	}
}

// fail answers 500, or 503 when the outbox is closing; the cause is for the
// log.
func (o *Outbox) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errClosing) {
		sandbox.Problem{Status: http.StatusServiceUnavailable, Type: "unavailable", Detail: err.Error()}.Write(w)
		return
	}
	o.log.ErrorContext(r.Context(), "outbox request", "method", r.Method, "path", r.URL.Path, "error", err)
	sandbox.Problem{Status: http.StatusInternalServerError, Type: "internal", Detail: "the sandbox outbox broke; see its log"}.Write(w)
}

func invalid(fields map[string]string) sandbox.Problem {
	return sandbox.Problem{
		Status: http.StatusUnprocessableEntity, Type: "invalid", Detail: "some fields are not as they must be",
		More: map[string]any{"fields": fields},
	}
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
