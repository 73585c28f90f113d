package document

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"anpei/claim"
)

// Source is where a fact stands.
type Source struct {
	From     string `json:"from"`               // one of the Of constants
	Document string `json:"document,omitempty"` // its id
	Kind     Kind   `json:"kind,omitempty"`     // that document's
	Field    string `json:"field"`
	Claim    string `json:"claim,omitempty"` // number of the other claim that the document is of
}

// Who says a fact: the values of [Source.From].
const (
	OfDocument = "document"
	OfPolicy   = "policy" // as of the loss
	OfReport   = "report"
	OfSurvey   = "survey"
	OfServer   = "server" // our own clock
	OfClaim    = "claim"  // a document of another claim
)

// Fact is one thing that one source says. Values of documents are those of
// [Field]; other moments are RFC 3339, places are "latitude,longitude" in
// degrees, and amounts whole fen.
type Fact struct {
	Source
	Value string `json:"value"`
}

// Finding (疑点) is two facts that do not go together. It stops nothing: it is
// shown to whoever decides. A grave one is not left to a machine.
type Finding struct {
	Rule  string // stable
	Grave bool
	One   Fact // what was brought
	Other Fact // what it is held against
	ZH    string
	EN    string
}

// Sources names what the finding rests on, whatever the values are. With the
// rule it is unique among the findings of a claim.
func (f Finding) Sources() string { return f.One.key() + "|" + f.Other.key() }

func (s Source) key() string {
	parts := []string{s.From, s.Claim, s.Document, s.Field}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "/")
}

// SameAs is the field of a fact whose value is another document (its id), the
// picture of which is the same one; see [Picture.Same].
const SameAs = "same_as"

// How far facts may lie apart before somebody should look.
const (
	// LossTimeApart: people report a time from memory, and certificates name
	// the minute of the call.
	LossTimeApart = 3 * time.Hour
	// PhotoBeforeLoss: as above; a picture from before shows other damage.
	PhotoBeforeLoss = time.Hour
	// PhotoAfterLoss: damaged cars are towed and looked at within three days.
	PhotoAfterLoss = 72 * time.Hour
	// PhotoMetres: the nearest workshop is within a city; 30 km is outside it.
	PhotoMetres = 30_000
	// RetoldApart: a capturing page and a camera of one phone keep one clock, and
	// look at it a moment apart.
	RetoldApart = 10 * time.Minute
	// ClockAhead: phones keep their clock by the network, to seconds; five
	// minutes leave room for those that do not.
	ClockAhead = 5 * time.Minute
	// AmountApart: workshops round to whole yuan, tax is rounded line by line.
	AmountApart claim.Fen = 100
	// HighAmount: from here on a total that a file's text layer says is compared
	// with the picture of its page. The issue asks for that on high amounts and
	// names none: 2,000 yuan is what compulsory cover pays for damage to property,
	// and the comparison costs a second and a half of a processor.
	HighAmount claim.Fen = 200_000
	// OverClaimed: who reports guesses what a repair costs.
	OverClaimed claim.BP = 2_000
	// OverSurvey: a surveyor sees the outside; what is found on taking the car
	// apart is seldom more than a third of it.
	OverSurvey claim.BP = 3_000
)

// CrossCheck holds facts against each other and returns what does not go
// together, by rule. It does not depend on the order of the facts, nor on how
// often one is said; what cannot be understood is held against nothing. No two
// findings have one rule and the same [Finding.Sources]: where a source says two
// values, the finding shows the first that does not go together. It costs about
// as much as there are facts.
func CrossCheck(facts []Fact) []Finding { return Excerpt{Facts: facts}.CrossCheck() }

// CrossCheck is [CrossCheck] of what is known.
func (x Excerpt) CrossCheck() []Finding {
	e := x.evidence()
	var found []Finding
	for _, c := range crossChecks {
		shown := map[string]bool{}
		for _, p := range c.find(e) {
			f := Finding{Rule: c.rule, Grave: c.grave, One: p[0], Other: p[1]}
			if shown[f.Sources()] {
				continue
			}
			shown[f.Sources()] = true
			f.ZH = fmt.Sprintf("%s：%s“%s”，%s“%s”", c.zh, p[0].named(claim.Chinese), p[0].shown(), p[1].named(claim.Chinese), p[1].shown())
			f.EN = fmt.Sprintf("%s: %s says “%s”, %s says “%s”.", c.en, p[0].named(claim.English), p[0].shown(), p[1].named(claim.English), p[1].shown())
			found = append(found, f)
		}
	}
	return found
}

