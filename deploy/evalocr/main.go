// Evalocr measures how well papers are read: it runs the whole pipeline, as the
// worker runs it, over the files that a manifest lists, and compares what comes
// out with the truth in it.
//
//	evalocr [-worker .bin/worker] [-v] folder
//	evalocr -draw 300 [-seed 1] [-apart] folder
//
// The manifest is folder/manifest.tsv: file, type, fields as JSON, source. A row
// without fields whose type ends in /bad is a picture that must be sent back. A
// field whose value is null does not stand on the paper: it must be missing or
// unsure. With "*": null the row names all that stands there, so that any other
// value that is sure is wrong; without it such values are listed as unjudged.
//
// With -draw it first fills the folder with specimens. Those drawn -apart have
// layouts and typefaces that the reader was not developed on.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"anpei/activities/ocr"
	"anpei/claim/document"
	"anpei/internal/specimen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "evalocr:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	worker := flag.String("worker", ".bin/worker", "the program whose page reader is measured")
	verbose := flag.Bool("v", false, "say what is wrong, field by field")
	at := flag.Int("at", 1, "how many files are read at a time")
	kept := flag.String("keep", "", "folder to keep the readings in, as JSON")
	draw := flag.Int("draw", 0, "how many specimens to draw into the folder, which is made")
	seed := flag.Uint64("seed", 1, "of the specimens")
	apart := flag.Bool("apart", false, "draw those that the reader was not developed on")
	spoiled := flag.Bool("spoiled", false, "draw pictures that nobody can read")
	flag.Parse()
	if flag.NArg() != 1 {
		return errors.New("name the folder that has the manifest: make eval-ocr DATA=<folder>")
	}
	if *draw > 0 {
		if err := drawn(flag.Arg(0), *draw, *seed, *apart, *spoiled); err != nil {
			return err
		}
	}
	rows, err := manifest(filepath.Join(flag.Arg(0), "manifest.tsv"))
	if err != nil {
		return err
	}
	exe, err := filepath.Abs(*worker)
	if err != nil {
		return fmt.Errorf("find the worker: %w", err)
	}
	reader := ocr.Reader{Exe: exe}
	done, err := reader.Prepare(ctx)
	if err != nil {
		return fmt.Errorf("prepare the page reader: %w", err)
	}
	defer done()
	scores := make([]score, len(rows))
	errs := make([]error, len(rows))
	places := make(chan struct{}, max(1, *at))
	var all sync.WaitGroup
	memory := footprint{every: max(1, len(rows)/10)}
	debug.FreeOSMemory() // what drawing took
	fmt.Printf("after %4d files: %4d MB resident here\n", 0, resident())
	for i, r := range rows {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			var reading document.Reading
			if reading, errs[i] = reader.Read(ctx, filepath.Join(flag.Arg(0), r.file), ""); errs[i] == nil {
				scores[i] = judge(r, reading)
				memory.add(reading.PeakKB)
				if *kept != "" {
					errs[i] = keep(*kept, r.file, reading)
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if *verbose {
		for i, r := range rows {
			for _, line := range scores[i].wrong {
				fmt.Printf("%-34s %s\n", r.file, line)
			}
		}
	}
	report(rows, scores)
	return nil
}

// footprint says what memory reading takes as it goes on: of this process, which
// has files read as the worker does, and of the processes that read a file each.
// Both are flat where nothing is kept of a file that was read.
type footprint struct {
	sync.Mutex
	every, read   int
	largest, held int64 // of the page readers since the last line, KB
}

// add counts a file, and prints a line when a tenth of them is read.
func (f *footprint) add(peak int64) {
	f.Lock()
	defer f.Unlock()
	f.read, f.largest, f.held = f.read+1, max(f.largest, peak), f.held+peak
	if f.read%f.every > 0 {
		return
	}
	fmt.Printf("after %4d files: %4d MB resident here; a page reader of these %d took %d MB, the largest %d MB\n",
		f.read, resident(), f.every, f.held/int64(f.every)>>10, f.largest>>10)
	f.largest, f.held = 0, 0
}

// resident returns the megabytes of memory that this process holds.
func resident() int {
	own, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	if _, err := fmt.Sscan(string(own), &size, &pages); err != nil {
		return 0
	}
	return pages * os.Getpagesize() >> 20
}

// drawn fills a folder with specimens and their manifest.
func drawn(folder string, n int, seed uint64, apart, spoiled bool) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	var list strings.Builder
	list.WriteString("file\ttype\tfields\tsource\n")
	for i := range n {
		draw := specimen.Set
		if spoiled {
			draw = specimen.Spoiled
		}
		d, err := draw(i, seed, apart)
		if err != nil {
			return fmt.Errorf("draw specimen %d: %w", i, err)
		}
		truth, err := json.Marshal(d.Truth)
		if err != nil {
			return fmt.Errorf("draw specimen %d: %w", i, err)
		}
		if err := os.WriteFile(filepath.Join(folder, d.Name), d.Bytes, 0o600); err != nil {
			return fmt.Errorf("draw specimen %d: %w", i, err)
		}
		fmt.Fprintf(&list, "%s\t%s\t%s\tdrawn\n", d.Name, d.Type, truth)
	}
	return os.WriteFile(filepath.Join(folder, "manifest.tsv"), []byte(list.String()), 0o600)
}

func keep(folder, file string, r document.Reading) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("keep the reading of %s: %w", file, err)
	}
	path := filepath.Join(folder, file+".json")
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("keep the reading of %s: %w", file, err)
	}
	return os.WriteFile(path, data, 0o600)
}

