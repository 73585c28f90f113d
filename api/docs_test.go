package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/contract"
	"anpei/schemas/rest"
)

func TestTheContractIsServedAndExplained(t *testing.T) {
	t.Parallel()
	h := open(t)
	spec := h.get("/openapi.yaml", "")
	require.Equal(t, rest.Source, spec.body)

	page := h.get("/docs", "")
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'unsafe-inline'")
	text := string(page.body)
	has := func(part string) bool { return strings.Contains(text, part) } // and never prints the page
	_, ops := prepared(t)
	for _, op := range ops {
		require.True(t, has(`id="`+op.ID+`"`), op.ID)
		require.NotEmpty(t, op.Who, "%s does not say who may", op.ID)
	}
	for _, k := range contract.Kinds {
		require.True(t, has(`id="problem-`+k.Path+`"`), k.Path)
	}
	for _, thing := range []string{"<script", "<link", "<img", "http://", "https://", "url("} {
		require.False(t, has(thing), "the page loads nothing: %s", thing)
	}
	require.Empty(t, regexp.MustCompile(`.{0,40}\*\*[A-Za-z].{0,40}`).FindString(text), "no markup is left over")
	require.Equal(t, strings.Count(text, "<ul>"), strings.Count(text, "</ul>"))

	// The type of a problem leads to its explanation.
	there := h.get("/problems/wrong-stage", "")
	require.Equal(t, "/docs#problem-wrong-stage", there.header.Get("Location"))
}
