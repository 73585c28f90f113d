package claim

import (
	"fmt"
	"slices"
	"time"
)

// ClockName names a deadline that a claim is under.
type ClockName string

// Clocks, in the order in which a claim meets them.
const (
	ClockContact                 ClockName = "contact"                  // 首次联系
	ClockOnSite                  ClockName = "on_site"                  // 到达现场
	ClockRegistration            ClockName = "registration"             // 立案
	ClockPapersList              ClockName = "papers_list"              // 交强险: 书面告知所需单证
	ClockDetermination           ClockName = "determination"            // 核定
	ClockDeterminationCompulsory ClockName = "determination_compulsory" // 核定, 交强险
	ClockReview                  ClockName = "review"                   // 核赔
	ClockDenialNotice            ClockName = "denial_notice"            // 拒赔通知书
	ClockPayment                 ClockName = "payment"                  // 赔付
	ClockPrepay                  ClockName = "prepay"                   // 先予支付
)

// Measure says what a clock counts.
type Measure string

// Measures. Minutes and hours elapse, day and night (Civil Code art. 201(2));
// days are calendar days and workdays the days worked, both until 24:00 in
// Shanghai (arts. 201(1) and 203).
const (
	Minutes  Measure = "minutes"
	Hours    Measure = "hours"
	Days     Measure = "days"
	Workdays Measure = "workdays"
)

// elapsed returns n units of an elapsing measure.
func (m Measure) elapsed(n int) time.Duration {
	if m == Minutes {
		return time.Duration(n) * time.Minute
	}
	return time.Duration(n) * time.Hour
}

// elapses reports whether m counts time, not days.
func (m Measure) elapses() bool { return m == Minutes || m == Hours }

// Extension says who may lengthen a clock's limit.
type Extension string

// Extensions. A period set by law for the insurer's duty cannot be lengthened
// by the insurer; where the law lets the contract say otherwise, the other
// party's consent is needed.
const (
	ExtendNever       Extension = ""
	ExtendByApprover  Extension = "approver"  // our own promise: By and Reason
	ExtendByAgreement Extension = "agreement" // By, Reason, and Proof of the other party's consent
)

// Span is a length of time and where it comes from.
type Span struct {
	Measure Measure `json:"measure"`
	Limit   int     `json:"limit"`
	Source  string  `json:"source"`
}

// ClockRule is one deadline: how long, counted how, and by what authority.
type ClockRule struct {
	Clock      ClockName `json:"clock"`
	Line       Line      `json:"line"`
	Measure    Measure   `json:"measure"`
	Limit      int       `json:"limit"`
	Source     string    `json:"source"`
	Compulsory bool      `json:"compulsory,omitempty"` // only where compulsory motor cover (交强险) is claimed on
	Pausable   bool      `json:"pausable,omitempty"`   // stands still while requested papers are outstanding
	Extend     Extension `json:"extend,omitempty"`
	Ceiling    *Span     `json:"ceiling,omitempty"` // the law above a promise: the earlier of the two counts, and nobody extends it
	Target     *Span     `json:"target,omitempty"`  // a softer, earlier figure: watched, never a breach
}

