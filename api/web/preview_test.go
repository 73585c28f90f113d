package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where there is no picture that was made for looking at, an original that is
// one takes its place, and a sign that of any other; what one may not see has
// neither.
func TestAnOriginalTakesThePlaceOfAPreview(t *testing.T) {
	t.Parallel()
	none := `404 {"type": "/problems/no-preview", "status": 404, "title": "x", "detail": "x"}`
	a := &asking{answers: map[string]string{
		"GET /v1/claims/AP-1/documents/there/preview":   `{"a": "picture"}`,
		"GET /v1/claims/AP-1/documents/photo/preview":   none,
		"GET /v1/claims/AP-1/documents/photo/content":   `{"an": "original"}`,
		"GET /v1/claims/AP-1/documents/paper/preview":   none,
		"GET /v1/claims/AP-1/documents/paper/content":   `{"a": "paper"}`,
		"GET /v1/claims/AP-1/documents/nothing/preview": none,
	}, headers: map[string][2]string{
		"GET /v1/claims/AP-1/documents/there/preview": {"Cache-Control", "private, max-age=604800, immutable"},
		"GET /v1/claims/AP-1/documents/photo/content": {"Content-Type", "image/jpeg"},
		"GET /v1/claims/AP-1/documents/paper/content": {"Content-Type", "application/pdf"},
	}}
	look := func(document, query string) (status int, body, kept string) {
		w := a.get(t, "/c/AP-1/documents/"+document+"/preview"+query)
		return w.Code, w.Body.String(), w.Header().Get("Cache-Control")
	}
	status, body, kept := look("there", "?page=2&size=small&field=plate")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"a": "picture"}`, body)
	require.Equal(t, "private, max-age=604800, immutable", kept)
	require.Equal(t, "field=plate&page=2&size=small", a.of("GET /v1/claims/AP-1/documents/there/preview")[0].query)

	status, body, kept = look("photo", "?size=small")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"an": "original"}`, body)
	require.Equal(t, "private, no-cache", kept, "there may be a picture the next time")

	status, body, _ = look("paper", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "<svg ")

	for _, at := range [][2]string{{"photo", "?field=plate"}, {"nothing", ""}, {"another", ""}} {
		status, _, _ = look(at[0], at[1])
		require.Equal(t, http.StatusNotFound, status, at)
	}
}
