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

	"anpei/claim"
	"anpei/schemas/rest"
)

// aPhone sends requests as scripts of the surveyor's pages do.
func aPhone(t *testing.T, api http.HandlerFunc) func(method, to, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	site, err := New(Options{API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	w := ask("PATCH", "/s/api/claims/AP-1/chunked-uploads/u?offset=0", "bytes", "Cookie", cookie, whose, mine, "Content-Digest", "d", "Idempotency-Key", "k", "Content-Type", "application/octet-stream")
	require.Equal(t, http.StatusCreated, w.Code)
	require.Equal(t, "PATCH /v1/claims/AP-1/chunked-uploads/u?offset=0 k d bytes", w.Body.String())
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))

	w = ask("POST", "/s/api/claims/AP-1/documents", "{}", "Cookie", cookie, whose, "survey-zhao")
	require.Equal(t, http.StatusForbidden, w.Code, "another person is signed in than took the pictures")
	require.Contains(t, w.Body.String(), "/problems/another-person")
	require.Equal(t, http.StatusForbidden, ask("POST", "/s/api/claims/AP-1/documents", "{}", "Cookie", cookie).Code, "nor does it guess whose they are")
	w = ask("POST", "/s/api/claims/AP-1/surveys", "{}", whose, mine)
	require.Equal(t, http.StatusUnauthorized, w.Code, "and not a page to sign in on")
	require.Contains(t, w.Body.String(), "/problems/not-signed-in")
	require.Equal(t, http.StatusForbidden, ask("POST", "/s/api/claims/AP-1/surveys", "{}", "Cookie", cookie, whose, mine, "Sec-Fetch-Site", "cross-site").Code)
	require.Equal(t, http.StatusNotFound, ask("GET", "/s/api/policies", "", "Cookie", cookie, whose, mine).Code, "what a phone does not need is not relayed")
}

func TestTheSurveysOfADay(t *testing.T) {
	t.Parallel()
	here := rest.Point{Lat: 31.2290, Lng: 121.5350}
	s := surveyView{Task: rest.Task{Line: claim.Motor, Stage: claim.Dispatched, State: rest.Open}, From: &here}
	s.Claim.Place = "张杨路 (近源深路)&x=1"
	require.Empty(t, s.Distance(), "the claim does not say where")
	require.EqualValues(t, "geo:0,0?q=%E5%BC%A0%E6%9D%A8%E8%B7%AF+%28%E8%BF%91%E6%BA%90%E6%B7%B1%E8%B7%AF%29%26x%3D1", s.Way())
	s.Claim.At = &rest.Point{Lat: 31.2304, Lng: 121.5150}
	require.Equal(t, "1.9 km", s.Distance())
	s.apple = true
	require.Contains(t, s.Way(), "maps://?daddr=31.230400,121.515000&q=")
	require.True(t, s.Offered())

	s.Claim.Parties = []rest.ClaimParty{{Role: "reporter", Phone: "138****5678"}, {Role: "insured", Phone: "13800002001"}}
	require.EqualValues(t, "tel:+8613800002001", s.First().Dial, "a masked number is none to call")

	require.NotContains(t, s.Shots(), "other-whole")
	s.Claim.Exposures = []rest.Exposure{{OwnerParty: 2}}
	require.Contains(t, s.Shots(), "other-whole")
	for _, line := range []claim.Line{claim.Motor, claim.Property} {
		for _, cause := range []string{"collision", "scratch", "fire", "water", "theft", "storm", "other"} {
			s.Line, s.Claim.Line, s.Claim.Cause = line, line, cause
			for _, shot := range s.Shots() {
				require.True(t, zh.has("shot."+shot), shot)
			}
			for _, kind := range wanted(s.Claim) {
				require.True(t, zh.has("doc."+kind), kind)
			}
		}
	}
}

// TestIslands runs the tests of the scripts' own decisions, beside them.
func TestIslands(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "node", "test.mjs").CombinedOutput()
	require.NoError(t, err, "%s\nrun npm ci in api/web, as make does", out)
}
