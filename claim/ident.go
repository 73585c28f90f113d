package claim

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Ident is a kind of number that names a person, a company, a vehicle or an
// account.
type Ident string

// Kinds of number.
const (
	IdentPhone      Ident = "phone"       // 手机号
	IdentPlate      Ident = "plate"       // 号牌号码
	IdentVIN        Ident = "vin"         // 车辆识别代号
	IdentIDCard     Ident = "id_card"     // 公民身份号码
	IdentCreditCode Ident = "credit_code" // 统一社会信用代码
	IdentAccount    Ident = "account"     // 银行账号
)

// IdentFault says what is wrong with a number.
type IdentFault string

// Faults.
const (
	FaultLength     IdentFault = "length"
	FaultCharacters IdentFault = "characters" // one that cannot stand there
	FaultPrefix     IdentFault = "prefix"     // the beginning names no network, province or authority
	FaultForm       IdentFault = "form"       // the parts do not fit together
	FaultDate       IdentFault = "date"       // of birth
	FaultCheck      IdentFault = "check"      // the check digit: most likely a slip of the pen
)

// IdentError says what is wrong with a number and how to mend it, and never
// repeats the number, which is personal data.
type IdentError struct {
	Ident Ident      `json:"ident"`
	Fault IdentFault `json:"fault"`
	ZH    string     `json:"zh"`
	EN    string     `json:"en"`
}

// Error returns the English text.
func (e *IdentError) Error() string { return string(e.Ident) + ": " + e.EN }

// ParsePhone reads a mainland mobile number and returns its 11 digits. Spaces,
// hyphens and the prefixes +86, 0086 and 86 are dropped. The error is an
// [*IdentError].
func ParsePhone(s string) (string, error) {
	s = tidy(s)
	for _, prefix := range []string{"+86", "0086", "86"} {
		// No mobile number begins with 8 or 0, so that nothing real is cut.
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			s = rest
			break
		}
	}
	switch {
	case !digits(s):
		return "", &IdentError{IdentPhone, FaultCharacters, "手机号只能包含数字，请检查是否混入其他字符", "a phone number has digits only; remove what is not one"}
	case len(s) != 11:
		return "", &IdentError{IdentPhone, FaultLength, "手机号应为 11 位，请补全或删去多余的数字", "a mobile number has 11 digits; complete it or remove what is too much"}
	case s[0] != '1' || s[1] < '3':
		return "", &IdentError{IdentPhone, FaultPrefix, "不是大陆手机号（应以 13 至 19 开头），请填写手机号而非固定电话", "not a mainland mobile number, which begins with 13 to 19; give a mobile, no landline"}
	}
	return s, nil
}

// Parts of a plate (GA 36-2018). I and O are left out of serials for their
// likeness to 1 and 0. New-energy serials carry D, A, B, C or E for purely
// electric and F, G, H, J or K for other vehicles: first for small ones, last
// for large ones.
const (
	provinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
	authority = "[A-HJ-Z]"
	serial    = "[A-HJ-NP-Z0-9]"
	electric  = "[A-HJK]"
)

var (
	plateStart  = regexp.MustCompile("^(?:[" + provinces + "]" + authority + ")")
	plateSerial = regexp.MustCompile("^[A-HJ-NP-Z0-9]+[学警挂领试超港澳]?$")
	plateWhole  = regexp.MustCompile("^(?:" + strings.Join([]string{
		"[" + provinces + "]" + authority + serial + "{5}",                 // 京A12345
		"[" + provinces + "]" + authority + serial + "{4}[学警挂领试超]",         // driving school, police, trailer, consulate, trial, oversize
		"粤Z" + serial + "{4}[港澳]",                                          // vehicles of Hong Kong and Macao
		"[" + provinces + "]" + authority + electric + serial + "[0-9]{4}", // new energy, small: 京AD12345
		"[" + provinces + "]" + authority + "[0-9]{5}" + electric,          // new energy, large: 京A12345D
		"使[0-9]{6}", "[0-9]{6}使", // embassies, old and new
	}, "|") + ")$")
)

