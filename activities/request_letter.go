package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"anpei/claim"
	"anpei/schemas/db"
)

// RequestLetter names the letter that puts a request for papers in writing.
type RequestLetter struct {
	Claim  claim.ID `json:"claim"`
	Number string   `json:"number"`
}

// WriteRequest writes the letter that asks for papers (补充材料通知书) and
// stores it: each paper with what it is needed for, by when we decide and how
// our time stands still, and how to send them (Insurance Law art. 22(2): in
// time, once and in full; arts. 23 and SPC II art. 15). It says what was asked
// when it was asked, whatever has come since. Idempotent by content: the same
// request gives the same bytes, under the same key.
func (a *Activities) WriteRequest(ctx context.Context, in RequestLetter) (Letter, error) {
	row, err := a.q.PaperLetter(ctx, a.DB, in.Claim)
	if err != nil {
		return Letter{}, fmt.Errorf("read claim %s for letter %s: %w", in.Claim, in.Number, err)
	}
	var file claim.File
	if err := json.Unmarshal(row.File, &file); err != nil {
		return Letter{}, fmt.Errorf("decode file: %w", err)
	}
	told := file.Checklist.Telling(in.Number)
	if told == nil {
		return Letter{}, broken("letter %s: claim %s has asked for nothing under this number", in.Number, in.Claim)
	}
	why, err := a.reasons(ctx, file.Checklist.Version)
	if err != nil {
		return Letter{}, err
	}
	until, err := a.determinedBy(ctx, &file, told.At)
	if err != nil {
		return Letter{}, err
	}
	pdf, err := a.printRequest(row, file.Checklist, told, why, until)
	if err != nil {
		return Letter{}, err
	}
	return a.storeLetter(ctx, in.Claim, Letter{Number: in.Number, At: told.At}, pdf, row.Held)
}

// reasons returns why each paper of the lists of a version is needed, and by
// what rule.
func (a *Activities) reasons(ctx context.Context, version string) (map[string]claim.ListEntry, error) {
	body, err := a.q.RuleTable(ctx, a.DB, "checklists", version)
	if err != nil {
		return nil, fmt.Errorf("read checklists %s: %w", version, err)
	}
	var lists claim.Checklists
	if err := json.Unmarshal(body, &lists); err != nil {
		return nil, fmt.Errorf("read checklists %s: %w", version, err)
	}
	of := make(map[string]claim.ListEntry, len(lists.Items))
	for _, e := range lists.Items {
		of[e.Name] = e
	}
	return of, nil
}

// determinedBy returns the last day on which a claim is to be determined, as
// the clock stood at a moment; zero where it did not run.
func (a *Activities) determinedBy(ctx context.Context, f *claim.File, at time.Time) (last claim.Date, err error) {
	tables, err := a.q.RuleTablesInForce(ctx, a.DB, pgtype.Date{Time: at.In(claim.Shanghai), Valid: true})
	if err != nil {
		return last, fmt.Errorf("read rule tables: %w", err)
	}
	var calendar claim.Calendar
	for _, t := range tables {
		if t.Kind == "calendar" {
			if err := json.Unmarshal(t.Body, &calendar); err != nil {
				return last, fmt.Errorf("rule table %s %s: %w", t.Kind, t.Version, err)
			}
		}
	}
	rows, err := a.q.ClockEntries(ctx, a.DB, f.ID)
	if err != nil {
		return last, fmt.Errorf("read the clock ledger: %w", err)
	}
	ledger := slices.DeleteFunc(Ledger(rows), func(e claim.ClockEntry) bool { return e.At.After(at) })
	for _, rule := range claim.Rules(f.Line, f.Lane) {
		if rule.Clock != claim.ClockDetermination {
			continue
		}
		due, err := claim.Deadline(calendar, rule, ledger)
		if err != nil {
			return last, fmt.Errorf("deadline of %s: %w", rule.Clock, err)
		}
		if due.Running {
			return claim.DateOf(due.At.Add(-1)), nil
		}
	}
	return last, nil
}

