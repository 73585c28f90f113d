package document_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim/document"
)

// says is what one document says.
func says(kind document.Kind, id string, fields ...string) (facts []document.Fact) {
	for i := 0; i < len(fields); i += 2 {
		facts = append(facts, document.Fact{
			Source: document.Source{From: document.OfDocument, Document: id, Kind: kind, Field: fields[i]}, Value: fields[i+1],
		})
	}
	return facts
}

// said is what somebody says who is no document.
func said(from string, fields ...string) (facts []document.Fact) {
	for i := 0; i < len(fields); i += 2 {
		facts = append(facts, document.Fact{Source: document.Source{From: from, Field: fields[i]}, Value: fields[i+1]})
	}
	return facts
}

// there is what a document of another claim says.
func there(kind document.Kind, fields ...string) []document.Fact {
	facts := says(kind, "other", fields...)
	for i := range facts {
		facts[i].From, facts[i].Claim = document.OfClaim, "AP-9"
	}
	return facts
}

// seen is what a picture looks like all of whose views have one hash.
func seen(hash uint64) string {
	var l document.Look
	for i := range l {
		l[i] = hash
	}
	return l.String()
}

const (
	invoice     = document.VATInvoice
	estimate    = document.RepairEstimate
	vehicle     = document.VehicleLicence
	driving     = document.DrivingLicence
	photo       = document.LossPhoto
	certificate = document.AccidentCertificate
)

var loss = said(document.OfReport, "loss_at", "2026-11-23T01:00:00Z") // 09:00 in Shanghai

