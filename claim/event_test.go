package claim_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// logged is an event as it was written.
type logged struct {
	Claim  claim.ID        `json:"claim"`
	Number int64           `json:"number"`
	Kind   claim.EventKind `json:"kind"`
	At     time.Time       `json:"at"`
	By     claim.Principal `json:"by"`
	Role   claim.Role      `json:"role"`
	Body   string          `json:"body"`
	Hash   string          `json:"hash"`
}

// recordings are the logs in testdata. Each file is named for the commit whose
// steps wrote it, and is never changed: claims of that time have to verify.
func recordings(t *testing.T) []logged {
	t.Helper()
	files, err := filepath.Glob("testdata/events-*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []logged
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for line := range bytes.Lines(text) {
			var e logged
			require.NoError(t, json.Unmarshal(line, &e))
			all = append(all, e)
		}
	}
	return all
}

func TestALogThatAnEarlierReleaseWroteStillHolds(t *testing.T) {
	t.Parallel()
	last := map[claim.ID][]byte{}
	for _, e := range recordings(t) {
		prev := last[e.Claim]
		if e.Number == 1 {
			prev = claim.Genesis(e.Claim)
		}
		last[e.Claim] = claim.Event{Number: e.Number, Kind: e.Kind, At: e.At, By: e.By, Role: e.Role, Body: json.RawMessage(e.Body)}.Hash(prev)
		require.Equal(t, e.Hash, hex.EncodeToString(last[e.Claim]), "event %d of %s, %s", e.Number, e.Claim, e.Kind)
	}
}

func TestABodyIsWrittenByteForByteAsAnEarlierReleaseDid(t *testing.T) {
	t.Parallel()
	kinds := map[claim.EventKind]bool{}
	for _, e := range recordings(t) {
		kinds[e.Kind] = true
		body := e.Kind.Body()
		require.NotNil(t, body, "%s is on the list no more", e.Kind)
		decoder := json.NewDecoder(strings.NewReader(e.Body))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(body), "%s: %s", e.Kind, e.Body)
		again, err := json.Marshal(body)
		require.NoError(t, err)
		require.Equal(t, e.Body, string(again), e.Kind)
	}
	require.GreaterOrEqual(t, len(kinds), 63, "all kinds of that time are in the recording")
}

func TestAnEventIsHashedToTheMicrosecond(t *testing.T) {
	t.Parallel()
	e := claim.Event{
		Number: 7, Kind: claim.EventLaneChanged, At: time.Date(2026, time.November, 23, 9, 1, 0, 123_456_789, claim.Shanghai),
		By: "周平", Role: claim.Assessor, Body: json.RawMessage(`{"from":"flash","reason":"客户要求","to":"standard"}`),
	}
	// Reckoned by another program.
	require.Equal(t, "6defeef2d56e8b2314b529fce8d88f5a849d175acb6a48ab4183623aa0991082", hex.EncodeToString(claim.Genesis("c1")))
	require.Equal(t, "93e079dd24d7377ecabd396d7f06f60b7fb2864cdc7e2f1731fe3d8cc2bc8591", hex.EncodeToString(e.Hash(claim.Genesis("c1"))))
}

func TestEveryKindOfEventHasABody(t *testing.T) {
	t.Parallel()
	kinds := claim.Events()
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(kinds))), len(kinds), "a kind is listed twice")
	for _, kind := range kinds {
		require.Regexp(t, `^[a-z]+\.[a-z_]+$`, string(kind))
		require.LessOrEqual(t, len(kind), 60, "%s: the contract has no longer names", kind)
		body := reflect.TypeOf(kind.Body())
		require.NotNil(t, body, kind)
		var names []string
		for field := range body.Elem().Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			require.NotEmpty(t, name, "%s.%s", body.Elem(), field.Name)
			names = append(names, name)
		}
		require.True(t, slices.IsSorted(names), "%s: %v", body.Elem(), names)
	}
	require.Nil(t, claim.EventKind("of.a_later_release").Body())
}

func TestWhatTheBankAnswersIsAnEvent(t *testing.T) {
	t.Parallel()
	faults := []claim.TransferFault{"", claim.FaultPayee, claim.FaultOurs, claim.FaultDiffers}
	for state, want := range map[claim.PaymentState][4]claim.EventKind{ // by fault
		claim.PaymentSubmitted: {claim.EventPaymentSubmitted, claim.EventPaymentSubmitted, claim.EventPaymentSubmitted, claim.EventPaymentDiffers},
		claim.PaymentUnknown:   {claim.EventPaymentUnknown, claim.EventPaymentUnknown, claim.EventPaymentUnknown, claim.EventPaymentDiffers},
		claim.PaymentAccepted:  {claim.EventPaymentAccepted, claim.EventPaymentAccepted, claim.EventPaymentAccepted, claim.EventPaymentDiffers},
		claim.PaymentCleared:   {claim.EventPaymentCleared, claim.EventPaymentCleared, claim.EventPaymentCleared, claim.EventPaymentDiffers},
		claim.PaymentRejected:  {claim.EventPaymentRefused, claim.EventPaymentRejected, claim.EventPaymentRefused, claim.EventPaymentDiffers},
		claim.PaymentReturned:  {claim.EventPaymentReturned, claim.EventPaymentReturned, claim.EventPaymentReturned, claim.EventPaymentDiffers},
		claim.PaymentNotFound:  {claim.EventPaymentNotFound, claim.EventPaymentNotFound, claim.EventPaymentNotFound, claim.EventPaymentDiffers},
	} {
		for i, fault := range faults {
			require.Equal(t, want[i], claim.PaymentEvent(state, fault), "%s, %q", state, fault)
		}
		if state != claim.PaymentRejected {
			require.Equal(t, "payment."+string(state), string(claim.PaymentEvent(state, "")), "as it was always called")
		}
	}
}
