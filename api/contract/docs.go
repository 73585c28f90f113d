package contract

import (
	"bytes"
	_ "embed" // for the page's template
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

//go:embed docs.html
var docsTemplate string

// docsGroup is the operations of one tag, as the page shows them.
type docsGroup struct {
	Name, About string
	Ops         []docsOp
}

type docsOp struct {
	ID, Method, Path, Summary string
	About, Who, Errors        template.HTML
	Params                    []docsField
	Body                      []docsBody
	Answers                   []docsAnswer
}

type docsField struct {
	Name, In, Form string
	About          template.HTML
	Required       bool
}

type docsBody struct{ Type, Schema string }

type docsAnswer struct{ Status, About, Schema string }

type docsSchema struct {
	Name   string
	About  template.HTML
	Fields []docsField
}

// docsHTML renders the contract as a page to be read, once a process. It loads
// nothing: one file, its style inside, no script.
var docsHTML = sync.OnceValues(func() ([]byte, error) {
	spec, err := Read()
	if err != nil {
		return nil, err
	}
	page, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse the page of the contract: %w", err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Title": spec.Info.Title, "About": prose(spec.Info.Description), "Base": BasePath,
		"Groups": docsGroups(spec), "Schemas": docsSchemas(spec), "Problems": kindsShown(),
	})
	if err != nil {
		return nil, fmt.Errorf("render the contract: %w", err)
	}
	return out.Bytes(), nil
})

// DocsPage answers with the contract as a page to read.
func DocsPage() (echo.HandlerFunc, error) {
	body, err := docsHTML()
	if err != nil {
		return nil, err
	}
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentSecurityPolicy,
			"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		return c.HTMLBlob(http.StatusOK, body)
	}, nil
}

func docsGroups(spec *openapi3.T) []docsGroup {
	groups := make([]docsGroup, len(spec.Tags))
	for i, tag := range spec.Tags {
		groups[i] = docsGroup{Name: tag.Name, About: tag.Description}
	}
	for _, path := range spec.Paths.InMatchingOrder() {
		item := spec.Paths.Value(path)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			op := item.GetOperation(method)
			if op == nil {
				continue
			}
			for i := range groups {
				if slices.Contains(op.Tags, groups[i].Name) {
					groups[i].Ops = append(groups[i].Ops, docsOperation(method, path, item, op))
				}
			}
		}
	}
	for i := range groups {
		slices.SortStableFunc(groups[i].Ops, func(a, b docsOp) int { return strings.Compare(a.Path, b.Path) })
	}
	return groups
}

func docsOperation(method, path string, item *openapi3.PathItem, op *openapi3.Operation) docsOp {
	about, errs := op.Description, ""
	if before, after, ok := strings.Cut(about, "**Who:**"); ok {
		about = before
		_, errs, _ = strings.Cut(after, "**Errors:** ")
		errs, _, _ = strings.Cut(errs, "\n")
	}
	out := docsOp{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary,
		About: prose(about), Who: prose(whoMay(op.Description)), Errors: prose(errs),
	}
	for _, p := range slices.Concat(item.Parameters, op.Parameters) {
		v := p.Value
		out.Params = append(out.Params, docsField{
			Name: v.Name, In: v.In, Form: formShown(v.Schema), About: prose(v.Description), Required: v.Required,
		})
	}
	if op.RequestBody != nil {
		for mime, media := range op.RequestBody.Value.Content {
			out.Body = append(out.Body, docsBody{mime, refName(media.Schema)})
		}
		slices.SortFunc(out.Body, func(a, b docsBody) int { return strings.Compare(a.Type, b.Type) })
	}
	for status, answer := range op.Responses.Map() {
		if status == "default" {
			continue
		}
		shown := docsAnswer{Status: status, About: *answer.Value.Description}
		for _, media := range answer.Value.Content {
			shown.Schema = refName(media.Schema)
		}
		out.Answers = append(out.Answers, shown)
	}
	slices.SortFunc(out.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Status, b.Status) })
	return out
}

func docsSchemas(spec *openapi3.T) []docsSchema {
	var out []docsSchema
	for name, ref := range spec.Components.Schemas {
		s := docsSchema{Name: name, About: prose(ref.Value.Description)}
		for field, of := range ref.Value.Properties {
			s.Fields = append(s.Fields, docsField{
				Name: field, Form: formShown(of), About: prose(of.Value.Description), Required: slices.Contains(ref.Value.Required, field),
			})
		}
		slices.SortFunc(s.Fields, func(a, b docsField) int { return strings.Compare(a.Name, b.Name) })
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b docsSchema) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// kindsShown lists the problems with their statuses.
func kindsShown() []map[string]any {
	out := make([]map[string]any, len(Kinds))
	for i, k := range Kinds {
		out[i] = map[string]any{"Path": k.Path, "Status": k.Status, "Title": k.Title}
	}
	return out
}

func refName(s *openapi3.SchemaRef) string {
	if s == nil {
		return ""
	}
	return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
}

// formShown says in a few words what a value is.
func formShown(ref *openapi3.SchemaRef) string {
	if ref == nil || ref.Value == nil {
		return ""
	}
	if name := refName(ref); name != "" {
		return name
	}
	s := ref.Value
	form := strings.Join(s.Type.Slice(), " or ")
	if s.Items != nil {
		form = "list of " + formShown(s.Items)
	}
	if s.Format != "" {
		form += ", " + s.Format
	}
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		form += ": " + strings.Join(values, ", ")
	}
	return form
}

var (
	inCode = regexp.MustCompile("`([^`]+)`")
	inBold = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// prose turns the little Markdown of the contract into HTML, everything else
// escaped.
func prose(text string) template.HTML {
	var b strings.Builder
	list := false
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line := template.HTMLEscapeString(strings.TrimSpace(block))
		line = inCode.ReplaceAllString(line, "<code>$1</code>")
		line = inBold.ReplaceAllString(line, "<b>$1</b>")
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case isItem && !list:
			b.WriteString("<ul>")
		case !isItem && list:
			b.WriteString("</ul>")
		}
		list = isItem
		switch {
		case isItem:
			b.WriteString("<li>" + item + "</li>")
		case line != "":
			b.WriteString("<p>" + line + "</p>")
		}
	}
	if list {
		b.WriteString("</ul>")
	}
	return template.HTML(b.String()) //nolint:gosec // every character of the text was escaped above
}
