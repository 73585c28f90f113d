package contract

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"

	"anpei/schemas/rest"
)

// Read returns what all servers of the process answer by; it is read
// once and not changed.
var Read = sync.OnceValues(rest.GetSpec)

// BasePath stands before every operation.
const BasePath = "/v1"

// Operation is one operation of the contract, prepared for every request.
type Operation struct {
	ID      string
	Route   *routers.Route
	options *openapi3filter.Options
	known   map[string]bool // query parameters
	Who     string          // who may, in the contract's words
	About   string          // the path parameter that names what it is about: claim, task, number, id; or ""
	Public  bool            // nobody needs to be signed in
	Command bool            // it changes something
	Upload  bool            // its body is a file: never buffered here
	Table   bool            // its body is a table, as CSV: its handler reads it
}

// Operations prepares the operations of the contract.
func Operations(spec *openapi3.T) ([]*Operation, error) {
	var ops []*Operation
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			checked := *op
			checked.Security = openapi3.NewSecurityRequirements() // who asks is settled before: see access
			o := &Operation{
				ID:      op.OperationID,
				Route:   &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: &checked},
				options: &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true, KeepValidatedValue: true},
				known:   map[string]bool{},
				Who:     whoMay(op.Description),
				Public:  op.Security != nil && len(*op.Security) == 0,
				Command: !safe(method),
			}
			// Nothing is asked of it, and whatever would be is refused.
			o.options.AuthenticationFunc = func(context.Context, *openapi3filter.AuthenticationInput) error {
				return errors.New("the validator lets nobody in")
			}
			o.options.SchemaValidationOptions = []openapi3.SchemaValidationOption{
				openapi3.EnableFormatValidation(),
				openapi3.WithStringFormatValidator("date-time", formatOf(time.RFC3339)),
				openapi3.WithStringFormatValidator("date", formatOf(time.DateOnly)),
			}
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				if p.Value.In == openapi3.ParameterInQuery {
					o.known[p.Value.Name] = true
				}
			}
			if body := op.RequestBody; body != nil {
				o.Upload = body.Value.Content["application/octet-stream"] != nil
				o.Table = body.Value.Content["text/csv"] != nil
				o.options.ExcludeRequestBody = o.Upload || o.Table
			}
			for _, name := range []string{"claim", "task", "number", "id"} {
				if strings.Contains(path, "{"+name+"}") {
					o.About = name
					break
				}
			}
			ops = append(ops, o)
		}
	}
	slices.SortFunc(ops, func(a, b *Operation) int { return cmp.Compare(a.ID, b.ID) })
	if len(ops) == 0 {
		return nil, errors.New("the contract has no operations")
	}
	return ops, nil
}

// whoMay finds the sentence of a description that begins with "Who:".
func whoMay(description string) string {
	_, rest, _ := strings.Cut(description, "**Who:** ")
	who, _, _ := strings.Cut(rest, "\n")
	return who
}

// formatOf accepts what time.Parse does, so that the 30th of February is told
// together with the other faults.
func formatOf(layout string) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(func(s string) error {
		_, err := time.Parse(layout, s)
		return err
	})
}

// MaxJSON is the largest body of a request that is no upload.
const MaxJSON = 1 << 20

// MaxTable is the largest table, in bytes.
const MaxTable = 2 << 20

// Bound bounds the body of a request by what its operation takes.
func Bound(c echo.Context, op *Operation) {
	r := c.Request()
	switch {
	case op.Upload: // its handler counts
	case op.Table:
		r.Body = http.MaxBytesReader(c.Response(), r.Body, MaxTable)
	default:
		r.Body = http.MaxBytesReader(c.Response(), r.Body, MaxJSON)
	}
}

// Received reads a request, but for a file or a table, and compares it with the
// contract.
func Received(ctx context.Context, c echo.Context, op *Operation) error {
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); op.Table && (err != nil || kind != "text/csv") {
		return &Fault{Kind: KindMediaType, Detail: "Send the table with Content-Type: text/csv."}
	}
	return validate(ctx, c, op)
}

