package activities

import (
	"context"

	"anpei/claim"
	"anpei/claim/document"
)

// Enter stores what a picture looks like, as reading it does.
func (o *OCR) Enter(ctx context.Context, in claim.PaperFile, r document.Reading) error {
	return o.enter(ctx, in, r)
}

// CheckAll holds all facts of a claim against each other, as steps did before
// they read only what they change.
func (a *Activities) CheckAll(ctx context.Context, s claim.Step[claim.None]) (claim.Answer, error) {
	return step(ctx, a, s, "check-all", func(t *tx) error {
		if _, err := t.facts(everything); err != nil {
			return err
		}
		return t.crossCheck()
	})
}

// DeliverBatch is one look of the courier.
func (a *Activities) DeliverBatch(ctx context.Context) (int, error) { return a.deliverBatch(ctx) }

// CourierLease is how long, in seconds, a courier has to say what became of what
// it took.
const CourierLease = courierLease
