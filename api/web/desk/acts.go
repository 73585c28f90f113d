package desk

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// offer is an act as the workbench shows it, and what stands against it now, if
// anything does.
type offer struct {
	Name   string
	Task   string // that it does
	Due    bool   // a task asks for it
	Rule   string // why not now; empty: it is open
	Winner string // who was first, where that is why
}

// benchActs are the acts that the workbench has a form for, as it shows them,
// with the task that asks for each.
var benchActs = []struct {
	act  claim.Act
	task claim.TaskKind
}{
	{claim.ActLinkPolicy, claim.TaskPolicy},
	{claim.ActAssign, claim.TaskAssign},
	{claim.ActConvert, ""},
	{claim.ActConfirm, claim.TaskConfirm},
	{claim.ActAssess, claim.TaskAssess},
	{claim.ActRequestPapers, ""},
	{claim.ActProposeWaiver, ""},
	{claim.ActConfirmWaiver, ""},
	{claim.ActWithdrawWaiver, ""},
	{claim.ActAttach, ""},
	{claim.ActNoteContact, ""},
	{claim.ActConsent, ""},
	{claim.ActObject, ""},
	{claim.ActRelease, claim.TaskRelease},
	{claim.ActDecideTransfer, claim.TaskPay},
	{claim.ActCorrectPayee, ""},
	{claim.ActResume, claim.TaskResume},
	{claim.ActWithdraw, ""},
	{claim.ActHold, ""},
}

// offers shows what the API lists, but for what there is nothing to do on: a
// policy that is linked, papers that nobody needs to confirm, and acts whose
// time is past or yet to come.
func offers(c rest.Claim, papers []rest.DocumentSummary, list site.Acts) (shown []offer) {
	for _, a := range benchActs {
		o := list.Of(a.act)
		if o == nil || a.act == claim.ActLinkPolicy && c.PolicyVerified || a.act == claim.ActConfirm && !slices.ContainsFunc(papers, unsure) {
			continue
		}
		one := offer{Name: string(o.Act), Task: o.Task, Due: slices.ContainsFunc(c.Tasks, func(t rest.Task) bool { return t.Kind == a.task })}
		if a.act == claim.ActHold && c.Held.By != "" {
			one.Name = "lift-hold"
		}
		if len(o.Against) > 0 {
			why := o.Against[0]
			if strings.HasPrefix(why.Rule, "stage.") && why.Rule != claim.RuleParked || why.Rule == claim.RuleTask {
				continue
			}
			one.Rule, one.Winner = why.Rule, string(why.Winner)
			for _, t := range c.Tasks {
				if t.Owner == why.Winner && t.OwnerName != "" {
					one.Winner = t.OwnerName
				}
			}
		}
		shown = append(shown, one)
	}
	return shown
}

// OnPaper reports whether the act is on one paper of the list, and offered there.
func (o offer) OnPaper() bool { return strings.HasSuffix(o.Name, "-waiver") }

func unsure(d rest.DocumentSummary) bool { return d.State == claim.PaperUnsure }

// actForm shows the form of an act beside the evidence.
func actForm(v *site.Visit) error {
	b, err := readBench(v)
	if err != nil {
		return err
	}
	f := v.NewForm()
	f.Values = url.Values{"item": {v.R.URL.Query().Get("item")}}
	return showAct(v, http.StatusOK, b, v.R.PathValue("act"), f)
}

// showAct shows a form of an act, empty or with what was typed and is wrong.
func showAct(v *site.Visit, status int, b *bench, act string, f site.Form) error {
	b.Act, b.Form = act, f
	var err error
	switch act {
	case "assign":
		b.Do, err = readRanking(v, b)
	case "assess":
		b.Do = assessmentForm(b, f)
	case "release":
		b.Do, err = readPayout(v, b)
	case "note-contact":
		b.Do = site.Now().In(claim.Shanghai).Format(site.MomentField)
	case "propose-waiver", "confirm-waiver", "withdraw-waiver":
		if b.Listed() == nil {
			return site.NotFound
		}
	case "link-policy", "request-papers", "convert", "confirm", "attach", "consent", "object", "decide-transfer", "correct-payee", "resume", "withdraw", "hold", "lift-hold":
	default:
		return site.NotFound
	}
	if err != nil {
		return err
	}
	return v.ShowAs(status, "desk-bench", b)
}