func TestFactsThatDoNotGoTogetherAreFound(t *testing.T) {
	t.Parallel()
	policy := said(document.OfPolicy, "plate", "沪A12345", "vin", "LSVAA4182E2123456", "holder", "张三", "number", "PM1")
	third := said(document.OfReport, "third_party", "yes")
	came := func(id, at string) []document.Fact {
		return []document.Fact{{Source: document.Source{From: document.OfServer, Document: id, Field: "received_at"}, Value: at}}
	}
	for name, tt := range map[string]struct {
		facts []document.Fact
		rules []string
	}{
		"nothing":                                  {nil, nil},
		"a plate that differs":                     {slices.Concat(policy, says(vehicle, "v", "plate", "沪A12346")), []string{"plate.differs"}},
		"a plate written another way":              {slices.Concat(policy, says(vehicle, "v", "plate", "沪a·123 45")), nil},
		"two papers without a policy":              {slices.Concat(says(vehicle, "v", "plate", "沪A1"), says(estimate, "e", "plate", "沪A2")), []string{"plate.differs"}},
		"a reported plate":                         {slices.Concat(policy, said(document.OfReport, "plate", "沪A99999")), []string{"plate.differs"}},
		"a third party's estimate":                 {slices.Concat(policy, third, says(certificate, "c", "plate_a", "沪A12345", "plate_b", "苏B1"), says(estimate, "e", "plate", "苏B1", "vin", "X")), nil},
		"a third party's estimate, not of the two": {slices.Concat(policy, third, says(certificate, "c", "plate_a", "沪A12345", "plate_b", "苏B1"), says(estimate, "e", "plate", "苏B2")), []string{"plate.differs"}},
		"the other car's estimate for our damage":  {slices.Concat(policy, says(certificate, "c", "plate_a", "沪A12345", "plate_b", "苏B1"), says(estimate, "e", "plate", "苏B1")), []string{"plate.differs"}},
		"a certificate of two other cars":          {slices.Concat(policy, says(certificate, "c", "plate_a", "苏B1", "plate_b", "苏B2")), []string{"plate.not-in-certificate"}},
		"a certificate that names it second":       {slices.Concat(policy, says(certificate, "c", "plate_a", "苏B1", "plate_b", "沪A12345")), nil},
		"another plate in a picture":               {slices.Concat(policy, says(photo, "p", "plate", "苏B1")), []string{"plate.photo-differs"}},
		"a VIN that differs":                       {slices.Concat(policy, says(estimate, "e", "vin", "LSVAA4182E2123457")), []string{"vin.differs"}},

		"the insured's own licence":         {slices.Concat(policy, says(vehicle, "v", "owner", "张三")), nil},
		"another's vehicle":                 {slices.Concat(policy, says(vehicle, "v", "owner", "李四")), []string{"owner.differs"}},
		"the insured of the policy":         {slices.Concat(policy, said(document.OfPolicy, "insured", "李四"), says(vehicle, "v", "owner", "李四")), nil},
		"the insured, as a report says":     {slices.Concat(policy, said(document.OfReport, "insured", "李四"), says(vehicle, "v", "owner", "李四")), []string{"owner.differs"}},
		"the same, and no policy yet":       {slices.Concat(said(document.OfReport, "insured", "李四"), says(vehicle, "v", "owner", "李四")), nil},
		"the driver as reported":            {slices.Concat(said(document.OfReport, "driver", "王五"), says(driving, "d", "name", "王五")), nil},
		"another driver than reported":      {slices.Concat(said(document.OfReport, "driver", "王五"), says(driving, "d", "name", "赵六")), []string{"driver.differs"}},
		"a driver whom the police met":      {slices.Concat(says(certificate, "c", "party_a", "王五", "party_b", "赵六"), says(driving, "d", "name", "赵六")), nil},
		"a driver whom the police did not":  {slices.Concat(says(certificate, "c", "party_a", "王五", "party_b", "赵六"), says(driving, "d", "name", "孙七")), []string{"driver.differs"}},
		"an invoice to somebody else":       {slices.Concat(policy, says(invoice, "i", "buyer", "某某公司")), []string{"buyer.differs"}},
		"an invoice to nobody named":        {slices.Concat(policy, says(invoice, "i", "buyer", "个人")), nil},
		"an invoice to the owner":           {slices.Concat(policy, says(vehicle, "v", "owner", "李四"), says(invoice, "i", "buyer", "李四")), []string{"owner.differs"}},
		"an invoice of another shop":        {slices.Concat(says(estimate, "e", "shop", "甲修理厂"), says(invoice, "i", "seller", "乙修理厂")), []string{"shop.differs"}},
		"another policy on the certificate": {slices.Concat(policy, says(certificate, "c", "policy_number", "PM2")), []string{"policy.differs"}},

		"a certificate 3 h off":                 {slices.Concat(loss, says(certificate, "c", "accident_time", "2026-11-23 12:00")), nil},
		"a certificate 3 h and a minute off":    {slices.Concat(loss, says(certificate, "c", "accident_time", "2026-11-23 12:01")), []string{"loss.time-differs"}},
		"a certificate of the day":              {slices.Concat(loss, says(certificate, "c", "accident_time", "2026-11-23")), nil},
		"a certificate of the day before":       {slices.Concat(loss, says(certificate, "c", "accident_time", "2026-11-22")), []string{"loss.time-differs"}},
		"a certificate of another city":         {slices.Concat(said(document.OfReport, "place", "上海市延安路"), says(certificate, "c", "place", "江苏省苏州市人民路")), []string{"loss.place-differs"}},
		"a certificate of another street":       {slices.Concat(said(document.OfReport, "place", "上海市延安路"), says(certificate, "c", "place", "上海市静安区")), nil},
		"a place without a city":                {slices.Concat(said(document.OfReport, "place", "永辉超市门口"), says(certificate, "c", "place", "上海市静安区")), nil},
		"a licence that is valid until the day": {slices.Concat(loss, says(driving, "d", "valid_until", "2026-11-23")), nil},
		"a licence that ended the day before":   {slices.Concat(loss, says(driving, "d", "valid_until", "2026-11-22")), []string{"licence.expired"}},
		"a licence without end":                 {slices.Concat(loss, says(driving, "d", "valid_until", "长期")), nil},
		"a licence of the day":                  {slices.Concat(loss, says(driving, "d", "issue_date", "2026-11-23")), nil},
		"a licence of the day after":            {slices.Concat(loss, says(driving, "d", "issue_date", "2026-11-24")), []string{"licence.later"}},
		"a vehicle registered the day after":    {slices.Concat(loss, says(vehicle, "v", "register_date", "2026-11-24")), []string{"vehicle.later"}},
		"an invoice of the day":                 {slices.Concat(loss, says(invoice, "i", "issue_date", "2026-11-23")), nil},
		"an invoice of the day it came":         {slices.Concat(loss, says(invoice, "i", "issue_date", "2026-11-25"), came("i", "2026-11-24T16:00:00Z")), nil},
		"an invoice of the day after it came":   {slices.Concat(loss, says(invoice, "i", "issue_date", "2026-11-25"), came("i", "2026-11-24T15:59:59Z")), []string{"paper.postdated"}},
		"an estimate of the day after it came":  {slices.Concat(loss, says(estimate, "i", "issue_date", "2026-11-25"), came("i", "2026-11-24T15:59:59Z")), []string{"paper.postdated"}},
		"an invoice of the day before":          {slices.Concat(loss, says(invoice, "i", "issue_date", "2026-11-22")), []string{"invoice.before-loss"}},
		"an invoice of what burnt":              {slices.Concat(loss, said(document.OfReport, "line", "commercial_property"), says(invoice, "i", "issue_date", "2026-11-22")), nil},
		"an estimate of the day before":         {slices.Concat(loss, says(estimate, "e", "issue_date", "2026-11-22")), []string{"estimate.before-loss"}},
		"a day by the clock of Shanghai":        {slices.Concat(said(document.OfReport, "loss_at", "2026-11-22T16:00:00Z"), says(invoice, "i", "issue_date", "2026-11-22")), []string{"invoice.before-loss"}},
		"a surveyor at the minute":              {slices.Concat(loss, said(document.OfSurvey, "arrived_at", "2026-11-23T01:00:00Z")), nil},
		"a surveyor a second before":            {slices.Concat(loss, said(document.OfSurvey, "arrived_at", "2026-11-23T00:59:59Z")), []string{"survey.before-loss"}},
		"a date that is none":                   {slices.Concat(loss, says(invoice, "i", "issue_date", "2026-13-45")), nil},

		"an invoice 1 yuan off the estimate":              {slices.Concat(says(estimate, "e", "total_fen", "100000"), says(invoice, "i", "total_fen", "100100")), nil},
		"an invoice 1.01 yuan off":                        {slices.Concat(says(estimate, "e", "total_fen", "100000"), says(invoice, "i", "total_fen", "100101")), []string{"amount.estimate-invoice"}},
		"an invoice 1.01 yuan below":                      {slices.Concat(says(estimate, "e", "total_fen", "100101"), says(invoice, "i", "total_fen", "100000")), []string{"amount.estimate-invoice"}},
		"two invoices that make up the estimate":          {slices.Concat(says(estimate, "e", "total_fen", "100000"), says(invoice, "i", "total_fen", "60000"), says(invoice, "j", "total_fen", "40000")), nil},
		"one invoice sent twice":                          {slices.Concat(says(estimate, "e", "total_fen", "100000"), says(invoice, "i", "total_fen", "100000", "invoice_number", "12345678"), says(invoice, "j", "total_fen", "100000", "invoice_number", "12345678")), nil},
		"an estimate written again":                       {slices.Concat(says(estimate, "e", "total_fen", "100000"), says(estimate, "f", "total_fen", "120000"), says(invoice, "i", "total_fen", "120000")), nil},
		"a text layer that says what the page shows":      {says(invoice, "i", "total_fen", "300000", "shown_fen", "300000"), nil},
		"a text layer that says more than the page":       {says(invoice, "i", "total_fen", "300000", "shown_fen", "30000"), []string{"amount.shown-differs"}},
		"an invoice a fifth above the claim":              {slices.Concat(said(document.OfReport, "claimed_fen", "100000"), says(invoice, "i", "total_fen", "120000")), nil},
		"an invoice a fifth and a fen above":              {slices.Concat(said(document.OfReport, "claimed_fen", "100000"), says(invoice, "i", "total_fen", "120001")), []string{"amount.over-claimed"}},
		"nothing claimed yet":                             {slices.Concat(said(document.OfReport, "claimed_fen", "0"), says(invoice, "i", "total_fen", "120001")), nil},
		"an estimate 30 % above the survey":               {slices.Concat(said(document.OfSurvey, "estimate_fen", "100000"), says(estimate, "e", "total_fen", "130000")), nil},
		"an estimate 30 % and a fen above":                {slices.Concat(said(document.OfSurvey, "estimate_fen", "100000"), says(estimate, "e", "total_fen", "130001")), []string{"amount.over-survey"}},
		"an amount that is none":                          {slices.Concat(says(estimate, "e", "total_fen", "1000.00"), says(invoice, "i", "total_fen", "99")), nil},
		"amounts beyond what there is":                    {slices.Concat(says(estimate, "e", "total_fen", "9223372036854775807"), says(estimate, "f", "total_fen", "9223372036854775807"), says(invoice, "i", "total_fen", "99")), nil},
		"an invoice that a red-letter one takes back":     {slices.Concat(says(invoice, "i", "invoice_number", "25312000000012345678"), says(invoice, "r", "invoice_number", "25312000000012345699", "reversed_number", "25312000000012345678")), []string{"invoice.reversed"}},
		"an invoice that one of another claim takes back": {slices.Concat(says(invoice, "i", "invoice_number", "25312000000012345678"), there(invoice, "invoice_number", "25312000000012345699", "reversed_number", "25312000000012345678")), []string{"invoice.reversed"}},
		"one that takes back an invoice of another claim": {slices.Concat(says(invoice, "r", "reversed_number", "25312000000012345678"), there(invoice, "invoice_number", "25312000000012345678")), []string{"invoice.reversed"}},
		"the same, by eight digits":                       {slices.Concat(says(invoice, "r", "reversed_number", "12345678"), there(invoice, "invoice_number", "12345678")), []string{"invoice.number-reversed"}},
		"by eight digits on one claim":                    {slices.Concat(says(invoice, "r", "reversed_number", "12345678"), says(invoice, "i", "invoice_number", "12345678")), []string{"invoice.reversed"}},
		"the red-letter one on both claims":               {slices.Concat(says(invoice, "r", "reversed_number", "25312000000012345678"), there(invoice, "reversed_number", "25312000000012345678")), nil},
		"an invoice of 20 digits on another claim":        {slices.Concat(says(invoice, "i", "invoice_number", "25312000000012345678"), there(invoice, "invoice_number", "25312000000012345678")), []string{"invoice.elsewhere"}},
		"an invoice of code and number":                   {slices.Concat(says(invoice, "i", "invoice_code", "031001900111", "invoice_number", "12345678"), there(invoice, "invoice_code", "031001900111", "invoice_number", "12345678")), []string{"invoice.elsewhere"}},
		"an invoice of the number under another code":     {slices.Concat(says(invoice, "i", "invoice_code", "031001900111", "invoice_number", "12345678"), there(invoice, "invoice_code", "031001900112", "invoice_number", "12345678")), nil},
		"an invoice of the number, one code is missing":   {slices.Concat(says(invoice, "i", "invoice_number", "12345678"), there(invoice, "invoice_code", "031001900112", "invoice_number", "12345678")), []string{"invoice.number-elsewhere"}},
		"the same file on another claim":                  {slices.Concat(says(photo, "p", "sha256", "ab"), there(photo, "sha256", "ab")), []string{"file.elsewhere"}},
		"the same licence on another claim":               {slices.Concat(says(driving, "d", "sha256", "ab"), there(driving, "sha256", "ab")), nil},

		"a picture that is one of another claim":         {slices.Concat(says(photo, "p", "look", seen(0), "same_as", "other"), there(photo, "look", seen(0x3f))), []string{"photo.elsewhere"}},
		"a picture that one of another claim is":         {slices.Concat(says(photo, "p", "look", seen(0)), there(photo, "look", seen(0x3f), "same_as", "p")), []string{"photo.elsewhere"}},
		"two pictures that found each other":             {slices.Concat(says(photo, "p", "look", seen(0), "same_as", "other"), there(photo, "look", seen(0), "same_as", "p")), []string{"photo.elsewhere"}},
		"a picture that looks like one of another claim": {slices.Concat(says(photo, "p", "look", seen(0)), there(photo, "look", seen(0))), nil},
		"a picture that is one of a withdrawn claim":     {says(photo, "p", "look", seen(0), "same_as", "other"), nil},
		"a picture that is the same file":                {slices.Concat(says(photo, "p", "look", seen(0), "sha256", "ab", "same_as", "other"), there(photo, "look", seen(0), "sha256", "ab")), []string{"file.elsewhere"}},
		"a paper that looks like one of another claim":   {slices.Concat(says(invoice, "i", "look", seen(0), "same_as", "other"), there(invoice, "look", seen(0))), nil},
		"two pictures that are one, and a third":         {slices.Concat(says(photo, "p", "look", seen(0)), says(photo, "q", "look", seen(1), "same_as", "p"), says(photo, "r", "look", seen(0xffff))), []string{"photo.twice"}},
		"two pictures that are one":                      {slices.Concat(says(photo, "p", "look", seen(0)), says(photo, "q", "look", seen(1), "same_as", "p")), []string{"photo.twice", "photo.one-view"}},
		"three of which each is one with the next":       {slices.Concat(says(photo, "p", "look", seen(0), "same_as", "q"), says(photo, "q", "look", seen(1)), says(photo, "r", "look", seen(3), "same_as", "q")), []string{"photo.twice", "photo.twice", "photo.one-view"}},
		"two pictures that look alike":                   {slices.Concat(says(photo, "p", "look", seen(0)), says(photo, "q", "look", seen(0))), nil},

		"a picture an hour before the loss":         {slices.Concat(loss, says(photo, "p", "taken_at", "2026-11-23T00:00:00Z")), nil},
		"a picture from before that":                {slices.Concat(loss, says(photo, "p", "taken_at", "2026-11-22T23:59:59Z")), []string{"photo.before-loss"}},
		"a picture 72 h after":                      {slices.Concat(loss, says(photo, "p", "taken_at", "2026-11-26T01:00:00Z")), nil},
		"a picture later than that":                 {slices.Concat(loss, says(photo, "p", "taken_at", "2026-11-26T01:00:01Z")), []string{"photo.late"}},
		"a picture from 29 km away":                 {slices.Concat(said(document.OfReport, "at", "31.0,121.0"), says(photo, "p", "taken_place", "31.26,121.0")), nil},
		"a picture from 31 km away":                 {slices.Concat(said(document.OfReport, "at", "31.0,121.0"), says(photo, "p", "taken_place", "31.28,121.0")), []string{"photo.far"}},
		"a camera 5 min ahead":                      {slices.Concat(says(photo, "p", "taken_at", "2026-11-23T01:05:00Z"), received("p")), nil},
		"a camera further ahead":                    {slices.Concat(says(photo, "p", "taken_at", "2026-11-23T01:05:01Z"), received("p")), []string{"photo.clock"}},
		"a camera without a word of its sender":     {slices.Concat(said(document.OfReport, "at", "31.0,121.0"), says(photo, "p", "camera_place", "31.28,121.0")), []string{"photo.far"}},
		"whose word comes first":                    {slices.Concat(said(document.OfReport, "at", "31.0,121.0"), says(photo, "p", "camera_place", "31.28,121.0", "taken_place", "31.0,121.0")), nil},
		"the two ten minutes apart":                 {says(photo, "p", "camera_at", "2026-11-23T01:10:00Z", "taken_at", "2026-11-23T01:00:00Z"), nil},
		"the two further apart":                     {says(photo, "p", "camera_at", "2026-11-23T00:49:59Z", "taken_at", "2026-11-23T01:00:00Z"), []string{"photo.retold"}},
		"a picture from a phone":                    {slices.Concat(says(photo, "p", "software", "ALN-AL00 4.2"), received("p")), nil},
		"a picture from another program":            {slices.Concat(says(photo, "p", "software", "Adobe Photoshop 27.0"), received("p")), []string{"photo.edited"}},
		"a camera that another file has nothing on": {slices.Concat(says(photo, "p", "taken_at", "2026-11-23T01:05:01Z"), received("q")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rules []string
			for _, f := range document.CrossCheck(tt.facts) {
				rules = append(rules, f.Rule)
			}
			require.Equal(t, tt.rules, rules)
		})
	}
}

