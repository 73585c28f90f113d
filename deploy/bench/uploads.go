package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"anpei/schemas/rest"
)

const (
	fileSize      = 3 << 20
	uploadsAtOnce = 8
	// presignedFolder is where the yardstick's objects go, in the same bucket.
	presignedFolder = "bench/"
	// residentAllowed is how far the api may grow, in MB.
	residentAllowed = 32
	// mostAttached is how many documents one batch takes, by the contract.
	mostAttached = 50
)

// uploads measures P5: files of 3 MiB, eight at once, each unlike all others,
// through the api until the object is durable in the locked bucket, against
// presigned PUTs of the same files straight into that bucket, under the same
// lock. The client and its work are the same in both cases. How far the api
// grows is seen on a process that has just been started.
func uploads(ctx context.Context, b *bench) error {
	picture, err := largePicture()
	if err != nil {
		return err
	}
	store, err := minio.New(b.stack.store, &minio.Options{Creds: credentials.NewStaticV4(b.stack.accessKey, b.stack.secret, "")})
	if err != nil {
		return fmt.Errorf("open the object store: %w", err)
	}
	var all []*sender
	for _, p := range b.products() {
		s, err := newSender(ctx, p)
		if err != nil {
			return err
		}
		all = append(all, s)
		defer func() { b.removeObjects(context.WithoutCancel(ctx), store, s.claims) }()
	}
	direct := func(ctx context.Context, _ int) error {
		body, size := picture.copy()
		return b.putPresigned(ctx, store, body, size)
	}

	pid := b.product.api.cmd.Process.Pid
	before := resident(pid)
	most := watchResident(ctx, pid)
	var theirs rounds
	for range b.rounds {
		for _, s := range all {
			r, err := b.round(ctx, uploadsAtOnce, warmUp/3, b.window/4, func(ctx context.Context, lane int) error {
				body, size := picture.copy()
				return s.send(ctx, lane, body, size)
			})
			if err != nil {
				return err
			}
			s.rounds = append(s.rounds, r)
			pause(ctx, 300*time.Millisecond)
		}
		r, err := b.round(ctx, uploadsAtOnce, warmUp/3, b.window/4, direct)
		if err != nil {
			return err
		}
		theirs = append(theirs, r)
		pause(ctx, 300*time.Millisecond)
	}
	grown := most() - before
	for _, s := range all {
		s.print("through api"+s.place.at(), "")
	}
	theirs.print("presigned", "")
	ours := all[0]
	if err := b.attachAll(ctx, ours.claims, ours.sent); err != nil {
		return err
	}
	ratio := ours.rate() / theirs.rate()
	fmt.Printf("P5 upload of 3 MiB, %d at once  %.1f objects/s  yardstick (presigned, same bucket) %.1f/s  resident %.0f MB, grown by %.0f  ratio %.2f\n",
		uploadsAtOnce, ours.rate(), theirs.rate(), before, grown, ratio)
	b.met("P5", fmt.Sprintf("ratio ≥ 0.75, resident growth ≤ %d MB", residentAllowed), fmt.Sprintf("%.2f, %.0f MB", ratio, grown),
		ratio >= 0.75 && grown <= residentAllowed)
	for _, old := range all[1:] {
		b.compare("P5", "objects/s", ours.rounds, old.rounds, ratio, old.rate()/theirs.rate())
	}
	return nil
}

// sender sends files through a product's API, each lane to a claim of its own.
type sender struct {
	*product
	rounds
	claims []string
	sent   [][]string // uploads of each claim
}

