package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// lockName is the file that marks a folder as ours (reset removes no other),
// names the process of the stack and the file of its environment, and carries
// the lock. Every process of the stack inherits the lock, so whoever gets it
// knows that all of them are gone.
const lockName = "anpei-local.lock"

// folder is the data folder of a stack.
type folder struct{ path string }

func (f folder) join(name ...string) string {
	return filepath.Join(append([]string{f.path}, name...)...)
}

// openFolder creates the folder where there is none. It refuses one that holds
// something else, because reset would remove that too.
func openFolder(path string) (folder, error) {
	f, err := findFolder(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := os.MkdirAll(f.join("log"), 0o755); err != nil {
		return f, fmt.Errorf("create data folder: %w", err)
	}
	mark, err := os.OpenFile(f.join(lockName), os.O_CREATE, 0o644)
	if err != nil {
		return f, fmt.Errorf("mark data folder: %w", err)
	}
	return f, mark.Close()
}

// findFolder returns the data folder at path; the error is fs.ErrNotExist if
// there is none yet.
func findFolder(path string) (folder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return folder{}, fmt.Errorf("data folder: %w", err)
	}
	f := folder{abs}
	if _, err := os.Stat(f.join(lockName)); err == nil {
		return f, nil
	}
	switch entries, err := os.ReadDir(abs); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return f, fmt.Errorf("data folder: %w", err)
	case len(entries) > 0:
		return f, fmt.Errorf("%s is not a data folder of the local stack: it has files but no %s", abs, lockName)
	}
	return f, fs.ErrNotExist
}

var errLocked = errors.New("processes of the last stack have not ended")

// tryLock returns the held lock, or errLocked.
func (f folder) tryLock() (*os.File, error) {
	file, err := os.OpenFile(f.join(lockName), os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, fmt.Errorf("lock data folder: %w", err)
}

// lock waits until every process of the last stack has ended.
func (f folder) lock(ctx context.Context) (*os.File, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("waited for a minute"))
	defer cancel()
	var file *os.File
	err := poll(ctx, func(context.Context) (err error) {
		file, err = f.tryLock()
		return err
	})
	return file, err
}

// running is what the lock file says of the stack that holds it.
type running struct {
	pid     int
	envFile string
}

// ready returns nil when the stack has written its environment.
func (r running) ready() error {
	_, err := os.Stat(r.envFile)
	return err
}

// await returns when the stack is ready.
func (r running) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("up (pid %d) but not ready", r.pid))
	defer cancel()
	if err := poll(ctx, func(context.Context) error { return r.ready() }); err != nil {
		return err
	}
	fmt.Printf("already up (pid %d), environment in %s\n", r.pid, r.envFile)
	return nil
}

// publish writes who holds the lock.
func publish(lock *os.File, r running) error {
	if err := lock.Truncate(0); err != nil {
		return fmt.Errorf("write lock file: %w", err)
	}
	if _, err := lock.WriteAt(fmt.Appendf(nil, "%d\n%s\n", r.pid, r.envFile), 0); err != nil {
		return fmt.Errorf("write lock file: %w", err)
	}
	return nil
}

// running returns the stack that is up on the folder, if one is. A process
// counts only if it has the lock file open, since pids are used again.
func (f folder) running() (running, bool) {
	text, err := os.ReadFile(f.join(lockName))
	if err != nil {
		return running{}, false
	}
	pid, envFile, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	r := running{envFile: envFile}
	if r.pid, err = strconv.Atoi(pid); err != nil {
		return running{}, false
	}
	want, err := os.Stat(f.join(lockName))
	if err != nil {
		return running{}, false
	}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", r.pid))
	for _, file := range files {
		if got, err := os.Stat(file); err == nil && os.SameFile(got, want) {
			return r, true
		}
	}
	return running{}, false
}

// remove clears the folder, and the PostgreSQL cluster if that had to live
// elsewhere.
func (f folder) remove() error {
	if cluster, err := os.Readlink(f.join("postgres")); err == nil && filepath.Dir(cluster) == clusters {
		if err := os.RemoveAll(cluster); err != nil {
			return fmt.Errorf("remove cluster: %w", err)
		}
		_ = os.Remove(clusters) // if this was the last
	}
	if err := os.RemoveAll(f.path); err != nil {
		return fmt.Errorf("remove data folder: %w", err)
	}
	return nil
}

// secrets are made on the first start and stay, as the stored data depends on
// them. The names of the passwords are those of the PostgreSQL roles.
type secrets struct {
	Admin, Owner, API, Worker, Temporal string
	S3Key, S3Secret                     string
	BankToken                           string
	CodecKey                            []byte // 32 bytes
	PseudonymKey                        []byte // likewise
}

func (f folder) secrets() (secrets, error) {
	s := secrets{
		Admin: rand.Text(), Owner: rand.Text(), API: rand.Text(), Worker: rand.Text(), Temporal: rand.Text(),
		S3Key: rand.Text()[:20], S3Secret: rand.Text(),
		BankToken: rand.Text(),
		CodecKey:  make([]byte, 32),
	}
	rand.Read(s.CodecKey) // never fails
	if err := f.keep("secrets", &s); err != nil || len(s.PseudonymKey) > 0 {
		return s, err
	}
	s.PseudonymKey = make([]byte, 32) // a folder of before there was one
	rand.Read(s.PseudonymKey)
	return s, f.save("secrets", &s)
}

// ports are the listening ports, by the names of the parts.
type ports map[string]int

var defaultPorts = ports{
	"postgres": 15432,
	"temporal": 17233,
	"ui":       18233,
	"codec":    18234,
	"minio":    19000,
	"bank":     17010,
	"identity": 17020,
	"outbox":   17030,
}

// ports returns the default ports, or the folder's own: those of its last
// start, except where another process has taken one since.
func (f folder) ports(own bool) (ports, error) {
	p := maps.Clone(defaultPorts)
	if !own {
		return p, nil
	}
	for name := range p {
		p[name] = 0
	}
	if err := f.keep("ports", &p); err != nil {
		return nil, err
	}
	for name, port := range p {
		if port == 0 || !free(port) {
			p[name] = freePort()
		}
		handOut(p[name])
	}
	return p, f.save("ports", p)
}

// freePort picks at random below the range from which the kernel takes the
// ports of outgoing connections, so that the port is likely to stay free.
func freePort() int {
	handedOut.Lock()
	defer handedOut.Unlock()
	for {
		port := 20000 + mathrand.IntN(12000)
		if !handedOut.ports[port] && free(port) {
			handedOut.ports[port] = true
			return port
		}
	}
}

func handOut(port int) {
	handedOut.Lock()
	defer handedOut.Unlock()
	handedOut.ports[port] = true
}

// handedOut are the ports of this stack that nobody may listen on yet: freePort
// gives none twice.
var handedOut = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

func free(port int) bool {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// keep reads the named file into v, or saves v as its first content.
func (f folder) keep(name string, v any) error {
	text, err := os.ReadFile(f.join(name))
	if errors.Is(err, fs.ErrNotExist) {
		return f.save(name, v)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("read %s: %w", f.join(name), err)
	}
	return nil
}

func (f folder) save(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return writeFile(f.join(name), text)
}

// writeFile replaces a file that only its owner may read, at once or not at
// all.
func writeFile(path string, text []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
