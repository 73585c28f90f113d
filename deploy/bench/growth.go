package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/google/uuid"

	"anpei/schemas/rest"
)

const (
	intake    = "intake-wang" // a persona of the identity sandbox
	grown     = 1_000         // papers of the large claim
	young     = 10            // of the small one
	aPaper    = 1.3           // times the CPU of a paper on the small claim: P11
	oneSender = 300           // papers of one partner that a claim takes
)

// growth measures P11: the next paper, attached with its reading, on a claim of
// a thousand papers against one of ten. Papers are attached one after another;
// they were uploaded before, so that nothing but the claim's own step is
// measured. CPU is that of all our processes, and history is what the papers
// have added to it. Most papers of the large claim are staff's, who may attach
// more than a partner. An older commit is not measured beside this one: a large
// claim is compared with a small one, and not rate with rate.
func growth(ctx context.Context, b *bench) error {
	temporal, err := dialTemporal(b.stack)
	if err != nil {
		return err
	}
	defer temporal.Close()
	size := func(claim string) (int64, error) {
		d, err := temporal.DescribeWorkflowExecution(ctx, "claim/"+claim, "")
		if err != nil {
			return 0, fmt.Errorf("describe the workflow of claim %s: %w", claim, err)
		}
		return d.GetWorkflowExecutionInfo().GetHistorySizeBytes(), nil
	}
	large, err := b.product.grow(ctx, b.stack.issuer, grown)
	if err != nil {
		return err
	}
	each := min(40, (oneSender-grown/10)/(1+b.rounds)) // attached in a round, one after another
	var on [2]rounds                                   // the large claim, the small one
	var bytesOn [2][]int64
	for i := range 1 + b.rounds { // the first does not count
		small, err := b.product.grow(ctx, b.stack.issuer, young)
		if err != nil {
			return err
		}
		for n, claim := range []string{large, small} {
			papers, err := b.product.invoices(ctx, claim, each)
			if err != nil {
				return err
			}
			if err := b.quiet(ctx); err != nil {
				return err
			}
			b.machine.settle(ctx, &b.wait)
			before, err := size(claim)
			if err != nil {
				return err
			}
			from := b.machine.sample()
			for _, paper := range papers {
				if err := b.product.attach(ctx, claim, []rest.NewDocument{paper}); err != nil {
					return err
				}
			}
			used := b.machine.since(from)
			after, err := size(claim)
			if err != nil {
				return err
			}
			if i == 0 {
				b.machine.forget()
				continue
			}
			r := round{rate: float64(each) / used.seconds, cpu: used.own * 1000 * used.seconds / float64(each), of: used.ours, foreign: used.foreign}
			for name := range r.of {
				r.of[name] *= 1000 / float64(each)
			}
			on[n] = append(on[n], r)
			bytesOn[n] = append(bytesOn[n], (after-before)/int64(each))
		}
	}
	same := func(n int64) int64 { return n }
	bytesLarge, bytesSmall := median(bytesOn[0], same), median(bytesOn[1], same)
	for n, papers := range []int{grown, young} {
		fmt.Printf("  claim of %-5d %.3g papers/s (%s)  %.3g ms CPU each: %s\n", papers, on[n].rate(), on[n].spread(), on[n].cpu(), on[n].shares())
	}
	cpu, history := on[0].cpu()/on[1].cpu(), float64(bytesLarge)/float64(bytesSmall)
	fmt.Printf("P11 the next paper  %.3g ms CPU and %d bytes of history on a claim of %d papers, %.3g ms and %d bytes on one of %d  ratio %.2f\n",
		on[0].cpu(), bytesLarge, grown, on[1].cpu(), bytesSmall, young, cpu)
	b.met("P11", fmt.Sprintf("CPU ≤ %.1f times, history ≤ 1.1 times", aPaper), fmt.Sprintf("%.2f times, history %.2f times", cpu, history), cpu <= aPaper && history <= 1.1)
	return nil
}

// grow reports a claim and gives it papers: a tenth of them a partner's
// invoices, the others signatures, which staff attach and nobody reads.
func (p *product) grow(ctx context.Context, issuer string, papers int) (string, error) {
	claim, _, _, err := p.report(ctx)
	if err != nil {
		return "", err
	}
	staff, err := p.clerk(ctx, issuer)
	if err != nil {
		return "", err
	}
	mine, err := p.invoices(ctx, claim, papers/10)
	if err == nil {
		err = p.attachAll(ctx, p.token, claim, mine)
	}
	if err != nil {
		return "", err
	}
	theirs, err := p.uploadsOf(ctx, staff, claim, papers-papers/10)
	if err != nil {
		return "", err
	}
	return claim, p.attachAll(ctx, staff, claim, theirs)
}

// clerk signs a member of intake in.
func (p *product) clerk(ctx context.Context, issuer string) (string, error) {
	administrator, err := p.signIn(ctx, issuer, admin)
	if err != nil {
		return "", fmt.Errorf("sign %s in: %w", admin, err)
	}
	if err := p.call(ctx, http.MethodPut, "/v1/staff/"+intake, administrator, rest.StaffChange{
		Name: "王敏", Role: "intake", Branch: branch, Skills: []string{}, Active: true,
	}, nil); err != nil {
		return "", err
	}
	return p.signIn(ctx, issuer, intake)
}

// invoices uploads pictures of invoices, each with its own number and what the
// partner has read in it.
func (p *product) invoices(ctx context.Context, claim string, n int) ([]rest.NewDocument, error) {
	papers, err := p.uploadsOf(ctx, p.token, claim, n)
	for i := range papers {
		number := uuid.New().ID()
		papers[i].Kind = "vat_invoice"
		papers[i].Reading = &rest.PartnerReading{Kind: "vat_invoice", Engine: "bench 1", Pages: 1, Fields: []rest.PartnerField{
			{Name: "invoice_number", Value: fmt.Sprintf("2531200000%010d", number), ConfidenceBp: 9_900, Page: 1},
			{Name: "seller", Value: "上海某某汽车修理有限公司", ConfidenceBp: 9_900, Page: 1},
			{Name: "total_fen", Value: "100", ConfidenceBp: 9_900, Page: 1},
		}}
	}
	return papers, err
}

// uploadsOf uploads small pictures, eight at a time.
func (p *product) uploadsOf(ctx context.Context, token, claim string, n int) ([]rest.NewDocument, error) {
	sender := *p
	sender.token = token
	papers, errs := make([]rest.NewDocument, n), make([]error, n)
	turns := make(chan struct{}, 8)
	var all sync.WaitGroup
	for i := range papers {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			picture := smallPicture()
			id, err := sender.upload(ctx, claim, "paper.jpg", bytes.NewReader(picture), int64(len(picture)))
			papers[i], errs[i] = rest.NewDocument{Upload: id, Kind: "signature"}, err
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return papers, nil
}

// attachAll attaches papers in batches.
func (p *product) attachAll(ctx context.Context, token, claim string, papers []rest.NewDocument) error {
	sender := *p
	sender.token = token
	for len(papers) > 0 {
		n := min(50, len(papers))
		if err := sender.attach(ctx, claim, papers[:n]); err != nil {
			return err
		}
		papers = papers[n:]
	}
	return nil
}
