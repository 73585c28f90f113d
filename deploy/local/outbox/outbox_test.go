package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/local/outbox"
)

var noon = time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)

// sandbox is an outbox behind a real server, on a clock that stands at noon
// in China, keeping five messages.
type sandbox struct {
	t      testing.TB
	dir    string
	box    *outbox.Outbox
	end    context.CancelFunc // ends latencies
	server *httptest.Server
}

func open(tb testing.TB) *sandbox {
	tb.Helper()
	s := &sandbox{t: tb, dir: tb.TempDir()}
	s.start()
	tb.Cleanup(s.stop)
	return s
}

func (s *sandbox) start() {
	s.t.Helper()
	ctx, end := context.WithCancel(s.t.Context())
	box, err := outbox.Open(ctx, outbox.Options{Dir: s.dir, Keep: 5, Now: func() time.Time { return noon }})
	require.NoError(s.t, err)
	s.box, s.end, s.server = box, end, httptest.NewServer(box.Handler())
}

func (s *sandbox) stop() {
	s.end()
	s.server.Close()
	require.NoError(s.t, s.box.Close())
}

func (s *sandbox) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

func (s *sandbox) send(method, path string, body any) (status int, header http.Header, text []byte) {
	s.t.Helper()
	sent, err := json.Marshal(body)
	require.NoError(s.t, err)
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, bytes.NewReader(sent))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer got.Body.Close()
	text, err = io.ReadAll(got.Body)
	require.NoError(s.t, err)
	return got.StatusCode, got.Header, text
}

func (s *sandbox) post(m outbox.Message) (receipt outbox.Receipt) {
	s.t.Helper()
	status, _, text := s.send(http.MethodPost, "/messages", m)
	require.Equal(s.t, http.StatusAccepted, status, "%s", text)
	require.NoError(s.t, json.Unmarshal(text, &receipt))
	return receipt
}

// fields returns what a problem says about single fields.
func (s *sandbox) fields(status int, method, path string, body any) map[string]string {
	s.t.Helper()
	got, header, text := s.send(method, path, body)
	require.Equal(s.t, status, got, "%s", text)
	require.Equal(s.t, "application/problem+json", header.Get("Content-Type"))
	var p struct {
		Fields map[string]string `json:"fields"`
	}
	require.NoError(s.t, json.Unmarshal(text, &p))
	return p.Fields
}

type list struct {
	Messages []outbox.Kept `json:"messages"`
	Next     uint64        `json:"next"`
}

func (l list) ids() (ids string) {
	for _, m := range l.Messages {
		ids += m.ID + " "
	}
	return strings.TrimSpace(ids)
}

func (s *sandbox) list(query string) (l list) {
	s.t.Helper()
	status, _, text := s.send(http.MethodGet, "/messages?"+query, nil)
	require.Equal(s.t, http.StatusOK, status, "%s", text)
	require.NoError(s.t, json.Unmarshal(text, &l))
	return l
}

func (s *sandbox) setFaults(f outbox.Faults) {
	s.t.Helper()
	status, _, text := s.send(http.MethodPut, "/faults", f)
	require.Equal(s.t, http.StatusNoContent, status, "%s", text)
}

func sms(id, to string) outbox.Message {
	return outbox.Message{ID: id, Channel: outbox.SMS, To: to, Body: "您的验证码是 482913，10 分钟内有效。"}
}

func TestAMessageIsKeptAsItWasSent(t *testing.T) {
	t.Parallel()
	s := open(t)
	m := outbox.Message{
		ID: "n-1", Channel: outbox.Mail, To: "wang@example.cn", Subject: "拒赔通知书", Body: "见附件。",
		Attachments: []outbox.Attachment{{Name: "通知书.pdf", SHA256: strings.Repeat("a1", 32)}},
	}
	require.Equal(t, outbox.Receipt{ID: "n-1", Status: outbox.Delivered, DeliveredAt: noon}, s.post(m))
	s.restart()
	require.Equal(t, []outbox.Kept{{Seq: 1, ReceivedAt: noon, Message: m, Status: outbox.Delivered, DeliveredAt: noon}}, s.list("").Messages)
}

func TestTheSameIDIsTheSameMessage(t *testing.T) {
	t.Parallel()
	s := open(t)
	first := s.post(sms("n-1", "13900000001"))
	s.restart()
	require.Equal(t, first, s.post(sms("n-1", "13900000001")))
	other := sms("n-1", "13900000002")
	other.Body = "另一条"
	fields := s.fields(http.StatusConflict, http.MethodPost, "/messages", other)
	require.Len(t, fields, 2)
	require.Contains(t, fields, "to")
	require.Contains(t, fields, "body")
	require.Equal(t, "n-1", s.list("").ids())
}

func TestTheSameIDAtOnceIsKeptOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			text, _ := json.Marshal(sms("n-1", "13900000001"))
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/messages", bytes.NewReader(text))
			r.Header.Set("Content-Type", "application/json")
			if got, err := http.DefaultClient.Do(r); err == nil {
				got.Body.Close()
			}
		})
	}
	all.Wait()
	require.Equal(t, "n-1", s.list("").ids())
}

