package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	openapi "github.com/oapi-codegen/runtime/types"

	"anpei/claim"
	"anpei/schemas/rest"
)

// paymentsPage is what is out, and what waits to go.
type paymentsPage struct {
	Me       *rest.Principal
	Waiting  []rest.Task // transfers to find out about, then what is to be released
	Items    []rest.Payment
	Totals   []rest.PaymentTotal
	Branches []rest.BranchTotal
	States   []string
	Form     form
	Next     string
}

var paymentStates = []string{"submitted", "unknown", "accepted", "cleared", "rejected", "returned", "not_found"}

// payments shows the instructions, each with what the bank says of it.
func payments(v *visit) error {
	me, err := v.me()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page := paymentsPage{Me: me, Form: v.filter(), States: paymentStates}
	found, err := read[rest.PaymentPage](v.api.ListPayments(v.ctx(), &rest.ListPaymentsParams{
		State: claim.PaymentState(query.Get("state")), From: dayOf(query.Get("from")), To: dayOf(query.Get("to")), After: query.Get("after"),
	}))
	if err != nil {
		return err
	}
	page.Items, page.Totals, page.Branches, page.Next = found.Items, found.Totals, found.Branches, v.next(found.Next)
	if me.Role == claim.Finance {
		for _, kind := range []claim.TaskKind{claim.TaskPay, claim.TaskRelease} {
			tasks, err := all[rest.Task](func(after string) (*http.Response, error) {
				return v.api.ListTasks(v.ctx(), &rest.ListTasksParams{Kind: kind, Limit: 200, After: after})
			})
			if err != nil {
				return err
			}
			page.Waiting = append(page.Waiting, tasks...)
		}
	}
	return v.show("desk-payments", page)
}

// Way is the page on which a task is done.
func (paymentsPage) Way(t rest.Task) string { return deskPage{}.Way(t) }

// Last is what the bank said last, or when it was asked.
func last(steps []rest.PaymentStep) rest.PaymentStep {
	if len(steps) == 0 {
		return rest.PaymentStep{}
	}
	return steps[len(steps)-1]
}

// refusedAttempts shows what rules have stopped.
func refusedAttempts(v *visit) error {
	if _, err := v.me(); err != nil {
		return err
	}
	query := v.r.URL.Query()
	found, err := read[rest.RefusedAttemptPage](v.api.ListRefusedAttempts(v.ctx(), &rest.ListRefusedAttemptsParams{
		Claim: strings.ToUpper(halfWidth(query.Get("claim"))), Rule: query.Get("rule"), From: dayOf(query.Get("from")), To: dayOf(query.Get("to")), After: query.Get("after"),
	}))
	if err != nil {
		return err
	}
	return v.show("desk-refused", map[string]any{"Items": found.Items, "Next": v.next(found.Next), "Form": v.filter(), "Rules": rules(v.lang)})
}

// rules are those that we have words for.
func rules(l lang) (list []string) {
	for key := range dictionaries[l] {
		if rule, ok := strings.CutPrefix(key, "rule."); ok {
			list = append(list, rule)
		}
	}
	slices.Sort(list)
	return list
}

// verification walks the chain of a claim and hashes what is stored again.
func verification(v *visit) error {
	if _, err := v.me(); err != nil {
		return err
	}
	no := v.r.PathValue("claim")
	if v.r.URL.Query().Get("run") == "" {
		return v.show("desk-verify", map[string]any{"Number": no})
	}
	found, err := read[rest.Verification](v.api.VerifyClaim(v.ctx(), no))
	if err != nil {
		return err
	}
	return v.show("desk-verify", map[string]any{"Number": no, "Found": &found})
}

// filter is the form of a list, as the address fills it in.
func (v *visit) filter() form { return form{lang: v.lang, values: v.r.URL.Query()} }

// next is the address of the next page of a list.
func (v *visit) next(after string) string {
	if after == "" {
		return ""
	}
	query := v.r.URL.Query()
	query.Set("after", after)
	return pathWith(v.r.URL.Path, query)
}

// dayOf reads a day of a filter; none where it is none.
func dayOf(s string) openapi.Date {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return openapi.Date{}
	}
	return openapi.Date{Time: t}
}

// search finds claims by what somebody on the telephone can say.
func search(v *visit) error {
	me, err := v.me()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page := struct {
		Me    *rest.Principal
		Form  form
		Asked bool
		Short bool // too little to look for
		Items []rest.ClaimSummary
	}{Me: me, Form: v.filter()}
	q := strings.TrimSpace(query.Get("q"))
	page.Asked = q != ""
	if number := strings.ToUpper(halfWidth(q)); numberForm.MatchString(number) {
		return v.redirect("/desk/claims/" + url.PathEscape(number))
	}
	page.Short = page.Asked && utf8.RuneCountInString(q) < 4
	if page.Asked && !page.Short {
		found, err := read[rest.ClaimPage](v.api.ListClaims(v.ctx(), &rest.ListClaimsParams{Q: halfWidth(q)}))
		if err != nil {
			return err
		}
		page.Items = found.Items
	}
	return v.show("desk-search", page)
}
