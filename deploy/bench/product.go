package main

import (
	"bytes"
	"context"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"anpei/schemas/rest"
)

// product is an api that this bench started, and what it needs to use it as a
// partner system does: over HTTP.
type product struct {
	place   place
	url     string
	address string
	token   string // of the partner "bench"
	client  *http.Client
	api     *child
	others  []*child
	losses  *atomic.Int64

	administrator string // token
	policies      int    // that are there
}

// reported counts the losses of a run, so that no two are the same.
var reported atomic.Int64

// began is before all losses of a run.
var began = time.Now().UTC().Truncate(time.Minute)

// A machine pays two flash claims of a policy, an account and a phone, and the
// next goes to a person: each policy of the bench, with a holder and an account
// of its own, has two losses.
const (
	lossesEach    = 2
	somePolicies  = 200    // enough for what does not count claims
	flashPolicies = 20_000 // enough for P1 and P2
	tableRows     = 5_000  // that the API takes at once
)

// startProduct migrates, starts api (and worker), and seeds.
func startProduct(ctx context.Context, b *bench, at place) (*product, error) {
	api, err := at.program("api")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p := &product{
		place: at,
		url:   "http://" + address, address: address, losses: &reported,
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
			MaxIdleConnsPerHost: 256, DisableCompression: true, WriteBufferSize: 64 << 10,
		}},
	}
	migrate := exec.CommandContext(ctx, api, "migrate")
	migrate.Env = append(append(os.Environ(), at.environment()...), "ANPEI_FIRST_ADMIN="+admin)
	if out, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("api migrate: %w\n%s", err, out)
	}
	serves := "ANPEI_API_SERVES_CLAIMS=true"
	if b.separate {
		serves = "ANPEI_API_SERVES_CLAIMS=false"
	}
	if p.api, err = b.spawn(api, append(at.environment(), serves, "ANPEI_LISTEN="+address)); err != nil {
		return nil, err
	}
	if b.separate {
		worker, err := at.program("worker")
		if err != nil {
			return nil, errors.Join(err, p.stop())
		}
		w, err := b.spawn(worker, at.environment(), "claims")
		if err != nil {
			return nil, errors.Join(err, p.stop())
		}
		p.others = append(p.others, w)
	}
	if err := p.ready(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	if err := p.seed(ctx, b.stack); err != nil {
		return nil, errors.Join(fmt.Errorf("seed: %w", err), p.stop())
	}
	return p, nil
}

func (p *product) stop() error {
	var errs []error
	for _, c := range append(p.others, p.api) {
		errs = append(errs, c.stop())
	}
	p.client.CloseIdleConnections()
	return errors.Join(errs...)
}

