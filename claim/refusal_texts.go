package claim

import "strings"

// Codes of refusals. What stands in braces in their texts is a value; names that
// end in _zh and _en are one value in both languages.
const (
	WhyNoFinding        RefusalCode = "finding.unknown" // {finding}
	WhyFindingGone      RefusalCode = "finding.gone"
	WhyPolicyUnknown    RefusalCode = "policy.unknown"      // {line}, {policy}
	WhyPolicyNotInForce RefusalCode = "policy.not-in-force" // {policy}, {at}
	WhyTaskGone         RefusalCode = "task.gone"
	WhyNotParked        RefusalCode = "claim.not-parked"
	WhyCannotSkip       RefusalCode = "step.cannot-skip" // {step}, {step}
	WhyKeyUsed          RefusalCode = "key.used"
	WhyBroken           RefusalCode = "message.broken"

	WhySurveyorBarred  RefusalCode = "surveyor.barred"  // {who}
	WhySurveyorUnknown RefusalCode = "surveyor.unknown" // {who}
	WhySurveyGone      RefusalCode = "survey.gone"
	WhyNoDocument      RefusalCode = "document.unknown"   // {document}
	WhyNoPhoto         RefusalCode = "document.photo"     // {document}
	WhyNoEvidence      RefusalCode = "document.evidence"  // {document}
	WhyNoSignature     RefusalCode = "document.signature" // {document}
	WhyNoItemProof     RefusalCode = "document.item"      // {item}, {document}

	WhyNoPicture RefusalCode = "document.no-picture" // {where}
	WhyNotYours  RefusalCode = "claim.not-yours"

	// Of the policies in schemas/policies, which name the first four.
	WhyOwnClaim      RefusalCode = "policy.own-claim"
	WhyForStaff      RefusalCode = "policy.for-staff"
	WhyAdminNoClaims RefusalCode = "policy.admin-no-claims"
	WhyOwnRecord     RefusalCode = "policy.own-record"
	WhyOtherRole     RefusalCode = "policy.other-role" // {role}
	WhyOtherBranch   RefusalCode = "policy.other-branch"
	WhyNotActive     RefusalCode = "policy.not-active"

	WhyNoExposure     RefusalCode = "exposure.unknown" // {exposure}, {of}
	WhyExposureTwice  RefusalCode = "exposure.twice"   // {exposure}
	WhyNothingPayable RefusalCode = "assessment.nothing"

	WhyNoVerdict        RefusalCode = "verdict.unknown"       // {verdict}
	WhyRecommended      RefusalCode = "authority.recommended" // {amount}, {needed}, {level}, {limit}, {next}
	WhyHighestLevel     RefusalCode = "authority.highest"
	WhyNoQuestion       RefusalCode = "return.question"
	WhyNoReturn         RefusalCode = "return.to" // {to}
	WhyDenialByPerson   RefusalCode = "denial.person"
	WhyDenialIncomplete RefusalCode = "denial.incomplete"
	WhyLacksForApproval RefusalCode = "papers.before-approval" // {papers_zh}, {papers_en}
	WhyOfferSuperseded  RefusalCode = "offer.superseded"       // {offer}, {now}
	WhyReleaseChanged   RefusalCode = "release.changed"
	WhyAttemptChanged   RefusalCode = "transfer.another-attempt"
	WhyTransferMisfit   RefusalCode = "transfer.misfit"
	WhyBankAway         RefusalCode = "write-off.bank-away"
	WhyBankAgrees       RefusalCode = "write-off.bank-agrees"  // {state}
	WhyBankNamesPayee   RefusalCode = "write-off.same-account" // {differs}

	WhyNoLists        RefusalCode = "papers.no-lists"
	WhyNothingAsked   RefusalCode = "papers.finding-first"
	WhyPapersComplete RefusalCode = "papers.complete"
	WhyPapersAsked    RefusalCode = "papers.asked-once" // {on}
	WhyFindingAsked   RefusalCode = "papers.finding-asked"
	WhyPaperUnnamed   RefusalCode = "papers.unnamed"
	WhyWaiverProposed RefusalCode = "waiver.proposed" // {who}
	WhyNoWaiver       RefusalCode = "waiver.none"
	WhyOwnWaiver      RefusalCode = "waiver.own"
	WhyNoWithdrawal   RefusalCode = "waiver.nothing-to-withdraw"
	WhyOthersWaiver   RefusalCode = "waiver.others"        // {who}
	WhyPaperUnknown   RefusalCode = "waiver.paper-unknown" // {paper}
	WhyPaperOptional  RefusalCode = "waiver.optional"
	WhyWaived         RefusalCode = "waiver.done"
	WhyPaperAccepted  RefusalCode = "waiver.accepted"
	WhyTooManyPapers  RefusalCode = "papers-limit.claim"   // {limit}, {left}, {sent}, {help_zh}, {help_en}
	WhyTooManyOutside RefusalCode = "papers-limit.outside" // the same
	WhyTooManyOfOne   RefusalCode = "papers-limit.sender"  // the same

	// Of the guard. {role}, {stage} and {duty} and their lists are told in words.
	WhyNoAct          RefusalCode = "act.unknown" // {act}
	WhyClosed         RefusalCode = "claim.closed"
	WhyParked         RefusalCode = "claim.parked"
	WhyRole           RefusalCode = "role.act"        // {role}, {act}, {roles}
	WhyTaskRole       RefusalCode = "role.task"       // {of}, {role}
	WhyDuty           RefusalCode = "duty.conflict"   // {duty}, {on}
	WhyStage          RefusalCode = "stage.act"       // {stage}, {act}, {stages}
	WhyPaymentStarted RefusalCode = "payment.started" // {act}
	WhyTaskTaken      RefusalCode = "task.taken"      // {who}
	WhyTaskLevel      RefusalCode = "task.level"      // {needed}, {level}

	WhyNoCover         RefusalCode = "policy.no-cover"
	WhyNoMoney         RefusalCode = "policy.no-money"
	WhyWroteOff        RefusalCode = "release.wrote-off"
	WhyReleasedFirst   RefusalCode = "release.first"
	WhyLacksForConsent RefusalCode = "papers.before-consent" // {papers_zh}, {papers_en}
	WhyLacksForRelease RefusalCode = "papers.before-release" // the same

	WhyHoldRole RefusalCode = "hold.role" // {role}, {roles}
	WhyHeld     RefusalCode = "hold.held"
	WhyNotHeld  RefusalCode = "hold.none"
	WhyOwnHold  RefusalCode = "hold.own"
)

