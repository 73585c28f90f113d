package claim

// Text is what people read, in both languages of the product. The zero value
// says nothing.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
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
