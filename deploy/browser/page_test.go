package browser_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
)

// patience is how long a page may take until it shows what is waited for, on a
// slow machine that does other things too.
const patience = time.Minute

// screen is what somebody looks at.
type screen struct {
	name          string
	width, height int64
	scale         float64
	touch         bool
}

var (
	phone = screen{"phone", 390, 844, 1.5, true}
	desk  = screen{"desk", 1440, 900, 1, false}
)

// page is a tab of one person, with cookies, storage and service workers of
// their own. What fails ends the test.
type page struct {
	t       *testing.T
	screen  screen
	profile string // folder of a browser of its own, which may be killed; "" in the one that all share
	net     *tunnel

	tab   context.Context // of the browser that runs
	close func()
	asked time.Time // when it was last clicked

	fitted screen
	scheme string // the light: "" until somebody looks

	mu         sync.Mutex
	complaints []string // what the browser found wrong
	allowed    []string
	offline    bool
	leaving    bool // a click has asked for another page, which is not there yet
	frame      cdp.FrameID
}

// open starts a browser for somebody who sits before this screen. A journey is
//
//	p := open(t, phone)
//	p.Open("/track")                  // path of the product, or an address
//	p.Fill("手机号", "13900000001")     // by label
//	p.Click("发送验证码")               // by the text that is read on it
//	p.Fill("验证码", p.Code("13900000001"))
//	p.Click("查询")                   // waits for the page that it leads to
//	p.See("正在核定损失")               // waits for the text
//	p.Look("claim")                   // accessibility in both languages, and pictures
//
// There is nothing to sleep for: each step waits for what it needs. When the
// test ends, anything the browser complained about fails it: scripts, resources,
// the content security policy.
func open(t *testing.T, s screen) *page {
	t.Helper()
	return (&page{t: t, screen: s, net: newTunnel(t)}).begin()
}

// openApart starts a browser for one journey alone: one that kills it, or has
// it looked at from outside. What it keeps outlives its death.
func openApart(t *testing.T, s screen) *page {
	t.Helper()
	return (&page{t: t, screen: s, profile: t.TempDir(), net: newTunnel(t)}).begin()
}

// openStraight reaches the product without a tunnel: a browser that goes
// through a proxy opens more connections to a host than people's do.
func openStraight(t *testing.T, s screen) *page {
	t.Helper()
	return (&page{t: t, screen: s}).begin()
}

func (p *page) begin() *page {
	p.t.Helper()
	p.start()
	p.t.Cleanup(p.end)
	return p
}

// window opens another window for the same person.
func (p *page) window() *page {
	p.t.Helper()
	w := &page{t: p.t, screen: p.screen, profile: p.profile, net: p.net}
	w.tab, w.close = chromedp.NewContext(p.tab, chromedp.WithListener(w.hear))
	w.show()
	p.t.Cleanup(w.end)
	return w
}

// end closes the page, and fails the test for what the browser complained about.
func (p *page) end() {
	if p.t.Failed() {
		p.lastWords()
	}
	p.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.complaints) > 0 {
		p.t.Errorf("the browser complained:\n  %s", strings.Join(p.complaints, "\n  "))
	}
}

// shared is the browser in which most journeys have a context of their own.
var shared context.Context

// bypass has the product's requests go through the tunnel too, though its host
// is this one.
const bypass = "<-loopback>"

// start opens a context in the browser that all share, or starts one on the
// page's own profile.
func (p *page) start() {
	p.t.Helper()
	hears := chromedp.WithListener(p.hear)
	if p.profile == "" {
		p.tab, p.close = chromedp.NewContext(shared, hears, chromedp.WithNewBrowserContext(func(c *target.CreateBrowserContextParams) {
			if p.net != nil {
				c.ProxyServer, c.ProxyBypassList = "http://"+p.net.address, bypass
			}
		}))
	} else {
		// The page outlives the test's own context, so that its end can be looked at.
		own, stop := launch(context.WithoutCancel(p.t.Context()), p.profile, chromedp.ProxyServer("http://"+p.net.address), chromedp.Flag("proxy-bypass-list", bypass))
		tab, closeTab := chromedp.NewContext(own, hears)
		p.tab, p.close = tab, func() { closeTab(); stop() }
	}
	p.show()
}

