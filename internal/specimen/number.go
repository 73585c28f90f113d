package specimen

import (
	"fmt"
	"strings"
)

// VIN returns s, a vehicle identification number of 17 characters, with the
// check digit that belongs at its ninth place. I, O and Q, which no VIN has,
// become the digits that they look like.
func VIN(s string) string {
	const letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
	const values = "12345678123457923456789"
	s = strings.NewReplacer("I", "1", "O", "0", "Q", "0").Replace(s)
	weights := []int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i, w := range weights {
		if at := strings.IndexByte(letters, s[i]); at >= 0 {
			sum += w * int(values[at]-'0')
		} else {
			sum += w * int(s[i]-'0')
		}
	}
	return s[:8] + "0123456789X"[sum%11:sum%11+1] + s[9:]
}

// Citizen returns a citizen number (公民身份号码): 17 digits and the check
// character that belongs after them.
func Citizen(first17 string) string {
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(first17[i]-'0')
	}
	return first17 + "10X98765432"[sum%11:sum%11+1]
}

// CreditCode returns a unified social credit code (统一社会信用代码): 17
// characters and the check character that belongs after them. I, O, S, V and
// Z, which no code has, become what they look like.
func CreditCode(first17 string) string {
	first17 = strings.NewReplacer("I", "1", "O", "0", "S", "5", "V", "U", "Z", "2").Replace(first17)
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for i := range 17 {
		sum += strings.IndexByte(alphabet, first17[i]) * weight
		weight = weight * 3 % 31
	}
	at := (31 - sum%31) % 31
	return first17 + alphabet[at:at+1]
}

// yuan writes fen as figures: 2138.95, -2138.95.
func yuan(fen int64) string {
	if fen < 0 {
		return "-" + yuan(-fen)
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// inWords writes fen in the characters of bank forms (大写): 贰仟壹佰叁拾捌圆玖角伍分,
// with （负数） before what is less than nothing.
func inWords(fen int64) string {
	if fen < 0 {
		return "（负数）" + inWords(-fen)
	}
	numerals, units := []rune("零壹贰叁肆伍陆柒捌玖"), []string{"", "拾", "佰", "仟"}
	group := func(n int64) string {
		out, gap := "", false
		for i := 3; i >= 0; i-- {
			d := n / []int64{1, 10, 100, 1000}[i] % 10
			switch d {
			case 0:
				gap = true
			default:
				if gap && out != "" {
					out += "零"
				}
				out, gap = out+string(numerals[d])+units[i], false
			}
		}
		return out
	}
	whole, out := fen/100, ""
	for _, g := range []struct {
		scale int64
		name  string
	}{{100000000, "亿"}, {10000, "万"}, {1, ""}} {
		n := whole / g.scale % 10000
		if n == 0 {
			continue
		}
		if out != "" && n < 1000 {
			out += "零"
		}
		out += group(n) + g.name
	}
	if out == "" {
		out = "零"
	}
	out += "圆"
	jiao, rest := fen/10%10, fen%10
	switch {
	case jiao == 0 && rest == 0:
		return out + "整"
	case jiao == 0:
		return out + "零" + string(numerals[rest]) + "分"
	case rest == 0:
		return out + string(numerals[jiao]) + "角"
	}
	return out + string(numerals[jiao]) + "角" + string(numerals[rest]) + "分"
}
