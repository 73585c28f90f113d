package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// kind is what becomes of a claim when all goes well, and who brings it.
type kind string

const (
	flash     kind = "flash, by a partner"  // paid by machine, readings supplied
	claimant  kind = "flash, by a claimant" // paid by machine: drawn photos, an invoice as XML
	standard  kind = "standard"             // survey, assessment, consent, review, agreement, release
	objection kind = "objection"            // standard, the first figure objected to
	denial    kind = "denial"               // standard, denied by two reviewers
	again     kind = "re-report"            // standard, reported twice under two keys
	withdrawn kind = "withdrawal"           // standard, withdrawn before the survey
)

// mix says how often each kind comes, in a hundred.
var mix = []struct {
	kind kind
	of   int
}{{flash, 40}, {claimant, 8}, {standard, 18}, {objection, 9}, {denial, 9}, {again, 8}, {withdrawn, 8}}

func choose(rng *rand.Rand) kind {
	n := rng.IntN(100)
	for _, m := range mix {
		if n -= m.of; n < 0 {
			return m.kind
		}
	}
	return flash
}

// course is a claim on its way: what was made for it alone, and how far it has
// come. It can be driven on from wherever it is.
type course struct {
	kind                         kind
	policy, plate, holder, phone string
	account                      string
	lossAt                       time.Time
	seed                         uint64
	by                           play.Caller // who reported: the holder, or a partner
	number                       string      // once the report is acknowledged
	done                         map[string]bool
	pending                      map[string]unanswered // commands, by path
	version                      int64
	moved                        time.Time // when the version last changed, or a command was acknowledged
	stage                        rest.Stage
	end                          ending
	refused                      error // the last refusal of what its stage asks for
	noes                         int   // how often, at this version
	paid                         rest.Fen
	hold                         *hold // with --commands
}

// ending is how a claim came to rest.
type ending string

const (
	running  ending = ""
	closed   ending = "closed"
	toPerson ending = "to a person"
	parked   ending = "parked, with a task"
	stuck    ending = "STUCK"
)

var surnames = []rune("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜")

// newCourse makes the n-th claim of a run. Its loss lies in the last month.
func (r *trial) newCourse(n int, of kind, rng *rand.Rand) *course {
	body := fmt.Sprintf("622848%012d", rng.Int64N(1e12))
	for strings.HasSuffix(play.Card(body), "0000") { // closed, at the sandbox bank
		body = fmt.Sprintf("622848%012d", rng.Int64N(1e12))
	}
	return &course{
		kind: of, policy: fmt.Sprintf("PDCR%d-%05d", r.seed%1_000_000, n), plate: fmt.Sprintf("沪C%05d", n%100_000),
		holder: string([]rune{surnames[rng.IntN(len(surnames))], surnames[rng.IntN(len(surnames))], surnames[n%len(surnames)]}),
		phone:  fmt.Sprintf("139%08d", n), account: play.Card(body), seed: rng.Uint64(),
		lossAt: time.Now().Add(-time.Hour - time.Duration(rng.IntN(20*24))*time.Hour).Truncate(time.Minute).UTC(),
		done:   map[string]bool{}, pending: map[string]unanswered{}, moved: time.Now(),
	}
}

// report makes the policy and reports the loss.
func (r *trial) report(ctx context.Context, c *course) error {
	if !c.done["policy"] {
		if err := r.insure(ctx, c); err != nil {
			return err
		}
		c.done["policy"] = true
	}
	c.by = r.staff[partner]
	channel := "partner"
	if c.kind == claimant {
		who, _, err := r.Claimant(ctx, c.phone, "")
		if err != nil {
			return err
		}
		c.by, channel = who, "app"
	}
	receipt, err := command[rest.Receipt](ctx, r, c, c.by, "/claims", c.notice(channel))
	if err != nil {
		return err
	}
	c.number = receipt.Number
	r.reported(c, receipt)
	if c.kind != again {
		return nil
	}
	second, err := command[rest.Receipt](ctx, r, c, c.by, "/claims", c.notice(channel))
	switch {
	case err != nil:
		return err
	case second.Result != "joined" || second.Number != c.number:
		r.wrong("claim %s was reported again, and that was %s, claim %s", c.number, second.Result, second.Number)
	}
	return nil
}

// estimateOf is the amount that is asked for, in fen: below the flash lane's
// limit, or above it.
func (c *course) estimateOf() rest.Fen {
	fen := rest.Fen(100_000 + c.seed%50_000)
	if c.kind != flash && c.kind != claimant {
		fen *= 10
	}
	return fen
}

