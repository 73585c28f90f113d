package web

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

	"anpei/claim"
	"anpei/schemas/rest"
)

// options are the acts that the API lists for the visitor on a claim.
type options []rest.ActOption

func (v *visit) options(no string) (options, error) {
	list, err := read[rest.ActList](v.api.ListActs(v.ctx(), no))
	return list.Items, err
}

// Of is the act as it is listed: one against which nothing stands before
// others. nil: it is not the visitor's to do.
func (o options) Of(act claim.Act) (found *rest.ActOption) {
	for i := range o {
		if o[i].Act == act && (found == nil || len(found.Against) > 0 && len(o[i].Against) == 0) {
			found = &o[i]
		}
	}
	return found
}

// Open reports whether nothing stands against an act.
func (o options) Open(act claim.Act) bool { return o.Stopped(act) == "" }

// Stopped is the rule that stands against an act, "" where none does.
func (o options) Stopped(act claim.Act) string {
	switch one := o.Of(act); {
	case one == nil:
		return claim.RuleRole
	case len(one.Against) > 0:
		return one.Against[0].Rule
	}
	return ""
}

// OnTask reports whether an act can be done on a task.
func (o options) OnTask(act claim.Act, task string) bool {
	return slices.ContainsFunc(o, func(one rest.ActOption) bool { return one.Act == act && one.Task == task && len(one.Against) == 0 })
}

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
func offers(c rest.Claim, papers []rest.DocumentSummary, list options) (shown []offer) {
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
func actForm(v *visit) error {
	b, err := v.bench()
	if err != nil {
		return err
	}
	f := v.newForm()
	f.values = url.Values{"item": {v.r.URL.Query().Get("item")}}
	return v.showAct(http.StatusOK, b, v.r.PathValue("act"), f)
}

// showAct shows a form of an act, empty or with what was typed and is wrong.
func (v *visit) showAct(status int, b *bench, act string, f form) error {
	b.Act, b.Form = act, f
	var err error
	switch act {
	case "assign":
		b.Do, err = v.ranking(b)
	case "assess":
		b.Do = assessmentForm(b, f)
	case "release":
		b.Do, err = v.payout(b)
	case "note-contact":
		b.Do = now().In(claim.Shanghai).Format(momentField)
	case "propose-waiver", "confirm-waiver", "withdraw-waiver":
		if b.Listed() == nil {
			return notFound
		}
	case "link-policy", "request-papers", "convert", "confirm", "attach", "consent", "object", "decide-transfer", "correct-payee", "resume", "withdraw", "hold", "lift-hold":
	default:
		return notFound
	}
	if err != nil {
		return err
	}
	return v.showAs(status, "desk-bench", b)
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
func act(v *visit) error {
	no, name := v.r.PathValue("claim"), v.r.PathValue("act")
	do, known := actions[name]
	if !known {
		return notFound
	}
	if v.token == "" {
		return notSignedIn
	}
	receipt, err := do(v, no)
	var p *problem
	switch {
	case errors.Is(err, errNotYet):
		b, err := v.bench()
		if err != nil {
			return err
		}
		return v.showAct(http.StatusOK, b, name, form{lang: v.lang, values: v.form})
	case errors.As(err, &p) && (p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusTooManyRequests ||
		p.Status == http.StatusForbidden || p.Status == http.StatusConflict && !v.may(p)):
		b, err := v.bench()
		if err != nil {
			return err
		}
		return v.showAct(p.Status, b, name, form{v.lang, v.form, p})
	case err != nil:
		return err
	}
	v.tell(told(name, receipt))
	if name == "confirm" {
		return v.nextPaper(no)
	}
	return v.redirect("/desk/claims/" + url.PathEscape(no))
}

// told is what is said once an act is done.
func told(name string, receipt claim.Receipt) string {
	if name == "release" && receipt.Stage == claim.Agreed {
		return "flash.released-first"
	}
	return "flash.done-" + name
}

// nextPaper leads to the next document that a person must look at.
func (v *visit) nextPaper(no string) error {
	papers, err := v.documents(no)
	if err != nil {
		return err
	}
	to := "/desk/claims/" + url.PathEscape(no)
	if i := slices.IndexFunc(papers, unsure); i >= 0 {
		to += "/acts/confirm?doc=" + papers[i].Id
	}
	return v.redirect(to)
}

// errNotYet says that a form is to be shown again before it is sent.
var errNotYet = errors.New("not yet")

// actions send the forms.
var actions = map[string]func(v *visit, no string) (claim.Receipt, error){
	"link-policy": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.LinkPolicy(v.ctx(), no, &rest.LinkPolicyParams{IdempotencyKey: v.key()}, rest.LinkPolicy{PolicyNo: halfWidth(v.field("policy_no"))}))
	},
	"assign": func(v *visit, no string) (claim.Receipt, error) {
		if v.field("surveyor") == "" {
			return claim.Receipt{}, wrongFields("surveyor")
		}
		return read[claim.Receipt](v.api.AssignSurveyor(v.ctx(), no, &rest.AssignSurveyorParams{IdempotencyKey: v.key()},
			rest.Assign{Surveyor: claim.Principal(v.field("surveyor")), Reason: v.field("reason")}))
	},
	"convert": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.ConvertToVisit(v.ctx(), no, &rest.ConvertToVisitParams{IdempotencyKey: v.key()}, rest.Reason{Reason: v.field("reason")}))
	},
	"confirm": confirm,
	"request-papers": func(v *visit, no string) (claim.Receipt, error) {
		body := rest.PaperRequest{More: []rest.MorePaper{}, Finding: v.field("finding")}
		if kind := v.field("kind"); kind != "" {
			body.More = append(body.More, rest.MorePaper{Kind: kind, What: v.field("what"), Reason: v.field("reason")})
		}
		return read[claim.Receipt](v.api.RequestPapers(v.ctx(), no, &rest.RequestPapersParams{IdempotencyKey: v.key()}, body))
	},
	"propose-waiver": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.ProposeWaiver(v.ctx(), no, v.field("item"), &rest.ProposeWaiverParams{IdempotencyKey: v.key()}, rest.Reason{Reason: v.field("reason")}))
	},
	"confirm-waiver": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.ConfirmWaiver(v.ctx(), no, v.field("item"), &rest.ConfirmWaiverParams{IdempotencyKey: v.key()}))
	},
	"withdraw-waiver": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.WithdrawWaiver(v.ctx(), no, v.field("item"), &rest.WithdrawWaiverParams{IdempotencyKey: v.key()}))
	},
	"assess": assess,
	"attach": attach,
	"note-contact": func(v *visit, no string) (claim.Receipt, error) {
		at, err := time.ParseInLocation(momentField, v.field("contact_at"), claim.Shanghai)
		if err != nil {
			return claim.Receipt{}, wrongFields("contact_at")
		}
		// A minute is what can be typed: the whole of it, as far as it has come.
		if at = at.Add(time.Minute - time.Second); at.After(now()) {
			at = now()
		}
		return read[claim.Receipt](v.api.NoteContact(v.ctx(), no, &rest.NoteContactParams{IdempotencyKey: v.key()},
			rest.Contact{Channel: claim.ContactChannel(v.field("channel")), At: at, Outcome: claim.ContactOutcome(v.field("outcome"))}))
	},
	"consent": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.ConsentOffer(v.ctx(), no, v.number("offer"), &rest.ConsentOfferParams{IdempotencyKey: v.key()}))
	},
	"object": func(v *visit, no string) (claim.Receipt, error) {
		counter, ok := fenOf(v.field("counter_fen"))
		if !ok {
			return claim.Receipt{}, wrongFields("counter_fen")
		}
		return read[claim.Receipt](v.api.ObjectOffer(v.ctx(), no, v.number("offer"), &rest.ObjectOfferParams{IdempotencyKey: v.key()},
			rest.NewObjection{Reason: v.field("reason"), CounterFen: counter}))
	},
	"release": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.ReleasePayment(v.ctx(), no, &rest.ReleasePaymentParams{IdempotencyKey: v.key()}, rest.Release{Task: v.field("task"), Seen: v.field("seen")}))
	},
	"decide-transfer": func(v *visit, no string) (claim.Receipt, error) {
		if v.field("decision") == "" {
			return claim.Receipt{}, wrongFields("decision")
		}
		return read[claim.Receipt](v.api.DecideTransfer(v.ctx(), no, &rest.DecideTransferParams{IdempotencyKey: v.key()},
			rest.TransferDecision{Task: v.field("task"), Decision: claim.TransferChoice(v.field("decision")), Note: v.field("note")}))
	},
	"correct-payee": func(v *visit, no string) (claim.Receipt, error) {
		account := halfWidth(v.field("account"))
		if account != halfWidth(v.field("account_again")) {
			return claim.Receipt{}, wrongFields("account_again")
		}
		return read[claim.Receipt](v.api.CorrectPayee(v.ctx(), no, &rest.CorrectPayeeParams{IdempotencyKey: v.key()},
			rest.ChangePayee{Payee: rest.Payee{Name: v.field("name"), Bank: v.field("bank"), Account: account}, AccountAgain: halfWidth(v.field("account_again"))}))
	},
	"resume": func(v *visit, _ string) (claim.Receipt, error) {
		resumed, err := read[rest.Resumption](v.api.ResumeClaim(v.ctx(), v.field("task"), &rest.ResumeClaimParams{IdempotencyKey: v.key()},
			rest.Resume{Note: v.field("note"), Skip: v.field("skip") != "", AllOfCause: v.field("all_of_cause") != ""}))
		return resumed.Receipt, err
	},
	"hold":      func(v *visit, no string) (claim.Receipt, error) { return hold(v, no, true) },
	"lift-hold": func(v *visit, no string) (claim.Receipt, error) { return hold(v, no, false) },
	"withdraw": func(v *visit, no string) (claim.Receipt, error) {
		return read[claim.Receipt](v.api.WithdrawClaim(v.ctx(), no, &rest.WithdrawClaimParams{IdempotencyKey: v.key()}, rest.Reason{Reason: v.field("reason")}))
	},
}