// refusalTexts are what the codes say.
var refusalTexts = map[RefusalCode]Text{
	WhyNoFinding:        {"本赔案没有疑点 {finding}。请重新查看赔案。", "{finding} is no finding of this claim."},
	WhyFindingGone:      {"各处资料现已一致，疑点已经消除。请重新查看赔案。", "The facts agree by now: the finding is gone. Look at the claim again."},
	WhyPolicyUnknown:    {"没有 {line} 险种的保单“{policy}”。请在保单页查找保单号。", "There is no {line} policy \"{policy}\". Look the number up under policies."},
	WhyPolicyNotInForce: {"保单“{policy}”在出险时（{at}）不在保险期间内。", "Policy \"{policy}\" was not in force at the moment of loss, {at}."},
	WhyTaskGone:         {"这项任务已不再待办，可能已有人完成。请重新查看赔案。", "That task is not open any more. Look at the claim again."},
	WhyNotParked:        {"赔案已不再停滞。", "The claim does not stand still any more."},
	WhyCannotSkip:       {"“{step}”这一步推动赔案或款项，不能跳过。请排除原因后让系统重试。", "The step \"{step}\" moves the claim or its money, so the claim cannot go on without it. Mend the cause, then have it tried again."},
	WhyKeyUsed:          {"这个 Idempotency-Key 已用于另一条指令。每条指令请用新的键。", "This Idempotency-Key was used for another command. Use a new key for each."},
	WhyBroken:           {"系统无法保存您提交的内容，未作任何更改；请核对后重新提交，仍不成功请联系客服。", "This cannot be stored as it was sent; nothing was changed. Check what you entered, and send it again under a new Idempotency-Key. If it is refused again, call the hotline."},

	WhySurveyorBarred:  {"{who} 在本赔案中的经办与查勘不相容。请指派其他人。", "{who} has acted on this claim in a way that forbids the survey. Name somebody else."},
	WhySurveyorUnknown: {"“{who}”不是在岗的查勘员。请从查勘员名单中选择。", "\"{who}\" is no active surveyor. Surveyors are listed under surveyors."},
	WhySurveyGone:      {"这项查勘已不再待办。", "The survey is not open any more."},
	WhyNoDocument:      {"{document} 不是本赔案的材料。", "{document} is not a document of this claim."},
	WhyNoPhoto:         {"照片 {document} 不是本赔案的材料。请先上传。", "Photo {document} is not a document of this claim. Attach it first."},
	WhyNoEvidence:      {"证据 {document} 不是本赔案的材料。", "Evidence {document} is not a document of this claim."},
	WhyNoSignature:     {"{document} 不是本赔案的签名。请先把签名图片作为签名材料上传。", "{document} is no signature of this claim. Attach the picture first, as a document of kind signature."},
	WhyNoItemProof:     {"项目“{item}”引用的 {document} 不是本赔案的材料。", "Item \"{item}\" cites {document}, which is not a document of this claim."},

	WhyNoPicture:     {"{where}损失照片须为手机拍摄的图片（JPEG、PNG）；这个文件请按它本来的材料类型上传。", "{where}A photo of the loss is a picture, JPEG or PNG, as the phone takes it. Send this file as the paper that it is."},
	WhyOwnClaim:      {"您是本案的当事人，须由他人办理。", "You are a party of this claim, so somebody else has to do this."},
	WhyForStaff:      {"这一项只供保险公司的人员使用。", "This is for the insurer's staff."},
	WhyAdminNoClaims: {"管理员维护保单、人员和规则表，赔案由他人办理。", "Administrators keep policies, staff and tables; claims are others'."},
	WhyOwnRecord:     {"任何人都不能改自己的记录，请由另一位管理员修改。", "Nobody changes their own record. Another administrator does it."},
	WhyOtherRole:     {"您以{role}身份登录，这一步不由您办理。", "This is for: {who} You are signed in as {role}."},
	WhyOtherBranch:   {"贵机构不维护该机构的记录。", "Your branch does not keep records of that branch."},
	WhyNotActive:     {"您已登录，但不在在职人员名单上，请联系管理员添加。", "You are signed in, but not on the list of active staff. Ask an administrator to add you."},

	WhyNotYours: {"赔案现由保单上的人办理，您不能代为操作。", "The claim is for another person to deal with, who is in the policy."},

	WhyNoExposure:     {"没有第 {exposure} 项损失；本赔案共有 {of} 项。", "objects: there is no exposure {exposure}; the claim has {of}."},
	WhyExposureTwice:  {"第 {exposure} 项损失列了两次。请合并其全部项目。", "objects: exposure {exposure} is listed twice. Put all its items into one."},
	WhyNothingPayable: {"按这些数字没有应赔金额。请更正，或建议拒赔。", "Nothing is payable for these figures. Mend them, or propose a denial."},

	WhyNoVerdict:        {"没有“{verdict}”这种核赔意见。", "There is no verdict \"{verdict}\"."},
	WhyRecommended:      {"本赔案金额 {amount}，须由 {needed} 级核赔；{level} 级的权限为 {limit}。您的同意已作为建议留档，赔案已上报 {next} 级。", "The claim comes to {amount} and needs level {needed}; level {level} has a limit of {limit}. Your approval is kept as a recommendation and the claim goes to level {next}."},
	WhyHighestLevel:     {"没有更高的核赔级别可以上报。", "There is no higher level to send this to."},
	WhyNoQuestion:       {"退回须写明要回答的问题。", "question: a return needs the question that is to be answered."},
	WhyNoReturn:         {"不能退回到“{to}”；请选择查勘、定损或协商。", "return_to: \"{to}\" is no step to return to; name \"surveying\", \"assessing\" or \"negotiating\"."},
	WhyDenialByPerson:   {"只有核赔人可以建议拒赔，机器不可以。", "Only a reviewer, a person, may propose a denial."},
	WhyDenialIncomplete: {"拒赔须写明条款、事实和理由。", "denial: a denial needs the clause, the facts and the reasons."},
	WhyLacksForApproval: {"还缺：{papers_zh}。请通知客户补充，或由两人核准免于提供。", "The claim lacks {papers_en}. Have it asked for, or waived by two people."},
	WhyOfferSuperseded:  {"第 {offer} 次报价已失效，现行的是第 {now} 次。请先查看。", "Offer {offer} is not in force any more; offer {now} is. Look at it first."},
	WhyReleaseChanged:   {"收款人、金额、保单或机构与您看到的不同，或付款此后有变化。请重新打开任务核对。", "Payee, amount, policy or branch are not what you were shown, or something has happened to the payment since. Read the task again and compare."},
	WhyAttemptChanged:   {"现在进行的是另一次付款。请重新查看付款。", "Another attempt is under way now. Look at the payment again."},
	WhyTransferMisfit:   {"这与银行的答复不符：重新提交用于银行从未收到的付款，注销用于参考号在银行属于另一笔转账的，要求更正账户用于待放款的。请重新查看付款。", "This does not fit what the bank has said: send_again is for a transfer that it never had, write_off for a reference that is another transfer's there, ask_payee for what is to be released. Look at the payment again."},
	WhyBankAway:         {"银行现在没有答复；没有答复不能注销。请在银行恢复后再试。", "The bank gives no answer now, and without one nothing is written off. Try again when it does."},
	WhyBankAgrees:       {"银行现在的答复就是这笔转账，状态为“{state}”，不能注销。请重新查看付款。", "The bank's answer is of this transfer now, and says \"{state}\": it is not written off. Look at the payment again."},
	WhyBankNamesPayee:   {"银行在该参考号下登记的正是这个收款账户（不同之处：{differs}），再付可能重复。请先让银行更正记录。", "The bank names this payee's account under the reference ({differs}): paying once more could pay twice. Have the bank put its record right first."},

	WhyNoLists:        {"本赔案报案时还没有材料清单。", "This claim was reported before there were lists of papers."},
	WhyNothingAsked:   {"还没有通知补充过材料。请先一次性通知全部材料，不必指明疑点。", "finding: nothing was asked for yet. Ask for everything at once, without naming a finding."},
	WhyPapersComplete: {"材料已齐，没有需要补充的。", "No paper is missing, so there is nothing to ask for."},
	WhyPapersAsked:    {"已于 {on} 一次性通知补充材料（保险法第二十二条）。当时能够要求的现在不能再要求；此后因疑点发现的可以：请指明疑点和材料。", "Papers were asked for on {on}, once and in full (Insurance Law art. 22). What could have been asked for then cannot be asked for now; what a finding has brought to light since can: name the finding and the paper."},
	WhyFindingAsked:   {"因这项疑点需要的材料已经通知过一次（保险法第二十二条）。", "What this finding brought to light was asked for once already (Insurance Law art. 22)."},
	WhyPaperUnnamed:   {"请写明是什么材料：材料种类说不清楚。", "more: say in words what the paper is, where its kind does not."},
	WhyWaiverProposed: {"{who} 已经提议。请第二人确认。", "{who} has proposed this already. A second person confirms it."},
	WhyNoWaiver:       {"没有人提议免于提供这份材料，或提议已撤回。请重新查看清单。", "Nobody has proposed to do without this paper, or the proposal was withdrawn. Look at the list again."},
	WhyOwnWaiver:      {"这是您本人的提议，须由另一人确认。", "You proposed this yourself, so somebody else has to confirm it."},
	WhyNoWithdrawal:   {"没有可以撤回的提议。请重新查看清单。", "There is no proposal to withdraw. Look at the list again."},
	WhyOthersWaiver:   {"这是 {who} 的提议，由其本人撤回。", "{who} proposed this, and may withdraw it."},
	WhyPaperUnknown:   {"本赔案的清单上没有材料“{paper}”。", "The claim's list has no paper \"{paper}\"."},
	WhyPaperOptional:  {"这份材料并非必需，不必免除。", "Nobody waits for this paper, so there is nothing to waive."},
	WhyWaived:         {"两人已经核准免于提供这份材料。", "Two people have waived this paper already."},
	WhyPaperAccepted:  {"这份材料已收到并采用，不必免除。", "The paper has come and is accepted, so there is nothing to waive."},
	WhyTooManyPapers:  {"一个赔案最多接收 {limit} 份材料；还可以接收 {left} 份，而这次有 {sent} 份，均未接收。{help_zh}", "A claim takes {limit} papers; {left} more are possible, and these are {sent}. None was attached. {help_en}"},
	WhyTooManyOutside: {"一个赔案最多从客户和合作方接收 {limit} 份材料；还可以接收 {left} 份，而这次有 {sent} 份，均未接收。{help_zh}", "A claim takes {limit} papers from claimants and partners; {left} more are possible, and these are {sent}. None was attached. {help_en}"},
	WhyTooManyOfOne:   {"一个赔案最多从同一人接收 {limit} 份材料；还可以接收 {left} 份，而这次有 {sent} 份，均未接收。{help_zh}", "A claim takes {limit} papers from one sender; {left} more are possible, and these are {sent}. None was attached. {help_en}"},

	WhyNoAct:          {"没有“{act}”这项操作。", "There is no act \"{act}\"."},
	WhyClosed:         {"赔案已结案。", "The claim is closed."},
	WhyParked:         {"赔案因系统故障暂停，须等运维排除故障。请稍后再试。", "The claim stands still until an operator has mended what went wrong. Try again later."},
	WhyRole:           {"这不由您的岗位（{role}）办理；可以办理的是：{roles}。", "A {role} may not {act}. This is for: {roles}."},
	WhyTaskRole:       {"这项任务由{of}办理，而您的岗位是{role}。", "The task is a {of}'s, and you are a {role}."},
	WhyDuty:           {"您已于 {on} 在本赔案办理过“{duty}”，须由另一人办理。", "You did \"{duty}\" on this claim on {on}, so somebody else has to do this."},
	WhyStage:          {"赔案现处于“{stage}”；这件事只能在以下阶段办理：{stages}。", "The claim is at stage \"{stage}\"; {act} is possible at: {stages}."},
	WhyPaymentStarted: {"付款已在进行，现在办理已经太迟。", "The payment is under way; it is too late to {act}."},
	WhyTaskTaken:      {"{who} 已领取这项任务，可由其本人放回。", "{who} has taken the task. It can be put back by {who}."},
	WhyTaskLevel:      {"这项任务须 {needed} 级办理，而您是 {level} 级。", "The task needs level {needed}, and yours is {level}."},

	WhyNoCover:         {"保单未核实，没有可据以计算的保障。请先由报案专员核实保单。", "The policy is not verified, so there is no cover to calculate by. Intake links it first."},
	WhyNoMoney:         {"保单未核实，不能付款。请先由报案专员核实保单。", "The policy is not verified, so no money may move. Intake links it first."},
	WhyWroteOff:        {"上一次付款由您注销，须由另一人重新放款。", "You wrote the last attempt off, so somebody else has to release the next."},
	WhyReleasedFirst:   {"这个金额须由两人放款，而您是第一人。", "A release of this sum takes two people, and you were the first."},
	WhyLacksForConsent: {"还缺：{papers_zh}。补齐并核对后，或经两人核准免于提供后，才能确认金额。", "The claim lacks {papers_en}. Once it is sent and accepted, or waived by two people, the figure can be agreed to."},
	WhyLacksForRelease: {"还缺：{papers_zh}，这在核赔时是有的。请先补齐并核对。", "The claim lacks {papers_en}, which it had when it was approved. It is sent in and confirmed first."},

	WhyHoldRole: {"证据保全不由您的岗位（{role}）办理；可以办理的是：{roles}。", "A {role} may not hold evidence. This is for: {roles}."},
	WhyHeld:     {"证据已在保全中。", "The evidence is under hold already."},
	WhyNotHeld:  {"证据没有被保全。", "The evidence is under no hold."},
	WhyOwnHold:  {"保全由您设定，须由另一人解除。", "You placed the hold, so somebody else has to lift it."},
}

