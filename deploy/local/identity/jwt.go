package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"go.etcd.io/bbolt"
)

// audience is whom access tokens are for.
const audience = "anpei"

// tokenLife is how long a token is good.
const tokenLife = time.Hour

// claims are the members of both kinds of token.
type claims struct {
	jwt.Claims
	AuthorizedParty string `json:"azp"`             // the client that asked
	Name            string `json:"name"`            // of the persona or the client
	Nonce           string `json:"nonce,omitempty"` // ID token only
	Scope           string `json:"scope,omitempty"` // access token only
}

// The types of token, told apart by their header as RFC 9068 has it.
const (
	accessToken = "at+jwt"
	idToken     = "JWT"
)

type signingKey struct{ jose.JSONWebKey }

// loadKey returns the key in the file, made the first time.
func loadKey(db *bbolt.DB) (key signingKey, err error) {
	err = db.Update(func(tx *bbolt.Tx) error {
		keys, name := tx.Bucket(keyBucket), []byte("ES256")
		der := keys.Get(name)
		if der == nil {
			fresh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				return err
			}
			if der, err = x509.MarshalPKCS8PrivateKey(fresh); err != nil {
				return err
			}
			if err := keys.Put(name, der); err != nil {
				return err
			}
		}
		private, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return err
		}
		key.JSONWebKey = jose.JSONWebKey{Key: private, Algorithm: string(jose.ES256), Use: "sig"}
		thumbprint, err := key.Thumbprint(crypto.SHA256)
		key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
		return err
	})
	if err != nil {
		return key, fmt.Errorf("load the signing key: %w", err)
	}
	return key, nil
}

// public is the key set that everybody may see.
func (k signingKey) public() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.Public()}}
}

// sign returns c as a token of this type.
func (k signingKey) sign(c claims, kind jose.ContentType) (string, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: k.JSONWebKey},
		new(jose.SignerOptions).WithType(kind),
	)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	token, err := jwt.Signed(signer).Claims(c).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}

// mint returns the claims of a token for one audience, from now on.
func (p *Provider) mint(subject, name, azp, aud string) claims {
	now := p.now()
	return claims{
		Claims: jwt.Claims{
			Issuer:   p.issuer,
			Subject:  subject,
			Audience: jwt.Audience{aud},
			Expiry:   jwt.NewNumericDate(now.Add(tokenLife)),
			IssuedAt: jwt.NewNumericDate(now),
			ID:       rand.Text(),
		},
		AuthorizedParty: azp,
		Name:            name,
	}
}

// accessClaims returns the claims of an access token that this provider signed
// and that is still good.
func (p *Provider) accessClaims(token string) (c claims, err error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return c, err
	}
	if err := parsed.Claims(p.key.Public(), &c); err != nil {
		return c, err
	}
	return c, c.ValidateWithLeeway(jwt.Expected{Issuer: p.issuer, AnyAudience: jwt.Audience{audience}, Time: p.now()}, 0)
}
