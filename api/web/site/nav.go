package site

import (
	"slices"
	"strings"

	"anpei/claim"
)

// way is an entry of the header.
type way struct {
	To, Word string
	Here     bool // it is the page that is shown, or one below it
}

// ways are the pages of each role, in the order of their work. The policy
// decides what somebody sees; this only spares them dead ends.
var ways = []struct {
	to, word string
	roles    []claim.Role // none: all but those of another area
}{
	{"/s/", "nav.today", []claim.Role{claim.Surveyor}},
	{"/s/outbox", "nav.outbox", []claim.Role{claim.Surveyor}},
	{"/desk/figures", "nav.figures", []claim.Role{claim.Manager, claim.Audit}},
	{"/desk", "desk.title", nil},
	{"/desk/report", "call.title", Writers},
	{"/desk/claims", "nav.claims", nil},
	{"/desk/search", "search.title", nil},
	{"/desk/payments", "payments.title", []claim.Role{claim.Finance, claim.Audit, claim.Manager}},
	{"/desk/refused", "refused.title", []claim.Role{claim.Audit, claim.Manager}},
	{"/admin/staff", "nav.staff", []claim.Role{claim.Admin, claim.Manager, claim.Audit}},
	{"/admin/policies", "nav.policies", []claim.Role{claim.Admin, claim.Intake, claim.Service, claim.Audit, claim.Manager}},
	{"/admin/limits", "nav.limits", []claim.Role{claim.Admin, claim.Reviewer, claim.Finance, claim.Audit, claim.Manager}},
}

// besides are pages that belong to a list without lying below it.
var besides = strings.NewReplacer(
	"/admin/add/staff", "/admin/staff", "/admin/import/staff", "/admin/staff",
	"/admin/add/policy", "/admin/policies", "/admin/import/policies", "/admin/policies",
)

// Ways are the pages that stand in the header for whoever is signed in.
func (f frame) Ways() (list []way) {
	if f.Who == nil || f.Area == "claimant" {
		return nil
	}
	role, here := f.Who.Role, -1
	for _, w := range ways {
		if slices.Contains(w.roles, role) || w.roles == nil && role != claim.Admin && role != claim.Surveyor {
			list = append(list, way{To: w.to, Word: w.word})
			page := besides.Replace(f.Path)
			if (page == w.to || strings.HasPrefix(page, w.to+"/")) && (here < 0 || len(w.to) > len(list[here].To)) {
				here = len(list) - 1
			}
		}
	}
	if here >= 0 {
		list[here].Here = true
	}
	return list
}

// Writers are those who write down calls.
var Writers = []claim.Role{claim.Intake, claim.Service}
