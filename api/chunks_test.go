package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// TestChunks sends files in chunks, to real claims and a real store.
func TestChunks(t *testing.T) { //nolint:tparallel // newStack changes the environment while it dials
	k := newStack(t)
	for name, test := range map[string]func(*testing.T, *stack){
		"over broken lines and two processes": testChunksSurvive,
		"bad chunks":                          testChunksBad,
		"not what was announced":              testChunksOther,
		"the same chunk at once":              testChunksTwins,
		"somebody else's":                     testChunksUnseen,
		"too many at a time":                  testChunksTooMany,
		"nobody goes on":                      testChunksSwept,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

// aScan is a PDF of some size that is like no other.
func aScan(size int) []byte {
	b := append(bytes.Clone(aPDF), make([]byte, size-len(aPDF))...)
	for i := len(aPDF); i < size; i += 512 {
		b[i] = byte(rand.Uint32())
	}
	return b
}

func announced(name string, file []byte) rest.NewChunkedUpload {
	h := sha256.Sum256(file)
	return rest.NewChunkedUpload{Name: name, Size: int64(len(file)), Sha256: hex.EncodeToString(h[:])}
}

// sending is a file on its way to a claim.
type sending struct {
	path, token string
	rest.ChunkedUpload
}

func (k *stack) sending(t *testing.T, r reported, file []byte) sending {
	t.Helper()
	path := "/claims/" + r.Number + "/chunked-uploads"
	u := into[rest.ChunkedUpload](t, k.ask(t, r.token, "POST", path, uuid.NewString(), announced("定损单.pdf", file)), 201)
	require.Zero(t, u.Received)
	return sending{path + "/" + u.Id, r.token, u}
}

func (k *stack) chunk(t *testing.T, u sending, offset int, piece []byte, headers ...string) answer {
	t.Helper()
	return k.ask(t, u.token, "PATCH", fmt.Sprintf("%s?offset=%d", u.path, offset), "", bytes.NewReader(piece), headers...)
}

func (k *stack) staged(t *testing.T, id string) (n int) {
	t.Helper()
	for range k.store.ListObjects(t.Context(), k.cfg.Staging, minio.ListObjectsOptions{Prefix: "chunks/" + id, Recursive: true}) {
		n++
	}
	return n
}

func testChunksSurvive(t *testing.T, k *stack) {
	t.Helper()
	r, file := k.reported(t), aScan(1<<20+4711)
	key, path := uuid.NewString(), "/claims/"+r.Number+"/chunked-uploads"
	u := into[rest.ChunkedUpload](t, k.ask(t, r.token, "POST", path, key, announced("定损单.pdf", file)), 201)
	s := sending{path + "/" + u.Id, r.token, u}
	const piece = 256 << 10
	require.EqualValues(t, piece, into[rest.ChunkedUpload](t, k.chunk(t, s, 0, file[:piece], "Content-Digest", digestOf(file[:piece])), 200).Received)

	// The line breaks in the middle of the second chunk.
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(k.url, "http://"), "/v1"))
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn, "PATCH /v1%s?offset=%d HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s",
		s.path, piece, r.token, piece, file[piece:piece+1000])
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	_, err = io.ReadAll(conn)
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	// Another process goes on where the first one was, asked with the same key.
	elsewhere := *k
	elsewhere.url = k.listen(t, k.twin())
	again := into[rest.ChunkedUpload](t, elsewhere.ask(t, r.token, "POST", path, key, announced("定损单.pdf", file)), 201)
	require.Equal(t, u.Id, again.Id)
	require.EqualValues(t, piece, again.Received, "what was cut off has not come")
	for at := piece; at < len(file); at += piece {
		again = into[rest.ChunkedUpload](t, elsewhere.chunk(t, s, at, file[at:min(at+piece, len(file))]), 200)
	}
	require.EqualValues(t, len(file), again.Received)
	require.Equal(t, "application/pdf", again.Upload.Type)
	require.Equal(t, "定损单.pdf", again.Upload.Name)
	require.Equal(t, again, into[rest.ChunkedUpload](t, k.ask(t, r.token, "GET", s.path, "", nil), 200))

	attached := into[rest.Attached](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/documents", uuid.NewString(),
		rest.Attach{Documents: []rest.NewDocument{{Upload: again.Upload.Id, Kind: "repair_estimate"}}}), 201)
	content := k.ask(t, r.token, "GET", "/claims/"+r.Number+"/documents/"+attached.Ids[0]+"/content", "", nil)
	require.True(t, bytes.Equal(file, content.raw), "every byte is there")
	require.Eventually(t, func() bool { return k.staged(t, u.Id) == 0 }, pace.Limit(10*time.Second), 20*time.Millisecond, "chunks are cleared away")
}

