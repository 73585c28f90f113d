package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"anpei/claim"
	"anpei/schemas/rest"
)

// adminRoutes are the pages of administrators, and those that managers and
// auditors look at, too.
func (s *Site) adminRoutes(handle func(string, audience, page)) {
	handle("GET /admin", staff, elsewhere("/admin/staff"))
	handle("GET /admin/staff", staff, staffList)
	handle("GET /admin/staff/{id}", staff, memberForm)
	handle("POST /admin/staff/{id}", staff, changeMember)
	handle("GET /admin/add/staff", staff, newMemberForm)
	handle("POST /admin/add/staff", staff, addMember)

	handle("GET /admin/policies", staff, policyList)
	handle("GET /admin/policies/{number}", staff, policyPage)
	handle("POST /admin/policies/{number}", staff, endorse)
	handle("GET /admin/add/policy", staff, newPolicyForm)
	handle("POST /admin/add/policy", staff, addPolicy)

	handle("GET /admin/import/{what}", staff, importForm)
	handle("POST /admin/import/{what}", staff, takeTable)
	handle("GET /admin/import/{what}/template", staff, tableTemplate)

	handle("GET /admin/limits", staff, limits)

	handle("GET /desk/figures", staff, figures)
	handle("GET /desk/claims", staff, claimList)
}

// staffRoles are what a member of staff may be, in the order of the work.
var staffRoles = []claim.Role{
	claim.Intake, claim.Dispatcher, claim.Surveyor, claim.Assessor, claim.Reviewer, claim.Finance, claim.Service, claim.Audit, claim.Manager,
	claim.Admin, claim.Operator, claim.Partner,
}

// lines are the lines of business.
var lines = []claim.Line{claim.Motor, claim.Property}

// sought is the form of a list, as the address fills it in.
func (v *visit) sought() form { return form{lang: v.lang, values: v.r.URL.Query()} }

// following is the address of the next page of a list.
func (v *visit) following(after string) string {
	if after == "" {
		return ""
	}
	query := v.r.URL.Query()
	query.Set("after", after)
	query.Del("lang")
	return v.r.URL.Path + "?" + query.Encode()
}

// keeps reports whether the visitor is an administrator; who is not only looks.
func (v *visit) keeps() (bool, error) {
	me, err := v.me()
	return err == nil && me.Role == claim.Admin, err
}

// staffPage is the list of staff.
type staffPage struct {
	Keeps bool
	Form  form
	Roles []claim.Role
	Staff []rest.Staff
	Next  string
}

// staffList shows who works here, by id.
func staffList(v *visit) error {
	keeps, err := v.keeps()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page := staffPage{Keeps: keeps, Form: v.sought(), Roles: staffRoles}
	found, err := read[rest.StaffPage](v.api.ListStaff(v.ctx(), &rest.ListStaffParams{
		Q: strings.TrimSpace(query.Get("q")), Role: claim.Role(query.Get("role")), Branch: strings.TrimSpace(query.Get("branch")), After: query.Get("after"),
	}))
	if err != nil && !is(err, "wrong-input") {
		return err
	}
	page.Form.wrong = problemOf(err)
	page.Staff, page.Next = found.Items, v.following(found.Next)
	return v.show("admin-staff", page)
}

// problemOf is what is wrong, for a form to show; nil where nothing is.
func problemOf(err error) *problem {
	if p, ok := err.(*problem); ok { //nolint:errorlint // as read gives it
		return p
	}
	return nil
}

// memberPage is the form of a member of staff.
type memberPage struct {
	ID    string // empty: somebody is added
	Keeps bool
	Mine  bool // nobody changes their own record
	Form  form
	Tag   string // of the record that the form was filled from
	Roles []claim.Role
	Lines []claim.Line
	Now   []difference // what somebody else has changed meanwhile
}

// difference is a field that is another now than somebody typed.
type difference struct{ Name, Now, Typed string }

// memberForm shows a record, to administrators as a form.
func memberForm(v *visit) error {
	page, err := v.member()
	if err != nil {
		return err
	}
	return v.show("admin-member", page)
}

