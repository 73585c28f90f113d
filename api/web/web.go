// Package web is the pages that claimants, surveyors and the desk use. It is a
// client of our own contract: what a page shows or sends goes through the /v1
// API in process, as the visitor, and so through the same checks, policies and
// logs as everybody's requests. It reads no row and decides nothing.
//
// A page is a template in templates/, a route in [Site.routes] and a method on
// visit; its words are in words/zh.json and words/en.json.
package web

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

// New prepares the pages. It fails when a template cannot be read, and when
// Origin would send sessions over the network in the clear.
func New(o Options) (*Site, error) {
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
	read, err := embedded()
	if err != nil {
		return nil, err
	}
	s.assets, s.pages = read.assets, read.pages
	mux := http.NewServeMux()
	s.routes(mux)
	// Streams of events and originals pass as they are, and built files as they
	// were built.
	zipped, err := gzhttp.NewWrapper(gzhttp.ContentTypes([]string{"text/html"}))
	if err != nil {
		return nil, fmt.Errorf("compress pages: %w", err)
	}
	s.inner = zipped(mux)
	return s, nil
}

// routes are the pages, each with those whose session it looks at. A page for
// staff sends whoever is not signed in to the sign-in and back.
func (s *Site) routes(mux *http.ServeMux) {
	handle := func(pattern string, of audience, do page) { mux.Handle(pattern, s.page(of, do)) }

	handle("GET /{$}", claimants, home)
	handle("GET /track", claimants, trackForm)
	handle("POST /track", claimants, track)
	handle("GET /track/code", claimants, codeForm)
	handle("POST /track/code", claimants, enterCode)
	handle("GET /c/{claim}", claimants, claimPage)
	s.claimantRoutes(handle)

	handle("GET /signin", staff, signInPage)
	handle("GET /signin/start", staff, startSignIn)
	handle("GET /signin/callback", staff, finishSignIn)
	handle("POST /signout", anybody, signOut)

	s.deskRoutes(handle)
	s.adminRoutes(handle)

	s.surveyorRoutes(mux, handle)

	mux.Handle("GET /assets/{name}", s.assets)
	mux.Handle("/", s.page(anybody, func(*visit) error { return notFound }))
}

// Serves reports whether a path is a page's; the others are the API's and the
// operators'.
func Serves(path string) bool {
	for _, prefix := range []string{"/v1", "/docs", "/problems", "/openapi.yaml", "/livez", "/readyz"} {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return false
		}
	}
	return true
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
		s.page(anybody, func(*visit) error { return foreign }).ServeHTTP(w, r)
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

// audience says whose session a page looks at: in one browser somebody may be
// both at work and a claimant.
type audience int

const (
	anybody audience = iota
	claimants
	staff
)

// page answers one visit. An error becomes a page that says what to do.
type page func(*visit) error

// page makes a page a handler.
func (s *Site) page(of audience, do page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r, of)
		if of == staff {
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

// now is the time, at the edge.
func now() time.Time { return time.Now() }

// client is the API as one visitor reaches it.
func (s *Site) client(v *visit) *rest.Client {
	return &rest.Client{Server: "http://in.process/v1/", Client: &http.Client{Transport: s.backend}, RequestEditors: []rest.RequestEditorFn{v.introduce}}
}
