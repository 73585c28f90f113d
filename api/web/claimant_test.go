package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/api/web/site"
	"anpei/claim"
)

// asking is the API as a test plays it: it answers by method and path, and
// remembers what it was asked.
type asking struct {
	answers map[string]string    // of "GET /v1/draft"; the status before a space: "409 {…}"
	headers map[string][2]string // one of an answer

	mu    sync.Mutex
	asked []request
}

type request struct{ what, key, ifMatch, query, body string }

func (a *asking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.Method + " " + r.URL.Path
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	a.asked = append(a.asked, request{what, r.Header.Get("Idempotency-Key"), r.Header.Get("If-Match"), r.URL.RawQuery, string(body)})
	a.mu.Unlock()
	answer, ok := a.answers[what]
	if !ok {
		answer = `404 {"type": "/problems/not-found", "status": 404, "title": "x", "detail": "x"}`
	}
	status := http.StatusOK
	if answer[0] != '{' {
		_, _ = fmt.Sscan(answer, &status)
		_, answer, _ = strings.Cut(answer, " ")
	}
	if h, ok := a.headers[what]; ok {
		w.Header().Set(h[0], h[1])
	}
	w.WriteHeader(status)
	fmt.Fprint(w, answer)
}

// of are the requests for one thing.
func (a *asking) of(what string) (found []request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.asked {
		if one.what == what {
			found = append(found, one)
		}
	}
	return found
}

// send is a form that a claimant who is signed in sends.
func (a *asking) send(t *testing.T, to, kind, body string) *httptest.ResponseRecorder {
	t.Helper()
	site, err := New(site.Options{API: a})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, to, strings.NewReader(body))
	r.Host = "127.0.0.1"
	r.Header.Set("Content-Type", kind)
	r.AddCookie(&http.Cookie{Name: "anpei-claimant", Value: "a-token"})
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

// get is a page that a claimant who is signed in opens.
func (a *asking) get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	site, err := New(site.Options{API: a})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1"
	r.AddCookie(&http.Cookie{Name: "anpei-claimant", Value: "a-token"})
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

const formType = "application/x-www-form-urlencoded"

const me = `{"id": "phone:1", "name": "139****5678", "role": "claimant", "level": 0, "phone": "13912345678"}`

func TestAStepGoesOntoTheDraftAsItIs(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/me":            me,
		"GET /v1/draft":         `{"version": 4, "body": {"key": "KEPTKEYOFTHEDRAFT", "line": "motor", "cause": "scratch", "story": "刮了", "place": "旧", "loss_at": "2026-11-20T01:00:00Z"}}`,
		"GET /v1/draft/prefill": `{"items": []}`,
		"GET /v1/draft/papers":  `{"items": [], "proposals": []}`,
		"PUT /v1/draft":         `{"version": 5, "body": {}}`,
	}}
	w := a.send(t, "/report/where", formType, url.Values{"loss_at": {"2026-11-21T09:30"}, "place": {"世纪大道"}, "lat": {"31.2"}, "lng": {"121.5"}}.Encode())
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body.String())
	require.Equal(t, "/report/who", w.Header().Get("Location"))
	put := a.of("PUT /v1/draft")
	require.Len(t, put, 1)
	require.Equal(t, `"4"`, put[0].ifMatch)
	var kept struct{ Body site.Draft }
	require.NoError(t, json.Unmarshal([]byte(put[0].body), &kept))
	require.Equal(t, "KEPTKEYOFTHEDRAFT", kept.Body.Key)
	require.Equal(t, "刮了", kept.Body.Story, "other steps stay")
	require.Equal(t, "世纪大道", kept.Body.Place)
	require.Equal(t, "2026-11-21T01:30:00Z", kept.Body.LossAt.UTC().Format("2006-01-02T15:04:05Z"), "the field is Beijing time")
	require.Equal(t, &claim.Point{Lat: 31.2, Lng: 121.5}, kept.Body.At)

	w = a.send(t, "/report/where", formType, url.Values{"loss_at": {"tomorrow"}, "place": {"还在这里"}}.Encode())
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), "还在这里", "what was right is kept")
	require.Contains(t, w.Body.String(), site.ZH.Say("field.loss_at"))
	require.Len(t, a.of("PUT /v1/draft"), 1)
}

