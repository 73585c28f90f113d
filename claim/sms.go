package claim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// SMS names a message to a phone. What it says is in the forms in force
// (schemas/forms/sms.json).
type SMS string

// Messages to who reported, and to whose claim it is.
const (
	SMSCode             SMS = "code"
	SMSReported         SMS = "reported"
	SMSJoined           SMS = "joined"
	SMSHandedOver       SMS = "handed-over"
	SMSPapersList       SMS = "papers-list"
	SMSPapersRequest    SMS = "papers-request"
	SMSPapersFinding    SMS = "papers-finding"
	SMSSurveyor         SMS = "surveyor"
	SMSOffer            SMS = "offer"
	SMSVoidedPolicy     SMS = "voided-policy"
	SMSVoidedClaimant   SMS = "voided-claimant"
	SMSVoidedPaper      SMS = "voided-paper"
	SMSDetermined       SMS = "determined"
	SMSDenied           SMS = "denied"
	SMSPaid             SMS = "paid"
	SMSReturned         SMS = "returned"
	SMSPayee            SMS = "payee"
	SMSPayeeCorrected   SMS = "payee-corrected"
	SMSWithdrawn        SMS = "withdrawn"
	SMSWithdrawnByOther SMS = "withdrawn-by-other"
)

// Messages to the holder of the policy, and to a surveyor.
const (
	SMSHolderReported SMS = "holder-reported" // of which the database counts how many a holder gets
	SMSHolderPaid     SMS = "holder-paid"
	SMSSurveyTask     SMS = "survey-task"
)

// smsValues are the placeholders that each message may have; a question mark
// stands after those that may be empty. All but the code may have those of
// [Addressed].
var smsValues = map[SMS][]string{
	SMSCode:     {"code", "minutes", "hotline"},
	SMSReported: {}, SMSJoined: {}, SMSHandedOver: {},
	SMSPapersList:    {"papers"},
	SMSPapersRequest: {"papers", "letter"},
	SMSPapersFinding: {"papers", "letter"},
	SMSSurveyor:      {"surveyor", "phone?", "arrives?"},
	SMSOffer:         {"amount"},
	SMSVoidedPolicy:  {}, SMSVoidedClaimant: {}, SMSVoidedPaper: {},
	SMSDetermined: {"amount"},
	SMSDenied:     {"letter"},
	SMSPaid:       {"amount"},
	SMSReturned:   {}, SMSPayee: {},
	SMSPayeeCorrected: {"account"},
	SMSWithdrawn:      {}, SMSWithdrawnByOther: {},
	SMSHolderReported: {"policy"},
	SMSHolderPaid:     {"policy", "amount"},
	SMSSurveyTask:     {"minutes", "metres?"},
}

// addressed are what every message on a claim may say.
var addressed = []string{"claim", "link", "hotline"}

func (s SMS) values() []string {
	if s == SMSCode {
		return smsValues[s]
	}
	return slices.Concat(addressed, smsValues[s])
}

// longestSMS are values of each placeholder that are as long as they get.
var longestSMS = Values{
	"claim": "AP-3101-2026-000001", "link": "https://claims.insurance-company.example.com.cn/c/AP-3101-2026-000001", "hotline": "400-8888-8888",
	"code": "000000", "minutes": 1440, "policy": "0000", "amount": Fen(9_999_999_999_99), "account": "0000", "letter": "AP-3101-2026-000001-P10",
	"surveyor": "欧阳**", "phone": "139****0001", "arrives": "00:00", "metres": 999_999,
	"papers": []Text{
		{"受损部位照片（至少两张，不同角度）", "pictures of the damage: two or more, from different angles"},
		{"维修估价单或发票", "the repair estimate or the invoice"},
		{"交通事故认定书（如有）", "the accident certificate, if there is one"},
		{"消防部门出具的火灾事故认定书", "the fire brigade's certificate of the fire"},
		{"驾驶证", "the driving licence"},
		{"行驶证", "the vehicle licence"},
		{"营业执照", "the business licence"},
		{"赔付协议", "the agreement"},
	},
}

// How long a message is: a text with Chinese in it goes out in one piece up to
// 70 characters of UTF-16, and else in pieces of 67, each of which is paid for.
const (
	smsWhole    = 70
	smsPiece    = 67
	MaxSegments = 4
)

// Segments is in how many pieces a message goes out.
func Segments(text string) int {
	n := len(utf16.Encode([]rune(text)))
	if n <= smsWhole {
		return 1
	}
	return (n + smsPiece - 1) / smsPiece
}

// SMSForms are the texts of all messages in both languages: a dated, versioned
// table, of which a message takes what is in force on its day. A message that
// was written does not change with it.
type SMSForms struct {
	Version       string
	EffectiveFrom Date
	forms         map[SMS]form
}

// UnmarshalJSON reads the table and checks that each message is there in both
// languages and can be written.
func (f *SMSForms) UnmarshalJSON(raw []byte) error {
	var in struct {
		Version       string       `json:"version"`
		EffectiveFrom Date         `json:"effective_from"`
		Messages      map[SMS]Text `json:"messages"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	out := SMSForms{in.Version, in.EffectiveFrom, map[SMS]form{}}
	var errs []error
	for _, kind := range AllSMS() {
		text := in.Messages[kind]
		parsed, err := parseForm(string(kind), text)
		out.forms[kind] = parsed
		for _, l := range []Language{Chinese, English} {
			if err == nil && !strings.HasPrefix(text.In(l), smsSign) {
				err = fmt.Errorf("%s in %q does not begin with %s", kind, l, smsSign)
			}
			written := ""
			if err == nil {
				written, err = out.Write(kind, l, specimen(longestSMS, kind.values()))
			}
			if n := Segments(written); err == nil && n > MaxSegments {
				err = fmt.Errorf("message %q is %d segments long: %s", kind, n, written)
			}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("forms of SMS %s: %w", in.Version, err)
	}
	*f = out
	return nil
}

// smsSign is the signature that carriers require at the head of a message.
const smsSign = "【安赔】"

// AllSMS returns the name of every message.
func AllSMS() []SMS { return slices.Sorted(maps.Keys(smsValues)) }

// Write writes a message, and fails where a value is missing. A list of papers
// ends where the message would be longer than [MaxSegments], and says how many
// there are, since all are on the page that the message links to. What is longer
// without a list, as by a long address of the pages, is sent all the same.
func (f SMSForms) Write(kind SMS, l Language, values Values) (string, error) {
	form, known := f.forms[kind]
	if !known {
		return "", fmt.Errorf("there is no form for the message %q", kind)
	}
	if err := values.complete(kind.values()); err != nil {
		return "", fmt.Errorf("message %q: %w", kind, err)
	}
	papers, _ := values["papers"].([]Text)
	for shown := len(papers); ; shown-- {
		if shown < len(papers) {
			more := Text{fmt.Sprintf("%s等共 %d 项", andMore, len(papers)), fmt.Sprintf("%s %d in all", andMore, len(papers))}
			values = maps.Clone(values)
			values["papers"] = append(slices.Clone(papers[:max(shown, 0)]), more)
		}
		text, err := form.write(l, values)
		if err != nil {
			return "", fmt.Errorf("message %q: %w", kind, err)
		}
		if Segments(text) <= MaxSegments || shown <= 0 {
			return text, nil
		}
	}
}
