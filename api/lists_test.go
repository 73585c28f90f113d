package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

var (
	branches   = []string{"0000", "3101", "3201"}
	staffRoles = []claim.Role{
		claim.Intake, claim.Dispatcher, claim.Surveyor, claim.Assessor, claim.Reviewer, claim.Finance, claim.Service,
		claim.Audit, claim.Manager, claim.Admin, claim.Operator, claim.Partner,
	}
	phones = []string{"13800000001", "13800000002", "13800000003"}
)

// anybody draws somebody of any kind: staff of any role and branch, a claimant,
// a claimant with a session of one of these claims.
func anybody(rt *rapid.T, claims []seeded, role claim.Role) access.Caller {
	if rapid.IntRange(0, 2).Draw(rt, "staff") > 0 {
		return access.Staff(testNames, db.StaffForAccessRow{
			ID: claim.Principal(fmt.Sprintf("%s-%d", role, rapid.IntRange(1, 2).Draw(rt, "who"))), Role: role, Active: true,
			Branch: rapid.SampledFrom(branches).Draw(rt, "branch"), Level: claim.Level(rapid.IntRange(0, 3).Draw(rt, "level")),
		})
	}
	var bound claim.ID
	if rapid.Bool().Draw(rt, "bound") {
		bound = rapid.SampledFrom(claims).Draw(rt, "to").id
	}
	return access.Claimant(testNames, rapid.SampledFrom(phones).Draw(rt, "phone"), bound)
}

// somebodysID draws who may have reported a claim or own a task.
func somebodysID(rt *rapid.T, label string) string {
	if rapid.Bool().Draw(rt, label+" is staff") {
		return fmt.Sprintf("%s-%d", rapid.SampledFrom(staffRoles).Draw(rt, label+" role"), rapid.IntRange(1, 2).Draw(rt, label+" who"))
	}
	return string(claimantID(rapid.SampledFrom(phones).Draw(rt, label+" phone")))
}

// asks is a request's context with its call, as the middleware makes it.
func asks(ctx context.Context, who access.Caller, op string, command bool) (context.Context, *access.Call) {
	at := &access.Call{Who: who, Op: &contract.Operation{ID: op, Command: command}}
	return access.With(ctx, at), at
}

