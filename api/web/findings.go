package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

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
	Form     form
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
	Where *excerpt       // on it; nil when it stands nowhere
	of    lang
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
	if s.of.has("fact." + s.Field) {
		return s.of.say("fact." + s.Field)
	}
	return s.of.code("paperfield", s.Field)
}

// Shown is what it says, as people write it.
func (s side) Shown() string {
	if at, err := time.Parse(time.RFC3339, s.Value); err == nil {
		return s.of.moment(at, now())
	}
	if s.Field == "sha256" && len(s.Value) > 12 {
		return s.Value[:12] + "…"
	}
	return fieldValue(s.Field, s.Value)
}

// findings shows them.
func findings(v *visit) error { return v.findings(http.StatusOK, v.newForm(), "") }

func (v *visit) findings(status int, f form, at string) error {
	no := v.r.PathValue("claim")
	if _, err := v.me(); err != nil {
		return err
	}
	page, err := findingsPage{Form: f, At: at}, error(nil)
	if page.Claim, err = read[rest.Claim](v.api.GetClaim(v.ctx(), no, nil)); err != nil {
		return err
	}
	may, err := v.options(no)
	if err != nil {
		return err
	}
	page.May = may.Open(claim.ActNoteFinding)
	all, err := v.found(no)
	if err != nil {
		return err
	}
	papers := map[string]*rest.Document{}
	for _, one := range all {
		f := finding{Finding: one}
		for i, fact := range []rest.Fact{one.One, one.Other} {
			if f.Sides[i], err = v.side(no, fact, papers); err != nil {
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
	return v.showAs(status, "desk-findings", page)
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
func (v *visit) found(no string) ([]rest.Finding, error) {
	return all[rest.Finding](func(after string) (*http.Response, error) {
		return v.api.ListFindings(v.ctx(), no, &rest.ListFindingsParams{Limit: 200, After: after})
	})
}

// side reads the paper that a fact stands on, each once.
func (v *visit) side(no string, fact rest.Fact, papers map[string]*rest.Document) (side, error) {
	s := side{Fact: fact, of: v.lang, no: no}
	if fact.From != "document" {
		return s, nil
	}
	paper, ok := papers[fact.Document]
	if !ok {
		d, err := read[rest.Document](v.api.GetDocument(v.ctx(), no, fact.Document, nil))
		if err != nil {
			return s, err
		}
		paper = &d
		papers[fact.Document] = paper
	}
	s.Paper = paper
	for _, f := range paper.Fields {
		if f.Name == fact.Field {
			s.Where = excerptOf(s.Preview(), s.File(), s.Picture(), paper.Preview, f.Name, f.Box)
		}
	}
	return s, nil
}

// noteFinding keeps what the visitor says of a finding.
func noteFinding(v *visit) error {
	no, id := v.r.PathValue("claim"), v.r.PathValue("finding")
	_, err := read[claim.Receipt](v.api.NoteFinding(v.ctx(), no, id, &rest.NoteFindingParams{IdempotencyKey: v.key()},
		rest.NewFindingNote{Verdict: claim.FindingVerdict(v.field("verdict")), Note: v.field("note")}))
	if f, ok := v.refill(err); ok {
		return v.findings(f.wrong.Status, f, id)
	}
	if err != nil {
		return err
	}
	v.tell("flash.finding-noted")
	return v.redirect("/desk/claims/" + url.PathEscape(no) + "/findings")
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
