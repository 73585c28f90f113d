package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// A stranger reports on the policy of somebody else, on one that has lapsed and
// on one that there is not. Nothing that the three claims answer to the stranger
// tells which is which, over every operation of the contract on a claim.
func TestAStrangerLearnsNothingOfAPolicy(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	k.surveyor(t)
	token, phone := k.claimant(t)
	_, holder := k.claimant(t)
	known, lapsed := k.policy(t, holder), k.policy(t, holder)
	_, err := k.data.Owner.Exec(t.Context(), `update policy_versions set ends_at = now() - interval '1 day' where policy_id = (select id from policies where number = $1)`, lapsed)
	require.NoError(t, err)
	unknown := "P-" + uuid.NewString()[:13]

	ops := readsOfClaims(t)
	var first map[string]string
	for _, policy := range []string{known, lapsed, unknown} {
		said := k.strangersView(t, token, phone, policy, ops)
		for what, body := range said {
			require.NotContains(t, body, holder, what)
			require.NotContains(t, body, claim.MaskPhone(holder), what)
			require.NotContains(t, body, "3101", "%s tells the branch that keeps the policy", what)
		}
		if first == nil {
			first = said
			continue
		}
		for what := range first {
			require.Equal(t, first[what], said[what], what)
		}
		require.Len(t, said, len(first))
	}

	// Who is in the policy sees what there is.
	own := k.reported(t)
	k.routed(t, own.token, own.Number)
	c := into[rest.Claim](t, k.ask(t, own.token, "GET", "/claims/"+own.Number, "", nil), 200)
	require.True(t, c.PolicyVerified)
	require.Equal(t, "AP-0000", own.Number[:7], "a stranger who reports the loss too is told it")
}

// Who reports a loss that another has reported learns that it is there, and
// nothing of how the other one told it, how far it is or how it ended.
func TestWhoReportsALossTooLearnsNothingOfTheFirstReport(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	first := k.reported(t)
	token, phone := k.claimant(t)
	n := k.notice(t, phone, first.policy)
	n.LossAt, n.Place, n.At, n.Cause = n.LossAt.Add(-20*time.Minute), "不知道", nil, "collision"
	joined := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), n), 201)
	require.Equal(t, first.Number, joined.Number)
	var seen rest.Claim
	require.Eventually(t, func() bool {
		a := k.ask(t, token, "GET", "/claims/"+first.Number, "", nil)
		if a.status != http.StatusOK {
			return false // the claim has not heard of it yet
		}
		seen = into[rest.Claim](t, a, 200)
		return true
	}, pace.Limit(10*time.Second), 50*time.Millisecond)
	day := claim.DateOf(first.notice.LossAt).Start().UTC()
	look := func(c rest.Claim) {
		require.Equal(t, []any{"", (*claim.Point)(nil), "other", "", claim.Fen(0), int64(1)}, []any{c.Place, c.At, c.Cause, c.Story, c.Amounts.ClaimedFen, c.Version})
		require.Equal(t, day, c.LossAt)
		require.Equal(t, c.ReportedAt, c.UpdatedAt)
		require.Equal(t, claim.DateOf(c.ReportedAt).Start().UTC(), c.ReportedAt)
	}
	look(seen)

	into[claim.Receipt](t, k.ask(t, first.token, "POST", "/claims/"+first.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "误报"}), 200)
	seen = into[rest.Claim](t, k.ask(t, token, "GET", "/claims/"+first.Number, "", nil), 200)
	look(seen)
	require.Equal(t, claim.Closed, seen.Stage)
	require.Empty(t, seen.Outcome)
	require.Zero(t, seen.ClosedAt)
	page := into[rest.ClaimPage](t, k.ask(t, token, "GET", "/claims", "", nil), 200)
	require.Len(t, page.Items, 1)
	require.Equal(t, []any{claim.Outcome(""), "", day, seen.ReportedAt, seen.ReportedAt}, []any{page.Items[0].Outcome, page.Items[0].Place, page.Items[0].LossAt, page.Items[0].ReportedAt, page.Items[0].UpdatedAt})
}

