package specimen

import "time"

// Dates are those on the papers of one claim, each written 2006-01-02 by the
// clock of Shanghai and told from the moment at which the papers are drawn: so
// that next year they say what they say today. They agree with each other: what
// was bought and registered, was before the loss; licences hold at the loss;
// what mends the loss is of today.
type Dates struct {
	Today     string // of what costs to mend: an estimate, an invoice
	Purchased string // of the invoice of what burnt, a season before

	VehicleRegistered, VehicleIssued string

	// A driver's first licence holds for six years, the next for ten, and so on:
	// this is the third, a year old.
	DriverFirstIssued, DriverFrom, DriverUntil string
}

// shanghai has had this offset since 1991.
var shanghai = time.FixedZone("CST", 8*60*60)

// DatesAt returns the dates of papers that are drawn at this moment.
func DatesAt(now time.Time) Dates {
	today := now.In(shanghai)
	day := func(of time.Time, years, months, days int) string {
		return of.AddDate(years, months, days).Format(time.DateOnly)
	}
	issued := today.AddDate(-1, 0, 0)
	return Dates{
		Today: day(today, 0, 0, 0), Purchased: day(today, 0, 0, -90),
		VehicleRegistered: day(today, -4, 0, -2), VehicleIssued: day(today, -4, 0, 0),
		DriverFirstIssued: day(issued, -16, 0, 0), DriverFrom: day(issued, 0, 0, 0), DriverUntil: day(issued, 10, 0, 0),
	}
}
