// Package admin is the pages of administrators, and those that managers and
// auditors look at, too: staff, policies, their import, and limits.
package admin

import (
	"embed"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// Files are the templates and words of these pages.
//
//go:embed templates/*.html words/*.json
var Files embed.FS

func init() { site.AddWords(Files) }

// Routes are the pages of administrators, and those that managers and
// auditors look at, too.
func Routes(handle site.Handle) {
	handle("GET /admin", site.Staff, site.Elsewhere("/admin/staff"))
	handle("GET /admin/staff", site.Staff, staffList)
	handle("GET /admin/staff/{id}", site.Staff, memberForm)
	handle("POST /admin/staff/{id}", site.Staff, changeMember)
	handle("GET /admin/add/staff", site.Staff, newMemberForm)
	handle("POST /admin/add/staff", site.Staff, addMember)

	handle("GET /admin/policies", site.Staff, policyList)
	handle("GET /admin/policies/{number}", site.Staff, policyPage)
	handle("POST /admin/policies/{number}", site.Staff, endorse)
	handle("GET /admin/add/policy", site.Staff, newPolicyForm)
	handle("POST /admin/add/policy", site.Staff, addPolicy)

	handle("GET /admin/import/{what}", site.Staff, importForm)
	handle("POST /admin/import/{what}", site.Staff, takeTable)
	handle("GET /admin/import/{what}/template", site.Staff, tableTemplate)

	handle("GET /admin/limits", site.Staff, limits)
}

// staffRoles are what a member of staff may be, in the order of the work.
var staffRoles = []claim.Role{
	claim.Intake, claim.Dispatcher, claim.Surveyor, claim.Assessor, claim.Reviewer, claim.Finance, claim.Service, claim.Audit, claim.Manager,
	claim.Admin, claim.Operator, claim.Partner,
}

// isAdmin reports whether the visitor is an administrator; who is not only looks.
func isAdmin(v *site.Visit) (bool, error) {
	me, err := v.Me()
	return err == nil && me.Role == claim.Admin, err
}

// staffPage is the list of staff.
type staffPage struct {
	Keeps bool
	Form  site.Form
	Roles []claim.Role
	Staff []rest.Staff
	Next  string
}

// staffList shows who works here, by id.
func staffList(v *site.Visit) error {
	keeps, err := isAdmin(v)
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	page := staffPage{Keeps: keeps, Form: v.Sought(), Roles: staffRoles}
	found, err := site.Read[rest.StaffPage](v.API.ListStaff(v.Ctx(), &rest.ListStaffParams{
		Q: strings.TrimSpace(query.Get("q")), Role: claim.Role(query.Get("role")), Branch: strings.TrimSpace(query.Get("branch")), After: query.Get("after"),
	}))
	if err != nil && !site.Is(err, "wrong-input") {
		return err
	}
	page.Form.Problem = site.ProblemOf(err)
	page.Staff, page.Next = found.Items, v.Following(found.Next)
	return v.Show("admin-staff", page)
}

// memberPage is the form of a member of staff.
type memberPage struct {
	ID    string // empty: somebody is added
	Keeps bool
	Mine  bool // nobody changes their own record
	Form  site.Form
	Tag   string // of the record that the form was filled from
	Roles []claim.Role
	Lines []claim.Line
	Now   []difference // what somebody else has changed meanwhile
}

// difference is a field that is another now than somebody typed.
type difference struct{ Name, Now, Typed string }

// memberForm shows a record, to administrators as a form.
func memberForm(v *site.Visit) error {
	page, err := readMember(v)
	if err != nil {
		return err
	}
	return v.Show("admin-member", page)
}

// readMember reads the record in the address.
func readMember(v *site.Visit) (page memberPage, err error) {
	me, err := v.Me()
	if err != nil {
		return page, err
	}
	id := v.R.PathValue("id")
	answer, err := v.API.GetStaff(v.Ctx(), claim.Principal(id), nil)
	m, err := site.Read[rest.Staff](answer, err)
	if err != nil {
		return page, err
	}
	return memberPage{
		ID: id, Keeps: me.Role == claim.Admin, Mine: string(me.Id) == id, Form: v.NewForm(fieldsOf(m)...), Tag: answer.Header.Get("ETag"),
		Roles: staffRoles, Lines: site.Lines,
	}, nil
}

// fieldsOf are the fields of a record, as a form holds them.
func fieldsOf(m rest.Staff) []string {
	pairs := []string{
		"name", m.Name, "role", string(m.Role), "branch", m.Branch, "level", strconv.Itoa(int(m.Level)), "phone", m.Phone,
		"max_load", strconv.Itoa(m.MaxLoad),
	}
	for _, skill := range m.Skills {
		pairs = append(pairs, "skill_"+skill, "on")
	}
	if m.Active {
		pairs = append(pairs, "active", "on")
	}
	if m.Vouches {
		pairs = append(pairs, "vouches", "on")
	}
	return pairs
}

// typedMember reads the form of a record.
func typedMember(v *site.Visit) (rest.StaffChange, *site.Problem) {
	var wrong []string
	number := func(name string, most int) int {
		n, err := strconv.Atoi("0" + v.Field(name))
		if err != nil || n > most {
			wrong = append(wrong, name)
		}
		return n
	}
	b := rest.StaffChange{
		Name: v.Field("name"), Role: claim.Role(v.Field("role")), Branch: v.Field("branch"), Level: claim.Level(number("level", 9)),
		Phone: v.Field("phone"), MaxLoad: number("max_load", 100), Active: v.Field("active") != "", Vouches: v.Field("vouches") != "", Skills: []string{},
	}
	for _, line := range site.Lines {
		if v.Field("skill_"+string(line)) != "" {
			b.Skills = append(b.Skills, string(line))
		}
	}
	if b.Name == "" {
		wrong = append(wrong, "name")
	}
	if len(wrong) > 0 {
		return b, site.WrongFields(wrong...)
	}
	return b, nil
}

// changeMember writes a record, unless it is another by now: then it shows
// what is different, beside what was typed.
func changeMember(v *site.Visit) error {
	id := claim.Principal(v.R.PathValue("id"))
	err := putMember(v, id, v.Field("tag"))
	if err == nil {
		v.Tell("flash.staff-saved")
		return v.Redirect("/admin/staff")
	}
	f, ok := v.Refill(err)
	if !ok && !site.Is(err, "conflict") {
		return err
	}
	page, readErr := readMember(v)
	if readErr != nil {
		return readErr
	}
	if !ok { // from now on it is a change to the record as it is
		now := page.Form.Values
		f = site.Form{Lang: v.Lang, Values: v.Values, Problem: site.ProblemOf(err)}
		for _, name := range slices.Sorted(maps.Keys(map[string]bool{"name": true, "role": true, "branch": true, "level": true, "phone": true, "max_load": true, "active": true, "vouches": true})) {
			if now.Get(name) != v.Field(name) {
				page.Now = append(page.Now, difference{name, now.Get(name), v.Field(name)})
			}
		}
	} else {
		page.Tag = v.Field("tag")
	}
	page.Form = f
	return v.ShowAs(f.Problem.Status, "admin-member", page)
}

func putMember(v *site.Visit, id claim.Principal, tag string) error {
	b, wrong := typedMember(v)
	if wrong != nil {
		return wrong
	}
	_, err := site.Read[rest.Staff](v.API.PutStaff(v.Ctx(), id, &rest.PutStaffParams{IdempotencyKey: v.Key(), IfMatch: tag}, b))
	return err
}

// newMemberForm is an empty record.
func newMemberForm(v *site.Visit) error {
	keeps, err := isAdmin(v)
	if err != nil {
		return err
	}
	return v.Show("admin-member", memberPage{Keeps: keeps, Form: v.NewForm("active", "on", "max_load", "8", "level", "0"), Roles: staffRoles, Lines: site.Lines})
}

// addMember adds somebody, and overwrites nobody.
func addMember(v *site.Visit) error {
	keeps, err := isAdmin(v)
	if err != nil {
		return err
	}
	id := v.Field("id")
	if id == "" {
		err = site.WrongFields("id")
	} else {
		err = putMember(v, claim.Principal(id), "none")
	}
	if err == nil {
		v.Tell("flash.staff-saved")
		return v.Redirect("/admin/staff")
	}
	if site.Is(err, "conflict") {
		err = &site.Problem{Problem: rest.Problem{
			Type: "/problems/staff-exists", Status: http.StatusUnprocessableEntity, Errors: []rest.FieldError{{Pointer: "/id"}},
		}}
	}
	f, ok := v.Refill(err)
	if !ok {
		return err
	}
	return v.ShowAs(f.Problem.Status, "admin-member", memberPage{Keeps: keeps, Form: f, Roles: staffRoles, Lines: site.Lines})
}
