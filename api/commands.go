package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
	"anpei/workflows"
)

const (
	// patience is how long a caller waits for the answer of a claim. Whoever
	// runs out of it asks again with the same key.
	patience = 5 * time.Second
	// maxMessage keeps a message well below the 2 MB that Temporal takes, and
	// history small.
	maxMessage = 512 << 10
)

// order is a command on a claim: one update of its workflow. Its key makes it
// act once, its hash tells whether a second one of that key is the same.
type order struct {
	claim claim.ID
	by    access.Caller
	act   claim.Act
	key   string
	hash  string
	seen  int64 // version of the claim's rows when it was sent
}

// send lets a person act on the claim that the path names: body is the
// message of the act, asked what came in the request, wrong what is
// known to be wrong with it. The answer is the receipt of a command that was
// carried out, or kept as a recommendation; a refused one is an error.
//
// It is idempotent by (caller, key): the steps that carried a command out hold
// its answer, an update under way is joined.
func send[T any](ctx context.Context, s *commands, act claim.Act, key string, asked any, body T, wrong ...rest.FieldError) (claim.Receipt, error) {
	return command(ctx, s, act, key, asked, body, func(ctx context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
		return s.temporal.UpdateWorkflow(ctx, o)
	}, wrong...)
}

// dealing is a way to the workflow that a command is for.
type dealing func(context.Context, client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)

// command is send, by a way to the workflow that deal knows.
func command[T any](ctx context.Context, s *commands, act claim.Act, key string, asked any, body T, deal dealing, wrong ...rest.FieldError) (claim.Receipt, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return claim.Receipt{}, fmt.Errorf("encode %s: %w", act, err)
	}
	o := order{claim: access.ClaimOf(ctx).ID, by: access.CallerOf(ctx), act: act, key: key, seen: access.ClaimOf(ctx).Version}
	o.hash = hashOf(act, o.claim, raw)
	receipt, found, err := s.answered(ctx, o)
	switch {
	// A hold is answered when every object is held, which the rows do not know.
	case found && act == claim.ActHold && err == nil && !access.CallOf(ctx).Repeated:
	case found || err != nil:
		return receipt, err // even if it would not pass today
	case access.CallOf(ctx).Repeated:
		return claim.Receipt{}, contract.ErrNotFound
	}
	wrong = append(wrong, checkText(asked)...)
	switch {
	case len(wrong) > 0:
		return claim.Receipt{}, contract.Invalid(wrong...)
	case len(raw) > maxMessage:
		return claim.Receipt{}, &contract.Fault{Kind: contract.KindTooLarge, Detail: "This is more than one command can carry. Send it in several, fewer documents in each."}
	}
	return s.carry(ctx, o, func(ctx context.Context, seen int64) (client.WorkflowUpdateHandle, error) {
		m := claim.Message[T]{By: o.by.Actor(), Key: o.key, Hash: o.hash, Request: access.RequestOf(ctx), Seen: seen, Body: body}
		return deal(ctx, o.updateOptions(m))
	})
}

// hashOf is the SHA-256, in hex, by which two commands are the same: what is
// to be done, to which claim, with which body.
func hashOf(act claim.Act, id claim.ID, body []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", act, id)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// updateID names the update of a caller's key.
func updateID(by claim.Principal, key string) string {
	h := sha256.Sum256([]byte(string(by) + "\n" + key))
	return hex.EncodeToString(h[:16])
}

func (o order) updateOptions(message any) client.UpdateWorkflowOptions {
	return client.UpdateWorkflowOptions{
		WorkflowID: workflows.WorkflowID(o.claim), UpdateID: updateID(o.by.ID, o.key), UpdateName: string(o.act),
		Args: []any{message}, WaitForStage: client.WorkflowUpdateStageCompleted,
	}
}

// stepAnswer looks for the answer of a command that its workflow has just
// carried out.
func (s *commands) stepAnswer(ctx context.Context, o order) (claim.Receipt, bool, error) {
	receipt, _, found, err := s.commandStep(ctx, o)
	return receipt, found, err
}

func (s *commands) commandStep(ctx context.Context, o order) (receipt claim.Receipt, row db.CommandStepRow, found bool, err error) {
	row, err = s.q.CommandStep(ctx, s.db, string(o.by.ID), o.key)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return claim.Receipt{}, row, false, nil
	case err != nil:
		return claim.Receipt{}, row, false, fmt.Errorf("look for the answer of %s: %w", o.act, err)
	}
	receipt, err = o.stored(row.CommandHash, row.Receipt)
	return receipt, row, true, err
}