// Rules returns the stable name of every cross-check, with what it says.
func Rules() map[string]claim.Text {
	out := map[string]claim.Text{}
	for _, c := range crossChecks {
		out[c.rule] = claim.Text{ZH: c.zh, EN: c.en}
	}
	return out
}

type pair [2]Fact

type crossCheck struct {
	rule   string
	grave  bool // a machine must not decide over it
	zh, en string
	find   func(evidence) []pair
}

// The order is that of the list which people read. Grave is what speaks for
// another car, another driver, another day or money paid twice; what honest
// people often do (a family's car, a guessed estimate) is only noted.
var crossChecks = []crossCheck{
	{"plate.differs", true, "车牌号不一致", "The number plates differ", evidence.plates},
	{"plate.not-in-certificate", true, "事故认定书上没有该车牌", "The certificate does not name the plate", evidence.certifiedPlates},
	{"plate.photo-differs", false, "照片中的车牌与保单不一致", "A picture shows another plate", evidence.photographedPlates},
	{"vin.differs", true, "车辆识别代号不一致", "The vehicle identification numbers differ", evidence.vins},
	{"owner.differs", false, "行驶证所有人不是被保险人", "The vehicle's owner is not the insured", evidence.owners},
	{"driver.differs", true, "驾驶人不一致", "The drivers differ", evidence.drivers},
	{"buyer.differs", false, "发票购买方不是被保险人或车主", "The invoice is made out to somebody else", evidence.buyers},
	{"shop.differs", false, "开票方不是估价的修理厂", "Another shop wrote the invoice than the estimate", evidence.shops},
	{"policy.differs", false, "保单号不一致", "The policy numbers differ", evidence.policyNumbers},

	{"loss.elsewhere", true, "同一事故另有赔案", "Another claim is of the same loss", evidence.lossElsewhere},
	{"loss.time-differs", true, "出险时间不一致", "The times of the loss differ", evidence.lossTimes},
	{"loss.place-differs", false, "出险城市不一致", "The cities of the loss differ", evidence.lossPlaces},
	{"licence.expired", true, "出险时驾驶证已过有效期", "The driving licence had expired", evidence.expired},
	{"licence.later", true, "驾驶证领证晚于出险", "The driving licence was first issued after the loss", dayOf(DrivingLicence, "issue_date", 1)},
	{"vehicle.later", true, "车辆注册晚于出险", "The vehicle was registered after the loss", dayOf(VehicleLicence, "register_date", 1)},
	{"invoice.before-loss", true, "发票开具早于出险", "The invoice was written before the loss", evidence.invoicedBefore},
	{"estimate.before-loss", true, "估价早于出险", "The estimate was written before the loss", dayOf(RepairEstimate, "issue_date", -1)},
	{"paper.postdated", true, "票据日期晚于收到之日", "The paper is dated after the day on which it came", evidence.postdated},
	{"survey.before-loss", false, "查勘到达早于出险", "The surveyor arrived before the loss", evidence.surveyedBefore},

	{"amount.estimate-invoice", true, "发票总额与估价不一致", "Invoice and estimate differ", evidence.invoiced},
	{"amount.shown-differs", true, "文件的文字层与画面金额不一致", "The file says another amount than it shows", evidence.shown},
	{"amount.over-claimed", false, "发票总额明显高于报损", "The invoices come to much more than was claimed", evidence.overClaimed},
	{"amount.over-survey", false, "金额明显高于查勘估损", "The papers come to much more than the surveyor saw", evidence.overSurvey},

	{"invoice.reversed", true, "该发票已被红字发票冲销", "A red-letter invoice takes this invoice back", evidence.reversed},
	{"invoice.number-reversed", false, "另一赔案的红字发票冲销了相同号码的发票（发票代码未知）", "On another claim, an invoice of this number is taken back by a red-letter one, its code unknown", evidence.numberReversed},
	{"invoice.elsewhere", true, "同一发票已用于另一赔案", "The same invoice stands in another claim", elsewhere("invoice_number", surely)},
	{"invoice.number-elsewhere", false, "另一赔案有相同发票号码（发票代码未知）", "Another claim has an invoice of this number, its code unknown", elsewhere("invoice_number", perhaps)},
	{"file.elsewhere", true, "同一文件已用于另一赔案", "The same file stands in another claim", elsewhere("sha256", reused)},

	{"photo.elsewhere", true, "同一照片已用于另一赔案", "The same picture stands in another claim", evidence.photosElsewhere},
	{"photo.twice", false, "两张照片是同一张", "Two pictures are the same one", evidence.photosTwice},
	{"photo.one-view", true, "全部损失照片是同一张", "All pictures of the loss are the same one", evidence.photosOneView},
	{"photo.before-loss", true, "照片拍摄早于出险", "The picture was taken before the loss", evidence.photoBefore},
	{"photo.late", false, "照片在出险三天后拍摄", "The picture was taken more than three days after the loss", evidence.photoLate},
	{"photo.far", true, "照片拍摄地点距出险地点超过 30 公里", "The picture was taken more than 30 km from the loss", evidence.photoFar},
	{"photo.retold", false, "照片自带的拍摄时间与上传时所报的不一致", "The time in the picture is not the one that was given with it", evidence.photoRetold},
	{"photo.edited", false, "照片由修图软件保存过", "The picture was saved by a program that changes pictures", evidence.photoEdited},
	{"photo.clock", false, "拍摄设备时钟快于系统时钟", "The camera's clock is ahead of ours", evidence.clockAhead},
}

