package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"anpei/api/contract"
	"anpei/claim"
)

func TestEverythingWrongIsNamedAtOnceInPlainWords(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	token := h.staff("intake-1", claim.Intake, "3101", 0)
	p := h.call(http.MethodPost, "/v1/claims", token, `{
		"channel": "pigeon", "line": "motor", "policy_no": "P1", "loss_at": "2026-02-30T10:00:00Z", "place": "",
		"at": {"lat": 91, "lng": 121.4}, "cause": "collision", "injury": "no", "self_service": false,
		"reporter": {"name": "张三", "phone": "12345", "role": "reporter"},
		"exposures": [{"kind": "own_damage", "object": "车门", "estimate_fen": -1}], "colour": "red"
	}`, "Idempotency-Key", "").problem(t, http.StatusUnprocessableEntity)
	require.Equal(t, "/problems/wrong-input", p.Type)
	want := map[string]string{
		"/at/lat":                   "It must be at most 90.",
		"/channel":                  "It must be one of: web, phone, app, partner.",
		"/colour":                   "There is no such field here.",
		"/exposures/0/estimate_fen": "It must be at least 0.",
		"/injury":                   "It must be true or false: Whether anybody is hurt.",
		"/loss_at":                  "It must be a time, such as 2026-11-21T09:30:00+08:00.",
		"/place":                    "It must not be empty.",
		"/reporter/phone":           "It does not have the form ^1[3-9][0-9]{9}$: Mainland mobile.",
		"/story":                    "It is missing.",
		"Idempotency-Key":           "It is missing: Names this command, once for each caller. Sent again with the same body it gives the same answer and acts once; with another body 422. While its twin still runs it waits for that answer, or 409 after 5 seconds. A UUID is a good key.",
	}
	got := map[string]string{}
	for _, e := range p.Errors {
		got[e.Pointer] = e.Detail
		require.NotContains(t, e.Detail, "12345", "a value is never repeated")
	}
	require.Equal(t, want, got)
	require.Contains(t, p.Detail, "10 fields")
}

