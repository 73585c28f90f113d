package claimant

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"anpei/api/web/site"
	"anpei/schemas/rest"
)

// A report fills itself in from photos (拍照填单): licences, number plate, bank
// card. What was read is proposed beside the fields, with the place on the
// photo where it stands; the reporter sees it and goes on, or types another.

// slot is a paper of which a report may be filled in.
type slot struct {
	Kind string
	Sent *rest.DraftPaper // the newest; nil: none
	Read []proposal       // what it proposes
}

// slots are the papers, in the order in which they help most.
var slots = []string{"vehicle_licence", "driving_licence", "loss_photo", "bank_card"}

type scanPage struct {
	Slots   []slot
	Failed  []sentFile
	Unread  bool // some are still being read
	Checked bool // all of the report is filled in: the way leads back to the check
}

// readWithin is how long the page waits for what was just sent to be read:
// most photos take less.
const readWithin = 8 * time.Second

// scanForm shows the photos, what was read in them, and what is to be taken again.
func scanForm(v *site.Visit) error { return showScan(v, http.StatusOK, nil) }

func showScan(v *site.Visit, status int, failed []sentFile) error {
	if mayReport(v) != nil {
		return v.Redirect("/report")
	}
	all, err := readPhotos(v, readWithin)
	if err != nil {
		return err
	}
	d, err := readDraft(v)
	if err != nil {
		return err
	}
	page := scanPage{Failed: failed, Unread: slices.ContainsFunc(all.Items, unread), Checked: missing(d) == "check"}
	for _, kind := range slots {
		one := slot{Kind: kind}
		for i, p := range all.Items {
			if p.SentAs == kind {
				one.Sent = &all.Items[i]
			}
		}
		for _, p := range proposals(all) {
			if one.Sent != nil && p.Paper == one.Sent.Id && p.Field == fieldOf(p) {
				one.Read = append(one.Read, p)
			}
		}
		page.Slots = append(page.Slots, one)
	}
	return v.ShowAs(status, "report-scan", page)
}

// fieldOf is the field of the paper that a proposal repeats; a policy that a
// plate leads to stands on no paper.
func fieldOf(p proposal) string {
	if p.For == "policy_no" && p.Field != "policy_number" {
		return ""
	}
	return p.Field
}

func unread(p rest.DraftPaper) bool { return p.State == rest.Received }

// readPhotos are the photos of the draft, once all are read or patience is over.
func readPhotos(v *site.Visit, patience time.Duration) (all rest.DraftPapers, err error) {
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for until := site.Now().Add(patience); ; {
		all, err = site.Read[rest.DraftPapers](v.API.ListDraftPapers(v.Ctx()))
		if err != nil || !slices.ContainsFunc(all.Items, unread) || site.Now().After(until) {
			return all, err
		}
		select {
		case <-v.Ctx().Done():
			return all, v.Ctx().Err()
		case <-tick.C:
		}
	}
}

