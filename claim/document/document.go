// Package document knows what each kind of claim paper must say: how to tell
// an invoice from a licence by its words, where its fields stand, and which
// check digits, sums and QR codes bear witness to what was read.
//
// It is pure. It takes the lines that some reader found on a page and returns
// fields; the readers are in activities/ocr.
package document

import (
	"cmp"
	"strings"

	"anpei/claim"
)

// Kind is the sort of paper (单证类型) a file shows.
type Kind string

// The kinds of paper that a claim is settled on.
const (
	VATInvoice          Kind = "vat_invoice"          // 增值税发票, 数电票
	RepairEstimate      Kind = "repair_estimate"      // 定损单, 维修估价单
	VehicleLicence      Kind = "vehicle_licence"      // 机动车行驶证
	DrivingLicence      Kind = "driving_licence"      // 机动车驾驶证
	IDCard              Kind = "id_card"              // 居民身份证
	BankCard            Kind = "bank_card"            // 银行卡
	LossPhoto           Kind = "loss_photo"           // 损失照片; a picture without a paper in it
	AccidentCertificate Kind = "accident_certificate" // 道路交通事故认定书
	Agreement           Kind = "agreement"            // 赔付协议
	BusinessLicence     Kind = "business_licence"     // 营业执照
	MedicalReceipt      Kind = "medical_receipt"      // 医疗收费票据
	VINPlate            Kind = "vin_plate"            // 车辆铭牌
	Receipt             Kind = "receipt"              // a till's receipt, in English
	ClaimForm           Kind = "claim_form"           // 索赔申请书
	Signature           Kind = "signature"            // 签名, drawn on a screen: a picture of no paper, which nobody reads
	Other               Kind = "other"                // text, but none of the kinds above
	Unknown             Kind = "unknown"              // too little text to say
)

// Sensitive returns the kinds that show what the Personal Information
// Protection Law (个人信息保护法, art. 28) calls sensitive, and whose misuse costs
// a person their health's privacy, their account or their name: only those see
// them whose work needs it.
func Sensitive() []Kind { return []Kind{IDCard, BankCard, MedicalReceipt} }

// Where a field's value comes from: the values of [Field.Source] and
// [Line.Source]. FromXML, FromQR and FromPDFText are exact: they lose no
// characters.
const (
	FromXML     = "xml"
	FromQR      = "qr"
	FromPDFText = "pdf_text"
	FromOCR     = "ocr"
	FromPartner = "partner"
	FromPerson  = "person"
)

// Field is one value read from a paper. Amounts (names that end in _fen) are
// whole fen in decimal digits, dates 2006-01-02, plates without separators.
type Field struct {
	Name       string `json:"name"`
	Value      string `json:"value"`
	Confidence int    `json:"confidence"`       // the reader's own, basis points: 0 to 10000
	Source     string `json:"source"`           // one of the From constants
	Page       int    `json:"page"`             // from 1
	Box        [4]int `json:"box"`              // x0, y0, x1, y1 in pixels of that page; zero when it stands nowhere
	Engine     string `json:"engine,omitempty"` // what read it, with its version
	// Sure reports whether the value may be used without a person having
	// looked at it. Money, identity, account, plate and VIN need a second
	// witness (check digit, QR code, arithmetic, policy data); the rest an
	// exact source or a second witness.
	Sure bool   `json:"sure"`
	Note string `json:"note,omitempty"` // the witnesses, or what speaks against the value
	// Disputed reports whether something speaks against the value, so that no
	// further witness makes it sure but a person.
	Disputed bool `json:"disputed,omitempty"`
}

// Line is a run of text that stands together on a page.
type Line struct {
	Text       string `json:"text"`
	Box        [4]int `json:"box"`            // x0, y0, x1, y1 in pixels, as it stands on a page that lies straight
	Seen       [4]int `json:"seen,omitempty"` // where it is in the file, when that is elsewhere: on a photo, on a page that lies on its side
	Confidence int    `json:"confidence"`
	Page       int    `json:"page,omitempty"`   // from 1; zero is taken as 1
	Source     string `json:"source,omitempty"` // FromOCR when empty
	Engine     string `json:"engine,omitempty"`
}

