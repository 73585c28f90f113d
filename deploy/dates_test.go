package deploy_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dated are the dates of this century that may stand in code, by file or by
// files of a folder, with the reason. A running claim has none: whatever is
// reported, insured, drawn or waited for is told from now, or a test fails on a
// morning on which nobody has changed anything. Where no dates are named, all
// may stand.
var dated = []struct {
	files string // as path.Match has them
	dates []string
	why   string
}{
	{"claim/*_test.go", nil, "tables of rules: claim knows no clock, so every day is handed in"},
	{"claim/indemnity/*_test.go", nil, "worked cases, and days on which terms and limits changed"},
	{"claim/document/*_test.go", nil, "worked cases of what papers say"},
	{"claim/indemnity/*.go", nil, "days on which terms and limits changed, and how a day is written"},
	{"api/web/*_test.go", nil, "pages of a made-up answer, with a moment handed in"},
	{"api/web/*/*_test.go", nil, "the same, and how days and moments are written"},
	{"internal/testenv/days.go", []string{"2026-02-18", "2026-12-31", "2027-01-31", "2028-02-29"}, "the days at which what depends on the day is tested"},
	{"internal/specimen/dates_test.go", []string{"2026-12-31", "2027-01-01"}, "the two sides of a midnight that is handed in"},
	{"internal/specimen/specimen_test.go", []string{"2026-03-09", "20260309"}, "a worked case: what the QR code of an invoice says"},
	{"internal/specimen/set.go", []string{"2027年"}, "sets are read and compared with their truth; no claim has them"},
	{"activities/ocr/reader_test.go", nil, "worked cases of reading, and an estimate's number"},
	{"activities/ocr/camera_test.go", []string{"2026-11-21"}, "worked cases of a camera's clock"},
	{"activities/step_test.go", []string{"2026-11-23"}, "the moment that is handed to the steps"},
	{"activities/findings_test.go", []string{"2026-01-01", "2026-11-22"}, "before the moment that step_test.go hands in"},
	{"activities/checklist_test.go", []string{"2026-11-01"}, "since when a table of rules holds"},
	{"activities/letter_test.go", []string{"2026年11月23日", "2026年12月23日"}, "a worked letter of the moment that step_test.go hands in"},
	{"activities/growth_test.go", []string{"2026-11-20", "2026-11-22", "2026-11-23", "2026-11-25"}, "on both sides of the moment that step_test.go hands in"},
	{"activities/days_test.go", []string{"2026-03-07", "2027-01-16", "2027-02-13", "2028-03-15"}, "worked deadlines of days that are handed in"},
	{"workflows/claim_test.go", []string{"2026-11-23"}, "the clock of the SDK's test environment"},
	{"claim/calendar.go", []string{"2026-11-21"}, "how a day is written, in an error"},
	{"claim/field.go", []string{"2026-03-09"}, "how a day is written, in an error"},
	{"claim/letter.go", []string{"2026-03-01", "2026-03-02", "2026-04-02"}, "values that a form of a letter is tried with"},
	{"claim/source.go", []string{"2012年", "2024年"}, "years of laws"},
	{"api/checks.go", []string{"2000-01-01"}, "no loss is older"},
	{"api/checks_test.go", nil, "the moment that is handed to the checks"},
	{"api/contract/validate.go", []string{"2026-11-21"}, "how a day is written, in an answer"},
	{"api/validate_test.go", nil, "how a day is written; and one that does not exist"},
	{"api/sheet.go", []string{"2026-01-05", "2026/1/5"}, "how a day is written, in an answer"},
	{"api/imports_test.go", nil, "worked cases of how a day is written in a table"},
	{"api/lists_test.go", []string{"2026-11-20", "2026-11-21", "2026-11-22"}, "rows on both sides of a midnight, and the filters that tell them apart"},
	{"api/words_test.go", []string{"2026-11-23"}, "how a moment is shown"},
	{"deploy/demo/screen_test.go", []string{"2026-11-24", "2026-11-25"}, "how a moment is shown"},
	{"deploy/local/bank/bank_test.go", []string{"2026-11-21", "2026-11-22", "2026-11-24", "2027-01-01", "20261121"}, "the sandbox's clock is handed in"},
	{"deploy/local/identity/identity_test.go", []string{"2026-11-21"}, "the sandbox's clock is handed in"},
	{"deploy/local/outbox/outbox_test.go", []string{"2026-11-21"}, "the sandbox's clock is handed in"},
	{"deploy/local/minio.go", []string{"20260212"}, "a version of a module"},
	{"deploy/dates_test.go", nil, "this list"},
	{"api/web/islands/surveyor/plan.test.ts", nil, "a plan of made-up surveys, with a moment handed in"},
}

// dateWritten finds the ways in which a date of this century stands in code: in
// words, also within a longer number such as an estimate's, and as the call that
// makes one.
var dateWritten = regexp.MustCompile(`20\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:3[01]|[12]\d|0?[1-9])|20\d\d年(?:\d{1,2}月)?(?:\d{1,2}日)?|(?:^|\D)20[2-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])`)

// datesOf returns the dates that stand in a file: for Go in its values alone,
// since comments run nothing.
func datesOf(t *testing.T, name string, text []byte) []string {
	t.Helper()
	found := map[string]bool{}
	look := func(s string) {
		for _, d := range dateWritten.FindAllString(s, -1) {
			d = strings.TrimLeftFunc(d, func(r rune) bool { return r < '0' || r > '9' })
			found[d] = !slices.Contains(layouts, d)
		}
	}
	if path.Ext(name) != ".go" {
		look(string(text))
		return those(found)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				look(n.Value)
			}
		case *ast.CallExpr: // time.Date(2026, time.May, 1, …)
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Date" && len(n.Args) >= 3 {
				look(madeOf(n.Args[:3]))
			}
		case *ast.CompositeLit: // claim.Date{Year: 2026, Month: 5, Day: 1}
			parts := make([]ast.Expr, 3)
			for i, e := range n.Elts {
				at, value := i, e
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					key, _ := kv.Key.(*ast.Ident)
					at, value = slices.Index([]string{"Year", "Month", "Day"}, fmt.Sprint(key)), kv.Value
				}
				if at >= 0 && at < 3 {
					parts[at] = value
				}
			}
			look(madeOf(parts))
		}
		return true
	})
	return those(found)
}

