// Package deploy_test holds what is tested of the whole: rules of the house
// that no linter knows, and the product as seen from outside.
package deploy_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the top of the checkout, seen from this folder.
const root = ".."

// sources returns the files that are in the repository or about to be,
// relative to its top.
func sources(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	var files []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if info, err := os.Stat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			files = append(files, name)
		}
	}
	require.Greater(t, len(files), 20, "git lists next to nothing")
	return files
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return text
}

// complain fails the test with one line for each complaint.
func complain(t *testing.T, rule string, complaints []string) {
	t.Helper()
	if len(complaints) > 0 {
		t.Errorf("%s:\n  %s", rule, strings.Join(complaints, "\n  "))
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	documented, tests := map[string]bool{}, map[string]bool{} // by folder
	for _, name := range sources(t) {
		if path.Ext(name) != ".go" || strings.Contains(name, "/testdata/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.PackageClauseOnly|parser.ParseComments)
		require.NoError(t, err)
		packages := documented
		if strings.HasSuffix(name, "_test.go") {
			packages = tests
		}
		packages[path.Dir(name)] = packages[path.Dir(name)] || says(file)
	}
	for folder, ok := range tests {
		if _, product := documented[folder]; !product { // nothing but tests
			documented[folder] = ok
		}
	}
	var complaints []string
	for folder, ok := range documented {
		if !ok {
			complaints = append(complaints, folder)
		}
	}
	complain(t, "packages without a doc comment", complaints)
}

// A room that holds everything is one in which nobody finds their line.
func TestRoomsHaveABound(t *testing.T) {
	t.Parallel()
	const mostFiles, mostMethods = 30, 60
	files, methods := map[string]int{}, map[string]int{} // by folder; by folder and type, of the API
	for _, name := range sources(t) {
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.SkipObjectResolution|parser.ParseComments)
		require.NoError(t, err)
		if ast.IsGenerated(file) {
			continue
		}
		files[path.Dir(name)]++
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				of := f.Recv.List[0].Type
				if star, ok := of.(*ast.StarExpr); ok {
					of = star.X
				}
				if named, ok := of.(*ast.Ident); ok && strings.HasPrefix(name, "api/") {
					methods[path.Dir(name)+"."+named.Name]++
				}
			}
		}
	}
	require.NotEmpty(t, methods)
	var complaints []string
	for folder, n := range files {
		if n > mostFiles {
			complaints = append(complaints, fmt.Sprintf("%s has %d files", folder, n))
		}
	}
	for typ, n := range methods {
		if n > mostMethods {
			complaints = append(complaints, fmt.Sprintf("%s has %d methods", typ, n))
		}
	}
	complain(t, fmt.Sprintf("packages of more than %d files, types of api with more than %d methods", mostFiles, mostMethods), complaints)
}

// says reports whether the file's doc comment is one about its package. What a
// generator writes of itself is not.
func says(file *ast.File) bool {
	if ast.IsGenerated(file) {
		return false
	}
	return len(strings.Fields(file.Doc.Text())) >= 4
}

func TestNoFileNamesTheMachineItWasMadeOn(t *testing.T) {
	t.Parallel()
	// In pieces, so that this file does not name them either.
	rules := map[string]*regexp.Regexp{
		"a folder of one machine": regexp.MustCompile(`(^|[^\w.])/(home|root|Users` + `|work)/[A-Za-z.]`),
		"a package registry":      regexp.MustCompile(`\b(registry|proxy|deb|security|sum)\.` + `[a-z]+\.(org|com|net)\b`),
	}
	var complaints []string
	for _, name := range sources(t) {
		text := read(t, name)
		if bytes.IndexByte(text, 0) >= 0 { // not a text
			continue
		}
		for what, rule := range rules {
			for number, line := range bytes.Split(text, []byte("\n")) {
				if found := rule.Find(line); found != nil {
					complaints = append(complaints, fmt.Sprintf("%s:%d: %s (%s)", name, number+1, bytes.TrimSpace(found), what))
				}
			}
		}
	}
	complain(t, "files that hold only on one machine", complaints)
}

func TestMigrationsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	rules := []struct {
		says  string
		broke *regexp.Regexp
	}{
		{"money is bigint, in columns that end in _fen", regexp.MustCompile(`(?i)^\s*"?\w+_fen"?\s+(int\b|integer|smallint|numeric|decimal|real|double|float|money|text)`)},
		{"a rate is an integer, in columns that end in _bp", regexp.MustCompile(`(?i)^\s*"?\w+_bp"?\s+(numeric|decimal|real|double|float|text)`)},
		{"a time has a zone: timestamptz", regexp.MustCompile(`(?i)\btimestamp(\s+without|\s*\(|\s|,|$)`)},
		{"foreign keys and checks have names", regexp.MustCompile(`(?i)^(?:[^-]|-[^-])*?\b(references\s+\w+\s*\(|check\s*\(|foreign\s+key)`)},
		{"there is no way back", regexp.MustCompile(`(?i)\+goose\s+down`)},
	}
	var tables int
	var complaints []string
	for _, name := range sources(t) {
		if !strings.HasPrefix(name, "schemas/db/migrations/") {
			continue
		}
		before := ""
		for number, line := range strings.Split(string(read(t, name)), "\n") {
			if strings.HasPrefix(strings.ToLower(line), "create table") {
				tables++
			}
			for _, rule := range rules {
				named := strings.Contains(strings.ToLower(before+line), "constraint ")
				if rule.broke.MatchString(line) && (!named || !strings.HasSuffix(rule.says, "have names")) {
					complaints = append(complaints, fmt.Sprintf("%s:%d: %s: %s", name, number+1, rule.says, strings.TrimSpace(line)))
				}
			}
			before = line
		}
	}
	require.Positive(t, tables, "no table is created")
	complain(t, "migrations against the rules", complaints)
}

func TestDecisionsAreNumberedDatedAndSettled(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("decisions/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Regexp(t, fmt.Sprintf(`/%04d-[a-z0-9-]+\.md$`, i+1), name, "numbers run without a gap")
		require.Regexp(t, fmt.Sprintf(`^# %d\. \S.*\n\n\d{4}-\d\d-\d\d · (accepted|superseded by \d+)\n`, i+1), string(text), name)
		for _, part := range []string{"Context", "Decision", "Consequences"} {
			require.Contains(t, string(text), "\n## "+part+"\n", name)
		}
	}
}
