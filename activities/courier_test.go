package activities_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"anpei/activities"
	"anpei/internal/gateway"
)

// deliver runs one look of the courier, with what takes the messages.
func (d *desk) deliver(takes func(gateway.Message) (status int)) (n int) {
	d.t.Helper()
	n, err := d.look(takes)
	require.NoError(d.t, err)
	return n
}

func (d *desk) look(takes func(gateway.Message) (status int)) (n int, err error) {
	d.t.Helper()
	var one sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m gateway.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		one.Lock()
		defer one.Unlock()
		w.WriteHeader(takes(m))
	}))
	defer server.Close()
	d.Gateway = gateway.Gateway{URL: server.URL, Client: server.Client()}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	look := func(ctx context.Context) (int, error) { return d.DeliverBatch(ctx) }
	env.RegisterActivity(look)
	got, err := env.ExecuteActivity(look)
	if err != nil {
		return 0, err
	}
	return n, got.Get(&n)
}

func TestNothingIsLockedWhileTheGatewayIsAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	waiting := d.queued()
	require.NotEmpty(t, waiting)
	var sent []string
	n := d.deliver(func(m gateway.Message) int {
		sent = append(sent, m.ID)
		_, err := d.db.Owner.Exec(t.Context(), `select from courier_queue for update nowait`)
		require.NoError(t, err)
		other, err := d.DeliverBatch(t.Context())
		require.NoError(t, err)
		require.Zero(t, other, "another courier takes none that is on its way")
		return http.StatusOK
	})
	require.Equal(t, len(waiting), n)
	require.ElementsMatch(t, waiting, sent)
	require.Empty(t, d.queued())
}

// queued are the notices of the claim that the courier has not finished with.
func (d *desk) queued() (ids []string) {
	d.t.Helper()
	return one[[]string](d, `select coalesce(array_agg(q.notice_id::text order by n.at), '{}') from courier_queue q join notices n on n.id = q.notice_id where n.claim_id = $1`)
}

// A courier that dies has noted nothing down. Once its lease is over the same
// notices go out again, under the ids by which the gateway knows them.
func TestWhatADeadCourierHadTakenIsSentOnceItsLeaseIsOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	waiting := d.queued()
	_, err := d.db.Owner.Exec(t.Context(), `create function dead() returns trigger language plpgsql as $$ begin raise 'the courier is dead'; end $$;
		create trigger dead before insert on deliveries for each row execute function dead()`)
	require.NoError(t, err)
	var sent []string
	takes := func(m gateway.Message) int { sent = append(sent, m.ID); return http.StatusOK }
	_, err = d.look(takes)
	require.ErrorContains(t, err, "the courier is dead")
	require.ElementsMatch(t, waiting, sent)
	_, err = d.db.Owner.Exec(t.Context(), `drop trigger dead on deliveries`)
	require.NoError(t, err)

	require.Zero(t, d.deliver(takes), "its lease still runs")
	_, err = d.db.Owner.Exec(t.Context(), `update courier_queue set not_before = not_before - make_interval(secs => $1)`, activities.CourierLease)
	require.NoError(t, err)
	require.Equal(t, len(waiting), d.deliver(takes))
	slices.Sort(sent)
	require.Len(t, slices.Compact(sent), len(waiting), "the same once more")
	require.Empty(t, d.queued())
}

func TestWhatTheGatewayDoesNotTakeComesLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	waiting := d.queued()
	require.Equal(t, len(waiting), d.deliver(func(gateway.Message) int { return http.StatusServiceUnavailable }))
	require.Equal(t, waiting, d.queued())
	require.Equal(t, "retrying", one[string](d, `select min(state) from deliveries s join notices n on n.id = s.notice_id where n.claim_id = $1`))
	require.Zero(t, d.deliver(func(gateway.Message) int { return http.StatusOK }), "not yet")
}
