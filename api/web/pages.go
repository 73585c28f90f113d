package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template/parse"
	"time"

	"anpei/claim"
	"anpei/schemas/rest"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the templates, parsed once for each language: layout.html, the
// shared *parts.html, and one file for each page, which
// defines "title", "help" and "main".
type pages map[lang]map[string]*template.Template

// embedded are the built files and the pages that name them, read once a process.
var embedded = sync.OnceValues(func() (e struct {
	assets
	pages
}, err error,
) {
	if e.assets, err = readAssets(); err == nil {
		e.pages, err = readPages(e.assets)
	}
	return e, err
})

func readPages(assets assets) (pages, error) {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	all := pages{}
	for l := range dictionaries {
		known := functions(l, assets)
		shared, err := template.New("shared").Funcs(known).ParseFS(templateFiles, "templates/layout.html", "templates/*parts.html")
		if err != nil {
			return nil, fmt.Errorf("read the layout: %w", err)
		}
		all[l] = map[string]*template.Template{}
		for _, file := range files {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || strings.HasSuffix(name, "parts") {
				continue
			}
			page, err := template.New(name).Funcs(known).ParseFS(templateFiles, file)
			if err == nil {
				err = complete(page, shared)
			}
			if err != nil {
				return nil, fmt.Errorf("read page %s: %w", name, err)
			}
			all[l][name] = page
		}
	}
	return all, nil
}

// complete gives a page the shared templates that it calls, and no others: a
// clone of them all for each page and language would be half of what lives in
// this process, and every collection of garbage would go through it.
func complete(page, shared *template.Template) error {
	add := func(name string) error {
		t := shared.Lookup(name)
		if t == nil || page.Lookup(name) != nil {
			return nil // its own, or nobody's, which execution would tell
		}
		_, err := page.AddParseTree(name, t.Tree.Copy())
		return err
	}
	if err := add("layout"); err != nil {
		return err
	}
	for done := map[string]bool{}; ; {
		before := len(done)
		for _, t := range page.Templates() {
			if done[t.Name()] || t.Tree == nil {
				continue
			}
			done[t.Name()] = true
			for _, name := range called(t.Tree.Root) {
				if err := add(name); err != nil {
					return err
				}
			}
		}
		if len(done) == before {
			return nil
		}
	}
}

// called returns the templates that a list of nodes calls.
func called(list *parse.ListNode) (names []string) {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		var branch parse.BranchNode
		switch n := node.(type) {
		case *parse.TemplateNode:
			names = append(names, n.Name)
			continue
		case *parse.IfNode:
			branch = n.BranchNode
		case *parse.RangeNode:
			branch = n.BranchNode
		case *parse.WithNode:
			branch = n.BranchNode
		default:
			continue
		}
		names = slices.Concat(names, called(branch.List), called(branch.ElseList))
	}
	return names
}

// functions are what templates may call.
func functions(l lang, assets assets) template.FuncMap {
	return template.FuncMap{
		"t":      l.say,  // {{t "code.lead" "phone" .Phone}}
		"pick":   l.pick, // {{pick .TextZh .TextEn}}
		"half":   l.half, // {{half .Detail}}
		"note":   l.note, // {{note .Task}}
		"cite":   l.cite, // {{cite .Source}}
		"lang":   func() lang { return l },
		"code":   func(kind string, code any) string { return l.code(kind, fmt.Sprint(code)) }, // {{code "role" .Role}}
		"money":  money,
		"share":  share,
		"stamp":  stamp,
		"millis": func() int64 { return now().UnixMilli() },
		"day":    func(t time.Time) string { return l.day(t, now()) },
		"moment": func(t time.Time) string { return l.moment(t, now()) },
		"by":     func(t time.Time) string { return l.by(t, now()) },
		"left":   func(t time.Time) string { return l.left(t, now()) },
		"late":   func(t time.Time) bool { return t.Before(now()) },
		"soon":   func(t time.Time) bool { return t.Before(now().Add(2 * time.Hour)) },
		"key":    newKey, // the Idempotency-Key of a form
		"plus":   func(a, b int) int { return a + b },
		"fen":    func(f claim.Fen) int64 { return int64(f) },
		"months": func() []int { return []int{3, 6, 12, 24, 36} },
		// Of a period, its first day and its last.
		"firstday": func(t time.Time) string { return claim.DateOf(t).String() },
		"lastday":  func(end time.Time) string { return claim.DateOf(end.Add(-time.Second)).String() },
		"lasting":  l.lasting,
		"inputs":   inputs,
		"value":    fieldValue,
		"notes":    notes,
		"twice":    claim.KeyedTwice,
		"km":       km,
		"last":     last,
		"asset":    assets.address,
		"args":     args,
		"need":     needWay,
		"view":     func(name string) string { return zh.code("view", name) },
	}
}

// args hands a shared part several values: {{template "field" (args "Form" .Form "Name" "phone")}}.
func args(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// frame is what the layout shows around a page.
type frame struct {
	Lang   lang
	Switch string // this page in the other language; empty after a write
	Area   string // claimant, surveyor or desk: what stands in the header, and which scripts are loaded
	Who    *rest.Principal
	Signed bool
	Path   string
	Flash  string
	Page   any
}

// show renders a page.
func (v *visit) show(name string, data any) error { return v.showAs(http.StatusOK, name, data) }

// showAs renders a page under another status than 200.
func (v *visit) showAs(status int, name string, data any) error {
	f := frame{Lang: v.lang, Area: "claimant", Signed: v.token != "", Path: v.r.URL.Path, Flash: v.told(), Page: data}
	if v.of == staff {
		f.Area, f.Who = "desk", v.who
	}
	if strings.HasPrefix(v.r.URL.Path, "/s/") {
		f.Area = "surveyor"
	}
	if v.r.Method == http.MethodGet {
		f.Switch = inLanguage(v.r.URL, v.lang.other())
	}
	return v.render(status, name, "layout", f)
}

// showPart renders one template of a page, to replace a part of it.
func (v *visit) showPart(name, part string, data any) error {
	return v.render(http.StatusOK, name, part, data)
}

func (v *visit) render(status int, name, part string, data any) error {
	page, ok := v.site.pages[v.lang][name]
	if !ok {
		return fmt.Errorf("there is no page %s", name)
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, part, data); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.lang))
	v.w.WriteHeader(status)
	_, _ = out.WriteTo(v.w) // whoever has left is not told
	return nil
}

// part reports whether htmx asks for a part of the page to be replaced.
func (v *visit) part() bool { return v.r.Header.Get("HX-Request") == "true" }

// inLanguage is the same address in a language.
func inLanguage(u *url.URL, l lang) string {
	query := u.Query()
	query.Set("lang", string(l))
	return u.Path + "?" + query.Encode()
}
