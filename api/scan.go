package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/db"
	"anpei/schemas/rest"
	"anpei/workflows"
)

// Photos of papers that fill in a report before there is a claim (拍照填单).
// Nothing of them goes under the lock of the evidence: they lie in the staging
// bucket, and what the report takes along is put into the locked one then.

const (
	// draftPapersAtOnce is how many photos a draft has at most.
	draftPapersAtOnce = 20
	// draftPapersKept is how long a photo waits for its report.
	draftPapersKept = 7 * 24 * time.Hour
)

var draftPaperSpace = uuid.MustParse("5d0c61e3-60a7-5b44-9a5f-0f3e3c1b7a92")

// AddDraftPaper implements [rest.StrictServerInterface]. It is idempotent by
// (caller, key): the row names the photo, the workflow's id its reading.
func (s *evidence) AddDraftPaper(ctx context.Context, r rest.AddDraftPaperRequestObject) (rest.AddDraftPaperResponseObject, error) {
	done, err := turnToUpload(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	f, err := receive(rest.UploadFileRequestObject{
		Body: r.Body, MultipartBody: r.MultipartBody, Params: rest.UploadFileParams{Name: r.Params.Name, ReprDigest: r.Params.ReprDigest},
	})
	if err != nil {
		return nil, err
	}
	defer f.drop()
	if !claim.Fits(string(r.Params.Kind), f.mime) {
		return nil, contract.Invalid(rest.FieldError{Pointer: "/kind", Detail: claim.NoPicture})
	}
	row, err := s.keepDraftPaper(ctx, string(access.CallerOf(ctx).ID), r.Params.IdempotencyKey, string(r.Params.Kind), f)
	if err != nil {
		return nil, err
	}
	if err := s.scan(ctx, row); err != nil {
		return nil, err
	}
	shown, _, err := draftPaper(db.DraftPapersRow(row))
	return rest.AddDraftPaper201JSONResponse(shown), err
}

// keepDraftPaper stores a photo, and then the row that names it.
func (s *evidence) keepDraftPaper(ctx context.Context, by, key, kind string, f *spooled) (db.DraftPaperRow, error) {
	id := uuid.NewSHA1(draftPaperSpace, []byte(by+"\n"+key)).String()
	row, err := s.q.DraftPaper(ctx, s.db, id, by)
	switch {
	case err == nil && row.SHA256 != f.hex():
		return row, contract.KeyReused()
	case err == nil:
		return row, nil
	case !errors.Is(err, pgx.ErrNoRows):
		return row, fmt.Errorf("look for a photo: %w", err)
	}
	object := draftObject(id, f.hex())
	if err := s.stage(ctx, object, f); err != nil {
		return row, err
	}
	n, err := s.q.InsertDraftPaper(ctx, s.db, db.InsertDraftPaperParams{
		ID: id, Principal: by, Kind: kind, Name: f.name, Type: f.mime, Size: f.size, SHA256: f.hex(), Object: object, Most: draftPapersAtOnce,
	})
	if err != nil {
		return row, fmt.Errorf("record a photo: %w", err)
	}
	row, err = s.q.DraftPaper(ctx, s.db, id, by)
	switch {
	case n == 0 && errors.Is(err, pgx.ErrNoRows):
		s.unstage(ctx, object)
		return row, &contract.Fault{Kind: contract.KindTooMany, Retry: time.Minute, Detail: fmt.Sprintf("A draft has at most %d photos. Throw one away first. · 最多 %[1]d 张照片，请先删除一张", draftPapersAtOnce)}
	case err != nil:
		return row, fmt.Errorf("read a photo: %w", err)
	case row.SHA256 != f.hex(): // a twin was quicker, with another photo
		return row, contract.KeyReused()
	}
	return row, nil
}

// draftObject is the key of a photo's bytes.
func draftObject(id, sha256 string) string { return "drafts/" + id + "/" + sha256 }

// stage puts a file into the staging bucket.
func (s *evidence) stage(ctx context.Context, object string, f *spooled) error {
	ctx, stop := context.WithTimeout(ctx, storeTime)
	defer stop()
	body := struct{ io.Reader }{io.NewSectionReader(f.file, 0, f.size)}
	_, err := s.store.PutObject(ctx, s.cfg.Staging, object, body, f.size, minio.PutObjectOptions{
		ContentType: f.mime, UserMetadata: f.checksum(), DisableContentSha256: true, DisableMultipart: true,
	})
	if err != nil {
		return storeFault("stage "+object, err)
	}
	return nil
}

// unstage forgets a staged object and the pictures of it; what is left over is nobody's to find.
func (s *evidence) unstage(ctx context.Context, object string) {
	if err := s.store.RemoveObject(ctx, s.cfg.Staging, object, minio.RemoveObjectOptions{}); err != nil {
		s.log.WarnContext(ctx, "staged object not removed", "object", object, "error", err)
	}
	if err := s.forgetPreviews(ctx, object); err != nil {
		s.log.WarnContext(ctx, "preview not removed", "object", object, "error", err)
	}
}

// scan has a photo read, once.
func (s *evidence) scan(ctx context.Context, row db.DraftPaperRow) error {
	if row.Reading != nil {
		return nil
	}
	_, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.ScanID(row.ID), TaskQueue: workflows.ClaimsQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, workflows.Scan, claim.PaperFile{Document: row.ID, Object: row.Object, Staged: true})
	if _, again := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); again {
		return nil
	}
	if err != nil {
		return contract.Unavailable(fmt.Errorf("have photo %s read: %w", row.ID, err))
	}
	return nil
}

