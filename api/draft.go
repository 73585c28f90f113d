package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

const (
	// maxDraft is the largest draft, as the contract and the table say.
	maxDraft = 32 << 10
	// draftKept is how long a draft that nobody changes is kept.
	draftKept = 30 * 24 * time.Hour
)

// errNewerDraft stands in the way of whoever writes from an old window.
var errNewerDraft = contract.Conflict("This draft was changed elsewhere, or was sent or thrown away. Read it again and go on from there. · 草稿已在别处修改，请刷新后继续填写")

// PutDraft implements [rest.StrictServerInterface]. It is idempotent by
// content: what is there already is not written again, whatever version the
// caller starts from.
func (s *evidence) PutDraft(ctx context.Context, r rest.PutDraftRequestObject) (rest.PutDraftResponseObject, error) {
	var body bytes.Buffer
	if err := json.Compact(&body, r.Body.Body); err != nil {
		return nil, fmt.Errorf("compact a draft: %w", err) // it was read as JSON before
	}
	if body.Len() > maxDraft {
		return nil, &contract.Fault{Kind: contract.KindTooLarge, Detail: fmt.Sprintf("A draft has at most %d KiB. Shorten the story; papers and photos are sent as files. · 草稿内容过长", maxDraft>>10)}
	}
	by := string(access.CallerOf(ctx).ID)
	before, err := s.q.Draft(ctx, s.db, by)
	switch {
	case err == nil && bytes.Equal(before.Body, body.Bytes()):
		return keptDraft(before), nil
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return nil, fmt.Errorf("read the draft: %w", err)
	}
	written, err := s.writeDraft(ctx, by, r.Params.IfMatch, body.Bytes())
	switch {
	case err != nil:
		return nil, fmt.Errorf("write the draft: %w", err)
	case written == 0:
		return nil, errNewerDraft
	}
	now, err := s.q.Draft(ctx, s.db, by)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNewerDraft
	}
	return keptDraft(now), err
}

// writeDraft begins a draft, changes the version that is named, or, for "*",
// does whichever there is to do. It returns how many it wrote.
func (s *evidence) writeDraft(ctx context.Context, by, from string, body []byte) (int64, error) {
	switch from {
	case "":
		return s.q.InsertDraft(ctx, s.db, by, body)
	case "*":
		if n, err := s.q.InsertDraft(ctx, s.db, by, body); n > 0 || err != nil {
			return n, err
		}
		return s.q.UpdateDraft(ctx, s.db, by, body, 0)
	}
	version, _ := strconv.ParseInt(strings.Trim(from, `"`), 10, 64)
	if version < 1 { // no tag of ours
		return 0, nil
	}
	return s.q.UpdateDraft(ctx, s.db, by, body, version)
}

func draftTag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

func shownDraft(d db.DraftRow) rest.Draft {
	return rest.Draft{Version: d.Version, Body: d.Body, UpdatedAt: d.UpdatedAt.UTC(), ExpiresAt: d.UpdatedAt.Add(draftKept).UTC()}
}

func keptDraft(d db.DraftRow) rest.PutDraft200JSONResponse {
	return rest.PutDraft200JSONResponse{Body: shownDraft(d), Headers: rest.PutDraft200ResponseHeaders{ETag: draftTag(d.Version)}}
}

// GetDraft implements [rest.StrictServerInterface].
func (s *evidence) GetDraft(ctx context.Context, r rest.GetDraftRequestObject) (rest.GetDraftResponseObject, error) {
	d, err := s.q.Draft(ctx, s.db, string(access.CallerOf(ctx).ID))
	if err != nil {
		return nil, contract.RowError("draft", err)
	}
	if contract.Matches(r.Params.IfNoneMatch, draftTag(d.Version)) {
		return rest.GetDraft304Response{}, nil
	}
	return rest.GetDraft200JSONResponse{Body: shownDraft(d), Headers: rest.GetDraft200ResponseHeaders{ETag: draftTag(d.Version)}}, nil
}

// DeleteDraft implements [rest.StrictServerInterface].
func (s *evidence) DeleteDraft(ctx context.Context, _ rest.DeleteDraftRequestObject) (rest.DeleteDraftResponseObject, error) {
	by := string(access.CallerOf(ctx).ID)
	photos, err := s.q.DraftPapers(ctx, s.db, by)
	if err != nil {
		return nil, fmt.Errorf("list the photos of a draft: %w", err)
	}
	for _, p := range photos { // they are of no other use
		if err := s.q.DropDraftPaper(ctx, s.db, p.ID); err != nil {
			return nil, fmt.Errorf("remove a photo: %w", err)
		}
		s.afterwards(ctx, func(ctx context.Context) { s.unstage(ctx, p.Object) })
	}
	if err := s.q.DeleteDraft(ctx, s.db, by); err != nil {
		return nil, fmt.Errorf("remove the draft: %w", err)
	}
	return rest.DeleteDraft204Response{}, nil
}

// PrefillDraft implements [rest.StrictServerInterface]. The phone that was
// verified is the proof of who may know: policies of another are as good as
// not there.
func (s *evidence) PrefillDraft(ctx context.Context, r rest.PrefillDraftRequestObject) (rest.PrefillDraftResponseObject, error) {
	rows, err := s.q.PoliciesOfPhone(ctx, s.db, access.CallerOf(ctx).ClaimantPhone, strings.TrimSpace(r.Params.PolicyNo))
	if err != nil {
		return nil, fmt.Errorf("read the policies of a phone: %w", err)
	}
	out := rest.PrefillDraft200JSONResponse{Items: make([]rest.Prefill, len(rows))}
	for i, p := range rows {
		var covers []rest.Coverage
		if err := json.Unmarshal(p.Coverages, &covers); err != nil {
			return nil, fmt.Errorf("coverages of policy %s: %w", p.Number, err)
		}
		out.Items[i] = rest.Prefill{
			PolicyNo: p.Number, Line: p.Line, Holder: rest.Holder{Name: p.HolderName, Phone: p.HolderPhone}, Plate: p.Plate, Vin: p.Vin,
			Address: p.Address, StartsAt: p.StartsAt.UTC(), EndsAt: p.EndsAt.UTC(), InForce: p.InForce, Coverages: make([]string, len(covers)),
		}
		for j, c := range covers {
			out.Items[i].Coverages[j] = c.Kind
		}
	}
	return out, nil
}
