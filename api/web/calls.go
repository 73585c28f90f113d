package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"anpei/claim"
	"anpei/schemas/rest"
)

// A loss that somebody reports by telephone (电话报案) is written down on one
// page, while they talk. What is typed is kept when the clerk says so, half
// finished as it may be: the line breaks, or the caller looks for their policy.
// What is sent goes through the same checks as a claimant's own report.

// call is one that is not sent yet.
type call struct {
	// Key is the Idempotency-Key that its report will be sent under.
	Key    string            `json:"key"`
	Fields map[string]string `json:"fields"` // as typed
	Kept   time.Time         `json:"kept"`
}

// Name and Phone are who called, as far as is known.
func (c call) Name() string  { return c.Fields["name"] }
func (c call) Phone() string { return c.Fields["phone"] }

// calls are those that a clerk has kept, the latest first. They are the body
// of the clerk's one draft.
type calls struct {
	Calls []call `json:"calls"`

	version int64 // 0: not kept yet
}

// maxCalls is how many a clerk keeps: what is older goes.
const maxCalls = 12

// callFields are what the form asks for.
var callFields = []string{
	"phone", "name", "role", "policy_no", "line", "plate", "cause", "injury", "story", "loss_at", "place", "object", "estimate", "self",
	"other", "other-object", "other-estimate", "other-name", "other-phone",
}

// calls reads what the clerk has kept.
func (v *visit) calls() (c calls, err error) {
	kept, err := read[rest.Draft](v.api.GetDraft(v.ctx(), nil))
	if is(err, "not-found") {
		return calls{}, nil
	}
	if err != nil {
		return c, err
	}
	if json.Unmarshal(kept.Body, &c) != nil { // of another release
		c = calls{}
	}
	c.version = kept.Version
	return c, nil
}

// keepCalls changes what is kept. Of two windows neither loses: each changes
// what is there by then.
func (v *visit) keepCalls(change func([]call) []call) error {
	return v.putDraft(func() (any, int64, error) {
		c, err := v.calls()
		if err != nil {
			return nil, 0, err
		}
		c.Calls = change(c.Calls)
		c.Calls = c.Calls[:min(len(c.Calls), maxCalls)]
		return c, c.version, nil
	})
}

// butFor are the calls but for one.
func butFor(list []call, key string) []call {
	return slices.DeleteFunc(list, func(c call) bool { return c.Key == key })
}

// callPage is the page on which a call is written down.
type callPage struct {
	Form   form
	Key    string
	Kept   []call // others that wait
	Now    string // the latest moment that a loss may have
	Causes []string
	Roles  []claim.PartyRole

	Notice *rest.Notice // to be read to the caller, before it is sent
	Policy *rest.Policy // that it is on, where it is known
	Sent   string       // the notice, as it will be sent
}

// writers are those who write down calls.
var writers = []claim.Role{claim.Intake, claim.Service}

func (v *visit) writes() error {
	me, err := v.me()
	switch {
	case err != nil:
		return err
	case !slices.Contains(writers, me.Role):
		return notFound
	}
	return nil
}

// callForm is an empty page, or one that was kept.
func callForm(v *visit) error {
	if err := v.writes(); err != nil {
		return err
	}
	kept, err := v.calls()
	if err != nil {
		return err
	}
	key := v.r.URL.Query().Get("call")
	f := v.newForm("role", string(claim.PartyInsured), "line", string(claim.Motor), "injury", "no", "self", "yes", "loss_at", now().In(claim.Shanghai).Format(momentField))
	i := slices.IndexFunc(kept.Calls, func(c call) bool { return c.Key == key })
	if i < 0 {
		key = newKey()
	} else {
		for name, value := range kept.Calls[i].Fields {
			f.values.Set(name, value)
		}
	}
	return v.showCall(http.StatusOK, callPage{Form: f, Key: key}, kept.Calls)
}

func (v *visit) showCall(status int, page callPage, kept []call) error {
	page.Kept = butFor(slices.Clone(kept), page.Key)
	page.Now, page.Causes, page.Roles = now().In(claim.Shanghai).Format(momentField), causes, partyRoles
	return v.showAs(status, "desk-report", page)
}

// takeCall keeps what was typed; it is read to the caller before it is sent.
func takeCall(v *visit) error {
	if err := v.writes(); err != nil {
		return err
	}
	one := call{Key: v.key(), Fields: map[string]string{}, Kept: now().UTC().Truncate(time.Second)}
	for _, name := range callFields {
		if value := v.field(name); value != "" {
			one.Fields[name] = value
		}
	}
	step := v.field("step")
	if step == "send" {
		return v.sendCall(one.Key)
	}
	change := func(list []call) []call { return append([]call{one}, butFor(list, one.Key)...) }
	if step == "discard" {
		change = func(list []call) []call { return butFor(list, one.Key) }
	}
	if err := v.keepCalls(change); err != nil {
		return err
	}
	switch step {
	case "discard":
		v.tell("flash.call-discarded")
		return v.redirect("/desk/report")
	case "check":
		return v.checkCall(one)
	case "change":
		return v.redirect("/desk/report?call=" + url.QueryEscape(one.Key))
	}
	v.tell("flash.call-kept")
	return v.redirect("/desk/report")
}

