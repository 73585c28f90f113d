package deploy_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// A claim's papers come while the object store is out of the reader's reach,
// and the reader is killed while it reads one of them: the claim goes its way
// as if neither had been.
func TestAPaperIsReadThoughTheStoreIsAwayAndItsReaderDies(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(2*time.Minute))
	defer stop()
	p := newProduct(ctx, t)
	began := time.Now()

	admin, err := p.Staff(ctx, "admin-lv")
	require.NoError(t, err)
	phone := "13900000011"
	_, err = play.Post[rest.Policy](ctx, admin, play.Key(), "/policies", rest.NewPolicy{
		Number: "PDAA3101READER001", Line: "motor", Branch: "3101", Plate: "沪AD58321", Holder: rest.Holder{Name: "周晓岚", Phone: phone},
		Versions: []rest.NewPolicyVersion{{StartsAt: began.AddDate(0, -1, 0), EndsAt: began.AddDate(0, 11, 0), Coverages: []rest.Coverage{
			{Kind: "own_damage", Form: "motor-2020", SumInsuredFen: 18_600_000, ValueFen: 18_600_000},
		}}},
	})
	require.NoError(t, err)
	claimant, _, err := p.Claimant(ctx, phone, "")
	require.NoError(t, err)
	reported, err := play.Post[rest.Receipt](ctx, claimant, play.Key(), "/claims", rest.Notice{
		Channel: "app", Line: "motor", PolicyNo: "PDAA3101READER001", Plate: "沪AD58321", LossAt: began.Add(-time.Hour),
		Place: "上海市浦东新区世纪大道", Cause: "scratch", Story: "倒车蹭到立柱", Self: true,
		Reporter:  rest.Party{Name: "周晓岚", Phone: phone, Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "后保险杠", Estimate: 320_000}},
	})
	require.NoError(t, err)
	now := func() rest.Claim {
		c, err := play.Get[rest.Claim](ctx, claimant, "/claims/"+reported.Number)
		require.NoError(t, err)
		return c
	}
	until := func(what string, done func() bool) {
		t.Helper()
		require.NoError(t, play.Until(ctx, what, 40*time.Second, func() (bool, error) { return done(), nil }), "%+v", now())
	}
	until("wish for pictures", func() bool { return now().Stage == "self_survey" })

	p.store.Cut(true)
	_, err = play.Attach(ctx, claimant, reported.Number, papers(t)...)
	require.NoError(t, err)
	fourth := regexp.MustCompile(`"ActivityType":"(ReadPaper|LookAtPhotos)".*"Attempt":4\b|"Attempt":4\b.*"ActivityType":"(ReadPaper|LookAtPhotos)"`)
	until("fourth attempt", func() bool {
		log, err := os.ReadFile(p.readerLog)
		require.NoError(t, err)
		return fourth.Match(log)
	})
	require.Equal(t, rest.Stage("self_survey"), now().Stage)
	p.store.Cut(false)
	until("reading of the invoice", func() bool { return len(p.reading()) > 0 })
	p.dieReader("while it reads")
	killed := time.Now()
	until("offer", func() bool { return now().Stage == "negotiating" })
	t.Logf("the papers were read %s after the reader died", time.Since(killed).Round(100*time.Millisecond))
	require.Less(t, time.Since(killed), pace.Limit(30*time.Second))

	require.Equal(t, rest.Lane("flash"), now().Lane)
	documents, err := play.List[rest.Document](ctx, claimant, "/claims/"+reported.Number+"/documents")
	require.NoError(t, err)
	for _, d := range documents {
		require.EqualValues(t, rest.Read, d.State, "%+v", d)
	}
	var left []string
	until("nothing left but the models of the living reader", func() bool {
		left, err = filepath.Glob(filepath.Join(p.scratch, "*", "*", "*"))
		require.NoError(t, err)
		return len(left) == 1 && strings.HasPrefix(filepath.Base(left[0]), "anpei-models-")
	})
	beside, err := filepath.Glob(filepath.Join(p.scratch, "*"))
	require.NoError(t, err)
	require.Len(t, beside, 1, "%v", beside)
}

// reading returns the processes that read a paper now.
func (p product) reading() (pids []string) {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range lines {
		line, err := os.ReadFile(name)
		if err == nil && bytes.Contains(line, []byte("page-reader")) && bytes.Contains(line, []byte(p.scratch)) &&
			bytes.Contains(line, []byte("anpei-page-")) && !bytes.Contains(line, []byte("\x00-look\x00")) {
			pids = append(pids, filepath.Base(filepath.Dir(name)))
		}
	}
	return pids
}
