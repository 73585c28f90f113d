package play

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"anpei/schemas/rest"
)

// Staff signs a member of staff in.
func (s Stack) Staff(ctx context.Context, subject string) (Caller, error) {
	token, err := signIn(ctx, s.Issuer, subject)
	if err != nil {
		return Caller{}, fmt.Errorf("sign %s in: %w", subject, err)
	}
	return Caller{URL: s.API, Token: token}, nil
}

// signIn goes the way of a browser: to the identity provider with a challenge,
// back with a code, and there again for the token.
func signIn(ctx context.Context, issuer, subject string) (string, error) {
	const back = "http://127.0.0.1/signed-in"
	var provider struct {
		Authorize string `json:"authorization_endpoint"`
		Token     string `json:"token_endpoint"`
	}
	if err := exchange(ctx, http.MethodGet, issuer+"/.well-known/openid-configuration", "", nil, &provider); err != nil {
		return "", err
	}
	verifier, state := rand.Text()+rand.Text(), rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, provider.Authorize+"?"+url.Values{
		"response_type": {"code"}, "client_id": {"anpei-cli"}, "redirect_uri": {back}, "scope": {"openid"}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
		"persona": {subject},
	}.Encode(), nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	resp.Body.Close()
	answer, err := resp.Location()
	if err != nil {
		return "", fmt.Errorf("the provider answered %s and sent nobody back", resp.Status)
	}
	query := answer.Query()
	if query.Get("code") == "" || query.Get("state") != state {
		return "", fmt.Errorf("the provider sent back no code: %s", query.Get("error_description"))
	}
	var tokens struct {
		Access string `json:"access_token"`
	}
	err = exchange(ctx, http.MethodPost, provider.Token, "", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"anpei-cli"}, "code": {query.Get("code")},
		"redirect_uri": {back}, "code_verifier": {verifier},
	}, &tokens)
	return tokens.Access, err
}

// Partner signs a partner's system in, with the secret of its client at the
// identity provider.
func (s Stack) Partner(ctx context.Context, client, secret string) (Caller, error) {
	var tokens struct {
		Access string `json:"access_token"`
	}
	err := exchange(ctx, http.MethodPost, s.Issuer+"/token", "", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
	}, &tokens)
	if err != nil {
		return Caller{}, fmt.Errorf("sign %s in: %w", client, err)
	}
	return Caller{URL: s.API, Token: tokens.Access}, nil
}

// Claimant opens a session for a phone: the API sends a code, the phone gets
// it, and it is traded for a token. With a claim's number it is a session for
// that claim, without one it may report.
func (s Stack) Claimant(ctx context.Context, phone, number string) (c Caller, code string, err error) {
	c = Caller{URL: s.API}
	before, err := s.Outbox.To(ctx, phone)
	if err != nil {
		return c, "", err
	}
	if _, err := Post[rest.PhoneCodeSent](ctx, c, Key(), "/phone-codes", rest.PhoneCodeRequest{Phone: phone, ClaimNo: number}); err != nil {
		return c, "", err
	}
	err = Until(ctx, "code on the phone", 10*time.Second, func() (bool, error) {
		messages, err := s.Outbox.To(ctx, phone)
		for _, m := range messages[min(len(before), len(messages)):] {
			if found := codeSent.FindStringSubmatch(m.Body); found != nil {
				code = found[1]
			}
		}
		return code != "", err
	})
	if err != nil {
		return c, "", err
	}
	session, err := Post[rest.Session](ctx, c, Key(), "/sessions", rest.SessionRequest{Phone: phone, Code: code, ClaimNo: number})
	c.Token = session.Token
	return c, code, err
}

var codeSent = regexp.MustCompile(`(?:验证码|code is)\D*(\d{6})\b`)

// exchange is one request to a server that is not the API: a form or JSON out,
// JSON back.
func exchange(ctx context.Context, method, address, token string, body, into any) error {
	var sent io.Reader
	mime := "application/json"
	switch b := body.(type) {
	case nil:
	case url.Values:
		sent, mime = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return err
		}
		sent = strings.NewReader(string(raw))
	}
	req, err := http.NewRequestWithContext(ctx, method, address, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", mime)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", method, address, err)
	case resp.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %s", method, address, resp.Status, raw)
	}
	return decode(raw, into)
}
