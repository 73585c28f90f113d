package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// TestAPI acts on real claims over HTTP.
func TestAPI(t *testing.T) { //nolint:tparallel // newStack changes the environment while it dials
	k := newStack(t)
	for name, test := range map[string]func(*testing.T, *stack){
		"a report comes again":                testReportAgain,
		"twins report at once":                testReportTwins,
		"a loss is reported twice":            testReportJoins,
		"a bad report":                        testReportBad,
		"a command comes again":               testCommandAgain,
		"a command at the wrong stage":        testCommandWrongStage,
		"one key for two claims at once":      testCommandTwoClaims,
		"a command to a closed claim":         testCommandClosed,
		"a command from who may not today":    testCommandRepeatedByWhoMayNotToday,
		"a report takes its draft with it":    testDraftSent,
		"photos fill in a draft":              testDraftFilledByPhotos,
		"somebody else's claim":               testCommandUnseen,
		"temporal is down":                    testTemporalDown,
		"an upload comes again":               testUploadAgain,
		"the same bytes at once":              testUploadTwins,
		"an upload that nobody attaches":      testUploadForgotten,
		"bad uploads":                         testUploadBad,
		"an upload is cut off":                testUploadCutOff,
		"the store gets other bytes":          testStoreVerifies,
		"the store is down":                   testStoreDown,
		"an attachment comes again":           testAttachAgain,
		"bad attachments":                     testAttachBad,
		"a partner's reading":                 testAttachReading,
		"a document is read":                  testDocument,
		"evidence is verified":                testVerify,
		"evidence is held":                    testHold,
		"a sensitive paper is there for few":  testSensitive,
		"documents are listed by their order": testDocumentPages,
		"work of no branch":                   testWorkOfNoBranch,
		"a task of who left":                  testTaskOfWhoLeft,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

// Last, for it stops the worker that the others need.
func TestNobodyWaitsForEver(t *testing.T) {
	k := newStack(t)
	r := k.reported(t)
	k.stop()
	began, key := time.Now(), uuid.NewString()
	a := k.ask(t, r.token, "POST", "/claims/"+r.Number+"/conversion", key, claim.Reason{Reason: "我不会拍"})
	require.Equal(t, 409, a.status, string(a.raw))
	require.Equal(t, "/problems/still-running", a.problem(t).Type)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.WithinDuration(t, began.Add(patience), time.Now(), pace.Limit(3*time.Second))

	k.work(t)
	receipt := into[claim.Receipt](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/conversion", key, claim.Reason{Reason: "我不会拍"}), 200)
	require.Equal(t, claim.Standard, receipt.Lane)
}

// What is uploaded passes through: it is never in memory whole.
func TestUploadsAreStreamed(t *testing.T) {
	k := newStack(t)
	r, file := k.reported(t), append(bytes.Clone(aPDF), make([]byte, 3<<20)...)
	upload := func() {
		file[len(aPDF)]++
		require.Equal(t, 201, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/uploads", uuid.NewString(), bytes.NewReader(file)).status)
	}
	upload()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		upload()
	}
	runtime.ReadMemStats(&after)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)/10, uint64(1<<20), "bytes for an upload of 3 MiB, the test's own included")
}

func testReportAgain(t *testing.T, k *stack) {
	t.Helper()
	token, phone := k.claimant(t)
	n, key := k.notice(t, phone, k.policy(t, phone)), uuid.NewString()
	first := k.ask(t, token, "POST", "/claims", key, n)
	receipt := into[claim.Receipt](t, first, 201)
	require.Equal(t, reportedAs("app", claimantID(phone), key), receipt.Claim)

	again := k.ask(t, token, "POST", "/claims", key, n)
	require.Equal(t, 201, again.status)
	require.JSONEq(t, string(first.raw), string(again.raw))

	n.Story = "另一个故事"
	other := k.ask(t, token, "POST", "/claims", key, n)
	require.Equal(t, 422, other.status)
	require.Equal(t, "/problems/key-reused", other.problem(t).Type)
	require.Equal(t, 1, k.count(t, `select count(*) from claims where opened_by = $1`, claimantID(phone)))

	n.Channel = "web" // another claim's id, the same key
	require.Equal(t, "/problems/key-reused", k.ask(t, token, "POST", "/claims", key, n).problem(t).Type)
}

func testReportTwins(t *testing.T, k *stack) {
	t.Helper()
	token, phone := k.claimant(t)
	n, key := k.notice(t, phone, k.policy(t, phone)), uuid.NewString()
	other := n
	other.Story = "另一个故事"
	answers := make([]answer, 8)
	var all sync.WaitGroup
	for i := range answers {
		body := n
		if i%4 == 3 {
			body = other
		}
		all.Go(func() { answers[i], _ = ask(t.Context(), k.url, token, "POST", "/claims", key, body) })
	}
	all.Wait()
	status := map[int]int{}
	var receipts []string
	for _, a := range answers {
		status[a.status]++
		if a.status == 201 {
			receipts = append(receipts, string(a.raw))
		}
	}
	for _, r := range receipts {
		require.JSONEq(t, receipts[0], r)
	}
	require.Contains(t, []map[int]int{{201: 6, 422: 2}, {201: 2, 422: 6}}, status, "whoever was first")
	require.Equal(t, 1, k.count(t, `select count(*) from claims where opened_by = $1`, claimantID(phone)))
}

func testReportJoins(t *testing.T, k *stack) {
	t.Helper()
	first := k.reported(t)
	token, phone := k.claimant(t)
	n, key := k.notice(t, phone, first.policy), uuid.NewString()
	joined := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", key, n), 201)
	require.Equal(t, claim.Joined, joined.Result)
	require.Equal(t, first.Number, joined.Number)
	again := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", key, n), 201)
	require.Equal(t, joined, again, "its workflow has ended, and is not started again")
	require.Eventually(t, func() bool {
		return k.count(t, `select count(*) from events where claim_id = $1 and kind = 'claim.rereported'`, first.Claim) == 1
	}, pace.Limit(10*time.Second), 20*time.Millisecond, "the claim is told of the second report")
	into[claim.Receipt](t, k.ask(t, first.token, "POST", "/claims/"+first.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "自行处理"}), 200)
}

