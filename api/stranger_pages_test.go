package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/api/contract"
	"anpei/api/web/admin"
	"anpei/api/web/claimant"
	"anpei/api/web/desk"
	"anpei/api/web/site"
	"anpei/api/web/surveyor"
	"anpei/claim"
	"anpei/schemas/rest"
)

// route is a page of claimants.
type route struct{ method, path string }

// claimantPages are all pages that ask for no session of staff, those that end a
// claim or a draft last.
func claimantPages(t *testing.T) (pages []route) {
	t.Helper()
	add := func(pattern string, of site.Audience, _ site.Page) {
		if method, path, _ := strings.Cut(pattern, " "); of != site.Staff {
			pages = append(pages, route{method, strings.TrimSuffix(path, "{$}")})
		}
	}
	for _, routes := range []func(site.Handle){claimant.Routes, desk.Routes, surveyor.Routes, admin.Routes} {
		routes(add)
	}
	add("POST /signout", site.Anybody, nil)
	require.Greater(t, len(pages), 35)
	last := []string{"/withdraw", "/report/check", "/report/discard", "/signout"}
	slices.SortStableFunc(pages, func(a, b route) int {
		at := func(r route) int {
			return slices.IndexFunc(last, func(end string) bool { return r.method == http.MethodPost && strings.HasSuffix(r.path, end) })
		}
		return cmp.Compare(at(a), at(b))
	})
	return pages
}

// aForm fills in every form of these pages, whatever each asks for.
func aForm(policy string) url.Values {
	return url.Values{
		"key": {uuid.NewString()}, "reason": {"太少"}, "policy": {"policy:" + policy}, "cause": {"scratch"}, "story": {"倒车刮擦"}, "loss_at": {time.Now().Add(-time.Hour).In(claim.Shanghai).Format("2006-01-02T15:04")},
		"place": {"南京西路"}, "name": {"赵六"}, "role": {"driver"}, "object": {"后保险杠"}, "estimate": {"1200"}, "self": {"yes"}, "offer": {"1"},
		"payee": {"孙七"}, "bank": {"工商银行"}, "account": {"1001234567890123"}, "again": {"1001234567890123"}, "then": {"check"},
	}
}

// surf asks for a page as a browser does that is signed in, or not: what comes
// back, and where it leads, without what chance makes of it.
func (k *stack) surf(t *testing.T, token string, to route, form url.Values) string {
	t.Helper()
	var body io.Reader
	if to.method != http.MethodGet {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), to.method, strings.TrimSuffix(k.url, contract.BasePath)+to.path, body)
	require.NoError(t, err)
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "anpei-claimant", Value: token})
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Less(t, res.StatusCode, 500, "%s %s: %s", to.method, to.path, page)
	text := fmt.Sprintf("%d %s\n%s", res.StatusCode, res.Header.Get("Location"), html.UnescapeString(string(page)))
	for _, chance := range []*regexp.Regexp{formKey, requestCode, pageMoment} {
		text = chance.ReplaceAllString(text, "CHANCE")
	}
	return text
}

var (
	pageMoment  = regexp.MustCompile(`data-now="[0-9]+"`)
	formKey     = regexp.MustCompile(`\b[A-Z0-9]{26}\b`)
	requestCode = regexp.MustCompile(`<code>[0-9a-f]{16}</code>`)
)

// A stranger reports on the policy of somebody else, on one that has lapsed and
// on one that there is not. No page that they come to tells which is which, nor
// whose policy it is.
func TestAStrangersPagesTellNothingOfAPolicy(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	k.surveyor(t)
	token, phone := k.claimant(t)
	_, holder := k.claimant(t)
	known, lapsed := k.policy(t, holder), k.policy(t, holder)
	_, err := k.data.Owner.Exec(t.Context(), `update policy_versions set ends_at = now() - interval '1 day' where policy_id = (select id from policies where number = $1)`, lapsed)
	require.NoError(t, err)
	pages := claimantPages(t)
	var first map[string]string
	for _, policy := range []string{known, lapsed, "P-" + uuid.NewString()[:13]} {
		said := k.strangersPages(t, token, phone, policy, pages)
		for what, page := range said {
			secrets := []string{holder, claim.MaskPhone(holder), "王先生", claim.MaskName("王先生"), "保单已核实", "保单未核实"}
			if strings.Contains(what, "{claim}") { // others give a number as an example
				secrets = append(secrets, "3101")
			}
			for _, secret := range secrets {
				require.NotContains(t, page, secret, what)
			}
		}
		if first == nil {
			first = said
			continue
		}
		require.Len(t, said, len(first))
		for what := range first {
			require.Equal(t, first[what], said[what], what)
		}
	}
	// The pages of who is in the policy do tell: by the lane that their claim takes.
	own := k.reported(t)
	k.routed(t, own.token, own.Number)
	require.Contains(t, k.surf(t, own.token, route{"GET", "/c/" + own.Number}, nil), "请再拍摄受损部位照片")
}

