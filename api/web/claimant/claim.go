package claimant

import (
	"slices"
	"time"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// claimView is a claim as its claimant follows it.
type claimView struct {
	rest.Claim
	Phase    string         // where it is, as a key of words under "where."
	Waits    bool           // for the claimant
	Paused   bool           // our clock stands meanwhile
	Needs    []rest.Missing // what we need from them
	Upcoming []string       // what comes next, as keys of words under "next."
	Who      []rest.Actor   // of the insurer, who has it
	Events   []rest.Event   // newest first
	Last     int64          // the number of the newest

	May    site.Acts  // what they may do
	Speaks bool       // for the claim: its figure and its letters are theirs to see
	Back   *time.Time // of one that was withdrawn: the last day on which the loss is safely claimed again
}

// claimPage answers a claimant's five questions: where is it, by when what,
// who has it, what do they need from me, what comes next.
func claimPage(v *site.Visit) error {
	page, err := readView(v)
	if err != nil {
		return err
	}
	return v.Show("claim", page)
}

// readClaim reads the claim that the page is about. One that this session does not
// open is perhaps another of theirs: the way to it begins at the door.
func readClaim(v *site.Visit) (rest.Claim, error) {
	if v.Token == "" {
		return rest.Claim{}, site.NotSignedIn
	}
	c, err := site.Read[rest.Claim](v.API.GetClaim(v.Ctx(), v.R.PathValue("claim"), nil))
	return c, toDoor(err)
}

// toDoor leads whoever may not see a claim to the door of their own.
func toDoor(err error) error {
	if site.Is(err, "not-found") {
		return site.OtherClaim
	}
	return err
}

// readView reads a claim as its claimant follows it.
func readView(v *site.Visit) (claimView, error) {
	// What happens while it is read is news to its stream: the events come first.
	if v.Token == "" {
		return claimView{}, site.NotSignedIn
	}
	events, err := v.Timeline(v.R.PathValue("claim"))
	if err != nil {
		return claimView{}, toDoor(err)
	}
	c, err := readClaim(v)
	if err != nil {
		return claimView{}, err
	}
	may, err := v.Acts(c.Number)
	if err != nil {
		return claimView{}, err
	}
	slices.Reverse(events)
	page := claimView{Claim: c, Events: events, Upcoming: upcoming[c.Stage], May: may, Speaks: may.Of(claim.ActWithdraw) != nil}
	var missing []rest.Missing
	if page.Speaks {
		if missing, err = readMissing(v); err != nil {
			return claimView{}, err
		}
	}
	for _, need := range missing {
		if need.From == claim.Claimant {
			page.Needs = append(page.Needs, need)
			page.Waits = page.Waits || need.Blocks
		}
	}
	for _, who := range c.Holders {
		if who.Role != claim.Claimant {
			page.Who = append(page.Who, who)
		}
	}
	if page.Waits {
		clocks, err := site.Read[rest.Clocks](v.API.GetClocks(v.Ctx(), c.Number, nil))
		if err != nil {
			return claimView{}, err
		}
		page.Paused = slices.ContainsFunc(clocks.Deadlines, func(d rest.Deadline) bool { return d.State == rest.Paused })
	}
	page.Phase = phase(c, page.Waits)
	if c.Outcome == claim.OutcomeWithdrawn {
		last := claim.LimitationEnds(claim.DateOf(c.LossAt)).Start()
		page.Back = &last
	}
	if len(events) > 0 {
		page.Last = events[0].Number
	}
	return page, nil
}

// readMissing is what the claim waits for. Somebody who has reported a loss that
// was known already sees that it is there, and no more.
func readMissing(v *site.Visit) ([]rest.Missing, error) {
	page, err := site.Read[rest.MissingPage](v.API.ListMissing(v.Ctx(), v.R.PathValue("claim"), &rest.ListMissingParams{Limit: 200}))
	if site.Is(err, "not-allowed") {
		return nil, nil
	}
	return page.Items, err
}

// phase is where a claim is, in a claimant's words.
func phase(c rest.Claim, waits bool) string {
	if c.Stage == claim.Closed && c.Outcome != "" {
		return "where." + string(c.Outcome)
	}
	if waits && slices.Contains([]claim.Stage{claim.Surveying, claim.Assessing, claim.Reviewing}, c.Stage) {
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