// Reading is what one file gave. Either Unreadable is empty, or it says why
// nothing in the file can be used; the other fields are then filled as far as
// the reader came.
type Reading struct {
	Kind       Kind          `json:"kind"`
	Confidence int           `json:"confidence"` // of Kind, basis points
	Fields     []Field       `json:"fields"`
	Pages      int           `json:"pages"`  // 1 for a picture
	Width      int           `json:"width"`  // of the first page, in the pixels that boxes are counted in
	Height     int           `json:"height"` //
	Engine     string        `json:"engine"` // what read the text, with its version and settings
	Quality    Quality       `json:"quality"`
	Look       string        `json:"look,omitempty"`      // a [Look]; of a picture that shows anything
	Thumbnail  Thumbnail     `json:"thumbnail,omitempty"` // of a picture of a loss that shows anything
	Camera     *claim.Camera `json:"camera,omitempty"`    // of a picture
	Text       string        `json:"text,omitempty"`      // all that was read, line by line
	Unreadable string        `json:"unreadable,omitempty"`
	Detail     string        `json:"detail,omitempty"` // Unreadable in plain words, Chinese and English
	Millis     int64         `json:"millis"`           // wall clock, the reader's start included
	CPUMillis  int64         `json:"cpu_millis"`       // processor time of the reader and what it started
	PeakKB     int64         `json:"peak_kb"`          // most memory that the reader held, or the largest of what it started
}

// Why a file cannot be read: the values of [Reading.Unreadable].
const (
	Empty         = "empty"
	Truncated     = "truncated" // cut off, or damaged in another way
	TooLarge      = "too_large"
	TooManyPixels = "too_many_pixels"
	WrongType     = "wrong_type"
	Encrypted     = "encrypted"
	NoPages       = "no_pages"
	TimedOut      = "timeout"
	Crashed       = "crashed"
	OutOfMemory   = "out_of_memory"
	NothingFound  = "nothing_found"
	NothingSeen   = "nothing_seen" // a picture of one tone
	Garbled       = "garbled"      // a PDF whose text makes no sense, and whose page shows nothing legible
	NoInvoice     = "no_invoice"   // an OFD or XML file without an invoice's data
	Overpacked    = "overpacked"   // an archive that might do harm when unpacked
	// It can be read, and proves no loss.
	RedLetter       = "red_letter"       // 红字发票: it takes an invoice back
	SeveralInvoices = "several_invoices" // more than one in a file
	// The picture has to be taken again.
	TooSmall = "too_small"
	Blurred  = "blurred"
	Dark     = "dark"
	Glare    = "glare"
	CutOff   = "cut_off"
)

var plain = map[string]string{
	Empty:           "文件是空的，请重新上传。 The file is empty. Please send it again.",
	Truncated:       "文件不完整或已损坏，请重新上传。 The file is cut off or damaged. Please send it again.",
	TooLarge:        "文件太大，请压缩或分开上传。 The file is too large. Please send a smaller one, or several.",
	TooManyPixels:   "图片尺寸太大，请用普通拍照模式重拍。 The picture has too many pixels. Please take it again in the camera's normal mode.",
	WrongType:       "无法识别这种文件，请上传照片（JPG、PNG）、PDF 或电子发票（OFD、XML）。 This type of file cannot be read. Please send a picture (JPG, PNG), a PDF or an electronic invoice (OFD, XML).",
	Encrypted:       "文件设有密码，请上传没有密码的文件。 The file is protected by a password. Please send one without.",
	NoPages:         "PDF 里没有页面，请检查后重新上传。 The PDF has no pages. Please check it and send it again.",
	TimedOut:        "读取超时，已转人工查看。 Reading took too long; a person will look at it.",
	Crashed:         "无法自动读取，已转人工查看。 The file could not be read by machine; a person will look at it.",
	OutOfMemory:     "文件过于复杂，已转人工查看。 The file is too complex to be read by machine; a person will look at it.",
	TooSmall:        "字太小，看不清，请靠近一些，让单据占满画面后重拍。 The writing is too small to read. Please go nearer, so that the paper fills the picture.",
	Blurred:         "照片模糊，请拿稳手机、对焦后重拍。 The picture is blurred. Please hold the phone still, let it focus, and take it again.",
	Dark:            "照片太暗，请在光线充足处重拍。 The picture is too dark. Please take it again in good light.",
	Glare:           "照片反光，部分文字看不见，请换个角度避开反光后重拍。 Glare hides part of the writing. Please take it again from another angle.",
	CutOff:          "单据没有拍全，请把四个边都拍进画面后重拍。 Part of the paper is outside the picture. Please take it again with all four edges in view.",
	NoInvoice:       "文件里没有可以读取的发票数据，请上传该发票的 PDF 或照片。 The file carries no invoice's data that can be read. Please send the invoice's PDF or a picture of it.",
	RedLetter:       "这是红字发票（冲销用），不能证明损失，请上传有效的蓝字发票。 This is a red-letter invoice, which takes another one back and proves no loss. Please send the invoice that is in force.",
	SeveralInvoices: "文件里有多张发票，请每张发票单独上传一个文件。 There are several invoices in this file. Please send each invoice as a file of its own.",
	Overpacked:      "文件解开后过大或结构异常，无法安全打开，请上传该发票的 PDF 或照片。 The file is too large when unpacked, or built in a way that is not safe to open. Please send the invoice's PDF or a picture of it.",
	Garbled:         "PDF 里的文字无法识别，请换一份文件，或把纸质单据拍清楚后上传。 The text of this PDF cannot be read. Please send another copy of the file, or a sharp picture of the paper.",
	NothingSeen:     "照片上什么也看不到，请对准受损部位，在光线充足处重拍。 The picture shows nothing. Please take it again in good light, pointing at the damage.",
	NothingFound:    "没有看到文字，请在光线充足处对准、拍清楚后重传。 No text was found. Please take the picture again, sharp and in good light.",
}

