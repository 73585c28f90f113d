package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

func aPolicy(number string, change ...func(*rest.NewPolicy)) rest.NewPolicy {
	day := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, claim.Shanghai).UTC() }
	p := rest.NewPolicy{
		Number: number, Line: claim.Motor, Branch: "3101", Holder: rest.Holder{Name: "张三", Phone: "13800000001"}, Plate: "沪A·12345",
		Versions: []rest.NewPolicyVersion{{StartsAt: day(2026), EndsAt: day(2027), Coverages: []rest.Coverage{{
			Kind: "own_damage", Form: "motor-2020", SumInsuredFen: 20_000_000, ValueFen: 18_000_000,
		}}}},
	}
	for _, one := range change {
		one(&p)
	}
	return p
}

func TestAPolicyIsKept(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "0000", 0)
	body := aPolicy("PM-0001")
	added := h.call(http.MethodPost, "/v1/policies", admin, body, "Idempotency-Key", "key-create")
	require.Equal(t, http.StatusCreated, added.status, "%s", added.body)
	p := readAs[rest.Policy](t, added)
	require.Equal(t, "沪A12345", p.Plate, "numbers take their one form")
	require.Equal(t, "138****0001", p.Holder.Phone)
	require.Equal(t, 1, p.Versions[0].Version)

	again := h.call(http.MethodPost, "/v1/policies", admin, body, "Idempotency-Key", "key-create")
	require.Equal(t, string(added.body), string(again.body))
	changed := h.call(http.MethodPost, "/v1/policies", admin, aPolicy("PM-0001", func(p *rest.NewPolicy) { p.Branch = "3201" }), "Idempotency-Key", "key-create")
	require.Equal(t, "/problems/key-reused", changed.problem(t, http.StatusUnprocessableEntity).Type)
	twice := h.call(http.MethodPost, "/v1/policies", admin, body, "Idempotency-Key", "key-another")
	require.Equal(t, "/problems/conflict", twice.problem(t, http.StatusConflict).Type)

	next := rest.NewPolicyVersion{StartsAt: body.Versions[0].EndsAt, EndsAt: body.Versions[0].EndsAt.AddDate(1, 0, 0), Coverages: body.Versions[0].Coverages}
	endorsed := readAs[rest.Policy](t, h.call(http.MethodPost, "/v1/policies/PM-0001/versions", admin, next, "Idempotency-Key", "key-endorse"))
	require.Len(t, endorsed.Versions, 2)
	require.Equal(t, endorsed, readAs[rest.Policy](t, h.call(http.MethodPost, "/v1/policies/PM-0001/versions", admin, next, "Idempotency-Key", "key-endorse")), "a repeat adds no third")
	next.StartsAt = next.StartsAt.Add(-time.Second)
	p422 := h.call(http.MethodPost, "/v1/policies/PM-0001/versions", admin, next, "Idempotency-Key", "key-overlap").problem(t, http.StatusUnprocessableEntity)
	require.Equal(t, []string{"/starts_at"}, faultsIn(p422))

	one := h.get("/v1/policies/PM-0001", h.staff("service-1", claim.Service, "3101", 0))
	require.Equal(t, endorsed, readAs[rest.Policy](t, one))
	require.Equal(t, http.StatusNotModified, h.get("/v1/policies/PM-0001", admin, "If-None-Match", one.header.Get("ETag")).status)
	h.get("/v1/policies/PM-0001", h.staff("service-2", claim.Service, "3201", 0)).problem(t, http.StatusNotFound)
	h.get("/v1/policies/PM-9999", admin).problem(t, http.StatusNotFound)
	byPlate := readAs[rest.PolicyPage](t, h.get("/v1/policies?plate="+url.QueryEscape("沪A 12345"), admin))
	require.Len(t, byPlate.Items, 1)
	require.Empty(t, readAs[rest.PolicyPage](t, h.get("/v1/policies?line=commercial_property", admin)).Items)

	var events int
	var log string
	require.NoError(t, h.db.Owner.QueryRow(t.Context(), `select count(*), string_agg(body::text, '') from reference_events`).Scan(&events, &log))
	require.Equal(t, 2, events, "each change once")
	require.NotContains(t, log, "13800000001", "the log keeps no phone")
}

