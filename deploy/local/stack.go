package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// stack is a set of servers that start together and end together.
type stack struct {
	folder  folder
	lock    *os.File
	ports   ports
	secrets secrets
	// given holds the addresses (host:port) of the servers that the user named
	// in the environment, by the parts in whose place they are used.
	given map[string]string
	// admin is the superuser's URL of PostgreSQL, ours or the given one.
	admin *url.URL
	// die ends the stack because a part ended.
	die context.CancelCauseFunc

	mu    sync.Mutex
	stops []func()
	pids  []string // name:pid of each process but ours
}

// newStack returns a stack on the folder whose lock is held.
func newStack(ctx context.Context, f folder, lock *os.File, ownPorts bool) (*stack, error) {
	s := &stack{folder: f, lock: lock, given: map[string]string{}}
	var err error
	if s.secrets, err = f.secrets(); err != nil {
		return nil, err
	}
	if s.ports, err = f.ports(ownPorts); err != nil {
		return nil, err
	}
	s.admin = &url.URL{
		Scheme: "postgres", User: url.UserPassword("anpei_admin", s.secrets.Admin),
		Host: s.addr("postgres"), RawQuery: "sslmode=disable",
	}
	// With its pids, the environment came from the file of a local stack: it
	// names a stack then, perhaps this one, and not servers of the user's.
	if os.Getenv("ANPEI_STACK_PIDS") != "" {
		return s, nil
	}
	if admin := os.Getenv("ANPEI_POSTGRES_ADMIN"); admin != "" {
		if s.admin, err = url.Parse(admin); err != nil {
			return nil, fmt.Errorf("ANPEI_POSTGRES_ADMIN: %w", err)
		}
		s.given["postgres"] = s.admin.Host
	}
	if address := os.Getenv("TEMPORAL_ADDRESS"); address != "" {
		if temporalAnswers(ctx, address) {
			s.given["temporal"] = address
		} else {
			fmt.Printf("no Temporal answers at %s (TEMPORAL_ADDRESS), so starting one\n", address)
		}
	}
	if endpoint := os.Getenv("ANPEI_S3_ENDPOINT"); endpoint != "" {
		s.given["minio"] = endpoint
	}
	return s, nil
}

// up runs a stack until it is interrupted, which is success, or a part dies.
func up(ctx context.Context, data string, ownPorts bool, envFile string, detached bool) error {
	begin := time.Now()
	f, err := openFolder(data)
	if err != nil {
		return err
	}
	if envFile == "" {
		envFile = f.join("env")
	}
	if envFile, err = filepath.Abs(envFile); err != nil {
		return fmt.Errorf("environment file: %w", err)
	}
	if r, ok := f.running(); ok {
		return r.await(ctx)
	}
	if detached {
		return detach(ctx, f, ownPorts, envFile)
	}

	lock, err := f.lock(ctx) // never unlocked: it ends with the process
	if err != nil {
		return err
	}
	if err := os.Remove(envFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove old environment file: %w", err)
	}
	if err := publish(lock, running{os.Getpid(), envFile}); err != nil {
		return err
	}
	s, err := newStack(ctx, f, lock, ownPorts)
	if err != nil {
		return err
	}

	run, die := context.WithCancelCause(ctx)
	defer die(nil)
	s.die = die
	defer s.stop()
	if err := s.start(run); err != nil {
		if run.Err() != nil {
			return context.Cause(run) // the part that ended, rather than the one that waited
		}
		return err
	}
	// Said before the file is there, for which detach waits.
	fmt.Printf("ready in %.1f s, environment in %s\n", time.Since(begin).Seconds(), envFile)
	if err := writeFile(envFile, []byte(s.environment())); err != nil {
		return err
	}
	defer func() { _ = os.Remove(envFile) }()

	<-run.Done()
	if ctx.Err() != nil {
		fmt.Println("stopping")
		return nil
	}
	return context.Cause(run)
}