// ParsePlate reads a civil number plate (GA 36) and returns it without the dot
// and spaces, in capitals: "京A·12345" gives "京A12345". The error is an
// [*IdentError].
func ParsePlate(s string) (string, error) {
	s = tidy(s)
	if plateWhole.MatchString(s) {
		return s, nil
	}
	rest := []rune(s)
	switch {
	case !plateStart.MatchString(s):
		return "", &IdentError{IdentPlate, FaultPrefix, "号牌应以省份简称和发牌机关字母开头，如 京A", "a plate begins with the province's character and the authority's letter, such as 京A"}
	case len(rest) != 7 && len(rest) != 8:
		return "", &IdentError{IdentPlate, FaultLength, "号牌应为 7 位，新能源号牌为 8 位，请核对", "a plate has 7 characters, or 8 for new energy; compare it with the licence"}
	case !plateSerial.MatchString(string(rest[2:])):
		return "", &IdentError{IdentPlate, FaultCharacters, "序号只含数字和字母，且不使用字母 I 和 O，请检查是否为 1 或 0", "the serial has digits and letters without I and O; look whether it is a 1 or a 0"}
	default:
		return "", &IdentError{IdentPlate, FaultForm, "号牌格式不符，8 位的新能源号牌以字母 A 至 K 标明（首位或末位），请核对", "no plate is made up like this; of 8 characters, the first or last of the serial is a letter A to K; compare it with the licence"}
	}
}

// ParseVIN reads a vehicle identification number (GB 16735) and returns it in
// capitals. The check digit is compulsory for vehicles made in China; imported
// ones may lack it, so that a caller may take [FaultCheck] as a question to a
// person where the other faults are refusals. The error is an [*IdentError].
func ParseVIN(s string) (string, error) {
	s = tidy(s)
	if utf8.RuneCountInString(s) != 17 {
		return "", &IdentError{IdentVIN, FaultLength, "车辆识别代号应为 17 位，请对照行驶证", "a VIN has 17 characters; compare it with the vehicle licence"}
	}
	// Values by GB 16735 table: A–H are 1–8, J–R 1–9 without 6 and 8, S–Z 2–9.
	const alphabet = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
	const values = "012345678912345678123457923456789"
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i, r := range []rune(s) {
		at := strings.IndexRune(alphabet, r)
		if at < 0 {
			return "", &IdentError{IdentVIN, FaultCharacters, "车辆识别代号只含数字和字母，且不使用 I、O、Q，请检查是否为 1 或 0", "a VIN has digits and letters without I, O and Q; look whether it is a 1 or a 0"}
		}
		sum += weights[i] * int(values[at]-'0')
	}
	if s[8] != "0123456789X"[sum%11] {
		return "", &IdentError{IdentVIN, FaultCheck, "车辆识别代号校验位不符，请对照行驶证逐位核对（进口车可能无校验位）", "the check digit, the 9th character, does not fit; compare each character with the licence (imported vehicles may have none)"}
	}
	return s, nil
}

// ParseIDCard reads a citizen's identity number (GB 11643) of 18 characters, or
// a foreigner's of the 2023 permanent residence card, which begins with 9. It
// returns the number with its X in capitals. The error is an [*IdentError].
func ParseIDCard(s string) (string, error) {
	s = tidy(s)
	switch {
	case utf8.RuneCountInString(s) != 18:
		return "", &IdentError{IdentIDCard, FaultLength, "身份证号应为 18 位，15 位旧号请换用新号", "an identity number has 18 characters; give the new one where yours has 15"}
	case !digits(s[:17]) || !(digits(s[17:]) || s[17:] == "X"):
		return "", &IdentError{IdentIDCard, FaultCharacters, "身份证号前 17 位为数字，末位为数字或 X", "an identity number is 17 digits and then a digit or X"}
	case !slices.Contains(idProvinces, s[:2]) && s[0] != '9':
		return "", &IdentError{IdentIDCard, FaultPrefix, "身份证号前两位不是省级代码，请核对", "the first two digits name no province; compare it with the card"}
	}
	if birth, err := time.Parse("20060102", s[6:14]); err != nil || birth.Year() < 1900 {
		return "", &IdentError{IdentIDCard, FaultDate, "身份证号第 7 至 14 位不是有效的出生日期，请核对", "characters 7 to 14 are no date of birth; compare it with the card"}
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(s[i]-'0')
	}
	if s[17] != "10X98765432"[sum%11] {
		return "", &IdentError{IdentIDCard, FaultCheck, "身份证号校验位不符，请逐位核对", "the last character does not fit the others; compare each with the card"}
	}
	return s, nil
}

