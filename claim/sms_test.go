package claim_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func smsForms(t *testing.T) claim.SMSForms {
	t.Helper()
	return read[claim.SMSForms](t, "sms.json")
}

// table is the forms of messages as they are written.
type table struct {
	Version       string                   `json:"version"`
	EffectiveFrom claim.Date               `json:"effective_from"`
	Messages      map[claim.SMS]claim.Text `json:"messages"`
}

func smsTable(t *testing.T) table {
	t.Helper()
	return read[table](t, "sms.json")
}

// languages are those of the product.
var languages = []claim.Language{claim.Chinese, claim.English}

// longest are the longest values that a message may have, without those that
// are named.
func longest(kind claim.SMS, without ...string) claim.Values {
	values := claim.Values{}
	for _, name := range kind.Placeholders() {
		name, optional := strings.CutSuffix(name, "?")
		if values[name] = claim.LongestSMS[name]; optional && slices.Contains(without, name) {
			values[name] = ""
		}
	}
	return values
}

// A form is read by people: no hole, no code, no amount in fen, no mark of the
// other script, whichever of the values that may be missing are.
func TestEveryMessageReadsWellInBothLanguagesWithAnyOfItsValuesMissing(t *testing.T) {
	t.Parallel()
	forms := smsForms(t)
	for _, kind := range claim.AllSMS() {
		var optional []string
		for _, name := range kind.Placeholders() {
			if name, is := strings.CutSuffix(name, "?"); is {
				optional = append(optional, name)
			}
		}
		for _, l := range languages {
			for left := range 1 << len(optional) {
				var without []string
				for i, name := range optional {
					if left>>i&1 == 1 {
						without = append(without, name)
					}
				}
				values := longest(kind, without...)
				text, err := forms.Write(kind, l, values)
				require.NoError(t, err)
				readsWell(t, l, fmt.Sprintf("%s %s without %v", kind, l, without), text, values)
				require.True(t, strings.HasPrefix(text, "【安赔】"), text)
				if kind == claim.SMSCode {
					require.NotContains(t, text, "http", "a code goes with no link, which is how it is stolen")
				} else {
					require.Contains(t, text, values["link"], "it leads to the claim")
				}
				t.Logf("%s: %d segments: %s", l, claim.Segments(text), text)
			}
		}
	}
}

// readsWell checks what is the same for every text that a form has made.
func readsWell(t *testing.T, l claim.Language, what, text string, values claim.Values) {
	t.Helper()
	for _, hole := range []string{"<no value>", "{{", "%!", "（）", "()", "“”", "  ", "，，", "，。", "：。", "、。", " ,", " .", "map[", "_fen", "-0001", "0001年"} {
		require.NotContains(t, text, hole, what)
	}
	var given []string // what is written as it comes
	for _, value := range values {
		switch v := value.(type) {
		case string:
			given = append(given, v)
		case claim.Fen:
			require.NotContains(t, text, fmt.Sprint(int64(v)), "%s: an amount is in yuan", what)
		}
	}
	slices.SortFunc(given, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	prose := text
	for _, s := range given {
		if s != "" {
			prose = strings.ReplaceAll(prose, s, "X")
		}
	}
	require.NotRegexp(t, `[a-z][_.][a-z]`, prose, "%s: no codes", what)
	if l == claim.Chinese {
		require.NotRegexp(t, `\p{Han}[,:;!?()]|[,:;!?()]\p{Han}`, prose, "%s: full-width marks", what)
		return
	}
	prose = strings.TrimPrefix(prose, "【安赔】")
	for _, r := range prose {
		require.False(t, unicode.Is(unicode.Han, r) || strings.ContainsRune("，。：；（）、", r), "%s: %q in %s", what, r, prose)
	}
}

func TestBothLanguagesOfAMessageSayTheSameThings(t *testing.T) {
	t.Parallel()
	messages := smsTable(t).Messages
	require.ElementsMatch(t, claim.AllSMS(), slices.Collect(maps.Keys(messages)))
	placeholder := regexp.MustCompile(`\.([a-z]+)`)
	for kind, text := range messages {
		said := func(of string) (names []string) {
			for _, action := range regexp.MustCompile(`\{\{.*?\}\}`).FindAllString(of, -1) {
				for _, m := range placeholder.FindAllStringSubmatch(action, -1) {
					names = append(names, m[1])
				}
			}
			slices.Sort(names)
			return slices.Compact(names)
		}
		require.Equal(t, said(text.ZH), said(text.EN), kind)
		for _, name := range kind.Placeholders() {
			if name = strings.TrimSuffix(name, "?"); name != "hotline" && !(kind == claim.SMSSurveyTask && name == "claim") {
				require.Contains(t, said(text.ZH), name, "%s: what is known is said", kind)
			}
		}
	}
}

func TestAMessageIsCountedInSegmentsAsCarriersDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		runes string
		n     int
		want  int
	}{
		{"赔", 1, 1},
		{"赔", 70, 1},
		{"赔", 71, 2},
		{"赔", 134, 2},
		{"赔", 135, 3},
		{"赔", 201, 3},
		{"赔", 202, 4},
		{"😀", 35, 1},
		{"😀", 36, 2}, // two units of UTF-16 each
	} {
		require.Equal(t, c.want, claim.Segments(strings.Repeat(c.runes, c.n)), "%d × %s", c.n, c.runes)
	}
}

