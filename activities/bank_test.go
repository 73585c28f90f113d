package activities_test

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/claim"
	"anpei/internal/pace"
)

// The bank has never heard of a reference: until its cut-off that says nothing,
// and after it, with the bank's own authority, that it never will be executed.
func TestATransferThatTheBankNeverHad(t *testing.T) {
	t.Parallel()
	bank := activities.HTTPBank{URL: os.Getenv("ANPEI_BANK_URL"), Token: os.Getenv("ANPEI_BANK_TOKEN"), Client: &http.Client{}}
	reference := "AP" + uuid.New().String()[:8] + "01"
	said, err := bank.Query(t.Context(), reference)
	require.NoError(t, err)
	require.Equal(t, claim.PaymentUnknown, said.State)
	require.Eventually(t, func() bool {
		said, err = bank.Query(t.Context(), reference)
		return err != nil || said.State != claim.PaymentUnknown
	}, pace.Limit(time.Minute), 100*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, claim.PaymentNotFound, said.State)
}
