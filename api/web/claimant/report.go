package claimant

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// A report is filled in step by step. Each step is kept as a draft of the
// verified phone as soon as it is sent, so that whoever is interrupted goes on
// from there, on any device.

// steps of a report, in order; sending it comes after the last.
var reportSteps = []string{"what", "where", "who", "photos", "check"}

// missing is the first step that is not filled in.
func missing(d site.Draft) string {
	switch {
	case d.Cause == "":
		return "what"
	case d.Place == "":
		return "where"
	case d.Reporter.Name == "" || len(d.Exposures) == 0:
		return "who"
	case !d.Pictured:
		return "photos"
	default:
		return "check"
	}
}

// mayReport is who reports: a session that is bound to one claim cannot.
func mayReport(v *site.Visit) error {
	me, err := v.Me()
	if err == nil && me.Claim != "" {
		return site.NotSignedIn
	}
	return err
}

// report begins a report, or goes on with the one that was begun.
func report(v *site.Visit) error {
	if mayReport(v) != nil { // the phone comes first: it is what the draft is kept under
		return v.Show("report-phone", map[string]any{"Form": v.NewForm()})
	}
	d, err := readDraft(v)
	if err != nil {
		return err
	}
	if d.Version > 0 {
		v.Tell("flash.report-resumed")
	}
	return v.Redirect("/report/" + missing(d))
}

// reportPhone sends the code with which a report begins.
func reportPhone(v *site.Visit) error {
	phone, err := claim.ParsePhone(site.HalfWidth(v.Field("phone")))
	if err != nil {
		err = site.WrongFields("phone")
	} else {
		err = sendCode(v, asked{Phone: phone, Next: "/report"})
	}
	if f, ok := v.Refill(err); ok {
		return v.ShowAs(f.Problem.Status, "report-phone", map[string]any{"Form": f})
	}
	if err != nil {
		return err
	}
	return v.Redirect("/track/code")
}

// readDraft reads the draft of this phone. Where there is none it is a new one,
// which is not kept before something is filled in.
func readDraft(v *site.Visit) (d site.Draft, err error) {
	kept, err := site.Read[rest.Draft](v.API.GetDraft(v.Ctx(), nil))
	if site.Is(err, "not-found") {
		return site.Draft{Key: site.NewKey()}, nil
	}
	if err != nil {
		return d, err
	}
	// What another release or client has kept there may be of another form.
	if json.Unmarshal(kept.Body, &d) != nil {
		d = site.Draft{}
	}
	if d.Version = kept.Version; len(d.Key) < 8 {
		d.Key = site.NewKey()
	}
	return d, nil
}

// keepDraft writes one step into the draft. Of two windows that fill in different
// steps neither loses: each changes its own on the draft as it is by then.
func keepDraft(v *site.Visit, change func(*site.Draft)) error {
	return v.PutDraft(func() (any, int64, error) {
		d, err := readDraft(v)
		if err != nil {
			return nil, 0, err
		}
		change(&d)
		return d, d.Version, nil
	})
}

// reportPage is one step as it is shown.
type reportPage struct {
	Step     string
	Number   int // of the step, from 1
	Of       int
	Back     string // the step before; empty for the first
	Form     site.Form
	Draft    site.Draft
	Policies []rest.Prefill
	Phone    string // masked
	Now      string // the latest moment that a loss may have, as the field holds it
	Notice   string // at the check, what will be sent
	Motor    bool
	Policy   *rest.Prefill // the one that was chosen
	Causes   []string
	Roles    []claim.PartyRole
	Version  int64
	Kept     bool                 // something is filled in
	Checked  bool                 // all of it is: the way leads back to the check
	Photos   map[string]*proposal // by field of the report, what photos propose
}

// reportStep shows a step, filled in as far as it is known.
func reportStep(v *site.Visit) error {
	step := v.R.PathValue("step")
	if !slices.Contains(reportSteps, step) {
		return site.NotFound
	}
	if mayReport(v) != nil {
		return v.Redirect("/report")
	}
	d, err := readDraft(v)
	if err != nil {
		return err
	}
	if first := missing(d); slices.Index(reportSteps, step) > slices.Index(reportSteps, first) {
		return v.Redirect("/report/" + first)
	}
	page, err := readStep(v, step, d)
	if err != nil {
		return err
	}
	page.Form = v.NewForm(page.filled()...)
	return v.Show("report", page)
}