// checkCall shows what will be sent, or what is still missing.
func (v *visit) checkCall(one call) error {
	notice, policy, wrong, err := v.called()
	if err != nil {
		return err
	}
	kept, err := v.calls()
	if err != nil {
		return err
	}
	page := callPage{Form: form{lang: v.lang, values: v.form}, Key: one.Key}
	if len(wrong) > 0 {
		page.Form.wrong = wrongFields(wrong...)
		return v.showCall(page.Form.wrong.Status, page, kept.Calls)
	}
	raw, err := json.Marshal(notice)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	page.Notice, page.Policy, page.Sent = &notice, policy, string(raw)
	return v.showCall(http.StatusOK, page, kept.Calls)
}

// sendCall sends what was read to the caller. Sent again, it is the same report.
func (v *visit) sendCall(key string) error {
	var notice rest.Notice
	if err := json.Unmarshal([]byte(v.field("notice")), &notice); err != nil {
		return &problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	notice.Channel = "phone"
	receipt, err := read[claim.Receipt](v.api.ReportClaim(v.ctx(), &rest.ReportClaimParams{IdempotencyKey: key}, notice))
	if f, ok := v.refill(err); ok {
		kept, err := v.calls()
		if err != nil {
			return err
		}
		return v.showCall(f.wrong.Status, callPage{Form: f, Key: key}, kept.Calls)
	}
	if err != nil {
		return err
	}
	if err := v.keepCalls(func(list []call) []call { return butFor(list, key) }); err != nil {
		return err // the report is sent: sent again, it only drops what was kept
	}
	if receipt.Result == claim.Joined {
		v.tell("flash.call-joined")
	} else {
		v.tell("flash.call-sent", "number", receipt.Number)
	}
	return v.redirect("/desk/claims/" + url.PathEscape(receipt.Number))
}

// called is the notice that the form comes to, with the policy where it is
// known, or the fields that are wrong.
func (v *visit) called() (n rest.Notice, policy *rest.Policy, wrong []string, err error) {
	d := draft{Notice: rest.Notice{
		PolicyNo: halfWidth(v.field("policy_no")), Line: claim.Line(v.field("line")), Cause: v.field("cause"), Story: v.field("story"), Injury: v.field("injury") == "yes",
	}}
	if policy, err = v.policyCalled(d.PolicyNo, v.field("plate")); err != nil {
		return n, nil, nil, err
	}
	if policy != nil {
		d.PolicyNo, d.Line = policy.Number, policy.Line
	}
	if !slices.Contains(lines, d.Line) {
		wrong = append(wrong, "line")
	}
	if !slices.Contains(causes, d.Cause) {
		wrong = append(wrong, "cause")
	}
	if count := utf8.RuneCountInString(d.Story); count == 0 || count > 4000 {
		wrong = append(wrong, "story")
	}
	phone, noPhone := claim.ParsePhone(halfWidth(v.field("phone")))
	if noPhone != nil {
		wrong = append(wrong, "phone")
	}
	for _, take := range []func(*visit) (func(*draft), []string){takeWhere, takeWho, takePhotos} {
		change, found := take(v)
		change(&d)
		wrong = append(wrong, found...)
	}
	d.Reporter.Phone = phone
	if policy != nil && d.Plate == "" {
		d.Plate = policy.Plate
	}
	return d.Notice, policy, wrong, nil
}

// policyCalled finds the policy by its number, or by the plate where one alone
// has it. A report needs neither: one that nobody finds is linked later.
func (v *visit) policyCalled(number, plate string) (*rest.Policy, error) {
	if len(number) >= 4 {
		one, err := read[rest.Policy](v.api.GetPolicy(v.ctx(), number, nil))
		if is(err, "not-found", "wrong-input", "not-allowed") {
			return nil, nil //nolint:nilnil // nobody here knows it
		}
		return &one, err
	}
	parsed, err := claim.ParsePlate(plate)
	if err != nil || strings.TrimSpace(plate) == "" {
		return nil, nil //nolint:nilnil,nilerr // what is wrong with it is said beside the field
	}
	found, err := read[rest.PolicyPage](v.api.ListPolicies(v.ctx(), &rest.ListPoliciesParams{Plate: parsed}))
	if err != nil || len(found.Items) != 1 {
		return nil, err
	}
	return &found.Items[0], nil
}
