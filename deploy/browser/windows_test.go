package browser_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// What a window may take to load, and to show what has happened.
const (
	loadsWithin = 3 * time.Second
	showsWithin = 5 * time.Second
)

// ten are ten windows of one browser, each at an address; every one is there
// while the others are.
func ten(t *testing.T, first *page, addresses ...string) []*page {
	t.Helper()
	require.Len(t, addresses, 10)
	windows := []*page{first}
	for range 9 {
		windows = append(windows, first.window())
	}
	for i, w := range windows {
		ctx, stop := context.WithTimeout(w.tab, pace.Limit(loadsWithin))
		_, err := chromedp.Run(ctx, chromedp.Navigate(site.API+addresses[i]))
		stop()
		require.NoError(t, err, "window %d, at %s", i+1, addresses[i])
	}
	return windows
}

func TestTenWindowsOfOneBrowserFollowOneClaim(t *testing.T) {
	t.Parallel()
	loss := report(t)
	l := &brought{t: t, number: loss.Number}
	page := "/desk/claims/" + l.number
	first := openStraight(t, desk)
	first.sitDown("intake-wang", "王敏", page)
	windows := ten(t, first, page, page, page, page, page, page, page, page, page, page)

	posted[rest.Receipt](l, l.staff("intake-wang"), "/claims/"+l.number+"/conversion", rest.Reason{Reason: "客户来电：拍不了照片"})
	began := time.Now()
	for _, w := range windows {
		w.See("赔案有新变化")
	}
	require.Less(t, time.Since(began), pace.Limit(showsWithin))
	t.Logf("shown by all after %s", time.Since(began))

	// Whoever is left follows on, when those are gone that came first.
	for _, w := range windows[:9] {
		w.Open("about:blank")
	}
	left := windows[9]
	left.Open(page)
	l.task("assign")
	posted[rest.Receipt](l, l.staff("dispatch-li"), "/claims/"+l.number+"/assignment", rest.Assign{Surveyor: "survey-chen", Reason: "离现场最近"})
	left.See("赔案有新变化")
}

// More things are followed than a browser has connections: those that have no
// stream are asked for.
func TestTenWindowsOfOneBrowserFollowManyThings(t *testing.T) {
	t.Parallel()
	var claims []*brought
	var pages []string
	for range 4 {
		l := &brought{t: t, number: report(t).Number}
		claims, pages = append(claims, l), append(pages, "/desk/claims/"+l.number)
	}
	first := openStraight(t, desk)
	first.sitDown("intake-wang", "王敏", "/desk")
	windows := ten(t, first, append([]string{"/desk", "/desk"}, append(pages, pages...)...)...)

	var last time.Time
	for _, l := range claims {
		posted[rest.Receipt](l, l.staff("intake-wang"), "/claims/"+l.number+"/conversion", rest.Reason{Reason: "客户来电：拍不了照片"})
		last = time.Now()
	}
	for _, w := range windows[2:] {
		w.See("赔案有新变化")
	}
	require.Less(t, time.Since(last), pace.Limit(showsWithin))
	t.Logf("shown by all after %s", time.Since(last))
}