// A clerk writes down who calls. Whoever calls the same clerk about the loss of
// another sees that there is a claim, and speaks for it in nothing; so it is
// with a partner that reports for two people.
func TestTwoWhoCallTheSameClerkAreTwo(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	for clerk, channel := range map[string]string{"intake": "phone", "partner": "partner"} {
		_, holder := k.claimant(t)
		_, other := k.claimant(t)
		policy := k.policy(t, holder)
		n := k.notice(t, holder, policy)
		n.Channel, n.Self = channel, false
		first := into[claim.Receipt](t, k.ask(t, clerk, "POST", "/claims", uuid.NewString(), n), 201)
		n.Reporter = claim.Party{Name: "孙路人", Phone: other, Role: "reporter"}
		require.Equal(t, claim.Joined, into[claim.Receipt](t, k.ask(t, clerk, "POST", "/claims", uuid.NewString(), n), 201).Result)
		caller := k.bound(t, other, first.Claim)
		var seen rest.Claim
		require.Eventually(t, func() bool {
			a := k.ask(t, caller, "GET", "/claims/"+first.Number, "", nil)
			if a.status == http.StatusOK {
				seen = into[rest.Claim](t, a, 200)
			}
			return a.status == http.StatusOK
		}, pace.Limit(10*time.Second), 50*time.Millisecond)
		require.Empty(t, seen.PolicyNo, clerk)
		require.Len(t, seen.Parties, 1, clerk)
		for path, want := range map[string]int{"/missing": 403, "/offers": 403, "/payments": 403} {
			require.Equal(t, want, k.ask(t, caller, "GET", "/claims/"+first.Number+path, "", nil).status, "%s %s", clerk, path)
		}
		require.Equal(t, 403, k.ask(t, caller, "POST", "/claims/"+first.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "误报"}).status, clerk)
		require.Equal(t, 200, k.ask(t, k.bound(t, holder, first.Claim), "GET", "/claims/"+first.Number+"/missing", "", nil).status, clerk)
	}
}

// A report may call anybody the insured: only whom the policy knows speaks for
// the claim, also once it is another's.
func TestWhomAReportCallsTheInsuredIsNoInsider(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	holderToken, holder := k.claimant(t)
	token, phone := k.claimant(t)
	_, friend := k.claimant(t)
	policy := k.policy(t, holder)
	n := k.notice(t, phone, policy)
	n.Exposures[0].Owner = &claim.Party{Name: "孙友", Phone: friend, Role: "insured"}
	r := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), n), 201)
	closed := func() int {
		return k.ask(t, k.bound(t, friend, r.Claim), "GET", "/claims/"+r.Number+"/missing", "", nil).status
	}
	require.Equal(t, 403, closed())
	into[claim.Receipt](t, k.ask(t, holderToken, "POST", "/claims", uuid.NewString(), k.notice(t, holder, policy)), 201)
	require.Eventually(t, func() bool {
		return k.ask(t, holderToken, "GET", "/claims/"+r.Number+"/missing", "", nil).status == http.StatusOK
	}, pace.Limit(10*time.Second), 50*time.Millisecond)
	require.Equal(t, 403, closed())
}

// The number of a policy that intake links is not told to a claimant who is not
// in it.
func TestAPolicyThatIsLinkedStaysUnknownToAStranger(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	_, holder := k.claimant(t)
	token, phone := k.claimant(t)
	policy := k.policy(t, holder)
	r := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), k.notice(t, phone, "")), 201)
	into[claim.Receipt](t, k.ask(t, "head_intake", "POST", "/claims/"+r.Number+"/policy", uuid.NewString(), claim.LinkPolicy{PolicyNo: policy}), 200)
	require.Equal(t, policy, into[rest.Claim](t, k.ask(t, "intake", "GET", "/claims/"+r.Number, "", nil), 200).PolicyNo)
	require.Empty(t, into[rest.Claim](t, k.ask(t, token, "GET", "/claims/"+r.Number, "", nil), 200).PolicyNo)
	require.Empty(t, into[rest.ClaimPage](t, k.ask(t, token, "GET", "/claims", "", nil), 200).Items[0].PolicyNo)
	require.Empty(t, into[rest.ClaimPage](t, k.ask(t, token, "GET", "/claims?policy_no="+policy, "", nil), 200).Items)
	require.Len(t, into[rest.ClaimPage](t, k.ask(t, "intake", "GET", "/claims?policy_no="+policy, "", nil), 200).Items, 1)
}

