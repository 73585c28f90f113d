// Package ocr reads papers: exact sources first (the text layer of a PDF, QR
// codes), then an OCR engine. It is the only cgo in the product.
//
// What it reads comes from strangers, and the libraries that decode it are
// large and old. So a file is read by a process of its own, which is started
// for it with bounds on memory, time and output and without the worker's
// environment. Whatever happens to that process, its file is unreadable for a
// stated reason, and the worker goes on.
package ocr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"anpei/claim/document"
)

const (
	defaultBytes   = 20 << 20
	defaultPixels  = 50_000_000
	defaultPages   = 10
	defaultTimeout = 60 * time.Second
	defaultMemory  = 3 << 30

	maxAnswer = 4 << 20         // bytes of JSON
	maxFile   = 16 << 20        // bytes of a file that a child writes: previews have far less
	maxStderr = 4 << 10         // bytes kept, the first and the last
	grace     = 2 * time.Second // for pipes that outlive a killed child
)

// Reader reads files in a child process. The zero Reader runs this program
// with the argument "page-reader", and has the limits below. A Reader is safe
// for use by several goroutines.
type Reader struct {
	Exe         string        // the program; this one when empty
	Args        []string      // its arguments before ours; "page-reader" when nil
	Models      string        // the folder of the OCR models; "ocr" beside the program when empty
	Scratch     string        // folder for models made ready; the system's for temporary files when empty
	MaxBytes    int64         // of a file; 20 MiB
	MaxPixels   int64         // of a picture; 50 million
	MaxPages    int           // read of a PDF, the rest is left out; 10
	Timeout     time.Duration // for one file, and its CPU seconds; 1 minute
	MemoryBytes uint64        // of address space, which exceeds what is used; 3 GiB
}

// Read reads the file at path. Whatever is wrong with the file, or happens to
// the process that reads it, is said in the reading; an error means that ctx
// has ended or that nothing can be read at all, as without Tesseract's data.
// In the folder previews, unless it is "", are left the pictures of a
// [document.Preview], as far as the file could be decoded. The child and all its
// children are dead when Read returns.
func (r Reader) Read(ctx context.Context, path, previews string) (document.Reading, error) {
	return r.run(ctx, path, previews)
}

// Look is like Read, but of a picture it says only what it looks like, and
// whether it shows anything. That takes a twentieth of the time.
func (r Reader) Look(ctx context.Context, path, previews string) (document.Reading, error) {
	return r.run(ctx, path, previews, "-look")
}

func (r Reader) run(ctx context.Context, path, previews string, more ...string) (document.Reading, error) {
	start := time.Now()
	exe, err := r.exe()
	if err != nil {
		return document.Reading{}, err
	}
	timeout := or(r.Timeout, defaultTimeout)
	seconds := uint64((timeout + time.Second - 1) / time.Second) //nolint:gosec // a time-out is positive
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	//nolint:gosec // The program is this one, and the file's name is ours.
	cmd := exec.CommandContext(limited, exe, slices.Concat(r.args(), more, []string{
		"-previews=" + previews,
		"-max-bytes=" + strconv.FormatInt(or(r.MaxBytes, defaultBytes), 10),
		"-max-pixels=" + strconv.FormatInt(or(r.MaxPixels, defaultPixels), 10),
		"-max-pages=" + strconv.Itoa(or(r.MaxPages, defaultPages)),
		"-models=" + r.models(exe),
		"--", path,
	})...)
	temporary, err := beside(previews)
	if err != nil {
		return document.Reading{}, fmt.Errorf("make a folder for the page reader: %w", err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	cmd.Env = environment(temporary)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = grace
	stdout, stderr := &limitedBuffer{left: maxAnswer}, &ends{}
	cmd.Stdout, cmd.Stderr = stdout, stderr

	// Pdeathsig is sent when the thread that forked ends: keep it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return document.Reading{}, fmt.Errorf("start the page reader: %w", err)
	}
	bounded := bound(cmd.Process.Pid, or(r.MemoryBytes, defaultMemory), seconds)
	if bounded != nil {
		cancel()
	}
	err = cmd.Wait()

	var a answer
	switch {
	case ctx.Err() != nil:
		return document.Reading{}, fmt.Errorf("read %s: %w", path, ctx.Err())
	case bounded != nil && !errors.Is(bounded, unix.ESRCH): // ESRCH: it is done already
		return document.Reading{}, fmt.Errorf("bound the page reader: %w", bounded)
	case json.Unmarshal(stdout.kept, &a) == nil && a.Broken != "":
		return document.Reading{}, errors.New(a.Broken)
	case err == nil && a.Kind != "":
	default:
		reason := cause(cmd.ProcessState, limited.Err() != nil, seconds, stderr.String())
		slog.WarnContext(ctx, "page reader died", "reason", reason, "error", err, "stderr", stderr.String())
		a.Reading = document.Illegible(reason)
	}
	if a.Unshown != "" {
		slog.WarnContext(ctx, "page reader left no preview", "error", a.Unshown)
	}
	a.Millis = time.Since(start).Milliseconds()
	if s := cmd.ProcessState; s != nil {
		a.CPUMillis = (s.UserTime() + s.SystemTime()).Milliseconds()
		if spent, ok := s.SysUsage().(*syscall.Rusage); ok {
			a.PeakKB = spent.Maxrss
		}
	}
	return a.Reading, nil
}

// beside makes a folder beside the previews for what a child's libraries write
// there; "" where there are no previews.
func beside(previews string) (string, error) {
	if previews == "" {
		return "", nil
	}
	return os.MkdirTemp(filepath.Dir(previews), "reader-")
}

// environment is a child's: nothing of the worker's, where its passwords are.
func environment(temporary string) []string {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "OMP_THREAD_LIMIT=1", "GOMAXPROCS=1", "MALLOC_ARENA_MAX=1"}
	if temporary != "" {
		env = append(env, "TMPDIR="+temporary)
	}
	return env
}

