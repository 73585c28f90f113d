package outbox

import (
	"fmt"
	"slices"
	"strings"
)

// Faults are what the gateway has been told to do wrong: the body of GET and
// PUT /faults. They are durable; all zero is a gateway that behaves.
type Faults struct {
	Fail          int      `json:"fail"`                    // next n messages: 503, not kept
	LatencyMS     int64    `json:"latency_ms"`              // wait before a message is taken
	Undeliverable []string `json:"undeliverable,omitempty"` // messages to recipients that end so are kept as undeliverable
}

// longestLatencyMS keeps a forgotten latency from looking like a dead gateway.
const longestLatencyMS = 10 * 60 * 1000

func (f Faults) wrong() map[string]string {
	wrong := map[string]string{}
	if f.Fail < 0 {
		wrong["fail"] = "must not be negative"
	}
	if f.LatencyMS < 0 || f.LatencyMS > longestLatencyMS {
		wrong["latency_ms"] = "must be from 0 to ten minutes of milliseconds"
	}
	for i, suffix := range f.Undeliverable {
		if suffix == "" {
			wrong[fmt.Sprintf("undeliverable[%d]", i)] = "must not be empty"
		}
	}
	return wrong
}

func (f Faults) unreachable(to string) bool {
	return slices.ContainsFunc(f.Undeliverable, func(suffix string) bool { return strings.HasSuffix(to, suffix) })
}
