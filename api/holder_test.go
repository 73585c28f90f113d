package main

import (
	"crypto/sha256"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/schemas/rest"
)

// bound opens a session for a phone and one claim, as its number and a code do.
func (k *stack) bound(t *testing.T, phone string, id claim.ID) (token string) {
	t.Helper()
	token = uuid.NewString()
	hash := sha256.Sum256([]byte(token))
	_, err := k.data.API.Exec(t.Context(), `insert into sessions (token_hash, principal, phone, claim_id, expires_at) values ($1, $2, $3, $4, now() + interval '1 hour')`,
		hash[:], string(claimantID(phone)), phone, string(id))
	require.NoError(t, err)
	return token
}

// A session that the holder of a policy has opened shows them nothing more once
// their policy turns out to be the wrong one, and they can open no other.
func TestTheHolderOfAWronglyLinkedPolicySeesTheClaimNoMore(t *testing.T) {
	t.Parallel()
	k := newStack(t)
	k.surveyor(t)
	token, phone := k.claimant(t)
	_, wrong := k.claimant(t)
	_, right := k.claimant(t)
	reported := into[claim.Receipt](t, k.ask(t, token, "POST", "/claims", uuid.NewString(), k.notice(t, phone, k.policy(t, wrong))), 201)
	k.routed(t, token, reported.Number)
	former := k.bound(t, wrong, reported.Claim)
	reads := []string{"", "/timeline", "/documents", "/checklist", "/offers", "/stream"}
	for _, path := range reads[:len(reads)-1] {
		require.Equal(t, http.StatusOK, k.ask(t, former, "GET", "/claims/"+reported.Number+path, "", nil).status, path)
	}
	sent := func() int { return k.count(t, `select count(*) from notices where "to" = $1`, wrong) }
	before := sent()

	into[claim.Receipt](t, k.ask(t, "intake", "POST", "/claims/"+reported.Number+"/policy", uuid.NewString(), claim.LinkPolicy{PolicyNo: k.policy(t, right)}), 200)
	nothing := k.ask(t, former, "GET", "/claims/AP-3101-2020-999999", "", nil).problem(t)
	for _, path := range reads {
		a := k.ask(t, former, "GET", "/claims/"+reported.Number+path, "", nil)
		require.Equal(t, http.StatusNotFound, a.status, path)
		require.Equal(t, nothing.Detail, a.problem(t).Detail, path)
	}
	require.Empty(t, into[rest.ClaimPage](t, k.ask(t, former, "GET", "/claims", "", nil), 200).Items)
	require.Equal(t, http.StatusNotFound, k.ask(t, former, "POST", "/claims/"+reported.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "不是我的"}).status)
	require.Equal(t, http.StatusOK, k.ask(t, k.bound(t, right, reported.Claim), "GET", "/claims/"+reported.Number, "", nil).status)

	into[claim.Receipt](t, k.ask(t, token, "POST", "/claims/"+reported.Number+"/withdrawal", uuid.NewString(), claim.Reason{Reason: "不报了"}), 200)
	require.Equal(t, before, sent())
	require.Zero(t, k.count(t, `select count(*) from parties where phone = $1`, wrong))
}