// evidence is facts in order of their sources, found by what they are of.
type evidence struct {
	kinds  map[Source][]Fact // of this claim's documents, by kind and field
	fields map[Source][]Fact // by who says them and field
	papers map[Source][]Fact // by who says them, document and field
	rest   Excerpt
}

func (x Excerpt) evidence() evidence {
	facts := slices.DeleteFunc(slices.Clone(x.Facts), func(f Fact) bool { return tight(f.Value) == "" })
	slices.SortFunc(facts, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(a.key(), b.key()), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Kind, b.Kind))
	})
	facts = slices.Compact(facts)
	e := evidence{kinds: map[Source][]Fact{}, fields: map[Source][]Fact{}, papers: map[Source][]Fact{}, rest: x}
	for _, f := range facts {
		add := func(index map[Source][]Fact, by Source) { index[by] = append(index[by], f) }
		if f.From == OfDocument {
			add(e.kinds, Source{Kind: f.Kind, Field: f.Field})
		}
		add(e.fields, Source{From: f.From, Field: f.Field})
		add(e.papers, Source{From: f.From, Document: f.Document, Field: f.Field})
	}
	return e
}

// on returns what documents of a kind say in one field.
func (e evidence) on(kind Kind, field string) []Fact {
	return e.kinds[Source{Kind: kind, Field: field}]
}

// by returns what one of the Of constants says in one field.
func (e evidence) by(from, field string) []Fact { return e.fields[Source{From: from, Field: field}] }

// beside returns what the same document says in another field.
func (e evidence) beside(f Fact, field string) []Fact {
	return e.papers[Source{From: f.From, Document: f.Document, Field: field}]
}

func where(list []Fact, ok func(Fact) bool) (out []Fact) {
	for _, f := range list {
		if ok(f) {
			out = append(out, f)
		}
	}
	return out
}

func has(list []Fact, value string) bool {
	return slices.ContainsFunc(list, func(f Fact) bool { return same(f.Value, value) })
}

// values are what facts say, as [same] compares it.
type values map[string]bool

func valuesOf(list []Fact) values {
	v := values{}
	for _, f := range list {
		v[bare(f.Value)] = true
	}
	return v
}

func (v values) has(f Fact) bool { return v[bare(f.Value)] }

// against pairs each fact that differs from the first of the anchors that is
// there with it. Without an anchor the first fact is it.
func against(facts []Fact, anchors ...[]Fact) (out []pair) {
	all := append(slices.Concat(anchors...), facts...)
	for i, f := range all {
		if i > 0 && !same(f.Value, all[0].Value) {
			out = append(out, pair{f, all[0]})
		}
	}
	return out
}

// certified returns the plates or people of the accident certificates.
func (e evidence) certified(a, b string) []Fact {
	return slices.Concat(e.on(AccidentCertificate, a), e.on(AccidentCertificate, b))
}

// ours drops the facts that speak of the other side of an accident: the papers
// of a third party name its own car and driver, as the certificate does.
func (e evidence) ours(facts, certified []Fact) []Fact {
	if len(e.by(OfReport, "third_party")) == 0 {
		return facts
	}
	theirs := valuesOf(certified)
	return where(facts, func(f Fact) bool { return !theirs.has(f) })
}

func (e evidence) insuredPlate() []Fact {
	return slices.Concat(e.by(OfPolicy, "plate"), e.by(OfReport, "plate"))
}

func (e evidence) plates() []pair {
	read := slices.Concat(e.on(VehicleLicence, "plate"), e.on(RepairEstimate, "plate"), e.on(VATInvoice, "plate"))
	return against(e.ours(read, e.certified("plate_a", "plate_b")), e.insuredPlate())
}

func (e evidence) certifiedPlates() (out []pair) {
	insured := e.insuredPlate()
	for _, a := range e.on(AccidentCertificate, "plate_a") {
		if len(insured) > 0 && !same(a.Value, insured[0].Value) && !has(e.beside(a, "plate_b"), insured[0].Value) {
			out = append(out, pair{a, insured[0]})
		}
	}
	return out
}

func (e evidence) photographedPlates() (out []pair) {
	insured := e.insuredPlate()
	if len(insured) == 0 {
		return nil
	}
	return against(e.ours(e.on(LossPhoto, "plate"), e.certified("plate_a", "plate_b")), insured[:1])
}

func (e evidence) vins() []pair {
	read := slices.Concat(e.on(VehicleLicence, "vin"), e.on(RepairEstimate, "vin"))
	return against(e.aboutOurs(read), e.by(OfPolicy, "vin"))
}

// aboutOurs keeps the facts of documents that do not name a third party's car.
func (e evidence) aboutOurs(facts []Fact) []Fact {
	if len(e.by(OfReport, "third_party")) == 0 {
		return facts
	}
	insured, theirs := valuesOf(e.insuredPlate()), valuesOf(e.certified("plate_a", "plate_b"))
	return where(facts, func(f Fact) bool {
		plates := e.beside(f, "plate")
		return len(plates) == 0 || insured.has(plates[0]) || slices.ContainsFunc(plates, func(p Fact) bool { return !theirs.has(p) })
	})
}

// insured are whose property it is by the policy. What a report calls somebody
// proves nothing, and is asked only as long as there is no policy.
func (e evidence) insured() []Fact {
	if named := slices.Concat(e.by(OfPolicy, "holder"), e.by(OfPolicy, "insured")); len(named) > 0 {
		return named
	}
	return e.by(OfReport, "insured")
}

func (e evidence) owners() (out []pair) {
	insured := e.insured()
	for _, f := range e.aboutOurs(e.on(VehicleLicence, "owner")) {
		if len(insured) > 0 && !has(insured, f.Value) {
			out = append(out, pair{f, insured[0]})
		}
	}
	return out
}

func (e evidence) drivers() (out []pair) {
	parties := e.certified("party_a", "party_b")
	known := e.by(OfReport, "driver")
	if len(known) == 0 {
		known = parties
	}
	names := valuesOf(known)
	for _, f := range e.ours(e.on(DrivingLicence, "name"), parties) {
		if len(known) > 0 && !names.has(f) {
			out = append(out, pair{f, known[0]})
		}
	}
	return out
}

func (e evidence) buyers() (out []pair) {
	insured, owners := e.insured(), valuesOf(e.on(VehicleLicence, "owner"))
	for _, f := range e.aboutOurs(e.on(VATInvoice, "buyer")) {
		if len(insured) > 0 && !has(insured, f.Value) && !owners.has(f) && !strings.HasPrefix(tight(f.Value), "个人") {
			out = append(out, pair{f, insured[0]})
		}
	}
	return out
}

func (e evidence) shops() (out []pair) {
	shops := e.on(RepairEstimate, "shop")
	known := valuesOf(shops)
	for _, f := range e.on(VATInvoice, "seller") {
		if len(shops) > 0 && !known.has(f) {
			out = append(out, pair{f, shops[0]})
		}
	}
	return out
}

func (e evidence) policyNumbers() []pair {
	policy := e.by(OfPolicy, "number")
	if len(policy) == 0 {
		return nil
	}
	return against(e.on(AccidentCertificate, "policy_number"), policy)
}

// instant is a moment as a source gives it: to the minute, or only the day.
type instant struct {
	at    time.Time
	exact bool
}

func instantOf(f Fact) (instant, bool) {
	if at, err := time.Parse(time.RFC3339, f.Value); err == nil {
		return instant{at, true}, true
	}
	if at, err := time.ParseInLocation("2006-01-02 15:04", f.Value, claim.Shanghai); err == nil {
		return instant{at, true}, true
	}
	at, err := time.ParseInLocation(time.DateOnly, f.Value, claim.Shanghai)
	return instant{at, false}, err == nil
}

