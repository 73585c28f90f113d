package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"anpei/claim"
	"anpei/schemas/rest"
)

//go:embed words/*.json
var wordFiles embed.FS

// lang is a language that the pages speak.
type lang string

const (
	zh lang = "zh"
	en lang = "en"
)

// dictionaries hold every text of the pages, by key. A test keeps the
// languages equal, and every key used.
var dictionaries = map[lang]map[string]string{zh: readWords(zh), en: readWords(en)}

// readWords reads the words of a language: words/zh.json for all pages, and
// words/desk.zh.json and others for a part of them.
func readWords(l lang) map[string]string {
	words := map[string]string{}
	files, err := fs.Glob(wordFiles, "words/*"+string(l)+".json")
	if err != nil {
		panic(err) // of the pattern
	}
	for _, name := range files {
		part := map[string]string{}
		raw, err := wordFiles.ReadFile(name)
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
	return words
}

func (l lang) has(key string) bool { _, ok := dictionaries[l][key]; return ok }

// say gives a text. Pairs of name and value fill its holes: {name}.
func (l lang) say(key string, pairs ...any) string {
	text, ok := dictionaries[l][key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return text
}

// code gives the word for one of a kind of codes: role, task. One that only a
// newer release knows is said as it is.
func (l lang) code(kind, code string) string {
	if key := kind + "." + code; l.has(key) {
		return l.say(key)
	}
	return code
}

// pick chooses of a text that the API gives in both.
func (l lang) pick(chinese, english string) string {
	if l == en {
		return english
	}
	return chinese
}

// half chooses of a text that the API gives in both as one: English. · 中文, or
// as page readers say it: 中文。 English.
func (l lang) half(both string) string {
	if english, chinese, ok := strings.Cut(both, " · "); ok {
		return l.pick(chinese, english)
	}
	if chinese, english, ok := strings.Cut(both, "。 "); ok {
		return l.pick(chinese+"。", english)
	}
	return both
}

// note is why a task is there: what its code says, or what a person wrote.
func (l lang) note(t rest.Task) string {
	if t.NoteCode != "" {
		return l.pick(t.NoteZh, t.NoteEn)
	}
	return t.Note
}

// reads is the language as the contract names it.
func (l lang) reads() claim.Language { return claim.Language(l) }

// other is the language that the switch offers.
func (l lang) other() lang {
	if l == zh {
		return en
	}
	return zh
}

// languageOf is what a visitor reads: what they ask for, what they chose
// before, what their browser prefers, and Chinese.
func languageOf(c cookies, r *http.Request) lang {
	for _, chosen := range []string{r.URL.Query().Get("lang"), c.get(r, cookieLanguage)} {
		if l := lang(chosen); dictionaries[l] != nil {
			return l
		}
	}
	_, at := language.MatchStrings(readers, r.Header.Get("Accept-Language"))
	return languages[at]
}

// languages are those of the pages, the first for whoever reads none of them.
var languages = []lang{zh, en}

var readers = language.NewMatcher([]language.Tag{language.Chinese, language.English})
