// Package pace says how long to wait for something on the machine at hand. What
// takes seconds on an idle machine takes minutes on a slow one that does other
// things too; whoever waits, a test or the demo, writes down the limit for the
// first and waits as long as [Limit] makes of it. A package, since tests of
// all packages and the demo share it, and tests alone may import testenv.
package pace

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Most is the most by which a limit grows: what takes longer than that is
// stuck, whatever the machine.
const Most = 8.0

const (
	// Limits are written for a machine with this many processors, each of which
	// does the piece of work in this time.
	processors = 4
	workTakes  = 32 * time.Millisecond

	rounds = 16_000_000
)

// Limit returns how long to wait for what takes d at most on a machine with
// four idle processors: d where this one is as good, up to [Most] times d where
// it has fewer or slower ones, or more to do at this moment.
func Limit(d time.Duration) time.Duration {
	m := measured()
	return time.Duration(float64(d) * factor(m.slow, max(m.crowded, load()/float64(m.processors)), m.processors))
}

// factor is how much longer things take where a processor takes slow times as
// long for a piece of work, and is wanted by crowded at once.
func factor(slow, crowded float64, cpus int) float64 {
	return min(max(slow, 1)*max(crowded, float64(processors)/float64(cpus), 1), Most)
}

type machine struct {
	processors int
	slow       float64 // times as long as where limits are written for
	crowded    float64 // by how many a processor was wanted
}

// measured does the fixed piece of work once, on all processors together: the
// time that it had a processor says how quick they are, and the time that it
// took, who else wanted them.
var measured = sync.OnceValue(func() machine {
	m := machine{processors: runtime.GOMAXPROCS(0), slow: 1, crowded: 1}
	type took struct{ busy, all time.Duration }
	each := make(chan took, m.processors)
	for range m.processors {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			began, before := time.Now(), busy()
			work()
			each <- took{busy() - before, time.Since(began)}
		}()
	}
	var sum took
	for range m.processors {
		one := <-each
		sum.busy, sum.all = sum.busy+one.busy, sum.all+one.all
	}
	if sum.busy > 0 {
		m.slow = float64(sum.busy) / float64(time.Duration(m.processors)*workTakes)
		m.crowded = float64(sum.all) / float64(sum.busy)
	}
	return m
})

// work is the fixed piece of work.
func work() (x uint64) {
	x = 88172645463325252
	for range rounds {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	runtime.KeepAlive(x)
	return x
}

// busy is how long this thread has had a processor; 0 where none tells.
func busy() time.Duration {
	const thisThread = 1 // RUSAGE_THREAD
	var used syscall.Rusage
	if err := syscall.Getrusage(thisThread, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// load is how many wanted a processor in the last minute; 0 where none tells.
func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	wanted, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return wanted
}
