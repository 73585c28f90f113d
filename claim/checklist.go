package claim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Checklists (索赔单证清单) says which papers a claim needs, by line, lane and
// what is damaged. A claim keeps the version that its list was made from: a
// later one changes no running claim.
type Checklists struct {
	Version       string      `json:"version"`
	EffectiveFrom Date        `json:"effective_from"`
	Items         []ListEntry `json:"items"`
}

// ListEntry is a paper of the lists, and which claims need it. No lines, lanes
// or exposures mean any.
type ListEntry struct {
	Listed
	Lines     []Line         `json:"lines,omitempty"`
	Lanes     []Lane         `json:"lanes,omitempty"`
	Exposures []ExposureKind `json:"exposures,omitempty"`
	WhyZH     string         `json:"why_zh"`
	WhyEN     string         `json:"why_en"`
	Source    string         `json:"source"` // law and article, clause, or our own practice
}

// Listed is a paper on one claim's list.
type Listed struct {
	Name     string   `json:"name"`
	Kinds    []string `json:"kinds"`              // of document, any of which ticks it off
	Count    int      `json:"count,omitempty"`    // how many of them; 0 is one
	Optional bool     `json:"optional,omitempty"` // helps, and nobody waits for it
	Survey   bool     `json:"survey,omitempty"`   // the claimant's own survey stands on it
	From     Role     `json:"from"`               // who is asked
	ZH       string   `json:"zh"`
	EN       string   `json:"en"`

	Why    string  `json:"why,omitempty"`   // of a paper beyond the lists: what whoever asked gave as the reason
	Asked  int     `json:"asked,omitempty"` // of a paper beyond the lists: by which request, from 1; those that came before do not tick it
	Waiver *Waiver `json:"waiver,omitempty"`
}

