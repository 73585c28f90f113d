package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	statusConnections = 64
	statusClaims      = 64
)

// status measures P4: GET claims/{id} with a partner's token, its policy
// decision and its ETag, against [bare]. Each connection asks for all claims
// in turn, in both servers' case the same ones; the client is a few lines over
// TCP, so that two cores are the servers'.
func status(ctx context.Context, b *bench) error {
	var all []*target
	for _, p := range b.products() {
		t := &target{what: "claim status" + p.place.at(), address: p.address, path: "/v1/claims/", headers: "Authorization: Bearer " + p.token + "\r\n"}
		for range statusClaims {
			id, _, _, err := p.report(ctx)
			if err != nil {
				return err
			}
			t.claims = append(t.claims, id)
		}
		if err := t.measure(ctx); err != nil {
			return err
		}
		all = append(all, t)
	}
	bare, err := b.startBare(ctx, all[0].bytes)
	if err != nil {
		return err
	}
	theirs := &target{what: "bare echo+pgx", address: bare.address, path: "/claims/", claims: all[0].claims}
	if err = theirs.measure(ctx); err == nil {
		err = b.compareStatus(ctx, append(all, theirs))
	}
	return errors.Join(err, bare.stop())
}

// compareStatus measures targets in turns: ours, an older commit's if there is
// one, and the yardstick, which is the last.
func (b *bench) compareStatus(ctx context.Context, targets []*target) error {
	for range b.rounds {
		for _, t := range targets {
			// Each is opened with its first request: a server closes one that asks
			// nothing for ten seconds, and a round may wait longer to begin.
			conns := make([]*connection, statusConnections)
			n := make([]int, statusConnections)
			r, err := b.round(ctx, statusConnections, warmUp/2, b.window/2, func(ctx context.Context, lane int) error {
				if n[lane]++; conns[lane] == nil {
					var err error
					if conns[lane], err = t.dial(ctx); err != nil {
						return err
					}
				}
				code, length, err := conns[lane].get(t.request(t.claims[(lane+n[lane])%len(t.claims)]))
				if err != nil {
					return fmt.Errorf("ask %s: %w", t.address, err)
				}
				if code != http.StatusOK {
					return fmt.Errorf("%s%s answered %d, %d bytes", t.address, t.path, code, length)
				}
				return nil
			})
			for _, c := range conns {
				if c != nil {
					_ = c.Close()
				}
			}
			if err != nil {
				return err
			}
			t.rounds = append(t.rounds, r)
			pause(ctx, 300*time.Millisecond)
		}
	}
	for _, t := range targets {
		t.print(t.what, fmt.Sprintf("%d bytes", t.bytes))
	}
	product, bare := targets[0], targets[len(targets)-1]
	ratio := product.rate() / bare.rate()
	late := ms(product.quantile(0.99)) / ms(bare.quantile(0.99))
	fmt.Printf("P4 claim status  %.0f req/s, p99 %.1f ms  yardstick (bare echo + pgx) %.0f/s, p99 %.1f ms  p99 ratio %.2f  ratio %.2f\n",
		product.rate(), ms(product.quantile(0.99)), bare.rate(), ms(bare.quantile(0.99)), late, ratio)
	b.met("P4", "ratio ≥ 0.80, p99 ≤ 1.5 times", fmt.Sprintf("%.2f, p99 %.2f times", ratio, late), ratio >= 0.80 && late <= 1.5)
	for _, old := range targets[1 : len(targets)-1] {
		b.compare("P4", "req/s", product.rounds, old.rounds, ratio, old.rate()/bare.rate())
	}
	return nil
}

type bareServer struct {
	*child
	address string
}

// startBare starts [bare] as a process of its own.
func (b *bench) startBare(ctx context.Context, size int) (bareServer, error) {
	self, err := os.Executable()
	if err != nil {
		return bareServer{}, fmt.Errorf("start the bare server: %w", err)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return bareServer{}, err
	}
	c, err := b.spawn(self, nil, "bare", "-listen", address, "-size", strconv.Itoa(size))
	if err != nil {
		return bareServer{}, err
	}
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return bareServer{c, address}, conn.Close()
		}
		select {
		case <-c.ended:
			return bareServer{}, c.why()
		case <-ctx.Done():
			return bareServer{}, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// target is a server that is asked for claims.
type target struct {
	what, address, path, headers string
	claims                       []string
	bytes                        int // of an answer's body
	rounds
}

func (t *target) request(claim string) []byte {
	return []byte("GET " + t.path + claim + " HTTP/1.1\r\nHost: " + t.address + "\r\n" + t.headers + "\r\n")
}

// measure asks once, for the size of an answer.
func (t *target) measure(ctx context.Context) error {
	conn, err := t.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	code, length, err := conn.get(t.request(t.claims[0]))
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("%s%s answered %d", t.address, t.path, code)
	}
	t.bytes = length
	return err
}

func (t *target) dial(ctx context.Context) (*connection, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", t.address, err)
	}
	return &connection{c, bufio.NewReaderSize(c, 8<<10)}, nil
}

// connection speaks as much HTTP as these two servers need. net/http would
// take as much of the machine as they do.
type connection struct {
	net.Conn
	from *bufio.Reader
}

// get sends a request and reads the answer to its end.
func (c *connection) get(request []byte) (code, length int, err error) {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, 0, err
	}
	if _, err := c.Write(request); err != nil {
		return 0, 0, err
	}
	line, err := c.from.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < 12 {
		return 0, 0, fmt.Errorf("no HTTP: %q", line)
	}
	if code, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, fmt.Errorf("no HTTP: %q", line)
	}
	length, chunked := 0, false
	for {
		line, err := c.from.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(string(value))); err != nil {
				return 0, 0, err
			}
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
	}
	if chunked {
		n, err := io.Copy(io.Discard, httputil.NewChunkedReader(c.from))
		if err != nil {
			return code, int(n), err
		}
		_, err = c.from.Discard(2) // the empty trailer
		return code, int(n), err
	}
	_, err = c.from.Discard(length)
	return code, length, err
}
