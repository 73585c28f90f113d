package workflows

import (
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
)

// Scan has a photo of a draft read, before there is a claim, and what it says
// stored beside it. A reader that is out of order costs the photo its reading:
// the reporter types what it would have told.
func Scan(ctx workflow.Context, photo claim.PaperFile) error {
	reading, err := call(workflow.WithActivityOptions(ctx, readOptions), workflow.ExecuteActivity, (*activities.OCR)(nil).ReadPaper, photo)
	if err != nil {
		workflow.GetLogger(ctx).Error("photo of a draft not read", "document", photo.Document, "error", err)
		reading = crashed()
	}
	_, err = call(workflow.WithLocalActivityOptions(ctx, stepOptions), workflow.ExecuteLocalActivity, acts.RecordScan,
		activities.Scanned{Paper: photo.Document, Reading: reading})
	return err
}

// ScanID returns the id of the workflow that reads a photo of a draft.
func ScanID(paper string) string { return "scan/" + paper }