func testChunksBad(t *testing.T, k *stack) {
	t.Helper()
	r, file := k.reported(t), aScan(maxChunk+minChunk+10)
	s := k.sending(t, r, file)
	for name, c := range map[string]struct {
		offset  int
		bytes   []byte
		headers []string
		status  int
		Kind    string
	}{
		"too far on":           {minChunk, file[:minChunk], nil, 409, "wrong-offset"},
		"one byte too small":   {0, file[:minChunk-1], nil, 422, "wrong-input"},
		"empty":                {0, nil, nil, 422, "wrong-input"},
		"one byte too large":   {0, file[:maxChunk+1], nil, 413, "too-large"},
		"changed on the way":   {0, file[:minChunk], []string{"Content-Digest", digestOf(file)}, 422, "wrong-input"},
		"no type that we take": {0, bytes.Repeat([]byte("<html><body>hello</body>"), minChunk/16), nil, 415, "wrong-type"},
	} {
		a := k.chunk(t, s, c.offset, c.bytes, c.headers...)
		require.Equal(t, c.status, a.status, "%s: %s", name, a.raw)
		require.Equal(t, "/problems/"+c.Kind, a.problem(t).Type, name)
	}
	into[rest.ChunkedUpload](t, k.chunk(t, s, 0, file[:maxChunk]), 200) // the largest
	a := k.chunk(t, s, 0, file[:maxChunk])
	require.Equal(t, 409, a.status, "it has come")
	require.Contains(t, a.problem(t).Detail, fmt.Sprint(maxChunk))
	into[rest.ChunkedUpload](t, k.chunk(t, s, maxChunk, file[maxChunk:maxChunk+minChunk]), 200) // the smallest
	require.NotEmpty(t, into[rest.ChunkedUpload](t, k.chunk(t, s, maxChunk+minChunk, file[maxChunk+minChunk:]), 200).Upload.Id)

	for name, body := range map[string]rest.NewChunkedUpload{
		"too large": {Name: "a", Size: maxFile + 1, Sha256: strings.Repeat("0", 64)},
		"no hash":   {Name: "a", Size: 1},
		"no name":   {Size: 1, Sha256: strings.Repeat("0", 64)},
	} {
		require.Equal(t, 422, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/chunked-uploads", uuid.NewString(), body).status, name)
	}
}

func testChunksOther(t *testing.T, k *stack) {
	t.Helper()
	r, file := k.reported(t), aScan(2*minChunk)
	for name, c := range map[string]struct{ announced, sent []byte }{
		"another file": {file, append(bytes.Clone(file[:len(file)-1]), file[len(file)-1]+1)},
		"a bomb":       {claiming(t, 100_000, 100_000), claiming(t, 100_000, 100_000)},
	} {
		s := k.sending(t, r, c.announced)
		a := k.chunk(t, s, 0, c.sent)
		require.Equal(t, 422, a.status, "%s: %s", name, a.raw)
		require.Equal(t, 404, k.ask(t, r.token, "GET", s.path, "", nil).status, "%s: it is dropped", name)
		require.Zero(t, k.staged(t, s.Id), name)
	}
	require.Empty(t, k.versions(t, r.Claim), "nothing of it is kept")
}

func testChunksTwins(t *testing.T, k *stack) {
	t.Helper()
	r, file := k.reported(t), aScan(8*minChunk)
	s := k.sending(t, r, file)
	for at := 0; at < len(file); at += minChunk {
		status := make([]int, 4)
		var all sync.WaitGroup
		for i := range status {
			all.Go(func() {
				a, _ := ask(t.Context(), k.url, r.token, "PATCH", fmt.Sprintf("%s?offset=%d", s.path, at), "", bytes.NewReader(file[at:at+minChunk]))
				status[i] = a.status
			})
		}
		all.Wait()
		won := 0
		for _, code := range status {
			require.Contains(t, []int{200, 409}, code)
			if code == 200 {
				won++
			}
		}
		require.GreaterOrEqual(t, won, 1)
		require.EqualValues(t, at+minChunk, into[rest.ChunkedUpload](t, k.ask(t, r.token, "GET", s.path, "", nil), 200).Received)
	}
	require.Len(t, k.versions(t, r.Claim), 1)
}

func testChunksUnseen(t *testing.T, k *stack) {
	t.Helper()
	r, other := k.reported(t), k.reported(t)
	s := k.sending(t, r, aScan(minChunk))
	for _, path := range []string{s.path, "/claims/" + other.Number + "/chunked-uploads/" + s.Id} {
		require.Equal(t, 404, k.ask(t, other.token, "GET", path, "", nil).status)
		require.Equal(t, 404, k.ask(t, other.token, "PATCH", path+"?offset=0", "", bytes.NewReader(aPDF)).status)
	}
	into[claim.Receipt](t, k.ask(t, r.token, "POST", "/claims/"+r.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "不报了"}), 200)
	require.Equal(t, 409, k.chunk(t, s, 0, aScan(minChunk)).status, "the claim is closed")
}

func testChunksTooMany(t *testing.T, k *stack) {
	t.Helper()
	r := k.reported(t)
	for range chunkedAtOnce {
		k.sending(t, r, aScan(minChunk))
	}
	a := k.ask(t, r.token, "POST", "/claims/"+r.Number+"/chunked-uploads", uuid.NewString(), announced("a.pdf", aPDF))
	require.Equal(t, 429, a.status)
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

func testChunksSwept(t *testing.T, k *stack) {
	t.Helper()
	r, file := k.reported(t), aScan(2*minChunk)
	old, young := k.sending(t, r, file), k.sending(t, r, file)
	for _, s := range []sending{old, young} {
		into[rest.ChunkedUpload](t, k.chunk(t, s, 0, file[:minChunk]), 200)
	}
	_, err := k.data.Owner.Exec(t.Context(), `update chunked_uploads set created_at = created_at - interval '8 days' where id = $1`, old.Id)
	require.NoError(t, err)
	require.NoError(t, k.sweepChunks(t.Context(), time.Now()))
	require.Equal(t, 404, k.ask(t, r.token, "GET", old.path, "", nil).status)
	require.Zero(t, k.staged(t, old.Id))
	require.EqualValues(t, minChunk, into[rest.ChunkedUpload](t, k.ask(t, r.token, "GET", young.path, "", nil), 200).Received)
	require.Equal(t, 1, k.staged(t, young.Id))
}
