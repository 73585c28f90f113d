package deploy_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
	"anpei/internal/specimen"
	"anpei/internal/testenv"
	"anpei/schemas/rest"
)

// A claim in the flash lane goes from report to money while the process that
// polls queue "claims" is killed as by a power cut: after the report, while the
// papers are read, as the agreement comes in, and while the bank is slow.
func TestAClaimIsPaidOnceHoweverOftenItsWorkerDies(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(5*time.Minute))
	defer stop()
	p := newProduct(ctx, t)
	began := time.Now()
	phones := rand.IntN(100_000_000) // the outbox is every test's
	holder, stranger := fmt.Sprintf("138%08d", phones), fmt.Sprintf("139%08d", phones)

	admin, err := p.Staff(ctx, "admin-lv")
	require.NoError(t, err)
	_, err = play.Post[rest.Policy](ctx, admin, play.Key(), "/policies", rest.NewPolicy{
		Number: "PDAA3101SMOKE0001", Line: "motor", Branch: "3101", Plate: "沪AD58321", Holder: rest.Holder{Name: "周晓岚", Phone: holder},
		Versions: []rest.NewPolicyVersion{{StartsAt: began.AddDate(0, -1, 0), EndsAt: began.AddDate(0, 11, 0), Coverages: []rest.Coverage{
			{Kind: "own_damage", Form: "motor-2020", SumInsuredFen: 18_600_000, ValueFen: 18_600_000},
		}}},
	})
	require.NoError(t, err)
	report := func(by play.Caller, phone string, lossAt time.Time) rest.Receipt {
		receipt, err := play.Post[rest.Receipt](ctx, by, play.Key(), "/claims", rest.Notice{
			Channel: "app", Line: "motor", PolicyNo: "PDAA3101SMOKE0001", Plate: "沪AD58321", LossAt: lossAt,
			Place: "上海市浦东新区世纪大道", Cause: "scratch", Story: "倒车蹭到立柱", Self: true,
			Reporter:  rest.Party{Name: "周晓岚", Phone: phone, Role: "insured"},
			Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "后保险杠", Estimate: 320_000}},
		})
		require.NoError(t, err)
		return receipt
	}

	// Whoever knows the number, and says that they are the insured, is not.
	someone, _, err := p.Claimant(ctx, stranger, "")
	require.NoError(t, err)
	theirs := report(someone, stranger, began.Add(-5*time.Hour)).Number
	require.NoError(t, play.Until(ctx, "lane of a stranger's claim", 2*time.Minute, func() (bool, error) {
		c, err := play.Get[rest.Claim](ctx, someone, "/claims/"+theirs)
		return c.Stage != "reported", err
	}))
	seen, err := play.Get[rest.Claim](ctx, someone, "/claims/"+theirs)
	require.NoError(t, err)
	require.Equal(t, rest.Lane("standard"), seen.Lane, "a machine pays no stranger")
	require.False(t, seen.PolicyVerified)
	require.Len(t, seen.Parties, 1, "no holder is shown to a stranger")
	var told []play.Message
	require.NoError(t, play.Until(ctx, "message to the holder", 2*time.Minute, func() (done bool, err error) {
		told, err = p.Outbox.To(ctx, holder)
		return len(told) > 0, err
	}))
	require.Len(t, told, 1)
	require.Contains(t, told[0].Body, theirs)

	claimant, _, err := p.Claimant(ctx, holder, "")
	require.NoError(t, err)
	reported := report(claimant, holder, began.Add(-time.Hour))
	p.die("after the report")
	path := "/claims/" + reported.Number
	now := func() rest.Claim {
		c, err := play.Get[rest.Claim](ctx, claimant, path)
		require.NoError(t, err)
		return c
	}
	until := func(what string, done func(rest.Claim) bool) {
		t.Helper()
		require.NoError(t, play.Until(ctx, what, 2*time.Minute, func() (bool, error) { return done(now()), nil }), "%+v", now())
	}
	until("wish for pictures", func(c rest.Claim) bool { return c.Stage == "self_survey" })

	_, err = play.Attach(ctx, claimant, reported.Number, papers(t)...)
	require.NoError(t, err)
	p.die("while the papers are read")
	until("offer", func(c rest.Claim) bool { return c.Stage == "negotiating" })

	const account = "6228480402564890018"
	slow := play.Faults{LatencyMS: 3_000}
	slow.Matches.AccountSuffix = account[8:]
	require.NoError(t, p.Bank.Misbehave(ctx, slow))
	agreed := make(chan error, 1)
	go func() {
		_, err := play.Post[rest.Receipt](ctx, claimant, play.Key(), path+"/offers/1/agreement", rest.NewAgreement{
			Payee: rest.Payee{Name: "周晓岚", Bank: "中国农业银行", Account: account}, AccountAgain: account, Signature: "phone-code",
		})
		agreed <- err
	}()
	p.die("as the agreement comes in")
	require.NoError(t, <-agreed)
	until("payment", func(c rest.Claim) bool { return c.Stage == "paying" || c.Stage == "closed" })
	p.die("while the bank is slow")
	require.NoError(t, p.Bank.Misbehave(ctx, play.Faults{}))
	until("end", func(c rest.Claim) bool { return c.Stage == "closed" })

	require.Equal(t, rest.Outcome("paid"), now().Outcome)
	require.Equal(t, rest.Fen(316_400), now().Amounts.PaidFen)
	payments, err := play.List[rest.Payment](ctx, claimant, path+"/payments")
	require.NoError(t, err)
	require.Len(t, payments, 1)
	booked, err := p.Bank.Statement(ctx, began)
	require.NoError(t, err)
	var credits []rest.Fen
	for _, e := range booked {
		if e.Reference == payments[0].Reference {
			credits = append(credits, e.Amount)
		}
	}
	require.Equal(t, []rest.Fen{316_400}, credits, "one transfer, and no more")
	whole, err := play.Get[rest.Verification](ctx, claimant, path+"/verification")
	require.NoError(t, err)
	require.True(t, whole.Ok && whole.ChainOk, "%+v", whole)
	require.Len(t, whole.Objects, 3)
	t.Logf("paid after four deaths and %s, in %d events", time.Since(began).Round(time.Second), whole.Events)
}

