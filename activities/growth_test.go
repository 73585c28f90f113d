package activities_test

import (
	"context"
	"fmt"
	"math/rand/v2"
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
)

// draw is a random course of a few claims whose papers name few cars, people,
// shops, amounts, invoices and files, so that they meet in every way.
type draw struct {
	*rand.Rand
	*desk
	papers []claim.Attachment
}

func one[T any](d *draw, of ...T) T { return of[d.IntN(len(of))] }

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
	return one(d, "vat_invoice", "vat_invoice", "repair_estimate", "vehicle_licence", "driving_licence", "accident_certificate", "loss_photo", "loss_photo", "other")
}

func (d *draw) value(field string) string {
	switch {
	case strings.HasPrefix(field, "plate"):
		return one(d, "沪A12345", "苏B12345", "苏B54321")
	case strings.HasSuffix(field, "_fen"):
		return one(d, "100000", "100050", "200000", "300000", "300000")
	case strings.HasSuffix(field, "_date"), field == "valid_until":
		return one(d, "2026-11-20", "2026-11-25")
	}
	switch field {
	case "vin":
		return one(d, "LSVAA4182E2123456", "LSVAA4182E2123457")
	case "invoice_number", "reversed_number":
		return one(d, "12345678", "12345679", "25312000000012345678")
	case "invoice_code":
		return one(d, "031002200311", "031002200312")
	case "place":
		return one(d, "上海市延安高架", "苏州市干将路")
	case "policy_number":
		return one(d, "PM1", "PM2")
	case "accident_time":
		return one(d, "2026-11-23 08:00", "2026-11-22 20:00")
	}
	return one(d, "张三", "李四", "王五", "赵六") // people and shops
}

func (d *draw) fields(kind string) (fields []claim.Field) {
	for _, name := range fieldsOf[kind] {
		if d.IntN(3) > 0 {
			fields = append(fields, claim.Field{Name: name, Value: d.value(name), Source: "partner", Confidence: one(d, 9_000, 9_900), Page: 1, Sure: d.IntN(4) > 0})
		}
	}
	return fields
}

func (d *draw) reading(kind string) claim.Reading {
	r := claim.Reading{Kind: kind, KindConfidence: 9_000, Engine: "test 1", Pages: 1, Fields: d.fields(kind)}
	if kind == "loss_photo" {
		r.Look = alike(one(d, uint64(1), 3, 0xfedcba9876543210, 0x0123456789abcdef, d.Uint64()))
		if d.IntN(2) == 0 {
			at := morning.Add(one(d, -90, 1, 90) * time.Hour)
			r.Camera = &claim.Camera{At: &at, Software: one(d, "", "Adobe Photoshop 27.0"), Place: one(d, nil, &claim.Point{Lat: 32.5, Lng: 121.46})}
		}
	}
	return r
}

func (d *draw) attachment() claim.Attachment {
	kind := d.kind()
	a := paper(kind, one(d, "a", "b", strings.ReplaceAll(uuid.NewString(), "-", "")+"0"))
	if d.IntN(2) == 0 {
		a.TakenAt = &claim.Taken{At: morning.Add(one(d, -90, 1, 90) * time.Hour), Place: one(d, nil, &claim.Point{Lat: 32.5, Lng: 121.46})}
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
		if len(d.papers) == 0 || !containsSHA(d.papers, a.SHA256) {
			d.papers = append(d.papers, a)
		}
		run(d.desk, d.Attach, customer, claim.Batch{Attachments: []claim.Attachment{a}})
	case what < 7:
		p := some()
		run(d.desk, d.RecordLooks, machine, claim.Looks{Readings: []claim.Read{{Document: p.Document, Reading: d.reading(one(d, p.Kind, p.Kind, p.Kind, d.kind()))}}})
	case what < 9:
		p := some()
		kind := one(d, p.Kind, d.kind())
		c := claim.Confirmation{Document: p.Document, Kind: kind}
		for _, f := range d.fields(kind) {
			c.Fields = append(c.Fields, claim.ConfirmedField{Name: f.Name, Value: f.Value})
		}
		run(d.desk, d.Confirm, zhou, c)
	case d.IntN(4) == 0:
		run(d.desk, d.LinkPolicy, claim.Actor{ID: "wang", Role: claim.Intake, Branch: "3101"}, claim.LinkPolicy{PolicyNo: "PM1"})
	}
}

