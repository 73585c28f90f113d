package web

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

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
	Form     form
	Lines    []claim.Line
	Policies []rest.Policy
	Next     string
}

// policyList shows policies by number. What is looked for is a number, or else
// a number plate.
func policyList(v *visit) error {
	keeps, err := v.keeps()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page := policiesPage{Keeps: keeps, Form: v.sought(), Lines: lines}
	q := strings.TrimSpace(query.Get("q"))
	if len(q) >= 4 {
		one, err := read[rest.Policy](v.api.GetPolicy(v.ctx(), q, nil))
		if err == nil {
			page.Policies = []rest.Policy{one}
			return v.show("admin-policies", page)
		}
		if !is(err, "not-found", "wrong-input") {
			return err
		}
	}
	found, err := read[rest.PolicyPage](v.api.ListPolicies(v.ctx(), &rest.ListPoliciesParams{
		Line: claim.Line(query.Get("line")), Branch: strings.TrimSpace(query.Get("branch")), Plate: q, After: query.Get("after"),
	}))
	if err != nil && !is(err, "wrong-input") {
		return err
	}
	page.Form.wrong = problemOf(err)
	page.Policies, page.Next = found.Items, v.following(found.Next)
	return v.show("admin-policies", page)
}

// policyView is a policy with all that it said, and the form that endorses it.
// Without a number it is the form of a new one.
type policyView struct {
	rest.Policy
	Keeps  bool
	Form   form
	Lines  []claim.Line
	Kinds  []claim.ExposureKind
	Forms  []string
	Covers []int // rows of the form
}

// policyPage shows a policy.
func policyPage(v *visit) error {
	page, err := v.policy()
	if err != nil {
		return err
	}
	return v.show("admin-policy", page)
}

