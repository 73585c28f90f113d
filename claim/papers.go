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

// SentBack reports whether a document could not be read.
func (p *Paper) SentBack() bool { return p.State == PaperUnreadable }

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

// sentBack reports whether a paper could not be read and none of its kind that
// can be has come since. Of pictures of the loss any other serves as well.
func (f *File) sentBack(i int) bool {
	p := f.Papers[i]
	return p.State == PaperUnreadable && p.Kind != photo && !slices.ContainsFunc(f.Papers[i+1:], func(o Paper) bool {
		return o.Kind == p.Kind && o.State != PaperUnreadable && o.State != PaperReceived
	})
}

// ToConfirm reports whether a person has to look at a paper: at fields that the
// reader is not sure of, or at one that it cannot read and nobody has sent anew.
func (f *File) ToConfirm() bool {
	for i, p := range f.Papers {
		if p.State == PaperUnsure || f.sentBack(i) {
			return true
		}
	}
	return false
}

// KeyedTwice reports whether a field of a document steers where money goes and
// how much: whoever puts it in keys it a second time (复录), since nothing else
// finds a slip of the hand.
func KeyedTwice(name string) bool {
	return name == "account" || name == "card_number" || name == "total_fen"
}

// Kinds of document that rules name.
const (
	photo        = "loss_photo" // shows a loss
	otherPaper   = "other"
	unknownPaper = "unknown"
)

// SelfSurveyPhotos is how many pictures of the loss a self-survey takes where
// the claim was reported before there were lists.
const SelfSurveyPhotos = 2

// figures are the kinds of document that say what a loss costs.
var figures = []string{"repair_estimate", "vat_invoice"}

// SelfSurveyComplete reports whether the claimant's pictures and a paper with
// the figures are there, all pictures are looked at, and that paper is read.
func (f *File) SelfSurveyComplete() bool {
	return len(f.selfSurveyNeeds()) == 0 && !slices.ContainsFunc(f.Papers, func(p Paper) bool { return p.Kind == photo && p.State == PaperReceived })
}

func (f *File) selfSurveyNeeds() []Need {
	if f.Checklist != nil {
		return slices.DeleteFunc(f.paperNeeds(), func(n Need) bool { return !n.Blocks })
	}
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

// paperNeeds returns the papers of the list that are missing. They block where
// a self-survey stands on them, where the figure can only be agreed to with
// them, or where our clocks stand still for them.
func (f *File) paperNeeds() []Need {
	outstanding := f.Checklist.Outstanding()
	var needs []Need
	for _, s := range f.Lacking() {
		n := Need{
			What: s.Kinds[0], From: s.From, ZH: "请上传" + s.ZH, EN: "Please send " + s.EN + ".",
			Blocks: f.Stage == SelfSurvey && s.Survey || f.Stage == Negotiating || outstanding && slices.Contains(f.Checklist.Request().Items, s.Name),
		}
		switch s.State {
		case ItemReading: // it has come: nothing is asked of them
			n.From, n.ZH, n.EN = System, "正在识别"+s.ZH, "Being read: "+s.EN+"."
		case ItemReceived:
			n.From, n.ZH, n.EN = Assessor, "工作人员正在核对"+s.ZH, "A person is looking at "+s.EN+"."
		case ItemSentBack:
			n.ZH, n.EN = "请重新拍摄"+s.ZH+"：刚才那份无法读取", "Please take "+s.EN+" again: what came cannot be read."
		default:
			if s.photos() {
				n.ZH, n.EN = "请再拍摄"+s.ZH, "Please take "+s.EN+"."
			}
		}
		needs = append(needs, n)
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
	if f.Checklist != nil && slices.Contains(beforeDetermination, f.Stage) {
		needs = f.paperNeeds()
	}
	switch f.Stage { //nolint:exhaustive // the other stages wait for a task, below, or for a machine
	case SelfSurvey:
		if f.Checklist == nil {
			needs = f.selfSurveyNeeds()
		}
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
	for i, p := range f.Papers {
		if f.sentBack(i) && !f.Checklist.takes(p.Kind) { // what is on the list is asked for there
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

// paperWords are the kinds of document in both languages.
var paperWords = map[string][2]string{
	"vat_invoice": {"增值税发票", "invoice"}, "repair_estimate": {"维修估价单", "repair estimate"}, "vehicle_licence": {"行驶证", "vehicle licence"},
	"driving_licence": {"驾驶证", "driving licence"}, "id_card": {"身份证", "identity card"}, "bank_card": {"银行卡", "bank card"},
	photo: {"损失照片", "photo of the loss"}, "accident_certificate": {"交通事故认定书", "accident certificate"},
	"agreement": {"赔付协议", "agreement"}, "business_licence": {"营业执照", "business licence"}, "medical_receipt": {"医疗收费票据", "medical receipt"},
	"vin_plate": {"车辆铭牌", "vehicle's nameplate"}, "receipt": {"收据", "receipt"}, "claim_form": {"索赔申请书", "claim form"},
}
