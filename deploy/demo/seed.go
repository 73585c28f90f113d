package main

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// person is somebody who plays a part.
type person struct {
	play.Caller
	name   string
	zh, en string // what they are
	phone  string
}

// roles are the parts that staff play.
var roles = map[rest.Role][2]string{
	"intake": {"报案专员", "intake"}, "dispatcher": {"调度", "dispatcher"}, "surveyor": {"查勘员", "surveyor"}, "assessor": {"定损员", "assessor"},
	"reviewer": {"核赔", "reviewer"}, "finance": {"财务", "finance"}, "service": {"客服", "service"}, "audit": {"稽核", "audit"},
	"manager": {"管理", "manager"}, "admin": {"管理员", "admin"}, "operator": {"运维", "operator"},
}

// members are the staff of two branches and the head office, by the subjects
// that the identity provider gives them. admin-lv, whom api migrate lets in
// first, puts the others on the list, and admin-shi her: nobody writes their own
// record.
var members = []struct {
	id, name string
	role     rest.Role
	branch   string
	level    rest.Level
	at       *rest.Point // of surveyors: where they are when the demo begins
	aside    bool        // has no part in the stories, and does not sign in
}{
	{id: "admin-shi", name: "施宁", role: "admin", branch: "0000"},
	{id: firstAdmin, name: "吕芳", role: "admin", branch: "0000"},
	{id: "intake-wang", name: "王敏", role: "intake", branch: "3101"},
	{id: "intake-gu", name: "顾青", role: "intake", branch: "0000"}, // reports whose policy nobody knows come here
	{id: "dispatch-li", name: "李强", role: "dispatcher", branch: "3101"},
	{id: "survey-chen", name: "陈刚", role: "surveyor", branch: "3101", at: &rest.Point{Lat: 31.2290, Lng: 121.5350}}, // 浦东
	{id: "survey-zhao", name: "赵磊", role: "surveyor", branch: "3101", at: &rest.Point{Lat: 31.2400, Lng: 121.4560}}, // 静安
	{id: "survey-sun", name: "孙伟", role: "surveyor", branch: "3201", at: &rest.Point{Lat: 32.0415, Lng: 118.7781}},  // 南京
	{id: "assess-zhou", name: "周平", role: "assessor", branch: "3101"},
	{id: "assess-wu", name: "吴静", role: "assessor", branch: "3201"},
	{id: "review-zheng", name: "郑凯", role: "reviewer", branch: "3101", level: 1},
	{id: "review-feng", name: "冯丽", role: "reviewer", branch: "3101", level: 2},
	{id: "review-jiang", name: "蒋峰", role: "reviewer", branch: "0000", level: 3},
	{id: "review-shen", name: "沈岚", role: "reviewer", branch: "0000", level: 4},
	{id: "review-han", name: "韩雪", role: "reviewer", branch: "3201", level: 1},
	{id: "finance-yang", name: "杨帆", role: "finance", branch: "3101"},
	{id: "finance-zhu", name: "朱琳", role: "finance", branch: "3101"},
	{id: "service-qin", name: "秦月", role: "service", branch: "3101"},
	{id: "audit-xu", name: "许诺", role: "audit", branch: "0000"},
	{id: "manager-he", name: "何川", role: "manager", branch: "3101"},
	{id: "operator-kong", name: "孔明", role: "operator", branch: "0000"},
	// The work of a report without a known policy is the head office's.
	{id: "dispatch-gao", name: "高远", role: "dispatcher", branch: "0000", aside: true},
	{id: "assess-lin", name: "林浩", role: "assessor", branch: "0000", aside: true},
	{id: "finance-tang", name: "唐宁", role: "finance", branch: "0000", aside: true},
}

// seed lets everybody in whom the stories need, through the API. What is there
// is found and left.
func (d *demo) seed(ctx context.Context) error {
	if err := d.step("员工名册", "staff of two branches, head office", func() (string, error) { return d.hire(ctx) }); err != nil {
		return err
	}
	if err := d.step("查勘员上班并报位置", "surveyors on shift, on the map", func() (string, error) { return d.onShift(ctx) }); err != nil {
		return err
	}
	return d.step("保单", "policies", func() (string, error) { return d.insure(ctx) })
}

const firstAdmin = "admin-lv"

// hire puts everybody on the list, and signs them in.
func (d *demo) hire(ctx context.Context) (string, error) {
	first, err := d.signIn(ctx, firstAdmin, "吕芳", "admin")
	if err != nil {
		return "", err
	}
	list, err := play.List[rest.Staff](ctx, first.Caller, "/staff")
	if err != nil {
		return "", err
	}
	there := map[string]rest.Staff{}
	for _, m := range list {
		there[string(m.Id)] = m
	}
	changed := 0
	for i, m := range members {
		by := first
		if m.id == firstAdmin {
			by = d.staff["admin-shi"]
		}
		want := rest.StaffChange{
			Name: m.name, Role: m.role, Branch: m.branch, Level: m.level, Phone: fmt.Sprintf("1380000%04d", 1001+i), Skills: []string{}, Active: true,
		}
		if m.role == "surveyor" {
			want.Skills, want.MaxLoad = []string{"motor", "commercial_property"}, 20
		}
		have := there[m.id]
		if !reflect.DeepEqual(want, rest.StaffChange{
			Name: have.Name, Role: have.Role, Branch: have.Branch, Level: have.Level, Phone: have.Phone, Skills: have.Skills, MaxLoad: have.MaxLoad, Active: have.Active,
		}) {
			if _, err := play.Put[rest.Staff](ctx, by.Caller, "/staff/"+m.id, want); err != nil {
				return "", err
			}
			changed++
		}
		if m.at != nil || m.aside { // the former sign in to tell where they are
			continue
		}
		if _, err := d.signIn(ctx, m.id, m.name, m.role); err != nil {
			return "", err
		}
	}
	return counted(len(members), changed), nil
}

