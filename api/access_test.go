package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/boot"
	"anpei/internal/pace"
	"anpei/internal/testenv"
	"anpei/schemas/rest"
)

// issuer is an identity provider of the test's own, which signs what it likes.
type issuer struct {
	*httptest.Server
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	i := &issuer{key: key}
	point, err := key.PublicKey.Bytes()
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer": %q, "authorization_endpoint": %[1]q, "token_endpoint": %[1]q, "jwks_uri": %q, "id_token_signing_alg_values_supported": ["ES256"]}`, i.URL, i.URL+"/jwks")
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": %q, "y": %q}]}`, b64(point[1:33]), b64(point[33:]))
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sign returns claims as a token; change makes it another one.
func (i *issuer) sign(t *testing.T, change map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": i.URL, "sub": "intake-1", "aud": "anpei", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
	header := map[string]any{"alg": "ES256", "kid": "1", "typ": "at+jwt"}
	for name, value := range change {
		if name == "alg" || name == "kid" {
			header[name] = value
		} else {
			claims[name] = value
		}
	}
	h, err := json.Marshal(header)
	require.NoError(t, err)
	c, err := json.Marshal(claims)
	require.NoError(t, err)
	text := b64(h) + "." + b64(c)
	if header["alg"] == "none" {
		return text + "."
	}
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, sum[:])
	require.NoError(t, err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + b64(signature)
}

func TestStaffSignInWithATokenOfTheIdentityProvider(t *testing.T) {
	t.Parallel()
	provider, other := newIssuer(t), newIssuer(t)
	h := openOn(t, testenv.DB(t), boot.Config{Issuer: provider.URL, Audience: "anpei", CodecKey: "k"})
	h.sql(`insert into staff (id, name, role, branch) values ('intake-1', '王敏', 'intake', '3101')`)
	h.sql(`insert into staff (id, name, role, branch, active) values ('gone-1', '李强', 'intake', '3101', false)`)

	me := readAs[rest.Principal](t, h.get("/v1/me", provider.sign(t, nil)))
	require.Equal(t, rest.Principal{Id: "intake-1", Name: "王敏", Role: claim.Intake, Branch: "3101"}, me)
	several := provider.sign(t, map[string]any{"aud": []string{"another", "anpei"}})
	require.Equal(t, http.StatusOK, h.get("/v1/me", several).status)

	good := provider.sign(t, nil)
	for name, token := range map[string]string{
		"of another provider":       other.sign(t, nil),
		"signed by another":         other.sign(t, map[string]any{"iss": provider.URL}),
		"for another audience":      provider.sign(t, map[string]any{"aud": "another"}),
		"expired":                   provider.sign(t, map[string]any{"exp": time.Now().Add(-time.Second).Unix()}),
		"not signed":                provider.sign(t, map[string]any{"alg": "none"}),
		"signed with a public key":  provider.sign(t, map[string]any{"alg": "HS256"}),
		"signed with an absent key": provider.sign(t, map[string]any{"kid": "2"}),
		"changed":                   strings.Replace(good, ".", ".e30", 1),
		"cut off":                   good[:len(good)-4],
		"three words":               "a.b.c",
		"an opaque word":            "abcdef",
		"much too long":             strings.Repeat("a", 9000),
	} {
		p := h.get("/v1/me", token).problem(t, http.StatusUnauthorized)
		require.NotContains(t, p.Detail, "oidc", name)
	}
	for _, subject := range []string{"nobody-1", "gone-1"} {
		p := h.get("/v1/me", provider.sign(t, map[string]any{"sub": subject})).problem(t, http.StatusForbidden)
		require.Contains(t, p.Detail, "active staff")
	}

	// A change of the record acts within three seconds.
	h.sql(`update staff set role = 'audit' where id = 'intake-1'`)
	require.Eventually(t, func() bool {
		return readAs[rest.Principal](t, h.get("/v1/me", good)).Role == claim.Audit
	}, pace.Limit(5*time.Second), 200*time.Millisecond)

	// A token that was looked at is trusted until it ends, and no longer.
	life := pace.Limit(2 * time.Second)
	short := provider.sign(t, map[string]any{"exp": time.Now().Add(life).Unix()})
	require.Equal(t, http.StatusOK, h.get("/v1/me", short).status)
	require.Eventually(t, func() bool { return h.get("/v1/me", short).status == http.StatusUnauthorized }, life+pace.Limit(3*time.Second), 200*time.Millisecond)
}

func TestASessionOpensNoFurtherSession(t *testing.T) {
	t.Parallel()
	provider := newIssuer(t)
	h := openOn(t, testenv.DB(t), boot.Config{Issuer: provider.URL, Audience: "anpei", CodecKey: "k"})
	h.sql(`insert into staff (id, name, role, branch) values ('intake-1', '王敏', 'intake', '3101')`)
	opened := h.call(http.MethodPost, "/v1/staff-sessions", provider.sign(t, nil), nil)
	require.Equal(t, http.StatusCreated, opened.status)
	require.Equal(t, "no-store", opened.header.Get("Cache-Control"))
	token := regexp.MustCompile(`"token":"([^"]+)"`).FindSubmatch(opened.body)[1]
	require.Equal(t, http.StatusOK, h.get("/v1/me", string(token)).status)
	h.call(http.MethodPost, "/v1/staff-sessions", string(token), nil).problem(t, http.StatusUnauthorized)
}

func TestAProviderThatIsDownIsNoFaultOfTheCaller(t *testing.T) {
	t.Parallel()
	provider := newIssuer(t)
	token := provider.sign(t, nil)
	provider.Close()
	h := openOn(t, testenv.Database{}, boot.Config{Issuer: provider.URL, Audience: "anpei", CodecKey: "k"})
	a := h.get("/v1/me", token)
	require.Equal(t, "/problems/unavailable", a.problem(t, http.StatusServiceUnavailable).Type)
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

func TestTheLocalIdentityProviderLetsAPersonaIn(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.sql(`insert into staff (id, name, role, branch) values ('audit-xu', '许诺', 'audit', '0000')`)
	verifier := b64([]byte("a verifier that nobody guesses, of 32 bytes or more"))
	sum := sha256.Sum256([]byte(verifier))
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	back := "http://127.0.0.1:1/back"
	r, err := client.Get(h.cfg.Issuer + "/authorize?" + url.Values{
		"client_id": {"anpei-cli"}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid"}, "persona": {"audit-xu"},
		"code_challenge": {b64(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode())
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	to, err := r.Location()
	require.NoError(t, err)
	r, err = client.PostForm(h.cfg.Issuer+"/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"anpei-cli"}, "redirect_uri": {back}, "code": {to.Query().Get("code")}, "code_verifier": {verifier},
	})
	require.NoError(t, err)
	defer r.Body.Close()
	var tokens struct {
		Access string `json:"access_token"`
		ID     string `json:"id_token"`
	}
	require.NoError(t, json.NewDecoder(r.Body).Decode(&tokens))
	require.Equal(t, claim.Audit, readAs[rest.Principal](t, h.get("/v1/me", tokens.Access)).Role)
	h.get("/v1/me", tokens.ID).problem(t, http.StatusUnauthorized) // says who somebody is, and lets nobody in
}

// someone is a phone number that no other test uses.
func someone() string {
	return fmt.Sprintf("139%08d", uuid.New().ID()%100_000_000)
}

// codeFor reads the newest code that the gateway has for a phone, "" for none.
func (h *house) codeFor(phone string) string {
	h.t.Helper()
	return regexp.MustCompile(`\d{6}`).FindString(h.sent(phone))
}

// sent is the newest message that the gateway has for a phone, "" for none.
func (h *house) sent(phone string) string {
	h.t.Helper()
	h.wait()
	r, err := http.Get(h.cfg.OutboxURL + "/messages?to=" + phone)
	require.NoError(h.t, err)
	defer r.Body.Close()
	var list struct {
		Messages []struct{ Body string }
	}
	require.NoError(h.t, json.NewDecoder(r.Body).Decode(&list))
	if len(list.Messages) == 0 {
		return ""
	}
	return list.Messages[0].Body
}

// age makes what a phone was sent look older.
func (h *house) age(phone, by string) {
	h.sql(`update phone_codes set expires_at = expires_at - $2::interval where phone = $1`, phone, by)
}

func TestACodeIsSentInTheLanguageOfWhoAsksForIt(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	for language, want := range map[claim.Language]string{
		"":            `^【安赔】您的验证码是 \d{6}，10 分钟内有效，请勿告诉他人。如非您本人操作，请致电 400-000-0000。$`,
		claim.Chinese: `^【安赔】您的验证码是 `,
		claim.English: `^【安赔】Anpei: your code is \d{6}. It is good for 10 minutes; .* call 400-000-0000.$`,
	} {
		phone := someone()
		require.Equal(t, http.StatusAccepted, h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: phone, Language: language}).status)
		require.Len(t, h.codeFor(phone), 6)
		require.Regexp(t, want, h.sent(phone))
	}
	h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: someone(), Language: "fr"}).problem(t, http.StatusUnprocessableEntity)
}

