package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
)

func TestCookies(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"https://claims.example.com": "__Host-anpei-lang=en; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax",
		"":                           "anpei-lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
		"http://127.0.0.1:8080":      "anpei-lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
	} {
		site, err := New(site.Options{API: http.NotFoundHandler(), Origin: origin})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/?lang=en", nil)
		r.Host = "127.0.0.1:8080"
		site.ServeHTTP(w, r)
		require.Equal(t, []string{want}, w.Header().Values("Set-Cookie"), origin)
	}
	for _, origin := range []string{"http://claims.example.com", "claims.example.com", "https://claims.example.com/pages"} {
		_, err := New(site.Options{API: http.NotFoundHandler(), Origin: origin})
		require.Error(t, err, origin)
	}
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
	site, err := New(site.Options{API: api})
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
