package browser_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
	"anpei/schemas/rest"
)

// survey is one that waits for the answer of survey-chen.
type survey struct {
	loss

	Task string
	chen play.Caller
}

// offered reports a collision close to survey-chen, who is asked to go.
func offered(t *testing.T, place string) survey {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(patience))
	defer stop()
	s := survey{loss: insure(t)}
	hotline, err := site.Staff(ctx, "intake-wang")
	require.NoError(t, err)
	receipt, err := play.Post[rest.Receipt](ctx, hotline, play.Key(), "/claims", rest.Notice{
		Channel: "phone", Line: "motor", PolicyNo: s.Policy, Plate: s.Plate, LossAt: time.Now().Add(-time.Hour), Cause: "collision",
		Place: place, At: &rest.Point{Lat: 31.2291, Lng: 121.5352},
		Story:    "左转弯时与直行车相撞，本车前部受损，对方右侧车门受损，无人受伤，已报交警。",
		Reporter: rest.Party{Name: "周晓岚", Phone: s.Phone, Role: "insured"},
		Exposures: []rest.NewExposure{
			{Kind: "own_damage", Object: "本车前部", Estimate: 1_600_000},
			{Kind: "third_party_property", Object: "对方右侧车门", Estimate: 500_000, Owner: &rest.Party{Name: "宋雨", Phone: "139" + digits(t, 8), Role: "third_party"}},
		},
	})
	require.NoError(t, err)
	s.Number = receipt.Number
	dispatcher, err := site.Staff(ctx, "dispatch-li")
	require.NoError(t, err)
	s.chen, err = site.Staff(ctx, "survey-chen")
	require.NoError(t, err)
	named := false
	require.NoError(t, play.Until(ctx, "survey offered to survey-chen", patience, func() (bool, error) {
		c, err := play.Get[rest.Claim](ctx, dispatcher, "/claims/"+s.Number)
		if err != nil || c.Stage != "dispatched" && c.Stage != "dispatching" {
			return false, err
		}
		for _, task := range c.Tasks {
			switch {
			case task.Kind == "survey" && task.Owner == "survey-chen":
				s.Task = task.Id
			case !named && (task.Kind == "survey" || task.Kind == "assign"): // another one is as near, or has less to do
				named = true
				_, err = play.Post[rest.Receipt](ctx, dispatcher, play.Key(), "/claims/"+s.Number+"/assignment", rest.Assign{Surveyor: "survey-chen", Reason: "就近"})
			}
		}
		return s.Task != "", err
	}))
	return s
}

// photo is a picture of its own, heavy bytes of it as a comment.
func photo(t *testing.T, name string, heavy int) play.File {
	t.Helper()
	drawn := image.NewRGBA(image.Rect(0, 0, 320, 240))
	shade := make([]byte, 3)
	_, err := rand.Read(shade)
	require.NoError(t, err)
	for x := range 320 {
		for y := range 240 {
			drawn.Set(x, y, color.RGBA{shade[0] ^ byte(x), shade[1] ^ byte(y), shade[2], 255})
		}
	}
	var raw bytes.Buffer
	require.NoError(t, jpeg.Encode(&raw, drawn, nil))
	var out bytes.Buffer
	out.Write(raw.Bytes()[:2])
	comment := make([]byte, 65_533)
	for out.Len() < heavy {
		_, err := rand.Read(comment)
		require.NoError(t, err)
		out.Write([]byte{0xff, 0xfe, 0xff, 0xff})
		out.Write(comment)
	}
	out.Write(raw.Bytes()[2:])
	return play.File{Name: name, Bytes: out.Bytes()}
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// hasPlace lets the phone know where it is.
func (p *page) hasPlace(lat, lng float64) {
	p.t.Helper()
	metres := 12.0
	p.lets(browser.PermissionSettingGranted)
	command(p, "be somewhere", emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Latitude: &lat, Longitude: &lng, Accuracy: &metres})
}