// strangersPages reports on a policy by the pages, then goes to all of them.
func (k *stack) strangersPages(t *testing.T, token, phone, policy string, pages []route) map[string]string {
	t.Helper()
	n := k.notice(t, phone, policy)
	n.Reporter.Name, n.Reporter.Role, n.Channel = "赵六", "driver", ""
	draft := map[string]any{}
	raw, err := json.Marshal(n)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &draft))
	draft["key"], draft["pictured"] = uuid.NewString(), true
	k.ask(t, token, "DELETE", "/draft", "", nil)
	require.Equal(t, http.StatusOK, k.ask(t, token, "PUT", "/draft", "", map[string]any{"body": draft}).status)

	said := map[string]string{}
	var number, document string
	var id claim.ID
	keep := func(page route) {
		to := page
		to.path = strings.NewReplacer("{claim}", number, "{document}", document, "{upload}", uuid.NewString(), "{letter}", "1", "{paper}", uuid.NewString(), "{step}", "what").Replace(page.path)
		if strings.HasSuffix(to.path, "/live") {
			to.path += "?once"
		}
		text := k.surf(t, token, to, aForm(policy))
		text = strings.NewReplacer(policy, "POLICY", number+" ", "NUMBER ").Replace(text)
		if number != "" {
			text = strings.NewReplacer(number, "NUMBER", string(id), "CLAIM").Replace(text)
		}
		said[page.method+" "+page.path] = withoutChance(text)
	}
	for _, step := range []string{"what", "where", "who", "photos", "check"} {
		keep(route{"GET", "/report/" + step})
	}
	check := k.surf(t, token, route{"GET", "/report/check"}, nil)
	hiddenAs := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `" value="([^>]*)">`).FindStringSubmatch(check)
		require.Len(t, m, 2, "%s in %s", name, check)
		return m[1]
	}
	sent := k.surf(t, token, route{"POST", "/report/check"}, url.Values{"key": {uuid.NewString()}, "version": {hiddenAs("version")}, "notice": {hiddenAs("notice")}})
	m := regexp.MustCompile(`^303 /c/(AP-[0-9]{4}-[0-9]{4}-[0-9]{6,})/sent\n`).FindStringSubmatch(sent)
	require.Len(t, m, 2, sent)
	number = m[1]
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), `select id from claims where number = $1`, number).Scan(&id))
	k.routed(t, token, number)
	upload := k.upload(t, token, number, append(slices.Clone(aPDF), policy...))
	attached := into[rest.Attached](t, k.ask(t, token, "POST", "/claims/"+number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: upload.Id, Kind: "vehicle_licence"}}}), 201)
	document = attached.Ids[0]
	for _, page := range pages {
		if page.path != "/signout" {
			keep(page)
		}
	}
	return said
}

