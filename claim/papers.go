package claim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Paper is a document of a claim as its steps know it.
type Paper struct {
	ID     string
	Kind   string // a document.Kind: as a person says, as it was read, else as its sender calls it
	Number int    // in order of arrival on its claim, from 1
	Asked  int    // requests for papers that were made before it came
	State  PaperState
	Type   string // media type of its file
	// Extra is one from a person who does not speak for the claim, as who reports
	// its loss too. It counts for nothing until a person confirms it, or who
	// speaks for the claim sends the same file.
	Extra bool
	// Awaiting is a paper that no engine and no person has read yet, and a
	// picture that is taken as it is and that no engine has looked at.
	Awaiting bool
}

// Count is how many papers of one kind a claim has, as far as they count alike.
type Count struct {
	Kind   string             `json:"kind"`
	Asked  int                `json:"asked,omitempty"` // requests for papers that were made before they came
	Extra  bool               `json:"extra,omitempty"` // see [Paper.Extra]
	States map[PaperState]int `json:"states"`
	// Numbers of the last that could be read and of the last that could not, in
	// order of arrival; 0 for none. Those being read are neither.
	Good int `json:"good,omitempty"`
	Bad  int `json:"bad,omitempty"`
	// IDs are the papers themselves in order of arrival, where a list of them is
	// asked for. The file has none.
	IDs map[PaperState][]string `json:"-"`
}

// Total is how many papers the claim has.
func (f *File) Total() (n int) {
	for _, c := range f.Papers {
		for _, of := range c.States {
			n += of
		}
	}
	return n
}

// In is how many papers stand in a state.
func (f *File) In(state PaperState) (n int) {
	for _, c := range f.Papers {
		n += c.States[state]
	}
	return n
}

// Own is how many papers stand in a state, without those of extra people.
func (f *File) Own(state PaperState) (n int) {
	for _, c := range f.Papers {
		if !c.Extra {
			n += c.States[state]
		}
	}
	return n
}

// Record counts a paper that has come (was is the zero value) or changed, and
// notes whether it is to be read. Where it changes its kind, [File.Last] tells
// what the old kind is left with.
func (f *File) Record(was, is Paper) {
	if was.State != "" {
		c := f.count(was)
		if c.States[was.State]--; c.States[was.State] == 0 {
			delete(c.States, was.State)
		}
	}
	c := f.count(is)
	c.States[is.State]++
	switch is.State {
	case PaperRead, PaperUnsure, PaperConfirmed:
		c.Good = max(c.Good, is.Number)
	case PaperUnreadable:
		c.Bad = max(c.Bad, is.Number)
	case PaperReceived:
	}
	f.Papers = slices.DeleteFunc(f.Papers, func(c Count) bool { return len(c.States) == 0 && c.Good+c.Bad == 0 })
	switch {
	case is.Awaiting && !was.Awaiting:
		f.Due.add(is)
	case was.Awaiting && !is.Awaiting:
		f.Due.remove(is.ID)
	}
}

// How many papers a claim takes. A visit brings thirty pictures and a large loss
// a few hundred papers; what a person looks at, and not what a machine can
// carry, sets the limits.
const (
	MaxPapers    = 5_000 // in all
	MaxOutside   = 1_000 // of them from claimants and partners
	MaxOfOutside = 300   // of those from one claimant or partner
)

// Outside reports whether a role sends papers from outside.
func (r Role) Outside() bool { return r == Claimant || r == Partner }

// Admit refuses papers above the limits. n are new ones, sent is how many the
// same sender has sent before.
func (f *File) Admit(n int, by Role, sent int) *Refusal {
	left, limit, why := MaxPapers-f.Total(), MaxPapers, WhyTooManyPapers
	if by.Outside() {
		if room := MaxOutside - f.Outside; room < left {
			left, limit, why = room, MaxOutside, WhyTooManyOutside
		}
		if room := MaxOfOutside - sent; room < left {
			left, limit, why = room, MaxOfOutside, WhyTooManyOfOne
		}
	}
	if n <= left {
		return nil
	}
	help := Text{"工作人员可以为您添加更多：请联系客服。", "Staff can attach more for you: ask customer service."}
	if !by.Outside() {
		help = Text{"请把多页放进一个文件。", "Put several pages into one file."}
	}
	return Refuse(RulePapersLimit, why, "limit", strconv.Itoa(limit), "left", strconv.Itoa(max(left, 0)), "sent", strconv.Itoa(n),
		"help_zh", help.ZH, "help_en", help.EN)
}

