//go:build lighthouse

package browser_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/stretchr/testify/require"

	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// What make lighthouse asks of a claimant's page, in points of 100.
const (
	performance   = 90
	accessibility = 100
)

// The claimant's pages as Lighthouse sees them, on a slow phone: those of the
// report, step by step, and those of a claim. It is no part of make test: its
// figures are those of a machine that does nothing else.
func TestLighthouse(t *testing.T) {
	fmt.Printf("%-44s %12s %14s %15s\n", "page", "performance", "accessibility", "best practices")
	l := insure(t)
	p := open(t, phone)
	for _, path := range []string{"/", "/track", "/report"} {
		p.Open(path)
		p.lighthouse()
	}
	p.Fill("手机号", l.Phone)
	p.Click("发送验证码")
	p.lighthouse()
	p.Fill("验证码", p.Code(l.Phone))
	p.Click("下一步")
	p.lighthouse()
	p.Click("划痕")
	p.Click("没有")
	p.Fill("经过", "倒车入库时后保险杠右侧蹭到立柱。")
	p.Click("下一步")
	p.lighthouse()
	p.Fill("在哪里", "上海市浦东新区世纪大道 1 号地下停车场 B2")
	p.Click("下一步")
	p.lighthouse()
	p.Fill("哪里受损", "后保险杠右侧")
	p.Fill("估计损失（元）", "3200")
	p.Click("下一步")
	p.lighthouse()
	p.Click("下一步")
	p.lighthouse()
	p.Click("提交报案")
	p.See("已收到您的报案")
	p.lighthouse()
	claim := strings.TrimSuffix(p.URL(), "/sent")
	for _, page := range []string{"", "/photos", "/papers", "/amount", "/letters", "/visit", "/withdraw"} {
		p.Open(claim + page)
		p.lighthouse()
	}

	// One with an amount and its signature, and one with a letter.
	place := rest.Point{Lat: 31.2304, Lng: 121.5150}
	offered := bring(t, "13900000077", "motor", "000284", 180, rest.Notice{
		Place: "上海市浦东新区张杨路 500 号", At: &place, Cause: "collision", Story: "变道时与护栏相撞，无人受伤。",
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "本车前部", Estimate: 1_600_000}},
	})
	offered.surveyed(place, 10_000, 1_500_000, specimen.CarFront)
	offered.assessed(1_450_000)
	p.goesOn(offered.claimant, "/c/"+offered.number+"/amount")
	p.lighthouse()
	offered.waived()
	posted[rest.Receipt](offered, offered.claimant, "/claims/"+offered.number+"/offers/1/consent", nil)
	posted[rest.Receipt](offered, offered.staff("review-zheng"), "/claims/"+offered.number+"/reviews", rest.Verdict{Task: offered.task("review").Id, Kind: "approve", Opinion: "同意"})
	p.Open("/c/" + offered.number + "/amount")
	p.See("签名")
	p.lighthouse()
}

// lighthouse prints the points of the page that is open, out of 100, for
// somebody with the cookies of this browser, and fails when they are too few.
func (p *page) lighthouse() {
	p.t.Helper()
	here := p.URL()
	path := strings.TrimPrefix(here, site.API)
	var cookies []string
	for _, c := range command(p, "read the cookies", network.GetCookies, network.GetCookiesParams{URLs: []string{site.API}}).Cookies {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	headers, err := json.Marshal(map[string]string{"Cookie": strings.Join(cookies, "; "), "Accept-Language": "zh-CN"})
	require.NoError(p.t, err)
	folder := p.t.TempDir()
	report := filepath.Join(folder, "report.json")
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, "headers.json"), headers, 0o600))
	cmd := exec.CommandContext(p.t.Context(), "node", "node_modules/lighthouse/cli/index.js", here, "--quiet", "--form-factor=mobile",
		"--only-categories=performance,accessibility,best-practices", "--output=json", "--output-path="+report,
		"--extra-headers="+filepath.Join(folder, "headers.json"),
		"--chrome-flags=--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync")
	cmd.Env = append(os.Environ(), "CHROME_PATH=chromium")
	if chromium, err := exec.LookPath("chromium"); err == nil {
		cmd.Env = append(cmd.Env, "CHROME_PATH="+chromium)
	}
	out, err := cmd.CombinedOutput()
	require.NoError(p.t, err, "%s", out)
	raw, err := os.ReadFile(report)
	require.NoError(p.t, err)
	var said struct {
		RuntimeError *struct{ Message string } `json:"runtimeError"`
		Categories   map[string]struct {
			Score     float64 `json:"score"`
			AuditRefs []struct {
				ID string `json:"id"`
			} `json:"auditRefs"`
		} `json:"categories"`
		Audits map[string]struct {
			Title string   `json:"title"`
			Score *float64 `json:"score"`
			Shown string   `json:"displayValue"`
		} `json:"audits"`
	}
	require.NoError(p.t, json.Unmarshal(raw, &said))
	require.Nil(p.t, said.RuntimeError)
	points := map[string]float64{}
	for name, c := range said.Categories {
		points[name] = c.Score * 100
		for _, ref := range c.AuditRefs {
			if a := said.Audits[ref.ID]; a.Score != nil && *a.Score < 0.9 {
				p.t.Logf("%s: %s: %s %s", path, name, a.Title, a.Shown)
			}
		}
	}
	fmt.Printf("%-44s %12.0f %14.0f %15.0f\n", path, points["performance"], points["accessibility"], points["best-practices"])
	if points["performance"] < performance || points["accessibility"] < accessibility {
		p.t.Errorf("%s: at least %d and %d are asked", path, performance, accessibility)
	}
}
