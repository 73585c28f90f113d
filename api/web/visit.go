package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"anpei/claim"
	"anpei/schemas/rest"
)

// visit is one request of one visitor.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	site *Site
	of   audience
	lang lang
	api  *rest.Client // the contract, asked as this visitor

	token string // of the visitor's session; empty: none
	form  url.Values
	who   *rest.Principal // once [visit.me] was asked
}

type visitKey struct{}

func (s *Site) visit(w http.ResponseWriter, r *http.Request, of audience) *visit {
	v := &visit{w: w, site: s, of: of, lang: languageOf(s.cookies, r)}
	v.r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	if asked := r.URL.Query().Get("lang"); asked != "" && r.Method == http.MethodGet {
		s.cookies.put(w, cookieLanguage, string(v.lang), aYear)
	}
	if name := of.cookie(); name != "" {
		v.token = s.cookies.get(r, name)
	}
	v.api = s.client(v)
	return v
}

// ctx is the context of all that is done for this visit.
func (v *visit) ctx() context.Context { return v.r.Context() }

// introduce says to the API who asks, and for whom its limits and logs count.
func (v *visit) introduce(_ context.Context, r *http.Request) error {
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	for _, name := range []string{"X-Forwarded-For", "X-Request-Id"} {
		if value := v.r.Header.Get(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	return nil
}

// readForm reads the fields of a form.
func (v *visit) readForm() error {
	err := v.r.ParseForm()
	v.form = v.r.PostForm
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &problem{Problem: rest.Problem{Type: "/problems/too-large", Status: http.StatusRequestEntityTooLarge}}
	case err != nil:
		return &problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	return nil
}

// field is one field of the form, without the space around it.
func (v *visit) field(name string) string { return strings.TrimSpace(v.form.Get(name)) }

// key is the Idempotency-Key that the form was rendered with: sent twice, by a
// double click, Back or a bad line, it acts once.
func (v *visit) key() string {
	if key := v.field("key"); len(key) >= 8 {
		return key
	}
	return newKey()
}

func newKey() string { return rand.Text() }

// me is who the visitor is, or a problem 401.
func (v *visit) me() (*rest.Principal, error) {
	if v.who != nil {
		return v.who, nil
	}
	if v.token == "" {
		return nil, notSignedIn
	}
	who, err := read[rest.Principal](v.api.GetMe(v.ctx(), nil))
	if err != nil {
		return nil, err
	}
	v.who = &who
	return v.who, nil
}

// redirect ends a write: the browser gets a page that may be reloaded.
func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther) //nolint:gosec // an address of ours, the provider's, or through local
	return nil
}

// tell keeps one sentence, a key of words under "flash." with what fills its
// holes, for the next page.
func (v *visit) tell(word string, pairs ...string) {
	holes := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		holes.Set(pairs[i], pairs[i+1])
	}
	if len(holes) > 0 {
		word += "?" + holes.Encode()
	}
	v.site.cookies.put(v.w, cookieFlash, word, 60)
}

// told takes that sentence.
func (v *visit) told() string {
	if mode := v.r.Header.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		return "" // a script reads the page: nobody sees it yet
	}
	word := v.site.cookies.get(v.r, cookieFlash)
	if word == "" {
		return ""
	}
	v.site.cookies.drop(v.w, cookieFlash)
	v.w.Header().Set("X-Anpei-Once", "true") // as it is shown now, the page is not to be kept
	word, filled, _ := strings.Cut(word, "?")
	holes, err := url.ParseQuery(filled)
	if err != nil || !strings.HasPrefix(word, "flash.") || !v.lang.has(word) {
		return ""
	}
	var pairs []any
	for name := range holes {
		pairs = append(pairs, name, holes.Get(name))
	}
	return v.lang.say(word, pairs...)
}

// local makes sure that a way back is one of ours: a path, with its query.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n") || strings.HasPrefix(u.Path, "/signin") || !Serves(u.Path) {
		return ""
	}
	return next
}

// landing is the page that somebody's work begins on.
func landing(role claim.Role) string {
	switch role {
	case claim.Surveyor:
		return "/s/"
	case claim.Admin:
		return "/admin"
	default:
		return "/desk"
	}
}

// elsewhere sends on to another page.
func elsewhere(to string) page { return func(v *visit) error { return v.redirect(to) } }
