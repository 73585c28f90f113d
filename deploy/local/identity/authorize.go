package identity

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// challengePattern is what S256 makes of any verifier.
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// authorize answers an authorization request: with the login page, or, when
// the persona is chosen, by sending the browser back with a code. What is
// wrong is told to the client, except when it is the client or its address
// that is wrong: then to the person in front of it.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	form, err := single(r.URL.Query())
	if err != nil {
		p.show(w, r, http.StatusBadRequest, "error", view{Problem: err.Error()})
		return
	}
	c, known := clientByID(form["client_id"])
	back := form["redirect_uri"]
	switch {
	case !known || c.Machine:
		p.show(w, r, http.StatusBadRequest, "error", view{Problem: fmt.Sprintf("client_id %q is none of those that sign people in", form["client_id"])})
		return
	case !mayReturnTo(back):
		p.show(w, r, http.StatusBadRequest, "error", view{Problem: fmt.Sprintf("redirect_uri %q is not an address of this machine", back)})
		return
	}
	answer := url.Values{"iss": {p.issuer}}
	if state, sent := form["state"]; sent {
		answer.Set("state", state)
	}
	code, err := p.grant(form)
	var refused refusal
	switch {
	case errors.Is(err, errNobodyChosen):
		p.show(w, r, http.StatusOK, "login", view{Client: c, Choose: r.URL.Query()})
		return
	case errors.As(err, &refused):
		answer.Set("error", refused.Code)
		answer.Set("error_description", refused.Description)
	case err != nil:
		p.fail(r.Context(), w, err)
		return
	default:
		answer.Set("code", code)
	}
	sendBack(w, r, back, answer)
}

var errNobodyChosen = errors.New("no persona is chosen")

// grant checks the rest of an authorization request and returns a code, or
// [errNobodyChosen].
func (p *Provider) grant(form map[string]string) (code string, err error) {
	challenge, method := form["code_challenge"], form["code_challenge_method"]
	persona, known := p.persona(form["persona"])
	switch {
	case form["request"] != "":
		return "", refuse("request_not_supported", "send the parameters themselves")
	case form["request_uri"] != "":
		return "", refuse("request_uri_not_supported", "send the parameters themselves")
	case form["response_type"] == "":
		return "", refuse("invalid_request", "response_type is missing; send code")
	case form["response_type"] != "code":
		return "", refuse("unsupported_response_type", "response_type must be code")
	case form["response_mode"] != "" && form["response_mode"] != "query":
		return "", refuse("invalid_request", "response_mode must be query")
	case !slices.Contains(strings.Fields(form["scope"]), "openid"):
		return "", refuse("invalid_scope", "scope must contain openid")
	case challenge == "":
		return "", refuse("invalid_request", "code_challenge is missing; this provider asks everybody for PKCE")
	case method != "S256":
		return "", refuse("invalid_request", "code_challenge_method must be S256")
	case !challengePattern.MatchString(challenge):
		return "", refuse("invalid_request", "code_challenge must be 43 characters of base64url: the SHA-256 of the verifier")
	case form["prompt"] == "none":
		return "", refuse("login_required", "nobody stays signed in here; ask without prompt=none")
	case form["persona"] == "":
		return "", errNobodyChosen
	case !known:
		return "", refuse("access_denied", "there is no persona %s; the login page lists them", form["persona"])
	}
	return p.issue(grant{
		ClientID:    form["client_id"],
		RedirectURI: form["redirect_uri"],
		Challenge:   challenge,
		Nonce:       form["nonce"],
		Scope:       form["scope"],
		Subject:     persona.Subject,
		IssuedAt:    p.now(),
	})
}

// logout ends a session, of which there is none here: it sends the browser
// where the client wants it, or says good-bye.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.show(w, r, http.StatusBadRequest, "error", view{Problem: err.Error()})
		return
	}
	back := r.Form.Get("post_logout_redirect_uri")
	switch {
	case back == "":
		p.show(w, r, http.StatusOK, "goodbye", view{})
	case !mayReturnTo(back):
		p.show(w, r, http.StatusBadRequest, "error", view{Problem: fmt.Sprintf("post_logout_redirect_uri %q is not an address of this machine", back)})
	default:
		answer := url.Values{}
		if r.Form.Has("state") {
			answer.Set("state", r.Form.Get("state"))
		}
		sendBack(w, r, back, answer)
	}
}

// sendBack redirects to an address, which has passed mayReturnTo, with answer
// added to its query.
func sendBack(w http.ResponseWriter, r *http.Request, address string, answer url.Values) {
	u, err := url.Parse(address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	query := u.Query()
	maps.Copy(query, answer)
	u.RawQuery = query.Encode()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}
