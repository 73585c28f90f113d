package claim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

func rule(t *testing.T, line claim.Line, lane claim.Lane, clock claim.ClockName) claim.ClockRule {
	t.Helper()
	rules := claim.Rules(line, lane)
	i := slices.IndexFunc(rules, func(r claim.ClockRule) bool { return r.Clock == clock })
	require.GreaterOrEqual(t, i, 0, "%s %s has no clock %s", line, lane, clock)
	return rules[i]
}

// ledger writes a ledger as people would: "start 2026-11-02 10:00:00", one entry
// a line, then what is particular to the entry: proof=x by=x days=n hours=n.
func ledger(t *testing.T, clock claim.ClockName, text string) []claim.ClockEntry {
	t.Helper()
	var entries []claim.ClockEntry
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		e := claim.ClockEntry{Clock: clock, Kind: claim.EntryKind(f[0]), At: at(t, f[1]+" "+f[2])}
		for _, more := range f[3:] {
			key, value, _ := strings.Cut(more, "=")
			switch key {
			case "proof":
				e.Proof = value
			case "by":
				e.By = value
			case "reason":
				e.Reason = value
			case "days":
				require.NoError(t, json.Unmarshal([]byte(value), &e.Days))
			case "hours":
				require.NoError(t, json.Unmarshal([]byte(value), &e.Hours))
			default:
				t.Fatalf("ledger: %q", more)
			}
		}
		entries = append(entries, e)
	}
	return entries
}

func ignored(d claim.Due) (n int) {
	for _, l := range d.Lines {
		if l.Ignored {
			n++
		}
	}
	return n
}