// product is the product as its users see it, on a database and in a namespace
// of its own; the process that polls queue "claims" can die, and so can the one
// that reads papers, which has a wire of its own to the object store.
type product struct {
	play.Stack
	die       func(when string)
	dieReader func(when string)
	store     *testenv.Wire
	scratch   string // the reader's folder for temporary files
	readerLog string
}

// programs are where make puts what it builds.
var programs = filepath.Join(root, ".bin")

// built brings api and worker up to date, once for all tests.
var built = sync.OnceValue(func() error {
	cmd := exec.Command("make", "--silent", ".bin/api", ".bin/worker")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
})

// newProduct starts api and worker, the worker as two processes, so that the
// reader of papers survives the other.
func newProduct(ctx context.Context, t *testing.T) product {
	t.Helper()
	db := testenv.DB(t) //nolint:contextcheck // it takes the test's own
	namespace, err := testenv.Namespace(ctx)
	require.NoError(t, err)
	require.NoError(t, built())
	logs := t.TempDir()
	migrate := exec.CommandContext(ctx, filepath.Join(programs, "api"), "migrate")
	migrate.Env = append(os.Environ(), "ANPEI_DB_OWNER="+string(db.OwnerURL), "ANPEI_FIRST_ADMIN=admin-lv")
	out, err := migrate.CombinedOutput()
	require.NoError(t, err, "%s", out)

	listen, err := play.FreeAddress(ctx)
	require.NoError(t, err)
	models, err := filepath.Abs(filepath.Join(programs, "ocr"))
	require.NoError(t, err)
	env := map[string]string{
		"ANPEI_PSEUDONYM_KEY": base64.StdEncoding.EncodeToString(make([]byte, 32)), // as good as any, here
		"ANPEI_OCR_MODELS":    models, "ANPEI_DB_API": string(db.APIURL), "ANPEI_DB_WORKER": string(db.WorkerURL), "ANPEI_LISTEN": listen, "TEMPORAL_NAMESPACE": namespace,
	}
	maps.Copy(env, play.Insurer())
	store, scratch := testenv.NewWire(t, os.Getenv("ANPEI_S3_ENDPOINT")), t.TempDir() //nolint:contextcheck // it takes the test's own
	serve := func(name, program string, args ...string) *play.Server {
		env := maps.Clone(env)
		if name == "reader" {
			env["ANPEI_S3_ENDPOINT"], env["TMPDIR"] = store.Address, scratch
		}
		s, err := play.Start(name, filepath.Join(logs, name+".log"), env, filepath.Join(programs, program), args...)
		require.NoError(t, err)
		return s
	}
	api, reader, claims := serve("api", "api"), serve("reader", "worker", "claims-ocr"), serve("claims", "worker", "claims")
	t.Cleanup(func() {
		for _, s := range []*play.Server{claims, reader, api} {
			s.Kill()
			if t.Failed() {
				t.Logf("%v", s.Alive())
			}
		}
	})
	require.NoError(t, api.Ready(ctx, "http://"+listen+"/readyz"))
	return product{
		Stack: play.NewStack("http://"+listen, map[string]string{
			"ANPEI_OIDC_ISSUER": os.Getenv("ANPEI_OIDC_ISSUER"), "ANPEI_OUTBOX_URL": os.Getenv("ANPEI_OUTBOX_URL"),
			"ANPEI_BANK_URL": os.Getenv("ANPEI_BANK_URL"), "ANPEI_BANK_TOKEN": os.Getenv("ANPEI_BANK_TOKEN"),
		}),
		die: func(when string) {
			t.Logf("killed %s", when)
			claims.Kill()
			claims = serve("claims", "worker", "claims")
		},
		dieReader: func(when string) {
			t.Logf("reader killed %s", when)
			reader.Kill()
			reader = serve("reader", "worker", "claims-ocr")
		},
		store: store, scratch: scratch, readerLog: filepath.Join(logs, "reader.log"),
	}
}

// papers are two pictures of a scraped bumper and the invoice of its repair.
func papers(t *testing.T) []play.File {
	t.Helper()
	rear, err := specimen.LossPhoto(specimen.Photo{View: specimen.CarRear, Plate: "沪AD58321"})
	require.NoError(t, err)
	near, err := specimen.LossPhoto(specimen.Photo{View: specimen.CarDetail})
	require.NoError(t, err)
	invoice, err := specimen.VATInvoice(specimen.Invoice{
		Code: "031002600111", Number: "47110815", Issued: specimen.DatesAt(time.Now()).Today, CheckCode: "12345678901234567890", Province: "上海",
		Buyer: "周晓岚", Seller: "上海众安汽车维修有限公司", SellerTaxID: specimen.CreditCode("91310115MA1K4TEST"),
		Items: []specimen.Item{{Name: "*劳务*后保险杠修复喷漆", Unit: "次", Fen: 280_000}}, RatePercent: 13, Plate: "沪AD58321",
	})
	require.NoError(t, err)
	return []play.File{
		{Name: "rear.jpg", Kind: "loss_photo", Bytes: rear},
		{Name: "near.jpg", Kind: "loss_photo", Bytes: near},
		{Name: "invoice.png", Kind: "vat_invoice", Bytes: invoice},
	}
}