func TestAClaimantIsLetInByPhone(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	phone := someone()
	sent := h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: phone})
	require.Equal(t, http.StatusAccepted, sent.status)
	require.Equal(t, 600, readAs[rest.PhoneCodeSent](t, sent).ExpiresIn)
	code := h.codeFor(phone)
	require.Len(t, code, 6)

	ask := rest.SessionRequest{Phone: phone, Code: code}
	opened := h.call(http.MethodPost, "/v1/sessions", "", ask)
	session := readAs[rest.Session](t, opened)
	require.Equal(t, claimantID(phone), session.Principal.Id)
	require.Equal(t, claim.MaskPhone(phone), session.Principal.Name)
	require.NotContains(t, session.Principal.Id, phone)
	require.WithinDuration(t, time.Now().Add(12*time.Hour), session.ExpiresAt, time.Minute)
	require.Equal(t, session.Principal, readAs[rest.Principal](t, h.get("/v1/me", session.Token)))

	again := readAs[rest.Session](t, h.call(http.MethodPost, "/v1/sessions", "", ask))
	require.Equal(t, session, again, "the same key gives the same session")
	other := h.call(http.MethodPost, "/v1/sessions", "", ask, "Idempotency-Key", "another-key")
	other.problem(t, http.StatusUnauthorized) // a code opens one session

	closed := h.call(http.MethodDelete, "/v1/sessions/current", session.Token, nil)
	require.Equal(t, http.StatusNoContent, closed.status)
	h.get("/v1/me", session.Token).problem(t, http.StatusUnauthorized)
	h.call(http.MethodPost, "/v1/sessions", "", ask).problem(t, http.StatusUnauthorized) // and is not opened again

	var kept string
	require.NoError(t, h.db.Owner.QueryRow(t.Context(), `select row_to_json(c)::text || coalesce((select string_agg(s.principal, '') from sessions s), '') from phone_codes c`).Scan(&kept))
	require.NotContains(t, kept, code, "no code is stored")
}

