package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

var (
	said  = regexp.MustCompile("(?:\\bt |[Ss]ay\\(|[Tt]ell\\()\"([a-z]+\\.[a-z_.-]+)\"") // in a page, or in Go
	coded = regexp.MustCompile(`code "([a-z]+)"`)
	hole  = regexp.MustCompile(`\{[a-z]+\}`)
)

// TestWordsAreEqualAndUsed keeps the languages complete: each key in both, with
// the same holes, and said somewhere.
func TestWordsAreEqualAndUsed(t *testing.T) {
	t.Parallel()
	require.Equal(t, site.ZH.Keys(""), site.EN.Keys(""))
	for _, key := range site.ZH.Keys("") {
		require.NotEmpty(t, site.ZH.Say(key), key)
		require.ElementsMatch(t, hole.FindAllString(site.ZH.Say(key), -1), hole.FindAllString(site.EN.Say(key), -1), key)
	}

	// Codes make their keys; each kind of code that a page names has words.
	used, kinds := map[string]bool{"time.left": true, "time.late": true}, map[string]bool{"where": true, "next": true, "problem": true, "field": true, "flash": true, "nav": true, "fact": true}
	var sources []string
	for _, pattern := range []string{"*/*.go", "*/templates/*.html"} {
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
			require.True(t, site.ZH.Has(m[1]), "%s says %s", file, m[1])
		}
		for _, m := range coded.FindAllStringSubmatch(string(raw), -1) {
			kinds[m[1]] = true
		}
	}
	for _, key := range site.ZH.Keys("") {
		kind, _, _ := strings.Cut(key, ".")
		require.True(t, used[key] || kinds[kind], "nothing says %s", key)
	}
}

// TestPagesHoldNoTextOfTheirOwn finds what would stay Chinese in English.
func TestPagesHoldNoTextOfTheirOwn(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/templates/*.html")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, `\p{Han}`, string(raw), file)
	}
}

// TestAnAudienceNeedsNoOther keeps what two audiences say or show in site.
func TestAnAudienceNeedsNoOther(t *testing.T) {
	t.Parallel()
	shows, defines := regexp.MustCompile(`template "([^"]+)"`), regexp.MustCompile(`define "([^"]+)"`)
	has := func(room string) (words, parts map[string]bool) {
		words, parts = map[string]bool{}, map[string]bool{}
		files, err := filepath.Glob(room + "/words/*zh.json")
		require.NoError(t, err)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			keys := map[string]string{}
			require.NoError(t, json.Unmarshal(raw, &keys))
			for key := range keys {
				words[key] = true
			}
		}
		files, err = filepath.Glob(room + "/templates/*.html")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range defines.FindAllStringSubmatch(string(raw), -1) {
				parts[m[1]] = true
			}
		}
		return words, parts
	}
	shared, sharedParts := has("site")
	for _, room := range []string{"site", "claimant", "desk", "surveyor", "admin"} {
		words, parts := has(room)
		var sources []string
		for _, pattern := range []string{"/*.go", "/templates/*.html"} {
			found, err := filepath.Glob(room + pattern)
			require.NoError(t, err)
			sources = append(sources, found...)
		}
		for _, file := range sources {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
				require.True(t, words[m[1]] || shared[m[1]], "%s says %s", file, m[1])
			}
			for _, m := range shows.FindAllStringSubmatch(string(raw), -1) {
				require.True(t, parts[m[1]] || sharedParts[m[1]], "%s shows %s", file, m[1])
			}
		}
	}
}

// TestEveryCommandAndDutyHasAWord is what the list of refused attempts and the
// decision card show.
func TestEveryCommandAndDutyHasAWord(t *testing.T) {
	t.Parallel()
	for _, duty := range claim.Duties() {
		require.True(t, site.ZH.Has("duty."+string(duty)), duty)
	}
	spec, err := rest.GetSpec()
	require.NoError(t, err)
	for _, path := range spec.Paths.Map() {
		for method, op := range path.Operations() {
			if method != http.MethodGet {
				require.True(t, site.ZH.Has("deed."+op.OperationID), op.OperationID)
			}
		}
	}
}