func (i instant) day() string { return i.at.In(claim.Shanghai).Format(time.DateOnly) }

// timed pairs facts with another's by when they were; what is not a time is
// left out.
func timed(facts, others []Fact, odd func(one, other instant) bool) (out []pair) {
	for _, f := range facts {
		one, ok := instantOf(f)
		if !ok {
			continue
		}
		for _, o := range others {
			if other, ok := instantOf(o); ok && odd(one, other) {
				out = append(out, pair{f, o})
			}
		}
	}
	return out
}

func (e evidence) loss() []Fact { return e.by(OfReport, "loss_at") }

func (e evidence) lossTimes() []pair {
	return timed(e.on(AccidentCertificate, "accident_time"), e.loss(), func(one, other instant) bool {
		if one.exact && other.exact {
			return one.at.Sub(other.at).Abs() > LossTimeApart
		}
		return one.day() != other.day()
	})
}

// lossElsewhere pairs the report with other claims of the same loss.
func (e evidence) lossElsewhere() (out []pair) {
	for _, mine := range e.by(OfReport, "loss") {
		for _, other := range e.by(OfClaim, "loss") {
			out = append(out, pair{mine, other})
		}
	}
	return out
}

// expired counts the last day of validity in.
func (e evidence) expired() []pair {
	return timed(e.on(DrivingLicence, "valid_until"), e.loss(), func(until, loss instant) bool { return until.day() < loss.day() })
}

// dayOf finds documents whose date lies before (-1) or after (1) the day of
// the loss.
func dayOf(kind Kind, field string, side int) func(evidence) []pair {
	return func(e evidence) []pair {
		return timed(e.on(kind, field), e.loss(), func(one, loss instant) bool { return cmp.Compare(one.day(), loss.day()) == side })
	}
}

// invoicedBefore is about repairs: an invoice of goods that burnt is older than
// the fire.
func (e evidence) invoicedBefore() []pair {
	if has(e.by(OfReport, "line"), string(claim.Property)) {
		return nil
	}
	return dayOf(VATInvoice, "issue_date", -1)(e)
}

// postdated finds invoices and estimates of days that had not come yet.
func (e evidence) postdated() (out []pair) {
	for _, kind := range []Kind{VATInvoice, RepairEstimate} {
		for _, f := range e.on(kind, "issue_date") {
			out = append(out, timed([]Fact{f}, e.received(f), func(issued, received instant) bool { return issued.day() > received.day() })...)
		}
	}
	return out
}

func (e evidence) surveyedBefore() []pair {
	return timed(e.by(OfSurvey, "arrived_at"), e.loss(), func(arrived, loss instant) bool { return arrived.at.Before(loss.at) })
}

func (e evidence) photoBefore() []pair {
	return timed(e.taken("at"), e.loss(), func(taken, loss instant) bool { return loss.at.Sub(taken.at) > PhotoBeforeLoss })
}

func (e evidence) photoLate() []pair {
	return timed(e.taken("at"), e.loss(), func(taken, loss instant) bool { return taken.at.Sub(loss.at) > PhotoAfterLoss })
}

// taken returns when ("at") or where ("place") pictures of a loss were taken:
// as it was given with them, else as their own data says.
func (e evidence) taken(what string) []Fact {
	given := slices.Clone(e.on(LossPhoto, "taken_"+what))
	for _, f := range e.on(LossPhoto, "camera_"+what) {
		if len(e.beside(f, "taken_"+what)) == 0 {
			given = append(given, f)
		}
	}
	return given
}

func (e evidence) photoRetold() (out []pair) {
	for _, f := range e.on(LossPhoto, "camera_at") {
		out = append(out, timed([]Fact{f}, e.beside(f, "taken_at"), func(camera, given instant) bool { return camera.at.Sub(given.at).Abs() > RetoldApart })...)
	}
	return out
}

func (e evidence) photoEdited() (out []pair) {
	for _, f := range e.on(LossPhoto, "software") {
		if claim.Edits(f.Value) {
			for _, received := range e.received(f) {
				out = append(out, pair{f, received})
			}
		}
	}
	return out
}

// received returns when the document of a fact came.
func (e evidence) received(f Fact) []Fact {
	return e.papers[Source{From: OfServer, Document: f.Document, Field: "received_at"}]
}

func (e evidence) clockAhead() (out []pair) {
	for _, f := range slices.Concat(e.by(OfDocument, "taken_at"), e.by(OfDocument, "camera_at")) {
		out = append(out, timed([]Fact{f}, e.received(f), func(taken, received instant) bool { return taken.at.Sub(received.at) > ClockAhead })...)
	}
	return out
}

