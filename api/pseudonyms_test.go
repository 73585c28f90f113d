package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/boot"
	"anpei/internal/pace"
)

// testNames makes the principals of claimants in tests.
var testNames = claim.Pseudonyms{Key: []byte("a test's own key, of 32 bytes ok")}

// claimantID is the principal of a phone.
func claimantID(phone string) claim.Principal { return testNames.Of(phone) }

// plainly is the hash by which claimants were named once.
func plainly(phone string) string {
	h := sha256.Sum256([]byte(phone))
	return hex.EncodeToString(h[:16])
}

// The four digits that a masked number lacks are tried in a moment. Nothing
// beside it may tell which are right.
func TestAMaskedPhoneIsNotFoundFromWhatStandsBesideIt(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	r := k.reported(t)
	k.routed(t, r.token, r.Number)
	var all strings.Builder
	for _, who := range []string{"manager", "audit", "reviewer", "assessor", r.token} {
		for _, path := range []string{"", "/timeline", "/documents", "/clocks", "/verification", "/missing"} {
			if a := k.ask(t, who, http.MethodGet, "/claims/"+r.Number+path, "", nil); a.status == http.StatusOK {
				all.Write(a.raw)
			}
		}
	}
	shown := all.String()
	require.Contains(t, shown, claim.MaskPhone(r.phone))
	for digits := range 10_000 {
		phone := fmt.Sprintf("%s%04d%s", r.phone[:3], digits, r.phone[7:])
		require.NotContains(t, shown, plainly(phone), "%s is told by its hash", phone)
	}
	own := k.ask(t, "manager", http.MethodGet, "/claims/"+r.Number, "", nil)
	require.NotContains(t, string(own.raw), claim.PhonePrefix, "nobody else sees a claimant's name")
}

// Rows of before have the old names; their claimants find them again.
func TestClaimantsOfBeforeAreRenamed(t *testing.T) {
	t.Parallel()
	h := openWithRows(t)
	const phone = "13800000001"
	was := claim.PhonePrefix + plainly(phone)
	c := h.aClaim(map[string]any{
		"opened_by": was, "file": claim.File{Cycle: 1, Claimant: claim.Principal(was), Deeds: []claim.Deed{{By: claim.Principal(was), Duty: claim.DutyReport}}},
	}, party{phone, "insured", was})
	h.sql(`insert into drafts (principal, body, version) values ($1, '{}', 1)`, was)
	h.sql(`insert into steps (claim_id, key, version, principal, command_key, command_hash, receipt) values ($1, '1/report', 1, $2, 'key-0001', 'h', '{}')`, c.id, was)
	claimant := h.claimant(phone, "")
	require.Equal(t, http.StatusNotFound, h.get("/v1/claims/"+string(c.id), claimant).status)

	cfg := boot.Config{DBOwner: h.db.OwnerURL, DBConns: 2}
	require.ErrorContains(t, cfg.Migrate(t.Context()), "ANPEI_PSEUDONYM_KEY")
	cfg.PseudonymKey = boot.Secret(base64.StdEncoding.EncodeToString(testNames.Key))
	for range 2 {
		require.NoError(t, cfg.Migrate(t.Context()))
		require.Equal(t, http.StatusOK, h.get("/v1/claims/"+string(c.id), claimant).status)
		require.Equal(t, http.StatusOK, h.get("/v1/draft", claimant).status)
		for _, at := range []string{"claims where opened_by", "parties where principal", "drafts where principal", "steps where principal", "claims where file->>'claimant'", "claims where file->'acts'->0->>'by'"} {
			var n int
			require.NoError(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from "+at+" = $1", string(claimantID(phone))).Scan(&n))
			require.Equal(t, 1, n, at)
		}
	}
}

// routed waits until a claim has its lane.
func (k *stack) routed(t *testing.T, token, number string) {
	t.Helper()
	require.Eventually(t, func() bool {
		a, err := ask(t.Context(), k.url, token, http.MethodGet, "/claims/"+number, "", nil)
		return err == nil && a.status == http.StatusOK && !strings.Contains(string(a.raw), `"stage":"reported"`) && !strings.Contains(string(a.raw), `"stage":"dispatching"`)
	}, pace.Limit(20*time.Second), 50*time.Millisecond)
}

// surveyor puts one on shift beside the losses of [stack.notice].
func (k *stack) surveyor(t *testing.T) {
	t.Helper()
	id := "surveyor-" + uuid.NewString()[:8]
	for _, sql := range []string{
		`insert into staff (id, name, role, branch, phone, skills) values ($1, '陈刚', 'surveyor', '3101', '13900000001', '{motor}')`,
		`insert into shifts (staff_id, on_shift, lat, lng, seen_at) values ($1, true, 31.23, 121.47, now())`,
	} {
		_, err := k.data.Owner.Exec(t.Context(), sql, id)
		require.NoError(t, err)
	}
}
