package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// story is one claim as it is played: whoever acts is shown, and then what the
// claim's own timeline says of it. After an error its methods do nothing, so
// that a story reads from beginning to end; err says what went wrong.
type story struct {
	context.Context
	*demo
	err   error
	began time.Time
	title string

	number string // of the claim
	seen   int64  // events of the timeline that are shown, or told by an act
	now    rest.Claim
	took   time.Duration

	truth   map[string]map[string]string // what stands on the papers, by file name and field
	phones  []string                     // whose messages are counted in the end
	refused []string                     // rules that stopped somebody
	listed  map[string]bool              // tasks that were found on a list of staff who do them
}

// apart is how far losses must be from each other not to be taken for one.
const apart = 40 * time.Minute

// patience is how long a story waits for one thing: reading papers takes most.
const patience = 90 * time.Second

// tale is what a story is about, and how it is told.
type tale struct {
	title  string
	zh, en string
	tell   func(*story)
}

func (d *demo) story(ctx context.Context, t tale) *story {
	return &story{Context: ctx, demo: d, title: t.title, truth: map[string]map[string]string{}, listed: map[string]bool{}}
}

// says shows who does what. With the first act the clock starts.
func (s *story) says(p person, zh, en string) {
	if s.began.IsZero() {
		s.began = time.Now()
	}
	if s.err == nil {
		s.line(time.Since(s.began), plain, p.name+" "+p.zh, p.en, zh, en)
	}
}

// shows puts what a person would see below the last line.
func (s *story) shows(format string, args ...any) {
	if s.err == nil {
		s.detail(plain, fmt.Sprintf(format, args...))
	}
}

// claimant is somebody with a phone that no earlier run has used: a phone gets
// one code a minute.
func (s *story) claimant(name string) person {
	phone := "139" + digits(8)
	s.phones = append(s.phones, phone)
	return person{Caller: play.Caller{URL: s.API}, name: name, zh: "客户", en: "claimant", phone: phone}
}

// verify trades the code that the phone gets for a session.
func (s *story) verify(p *person) {
	if s.err != nil {
		return
	}
	s.says(*p, "用手机 "+masked(p.phone)+" 验证身份", "proves that the phone is theirs")
	var code string
	p.Caller, code, s.err = s.Claimant(s, p.phone, s.number)
	s.shows("短信 SMS：验证码 %s", code)
}

// report opens the claim.
func (s *story) report(p person, key string, n rest.Notice) rest.Receipt {
	receipt := postAs[rest.Receipt](s, p, key, "/claims", n)
	if s.err == nil && receipt.Result != "done" {
		s.err = fmt.Errorf("the report was to open a claim and was %s to %s", receipt.Result, receipt.Number)
	}
	s.number = receipt.Number
	s.look()
	return receipt
}

// lossAt is when something has happened to what the policy insures.
func (s *story) lossAt(p policy) time.Time {
	about := "policy_no=" + s.policy(p)
	if p.plate != "" { // which other policies may have had
		about = "q=" + url.QueryEscape(p.plate)
	}
	return aloneBefore(time.Now(), list[rest.ClaimSummary](s, s.staff["audit-xu"], "/claims?"+about))
}

// aloneBefore is a moment of the last hours that is near to none of these
// losses: one near to another would join its claim.
func aloneBefore(now time.Time, before []rest.ClaimSummary) time.Time {
	at := now.Add(-25 * time.Minute).Truncate(time.Minute)
	near := func(c rest.ClaimSummary) bool { return at.Sub(c.LossAt).Abs() < apart }
	for slices.ContainsFunc(before, near) {
		at = at.Add(-apart)
	}
	return at
}

// get reads something as somebody.
func get[T any](s *story, p person, path string) (out T) {
	if s.err == nil {
		out, s.err = play.Get[T](s, p.Caller, path)
	}
	return out
}

func list[T any](s *story, p person, path string) (out []T) {
	if s.err == nil {
		out, s.err = play.List[T](s, p.Caller, path)
	}
	return out
}

// post sends a command as somebody and shows what came of it.
func post[T any](s *story, p person, path string, body any) T {
	return postAs[T](s, p, play.Key(), path, body)
}