func testReportBad(t *testing.T, k *stack) {
	t.Helper()
	token, phone := k.claimant(t)
	n := k.notice(t, phone, "")
	n.LossAt, n.Plate, n.Exposures[0].Kind, n.Story = time.Now().Add(time.Hour), "沪A", claim.CommercialProperty, " "
	a := k.ask(t, token, "POST", "/claims", uuid.NewString(), n)
	require.Equal(t, 422, a.status)
	require.ElementsMatch(t, []string{"/loss_at", "/plate", "/exposures/0/kind", "/story"}, pointers(a.problem(t).Errors))

	n = k.notice(t, phone, "NO-SUCH-POLICY")
	receipt := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), n), 201)
	require.Equal(t, claim.Done, receipt.Result, "an unknown policy is no obstacle")
}

func testCommandAgain(t *testing.T, k *stack) {
	t.Helper()
	r, key := k.reported(t), uuid.NewString()
	path := "/claims/" + string(r.Claim) + "/conversion"
	first := k.ask(t, r.token, "POST", path, key, claim.Reason{Reason: "我不会拍"})
	require.Equal(t, 200, first.status, string(first.raw))
	again := k.ask(t, r.token, "POST", path, key, claim.Reason{Reason: "我不会拍"})
	require.Equal(t, 200, again.status)
	require.JSONEq(t, string(first.raw), string(again.raw), "though the stage has changed")
	require.Equal(t, 422, k.ask(t, r.token, "POST", path, key, claim.Reason{Reason: "别的"}).status)
	require.Equal(t, 422, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/withdrawal", key, claim.Reason{Reason: "我不会拍"}).status, "another command")
	require.Equal(t, 1, k.count(t, `select count(*) from events where claim_id = $1 and kind = 'lane.changed'`, r.Claim))
}

func testCommandWrongStage(t *testing.T, k *stack) {
	t.Helper()
	r, key := k.reported(t), uuid.NewString()
	a := k.ask(t, r.token, "POST", "/claims/"+r.Number+"/offers/1/consent", key, nil)
	require.Equal(t, 409, a.status, string(a.raw))
	require.Equal(t, []string{a.problem(t).Rule}, k.attempts(t, r.Claim))
	require.Zero(t, k.count(t, `select count(*) from steps where command_key = $1`, key), "the claim is otherwise untouched")
}

// A claim must not be stopped by what its claimant's client does with keys.
func testCommandTwoClaims(t *testing.T, k *stack) {
	t.Helper()
	token, phone := k.claimant(t)
	var numbers []string
	for range 2 {
		numbers = append(numbers, into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), k.notice(t, phone, "")), 201).Number)
	}
	key := uuid.NewString()
	answers := make([]answer, len(numbers))
	var all sync.WaitGroup
	for i, number := range numbers {
		all.Go(func() {
			answers[i], _ = ask(t.Context(), k.url, token, "POST", "/claims/"+number+"/withdrawal", key, claim.Reason{Reason: "自己修"})
		})
	}
	all.Wait()
	for i, a := range answers {
		require.Contains(t, []int{200, 422}, a.status, string(a.raw))
		if a.status == 200 {
			again := k.ask(t, token, "POST", "/claims/"+numbers[i]+"/withdrawal", key, claim.Reason{Reason: "自己修"})
			require.JSONEq(t, string(a.raw), string(again.raw))
		}
	}
	require.Zero(t, k.count(t, `select count(*) from claims where parked and opened_by = $1`, claimantID(phone)))
}

func testCommandClosed(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	receipt := into[claim.Receipt](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "自己修"}), 200)
	require.Equal(t, claim.Closed, receipt.Stage)
	a := k.ask(t, r.token, "POST", "/claims/"+r.Number+"/conversion", uuid.NewString(), claim.Reason{Reason: "还是来吧"})
	require.Equal(t, 409, a.status, string(a.raw))
	require.Equal(t, claim.RuleStage, a.problem(t).Rule)
	a = k.ask(t, r.token, "POST", "/claims/"+r.Number+"/uploads", uuid.NewString(), bytes.NewReader(aJPEG(t)))
	require.Equal(t, 409, a.status, string(a.raw))
	require.Equal(t, []string{claim.RuleStage, claim.RuleStage}, k.attempts(t, r.Claim))
}

func testCommandUnseen(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	token, _ := k.claimant(t)
	for _, who := range []string{token, "stranger"} {
		a := k.ask(t, who, "POST", "/claims/"+r.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "x"})
		require.Equal(t, 404, a.status, string(a.raw))
		a = k.ask(t, who, "POST", "/claims/"+r.Number+"/uploads", uuid.NewString(), bytes.NewReader(aJPEG(t)))
		require.Equal(t, 404, a.status, string(a.raw))
	}
	require.Equal(t, 403, k.ask(t, "assessor", "POST", "/claims/"+r.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "x"}).status)
}

