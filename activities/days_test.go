package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/testenv"
)

// What depends on the day, on days that are unlike others: the year in a
// claim's number, whether the policy holds, deadlines over days that nobody
// works on, and dates of papers that are of the day of the loss.
func TestAClaimGoesFromReportToMoneyOnAnyDay(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		number string
		review string // when it is too late for it: ten working days are over
	}{
		testenv.MonthsEnd:      {"2027", "2027-02-13"}, // of a Sunday: Monday the 1st to Friday the 12th
		testenv.LeapDay:        {"2028", "2028-03-15"}, // of a Tuesday: 1 March to Tuesday the 14th
		testenv.NewYearsEve:    {"2026", "2027-01-16"}, // agreed in the year after, on a holiday: Monday the 4th to Friday the 15th
		testenv.SpringFestival: {"2026", "2026-03-07"}, // Tuesday the 24th to Friday 6 March, with a Saturday that is worked
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDeskAt(t, testenv.Days()[name])
			d.assessed(3_000_000)
			require.Regexp(t, fmt.Sprintf(`^AP-0000-%s-\d{6}$`, want.number), d.file.Number)
			require.True(t, d.file.PolicyVerified)
			today := d.began.Format(time.DateOnly)
			later := d.began.AddDate(10, 0, 0).Format(time.DateOnly)
			d.attach(
				paper("driving_licence", "a", "issue_date", d.began.AddDate(-17, 0, 0).Format(time.DateOnly), "valid_until", later),
				paper("vehicle_licence", "b", "register_date", d.began.AddDate(-4, 0, 0).Format(time.DateOnly)),
				paper("repair_estimate", "c", "issue_date", today), paper("vat_invoice", "d", "issue_date", today),
			)
			require.Empty(t, d.findings())
			do(d, d.NoteContact, claim.Actor{ID: "li", Role: claim.Intake, Branch: "3101"}, claim.Contact{Channel: claim.ByPhone, At: d.began.Add(2 * time.Minute), Outcome: claim.Reached})
			do(d, d.Consent, customer, claim.Consent{Offer: 1})
			var due time.Time
			require.NoError(t, d.db.API.QueryRow(t.Context(), "select due_at from claims where id = $1", d.id).Scan(&due))
			require.Equal(t, want.review, due.In(claim.Shanghai).Format(time.DateOnly))
			do(d, d.Review, reviewer("zheng", 1), claim.Verdict{Task: d.file.TaskOf(claim.TaskReview).ID, Kind: claim.VerdictApprove, Opinion: "同意"})
			require.Equal(t, claim.Determined, d.file.Stage)
			do(d, d.Agree, customer, claim.Agreement{Offer: 1, Payee: claim.Payee{Name: "张三", Bank: "中国银行", Account: "6222020000000000"}, Signature: "phone-code"})
			d.release(yang)
			do(d, d.Settle, machine, claim.Settled{Instruction: d.file.Payment().ID, Attempt: 1, State: claim.PaymentCleared, BankID: "B1"})
			do(d, d.Close, machine, claim.None{})
			require.Equal(t, claim.Closed, d.file.Stage)
			d.verifyChain()
		})
	}
}
