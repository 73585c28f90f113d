package activities

import (
	"context"
	"fmt"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

const (
	// mostCompared is with how many pictures that look alike by their hashes one
	// is compared, the nearest first. What was saved anew, made smaller or cut is
	// among the nearest.
	mostCompared = 256
	// mostSame is how many of those are noted as being one picture with it.
	mostSame = 20
)

// enter stores what a picture of a loss looks like, and then which others are
// one picture with it: before the step that records it, so that no step searches
// and none waits for another claim's. Each is a transaction of its own, in this
// order: of two that come at once, the one that is entered later finds the
// other. It is idempotent by the document.
func (o *OCR) enter(ctx context.Context, in claim.PaperFile, r document.Reading) error {
	look, ok := document.ParseLook(r.Look)
	if in.Staged || !ok || r.Thumbnail == nil { // a draft's is no document yet
		return nil
	}
	err := o.enterPicture(ctx, in.Document, document.Picture{Look: look, Thumbnail: r.Thumbnail})
	if err != nil {
		return fmt.Errorf("enter what a picture looks like: %w", err)
	}
	return nil
}

func (o *OCR) enterPicture(ctx context.Context, id string, p document.Picture) error {
	hashes := hashesOf(p.Look)
	if err := o.q.InsertPicture(ctx, o.DB, hashes, p.Look.Kept(), p.Thumbnail, id); err != nil {
		return err
	}
	others, err := o.q.PicturesAlike(ctx, o.DB, db.PicturesAlikeParams{
		Hashes: hashes, Bands: p.Look.Asked(), DocumentID: id, Within: document.AlikeWithin, Most: mostCompared,
	})
	if err != nil {
		return err
	}
	same := 0
	for _, other := range others {
		difference := p.Difference(document.Picture{Look: lookOf(other.Hashes), Thumbnail: other.Thumbnail})
		if difference >= document.SameBelow || same == mostSame {
			continue
		}
		same++
		if err := o.q.InsertPicturesAlike(ctx, o.DB, id, other.DocumentID, float32(difference)); err != nil {
			return err
		}
	}
	return nil
}

// see notes what a picture looks like. Those of losses were entered before; see
// [OCR.enter]. One that was read elsewhere has no thumbnail.
func (t *tx) see(paper *claim.Paper, seen string) {
	look, ok := document.ParseLook(seen)
	if !ok {
		return
	}
	if paper.Kind == LossPhoto {
		t.learn(document.OfDocument, paper.ID, "look", look.String())
	}
	t.queue(t.q.InsertPicture(t.ctx, &t.w, hashesOf(look), look.Kept(), nil, paper.ID))
}

func hashesOf(l document.Look) []int64 {
	hashes := make([]int64, len(l))
	for i, hash := range l {
		hashes[i] = int64(hash) //nolint:gosec // the bits count, not the sign
	}
	return hashes
}

func lookOf(hashes []int64) (l document.Look) {
	for i := range min(len(hashes), len(l)) {
		l[i] = uint64(hashes[i]) //nolint:gosec // the bits count, not the sign
	}
	return l
}
