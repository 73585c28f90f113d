package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// TestThePromiseOfContactEndsWhenTheClaimantIsReached notes two tries: a message
// that was sent and a call that was not answered fulfil nothing.
func TestThePromiseOfContactEndsWhenTheClaimantIsReached(t *testing.T) {
	t.Parallel()
	clerk := claim.Actor{ID: "li", Role: claim.Intake, Branch: "3101"}
	d := newDesk(t).reported(customer)
	entries := d.deadline(claim.ClockContact)
	require.Len(t, entries, 1, "the message that a report has come in is no contact")
	require.Equal(t, claim.EntryStart, entries[0].Kind)
	reported := entries[0].At

	try := func(after time.Duration, outcome claim.ContactOutcome) claim.Receipt {
		return do(d, d.NoteContact, clerk, claim.Contact{Channel: claim.ByPhone, At: reported.Add(after), Outcome: outcome})
	}
	require.Equal(t, claim.RuleInput, ruleOf(try(-time.Minute, claim.Reached)), "before the report")
	require.Empty(t, ruleOf(try(4*time.Minute, claim.Attempted)))
	require.Len(t, d.deadline(claim.ClockContact), 1)
	require.Empty(t, ruleOf(try(9*time.Minute, claim.Reached)))
	entries = d.deadline(claim.ClockContact)
	require.Len(t, entries, 2)
	require.Equal(t, claim.EntryStop, entries[1].Kind)
	require.True(t, reported.Add(9*time.Minute).Equal(entries[1].At), "when they were reached, not when it was written down")
	var noted int
	require.NoError(t, d.db.Owner.QueryRow(t.Context(), `select count(*) from events where claim_id = $1 and kind = $2`, d.id, claim.EventContact).Scan(&noted))
	require.Equal(t, 2, noted)

	call := newDesk(t).reported(clerk, func(n *claim.Notice) { n.Channel = "phone" })
	entries = call.deadline(claim.ClockContact)
	require.Len(t, entries, 2, "who takes a call has spoken to them")
	require.Equal(t, entries[0].At, entries[1].At)
}
