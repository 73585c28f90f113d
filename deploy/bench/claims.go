package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"anpei/schemas/rest"
)

const (
	// patience is how long anything may take before the run is given up.
	patience = 30 * time.Second
	// warmUp comes before each round and does not count.
	warmUp = 1500 * time.Millisecond
	// lookEvery is how often a claim is looked at while the bank pays. Others
	// are in flight meanwhile, so that this costs requests and no throughput.
	lookEvery = 200 * time.Millisecond
	// papers of a flash claim: two pictures of the loss, and the estimate.
	pictures = 2
)

// flash is one flash claim as a partner system brings it, over HTTP, from the
// first word until it is paid and closed:
//
//	POST claims                     the report
//	POST claims/…/uploads, 3 times  two pictures and the estimate, 2 KB each, at once
//	POST claims/…/documents         one batch of the three, the estimate with its reading
//	POST claims/…/offers/1/agreement
//	GET  claims/…                   until it is closed
//
// The uploads are counted in: a claim cannot be paid without evidence, which
// is durable in the locked bucket before it is attached. The SMS that the claim
// causes go out meanwhile, and are counted in too. Nobody of staff does
// anything; the bank sandbox pays.
func (p *product) flash(ctx context.Context) (string, error) {
	claim, plate, account, err := p.report(ctx)
	if err != nil {
		return "", err
	}
	documents := make([]rest.NewDocument, pictures+1)
	errs := make([]error, len(documents))
	var all sync.WaitGroup
	for i := range documents {
		all.Go(func() {
			picture := smallPicture()
			id, err := p.upload(ctx, claim, "photo.jpg", bytes.NewReader(picture), int64(len(picture)))
			documents[i], errs[i] = rest.NewDocument{Upload: id, Kind: "loss_photo"}, err
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return "", err
		}
	}
	documents[pictures].Kind, documents[pictures].Reading = "repair_estimate", estimate(plate)
	if err := p.attach(ctx, claim, documents); err != nil {
		return "", err
	}
	if err := p.agree(ctx, claim, account); err != nil {
		return "", err
	}
	return claim, p.paid(ctx, claim)
}

// estimate is what the partner has read on a repair estimate.
func estimate(plate string) *rest.PartnerReading {
	return &rest.PartnerReading{
		Kind: "repair_estimate", Engine: "bench 1", Pages: 1,
		Fields: []rest.PartnerField{
			{Name: "plate", Value: plate, ConfidenceBp: 9_900, Page: 1},
			{Name: "total_fen", Value: "118000", ConfidenceBp: 9_900, Page: 1},
		},
	}
}

// agree signs the offer, which is there when the papers' answer is: survey and
// assessment happen in the same task. Where they do not, it is asked again.
func (p *product) agree(ctx context.Context, claim, account string) error {
	var err error
	for range 20 {
		err = p.call(ctx, "POST", "/v1/claims/"+claim+"/offers/1/agreement", p.token, rest.NewAgreement{
			Signature: "phone-code", Payee: rest.Payee{Name: holder, Bank: "工商银行", Account: account}, AccountAgain: account,
		}, nil)
		var no *problem
		if !errors.As(err, &no) || no.status != http.StatusConflict {
			return err
		}
		pause(ctx, 50*time.Millisecond)
	}
	return fmt.Errorf("claim %s makes no offer: %w", claim, err)
}

// paid waits until a claim is paid and closed.
func (p *product) paid(ctx context.Context, claim string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		pause(ctx, lookEvery)
		var c rest.Claim
		if err := p.call(ctx, "GET", "/v1/claims/"+claim, p.token, nil, &c); err != nil {
			return fmt.Errorf("wait for the payment of claim %s: %w", claim, err)
		}
		switch {
		case c.Stage == "closed" && c.Outcome != "paid":
			return fmt.Errorf("claim %s is closed and not paid, but %s", claim, c.Outcome)
		case c.Stage == "closed":
			return nil
		case c.Lane != "flash" || c.Parked:
			return fmt.Errorf("claim %s has left the flash lane: it is %s in lane %s, parked %t", claim, c.Stage, c.Lane, c.Parked)
		}
	}
}

// smallPicture is a JPEG of about 2 KB that is like no other.
func smallPicture() []byte {
	p := image.NewGray(image.Rect(0, 0, 48, 40))
	for i := range p.Pix {
		p.Pix[i] = byte(rand.Uint32())
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, p, nil) // memory takes all
	return b.Bytes()
}

// contender is a product whose claims are measured, with the yardsticks of
// their shape.
type contender struct {
	*product
	seen               histories
	claims             rounds
	alikes, activities *rounds
}

