package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"anpei/schemas/rest"
)

// pageSize is how many items a page has when the caller does not say.
const pageSize = 50

// limitOf returns how many items to read for a page: one more than it shows,
// which tells whether there is a next one.
func limitOf(limit rest.Limit) (show int, read int32) {
	if limit == 0 {
		limit = pageSize
	}
	return limit, int32(limit) + 1
}

// cut takes what a page shows from what was read, and the cursor of the next
// page from the last item shown.
func cut[T any](rows []T, show int, key func(T) []string) ([]T, string) {
	if len(rows) <= show {
		return rows, ""
	}
	rows = rows[:show]
	return rows, cursor(key(rows[show-1])...)
}

// cursor names a place in a list. Callers hand it back as it is.
func cursor(key ...string) string {
	raw, _ := json.Marshal(key) // strings always encode
	return base64.RawURLEncoding.EncodeToString(raw)
}

// place reads a cursor of n parts; ok is false for none. One that this list
// did not give out is the caller's fault.
func place(after rest.After, n int) (key []string, ok bool, err error) {
	if after == "" {
		return make([]string, n), false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(after)
	if err == nil {
		err = json.Unmarshal(raw, &key)
	}
	if err != nil || len(key) != n {
		return nil, false, errCursor
	}
	return key, true, nil
}

var errCursor = invalid(rest.FieldError{Pointer: "after", Detail: "It is no cursor of this list. Take `next` of the page before, with the same filters."})

// etagOf names a state by its bytes.
func etagOf(raw []byte) string {
	h := sha256.Sum256(raw)
	return `"` + hex.EncodeToString(h[:12]) + `"`
}

// matches reports whether one of the ETags that a caller has is this one.
func matches(have rest.IfNoneMatch, tag string) bool {
	for one := range strings.SplitSeq(have, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || one == tag {
			return true
		}
	}
	return false
}

// tagOf names a state, and tells whether the caller has it already.
func tagOf(state any, have rest.IfNoneMatch) (tag string, same bool, err error) {
	raw, err := json.Marshal(state)
	if err != nil {
		return "", false, fmt.Errorf("encode: %w", err)
	}
	tag = etagOf(raw)
	return tag, matches(have, tag), nil
}
