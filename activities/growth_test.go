package activities_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
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

// draw is a random course of a few claims whose papers name few cars, people,
// shops, amounts, invoices and files, so that they meet in every way.
type draw struct {
	*rand.Rand
	*desk
	papers []claim.Attachment
}

func pick[T any](d *draw, of ...T) T { return of[d.IntN(len(of))] }

var fieldsOf = map[string][]string{
	"vat_invoice":          {"plate", "buyer", "seller", "issue_date", "total_fen", "shown_fen", "invoice_number", "invoice_code", "reversed_number"},
	"repair_estimate":      {"plate", "vin", "shop", "issue_date", "total_fen"},
	"vehicle_licence":      {"plate", "vin", "owner", "register_date"},
	"driving_licence":      {"name", "issue_date", "valid_until"},
	"accident_certificate": {"plate_a", "plate_b", "party_a", "party_b", "place", "policy_number", "accident_time"},
	"loss_photo":           {"plate"},
	"other":                {"plate"},
}

func (d *draw) kind() string {
	return pick(d, "vat_invoice", "vat_invoice", "repair_estimate", "vehicle_licence", "driving_licence", "accident_certificate", "loss_photo", "loss_photo", "other")
}

func (d *draw) value(field string) string {
	switch {
	case strings.HasPrefix(field, "plate"):
		return pick(d, "沪A12345", "苏B12345", "苏B54321")
	case strings.HasSuffix(field, "_fen"):
		return pick(d, "100000", "100050", "200000", "300000", "300000")
	case strings.HasSuffix(field, "_date"), field == "valid_until":
		return pick(d, "2026-11-20", "2026-11-25")
	}
	switch field {
	case "vin":
		return pick(d, "LSVAA4182E2123456", "LSVAA4182E2123457")
	case "invoice_number", "reversed_number":
		return pick(d, "12345678", "12345679", "25312000000012345678")
	case "invoice_code":
		return pick(d, "031002200311", "031002200312")
	case "place":
		return pick(d, "上海市延安高架", "苏州市干将路")
	case "policy_number":
		return pick(d, "PM10", "PM20")
	case "accident_time":
		return pick(d, "2026-11-23 08:00", "2026-11-22 20:00")
	}
	return pick(d, "张三", "李四", "王五", "赵六") // people and shops
}

func (d *draw) fields(kind string) (fields []claim.Field) {
	for _, name := range fieldsOf[kind] {
		if d.IntN(3) > 0 {
			fields = append(fields, claim.Field{Name: name, Value: d.value(name), Source: "partner", Confidence: pick(d, 9_000, 9_900), Page: 1, Sure: d.IntN(4) > 0})
		}
	}
	return fields
}

// away is how long before or after the report a picture was taken.
func (d *draw) away() time.Duration { return pick(d, -90*time.Hour, time.Hour, 90*time.Hour) }

func (d *draw) reading(kind string) claim.Reading {
	r := claim.Reading{Kind: kind, KindConfidence: 9_000, Engine: "test 1", Pages: 1, Fields: d.fields(kind)}
	if kind == "loss_photo" {
		r.Look = alike(pick(d, uint64(1), 3, 0xfedcba9876543210, 0x0123456789abcdef, d.Uint64()))
		if d.IntN(2) == 0 {
			at := morning.Add(d.away())
			r.Camera = &claim.Camera{At: &at, Software: pick(d, "", "Adobe Photoshop 27.0"), Place: pick(d, nil, &claim.Point{Lat: 32.5, Lng: 121.46})}
		}
	}
	return r
}

func (d *draw) attachment() claim.Attachment {
	kind := d.kind()
	a := paper(kind, pick(d, "a", "b", strings.ReplaceAll(uuid.NewString(), "-", "")+"0"))
	if d.IntN(2) == 0 {
		a.TakenAt = &claim.Taken{At: morning.Add(d.away()), Place: pick(d, nil, &claim.Point{Lat: 32.5, Lng: 121.46})}
	}
	if kind != "loss_photo" && d.IntN(3) > 0 {
		r := d.reading(kind)
		a.Reading = &r
	}
	a.Document = uuid.NewSHA1(uuid.MustParse(string(d.id)), []byte(a.SHA256)).String()
	return a
}

