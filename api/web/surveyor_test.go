package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
)

// aPhone sends requests as scripts of the surveyor's pages do.
func aPhone(t *testing.T, api http.HandlerFunc) func(method, to, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	site, err := New(site.Options{API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") == "":
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"type": "/problems/not-signed-in", "status": 401, "title": "x", "detail": "x"}`)
		case r.URL.Path == "/v1/me":
			fmt.Fprint(w, `{"id": "survey-chen", "name": "陈刚", "role": "surveyor"}`)
		default:
			api(w, r)
		}
	})})
	require.NoError(t, err)
	return func(method, to, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, to, strings.NewReader(body))
		r.Host = "127.0.0.1"
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w
	}
}

func TestAPhoneSendsWhatTheContractSays(t *testing.T) {
	t.Parallel()
	ask := aPhone(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Digest"), body)
	})
	cookie, mine := "anpei-staff=token", "survey-chen"
	w := ask("PATCH", "/s/api/claims/AP-1/chunked-uploads/u?offset=0", "bytes", "Cookie", cookie, "X-Anpei-Whose", mine, "Content-Digest", "d", "Idempotency-Key", "k", "Content-Type", "application/octet-stream")
	require.Equal(t, http.StatusCreated, w.Code)
	require.Equal(t, "PATCH /v1/claims/AP-1/chunked-uploads/u?offset=0 k d bytes", w.Body.String())
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))

	w = ask("POST", "/s/api/claims/AP-1/documents", "{}", "Cookie", cookie, "X-Anpei-Whose", "survey-zhao")
	require.Equal(t, http.StatusForbidden, w.Code, "another person is signed in than took the pictures")
	require.Contains(t, w.Body.String(), "/problems/another-person")
	require.Equal(t, http.StatusForbidden, ask("POST", "/s/api/claims/AP-1/documents", "{}", "Cookie", cookie).Code, "nor does it guess whose they are")
	w = ask("POST", "/s/api/claims/AP-1/surveys", "{}", "X-Anpei-Whose", mine)
	require.Equal(t, http.StatusUnauthorized, w.Code, "and not a page to sign in on")
	require.Contains(t, w.Body.String(), "/problems/not-signed-in")
	require.Equal(t, http.StatusForbidden, ask("POST", "/s/api/claims/AP-1/surveys", "{}", "Cookie", cookie, "X-Anpei-Whose", mine, "Sec-Fetch-Site", "cross-site").Code)
	require.Equal(t, http.StatusNotFound, ask("GET", "/s/api/policies", "", "Cookie", cookie, "X-Anpei-Whose", mine).Code, "what a phone does not need is not relayed")
}

// TestIslands runs the tests of the scripts' own decisions, beside them.
func TestIslands(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "node", "test.mjs").CombinedOutput()
	require.NoError(t, err, "%s\nrun npm ci in api/web, as make does", out)
}
