package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// What people did on a claim, one list for each kind of work.

// ListSurveys implements [rest.StrictServerInterface].
func (s *reads) ListSurveys(ctx context.Context, r rest.ListSurveysRequestObject) (rest.ListSurveysResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	c := access.ClaimOf(ctx)
	rows, err := s.q.ListSurveys(ctx, s.db, c.ID, after, read)
	if err != nil {
		return nil, fmt.Errorf("list surveys: %w", err)
	}
	rows, next := contract.Cut(rows, show, byNumber(func(v db.ListSurveysRow) int32 { return v.Round }))
	who, err := ActorsOf(ctx, s, rows, func(v db.ListSurveysRow) claim.Principal { return v.ByID })
	page := rest.ListSurveys200JSONResponse{Items: make([]rest.Survey, len(rows)), Next: next}
	for i, v := range rows {
		out := rest.Survey{
			Round: int(v.Round), Kind: rest.SurveyKind(v.Kind), By: who.Actor(v.ByID), Facts: v.Facts, FaultShareBp: v.FaultShareBp,
			EstimateFen: v.EstimateFen, Photos: v.Photos, At: v.At.UTC(),
		}
		if v.ArrivedAt != nil {
			out.ArrivedAt = v.ArrivedAt.UTC()
		}
		if v.Lat != nil && v.Lng != nil {
			out.Place = &claim.Point{Lat: *v.Lat, Lng: *v.Lng}
		}
		if v.MetresOff != nil {
			out.MetresOff = *v.MetresOff
		}
		if out.Photos == nil {
			out.Photos = []string{}
		}
		page.Items[i] = out
	}
	return page, err
}

// ActorsOf looks up who acted in these rows.
func ActorsOf[T any](ctx context.Context, s *reads, rows []T, by ...func(T) claim.Principal) (access.Actors, error) {
	var ids []claim.Principal
	for _, row := range rows {
		for _, one := range by {
			ids = append(ids, one(row))
		}
	}
	return s.access.ActorsOf(ctx, s.db, access.ClaimOf(ctx).ID, access.CallerOf(ctx), ids)
}

// barWords says why a surveyor could not be sent.
var barWords = map[string]string{
	claim.BarOffShift:      "不在班 · off shift",
	claim.BarNoSkill:       "无该险种资质 · not skilled in this line",
	claim.BarFull:          "任务已满 · has no room for more",
	claim.BarStalePosition: "位置过时 · last seen too long ago",
	claim.BarNoPosition:    "位置未知 · place not known",
	claim.BarConflict:      "利益冲突或不相容岗位 · in conflict with this claim",
	claim.BarDeclined:      "已谢绝或未应答 · declined, or did not answer",
}

// ListDispatches implements [rest.StrictServerInterface].
func (s *reads) ListDispatches(ctx context.Context, r rest.ListDispatchesRequestObject) (rest.ListDispatchesResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	rows, err := s.q.ListDispatches(ctx, s.db, access.ClaimOf(ctx).ID, after, read)
	if err != nil {
		return nil, fmt.Errorf("list dispatches: %w", err)
	}
	rows, next := contract.Cut(rows, show, byNumber(func(d db.ListDispatchesRow) int32 { return d.Round }))
	ranked := make([][]claim.Ranked, len(rows))
	var ids []claim.Principal
	for i, d := range rows {
		if err := json.Unmarshal(d.Ranked, &ranked[i]); err != nil {
			return nil, fmt.Errorf("ranking of dispatch %d: %w", d.Round, err)
		}
		ids = append(ids, d.ByID, claim.Principal(d.Chosen))
		for _, one := range ranked[i] {
			ids = append(ids, one.Staff)
		}
	}
	who, err := s.access.ActorsOf(ctx, s.db, access.ClaimOf(ctx).ID, access.CallerOf(ctx), ids)
	if err != nil {
		return nil, err
	}
	page := rest.ListDispatches200JSONResponse{Items: make([]rest.Dispatch, len(rows)), Next: next}
	for i, d := range rows {
		out := rest.Dispatch{
			Round: int(d.Round), Chosen: claim.Principal(d.Chosen), Name: who[claim.Principal(d.Chosen)].Name, By: who.Actor(d.ByID), At: d.At.UTC(),
			Ranked: make([]rest.Candidate, len(ranked[i])),
		}
		if d.Metres != nil {
			out.Metres = *d.Metres
		}
		if d.Eta != nil {
			out.Eta = d.Eta.UTC()
		}
		for j, one := range ranked[i] {
			out.Ranked[j] = shownCandidate(one, j+1, who[one.Staff].Name)
		}
		page.Items[i] = out
	}
	return page, nil
}