// Channels are the ways on which a claimant is spoken to.
func (*bench) Channels() []string {
	return []string{string(claim.ByPhone), string(claim.ByMessage), string(claim.InPerson)}
}

// Outcomes are what may come of a try to reach them.
func (*bench) Outcomes() []string { return []string{string(claim.Reached), string(claim.Attempted)} }

// Offered is the open form's act as it is offered, or nil.
func (b *bench) Offered() *offer {
	for i := range b.Acts {
		if b.Acts[i].Name == b.Act {
			return &b.Acts[i]
		}
	}
	return nil
}

// Task is what the open act does: as it was when the form was rendered.
func (b *bench) Task() string {
	if task := b.Form.Value("task"); task != "" {
		return task
	}
	if o := b.Offered(); o != nil {
		return o.Task
	}
	return ""
}

// Offer is the offer in force, or nil.
func (b *bench) Offer() *rest.Offer {
	for i := range b.Offers {
		if b.Offers[i].InForce {
			return &b.Offers[i]
		}
	}
	return nil
}

// act sends what a form says. What is wrong is said beside what was typed; a
// claim that has gone on meanwhile is shown as it is now.
func act(v *site.Visit) error {
	no, name := v.R.PathValue("claim"), v.R.PathValue("act")
	do, known := actions[name]
	if !known {
		return site.NotFound
	}
	if v.Token == "" {
		return site.NotSignedIn
	}
	receipt, err := do(v, no)
	var p *site.Problem
	switch {
	case errors.Is(err, errNotYet):
		b, err := readBench(v)
		if err != nil {
			return err
		}
		return showAct(v, http.StatusOK, b, name, site.Form{Lang: v.Lang, Values: v.Values})
	case errors.As(err, &p) && (p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusTooManyRequests ||
		p.Status == http.StatusForbidden || p.Status == http.StatusConflict && !v.May(p)):
		b, err := readBench(v)
		if err != nil {
			return err
		}
		return showAct(v, p.Status, b, name, site.Form{Lang: v.Lang, Values: v.Values, Problem: p})
	case err != nil:
		return err
	}
	v.Tell(told(name, receipt))
	if name == "confirm" {
		return nextPaper(v, no)
	}
	return v.Redirect("/desk/claims/" + url.PathEscape(no))
}

// told is what is said once an act is done.
func told(name string, receipt claim.Receipt) string {
	if name == "release" && receipt.Stage == claim.Agreed {
		return "flash.released-first"
	}
	return "flash.done-" + name
}

// nextPaper leads to the next document that a person must look at.
func nextPaper(v *site.Visit, no string) error {
	papers, err := v.Documents(no)
	if err != nil {
		return err
	}
	to := "/desk/claims/" + url.PathEscape(no)
	if i := slices.IndexFunc(papers, unsure); i >= 0 {
		to += "/acts/confirm?doc=" + papers[i].Id
	}
	return v.Redirect(to)
}

// errNotYet says that a form is to be shown again before it is sent.
var errNotYet = errors.New("not yet")

