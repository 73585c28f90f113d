package document

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"anpei/claim"
)

// A parser takes the value out of the text that stands beside a label. It
// reports false when the text holds no such value.
type parser func(text string) (string, bool)

var datePattern = regexp.MustCompile(`(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})`)

// dates returns the days that s names, in order, as 2006-01-02.
func dates(s string) []string {
	var out []string
	for _, m := range datePattern.FindAllStringSubmatch(tight(s), -1) {
		if day, ok := date(m[1], m[2], m[3]); ok {
			out = append(out, day)
		}
	}
	return out
}

func date(year, month, day string) (string, bool) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1900 || y > 2099 || int(t.Month()) != m || t.Day() != d {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

func firstDate(s string) (string, bool) {
	if all := dates(s); len(all) > 0 {
		return all[0], true
	}
	return "", false
}

// lastDate is for periods: it needs two days, or one after 至 ("until").
func lastDate(s string) (string, bool) {
	all := dates(s)
	if len(all) > 1 || len(all) == 1 && strings.HasPrefix(tight(s), "至") {
		return all[len(all)-1], true
	}
	if strings.Contains(s, "长期") {
		return "长期", true
	}
	return "", false
}

var momentPattern = regexp.MustCompile(`(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(凌晨|清晨|早晨|早上|上午|中午|下午|傍晚|晚上|晚间|夜间|夜里|午夜|深夜|晚)?(\d{1,2})(?:[时点](?:(\d{1,2})分?)?|:(\d{1,2}))`)

// moment returns a day with its time as 2006-01-02 15:04, or the day alone where
// no time is given or the words leave open which it is (晚上12时, 24时).
func moment(s string) (string, bool) {
	m := momentPattern.FindStringSubmatch(tight(s))
	if m == nil {
		return firstDate(s)
	}
	day, ok := date(m[1], m[2], m[3])
	hour, _ := strconv.Atoi(m[5])
	minute, _ := strconv.Atoi(m[6] + m[7])
	switch part := m[4]; part {
	case "下午", "傍晚":
		if hour < 12 {
			hour += 12
		}
	case "中午":
		if hour < 3 {
			hour += 12
		}
	case "晚上", "晚间", "晚", "夜间", "夜里", "午夜", "深夜":
		switch {
		case hour == 12:
			return firstDate(s)
		case hour > 4 && hour < 12:
			hour += 12
		}
	case "凌晨":
		if hour == 12 {
			hour = 0
		}
	}
	if !ok || hour > 23 || minute > 59 {
		return firstDate(s)
	}
	return fmt.Sprintf("%s %02d:%02d", day, hour, minute), true
}

var capitalsPattern = regexp.MustCompile(`[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]+[圆元][零壹贰叁肆伍陆柒捌玖角分整正]*`)

// capitals returns the amount, in fen, that s writes out in the characters of
// bank forms (大写): 贰仟捌佰柒拾贰圆捌角捌分. Of one that is less than nothing
// (负), or that was read in part, it returns none.
func capitals(s string) (int64, bool) {
	const numerals = "零壹贰叁肆伍陆柒捌玖"
	var total, section, digit int64
	digit = -1
	take := func(unit int64) bool {
		if digit < 0 {
			return false
		}
		section += digit * unit
		digit = -1
		return true
	}
	s = tight(fold(s))
	at := capitalsPattern.FindStringIndex(s)
	if at == nil || numeralNear(s[:at[0]], false) || numeralNear(s[at[1]:], true) || strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(s[:at[0]], ")"), "数"), "负") {
		return 0, false
	}
	for _, r := range s[at[0]:at[1]] {
		ok := true
		if at := strings.IndexRune(numerals, r); at >= 0 {
			if n := int64(at / len("零")); n != 0 {
				ok = digit < 0
				digit = n
			}
		} else {
			switch r {
			case '拾':
				if digit < 0 {
					digit = 1 // 拾圆 is ten yuan
				}
				ok = take(10)
			case '佰':
				ok = take(100)
			case '仟':
				ok = take(1000)
			case '万', '亿':
				_ = take(1)
				ok = section > 0
				scale := int64(10000)
				if r == '亿' {
					scale = 100000000
				}
				total, section = total+section*scale, 0
			case '圆', '元':
				_ = take(1)
				total, section = (total+section)*100, 0
			case '角':
				ok = take(10)
			case '分':
				ok = take(1)
			case '整', '正':
				ok = digit < 0
			}
		}
		if !ok || section > 100000000 || total > 1000000000000 {
			return 0, false
		}
	}
	return total + section, digit < 0 && total+section > 0
}

// numeralNear reports whether one of the three characters that end or begin a
// text is one of an amount in words: the amount beside it was then read in part.
func numeralNear(s string, begin bool) bool {
	r := []rune(s)
	if begin {
		r = r[:min(3, len(r))]
	} else {
		r = r[max(0, len(r)-3):]
	}
	return strings.ContainsAny(string(r), "零壹贰叁肆伍陆柒捌玖拾佰仟万亿角分")
}

