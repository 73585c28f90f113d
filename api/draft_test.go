package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

func TestADraftIsKeptUntilItIsSent(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	me, other := h.claimant("13800000001", ""), h.claimant("13800000002", "")
	draft := func(body string) string { return `{"body": ` + body + `}` }
	put := func(body string, headers ...string) heard {
		return h.call(http.MethodPut, "/v1/draft", me, draft(body), headers...)
	}
	require.Equal(t, http.StatusNotFound, h.get("/v1/draft", me).status)

	first := put(`{"place": "南京西路",  "step": 2}`)
	d := readAs[rest.Draft](t, first)
	require.EqualValues(t, 1, d.Version)
	require.JSONEq(t, `{"place": "南京西路", "step": 2}`, string(d.Body))
	require.Equal(t, draftKept, d.ExpiresAt.Sub(d.UpdatedAt))
	require.Equal(t, `"1"`, first.header.Get("ETag"))

	require.Equal(t, first.body, put(`{"place": "南京西路", "step": 2}`).body, "sent again, nothing changes")
	put(`{"place": "外滩"}`).problem(t, http.StatusConflict) // another window, which knows of no draft
	require.EqualValues(t, 2, readAs[rest.Draft](t, put(`{"place": "外滩"}`, "If-Match", `"1"`)).Version)
	put(`{"place": "徐家汇"}`, "If-Match", `"1"`).problem(t, http.StatusConflict)
	require.EqualValues(t, 3, readAs[rest.Draft](t, put(`{"place": "徐家汇"}`, "If-Match", "*")).Version)

	read := h.get("/v1/draft", me)
	require.JSONEq(t, `{"place": "徐家汇"}`, string(readAs[rest.Draft](t, read).Body))
	require.Equal(t, http.StatusNotModified, h.get("/v1/draft", me, "If-None-Match", read.header.Get("ETag")).status)
	require.Equal(t, http.StatusNotFound, h.get("/v1/draft", other).status, "nobody else's")
	require.Equal(t, http.StatusForbidden, h.get("/v1/draft", h.claimant("13800000001", h.aClaim(map[string]any{}).id)).status, "a session of one claim reports nothing")
	require.Equal(t, http.StatusForbidden, h.get("/v1/draft", h.staff("assessor-1", claim.Assessor, "3101", 0)).status)

	// Whoever writes down calls has one of their own.
	clerk := h.staff("intake-1", claim.Intake, "3101", 0)
	require.Equal(t, http.StatusNotFound, h.get("/v1/draft", clerk).status)
	require.Equal(t, http.StatusOK, h.call(http.MethodPut, "/v1/draft", clerk, draft(`{"calls": []}`)).status)
	require.JSONEq(t, `{"calls": []}`, string(readAs[rest.Draft](t, h.get("/v1/draft", clerk)).Body))
	require.JSONEq(t, `{"place": "徐家汇"}`, string(readAs[rest.Draft](t, h.get("/v1/draft", me)).Body))

	put(`{"story": "`+strings.Repeat("长", maxDraft/3)+`"}`, "If-Match", "*").problem(t, http.StatusRequestEntityTooLarge)
	require.Equal(t, []string{"/body"}, faultsIn(put(`"no form"`).problem(t, http.StatusUnprocessableEntity)))
	put("{\"place\": \"\\u0000\"}").problem(t, http.StatusUnprocessableEntity)

	require.Equal(t, http.StatusNoContent, h.call(http.MethodDelete, "/v1/draft", me, nil).status)
	require.Equal(t, http.StatusNoContent, h.call(http.MethodDelete, "/v1/draft", me, nil).status)
	require.Equal(t, http.StatusNotFound, h.get("/v1/draft", me).status)
}

func testDraftSent(t *testing.T, k *stack) {
	t.Helper()
	token, phone := k.claimant(t)
	body := map[string]any{"body": map[string]any{"place": "南京西路"}}
	require.Equal(t, http.StatusOK, k.ask(t, token, "PUT", "/draft", "", body).status)
	notice, key := k.notice(t, phone, k.policy(t, phone)), uuid.NewString()
	require.Equal(t, http.StatusCreated, k.ask(t, token, "POST", "/claims", key, notice).status)
	require.Equal(t, http.StatusNotFound, k.ask(t, token, "GET", "/draft", "", nil).status)

	require.Equal(t, http.StatusOK, k.ask(t, token, "PUT", "/draft", "", body).status) // of the next loss
	require.Equal(t, http.StatusCreated, k.ask(t, token, "POST", "/claims", key, notice).status)
	require.Equal(t, http.StatusOK, k.ask(t, token, "GET", "/draft", "", nil).status, "which the report did not bring")
}

func TestAPolicyTellsItsHolderAlone(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	covers := `[{"kind":"own_damage","form":"2020","sum_insured_fen":1,"value_fen":1,"deductible_fen":0,"rate_bp":0,"limit_fen":0}]`
	now := time.Now()
	for _, p := range []struct {
		number, phone string
		from, to      time.Time
	}{
		{"PM-old", "13800000001", now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)},
		{"PM-now", "13800000001", now.AddDate(0, -1, 0), now.AddDate(0, 11, 0)},
		{"PM-other", "13800000002", now.AddDate(0, -1, 0), now.AddDate(0, 11, 0)},
	} {
		id := uuid.NewString()
		h.insert("policies", map[string]any{
			"id": id, "number": p.number, "line": "motor", "branch": "3101", "holder_name": "王小明", "holder_phone": p.phone, "plate": "沪A12345",
		})
		h.insert("policy_versions", map[string]any{"policy_id": id, "version": 1, "starts_at": p.from, "ends_at": p.to, "coverages": json.RawMessage(covers)})
	}
	me := h.claimant("13800000001", "")
	got := readAs[rest.Prefills](t, h.get("/v1/draft/prefill", me)).Items
	require.Len(t, got, 2)
	require.Equal(t, "PM-now", got[0].PolicyNo)
	require.True(t, got[0].InForce)
	require.Equal(t, rest.Holder{Name: "王小明", Phone: "13800000001"}, got[0].Holder)
	require.Equal(t, []string{"own_damage"}, got[0].Coverages)
	require.Len(t, readAs[rest.Prefills](t, h.get("/v1/draft/prefill?policy_no=PM-old", me)).Items, 1)
	// Another's policy and one that is not there are told apart by nothing.
	require.Equal(t, h.get("/v1/draft/prefill?policy_no=PM-none", me).body, h.get("/v1/draft/prefill?policy_no=PM-other", me).body)
}