func (c *course) notice(channel string) rest.Notice {
	return rest.Notice{
		Channel: channel, Line: "motor", PolicyNo: c.policy, Plate: c.plate, LossAt: c.lossAt, Place: "上海市浦东新区世纪大道",
		At: &rest.Point{Lat: 31.2363, Lng: 121.5020}, Cause: "scratch", Story: "倒车时剐蹭立柱，后保险杠受损，无人员受伤。", Self: c.kind == flash || c.kind == claimant,
		Reporter:  rest.Party{Name: c.holder, Phone: c.phone, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "后保险杠", Estimate: c.estimateOf()}},
	}
}

// errWaits says that there is nothing to be done on a claim at the moment.
var errWaits = errors.New("it waits")

// drive takes a claim from wherever it is to its end. It gives up when nothing
// has changed for as long as patience lasts.
func (r *trial) drive(ctx context.Context, c *course, patience time.Duration) {
	for ctx.Err() == nil && c.end == running {
		if err := r.next(ctx, c); err != nil && !errors.Is(err, errWaits) {
			c.refused = err
			if c.noes++; c.noes >= sureNo && aPersons(err) {
				return
			}
		}
		if time.Since(c.moved) > patience {
			return
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// sureNo is how often a claim is refused at one version before that counts.
const sureNo = 10

// aPersons reports whether a refusal has its reason in the claim: not in its
// stage or tasks, of which the rows may say something else than the workflow.
func aPersons(err error) bool {
	p := play.ProblemOf(err)
	return p != nil && (p.Status == http.StatusForbidden || p.Status == http.StatusUnprocessableEntity || p.Rule == "papers.missing")
}

// next looks at a claim and does what its stage asks for.
func (r *trial) next(ctx context.Context, c *course) error {
	if c.number == "" {
		return r.report(ctx, c)
	}
	now, err := play.Get[rest.Claim](ctx, r.staff["audit-xu"], "/claims/"+c.number)
	if err != nil {
		return err
	}
	if c.stage = now.Stage; now.Version != c.version {
		c.version, c.moved, c.noes = now.Version, time.Now(), 0
	}
	if now.Stage == "closed" {
		c.end = closed
		r.outcome(c, now)
		return nil
	}
	if now.Parked {
		return fmt.Errorf("it is parked: %+v", now.Tasks)
	}
	if c.kind == withdrawn && now.Stage != "reported" {
		return r.act(ctx, c, c.by, "/withdrawal", rest.Reason{Reason: "不索赔了"})
	}
	switch now.Stage {
	case "self_survey":
		return c.once("papers", func() error { return r.attach(ctx, c, c.by, c.flashPapers) })
	case "dispatching": // those on shift had too much to do, or nobody was known to be
		return r.act(ctx, c, r.staff["dispatch-li"], "/assignment", rest.Assign{Surveyor: "survey-chen", Reason: "就近"})
	case "dispatched":
		return taken(now, "survey", func(task rest.Task) error {
			who, ok := r.staff[string(task.Owner)]
			if !ok {
				return errWaits
			}
			_, err := command[rest.Receipt](ctx, r, c, who, "/tasks/"+task.Id+"/acceptance", nil)
			return err
		})
	case "surveying":
		return r.survey(ctx, c, now)
	case "assessing":
		return r.assess(ctx, c, now)
	case "negotiating":
		return r.negotiate(ctx, c, now)
	case "reviewing":
		return r.review(ctx, c, now)
	case "denial_review":
		return taken(now, "denial_review", func(task rest.Task) error {
			return r.act(ctx, c, r.staff["review-jiang"], "/denials/1/verdict", rest.DenialVerdict{Task: task.Id, Approve: true, Opinion: "条款适用正确，同意拒赔"})
		})
	case "determined":
		return r.agree(ctx, c)
	case "agreed":
		return taken(now, "release", func(task rest.Task) error {
			seen, err := play.Get[rest.Task](ctx, r.staff["finance-yang"], "/tasks/"+task.Id)
			if err != nil {
				return err
			}
			return r.act(ctx, c, r.staff["finance-yang"], "/release", rest.Release{Task: task.Id, Seen: seen.Payout.Seen})
		})
	default:
		return errWaits
	}
}

// once does something that a claim needs once.
func (c *course) once(what string, do func() error) error {
	if c.done[what] {
		return errWaits
	}
	err := do()
	c.done[what] = err == nil
	return err
}

// taken does an open task of this kind, if the claim has one.
func taken(now rest.Claim, kind rest.TaskKind, do func(rest.Task) error) error {
	i := slices.IndexFunc(now.Tasks, func(t rest.Task) bool { return t.Kind == kind })
	if i < 0 {
		return errWaits
	}
	return do(now.Tasks[i])
}

// act is a command on the claim.
func (r *trial) act(ctx context.Context, c *course, who play.Caller, path string, body any) error {
	_, err := command[rest.Receipt](ctx, r, c, who, "/claims/"+c.number+path, body)
	return err
}

func (r *trial) survey(ctx context.Context, c *course, now rest.Claim) error {
	return taken(now, "survey", func(task rest.Task) error {
		who, ok := r.staff[string(task.Owner)]
		if !ok {
			return errWaits
		}
		if err := c.once("shots", func() error {
			return r.attach(ctx, c, who, c.scribbles)
		}); err != nil && !errors.Is(err, errWaits) {
			return err
		}
		documents, err := play.List[rest.DocumentSummary](ctx, r.staff["audit-xu"], "/claims/"+c.number+"/documents")
		if err != nil {
			return err
		}
		var photos []string
		for _, d := range documents {
			if d.Kind == "loss_photo" || d.SentAs == "loss_photo" {
				photos = append(photos, d.Id)
			}
		}
		return r.act(ctx, c, who, "/surveys", rest.SurveyReport{
			Task: task.Id, ArrivedAt: time.Now().UTC().Truncate(time.Millisecond), Place: &rest.Point{Lat: 31.2364, Lng: 121.5021},
			Facts: "倒车时后保险杠右侧剐蹭立柱，漆面受损，无人员受伤。", FaultShare: 10_000, Estimate: c.estimateOf(), Photos: photos,
		})
	})
}

func (r *trial) assess(ctx context.Context, c *course, now rest.Claim) error {
	if err := c.once("list", func() error { return r.attach(ctx, c, c.by, c.standardPapers) }); err != nil && !errors.Is(err, errWaits) {
		return err
	}
	documents, err := play.List[rest.DocumentSummary](ctx, r.staff["audit-xu"], "/claims/"+c.number+"/documents")
	if err != nil {
		return err
	}
	if slices.ContainsFunc(documents, func(d rest.DocumentSummary) bool { return d.State == "received" }) {
		return errWaits
	}
	return taken(now, "assess", func(task rest.Task) error {
		amount := c.estimateOf() - 2_000
		if c.done["objected"] {
			amount = c.estimateOf()
		}
		return r.act(ctx, c, r.staff["assess-zhou"], "/assessments", rest.NewAssessment{Task: task.Id, Note: "按定损金额核定", Objects: []rest.Assessed{{
			Exposure: 1, FaultShare: 10_000, Items: []rest.AssessedItem{{Name: "后保险杠", Kind: "part", Amount: amount}},
		}}})
	})
}

func (r *trial) negotiate(ctx context.Context, c *course, now rest.Claim) error {
	if now.Lane == "flash" {
		return r.agree(ctx, c)
	}
	version, err := r.offer(ctx, c)
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/offers/%d/", version)
	if c.kind == objection && !c.done["objected"] {
		err := r.act(ctx, c, c.by, path+"objection", rest.NewObjection{Reason: "漆面损伤没有算全", CounterFen: c.estimateOf()})
		c.done["objected"] = err == nil
		return err
	}
	return r.act(ctx, c, c.by, path+"consent", nil)
}

// offer is the version of the offer in force.
func (r *trial) offer(ctx context.Context, c *course) (int, error) {
	offers, err := play.List[rest.Offer](ctx, r.staff["audit-xu"], "/claims/"+c.number+"/offers")
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(offers, func(o rest.Offer) bool { return o.InForce })
	if i < 0 {
		return 0, errWaits
	}
	return offers[i].Version, nil
}

func (r *trial) agree(ctx context.Context, c *course) error {
	version, err := r.offer(ctx, c)
	if err != nil {
		return err
	}
	return r.act(ctx, c, c.by, fmt.Sprintf("/offers/%d/agreement", version), rest.NewAgreement{
		Payee: rest.Payee{Name: c.holder, Bank: "中国农业银行", Account: c.account}, AccountAgain: c.account, Signature: "phone-code",
	})
}

func (r *trial) review(ctx context.Context, c *course, now rest.Claim) error {
	return taken(now, "review", func(task rest.Task) error {
		if c.kind != denial {
			return r.act(ctx, c, r.staff["review-zheng"], "/reviews", rest.Verdict{Task: task.Id, Kind: "approve", Opinion: "责任清楚，金额合理"})
		}
		documents, err := play.List[rest.DocumentSummary](ctx, r.staff["audit-xu"], "/claims/"+c.number+"/documents")
		if err != nil {
			return err
		}
		var licences []string
		for _, d := range documents {
			if d.Kind == "driving_licence" || d.Kind == "vehicle_licence" {
				licences = append(licences, d.Id)
			}
		}
		return r.act(ctx, c, r.staff["review-feng"], "/reviews", rest.Verdict{Task: task.Id, Kind: "propose_denial", Opinion: "准驾车型不符", Denial: &rest.Denial{
			Clause: "中国保险行业协会机动车商业保险示范条款（2020版）机动车损失保险第八条第（二）项第 4 目",
			Facts:  "驾驶证准驾车型与行驶证所载车辆类型不符。", Reasons: "属责任免除情形，投保时已作提示说明。", Evidence: licences,
		}})
	})
}

// attach uploads papers and attaches them in one command.
func (r *trial) attach(ctx context.Context, c *course, who play.Caller, papers func() ([]paper, error)) error {
	all, err := papers()
	if err != nil {
		return err
	}
	var batch rest.Attach
	for _, p := range all {
		up, err := play.Upload(ctx, who, c.number, p.File)
		if err != nil {
			return err
		}
		batch.Documents = append(batch.Documents, rest.NewDocument{Upload: up.Id, Kind: p.Kind, Place: p.At, Reading: p.reading})
	}
	attached, err := command[rest.Attached](ctx, r, c, who, "/claims/"+c.number+"/documents", batch)
	if err == nil {
		r.keep(attached.Ids)
	}
	return err
}

// paper is a file with what a partner has read in it.
type paper struct {
	play.File
	reading *rest.PartnerReading
}

// pictures are two of the loss, like no others.
func (c *course) pictures() ([]paper, error) {
	var all []paper
	for i, view := range []specimen.View{specimen.CarRear, specimen.CarDetail} {
		raw, err := specimen.LossPhoto(specimen.Photo{View: view, Plate: c.plate, Seed: c.seed + uint64(i), Caption: c.policy})
		if err != nil {
			return nil, err
		}
		all = append(all, paper{File: play.File{Name: fmt.Sprintf("photo-%d.jpg", i), Kind: "loss_photo", Bytes: raw}})
	}
	return all, nil
}

// scribbles are pictures that cost nothing to draw and are like no others.
func (c *course) scribbles() ([]paper, error) {
	rng := rand.New(rand.NewPCG(c.seed, 2))
	var all []paper
	for i := range 2 {
		all = append(all, paper{File: play.File{Name: fmt.Sprintf("photo-%d.jpg", i), Kind: "loss_photo", Bytes: scribble(rng)}})
	}
	return all, nil
}

func (c *course) flashPapers() ([]paper, error) {
	if c.kind == claimant {
		photos, err := c.pictures()
		if err != nil {
			return nil, err
		}
		raw, err := specimen.VATInvoicePDF(specimen.Invoice{
			Number: fmt.Sprintf("2631%016d", c.seed%1e16), Issued: time.Now().UTC().Format(time.DateOnly), Province: "上海", Buyer: c.holder,
			Seller: "上海众安汽车维修有限公司", SellerTaxID: specimen.CreditCode("91310115MA1K4TEST"),
			Items: []specimen.Item{{Name: "*劳务*后保险杠修复喷漆", Unit: "次", Fen: int64(c.estimateOf()) * 80 / 100}}, RatePercent: 13,
		})
		return append(photos, paper{File: play.File{Name: "invoice.pdf", Kind: "vat_invoice", Bytes: raw}}), err
	}
	photos, err := c.scribbles()
	return append(photos, c.readBy("repair_estimate", "plate", c.plate, "total_fen", fmt.Sprint(int64(c.estimateOf()-2_000)))), err
}

// standardPapers are those that the list of a standard claim asks for.
func (c *course) standardPapers() ([]paper, error) {
	vin := specimen.VIN(fmt.Sprintf("LSVCC41T8P2%06d", c.seed%1_000_000))
	return []paper{
		c.readBy("repair_estimate", "plate", c.plate, "vin", vin, "total_fen", fmt.Sprint(int64(c.estimateOf()))),
		c.readBy("vehicle_licence", "plate", c.plate, "vin", vin, "owner", c.holder),
		c.readBy("driving_licence", "name", c.holder, "licence_no", specimen.Citizen(fmt.Sprintf("310101198503%02d%03d", 1+c.seed%28, c.seed%1000)), "class", "C1"),
	}, nil
}

// readBy is a paper that the partner has read already.
func (c *course) readBy(kind string, fields ...string) paper {
	reading := &rest.PartnerReading{Kind: rest.DocumentKind(kind), Engine: "crash 1", Pages: 1}
	for i := 0; i < len(fields); i += 2 {
		reading.Fields = append(reading.Fields, rest.PartnerField{Name: fields[i], Value: fields[i+1], ConfidenceBp: 9_900, Page: 1})
	}
	rng := rand.New(rand.NewPCG(c.seed, crc64.Checksum([]byte(kind), crc64.MakeTable(crc64.ISO))))
	return paper{File: play.File{Name: kind + ".jpg", Kind: kind, Bytes: scribble(rng)}, reading: reading}
}