func TestListsAndPoliciesAgreeForEveryCallerAndRow(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	rapid.Check(t, func(rt *rapid.T) {
		role := rapid.SampledFrom(staffRoles).Draw(rt, "role")
		w := h.aWorld(rt, role)
		who := anybody(rt, w.claims, role)
		allowed := func(action string, what *access.Resource) bool {
			got, err := h.Rule(who, action, what)
			require.NoError(rt, err)
			return got.Allowed
		}

		ctx, at := asks(t.Context(), who, "ListClaims", false)
		start, end := span(time.Time{}, time.Time{})
		rows, err := h.claimRows(ctx, who, db.ListClaimsOfBranchParams{OpenedFrom: start, OpenedTo: end, BeforeAt: contract.EndOfTime, BeforeID: contract.LastUUID, Count: 10_000})
		require.NoError(rt, err)
		listed := map[string]bool{} // by id, of everything
		insider := map[claim.ID]bool{}
		for _, row := range rows {
			listed[string(row.ID)], insider[row.ID] = true, row.Insider
		}
		for _, c := range w.claims {
			seen, err := h.SeeClaim(ctx, at, string(c.id))
			require.NoError(rt, err)
			may := allowed("GetClaim", seen.Resource())
			require.Equal(rt, may, listed[string(c.id)], "%s %s and claim %s", who.Role, who.ID, c.id)
			if may {
				require.Equal(rt, !seen.Extra, insider[c.id], "%s speaks for claim %s", who.ID, c.id)
				if who.Role == claim.Claimant {
					require.Equal(rt, !seen.Extra, allowed("ListOffers", seen.Resource()), "whoever speaks for a claim sees all of it")
				}
			}
		}

		if who.Role != claim.Claimant { // who may not search
			for _, c := range w.claims {
				rows, err := h.foundRows(ctx, who, c.number)
				require.NoError(rt, err)
				require.Equal(rt, listed[string(c.id)], len(rows) == 1, "%s %s finds claim %s", who.Role, who.ID, c.id)
				if len(rows) == 1 {
					require.Equal(rt, c.id, rows[0].ID)
				}
			}
		}

		tasks, err := h.taskRows(ctx, who, db.ListTasksParams{AfterDue: &time.Time{}, AfterID: "00000000-0000-0000-0000-000000000000", Count: 10_000})
		require.NoError(rt, err)
		listed = map[string]bool{}
		for _, row := range tasks {
			listed[row.ID] = true
		}
		for _, id := range w.tasks {
			row, err := h.q.TaskSeen(ctx, h.server.db, id)
			require.NoError(rt, err)
			seen, err := h.SeeClaim(ctx, at, string(row.ClaimID))
			require.NoError(rt, err)
			may := row.State == "open" && allowed("ListTasks", access.TaskResource(&row, seen))
			if !allowed("ListTasks", access.Company) {
				require.False(rt, may, "rows for somebody who may not ask")
				continue // and is never asked
			}
			require.Equal(rt, may, listed[id], "%s %s and task %s", who.Role, who.ID, id)
		}

		// Lists by branch, for those who may ask at all.
		for action, list := range map[string]func() ([]string, error){
			"ListPolicies": func() ([]string, error) {
				rows, err := h.q.ListPolicies(ctx, h.server.db, db.ListPoliciesParams{Everywhere: who.Everywhere(), OwnBranch: who.Branch, Count: 10_000})
				return ids(rows, func(p db.ListPoliciesRow) string { return p.Number }), err
			},
			"ListStaff": func() ([]string, error) {
				rows, err := h.q.ListStaff(ctx, h.server.db, db.ListStaffParams{Everywhere: who.Everywhere(), OwnBranch: who.Branch, Count: 10_000})
				return ids(rows, func(m db.Staff) string { return string(m.ID) }), err
			},
			"ListSurveyors": func() ([]string, error) {
				rows, err := h.q.ListSurveyors(ctx, h.server.db, db.ListSurveyorsParams{Everywhere: who.Everywhere(), OwnBranch: who.Branch, Count: 10_000})
				return ids(rows, func(m db.ListSurveyorsRow) string { return string(m.ID) }), err
			},
			"ListPayments": func() ([]string, error) {
				rows, err := h.q.ListPayments(ctx, h.server.db, db.ListPaymentsParams{
					Everywhere: who.Everywhere(), OwnBranch: who.Branch, FromAt: start, ToAt: end, BeforeAt: contract.EndOfTime, BeforeID: contract.LastUUID, Count: 10_000,
				})
				return ids(rows, func(p db.ListPaymentsRow) string { return p.ID }), err
			},
			"GetFigures": func() ([]string, error) {
				figures, err := h.figuresOf(ctx, figuresKey{who.Everywhere(), who.Branch, "", 1}, time.Now())
				return ids(figures.Open, func(f rest.OpenFigure) string { return f.Branch }), err
			},
			"ListRefusedAttempts": func() ([]string, error) {
				rows, err := h.q.ListRefusedAttempts(ctx, h.server.db, db.ListRefusedAttemptsParams{
					Everywhere: who.Everywhere(), OwnBranch: who.Branch, FromAt: start, ToAt: end, BeforeAt: contract.EndOfTime, Count: 10_000,
				})
				return ids(rows, func(a db.ListRefusedAttemptsRow) string { return a.RequestID }), err
			},
		} {
			rows, err := list()
			require.NoError(rt, err)
			for id, branch := range w.rows[action] {
				may := allowed(action, access.Record("Row", id, branch))
				if !allowed(action, access.Company) {
					require.False(rt, may, "%s: rows for somebody who may not ask", action)
					continue
				}
				require.Equal(rt, may, slices.Contains(rows, id), "%s %s of %s: %s of %s", action, who.Role, who.Branch, id, branch)
			}
		}
	})
}

func ids[T any](rows []T, id func(T) string) []string {
	list := make([]string, len(rows))
	for i, row := range rows {
		list[i] = id(row)
	}
	return list
}

// world is what a check has put into the database.
type world struct {
	claims []seeded
	tasks  []string
	rows   map[string]map[string]string // by list: id and branch
}

