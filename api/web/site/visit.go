package site

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"anpei/claim"
	"anpei/schemas/rest"
)

// Visit is one request of one visitor.
type Visit struct {
	W    http.ResponseWriter
	R    *http.Request
	site *Site
	of   Audience
	Lang Lang
	API  *rest.Client // the contract, asked as this visitor

	Token  string // of the visitor's session; empty: none
	Values url.Values
	who    *rest.Principal // once [Visit.Me] was asked
}

type visitKey struct{}

func (s *Site) visit(w http.ResponseWriter, r *http.Request, of Audience) *Visit {
	v := &Visit{W: w, site: s, of: of, Lang: languageOf(s.cookies, r)}
	v.R = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	if asked := r.URL.Query().Get("lang"); asked != "" && r.Method == http.MethodGet {
		s.cookies.put(w, cookieLanguage, string(v.Lang), aYear)
	}
	if name := of.cookie(); name != "" {
		v.Token = s.cookies.get(r, name)
	}
	v.API = s.client(v)
	return v
}

// Ctx is the context of all that is done for this visit.
func (v *Visit) Ctx() context.Context { return v.R.Context() }

// introduce says to the API who asks, and for whom its limits and logs count.
func (v *Visit) introduce(_ context.Context, r *http.Request) error {
	if v.Token != "" {
		r.Header.Set("Authorization", "Bearer "+v.Token)
	}
	for _, name := range []string{"X-Forwarded-For", "X-Request-Id"} {
		if value := v.R.Header.Get(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	return nil
}

// readForm reads the fields of a form.
func (v *Visit) readForm() error {
	err := v.R.ParseForm()
	v.Values = v.R.PostForm
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &Problem{Problem: rest.Problem{Type: "/problems/too-large", Status: http.StatusRequestEntityTooLarge}}
	case err != nil:
		return &Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	return nil
}

// Field is one field of the form, without the space around it.
func (v *Visit) Field(name string) string { return strings.TrimSpace(v.Values.Get(name)) }

// Key is the Idempotency-Key that the form was rendered with: sent twice, by a
// double click, Back or a bad line, it acts once.
func (v *Visit) Key() string {
	if key := v.Field("key"); len(key) >= 8 {
		return key
	}
	return NewKey()
}

// NewKey is an Idempotency-Key.
func NewKey() string { return rand.Text() }

// Me is who the visitor is, or a problem 401.
func (v *Visit) Me() (*rest.Principal, error) {
	if v.who != nil {
		return v.who, nil
	}
	if v.Token == "" {
		return nil, NotSignedIn
	}
	who, err := Read[rest.Principal](v.API.GetMe(v.Ctx(), nil))
	if err != nil {
		return nil, err
	}
	v.who = &who
	return v.who, nil
}

// Redirect ends a write: the browser gets a page that may be reloaded.
func (v *Visit) Redirect(to string) error {
	http.Redirect(v.W, v.R, to, http.StatusSeeOther) //nolint:gosec // an address of ours, the provider's, or through local
	return nil
}

// Tell keeps one sentence, a key of words under "flash." with what fills its
// holes, for the next page.
func (v *Visit) Tell(word string, pairs ...string) {
	holes := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		holes.Set(pairs[i], pairs[i+1])
	}
	if len(holes) > 0 {
		word += "?" + holes.Encode()
	}
	v.site.cookies.put(v.W, cookieFlash, word, 60)
}

// told takes that sentence.
func (v *Visit) told() string {
	if mode := v.R.Header.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		return "" // a script reads the page: nobody sees it yet
	}
	word := v.site.cookies.get(v.R, cookieFlash)
	if word == "" {
		return ""
	}
	v.site.cookies.drop(v.W, cookieFlash)
	v.W.Header().Set("X-Anpei-Once", "true") // as it is shown now, the page is not to be kept
	word, filled, _ := strings.Cut(word, "?")
	holes, err := url.ParseQuery(filled)
	if err != nil || !strings.HasPrefix(word, "flash.") || !v.Lang.Has(word) {
		return ""
	}
	var pairs []any
	for name := range holes {
		pairs = append(pairs, name, holes.Get(name))
	}
	return v.Lang.Say(word, pairs...)
}

// Local makes sure that a way back is one of ours: a path, with its query.
func Local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n") || strings.HasPrefix(u.Path, "/signin") || strings.HasPrefix(u.Path, "/v1/") {
		return ""
	}
	return next
}

// Landing is the page that somebody's work begins on.
func Landing(role claim.Role) string {
	switch role {
	case claim.Surveyor:
		return "/s/"
	case claim.Admin:
		return "/admin"
	default:
		return "/desk"
	}
}

// Elsewhere sends on to another page.
func Elsewhere(to string) Page { return func(v *Visit) error { return v.Redirect(to) } }

// Log is where the pages write what went wrong.
func (v *Visit) Log() *slog.Logger { return v.site.log }