// holds waits until a promise comes to true.
func (p *page) holds(what, promise string) {
	p.t.Helper()
	p.until(what, func(ctx context.Context) (bool, string, error) {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](promise, chromedp.EvalAwaitPromise))
		return ok, promise, err
	})
}

// keptOffline waits until the worker has these pages.
func (p *page) keptOffline(paths ...string) {
	p.t.Helper()
	for _, path := range paths {
		p.holds(path+" on the phone", fmt.Sprintf("caches.open('anpei-pages').then((c) => c.match(%s)).then(Boolean)", quoted(path)))
	}
}

// pieces counts what the list on the capture page says of the files.
func pieces(state string) string {
	return fmt.Sprintf("document.querySelectorAll('#pieces [data-state=%s]').length", state)
}

const readyToCapture = "document.documentElement.dataset.ready"

// A surveyor takes a survey on, works where there is no network, and the phone
// dies meanwhile: all that was taken is there, arrives, and arrives once.
func TestASurveyorWorksWithoutANetwork(t *testing.T) {
	t.Parallel()
	p := openApart(t, phone)
	p.signIn("陈刚")
	p.hasPlace(31.2290, 121.5350)
	p.See("今天的查勘")
	p.Click("下班")
	p.See("未当班")
	p.Click("上班")
	p.See("当班中")
	s := offered(t, "上海市浦东新区张杨路、源深路路口")
	p.See("张杨路、源深路路口") // live: nobody reloads
	p.See("22 m")
	p.Look("surveyor-today")
	task, capture := "/s/"+s.Task, "/s/"+s.Task+"/capture"
	p.Open(task)
	p.See("等您答复")
	p.Look("surveyor-task")
	p.Click("接单")
	p.See("已接单")
	p.Open("/s/")
	p.keptOffline("/s/", "/s/outbox", task, capture)

	p.Offline(true)
	p.Open(capture)
	p.Wait("page that takes pictures", readyToCapture)
	photos := []play.File{photo(t, "IMG_1.jpg", 300<<10), photo(t, "IMG_2.jpg", 300<<10), photo(t, "IMG_3.jpg", 1<<20)}
	for i, label := range []string{"现场全景", "受损部位", "车牌"} {
		p.Upload(label, photos[i])
		p.Wait("picture on the phone", fmt.Sprintf("%s === %d", pieces("kept"), i+1))
	}
	p.Upload("里程表", play.File{Name: "notes.txt", Bytes: []byte("text")})
	p.See("notes.txt 不是照片、PDF 或电子发票")
	p.Click("现在")
	p.Fill("查明的事实", "两车相撞于路口内，本车前保险杠、大灯受损，对方右侧车门凹陷。")
	p.Fill("我方责任", "7000")
	p.Fill("估计损失（元）", "18,500.50")
	p.Fill("与当事人的谈话", "何先生称未看到对方直行。")
	p.Fill("签名人姓名", "何建国")
	p.draw("#signature")
	p.holds("signature on the phone", stored("reports", "r.strokes.length === 1"))
	p.See("已存在手机里")
	p.holds("report on the phone", stored("reports", "r.form.signer === '何建国'"))
	p.Snap("surveyor-capture.offline.zh")

	p.Crash()
	p.Open("/s/")
	p.See("没有网络，这是")
	p.See("张杨路、源深路路口") // the list as it was last seen
	p.Open(capture)
	p.Wait("page that takes pictures", readyToCapture)
	p.Wait("pictures that were taken", pieces("kept")+" === 3")
	require.Equal(t, "18,500.50", p.Value("估计损失（元）"))
	require.Equal(t, "何建国", p.Value("签名人姓名"))
	p.Click("完成并发送")
	p.See("报告已完成，等待发送")
	p.Open("/s/outbox")
	p.See("存在手机里")
	p.Snap("surveyor-outbox.offline.zh")

	// The session has ended meanwhile, too: nothing is lost by that either.
	command(p, "end the session here", network.ClearBrowserCookies, cdp.Empty{})
	p.Allow("401")
	p.Allow("net::ERR")
	p.Offline(false)
	p.Click("现在发送")
	p.See("登录已过期")
	p.Snap("surveyor-outbox.signed-out.zh")
	p.Click("重新登录")
	p.through("陈刚")
	p.Wait("report that has arrived", "document.querySelectorAll('#outbox [data-state=confirmed]').length === 5")
	p.Look("surveyor-outbox.confirmed")
	s.filedOnce(t, photos)

	p.Click(capturedPlace) // the heading leads to the page of the survey
	p.See("报告已送达入案")
	p.Look("surveyor-capture.filed")
	p.Open("/s/outbox")
	p.Wait("outbox", readyToCapture)
	before := eval[int](p, "document.querySelectorAll('#outbox [data-piece]').length")
	eval[bool](p, "document.querySelector('#outbox [data-piece] .sure button').click(), true")
	p.See("确定从手机里删除")
	eval[bool](p, "document.querySelector('#outbox [data-asking]').lastElementChild.click(), true")
	p.Wait("one fewer", fmt.Sprintf("document.querySelectorAll('#outbox [data-piece]').length === %d", before-1))
	s.filedOnce(t, photos)
}

