package workflows_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"anpei/workflows"
)

// A claim that is open while a release goes out runs on under the new code. If
// its history cannot be replayed, it stops where it stands. Gate the change
// with workflow.GetVersion (versions.go), and record new histories at the tag.
func TestReplay(t *testing.T) {
	t.Parallel()
	if *release != "" {
		store(t, filepath.Join("testdata/histories", *release))
	}
	files, err := filepath.Glob("testdata/histories/*/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files, "there are no histories: make histories records them")
	for _, file := range files {
		t.Run(filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			workflows.Register(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file), "open claims like this one would stop at the release")
		})
	}
}