// strangersView reports on a policy and asks everything that a claimant may, and
// returns the answers without what differs between any two claims.
func (k *stack) strangersView(t *testing.T, token, phone, policy string, ops []string) map[string]string {
	t.Helper()
	said := map[string]string{}
	var number string
	var id claim.ID
	keep := func(what string, a answer) {
		body := strings.NewReplacer(policy, "POLICY", number, "NUMBER", string(id), "CLAIM").Replace(string(a.raw))
		said[what] = http.StatusText(a.status) + " " + withoutChance(body)
	}
	n := k.notice(t, phone, policy)
	reported := k.ask(t, token, "POST", "/claims", uuid.NewString(), n)
	receipt := into[claim.Receipt](t, reported, 201)
	number, id = receipt.Number, receipt.Claim
	require.Equal(t, "AP-0000", number[:7])
	keep("report", reported)
	k.routed(t, token, number)

	upload := into[rest.Upload](t, k.ask(t, token, "POST", "/claims/"+number+"/uploads?name=a.pdf", uuid.NewString(), strings.NewReader(string(aPDF)+policy)), 201)
	attached := k.ask(t, token, "POST", "/claims/"+number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: upload.Id, Kind: "vehicle_licence"}}})
	document := into[rest.Attached](t, attached, 201).Ids[0]
	keep("attach", attached)

	for _, path := range ops {
		path = strings.NewReplacer("{claim}", number, "{document}", document).Replace(path)
		keep(strings.NewReplacer(number, "", document, "").Replace(path), k.ask(t, token, "GET", path, "", nil))
	}
	for _, filter := range []string{"policy_no=" + policy, "branch=3101", "branch=0000&policy_no=" + policy, "lane=standard&policy_no=" + policy} {
		a := k.ask(t, token, "GET", "/claims?"+filter, "", nil)
		keep("list "+strings.ReplaceAll(filter, policy, ""), a)
		page := into[rest.ClaimPage](t, a, 200)
		require.Equal(t, !strings.Contains(filter, "3101") && !strings.Contains(filter, policy), slices.ContainsFunc(page.Items, func(c rest.ClaimSummary) bool { return c.Number == number }), filter)
	}
	said["stream"] = withoutChance(strings.NewReplacer(policy, "POLICY", number, "NUMBER", string(id), "CLAIM").Replace(k.streamed(t, token, number)))
	for _, act := range []struct {
		path string
		body any
	}{
		{"offers/1/consent", nil},
		{"offers/1/objection", rest.NewObjection{Reason: "太少"}},
		{"offers/1/agreement", rest.NewAgreement{Payee: claim.Payee{Name: "王先生", Bank: "工商银行", Account: "1001234567890123"}, AccountAgain: "1001234567890123", Signature: "phone-code"}},
		{"policy", claim.LinkPolicy{PolicyNo: policy}},
		{"conversion", claim.Reason{Reason: "我不会拍"}},
		{"withdrawal", claim.Reason{Reason: "不报了"}}, // the last
	} {
		keep(act.path, k.ask(t, token, "POST", "/claims/"+number+"/"+act.path, uuid.NewString(), act.body))
	}
	return said
}

var (
	anID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	aHash    = regexp.MustCompile(`\b[0-9a-f]{32,64}\b`)
	aMoment  = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+08:00)`)
	aClock   = regexp.MustCompile(`(\d{4}-)?(\d\d-\d\d )?\d\d:\d\d`)
	aRequest = regexp.MustCompile(`"instance":"[^"]*"`)
	anotherN = regexp.MustCompile(`AP-(\d{4})-\d{4}-\d{6}`)
)