// Rules returns the clocks that a claim of that line is under in that lane,
// in the order of the story; none for an unknown line. Sources: see each.
//
// Two clocks stand still while papers are outstanding: the determination,
// because SPC II art. 15 (最高人民法院关于适用保险法若干问题的解释（二）) says so
// of the 30 days, and our own review promise, which runs from complete papers.
// It says nothing of the 60 days of art. 25, nor of the 5 days of the
// compulsory cover, so these run on.
func Rules(line Line, lane Lane) []ClockRule {
	if line != Motor && line != Property {
		return nil
	}
	var rules []ClockRule
	add := func(r ClockRule) {
		r.Line = line
		rules = append(rules, r)
	}

	// Our promise.
	add(ClockRule{
		Clock: ClockContact, Measure: Hours, Limit: 1, Source: promise,
		Target: &Span{Minutes, 10, promise},
	})

	// Our promise. In the flash lane the claimant's own pictures stand in for
	// the visit; a remote place is an extension, with reason and approver.
	if lane != Flash {
		add(ClockRule{Clock: ClockOnSite, Measure: Hours, Limit: 24, Source: promise, Extend: ExtendByApprover})
	}

	// CIRC 2012 No. 19: motor within 3 days, other lines within 15 working
	// days of the report, then by force. Known through two reports of it, and
	// not found among the texts repealed since; counted by the Civil Code.
	registration := ClockRule{Clock: ClockRegistration, Measure: Workdays, Limit: 15, Source: "CIRC 2012 No. 19"}
	if line == Motor {
		registration.Measure, registration.Limit = Days, 3
	}
	add(registration)

	// Compulsory Motor Insurance Regulation art. 28: within 1 day of the
	// claim application, in writing.
	if line == Motor {
		add(ClockRule{
			Clock: ClockPapersList, Measure: Days, Limit: 1, Source: "Compulsory Motor Insurance Regulation art. 28",
			Compulsory: true, Target: &Span{Hours, 24, promise},
		})
	}

	// Insurance Law art. 23(1): 30 days unless the contract differs, from the
	// first receipt of the claim request and papers (SPC II art. 15).
	add(ClockRule{
		Clock: ClockDetermination, Measure: Days, Limit: 30, Source: "Insurance Law art. 23(1)",
		Pausable: true, Extend: ExtendByAgreement,
	})

	// Compulsory Motor Insurance Regulation art. 29: 5 days from receipt of
	// the papers, so from complete ones; it knows no contract that differs.
	if line == Motor {
		add(ClockRule{
			Clock: ClockDeterminationCompulsory, Measure: Days, Limit: 5,
			Source: "Compulsory Motor Insurance Regulation art. 29", Compulsory: true,
		})
	}

	// Our promise, from complete papers, under the law's 30 days.
	add(ClockRule{
		Clock: ClockReview, Measure: Workdays, Limit: 10, Source: promise,
		Pausable: true, Extend: ExtendByApprover,
		Ceiling: &Span{Days, 30, "Insurance Law art. 23(1)"},
	})

	// Insurance Law art. 24: 3 days from the determination; sending stops it.
	add(ClockRule{Clock: ClockDenialNotice, Measure: Days, Limit: 3, Source: "Insurance Law art. 24"})

	// Insurance Law art. 23(1): 10 days from the agreement on the amount, and
	// a contract term prevails. Not for compulsory cover (art. 29 of its
	// regulation knows no such term), which a motor claim's one agreement may
	// hold, so that motor is not extended.
	payment := ClockRule{
		Clock: ClockPayment, Measure: Days, Limit: 10, Source: "Insurance Law art. 23(1)", Extend: ExtendByAgreement,
	}
	if line == Motor {
		payment.Source, payment.Extend = "Insurance Law art. 23(1); Compulsory Motor Insurance Regulation art. 29", ExtendNever
	}
	if lane == Flash {
		payment.Target = &Span{Hours, 24, promise}
	}
	add(payment)

	// Insurance Law art. 25: 60 days from request and papers, then what can be
	// determined is paid ahead.
	add(ClockRule{Clock: ClockPrepay, Measure: Days, Limit: 60, Source: "Insurance Law art. 25"})
	return rules
}

// Sources that more than one place cites.
const (
	promise       = "service promise"
	civilCode201a = "Civil Code art. 201(1)"
	civilCode201b = "Civil Code art. 201(2)"
	civilCode203  = "Civil Code art. 203(1)"
	insurance22   = "Insurance Law art. 22(2)"
	spc15         = "SPC II art. 15"
)

// EntryKind says what an entry does to a clock.
type EntryKind string