// validate compares a request with the contract and names all that is wrong
// at once.
func validate(ctx context.Context, c echo.Context, op *Operation) error {
	r := c.Request()
	var faults []rest.FieldError
	add := func(pointer, detail string) {
		if len(faults) < 200 {
			faults = append(faults, rest.FieldError{Pointer: pointer, Detail: detail})
		}
	}

	query := url.Values{}
	if r.URL.RawQuery != "" {
		var err error
		if query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			add("query", "The part of the address after ? cannot be read; escape special characters.")
		}
	}
	for name, values := range query {
		switch {
		case !op.known[name]:
			add(name, "There is no such parameter here. "+listed("It takes: ", op.known))
		case len(values) > 1:
			add(name, "Give it once.")
		case !Storable(values[0]):
			add(name, "It holds a character that is no text.")
		}
	}
	params := map[string]string{}
	for _, name := range c.ParamNames() {
		params[name] = PathParam(c, name)
		if !Storable(params[name]) {
			add(name, "It holds a character that is no text.")
		}
	}

	err := openapi3filter.ValidateRequest(ctx, &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, QueryParams: query, Route: op.Route, Options: op.options,
	})
	if err := explain(err, add); err != nil {
		return err
	}
	if body, ok := r.Body.(interface{ ValidatedValue() any }); ok && len(faults) == 0 {
		unstorable("", body.ValidatedValue(), add)
		fractions("", op.bodySchema(), body.ValidatedValue(), add)
	}
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b rest.FieldError) int { return cmp.Compare(a.Pointer, b.Pointer) })
		return Invalid(faults...)
	}
	return nil
}

// explain turns what the validator found into faults in plain words. It
// returns an error where no field is at fault.
func explain(err error, add func(pointer, detail string)) error {
	if err == nil {
		return nil
	}
	if many, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // the list itself, not one that is wrapped
		for _, one := range many {
			if err := explain(one, add); err != nil {
				return err
			}
		}
		return nil
	}
	var large *http.MaxBytesError
	var request *openapi3filter.RequestError
	switch {
	case errors.As(err, &large):
		return &Fault{Kind: KindTooLarge, Detail: fmt.Sprintf("The body is larger than %d KiB.", large.Limit>>10)}
	case !errors.As(err, &request):
		return fmt.Errorf("validate: %w", err)
	case request.Parameter != nil:
		p := request.Parameter
		explainValue(p.Name, request.Err, p.Description, add)
		return nil
	case request.Reason == "reading failed":
		return &Fault{Kind: KindInput, Detail: "The body did not arrive whole and in time. Send it again.", Cause: request.Err}
	case strings.HasPrefix(request.Reason, "header Content-Type"):
		return &Fault{Kind: KindMediaType, Detail: "Send the body with Content-Type: application/json."}
	default:
		explainValue("", request.Err, "", add)
		return nil
	}
}

// explainValue explains what is wrong with one value, or with parts of it.
// base is the name of a parameter; a place in the body is a JSON pointer.
func explainValue(base string, err error, description string, add func(pointer, detail string)) {
	if many, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // the list itself, not one that is wrapped
		for _, one := range many {
			explainValue(base, one, description, add)
		}
		return
	}
	var schema *openapi3.SchemaError
	var parse *openapi3filter.ParseError
	switch {
	case errors.As(err, &schema):
		pointer := base
		if base == "" {
			path := schema.JSONPointer()
			if unknown := unknownField.FindStringSubmatch(schema.Reason); unknown != nil {
				path = append(path, unknown[1]) // the validator names the object that it stands in
			}
			pointer = JSONPointer(path)
		}
		add(pointer, inWords(schema, description))
	case errors.Is(err, openapi3filter.ErrInvalidRequired) && base == "":
		add("", "The body is missing; send a JSON object.")
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		add(base, sentence("It is missing", description))
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		add(base, sentence("It is empty", description))
	case errors.As(err, &parse) && base != "":
		add(base, sentence("It cannot be read", description))
	default:
		add(base, notJSON(err))
	}
}

var unknownField = regexp.MustCompile(`^property "(.*)" is unsupported$`)

// notJSON says where a body stops being JSON.
func notJSON(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("The body is not JSON: at byte %d, %s.", syntax.Offset, syntax)
	}
	return "The body is not JSON."
}

// JSONPointer writes a path as RFC 6901 does.
func JSONPointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return b.String()
}

