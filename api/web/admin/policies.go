package admin

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// coverKinds are the coverages of each line.
var coverKinds = map[claim.Line][]claim.ExposureKind{
	claim.Motor: {claim.OwnDamage, claim.ThirdPartyProperty}, claim.Property: {claim.CommercialProperty},
}

// coverForms are the policy forms (条款) of each line that what is payable is
// computed under, the newest first.
var coverForms = map[claim.Line][]string{
	claim.Motor: {"motor-2020", "compulsory-2006", "motor-2014", "motor-2009", "motor-2000"}, claim.Property: {"property-2009"},
}

// policiesPage is the list of policies.
type policiesPage struct {
	Keeps    bool
	Form     site.Form
	Lines    []claim.Line
	Policies []rest.Policy
	Next     string
}

// policyList shows policies by number. What is looked for is a number, or else
// a number plate.
func policyList(v *site.Visit) error {
	keeps, err := isAdmin(v)
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	page := policiesPage{Keeps: keeps, Form: v.Sought(), Lines: site.Lines}
	q := strings.TrimSpace(query.Get("q"))
	if len(q) >= 4 {
		one, err := site.Read[rest.Policy](v.API.GetPolicy(v.Ctx(), q, nil))
		if err == nil {
			page.Policies = []rest.Policy{one}
			return v.Show("admin-policies", page)
		}
		if !site.Is(err, "not-found", "wrong-input") {
			return err
		}
	}
	found, err := site.Read[rest.PolicyPage](v.API.ListPolicies(v.Ctx(), &rest.ListPoliciesParams{
		Line: claim.Line(query.Get("line")), Branch: strings.TrimSpace(query.Get("branch")), Plate: q, After: query.Get("after"),
	}))
	if err != nil && !site.Is(err, "wrong-input") {
		return err
	}
	page.Form.Problem = site.ProblemOf(err)
	page.Policies, page.Next = found.Items, v.Following(found.Next)
	return v.Show("admin-policies", page)
}

// policyView is a policy with all that it said, and the form that endorses it.
// Without a number it is the form of a new one.
type policyView struct {
	rest.Policy
	Keeps  bool
	Form   site.Form
	Lines  []claim.Line
	Kinds  []claim.ExposureKind
	Forms  []string
	Covers []int // rows of the form
}

// policyPage shows a policy.
func policyPage(v *site.Visit) error {
	page, err := readPolicy(v)
	if err != nil {
		return err
	}
	return v.Show("admin-policy", page)
}

// readPolicy reads the policy in the address. Its form proposes the period after
// the last one, with the same coverages.
func readPolicy(v *site.Visit) (page policyView, err error) {
	if page.Keeps, err = isAdmin(v); err != nil {
		return page, err
	}
	if page.Policy, err = site.Read[rest.Policy](v.API.GetPolicy(v.Ctx(), v.R.PathValue("number"), nil)); err != nil {
		return page, err
	}
	page.Kinds, page.Forms, page.Form = coverKinds[page.Line], coverForms[page.Line], v.NewForm()
	page.Covers = rows(len(page.Kinds))
	if n := len(page.Versions); n > 0 {
		last := page.Versions[0]
		for _, version := range page.Versions {
			if version.EndsAt.After(last.EndsAt) {
				last = version
			}
		}
		next := claim.DateOf(last.EndsAt)
		page.Form = v.NewForm("starts_at", next.String(), "ends_at", claim.DateOf(last.EndsAt.AddDate(1, 0, 0)).AddDays(-1).String())
		for i, c := range last.Coverages {
			for name, value := range map[string]string{
				"kind": c.Kind, "form": c.Form, "sum_insured_fen": plain(c.SumInsuredFen), "value_fen": plain(c.ValueFen),
				"deductible_fen": plain(c.DeductibleFen), "limit_fen": plain(c.LimitFen), "rate_bp": percent(c.RateBp),
			} {
				page.Form.Values.Set(fmt.Sprintf("%s.%d", name, i), value)
			}
		}
		page.Covers = rows(max(len(last.Coverages), len(page.Kinds)))
	}
	return page, nil
}

