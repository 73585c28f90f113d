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
	claim, plate, err := p.report(ctx)
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
	if err := p.agree(ctx, claim); err != nil {
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
func (p *product) agree(ctx context.Context, claim string) error {
	var err error
	for range 20 {
		err = p.call(ctx, "POST", "/v1/claims/"+claim+"/offers/1/agreement", p.token, rest.NewAgreement{
			Signature: "phone-code", Payee: rest.Payee{Name: "李娜", Bank: "工商银行", Account: "1001234567890123"}, AccountAgain: "1001234567890123",
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

// flashClaims measures P1 and P2: flash claims over HTTP against a workflow of
// the same shape that does nothing, and against one that does each of the
// steps as an ordinary activity.
func flashClaims(ctx context.Context, b *bench) error {
	y, err := startYardstick(b.stack)
	if err != nil {
		return err
	}
	defer y.stop()

	// A few claims, one by one, show the shape.
	var ids []string
	for range 15 {
		claim, err := b.product.flash(ctx)
		if err != nil {
			return err
		}
		ids = append(ids, "claim/"+claim)
	}
	ours, err := look(ctx, y.temporal, ids)
	if err != nil {
		return err
	}
	fmt.Printf("shape of a flash claim, from the histories of %d (%d of them alike): %s\n", ours.of, ours.with, ours.shape)
	fmt.Printf("  %d events (at most %d), %d workflow tasks, %.1f KB, %d child workflows; in order: %s\n",
		ours.events, ours.most, ours.tasks, float64(ours.bytes)/1024, ours.children, string(ours.shape))

	like, slow := ours.shape, ours.shape.asActivities()
	claim := func(ctx context.Context, _ int) error {
		_, err := b.product.flash(ctx)
		return err
	}
	var last sync.Map // workflow of each shape that was finished last
	nothing := func(s shape) func(context.Context, int) error {
		return func(ctx context.Context, _ int) error {
			id, err := y.once(ctx, s)
			if err == nil {
				last.Store(s, id)
			}
			return err
		}
	}
	var claims, alikes, activities rounds
	for i := range 1 + b.rounds { // the first does not count: connections, plans and caches come to be
		for _, turn := range []struct {
			of  *rounds
			one func(context.Context, int) error
		}{{&claims, claim}, {&alikes, nothing(like)}, {&activities, nothing(slow)}} {
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
	seen := map[shape]histories{}
	for _, s := range []shape{like, slow} {
		id, _ := last.Load(s)
		if seen[s], err = look(ctx, y.temporal, []string{id.(string)}); err != nil {
			return err
		}
	}
	claims.print("flash claims", fmt.Sprintf("%d events", ours.events))
	alikes.print("same shape", fmt.Sprintf("%d events", seen[like].events))
	activities.print("as activities", fmt.Sprintf("%d events", seen[slow].events))
	p1, p2 := claims.rate()/alikes.rate(), claims.rate()/activities.rate()
	if b.wants("P1") {
		fmt.Printf("P1 flash claim over HTTP  %.1f claims/s  yardstick (%s) %.1f/s  %d events  %d child workflows  ratio %.2f\n",
			claims.rate(), like, alikes.rate(), ours.most, ours.children, p1)
		b.met("P1", "ratio ≥ 0.70, ≤ 50 events, no child", fmt.Sprintf("%.2f, %d events, %d children", p1, ours.most, ours.children),
			p1 >= 0.70 && ours.most <= 50 && ours.children == 0)
	}
	if b.wants("P2") {
		fmt.Printf("P2 the same claim against steps as activities  %.1f claims/s  yardstick (%s) %.1f/s  ratio %.2f\n",
			claims.rate(), slow, activities.rate(), p2)
		b.met("P2", "ratio ≥ 1.5", fmt.Sprintf("%.2f", p2), p2 >= 1.5)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// quiet waits until the product has done what its claims left to do: it shall
// pay for that in its own round, and not the yardstick in the next.
func (b *bench) quiet(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, b.stack.owner)
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
