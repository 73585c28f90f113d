package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/rest"
)

// now is a fixed moment of these tests.
var now = time.Date(2026, 11, 21, 10, 0, 0, 0, claim.Shanghai)

var insured = access.Caller{ID: "phone:1", Role: claim.Claimant, ClaimantPhone: "13800138000"}

// aNotice is a report with nothing wrong in it.
func aNotice() claim.Notice {
	return claim.Notice{
		Channel: "app", Line: claim.Motor, PolicyNo: "P-1", LossAt: now.Add(-time.Hour), Place: "南京西路", Cause: "collision",
		Story: "追尾", Plate: "沪A12345", Self: true, At: &claim.Point{Lat: 31.2, Lng: 121.4},
		Reporter: claim.Party{Name: "王先生", Phone: "13800138000", Role: "insured"},
		Exposures: []claim.NewExposure{
			{Kind: claim.OwnDamage, Object: "前保险杠", Estimate: 120_000},
			{Kind: claim.ThirdPartyProperty, Object: "护栏", Estimate: 30_000, Owner: &claim.Party{Name: "路政", Phone: "13900139000", Role: "third_party"}},
		},
	}
}

func pointers(w wrongs) []string {
	list := []string{}
	for _, f := range w {
		list = append(list, f.Pointer)
	}
	return list
}

func TestNotice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by     access.Caller
		change func(*claim.Notice)
		want   []string
	}{
		"nothing is wrong":                        {change: func(*claim.Notice) {}},
		"a loss two minutes ahead of our clock":   {change: func(n *claim.Notice) { n.LossAt = now.Add(2 * time.Minute) }},
		"a loss further in the future":            {change: func(n *claim.Notice) { n.LossAt = now.Add(2*time.Minute + time.Microsecond) }, want: []string{"/loss_at"}},
		"a loss at the first moment of 2000":      {change: func(n *claim.Notice) { n.LossAt = noLossBefore }},
		"a loss before":                           {change: func(n *claim.Notice) { n.LossAt = noLossBefore.Add(-time.Microsecond) }, want: []string{"/loss_at"}},
		"no place on the map":                     {change: func(n *claim.Notice) { n.At = nil }},
		"nowhere on Earth":                        {change: func(n *claim.Notice) { n.At = &claim.Point{Lat: 90.1} }, want: []string{"/at"}},
		"where phones are that do not know":       {change: func(n *claim.Notice) { n.At = &claim.Point{} }, want: []string{"/at"}},
		"no plate":                                {change: func(n *claim.Notice) { n.Plate = "" }},
		"a plate with the letter O":               {change: func(n *claim.Notice) { n.Plate = "沪A1234O" }, want: []string{"/plate"}},
		"a claimant by phone call":                {change: func(n *claim.Notice) { n.Channel = "phone" }, want: []string{"/channel"}},
		"another's phone":                         {change: func(n *claim.Notice) { n.Reporter.Phone = "13900139000" }, want: []string{"/reporter/phone"}},
		"a landline":                              {change: func(n *claim.Notice) { n.Exposures[1].Owner.Phone = "02112345678" }, want: []string{"/exposures/1/owner/phone"}},
		"premises in a motor claim":               {change: func(n *claim.Notice) { n.Exposures[0].Kind = claim.CommercialProperty }, want: []string{"/exposures/0/kind"}},
		"estimates that together can just be":     {change: func(n *claim.Notice) { n.Exposures[0].Estimate = maxFen - 30_000 }},
		"estimates that are together too much":    {change: func(n *claim.Notice) { n.Exposures[0].Estimate = maxFen - 29_999 }, want: []string{"/exposures"}},
		"several things at once":                  {change: func(n *claim.Notice) { n.LossAt, n.Plate = now.Add(time.Hour), "?" }, want: []string{"/loss_at", "/plate"}},
		"intake writes down a call, from whoever": {by: access.Caller{Role: claim.Intake}, change: func(n *claim.Notice) { n.Channel, n.Reporter.Phone = "phone", "13900139000" }},
		"intake through the app":                  {by: access.Caller{Role: claim.Intake}, change: func(*claim.Notice) {}, want: []string{"/channel"}},
		"a partner":                               {by: access.Caller{Role: claim.Partner}, change: func(n *claim.Notice) { n.Channel = "partner" }},
		"a partner through the web":               {by: access.Caller{Role: claim.Partner}, change: func(n *claim.Notice) { n.Channel = "web" }, want: []string{"/channel"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, by := aNotice(), c.by
			if by.Role == "" {
				by = insured
			}
			c.change(&n)
			_, w := checkNotice(n, by, now)
			require.ElementsMatch(t, c.want, pointers(w))
		})
	}
}

