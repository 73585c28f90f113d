package desk

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"anpei/api/web/site"
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
	Form     site.Form
	Next     string
}

var paymentStates = []string{"submitted", "unknown", "accepted", "cleared", "rejected", "returned", "not_found"}

// payments shows the instructions, each with what the bank says of it.
func payments(v *site.Visit) error {
	me, err := v.Me()
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	page := paymentsPage{Me: me, Form: v.Sought(), States: paymentStates}
	found, err := site.Read[rest.PaymentPage](v.API.ListPayments(v.Ctx(), &rest.ListPaymentsParams{
		State: claim.PaymentState(query.Get("state")), From: site.DayOf(query.Get("from")), To: site.DayOf(query.Get("to")), After: query.Get("after"),
	}))
	if err != nil {
		return err
	}
	page.Items, page.Totals, page.Branches, page.Next = found.Items, found.Totals, found.Branches, v.Following(found.Next)
	if me.Role == claim.Finance {
		for _, kind := range []claim.TaskKind{claim.TaskPay, claim.TaskRelease} {
			tasks, err := site.All[rest.Task](func(after string) (*http.Response, error) {
				return v.API.ListTasks(v.Ctx(), &rest.ListTasksParams{Kind: kind, Limit: 200, After: after})
			})
			if err != nil {
				return err
			}
			page.Waiting = append(page.Waiting, tasks...)
		}
	}
	return v.Show("desk-payments", page)
}

// Way is the page on which a task is done.
func (paymentsPage) Way(t rest.Task) string { return deskPage{}.Way(t) }

// refusedAttempts shows what rules have stopped.
func refusedAttempts(v *site.Visit) error {
	if _, err := v.Me(); err != nil {
		return err
	}
	query := v.R.URL.Query()
	found, err := site.Read[rest.RefusedAttemptPage](v.API.ListRefusedAttempts(v.Ctx(), &rest.ListRefusedAttemptsParams{
		Claim: strings.ToUpper(site.HalfWidth(query.Get("claim"))), Rule: query.Get("rule"), From: site.DayOf(query.Get("from")), To: site.DayOf(query.Get("to")), After: query.Get("after"),
	}))
	if err != nil {
		return err
	}
	return v.Show("desk-refused", map[string]any{"Items": found.Items, "Next": v.Following(found.Next), "Form": v.Sought(), "Rules": v.Lang.Keys("rule.")})
}

// verification walks the chain of a claim and hashes what is stored again.
func verification(v *site.Visit) error {
	if _, err := v.Me(); err != nil {
		return err
	}
	no := v.R.PathValue("claim")
	if v.R.URL.Query().Get("run") == "" {
		return v.Show("desk-verify", map[string]any{"Number": no})
	}
	found, err := site.Read[rest.Verification](v.API.VerifyClaim(v.Ctx(), no))
	if err != nil {
		return err
	}
	return v.Show("desk-verify", map[string]any{"Number": no, "Found": &found})
}

// search finds claims by what somebody on the telephone can say.
func search(v *site.Visit) error {
	me, err := v.Me()
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	page := struct {
		Me    *rest.Principal
		Form  site.Form
		Asked bool
		Short bool // too little to look for
		Items []rest.ClaimSummary
	}{Me: me, Form: v.Sought()}
	q := strings.TrimSpace(query.Get("q"))
	page.Asked = q != ""
	if number := strings.ToUpper(site.HalfWidth(q)); site.IsNumber(number) {
		return v.Redirect("/desk/claims/" + url.PathEscape(number))
	}
	page.Short = page.Asked && utf8.RuneCountInString(q) < 4
	if page.Asked && !page.Short {
		found, err := site.Read[rest.ClaimPage](v.API.ListClaims(v.Ctx(), &rest.ListClaimsParams{Q: site.HalfWidth(q)}))
		if err != nil {
			return err
		}
		page.Items = found.Items
	}
	return v.Show("desk-search", page)
}