// Waiver (免于提供) lets a claim go on without a paper: proposed by one person,
// confirmed by another. The reason is in the rows.
type Waiver struct {
	By          Principal `json:"by"`
	Confirmed   Principal `json:"confirmed,omitempty"` // empty: only proposed
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`
}

// Waived reports whether two people have waived the paper.
func (l Listed) Waived() bool { return l.Waiver != nil && l.Waiver.Confirmed != "" }

// Checklist is one claim's list, and what was told of it to the claimant.
type Checklist struct {
	Version  string    `json:"version"`
	Items    []Listed  `json:"items"`
	Tellings []Telling `json:"tellings,omitempty"`
}

// Telling is a notice that names papers: the list in full, or the request for
// what is missing.
type Telling struct {
	Notice    string    `json:"notice,omitempty"` // empty: there was nobody to tell
	At        time.Time `json:"at"`
	Items     []string  `json:"items"`
	Request   bool      `json:"request,omitempty"`
	Finding   string    `json:"finding,omitempty"` // that brought it to light, after the one request
	Delivered time.Time `json:"delivered,omitzero"`
	Answered  time.Time `json:"answered,omitzero"` // arrival of the last paper; of the one request

	Letter  string `json:"letter,omitempty"`  // number of the letter that puts a request in writing; empty: of before there was one
	Written bool   `json:"written,omitempty"` // that letter is stored and on record
}

// Unwritten returns the number of a letter that is still to be written, or "".
func (f *File) Unwritten() string {
	if f.Checklist == nil || f.Stage == Closed {
		return ""
	}
	for _, t := range f.Checklist.Tellings {
		if t.Letter != "" && !t.Written {
			return t.Letter
		}
	}
	return ""
}

// Telling returns the telling that a letter puts in writing, or nil.
func (c *Checklist) Telling(letter string) *Telling {
	if c == nil {
		return nil
	}
	i := slices.IndexFunc(c.Tellings, func(t Telling) bool { return t.Letter == letter })
	if i < 0 {
		return nil
	}
	return &c.Tellings[i]
}

// Item returns the paper of that name on the list, or nil.
func (c *Checklist) Item(name string) *Listed {
	if c == nil {
		return nil
	}
	i := slices.IndexFunc(c.Items, func(l Listed) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Items[i]
}

// takes reports whether a paper of the list is of that kind.
func (c *Checklist) takes(kind string) bool {
	return c != nil && slices.ContainsFunc(c.Items, func(l Listed) bool { return slices.Contains(l.Kinds, kind) })
}

// Request returns the one request for what is missing (Insurance Law art.
// 22(2)), or nil before it was made.
func (c *Checklist) Request() *Telling {
	if c == nil {
		return nil
	}
	i := slices.IndexFunc(c.Tellings, func(t Telling) bool { return t.Request && t.Finding == "" })
	if i < 0 {
		return nil
	}
	return &c.Tellings[i]
}

// List makes the claim's list, or adds to it what its new lane needs, and
// returns what is new. What stands on the list stays. Papers that came before
// tick off what is added, too: nobody sends one twice.
func (f *File) List(lists Checklists) []Listed {
	if f.Checklist == nil {
		f.Checklist = &Checklist{Version: lists.Version}
	}
	var added []Listed
	for _, e := range lists.Items {
		if e.of(f) && f.Checklist.Item(e.Name) == nil {
			added = append(added, e.Listed)
		}
	}
	f.Checklist.Items = append(f.Checklist.Items, added...)
	return added
}

func (e ListEntry) of(f *File) bool {
	return (len(e.Lines) == 0 || slices.Contains(e.Lines, f.Line)) && (len(e.Lanes) == 0 || slices.Contains(e.Lanes, f.Lane)) &&
		(len(e.Exposures) == 0 || slices.ContainsFunc(f.Exposures, func(x Exposure) bool { return slices.Contains(e.Exposures, x.Kind) }))
}

// VisitInstead takes from the list the pictures that the claimant was to take:
// a surveyor comes and takes them.
func (f *File) VisitInstead() {
	if f.Checklist != nil {
		f.Checklist.Items = slices.DeleteFunc(f.Checklist.Items, func(l Listed) bool { return l.photos() })
	}
}

func (l Listed) photos() bool { return slices.Equal(l.Kinds, []string{photo}) }

// itemStates is every state of a paper.
var itemStates = []ItemState{ItemMissing, ItemReading, ItemReceived, ItemSentBack, ItemAccepted, ItemWaived}

// ItemState is how far a paper of a list has come.
type ItemState string

// States of a paper on a list.
const (
	ItemMissing  ItemState = "missing"
	ItemReading  ItemState = "reading"   // it has come and is being read
	ItemReceived ItemState = "received"  // it has come, and a person is to look at it
	ItemSentBack ItemState = "sent_back" // it could not be read
	ItemAccepted ItemState = "accepted"
	ItemWaived   ItemState = "waived"
)

// Standing is how a paper of the list stands.
type Standing struct {
	Listed
	State  ItemState
	Have   int      // accepted
	Papers []string // documents that count for it, the accepted first, where they were given

	reading, looked, bad int // that may complete it, that a person is to look at, that could not be read
}

// Standings returns how each paper of the list stands.
func (f *File) Standings() []Standing { return f.Checklist.Standings(f.Papers) }

// Standings returns how each paper of the list stands by what has come. A
// document counts by what it was read or confirmed to be, for one paper of the
// list; what is accepted goes to the first that is not complete, and what is not
// accepted yet to the first that is not complete then. One of no known kind
// counts when a person has looked at it.
func (c *Checklist) Standings(came []Count) []Standing {
	if c == nil {
		return nil
	}
	all := make([]Standing, len(c.Items))
	left := make([]stock, len(came))
	for i, n := range came {
		left[i] = stockOf(n)
	}
	for i, l := range c.Items {
		all[i].Listed = l
		for _, n := range c.serving(i, came) {
			all[i].take(&left[n], max(l.Count, 1)-all[i].Have)
		}
	}
	for n := range left {
		i := slices.IndexFunc(all, func(s Standing) bool { return s.takes(came[n]) && s.Have < max(s.Count, 1) })
		if i >= 0 {
			all[i].wait(left[n])
		}
	}
	for i := range all {
		all[i].settle()
	}
	return all
}

// Stated is a paper of the list as a decision states it: what was there when it
// was made, and what was missing.
type Stated struct {
	ZH    string    `json:"zh"`
	EN    string    `json:"en"`
	State ItemState `json:"state"`
}

// Stated returns the papers of the list as a decision states them, without
// optional ones that did not come.
func (f *File) Stated() []Stated {
	stated := []Stated{}
	for _, s := range f.Standings() {
		if !s.Optional || s.State != ItemMissing {
			stated = append(stated, Stated{ZH: s.ZH, EN: s.EN, State: s.State})
		}
	}
	return stated
}

// stock is what is left of one count.
type stock struct {
	accepted, reading, looked, bad     int
	acceptedIDs, readingIDs, lookedIDs []string
	badIDs                             []string
}

func stockOf(c Count) stock {
	s := stock{
		accepted: c.States[PaperConfirmed], reading: c.States[PaperReceived], looked: c.States[PaperUnsure], bad: c.States[PaperUnreadable],
		acceptedIDs: slices.Clone(c.IDs[PaperConfirmed]), readingIDs: c.IDs[PaperReceived], lookedIDs: slices.Clone(c.IDs[PaperUnsure]), badIDs: c.IDs[PaperUnreadable],
	}
	if c.Kind == otherPaper {
		s.looked, s.lookedIDs = s.looked+c.States[PaperRead], append(s.lookedIDs, c.IDs[PaperRead]...)
	} else {
		s.accepted, s.acceptedIDs = s.accepted+c.States[PaperRead], append(s.acceptedIDs, c.IDs[PaperRead]...)
	}
	return s
}

// takes reports whether papers of a count tick a listed one.
func (l Listed) takes(c Count) bool {
	return !c.Extra && slices.Contains(l.Kinds, c.Kind) && c.Asked >= l.Asked
}

// serving returns the counts that may complete a paper of the list: first those
// that fewer others wait for.
func (c *Checklist) serving(i int, came []Count) (counts []int) {
	for n := range came {
		if c.Items[i].takes(came[n]) {
			counts = append(counts, n)
		}
	}
	wanted := func(n int) (by int) {
		for _, l := range c.Items[i+1:] {
			if l.takes(came[n]) {
				by++
			}
		}
		return by
	}
	slices.SortStableFunc(counts, func(a, b int) int { return cmp.Compare(wanted(a), wanted(b)) })
	return counts
}

func (s *Standing) take(of *stock, need int) {
	n := min(need, of.accepted)
	if n <= 0 {
		return
	}
	s.Have, of.accepted = s.Have+n, of.accepted-n
	named := min(n, len(of.acceptedIDs))
	s.Papers, of.acceptedIDs = append(s.Papers, of.acceptedIDs[:named]...), of.acceptedIDs[named:]
}

func (s *Standing) wait(of stock) {
	s.reading, s.looked, s.bad = s.reading+of.reading, s.looked+of.looked, s.bad+of.bad
	s.Papers = slices.Concat(s.Papers, of.readingIDs, of.lookedIDs, of.badIDs)
}

func (s *Standing) settle() {
	need := max(s.Count, 1)
	switch coming := s.Have + s.reading + s.looked; {
	case s.Waived():
		s.State = ItemWaived
	case s.Have >= need:
		s.State = ItemAccepted
	case coming >= need && s.reading > 0:
		s.State = ItemReading
	case coming >= need:
		s.State = ItemReceived
	case s.bad > 0:
		s.State = ItemSentBack
	default:
		s.State = ItemMissing
	}
}

// Answers returns which of papers, in order of arrival, was the last that some
// of the list's wanted, or -1 where they wanted none or are not all there.
func (c *Checklist) Answers(items []string, papers []Paper) int {
	came := File{Checklist: c}
	lacking := func() bool {
		return slices.ContainsFunc(came.Standings(), func(s Standing) bool { return slices.Contains(items, s.Name) && !s.Complete() })
	}
	for i, p := range papers {
		if !lacking() {
			return i - 1
		}
		came.Record(Paper{}, Paper{Kind: p.Kind, Asked: p.Asked, State: p.State, Extra: p.Extra})
	}
	if lacking() {
		return -1
	}
	return len(papers) - 1
}

// Complete reports whether the paper is there, or need not be.
func (s Standing) Complete() bool { return s.State == ItemAccepted || s.State == ItemWaived }

// Lacking returns the papers that the claim needs and does not have.
func (f *File) Lacking() []Standing {
	return slices.DeleteFunc(f.Standings(), func(s Standing) bool { return s.Optional || s.Complete() })
}

// PaperRequest asks the claimant for papers. The first takes in all that is
// missing; More are papers beyond the list. After it, only what a finding has
// brought to light may be asked for.
type PaperRequest struct {
	More    []MorePaper `json:"more"`
	Finding string      `json:"finding,omitempty"` // the rule of a finding
}

// MorePaper is a paper beyond the list.
type MorePaper struct {
	Kind   string `json:"kind"`
	What   string `json:"what,omitempty"` // its name, where the kind does not say it
	Reason string `json:"reason"`
}

// Request asks for what is missing, once and in full, as Insurance Law art.
// 22(2) has it: a second request for what could have been asked for before is
// refused. What a finding has brought to light since may be asked for, once
// for each finding, and moves no deadline. raisedAt is when the finding was
// raised, zero where none is. It returns what is asked for.
func (f *File) Request(r PaperRequest, raisedAt, now time.Time) (Telling, *Refusal) {
	c := f.Checklist
	if c == nil {
		return Telling{}, Refuse(RuleInput, WhyNoLists)
	}
	asked := Telling{At: now, Request: true, Finding: r.Finding}
	switch first := c.Request(); {
	case first == nil && r.Finding != "":
		return asked, Refuse(RuleInput, WhyNothingAsked)
	case first == nil:
		for _, s := range f.Lacking() {
			asked.Items = append(asked.Items, s.Name)
		}
		if len(asked.Items)+len(r.More) == 0 {
			return asked, Refuse(RulePapersComplete, WhyPapersComplete)
		}
	case r.Finding == "", !raisedAt.After(first.At), len(r.More) == 0:
		return asked, Refuse(RulePapersAsked, WhyPapersAsked, "on", DateOf(first.At).String())
	case slices.ContainsFunc(c.Tellings, func(t Telling) bool { return t.Finding == r.Finding }):
		return asked, Refuse(RulePapersAsked, WhyFindingAsked)
	}
	for i, m := range r.More {
		l := Listed{Kinds: []string{m.Kind}, From: Claimant, ZH: m.What, EN: m.What, Why: m.Reason, Asked: c.Requests() + 1}
		if w := paperWords[m.Kind]; m.What == "" {
			l.ZH, l.EN = w.ZH, w.EN
		}
		if l.ZH == "" {
			return asked, Refuse(RuleInput, WhyPaperUnnamed)
		}
		l.Name = fmt.Sprintf("more_%d_%d", len(c.Tellings), i+1)
		c.Items = append(c.Items, l)
		asked.Items = append(asked.Items, l.Name)
	}
	asked.Letter = fmt.Sprintf("%s-P%d", f.Number, c.Requests()+1)
	c.Tellings = append(c.Tellings, asked)
	return asked, nil
}

// Requests is how often papers were asked for.
func (c *Checklist) Requests() (n int) {
	if c == nil {
		return 0
	}
	for _, t := range c.Tellings {
		if t.Request {
			n++
		}
	}
	return n
}

// Names lists papers in words, for a message.
func (c *Checklist) Names(items []string) []Text {
	var out []Text
	for _, name := range items {
		if l := c.Item(name); l != nil {
			name := Text{l.ZH, l.EN}
			if l.Optional {
				name = Text{name.ZH + "（如有）", name.EN + ", if there is one"}
			}
			out = append(out, name)
		}
	}
	return out
}

// ProposeWaiver takes one person's wish to do without a paper.
func (f *File) ProposeWaiver(name string, by Principal) *Refusal {
	l, refusal := f.waivable(name)
	switch {
	case refusal != nil:
		return refusal
	case l.Waiver != nil:
		return Refuse(RuleWaiver, WhyWaiverProposed, "who", string(l.Waiver.By)).By(l.Waiver.By)
	}
	l.Waiver = &Waiver{By: by}
	return nil
}

// ConfirmWaiver takes the second person's word. It is never the first one's.
func (f *File) ConfirmWaiver(name string, by Principal, at time.Time) *Refusal {
	l, refusal := f.waivable(name)
	switch {
	case refusal != nil:
		return refusal
	case l.Waiver == nil:
		return Refuse(RuleWaiver, WhyNoWaiver)
	case l.Waiver.By == by || by == Machine:
		return Refuse(RuleOwnWaiver, WhyOwnWaiver)
	}
	l.Waiver.Confirmed, l.Waiver.ConfirmedAt = by, at
	return nil
}

// WithdrawWaiver takes a proposal back: whoever made it, while it is one.
func (f *File) WithdrawWaiver(name string, by Principal) *Refusal {
	l, refusal := f.waivable(name)
	switch {
	case refusal != nil:
		return refusal
	case l.Waiver == nil:
		return Refuse(RuleWaiver, WhyNoWithdrawal)
	case l.Waiver.By != by:
		return Refuse(RuleRole, WhyOthersWaiver, "who", string(l.Waiver.By))
	}
	l.Waiver = nil
	return nil
}

// waivable returns a paper that the claim needs and does not have.
func (f *File) waivable(name string) (*Listed, *Refusal) {
	l := f.Checklist.Item(name)
	switch {
	case l == nil:
		return nil, Refuse(RuleInput, WhyPaperUnknown, "paper", name)
	case l.Optional:
		return nil, Refuse(RuleInput, WhyPaperOptional)
	case l.Waived():
		return nil, Refuse(RuleWaiver, WhyWaived).By(l.Waiver.Confirmed)
	}
	for _, s := range f.Standings() {
		if s.Name == name && s.State == ItemAccepted {
			return nil, Refuse(RuleWaiver, WhyPaperAccepted)
		}
	}
	return l, nil
}

// Undelivered returns the notice on whose delivery a clock depends, or "": the
// one request, and the list where compulsory cover is claimed on.
func (f *File) Undelivered() string {
	if f.Checklist == nil || f.Stage == Closed {
		return ""
	}
	for i, t := range f.Checklist.Tellings {
		if t.Notice != "" && t.Delivered.IsZero() && (t.Request && t.Finding == "" || i == 0 && f.Compulsory()) {
			return t.Notice
		}
	}
	return ""
}

// Outstanding reports whether the one request was delivered and is not
// answered: our clocks stand still meanwhile.
func (c *Checklist) Outstanding() bool {
	r := c.Request()
	return r != nil && !r.Delivered.IsZero() && r.Answered.IsZero()
}

// Compulsory reports whether compulsory motor cover (交强险) is claimed on.
func (f *File) Compulsory() bool {
	return f.Line == Motor && slices.ContainsFunc(f.Exposures, func(e Exposure) bool { return e.Kind == ThirdPartyProperty })
}

// Validate reports everything that is wrong with the lists: no version or
// date, a paper without name, kind, words, reason or source, a name twice, or
// a line whose flash lane has nothing that a self-survey stands on.
func (c Checklists) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Version == "" {
		bad("checklists have no version")
	}
	if c.EffectiveFrom.IsZero() {
		bad("checklists have no date from which they are in force")
	}
	seen := map[string]bool{}
	for _, e := range c.Items {
		if e.Name == "" || len(e.Kinds) == 0 || e.From == "" || e.ZH == "" || e.EN == "" || e.WhyZH == "" || e.WhyEN == "" || e.Source == "" {
			bad("paper %q: name, kinds, from, words, reason and source are needed", e.Name)
		}
		if seen[e.Name] || strings.HasPrefix(e.Name, "more_") {
			bad("paper %q is listed twice, or has a name that requests give", e.Name)
		}
		seen[e.Name] = true
	}
	for _, line := range []Line{Motor, Property} {
		f := File{Line: line, Lane: Flash, Exposures: []Exposure{{Kind: OwnDamage}, {Kind: ThirdPartyProperty}, {Kind: CommercialProperty}}}
		if f.List(c); !slices.ContainsFunc(f.Checklist.Items, func(l Listed) bool { return l.Survey }) {
			bad("line %s: a self-survey has nothing to stand on", line)
		}
	}
	return errors.Join(errs...)
}

// kindSure is how plainly, in basis points, a reader must have recognised a
// paper as another than its sender says: its title and a clear lead.
const kindSure = 6_000

// KindRead says what a paper counts as, once it was read: what its sender
// calls it, unless the reader plainly recognised something else. sure is false
// where neither is enough and a person has to say. readable reports whether
// readers know papers of a kind at all.
func KindRead(sent string, r Reading, readable func(kind string) bool) (kind string, sure bool) {
	none := r.Kind == unknownPaper || r.Kind == otherPaper
	switch {
	case sent == "" || sent == unknownPaper:
		return r.Kind, r.Kind != "" && !none
	case r.Kind == sent || r.Kind == "":
		return sent, true
	case none, r.KindConfidence < kindSure && r.Kind != photo:
		return sent, !readable(sent)
	default: // a picture of a loss shows no paper, however sure
		return r.Kind, true
	}
}
