package activities_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/pace"
)

// beside starts a second claim in the flash lane, of the day before.
func (d *desk) beside() *desk {
	d.t.Helper()
	next := d.another()
	n := notice(300_000)
	n.LossAt = n.LossAt.Add(-24 * time.Hour)
	do(next, next.Report, customer, n)
	do(next, next.Route, machine, claim.None{})
	return next
}

// held runs something while another transaction has done something else, up to
// the moment at which it waits for that, or is done.
func (d *desk) held(sql string, args []any, f func()) (release func()) {
	d.t.Helper()
	other, err := d.db.Owner.Begin(d.t.Context())
	require.NoError(d.t, err)
	_, err = other.Exec(d.t.Context(), sql, args...)
	require.NoError(d.t, err)
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	require.Eventually(d.t, func() bool {
		select {
		case <-done:
			return true
		default:
		}
		var waiting bool
		err := d.db.Owner.QueryRow(d.t.Context(), "select exists (select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database())").Scan(&waiting)
		return err == nil && waiting
	}, pace.Limit(30*time.Second), 5*time.Millisecond)
	return func() {
		d.t.Helper()
		err := other.Rollback(context.WithoutCancel(d.t.Context()))
		if err != nil {
			require.ErrorIs(d.t, err, pgx.ErrTxClosed)
		}
		<-done
	}
}

func TestNoClaimWaitsForThePicturesOfAnother(t *testing.T) {
	t.Parallel()
	slow := newDesk(t)
	slow.flash()
	a := paper("loss_photo", "a")
	slow.attach(a)
	quick := slow.beside()
	b := paper("loss_photo", "b")
	quick.attach(b)

	// What the slow step writes about its paper waits for another transaction.
	release := slow.held("select from documents where id = $1 for no key update", []any{a.Document}, func() { slow.looks(a, 0x0123456789abcdef) })
	ctx, stop := context.WithTimeout(t.Context(), pace.Limit(20*time.Second))
	defer stop()
	quick.enter(b, 0xfedcba9876543210)
	_, err := quick.RecordLooks(ctx, claim.Step[claim.Looks]{
		Claim: quick.id, Key: "1/looks", Version: quick.file.Version, At: morning.Add(time.Hour), By: machine,
		Body: claim.Looks{Readings: []claim.Read{look(b, 0xfedcba9876543210)}},
	})
	require.NoError(t, err)
	release()
}

// Two claims bring one picture at once. Wherever the one is held up, the picture
// is found, in one of them at least: that of which it is entered later.
func TestOnePictureInTwoClaimsAtOnceIsFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lock, finder string
	}{
		"held up before it is entered":                 {"select from documents where id = $1 for update", "first"},
		"held up before what was seen is recorded":     {"select from claims where id = (select claim_id from documents where id = $1) for no key update", "second"},
		"held up by what was seen, half of it written": {"select from documents where id = $1 for no key update", "second"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := newDesk(t)
			first.flash()
			second := first.beside()
			a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
			first.attach(a)
			second.attach(b)
			release := first.held(tt.lock, []any{a.Document}, func() { first.looks(a, 0x0123456789abcdef) })
			second.looks(b, 0x0123456789abcdef)
			release()
			found := map[string]*desk{"first": first, "second": second}[tt.finder]
			require.Contains(t, found.findings(), "photo.elsewhere!")
		})
	}
	t.Run("neither is held up", func(t *testing.T) {
		t.Parallel()
		first := newDesk(t)
		first.flash()
		second := first.beside()
		for n := range uint64(15) {
			a, b := paper("loss_photo", fmt.Sprintf("%x1", n)), paper("loss_photo", fmt.Sprintf("%x2", n))
			first.attach(a)
			second.attach(b)
			before := len(first.findings()) + len(second.findings())
			var both sync.WaitGroup
			for d, photo := range map[*desk]claim.Attachment{first: a, second: b} {
				both.Go(func() { d.looks(photo, (n+1)*0x9e3779b97f4a7c15) })
			}
			both.Wait()
			require.Greater(t, len(first.findings())+len(second.findings()), before)
		}
	})
}

func TestPicturesThatLookAlikeAreOneOnlyIfTheirThumbnailsAgree(t *testing.T) {
	t.Parallel()
	const hash = 0x0123456789abcdef
	first := newDesk(t)
	first.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	first.attach(a, b)
	first.enterAs(a, hash, pattern(1))
	do(first, first.RecordLooks, machine, claim.Looks{Readings: []claim.Read{look(a, hash), look(b, hash)}})
	require.Empty(t, first.findings(), "their hashes are the same, and one has no thumbnail")

	second := first.beside()
	c, e := paper("loss_photo", "c"), paper("loss_photo", "e")
	second.attach(c, e)
	second.enterAs(c, hash, pattern(2))
	do(second, second.RecordLooks, machine, claim.Looks{Readings: []claim.Read{look(c, hash)}})
	require.Empty(t, second.findings(), "their hashes are the same, and their thumbnails are not")
	second.enterAs(e, hash^1, pattern(1))
	do(second, second.RecordLooks, machine, claim.Looks{Readings: []claim.Read{look(e, hash^1)}})
	require.Equal(t, []string{"photo.elsewhere!"}, second.findings())

	// A pair that an earlier release noted by the hashes alone counts no more.
	_, err := first.db.Worker.Exec(t.Context(), "insert into pictures_alike (document_id, other_id) values ($1, $2)", c.Document, b.Document)
	require.NoError(t, err)
	second.attach(paper("other", "9"))
	require.Equal(t, []string{"photo.elsewhere!"}, second.findings())
	second.verifyChain()
}

func TestAPictureIsEnteredOnceThoughItIsReadTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.flash()
	a, b := paper("loss_photo", "a"), paper("loss_photo", "b")
	d.attach(a, b)
	for range 2 {
		d.enter(a, 0x0123456789abcdef)
		d.enter(b, 0x0123456789abcdef)
	}
	require.Equal(t, 2, d.count("pictures"))
	do(d, d.RecordLooks, machine, claim.Looks{Readings: []claim.Read{look(a, 0x0123456789abcdef), look(b, 0x0123456789abcdef)}})
	require.Equal(t, []string{"photo.one-view!", "photo.twice"}, d.findings())
}
