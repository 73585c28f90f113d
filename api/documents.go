package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// partnerSure is the confidence from which a partner's value is taken without
// a person having looked at it. Below, the claim leaves the flash lane.
const partnerSure claim.BP = 9_000

// AttachDocuments implements the contract: one update, whatever their number.
func (s *evidence) AttachDocuments(ctx context.Context, r rest.AttachDocumentsRequestObject) (rest.AttachDocumentsResponseObject, error) {
	batch, ids, err := s.batch(ctx, *r.Body)
	if err != nil {
		return nil, err
	}
	receipt, err := send(ctx, s.commands, claim.ActAttach, r.Params.IdempotencyKey, r.Body, batch, checkAttach(*r.Body, time.Now())...)
	if err == nil {
		s.takenAlong(ctx, batch)
	}
	return rest.AttachDocuments201JSONResponse{Receipt: receipt, Ids: ids}, err
}

// batch makes attachments of uploads: the sender's own, those that were photos
// of their draft included, or for staff anybody's to this claim. The same bytes are one attachment, and one document.
func (s *evidence) batch(ctx context.Context, a rest.Attach) (claim.Batch, []string, error) {
	by, id := access.CallerOf(ctx), access.ClaimOf(ctx).ID
	wanted := make([]string, len(a.Documents))
	for i, d := range a.Documents {
		wanted[i] = d.Upload
		if d.Reading != nil && by.Role != claim.Partner {
			return claim.Batch{}, nil, s.access.Refused(ctx, claim.Refusal{
				Rule: claim.RuleRole, Detail: "Readings are taken from partners alone. Leave reading out; the file is read here.",
			})
		}
	}
	rows, err := s.q.UploadsOfClaim(ctx, s.db, id, wanted)
	if err != nil {
		return claim.Batch{}, nil, fmt.Errorf("look for uploads to claim %s: %w", id, err)
	}
	uploads := make(map[string]db.UploadsOfClaimRow, len(rows))
	for _, row := range rows {
		if row.Principal == string(by.ID) || by.Role != claim.Claimant && by.Role != claim.Partner {
			uploads[row.ID] = row
		}
	}
	photos := map[string]bool{} // of the caller's draft
	for _, id := range wanted {
		if _, ok := uploads[id]; ok || photos[id] || by.Role != claim.Claimant {
			continue
		}
		row, err := s.fromDraft(ctx, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			continue
		case err != nil:
			return claim.Batch{}, nil, err
		}
		uploads[id], photos[id] = row, true
	}
	var unknown []string
	var wrong []rest.FieldError
	var batch claim.Batch
	ids := make([]string, len(a.Documents))
	at := map[string]int{} // of a document in the batch
	for i, d := range a.Documents {
		row, ok := uploads[d.Upload]
		if !ok {
			unknown = append(unknown, "/documents/"+strconv.Itoa(i)+"/upload")
			continue
		}
		if !claim.Fits(d.Kind, row.Type) {
			wrong = append(wrong, rest.FieldError{Pointer: fmt.Sprintf("/documents/%d/kind", i), Detail: claim.NoPicture})
		}
		one := attachment(documentID(id, row.SHA256), d, row)
		if photos[d.Upload] {
			one.Scan = d.Upload
		}
		ids[i] = one.Document
		j, twice := at[one.Document]
		switch {
		case !twice:
			at[one.Document] = len(batch.Attachments)
			batch.Attachments = append(batch.Attachments, one)
		case batch.Attachments[j].Reading == nil:
			batch.Attachments[j].Reading = one.Reading
		}
	}
	if wrong != nil {
		return claim.Batch{}, nil, contract.Invalid(wrong...)
	}
	if unknown != nil {
		return claim.Batch{}, nil, s.access.Refused(ctx, claim.Refusal{
			Rule:   claim.RuleDocument,
			Detail: "This is no upload of yours to this claim: " + strings.Join(unknown, ", ") + ". Upload the file first, and give the id of the answer.",
		})
	}
	return batch, ids, nil
}

