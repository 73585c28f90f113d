package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

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
	Form    form
	Check   string // the verdict that is shown once more before it is sent
	Winner  string // who was faster
}

// decisionCard shows all that a verdict rests on. It counts as seen by whoever
// has had it before them for [seenAfter], or acts on it: after a glance, what
// is new since they last looked is still new.
func decisionCard(v *visit) error {
	c, err := v.card()
	if err != nil {
		return err
	}
	return v.show("desk-review", c)
}

// seenAfter is for how many seconds, in all, a card is shown until it was seen.
const seenAfter = 10

// SeenAfter is that, for the script that counts.
func (*card) SeenAfter() int { return seenAfter }

// sawCard notes that the visitor has had the card before them for long enough.
func sawCard(v *visit) error {
	if _, err := v.me(); err != nil {
		return err
	}
	v.saw()
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// saw keeps how far the visitor has looked: as far as the card that their form
// came from. That it could not be kept shows at the next look, and nobody is
// stopped.
func (v *visit) saw() {
	last, err := strconv.ParseInt(v.field("last"), 10, 64)
	if err == nil && last > 0 {
		_, err = read[rest.Seen](v.api.MarkSeen(v.ctx(), v.field("claim"), rest.Seen{Event: last}))
	}
	if err != nil {
		v.site.log.WarnContext(v.ctx(), "seen not kept", "claim", v.field("claim"), "error", err)
	}
}

func (v *visit) card() (*card, error) {
	me, err := v.me()
	if err != nil {
		return nil, err
	}
	c := &card{Me: me, Form: v.newForm()}
	if c.Decision, err = read[rest.Decision](v.api.GetDecision(v.ctx(), v.r.PathValue("task"), nil)); err != nil {
		return nil, err
	}
	no := c.Task.Number
	if c.Claim, err = read[rest.Claim](v.api.GetClaim(v.ctx(), no, nil)); err != nil {
		return nil, err
	}
	if c.Papers, err = v.documents(no); err != nil {
		return nil, err
	}
	if c.Task.Kind == claim.TaskReview {
		list, err := read[rest.Checklist](v.api.GetChecklist(v.ctx(), no, nil))
		if err != nil {
			return nil, err
		}
		c.Lacking = lacking(list)
	}
	if c.Task.Kind == claim.TaskDenial {
		b := &bench{Me: me, Claim: c.Claim}
		if err := v.denials(b); err != nil {
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
	may, err := v.options(no)
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
func decide(v *visit) error {
	task, verdict := v.r.PathValue("task"), v.field("verdict")
	if v.token == "" {
		return notSignedIn
	}
	if v.field("sure") == "" {
		return v.check(verdict, nil)
	}
	v.saw()
	receipt, err := v.sendVerdict(task, verdict)
	var p *problem
	switch {
	case errors.As(err, &p) && p.kind() != "not-found" && p.Status < http.StatusInternalServerError && !v.may(p):
		return v.check("", p)
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
	v.tell(word)
	return v.redirect("/desk")
}

// check shows the card again: to look at a verdict before it goes, or with
// what is wrong with it, and with what was typed.
func (v *visit) check(verdict string, p *problem) error {
	c, err := v.card()
	if err != nil {
		return err
	}
	c.Form, c.Check = form{v.lang, v.form, p}, verdict
	status := http.StatusOK
	if missing := c.missing(verdict); p == nil && missing != nil {
		p = wrongFields(missing...)
		c.Form, c.Check = form{v.lang, v.form, p}, ""
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
	return v.showAs(status, "desk-review", c)
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

func (v *visit) sendVerdict(task, verdict string) (claim.Receipt, error) {
	no := v.field("claim")
	switch verdict {
	case "deny", "keep":
		return read[claim.Receipt](v.api.DecideDenial(v.ctx(), no, v.number("round"), &rest.DecideDenialParams{IdempotencyKey: v.key()},
			rest.DenialVerdict{Task: task, Approve: verdict == "deny", Opinion: v.field("opinion")}))
	}
	body := rest.Verdict{Task: task, Kind: claim.VerdictKind(verdict), Opinion: v.field("opinion")}
	switch body.Kind {
	case claim.VerdictReturn:
		body.ReturnTo, body.Question = claim.Stage(v.field("return_to")), v.field("question")
	case claim.VerdictDeny:
		body.Denial = &rest.Denial{Clause: v.field("clause"), Facts: v.field("facts"), Reasons: v.field("reasons"), Evidence: v.form["evidence"]}
	case claim.VerdictApprove, claim.VerdictSendUp:
	}
	if body.Opinion == "" {
		body.Opinion = body.Question
	}
	return read[claim.Receipt](v.api.FileReview(v.ctx(), no, &rest.FileReviewParams{IdempotencyKey: v.key()}, body))
}

// Has reports whether a choice of several was made.
func (f form) Has(name, value string) bool { return slices.Contains(f.values[name], value) }

// Kept are the fields of the form as they were sent, to send them again.
func (f form) Kept() (list []kept) {
	for name, values := range f.values {
		for _, value := range values {
			if name != "sure" {
				list = append(list, kept{name, value})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b kept) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// path is an address with its query.
func pathWith(path string, query url.Values) string {
	return (&url.URL{Path: path, RawQuery: query.Encode()}).RequestURI()
}
