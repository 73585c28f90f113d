package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// GetTimeline implements [rest.StrictServerInterface].
func (s *reads) GetTimeline(ctx context.Context, r rest.GetTimelineRequestObject) (rest.GetTimelineResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	events, err := s.events(ctx, s.db, access.CallerOf(ctx), access.ClaimOf(ctx), int64(after), read)
	if err != nil {
		return nil, err
	}
	items, next := contract.Cut(events, show, func(e rest.Event) []string { return []string{strconv.FormatInt(e.Number, 10)} })
	return rest.GetTimeline200JSONResponse{Items: items, Next: next}, nil
}

// events reads the events of a claim after one, as somebody may see them. Who
// is not of the insurer sees what concerns them, in words; who is, the events
// as they were hashed.
func (s *reads) events(ctx context.Context, from db.DBTX, who access.Caller, c *access.Claim, after int64, count int32) ([]rest.Event, error) {
	q := db.TimelineParams{ClaimID: c.ID, Number: after, Hidden: []string{}, Count: count}
	if who.Outside() {
		q.Hidden = hiddenKinds
	}
	unknown := who.Outside() && !c.Known
	if unknown {
		q.Hidden = append(slices.Clone(hiddenKinds), string(claim.EventPolicyLinked))
	}
	if c.Extra {
		q.Own = string(who.ID)
	}
	rows, err := s.q.Timeline(ctx, from, q)
	if err != nil {
		return nil, fmt.Errorf("read the timeline: %w", err)
	}
	var ids []claim.Principal
	for _, e := range rows {
		var body claim.SurveyorBody       // the surveyor of any of them has the same name
		_ = json.Unmarshal(e.Body, &body) // most have none
		ids = append(ids, e.ByID, body.Surveyor)
	}
	cast, err := s.access.ActorsOf(ctx, from, c.ID, who, ids)
	if err != nil {
		return nil, err
	}
	out := make([]rest.Event, len(rows))
	for i, e := range rows {
		words := tell(e.Kind, e.Body, cast.StaffNames())
		out[i] = rest.Event{
			Number: e.Number, Kind: e.Kind, At: e.At.UTC(), By: cast.Actor(e.ByID), TextZh: words.TextZh, TextEn: words.TextEn,
			PrevHash: hex.EncodeToString(e.PrevHash), Hash: hex.EncodeToString(e.Hash),
		}
		if unknown { // who knows the rest of the body could try what it says of the policy
			out[i].PrevHash, out[i].Hash = "", ""
		}
		out[i].By.Role = e.ByRole // what they were then
		if !who.Outside() {
			out[i].Body = e.Body
		}
	}
	return out, nil
}

// placeInOrder reads a cursor that is one number.
func placeInOrder(after rest.After) (int32, error) {
	key, ok, err := contract.Place(after, 1)
	if err != nil || !ok {
		return 0, err
	}
	n, err := strconv.ParseInt(key[0], 10, 32)
	if err != nil || n < 0 {
		return 0, contract.ErrCursor
	}
	return int32(n), nil
}

// byNumber is the cursor of a list that is ordered by number.
func byNumber[T any](number func(T) int32) func(T) []string {
	return func(row T) []string { return []string{strconv.Itoa(int(number(row)))} }
}

// ListMissing implements [rest.StrictServerInterface].
func (s *reads) ListMissing(ctx context.Context, r rest.ListMissingRequestObject) (rest.ListMissingResponseObject, error) {
	after, err := placeInOrder(r.Params.After)
	if err != nil {
		return nil, err
	}
	show, _ := contract.PageLimit(r.Params.Limit)
	file, err := s.file(ctx, access.ClaimOf(ctx).ID)
	if err != nil {
		return nil, err
	}
	outside := access.CallerOf(ctx).Outside()
	unknown := outside && !access.ClaimOf(ctx).Known
	all := []rest.Missing{}
	for _, blocks := range []bool{true, false} { // what blocks first
		for _, need := range file.Missing() {
			if need.Blocks == blocks && !(outside && need.What == string(claim.TaskDenial)) && !(unknown && need.What == string(claim.TaskPolicy)) {
				all = append(all, rest.Missing{What: need.What, From: need.From, TextZh: need.ZH, TextEn: need.EN, Blocks: need.Blocks})
			}
		}
	}
	all = all[min(int(after), len(all)):]
	items, next := contract.Cut(all, show, func(rest.Missing) []string { return []string{strconv.Itoa(int(after) + show)} })
	return rest.ListMissing200JSONResponse{Items: items, Next: next}, nil
}

// file reads what a claim's workflow knows.
func (s *reads) file(ctx context.Context, id claim.ID) (*claim.File, error) {
	raw, err := s.q.ClaimFile(ctx, s.db, id)
	if err != nil {
		return nil, contract.RowError("claim", err)
	}
	f := &claim.File{}
	if err := json.Unmarshal(raw, f); err != nil {
		return nil, fmt.Errorf("file of claim %s: %w", id, err)
	}
	return f, nil
}

// GetClocks implements [rest.StrictServerInterface].
func (s *reads) GetClocks(ctx context.Context, r rest.GetClocksRequestObject) (rest.GetClocksResponseObject, error) {
	now, c := time.Now(), access.ClaimOf(ctx)
	calendar, err := s.calendar(ctx, now)
	if err != nil {
		return nil, err
	}
	rows, err := s.q.ClockEntries(ctx, s.db, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read the clock ledger: %w", err)
	}
	ids := make([]claim.Principal, len(rows))
	for i, e := range rows {
		ids[i] = e.ByID
	}
	who, err := s.access.ActorsOf(ctx, s.db, c.ID, access.CallerOf(ctx), ids)
	if err != nil {
		return nil, err
	}
	out := rest.Clocks{Entries: make([]rest.ClockEntry, len(rows)), Deadlines: []rest.Deadline{}}
	for i, e := range rows {
		out.Entries[i] = rest.ClockEntry{
			Number: int(e.Number), Clock: e.Clock, Kind: rest.ClockEntryKind(e.Kind), At: e.At.UTC(), Days: int(e.Days), Hours: int(e.Hours),
			Proof: e.Proof, Reason: e.Reason, By: who.Actor(e.ByID),
		}
	}
	for _, rule := range claim.Rules(c.Line, c.Lane) {
		due, err := claim.Deadline(calendar, rule, db.Ledger(rows))
		if err != nil {
			return nil, fmt.Errorf("deadline of claim %s: %w", c.ID, err)
		}
		if !due.At.IsZero() {
			out.Deadlines = append(out.Deadlines, shownDeadline(due, rule, now))
		}
	}
	tag, same, err := contract.Tag(out, r.Params.IfNoneMatch)
	if err != nil || same {
		return rest.GetClocks304Response{}, err
	}
	return rest.GetClocks200JSONResponse{Body: out, Headers: rest.GetClocks200ResponseHeaders{ETag: tag}}, nil
}

func shownDeadline(due claim.Due, rule claim.ClockRule, now time.Time) rest.Deadline {
	state := rest.Running
	switch {
	case due.Met:
		state = rest.Met
	case due.Breached(now):
		state = rest.Missed
	case due.Paused:
		state = rest.Paused
	}
	return rest.Deadline{
		Clock: string(due.Clock), State: state, StartedAt: due.Start, DueAt: due.At, TargetAt: due.Target, StoppedAt: due.Stopped,
		Provisional: due.Provisional, Source: rule.Source, Explanation: shownLines(due.Lines),
	}
}
