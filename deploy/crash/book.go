package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// book is what callers were told: it must be true after every crash.
type book struct {
	mu        sync.Mutex
	commands  []acknowledged
	claims    map[string]*course // by number
	documents []string           // attached
	faults    []string           // what was wrong, and was seen while it ran
}

// acknowledged is a command that was answered with a success.
type acknowledged struct {
	by        play.Caller
	key, path string
	body      any
	answer    []byte
}

// unanswered is a command that was sent: until it is answered it is the same
// one, under the same key, that is sent again.
type unanswered struct {
	key  string
	body any
}

// command sends a command until it is answered, and keeps what was answered.
func command[T any](ctx context.Context, r *trial, c *course, by play.Caller, path string, body any) (T, error) {
	c.holdBefore(ctx, path)
	sent, ok := c.pending[path]
	if !ok {
		sent = unanswered{play.Key(), body}
		c.pending[path] = sent
	}
	answer, err := play.Post[T](ctx, by, sent.key, path, sent.body)
	if p := play.ProblemOf(err); err == nil || p != nil && p.Status < http.StatusInternalServerError && p.Type != "/problems/still-running" {
		delete(c.pending, path)
	}
	if err != nil {
		return answer, err
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return answer, err
	}
	c.moved = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands = append(r.commands, acknowledged{by, sent.key, path, sent.body, raw})
	return answer, nil
}

// reported notes an acknowledged report.
func (r *trial) reported(c *course, receipt rest.Receipt) {
	if receipt.Result != "done" {
		r.wrong("the report of policy %s was %s, claim %s", c.policy, receipt.Result, receipt.Number)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claims[receipt.Number] = c
}

// keep notes documents that were acknowledged.
func (r *trial) keep(ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.documents = append(r.documents, ids...)
}

// wrong notes a fault.
func (r *trial) wrong(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// replay sends acknowledged commands once more, under their keys. Each must get
// its old answer.
func (r *trial) replay(ctx context.Context) (n int) {
	for _, a := range r.commands {
		answer, err := play.Post[json.RawMessage](ctx, a.by, a.key, a.path, a.body)
		if err != nil {
			r.wrong("%s, acknowledged before, is answered under its key: %v", a.path, err)
			continue
		}
		var was, is any
		if json.Unmarshal(a.answer, &was) != nil || json.Unmarshal(answer, &is) != nil {
			r.wrong("%s is answered with no JSON", a.path)
		} else if canonical(was) != canonical(is) {
			r.wrong("%s was answered %s and is now answered %s", a.path, a.answer, answer)
		}
		n++
	}
	return n
}

// canonical is a value as JSON with its names in order.
func canonical(v any) string {
	raw, _ := json.Marshal(v) // what was just decoded
	return string(raw)
}

// scribble is a small JPEG that is like no other.
func scribble(rng *rand.Rand) []byte {
	p := image.NewGray(image.Rect(0, 0, 48, 40))
	for i := range p.Pix {
		p.Pix[i] = byte(rng.Uint32())
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, p, nil) // memory takes all
	return b.Bytes()
}
