package site

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/schemas/rest"
)

// A person's note may have a mark that once parted two languages: it is shown
// whole.
func TestANoteIsShownInThePagesLanguageAndAPersonsWhole(t *testing.T) {
	t.Parallel()
	coded := rest.Task{NoteCode: "release.second", NoteZh: "第二人复核放款", NoteEn: "a second person releases"}
	written := rest.Task{Note: "3 号楼 · building 3"}
	for l, want := range map[Lang]string{ZH: "第二人复核放款", EN: "a second person releases"} {
		require.Equal(t, want, l.note(coded))
		require.Equal(t, "3 号楼 · building 3", l.note(written))
	}
}