func TestTheCheckedReportIsSentAsShownHoweverOften(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/me":           me,
		"GET /v1/draft/papers": `{"items": [], "proposals": []}`,
		"POST /v1/claims":      `201 {"claim": "x", "number": "AP-3101-2026-000001", "version": 1, "stage": "self_survey", "result": "joined"}`,
	}}
	form := url.Values{"key": {"KEPTKEYOFTHEDRAFT"}, "version": {"5"}, "notice": {`{"line": "motor", "place": "世纪大道", "story": "刮了"}`}}.Encode()
	for range 2 { // the second time, by Back, the draft is gone as it is the first
		w := a.send(t, "/report/check", formType, form)
		require.Equal(t, http.StatusSeeOther, w.Code, w.Body.String())
		require.Equal(t, "/c/AP-3101-2026-000001/sent?joined=true", w.Header().Get("Location"))
	}
	sent := a.of("POST /v1/claims")
	require.Len(t, sent, 2)
	require.Equal(t, sent[0], sent[1])
	require.Equal(t, "KEPTKEYOFTHEDRAFT", sent[0].key)
	require.Contains(t, sent[0].body, `"channel":"web"`)

	a.answers["GET /v1/draft"] = `{"version": 6, "body": {"key": "KEPTKEYOFTHEDRAFT"}}`
	w := a.send(t, "/report/check", formType, form)
	require.Equal(t, "/report/check", w.Header().Get("Location"), "it was changed in another window: to be checked again")
	require.Len(t, a.of("POST /v1/claims"), 2)
}

const photosOfADraft = `{"items": [
	{"id": "a1", "kind": "vehicle_licence", "sent_as": "vehicle_licence", "name": "a.jpg", "type": "image/jpeg", "state": "read", "reason": "",
		"preview": {"of": 1, "pages": [{"width": 1000, "height": 700}], "fields": ["owner"]}},
	{"id": "b2", "kind": "driving_licence", "sent_as": "driving_licence", "name": "b.jpg", "state": "unreadable", "reason": "照片模糊，请重拍。 The picture is blurred."}
], "proposals": [
	{"for": "plate", "value": "沪A12345", "paper": "a1", "kind": "vehicle_licence", "field": "plate", "confidence_bp": 9940, "page": 1, "box": [100, 200, 300, 240], "sure": false},
	{"for": "owner", "value": "周晓岚", "paper": "a1", "kind": "vehicle_licence", "field": "owner", "confidence_bp": 9980, "page": 1, "box": [100, 250, 300, 290], "sure": true}
]}`

func TestPhotosProposeAndTheReporterConfirms(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/me":            me,
		"GET /v1/draft":         `{"version": 4, "body": {"key": "KEPTKEYOFTHEDRAFT", "line": "motor", "cause": "scratch", "story": "刮了", "place": "世纪大道", "loss_at": "2026-11-20T01:00:00Z"}}`,
		"GET /v1/draft/prefill": `{"items": []}`,
		"GET /v1/draft/papers":  photosOfADraft,
	}}
	w := a.get(t, "/report/scan")
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Contains(t, w.Body.String(), "照片模糊，请重拍。")
	require.NotContains(t, w.Body.String(), "The picture is blurred", "in one language")
	require.Contains(t, w.Body.String(), `viewBox="80 180 240 80"`, "the place where it stands")
	require.Contains(t, w.Body.String(), `src="/report/scan/a1/preview?field=owner"`, "and a picture of it, where there is one")
	require.Contains(t, w.Body.String(), `src="/report/scan/a1/preview?size=small"`)

	w = a.get(t, "/report/who")
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Contains(t, w.Body.String(), `name="plate" value="沪A12345"`)
	require.Contains(t, w.Body.String(), site.ZH.Say("scan.read", "what", "行驶证", "value", "沪A12345"))
	require.Empty(t, a.of("PUT /v1/draft"), "nothing is filled in before they go on")
}