func counted(all, added int) string { return fmt.Sprintf("%d, 新 new %d", all, added) }

func (d *demo) signIn(ctx context.Context, id, name string, role rest.Role) (person, error) {
	c, err := d.Staff(ctx, id)
	p := person{Caller: c, name: name, zh: roles[role][0], en: roles[role][1]}
	d.staff[id] = p
	return p, err
}

// onShift lets the surveyors' phones say where they are.
func (d *demo) onShift(ctx context.Context) (string, error) {
	n := 0
	for _, m := range members {
		if m.at == nil {
			continue
		}
		p, err := d.signIn(ctx, m.id, m.name, m.role) // a token lasts an hour
		if err != nil {
			return "", err
		}
		if _, err := play.Put[rest.SurveyorSeen](ctx, p.Caller, "/surveyors/me/shift", rest.Shift{OnShift: true, At: m.at}); err != nil {
			return "", err
		}
		n++
	}
	return fmt.Sprint(n), nil
}

// The policies of the stories, and two more of the other branch. Their numbers
// are made in insure, which says why.
var (
	flashPolicy    = policy{"PDAA", "3101", "000127", "沪AD58321", "", "周晓岚", motorCover(18_600_000)}
	standardPolicy = policy{"PDAA", "3101", "000284", "沪B7K236", "", "何建国", motorCover(24_500_000)}
	largePolicy    = policy{"PQZA", "3101", "000019", "", "上海市嘉定区曹安公路 4988 号 2 号仓库", "上海云帆纺织有限公司", []rest.Coverage{{
		Kind: "commercial_property", Form: "property-2009", SumInsuredFen: 900_000_000, ValueFen: 1_000_000_000, DeductibleFen: 0, LimitFen: 900_000_000,
	}}}
	denialPolicy = policy{"PDAA", "3101", "000391", "沪D58K26", "", "上海顺达物流有限公司", motorCover(16_800_000)}
	policies     = []policy{
		flashPolicy, standardPolicy, largePolicy, denialPolicy,
		{"PDAA", "3201", "000102", "苏A92B07", "", "陆海燕", motorCover(13_200_000)},
		{"PQZA", "3201", "000008", "", "南京市江宁区将军大道 88 号", "南京明远电子有限公司", []rest.Coverage{{
			Kind: "commercial_property", Form: "property-2009", SumInsuredFen: 500_000_000, ValueFen: 500_000_000, DeductibleFen: 200_000, LimitFen: 500_000_000,
		}}},
	}
)

type policy struct {
	class, branch, serial string
	plate, address        string
	holder                string
	covers                []rest.Coverage
}

// motorCover is what most private cars have: own damage for what the car is
// worth, and two million yuan to third parties above the compulsory cover, which
// the form implies.
func motorCover(worth rest.Fen) []rest.Coverage {
	return []rest.Coverage{
		{Kind: "own_damage", Form: "motor-2020", SumInsuredFen: worth, ValueFen: worth},
		{Kind: "third_party_property", Form: "motor-2020", LimitFen: 200_000_000},
	}
}

// starts is when the policies of a demo begin that begins now: the first of the
// month in which the last week began, so that whatever happened lately is
// covered. Next month brings new policies, with numbers of their own.
func starts(now time.Time) time.Time {
	week := now.In(china).AddDate(0, 0, -7)
	return time.Date(week.Year(), week.Month(), 1, 0, 0, 0, 0, china)
}

func (d *demo) policy(p policy) string {
	return p.class + p.branch + starts(d.began).Format("200601") + p.serial
}

var china = func() *time.Location {
	l, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err) // the data are linked in
	}
	return l
}()

// insured writes a policy like p whose holder has this phone, for one story: a
// machine pays who is in the policy, and not for ever.
func (s *story) insured(p policy, phone string) (number string) {
	if s.err != nil {
		return ""
	}
	p.serial = digits(8)
	number = s.policy(p)
	_, s.err = play.Post[rest.Policy](s, s.staff[firstAdmin].Caller, play.Key(), "/policies", s.written(p, phone))
	return number
}

// written is a policy as an administrator writes it.
func (d *demo) written(p policy, phone string) rest.NewPolicy {
	line := rest.Line("motor")
	if p.plate == "" {
		line = "commercial_property"
	}
	return rest.NewPolicy{
		Number: d.policy(p), Line: line, Branch: p.branch, Plate: p.plate, Address: p.address, Holder: rest.Holder{Name: p.holder, Phone: phone},
		Versions: []rest.NewPolicyVersion{{StartsAt: starts(d.began), EndsAt: starts(d.began).AddDate(1, 0, 0), Coverages: p.covers}},
	}
}

// insure writes the policies that are not there yet.
func (d *demo) insure(ctx context.Context) (string, error) {
	admin := d.staff[firstAdmin].Caller
	added := 0
	for i, p := range policies {
		number := d.policy(p)
		_, err := play.Get[rest.Policy](ctx, admin, "/policies/"+number)
		if problem := play.ProblemOf(err); problem == nil || problem.Status != http.StatusNotFound {
			if err != nil {
				return "", err
			}
			continue
		}
		if _, err := play.Post[rest.Policy](ctx, admin, "demo-policy-"+number, "/policies", d.written(p, fmt.Sprintf("1380000%04d", 2001+i))); err != nil {
			return "", err
		}
		added++
	}
	return counted(len(policies), added), nil
}
