package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"anpei/schemas/rest"
)

// What scripts of the pages ask. They speak the contract itself, with the
// session of the page that they run on; problems come as data.

// relay hands a request on to the operation of the API that has its path,
// streaming both ways. It is the visitor's own only if the script meant them:
// another person may have signed in on this phone since the page was loaded.
func relay(v *visit) error {
	me, err := v.surveyor()
	if err != nil {
		return v.failAsData(err)
	}
	if v.r.Header.Get(whose) != string(me.Id) {
		return v.failAsData(&problem{rest.Problem{
			Type: "/problems/another-person", Status: http.StatusForbidden,
			Title: "Another person is signed in", Detail: "What this phone keeps belongs to somebody else, who has to sign in to send it.",
		}})
	}
	return v.pass(v.handOn(strings.TrimPrefix(v.r.URL.EscapedPath(), "/s/api")))
}

// handOn lets the API answer what a script of a page asks, as the visitor's:
// path is the operation's, escaped, and the rest is the request's own.
func (v *visit) handOn(path string) (*http.Response, error) {
	to, err := v.r.URL.Parse("/v1" + path)
	if err != nil {
		return nil, fmt.Errorf("address of %s: %w", v.r.Pattern, err)
	}
	to.RawQuery = v.r.URL.RawQuery
	r := v.r.Clone(v.ctx())
	r.URL, r.Header = to, http.Header{}
	for _, name := range []string{"Content-Type", "Idempotency-Key", "Content-Digest"} {
		if value := v.r.Header.Get(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	if err := v.introduce(v.ctx(), r); err != nil {
		return nil, err
	}
	return v.site.backend.pass(r)
}

// whoAmI tells a script whose session this is, and what time it is here.
func whoAmI(v *visit) error {
	me, err := v.surveyor()
	if err != nil {
		return v.failAsData(err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(map[string]any{"id": me.Id, "name": me.Name, "now": now().UnixMilli()})
}

// failAsData answers a script with the problem as the contract writes it.
func (v *visit) failAsData(err error) error {
	var p *problem
	if !errors.As(err, &p) {
		return err
	}
	v.w.Header().Set("Content-Type", "application/problem+json")
	v.w.WriteHeader(p.Status)
	return json.NewEncoder(v.w).Encode(p.Problem)
}

// worker serves the service worker of the surveyor's pages: what was built,
// behind the list of the files that it keeps. Any other release is another
// script, which a browser then installs.
func (a assets) worker() http.Handler {
	var keep []string
	for _, name := range slices.Sorted(maps.Keys(a.names)) {
		if name != "surveyor-worker.js" && (strings.HasPrefix(name, "surveyor") || strings.HasPrefix(name, "app") || strings.HasPrefix(name, "icon")) {
			keep = append(keep, a.address(name))
		}
	}
	list, err := json.Marshal(keep)
	script := a.files[a.names["surveyor-worker.js"]].body
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err != nil || script == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = fmt.Fprintf(w, "self.anpeiFiles=%s;\n%s", list, script)
	})
}