func TestALongListOfPapersEndsWhereTheMessageMustAndSaysHowManyThereAre(t *testing.T) {
	t.Parallel()
	forms := smsForms(t)
	values := longest(claim.SMSPapersRequest)
	var papers []claim.Text
	for i := range 40 {
		papers = append(papers, claim.Text{ZH: fmt.Sprintf("第 %d 号证明材料", i), EN: fmt.Sprintf("certificate number %d", i)})
	}
	values["papers"] = papers
	for _, l := range languages {
		text, err := forms.Write(claim.SMSPapersRequest, l, values)
		require.NoError(t, err)
		require.LessOrEqual(t, claim.Segments(text), claim.MaxSegments)
		require.Contains(t, text, papers[0].In(l))
		require.NotContains(t, text, papers[39].In(l))
		require.Contains(t, text, map[claim.Language]string{claim.Chinese: "；…等共 40 项", claim.English: "; … 40 in all"}[l])
		require.Contains(t, text, values["link"], "the page says the rest")
	}
	values["papers"] = papers[:3]
	text, err := forms.Write(claim.SMSPapersRequest, claim.Chinese, values)
	require.NoError(t, err)
	require.Contains(t, text, "1.第 0 号证明材料；2.第 1 号证明材料；3.第 2 号证明材料。")
}

func TestAMessageWithAHoleIsNotWritten(t *testing.T) {
	t.Parallel()
	forms := smsForms(t)
	for name, change := range map[string]func(claim.Values){
		"amount has no value":        func(v claim.Values) { delete(v, "amount") },
		"link is empty":              func(v claim.Values) { v["link"] = "" },
		"weather is asked for by no": func(v claim.Values) { v["weather"] = "rain" },
	} {
		values := longest(claim.SMSOffer)
		change(values)
		_, err := forms.Write(claim.SMSOffer, claim.Chinese, values)
		require.ErrorContains(t, err, name)
	}
	values := longest(claim.SMSOffer)
	values["link"] = strings.Repeat("x", 350)
	text, err := forms.Write(claim.SMSOffer, claim.Chinese, values)
	require.NoError(t, err, "an address of the pages that is too long stops no claim")
	require.Contains(t, text, values["link"])
	_, err = forms.Write("weather", claim.Chinese, nil)
	require.ErrorContains(t, err, "there is no form")
}

func TestATableOfMessagesThatCannotBeWrittenIsRefusedWhenItIsRead(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(map[claim.SMS]claim.Text){
		`offer in "zh" does not begin with 【安赔】`: func(m map[claim.SMS]claim.Text) { delete(m, claim.SMSOffer) },
		`no entry for key "weather"`: func(m map[claim.SMS]claim.Text) {
			m[claim.SMSOffer] = claim.Text{ZH: "【安赔】{{.weather}}", EN: "【安赔】"}
		},
		`unclosed action`: func(m map[claim.SMS]claim.Text) {
			m[claim.SMSOffer] = claim.Text{ZH: "【安赔】{{.claim", EN: "【安赔】"}
		},
		`segments long`: func(m map[claim.SMS]claim.Text) {
			m[claim.SMSOffer] = claim.Text{ZH: "【安赔】", EN: "【安赔】" + strings.Repeat("x", 300)}
		},
	} {
		table := smsTable(t)
		change(table.Messages)
		raw, err := json.Marshal(table)
		require.NoError(t, err)
		require.ErrorContains(t, json.Unmarshal(raw, new(claim.SMSForms)), want)
	}
}

func TestValuesAreWrittenAsTheirReaderWritesThem(t *testing.T) {
	t.Parallel()
	forms := smsForms(t)
	values := longest(claim.SMSOffer)
	values["amount"] = claim.Fen(123_456)
	for _, l := range languages {
		text, err := forms.Write(claim.SMSOffer, l, values)
		require.NoError(t, err)
		require.Contains(t, text, "¥1,234.56")
	}
}
