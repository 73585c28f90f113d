package desk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// card is the decision card: may I, should I, and what happens if I do?
type card struct {
	rest.Decision
	Me      *rest.Principal
	Claim   rest.Claim
	Papers  []rest.DocumentSummary // the evidence to choose from
	Lacking []rest.ChecklistItem   // without which nobody approves
	Denial  *rest.DenialRecord     // proposed, on the second person's task
	Rows    []rest.AuthorityRow    // that matched
	Mine    bool                   // the visitor may decide on it
	Own     bool                   // it is the visitor's own proposal, for another to decide
	Taken   string                 // who has it, if another
	Percent int                    // of the limit that the amount takes, up to 100
	Form    site.Form
	Check   string // the verdict that is shown once more before it is sent
	Winner  string // who was faster
}

// decisionCard shows all that a verdict rests on. It counts as seen by whoever
// has had it before them for [seenAfter], or acts on it: after a glance, what
// is new since they last looked is still new.
func decisionCard(v *site.Visit) error {
	c, err := readCard(v)
	if err != nil {
		return err
	}
	return v.Show("desk-review", c)
}

// seenAfter is for how many seconds, in all, a card is shown until it was seen.
const seenAfter = 10

// SeenAfter is that, for the script that counts.
func (*card) SeenAfter() int { return seenAfter }

// sawCard notes that the visitor has had the card before them for long enough.
func sawCard(v *site.Visit) error {
	if _, err := v.Me(); err != nil {
		return err
	}
	keepSeen(v)
	v.W.WriteHeader(http.StatusNoContent)
	return nil
}

// keepSeen keeps how far the visitor has looked: as far as the card that their form
// came from. That it could not be kept shows at the next look, and nobody is
// stopped.
func keepSeen(v *site.Visit) {
	last, err := strconv.ParseInt(v.Field("last"), 10, 64)
	if err == nil && last > 0 {
		_, err = site.Read[rest.Seen](v.API.MarkSeen(v.Ctx(), v.Field("claim"), rest.Seen{Event: last}))
	}
	if err != nil {
		v.Log().WarnContext(v.Ctx(), "seen not kept", "claim", v.Field("claim"), "error", err)
	}
}

func readCard(v *site.Visit) (*card, error) {
	me, err := v.Me()
	if err != nil {
		return nil, err
	}
	c := &card{Me: me, Form: v.NewForm()}
	if c.Decision, err = site.Read[rest.Decision](v.API.GetDecision(v.Ctx(), v.R.PathValue("task"), nil)); err != nil {
		return nil, err
	}
	no := c.Task.Number
	if c.Claim, err = site.Read[rest.Claim](v.API.GetClaim(v.Ctx(), no, nil)); err != nil {
		return nil, err
	}
	if c.Papers, err = v.Documents(no); err != nil {
		return nil, err
	}
	if c.Task.Kind == claim.TaskReview {
		list, err := site.Read[rest.Checklist](v.API.GetChecklist(v.Ctx(), no, nil))
		if err != nil {
			return nil, err
		}
		c.Lacking = lacking(list)
	}
	if c.Task.Kind == claim.TaskDenial {
		b := &bench{Me: me, Claim: c.Claim}
		if err := readDenials(v, b); err != nil {
			return nil, err
		}
		if n := len(b.Denials); n > 0 {
			c.Denial = &b.Denials[n-1]
		}
	}
	for _, row := range c.Authority.Rows {
		if row.Matched {
			c.Rows = append(c.Rows, row)
		}
	}
	c.Own = c.Denial != nil && c.Denial.Verdict == nil && c.Denial.ProposedBy.Id == me.Id
	may, err := v.Acts(no)
	if err != nil {
		return nil, err
	}
	c.Mine = may.OnTask(claim.ActReview, c.Task.Id) || may.OnTask(claim.ActDecideDenial, c.Task.Id)
	if c.Task.Owner != "" && c.Task.Owner != me.Id {
		c.Taken = c.Task.OwnerName
	}
	c.Percent = 100
	if limit := c.Authority.YourLimitFen; limit > 0 && c.Authority.AmountFen < limit {
		c.Percent = int(c.Authority.AmountFen * 100 / limit)
	}
	slices.Reverse(c.Since)
	return c, nil
}

// lacking are the papers that a claim needs and that are neither there nor
// waived.
func lacking(list rest.Checklist) []rest.ChecklistItem {
	return slices.DeleteFunc(list.Items, func(i rest.ChecklistItem) bool {
		return !i.Required || i.State == claim.ItemAccepted || i.State == claim.ItemWaived
	})
}

