package identity_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"anpei/deploy/local/identity"
)

// clock is moved by the test only.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// sandbox is a provider behind a real server, on a clock that stands.
type sandbox struct {
	t        testing.TB
	clock    *clock
	dir      string
	url      string
	provider *identity.Provider
	swap     *swap
}

// swap serves what it holds, so that a provider can be opened anew under the
// same address.
type swap struct{ http.Handler }

const back = "http://127.0.0.1:5173/signed-in"

func open(tb testing.TB) *sandbox {
	tb.Helper()
	s := &sandbox{t: tb, dir: tb.TempDir(), clock: &clock{at: time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)}, swap: &swap{}}
	server := httptest.NewServer(s.swap)
	tb.Cleanup(server.Close)
	s.url = server.URL
	s.start()
	tb.Cleanup(func() { require.NoError(tb, s.provider.Close()) })
	return s
}

func (s *sandbox) start() {
	s.t.Helper()
	p, err := identity.Open(identity.Options{Dir: s.dir, Issuer: s.url, Now: s.clock.now})
	require.NoError(s.t, err)
	s.provider, s.swap.Handler = p, p.Handler()
}

func (s *sandbox) restart() {
	s.t.Helper()
	require.NoError(s.t, s.provider.Close())
	s.start()
}

// client follows no redirect, as a script that plays the browser.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

type answer struct {
	HTTP   int
	Header http.Header
	Text   string
}

func (s *sandbox) do(r *http.Request) answer {
	s.t.Helper()
	got, err := client.Do(r)
	require.NoError(s.t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	require.NoError(s.t, err)
	return answer{got.StatusCode, got.Header, string(text)}
}

func (s *sandbox) get(path string, query url.Values) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path+"?"+query.Encode(), nil)
	require.NoError(s.t, err)
	return s.do(r)
}

