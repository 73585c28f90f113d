package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/rest"
)

// telling is how an event is told to people. {name} is a value of the event's
// body; what stands in [ ] is left out when a value in it is missing.
type telling struct {
	zh, en string
	inside bool // the insurer's own business, not told to claimants and partners
}

// tellings has every kind of event.
var tellings = map[claim.EventKind]telling{
	claim.EventContact:           {zh: "联系客户：{outcome}（{channel}，{contact_at}）", en: "The claimant was {outcome} ({channel}, {contact_at})."},
	claim.EventReported:          {zh: "已报案，赔案号 {number}，{line}，出险原因：{cause}，报损 {claimed_fen}", en: "Reported as {number}: {line}, {cause}, {claimed_fen} claimed."},
	claim.EventReportedAgain:     {zh: "同一事故再次报案，已并入本案[，报损 {claimed_fen}][：{story}]", en: "The same loss was reported again; that report joined this claim.[ It claims {claimed_fen}.][ It says: {story}]"},
	claim.EventSeparated:         {zh: "原拟并入的赔案 {number} 已结案，本次报案单独立案", en: "Claim {number}, which this report was to join, had closed: it is a claim of its own."},
	claim.EventWithdrawn:         {zh: "客户撤回赔案", en: "The claim was withdrawn."},
	claim.EventClosed:            {zh: "结案：{outcome}", en: "Closed: {outcome}."},
	claim.EventParked:            {zh: "系统故障，已转运维处理", en: "A technical fault stopped the claim; an operator is mending it."},
	claim.EventResumed:           {zh: "故障已排除，继续处理", en: "The fault is mended; the claim goes on."},
	claim.EventPolicyLinked:      {zh: "保单已核实", en: "The policy is verified."},
	claim.EventHandedOver:        {zh: "保单上的人（{relation}）已报案，赔案由其办理", en: "A person in the policy ({relation}) reported the loss; the claim is theirs."},
	claim.EventAssessmentVoided:  {zh: "第 {version} 版定损（{amount_fen}）及其后的确认、核赔和协议作废，重新定损[：{reason}]", en: "Assessment {version} ({amount_fen}), and the consent, review and agreement that rest on it, are void; the loss is assessed anew[: {reason}]."},
	claim.EventLaneSet:           {zh: "案件分类：{lane}", en: "The claim takes the {lane}."},
	claim.EventLaneChanged:       {zh: "由{from}转为{to}[：{reason}]", en: "From the {from} to the {to}[: {reason}]."},
	claim.EventSurveyDispatched:  {zh: "已派查勘员{surveyor}[，距离 {metres} 米][，预计 {eta} 到达]", en: "Surveyor {surveyor} was sent[, {metres} m away][, expected {eta}]."},
	claim.EventSurveyNobody:      {zh: "暂无合适的查勘员，由调度员指派", en: "No suitable surveyor is free; a dispatcher assigns one."},
	claim.EventSurveyAccepted:    {zh: "查勘员{surveyor}已接单", en: "Surveyor {surveyor} accepted."},
	claim.EventSurveyDeclined:    {zh: "查勘员{surveyor}谢绝，改派下一位", en: "Surveyor {surveyor} declined; the next is asked.", inside: true},
	claim.EventSurveySilent:      {zh: "查勘员{surveyor}未应答，改派下一位", en: "Surveyor {surveyor} did not answer; the next is asked.", inside: true},
	claim.EventSurveyReported:    {zh: "现场查勘完成，照片 {photos} 张，我方责任 {fault_share_bp}，估损 {estimate_fen}", en: "The survey is done: {photos} photos, our insured's fault {fault_share_bp}, estimate {estimate_fen}."},
	claim.EventSelfSurvey:        {zh: "客户自助查勘完成，照片 {photos} 张", en: "The claimant's own pictures are complete: {photos} photos."},
	claim.EventPapersAttached:    {zh: "收到材料[ {sha256} 份]", en: "Papers received[: {sha256}]."},
	claim.EventFindingRaised:     {zh: "发现疑点：{rule}（{one}，{other}）", en: "{rule} ({one}, {other}).", inside: true},
	claim.EventFindingGone:       {zh: "疑点已消除：{rule}（{one}，{other}）", en: "No longer: {rule} ({one}, {other}).", inside: true},
	claim.EventEvidenceHeld:      {zh: "证据保全：已存证据不得删除", en: "Legal hold: nothing that is stored can be removed.", inside: true},
	claim.EventEvidenceFree:      {zh: "证据保全解除", en: "The legal hold was lifted.", inside: true},
	claim.EventFindingNoted:      {zh: "疑点{verdict}：{rule}[，{note}]", en: "{rule}: {verdict}[, {note}].", inside: true},
	claim.EventPapersListed:      {zh: "告知客户所需材料 {items} 项", en: "The papers that are needed were told to the claimant: {items}."},
	claim.EventPapersRequested:   {zh: "一次性通知客户补充材料 {items} 项[，因新发现：{rule}]", en: "Papers were asked for, at once: {items}[, since it came to light: {rule}]."},
	claim.EventPapersLetter:      {zh: "补充材料通知书 {letter} 已出具", en: "The request for papers was put in writing: letter {letter}."},
	claim.EventPapersDelivered:   {zh: "材料通知已送达客户", en: "The message about papers has reached the claimant."},
	claim.EventPapersCame:        {zh: "通知补充的 {items} 项材料已齐", en: "All papers that were asked for have come: {items}."},
	claim.EventWaiverProposed:    {zh: "提议免于提供：{paper_zh}，待第二人确认", en: "Proposed to go on without {paper_en}; a second person has to confirm.", inside: true},
	claim.EventWaiverConfirmed:   {zh: "经两人确认，免于提供：{paper_zh}", en: "Two people decided that the claim goes on without {paper_en}."},
	claim.EventWaiverWithdrawn:   {zh: "撤回免于提供的提议：{paper_zh}", en: "The proposal to go on without {paper_en} was withdrawn.", inside: true},
	claim.EventPaperRead:         {zh: "{kind}[（按{sent_as}上传）]识别完成：{state}", en: "A paper was read, {kind}[ (sent as {sent_as})]: {state}."},
	claim.EventPaperConfirmed:    {zh: "工作人员核对了材料字段", en: "A person confirmed fields of a paper."},
	claim.EventAssessed:          {zh: "定损完成（第 {version} 版），应赔 {payable_fen}", en: "Assessed (version {version}): {payable_fen} payable."},
	claim.EventOfferMade:         {zh: "向客户报出定损金额 {amount_fen}", en: "The figure of {amount_fen} was offered."},
	claim.EventOfferConsented:    {zh: "客户确认定损金额 {amount_fen}", en: "The claimant consented to {amount_fen}."},
	claim.EventOfferObjected:     {zh: "客户对定损金额提出异议[，主张 {counter_fen}]", en: "The claimant objected to the figure[ and names {counter_fen}]."},
	claim.EventReviewApproved:    {zh: "核赔通过，赔款 {amount_fen}", en: "Approved: {amount_fen}."},
	claim.EventReviewRecommended: {zh: "{level} 级核赔人建议通过 {amount_fen}，超出权限，上报 {to} 级", en: "Level {level} recommends {amount_fen}, which is above its limit; level {to} decides.", inside: true},
	claim.EventReviewSentUp:      {zh: "{level} 级核赔人上报 {to} 级", en: "Level {level} sent the claim up to level {to}.", inside: true},
	claim.EventReviewReturned:    {zh: "核赔退回：{to}", en: "Review returned the claim: {to}.", inside: true},
	claim.EventDenialProposed:    {zh: "核赔人建议拒赔，依据条款：{clause}", en: "A denial was proposed, under clause: {clause}.", inside: true},
	claim.EventDenialRejected:    {zh: "拒赔建议未获批准，继续核赔", en: "The denial was not approved; the review goes on.", inside: true},
	claim.EventDenialApproved:    {zh: "拒赔经另一位核赔人批准", en: "A second reviewer approved the denial.", inside: true},
	claim.EventDenialNotified:    {zh: "拒赔通知书 {letter} 已发出", en: "The notice of denial {letter} was sent."},
	claim.EventAgreed:            {zh: "已签署赔付协议，金额 {amount_fen}", en: "The agreement on {amount_fen} was signed."},
	claim.EventReleaseProposed:   {zh: "财务一审放款 {amount_fen}，待第二人复核", en: "A first person released {amount_fen}; a second has to confirm.", inside: true},
	claim.EventReleased:          {zh: "财务已放款 {amount_fen}", en: "{amount_fen} was released."},
	claim.EventPaymentSubmitted:  {zh: "付款指令已提交银行，金额 {amount_fen}", en: "The bank was instructed to pay {amount_fen}."},
	claim.EventPaymentSentAgain:  {zh: "银行未收到，已用同一参考号再次提交 {amount_fen}", en: "The bank never had it: {amount_fen} were sent again under the same reference.", inside: true},
	claim.EventPaymentRefused:    {zh: "银行未接受付款指令[：{reason}]，由财务处理", en: "The bank did not take the instruction[: {reason}]; finance deals with it.", inside: true},
	claim.EventPaymentDiffers:    {zh: "银行的答复与付款指令不符[：{reason}]", en: "What the bank says is not of what was instructed[: {reason}].", inside: true},
	claim.EventFinanceCalled:     {zh: "已转财务查明付款结果", en: "Finance was asked to find out what became of the payment.", inside: true},
	claim.EventPaymentDecided:    {zh: "财务处理付款[：{note}]", en: "Finance decided on the payment[: {note}].", inside: true},
	claim.EventPaymentUnknown:    {zh: "银行暂无明确答复，正在查询", en: "The bank gave no clear answer; it is being asked.", inside: true},
	claim.EventPaymentNotFound:   {zh: "银行确认未收到该笔指令", en: "The bank says that it never had the instruction.", inside: true},
	claim.EventPaymentAccepted:   {zh: "银行已受理付款", en: "The bank has accepted the payment."},
	claim.EventPaymentCleared:    {zh: "赔款 {amount_fen} 已到账", en: "{amount_fen} has arrived in the account."},
	claim.EventPaymentRejected:   {zh: "银行拒绝付款[：{reason}]", en: "The bank rejected the payment[: {reason}]."},
	claim.EventPaymentReturned:   {zh: "赔款被银行退回[：{reason}]", en: "The bank sent the money back[: {reason}]."},
	claim.EventTaskTaken:         {zh: "任务已领取：{kind}", en: "Task taken: {kind}.", inside: true},
	claim.EventTaskPutBack:       {zh: "任务已退回：{kind}", en: "Task put back: {kind}.", inside: true},
}

