package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

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
	Form    form
	File    string       // its name
	Table   string       // the table itself, in base64: nothing is kept here until it is carried out
	Found   *rest.Import // what it would do
}

// importForm asks for a table.
func importForm(v *visit) error {
	page, err := v.importing()
	if err != nil {
		return err
	}
	return v.show("admin-import", page)
}

func (v *visit) importing() (importPage, error) {
	what := v.r.PathValue("what")
	columns, ok := tables[what]
	if !ok {
		return importPage{}, notFound
	}
	_, err := v.me()
	return importPage{What: what, Columns: columns, Form: v.newForm()}, err
}

// takeTable shows what a table would do, or carries out one that was shown.
func takeTable(v *visit) error {
	page, err := v.importing()
	if err != nil {
		return err
	}
	if err := v.readFiles(); err != nil {
		return err
	}
	raw, err := v.table(&page)
	apply := v.field("apply") != ""
	if err == nil {
		var found rest.Import
		if found, err = v.sendTable(page.What, raw, apply); err == nil {
			page.Found = &found
		}
	}
	switch {
	case err == nil && apply:
		v.tell("flash.imported", "new", fmt.Sprint(page.Found.New), "changed", fmt.Sprint(page.Found.Changed))
		return v.redirect("/admin/" + page.What)
	case err == nil:
		return v.show("admin-import", page)
	case apply && (is(err, "wrong-input") || is(err, "conflict")): // what is there has changed since the preview
		if found, again := v.sendTable(page.What, raw, false); again == nil {
			page.Found = &found
			page.Form.wrong = &problem{rest.Problem{Type: "/problems/import-changed", Status: http.StatusConflict}}
			return v.showAs(http.StatusConflict, "admin-import", page)
		}
	}
	p := problemOf(err)
	if p == nil || p.Status == http.StatusUnauthorized || p.Status >= http.StatusInternalServerError || p.Status == http.StatusForbidden {
		return err
	}
	page.Form.wrong, page.Table = p, ""
	return v.showAs(p.Status, "admin-import", page)
}

// table reads the table that was chosen, or that a preview carries on.
func (v *visit) table(page *importPage) ([]byte, error) {
	if page.Table = v.field("table"); page.Table != "" {
		page.File = v.field("file")
		raw, err := base64.StdEncoding.DecodeString(page.Table)
		if err != nil {
			return nil, wrongFields("table")
		}
		return raw, nil
	}
	if v.r.MultipartForm == nil || len(v.r.MultipartForm.File["table"]) == 0 {
		return nil, wrongFields("table")
	}
	chosen := v.r.MultipartForm.File["table"][0]
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

func (v *visit) sendTable(what string, raw []byte, apply bool) (rest.Import, error) {
	key, body := v.key(), bytes.NewReader(raw)
	if !apply {
		key = newKey() // a look is no command
	}
	if what == "staff" {
		return read[rest.Import](v.api.ImportStaffWithBody(v.ctx(), &rest.ImportStaffParams{IdempotencyKey: key, Apply: apply}, "text/csv", body))
	}
	return read[rest.Import](v.api.ImportPoliciesWithBody(v.ctx(), &rest.ImportPoliciesParams{IdempotencyKey: key, Apply: apply}, "text/csv", body))
}

// readFiles reads a form that brings a file, small enough to be held.
func (v *visit) readFiles() error {
	if len(v.form) > 0 { // as [visit.again] sends it: without one
		return nil
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxTable)
	err := v.r.ParseMultipartForm(maxTable) //nolint:gosec // bounded in the line above
	v.form = v.r.PostForm
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &problem{rest.Problem{Type: "/problems/too-large", Status: http.StatusRequestEntityTooLarge}}
	case err != nil:
		return &problem{rest.Problem{Type: "/problems/wrong-input", Status: http.StatusUnprocessableEntity, Detail: err.Error()}}
	}
	return nil
}

// tableTemplate is an empty table with its header, as Excel opens it: the mark
// says that it is UTF-8.
func tableTemplate(v *visit) error {
	page, err := v.importing()
	if err != nil {
		return err
	}
	names := make([]string, len(page.Columns))
	for i, c := range page.Columns {
		names[i] = v.lang.code("column", c.Name)
		if v.lang == en {
			names[i] = c.Name
		}
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="anpei-`+page.What+`.csv"`)
	_, err = io.WriteString(v.w, "\ufeff"+strings.Join(names, ",")+"\r\n")
	return err
}
