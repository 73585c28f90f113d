// Package surveyor is the pages of surveyors, which stay on the phone when there
// is no network.
package surveyor

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// Files are the templates and words of these pages.
//
//go:embed templates/*.html words/*.json
var Files embed.FS

func init() { site.AddWords(Files) }

// Routes are the surveyor's pages. They stand under /s/, which is the
// scope of the worker that keeps them on the phone.
func Routes(handle site.Handle) {
	handle("GET /s", site.Staff, site.Elsewhere("/s/"))
	handle("GET /s/{$}", site.Staff, today)
	handle("POST /s/shift", site.Staff, putShift)
	handle("GET /s/outbox", site.Staff, outbox)
	handle("GET /s/away", site.Staff, away)
	handle("GET /s/{task}", site.Staff, surveyTask)
	handle("POST /s/{task}/acceptance", site.Staff, acceptSurvey)
	handle("POST /s/{task}/decline", site.Staff, declineSurvey)
	handle("GET /s/{task}/capture", site.Staff, capture)

	handle("GET /s/me", site.Staff, whoAmI)
	handle("GET /s/live", site.Staff, site.FollowTasks)
	handle("GET /s/worker.js", site.Anybody, site.ServiceWorker)
	for _, operation := range []string{ // what a phone sends on, as the contract has it
		"POST /s/api/claims/{claim}/chunked-uploads",
		"GET /s/api/claims/{claim}/chunked-uploads/{upload}",
		"PATCH /s/api/claims/{claim}/chunked-uploads/{upload}",
		"POST /s/api/claims/{claim}/documents",
		"POST /s/api/claims/{claim}/surveys",
	} {
		handle(operation, site.Staff, relay)
	}
}

// whose names the member of staff whom a page was made for, so that a phone
// does not show or send one person's things as another's.
const whose = "X-Anpei-Whose"

// visitor is who visits, and says so to the phone.
func visitor(v *site.Visit) (*rest.Principal, error) {
	me, err := v.Me()
	if err == nil {
		v.W.Header().Set(whose, string(me.Id))
	}
	return me, err
}

// todayPage is a surveyor's day.
type todayPage struct {
	Made  time.Time // which a phone tells that shows it later
	Shift rest.SurveyorSeen
	Tasks []surveyView // offers first, then by deadline
}

// today lists what a surveyor is asked to do and has accepted.
func today(v *site.Visit) error {
	me, err := visitor(v)
	if err != nil {
		return err
	}
	if me.Role != claim.Surveyor {
		return v.Redirect(site.Landing(me.Role))
	}
	shift, err := site.Read[rest.SurveyorSeen](v.API.GetShift(v.Ctx()))
	if err != nil {
		return err
	}
	tasks, err := site.Read[rest.TaskPage](v.API.ListTasks(v.Ctx(), &rest.ListTasksParams{Kind: claim.TaskSurvey, Mine: true, Limit: 100}))
	if err != nil {
		return err
	}
	page := todayPage{Made: site.Now(), Shift: shift}
	for _, t := range tasks.Items {
		c, err := site.Read[rest.Claim](v.API.GetClaim(v.Ctx(), string(t.Claim), nil))
		if site.Is(err, "not-found") { // passed on meanwhile
			continue
		}
		if err != nil {
			return err
		}
		page.Tasks = append(page.Tasks, surveyView{Task: t, Claim: c, From: shift.At, apple: isApple(v)})
	}
	slices.SortStableFunc(page.Tasks, func(a, b surveyView) int {
		return cmp.Or(inOrder(a.AnswerBy, b.AnswerBy), inOrder(a.DueAt, b.DueAt))
	})
	return v.Show("surveyor-today", page)
}

// inOrder compares two times of which none is the last.
func inOrder(a, b time.Time) int {
	switch {
	case a.IsZero() != b.IsZero():
		if a.IsZero() {
			return 1
		}
		return -1
	default:
		return a.Compare(b)
	}
}

// surveyView is a survey with the claim that it is of.
type surveyView struct {
	rest.Task
	Claim   rest.Claim
	From    *rest.Point // where the phone last was
	Missing []rest.Missing
	Papers  []paperWanted

	apple bool
}

// Offered reports whether the survey waits to be accepted.
func (s surveyView) Offered() bool { return s.State == rest.Open && s.Stage == claim.Dispatched }

// Going reports whether it was accepted and is not done.
func (s surveyView) Going() bool { return s.State == rest.Open && s.Stage == claim.Surveying }

// Metres is how far it is as the crow flies; ok is false where nobody knows.
func (s surveyView) Metres() (metres int64, ok bool) {
	if s.From == nil || s.Claim.At == nil {
		return 0, false
	}
	return s.From.Metres(*s.Claim.At), true
}

// Distance is that in words: 850 m, 3.4 km.
func (s surveyView) Distance() string {
	switch m, ok := s.Metres(); {
	case !ok:
		return ""
	case m < 1000:
		return fmt.Sprintf("%d m", m)
	default:
		return fmt.Sprintf("%d.%d km", m/1000, m%1000/100)
	}
}

