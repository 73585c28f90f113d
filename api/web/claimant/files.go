package claimant

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"anpei/api/web/site"
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
	Wrong *site.Trouble // why it was not taken
}

// takeFiles uploads the files of a form one by one, and attaches those that
// were taken as one batch. name and kind say what the file of a field is. What
// was not taken is told; the others are safe.
func takeFiles(v *site.Visit, no string, kind func(field string) string, name func(field, sent string) string) (all []sentFile, err error) {
	form, err := v.R.MultipartReader()
	if err != nil {
		return nil, &site.Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	key := v.R.URL.Query().Get("key")
	if len(key) < 8 {
		key = site.NewKey()
	}
	var batch rest.Attach
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // the line broke: what has come whole stays
			return all, &site.Problem{Problem: rest.Problem{Type: "/problems/cut-off", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
		}
		if part.FileName() == "" || len(all) == mostFiles {
			continue // a field that nothing was put in
		}
		one := sentFile{Field: part.FormName(), Name: part.FileName()}
		up, err := uploadPart(v, no, fmt.Sprintf("%s-%d", key, len(all)), kind(one.Field), name(one.Field, one.Name), part)
		var p *site.Problem
		switch {
		case errors.As(err, &p) && p.Status < http.StatusInternalServerError && p.Status != http.StatusUnauthorized:
			one.Wrong = v.Trouble(p)
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
	_, err = site.Read[rest.Attached](v.API.AttachDocuments(v.Ctx(), no, &rest.AttachDocumentsParams{IdempotencyKey: key}, batch))
	return all, err
}

func uploadPart(v *site.Visit, no, key, kind, name string, part *multipart.Part) (rest.Upload, error) {
	return site.Read[rest.Upload](v.API.UploadFileWithBody(v.Ctx(), no,
		&rest.UploadFileParams{Name: name, Kind: kind, IdempotencyKey: key}, "application/octet-stream", part))
}

// announceFile says that a file will come in chunks, and how far it has come.
func announceFile(v *site.Visit) error { return v.Pass(v.HandOn(ofClaim(v, "/chunked-uploads"))) }

// sendChunk takes the next chunk of a file.
func sendChunk(v *site.Visit) error {
	return v.Pass(v.HandOn(ofClaim(v, "/chunked-uploads/"+url.PathEscape(v.R.PathValue("upload")))))
}

// attachFiles makes what a script has sent documents of the claim.
func attachFiles(v *site.Visit) error {
	answer, err := v.HandOn(ofClaim(v, "/documents"))
	if err == nil && answer.StatusCode == http.StatusCreated {
		v.Tell("flash.files-sent")
	}
	return v.Pass(answer, err)
}

// ofClaim is the path of an operation on the claim of the page.
func ofClaim(v *site.Visit, operation string) string {
	return "/claims/" + url.PathEscape(v.R.PathValue("claim")) + operation
}

// fileContent shows a picture or paper of the claim.
func fileContent(v *site.Visit) error {
	return v.PassFile(v.API.GetDocumentContent(v.Ctx(), v.R.PathValue("claim"), v.R.PathValue("document"),
		&rest.GetDocumentContentParams{IfNoneMatch: v.R.Header.Get("If-None-Match")}))
}

// live are the events of a claim as they happen.
func live(v *site.Visit) error {
	return v.Pass(v.API.StreamClaim(v.Ctx(), v.R.PathValue("claim"), &rest.StreamClaimParams{LastEventID: v.Heard(), Once: v.R.URL.Query().Has("once")}))
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
	return site.ZH.Code("view", name) + strings.ToLower(path.Ext(sent))
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

// photos asks for the pictures, angle by angle.
func photos(v *site.Visit) error { return showPhotos(v, http.StatusOK, nil) }

func showPhotos(v *site.Visit, status int, failed []sentFile) error {
	c, err := readClaim(v)
	if err != nil {
		return err
	}
	all, err := v.Documents(c.Number)
	if err != nil {
		return err
	}
	may, err := v.Acts(c.Number)
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
			if strings.TrimSuffix(d.Name, path.Ext(d.Name)) == site.ZH.Code("view", page.Angles[i].Name) {
				page.Angles[i].Sent = &d
				continue next
			}
		}
		page.Others = append(page.Others, d)
	}
	missing, err := readMissing(v)
	if err != nil {
		return err
	}
	for _, need := range missing {
		if need.From == claim.Claimant && need.What != "loss_photo" {
			page.Needs = append(page.Needs, need)
		}
	}
	return v.ShowAs(status, "photos", page)
}

// sendPhotos takes the pictures of the form.
func sendPhotos(v *site.Visit) error {
	c, err := readClaim(v)
	if err != nil {
		return err
	}
	sent, err := takeFiles(v, c.Number, func(string) string { return "loss_photo" }, angleFile)
	return filesSent(v, sent, err, showPhotos, "/photos")
}

// filesSent goes on after files were sent: to the page that shows them, or to
// the same page with those that were not taken.
func filesSent(v *site.Visit, sent []sentFile, err error, again func(*site.Visit, int, []sentFile) error, page string) error {
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
		return again(v, http.StatusUnprocessableEntity, failed)
	case len(sent) == 0:
		v.Tell("flash.files-none")
	default:
		v.Tell("flash.files-sent")
	}
	return v.Redirect("/c/" + v.R.PathValue("claim") + page)
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

func papers(v *site.Visit) error { return showPapers(v, http.StatusOK, nil) }

func showPapers(v *site.Visit, status int, failed []sentFile) error {
	c, err := readClaim(v)
	if err != nil {
		return err
	}
	list, err := site.Read[rest.Checklist](v.API.GetChecklist(v.Ctx(), c.Number, nil))
	if err != nil && !site.Is(err, "not-allowed") { // who reported the same loss again sends papers, and is asked for none
		return err
	}
	sent, err := v.Documents(c.Number)
	if err != nil {
		return err
	}
	may, err := v.Acts(c.Number)
	if err != nil {
		return err
	}
	page := papersPage{Claim: c, Complete: list.Complete, Failed: failed, Open: may.Open(claim.ActAttach)}
	if list.Version == "" {
		if err := beforeLists(v, &list); err != nil {
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
	return v.ShowAs(status, "papers", page)
}

// beforeLists makes a list of what is missing, for a claim of before there
// were lists.
func beforeLists(v *site.Visit, list *rest.Checklist) error {
	missing, err := readMissing(v)
	if err != nil {
		return err
	}
	for _, need := range missing {
		if need.From == claim.Claimant && site.ZH.Has("paper."+need.What) {
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
func sendPapers(v *site.Visit) error {
	c, err := readClaim(v)
	if err != nil {
		return err
	}
	kind := func(field string) string {
		if site.ZH.Has("paper."+field) && field != "unknown" {
			return field
		}
		return ""
	}
	sent, err := takeFiles(v, c.Number, kind, func(_, sent string) string { return sent })
	return filesSent(v, sent, err, showPapers, "/papers")
}
