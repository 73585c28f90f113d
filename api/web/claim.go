package web

import (
	"slices"

	"anpei/claim"
	"anpei/schemas/rest"
)

// claimView is a claim as its claimant follows it.
type claimView struct {
	rest.Claim
	Phase    string         // where it is, as a key of words under "where."
	Paused   bool           // it waits for the claimant: our clock stands
	Needs    []rest.Missing // what we need from them
	Upcoming []string       // what comes next, as keys of words under "next."
	Who      []rest.Actor   // of the insurer, who has it
	Events   []rest.Event   // newest first
}

// claimPage answers a claimant's five questions: where is it, by when what,
// who has it, what do they need from me, what comes next.
func claimPage(v *visit) error {
	if v.token == "" {
		return notSignedIn
	}
	no := v.r.PathValue("claim")
	c, err := read[rest.Claim](v.api.GetClaim(v.ctx(), no, nil))
	if is(err, "not-found") { // perhaps another of theirs: a session opens one claim
		return v.redirect(v.door())
	}
	if err != nil {
		return err
	}
	missing, err := read[rest.MissingPage](v.api.ListMissing(v.ctx(), no, &rest.ListMissingParams{Limit: 200}))
	if err != nil {
		return err
	}
	events, err := v.timeline(no)
	if err != nil {
		return err
	}
	slices.Reverse(events)
	page := claimView{Claim: c, Events: events, Upcoming: upcoming[c.Stage]}
	for _, need := range missing.Items {
		if need.From == claim.Claimant {
			page.Needs = append(page.Needs, need)
			page.Paused = page.Paused || need.Blocks
		}
	}
	for _, who := range c.Holders {
		if who.Role != claim.Claimant {
			page.Who = append(page.Who, who)
		}
	}
	page.Phase = phase(c, page.Paused)
	return v.show("claim", page)
}

// phase is where a claim is, in a claimant's words.
func phase(c rest.Claim, paused bool) string {
	if c.Stage == claim.Closed && c.Outcome != "" {
		return "where." + string(c.Outcome)
	}
	if paused && slices.Contains([]claim.Stage{claim.Surveying, claim.Assessing, claim.Reviewing}, c.Stage) {
		return "where.papers"
	}
	return "where." + string(c.Stage)
}

// upcoming is what comes after each stage. A denial that is not decided looks
// like the review that it is.
var upcoming = map[claim.Stage][]string{
	claim.Reported:     {"next.survey", "next.amount", "next.confirm", "next.pay"},
	claim.SelfSurvey:   {"next.amount", "next.confirm", "next.pay"},
	claim.Dispatching:  {"next.survey", "next.amount", "next.confirm", "next.pay"},
	claim.Dispatched:   {"next.survey", "next.amount", "next.confirm", "next.pay"},
	claim.Surveying:    {"next.amount", "next.confirm", "next.pay"},
	claim.Assessing:    {"next.amount", "next.confirm", "next.pay"},
	claim.Negotiating:  {"next.review", "next.sign", "next.pay"},
	claim.Reviewing:    {"next.sign", "next.pay"},
	claim.DenialReview: {"next.decision"},
	claim.Determined:   {"next.pay"},
	claim.Agreed:       {"next.pay"},
	claim.Paying:       {"next.arrive"},
	claim.PayReturned:  {"next.pay"},
	claim.Paid:         {"next.close"},
	claim.Denied:       {"next.letter"},
}
