package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"anpei/claim"
	"anpei/schemas/rest"
)

// Files go through the page to the API as they come: none is in memory whole.
// A form without scripts sends them in one request; a script sends each in
// chunks, and goes on after a break where the API says that it stopped.

// mostFiles is how many files one form may bring, as the API's batch.
const mostFiles = 50

// sentFile is a file of a form, and what became of it.
type sentFile struct {
	Field string // of the form: what the picture or paper is
	Name  string
	Wrong *trouble // why it was not taken
}

// takeFiles uploads the files of a form one by one, and attaches those that
// were taken as one batch. name and kind say what the file of a field is. What
// was not taken is told; the others are safe.
func (v *visit) takeFiles(no string, kind func(field string) string, name func(field, sent string) string) (all []sentFile, err error) {
	form, err := v.r.MultipartReader()
	if err != nil {
		return nil, &problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	key := v.r.URL.Query().Get("key")
	if len(key) < 8 {
		key = newKey()
	}
	var batch rest.Attach
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // the line broke: what has come whole stays
			return all, &problem{Problem: rest.Problem{Type: "/problems/cut-off", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
		}
		if part.FileName() == "" || len(all) == mostFiles {
			continue // a field that nothing was put in
		}
		one := sentFile{Field: part.FormName(), Name: part.FileName()}
		up, err := v.uploadPart(no, fmt.Sprintf("%s-%d", key, len(all)), kind(one.Field), name(one.Field, one.Name), part)
		var p *problem
		switch {
		case errors.As(err, &p) && p.Status < http.StatusInternalServerError && p.Status != http.StatusUnauthorized:
			one.Wrong = &trouble{p, v.lang}
		case err != nil:
			return all, err
		default:
			batch.Documents = append(batch.Documents, rest.NewDocument{Upload: up.Id, Kind: kind(one.Field)})
		}
		all = append(all, one)
	}
	if len(batch.Documents) == 0 {
		return all, nil
	}
	_, err = read[rest.Attached](v.api.AttachDocuments(v.ctx(), no, &rest.AttachDocumentsParams{IdempotencyKey: key}, batch))
	return all, err
}

func (v *visit) uploadPart(no, key, kind, name string, part *multipart.Part) (rest.Upload, error) {
	return read[rest.Upload](v.api.UploadFileWithBody(v.ctx(), no,
		&rest.UploadFileParams{Name: name, Kind: kind, IdempotencyKey: key}, "application/octet-stream", part))
}

// announceFile says that a file will come in chunks, and how far it has come.
func announceFile(v *visit) error { return v.pass(v.handOn(v.ofClaim("/chunked-uploads"))) }

// sendChunk takes the next chunk of a file.
func sendChunk(v *visit) error {
	return v.pass(v.handOn(v.ofClaim("/chunked-uploads/" + url.PathEscape(v.r.PathValue("upload")))))
}

// attachFiles makes what a script has sent documents of the claim.
func attachFiles(v *visit) error {
	answer, err := v.handOn(v.ofClaim("/documents"))
	if err == nil && answer.StatusCode == http.StatusCreated {
		v.tell("flash.files-sent")
	}
	return v.pass(answer, err)
}

// ofClaim is the path of an operation on the claim of the page.
func (v *visit) ofClaim(operation string) string {
	return "/claims/" + url.PathEscape(v.r.PathValue("claim")) + operation
}

// fileContent shows a picture or paper of the claim.
func fileContent(v *visit) error {
	return v.passFile(v.api.GetDocumentContent(v.ctx(), v.r.PathValue("claim"), v.r.PathValue("document"),
		&rest.GetDocumentContentParams{IfNoneMatch: v.r.Header.Get("If-None-Match")}))
}

// passFile hands an answer on, or shows on a page why there is none.
func (v *visit) passFile(answer *http.Response, err error) error {
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		defer answer.Body.Close()
		return problemIn(answer)
	}
	return v.pass(answer, err)
}

// pass hands an answer of the API on as it comes.
func (v *visit) pass(answer *http.Response, err error) error {
	if err != nil {
		return unreachable(err)
	}
	defer answer.Body.Close()
	h := v.w.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition", "Content-Security-Policy", "ETag", "Retry-After", "X-Accel-Buffering"} {
		if value := answer.Header.Get(name); value != "" {
			h.Set(name, value)
		}
	}
	if kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")); kind == "application/pdf" {
		h.Del("Content-Security-Policy") // browsers' own readers do not open in a sandbox
	}
	v.w.WriteHeader(answer.StatusCode)
	return v.copy(answer.Body)
}