func testTemporalDown(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	down := k.twin()
	down.temporal = nowhere(t)
	url := k.listen(t, down)
	began := time.Now()
	a, err := ask(t.Context(), url, r.token, "POST", "/claims/"+r.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "x"})
	require.NoError(t, err)
	require.Equal(t, 503, a.status, string(a.raw))
	require.NotEmpty(t, a.header.Get("Retry-After"))
	a, err = ask(t.Context(), url, r.token, "POST", "/claims", uuid.NewString(), k.notice(t, r.phone, ""))
	require.NoError(t, err)
	require.Equal(t, 503, a.status, string(a.raw))
	require.Less(t, time.Since(began), 2*(patience+pace.Limit(2*time.Second)))
	again, err := ask(t.Context(), url, r.token, "POST", "/claims", r.key, r.notice)
	require.NoError(t, err)
	require.Equal(t, r.Receipt, into[claim.Receipt](t, again, 201), "what was answered is answered again")
	a, err = ask(t.Context(), url, r.token, "GET", "/claims/"+r.Number+"/documents", "", nil)
	require.NoError(t, err)
	require.Equal(t, 200, a.status, "reads go on")
}

// versions counts what the store has of a claim, whatever became of it.
func (k *stack) versions(t *testing.T, id claim.ID) (list []minio.ObjectInfo) {
	t.Helper()
	for o := range k.store.ListObjects(t.Context(), k.cfg.Bucket, minio.ListObjectsOptions{Prefix: "claims/" + string(id) + "/", Recursive: true, WithVersions: true}) {
		require.NoError(t, o.Err)
		list = append(list, o)
	}
	return list
}

func testUploadAgain(t *testing.T, k *stack) {
	t.Helper()
	r, picture := k.reported(t), aJPEG(t)
	path, key := "/claims/"+r.Number+"/uploads?name=a.jpg&kind=loss_photo", uuid.NewString()
	first := into[rest.Upload](t, k.ask(t, r.token, "POST", path, key, bytes.NewReader(picture)), 201)
	require.Equal(t, "image/jpeg", first.Type)
	require.Equal(t, "a.jpg", first.Name)
	require.Equal(t, int64(len(picture)), first.Size)
	again := into[rest.Upload](t, k.ask(t, r.token, "POST", path, key, bytes.NewReader(picture)), 201)
	require.Equal(t, first, again)
	other := into[rest.Upload](t, k.ask(t, r.token, "POST", path, uuid.NewString(), bytes.NewReader(picture), "Repr-Digest", digestOf(picture)), 201)
	require.NotEqual(t, first.Id, other.Id)
	require.Equal(t, first.Sha256, other.Sha256)

	require.Equal(t, "/problems/key-reused", k.ask(t, r.token, "POST", path, key, bytes.NewReader(aPDF)).problem(t).Type)
	second := k.reported(t)
	require.Equal(t, 201, k.ask(t, second.token, "POST", "/claims/"+second.Number+"/uploads", key, bytes.NewReader(picture)).status, "another caller's key")

	stored := k.versions(t, r.Claim)
	require.Len(t, stored, 1, "the same bytes are one object")
	require.Equal(t, "claims/"+string(r.Claim)+"/"+first.Sha256, stored[0].Key)
	mode, until, err := k.store.GetObjectRetention(t.Context(), k.cfg.Bucket, stored[0].Key, stored[0].VersionID)
	require.NoError(t, err)
	require.Equal(t, minio.Governance, *mode)
	require.Equal(t, time.Now().Year()+claim.KeptYears, until.Year())
	require.Error(t, k.store.RemoveObject(t.Context(), k.cfg.Bucket, stored[0].Key, minio.RemoveObjectOptions{VersionID: stored[0].VersionID}))
}

func testUploadTwins(t *testing.T, k *stack) {
	t.Helper()
	r, picture := k.reported(t), aJPEG(t)
	answers := make([]answer, 12)
	keys := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i], _ = ask(t.Context(), k.url, r.token, "POST", "/claims/"+r.Number+"/uploads", keys[i%3], bytes.NewReader(picture))
		})
	}
	all.Wait()
	ids := map[string]bool{}
	for _, a := range answers {
		ids[into[rest.Upload](t, a, 201).Id] = true
	}
	require.Len(t, ids, 3, "one for each key")
	require.Len(t, k.versions(t, r.Claim), 1)
}

func testCommandRepeatedByWhoMayNotToday(t *testing.T, k *stack) {
	t.Helper()
	_, err := k.data.Owner.Exec(t.Context(), `insert into staff (id, name, role, branch) values ('leaver', 'leaver', 'intake', '3101')`)
	require.NoError(t, err)
	k.letIn(t, "leaver")
	r, key := k.reported(t), uuid.NewString()
	path, because := "/claims/"+string(r.Claim)+"/withdrawal", claim.Reason{Reason: "客户自行修复"}
	first := into[claim.Receipt](t, k.ask(t, "leaver", "POST", path, key, because), 200)

	_, err = k.data.Owner.Exec(t.Context(), `update staff set role = 'audit' where id = 'leaver'`)
	require.NoError(t, err)
	k.access.Changed("leaver")
	require.Equal(t, first, into[claim.Receipt](t, k.ask(t, "leaver", "POST", path, key, because), 200))
	require.Equal(t, "/problems/key-reused", k.ask(t, "leaver", "POST", path, key, claim.Reason{Reason: "另一个理由"}).problem(t).Type)
	require.Equal(t, 403, k.ask(t, "leaver", "POST", path, uuid.NewString(), because).status)
	upload := k.ask(t, "leaver", "POST", "/claims/"+string(r.Claim)+"/uploads", key, strings.NewReader("%PDF-1.4"))
	require.Equal(t, 403, upload.status, "a key opens no other door")
}

