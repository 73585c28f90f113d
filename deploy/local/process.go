package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// poll calls try until it succeeds. It fails with the context's cause, and with
// the last error if that was a deadline.
func poll(ctx context.Context, try func(context.Context) error) error {
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("%w: %w", context.Cause(ctx), err)
			}
			return context.Cause(ctx)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// process is a part that runs outside of this program.
type process struct {
	name    string
	program string
	args    []string
	env     []string            // besides our own
	dir     string              // where it runs, ours by default
	as      *syscall.Credential // whom it runs as, ourselves by default
	stop    syscall.Signal      // what ends it in good order
}

// spawn starts a process with its output in the part's log file. The stack
// ends when the process does.
//
// The process inherits the folder's lock (see lockName). It gets its signal
// also when the stack is killed (strictly, when the thread that started it
// ends; Go keeps its threads). It is in a process group of its own, so that an
// interrupt from the terminal reaches it only through the stack, in its turn.
func (s *stack) spawn(ctx context.Context, p process) error {
	log, err := s.folder.log(p.name)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(ctx, p.program, p.args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(p.stop) }
	cmd.WaitDelay = 30 * time.Second // then it is killed
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Dir = p.dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{s.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as, Setpgid: true, Pdeathsig: p.stop}
	if err := cmd.Start(); err != nil {
		stop()
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // the state says more
		s.die(fmt.Errorf("%s ended by itself, %s:\n%s", p.name, cmd.ProcessState, tail(log.Name())))
	}()
	s.started(p.name, cmd.Process.Pid, func() {
		stop()
		<-done
	})
	return nil
}

// log opens the log file of a part for appending.
func (f folder) log(name string) (*os.File, error) {
	return os.OpenFile(f.join("log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// tail returns the end of a log, with its path.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(append(lines[max(0, len(lines)-8):], "("+path+")"), "\n")
}

// checkFree says for each port that is taken which part wants it, who has it,
// and how to mend that.
func checkFree(p ports) error {
	var errs []error
	for name, port := range p {
		if !free(port) {
			errs = append(errs, fmt.Errorf("%s needs port %d, which is taken by %s", name, port, listener(port)))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(append(errs, errors.New("end that process, or use --ports auto"))...)
}

// listener describes the process that listens on a port, as far as /proc shows
// it to us.
func listener(port int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
			field := strings.Fields(lines.Text())
			const listening = "0A"
			if len(field) < 10 || field[3] != listening || !strings.HasSuffix(field[1], fmt.Sprintf(":%04X", port)) {
				continue
			}
			fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
			for _, fd := range fds {
				if to, err := os.Readlink(fd); err == nil && to == "socket:["+field[9]+"]" {
					pid := strings.Split(fd, "/")[2]
					args, _ := os.ReadFile("/proc/" + pid + "/cmdline")
					return fmt.Sprintf("%.80s (pid %s)", bytes.ReplaceAll(args, []byte{0}, []byte(" ")), pid)
				}
			}
		}
	}
	return "a process that cannot be seen from here"
}

// memory returns the MB of memory that a process takes, what it shares with
// others counted in part; 0 if it is gone.
func memory(pid string) int {
	text, err := os.ReadFile("/proc/" + pid + "/smaps_rollup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if field := strings.Fields(line); len(field) > 1 && field[0] == "Pss:" {
			kB, _ := strconv.Atoi(field[1])
			return kB >> 10
		}
	}
	return 0
}