func TestASessionIsRememberedAcrossProcessesAndEnds(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	phone, token := someone(), "an-opaque-token"
	sum := sha256.Sum256([]byte(token))
	h.sql(`insert into sessions (token_hash, principal, phone, expires_at) values ($1, $2, $3, now() + interval '2 seconds')`, sum[:], claimantID(phone), phone)
	require.Equal(t, claimantID(phone), readAs[rest.Principal](t, h.get("/v1/me", token)).Id)
	require.Eventually(t, func() bool { return h.get("/v1/me", token).status == http.StatusUnauthorized }, pace.Limit(5*time.Second), 200*time.Millisecond)
}

func TestWrongCodesAreWorthNothing(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	phone := someone()
	h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: phone})
	code := h.codeFor(phone)
	wrong := "000000"
	if code == wrong {
		wrong = "111111"
	}
	details := map[string]bool{}
	try := func(r rest.SessionRequest) {
		details[h.call(http.MethodPost, "/v1/sessions", "", r).problem(t, http.StatusUnauthorized).Detail] = true
	}
	try(rest.SessionRequest{Phone: someone(), Code: code})                             // of another phone
	try(rest.SessionRequest{Phone: phone, Code: code, ClaimNo: "AP-3101-2026-000001"}) // asked for without a claim
	for range 5 {
		try(rest.SessionRequest{Phone: phone, Code: wrong})
	}
	try(rest.SessionRequest{Phone: phone, Code: code}) // the right one, after five tries
	require.Len(t, details, 1, "every way of being wrong is told in the same words")

	// A new code is good again; one that is too old is not, nor one that a newer replaced.
	h.age(phone, "2 minutes")
	h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: phone}, "Idempotency-Key", "second-code")
	second := h.codeFor(phone)
	require.NotEqual(t, code, second)
	h.age(phone, "2 minutes")
	h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: phone}, "Idempotency-Key", "third-code")
	third := h.codeFor(phone)
	if second != third {
		try(rest.SessionRequest{Phone: phone, Code: second})
	}
	h.age(phone, "11 minutes")
	try(rest.SessionRequest{Phone: phone, Code: third})
}

