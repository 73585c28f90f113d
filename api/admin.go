package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/claim/indemnity"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// policySpace is the namespace of policy ids.
var policySpace = uuid.MustParse("b2b5f4f2-5c0e-5d1e-a7c6-3f7a0c3f6b52")

// administer carries out an administrator's command in one transaction with
// its entry in the reference log. It is idempotent by (caller, key): the entry
// keeps what was answered. asked is what the log shows, without phone numbers;
// whole is what tells one command from another.
func administer[A any](ctx context.Context, s *records, key, kind, subject string, asked, whole any, do func(pgx.Tx) (A, error)) (answer A, err error) {
	raw, err := json.Marshal(whole)
	if err != nil {
		return answer, fmt.Errorf("encode %s: %w", kind, err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", kind, subject, raw))
	hash, by := hex.EncodeToString(sum[:]), access.CallerOf(ctx).ID
	type entry struct {
		Asked  any             `json:"asked"`
		Answer json.RawMessage `json:"answer"`
	}
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		for _, what := range []string{"command " + string(by) + " " + key, kind + " " + subject} {
			if err := s.q.LockCommand(ctx, tx, what); err != nil {
				return fmt.Errorf("lock: %w", err)
			}
		}
		before, err := s.q.ReferenceCommand(ctx, tx, by, key)
		switch {
		case err == nil && before.CommandHash != hash:
			return contract.KeyReused()
		case err == nil:
			var stored entry
			if err := json.Unmarshal(before.Body, &stored); err != nil {
				return fmt.Errorf("decode the answer of %s: %w", kind, err)
			}
			return json.Unmarshal(stored.Answer, &answer)
		case !errors.Is(err, pgx.ErrNoRows):
			return fmt.Errorf("look for the command: %w", err)
		}
		if answer, err = do(tx); err != nil {
			return err
		}
		answered, err := json.Marshal(answer)
		if err != nil {
			return fmt.Errorf("encode the answer of %s: %w", kind, err)
		}
		body, err := json.Marshal(entry{asked, answered})
		if err != nil {
			return fmt.Errorf("encode %s: %w", kind, err)
		}
		return s.q.InsertReferenceEvent(ctx, tx, db.InsertReferenceEventParams{
			ByID: by, Kind: kind, Subject: subject, Body: body, CommandKey: key, CommandHash: hash,
		})
	})
	return answer, err
}

// CreatePolicy implements [rest.StrictServerInterface].
func (s *records) CreatePolicy(ctx context.Context, r rest.CreatePolicyRequestObject) (rest.CreatePolicyResponseObject, error) {
	b := *r.Body
	if err := s.access.May(ctx, "CreatePolicy", access.Record("Policy", b.Number, b.Branch)); err != nil {
		return nil, err
	}
	if wrong := checkPolicy(&b); len(wrong) > 0 {
		return nil, contract.Invalid(wrong...)
	}
	logged := b
	logged.Holder.Phone, logged.Insured.Phone = claim.MaskPhone(b.Holder.Phone), maskedPhone(b.Insured.Phone)
	logged.Drivers = slices.Clone(b.Drivers)
	for i, d := range logged.Drivers {
		logged.Drivers[i].Phone = claim.MaskPhone(d.Phone)
	}
	p, err := administer(ctx, s, r.Params.IdempotencyKey, "policy.created", b.Number, logged, b, func(tx pgx.Tx) (rest.Policy, error) {
		id := uuid.NewSHA1(policySpace, []byte(b.Number)).String()
		added, err := s.insertPolicy(ctx, tx, id, b)
		if err != nil {
			return rest.Policy{}, err
		}
		if added == 0 {
			return rest.Policy{}, contract.Conflict("A policy with this number exists. Add a version to it, or check the number.")
		}
		for i, v := range b.Versions {
			if err := s.addVersion(ctx, tx, id, i+1, v); err != nil {
				return rest.Policy{}, err
			}
		}
		return s.policy(ctx, tx, b.Number)
	})
	return rest.CreatePolicy201JSONResponse(p), err
}