func received(id string) []document.Fact {
	return []document.Fact{{Source: document.Source{From: document.OfServer, Document: id, Field: "received_at"}, Value: "2026-11-23T01:00:00Z"}}
}

func TestAFindingNamesBothValuesAndBothSources(t *testing.T) {
	t.Parallel()
	found := document.CrossCheck(slices.Concat(said(document.OfPolicy, "plate", "沪A12345"), says(vehicle, "v", "plate", "沪A12346")))
	require.Len(t, found, 1)
	f := found[0]
	require.Equal(t, "车牌号不一致：行驶证“沪A12346”，保单“沪A12345”", f.ZH)
	require.Equal(t, "The number plates differ: the vehicle licence says “沪A12346”, the policy says “沪A12345”.", f.EN)
	require.Equal(t, "document/v/plate|policy/plate", f.Sources())
	require.True(t, f.Grave)

	elsewhere := document.CrossCheck(slices.Concat(says(photo, "p", "sha256", "ab"), there(photo, "sha256", "ab")))
	require.Contains(t, elsewhere[0].ZH, "赔案 AP-9 的照片")
	require.Equal(t, "document/p/sha256|claim/AP-9/other/sha256", elsewhere[0].Sources())
}

// The facts of a generated claim, where everything may be said twice and each
// pair of sources differs or not.
func TestFindingsDoNotDependOnOrderNorOnTheSideThatIsWrong(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 36))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	rulesOf := func(facts []document.Fact) []string {
		var out []string
		for _, f := range document.CrossCheck(facts) {
			out = append(out, f.Rule+" "+f.Sources())
			require.NotEqual(t, f.One.Source, f.Other.Source)
			require.Contains(t, facts, document.Fact{Source: f.Other.Source, Value: f.Other.Value})
		}
		return out
	}
	for range 2000 {
		plates, names := []string{"沪A12345", "沪B54321"}, []string{"张三", "李四"}
		facts := slices.Concat(
			said(document.OfPolicy, "plate", pick(plates...), "holder", pick(names...)),
			said(document.OfReport, "plate", pick(plates...), "driver", pick(names...), "loss_at", pick("2026-11-23T01:00:00Z", "2026-11-25T01:00:00Z")),
			says(vehicle, "v", "plate", pick(plates...), "owner", pick(names...)),
			says(driving, "d", "name", pick(names...), "valid_until", pick("2026-11-24", "2030-01-01")),
			says(estimate, "e", "plate", pick(plates...), "total_fen", pick("100000", "200000")),
			says(invoice, "i", "total_fen", pick("100000", "200000"), "issue_date", pick("2026-11-24", "2026-11-26"), "invoice_number", pick("25312000000012345678", "25312000000012345679")),
			says(photo, "p", "taken_at", pick("2026-11-23T01:00:00Z", "2026-11-20T01:00:00Z")),
			there(invoice, "invoice_number", "25312000000012345678"),
		)
		want := rulesOf(facts)

		shuffled := slices.Clone(facts)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		require.Equal(t, want, rulesOf(shuffled), "the order of the facts")

		// Everybody says the other of two values: who differs from whom is the same.
		swapped := slices.Clone(facts)
		for i, f := range swapped {
			for _, two := range [][]string{plates, names} {
				if at := slices.Index(two, f.Value); at >= 0 {
					swapped[i].Value = two[1-at]
				}
			}
		}
		require.Equal(t, want, rulesOf(swapped), "which of two values is the right one")

		// Written another way, nothing is different.
		spaced := slices.Clone(facts)
		for i, f := range spaced {
			if slices.Contains(plates, f.Value) {
				spaced[i].Value = strings.ToLower(f.Value[:4]) + " ·" + f.Value[4:]
			}
		}
		require.Equal(t, want, rulesOf(spaced))

		// Once everybody agrees with the policy there is no finding about plates.
		agreed := slices.Clone(facts)
		for i, f := range agreed {
			if f.Field == "plate" {
				agreed[i].Value = facts[0].Value
			}
		}
		for _, rule := range rulesOf(agreed) {
			require.False(t, strings.HasPrefix(rule, "plate."), rule)
		}
	}
}

