package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/claim/document"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// dataReader reads the data of invoices as the page reader does, for which no
// engine is needed. Every picture is of a loss.
type dataReader struct{}

// Read implements [activities.PageReader].
func (dataReader) Read(_ context.Context, path, _ string) (document.Reading, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return document.Reading{}, err
	}
	r := document.Reading{Kind: document.VATInvoice, Confidence: 10_000, Engine: "test", Pages: 1}
	switch typeOf(raw[:min(len(raw), sniffed)]) {
	case typeOFD:
		f, _ := document.OpenOFD(bytes.NewReader(raw), int64(len(raw)))
		r.Fields, r.Unreadable, err = f.Invoice()
	case typeXML:
		r.Fields, r.Unreadable = document.ParseInvoiceXML(bytes.NewReader(raw))
	default:
		r.Kind = document.LossPhoto
	}
	r.Detail = document.Plain(r.Unreadable)
	return r, err
}

// Look implements [activities.PageReader].
func (r dataReader) Look(ctx context.Context, path, previews string) (document.Reading, error) {
	return r.Read(ctx, path, previews)
}

// attached uploads a file to a claim and attaches it.
func (k *stack) attached(t *testing.T, r reported, kind string, file []byte) (path string) {
	t.Helper()
	up := k.upload(t, r.token, r.Number, file)
	path = "/claims/" + r.Number + "/documents"
	return path + "/" + into[rest.Attached](t, k.ask(t, r.token, "POST", path, uuid.NewString(), rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: kind}}}), 201).Ids[0]
}

// An invoice is taken back by a red-letter one that comes on another claim, as
// data of either form, before it or after the offer that rests on it: the
// red-letter one is kept and says that it proves nothing, and no machine pays.
func TestNoMachinePaysOnAPolicyWhatARedLetterInvoiceTakesBack(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	k.reads(t, dataReader{})
	fresh := func() string { return fmt.Sprintf("26312%015d", rand.Int64N(1e15)) }
	xml := func(number, sign, more string) []byte {
		return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?><EInvoice><EIid>%s</EIid><IssueTime>%s</IssueTime><BuyerName>王先生</BuyerName><SellerName>某某汽修</SellerName>`+
			`<TotalAmWithoutTax>%s1000.00</TotalAmWithoutTax><TotalTaxAm>%[3]s130.00</TotalTaxAm><TotalTax-includedAmount>%[3]s1130.00</TotalTax-includedAmount>%s</EInvoice>`,
			number, time.Now().In(claim.Shanghai).Format(time.DateOnly), sign, more)
	}
	asXML := func(_ *testing.T, data []byte) []byte { return data }
	asOFD := func(t *testing.T, data []byte) []byte {
		t.Helper()
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, content := range map[string][]byte{"OFD.xml": []byte("<OFD/>"), "Doc_0/Attachs/original_invoice.xml": data} {
			w, err := z.Create(name)
			require.NoError(t, err)
			_, err = w.Write(content)
			require.NoError(t, err)
		}
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	for name, row := range map[string]struct {
		red      func(t *testing.T, data []byte) []byte
		redFirst bool
		another  bool // is what it takes back
	}{
		"by XML that came before":     {asXML, true, false},
		"by XML that comes later":     {asXML, false, false},
		"by an OFD that came before":  {asOFD, true, false},
		"by an OFD that comes later":  {asOFD, false, false},
		"not at all, but another one": {asXML, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			number := fresh()
			named := number
			if row.another {
				named = fresh()
			}
			takesBack := func() {
				file := row.red(t, xml(fresh(), "-", "<OriginalInvoiceCode>"+named+"</OriginalInvoiceCode>"))
				other := k.reported(t)
				path := k.attached(t, other, "vat_invoice", file)
				var d rest.Document
				require.Eventually(t, func() bool {
					d = into[rest.Document](t, k.ask(t, other.token, "GET", path, "", nil), 200)
					return d.State != claim.PaperReceived
				}, pace.Limit(time.Minute), 50*time.Millisecond)
				require.Equal(t, claim.PaperUnreadable, d.State)
				require.Contains(t, d.Reason, "红字发票")
				values := map[string]string{}
				for _, f := range d.Fields {
					values[f.Name] = f.Value
				}
				require.Equal(t, named, values[document.ReversedNumber])
				require.Empty(t, values["total_fen"])
				require.Equal(t, file, k.ask(t, other.token, "GET", path+"/content", "", nil).raw)
			}
			if row.redFirst {
				takesBack()
			}
			blue := k.reported(t)
			now := func(done func(rest.Claim) bool) (c rest.Claim) {
				require.Eventually(t, func() bool {
					c = into[rest.Claim](t, k.ask(t, blue.token, "GET", "/claims/"+blue.Number, "", nil), 200)
					return done(c)
				}, pace.Limit(time.Minute), 50*time.Millisecond)
				return c
			}
			now(func(c rest.Claim) bool { return c.Stage == claim.SelfSurvey && c.Lane == claim.Flash })
			_, err := k.data.Owner.Exec(t.Context(), `update policy_versions set coverages = replace(coverages::text, '"2020"', '"motor-2020"')::jsonb where policy_id = (select id from policies where number = $1)`, blue.policy)
			require.NoError(t, err) // a form that a machine can calculate with
			for range claim.SelfSurveyPhotos {
				k.attached(t, blue, "loss_photo", append(aJPEG(t), uuid.NewString()...))
			}
			k.attached(t, blue, "vat_invoice", xml(number, "", ""))
			c := now(func(c rest.Claim) bool { return c.Stage == claim.Negotiating || c.Lane == claim.Standard })
			if !row.redFirst {
				require.Equal(t, claim.Flash, c.Lane)
				takesBack()
				payee := claim.Payee{Name: "王先生", Bank: "中国农业银行", Account: "6228480402564890018"}
				into[claim.Receipt](t, k.ask(t, blue.token, "POST", "/claims/"+blue.Number+"/offers/1/agreement", uuid.NewString(),
					rest.NewAgreement{Payee: payee, AccountAgain: payee.Account, Signature: "phone-code"}), 200)
			}
			paid, found := 0, 1
			if row.another {
				paid, found = 1, 0
			}
			require.Equal(t, paid, k.count(t, `select count(*) from payments where claim_id = $1`, blue.Claim))
			require.Equal(t, found, k.count(t, `select count(*) from findings where claim_id = $1 and rule = 'invoice.reversed' and grave and state = 'raised'`, blue.Claim))
			if !row.another {
				now(func(c rest.Claim) bool { return c.Lane == claim.Standard })
			}
		})
	}
}
