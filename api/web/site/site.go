// Package site is the engine of the pages: a visit, its words, templates, forms
// and cookies, the sign-in of staff, and the way to the API. It knows no page of
// any Audience: these add themselves by a [Handle].
package site

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"anpei/schemas/rest"
)

// Options are what pages need. API must be set.
type Options struct {
	API http.Handler // serves /v1
	Log *slog.Logger // [slog.Default] when nil

	// Origin is where browsers reach the pages, as https://claims.example.com.
	// Empty: this machine only, under the name and port that a request names.
	Origin string

	// The identity provider of staff, and our name there.
	Issuer       string
	Client       string
	ClientSecret string
}

// Site serves the pages.
type Site struct {
	origin  string // without a path; empty on a loopback address
	cookies cookies
	log     *slog.Logger
	pages   pages
	assets  assets
	staff   *provider
	backend backend
	inner   http.Handler // what is behind the guards
}

// Handle adds a page: whose session it looks at, and what answers. A page for
// staff sends whoever is not signed in to the sign-in and back.
type Handle func(pattern string, of Audience, do Page)

// New prepares the pages that routes add. It fails when Origin would send
// sessions over the network in the clear.
func New(o Options, parts Parts, routes ...func(Handle)) (*Site, error) {
	s := &Site{origin: strings.TrimSuffix(o.Origin, "/"), log: o.Log, backend: backend{o.API}, cookies: cookies{secure: true}}
	if s.log == nil {
		s.log = slog.Default()
	}
	u, err := url.Parse(s.origin)
	if err != nil || u.Path != "" || s.origin != "" && (u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return nil, fmt.Errorf("the origin %q is not one: name scheme and host, as https://claims.example.com", o.Origin)
	}
	if u.Scheme != "https" {
		if s.origin != "" && !loopback(u.Host) {
			return nil, fmt.Errorf("the origin %q would carry sessions in the clear: give it https", o.Origin)
		}
		s.cookies.secure = false // a browser takes no secure cookie from http://127.0.0.1
	}
	s.staff = &provider{issuer: o.Issuer, client: o.Client, secret: o.ClientSecret}
	s.assets, s.pages = parts.assets, parts.pages
	mux := http.NewServeMux()
	handle := func(pattern string, of Audience, do Page) { mux.Handle(pattern, s.page(of, do)) }
	signInRoutes(handle)
	for _, add := range routes {
		add(handle)
	}
	mux.Handle("GET /assets/{name}", s.assets)
	mux.Handle("/", s.page(Anybody, func(*Visit) error { return NotFound }))
	// Streams of events and originals pass as they are, and built files as they
	// were built.
	zipped, err := gzhttp.NewWrapper(gzhttp.ContentTypes([]string{"text/html"}))
	if err != nil {
		return nil, fmt.Errorf("compress pages: %w", err)
	}
	s.inner = zipped(mux)
	return s, nil
}

// ServeHTTP implements [http.Handler]: the guards that stand before all pages.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header(), "")
	if s.origin == "" && !loopback(r.Host) {
		// A name that somebody made point here could read what this machine may.
		http.Error(w, "These pages are served on this machine only. Set ANPEI_ORIGIN to the address under which browsers reach them.", http.StatusMisdirectedRequest)
		return
	}
	if err := crossOrigin.Check(r); err != nil {
		s.page(Anybody, func(*Visit) error { return foreign }).ServeHTTP(w, r)
		return
	}
	s.inner.ServeHTTP(w, r)
}

// crossOrigin stops writes that another site makes a browser send.
var crossOrigin = http.NewCrossOriginProtection()

// guard tells a browser what a page may do: load and ask this site, and
// nothing written into the page itself runs. Forms lead here, and to leave one
// origin more if it is named.
func guard(h http.Header, leave string) {
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "font-src 'self'",
		"connect-src 'self'", "frame-src 'self'", "worker-src 'self'", "manifest-src 'self'", strings.TrimSpace("form-action 'self' " + leave), "base-uri 'none'", "frame-ancestors 'none'",
	}, "; "))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=()")
	h.Set("Cache-Control", "no-store") // what a page shows is somebody's own
}

// loopback reports whether a host, with or without a port, is this machine.
func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// base is where this visitor's browser reaches the pages.
func (s *Site) base(r *http.Request) string {
	if s.origin != "" {
		return s.origin
	}
	return "http://" + r.Host
}

// Audience says whose session a page looks at: in one browser somebody may be
// both at work and a claimant.
type Audience int

// Audiences.
const (
	Anybody Audience = iota
	Claimants
	Staff
)

// Page answers one visit. An error becomes a page that says what to do.
type Page func(*Visit) error

// page makes a page a handler.
func (s *Site) page(of Audience, do Page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r, of)
		if of == Staff {
			guard(w.Header(), s.staff.origin()) // the form that signs out goes on to the provider
		}
		if r.Method == http.MethodPost {
			most := int64(maxForm)
			if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
				most = maxFiles // nothing of it is kept in memory: who takes files streams them on
			}
			r.Body = http.MaxBytesReader(w, r.Body, most)
			if err := v.readForm(); err != nil {
				v.fail(err)
				return
			}
		}
		if err := do(v); err != nil {
			v.fail(err)
		}
	})
}

// maxForm is the largest form without files.
const maxForm = 1 << 20

// maxFiles bounds a form that brings files along; each is bounded by the API.
const maxFiles = 10 * (64 << 20)

// Now is the time, at the edge.
func Now() time.Time { return time.Now() }

// client is the API as one visitor reaches it.
func (s *Site) client(v *Visit) *rest.Client {
	return &rest.Client{Server: "http://in.process/v1/", Client: &http.Client{Transport: s.backend}, RequestEditors: []rest.RequestEditorFn{v.introduce}}
}
