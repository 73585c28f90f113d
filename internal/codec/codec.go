// Package codec encrypts what passes through Temporal: workflow and activity
// inputs, results, and updates. It is a package of its own because the local
// stack serves it to Temporal's web UI and must not link the product for that.
package codec

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"io"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	encodingKey = "encoding"
	encrypted   = "binary/encrypted"
	// deflated says that what was sealed is compressed: once sealed, nothing
	// can be. Payloads sealed before there was this one are read as well.
	deflated = "binary/deflated-encrypted"
	// worthwhile is the size in bytes from which payloads are compressed.
	worthwhile = 256
	// mostPlain bounds what a payload may grow to when it is opened; Temporal
	// takes 2 MB.
	mostPlain = 8 << 20
)

type codec struct{ aead cipher.AEAD }

// New returns a payload codec that seals each payload, metadata included, with
// AES-256-GCM under a random nonce, compressed first where that pays. The key has 32 bytes.
func New(key []byte) (converter.PayloadCodec, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("payload codec: the key has %d bytes, want 32", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("payload codec: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("payload codec: %w", err)
	}
	return codec{aead}, nil
}

// Encode implements [converter.PayloadCodec].
func (c codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encode payload: %w", err)
		}
		encoding := encrypted
		if len(plain) >= worthwhile {
			if plain, err = deflate(plain); err != nil {
				return nil, fmt.Errorf("encode payload: %w", err)
			}
			encoding = deflated
		}
		nonce := make([]byte, c.aead.NonceSize(), c.aead.NonceSize()+len(plain)+c.aead.Overhead())
		if _, err := rand.Read(nonce); err != nil {
			return nil, fmt.Errorf("encode payload: %w", err)
		}
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{encodingKey: []byte(encoding)},
			Data:     c.aead.Seal(nonce, nonce, plain, nil),
		}
	}
	return out, nil
}

// Decode implements [converter.PayloadCodec]. Payloads that are not encrypted
// pass as they are, since Temporal itself writes some.
func (c codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		encoding := string(p.GetMetadata()[encodingKey])
		if encoding != encrypted && encoding != deflated {
			out[i] = p
			continue
		}
		n := c.aead.NonceSize()
		if len(p.GetData()) < n {
			return nil, fmt.Errorf("decode payload: %d bytes are too short", len(p.GetData()))
		}
		plain, err := c.aead.Open(nil, p.Data[:n], p.Data[n:], nil)
		if err != nil {
			return nil, fmt.Errorf("decode payload: wrong key or changed bytes: %w", err)
		}
		if encoding == deflated {
			if plain, err = inflate(plain); err != nil {
				return nil, fmt.Errorf("decode payload: %w", err)
			}
		}
		out[i] = new(commonpb.Payload)
		if err := proto.Unmarshal(plain, out[i]); err != nil {
			return nil, fmt.Errorf("decode payload: %w", err)
		}
	}
	return out, nil
}

// writers are kept: one is 600 KB of tables.
var writers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // fails on a wrong level alone
	return w
}}

func deflate(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	w, _ := writers.Get().(*flate.Writer)
	defer writers.Put(w)
	w.Reset(&b)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func inflate(packed []byte) ([]byte, error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostPlain+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > mostPlain {
		return nil, fmt.Errorf("more than %d MiB", mostPlain>>20)
	}
	return plain, nil
}
