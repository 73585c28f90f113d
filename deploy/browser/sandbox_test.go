package browser_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pages round the product are looked at too: they are where people who try
// it sign in, read their messages and see the money.
func TestPagesOfTheSandboxesAndTheContract(t *testing.T) {
	t.Parallel()
	p := open(t, desk)
	for name, address := range map[string]string{
		"sandbox-identity": site.Issuer + "/",
		"sandbox-outbox":   site.Outbox.URL + "/",
		"sandbox-bank":     site.Bank.URL + "/",
		"docs":             site.API + "/docs",
	} {
		p.Open(address)
		p.Snap(name)
	}
}

func TestSomebodySignsInWithThePersonaOfTheirChoice(t *testing.T) {
	t.Parallel()
	p := open(t, phone)
	back := site.API + "/docs"
	p.Open(site.Issuer + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {"anpei-desk"}, "redirect_uri": {back}, "scope": {"openid"}, "state": {"s"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}.Encode())
	p.See("您是哪一位")
	p.Snap("sandbox-sign-in")
	p.Click("郑凯")
	address, err := url.Parse(p.URL())
	require.NoError(t, err)
	require.Equal(t, back, address.Scheme+"://"+address.Host+address.Path)
	require.NotEmpty(t, address.Query().Get("code"))
	require.Equal(t, "s", address.Query().Get("state"))
}
