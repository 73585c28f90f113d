package bank

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

var (
	//go:embed page.html
	pageText string
	//go:embed style.css
	styleText string

	page = template.Must(template.New("page").Funcs(template.FuncMap{
		"yuan":  yuan,
		"clock": func(t time.Time) string { return t.In(china).Format("2006-01-02 15:04:05") },
		"wait":  func(ms int64) string { return milliseconds(ms).String() },
	}).Parse(pageText))
)

// pageRows is how many of the latest transfers the page shows.
const pageRows = 50

// overview is what the page shows.
type overview struct {
	Now       time.Time
	Totals    Totals
	Transfers int // ever taken, returns left out
	Latest    []shownTransfer
	Waiting   int // events that nobody has taken yet
	Due       int // clearings and returns to come
	switches
}

type shownTransfer struct {
	Transfer
	PayeeBank, Masked, Purpose string
}

func (b *Bank) getPage(w http.ResponseWriter, r *http.Request) {
	var v overview
	err := b.settle()
	if err == nil {
		err = b.view(func(l ledger) (err error) {
			v, err = l.page()
			return err
		})
	}
	var text bytes.Buffer
	if err == nil {
		err = page.Execute(&text, v)
	}
	if err != nil {
		b.fail(w, r, fmt.Errorf("show the page: %w", err))
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

func (l ledger) page() (v overview, err error) {
	v.Now = l.now
	if v.switches, err = l.switches(); err != nil {
		return v, err
	}
	if _, v.Totals, _, err = l.statement(period{}, 0, 0); err != nil {
		return v, err
	}
	v.Transfers = l.tx.Bucket(referenceBucket).Stats().KeyN
	v.Due = l.tx.Bucket(dueBucket).Stats().KeyN
	v.Waiting = l.tx.Bucket(eventBucket).Stats().KeyN
	c := l.tx.Bucket(transferBucket).Cursor()
	for k, raw := c.Last(); k != nil && len(v.Latest) < pageRows; k, raw = c.Prev() {
		var rec record
		if err := json.Unmarshal(raw, &rec); err != nil {
			return v, fmt.Errorf("decode a transfer: %w", err)
		}
		v.Latest = append(v.Latest, shownTransfer{rec.Transfer, rec.Order.PayeeBank, mask(rec.Order.PayeeAccount), rec.Order.Purpose})
	}
	return v, nil
}

// Behaves reports whether no fault is set.
func (v overview) Behaves() bool {
	f := v.Faults
	return f.LatencyMS == 0 && f.FailBefore+f.FailAfter+f.Hang+f.AnswerTwice+f.Refuse.Times == 0 && f.OtherFen == 0 && len(f.ReturnLater) == 0
}

// yuan writes fen as ¥1,234.50.
func yuan(fen int64) string {
	whole := fmt.Sprint(fen / 100)
	var groups []string
	for len(whole) > 3 {
		groups = append([]string{whole[len(whole)-3:]}, groups...)
		whole = whole[:len(whole)-3]
	}
	groups = append([]string{whole}, groups...)
	return fmt.Sprintf("¥%s.%02d", strings.Join(groups, ","), fen%100)
}