func postAs[T any](s *story, p person, key, path string, body any) (out T) {
	if s.err == nil {
		out, s.err = play.Post[T](s, p.Caller, key, path, body)
	}
	s.look()
	return out
}

// act is a command on this claim.
func (s *story) act(p person, path string, body any) rest.Receipt {
	return post[rest.Receipt](s, p, "/claims/"+s.number+path, body)
}

// release lets the money go as it is shown to whoever takes the task.
func (s *story) release(p person) {
	s.act(p, "/release", s.payout(p, s.task("release", p)))
}

// payout is what a release task shows now.
func (s *story) payout(p person, task string) rest.Release {
	return rest.Release{Task: task, Seen: get[rest.Task](s, p, "/tasks/"+task).Payout.Seen}
}

// stopped is a command on this claim that a rule must stop.
func (s *story) stopped(p person, path string, body any, rule string) {
	if s.err != nil {
		return
	}
	_, err := play.Post[rest.Receipt](s, p.Caller, play.Key(), "/claims/"+s.number+path, body)
	problem := play.ProblemOf(err)
	switch {
	case err == nil:
		s.err = fmt.Errorf("%s was to be stopped by %s, and nothing stopped it", path, rule)
	case problem == nil || problem.Rule != rule:
		s.err = fmt.Errorf("%s was to be stopped by %s: %w", path, rule, err)
	default:
		s.refused = append(s.refused, rule)
		s.detail(amber, fmt.Sprintf("⊘ 被拦下：%s · stopped by %s (%d)", ruleWords[rule], rule, problem.Status))
		s.detail(dim, problem.Detail)
	}
}

var ruleWords = map[string]string{
	"role.not-for-you": "不是这个岗位的事", "authority.limit": "超出权限，只作建议", "authority.two-person-release": "大额放款须两人",
	"separation.approve-own-denial": "拒赔不能自己提议、自己批准", "papers.missing": "还缺需要的材料",
}

// task waits until a task of this kind is open and returns its id; somebody
// who is named takes it first.
func (s *story) task(kind rest.TaskKind, taker ...person) string {
	var id string
	s.until("task "+string(kind), func(c rest.Claim) bool {
		for _, t := range c.Tasks {
			if t.Kind == kind {
				id = t.Id
			}
		}
		return id != ""
	})
	for _, p := range taker {
		post[rest.Receipt](s, p, "/tasks/"+id+"/owner", nil)
	}
	return id
}

// at waits until the claim has come to a stage.
func (s *story) at(stage rest.Stage) {
	s.until("stage "+string(stage), func(c rest.Claim) bool { return c.Stage == stage })
}

// read waits until the papers of the claim have been read, and returns them.
func (s *story) read(ids ...string) []rest.Document {
	var papers []rest.Document
	for _, id := range ids {
		s.until("reading of paper "+id, func(rest.Claim) bool {
			d := get[rest.Document](s, s.staff["audit-xu"], "/claims/"+s.number+"/documents/"+id)
			if d.State == "received" {
				return false
			}
			papers = append(papers, d)
			return true
		})
	}
	return papers
}

// until looks at the claim until it is as is waited for, and shows what its
// timeline says meanwhile.
func (s *story) until(what string, done func(rest.Claim) bool) {
	if s.err != nil {
		return
	}
	err := play.Until(s, what, patience, func() (bool, error) {
		if err := s.alive(); err != nil {
			return false, err
		}
		s.look()
		if s.err != nil {
			return false, s.err
		}
		if s.now.Parked {
			return false, fmt.Errorf("claim %s is parked", s.number)
		}
		ok := done(s.now)
		return ok, s.err
	})
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("%w; the claim is at stage %s", err, s.now.Stage)
	}
}

// look reads the claim, and the timeline where it has gone on.
func (s *story) look() {
	if s.err != nil || s.number == "" {
		return
	}
	before := s.now.Version
	s.now = get[rest.Claim](s, s.staff["audit-xu"], "/claims/"+s.number)
	if s.now.Version == before {
		return
	}
	s.onLists()
	for _, e := range list[rest.Event](s, s.staff["audit-xu"], "/claims/"+s.number+"/timeline") {
		if e.Number > s.seen {
			s.seen = e.Number
			s.tell(e)
		}
	}
}