// A finding is stored under its rule and its sources, so that two of one key
// would stop the claim: whatever is said, and however often.
func TestNoTwoFindingsHaveOneKeyWhateverIsSaidTwice(t *testing.T) {
	t.Parallel()
	values := map[string][]string{
		"plate": {"沪A12345", "沪B54321"}, "plate_a": {"沪A12345"}, "owner": {"张三", "李四"}, "name": {"张三", "李四"}, "buyer": {"张三", "某公司"}, "seller": {"甲厂", "乙厂"},
		"shop": {"甲厂", "乙厂"}, "driver": {"张三", "李四"}, "insured": {"张三", "李四"}, "holder": {"张三"}, "total_fen": {"100000", "200000"}, "shown_fen": {"100000"},
		"claimed_fen": {"100"}, "estimate_fen": {"100"}, "loss_at": {"2026-11-23T01:00:00Z", "2026-11-25T01:00:00Z"}, "accident_time": {"2026-11-20"},
		"taken_at": {"2026-11-20T01:00:00Z", "2026-11-30T01:00:00Z"}, "camera_at": {"2026-11-20T02:00:00Z", "2026-11-30T01:00:00Z"}, "received_at": {"2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z"},
		"software": {"Adobe Photoshop 27.0", "Meitu"}, "look": {seen(0), seen(0xffff)}, "same_as": {"p", "q", "o"}, "sha256": {"ab", "cd"}, "invoice_number": {"25312000000012345678", "12345678"},
		"taken_place": {"31.0,121.0", "32.0,121.0"}, "camera_place": {"32.0,121.0"}, "at": {"31.0,121.0"}, "issue_date": {"2026-11-20", "2026-11-24"}, "third_party": {"yes"},
	}
	fields := slices.Sorted(maps.Keys(values))
	rapid.Check(t, func(r *rapid.T) {
		var facts []document.Fact
		say := func(from document.Source) {
			for _, from.Field = range fields {
				for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(r, "times") {
					facts = append(facts, document.Fact{Source: from, Value: rapid.SampledFrom(values[from.Field]).Draw(r, from.Field)})
				}
			}
		}
		for _, id := range []string{"p", "q", "r"} {
			kind := rapid.SampledFrom([]document.Kind{photo, invoice, estimate, vehicle, driving, certificate}).Draw(r, "kind")
			say(document.Source{From: document.OfDocument, Document: id, Kind: kind})
			say(document.Source{From: document.OfServer, Document: id})
		}
		say(document.Source{From: document.OfClaim, Document: "o", Kind: photo, Claim: "AP-9"})
		for _, from := range []string{document.OfReport, document.OfPolicy, document.OfSurvey} {
			say(document.Source{From: from})
		}
		found := document.CrossCheck(facts)
		keys := map[string]bool{}
		for _, f := range found {
			key := f.Rule + "|" + f.Sources()
			if keys[key] {
				r.Fatalf("two findings %s", key)
			}
			keys[key] = true
		}
		said := slices.Concat(facts, rapid.SliceOf(rapid.SampledFrom(facts)).Draw(r, "said again"))
		slices.Reverse(said)
		if got := document.CrossCheck(said); !slices.Equal(got, found) {
			r.Fatalf("said again, and in another order:\n%v\ninstead of\n%v", got, found)
		}
	})
}

func FuzzCrossCheckSurvivesWhateverIsSaid(f *testing.F) {
	f.Add("plate", "沪A12345", "total_fen", "99999999999999999999")
	f.Add("accident_time", "2026-11-23 25:00", "taken_place", "91,,")
	f.Fuzz(func(t *testing.T, a, one, b, other string) {
		var facts []document.Fact
		for i, kind := range []document.Kind{invoice, estimate, vehicle, driving, photo, certificate} {
			facts = append(facts, says(kind, fmt.Sprint(i), a, one, b, other)...)
		}
		facts = slices.Concat(facts, said(document.OfReport, a, one, b, other), said(document.OfPolicy, a, other), there(invoice, a, one))
		for _, f := range document.CrossCheck(facts) {
			require.NotEmpty(t, f.ZH)
			require.NotEmpty(t, f.EN)
		}
	})
}