// row is a file of the manifest and what stands on it.
type row struct {
	file, kind string
	truth      map[string]string
	absent     []string // what does not stand there
	complete   bool     // truth is all that stands there
	bad        bool
}

func manifest(path string) ([]row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the manifest: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	var rows []row
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		columns := strings.Split(strings.TrimRight(lines.Text(), "\r"), "\t")
		if n == 1 || len(columns) < 3 {
			continue
		}
		r := row{file: columns[0], kind: columns[1]}
		var said map[string]*string
		if err := json.Unmarshal([]byte(columns[2]), &said); err != nil {
			return nil, fmt.Errorf("row %d of the manifest: %w", n, err)
		}
		r.truth = map[string]string{}
		for name, value := range said {
			switch {
			case value != nil:
				r.truth[name] = *value
			case name == "*":
				r.complete = true
			default:
				r.absent = append(r.absent, name)
			}
		}
		slices.Sort(r.absent)
		r.bad = strings.HasSuffix(r.kind, "/bad")
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	return rows, nil
}

// score is how one file, or many, came out.
type score struct {
	files, bad                 int
	fields, matched, recalled  int
	accepted, acceptedWrong    int
	guarded, guardedWrong      int // accepted fields of money and identity
	kind, retaken, wrongRetake int
	cpu                        time.Duration
	wrong                      []string
	unjudged                   []string // what is sure and no truth names
}

func (s *score) add(o score) {
	s.files, s.bad = s.files+o.files, s.bad+o.bad
	s.fields, s.matched, s.recalled = s.fields+o.fields, s.matched+o.matched, s.recalled+o.recalled
	s.accepted, s.acceptedWrong = s.accepted+o.accepted, s.acceptedWrong+o.acceptedWrong
	s.guarded, s.guardedWrong = s.guarded+o.guarded, s.guardedWrong+o.guardedWrong
	s.kind, s.retaken, s.wrongRetake = s.kind+o.kind, s.retaken+o.retaken, s.wrongRetake+o.wrongRetake
	s.unjudged = append(s.unjudged, o.unjudged...)
	s.cpu += o.cpu
}

// report prints a line for each kind of paper, and those of all together.
func report(rows []row, scores []score) {
	kinds := map[string]*score{}
	var all score
	for i, r := range rows {
		if kinds[r.kind] == nil {
			kinds[r.kind] = &score{}
		}
		kinds[r.kind].add(scores[i])
		all.add(scores[i])
	}
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	fmt.Printf("%-32s %5s %6s %8s %8s %8s %10s %8s %8s %6s\n", "kind", "files", "fields", "match", "recall", "auto", "auto wrong", "kind", "retake", "cpu s")
	for _, name := range append(names, "") {
		s := kinds[name]
		if name == "" {
			name, s = "all", &all
		}
		fmt.Printf("%-32s %5d %6d %8s %8s %8s %10s %8s %8s %6.2f\n", name, s.files, s.fields,
			percent(s.matched, s.fields), percent(s.recalled, s.fields), percent(s.accepted, s.fields), percent(s.acceptedWrong, s.accepted),
			percent(s.kind, s.files-s.bad), percent(s.retaken+s.wrongRetake, s.files), s.cpu.Seconds()/float64(max(1, s.files)))
	}
	fmt.Printf("money and identity among auto-accepted: %d, of them wrong: %d (%.2f%%)\n", all.guarded, all.guardedWrong, 100*float64(all.guardedWrong)/float64(max(1, all.guarded)))
	fmt.Printf("bad pictures sent back: %d of %d; good ones wrongly sent back: %d of %d\n", all.retaken, all.bad, all.wrongRetake, all.files-all.bad)
	fmt.Printf("sure and named by no truth (unjudged): %d\n", len(all.unjudged))
	for i, r := range rows {
		if list := scores[i].unjudged; len(list) > 0 {
			fmt.Printf("  %-34s %s\n", r.file, strings.Join(list, "; "))
		}
	}
	share := func(part, whole int) float64 { return float64(part) / float64(max(1, whole)) }
	fmt.Printf("field_match=%.4f text_recall=%.4f auto=%.4f auto_wrong=%.4f kind=%.4f retake=%.4f cpu_s=%.2f unjudged=%d\n",
		share(all.matched, all.fields), share(all.recalled, all.fields), share(all.accepted, all.fields), share(all.acceptedWrong, all.accepted),
		share(all.kind, all.files-all.bad), share(all.retaken+all.wrongRetake, all.files), all.cpu.Seconds()/float64(max(1, all.files)), len(all.unjudged))
}

func percent(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(whole))
}
