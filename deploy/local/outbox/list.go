package outbox

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// selection is a page of messages: to one recipient, or to all when To is
// empty; newest first, or, when Following is set, oldest first from the one
// after After.
type selection struct {
	To        string
	Following bool
	After     uint64
	Limit     int
}

// list returns the messages of a page, and whether more follow.
func (s store) list(sel selection) (kept []Kept, more bool, err error) {
	c, prefix := s.tx.Bucket(messageBucket).Cursor(), []byte(nil)
	if sel.To != "" {
		c, prefix = s.tx.Bucket(recipientBucket).Cursor(), append([]byte(sel.To), 0)
	}
	first, step := newest, c.Prev
	if sel.Following {
		first, step = following(sel.After), c.Next
	}
	kept = []Kept{}
	for k := first(c, prefix); len(k) == len(prefix)+8 && bytes.HasPrefix(k, prefix); k, _ = step() {
		if len(kept) == sel.Limit {
			return kept, true, nil
		}
		m, err := s.message(lastSeq(k))
		if err != nil {
			return nil, false, err
		}
		kept = append(kept, m)
	}
	return kept, false, nil
}

// following returns the first key with this prefix and a number above after.
func following(after uint64) func(*bbolt.Cursor, []byte) []byte {
	return func(c *bbolt.Cursor, prefix []byte) []byte {
		k, _ := c.Seek(append(bytes.Clone(prefix), seqKey(after+1)...))
		return k
	}
}

// newest returns the last key with this prefix, or one without it.
func newest(c *bbolt.Cursor, prefix []byte) []byte {
	if k, _ := c.Seek(append(bytes.Clone(prefix), 0xff)); k == nil {
		k, _ := c.Last()
		return k
	}
	k, _ := c.Prev()
	return k
}
