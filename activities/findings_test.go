package activities_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/claim"
	"anpei/claim/document"
)

// another starts another claim beside this one.
func (d *desk) another() *desk {
	next := *d
	next.id = claim.ID(uuid.NewString())
	next.file = claim.File{ID: next.id, Cycle: 1}
	return &next
}

// paper is a document as it is attached, with what a partner has read in it.
func paper(kind, sha string, fields ...string) claim.Attachment {
	a := claim.Attachment{
		Document: uuid.NewString(), Upload: uuid.NewString(), Kind: kind, Name: "f.jpg", Type: "image/jpeg", Size: 1,
		SHA256: strings.Repeat(sha, 64)[:64], Object: "o", Revision: "r",
	}
	if len(fields) > 0 {
		r := &claim.Reading{Kind: kind, Engine: "test 1", Pages: 1}
		for i := 0; i < len(fields); i += 2 {
			r.Fields = append(r.Fields, claim.Field{Name: fields[i], Value: fields[i+1], Source: "partner", Confidence: 9900, Page: 1, Sure: true})
		}
		a.Reading = r
	}
	return a
}

func (d *desk) attach(papers ...claim.Attachment) {
	d.t.Helper()
	by := claim.Actor{ID: d.file.Claimant, Role: claim.Claimant}
	if !by.ID.IsClaimant() {
		by.Role = claim.Partner
	}
	do(d, d.Attach, by, claim.Batch{Attachments: papers})
}

// findings are the rules whose findings are in force, grave ones with a mark.
func (d *desk) findings() (rules []string) {
	d.t.Helper()
	rows, err := d.db.API.Query(d.t.Context(), `select rule || case when grave then '!' else '' end from (
		select distinct on (rule, sources) rule, grave, state from findings where claim_id = $1 order by rule, sources, round desc) f
		where state = 'raised' order by 1`, d.id)
	require.NoError(d.t, err)
	rules, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(d.t, err)
	return rules
}

// flash reports a claim that takes the flash lane.
func (d *desk) flash() {
	d.t.Helper()
	do(d, d.Report, customer, notice(300_000))
	do(d, d.Route, machine, claim.None{})
	require.Equal(d.t, claim.Flash, d.file.Lane)
}

func TestAGraveFindingTakesAClaimOutOfTheFlashLane(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	d.attach(a, b, paper("vat_invoice", "c", "total_fen", "300000", "issue_date", "2026-11-22"))
	d.looks(a, 0x0123456789abcdef)
	d.looks(b, 0xfedcba9876543210)
	require.Equal(t, []string{"invoice.before-loss!"}, d.findings())
	require.Equal(t, claim.Standard, d.file.Lane)
	require.True(t, d.file.SelfSurveyComplete(), "it goes on: a flag refuses nothing")
	do(d, d.SelfSurvey, machine, claim.None{})
	require.NotNil(t, d.file.TaskOf(claim.TaskAssess), "a person looks")
	d.verifyChain()
}

func TestALightFindingIsOnlyNoted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	d.attach(paper("loss_photo", "a"), paper("loss_photo", "b"),
		paper("vehicle_licence", "c", "owner", "李四", "plate", "沪A12345"), paper("vat_invoice", "d", "total_fen", "300000", "plate", "沪A12345"))
	require.Equal(t, []string{"owner.differs"}, d.findings())
	require.Equal(t, claim.Flash, d.file.Lane)
	do(d, d.SelfSurvey, machine, claim.None{})
	do(d, d.AssessBySelf, machine, claim.None{})
	require.Equal(t, claim.Negotiating, d.file.Stage)
	require.Equal(t, claim.Fen(300_000), d.file.Payable)
}

