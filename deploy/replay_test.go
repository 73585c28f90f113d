package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// edit is a change of one source file.
type edit struct{ file, old, new string }

// What may change under open claims, and what may not, tried on the real
// sources: the compiler reads the changed file in place of the real one.
func TestAChangedRuleReplaysAndAChangedStoryDoesNot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		edits   []edit
		replays bool
	}{
		{"rules: a forbidden pair that every claimant has already done, another checklist, another compulsory kind", []edit{
			{"claim/separation.go", "var pairs = []pair{\n", "var pairs = []pair{\n\t{rule: \"separation.agree-own-report\", a: DutyReport, b: DutyPayee},\n"},
			{"claim/checklist.go", "func (f *File) Compulsory() bool {\n", "func (f *File) Compulsory() bool {\n\tif f.Line != \"\" {\n\t\treturn true\n\t}\n"},
			{"claim/papers.go", "const SelfSurveyPhotos = 2\n", "const SelfSurveyPhotos = 5\n"},
		}, true},
		{"an activity removed", []edit{
			{"workflows/claim.go", "system(ctx, p, \"route\", acts.Route)", "p.Stage = claim.SelfSurvey"},
		}, false},
		{"an activity added", []edit{
			{"workflows/claim.go", "system(ctx, p, \"route\", acts.Route)", "system(ctx, p, \"route\", acts.Route)\n\t\tsystem(ctx, p, \"again\", acts.Route)"},
		}, false},
		{"activities reordered", []edit{
			{"workflows/claim.go", "\"anpei/claim\"\n", "\"anpei/activities\"\n\t\"anpei/claim\"\n"},
			{
				"workflows/claim.go", "letter := remote(ctx, p, \"write-denial\", acts.WriteDenial, p.ID)\n\t\tsystemWith(ctx, p, \"notify\", local, acts.NotifyDenial, letter)",
				"var letter activities.Letter\n\t\tsystemWith(ctx, p, \"notify\", local, acts.NotifyDenial, letter)\n\t\tletter = remote(ctx, p, \"write-denial\", acts.WriteDenial, p.ID)",
			},
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := replayWith(t, tt.edits)
			if tt.replays {
				require.NoError(t, err, out)
				return
			}
			require.Error(t, err, "the histories replay as if nothing had changed")
			require.Contains(t, out, "TMPRL1100", "the code compiles, and the replay says what is wrong")
		})
	}
}

// replayWith runs TestReplay with some sources changed.
func replayWith(t *testing.T, edits []edit) (string, error) {
	t.Helper()
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	dir, replace := t.TempDir(), map[string]string{}
	sources := map[string]string{}
	for _, e := range edits {
		if _, edited := sources[e.file]; !edited {
			sources[e.file] = string(read(t, e.file))
		}
		require.Equal(t, 1, strings.Count(sources[e.file], e.old), "%s has changed: tell this test where the line is now", e.file)
		sources[e.file] = strings.Replace(sources[e.file], e.old, e.new, 1)
	}
	for file, source := range sources {
		changed := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		require.NoError(t, os.WriteFile(changed, []byte(source), 0o600))
		replace[filepath.Join(top, file)] = changed
	}
	overlay := filepath.Join(dir, "overlay.json")
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, raw, 0o600))
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-overlay", overlay, "-count=1", "-run", "^TestReplay$", "./workflows")
	cmd.Dir = top
	out, err := cmd.CombinedOutput()
	return string(out), err
}