// answered looks for a command that was carried out before. Its answer is
// given only once the claim's workflow is sure to know of it.
func (s *commands) answered(ctx context.Context, o order) (claim.Receipt, bool, error) {
	receipt, row, found, err := s.commandStep(ctx, o)
	if !found {
		return receipt, false, err
	}
	if row.Stage != "" && claim.Stage(row.Stage) != claim.Closed {
		if behind := s.catchUp(ctx, row.ClaimID, row.Version); behind != nil {
			return claim.Receipt{}, true, behind
		}
	}
	return receipt, true, err
}

// catchUp makes sure that a claim's workflow comes to know what its rows say:
// a step's commit outlives a crash of Temporal that takes its update. It is
// called before an answer is given from the rows, once a version.
func (s *commands) catchUp(ctx context.Context, id claim.ID, version int64) error {
	if _, knows := s.caughtUp.Get(stepOf(id, version)); knows {
		return nil
	}
	wait, stop := context.WithTimeout(ctx, patience)
	defer stop()
	err := s.temporal.SignalWorkflow(wait, workflows.WorkflowID(id), "", workflows.CatchUp, nil)
	if gone := (*serviceerror.NotFound)(nil); errors.As(err, &gone) {
		err = nil // it has ended, or the watch starts it
	}
	if err != nil {
		return contract.Unavailable(err)
	}
	s.knows(id, version)
	return nil
}

// knows notes that a claim's workflow knows of a version of its rows.
func (s *commands) knows(id claim.ID, version int64) {
	now := time.Now()
	s.caughtUp.Put(stepOf(id, version), struct{}{}, now.Add(10*time.Minute))
}

func stepOf(id claim.ID, version int64) string { return fmt.Sprintf("%s/%d", id, version) }

// stored reads the answer of a step. Under the key of another command it is
// not for this one.
func (o order) stored(hash string, raw []byte) (claim.Receipt, error) {
	var receipt claim.Receipt
	if hash != o.hash {
		return receipt, contract.KeyReused()
	}
	if err := json.Unmarshal(raw, &receipt); err != nil {
		return receipt, fmt.Errorf("decode the receipt of %s: %w", o.act, err)
	}
	return toldReceipt(receipt), refusedBy(receipt)
}

// toldReceipt is a receipt whose refusal is told in both languages.
func toldReceipt(r claim.Receipt) claim.Receipt {
	if r.Refusal != nil {
		said := r.Refusal.Told()
		r.Refusal = &said
	}
	return r
}

// refusedBy returns the refusal that a receipt carries, which the step has
// logged, or nil.
func refusedBy(r claim.Receipt) error {
	if r.Result != claim.Refused {
		return nil
	}
	if r.Refusal == nil {
		return contract.Refused(claim.Refusal{Rule: claim.RuleInput, Detail: "The claim refused this."})
	}
	return contract.Refused(*r.Refusal)
}

// carry sends a command to the claim's workflow and waits for its answer. A
// refusal by a workflow whose rows have moved on since the caller looked may
// rest on an old file, so the workflow is asked once more, with the new version.
func (s *commands) carry(ctx context.Context, o order, update func(ctx context.Context, seen int64) (client.WorkflowUpdateHandle, error)) (claim.Receipt, error) {
	// Also when the caller goes away: an update that is cut off on its way is not
	// handed to a worker before its task times out.
	wait, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	receipt, err := s.sendUpdate(wait, o.seen, update)
	if isRefused(err) {
		if now, rows := s.q.ClaimStage(ctx, s.db, o.claim); rows == nil && now.Version > o.seen {
			receipt, err = s.sendUpdate(wait, now.Version, update)
		}
	}
	if err != nil {
		return s.failed(ctx, o, err)
	}
	s.knows(o.claim, receipt.Version)
	// A twin that was still running has been joined; whether it asked for the
	// same, only its step knows.
	stored, found, err := s.stepAnswer(ctx, o)
	if found || err != nil {
		return stored, err
	}
	return receipt, refusedBy(receipt)
}

