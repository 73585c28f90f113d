package workflows

import (
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
)

// papers is the region beside the main line: it answers those who send or
// confirm documents, and has each unread one read by the page reader.
func (p *process) papers(ctx workflow.Context) {
	readers := workflow.NewSemaphore(ctx, 4) // pages of one claim at a time, so that no claim takes all readers
	for {
		_ = workflow.Await(ctx, func() bool { return len(p.desk) > 0 || len(p.unread()) > 0 })
		if len(p.desk) > 0 {
			p.answer(ctx, p.desk.take())
		}
		for _, id := range p.unread() {
			p.inHand[id] = true
			workflow.Go(ctx, func(ctx workflow.Context) {
				_ = readers.Acquire(ctx, 1)
				defer readers.Release(1)
				p.read(ctx, id)
				delete(p.inHand, id)
			})
		}
	}
}

// unread returns the papers that nobody has in hand.
func (p *process) unread() []string {
	var ids []string
	for _, id := range p.Unread() {
		if !p.inHand[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// read has one paper read, and records what it says. A reader that is out of
// order costs the paper its reading, never the claim its way: a person looks.
func (p *process) read(ctx workflow.Context, id string) {
	reading, err := readPage(ctx, id)
	if err != nil {
		p.log.Error("paper not read", "document", id, "error", err)
		illegible := document.Illegible(document.Crashed)
		reading = claim.Reading{Kind: string(illegible.Kind), Unreadable: illegible.Unreadable, Detail: illegible.Detail}
	}
	for p.stillUnread(id) && p.Stage != claim.Closed {
		out := machineWith(ctx, p, "read/"+id, local, acts.RecordReading, claim.Read{Document: id, Reading: reading})
		if !out.Stale {
			return
		}
	}
}

func (p *process) stillUnread(id string) bool {
	paper := p.Paper(id)
	return paper != nil && (paper.State == claim.PaperReceived || paper.Unseen)
}

func readPage(ctx workflow.Context, id string) (claim.Reading, error) {
	where, err := call(workflow.WithLocalActivityOptions(ctx, stepOptions), workflow.ExecuteLocalActivity, acts.Locate, id)
	if err != nil {
		return claim.Reading{}, err
	}
	return call(workflow.WithActivityOptions(ctx, readOptions), workflow.ExecuteActivity, (*activities.OCR)(nil).ReadPaper, where)
}

// notices waits for the delivery of those on which a clock depends, which only
// the claim may write down. One that never arrives moves nothing.
func (p *process) notices(ctx workflow.Context) {
	for {
		_ = workflow.Await(ctx, func() bool { return p.Undelivered() != "" })
		notice := p.Undelivered()
		at, err := call(workflow.WithActivityOptions(ctx, remoteOptions), workflow.ExecuteActivity, acts.Delivered, notice)
		if err != nil {
			p.log.Warn("notice not delivered", "notice", notice, "error", err)
			_ = workflow.Sleep(ctx, parkPause)
			continue
		}
		p.inHand[notice] = true
		for p.Undelivered() == notice {
			machineWith(ctx, p, "delivered/"+notice, local, acts.NoticeDelivered, claim.Delivered{Notice: notice, At: at})
		}
		delete(p.inHand, notice)
	}
}