func (d *draw) act() {
	some := func() claim.Attachment { return d.papers[d.IntN(len(d.papers))] }
	switch what := d.IntN(10); {
	case what < 4 || len(d.papers) == 0:
		a := d.attachment()
		if !slices.ContainsFunc(d.papers, func(o claim.Attachment) bool { return o.SHA256 == a.SHA256 }) {
			d.papers = append(d.papers, a)
		}
		run(d.desk, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{a}})
	case what < 7:
		var looks claim.Looks
		for range 1 + d.IntN(2) {
			p := some()
			r := d.reading(pick(d, p.Kind, p.Kind, p.Kind, d.kind()))
			if l, ok := document.ParseLook(r.Look); ok && d.IntN(5) > 0 {
				d.enter(p, l[0])
			}
			looks.Readings = append(looks.Readings, claim.Read{Document: p.Document, Reading: r})
		}
		run(d.desk, d.RecordLooks, machine, looks)
	case what < 9:
		p := some()
		kind := pick(d, p.Kind, d.kind())
		c := claim.Confirmation{Document: p.Document, Kind: kind}
		for _, f := range d.fields(kind) {
			c.Fields = append(c.Fields, claim.ConfirmedField{Name: f.Name, Value: f.Value})
		}
		run(d.desk, d.Confirm, zhou, c)
	case d.IntN(4) == 0:
		run(d.desk, d.LinkPolicy, claim.Actor{ID: "wang", Role: claim.Intake, Branch: "3101"}, claim.LinkPolicy{PolicyNo: "PM1"})
	}
}

// run runs a step once.
func run[T any](d *desk, act func(context.Context, claim.Step[T]) (claim.Answer, error), by claim.Actor, body T) {
	d.t.Helper()
	d.n++
	answer, err := act(d.t.Context(), claim.Step[T]{
		Claim: d.id, Key: fmt.Sprintf("1/run-%d", d.n), Version: d.file.Version, At: morning.Add(time.Duration(d.n) * time.Minute), By: by, Body: body,
	})
	require.NoError(d.t, err)
	require.False(d.t, answer.Stale)
	d.file = answer.File
}

// contents is what documents, fields and policy the claim has.
func (d *desk) contents() (all string) {
	d.t.Helper()
	require.NoError(d.t, d.db.API.QueryRow(d.t.Context(), `select coalesce(c.policy_id::text, '') || coalesce((
		select string_agg(o.id::text || o.kind || o.state || o.awaiting || (select count(*) from fields f where f.document_id = o.id), ' ' order by o.id)
		from documents o where o.claim_id = c.id), '') from claims c where c.id = $1`, d.id).Scan(&all))
	return all
}

// standing is every finding of the claim as it stands.
func (d *desk) standing() string {
	d.t.Helper()
	rows, err := d.db.API.Query(d.t.Context(), `select rule || ' ' || sources || ' ' || text_en from (
		select distinct on (rule, sources) * from findings where claim_id = $1 order by rule, sources, round desc) f where state = 'raised' order by 1`, d.id)
	require.NoError(d.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(d.t, err)
	return strings.Join(all, "\n")
}

func TestAStepFindsWhatAFullCheckFinds(t *testing.T) {
	t.Parallel()
	found := atomic.Int64{}
	t.Cleanup(func() { require.Greater(t, found.Load(), int64(200), "the courses bring little to find") })
	for seed := range uint64(12) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			first := newDesk(t)
			var claims []*draw
			for i := range 3 {
				d := &draw{Rand: rand.New(rand.NewPCG(seed, uint64(i))), desk: first.another()}
				n := notice(pick(d, claim.Fen(100_000), 300_000))
				n.PolicyNo, n.Plate = pick(d, "PM1", "LATER"), pick(d, "", "沪A12345", "沪A99999")
				n.LossAt = n.LossAt.Add(time.Duration(-i) * 3 * time.Hour)
				if d.IntN(2) == 0 {
					n.Exposures = append(n.Exposures, claim.NewExposure{Kind: claim.ThirdPartyProperty, Object: "护栏", Estimate: 1})
				}
				run(d.desk, d.Report, customer, n)
				claims = append(claims, d)
			}
			for i := range 45 {
				d := claims[i%len(claims)]
				before := d.contents()
				d.act()
				d.counts()
				if d.contents() == before {
					continue // a step that brings nothing holds nothing against anything
				}
				partly := d.standing()
				run(d.desk, d.CheckAll, machine, claim.None{})
				require.Equal(t, d.standing(), partly, "after act %d", i)
				found.Add(int64(strings.Count(partly, "\n")))
			}
		})
	}
}

