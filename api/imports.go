package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// importing is a table on its way in. plan says what each row does; carry does
// it, in the transaction that plan has looked at.
type importing struct {
	kind  string
	plan  func(context.Context, db.DBTX) (*planned, error)
	carry func(context.Context, pgx.Tx) error
}

// takeIn previews a table, or carries all of it out. What it did is one entry
// of the reference log, with the table's hash and the records it touched.
func (s *records) takeIn(ctx context.Context, key string, apply bool, raw []byte, in importing) (rest.Import, error) {
	if !apply {
		p, err := in.plan(ctx, s.db)
		if err != nil {
			return rest.Import{}, err
		}
		return p.Import, nil
	}
	sum := sha256.Sum256(raw)
	logged := map[string]any{"sha256": hex.EncodeToString(sum[:])}
	return administer(ctx, s, key, in.kind, hex.EncodeToString(sum[:]), logged, nil, func(tx pgx.Tx) (rest.Import, error) {
		p, err := in.plan(ctx, tx)
		if err == nil {
			err = p.fit()
		}
		if err == nil {
			err = in.carry(ctx, tx)
		}
		if err != nil {
			return rest.Import{}, err
		}
		touched := make([]string, len(p.Rows))
		for i, row := range p.Rows {
			touched[i] = string(row.State) + " " + row.Key
		}
		logged["touched"] = slices.Compact(touched)
		out := p.Import
		out.Applied, out.Rows = true, []rest.ImportRow{}
		return out, nil
	})
}

var staffColumns = []column{
	{"id", "工号", true},
	{"name", "姓名", true},
	{"role", "岗位", true},
	{"branch", "机构", true},
	{"level", "级别", false},
	{"phone", "手机号", false},
	{"skills", "技能", false},
	{"max_load", "任务上限", false},
	{"active", "在职", false},
	{"vouches", "担保", false},
}

var roleNames = map[claim.Role]string{
	claim.Intake: "报案专员", claim.Dispatcher: "调度员", claim.Surveyor: "查勘员", claim.Assessor: "定损员", claim.Reviewer: "核赔人",
	claim.Finance: "财务", claim.Service: "客服", claim.Audit: "稽核", claim.Manager: "管理", claim.Admin: "管理员", claim.Operator: "运维",
	claim.Partner: "合作方",
}

var (
	lineNames  = map[claim.Line]string{claim.Motor: "车险", claim.Property: "企业财产险"}
	coverNames = map[claim.ExposureKind]string{
		claim.OwnDamage: "车损险", claim.ThirdPartyProperty: "第三者责任险", claim.CommercialProperty: "企业财产险",
	}
	plainYesNo = map[string]string{"true": "是", "false": "否"}
	yesNo      = map[string]string{"true": "是", "false": "否", "1": "在职", "0": "离职"}
)

