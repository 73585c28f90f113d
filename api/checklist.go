package main

import (
	"context"
	"fmt"
	"slices"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// GetChecklist implements [rest.StrictServerInterface].
func (s *reads) GetChecklist(ctx context.Context, r rest.GetChecklistRequestObject) (rest.GetChecklistResponseObject, error) {
	file, err := s.file(ctx, access.ClaimOf(ctx).ID)
	if err != nil {
		return nil, err
	}
	out, err := s.checklist(ctx, file)
	if err != nil {
		return nil, err
	}
	tag, same, err := contract.Tag(out, r.Params.IfNoneMatch)
	if err != nil || same {
		return rest.GetChecklist304Response{}, err
	}
	return rest.GetChecklist200JSONResponse{Body: out, Headers: rest.GetChecklist200ResponseHeaders{ETag: tag}}, nil
}

// checklist shows a claim's list as the caller may see it.
func (s *reads) checklist(ctx context.Context, f *claim.File) (rest.Checklist, error) {
	out := rest.Checklist{Items: []rest.ChecklistItem{}, Requests: []rest.PaperAsked{}, Complete: len(f.Lacking()) == 0}
	if f.Checklist == nil {
		return out, nil
	}
	out.Version, out.Outstanding = f.Checklist.Version, f.Checklist.Outstanding()
	lists, err := s.listsOf(ctx, out.Version)
	if err != nil {
		return out, err
	}
	waivers, err := s.waivers(ctx, f)
	if err != nil {
		return out, err
	}
	without, err := s.access.Without(access.CallerOf(ctx), access.ClaimOf(ctx)) // sensitive papers are not there for everybody
	if err != nil {
		return out, err
	}
	came, err := s.papersByKind(ctx, f.ID, without)
	if err != nil {
		return out, err
	}
	for _, at := range f.Checklist.Standings(came) {
		item := rest.ChecklistItem{
			Name: at.Name, Kinds: at.Kinds, Count: max(at.Count, 1), Have: at.Have, Required: !at.Optional, From: at.From, State: at.State,
			Documents: append([]string{}, at.Papers...), TextZh: at.ZH, TextEn: at.EN, Waiver: waivers[at.Name],
		}
		if i := slices.IndexFunc(lists.Items, func(e claim.ListEntry) bool { return e.Name == at.Name }); i >= 0 {
			item.WhyZh, item.WhyEn, item.Source = lists.Items[i].WhyZH, lists.Items[i].WhyEN, lists.Items[i].Source
		}
		if at.Why != "" { // beyond the lists: whoever asked has said why
			item.WhyZh, item.WhyEn = at.Why, at.Why
		}
		out.Items = append(out.Items, item)
	}
	for _, t := range f.Checklist.Tellings {
		if t.Request {
			out.Requests = append(out.Requests, rest.PaperAsked{
				At: t.At.UTC(), Items: append([]string{}, t.Items...), Finding: t.Finding, DeliveredAt: t.Delivered.UTC(), AnsweredAt: t.Answered.UTC(),
			})
		}
	}
	return out, nil
}

// papersByKind are the papers of a claim as its list counts them. Of the kinds
// without, none is named.
func (s *reads) papersByKind(ctx context.Context, id claim.ID, without []string) (came []claim.Count, err error) {
	rows, err := s.q.PapersByKind(ctx, s.db, id)
	if err != nil {
		return nil, fmt.Errorf("read the papers of claim %s: %w", id, err)
	}
	for _, r := range rows {
		last := len(came) - 1
		if last < 0 || came[last].Kind != r.Kind || came[last].Asked != int(r.Asked) || came[last].Extra != r.Extra {
			came = append(came, claim.Count{Kind: r.Kind, Asked: int(r.Asked), Extra: r.Extra, States: map[claim.PaperState]int{}, IDs: map[claim.PaperState][]string{}})
			last++
		}
		came[last].States[r.State] = int(r.Papers)
		if !slices.Contains(without, r.Kind) {
			came[last].IDs[r.State] = r.Ids
		}
	}
	return came, nil
}

// waivers are what people said about papers that the claim goes on without, by
// paper: what stands, not what was withdrawn. Nobody outside is told of it.
func (s *reads) waivers(ctx context.Context, f *claim.File) (map[string]*rest.Waiver, error) {
	who := access.CallerOf(ctx)
	if who.Outside() {
		return nil, nil //nolint:nilnil // an empty map is read alike
	}
	rows, err := s.q.WaiversOfClaim(ctx, s.db, f.ID)
	if err != nil {
		return nil, fmt.Errorf("read the waivers of claim %s: %w", f.ID, err)
	}
	ids := make([]claim.Principal, len(rows))
	for i, row := range rows {
		ids[i] = row.ByID
	}
	cast, err := s.access.ActorsOf(ctx, s.db, f.ID, who, ids)
	if err != nil {
		return nil, err
	}
	all := map[string]*rest.Waiver{}
	for _, row := range rows {
		all[row.Item] = shownWaiver(all[row.Item], row, cast.Actor(row.ByID))
	}
	return all, nil
}

// shownWaiver is what a waiver has come to by one more act.
func shownWaiver(w *rest.Waiver, row db.WaiversOfClaimRow, by rest.Actor) *rest.Waiver {
	switch {
	case row.Act == "proposed":
		return &rest.Waiver{Reason: row.Reason, ProposedBy: by, ProposedAt: row.At.UTC()}
	case row.Act == "withdrawn" || w == nil:
		return nil
	}
	w.ConfirmedBy, w.ConfirmedAt = by, row.At.UTC()
	return w
}
