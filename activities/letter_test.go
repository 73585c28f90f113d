package activities_test

import (
	"bytes"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/testenv"
)

// A formal notice must say every character of what was decided, at every line
// length, and be the same bytes each time it is written.
func TestTheNoticeOfADenialSaysAllOfItAndIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Store, d.Bucket = testenv.Store(t)
	d.FontFile = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"
	facts := strings.Repeat("驾驶人持C1类驾驶证，驾驶中型厢式货车(准驾B2)；", 40)
	d.assessed(3_000_000)
	do(d, d.Consent, customer, claim.Consent{Offer: 1})
	do(d, d.Review, reviewer("zheng", 1), claim.Verdict{
		Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictDeny,
		Denial: &claim.Denial{Clause: "第八条第（二）项", Facts: facts, Reasons: "责任免除"},
	})
	do(d, d.DecideDenial, reviewer("feng", 2), claim.DenialVerdict{Task: d.file.TaskOf(claim.TaskDenial).ID, Approve: true})

	letter, err := d.WriteDenial(t.Context(), d.id)
	require.NoError(t, err)
	again, err := d.WriteDenial(t.Context(), d.id)
	require.NoError(t, err)
	require.Equal(t, letter.SHA256, again.SHA256)
	require.Equal(t, letter.Object, again.Object)

	object, err := d.Store.GetObject(t.Context(), d.Bucket, letter.Object, minio.GetObjectOptions{VersionID: letter.Revision})
	require.NoError(t, err)
	pdf, err := io.ReadAll(object)
	require.NoError(t, err)
	read := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	text, err := read.Output()
	require.NoError(t, err)
	said := regexp.MustCompile(`\s+`).ReplaceAllString(string(text), "")
	for _, want := range []string{d.file.Number, facts, "第八条第（二）项", "责任免除", "保险法》第二十四条", "12378", "仲裁", "诉讼", "申请复核", "申请调解"} {
		require.Contains(t, said, want)
	}

	do(d, d.NotifyDenial, machine, letter)
	require.Equal(t, claim.OutcomeDenied, d.file.Outcome)
	require.Equal(t, 1, d.count("letters"))
	d.verifyChain()
}
