package site

import (
	"encoding/json"
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

// Problem is what the API, or a page, says is wrong: RFC 9457.
type Problem struct{ rest.Problem }

// Error implements error.
func (p *Problem) Error() string { return p.Type + ": " + p.Detail }

// Kind is the end of the stable path: wrong-version.
func (p *Problem) Kind() string { return path.Base(p.Type) }

// Is reports whether an error is a problem of one of these kinds.
func Is(err error, kinds ...string) bool {
	var p *Problem
	return errors.As(err, &p) && slices.Contains(kinds, p.Kind())
}

var (
	// NotFound is an address that leads nowhere.
	NotFound = &Problem{Problem: rest.Problem{Type: "/problems/not-found", Status: http.StatusNotFound}}
	// NotSignedIn leads to the sign-in, and back.
	NotSignedIn = &Problem{Problem: rest.Problem{Type: "/problems/not-signed-in", Status: http.StatusUnauthorized}}
	// OtherClaim is for a session that is bound to another claim.
	OtherClaim = &Problem{Problem: rest.Problem{Type: "/problems/not-signed-in", Status: http.StatusUnauthorized, Detail: "This session opens another claim."}}
	foreign    = &Problem{Problem: rest.Problem{Type: "/problems/another-site", Status: http.StatusForbidden}}
)

// Trouble is a problem as a page shows it.
type Trouble struct {
	*Problem
	lang Lang
}

// Trouble is a problem as the pages of this visit show it.
func (v *Visit) Trouble(p *Problem) *Trouble { return &Trouble{p, v.Lang} }

// Title says what is wrong.
func (t Trouble) Title() string { return t.lang.Say("problem." + t.known()) }

// Detail says what is wrong in the page's language, where the API has it there.
func (t Trouble) Detail() string {
	if t.DetailZh != "" {
		return t.lang.pick(t.DetailZh, t.Problem.Detail)
	}
	return t.lang.half(t.Problem.Detail)
}

// Do says what to do about it.
func (t Trouble) Do() string { return t.lang.Say("problem." + t.known() + ".do") }

// known is the kind, if this release has words for it.
func (t Trouble) known() string {
	if t.lang.Has("problem." + t.Kind()) {
		return t.Kind()
	}
	return "internal"
}

// fail answers an error: by the sign-in and back, by what was typed with a way
// to send it again, or by a page that says what is wrong and what to do.
func (v *Visit) fail(err error) {
	var p *Problem
	switch {
	case errors.As(err, &p) && !errors.Is(p, err): // with its cause
		v.site.log.WarnContext(v.Ctx(), "page", "path", v.R.Pattern, "error", err)
	case p == nil:
		v.site.log.ErrorContext(v.Ctx(), "page", "path", v.R.Pattern, "error", err)
		p = &Problem{Problem: rest.Problem{Type: "/problems/internal", Status: http.StatusInternalServerError}}
	}
	write := v.R.Method == http.MethodPost
	switch {
	case p.Status == http.StatusUnauthorized && v.Part():
		v.W.Header().Set("HX-Refresh", "true") // the whole page, which leads to the sign-in
		v.W.WriteHeader(http.StatusNoContent)
		return
	case p.Status == http.StatusUnauthorized && !write:
		if p != OtherClaim {
			if v.Token != "" {
				v.Tell("flash.session-ended")
			}
			v.forget()
		}
		_ = v.Redirect(v.door())
		return
	}
	if write && v.May(p) {
		err = v.again(p)
	} else {
		err = v.ShowAs(p.Status, "problem", map[string]any{"Trouble": Trouble{p, v.Lang}, "Home": v.home()})
	}
	if err != nil {
		v.site.log.ErrorContext(v.Ctx(), "problem not shown", "error", err)
		http.Error(v.W, v.Lang.Say("problem.internal")+"\n"+v.Lang.Say("problem.internal.do"), http.StatusInternalServerError)
	}
}

// May reports whether sending the same again can help.
func (v *Visit) May(p *Problem) bool {
	return len(v.Values) > 0 && (p.Status >= http.StatusInternalServerError ||
		slices.Contains([]string{"not-signed-in", "wrong-version", "still-running", "too-many-tries"}, p.Kind()))
}

// forget drops the cookie of a session that has ended.
func (v *Visit) forget() {
	if name := v.of.cookie(); name != "" && v.Token != "" {
		v.site.cookies.drop(v.W, name)
		v.Token = ""
	}
}

// door is where somebody who is not signed in is let in, and comes back from.
func (v *Visit) door() string {
	back := v.R.URL.RequestURI()
	if v.R.Method != http.MethodGet {
		back = ""
	}
	query := url.Values{}
	if back = Local(back); back != "" {
		query.Set("next", back)
	}
	way := "/signin"
	if v.of != Staff {
		way = "/track"
		if no := v.R.PathValue("claim"); no != "" {
			query.Set("claim", no)
		}
		if strings.HasPrefix(v.R.URL.Path, "/report") {
			return "/report" // it begins with the phone, and goes on where it was left
		}
	}
	if len(query) == 0 {
		return way
	}
	return way + "?" + query.Encode()
}

// home is where somebody goes on from a problem.
func (v *Visit) home() string {
	if v.of == Staff {
		return "/desk"
	}
	return "/"
}

// again shows what was typed, why it did not go through, and sends it again.
// Where the claim has changed it says how, and sends it for the new state only
// once somebody has looked.
func (v *Visit) again(p *Problem) error {
	page := struct {
		Trouble Trouble
		Action  string
		Door    string // to sign in at, in another window
		Changed []rest.Event
		Claim   string
		Kept    []Kept
	}{Trouble: Trouble{p, v.Lang}, Action: v.R.URL.RequestURI()}
	values := maps.Clone(v.Values)
	switch p.Kind() {
	case "not-signed-in":
		if p != OtherClaim {
			v.forget()
		}
		page.Door = v.door()
	case "wrong-version":
		page.Claim = v.Field("claim")
		now, err := Read[rest.Claim](v.API.GetClaim(v.Ctx(), page.Claim, nil))
		if err != nil {
			return err
		}
		if page.Changed, err = v.since(page.Claim, v.Field("seen")); err != nil {
			return err
		}
		values.Set("version", strconv.FormatInt(now.Version, 10))
		if n := len(page.Changed); n > 0 {
			values.Set("seen", strconv.FormatInt(page.Changed[n-1].Number, 10))
		}
		values.Set("key", NewKey()) // another command: for the state as it is now
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			page.Kept = append(page.Kept, Kept{name, value})
		}
	}
	return v.ShowAs(p.Status, "again", page)
}

// since are the events of a claim after the one that a form was rendered with.
func (v *Visit) since(no, seen string) ([]rest.Event, error) {
	last, err := strconv.ParseInt(seen, 10, 64)
	if err != nil {
		return nil, nil //nolint:nilerr // the form does not say: nothing can be told apart
	}
	events, err := v.Timeline(no)
	return slices.DeleteFunc(events, func(e rest.Event) bool { return e.Number <= last }), err
}

// Timeline is all that happened to a claim, in order.
func (v *Visit) Timeline(no string) ([]rest.Event, error) {
	return All[rest.Event](func(after string) (*http.Response, error) {
		return v.API.GetTimeline(v.Ctx(), no, &rest.GetTimelineParams{Limit: 200, After: after})
	})
}

// FailAsData answers a script with the problem as the contract writes it.
func (v *Visit) FailAsData(err error) error {
	var p *Problem
	if !errors.As(err, &p) {
		return err
	}
	v.W.Header().Set("Content-Type", "application/problem+json")
	v.W.WriteHeader(p.Status)
	return json.NewEncoder(v.W).Encode(p.Problem)
}
