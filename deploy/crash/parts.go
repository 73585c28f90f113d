package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"anpei/deploy/demo/play"
)

// part is a process that is killed now and then, and always started again.
type part struct {
	name, program string
	args          []string
	env           map[string]string
	log           string

	mu      sync.Mutex
	running *play.Server
	until   time.Time // it stays away until then
	killed  bool
	kills   int
	byOwn   int // how often it ended by itself: most wait for another part at their start
}

// keep runs the part until ctx is done.
func (p *part) keep(ctx context.Context) {
	for ctx.Err() == nil {
		s, err := play.Start(p.name, p.log, p.env, p.program, p.args...)
		if err != nil {
			fmt.Fprintln(os.Stderr, "crash:", err)
			return
		}
		p.mu.Lock()
		p.running, p.killed = s, false
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			end(s)
			return
		case <-s.Ended():
		}
		p.mu.Lock()
		wait := time.Until(p.until)
		if !p.killed {
			p.byOwn++
			wait = 200 * time.Millisecond
		}
		p.mu.Unlock()
		pause(ctx, wait)
	}
}

// kill ends the part as a crash would, and keeps it away for a while.
func (p *part) kill(away time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil || p.running.Alive() != nil { // it is away already
		return
	}
	p.until, p.killed = time.Now().Add(away), true
	p.kills++
	end(p.running)
}

// end kills a process with all that it has started: PostgreSQL's are in groups
// of their own.
func end(s *play.Server) {
	children := below(s.PID())
	s.Kill()
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// below lists the processes that descend from one.
func below(root int) []int {
	parents := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		_, after, _ := strings.Cut(string(text), ") ") // the name may hold anything
		if fields := strings.Fields(after); len(fields) > 1 {
			parents[pid], _ = strconv.Atoi(fields[1])
		}
	}
	found := []int{root}
	for i := 0; i < len(found); i++ {
		for pid, parent := range parents {
			if parent == found[i] {
				found = append(found, pid)
			}
		}
	}
	return found[1:]
}

// system is the product with all its servers, each a process of its own.
type system struct {
	play.Stack
	env    map[string]string
	parts  []*part
	folder string
	bin    string

	stop context.CancelFunc
	all  sync.WaitGroup
}

// victims are the parts that are killed. The identity provider stays: it is
// asked before a run.
var victims = []string{"api", "worker", "temporal", "postgres", "minio", "bank", "outbox"}

// start makes a stack in a folder that is empty or does not exist, and starts
// it with the product, part by part.
func start(ctx context.Context, bin, folder string) (*system, error) {
	local := filepath.Join(bin, "local")
	if err := run(ctx, local, "up", "--data", folder, "--ports", "auto", "--detach"); err != nil {
		return nil, err
	}
	env, err := play.ReadEnv(filepath.Join(folder, "env"))
	if err != nil {
		return nil, fmt.Errorf("read the stack's environment: %w", err)
	}
	if err := run(ctx, local, "down", "--data", folder); err != nil {
		return nil, err
	}
	listen, err := play.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	env["ANPEI_LISTEN"] = listen
	s := &system{Stack: play.NewStack("http://"+listen, env), env: env, folder: folder, bin: bin}
	for _, name := range []string{"postgres", "minio", "temporal", "bank", "outbox"} {
		s.add(name, local, "part", "--data", folder, name)
	}
	_, issuer, _ := strings.Cut(env["ANPEI_OIDC_ISSUER"], "://")
	s.add("identity", local, "identity", "--listen", issuer, "--data", filepath.Join(folder, "identity"), "--issuer", env["ANPEI_OIDC_ISSUER"])
	s.add("worker", filepath.Join(bin, "worker"))
	s.add("api", filepath.Join(bin, "api"))
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	for _, p := range s.parts[:len(s.parts)-2] {
		s.all.Go(func() { p.keep(running) })
	}
	if err := s.migrate(ctx); err != nil {
		s.end()
		return nil, err
	}
	for _, p := range s.parts[len(s.parts)-2:] {
		s.all.Go(func() { p.keep(running) })
	}
	return s, nil
}

// run runs a command of the local stack. Told that the environment is a
// stack's, it does not use servers that are named there: they are not ours to
// kill.
func run(ctx context.Context, local string, args ...string) error {
	cmd := exec.CommandContext(ctx, local, args...)
	cmd.Env = append(os.Environ(), "ANPEI_STACK_PIDS=crash:"+strconv.Itoa(os.Getpid()))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("local %s: %w\n%s", args[0], err, out)
	}
	return nil
}

func (s *system) add(name, program string, args ...string) {
	s.parts = append(s.parts, &part{
		name: name, program: program, args: args, env: maps.Clone(s.env), log: filepath.Join(s.folder, "log", "crash-"+name+".log"),
	})
}

func (s *system) part(name string) *part {
	return s.parts[slices.IndexFunc(s.parts, func(p *part) bool { return p.name == name })]
}

// migrate waits for the database and brings it up to date.
func (s *system) migrate(ctx context.Context) error {
	var out []byte
	err := play.Until(ctx, "database", time.Minute, func() (bool, error) {
		cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "api"), "migrate")
		cmd.Env = append(os.Environ(), "ANPEI_FIRST_ADMIN="+firstAdmin)
		for key, value := range s.env {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
		var err error
		out, err = cmd.CombinedOutput()
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("api migrate: %w\n%s", err, out)
	}
	return nil
}

// end kills everything.
func (s *system) end() {
	s.stop()
	s.all.Wait()
}

// reset removes the folder.
func (s *system) reset(ctx context.Context) error {
	return run(ctx, filepath.Join(s.bin, "local"), "reset", "--data", s.folder)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