// rowsRead counts what the database answers.
type rowsRead struct {
	trips
	rows atomic.Int64
}

func (c *rowsRead) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	c.rows.Add(d.CommandTag.RowsAffected())
}

func (c *rowsRead) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	c.rows.Add(d.CommandTag.RowsAffected())
}

// scanned is how many rows of tables the database has looked at, for a pool of
// one connection, whose figures it is made to tell.
func (d *desk) scanned(pool *pgxpool.Pool, tables ...string) (rows int64) {
	d.t.Helper()
	_, err := pool.Exec(d.t.Context(), "select pg_stat_force_next_flush()")
	require.NoError(d.t, err)
	require.NoError(d.t, d.db.Owner.QueryRow(d.t.Context(), "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables where relname = any($1)", tables).Scan(&rows))
	return rows
}

// manyPapers gives a claim papers of all kinds that were read before.
func (d *desk) manyPapers(n int) {
	d.t.Helper()
	for _, sql := range []string{
		`insert into documents (id, claim_id, kind, name, type, size, sha256, object, revision, state, taken_at, taken_lat, taken_lng, attached_by, attached_at, sent_as)
		select gen_random_uuid(), $1::uuid, k, 'f', 'image/jpeg', 1, encode(sha256(convert_to($1::uuid::text || '/' || i, 'utf8')), 'hex'), 'o', 'r', 'read', now(), 31.23, 121.46, 'x', now(), k
		from (select i, (array['loss_photo', 'loss_photo', 'vat_invoice', 'repair_estimate', 'vehicle_licence'])[i % 5 + 1] as k from generate_series(1, $2::int) i) v`,
		`insert into fields (document_id, round, name, value, source, confidence_bp, page, box, engine, sure, at)
		select d.id, 1, f.name, case f.name when 'total_fen' then '1' when 'plate' then '沪A12345' when 'invoice_number' then substr(d.sha256, 1, 8) else '张三' end, 'partner', 9900, 1, '{0,0,0,0}', 'test', true, now()
		from documents d cross join (values ('plate'), ('total_fen'), ('invoice_number'), ('shop'), ('seller'), ('owner'), ('buyer')) f (name)
		where d.claim_id = $1::uuid and d.kind <> 'loss_photo' and $2::int > 0`,
	} {
		_, err := d.db.Owner.Exec(d.t.Context(), sql, string(d.id), n)
		require.NoError(d.t, err)
	}
	_, err := d.db.Owner.Exec(d.t.Context(), "analyze documents, fields, findings, pictures, shared_documents")
	require.NoError(d.t, err)
}

func TestAStepReadsNoMoreRowsOnAClaimOfFiveThousandPapersThanOfTen(t *testing.T) {
	t.Parallel()
	cost := func(papers int) map[string]int64 {
		d := newDesk(t)
		cfg := d.db.Worker.Config()
		counted := &rowsRead{}
		cfg.ConnConfig.Tracer, cfg.MaxConns = counted, 1
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		do(d, d.Report, customer, notice(300_000))
		do(d, d.Route, machine, claim.None{})
		d.manyPapers(papers)
		d.Activities = &activities.Activities{DB: pool, Insurer: insurer, Pages: d.Pages}
		out := map[string]int64{}
		read := func(what string, step func()) {
			before, scanned, began := counted.rows.Load(), d.scanned(pool, "documents", "fields"), time.Now()
			step()
			took := time.Since(began).Round(time.Millisecond)
			out[what] = counted.rows.Load() - before
			scanned = d.scanned(pool, "documents", "fields") - scanned
			t.Logf("%d papers, %s: %d rows, %d scanned, %s", papers, what, out[what], scanned, took)
			// Sums and what papers are held against take a document and a field of each
			// paper that says such a thing, three in five here, once each.
			require.Less(t, scanned, int64(5*papers+3_000), what)
		}
		invoice := paper("vat_invoice", "c", "invoice_number", "25312000000012345678", "total_fen", "300000", "plate", "沪A12345", "seller", "张三", "buyer", "张三")
		photo := paper("loss_photo", "a")
		read("attach an invoice", func() { run(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{invoice}}) })
		read("attach a photo", func() { run(d, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{photo}}) })
		read("look at it", func() { run(d, d.RecordLooks, machine, claim.Looks{Readings: []claim.Read{look(photo, 7)}}) })
		read("confirm a field", func() {
			run(d, d.Confirm, zhou, claim.Confirmation{Document: invoice.Document, Fields: []claim.ConfirmedField{{Name: "total_fen", Value: "300100"}}})
		})
		return out
	}
	few, many := cost(10), cost(5_000)
	for what, rows := range many {
		require.LessOrEqual(t, rows, few[what]+5, what) // a finding or two more is stored where sums are larger
	}
}