func TestAReadersDoubtsAreNoContradiction(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	licence := paper("driving_licence", "a")
	d.attach(licence)
	n := claim.Field{Name: "valid_until", Value: "2026-01-01", Source: "ocr", Confidence: 9_600, Page: 1}
	do(d, d.RecordReading, machine, claim.Read{Document: licence.Document, Reading: claim.Reading{Kind: "driving_licence", Engine: "test 1", Pages: 1, Fields: []claim.Field{n}}})
	require.Empty(t, d.findings())
	do(d, d.Confirm, zhou, claim.Confirmation{Document: licence.Document, Fields: []claim.ConfirmedField{{Name: "valid_until", Value: "2026-01-01"}}})
	require.Equal(t, []string{"licence.expired!"}, d.findings())
}

func TestAFindingIsGoneOnceTheFactsAgreeAndRaisedAgainWhenTheyDoNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	do(d, d.Report, customer, notice(300_000))
	licence := paper("vehicle_licence", "a", "plate", "沪A12346")
	d.attach(licence)
	require.Equal(t, []string{"plate.differs!"}, d.findings())
	d.attach(paper("loss_photo", "b"))
	require.Equal(t, 1, d.count("findings"), "what has not changed is not said again")

	confirm := func(plate string) {
		do(d, d.Confirm, zhou, claim.Confirmation{Document: licence.Document, Fields: []claim.ConfirmedField{{Name: "plate", Value: plate}}})
	}
	confirm("沪A12345")
	require.Empty(t, d.findings())
	confirm("沪A99999")
	require.Equal(t, []string{"plate.differs!"}, d.findings())
	require.Equal(t, 3, d.count("findings"), "raised, gone, raised")
	var kinds string
	require.NoError(t, d.db.API.QueryRow(t.Context(), "select string_agg(kind, ' ' order by number) from events where claim_id = $1 and kind like 'finding.%'", d.id).Scan(&kinds))
	require.Equal(t, "finding.raised finding.gone finding.raised", kinds)
	d.verifyChain()
}

func TestABadPhotoIsReplacedByAGoodOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	do(d, d.Report, customer, notice(300_000))
	bad, good := paper("driving_licence", "a"), paper("driving_licence", "b")
	read := func(p claim.Attachment, r claim.Reading) {
		d.attach(p)
		do(d, d.RecordReading, machine, claim.Read{Document: p.Document, Reading: r})
	}
	asked := func() (what []string) {
		for _, n := range d.file.Missing() {
			if n.From == claim.Claimant {
				what = append(what, n.What)
			}
		}
		return what
	}
	before := asked()
	read(bad, claim.Reading{Kind: "unknown", Engine: "test 1", Pages: 1, Unreadable: "blurred", Detail: "照片模糊"})
	require.Equal(t, append(before, "driving_licence"), asked(), "it is sent back")
	require.NotNil(t, d.file.TaskOf(claim.TaskConfirm))
	read(good, claim.Reading{Kind: "driving_licence", Engine: "test 1", Pages: 1})
	require.Equal(t, before, asked(), "nothing more is asked")
	require.Nil(t, d.file.TaskOf(claim.TaskConfirm), "nobody needs to look at what nobody can read")
}

func TestWhatIsSaidOfAFindingChangesNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	do(d, d.Report, customer, notice(300_000))
	licence := paper("vehicle_licence", "a", "plate", "沪A12346")
	d.attach(licence)
	key := func() (key string) {
		require.NoError(t, d.db.API.QueryRow(t.Context(), "select md5(rule || '|' || sources) from findings where claim_id = $1 limit 1", d.id).Scan(&key))
		return key
	}
	before := d.file
	do(d, d.NoteFinding, zhou, claim.FindingNote{Finding: key(), Verdict: claim.FindingSeen})
	do(d, d.NoteFinding, zhou, claim.FindingNote{Finding: key(), Verdict: claim.FindingExplained, Note: "行驶证副页已换发，车牌末位由 6 更正为 5"})
	before.Version = d.file.Version
	require.Equal(t, before, d.file)
	require.Equal(t, []string{"plate.differs!"}, d.findings(), "it stays")
	require.Equal(t, 2, d.count("finding_notes"))

	require.Equal(t, claim.RuleInput, ruleOf(do(d, d.NoteFinding, zhou, claim.FindingNote{Finding: "0123456789abcdef0123456789abcdef", Verdict: claim.FindingSeen})))
	do(d, d.Confirm, zhou, claim.Confirmation{Document: licence.Document, Fields: []claim.ConfirmedField{{Name: "plate", Value: "沪A12345"}}})
	require.Empty(t, d.findings())
	require.Equal(t, claim.RuleInput, ruleOf(do(d, d.NoteFinding, zhou, claim.FindingNote{Finding: key(), Verdict: claim.FindingSeen})), "it is gone")
	_, err := d.db.Worker.Exec(t.Context(), "delete from finding_notes")
	require.Error(t, err, "what was said stays said")
	d.verifyChain()
}