func readStep(v *site.Visit, step string, d site.Draft) (reportPage, error) {
	known, err := site.Read[rest.Prefills](v.API.PrefillDraft(v.Ctx(), nil))
	if err != nil {
		return reportPage{}, err
	}
	me, err := v.Me()
	if err != nil {
		return reportPage{}, err
	}
	at := slices.Index(reportSteps, step)
	page := reportPage{
		Step: step, Number: at + 1, Of: len(reportSteps), Draft: d, Policies: known.Items, Phone: me.Name,
		Now: site.Now().In(claim.Shanghai).Format(site.MomentField), Motor: d.Line == claim.Motor,
		Causes: site.Causes, Roles: site.PartyRoles, Version: d.Version, Kept: d.Version > 0, Checked: missing(d) == "check",
	}
	if at > 0 {
		page.Back = reportSteps[at-1]
	}
	for i := range known.Items {
		if known.Items[i].PolicyNo == d.PolicyNo {
			page.Policy = &known.Items[i]
		}
	}
	if page.Photos, err = readProposals(v); err != nil {
		return page, err
	}
	if step == "check" {
		raw, err := json.Marshal(d.Notice)
		if err != nil {
			return page, fmt.Errorf("encode: %w", err)
		}
		page.Notice = string(raw)
	}
	return page, nil
}

// filled is what the fields of a step hold when it is opened: what was kept,
// or what can be known already.
func (p reportPage) filled() []string {
	d := p.Draft
	switch p.Step {
	case "what":
		policy := "line:" + string(d.Line)
		switch {
		case d.PolicyNo != "":
			policy = "policy:" + d.PolicyNo
		case d.Line == "" && p.policyOf(p.Proposed("policy_no")) != nil:
			policy = "policy:" + p.Proposed("policy_no")
		case d.Line == "" && p.Proposed("plate") != "": // a car that none of the policies insures
			policy = "line:" + string(claim.Motor)
		case d.Line == "" && len(p.Policies) > 0:
			policy = "policy:" + p.Policies[0].PolicyNo // one in force comes first
		case d.Line == "":
			policy = "line:" + string(claim.Motor)
		}
		return []string{"policy", policy, "cause", d.Cause, "injury", site.YesNo(d.Injury), "story", d.Story}
	case "where":
		at, place := p.Now, d.Place
		if !d.LossAt.IsZero() {
			at = d.LossAt.In(claim.Shanghai).Format(site.MomentField)
		}
		if place == "" {
			place = p.Proposed("place")
		}
		if place == "" && p.Policy != nil {
			place = p.Policy.Address
		}
		fields := []string{"loss_at", at, "place", place}
		if d.At != nil {
			fields = append(fields, "lat", site.Degrees(d.At.Lat), "lng", site.Degrees(d.At.Lng))
		}
		return fields
	case "who":
		own, other := d.Own(), d.Other()
		fields := []string{
			"name", d.Reporter.Name, "role", string(d.Reporter.Role), "plate", d.Plate, "object", own.Object, "estimate", site.TypedYuan(own.Estimate),
		}
		if d.Reporter.Name == "" {
			fields = append(fields, p.self()...)
		}
		if d.Plate == "" {
			fields = append(fields, "plate", p.Proposed("plate"))
		}
		if other != nil {
			fields = append(fields, "other", "yes", "other-object", other.Object, "other-estimate", site.TypedYuan(other.Estimate),
				"other-name", other.Owner.Name, "other-phone", other.Owner.Phone)
		}
		return fields
	case "photos":
		if d.Pictured {
			return []string{"self", site.YesNo(d.Self)}
		}
		return []string{"self", "yes"}
	}
	return nil
}

// policyOf is the policy of this phone with that number, or nil.
func (p reportPage) policyOf(number string) *rest.Prefill {
	for i := range p.Policies {
		if p.Policies[i].PolicyNo == number {
			return &p.Policies[i]
		}
	}
	return nil
}

// self is who reports, as far as it can be known: the driver whose licence was
// photographed, else whose policy it is.
func (p reportPage) self() []string {
	name := p.Proposed("driver")
	switch {
	case name != "" && (holderOf(p.Policy, name) || p.Proposed("owner") == name):
		return []string{"name", name, "role", string(claim.PartyInsured)}
	case name != "":
		return []string{"name", name, "role", string(claim.PartyDriver)}
	case p.Policy != nil:
		return []string{"name", p.Policy.Holder.Name, "role", string(claim.PartyInsured)}
	}
	return nil
}

// keepStep takes a step and goes on to the next that is open.
func keepStep(v *site.Visit) error {
	step := v.R.PathValue("step")
	take := map[string]func(*site.Visit) (func(*site.Draft), []string){"what": takeWhat, "where": site.TakeWhere, "who": site.TakeWho, "photos": site.TakePhotos}[step]
	if take == nil {
		return site.NotFound
	}
	if err := mayReport(v); err != nil {
		return err
	}
	change, wrong := take(v)
	if len(wrong) > 0 {
		return stepAgain(v, step, site.WrongFields(wrong...))
	}
	if err := keepDraft(v, change); err != nil {
		return stepAgain(v, step, err)
	}
	if v.Field("then") == "check" { // it was changed from there
		return v.Redirect("/report/check")
	}
	return v.Redirect("/report/" + reportSteps[slices.Index(reportSteps, step)+1])
}