// tokens is an answer of the token endpoint, good or bad.
type tokens struct {
	HTTP        int
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	IDToken     string `json:"id_token"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// redeem asks the token endpoint.
func (s *sandbox) redeem(form url.Values) (got tokens) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/token", strings.NewReader(form.Encode()))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := s.do(r)
	require.Equal(s.t, "no-store", a.Header.Get("Cache-Control"))
	require.NoError(s.t, json.Unmarshal([]byte(a.Text), &got), a.Text)
	got.HTTP = a.HTTP
	return got
}

var verifier = strings.Repeat("verifier-", 5)

// request is an authorization request with nothing wrong in it.
func request() url.Values {
	return url.Values{
		"client_id": {"anpei-cli"}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid profile"},
		"state": {"s-1"}, "nonce": {"n-1"}, "persona": {"review-zheng"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
}

// sentBack returns what the browser takes back to the client.
func (s *sandbox) sentBack(a answer) url.Values {
	s.t.Helper()
	require.Equal(s.t, http.StatusSeeOther, a.HTTP, a.Text)
	to, err := url.Parse(a.Header.Get("Location"))
	require.NoError(s.t, err)
	require.Equal(s.t, back, "http://"+to.Host+to.Path)
	return to.Query()
}

func (s *sandbox) code() string {
	s.t.Helper()
	query := s.sentBack(s.get("/authorize", request()))
	require.Equal(s.t, "s-1", query.Get("state"))
	require.Equal(s.t, s.url, query.Get("iss"))
	require.NotEmpty(s.t, query.Get("code"))
	return query.Get("code")
}

// redemption is a token request with nothing wrong in it.
func redemption(code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"anpei-cli"}, "code": {code},
		"redirect_uri": {back}, "code_verifier": {verifier},
	}
}

// with returns values with some replaced; an empty one is taken out.
func with(values url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			values.Del(pairs[i])
		}
	}
	return values
}

// payload reads a token without checking it.
func payload(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, into))
	}
	return header, claims
}

// TestTheLibraryOfTheProductSignsIn goes the whole way with the client library
// that the product uses, through the page, as a browser would.
func TestTheLibraryOfTheProductSignsIn(t *testing.T) {
	t.Parallel()
	s := open(t)
	provider, err := oidc.NewProvider(t.Context(), s.url)
	require.NoError(t, err)
	desk := oauth2.Config{ClientID: "anpei-desk", RedirectURL: back, Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile"}}
	secret := oauth2.GenerateVerifier()

	page, err := url.Parse(desk.AuthCodeURL("s-1", oauth2.S256ChallengeOption(secret), oidc.Nonce("n-1")))
	require.NoError(t, err)
	login := s.get(page.Path, page.Query())
	require.Equal(t, http.StatusOK, login.HTTP)
	require.Contains(t, login.Header.Get("Content-Security-Policy"), "default-src 'none'")
	link := regexp.MustCompile(`href="(/authorize\?[^"]*persona=review-jiang[^"]*)"`).FindStringSubmatch(login.Text)
	require.NotNil(t, link, login.Text)
	chosen, err := url.Parse(html.UnescapeString(link[1]))
	require.NoError(t, err)
	query := s.sentBack(s.get(chosen.Path, chosen.Query()))
	require.Equal(t, "s-1", query.Get("state"))

	got, err := desk.Exchange(t.Context(), query.Get("code"), oauth2.VerifierOption(secret))
	require.NoError(t, err)
	raw, _ := got.Extra("id_token").(string)
	id, err := provider.VerifierContext(t.Context(), &oidc.Config{ClientID: "anpei-desk", Now: s.clock.now}).Verify(t.Context(), raw)
	require.NoError(t, err)
	require.Equal(t, "review-jiang", id.Subject)
	require.Equal(t, "n-1", id.Nonce)
	require.Equal(t, s.clock.now().Add(time.Hour), id.Expiry.UTC())

	api := provider.VerifierContext(t.Context(), &oidc.Config{ClientID: "anpei", Now: s.clock.now})
	access, err := api.Verify(t.Context(), got.AccessToken)
	require.NoError(t, err)
	require.Equal(t, "review-jiang", access.Subject)
	_, err = api.Verify(t.Context(), raw)
	require.Error(t, err, "an ID token opens no API")

	who, err := provider.UserInfo(t.Context(), oauth2.StaticTokenSource(got))
	require.NoError(t, err)
	require.Equal(t, "review-jiang", who.Subject)
	_, err = provider.UserInfo(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: raw}))
	require.Error(t, err)
	s.clock.advance(time.Hour + time.Second)
	_, err = provider.UserInfo(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: got.AccessToken}))
	require.Error(t, err)
}

func TestAScriptSignsInWithoutABrowser(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := s.redeem(redemption(s.code()))
	require.Equal(t, http.StatusOK, got.HTTP, got.Description)
	require.Equal(t, "Bearer", got.TokenType)
	require.Equal(t, 3600, got.ExpiresIn)

	now := float64(s.clock.now().Unix())
	header, access := payload(t, got.AccessToken)
	require.Equal(t, "at+jwt", header["typ"])
	require.NotEmpty(t, access["jti"])
	delete(access, "jti")
	require.Equal(t, map[string]any{
		"iss": s.url, "sub": "review-zheng", "aud": "anpei", "azp": "anpei-cli", "name": "郑凯",
		"iat": now, "exp": now + 3600, "scope": "openid profile",
	}, access, "and no role")
	_, id := payload(t, got.IDToken)
	require.Equal(t, "anpei-cli", id["aud"])
	require.Equal(t, "n-1", id["nonce"])
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	code := s.code()
	s.restart()
	require.Equal(t, http.StatusOK, s.redeem(redemption(code)).HTTP, "a restart loses no code")
	s.restart()
	again := s.redeem(redemption(code))
	require.Equal(t, http.StatusBadRequest, again.HTTP)
	require.Equal(t, "invalid_grant", again.Error)
	require.Contains(t, again.Description, "has been used")
	require.Empty(t, again.AccessToken)
}

func TestACodeWorksOnceForManyAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	form := redemption(s.code()).Encode()
	var all sync.WaitGroup
	answers := make(chan int, 16)
	for range cap(answers) {
		all.Go(func() {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/token", strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if got, err := client.Do(r); err == nil {
				got.Body.Close()
				answers <- got.StatusCode
			}
		})
	}
	all.Wait()
	close(answers)
	count := map[int]int{}
	for status := range answers {
		count[status]++
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusBadRequest: 15}, count)
}

func TestACodeLivesForAMinute(t *testing.T) {
	t.Parallel()
	s := open(t)
	early, late := s.code(), s.code()
	s.clock.advance(time.Minute - time.Nanosecond)
	require.Equal(t, http.StatusOK, s.redeem(redemption(early)).HTTP)
	s.clock.advance(time.Nanosecond)
	got := s.redeem(redemption(late))
	require.Equal(t, "invalid_grant", got.Error)
	require.Contains(t, got.Description, "has expired")
	s.clock.advance(time.Hour)
	s.code()
	require.Contains(t, s.redeem(redemption(late)).Description, "forgotten")
}

func TestAWrongRedemptionIsRefusedAndSpendsTheCode(t *testing.T) {
	t.Parallel()
	s := open(t)
	for say, change := range map[string][]string{
		"does not fit":    {"code_verifier", strings.Repeat("x", 43)},
		"not the one":     {"redirect_uri", back + "/elsewhere"},
		"another client":  {"client_id", "anpei-desk"},
		"no such code":    {"code", "made-up"},
		"not the one ":    {"redirect_uri", ""},
		"another client ": {"client_id", "anpei-desk", "code_verifier", strings.Repeat("x", 43)},
	} {
		code := s.code()
		got := s.redeem(with(redemption(code), change...))
		require.Equal(t, http.StatusBadRequest, got.HTTP)
		require.Equal(t, "invalid_grant", got.Error)
		require.Contains(t, got.Description, strings.TrimSpace(say))
		require.Empty(t, got.AccessToken)
		if change[0] != "code" {
			require.Contains(t, s.redeem(redemption(code)).Description, "has been used")
		}
	}
}

func TestABadTokenRequestIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct {
		change []string
		status int
		code   string
		say    string
	}{
		{[]string{"grant_type", ""}, 400, "invalid_request", "grant_type is missing"},
		{[]string{"grant_type", "password"}, 400, "unsupported_grant_type", "authorization_code or client_credentials"},
		{[]string{"grant_type", "client_credentials"}, 400, "unauthorized_client", "acts for a person"},
		{[]string{"code", ""}, 400, "invalid_request", "code is missing"},
		{[]string{"code_verifier", ""}, 400, "invalid_request", "code_verifier is missing"},
		{[]string{"code_verifier", "short"}, 400, "invalid_request", "43 to 128"},
		{[]string{"client_id", ""}, 401, "invalid_client", "client_id is missing"},
		{[]string{"client_id", "nobody"}, 401, "invalid_client", "no client"},
		{[]string{"client_id", "bench"}, 401, "invalid_client", "must show its secret"},
		{[]string{"client_id", "bench", "client_secret", identity.DefaultSecret}, 400, "unauthorized_client", "acts as itself"},
	} {
		got := s.redeem(with(redemption("any"), c.change...))
		require.Equal(t, c.status, got.HTTP, c.say)
		require.Equal(t, c.code, got.Error)
		require.Contains(t, got.Description, c.say)
	}
	twice := redemption("any")
	twice.Add("code", "other")
	require.Contains(t, s.redeem(twice).Description, "more than once")
	require.Contains(t, s.redeem(url.Values{"x": {strings.Repeat("x", 70_000)}}).Description, "too large")
}

func TestABadAuthorizationRequestIsToldToTheClient(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct {
		change []string
		code   string
		say    string
	}{
		{[]string{"code_challenge", ""}, "invalid_request", "code_challenge is missing"},
		{[]string{"code_challenge_method", ""}, "invalid_request", "must be S256"},
		{[]string{"code_challenge_method", "plain"}, "invalid_request", "must be S256"},
		{[]string{"code_challenge", "short"}, "invalid_request", "43 characters"},
		{[]string{"response_type", ""}, "invalid_request", "response_type is missing"},
		{[]string{"response_type", "token"}, "unsupported_response_type", "must be code"},
		{[]string{"response_mode", "fragment"}, "invalid_request", "must be query"},
		{[]string{"scope", "profile"}, "invalid_scope", "must contain openid"},
		{[]string{"prompt", "none"}, "login_required", "prompt=none"},
		{[]string{"persona", "nobody"}, "access_denied", "no persona nobody"},
		{[]string{"request", "jwt"}, "request_not_supported", "themselves"},
		{[]string{"request_uri", "urn:x"}, "request_uri_not_supported", "themselves"},
	} {
		query := s.sentBack(s.get("/authorize", with(request(), c.change...)))
		require.Equal(t, c.code, query.Get("error"), c.say)
		require.Contains(t, query.Get("error_description"), c.say)
		require.Equal(t, "s-1", query.Get("state"))
		require.Empty(t, query.Get("code"))
	}
}

func TestABrowserIsNeverSentToAWrongAddress(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, change := range [][]string{
		{"client_id", ""},
		{"client_id", "nobody"},
		{"client_id", "bench"},
		{"redirect_uri", ""},
		{"redirect_uri", "https://example.com/"},
		{"redirect_uri", "http://127.0.0.1.example.com/"},
		{"redirect_uri", "http://user@127.0.0.1/"},
		{"redirect_uri", "http://127.0.0.1/#fragment"},
		{"redirect_uri", "javascript://127.0.0.1/%0aalert(1)"},
		{"redirect_uri", "//127.0.0.1/"},
	} {
		a := s.get("/authorize", with(request(), change...))
		require.Equal(t, http.StatusBadRequest, a.HTTP, change)
		require.Empty(t, a.Header.Get("Location"))
	}
	twice := request()
	twice.Add("redirect_uri", "http://localhost/")
	require.Equal(t, http.StatusBadRequest, s.get("/authorize", twice).HTTP)
	for _, good := range []string{"http://localhost:1/a?b=c", "http://[::1]:2", "https://127.0.0.1"} {
		a := s.get("/authorize", with(request(), "redirect_uri", good))
		require.Equal(t, http.StatusSeeOther, a.HTTP)
		require.True(t, strings.HasPrefix(a.Header.Get("Location"), good))
	}
	require.Equal(t, http.StatusBadRequest, s.get("/logout", url.Values{"post_logout_redirect_uri": {"https://example.com"}}).HTTP)
}

func TestAMachineGetsATokenForItsSecret(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, id := range []string{"partner-demo", "bench"} {
		got := s.redeem(url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {identity.DefaultSecret}})
		require.Equal(t, http.StatusOK, got.HTTP, got.Description)
		require.Empty(t, got.IDToken)
		_, claims := payload(t, got.AccessToken)
		require.Equal(t, id, claims["sub"])
		require.Equal(t, id, claims["azp"])
		require.Equal(t, "anpei", claims["aud"])
	}
	got := s.redeem(url.Values{"grant_type": {"client_credentials"}, "client_id": {"bench"}, "client_secret": {"guessed"}})
	require.Equal(t, "invalid_client", got.Error)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/token", strings.NewReader("grant_type=client_credentials"))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("bench", identity.DefaultSecret)
	require.Equal(t, http.StatusOK, s.do(r).HTTP)
}

func TestTheKeySurvivesARestart(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := s.redeem(redemption(s.code()))
	keys := s.get("/jwks", nil).Text
	require.NotContains(t, keys, `"d"`, "no private part")
	s.restart()
	require.Equal(t, keys, s.get("/jwks", nil).Text)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/userinfo", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+got.AccessToken)
	a := s.do(r)
	require.Equal(t, http.StatusOK, a.HTTP)
	require.JSONEq(t, `{"sub":"review-zheng","name":"郑凯"}`, a.Text)
}

func TestSigningOutSendsTheBrowserBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	a := s.get("/logout", url.Values{"post_logout_redirect_uri": {back}, "state": {"bye"}})
	require.Equal(t, "bye", s.sentBack(a).Get("state"))
	require.Contains(t, s.get("/logout", nil).Text, "已退出")
}

func TestEveryoneIsOnThePage(t *testing.T) {
	t.Parallel()
	s := open(t)
	a := s.get("/", nil)
	require.Equal(t, http.StatusOK, a.HTTP)
	for subject := range strings.FieldsSeq(`intake-wang intake-gu dispatch-li survey-chen survey-zhao survey-sun assess-zhou assess-wu
		review-zheng review-feng review-jiang review-shen review-han finance-yang finance-zhu service-qin audit-xu
		manager-he admin-lv admin-shi operator-kong dispatch-gao assess-lin finance-tang`) {
		require.Contains(t, a.Text, "<code>"+subject+"</code>")
	}
	require.Equal(t, 24+4, strings.Count(a.Text, "<tr><td>"))
	require.Contains(t, a.Text, "核赔人 reviewer 3 级")
	require.Contains(t, a.Text, identity.DefaultSecret)
	require.Equal(t, http.StatusOK, s.get("/style.css", nil).HTTP)
	require.Equal(t, http.StatusOK, s.get("/healthz", nil).HTTP)
}

func TestPersonasComeFromTheFolderWhenItHasSome(t *testing.T) {
	t.Parallel()
	start := func(personas string) (*identity.Provider, error) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "personas.json"), []byte(personas), 0o600))
		return identity.Open(identity.Options{Dir: dir, Issuer: "http://127.0.0.1:1", Now: time.Now})
	}
	p, err := start(`[{"subject":"chef-hu","name":"<b>胡</b>","role":"chef","branch":"9999"}]`)
	require.NoError(t, err)
	page := httptest.NewRecorder()
	p.Handler().ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.Contains(t, page.Body.String(), "&lt;b&gt;胡&lt;/b&gt;")
	require.NotContains(t, page.Body.String(), "intake-wang")
	require.NoError(t, p.Close())

	for text, say := range map[string]string{
		`[]`:                      "nobody to be",
		`{}`:                      "decode",
		`[{"subject":"a","x":1}]`: "unknown field",
		`[{"subject":"A b"}]`:     "entry 1",
		`[{"subject":"a"}]`:       "lacks",
		`[{"subject":"bench","name":"n","role":"r","branch":"b"}]`:                                                "taken",
		`[{"subject":"a","name":"n","role":"r","branch":"b"},{"subject":"a","name":"n","role":"r","branch":"b"}]`: "taken",
	} {
		_, err := start(text)
		require.ErrorContains(t, err, say)
	}
}

func TestMainNeverRunsInProduction(t *testing.T) {
	for _, env := range []string{"production", "Production ", "prod"} {
		t.Setenv("ANPEI_ENV", env)
		require.ErrorContains(t, identity.Main(t.Context(), []string{"--data", t.TempDir()}), "never runs in production")
	}
}

func TestMainSaysWhyItDoesNotStart(t *testing.T) {
	t.Setenv("ANPEI_ENV", "")
	dir := t.TempDir()
	require.ErrorContains(t, identity.Main(t.Context(), nil), "--data is not set")
	require.ErrorContains(t, identity.Main(t.Context(), []string{"--data", dir, "--listen", "127.0.0.1:0"}), "--issuer")
	require.ErrorContains(t, identity.Main(t.Context(), []string{"--data", dir, "--issuer", "http://127.0.0.1:1/"}), "must be an address like")
	require.ErrorContains(t, identity.Main(t.Context(), []string{"--data", dir, "--listen", "0.0.0.0:8090"}), "loopback")
	s := open(t)
	require.ErrorContains(t, identity.Main(t.Context(), []string{"--data", s.dir}), "only one process may hold")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, identity.Main(ctx, []string{"--data", dir, "--listen", "127.0.0.1:0", "--issuer", "http://127.0.0.1:1"}))
}
