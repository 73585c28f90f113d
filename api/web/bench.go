package web

import (
	"cmp"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"anpei/claim"
	"anpei/schemas/rest"
)

// deskRoutes are the pages of the desk.
func (s *Site) deskRoutes(handle func(string, audience, page)) {
	handle("GET /desk", staff, worklist)
	handle("GET /desk/stream", staff, followTasks)
	handle("POST /desk/tasks/{task}/take", staff, takeTask)
	handle("POST /desk/tasks/{task}/release", staff, releaseTask)

	handle("GET /desk/report", staff, callForm)
	handle("POST /desk/report", staff, takeCall)

	handle("GET /desk/claims/{claim}", staff, workbench)
	handle("GET /desk/claims/{claim}/stream", staff, followClaim)
	handle("GET /desk/claims/{claim}/documents/{document}/content", staff, original)
	handle("GET /desk/claims/{claim}/documents/{document}/preview", staff, documentPreview)
	handle("GET /desk/claims/{claim}/letters/{letter}/content", staff, letterOriginal)
	handle("GET /desk/claims/{claim}/findings", staff, findings)
	handle("POST /desk/claims/{claim}/findings/{finding}", staff, noteFinding)
	handle("GET /desk/claims/{claim}/verification", staff, verification)
	handle("GET /desk/claims/{claim}/acts/{act}", staff, actForm)
	handle("POST /desk/claims/{claim}/acts/{act}", staff, act)

	handle("GET /desk/review/{task}", staff, decisionCard)
	handle("POST /desk/review/{task}", staff, decide)
	handle("POST /desk/review/{task}/seen", staff, sawCard)
	handle("GET /desk/payments", staff, payments)
	handle("GET /desk/refused", staff, refusedAttempts)
	handle("GET /desk/search", staff, search)
}

// bench is the workbench: evidence on the left, figures on the right, and
// below them what happened and by when what is due.
type bench struct {
	rest.Claim
	Me *rest.Principal

	Papers []rest.DocumentSummary
	Open   *rest.Document // the one that is looked at
	Field  string         // of it, whose box is pointed out

	Assessments []rest.Assessment // the newest first
	Offers      []rest.Offer      // the newest first
	Surveys     []rest.Survey
	Reviews     []rest.Review
	Payments    []rest.Payment
	Letters     []rest.Letter
	Denials     []rest.DenialRecord
	Missing     []rest.Missing
	Checklist   rest.Checklist
	Clocks      rest.Clocks
	Findings    []rest.Finding
	Events      []rest.Event // the newest first
	Last        int64        // number of the newest

	Acts []offer // what the visitor's role may do with a claim, and what stands against it
	Act  string  // the one whose form is open
	Do   any     // what that form needs
	Form form
}

// workbench shows all that is known of a claim, and from where.
func workbench(v *visit) error {
	b, err := v.bench()
	if err != nil {
		return err
	}
	switch part := v.r.URL.Query().Get("part"); {
	case v.part() && slices.Contains([]string{"claim-head", "figures", "course"}, part):
		return v.showPart("desk-bench", part, b)
	default:
		return v.show("desk-bench", b)
	}
}