func attachment(id string, d rest.NewDocument, row db.UploadsOfClaimRow) claim.Attachment {
	a := claim.Attachment{
		Document: id, Upload: row.ID, Kind: d.Kind, Name: row.Name, Type: row.Type, Size: row.Size,
		SHA256: row.SHA256, Object: row.Object, Revision: row.Revision,
	}
	if !d.TakenAt.IsZero() {
		a.TakenAt = &claim.Taken{At: d.TakenAt.UTC().Truncate(time.Microsecond), Place: d.Place}
	}
	if d.Reading != nil {
		a.Reading = readingOf(*d.Reading)
	}
	return a
}

// readingOf takes a partner's reading over. What it is sure of is sure enough;
// the rest goes to a person.
func readingOf(r rest.PartnerReading) *claim.Reading {
	out := &claim.Reading{Kind: r.Kind, KindConfidence: int(claim.Whole), Engine: r.Engine, Pages: r.Pages, Fields: make([]claim.Field, len(r.Fields))}
	for i, f := range r.Fields {
		out.Fields[i] = claim.Field{
			Name: f.Name, Value: f.Value, Source: document.FromPartner, Confidence: int(f.ConfidenceBp),
			Page: f.Page, Box: f.Box, Sure: f.ConfidenceBp >= partnerSure,
		}
	}
	return out
}

// ListDocuments implements the contract.
func (s *evidence) ListDocuments(ctx context.Context, r rest.ListDocumentsRequestObject) (rest.ListDocumentsResponseObject, error) {
	c := access.ClaimOf(ctx)
	show, read := contract.PageLimit(r.Params.Limit)
	p := db.ListDocumentsParams{ClaimID: c.ID, AfterAt: time.Unix(0, 0), AfterID: uuid.Nil.String(), Count: read}
	after, ok, err := contract.Place(r.Params.After, 2)
	if ok {
		p.AfterID = after[1]
		p.AfterAt, err = time.Parse(time.RFC3339Nano, after[0])
	}
	if err != nil || uuid.Validate(p.AfterID) != nil {
		return nil, contract.ErrCursor
	}
	if c.Extra {
		p.Own = string(access.CallerOf(ctx).ID)
	}
	if p.Without, err = s.access.Without(access.CallerOf(ctx), c); err != nil {
		return nil, err
	}
	p.Reader = string(access.CallerOf(ctx).ID)
	rows, err := s.q.ListDocuments(ctx, s.db, p)
	if err != nil {
		return nil, fmt.Errorf("list documents of claim %s: %w", c.ID, err)
	}
	rows, next := contract.Cut(rows, show, func(row db.ListDocumentsRow) []string {
		return []string{row.AttachedAt.UTC().Format(time.RFC3339Nano), row.ID}
	})
	page := rest.ListDocuments200JSONResponse{Items: make([]rest.DocumentSummary, len(rows)), Next: next}
	for i, row := range rows {
		page.Items[i] = summary(db.DocumentOfClaimRow(row), access.CallerOf(ctx))
	}
	return page, nil
}

func summary(row db.DocumentOfClaimRow, who access.Caller) rest.DocumentSummary {
	d := rest.DocumentSummary{
		Id: row.ID, Kind: row.Kind, Name: row.Name, Type: row.Type, Size: row.Size, Sha256: row.SHA256,
		State: row.State, Reason: row.Reason, AttachedAt: row.AttachedAt.UTC(),
		AttachedBy: sender(who, claim.Principal(row.AttachedBy), claim.Role(row.ByRole), row.ByName, row.ByParty),
	}
	if d.Kind == "" {
		d.Kind = string(document.Unknown) // not read yet
	}
	if row.SentAs != row.Kind && row.SentAs != string(document.Unknown) {
		d.SentAs = row.SentAs
	}
	if row.TakenAt != nil {
		d.TakenAt = row.TakenAt.UTC()
	}
	if row.TakenLat != nil && row.TakenLng != nil {
		d.Place = &claim.Point{Lat: *row.TakenLat, Lng: *row.TakenLng}
	}
	d.Camera = cameraOf(row.Camera)
	return d
}

// cameraOf is what a picture's own data says; nil while nobody has looked.
func cameraOf(raw []byte) *rest.Camera {
	var c *claim.Camera
	if json.Unmarshal(raw, &c) != nil || c == nil {
		return nil
	}
	out := &rest.Camera{Place: c.Place, Device: c.Device, Software: c.Software}
	if c.At != nil {
		out.At = c.At.UTC()
	}
	return out
}

