// Package desk is the pages of the desk: worklist and workbench, acts, reviews,
// findings, payments, calls and figures.
package desk

import (
	"embed"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// Files are the templates and words of these pages.
//
//go:embed templates/*.html words/*.json
var Files embed.FS

func init() { site.AddWords(Files) }

// Routes are the pages of the desk.
func Routes(handle site.Handle) {
	handle("GET /desk", site.Staff, worklist)
	handle("GET /desk/stream", site.Staff, site.FollowTasks)
	handle("POST /desk/tasks/{task}/take", site.Staff, takeTask)
	handle("POST /desk/tasks/{task}/release", site.Staff, releaseTask)

	handle("GET /desk/report", site.Staff, callForm)
	handle("POST /desk/report", site.Staff, takeCall)

	handle("GET /desk/claims/{claim}", site.Staff, workbench)
	handle("GET /desk/claims/{claim}/stream", site.Staff, site.FollowClaim)
	handle("GET /desk/claims/{claim}/documents/{document}/content", site.Staff, original)
	handle("GET /desk/claims/{claim}/documents/{document}/preview", site.Staff, site.DocumentPreview)
	handle("GET /desk/claims/{claim}/letters/{letter}/content", site.Staff, letterOriginal)
	handle("GET /desk/claims/{claim}/findings", site.Staff, findings)
	handle("POST /desk/claims/{claim}/findings/{finding}", site.Staff, noteFinding)
	handle("GET /desk/claims/{claim}/verification", site.Staff, verification)
	handle("GET /desk/claims/{claim}/acts/{act}", site.Staff, actForm)
	handle("POST /desk/claims/{claim}/acts/{act}", site.Staff, act)

	handle("GET /desk/review/{task}", site.Staff, decisionCard)
	handle("POST /desk/review/{task}", site.Staff, decide)
	handle("POST /desk/review/{task}/seen", site.Staff, sawCard)
	handle("GET /desk/payments", site.Staff, payments)
	handle("GET /desk/refused", site.Staff, refusedAttempts)
	handle("GET /desk/search", site.Staff, search)
	handle("GET /desk/figures", site.Staff, figures)
	handle("GET /desk/claims", site.Staff, claimList)
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
	Form site.Form
}

// workbench shows all that is known of a claim, and from where.
func workbench(v *site.Visit) error {
	b, err := readBench(v)
	if err != nil {
		return err
	}
	switch part := v.R.URL.Query().Get("part"); {
	case v.Part() && slices.Contains([]string{"claim-head", "figures", "course"}, part):
		return v.ShowPart(part, b)
	default:
		return v.Show("desk-bench", b)
	}
}

// readBench reads what the API tells the visitor of the claim in the address.
func readBench(v *site.Visit) (*bench, error) {
	no := v.R.PathValue("claim")
	me, err := v.Me()
	if err != nil {
		return nil, err
	}
	b := &bench{Me: me, Form: v.NewForm()}
	// What happens while it is read is news to its stream: the events come first.
	if b.Events, err = v.Timeline(no); err != nil {
		return nil, err
	}
	if b.Claim, err = site.Read[rest.Claim](v.API.GetClaim(v.Ctx(), no, nil)); err != nil {
		return nil, err
	}
	for _, one := range []func() error{
		func() (err error) { b.Papers, err = v.Documents(no); return err },
		func() (err error) {
			b.Assessments, err = site.All[rest.Assessment](func(after string) (*http.Response, error) {
				return v.API.ListAssessments(v.Ctx(), no, &rest.ListAssessmentsParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Offers, err = site.All[rest.Offer](func(after string) (*http.Response, error) {
				return v.API.ListOffers(v.Ctx(), no, &rest.ListOffersParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Surveys, err = site.All[rest.Survey](func(after string) (*http.Response, error) {
				return v.API.ListSurveys(v.Ctx(), no, &rest.ListSurveysParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Reviews, err = site.All[rest.Review](func(after string) (*http.Response, error) {
				return v.API.ListReviews(v.Ctx(), no, &rest.ListReviewsParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Payments, err = site.All[rest.Payment](func(after string) (*http.Response, error) {
				return v.API.ListClaimPayments(v.Ctx(), no, &rest.ListClaimPaymentsParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Letters, err = site.All[rest.Letter](func(after string) (*http.Response, error) {
				return v.API.ListLetters(v.Ctx(), no, &rest.ListLettersParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Missing, err = site.All[rest.Missing](func(after string) (*http.Response, error) {
				return v.API.ListMissing(v.Ctx(), no, &rest.ListMissingParams{Limit: 200, After: after})
			})
			return err
		},
		func() (err error) {
			b.Checklist, err = site.Read[rest.Checklist](v.API.GetChecklist(v.Ctx(), no, nil))
			return err
		},
		func() (err error) {
			b.Clocks, err = site.Read[rest.Clocks](v.API.GetClocks(v.Ctx(), no, nil))
			return err
		},
		func() (err error) { b.Findings, err = found(v, no); return err },
		func() error { return readDenials(v, b) },
		func() error { return openPaper(v, b) },
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
	may, err := v.Acts(no)
	b.Acts = offers(b.Claim, b.Papers, may)
	return b, err
}

// readDenials reads what only some roles may: the others do not ask, since what
// one may not is kept as a refused attempt.
func readDenials(v *site.Visit, b *bench) (err error) {
	if !slices.Contains([]claim.Role{claim.Reviewer, claim.Manager, claim.Audit}, b.Me.Role) {
		return nil
	}
	b.Denials, err = site.All[rest.DenialRecord](func(after string) (*http.Response, error) {
		return v.API.ListDenials(v.Ctx(), b.Number, &rest.ListDenialsParams{Limit: 200, After: after})
	})
	return err
}

// openPaper opens the document that the address names, else the one that most
// needs a look.
func openPaper(v *site.Visit, b *bench) error {
	query := v.R.URL.Query()
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
	paper, err := site.Read[rest.Document](v.API.GetDocument(v.Ctx(), b.Number, id, nil))
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
func (b *bench) Excerpt(f rest.DocumentField) *site.Excerpt {
	return site.ExcerptOf(b.Address(b.Open.Id)+"/preview", "", false, b.Open.Preview, f.Name, f.Box)
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
	if b.Form.Problem == nil || b.Form.Problem.Winner == "" {
		return ""
	}
	for _, t := range b.Tasks {
		if t.Owner == b.Form.Problem.Winner && t.OwnerName != "" {
			return t.OwnerName
		}
	}
	for _, e := range b.Events {
		if e.By.Id == b.Form.Problem.Winner && e.By.Name != "" {
			return e.By.Name
		}
	}
	return string(b.Form.Problem.Winner)
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
func original(v *site.Visit) error {
	response, err := v.API.GetDocumentContent(v.Ctx(), v.R.PathValue("claim"), v.R.PathValue("document"),
		&rest.GetDocumentContentParams{IfNoneMatch: v.R.Header.Get("If-None-Match")})
	return passOn(v, response, err, v.R.URL.Query().Get("name"))
}

func letterOriginal(v *site.Visit) error {
	response, err := v.API.GetLetterContent(v.Ctx(), v.R.PathValue("claim"), v.R.PathValue("letter"), nil)
	return passOn(v, response, err, v.R.PathValue("letter")+".pdf")
}

// passOn gives a file to the browser. Whatever it holds, it runs nothing: its
// type is one that we took it for by its bytes, and it has no rights here.
func passOn(v *site.Visit, response *http.Response, err error, name string) error {
	if err != nil {
		return site.Unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return site.ProblemIn(response)
	}
	h := v.W.Header()
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
	v.W.WriteHeader(response.StatusCode)
	_, _ = io.Copy(v.W, response.Body) // whoever has left is not told
	return nil
}
