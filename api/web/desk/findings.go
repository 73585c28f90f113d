package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// findingsPage is what does not go together on a claim: both values, both
// sources, and what was said of it.
type findingsPage struct {
	Claim    rest.Claim
	Findings []finding
	Gone     []finding
	May      bool // say what became of one
	Form     site.Form
	At       string // the finding whose form was wrong
}

// finding is one, with what each of its sources looks like.
type finding struct {
	rest.Finding
	Sides [2]side
}

// side is one of the two facts.
type side struct {
	rest.Fact
	Paper *rest.Document // that it stands on
	Where *site.Excerpt  // on it; nil when it stands nowhere
	of    site.Lang
	no    string
}

// Said is what was said last, while the facts have been what they are.
func (f finding) Said() *rest.FindingNote {
	for _, n := range slices.Backward(f.Notes) {
		if !n.Before {
			return &n
		}
	}
	return nil
}

// Picture reports whether browsers show the paper as a picture.
func (s side) Picture() bool { return s.Paper != nil && strings.HasPrefix(s.Paper.Type, "image/") }

// File is the address of the paper, Preview that of its picture, Source that of
// the place on it at the workbench.
func (s side) File() string {
	return "/desk/claims/" + s.no + "/documents/" + url.PathEscape(s.Document) + "/content"
}

// Preview is the address of the paper's picture.
func (s side) Preview() string {
	return "/desk/claims/" + s.no + "/documents/" + url.PathEscape(s.Document) + "/preview"
}

// Source is the address of the place on it at the workbench.
func (s side) Source() string {
	return "/desk/claims/" + s.no + "?" + url.Values{"doc": {s.Document}, "field": {s.Field}}.Encode() + "#evidence"
}

// Named is what the fact is.
func (s side) Named() string {
	if s.of.Has("fact." + s.Field) {
		return s.of.Say("fact." + s.Field)
	}
	return s.of.Code("paperfield", s.Field)
}

// Shown is what it says, as people write it.
func (s side) Shown() string {
	if at, err := time.Parse(time.RFC3339, s.Value); err == nil {
		return s.of.Moment(at, site.Now())
	}
	if s.Field == "sha256" && len(s.Value) > 12 {
		return s.Value[:12] + "…"
	}
	return site.FieldValue(s.Field, s.Value)
}

// findings shows them.
func findings(v *site.Visit) error { return readFindings(v, http.StatusOK, v.NewForm(), "") }

func readFindings(v *site.Visit, status int, f site.Form, at string) error {
	no := v.R.PathValue("claim")
	if _, err := v.Me(); err != nil {
		return err
	}
	page, err := findingsPage{Form: f, At: at}, error(nil)
	if page.Claim, err = site.Read[rest.Claim](v.API.GetClaim(v.Ctx(), no, nil)); err != nil {
		return err
	}
	may, err := v.Acts(no)
	if err != nil {
		return err
	}
	page.May = may.Open(claim.ActNoteFinding)
	all, err := found(v, no)
	if err != nil {
		return err
	}
	papers := map[string]*rest.Document{}
	for _, one := range all {
		f := finding{Finding: one}
		for i, fact := range []rest.Fact{one.One, one.Other} {
			if f.Sides[i], err = readSide(v, no, fact, papers); err != nil {
				return err
			}
		}
		if one.State == rest.Gone {
			page.Gone = append(page.Gone, f)
		} else {
			page.Findings = append(page.Findings, f)
		}
	}
	slices.SortStableFunc(page.Findings, func(a, b finding) int { return weight(b) - weight(a) })
	return v.ShowAs(status, "desk-findings", page)
}

// weight puts first what nobody has dealt with, and of that what is grave.
func weight(f finding) (w int) {
	if f.Said() == nil {
		w += 2
	}
	if f.Grave {
		w++
	}
	return w
}

// found are all findings of a claim.
func found(v *site.Visit, no string) ([]rest.Finding, error) {
	return site.All[rest.Finding](func(after string) (*http.Response, error) {
		return v.API.ListFindings(v.Ctx(), no, &rest.ListFindingsParams{Limit: 200, After: after})
	})
}

// readSide reads the paper that a fact stands on, each once.
func readSide(v *site.Visit, no string, fact rest.Fact, papers map[string]*rest.Document) (side, error) {
	s := side{Fact: fact, of: v.Lang, no: no}
	if fact.From != "document" {
		return s, nil
	}
	paper, ok := papers[fact.Document]
	if !ok {
		d, err := site.Read[rest.Document](v.API.GetDocument(v.Ctx(), no, fact.Document, nil))
		if err != nil {
			return s, err
		}
		paper = &d
		papers[fact.Document] = paper
	}
	s.Paper = paper
	for _, f := range paper.Fields {
		if f.Name == fact.Field {
			s.Where = site.ExcerptOf(s.Preview(), s.File(), s.Picture(), paper.Preview, f.Name, f.Box)
		}
	}
	return s, nil
}

// noteFinding keeps what the visitor says of a finding.
func noteFinding(v *site.Visit) error {
	no, id := v.R.PathValue("claim"), v.R.PathValue("finding")
	_, err := site.Read[claim.Receipt](v.API.NoteFinding(v.Ctx(), no, id, &rest.NoteFindingParams{IdempotencyKey: v.Key()},
		rest.NewFindingNote{Verdict: claim.FindingVerdict(v.Field("verdict")), Note: v.Field("note")}))
	if f, ok := v.Refill(err); ok {
		return readFindings(v, f.Problem.Status, f, id)
	}
	if err != nil {
		return err
	}
	v.Tell("flash.finding-noted")
	return v.Redirect("/desk/claims/" + url.PathEscape(no) + "/findings")
}

// Raised is how many findings stand.
func (b *bench) Raised() (n int) {
	for _, f := range b.Findings {
		if f.State == rest.Raised {
			n++
		}
	}
	return n
}

// Untouched is how many of those that are raised nobody has dealt with.
func (b *bench) Untouched() (n int) {
	for _, f := range b.Findings {
		if f.State == rest.Raised && (finding{Finding: f}).Said() == nil {
			n++
		}
	}
	return n
}

// Grounds are the findings that a further request for papers may rest on: what
// was brought to light since the first, and not asked about yet. One of each
// rule: the request names the rule.
func (b *bench) Grounds() (list []rest.Finding) {
	var first time.Time
	seen := map[string]bool{}
	for _, asked := range b.Checklist.Requests {
		if asked.Finding == "" {
			first = asked.At
		}
		seen[asked.Finding] = true
	}
	for _, f := range b.Findings {
		if f.State == rest.Raised && f.At.After(first) && !seen[f.Rule] {
			seen[f.Rule] = true
			list = append(list, f)
		}
	}
	return list
}
