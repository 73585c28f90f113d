package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/internal/pace"
	"anpei/schemas/rest"
	"anpei/workflows"
)

// prompted is a page reader that was told what stands on which picture: what it
// makes of a real one is tried in activities/ocr.
type prompted map[string]document.Reading // by hash

// Read leaves the pictures of other tests unread. Of those that it reads it
// leaves the picture itself as its preview.
func (r prompted) Read(ctx context.Context, path, previews string) (document.Reading, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return document.Reading{}, err
	}
	sum := sha256.Sum256(raw)
	reading, ok := r[hex.EncodeToString(sum[:])]
	if !ok {
		<-ctx.Done()
		return document.Reading{}, ctx.Err()
	}
	for name, content := range map[string][]byte{
		document.PageFile(1, document.Small): raw, document.PageFile(1, document.Large): raw, "field-plate.jpg": raw[:1],
		document.PreviewIndex: []byte(`{"of": 1, "pages": [{"width": 640, "height": 480}], "fields": ["plate"]}`), "else.jpg": raw,
	} {
		if err := os.WriteFile(filepath.Join(previews, name), content, 0o600); err != nil {
			return document.Reading{}, err
		}
	}
	return reading, os.Symlink("/etc/hostname", filepath.Join(previews, document.PageFile(2, document.Large)))
}

// Look implements [activities.PageReader].
func (r prompted) Look(ctx context.Context, path, previews string) (document.Reading, error) {
	return r.Read(ctx, path, previews)
}

// reads serves the readers' queue with what stands on pictures.
func (k *stack) reads(t *testing.T, reader activities.PageReader) {
	t.Helper()
	w := worker.New(k.temporal, workflows.OCRQueue, worker.Options{})
	w.RegisterActivity(&activities.OCR{DB: k.data.Worker, Store: k.store, Bucket: k.cfg.Bucket, Staging: k.cfg.Staging, Previews: k.cfg.Previews, Reader: reader})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

// snapshot is a picture of its own, and its hash.
func snapshot(t *testing.T, width int) (raw []byte, sum string) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, 64)), nil))
	h := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(h[:])
}

// scanned is what the draft's photos tell once all are read.
func (k *stack) scanned(t *testing.T, token string) (all rest.DraftPapers) {
	t.Helper()
	require.Eventually(t, func() bool {
		all = into[rest.DraftPapers](t, k.ask(t, token, "GET", "/draft/papers", "", nil), http.StatusOK)
		for _, p := range all.Items {
			if p.State == rest.Received {
				return false
			}
		}
		return true
	}, pace.Limit(30*time.Second), 50*time.Millisecond)
	return all
}