const capturedPlace = "上海市浦东新区张杨路、源深路路口"

// stored is true once something that is so is in a store of the phone.
func stored(store, so string) string {
	return fmt.Sprintf(`new Promise((done, fail) => {
		const asked = indexedDB.open('anpei-surveyor')
		asked.onerror = () => fail(asked.error)
		asked.onsuccess = () => {
			const all = asked.result.transaction(%s).objectStore(%[1]s).getAll()
			all.onsuccess = () => { asked.result.close(); done(all.result.some((r) => %s)) }
		}
	})`, quoted(store), so)
}

// draw draws a line across an element with a finger, never the same twice.
func (p *page) draw(selector string) {
	p.t.Helper()
	box := eval[[]float64](p, fmt.Sprintf(`(() => {
		const e = document.querySelector(%s)
		e.scrollIntoView({ block: 'center', behavior: 'instant' })
		const r = e.getBoundingClientRect()
		return [r.x, r.y, r.width, r.height]
	})()`, quoted(selector)))
	drawn, err := strconv.ParseFloat("0."+digits(p.t, 6), 64)
	require.NoError(p.t, err)
	for i, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMouseReleased} {
		part := 0.2 + 0.2*float64(i)
		command(p, "draw", input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: kind, X: box[0] + box[2]*part, Y: box[1] + box[3]*(0.3+0.1*drawn+0.4*float64(i%2)), Button: input.MouseButtonLeft, ClickCount: 1,
		})
	}
}

// filedOnce looks through the API at what came of a survey.
func (s survey) filedOnce(t *testing.T, photos []play.File) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(patience))
	defer stop()
	documents, err := play.List[rest.DocumentSummary](ctx, s.chen, "/claims/"+s.Number+"/documents")
	require.NoError(t, err)
	var want, got []string
	for _, f := range photos {
		want = append(want, hashOf(f.Bytes))
	}
	var ids []string
	for _, d := range documents {
		ids = append(ids, d.Id)
		if d.Kind == "loss_photo" {
			got = append(got, d.Sha256)
		} else {
			require.Equal(t, "签名-1.png", d.Name)
		}
		require.False(t, d.TakenAt.IsZero())
	}
	require.ElementsMatch(t, want, got, "the originals, byte for byte")
	require.Len(t, documents, len(photos)+1, "and the signature")
	surveys, err := play.List[rest.Survey](ctx, s.chen, "/claims/"+s.Number+"/surveys")
	require.NoError(t, err)
	require.Len(t, surveys, 1)
	require.ElementsMatch(t, ids, surveys[0].Photos)
	require.EqualValues(t, 1_850_050, surveys[0].EstimateFen)
	require.EqualValues(t, 7000, surveys[0].FaultShareBp)
	require.Contains(t, surveys[0].Facts, "何先生称未看到对方直行")
	require.NotNil(t, surveys[0].Place)
}

