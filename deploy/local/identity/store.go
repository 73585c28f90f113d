package identity

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// The buckets.
var (
	keyBucket  = []byte("keys")  // one key → the signing key in PKCS #8
	codeBucket = []byte("codes") // SHA-256 of the code → grant
)

// openStore opens the file with fsync on every commit.
func openStore(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open %s, which only one process may hold: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{keyBucket, codeBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lay out %s: %w", path, err)
	}
	return db, nil
}

// grant is what a code stands for.
type grant struct {
	ClientID    string
	RedirectURI string
	Challenge   string // base64url of the SHA-256 of the verifier
	Nonce       string
	Scope       string
	Subject     string
	IssuedAt    time.Time
	Used        bool
}

const (
	codeLife   = time.Minute
	codeMemory = 10 * time.Minute // used and expired ones, to say so
)

// issue returns a new code for g.
func (p *Provider) issue(g grant) (code string, err error) {
	code = rand.Text()
	text, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("encode a grant: %w", err)
	}
	err = p.db.Batch(func(tx *bbolt.Tx) error {
		codes := tx.Bucket(codeBucket)
		if err := forget(codes, g.IssuedAt.Add(-codeMemory)); err != nil {
			return err
		}
		return codes.Put(codeKey(code), text)
	})
	if err != nil {
		return "", fmt.Errorf("issue a code: %w", err)
	}
	return code, nil
}

// redeem uses a code up and returns its grant; whatever comes of it, the code
// is spent. Refuses one that is unknown, used or expired.
func (p *Provider) redeem(code string) (g grant, err error) {
	var refused error
	err = p.db.Batch(func(tx *bbolt.Tx) error {
		refused = nil
		codes := tx.Bucket(codeBucket)
		text := codes.Get(codeKey(code))
		if text == nil {
			refused = refuse("invalid_grant", "there is no such code; it may have been forgotten, %s after it was issued", codeMemory)
			return nil
		}
		g = grant{}
		if err := json.Unmarshal(text, &g); err != nil {
			return fmt.Errorf("decode a grant: %w", err)
		}
		if g.Used {
			refused = refuse("invalid_grant", "the code has been used; each works once")
			return nil
		}
		if !p.now().Before(g.IssuedAt.Add(codeLife)) {
			refused = refuse("invalid_grant", "the code has expired; each lives for %s", codeLife)
		}
		g.Used = true
		text, err := json.Marshal(g)
		if err != nil {
			return fmt.Errorf("encode a grant: %w", err)
		}
		return codes.Put(codeKey(code), text)
	})
	if err != nil {
		return g, fmt.Errorf("redeem a code: %w", err)
	}
	return g, refused
}

// forget deletes the grants that were issued before a time.
func forget(codes *bbolt.Bucket, before time.Time) error {
	var old [][]byte
	err := codes.ForEach(func(k, text []byte) error {
		var g grant
		if err := json.Unmarshal(text, &g); err != nil {
			return fmt.Errorf("decode a grant: %w", err)
		}
		if g.IssuedAt.Before(before) {
			old = append(old, bytes.Clone(k))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range old {
		if err := codes.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// codeKey keeps codes themselves out of the file.
func codeKey(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return sum[:]
}
