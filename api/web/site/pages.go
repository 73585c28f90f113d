package site

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"anpei/claim"
	"anpei/schemas/rest"
)

// pages are the templates of each language, all in one set: the layout, parts
// that pages share, and of a page "<page>/title", "<page>/help", "<page>/main" and,
// where it loads scripts, "<page>/scripts".
type pages map[Lang]*template.Template

// Parts are what the pages are made of: templates, and files that browsers load.
type Parts struct {
	assets assets
	pages  pages
}

// ReadParts reads what was built for browsers, and the templates of this package
// and of the audiences.
func ReadParts(built fs.FS, audiences ...fs.FS) (p Parts, err error) {
	if p.assets, err = readAssets(built); err != nil {
		return p, err
	}
	p.pages = pages{}
	for l := range dictionaries {
		set := template.New("")
		set.Funcs(functions(l, p.assets)).Funcs(template.FuncMap{"section": section(set)})
		for _, files := range append([]fs.FS{files}, audiences...) {
			if _, err := set.ParseFS(files, "templates/*.html"); err != nil {
				return p, fmt.Errorf("read templates: %w", err)
			}
		}
		p.pages[l] = set
	}
	return p, nil
}

// section renders a part of the page that the layout stands around; one that the
// page does not have is empty.
func section(set *template.Template) func(f frame, name string) (template.HTML, error) {
	return func(f frame, name string) (template.HTML, error) {
		part := set.Lookup(f.Name + "/" + name)
		if part == nil {
			return "", nil
		}
		var out strings.Builder
		err := part.Execute(&out, f.Page)
		return template.HTML(out.String()), err //nolint:gosec // the template has escaped it
	}
}

// functions are what templates may call.
func functions(l Lang, assets assets) template.FuncMap {
	return template.FuncMap{
		"t":      l.Say,  // {{t "code.lead" "phone" .Phone}}
		"pick":   l.pick, // {{pick .TextZh .TextEn}}
		"half":   l.half, // {{half .Detail}}
		"note":   l.note, // {{note .Task}}
		"cite":   l.cite, // {{cite .Source}}
		"lang":   func() Lang { return l },
		"code":   func(kind string, code any) string { return l.Code(kind, fmt.Sprint(code)) }, // {{code "role" .Role}}
		"money":  Money,
		"share":  share,
		"stamp":  stamp,
		"millis": func() int64 { return Now().UnixMilli() },
		"day":    func(t time.Time) string { return l.day(t, Now()) },
		"moment": func(t time.Time) string { return l.Moment(t, Now()) },
		"by":     func(t time.Time) string { return l.by(t, Now()) },
		"left":   func(t time.Time) string { return l.left(t, Now()) },
		"late":   func(t time.Time) bool { return t.Before(Now()) },
		"soon":   func(t time.Time) bool { return t.Before(Now().Add(2 * time.Hour)) },
		"key":    NewKey, // the Idempotency-Key of a form
		"plus":   func(a, b int) int { return a + b },
		"fen":    func(f claim.Fen) int64 { return int64(f) },
		"months": func() []int { return []int{3, 6, 12, 24, 36} },
		// Of a period, its first day and its last.
		"firstday": func(t time.Time) string { return claim.DateOf(t).String() },
		"lastday":  func(end time.Time) string { return claim.DateOf(end.Add(-time.Second)).String() },
		"lasting":  l.lasting,
		"inputs":   Inputs,
		"value":    FieldValue,
		"notes":    notes,
		"twice":    claim.KeyedTwice,
		"km":       km,
		"last":     last,
		"asset":    assets.address,
		"args":     args,
		"need":     needWay,
		"view":     func(name string) string { return ZH.Code("view", name) },
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
	Name   string // of the page
	Lang   Lang
	Switch string // this page in the other language; empty after a write
	Area   string // claimant, surveyor or desk: what stands in the header, and which scripts are loaded
	Who    *rest.Principal
	Signed bool
	Path   string
	Flash  string
	Page   any
}

// Show renders a page.
func (v *Visit) Show(name string, data any) error { return v.ShowAs(http.StatusOK, name, data) }

// ShowAs renders a page under another status than 200.
func (v *Visit) ShowAs(status int, name string, data any) error {
	f := frame{Name: name, Lang: v.Lang, Area: "claimant", Signed: v.Token != "", Path: v.R.URL.Path, Flash: v.told(), Page: data}
	if v.of == Staff {
		f.Area, f.Who = "desk", v.who
	}
	if strings.HasPrefix(v.R.URL.Path, "/s/") {
		f.Area = "surveyor"
	}
	if v.R.Method == http.MethodGet {
		f.Switch = inLanguage(v.R.URL, v.Lang.other())
	}
	if v.site.pages[v.Lang].Lookup(name+"/main") == nil {
		return fmt.Errorf("there is no page %s", name)
	}
	return v.render(status, "layout", f)
}

// ShowPart renders one template, to replace a part of a page.
func (v *Visit) ShowPart(name string, data any) error { return v.render(http.StatusOK, name, data) }

func (v *Visit) render(status int, name string, data any) error {
	var out bytes.Buffer
	if err := v.site.pages[v.Lang].ExecuteTemplate(&out, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.Lang))
	v.W.WriteHeader(status)
	_, _ = out.WriteTo(v.W) // whoever has left is not told
	return nil
}

// Part reports whether htmx asks for a part of the page to be replaced.
func (v *Visit) Part() bool { return v.R.Header.Get("HX-Request") == "true" }

// inLanguage is the same address in a language.
func inLanguage(u *url.URL, l Lang) string {
	query := u.Query()
	query.Set("lang", string(l))
	return u.Path + "?" + query.Encode()
}