func TestADeadlineFollowsFromItsLedger(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	const (
		running = "running"
		paused  = "paused"
		met     = "met"
		late    = "late"
		idle    = "idle"
	)
	for _, row := range []struct {
		why     string
		line    claim.Line
		clock   claim.ClockName
		entries string
		want    string // 24:00 of a day is 00:00 of the next
		state   string
		ignored int
	}{
		// Elapsed hours (Civil Code art. 201(2)).
		{"no start", claim.Motor, claim.ClockContact, ``, "", idle, 0},
		{
			"contact, over midnight", claim.Motor, claim.ClockContact,
			`start 2026-11-20 23:30:00`, "2026-11-21 00:30:00", running, 0,
		},
		{
			"contact at 59 min", claim.Motor, claim.ClockContact,
			`start 2026-11-20 10:00:00
			 stop  2026-11-20 10:59:00`, "2026-11-20 11:00:00", met, 0,
		},
		{
			"contact at the last second", claim.Motor, claim.ClockContact,
			`start 2026-11-20 10:00:00
			 stop  2026-11-20 10:59:59`, "2026-11-20 11:00:00", met, 0,
		},
		{
			"contact at 60 min", claim.Motor, claim.ClockContact,
			`start 2026-11-20 10:00:00
			 stop  2026-11-20 11:00:00`, "2026-11-20 11:00:00", late, 0,
		},
		{
			"on site runs through a holiday", claim.Motor, claim.ClockOnSite,
			`start 2026-02-16 22:00:00`, "2026-02-17 22:00:00", running, 0,
		},
		{
			"a remote place, with who and why", claim.Motor, claim.ClockOnSite,
			`start  2026-11-20 10:00:00
			 extend 2026-11-20 11:00:00 hours=24 by=S1 reason=remote`, "2026-11-22 10:00:00", running, 0,
		},
		{
			"a remote place without a reason", claim.Motor, claim.ClockOnSite,
			`start  2026-11-20 10:00:00
			 extend 2026-11-20 11:00:00 hours=24 by=S1`, "2026-11-21 10:00:00", running, 1,
		},
		{
			"a remote place without an approver", claim.Motor, claim.ClockOnSite,
			`start  2026-11-20 10:00:00
			 extend 2026-11-20 11:00:00 hours=24 reason=remote`, "2026-11-21 10:00:00", running, 1,
		},
		{
			"a remote place at the last second", claim.Motor, claim.ClockOnSite,
			`start  2026-11-20 10:00:00
			 extend 2026-11-21 09:59:59 hours=24 by=S1 reason=remote`, "2026-11-22 10:00:00", running, 0,
		},
		{
			"a remote place found out too late", claim.Motor, claim.ClockOnSite,
			`start  2026-11-20 10:00:00
			 extend 2026-11-21 10:00:00 hours=24 by=S1 reason=remote`, "2026-11-21 10:00:00", running, 1,
		},
		{
			"on site again after self-survey failed", claim.Motor, claim.ClockOnSite,
			`start 2026-11-20 10:00:00
			 stop  2026-11-20 12:00:00
			 start 2026-11-23 09:00:00`, "2026-11-24 09:00:00", running, 0,
		},

		// Registration, CIRC 2012 No. 19.
		{
			"motor, 3 days", claim.Motor, claim.ClockRegistration,
			`start 2026-11-16 10:00:00`, "2026-11-20 00:00:00", running, 0,
		},
		{
			"motor, reported in the last second of a day", claim.Motor, claim.ClockRegistration,
			`start 2026-11-16 23:59:59`, "2026-11-20 00:00:00", running, 0,
		},
		{
			"motor, reported a second later", claim.Motor, claim.ClockRegistration,
			`start 2026-11-17 00:00:00`, "2026-11-21 00:00:00", running, 0,
		},
		{
			"motor, over a weekend", claim.Motor, claim.ClockRegistration,
			`start 2026-11-18 10:00:00`, "2026-11-24 00:00:00", running, 0,
		},
		{
			"property, 15 working days over Spring Festival", claim.Property, claim.ClockRegistration,
			`start 2026-02-10 10:00:00`, "2026-03-10 00:00:00", running, 0,
		},

		// The list of papers, Compulsory Regulation art. 28.
		{
			"list, 1 day", claim.Motor, claim.ClockPapersList,
			`start 2026-11-16 10:00:00`, "2026-11-18 00:00:00", running, 0,
		},
		{
			"list, on Friday", claim.Motor, claim.ClockPapersList,
			`start 2026-11-20 10:00:00`, "2026-11-24 00:00:00", running, 0,
		},

		// Determination, Insurance Law art. 23(1).
		{
			"30 days", claim.Property, claim.ClockDetermination,
			`start 2026-11-02 10:00:00`, "2026-12-03 00:00:00", running, 0,
		},
		{
			"30 days, the last in Spring Festival", claim.Property, claim.ClockDetermination,
			`start 2026-01-18 10:00:00`, "2026-02-25 00:00:00", running, 0,
		},
		{
			"the first receipt counts", claim.Property, claim.ClockDetermination,
			`start 2026-11-02 10:00:00
			 start 2026-11-05 10:00:00`, "2026-12-03 00:00:00", running, 1,
		},
		{
			"compulsory, 5 days", claim.Motor, claim.ClockDeterminationCompulsory,
			`start 2026-11-02 10:00:00`, "2026-11-10 00:00:00", running, 0,
		},
		{
			"compulsory does not stand still", claim.Motor, claim.ClockDeterminationCompulsory,
			`start 2026-11-02 10:00:00
			 pause 2026-11-03 10:00:00 proof=d1`, "2026-11-10 00:00:00", running, 1,
		},

		// Supplement: request on the 4th, delivered on the 6th, papers on the 11th.
		{
			"delivered +2, papers +7: five days", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00 proof=d1
			 resume 2026-11-11 18:00:00`, "2026-12-08 00:00:00", running, 0,
		},
		{
			"answered on the day of delivery: none", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00 proof=d1
			 resume 2026-11-06 18:00:00`, "2026-12-03 00:00:00", running, 0,
		},
		{
			"papers outstanding", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00 proof=d1`, "2026-12-03 00:00:00", paused, 0,
		},
		{
			"never delivered", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00
			 resume 2026-11-11 18:00:00`, "2026-12-03 00:00:00", running, 2,
		},
		{
			"delivered at the second try", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00
			 pause  2026-11-09 09:00:00 proof=d2
			 resume 2026-11-11 18:00:00`, "2026-12-05 00:00:00", running, 1,
		},
		{
			"a second request while papers are outstanding", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00 proof=d1
			 pause  2026-11-09 09:00:00 proof=d2
			 resume 2026-11-11 18:00:00`, "2026-12-08 00:00:00", running, 1,
		},
		{
			"a second request after the papers came", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00 proof=d1
			 resume 2026-11-11 18:00:00
			 pause  2026-11-16 09:00:00 proof=d2
			 resume 2026-11-26 18:00:00`, "2026-12-08 00:00:00", running, 2,
		},
		{
			"a second request in a second cycle", claim.Property, claim.ClockDetermination,
			`start  2026-10-12 10:00:00
			 pause  2026-10-13 09:00:00 proof=d1
			 resume 2026-10-14 18:00:00
			 stop   2026-10-15 10:00:00
			 start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00 proof=d2
			 resume 2026-11-11 18:00:00`, "2026-12-03 00:00:00", running, 2,
		},
		{
			"requested on the last day", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-12-02 23:59:59 proof=d1
			 resume 2026-12-07 18:00:00`, "2026-12-08 00:00:00", running, 0,
		},
		{
			"requested when it was over", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-12-03 00:00:00 proof=d1
			 resume 2026-12-07 18:00:00`, "2026-12-03 00:00:00", running, 2,
		},
		{
			"requested on the Monday that art. 203 gave", claim.Property, claim.ClockDetermination,
			`start  2026-10-22 10:00:00
			 pause  2026-11-23 09:00:00 proof=d1
			 resume 2026-11-24 18:00:00`, "2026-11-25 00:00:00", running, 0,
		},
		{
			"requested on the Saturday before it", claim.Property, claim.ClockDetermination,
			`start  2026-10-22 10:00:00
			 pause  2026-11-21 09:00:00 proof=d1
			 resume 2026-11-25 18:00:00`, "2026-11-26 00:00:00", running, 0,
		},
		{
			"determined while papers are outstanding", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 pause  2026-12-01 09:00:00 proof=d1
			 stop   2026-12-18 10:00:00`, "2026-12-22 00:00:00", met, 0,
		},
		{
			"determined within the 30 days", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 stop   2026-12-02 23:59:59`, "2026-12-03 00:00:00", met, 0,
		},
		{
			"determined at their end", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 stop   2026-12-03 00:00:00`, "2026-12-03 00:00:00", late, 0,
		},
		{
			"longer by agreement, with its proof", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 extend 2026-11-20 10:00:00 days=10 by=S1 reason=experts proof=c1`, "2026-12-15 00:00:00", running, 0,
		},
		{
			"longer by the insurer's word alone", claim.Property, claim.ClockDetermination,
			`start  2026-11-02 10:00:00
			 extend 2026-11-20 10:00:00 days=10 by=S1 reason=experts`, "2026-12-03 00:00:00", running, 1,
		},
		{
			"into a year whose holidays are not known", claim.Property, claim.ClockDetermination,
			`start  2026-12-10 10:00:00`, "2027-01-12 00:00:00", running, 0,
		},

		// Review: 10 working days, under the law's 30 days.
		{
			"review", claim.Property, claim.ClockReview,
			`start 2026-11-02 10:00:00`, "2026-11-17 00:00:00", running, 0,
		},
		{
			"review over Spring Festival", claim.Property, claim.ClockReview,
			`start 2026-02-13 10:00:00`, "2026-03-06 00:00:00", running, 0,
		},
		{
			"review stands still in working days", claim.Property, claim.ClockReview,
			`start  2026-11-02 10:00:00
			 pause  2026-11-06 09:00:00 proof=d1
			 resume 2026-11-11 18:00:00`, "2026-11-20 00:00:00", running, 0,
		},
		{
			"review extended within the law", claim.Property, claim.ClockReview,
			`start  2026-11-02 10:00:00
			 extend 2026-11-03 10:00:00 days=5 by=S1 reason=experts`, "2026-11-24 00:00:00", running, 0,
		},
		{
			"review extended beyond the law", claim.Property, claim.ClockReview,
			`start  2026-11-02 10:00:00
			 extend 2026-11-03 10:00:00 days=15 by=S1 reason=experts`, "2026-12-03 00:00:00", running, 0,
		},

		// Denial notice, art. 24; payment, art. 23(1); prepayment, art. 25.
		{
			"denial notice, 3 days", claim.Motor, claim.ClockDenialNotice,
			`start 2026-11-16 10:00:00`, "2026-11-20 00:00:00", running, 0,
		},
		{
			"denial notice cannot wait", claim.Motor, claim.ClockDenialNotice,
			`start  2026-11-16 10:00:00
			 extend 2026-11-17 10:00:00 days=1 by=S1 reason=x proof=c1`, "2026-11-20 00:00:00", running, 1,
		},
		{
			"payment, 10 days", claim.Motor, claim.ClockPayment,
			`start 2026-11-09 10:00:00`, "2026-11-20 00:00:00", running, 0,
		},
		{
			"payment over National Day", claim.Motor, claim.ClockPayment,
			`start 2026-09-21 10:00:00`, "2026-10-09 00:00:00", running, 0,
		},
		{
			"motor payment is not extended", claim.Motor, claim.ClockPayment,
			`start  2026-11-09 10:00:00
			 extend 2026-11-10 10:00:00 days=1 by=S1 reason=x proof=c1`, "2026-11-20 00:00:00", running, 1,
		},
		{
			"property payment by contract", claim.Property, claim.ClockPayment,
			`start  2026-11-09 10:00:00
			 extend 2026-11-10 10:00:00 days=5 by=S1 reason=contract proof=c1`, "2026-11-25 00:00:00", running, 0,
		},
		{
			"prepayment, 60 days", claim.Property, claim.ClockPrepay,
			`start 2026-08-03 10:00:00`, "2026-10-09 00:00:00", running, 0,
		},
		{
			"prepayment does not stand still", claim.Property, claim.ClockPrepay,
			`start 2026-08-03 10:00:00
			 pause 2026-08-05 10:00:00 proof=d1`, "2026-10-09 00:00:00", running, 1,
		},

		// What is without effect.
		{
			"stopped before it started", claim.Motor, claim.ClockPayment,
			`stop 2026-11-09 10:00:00`, "", idle, 1,
		},
		{
			"stopped twice", claim.Motor, claim.ClockPayment,
			`start 2026-11-09 10:00:00
			 stop  2026-11-10 10:00:00
			 stop  2026-12-10 10:00:00`, "2026-11-20 00:00:00", met, 1,
		},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			entries := ledger(t, row.clock, row.entries)
			entries = append(entries, claim.ClockEntry{Clock: "another", Kind: claim.EntryStop, At: at(t, "2026-01-01 00:00:00")})
			due, err := claim.Deadline(cal, rule(t, row.line, claim.Standard, row.clock), entries)
			require.NoError(t, err)

			got := ""
			if !due.At.IsZero() {
				got = due.At.In(claim.Shanghai).Format("2006-01-02 15:04:05")
				require.Equal(t, time.UTC, due.At.Location())
			}
			require.Equal(t, row.want, got)
			require.Equal(t, row.state == running, due.Running, "running")
			require.Equal(t, row.state == paused, due.Paused, "paused")
			require.Equal(t, row.state == met, due.Met, "met")
			require.Equal(t, row.ignored, ignored(due), "entries without effect")
			if row.state == idle {
				require.False(t, due.Breached(at(t, "2099-01-01 00:00:00")))
				return
			}
			require.False(t, due.Breached(due.At.Add(-1)), "a moment before")
			require.Equal(t, row.state == running || row.state == late, due.Breached(due.At), "at the deadline")
			require.Equal(t, due.At.After(at(t, "2027-01-01 00:00:00")), due.Provisional, "provisional")
		})
	}
}

func TestEveryStepOfADeadlineIsExplained(t *testing.T) {
	t.Parallel()
	entries := ledger(t, claim.ClockDetermination, `
		start  2026-10-12 10:00:00
		pause  2026-10-14 09:00:00 proof=delivery-1
		resume 2026-10-15 18:00:00
		pause  2026-10-20 09:00:00 proof=delivery-2
		extend 2026-11-02 10:00:00 days=9 by=S1 reason=专家会审 proof=consent-1
		stop   2026-11-23 20:00:00`)
	due, err := claim.Deadline(calendar(t), rule(t, claim.Property, claim.Large, claim.ClockDetermination), entries)
	require.NoError(t, err)
	var zh, en []string
	for _, l := range due.Lines {
		zh = append(zh, l.ZH+"｜"+l.Source)
		en = append(en, l.EN)
	}
	require.Equal(t, []string{
		"自 2026-10-12 10:00 起算，开始当日不计入｜Civil Code art. 201(1)",
		"期限 30 日，至 2026-11-11 24:00｜Insurance Law art. 23(1)",
		"补充材料通知于 2026-10-14 09:00 送达，期间暂停计算｜SPC II art. 15",
		"补充材料于 2026-10-15 18:00 收齐，扣除 1 日，至 2026-11-12 24:00｜SPC II art. 15",
		"补充材料应一次性通知；再次通知不影响期限｜Insurance Law art. 22(2)",
		"经 S1 延长 9 日：专家会审，至 2026-11-23 24:00｜Insurance Law art. 23(1)",
		"期满日 2026-11-21 为法定休假日，顺延至休假日结束的次日｜Civil Code art. 203(1)",
		"于 2026-11-23 20:00 完成，未超期｜Insurance Law art. 23(1)",
	}, zh)
	require.Equal(t, []string{
		"Counts from 2026-10-12 10:00; the starting day is not counted.",
		"The limit is 30 days. Until 2026-11-11 24:00.",
		"The supplement notice was delivered at 2026-10-14 09:00; the clock stands still.",
		"The papers arrived at 2026-10-15 18:00; 1 day deducted. Until 2026-11-12 24:00.",
		"Papers are to be asked for once; a second request moves nothing.",
		"Extended by 9 days by S1: 专家会审 Until 2026-11-23 24:00.",
		"The last day, 2026-11-21, is a day of rest; the period ends on the first working day after it.",
		"Done at 2026-11-23 20:00, in time.",
	}, en)

	last := due.Lines[len(due.Lines)-2]
	require.Equal(t, due.At, last.Until, "the last deadline written is the deadline")
}

func TestThePromiseNamesTheLawAboveIt(t *testing.T) {
	t.Parallel()
	due, err := claim.Deadline(calendar(t), rule(t, claim.Property, claim.Standard, claim.ClockReview), ledger(t, claim.ClockReview, `
		start  2026-10-22 10:00:00
		extend 2026-11-03 10:00:00 days=40 by=S1 reason=experts`))
	require.NoError(t, err)
	n := len(due.Lines)
	require.Equal(t, "期满日 2026-11-21 为法定休假日，顺延至休假日结束的次日", due.Lines[n-2].ZH)
	require.Equal(t, "不得超过法定期限 30 日，至 2026-11-23 24:00", due.Lines[n-1].ZH)
	require.Equal(t, "Not beyond the law's 30 days. Until 2026-11-23 24:00.", due.Lines[n-1].EN)
	require.Equal(t, "Insurance Law art. 23(1)", due.Lines[n-1].Source)
}

func TestTargetsAreSofterThanTheirLimits(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	start := at(t, "2026-11-20 10:00:00") // a Friday
	for _, row := range []struct {
		lane  claim.Lane
		clock claim.ClockName
		want  time.Duration
	}{
		{claim.Standard, claim.ClockContact, 10 * time.Minute},
		{claim.Standard, claim.ClockPapersList, 24 * time.Hour},
		{claim.Flash, claim.ClockPayment, 24 * time.Hour},
	} {
		due, err := claim.Deadline(cal, rule(t, claim.Motor, row.lane, row.clock),
			[]claim.ClockEntry{{Clock: row.clock, Kind: claim.EntryStart, At: start}})
		require.NoError(t, err)
		require.Equal(t, start.Add(row.want).UTC(), due.Target)
		require.True(t, due.Target.Before(due.At))
		require.False(t, due.Breached(due.Target))
	}
	require.Nil(t, rule(t, claim.Motor, claim.Standard, claim.ClockPayment).Target)
}

func TestAClockOfHoursStandsStillToTheSecond(t *testing.T) {
	t.Parallel()
	r := claim.ClockRule{Clock: "c", Measure: claim.Hours, Limit: 10, Source: "contract", Pausable: true}
	due, err := claim.Deadline(claim.Calendar{}, r, ledger(t, "c", `
		start  2026-11-20 10:00:00
		pause  2026-11-20 12:00:00 proof=d1
		resume 2026-11-20 13:30:01`))
	require.NoError(t, err)
	require.Equal(t, at(t, "2026-11-20 21:30:01").UTC(), due.At)
	require.Equal(t, "The papers arrived at 2026-11-20 13:30; 1 hour deducted. Until 2026-11-20 21:30.", due.Lines[3].EN)
}

func TestEachLineHasItsClocks(t *testing.T) {
	t.Parallel()
	names := func(line claim.Line, lane claim.Lane) (names []claim.ClockName) {
		for _, r := range claim.Rules(line, lane) {
			require.Equal(t, line, r.Line)
			require.NotEmpty(t, r.Source)
			require.Equal(t, r.Clock == claim.ClockPapersList || r.Clock == claim.ClockDeterminationCompulsory, r.Compulsory)
			names = append(names, r.Clock)
		}
		return names
	}
	motor := []claim.ClockName{
		claim.ClockContact, claim.ClockOnSite, claim.ClockRegistration, claim.ClockPapersList, claim.ClockDetermination,
		claim.ClockDeterminationCompulsory, claim.ClockReview, claim.ClockDenialNotice, claim.ClockPayment, claim.ClockPrepay,
	}
	require.Equal(t, motor, names(claim.Motor, claim.Standard))
	require.Equal(t, motor, names(claim.Motor, claim.Large))
	require.Equal(t, slices.Delete(slices.Clone(motor), 1, 2), names(claim.Motor, claim.Flash), "nobody goes to a flash loss")
	property := slices.DeleteFunc(slices.Clone(motor), func(c claim.ClockName) bool {
		return c == claim.ClockPapersList || c == claim.ClockDeterminationCompulsory
	})
	require.Equal(t, property, names(claim.Property, claim.Standard))
	require.Empty(t, names("marine", claim.Standard))
}

func TestAMalformedLedgerIsAnError(t *testing.T) {
	t.Parallel()
	good := claim.ClockRule{Clock: "c", Measure: claim.Days, Limit: 3}
	start := claim.ClockEntry{Clock: "c", Kind: claim.EntryStart, At: at(t, "2026-11-20 10:00:00")}
	for _, row := range []struct {
		want  string
		rule  claim.ClockRule
		entry claim.ClockEntry
	}{
		{`unknown measure "weeks"`, claim.ClockRule{Clock: "c", Measure: "weeks", Limit: 1}, start},
		{`limit 0 is below 1`, claim.ClockRule{Clock: "c", Measure: claim.Days}, start},
		{`limit 0 is below 1`, claim.ClockRule{Clock: "c", Measure: claim.Days, Limit: 1, Ceiling: &claim.Span{Measure: claim.Days}}, start},
		{`unknown entry "nap"`, good, claim.ClockEntry{Clock: "c", Kind: "nap", At: start.At}},
		{`start has no time`, good, claim.ClockEntry{Clock: "c", Kind: claim.EntryStart}},
		{`it takes days`, good, claim.ClockEntry{Clock: "c", Kind: claim.EntryExtend, At: start.At}},
		{`it takes days`, good, claim.ClockEntry{Clock: "c", Kind: claim.EntryExtend, At: start.At, Days: -1}},
		{`it takes days`, good, claim.ClockEntry{Clock: "c", Kind: claim.EntryExtend, At: start.At, Days: 1, Hours: 1}},
		{`it takes hours`, claim.ClockRule{Clock: "c", Measure: claim.Hours, Limit: 1}, claim.ClockEntry{Clock: "c", Kind: claim.EntryExtend, At: start.At, Days: 1}},
	} {
		_, err := claim.Deadline(claim.Calendar{}, row.rule, []claim.ClockEntry{row.entry})
		require.ErrorContains(t, err, row.want)
	}
}

// entries draws a ledger for one clock, sensible or not.
func entries(t *rapid.T, clock claim.ClockName) []claim.ClockEntry {
	t0 := time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)
	kinds := []claim.EntryKind{claim.EntryStart, claim.EntryPause, claim.EntryResume, claim.EntryExtend, claim.EntryStop}
	var list []claim.ClockEntry
	for range rapid.IntRange(0, 8).Draw(t, "entries") {
		t0 = t0.Add(time.Duration(rapid.IntRange(1, 20*24*60).Draw(t, "later")) * time.Minute)
		e := claim.ClockEntry{Clock: clock, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), At: t0}
		if rapid.Bool().Draw(t, "proof") {
			e.Proof = "p"
		}
		if e.Kind == claim.EntryExtend {
			e.Days, e.By, e.Reason = rapid.IntRange(1, 20).Draw(t, "days"), "S1", "r"
		}
		list = append(list, e)
	}
	return list
}

func TestLedgersKeepTheirPromises(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	rules := []claim.ClockRule{
		rule(t, claim.Property, claim.Standard, claim.ClockDetermination),
		rule(t, claim.Property, claim.Standard, claim.ClockReview),
		rule(t, claim.Property, claim.Standard, claim.ClockPrepay),
	}
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(rules).Draw(t, "rule")
		list := entries(t, r.Clock)
		due, err := claim.Deadline(cal, r, list)
		require.NoError(t, err)

		// The order of rows in the table does not matter.
		again, err := claim.Deadline(cal, r, rapid.Permutation(list).Draw(t, "shuffled"))
		require.NoError(t, err)
		require.Equal(t, due, again)

		// A clock is in one state, and a deadline of days ends a working day.
		states := 0
		for _, on := range []bool{due.At.IsZero(), due.Running, due.Paused, !due.Stopped.IsZero()} {
			if on {
				states++
			}
		}
		require.Equal(t, 1, states)
		if !due.At.IsZero() {
			work, _ := cal.Workday(claim.DateOf(due.At.Add(-1)))
			require.True(t, work)
			require.Equal(t, due.At, claim.DateOf(due.At.Add(-1)).End())
		}

		// Each entry is explained, and the last deadline written is the deadline.
		explained, until := 0, time.Time{}
		for _, l := range due.Lines {
			if !l.At.IsZero() {
				explained++
			}
			if !l.Until.IsZero() {
				until = l.Until
			}
			require.NotEmpty(t, l.Source)
			require.NotEmpty(t, l.ZH)
			require.NotEmpty(t, l.EN)
		}
		require.Equal(t, len(list), explained)
		if due.Stopped.IsZero() {
			require.Equal(t, due.At, until)
		}

		// Entries without effect can be left out.
		var effective []claim.ClockEntry
		for _, e := range list {
			if !slices.ContainsFunc(due.Lines, func(l claim.DueLine) bool { return l.Ignored && l.At.Equal(e.At) }) {
				effective = append(effective, e)
			}
		}
		without, err := claim.Deadline(cal, r, effective)
		require.NoError(t, err)
		require.Equal(t, due.At, without.At)

		// A breach never heals by waiting.
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		breached := false
		for range 60 {
			now = now.Add(7 * 24 * time.Hour)
			require.False(t, breached && !due.Breached(now))
			breached = due.Breached(now)
		}
	})
}

func TestOnlyOnePauseEverCounts(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	r := rule(t, claim.Property, claim.Standard, claim.ClockDetermination)
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 300).Draw(t, "start"))
		after := func(days int) time.Time { return start.AddDate(0, 0, days) }
		delivered := rapid.IntRange(0, 29).Draw(t, "delivered")
		arrived := delivered + rapid.IntRange(0, 90).Draw(t, "arrived")
		plain := []claim.ClockEntry{{Clock: r.Clock, Kind: claim.EntryStart, At: start}}
		once := append(slices.Clone(plain),
			claim.ClockEntry{Clock: r.Clock, Kind: claim.EntryPause, At: after(delivered), Proof: "p"},
			claim.ClockEntry{Clock: r.Clock, Kind: claim.EntryResume, At: after(arrived)})
		twice := append(slices.Clone(once),
			claim.ClockEntry{Clock: r.Clock, Kind: claim.EntryPause, At: after(arrived + 1), Proof: "p"},
			claim.ClockEntry{Clock: r.Clock, Kind: claim.EntryResume, At: after(arrived + 8)})

		a, err := claim.Deadline(cal, r, once)
		require.NoError(t, err)
		b, err := claim.Deadline(cal, r, twice)
		require.NoError(t, err)
		require.Equal(t, a.At, b.At)

		// It moves the period by the days between, before art. 203 is asked.
		want, _ := cal.AddDays(claim.DateOf(start), 30+arrived-delivered)
		require.Equal(t, want.End(), a.At)
		require.False(t, a.Breached(after(arrived)), "papers that come late cannot breach it")
	})
}
