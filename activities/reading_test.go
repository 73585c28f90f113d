package activities_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/internal/pace"
	"anpei/internal/testenv"
)

// scripted is a page reader that does what a test says.
type scripted func(ctx context.Context, path, previews string) (document.Reading, error)

func (s scripted) Read(ctx context.Context, path, previews string) (document.Reading, error) {
	return s(ctx, path, previews)
}

func (s scripted) Look(ctx context.Context, path, previews string) (document.Reading, error) {
	return s(ctx, path, previews)
}

// attempts runs a reading activity as the server does: each attempt finds what
// the last one recorded with its heartbeat.
type attempts struct {
	activities.OCR
	t        *testing.T
	file     claim.PaperFile
	recorded map[string]any
	stopping chan struct{}
}

func newAttempts(t *testing.T, reader scripted) *attempts {
	t.Helper()
	store, bucket := testenv.Store(t)
	a := &attempts{t: t, stopping: make(chan struct{})}
	a.OCR = activities.OCR{Store: store, Bucket: bucket, Previews: os.Getenv("ANPEI_S3_PREVIEWS"), Scratch: t.TempDir(), Reader: reader}
	a.file = claim.PaperFile{Document: uuid.NewString(), Object: "test/" + uuid.NewString()}
	_, err := store.PutObject(t.Context(), bucket, a.file.Object, strings.NewReader("a paper"), 7, minio.PutObjectOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		left, err := os.ReadDir(a.Scratch)
		require.NoError(t, err)
		require.Empty(t, left, "no copy is left")
	})
	return a
}

// try makes one attempt of an activity.
func (a *attempts) try(act, in, out any) error {
	a.t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(&a.OCR)
	env.SetWorkerStopChannel(a.stopping)
	if a.recorded != nil {
		env.SetHeartbeatDetails(a.recorded)
	}
	var last sync.Mutex
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		last.Lock()
		defer last.Unlock()
		a.recorded = nil
		require.NoError(a.t, details.Get(&a.recorded))
	})
	value, err := env.ExecuteActivity(act, in)
	last.Lock()
	defer last.Unlock()
	if err != nil {
		if failed, ok := errors.AsType[*temporal.ApplicationError](err); ok {
			require.False(a.t, failed.NonRetryable(), "%v", err)
		}
		return err
	}
	return value.Get(out)
}

func (a *attempts) read() (reading claim.Reading, err error) {
	a.t.Helper()
	err = a.try(a.ReadPaper, a.file, &reading)
	return reading, err
}

func TestAPaperThatItsReaderFailsOnIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{document.Crashed, document.TimedOut, document.OutOfMemory} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			n := 0
			a := newAttempts(t, func(context.Context, string, string) (document.Reading, error) {
				n++
				return document.Illegible(reason), nil
			})
			for range 2 {
				_, err := a.read()
				require.ErrorContains(t, err, reason)
			}
			reading, err := a.read()
			require.NoError(t, err)
			require.Equal(t, reason, reading.Unreadable)
			require.Equal(t, 3, n)
		})
	}
}

func TestWhatIsNoFaultOfThePaperIsNotCounted(t *testing.T) {
	t.Parallel()
	fail := errors.New("no models")
	a := newAttempts(t, func(context.Context, string, string) (document.Reading, error) {
		return document.Reading{Kind: document.VATInvoice, Engine: "test 1"}, fail
	})
	for range 12 {
		_, err := a.read()
		require.ErrorContains(t, err, "no models")
	}
	require.Equal(t, map[string]any{"Done": nil, "Begun": 0., "Crashed": 0.}, a.recorded)
	fail = nil
	reading, err := a.read()
	require.NoError(t, err)
	require.Equal(t, claim.Reading{Kind: "vat_invoice", Engine: "test 1"}, reading)
}

func TestAPaperIsReadOnceTheStoreIsBack(t *testing.T) {
	t.Parallel()
	a := newAttempts(t, func(context.Context, string, string) (document.Reading, error) {
		return document.Reading{Kind: document.VATInvoice}, nil
	})
	line := testenv.NewWire(t, os.Getenv("ANPEI_S3_ENDPOINT"))
	var err error
	a.Store, err = minio.New(line.Address, &minio.Options{
		Creds: credentials.NewStaticV4(os.Getenv("ANPEI_S3_ACCESS_KEY"), os.Getenv("ANPEI_S3_SECRET_KEY"), ""), MaxRetries: 1,
	})
	require.NoError(t, err)
	line.Cut(true)
	for range 6 {
		_, err := a.read()
		require.ErrorContains(t, err, "fetch")
	}
	line.Cut(false)
	reading, err := a.read()
	require.NoError(t, err)
	require.Empty(t, reading.Unreadable)
}