// A line breaks in the middle of a file: what has come is not sent again.
func TestAPictureGoesOnWhereTheLineBroke(t *testing.T) {
	t.Parallel()
	s := offered(t, "上海市浦东新区崂山路 500 号")
	p := open(t, phone)
	p.signIn("陈刚")
	p.Open("/s/" + s.Task)
	p.Click("接单")
	p.See("已接单")
	p.Click("拍照、填报告")
	p.Wait("page that takes pictures", readyToCapture)

	var mu sync.Mutex
	var offsets []int64
	broken := false
	p.net.watch(func(r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return true
		}
		mu.Lock()
		defer mu.Unlock()
		offset, _ := strconv.ParseInt(r.URL.Query().Get("offset"), 10, 64)
		offsets = append(offsets, offset)
		if len(offsets) >= 3 && !broken { // in the middle of the third
			broken = true
			_, _ = io.CopyN(io.Discard, r.Body, 100<<10)
			return false
		}
		return true
	})
	p.Allow("net::ERR") // the break
	big := photo(t, "IMG_9.jpg", 9<<20)
	p.Upload("现场全景", big)
	p.Wait("picture that has arrived", pieces("arrived")+" === 1")
	mu.Lock()
	defer mu.Unlock()
	require.True(t, broken)
	require.Greater(t, len(offsets), 3)
	require.Equal(t, offsets[2], offsets[3], "it goes on with the chunk that broke")
	for i := 4; i < len(offsets); i++ {
		require.Greater(t, offsets[i], offsets[i-1])
	}
	require.Positive(t, offsets[2])
	require.NotContains(t, strings.Join(p.complaints, ""), "500")
}

// Two surveyors share a phone: what the first one took is neither shown nor
// sent as the other's, and goes when the first one is back.
func TestOnASharedPhoneEachOnesThingsStayTheirOwn(t *testing.T) {
	t.Parallel()
	s := offered(t, "上海市浦东新区浦电路 57 号")
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(patience))
	defer stop()
	_, err := play.Post[rest.Receipt](ctx, s.chen, play.Key(), "/tasks/"+s.Task+"/acceptance", nil)
	require.NoError(t, err)
	p := open(t, phone)
	p.signIn("陈刚")
	p.See("浦电路 57 号")
	capture := "/s/" + s.Task + "/capture"
	p.Open(capture)
	p.Wait("page that takes pictures", readyToCapture)
	p.keptOffline(capture)
	p.Allow("net::ERR")
	p.Offline(true)
	p.Upload("现场全景", photo(t, "IMG_1.jpg", 0))
	p.Wait("picture on the phone", pieces("kept")+" === 1")

	command(p, "end the session here", network.ClearBrowserCookies, cdp.Empty{})
	p.Allow("401")
	p.Offline(false)
	p.signIn("赵磊")
	p.See("另一位同事未送达的 1 件内容")
	p.Open("/s/outbox")
	p.See("手机里没有内容")
	none, err := play.List[rest.DocumentSummary](ctx, s.chen, "/claims/"+s.Number+"/documents")
	require.NoError(t, err)
	require.Empty(t, none)
	p.Offline(true)
	p.Open("/s/")
	p.See("今天的查勘")
	p.Gone("浦电路 57 号")
	p.Offline(false)
	p.Click("退出")
	p.See("员工登录")
	p.holds("no page of the one who left", "caches.open('anpei-pages').then((c) => c.keys()).then((all) => all.length === 0)")

	p.signIn("陈刚")
	p.Open(capture)
	p.Wait("picture that has arrived", pieces("arrived")+" === 1")
}
