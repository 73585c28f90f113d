package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
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
// facts, clause, reasons, the evidence by its hash, and the ways to dispute it
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
	sum := sha256.Sum256(pdf)
	l := Letter{Number: fmt.Sprintf("%s-D%d", d.Number, d.Round), SHA256: hex.EncodeToString(sum[:]), At: d.DecidedAt}
	l.Object = fmt.Sprintf("claims/%s/letters/%s.pdf", id, l.SHA256)
	info, err := a.Store.PutObject(ctx, a.Bucket, l.Object, bytes.NewReader(pdf), int64(len(pdf)), minio.PutObjectOptions{
		ContentType: "application/pdf", DisableMultipart: true, LegalHold: legalHold(d.Held),
	})
	if err != nil {
		return Letter{}, fmt.Errorf("store letter %s: %w", l.Number, err)
	}
	l.Revision = info.VersionID
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
		t.tellClaimant("denied", fmt.Sprintf("安赔:赔案 %s 的审核结果通知书(%s)已出具,内含事实、条款、理由和争议处理途径,请登录查看。", t.file.Number, l.Number))
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

func (a *Activities) printDenial(d db.DenialLetterRow, evidence []db.EvidenceHashesRow) ([]byte, error) {
	font, err := os.ReadFile(a.FontFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken("print the denial: there is no font %s; install fonts-droid-fallback or set ANPEI_FONT", filepath.Base(a.FontFile))
	}
	if err != nil {
		return nil, fmt.Errorf("print the denial: %w", err)
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCreationDate(d.DecidedAt)
	pdf.SetModificationDate(d.DecidedAt)
	pdf.SetCatalogSort(true)
	pdf.SetTitle("拒赔通知书 "+d.Number, true)
	pdf.SetMargins(24, 24, 24)
	pdf.AddUTF8FontFromBytes(hanFont, "", font)
	pdf.AddPage()
	title := func(text string) {
		pdf.Ln(3)
		pdf.SetFont(hanFont, "", 12)
		pdf.SetTextColor(11, 79, 84)
		writeLines(pdf, 8, text)
		pdf.SetTextColor(20, 24, 28)
		pdf.SetFont(hanFont, "", 10.5)
	}
	para := func(text string) { writeLines(pdf, 6.4, text) }

	pdf.SetFont(hanFont, "", 20)
	writeLine(pdf, 14, "C", "拒赔通知书")
	pdf.SetFont(hanFont, "", 10.5)
	writeLine(pdf, 6, "C", fmt.Sprintf("编号 %s-D%d", d.Number, d.Round))
	pdf.Ln(4)
	para(fmt.Sprintf("%s:", d.Name))
	para(fmt.Sprintf("您就 %s 在%s发生的损失提出的索赔(赔案号 %s,保单号 %s),本公司已审核完毕,决定不予赔付。依照《中华人民共和国保险法》第二十四条,现将理由说明如下。",
		d.LossAt.In(claim.Shanghai).Format("2006年1月2日 15:04"), d.Place, d.Number, d.PolicyNo))
	title("事实")
	para(d.Facts)
	title("依据的条款")
	para(d.Clause)
	title("理由")
	para(d.Reasons)
	title("证据")
	if len(evidence) == 0 {
		para("无附件。")
	}
	for i, e := range evidence {
		para(fmt.Sprintf("%d. %s(SHA-256 %s...)", i+1, e.Name, e.SHA256[:16]))
	}
	title("如果您不同意")
	for _, way := range disputeWays {
		para(way)
	}
	pdf.Ln(8)
	writeLine(pdf, 6, "R", "安赔财产保险(演示)")
	writeLine(pdf, 6, "R", d.DecidedAt.In(claim.Shanghai).Format("2006年1月2日"))

	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("print the denial: %w", err)
	}
	return out.Bytes(), nil
}

// writeLines writes a paragraph in lines of height h. fpdf's own MultiCell
// takes a hanzi at the end of a line for a space, and drops it.
func writeLines(pdf *fpdf.Fpdf, h float64, text string) {
	left, _, right, _ := pdf.GetMargins()
	page, _ := pdf.GetPageSize()
	width := func(line string) (w float64) {
		eachScript(pdf, line, func(run string) { w += pdf.GetStringWidth(run) })
		return w
	}
	for _, line := range wrap(text, page-left-right-2*pdf.GetCellMargin(), width) {
		writeLine(pdf, h, "L", line)
	}
}

// writeLine writes one line, L or C or R.
func writeLine(pdf *fpdf.Fpdf, h float64, align, line string) {
	left, _, right, _ := pdf.GetMargins()
	page, _ := pdf.GetPageSize()
	total := 0.0
	eachScript(pdf, line, func(run string) { total += pdf.GetStringWidth(run) })
	switch align {
	case "C":
		pdf.SetX((page - total) / 2)
	case "R":
		pdf.SetX(page - right - total - pdf.GetCellMargin())
	default:
		pdf.SetX(left + pdf.GetCellMargin())
	}
	margin := pdf.GetCellMargin()
	pdf.SetCellMargin(0)
	eachScript(pdf, line, func(run string) { pdf.CellFormat(pdf.GetStringWidth(run), h, run, "", 0, "L", false, 0, "") })
	pdf.SetCellMargin(margin)
	pdf.Ln(h)
}

// eachScript calls do for each run of a line that one font can write, with
// that font set: the Chinese one has no letters and no digits.
func eachScript(pdf *fpdf.Fpdf, line string, do func(run string)) {
	size, _ := pdf.GetFontSize()
	runes := []rune(line)
	for from := 0; from < len(runes); {
		latin := runes[from] < 0x7F
		to := from
		for to < len(runes) && (runes[to] < 0x7F) == latin {
			to++
		}
		font := hanFont
		if latin {
			font = "Helvetica" // one of the fonts that every PDF reader has
		}
		pdf.SetFont(font, "", size)
		do(string(runes[from:to]))
		from = to
	}
	pdf.SetFont(hanFont, "", size)
}

const hanFont = "han"

// wrap breaks a text into lines no wider than width: between any two hanzi,
// but before no closing mark and inside no word or number.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for _, piece := range pieces(paragraph) {
			if line != "" && measure(line+piece) > width {
				lines = append(lines, strings.TrimRight(line, " "))
				line, piece = "", strings.TrimLeft(piece, " ")
			}
			line += piece
		}
		lines = append(lines, line)
	}
	return lines
}

// pieces splits a text into what may not be broken.
func pieces(text string) []string {
	const closing = "，。、；：！？）》」』”’％,.;:!?)%…"
	var out []string
	glue := true // the next rune belongs to the piece before
	for i, r := range text {
		word := r < 0x2E80 && r != ' '
		if i > 0 && (word && glue || strings.ContainsRune(closing, r)) {
			out[len(out)-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		glue = word
	}
	return out
}