// onLists looks for each open task on the worklists of those who may do it.
func (s *story) onLists() {
	for _, t := range s.now.Tasks {
		for _, m := range members {
			if s.listed[t.Id] || m.role != t.Role || m.aside {
				continue
			}
			mine := list[rest.Task](s, s.staff[m.id], "/tasks?claim="+s.number)
			s.listed[t.Id] = slices.ContainsFunc(mine, func(o rest.Task) bool { return o.Id == t.Id })
		}
		if s.err != nil || s.listed[t.Id] {
			continue
		}
		// Unless it was done meanwhile.
		now := get[rest.Claim](s, s.staff["audit-xu"], "/claims/"+s.number)
		if s.err == nil && slices.ContainsFunc(now.Tasks, func(o rest.Task) bool { return o.Id == t.Id && o.Owner == t.Owner }) {
			s.err = fmt.Errorf("task %s of claim %s, for a %s of branch %s, is on no list", t.Kind, s.number, t.Role, t.Branch)
		}
	}
}

// byActs are the kinds of event that whoever acts has shown already.
var byActs = []rest.EventKind{
	"papers.attached", "paper.confirmed", "survey.reported", "survey.accepted", "offer.consented", "offer.objected", "agreement.made",
	"review.returned", "review.sent_up", "denial.proposed", "task.taken", "policy.linked", "finding.noted",
}

// tell shows an event of the timeline, in the timeline's own words.
func (s *story) tell(e rest.Event) {
	if slices.Contains(byActs, e.Kind) {
		return
	}
	style := calm
	switch string(e.Kind) {
	case "payment.unknown", "lane.changed":
		style = amber
	case "payment.cleared", "claim.closed":
		style = good
	}
	s.line(e.At.Sub(s.began), style, "▸ 系统", "  system", e.TextZh, e.TextEn)
	if e.Kind == "lane.set" {
		s.lane(e.Body)
	}
}

// lane shows why the claim takes the way that it takes.
func (s *story) lane(body []byte) {
	var event struct {
		Lane  rest.Lane `json:"lane"`
		Rules []struct {
			Rule    string `json:"rule"`
			Matched bool   `json:"matched"`
			ZH      string `json:"zh"`
		} `json:"rules"`
	}
	if json.Unmarshal(body, &event) != nil {
		return // whoever may not see the body sees the words
	}
	var why []string
	for _, r := range event.Rules {
		large := strings.HasPrefix(r.Rule, "large.")
		if event.Lane == "flash" && r.Matched || event.Lane == "large" && large || event.Lane == "standard" && !large && !r.Matched {
			why = append(why, r.ZH)
		}
	}
	s.shows("%s", strings.Join(why, "；"))
}

// needed shows who must determine the claim.
func (s *story) needed() {
	if s.err == nil {
		s.shows("按权限表，%s 须 %d 级核赔 · needs level %d", s.now.Amounts.PayableFen, s.now.RequiredLevel, s.now.RequiredLevel)
	}
}

// promise shows by when the insurer must have done what is next.
func (s *story) promise() {
	if s.err == nil && s.now.Due != nil {
		s.shows("承诺 promise：%s 最迟 by %s", clockWords[s.now.Due.Clock], day(s.now.Due.At))
	}
}

var clockWords = map[string]string{
	"contact": "联系客户", "on_site": "到达现场", "registration": "立案", "determination": "核定 determination", "determination_compulsory": "核定（交强险） determination",
	"review": "核赔 review", "denial_notice": "拒赔通知", "payment": "付款 payment",
}