// policy reads the policy in the address. Its form proposes the period after
// the last one, with the same coverages.
func (v *visit) policy() (page policyView, err error) {
	if page.Keeps, err = v.keeps(); err != nil {
		return page, err
	}
	if page.Policy, err = read[rest.Policy](v.api.GetPolicy(v.ctx(), v.r.PathValue("number"), nil)); err != nil {
		return page, err
	}
	page.Kinds, page.Forms, page.Form = coverKinds[page.Line], coverForms[page.Line], v.newForm()
	page.Covers = rows(len(page.Kinds))
	if n := len(page.Versions); n > 0 {
		last := page.Versions[0]
		for _, version := range page.Versions {
			if version.EndsAt.After(last.EndsAt) {
				last = version
			}
		}
		next := claim.DateOf(last.EndsAt)
		page.Form = v.newForm("starts_at", next.String(), "ends_at", claim.DateOf(last.EndsAt.AddDate(1, 0, 0)).AddDays(-1).String())
		for i, c := range last.Coverages {
			for name, value := range map[string]string{
				"kind": c.Kind, "form": c.Form, "sum_insured_fen": plain(c.SumInsuredFen), "value_fen": plain(c.ValueFen),
				"deductible_fen": plain(c.DeductibleFen), "limit_fen": plain(c.LimitFen), "rate_bp": percent(c.RateBp),
			} {
				page.Form.values.Set(fmt.Sprintf("%s.%d", name, i), value)
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
func (v *visit) typedVersion() (out rest.NewPolicyVersion, wrong []string) {
	from, err := claim.ParseDate(v.field("starts_at"))
	if err != nil {
		wrong = append(wrong, "starts_at")
	}
	to, err := claim.ParseDate(v.field("ends_at"))
	if err != nil {
		wrong = append(wrong, "ends_at")
	}
	out = rest.NewPolicyVersion{StartsAt: from.Start(), EndsAt: to.End(), Coverages: []rest.Coverage{}}
	for i := range 10 {
		at := func(name string) string { return fmt.Sprintf("%s.%d", name, i) }
		if v.field(at("kind")) == "" {
			continue
		}
		amount := func(name string) claim.Fen {
			fen, ok := fenOf(v.field(at(name)))
			if !ok {
				wrong = append(wrong, at(name))
			}
			return fen
		}
		rate, ok := ratio(v.field(at("rate_bp")))
		if !ok {
			wrong = append(wrong, at("rate_bp"))
		}
		out.Coverages = append(out.Coverages, rest.Coverage{
			Kind: v.field(at("kind")), Form: v.field(at("form")), SumInsuredFen: amount("sum_insured_fen"), ValueFen: amount("value_fen"),
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
func (v *visit) pointAtRows(err error) error {
	p := problemOf(err)
	if p == nil {
		return err
	}
	var filled []int
	for i := range 10 {
		if v.field(fmt.Sprintf("kind.%d", i)) != "" {
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
func endorse(v *visit) error {
	number := v.r.PathValue("number")
	version, wrong := v.typedVersion()
	var err error
	if len(wrong) > 0 {
		err = wrongFields(wrong...)
	} else {
		_, err = read[rest.Policy](v.api.EndorsePolicy(v.ctx(), number, &rest.EndorsePolicyParams{IdempotencyKey: v.key()}, version))
	}
	if err == nil {
		v.tell("flash.policy-endorsed")
		return v.redirect("/admin/policies/" + url.PathEscape(number))
	}
	f, ok := v.refill(v.pointAtRows(err))
	if !ok {
		return err
	}
	page, err := v.policy()
	if err != nil {
		return err
	}
	page.Form = f
	return v.showAs(f.wrong.Status, "admin-policy", page)
}

// newPolicy is the page of a policy that is not there yet.
func (v *visit) newPolicy(keeps bool, f form) policyView {
	page := policyView{Keeps: keeps, Form: f, Lines: lines, Covers: rows(2)}
	for _, line := range lines {
		page.Kinds = append(page.Kinds, coverKinds[line]...)
		page.Forms = append(page.Forms, coverForms[line]...)
	}
	return page
}

// newPolicyForm is an empty policy, from today for a year.
func newPolicyForm(v *visit) error {
	keeps, err := v.keeps()
	if err != nil {
		return err
	}
	today := claim.DateOf(now())
	return v.show("admin-policy", v.newPolicy(keeps, v.newForm("line", string(claim.Motor), "starts_at", today.AddDays(1).String(), "ends_at", today.AddDays(365).String())))
}

// addPolicy adds a policy.
func addPolicy(v *visit) error {
	keeps, err := v.keeps()
	if err != nil {
		return err
	}
	version, wrong := v.typedVersion()
	b := rest.NewPolicy{
		Number: v.field("number"), Line: claim.Line(v.field("line")), Branch: v.field("branch"),
		Holder:  rest.Holder{Name: v.field("holder_name"), Phone: v.field("holder_phone")},
		Insured: rest.Insured{Name: v.field("insured_name"), Phone: v.field("insured_phone")},
		Plate:   v.field("plate"), Vin: v.field("vin"), Address: v.field("address"), Versions: []rest.NewPolicyVersion{version},
	}
	if len(b.Number) < 4 {
		wrong = append(wrong, "number")
	}
	var added rest.Policy
	if len(wrong) > 0 {
		err = wrongFields(wrong...)
	} else {
		added, err = read[rest.Policy](v.api.CreatePolicy(v.ctx(), &rest.CreatePolicyParams{IdempotencyKey: v.key()}, b))
	}
	switch {
	case err == nil:
		v.tell("flash.policy-added")
		return v.redirect("/admin/policies/" + url.PathEscape(added.Number))
	case is(err, "conflict"):
		err = &problem{rest.Problem{Type: "/problems/policy-exists", Status: 422, Errors: []rest.FieldError{{Pointer: "/number"}}}}
	}
	if p := problemOf(err); p != nil {
		for i, e := range p.Errors {
			for _, who := range []string{"holder", "insured"} {
				if name, ok := strings.CutPrefix(e.Pointer, "/"+who+"/"); ok {
					p.Errors[i].Pointer = "/" + who + "_" + name
				}
			}
		}
	}
	f, ok := v.refill(v.pointAtRows(err))
	if !ok {
		return err
	}
	return v.showAs(f.wrong.Status, "admin-policy", v.newPolicy(keeps, f))
}