// insertPolicy adds a policy without its versions, and returns how many it added.
func (s *records) insertPolicy(ctx context.Context, tx pgx.Tx, id string, b rest.NewPolicy) (int64, error) {
	drivers := make([]claim.Person, len(b.Drivers))
	for i, d := range b.Drivers {
		drivers[i] = claim.Person{Name: d.Name, Phone: d.Phone}
	}
	named, err := json.Marshal(drivers)
	if err != nil {
		return 0, fmt.Errorf("encode the drivers: %w", err)
	}
	added, err := s.q.InsertPolicy(ctx, tx, db.InsertPolicyParams{
		ID: id, Number: b.Number, Line: b.Line, Branch: b.Branch, HolderName: b.Holder.Name, HolderPhone: b.Holder.Phone,
		InsuredName: b.Insured.Name, InsuredPhone: b.Insured.Phone, Drivers: named, Plate: b.Plate, Vin: b.Vin, Address: b.Address,
	})
	if err != nil {
		return 0, fmt.Errorf("add policy: %w", err)
	}
	return added, nil
}

// EndorsePolicy implements [rest.StrictServerInterface].
func (s *records) EndorsePolicy(ctx context.Context, r rest.EndorsePolicyRequestObject) (rest.EndorsePolicyResponseObject, error) {
	p, err := administer(ctx, s, r.Params.IdempotencyKey, "policy.endorsed", r.Number, r.Body, r.Body, func(tx pgx.Tx) (rest.Policy, error) {
		before, err := s.policy(ctx, tx, r.Number)
		if err != nil {
			return rest.Policy{}, err
		}
		versions := []rest.NewPolicyVersion{*r.Body}
		for _, v := range before.Versions {
			versions = append(versions, rest.NewPolicyVersion{StartsAt: v.StartsAt, EndsAt: v.EndsAt, Coverages: v.Coverages})
		}
		if wrong := checkVersions(before.Line, versions, 1, ""); len(wrong) > 0 {
			return rest.Policy{}, contract.Invalid(wrong...)
		}
		id := uuid.NewSHA1(policySpace, []byte(r.Number)).String()
		if err := s.addVersion(ctx, tx, id, len(before.Versions)+1, *r.Body); err != nil {
			return rest.Policy{}, err
		}
		return s.policy(ctx, tx, r.Number)
	})
	return rest.EndorsePolicy201JSONResponse(p), err
}

func (s *records) addVersion(ctx context.Context, tx pgx.Tx, policy string, number int, v rest.NewPolicyVersion) error {
	covers, err := json.Marshal(v.Coverages)
	if err != nil {
		return fmt.Errorf("encode coverages: %w", err)
	}
	err = s.q.InsertPolicyVersion(ctx, tx, db.InsertPolicyVersionParams{
		PolicyID: policy, Version: int32(number), StartsAt: v.StartsAt, EndsAt: v.EndsAt, Coverages: covers, //nolint:gosec // few
	})
	if err != nil {
		return fmt.Errorf("add policy version: %w", err)
	}
	return nil
}

// checkPolicy finds what the contract's forms cannot say, and tidies numbers.
func checkPolicy(b *rest.NewPolicy) wrongs {
	var w wrongs
	number := func(at string, value *string, parse func(string) (string, error)) {
		if *value == "" {
			return
		}
		tidy, err := parse(*value)
		var why *claim.IdentError
		if err == nil {
			*value = tidy
		} else if !errors.As(err, &why) || why.Fault != claim.FaultCheck { // imported vehicles may have no check digit
			w.ident(err, at)
		}
	}
	number("/plate", &b.Plate, claim.ParsePlate)
	number("/vin", &b.Vin, claim.ParseVIN)
	switch {
	case b.Line == claim.Motor && b.Plate == "" && b.Vin == "":
		w.add("/plate", "A motor policy needs a plate or a vin. · 车险保单须有车牌号或车架号")
	case b.Line == claim.Property && b.Address == "":
		w.add("/address", "A property policy needs the address of the premises. · 企业财产险保单须有地址")
	}
	switch {
	case b.Insured.Name == "" && b.Insured.Phone != "":
		w.add("/insured/name", "Name the insured whose phone this is. · 请填写该手机号的被保险人姓名")
	case b.Line == claim.Property && len(b.Drivers) > 0:
		w.add("/drivers", "A property policy names no drivers. · 企业财产险保单没有约定驾驶人")
	}
	return append(w, checkVersions(b.Line, b.Versions, len(b.Versions), "/versions")...)
}