// photosElsewhere leaves out what is the same file, byte by byte, which has a
// finding of its own.
func (e evidence) photosElsewhere() (out []pair) {
	same := e.samePictures()
	others := map[string]Fact{}
	for _, o := range e.by(OfClaim, "look") {
		others[o.Document] = o
	}
	for _, f := range e.on(LossPhoto, "look") {
		for _, id := range same[f.Document] {
			if o, ok := others[id]; ok && !e.sameFile(f, o) {
				out = append(out, pair{f, o})
			}
		}
	}
	return out
}

func (e evidence) sameFile(a, b Fact) bool {
	one, other := e.beside(a, "sha256"), e.beside(b, "sha256")
	return len(one) > 0 && len(other) > 0 && same(one[0].Value, other[0].Value)
}

// samePictures returns of each document those whose picture is the same one, in
// order: it was found when the later of the two came.
func (e evidence) samePictures() map[string][]string {
	same := map[string][]string{}
	for _, f := range slices.Concat(e.by(OfDocument, SameAs), e.by(OfClaim, SameAs)) {
		if f.Document != f.Value {
			same[f.Document], same[f.Value] = append(same[f.Document], f.Value), append(same[f.Value], f.Document)
		}
	}
	for id, others := range same {
		slices.Sort(others)
		same[id] = slices.Compact(others)
	}
	return same
}

// photosTwice pairs a picture with the first that is the same one: of twenty
// copies nineteen are one finding each.
func (e evidence) photosTwice() (out []pair) {
	same := e.samePictures()
	before := map[string]Fact{}
	for _, f := range e.on(LossPhoto, "look") {
		first := slices.IndexFunc(same[f.Document], func(id string) bool { _, ok := before[id]; return ok })
		if first >= 0 {
			out = append(out, pair{f, before[same[f.Document][first]]})
		}
		before[f.Document] = f
	}
	return out
}

// photosOneView tells that of several pictures none shows what the first does
// not: a sender who was asked for two views has sent one. Of many copies each is
// noted as the same as some, so that it goes from one to the next.
func (e evidence) photosOneView() []pair {
	photos := e.on(LossPhoto, "look")
	if len(photos) < 2 {
		return nil
	}
	same := e.samePictures()
	reached := map[string]bool{photos[0].Document: true}
	for next := []string{photos[0].Document}; len(next) > 0; next = next[1:] {
		for _, id := range same[next[0]] {
			if !reached[id] {
				reached[id], next = true, append(next, id)
			}
		}
	}
	if slices.ContainsFunc(photos, func(f Fact) bool { return !reached[f.Document] }) || e.rest.OtherViews != nil && e.rest.OtherViews() {
		return nil
	}
	return []pair{{photos[1], photos[0]}}
}

func pointOf(f Fact) (claim.Point, bool) {
	lat, lng, ok := strings.Cut(f.Value, ",")
	p := claim.Point{}
	var errs [2]error
	p.Lat, errs[0] = strconv.ParseFloat(lat, 64)
	p.Lng, errs[1] = strconv.ParseFloat(lng, 64)
	return p, ok && errs[0] == nil && errs[1] == nil
}

func (e evidence) photoFar() (out []pair) {
	for _, f := range e.taken("place") {
		for _, o := range e.by(OfReport, "at") {
			taken, ok := pointOf(f)
			loss, there := pointOf(o)
			if ok && there && taken.Metres(loss) > PhotoMetres {
				out = append(out, pair{f, o})
			}
		}
	}
	return out
}

var (
	cityPattern = regexp.MustCompile(`^(?:[\p{Han}]{2,8}?(?:省|自治区))?([\p{Han}]{2,7}?市)`)
	marketplace = regexp.MustCompile(`[超夜菜早集花]市$`)
)

// cityOf returns the city at the head of an address. Streets of one city are
// called by too many names to be held against each other.
func cityOf(f Fact) string {
	m := cityPattern.FindStringSubmatch(tight(fold(f.Value)))
	if m == nil || marketplace.MatchString(m[1]) {
		return ""
	}
	return m[1]
}

func (e evidence) lossPlaces() (out []pair) {
	for _, f := range e.on(AccidentCertificate, "place") {
		for _, o := range e.by(OfReport, "place") {
			if one, other := cityOf(f), cityOf(o); one != "" && other != "" && one != other {
				out = append(out, pair{f, o})
			}
		}
	}
	return out
}