// copy writes a body as it comes, each piece at once. Whoever leaves is not
// told.
func (v *visit) copy(from io.Reader) error {
	conn := http.NewResponseController(v.w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, gone := v.w.Write(buffer[:n]); gone != nil {
				return nil //nolint:nilerr // nobody reads any further
			}
			_ = conn.Flush()
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			panic(http.ErrAbortHandler) // the answer has begun: it must not look whole
		}
	}
}

// live are the events of a claim as they happen.
func live(v *visit) error {
	return v.pass(v.api.StreamClaim(v.ctx(), v.r.PathValue("claim"), &rest.StreamClaimParams{LastEventID: v.heard(), Once: v.r.URL.Query().Has("once")}))
}

// angle is a picture that the claimant is asked for.
type angle struct {
	Name     string // its words are under "view." and "aim."
	Required bool
	Sent     *rest.DocumentSummary // the last one that has come
}

// angles are the pictures that show a loss of a line: enough that the machine
// in the flash lane, or a person, can tell what is damaged and how much.
var angles = map[claim.Line][]angle{
	claim.Motor:    {{Name: "wide", Required: true}, {Name: "close", Required: true}, {Name: "plate"}, {Name: "scene"}},
	claim.Property: {{Name: "room", Required: true}, {Name: "thing", Required: true}, {Name: "label"}},
}

// angleFile is what the picture of an angle is called, for everybody who looks
// at the claim.
func angleFile(name, sent string) string {
	return zh.code("view", name) + strings.ToLower(path.Ext(sent))
}

type photosPage struct {
	Claim  rest.Claim
	Angles []angle
	Others []rest.DocumentSummary // pictures of no angle
	Failed []sentFile
	Needs  []rest.Missing
	Open   bool // pictures are still taken
	Visit  bool // a surveyor may be asked for instead
}

// photosPage asks for the pictures, angle by angle.
func photos(v *visit) error { return v.photos(http.StatusOK, nil) }

func (v *visit) photos(status int, failed []sentFile) error {
	c, err := v.claim()
	if err != nil {
		return err
	}
	all, err := v.documents(c.Number)
	if err != nil {
		return err
	}
	may, err := v.options(c.Number)
	if err != nil {
		return err
	}
	page := photosPage{Claim: c, Failed: failed, Open: may.Open(claim.ActAttach), Visit: may.Open(claim.ActConvert)}
	page.Angles = append(page.Angles, angles[c.Line]...)
next:
	for _, d := range all {
		if d.Kind != "loss_photo" {
			continue
		}
		for i := range page.Angles {
			if strings.TrimSuffix(d.Name, path.Ext(d.Name)) == zh.code("view", page.Angles[i].Name) {
				page.Angles[i].Sent = &d
				continue next
			}
		}
		page.Others = append(page.Others, d)
	}
	missing, err := v.missing()
	if err != nil {
		return err
	}
	for _, need := range missing {
		if need.From == claim.Claimant && need.What != "loss_photo" {
			page.Needs = append(page.Needs, need)
		}
	}
	return v.showAs(status, "photos", page)
}

// documents are all pictures and papers of a claim, in order of arrival.
func (v *visit) documents(no string) ([]rest.DocumentSummary, error) {
	return all[rest.DocumentSummary](func(after string) (*http.Response, error) {
		return v.api.ListDocuments(v.ctx(), no, &rest.ListDocumentsParams{Limit: 200, After: after})
	})
}

// sendPhotos takes the pictures of the form.
func sendPhotos(v *visit) error {
	c, err := v.claim()
	if err != nil {
		return err
	}
	sent, err := v.takeFiles(c.Number, func(string) string { return "loss_photo" }, angleFile)
	return v.filesSent(sent, err, v.photos, "/photos")
}

