package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// stack is what the environment says of the servers.
type stack struct {
	pids              map[string]int // by name
	owner, api        string         // URLs of the database, by role
	worker            string
	store             string // host:port
	accessKey, secret string
	bucket            string
	issuer            string
	identitySecret    string
	temporal          string
	namespace         string
	codecKey          string
	pollers           int
	conns             int
}

func readStack() (stack, error) {
	s := stack{
		pids:  map[string]int{},
		owner: os.Getenv("ANPEI_DB_OWNER"), api: os.Getenv("ANPEI_DB_API"), worker: os.Getenv("ANPEI_DB_WORKER"),
		store: os.Getenv("ANPEI_S3_ENDPOINT"), accessKey: os.Getenv("ANPEI_S3_ACCESS_KEY"), secret: os.Getenv("ANPEI_S3_SECRET_KEY"),
		bucket: os.Getenv("ANPEI_S3_BUCKET"), issuer: os.Getenv("ANPEI_OIDC_ISSUER"),
		identitySecret: or(os.Getenv("ANPEI_IDENTITY_PARTNER_SECRET"), "anpei-local-not-a-secret"), // the sandbox's own default
		temporal:       os.Getenv("TEMPORAL_ADDRESS"), namespace: os.Getenv("TEMPORAL_NAMESPACE"), codecKey: os.Getenv("ANPEI_CODEC_KEY"),
	}
	for part := range strings.SplitSeq(os.Getenv("ANPEI_STACK_PIDS"), ",") {
		name, text, _ := strings.Cut(part, ":")
		if pid, err := strconv.Atoi(text); err == nil {
			s.pids[name] = pid
		}
	}
	var errs []error
	var err error
	if s.pollers, err = strconv.Atoi(or(os.Getenv("ANPEI_POLLERS"), "16")); err != nil { // the product's default
		errs = append(errs, fmt.Errorf("ANPEI_POLLERS: %w", err))
	}
	if s.conns, err = strconv.Atoi(or(os.Getenv("ANPEI_DB_CONNS"), "24")); err != nil { // likewise
		errs = append(errs, fmt.Errorf("ANPEI_DB_CONNS: %w", err))
	}
	if len(s.pids) == 0 || s.owner == "" || s.api == "" || s.store == "" || s.temporal == "" {
		errs = append(errs, errors.New("the environment names no stack; run make bench, or deploy/with-stack.sh .local-bench -- .bin/bench"))
	}
	return s, errors.Join(errs...)
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// heading says what is measured on, and with what.
func (b *bench) heading(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, b.stack.owner)
	if err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	setting := func(name string) (value string) {
		if err := conn.QueryRow(ctx, "select current_setting($1)", name).Scan(&value); err != nil {
			return err.Error()
		}
		return value
	}
	fmt.Printf("%s, %d cores, %.0f GB, Linux %s, %s\n", processor(), runtime.NumCPU(), memory(), release(), runtime.Version())
	fmt.Printf("PostgreSQL %s (fsync %s, synchronous_commit %s, checksums %s), Temporal %s, MinIO %s\n",
		setting("server_version"), setting("fsync"), setting("synchronous_commit"), setting("data_checksums"),
		b.stack.version("local", "go.temporal.io/server"), b.stack.version("minio", "github.com/minio/minio"))
	how := "the claims queue is served by the api process (ANPEI_API_SERVES_CLAIMS)"
	if b.separate {
		how = "api and worker are two processes"
	}
	fmt.Printf("rounds %d × %.3g s, alternating, medians; %d claims in flight; %s\n", b.rounds, b.window.Seconds(), b.inFlight, how)
	return nil
}

// version tells which version of a module a process of the stack was built with.
func (s stack) version(process, module string) string {
	info, err := buildinfo.ReadFile(fmt.Sprintf("/proc/%d/exe", s.pids[process]))
	if err != nil {
		return "of unknown version"
	}
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return "of unknown version"
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t :\n")
		}
	}
	return runtime.GOARCH
}

func memory() float64 {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "MemTotal:" {
			kB, _ := strconv.ParseFloat(f[1], 64)
			return kB / (1 << 20)
		}
	}
	return 0
}

func release() string {
	text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(text))
}

// foreignAllowed is how many cores other programs may take before a run says
// that it is invalid.
const foreignAllowed = 0.1

// hertz is the unit of CPU times in /proc: USER_HZ, 100 on every platform of Go.
const hertz = 100

// machine tells our processes from others, by pid: those of the stack, and this
// one, and all their children. Threads of the kernel are nobody's: they work
// for whoever reads and writes.
type machine struct {
	roots   map[int]string // names by pid
	windows []usage
}

func newMachine(pids map[string]int) *machine {
	m := &machine{roots: map[int]string{os.Getpid(): "bench"}}
	for name, pid := range pids {
		m.roots[pid] = name
	}
	if pid, ours := pids["local"]; ours {
		m.roots[pid] = "temporal" // which runs in there
	}
	return m
}

