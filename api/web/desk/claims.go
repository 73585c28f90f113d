package desk

import (
	"net/url"
	"strings"
	"time"

	openapi "github.com/oapi-codegen/runtime/types"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// claimsPage is a list of claims: what stands behind a figure.
type claimsPage struct {
	Form     site.Form
	Filtered bool
	Stages   []claim.Stage
	Lanes    []claim.Lane
	Lines    []claim.Line
	Outcomes []claim.Outcome
	Claims   []rest.ClaimSummary
	Sum      claim.Fen // paid, of this page
	Next     string
}

// claimFilters are what GET /claims may be asked for, but for its search.
var claimFilters = []string{"stage", "lane", "line", "branch", "policy_no", "opened_from", "opened_to", "outcome", "closed_from", "closed_to"}

// claimList shows the claims that a filter finds, the newest report first.
func claimList(v *site.Visit) error {
	if _, err := v.Me(); err != nil {
		return err
	}
	query := v.R.URL.Query()
	page := claimsPage{
		Form: v.Sought(), Filtered: asksFor(query), Stages: story, Lanes: []claim.Lane{claim.Flash, claim.Standard, claim.Large}, Lines: site.Lines,
		Outcomes: []claim.Outcome{claim.OutcomePaid, claim.OutcomeDenied, claim.OutcomeWithdrawn, claim.OutcomeJoined},
	}
	get := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	var wrong []string
	date := func(name string) (d openapi.Date) {
		if typed := get(name); typed != "" {
			t, err := time.Parse(time.DateOnly, typed)
			if err != nil {
				wrong = append(wrong, name)
			}
			d.Time = t
		}
		return d
	}
	params := rest.ListClaimsParams{
		Stage: claim.Stage(get("stage")), Lane: claim.Lane(get("lane")), Line: claim.Line(get("line")), Branch: get("branch"), PolicyNo: get("policy_no"),
		OpenedFrom: date("opened_from"), OpenedTo: date("opened_to"), Outcome: claim.Outcome(get("outcome")),
		ClosedFrom: date("closed_from"), ClosedTo: date("closed_to"), After: get("after"),
	}
	if len(wrong) > 0 {
		page.Form.Problem = site.WrongFields(wrong...)
		return v.ShowAs(page.Form.Problem.Status, "desk-claims", page)
	}
	found, err := site.Read[rest.ClaimPage](v.API.ListClaims(v.Ctx(), &params))
	if err != nil && !site.Is(err, "wrong-input") {
		return err
	}
	page.Form.Problem = site.ProblemOf(err)
	page.Claims, page.Next = found.Items, v.Following(found.Next)
	for _, c := range found.Items {
		page.Sum += c.PaidFen
	}
	return v.Show("desk-claims", page)
}

func asksFor(query url.Values) bool {
	for _, name := range claimFilters {
		if query.Get(name) != "" {
			return true
		}
	}
	return false
}
