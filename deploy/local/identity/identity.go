// Package identity is an OpenID Connect provider for local use: whoever asks
// picks one of the personas and is that person, without a password.
//
// It says who somebody is, never what they may do: roles are shown to people
// on the login page, and are in no token; the product's own staff table rules.
// The shared secret of the machine clients is printed on the page and is no
// secret. So it refuses to run where ANPEI_ENV is production, and listens on
// loopback only.
//
// Tokens are ES256 JWTs that live for an hour. The access token is for the
// audience "anpei"; the ID token is for the client that asked.
package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"anpei/deploy/local/sandbox"
)

// DefaultSecret is the secret of the machine clients when none is set. It is
// printed here and on the page: it keeps mistakes out, nobody else.
const DefaultSecret = "anpei-local-not-a-secret"

// Options say how a provider is opened. Dir, Issuer and Now must be set.
type Options struct {
	Dir    string           // holds identity.db and, if people are to differ, personas.json
	Issuer string           // http or https address under which clients reach it, without a path
	Secret string           // of the machine clients; DefaultSecret when empty
	Now    func() time.Time // the provider's clock
	Log    *slog.Logger     // slog.Default() when nil
}

// Provider is one issuer over one file. Its methods may be called concurrently.
type Provider struct {
	db       *bbolt.DB
	issuer   string
	secret   string
	now      func() time.Time
	log      *slog.Logger
	personas []Persona
	key      signingKey
}

// Open opens the provider in o.Dir, and makes its key the first time. Fails
// when personas.json is not as it must be, and when another process holds the
// file.
func Open(o Options) (*Provider, error) {
	if u, err := url.Parse(o.Issuer); err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o.Issuer {
		return nil, fmt.Errorf("issuer %q must be an address like http://127.0.0.1:8090", o.Issuer)
	}
	personas, err := readPersonas(filepath.Join(o.Dir, "personas.json"))
	if err != nil {
		return nil, err
	}
	db, err := openStore(filepath.Join(o.Dir, "identity.db"))
	if err != nil {
		return nil, err
	}
	key, err := loadKey(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if o.Secret == "" {
		o.Secret = DefaultSecret
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Provider{
		db:       db,
		issuer:   o.Issuer,
		secret:   o.Secret,
		now:      func() time.Time { return o.Now().UTC() },
		log:      o.Log,
		personas: personas,
		key:      key,
	}, nil
}

// Close closes the file.
func (p *Provider) Close() error { return p.db.Close() }

// Handler returns the provider's HTTP interface.
//
//	GET  /.well-known/openid-configuration
//	GET  /jwks
//	GET  /authorize   code flow with PKCE S256; persona=<subject> skips the page
//	POST /token       authorization_code, client_credentials
//	GET  /userinfo    (and POST) sub, name
//	GET  /logout      (and POST) end_session; there is no session to end
//	GET  /healthz     200 when ready
//	GET  /            a page for people
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.getConfiguration)
	mux.HandleFunc("GET /jwks", p.getKeys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userinfo)
	mux.HandleFunc("POST /userinfo", p.userinfo)
	mux.HandleFunc("GET /logout", p.logout)
	mux.HandleFunc("POST /logout", p.logout)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /{$}", p.getHome)
	mux.HandleFunc("GET /style.css", getStyle)
	return mux
}

func (p *Provider) getConfiguration(w http.ResponseWriter, _ *http.Request) {
	sandbox.WriteJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         p.issuer,
		"authorization_endpoint":                         p.issuer + "/authorize",
		"token_endpoint":                                 p.issuer + "/token",
		"userinfo_endpoint":                              p.issuer + "/userinfo",
		"end_session_endpoint":                           p.issuer + "/logout",
		"jwks_uri":                                       p.issuer + "/jwks",
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "client_credentials"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"none", "client_secret_basic", "client_secret_post"},
		"scopes_supported":                               []string{"openid", "profile"},
		"claims_supported":                               []string{"iss", "sub", "aud", "exp", "iat", "azp", "nonce", "name"},
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"authorization_response_iss_parameter_supported": true,
	})
}

func (p *Provider) getKeys(w http.ResponseWriter, _ *http.Request) {
	sandbox.WriteJSON(w, http.StatusOK, p.key.public())
}

// refusal is an error of RFC 6749: a fixed code, and a text for people.
type refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e refusal) Error() string { return e.Code + ": " + e.Description }

func refuse(code, format string, args ...any) refusal {
	return refusal{code, fmt.Sprintf(format, args...)}
}

// single returns the values of a request, each of which may be there once.
func single(form url.Values) (map[string]string, error) {
	values := make(map[string]string, len(form))
	for name, all := range form {
		if len(all) > 1 {
			return nil, refuse("invalid_request", "%s is there more than once", name)
		}
		values[name] = all[0]
	}
	return values, nil
}

// fail answers 500; the cause is for the log.
func (p *Provider) fail(ctx context.Context, w http.ResponseWriter, err error) {
	p.log.ErrorContext(ctx, "identity request", "error", err)
	sandbox.WriteJSON(w, http.StatusInternalServerError, refuse("server_error", "the sandbox identity provider broke; see its log"))
}

// bearer returns the bearer token of a request.
func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}