// sendUpdate sends an update and waits for what it answers. A worker that fails
// the workflow's task takes the update with it: it is sent again, under its id,
// until another worker takes it or the caller's time is up.
func (s *commands) sendUpdate(ctx context.Context, seen int64, update func(context.Context, int64) (client.WorkflowUpdateHandle, error)) (receipt claim.Receipt, err error) {
	for {
		handle, err := update(ctx, seen)
		if err == nil {
			err = handle.Get(ctx, &receipt)
		}
		if _, lost := errors.AsType[*serviceerror.WorkflowNotReady](err); !lost {
			return toldReceipt(receipt), err
		}
		select {
		case <-ctx.Done():
			return receipt, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func isRefused(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.Type() == claim.ErrorRefused
}

// failed says why a command was not carried out.
func (s *commands) failed(ctx context.Context, o order, err error) (claim.Receipt, error) {
	var app *temporal.ApplicationError
	var gone *serviceerror.NotFound
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case errors.As(err, &app) && app.Type() == claim.ErrorRefused:
		var r claim.Refusal
		if detail := app.Details(&r); detail != nil {
			return claim.Receipt{}, fmt.Errorf("read why %s of claim %s was refused: %w", o.act, o.claim, detail)
		}
		// A twin may have been carried out meanwhile, and what refused this one
		// is what the twin has changed.
		if receipt, found, err := s.answered(ctx, o); found || err != nil {
			return receipt, err
		}
		return claim.Receipt{}, s.access.Refused(ctx, r)
	case errors.As(err, &gone), errors.As(err, &started), app != nil && app.Type() == "AcceptedUpdateCompletedWorkflow":
		return s.over(ctx, o, err)
	case errors.As(err, &late), errors.Is(err, context.DeadlineExceeded):
		return claim.Receipt{}, s.late(ctx, err)
	}
	return claim.Receipt{}, fmt.Errorf("%s claim %s: %w", o.act, o.claim, err)
}

// over answers for a workflow that is not there or has just ended: a twin may
// have ended it, or the claim is closed.
func (s *commands) over(ctx context.Context, o order, cause error) (claim.Receipt, error) {
	if receipt, found, err := s.answered(ctx, o); found || err != nil {
		return receipt, err
	}
	now, err := s.q.ClaimStage(ctx, s.db, o.claim)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return claim.Receipt{}, contract.ErrNotFound
	case err != nil:
		return claim.Receipt{}, fmt.Errorf("read claim %s: %w", o.claim, err)
	case claim.Stage(now.Stage) == claim.Closed:
		return claim.Receipt{}, s.access.Refused(ctx, closed)
	}
	return claim.Receipt{}, fmt.Errorf("claim %s is open and has no workflow: %w", o.claim, cause)
}

// closed is what whoever acts on a closed claim is told.
var closed = *claim.Refuse(claim.RuleStage, claim.WhyClosed)

// late tells a command that takes its time from a Temporal that is down.
func (s *commands) late(ctx context.Context, cause error) error {
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	if _, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return contract.Unavailable(errors.Join(cause, err))
	}
	return &contract.Fault{
		Kind: contract.KindRunning, Cause: cause, Retry: time.Second,
		Detail: "This is still being worked on. Ask again with the same Idempotency-Key and body: it acts once, and you get its answer.",
	}
}

// WithdrawClaim implements the contract.
func (s *commands) WithdrawClaim(ctx context.Context, r rest.WithdrawClaimRequestObject) (rest.WithdrawClaimResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActWithdraw, r.Params.IdempotencyKey, r.Body, *r.Body)
	return rest.WithdrawClaim200JSONResponse(receipt), err
}

