package indemnity_test

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// workedExamples are facts and figures of public exercises and court cases, one
// JSON object a line.
//
//go:embed testdata/worked.jsonl
var workedExamples []byte

var casesFile = flag.String("cases", "", "evaluate the examples of this file instead, and print each difference")

// TestWorkedExamples runs worked examples through the product's calculation:
// ours, of which every one must come out, or those of another file:
//
//	go test ./claim/indemnity -run TestWorkedExamples -v -count=1 -args -cases=/path/to/cases.jsonl
func TestWorkedExamples(t *testing.T) {
	t.Parallel()
	examples := workedExamples
	if *casesFile != "" {
		var err error
		examples, err = os.ReadFile(*casesFile)
		require.NoError(t, err)
	}

	var passed, failed, unsupported []string
	lines := bufio.NewScanner(bytes.NewReader(examples))
	for lines.Scan() {
		var w worked
		require.NoError(t, json.Unmarshal(lines.Bytes(), &w), lines.Text())
		differences, err := w.differences()
		switch {
		case errors.Is(err, errUnsupported):
			unsupported = append(unsupported, w.ID)
			fmt.Printf("%s unsupported: %v\n", w.ID, err)
		case err != nil || len(differences) > 0:
			failed = append(failed, w.ID)
			fmt.Printf("%s failed: %s %v\n", w.ID, strings.Join(differences, ", "), err)
		default:
			passed = append(passed, w.ID)
		}
	}
	require.NoError(t, lines.Err())
	fmt.Printf("passed=%d failed=%d unsupported=%d\n", len(passed), len(failed), len(unsupported))
	require.Empty(t, failed)
	if *casesFile == "" {
		require.Empty(t, unsupported, "our own examples are all of kinds that we compute")
		require.Len(t, passed, 52)
	}
}

// differences are the expected figures that come out otherwise.
func (w worked) differences() ([]string, error) {
	figures, err := w.compute()
	if err != nil {
		return nil, err
	}
	var differences []string
	f := &facts{}
	for _, name := range slices.Sorted(maps.Keys(w.Expected)) {
		got, ok := figures[name]
		if !ok {
			return nil, fmt.Errorf("%w: figure %s", errUnsupported, name)
		}
		if want := f.scaled(w.Expected[name], 100); int64(got) != want {
			differences = append(differences, fmt.Sprintf("%s is %d fen, expected %d", name, got, want))
		}
	}
	return differences, f.err
}