// actions send the forms.
var actions = map[string]func(v *site.Visit, no string) (claim.Receipt, error){
	"link-policy": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.LinkPolicy(v.Ctx(), no, &rest.LinkPolicyParams{IdempotencyKey: v.Key()}, rest.LinkPolicy{PolicyNo: site.HalfWidth(v.Field("policy_no"))}))
	},
	"assign": func(v *site.Visit, no string) (claim.Receipt, error) {
		if v.Field("surveyor") == "" {
			return claim.Receipt{}, site.WrongFields("surveyor")
		}
		return site.Read[claim.Receipt](v.API.AssignSurveyor(v.Ctx(), no, &rest.AssignSurveyorParams{IdempotencyKey: v.Key()},
			rest.Assign{Surveyor: claim.Principal(v.Field("surveyor")), Reason: v.Field("reason")}))
	},
	"convert": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.ConvertToVisit(v.Ctx(), no, &rest.ConvertToVisitParams{IdempotencyKey: v.Key()}, rest.Reason{Reason: v.Field("reason")}))
	},
	"confirm": confirm,
	"request-papers": func(v *site.Visit, no string) (claim.Receipt, error) {
		body := rest.PaperRequest{More: []rest.MorePaper{}, Finding: v.Field("finding")}
		if kind := v.Field("kind"); kind != "" {
			body.More = append(body.More, rest.MorePaper{Kind: kind, What: v.Field("what"), Reason: v.Field("reason")})
		}
		return site.Read[claim.Receipt](v.API.RequestPapers(v.Ctx(), no, &rest.RequestPapersParams{IdempotencyKey: v.Key()}, body))
	},
	"propose-waiver": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.ProposeWaiver(v.Ctx(), no, v.Field("item"), &rest.ProposeWaiverParams{IdempotencyKey: v.Key()}, rest.Reason{Reason: v.Field("reason")}))
	},
	"confirm-waiver": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.ConfirmWaiver(v.Ctx(), no, v.Field("item"), &rest.ConfirmWaiverParams{IdempotencyKey: v.Key()}))
	},
	"withdraw-waiver": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.WithdrawWaiver(v.Ctx(), no, v.Field("item"), &rest.WithdrawWaiverParams{IdempotencyKey: v.Key()}))
	},
	"assess": assess,
	"attach": attach,
	"note-contact": func(v *site.Visit, no string) (claim.Receipt, error) {
		at, err := time.ParseInLocation(site.MomentField, v.Field("contact_at"), claim.Shanghai)
		if err != nil {
			return claim.Receipt{}, site.WrongFields("contact_at")
		}
		// A minute is what can be typed: the whole of it, as far as it has come.
		if at = at.Add(time.Minute - time.Second); at.After(site.Now()) {
			at = site.Now()
		}
		return site.Read[claim.Receipt](v.API.NoteContact(v.Ctx(), no, &rest.NoteContactParams{IdempotencyKey: v.Key()},
			rest.Contact{Channel: claim.ContactChannel(v.Field("channel")), At: at, Outcome: claim.ContactOutcome(v.Field("outcome"))}))
	},
	"consent": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.ConsentOffer(v.Ctx(), no, typedNumber(v, "offer"), &rest.ConsentOfferParams{IdempotencyKey: v.Key()}))
	},
	"object": func(v *site.Visit, no string) (claim.Receipt, error) {
		counter, ok := site.FenOf(v.Field("counter_fen"))
		if !ok {
			return claim.Receipt{}, site.WrongFields("counter_fen")
		}
		return site.Read[claim.Receipt](v.API.ObjectOffer(v.Ctx(), no, typedNumber(v, "offer"), &rest.ObjectOfferParams{IdempotencyKey: v.Key()},
			rest.NewObjection{Reason: v.Field("reason"), CounterFen: counter}))
	},
	"release": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.ReleasePayment(v.Ctx(), no, &rest.ReleasePaymentParams{IdempotencyKey: v.Key()}, rest.Release{Task: v.Field("task"), Seen: v.Field("seen")}))
	},
	"decide-transfer": func(v *site.Visit, no string) (claim.Receipt, error) {
		if v.Field("decision") == "" {
			return claim.Receipt{}, site.WrongFields("decision")
		}
		return site.Read[claim.Receipt](v.API.DecideTransfer(v.Ctx(), no, &rest.DecideTransferParams{IdempotencyKey: v.Key()},
			rest.TransferDecision{Task: v.Field("task"), Decision: claim.TransferChoice(v.Field("decision")), Note: v.Field("note")}))
	},
	"correct-payee": func(v *site.Visit, no string) (claim.Receipt, error) {
		account := site.HalfWidth(v.Field("account"))
		if account != site.HalfWidth(v.Field("account_again")) {
			return claim.Receipt{}, site.WrongFields("account_again")
		}
		return site.Read[claim.Receipt](v.API.CorrectPayee(v.Ctx(), no, &rest.CorrectPayeeParams{IdempotencyKey: v.Key()},
			rest.ChangePayee{Payee: rest.Payee{Name: v.Field("name"), Bank: v.Field("bank"), Account: account}, AccountAgain: site.HalfWidth(v.Field("account_again"))}))
	},
	"resume": func(v *site.Visit, _ string) (claim.Receipt, error) {
		resumed, err := site.Read[rest.Resumption](v.API.ResumeClaim(v.Ctx(), v.Field("task"), &rest.ResumeClaimParams{IdempotencyKey: v.Key()},
			rest.Resume{Note: v.Field("note"), Skip: v.Field("skip") != "", AllOfCause: v.Field("all_of_cause") != ""}))
		return resumed.Receipt, err
	},
	"hold":      func(v *site.Visit, no string) (claim.Receipt, error) { return hold(v, no, true) },
	"lift-hold": func(v *site.Visit, no string) (claim.Receipt, error) { return hold(v, no, false) },
	"withdraw": func(v *site.Visit, no string) (claim.Receipt, error) {
		return site.Read[claim.Receipt](v.API.WithdrawClaim(v.Ctx(), no, &rest.WithdrawClaimParams{IdempotencyKey: v.Key()}, rest.Reason{Reason: v.Field("reason")}))
	},
}