// launch returns a browser that starts when something is done in it.
func launch(ctx context.Context, profile string, options ...chromedp.ExecAllocatorOption) (context.Context, context.CancelFunc) {
	return chromedp.NewExecAllocator(ctx, append(options,
		chromedp.Flag("headless", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-extensions", true), chromedp.Flag("disable-field-trial-config", true),
		// Each window would start four processes: for its page, for the next one, and for what an address is typed into.
		chromedp.Flag("disable-features", "SpareRendererForSitePerProcess,PreloadTopChromeWebUI,InitialWebUI,WebUIToolbar,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("accept-lang", "zh-CN,zh"),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		// People look at each of the windows.
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-backgrounding-occluded-windows", true), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(profile),
		chromedp.Env("LANGUAGE=zh_CN", "TZ=Asia/Shanghai"),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		}),
	)...)
}

// lets answers for this person when a page asks for the device's place.
func (p *page) lets(setting browser.PermissionSetting) {
	p.t.Helper()
	command(p, "answer for the place", browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "geolocation"}, Setting: setting, Origin: site.API,
		BrowserContextID: chromedp.FromContext(p.tab).BrowserContextID,
	})
}

// show opens the tab.
func (p *page) show() {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.tab), "start the browser")
	p.mu.Lock()
	p.frame = cdp.FrameID(chromedp.FromContext(p.tab).Target.TargetID)
	p.mu.Unlock()
	p.fitted, p.scheme = screen{}, ""
	command(p, "give it the focus", emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	p.fit(p.screen)
}

// fit gives the page the size of a screen.
func (p *page) fit(s screen) {
	p.t.Helper()
	if p.fitted == s {
		return
	}
	p.fitted = s
	command(p, "fit the screen", emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.width, Height: s.height, DeviceScaleFactor: s.scale, Mobile: s.touch,
	})
	command(p, "fit the screen", emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: s.touch})
}

// Crash kills a browser of one's own as a phone does that runs out of memory,
// and starts it again on what it had kept.
func (p *page) Crash() {
	p.t.Helper()
	require.NotEmpty(p.t, p.profile, "others use this browser too: openApart")
	process := chromedp.FromContext(p.tab).Browser.Process()
	require.NoError(p.t, syscall.Kill(-process.Pid, syscall.SIGKILL))
	p.close()
	p.start()
}

// Offline cuts the network, or mends it.
func (p *page) Offline(dark bool) {
	p.t.Helper()
	p.mu.Lock()
	p.offline = dark
	p.mu.Unlock()
	p.net.cut(dark)
	command(p, "change the network", network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: dark, DownloadThroughput: -1, UploadThroughput: -1})
}

// Allow takes complaints that hold this text for part of the journey, as when
// a page is asked for that does not exist.
func (p *page) Allow(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(p.allowed, text)
}

// hear notes what the browser tells of itself.
func (p *page) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.complain((&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var parts []string
			for _, a := range e.Args {
				parts = append(parts, strings.Trim(string(a.Value), `"`)+a.Description)
			}
			p.complain("console: " + strings.Join(parts, " "))
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError && (!p.offline || e.Entry.Source != cdplog.EntrySourceNetwork) {
			p.complain(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *cdppage.EventFrameRequestedNavigation:
		p.leaving = p.leaving || e.FrameID == p.frame && e.Disposition == cdppage.ClientNavigationDispositionCurrentTab
	case *cdppage.EventFrameNavigated:
		p.leaving = p.leaving && e.Frame.ID != p.frame
	case *cdppage.EventNavigatedWithinDocument:
		p.leaving = p.leaving && e.FrameID != p.frame
	case *cdppage.EventFrameStoppedLoading: // an answer that is no page
		p.leaving = p.leaving && e.FrameID != p.frame
	case *cdppage.EventJavascriptDialogOpening:
		p.complain("a dialog opened: " + e.Message)
	}
}

func (p *page) complain(text string) {
	for _, a := range p.allowed {
		if strings.Contains(text, a) {
			return
		}
	}
	p.complaints = append(p.complaints, text)
}

// do does something in the browser; what it is stands in the failure.
func do[T any](p *page, what string, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.tab, pace.Limit(patience))
	defer stop()
	result, err := chromedp.Run(ctx, a)
	require.NoError(p.t, err, what)
	return result
}

// command sends the browser a command of its protocol.
func command[P, R any](p *page, what string, c cdp.Command[P, R], params P) R {
	p.t.Helper()
	return do(p, what, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, c, params) })
}