// sendScan takes photos of the form. One that comes takes the place of the one
// before it.
func sendScan(v *site.Visit) error {
	if err := mayReport(v); err != nil {
		return err
	}
	before, err := readPhotos(v, 0)
	if err != nil {
		return err
	}
	form, err := v.R.MultipartReader()
	if err != nil {
		return &site.Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	key := v.R.URL.Query().Get("key")
	if len(key) < 8 {
		key = site.NewKey()
	}
	var sent, failed []sentFile
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &site.Problem{Problem: rest.Problem{Type: "/problems/cut-off", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
		}
		one := sentFile{Field: part.FormName(), Name: part.FileName()}
		if one.Name == "" || !slices.Contains(slots, one.Field) {
			continue
		}
		photo, err := site.Read[rest.DraftPaper](v.API.AddDraftPaperWithBody(v.Ctx(), &rest.AddDraftPaperParams{
			Name: photoName(one.Field, one.Name), Kind: rest.DocumentKind(one.Field), IdempotencyKey: fmt.Sprintf("%s-%s", key, one.Field),
		}, "application/octet-stream", part))
		var p *site.Problem
		switch {
		case errors.As(err, &p) && p.Status < http.StatusInternalServerError && p.Status != http.StatusUnauthorized:
			one.Wrong = v.Trouble(p)
			failed = append(failed, one)
			continue
		case err != nil:
			return err
		}
		for _, old := range before.Items {
			if old.SentAs == one.Field && old.Id != photo.Id {
				if err := site.Done(v.API.DeleteDraftPaper(v.Ctx(), old.Id)); err != nil && !site.Is(err, "not-found") {
					return err
				}
			}
		}
		sent = append(sent, one)
	}
	if len(failed) > 0 {
		return showScan(v, http.StatusUnprocessableEntity, failed)
	}
	if len(sent) == 0 {
		v.Tell("flash.files-none")
	}
	return v.Redirect("/report/scan")
}

// photoName is what a photo is called; the plate's is one of the angles that
// the loss is pictured from.
func photoName(kind, sent string) string {
	if kind == "loss_photo" {
		return angleFile("plate", sent)
	}
	return sent
}

// scanPhoto shows a photo of the draft to whoever took it.
func scanPhoto(v *site.Visit) error {
	return v.PassFile(v.API.GetDraftPaperContent(v.Ctx(), v.R.PathValue("paper"), &rest.GetDraftPaperContentParams{IfNoneMatch: v.R.Header.Get("If-None-Match")}))
}

// proposal is what a photo proposes, with the place where it stands.
type proposal struct {
	rest.Proposal
	Where *site.Excerpt
}

func proposals(all rest.DraftPapers) []proposal {
	list := make([]proposal, len(all.Proposals))
	for i, p := range all.Proposals {
		list[i].Proposal = p
		for _, paper := range all.Items {
			if file := "/report/scan/" + url.PathEscape(p.Paper); paper.Id == p.Paper {
				list[i].Where = site.ExcerptOf(file+"/preview", file, strings.HasPrefix(paper.Type, "image/"), paper.Preview, p.Field, p.Box)
			}
		}
	}
	return list
}

// readProposals is the best proposal for each field of the report.
func readProposals(v *site.Visit) (map[string]*proposal, error) {
	all, err := readPhotos(v, 0)
	if err != nil {
		return nil, err
	}
	best := map[string]*proposal{}
	for _, p := range proposals(all) {
		if best[string(p.For)] == nil {
			best[string(p.For)] = &p
		}
	}
	return best, nil
}

// Proposed is the value proposed for a field; empty when there is none.
func (p reportPage) Proposed(field string) string {
	if one := p.Photos[field]; one != nil {
		return one.Value
	}
	return ""
}

// takeAlong makes the photos that filled in a report papers of its claim. Those
// that could not be read are left behind.
func takeAlong(v *site.Visit, no string) error {
	all, err := readPhotos(v, 0)
	if err != nil {
		return err
	}
	var batch rest.Attach
	h := sha256.New()
	for _, p := range all.Items {
		if p.State != rest.Unreadable {
			kind := rest.DocumentKind(p.Kind)
			if p.State == rest.Read && !site.ZH.Has("doc."+p.Kind) {
				kind = ""
			}
			batch.Documents = append(batch.Documents, rest.NewDocument{Upload: p.Id, Kind: kind})
			_, _ = io.WriteString(h, p.Id)
		}
	}
	if len(batch.Documents) == 0 {
		return nil
	}
	key := "photos-" + hex.EncodeToString(h.Sum(nil)[:16]) // sent again with the report, they are the same photos
	_, err = site.Read[rest.Attached](v.API.AttachDocuments(v.Ctx(), no, &rest.AttachDocumentsParams{IdempotencyKey: key}, batch))
	return err
}

// holderOf reports whether a name is the policy holder's, however it is spaced.
func holderOf(p *rest.Prefill, name string) bool {
	return p != nil && strings.ReplaceAll(p.Holder.Name, " ", "") == strings.ReplaceAll(name, " ", "")
}