func TestWhatAnotherClaimHasIsFoundUnlessThatOneWasWithdrawn(t *testing.T) {
	t.Parallel()
	first := newDesk(t)
	first.flash()
	first.attach(paper("loss_photo", "a"), paper("vat_invoice", "b", "invoice_number", "25312000000012345678", "total_fen", "300000"))
	require.Empty(t, first.findings())

	second := first.another()
	n := notice(300_000)
	n.LossAt = n.LossAt.Add(-24 * time.Hour)
	do(second, second.Report, customer, n)
	do(second, second.Route, machine, claim.None{})
	second.attach(paper("loss_photo", "a"))
	require.Equal(t, []string{"file.elsewhere!"}, second.findings())
	// The number is read by our own reader, later.
	invoice := paper("vat_invoice", "c")
	second.attach(invoice)
	do(second, second.RecordReading, machine, claim.Read{Document: invoice.Document, Reading: claim.Reading{
		Kind: "vat_invoice", Engine: "test 1", Pages: 1,
		Fields: []claim.Field{{Name: "invoice_number", Value: "25312000000012345678", Source: "ocr", Page: 1, Sure: true}},
	}})
	require.Equal(t, []string{"file.elsewhere!", "invoice.elsewhere!"}, second.findings())

	do(first, first.Withdraw, customer, claim.Reason{Reason: "误报"})
	second.attach(paper("loss_photo", "d"))
	require.Empty(t, second.findings())
}

// looks enters and records what the page reader saw on a picture.
func (d *desk) looks(picture claim.Attachment, hash uint64) {
	d.t.Helper()
	d.enter(picture, hash)
	do(d, d.RecordLooks, machine, claim.Looks{Readings: []claim.Read{look(picture, hash)}})
}

func look(picture claim.Attachment, hash uint64) claim.Read {
	return claim.Read{Document: picture.Document, Reading: claim.Reading{Kind: "loss_photo", Engine: "test 1", Pages: 1, Look: alike(hash)}}
}

// enter stores what a picture looks like, as reading it does. Those whose hashes
// differ in the last byte at most are one picture.
func (d *desk) enter(picture claim.Attachment, hash uint64) {
	d.t.Helper()
	d.enterAs(picture, hash, pattern(hash>>8))
}

func (d *desk) enterAs(picture claim.Attachment, hash uint64, thumbnail document.Thumbnail) {
	d.t.Helper()
	reader := activities.OCR{DB: d.DB}
	r := document.Reading{Kind: document.LossPhoto, Look: alike(hash), Thumbnail: thumbnail}
	require.NoError(d.t, reader.Enter(d.t.Context(), claim.PaperFile{Document: picture.Document, Kind: activities.LossPhoto}, r))
}

// pattern is a thumbnail of waves.
func pattern(seed uint64) document.Thumbnail {
	r := rand.New(rand.NewPCG(seed, 1))
	tones := make([]float64, document.ThumbnailSide*document.ThumbnailSide)
	for range 12 {
		across, down, from := 40*r.Float64(), 40*r.Float64(), 6*r.Float64()
		for i := range tones {
			x, y := i%document.ThumbnailSide, i/document.ThumbnailSide
			tones[i] += math.Cos(from + (across*float64(x)+down*float64(y))/document.ThumbnailSide)
		}
	}
	t := make(document.Thumbnail, len(tones))
	for i, tone := range tones {
		t[i] = uint8(127 + 10*tone)
	}
	return t
}