// accountCorrected is how an agreement is told that only names another account
// for what was agreed before.
var accountCorrected = telling{zh: "收款账户已更正，金额 {amount_fen} 不变", en: "The account was corrected; the amount stays {amount_fen}."}

// hiddenKinds are the events that are not told to claimants and partners.
var hiddenKinds = func() []string {
	kinds := []string{}
	for kind, t := range tellings {
		if t.inside {
			kinds = append(kinds, string(kind))
		}
	}
	return kinds
}()

// words are the codes of events in both languages.
var words = map[string][2]string{
	"motor": {"车险", "motor"}, "commercial_property": {"企业财产险", "commercial property"},
	"flash": {"闪赔通道", "flash lane"}, "standard": {"标准通道", "standard lane"}, "large": {"大案通道", "large-loss lane"},
	"collision": {"碰撞", "collision"}, "scratch": {"划痕", "scratch"}, "fire": {"火灾", "fire"}, "water": {"水淹", "water"},
	"theft": {"盗抢", "theft"}, "storm": {"风暴", "storm"}, "other": {"其他", "other"},
	"account closed": {"收款账户已销户", "account closed"}, "returned by the payee's bank": {"收款行退回", "returned by the payee's bank"},
	"paid": {"已赔付", "paid"}, "denied": {"已拒赔", "denied"}, "withdrawn": {"已撤回", "withdrawn"}, "joined": {"已并案", "joined to an earlier claim"},
	"surveying": {"重新查勘", "survey again"}, "dispatching": {"重新查勘", "survey again"}, "assessing": {"重新定损", "assess again"}, "negotiating": {"重新协商", "negotiate again"},
	"received": {"已收到", "received"}, "read": {"无需人工核对", "no person needs to look"}, "unsure": {"待人工核对", "a person must look"},
	"confirmed": {"已核对", "confirmed"}, "unreadable": {"无法读取", "it cannot be read"},
	"vat_invoice": {"增值税发票", "invoice"}, "repair_estimate": {"维修估价单", "repair estimate"}, "vehicle_licence": {"行驶证", "vehicle licence"},
	"driving_licence": {"驾驶证", "driving licence"}, "id_card": {"身份证", "identity card"}, "bank_card": {"银行卡", "bank card"},
	"loss_photo": {"损失照片", "photo of the loss"}, "accident_certificate": {"交通事故认定书", "accident certificate"},
	"agreement": {"赔付协议", "agreement"}, "business_licence": {"营业执照", "business licence"}, "medical_receipt": {"医疗收费票据", "medical receipt"},
	"vin_plate": {"车辆铭牌", "vehicle's nameplate"}, "receipt": {"收据", "receipt"}, "claim_form": {"索赔申请书", "claim form"}, "signature": {"签名", "signature"}, "unknown": {"未分类材料", "not classified"},
	"assign": {"指派查勘员", "assign a surveyor"}, "survey": {"查勘", "survey"}, "confirm": {"核对字段", "confirm fields"}, "assess": {"定损", "assess"},
	"review": {"核赔", "review"}, "denial_review": {"拒赔审批", "review a denial"}, "release": {"放款", "release the money"}, "transfer": {"查明付款结果", "find out about a transfer"},
	"link_policy": {"核实保单", "verify the policy"}, "resume": {"排除故障", "mend a fault"},
	"offer.objected": {"客户提出异议", "the claimant objected"}, "policy.linked": {"保单已更正", "another policy was linked"}, "paper.unsure": {"材料识别不清", "a paper is not clear"},
	"paper.unreadable": {"材料无法读取", "a paper cannot be read"}, "payment.returned": {"赔款未能付到该账户", "the money could not be paid to the account"},
	"assessment.by_person":  {"需人工定损", "a person must assess"},
	"paper.no-proven-total": {"单据上没有读到确定的总额", "no paper proves a total"}, "paper.no-outside-witness": {"单据未写明是本保单的车或人", "no paper names the insured or the insured car"},
	"paper.after-assessment": {"报价后又收到发票、估价单或人工核对结果", "an invoice, an estimate or a person's correction came after the offer"}, "papers.unread": {"有材料尚未识别", "papers are not read yet"},
	"paper.several-totals": {"发票或估价单不止一份", "there are several invoices or estimates"}, "report.again": {"保单上的人再次报案，所述损失更重", "a person in the policy reported more"}, "paper.corrected": {"材料已更正", "a paper was corrected"}, "claimant.in-policy": {"保单上的人已报案", "a person in the policy reported the loss"},
	"exposure.several": {"损失项不止一项", "there are several losses"}, "authority.machine-limit": {"超出机器核赔权限", "above the machine's limit"},
	"flash.reporter": {"报案手机不在保单名下", "the phone of the report is not in the policy"}, "flash.policy_verified": {"保单未核实", "the policy is not verified"},
	"payee.not-insured": {"收款户名不是投保人或被保险人", "the account is in another name than the insured's"},
	"payments.policy":   {"该保单闪赔次数已满", "the policy's flash payments are used up"}, "payments.account": {"该账户闪赔次数已满", "the account's flash payments are used up"},
	"payments.phone": {"该手机报案的闪赔次数已满", "the phone's flash payments are used up"},
	"phone":          {"电话", "phone"}, "message": {"短信或微信", "message"}, "in_person": {"当面", "in person"}, "reached": {"已联系上", "reached"}, "attempted": {"未联系上", "not reached"},
	"finding.seen": {"已看过", "looked at"}, "finding.explained": {"已说明", "explained"},
	"holder": {"投保人", "holder"}, "insured": {"被保险人", "insured"}, "driver": {"约定驾驶人", "named driver"},
	"finding.grave": {"材料之间有疑点", "papers do not go together"},
	"policy":        {"保单", "policy"}, "report": {"报案", "report"}, "server": {"系统时钟", "our clock"}, "claim": {"另一赔案", "another claim"},
}