// stepAgain shows a step with what was typed and what is wrong with it.
func stepAgain(v *site.Visit, step string, err error) error {
	f, ok := v.Refill(err)
	if !ok {
		return err
	}
	d, err := readDraft(v)
	if err != nil {
		return err
	}
	page, err := readStep(v, step, d)
	if err != nil {
		return err
	}
	page.Form = f
	return v.ShowAs(f.Problem.Status, "report", page)
}

func takeWhat(v *site.Visit) (func(*site.Draft), []string) {
	var wrong []string
	kind, value, _ := strings.Cut(v.Field("policy"), ":")
	if kind != "policy" && kind != "line" || value == "" {
		wrong = append(wrong, "policy")
	}
	known, err := site.Read[rest.Prefills](v.API.PrefillDraft(v.Ctx(), nil))
	var policy *rest.Prefill
	for i := range known.Items {
		if err == nil && kind == "policy" && known.Items[i].PolicyNo == value {
			policy = &known.Items[i]
		}
	}
	if kind == "policy" && policy == nil {
		wrong = append(wrong, "policy")
	}
	if !slices.Contains(site.Causes, v.Field("cause")) {
		wrong = append(wrong, "cause")
	}
	if n := utf8.RuneCountInString(v.Field("story")); n == 0 || n > 4000 {
		wrong = append(wrong, "story")
	}
	return func(d *site.Draft) {
		line := claim.Line(value)
		if policy != nil {
			line = policy.Line
		}
		if line != d.Line { // what was lost is another kind of thing
			d.Exposures, d.Plate = nil, ""
		}
		d.Line, d.PolicyNo = line, ""
		if policy != nil {
			d.PolicyNo, d.Plate = policy.PolicyNo, policy.Plate
		}
		d.Cause, d.Story, d.Injury = v.Field("cause"), v.Field("story"), v.Field("injury") == "yes"
	}, wrong
}

// sendReport sends what the check page has shown: the notice stands in its
// form, so that Back and a second click send the very same under the same key,
// also when the draft is gone by then.
func sendReport(v *site.Visit) error {
	if err := mayReport(v); err != nil {
		return err
	}
	var notice rest.Notice
	if err := json.Unmarshal([]byte(v.Field("notice")), &notice); err != nil {
		return &site.Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	d, err := readDraft(v)
	if err != nil {
		return err
	}
	if shown := v.Field("version"); d.Version > 0 && d.Key == v.Field("key") && strconv.FormatInt(d.Version, 10) != shown {
		v.Tell("flash.report-changed")
		return v.Redirect("/report/check")
	}
	notice.Channel, notice.Reporter.Language = "web", v.Lang.Reads()
	receipt, err := site.Read[claim.Receipt](v.API.ReportClaim(v.Ctx(), &rest.ReportClaimParams{IdempotencyKey: v.Key()}, notice))
	if site.Is(err, "wrong-input") && d.Version > 0 {
		return stepAgain(v, "check", err)
	}
	if err != nil {
		return err
	}
	if err := takeAlong(v, receipt.Number); err != nil {
		return err // the report is sent: sent again, it brings the photos
	}
	to := "/c/" + url.PathEscape(receipt.Number) + "/sent"
	if receipt.Result == claim.Joined {
		to += "?joined=true"
	}
	return v.Redirect(to)
}

// discardReport throws the draft away.
func discardReport(v *site.Visit) error {
	if err := mayReport(v); err != nil {
		return err
	}
	if err := site.Done(v.API.DeleteDraft(v.Ctx())); err != nil {
		return err
	}
	v.Tell("flash.report-discarded")
	return v.Redirect("/")
}

// sentPage says that a report has arrived, and what comes next. Of a claim that
// a report has joined, the one who reported sees no more than its number until
// they have come in by its own door.
func sentPage(v *site.Visit) error {
	joined, no := v.R.URL.Query().Get("joined") == "true", v.R.PathValue("claim")
	page, err := readView(v)
	if v.Token != "" && joined && site.IsNumber(no) && errors.Is(err, site.OtherClaim) {
		page, err = claimView{Claim: rest.Claim{Number: no}}, nil
	}
	if err != nil {
		return err
	}
	return v.Show("sent", map[string]any{"Claim": page, "Joined": joined})
}