// LinkPolicy implements the contract.
func (s *commands) LinkPolicy(ctx context.Context, r rest.LinkPolicyRequestObject) (rest.LinkPolicyResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActLinkPolicy, r.Params.IdempotencyKey, r.Body, *r.Body)
	return rest.LinkPolicy200JSONResponse(receipt), err
}

// ConvertToVisit implements the contract.
func (s *commands) ConvertToVisit(ctx context.Context, r rest.ConvertToVisitRequestObject) (rest.ConvertToVisitResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActConvert, r.Params.IdempotencyKey, r.Body, *r.Body)
	return rest.ConvertToVisit200JSONResponse(receipt), err
}

// TakeTask implements the contract.
func (s *commands) TakeTask(ctx context.Context, r rest.TakeTaskRequestObject) (rest.TakeTaskResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActTake, r.Params.IdempotencyKey, nil, claim.TaskRef{Task: r.Task})
	return rest.TakeTask200JSONResponse(receipt), err
}

// PutBackTask implements the contract.
func (s *commands) PutBackTask(ctx context.Context, r rest.PutBackTaskRequestObject) (rest.PutBackTaskResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActPutBack, r.Params.IdempotencyKey, nil, claim.TaskRef{Task: r.Task})
	return rest.PutBackTask200JSONResponse(receipt), err
}

// AcceptSurvey implements the contract.
func (s *commands) AcceptSurvey(ctx context.Context, r rest.AcceptSurveyRequestObject) (rest.AcceptSurveyResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActAccept, r.Params.IdempotencyKey, nil, claim.TaskRef{Task: r.Task})
	return rest.AcceptSurvey200JSONResponse(receipt), err
}

// DeclineSurvey implements the contract.
func (s *commands) DeclineSurvey(ctx context.Context, r rest.DeclineSurveyRequestObject) (rest.DeclineSurveyResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActDecline, r.Params.IdempotencyKey, r.Body, claim.TaskRef{Task: r.Task, Reason: r.Body.Reason})
	return rest.DeclineSurvey200JSONResponse(receipt), err
}

// AssignSurveyor implements the contract.
func (s *commands) AssignSurveyor(ctx context.Context, r rest.AssignSurveyorRequestObject) (rest.AssignSurveyorResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActAssign, r.Params.IdempotencyKey, r.Body, *r.Body)
	return rest.AssignSurveyor200JSONResponse(receipt), err
}

// FileSurvey implements the contract.
func (s *commands) FileSurvey(ctx context.Context, r rest.FileSurveyRequestObject) (rest.FileSurveyResponseObject, error) {
	b := *r.Body
	report := claim.SurveyReport{
		Task: b.Task, ArrivedAt: b.ArrivedAt.UTC().Truncate(time.Microsecond), Place: b.Place, Facts: b.Facts,
		FaultShare: b.FaultShare, Estimate: b.Estimate, Photos: b.Photos,
	}
	receipt, err := send(ctx, s, claim.ActSurvey, r.Params.IdempotencyKey, r.Body, report, checkSurvey(b, time.Now())...)
	return rest.FileSurvey201JSONResponse(receipt), err
}

// FileAssessment implements the contract.
func (s *commands) FileAssessment(ctx context.Context, r rest.FileAssessmentRequestObject) (rest.FileAssessmentResponseObject, error) {
	a := claim.Assessment{Task: r.Body.Task, Note: r.Body.Note, Objects: make([]claim.Assessed, len(r.Body.Objects))}
	for i, o := range r.Body.Objects {
		a.Objects[i] = claim.Assessed(o)
	}
	receipt, err := send(ctx, s, claim.ActAssess, r.Params.IdempotencyKey, r.Body, a, checkAssessment(*r.Body)...)
	return rest.FileAssessment201JSONResponse(receipt), err
}

// ConsentOffer implements the contract.
func (s *commands) ConsentOffer(ctx context.Context, r rest.ConsentOfferRequestObject) (rest.ConsentOfferResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActConsent, r.Params.IdempotencyKey, nil, claim.Consent{Offer: r.Version})
	return rest.ConsentOffer200JSONResponse(receipt), err
}