// How papers are sent, as the letter tells it.
var sendingWays = []string{
	"一、网上提交：在手机上打开赔案页面，凭赔案号和报案手机号验证身份，在材料页拍照或上传。可以是照片、PDF，或电子发票的 OFD、XML 原文件。",
	"二、当面或邮寄提交：送交或寄至本公司任一机构，并注明赔案号。原件由本公司核对后退还。",
	"三、确实无法取得的，请告知本公司并说明原因，由本公司核实后书面答复是否可以免于提供。",
}

func (a *Activities) printRequest(row db.PaperLetterRow, list *claim.Checklist, told *claim.Telling, why map[string]claim.ListEntry, until claim.Date) ([]byte, error) {
	p, err := a.sheet("补充材料通知书", row.Number, told.Letter, told.At)
	if err != nil {
		return nil, err
	}
	loss := fmt.Sprintf("您就 %s 在%s发生的损失提出的索赔（赔案号 %s", row.LossAt.In(claim.Shanghai).Format("2006年1月2日 15:04"), row.Place, row.Number)
	if row.PolicyNo != "" {
		loss += "，保单号 " + row.PolicyNo
	}
	p.para(row.Name + "：")
	if told.Finding == "" {
		p.para(loss + "），本公司已经受理。经审核，现有的证明和资料尚不完整。依照《中华人民共和国保险法》第二十二条第二款，现将需要补充提供的全部材料一次性通知如下。")
	} else {
		p.para(loss + "），本公司正在审核。核对材料时发现了此前无法知道、需要查明的新情况，依照《中华人民共和国保险法》第二十二条，现请您就此补充提供下列材料。")
	}
	p.title("需要补充的材料")
	for i, name := range told.Items {
		l := list.Item(name)
		if l == nil {
			continue
		}
		what := fmt.Sprintf("%d. %s", i+1, l.ZH)
		if l.Count > 1 {
			what += fmt.Sprintf("（%d 份）", l.Count)
		}
		p.para(what)
		switch e, listed := why[name]; {
		case listed:
			p.note(fmt.Sprintf("用途：%s（%s）", e.WhyZH, claim.CitedZH(e.Source)))
		case l.Why != "":
			p.note("用途：" + l.Why)
		}
	}
	p.title("期限")
	p.para(period(told, until))
	p.title("怎样提交")
	for _, way := range sendingWays {
		p.para(way)
	}
	p.title("联系我们")
	p.para("对本通知有疑问，请拨打保险单上载明的客户服务电话并报赔案号，或在赔案页面查看经办人。对处理有意见的，可以向国家金融监督管理总局消费者投诉热线 12378 反映。")
	return p.signed("安赔财产保险（演示）", told.At)
}

// period says how our time to decide runs meanwhile.
func period(told *claim.Telling, until claim.Date) string {
	ours := "本公司核定本案的期限"
	if !until.IsZero() {
		ours += "目前至 " + until.Start().In(claim.Shanghai).Format("2006年1月2日") + "，"
	}
	if told.Finding != "" {
		return ours + "不因本次补充而暂停，照常计算（保险法第二十三条）。请您尽早提供，以便本公司按期答复。"
	}
	return ours + "自您收到本通知之日起暂停计算，至上述材料补齐之日恢复，其间不计入核定期限（保险法第二十三条，最高人民法院关于适用保险法若干问题的解释（二）第十五条）。请您一次补齐，材料补齐越早，本公司答复越早。"
}

// FileLetter puts on record that a request for papers is in writing. Idempotent
// by the letter's number.
func (a *Activities) FileLetter(ctx context.Context, s claim.Step[Letter]) (claim.Answer, error) {
	return step(ctx, a, s, "file-letter", func(t *tx) error {
		l := s.Body
		told := t.file.Checklist.Telling(l.Number)
		if told == nil || told.Written {
			return nil
		}
		told.Written = true
		t.queue(t.q.InsertLetter(t, &t.w, db.InsertLetterParams{
			Number: l.Number, ClaimID: t.id, Kind: "papers", SHA256: l.SHA256, Object: l.Object, Revision: l.Revision, At: l.At,
		}))
		t.event("papers.letter", map[string]any{"letter": l.Number, "sha256": l.SHA256})
		return nil
	})
}