func shownCandidate(one claim.Ranked, place int, name string) rest.Candidate {
	out := rest.Candidate{Surveyor: one.Staff, Name: name, Eligible: one.Eligible, Metres: one.Metres}
	travel := int64(one.ETA / time.Minute)
	out.Load = int(one.Score-travel) / claim.MinutesPerTask
	if one.Eligible {
		out.Rank = place
		out.Reason = fmt.Sprintf("路程 %d 分钟，在办 %d 件 · %d min away, %d open tasks", travel, out.Load, travel, out.Load)
		return out
	}
	why := make([]string, len(one.Reasons))
	for i, bar := range one.Reasons {
		why[i] = barWords[bar]
	}
	out.Reason = strings.Join(why, "; ")
	return out
}

// ListAssessments implements [rest.StrictServerInterface].
func (s *reads) ListAssessments(ctx context.Context, r rest.ListAssessmentsRequestObject) (rest.ListAssessmentsResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	c := access.ClaimOf(ctx)
	rows, err := s.q.ListAssessments(ctx, s.db, c.ID, after, read)
	if err != nil {
		return nil, fmt.Errorf("list assessments: %w", err)
	}
	rows, next := contract.Cut(rows, show, byNumber(func(a db.ListAssessmentsRow) int32 { return a.Version }))
	versions := make([]int32, len(rows))
	for i, a := range rows {
		versions[i] = a.Version
	}
	lines, err := s.q.AssessmentLines(ctx, s.db, c.ID, versions)
	if err != nil {
		return nil, fmt.Errorf("read settlement statements: %w", err)
	}
	who, err := ActorsOf(ctx, s, rows, func(a db.ListAssessmentsRow) claim.Principal { return a.ByID })
	if err != nil {
		return nil, err
	}
	page := rest.ListAssessments200JSONResponse{Items: make([]rest.Assessment, len(rows)), Next: next}
	for i, a := range rows {
		var input claim.Assessment
		if err := json.Unmarshal(a.Input, &input); err != nil {
			return nil, fmt.Errorf("assessment %d: %w", a.Version, err)
		}
		out := rest.Assessment{
			Version: int(a.Version), By: who.Actor(a.ByID), PayableFen: a.PayableFen, Note: a.Note, At: a.At.UTC(),
			Objects: make([]rest.Assessed, len(input.Objects)), Lines: []rest.StatementLine{},
		}
		for j, o := range input.Objects {
			out.Objects[j] = rest.Assessed(o)
			if out.Objects[j].Items == nil {
				out.Objects[j].Items = []claim.AssessedItem{}
			}
		}
		if out.Witnesses, err = witnesses(access.CallerOf(ctx), a.Witnesses); err != nil {
			return nil, fmt.Errorf("assessment %d: %w", a.Version, err)
		}
		for _, l := range lines {
			if l.Version == a.Version {
				out.Lines = append(out.Lines, shownLine(l))
			}
		}
		page.Items[i] = out
	}
	return page, nil
}

// witnesses are what an assessment rests on, for the insurer's own people.
func witnesses(who access.Caller, raw []byte) ([]rest.Witness, error) {
	var kept []claim.Witness
	if err := json.Unmarshal(raw, &kept); err != nil || who.Outside() {
		return nil, err
	}
	out := make([]rest.Witness, len(kept))
	for i, w := range kept {
		said := w.Words()
		out[i] = rest.Witness{Kind: rest.WitnessKind(w.Kind), By: w.By, Document: w.Document, Person: string(w.Person), TextZh: said.ZH, TextEn: said.EN}
	}
	return out, nil
}

func shownLine(l db.AssessmentLinesRow) rest.StatementLine {
	return rest.StatementLine{
		Line: int(l.Line), Exposure: int(l.Exposure), Figure: l.Figure, Rule: l.Rule, TextZh: l.TextZh, TextEn: l.TextEn, Inputs: l.Inputs,
		AmountFen: l.AmountFen, BalanceFen: l.BalanceFen, Clause: l.Clause,
	}
}

