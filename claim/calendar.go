package claim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Shanghai is the zone in which days begin and end: Beijing time, for the
// whole country. A fixed offset needs no time-zone database and loses
// nothing, since China has had no daylight saving time since 1991.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a calendar day, such as a date of loss or a holiday. It is not a
// midnight: it has no zone until [Date.Start] or [Date.End] gives it one.
// Dates compare with ==. The zero value is no date, and "" in JSON.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day on which t falls in Shanghai.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Shanghai).Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-11-21". A day that does not exist is an error.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q is not a day written as 2026-11-21", s)
	}
	y, m, d := t.Date()
	return Date{y, m, d}, nil
}

// String returns d as "2026-11-21".
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes d as "2026-11-21", and the zero value as "".
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Start returns the first instant of d in Shanghai, in UTC.
func (d Date) Start() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Shanghai).UTC()
}

// End returns 24:00 of d in Shanghai, in UTC: the first instant that is no
// longer d.
func (d Date) End() time.Time { return d.AddDays(1).Start() }

// AddDays returns the day n days after d, or before it when n is negative.
func (d Date) AddDays(n int) Date {
	y, m, day := time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC).Date()
	return Date{y, m, day}
}

// DaysSince returns how many days d is after earlier; negative when before.
func (d Date) DaysSince(earlier Date) int {
	return int(d.Start().Sub(earlier.Start()) / (24 * time.Hour))
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// Compare returns -1, 0 or 1 as d is before, the same as, or after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// weekend reports whether d is a weekly day of rest (周休息日): Saturday and
// Sunday, by art. 7 of the State Council's Provisions on Working Hours
// (国务院关于职工工作时间的规定).
func (d Date) weekend() bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// Year is what the State Council has announced about one year: its days of
// rest (放假) and the weekend days that are worked in exchange (调休上班).
// Each day stands in the year in which it lies, whichever notice named it.
type Year struct {
	Year      int    `json:"year"`
	Published bool   `json:"published"`          // false until the notice is out: every day of the year is provisional
	Source    string `json:"source,omitempty"`   // the notice
	Holidays  []Date `json:"holidays,omitempty"` // all days of rest, also those that fall on a weekend
	Workdays  []Date `json:"workdays,omitempty"` // weekend days that are worked
}

// Calendar tells working days from days of rest. The zero value knows no
// notice: it goes by the day of the week, and every answer is provisional.
type Calendar struct {
	Version       string `json:"version"`
	EffectiveFrom Date   `json:"effective_from"` // from when on dates are reckoned by this version
	Years         []Year `json:"years"`          // ascending
}

// Workday reports whether d is worked: Monday to Friday without the holidays,
// and the make-up weekend days. In a year that is not published yet it goes by
// the day of the week alone, and provisional is true.
func (c Calendar) Workday(d Date) (work, provisional bool) {
	i := slices.IndexFunc(c.Years, func(y Year) bool { return y.Year == d.Year && y.Published })
	if i < 0 {
		return !d.weekend(), true
	}
	if d.weekend() {
		return slices.Contains(c.Years[i].Workdays, d), false
	}
	return !slices.Contains(c.Years[i].Holidays, d), false
}

// AddWorkdays returns the n-th working day after from. The starting day is not
// counted (Civil Code art. 201(1)); the last day is a working day by nature, so
// that art. 203 has nothing to move. With n below 1 it returns from.
// It is provisional when a day of an unpublished year was looked at.
func (c Calendar) AddWorkdays(from Date, n int) (last Date, provisional bool) {
	for last = from; n > 0; {
		last = last.AddDays(1)
		work, unsure := c.Workday(last)
		provisional = provisional || unsure
		if work {
			n--
		}
	}
	return last, provisional
}

// AddDays returns the last day of a period of n calendar days that starts on
// from: the starting day is not counted (Civil Code art. 201(1)), and a period
// whose last day is a day of rest ends on the first working day after it
// (art. 203(1)). Days of rest on the way count like any other.
//
// Our reading of art. 203's 法定休假日: every day on which the country rests,
// so weekends as well as the whole of an announced holiday, and not a weekend
// day that is worked in exchange. Art. 154(3) of the General Principles of
// Civil Law, its forerunner, said "Sunday or another statutory day of rest";
// the SPC's opinion on it (1988, art. 198) let the actual day of rest govern
// where rest was exchanged. With n below 1 the period ends on from.
// It is provisional when the end fell on a day of an unpublished year.
func (c Calendar) AddDays(from Date, n int) (last Date, provisional bool) {
	if n < 1 {
		return from, false
	}
	return c.firstWorkday(from.AddDays(n))
}

// firstWorkday returns d if it is worked, or the first day after it that is.
func (c Calendar) firstWorkday(d Date) (first Date, provisional bool) {
	for {
		work, unsure := c.Workday(d)
		provisional = provisional || unsure
		if work {
			return d, provisional
		}
		d = d.AddDays(1)
	}
}

// WorkdaysBetween counts the working days after the first day, up to and
// including the last. It is 0 when last is not after first.
func (c Calendar) WorkdaysBetween(first, last Date) (n int, provisional bool) {
	for d := first.AddDays(1); d.Compare(last) <= 0; d = d.AddDays(1) {
		work, unsure := c.Workday(d)
		provisional = provisional || unsure
		if work {
			n++
		}
	}
	return n, provisional
}

// Validate reports everything that is wrong with the calendar: a missing
// version or date, years out of order, a published year without its source, a
// day in the wrong year or named twice, a make-up workday that is no weekend
// day or is a holiday as well.
func (c Calendar) Validate() error {
	var errs []error
	if c.Version == "" {
		errs = append(errs, errors.New("calendar has no version"))
	}
	if c.EffectiveFrom.IsZero() {
		errs = append(errs, errors.New("calendar has no date from which it is in force"))
	}
	for i, y := range c.Years {
		if i > 0 && y.Year <= c.Years[i-1].Year {
			errs = append(errs, fmt.Errorf("year %d stands after %d", y.Year, c.Years[i-1].Year))
		}
		errs = append(errs, y.validate())
	}
	return errors.Join(errs...)
}

func (y Year) validate() error {
	var errs []error
	if y.Published && y.Source == "" {
		errs = append(errs, fmt.Errorf("year %d is published but names no notice", y.Year))
	}
	seen := map[Date]bool{}
	for _, d := range slices.Concat(y.Holidays, y.Workdays) {
		if d.Year != y.Year {
			errs = append(errs, fmt.Errorf("%s stands in year %d", d, y.Year))
		}
		if seen[d] {
			errs = append(errs, fmt.Errorf("%s is named twice", d))
		}
		seen[d] = true
	}
	for _, d := range y.Workdays {
		if !d.weekend() {
			errs = append(errs, fmt.Errorf("%s is a make-up workday but no weekend day", d))
		}
	}
	return errors.Join(errs...)
}

// LimitationEnds returns the last day on which what is payable can be claimed
// in court (诉讼时效): two years from the day on which the insured knew of the
// event or should have (Insurance Law art. 26(1)). That day is not counted
// (Civil Code art. 201(1)), so the period ends on the same day of the month two
// years on, or on the month's last where it has none (art. 202). A day of rest
// at the end moves it (art. 203) in years whose holidays nobody knows yet; it
// is not counted on, so that nobody is told of a later day than the law's.
func LimitationEnds(known Date) Date {
	end := Date{known.Year + 2, known.Month, known.Day}
	if last := (Date{end.Year, end.Month + 1, 1}).AddDays(-1); end.Day > last.Day {
		return last
	}
	return end
}