func (h *house) aWorld(rt *rapid.T, role claim.Role) world {
	w := world{rows: map[string]map[string]string{"ListPolicies": {}, "ListStaff": {}, "ListSurveyors": {}, "ListPayments": {}, "ListRefusedAttempts": {}, "GetFigures": {}}}
	for i := range rapid.IntRange(1, 3).Draw(rt, "claims") {
		label := fmt.Sprintf("claim %d", i)
		branch, by := rapid.SampledFrom(branches).Draw(rt, label), somebodysID(rt, label)
		var parties []party
		for _, phone := range phones {
			if rapid.Bool().Draw(rt, label+" has "+phone) {
				principal := rapid.SampledFrom([]string{"", by, string(claimantID(phone))}).Draw(rt, label+" as")
				parties = append(parties, party{phone, rapid.SampledFrom([]string{"reporter", "insured", "driver", "third_party"}).Draw(rt, label+" role"), principal})
			}
		}
		c := h.aClaim(map[string]any{"branch": branch, "opened_by": by}, parties...)
		w.claims = append(w.claims, c)
		w.rows["GetFigures"][branch] = branch // any open claim of it counts
		for _, kind := range []claim.TaskKind{claim.TaskReview, claim.TaskSurvey, claim.TaskAssess} {
			if rapid.Bool().Draw(rt, label+" task") {
				w.tasks = append(w.tasks, h.drawTask(rt, c, kind, role, branch))
			}
		}
		payment := uuid.NewString()
		h.insert("payments", map[string]any{"id": payment, "claim_id": c.id, "sequence": 1, "amount_fen": 1, "payee_name": "", "payee_bank": "", "payee_account": "", "released_by": "", "at": time.Now()})
		w.rows["ListPayments"][payment] = branch
		attempt, of := uuid.NewString(), rapid.SampledFrom(append(slices.Clone(branches), "")).Draw(rt, label+" attempt")
		h.insert("refused_attempts", map[string]any{"request_id": attempt, "claim_id": c.id, "by_id": by, "by_role": "x", "branch": of, "act": "", "rule": "", "detail": ""})
		w.rows["ListRefusedAttempts"][attempt] = cmp.Or(of, branch)
		number := uuid.NewString()
		h.insert("policies", map[string]any{"id": uuid.NewString(), "number": number, "line": "motor", "branch": branch, "holder_name": "", "holder_phone": ""})
		w.rows["ListPolicies"][number] = branch
		member := uuid.NewString()
		h.insert("staff", map[string]any{"id": member, "name": "", "role": "surveyor", "branch": branch})
		w.rows["ListStaff"][member], w.rows["ListSurveyors"][member] = branch, branch
	}
	return w
}

// drawTask puts a task there, as often as not one of that role.
func (h *house) drawTask(rt *rapid.T, c seeded, kind claim.TaskKind, role claim.Role, branch string) string {
	if rapid.Bool().Draw(rt, "of another role") {
		role = rapid.SampledFrom(staffRoles).Draw(rt, "task role")
	}
	fields := map[string]any{
		"role": role, "level": rapid.IntRange(0, 3).Draw(rt, "task level"),
		"branch": rapid.SampledFrom([]string{branch, branches[1]}).Draw(rt, "task branch"),
	}
	if rapid.Bool().Draw(rt, "owned") {
		fields["owner"] = somebodysID(rt, "owner")
	}
	if rapid.Bool().Draw(rt, "due") {
		fields["due_at"] = time.Now()
	}
	if rapid.IntRange(0, 3).Draw(rt, "closed") == 0 {
		fields["state"], fields["closed_at"] = "done", time.Now()
	}
	return h.aTask(c, kind, fields)
}