// manyClaims puts claims beside this one that were paid by a machine too, each of
// a policy, a car, an account and a phone of its own, all at the moment of its loss,
// and policies without a claim.
func (d *desk) manyClaims(n int) {
	d.t.Helper()
	for _, sql := range []string{
		`insert into policies (id, number, line, branch, holder_name, holder_phone, plate)
			select gen_random_uuid(), case when i <= $2::int then 'MANY' else 'MORE' end || i, 'motor', '3101', '李四', 'phone' || i, 'plate' || i
			from generate_series(1, $2::int * 20) i where $1::uuid is not null`,
		`insert into policy_versions (policy_id, version, starts_at, ends_at, coverages)
			select p.id, v.version, v.starts_at, v.ends_at, v.coverages from policies p, policy_versions v join claims c on c.policy_id = v.policy_id
			where c.id = $1::uuid and p.number like 'MANY%' and $2::int > 0`,
		`insert into claims select (jsonb_populate_record(c, jsonb_build_object(
				'id', gen_random_uuid(), 'number', p.number, 'policy_no', p.number, 'policy_id', p.id, 'plate', p.plate))).*
			from claims c, policies p where c.id = $1::uuid and p.number like 'MANY%' and $2::int > 0`,
		`insert into parties select (jsonb_populate_record(r, jsonb_build_object('claim_id', c.id, 'phone', 'phone' || c.number))).*
			from parties r, claims c where r.claim_id = $1::uuid and c.number like 'MANY%' and $2::int > 0`,
		`insert into payments select (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'claim_id', c.id, 'payee_account', c.number))).*
			from payments p, claims c where p.claim_id = $1::uuid and c.number like 'MANY%' and $2::int > 0`,
	} {
		_, err := d.db.Owner.Exec(d.t.Context(), sql, string(d.id), n)
		require.NoError(d.t, err)
	}
	_, err := d.db.Owner.Exec(d.t.Context(), "analyze claims, policies, policy_versions, parties, payments")
	require.NoError(d.t, err)
}

func TestAFlashClaimReadsNoMoreRowsAmongThousandsOfClaimsThanAmongTen(t *testing.T) {
	t.Parallel()
	cost := func(claims int) map[string]int64 {
		d := newDesk(t)
		first := d.offered(customer)
		first.agree(customer, morning.Add(2*time.Hour), "张三", "6222020000000001")
		require.Equal(t, claim.Paying, first.file.Stage)
		first.manyClaims(claims)
		cfg := d.db.Worker.Config()
		cfg.MaxConns = 1
		cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan" // the one that is kept
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		d.Activities = &activities.Activities{DB: pool, PseudonymKey: names.Key, Insurer: insurer, Pages: d.Pages}
		out := map[string]int64{}
		read := func(what string, step func()) {
			tables := []string{"claims", "policies", "policy_versions", "parties", "payments"}
			before := d.scanned(pool, tables...)
			step()
			out[what] = d.scanned(pool, tables...) - before
			t.Logf("%d claims, %s: %d rows", claims, what, out[what])
		}
		next := d.another()
		read("report", func() { run(next, next.Report, customer, notice(300_000)) })
		run(next, next.Route, machine, claim.None{})
		next.assessedBySelf(paper("repair_estimate", fresh(), "total_fen", "300000", "plate", "沪A12345"))
		read("agree", func() { next.agree(customer, morning.Add(3*time.Hour), "张三", "6222020000000001") })
		require.Equal(t, claim.Paying, next.file.Stage)
		return out
	}
	few := cost(10)
	for _, claims := range []int{600, 3_000} { // the plan depends on how many there are
		for what, rows := range cost(claims) {
			require.LessOrEqual(t, rows, few[what]+5, "%s among %d claims", what, claims)
		}
	}
}