// idProvinces are the codes of GB/T 2260, with Taiwan (71, and 83 on residence
// permits), Hong Kong (81) and Macao (82).
var idProvinces = strings.Fields(`11 12 13 14 15 21 22 23 31 32 33 34 35 36 37
	41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83`)

// ParseCreditCode reads a unified social credit code (GB 32100-2015) and
// returns it in capitals. The error is an [*IdentError].
func ParseCreditCode(s string) (string, error) {
	s = tidy(s)
	if utf8.RuneCountInString(s) != 18 {
		return "", &IdentError{IdentCreditCode, FaultLength, "统一社会信用代码应为 18 位，请对照营业执照", "a credit code has 18 characters; compare it with the business licence"}
	}
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" // 31 of them, without I, O, S, V, Z
	sum, weight := 0, 1
	for i, r := range []rune(s) {
		at := strings.IndexRune(alphabet, r)
		if at < 0 {
			return "", &IdentError{IdentCreditCode, FaultCharacters, "统一社会信用代码不使用字母 I、O、S、V、Z，请检查是否为 1、0、5、2", "a credit code has no I, O, S, V or Z; look whether it is a 1, 0, 5 or 2"}
		}
		if i < 17 {
			sum += at * weight
			weight = weight * 3 % 31
		}
	}
	if s[17] != alphabet[(31-sum%31)%31] {
		return "", &IdentError{IdentCreditCode, FaultCheck, "统一社会信用代码校验位不符，请逐位核对", "the last character does not fit the others; compare each with the licence"}
	}
	return s, nil
}

// ParseAccount reads a bank account number of 13 to 19 digits and returns the
// digits. Whether it has a card's check digit is [Luhn]'s to say: accounts of
// companies and old passbooks have none. The error is an [*IdentError].
func ParseAccount(s string) (string, error) {
	s = tidy(s)
	switch {
	case !digits(s):
		return "", &IdentError{IdentAccount, FaultCharacters, "银行账号只能包含数字，请检查是否混入其他字符", "an account number has digits only; remove what is not one"}
	case len(s) < 13 || len(s) > 19:
		return "", &IdentError{IdentAccount, FaultLength, "银行账号应为 13 至 19 位，请对照银行卡", "an account number has 13 to 19 digits; compare it with the card"}
	}
	return s, nil
}

// Luhn reports whether digits end in the check digit of bank cards (ISO/IEC
// 7812-1). A number without it is worth a second look, not a refusal.
func Luhn(number string) bool {
	if number == "" || !digits(number) {
		return false
	}
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// MaskPhone returns a mobile number as others may see it: 138****5678. Of
// anything else it shows nothing.
func MaskPhone(s string) string {
	phone, err := ParsePhone(s)
	if err != nil {
		return "****"
	}
	return phone[:3] + "****" + phone[7:]
}

// MaskName returns a name as others may see it: its first character and one
// star, whatever its length. 李小龙 gives 李*.
func MaskName(s string) string {
	first, size := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if size == 0 {
		return ""
	}
	return string(first) + "*"
}

// MaskAccount returns an account number as others may see it: ****5678. Of
// one that is shorter than 8 digits it shows nothing.
func MaskAccount(s string) string {
	s = tidy(s)
	if len(s) < 8 || !digits(s) {
		return "****"
	}
	return "****" + s[len(s)-4:]
}

// tidy undoes what people and their phones do to numbers: full-width forms
// become ASCII, small letters capitals; spaces, hyphens, dots between groups
// and invisible marks (which copying from a chat brings along) are dropped.
func tidy(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Pd, r), strings.ContainsRune(".·•・‧∙", r):
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
}

// digits reports whether s has ASCII digits only.
func digits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
