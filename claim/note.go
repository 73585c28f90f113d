package claim

import (
	"cmp"
	"encoding/json"
	"strings"
)

// Note is what whoever does a task ought to know of why it is there: a code
// with its values, told in the reader's language, or the words of a person,
// which are told as they are.
type Note struct {
	Code   NoteCode
	Values map[string]string // by the placeholders of the code's text
	Words  string            // what a person wrote
}

// NoteCode names what a note says.
type NoteCode string

// Codes. What stands in braces is a value of the note.
const (
	NotePolicyUnverified NoteCode = "policy.unverified"
	NoteNoSurveyor       NoteCode = "survey.no-surveyor"
	NotePolicyChanged    NoteCode = "assess.policy-changed"
	NoteClaimantChanged  NoteCode = "assess.claimant-changed"
	NotePaperCorrected   NoteCode = "assess.paper-corrected"
	NoteNotByMachine     NoteCode = "review.not-by-machine" // {why_zh}, {why_en}
	NoteSecondRelease    NoteCode = "release.second"
	NoteAccountCorrected NoteCode = "release.account-corrected"
	NoteBankRefused      NoteCode = "release.bank-refused" // {reason}
	NoteWrittenOff       NoteCode = "release.written-off"  // {reference}, {differs}
	NoteBankSilent       NoteCode = "pay.bank-silent"
	NoteNeverReceived    NoteCode = "pay.never-received" // {times}
	NoteBankDiffers      NoteCode = "pay.bank-differs"   // {reason}
	NoteParked           NoteCode = "resume.parked"      // {step}, {code}, {cause}
)

// noteTexts are what the codes say.
var noteTexts = map[NoteCode]Text{
	NotePolicyUnverified: {"保单未核实", "the policy is not verified"},
	NoteNoSurveyor:       {"没有合适的查勘员", "nobody suitable is on shift"},
	NotePolicyChanged:    {"保单已更正，须按新保单重新定损", "another policy was linked: assess by it"},
	NoteClaimantChanged:  {"保单上的人已报案，此前的确认由他人作出，须重新定损并请其确认", "a person in the policy reported the loss; the consent was another's: assess and offer anew"},
	NotePaperCorrected:   {"所依据的材料已更正，须重新定损", "a paper was corrected on which the figure rests: assess anew"},
	NoteNotByMachine:     {"{why_zh}", "{why_en}"},
	NoteSecondRelease:    {"第二人复核放款", "a second person releases"},
	NoteAccountCorrected: {"收款账户已更正", "the account was corrected"},
	NoteBankRefused:      {"银行未执行，请查明后重新放款：{reason}", "the bank refused the transfer; find out why, then release it again: {reason}"},
	NoteWrittenOff:       {"参考号 {reference} 在银行属于另一笔转账（{differs}），已注销；须由另一人重新放款", "reference {reference} is another transfer's at the bank ({differs}), so it was written off; somebody else releases it again"},
	NoteBankSilent:       {"银行长时间无明确结果", "the bank has given no final answer for too long"},
	NoteNeverReceived:    {"已提交 {times} 次，银行均未收到", "sent {times} times, and the bank never had it"},
	NoteBankDiffers:      {"银行记录与付款指令不符：{reason}", "the bank's record is not of what was instructed: {reason}"},
	NoteParked:           {"“{step}”这一步没有完成：{code}。技术信息：{cause}", "the step “{step}” has not come to its end: {code}. Technical cause: {cause}"},
}

// Words is a note that a person wrote. No words are no note.
func Words(words string) Note { return Note{Words: words} }

// Noted is a note of a code, with the values of its placeholders by name.
func Noted(code NoteCode, pairs ...string) Note {
	return Note{Code: code, Values: valuesOf(pairs)}
}

// Text is the note in both languages.
func (n Note) Text() Text {
	text, known := noteTexts[n.Code]
	if !known {
		words := cmp.Or(n.Words, string(n.Code))
		return Text{words, words}
	}
	return text.filled(n.Values)
}

// Stored are the values as JSON.
func (n Note) Stored() []byte {
	if len(n.Values) == 0 {
		return []byte("{}")
	}
	raw, err := json.Marshal(n.Values)
	if err != nil {
		panic(err) // strings alone
	}
	return raw
}

// oldNotes are the notes of releases that wrote both languages into one text.
var oldNotes = func() map[string]NoteCode {
	codes := map[string]NoteCode{}
	for code, text := range noteTexts {
		codes[text.ZH+" · "+text.EN] = code
	}
	return codes
}()

// NoteOf is the note of a stored task, its values as [Note.Stored] gave them.
// What an older release wrote is a code where its text is one's; else it is
// taken for a person's words.
func NoteOf(code NoteCode, stored []byte, words string) Note {
	if code == "" {
		code = oldNotes[words]
	}
	if code == "" {
		return Words(words)
	}
	n := Note{Code: code}
	_ = json.Unmarshal(stored, &n.Values) // none: the text shows where they would stand
	return n
}

// parkedSteps are the steps of the machine's own that can park a claim; the
// others are acts, called as they are.
var parkedSteps = map[string]Text{
	"route": {"立案分流", "route the claim"}, "self-survey": {"自助查勘", "take the claimant's own pictures for the survey"},
	"dispatch": {"派查勘员", "send a surveyor"}, "silent": {"查勘员未接单", "pass over a surveyor who did not answer"},
	"assess": {"机器定损", "assess"}, "notify": {"发出拒赔通知", "notify the denial"}, "close": {"结案", "close the claim"},
	"letter": {"归档通知书", "file a letter"}, "write-denial": {"制作拒赔通知书", "write the notice of denial"}, "write-request": {"制作补充材料通知书", "write the request for papers"}, "resubmit": {"重新提交付款", "send the payment again"},
	"settle": {"记录银行结果", "record the bank's answer"}, "bank": {"银行付款", "pay through the bank"},
	"read": {"识别材料", "read a paper"}, "look": {"比对照片", "compare pictures"}, "delivered": {"记录送达", "record a delivery"},
}

func stepWords(step string) Text {
	name, _, _ := strings.Cut(step, "/")
	if words, known := parkedSteps[name]; known {
		return words
	}
	return Text{step, step}
}

// troubles are the kinds of trouble that park a claim, see [Parked.Code].
var troubles = map[string]Text{
	"broken":          {"要保存的内容有误，重试无用", "what is to be stored is faulty, however often it is tried"},
	"rows-behind":     {"数据库的记录落后于流程，可能在恢复备份或切换副本时丢失", "the rows are behind the claim's workflow, as after a restore or a failover"},
	"time-limit":      {"多次超过时限", "it ran into its time limit again and again"},
	"bank-not-served": {"银行拒绝受理本公司的请求", "the bank serves us nothing"},
	"unanswered":      {"对方长时间没有答复", "no answer has come for too long"},
}

// troubleWords say what kind of trouble a code is; an SQLSTATE, with its
// constraint, is the database's.
func troubleWords(code string) Text {
	if words, known := troubles[code]; known {
		return words
	}
	if len(code) >= 5 && strings.Trim(code[:5], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return Text{"数据库不接受这项内容（" + code + "）", "the database does not take it (" + code + ")"}
	}
	if code == "" {
		return Text{"原因未分类", "of no known kind"}
	}
	return Text{code, code}
}