func testUploadForgotten(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	path := "/claims/" + r.Number + "/uploads"
	lost := into[rest.Upload](t, k.ask(t, r.token, "POST", path, uuid.NewString(), bytes.NewReader(aPDF)), 201)
	kept := into[rest.Upload](t, k.ask(t, r.token, "POST", path, uuid.NewString(), bytes.NewReader(aJPEG(t))), 201)
	_, err := k.data.Owner.Exec(t.Context(), `update uploads set created_at = now() - interval '8 days' where id = $1`, lost.Id)
	require.NoError(t, err)
	require.NoError(t, k.sweepUploads(t.Context(), time.Now()))
	require.Equal(t, 1, k.count(t, `select count(*) from uploads where claim_id = $1`, r.Claim))
	require.Equal(t, 1, k.count(t, `select count(*) from uploads where id = $1`, kept.Id))
	_, err = k.store.StatObject(t.Context(), k.cfg.Bucket, "claims/"+string(r.Claim)+"/"+lost.Sha256, minio.StatObjectOptions{})
	require.Equal(t, "NoSuchKey", minio.ToErrorResponse(err).Code)

	again := into[rest.Upload](t, k.ask(t, r.token, "POST", path, uuid.NewString(), bytes.NewReader(aPDF)), 201)
	require.Equal(t, lost.Sha256, again.Sha256)
	_, err = k.store.StatObject(t.Context(), k.cfg.Bucket, "claims/"+string(r.Claim)+"/"+lost.Sha256, minio.StatObjectOptions{})
	require.NoError(t, err, "sent again, it is there again")
}

func testUploadBad(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	path := "/claims/" + r.Number + "/uploads"
	for name, c := range map[string]struct {
		body    []byte
		headers []string
		status  int
	}{
		"empty":                     {nil, nil, 422},
		"a page":                    {[]byte("<html><body>hello"), nil, 415},
		"a bomb":                    {claiming(t, 100_000, 100_000), nil, 422},
		"too large":                 {append(bytes.Clone(aPDF), make([]byte, maxFile)...), nil, 413},
		"a digest":                  {aJPEG(t), []string{"Repr-Digest", digestOf(aPDF)}, 422},
		"JSON":                      {[]byte(`{}`), []string{"Content-Type", "application/json"}, 415},
		"a form without a boundary": {[]byte("--b\r\n"), []string{"Content-Type", "multipart/form-data"}, 400},
		"half a form":               {[]byte("--b\r\n"), []string{"Content-Type", "multipart/form-data; boundary=b"}, 422},
	} {
		a, err := ask(t.Context(), k.url, r.token, "POST", path, uuid.NewString(), bytes.NewReader(c.body), c.headers...)
		if err != nil && c.status == 413 {
			continue // the connection was closed on what nobody reads
		}
		require.NoError(t, err, name)
		require.Equal(t, c.status, a.status, "%s: %s", name, a.raw)
		a.problem(t)
	}
	require.Empty(t, k.versions(t, r.Claim), "nothing of it is kept")
	require.Zero(t, k.count(t, `select count(*) from uploads where claim_id = $1`, r.Claim))
}

func testUploadCutOff(t *testing.T, k *stack) {
	t.Helper()
	r, picture := k.reported(t), aJPEG(t)
	key := uuid.NewString()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(k.url, "http://"), "/v1"))
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn, "POST /v1/claims/%s/uploads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s",
		r.Number, r.token, key, len(picture), picture[:len(picture)-1])
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	said, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.NotContains(t, string(said), "201 Created")
	require.Empty(t, k.versions(t, r.Claim))
	into[rest.Upload](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/uploads", key, bytes.NewReader(picture)), 201)
	require.Len(t, k.versions(t, r.Claim), 1)
}

func testStoreVerifies(t *testing.T, k *stack) {
	t.Helper()
	f, err := receive(raw(aJPEG(t)))
	require.NoError(t, err)
	defer f.drop()
	_, err = f.file.WriteAt([]byte{0}, f.size/2)
	require.NoError(t, err)
	id := claim.ID(uuid.NewString())
	_, err = k.keep(t.Context(), "claims/"+string(id)+"/"+f.hex(), f, false)
	require.Error(t, err)
	require.Equal(t, 500, contract.ProblemOf(err).Status)
	require.Empty(t, k.versions(t, id))
}

func testStoreDown(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	down := k.twin()
	var err error
	down.store, err = minio.New("127.0.0.1:1", &minio.Options{Creds: credentials.NewStaticV4("a", "b", "")})
	require.NoError(t, err)
	url := k.listen(t, down)
	began := time.Now()
	a, err := ask(t.Context(), url, r.token, "POST", "/claims/"+r.Number+"/uploads", uuid.NewString(), bytes.NewReader(aJPEG(t)))
	require.NoError(t, err)
	require.Equal(t, 503, a.status, string(a.raw))
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Less(t, time.Since(began), pace.Limit(5*time.Second))
	require.Zero(t, k.count(t, `select count(*) from uploads where claim_id = $1`, r.Claim))
}

