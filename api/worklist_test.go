package main

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"anpei/api/access"
	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// headOfficeStaff are the staff whom every insurer has who has reports of no branch:
// one of each role that tasks are for.
var headOfficeStaff = map[claim.Principal]db.StaffForAccessRow{
	"head_intake": {Role: claim.Intake}, "head_dispatcher": {Role: claim.Dispatcher}, "head_assessor": {Role: claim.Assessor},
	"head_reviewer": {Role: claim.Reviewer, Level: 4}, "head_finance": {Role: claim.Finance}, "head_operator": {Role: claim.Operator},
}

// everyTaskIsOnAList checks, for a whole database, that each open task is on the
// worklist of at least one active person who has it or may take it.
func everyTaskIsOnAList(ctx context.Context, t *testing.T, s *server, owner *pgxpool.Pool) {
	t.Helper()
	rows, err := owner.Query(ctx, `select id, name, role, branch, level, phone, active from staff where active`)
	require.NoError(t, err)
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[db.StaffForAccessRow])
	require.NoError(t, err)
	listed := map[string]bool{}
	for _, row := range people {
		who := access.Staff(testNames, row)
		tasks, err := s.taskRows(ctx, who, db.ListTasksParams{AfterDue: &time.Time{}, AfterID: "00000000-0000-0000-0000-000000000000", Count: 100_000})
		require.NoError(t, err)
		for _, task := range tasks {
			if task.Role == who.Role { // a manager or operator is only told of it
				listed[task.ID] = true
			}
		}
	}
	rows, err = owner.Query(ctx, `select t.id, t.kind || ' of ' || c.number || ', ' || t.role || ' of ' || t.branch || ', level ' || t.level || ', owner ' || coalesce(t.owner, 'none')
		from tasks t join claims c on c.id = t.claim_id where t.state = 'open'`)
	require.NoError(t, err)
	var id, what string
	_, err = pgx.ForEachRow(rows, []any{&id, &what}, func() error {
		if !listed[id] {
			t.Errorf("on no list: %s", what)
		}
		return nil
	})
	require.NoError(t, err)
}

// A report without a known policy has no branch: its work is the head
// office's, stage after stage.
func testWorkOfNoBranch(t *testing.T, k *stack) {
	t.Helper()
	token, phone := k.claimant(t)
	n := k.notice(t, phone, "PDZZ"+uuid.NewString()[:8])
	r := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), n), 201)
	require.Contains(t, r.Number, "AP-0000-")
	var branch string
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), `select branch from tasks where claim_id = $1 and kind = 'link_policy'`, r.Claim).Scan(&branch))
	require.Equal(t, "0000", branch)
	kinds := func(who string) (kinds []claim.TaskKind) {
		for _, task := range into[rest.TaskPage](t, k.ask(t, who, "GET", "/tasks?claim="+r.Number, "", nil), 200).Items {
			kinds = append(kinds, task.Kind)
		}
		return kinds
	}
	require.Equal(t, []claim.TaskKind{claim.TaskPolicy}, kinds("head_intake"))
	require.Empty(t, kinds("intake"), "of a branch")
	require.Eventually(t, func() bool { return len(kinds("head_dispatcher")) == 1 }, pace.Limit(10*time.Second), 20*time.Millisecond, "no surveyor is on shift: a dispatcher sends one")
}

// A task of somebody who left the company is on an operator's list, who gives it
// back to the branch, though that has no manager.
func testTaskOfWhoLeft(t *testing.T, k *stack) {
	t.Helper()
	leaver := "leaver_" + uuid.NewString()[:8]
	_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch) values ($1, $1, 'intake', '0000')`, leaver)
	require.NoError(t, err)
	k.letIn(t, leaver)
	token, phone := k.claimant(t)
	r := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), k.notice(t, phone, "PDZZ"+uuid.NewString()[:8])), 201)
	var task string
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), `select id from tasks where claim_id = $1 and kind = 'link_policy'`, r.Claim).Scan(&task))
	owner := func(who, method string) answer {
		return k.ask(t, who, method, "/tasks/"+task+"/owner", uuid.NewString(), nil)
	}
	into[claim.Receipt](t, owner(leaver, "POST"), 200)
	listed := func(who string) bool {
		return len(into[rest.TaskPage](t, k.ask(t, who, "GET", "/tasks?claim="+r.Number+"&kind=link_policy", "", nil), 200).Items) == 1
	}
	require.False(t, listed("head_intake"), "it has an owner")
	require.False(t, listed("head_operator"))

	_, err = k.data.Owner.Exec(t.Context(), `update staff set active = false where id = $1`, leaver)
	require.NoError(t, err)
	require.True(t, listed("head_operator"))
	require.Equal(t, 409, owner("head_intake", "POST").status)
	into[claim.Receipt](t, owner("head_operator", "DELETE"), 200)
	into[claim.Receipt](t, owner("head_intake", "POST"), 200)
}

// A task that no active member of staff has or may take is on the lists of the
// managers of its branch and of the operators.
func TestWorkWithoutStaffIsToldToManagersAndOperators(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	c := h.aClaim(map[string]any{"branch": "3201"})
	release := h.aTask(c, claim.TaskRelease, map[string]any{"role": claim.Finance, "branch": "3201"})
	manager, elsewhere, operator := h.staff("m1", claim.Manager, "3201", 0), h.staff("m2", claim.Manager, "3101", 0), h.staff("o1", claim.Operator, "0000", 0)
	lists := func(token string) []string {
		return ids(readAs[rest.TaskPage](t, h.get("/v1/tasks", token)).Items, func(x rest.Task) string { return x.Id })
	}
	require.Equal(t, []string{release}, lists(manager))
	require.Equal(t, []string{release}, lists(operator))
	require.Empty(t, lists(elsewhere))
	require.Empty(t, readAs[rest.TaskPage](t, h.get("/v1/tasks?mine=true", manager)).Items)
	require.Empty(t, readAs[rest.TaskPage](t, h.get("/v1/tasks?kind=review", manager)).Items)

	finance := h.staff("f1", claim.Finance, "0000", 0)
	require.Equal(t, []string{release}, lists(finance))
	require.Empty(t, lists(manager), "it has staff again")

	// Its owner has left.
	h.sql(`update tasks set owner = 'gone' where id = $1`, release)
	h.sql(`insert into staff (id, name, role, branch, active) values ('gone', 'gone', 'finance', '3201', false)`)
	require.Empty(t, lists(finance))
	require.Equal(t, []string{release}, lists(manager))

	// Its level is above all reviewers'.
	h.sql(`update tasks set owner = null, role = 'reviewer', kind = 'review', level = 3 where id = $1`, release)
	h.staff("r2", claim.Reviewer, "3201", 2)
	require.Equal(t, []string{release}, lists(manager))
	h.staff("r3", claim.Reviewer, "3201", 3)
	require.Empty(t, lists(manager))
}
