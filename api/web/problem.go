package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"anpei/schemas/rest"
)

// problem is what the API, or a page, says is wrong: RFC 9457.
type problem struct{ rest.Problem }

// Error implements error.
func (p *problem) Error() string { return p.Type + ": " + p.Detail }

// kind is the end of the stable path: wrong-version.
func (p *problem) kind() string { return path.Base(p.Type) }

// is reports whether an error is a problem of one of these kinds.
func is(err error, kinds ...string) bool {
	var p *problem
	return errors.As(err, &p) && slices.Contains(kinds, p.kind())
}

var (
	notFound    = &problem{rest.Problem{Type: "/problems/not-found", Status: http.StatusNotFound}}
	notSignedIn = &problem{rest.Problem{Type: "/problems/not-signed-in", Status: http.StatusUnauthorized}}
	otherClaim  = &problem{rest.Problem{Type: "/problems/not-signed-in", Status: http.StatusUnauthorized, Detail: "This session opens another claim."}}
	foreign     = &problem{rest.Problem{Type: "/problems/another-site", Status: http.StatusForbidden}}
)

// trouble is a problem as a page shows it.
type trouble struct {
	*problem
	lang lang
}

// Title says what is wrong.
func (t trouble) Title() string { return t.lang.say("problem." + t.known()) }

// Detail says what is wrong in the page's language, where the API has it there.
func (t trouble) Detail() string {
	if t.DetailZh != "" {
		return t.lang.pick(t.DetailZh, t.problem.Detail)
	}
	return t.lang.half(t.problem.Detail)
}

// Do says what to do about it.
func (t trouble) Do() string { return t.lang.say("problem." + t.known() + ".do") }

// known is the kind, if this release has words for it.
func (t trouble) known() string {
	if t.lang.has("problem." + t.kind()) {
		return t.kind()
	}
	return "internal"
}

// form is a form as it is shown: empty, or with what was typed and what is
// wrong with it.
type form struct {
	lang   lang
	values url.Values
	wrong  *problem
}

// Form is an empty form; pairs of name and value fill it in.
func (v *visit) newForm(pairs ...string) form {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return form{lang: v.lang, values: values}
}

// refill is the form as it was sent, with what is wrong. ok is false where
// that is not about what was typed, and [visit.fail] knows better.
func (v *visit) refill(err error) (f form, ok bool) {
	var p *problem
	if !errors.As(err, &p) || !slices.Contains([]int{http.StatusUnprocessableEntity, http.StatusTooManyRequests}, p.Status) {
		return form{}, false
	}
	return form{v.lang, v.form, p}, true
}

// Value is what a field holds.
func (f form) Value(name string) string { return f.values.Get(name) }

// Trouble is what is wrong with the form, or nil.
func (f form) Trouble() *trouble {
	if f.wrong == nil {
		return nil
	}
	return &trouble{f.wrong, f.lang}
}

// Wrong says what is wrong with a field, or nothing: our words for the field
// if there are any, else the API's.
func (f form) Wrong(name string) string {
	if f.wrong == nil {
		return ""
	}
	for _, e := range f.wrong.Errors {
		if path.Base(e.Pointer) != name {
			continue
		}
		column, _, _ := strings.Cut(name, ".") // of one row of several
		switch {
		case f.lang.has("field." + column):
			return f.lang.say("field." + column)
		case e.Detail == "":
			return f.lang.say("problem.wrong-input")
		}
		return f.lang.half(e.Detail)
	}
	return ""
}

// wrongFields is a problem that a page finds before the API would.
func wrongFields(names ...string) *problem {
	p := &problem{rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity}}
	for _, name := range names {
		p.Errors = append(p.Errors, rest.FieldError{Pointer: "/" + name})
	}
	return p
}

// fail answers an error: by the sign-in and back, by what was typed with a way
// to send it again, or by a page that says what is wrong and what to do.
func (v *visit) fail(err error) {
	var p *problem
	switch {
	case errors.As(err, &p) && !errors.Is(p, err): // with its cause
		v.site.log.WarnContext(v.ctx(), "page", "path", v.r.Pattern, "error", err)
	case p == nil:
		v.site.log.ErrorContext(v.ctx(), "page", "path", v.r.Pattern, "error", err)
		p = &problem{rest.Problem{Type: "/problems/internal", Status: http.StatusInternalServerError}}
	}
	write := v.r.Method == http.MethodPost
	switch {
	case p.Status == http.StatusUnauthorized && v.part():
		v.w.Header().Set("HX-Refresh", "true") // the whole page, which leads to the sign-in
		v.w.WriteHeader(http.StatusNoContent)
		return
	case p.Status == http.StatusUnauthorized && !write:
		if p != otherClaim {
			if v.token != "" {
				v.tell("flash.session-ended")
			}
			v.forget()
		}
		_ = v.redirect(v.door())
		return
	}
	if write && v.may(p) {
		err = v.again(p)
	} else {
		err = v.showAs(p.Status, "problem", map[string]any{"Trouble": trouble{p, v.lang}, "Home": v.home()})
	}
	if err != nil {
		v.site.log.ErrorContext(v.ctx(), "problem not shown", "error", err)
		http.Error(v.w, v.lang.say("problem.internal")+"\n"+v.lang.say("problem.internal.do"), http.StatusInternalServerError)
	}
}

