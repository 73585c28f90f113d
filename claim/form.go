package claim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// Insurer is who signs messages and letters: settings of an installation.
type Insurer struct {
	Name, Address Text
	Hotline       string // as it is dialled
}

// Values fill the placeholders of a form, by name: string, int, [Fen], [Date],
// [time.Time] (a moment in Beijing), [Text], []Text, []Values. A zero value is
// none: a form asks with {{if}} for what may be missing.
type Values map[string]any

// form is a text with placeholders in both languages, as text/template reads
// them.
type form struct{ zh, en *template.Template }

func parseForm(name string, t Text) (f form, err error) {
	parse := func(l Language) (*template.Template, error) {
		return template.New(name).Option("missingkey=error").Funcs(formFuncs(l)).Parse(t.In(l))
	}
	var errs [2]error
	f.zh, errs[0] = parse(Chinese)
	f.en, errs[1] = parse(English)
	return f, errors.Join(errs[:]...)
}

// write fills the form in.
func (f form) write(l Language, values Values) (string, error) {
	t := f.zh
	if l == English {
		t = f.en
	}
	var out strings.Builder
	if err := t.Execute(&out, values.in(l)); err != nil {
		return "", err
	}
	return out.String(), nil
}

// andMore begins the end of a list that goes on elsewhere. It has no number.
const andMore = "…"

// formFuncs are what a form can do with a list: write it as 1.…；2.…
func formFuncs(l Language) template.FuncMap {
	return template.FuncMap{
		"inc": func(i int) int { return i + 1 },
		"numbered": func(list []any) string {
			parts := make([]string, len(list))
			for i, e := range list {
				if said := fmt.Sprint(e); strings.HasPrefix(said, andMore) {
					parts[i] = said
					continue
				}
				parts[i] = Text{fmt.Sprintf("%d.%s", i+1, e), fmt.Sprintf("%d. %s", i+1, e)}.In(l)
			}
			return strings.Join(parts, Text{"；", "; "}.In(l))
		},
	}
}

// in are the values as they are written in a language.
func (v Values) in(l Language) map[string]any {
	out := make(map[string]any, len(v))
	for name, value := range v {
		out[name] = written(l, value)
	}
	return out
}

func written(l Language, value any) any {
	switch v := value.(type) {
	case Text:
		return v.In(l)
	case Fen:
		return v.String()
	case int:
		return strconv.Itoa(v)
	case Date:
		if v.IsZero() {
			return ""
		}
		return v.Start().In(Shanghai).Format(Text{"2006年1月2日", "2 January 2006"}.In(l))
	case time.Time:
		return v.In(Shanghai).Format(Text{"2006年1月2日 15:04", "2 January 2006, 15:04"}.In(l))
	case []Text:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = e.In(l)
		}
		return out
	case []Values:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = e.in(l)
		}
		return out
	default:
		return value
	}
}

// complete checks that there is a value for every placeholder that a form may
// have, and no other. those with a question mark may be empty.
func (v Values) complete(names []string) error {
	var errs []error
	known := map[string]bool{}
	for _, name := range names {
		name, optional := strings.CutSuffix(name, "?")
		known[name] = true
		switch value, there := v[name]; {
		case !there:
			errs = append(errs, fmt.Errorf("%s has no value", name))
		case !optional && empty(value):
			errs = append(errs, fmt.Errorf("%s is empty", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !known[name] {
			errs = append(errs, fmt.Errorf("%s is asked for by no form", name))
		}
	}
	return errors.Join(errs...)
}

func empty(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case Text:
		return v.ZH == "" || v.EN == ""
	case []Text:
		return len(v) == 0
	case []Values:
		return len(v) == 0
	case Date:
		return v.IsZero()
	case time.Time:
		return v.IsZero()
	default:
		return false
	}
}

// specimen are values of the right kind for some placeholders: a form that
// cannot be filled in with them cannot be filled in at all.
func specimen(of Values, names []string) Values {
	out := make(Values, len(names))
	for _, name := range names {
		name = strings.TrimSuffix(name, "?")
		out[name] = of[name]
	}
	return out
}
