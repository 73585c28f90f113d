package identity

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
)

var (
	//go:embed page.html
	pageText string
	//go:embed style.css
	styleText string

	pages = template.Must(template.New("pages").Parse(pageText))
)

// view is what a page shows.
type view struct {
	Issuer   string
	Secret   string // only the default one
	Personas []Persona
	Clients  []client
	Client   client     // login: who asks
	Choose   url.Values // login: the request, to be repeated with a persona
	Problem  string     // error: what is wrong
}

// Link is the address by which somebody is chosen.
func (v view) Link(subject string) string {
	query := maps.Clone(v.Choose)
	query.Set("persona", subject)
	return "/authorize?" + query.Encode()
}

func (p *Provider) getHome(w http.ResponseWriter, r *http.Request) {
	v := view{}
	if p.secret == DefaultSecret {
		v.Secret = p.secret
	}
	p.show(w, r, http.StatusOK, "home", v)
}

// show answers with a page. No page holds a form: choosing is following a
// link, so that the policy need not name where a browser is sent next.
func (p *Provider) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	v.Issuer, v.Personas, v.Clients = p.issuer, p.personas, clients
	var text bytes.Buffer
	if err := pages.ExecuteTemplate(&text, name, v); err != nil {
		p.fail(r.Context(), w, fmt.Errorf("show page %s: %w", name, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text.Bytes()) //nolint:errcheck // the client left
}

func getStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	fmt.Fprint(w, styleText)
}
