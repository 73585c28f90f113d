// Package browser_test tries the pages as people meet them: a real browser, a
// phone's screen or a desk's, the api and worker processes behind it. Whoever
// adds a page adds a journey here; [open] says how one is written.
package browser_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5/pgxpool"

	"anpei/deploy/demo/play"
	"anpei/internal/pace"
	"anpei/internal/testenv"
)

// root is the top of the checkout, seen from this folder.
const root = "../.."

// site is the product on the test's stack as the demo leaves it: it has let the
// staff in, written the policies, played its stories, and stays up.
var site play.Stack

// rows are the product's, as their owner reaches them: to break what no request
// can break.
var rows *pgxpool.Pool

func TestMain(m *testing.M) {
	status, err := serve(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		status = 1
	}
	os.Exit(status)
}

// serve runs the tests with the product up, on a database and in a namespace
// of their own.
func serve(run func() int) (status int, err error) {
	ctx, stop := context.WithTimeout(context.Background(), pace.Limit(15*time.Minute))
	defer stop()
	all := &everyTest{ctx: ctx}
	defer all.end()
	db := testenv.DB(all)
	rows = db.Owner
	namespace, err := testenv.Namespace(ctx)
	if err != nil {
		return 0, err
	}
	if err := build(ctx); err != nil {
		return 0, err
	}
	folder, err := os.MkdirTemp("", "browser-")
	if err != nil {
		return 0, err
	}
	all.Cleanup(func() { os.RemoveAll(folder) }) //nolint:errcheck // nothing depends on it
	listen, err := play.FreeAddress(ctx)
	if err != nil {
		return 0, err
	}
	env := map[string]string{
		"ANPEI_DB_OWNER": string(db.OwnerURL), "ANPEI_DB_API": string(db.APIURL), "ANPEI_DB_WORKER": string(db.WorkerURL),
		"TEMPORAL_NAMESPACE": namespace, "ANPEI_LISTEN": listen,
		"ANPEI_PSEUDONYM_KEY": base64.StdEncoding.EncodeToString(make([]byte, 32)), // as good as any, here
	}
	maps.Copy(env, play.Insurer())
	given := map[string]string{}
	for _, line := range os.Environ() {
		key, value, _ := strings.Cut(line, "=")
		given[key] = value
	}
	var file strings.Builder
	for _, key := range []string{"ANPEI_OIDC_ISSUER", "ANPEI_OUTBOX_URL", "ANPEI_BANK_URL", "ANPEI_BANK_TOKEN"} {
		fmt.Fprintf(&file, "%s=%s\n", key, given[key])
	}
	for key, value := range env {
		fmt.Fprintf(&file, "%s=%s\n", key, value)
	}
	if err := os.WriteFile(filepath.Join(folder, "env"), []byte(file.String()), 0o600); err != nil {
		return 0, err
	}

	log := filepath.Join(folder, "demo.log")
	demo, err := play.Start("demo", log, env, filepath.Join(root, ".bin/demo"),
		"--env", filepath.Join(folder, "env"), "--bin", filepath.Join(root, ".bin"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, demo.Stop()) }()
	site = play.NewStack("http://"+listen, given)
	// The stories are told when it says what there is to be looked at.
	err = play.Until(ctx, "end of the demo's stories", 5*time.Minute, func() (bool, error) {
		said, err := os.ReadFile(log)
		return strings.Contains(string(said), site.API+"/docs"), errors.Join(err, demo.Alive())
	})
	if err != nil {
		return 0, err
	}
	browser, stopBrowser := launch(ctx, filepath.Join(folder, "profile"))
	defer stopBrowser()
	first, closeFirst := chromedp.NewContext(browser)
	defer closeFirst()
	if err := chromedp.Do(first); err != nil {
		return 0, fmt.Errorf("start the browser: %w", err)
	}
	shared = first
	status = run()
	return status, onLists(ctx)
}

// onLists reports an open task that no active member of staff has or may take,
// whatever the journeys have done.
func onLists(ctx context.Context) error {
	var lost string
	err := rows.QueryRow(ctx, `select coalesce(string_agg(t.kind || ' of ' || c.number || ' for a ' || t.role || ' of ' || t.branch, '; '), '')
		from tasks t join claims c on c.id = t.claim_id where t.state = 'open' and not exists (
			select from staff s where s.active and s.role = t.role and s.level >= t.level
			  and case when t.owner is null then s.branch in (t.branch, '0000') else s.id = t.owner end)`).Scan(&lost)
	if err == nil && lost != "" {
		err = fmt.Errorf("tasks on no list: %s", lost)
	}
	return err
}

// build brings the programs and what is embedded in them up to date; when
// nothing has changed it takes no time.
func build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "make", "--silent", ".bin/api", ".bin/worker", ".bin/demo", "deploy/browser/node_modules/axe-core/axe.min.js")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// everyTest asks testenv for what all tests of the package share.
type everyTest struct {
	testing.TB // nil: what is not below is not asked for

	ctx  context.Context
	last []func()
}

func (e *everyTest) Helper()                           {}
func (e *everyTest) Context() context.Context          { return e.ctx }
func (e *everyTest) Cleanup(do func())                 { e.last = append(e.last, do) }
func (e *everyTest) Errorf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (e *everyTest) FailNow()                          { e.end(); os.Exit(1) }

func (e *everyTest) end() {
	for len(e.last) > 0 {
		do := e.last[len(e.last)-1]
		e.last = e.last[:len(e.last)-1]
		do()
	}
}
