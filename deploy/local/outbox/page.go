package outbox

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"
	_ "time/tzdata" // people see China's time, on any machine
)

var (
	//go:embed page.html
	pageText string
	//go:embed style.css
	styleText string

	page = template.Must(template.New("page").Funcs(template.FuncMap{
		"clock": func(t time.Time) string { return t.In(china).Format("01-02 15:04:05") },
		"wait":  func(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() },
	}).Parse(pageText))
)

var china = func() *time.Location {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err) // tzdata is linked in
	}
	return loc
}()

// pageMessages is how many of the newest messages the page shows.
const pageMessages = 100

// overview is what the page shows.
type overview struct {
	Now     time.Time
	Count   int
	Faults  Faults
	Threads []thread // the one with the newest message first
}

// thread is what one recipient got over one channel, oldest first as on a
// phone.
type thread struct {
	Channel  Channel
	To       string
	Messages []Kept
}

func (s store) page(now time.Time) (v overview, err error) {
	v.Now, v.Count = now, s.tx.Bucket(messageBucket).Stats().KeyN
	if v.Faults, err = s.faults(); err != nil {
		return v, err
	}
	newest, _, err := s.list(selection{Limit: pageMessages})
	if err != nil {
		return v, err
	}
	for _, m := range newest {
		i := slices.IndexFunc(v.Threads, func(t thread) bool { return t.Channel == m.Channel && t.To == m.To })
		if i < 0 {
			i = len(v.Threads)
			v.Threads = append(v.Threads, thread{Channel: m.Channel, To: m.To})
		}
		v.Threads[i].Messages = append(v.Threads[i].Messages, m)
	}
	for _, t := range v.Threads {
		slices.Reverse(t.Messages)
	}
	return v, nil
}

// Behaves reports whether no fault is set.
func (v overview) Behaves() bool {
	return v.Faults.Fail == 0 && v.Faults.LatencyMS == 0 && len(v.Faults.Undeliverable) == 0
}

func (o *Outbox) getPage(w http.ResponseWriter, r *http.Request) {
	var v overview
	err := o.view(func(s store) (err error) {
		v, err = s.page(o.now())
		return err
	})
	var text bytes.Buffer
	if err == nil {
		err = page.Execute(&text, v)
	}
	if err != nil {
		o.fail(w, r, fmt.Errorf("show the page: %w", err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.Write(text.Bytes()) //nolint:errcheck // the client left
}

func getStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	fmt.Fprint(w, styleText)
}
