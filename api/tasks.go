package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// GetTask implements [rest.StrictServerInterface].
func (s *reads) GetTask(ctx context.Context, r rest.GetTaskRequestObject) (rest.GetTaskResponseObject, error) {
	row, err := s.q.TaskByID(ctx, s.db, r.Task)
	if err != nil {
		return nil, contract.RowError("task", err)
	}
	t := shownTask(row, access.CallerOf(ctx))
	if row.Kind == claim.TaskRelease && row.State == "open" {
		if t.Payout, err = s.payout(ctx, row); err != nil {
			return nil, err
		}
	}
	tag, same, err := contract.Tag(t, r.Params.IfNoneMatch)
	if err != nil || same {
		return rest.GetTask304Response{}, err
	}
	return rest.GetTask200JSONResponse{Body: t, Headers: rest.GetTask200ResponseHeaders{ETag: tag}}, nil
}

// ListTasks implements [rest.StrictServerInterface].
func (s *reads) ListTasks(ctx context.Context, r rest.ListTasksRequestObject) (rest.ListTasksResponseObject, error) {
	p := r.Params
	q := db.ListTasksParams{Kind: string(p.Kind), Mine: p.Mine}
	start := time.Unix(0, 0)
	q.AfterDue, q.AfterID = &start, "00000000-0000-0000-0000-000000000000"
	key, ok, err := contract.Place(p.After, 2)
	if err != nil {
		return nil, err
	}
	if ok {
		if q.AfterID = key[1]; !contract.IsUUID(q.AfterID) {
			return nil, contract.ErrCursor
		}
		if q.AfterDue = nil; key[0] != "" {
			at, err := time.Parse(time.RFC3339Nano, key[0])
			if err != nil {
				return nil, contract.ErrCursor
			}
			q.AfterDue = &at
		}
	}
	if p.Claim != "" {
		id, err := s.access.ClaimID(ctx, p.Claim)
		if errors.Is(err, contract.ErrNotFound) { // a filter that nothing passes
			return rest.ListTasks200JSONResponse{Items: []rest.Task{}}, nil
		}
		if err != nil {
			return nil, err
		}
		of := string(id)
		q.ClaimID = &of
	}
	show, read := contract.PageLimit(p.Limit)
	q.Count = read
	who := access.CallerOf(ctx)
	rows, err := s.taskRows(ctx, who, q)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(t db.ListTasksRow) []string {
		due := ""
		if t.DueAt != nil {
			due = t.DueAt.UTC().Format(time.RFC3339Nano)
		}
		return []string{due, t.ID}
	})
	page := rest.ListTasks200JSONResponse{Items: make([]rest.Task, len(rows)), Next: next}
	for i, t := range rows {
		page.Items[i] = shownTask(db.TaskByIDRow(t), who)
	}
	return page, nil
}

// taskRows lists the tasks that somebody has or may take, by the same
// attributes as the policy on ListTasks.
func (s *reads) taskRows(ctx context.Context, who access.Caller, q db.ListTasksParams) ([]db.ListTasksRow, error) {
	q.Principal, q.Role, q.Level = string(who.ID), string(who.Role), int32(who.Level) //nolint:gosec // one digit
	q.Everywhere, q.OwnBranch = who.Everywhere(), who.Branch
	return s.q.ListTasks(ctx, s.db, q)
}

// shownTask is a task as the caller may see it.
func shownTask(t db.TaskByIDRow, who access.Caller) rest.Task {
	out := rest.Task{
		Id: t.ID, Claim: t.ClaimID, Number: t.Number, Stage: t.Stage, Line: t.Line, Lane: t.Lane, Kind: t.Kind, Role: t.Role, Branch: t.Branch,
		Level: t.Level, Owner: claim.Principal(t.Owner), OwnerName: who.StaffName(t.OwnerName), State: rest.TaskState(t.State),
		AmountFen: t.PayableFen, OpenedAt: t.OpenedAt.UTC(), ClosedBy: claim.Principal(t.ClosedBy),
	}
	if note := claim.NoteOf(t.NoteCode, t.NoteValues, t.Note); note.Code == "" {
		out.Note = note.Words
	} else {
		said := note.Text()
		out.NoteCode, out.NoteZh, out.NoteEn = string(note.Code), said.ZH, said.EN
	}
	if out.AmountFen == 0 {
		out.AmountFen = t.ClaimedFen
	}
	if t.DueAt != nil {
		out.DueAt = t.DueAt.UTC()
	}
	if t.AnswerWithin > 0 {
		out.AnswerBy = t.OpenedAt.Add(time.Duration(t.AnswerWithin)).UTC()
	}
	if t.ClosedAt != nil {
		out.ClosedAt = t.ClosedAt.UTC()
	}
	if who.Outside() { // a reviewer's question is not for the claimant
		out.Note, out.NoteCode, out.NoteZh, out.NoteEn = "", "", "", ""
		out.Owner, out.ClosedBy, out.Level, out.Branch = "", "", 0, claim.HeadOffice // as [look.claim] says
	}
	return out
}