func testDraftFilledByPhotos(t *testing.T, k *stack) {
	t.Helper()
	licence, licenceSum := snapshot(t, 65)
	bad, badSum := snapshot(t, 66)
	plate := "沪A" + strings.ToUpper(uuid.NewString()[:5])
	k.reads(t, prompted{
		licenceSum: {Kind: document.VehicleLicence, Engine: "test", Pages: 1, Fields: []document.Field{
			{Name: "plate", Value: plate, Source: document.FromOCR, Confidence: 9_100, Page: 1, Box: [4]int{10, 20, 60, 40}},
			{Name: "owner", Value: "王先生", Source: document.FromOCR, Confidence: 9_800, Page: 1, Box: [4]int{10, 40, 60, 60}, Sure: true},
		}},
		badSum: document.Illegible(document.Blurred),
	})
	me, phone := k.claimant(t)
	other, _ := k.claimant(t)
	policy := k.policy(t, phone)
	_, err := k.data.Owner.Exec(t.Context(), `update policies set plate = $2 where number = $1`, policy, plate)
	require.NoError(t, err)
	add := func(key, kind string, raw []byte) rest.DraftPaper {
		return into[rest.DraftPaper](t, k.ask(t, me, "POST", "/draft/papers?name=p.jpg&kind="+kind, key, bytes.NewReader(raw)), http.StatusCreated)
	}

	key := uuid.NewString()
	photo := add(key, "vehicle_licence", licence)
	require.Equal(t, photo.Id, add(key, "vehicle_licence", licence).Id, "sent again, it is one photo")
	require.Equal(t, http.StatusUnprocessableEntity, k.ask(t, me, "POST", "/draft/papers", key, bytes.NewReader(bad)).status, "another under its key is none")
	blurred := add(uuid.NewString(), "driving_licence", bad)

	all := k.scanned(t, me)
	require.Len(t, all.Items, 2)
	require.Equal(t, rest.Read, all.Items[0].State)
	require.Equal(t, rest.Unreadable, all.Items[1].State)
	require.Contains(t, all.Items[1].Reason, "照片模糊")
	var proposed []string
	for _, p := range all.Proposals {
		require.Equal(t, photo.Id, p.Paper)
		require.Equal(t, p.For != rest.ProposalFor("owner"), p.Note == "agrees with policy", "the phone's own policy bears witness to its plate")
		proposed = append(proposed, string(p.For)+"="+p.Value)
	}
	require.Equal(t, []string{"policy_no=" + policy, "plate=" + plate, "owner=王先生"}, proposed)

	// They are nobody else's.
	require.Empty(t, into[rest.DraftPapers](t, k.ask(t, other, "GET", "/draft/papers", "", nil), http.StatusOK).Items)
	require.Equal(t, http.StatusNotFound, k.ask(t, other, "GET", "/draft/papers/"+photo.Id+"/content", "", nil).status)
	require.Equal(t, http.StatusNotFound, k.ask(t, other, "DELETE", "/draft/papers/"+photo.Id, "", nil).status)
	require.Equal(t, http.StatusForbidden, k.ask(t, "intake", "GET", "/draft/papers", "", nil).status)
	require.Equal(t, licence, k.ask(t, me, "GET", "/draft/papers/"+photo.Id+"/content", "", nil).raw)

	// People look at pictures of them.
	draft := func(id string) string { return "/draft/papers/" + id + "/preview" }
	require.Equal(t, &rest.Preview{Of: 1, Pages: []rest.PreviewedPage{{Width: 640, Height: 480}}, Fields: []string{"plate"}}, all.Items[0].Preview)
	seen := k.ask(t, me, "GET", draft(photo.Id)+"?size=small", "", nil)
	require.Equal(t, licence, seen.raw)
	require.Equal(t, "image/jpeg", seen.header.Get("Content-Type"))
	require.Contains(t, seen.header.Get("Cache-Control"), "immutable")
	require.Equal(t, http.StatusNotModified, k.ask(t, me, "GET", draft(photo.Id)+"?size=small", "", nil, "If-None-Match", seen.header.Get("ETag")).status)
	require.Equal(t, licence[:1], k.ask(t, me, "GET", draft(photo.Id)+"?field=plate", "", nil).raw)
	require.Equal(t, "/problems/no-preview", k.ask(t, me, "GET", draft(photo.Id)+"?page=2", "", nil).problem(t).Type, "a link is no picture")
	require.Equal(t, "/problems/not-found", k.ask(t, other, "GET", draft(photo.Id), "", nil).problem(t).Type)

	// One that is thrown away is gone, and with it what was made of it.
	require.Equal(t, http.StatusNoContent, k.ask(t, me, "DELETE", "/draft/papers/"+blurred.Id, "", nil).status)
	require.Len(t, k.scanned(t, me).Items, 1)
	require.Eventually(t, func() bool {
		left, err := k.previewsAt(t.Context(), draftObject(blurred.Id, badSum))
		return err == nil && len(left) == 0
	}, pace.Limit(10*time.Second), 20*time.Millisecond)

	// The report takes the photo along: it is a document, read already.
	filed := into[claim.Receipt](t, k.ask(t, me, "POST", "/claims", uuid.NewString(), k.notice(t, phone, policy)), http.StatusCreated)
	attach := rest.Attach{Documents: []rest.NewDocument{{Upload: photo.Id, Kind: "vehicle_licence"}}}
	require.Equal(t, http.StatusUnprocessableEntity, k.ask(t, "intake", "POST", "/claims/"+filed.Number+"/documents", uuid.NewString(), attach).status, "only its sender's")
	attachKey := uuid.NewString()
	first := into[rest.Attached](t, k.ask(t, me, "POST", "/claims/"+filed.Number+"/documents", attachKey, attach), http.StatusCreated)
	require.Equal(t, first, into[rest.Attached](t, k.ask(t, me, "POST", "/claims/"+filed.Number+"/documents", attachKey, attach), http.StatusCreated))
	d := into[rest.Document](t, k.ask(t, me, "GET", "/claims/"+filed.Number+"/documents/"+first.Ids[0], "", nil), http.StatusOK)
	require.Equal(t, claim.PaperRead, d.State)
	require.Len(t, d.Fields, 2)
	require.Equal(t, licence, k.ask(t, me, "GET", "/claims/"+filed.Number+"/documents/"+first.Ids[0]+"/content", "", nil).raw)
	require.Empty(t, k.scanned(t, me).Items, "the next report begins with none")
	require.Eventually(t, func() bool {
		return bytes.Equal(licence, k.ask(t, me, "GET", "/claims/"+filed.Number+"/documents/"+first.Ids[0]+"/preview", "", nil).raw)
	}, pace.Limit(10*time.Second), 20*time.Millisecond, "its pictures are taken along, too")

	// What nobody takes along goes: bytes, row and reading.
	left := add(uuid.NewString(), "other", licence)
	k.scanned(t, me)
	require.NoError(t, k.sweepDraftPapers(t.Context(), time.Now().Add(draftPapersKept+time.Minute)))
	require.Equal(t, http.StatusNotFound, k.ask(t, me, "GET", "/draft/papers/"+left.Id+"/content", "", nil).status)
	require.Zero(t, k.count(t, `select count(*) from draft_readings`))
	names, err := k.previewsAt(t.Context(), draftObject(left.Id, licenceSum))
	require.NoError(t, err)
	require.Empty(t, names)
}