// sample is what all processes have used so far.
type sample struct {
	at     time.Time
	used   map[int]process
	stolen float64 // seconds
}

type process struct {
	parent int
	name   string
	cpu    float64 // seconds, with children that have ended
}

func (m *machine) sample() sample {
	s := sample{at: time.Now(), used: map[int]process{}}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		p, ok := parseStat(string(text))
		if !ok {
			continue
		}
		if m.roots[p.parent] == "postgres" {
			p.name = backend(pid)
		}
		s.used[pid] = p
	}
	text, _ := os.ReadFile("/proc/stat")
	if f := strings.Fields(string(text)); len(f) > 8 {
		ticks, _ := strconv.ParseFloat(f[8], 64)
		s.stolen = ticks / hertz
	}
	return s
}

// parseStat reads /proc/<pid>/stat: pid (name) state ppid …, where the name may
// hold anything.
func parseStat(text string) (process, bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return process{}, false
	}
	f := strings.Fields(text[end+1:])
	if len(f) < 15 {
		return process{}, false
	}
	p := process{name: text[open+1 : end]}
	p.parent, _ = strconv.Atoi(f[1])
	for _, ticks := range f[11:15] { // utime stime cutime cstime
		n, _ := strconv.ParseFloat(ticks, 64)
		p.cpu += n / hertz
	}
	return p, true
}

const kernel = 2 // kthreadd, parent of the kernel's threads

// backend names a process of PostgreSQL by the database that it serves, as its
// title tells: "postgres: role database address".
func backend(pid int) string {
	title, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if f := strings.Fields(string(title)); len(f) > 3 && strings.HasPrefix(f[3], "127.0.0.1") {
		return "postgres/" + f[2]
	}
	return "postgres"
}

// own returns the name of a process that is ours; "" for another's.
func (m *machine) own(s sample, pid int) string {
	for at, hops := pid, 0; at > 1 && hops < 64; hops++ {
		name, ok := m.roots[at]
		if ok && name == "postgres" && at != pid {
			return s.used[pid].name
		}
		if ok {
			return name
		}
		at = s.used[at].parent
	}
	return ""
}

// usage is the CPU used in a window, in cores.
type usage struct {
	seconds              float64
	own, foreign, stolen float64
	ours, others         map[string]float64 // by name, in seconds
}

// since returns what was used since an earlier sample, and remembers it for
// the total of the run. A process that has ended meanwhile is with its parent.
func (m *machine) since(before sample) usage {
	now := m.sample()
	u := usage{seconds: now.at.Sub(before.at).Seconds(), stolen: now.stolen - before.stolen, ours: map[string]float64{}, others: map[string]float64{}}
	add := func(s sample, sign float64) {
		for pid, p := range s.used {
			if pid == kernel || p.parent == kernel {
				continue
			}
			if name := m.own(s, pid); name != "" {
				u.own += sign * p.cpu
				u.ours[name] += sign * p.cpu
			} else {
				u.foreign += sign * p.cpu
				u.others[p.name] += sign * p.cpu
			}
		}
	}
	add(now, 1)
	add(before, -1)
	u.own, u.foreign, u.stolen = u.own/u.seconds, max(u.foreign, 0)/u.seconds, u.stolen/u.seconds
	m.windows = append(m.windows, u)
	return u
}

// forget takes the last window out of the total: it is measured again.
func (m *machine) forget() { m.windows = m.windows[:len(m.windows)-1] }

// settle waits until other programs are quiet for a second, as long as there
// is patience left, of which it takes what it needs.
func (m *machine) settle(ctx context.Context, patience *time.Duration) {
	for *patience > 0 && ctx.Err() == nil {
		from := time.Now()
		before := m.sample()
		pause(ctx, time.Second)
		quiet := m.since(before).foreign <= foreignAllowed/2
		m.forget()
		*patience -= time.Since(from)
		if quiet {
			return
		}
	}
}

// total is the usage of all windows.
func (m *machine) total() usage {
	t := usage{others: map[string]float64{}}
	for _, u := range m.windows {
		t.seconds += u.seconds
		t.own += u.own * u.seconds
		t.foreign += u.foreign * u.seconds
		t.stolen += u.stolen * u.seconds
		for name, used := range u.others {
			t.others[name] += used
		}
	}
	if t.seconds > 0 {
		t.own, t.foreign, t.stolen = t.own/t.seconds, t.foreign/t.seconds, t.stolen/t.seconds
	}
	return t
}

// most lists names by what they used, the most first.
func most(used map[string]float64) []string {
	return slices.SortedFunc(maps.Keys(used), func(a, b string) int { return cmp.Compare(used[b], used[a]) })
}

// resident returns the memory of a process, in MB.
func resident(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kB, _ := strconv.ParseFloat(f[1], 64)
			return kB / 1024
		}
	}
	return 0
}
