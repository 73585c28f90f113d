package site

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"anpei/schemas/rest"
)

// provider is the identity provider of staff.
type provider struct {
	issuer, client, secret string

	mu    sync.Mutex
	found *oidc.Provider
}

// discover asks the provider for its addresses when they are first needed, so
// that the pages may start before it.
func (p *provider) discover(ctx context.Context, back string) (*oidc.Provider, oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		found, err := oidc.NewProvider(ctx, p.issuer)
		if err != nil {
			return nil, oauth2.Config{}, errors.Join(unavailable, fmt.Errorf("reach the identity provider: %w", err))
		}
		p.found = found
	}
	return p.found, oauth2.Config{
		ClientID: p.client, ClientSecret: p.secret, Endpoint: p.found.Endpoint(), RedirectURL: back, Scopes: []string{oidc.ScopeOpenID, "profile"},
	}, nil
}

// origin is where the provider lives, as https://id.example.com; empty where
// there is none.
func (p *provider) origin() string {
	u, err := url.Parse(p.issuer)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// signedOut is the address at which the provider ends its own session of a
// member of staff, and sends them back (OpenID Connect RP-Initiated Logout): or
// back itself, where the provider names no such address under its origin, the
// only other one that our forms may lead to, and where it does not answer.
func (p *provider) signedOut(ctx context.Context, idToken, back string) string {
	found, _, err := p.discover(ctx, "")
	if err != nil {
		return back
	}
	var said struct {
		End string `json:"end_session_endpoint"`
	}
	if err := found.Claims(&said); err != nil || said.End != p.origin() && !strings.HasPrefix(said.End, p.origin()+"/") {
		return back
	}
	end, err := url.Parse(said.End)
	if err != nil {
		return back
	}
	query := end.Query()
	query.Set("client_id", p.client)
	query.Set("post_logout_redirect_uri", back)
	if idToken != "" {
		query.Set("id_token_hint", idToken)
	}
	end.RawQuery = query.Encode()
	return end.String()
}

var unavailable = &Problem{Problem: rest.Problem{Type: "/problems/unavailable", Status: http.StatusServiceUnavailable}}

// patient bounds how long the identity provider may take.
func patient(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, &http.Client{Timeout: 5 * time.Second})
}

// begun is a sign-in on its way, in a cookie of its own until the browser comes
// back: other windows of it may be signing in too, as somebody opens several
// pages after the night.
type begun struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE
	Next     string `json:"t"`
	At       int64  `json:"a"` // when, in Unix milliseconds
}

const (
	signInLasts = 10 * time.Minute
	// mostSignIns is how many a browser may be in the middle of: what is older is
	// forgotten, so that cookies do not fill the head of its requests.
	mostSignIns = 8
)

// signInRoutes are the pages by which staff come in, and everybody leaves.
func signInRoutes(handle Handle) {
	handle("GET /signin", Staff, signInPage)
	handle("GET /signin/start", Staff, startSignIn)
	handle("GET /signin/callback", Staff, finishSignIn)
	handle("POST /signout", Anybody, signOut)
}

// signInPage offers the sign-in of staff.
func signInPage(v *Visit) error {
	return v.Show("signin", map[string]any{"Next": Local(v.R.URL.Query().Get("next"))})
}

// startSignIn sends the browser to the identity provider.
func startSignIn(v *Visit) error {
	_, config, err := v.site.staff.discover(patient(v.Ctx()), v.site.base(v.R)+"/signin/callback")
	if err != nil {
		return err
	}
	b := begun{State: NewKey(), Nonce: NewKey(), Verifier: oauth2.GenerateVerifier(), Next: Local(v.R.URL.Query().Get("next")), At: Now().UnixMilli()}
	raw, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	others := v.begun()
	for _, old := range others[:max(len(others)-mostSignIns+1, 0)] {
		v.site.cookies.drop(v.W, cookieSignIn+old.State)
	}
	v.site.cookies.put(v.W, cookieSignIn+b.State, base64.RawURLEncoding.EncodeToString(raw), int(signInLasts/time.Second))
	return v.Redirect(config.AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)))
}

