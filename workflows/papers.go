package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
)

// papers is the region beside the main line: it answers those who send or
// confirm documents, and has each unread one read by the page reader.
func (p *process) papers(ctx workflow.Context) {
	readers := workflow.NewSemaphore(ctx, 4) // of one claim at a time, so that no claim takes all readers
	take := func(ids []string, read func(workflow.Context)) {
		for _, id := range ids {
			p.inHand[id] = true
		}
		workflow.Go(ctx, func(ctx workflow.Context) {
			_ = readers.Acquire(ctx, 1)
			defer readers.Release(1)
			read(ctx)
			for _, id := range ids {
				delete(p.inHand, id)
			}
		})
	}
	for {
		_ = workflow.Await(ctx, func() bool { return len(p.desk) > 0 || len(p.unread()) > 0 })
		if len(p.desk) > 0 {
			p.answer(ctx, p.desk.take())
		}
		papers, photos := p.sorted(p.unread())
		for _, paper := range papers {
			take([]string{paper}, func(ctx workflow.Context) { p.read(ctx, paper) })
		}
		for together := range slices.Chunk(photos, photosAtOnce) {
			take(together, func(ctx workflow.Context) { p.look(ctx, together) })
		}
	}
}

// photosAtOnce is how many photos of a loss are looked at in one activity. To
// look takes a tenth of what it takes to read, and an activity costs about as
// much as a look: a visit's thirty photos would cost as much again.
const photosAtOnce = 8

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

// sorted tells papers, which are read, from photos, which are looked at.
func (p *process) sorted(ids []string) (papers, photos []string) {
	for _, id := range ids {
		if p.Paper(id).Kind == activities.LossPhoto {
			photos = append(photos, id)
		} else {
			papers = append(papers, id)
		}
	}
	return papers, photos
}

// read has one paper read, and records what it says. A reader that is out of
// order costs the paper its reading, never the claim its way: a person looks.
func (p *process) read(ctx workflow.Context, id string) {
	reading, err := readPage(ctx, id)
	if err != nil {
		p.log.Error("paper not read", "document", id, "error", err)
		reading = crashed()
	}
	for p.stillUnread(id) && p.Stage != claim.Closed {
		out, skipped := recordOrSkip(ctx, p, "read/"+id, acts.RecordReading, claim.Read{Document: id, Reading: reading})
		switch {
		case skipped: // what it says cannot be stored; that nobody could read it can
			reading = crashed()
		case !out.Stale:
			return
		}
	}
}

// look has photos of a loss looked at together, and records what they show. If
// that fails, each is looked at by itself: one that brings the reader down
// costs the others nothing.
func (p *process) look(ctx workflow.Context, ids []string) {
	readings, err := lookAt(ctx, ids)
	switch {
	case err != nil && len(ids) > 1:
		for _, id := range ids {
			p.look(ctx, []string{id})
		}
		return
	case err != nil:
		p.log.Error("photo not looked at", "document", ids[0], "error", err)
		readings = []claim.Reading{crashed()}
	}
	for p.Stage != claim.Closed {
		var seen claim.Looks
		for i, id := range ids {
			if p.stillUnread(id) {
				seen.Readings = append(seen.Readings, claim.Read{Document: id, Reading: readings[i]})
			}
		}
		if len(seen.Readings) == 0 {
			return
		}
		out, skipped := recordOrSkip(ctx, p, "look/"+ids[0], acts.RecordLooks, seen)
		switch {
		case skipped:
			for i := range readings {
				readings[i] = crashed()
			}
		case !out.Stale:
			return
		}
	}
}

func (p *process) stillUnread(id string) bool {
	paper := p.Paper(id)
	return paper != nil && (paper.State == claim.PaperReceived || paper.Unseen)
}

// crashed is the reading of what no reader could read.
func crashed() claim.Reading {
	illegible := document.Illegible(document.Crashed)
	return claim.Reading{Kind: string(illegible.Kind), Unreadable: illegible.Unreadable, Detail: illegible.Detail}
}

func readPage(ctx workflow.Context, id string) (claim.Reading, error) {
	where, err := call(workflow.WithLocalActivityOptions(ctx, stepOptions), workflow.ExecuteLocalActivity, acts.Locate, id)
	if err != nil {
		return claim.Reading{}, err
	}
	return call(workflow.WithActivityOptions(ctx, readOptions), workflow.ExecuteActivity, (*activities.OCR)(nil).ReadPaper, where)
}

func lookAt(ctx workflow.Context, ids []string) ([]claim.Reading, error) {
	where, err := call(workflow.WithLocalActivityOptions(ctx, stepOptions), workflow.ExecuteLocalActivity, acts.LocateAll, ids)
	if err != nil {
		return nil, err
	}
	return call(workflow.WithActivityOptions(ctx, readOptions), workflow.ExecuteActivity, (*activities.OCR)(nil).LookAtPhotos, where)
}

// notices waits for the delivery of those on which a clock depends, which only
// the claim may write down. One that never arrives moves nothing.
func (p *process) notices(ctx workflow.Context) {
	skipped := ""
	for {
		_ = workflow.Await(ctx, func() bool { return p.Undelivered() != "" && p.Undelivered() != skipped })
		notice := p.Undelivered()
		at, err := call(workflow.WithActivityOptions(ctx, remoteOptions), workflow.ExecuteActivity, acts.Delivered, notice)
		if err != nil {
			p.log.Warn("notice not delivered", "notice", notice, "error", err)
			_ = workflow.Sleep(ctx, parkPause)
			continue
		}
		p.inHand[notice] = true
		for p.Undelivered() == notice && skipped != notice {
			if _, skip := recordOrSkip(ctx, p, "delivered/"+notice, acts.NoticeDelivered, claim.Delivered{Notice: notice, At: at}); skip {
				skipped = notice
			}
		}
		delete(p.inHand, notice)
	}
}