// alike is how a picture looks all of whose views have one hash.
func alike(hash uint64) string {
	var l document.Look
	for i := range l {
		l[i] = hash
	}
	return l.String()
}

func TestAPictureOfAnotherClaimIsFoundThoughItWasSavedAnew(t *testing.T) {
	t.Parallel()
	first := newDesk(t)
	first.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	first.attach(a, b)
	require.Equal(t, []string{a.Document, b.Document}, first.file.Due.Next())
	first.looks(a, 0x0123456789abcdef)
	first.looks(b, 0xfedcba9876543210)
	require.Empty(t, first.findings())
	require.Empty(t, first.file.Due.Next())

	second := first.another()
	n := notice(300_000)
	n.LossAt = n.LossAt.Add(-24 * time.Hour)
	do(second, second.Report, customer, n)
	do(second, second.Route, machine, claim.None{})
	c, e := paper("loss_photo", "c"), paper("loss_photo", "d")
	second.attach(c, e, paper("vat_invoice", "e", "total_fen", "300000"))
	require.False(t, second.file.SelfSurveyComplete(), "the machine does not go on before it has looked")
	second.looks(c, 0x0123456789abcdef^0b111)
	require.Equal(t, []string{"photo.elsewhere!"}, second.findings())
	second.looks(e, 0x0123456789abcdef^0b101)
	require.Equal(t, []string{"photo.elsewhere!", "photo.elsewhere!", "photo.one-view!", "photo.twice"}, second.findings())
	require.Equal(t, claim.Standard, second.file.Lane)
	require.True(t, second.file.SelfSurveyComplete())
	second.verifyChain()

	first.attach(paper("vat_invoice", "f", "total_fen", "300000"))
	require.Equal(t, []string{"photo.elsewhere!", "photo.elsewhere!"}, first.findings(), "whichever came first")
	do(first, first.Withdraw, customer, claim.Reason{Reason: "误报"})
	second.attach(paper("other", "9"))
	require.Equal(t, []string{"photo.one-view!", "photo.twice"}, second.findings())
}

func TestPicturesThatAreLookedAtTogetherAreHeldAgainstEachOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a, b, c := paper("loss_photo", "a"), paper("loss_photo", "b"), paper("loss_photo", "c")
	d.attach(a, b, c)
	before := d.file.Version
	d.enter(a, 0x0123456789abcdef)
	d.enter(b, 0xfedcba9876543210)
	d.enter(c, 0x0123456789abcdef^0b101)
	do(d, d.RecordLooks, machine, claim.Looks{Readings: []claim.Read{
		look(a, 0x0123456789abcdef), look(b, 0xfedcba9876543210), look(c, 0x0123456789abcdef^0b101),
	}})
	require.Equal(t, before+1, d.file.Version, "one step")
	require.Empty(t, d.file.Due.Next())
	require.Equal(t, []string{"photo.twice"}, d.findings())
	do(d, d.RecordLooks, machine, claim.Looks{Readings: []claim.Read{look(a, 0xfedcba9876543210)}})
	require.Equal(t, []string{"photo.twice"}, d.findings(), "what was looked at is not looked at again")
	d.verifyChain()
}

func TestWhatACameraSaysIsKeptAndHeldAgainstTheReport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	d.attach(a, b)
	old := morning.Add(-100 * time.Hour)
	see := func(picture claim.Attachment, hash uint64, c claim.Camera) {
		do(d, d.RecordReading, machine, claim.Read{Document: picture.Document, Reading: claim.Reading{Kind: "loss_photo", Engine: "test 1", Pages: 1, Look: alike(hash), Camera: &c}})
	}
	see(a, 0x0123456789abcdef, claim.Camera{})
	require.Empty(t, d.findings(), "a picture that says nothing is no ground for anything")
	see(b, 0xfedcba9876543210, claim.Camera{At: &old, Software: "Adobe Photoshop 27.0"})
	require.ElementsMatch(t, []string{"photo.before-loss!", "photo.edited"}, d.findings())
	d.attach(paper("other", "9"))
	require.ElementsMatch(t, []string{"photo.before-loss!", "photo.edited"}, d.findings(), "as the rows say it, too")
}

