package document

import (
	"regexp"
	"strings"
	"time"

	"anpei/claim"
)

// The checks of the numbers that papers bear; [claim.ParseVIN] and its like
// say what they are.
var (
	vinOK     = holds(claim.ParseVIN)
	citizenOK = holds(claim.ParseIDCard)
	creditOK  = func(s string) bool { return creditPattern.MatchString(s) && holds(claim.ParseCreditCode)(s) }
)

func holds(parse func(string) (string, error)) func(string) bool {
	return func(s string) bool {
		clean, err := parse(s)
		return err == nil && clean == s
	}
}

// cardOK reports whether s is the number of a card. One number in ten passes the
// sum, the rest of a number that was read in part among them: so its length must
// be one that its first digits have (ISO/IEC 7812, UnionPay 62 with 16 to 19).
func cardOK(s string) bool {
	return holds(claim.ParseAccount)(s) && claim.Luhn(s) && cardForm.MatchString(s)
}

var cardForm = regexp.MustCompile(`^(?:62\d{14,17}|3[47]\d{13}|[3-9]\d{15}|9\d{15,18}|60\d{14,17})$`)

// mixed reports whether a code has small letters and digits, and among them such
// as all readers take for each other: their agreement bears no witness to it.
func mixed(code string) bool {
	return strings.ContainsAny(code, "0Oo1lI") && strings.ContainsAny(code, "0123456789") && strings.ContainsAny(code, "abcdefghijklmnopqrstuvwxyz")
}

// birthOf returns the day of birth that is part of a citizen number.
func birthOf(s string) (string, bool) {
	if len(s) != 18 {
		return "", false
	}
	day, err := time.Parse("20060102", s[6:14])
	return day.Format(time.DateOnly), err == nil
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// confusable lists what readers take for each other in numbers.
var confusable = []string{"8B", "5S", "2Z", "6G", "0D"}

// repair returns the one string that differs from s by a single confusable
// character and passes ok. With no such string, or several, it reports false:
// a number that fails its check may as well be a specimen or a forgery.
func repair(s string, ok func(string) bool) (string, bool) {
	found := ""
	for i := range len(s) {
		for _, pair := range confusable {
			at := strings.IndexByte(pair, s[i])
			if at < 0 {
				continue
			}
			try := s[:i] + pair[1-at:2-at] + s[i+1:]
			if !ok(try) {
				continue
			}
			if found != "" && found != try {
				return "", false
			}
			found = try
		}
	}
	return found, found != ""
}