// draftPaper is a photo as the contract shows it, and what it was read as.
func draftPaper(row db.DraftPapersRow) (rest.DraftPaper, document.Scanned, error) {
	out := rest.DraftPaper{
		Id: row.ID, Kind: row.Kind, SentAs: row.Kind, Name: row.Name, Type: row.Type, Size: row.Size, Sha256: row.SHA256,
		State: rest.Received, Fields: []rest.DocumentField{}, CreatedAt: row.CreatedAt.UTC(),
	}
	scanned := document.Scanned{Paper: row.ID}
	if out.Kind == "" {
		out.Kind = string(document.Unknown)
	}
	if row.Reading == nil {
		return out, scanned, nil
	}
	var r claim.Reading
	if err := json.Unmarshal(row.Reading, &r); err != nil {
		return out, scanned, fmt.Errorf("decode what photo %s says: %w", row.ID, err)
	}
	if r.Kind != "" && r.Kind != string(document.Unknown) {
		out.Kind = r.Kind
	}
	if r.Unreadable != "" {
		out.State, out.Reason = rest.Unreadable, r.Detail
		return out, scanned, nil
	}
	out.State, scanned.Kind = rest.Read, document.Kind(out.Kind)
	for _, f := range r.Fields {
		out.Fields = append(out.Fields, rest.DocumentField{
			Name: f.Name, Value: f.Value, Source: rest.FieldSource(f.Source), ConfidenceBp: claim.BP(f.Confidence), Page: f.Page, Box: f.Box,
			Engine: r.Engine, Sure: f.Sure, Note: f.Note, At: row.CreatedAt.UTC(),
		})
		scanned.Fields = append(scanned.Fields, document.Field{
			Name: f.Name, Value: f.Value, Source: f.Source, Confidence: f.Confidence, Page: f.Page, Box: f.Box, Sure: f.Sure, Note: f.Note,
		})
	}
	return out, scanned, nil
}

// ListDraftPapers implements [rest.StrictServerInterface].
func (s *evidence) ListDraftPapers(ctx context.Context, _ rest.ListDraftPapersRequestObject) (rest.ListDraftPapersResponseObject, error) {
	by := access.CallerOf(ctx)
	rows, err := s.q.DraftPapers(ctx, s.db, string(by.ID))
	if err != nil {
		return nil, fmt.Errorf("list the photos of a draft: %w", err)
	}
	page := rest.ListDraftPapers200JSONResponse{Items: make([]rest.DraftPaper, len(rows)), Proposals: []rest.Proposal{}}
	scanned := make([]document.Scanned, len(rows))
	for i, row := range rows {
		if page.Items[i], scanned[i], err = draftPaper(row); err != nil {
			return nil, err
		}
		if page.Items[i].State != rest.Received {
			page.Items[i].Preview = s.previewOf(ctx, row.Object)
		}
	}
	known, err := s.q.PoliciesOfPhone(ctx, s.db, by.ClaimantPhone, "")
	if err != nil {
		return nil, fmt.Errorf("read the policies of a phone: %w", err)
	}
	policies := make([]document.Known, len(known))
	for i, p := range known {
		policies[i] = document.Known{Number: p.Number, Plate: p.Plate, VIN: p.Vin}
	}
	for _, p := range document.Propose(scanned, policies) {
		page.Proposals = append(page.Proposals, rest.Proposal{
			For: rest.ProposalFor(p.For), Value: p.Value, Paper: p.Paper, Kind: string(p.Kind), Field: p.Name,
			ConfidenceBp: claim.BP(p.Confidence), Page: p.Page, Box: p.Box, Sure: p.Sure, Note: p.Note,
		})
	}
	return page, nil
}

// DeleteDraftPaper implements [rest.StrictServerInterface].
func (s *evidence) DeleteDraftPaper(ctx context.Context, r rest.DeleteDraftPaperRequestObject) (rest.DeleteDraftPaperResponseObject, error) {
	row, err := s.q.DraftPaper(ctx, s.db, r.Paper, string(access.CallerOf(ctx).ID))
	if err != nil {
		return nil, contract.RowError("photo", err)
	}
	if err := s.q.DropDraftPaper(ctx, s.db, row.ID); err != nil {
		return nil, fmt.Errorf("remove a photo: %w", err)
	}
	s.afterwards(ctx, func(ctx context.Context) { s.unstage(ctx, row.Object) })
	return rest.DeleteDraftPaper204Response{}, nil
}

