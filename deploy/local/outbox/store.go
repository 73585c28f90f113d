package outbox

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// The buckets.
var (
	messageBucket   = []byte("messages")   // seq → Kept
	idBucket        = []byte("ids")        // id → seq
	recipientBucket = []byte("recipients") // recipient, 0, seq → nothing
	faultBucket     = []byte("faults")     // one key → Faults
)

var faultKey = []byte("now")

// openStore opens the file with fsync on every commit.
func openStore(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open %s, which only one process may hold: %w", path, err)
	}
	// A message waits this long for others to share its fsync.
	db.MaxBatchDelay = 2 * time.Millisecond
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{messageBucket, idBucket, recipientBucket, faultBucket} {
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

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// recipientKey keeps the messages to one recipient together, in order.
func recipientKey(to string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(to), 0), seq)
}

// lastSeq reads the number at the end of a key.
func lastSeq(k []byte) uint64 { return binary.BigEndian.Uint64(k[len(k)-8:]) }

// store is one transaction.
type store struct{ tx *bbolt.Tx }

func (s store) message(seq uint64) (k Kept, err error) {
	if err := json.Unmarshal(s.tx.Bucket(messageBucket).Get(seqKey(seq)), &k); err != nil {
		return k, fmt.Errorf("decode message %d: %w", seq, err)
	}
	return k, nil
}

// find returns the message with this id and reports whether there is one.
func (s store) find(id string) (k Kept, found bool, err error) {
	seq := s.tx.Bucket(idBucket).Get([]byte(id))
	if seq == nil {
		return k, false, nil
	}
	k, err = s.message(lastSeq(seq))
	return k, true, err
}

// add keeps k under the next number, and forgets what is older than the newest
// keep messages.
func (s store) add(k Kept, keep uint64) error {
	messages, ids, recipients := s.tx.Bucket(messageBucket), s.tx.Bucket(idBucket), s.tx.Bucket(recipientBucket)
	seq, err := messages.NextSequence()
	if err != nil {
		return err
	}
	k.Seq = seq
	text, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode message %s: %w", k.ID, err)
	}
	if err := messages.Put(seqKey(seq), text); err != nil {
		return err
	}
	if err := ids.Put([]byte(k.ID), seqKey(seq)); err != nil {
		return err
	}
	if err := recipients.Put(recipientKey(k.To, seq), nil); err != nil {
		return err
	}
	for {
		oldest, _ := messages.Cursor().First()
		if n := lastSeq(oldest); n+keep > seq {
			return nil
		}
		if err := s.forget(lastSeq(oldest)); err != nil {
			return err
		}
	}
}

func (s store) forget(seq uint64) error {
	k, err := s.message(seq)
	if err != nil {
		return err
	}
	if err := s.tx.Bucket(idBucket).Delete([]byte(k.ID)); err != nil {
		return err
	}
	if err := s.tx.Bucket(recipientBucket).Delete(recipientKey(k.To, seq)); err != nil {
		return err
	}
	return s.tx.Bucket(messageBucket).Delete(seqKey(seq))
}

func (s store) faults() (f Faults, err error) {
	text := s.tx.Bucket(faultBucket).Get(faultKey)
	if text == nil {
		return f, nil
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("decode the faults: %w", err)
	}
	return f, nil
}

func (s store) setFaults(f Faults) error {
	text, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode the faults: %w", err)
	}
	return s.tx.Bucket(faultBucket).Put(faultKey, text)
}