// sender is who sent a document: staff by name, a claimant with the name masked.
func sender(who access.Caller, id claim.Principal, role claim.Role, name, party string) rest.Actor {
	switch {
	case id == claim.Machine:
		return rest.Actor{Id: id, Role: claim.System}
	case role != "":
		return rest.Actor{Id: id, Role: role, Name: name}
	default:
		return rest.Actor{Id: who.Own(id), Role: claim.Claimant, Name: claim.MaskName(party)}
	}
}

// GetDocument implements the contract.
func (s *evidence) GetDocument(ctx context.Context, r rest.GetDocumentRequestObject) (rest.GetDocumentResponseObject, error) {
	row, err := s.q.DocumentOfClaim(ctx, s.db, access.ClaimOf(ctx).ID, r.Document)
	if err != nil {
		return nil, fmt.Errorf("read document %s: %w", r.Document, err)
	}
	fields, err := s.q.FieldsOfDocument(ctx, s.db, r.Document)
	if err != nil {
		return nil, fmt.Errorf("read fields of document %s: %w", r.Document, err)
	}
	who := access.CallerOf(ctx)
	d := summary(row, who)
	out := rest.Document{
		Id: d.Id, Kind: d.Kind, SentAs: d.SentAs, Name: d.Name, Type: d.Type, Size: d.Size, Sha256: d.Sha256, State: d.State, Reason: d.Reason,
		TakenAt: d.TakenAt, Place: d.Place, Camera: d.Camera, AttachedBy: d.AttachedBy, AttachedAt: d.AttachedAt,
		Fields: make([]rest.DocumentField, len(fields)), Preview: s.previewOf(ctx, row.Object),
	}
	for i, f := range fields {
		out.Fields[i] = rest.DocumentField{
			Name: f.Name, Value: f.Value, Source: f.Source, ConfidenceBp: f.ConfidenceBp, Page: int(f.Page),
			Engine: f.Engine, Sure: f.Sure, Note: f.Note, ConfirmedBy: claim.Principal(f.ConfirmedBy), At: f.At.UTC(),
		}
		if who.Outside() && !access.ClaimOf(ctx).Known {
			out.Fields[i].Note = "" // it may say what the policy says
		}
		for j := range min(len(f.Box), 4) {
			out.Fields[i].Box[j] = int(f.Box[j])
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode document %s: %w", r.Document, err)
	}
	tag := contract.ETag(raw)
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetDocument304Response{}, nil
	}
	return rest.GetDocument200JSONResponse{Body: out, Headers: rest.GetDocument200ResponseHeaders{ETag: tag}}, nil
}

// GetDocumentContent implements the contract.
func (s *evidence) GetDocumentContent(ctx context.Context, r rest.GetDocumentContentRequestObject) (rest.GetDocumentContentResponseObject, error) {
	row, err := s.q.ContentOfDocument(ctx, s.db, access.ClaimOf(ctx).ID, r.Document)
	if err != nil {
		return nil, fmt.Errorf("read document %s: %w", r.Document, err)
	}
	tag := `"` + row.SHA256 + `"`
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetDocumentContent304Response{}, nil
	}
	f, err := s.stored(ctx, row.Object, row.Revision, row.Name, row.Type, tag)
	return f, err
}

// content is a stored object on its way out. It is shown for what it is and
// nothing else: no script in it runs, and no browser takes it for a page.
type content struct {
	body            io.ReadCloser
	size            int64
	name, mime, tag string
}

// stored opens a stored object to be sent, in the version on record.
func (s *parts) stored(ctx context.Context, object, revision, name, mime, tag string) (content, error) {
	body, size, err := s.open(ctx, object, revision)
	return content{body, size, name, mime, tag}, err
}

// VisitGetDocumentContentResponse implements the contract.
func (f content) VisitGetDocumentContentResponse(w http.ResponseWriter) error {
	defer f.body.Close()
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("Content-Length", strconv.FormatInt(f.size, 10))
	h.Set("ETag", f.tag)
	shown := "inline"
	if f.mime == typeOFD || f.mime == typeXML {
		shown = "attachment" // no browser shows an invoice's data as an invoice
	}
	h.Set("Content-Disposition", mime.FormatMediaType(shown, map[string]string{"filename": f.name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	w.WriteHeader(http.StatusOK)
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	_, err := io.CopyBuffer(w, struct{ io.Reader }{f.body}, buffer[:])
	return err
}