// rows are the numbers of the rows of a form.
func rows(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// plain is an amount as it is typed: 1200000.00, or nothing for none.
func plain(f claim.Fen) string {
	if f == 0 {
		return ""
	}
	return strings.NewReplacer("¥", "", ",", "").Replace(f.String())
}

// percent is a ratio as it is typed: 5%.
func percent(b claim.BP) string {
	if b == 0 {
		return ""
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", b/100, b%100), "0"), ".") + "%"
}

// typedVersion reads a period with its coverages. A row without a kind is
// empty.
func typedVersion(v *site.Visit) (out rest.NewPolicyVersion, wrong []string) {
	from, err := claim.ParseDate(v.Field("starts_at"))
	if err != nil {
		wrong = append(wrong, "starts_at")
	}
	to, err := claim.ParseDate(v.Field("ends_at"))
	if err != nil {
		wrong = append(wrong, "ends_at")
	}
	out = rest.NewPolicyVersion{StartsAt: from.Start(), EndsAt: to.End(), Coverages: []rest.Coverage{}}
	for i := range 10 {
		at := func(name string) string { return fmt.Sprintf("%s.%d", name, i) }
		if v.Field(at("kind")) == "" {
			continue
		}
		amount := func(name string) claim.Fen {
			fen, ok := site.FenOf(v.Field(at(name)))
			if !ok {
				wrong = append(wrong, at(name))
			}
			return fen
		}
		rate, ok := site.Ratio(v.Field(at("rate_bp")))
		if !ok {
			wrong = append(wrong, at("rate_bp"))
		}
		out.Coverages = append(out.Coverages, rest.Coverage{
			Kind: v.Field(at("kind")), Form: v.Field(at("form")), SumInsuredFen: amount("sum_insured_fen"), ValueFen: amount("value_fen"),
			DeductibleFen: amount("deductible_fen"), LimitFen: amount("limit_fen"), RateBp: rate,
		})
	}
	if len(out.Coverages) == 0 {
		wrong = append(wrong, "kind.0")
	}
	return out, wrong
}

// pointAtRows makes the API's pointers, /versions/0/coverages/1/kind, the names
// of fields, kind.1.
func pointAtRows(v *site.Visit, err error) error {
	p := site.ProblemOf(err)
	if p == nil {
		return err
	}
	var filled []int
	for i := range 10 {
		if v.Field(fmt.Sprintf("kind.%d", i)) != "" {
			filled = append(filled, i)
		}
	}
	for i, e := range p.Errors {
		if m := coverPointer.FindStringSubmatch(e.Pointer); m != nil {
			if k, err := strconv.Atoi(m[1]); err == nil && k < len(filled) {
				p.Errors[i].Pointer = fmt.Sprintf("/%s.%d", m[2], filled[k])
			}
		}
	}
	return p
}

var coverPointer = regexp.MustCompile(`/coverages/([0-9]+)/([a-z_]+)$`)

// endorse adds a version to a policy.
func endorse(v *site.Visit) error {
	number := v.R.PathValue("number")
	version, wrong := typedVersion(v)
	var err error
	if len(wrong) > 0 {
		err = site.WrongFields(wrong...)
	} else {
		_, err = site.Read[rest.Policy](v.API.EndorsePolicy(v.Ctx(), number, &rest.EndorsePolicyParams{IdempotencyKey: v.Key()}, version))
	}
	if err == nil {
		v.Tell("flash.policy-endorsed")
		return v.Redirect("/admin/policies/" + url.PathEscape(number))
	}
	f, ok := v.Refill(pointAtRows(v, err))
	if !ok {
		return err
	}
	page, err := readPolicy(v)
	if err != nil {
		return err
	}
	page.Form = f
	return v.ShowAs(f.Problem.Status, "admin-policy", page)
}

// newPolicy is the page of a policy that is not there yet.
func newPolicy(keeps bool, f site.Form) policyView {
	page := policyView{Keeps: keeps, Form: f, Lines: site.Lines, Covers: rows(2)}
	for _, line := range site.Lines {
		page.Kinds = append(page.Kinds, coverKinds[line]...)
		page.Forms = append(page.Forms, coverForms[line]...)
	}
	return page
}

// newPolicyForm is an empty policy, from today for a year.
func newPolicyForm(v *site.Visit) error {
	keeps, err := isAdmin(v)
	if err != nil {
		return err
	}
	today := claim.DateOf(site.Now())
	return v.Show("admin-policy", newPolicy(keeps, v.NewForm("line", string(claim.Motor), "starts_at", today.AddDays(1).String(), "ends_at", today.AddDays(365).String())))
}

// addPolicy adds a policy.
func addPolicy(v *site.Visit) error {
	keeps, err := isAdmin(v)
	if err != nil {
		return err
	}
	version, wrong := typedVersion(v)
	b := rest.NewPolicy{
		Number: v.Field("number"), Line: claim.Line(v.Field("line")), Branch: v.Field("branch"),
		Holder:  rest.Holder{Name: v.Field("holder_name"), Phone: v.Field("holder_phone")},
		Insured: rest.Insured{Name: v.Field("insured_name"), Phone: v.Field("insured_phone")},
		Plate:   v.Field("plate"), Vin: v.Field("vin"), Address: v.Field("address"), Versions: []rest.NewPolicyVersion{version},
	}
	if len(b.Number) < 4 {
		wrong = append(wrong, "number")
	}
	var added rest.Policy
	if len(wrong) > 0 {
		err = site.WrongFields(wrong...)
	} else {
		added, err = site.Read[rest.Policy](v.API.CreatePolicy(v.Ctx(), &rest.CreatePolicyParams{IdempotencyKey: v.Key()}, b))
	}
	switch {
	case err == nil:
		v.Tell("flash.policy-added")
		return v.Redirect("/admin/policies/" + url.PathEscape(added.Number))
	case site.Is(err, "conflict"):
		err = &site.Problem{Problem: rest.Problem{Type: "/problems/policy-exists", Status: 422, Errors: []rest.FieldError{{Pointer: "/number"}}}}
	}
	if p := site.ProblemOf(err); p != nil {
		for i, e := range p.Errors {
			for _, who := range []string{"holder", "insured"} {
				if name, ok := strings.CutPrefix(e.Pointer, "/"+who+"/"); ok {
					p.Errors[i].Pointer = "/" + who + "_" + name
				}
			}
		}
	}
	f, ok := v.Refill(pointAtRows(v, err))
	if !ok {
		return err
	}
	return v.ShowAs(f.Problem.Status, "admin-policy", newPolicy(keeps, f))
}