// layouts are how Go is told to write a date.
var layouts = []string{"2006-01-02", "2006/01/02", "2006/1/2", "2006-1-2", "2006.01.02", "2006年1月2日", "2006年01月02日"}

func those(found map[string]bool) []string {
	maps.DeleteFunc(found, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(found))
}

// madeOf writes a year, a month and a day that stand there as numbers, or the
// month by its name; "" for anything else.
func madeOf(parts []ast.Expr) string {
	var numbers []int
	for i, p := range parts {
		switch p := p.(type) {
		case *ast.BasicLit:
			n, err := strconv.Atoi(p.Value)
			if err != nil {
				return ""
			}
			numbers = append(numbers, n)
		case *ast.SelectorExpr:
			months := []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
			numbers = append(numbers, slices.Index(months, p.Sel.Name)+1)
		default:
			if i == 0 {
				return ""
			}
			numbers = append(numbers, 1) // some day of that year
		}
	}
	return fmt.Sprintf("%d-%02d-%02d", numbers[0], numbers[1], numbers[2])
}

func TestNoRunningClaimHasADateOfTheCalendar(t *testing.T) {
	t.Parallel()
	seen := map[string]map[string]bool{} // by pattern of the list
	var complaints []string
	for _, name := range sources(t) {
		if !slices.Contains([]string{".go", ".ts", ".js", ".mjs", ".sh"}, path.Ext(name)) || strings.Contains(name, ".gen.") || strings.Contains(name, "/testdata/") {
			continue
		}
		for _, date := range datesOf(t, name, read(t, name)) {
			stands := false
			for _, d := range dated {
				if ok, err := path.Match(d.files, name); err != nil || !ok || d.dates != nil && !slices.Contains(d.dates, date) {
					require.NoError(t, err)
					continue
				}
				stands = true
				if seen[d.files] == nil {
					seen[d.files] = map[string]bool{}
				}
				seen[d.files][date] = true
			}
			if !stands {
				complaints = append(complaints, fmt.Sprintf("%s: %s: tell it from now, or hand the day in and list it with the reason", name, date))
			}
		}
	}
	for _, d := range dated {
		require.NotEmpty(t, d.why, d.files)
		if d.dates == nil && len(seen[d.files]) == 0 {
			complaints = append(complaints, d.files+": listed, and has no date any more")
		}
		for _, date := range d.dates {
			if !seen[d.files][date] {
				complaints = append(complaints, fmt.Sprintf("%s: %s: listed, and not there any more", d.files, date))
			}
		}
	}
	complain(t, "dates of the calendar", complaints)
}

// What a test waits for may take longer on another machine than on the one that
// it was written on; one place knows by how much.
func TestWhatWaitsWaitsAsLongAsTheMachineNeeds(t *testing.T) {
	t.Parallel()
	limits := map[string]int{"Eventually": 2, "EventuallyWithT": 2, "WithTimeout": 1} // which argument it is
	var complaints []string
	found := 0
	for _, name := range sources(t) {
		// The local stack is a module that knows nothing of ours.
		if !strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "deploy/local/") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, read(t, name), 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, limited := limits[f.Sel.Name]
			if !limited || at >= len(call.Args) {
				return true
			}
			found++
			paced := false
			ast.Inspect(call.Args[at], func(n ast.Node) bool {
				of, ok := n.(*ast.SelectorExpr)
				if ok && of.Sel.Name == "Limit" {
					by, ok := of.X.(*ast.Ident)
					paced = paced || ok && by.Name == "pace"
				}
				return true
			})
			if !paced {
				complaints = append(complaints, fmt.Sprintf("%s: %s: give it pace.Limit of what it takes on an idle machine", files.Position(call.Pos()), f.Sel.Name))
			}
			return true
		})
	}
	require.Positive(t, found, "nothing waits")
	complain(t, "limits that do not know the machine", complaints)
}

func TestADateIsFoundHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		`"Issued 2026-11-22."`:                                          {"2026-11-22"},
		`"2026/1/5" + "2026.12.31"`:                                     {"2026.12.31", "2026/1/5"},
		`"2026年11月22日" + "检验有效期至2027年"`:                                 {"2026年11月22日", "2027年"},
		`"DS202611220001"`:                                              {"20261122"},
		`time.Date(2026, 11, 22, 9, 0, 0, 0, china)`:                    {"2026-11-22"},
		`time.Date(2028, time.February, 29, 0, 0, 0, 0, nil)`:           {"2028-02-29"},
		`time.Date(2028, m, d, 0, 0, 0, 0, nil)`:                        {"2028-01-01"},
		`claim.Date{Year: 2026, Month: 1, Day: 2}`:                      {"2026-01-02"},
		`claim.Date{2026, time.May, 2}`:                                 {"2026-05-02"},
		`"2006-01-02" + "20060102"`:                                     nil,
		`"1985-03-16" + "AP-3101-2026-000001" + "26442000000012345678"`: nil,
		`time.Date(now.Year(), 1, 1, 0, 0, 0, 0, china)`:                nil,
	} {
		got := datesOf(t, "x.go", []byte("package x\nvar _ = "+code))
		require.Equal(t, want, got, code)
	}
}