// Who knows a claim's number, or a policy's, and nothing else is told what one is
// told who made the number up: on every page, and by every operation.
func TestWhoKnowsANumberAloneLearnsNothing(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t)
	k.routed(t, r.token, r.Number)
	up := k.upload(t, r.token, r.Number, aPDF)
	there := into[rest.Attached](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "vehicle_licence"}}}), 201).Ids[0]
	var task string
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), `select coalesce((select id::text from tasks where claim_id = $1 limit 1), gen_random_uuid()::text)`, r.Claim).Scan(&task))
	made := "AP-" + r.Number[3:7] + fmt.Sprintf("-%d-999999", time.Now().In(claim.Shanghai).Year())

	stranger, _ := k.claimant(t)
	other := k.reported(t)
	exists := strings.NewReplacer("{claim}", r.Number, "{document}", there, "{task}", task, "{number}", r.policy)
	none := strings.NewReplacer("{claim}", made, "{document}", uuid.NewString(), "{task}", uuid.NewString(), "{number}", "P-"+uuid.NewString()[:13])
	plain := strings.NewReplacer(r.Number, "NUMBER", made, "NUMBER", r.policy, "POLICY")
	rests := strings.NewReplacer("{upload}", uuid.NewString(), "{letter}", "1", "{version}", "1", "{round}", "1", "{item}", "vehicle_licence", "{finding}", strings.Repeat("a", 32), "{paper}", uuid.NewString(), "{step}", "what", "{id}", "x", "{what}", "staff")

	for who, token := range map[string]string{"nobody": "", "a stranger": stranger, "a claimant of another claim": k.bound(t, other.phone, other.Claim)} {
		for _, page := range claimantPages(t) {
			if !strings.Contains(page.path, "{claim}") {
				continue
			}
			at := func(as *strings.Replacer) string {
				to := route{page.method, rests.Replace(as.Replace(page.path))}
				return withoutChance(plain.Replace(k.surf(t, token, to, aForm(r.policy))))
			}
			require.Equal(t, at(none), at(exists), "%s: %s %s", who, page.method, page.path)
		}
		for _, track := range []string{r.Number, made} {
			_, phone := k.claimant(t) // each may ask for a code once a minute
			page := withoutChance(plain.Replace(k.surf(t, token, route{"POST", "/track"}, url.Values{"key": {"KEYKEYKEY" + track}, "claim": {track}, "phone": {phone}})))
			require.Equal(t, "303 /track/code\n", page, who)
		}
	}

	spec, err := contract.Read()
	require.NoError(t, err)
	asked := 0
	for path, item := range spec.Paths.Map() {
		if !strings.Contains(path, "{claim}") && !strings.Contains(path, "{task}") && !strings.Contains(path, "/policies/{number}") {
			continue
		}
		for method, operation := range item.Operations() {
			for who, token := range map[string]string{"a stranger": stranger, "a claimant of another claim": k.bound(t, other.phone, other.Claim)} {
				at := func(as *strings.Replacer) string {
					var body any
					if operation.RequestBody != nil {
						body = bodyOf(operation.OperationID, r.policy)
					}
					a, err := ask(t.Context(), k.url, token, method, rests.Replace(as.Replace(path)), uuid.NewString(), body)
					require.NoError(t, err)
					require.GreaterOrEqual(t, a.status, 400, "%s: %s %s", who, method, path)
					return http.StatusText(a.status) + " " + withoutChance(plain.Replace(string(a.raw)))
				}
				require.Equal(t, at(none), at(exists), "%s: %s", who, operation.OperationID)
				asked++
			}
		}
	}
	require.Greater(t, asked, 80)
	require.Empty(t, into[rest.ClaimPage](t, k.ask(t, stranger, "GET", "/claims?policy_no="+r.policy, "", nil), 200).Items)
	for _, number := range []string{r.Number, made, r.policy} {
		require.Equal(t, http.StatusUnprocessableEntity, k.ask(t, stranger, "GET", "/claims?q="+number, "", nil).status, "searching is for staff")
	}
	require.Equal(t, k.ask(t, stranger, "GET", "/draft/prefill?policy_no=P-none", "", nil).raw, k.ask(t, stranger, "GET", "/draft/prefill?policy_no="+r.policy, "", nil).raw)
}

// bodyOf is a body that the contract takes, of the acts of claimants; of the
// others one that it does not.
func bodyOf(operation, policy string) any {
	switch operation {
	case "AttachDocuments":
		return rest.Attach{Documents: []rest.NewDocument{{Upload: uuid.NewString(), Kind: "vehicle_licence"}}}
	case "ObjectOffer":
		return rest.NewObjection{Reason: "太少"}
	case "SignAgreement":
		return rest.NewAgreement{Payee: claim.Payee{Name: "王先生", Bank: "工商银行", Account: "1001234567890123"}, AccountAgain: "1001234567890123", Signature: "phone-code"}
	case "LinkPolicy":
		return claim.LinkPolicy{PolicyNo: policy}
	case "ConvertToVisit", "WithdrawClaim":
		return claim.Reason{Reason: "不报了"}
	case "UploadFile":
		return strings.NewReader(string(aPDF))
	}
	return map[string]any{}
}