// ruleWords are what the cross-checks look for.
var ruleWords = document.Rules()

var (
	valueHole = regexp.MustCompile(`\{([a-z0-9_]+)\}`)
	maybe     = regexp.MustCompile(`\[([^\]]*)\]`)
	code      = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_-]+)*$`)
)

// tell says what happened. names are of the staff whom the body mentions.
func tell(kind claim.EventKind, body []byte, names map[claim.Principal]string) rest.Words {
	t, ok := tellings[kind]
	if !ok { // a newer release wrote it
		return rest.Words{TextZh: "案件有新进展", TextEn: "The claim went on."}
	}
	values := map[string]any{}
	_ = json.Unmarshal(body, &values) // what is not there is left out
	if kind == "agreement.made" && values["signature"] == claim.SignedByCorrection {
		t = accountCorrected
	}
	return rest.Words{TextZh: spell(t.zh, values, names, 0), TextEn: spell(t.en, values, names, 1)}
}

func spell(text string, values map[string]any, names map[claim.Principal]string, language int) string {
	put := func(text string, needed bool) string {
		missing := false
		text = valueHole.ReplaceAllStringFunc(text, func(hole string) string {
			name := hole[1 : len(hole)-1]
			v := shown(name, values[name], names, language)
			missing = missing || v == ""
			return v
		})
		if missing && !needed {
			return ""
		}
		return text
	}
	text = maybe.ReplaceAllStringFunc(text, func(part string) string { return put(part[1:len(part)-1], false) })
	return strings.TrimSpace(put(text, true))
}

// shown writes one value for people.
func shown(name string, value any, names map[claim.Principal]string, language int) string {
	switch v := value.(type) {
	case float64:
		switch {
		case name == "counter_fen" && v == 0:
			return ""
		case strings.HasSuffix(name, "_fen"):
			return claim.Fen(v).String()
		case strings.HasSuffix(name, "_bp"):
			return claim.BP(v).String()
		}
		return strconv.FormatInt(int64(v), 10)
	case []any:
		return strconv.Itoa(len(v))
	case string:
		if name == "surveyor" {
			return names[claim.Principal(v)]
		}
		if w, ok := words[v]; ok {
			return w[language]
		}
		if w, ok := ruleWords[v]; ok {
			return [2]string{w.ZH, w.EN}[language]
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.In(claim.Shanghai).Format("01-02 15:04")
		}
		if code.MatchString(v) && name != "number" && name != "letter" && name != "clause" {
			return "" // nobody outside knows our codes
		}
		return v
	default:
		return ""
	}
}

// stageWords says what happens next where nobody in particular is waited for.
var stageWords = map[claim.Stage][2]string{
	claim.Reported:     {"正在登记并分类", "The claim is being registered."},
	claim.SelfSurvey:   {"正在识别您上传的材料", "The pictures and papers are being read."},
	claim.Dispatching:  {"正在安排查勘员", "A surveyor is being chosen."},
	claim.Dispatched:   {"等待查勘员接单", "The surveyor is being asked."},
	claim.Surveying:    {"查勘员正在查勘", "The surveyor is on the way or at the place."},
	claim.Assessing:    {"正在核定损失", "The loss is being assessed."},
	claim.Negotiating:  {"等待客户确认定损金额", "The claimant is asked about the figure."},
	claim.Reviewing:    {"正在核赔", "The claim is being reviewed."},
	claim.DenialReview: {"正在核赔", "The claim is being reviewed."},
	claim.Determined:   {"等待签署赔付协议", "The agreement is to be signed."},
	claim.Agreed:       {"等待放款", "The money is about to be released."},
	claim.Paying:       {"银行正在付款", "The bank is paying."},
	claim.PayReturned:  {"等待更正收款账户", "The account is to be corrected."},
	claim.Paid:         {"已付款，即将结案", "Paid; the claim is about to be closed."},
	claim.Denied:       {"正在出具拒赔通知书", "The notice of denial is being written."},
	claim.Closed:       {"已结案", "The claim is closed."},
}

// nextWords says what happens next: what the main line waits for, else where
// it stands. A claimant is not told of a denial that is not decided.
func nextWords(f *claim.File, outside bool) rest.Words {
	if f.Parked != nil && f.Stage != claim.Closed {
		return rest.Words{TextZh: "系统问题处理中", TextEn: "A technical fault is being mended."}
	}
	for _, need := range f.Missing() {
		if need.Blocks && !(outside && f.Stage == claim.DenialReview) {
			return rest.Words{TextZh: need.ZH, TextEn: need.EN}
		}
	}
	w := stageWords[f.Stage]
	return rest.Words{TextZh: w[0], TextEn: w[1]}
}
