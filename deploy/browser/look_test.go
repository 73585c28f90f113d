package browser_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// shots is where pictures of the pages are kept, for people to look at: those
// of a failure always, the others as make shots asks for them.
var (
	shots    = filepath.Join(root, ".local-shots")
	pictures = flag.Bool("pictures", false, "keep a picture of every page in .local-shots")
)

// heaviest is what a claimant's first page may weigh: it comes over a phone's
// network, in the rain.
const heaviest = 60 << 10

// Look shows the page that is open in Chinese and in English, as Snap does.
// It loads it anew: for what scripts have made of a page there is Snap.
func (p *page) Look(name string) {
	p.t.Helper()
	here := p.URL()
	for _, language := range []string{"en", "zh"} { // Chinese is what people go on with
		address, err := url.Parse(here)
		require.NoError(p.t, err)
		query := address.Query()
		query.Set("lang", language)
		address.RawQuery = query.Encode()
		p.Open(address.String())
		if language == "zh" {
			p.Snap(name + "." + language)
		} else { // colours are the same in every language
			p.views(name+"."+language, byDay)
		}
	}
	eval[bool](p, "history.replaceState(history.state, '', "+quoted(here)+"), true")
}

// view is how somebody looks at a page.
type view struct {
	name   string
	screen screen
	scheme string
	rules  string // that it has to keep, as axe takes them
}

const (
	everyRule   = `['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']`
	colourRules = `{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }` // the light changes nothing else
)

var (
	byDay   = []view{{"phone", phone, "light", everyRule}, {"desk", desk, "light", everyRule}}
	atNight = view{"phone.dark", phone, "dark", colourRules}
)

// Snap looks at the page as it stands, on a phone and on a desk, by day and by
// night, and fails for what WCAG 2.2 AA forbids there.
func (p *page) Snap(name string) {
	p.t.Helper()
	p.views(name, append([]view{atNight}, byDay...))
}

func (p *page) views(name string, views []view) {
	p.t.Helper()
	var wrong []string
	for _, v := range views {
		p.fit(v.screen)
		p.light(v.scheme)
		eval[bool](p, drawn)
		if *pictures {
			quick := true
			picture := command(p, "take a picture", cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{CaptureBeyondViewport: &quick, OptimizeForSpeed: &quick}).Data
			require.NoError(p.t, keep(filepath.Join(shots, name+"."+v.name+".png"), picture))
		}
		for _, w := range p.axe(v.rules) {
			wrong = append(wrong, v.name+": "+w)
		}
		if wide := eval[int64](p, "document.documentElement.scrollWidth"); wide > v.screen.width {
			wrong = append(wrong, fmt.Sprintf("%s: it is %d wide and has to be scrolled sideways", v.name, wide))
		}
	}
	p.fit(p.screen)
	if len(wrong) > 0 {
		p.t.Errorf("%s at %s:\n  %s", name, p.URL(), strings.Join(wrong, "\n  "))
	}
}

// light makes it day or night.
func (p *page) light(scheme string) {
	p.t.Helper()
	if p.scheme == scheme {
		return
	}
	p.scheme = scheme
	command(p, "turn the light", emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// drawn is a promise that letters are there and all has been drawn.
const drawn = `document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`

var axeScript = sync.OnceValues(func() (string, error) {
	raw, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("%w: run npm ci in deploy/browser, as make test does", err)
	}
	return string(raw), nil
})

// axe returns what breaks rules of WCAG 2.2 AA on the page, one line each.
func (p *page) axe(rules string) (wrong []string) {
	p.t.Helper()
	script, err := axeScript()
	require.NoError(p.t, err)
	if !eval[bool](p, "Boolean(window.axe)") {
		do(p, "load axe", chromedp.Evaluate[chromedp.Void](script))
	}
	found := eval[[]struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			Target  []any  `json:"target"` // selectors, through frames and shadows
			Summary string `json:"summary"`
		} `json:"nodes"`
	}](p, `axe.run(document, { runOnly: `+rules+`, resultTypes: ['violations'], preload: false })
		.then((r) => r.violations.map((v) => ({ ...v, nodes: v.nodes.map((n) => ({ target: n.target, summary: n.failureSummary })) })))`)
	for _, v := range found {
		for _, n := range v.Nodes {
			wrong = append(wrong, fmt.Sprintf("%s at %v: %s. %s", v.ID, n.Target, v.Help, strings.Join(strings.Fields(n.Summary), " ")))
		}
	}
	return wrong
}

// Weight loads the page that is open as somebody who has never been here, and
// fails when more than [heaviest] bytes have to come over the network.
func (p *page) Weight() {
	p.t.Helper()
	here := p.URL()
	p.mu.Lock()
	scale := &scale{frame: p.frame, coming: map[network.RequestID]string{}, pages: map[cdp.LoaderID]bool{}}
	p.mu.Unlock()
	scale.icon = eval[string](p, "document.querySelector('link[rel~=icon]')?.href ?? ''")
	listening, stop := context.WithCancel(p.tab)
	defer stop()
	require.NoError(p.t, chromedp.Listen(listening, scale.hear))
	p.keepNothing(true)
	p.Open(here)
	p.until("last of its parts", func(context.Context) (bool, string, error) {
		scale.mu.Lock()
		defer scale.mu.Unlock()
		return len(scale.coming) == 0, fmt.Sprint(scale.coming), nil
	})
	p.keepNothing(false)
	scale.mu.Lock()
	defer scale.mu.Unlock()
	require.Positive(p.t, scale.requests, "nothing was heard of %s", here)
	p.t.Logf("%s weighs %.1f KB in %d requests", here, float64(scale.bytes)/1024, scale.requests)
	require.LessOrEqual(p.t, scale.bytes, int64(heaviest), "%s is too heavy for a phone; its parts: %s", here, strings.Join(scale.parts, ", "))
}

func (p *page) keepNothing(nothing bool) {
	p.t.Helper()
	command(p, "change the cache", network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: nothing})
	command(p, "change the cache", network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: nothing})
}

// scale weighs what comes over the network.
type scale struct {
	icon  string // which the browser fetches for itself when it likes, and may not say that it has
	frame cdp.FrameID

	mu       sync.Mutex
	bytes    int64
	requests int
	pages    map[cdp.LoaderID]bool // that is opened, and frames in it: what the one before had asked for may never end
	coming   map[network.RequestID]string
	parts    []string
}

func (s *scale) hear(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument && (e.FrameID == s.frame || len(s.pages) > 0) {
			s.pages[e.LoaderID] = true
		}
		if !s.pages[e.LoaderID] || !strings.HasPrefix(e.Request.URL, "http") || e.Request.URL == s.icon {
			return
		}
		if e.RedirectResponse != nil {
			s.bytes += int64(e.RedirectResponse.EncodedDataLength)
		} else {
			s.requests++
		}
		s.coming[e.RequestID] = e.Request.URL
	case *network.EventResponseReceived:
		if e.Response.MimeType == "text/event-stream" { // comes as long as somebody looks
			delete(s.coming, e.RequestID)
		}
	case *network.EventLoadingFinished:
		if name, ok := s.coming[e.RequestID]; ok {
			s.bytes += int64(e.EncodedDataLength)
			s.parts = append(s.parts, fmt.Sprintf("%s %.1f KB", name, e.EncodedDataLength/1024))
		}
		delete(s.coming, e.RequestID)
	case *network.EventLoadingFailed:
		delete(s.coming, e.RequestID)
	}
}

// keep writes a picture where people look for it.
func keep(name string, picture []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, picture, 0o644)
}