var (
	// A piece of text that may be a plate; [claim.ParsePlate] says whether.
	platePattern  = regexp.MustCompile(`(\p{Han}[A-Z])[-.]?([A-Z0-9]{6}|[A-Z0-9]{5}|[A-Z0-9]{4}[挂学警港澳领试超])`)
	digitsPattern = regexp.MustCompile(`\d+`)
	wordPattern   = regexp.MustCompile(`[A-Z0-9]+`)
)

// plate returns the first number plate (GA 36) in s, without separators.
// I and O do not occur in the serial and are read as 1 and 0.
func plate(s string) (string, bool) {
	s = latin(tight(s))
	for s != "" {
		m := platePattern.FindStringSubmatchIndex(s)
		if m == nil {
			break
		}
		serial := strings.NewReplacer("O", "0", "I", "1").Replace(s[m[4]:m[5]])
		follows := m[1] < len(s) && wordPattern.MatchString(s[m[1]:m[1]+1])
		number, err := claim.ParsePlate(s[m[2]:m[3]] + serial)
		if err == nil && !follows && strings.ContainsAny(serial, "0123456789") {
			return number, true
		}
		s = s[m[3]:]
	}
	return "", false
}

// latin returns s as the letters and digits of a number: capitals, and the J
// that readers take for a bracket.
func latin(s string) string {
	s = strings.ToUpper(s)
	if strings.Contains(s, "[") {
		return s
	}
	return strings.ReplaceAll(s, "]", "J")
}

// code returns a parser for a word of n letters and digits that passes ok, or
// failing that the first one that looks like it: clean makes the look, and the
// check is made once more where the field is judged. Pieces of longer words do
// not count: among them, some piece passes soon.
func code(n int, clean func(string) string, ok func(string) bool) parser {
	return func(s string) (string, bool) {
		s = latin(s)
		like := ""
		for _, text := range []string{s, tight(s)} {
			for _, word := range wordPattern.FindAllString(text, -1) {
				if len(word) != n {
					continue
				}
				c := clean(word)
				if c != "" && ok(c) {
					return c, true
				}
				if like == "" {
					like = c
				}
			}
		}
		return like, like != ""
	}
}

var vin = code(17, func(s string) string {
	s = strings.NewReplacer("O", "0", "Q", "0", "I", "1").Replace(s)
	if digits(s) || !strings.ContainsAny(s, "0123456789") {
		return ""
	}
	return s
}, vinOK)

var citizen = code(18, func(s string) string {
	s = strings.NewReplacer("O", "0", "I", "1").Replace(s[:17]) + s[17:]
	wrong := 0
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (i != 17 || s[i] != 'X') {
			wrong++
		}
	}
	if wrong > 1 {
		return ""
	}
	return s
}, citizenOK)

var creditPattern = regexp.MustCompile(`^[159ANY][1239][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$`)

var credit = code(18, func(s string) string {
	s = strings.NewReplacer("O", "0", "I", "1").Replace(s)
	if !creditPattern.MatchString(s) {
		return ""
	}
	return s
}, creditOK)

var cardPattern = regexp.MustCompile(`\d(?: ?\d){12,18}`)

func card(s string) (string, bool) {
	like := ""
	for _, m := range cardPattern.FindAllString(s, -1) {
		m = tight(m)
		if cardOK(m) {
			return m, true
		}
		if like == "" && len(m) >= 15 {
			like = m
		}
	}
	return like, like != ""
}

var thruPattern = regexp.MustCompile(`(0[1-9]|1[0-2])/(\d{2})(?:\D|$)`)

func thru(s string) (string, bool) {
	m := thruPattern.FindStringSubmatch(tight(s))
	if m == nil {
		return "", false
	}
	return m[1] + "/" + m[2], true
}

// inWords takes an amount that is written out, as it stands.
func inWords(s string) (string, bool) {
	_, ok := capitals(s)
	return capitalsPattern.FindString(tight(s)), ok
}

// beginDate is for periods: the first of two days.
func beginDate(s string) (string, bool) {
	all := dates(s)
	if len(all) > 1 || len(all) == 1 && strings.Contains(s, "长期") {
		return all[0], true
	}
	return "", false
}

var monthPattern = regexp.MustCompile(`(?:^|\D)((?:19|20)\d{2})[-/.年](0?[1-9]|1[0-2])(?:月|\D|$)`)

// month takes a year and a month: 2020-01.
func month(s string) (string, bool) {
	m := monthPattern.FindStringSubmatch(tight(s))
	if m == nil {
		return "", false
	}
	return fmt.Sprintf("%s-%02s", m[1], m[2]), true
}

// monthUntil takes the last month of an inspection: 检验有效期至2026年03月.
func monthUntil(s string) (string, bool) {
	if _, after, ok := strings.Cut(tight(s), "至"); ok {
		return month(after)
	}
	return "", false
}

var kilograms = match(`^(\d{3,5})(?:kg|KG|Kg|千克)`)

var capitalPattern = regexp.MustCompile(`(?:人民币)?[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]+元?整?|(?:人民币)?[\d.,]+万?元(?:人民币|整)?`)

