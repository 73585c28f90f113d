package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"slices"
)

// client is a program that may ask for tokens.
type client struct {
	ID      string
	Name    string
	Machine bool // acts as itself, with the secret; others act for a persona, with PKCE
}

var clients = []client{
	{ID: "anpei-desk", Name: "the desk's pages"},
	{ID: "anpei-cli", Name: "scripts and the demo"},
	{ID: "partner-demo", Name: "a partner system", Machine: true},
	{ID: "bench", Name: "the benchmark", Machine: true},
}

func clientByID(id string) (client, bool) {
	i := slices.IndexFunc(clients, func(c client) bool { return c.ID == id })
	if i < 0 {
		return client{}, false
	}
	return clients[i], true
}

// mayReturnTo reports whether an address is one that a browser may be sent
// back to: any port and path of this machine.
func mayReturnTo(address string) bool {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// authenticate returns the client of a token request. A machine shows the
// secret, in the header or in the form; a public client has none.
func (p *Provider) authenticate(r *http.Request, form map[string]string) (client, error) {
	id, secret := form["client_id"], form["client_secret"]
	if user, password, ok := r.BasicAuth(); ok {
		var err error
		if id, err = url.QueryUnescape(user); err != nil {
			return client{}, refuse("invalid_client", "the client id in the header is not form-encoded")
		}
		if secret, err = url.QueryUnescape(password); err != nil {
			return client{}, refuse("invalid_client", "the secret in the header is not form-encoded")
		}
	}
	c, known := clientByID(id)
	switch {
	case id == "":
		return c, refuse("invalid_client", "client_id is missing")
	case !known:
		return c, refuse("invalid_client", "there is no client %q", id)
	case !c.Machine:
		return c, nil
	}
	have, want := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(p.secret))
	if subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
		return c, refuse("invalid_client", "client %s must show its secret, ANPEI_IDENTITY_PARTNER_SECRET", id)
	}
	return c, nil
}
