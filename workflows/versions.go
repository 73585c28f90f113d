package workflows

// Every incompatible change of a workflow is one constant here, with the day,
// the reason and when it can go:
//
//	dualReview = "dual-review" // 2026-10, regulator's letter 14; drop when no claim opened before 2026-10-01 is open
//
// used as
//
//	if workflow.GetVersion(ctx, dualReview, workflow.DefaultVersion, 1) >= 1 { … }
//
// A name is never used again, nor renumbered.
const (
	keptReports  = "kept-reports"  // 2026-12, a report that was answered as joined sees to it that the claim takes it; drop when no report of before v0.4.0 can be running
	paperLetters = "paper-letters" // 2026-11, requests for papers are put in writing; drop when no claim opened before v0.2.0 is open
)