func TestTheReportTakesItsPhotosAlong(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/me":                     me,
		"GET /v1/draft/papers":           photosOfADraft,
		"POST /v1/claims":                `201 {"claim": "x", "number": "AP-1", "version": 1, "stage": "self_survey", "result": "done"}`,
		"POST /v1/claims/AP-1/documents": `201 {"ids": []}`,
	}}
	form := url.Values{"key": {"KEPTKEYOFTHEDRAFT"}, "version": {"5"}, "notice": {`{"line": "motor"}`}}.Encode()
	for range 2 {
		require.Equal(t, "/c/AP-1/sent", a.send(t, "/report/check", formType, form).Header().Get("Location"))
	}
	batch := a.of("POST /v1/claims/AP-1/documents")
	require.Len(t, batch, 2)
	require.Equal(t, batch[0], batch[1], "sent again, they are the same photos")
	require.Contains(t, batch[0].body, `"upload":"a1"`)
	require.NotContains(t, batch[0].body, "b2", "what nobody can read stays behind")
}

func TestFilesOfAFormAreAttachedAsOneBatch(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/claims/AP-1":            `{"number": "AP-1", "line": "motor", "stage": "self_survey"}`,
		"POST /v1/claims/AP-1/uploads":   `201 {"id": "11111111-1111-1111-1111-111111111111"}`,
		"POST /v1/claims/AP-1/documents": `201 {"ids": []}`,
	}}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range []string{"wide", "close", "plate"} {
		name := field + ".JPG"
		if field == "plate" {
			name = "" // nothing was chosen
		}
		part, err := form.CreateFormFile(field, name)
		require.NoError(t, err)
		fmt.Fprint(part, "bytes of ", field)
	}
	require.NoError(t, form.Close())
	w := a.send(t, "/c/AP-1/photos?key=THEKEYOFTHEFORM", form.FormDataContentType(), body.String())
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body.String())
	up := a.of("POST /v1/claims/AP-1/uploads")
	require.Len(t, up, 2)
	require.Equal(t, "bytes of wide", up[0].body)
	require.Equal(t, "THEKEYOFTHEFORM-0", up[0].key)
	query, err := url.ParseQuery(up[1].query)
	require.NoError(t, err)
	require.Equal(t, url.Values{"kind": {"loss_photo"}, "name": {site.ZH.Say("view.close") + ".jpg"}}, query)
	batch := a.of("POST /v1/claims/AP-1/documents")
	require.Len(t, batch, 1)
	require.Equal(t, 2, strings.Count(batch[0].body, `"upload"`))
	require.Equal(t, "THEKEYOFTHEFORM", batch[0].key)
}

func TestACardThatWasPhotographedProposesTheAccountOnce(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/claims/AP-1":             `{"number": "AP-1", "line": "motor", "lane": "flash", "stage": "negotiating"}`,
		"GET /v1/claims/AP-1/acts":        `{"items": [{"act": "consent", "against": []}, {"act": "agree", "against": []}]}`,
		"GET /v1/claims/AP-1/offers":      `{"items": [{"version": 1, "assessment": 1, "amount_fen": 316400, "in_force": true, "answers": []}]}`,
		"GET /v1/claims/AP-1/assessments": `{"items": []}`,
		"GET /v1/claims/AP-1/payments":    `{"items": []}`,
		"GET /v1/claims/AP-1/documents":   `{"items": [{"id": "d1", "kind": "bank_card", "type": "image/png", "state": "read"}]}`,
		"GET /v1/claims/AP-1/documents/d1": `{"id": "d1", "kind": "bank_card", "state": "read", "fields": [
			{"name": "card_number", "value": "6228480038124592460", "box": [10, 20, 110, 40]}, {"name": "bank", "value": "中国农业银行"}]}`,
	}}
	w := a.get(t, "/c/AP-1/amount")
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Contains(t, w.Body.String(), `name="account" value="6228480038124592460"`)
	require.Contains(t, w.Body.String(), `name="bank" value="中国农业银行"`)
	require.Contains(t, w.Body.String(), `name="account-again" value=""`, "the second time is the hand's")
	require.Contains(t, w.Body.String(), `viewBox="0 10 120 40"`)
}