// Kinds of entry.
const (
	EntryStart  EntryKind = "start"
	EntryPause  EntryKind = "pause"  // the supplement notice is delivered: Proof is the delivery
	EntryResume EntryKind = "resume" // the last of the requested papers has arrived
	EntryExtend EntryKind = "extend" // By, Reason, and Hours or Days as the clock measures
	EntryStop   EntryKind = "stop"   // the duty is done
)

// ClockEntry is one line of the clock ledger. Entries are only ever appended:
// what turns out to be without effect stays, and moves nothing.
type ClockEntry struct {
	Clock  ClockName `json:"clock"`
	Kind   EntryKind `json:"kind"`
	At     time.Time `json:"at"`              // when the thing happened, not when it was written down
	Proof  string    `json:"proof,omitempty"` // id of the delivery, document or consent that shows it
	Days   int       `json:"days,omitempty"`  // extension of a clock of days (or of workdays)
	Hours  int       `json:"hours,omitempty"` // extension of a clock of hours
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Due is what a ledger says about one clock. A zero At means not started.
type Due struct {
	Clock       ClockName `json:"clock"`
	Start       time.Time `json:"start,omitzero"`
	At          time.Time `json:"at,omitzero"`     // the first instant that is too late, in UTC; 24:00 for clocks of days
	Target      time.Time `json:"target,omitzero"` // the rule's softer figure
	Stopped     time.Time `json:"stopped,omitzero"`
	Running     bool      `json:"running"`
	Paused      bool      `json:"paused"` // At is then the earliest it can be: as if the papers came at once
	Met         bool      `json:"met"`    // stopped before At
	Provisional bool      `json:"provisional"`
	Lines       []DueLine `json:"lines"`
}

// DueLine is one step of the way to a deadline, in words.
type DueLine struct {
	At      time.Time `json:"at,omitzero"`    // of the entry; zero for a step of the calculation
	Until   time.Time `json:"until,omitzero"` // the deadline after this step; zero when it does not set one
	Source  string    `json:"source"`
	ZH      string    `json:"zh"`
	EN      string    `json:"en"`
	Ignored bool      `json:"ignored,omitempty"` // the entry moved nothing; the text says why
}

// Breached reports whether the duty was still undone at the deadline, seen
// from now. At the very deadline it is: within 1 hour means before its end.
// A clock that has not started or stands still is not breached.
func (d Due) Breached(now time.Time) bool {
	if d.At.IsZero() || d.Paused {
		return false
	}
	if !d.Stopped.IsZero() && d.Stopped.Before(now) {
		now = d.Stopped
	}
	return !now.Before(d.At)
}

// Deadline derives a deadline from the ledger. It takes the entries of the
// rule's clock, in order of time, and explains each in a line:
//
//   - the first start counts; one after a stop begins anew;
//   - a pause counts from the delivery of the supplement notice, with proof, to
//     the arrival of the papers (SPC II art. 15). There is one for the life of a
//     clock, as the papers are asked for once (Insurance Law art. 22(2)). The
//     day of delivery is not deducted, the day of arrival is (Civil Code art.
//     201(1)): delivered on the 2nd and answered on the 7th, five days;
//   - an extension needs who, why and, by the rule, the other party's consent;
//   - nothing moves a deadline that has passed.
//
// What has no effect is marked and moves nothing. An error means that the
// ledger or the rule is malformed and should never have been written.
// It is provisional when a day of an unpublished year was looked at.
func Deadline(cal Calendar, rule ClockRule, entries []ClockEntry) (Due, error) {
	if err := rule.validate(); err != nil {
		return Due{}, err
	}
	r := reckoning{cal: cal, rule: rule, lines: []DueLine{}}
	var own []ClockEntry
	for _, e := range entries {
		if e.Clock != rule.Clock {
			continue
		}
		if err := e.validate(rule.Measure); err != nil {
			return Due{}, err
		}
		own = append(own, e)
	}
	slices.SortStableFunc(own, func(a, b ClockEntry) int { return a.At.Compare(b.At) })
	for _, e := range own {
		r.apply(e)
	}
	return r.due(), nil
}

func (r ClockRule) validate() error {
	spans := []*Span{{r.Measure, r.Limit, r.Source}, r.Ceiling, r.Target}
	for _, s := range spans {
		if s == nil {
			continue
		}
		switch s.Measure {
		case Minutes, Hours, Days, Workdays:
		default:
			return fmt.Errorf("clock %s: unknown measure %q", r.Clock, s.Measure)
		}
		if s.Limit < 1 {
			return fmt.Errorf("clock %s: limit %d is below 1", r.Clock, s.Limit)
		}
	}
	return nil
}

func (e ClockEntry) validate(m Measure) error {
	if e.At.IsZero() {
		return fmt.Errorf("clock %s: %s has no time", e.Clock, e.Kind)
	}
	switch e.Kind {
	case EntryStart, EntryPause, EntryResume, EntryStop:
		return nil
	case EntryExtend:
		given, other, unit := e.Days, e.Hours, Days
		if m.elapses() {
			given, other, unit = e.Hours, e.Days, Hours
		}
		if given < 1 || other != 0 {
			return fmt.Errorf("clock %s: extension by %d days and %d hours; it takes %s, at least 1", e.Clock, e.Days, e.Hours, unit)
		}
		return nil
	default:
		return fmt.Errorf("clock %s: unknown entry %q", e.Clock, e.Kind)
	}
}

// reckoning is a ledger read up to some entry.
type reckoning struct {
	cal  Calendar
	rule ClockRule

	start, stop   time.Time
	pause, resume time.Time // resume is zero while the clock stands still
	asked         bool      // the one supplement request has been made
	extra         int       // extensions, in the rule's unit; hours for minutes

	lines []DueLine
}

func (r *reckoning) running() bool { return !r.start.IsZero() && r.stop.IsZero() }
func (r *reckoning) paused() bool  { return !r.pause.IsZero() && r.resume.IsZero() && r.running() }

func (r *reckoning) apply(e ClockEntry) {
	if source, zh, en := r.without(e); zh != "" {
		r.lines = append(r.lines, DueLine{At: e.At, Source: source, ZH: zh, EN: en, Ignored: true})
		return
	}
	when := stamp(e.At)
	switch e.Kind {
	case EntryStart:
		*r = reckoning{cal: r.cal, rule: r.rule, asked: r.asked, lines: r.lines, start: e.At}
		if r.rule.Measure.elapses() {
			r.line(e.At, civilCode201b, "自 "+when+" 起算", "Counts from "+when+".")
		} else {
			r.line(e.At, civilCode201a, "自 "+when+" 起算，开始当日不计入", "Counts from "+when+"; the starting day is not counted.")
		}
		r.line(time.Time{}, r.rule.Source, "期限 "+r.rule.Measure.zh(r.rule.Limit), "The limit is "+r.rule.Measure.en(r.rule.Limit)+".")
		r.until()
	case EntryPause:
		r.pause, r.asked = e.At, true
		r.line(e.At, spc15, "补充材料通知于 "+when+" 送达，期间暂停计算", "The supplement notice was delivered at "+when+"; the clock stands still.")
	case EntryResume:
		r.resume = e.At
		n := r.deducted(r.rule.Measure)
		r.line(e.At, spc15, "补充材料于 "+when+" 收齐，扣除 "+r.rule.Measure.zh(n), "The papers arrived at "+when+"; "+r.rule.Measure.en(n)+" deducted.")
		r.until()
	case EntryExtend:
		n, m := e.Days, r.rule.Measure
		if m.elapses() {
			n, m = e.Hours, Hours
		}
		r.extra += n
		r.line(e.At, r.rule.Source, "经 "+e.By+" 延长 "+m.zh(n)+"："+e.Reason, "Extended by "+m.en(n)+" by "+e.By+": "+e.Reason)
		r.until()
	case EntryStop:
		if r.paused() {
			r.resume = e.At
		}
		r.stop = e.At
		r.conclude()
		if at, _, _ := r.end(); e.At.Before(at) {
			r.line(e.At, r.rule.Source, "于 "+when+" 完成，未超期", "Done at "+when+", in time.")
		} else {
			r.line(e.At, r.rule.Source, "于 "+when+" 完成，已超期", "Done at "+when+", too late.")
		}
	}
}

// without says why an entry has no effect, or nothing when it has.
func (r *reckoning) without(e ClockEntry) (source, zh, en string) {
	if e.Kind == EntryStart {
		if r.running() {
			return r.rule.Source, "时钟已起算，以首次为准", "The clock runs already; the first start counts."
		}
		return "", "", ""
	}
	if !r.running() {
		return r.rule.Source, "时钟未在运行，不生效", "The clock is not running; no effect."
	}
	if e.Kind == EntryPause || e.Kind == EntryExtend {
		if at, _, _ := r.end(); !r.paused() && !e.At.Before(at) {
			return r.rule.Source, "期限已过，不再变动", "The deadline had passed; nothing moves it."
		}
	}
	switch e.Kind {
	case EntryPause:
		switch {
		case !r.rule.Pausable:
			return r.rule.Source, "该期限不因补充材料而暂停", "Outstanding papers do not stop this clock."
		case e.Proof == "":
			return spc15, "补充材料通知无送达证明，期限不变", "No proof that the supplement notice was delivered; the deadline stays."
		case r.asked:
			return insurance22, "补充材料应一次性通知；再次通知不影响期限", "Papers are to be asked for once; a second request moves nothing."
		}
	case EntryResume:
		if !r.paused() {
			return spc15, "时钟未暂停，不生效", "The clock was not standing still; no effect."
		}
	case EntryExtend:
		switch {
		case r.rule.Extend == ExtendNever:
			return r.rule.Source, "该期限不得延长", "This limit cannot be extended."
		case e.By == "" || e.Reason == "":
			return r.rule.Source, "延长未注明批准人或理由，不生效", "An extension needs who approved it and why; no effect."
		case r.rule.Extend == ExtendByAgreement && e.Proof == "":
			return r.rule.Source, "延长须有对方同意的证明，不生效", "An extension needs proof of the other party's consent; no effect."
		}
	default: // a stop is the end of it
	}
	return "", "", ""
}

// end returns the deadline as the ledger stands: the rule's own, or that of
// its ceiling where it is earlier.
func (r *reckoning) end() (at time.Time, ceiling, provisional bool) {
	at, _, provisional = r.reach(r.rule.Measure, r.rule.Limit, r.extra)
	if c := r.rule.Ceiling; c != nil {
		if top, _, unsure := r.reach(c.Measure, c.Limit, 0); top.Before(at) {
			return top, true, unsure
		}
	}
	return at, false, provisional
}

// reach returns when a limit, lengthened by extra and by the time that the
// clock stood still, is reached. rest is the last day that art. 203 moved away
// from, if it did.
func (r *reckoning) reach(m Measure, limit, extra int) (at time.Time, rest Date, provisional bool) {
	from, still := DateOf(r.start), r.deducted(m)
	switch m {
	case Workdays:
		last, unsure := r.cal.AddWorkdays(from, limit+extra+still)
		return last.End(), Date{}, unsure
	case Days:
		last := from.AddDays(limit + extra)
		if !r.pause.IsZero() && DateOf(r.pause).Compare(last) > 0 {
			// The notice came within the days that art. 203 had added; what
			// was left of these is left when the papers have come.
			last, _ = r.cal.firstWorkday(last)
		}
		last = last.AddDays(still)
		moved, unsure := r.cal.firstWorkday(last)
		if moved != last {
			rest = last
		}
		return moved.End(), rest, unsure
	default:
		at = r.start.Add(m.elapsed(limit) + Hours.elapsed(extra))
		if !r.resume.IsZero() {
			at = at.Add(r.resume.Sub(r.pause))
		}
		return at.UTC(), Date{}, false
	}
}

// deducted returns for how long the clock stood still, in whole units of m.
func (r *reckoning) deducted(m Measure) int {
	if r.resume.IsZero() {
		return 0
	}
	switch from, to := DateOf(r.pause), DateOf(r.resume); m {
	case Workdays:
		n, _ := r.cal.WorkdaysBetween(from, to)
		return n
	case Days:
		return to.DaysSince(from)
	default:
		return int(r.resume.Sub(r.pause) / m.elapsed(1))
	}
}

func (r *reckoning) line(at time.Time, source, zh, en string) {
	r.lines = append(r.lines, DueLine{At: at, Source: source, ZH: zh, EN: en})
}

// until writes the deadline into the last line, and its words after it.
func (r *reckoning) until() {
	at, _, _ := r.end()
	l := &r.lines[len(r.lines)-1]
	l.Until = at
	l.ZH += "，至 " + r.shown(at)
	l.EN += " Until " + r.shown(at) + "."
}

// conclude explains what no single entry does: rest days at the end, the law
// above a promise, a year whose holidays are not announced yet.
func (r *reckoning) conclude() {
	at, ceiling, provisional := r.end()
	span := Span{r.rule.Measure, r.rule.Limit, r.rule.Source}
	extra := r.extra
	if ceiling {
		span, extra = *r.rule.Ceiling, 0
	}
	if _, rest, _ := r.reach(span.Measure, span.Limit, extra); !rest.IsZero() {
		r.line(time.Time{}, civilCode203,
			"期满日 "+rest.String()+" 为法定休假日，顺延至休假日结束的次日",
			"The last day, "+rest.String()+", is a day of rest; the period ends on the first working day after it.")
		r.lines[len(r.lines)-1].Until = at
	}
	if ceiling {
		r.line(time.Time{}, span.Source,
			"不得超过法定期限 "+span.Measure.zh(span.Limit),
			"Not beyond the law's "+span.Measure.en(span.Limit)+".")
		r.until()
	}
	if provisional {
		r.line(time.Time{}, "State Council holiday notice",
			"相关年度的放假安排尚未公布，日期为暂定",
			"The holidays of that year are not announced yet; the date is provisional.")
	}
}

func (r *reckoning) due() Due {
	if r.start.IsZero() {
		return Due{Clock: r.rule.Clock, Lines: r.lines}
	}
	if r.running() {
		r.conclude()
	}
	d := Due{Clock: r.rule.Clock, Start: r.start.UTC(), Lines: r.lines}
	d.At, _, d.Provisional = r.end()
	if t := r.rule.Target; t != nil {
		d.Target, _, _ = r.reach(t.Measure, t.Limit, 0)
	}
	if !r.stop.IsZero() {
		d.Stopped, d.Met = r.stop.UTC(), r.stop.Before(d.At)
	}
	d.Paused = r.paused()
	d.Running = r.running() && !d.Paused
	return d
}

// shown returns a deadline as people say it: "2026-12-02 24:00" for a clock of
// days, of which At is the midnight after.
func (r *reckoning) shown(at time.Time) string {
	if r.rule.Measure.elapses() {
		return stamp(at)
	}
	return DateOf(at.Add(-1)).String() + " 24:00"
}

func stamp(t time.Time) string { return t.In(Shanghai).Format("2006-01-02 15:04") }

func (m Measure) zh(n int) string {
	units := map[Measure]string{Minutes: "分钟", Hours: "小时", Days: "日", Workdays: "个工作日"}
	return fmt.Sprintf("%d %s", n, units[m])
}

func (m Measure) en(n int) string {
	units := map[Measure]string{Minutes: "minute", Hours: "hour", Days: "day", Workdays: "working day"}
	if n == 1 {
		return "1 " + units[m]
	}
	return fmt.Sprintf("%d %ss", n, units[m])
}
