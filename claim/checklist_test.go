package claim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func lists(t *testing.T) claim.Checklists {
	t.Helper()
	l := read[claim.Checklists](t, "checklists.json")
	require.NoError(t, l.Validate())
	return l
}

// listed is a claim with its list made.
func listed(t *testing.T, line claim.Line, lane claim.Lane, kinds ...claim.ExposureKind) *claim.File {
	t.Helper()
	f := &claim.File{Line: line, Lane: lane, Stage: claim.Assessing}
	for _, k := range kinds {
		f.Exposures = append(f.Exposures, claim.Exposure{Kind: k})
	}
	f.List(lists(t))
	return f
}

// counted are papers, in order of arrival, as a file counts them.
func counted(papers ...claim.Paper) []claim.Count {
	var f claim.File
	for i, p := range papers {
		p.Number = i + 1
		f.Record(claim.Paper{}, p)
	}
	return f.Papers
}

func names(all []claim.Standing) (names []string) {
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}

func TestEachClaimGetsTheListOfItsLineLaneAndDamage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		line      claim.Line
		lane      claim.Lane
		exposures []claim.ExposureKind
		want      []string
	}{
		"motor, flash":                     {claim.Motor, claim.Flash, []claim.ExposureKind{claim.OwnDamage}, []string{"damage_photos", "repair_cost"}},
		"motor, own damage":                {claim.Motor, claim.Standard, []claim.ExposureKind{claim.OwnDamage}, []string{"repair_cost", "driving_licence", "vehicle_licence"}},
		"motor, another's property too":    {claim.Motor, claim.Standard, []claim.ExposureKind{claim.OwnDamage, claim.ThirdPartyProperty}, []string{"repair_cost", "driving_licence", "vehicle_licence", "accident_certificate"}},
		"motor, large":                     {claim.Motor, claim.Large, []claim.ExposureKind{claim.OwnDamage}, []string{"repair_cost", "driving_licence", "vehicle_licence", "identity"}},
		"commercial property, flash":       {claim.Property, claim.Flash, []claim.ExposureKind{claim.CommercialProperty}, []string{"damage_photos", "loss_cost"}},
		"commercial property, with visits": {claim.Property, claim.Large, []claim.ExposureKind{claim.CommercialProperty}, []string{"loss_cost", "business_licence"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := listed(t, tt.line, tt.lane, tt.exposures...)
			require.Equal(t, tt.want, names(f.Standings()))
			require.Equal(t, lists(t).Version, f.Checklist.Version)
		})
	}
}

func TestALaneThatChangesAddsToTheListAndTakesNothing(t *testing.T) {
	t.Parallel()
	f := listed(t, claim.Motor, claim.Flash, claim.OwnDamage)
	f.Papers = counted([]claim.Paper{{ID: "a", Kind: "driving_licence", State: claim.PaperRead}}...)
	f.Lane = claim.Standard
	require.Len(t, f.List(lists(t)), 2)
	require.Empty(t, f.List(lists(t)), "twice adds nothing")
	require.Equal(t, []string{"damage_photos", "repair_cost", "driving_licence", "vehicle_licence"}, names(f.Standings()))
	require.Equal(t, []string{"damage_photos", "repair_cost", "vehicle_licence"}, names(f.Lacking()), "what has come already is not asked for again")
	f.VisitInstead()
	require.Equal(t, []string{"repair_cost", "vehicle_licence"}, names(f.Lacking()), "a surveyor takes the pictures")
}

