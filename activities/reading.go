package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"go.temporal.io/sdk/activity"

	"anpei/claim"
	"anpei/claim/document"
)

// PageReader reads one file, in a process of its own under limits. A file that
// cannot be read is a [document.Reading] that says why; an error means that
// the reader itself is out of order. In the folder previews it leaves pictures
// of the pages; see [document.Preview].
type PageReader interface {
	Read(ctx context.Context, path, previews string) (document.Reading, error)
	// Look reads nothing on a picture, and says what it looks like.
	Look(ctx context.Context, path, previews string) (document.Reading, error)
}

// How often a paper is tried before a person has to look at it. Only what the
// paper may have done to its reader counts; see [OCR.ReadPaper].
const (
	maxCrashes = 3
	maxBegun   = 5
)

const (
	pulseEvery = 2 * time.Second // a fifth of the heartbeat timeout
	storeTime  = time.Minute     // to fetch a file, or to store its previews
	// stopGrace is how long a reading goes on when its worker is told to stop.
	// Most are done by then; the others are given back.
	stopGrace = 5 * time.Second
)

// progress is what a reading activity records with its heartbeat, so that the
// next attempt knows what this one has done.
type progress struct {
	Done []claim.Reading // of the papers before the one in hand
	// Of the one in hand: attempts that began to read it and have not said how
	// they ended, as when the worker is killed, and those in which the page
	// reader crashed or the file was not in the store.
	Begun, Crashed int
}

// pulse sends the heartbeat of a reading activity.
type pulse struct {
	sync.Mutex
	progress
	ctx context.Context // the activity's, which heartbeats are sent with
}

// beat starts the heartbeat of an activity. The context that it returns ends
// with the activity's, and soon after the worker is told to stop.
func beat(ctx context.Context) (p *pulse, working context.Context, stop func()) {
	p = &pulse{ctx: ctx}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &p.progress); err != nil {
			activity.GetLogger(ctx).Warn("heartbeat details not understood", "error", err)
			p.progress = progress{}
		}
	}
	working, stop = context.WithCancel(ctx)
	go func() {
		every := time.NewTicker(pulseEvery)
		defer every.Stop()
		stopping, grace := activity.GetWorkerStopChannel(ctx), (<-chan time.Time)(nil)
		for {
			select {
			case <-working.Done():
				return
			case <-every.C:
				p.record(func(*progress) {})
			case <-stopping:
				stopping, grace = nil, time.After(stopGrace)
			case <-grace:
				stop()
			}
		}
	}()
	return p, working, stop
}

// record changes the progress and sends it.
func (p *pulse) record(change func(*progress)) {
	p.Lock()
	defer p.Unlock()
	change(&p.progress)
	activity.RecordHeartbeat(p.ctx, p.progress)
}

// ReadPaper reads a document, and enters what a picture of a loss looks like,
// idempotent by the document: it may run again. What cannot
// be read is an answer that says why; an error is to be tried again until it is
// gone, for then the fault is ours: store, network or disk, models that are
// missing, a worker that stops. What may be the paper's fault is tried again
// too, but only a few times: the page reader crashed on it, was killed or took
// too long, the worker died meanwhile, or the store answers that there is no
// such file.
func (o *OCR) ReadPaper(ctx context.Context, in claim.PaperFile) (claim.Reading, error) {
	readings, err := o.readAll(ctx, []claim.PaperFile{in})
	if err != nil {
		return claim.Reading{}, err
	}
	return readings[0], nil
}

// LookAtPhotos looks at photos of a loss, one after another, and answers in
// their order. Of each holds what [OCR.ReadPaper] says; an attempt goes on with
// the photo at which the last one ended.
func (o *OCR) LookAtPhotos(ctx context.Context, photos []claim.PaperFile) ([]claim.Reading, error) {
	return o.readAll(ctx, photos)
}

func (o *OCR) readAll(ctx context.Context, papers []claim.PaperFile) ([]claim.Reading, error) {
	p, working, stop := beat(ctx)
	defer stop()
	for len(p.Done) < len(papers) {
		paper := papers[len(p.Done)]
		reading := document.Illegible(document.Crashed)
		if p.Begun < maxBegun {
			p.record(func(p *progress) { p.Begun++ })
			var err error
			reading, err = o.read(working, paper)
			if missing(err) {
				activity.GetLogger(ctx).Error("the store has no such file", "document", paper.Document, "error", err)
				reading, err = document.Illegible(document.Crashed), nil
			}
			crashed := err == nil && document.Fails(reading.Unreadable)
			p.record(func(p *progress) {
				if p.Begun--; crashed {
					p.Crashed++
				}
			})
			if err == nil {
				err = o.enter(working, paper, reading)
			}
			if err != nil {
				return nil, fmt.Errorf("read document %s: %w", paper.Document, err)
			}
			if crashed && p.Crashed < maxCrashes {
				return nil, fmt.Errorf("read document %s: %s", paper.Document, reading.Unreadable)
			}
		}
		if reading.Unreadable != "" {
			activity.GetLogger(ctx).Warn("paper cannot be read", "document", paper.Document, "reason", reading.Unreadable)
		}
		p.record(func(p *progress) { *p = progress{Done: append(slices.Clip(p.Done), readingOf(reading))} })
	}
	return p.Done, nil
}

// missing reports whether the store has answered that there is no such file.
func missing(err error) bool {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	return ok && (answer.Code == minio.NoSuchKey || answer.Code == minio.NoSuchVersion)
}

// read fetches a document's file and has it read.
func (o *OCR) read(ctx context.Context, in claim.PaperFile) (document.Reading, error) {
	file, err := os.CreateTemp(o.Scratch, "anpei-page-*")
	if err != nil {
		return document.Reading{}, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	err = o.fetch(ctx, in, file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return document.Reading{}, fmt.Errorf("fetch: %w", err)
	}
	return o.readFile(ctx, in, file.Name())
}

func (o *OCR) fetch(ctx context.Context, in claim.PaperFile, into io.Writer) error {
	ctx, stop := context.WithTimeout(ctx, storeTime)
	defer stop()
	bucket := o.Bucket
	if in.Staged {
		bucket = o.Staging
	}
	object, err := o.Store.GetObject(ctx, bucket, in.Object, minio.GetObjectOptions{VersionID: in.Revision})
	if err != nil {
		return err
	}
	_, err = io.Copy(into, object)
	return errors.Join(err, object.Close())
}

// Most that one document may bring through Temporal.
const (
	maxFields = 64
	maxValue  = 400 // bytes
)

func readingOf(r document.Reading) claim.Reading {
	out := claim.Reading{Kind: string(r.Kind), KindConfidence: r.Confidence, Engine: r.Engine, Pages: r.Pages, Unreadable: r.Unreadable, Detail: r.Detail, Look: r.Look, Camera: r.Camera}
	for _, f := range r.Fields {
		if len(out.Fields) == maxFields || len(f.Value) > maxValue || claim.CheckField(f.Name, f.Value) != nil {
			continue
		}
		out.Fields = append(out.Fields, claim.Field{
			Name: f.Name, Value: f.Value, Source: f.Source, Confidence: f.Confidence, Page: f.Page, Box: f.Box, Sure: f.Sure, Note: f.Note,
		})
	}
	return out
}
