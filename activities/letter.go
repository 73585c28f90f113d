package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/minio/minio-go/v7"

	"anpei/claim"
	"anpei/schemas/db"
)

// Letter is a formal letter as stored.
type Letter struct {
	Number   string    `json:"number"`
	SHA256   string    `json:"sha256"` // hex
	Object   string    `json:"object"` // key
	Revision string    `json:"revision"`
	At       time.Time `json:"at"`
}

// WriteDenial writes the formal notice of a denial (拒赔通知书) and stores it:
// facts, clause, reasons, the evidence by its hash, the papers that the claim
// needs with what was missing, and the ways to dispute it
// (Insurance Law arts. 23 and 24). Idempotent by content: the same denial
// always gives the same bytes, under the same key.
func (a *Activities) WriteDenial(ctx context.Context, id claim.ID) (Letter, error) {
	d, err := a.q.DenialLetter(ctx, a.DB, id)
	if err != nil {
		return Letter{}, fmt.Errorf("read the denial of claim %s: %w", id, err)
	}
	evidence, err := a.q.EvidenceHashes(ctx, a.DB, id, d.Evidence)
	if err != nil {
		return Letter{}, fmt.Errorf("read the evidence of claim %s: %w", id, err)
	}
	pdf, err := a.printDenial(ctx, d, evidence)
	if err != nil {
		return Letter{}, err
	}
	return a.storeLetter(ctx, id, Letter{Number: fmt.Sprintf("%s-D%d", d.Number, d.Round), At: d.DecidedAt}, pdf, d.Held)
}

// storeLetter stores a letter under its content, locked as what people send is,
// for [claim.KeptYears] from its date; under legal hold if the claim is. One
// that is there already is not written again, however often the activity runs.
func (a *Activities) storeLetter(ctx context.Context, id claim.ID, l Letter, pdf []byte, held bool) (Letter, error) {
	sum := sha256.Sum256(pdf)
	l.SHA256 = hex.EncodeToString(sum[:])
	l.Object = fmt.Sprintf("claims/%s/letters/%s.pdf", id, l.SHA256)
	opts := minio.PutObjectOptions{
		ContentType: "application/pdf", DisableMultipart: true, LegalHold: legalHold(held),
		Mode: minio.Governance, RetainUntilDate: l.At.AddDate(claim.KeptYears, 0, 0),
	}
	opts.SetMatchETagExcept("*")
	info, err := a.Store.PutObject(ctx, a.Bucket, l.Object, bytes.NewReader(pdf), int64(len(pdf)), opts)
	l.Revision = info.VersionID
	if minio.ToErrorResponse(err).Code == minio.PreconditionFailed {
		var there minio.ObjectInfo
		there, err = a.Store.StatObject(ctx, a.Bucket, l.Object, minio.StatObjectOptions{})
		l.Revision = there.VersionID
	}
	if err != nil {
		return Letter{}, fmt.Errorf("store letter %s: %w", l.Number, err)
	}
	return l, nil
}

// NotifyDenial records the notice, tells the claimant, and ends the claim: the
// three days of art. 24 stop with the sending.
func (a *Activities) NotifyDenial(ctx context.Context, s claim.Step[Letter]) (claim.Answer, error) {
	return step(ctx, a, s, "notify-denial", func(t *tx) error {
		l := s.Body
		t.queue(t.q.InsertLetter(t.ctx, &t.w, db.InsertLetterParams{
			Number: l.Number, ClaimID: t.id, Kind: "denial", SHA256: l.SHA256, Object: l.Object, Revision: l.Revision, At: t.at,
		}))
		t.event(claim.EventDenialNotified, claim.LetterBody{Letter: l.Number, SHA256: l.SHA256})
		t.tellClaimant(claim.SMSDenied, claim.Values{"letter": l.Number})
		t.clock(claim.ClockDenialNotice, claim.EntryStop, l.Number)
		t.close(claim.OutcomeDenied)
		return nil
	})
}

// printDenial writes the letter by the form of its day.
func (a *Activities) printDenial(ctx context.Context, d db.DenialLetterRow, evidence []db.EvidenceHashesRow) ([]byte, error) {
	number := fmt.Sprintf("%s-D%d", d.Number, d.Round)
	var forms claim.LetterForms
	if err := a.tableOn(ctx, "letters", d.DecidedAt, &forms); err != nil {
		return nil, err
	}
	var stated []claim.Stated
	if err := json.Unmarshal(d.Papers, &stated); err != nil {
		return nil, broken("the papers of denial %s: %w", number, err)
	}
	papers := make([]claim.Values, len(stated))
	for i, p := range stated {
		papers[i] = claim.Values{"paper": claim.Text{ZH: p.ZH, EN: p.EN}, "state": forms.State(p.State)}
	}
	proofs := make([]claim.Values, len(evidence))
	for i, e := range evidence {
		proofs[i] = claim.Values{"name": e.Name, "sha256": e.SHA256[:16]}
	}
	return a.print(forms, claim.LetterDenial, claim.Language(d.Language), d.DecidedAt, claim.Values{
		"number": number, "claim": d.Number, "policy": d.PolicyNo, "name": d.Name, "loss_at": d.LossAt, "place": d.Place,
		"facts": d.Facts, "clause": d.Clause, "reasons": d.Reasons, "evidence": proofs, "papers": papers,
	})
}

// tableOn reads the table of a kind that was in force on a day.
func (a *Activities) tableOn(ctx context.Context, kind string, at time.Time, into any) error {
	tables, err := a.q.RuleTablesInForce(ctx, a.DB, pgtype.Date{Time: at.In(claim.Shanghai), Valid: true})
	if err != nil {
		return fmt.Errorf("read rule tables: %w", err)
	}
	for _, t := range tables {
		if t.Kind != kind {
			continue
		}
		if err := json.Unmarshal(t.Body, into); err != nil {
			return fmt.Errorf("rule table %s %s: %w", t.Kind, t.Version, err)
		}
		return nil
	}
	return fmt.Errorf("rule table %s: none is in force on %s", kind, claim.DateOf(at))
}
