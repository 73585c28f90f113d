package site

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheWayBackIsOurs(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"/desk?mine=true", "/c/AP-3101-2026-000001", "/"} {
		require.Equal(t, next, Local(next))
	}
	for _, next := range []string{"", "desk", "//elsewhere.example", `/\elsewhere.example`, "https://elsewhere.example/", "/signin?next=/", "/v1/me", "/desk\r\nSet-Cookie: x"} {
		require.Empty(t, Local(next), next)
	}
}

func TestTheVisitorsLanguage(t *testing.T) {
	t.Parallel()
	for want, headers := range map[Lang][]string{
		ZH: {"", "fr", "zh-CN,zh;q=0.9,en;q=0.8", "en;q=0.3, zh;q=0.9"},
		EN: {"en", "en-GB,en;q=0.9,zh;q=0.5", "fr, en;q=0.2", "EN-us"},
	} {
		for _, header := range headers {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Language", header)
			require.Equal(t, want, languageOf(cookies{}, r), header)
			r = httptest.NewRequest("GET", "/?lang="+string(want.other()), nil)
			r.Header.Set("Accept-Language", header)
			require.Equal(t, want.other(), languageOf(cookies{}, r), "what is asked for comes first")
		}
	}
}
