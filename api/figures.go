package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

const (
	// figuresKept is how old figures may be: a page of them is opened by many,
	// and reads much.
	figuresKept = time.Minute
	// monthsShown is how far they go back when nobody says.
	monthsShown = 12
)

// ageBands are the days from which each band of age begins.
var ageBands = []int32{0, 3, 8, 31, 91}

// storyOrder is the stages in the order of the story.
var storyOrder = []claim.Stage{
	claim.Reported, claim.SelfSurvey, claim.Dispatching, claim.Dispatched, claim.Surveying, claim.Assessing, claim.Negotiating,
	claim.Reviewing, claim.DenialReview, claim.Determined, claim.Agreed, claim.Paying, claim.PayReturned, claim.Paid, claim.Denied, claim.Closed,
}

// figuresKey names figures as one sees them.
type figuresKey struct {
	everywhere  bool
	own, branch string
	months      int
}

// GetFigures implements [rest.StrictServerInterface].
func (s *reads) GetFigures(ctx context.Context, r rest.GetFiguresRequestObject) (rest.GetFiguresResponseObject, error) {
	who, now := access.CallerOf(ctx), time.Now()
	key := figuresKey{who.Everywhere(), who.Branch, r.Params.Branch, cmp.Or(r.Params.Months, monthsShown)}
	out, ok := s.figures.Get(key)
	if !ok {
		var err error
		if out, err = s.figuresOf(ctx, key, now); err != nil {
			return nil, err
		}
		s.figures.Put(key, out, now.Add(figuresKept))
	}
	tag, same, err := contract.Tag(out, r.Params.IfNoneMatch)
	if err != nil || same {
		return rest.GetFigures304Response{}, err
	}
	return rest.GetFigures200JSONResponse{Body: out, Headers: rest.GetFigures200ResponseHeaders{ETag: tag}}, nil
}

func (s *reads) figuresOf(ctx context.Context, k figuresKey, now time.Time) (out rest.Figures, err error) {
	today := claim.DateOf(now)
	first := time.Date(today.Year, today.Month-time.Month(k.months-1), 1, 0, 0, 0, 0, time.UTC)
	since := claim.Date{Year: first.Year(), Month: first.Month(), Day: 1}
	out = rest.Figures{AsOf: now.UTC(), Open: []rest.OpenFigure{}, Stages: []rest.StageFigure{}, Ended: []rest.EndedFigure{}}
	out.Since.Time = first

	open, err := s.q.OpenFigures(ctx, s.db, db.OpenFiguresParams{
		Today: dayOf(now), Bands: ageBands, Everywhere: k.everywhere, OwnBranch: k.own, Branch: k.branch,
	})
	if err != nil {
		return out, fmt.Errorf("read figures of open claims: %w", err)
	}
	for _, row := range open {
		out.Open = append(out.Open, shownOpen(row, today))
	}
	stages, err := s.q.StageFigures(ctx, s.db, since.Start(), k.everywhere, k.own, k.branch)
	if err != nil {
		return out, fmt.Errorf("read figures of stages: %w", err)
	}
	for _, row := range stages {
		out.Stages = append(out.Stages, rest.StageFigure{
			Stage: claim.Stage(row.Stage), Count: int(row.Count), MedianSeconds: row.MedianSeconds, P90Seconds: row.P90Seconds,
			Filter: filterOf("branch", k.branch, "opened_from", since.String()),
		})
	}
	slices.SortFunc(out.Stages, func(a, b rest.StageFigure) int {
		return slices.Index(storyOrder, a.Stage) - slices.Index(storyOrder, b.Stage)
	})
	ended, err := s.q.EndedFigures(ctx, s.db, since.Start(), k.everywhere, k.own, k.branch)
	if err != nil {
		return out, fmt.Errorf("read figures of claims that ended: %w", err)
	}
	for _, row := range ended {
		month := row.Month.Time
		out.Ended = append(out.Ended, rest.EndedFigure{
			Branch: row.Branch, Month: month.Format("2006-01"), Outcome: row.Outcome, Count: int(row.Count),
			ClaimedFen: claim.Fen(row.ClaimedFen), PaidFen: claim.Fen(row.PaidFen),
			Filter: filterOf("branch", row.Branch, "stage", string(claim.Closed), "outcome", string(row.Outcome),
				"closed_from", month.Format(time.DateOnly), "closed_to", month.AddDate(0, 1, -1).Format(time.DateOnly)),
		})
	}
	return out, nil
}

// shownOpen is a figure of open claims; a claim of today is 0 days old.
func shownOpen(row db.OpenFiguresRow, today claim.Date) rest.OpenFigure {
	band := max(int(row.Band), 1) - 1 // a clock may be ahead
	out := rest.OpenFigure{Branch: row.Branch, Stage: row.Stage, FromDays: int(ageBands[band]), Count: int(row.Count), AmountFen: claim.Fen(row.AmountFen)}
	from, to := "", ""
	if band+1 < len(ageBands) {
		out.ToDays = int(ageBands[band+1]) - 1
		from = today.AddDays(-out.ToDays).String()
	}
	if band > 0 {
		to = today.AddDays(-out.FromDays).String()
	}
	out.Filter = filterOf("branch", row.Branch, "stage", string(row.Stage), "opened_from", from, "opened_to", to)
	return out
}

// filterOf is a query of names and values, without those that are empty.
func filterOf(pairs ...string) string {
	q := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		if value := strings.Join(pair[1:], ""); value != "" {
			q.Set(pair[0], value)
		}
	}
	return q.Encode()
}

// GetReadingFigures implements [rest.StrictServerInterface].
func (s *reads) GetReadingFigures(ctx context.Context, r rest.GetReadingFiguresRequestObject) (rest.GetReadingFiguresResponseObject, error) {
	who, today := access.CallerOf(ctx), claim.DateOf(time.Now())
	first := time.Date(today.Year, today.Month-time.Month(cmp.Or(r.Params.Months, monthsShown)-1), 1, 0, 0, 0, 0, time.UTC)
	since := claim.Date{Year: first.Year(), Month: first.Month(), Day: 1}
	rows, err := s.q.ReadingFigures(ctx, s.db, since.Start(), who.Everywhere(), who.Branch, r.Params.Branch)
	if err != nil {
		return nil, fmt.Errorf("read figures of readings: %w", err)
	}
	out := rest.GetReadingFigures200JSONResponse{Items: make([]rest.ReadingFigure, len(rows))}
	out.Since.Time = first
	for i, row := range rows {
		out.Items[i] = rest.ReadingFigure{
			Kind: row.Kind, Field: row.Name, Engine: row.Engine, Read: int(row.Read), Accepted: int(row.Accepted),
			LookedAt: int(row.LookedAt), Corrected: int(row.Corrected), AcceptedWrong: int(row.AcceptedWrong),
		}
	}
	return out, nil
}