func TestAPaperIsTickedOffByWhatWasReadInIt(t *testing.T) {
	t.Parallel()
	type paper = claim.Paper
	for name, tt := range map[string]struct {
		papers []paper
		item   string
		want   claim.ItemState
	}{
		"nothing":                      {nil, "driving_licence", claim.ItemMissing},
		"another kind":                 {[]paper{{Kind: "vehicle_licence", State: claim.PaperRead}}, "driving_licence", claim.ItemMissing},
		"not read yet":                 {[]paper{{Kind: "driving_licence", State: claim.PaperReceived}}, "driving_licence", claim.ItemReading},
		"read, unsure":                 {[]paper{{Kind: "driving_licence", State: claim.PaperUnsure}}, "driving_licence", claim.ItemReceived},
		"sent back":                    {[]paper{{Kind: "driving_licence", State: claim.PaperUnreadable}}, "driving_licence", claim.ItemSentBack},
		"sent back, and again":         {[]paper{{Kind: "driving_licence", State: claim.PaperUnreadable}, {Kind: "driving_licence", State: claim.PaperReceived}}, "driving_licence", claim.ItemReading},
		"read":                         {[]paper{{Kind: "driving_licence", State: claim.PaperUnreadable}, {Kind: "driving_licence", State: claim.PaperRead}}, "driving_licence", claim.ItemAccepted},
		"confirmed":                    {[]paper{{Kind: "driving_licence", State: claim.PaperConfirmed}}, "driving_licence", claim.ItemAccepted},
		"either of two kinds":          {[]paper{{Kind: "vat_invoice", State: claim.PaperRead}}, "repair_cost", claim.ItemAccepted},
		"one picture of two":           {[]paper{{Kind: "loss_photo", State: claim.PaperRead}}, "damage_photos", claim.ItemMissing},
		"two pictures":                 {[]paper{{Kind: "loss_photo", State: claim.PaperRead}, {Kind: "loss_photo", State: claim.PaperRead}}, "damage_photos", claim.ItemAccepted},
		"two pictures, one unreadable": {[]paper{{Kind: "loss_photo", State: claim.PaperRead}, {Kind: "loss_photo", State: claim.PaperUnreadable}}, "damage_photos", claim.ItemSentBack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := listed(t, claim.Motor, claim.Flash, claim.OwnDamage)
			f.Lane = claim.Standard
			f.List(lists(t))
			f.Papers = counted(tt.papers...)
			all := f.Standings()
			i := slices.IndexFunc(all, func(s claim.Standing) bool { return s.Name == tt.item })
			require.Equal(t, tt.want, all[i].State)
		})
	}
}

func TestWhatAPaperCountsAsOnceItIsRead(t *testing.T) {
	t.Parallel()
	readable := func(kind string) bool { return kind != "agreement" && kind != "other" }
	for name, tt := range map[string]struct {
		sent, read string
		confidence int
		kind       string
		sure       bool
	}{
		"as its sender says":                 {"vat_invoice", "vat_invoice", 2000, "vat_invoice", true},
		"not said, and read":                 {"", "vat_invoice", 2000, "vat_invoice", true},
		"not said, and not recognised":       {"", "other", 5000, "other", false},
		"plainly something else":             {"repair_estimate", "driving_licence", 9000, "driving_licence", true},
		"perhaps something else":             {"repair_estimate", "driving_licence", 3000, "repair_estimate", false},
		"nothing that is known":              {"repair_estimate", "other", 5000, "repair_estimate", false},
		"a picture of the loss, not a paper": {"repair_estimate", "loss_photo", 5000, "loss_photo", true},
		"a kind that nobody reads":           {"agreement", "other", 5000, "agreement", true},
		"a reader that says no kind":         {"vat_invoice", "", 0, "vat_invoice", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, sure := claim.KindRead(tt.sent, claim.Reading{Kind: tt.read, KindConfidence: tt.confidence}, readable)
			require.Equal(t, tt.kind, kind)
			require.Equal(t, tt.sure, sure)
		})
	}
}