// start starts the parts that are not given, those at once that do not need
// each other, and returns when all are ready.
func (s *stack) start(ctx context.Context) error {
	own := maps.Clone(s.ports)
	maps.DeleteFunc(own, func(name string, _ int) bool { return s.given[name] != "" })
	if err := checkFree(own); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("not ready within a minute"))
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := s.part(ctx, "postgres", s.postgres); err != nil {
			return err
		}
		if err := s.part(ctx, "temporal", s.temporal); err != nil {
			return err
		}
		return s.part(ctx, "ui", s.ui)
	})
	g.Go(func() error { return s.part(ctx, "codec", s.codec) })
	g.Go(func() error { return s.part(ctx, "minio", s.minio) })
	g.Go(func() error {
		return s.part(ctx, "bank", s.sandbox("bank", []string{"ANPEI_BANK_TOKEN=" + s.secrets.BankToken}))
	})
	g.Go(func() error {
		return s.part(ctx, "identity", s.sandbox("identity", nil, "--issuer", s.url("identity")))
	})
	g.Go(func() error { return s.part(ctx, "outbox", s.sandbox("outbox", nil)) })
	return g.Wait()
}

// part runs the function that returns when the named part is ready, and says
// so.
func (s *stack) part(ctx context.Context, name string, start func(context.Context) error) error {
	begin := time.Now()
	if err := start(ctx); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	how := ""
	if s.given[name] != "" {
		how = " (given)"
	}
	fmt.Printf("%-10s %-22s %5.1f s%s\n", name, s.addr(name), time.Since(begin).Seconds(), how)
	return nil
}

// addr returns the host:port of a part.
func (s *stack) addr(name string) string {
	if given := s.given[name]; given != "" {
		return given
	}
	return address(s.ports[name])
}

func (s *stack) url(name string) string { return "http://" + s.addr(name) }

// started notes a part that must be stopped, and its process if it has one of
// its own.
func (s *stack) started(name string, pid int, stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stops = append(s.stops, stop)
	if pid != 0 {
		s.pids = append(s.pids, fmt.Sprintf("%s:%d", name, pid))
	}
}

// stop stops what was started, the last first.
func (s *stack) stop() {
	for _, stop := range slices.Backward(s.stops) {
		stop()
	}
}

// sandbox returns the function that starts a sandbox: this program again, with
// the sandbox's name as its command.
func (s *stack) sandbox(name string, env []string, args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		err = s.spawn(ctx, process{
			name: name, program: self, stop: syscall.SIGTERM, env: env,
			args: append([]string{name, "--listen", s.addr(name), "--data", s.folder.join(name)}, args...),
		})
		if err != nil {
			return err
		}
		return answers(ctx, s.url(name)+"/healthz")
	}
}

// answers waits until a GET of the URL returns 200.
func answers(ctx context.Context, url string) error {
	return poll(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, res.Status)
		}
		return nil
	})
}

// environment returns what a program needs to use the stack.
func (s *stack) environment() string {
	s3Key, s3Secret := s.s3Credentials()
	return strings.Join([]string{
		"ANPEI_DB_ADMIN=" + s.database("anpei", s.admin.User),
		"ANPEI_DB_OWNER=" + s.database("anpei", url.UserPassword("anpei_owner", s.secrets.Owner)),
		"ANPEI_DB_API=" + s.database("anpei", url.UserPassword("anpei_api", s.secrets.API)),
		"ANPEI_DB_WORKER=" + s.database("anpei", url.UserPassword("anpei_worker", s.secrets.Worker)),
		"TEMPORAL_ADDRESS=" + s.addr("temporal"),
		"TEMPORAL_NAMESPACE=" + namespace,
		"ANPEI_TEMPORAL_UI=" + s.url("ui"),
		"ANPEI_CODEC_KEY=" + base64.StdEncoding.EncodeToString(s.secrets.CodecKey),
		"ANPEI_PSEUDONYM_KEY=" + base64.StdEncoding.EncodeToString(s.secrets.PseudonymKey),
		"ANPEI_CODEC_URL=" + s.url("codec"),
		"ANPEI_S3_ENDPOINT=" + s.addr("minio"),
		"ANPEI_S3_ACCESS_KEY=" + s3Key,
		"ANPEI_S3_SECRET_KEY=" + s3Secret,
		"ANPEI_S3_BUCKET=" + evidenceBucket,
		"ANPEI_S3_STAGING=" + stagingBucket,
		"ANPEI_S3_PREVIEWS=" + previewBucket,
		"ANPEI_BANK_URL=" + s.url("bank"),
		"ANPEI_BANK_TOKEN=" + s.secrets.BankToken,
		"ANPEI_OIDC_ISSUER=" + s.url("identity"),
		"ANPEI_OUTBOX_URL=" + s.url("outbox"),
		// Shells read this file, too: no value has a space. In English the insurer
		// is called as in Chinese.
		"ANPEI_INSURER_NAME=安赔财产保险股份有限公司（演示）",
		"ANPEI_INSURER_ADDRESS=测试市样例路1号",
		"ANPEI_INSURER_HOTLINE=400-000-0000",
		"ANPEI_STACK_PIDS=" + strings.Join(append(s.pids, fmt.Sprintf("local:%d", os.Getpid())), ","),
	}, "\n") + "\n"
}

