package claim

import (
	"slices"
	"strings"
)

// Paper returns the document with that id, or nil.
func (f *File) Paper(id string) *Paper {
	for i := range f.Papers {
		if f.Papers[i].ID == id {
			return &f.Papers[i]
		}
	}
	return nil
}

// AnyPaper reports whether a document is in one of the states.
func (f *File) AnyPaper(states ...PaperState) bool {
	return slices.ContainsFunc(f.Papers, func(p Paper) bool { return slices.Contains(states, p.State) })
}

// photo is the kind of a document that shows a loss.
const photo = "loss_photo"

// MoneyField reports whether a field of a document bears on money, identity,
// account, plate or VIN: the machine accepts those with a second witness only.
func MoneyField(name string) bool {
	if strings.HasSuffix(name, "_fen") {
		return true
	}
	switch name {
	case "plate", "vin", "licence_no", "id_number", "account", "invoice_number", "credit_code":
		return true
	}
	return false
}

// KeyedTwice reports whether a field of a document steers where money goes and
// how much: whoever puts it in keys it a second time (复录), since nothing else
// finds a slip of the hand.
func KeyedTwice(name string) bool {
	return name == "account" || name == "card_number" || name == "total_fen"
}

// SelfSurveyPhotos is how many pictures of the loss the flash lane asks for.
const SelfSurveyPhotos = 2

// figures are the kinds of document that say what a loss costs.
var figures = []string{"repair_estimate", "vat_invoice"}

// SelfSurveyComplete reports whether the claimant's pictures and a paper with
// the figures are there, all pictures are looked at, and that paper is read.
func (f *File) SelfSurveyComplete() bool {
	return len(f.selfSurveyNeeds()) == 0 && !slices.ContainsFunc(f.Papers, func(p Paper) bool { return p.Kind == photo && p.State == PaperReceived })
}

func (f *File) selfSurveyNeeds() []Need {
	var photos int
	var figure bool
	for _, p := range f.Papers {
		switch {
		case p.Kind == photo && p.State != PaperUnreadable:
			photos++
		case slices.Contains(figures, p.Kind) && (p.State == PaperRead || p.State == PaperConfirmed):
			figure = true
		}
	}
	var needs []Need
	if photos < SelfSurveyPhotos {
		needs = append(needs, Need{
			What: photo, From: Claimant, Blocks: true,
			ZH: "请再拍摄受损部位照片（至少两张，不同角度）", EN: "Please take pictures of the damage: two or more, from different angles.",
		})
	}
	if !figure {
		needs = append(needs, Need{
			What: "repair_estimate", From: Claimant, Blocks: true,
			ZH: "请上传维修估价单或发票", EN: "Please send the repair estimate or the invoice.",
		})
	}
	return needs
}

// Need is something that a claim waits for, from whom, in words.
type Need struct {
	What   string // stable code: a document kind, or a task kind
	From   Role
	ZH, EN string
	Blocks bool // the main line stands until it is there
}

// Missing returns what the claim waits for, the claimant's first.
func (f *File) Missing() []Need {
	var needs []Need
	switch f.Stage { //nolint:exhaustive // the other stages wait for a task, below, or for a machine
	case SelfSurvey:
		needs = f.selfSurveyNeeds()
	case Negotiating:
		needs = append(needs, Need{What: "consent", From: Claimant, Blocks: true, ZH: "请确认或对定损金额提出异议", EN: "Please consent to the offered figure, or object to it."})
	case Determined:
		needs = append(needs, Need{What: "agreement", From: Claimant, Blocks: true, ZH: "请签署赔付协议并填写收款账户", EN: "Please sign the agreement and name the account."})
	case PayReturned:
		needs = append(needs, Need{What: "payee", From: Claimant, Blocks: true, ZH: "银行退回了款项，请更正收款账户", EN: "The bank returned the money: please correct the account."})
	}
	for _, t := range f.Tasks {
		words, ok := taskWords[t.Kind]
		if !ok {
			continue
		}
		needs = append(needs, Need{What: string(t.Kind), From: t.Role, ZH: words[0], EN: words[1], Blocks: t.Kind != TaskConfirm && t.Kind != TaskPolicy})
	}
	for _, p := range f.Papers {
		if p.State == PaperUnreadable && p.Kind != photo { // another picture serves as well
			needs = append(needs, Need{What: p.Kind, From: Claimant, ZH: "有一份材料无法读取，请重新拍摄", EN: "One paper cannot be read: please take it again."})
			break
		}
	}
	return needs
}

var taskWords = map[TaskKind][2]string{
	TaskAssign:  {"调度员指派查勘员", "A dispatcher assigns a surveyor."},
	TaskSurvey:  {"查勘员到现场查勘", "The surveyor visits and reports."},
	TaskConfirm: {"工作人员核对识别不清的字段", "A person confirms fields that the machine was not sure of."},
	TaskAssess:  {"定损员核定损失", "An assessor puts figures to the losses."},
	TaskReview:  {"核赔人审核", "A reviewer looks at the claim."},
	TaskDenial:  {"另一位核赔人审核拒赔建议", "A second reviewer looks at the proposed denial."},
	TaskRelease: {"财务付款", "Finance releases the money."},
	TaskPolicy:  {"核实保单", "The policy is being verified; no money moves until it is."},
	TaskResume:  {"系统问题处理中", "A technical fault is being mended."},
}