// payout is what the release task that is open shows now.
func (v *visit) payout(b *bench) (rest.Payout, error) {
	o := b.Offered()
	if o == nil || o.Task == "" {
		return rest.Payout{}, nil // the page says why not
	}
	task, err := read[rest.Task](v.api.GetTask(v.ctx(), o.Task, nil))
	return task.Payout, err
}

// ToRelease reports whether what the open form does is a release task: then
// there is no transfer yet to decide on.
func (b *bench) ToRelease() bool {
	return !slices.ContainsFunc(b.Tasks, func(t rest.Task) bool { return t.Kind == claim.TaskPay })
}

func hold(v *visit, no string, held bool) (claim.Receipt, error) {
	return read[claim.Receipt](v.api.HoldEvidence(v.ctx(), no, &rest.HoldEvidenceParams{IdempotencyKey: v.key()}, rest.Hold{Held: held, Reason: v.field("reason")}))
}

// number is a field that holds a count; 0 where it does not.
func (v *visit) number(name string) int {
	n, _ := strconv.Atoi(v.field(name))
	return n
}

// ranked is whom a dispatcher may send: the list that the last dispatch chose
// from, and who is on the map now.
type ranked struct {
	Last *rest.Dispatch
	Now  []rest.SurveyorSeen
}

func (v *visit) ranking(b *bench) (out ranked, err error) {
	if b.Me.Role != claim.Dispatcher {
		return out, nil
	}
	rounds, err := all[rest.Dispatch](func(after string) (*http.Response, error) {
		return v.api.ListDispatches(v.ctx(), b.Number, &rest.ListDispatchesParams{Limit: 200, After: after})
	})
	if err != nil {
		return out, err
	}
	if n := len(rounds); n > 0 {
		out.Last = &rounds[n-1]
	}
	out.Now, err = all[rest.SurveyorSeen](func(after string) (*http.Response, error) {
		return v.api.ListSurveyors(v.ctx(), &rest.ListSurveyorsParams{Limit: 200, After: after})
	})
	out.Now = slices.DeleteFunc(out.Now, func(s rest.SurveyorSeen) bool {
		return out.Last != nil && slices.ContainsFunc(out.Last.Ranked, func(c rest.Candidate) bool { return c.Surveyor == s.Id })
	})
	return out, err
}