func (k *stack) upload(t *testing.T, token, claimNo string, file []byte) rest.Upload {
	t.Helper()
	return into[rest.Upload](t, k.ask(t, token, "POST", "/claims/"+claimNo+"/uploads", uuid.NewString(), bytes.NewReader(file)), 201)
}

func testAttachAgain(t *testing.T, k *stack) {
	t.Helper()
	r, picture := k.reported(t), aJPEG(t)
	up := k.upload(t, r.token, r.Number, picture)
	path, key := "/claims/"+r.Number+"/documents", uuid.NewString()
	body := rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "loss_photo", TakenAt: time.Now().Add(-time.Hour), Place: &claim.Point{Lat: 31, Lng: 121}}}}

	// The caller goes away before the answer, and asks again.
	gone, stop := context.WithDeadline(t.Context(), time.Now().Add(time.Millisecond))
	_, _ = ask(gone, k.url, r.token, "POST", path, key, body)
	stop()
	first := into[rest.Attached](t, k.ask(t, r.token, "POST", path, key, body), 201)
	require.Equal(t, []string{documentID(r.Claim, up.Sha256)}, first.Ids)
	again := into[rest.Attached](t, k.ask(t, r.token, "POST", path, key, body), 201)
	require.Equal(t, first, again)

	// The same bytes, uploaded and attached once more, beside others.
	twice, other := k.upload(t, r.token, r.Number, picture), k.upload(t, r.token, r.Number, aPNG(t, 3, 3))
	third := into[rest.Attached](t, k.ask(t, r.token, "POST", path, uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{
		{Upload: twice.Id, Kind: "loss_photo"}, {Upload: other.Id, Kind: "loss_photo"}, {Upload: up.Id},
	}}), 201)
	require.Equal(t, []string{first.Ids[0], documentID(r.Claim, other.Sha256), first.Ids[0]}, third.Ids)
	require.Equal(t, 2, k.count(t, `select count(*) from documents where claim_id = $1`, r.Claim))

	body.Documents[0].Kind = "other"
	require.Equal(t, 422, k.ask(t, r.token, "POST", path, key, body).status)
}

func testAttachBad(t *testing.T, k *stack) {
	t.Helper()
	r, other := k.reported(t), k.reported(t)
	mine, theirs := k.upload(t, r.token, r.Number, aJPEG(t)), k.upload(t, other.token, other.Number, aJPEG(t))
	path := "/claims/" + r.Number + "/documents"
	attach := func(who string, d rest.NewDocument) answer {
		return k.ask(t, who, "POST", path, uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{d}})
	}
	a := attach(r.token, rest.NewDocument{Upload: theirs.Id})
	require.Equal(t, 422, a.status, string(a.raw))
	require.Equal(t, claim.RuleDocument, a.problem(t).Rule)
	require.Contains(t, a.problem(t).Detail, "/documents/0/upload")
	a = attach(r.token, rest.NewDocument{Upload: mine.Id, Reading: &rest.PartnerReading{Kind: "vat_invoice", Engine: "mine", Pages: 1, Fields: []rest.PartnerField{}}})
	require.Equal(t, 403, a.status, string(a.raw))
	require.Equal(t, []string{claim.RuleDocument, claim.RuleRole}, k.attempts(t, r.Claim))
	require.Zero(t, k.count(t, `select count(*) from documents where claim_id = $1`, r.Claim))
	require.Equal(t, 201, attach("intake", rest.NewDocument{Upload: mine.Id, Kind: "loss_photo"}).status, "staff may take what the claimant has sent")
}

