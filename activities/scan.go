package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"anpei/claim"
)

// scanned gives attachments that were photos of a draft what was read in them
// then: the same bytes are not read twice. A photo of a loss is looked at again,
// now that it is a document: see [OCR.enter].
func (t *tx) scanned(attachments []claim.Attachment) error {
	at := map[string]int{}
	for i, d := range attachments {
		if d.Scan != "" && d.Reading == nil {
			at[d.Scan] = i
		}
	}
	if len(at) == 0 {
		return nil
	}
	rows, err := t.q.DraftReadings(t.ctx, t.conn, slices.Sorted(maps.Keys(at)))
	if err != nil {
		return fmt.Errorf("read what photos say: %w", err)
	}
	for _, row := range rows {
		var reading claim.Reading
		if err := json.Unmarshal(row.Reading, &reading); err != nil {
			return fmt.Errorf("decode what photo %s says: %w", row.PaperID, err)
		}
		if d := &attachments[at[row.PaperID]]; d.Kind != LossPhoto && reading.Kind != LossPhoto {
			d.Reading = &reading
		}
	}
	return nil
}

// Scanned is what the page reader made of a photo of a draft.
type Scanned struct {
	Paper   string
	Reading claim.Reading
}

// RecordScan stores a reading beside its photo. It is idempotent by the photo;
// of one that was thrown away meanwhile nothing is kept.
func (a *Activities) RecordScan(ctx context.Context, in Scanned) (claim.None, error) {
	raw, err := json.Marshal(in.Reading)
	if err == nil {
		err = a.q.InsertDraftReading(ctx, a.DB, in.Paper, raw)
	}
	if err != nil {
		return claim.None{}, fmt.Errorf("record what photo %s says: %w", in.Paper, err)
	}
	return claim.None{}, nil
}
