package workflows

import (
	"go.temporal.io/sdk/workflow"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
)

// readers is how many papers, or lots of pictures, of one claim are read at a
// time, so that no claim takes all readers.
const readers = 4

// readPapers is the region beside the main line: it answers those who send or
// confirm documents, and has those read that the step says are next. Only so
// many are in hand as there are readers, and none is taken when the run should
// be continued as new, so that a long queue does not keep it from that.
func (p *process) readPapers(ctx workflow.Context) {
	busy := 0
	take := func(ids []string, photos bool) {
		busy++
		for _, id := range ids {
			p.inHand[id] = true
		}
		workflow.Go(ctx, func(ctx workflow.Context) {
			if photos {
				p.readPhotos(ctx, ids)
			} else {
				p.readPaper(ctx, ids[0])
			}
			for _, id := range ids {
				delete(p.inHand, id)
			}
			busy--
		})
	}
	due := func() ([]string, bool) {
		if busy == readers || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return nil, false
		}
		return p.unread()
	}
	for {
		_ = workflow.Await(ctx, func() bool {
			ids, _ := due()
			return len(p.papers) > 0 || len(ids) > 0
		})
		if len(p.papers) > 0 {
			p.answer(ctx, p.papers.next())
		}
		for ids, photos := due(); len(ids) > 0; ids, photos = due() {
			take(ids, photos)
		}
	}
}

// unread returns the next papers that are read together and that nobody has in
// hand, and whether they are pictures of a loss.
func (p *process) unread() (ids []string, photos bool) {
	for _, next := range p.Due.Read {
		for _, id := range next.IDs {
			if !p.inHand[id] {
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			return ids, next.Photos
		}
	}
	return nil, false
}

// readPaper has one paper read, and records what it says. A reader that is out of
// order costs the paper its reading, never the claim its way: a person looks.
func (p *process) readPaper(ctx workflow.Context, id string) {
	reading, err := readPage(ctx, id)
	if err != nil {
		p.log.Error("paper not read", "document", id, "error", err)
		reading = crashed()
	}
	for p.Due.Names(id) && p.Stage != claim.Closed {
		out, skipped := recordOrSkip(ctx, p, "read/"+id, acts.RecordReading, claim.Read{Document: id, Reading: reading})
		switch {
		case skipped: // what it says cannot be stored; that nobody could read it can
			reading = crashed()
		case !out.Stale:
			return
		}
	}
}

// readPhotos has photos of a loss looked at together, and records what they show. If
// that fails, each is looked at by itself: one that brings the reader down
// costs the others nothing.
func (p *process) readPhotos(ctx workflow.Context, ids []string) {
	readings, err := lookAt(ctx, ids)
	switch {
	case err != nil && len(ids) > 1:
		for _, id := range ids {
			p.readPhotos(ctx, []string{id})
		}
		return
	case err != nil:
		p.log.Error("photo not looked at", "document", ids[0], "error", err)
		readings = []claim.Reading{crashed()}
	}
	for p.Stage != claim.Closed {
		var seen claim.Looks
		for i, id := range ids {
			if p.Due.Names(id) {
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

// awaitDeliveries waits for the delivery of those on which a clock depends, which only
// the claim may write down. One that never arrives moves nothing.
func (p *process) awaitDeliveries(ctx workflow.Context) {
	skipped := ""
	for {
		_ = workflow.Await(ctx, func() bool { return p.Due.Deliver != "" && p.Due.Deliver != skipped })
		notice := p.Due.Deliver
		at, err := call(workflow.WithActivityOptions(ctx, remoteOptions), workflow.ExecuteActivity, acts.Delivered, notice)
		if err != nil {
			p.log.Warn("notice not delivered", "notice", notice, "error", err)
			_ = workflow.Sleep(ctx, parkPause)
			continue
		}
		p.inHand[notice] = true
		for p.Due.Deliver == notice && skipped != notice {
			if _, skip := recordOrSkip(ctx, p, "delivered/"+notice, acts.NoticeDelivered, claim.Delivered{Notice: notice, At: at}); skip {
				skipped = notice
			}
		}
		delete(p.inHand, notice)
	}
}