// GetDraftPaperContent implements [rest.StrictServerInterface].
func (s *evidence) GetDraftPaperContent(ctx context.Context, r rest.GetDraftPaperContentRequestObject) (rest.GetDraftPaperContentResponseObject, error) {
	row, err := s.q.DraftPaper(ctx, s.db, r.Paper, string(access.CallerOf(ctx).ID))
	if err != nil {
		return nil, contract.RowError("photo", err)
	}
	tag := `"` + row.SHA256 + `"`
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetDraftPaperContent304Response{}, nil
	}
	body, size, err := s.openStaged(ctx, row.Object)
	return content{body, size, row.Name, row.Type, tag}, err
}

// VisitGetDraftPaperContentResponse implements the contract.
func (f content) VisitGetDraftPaperContentResponse(w http.ResponseWriter) error {
	return f.VisitGetDocumentContentResponse(w)
}

func (s *evidence) openStaged(ctx context.Context, object string) (io.ReadCloser, int64, error) {
	body, info, _, err := minio.Core{Client: s.store}.GetObject(ctx, s.cfg.Staging, object, minio.GetObjectOptions{})
	if answer := minio.ToErrorResponse(err); answer.Code == minio.NoSuchKey {
		return nil, 0, contract.ErrNotFound
	}
	if err != nil {
		return nil, 0, storeFault("open "+object, err)
	}
	return body, info.Size, nil
}

// fromDraft makes an upload to the claim of a photo of the caller's draft. The
// error is [pgx.ErrNoRows] when there is none of this id. It is idempotent by
// the photo.
func (s *evidence) fromDraft(ctx context.Context, id string) (row db.UploadsOfClaimRow, err error) {
	by := access.CallerOf(ctx).ID
	photo, err := s.q.DraftPaper(ctx, s.db, id, string(by))
	if err != nil {
		return row, err
	}
	up, err := s.q.UploadByKey(ctx, s.db, string(by), "draft/"+id)
	if errors.Is(err, pgx.ErrNoRows) {
		up, err = s.lockDraftPaper(ctx, photo)
	}
	switch {
	case err != nil:
		return row, fmt.Errorf("take photo %s along: %w", id, err)
	case up.ClaimID != access.ClaimOf(ctx).ID: // it went to another claim
		return row, pgx.ErrNoRows
	}
	return db.UploadsOfClaimRow{
		ID: up.ID, Principal: string(by), Name: up.Name, Type: up.Type, Size: up.Size, SHA256: up.SHA256, Object: up.Object, Revision: up.Revision,
	}, nil
}

// takenAlong takes photos that a claim has now out of the draft. Where it
// cannot, they go with their time.
func (s *evidence) takenAlong(ctx context.Context, batch claim.Batch) {
	var ids []string
	for _, a := range batch.Attachments {
		if a.Scan != "" {
			ids = append(ids, a.Scan)
		}
	}
	if len(ids) == 0 {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	s.afterwards(ctx, func(ctx context.Context) {
		for _, a := range batch.Attachments {
			if a.Scan == "" {
				continue
			}
			if err := s.takePreviews(ctx, draftObject(a.Scan, a.SHA256), a.Object); err != nil {
				s.log.WarnContext(ctx, "preview not taken along", "document", a.Document, "error", err)
			}
		}
	})
	if err := s.q.TakeDraftPapers(ctx, s.db, string(access.CallerOf(ctx).ID), string(access.ClaimOf(ctx).ID), ids); err != nil {
		s.log.WarnContext(ctx, "photos that a claim has stay in the draft", "error", err)
	}
}

// lockDraftPaper puts a photo's bytes under the lock of the evidence.
func (s *evidence) lockDraftPaper(ctx context.Context, photo db.DraftPaperRow) (up db.UploadByKeyRow, err error) {
	body, _, err := s.openStaged(ctx, photo.Object)
	if err != nil {
		return up, err
	}
	defer body.Close()
	f, err := spool(body)
	if err != nil {
		return up, err
	}
	defer f.drop()
	f.name = photo.Name
	return s.upload(ctx, "draft/"+photo.ID, f)
}

// sweepDraftPapers forgets photos whose time is over, and those that a claim
// has taken along.
func (s *evidence) sweepDraftPapers(ctx context.Context, now time.Time) error {
	old, err := s.q.OldDraftPapers(ctx, s.db, now.Add(-draftPapersKept), 200)
	if err != nil {
		return fmt.Errorf("look for old photos: %w", err)
	}
	for _, p := range old {
		if err := s.store.RemoveObject(ctx, s.cfg.Staging, p.Object, minio.RemoveObjectOptions{}); err != nil {
			return storeFault("forget "+p.Object, err)
		}
		if err := s.forgetPreviews(ctx, p.Object); err != nil {
			return err
		}
		if err := s.q.DropDraftPaper(ctx, s.db, p.ID); err != nil {
			return fmt.Errorf("drop photo %s: %w", p.ID, err)
		}
	}
	return nil
}
