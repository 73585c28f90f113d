package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/api/access"
	"anpei/claim"
	"anpei/internal/pace"
)

// browser is a visitor of the pages, who keeps cookies and goes where they are
// sent.
type browser struct {
	h      *house
	client http.Client
	header http.Header // of every request
	where  *url.URL
	page   string
	status int
	heard  http.Header
}

func (h *house) browser() *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	b := &browser{h: h, client: http.Client{Jar: jar}, header: http.Header{}}
	b.where, err = url.Parse(h.web.URL)
	require.NoError(h.t, err)
	return b
}

func (b *browser) do(r *http.Request) *browser {
	b.h.t.Helper()
	for name := range b.header {
		r.Header.Set(name, b.header.Get(name))
	}
	response, err := b.client.Do(r)
	require.NoError(b.h.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(b.h.t, err)
	b.where, b.page, b.status, b.heard = response.Request.URL, html.UnescapeString(string(raw)), response.StatusCode, response.Header
	return b
}

// open goes to an address.
func (b *browser) open(to string) *browser {
	b.h.t.Helper()
	u, err := b.where.Parse(to)
	require.NoError(b.h.t, err)
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodGet, u.String(), nil)
	require.NoError(b.h.t, err)
	return b.do(r)
}

// send fills in the form that goes to an address, and sends it as a browser does.
func (b *browser) send(action string, pairs ...string) {
	b.h.t.Helper()
	b.post(action, b.form(action, pairs...))
}

var (
	hidden  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	keyForm = regexp.MustCompile(`name="key" value="[A-Z0-9]{8,}"`)
)