// ObjectOffer implements the contract.
func (s *commands) ObjectOffer(ctx context.Context, r rest.ObjectOfferRequestObject) (rest.ObjectOfferResponseObject, error) {
	objection := claim.Objection{Offer: r.Version, Reason: r.Body.Reason, Counter: r.Body.CounterFen}
	receipt, err := send(ctx, s, claim.ActObject, r.Params.IdempotencyKey, r.Body, objection)
	return rest.ObjectOffer200JSONResponse(receipt), err
}

// SignAgreement implements the contract.
func (s *commands) SignAgreement(ctx context.Context, r rest.SignAgreementRequestObject) (rest.SignAgreementResponseObject, error) {
	payee, wrong := checkPayee(r.Body.Payee, r.Body.AccountAgain)
	agreement := claim.Agreement{
		Offer: r.Version, Payee: payee, Signature: r.Body.Signature, Document: r.Body.SignatureDocument, SignedName: strings.TrimSpace(r.Body.SignedName),
	}
	receipt, err := send(ctx, s, claim.ActAgree, r.Params.IdempotencyKey, r.Body, agreement, append(wrong, checkSignature(agreement)...)...)
	return rest.SignAgreement200JSONResponse(receipt), err
}

// FileReview implements the contract.
func (s *commands) FileReview(ctx context.Context, r rest.FileReviewRequestObject) (rest.FileReviewResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActReview, r.Params.IdempotencyKey, r.Body, *r.Body, checkVerdict(*r.Body)...)
	return rest.FileReview201JSONResponse(receipt), err
}

// DecideDenial implements the contract. The task says which denial is meant;
// the round in the path must be that one.
func (s *commands) DecideDenial(ctx context.Context, r rest.DecideDenialRequestObject) (rest.DecideDenialResponseObject, error) {
	round, err := s.q.DenialRound(ctx, s.db, access.ClaimOf(ctx).ID)
	if err != nil {
		return nil, fmt.Errorf("read denials of claim %s: %w", access.ClaimOf(ctx).ID, err)
	}
	if r.Round > int(round) {
		return nil, contract.ErrNotFound
	}
	var wrong wrongs
	if r.Round < int(round) {
		wrong.add("round", fmt.Sprintf("Denial %d is decided. The one in question is %d.", r.Round, round))
	}
	receipt, err := send(ctx, s, claim.ActDecideDenial, r.Params.IdempotencyKey, r.Body, *r.Body, wrong...)
	return rest.DecideDenial200JSONResponse(receipt), err
}

// ReleasePayment implements the contract.
func (s *commands) ReleasePayment(ctx context.Context, r rest.ReleasePaymentRequestObject) (rest.ReleasePaymentResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActRelease, r.Params.IdempotencyKey, r.Body, *r.Body)
	return rest.ReleasePayment200JSONResponse(receipt), err
}

// DecideTransfer implements the contract.
func (s *commands) DecideTransfer(ctx context.Context, r rest.DecideTransferRequestObject) (rest.DecideTransferResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActDecideTransfer, r.Params.IdempotencyKey, r.Body, *r.Body)
	return rest.DecideTransfer200JSONResponse(receipt), err
}

// CorrectPayee implements the contract.
func (s *commands) CorrectPayee(ctx context.Context, r rest.CorrectPayeeRequestObject) (rest.CorrectPayeeResponseObject, error) {
	payee, wrong := checkPayee(r.Body.Payee, r.Body.AccountAgain)
	receipt, err := send(ctx, s, claim.ActCorrectPayee, r.Params.IdempotencyKey, r.Body, payee, wrong...)
	return rest.CorrectPayee200JSONResponse(receipt), err
}

// HoldEvidence implements the contract. The claim's workflow may be over: the
// hold has one of its own.
func (s *commands) HoldEvidence(ctx context.Context, r rest.HoldEvidenceRequestObject) (rest.HoldEvidenceResponseObject, error) {
	receipt, err := command(ctx, s, claim.ActHold, r.Params.IdempotencyKey, r.Body, *r.Body,
		s.beside(workflows.HoldID(access.ClaimOf(ctx).ID), workflows.Hold))
	return rest.HoldEvidence200JSONResponse(receipt), err
}