func TestPapersAreAskedForOnceAndInFull(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, claim.Shanghai)
	f := listed(t, claim.Motor, claim.Standard, claim.OwnDamage)
	f.Papers = counted([]claim.Paper{{ID: "a", Kind: "driving_licence", State: claim.PaperRead}, {ID: "b", Kind: "bank_card", State: claim.PaperRead}}...)

	_, no := f.Request(claim.PaperRequest{Finding: "plate.differs", More: []claim.MorePaper{{Kind: "vin_plate"}}}, monday, monday)
	require.Equal(t, claim.RuleInput, no.Rule, "nothing was asked for yet")
	_, no = f.Request(claim.PaperRequest{More: []claim.MorePaper{{Kind: "other", Reason: "x"}}}, time.Time{}, monday)
	require.Equal(t, claim.RuleInput, no.Rule, "what it is has to be said")
	require.Nil(t, f.Checklist.Request())

	asked, no := f.Request(claim.PaperRequest{More: []claim.MorePaper{{Kind: "bank_card", Reason: "账户存疑"}}}, time.Time{}, monday)
	require.Nil(t, no)
	require.Equal(t, []string{"repair_cost", "vehicle_licence", "more_0_1"}, asked.Items)
	require.Equal(t, []claim.Text{
		{ZH: "维修估价单或发票", EN: "the repair estimate or the invoice"}, {ZH: "行驶证", EN: "the vehicle licence"}, {ZH: "银行卡", EN: "bank card"},
	}, f.Checklist.Names(asked.Items))
	require.Len(t, f.Lacking(), 3, "what came before does not answer what is asked for now")

	for name, tt := range map[string]struct {
		request claim.PaperRequest
		raised  time.Time
	}{
		"the same again":                   {claim.PaperRequest{}, time.Time{}},
		"something else":                   {claim.PaperRequest{More: []claim.MorePaper{{Kind: "id_card", Reason: "忘了"}}}, time.Time{}},
		"a finding that was known":         {claim.PaperRequest{Finding: "plate.differs", More: []claim.MorePaper{{Kind: "vin_plate", Reason: "r"}}}, monday.Add(-time.Hour)},
		"a finding that is not there":      {claim.PaperRequest{Finding: "plate.differs", More: []claim.MorePaper{{Kind: "vin_plate", Reason: "r"}}}, time.Time{}},
		"a finding, and no paper is named": {claim.PaperRequest{Finding: "plate.differs"}, monday.Add(time.Hour)},
	} {
		_, no = f.Request(tt.request, tt.raised, monday.Add(2*time.Hour))
		require.NotNil(t, no, name)
		require.Equal(t, claim.RulePapersAsked, no.Rule, name)
		require.Contains(t, no.Detail, "art. 22", name)
	}

	more := claim.PaperRequest{Finding: "plate.differs", More: []claim.MorePaper{{Kind: "vin_plate", Reason: "车牌与保单不符"}}}
	asked, no = f.Request(more, monday.Add(time.Hour), monday.Add(2*time.Hour))
	require.Nil(t, no, "what came newly to light")
	require.Equal(t, []string{"more_1_1"}, asked.Items)
	_, no = f.Request(more, monday.Add(time.Hour), monday.Add(3*time.Hour))
	require.Equal(t, claim.RulePapersAsked, no.Rule, "once for each finding")
	require.Equal(t, monday, f.Checklist.Request().At, "the one request stays the one")
}

func TestNothingIsAskedForWhereNothingIsMissing(t *testing.T) {
	t.Parallel()
	f := listed(t, claim.Property, claim.Standard, claim.CommercialProperty)
	f.Papers = counted([]claim.Paper{{Kind: "vat_invoice", State: claim.PaperConfirmed}}...)
	require.Empty(t, f.Lacking(), "what is optional is not missing")
	_, no := f.Request(claim.PaperRequest{}, time.Time{}, time.Time{})
	require.Equal(t, claim.RulePapersComplete, no.Rule)
	_, no = (&claim.File{}).Request(claim.PaperRequest{}, time.Time{}, time.Time{})
	require.Equal(t, claim.RuleInput, no.Rule, "a claim of before the lists")
}

