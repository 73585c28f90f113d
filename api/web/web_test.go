package web

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

// TestTheBackendStreams is why an upload is never in memory whole and an event
// arrives when it happens: either side sees what the other wrote so far.
func TestTheBackendStreams(t *testing.T) {
	t.Parallel()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintf(w, "heard %s\n", lines.Text())
			_ = http.NewResponseController(w).Flush()
		}
	})
	in, out := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://in.process/v1/x", in)
	require.NoError(t, err)
	go func() { fmt.Fprintln(out, "one") }()
	answer, err := backend{api}.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	heard := bufio.NewReader(answer.Body)
	for _, word := range []string{"one", "two", "three"} {
		if word != "one" {
			fmt.Fprintln(out, word)
		}
		line, err := heard.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "heard "+word+"\n", line)
	}
	require.NoError(t, out.Close())
	_, err = heard.ReadString('\n')
	require.ErrorIs(t, err, io.EOF)
}

func TestTheAPIStopsWhenNobodyReads(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
		close(ended)
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://in.process/v1/x", nil)
	require.NoError(t, err)
	answer, err := backend{api}.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	<-ended
}

func TestABrokenAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"number": "AP-31`)
		panic(http.ErrAbortHandler)
	})
	client := &rest.Client{Server: "http://in.process/v1/", Client: &http.Client{Transport: backend{api}}}
	_, err := read[rest.Claim](client.GetClaim(t.Context(), "x", nil))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestAbsentParametersAreNotSent(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		fmt.Fprint(w, `{"items": []}`)
	})
	client := &rest.Client{Server: "http://in.process/v1/", Client: &http.Client{Transport: backend{api}}}
	_, err := read[rest.TaskPage](client.ListTasks(t.Context(), &rest.ListTasksParams{Limit: 7}))
	require.NoError(t, err)
	require.Equal(t, "limit=7", asked.URL.RawQuery)
}

func TestCookies(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"https://claims.example.com": "__Host-anpei-lang=en; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax",
		"":                           "anpei-lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
		"http://127.0.0.1:8080":      "anpei-lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
	} {
		site, err := New(Options{API: http.NotFoundHandler(), Origin: origin})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/?lang=en", nil)
		r.Host = "127.0.0.1:8080"
		site.ServeHTTP(w, r)
		require.Equal(t, []string{want}, w.Header().Values("Set-Cookie"), origin)
	}
	for _, origin := range []string{"http://claims.example.com", "claims.example.com", "https://claims.example.com/pages"} {
		_, err := New(Options{API: http.NotFoundHandler(), Origin: origin})
		require.Error(t, err, origin)
	}
}

func TestTheWayBackIsOurs(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"/desk?mine=true", "/c/AP-3101-2026-000001", "/"} {
		require.Equal(t, next, local(next))
	}
	for _, next := range []string{"", "desk", "//elsewhere.example", `/\elsewhere.example`, "https://elsewhere.example/", "/signin?next=/", "/v1/me", "/desk\r\nSet-Cookie: x"} {
		require.Empty(t, local(next), next)
	}
}

func TestFiguresAndTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 30, 0, 0, claim.Shanghai)
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 11, day, hour, minute, 0, 0, claim.Shanghai)
	}
	require.Equal(t, "¥1,296,000.00", money(129_600_000))
	require.Equal(t, "11月24日 周二", zh.day(at(24, 12, 0), now))
	require.Equal(t, "Tue 24 Nov", en.day(at(24, 12, 0), now))
	require.Equal(t, "2027年1月3日 周日", zh.day(time.Date(2027, 1, 3, 0, 0, 0, 0, claim.Shanghai), now))
	require.Equal(t, "最迟 11月24日 周二前", zh.by(at(25, 0, 0), now), "midnight is the end of the day before")
	require.Equal(t, "by Tue 24 Nov 16:55", en.by(at(24, 16, 55), now))
	require.Equal(t, "今天 09:12", zh.moment(at(21, 9, 12), now))
	require.Equal(t, "Yesterday 17:40", en.moment(at(20, 17, 40), now))
	require.Equal(t, "还剩 6 小时 12 分钟", zh.left(at(21, 15, 42), now))
	require.Equal(t, "1 d 1 h late", en.left(at(20, 8, 30), now))
}

func TestAStaleFormIsKeptAndSentForTheStateAsItIs(t *testing.T) {
	t.Parallel()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"type": "/problems/wrong-version", "status": 409, "title": "x", "detail": "x"}`)
		case strings.HasSuffix(r.URL.Path, "/timeline"):
			fmt.Fprint(w, `{"items": [{"number": 4, "text_zh": "旧事", "text_en": "old"}, {"number": 5, "text_zh": "收到新照片", "text_en": "new photos"}]}`)
		default:
			fmt.Fprint(w, `{"number": "AP-3101-2026-000001", "version": 9}`)
		}
	})
	site, err := New(Options{API: api})
	require.NoError(t, err)
	body := "key=FIRSTKEYOFALL&claim=AP-3101-2026-000001&version=8&seen=4&note=%E5%B7%B2%E6%A0%B8%E5%AF%B9&next=/desk"
	r := httptest.NewRequest("POST", "/desk/tasks/11111111-1111-1111-1111-111111111111/take", strings.NewReader(body))
	r.Host = "127.0.0.1"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	page := w.Body.String()
	require.Equal(t, http.StatusConflict, w.Code, page)
	require.Contains(t, page, "收到新照片")
	require.NotContains(t, page, "旧事")
	require.Contains(t, page, `name="version" value="9"`)
	require.Contains(t, page, `name="seen" value="5"`)
	require.Contains(t, page, "已核对")
	require.NotContains(t, page, "FIRSTKEYOFALL", "for another state it is another command")
}
