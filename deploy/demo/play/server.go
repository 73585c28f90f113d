package play

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"anpei/internal/pace"
)

// Server is a process of the product.
type Server struct {
	Name string

	cmd   *exec.Cmd
	log   string
	ended chan struct{}
	err   error // once it has ended
}

// Start starts a program with this environment beside ours; what it writes is
// added to the file log. It gets no signal from our terminal, and ends when we do.
func Start(name, log string, env map[string]string, program string, args ...string) (*Server, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	s := &Server{Name: name, log: log, ended: make(chan struct{})}
	s.cmd = exec.Command(program, args...) //nolint:noctx // Stop lets it finish its work, which a context does not
	s.cmd.Env = os.Environ()
	for key, value := range env {
		s.cmd.Env = append(s.cmd.Env, key+"="+value)
	}
	s.cmd.Stdout, s.cmd.Stderr = file, file
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		// Pdeathsig looks at the thread that started the process: this one,
		// which stays as long as the process does.
		runtime.LockOSThread()
		started <- s.cmd.Start()
		if s.cmd.Process == nil {
			return
		}
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	err = errors.Join(<-started, file.Close()) // the child has its own
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return s, nil
}

// Ready waits until a GET of the address succeeds.
func (s *Server) Ready(ctx context.Context, address string) error {
	return Until(ctx, s.Name+" at "+address, time.Minute, func() (bool, error) {
		if err := s.Alive(); err != nil {
			return false, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return false, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return false, nil //nolint:nilerr // not yet
		}
		resp.Body.Close()
		return resp.StatusCode < 300, nil
	})
}

// Readiness asks the API which of its servers are up.
func (s Stack) Readiness(ctx context.Context) (servers map[string]string, err error) {
	err = exchange(ctx, http.MethodGet, s.API+"/readyz", "", nil, &servers)
	return servers, err
}

// Alive returns nil while the process runs, and else the end of its log.
func (s *Server) Alive() error {
	select {
	case <-s.ended:
	default:
		return nil
	}
	text, _ := os.ReadFile(s.log)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	how := "without an error"
	if s.err != nil {
		how = s.err.Error()
	}
	return fmt.Errorf("%s has ended (%s); its log %s ends with:\n%s", s.Name, how, s.log, strings.Join(lines[max(0, len(lines)-5):], "\n"))
}

// Ended is closed when the process has ended.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// PID is the process's id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop lets the process finish what it is doing, for 20 seconds at most.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		if s.err != nil {
			return fmt.Errorf("%s stopped with %w", s.Name, s.err)
		}
		return nil
	case <-time.After(pace.Limit(20 * time.Second)):
		s.Kill()
		return fmt.Errorf("%s did not stop within 20 s", s.Name)
	}
}

// Kill ends the process as a power cut would, and waits until it is gone.
func (s *Server) Kill() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.ended
}

// FreeAddress returns an address on loopback that nobody listens on: below the
// range from which the kernel takes the ports of outgoing connections, so that
// it is likely to stay free until somebody does.
func FreeAddress(ctx context.Context) (string, error) {
	for {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", 11_000+rand.IntN(9_000)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return "", err
		}
	}
}