// withoutChance leaves out ids, hashes of files and moments, which differ between
// any two claims; the branch in a claim's number stays.
func withoutChance(body string) string {
	body = aRequest.ReplaceAllString(body, "REQUEST")
	body = anID.ReplaceAllString(body, "ID")
	body = aHash.ReplaceAllString(body, "HASH")
	body = aMoment.ReplaceAllString(body, "MOMENT")
	body = aClock.ReplaceAllString(body, "TIME")
	body = anotherN.ReplaceAllString(body, "AP-$1")
	return body
}

// readsOfClaims are the paths of the contract that read something of a claim.
func readsOfClaims(t *testing.T) (paths []string) {
	t.Helper()
	spec, err := contract.Read()
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		if item.Get == nil || !strings.HasPrefix(path, "/claims/{claim}") || strings.HasSuffix(path, "/stream") {
			continue
		}
		rest := strings.NewReplacer("{claim}", "", "{document}", "").Replace(path)
		if strings.Contains(rest, "{") { // a letter, which a claim has once people decided
			continue
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	require.Greater(t, len(paths), 10)
	return paths
}

// streamed is the whole timeline of a claim as its stream tells it.
func (k *stack) streamed(t *testing.T, token, number string) string {
	t.Helper()
	timeline := into[rest.EventPage](t, k.ask(t, token, "GET", "/claims/"+number+"/timeline", "", nil), 200)
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(20*time.Second))
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url+"/claims/"+number+"/stream", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Last-Event-ID", "0")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	var all []string
	for lines := bufio.NewScanner(res.Body); len(all) < len(timeline.Items) && lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var e rest.Event
			require.NoError(t, json.Unmarshal([]byte(data), &e))
			require.Empty(t, e.Hash, "a hash over what the stranger does not know could be tried")
			all = append(all, data)
		}
	}
	require.Len(t, all, len(timeline.Items))
	return strings.Join(all, "\n")
}

// Who knows a policy's number, or a plate, and a time can join a report of that loss, and learns
// nothing by it: not how far the claim has come, who is on it, nor which filter
// finds it.
func TestAStrangerWhoReportsALossOnceMoreLearnsNothingOfIt(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t) // by the holder, in the flash lane
	k.routed(t, r.token, r.Number)
	token, phone := k.claimant(t)
	receipt := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), k.notice(t, phone, r.policy)), 201)
	require.Equal(t, claim.Joined, receipt.Result)
	require.Equal(t, claim.Reported, receipt.Stage)
	require.Equal(t, "AP-0000", receipt.Number[:7])

	require.Eventually(t, func() bool { // that they are on it, its workflow is told
		a, err := ask(t.Context(), k.url, token, "GET", "/claims/"+r.Number, "", nil)
		return err == nil && a.status == http.StatusOK
	}, pace.Limit(20*time.Second), 50*time.Millisecond)
	c := into[rest.Claim](t, k.ask(t, token, "GET", "/claims/"+r.Number, "", nil), 200)
	require.Equal(t, claim.Standard, c.Lane)
	require.Equal(t, claim.Reported, c.Stage)
	require.False(t, c.PolicyVerified)
	require.Len(t, c.Parties, 1, "their own")
	for filter, found := range map[string]bool{
		"lane=standard": true, "lane=flash": false, "stage=reported": true, "stage=self_survey": false, "policy_no=" + r.policy: false, "branch=0000": true,
	} {
		page := into[rest.ClaimPage](t, k.ask(t, token, "GET", "/claims?"+filter, "", nil), 200)
		require.Equal(t, found, len(page.Items) == 1, filter)
		for _, item := range page.Items {
			require.Equal(t, claim.Standard, item.Lane)
			require.Equal(t, claim.Reported, item.Stage)
			require.Empty(t, item.PolicyNo)
		}
	}
}