// detach runs up in the background and shows its log until it is ready or has
// ended.
func detach(ctx context.Context, f folder, ownPorts bool, envFile string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	log, err := f.log("local")
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	defer func() { _ = log.Close() }()
	shown, err := os.Open(log.Name())
	if err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	defer func() { _ = shown.Close() }()
	if _, err := shown.Seek(0, io.SeekEnd); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	args := []string{"up", "--data", f.path, "--env-file", envFile}
	if ownPorts {
		args = append(args, "--ports", "auto")
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()

	for {
		r, ok := f.running()
		ready := ok && r.pid == cmd.Process.Pid && r.ready() == nil
		if _, err := io.Copy(os.Stdout, shown); err != nil {
			return fmt.Errorf("show %s: %w", log.Name(), err)
		}
		if ready {
			return nil
		}
		select {
		case err := <-exited:
			if _, copyErr := io.Copy(os.Stdout, shown); copyErr != nil || err != nil {
				return fmt.Errorf("the stack did not start; its log is %s", log.Name())
			}
			return nil
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), cmd.Process.Signal(syscall.SIGTERM), <-exited)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// down stops the stack and returns when all its processes have ended.
func down(ctx context.Context, data string) error {
	f, err := findFolder(data)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Println("not up")
		return nil
	}
	if err != nil {
		return err
	}
	lock, err := f.end(ctx)
	if err != nil {
		return err
	}
	return lock.Close()
}

// end stops the stack that runs on the folder, if one does, and returns the
// folder's lock.
func (f folder) end(ctx context.Context) (*os.File, error) {
	r, ok := f.running()
	if !ok {
		fmt.Println("not up")
		return f.lock(ctx)
	}
	if err := syscall.Kill(r.pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return nil, fmt.Errorf("stop the stack (pid %d): %w", r.pid, err)
	}
	lock, err := f.lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("stop the stack (pid %d): %w", r.pid, err)
	}
	fmt.Println("stopped")
	return lock, nil
}

// reset stops the stack and removes its data.
func reset(ctx context.Context, data string) error {
	f, err := findFolder(data)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Println("nothing to remove")
		return nil
	}
	if err != nil {
		return err
	}
	lock, err := f.end(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(f.remove(), lock.Close()); err != nil {
		return err
	}
	fmt.Println("removed", f.path)
	return nil
}

// status says what runs; it is an error if the stack is not ready.
func status(data string) error {
	f, err := findFolder(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r, ok := f.running()
	if !ok {
		return fmt.Errorf("not up on %s", f.path)
	}
	text, err := os.ReadFile(r.envFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("starting (pid %d)", r.pid)
	}
	if err != nil {
		return fmt.Errorf("read environment: %w", err)
	}
	fmt.Printf("up, environment in %s\n", r.envFile)
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "ANPEI_STACK_PIDS":
			for process := range strings.SplitSeq(value, ",") {
				name, pid, _ := strings.Cut(process, ":")
				fmt.Printf("%-10s pid %-8s %5d MB\n", name, pid, memory(pid))
			}
		case "TEMPORAL_ADDRESS", "ANPEI_TEMPORAL_UI", "ANPEI_S3_ENDPOINT", "ANPEI_BANK_URL", "ANPEI_OIDC_ISSUER", "ANPEI_OUTBOX_URL":
			fmt.Printf("%s %s\n", key, value)
		}
	}
	return nil
}