// Way opens the phone's own map at the place.
func (s surveyView) Way() template.URL {
	place := url.QueryEscape(s.Claim.Place)
	at := "0,0"
	if p := s.Claim.At; p != nil {
		at = fmt.Sprintf("%.6f,%.6f", p.Lat, p.Lng)
	}
	if s.apple {
		if s.Claim.At == nil {
			return template.URL("maps://?daddr=" + place) //nolint:gosec // the place is escaped
		}
		return template.URL("maps://?daddr=" + at + "&q=" + place) //nolint:gosec // likewise
	}
	if s.Claim.At == nil {
		return template.URL("geo:0,0?q=" + place) //nolint:gosec // likewise
	}
	return template.URL("geo:" + at + "?q=" + at + "(" + place + ")") //nolint:gosec // likewise
}

// isApple reports whether the visitor's phone knows no geo: addresses.
func isApple(v *site.Visit) bool {
	agent := v.R.UserAgent()
	return strings.Contains(agent, "iPhone") || strings.Contains(agent, "iPad")
}

// People are those of the claim whom one may have to call, the one who
// reported it first.
func (s surveyView) People() []person {
	var people []person
	for _, p := range s.Claim.Parties {
		one := person{ClaimParty: p}
		if phone, err := claim.ParsePhone(p.Phone); err == nil {
			one.Dial = template.URL("tel:+86" + phone) //nolint:gosec // eleven digits
		}
		people = append(people, one)
	}
	return people
}

// First is whom to call.
func (s surveyView) First() *person {
	for _, p := range s.People() {
		if p.Dial != "" {
			return &p
		}
	}
	return nil
}

// person is a party, with the address that a phone dials.
type person struct {
	rest.ClaimParty
	Dial template.URL
}

// Shots are the pictures to bring back, by what was lost and how.
func (s surveyView) Shots() []string {
	var shots []string
	switch s.Line {
	case claim.Motor:
		shots = []string{"scene", "front-left", "rear-right", "damage", "damage-near", "plate", "vin", "odometer"}
		for _, e := range s.Claim.Exposures {
			if e.OwnerParty > 0 {
				shots = append(shots, "other-whole", "other-damage")
				break
			}
		}
		switch s.Claim.Cause {
		case "water":
			shots = append(shots, "waterline", "interior")
		case "fire":
			shots = append(shots, "origin", "engine")
		case "theft":
			shots = []string{"scene", "traces", "keys"}
		}
	default:
		shots = []string{"entrance", "scene", "origin", "damage", "damage-near", "nameplate", "stock", "rescued"}
		if s.Claim.Cause == "water" {
			shots = append(shots, "waterline")
		}
	}
	return append(shots, "more")
}

// paperWanted is a paper that belongs to such a claim, and whether it is there.
type paperWanted struct {
	Kind  string
	There bool
}

// wanted are the kinds of paper that a surveyor looks at on the spot.
func wanted(c rest.Claim) []string {
	if c.Line != claim.Motor {
		return []string{"id_card", "repair_estimate", "vat_invoice", "other"}
	}
	if c.Cause == "collision" {
		return []string{"vehicle_licence", "driving_licence", "accident_certificate", "repair_estimate", "other"}
	}
	return []string{"vehicle_licence", "driving_licence", "repair_estimate", "other"}
}

// readSurvey reads the survey that an address names.
func readSurvey(v *site.Visit) (surveyView, error) {
	if _, err := visitor(v); err != nil {
		return surveyView{}, err
	}
	t, err := site.Read[rest.Task](v.API.GetTask(v.Ctx(), v.R.PathValue("task"), nil))
	if err != nil {
		return surveyView{}, err
	}
	if t.Kind != claim.TaskSurvey {
		return surveyView{}, site.NotFound
	}
	s := surveyView{Task: t, apple: isApple(v)}
	if s.Claim, err = site.Read[rest.Claim](v.API.GetClaim(v.Ctx(), string(t.Claim), nil)); err != nil {
		return s, err
	}
	if shift, err := site.Read[rest.SurveyorSeen](v.API.GetShift(v.Ctx())); err == nil { // another role has none
		s.From = shift.At
	}
	papers, err := site.Read[rest.DocumentPage](v.API.ListDocuments(v.Ctx(), string(t.Claim), &rest.ListDocumentsParams{Limit: 200}))
	if err != nil {
		return s, err
	}
	for _, kind := range wanted(s.Claim) {
		s.Papers = append(s.Papers, paperWanted{kind, slices.ContainsFunc(papers.Items, func(d rest.DocumentSummary) bool { return d.Kind == kind })})
	}
	missing, err := site.Read[rest.MissingPage](v.API.ListMissing(v.Ctx(), string(t.Claim), &rest.ListMissingParams{Limit: 200}))
	for _, m := range missing.Items {
		if m.From == claim.Claimant {
			s.Missing = append(s.Missing, m)
		}
	}
	return s, err
}

// surveyTask is what to know before one goes, and what to bring back.
func surveyTask(v *site.Visit) error {
	s, err := readSurvey(v)
	if err != nil {
		return err
	}
	return answerable(v, http.StatusOK, s, v.NewForm())
}