// inWords says what is wrong with a value and how to mend it. It never repeats
// the value, which may be personal.
func inWords(e *openapi3.SchemaError, description string) string {
	s := e.Schema
	if s.Description != "" {
		description = s.Description
	}
	whole := func(n *uint64) string { return fmt.Sprint(*n) }
	switch e.SchemaField {
	case "required":
		return "It is missing."
	case "type", "nullable":
		return sentence("It must be "+article(s.Type), description)
	case "enum":
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		return "It must be one of: " + strings.Join(values, ", ") + "."
	case "pattern":
		if s.Pattern == uuidForm.String() {
			return "It must be an id, such as 6f1f6a4e-6a1b-5c1e-9a54-2f6d3b7c0a11."
		}
		return sentence("It does not have the form "+s.Pattern, description)
	case "format":
		switch s.Format {
		case "date-time":
			return "It must be a time, such as 2026-11-21T09:30:00+08:00."
		case "date":
			return "It must be a day, such as 2026-11-21."
		}
		return sentence("It must be a "+s.Format, description)
	case "minLength":
		if s.MinLength == 1 {
			return "It must not be empty."
		}
		return fmt.Sprintf("It must have at least %d characters.", s.MinLength)
	case "maxLength":
		return "It must have at most " + whole(s.MaxLength) + " characters."
	case "minItems":
		if s.MinItems == 1 {
			return "It must not be empty."
		}
		return fmt.Sprintf("It must have at least %d items.", s.MinItems)
	case "maxItems":
		return "It must have at most " + whole(s.MaxItems) + " items."
	case "minimum":
		return fmt.Sprintf("It must be at least %s.", number(*s.Min))
	case "maximum":
		return fmt.Sprintf("It must be at most %s.", number(*s.Max))
	case "properties":
		return "There is no such field here."
	default:
		return sentence("It is not what the contract asks for", description)
	}
}

func number(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.0f", v), ".") }

func article(types *openapi3.Types) string {
	if types == nil || len(*types) == 0 {
		return "another type"
	}
	switch t := (*types)[0]; t {
	case "integer":
		return "a whole number"
	case "object", "array":
		return "an " + t
	case "boolean":
		return "true or false"
	default:
		return "a " + t
	}
}

func sentence(what, description string) string {
	if description == "" {
		return what + "."
	}
	return what + ": " + strings.TrimSuffix(description, ".") + "."
}

func listed(before string, names map[string]bool) string {
	if len(names) == 0 {
		return "It takes none."
	}
	var list []string
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return before + strings.Join(list, ", ") + "."
}

// Storable reports whether a text can be stored: PostgreSQL takes no NUL.
func Storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// unstorable finds texts in a body that cannot be stored.
func unstorable(at string, value any, add func(pointer, detail string)) {
	switch v := value.(type) {
	case string:
		if !Storable(v) {
			add(at, "It holds a character that is no text.")
		}
	case []any:
		for i, item := range v {
			unstorable(fmt.Sprintf("%s/%d", at, i), item, add)
		}
	case map[string]any:
		for key, item := range v {
			unstorable(at+JSONPointer([]string{key}), item, add)
		}
	}
}

// bodySchema is what the contract says of an operation's body, or nil.
func (o *Operation) bodySchema() *openapi3.SchemaRef {
	if o.Route.Operation.RequestBody == nil {
		return nil
	}
	if content := o.Route.Operation.RequestBody.Value.Content["application/json"]; content != nil {
		return content.Schema
	}
	return nil
}

// fractions finds whole numbers that are written with a point or an exponent:
// 320000.0 and 3.2e5 are 320000 to the contract, and to nothing that reads them.
func fractions(at string, ref *openapi3.SchemaRef, value any, add func(pointer, detail string)) {
	if ref == nil || ref.Value == nil {
		return
	}
	schema := ref.Value
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		fractions(at, part, value, add)
	}
	switch v := value.(type) {
	case json.Number:
		if schema.Type.Is("integer") && strings.ContainsAny(v.String(), ".eE") {
			add(at, "Write it as a whole number, in digits only: without a decimal point and without an exponent. · 请只用数字填写整数，不要小数点或科学计数")
		}
	case []any:
		for i, item := range v {
			fractions(fmt.Sprintf("%s/%d", at, i), schema.Items, item, add)
		}
	case map[string]any:
		for key, item := range v {
			if property := schema.Properties[key]; property != nil {
				fractions(at+JSONPointer([]string{key}), property, item, add)
			} else if extra := schema.AdditionalProperties.Schema; extra != nil {
				fractions(at+JSONPointer([]string{key}), extra, item, add)
			}
		}
	}
}

// PathParam returns a parameter of the path as it was meant.
func PathParam(c echo.Context, name string) string {
	value := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}

// safe reports whether a method changes nothing.
func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }
