package main

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestEveryKindOfEventIsToldInWords(t *testing.T) {
	t.Parallel()
	kinds := claim.Events()
	require.Len(t, tellings, len(kinds))
	for _, kind := range kinds {
		told := tellings[kind]
		require.NotEmpty(t, told.zh, "%s is not told in Chinese", kind)
		require.NotEmpty(t, told.en, "%s is not told in English", kind)
		fields := fieldsOf(kind)
		for _, hole := range valueHole.FindAllStringSubmatch(told.zh+told.en, -1) {
			require.Contains(t, fields, hole[1], "%s has no {%s} to tell", kind, hole[1])
		}
	}
}

// fieldsOf are the names of what stands in the body of such an event.
func fieldsOf(kind claim.EventKind) (names []string) {
	for field := range reflect.TypeOf(kind.Body()).Elem().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func TestEventsAreToldWithoutCodes(t *testing.T) {
	t.Parallel()
	// What steps write, as far as it is told.
	body, err := json.Marshal(map[string]any{
		"number": "AP-3101-2026-000001", "line": "motor", "cause": "collision", "claimed_fen": 123456, "outcome": "paid",
		"lane": "flash", "from": "flash", "to": "standard", "reason": "offer.objected", "surveyor": "survey-chen", "metres": 1200,
		"eta": "2026-11-23T02:15:00Z", "photos": 3, "fault_share_bp": 7000, "estimate_fen": 500000, "sha256": []string{"a", "b"},
		"kind": "vat_invoice", "state": "unsure", "version": 2, "payable_fen": 98765, "amount_fen": 98765, "counter_fen": 110000,
		"level": 1, "letter": "JP-2026-1", "clause": "第八条", "rule": "plate.differs", "one": "vehicle_licence", "other": "policy",
		"items": []string{"a", "b"}, "paper_zh": "行驶证", "paper_en": "the vehicle licence",
	})
	require.NoError(t, err)
	code := regexp.MustCompile(`[{}\[\]]|_fen|_bp|offer\.|[a-z]+_[a-z]+`)
	for kind := range tellings {
		told := tell(kind, body, map[claim.Principal]string{"survey-chen": "陈刚"})
		for _, text := range []string{told.TextZh, told.TextEn} {
			require.NotEmpty(t, text, kind)
			require.NotRegexp(t, code, text, kind)
		}
		require.NotRegexp(t, `[a-z]{4,}`, told.TextZh, "%s is told in English to Chinese readers", kind)
		require.NotRegexp(t, `\p{Han}`, regexp.MustCompile("陈刚|第八条").ReplaceAllString(told.TextEn, ""), "%s is told in Chinese to English readers", kind)
	}
	require.Equal(t, "已派查勘员陈刚，距离 1200 米，预计 11-23 10:15 到达", tell("survey.dispatched", body, map[claim.Principal]string{"survey-chen": "陈刚"}).TextZh)
	require.Equal(t, "From the flash lane to the standard lane: the claimant objected.", tell("lane.changed", body, nil).TextEn)
	require.Equal(t, "The claimant objected to the figure and names ¥1,100.00.", tell("offer.objected", body, nil).TextEn)
}

func TestWhatIsNotThereIsNotTold(t *testing.T) {
	t.Parallel()
	require.Equal(t, "The claimant objected to the figure.", tell("offer.objected", []byte(`{"counter_fen": 0}`), nil).TextEn)
	require.Equal(t, "The bank rejected the payment.", tell("payment.rejected", []byte(`{"reason": "account_closed"}`), nil).TextEn)
	require.Equal(t, "银行拒绝付款：账户已销户", tell("payment.rejected", []byte(`{"reason": "账户已销户"}`), nil).TextZh)
	require.Equal(t, "The claim went on.", tell("of.a.later.release", nil, nil).TextEn)
}

func TestClaimantsAreNotToldOfADenialThatIsNotDecided(t *testing.T) {
	t.Parallel()
	require.Subset(t, hiddenKinds, []string{"denial.proposed", "denial.rejected", "review.recommended", "review.returned", "task.taken"})
	require.NotContains(t, hiddenKinds, "denial.notified")
	f := &claim.File{Stage: claim.DenialReview, Tasks: []claim.Task{{ID: "1", Kind: claim.TaskDenial, Role: claim.Reviewer}}}
	require.Contains(t, nextWords(f, false).TextEn, "denial")
	require.NotContains(t, nextWords(f, true).TextEn, "denial")
}

func TestEveryStageSaysWhatIsNext(t *testing.T) {
	t.Parallel()
	for _, stage := range []claim.Stage{
		claim.Reported, claim.SelfSurvey, claim.Dispatching, claim.Dispatched, claim.Surveying, claim.Assessing, claim.Negotiating, claim.Reviewing,
		claim.DenialReview, claim.Determined, claim.Agreed, claim.Paying, claim.PayReturned, claim.Paid, claim.Denied, claim.Closed,
	} {
		for _, outside := range []bool{true, false} {
			next := nextWords(&claim.File{Stage: stage}, outside)
			require.NotEmpty(t, next.TextZh, stage)
			require.NotEmpty(t, next.TextEn, stage)
		}
	}
	require.Contains(t, nextWords(&claim.File{Stage: claim.Paying, Parked: &claim.Parked{}}, true).TextEn, "fault")
}

// Nothing is signed where only another account is named for what was agreed.
func TestACorrectedAccountIsToldAsOne(t *testing.T) {
	t.Parallel()
	body := []byte(`{"offer": 1, "amount_fen": 123456, "signature": "correction"}`)
	told := tell("agreement.made", body, nil)
	require.Equal(t, "收款账户已更正，金额 ¥1,234.56 不变", told.TextZh)
	require.Equal(t, "The account was corrected; the amount stays ¥1,234.56.", told.TextEn)
	require.Equal(t, "已签署赔付协议，金额 ¥1,234.56", tell("agreement.made", []byte(`{"amount_fen": 123456, "signature": "drawn"}`), nil).TextZh)
}