// flashClaims measures P1 and P2: flash claims over HTTP against a workflow of
// the same shape that does nothing, and against one that does each of the
// steps as an ordinary activity.
func flashClaims(ctx context.Context, b *bench) error {
	for _, p := range b.products() {
		if err := p.insure(ctx, flashPolicies); err != nil {
			return err
		}
	}
	y, err := startYardstick(b.stack)
	if err != nil {
		return err
	}
	defer y.stop()
	type turn struct {
		of  *rounds
		one func(context.Context, int) error
	}
	var turns []turn
	var last sync.Map // workflow of each shape that was finished last
	yardsticks := map[shape]*rounds{}
	yardstick := func(s shape) *rounds {
		if yardsticks[s] == nil {
			yardsticks[s] = &rounds{}
			turns = append(turns, turn{yardsticks[s], func(ctx context.Context, _ int) error {
				id, err := y.once(ctx, s)
				if err == nil {
					last.Store(s, id)
				}
				return err
			}})
		}
		return yardsticks[s]
	}
	var all []*contender
	for _, p := range b.products() {
		c, err := shaped(ctx, p)
		if err != nil {
			return err
		}
		all = append(all, c)
		turns = append(turns, turn{&c.claims, func(ctx context.Context, _ int) error {
			_, err := c.flash(ctx)
			return err
		}})
	}
	for _, c := range all {
		c.alikes, c.activities = yardstick(c.seen.shape), yardstick(c.seen.shape.asActivities())
	}
	for i := range 1 + b.rounds { // the first does not count: connections, plans and caches come to be
		for _, turn := range turns {
			if i == 0 {
				_, err := b.loop(ctx, b.inFlight, 0, min(b.window, 4*time.Second), turn.one)
				b.machine.forget()
				if err != nil && !errors.Is(err, errNothing) {
					return err
				}
			} else {
				r, err := b.round(ctx, b.inFlight, warmUp, b.window, turn.one)
				if err != nil {
					return err
				}
				*turn.of = append(*turn.of, r)
			}
			if err := b.quiet(ctx); err != nil {
				return err
			}
		}
	}
	for s, of := range yardsticks {
		id, _ := last.Load(s)
		seen, err := look(ctx, y.temporal, []string{id.(string)})
		if err != nil {
			return err
		}
		of.print("shape "+string(s)[:min(8, len(s))], fmt.Sprintf("%d events", seen.events))
	}
	b.tellClaims(all)
	return nil
}

// shaped brings a few claims, one by one, which show their shape.
func shaped(ctx context.Context, p *product) (*contender, error) {
	var ids []string
	for range 15 {
		claim, err := p.flash(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, "claim/"+claim)
	}
	temporal, err := dialTemporal(p.place.stack)
	if err != nil {
		return nil, err
	}
	defer temporal.Close()
	seen, err := look(ctx, temporal, ids)
	if err != nil {
		return nil, err
	}
	fmt.Printf("shape of a flash claim%s, from the histories of %d (%d of them alike): %s\n", p.place.at(), seen.of, seen.with, seen.shape)
	fmt.Printf("  %d events (at most %d), %d workflow tasks, %.1f KB, %d child workflows; in order: %s\n",
		seen.events, seen.most, seen.tasks, float64(seen.bytes)/1024, seen.children, string(seen.shape))
	return &contender{product: p, seen: seen}, nil
}

// tellClaims prints P1 and P2.
func (b *bench) tellClaims(all []*contender) {
	to := func(c *contender, yardstick *rounds) float64 { return c.claims.rate() / yardstick.rate() }
	for _, c := range all {
		c.claims.print("flash claims"+c.place.at(), fmt.Sprintf("%d events", c.seen.events))
	}
	c := all[0]
	p1, p2 := to(c, c.alikes), to(c, c.activities)
	if b.wants("P1") {
		fmt.Printf("P1 flash claim over HTTP  %.1f claims/s  yardstick (%s) %.1f/s  %d events  %d child workflows  ratio %.2f\n",
			c.claims.rate(), c.seen.shape, c.alikes.rate(), c.seen.most, c.seen.children, p1)
		b.met("P1", "ratio ≥ 0.70, ≤ 50 events, no child", fmt.Sprintf("%.2f, %d events, %d children", p1, c.seen.most, c.seen.children),
			p1 >= 0.70 && c.seen.most <= 50 && c.seen.children == 0)
	}
	if b.wants("P2") {
		fmt.Printf("P2 the same claim against steps as activities  %.1f claims/s  yardstick (%s) %.1f/s  ratio %.2f\n",
			c.claims.rate(), c.seen.shape.asActivities(), c.activities.rate(), p2)
		b.met("P2", "ratio ≥ 1.5", fmt.Sprintf("%.2f", p2), p2 >= 1.5)
	}
	for _, old := range all[1:] {
		b.compare("P1", "claims/s", c.claims, old.claims, p1, to(old, old.alikes))
		b.compare("P2", "claims/s", c.claims, old.claims, p2, to(old, old.activities))
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// quiet waits until the product has done what its claims left to do: it shall
// pay for that in its own round, and not the yardstick in the next.
func (b *bench) quiet(ctx context.Context) error {
	for _, p := range b.products() {
		if err := b.quietAt(ctx, p.place.stack.owner); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) quietAt(ctx context.Context, database string) error {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	pause(ctx, 500*time.Millisecond)
	from, first := time.Now(), -1
	for {
		var waiting int
		if err := conn.QueryRow(ctx, "select count(*) from courier_queue").Scan(&waiting); err != nil {
			return fmt.Errorf("look for notices: %w", err)
		}
		if first < 0 {
			first = waiting
		}
		if waiting == 0 {
			if first > b.inFlight*4 {
				fmt.Printf("  note: %d notices were still to be sent after the round, and took %.1f s\n", first, time.Since(from).Seconds())
			}
			return nil
		}
		if time.Since(from) > patience {
			return fmt.Errorf("%d notices are still not sent", waiting)
		}
		pause(ctx, 100*time.Millisecond)
	}
}