// may reports whether sending the same again can help.
func (v *visit) may(p *problem) bool {
	return len(v.form) > 0 && (p.Status >= http.StatusInternalServerError ||
		slices.Contains([]string{"not-signed-in", "wrong-version", "still-running", "too-many-tries"}, p.kind()))
}

// forget drops the cookie of a session that has ended.
func (v *visit) forget() {
	if name := v.of.cookie(); name != "" && v.token != "" {
		v.site.cookies.drop(v.w, name)
		v.token = ""
	}
}

// door is where somebody who is not signed in is let in, and comes back from.
func (v *visit) door() string {
	back := v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet {
		back = ""
	}
	query := url.Values{}
	if back = local(back); back != "" {
		query.Set("next", back)
	}
	way := "/signin"
	if v.of != staff {
		way = "/track"
		if no := v.r.PathValue("claim"); no != "" {
			query.Set("claim", no)
		}
		if strings.HasPrefix(v.r.URL.Path, "/report") {
			return "/report" // it begins with the phone, and goes on where it was left
		}
	}
	if len(query) == 0 {
		return way
	}
	return way + "?" + query.Encode()
}

// home is where somebody goes on from a problem.
func (v *visit) home() string {
	if v.of == staff {
		return "/desk"
	}
	return "/"
}

// kept is one field of a form that is held until it can be sent again.
type kept struct{ Name, Value string }

// again shows what was typed, why it did not go through, and sends it again.
// Where the claim has changed it says how, and sends it for the new state only
// once somebody has looked.
func (v *visit) again(p *problem) error {
	page := struct {
		Trouble trouble
		Action  string
		Door    string // to sign in at, in another window
		Changed []rest.Event
		Claim   string
		Kept    []kept
	}{Trouble: trouble{p, v.lang}, Action: v.r.URL.RequestURI()}
	values := maps.Clone(v.form)
	switch p.kind() {
	case "not-signed-in":
		if p != otherClaim {
			v.forget()
		}
		page.Door = v.door()
	case "wrong-version":
		page.Claim = v.field("claim")
		now, err := read[rest.Claim](v.api.GetClaim(v.ctx(), page.Claim, nil))
		if err != nil {
			return err
		}
		if page.Changed, err = v.since(page.Claim, v.field("seen")); err != nil {
			return err
		}
		values.Set("version", strconv.FormatInt(now.Version, 10))
		if n := len(page.Changed); n > 0 {
			values.Set("seen", strconv.FormatInt(page.Changed[n-1].Number, 10))
		}
		values.Set("key", newKey()) // another command: for the state as it is now
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			page.Kept = append(page.Kept, kept{name, value})
		}
	}
	return v.showAs(p.Status, "again", page)
}

// since are the events of a claim after the one that a form was rendered with.
func (v *visit) since(no, seen string) ([]rest.Event, error) {
	last, err := strconv.ParseInt(seen, 10, 64)
	if err != nil {
		return nil, nil //nolint:nilerr // the form does not say: nothing can be told apart
	}
	events, err := v.timeline(no)
	return slices.DeleteFunc(events, func(e rest.Event) bool { return e.Number <= last }), err
}

// timeline is all that happened to a claim, in order.
func (v *visit) timeline(no string) ([]rest.Event, error) {
	return all[rest.Event](func(after string) (*http.Response, error) {
		return v.api.GetTimeline(v.ctx(), no, &rest.GetTimelineParams{Limit: 200, After: after})
	})
}

// typed reports whether a field is one that somebody typed, and not ours.
func (k kept) Typed() bool {
	return !slices.Contains([]string{
		"key", "version", "seen", "last", "claim", "next", "code", "table", "tag", "apply", "task", "offer", "with", "agreed", "strokes", "drawn", "step", "lines", "then", "lat", "lng",
	}, k.Name) && strings.TrimSpace(k.Value) != ""
}