// km writes metres as people on the road say them.
func km(metres int64) string { return strconv.FormatFloat(float64(metres)/1000, 'f', 1, 64) + " km" }

// confirm sends a person's word on the fields that they have ticked. What goes
// into a payment is typed twice.
func confirm(v *visit, no string) (claim.Receipt, error) {
	body := rest.ConfirmFields{Kind: v.field("kind"), Fields: []rest.ConfirmedField{}}
	var wrong []string
	for name := range v.form {
		field, ok := strings.CutPrefix(name, "ok.")
		if !ok || v.field(name) == "" {
			continue
		}
		value := v.field("value." + field)
		one := rest.ConfirmedField{Name: field, Value: value}
		if claim.KeyedTwice(field) {
			one.Again = v.field("again." + field)
		}
		if strings.HasSuffix(field, "_fen") {
			fen, ok := fenOf(value)
			if !ok {
				wrong = append(wrong, "value."+field)
			}
			one.Value = strconv.FormatInt(int64(fen), 10)
			if again, ok := fenOf(one.Again); ok && one.Again != "" {
				one.Again = strconv.FormatInt(int64(again), 10)
			}
		}
		if claim.KeyedTwice(field) && halfWidth(one.Value) != halfWidth(one.Again) {
			wrong = append(wrong, "again."+field)
		}
		body.Fields = append(body.Fields, one)
	}
	if len(body.Fields) == 0 && body.Kind == "" {
		wrong = append(wrong, "fields")
	}
	if wrong != nil {
		return claim.Receipt{}, wrongFields(wrong...)
	}
	slices.SortFunc(body.Fields, func(a, b rest.ConfirmedField) int { return strings.Compare(a.Name, b.Name) }) // the same body each time it is sent
	return read[claim.Receipt](v.api.ConfirmDocument(v.ctx(), no, v.field("doc"), &rest.ConfirmDocumentParams{IdempotencyKey: v.key()}, body))
}