// bound sets the limits of a process that has just begun. What it starts in
// turn inherits them.
func bound(pid int, memory, seconds uint64) error {
	for resource, limit := range map[int]unix.Rlimit{
		unix.RLIMIT_AS:    {Cur: memory, Max: memory},
		unix.RLIMIT_CPU:   {Cur: seconds + 1, Max: seconds + 2},
		unix.RLIMIT_CORE:  {}, // a core dump would hold the paper
		unix.RLIMIT_FSIZE: {Cur: maxFile, Max: maxFile},
	} {
		if err := unix.Prlimit(pid, resource, &limit, nil); err != nil {
			return fmt.Errorf("prlimit %d: %w", resource, err)
		}
	}
	return nil
}

// cause says why a page reader gave no answer.
func cause(state *os.ProcessState, late bool, seconds uint64, stderr string) string {
	status, _ := state.Sys().(syscall.WaitStatus)
	spent := state.UserTime() + state.SystemTime()
	stderr = strings.ToLower(stderr)
	for _, s := range []string{"out of memory", "cannot allocate memory", "failed to allocate", "bad_alloc", "pthread_create failed"} {
		if strings.Contains(stderr, s) {
			return document.OutOfMemory
		}
	}
	switch {
	case late, strings.Contains(stderr, "sigxcpu"), spent >= time.Duration(seconds)*time.Second: //nolint:gosec // seconds, not centuries
		return document.TimedOut
	case status.Signaled() && status.Signal() == syscall.SIGKILL: // not by us: by the kernel, short of memory
		return document.OutOfMemory
	}
	return document.Crashed
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// limitedBuffer keeps what is written to it, and refuses what is too much, so
// that the writer at the other end of the pipe is stopped.
type limitedBuffer struct {
	kept []byte
	left int64
}

func (l *limitedBuffer) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errors.New("too much output")
	}
	l.kept = append(l.kept, p...)
	return len(p), nil
}

// ends keeps the first and the last of what is written to it: a program that
// dies says why at the beginning, and where at the end.
type ends struct{ head, tail []byte }

func (e *ends) Write(p []byte) (int, error) {
	n := len(p)
	room := min(maxStderr/4-len(e.head), n)
	e.head, p = append(e.head, p[:room]...), p[room:]
	e.tail = append(e.tail, p...)
	if over := len(e.tail) - maxStderr*3/4; over > 0 {
		e.tail = append(e.tail[:0], e.tail[over:]...)
	}
	return n, nil
}

func (e *ends) String() string { return strings.TrimSpace(string(e.head) + string(e.tail)) }

// Prepare readies the models for the processor of this machine, so that each
// process that reads a page loads them in a third of the time; call done when
// no more is to be read. Without models there is nothing to prepare.
func (r *Reader) Prepare(ctx context.Context) (done func(), err error) {
	exe, err := r.exe()
	if err != nil {
		return nil, err
	}
	if !hasModels(r.models(exe)) {
		return func() {}, nil
	}
	to, err := os.MkdirTemp(r.Scratch, "anpei-models-*")
	if err != nil {
		return nil, fmt.Errorf("prepare the OCR models: %w", err)
	}
	done = func() { _ = os.RemoveAll(to) }
	//nolint:gosec // The program is this one.
	cmd := exec.CommandContext(ctx, exe, append(slices.Clip(r.args()), "-models="+r.models(exe), "-prepare="+to)...)
	cmd.Env = environment(to)
	if out, err := cmd.CombinedOutput(); err != nil {
		done()
		return nil, fmt.Errorf("prepare the OCR models: %w: %s", err, out)
	}
	r.Models = to
	return done, nil
}

// Engine says which engine reads pictures: with its models, or without.
func (r Reader) Engine() string {
	if exe, err := r.exe(); err == nil && hasModels(r.models(exe)) {
		return "PP-OCRv4, with tesseract as second witness"
	}
	return "tesseract alone: no OCR models (make setup fetches them)"
}

func (r Reader) exe() (string, error) {
	if r.Exe != "" {
		return r.Exe, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the page reader: %w", err)
	}
	return self, nil
}

func (r Reader) args() []string {
	if r.Args == nil {
		return []string{"page-reader"}
	}
	return r.Args
}

func (r Reader) models(exe string) string {
	return or(r.Models, filepath.Join(filepath.Dir(exe), "ocr"))
}