// member reads the record in the address.
func (v *visit) member() (page memberPage, err error) {
	me, err := v.me()
	if err != nil {
		return page, err
	}
	id := v.r.PathValue("id")
	answer, err := v.api.GetStaff(v.ctx(), claim.Principal(id), nil)
	m, err := read[rest.Staff](answer, err)
	if err != nil {
		return page, err
	}
	return memberPage{
		ID: id, Keeps: me.Role == claim.Admin, Mine: string(me.Id) == id, Form: v.newForm(fieldsOf(m)...), Tag: answer.Header.Get("ETag"),
		Roles: staffRoles, Lines: lines,
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
func (v *visit) typedMember() (rest.StaffChange, *problem) {
	var wrong []string
	number := func(name string, most int) int {
		n, err := strconv.Atoi("0" + v.field(name))
		if err != nil || n > most {
			wrong = append(wrong, name)
		}
		return n
	}
	b := rest.StaffChange{
		Name: v.field("name"), Role: claim.Role(v.field("role")), Branch: v.field("branch"), Level: claim.Level(number("level", 9)),
		Phone: v.field("phone"), MaxLoad: number("max_load", 100), Active: v.field("active") != "", Vouches: v.field("vouches") != "", Skills: []string{},
	}
	for _, line := range lines {
		if v.field("skill_"+string(line)) != "" {
			b.Skills = append(b.Skills, string(line))
		}
	}
	if b.Name == "" {
		wrong = append(wrong, "name")
	}
	if len(wrong) > 0 {
		return b, wrongFields(wrong...)
	}
	return b, nil
}

// changeMember writes a record, unless it is another by now: then it shows
// what is different, beside what was typed.
func changeMember(v *visit) error {
	id := claim.Principal(v.r.PathValue("id"))
	err := v.putMember(id, v.field("tag"))
	if err == nil {
		v.tell("flash.staff-saved")
		return v.redirect("/admin/staff")
	}
	f, ok := v.refill(err)
	if !ok && !is(err, "conflict") {
		return err
	}
	page, readErr := v.member()
	if readErr != nil {
		return readErr
	}
	if !ok { // from now on it is a change to the record as it is
		now := page.Form.values
		f = form{v.lang, v.form, problemOf(err)}
		for _, name := range slices.Sorted(maps.Keys(map[string]bool{"name": true, "role": true, "branch": true, "level": true, "phone": true, "max_load": true, "active": true, "vouches": true})) {
			if now.Get(name) != v.field(name) {
				page.Now = append(page.Now, difference{name, now.Get(name), v.field(name)})
			}
		}
	} else {
		page.Tag = v.field("tag")
	}
	page.Form = f
	return v.showAs(f.wrong.Status, "admin-member", page)
}

func (v *visit) putMember(id claim.Principal, tag string) error {
	b, wrong := v.typedMember()
	if wrong != nil {
		return wrong
	}
	_, err := read[rest.Staff](v.api.PutStaff(v.ctx(), id, &rest.PutStaffParams{IdempotencyKey: v.key(), IfMatch: tag}, b))
	return err
}

// newMemberForm is an empty record.
func newMemberForm(v *visit) error {
	keeps, err := v.keeps()
	if err != nil {
		return err
	}
	return v.show("admin-member", memberPage{Keeps: keeps, Form: v.newForm("active", "on", "max_load", "8", "level", "0"), Roles: staffRoles, Lines: lines})
}

// addMember adds somebody, and overwrites nobody.
func addMember(v *visit) error {
	keeps, err := v.keeps()
	if err != nil {
		return err
	}
	id := v.field("id")
	if id == "" {
		err = wrongFields("id")
	} else {
		err = v.putMember(claim.Principal(id), "none")
	}
	if err == nil {
		v.tell("flash.staff-saved")
		return v.redirect("/admin/staff")
	}
	if is(err, "conflict") {
		err = &problem{rest.Problem{
			Type: "/problems/staff-exists", Status: http.StatusUnprocessableEntity, Errors: []rest.FieldError{{Pointer: "/id"}},
		}}
	}
	f, ok := v.refill(err)
	if !ok {
		return err
	}
	return v.showAs(f.wrong.Status, "admin-member", memberPage{Keeps: keeps, Form: f, Roles: staffRoles, Lines: lines})
}