// eval returns what an expression of JavaScript, or the promise that it is,
// comes to on the page.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	return do(p, expression, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits for a condition on the page. done may fail while the page changes.
func (p *page) until(what string, done func(ctx context.Context) (ok bool, why string, err error)) {
	p.t.Helper()
	var why string
	err := play.Until(p.tab, what, patience, func() (bool, error) {
		ctx, stop := context.WithTimeout(p.tab, pace.Limit(patience))
		defer stop()
		ok, now, err := done(ctx)
		why = now
		if err != nil {
			why = err.Error()
		}
		return ok && err == nil, nil
	})
	require.NoError(p.t, err, "at %s: %s", p.URL(), why)
}

// settle waits until a page that was asked for is there.
func (p *page) settle() {
	p.t.Helper()
	p.until("page that was asked for", func(ctx context.Context) (bool, string, error) {
		p.mu.Lock()
		leaving := p.leaving
		p.mu.Unlock()
		state, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.readyState"))
		return !leaving && state == "complete", state, err
	})
}

// Open goes to a path of the product, or to an address.
func (p *page) Open(path string) {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = site.API + path
	}
	do(p, "open "+path, chromedp.Navigate(path))
}

// URL is the address of the page that is shown.
func (p *page) URL() string {
	ctx, stop := context.WithTimeout(p.tab, pace.Limit(patience))
	defer stop()
	address, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return address
}

// Wait waits until an expression of JavaScript is true on the page.
func (p *page) Wait(what, expression string) {
	p.t.Helper()
	p.until(what, func(ctx context.Context) (bool, string, error) {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		return ok, expression, err
	})
}

const text = `document.body.innerText.replace(/\s+/g, ' ')`

// See waits until the text can be read on the page.
func (p *page) See(words string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%q on the page", words), func(ctx context.Context) (bool, string, error) {
		all, err := chromedp.Run(ctx, chromedp.Evaluate[string](text))
		return strings.Contains(all, words), all, err
	})
}

// Gone waits until the text cannot be read on the page any more.
func (p *page) Gone(words string) {
	p.t.Helper()
	p.until(fmt.Sprintf("page without %q", words), func(ctx context.Context) (bool, string, error) {
		all, err := chromedp.Run(ctx, chromedp.Evaluate[string](text))
		return err == nil && !strings.Contains(all, words), all, err
	})
}

//go:embed find.js
var findScript string

// find waits for the one thing of this kind that people call by this name.
func (p *page) find(kind, name string) (element runtime.RemoteObjectID, x, y float64) {
	p.t.Helper()
	p.until(fmt.Sprintf("%s %q", kind, name), func(ctx context.Context) (bool, string, error) {
		at, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
			Why string  `json:"why"`
			X   float64 `json:"x"`
			Y   float64 `json:"y"`
		}](fmt.Sprintf("window.__found = (%s)(%s, %s), {...__found, element: undefined}", findScript, quoted(kind), quoted(name))))
		if err != nil || at.Why != "" {
			return false, at.Why, err
		}
		x, y = at.X, at.Y
		object, err := chromedp.Run(ctx, chromedp.Evaluate[*runtime.RemoteObject]("__found.element"))
		if err == nil {
			element = object.ObjectID
		}
		return element != "", "", err
	})
	return element, x, y
}

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(raw)
}

// Click clicks the link, button or choice with this text, and waits for the
// page that it leads to, if it leads to one. What moves away, or is drawn anew,
// under the pointer is clicked again, as a person would.
func (p *page) Click(name string) {
	p.t.Helper()
	p.settle()
	for range clicks {
		_, x, y := p.find("control", name)
		eval[bool](p, "__missed = true, __found.element.addEventListener('click', () => { __missed = false }, { capture: true, once: true }), true")
		p.asked = time.Now()
		do(p, "click "+name, chromedp.MouseClickXY(x, y))
		p.caught()
		if !eval[bool](p, "Boolean(window.__missed)") { // another page has missed nothing
			return
		}
	}
	require.Fail(p.t, "missed", "%q moved away under each of %d clicks", name, clicks)
}

const clicks = 5