// counts compares the file with what the rows of its papers come to.
func (d *desk) counts() {
	d.t.Helper()
	rows, err := d.db.API.Query(d.t.Context(), "select kind, asked, state, number, awaiting, extra from documents where claim_id = $1 order by number", d.id)
	require.NoError(d.t, err)
	var f claim.File
	var p claim.Paper
	_, err = pgx.ForEachRow(rows, []any{&p.Kind, &p.Asked, &p.State, &p.Number, &p.Awaiting, &p.Extra}, func() error {
		f.Record(claim.Paper{}, p)
		return nil
	})
	require.NoError(d.t, err)
	states := func(f claim.File) (all []string) {
		for _, c := range f.Papers {
			if len(c.States) > 0 {
				all = append(all, fmt.Sprint(c.Kind, c.Asked, c.Extra, c.States))
			}
		}
		return all
	}
	require.Equal(d.t, states(f), states(d.file))
	require.Equal(d.t, f.ToConfirm(), d.file.ToConfirm())
	require.Equal(d.t, len(f.Due.Next())+f.Due.Beyond, len(d.file.Due.Next())+d.file.Due.Beyond)
}

func TestPapersAreReadInTurnWithoutTheFileNamingThemAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	sent := map[string]bool{}
	for range 4 {
		var batch claim.Batch
		for range 50 {
			a := paper("loss_photo", strings.ReplaceAll(uuid.NewString(), "-", "")+"0")
			sent[a.Document] = true
			batch.Attachments = append(batch.Attachments, a)
		}
		run(d, d.Attach, customer, batch)
	}
	require.Len(t, d.file.Due.Next(), 64)
	require.Equal(t, 200-64, d.file.Due.Beyond)
	for len(d.file.Due.Read) > 0 {
		var looks claim.Looks
		for i, id := range d.file.Due.Read[0].IDs {
			require.True(t, sent[id], "each once")
			delete(sent, id)
			looks.Readings = append(looks.Readings, look(claim.Attachment{Document: id}, rand.Uint64()+uint64(i)))
		}
		run(d, d.RecordLooks, machine, looks)
		d.counts()
	}
	require.Empty(t, sent)
	require.Zero(t, d.file.Due.Beyond)
}

func TestPapersAboveTheLimitOfASenderAreRefusedAndNoneIsAttached(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	batch := func(n int) (b claim.Batch) {
		for range n {
			b.Attachments = append(b.Attachments, paper("signature", strings.ReplaceAll(uuid.NewString(), "-", "")+"0"))
		}
		return b
	}
	for range 5 {
		require.Nil(t, do(d, d.Attach, customer, batch(50)).Refusal)
	}
	require.Equal(t, claim.RulePapersLimit, ruleOf(do(d, d.Attach, customer, batch(51))))
	require.Equal(t, 250, d.count("documents"))
	last := batch(50)
	require.Nil(t, do(d, d.Attach, customer, last).Refusal)
	require.Nil(t, do(d, d.Attach, customer, claim.Batch{Attachments: last.Attachments[:1]}).Refusal, "what is there is no new paper")
	require.Equal(t, claim.RulePapersLimit, ruleOf(do(d, d.Attach, customer, batch(1))))
	require.Nil(t, do(d, d.Attach, claim.Actor{ID: "phone:second", Role: claim.Claimant}, batch(1)).Refusal, "another sender's own")
	require.Nil(t, do(d, d.Attach, zhou, batch(50)).Refusal, "staff help")
	require.Equal(t, 301, d.file.Outside)
	require.Equal(t, 351, d.count("documents"))
}