// checkVersions finds what is wrong with the first n versions, alone and
// beside the others. base is their place in the body; "" when there is one.
func checkVersions(line claim.Line, versions []rest.NewPolicyVersion, n int, base string) wrongs {
	var w wrongs
	for i, v := range versions[:n] {
		at := base
		if base != "" {
			at = fmt.Sprintf("%s/%d", base, i)
		}
		add := func(pointer, detail string) { w.add(at+pointer, detail) }
		if !v.StartsAt.Before(v.EndsAt) {
			add("/ends_at", "The end must be after the start. · 终保须晚于起保")
		}
		for j, other := range versions {
			if j != i && (j < i || j >= n) && v.StartsAt.Before(other.EndsAt) && other.StartsAt.Before(v.EndsAt) {
				add("/starts_at", "The period overlaps with that of another version. · 保险期间与另一版本重叠")
				break
			}
		}
		seen := map[string]bool{}
		for k, c := range v.Coverages {
			kind := claim.ExposureKind(c.Kind)
			switch {
			case !slices.Contains([]claim.ExposureKind{claim.OwnDamage, claim.ThirdPartyProperty, claim.CommercialProperty}, kind) || kind.Of() != line:
				add(fmt.Sprintf("/coverages/%d/kind", k), "There is no such coverage in this line. Motor has own_damage and third_party_property, commercial_property has commercial_property. · 该险种没有这个险别：车险有车损险、第三者责任险，企业财产险有企业财产险")
			case seen[c.Kind]:
				add(fmt.Sprintf("/coverages/%d/kind", k), "This coverage stands here twice. · 同一险别出现了两次")
			}
			seen[c.Kind] = true
			var input indemnity.InputError
			if _, err := indemnity.FormOf(c.Form); errors.As(err, &input) && len(input) > 0 {
				add(fmt.Sprintf("/coverages/%d/form", k), "The form "+input[0].Message+". · 没有这个条款，请填写条款代码")
			}
		}
	}
	return w
}

// policy reads a policy with all its versions.
func (s *records) policy(ctx context.Context, from db.DBTX, number string) (rest.Policy, error) {
	row, err := s.q.PolicyByNumber(ctx, from, number)
	if err != nil {
		return rest.Policy{}, contract.RowError("policy", err)
	}
	list, err := s.shownPolicies(ctx, from, []db.ListPoliciesRow{db.ListPoliciesRow(row)})
	if err != nil {
		return rest.Policy{}, err
	}
	return list[0], nil
}

func (s *records) shownPolicies(ctx context.Context, from db.DBTX, rows []db.ListPoliciesRow) ([]rest.Policy, error) {
	ids := make([]string, len(rows))
	out := make([]rest.Policy, len(rows))
	at := map[string]int{}
	for i, p := range rows {
		ids[i], at[p.ID] = p.ID, i
		out[i] = rest.Policy{
			Number: p.Number, Line: p.Line, Branch: p.Branch, Holder: rest.HolderShown{Name: p.HolderName, Phone: claim.MaskPhone(p.HolderPhone)},
			Insured: rest.InsuredShown{Name: p.InsuredName, Phone: maskedPhone(p.InsuredPhone)},
			Plate:   p.Plate, Vin: p.Vin, Address: p.Address, Versions: []rest.PolicyVersion{},
		}
		var drivers []claim.Person
		if err := json.Unmarshal(p.Drivers, &drivers); err != nil {
			return nil, fmt.Errorf("drivers of policy %s: %w", p.ID, err)
		}
		for _, d := range drivers {
			out[i].Drivers = append(out[i].Drivers, rest.HolderShown{Name: d.Name, Phone: claim.MaskPhone(d.Phone)})
		}
	}
	versions, err := s.q.PolicyVersions(ctx, from, ids)
	if err != nil {
		return nil, fmt.Errorf("read policy versions: %w", err)
	}
	for _, v := range versions {
		shown := rest.PolicyVersion{Version: int(v.Version), StartsAt: v.StartsAt.UTC(), EndsAt: v.EndsAt.UTC()}
		if err := json.Unmarshal(v.Coverages, &shown.Coverages); err != nil {
			return nil, fmt.Errorf("coverages of policy %s: %w", v.PolicyID, err)
		}
		p := &out[at[v.PolicyID]]
		p.Versions = append(p.Versions, shown)
	}
	return out, nil
}