func testAttachReading(t *testing.T, k *stack) {
	t.Helper()
	_, phone := k.claimant(t)
	n := k.notice(t, phone, k.policy(t, phone))
	n.Channel = "partner"
	r := into[claim.Receipt](t, k.ask(t, "partner", "POST", "/claims", uuid.NewString(), n), 201)
	up := k.upload(t, "partner", r.Number, aPDF)
	field := func(name, value string, sure claim.BP) rest.PartnerField {
		return rest.PartnerField{Name: name, Value: value, ConfidenceBp: sure, Page: 1, Box: [4]int{1, 2, 3, 4}}
	}
	batch := func(total claim.BP) rest.Attach {
		return rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Reading: &rest.PartnerReading{
			Kind: "vat_invoice", Engine: "partner-1.0", Pages: 1, Fields: []rest.PartnerField{field("total_fen", "120000", total), field("seller", "某某汽修", 5_000)},
		}}}}
	}
	twice := batch(9_900)
	twice.Documents[0].Reading.Fields[1].Name = "total_fen"
	require.Equal(t, 422, k.ask(t, "partner", "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), twice).status)

	done := into[rest.Attached](t, k.ask(t, "partner", "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), batch(9_000)), 201)
	require.NotEqual(t, claim.Standard, done.Receipt.Lane, "nobody needs to look")
	d := into[rest.Document](t, k.ask(t, "partner", "GET", "/claims/"+r.Number+"/documents/"+done.Ids[0], "", nil), 200)
	require.Equal(t, "vat_invoice", d.Kind)
	require.Equal(t, claim.PaperRead, d.State)
	require.Len(t, d.Fields, 2)
	total := d.Fields[1]
	require.Equal(t, "total_fen", total.Name)
	require.Equal(t, "120000", total.Value)
	require.Equal(t, [4]int{1, 2, 3, 4}, total.Box)
	require.Equal(t, "partner", total.Source)
	require.True(t, total.Sure)
	require.False(t, d.Fields[0].Sure)
	require.Equal(t, rest.Actor{Id: "partner", Role: claim.Partner, Name: "partner"}, d.AttachedBy)
}

func testDocument(t *testing.T, k *stack) {
	t.Helper()
	r, picture := k.reported(t), aJPEG(t)
	up := into[rest.Upload](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/uploads?name=%E7%8E%B0%E5%9C%BA.jpg", uuid.NewString(), bytes.NewReader(picture)), 201)
	done := into[rest.Attached](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "loss_photo"}}}), 201)
	path := "/claims/" + r.Number + "/documents/" + done.Ids[0]
	a := k.ask(t, "assessor", "GET", path, "", nil)
	d := into[rest.Document](t, a, 200)
	require.Equal(t, claim.Claimant, d.AttachedBy.Role)
	require.Equal(t, "王*", d.AttachedBy.Name)
	require.Equal(t, 304, k.ask(t, "assessor", "GET", path, "", nil, "If-None-Match", a.header.Get("ETag")).status)

	// Whatever is put over it, the version on record is what is shown.
	_, err := k.store.PutObject(t.Context(), k.cfg.Bucket, "claims/"+string(r.Claim)+"/"+up.Sha256, strings.NewReader("forged"), 6, minio.PutObjectOptions{})
	require.NoError(t, err)
	a = k.ask(t, r.token, "GET", path+"/content", "", nil)
	require.Equal(t, 200, a.status)
	require.Equal(t, picture, a.raw)
	require.Equal(t, `"`+up.Sha256+`"`, a.header.Get("ETag"))
	require.Equal(t, "image/jpeg", a.header.Get("Content-Type"))
	require.Equal(t, "inline; filename*=utf-8''%E7%8E%B0%E5%9C%BA.jpg", a.header.Get("Content-Disposition"))
	require.Contains(t, a.header.Get("Content-Security-Policy"), "sandbox")
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	require.Equal(t, 304, k.ask(t, r.token, "GET", path+"/content", "", nil, "If-None-Match", a.header.Get("ETag")).status)
	require.Equal(t, 404, k.ask(t, r.token, "GET", "/claims/"+r.Number+"/documents/"+uuid.NewString(), "", nil).status)
	require.Equal(t, 404, k.ask(t, "stranger", "GET", path+"/content", "", nil).status)
	other := k.reported(t)
	require.Equal(t, 404, k.ask(t, other.token, "GET", "/claims/"+other.Number+"/documents/"+done.Ids[0]+"/content", "", nil).status, "through another claim")
}

func testDocumentPages(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	var want []string
	for i := range 5 {
		up := k.upload(t, r.token, r.Number, aPNG(t, i+1, 1))
		done := into[rest.Attached](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "loss_photo"}}}), 201)
		want = append(want, done.Ids...)
	}
	var got []string
	for next, more := "", true; more; {
		page := into[rest.DocumentPage](t, k.ask(t, "audit", "GET", "/claims/"+r.Number+"/documents?limit=2&after="+next, "", nil), 200)
		for _, d := range page.Items {
			got = append(got, d.Id)
		}
		next, more = page.Next, page.Next != ""
	}
	require.Equal(t, want, got)
	require.Equal(t, 422, k.ask(t, "audit", "GET", "/claims/"+r.Number+"/documents?after=nonsense", "", nil).status)

	// Whoever reported the same loss again sees their own, and no others.
	token, phone := k.claimant(t)
	joined := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), k.notice(t, phone, r.policy)), 201)
	require.Equal(t, r.Number, joined.Number)
	var page rest.DocumentPage
	require.Eventually(t, func() bool {
		a, err := ask(t.Context(), k.url, token, "GET", "/claims/"+r.Number+"/documents", "", nil)
		if err != nil || a.status != http.StatusOK {
			return false // the claim has not heard of it yet
		}
		page = into[rest.DocumentPage](t, a, 200)
		return true
	}, pace.Limit(10*time.Second), 50*time.Millisecond)
	require.Empty(t, page.Items)
	up := k.upload(t, token, r.Number, aPNG(t, 9, 9))
	mine := into[rest.Attached](t, k.ask(t, token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "loss_photo"}}}), 201)
	page = into[rest.DocumentPage](t, k.ask(t, token, "GET", "/claims/"+r.Number+"/documents", "", nil), 200)
	require.Len(t, page.Items, 1)
	require.Equal(t, mine.Ids[0], page.Items[0].Id)
	hers := k.upload(t, r.token, r.Number, aPNG(t, 8, 8))
	a := k.ask(t, token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: hers.Id, Kind: "loss_photo"}}})
	require.Equal(t, claim.RuleDocument, a.problem(t).Rule, "another's upload is not theirs to attach")
	require.Equal(t, 404, k.ask(t, token, "GET", "/claims/"+r.Number+"/documents/"+want[0], "", nil).status)
}

