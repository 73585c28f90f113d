package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"syscall"

	"anpei/deploy/local/bank"
	"anpei/deploy/local/outbox"
)

// part runs one part of a stack by itself, in the foreground, on a folder on
// which the whole has been up before with ports of its own. Who starts all of
// them this way can end each of them as a crash would, and start it again:
// nothing else ends with it. postgres and minio become the process itself.
func part(ctx context.Context, data, name string) error {
	s, err := openStopped(ctx, data)
	if err != nil {
		return err
	}
	switch name {
	case "postgres":
		p, err := s.postgresProcess(ctx)
		if err != nil {
			return err
		}
		return p.become()
	case "minio":
		p, err := s.minioProcess()
		if err != nil {
			return err
		}
		return p.become()
	case "bank":
		return bank.Main(ctx, []string{"--listen", s.addr(name), "--data", s.folder.join(name)})
	case "outbox":
		return outbox.Main(ctx, []string{"--listen", s.addr(name), "--data", s.folder.join(name)})
	case "temporal":
		if err := s.temporal(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		s.stop()
		return nil
	}
	return fmt.Errorf("%q does not run by itself: postgres, minio, temporal, bank and outbox do", name)
}

// openStopped returns the stack of a folder as its last start left it.
func openStopped(ctx context.Context, data string) (*stack, error) {
	f, err := findFolder(data)
	if err != nil {
		return nil, fmt.Errorf("%s has no stack yet, local up --data makes one: %w", data, err)
	}
	s := &stack{folder: f, given: map[string]string{}, die: func(error) {}}
	if _, err := os.Stat(f.join("ports")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the stack in %s has no ports of its own: start it once with --ports auto", data)
	}
	if err := errors.Join(f.keep("ports", &s.ports), ctx.Err()); err != nil {
		return nil, err
	}
	if s.secrets, err = f.secrets(); err != nil {
		return nil, err
	}
	s.admin = &url.URL{
		Scheme: "postgres", User: url.UserPassword("anpei_admin", s.secrets.Admin),
		Host: s.addr("postgres"), RawQuery: "sslmode=disable",
	}
	return s, os.Setenv("ANPEI_BANK_TOKEN", s.secrets.BankToken)
}

// become replaces this program by the process, so that who ends it ends the
// server. It returns only on an error. The signal on a parent's death, which a
// change of user takes away, is asked for again.
func (p process) become() error {
	const setParentDeathSignal = 1 // PR_SET_PDEATHSIG
	runtime.LockOSThread()
	if p.as != nil {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(int(p.as.Gid)), syscall.Setuid(int(p.as.Uid))); err != nil {
			return fmt.Errorf("become the user of %s: %w", p.name, err)
		}
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setParentDeathSignal, uintptr(syscall.SIGKILL), 0); errno != 0 {
		return fmt.Errorf("end %s with its parent: %w", p.name, errno)
	}
	if p.dir != "" {
		if err := os.Chdir(p.dir); err != nil {
			return err
		}
	}
	return syscall.Exec(p.program, append([]string{p.program}, p.args...), append(os.Environ(), p.env...))
}
