package claim_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

// read loads one of the tables that ship with the product, refusing fields
// that its type does not know.
func read[T any](t *testing.T, name string) T {
	t.Helper()
	f, err := os.Open("../schemas/forms/" + name)
	require.NoError(t, err)
	defer f.Close()
	var v T
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v))
	return v
}

func calendar(t *testing.T) claim.Calendar {
	t.Helper()
	return read[claim.Calendar](t, "calendar.json")
}

func day(t *testing.T, s string) claim.Date {
	t.Helper()
	d, err := claim.ParseDate(s)
	require.NoError(t, err)
	return d
}

// at reads a time of the day in Shanghai.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04:05", s, claim.Shanghai)
	require.NoError(t, err)
	return v
}

func TestADayIsTheOneInShanghai(t *testing.T) {
	t.Parallel()
	for utc, want := range map[string]string{
		"2026-11-20T15:59:59Z": "2026-11-20",
		"2026-11-20T16:00:00Z": "2026-11-21",
		"2026-12-31T16:00:00Z": "2027-01-01",
	} {
		v, err := time.Parse(time.RFC3339, utc)
		require.NoError(t, err)
		require.Equal(t, want, claim.DateOf(v).String())
	}
	d := day(t, "2026-11-21")
	require.Equal(t, "2026-11-20T16:00:00Z", d.Start().Format(time.RFC3339))
	require.Equal(t, "2026-11-21T16:00:00Z", d.End().Format(time.RFC3339))
	require.Equal(t, time.Saturday, d.Weekday())
}

func TestADateIsTextInJSON(t *testing.T) {
	t.Parallel()
	type row struct {
		D claim.Date `json:"d"`
	}
	for _, doc := range []string{`{"d":"2026-11-21"}`, `{"d":"2024-02-29"}`, `{"d":""}`} {
		var v row
		require.NoError(t, json.Unmarshal([]byte(doc), &v))
		out, err := json.Marshal(v)
		require.NoError(t, err)
		require.JSONEq(t, doc, string(out))
	}
	for _, bad := range []string{"2026-02-29", "2026-2-1", "20260201", "2026-13-01", "2026-11-21T00:00:00Z", " 2026-11-21"} {
		_, err := claim.ParseDate(bad)
		require.Error(t, err, bad)
		require.Error(t, json.Unmarshal([]byte(`{"d":"`+bad+`"}`), new(row)), bad)
	}
}

func TestDaysAddUpAndCompare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := claim.Date{Year: 2000, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 40_000).Draw(t, "day"))
		n := rapid.IntRange(-5_000, 5_000).Draw(t, "n")
		e := d.AddDays(n)
		require.Equal(t, n, e.DaysSince(d))
		require.Equal(t, d, e.AddDays(-n))
		require.Equal(t, n > 0, e.Compare(d) > 0)
		require.Equal(t, n == 0, e.Compare(d) == 0)
		require.Equal(t, d, claim.DateOf(d.Start()))
		require.Equal(t, d, claim.DateOf(d.End().Add(-1)))
		require.Equal(t, d.AddDays(1), claim.DateOf(d.End()))
		back, err := claim.ParseDate(d.String())
		require.NoError(t, err)
		require.Equal(t, d, back)
	})
}

func TestTheShippedCalendarIsThatOfTheNotices(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	require.NoError(t, cal.Validate())

	workdays := func(year int) (n int) {
		first, last := claim.Date{Year: year - 1, Month: 12, Day: 31}, claim.Date{Year: year, Month: 12, Day: 31}
		n, _ = cal.WorkdaysBetween(first, last)
		return n
	}
	require.Equal(t, 248, workdays(2025)) // 365 − 104 weekend days − 13 statutory days
	require.Equal(t, 248, workdays(2026))

	_, provisional := cal.WorkdaysBetween(day(t, "2026-12-01"), day(t, "2026-12-31"))
	require.False(t, provisional)
	_, provisional = cal.WorkdaysBetween(day(t, "2026-12-01"), day(t, "2027-01-01"))
	require.True(t, provisional)

	for _, row := range []struct {
		day               string
		work, provisional bool
		why               string
	}{
		{"2025-01-01", false, false, "New Year"},
		{"2025-01-26", true, false, "a Sunday worked for Spring Festival"},
		{"2025-01-28", false, false, "the eve of Spring Festival, statutory since 2025"},
		{"2025-10-08", false, false, "last day of National Day and Mid-Autumn"},
		{"2025-10-09", true, false, "the day after"},
		{"2026-01-02", false, false, "a Friday given free"},
		{"2026-01-04", true, false, "the Sunday worked for it"},
		{"2026-02-13", true, false, "the Friday before Spring Festival"},
		{"2026-02-14", true, false, "a Saturday worked for it"},
		{"2026-02-15", false, false, "its first day"},
		{"2026-02-23", false, false, "its last day, a Monday"},
		{"2026-02-24", true, false, "the Tuesday after"},
		{"2026-02-28", true, false, "a Saturday worked for it"},
		{"2026-10-10", true, false, "a Saturday worked for National Day"},
		{"2026-10-11", false, false, "the Sunday after, free"},
		{"2026-11-20", true, false, "a plain Friday"},
		{"2026-11-21", false, false, "a plain Saturday"},
		{"2027-01-01", true, true, "a Friday of a year whose notice is not out"},
		{"2027-01-02", false, true, "a Saturday of that year"},
		{"2024-06-12", true, true, "a year that the calendar does not hold"},
	} {
		work, provisional := cal.Workday(day(t, row.day))
		require.Equal(t, row.work, work, "%s: %s", row.day, row.why)
		require.Equal(t, row.provisional, provisional, row.day)
	}
}