// filesSent goes on after files were sent: to the page that shows them, or to
// the same page with those that were not taken.
func (v *visit) filesSent(sent []sentFile, err error, again func(int, []sentFile) error, page string) error {
	if err != nil {
		return err
	}
	var failed []sentFile
	for _, one := range sent {
		if one.Wrong != nil {
			failed = append(failed, one)
		}
	}
	switch {
	case len(failed) > 0:
		return again(http.StatusUnprocessableEntity, failed)
	case len(sent) == 0:
		v.tell("flash.files-none")
	default:
		v.tell("flash.files-sent")
	}
	return v.redirect("/c/" + v.r.PathValue("claim") + page)
}

// listedPaper is a paper of the claim's list, and what has come for it.
type listedPaper struct {
	rest.ChecklistItem
	Sent []rest.DocumentSummary
}

// Done reports whether nothing is asked of the claimant any more.
func (p listedPaper) Done() bool { return p.State == claim.ItemAccepted || p.State == claim.ItemWaived }

// Photos reports whether it is pictures of the loss, which have a page of their own.
func (p listedPaper) Photos() bool { return p.Kinds[0] == "loss_photo" }

type papersPage struct {
	Claim    rest.Claim
	Items    []listedPaper
	Complete bool
	Others   []rest.DocumentSummary // that are for nothing on the list
	Kinds    []string               // that may be sent unasked
	Failed   []sentFile
	Open     bool
}

// paperKinds are the papers that a claimant may send unasked.
var paperKinds = []string{
	"repair_estimate", "vat_invoice", "driving_licence", "vehicle_licence", "accident_certificate", "id_card", "bank_card", "other",
}

func papers(v *visit) error { return v.paperList(http.StatusOK, nil) }

func (v *visit) paperList(status int, failed []sentFile) error {
	c, err := v.claim()
	if err != nil {
		return err
	}
	list, err := read[rest.Checklist](v.api.GetChecklist(v.ctx(), c.Number, nil))
	if err != nil && !is(err, "not-allowed") { // who reported the same loss again sends papers, and is asked for none
		return err
	}
	sent, err := v.documents(c.Number)
	if err != nil {
		return err
	}
	may, err := v.options(c.Number)
	if err != nil {
		return err
	}
	page := papersPage{Claim: c, Complete: list.Complete, Failed: failed, Open: may.Open(claim.ActAttach)}
	if list.Version == "" {
		if err := v.beforeLists(&list); err != nil {
			return err
		}
	}
	asked := map[string]bool{}
	for _, item := range list.Items {
		one := listedPaper{ChecklistItem: item}
		for _, d := range sent {
			if slices.Contains(item.Documents, d.Id) {
				one.Sent = append(one.Sent, d)
			}
		}
		page.Items = append(page.Items, one)
		for _, kind := range item.Kinds {
			asked[kind] = asked[kind] || !one.Done()
		}
	}
	for _, d := range sent {
		if d.Kind != "loss_photo" && !slices.ContainsFunc(list.Items, func(i rest.ChecklistItem) bool { return slices.Contains(i.Documents, d.Id) }) {
			page.Others = append(page.Others, d)
		}
	}
	for _, kind := range paperKinds {
		if !asked[kind] {
			page.Kinds = append(page.Kinds, kind)
		}
	}
	return v.showAs(status, "papers", page)
}

// beforeLists makes a list of what is missing, for a claim of before there
// were lists.
func (v *visit) beforeLists(list *rest.Checklist) error {
	missing, err := v.missing()
	if err != nil {
		return err
	}
	for _, need := range missing {
		if need.From == claim.Claimant && zh.has("paper."+need.What) {
			item := rest.ChecklistItem{Name: need.What, Kinds: []string{need.What}, Count: 1, Required: true, State: claim.ItemMissing, TextZh: need.TextZh, TextEn: need.TextEn}
			if need.What == "repair_estimate" { // either says what the loss costs
				item.Kinds = append(item.Kinds, "vat_invoice")
			}
			list.Items = append(list.Items, item)
		}
	}
	return nil
}

// sendPapers takes papers of one kind, which the address names.
func sendPapers(v *visit) error {
	c, err := v.claim()
	if err != nil {
		return err
	}
	kind := func(field string) string {
		if zh.has("paper."+field) && field != "unknown" {
			return field
		}
		return ""
	}
	sent, err := v.takeFiles(c.Number, kind, func(_, sent string) string { return sent })
	return v.filesSent(sent, err, v.paperList, "/papers")
}