func TestANoticeTakesTheOneFormInWhichTheSameLossIsFound(t *testing.T) {
	t.Parallel()
	n := aNotice()
	n.PolicyNo, n.Plate, n.Reporter.Phone = "　Ｐ- １ ", "沪a·12345", "+86 138-0013-8000"
	n.LossAt = n.LossAt.Add(999)
	before := aNotice()
	got, w := checkNotice(n, insured, now)
	require.Empty(t, w)
	require.Equal(t, "P-1", got.PolicyNo)
	require.Equal(t, "沪A12345", got.Plate)
	require.Equal(t, "13800138000", got.Reporter.Phone)
	require.Equal(t, before.LossAt.UTC(), got.LossAt)
	require.Equal(t, aNotice().Exposures, n.Exposures, "what was asked stays as it came")
}

func TestPayee(t *testing.T) {
	t.Parallel()
	for account, ok := range map[string]bool{
		"6222021234567890128": true,  // UnionPay, Luhn
		"6222021234567890129": false, // a digit wrong
		"1001234567890":       true,  // 13 digits, a company's: no check digit
		"100123456789012345":  true,
		"622202123456":        false, // 12 digits
	} {
		_, w := checkPayee(claim.Payee{Name: "王先生", Bank: "工商银行", Account: account}, account)
		require.Equal(t, ok, len(w) == 0, "%s: %v", account, w)
	}
	p, w := checkPayee(claim.Payee{Account: "1001 2345 6789 0"}, "１００1234567890")
	require.Empty(t, w, "how it is spaced is no difference")
	require.Equal(t, "1001234567890", p.Account)
	for _, again := range []string{"", "1001234567809", "x"} {
		_, w = checkPayee(claim.Payee{Account: "1001234567890"}, again)
		require.Equal(t, []string{"/payee/account", "/account_again"}, pointers(w), again)
	}
}

func TestWhatSteersMoneyIsKeyedTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value, again string
		same               bool
	}{
		{"total_fen", "316400", "316400", true},
		{"total_fen", "316400", " 0316400", true},
		{"total_fen", "316400", "316040", false},
		{"total_fen", "316400", "", false},
		{"card_number", "6228480038124592460", "6228 4800 3812 4592 460", true},
		{"account", "6228480038124592460", "6228480038124592469", false},
		{"amount_fen", "280000", "", true}, // no sum that is paid
		{"plate", "沪A12345", "", true},
	} {
		w := checkFields(rest.ConfirmFields{Fields: []rest.ConfirmedField{{Name: "seller", Value: "甲"}, {Name: c.name, Value: c.value, Again: c.again}}})
		if c.same {
			require.Empty(t, w, c)
		} else {
			require.Equal(t, []string{"/fields/1/value", "/fields/1/again"}, pointers(w), c)
		}
	}
}