// ListPolicies implements [rest.StrictServerInterface].
func (s *records) ListPolicies(ctx context.Context, r rest.ListPoliciesRequestObject) (rest.ListPoliciesResponseObject, error) {
	after, _, err := contract.Place(r.Params.After, 1)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	who, plate := access.CallerOf(ctx), r.Params.Plate
	if tidy, err := claim.ParsePlate(plate); err == nil {
		plate = tidy
	}
	rows, err := s.q.ListPolicies(ctx, s.db, db.ListPoliciesParams{
		Everywhere: who.Everywhere(), OwnBranch: who.Branch, Branch: r.Params.Branch, Line: string(r.Params.Line), Plate: plate,
		After: after[0], Count: read,
	})
	if err != nil {
		return nil, fmt.Errorf("list policies: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(p db.ListPoliciesRow) []string { return []string{p.Number} })
	items, err := s.shownPolicies(ctx, s.db, rows)
	return rest.ListPolicies200JSONResponse{Items: items, Next: next}, err
}

// GetPolicy implements [rest.StrictServerInterface].
func (s *records) GetPolicy(ctx context.Context, r rest.GetPolicyRequestObject) (rest.GetPolicyResponseObject, error) {
	p, err := s.policy(ctx, s.db, r.Number)
	if err != nil {
		return nil, err
	}
	tag, same, err := contract.Tag(p, r.Params.IfNoneMatch)
	if err != nil || same {
		return rest.GetPolicy304Response{}, err
	}
	return rest.GetPolicy200JSONResponse{Body: p, Headers: rest.GetPolicy200ResponseHeaders{ETag: tag}}, nil
}

// PutStaff implements [rest.StrictServerInterface].
func (s *records) PutStaff(ctx context.Context, r rest.PutStaffRequestObject) (rest.PutStaffResponseObject, error) {
	b := *r.Body
	if err := s.access.May(ctx, "PutStaff", access.Record("Member", string(r.Id), b.Branch)); err != nil {
		return nil, err
	}
	if wrong := checkStaff(r.Id, &b); len(wrong) > 0 {
		return nil, contract.Invalid(wrong...)
	}
	row := db.PutStaffParams{
		ID: r.Id, Name: b.Name, Role: b.Role, Branch: b.Branch, Level: b.Level, Phone: b.Phone, Skills: b.Skills,
		MaxLoad: int32(b.MaxLoad), Active: b.Active, Vouches: b.Vouches, //nolint:gosec // at most 100, by the contract
	}
	masked := b
	masked.Phone = maskedPhone(b.Phone)
	put, err := administer(ctx, s, r.Params.IdempotencyKey, "staff.put", string(r.Id), masked, b, func(tx pgx.Tx) (rest.Staff, error) {
		if err := s.stillMember(ctx, tx, r.Id, r.Params.IfMatch); err != nil {
			return rest.Staff{}, err
		}
		if err := s.q.PutStaff(ctx, tx, row); err != nil {
			return rest.Staff{}, fmt.Errorf("put staff: %w", err)
		}
		return shownStaff(db.Staff(row), access.Caller{}), nil // the log keeps no phone
	})
	if err != nil {
		return nil, err
	}
	put.Phone = b.Phone
	s.access.Changed(r.Id)
	return rest.PutStaff200JSONResponse(put), nil
}

// stillMember makes sure that a record is the one that a change was made to, or
// that there is none when one is to be added. Without a tag anything is.
func (s *records) stillMember(ctx context.Context, tx pgx.Tx, id claim.Principal, tag string) error {
	if tag == "" {
		return nil
	}
	m, err := s.q.StaffMember(ctx, tx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && tag == "none":
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return contract.Conflict("There is no such member of staff any more.")
	case err != nil:
		return fmt.Errorf("read staff: %w", err)
	case tag == "none":
		return contract.Conflict("A member of staff with this id exists. Change that record, or check the id.")
	}
	_, same, err := contract.Tag(shownStaff(m, access.CallerOf(ctx)), tag)
	if err == nil && !same {
		return contract.Conflict("Somebody has changed this record since. Look at it again.")
	}
	return err
}

func checkStaff(id claim.Principal, b *rest.StaffChange) wrongs {
	var w wrongs
	if id == claim.Machine || id.IsClaimant() {
		w.add("id", "This id is the machine's or a claimant's, and nobody's on the staff. · 这个工号属于系统或客户，不能用于员工")
	}
	if b.Phone != "" {
		phone, err := claim.ParsePhone(b.Phone)
		w.ident(err, "/phone")
		b.Phone = phone
	}
	switch {
	case b.Role == claim.Reviewer && b.Level == 0:
		w.add("/level", "A reviewer has a level, from 1. · 核赔人须有级别，从 1 起")
	case b.Role != claim.Reviewer && b.Level != 0:
		w.add("/level", "Only reviewers have a level; give 0. · 只有核赔人有级别，请填 0")
	}
	if b.Vouches && b.Role != claim.Partner {
		w.add("/vouches", "Only a partner vouches for those it reports for. · 只有合作方可以担保")
	}
	for i, skill := range b.Skills {
		if l := claim.Line(skill); l != claim.Motor && l != claim.Property {
			w.add(fmt.Sprintf("/skills/%d", i), "It must be one of: motor, commercial_property. · 只能是车险或企业财产险")
		}
	}
	return w
}

// maskedPhone masks a phone number where there is one.
func maskedPhone(phone string) string {
	if phone == "" {
		return ""
	}
	return claim.MaskPhone(phone)
}

// shownStaff is a record as the caller may see it: the number is for those who
// keep it, and whose it is.
func shownStaff(m db.Staff, who access.Caller) rest.Staff {
	out := rest.Staff{
		Id: m.ID, Name: m.Name, Role: m.Role, Branch: m.Branch, Level: m.Level, Phone: m.Phone,
		Skills: m.Skills, MaxLoad: int(m.MaxLoad), Active: m.Active, Vouches: m.Vouches,
	}
	if who.Role != claim.Admin && who.ID != m.ID {
		out.Phone = maskedPhone(m.Phone)
	}
	if out.Skills == nil {
		out.Skills = []string{}
	}
	return out
}

// GetStaff implements [rest.StrictServerInterface].
func (s *records) GetStaff(ctx context.Context, r rest.GetStaffRequestObject) (rest.GetStaffResponseObject, error) {
	m, err := s.q.StaffMember(ctx, s.db, r.Id)
	if err != nil {
		return nil, contract.RowError("staff", err)
	}
	out := shownStaff(m, access.CallerOf(ctx))
	tag, same, err := contract.Tag(out, r.Params.IfNoneMatch)
	if err != nil || same {
		return rest.GetStaff304Response{}, err
	}
	return rest.GetStaff200JSONResponse{Body: out, Headers: rest.GetStaff200ResponseHeaders{ETag: tag}}, nil
}

// ListStaff implements [rest.StrictServerInterface].
func (s *records) ListStaff(ctx context.Context, r rest.ListStaffRequestObject) (rest.ListStaffResponseObject, error) {
	after, _, err := contract.Place(r.Params.After, 1)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	who := access.CallerOf(ctx)
	rows, err := s.q.ListStaff(ctx, s.db, db.ListStaffParams{
		Everywhere: who.Everywhere(), OwnBranch: who.Branch, Branch: r.Params.Branch, Role: string(r.Params.Role),
		Q: strings.TrimSpace(r.Params.Q), After: after[0], Count: read,
	})
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(m db.Staff) []string { return []string{string(m.ID)} })
	page := rest.ListStaff200JSONResponse{Items: make([]rest.Staff, len(rows)), Next: next}
	for i, m := range rows {
		page.Items[i] = shownStaff(m, who)
	}
	return page, nil
}

// PutShift implements [rest.StrictServerInterface]. A shift is what a phone
// says every few seconds: the last word counts, and no log keeps the way.
func (s *records) PutShift(ctx context.Context, r rest.PutShiftRequestObject) (rest.PutShiftResponseObject, error) {
	who := access.CallerOf(ctx)
	var lat, lng *float64
	if p := r.Body.At; p != nil {
		lat, lng = &p.Lat, &p.Lng
	}
	if err := s.q.PutShift(ctx, s.db, who.ID, r.Body.OnShift, lat, lng); err != nil {
		return nil, fmt.Errorf("put shift: %w", err)
	}
	shown, err := s.shift(ctx, who.ID)
	return rest.PutShift200JSONResponse(shown), err
}

// GetShift implements [rest.StrictServerInterface].
func (s *records) GetShift(ctx context.Context, _ rest.GetShiftRequestObject) (rest.GetShiftResponseObject, error) {
	shown, err := s.shift(ctx, access.CallerOf(ctx).ID)
	return rest.GetShift200JSONResponse(shown), err
}

// shift is what is known of one surveyor.
func (s *records) shift(ctx context.Context, who claim.Principal) (rest.SurveyorSeen, error) {
	rows, err := s.q.ListSurveyors(ctx, s.db, db.ListSurveyorsParams{Own: string(who), Everywhere: true, Count: 1})
	if err != nil || len(rows) == 0 {
		return rest.SurveyorSeen{}, fmt.Errorf("read shift: %w", errors.Join(err, pgx.ErrNoRows))
	}
	return shownSurveyor(rows[0]), nil
}

// ListSurveyors implements [rest.StrictServerInterface].
func (s *records) ListSurveyors(ctx context.Context, r rest.ListSurveyorsRequestObject) (rest.ListSurveyorsResponseObject, error) {
	after, _, err := contract.Place(r.Params.After, 1)
	if err != nil {
		return nil, err
	}
	show, read := contract.PageLimit(r.Params.Limit)
	who := access.CallerOf(ctx)
	rows, err := s.q.ListSurveyors(ctx, s.db, db.ListSurveyorsParams{
		Everywhere: who.Everywhere(), OwnBranch: who.Branch, Branch: r.Params.Branch, OnShift: onlyWhen(r.Params.OnShift), After: after[0], Count: read,
	})
	if err != nil {
		return nil, fmt.Errorf("list surveyors: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(m db.ListSurveyorsRow) []string { return []string{string(m.ID)} })
	page := rest.ListSurveyors200JSONResponse{Items: make([]rest.SurveyorSeen, len(rows)), Next: next}
	for i, m := range rows {
		page.Items[i] = shownSurveyor(m)
	}
	return page, nil
}

// onlyWhen is a filter that is set when it is true: "only those on shift".
func onlyWhen(set bool) *bool {
	if !set {
		return nil
	}
	return &set
}

func shownSurveyor(m db.ListSurveyorsRow) rest.SurveyorSeen {
	out := rest.SurveyorSeen{
		Id: m.ID, Name: m.Name, Branch: m.Branch, Skills: m.Skills, OnShift: m.OnShift, Load: int(m.Load), MaxLoad: int(m.MaxLoad),
	}
	if out.Skills == nil {
		out.Skills = []string{}
	}
	if m.Lat != nil && m.Lng != nil {
		out.At = &claim.Point{Lat: *m.Lat, Lng: *m.Lng}
	}
	if m.SeenAt != nil {
		out.SeenAt = m.SeenAt.UTC()
	}
	return out
}

// ListAuthority implements [rest.StrictServerInterface].
func (s *records) ListAuthority(ctx context.Context, r rest.ListAuthorityRequestObject) (rest.ListAuthorityResponseObject, error) {
	after, _, err := contract.Place(r.Params.After, 1)
	if err != nil {
		return nil, err
	}
	show, _ := contract.PageLimit(r.Params.Limit)
	rows, err := s.q.TablesInForce(ctx, s.db, dayOf(time.Now()), after[0])
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	rows, next := contract.Cut(rows, show, func(t db.TablesInForceRow) []string { return []string{t.Kind} })
	page := rest.ListAuthority200JSONResponse{Items: make([]rest.AuthorityTable, len(rows)), Next: next}
	for i, t := range rows {
		page.Items[i] = rest.AuthorityTable{Kind: t.Kind, Version: t.Version, Body: t.Body}
		page.Items[i].EffectiveFrom.Time = t.EffectiveFrom.Time
	}
	return page, nil
}