func newSender(ctx context.Context, p *product) (*sender, error) {
	s := &sender{product: p, claims: make([]string, uploadsAtOnce), sent: make([][]string, uploadsAtOnce)}
	for i := range s.claims {
		var err error
		if s.claims[i], _, _, err = p.report(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *sender) send(ctx context.Context, lane int, body io.Reader, size int64) error {
	id, err := s.upload(ctx, s.claims[lane], "photo.jpg", body, size)
	s.sent[lane] = append(s.sent[lane], id)
	return err
}

// photo is a JPEG in two halves, between which a comment makes it another.
type photo struct{ head, tail []byte }

const comment = 1 << 10

// largePicture returns a photo of about 3 MiB.
func largePicture() (photo, error) {
	p := image.NewGray(image.Rect(0, 0, 1920, 1440))
	for i := range p.Pix {
		p.Pix[i] = byte(rand.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 92}); err != nil {
		return photo{}, err
	}
	raw := b.Bytes()
	const start = 2 // after the start-of-image marker
	tail := raw[start:]
	if missing := fileSize - len(raw) - comment - 4; missing > 0 {
		tail = append(tail, make([]byte, missing)...)
	} else {
		tail = tail[:fileSize-comment-4-start] // cut off; nobody decodes it
	}
	return photo{raw[:start], tail}, nil
}

// copy returns a photo that is like no other.
func (p photo) copy() (io.Reader, int64) {
	head := make([]byte, 0, len(p.head)+4+comment)
	head = append(head, p.head...)
	head = append(head, 0xff, 0xfe, (comment+2)>>8, (comment+2)&0xff)
	for len(head) < cap(head) {
		head = append(head, byte(rand.Uint32()))
	}
	return io.MultiReader(bytes.NewReader(head), bytes.NewReader(p.tail)), int64(len(head) + len(p.tail))
}

// putPresigned uploads straight to the store, with a link that says what the
// api says too: how long the object is locked.
func (b *bench) putPresigned(ctx context.Context, store *minio.Client, body io.Reader, size int64) error {
	lock := http.Header{
		"X-Amz-Object-Lock-Mode":              {"GOVERNANCE"},
		"X-Amz-Object-Lock-Retain-Until-Date": {time.Now().AddDate(10, 0, 0).UTC().Format(time.RFC3339)},
	}
	link, err := store.PresignHeader(ctx, http.MethodPut, b.stack.bucket, presignedFolder+uuid.NewString(), time.Minute, url.Values{}, lock)
	if err != nil {
		return fmt.Errorf("presign: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, link.String(), body)
	if err != nil {
		return err
	}
	req.Header = lock
	req.ContentLength = size
	return b.product.do(req, nil)
}

// watchResident samples a process's memory until it is asked for the most.
func watchResident(ctx context.Context, pid int) (most func() float64) {
	ctx, stop := context.WithCancel(ctx)
	var seen float64
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			seen = max(seen, resident(pid))
			pause(ctx, 20*time.Millisecond)
		}
	})
	return func() float64 {
		stop()
		done.Wait()
		return seen
	}
}

// attachAll attaches what was uploaded, in batches of as many as one command
// takes and as a claim takes from one sender, each claim's at the same time as
// the others'.
func (b *bench) attachAll(ctx context.Context, claims []string, sent [][]string) error {
	var batches, documents atomic.Int64
	errs := make([]error, len(claims))
	var all sync.WaitGroup
	from := time.Now()
	for i, claim := range claims {
		all.Go(func() {
			for ids := sent[i][:min(len(sent[i]), oneSender)]; len(ids) > 0 && errs[i] == nil; {
				n := min(len(ids), mostAttached)
				batch := make([]rest.NewDocument, n)
				for j, id := range ids[:n] {
					batch[j] = rest.NewDocument{Upload: id, Kind: "loss_photo"}
				}
				errs[i] = b.product.attach(ctx, claim, batch)
				batches.Add(1)
				documents.Add(int64(n))
				ids = ids[n:]
			}
		})
	}
	all.Wait()
	took := time.Since(from)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	fmt.Printf("  attaching apart: %d documents in %d updates, %.0f documents/s\n",
		documents.Load(), batches.Load(), float64(documents.Load())/took.Seconds())
	return nil
}

// removeObjects gives the disk space back, as far as it can: gigabytes that
// nobody looks at.
func (b *bench) removeObjects(ctx context.Context, store *minio.Client, claims []string) {
	folders := []string{presignedFolder}
	for _, claim := range claims {
		folders = append(folders, "claims/"+claim+"/")
	}
	for _, folder := range folders {
		objects := store.ListObjects(ctx, b.stack.bucket, minio.ListObjectsOptions{Prefix: folder, Recursive: true, WithVersions: true})
		for failed := range store.RemoveObjects(ctx, b.stack.bucket, objects, minio.RemoveObjectsOptions{GovernanceBypass: true}) {
			fmt.Println("  note: not removed:", failed.ObjectName, failed.Err)
			break
		}
	}
}