// caught waits until the page has told what the last input made it do, and for
// the page that it leads to.
func (p *page) caught() {
	p.t.Helper()
	p.until("answer of the page", func(ctx context.Context) (bool, string, error) {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[int]("0"))
		return err == nil, "", err
	})
	p.settle()
}

// Fill writes into the field with this label, over what is in it.
func (p *page) Fill(label, value string) {
	p.t.Helper()
	p.settle()
	element, x, y := p.find("field", label)
	if on[bool](p, element, `function () { return this.matches('select,[type=date],[type=time],[type=datetime-local],[type=month],[type=range],[type=color]') }`) {
		holds := on[string](p, element, `function (v) {
			if (this.matches('select')) v = [...this.options].find((o) => o.text.trim() === v || o.value === v)?.value ?? v
			Object.getOwnPropertyDescriptor(Object.getPrototypeOf(this), 'value').set.call(this, v)
			this.dispatchEvent(new Event('input', { bubbles: true }))
			this.dispatchEvent(new Event('change', { bubbles: true }))
			return this.value === v ? '' : 'it holds ' + this.value
		}`, value)
		require.Empty(p.t, holds, "fill %s with %s", label, value)
	} else {
		do(p, "click "+label, chromedp.MouseClickXY(x, y))
		on[bool](p, element, `function () { this.focus(); this.select?.(); return true }`)
		command(p, "type into "+label, input.InsertText, input.InsertTextParams{Text: value})
	}
	p.caught()
}

// Value returns what stands in the field with this label.
func (p *page) Value(label string) string {
	p.t.Helper()
	element, _, _ := p.find("field", label)
	return on[string](p, element, `function () { return this.value ?? this.innerText }`)
}

// Upload gives files to the field with this label.
func (p *page) Upload(label string, files ...play.File) {
	p.t.Helper()
	folder := p.t.TempDir()
	var names []string
	for _, f := range files {
		name := filepath.Join(folder, f.Name)
		require.NoError(p.t, os.WriteFile(name, f.Bytes, 0o600))
		names = append(names, name)
	}
	element, _, _ := p.find("file", label)
	command(p, "upload to "+label, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: names, ObjectID: element})
	p.caught()
}

// Press presses keys, as kb of chromedp names them, wherever the focus is.
func (p *page) Press(keys string) {
	p.t.Helper()
	do(p, "press "+keys, chromedp.KeyEvent(keys))
	p.caught()
}

// on calls a JavaScript function on an element.
func on[T any](p *page, element runtime.RemoteObjectID, function string, args ...any) (result T) {
	p.t.Helper()
	byValue := true
	params := runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: element, ReturnByValue: &byValue}
	for _, a := range args {
		raw, err := json.Marshal(a)
		require.NoError(p.t, err)
		params.Arguments = append(params.Arguments, &runtime.CallArgument{Value: raw})
	}
	got := command(p, function, runtime.CallFunctionOn, params)
	if got.ExceptionDetails != nil {
		require.NoError(p.t, &chromedp.ExceptionError{ExceptionDetails: got.ExceptionDetails})
	}
	require.NoError(p.t, json.Unmarshal(got.Result.Value, &result))
	return result
}

// Code waits for the code that has come to a phone since this browser's last
// click, which asked for it.
func (p *page) Code(number string) (code string) {
	p.t.Helper()
	p.until("code on the phone "+number, func(ctx context.Context) (bool, string, error) {
		messages, err := site.Outbox.To(ctx, number)
		for _, m := range messages {
			if found := codeSent.FindStringSubmatch(m.Body); found != nil && m.ReceivedAt.After(p.asked) {
				code = found[1]
			}
		}
		return code != "", fmt.Sprint(len(messages), " messages"), err
	})
	return code
}

var codeSent = regexp.MustCompile(`(?:验证码|code is)\D*(\d{6})\b`)

// lastWords keeps what the page showed when the test failed.
func (p *page) lastWords() {
	ctx, stop := context.WithTimeout(p.tab, pace.Limit(10*time.Second))
	defer stop()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Logf("no picture of the end: %v", err)
		return
	}
	name := filepath.Join(shots, "failed-"+strings.ReplaceAll(p.t.Name(), "/", "-")+".png")
	if err := keep(name, picture); err == nil {
		p.t.Logf("at %s; as it looked: %s", p.URL(), name)
	}
}