// finishSignIn takes whom the identity provider sends back, and opens their
// session at the API.
func finishSignIn(v *Visit) error {
	query := v.R.URL.Query()
	var b begun
	for _, one := range v.begun() {
		if subtle.ConstantTimeCompare([]byte(one.State), []byte(query.Get("state"))) == 1 {
			b = one
		}
	}
	if b.State != "" {
		v.site.cookies.drop(v.W, cookieSignIn+b.State)
	}
	if b.State == "" || query.Has("iss") && query.Get("iss") != v.site.staff.issuer || query.Get("code") == "" {
		// Too late, come by Back, refused there, or not begun here.
		v.Tell("flash.sign-in-again")
		return v.Redirect("/signin" + asNext(b.Next))
	}
	access, id, err := v.exchange(b, query.Get("code"))
	if err != nil {
		return err
	}
	v.Token = access
	opened, err := Read[rest.Session](v.API.OpenStaffSession(v.Ctx(), &rest.OpenStaffSessionParams{IdempotencyKey: b.State}))
	v.Token = ""
	if err != nil {
		return err
	}
	v.site.cookies.until(v.W, cookieStaff, opened.Token, opened.ExpiresAt, Now())
	if len(id) <= mostIDToken {
		v.site.cookies.until(v.W, cookieIdentity, id, opened.ExpiresAt, Now())
	}
	if b.Next != "" {
		return v.Redirect(b.Next)
	}
	return v.Redirect(Landing(opened.Principal.Role))
}

// mostIDToken is what a browser keeps of an ID token; one with more in it is
// done without, and the provider asks whom it signs out.
const mostIDToken = 3 << 10

// exchange trades the code for an access token, once the ID token says that it
// answers the sign-in that this browser has begun.
func (v *Visit) exchange(b begun, code string) (access, id string, err error) {
	ctx := patient(v.Ctx())
	found, config, err := v.site.staff.discover(ctx, v.site.base(v.R)+"/signin/callback")
	if err != nil {
		return "", "", err
	}
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(b.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode != "":
		return "", "", errors.Join(NotSignedIn, fmt.Errorf("exchange the code: %w", err))
	case err != nil:
		return "", "", errors.Join(unavailable, fmt.Errorf("exchange the code: %w", err))
	}
	raw, _ := token.Extra("id_token").(string)
	claims, err := found.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	if err == nil && subtle.ConstantTimeCompare([]byte(claims.Nonce), []byte(b.Nonce)) != 1 {
		err = errors.New("the ID token answers another sign-in")
	}
	if err != nil {
		return "", "", errors.Join(NotSignedIn, fmt.Errorf("verify the ID token: %w", err))
	}
	return token.AccessToken, raw, nil
}

// begun are the sign-ins that this browser is in the middle of, the oldest
// first.
func (v *Visit) begun() (all []begun) {
	for _, value := range v.site.cookies.like(v.R, cookieSignIn) {
		var b begun
		raw, err := base64.RawURLEncoding.DecodeString(value)
		if err != nil || json.Unmarshal(raw, &b) != nil || b.State == "" {
			continue
		}
		b.Next = Local(b.Next) // a cookie is its holder's to change
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b begun) int { return cmp.Compare(a.At, b.At) })
	return all
}

func asNext(next string) string {
	if next == "" {
		return ""
	}
	return "?next=" + url.QueryEscape(next)
}

// signOut ends the sessions of this browser, here and at the API, and that of
// staff at their provider too: else the next to sit down is let in as them.
func signOut(v *Visit) error {
	to := "/"
	for _, name := range []string{cookieStaff, cookieClaimant} {
		if of := v.Field("of"); of != "" && of != name {
			continue
		}
		if v.Token = v.site.cookies.get(v.R, name); v.Token == "" {
			continue
		}
		err := Done(v.API.CloseSession(v.Ctx(), &rest.CloseSessionParams{IdempotencyKey: v.Key()}))
		if err != nil && !Is(err, "not-signed-in", "not-allowed") { // who is let in no more is out already
			return err
		}
		v.site.cookies.drop(v.W, name)
		if name == cookieStaff {
			to = v.site.staff.signedOut(patient(v.Ctx()), v.site.cookies.get(v.R, cookieIdentity), v.site.base(v.R)+"/signin")
			v.site.cookies.drop(v.W, cookieIdentity)
		}
	}
	v.Token = ""
	v.Tell("flash.signed-out")
	return v.Redirect(to)
}