// ListOffers implements [rest.StrictServerInterface].
func (s *reads) ListOffers(ctx context.Context, r rest.ListOffersRequestObject) (rest.ListOffersResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	c := access.ClaimOf(ctx)
	rows, err := s.q.ListOffers(ctx, s.db, c.ID, after, read)
	if err != nil {
		return nil, fmt.Errorf("list offers: %w", err)
	}
	rows, next := contract.Cut(rows, show, byNumber(func(o db.ListOffersRow) int32 { return o.Version }))
	versions := make([]int32, len(rows))
	for i, o := range rows {
		versions[i] = o.Version
	}
	answers, err := s.q.OfferAnswers(ctx, s.db, c.ID, versions)
	if err != nil {
		return nil, fmt.Errorf("read answers to offers: %w", err)
	}
	who, err := ActorsOf(ctx, s, answers, func(a db.OfferAnswersRow) claim.Principal { return a.ByID })
	if err != nil {
		return nil, err
	}
	page := rest.ListOffers200JSONResponse{Items: make([]rest.Offer, len(rows)), Next: next}
	for i, o := range rows {
		out := rest.Offer{
			Version: int(o.Version), Assessment: int(o.Assessment), AmountFen: o.AmountFen, At: o.At.UTC(), InForce: o.InForce, Answers: []rest.OfferAnswer{},
		}
		for _, a := range answers {
			if a.Offer == o.Version {
				out.Answers = append(out.Answers, shownAnswer(a, who))
			}
		}
		page.Items[i] = out
	}
	return page, nil
}

func shownAnswer(a db.OfferAnswersRow, who access.Actors) rest.OfferAnswer {
	return rest.OfferAnswer{
		Answer: rest.OfferAnswerAnswer(a.Answer), By: who.Actor(a.ByID), Reason: a.Reason, CounterFen: a.CounterFen, At: a.At.UTC(),
		Signature: a.Signature, SignatureDocument: a.DocumentID, SignedName: claim.MaskName(a.SignedName),
	}
}