// An odd picture is a note beside a claim, and no reason for it to stop: not
// when it is seen, nor at any later step, which has the facts from the rows.
func TestAClaimGoesOnWithAnOddPicture(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		taken, camera time.Duration // before now
		software      string
		want          []string
	}{
		"saved by a program that changes pictures":       {0, 0, "Meitu", []string{"photo.edited"}},
		"of a phone whose clock is ahead":                {-20 * time.Minute, -20 * time.Minute, "", []string{"photo.clock", "photo.clock"}},
		"of a camera whose clock is ahead of the page's": {0, -20 * time.Minute, "", []string{"photo.clock", "photo.retold"}},
		"all of it": {-20 * time.Minute, -40 * time.Minute, "Photoshop", []string{"photo.clock", "photo.clock", "photo.edited", "photo.retold"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.flash()
			now := morning.Add(3 * time.Minute)
			camera := now.Add(-tt.camera)
			a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
			a.TakenAt = &claim.Taken{At: now.Add(-tt.taken)}
			d.attach(a, b)
			seen := look(a, 0x0123456789abcdef)
			seen.Reading.Camera = &claim.Camera{At: &camera, Software: tt.software}
			do(d, d.RecordLooks, machine, claim.Looks{Readings: []claim.Read{seen}})
			require.Equal(t, tt.want, d.findings())
			d.looks(b, 0xfedcba9876543210)
			d.attach(paper("vat_invoice", "c", "total_fen", "300000", "plate", "沪A12345"))
			do(d, d.SelfSurvey, machine, claim.None{})
			do(d, d.AssessBySelf, machine, claim.None{})
			require.Equal(t, claim.Negotiating, d.file.Stage)
			require.Equal(t, claim.Flash, d.file.Lane)
			require.Equal(t, tt.want, d.findings())
			require.Equal(t, len(tt.want), d.count("findings"), "each is said once")
			d.verifyChain()
		})
	}
}

func TestAPictureThatShowsNothingIsSentBackAndCountsForNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	d.attach(a, b, paper("vat_invoice", "e", "total_fen", "300000"))
	d.looks(a, 1)
	do(d, d.RecordReading, machine, claim.Read{Document: b.Document, Reading: claim.Reading{Kind: "loss_photo", Engine: "test 1", Pages: 1, Unreadable: document.Dark, Detail: "太暗"}})
	require.Equal(t, claim.PaperUnreadable, d.paperAs(b).State)
	require.Equal(t, claim.Flash, d.file.Lane, "the claimant takes another")
	require.False(t, d.file.SelfSurveyComplete())
	c := paper("loss_photo", "c")
	d.attach(c)
	d.looks(c, 2)
	require.True(t, d.file.SelfSurveyComplete())
}

func TestAPictureThatStaffSendCountsAtOnceAndIsLookedAtLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a := paper("loss_photo", "a")
	do(d, d.Attach, zhou, claim.Batch{Attachments: []claim.Attachment{a}})
	require.Equal(t, claim.PaperRead, d.paperAs(a).State)
	require.Equal(t, []string{a.Document}, d.file.Due.Next())
	d.looks(a, 1)
	require.Empty(t, d.file.Due.Next())
}

