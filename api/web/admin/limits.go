package admin

import (
	"encoding/json"
	"fmt"
	"slices"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// limitsPage is who may determine how much, and by which tables claims are
// routed and deadlines counted, since when.
type limitsPage struct {
	Tables    []rest.AuthorityTable
	Authority claim.Authority
	Levels    []claim.Level // of all lines; 0 is the machine
	Lanes     claim.LaneRules
	Years     []calendarYear
}

// calendarYear is a year of the calendar, and where it is from.
type calendarYear struct {
	Year      int    `json:"year"`
	Published bool   `json:"published"`
	Source    string `json:"source"`
}

// limits shows the tables in force.
func limits(v *site.Visit) error {
	if _, err := v.Me(); err != nil {
		return err
	}
	found, err := site.Read[rest.AuthorityPage](v.API.ListAuthority(v.Ctx(), &rest.ListAuthorityParams{Limit: 200}))
	if err != nil {
		return err
	}
	page := limitsPage{Tables: found.Items, Levels: []claim.Level{0}}
	var calendar struct {
		Years []calendarYear `json:"years"`
	}
	for _, t := range found.Items {
		into := map[string]any{"authority": &page.Authority, "lanes": &page.Lanes, "calendar": &calendar}[t.Kind]
		if into == nil {
			continue
		}
		if err := json.Unmarshal(t.Body, into); err != nil {
			return fmt.Errorf("read table %s %s: %w", t.Kind, t.Version, err)
		}
	}
	page.Years = calendar.Years
	for _, line := range page.Authority.Lines {
		for _, l := range line.Levels {
			if !slices.Contains(page.Levels, l.Level) {
				page.Levels = append(page.Levels, l.Level)
			}
		}
	}
	slices.Sort(page.Levels)
	return v.Show("admin-limits", page)
}

// Limit says up to which amount a level may determine a claim of a line.
func (p limitsPage) Limit(l site.Lang, line claim.Line, level claim.Level) string {
	switch limit, ok := p.Authority.Limit(line, level); {
	case !ok:
		return "—"
	case limit == claim.Unlimited:
		return l.Say("limits.unlimited")
	default:
		return site.Money(limit)
	}
}

// Table finds a table by its kind.
func (p limitsPage) Table(kind string) rest.AuthorityTable {
	i := slices.IndexFunc(p.Tables, func(t rest.AuthorityTable) bool { return t.Kind == kind })
	if i < 0 {
		return rest.AuthorityTable{Kind: kind}
	}
	return p.Tables[i]
}