func TestAssessment(t *testing.T) {
	t.Parallel()
	item := func(f claim.Fen) rest.Assessed {
		return rest.Assessed{Exposure: 1, Items: []claim.AssessedItem{{Name: "杠", Kind: "part", Amount: f}}}
	}
	second := func(f claim.Fen) rest.Assessed { o := item(f); o.Exposure = 2; return o }
	for name, c := range map[string]struct {
		objects []rest.Assessed
		want    []string
	}{
		"two objects":                   {objects: []rest.Assessed{item(1), second(2)}},
		"one object twice":              {objects: []rest.Assessed{item(1), item(2)}, want: []string{"/objects/1/exposure"}},
		"all that can be":               {objects: []rest.Assessed{item(maxFen - 5), second(5)}},
		"together more than can be":     {objects: []rest.Assessed{item(maxFen - 5), second(6)}, want: []string{"/objects"}},
		"one alone more than can be":    {objects: []rest.Assessed{second(1), {Exposure: 1, Rescue: 1, Items: item(maxFen).Items}}, want: []string{"/objects/1/items"}},
		"no fault and a share":          {objects: []rest.Assessed{{Exposure: 1, NoFault: true, FaultShare: 1, Items: item(1).Items}}, want: []string{"/objects/0/no_fault"}},
		"no fault":                      {objects: []rest.Assessed{{Exposure: 1, NoFault: true, Items: item(1).Items}}},
		"more than an int64 on the way": {objects: []rest.Assessed{{Exposure: 1, Items: slicesRepeat(claim.AssessedItem{Amount: maxFen}, 2000)}}, want: []string{"/objects/0/items"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ElementsMatch(t, c.want, pointers(checkAssessment(rest.NewAssessment{Objects: c.objects})))
		})
	}
}

func slicesRepeat[T any](x T, n int) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = x
	}
	return list
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	denial := &claim.Denial{Clause: "第6条", Facts: "醉驾", Reasons: "免责", Evidence: []string{"a"}}
	for name, c := range map[string]struct {
		v    claim.Verdict
		want []string
	}{
		"approval":                     {v: claim.Verdict{Kind: claim.VerdictApprove}},
		"a return":                     {v: claim.Verdict{Kind: claim.VerdictReturn, ReturnTo: claim.Assessing, Question: "工时?"}},
		"a return without where":       {v: claim.Verdict{Kind: claim.VerdictReturn, Question: "工时?"}, want: []string{"/return_to"}},
		"a return without a question":  {v: claim.Verdict{Kind: claim.VerdictReturn, ReturnTo: claim.Assessing, Question: " "}, want: []string{"/question"}},
		"approval that sends back":     {v: claim.Verdict{Kind: claim.VerdictApprove, ReturnTo: claim.Assessing}, want: []string{"/return_to"}},
		"a denial":                     {v: claim.Verdict{Kind: claim.VerdictDeny, Denial: denial}},
		"a denial without its grounds": {v: claim.Verdict{Kind: claim.VerdictDeny}, want: []string{"/denial"}},
		"grounds without a denial":     {v: claim.Verdict{Kind: claim.VerdictSendUp, Denial: denial}, want: []string{"/denial"}},
		"the same evidence twice":      {v: claim.Verdict{Kind: claim.VerdictDeny, Denial: &claim.Denial{Evidence: []string{"a", "b", "a"}}}, want: []string{"/denial/evidence/2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ElementsMatch(t, c.want, pointers(checkVerdict(c.v)))
		})
	}
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	ok := rest.SurveyReport{ArrivedAt: now, Place: &claim.Point{Lat: 31, Lng: 121}, Photos: []string{"a", "b"}}
	require.Empty(t, checkSurvey(ok, now))
	bad := rest.SurveyReport{ArrivedAt: now.Add(time.Hour), Place: &claim.Point{}, Photos: []string{"a", "a"}}
	require.ElementsMatch(t, []string{"/arrived_at", "/place", "/photos/1"}, pointers(checkSurvey(bad, now)))
}