// readPayout is what the release task that is open shows now.
func readPayout(v *site.Visit, b *bench) (rest.Payout, error) {
	o := b.Offered()
	if o == nil || o.Task == "" {
		return rest.Payout{}, nil // the page says why not
	}
	task, err := site.Read[rest.Task](v.API.GetTask(v.Ctx(), o.Task, nil))
	return task.Payout, err
}

// ToRelease reports whether what the open form does is a release task: then
// there is no transfer yet to decide on.
func (b *bench) ToRelease() bool {
	return !slices.ContainsFunc(b.Tasks, func(t rest.Task) bool { return t.Kind == claim.TaskPay })
}

func hold(v *site.Visit, no string, held bool) (claim.Receipt, error) {
	return site.Read[claim.Receipt](v.API.HoldEvidence(v.Ctx(), no, &rest.HoldEvidenceParams{IdempotencyKey: v.Key()}, rest.Hold{Held: held, Reason: v.Field("reason")}))
}

// typedNumber is a field that holds a count; 0 where it does not.
func typedNumber(v *site.Visit, name string) int {
	n, _ := strconv.Atoi(v.Field(name))
	return n
}

// ranked is whom a dispatcher may send: the list that the last dispatch chose
// from, and who is on the map now.
type ranked struct {
	Last *rest.Dispatch
	Now  []rest.SurveyorSeen
}

func readRanking(v *site.Visit, b *bench) (out ranked, err error) {
	if b.Me.Role != claim.Dispatcher {
		return out, nil
	}
	rounds, err := site.All[rest.Dispatch](func(after string) (*http.Response, error) {
		return v.API.ListDispatches(v.Ctx(), b.Number, &rest.ListDispatchesParams{Limit: 200, After: after})
	})
	if err != nil {
		return out, err
	}
	if n := len(rounds); n > 0 {
		out.Last = &rounds[n-1]
	}
	out.Now, err = site.All[rest.SurveyorSeen](func(after string) (*http.Response, error) {
		return v.API.ListSurveyors(v.Ctx(), &rest.ListSurveyorsParams{Limit: 200, After: after})
	})
	out.Now = slices.DeleteFunc(out.Now, func(s rest.SurveyorSeen) bool {
		return out.Last != nil && slices.ContainsFunc(out.Last.Ranked, func(c rest.Candidate) bool { return c.Surveyor == s.Id })
	})
	return out, err
}

