package claim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func letterForms(t *testing.T) claim.LetterForms {
	t.Helper()
	return read[claim.LetterForms](t, "letters.json")
}

// whole are values of all placeholders of a letter, without those that are
// named.
func whole(letter claim.Letter, without ...string) claim.Values {
	values := claim.Values{}
	for _, name := range letter.Placeholders() {
		name = strings.TrimSuffix(name, "?")
		values[name] = claim.LetterSpecimen[name]
	}
	for _, name := range without {
		switch values[name].(type) {
		case claim.Date:
			values[name] = claim.Date{}
		case bool:
			values[name] = false
		case []claim.Values:
			values[name] = []claim.Values(nil)
		default:
			values[name] = ""
		}
	}
	return values
}

func said(lines []claim.LetterLine) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Text
	}
	return strings.Join(out, "\n")
}

func TestEveryLetterReadsWellInBothLanguagesWithAnyOfItsValuesMissing(t *testing.T) {
	t.Parallel()
	forms := letterForms(t)
	for _, letter := range claim.AllLetters() {
		var optional []string
		for _, name := range letter.Placeholders() {
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
				values := whole(letter, without...)
				values["name"], values["place"], values["facts"], values["clause"], values["reasons"] = "NAME", "PLACE", "FACTS", "CLAUSE", "REASONS"
				for _, e := range []string{"facts", "clause", "reasons"} {
					if letter == claim.LetterPapers {
						delete(values, e)
					}
				}
				if evidence, ok := values["evidence"].([]claim.Values); ok && len(evidence) > 0 {
					values["evidence"] = []claim.Values{{"name": "PROOF", "sha256": "2222222222222222"}}
				}
				lines, err := forms.Write(letter, l, values)
				require.NoError(t, err)
				what := fmt.Sprintf("%s %s without %v", letter, l, without)
				require.Equal(t, claim.StyleHeading, lines[0].Style, what)
				for _, line := range lines {
					readsWell(t, l, what, line.Text, values)
				}
				text := said(lines)
				for name, value := range values {
					if s, ok := value.(string); ok {
						require.Contains(t, text, s, "%s: %s", what, name)
					}
				}
				require.Contains(t, text, "12378", "%s: where to complain", what)
				require.Contains(t, text, claim.LetterSpecimen["address"].(claim.Text).In(l), what)
				require.Contains(t, text, map[claim.Language]string{claim.Chinese: "2026年3月1日 09:05", claim.English: "1 March 2026, 09:05"}[l], what)
				require.Contains(t, lines[len(lines)-1].Text, map[claim.Language]string{claim.Chinese: "2026年3月2日", claim.English: "2 March 2026"}[l], what)
			}
		}
	}
}

// What people have typed is no form: it makes no title, however it begins, and
// stays one paragraph.
func TestWhatPeopleHaveTypedIntoALetterStaysWhatItIs(t *testing.T) {
	t.Parallel()
	values := whole(claim.LetterDenial)
	values["facts"] = "# 标题\n## {{.name}}\n> 注"
	lines, err := letterForms(t).Write(claim.LetterDenial, claim.Chinese, values)
	require.NoError(t, err)
	require.Contains(t, lines, claim.LetterLine{Style: claim.StylePara, Text: "# 标题\n## {{.name}}\n> 注"})
	require.NotContains(t, lines, claim.LetterLine{Style: claim.StyleTitle, Text: "{{.name}}"})
}

func TestTheLetterSaysHowEachPaperStood(t *testing.T) {
	t.Parallel()
	forms := letterForms(t)
	for _, state := range []claim.ItemState{claim.ItemMissing, claim.ItemReading, claim.ItemReceived, claim.ItemSentBack, claim.ItemAccepted, claim.ItemWaived} {
		for _, l := range languages {
			values := whole(claim.LetterDenial)
			values["papers"] = []claim.Values{{"paper": claim.Text{ZH: "行驶证", EN: "the vehicle licence"}, "state": forms.State(state)}}
			lines, err := forms.Write(claim.LetterDenial, l, values)
			require.NoError(t, err)
			require.Contains(t, said(lines), map[claim.Language]string{claim.Chinese: "1. 行驶证：", claim.English: "1. the vehicle licence: "}[l]+forms.State(state).In(l))
		}
	}
}

func TestATableOfLettersThatCannotBeWrittenIsRefusedWhenItIsRead(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(letters, states map[string]any){
		"does not begin with a heading":     func(letters, _ map[string]any) { delete(letters, "denial") },
		"no words for the state \"waived\"": func(_, states map[string]any) { delete(states, "waived") },
		"no entry for key \"weather\"": func(letters, _ map[string]any) {
			letters["papers"] = map[string]any{"zh": []string{"# {{.weather}}"}, "en": []string{"# x"}}
		},
	} {
		table := read[map[string]any](t, "letters.json")
		change(table["letters"].(map[string]any), table["states"].(map[string]any))
		raw, err := json.Marshal(table)
		require.NoError(t, err)
		require.ErrorContains(t, json.Unmarshal(raw, new(claim.LetterForms)), want)
	}
	values := whole(claim.LetterDenial)
	delete(values, "reasons")
	_, err := letterForms(t).Write(claim.LetterDenial, claim.English, values)
	require.ErrorContains(t, err, "reasons has no value")
}