// form is what a form would send: what is hidden in it, and what is typed.
func (b *browser) form(action string, pairs ...string) url.Values {
	b.h.t.Helper()
	_, form, found := strings.Cut(b.page, `action="`+action+`"`)
	require.True(b.h.t, found, "no form goes to %s at %s:\n%s", action, b.where, b.page)
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(form, -1) {
		values.Set(field[1], field[2])
	}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

func (b *browser) post(to string, values url.Values) *browser {
	b.h.t.Helper()
	u, err := b.where.Parse(to)
	require.NoError(b.h.t, err)
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, u.String(), strings.NewReader(values.Encode()))
	require.NoError(b.h.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// signIn goes through the identity provider as a persona; next is where they
// wanted to.
func (b *browser) signIn(persona, next string) *browser {
	b.h.t.Helper()
	b.open("/signin/start?next=" + url.QueryEscape(next))
	require.Contains(b.h.t, b.where.String(), b.h.cfg.Issuer, b.page)
	return b.open(b.where.RequestURI() + "&persona=" + persona)
}

func TestAMemberOfStaffSignsInAndOut(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.sql(`insert into staff (id, name, role, branch) values ('assess-zhou', '周平', 'assessor', '3101'), ('survey-chen', '陈刚', 'surveyor', '3101')`)
	b := h.browser().open("/desk?mine=true")
	require.Equal(t, "/signin", b.where.Path, "who is not signed in is sent to the door")
	require.Equal(t, "/desk?mine=true", b.where.Query().Get("next"))

	b.signIn("assess-zhou", "/desk?mine=true")
	require.Equal(t, "/desk?mine=true", b.where.RequestURI(), "and comes back to where they were")
	require.Contains(t, b.page, "周平")
	require.Equal(t, "/desk", b.signIn("assess-zhou", "https://elsewhere.example/").where.Path, "and never elsewhere")

	require.Contains(t, b.heard.Get("Content-Security-Policy"), "form-action 'self' "+h.cfg.Issuer+";", "the form that signs out may lead there")
	var way []*url.URL
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error { way = append(way, r.URL); return nil }
	b.send("/signout")
	require.Equal(t, "/signin", b.where.Path)
	require.Contains(t, b.page, "您已退出")
	require.Equal(t, h.cfg.Issuer+"/logout", way[0].Scheme+"://"+way[0].Host+way[0].Path, "the provider ends its session too")
	require.NotEmpty(t, way[0].Query().Get("id_token_hint"))
	require.Equal(t, h.web.URL+"/signin", way[0].Query().Get("post_logout_redirect_uri"))
	require.Equal(t, "/signin", b.open("/desk").where.Path)
}

func TestWhoIsNotOnTheListDoesNotComeIn(t *testing.T) {
	t.Parallel()
	b := openWithRows(t).browser().signIn("audit-xu", "/desk")
	require.Equal(t, http.StatusForbidden, b.status)
	require.Contains(t, b.page, "您不能做这一步")
	require.Equal(t, "/signin", b.open("/desk").where.Path)
}

func TestASignInIsFinishedWhereItWasBegun(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.sql(`insert into staff (id, name, role, branch) values ('assess-zhou', '周平', 'assessor', '3101')`)
	mine, other := h.browser(), h.browser()
	mine.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/signin/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	mine.signIn("assess-zhou", "")
	link := mine.heard.Get("Location")
	require.Contains(t, link, "/signin/callback?")
	require.Equal(t, "/signin", other.open(link).where.Path, "a link that somebody sent signs nobody in as them")
	require.Equal(t, "/signin", other.open("/desk").where.Path)
	mine.client.CheckRedirect = nil
	require.Equal(t, "/desk", mine.open(link).where.Path)
	require.Equal(t, "/signin", mine.open(link).where.Path, "and once")
}

// Two windows of one browser are at the provider at once, as after a night with
// several pages open; they come back in the order in which they went, and each
// lands where it wanted to.
func TestTwoSignInsAtOnceBothSucceedAndLandWhereTheyWanted(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.sql(`insert into staff (id, name, role, branch) values ('assess-zhou', '周平', 'assessor', '3101')`)
	one, two := h.browser(), h.browser()
	two.client.Jar = one.client.Jar
	one.open("/signin/start?next=" + url.QueryEscape("/desk?mine=true"))
	two.open("/signin/start?next=" + url.QueryEscape("/desk/search"))
	for window, want := range map[*browser]string{one: "/desk?mine=true", two: "/desk/search"} {
		window.open(window.where.RequestURI() + "&persona=assess-zhou")
		require.Equal(t, want, window.where.RequestURI())
		require.Contains(t, window.page, "周平")
	}
}

// A browser that begins many and finishes none forgets the oldest, and its
// requests stay small.
func TestSignInsThatAreNeverFinishedAreForgotten(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.sql(`insert into staff (id, name, role, branch) values ('assess-zhou', '周平', 'assessor', '3101')`)
	first := h.browser()
	first.open("/signin/start?next=/desk")
	var last *browser
	for range 20 {
		last = h.browser()
		last.client.Jar = first.client.Jar
		last.open("/signin/start?next=/desk")
	}
	sent := 0
	for _, c := range first.client.Jar.Cookies(&url.URL{Scheme: "http", Host: strings.TrimPrefix(h.web.URL, "http://"), Path: "/"}) {
		if strings.HasPrefix(c.Name, "anpei-signin-") {
			sent++
		}
	}
	require.Equal(t, 8, sent)
	require.Equal(t, "/desk", last.open(last.where.RequestURI()+"&persona=assess-zhou").where.Path)
}

func TestSessionsOfStaffEnd(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.sql(`insert into staff (id, name, role, branch) values ('assess-zhou', '周平', 'assessor', '3101')`)
	for what, end := range map[string]string{
		"after an hour without use": `update sessions set seen_at = now() - interval '61 minutes'`,
		"after twelve hours":        `update sessions set expires_at = now()`,
		"with the member's access":  `update staff set active = false`,
	} {
		h.sql(`update staff set active = true`)
		h.access.Changed("assess-zhou")
		b := h.browser().signIn("assess-zhou", "/desk")
		require.Equal(t, http.StatusOK, b.status, what)
		h.sql(end)
		require.Eventually(t, func() bool { b.open("/desk"); return b.where.Path == "/signin" || b.status == http.StatusForbidden }, pace.Limit(2*access.RememberedFor), 50*time.Millisecond, what)
	}
}

func TestAClaimantFollowsAClaim(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	phone := someone()
	no := h.claimOf(phone)
	b := h.browser().open("/c/" + no)
	require.Equal(t, "/track", b.where.Path)
	require.Contains(t, b.page, `value="`+no+`"`, "the number need not be typed again")

	b.send("/track", "claim", "AP-31", "phone", "12")
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	require.Contains(t, b.page, "请核对赔案号")
	require.Contains(t, b.page, "请填写 11 位手机号码")
	require.Contains(t, b.page, `value="AP-31"`, "what was typed is kept")

	b.send("/track", "claim", strings.ToLower(no), "phone", phone[:3]+" "+phone[3:7]+" "+phone[7:])
	require.Equal(t, "/track/code", b.where.Path, b.page)
	require.Contains(t, b.page, claim.MaskPhone(phone))
	require.NotContains(t, b.page, phone)

	b.send("/track/code", "code", "000000")
	require.Contains(t, b.page, "验证码不对或已失效")
	b.send("/track/code", "code", h.codeFor(phone))
	require.Equal(t, "/c/"+no, b.where.Path, b.page)
	require.Contains(t, b.page, "已收到您的报案")
	require.Contains(t, b.open("/c/"+no+"?lang=en").page, "We have your report")
	require.Contains(t, b.open("/c/"+no).page, "We have your report", "the language stays chosen")
	require.NotContains(t, b.page, phone)
	require.Equal(t, "/track", b.open("/c/AP-3101-2026-999999").where.Path, "another claim asks for its own code")

	b.open("/c/" + no)
	b.send("/signout")
	require.Equal(t, "/track", b.open("/c/"+no).where.Path)
}

// claimOf writes a claim of a phone, and returns its number.
func (h *house) claimOf(phone string) string {
	h.t.Helper()
	id := uuid.NewString()
	no := fmt.Sprintf("AP-3101-2026-%06d", uuid.New().ID()%1_000_000)
	h.sql(`insert into claims (id, number, line, lane, stage, branch, channel, opened_by, policy_no, loss_at, place, cause, story, claimed_fen, injury, reported_at, updated_at, version, next_event, last_hash, file)
	       values ($1, $2, 'motor', 'standard', 'reported', '3101', 'web', $3, 'P-1', now(), '南京西路', 'scratch', '倒车', 120000, false, now(), now(), 1, 1, '', '{}')`, id, no, string(claimantID(phone)))
	h.sql(`insert into parties (claim_id, number, role, name, phone, principal, added_at) values ($1, 1, 'insured', '王先生', $2, $3, now())`, id, phone, string(claimantID(phone)))
	return no
}

func TestPagesAreGuarded(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser().open("/")
	require.Equal(t, http.StatusOK, b.status)
	policy := b.heard.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	for header, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Content-Language": "zh",
	} {
		require.Equal(t, want, b.heard.Get(header), header)
	}
	require.NotRegexp(t, `(?i)<script(>| (?:[^>]*)>[^<])|<style|\son[a-z]+=|\sstyle=|javascript:`, b.page, "nothing in a page itself runs or paints")
	require.Equal(t, http.StatusNotFound, b.open("/nothing").status)
	require.Contains(t, b.page, "没有找到")
	h.get("/v1/nothing", "").problem(t, http.StatusNotFound)
	h.get("/v1", "").problem(t, http.StatusNotFound)
}

func TestPagesRefuseWhatAnotherSiteSends(t *testing.T) {
	t.Parallel()
	h := open(t)
	for what, header := range map[string][2]string{
		"a form of another site":        {"Sec-Fetch-Site", "cross-site"},
		"of a neighbour under our name": {"Sec-Fetch-Site", "same-site"},
		"an older browser's":            {"Origin", "https://elsewhere.example"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.web.URL+"/signout", strings.NewReader("key=aaaaaaaaaaaa"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header[0], header[1])
		b := h.browser().do(r)
		require.Equal(t, http.StatusForbidden, b.status, what)
		require.Contains(t, b.page, "请求来自其他网站", what)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.web.URL+"/", nil)
	require.NoError(t, err)
	r.Host = "elsewhere.example" // a name made to point at this machine
	require.Equal(t, http.StatusMisdirectedRequest, h.browser().do(r).status)
}

func TestWhatWasTypedSurvivesTheSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser().post("/desk/tasks/11111111-1111-1111-1111-111111111111/take", url.Values{"key": {"KEYKEYKEY"}, "note": {"写了很久"}})
	require.Equal(t, http.StatusUnauthorized, b.status)
	require.Contains(t, b.page, "写了很久")
	require.Contains(t, b.page, "登录已结束")
	require.Equal(t, "KEYKEYKEY", b.form("/desk/tasks/11111111-1111-1111-1111-111111111111/take").Get("key"), "sent again it is the same command")
}

func TestEveryFormActsOnce(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	for _, page := range []string{"/track"} {
		b.open(page)
		require.Len(t, keyForm.FindAllString(b.page, -1), strings.Count(b.page, "<form"), page)
	}
}
