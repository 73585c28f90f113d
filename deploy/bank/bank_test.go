// Package bank holds what the product makes of each answer of the sandbox bank,
// tried on the bank as it runs.
package bank_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/activities"
	"anpei/claim"
	"anpei/deploy/demo/play"
)

// The sandbox bank says no in each way that it knows, and the product takes it
// for what it is: what a redirect or a refusal answers is never executed.
func TestEachNoOfTheBankIsTakenForWhatItIs(t *testing.T) {
	t.Parallel()
	const token = "of-this-test"
	listen, err := play.FreeAddress(t.Context())
	require.NoError(t, err)
	folder := t.TempDir()
	process, err := play.Start("bank", filepath.Join(folder, "bank.log"), map[string]string{"ANPEI_BANK_TOKEN": token},
		filepath.Join("..", "..", ".bin", "local"), "bank", "--listen", listen, "--data", folder)
	require.NoError(t, err)
	t.Cleanup(process.Kill)
	at := "http://" + listen
	require.NoError(t, process.Ready(t.Context(), at+"/healthz"))
	bank := activities.HTTPBank{URL: at, Token: token, Client: &http.Client{}}
	order := func(reference string) activities.Transfer {
		return activities.Transfer{Reference: reference, Amount: 316_400, Payee: claim.Payee{Name: "周晓岚", Bank: "中国农业银行", Account: "6228480402564890018"}}
	}
	told := func(faults map[string]any) {
		raw, err := json.Marshal(faults)
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, at+"/faults", bytes.NewReader(raw))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, http.StatusNoContent, res.StatusCode)
	}
	for reference, c := range map[string]struct {
		status int
		code   string
		served bool
		fault  claim.TransferFault
	}{
		"a-closed-account": {422, "account_closed", true, claim.FaultPayee},
		"the-days-limit":   {422, "limit", true, claim.FaultOurs},
		"a-bad-request":    {400, "", true, claim.FaultOurs},
		"a-wrong-password": {401, "", false, ""},
		"no-permission":    {403, "", false, ""},
		"another-address":  {404, "", false, ""},
		"a-redirect":       {307, "", false, ""},
		"a-moved-bank":     {301, "", false, ""},
	} {
		told(map[string]any{"refuse": map[string]any{"times": 1, "status": c.status, "code": c.code, "reason": "so it is"}})
		said, err := bank.Submit(t.Context(), order(reference))
		if c.served {
			require.NoError(t, err, reference)
			require.Equal(t, activities.TransferState{State: claim.PaymentRejected, Fault: c.fault, Reason: "so it is"}, said.TransferState, reference)
		} else {
			var notServed *activities.NotServedError
			require.ErrorAs(t, err, &notServed, reference)
			require.Equal(t, c.status, notServed.Status, reference)
		}
		said, err = bank.Query(t.Context(), reference)
		require.NoError(t, err, reference)
		require.Nil(t, said.Transfer, "%s: nothing was executed", reference)
	}

	told(map[string]any{"fail_before": 1})
	_, err = bank.Submit(t.Context(), order("one-more-time"))
	require.Error(t, err)

	// It answers of another amount than it was told: the answer says which.
	told(map[string]any{"other_fen": 1})
	said, err := bank.Submit(t.Context(), order("one-more-time"))
	require.NoError(t, err)
	require.Equal(t, claim.Fen(1), said.Transfer.Amount)
	told(map[string]any{})
	said, err = bank.Query(t.Context(), "one-more-time")
	require.NoError(t, err)
	require.Equal(t, order("one-more-time").Amount, said.Transfer.Amount)
	require.Equal(t, "周晓岚", said.Transfer.Payee.Name)
	require.Equal(t, "6228480402564890018", said.Transfer.Payee.Account)

	// Under a reference that is another transfer's it says so, and which.
	other := order("one-more-time")
	other.Amount = 999
	said, err = bank.Submit(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, claim.PaymentUnknown, said.State)
}