// count returns the count that a paper belongs to.
func (f *File) count(p Paper) *Count {
	i, found := slices.BinarySearchFunc(f.Papers, p, func(c Count, p Paper) int {
		return cmp.Or(cmp.Compare(c.Kind, p.Kind), cmp.Compare(c.Asked, p.Asked), boolean(c.Extra)-boolean(p.Extra))
	})
	if !found {
		f.Papers = slices.Insert(f.Papers, i, Count{Kind: p.Kind, Asked: p.Asked, Extra: p.Extra, States: map[PaperState]int{}})
	}
	return &f.Papers[i]
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Last sets the numbers of the last papers of a kind that could be read and that
// could not, after one of them has become another kind.
func (f *File) Last(kind string, good, bad int) {
	for i := range f.Papers {
		if f.Papers[i].Kind == kind && !f.Papers[i].Extra {
			f.Papers[i].Good, f.Papers[i].Bad = good, bad
			good, bad = 0, 0
		}
	}
}

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

// sentBack returns the first kind of which a paper could not be read and none
// that can be has come since, or "". Of pictures of the loss any other serves
// as well. without are kinds that are left out.
func (f *File) sentBack(without func(kind string) bool) string {
	good, bad := map[string]int{}, map[string]int{}
	for _, c := range f.Papers {
		if c.Extra {
			continue
		}
		good[c.Kind], bad[c.Kind] = max(good[c.Kind], c.Good), max(bad[c.Kind], c.Bad)
	}
	for _, c := range f.Papers {
		if !c.Extra && bad[c.Kind] > good[c.Kind] && c.Kind != photo && !without(c.Kind) {
			return c.Kind
		}
	}
	return ""
}

// ToConfirm reports whether a person has to look at a paper: at fields that the
// reader is not sure of, or at one that it cannot read and that was not sent
// anew.
func (f *File) ToConfirm() bool {
	return f.In(PaperUnsure) > 0 || f.sentBack(func(string) bool { return false }) != ""
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
	signature    = "signature"  // drawn under an agreement
	otherPaper   = "other"
	unknownPaper = "unknown"
)

// Fits reports whether a file of a media type can be a paper of a kind: what
// shows a loss is a picture, and so is what somebody has drawn under an agreement.
// Of neither any words are read.
func Fits(kind, mediaType string) bool {
	return kind != photo && kind != signature || strings.HasPrefix(mediaType, "image/")
}

// NoPicture says of a file that it cannot be one.
const NoPicture = "A photo of the loss or a drawn signature is a picture, JPEG or PNG. Send this file as the paper that it is. · 损失照片和手写签名须为图片（JPEG、PNG）；这个文件请按它本来的材料类型上传。"

// SelfSurveyPhotos is how many pictures of the loss a self-survey takes where
// the claim was reported before there were lists.
const SelfSurveyPhotos = 2

// figures are the kinds of document that say what a loss costs.
var figures = []string{"repair_estimate", "vat_invoice"}

// StatesFigure reports whether papers of a kind say what a loss costs.
func StatesFigure(kind string) bool { return slices.Contains(figures, kind) }

// of is how many papers of a kind stand in one of some states, without those of
// extra people.
func (f *File) of(kind string, states ...PaperState) (n int) {
	for _, c := range f.Papers {
		for _, state := range states {
			if c.Kind == kind && !c.Extra {
				n += c.States[state]
			}
		}
	}
	return n
}

// SelfSurveyComplete reports whether the claimant's pictures and a paper with
// the figures are there, and all that has come is looked at and read: what is
// still in hand may say otherwise.
func (f *File) SelfSurveyComplete() bool {
	return len(f.selfSurveyNeeds()) == 0 && f.Own(PaperReceived) == 0
}

func (f *File) selfSurveyNeeds() []Need {
	if f.Checklist != nil {
		return slices.DeleteFunc(f.paperNeeds(), func(n Need) bool { return !n.Blocks })
	}
	photos := f.of(photo, PaperReceived, PaperRead, PaperUnsure, PaperConfirmed)
	figure := slices.ContainsFunc(figures, func(kind string) bool { return f.of(kind, PaperRead, PaperConfirmed) > 0 })
	var needs []Need
	if photos < SelfSurveyPhotos {
		needs = append(needs, Need{
			What: photo, From: Claimant, Blocks: true,
			Text: Text{"请再拍摄受损部位照片（至少两张，不同角度）", "Please take pictures of the damage: two or more, from different angles."},
		})
	}
	if !figure {
		needs = append(needs, Need{
			What: "repair_estimate", From: Claimant, Blocks: true,
			Text: Text{"请上传维修估价单或发票", "Please send the repair estimate or the invoice."},
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
			What: s.Kinds[0], From: s.From, Text: Text{"请上传" + s.ZH, "Please send " + s.EN + "."},
			Blocks: f.Stage == SelfSurvey && s.Survey || f.Stage == Negotiating || outstanding && slices.Contains(f.Checklist.Request().Items, s.Name),
		}
		switch s.State {
		case ItemReading: // it has come: nothing is asked of them
			n.From, n.Text = System, Text{"正在识别" + s.ZH, "Being read: " + s.EN + "."}
		case ItemReceived:
			n.From, n.Text = Assessor, Text{"工作人员正在核对" + s.ZH, "A person is looking at " + s.EN + "."}
		case ItemSentBack:
			n.Text = Text{"请重新拍摄" + s.ZH + "：刚才那份无法读取", "Please take " + s.EN + " again: what came cannot be read."}
		default:
			if s.photos() {
				n.Text = Text{"请再拍摄" + s.ZH, "Please take " + s.EN + "."}
			}
		}
		needs = append(needs, n)
	}
	return needs
}

// Need is something that a claim waits for, from whom, in words.
type Need struct {
	What string // stable code: a document kind, or a task kind
	From Role
	Text
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
		needs = append(needs, Need{What: "consent", From: Claimant, Blocks: true, Text: Text{"请确认或对定损金额提出异议", "Please consent to the offered figure, or object to it."}})
	case Determined:
		needs = append(needs, Need{What: "agreement", From: Claimant, Blocks: true, Text: Text{"请签署赔付协议并填写收款账户", "Please sign the agreement and name the account."}})
	case PayReturned:
		needs = append(needs, Need{What: "payee", From: Claimant, Blocks: true, Text: Text{"款项无法付到该账户，请更正收款账户", "The money cannot be paid to this account: please correct it."}})
	}
	for _, t := range f.Tasks {
		words, ok := taskWords[t.Kind]
		if !ok {
			continue
		}
		needs = append(needs, Need{What: string(t.Kind), From: t.Role, Text: words, Blocks: t.Kind != TaskConfirm && t.Kind != TaskPolicy})
	}
	if kind := f.sentBack(f.Checklist.takes); kind != "" { // what is on the list is asked for there
		needs = append(needs, Need{What: kind, From: Claimant, Text: Text{"有一份材料无法读取，请重新拍摄", "One paper cannot be read: please take it again."}})
	}
	return needs
}

var taskWords = map[TaskKind]Text{
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
var paperWords = map[string]Text{
	"vat_invoice": {"增值税发票", "invoice"}, "repair_estimate": {"维修估价单", "repair estimate"}, "vehicle_licence": {"行驶证", "vehicle licence"},
	"driving_licence": {"驾驶证", "driving licence"}, "id_card": {"身份证", "identity card"}, "bank_card": {"银行卡", "bank card"},
	photo: {"损失照片", "photo of the loss"}, "accident_certificate": {"交通事故认定书", "accident certificate"},
	"agreement": {"赔付协议", "agreement"}, "business_licence": {"营业执照", "business licence"}, "medical_receipt": {"医疗收费票据", "medical receipt"},
	"vin_plate": {"车辆铭牌", "vehicle's nameplate"}, "receipt": {"收据", "receipt"}, "claim_form": {"索赔申请书", "claim form"},
}
