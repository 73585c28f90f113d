package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestAPanicIsAnsweredAndEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	manager := h.staff("manager-1", claim.Manager, "3101", 0)
	h.reads.parts = &parts{} // without a database, reading a row panics
	a := h.get("/v1/claims", manager, "X-Request-Id", "theirs-1")
	p := a.problem(t, http.StatusInternalServerError)
	require.Regexp(t, `^theirs-1\.[0-9a-f]{16}$`, p.Instance, "the caller's name for it, and ours")
	for header, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "private, no-cache",
	} {
		require.Equal(t, want, a.header.Get(header), header)
	}
	a = h.get("/v1/nothing", "", "X-Request-Id", "no good\tid")
	require.Regexp(t, `^[0-9a-f]{16}$`, a.header.Get("X-Request-Id"))
}