func TestTwoPeopleWaiveAPaper(t *testing.T) {
	t.Parallel()
	f := listed(t, claim.Motor, claim.Standard, claim.OwnDamage, claim.ThirdPartyProperty)
	f.Papers = counted([]claim.Paper{{Kind: "driving_licence", State: claim.PaperRead}}...)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, claim.Shanghai)
	rule := func(r *claim.Refusal) string {
		if r == nil {
			return ""
		}
		return r.Rule
	}
	require.Equal(t, claim.RuleInput, rule(f.ProposeWaiver("passport", "zhou")), "not on the list")
	require.Equal(t, claim.RuleInput, rule(f.ProposeWaiver("accident_certificate", "zhou")), "nobody waits for it")
	require.Equal(t, claim.RuleWaiver, rule(f.ProposeWaiver("driving_licence", "zhou")), "it is there")
	require.Equal(t, claim.RuleWaiver, rule(f.ConfirmWaiver("vehicle_licence", "zheng", now)), "nobody has proposed it")

	require.Empty(t, rule(f.ProposeWaiver("vehicle_licence", "zhou")))
	require.Equal(t, claim.RuleWaiver, rule(f.ProposeWaiver("vehicle_licence", "li")))
	require.Equal(t, []string{"repair_cost", "vehicle_licence"}, names(f.Lacking()), "one person waives nothing")
	require.Equal(t, claim.RuleRole, rule(f.WithdrawWaiver("vehicle_licence", "li")))
	require.Empty(t, rule(f.WithdrawWaiver("vehicle_licence", "zhou")))
	require.Equal(t, claim.RuleWaiver, rule(f.ConfirmWaiver("vehicle_licence", "zheng", now)), "it was withdrawn")

	require.Empty(t, rule(f.ProposeWaiver("vehicle_licence", "zhou")))
	require.Equal(t, claim.RuleOwnWaiver, rule(f.ConfirmWaiver("vehicle_licence", "zhou", now)))
	require.Equal(t, claim.RuleOwnWaiver, rule(f.ConfirmWaiver("vehicle_licence", claim.Machine, now)), "no machine waives")
	require.Empty(t, rule(f.ConfirmWaiver("vehicle_licence", "zheng", now)))
	require.Equal(t, []string{"repair_cost"}, names(f.Lacking()))
	require.Equal(t, claim.RuleWaiver, rule(f.WithdrawWaiver("vehicle_licence", "zhou")), "what two have waived stays waived")
}

func TestWhatIsMissingIsWhatTheListLacks(t *testing.T) {
	t.Parallel()
	f := listed(t, claim.Motor, claim.Flash, claim.OwnDamage)
	f.Stage = claim.SelfSurvey
	f.Papers = counted([]claim.Paper{{Kind: "loss_photo", State: claim.PaperRead}, {Kind: "repair_estimate", State: claim.PaperUnreadable}}...)
	need := f.Missing()
	require.Len(t, need, 2)
	require.Equal(t, "loss_photo", need[0].What)
	require.Equal(t, "repair_estimate", need[1].What)
	require.Contains(t, need[1].EN, "again")
	require.True(t, need[0].Blocks && need[1].Blocks)
	require.False(t, f.SelfSurveyComplete())

	f.Record(claim.Paper{}, claim.Paper{Kind: "loss_photo", State: claim.PaperRead, Number: 3})
	coming, read := claim.Paper{Kind: "vat_invoice", State: claim.PaperReceived, Number: 4}, claim.Paper{Kind: "vat_invoice", State: claim.PaperRead, Number: 4}
	f.Record(claim.Paper{}, coming)
	need = f.Missing()
	require.Len(t, need, 1)
	require.Equal(t, claim.System, need[0].From, "it has come: nothing is asked of the claimant")
	f.Record(coming, read)
	require.Empty(t, f.Missing())
	require.True(t, f.SelfSurveyComplete())

	f.Lane = claim.Standard // leaves the flash lane meanwhile: its survey does not wait for the licences
	f.List(lists(t))
	require.True(t, f.SelfSurveyComplete())
	require.Len(t, f.Missing(), 2)
	require.False(t, f.Missing()[0].Blocks)
	f.Stage = claim.Paying
	require.Empty(t, f.Missing(), "after the determination no paper is waited for")
}