// capital takes a registered capital as it stands: 伍佰万元整, 500万元人民币.
func capital(s string) (string, bool) {
	m := capitalPattern.FindString(tight(s))
	return m, m != ""
}

var hospitalPattern = regexp.MustCompile(`\p{Han}{2,30}(?:医院|卫生院|保健院|医疗中心|卫生服务中心|门诊部|诊所|急救中心|中医院|疾控中心)(?:\p{Han}{2,6}分院)?`)

// hospital takes the name of one.
func hospital(s string) (string, bool) {
	s = strings.NewReplacer("(章)", "", "(盖章)", "", "收款单位", "").Replace(tight(s))
	m := hospitalPattern.FindString(s)
	return m, m != ""
}

// words returns a parser for a name in hanzi of between least and greatest
// characters; the signs round it are cut off.
func words(least, greatest int) parser {
	return func(s string) (string, bool) {
		s = dotted(unframed(s))
		n := countHanzi(s)
		return s, n >= least && len([]rune(s)) <= greatest && n*2 >= len([]rune(s))
	}
}

// unframed returns s without the signs round it, but for a bracket whose other
// half is within.
func unframed(s string) string {
	s = strings.Trim(tight(s), `|_-:;,.'"“”‘’=~*!()[]<>`)
	if open := strings.Count(s, "(") - strings.Count(s, ")"); open == 1 && strings.LastIndex(s, "(") > 0 {
		s += ")"
	}
	return s
}

// free takes any text with letters, digits or hanzi in it.
func free(s string) (string, bool) {
	s = strings.Trim(s, `|_-:;,.'"“”‘’=~*! `)
	n := 0
	for _, r := range s {
		if hanzi(r) || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			n++
		}
	}
	// Spaces beside hanzi are the reader's, not the paper's.
	if countHanzi(s) > 0 {
		s = tight(s)
	}
	return s, n > 0 && n*2 >= len([]rune(s))
}

// match returns a parser for the first match of pattern in the tight text.
func match(pattern string) parser {
	re := regexp.MustCompile(pattern)
	return func(s string) (string, bool) {
		m := re.FindStringSubmatch(tight(s))
		if m == nil {
			return "", false
		}
		return m[len(m)-1], true
	}
}

// engine takes an engine number: letters and digits, not a VIN.
func engine(s string) (string, bool) {
	for _, word := range wordPattern.FindAllString(latin(s), -1) {
		if len(word) >= 5 && len(word) <= 14 && strings.ContainsAny(word, "0123456789") {
			return word, true
		}
	}
	return "", false
}

var classPattern = regexp.MustCompile(`^(?:A[123]|B[12]|C[1-6]E?)+[DEFMNP]?$|^[DEFMNP]$`)

// vehicleClass takes the class of a driving licence: C1, A2, B2D.
func vehicleClass(s string) (string, bool) {
	for word := range strings.FieldsSeq(s) {
		word = strings.NewReplacer("L", "1", "I", "1").Replace(strings.ToUpper(word))
		if classPattern.MatchString(word) {
			return word, true
		}
	}
	return "", false
}

var (
	sizedType = match(`([大中小微轻重]型\p{Han}{1,8}车)`)
	plainType = match(`(\p{Han}{2,10}车)`)
)

// vehicleType takes 小型普通客车, and what else ends in 车.
func vehicleType(s string) (string, bool) {
	if v, ok := sizedType(s); ok {
		return v, true
	}
	return plainType(s)
}

// address takes a line that names a district and a street or a house in it.
func address(s string) (string, bool) {
	s, ok := words(5, 60)(s)
	return s, ok && !strings.Contains(s, "公司") && strings.ContainsAny(s, "省市区县") && strings.ContainsAny(s, "路街道巷村镇乡弄号室栋幢")
}

// person takes a name that is not a word which forms put where names stand.
func person(s string) (string, bool) {
	s, ok := words(2, 30)(s)
	for _, w := range []string{"签名", "签字", "身份", "姓名", "证号", "责任", "代码", "信用", "电话", "地址", "单位", "日期", "号码", "名称", "公司", "住所", "类型", "注册", "性别", "交通", "警察", "车辆", "签章"} {
		ok = ok && !strings.Contains(s, w)
	}
	return s, ok
}

// partyName takes the name of a buyer or a seller: a company's, or a person's,
// which may have two characters.
func partyName(s string) (string, bool) {
	s, ok := words(2, 60)(s)
	for _, w := range []string{"识别号", "信用代码", "地址", "电话", "开户", "账号", "项目名称", "规格", "型号", "单位", "数量", "单价", "金额", "税率", "税额", "合计", "发票", "日期", "信息"} {
		ok = ok && !strings.HasPrefix(s, w) && !strings.HasSuffix(s, w)
	}
	return s, ok
}

var serialPattern = regexp.MustCompile(`^[A-Z]{0,4}\d{6,20}$`)

// serial takes the number of a paper: a few letters, many digits.
func serial(s string) (string, bool) {
	for _, word := range wordPattern.FindAllString(latin(tight(s)), -1) {
		if serialPattern.MatchString(word) {
			return word, true
		}
	}
	return "", false
}