func TestAPolicyThatCannotBeIsRefusedWithEverythingWrong(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "0000", 0)
	body := aPolicy("PM-0002", func(p *rest.NewPolicy) {
		p.Plate, p.Vin = "12345", "LSVAU033812345678I"[:17]
		v := p.Versions[0]
		v.EndsAt = v.StartsAt
		v.Coverages = []rest.Coverage{{Kind: "own_damage", Form: "motor-1900"}, {Kind: "own_damage", Form: "motor-2020"}, {Kind: "commercial_property", Form: "property-2009"}}
		p.Versions = append(p.Versions, v, p.Versions[0])
	})
	p := h.call(http.MethodPost, "/v1/policies", admin, body).problem(t, http.StatusUnprocessableEntity)
	require.ElementsMatch(t, []string{
		"/plate", "/versions/1/ends_at", "/versions/1/coverages/0/form", "/versions/1/coverages/1/kind", "/versions/1/coverages/2/kind", "/versions/2/starts_at",
	}, faultsIn(p))
	property := aPolicy("PP-0001", func(p *rest.NewPolicy) {
		p.Line, p.Plate = claim.Property, ""
		p.Versions[0].Coverages[0] = rest.Coverage{Kind: "commercial_property", Form: "property-2009", SumInsuredFen: 1}
	})
	require.Equal(t, []string{"/address"}, faultsIn(h.call(http.MethodPost, "/v1/policies", admin, property).problem(t, http.StatusUnprocessableEntity)))
	property.Address = "浦东新区"
	require.Equal(t, http.StatusCreated, h.call(http.MethodPost, "/v1/policies", admin, property).status)
	bare := aPolicy("PM-0003", func(p *rest.NewPolicy) { p.Plate = "" })
	require.Equal(t, []string{"/plate"}, faultsIn(h.call(http.MethodPost, "/v1/policies", admin, bare).problem(t, http.StatusUnprocessableEntity)))

	// An administrator of a branch keeps that branch.
	local := h.staff("admin-2", claim.Admin, "3201", 0)
	h.call(http.MethodPost, "/v1/policies", local, aPolicy("PM-0004")).problem(t, http.StatusForbidden)
	h.call(http.MethodPost, "/v1/policies", h.staff("intake-1", claim.Intake, "0000", 0), aPolicy("PM-0004")).problem(t, http.StatusForbidden)
}

