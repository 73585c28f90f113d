package web

import (
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

var (
	said  = regexp.MustCompile("(?:\\bt |say\\(|tell\\()\"([a-z]+\\.[a-z_.-]+)\"") // in a page, or in Go
	coded = regexp.MustCompile(`code "([a-z]+)"`)
	hole  = regexp.MustCompile(`\{[a-z]+\}`)
)

// TestWordsAreEqualAndUsed keeps the languages complete: each key in both, with
// the same holes, and said somewhere.
func TestWordsAreEqualAndUsed(t *testing.T) {
	t.Parallel()
	require.Equal(t, slices.Sorted(maps.Keys(dictionaries[zh])), slices.Sorted(maps.Keys(dictionaries[en])))
	for key, text := range dictionaries[zh] {
		require.NotEmpty(t, text, key)
		require.ElementsMatch(t, hole.FindAllString(text, -1), hole.FindAllString(dictionaries[en][key], -1), key)
	}

	// Codes make their keys; each kind of code that a page names has words.
	used, kinds := map[string]bool{"time.left": true, "time.late": true}, map[string]bool{"where": true, "next": true, "problem": true, "field": true, "flash": true, "nav": true, "fact": true}
	var sources []string
	for _, pattern := range []string{"*.go", "templates/*.html"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		sources = append(sources, found...)
	}
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
			used[m[1]] = true
			require.True(t, zh.has(m[1]), "%s says %s", file, m[1])
		}
		for _, m := range coded.FindAllStringSubmatch(string(raw), -1) {
			kinds[m[1]] = true
		}
	}
	for key := range dictionaries[zh] {
		kind, _, _ := strings.Cut(key, ".")
		require.True(t, used[key] || kinds[kind], "nothing says %s", key)
	}
}

func TestEveryStageHasAPhrase(t *testing.T) {
	t.Parallel()
	for _, stage := range []claim.Stage{
		claim.Reported, claim.SelfSurvey, claim.Dispatching, claim.Dispatched, claim.Surveying, claim.Assessing, claim.Negotiating, claim.Reviewing,
		claim.DenialReview, claim.Determined, claim.Agreed, claim.Paying, claim.PayReturned, claim.Paid, claim.Denied, claim.Closed,
	} {
		require.True(t, zh.has("where."+string(stage)), stage)
		if stage != claim.Closed {
			require.NotEmpty(t, upcoming[stage], stage)
		}
		for _, key := range upcoming[stage] {
			require.True(t, zh.has(key), key)
		}
	}
	for _, clock := range []claim.ClockName{
		claim.ClockContact, claim.ClockOnSite, claim.ClockRegistration, claim.ClockPapersList, claim.ClockDetermination,
		claim.ClockDeterminationCompulsory, claim.ClockReview, claim.ClockDenialNotice, claim.ClockPayment, claim.ClockPrepay,
	} {
		require.True(t, zh.has("promise."+string(clock)), clock)
	}
}

// TestPagesHoldNoTextOfTheirOwn finds what would stay Chinese in English.
func TestPagesHoldNoTextOfTheirOwn(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(templateFiles, "templates/*.html")
	require.NoError(t, err)
	for _, file := range files {
		raw, err := templateFiles.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, `\p{Han}`, string(raw), file)
	}
}

func TestTheVisitorsLanguage(t *testing.T) {
	t.Parallel()
	for want, headers := range map[lang][]string{
		zh: {"", "fr", "zh-CN,zh;q=0.9,en;q=0.8", "en;q=0.3, zh;q=0.9"},
		en: {"en", "en-GB,en;q=0.9,zh;q=0.5", "fr, en;q=0.2", "EN-us"},
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
