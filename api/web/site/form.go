package site

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	openapi "github.com/oapi-codegen/runtime/types"

	"anpei/claim"
	"anpei/schemas/rest"
)

// Form is a form as it is shown: empty, or with what was typed and what is
// wrong with it.
type Form struct {
	Lang    Lang
	Values  url.Values
	Problem *Problem
}

// NewForm is an empty form; pairs of name and value fill it in.
func (v *Visit) NewForm(pairs ...string) Form {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return Form{Lang: v.Lang, Values: values}
}

// Refill is the form as it was sent, with what is wrong. ok is false where
// that is not about what was typed, and [Visit.fail] knows better.
func (v *Visit) Refill(err error) (f Form, ok bool) {
	var p *Problem
	if !errors.As(err, &p) || !slices.Contains([]int{http.StatusUnprocessableEntity, http.StatusTooManyRequests}, p.Status) {
		return Form{}, false
	}
	return Form{Lang: v.Lang, Values: v.Values, Problem: p}, true
}

// Value is what a field holds.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Trouble is what is wrong with the form, or nil.
func (f Form) Trouble() *Trouble {
	if f.Problem == nil {
		return nil
	}
	return &Trouble{f.Problem, f.Lang}
}

// Wrong says what is wrong with a field, or nothing: our words for the field
// if there are any, else the API's.
func (f Form) Wrong(name string) string {
	if f.Problem == nil {
		return ""
	}
	for _, e := range f.Problem.Errors {
		if path.Base(e.Pointer) != name {
			continue
		}
		column, _, _ := strings.Cut(name, ".") // of one row of several
		switch {
		case f.Lang.Has("field." + column):
			return f.Lang.Say("field." + column)
		case e.Detail == "":
			return f.Lang.Say("problem.wrong-input")
		}
		return f.Lang.half(e.Detail)
	}
	return ""
}

// WrongFields is a problem that a page finds before the API would.
func WrongFields(names ...string) *Problem {
	p := &Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity}}
	for _, name := range names {
		p.Errors = append(p.Errors, rest.FieldError{Pointer: "/" + name})
	}
	return p
}

// Has reports whether a choice of several was made.
func (f Form) Has(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Kept are the fields of the form as they were sent, to send them again.
func (f Form) Kept() (list []Kept) {
	for name, values := range f.Values {
		for _, value := range values {
			if name != "sure" {
				list = append(list, Kept{name, value})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Kept) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Kept is one field of a form that is held until it can be sent again.
type Kept struct{ Name, Value string }

// Typed reports whether a field is one that somebody typed, and not ours.
func (k Kept) Typed() bool {
	return !slices.Contains([]string{
		"key", "version", "seen", "last", "claim", "next", "code", "table", "tag", "apply", "task", "offer", "with", "agreed", "strokes", "drawn", "step", "lines", "then", "lat", "lng",
	}, k.Name) && strings.TrimSpace(k.Value) != ""
}

// Sought is the form of a list, as the address fills it in.
func (v *Visit) Sought() Form { return Form{Lang: v.Lang, Values: v.R.URL.Query()} }

// Following is the address of the next page of a list.
func (v *Visit) Following(after string) string {
	if after == "" {
		return ""
	}
	query := v.R.URL.Query()
	query.Set("after", after)
	query.Del("lang")
	return v.R.URL.Path + "?" + query.Encode()
}

// ProblemOf is what is wrong, for a form to show; nil where nothing is.
func ProblemOf(err error) *Problem {
	if p, ok := err.(*Problem); ok { //nolint:errorlint // as read gives it
		return p
	}
	return nil
}

// Ratio reads a share as people type it, see [claim.ParseBP]. Nothing is none.
func Ratio(typed string) (claim.BP, bool) {
	if strings.TrimSpace(typed) == "" {
		return 0, true
	}
	share, err := claim.ParseBP(typed)
	return share, err == nil
}

// HalfWidth is a number as typed on a Chinese keyboard, in ASCII and without
// the spaces that copying brings along.
func HalfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == ' ' || r == '\u3000' || r == '\u200b':
			return -1
		case r == '–' || r == '—' || r == '‑':
			return '-'
		}
		return r
	}, s)
}

// DayOf reads a day of a filter; none where it is none.
func DayOf(s string) openapi.Date {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return openapi.Date{}
	}
	return openapi.Date{Time: t}
}

var numberForm = regexp.MustCompile(`^AP-[0-9]{4}-[0-9]{4}-[0-9]{6,}$`)

// IsNumber reports whether a text has the form of a claim number.
func IsNumber(s string) bool { return numberForm.MatchString(s) }
