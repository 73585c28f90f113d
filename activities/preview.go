package activities

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/minio/minio-go/v7"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"anpei/claim"
	"anpei/claim/document"
)

// maxPreview is the largest file that the page reader may leave of a page.
const maxPreview = 4 << 20

// errStore is of a store that did not take a preview.
var errStore = errors.New("the object store did not take a preview")

// readFile has the page reader read a file, or only look at it, and keeps the
// pictures of its pages. They are derived: without them people look at the
// original, so that what is wrong with them is no error. A store that does not
// take them is: it is to be tried again.
func (o *OCR) readFile(ctx context.Context, in claim.PaperFile, path string) (document.Reading, error) {
	folder, err := os.MkdirTemp(o.Scratch, "anpei-previews-*")
	if err != nil {
		return document.Reading{}, fmt.Errorf("make a folder for previews: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	read := o.Reader.Read
	if in.Kind == LossPhoto {
		read = o.Reader.Look
	}
	reading, err := read(ctx, path, folder)
	if err != nil {
		return reading, err
	}
	if err := o.keepPreviews(ctx, in.Object, folder); errors.Is(err, errStore) {
		return document.Reading{}, err
	} else if err != nil {
		activity.GetLogger(ctx).Warn("no preview kept", "document", in.Document, "error", err)
	}
	return reading, nil
}

// keepPreviews stores what the page reader left of a file's pages under the
// key of the file. The index comes last: what it names is there. It is
// idempotent by the key.
func (o *OCR) keepPreviews(ctx context.Context, object, folder string) error {
	// The reader had a stranger's file in its hands. What it left is taken by
	// its name, is a file, has a size, and lies in that folder and nowhere else.
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only read from
	left, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	left = slices.DeleteFunc(left, func(e fs.DirEntry) bool { return !e.Type().IsRegular() || !document.IsPreview(e.Name()) })
	if !slices.ContainsFunc(left, isIndex) {
		return nil
	}
	if len(left) > 2*document.MostPreviews+maxFields+1 {
		return errors.New("too many files")
	}
	ctx, stop := context.WithTimeout(ctx, storeTime)
	defer stop()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for _, e := range left {
		if !isIndex(e) {
			g.Go(func() error { return o.keepPreview(gctx, root, object, e.Name(), "image/jpeg") })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return o.keepPreview(ctx, root, object, document.PreviewIndex, "application/json")
}

func isIndex(e fs.DirEntry) bool { return e.Name() == document.PreviewIndex }

func (o *OCR) keepPreview(ctx context.Context, root *os.Root, object, name, mime string) error {
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read from
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() > maxPreview:
		return fmt.Errorf("%s has %d bytes", name, info.Size())
	}
	_, err = o.Store.PutObject(ctx, o.Previews, object+"/"+name, file, info.Size(), minio.PutObjectOptions{
		ContentType: mime, DisableContentSha256: true, DisableMultipart: true,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	return nil
}