func TestAFigureIsNotAgreedToWhileAPaperIsMissing(t *testing.T) {
	t.Parallel()
	for _, lane := range []string{"flash", "standard"} {
		a := &asking{answers: map[string]string{
			"GET /v1/claims/AP-1":             `{"number": "AP-1", "line": "motor", "lane": "` + lane + `", "stage": "negotiating"}`,
			"GET /v1/claims/AP-1/acts":        `{"items": [{"act": "consent", "against": [{"rule": "papers.missing"}]}, {"act": "object", "against": []}, {"act": "agree", "against": [{"rule": "papers.missing"}]}]}`,
			"GET /v1/claims/AP-1/missing":     `{"items": [{"what": "driving_licence", "from": "claimant", "text_zh": "请上传驾驶证", "blocks": true}, {"what": "consent", "from": "claimant", "blocks": true}]}`,
			"GET /v1/claims/AP-1/offers":      `{"items": [{"version": 1, "assessment": 1, "amount_fen": 316400, "in_force": true, "answers": []}]}`,
			"GET /v1/claims/AP-1/assessments": `{"items": []}`,
			"GET /v1/claims/AP-1/documents":   `{"items": []}`,
			"GET /v1/claims/AP-1/payments":    `{"items": []}`,
		}}
		w := a.get(t, "/c/AP-1/amount")
		require.Equal(t, http.StatusOK, w.Code, w.Body.String())
		require.Contains(t, w.Body.String(), site.ZH.Say("amount.lacking"))
		require.Contains(t, w.Body.String(), "请上传驾驶证")
		require.NotContains(t, w.Body.String(), `name="agreed"`)
		require.Contains(t, w.Body.String(), site.ZH.Say("amount.object"), "who does not agree may say so")
	}
}

// TestWhoReportedTheLossAgainIsOfferedNothingThatIsRefused opens the page of a
// claim that somebody's report has joined: they may send papers, and no more.
func TestWhoReportedTheLossAgainIsOfferedNothingThatIsRefused(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/claims/AP-1":           `{"number": "AP-1", "line": "motor", "lane": "standard", "stage": "reported"}`,
		"GET /v1/claims/AP-1/timeline":  `{"items": []}`,
		"GET /v1/claims/AP-1/missing":   `403 {"type": "/problems/not-allowed", "status": 403, "title": "x", "detail": "x"}`,
		"GET /v1/claims/AP-1/acts":      `{"items": [{"act": "attach", "operation": "AttachDocuments", "against": []}]}`,
		"GET /v1/claims/AP-1/documents": `{"items": []}`,
	}}
	w := a.get(t, "/c/AP-1")
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	for _, way := range []string{"withdraw", "visit", "amount", "letters"} {
		require.NotContains(t, w.Body.String(), `href="/c/AP-1/`+way)
	}
	require.Contains(t, w.Body.String(), `href="/c/AP-1/papers"`)
	require.Empty(t, a.of("GET /v1/claims/AP-1/missing"), "what the claim waits for is not asked either")
	require.Equal(t, http.StatusNotFound, a.get(t, "/c/AP-1/withdraw").Code)
}

func TestAnAccountIsTypedTwice(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/claims/AP-1":                     `{"number": "AP-1", "line": "motor", "lane": "flash", "stage": "negotiating"}`,
		"GET /v1/claims/AP-1/acts":                `{"items": [{"act": "consent", "against": []}, {"act": "agree", "against": []}]}`,
		"GET /v1/claims/AP-1/offers":              `{"items": [{"version": 2, "assessment": 2, "amount_fen": 316400, "in_force": true, "answers": []}, {"version": 1, "amount_fen": 300000, "answers": []}]}`,
		"GET /v1/claims/AP-1/assessments":         `{"items": []}`,
		"GET /v1/claims/AP-1/documents":           `{"items": []}`,
		"GET /v1/claims/AP-1/payments":            `{"items": []}`,
		"POST /v1/claims/AP-1/offers/2/agreement": `{"number": "AP-1"}`,
		"POST /v1/claims/AP-1/offers/1/agreement": `409 {"type": "/problems/offer-superseded", "status": 409, "title": "x", "detail": "x"}`,
	}}
	form := url.Values{
		"key": {"THEKEYOFTHEFORM"}, "offer": {"2"}, "with": {"signature"}, "agreed": {"yes"}, "payee": {"周晓岚"}, "bank": {"农业银行"},
		"account": {"6228 4800 3812 4592 460"}, "account-again": {"6228480038124592469"}, "signed": {"周晓岚"},
	}
	w := a.send(t, "/c/AP-1/amount", formType, form.Encode())
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), site.ZH.Say("field.account-again"))
	require.Empty(t, a.of("POST /v1/claims/AP-1/offers/2/agreement"))

	form.Set("account-again", "６２２８480038124592460")
	w = a.send(t, "/c/AP-1/amount", formType, form.Encode())
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body.String())
	require.Contains(t, a.of("POST /v1/claims/AP-1/offers/2/agreement")[0].body, `"account":"6228480038124592460"`)
	require.Contains(t, a.of("POST /v1/claims/AP-1/offers/2/agreement")[0].body, `"account_again":"6228480038124592460"`, "the API compares them, too")

	form.Set("offer", "1") // there is a newer one by now
	w = a.send(t, "/c/AP-1/amount", formType, form.Encode())
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), site.ZH.Say("problem.offer-superseded"))
	require.Contains(t, w.Body.String(), "¥3,164.00")
	require.Contains(t, w.Body.String(), "农业银行", "what was typed is kept")
}

