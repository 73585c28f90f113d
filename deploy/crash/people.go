package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// Personas of the identity provider, and the client that reports for a partner.
const (
	firstAdmin    = "admin-lv"
	partner       = "bench"
	partnerSecret = "anpei-local-not-a-secret" // the sandbox's own default
	branch        = "3101"
)

var roster = []struct {
	id, name string
	role     rest.Role
	branch   string
	level    rest.Level
}{
	{"dispatch-li", "李强", "dispatcher", branch, 0},
	{"survey-chen", "陈刚", "surveyor", branch, 0},
	{"survey-zhao", "赵磊", "surveyor", branch, 0},
	{"assess-zhou", "周平", "assessor", branch, 0},
	{"review-zheng", "郑凯", "reviewer", branch, 1},
	{"review-feng", "冯丽", "reviewer", branch, 2},
	{"review-jiang", "蒋峰", "reviewer", "0000", 3},
	{"finance-yang", "杨帆", "finance", branch, 0},
	{"operator-kong", "孔明", "operator", "0000", 0},
	{"audit-xu", "许诺", "audit", "0000", 0},
	{partner, "合作平台", "partner", branch, 0},
}

// member is a row of the staff list. A partner vouches for those it reports
// for, so that a machine may pay them.
type member struct {
	rest.StaffChange

	Vouches bool `json:"vouches,omitempty"`
}

// people signs everybody in whom the claims need.
func (r *trial) people(ctx context.Context) error {
	admin, err := r.Staff(ctx, firstAdmin)
	if err != nil {
		return err
	}
	r.staff = map[string]play.Caller{firstAdmin: admin}
	for i, m := range roster {
		row := rest.StaffChange{Name: m.name, Role: m.role, Branch: m.branch, Level: m.level, Phone: fmt.Sprintf("1370000%04d", i), Skills: []string{}, Active: true, Vouches: m.role == "partner"}
		if m.role == "surveyor" {
			row.Skills, row.MaxLoad = []string{"motor"}, 20
		}
		_, err := play.Put[rest.Staff](ctx, admin, "/staff/"+m.id, member{row, m.role == "partner"})
		if p := play.ProblemOf(err); p != nil && p.Status == http.StatusUnprocessableEntity { // a product of before partners vouched
			_, err = play.Put[rest.Staff](ctx, admin, "/staff/"+m.id, row)
		}
		if err != nil {
			return err
		}
		if m.id == partner {
			r.staff[m.id], err = r.Partner(ctx, partner, partnerSecret)
		} else {
			r.staff[m.id], err = r.Staff(ctx, m.id)
		}
		if err != nil {
			return err
		}
		if m.role != "surveyor" {
			continue
		}
		if _, err := play.Put[rest.SurveyorSeen](ctx, r.staff[m.id], "/surveyors/me/shift", rest.Shift{OnShift: true, At: &rest.Point{Lat: 31.2290, Lng: 121.5350}}); err != nil {
			return err
		}
	}
	return nil
}

// insure makes the policy of one claim: its holder, phone and car are in no
// other.
func (r *trial) insure(ctx context.Context, c *course) error {
	day := time.Now().UTC().Truncate(24 * time.Hour)
	_, err := play.Post[rest.Policy](ctx, r.staff[firstAdmin], play.Key(), "/policies", rest.NewPolicy{
		Number: c.policy, Line: "motor", Branch: branch, Plate: c.plate, Holder: rest.Holder{Name: c.holder, Phone: c.phone},
		Versions: []rest.NewPolicyVersion{{StartsAt: day.AddDate(-1, 0, 0), EndsAt: day.AddDate(0, 6, 0), Coverages: []rest.Coverage{
			{Kind: "own_damage", Form: "motor-2020", SumInsuredFen: 20_000_000, ValueFen: 20_000_000},
		}}},
	})
	return err
}