func testVerify(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	var ids []string
	for i := range 3 {
		up := k.upload(t, r.token, r.Number, aPNG(t, 20+i, 1))
		done := into[rest.Attached](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "loss_photo"}}}), 201)
		ids = append(ids, done.Ids...)
	}
	verify := func() rest.Verification {
		return into[rest.Verification](t, k.ask(t, "audit", "GET", "/claims/"+r.Number+"/verification", "", nil), 200)
	}
	v := verify()
	require.True(t, v.Ok, "%+v", v)
	require.Len(t, v.Objects, 3)
	require.Equal(t, int64(k.count(t, `select count(*) from events where claim_id = $1`, r.Claim)), v.Events)
	var head []byte
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), `select last_hash from claims where id = $1`, r.Claim).Scan(&head))
	require.Equal(t, hex.EncodeToString(head), v.LastHash)
	require.Equal(t, 403, k.ask(t, "assessor", "GET", "/claims/"+r.Number+"/verification", "", nil).status)

	// One object is destroyed by somebody with the right to, one row is
	// pointed at other bytes.
	require.NoError(t, k.store.RemoveObject(t.Context(), k.cfg.Bucket, "claims/"+string(r.Claim)+"/"+v.Objects[0].Sha256, minio.RemoveObjectOptions{VersionID: k.revision(t, ids[0]), GovernanceBypass: true}))
	_, err := k.data.Owner.Exec(t.Context(), `update documents set sha256 = repeat('0', 64) where id = $1`, ids[1])
	require.NoError(t, err)
	v = verify()
	require.False(t, v.Ok)
	require.True(t, v.ChainOk)
	require.Equal(t, []bool{false, false, true}, []bool{v.Objects[0].Ok, v.Objects[1].Ok, v.Objects[2].Ok})
	require.Contains(t, v.Objects[0].Detail, "does not have it")
	require.Contains(t, v.Objects[1].Detail, "another hash")

	_, err = k.data.Owner.Exec(t.Context(), `update events set by_id = 'nobody' where claim_id = $1 and number = 2`, r.Claim)
	require.NoError(t, err)
	v = verify()
	require.False(t, v.ChainOk)
	require.Equal(t, int64(2), v.FirstBroken)
}

// A sensitive paper is not there, in a list or by its id, for those whose work
// does not need it, unless they sent it.
func testSensitive(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	attach := func(who, kind string, wide int) string {
		t.Helper()
		up := k.upload(t, who, r.Number, aPNG(t, wide, 2))
		return into[rest.Attached](t, k.ask(t, who, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: kind}}}), 201).Ids[0]
	}
	preview := func(id string) {
		t.Helper()
		object := "claims/" + string(r.Claim) + "/" + into[rest.Document](t, k.ask(t, r.token, "GET", "/claims/"+r.Number+"/documents/"+id, "", nil), 200).Sha256
		for name, content := range map[string]string{"1-large.jpg": "large", "1-small.jpg": "small", "pages.json": `{"of": 3, "pages": [{"width": 42, "height": 2}], "fields": []}`} {
			_, err := k.store.PutObject(t.Context(), k.cfg.Previews, object+"/"+name, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{})
			require.NoError(t, err)
		}
	}
	photo, card, scanned := attach(r.token, "loss_photo", 41), attach(r.token, "id_card", 42), attach("intake", "bank_card", 43)
	for _, id := range []string{photo, card, scanned} {
		require.Equal(t, "/problems/no-preview", k.ask(t, r.token, "GET", "/claims/"+r.Number+"/documents/"+id+"/preview", "", nil).problem(t).Type, "nobody has read it")
		preview(id)
	}
	other, _ := k.claimant(t)
	for _, who := range []string{other, "stranger"} {
		require.Equal(t, "/problems/not-found", k.ask(t, who, "GET", "/claims/"+r.Number+"/documents/"+photo+"/preview", "", nil).problem(t).Type, who)
	}
	look := func(id, query string) answer {
		return k.ask(t, "assessor", "GET", "/claims/"+r.Number+"/documents/"+id+"/preview"+query, "", nil)
	}
	require.Equal(t, "large", string(look(photo, "").raw))
	require.Equal(t, "small", string(look(photo, "?page=1&size=small").raw))
	require.Equal(t, "private, max-age=604800, immutable", look(photo, "").header.Get("Cache-Control"))
	require.Equal(t, "private, no-cache", look(card, "").header.Get("Cache-Control"), "who may see it is asked each time")
	require.Equal(t, "/problems/no-preview", look(photo, "?page=2").problem(t).Type)
	require.Equal(t, "/problems/no-preview", look(photo, "?field=plate").problem(t).Type)
	require.Equal(t, 422, look(photo, "?size=huge").status)
	require.Equal(t, 422, look(photo, "?page=0").status)
	require.Equal(t, 422, look(photo, "?field=../../1-large").status)
	d := into[rest.Document](t, k.ask(t, "assessor", "GET", "/claims/"+r.Number+"/documents/"+photo, "", nil), 200)
	require.Equal(t, &rest.Preview{Of: 3, Pages: []rest.PreviewedPage{{Width: 42, Height: 2}}, Fields: []string{}}, d.Preview)
	for who, want := range map[string][]string{
		r.token: {photo, card, scanned}, "assessor": {photo, card, scanned}, "reviewer": {photo, card, scanned}, "audit": {photo, card, scanned},
		"intake": {photo, scanned}, "dispatcher": {photo}, "manager": {photo},
	} {
		var listed []string
		for _, d := range into[rest.DocumentPage](t, k.ask(t, who, "GET", "/claims/"+r.Number+"/documents", "", nil), 200).Items {
			listed = append(listed, d.Id)
		}
		require.ElementsMatch(t, want, listed, who)
		for _, id := range []string{photo, card, scanned} {
			status := 404
			if slices.Contains(want, id) {
				status = 200
			}
			require.Equal(t, status, k.ask(t, who, "GET", "/claims/"+r.Number+"/documents/"+id, "", nil).status, who)
			require.Equal(t, status, k.ask(t, who, "GET", "/claims/"+r.Number+"/documents/"+id+"/content", "", nil).status, who)
			require.Equal(t, status, k.ask(t, who, "GET", "/claims/"+r.Number+"/documents/"+id+"/preview", "", nil).status, who)
		}
	}
}

