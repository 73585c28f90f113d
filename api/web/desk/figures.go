package desk

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// figuresPage is how we keep our promises: what is open and how old, how long
// each stage takes, what was paid and denied. Charts are drawn from its tables.
type figuresPage struct {
	AsOf     time.Time
	Since    string
	Branch   string // chosen; empty: all that the visitor may see
	Branches []string
	Months   int

	Bands  []band      // ages of open claims
	Open   []openRow   // by stage, in the order of the story
	Total  []figure    // of each band, and of all last
	Stages []stageTime // in the order of the story
	Ended  []endedRow  // by month and branch, the newest first
	Chart  []endedRow  // by month alone, the oldest first
	Sum    endedRow

	Reading []readKind // how well papers are read, the worst kind first
}

// readKind is how well papers of a kind are read, field by field. What people
// corrected is what it rests on.
type readKind struct {
	Kind   string
	Sum    rest.ReadingFigure
	Fields []rest.ReadingFigure // most often corrected first
}

// figure is a number with the way to the claims behind it.
type figure struct {
	Count  int
	Amount claim.Fen
	Way    string
}

// band is an age from one day to another; To is 0 in the last.
type band struct{ From, To int }

type openRow struct {
	Stage claim.Stage
	Cells []figure // one for each band
	All   figure
}

type stageTime struct {
	rest.StageFigure
	Way string
}

type endedRow struct {
	Month, Branch       string
	Paid, Denied, Other figure
}

// figures is the managers' page.
func figures(v *site.Visit) error {
	if _, err := v.Me(); err != nil {
		return err
	}
	query := v.R.URL.Query()
	months, _ := strconv.Atoi(query.Get("months")) // the API's default is as good as any
	if months < 0 || months > 36 {
		months = 0
	}
	branch := query.Get("branch")
	found, err := site.Read[rest.Figures](v.API.GetFigures(v.Ctx(), &rest.GetFiguresParams{Branch: branch, Months: months}))
	if err != nil {
		return err
	}
	page := figuresPage{AsOf: found.AsOf, Since: found.Since.Format(time.DateOnly), Branch: branch, Months: cmp.Or(months, 12)}
	page.take(found)
	reading, err := site.Read[rest.ReadingFigures](v.API.GetReadingFigures(v.Ctx(), &rest.GetReadingFiguresParams{Branch: branch, Months: months}))
	if err != nil {
		return err
	}
	page.Reading = readKinds(reading.Items)
	return v.Show("desk-figures", page)
}

// readKinds sums the figures of all engines by kind and field.
func readKinds(items []rest.ReadingFigure) (kinds []readKind) {
	add := func(to *rest.ReadingFigure, f rest.ReadingFigure) {
		to.Read += f.Read
		to.Accepted += f.Accepted
		to.AcceptedWrong += f.AcceptedWrong
		to.LookedAt += f.LookedAt
		to.Corrected += f.Corrected
	}
	for _, f := range items {
		i := slices.IndexFunc(kinds, func(k readKind) bool { return k.Kind == f.Kind })
		if i < 0 {
			i, kinds = len(kinds), append(kinds, readKind{Kind: f.Kind})
		}
		k := &kinds[i]
		add(&k.Sum, f)
		j := slices.IndexFunc(k.Fields, func(o rest.ReadingFigure) bool { return o.Field == f.Field })
		if j < 0 {
			j, k.Fields = len(k.Fields), append(k.Fields, rest.ReadingFigure{Kind: f.Kind, Field: f.Field})
		}
		add(&k.Fields[j], f)
	}
	worse := func(a, b rest.ReadingFigure) int {
		return cmp.Or(cmp.Compare(b.AcceptedWrong, a.AcceptedWrong), cmp.Compare(b.Corrected, a.Corrected), cmp.Compare(b.LookedAt, a.LookedAt), cmp.Compare(b.Read, a.Read))
	}
	for _, k := range kinds {
		slices.SortStableFunc(k.Fields, worse)
	}
	slices.SortStableFunc(kinds, func(a, b readKind) int { return worse(a.Sum, b.Sum) })
	return kinds
}