// bench reads what the API tells the visitor of the claim in the address.
func (v *visit) bench() (*bench, error) {
	no := v.r.PathValue("claim")
	me, err := v.me()
	if err != nil {
		return nil, err
	}
	b := &bench{Me: me, Form: v.newForm()}
	// What happens while it is read is news to its stream: the events come first.
	if b.Events, err = v.timeline(no); err != nil {
		return nil, err
	}
	if b.Claim, err = read[rest.Claim](v.api.GetClaim(v.ctx(), no, nil)); err != nil {
		return nil, err
	}
	for _, one := range []func() error{
		func() (err error) { b.Papers, err = v.documents(no); return err },
		func() (err error) {
			b.Assessments, err = all[rest.Assessment](func(after string) (*http.Response, error) {
				return v.api.ListAssessments(v.ctx(), no, &rest.ListAssessmentsParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Offers, err = all[rest.Offer](func(after string) (*http.Response, error) {
				return v.api.ListOffers(v.ctx(), no, &rest.ListOffersParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Surveys, err = all[rest.Survey](func(after string) (*http.Response, error) {
				return v.api.ListSurveys(v.ctx(), no, &rest.ListSurveysParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Reviews, err = all[rest.Review](func(after string) (*http.Response, error) {
				return v.api.ListReviews(v.ctx(), no, &rest.ListReviewsParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Payments, err = all[rest.Payment](func(after string) (*http.Response, error) {
				return v.api.ListClaimPayments(v.ctx(), no, &rest.ListClaimPaymentsParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Letters, err = all[rest.Letter](func(after string) (*http.Response, error) {
				return v.api.ListLetters(v.ctx(), no, &rest.ListLettersParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Missing, err = all[rest.Missing](func(after string) (*http.Response, error) {
				return v.api.ListMissing(v.ctx(), no, &rest.ListMissingParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Checklist, err = read[rest.Checklist](v.api.GetChecklist(v.ctx(), no, nil))
			return err
		},
		func() (err error) { b.Clocks, err = read[rest.Clocks](v.api.GetClocks(v.ctx(), no, nil)); return err },
		func() (err error) { b.Findings, err = v.found(no); return err },
		func() error { return v.denials(b) },
		func() error { return v.openPaper(b) },
	} {
		if err := one(); err != nil {
			return nil, err
		}
	}
	slices.Reverse(b.Events)
	slices.Reverse(b.Assessments)
	slices.Reverse(b.Offers)
	if len(b.Events) > 0 {
		b.Last = b.Events[0].Number
	}
	may, err := v.options(no)
	b.Acts = offers(b.Claim, b.Papers, may)
	return b, err
}

// denials reads what only some roles may: the others do not ask, since what
// one may not is kept as a refused attempt.
func (v *visit) denials(b *bench) (err error) {
	if !slices.Contains([]claim.Role{claim.Reviewer, claim.Manager, claim.Audit}, b.Me.Role) {
		return nil
	}
	b.Denials, err = all[rest.DenialRecord](func(after string) (*http.Response, error) {
		return v.api.ListDenials(v.ctx(), b.Number, &rest.ListDenialsParams{Limit: 200, After: after})
	})
	return err
}

// openPaper opens the document that the address names, else the one that most
// needs a look.
func (v *visit) openPaper(b *bench) error {
	query := v.r.URL.Query()
	id := query.Get("doc")
	if !slices.ContainsFunc(b.Papers, func(d rest.DocumentSummary) bool { return d.Id == id }) {
		id = ""
	}
	for _, d := range b.Papers {
		if id == "" || !query.Has("doc") && d.State == claim.PaperUnsure {
			id = d.Id
			if d.State == claim.PaperUnsure {
				break
			}
		}
	}
	if id == "" {
		return nil
	}
	paper, err := read[rest.Document](v.api.GetDocument(v.ctx(), b.Number, id, nil))
	if err != nil {
		return err
	}
	b.Open, b.Field = &paper, query.Get("field")
	for _, f := range paper.Fields { // from an amount to where it stands
		if fen := query.Get("fen"); b.Field == "" && fen != "" && f.Value == fen {
			b.Field = f.Name
		}
	}
	return nil
}

// Picture reports whether browsers show the open document as a picture.
func (b *bench) Picture() bool {
	return b.Open != nil && strings.HasPrefix(b.Open.Type, "image/") && b.Open.Type != "image/heic"
}

// Address is where a document's pictures and original are.
func (b *bench) Address(id string) string {
	return "/desk/claims/" + b.Number + "/documents/" + url.PathEscape(id)
}

// Excerpt is the place of a field of the open document.
func (b *bench) Excerpt(f rest.DocumentField) *excerpt {
	return excerptOf(b.Address(b.Open.Id)+"/preview", "", false, b.Open.Preview, f.Name, f.Box)
}

// PDF reports whether it has pages.
func (b *bench) PDF() bool { return b.Open != nil && b.Open.Type == "application/pdf" }

// sheet is a page of the open document: its picture, its size in the pixels
// that boxes are counted in, and the fields that stand on it.
type sheet struct {
	Number        int
	Picture       string
	Width, Height int // 0: as large as the picture
	Fields        []rest.DocumentField
}

// Sheets are the pages that can be shown: those that there are pictures of, or
// else an original that is one.
func (b *bench) Sheets() (list []sheet) {
	switch {
	case b.Open.Preview != nil:
		for i, p := range b.Open.Preview.Pages {
			list = append(list, sheet{Number: i + 1, Picture: b.Address(b.Open.Id) + "/preview?page=" + strconv.Itoa(i+1), Width: p.Width, Height: p.Height})
		}
	case b.Picture():
		list = append(list, sheet{Number: 1, Picture: b.Address(b.Open.Id) + "/content"})
	}
	for _, f := range b.Open.Fields {
		if n := max(f.Page, 1); f.Box[2] > 0 && n <= len(list) {
			list[n-1].Fields = append(list[n-1].Fields, f)
		}
	}
	return list
}

// Many reports whether there are pages to turn.
func (b *bench) Many() bool { return b.Open.Preview != nil && len(b.Open.Preview.Pages) > 1 }

// IsOpen reports whether it is this document that is looked at.
func (b *bench) IsOpen(id string) bool { return b.Open != nil && b.Open.Id == id }

// Wide and High are the size of a box.
func (*bench) Wide(box rest.Box) int { return max(0, box[2]-box[0]) }

// High is the height of a box.
func (*bench) High(box rest.Box) int { return max(0, box[3]-box[1]) }

// Kinds are what a paper may be said to be.
func (*bench) Kinds() []string {
	return []string{
		"vat_invoice", "repair_estimate", "vehicle_licence", "driving_licence", "id_card", "bank_card", "loss_photo", "accident_certificate", "agreement",
		"business_licence", "medical_receipt", "vin_plate", "receipt", "claim_form", "other",
	}
}

// Listed is the paper of the list that an act is about.
func (b *bench) Listed() *rest.ChecklistItem {
	i := slices.IndexFunc(b.Checklist.Items, func(item rest.ChecklistItem) bool { return item.Name == b.Form.Value("item") })
	if i < 0 {
		return nil
	}
	return &b.Checklist.Items[i]
}

// WaiverActs are the acts on one paper of the list.
func (*bench) WaiverActs() []string {
	return []string{"propose-waiver", "confirm-waiver", "withdraw-waiver"}
}

// MayWaive reports whether an act is open to the visitor for a paper of the
// list: to propose that it be waived, to confirm or to withdraw what somebody
// proposed.
func (b *bench) MayWaive(act string, item rest.ChecklistItem) bool {
	if !slices.ContainsFunc(b.Acts, func(o offer) bool { return o.Name == act && o.Rule == "" }) || !item.Required ||
		item.State == claim.ItemAccepted || item.State == claim.ItemWaived {
		return false
	}
	switch {
	case item.Waiver == nil:
		return act == "propose-waiver"
	case item.Waiver.ProposedBy.Id == b.Me.Id:
		return act == "withdraw-waiver"
	default:
		return act == "confirm-waiver"
	}
}

// ItemKinds are what a line of a loss may be, the likeliest first.
func (*bench) ItemKinds(l loss) []string {
	if l.Motor() {
		return []string{"part", "labour", "material", "property"}
	}
	return []string{"property", "material", "labour", "part"}
}

// Winner is who was faster than the visitor, by name.
func (b *bench) Winner() string {
	if b.Form.wrong == nil || b.Form.wrong.Winner == "" {
		return ""
	}
	for _, t := range b.Tasks {
		if t.Owner == b.Form.wrong.Winner && t.OwnerName != "" {
			return t.OwnerName
		}
	}
	for _, e := range b.Events {
		if e.By.Id == b.Form.wrong.Winner && e.By.Name != "" {
			return e.By.Name
		}
	}
	return string(b.Form.wrong.Winner)
}

// Source is the address that shows a document, with a box pointed out.
func (b *bench) Source(doc, field string) string {
	query := url.Values{"doc": {doc}}
	if field != "" {
		query.Set("field", field)
	}
	way := "/desk/claims/" + b.Number
	if b.Act != "" {
		way += "/acts/" + b.Act
	}
	return way + "?" + query.Encode() + "#evidence"
}

// Where is the address of the figure of an assessed line: the paper, and the
// place on it that holds the same amount.
func (b *bench) Where(item rest.AssessedItem) string {
	query := url.Values{"doc": {item.Document}, "fen": {strconv.FormatInt(int64(item.Amount), 10)}}
	return "/desk/claims/" + b.Number + "?" + query.Encode() + "#evidence"
}

// Name is what people call a document.
func (b *bench) Name(id string) string {
	for _, d := range b.Papers {
		if d.Id == id {
			return d.Name
		}
	}
	return id
}

// Object is what an exposure is about.
func (b *bench) Object(n int) string {
	for _, e := range b.Exposures {
		if e.Number == n {
			return e.Object
		}
	}
	return ""
}

// input is a figure that went into a line of the statement.
type input struct {
	Name   string `json:"name"`
	NameEn string `json:"name_en"`
	Value  string `json:"value"`
}

// inputs are the figures that went into a line, for {{range inputs .Inputs}}.
func inputs(raw json.RawMessage) (list []input) {
	_ = json.Unmarshal(raw, &list) // what only a newer release knows is left out
	return list
}

// fieldValue writes a value that was read as people write it: amounts in yuan.
func fieldValue(name, value string) string {
	if !strings.HasSuffix(name, "_fen") {
		return value
	}
	fen, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return claim.Fen(fen).String()
}

// notes are what the reader notes beside a field, one by one.
func notes(all string) []string {
	if all == "" {
		return nil
	}
	return strings.Split(all, "; ")
}

// HaveIt is who has the claim, each once.
func (b *bench) HaveIt() (list []rest.Actor) {
	for _, who := range b.Holders {
		if !slices.Contains(list, who) {
			list = append(list, who)
		}
	}
	return list
}

// original passes a document's bytes on, as they are stored.
func original(v *visit) error {
	response, err := v.api.GetDocumentContent(v.ctx(), v.r.PathValue("claim"), v.r.PathValue("document"),
		&rest.GetDocumentContentParams{IfNoneMatch: v.r.Header.Get("If-None-Match")})
	return v.passOn(response, err, v.r.URL.Query().Get("name"))
}

func letterOriginal(v *visit) error {
	response, err := v.api.GetLetterContent(v.ctx(), v.r.PathValue("claim"), v.r.PathValue("letter"), nil)
	return v.passOn(response, err, v.r.PathValue("letter")+".pdf")
}

// passOn gives a file to the browser. Whatever it holds, it runs nothing: its
// type is one that we took it for by its bytes, and it has no rights here.
func (v *visit) passOn(response *http.Response, err error, name string) error {
	if err != nil {
		return unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return problemIn(response)
	}
	h := v.w.Header()
	for _, keep := range []string{"Content-Type", "ETag"} {
		if value := response.Header.Get(keep); value != "" {
			h.Set(keep, value)
		}
	}
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	if kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")); kind == "application/pdf" {
		// Browsers' own readers, which give a paper no rights either, do not open in
		// a sandbox; the workbench shows them in a frame.
		h.Set("Content-Security-Policy", "frame-ancestors 'self'")
		h.Set("X-Frame-Options", "SAMEORIGIN")
	}
	h.Set("Cache-Control", "private, no-cache") // kept, and asked for again under its ETag
	if name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": name}))
	}
	v.w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(v.w, response.Body) // whoever has left is not told
	return nil
}

// heard is what a page knows already, so that nothing falls between its being
// drawn and its stream: the number of the last event, or a time.
func (v *visit) heard() string {
	return cmp.Or(v.r.Header.Get("Last-Event-ID"), v.r.URL.Query().Get("after"))
}

// followClaim tells the page that its claim has changed.
func followClaim(v *visit) error {
	return v.follow(v.api.StreamClaim(v.ctx(), v.r.PathValue("claim"), &rest.StreamClaimParams{LastEventID: v.heard(), Once: v.r.URL.Query().Has("once")}))
}

// followTasks tells the page that the worklist has changed.
func followTasks(v *visit) error {
	return v.follow(v.api.StreamTasks(v.ctx(), &rest.StreamTasksParams{LastEventID: v.heard()}))
}

// follow passes server-sent events on as they come.
func (v *visit) follow(response *http.Response, err error) error {
	if err != nil {
		return unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK { // the browser gives up, and the page asks now and then
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	v.w.WriteHeader(http.StatusOK)
	conn, part := http.NewResponseController(v.w), make([]byte, 8<<10)
	_ = conn.Flush()
	for {
		n, err := response.Body.Read(part)
		if n > 0 {
			if _, err := v.w.Write(part[:n]); err != nil {
				return nil // whoever has left is not told
			}
			_ = conn.Flush()
		}
		if err != nil {
			return nil // between two events; the browser comes again
		}
	}
}
