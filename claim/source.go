package claim

import (
	"regexp"
	"strconv"
	"strings"
)

// CitedZH says the source of a rule in Chinese, as people there cite it:
// 保险法第二十三条第一款 for "Insurance Law art. 23(1)", each of several in turn.
// What it does not know it returns as it is.
func CitedZH(source string) string {
	cited := strings.Split(source, "; ")
	for i, one := range cited {
		if m := article.FindStringSubmatch(one); m != nil && sourcesZH[m[1]] != "" {
			cited[i] = sourcesZH[m[1]] + "第" + numeralZH(m[2]) + "条"
			if m[3] != "" {
				cited[i] += "第" + numeralZH(m[3]) + "款"
			}
		} else if known, ok := sourcesZH[one]; ok {
			cited[i] = known
		}
	}
	return strings.Join(cited, "；")
}

var article = regexp.MustCompile(`^(.+?) art\. ([1-9][0-9]{0,2})(?:\(([1-9])\))?$`)

var sourcesZH = map[string]string{
	"Insurance Law":                         "保险法",
	"Civil Code":                            "民法典",
	"SPC II":                                "最高人民法院关于适用保险法若干问题的解释（二）",
	"Compulsory Motor Insurance Regulation": "机动车交通事故责任强制保险条例",
	"model motor clauses 2020, own damage":  "机动车商业保险示范条款（2020版）机动车损失保险",
	"Anti-Money Laundering Law 2024, customer due diligence": "反洗钱法（2024年修订）客户尽职调查",
	"CIRC 2012 No. 19":             "保监会2012年第19号通知",
	"State Council holiday notice": "国务院关于放假安排的通知",
	"contract":                     "合同约定",
	"our practice":                 "本公司规定",
	"our practice: self-survey":    "本公司自助查勘规定",
	"service promise":              "本公司服务承诺",
}

// numeralZH writes a number from 1 to 999 as laws number their articles: 二百零三.
func numeralZH(digits string) string {
	n, _ := strconv.Atoi(digits)
	const ones = "零一二三四五六七八九"
	one := func(i int) string { return string([]rune(ones)[i]) }
	var out string
	if n >= 100 {
		out = one(n/100) + "百"
		if n%100 > 0 && n%100 < 10 {
			out += "零"
		}
	}
	if tens := n / 10 % 10; tens > 1 || tens == 1 && n >= 100 {
		out += one(tens) + "十"
	} else if tens == 1 {
		out += "十"
	}
	if n%10 > 0 {
		out += one(n % 10)
	}
	return out
}