func TestAnAgreementIsSignedWithAFingerOrByName(t *testing.T) {
	t.Parallel()
	a := &asking{answers: map[string]string{
		"GET /v1/claims/AP-1":                     `{"number": "AP-1", "line": "motor", "lane": "standard", "stage": "determined"}`,
		"GET /v1/claims/AP-1/acts":                `{"items": [{"act": "consent", "against": [{"rule": "stage.wrong"}]}, {"act": "agree", "against": []}]}`,
		"GET /v1/claims/AP-1/offers":              `{"items": [{"version": 1, "assessment": 1, "amount_fen": 316400, "in_force": true, "answers": []}]}`,
		"GET /v1/claims/AP-1/assessments":         `{"items": []}`,
		"GET /v1/claims/AP-1/documents":           `{"items": []}`,
		"GET /v1/claims/AP-1/payments":            `{"items": []}`,
		"POST /v1/claims/AP-1/uploads":            `201 {"id": "11111111-1111-1111-1111-111111111111"}`,
		"POST /v1/claims/AP-1/documents":          `201 {"ids": ["22222222-2222-2222-2222-222222222222"]}`,
		"POST /v1/claims/AP-1/offers/1/agreement": `{"number": "AP-1"}`,
	}}
	form := url.Values{
		"key": {"THEKEYOFTHEFORM"}, "offer": {"1"}, "with": {"signature"}, "agreed": {"yes"}, "payee": {"周晓岚"}, "bank": {"农业银行"},
		"account": {"6228480038124592460"}, "account-again": {"6228480038124592460"}, "strokes": {"[[0.1,0.2,0.3,0.4]]"},
	}
	w := a.send(t, "/c/AP-1/amount", formType, form.Encode())
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), site.ZH.Say("field.signed"))
	require.Contains(t, w.Body.String(), "[[0.1,0.2,0.3,0.4]]", "what was drawn is kept")

	form.Set("drawn", "data:image/png;base64,iVBORw0KGgo=")
	for range 2 { // a double click
		w = a.send(t, "/c/AP-1/amount", formType, form.Encode())
		require.Equal(t, http.StatusSeeOther, w.Code, w.Body.String())
	}
	up, signed := a.of("POST /v1/claims/AP-1/uploads"), a.of("POST /v1/claims/AP-1/offers/1/agreement")
	require.Equal(t, "\x89PNG\r\n\x1a\n", up[0].body)
	require.Equal(t, up[0], up[1])
	require.Equal(t, signed[0], signed[1])
	require.Contains(t, signed[0].body, `"signature":"drawn","signature_document":"22222222-2222-2222-2222-222222222222"`)
	require.NotContains(t, signed[0].body, "signed_name")

	form.Del("drawn")
	form.Set("signed", "周晓岚")
	w = a.send(t, "/c/AP-1/amount", formType, form.Encode())
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body.String())
	require.Contains(t, a.of("POST /v1/claims/AP-1/offers/1/agreement")[2].body, `"signature":"typed","signed_name":"周晓岚"`)
}
