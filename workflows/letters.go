package workflows

import (
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
)

// writeLetters is the region beside the main line that puts requests for papers in
// writing. The message goes out with the request; the letter follows, and stays
// as evidence of what was asked for.
func (p *process) writeLetters(ctx workflow.Context) {
	for {
		_ = workflow.Await(ctx, func() bool { return p.Due.Write != "" })
		if workflow.GetVersion(ctx, paperLetters, workflow.DefaultVersion, 1) < 1 {
			return
		}
		number := p.Due.Write
		p.inHand[number] = true
		letter := remote(ctx, p, "write-request", acts.WriteRequest, activities.RequestLetter{Claim: p.ID, Number: number})
		for p.Due.Write == number {
			systemWith(ctx, p, "letter/"+number, local, acts.FileLetter, letter)
		}
		delete(p.inHand, number)
	}
}