func TestStaffAreKept(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "0000", 0)
	put := func(id, token string, b rest.StaffChange, key string) heard {
		return h.call(http.MethodPut, "/v1/staff/"+id, token, b, "Idempotency-Key", key)
	}
	body := rest.StaffChange{Name: "郑凯", Role: claim.Reviewer, Branch: "3101", Level: 1, Phone: "+86 139 0000 0001", Skills: []string{}, MaxLoad: 8, Active: true}
	first := put("review-zheng", admin, body, "key-put-1")
	m := readAs[rest.Staff](t, first)
	require.Equal(t, "13900000001", m.Phone)
	require.Equal(t, string(first.body), string(put("review-zheng", admin, body, "key-put-1").body))
	body.Level = 2
	require.Equal(t, "/problems/key-reused", put("review-zheng", admin, body, "key-put-1").problem(t, http.StatusUnprocessableEntity).Type)
	require.EqualValues(t, 2, readAs[rest.Staff](t, put("review-zheng", admin, body, "key-put-2")).Level)

	wrong := rest.StaffChange{Name: "x", Role: claim.Reviewer, Branch: "3101", Phone: "12", Skills: []string{"motor", "boats"}, Active: true}
	require.ElementsMatch(t, []string{"/level", "/phone", "/skills/1"}, faultsIn(put("review-x", admin, wrong, "key-put-3").problem(t, http.StatusUnprocessableEntity)))
	require.Equal(t, []string{"id"}, faultsIn(put("system", admin, body, "key-put-4").problem(t, http.StatusUnprocessableEntity)))

	own := put("admin-1", admin, rest.StaffChange{Name: "x", Role: claim.Finance, Branch: "0000", Skills: []string{}, Active: true}, "key-put-5").problem(t, http.StatusForbidden)
	require.Equal(t, "separation.own-record", own.Rule)
	local := h.staff("admin-2", claim.Admin, "3201", 0)
	put("review-zheng", local, body, "key-put-6").problem(t, http.StatusNotFound)
	body.Branch = "0000"
	put("review-new", local, body, "key-put-7").problem(t, http.StatusForbidden) // nobody is promoted to the head office from a branch
	put("review-new", h.staff("manager-1", claim.Manager, "0000", 0), body, "key-put-8").problem(t, http.StatusForbidden)

	audit := readAs[rest.Staff](t, h.get("/v1/staff/review-zheng", h.staff("audit-1", claim.Audit, "3101", 0)))
	require.Equal(t, "139****0001", audit.Phone)
	mine := readAs[rest.Staff](t, h.get("/v1/staff/review-zheng", h.staff("review-zheng", claim.Reviewer, "3101", 2)))
	require.Equal(t, "13900000001", mine.Phone, "one's own")
	h.get("/v1/staff/review-zheng", h.staff("intake-1", claim.Intake, "3101", 0)).problem(t, http.StatusNotFound)
	page := readAs[rest.StaffPage](t, h.get("/v1/staff?role=reviewer", admin))
	require.Len(t, page.Items, 1)
	require.Empty(t, readAs[rest.StaffPage](t, h.get("/v1/staff?branch=3201&role=reviewer", admin)).Items)
	for q, want := range map[string]int{"凯": 1, "REVIEW-": 1, "%": 0, "nobody": 0} {
		require.Len(t, readAs[rest.StaffPage](t, h.get("/v1/staff?q="+url.QueryEscape(q), admin)).Items, want, q)
	}
}

func TestTwoAdministratorsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	admin := h.staff("admin-1", claim.Admin, "0000", 0)
	body := rest.StaffChange{Name: "郑凯", Role: claim.Reviewer, Branch: "3101", Level: 1, Phone: "13900000001", Skills: []string{}, MaxLoad: 8, Active: true}
	put := func(tag, key string) heard {
		return h.call(http.MethodPut, "/v1/staff/review-zheng", admin, body, "Idempotency-Key", key, "If-Match", tag)
	}
	readAs[rest.Staff](t, put("none", "key-put-1"))
	put("none", "key-put-2").problem(t, http.StatusConflict)
	seen := h.get("/v1/staff/review-zheng", admin).header.Get("ETag")
	body.Level = 2
	readAs[rest.Staff](t, put(seen, "key-put-3"))
	body.Level = 3
	put(seen, "key-put-4").problem(t, http.StatusConflict)
	require.EqualValues(t, 2, readAs[rest.Staff](t, h.get("/v1/staff/review-zheng", admin)).Level)
}