// total adds up what documents of a kind come to, an invoice sent twice
// counted once. The fact is that of the largest, with the sum as its value.
func (e evidence) total(kind Kind) (sum claim.Fen, fact Fact, ok bool) {
	seen, largest := values{}, claim.Fen(-1)
	for _, t := range e.rest.Totals {
		if t.Kind != kind {
			continue
		}
		if t.Odd {
			return 0, Fact{}, false
		}
		sum, largest = t.Sum, t.Largest
		fact.Source = Source{From: OfDocument, Document: t.Document, Kind: kind, Field: "total_fen"}
	}
	for _, f := range e.on(kind, "total_fen") {
		if numbers := e.beside(f, "invoice_number"); len(numbers) > 0 {
			if seen[numbers[0].Value] {
				continue
			}
			seen[numbers[0].Value] = true
		}
		v, isFen := sumOf(f)
		next, err := claim.Sum(sum, v)
		if !isFen || err != nil {
			return 0, Fact{}, false
		}
		if sum = next; v > largest || v == largest && f.Document < fact.Document {
			largest, fact = v, f
		}
	}
	if largest < 0 {
		return 0, Fact{}, false
	}
	fact.Value = strconv.FormatInt(int64(sum), 10)
	return sum, fact, true
}

func sumOf(f Fact) (claim.Fen, bool) {
	v, err := strconv.ParseInt(f.Value, 10, 64)
	return claim.Fen(v), err == nil && v >= 0
}

// invoiced holds the invoices against the estimate: all of them, or one of
// them where an estimate was written again.
func (e evidence) invoiced() []pair {
	invoices, paper, ok := e.total(VATInvoice)
	estimates, written, there := e.total(RepairEstimate)
	if !ok || !there || apart(invoices, estimates) <= AmountApart {
		return nil
	}
	for _, f := range e.on(RepairEstimate, "total_fen") {
		if v, isFen := sumOf(f); isFen && apart(invoices, v) <= AmountApart {
			return nil
		}
	}
	if e.rest.EstimateNear != nil && e.rest.EstimateNear(invoices) {
		return nil
	}
	return []pair{{paper, written}}
}

// shown holds what the text of a file says against what its page shows.
func (e evidence) shown() (out []pair) {
	for _, f := range e.by(OfDocument, "shown_fen") {
		for _, o := range e.beside(f, "total_fen") {
			if !same(f.Value, o.Value) {
				out = append(out, pair{f, o})
			}
		}
	}
	return out
}

func apart(a, b claim.Fen) claim.Fen { return max(a-b, b-a) }

func (e evidence) overClaimed() []pair {
	invoices, paper, ok := e.total(VATInvoice)
	return over(invoices, paper, ok, e.by(OfReport, "claimed_fen"), OverClaimed)
}

func (e evidence) overSurvey() []pair {
	sum, paper, ok := e.total(VATInvoice)
	if !ok {
		sum, paper, ok = e.total(RepairEstimate)
	}
	return over(sum, paper, ok, e.by(OfSurvey, "estimate_fen"), OverSurvey)
}

// over pairs a sum with the figures that it exceeds by more than a share of
// them. Who gave no figure is exceeded by none.
func over(sum claim.Fen, paper Fact, ok bool, figures []Fact, share claim.BP) (out []pair) {
	for _, f := range figures {
		v, isFen := sumOf(f)
		limit := new(big.Rat).Mul(v.Rat(), (claim.Whole + share).Rat())
		if ok && isFen && v > 0 && sum.Rat().Cmp(limit) > 0 {
			out = append(out, pair{paper, f})
		}
	}
	return out
}

// elsewhere pairs a fact of this claim with the same one of another, where the
// two are taken for one thing.
func elsewhere(field string, one func(e evidence, mine, other Fact) bool) func(evidence) []pair {
	return func(e evidence) (out []pair) {
		others := map[string][]Fact{}
		for _, f := range e.by(OfClaim, field) {
			others[bare(f.Value)] = append(others[bare(f.Value)], f)
		}
		if len(others) == 0 {
			return nil
		}
		for _, mine := range e.by(OfDocument, field) {
			for _, other := range others[bare(mine.Value)] {
				if one(e, mine, other) {
					out = append(out, pair{mine, other})
				}
			}
		}
		return out
	}
}