func TestTheMachineLooksOnceMoreBeforeItAssesses(t *testing.T) {
	t.Parallel()
	first := newDesk(t)
	first.flash()
	first.attach(paper("loss_photo", "a"), paper("loss_photo", "b"), paper("vat_invoice", "c", "invoice_number", "25312000000012345678", "total_fen", "300000"))
	do(first, first.SelfSurvey, machine, claim.None{})

	second := first.another() // brings the same invoice before the first one is assessed
	n := notice(300_000)
	n.LossAt = n.LossAt.Add(-24 * time.Hour)
	do(second, second.Report, customer, n)
	second.attach(paper("vat_invoice", "c", "invoice_number", "25312000000012345678", "total_fen", "300000"))

	do(first, first.AssessBySelf, machine, claim.None{})
	require.Equal(t, []string{"file.elsewhere!", "invoice.elsewhere!"}, first.findings())
	require.Equal(t, claim.Assessing, first.file.Stage)
	require.NotNil(t, first.file.TaskOf(claim.TaskAssess))
}

func TestPicturesVisitAndPolicyAreHeldAgainstTheReport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := notice(300_000)
	n.PolicyNo = "LATER"
	n.Plate = "沪A99999"
	do(d, d.Report, customer, n)
	do(d, d.Route, machine, claim.None{})
	photo := paper("loss_photo", "a")
	photo.TakenAt = &claim.Taken{At: morning.Add(time.Hour), Place: &claim.Point{Lat: 32.5, Lng: 121.46}} // received minutes after nine
	d.attach(photo, paper("repair_estimate", "b", "total_fen", "500000", "plate", "沪A99999"))
	require.Equal(t, []string{"photo.clock", "photo.far!"}, d.findings())

	do(d, d.Dispatch, machine, claim.None{})
	do(d, d.Survey, chen, claim.SurveyReport{
		Task: d.file.TaskOf(claim.TaskSurvey).ID, ArrivedAt: n.LossAt.Add(-time.Minute), Place: &claim.Point{Lat: 31.23, Lng: 121.46},
		Facts: "-", FaultShare: claim.Whole, Estimate: 300_000,
	})
	require.Equal(t, []string{"amount.over-survey", "photo.clock", "photo.far!", "survey.before-loss"}, d.findings())

	do(d, d.LinkPolicy, claim.Actor{ID: "wang", Role: claim.Intake, Branch: "3101"}, claim.LinkPolicy{PolicyNo: "PM1"})
	require.Equal(t, []string{"amount.over-survey", "photo.clock", "photo.far!", "plate.differs!", "plate.differs!", "survey.before-loss"}, d.findings())
	d.verifyChain()
}