// roleNames and stageNames are what people call them; dutyNames what they have
// done. In English they go by their own names.
var (
	roleNames = map[Role]string{
		Claimant: "客户", Intake: "报案专员", Dispatcher: "调度员", Surveyor: "查勘员", Assessor: "定损员", Reviewer: "核赔人", Finance: "财务",
		Service: "客服", Audit: "稽核", Manager: "管理", Admin: "管理员", Operator: "运维", Partner: "合作方", System: "系统",
	}
	stageNames = map[Stage]string{
		Reported: "已报案", SelfSurvey: "自助查勘", Dispatching: "派工中", Dispatched: "已派工", Surveying: "查勘中", Assessing: "定损", Negotiating: "协商金额",
		Reviewing: "核赔", DenialReview: "拒赔审批", Determined: "待签协议", Agreed: "待放款", Paying: "支付中", PayReturned: "银行退回", Paid: "已赔付",
		Denied: "已拒赔", Closed: "已结案",
	}
	dutyNames = map[Duty]string{
		DutyReport: "报案", DutyLinkPolicy: "核实保单", DutyDispatch: "调度", DutySurvey: "查勘", DutyResurvey: "复勘", DutyAssess: "定损", DutyConfirmFields: "核对字段",
		DutyReview: "核赔", DutyProposeDenial: "提议拒赔", DutyApproveDenial: "审批拒赔", DutyReviewObjection: "复核异议", DutyPayee: "指定收款人",
		DutyVerifyPayee: "核对收款人", DutyRelease: "放款", DutyConfirmRelease: "第二人放款", DutyWithdraw: "撤回", DutyProposeWaiver: "提议免于提供材料", DutyConfirmWaiver: "核准免于提供材料",
	}
)

// named are codes of roles, stages and duties, of one or of a list, in Chinese.
func named[T ~string](names map[T]string, codes string) string {
	var out []string
	for code := range strings.SplitSeq(codes, ", ") {
		name, known := names[T(code)]
		if !known {
			name = code
		}
		out = append(out, name)
	}
	return strings.Join(out, "、")
}
