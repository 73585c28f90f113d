package document

import (
	"strings"
	"time"
)

// vinOK reports whether s is a vehicle identification number with the check
// digit of GB 16735: 17 characters without I, O and Q.
func vinOK(s string) bool {
	if len(s) != 17 {
		return false
	}
	const letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
	const values = "12345678123457923456789"
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i := range len(s) {
		switch at := strings.IndexByte(letters, s[i]); {
		case s[i] >= '0' && s[i] <= '9':
			sum += weights[i] * int(s[i]-'0')
		case at >= 0:
			sum += weights[i] * int(values[at]-'0')
		default:
			return false
		}
	}
	return s[8] == "0123456789X"[sum%11]
}

// citizenOK reports whether s is a citizen identification number (GB 11643):
// a province, a day of birth that exists, and the MOD 11-2 check character.
func citizenOK(s string) bool {
	if len(s) != 18 || !digits(s[:17]) {
		return false
	}
	if _, ok := birthOf(s); !ok {
		return false
	}
	if !strings.Contains(" 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 ", " "+s[:2]+" ") {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(s[i]-'0')
	}
	return s[17] == "10X98765432"[sum%11]
}

// birthOf returns the day of birth that is part of a citizen number.
func birthOf(s string) (string, bool) {
	if len(s) != 18 {
		return "", false
	}
	day, err := time.Parse("20060102", s[6:14])
	if err != nil || day.Year() < 1900 || day.Year() > 2099 {
		return "", false
	}
	return day.Format(time.DateOnly), true
}

// creditOK reports whether s is a unified social credit code with the MOD 31
// check character of GB 32100.
func creditOK(s string) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		at := strings.IndexByte(alphabet, s[i])
		if at < 0 {
			return false
		}
		sum += at * weight
		weight = weight * 3 % 31
	}
	return s[17] == alphabet[(31-sum%31)%31]
}

// luhnOK reports whether s is 13 to 19 digits whose Luhn sum holds.
func luhnOK(s string) bool {
	if len(s) < 13 || len(s) > 19 || !digits(s) || strings.Trim(s, "0") == "" {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// confusable lists what readers take for each other in numbers.
var confusable = []string{"8B", "5S", "2Z", "6G", "0D", "1L", "7T", "UV", "0O", "0Q", "1I"}

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