// ListReviews implements [rest.StrictServerInterface].
func (s *reads) ListReviews(ctx context.Context, r rest.ListReviewsRequestObject) (rest.ListReviewsResponseObject, error) {
	at, id, err := contract.PlaceInTime(r.Params.After, time.Unix(0, 0), "00000000-0000-0000-0000-000000000000", contract.IsUUID)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	rows, err := s.q.ListReviews(ctx, s.db, access.ClaimOf(ctx).ID, at, id, read)
	if err != nil {
		return nil, fmt.Errorf("list reviews: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(v db.ListReviewsRow) []string { return []string{v.At.UTC().Format(time.RFC3339Nano), v.ID} })
	who, err := ActorsOf(ctx, s, rows, func(v db.ListReviewsRow) claim.Principal { return v.ByID })
	page := rest.ListReviews200JSONResponse{Items: make([]rest.Review, len(rows)), Next: next}
	for i, v := range rows {
		page.Items[i] = shownReview(v, who)
	}
	return page, err
}

func shownReview(v db.ListReviewsRow, who access.Actors) rest.Review {
	return rest.Review{
		Id: v.ID, Task: v.TaskID, Level: v.Level, Required: claim.Level(v.Required), By: who.Actor(v.ByID), Verdict: v.Verdict,
		Result: rest.ReviewResult(v.Result), AmountFen: v.AmountFen, AuthorityVersion: v.AuthorityVersion, Opinion: v.Opinion,
		ReturnTo: claim.Stage(v.ReturnTo), Question: v.Question, At: v.At.UTC(),
	}
}

// ListDenials implements [rest.StrictServerInterface].
func (s *reads) ListDenials(ctx context.Context, r rest.ListDenialsRequestObject) (rest.ListDenialsResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	rows, err := s.q.ListDenials(ctx, s.db, access.ClaimOf(ctx).ID, after, read)
	if err != nil {
		return nil, fmt.Errorf("list denials: %w", err)
	}
	rows, next := contract.Cut(rows, show, byNumber(func(d db.ListDenialsRow) int32 { return d.Round }))
	who, err := ActorsOf(ctx, s, rows,
		func(d db.ListDenialsRow) claim.Principal { return claim.Principal(d.ProposedBy) },
		func(d db.ListDenialsRow) claim.Principal { return claim.Principal(d.DecidedBy) })
	page := rest.ListDenials200JSONResponse{Items: make([]rest.DenialRecord, len(rows)), Next: next}
	for i, d := range rows {
		out := rest.DenialRecord{
			Round: int(d.Round), ProposedBy: who.Actor(claim.Principal(d.ProposedBy)), Clause: d.Clause, Facts: d.Facts, Reasons: d.Reasons,
			Evidence: d.Evidence, Papers: []rest.StatedPaper{}, At: d.At.UTC(),
		}
		if out.Evidence == nil {
			out.Evidence = []string{}
		}
		var papers []claim.Stated
		if err := json.Unmarshal(d.Papers, &papers); err != nil {
			return nil, fmt.Errorf("papers of denial %d: %w", d.Round, err)
		}
		for _, p := range papers {
			out.Papers = append(out.Papers, rest.StatedPaper{TextZh: p.ZH, TextEn: p.EN, State: p.State})
		}
		if d.DecidedAt != nil {
			out.Verdict = &rest.DenialDecision{
				By: who.Actor(claim.Principal(d.DecidedBy)), Approved: d.Approved, Opinion: d.Opinion, At: d.DecidedAt.UTC(),
			}
		}
		page.Items[i] = out
	}
	return page, err
}

// ListLetters implements [rest.StrictServerInterface].
func (s *reads) ListLetters(ctx context.Context, r rest.ListLettersRequestObject) (rest.ListLettersResponseObject, error) {
	at, number, err := contract.PlaceInTime(r.Params.After, time.Unix(0, 0), "", func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	rows, err := s.q.ListLetters(ctx, s.db, access.ClaimOf(ctx).ID, at, number, read)
	if err != nil {
		return nil, fmt.Errorf("list letters: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(l db.ListLettersRow) []string {
		return []string{l.At.UTC().Format(time.RFC3339Nano), l.Number}
	})
	page := rest.ListLetters200JSONResponse{Items: make([]rest.Letter, len(rows)), Next: next}
	for i, l := range rows {
		page.Items[i] = rest.Letter{Number: l.Number, Kind: l.Kind, Sha256: l.SHA256, At: l.At.UTC()}
	}
	return page, nil
}

// GetLetterContent implements [rest.StrictServerInterface].
func (s *reads) GetLetterContent(ctx context.Context, r rest.GetLetterContentRequestObject) (rest.GetLetterContentResponseObject, error) {
	row, err := s.q.LetterOfClaim(ctx, s.db, access.ClaimOf(ctx).ID, r.Number)
	if err != nil {
		return nil, contract.RowError("letter", err)
	}
	tag := `"` + row.SHA256 + `"`
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetLetterContent304Response{}, nil
	}
	file, err := s.stored(ctx, row.Object, row.Revision, row.Number+".pdf", "application/pdf", tag)
	if err != nil {
		return nil, err
	}
	return letter{file}, nil
}

// letter is a stored letter on its way out.
type letter struct{ content }

// VisitGetLetterContentResponse implements the contract.
func (l letter) VisitGetLetterContentResponse(w http.ResponseWriter) error {
	return l.VisitGetDocumentContentResponse(w)
}

// findingKey is how a finding stands in a cursor.
var findingKey = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ListFindings implements [rest.StrictServerInterface].
func (s *reads) ListFindings(ctx context.Context, r rest.ListFindingsRequestObject) (rest.ListFindingsResponseObject, error) {
	at, key, err := contract.PlaceInTime(r.Params.After, time.Unix(0, 0), "", findingKey.MatchString)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	rows, err := s.q.ListFindings(ctx, s.db, access.ClaimOf(ctx).ID, at, key, read)
	if err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	notes, err := s.q.FindingNotes(ctx, s.db, access.ClaimOf(ctx).ID)
	if err != nil {
		return nil, fmt.Errorf("list what was said of findings: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(f db.ListFindingsRow) []string { return []string{f.At.UTC().Format(time.RFC3339Nano), f.Key} })
	page := rest.ListFindings200JSONResponse{Items: make([]rest.Finding, len(rows)), Next: next}
	for i, f := range rows {
		item := rest.Finding{Id: f.Key, Rule: f.Rule, State: rest.FindingState(f.State), Grave: f.Grave, TextZh: f.TextZh, TextEn: f.TextEn, At: f.At.UTC()}
		if err := errors.Join(json.Unmarshal(f.One, &item.One), json.Unmarshal(f.Other, &item.Other)); err != nil {
			return nil, fmt.Errorf("finding %s: %w", f.Rule, err)
		}
		item.Notes = []rest.FindingNote{}
		for _, n := range notes {
			if n.Finding == f.Key {
				item.Notes = append(item.Notes, rest.FindingNote{
					Verdict: n.Verdict, Note: n.Note, By: rest.Actor{Id: n.ByID, Role: n.ByRole, Name: n.ByName}, At: n.At.UTC(), Before: n.Round < f.Round,
				})
			}
		}
		page.Items[i] = item
	}
	return page, nil
}
