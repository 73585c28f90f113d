package site

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"anpei/claim"
	"anpei/schemas/rest"
)

//go:embed templates/*.html words/*.json
var files embed.FS

// Lang is a language that the pages speak.
type Lang string

// The languages.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// dictionaries hold every text of the pages, by key: those of this package, and
// those that audiences add before anything is shown. A test keeps the languages
// equal, and every key used.
var dictionaries = map[Lang]map[string]string{ZH: {}, EN: {}}

func init() { AddWords(files) }

// AddWords adds the texts in words/: words/desk.zh.json and the like. Each key
// stands in one file.
func AddWords(files fs.FS) {
	for l, words := range dictionaries {
		names, err := fs.Glob(files, "words/*"+string(l)+".json")
		if err != nil {
			panic(err) // of the pattern
		}
		for _, name := range names {
			part := map[string]string{}
			raw, err := fs.ReadFile(files, name)
			if err == nil {
				err = json.Unmarshal(raw, &part)
			}
			if err != nil {
				panic(fmt.Sprintf("%s: %v", name, err)) // it is embedded
			}
			for key, text := range part {
				if _, twice := words[key]; twice {
					panic(fmt.Sprintf("%s: %s is in another file, too", name, key))
				}
				words[key] = text
			}
		}
	}
}

// Has reports whether there is a text.
func (l Lang) Has(key string) bool { _, ok := dictionaries[l][key]; return ok }

// Say gives a text. Pairs of name and value fill its holes: {name}.
func (l Lang) Say(key string, pairs ...any) string {
	text, ok := dictionaries[l][key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return text
}

// Code gives the word for one of a kind of codes: role, task. One that only a
// newer release knows is said as it is.
func (l Lang) Code(kind, code string) string {
	if key := kind + "." + code; l.Has(key) {
		return l.Say(key)
	}
	return code
}

// pick chooses of a text that the API gives in both.
func (l Lang) pick(chinese, english string) string {
	if l == EN {
		return english
	}
	return chinese
}

// half chooses of a text that the API gives in both as one: English. · 中文, or
// as page readers say it: 中文。 English.
func (l Lang) half(both string) string {
	if english, chinese, ok := strings.Cut(both, " · "); ok {
		return l.pick(chinese, english)
	}
	if chinese, english, ok := strings.Cut(both, "。 "); ok {
		return l.pick(chinese+"。", english)
	}
	return both
}

// note is why a task is there: what its code says, or what a person wrote.
func (l Lang) note(t rest.Task) string {
	if t.NoteCode != "" {
		return l.pick(t.NoteZh, t.NoteEn)
	}
	return t.Note
}

// Reads is the language as the contract names it.
func (l Lang) Reads() claim.Language { return claim.Language(l) }

// other is the language that the switch offers.
func (l Lang) other() Lang {
	if l == ZH {
		return EN
	}
	return ZH
}

// languageOf is what a visitor reads: what they ask for, what they chose
// before, what their browser prefers, and Chinese.
func languageOf(c cookies, r *http.Request) Lang {
	for _, chosen := range []string{r.URL.Query().Get("lang"), c.get(r, cookieLanguage)} {
		if l := Lang(chosen); dictionaries[l] != nil {
			return l
		}
	}
	_, at := language.MatchStrings(readers, r.Header.Get("Accept-Language"))
	return languages[at]
}

// languages are those of the pages, the first for whoever reads none of them.
var languages = []Lang{ZH, EN}

var readers = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// Keys are what there are texts for, of those whose keys begin so, without that.
func (l Lang) Keys(prefix string) (list []string) {
	for key := range dictionaries[l] {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			list = append(list, rest)
		}
	}
	slices.Sort(list)
	return list
}
