package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"

	"anpei/deploy/local/sandbox"
)

// tokens is the answer of the token endpoint.
type tokens struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"` // Bearer
	ExpiresIn   int    `json:"expires_in"` // seconds
	IDToken     string `json:"id_token,omitempty"`
	Scope       string `json:"scope,omitempty"`
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	got, err := p.exchange(r)
	var refused refusal
	switch {
	case err == nil:
		sandbox.WriteJSON(w, http.StatusOK, got)
	case !errors.As(err, &refused):
		p.fail(r.Context(), w, err)
	case refused.Code == "invalid_client":
		w.Header().Set("WWW-Authenticate", `Basic realm="sandbox identity"`)
		sandbox.WriteJSON(w, http.StatusUnauthorized, refused)
	default:
		sandbox.WriteJSON(w, http.StatusBadRequest, refused)
	}
}

// exchange trades what a token request holds for tokens.
func (p *Provider) exchange(r *http.Request) (tokens, error) {
	if err := r.ParseForm(); err != nil {
		return tokens{}, refuse("invalid_request", "the body is no form: %s", err)
	}
	form, err := single(r.PostForm)
	if err != nil {
		return tokens{}, err
	}
	c, err := p.authenticate(r, form)
	if err != nil {
		return tokens{}, err
	}
	switch form["grant_type"] {
	case "authorization_code":
		return p.forPersona(c, form)
	case "client_credentials":
		return p.forMachine(c)
	case "":
		return tokens{}, refuse("invalid_request", "grant_type is missing")
	default:
		return tokens{}, refuse("unsupported_grant_type", "grant_type must be authorization_code or client_credentials")
	}
}

// verifierPattern is that of RFC 7636.
var verifierPattern = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

func (p *Provider) forPersona(c client, form map[string]string) (tokens, error) {
	switch verifier := form["code_verifier"]; {
	case c.Machine:
		return tokens{}, refuse("unauthorized_client", "client %s acts as itself; use client_credentials", c.ID)
	case form["code"] == "":
		return tokens{}, refuse("invalid_request", "code is missing")
	case verifier == "":
		return tokens{}, refuse("invalid_request", "code_verifier is missing")
	case !verifierPattern.MatchString(verifier):
		return tokens{}, refuse("invalid_request", "code_verifier must be 43 to 128 letters, digits, hyphens, dots, underscores or tildes")
	}
	g, err := p.redeem(form["code"])
	if err != nil {
		return tokens{}, err
	}
	sum := sha256.Sum256([]byte(form["code_verifier"]))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	persona, known := p.persona(g.Subject)
	switch {
	case g.ClientID != c.ID:
		return tokens{}, refuse("invalid_grant", "the code was issued to another client")
	case g.RedirectURI != form["redirect_uri"]:
		return tokens{}, refuse("invalid_grant", "redirect_uri is not the one that the code was sent to")
	case subtle.ConstantTimeCompare([]byte(challenge), []byte(g.Challenge)) != 1:
		return tokens{}, refuse("invalid_grant", "code_verifier does not fit the code_challenge")
	case !known:
		return tokens{}, refuse("invalid_grant", "persona %s is gone", g.Subject)
	}
	access := p.mint(persona.Subject, persona.Name, c.ID, audience)
	access.Scope = g.Scope
	id := p.mint(persona.Subject, persona.Name, c.ID, c.ID)
	id.Nonce = g.Nonce
	out, err := p.bearerOf(access)
	if err != nil {
		return tokens{}, err
	}
	out.IDToken, err = p.key.sign(id, idToken)
	return out, err
}

func (p *Provider) forMachine(c client) (tokens, error) {
	if !c.Machine {
		return tokens{}, refuse("unauthorized_client", "client %s acts for a person; use authorization_code with PKCE", c.ID)
	}
	return p.bearerOf(p.mint(c.ID, c.Name, c.ID, audience))
}

func (p *Provider) bearerOf(c claims) (tokens, error) {
	token, err := p.key.sign(c, accessToken)
	return tokens{AccessToken: token, TokenType: "Bearer", ExpiresIn: int(tokenLife.Seconds()), Scope: c.Scope}, err
}

// userinfo says who the bearer of an access token is; machines are nobody.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	c, err := p.accessClaims(bearer(r))
	persona, known := p.persona(c.Subject)
	if err != nil || !known {
		w.Header().Set("WWW-Authenticate", `Bearer realm="sandbox identity", error="invalid_token"`)
		sandbox.WriteJSON(w, http.StatusUnauthorized, refuse("invalid_token", "send an access token of a person, issued here within the hour"))
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, map[string]string{"sub": persona.Subject, "name": persona.Name})
}
