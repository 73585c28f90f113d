package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// loss is one exposure in the form of an assessment, as it is typed.
type loss struct {
	rest.Exposure
	Items  []lossLine
	Rescue string
	Salvage,
	Value,
	Fault,
	FromOther string
	Total, NoFault, Subrogation bool
	Sum                         claim.Fen // of the lines
	Net                         claim.Fen // with rescue, without salvage
}

// lossLine is a line of it.
type lossLine struct {
	N                            int
	Name, Kind, Amount, Document string
}

// assessing is what the form of an assessment shows.
type assessing struct {
	Losses []loss
	Check  bool // it is shown once more before it is sent
	Lines  int  // for each loss
}

// Motor reports whether the loss is of a motor policy.
func (l loss) Motor() bool { return l.Kind != claim.CommercialProperty }

// assessmentForm begins with the assessment before, if there is one, else with
// what was read from estimates and invoices; typed is what was typed.
func assessmentForm(b *bench, f site.Form) assessing {
	typed := f.Values
	lines, _ := strconv.Atoi(typed.Get("lines"))
	out := assessing{Check: f.Problem == nil && typed.Get("step") == "check", Lines: min(max(lines, 4), 50)}
	if typed.Get("step") == "more" {
		out.Lines = min(out.Lines+4, 50)
	}
	for _, e := range b.Exposures {
		l := loss{Exposure: e, Fault: "100"}
		if typed.Has("lines") {
			l.fill(typed.Get, out.Lines)
		} else if before := b.before(e.Number); before != nil {
			l.take(*before)
		}
		for len(l.Items) < out.Lines {
			l.Items = append(l.Items, lossLine{N: len(l.Items) + 1})
		}
		out.Lines = max(out.Lines, len(l.Items))
		out.Losses = append(out.Losses, l)
	}
	return out
}

// before is an exposure in the newest assessment, or nil.
func (b *bench) before(exposure int) *rest.Assessed {
	if len(b.Assessments) == 0 {
		return nil
	}
	for i, o := range b.Assessments[0].Objects {
		if o.Exposure == exposure {
			return &b.Assessments[0].Objects[i]
		}
	}
	return nil
}

func (l *loss) take(a rest.Assessed) {
	bare := func(f claim.Fen) string {
		if f == 0 {
			return ""
		}
		return strings.TrimPrefix(f.String(), "¥")
	}
	for i, item := range a.Items {
		l.Items = append(l.Items, lossLine{i + 1, item.Name, item.Kind, bare(item.Amount), item.Document})
	}
	l.Rescue, l.Salvage, l.Value, l.FromOther, l.Total = bare(a.Rescue), bare(a.Salvage), bare(a.Value), bare(a.FromOtherCompulsory), a.TotalLoss
	l.NoFault, l.Subrogation = a.NoFault, a.Subrogation
	l.Fault = strings.TrimSuffix(strings.TrimSuffix(a.FaultShare.String(), "%"), ".00")
}

func (l *loss) fill(get func(string) string, lines int) {
	at := func(name string) string { return strings.TrimSpace(get(fmt.Sprintf("o%d.%s", l.Number, name))) }
	for i := 1; i <= lines; i++ {
		of := func(name string) string { return at(fmt.Sprintf("%s%d", name, i)) }
		line := lossLine{i, of("name"), of("kind"), of("amount"), of("doc")}
		l.Items = append(l.Items, line)
		if fen, ok := site.FenOf(line.Amount); ok {
			l.Sum += fen
		}
	}
	l.Rescue, l.Salvage, l.Value, l.Fault, l.FromOther, l.Total = at("rescue"), at("salvage"), at("value"), at("fault"), at("other"), at("total") != ""
	l.NoFault, l.Subrogation = at("nofault") != "", at("subrogation") != ""
	rescue, _ := site.FenOf(l.Rescue)
	salvage, _ := site.FenOf(l.Salvage)
	l.Net = max(0, l.Sum+rescue-salvage)
}

// Filled reports whether anything is typed into a line.
func (l lossLine) Filled() bool { return l.Name != "" || l.Amount != "" }

// assess files what is typed: first it is shown with its sums, then sent.
func assess(v *site.Visit, no string) (claim.Receipt, error) {
	c, err := site.Read[rest.Claim](v.API.GetClaim(v.Ctx(), no, nil))
	if err != nil {
		return claim.Receipt{}, err
	}
	lines := min(typedNumber(v, "lines"), 50)
	body := rest.NewAssessment{Task: v.Field("task"), Note: v.Field("note")}
	var wrong []string
	for _, e := range c.Exposures {
		l := loss{Exposure: e}
		l.fill(v.Values.Get, lines)
		object, bad := l.assessed()
		wrong = append(wrong, bad...)
		body.Objects = append(body.Objects, object)
	}
	switch step := v.Field("step"); {
	case step == "more" || step == "change":
		return claim.Receipt{}, errNotYet
	case wrong != nil:
		return claim.Receipt{}, site.WrongFields(wrong...)
	case step == "check":
		return claim.Receipt{}, errNotYet
	}
	return site.Read[claim.Receipt](v.API.FileAssessment(v.Ctx(), no, &rest.FileAssessmentParams{IdempotencyKey: v.Key()}, body))
}

// assessed are the figures, and the fields that cannot be read.
func (l *loss) assessed() (out rest.Assessed, wrong []string) {
	field := func(name string) string { return fmt.Sprintf("o%d.%s", l.Number, name) }
	money := func(name, typed string) claim.Fen {
		fen, ok := site.FenOf(typed)
		if !ok {
			wrong = append(wrong, field(name))
		}
		return fen
	}
	out = rest.Assessed{Exposure: l.Number, TotalLoss: l.Total, NoFault: l.NoFault, Subrogation: l.Subrogation, Items: []rest.AssessedItem{}}
	for _, line := range l.Items {
		if !line.Filled() {
			continue
		}
		if line.Name == "" {
			wrong = append(wrong, field("name"+strconv.Itoa(line.N)))
		}
		if line.Amount == "" {
			wrong = append(wrong, field("amount"+strconv.Itoa(line.N)))
		}
		out.Items = append(out.Items, rest.AssessedItem{
			Name: line.Name, Kind: line.Kind, Amount: money("amount"+strconv.Itoa(line.N), line.Amount), Document: line.Document,
		})
	}
	if len(out.Items) == 0 {
		wrong = append(wrong, field("name1"), field("amount1"))
	}
	out.Rescue, out.Salvage, out.Value = money("rescue", l.Rescue), money("salvage", l.Salvage), money("value", l.Value)
	out.FromOtherCompulsory = money("other", l.FromOther)
	if l.Motor() {
		share, ok := site.Ratio(l.Fault)
		if !ok || l.Fault == "" {
			wrong = append(wrong, field("fault"))
		}
		out.FaultShare = share
	}
	slices.Sort(wrong)
	return out, slices.Compact(wrong)
}