// answerable shows a survey, with the form to answer the offer where the visitor
// may.
func answerable(v *site.Visit, status int, s surveyView, f site.Form) error {
	may, err := v.Acts(s.Number)
	if err != nil {
		return err
	}
	stopped := ""
	if !may.OnTask(claim.ActAccept, s.Id) {
		stopped = may.Stopped(claim.ActAccept)
	}
	return v.ShowAs(status, "surveyor-task", map[string]any{"Survey": s, "Form": f, "Reasons": declineReasons, "Stopped": stopped})
}

// capture is where pictures, report and signature are taken. All that it needs
// is on the page: it works without a network.
func capture(v *site.Visit) error {
	s, err := readSurvey(v)
	if err != nil {
		return err
	}
	if s.Offered() {
		return v.Redirect("/s/" + url.PathEscape(s.Id))
	}
	return v.Show("surveyor-capture", s)
}

// outbox shows what is on this phone; the phone itself fills it in.
func outbox(v *site.Visit) error {
	if _, err := visitor(v); err != nil {
		return err
	}
	return v.Show("surveyor-outbox", nil)
}

// away is what the phone shows without a network for a page that it has not
// kept. It holds nobody's data.
func away(v *site.Visit) error { return v.Show("surveyor-away", nil) }

// putShift tells the dispatcher whether the surveyor takes work, and where
// they are if the phone knows.
func putShift(v *site.Visit) error {
	if _, err := visitor(v); err != nil {
		return err
	}
	shift := rest.Shift{OnShift: v.Field("on") == "true"}
	var at rest.Point
	if n, _ := fmt.Sscan(v.Field("lat")+" "+v.Field("lng"), &at.Lat, &at.Lng); n == 2 {
		shift.At = &at
	}
	if _, err := site.Read[rest.SurveyorSeen](v.API.PutShift(v.Ctx(), &rest.PutShiftParams{IdempotencyKey: v.Key()}, shift)); err != nil {
		return err
	}
	if v.Field("quiet") != "" { // the phone says where it is, by itself
		v.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	if shift.OnShift {
		v.Tell("flash.on-shift")
	} else {
		v.Tell("flash.off-shift")
	}
	return v.Redirect("/s/")
}

// acceptSurvey says that the surveyor will go.
func acceptSurvey(v *site.Visit) error {
	_, err := site.Read[claim.Receipt](v.API.AcceptSurvey(v.Ctx(), v.R.PathValue("task"), &rest.AcceptSurveyParams{IdempotencyKey: v.Key()}))
	return settled(v, err, "flash.survey-accepted", "/s/"+url.PathEscape(v.R.PathValue("task")))
}

// declineReasons are what a surveyor may say who does not go, as keys of words
// under "decline.".
var declineReasons = []string{"busy", "far", "related", "vehicle", "other"}

// declineSurvey says that they will not, and why.
func declineSurvey(v *site.Visit) error {
	why, more := v.Field("why"), v.Field("more")
	if !slices.Contains(declineReasons, why) || why == "other" && more == "" {
		s, err := readSurvey(v)
		if err != nil {
			return err
		}
		f, _ := v.Refill(site.WrongFields("why"))
		return answerable(v, http.StatusUnprocessableEntity, s, f)
	}
	reason := v.Lang.Code("decline", why)
	if why == "other" {
		reason = more
	} else if more != "" {
		reason += ": " + more
	}
	_, err := site.Read[claim.Receipt](v.API.DeclineSurvey(v.Ctx(), v.R.PathValue("task"), &rest.DeclineSurveyParams{IdempotencyKey: v.Key()},
		claim.Reason{Reason: reason}))
	return settled(v, err, "flash.survey-declined", "/s/")
}

// settled goes on after an answer to an offer. That it came too late is no
// fault: the list shows how it is.
func settled(v *site.Visit, err error, told, to string) error {
	switch {
	case site.Is(err, "wrong-task", "wrong-stage", "not-allowed"):
		told, to = "flash.survey-gone", "/s/"
	case err != nil:
		return err
	}
	v.Tell(told)
	return v.Redirect(to)
}

// relay hands a request on to the operation of the API that has its path,
// streaming both ways. It is the visitor's own only if the script meant them:
// another person may have signed in on this phone since the page was loaded.
func relay(v *site.Visit) error {
	me, err := visitor(v)
	if err != nil {
		return v.FailAsData(err)
	}
	if v.R.Header.Get(whose) != string(me.Id) {
		return v.FailAsData(&site.Problem{Problem: rest.Problem{
			Type: "/problems/another-person", Status: http.StatusForbidden,
			Title: "Another person is signed in", Detail: "What this phone keeps belongs to somebody else, who has to sign in to send it.",
		}})
	}
	return v.Pass(v.HandOn(strings.TrimPrefix(v.R.URL.EscapedPath(), "/s/api")))
}

// whoAmI tells a script whose session this is, and what time it is here.
func whoAmI(v *site.Visit) error {
	me, err := visitor(v)
	if err != nil {
		return v.FailAsData(err)
	}
	v.W.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.W).Encode(map[string]any{"id": me.Id, "name": me.Name, "now": site.Now().UnixMilli()})
}