// Over reports whether the amount is above the visitor's own limit, so that an
// approval is kept as a recommendation.
func (c *card) Over() bool {
	return c.Task.Kind == claim.TaskReview && c.Me.Role == claim.Reviewer && !c.Authority.Within
}

// Bar is the width of the bar, of 100, for an SVG.
func (c *card) Bar() int { return max(1, c.Percent) }

// Steps are those that a claim may be returned to.
func (*card) Steps() []string { return []string{"surveying", "assessing", "negotiating"} }

// Name is what people call a document.
func (c *card) Name(id string) string {
	return (&bench{Papers: c.Papers}).Name(id)
}

// decide sends a verdict: after it was shown once more, or after the undo
// moment that a browser with scripts gives.
func decide(v *site.Visit) error {
	task, verdict := v.R.PathValue("task"), v.Field("verdict")
	if v.Token == "" {
		return site.NotSignedIn
	}
	if v.Field("sure") == "" {
		return checkVerdict(v, verdict, nil)
	}
	keepSeen(v)
	receipt, err := sendVerdict(v, task, verdict)
	var p *site.Problem
	switch {
	case errors.As(err, &p) && p.Kind() != "not-found" && p.Status < http.StatusInternalServerError && !v.May(p):
		return checkVerdict(v, "", p)
	case err != nil:
		return err
	}
	word := map[string]string{
		"approve": "flash.approved", "return": "flash.returned", "send_up": "flash.sent-up", "propose_denial": "flash.denial-proposed",
		"deny": "flash.denied", "keep": "flash.denial-rejected",
	}[verdict]
	if receipt.Result == claim.Recommended {
		word = "flash.recommended"
	}
	v.Tell(word)
	return v.Redirect("/desk")
}

// checkVerdict shows the card again: to look at a verdict before it goes, or with
// what is wrong with it, and with what was typed.
func checkVerdict(v *site.Visit, verdict string, p *site.Problem) error {
	c, err := readCard(v)
	if err != nil {
		return err
	}
	c.Form, c.Check = site.Form{Lang: v.Lang, Values: v.Values, Problem: p}, verdict
	status := http.StatusOK
	if missing := c.missing(verdict); p == nil && missing != nil {
		p = site.WrongFields(missing...)
		c.Form, c.Check = site.Form{Lang: v.Lang, Values: v.Values, Problem: p}, ""
	}
	if p != nil {
		status, c.Winner = p.Status, string(p.Winner)
		for _, deed := range c.People {
			if deed.By.Id == p.Winner && deed.By.Name != "" {
				c.Winner = deed.By.Name
			}
		}
		if (c.Task.Owner == p.Winner || p.Winner == "" && c.Task.State != "open") && c.Taken != "" {
			c.Winner = c.Taken
		}
	}
	return v.ShowAs(status, "desk-review", c)
}

// missing are the fields without which a verdict says too little to be looked at.
func (c *card) missing(verdict string) (names []string) {
	need := map[string][]string{
		"approve": {"opinion"}, "return": {"return_to", "question"}, "send_up": {"opinion"}, "propose_denial": {"clause", "facts", "reasons", "evidence"},
		"deny": {"opinion"}, "keep": {"opinion"},
	}[verdict]
	if need == nil {
		return []string{"verdict"}
	}
	for _, name := range need {
		if strings.TrimSpace(c.Form.Value(name)) == "" {
			names = append(names, name)
		}
	}
	return names
}

func sendVerdict(v *site.Visit, task, verdict string) (claim.Receipt, error) {
	no := v.Field("claim")
	switch verdict {
	case "deny", "keep":
		return site.Read[claim.Receipt](v.API.DecideDenial(v.Ctx(), no, typedNumber(v, "round"), &rest.DecideDenialParams{IdempotencyKey: v.Key()},
			rest.DenialVerdict{Task: task, Approve: verdict == "deny", Opinion: v.Field("opinion")}))
	}
	body := rest.Verdict{Task: task, Kind: claim.VerdictKind(verdict), Opinion: v.Field("opinion")}
	switch body.Kind {
	case claim.VerdictReturn:
		body.ReturnTo, body.Question = claim.Stage(v.Field("return_to")), v.Field("question")
	case claim.VerdictDeny:
		body.Denial = &rest.Denial{Clause: v.Field("clause"), Facts: v.Field("facts"), Reasons: v.Field("reasons"), Evidence: v.Values["evidence"]}
	case claim.VerdictApprove, claim.VerdictSendUp:
	}
	if body.Opinion == "" {
		body.Opinion = body.Question
	}
	return site.Read[claim.Receipt](v.API.FileReview(v.Ctx(), no, &rest.FileReviewParams{IdempotencyKey: v.Key()}, body))
}
