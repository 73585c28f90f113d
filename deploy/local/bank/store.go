package bank

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// The buckets. Values are JSON.
var (
	transferBucket  = []byte("transfers")  // number → record
	referenceBucket = []byte("references") // reference → number
	heardBucket     = []byte("heard")      // reference without transfer → when first heard of
	lineBucket      = []byte("statement")  // seq → line
	dueBucket       = []byte("due")        // time and number → act
	eventBucket     = []byte("events")     // time and number → posting
	switchBucket    = []byte("switches")   // one key
)

// openStore opens the file with fsync on every commit.
func openStore(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open %s, which only one process may hold: %w", path, err)
	}
	// A submit waits this long for others to share its fsync.
	db.MaxBatchDelay = 2 * time.Millisecond
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{transferBucket, referenceBucket, heardBucket, lineBucket, dueBucket, eventBucket, switchBucket} {
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

func get[T any](b *bbolt.Bucket, key []byte) (v T, found bool, err error) {
	raw := b.Get(key)
	if raw == nil {
		return v, false, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, true, fmt.Errorf("decode %q: %w", key, err)
	}
	return v, true, nil
}

func put(b *bbolt.Bucket, key []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %q: %w", key, err)
	}
	return b.Put(key, raw)
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func keyNumber(k []byte) uint64 { return binary.BigEndian.Uint64(k) }

// timeKey sorts by time, then by n.
func timeKey(at time.Time, n uint64) []byte {
	return binary.BigEndian.AppendUint64(numberKey(uint64(at.UnixMilli())), n)
}

func keyTime(k []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(k))).UTC()
}

// enqueue puts v under a new key of its time.
func enqueue(b *bbolt.Bucket, at time.Time, v any) error {
	n, err := b.NextSequence()
	if err != nil {
		return err
	}
	return put(b, timeKey(at, n), v)
}
