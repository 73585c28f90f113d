package claim_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestARefusalSaysTheSameInBothLanguages(t *testing.T) {
	t.Parallel()
	hole := regexp.MustCompile(`\{([a-z_]+)\}`)
	for code, text := range claim.RefusalTexts {
		holes := func(of string) (names []string) {
			for _, m := range hole.FindAllStringSubmatch(of, -1) {
				names = append(names, strings.TrimSuffix(strings.TrimSuffix(m[1], "_zh"), "_en"))
			}
			slices.Sort(names)
			return slices.Compact(names)
		}
		zh := holes(text.ZH)
		for _, name := range zh {
			require.Contains(t, holes(text.EN), name, code)
		}
		for _, name := range holes(text.EN) {
			// What an act is called, a line of business and where a return goes are told
			// by what the page offers; whom an operation is for, the contract says.
			require.True(t, slices.Contains(zh, name) || name == "act" || code == claim.WhyOtherRole && name == "who", "%s: {%s}", code, name)
		}
		require.NotEmpty(t, text.ZH, code)
		require.NotRegexp(t, `\p{Han}[,:;()?]|[,:;()?]\p{Han}`, text.ZH, "%s: full-width marks", code)
		require.False(t, strings.ContainsFunc(text.EN, func(r rune) bool { return unicode.Is(unicode.Han, r) }), code)
	}
}

func TestARefusalIsToldInWordsWhereItNamesRolesAndStages(t *testing.T) {
	t.Parallel()
	f := &claim.File{Stage: claim.Assessing}
	r := f.Guard(claim.ActReview, claim.Actor{ID: "zhou", Role: claim.Reviewer}, "")
	require.Equal(t, claim.WhyStage, r.Why)
	require.Equal(t, "赔案现处于“定损”；这件事只能在以下阶段办理：核赔。", r.Text().ZH)
	require.Equal(t, `The claim is at stage "assessing"; review is possible at: reviewing.`, r.Detail)
	r = f.Guard(claim.ActConsent, claim.Actor{ID: "zhou", Role: claim.Assessor}, "")
	require.Equal(t, "这不由您的岗位（定损员）办理；可以办理的是：客户、合作方、客服。", r.Text().ZH)
}

// A refusal is stored with its receipt as a code and values, and one of an older
// release as the text that it had.
func TestAStoredRefusalIsToldAsItWas(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(claim.Refuse(claim.RuleTaskTaken, claim.WhyTaskTaken, "who", "chen"))
	require.NoError(t, err)
	require.JSONEq(t, `{"rule": "task.taken", "detail": "chen has taken the task. It can be put back by chen.", "why": "task.taken", "values": {"who": "chen"}}`, string(raw))
	var r claim.Refusal
	require.NoError(t, json.Unmarshal(raw, &r))
	require.Equal(t, "chen 已领取这项任务，可由其本人放回。", r.Told().DetailZH)

	var old claim.Refusal
	require.NoError(t, json.Unmarshal([]byte(`{"rule": "task.taken", "detail": "chen has it"}`), &old))
	require.Equal(t, claim.Text{ZH: "chen has it", EN: "chen has it"}, old.Text())
}
