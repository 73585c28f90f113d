package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"anpei/api/web/site"
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

// readCalls reads what the clerk has kept.
func readCalls(v *site.Visit) (c calls, err error) {
	kept, err := site.Read[rest.Draft](v.API.GetDraft(v.Ctx(), nil))
	if site.Is(err, "not-found") {
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
func keepCalls(v *site.Visit, change func([]call) []call) error {
	return v.PutDraft(func() (any, int64, error) {
		c, err := readCalls(v)
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
	Form   site.Form
	Key    string
	Kept   []call // others that wait
	Now    string // the latest moment that a loss may have
	Causes []string
	Roles  []claim.PartyRole

	Notice *rest.Notice // to be read to the caller, before it is sent
	Policy *rest.Policy // that it is on, where it is known
	Sent   string       // the notice, as it will be sent
}

func mayWrite(v *site.Visit) error {
	me, err := v.Me()
	switch {
	case err != nil:
		return err
	case !slices.Contains(site.Writers, me.Role):
		return site.NotFound
	}
	return nil
}

// callForm is an empty page, or one that was kept.
func callForm(v *site.Visit) error {
	if err := mayWrite(v); err != nil {
		return err
	}
	kept, err := readCalls(v)
	if err != nil {
		return err
	}
	key := v.R.URL.Query().Get("call")
	f := v.NewForm("role", string(claim.PartyInsured), "line", string(claim.Motor), "injury", "no", "self", "yes", "loss_at", site.Now().In(claim.Shanghai).Format(site.MomentField))
	i := slices.IndexFunc(kept.Calls, func(c call) bool { return c.Key == key })
	if i < 0 {
		key = site.NewKey()
	} else {
		for name, value := range kept.Calls[i].Fields {
			f.Values.Set(name, value)
		}
	}
	return showCall(v, http.StatusOK, callPage{Form: f, Key: key}, kept.Calls)
}

func showCall(v *site.Visit, status int, page callPage, kept []call) error {
	page.Kept = butFor(slices.Clone(kept), page.Key)
	page.Now, page.Causes, page.Roles = site.Now().In(claim.Shanghai).Format(site.MomentField), site.Causes, site.PartyRoles
	return v.ShowAs(status, "desk-report", page)
}

// takeCall keeps what was typed; it is read to the caller before it is sent.
func takeCall(v *site.Visit) error {
	if err := mayWrite(v); err != nil {
		return err
	}
	one := call{Key: v.Key(), Fields: map[string]string{}, Kept: site.Now().UTC().Truncate(time.Second)}
	for _, name := range callFields {
		if value := v.Field(name); value != "" {
			one.Fields[name] = value
		}
	}
	step := v.Field("step")
	if step == "send" {
		return sendCall(v, one.Key)
	}
	change := func(list []call) []call { return append([]call{one}, butFor(list, one.Key)...) }
	if step == "discard" {
		change = func(list []call) []call { return butFor(list, one.Key) }
	}
	if err := keepCalls(v, change); err != nil {
		return err
	}
	switch step {
	case "discard":
		v.Tell("flash.call-discarded")
		return v.Redirect("/desk/report")
	case "check":
		return checkCall(v, one)
	case "change":
		return v.Redirect("/desk/report?call=" + url.QueryEscape(one.Key))
	}
	v.Tell("flash.call-kept")
	return v.Redirect("/desk/report")
}

// checkCall shows what will be sent, or what is still missing.
func checkCall(v *site.Visit, one call) error {
	notice, policy, wrong, err := typedCall(v)
	if err != nil {
		return err
	}
	kept, err := readCalls(v)
	if err != nil {
		return err
	}
	page := callPage{Form: site.Form{Lang: v.Lang, Values: v.Values}, Key: one.Key}
	if len(wrong) > 0 {
		page.Form.Problem = site.WrongFields(wrong...)
		return showCall(v, page.Form.Problem.Status, page, kept.Calls)
	}
	raw, err := json.Marshal(notice)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	page.Notice, page.Policy, page.Sent = &notice, policy, string(raw)
	return showCall(v, http.StatusOK, page, kept.Calls)
}

// sendCall sends what was read to the caller. Sent again, it is the same report.
func sendCall(v *site.Visit, key string) error {
	var notice rest.Notice
	if err := json.Unmarshal([]byte(v.Field("notice")), &notice); err != nil {
		return &site.Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	notice.Channel = "phone"
	receipt, err := site.Read[claim.Receipt](v.API.ReportClaim(v.Ctx(), &rest.ReportClaimParams{IdempotencyKey: key}, notice))
	if f, ok := v.Refill(err); ok {
		kept, err := readCalls(v)
		if err != nil {
			return err
		}
		return showCall(v, f.Problem.Status, callPage{Form: f, Key: key}, kept.Calls)
	}
	if err != nil {
		return err
	}
	if err := keepCalls(v, func(list []call) []call { return butFor(list, key) }); err != nil {
		return err // the report is sent: sent again, it only drops what was kept
	}
	if receipt.Result == claim.Joined {
		v.Tell("flash.call-joined")
	} else {
		v.Tell("flash.call-sent", "number", receipt.Number)
	}
	return v.Redirect("/desk/claims/" + url.PathEscape(receipt.Number))
}

// typedCall is the notice that the form comes to, with the policy where it is
// known, or the fields that are wrong.
func typedCall(v *site.Visit) (n rest.Notice, policy *rest.Policy, wrong []string, err error) {
	d := site.Draft{Notice: rest.Notice{
		PolicyNo: site.HalfWidth(v.Field("policy_no")), Line: claim.Line(v.Field("line")), Cause: v.Field("cause"), Story: v.Field("story"), Injury: v.Field("injury") == "yes",
	}}
	if policy, err = policyCalled(v, d.PolicyNo, v.Field("plate")); err != nil {
		return n, nil, nil, err
	}
	if policy != nil {
		d.PolicyNo, d.Line = policy.Number, policy.Line
	}
	if !slices.Contains(site.Lines, d.Line) {
		wrong = append(wrong, "line")
	}
	if !slices.Contains(site.Causes, d.Cause) {
		wrong = append(wrong, "cause")
	}
	if count := utf8.RuneCountInString(d.Story); count == 0 || count > 4000 {
		wrong = append(wrong, "story")
	}
	phone, noPhone := claim.ParsePhone(site.HalfWidth(v.Field("phone")))
	if noPhone != nil {
		wrong = append(wrong, "phone")
	}
	for _, take := range []func(*site.Visit) (func(*site.Draft), []string){site.TakeWhere, site.TakeWho, site.TakePhotos} {
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
func policyCalled(v *site.Visit, number, plate string) (*rest.Policy, error) {
	if len(number) >= 4 {
		one, err := site.Read[rest.Policy](v.API.GetPolicy(v.Ctx(), number, nil))
		if site.Is(err, "not-found", "wrong-input", "not-allowed") {
			return nil, nil //nolint:nilnil // nobody here knows it
		}
		return &one, err
	}
	parsed, err := claim.ParsePlate(plate)
	if err != nil || strings.TrimSpace(plate) == "" {
		return nil, nil //nolint:nilnil,nilerr // what is wrong with it is said beside the field
	}
	found, err := site.Read[rest.PolicyPage](v.API.ListPolicies(v.Ctx(), &rest.ListPoliciesParams{Plate: parsed}))
	if err != nil || len(found.Items) != 1 {
		return nil, err
	}
	return &found.Items[0], nil
}
