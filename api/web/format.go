package web

import (
	"fmt"
	"time"

	"anpei/claim"
)

var weekdays = map[lang][7]string{
	zh: {"周日", "周一", "周二", "周三", "周四", "周五", "周六"},
	en: {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
}

// day writes a day with its weekday, and its year when it is not this one:
// 11月24日 周二, Tue 24 Nov.
func (l lang) day(t, now time.Time) string {
	t, now = t.In(claim.Shanghai), now.In(claim.Shanghai)
	weekday := weekdays[l][t.Weekday()]
	if l == en {
		if t.Year() != now.Year() {
			return weekday + t.Format(" 2 Jan 2006")
		}
		return weekday + t.Format(" 2 Jan")
	}
	if t.Year() != now.Year() {
		return t.Format("2006年1月2日 ") + weekday
	}
	return t.Format("1月2日 ") + weekday
}

// moment writes when something happened: 今天 09:12, 昨天 17:40, 11月20日 周五 16:55.
func (l lang) moment(t, now time.Time) string {
	at := t.In(claim.Shanghai).Format(" 15:04")
	switch claim.DateOf(t) {
	case claim.DateOf(now):
		return l.say("time.today") + at
	case claim.DateOf(now.Add(-24 * time.Hour)):
		return l.say("time.yesterday") + at
	default:
		return l.day(t, now) + at
	}
}

// by writes a deadline. It is the first instant that is too late: midnight
// means the whole day before.
func (l lang) by(t, now time.Time) string {
	local := t.In(claim.Shanghai)
	if local.Hour() == 0 && local.Minute() == 0 {
		return l.say("time.by", "when", l.day(t.Add(-time.Second), now))
	}
	return l.say("time.by", "when", l.day(t, now)+local.Format(" 15:04"))
}

// left writes how long there is to a deadline, or since it passed.
func (l lang) left(t, now time.Time) string {
	key, d := "time.left", t.Sub(now)
	if d < 0 {
		key, d = "time.late", -d
	}
	return l.say(key, "span", l.span(d))
}

// span writes a length of time in its two largest units.
func (l lang) span(d time.Duration) string {
	minutes := int(d / time.Minute)
	days, hours := minutes/(24*60), minutes/60%24
	switch {
	case days > 0:
		return l.say("time.days", "n", days) + " " + l.say("time.hours", "n", hours)
	case hours > 0:
		return l.say("time.hours", "n", hours) + " " + l.say("time.minutes", "n", minutes%60)
	default:
		return l.say("time.minutes", "n", minutes)
	}
}

// lasting writes how long something took.
func (l lang) lasting(seconds int64) string {
	if seconds < 60 {
		return l.say("time.seconds", "n", seconds)
	}
	return l.span(time.Duration(seconds) * time.Second)
}

// stamp is a time for machines, in <time datetime>.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// money writes an amount: ¥1,296,000.00.
func money(f claim.Fen) string { return f.String() }

// share writes a ratio in percent.
func share(b claim.BP) string { return fmt.Sprint(b) }

// cite says the source of a rule.
func (l lang) cite(source string) string {
	if l == zh {
		return claim.CitedZH(source)
	}
	return source
}
