package site

import (
	"net/http"
	"strings"
	"time"

	"anpei/schemas/rest"
)

// The cookies. All are HttpOnly: no script of ours reads one.
const (
	cookieClaimant = "anpei-claimant" // token of a claimant's session
	cookieStaff    = "anpei-staff"    // token of a session of staff
	cookieIdentity = "anpei-identity" // ID token of that session: it tells the provider whom to sign out
	cookieSignIn   = "anpei-signin-"  // and a state: what the sign-in that began with it must come back with
	CookieTrack    = "anpei-track"    // claim number and phone, between asking for a code and entering it
	cookieLanguage = "anpei-lang"
	cookieFlash    = "anpei-flash" // one sentence for the next page
)

const aYear = 365 * 24 * 60 * 60

// cookie is the one that holds the session of an audience.
func (a Audience) cookie() string {
	switch a {
	case Claimants:
		return cookieClaimant
	case Staff:
		return cookieStaff
	case Anybody:
	}
	return ""
}

// cookies writes and reads them. Where the pages are reached by https, names
// begin with __Host-: a browser takes such a cookie from this host alone, and
// only over https.
type cookies struct{ secure bool }

func (c cookies) name(name string) string {
	if c.secure {
		return "__Host-" + name
	}
	return name
}

// put sets a cookie for some seconds.
func (c cookies) put(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure unless the pages are on this machine alone, where browsers would not take it
		Name: c.name(name), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode,
	})
}

// until sets a cookie that ends with the session in it.
func (c cookies) until(w http.ResponseWriter, name, value string, end, now time.Time) {
	c.put(w, name, value, max(int(end.Sub(now)/time.Second), 1))
}

// like are the values of the cookies whose names begin like this one's.
func (c cookies) like(r *http.Request, name string) (values []string) {
	for _, found := range r.Cookies() {
		if strings.HasPrefix(found.Name, c.name(name)) {
			values = append(values, found.Value)
		}
	}
	return values
}

func (c cookies) drop(w http.ResponseWriter, name string) { c.put(w, name, "", -1) }

func (c cookies) get(r *http.Request, name string) string {
	found, err := r.Cookie(c.name(name))
	if err != nil {
		return ""
	}
	return found.Value
}

// PutCookie sets a cookie for some seconds.
func (v *Visit) PutCookie(name, value string, seconds int) {
	v.site.cookies.put(v.W, name, value, seconds)
}

// Cookie is what a cookie holds; empty where there is none.
func (v *Visit) Cookie(name string) string { return v.site.cookies.get(v.R, name) }

// DropCookie ends a cookie.
func (v *Visit) DropCookie(name string) { v.site.cookies.drop(v.W, name) }

// LetClaimantIn keeps the session of a claimant, until it ends.
func (v *Visit) LetClaimantIn(s rest.Session) {
	v.site.cookies.until(v.W, cookieClaimant, s.Token, s.ExpiresAt, Now())
}