func TestCodesAreRationed(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	phone := someone()
	send := func(key string) heard {
		return h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: phone}, "Idempotency-Key", key)
	}
	require.Equal(t, http.StatusAccepted, send("key-first").status)
	first := h.codeFor(phone)
	require.Equal(t, http.StatusAccepted, send("key-first").status, "a repeat is no second try")
	require.Equal(t, first, h.codeFor(phone), "and sends nothing")
	late := send("key-second")
	require.Equal(t, "/problems/too-many-tries", late.problem(t, http.StatusTooManyRequests).Type)
	require.Equal(t, "60", late.header.Get("Retry-After"))
	for i := range 4 {
		h.age(phone, "61 seconds")
		require.Equal(t, http.StatusAccepted, send(fmt.Sprintf("key-more-%d", i)).status)
	}
	h.age(phone, "61 seconds")
	send("key-sixth").problem(t, http.StatusTooManyRequests)
	h.age(phone, "60 minutes")
	require.Equal(t, http.StatusAccepted, send("key-after-an-hour").status)

	reused := h.call(http.MethodPost, "/v1/phone-codes", "", rest.PhoneCodeRequest{Phone: phone, ClaimNo: "AP-3101-2026-000001"}, "Idempotency-Key", "key-after-an-hour")
	require.Equal(t, "/problems/key-reused", reused.problem(t, http.StatusUnprocessableEntity).Type)
}

func TestACallerIsRationedByAddress(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	try := func(from string) (status int) {
		return h.call(http.MethodPost, "/v1/sessions", "", rest.SessionRequest{Phone: "13800000000", Code: "123456"}, "X-Forwarded-For", from).status
	}
	require.Equal(t, http.StatusUnauthorized, try("203.0.113.7"))
	tries := 1
	for ; tries < 1000 && try("203.0.113.7") == http.StatusUnauthorized; tries++ {
		continue
	}
	require.GreaterOrEqual(t, tries, 60, "room for a few who share an address")
	require.Less(t, tries, 1000)
	// What a caller says of itself before the proxy's word does not count.
	require.Equal(t, http.StatusTooManyRequests, try("198.51.100.1, 203.0.113.7"))
	require.Equal(t, http.StatusUnauthorized, try("203.0.113.8"), "another address has its own tries")
}

func TestTheAnswerDoesNotTellWhetherAClaimIsThere(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	insured, stranger := someone(), someone()
	c := h.aClaim(map[string]any{"opened_by": "intake-1"}, party{insured, "insured", ""})
	var answers []string
	for _, ask := range []rest.PhoneCodeRequest{
		{Phone: insured, ClaimNo: c.number}, {Phone: stranger, ClaimNo: c.number}, {Phone: someone(), ClaimNo: "AP-3101-2026-999999"}, {Phone: someone(), ClaimNo: "not a number"},
	} {
		a := h.call(http.MethodPost, "/v1/phone-codes", "", ask)
		answers = append(answers, fmt.Sprint(a.status, string(a.body)))
	}
	for _, a := range answers {
		require.Equal(t, answers[0], a)
	}
	require.Empty(t, h.codeFor(stranger), "no code goes to whom the claim is none of")
	code := h.codeFor(insured)
	session := readAs[rest.Session](t, h.call(http.MethodPost, "/v1/sessions", "", rest.SessionRequest{Phone: insured, Code: code, ClaimNo: c.number}))
	require.Equal(t, string(c.id), session.Principal.Claim)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), session.ExpiresAt, time.Minute)
	require.Equal(t, http.StatusOK, h.get("/v1/claims/"+c.number, session.Token).status)
	other := h.aClaim(map[string]any{"opened_by": "intake-1"}, party{insured, "insured", ""})
	h.get("/v1/claims/"+other.number, session.Token).problem(t, http.StatusNotFound) // the session is for one claim
	h.call(http.MethodPost, "/v1/claims", session.Token, map[string]any{
		"channel": "web", "line": "motor", "policy_no": "", "loss_at": time.Now().AddDate(0, 0, -1).Format(time.RFC3339), "place": "x", "cause": "other", "story": "x",
		"injury": false, "self_service": true, "reporter": map[string]any{"name": "王", "phone": insured, "role": "reporter"},
		"exposures": []any{map[string]any{"kind": "own_damage", "object": "x", "estimate_fen": 1}},
	}).problem(t, http.StatusForbidden)
}