// trips counts what goes to the database and back.
type trips struct{ round, statements atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.round.Add(1)
	c.statements.Add(1)
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	c.round.Add(1)
	c.statements.Add(int64(b.Batch.Len()))
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// A flash claim's speed is what its steps cost. Cross-checks come with the one
// read that a step with papers makes anyway: begin, facts and commit, and the
// assessment its tables and the cover beside. The agreement, which brings no
// papers, reads no document that nothing else shares.
func TestCrossChecksCostAFlashClaimNoRoundTrip(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cfg := d.db.Worker.Config()
	counted := &trips{}
	cfg.ConnConfig.Tracer = counted
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	d.Activities = &activities.Activities{DB: pool, PseudonymKey: names.Key, Insurer: insurer, Pages: d.Pages}
	cost := func(step func() (claim.Answer, error)) string {
		trips, statements := counted.round.Load(), counted.statements.Load()
		answer, err := step()
		require.NoError(t, err)
		require.Nil(t, answer.Receipt.Refusal)
		d.file = answer.File
		return fmt.Sprintf("%d trips, %d statements", counted.round.Load()-trips, counted.statements.Load()-statements)
	}
	do(d, d.Report, customer, notice(300_000))
	do(d, d.Route, machine, claim.None{})
	papers := claim.Batch{Attachments: []claim.Attachment{paper("loss_photo", "a"), paper("loss_photo", "b"), paper("repair_estimate", "c", "plate", "沪A12345", "total_fen", "300000")}}
	require.Equal(t, "3 trips, 24 statements", cost(func() (claim.Answer, error) {
		return d.Attach(t.Context(), claim.Step[claim.Batch]{Claim: d.id, Key: "1/attach", Version: d.file.Version, At: morning, By: customer, Body: papers})
	}))
	do(d, d.SelfSurvey, machine, claim.None{})
	require.Equal(t, "5 trips, 22 statements", cost(func() (claim.Answer, error) {
		return d.AssessBySelf(t.Context(), claim.Step[claim.None]{Claim: d.id, Key: "1/assess", Version: d.file.Version, At: morning, By: machine})
	}))
	require.Equal(t, claim.Negotiating, d.file.Stage)
	require.Zero(t, d.count("findings"))
	agreed := d.offered(customer)
	require.Equal(t, "7 trips, 27 statements", cost(func() (claim.Answer, error) {
		return d.Agree(t.Context(), claim.Step[claim.Agreement]{
			Claim: agreed.id, Key: "1/agree", Version: agreed.file.Version, At: morning, By: customer, Command: &claim.Command{Key: "agree", Hash: "h", Request: "r"},
			Body: claim.Agreement{Offer: 1, Payee: claim.Payee{Name: "张三", Bank: "中国银行", Account: "6222020000000000"}, Signature: "phone-code"},
		})
	}))
	require.Equal(t, claim.Paying, d.file.Stage)
}

func TestAValueThatIsNoneOfItsTypeIsRefusedAndParksNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	refused := func(got claim.Receipt) {
		t.Helper()
		require.NotNil(t, got.Refusal)
		require.Equal(t, claim.RuleInput, ruleOf(got))
	}
	bad := paper("vat_invoice", "a", "seller", "某某汽修", "total_fen", "3164.00")
	got := do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{bad}})
	refused(got)
	require.Contains(t, got.Refusal.Detail, "documents/0/reading: total_fen must be whole fen")
	refused(do(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{paper("vat_invoice", "b", "invoice_number", strings.Repeat("发", 1000))}}))
	require.Zero(t, d.count("documents"))

	good := paper("vat_invoice", "c", "total_fen", "300000", "plate", "沪A12345")
	d.attach(good, paper("loss_photo", "d"), paper("loss_photo", "e"))
	refused(do(d, d.Confirm, zhou, claim.Confirmation{Document: good.Document, Fields: []claim.ConfirmedField{{Name: "total_fen", Value: "3,000.00"}}}))
	refused(do(d, d.Confirm, zhou, claim.Confirmation{Document: good.Document, Fields: []claim.ConfirmedField{{Name: "invoice_number", Value: strings.Repeat("发", 1000)}}}))
	do(d, d.SelfSurvey, machine, claim.None{})
	do(d, d.AssessBySelf, machine, claim.None{})
	require.Equal(t, claim.Negotiating, d.file.Stage)
	require.Equal(t, claim.Fen(300_000), d.file.Payable)
}

func TestARedLetterInvoiceProvesNoLoss(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	red, blue := paper("vat_invoice", "a"), paper("vat_invoice", "b", "invoice_number", "26312000000012345678", "total_fen", "300000")
	d.attach(red, paper("loss_photo", "c"), paper("loss_photo", "d"))
	do(d, d.RecordReading, machine, claim.Read{Document: red.Document, Reading: claim.Reading{
		Kind: "vat_invoice", Engine: "test 1", Pages: 1, Unreadable: document.RedLetter, Detail: document.Plain(document.RedLetter),
		Fields: []claim.Field{{Name: "invoice_number", Value: "26312000000012345699", Source: "xml", Confidence: 10_000, Sure: true}, {Name: document.ReversedNumber, Value: "26312000000012345678", Source: "xml", Confidence: 10_000, Sure: true}},
	}})
	require.Equal(t, claim.PaperUnreadable, d.paperAs(red).State)
	require.Equal(t, claim.Standard, d.file.Lane)
	var why string
	require.NoError(t, d.db.API.QueryRow(t.Context(), "select reason from documents where id = $1", red.Document).Scan(&why))
	require.Equal(t, document.Plain(document.RedLetter), why)
	require.Empty(t, d.findings())
	d.attach(blue)
	require.Equal(t, []string{"invoice.reversed!"}, d.findings())
}