// reversed pairs an invoice with a red-letter one that takes it back: of this
// claim, or one of the two of another, by a number that is unique.
func (e evidence) reversed() []pair {
	return slices.DeleteFunc(e.takenBack(), func(p pair) bool { return p[1].From == OfClaim && !unique(p[0]) })
}

// numberReversed pairs them where the number may be another invoice's: a
// red-letter invoice does not say under which code the one was written.
func (e evidence) numberReversed() []pair {
	return slices.DeleteFunc(e.takenBack(), func(p pair) bool { return p[1].From != OfClaim || unique(p[0]) })
}

// takenBack pairs invoices with red-letter ones, of which the first is of this
// claim. One that names its own number says nothing.
func (e evidence) takenBack() (out []pair) {
	by := func(from, field string) map[string][]Fact {
		index := map[string][]Fact{}
		for _, f := range e.by(from, field) {
			index[bare(f.Value)] = append(index[bare(f.Value)], f)
		}
		return index
	}
	match := func(facts []Fact, others map[string][]Fact) {
		for _, f := range facts {
			for _, o := range others[bare(f.Value)] {
				if f.Document != o.Document {
					out = append(out, pair{f, o})
				}
			}
		}
	}
	blue := e.by(OfDocument, "invoice_number")
	match(blue, by(OfDocument, ReversedNumber))
	match(blue, by(OfClaim, ReversedNumber))
	match(e.by(OfDocument, ReversedNumber), by(OfClaim, "invoice_number"))
	return out
}

// surely and perhaps tell one invoice from two of the same number: numbers of
// 20 digits are unique, those of 8 are so under a code.
func surely(e evidence, mine, other Fact) bool { return unique(mine) || codes(e, mine, other) == 1 }

func perhaps(e evidence, mine, other Fact) bool { return !unique(mine) && codes(e, mine, other) == 0 }

func unique(number Fact) bool { return len(tight(number.Value)) == 20 }

// codes compares invoice codes: 1 the same, -1 different, 0 not known.
func codes(e evidence, mine, other Fact) int {
	a, b := e.beside(mine, "invoice_code"), e.beside(other, "invoice_code")
	switch {
	case len(a) == 0 || len(b) == 0:
		return 0
	case same(a[0].Value, b[0].Value):
		return 1
	}
	return -1
}

// reused reports whether a file proves one loss only: licences and cards are
// sent again with every claim.
func reused(_ evidence, mine, _ Fact) bool {
	return !slices.Contains([]Kind{VehicleLicence, DrivingLicence, IDCard, BankCard}, mine.Kind)
}

var sourceNames = map[string]claim.Text{
	OfPolicy: {ZH: "保单", EN: "the policy"}, OfReport: {ZH: "报案", EN: "the report"}, OfSurvey: {ZH: "查勘", EN: "the survey"}, OfServer: {ZH: "系统", EN: "our clock"},
}

var kindNames = map[Kind]claim.Text{
	VATInvoice: {ZH: "发票", EN: "the invoice"}, RepairEstimate: {ZH: "估价单", EN: "the estimate"}, VehicleLicence: {ZH: "行驶证", EN: "the vehicle licence"},
	DrivingLicence: {ZH: "驾驶证", EN: "the driving licence"}, IDCard: {ZH: "身份证", EN: "the identity card"}, BankCard: {ZH: "银行卡", EN: "the bank card"},
	LossPhoto: {ZH: "照片", EN: "the picture"}, AccidentCertificate: {ZH: "事故认定书", EN: "the accident certificate"}, Agreement: {ZH: "协议", EN: "the agreement"},
}

// named is a source in words, Chinese or English.
func (s Source) named(l claim.Language) string {
	if name, ok := sourceNames[s.From]; ok {
		return name.In(l)
	}
	name, ok := kindNames[s.Kind]
	if !ok {
		name = claim.Text{ZH: "材料", EN: "a paper"}
	}
	if s.From == OfClaim {
		return claim.Text{ZH: "赔案 " + s.Claim + " 的" + name.ZH, EN: name.EN + " of claim " + s.Claim}.In(l)
	}
	return name.In(l)
}

// shown is a value as people read it.
func (f Fact) shown() string {
	if v, ok := sumOf(f); ok && strings.HasSuffix(f.Field, "_fen") {
		return v.String()
	}
	if at, err := time.Parse(time.RFC3339, f.Value); err == nil {
		return at.In(claim.Shanghai).Format("2006-01-02 15:04")
	}
	if f.Field == "sha256" || f.Field == "look" {
		return f.Value[:min(len(f.Value), 16)] + "…"
	}
	return f.Value
}
