package site

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/schemas/rest"
)

// TestTheBackendStreams is why an upload is never in memory whole and an event
// arrives when it happens: either side sees what the other wrote so far.
func TestTheBackendStreams(t *testing.T) {
	t.Parallel()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintf(w, "heard %s\n", lines.Text())
			_ = http.NewResponseController(w).Flush()
		}
	})
	in, out := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://in.process/v1/x", in)
	require.NoError(t, err)
	go func() { fmt.Fprintln(out, "one") }()
	answer, err := backend{api}.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	heard := bufio.NewReader(answer.Body)
	for _, word := range []string{"one", "two", "three"} {
		if word != "one" {
			fmt.Fprintln(out, word)
		}
		line, err := heard.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "heard "+word+"\n", line)
	}
	require.NoError(t, out.Close())
	_, err = heard.ReadString('\n')
	require.ErrorIs(t, err, io.EOF)
}

func TestTheAPIStopsWhenNobodyReads(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
		close(ended)
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://in.process/v1/x", nil)
	require.NoError(t, err)
	answer, err := backend{api}.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	<-ended
}

func TestABrokenAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"number": "AP-31`)
		panic(http.ErrAbortHandler)
	})
	client := &rest.Client{Server: "http://in.process/v1/", Client: &http.Client{Transport: backend{api}}}
	_, err := Read[rest.Claim](client.GetClaim(t.Context(), "x", nil))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestAbsentParametersAreNotSent(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		fmt.Fprint(w, `{"items": []}`)
	})
	client := &rest.Client{Server: "http://in.process/v1/", Client: &http.Client{Transport: backend{api}}}
	_, err := Read[rest.TaskPage](client.ListTasks(t.Context(), &rest.ListTasksParams{Limit: 7}))
	require.NoError(t, err)
	require.Equal(t, "limit=7", asked.URL.RawQuery)
}