func TestWhatIsNoRequestOfTheContract(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	token := h.staff("intake-1", claim.Intake, "3101", 0)
	for name, c := range map[string]struct {
		method, path string
		body         any
		headers      []string
		status       int
		Kind         string
		named        []string
	}{
		"an address that is not there":       {http.MethodGet, "/v1/nothing", nil, nil, 404, "not-found", nil},
		"no address at all":                  {http.MethodGet, "/v1", nil, nil, 404, "not-found", nil},
		"a method that is not there":         {http.MethodDelete, "/v1/claims", nil, nil, 405, "wrong-method", nil},
		"no body":                            {http.MethodPost, "/v1/claims", nil, nil, 422, "wrong-input", []string{""}},
		"a body that is no JSON":             {http.MethodPost, "/v1/claims", `{"channel": `, nil, 422, "wrong-input", []string{""}},
		"a body that is a list":              {http.MethodPost, "/v1/claims", `[]`, nil, 422, "wrong-input", []string{""}},
		"a body of another type":             {http.MethodPost, "/v1/claims", `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "wrong-type", nil},
		"a body of no type":                  {http.MethodPost, "/v1/claims", `{}`, []string{"Content-Type", ""}, 415, "wrong-type", nil},
		"a body too large":                   {http.MethodPost, "/v1/claims", `{"story": "` + strings.Repeat("a", contract.MaxJSON) + `"}`, nil, 413, "too-large", nil},
		"a filter with another name":         {http.MethodGet, "/v1/claims?stgae=paid", nil, nil, 422, "wrong-input", []string{"stgae"}},
		"a filter with a value unknown":      {http.MethodGet, "/v1/claims?stage=lost&limit=0", nil, nil, 422, "wrong-input", []string{"limit", "stage"}},
		"a limit that is no number":          {http.MethodGet, "/v1/claims?limit=many", nil, nil, 422, "wrong-input", []string{"limit"}},
		"a filter given twice":               {http.MethodGet, "/v1/claims?stage=paid&stage=closed", nil, nil, 422, "wrong-input", []string{"stage"}},
		"a day that does not exist":          {http.MethodGet, "/v1/claims?opened_from=2026-02-30", nil, nil, 422, "wrong-input", []string{"opened_from"}},
		"a cursor of another list":           {http.MethodGet, "/v1/claims?after=WyJhIl0", nil, nil, 422, "wrong-input", []string{"after"}},
		"a cursor that is none":              {http.MethodGet, "/v1/claims?after=!!", nil, nil, 422, "wrong-input", []string{"after"}},
		"a cursor with times that are none":  {http.MethodGet, "/v1/claims?after=" + contract.Cursor("yesterday", contract.LastUUID), nil, nil, 422, "wrong-input", []string{"after"}},
		"a cursor with ids that are none":    {http.MethodGet, "/v1/claims?after=" + contract.Cursor("2026-01-01T00:00:00Z", "x"), nil, nil, 422, "wrong-input", []string{"after"}},
		"a character that is no text":        {http.MethodGet, "/v1/claims?policy_no=%00", nil, nil, 422, "wrong-input", []string{"policy_no"}},
		"a claim that is no claim":           {http.MethodGet, "/v1/claims/..%2f..", nil, nil, 422, "wrong-input", []string{"claim"}},
		"a task that is no id":               {http.MethodGet, "/v1/tasks/1", nil, nil, 422, "wrong-input", []string{"task"}},
		"a number that no claim can have":    {http.MethodGet, "/v1/claims/AP-1", nil, nil, 404, "not-found", nil},
		"a text with a character unstorable": {http.MethodPost, "/v1/phone-codes", `{"phone": "13800000000", "claim_no": "a\u0000"}`, nil, 422, "wrong-input", []string{"/claim_no"}},
		"a key with characters unprintable":  {http.MethodPost, "/v1/phone-codes", `{"phone": "13800000000"}`, []string{"Idempotency-Key", "ключ-ключ"}, 422, "wrong-input", []string{"Idempotency-Key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := *h
			h.t = t
			p := h.call(c.method, c.path, token, c.body, c.headers...).problem(t, c.status)
			require.Equal(t, "/problems/"+c.Kind, p.Type)
			require.Equal(t, c.named, faultsIn(p))
			require.NotEmpty(t, p.Detail)
			require.NotContains(t, p.Detail, "openapi", "nobody has to know how it is checked")
		})
	}
}

func prepared(t *testing.T) (*openapi3.T, []*contract.Operation) {
	t.Helper()
	spec, err := contract.Read()
	require.NoError(t, err)
	ops, err := contract.Operations(spec)
	require.NoError(t, err)
	return spec, ops
}

// countSecond counts the operations beyond the first of each path.
func countSecond(spec *openapi3.T) (n int) {
	for _, item := range spec.Paths.Map() {
		n += len(item.Operations()) - 1
	}
	return n
}

func TestEveryOperationIsReachedOnlyBySomebodySignedIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	spec, ops := prepared(t)
	require.Len(t, ops, len(spec.Paths.Map())+countSecond(spec), "every operation is prepared")
	for _, op := range ops {
		if op.Public {
			continue
		}
		path := strings.NewReplacer("{claim}", "AP-3101-2026-000001", "{task}", contract.LastUUID, "{document}", contract.LastUUID, "{version}", "1",
			"{round}", "1", "{number}", "P-1234", "{id}", "x").Replace(op.Route.Path)
		a := h.call(op.Route.Method, contract.BasePath+path, "", nil)
		require.Equal(t, "/problems/not-signed-in", a.problem(t, http.StatusUnauthorized).Type, op.ID)
		require.Equal(t, `Bearer realm="anpei"`, a.header.Get("WWW-Authenticate"))
	}
}

func TestABodyThatStopsHalfWayIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	h := open(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", h.web.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprint(conn, "POST /v1/phone-codes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: 12345678\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(answer), "did not arrive whole")
}

func TestAWholeNumberHasNeitherPointNorExponent(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	token := h.staff("intake-1", claim.Intake, "3101", 0)
	for _, number := range []string{"320000.0", "3.2e5", "3.2E+5", "320000.5", `"320000"`} {
		p := h.call(http.MethodPost, "/v1/claims", token, `{
			"channel": "phone", "line": "motor", "policy_no": "P1", "loss_at": "2026-02-20T10:00:00Z", "place": "x", "cause": "collision", "story": "x",
			"injury": false, "self_service": false, "at": {"lat": 31.0, "lng": 1.214e2}, "reporter": {"name": "张三", "phone": "13800000001", "role": "reporter"},
			"exposures": [{"kind": "own_damage", "object": "车门", "estimate_fen": `+number+`}]
		}`, "Idempotency-Key", "key-fraction").problem(t, http.StatusUnprocessableEntity)
		require.Equal(t, "/problems/wrong-input", p.Type, number)
		require.Len(t, p.Errors, 1, number)
		require.Equal(t, "/exposures/0/estimate_fen", p.Errors[0].Pointer, number)
		require.Contains(t, p.Errors[0].Detail, "whole number", number)
		require.NotContains(t, p.Errors[0].Detail, "320000", "a value is never repeated")
	}
}