// An invoice and the red-letter one that takes it back may come on two claims,
// in either order: each claim says so, the earlier one at its next step.
func TestAnInvoiceThatIsTakenBackOnAnotherClaimIsFoundOnBoth(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		number string // of the invoice
		redNow bool   // the red-letter one comes second
		heard  int    // how sure its reader is of the number, basis points; on a photo there is always a doubt
		want   string
	}{
		"the red-letter one comes later":         {"26312000000012345678", true, 10_000, "invoice.reversed!"},
		"the red-letter one came before":         {"26312000000012345678", false, 10_000, "invoice.reversed!"},
		"a photo of it comes later":              {"26312000000012345678", true, 9_000, "invoice.reversed!"},
		"a photo of it came before":              {"26312000000012345678", false, 9_000, "invoice.reversed!"},
		"a number of eight digits, without code": {"12345678", true, 10_000, "invoice.number-reversed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := newDesk(t)
			one.flash()
			other := one.another()
			n := notice(300_000)
			n.LossAt = n.LossAt.Add(-24 * time.Hour)
			do(other, other.Report, customer, n)
			do(other, other.Route, machine, claim.None{})

			takesBack := func(d *desk) {
				red := paper("vat_invoice", "a")
				d.attach(red)
				do(d, d.RecordReading, machine, claim.Read{Document: red.Document, Reading: claim.Reading{
					Kind: "vat_invoice", Engine: "test 1", Pages: 1, Unreadable: document.RedLetter, Detail: document.Plain(document.RedLetter),
					Fields: []claim.Field{{Name: document.ReversedNumber, Value: tt.number, Source: "ocr", Confidence: tt.heard, Sure: tt.heard == 10_000}},
				}})
			}
			sells := func(d *desk) {
				d.attach(paper("vat_invoice", "b", "invoice_number", tt.number, "total_fen", "300000"))
			}
			first, second := sells, takesBack
			if !tt.redNow {
				first, second = takesBack, sells
			}
			first(one)
			require.Empty(t, one.findings())
			second(other)
			require.Equal(t, []string{tt.want}, other.findings())
			one.attach(paper("other", "c"))
			require.Equal(t, []string{tt.want}, one.findings())
			require.Equal(t, tt.want == "invoice.number-reversed" && tt.redNow, one.file.Lane == claim.Flash, "no machine pays on it")

			do(other, other.Withdraw, customer, claim.Reason{Reason: "误报"})
			one.attach(paper("other", "d"))
			require.Empty(t, one.findings(), "what is withdrawn takes nothing back")
			one.verifyChain()
			other.verifyChain()
		})
	}
}

// A claim is paid and closed; then somebody brings the red-letter invoice that
// takes back what it was paid on. The closed claim moves no more, so a person
// sees it on the other.
func TestAnInvoiceThatWasPaidIsFoundWhenItIsTakenBackOnAnotherClaim(t *testing.T) {
	t.Parallel()
	paid := newDesk(t)
	paid.flash()
	paid.attach(paper("vat_invoice", "b", "invoice_number", "26312000000012345678", "total_fen", "300000"))
	_, err := paid.db.Owner.Exec(t.Context(), `update claims set stage = 'closed', outcome = 'paid', closed_at = now() where id = $1`, paid.id)
	require.NoError(t, err)

	next := paid.another()
	n := notice(300_000)
	n.LossAt = n.LossAt.Add(-24 * time.Hour)
	do(next, next.Report, customer, n)
	do(next, next.Route, machine, claim.None{})
	next.attach(paper("vat_invoice", "c", document.ReversedNumber, "26312000000012345678"))
	require.Equal(t, []string{"invoice.reversed!"}, next.findings())
	require.Equal(t, claim.Standard, next.file.Lane, "a person looks")
}
