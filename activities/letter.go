package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

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
	pdf, err := a.printDenial(d, evidence)
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
		t.queue(t.q.InsertLetter(t, &t.w, db.InsertLetterParams{
			Number: l.Number, ClaimID: t.id, Kind: "denial", SHA256: l.SHA256, Object: l.Object, Revision: l.Revision, At: t.at,
		}))
		t.event("denial.notified", map[string]any{"letter": l.Number, "sha256": l.SHA256})
		t.tellClaimant(claim.SMSDenied, claim.Values{"letter": l.Number})
		t.clock(claim.ClockDenialNotice, claim.EntryStop, l.Number)
		t.close(claim.OutcomeDenied)
		return nil
	})
}

// The ways to dispute a denial, as the notice must tell them.
var disputeWays = []string{
	"一、向本公司申请复核:自收到本通知之日起,可向本公司任一机构或客服提出书面异议,由未参与本案的人员复核。",
	"二、申请调解:可向当地保险纠纷调解组织申请调解。",
	"三、向监管部门反映:国家金融监督管理总局消费者投诉热线 12378。",
	"四、依照保险合同的约定申请仲裁,或向有管辖权的人民法院提起诉讼(保险法第二十六条:自知道或者应当知道保险事故发生之日起二年内)。",
}

// statedWords say how a paper stood when the denial was proposed.
var statedWords = map[claim.ItemState]string{
	claim.ItemAccepted: "已收到，经核对采用", claim.ItemWaived: "未提供，经本公司两人核准免于提供", claim.ItemMissing: "未收到",
	claim.ItemReading: "已收到，尚未识别完毕", claim.ItemReceived: "已收到，尚未核对", claim.ItemSentBack: "已收到，无法读取",
}

func (a *Activities) printDenial(d db.DenialLetterRow, evidence []db.EvidenceHashesRow) ([]byte, error) {
	p, err := a.sheet("拒赔通知书", d.Number, fmt.Sprintf("%s-D%d", d.Number, d.Round), d.DecidedAt)
	if err != nil {
		return nil, err
	}
	p.para(fmt.Sprintf("%s:", d.Name))
	p.para(fmt.Sprintf("您就 %s 在%s发生的损失提出的索赔(赔案号 %s,保单号 %s),本公司已审核完毕,决定不予赔付。依照《中华人民共和国保险法》第二十四条,现将理由说明如下。",
		d.LossAt.In(claim.Shanghai).Format("2006年1月2日 15:04"), d.Place, d.Number, d.PolicyNo))
	p.title("事实")
	p.para(d.Facts)
	p.title("依据的条款")
	p.para(d.Clause)
	p.title("理由")
	p.para(d.Reasons)
	p.title("证据")
	if len(evidence) == 0 {
		p.para("无附件。")
	}
	for i, e := range evidence {
		p.para(fmt.Sprintf("%d. %s(SHA-256 %s...)", i+1, e.Name, e.SHA256[:16]))
	}
	var papers []claim.Stated
	if err := json.Unmarshal(d.Papers, &papers); err != nil {
		return nil, broken("the papers of denial %s-D%d: %w", d.Number, d.Round, err)
	}
	if len(papers) > 0 {
		p.title("作出决定时本案所需材料的情况")
		for i, paper := range papers {
			p.para(fmt.Sprintf("%d. %s：%s", i+1, paper.ZH, statedWords[paper.State]))
		}
	}
	p.title("如果您不同意")
	for _, way := range disputeWays {
		p.para(way)
	}
	return p.signed("安赔财产保险(演示)", d.DecidedAt)
}