func TestWorkingDaysAreCounted(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	for _, row := range []struct {
		from        string
		n           int
		want        string
		provisional bool
		why         string
	}{
		{"2026-11-20", 0, "2026-11-20", false, "nothing to count"},
		{"2026-11-20", 1, "2026-11-23", false, "Friday to Monday"},
		{"2026-11-21", 1, "2026-11-23", false, "a free starting day is not counted either"},
		{"2026-02-13", 1, "2026-02-14", false, "the next day is a worked Saturday"},
		{"2026-02-14", 1, "2026-02-24", false, "over the whole of Spring Festival"},
		{"2026-02-10", 15, "2026-03-09", false, "both worked Saturdays count"},
		{"2026-09-30", 3, "2026-10-10", false, "National Day, then Thursday, Friday and a worked Saturday"},
		{"2026-12-30", 1, "2026-12-31", false, "the last day of a published year"},
		{"2026-12-31", 1, "2027-01-01", true, "into a year whose notice is not out"},
	} {
		got, provisional := cal.AddWorkdays(day(t, row.from), row.n)
		require.Equal(t, row.want, got.String(), row.why)
		require.Equal(t, row.provisional, provisional, row.why)
	}
}

func TestAPeriodOfDaysEndsOnADayThatIsWorked(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	for _, row := range []struct {
		from        string
		n           int
		want        string
		provisional bool
		why         string
	}{
		{"2026-11-16", 3, "2026-11-19", false, "Monday and 3 days: the starting day is not counted"},
		{"2026-11-18", 3, "2026-11-23", false, "ends on Saturday: Monday"},
		{"2026-11-19", 3, "2026-11-23", false, "ends on Sunday: Monday"},
		{"2026-11-20", 3, "2026-11-23", false, "ends on Monday by itself; days of rest on the way count"},
		{"2026-02-11", 3, "2026-02-14", false, "ends on a Saturday that is worked"},
		{"2026-02-12", 3, "2026-02-24", false, "ends on the first day of Spring Festival"},
		{"2026-02-20", 3, "2026-02-24", false, "ends on its last day"},
		{"2026-02-21", 3, "2026-02-24", false, "ends on the day after it"},
		{"2026-09-28", 3, "2026-10-08", false, "National Day, whole, not its statutory days alone"},
		{"2026-12-28", 3, "2026-12-31", false, "the last day of a published year"},
		{"2026-12-29", 3, "2027-01-01", true, "New Year's Day of a year whose notice is not out"},
		{"2026-12-30", 3, "2027-01-04", true, "its first Saturday"},
		{"2026-11-21", 0, "2026-11-21", false, "no days"},
	} {
		got, provisional := cal.AddDays(day(t, row.from), row.n)
		require.Equal(t, row.want, got.String(), row.why)
		require.Equal(t, row.provisional, provisional, row.why)
	}
}

func TestCountingWorkdaysUndoesAddingThem(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	rapid.Check(t, func(t *rapid.T) {
		from := claim.Date{Year: 2024, Month: 11, Day: 1}.AddDays(rapid.IntRange(0, 900).Draw(t, "from"))
		n := rapid.IntRange(1, 60).Draw(t, "n")

		last, _ := cal.AddWorkdays(from, n)
		work, _ := cal.Workday(last)
		require.True(t, work)
		between, _ := cal.WorkdaysBetween(from, last)
		require.Equal(t, n, between)

		end, provisional := cal.AddDays(from, n)
		work, unsure := cal.Workday(end)
		require.True(t, work)
		require.GreaterOrEqual(t, end.DaysSince(from), n)
		require.LessOrEqual(t, end.DaysSince(from), n+9) // no holiday is longer
		require.True(t, provisional || !unsure)
	})
}

func TestAWrongCalendarSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	sat, mon := day(t, "2026-11-21"), day(t, "2026-11-23")
	err := claim.Calendar{Years: []claim.Year{
		{Year: 2026, Published: true, Holidays: []claim.Date{sat, mon}, Workdays: []claim.Date{sat, mon.AddDays(1)}},
		{Year: 2025, Holidays: []claim.Date{mon}},
		{Year: 2025},
	}}.Validate()
	for _, part := range []string{
		"no version", "no date", "2026 is published but names no notice", "2026-11-21 is named twice",
		"2026-11-24 is a make-up workday but no weekend day", "year 2025 stands after 2026", "year 2025 stands after 2025",
		"2026-11-23 stands in year 2025",
	} {
		require.ErrorContains(t, err, part)
	}
}