func containsSHA(list []claim.Attachment, sha string) bool {
	for _, a := range list {
		if a.SHA256 == sha {
			return true
		}
	}
	return false
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
	t.Run("whatever comes in whatever order", func(t *testing.T) {
		for seed := range uint64(12) {
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				first := newDesk(t)
				var claims []*draw
				for i := range 3 {
					d := &draw{Rand: rand.New(rand.NewPCG(seed, uint64(i))), desk: first.another()}
					n := notice(one(d, claim.Fen(100_000), 300_000))
					n.PolicyNo, n.Plate = one(d, "PM1", "LATER"), one(d, "", "沪A12345", "沪A99999")
					n.LossAt = n.LossAt.Add(time.Duration(-i) * 3 * time.Hour)
					if d.IntN(2) == 0 {
						n.Exposures = append(n.Exposures, claim.NewExposure{Kind: claim.ThirdPartyProperty, Object: "护栏", Estimate: 1})
					}
					run(d.desk, d.Report, customer, n)
					claims = append(claims, d)
				}
				for i := range 45 {
					d := claims[i%len(claims)]
					d.act()
					partly := d.standing()
					run(d.desk, d.CheckAll, machine, claim.None{})
					require.Equal(t, d.standing(), partly, "after act %d", i)
					found.Add(int64(strings.Count(partly, "\n")))
				}
			})
		}
	})
	require.Greater(t, found.Load(), int64(1_000), "the courses bring little to find")
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

// manyPapers gives a claim papers of all kinds that were read before.
func (d *desk) manyPapers(n int) {
	d.t.Helper()
	for _, sql := range []string{
		`insert into documents (id, claim_id, kind, name, type, size, sha256, object, revision, state, taken_at, taken_lat, taken_lng, attached_by, attached_at, sent_as)
		select gen_random_uuid(), $1, k, 'f', 'image/jpeg', 1, encode(sha256(convert_to($1 || '/' || i, 'utf8')), 'hex'), 'o', 'r', 'read', now(), 31.23, 121.46, 'x', now(), k
		from (select i, (array['loss_photo', 'loss_photo', 'vat_invoice', 'repair_estimate', 'vehicle_licence'])[i % 5 + 1] as k from generate_series(1, $2::int) i) v`,
		`insert into fields (document_id, round, name, value, source, confidence_bp, page, box, engine, sure, at)
		select d.id, 1, f.name, case f.name when 'total_fen' then '100' when 'plate' then '沪A12345' when 'invoice_number' then substr(d.sha256, 1, 8) else '张三' end, 'partner', 9900, 1, '{0,0,0,0}', 'test', true, now()
		from documents d cross join (values ('plate'), ('total_fen'), ('invoice_number'), ('shop'), ('seller'), ('owner'), ('buyer')) f (name)
		where d.claim_id = $1 and d.kind <> 'loss_photo' and $2::int > 0`,
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
		cfg.ConnConfig.Tracer = counted
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		do(d, d.Report, customer, notice(300_000))
		do(d, d.Route, machine, claim.None{})
		d.manyPapers(papers)
		d.Activities = &activities.Activities{DB: pool}
		out := map[string]int64{}
		read := func(what string, step func()) {
			before, began := counted.rows.Load(), time.Now() //nolint:forbidigo // printed, not asserted
			step()
			out[what] = counted.rows.Load() - before
			t.Logf("%d papers, %s: %d rows, %s", papers, what, out[what], time.Since(began).Round(time.Millisecond))
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
	require.Equal(t, cost(10), cost(5_000))
}