// take lays the figures out in tables.
func (p *figuresPage) take(f rest.Figures) {
	branches := map[string]bool{}
	bands, stages := map[band]bool{}, map[claim.Stage]bool{}
	order := []claim.Stage{}
	for _, o := range f.Open {
		branches[o.Branch], bands[band{o.FromDays, o.ToDays}] = true, true
		if !stages[o.Stage] {
			stages[o.Stage], order = true, append(order, o.Stage)
		}
	}
	for _, e := range f.Ended {
		branches[e.Branch] = true
	}
	if p.Branch != "" {
		branches[p.Branch] = true
	}
	p.Branches = slices.Sorted(maps.Keys(branches))
	p.Bands = slices.SortedFunc(maps.Keys(bands), func(a, b band) int { return a.From - b.From })
	slices.SortFunc(order, func(a, b claim.Stage) int { return slices.Index(story, a) - slices.Index(story, b) })

	p.Total = make([]figure, len(p.Bands)+1)
	for _, stage := range order {
		row := openRow{Stage: stage, Cells: make([]figure, len(p.Bands))}
		for _, o := range f.Open {
			if o.Stage != stage {
				continue
			}
			i := slices.Index(p.Bands, band{o.FromDays, o.ToDays})
			for _, cell := range []*figure{&row.Cells[i], &row.All, &p.Total[i], &p.Total[len(p.Bands)]} {
				cell.Count += o.Count
				cell.Amount += o.AmountFen
			}
			row.Cells[i].Way = p.way(o.Filter)
			row.All.Way = p.way(o.Filter, "opened_from", "opened_to")
			p.Total[i].Way = p.way(o.Filter, "stage")
		}
		p.Open = append(p.Open, row)
	}
	for _, s := range f.Stages {
		p.Stages = append(p.Stages, stageTime{s, p.way(s.Filter)})
	}
	months, each := map[string]*endedRow{}, map[[2]string]*endedRow{}
	for _, e := range f.Ended {
		for _, row := range []*endedRow{
			keyed(months, e.Month), keyed(each, [2]string{e.Month, e.Branch}), &p.Sum,
		} {
			row.add(e)
		}
		each[[2]string{e.Month, e.Branch}].Branch = e.Branch
		keyed(each, [2]string{e.Month, e.Branch}).way(e.Outcome, claimsAt(e.Filter))
		months[e.Month].way(e.Outcome, p.way(e.Filter))
	}
	for key, row := range each {
		row.Month, row.Branch = key[0], key[1]
		p.Ended = append(p.Ended, *row)
	}
	slices.SortFunc(p.Ended, func(a, b endedRow) int {
		return cmp.Or(cmp.Compare(b.Month, a.Month), cmp.Compare(a.Branch, b.Branch))
	})
	for _, month := range slices.Sorted(maps.Keys(months)) {
		months[month].Month = month
		p.Chart = append(p.Chart, *months[month])
	}
}

// keyed is the value of a key, made when it is not there yet.
func keyed[K comparable, V any](m map[K]*V, key K) *V {
	if m[key] == nil {
		m[key] = new(V)
	}
	return m[key]
}

func (r *endedRow) of(outcome claim.Outcome) *figure {
	switch outcome {
	case claim.OutcomePaid:
		return &r.Paid
	case claim.OutcomeDenied:
		return &r.Denied
	case claim.OutcomeWithdrawn, claim.OutcomeJoined:
	}
	return &r.Other
}

func (r *endedRow) add(e rest.EndedFigure) {
	f := r.of(e.Outcome)
	f.Count += e.Count
	if e.Outcome == claim.OutcomePaid {
		f.Amount += e.PaidFen
	} else {
		f.Amount += e.ClaimedFen
	}
}

// way notes where the claims of an outcome are; of several outcomes together
// there is no one list.
func (r *endedRow) way(outcome claim.Outcome, to string) {
	if f := r.of(outcome); f != &r.Other {
		f.Way = to
	} else {
		f.Way = without(to, "outcome")
	}
}

// way is the list of the claims behind a figure. One that is summed over
// branches leads to those of all.
func (p *figuresPage) way(filter string, leave ...string) string {
	if p.Branch == "" {
		leave = append(leave, "branch")
	}
	return without(claimsAt(filter), leave...)
}

func claimsAt(filter string) string { return "/desk/claims?" + filter }

// without is an address without some of its parameters.
func without(address string, leave ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	for _, name := range leave {
		query.Del(name)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// story is the stages in their order.
var story = []claim.Stage{
	claim.Reported, claim.SelfSurvey, claim.Dispatching, claim.Dispatched, claim.Surveying, claim.Assessing, claim.Negotiating, claim.Reviewing,
	claim.DenialReview, claim.Determined, claim.Agreed, claim.Paying, claim.PayReturned, claim.Paid, claim.Denied, claim.Closed,
}
