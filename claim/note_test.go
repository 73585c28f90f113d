package claim_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// valuesOfNotes is a value of each placeholder.
var valuesOfNotes = []string{
	"why_zh", "赔款超出机器核赔权限", "why_en", "It is above the machine's limit.", "reason", "R-REASON", "reference", "R-REFERENCE", "differs", "R-DIFFERS",
	"times", "3", "step", "dispatch", "code", "time-limit", "cause", "R-CAUSE",
}

func TestANoteIsToldInEitherLanguageWithAllItsValues(t *testing.T) {
	t.Parallel()
	for code, text := range claim.NoteTexts {
		note := claim.NoteOf(code, claim.Noted(code, valuesOfNotes...).Stored(), "")
		said := note.Text()
		for _, of := range []string{said.ZH, said.EN} {
			require.NotEmpty(t, of)
			require.NotRegexp(t, `[{}]`, of, "%s: a value is missing", code)
			for _, value := range []string{"reason", "reference", "differs", "times", "cause"} {
				if strings.Contains(text.ZH, "{"+value+"}") {
					at := 0
					for valuesOfNotes[at] != value {
						at += 2
					}
					require.Contains(t, of, valuesOfNotes[at+1], code)
				}
			}
		}
		require.NotRegexp(t, `[\p{Han}][,:;()]|[,:;()][\p{Han}]`, said.ZH, code)
		require.False(t, strings.ContainsFunc(said.EN, func(r rune) bool { return unicode.Is(unicode.Han, r) }), "%s: one language alone: %s", code, said.EN)
		require.Regexp(t, `\p{Han}`, said.ZH, code)
	}
}

func TestWhatAPersonWroteIsToldAsItIs(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"面料中有多少是次品？", "3 号楼 · building 3", "See photo 4 · 请看照片", ""} {
		note := claim.NoteOf("", nil, words)
		require.Empty(t, note.Code)
		require.Equal(t, claim.Text{ZH: words, EN: words}, note.Text())
	}
}

// Tasks that an older release opened keep what it wrote.
func TestANoteOfAnOlderReleaseIsACodeWhereItsTextIsOnes(t *testing.T) {
	t.Parallel()
	require.Equal(t, claim.NoteSecondRelease, claim.NoteOf("", []byte("{}"), "第二人复核放款 · a second person releases").Code)
	require.Equal(t, claim.NoteNoSurveyor, claim.NoteOf("", []byte("{}"), "没有合适的查勘员 · nobody suitable is on shift").Code)
	old := "银行未执行，请查明后重新放款：限额 · the bank refused the transfer; find out why, then release it again"
	require.Equal(t, claim.Text{ZH: old, EN: old}, claim.NoteOf("", []byte("{}"), old).Text(), "nothing of it is lost")
}

func TestWhatParksAClaimIsToldInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ step, code, zh, en string }{
		{"dispatch", "time-limit", "“派查勘员”这一步没有完成：多次超过时限。", "the step “send a surveyor” has not come to its end: it ran into its time limit again and again."},
		{"delivered/1234", "23505 clock_entries_pkey", "“记录送达”这一步没有完成：数据库不接受这项内容（23505 clock_entries_pkey）。", "(23505 clock_entries_pkey)"},
		{"bank", "unanswered", "“银行付款”", "no answer has come for too long"},
		{"read/1", "", "原因未分类", "of no known kind"},
		{"attach", "weather", "“attach”这一步没有完成：weather。", "weather"},
	} {
		said := claim.Noted(claim.NoteParked, "step", c.step, "code", c.code, "cause", "ERROR: x").Text()
		require.Contains(t, said.ZH, c.zh)
		require.Contains(t, said.EN, c.en)
		require.Contains(t, said.ZH, "技术信息：ERROR: x", "an operator needs it")
	}
}