// ImportStaff implements [rest.StrictServerInterface].
func (s *records) ImportStaff(ctx context.Context, r rest.ImportStaffRequestObject) (rest.ImportStaffResponseObject, error) {
	raw, table, err := sheetOf(r.Body, staffColumns)
	if err != nil {
		return nil, err
	}
	var put []db.PutStaffParams
	out, err := s.takeIn(ctx, r.Params.IdempotencyKey, r.Params.Apply, raw, importing{
		kind: "staff.imported",
		plan: func(ctx context.Context, from db.DBTX) (p *planned, err error) {
			p, put, err = s.planStaff(ctx, from, table)
			return p, err
		},
		carry: func(ctx context.Context, tx pgx.Tx) error {
			for _, row := range put {
				if err := s.q.PutStaff(ctx, tx, row); err != nil {
					return fmt.Errorf("put staff %s: %w", row.ID, err)
				}
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	if out.Applied {
		for _, row := range put {
			s.access.Changed(row.ID)
		}
	}
	return rest.ImportStaff200JSONResponse(out), nil
}

// sheetOf keeps the bytes of a table beside what they say.
func sheetOf(body io.Reader, columns []column) ([]byte, *sheet, error) {
	var raw bytes.Buffer
	table, err := readSheet(io.TeeReader(body, &raw), columns)
	return raw.Bytes(), table, err
}

// planStaff says what each row of a table of staff does, and what is to be put.
func (s *records) planStaff(ctx context.Context, from db.DBTX, table *sheet) (*planned, []db.PutStaffParams, error) {
	ids := make([]string, len(table.rows))
	for i, r := range table.rows {
		ids[i] = r.cells["id"]
	}
	rows, err := s.q.StaffByIDs(ctx, from, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("read staff: %w", err)
	}
	there := map[claim.Principal]db.Staff{}
	for _, m := range rows {
		there[m.ID] = m
	}
	p, named := &planned{rest.Import{Rows: []rest.ImportRow{}}}, map[claim.Principal]int{}
	var put []db.PutStaffParams
	for _, r := range table.rows {
		r := &sheetRow{line: r.line, cells: r.cells, marked: r.marked, wrongs: slices.Clone(r.wrongs)} // a plan may be made twice
		id, b := r.member()
		if line := named[id]; line > 0 {
			r.add("id", fmt.Sprintf("This id stands in line %d already. · 工号与第 %[1]d 行重复", line))
		}
		named[id] = r.line
		before, known := there[id]
		var changes []rest.ImportChange
		if known {
			changes = staffChanges(before, b)
		}
		if len(r.wrongs) == 0 && (!known || len(changes) > 0) {
			if err := s.mayPut(ctx, r, id, b.Branch, before.Branch); err != nil {
				return nil, nil, err
			}
			put = append(put, db.PutStaffParams{
				ID: id, Name: b.Name, Role: b.Role, Branch: b.Branch, Level: b.Level, Phone: b.Phone, Skills: b.Skills,
				MaxLoad: int32(b.MaxLoad), Active: b.Active, Vouches: b.Vouches, //nolint:gosec // at most 100
			})
		}
		p.add(r, string(id), !known, changes)
	}
	return p, put, nil
}

// mayPut asks the policy about the record that is to be and the one that is.
func (s *records) mayPut(ctx context.Context, r *sheetRow, id claim.Principal, branches ...string) error {
	for _, branch := range branches {
		if branch == "" {
			continue
		}
		ok, err := s.access.Allowed(ctx, "PutStaff", access.Record("Member", string(id), branch))
		if err != nil {
			return err
		}
		if !ok {
			r.add("branch", "This record is not yours to change: it is of another branch, or your own. · 无权修改该人员（其他机构或本人）")
			return nil
		}
	}
	return nil
}

// member reads a row as a member of staff.
func (r *sheetRow) member() (claim.Principal, rest.StaffChange) {
	id := claim.Principal(r.text("id", 100, true))
	b := rest.StaffChange{
		Name: r.text("name", 100, true), Role: oneOf(r, "role", roleNames), Branch: r.branch("branch"),
		Level: claim.Level(r.whole("level", 9, 0)), Phone: r.text("phone", 20, false), MaxLoad: r.whole("max_load", 100, 8), Active: true, Skills: []string{},
	}
	if r.cells["active"] != "" {
		yes := oneOf(r, "active", yesNo)
		b.Active = yes == "true" || yes == "1"
	}
	if r.cells["vouches"] != "" {
		b.Vouches = oneOf(r, "vouches", plainYesNo) == "true"
	}
	for _, skill := range strings.FieldsFunc(r.cells["skills"], func(c rune) bool { return strings.ContainsRune(";；,，、| ", c) }) {
		one := &sheetRow{cells: map[string]string{"skills": skill}}
		b.Skills = append(b.Skills, string(oneOf(one, "skills", lineNames)))
		r.wrongs = append(r.wrongs, one.wrongs...)
	}
	if len(r.wrongs) == 0 {
		for _, f := range checkStaff(id, &b) {
			r.add(strings.TrimPrefix(f.Pointer, "/"), f.Detail)
		}
	}
	return id, b
}

func staffChanges(m db.Staff, b rest.StaffChange) (changes []rest.ImportChange) {
	changes = differs(changes, "name", m.Name, b.Name)
	changes = differs(changes, "role", string(m.Role), string(b.Role))
	changes = differs(changes, "branch", m.Branch, b.Branch)
	changes = differs(changes, "level", strconv.Itoa(int(m.Level)), strconv.Itoa(int(b.Level)))
	if m.Phone != b.Phone {
		changes = append(changes, rest.ImportChange{Column: "phone", Before: maskedPhone(m.Phone), After: maskedPhone(b.Phone)})
	}
	changes = differs(changes, "skills", strings.Join(m.Skills, ";"), strings.Join(b.Skills, ";"))
	changes = differs(changes, "max_load", strconv.Itoa(int(m.MaxLoad)), strconv.Itoa(b.MaxLoad))
	changes = differs(changes, "active", strconv.FormatBool(m.Active), strconv.FormatBool(b.Active))
	return differs(changes, "vouches", strconv.FormatBool(m.Vouches), strconv.FormatBool(b.Vouches))
}

var policyColumns = []column{
	{"number", "保单号", true},
	{"line", "险种", true},
	{"branch", "机构", true},
	{"holder_name", "投保人", true},
	{"holder_phone", "手机号", true},
	{"insured_name", "被保险人", false},
	{"insured_phone", "被保险人手机号", false},
	{"driver_names", "约定驾驶人", false},
	{"driver_phones", "驾驶人手机号", false},
	{"plate", "车牌号", false},
	{"vin", "车架号", false},
	{"address", "地址", false},
	{"starts_at", "起保日期", true},
	{"ends_at", "终保日期", true},
	{"kind", "险别", true},
	{"form", "条款", true},
	{"sum_insured", "保险金额", false},
	{"value", "保险价值", false},
	{"deductible", "免赔额", false},
	{"rate", "免赔率", false},
	{"limit", "责任限额", false},
}

// ImportPolicies implements [rest.StrictServerInterface].
func (s *records) ImportPolicies(ctx context.Context, r rest.ImportPoliciesRequestObject) (rest.ImportPoliciesResponseObject, error) {
	raw, table, err := sheetOf(r.Body, policyColumns)
	if err != nil {
		return nil, err
	}
	var all []*policyRows
	out, err := s.takeIn(ctx, r.Params.IdempotencyKey, r.Params.Apply, raw, importing{
		kind: "policies.imported",
		plan: func(ctx context.Context, from db.DBTX) (p *planned, err error) {
			p, all, err = s.planPolicies(ctx, from, table)
			return p, err
		},
		carry: func(ctx context.Context, tx pgx.Tx) error {
			for _, one := range all {
				if err := s.carryPolicy(ctx, tx, one); err != nil {
					return err
				}
			}
			return nil
		},
	})
	return rest.ImportPolicies200JSONResponse(out), err
}

// carryPolicy adds a policy or its new versions.
func (s *records) carryPolicy(ctx context.Context, tx pgx.Tx, one *policyRows) error {
	b, id := &one.policy, uuid.NewSHA1(policySpace, []byte(one.policy.Number)).String()
	if one.known {
		if err := s.q.LockCommand(ctx, tx, "policy.endorsed "+b.Number); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
	} else if added, err := s.insertPolicy(ctx, tx, id, *b); err != nil {
		return err
	} else if added == 0 {
		return contract.Conflict("Policy " + b.Number + " was added meanwhile. Look at the preview again.")
	}
	before, err := s.policy(ctx, tx, b.Number)
	if err != nil {
		return err
	}
	if len(before.Versions) != one.versions {
		return contract.Conflict("Policy " + b.Number + " was changed meanwhile. Look at the preview again.")
	}
	for i, v := range one.add {
		if err := s.addVersion(ctx, tx, id, one.versions+i+1, v); err != nil {
			return err
		}
	}
	return nil
}

// policyRows is a policy as the rows of its number tell it.
type policyRows struct {
	rows     []*sheetRow
	policy   rest.NewPolicy
	periods  [][]*sheetRow // the rows of each version
	known    bool
	versions int                     // that are there
	add      []rest.NewPolicyVersion // that are to be added
}

// planPolicies says what each row of a table of policies does, and which
// policies it writes.
func (s *records) planPolicies(ctx context.Context, from db.DBTX, table *sheet) (*planned, []*policyRows, error) {
	var all []*policyRows
	at := map[string]*policyRows{}
	for _, r := range table.rows {
		r := &sheetRow{line: r.line, cells: r.cells, marked: r.marked, wrongs: slices.Clone(r.wrongs)} // a plan may be made twice
		number := r.text("number", 64, true)
		if n := len([]rune(number)); n > 0 && n < 4 {
			r.add("number", "It must have at least 4 characters. · 保单号过短")
		}
		one := at[number]
		if one == nil {
			one = &policyRows{}
			at[number], all = one, append(all, one)
		}
		one.take(r, number)
	}
	there, err := s.policiesThere(ctx, from, all)
	if err != nil {
		return nil, nil, err
	}
	p := &planned{rest.Import{Rows: []rest.ImportRow{}}}
	var writes []*policyRows
	type result struct {
		row     *sheetRow
		one     *policyRows
		changes []rest.ImportChange
	}
	var results []result
	for _, one := range all {
		changes, err := s.planPolicy(ctx, one, there[one.policy.Number])
		if err != nil {
			return nil, nil, err
		}
		for _, r := range one.rows {
			results = append(results, result{r, one, changes[r]})
		}
		if len(one.add) > 0 {
			writes = append(writes, one)
		}
	}
	slices.SortFunc(results, func(a, b result) int { return a.row.line - b.row.line })
	for _, r := range results {
		p.add(r.row, r.one.policy.Number, !r.one.known, r.changes)
	}
	slices.SortFunc(writes, func(a, b *policyRows) int { return strings.Compare(a.policy.Number, b.policy.Number) }) // locks come in one order
	return p, writes, nil
}

func (s *records) policiesThere(ctx context.Context, from db.DBTX, all []*policyRows) (map[string]db.ListPoliciesRow, error) {
	numbers := make([]string, len(all))
	for i, one := range all {
		numbers[i] = one.policy.Number
	}
	rows, err := s.q.PoliciesByNumbers(ctx, from, numbers)
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	list := make([]db.ListPoliciesRow, len(rows))
	for i, row := range rows {
		list[i] = db.ListPoliciesRow(row)
	}
	shown, err := s.shownPolicies(ctx, from, list)
	if err != nil {
		return nil, err
	}
	versions := map[string][]rest.PolicyVersion{}
	for _, p := range shown {
		versions[p.Number] = p.Versions
	}
	there := map[string]db.ListPoliciesRow{}
	for _, row := range list {
		there[row.Number] = row
	}
	for _, one := range all {
		for _, v := range versions[one.policy.Number] {
			one.policy.Versions = append(one.policy.Versions, rest.NewPolicyVersion{StartsAt: v.StartsAt, EndsAt: v.EndsAt, Coverages: v.Coverages})
		}
		one.versions = len(one.policy.Versions)
	}
	return there, nil
}

// take reads a row into the policy of its number. What stands in every row of
// a policy must be the same in each.
func (one *policyRows) take(r *sheetRow, number string) {
	b := rest.NewPolicy{
		Number: number, Line: oneOf(r, "line", lineNames), Branch: r.branch("branch"),
		Holder:  rest.Holder{Name: r.text("holder_name", 100, true), Phone: r.text("holder_phone", 20, true)},
		Insured: rest.Insured{Name: r.text("insured_name", 100, false), Phone: r.phone("insured_phone", r.text("insured_phone", 20, false))},
		Drivers: r.drivers(),
		Plate:   r.text("plate", 16, false), Vin: r.text("vin", 17, false), Address: r.text("address", 300, false),
	}
	b.Holder.Phone = r.phone("holder_phone", b.Holder.Phone)
	if len(one.rows) == 0 {
		one.policy = b
	} else if first := one.rows[0]; b.Line != one.policy.Line || b.Branch != one.policy.Branch || b.Holder != one.policy.Holder ||
		b.Insured != one.policy.Insured || !slices.Equal(b.Drivers, one.policy.Drivers) ||
		b.Plate != one.policy.Plate || b.Vin != one.policy.Vin || b.Address != one.policy.Address {
		r.add("number", fmt.Sprintf("Line %d has the same policy number with another line, branch, holder, insured, driver or object. · 与第 %[1]d 行保单号相同但信息不一致", first.line))
	}
	one.rows = append(one.rows, r)
	cover := rest.Coverage{
		Kind: string(oneOf(r, "kind", coverNames)), Form: r.text("form", 60, true), SumInsuredFen: r.fen("sum_insured"), ValueFen: r.fen("value"),
		DeductibleFen: r.fen("deductible"), RateBp: r.bp("rate"), LimitFen: r.fen("limit"),
	}
	from, ok := r.day("starts_at")
	to, also := r.lastDay("ends_at")
	if !ok || !also {
		return
	}
	for i := range one.add {
		if v := &one.add[i]; v.StartsAt.Equal(from.Start()) && v.EndsAt.Equal(to.End()) {
			v.Coverages = append(v.Coverages, cover)
			one.periods[i] = append(one.periods[i], r)
			return
		}
	}
	one.add = append(one.add, rest.NewPolicyVersion{StartsAt: from.Start(), EndsAt: to.End(), Coverages: []rest.Coverage{cover}})
	one.periods = append(one.periods, []*sheetRow{r})
}

// phone tidies a mobile number in a column.
func (r *sheetRow) phone(column, text string) string {
	if text == "" {
		return ""
	}
	phone, err := claim.ParsePhone(text)
	if r.ident(err, column); err != nil {
		return text
	}
	return phone
}

// maxDrivers is how many drivers a policy may name, as in the contract.
const maxDrivers = 20

// drivers reads the drivers that a policy names: as many names as phones, in
// the same order, with a semicolon between each two.
func (r *sheetRow) drivers() []rest.Holder {
	names, phones := listOf(r.cells["driver_names"]), listOf(r.cells["driver_phones"])
	switch {
	case len(names) != len(phones):
		r.add("driver_phones", fmt.Sprintf("There are %d names and %d phones. Give each driver one of both, in the same order. · 驾驶人姓名 %[1]d 个、手机号 %[2]d 个，请一一对应", len(names), len(phones)))
		return nil
	case len(names) > maxDrivers:
		r.add("driver_names", fmt.Sprintf("A policy names at most %d drivers. · 最多 %[1]d 名驾驶人", maxDrivers))
		return nil
	}
	var out []rest.Holder
	for i, name := range names {
		if len([]rune(name)) > 100 {
			r.add("driver_names", "A name has at most 100 characters. · 姓名过长")
		}
		out = append(out, rest.Holder{Name: name, Phone: r.phone("driver_phones", phones[i])})
	}
	return out
}

func listOf(cell string) []string {
	all := strings.FieldsFunc(cell, func(c rune) bool { return strings.ContainsRune(";；、|", c) })
	for i, one := range all {
		all[i] = strings.TrimSpace(one)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// driversTold and driversOf write drivers down so that two lists can be compared.
func driversTold(list []rest.Holder) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s %s;", d.Name, d.Phone)
	}
	return b.String()
}

func driversOf(raw []byte) string {
	var list []claim.Person
	if err := json.Unmarshal(raw, &list); err != nil {
		return err.Error() // it was written here, and equals nothing
	}
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s %s;", d.Name, d.Phone)
	}
	return b.String()
}

// planPolicy holds the rows of a policy against what is there. It leaves in
// one.add the versions that are to be added, none if a row is wrong.
func (s *records) planPolicy(ctx context.Context, one *policyRows, before db.ListPoliciesRow) (map[*sheetRow][]rest.ImportChange, error) {
	first, b := one.rows[0], &one.policy
	one.known = before.Number != ""
	changes := map[*sheetRow][]rest.ImportChange{}
	tidied := *b
	tidied.Versions = one.add
	for _, f := range checkPolicy(&tidied) {
		one.fault(f)
	}
	b.Plate, b.Vin = tidied.Plate, tidied.Vin
	action, what := "CreatePolicy", access.Record("Policy", b.Number, b.Branch)
	if one.known {
		one.same(before)
		action, what = "EndorsePolicy", access.Record("Policy", b.Number, before.Branch)
	}
	ok, err := s.access.Allowed(ctx, action, what)
	if err != nil {
		return nil, err
	}
	if !ok {
		first.add("branch", "Your branch does not keep policies of that branch. · 无权维护该机构的保单")
	}
	var add []rest.NewPolicyVersion
	for i, v := range one.add {
		switch there := one.there(v); {
		case there == nil:
			add = append(add, v)
			for _, r := range one.periods[i] {
				changes[r] = []rest.ImportChange{{Column: "version", After: fmt.Sprintf("%s – %s", claim.DateOf(v.StartsAt), claim.DateOf(v.EndsAt.Add(-1)))}}
			}
		case !sameCovers(there.Coverages, v.Coverages):
			one.periods[i][0].add("kind", "The policy has other coverages in this period, and what a policy said is not edited. Endorse it with a period of its own. · 该期间的承保内容与系统不一致，已有版本不可修改，请另做批改")
		}
	}
	if overlap := one.overlaps(add); overlap != nil {
		overlap.add("starts_at", "The period overlaps with one that the policy has. · 保险期间与已有版本重叠")
	}
	if one.add = add; slices.ContainsFunc(one.rows, func(r *sheetRow) bool { return len(r.wrongs) > 0 }) {
		one.add = nil
	}
	return changes, nil
}

// fault tells what is wrong with the policy at the row where it is.
func (one *policyRows) fault(f rest.FieldError) {
	var version, cover int
	var name string
	switch {
	case scan(f.Pointer, "/versions/%d/coverages/%d/", &version, &cover):
		name = f.Pointer[strings.LastIndex(f.Pointer, "/")+1:]
	case scan(f.Pointer, "/versions/%d/", &version):
		name = f.Pointer[strings.LastIndex(f.Pointer, "/")+1:]
	default:
		name = strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", "_")
		if name == "drivers" {
			name = "driver_names"
		}
		one.rows[0].add(name, f.Detail)
		return
	}
	one.periods[version][cover].add(name, f.Detail)
}

// scan reads numbers out of a pointer that begins like the form.
func scan(pointer, form string, into ...any) bool {
	n, _ := fmt.Sscanf(pointer, form, into...)
	return n == len(into)
}

// same tells where the rows differ from the policy that is there, which
// nobody edits.
func (one *policyRows) same(before db.ListPoliciesRow) {
	b := &one.policy
	for _, c := range []struct{ name, before, after string }{
		{"line", string(before.Line), string(b.Line)},
		{"branch", before.Branch, b.Branch},
		{"holder_name", before.HolderName, b.Holder.Name},
		{"holder_phone", before.HolderPhone, b.Holder.Phone},
		{"insured_name", before.InsuredName, b.Insured.Name},
		{"insured_phone", before.InsuredPhone, b.Insured.Phone},
		{"driver_phones", driversOf(before.Drivers), driversTold(b.Drivers)},
		{"plate", before.Plate, b.Plate},
		{"vin", before.Vin, b.Vin},
		{"address", before.Address, b.Address},
	} {
		if c.before != c.after {
			one.rows[0].add(c.name, "The policy is there with another value. Check the policy number; what a policy said is not edited. · 与系统中该保单的内容不一致，请核对保单号")
		}
	}
}

// there returns the version of the same period that the policy has.
func (one *policyRows) there(v rest.NewPolicyVersion) *rest.NewPolicyVersion {
	for i := range one.policy.Versions {
		if w := &one.policy.Versions[i]; w.StartsAt.Equal(v.StartsAt) && w.EndsAt.Equal(v.EndsAt) {
			return w
		}
	}
	return nil
}

// overlaps finds a row whose period overlaps with one that is there.
func (one *policyRows) overlaps(add []rest.NewPolicyVersion) *sheetRow {
	for _, v := range add {
		for _, w := range one.policy.Versions {
			if v.StartsAt.Before(w.EndsAt) && w.StartsAt.Before(v.EndsAt) {
				i := slices.IndexFunc(one.add, func(x rest.NewPolicyVersion) bool { return x.StartsAt.Equal(v.StartsAt) && x.EndsAt.Equal(v.EndsAt) })
				return one.periods[i][0]
			}
		}
	}
	return nil
}

func sameCovers(a, b []rest.Coverage) bool {
	order := func(list []rest.Coverage) []rest.Coverage {
		list = slices.Clone(list)
		slices.SortFunc(list, func(x, y rest.Coverage) int { return strings.Compare(x.Kind, y.Kind) })
		return list
	}
	return slices.Equal(order(a), order(b))
}
