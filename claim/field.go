package claim

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MostValue is the longest value of a document's field, in characters.
const MostValue = 1000

// FieldError says why a text is no value of a document's field, and how to mend
// it. It never repeats the value, which may be personal.
type FieldError struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Error returns the English text.
func (e *FieldError) Error() string { return e.EN }

var (
	errFieldFen    = &FieldError{"请填写整数分（100 分为 1 元），例如 ¥3,164.00 填 316400", "must be whole fen, 100 to the yuan, in digits only: ¥3,164.00 is 316400"}
	errFieldRange  = &FieldError{"金额过大，请核对", "is more than an amount can be; look at its digits"}
	errFieldBP     = &FieldError{"请填写万分比的整数，0 至 10000，例如 13% 填 1300", "must be a ratio in whole basis points from 0 to 10000: 13 % is 1300"}
	errFieldDay    = &FieldError{"请填写日期，例如 2026-03-09", "must be a day, such as 2026-03-09"}
	errFieldUntil  = &FieldError{"请填写日期，例如 2026-03-09，或“长期”", "must be a day, such as 2026-03-09, or 长期 where it never ends"}
	errFieldMonth  = &FieldError{"请填写年月，例如 2020-01", "must be a month, such as 2020-01"}
	errFieldTime   = &FieldError{"请填写时间，例如 2026-03-09 08:05，或日期", "must be a time, such as 2026-03-09 08:05, or a day"}
	errFieldNumber = &FieldError{"号码应为 4 至 30 位字母、数字或连字符，请对照原件", "must be 4 to 30 letters, digits and hyphens; compare it with the paper"}
	errFieldCode   = &FieldError{"税号或信用代码应为 15 至 20 位数字和大写字母，请对照原件", "must be 15 to 20 digits and capital letters; compare it with the paper"}
	errFieldPerson = &FieldError{"证件号码应为 5 至 20 位数字和字母，身份证为 18 位，请对照证件", "must be 5 to 20 digits and letters, 18 for an identity card; compare it with the card"}
	errFieldPlate  = &FieldError{"号牌应为 5 至 10 位汉字、字母和数字，请对照行驶证", "must be 5 to 10 characters, letters and digits among them; compare it with the licence"}
	errFieldLong   = &FieldError{"内容不能超过 1000 个字", "must have at most 1000 characters"}
	errFieldText   = &FieldError{"含有无法保存的字符", "holds a character that is no text"}
)

var (
	fieldNumber  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{3,29}$`)
	fieldCode    = regexp.MustCompile(`^[0-9A-Z]{15,20}$`)
	fieldPerson  = regexp.MustCompile(`^[0-9A-Z][0-9A-Z()-]{4,19}$`)
	fieldPlate   = regexp.MustCompile(`^[\p{Han}0-9A-Z]{5,10}$`)
	fieldMonth   = regexp.MustCompile(`^[0-9]{4}-(?:0[1-9]|1[0-2])$`)
	fieldThrough = regexp.MustCompile(`^(?:0[1-9]|1[0-2])/[0-9]{2}$`) // of a bank card
)

// CheckField holds the value of a document's field against the type of the
// field, which its name tells, at whatever door it comes: our reader's, a
// partner's, a person's. Amounts (_fen) are whole fen, not negative and at most
// [MostFen]; ratios (_bp) whole basis points; days 2006-01-02; numbers have the
// characters and the length that such numbers have. Check digits are not looked
// at: a person confirms what stands on a paper, be it a forgery. An empty value
// says that there is none. The error is a [*FieldError].
func CheckField(name, value string) error {
	switch {
	case utf8.RuneCountInString(value) > MostValue:
		return errFieldLong
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return errFieldText
	case value == "":
		return nil
	case strings.HasSuffix(name, "_fen"):
		return checkFen(value)
	case strings.HasSuffix(name, "_bp"):
		if n, err := strconv.ParseUint(value, 10, 32); err != nil || BP(n) > Whole {
			return errFieldBP
		}
	case strings.HasSuffix(name, "_date"), name == "valid_from", name == "established":
		return wrong(isDay(value), errFieldDay)
	case name == "valid_until":
		return wrong(isDay(value) || value == "长期" || fieldMonth.MatchString(value) || fieldThrough.MatchString(value), errFieldUntil)
	case name == "made":
		return wrong(fieldMonth.MatchString(value) || isDay(value), errFieldMonth)
	case name == "accident_time":
		_, err := time.Parse("2006-01-02 15:04", value)
		_, also := time.Parse(time.RFC3339, value)
		return wrong(err == nil || also == nil || isDay(value), errFieldTime)
	}
	return checkNumber(name, value)
}

// checkNumber is CheckField for what names a paper, a person, a vehicle or an
// account. Other texts are free.
func checkNumber(name, value string) error {
	switch name {
	case "invoice_number", "invoice_code", "reversed_number", "certificate_number", "policy_number", "claim_number", "estimate_number", "receipt_number":
		if name == "certificate_number" || name == "receipt_number" { // with hanzi, with slashes
			return wrong(utf8.RuneCountInString(value) <= 60, errFieldNumber)
		}
		return wrong(fieldNumber.MatchString(value), errFieldNumber)
	case "credit_code", "buyer_tax_id", "seller_tax_id":
		return wrong(fieldCode.MatchString(tidy(value)), errFieldCode)
	case "licence_no", "id_number", "party_a_id", "party_b_id":
		return wrong(fieldPerson.MatchString(strings.ToUpper(value)), errFieldPerson)
	case "plate", "plate_a", "plate_b":
		return wrong(fieldPlate.MatchString(tidy(value)), errFieldPlate)
	case "vin":
		_, err := ParseVIN(value)
		return typed(err)
	case "account", "card_number":
		_, err := ParseAccount(value)
		return typed(err)
	}
	return nil
}

// typed leaves a check digit that does not fit to a person's eye.
func typed(err error) error {
	fault, ok := errors.AsType[*IdentError](err)
	if !ok || fault.Fault == FaultCheck {
		return nil
	}
	return &FieldError{fault.ZH, "is none: " + fault.EN}
}

func checkFen(value string) error {
	if !digits(value) || len(value) > 1 && value[0] == '0' {
		return errFieldFen
	}
	if n, err := strconv.ParseInt(value, 10, 64); err != nil || Fen(n) > MostFen {
		return errFieldRange
	}
	return nil
}

func isDay(value string) bool {
	_, err := time.Parse(time.DateOnly, value)
	return err == nil
}

func wrong(ok bool, err *FieldError) error {
	if ok {
		return nil
	}
	return err
}
