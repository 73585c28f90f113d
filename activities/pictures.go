package activities

import (
	"fmt"
	"slices"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
)

// see notes what a picture looks like, and which others look like it. They are
// searched for once, when the later of the two comes, and under a lock that all
// such steps take in turn: it is the last that they take, and is held for the
// two round trips to the commit.
func (t *tx) see(paper *claim.Paper, seen string) error {
	look, ok := document.ParseLook(seen)
	if !ok {
		return nil
	}
	hashes := make([]int64, len(look))
	for i, hash := range look {
		hashes[i] = int64(hash) //nolint:gosec // the bits count, not the sign
	}
	if paper.Kind == LossPhoto {
		if err := t.q.LockPictures(t, t.conn); err != nil {
			return fmt.Errorf("look for pictures like %s: %w", paper.ID, err)
		}
		alike, err := t.q.PicturesAlike(t, t.conn, look.Asked(), paper.ID, hashes, document.AlikeWithin)
		if err != nil {
			return fmt.Errorf("look for pictures like %s: %w", paper.ID, err)
		}
		for _, other := range alike {
			t.queue(t.q.InsertPicturesAlike(t, &t.w, paper.ID, other.DocumentID))
			known := slices.ContainsFunc(t.known.Pictures, func(p db.PictureFactsRow) bool { return p.DocumentID == other.DocumentID })
			if !known && other.Outcome != claim.OutcomeWithdrawn {
				t.known.Pictures = append(t.known.Pictures, db.PictureFactsRow(other))
			}
		}
		t.learn(document.OfDocument, paper.ID, "look", look.String())
	}
	t.queue(t.q.InsertPicture(t, &t.w, paper.ID, t.id, hashes, look.Kept()))
	return nil
}

func lookOf(hashes []int64) (l document.Look) {
	for i := range min(len(hashes), len(l)) {
		l[i] = uint64(hashes[i]) //nolint:gosec // the bits count, not the sign
	}
	return l
}