func TestAStoreThatTakesNoPreviewIsTriedAgain(t *testing.T) {
	t.Parallel()
	a := newAttempts(t, func(_ context.Context, _, previews string) (document.Reading, error) {
		return document.Reading{Kind: document.VATInvoice}, os.WriteFile(filepath.Join(previews, document.PreviewIndex), []byte("{}"), 0o600)
	})
	bucket := a.Previews
	a.Previews = "no-such-bucket"
	for range 4 {
		_, err := a.read()
		require.ErrorContains(t, err, "preview")
	}
	a.Previews = bucket
	_, err := a.read()
	require.NoError(t, err)
}

func TestAFileThatTheStoreDoesNotHaveIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	a := newAttempts(t, nil)
	a.file.Object += "-gone"
	for range 2 {
		_, err := a.read()
		require.Error(t, err)
	}
	reading, err := a.read()
	require.NoError(t, err)
	require.Equal(t, document.Crashed, reading.Unreadable)
}

func TestAPaperOnWhichFiveWorkersDiedIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	n := 0
	a := newAttempts(t, func(context.Context, string, string) (document.Reading, error) {
		n++
		panic("what a test can do like a worker's death: it says nothing of how it ended")
	})
	for range 5 {
		_, err := a.read()
		require.Error(t, err)
	}
	reading, err := a.read()
	require.NoError(t, err)
	require.Equal(t, document.Crashed, reading.Unreadable)
	require.Equal(t, 5, n)
}

func TestPhotosThatWereLookedAtAreNotLookedAtAgain(t *testing.T) {
	t.Parallel()
	n := 0
	a := newAttempts(t, func(context.Context, string, string) (document.Reading, error) {
		if n++; n == 3 {
			return document.Reading{}, errors.New("disk full")
		}
		return document.Reading{Kind: document.LossPhoto, Engine: "look " + string(rune('0'+n))}, nil
	})
	photos := []claim.PaperFile{a.file, a.file, a.file, a.file}
	var seen []claim.Reading
	require.ErrorContains(t, a.try(a.LookAtPhotos, photos, &seen), "disk full")
	require.NoError(t, a.try(a.LookAtPhotos, photos, &seen))
	var by []string
	for _, r := range seen {
		by = append(by, r.Engine)
	}
	require.Equal(t, []string{"look 1", "look 2", "look 4", "look 5"}, by)
}

func TestAWorkerThatStopsGivesThePaperBack(t *testing.T) {
	t.Parallel()
	var a *attempts
	a = newAttempts(t, func(ctx context.Context, _, _ string) (document.Reading, error) {
		close(a.stopping)
		select {
		case <-ctx.Done():
			return document.Reading{}, ctx.Err()
		case <-time.After(pace.Limit(15 * time.Second)):
			return document.Reading{}, errors.New("read on, though its worker stops")
		}
	})
	_, err := a.read()
	require.ErrorContains(t, err, context.Canceled.Error())
	require.Equal(t, map[string]any{"Done": nil, "Begun": 0., "Crashed": 0.}, a.recorded)
}

func TestAPictureIsEnteredBeforeItsReadingIsAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	photo := paper("loss_photo", "a")
	d.attach(photo)
	a := newAttempts(t, func(context.Context, string, string) (document.Reading, error) {
		return document.Reading{Kind: document.LossPhoto, Engine: "test 1", Look: alike(7), Thumbnail: pattern(7)}, nil
	})
	a.file.Document, a.file.Kind = photo.Document, "loss_photo"

	away, err := pgxpool.NewWithConfig(t.Context(), d.DB.Config())
	require.NoError(t, err)
	away.Close()
	a.DB = away
	_, err = a.read()
	require.ErrorContains(t, err, "enter what a picture looks like", "without the database it is tried again")
	require.Equal(t, 0, d.count("pictures"))

	a.DB = d.DB
	for range 2 {
		reading, err := a.read()
		require.NoError(t, err)
		require.Equal(t, claim.Reading{Kind: "loss_photo", Engine: "test 1", Look: alike(7)}, reading, "its thumbnail goes to its row, and through no history")
		a.recorded = nil
	}
	var thumbnail document.Thumbnail
	require.NoError(t, d.db.API.QueryRow(t.Context(), "select thumbnail from pictures where document_id = $1", photo.Document).Scan(&thumbnail))
	require.Equal(t, pattern(7), thumbnail)
	require.NoError(t, a.Enter(t.Context(), claim.PaperFile{Document: uuid.NewString(), Staged: true}, document.Reading{Look: alike(7), Thumbnail: pattern(7)}))
	require.Equal(t, 1, d.count("pictures"), "a draft's photo is no document yet")
}