// plainOfPages says of the pages of a PDF what plain says of a picture that is
// taken with a phone.
var plainOfPages = map[string]string{
	TooSmall:     "PDF 里的字太小，看不清，请以更高的分辨率重新扫描，或拍照后上传。 The writing in this PDF is too small to read. Please scan the paper at a higher resolution, or send a picture of it.",
	Blurred:      "PDF 的页面模糊，看不清，请重新扫描，或拍照后上传。 The pages of this PDF cannot be read clearly. Please scan the paper again, or send a picture of it.",
	Dark:         "PDF 的页面太暗，看不清，请调亮后重新扫描，或拍照后上传。 The pages of this PDF are too dark. Please scan the paper again, lighter, or send a picture of it.",
	CutOff:       "PDF 里的单据不完整，请完整扫描后重新上传。 Part of the paper is outside the pages of this PDF. Please scan all of it again.",
	NothingFound: "PDF 里没有看到文字，请检查后重新上传，或拍照后上传。 No text was found in this PDF. Please check it and send it again, or send a picture of the paper.",
}

// Fails reports whether the reason why a file was not read lies with the reader.
func Fails(reason string) bool {
	return reason == TimedOut || reason == Crashed || reason == OutOfMemory
}

// ProvesNothing reports whether a file that has this reason can be read all the
// same: what stands on it proves no loss, and is remembered.
func ProvesNothing(reason string) bool { return reason == RedLetter || reason == SeveralInvoices }

// Plain says in words for the claimant, Chinese and English, why a file cannot be
// read.
func Plain(reason string) string { return plain[reason] }

// PlainIn is Plain, the languages apart.
func PlainIn(reason string) (zh, en string) {
	zh, en, _ = strings.Cut(plain[reason], "。 ")
	return zh + "。", en
}

// PlainOfPages is Plain of a PDF: its pages are scanned or printed, and need not
// have been taken with a phone.
func PlainOfPages(reason string) string { return cmp.Or(plainOfPages[reason], plain[reason]) }

// Illegible returns the reading of a file that gave nothing, for one of the
// reasons above, with Detail in words for the claimant.
func Illegible(reason string) Reading {
	return Reading{Kind: Unknown, Unreadable: reason, Detail: plain[reason]}
}

// Confirm returns fields with those marked sure that equal what is known from
// elsewhere, by name; witness says from where ("policy"). A field that differs
// from what is known keeps its value, is no longer sure, and says so.
func Confirm(fields []Field, known map[string]string, witness string) []Field {
	out := make([]Field, len(fields))
	for i, f := range fields {
		if want, ok := known[f.Name]; ok && want != "" {
			if same(f.Value, want) {
				f.Sure, f.Note = true, note(f.Note, "agrees with "+witness)
			} else {
				f.Sure, f.Note = false, note(f.Note, "differs from "+witness)
			}
		}
		out[i] = f
	}
	return out
}

func note(have, more string) string {
	switch {
	case have == "":
		return more
	case strings.Contains(have, more):
		return have
	}
	return have + "; " + more
}