// plain is what a field to confirm holds: what was typed, else what was read,
// amounts in yuan without their sign.
func (b *bench) Typed(name, value string) string {
	if b.Form.values.Has("value." + name) {
		return b.Form.Value("value." + name)
	}
	return strings.TrimPrefix(fieldValue(name, value), "¥")
}

// attach streams the files of a form into the evidence store, one after the
// other, and attaches them in one command. The key of the form names it all:
// sent again, the same files are the same uploads and the same documents.
func attach(v *visit, no string) (claim.Receipt, error) {
	parts, err := v.r.MultipartReader()
	if err != nil {
		return claim.Receipt{}, wrongFields("files")
	}
	v.form = url.Values{}
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
			v.form.Add(part.FormName(), string(value))
			continue
		}
		up, err := v.upload(no, part, len(body.Documents))
		if err != nil {
			return claim.Receipt{}, err
		}
		body.Documents = append(body.Documents, rest.NewDocument{Upload: up.Id, Kind: v.field("kind")})
	}
	if len(body.Documents) == 0 {
		return claim.Receipt{}, wrongFields("files")
	}
	done, err := read[rest.Attached](v.api.AttachDocuments(v.ctx(), no, &rest.AttachDocumentsParams{IdempotencyKey: v.key()}, body))
	return done.Receipt, err
}

func (v *visit) upload(no string, part *multipart.Part, n int) (rest.Upload, error) {
	return read[rest.Upload](v.api.UploadFileWithBody(v.ctx(), no, &rest.UploadFileParams{
		Name: part.FileName(), Kind: v.field("kind"), IdempotencyKey: v.key() + "." + strconv.Itoa(n),
	}, "application/octet-stream", part))
}

// tooLarge is a form that brought more than may come at once, or broke off.
func tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{rest.Problem{Type: "/problems/too-large", Status: http.StatusRequestEntityTooLarge}}
	}
	return &problem{rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
}

// ratio reads a share as people type it, see [claim.ParseBP]. Nothing is none.
func ratio(typed string) (claim.BP, bool) {
	if strings.TrimSpace(typed) == "" {
		return 0, true
	}
	share, err := claim.ParseBP(typed)
	return share, err == nil
}
