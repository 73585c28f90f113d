package ocr

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatKilledProcessesLeftIsRemovedAndNothingElse(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	living, free, err := Scratch(t.Context(), parent)
	require.NoError(t, err)
	page := filepath.Join(living, "anpei-page-1")
	require.NoError(t, os.WriteFile(page, []byte("a licence"), 0o600))
	left := filepath.Join(filepath.Dir(living), "process-of-one-killed") // whose lock went with it
	require.NoError(t, os.MkdirAll(filepath.Join(left, "anpei-models-1"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(left, "anpei-models-1", "model"), nil, 0o600))
	strange := filepath.Join(parent, "of-another-program")
	require.NoError(t, os.Mkdir(strange, 0o700))

	next, freeNext, err := Scratch(t.Context(), parent)
	require.NoError(t, err)
	require.NotEqual(t, living, next)
	require.NoDirExists(t, left)
	require.FileExists(t, page)
	require.DirExists(t, strange)

	freeNext()
	require.NoDirExists(t, next)
	require.FileExists(t, page)
	free()
	require.NoDirExists(t, living)
}

func TestAFolderThatOthersMayEnterIsNotUsed(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	ours := filepath.Join(parent, "anpei-reader-"+strconv.Itoa(os.Getuid()))
	require.NoError(t, os.Mkdir(ours, 0o700))
	require.NoError(t, os.Chmod(ours, 0o777))
	_, _, err := Scratch(t.Context(), parent)
	require.ErrorContains(t, err, "others may enter")
	require.NoError(t, os.Remove(ours))
	require.NoError(t, os.Symlink(t.TempDir(), ours))
	_, _, err = Scratch(t.Context(), parent)
	require.Error(t, err)
}