// NoteFinding implements the contract.
func (s *commands) NoteFinding(ctx context.Context, r rest.NoteFindingRequestObject) (rest.NoteFindingResponseObject, error) {
	note := claim.FindingNote{Finding: r.Finding, Verdict: claim.FindingVerdict(r.Body.Verdict), Note: strings.TrimSpace(r.Body.Note)}
	var wrong wrongs
	if note.Verdict == claim.FindingExplained && note.Note == "" {
		wrong.add("/note", "Say what explains it, for whoever decides. · 请写明原因")
	}
	receipt, err := send(ctx, s, claim.ActNoteFinding, r.Params.IdempotencyKey, r.Body, note, wrong...)
	return rest.NoteFinding201JSONResponse(receipt), err
}

// NoteContact implements the contract.
func (s *commands) NoteContact(ctx context.Context, r rest.NoteContactRequestObject) (rest.NoteContactResponseObject, error) {
	contact := *r.Body
	contact.At = contact.At.UTC().Truncate(time.Microsecond)
	var wrong wrongs
	wrong.moment(contact.At, time.Now(), "/contact_at")
	receipt, err := send(ctx, s, claim.ActNoteContact, r.Params.IdempotencyKey, r.Body, contact, wrong...)
	return rest.NoteContact201JSONResponse(receipt), err
}

// ConfirmDocument implements the contract.
func (s *commands) ConfirmDocument(ctx context.Context, r rest.ConfirmDocumentRequestObject) (rest.ConfirmDocumentResponseObject, error) {
	confirmation := claim.Confirmation{Document: r.Document, Kind: r.Body.Kind, Fields: make([]claim.ConfirmedField, len(r.Body.Fields))}
	for i, f := range r.Body.Fields {
		confirmation.Fields[i] = claim.ConfirmedField{Name: f.Name, Value: f.Value}
	}
	receipt, err := send(ctx, s, claim.ActConfirm, r.Params.IdempotencyKey, r.Body, confirmation, checkFields(*r.Body)...)
	return rest.ConfirmDocument200JSONResponse(receipt), err
}

// RequestPapers implements the contract.
func (s *commands) RequestPapers(ctx context.Context, r rest.RequestPapersRequestObject) (rest.RequestPapersResponseObject, error) {
	request := claim.PaperRequest{Finding: r.Body.Finding, More: make([]claim.MorePaper, len(r.Body.More))}
	for i, m := range r.Body.More {
		request.More[i] = claim.MorePaper{Kind: m.Kind, What: m.What, Reason: m.Reason}
	}
	receipt, err := send(ctx, s, claim.ActRequestPapers, r.Params.IdempotencyKey, r.Body, request)
	return rest.RequestPapers201JSONResponse(receipt), err
}

// ProposeWaiver implements the contract.
func (s *commands) ProposeWaiver(ctx context.Context, r rest.ProposeWaiverRequestObject) (rest.ProposeWaiverResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActProposeWaiver, r.Params.IdempotencyKey, r.Body, claim.WaiverProposal{Item: r.Item, Reason: r.Body.Reason})
	return rest.ProposeWaiver201JSONResponse(receipt), err
}

// ConfirmWaiver implements the contract.
func (s *commands) ConfirmWaiver(ctx context.Context, r rest.ConfirmWaiverRequestObject) (rest.ConfirmWaiverResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActConfirmWaiver, r.Params.IdempotencyKey, nil, claim.ListItem{Item: r.Item})
	return rest.ConfirmWaiver200JSONResponse(receipt), err
}

// WithdrawWaiver implements the contract.
func (s *commands) WithdrawWaiver(ctx context.Context, r rest.WithdrawWaiverRequestObject) (rest.WithdrawWaiverResponseObject, error) {
	receipt, err := send(ctx, s, claim.ActWithdrawWaiver, r.Params.IdempotencyKey, nil, claim.ListItem{Item: r.Item})
	return rest.WithdrawWaiver200JSONResponse(receipt), err
}
