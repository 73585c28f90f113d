package site

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"anpei/claim"
	"anpei/schemas/rest"
)

var weekdays = map[Lang][7]string{
	ZH: {"周日", "周一", "周二", "周三", "周四", "周五", "周六"},
	EN: {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
}

// day writes a day with its weekday, and its year when it is not this one:
// 11月24日 周二, Tue 24 Nov.
func (l Lang) day(t, now time.Time) string {
	t, now = t.In(claim.Shanghai), now.In(claim.Shanghai)
	weekday := weekdays[l][t.Weekday()]
	if l == EN {
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

// Moment writes when something happened: 今天 09:12, 昨天 17:40, 11月20日 周五 16:55.
func (l Lang) Moment(t, now time.Time) string {
	at := t.In(claim.Shanghai).Format(" 15:04")
	switch claim.DateOf(t) {
	case claim.DateOf(now):
		return l.Say("time.today") + at
	case claim.DateOf(now.Add(-24 * time.Hour)):
		return l.Say("time.yesterday") + at
	default:
		return l.day(t, now) + at
	}
}

// by writes a deadline. It is the first instant that is too late: midnight
// means the whole day before.
func (l Lang) by(t, now time.Time) string {
	local := t.In(claim.Shanghai)
	if local.Hour() == 0 && local.Minute() == 0 {
		return l.Say("time.by", "when", l.day(t.Add(-time.Second), now))
	}
	return l.Say("time.by", "when", l.day(t, now)+local.Format(" 15:04"))
}

// left writes how long there is to a deadline, or since it passed.
func (l Lang) left(t, now time.Time) string {
	key, d := "time.left", t.Sub(now)
	if d < 0 {
		key, d = "time.late", -d
	}
	return l.Say(key, "span", l.span(d))
}

// span writes a length of time in its two largest units.
func (l Lang) span(d time.Duration) string {
	minutes := int(d / time.Minute)
	days, hours := minutes/(24*60), minutes/60%24
	switch {
	case days > 0:
		return l.Say("time.days", "n", days) + " " + l.Say("time.hours", "n", hours)
	case hours > 0:
		return l.Say("time.hours", "n", hours) + " " + l.Say("time.minutes", "n", minutes%60)
	default:
		return l.Say("time.minutes", "n", minutes)
	}
}

// lasting writes how long something took.
func (l Lang) lasting(seconds int64) string {
	if seconds < 60 {
		return l.Say("time.seconds", "n", seconds)
	}
	return l.span(time.Duration(seconds) * time.Second)
}

// stamp is a time for machines, in <time datetime>.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Money writes an amount: ¥1,296,000.00.
func Money(f claim.Fen) string { return f.String() }

// share writes a ratio in percent.
func share(b claim.BP) string { return fmt.Sprint(b) }

// cite says the source of a rule.
func (l Lang) cite(source string) string {
	if l == ZH {
		return claim.CitedZH(source)
	}
	return source
}

// Input is a figure that went into a line of the statement.
type Input struct {
	Name   string `json:"name"`
	NameEn string `json:"name_en"`
	Value  string `json:"value"`
}

// Inputs are the figures that went into a line, for {{range inputs .Inputs}}.
func Inputs(raw json.RawMessage) (list []Input) {
	_ = json.Unmarshal(raw, &list) // what only a newer release knows is left out
	return list
}

// FieldValue writes a value that was read as people write it: amounts in yuan.
func FieldValue(name, value string) string {
	if !strings.HasSuffix(name, "_fen") {
		return value
	}
	fen, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return claim.Fen(fen).String()
}

// notes are what the reader notes beside a field, one by one.
func notes(all string) []string {
	if all == "" {
		return nil
	}
	return strings.Split(all, "; ")
}

// km writes metres as people on the road say them.
func km(metres int64) string { return strconv.FormatFloat(float64(metres)/1000, 'f', 1, 64) + " km" }

// last is what the bank said last, or when it was asked.
func last(steps []rest.PaymentStep) rest.PaymentStep {
	if len(steps) == 0 {
		return rest.PaymentStep{}
	}
	return steps[len(steps)-1]
}

// needWay is the page on which a claimant does what is asked of them, or
// nothing where the words are enough.
func needWay(c rest.Claim, need rest.Missing) string {
	at := "/c/" + c.Number
	switch {
	case need.From != claim.Claimant:
		return ""
	case need.What == "loss_photo":
		return at + "/photos"
	case need.What == "consent", need.What == "agreement", need.What == "payee":
		return at + "/amount"
	case ZH.Has("doc." + need.What):
		return at + "/papers"
	}
	return ""
}