// Two fields of one name would break the key of the fields' table, and the
// claim's step with it.
func TestFieldsAreNamedOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"/fields/2/name"}, pointers(checkFields(rest.ConfirmFields{Fields: []rest.ConfirmedField{{Name: "a"}, {Name: "b"}, {Name: "a"}}})))
	reading := &rest.PartnerReading{Pages: 1, Fields: []rest.PartnerField{{Name: "a", Page: 1}, {Name: "a", Page: 2}}}
	w := checkAttach(rest.Attach{Documents: []rest.NewDocument{{Upload: "x"}, {Upload: "y", Reading: reading}, {Upload: "x", TakenAt: now.Add(25 * time.Hour)}}}, now)
	require.ElementsMatch(t, []string{
		"/documents/1/reading/fields/1/name", "/documents/1/reading/fields/1/page", "/documents/2/upload", "/documents/2/taken_at",
	}, pointers(w))
}

func TestBlanksAreNoText(t *testing.T) {
	t.Parallel()
	n := aNotice()
	n.Story, n.Exposures[1].Object = " \t\u3000", "\n"
	require.Equal(t, []string{"/exposures/1/object", "/story"}, pointers(checkText(&n)))
	require.Empty(t, checkText(nil))
	require.Empty(t, checkText(map[string]any{"a": "", "b": 1, "c": "x "}))
}

func TestASignatureBringsWhatItsWayOfSigningNeeds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		signed claim.Agreement
		wrong  []string
	}{
		"a code":                       {claim.Agreement{Signature: "phone-code"}, nil},
		"drawn, with its picture":      {claim.Agreement{Signature: "drawn", Document: contract.LastUUID}, nil},
		"drawn, and nothing to show":   {claim.Agreement{Signature: "drawn"}, []string{"/signature_document"}},
		"typed, with the name":         {claim.Agreement{Signature: "typed", SignedName: "张三"}, nil},
		"typed, and no name":           {claim.Agreement{Signature: "typed"}, []string{"/signed_name"}},
		"a code, a picture and a name": {claim.Agreement{Signature: "phone-code", Document: contract.LastUUID, SignedName: "张三"}, []string{"/signature_document", "/signed_name"}},
	} {
		var at []string
		for _, w := range checkSignature(tt.signed) {
			at = append(at, w.Pointer)
		}
		require.Equal(t, tt.wrong, at, name)
	}
}

func TestAValueIsHeldAgainstTheTypeOfItsFieldAtTheDoor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		mend        string // what the answer says; empty when it is taken
	}{
		{"total_fen", "316400", ""},
		{"total_fen", "3164.00", "316400"},
		{"total_fen", "-316400", "316400"},
		{"invoice_number", "26312000000012345678", ""},
		{"invoice_number", strings.Repeat("发", 1000), "4 to 30 letters"},
		{"issue_date", "2026-03-09", ""},
		{"issue_date", "9 March", "2026-03-09"},
		{"vin", "LSVCC41T3P2000316", ""},
		{"vin", "LSV", "17 characters"},
		{"seller", "某某汽修", ""},
	} {
		attach := checkAttach(rest.Attach{Documents: []rest.NewDocument{{Upload: "u", Reading: &rest.PartnerReading{
			Kind: "vat_invoice", Pages: 1, Fields: []rest.PartnerField{{Name: "shop", Value: "甲", Page: 1}, {Name: c.name, Value: c.value, Page: 1}},
		}}}}, time.Now())
		confirm := checkFields(rest.ConfirmFields{Fields: []rest.ConfirmedField{{Name: c.name, Value: c.value, Again: c.value}}})
		if c.mend == "" {
			require.Empty(t, attach, c)
			require.Empty(t, confirm, c)
			continue
		}
		require.Equal(t, []string{"/documents/0/reading/fields/1/value"}, pointers(attach), c)
		require.Equal(t, []string{"/fields/0/value"}, pointers(confirm), c)
		for _, w := range []wrongs{attach, confirm} {
			require.Contains(t, w[0].Detail, c.mend)
			require.NotContains(t, w[0].Detail, c.value, "a value is never repeated")
		}
	}
}