func TestASurveyorIsSeenWhereThePhoneLastWas(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	chen := h.staff("survey-chen", claim.Surveyor, "3101", 0)
	h.aTask(h.aClaim(nil), claim.TaskSurvey, map[string]any{"owner": "survey-chen", "role": "surveyor"})
	here := &claim.Point{Lat: 31.23, Lng: 121.47}
	on := readAs[rest.SurveyorSeen](t, h.call(http.MethodPut, "/v1/surveyors/me/shift", chen, rest.Shift{OnShift: true, At: here}))
	require.Equal(t, here, on.At)
	require.True(t, on.OnShift)
	require.Equal(t, 1, on.Load)
	off := readAs[rest.SurveyorSeen](t, h.call(http.MethodPut, "/v1/surveyors/me/shift", chen, rest.Shift{OnShift: false}))
	require.Equal(t, here, off.At, "without a place the last one stands")
	require.Equal(t, on.SeenAt, off.SeenAt)
	require.Equal(t, off, readAs[rest.SurveyorSeen](t, h.get("/v1/surveyors/me/shift", chen)))
	dispatcher := h.staff("dispatch-1", claim.Dispatcher, "3101", 0)
	require.Len(t, readAs[rest.SurveyorPage](t, h.get("/v1/surveyors", dispatcher)).Items, 1)
	require.Empty(t, readAs[rest.SurveyorPage](t, h.get("/v1/surveyors?on_shift=true", dispatcher)).Items)
	require.Empty(t, readAs[rest.SurveyorPage](t, h.get("/v1/surveyors", h.staff("dispatch-2", claim.Dispatcher, "3201", 0))).Items)
	h.call(http.MethodPut, "/v1/surveyors/me/shift", dispatcher, rest.Shift{OnShift: true}).problem(t, http.StatusForbidden)
}

func TestTheTablesInForceCanBeRead(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	h.sql(`insert into rule_tables (kind, version, effective_from, body) values ('authority', '2099', current_date + 30, '{}')`)
	token := h.staff("review-1", claim.Reviewer, "3101", 1)
	page := readAs[rest.AuthorityPage](t, h.get("/v1/authority", token))
	kinds := map[string]string{}
	for _, table := range page.Items {
		kinds[table.Kind] = table.Version
		require.NotEmpty(t, table.Body)
	}
	require.Contains(t, kinds, "lanes")
	require.Contains(t, kinds, "calendar")
	require.NotEqual(t, "2099", kinds["authority"], "not in force yet")
	first := readAs[rest.AuthorityPage](t, h.get("/v1/authority?limit=1", token))
	require.Len(t, first.Items, 1)
	require.Len(t, readAs[rest.AuthorityPage](t, h.get("/v1/authority?after="+first.Next, token)).Items, len(page.Items)-1)
}

func TestALetterIsFetchedAsItWasSent(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	store, err := h.cfg.Store()
	require.NoError(t, err)
	h.store = store
	c := h.aClaim(map[string]any{"opened_by": string(claimantID(zhang))}, party{zhang, "insured", ""})
	text := []byte("%PDF-1.7 a letter")
	sum := sha256.Sum256(text)
	object := string(c.id) + "/letters/" + hex.EncodeToString(sum[:])
	info, err := store.PutObject(t.Context(), h.cfg.Bucket, object, bytes.NewReader(text), int64(len(text)), minio.PutObjectOptions{DisableContentSha256: true, SendContentMd5: true})
	require.NoError(t, err)
	number := "拒赔〔2026〕000001号"
	h.insert("letters", map[string]any{
		"number": number, "claim_id": c.id, "kind": "denial_notice", "sha256": hex.EncodeToString(sum[:]), "object": object, "revision": info.VersionID, "at": time.Now(),
	})
	mine := h.claimant(zhang, "")
	list := readAs[rest.LetterPage](t, h.get("/v1/claims/"+c.number+"/letters", mine))
	require.Equal(t, number, list.Items[0].Number)
	path := "/v1/claims/" + c.number + "/letters/" + url.PathEscape(number) + "/content"
	letter := h.get(path, mine)
	require.Equal(t, http.StatusOK, letter.status, "%s", letter.body)
	require.Equal(t, text, letter.body)
	require.Equal(t, "application/pdf", letter.header.Get("Content-Type"))
	require.Equal(t, http.StatusNotModified, h.get(path, mine, "If-None-Match", letter.header.Get("ETag")).status)
	h.get("/v1/claims/"+c.number+"/letters/none/content", mine).problem(t, http.StatusNotFound)
	h.get(path, h.claimant("13800000009", "")).problem(t, http.StatusNotFound)
}