// figures shows the settlement statement of the newest assessment, loss object
// by loss object. An object may have several figures, as of compulsory and
// commercial cover: each begins with what was lost.
func (s *story) figures() {
	all := list[rest.Assessment](s, s.staff["audit-xu"], "/claims/"+s.number+"/assessments")
	if len(all) == 0 {
		return
	}
	newest := all[len(all)-1]
	for _, e := range s.now.Exposures {
		figures, sum := 0, rest.Fen(0)
		for _, l := range newest.Lines {
			if l.Exposure != e.Number || l.AmountFen == 0 { // another's, or changes nothing
				continue
			}
			if l.AmountFen > 0 {
				if figures++; figures > 1 {
					s.sum("  小计 subtotal", sum)
				}
				sum = 0
			}
			sum += l.AmountFen
			s.sum(l.TextZh, l.AmountFen)
		}
		if figures > 1 {
			s.sum("  小计 subtotal", sum)
		}
		if len(s.now.Exposures) > 1 {
			s.sum("= "+e.Object, e.PayableFen)
		}
	}
	s.sum("= 应赔 payable", newest.PayableFen)
}

func (s *story) sum(what string, amount rest.Fen) {
	s.shows("%s %14s", pad(what, 48), amount)
}

// fields shows what stands on a paper, as far as names are given, and what
// vouches for it.
func (s *story) fields(d rest.Document, names ...string) {
	for _, name := range names {
		for _, f := range d.Fields {
			if f.Name != name {
				continue
			}
			mark, witness := "✓", f.Note
			if !f.Sure {
				mark, witness = "?", orElse(f.Note, "no second witness")
			}
			s.shows("%s %s %s %s", mark, pad(fieldWords[name], 12), pad(inWords(name, f.Value), 24), f.Source+" · "+witness)
		}
	}
}

// end waits for the claim to be closed, as this, and stops the clock.
func (s *story) end(outcome rest.Outcome) {
	s.at("closed")
	s.took = time.Since(s.began)
	if s.err == nil && s.now.Outcome != outcome {
		s.err = fmt.Errorf("claim %s was to end %s and ended %s", s.number, outcome, s.now.Outcome)
	}
}

var fieldWords = map[string]string{
	"invoice_number": "发票号码", "issue_date": "日期", "amount_fen": "不含税金额", "tax_fen": "税额", "total_fen": "合计", "seller": "销售方",
	"plate": "车牌", "vin": "车架号", "parts_fen": "配件费", "labour_fen": "工时费", "shop": "承修单位", "owner": "所有人", "vehicle_type": "车辆类型",
	"name": "姓名", "class": "准驾车型", "valid_until": "有效期至", "licence_no": "证号", "liability_a": "甲方责任", "liability_b": "乙方责任",
	"certificate_number": "认定书编号", "use": "使用性质",
}

// masked shows a phone as other people may see it.
func masked(phone string) string { return phone[:3] + "****" + phone[7:] }

// day is the last moment that is in time, as promises are made: a deadline is
// the first that is too late, often the midnight after a day.
func day(deadline time.Time) string {
	last := deadline.In(china).Add(-time.Second)
	text := fmt.Sprintf("%d月%d日 周%s", last.Month(), last.Day(), []string{"日", "一", "二", "三", "四", "五", "六"}[last.Weekday()])
	if last.Hour() == 23 && last.Minute() == 59 {
		return text
	}
	return text + " " + deadline.In(china).Format("15:04")
}

// inWords shows a field's value: amounts stand in papers in fen.
func inWords(name, value string) string {
	var amount rest.Fen
	if !strings.HasSuffix(name, "_fen") {
		return value
	}
	if _, err := fmt.Sscan(value, &amount); err != nil {
		return value
	}
	return amount.String()
}

// seed is a random one.
func seed() uint64 {
	v, err := rand.Int(rand.Reader, new(big.Int).SetUint64(math.MaxUint64))
	if err != nil {
		panic(err) // never: see crypto/rand.Reader
	}
	return v.Uint64()
}

// digits returns n random ones.
func digits(n int) string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, most)
	if err != nil {
		panic(err) // never fails
	}
	return fmt.Sprintf("%0*d", n, v)
}

// account returns the number of a card that nobody had before, with a check
// digit that fits.
func account() string {
	number := play.Card("622848" + digits(12))
	if strings.HasSuffix(number, "0000") { // closed, at the sandbox bank
		return account()
	}
	return number
}