// confirm sends a person's word on the fields that they have ticked. What goes
// into a payment is typed twice.
func confirm(v *site.Visit, no string) (claim.Receipt, error) {
	body := rest.ConfirmFields{Kind: v.Field("kind"), Fields: []rest.ConfirmedField{}}
	var wrong []string
	for name := range v.Values {
		field, ok := strings.CutPrefix(name, "ok.")
		if !ok || v.Field(name) == "" {
			continue
		}
		value := v.Field("value." + field)
		one := rest.ConfirmedField{Name: field, Value: value}
		if claim.KeyedTwice(field) {
			one.Again = v.Field("again." + field)
		}
		if strings.HasSuffix(field, "_fen") {
			fen, ok := site.FenOf(value)
			if !ok {
				wrong = append(wrong, "value."+field)
			}
			one.Value = strconv.FormatInt(int64(fen), 10)
			if again, ok := site.FenOf(one.Again); ok && one.Again != "" {
				one.Again = strconv.FormatInt(int64(again), 10)
			}
		}
		if claim.KeyedTwice(field) && site.HalfWidth(one.Value) != site.HalfWidth(one.Again) {
			wrong = append(wrong, "again."+field)
		}
		body.Fields = append(body.Fields, one)
	}
	if len(body.Fields) == 0 && body.Kind == "" {
		wrong = append(wrong, "fields")
	}
	if wrong != nil {
		return claim.Receipt{}, site.WrongFields(wrong...)
	}
	slices.SortFunc(body.Fields, func(a, b rest.ConfirmedField) int { return strings.Compare(a.Name, b.Name) }) // the same body each time it is sent
	return site.Read[claim.Receipt](v.API.ConfirmDocument(v.Ctx(), no, v.Field("doc"), &rest.ConfirmDocumentParams{IdempotencyKey: v.Key()}, body))
}

// plain is what a field to confirm holds: what was typed, else what was read,
// amounts in yuan without their sign.
func (b *bench) Typed(name, value string) string {
	if b.Form.Values.Has("value." + name) {
		return b.Form.Value("value." + name)
	}
	return strings.TrimPrefix(site.FieldValue(name, value), "¥")
}

// attach streams the files of a form into the evidence store, one after the
// other, and attaches them in one command. The key of the form names it all:
// sent again, the same files are the same uploads and the same documents.
func attach(v *site.Visit, no string) (claim.Receipt, error) {
	parts, err := v.R.MultipartReader()
	if err != nil {
		return claim.Receipt{}, site.WrongFields("files")
	}
	v.Values = url.Values{}
	var body rest.Attach
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return claim.Receipt{}, tooLarge(err)
		}
		if part.FileName() == "" {
			value, err := io.ReadAll(io.LimitReader(part, 4<<10))
			if err != nil {
				return claim.Receipt{}, tooLarge(err)
			}
			v.Values.Add(part.FormName(), string(value))
			continue
		}
		up, err := uploadOne(v, no, part, len(body.Documents))
		if err != nil {
			return claim.Receipt{}, err
		}
		body.Documents = append(body.Documents, rest.NewDocument{Upload: up.Id, Kind: v.Field("kind")})
	}
	if len(body.Documents) == 0 {
		return claim.Receipt{}, site.WrongFields("files")
	}
	done, err := site.Read[rest.Attached](v.API.AttachDocuments(v.Ctx(), no, &rest.AttachDocumentsParams{IdempotencyKey: v.Key()}, body))
	return done.Receipt, err
}

func uploadOne(v *site.Visit, no string, part *multipart.Part, n int) (rest.Upload, error) {
	return site.Read[rest.Upload](v.API.UploadFileWithBody(v.Ctx(), no, &rest.UploadFileParams{
		Name: part.FileName(), Kind: v.Field("kind"), IdempotencyKey: v.Key() + "." + strconv.Itoa(n),
	}, "application/octet-stream", part))
}

// tooLarge is a form that brought more than may come at once, or broke off.
func tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &site.Problem{Problem: rest.Problem{Type: "/problems/too-large", Status: http.StatusRequestEntityTooLarge}}
	}
	return &site.Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
}
