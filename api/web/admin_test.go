package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
)

// What was looked at and has changed since is shown anew, and not carried out.
func TestATableIsShownAgainWhenThingsHaveChanged(t *testing.T) {
	t.Parallel()
	var applied int
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/me"):
			_, _ = w.Write([]byte(`{"id": "admin-1", "role": "admin", "branch": "0000", "level": 0, "name": "x"}`))
		case r.URL.Query().Get("apply") == "true":
			applied++
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"type": "/problems/wrong-input", "status": 422, "title": "x", "detail": "x"}`))
		default:
			_, _ = w.Write([]byte(`{"applied": false, "new": 0, "changed": 0, "unchanged": 0, "wrong": 1, "rows": [{"row": 2, "key": "a", "state": "wrong", "changes": [], "faults": [{"pointer": "branch", "detail": "Not yours. · 无权修改"}]}]}`))
		}
	})
	site, err := New(site.Options{API: api})
	require.NoError(t, err)
	r := httptest.NewRequest("POST", "/admin/import/staff", strings.NewReader("key=ANYKEYATALL&apply=true&file=a.csv&table=aWQ="))
	r.Host = "127.0.0.1"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "anpei-staff", Value: "token"})
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Equal(t, 1, applied)
	require.Contains(t, w.Body.String(), "预览之后内容有了变化，没有执行")
	require.Contains(t, w.Body.String(), "无权修改")
	require.NotContains(t, w.Body.String(), "Not yours")
}