// A hold covers what is there and what comes, at any stage: nobody removes a
// version, not even with the right to go round its retention.
func testHold(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	hold := func(who, key string, held bool) answer {
		t.Helper()
		return k.ask(t, who, "POST", "/claims/"+r.Number+"/hold", key, claim.Hold{Held: held, Reason: "客户提起诉讼"})
	}
	remove := func(o minio.ObjectInfo) error {
		return k.store.RemoveObject(t.Context(), k.cfg.Bucket, o.Key, minio.RemoveObjectOptions{VersionID: o.VersionID, GovernanceBypass: true})
	}
	attach := func(wide int) {
		t.Helper()
		up := k.upload(t, r.token, r.Number, aPNG(t, wide, 1))
		into[rest.Attached](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "loss_photo"}}}), 201)
	}
	attach(31)

	require.Equal(t, 403, hold("assessor", uuid.NewString(), true).status)
	require.Equal(t, claim.RuleHeld, hold("audit", uuid.NewString(), false).problem(t).Rule, "there is none to lift")
	// The step has been stored, and everything went down before an object was
	// held: whoever asks again under the key is answered when all are.
	key, placed := uuid.NewString(), claim.Hold{Held: true, Reason: "客户提起诉讼"}
	raw, err := json.Marshal(placed)
	require.NoError(t, err)
	rows := activities.Activities{DB: k.data.Worker}
	_, err = rows.Hold(t.Context(), claim.Step[claim.Hold]{
		Claim: r.Claim, Key: string(claim.ActHold) + "/" + updateID("manager", key), Version: claim.AsItStands, At: time.Now(), Body: placed,
		By:      claim.Actor{ID: "manager", Role: claim.Manager, Branch: "3101"},
		Command: &claim.Command{Key: key, Hash: hashOf(claim.ActHold, r.Claim, raw), Request: uuid.NewString()},
	})
	require.NoError(t, err)
	first := into[rest.Receipt](t, hold("manager", key, true), 200)
	require.ErrorContains(t, remove(k.versions(t, r.Claim)[0]), "protected")
	require.Equal(t, first, into[rest.Receipt](t, hold("manager", key, true), 200), "a repeat")
	require.Equal(t, claim.RuleHeld, hold("audit", uuid.NewString(), true).problem(t).Rule)
	require.Equal(t, claim.RuleOwnHold, hold("manager", uuid.NewString(), false).problem(t).Rule)
	attach(32)

	seen := into[rest.Claim](t, k.ask(t, "audit", "GET", "/claims/"+r.Number, "", nil), 200)
	require.Equal(t, "客户提起诉讼", seen.Held.Reason)
	require.Zero(t, into[rest.Claim](t, k.ask(t, r.token, "GET", "/claims/"+r.Number, "", nil), 200).Held, "that is the insurer's own business")
	stored := k.versions(t, r.Claim)
	require.Len(t, stored, 2)
	for _, o := range stored {
		require.ErrorContains(t, remove(o), "protected")
	}
	verify := func() rest.Verification {
		return into[rest.Verification](t, k.ask(t, "audit", "GET", "/claims/"+r.Number+"/verification", "", nil), 200)
	}
	require.True(t, verify().Ok)
	off := minio.LegalHoldDisabled
	require.NoError(t, k.store.PutObjectLegalHold(t.Context(), k.cfg.Bucket, stored[0].Key, minio.PutObjectLegalHoldOptions{VersionID: stored[0].VersionID, Status: &off}))
	v := verify()
	require.False(t, v.Ok, "somebody took one object out of it")
	require.True(t, v.ChainOk)

	// The claim goes on, and ends, under the hold; another person lifts it.
	require.Equal(t, 200, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "自行处理"}).status)
	closedAt := into[rest.Claim](t, k.ask(t, "audit", "GET", "/claims/"+r.Number, "", nil), 200).ClosedAt
	require.Equal(t, claim.Closed, into[rest.Receipt](t, hold("audit", uuid.NewString(), false), 200).Stage)
	require.Equal(t, closedAt, into[rest.Claim](t, k.ask(t, "audit", "GET", "/claims/"+r.Number, "", nil), 200).ClosedAt)
	require.Equal(t, 1, k.count(t, `select count(*) from events where claim_id = $1 and kind = 'claim.closed'`, r.Claim), "it has closed once")
	require.Zero(t, into[rest.Claim](t, k.ask(t, "audit", "GET", "/claims/"+r.Number, "", nil), 200).Held)
	for _, o := range stored {
		require.NoError(t, remove(o))
	}
	require.Equal(t, 3, k.count(t, `select count(*) from events where claim_id = $1 and kind in ('evidence.held', 'evidence.freed', 'claim.withdrawn')`, r.Claim))
	require.True(t, verify().ChainOk)
}

func (k *stack) revision(t *testing.T, document string) (revision string) {
	t.Helper()
	require.NoError(t, k.data.Owner.QueryRow(t.Context(), `select revision from documents where id = $1`, document).Scan(&revision))
	return revision
}
