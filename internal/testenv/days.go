package testenv

import (
	"time"

	"anpei/claim"
)

// Names of the days that [Days] returns.
const (
	MonthsEnd      = "the end of a month"
	LeapDay        = "29 February"
	NewYearsEve    = "the last minutes of a year"
	SpringFestival = "the week of Spring Festival"
)

// Days are moments at which what depends on the day is tested, by handing them
// in: the clock of the machine shows such a day once in a while, and always on
// the wrong one.
func Days() map[string]time.Time {
	return map[string]time.Time{
		MonthsEnd:      time.Date(2027, time.January, 31, 9, 0, 0, 0, claim.Shanghai), // a Sunday
		LeapDay:        time.Date(2028, time.February, 29, 12, 0, 0, 0, claim.Shanghai),
		NewYearsEve:    time.Date(2026, time.December, 31, 23, 55, 0, 0, claim.Shanghai),
		SpringFestival: time.Date(2026, time.February, 18, 10, 0, 0, 0, claim.Shanghai),
	}
}
