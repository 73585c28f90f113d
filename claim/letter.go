package claim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Letter names a formal letter. What it says is in the forms in force on its
// day (schemas/forms/letters.json).
type Letter string

// Letters.
const (
	LetterDenial Letter = "denial" // 拒赔通知书, Insurance Law art. 24
	LetterPapers Letter = "papers" // 补充材料通知书, Insurance Law art. 22(2)
)

// letterValues are the placeholders that each letter has beside those of
// everyLetter; a question mark stands after those that may be empty.
var letterValues = map[Letter][]string{
	LetterDenial: {"facts", "clause", "reasons", "evidence?", "papers?"},
	LetterPapers: {"papers", "finding?", "until?"},
}

// everyLetter are the placeholders of all letters.
var everyLetter = []string{"number", "claim", "policy?", "name", "loss_at", "place", "insurer", "address", "hotline", "date"}

func (l Letter) values() []string { return slices.Concat(everyLetter, letterValues[l]) }

// letterSpecimen is a value of each placeholder.
var letterSpecimen = Values{
	"number": "AP-3101-2026-000001-D1", "claim": "AP-3101-2026-000001", "policy": "PM1", "name": "张三", "place": "延安高架",
	"loss_at": time.Date(2026, time.March, 1, 9, 5, 0, 0, Shanghai), "date": Date{2026, time.March, 2},
	"insurer": Text{"样例保险", "Sample Insurance"}, "address": Text{"样例路1号", "1 Sample Road"}, "hotline": "400-000-0000",
	"facts": "追尾", "clause": "第八条", "reasons": "责任免除", "until": Date{2026, time.April, 2}, "finding": true,
	"evidence": []Values{{"name": "驾驶证.jpg", "sha256": "2222222222222222"}},
	"papers":   []Values{{"paper": Text{"行驶证", "the vehicle licence"}, "state": Text{"已收到", "received"}, "count": "2", "why": Text{"核对车辆", "It shows the vehicle"}, "source": Text{"保险法第二十二条", "Insurance Law art. 22"}}},
}

// LineStyle is how a line of a letter is printed.
type LineStyle string

// Styles, which begin a line of a form. A line without one is a paragraph.
const (
	StyleHeading LineStyle = "# "  // what the letter is
	StyleCentred LineStyle = "= "  // below the heading
	StyleTitle   LineStyle = "## " // of a part
	StyleNote    LineStyle = "> "  // to the line above
	StyleRight   LineStyle = "] "  // of who signs
	StylePara    LineStyle = ""
)

// styles in the order in which they are looked for.
var styles = []LineStyle{StyleTitle, StyleHeading, StyleCentred, StyleNote, StyleRight}

// LetterLine is a line of a letter: a paragraph, a title.
type LetterLine struct {
	Style LineStyle
	Text  string
}

// LetterForms are the texts of all letters in both languages: a dated, versioned
// table, of which a letter takes what is in force on its day.
type LetterForms struct {
	Version       string
	EffectiveFrom Date
	states        map[ItemState]Text
	forms         map[Letter]form
}

// State says how a paper stood when a denial was proposed.
func (f LetterForms) State(s ItemState) Text { return f.states[s] }

// UnmarshalJSON reads the table and checks that each letter is there in both
// languages and can be written.
func (f *LetterForms) UnmarshalJSON(raw []byte) error {
	var in struct {
		Version       string             `json:"version"`
		EffectiveFrom Date               `json:"effective_from"`
		States        map[ItemState]Text `json:"states"`
		Letters       map[Letter]struct {
			ZH []string `json:"zh"`
			EN []string `json:"en"`
		} `json:"letters"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	out := LetterForms{in.Version, in.EffectiveFrom, in.States, map[Letter]form{}}
	var errs []error
	for _, s := range itemStates {
		if t := in.States[s]; t.ZH == "" || t.EN == "" {
			errs = append(errs, fmt.Errorf("there are no words for the state %q of a paper", s))
		}
	}
	for _, kind := range AllLetters() {
		lines := in.Letters[kind]
		parsed, err := parseForm(string(kind), Text{strings.Join(lines.ZH, "\n"), strings.Join(lines.EN, "\n")})
		out.forms[kind] = parsed
		for _, l := range []Language{Chinese, English} {
			if err != nil {
				break
			}
			var written []LetterLine
			written, err = out.Write(kind, l, specimen(letterSpecimen, kind.values()))
			if err == nil && (len(written) == 0 || written[0].Style != StyleHeading) {
				err = fmt.Errorf("letter %q in %q does not begin with a heading", kind, l)
			}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("forms of letters %s: %w", in.Version, err)
	}
	*f = out
	return nil
}

// AllLetters returns the name of every letter.
func AllLetters() []Letter { return slices.Sorted(maps.Keys(letterValues)) }

// Write writes a letter, line by line. It fails where a value is missing.
func (f LetterForms) Write(kind Letter, l Language, values Values) ([]LetterLine, error) {
	form, known := f.forms[kind]
	if !known {
		return nil, fmt.Errorf("there is no form for the letter %q", kind)
	}
	if err := values.complete(kind.values()); err != nil {
		return nil, fmt.Errorf("letter %q: %w", kind, err)
	}
	text, err := form.write(l, values.quoted())
	if err != nil {
		return nil, fmt.Errorf("letter %q: %w", kind, err)
	}
	var lines []LetterLine
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		style := StylePara
		if i := slices.IndexFunc(styles, func(s LineStyle) bool { return strings.HasPrefix(line, string(s)) }); i >= 0 {
			style = styles[i]
		}
		lines = append(lines, LetterLine{style, unquote.Replace(strings.TrimPrefix(line, string(style)))})
	}
	return lines, nil
}

// What people have typed begins no line and ends none, whatever it says: it is
// written behind a mark that is no character of a letter, its line breaks as
// another.
const (
	quoteMark = "\u2060"
	quoteLine = "\u2028"
)

var (
	quote   = strings.NewReplacer(quoteMark, "", quoteLine, "", "\r", "", "\n", quoteLine)
	unquote = strings.NewReplacer(quoteMark, "", quoteLine, "\n")
)

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return quoteMark + quote.Replace(s)
}

func (v Values) quoted() Values {
	out := make(Values, len(v))
	for name, value := range v {
		switch value := value.(type) {
		case string:
			out[name] = quoted(value)
		case Text:
			out[name] = Text{quoted(value.ZH), quoted(value.EN)}
		case []Values:
			list := make([]Values, len(value))
			for i, e := range value {
				list[i] = e.quoted()
			}
			out[name] = list
		default:
			out[name] = value
		}
	}
	return out
}
