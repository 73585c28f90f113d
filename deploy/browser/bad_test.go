package browser_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// wrongClock lets the pages that are opened from now on think that it is later.
func (p *page) wrongClock(by time.Duration) {
	p.t.Helper()
	command(p, "put the clock forward", cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf("{ const real = Date.now; Date.now = () => real() + %d }", by.Milliseconds()),
	})
}

// room is how many bytes the phone keeps for the product.
func (p *page) room(n float64) {
	p.t.Helper()
	command(p, "fill the phone", storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: site.API, QuotaSize: &n})
}

// What is sent twice, from two tabs or after Back, acts once; a page older than
// its claim says so; and whoever was away for too long loses nothing.
func TestAClaimantsFormsActOnceAndLoseNothing(t *testing.T) {
	t.Parallel()
	l := report(t)
	p := open(t, phone)
	p.track(l)
	p.Allow("409")
	p.Allow("401")
	p.Open("/c/" + l.Number + "/visit")
	other := p.window()
	other.Allow("409")
	other.Open("/c/" + l.Number + "/visit")
	other.Fill("原因（可不填）", "另一个窗口")
	p.settle()
	eval[bool](p, "(() => { const b = document.querySelector('main form button'); b.click(); b.click(); return true })()") // a double click
	p.See("已安排，查勘员会联系您")
	eval[bool](p, "history.back(), true")
	p.See("赔案不在能做这一步的阶段") // after Back: it is done
	other.Click("请查勘员来")
	other.See("赔案已进入下一步")
	other.Snap("older-page.zh")
	audit, err := site.Staff(t.Context(), "audit-xu")
	require.NoError(t, err)
	events, err := play.List[rest.Event](t.Context(), audit, "/claims/"+l.Number+"/timeline")
	require.NoError(t, err)
	changed := 0
	for _, e := range events {
		if e.Kind == "lane.changed" {
			changed++
		}
	}
	require.Equal(t, 1, changed)

	// The session ends while somebody types.
	p.Open("/c/" + l.Number + "/withdraw")
	p.Fill("原因（可不填）", "修理厂说不用赔了，自己处理")
	kept := command(p, "look at the cookies", network.GetCookies, network.GetCookiesParams{URLs: []string{site.API}}).Cookies
	command(p, "end the session", network.ClearBrowserCookies, cdp.Empty{})
	p.Click("确认撤回")
	p.See("登录已结束")
	p.See("修理厂说不用赔了，自己处理")
	p.Snap("session-ended.zh")
	for _, c := range kept { // they have signed in again, in another window
		command(p, "sign in", network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: site.API})
	}
	p.Click("再次提交")
	p.See("赔案已撤回")
}

// An offer that is not the newest is not agreed to.
func TestAnOlderOfferIsNotAgreedTo(t *testing.T) {
	t.Parallel()
	place := rest.Point{Lat: 31.2304, Lng: 121.5150}
	l := bring(t, "13900000076", "motor", "000284", 150, rest.Notice{
		Place: "上海市浦东新区张杨路 500 号", At: &place, Cause: "collision", Story: "变道时与护栏相撞，无人受伤。",
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "本车前部", Estimate: 1_600_000}},
	})
	l.surveyed(place, 10_000, 1_500_000, specimen.CarFront)
	l.assessed(1_450_000)
	l.waived()
	p := open(t, phone)
	p.goesOn(l.claimant, "/c/"+l.number+"/amount")
	p.Allow("409")
	p.Click("我同意按 ¥14,500.00 赔付")
	posted[rest.Receipt](l, l.claimant, "/claims/"+l.number+"/offers/1/objection", rest.NewObjection{Reason: "少算了一项", CounterFen: 1_700_000})
	l.assessed(1_650_000)
	p.Click("同意这个金额")
	p.See("报价已更新")
	p.See("¥16,500.00")
	require.Empty(t, l.now().Amounts.PaidFen)
	p.Snap("amount-superseded.zh")
}

// A phone that is full and whose clock is wrong, with a camera that is too good.
func TestAClaimantsPicturesArriveFromAnOldPhone(t *testing.T) {
	t.Parallel()
	l := report(t)
	p := open(t, phone)
	p.track(l)
	p.wrongClock(72 * time.Hour)
	p.room(1000)
	p.Click("请再拍摄受损部位照片（至少两张，不同角度）")
	picture, err := specimen.LossPhoto(specimen.Photo{View: specimen.CarRear, Plate: l.Plate, Seed: 21})
	require.NoError(t, err)
	p.Upload("受损部位全貌", play.File{Name: "IMG_0001.jpg", Bytes: picture})
	p.See("清楚，可以发送")
	p.Upload("受损部位近照", play.File{Name: "IMG_0002.jpg", Bytes: megapixels(t, 7300, 5480)})
	p.Wait("a picture of 40 megapixels is taken", "document.querySelectorAll('.thumb').length === 2")
	p.Click("发送照片")
	p.See("已收到，谢谢")
	audit, err := site.Staff(t.Context(), "audit-xu")
	require.NoError(t, err)
	documents, err := play.List[rest.DocumentSummary](t.Context(), audit, "/claims/"+l.Number+"/documents")
	require.NoError(t, err)
	require.Len(t, documents, 2)
	for _, d := range documents {
		require.WithinRange(t, d.TakenAt, time.Now().Add(-80*time.Hour), time.Now().Add(time.Minute), "by our clock, not the phone's")
	}
}

// megapixels is a picture as large as it says.
func megapixels(t *testing.T, width, height int) []byte {
	t.Helper()
	drawn := image.NewGray(image.Rect(0, 0, width, height))
	for y := 0; y < height; y += 64 {
		for x := range width {
			drawn.SetGray(x, y, color.Gray{uint8(x)})
		}
	}
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, drawn, &jpeg.Options{Quality: 60}))
	return out.Bytes()
}

// A surveyor's phone may be full, its clock wrong, its place hidden, and its
// camera set to a format that nobody reads: the page says each, and what to do.
func TestASurveyorIsToldWhatThePhoneCannotDo(t *testing.T) {
	t.Parallel()
	s := offered(t, "上海市浦东新区锦绣路 1001 号")
	_, err := play.Post[rest.Receipt](t.Context(), s.chen, play.Key(), "/tasks/"+s.Task+"/acceptance", nil)
	require.NoError(t, err)
	p := open(t, phone)
	p.room(1) // before anything is kept: the browser reckons anew only now and then
	p.signIn("陈刚")
	p.lets(browser.PermissionSettingDenied)
	p.wrongClock(26 * time.Hour)
	p.Open("/s/" + s.Task + "/capture")
	p.See("手机存储已满，现在写的和拍的都存不下") // on the page itself, which needs no room
	p.See("受损部位")
	p.Snap("surveyor-capture.no-room.zh")
	p.room(4 << 20)
	p.Open("/s/" + s.Task + "/capture")
	p.Wait("page that takes pictures", readyToCapture)
	p.See("时钟快了")
	p.See("没有位置。可以继续")
	p.Upload("现场全景", play.File{Name: "IMG_1.heic", Bytes: []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00")})
	p.See("IMG_1.heic 是 HEIC 格式")
	p.Upload("受损部位", photo(t, "IMG_2.jpg", 6<<20))
	p.See("手机存储已满，IMG_2.jpg 没有存下")
	p.Snap("surveyor-capture.full.zh")
	p.room(1 << 30)
	p.Upload("受损部位", photo(t, "IMG_2.jpg", 6<<20))
	p.Wait("picture that has arrived", pieces("arrived")+" === 1")
}
