package admin

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"anpei/api/web/site"
	"anpei/schemas/rest"
)

// tables are what can be imported, with the columns of each in the order of
// the template. The API reads them under either name, in any order.
var tables = map[string][]tableColumn{
	"staff": {
		{"id", true}, {"name", true}, {"role", true}, {"branch", true}, {"level", false}, {"phone", false}, {"skills", false}, {"max_load", false}, {"active", false}, {"vouches", false},
	},
	"policies": {
		{"number", true},
		{"line", true},
		{"branch", true},
		{"holder_name", true},
		{"holder_phone", true},
		{"insured_name", false},
		{"insured_phone", false},
		{"driver_names", false},
		{"driver_phones", false},
		{"plate", false},
		{"vin", false},
		{"address", false},
		{"starts_at", true},
		{"ends_at", true},
		{"kind", true},
		{"form", true},
		{"sum_insured", false},
		{"value", false},
		{"deductible", false},
		{"rate", false},
		{"limit", false},
	},
}

type tableColumn struct {
	Name   string
	Needed bool
}

// maxTable bounds a form with a table: 2 MiB of table, which a preview carries
// on as base64.
const maxTable = 4 << 20

// importPage is a table on its way in: chosen, looked at, carried out.
type importPage struct {
	What    string
	Columns []tableColumn
	Form    site.Form
	File    string       // its name
	Table   string       // the table itself, in base64: nothing is kept here until it is carried out
	Found   *rest.Import // what it would do
}

// importForm asks for a table.
func importForm(v *site.Visit) error {
	page, err := importing(v)
	if err != nil {
		return err
	}
	return v.Show("admin-import", page)
}

func importing(v *site.Visit) (importPage, error) {
	what := v.R.PathValue("what")
	columns, ok := tables[what]
	if !ok {
		return importPage{}, site.NotFound
	}
	_, err := v.Me()
	return importPage{What: what, Columns: columns, Form: v.NewForm()}, err
}

// takeTable shows what a table would do, or carries out one that was shown.
func takeTable(v *site.Visit) error {
	page, err := importing(v)
	if err != nil {
		return err
	}
	if err := readFiles(v); err != nil {
		return err
	}
	raw, err := table(v, &page)
	apply := v.Field("apply") != ""
	if err == nil {
		var found rest.Import
		if found, err = sendTable(v, page.What, raw, apply); err == nil {
			page.Found = &found
		}
	}
	switch {
	case err == nil && apply:
		v.Tell("flash.imported", "new", fmt.Sprint(page.Found.New), "changed", fmt.Sprint(page.Found.Changed))
		return v.Redirect("/admin/" + page.What)
	case err == nil:
		return v.Show("admin-import", page)
	case apply && (site.Is(err, "wrong-input") || site.Is(err, "conflict")): // what is there has changed since the preview
		if found, again := sendTable(v, page.What, raw, false); again == nil {
			page.Found = &found
			page.Form.Problem = &site.Problem{Problem: rest.Problem{Type: "/problems/import-changed", Status: http.StatusConflict}}
			return v.ShowAs(http.StatusConflict, "admin-import", page)
		}
	}
	p := site.ProblemOf(err)
	if p == nil || p.Status == http.StatusUnauthorized || p.Status >= http.StatusInternalServerError || p.Status == http.StatusForbidden {
		return err
	}
	page.Form.Problem, page.Table = p, ""
	return v.ShowAs(p.Status, "admin-import", page)
}

// table reads the table that was chosen, or that a preview carries on.
func table(v *site.Visit, page *importPage) ([]byte, error) {
	if page.Table = v.Field("table"); page.Table != "" {
		page.File = v.Field("file")
		raw, err := base64.StdEncoding.DecodeString(page.Table)
		if err != nil {
			return nil, site.WrongFields("table")
		}
		return raw, nil
	}
	if v.R.MultipartForm == nil || len(v.R.MultipartForm.File["table"]) == 0 {
		return nil, site.WrongFields("table")
	}
	chosen := v.R.MultipartForm.File["table"][0]
	file, err := chosen.Open()
	if err != nil {
		return nil, fmt.Errorf("open the table: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("read the table: %w", err)
	}
	page.File, page.Table = chosen.Filename, base64.StdEncoding.EncodeToString(raw)
	return raw, nil
}

func sendTable(v *site.Visit, what string, raw []byte, apply bool) (rest.Import, error) {
	key, body := v.Key(), bytes.NewReader(raw)
	if !apply {
		key = site.NewKey() // a look is no command
	}
	if what == "staff" {
		return site.Read[rest.Import](v.API.ImportStaffWithBody(v.Ctx(), &rest.ImportStaffParams{IdempotencyKey: key, Apply: apply}, "text/csv", body))
	}
	return site.Read[rest.Import](v.API.ImportPoliciesWithBody(v.Ctx(), &rest.ImportPoliciesParams{IdempotencyKey: key, Apply: apply}, "text/csv", body))
}

// readFiles reads a form that brings a file, small enough to be held.
func readFiles(v *site.Visit) error {
	if len(v.Values) > 0 { // as [site.Visit] sends it again: without one
		return nil
	}
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, maxTable)
	err := v.R.ParseMultipartForm(maxTable)
	v.Values = v.R.PostForm
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &site.Problem{Problem: rest.Problem{Type: "/problems/too-large", Status: http.StatusRequestEntityTooLarge}}
	case err != nil:
		return &site.Problem{Problem: rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	return nil
}

// tableTemplate is an empty table with its header, as Excel opens it: the mark
// says that it is UTF-8.
func tableTemplate(v *site.Visit) error {
	page, err := importing(v)
	if err != nil {
		return err
	}
	names := make([]string, len(page.Columns))
	for i, c := range page.Columns {
		names[i] = v.Lang.Code("column", c.Name)
		if v.Lang == site.EN {
			names[i] = c.Name
		}
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="anpei-`+page.What+`.csv"`)
	_, err = io.WriteString(v.W, "\ufeff"+strings.Join(names, ",")+"\r\n")
	return err
}
