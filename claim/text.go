package claim

import (
	"slices"
	"strings"
)

// Text is what people read, in both languages of the product. The zero value
// says nothing.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// filled is the text with values in place of its placeholders, {name}. A step,
// a code of trouble, roles, stages and duties are told in words.
func (t Text) filled(values map[string]string) Text {
	word := func(name string) (word Text, there bool) {
		value, there := values[name]
		word = Text{value, value}
		switch name {
		case "step":
			word = stepWords(value)
		case "code":
			word = troubleWords(value)
		case "role", "roles", "of":
			word.ZH = named(roleNames, value)
		case "stage", "stages":
			word.ZH = named(stageNames, value)
		case "duty":
			word.ZH = named(dutyNames, value)
		}
		return word, there
	}
	return Text{fill(t.ZH, Chinese, word), fill(t.EN, English, word)}
}

// fill puts words in place of the placeholders of a text. One that there is no
// word for stays.
func fill(text string, in Language, word func(name string) (Text, bool)) string {
	var out strings.Builder
	for {
		before, rest, open := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		out.WriteString(before)
		if !open || !closed {
			out.WriteString(text[len(before):])
			return out.String()
		}
		if w, there := word(name); there {
			out.WriteString(w.In(in))
		} else {
			out.WriteString("{" + name + "}")
		}
		text = after
	}
}

// valuesOf are pairs of a name and a value, by name.
func valuesOf(pairs []string) map[string]string {
	if len(pairs) == 0 {
		return nil
	}
	values := make(map[string]string, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		values[pair[0]] = pair[1]
	}
	return values
}

// Language is what a person reads. The zero value is not known, and is taken
// for [Chinese].
type Language string

// Languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// In returns the text in a language.
func (t Text) In(l Language) string {
	if l == English {
		return t.EN
	}
	return t.ZH
}

// Known returns the language itself where it is one of the two, and else the
// zero value.
func (l Language) Known() Language {
	if l == Chinese || l == English {
		return l
	}
	return ""
}