// TestPagesShowEverythingOnce walks lists page by page, through ties of time
// and rows without a deadline.
func TestPagesShowEverythingOnce(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	reviewer, audit := h.staff("review-1", claim.Reviewer, "3101", 2), h.staff("audit-1", claim.Audit, "0000", 0)
	admin := h.staff("admin-1", claim.Admin, "0000", 0)
	same := time.Now().Truncate(time.Second)
	var claims, tasks, attempts, policies []string
	for i := range 7 {
		c := h.aClaim(map[string]any{"reported_at": same.Add(time.Duration(i/3) * time.Second)})
		claims = append(claims, string(c.id))
		fields := map[string]any{"level": 1}
		if i%3 != 0 {
			fields["due_at"] = same.Add(time.Duration(i/3) * time.Hour)
		}
		if i == 4 {
			fields["owner"] = "review-1"
		}
		tasks = append(tasks, h.aTask(c, claim.TaskReview, fields))
		request := fmt.Sprintf("request-%d", i)
		h.insert("refused_attempts", map[string]any{"request_id": request, "claim_id": c.id, "at": same, "by_id": "x", "by_role": "intake", "act": "", "rule": "", "detail": ""})
		attempts = append(attempts, request)
		number := fmt.Sprintf("PM-%03d", i)
		h.insert("policies", map[string]any{"id": uuid.NewString(), "number": number, "line": "motor", "branch": "3101", "holder_name": "", "holder_phone": "13800000000"})
		policies = append(policies, number)
	}
	walk := func(path, token string, id func(answer heard) (ids []string, next string)) (all []string) {
		t.Helper()
		after := ""
		for range 20 {
			page, next := id(h.get(path+"&after="+url.QueryEscape(after), token))
			all = append(all, page...)
			if after = next; after == "" {
				return all
			}
			require.Len(t, page, 2)
		}
		t.Fatal("the list has no end")
		return nil
	}
	got := walk("/v1/claims?limit=2", reviewer, func(a heard) ([]string, string) {
		p := readAs[rest.ClaimPage](t, a)
		return ids(p.Items, func(c rest.ClaimSummary) string { return string(c.Id) }), p.Next
	})
	require.ElementsMatch(t, claims, got)
	require.ElementsMatch(t, claims[6:], got[:1], "newest first")

	got = walk("/v1/tasks?limit=2", reviewer, func(a heard) ([]string, string) {
		p := readAs[rest.TaskPage](t, a)
		return ids(p.Items, func(x rest.Task) string { return x.Id }), p.Next
	})
	require.ElementsMatch(t, tasks, got)
	require.ElementsMatch(t, []string{tasks[1], tasks[2]}, got[:2], "the nearest deadline first")
	require.ElementsMatch(t, []string{tasks[0], tasks[3], tasks[6]}, got[4:], "no deadline last")

	got = walk("/v1/refused-attempts?limit=2", audit, func(a heard) ([]string, string) {
		p := readAs[rest.RefusedAttemptPage](t, a)
		return ids(p.Items, func(x rest.RefusedAttempt) string { return x.Request }), p.Next
	})
	require.ElementsMatch(t, attempts, got)

	got = walk("/v1/policies?limit=2", admin, func(a heard) ([]string, string) {
		p := readAs[rest.PolicyPage](t, a)
		return ids(p.Items, func(x rest.Policy) string { return x.Number }), p.Next
	})
	require.Equal(t, policies, got)

	mine := readAs[rest.TaskPage](t, h.get("/v1/tasks?mine=true", reviewer))
	require.Len(t, mine.Items, 1)
	require.Equal(t, tasks[4], mine.Items[0].Id)
	require.Equal(t, http.StatusOK, h.get("/v1/tasks?claim=AP-3101-2026-999999", reviewer).status, "a filter that nothing passes")
	one := readAs[rest.TaskPage](t, h.get("/v1/tasks?claim="+claims[0], reviewer))
	require.Len(t, one.Items, 1)
	require.Empty(t, readAs[rest.TaskPage](t, h.get("/v1/tasks?kind=release", reviewer)).Items)
}

func TestClaimsAreFoundByWhatTheyAre(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	head := h.staff("manager-1", claim.Manager, "0000", 0)
	h.aClaim(map[string]any{"stage": claim.Closed, "lane": claim.Flash, "policy_no": "PM9", "reported_at": time.Date(2026, 11, 20, 16, 30, 0, 0, time.UTC)}) // the 21st in Beijing
	h.aClaim(map[string]any{"line": claim.Property, "branch": "3201", "reported_at": time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)})
	for query, want := range map[string]int{
		"":                         2,
		"stage=closed":             1,
		"stage=paying":             0,
		"lane=flash":               1,
		"line=commercial_property": 1,
		"branch=3201":              1,
		"policy_no=PM9":            1,
		"opened_from=2026-11-21":   2,
		"opened_from=2026-11-22":   1,
		"opened_to=2026-11-21":     1,
		"opened_to=2026-11-20":     0,
		"stage=closed&branch=3201": 0,
	} {
		page := readAs[rest.ClaimPage](t, h.get("/v1/claims?"+query, head))
		require.Len(t, page.Items, want, query)
	}
}