// ready waits until the api answers and has its servers.
func (p *product) ready(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	for {
		err := p.call(ctx, http.MethodGet, "/readyz", "", nil, nil)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the api is not ready: %w", err)
		case <-p.api.ended:
			return p.api.why()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Personas and clients of the identity sandbox.
const (
	admin   = "admin-lv"
	partner = "bench"
	branch  = "3101"
)

// seed signs in, and sees to it that the partner and the policies are there.
func (p *product) seed(ctx context.Context, s stack) error {
	administrator, err := p.signIn(ctx, s.issuer, admin)
	if err != nil {
		return fmt.Errorf("sign %s in: %w", admin, err)
	}
	member := rest.StaffChange{Name: "bench", Role: "partner", Branch: branch, Skills: []string{}, Active: true, Vouches: true}
	err = p.call(ctx, http.MethodPut, "/v1/staff/"+partner, administrator, member, nil)
	var no *problem
	if errors.As(err, &no) && no.status == http.StatusUnprocessableEntity { // a product of before partners vouched
		member.Vouches = false
		err = p.call(ctx, http.MethodPut, "/v1/staff/"+partner, administrator, member, nil)
	}
	if err != nil {
		return err
	}
	p.administrator = administrator
	if err := p.insure(ctx, int(p.losses.Load())/lossesEach+somePolicies); err != nil {
		return err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = p.form(ctx, s.issuer+"/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {partner}, "client_secret": {s.identitySecret},
	}, &answer)
	p.token = answer.AccessToken
	return err
}

// insure imports policies until there are so many.
func (p *product) insure(ctx context.Context, many int) error {
	for p.policies < many {
		var table strings.Builder
		table.WriteString("number,line,branch,holder_name,holder_phone,plate,starts_at,ends_at,kind,form,sum_insured,value\n")
		until := min(many, p.policies+tableRows)
		for i := p.policies; i < until; i++ {
			fmt.Fprintf(&table, "%s,motor,%s,%s,%s,%s,%s,%s,own_damage,motor-2020,200000,200000\n", policyNo(i), branch, holder, phoneOf(i), plateOf(i),
				began.AddDate(-1, 0, 0).Format(time.DateOnly), began.AddDate(0, 6, 0).Format(time.DateOnly))
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/v1/policies/imports?apply=true", strings.NewReader(table.String()))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "text/csv")
		req.Header.Set("Idempotency-Key", uuid.NewString())
		req.Header.Set("Authorization", "Bearer "+p.administrator)
		if err := p.do(req, nil); err != nil {
			return fmt.Errorf("import policies: %w", err)
		}
		p.policies = until
	}
	return nil
}

// holder is who holds every policy, and is paid.
const holder = "张伟"

// series and first tell this run's policies, plates, phones and accounts from
// those of an earlier one on the same stack.
var series = func() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ" // of plates
	var s []byte
	for range 4 {
		s = append(s, letters[rand.IntN(len(letters))])
	}
	return string(s)
}()

var first = rand.IntN(1_000_000)

func policyNo(i int) string { return fmt.Sprintf("BENCH-%s-%05d", series, i) }

func plateOf(i int) string {
	const signs = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	n, end := first+i, make([]byte, 4)
	for at := range end {
		end[at], n = signs[n%len(signs)], n/len(signs)
	}
	return "沪" + series[:2] + string(end)
}

func phoneOf(i int) string { return fmt.Sprintf("139%08d", 50*first+i) }

// accountOf does not end in 0000, which the sandbox takes to be closed.
func accountOf(i int) string { return fmt.Sprintf("1001%011d1", 50*first+i) }

// signIn takes the code flow as a browser of that persona would.
func (p *product) signIn(ctx context.Context, issuer, persona string) (string, error) {
	const back = "http://127.0.0.1/signed-in"
	verifier := cryptorand.Text() + cryptorand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"client_id": {"anpei-cli"}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid"}, "persona": {persona},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+"/authorize?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	res, err := p.client.Transport.RoundTrip(req) // which follows no redirect
	if err != nil {
		return "", err
	}
	res.Body.Close()
	to, err := res.Location()
	if err != nil {
		return "", fmt.Errorf("the identity sandbox answered %s: %w", res.Status, err)
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = p.form(ctx, issuer+"/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"anpei-cli"}, "code": {to.Query().Get("code")},
		"redirect_uri": {back}, "code_verifier": {verifier},
	}, &answer)
	return answer.AccessToken, err
}

func (p *product) form(ctx context.Context, to string, values url.Values, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(values.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(req, answer)
}

// call sends one request to the api, and decodes its answer. Every write has a
// key of its own, under which it is asked again while the api says that it is
// still being worked on.
func (p *product) call(ctx context.Context, method, path, token string, body, answer any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode %s %s: %w", method, path, err)
		}
	}
	key := uuid.NewString()
	for range 20 {
		req, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(text))
		if err != nil {
			return err
		}
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		if method != http.MethodGet {
			req.Header.Set("Idempotency-Key", key)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		err = p.do(req, answer)
		var no *problem
		if !errors.As(err, &no) || !strings.Contains(no.body, "/problems/still-running") {
			return err
		}
	}
	return fmt.Errorf("%s %s is still being worked on", method, path)
}

// problem is an answer that is no success.
type problem struct {
	request string
	status  int
	body    string
}

func (p *problem) Error() string {
	return fmt.Sprintf("%s answered %d: %s", p.request, p.status, p.body)
}

func (p *product) do(req *http.Request, answer any) error {
	res, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	case res.StatusCode >= 300:
		return &problem{req.Method + " " + req.URL.Path, res.StatusCode, string(raw)}
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	return nil
}

// report reports a loss that nobody has reported before, and returns the claim,
// its plate and the account of the policy's holder. Losses of one policy lie 31
// minutes apart.
func (p *product) report(ctx context.Context) (claim, plate, account string, err error) {
	n := int(p.losses.Add(1)) - 1
	i := n / lossesEach
	if i >= p.policies {
		return "", "", "", fmt.Errorf("all losses of %d policies are reported; raise flashPolicies", p.policies)
	}
	notice := rest.Notice{
		Channel: "partner", Line: "motor", PolicyNo: policyNo(i), Plate: plateOf(i),
		LossAt: began.Add(-time.Duration(1+n%lossesEach) * 31 * time.Minute),
		Place:  "上海市浦东新区世纪大道 100 号地下车库", Cause: "scratch", Story: "倒车时剐蹭立柱，后保险杠受损，无人员受伤。", Self: true,
		Reporter:  rest.Party{Name: holder, Phone: phoneOf(i), Role: "insured"},
		Exposures: []rest.NewExposure{{Kind: "own_damage", Object: "后保险杠", Estimate: 120_000}},
	}
	var receipt rest.Receipt
	if err := p.call(ctx, http.MethodPost, "/v1/claims", p.token, notice, &receipt); err != nil {
		return "", "", "", err
	}
	if receipt.Result != "done" {
		return "", "", "", fmt.Errorf("a report was %s: losses of this bench must not be the same", receipt.Result)
	}
	return string(receipt.Claim), notice.Plate, accountOf(i), nil
}

// upload sends one file of a claim, and returns the id of the upload.
func (p *product) upload(ctx context.Context, claim, name string, body io.Reader, size int64) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/v1/claims/"+claim+"/uploads?name="+name, body)
	if err != nil {
		return "", err
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Idempotency-Key", uuid.NewString())
	req.Header.Set("Authorization", "Bearer "+p.token)
	var stored rest.Upload
	err = p.do(req, &stored)
	return stored.Id, err
}

// attach makes uploads documents of a claim.
func (p *product) attach(ctx context.Context, claim string, documents []rest.NewDocument) error {
	return p.call(ctx, http.MethodPost, "/v1/claims/"+claim+"/documents", p.token, rest.Attach{Documents: documents}, nil)
}

// child is a process that bench started.
type child struct {
	name  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
}

// spawn starts a program with its output in a file of its own. It ends with
// this process, whatever ends that.
func (b *bench) spawn(program string, env []string, args ...string) (*child, error) {
	name := filepath.Base(program)
	if dir := filepath.Dir(program); b.against != "" && dir == b.against {
		name += "@" + filepath.Base(dir)
	}
	if len(args) > 0 && args[0] == "bare" {
		name = "bare"
	}
	log, err := os.CreateTemp(b.folder, name+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	c := &child{name: name, log: log.Name(), ended: make(chan struct{})}
	c.cmd = exec.Command(program, args...) //nolint:noctx // stop ends it, in good order
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Stdout, c.cmd.Stderr = log, log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	b.machine.roots[c.cmd.Process.Pid] = name
	go func() {
		_ = c.cmd.Wait() // the state says more
		close(c.ended)
	}()
	return c, nil
}

func (c *child) why() error {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return fmt.Errorf("%s ended, %s:\n%s", c.name, c.cmd.ProcessState, strings.Join(lines[max(0, len(lines)-5):], "\n"))
}

// stop ends a process and waits for its end.
func (c *child) stop() error {
	if c == nil {
		return nil
	}
	select {
	case <-c.ended:
		return c.why()
	default:
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", c.name, err)
	}
	select {
	case <-c.ended:
		return nil
	case <-time.After(20 * time.Second):
		return errors.Join(fmt.Errorf("%s did not stop within 20 s", c.name), c.cmd.Process.Kill())
	}
}

// freeAddress returns an address of this machine where nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