func TestMessagesAreListedNewestFirstOrFromWhereOneWas(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i, to := range []string{"13900000001", "139000000012", "13900000001", "13900000002", "13900000001"} {
		s.post(sms(fmt.Sprint("n-", i+1), to))
	}
	require.Equal(t, "n-5 n-4 n-3 n-2 n-1", s.list("").ids())
	require.Equal(t, "n-5 n-4", s.list("limit=2").ids())
	require.Equal(t, "n-5 n-3 n-1", s.list("to=13900000001").ids())
	require.Equal(t, "n-5", s.list("to=13900000001&limit=1").ids())
	require.Empty(t, s.list("to=1390000000").Messages)

	page := s.list("after=0&limit=2")
	require.Equal(t, "n-1 n-2", page.ids())
	require.EqualValues(t, 2, page.Next)
	page = s.list("after=2&limit=3")
	require.Equal(t, "n-3 n-4 n-5", page.ids())
	require.Zero(t, page.Next)
	require.Equal(t, "n-3 n-5", s.list("to=13900000001&after=1").ids())
	require.Empty(t, s.list("after=5").Messages)
	require.Len(t, s.fields(http.StatusUnprocessableEntity, http.MethodGet, "/messages?after=x&limit=1001", nil), 2)
}

func TestTheOldestMessagesArePruned(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i := range 7 {
		s.post(sms(fmt.Sprint("n-", i+1), "13900000001"))
	}
	require.Equal(t, "n-7 n-6 n-5 n-4 n-3", s.list("").ids())
	require.Equal(t, "n-3 n-4 n-5 n-6 n-7", s.list("to=13900000001&after=0").ids())
	s.post(sms("n-1", "13900000002"))
	require.Equal(t, "n-1 n-7 n-6 n-5 n-4", s.list("").ids(), "a pruned id is free again")
}

func TestFailCountsDownDurablyAndKeepsNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.setFaults(outbox.Faults{Fail: 2})
	s.fields(http.StatusServiceUnavailable, http.MethodPost, "/messages", sms("n-1", "13900000001"))
	s.restart()
	s.fields(http.StatusServiceUnavailable, http.MethodPost, "/messages", sms("n-1", "13900000001"))
	require.Empty(t, s.list("").Messages)
	require.Equal(t, outbox.Delivered, s.post(sms("n-1", "13900000001")).Status)
}

func TestAnUndeliverableMessageStaysSo(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.setFaults(outbox.Faults{Undeliverable: []string{"0009"}})
	want := outbox.Receipt{ID: "n-1", Status: outbox.Undeliverable, Reason: "the recipient cannot be reached"}
	require.Equal(t, want, s.post(sms("n-1", "13900000009")))
	require.Equal(t, outbox.Delivered, s.post(sms("n-2", "13900000001")).Status)
	s.setFaults(outbox.Faults{})
	require.Equal(t, want, s.post(sms("n-1", "13900000009")))
}

func TestAClosingOutboxAnswersWhoeverWaits(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.setFaults(outbox.Faults{LatencyMS: 300_000})
	s.end()
	s.fields(http.StatusServiceUnavailable, http.MethodPost, "/messages", sms("n-1", "13900000001"))
	require.Empty(t, s.list("").Messages)
}

func TestABadMessageIsToldEverythingThatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	s := open(t)
	refused := func(m outbox.Message) map[string]string {
		return s.fields(http.StatusUnprocessableEntity, http.MethodPost, "/messages", m)
	}
	require.Len(t, refused(outbox.Message{Channel: "fax", Subject: strings.Repeat("x", 201)}), 4)
	for channel, to := range map[outbox.Channel]string{outbox.SMS: "139 0000", outbox.Mail: "王 <wang@example.cn>", outbox.Letter: "a\x00b"} {
		wrong := refused(outbox.Message{ID: "n-1", Channel: channel, To: to, Body: "x"})
		require.Len(t, wrong, 1)
		require.Contains(t, wrong, "to")
	}
	m := sms("n-1", "13900000001")
	m.Attachments = []outbox.Attachment{{}, {Name: "a", SHA256: "beef"}}
	require.Len(t, refused(m), 3)
	require.Len(t, s.fields(http.StatusUnprocessableEntity, http.MethodPut, "/faults", outbox.Faults{Fail: -1, LatencyMS: -1, Undeliverable: []string{""}}), 3)
	s.fields(http.StatusBadRequest, http.MethodPost, "/messages", map[string]any{"cc": "somebody"})
	s.fields(http.StatusRequestEntityTooLarge, http.MethodPost, "/messages", map[string]any{"body": strings.Repeat("x", 1<<20)})

	got, err := http.PostForm(s.server.URL+"/messages", url.Values{})
	require.NoError(t, err)
	got.Body.Close()
	require.Equal(t, http.StatusUnsupportedMediaType, got.StatusCode)
	require.Empty(t, s.list("").Messages)
}

func TestThePageShowsMessagesAndEscapesThem(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, _, text := s.send(http.MethodGet, "/", nil)
	require.Contains(t, string(text), "还没有消息")

	s.setFaults(outbox.Faults{Undeliverable: []string{"0009"}, LatencyMS: 1})
	m := sms("n-1", "13900000009")
	m.Body = "<script>alert(1)</script>"
	m.Attachments = []outbox.Attachment{{Name: "bad", URL: "javascript:alert(1)"}, {Name: "h", SHA256: strings.Repeat("ab", 32)}}
	s.post(m)
	s.post(outbox.Message{ID: "n-2", Channel: outbox.Letter, To: "王敏 上海市", Subject: "通知", Body: "尊敬的客户"})
	status, header, text := s.send(http.MethodGet, "/", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
	require.NotContains(t, string(text), "<script>")
	require.NotContains(t, string(text), "javascript:")
	for _, want := range []string{"未送达", "尊敬的客户", "王敏 上海市", "abababababab…", "共 2 条", "尾号 0009", "11-21 12:00:00"} {
		require.Contains(t, string(text), want)
	}
	for _, path := range []string{"/style.css", "/healthz"} {
		status, _, _ = s.send(http.MethodGet, path, nil)
		require.Equal(t, http.StatusOK, status)
	}
}
