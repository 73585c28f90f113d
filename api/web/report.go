package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"anpei/claim"
	"anpei/schemas/rest"
)

// A report is filled in step by step. Each step is kept as a draft of the
// verified phone as soon as it is sent, so that whoever is interrupted goes on
// from there, on any device.

// steps of a report, in order; sending it comes after the last.
var reportSteps = []string{"what", "where", "who", "photos", "check"}

// draft is a report that is not sent yet: the notice as far as it is known,
// and what the pages need beside it.
type draft struct {
	rest.Notice

	// Key is the Idempotency-Key that the report will be sent under: however
	// often it is sent, there is one claim.
	Key string `json:"key"`
	// Pictured says that the question whether they can take pictures is answered.
	Pictured bool `json:"pictured,omitempty"`

	version int64 // 0: not kept yet
}

// missing is the first step that is not filled in.
func (d draft) missing() string {
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

// Own is the reporter's own loss, Other the one of somebody else, if any.
func (d draft) Own() (e rest.NewExposure) {
	for _, one := range d.Exposures {
		if one.Owner == nil {
			return one
		}
	}
	return e
}

// Other is the loss of somebody else, or nil.
func (d draft) Other() *rest.NewExposure {
	for i := range d.Exposures {
		if d.Exposures[i].Owner != nil {
			return &d.Exposures[i]
		}
	}
	return nil
}

// reporting is who reports: a session that is bound to one claim cannot.
func (v *visit) reporting() error {
	me, err := v.me()
	if err == nil && me.Claim != "" {
		return notSignedIn
	}
	return err
}

// report begins a report, or goes on with the one that was begun.
func report(v *visit) error {
	if v.reporting() != nil { // the phone comes first: it is what the draft is kept under
		return v.show("report-phone", map[string]any{"Form": v.newForm()})
	}
	d, err := v.draft()
	if err != nil {
		return err
	}
	if d.version > 0 {
		v.tell("flash.report-resumed")
	}
	return v.redirect("/report/" + d.missing())
}

// reportPhone sends the code with which a report begins.
func reportPhone(v *visit) error {
	phone, err := claim.ParsePhone(halfWidth(v.field("phone")))
	if err != nil {
		err = wrongFields("phone")
	} else {
		err = v.sendCode(asked{Phone: phone, Next: "/report"})
	}
	if f, ok := v.refill(err); ok {
		return v.showAs(f.wrong.Status, "report-phone", map[string]any{"Form": f})
	}
	if err != nil {
		return err
	}
	return v.redirect("/track/code")
}

// draft reads the draft of this phone. Where there is none it is a new one,
// which is not kept before something is filled in.
func (v *visit) draft() (d draft, err error) {
	kept, err := read[rest.Draft](v.api.GetDraft(v.ctx(), nil))
	if is(err, "not-found") {
		return draft{Key: newKey()}, nil
	}
	if err != nil {
		return d, err
	}
	// What another release or client has kept there may be of another form.
	if json.Unmarshal(kept.Body, &d) != nil {
		d = draft{}
	}
	if d.version = kept.Version; len(d.Key) < 8 {
		d.Key = newKey()
	}
	return d, nil
}

// keep writes one step into the draft. Of two windows that fill in different
// steps neither loses: each changes its own on the draft as it is by then.
func (v *visit) keep(change func(*draft)) error {
	return v.putDraft(func() (any, int64, error) {
		d, err := v.draft()
		if err != nil {
			return nil, 0, err
		}
		change(&d)
		return d, d.version, nil
	})
}

// putDraft stores what change makes of the draft as it is by then, with the
// version that this was made from; where another window was quicker it is made
// again, three times at most.
func (v *visit) putDraft(change func() (draft any, version int64, err error)) error {
	for try := 0; ; try++ {
		d, version, err := change()
		if err != nil {
			return err
		}
		body, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		from := rest.PutDraftParams{}
		if version > 0 {
			from.IfMatch = strconv.Quote(strconv.FormatInt(version, 10))
		}
		_, err = read[rest.Draft](v.api.PutDraft(v.ctx(), &from, rest.NewDraft{Body: body}))
		if !is(err, "conflict", "wrong-version") || try == 3 {
			return err
		}
	}
}

// reportPage is one step as it is shown.
type reportPage struct {
	Step     string
	Number   int // of the step, from 1
	Of       int
	Back     string // the step before; empty for the first
	Form     form
	Draft    draft
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
func reportStep(v *visit) error {
	step := v.r.PathValue("step")
	if !slices.Contains(reportSteps, step) {
		return notFound
	}
	if v.reporting() != nil {
		return v.redirect("/report")
	}
	d, err := v.draft()
	if err != nil {
		return err
	}
	if first := d.missing(); slices.Index(reportSteps, step) > slices.Index(reportSteps, first) {
		return v.redirect("/report/" + first)
	}
	page, err := v.reportPage(step, d)
	if err != nil {
		return err
	}
	page.Form = v.newForm(page.filled()...)
	return v.show("report", page)
}

func (v *visit) reportPage(step string, d draft) (reportPage, error) {
	known, err := read[rest.Prefills](v.api.PrefillDraft(v.ctx(), nil))
	if err != nil {
		return reportPage{}, err
	}
	me, err := v.me()
	if err != nil {
		return reportPage{}, err
	}
	at := slices.Index(reportSteps, step)
	page := reportPage{
		Step: step, Number: at + 1, Of: len(reportSteps), Draft: d, Policies: known.Items, Phone: me.Name,
		Now: now().In(claim.Shanghai).Format(momentField), Motor: d.Line == claim.Motor,
		Causes: causes, Roles: partyRoles, Version: d.version, Kept: d.version > 0, Checked: d.missing() == "check",
	}
	if at > 0 {
		page.Back = reportSteps[at-1]
	}
	for i := range known.Items {
		if known.Items[i].PolicyNo == d.PolicyNo {
			page.Policy = &known.Items[i]
		}
	}
	if page.Photos, err = v.proposed(); err != nil {
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

// momentField is how a field of type datetime-local writes a moment. It has no
// time zone: the page says that it is Beijing time.
const momentField = "2006-01-02T15:04"

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
		return []string{"policy", policy, "cause", d.Cause, "injury", yesNo(d.Injury), "story", d.Story}
	case "where":
		at, place := p.Now, d.Place
		if !d.LossAt.IsZero() {
			at = d.LossAt.In(claim.Shanghai).Format(momentField)
		}
		if place == "" {
			place = p.Proposed("place")
		}
		if place == "" && p.Policy != nil {
			place = p.Policy.Address
		}
		fields := []string{"loss_at", at, "place", place}
		if d.At != nil {
			fields = append(fields, "lat", degrees(d.At.Lat), "lng", degrees(d.At.Lng))
		}
		return fields
	case "who":
		own, other := d.Own(), d.Other()
		fields := []string{
			"name", d.Reporter.Name, "role", string(d.Reporter.Role), "plate", d.Plate, "object", own.Object, "estimate", typedYuan(own.Estimate),
		}
		if d.Reporter.Name == "" {
			fields = append(fields, p.self()...)
		}
		if d.Plate == "" {
			fields = append(fields, "plate", p.Proposed("plate"))
		}
		if other != nil {
			fields = append(fields, "other", "yes", "other-object", other.Object, "other-estimate", typedYuan(other.Estimate),
				"other-name", other.Owner.Name, "other-phone", other.Owner.Phone)
		}
		return fields
	case "photos":
		if d.Pictured {
			return []string{"self", yesNo(d.Self)}
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

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// keepStep takes a step and goes on to the next that is open.
func keepStep(v *visit) error {
	step := v.r.PathValue("step")
	take := map[string]func(*visit) (func(*draft), []string){"what": takeWhat, "where": takeWhere, "who": takeWho, "photos": takePhotos}[step]
	if take == nil {
		return notFound
	}
	if err := v.reporting(); err != nil {
		return err
	}
	change, wrong := take(v)
	if len(wrong) > 0 {
		return v.stepAgain(step, wrongFields(wrong...))
	}
	if err := v.keep(change); err != nil {
		return v.stepAgain(step, err)
	}
	if v.field("then") == "check" { // it was changed from there
		return v.redirect("/report/check")
	}
	return v.redirect("/report/" + reportSteps[slices.Index(reportSteps, step)+1])
}

// stepAgain shows a step with what was typed and what is wrong with it.
func (v *visit) stepAgain(step string, err error) error {
	f, ok := v.refill(err)
	if !ok {
		return err
	}
	d, err := v.draft()
	if err != nil {
		return err
	}
	page, err := v.reportPage(step, d)
	if err != nil {
		return err
	}
	page.Form = f
	return v.showAs(f.wrong.Status, "report", page)
}

func takeWhat(v *visit) (func(*draft), []string) {
	var wrong []string
	kind, value, _ := strings.Cut(v.field("policy"), ":")
	if kind != "policy" && kind != "line" || value == "" {
		wrong = append(wrong, "policy")
	}
	known, err := read[rest.Prefills](v.api.PrefillDraft(v.ctx(), nil))
	var policy *rest.Prefill
	for i := range known.Items {
		if err == nil && kind == "policy" && known.Items[i].PolicyNo == value {
			policy = &known.Items[i]
		}
	}
	if kind == "policy" && policy == nil {
		wrong = append(wrong, "policy")
	}
	if !slices.Contains(causes, v.field("cause")) {
		wrong = append(wrong, "cause")
	}
	if n := utf8.RuneCountInString(v.field("story")); n == 0 || n > 4000 {
		wrong = append(wrong, "story")
	}
	return func(d *draft) {
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
		d.Cause, d.Story, d.Injury = v.field("cause"), v.field("story"), v.field("injury") == "yes"
	}, wrong
}

// causes are what can have happened, the most frequent first.
var causes = []string{"collision", "scratch", "water", "fire", "storm", "theft", "other"}

// partyRoles are what somebody who reports is to the loss.
var partyRoles = []claim.PartyRole{claim.PartyInsured, claim.PartyDriver, claim.PartyReporter}

func takeWhere(v *visit) (func(*draft), []string) {
	var wrong []string
	at, err := time.ParseInLocation(momentField, v.field("loss_at"), claim.Shanghai)
	if err != nil || at.After(now().Add(2*time.Minute)) || at.Year() < 2000 {
		wrong = append(wrong, "loss_at")
	}
	if n := utf8.RuneCountInString(v.field("place")); n == 0 || n > 300 {
		wrong = append(wrong, "place")
	}
	return func(d *draft) {
		d.LossAt, d.Place, d.At = at, v.field("place"), point(v.field("lat"), v.field("lng"))
	}, wrong
}

// point is a place on the map that a phone has told; nil where it has not.
func point(lat, lng string) *claim.Point {
	a, errA := strconv.ParseFloat(lat, 64)
	b, errB := strconv.ParseFloat(lng, 64)
	p := claim.Point{Lat: a, Lng: b}
	if errA != nil || errB != nil || p.Validate() != nil || a == 0 && b == 0 {
		return nil
	}
	return &p
}

func takeWho(v *visit) (func(*draft), []string) {
	var wrong []string
	need := func(name string, most int) string {
		value := v.field(name)
		if n := utf8.RuneCountInString(value); n == 0 || n > most {
			wrong = append(wrong, name)
		}
		return value
	}
	sum := func(name string) claim.Fen {
		fen, ok := fenOf(v.field(name))
		if !ok {
			wrong = append(wrong, name)
		}
		return fen
	}
	name, role := need("name", 100), claim.PartyRole(v.field("role"))
	if !slices.Contains(partyRoles, role) {
		role = claim.PartyReporter
	}
	plate := ""
	if typed := v.field("plate"); typed != "" {
		parsed, err := claim.ParsePlate(typed)
		if plate = parsed; err != nil {
			wrong = append(wrong, "plate")
		}
	}
	losses := []rest.NewExposure{{Object: need("object", 300), Estimate: sum("estimate")}}
	if v.field("other") == "yes" {
		owner := claim.Party{Name: need("other-name", 100), Role: claim.PartyThird}
		phone, err := claim.ParsePhone(v.field("other-phone"))
		if owner.Phone = phone; err != nil {
			wrong = append(wrong, "other-phone")
		}
		losses = append(losses, rest.NewExposure{Kind: claim.ThirdPartyProperty, Object: need("other-object", 300), Estimate: sum("other-estimate"), Owner: &owner})
	}
	return func(d *draft) {
		d.Reporter = claim.Party{Name: name, Phone: v.who.Phone, Role: role}
		if d.Line == claim.Motor {
			losses[0].Kind, d.Exposures = claim.OwnDamage, losses
			d.Plate = plate
		} else {
			losses[0].Kind, d.Exposures = claim.CommercialProperty, losses[:1]
			d.Plate = ""
		}
	}, wrong
}

func takePhotos(v *visit) (func(*draft), []string) {
	var wrong []string
	self := v.field("self")
	if self != "yes" && self != "no" {
		wrong = append(wrong, "self")
	}
	return func(d *draft) { d.Self, d.Pictured = self == "yes", true }, wrong
}

// sendReport sends what the check page has shown: the notice stands in its
// form, so that Back and a second click send the very same under the same key,
// also when the draft is gone by then.
func sendReport(v *visit) error {
	if err := v.reporting(); err != nil {
		return err
	}
	var notice rest.Notice
	if err := json.Unmarshal([]byte(v.field("notice")), &notice); err != nil {
		return &problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	d, err := v.draft()
	if err != nil {
		return err
	}
	if shown := v.field("version"); d.version > 0 && d.Key == v.field("key") && strconv.FormatInt(d.version, 10) != shown {
		v.tell("flash.report-changed")
		return v.redirect("/report/check")
	}
	notice.Channel, notice.Reporter.Language = "web", v.lang.reads()
	receipt, err := read[claim.Receipt](v.api.ReportClaim(v.ctx(), &rest.ReportClaimParams{IdempotencyKey: v.key()}, notice))
	if is(err, "wrong-input") && d.version > 0 {
		return v.stepAgain("check", err)
	}
	if err != nil {
		return err
	}
	if err := v.takeAlong(receipt.Number); err != nil {
		return err // the report is sent: sent again, it brings the photos
	}
	to := "/c/" + url.PathEscape(receipt.Number) + "/sent"
	if receipt.Result == claim.Joined {
		to += "?joined=true"
	}
	return v.redirect(to)
}

// discardReport throws the draft away.
func discardReport(v *visit) error {
	if err := v.reporting(); err != nil {
		return err
	}
	if err := done(v.api.DeleteDraft(v.ctx())); err != nil {
		return err
	}
	v.tell("flash.report-discarded")
	return v.redirect("/")
}

// sentPage says that a report has arrived, and what comes next. Of a claim that
// a report has joined, the one who reported sees no more than its number until
// they have come in by its own door.
func sentPage(v *visit) error {
	joined, no := v.r.URL.Query().Get("joined") == "true", v.r.PathValue("claim")
	page, err := v.claimView()
	if v.token != "" && joined && numberForm.MatchString(no) && errors.Is(err, otherClaim) {
		page, err = claimView{Claim: rest.Claim{Number: no}}, nil
	}
	if err != nil {
		return err
	}
	return v.show("sent", map[string]any{"Claim": page, "Joined": joined})
}

// fenOf reads an amount in yuan as people write it, all of it or nothing: see
// [claim.ParseFen]. An empty field is 0: nobody can tell yet. ok is false for
// what is no amount, and for less than nothing.
func fenOf(typed string) (fen claim.Fen, ok bool) {
	if strings.TrimSpace(typed) == "" {
		return 0, true
	}
	fen, err := claim.ParseFen(typed)
	return fen, err == nil && fen >= 0
}

// typedYuan is an amount as it stands in a field: 3200.00. Nothing stays empty.
func typedYuan(f claim.Fen) string {
	if f == 0 {
		return ""
	}
	return strings.NewReplacer("¥", "", ",", "").Replace(f.String())
}
