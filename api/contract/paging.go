package contract

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"anpei/schemas/rest"
)

// pageSize is how many items a page has when the caller does not say.
const pageSize = 50

// PageLimit returns how many items to read for a page: one more than it shows,
// which tells whether there is a next one.
func PageLimit(limit rest.Limit) (show int, read int32) {
	if limit == 0 {
		limit = pageSize
	}
	return limit, int32(limit) + 1
}

// Cut takes what a page shows from what was read, and the cursor of the next
// page from the last item shown.
func Cut[T any](rows []T, show int, key func(T) []string) ([]T, string) {
	if len(rows) <= show {
		return rows, ""
	}
	rows = rows[:show]
	return rows, Cursor(key(rows[show-1])...)
}

// Cursor names a place in a list. Callers hand it back as it is.
func Cursor(key ...string) string {
	raw, _ := json.Marshal(key) // strings always encode
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Place reads a cursor of n parts; ok is false for none. One that this list
// did not give out is the caller's fault.
func Place(after rest.After, n int) (key []string, ok bool, err error) {
	if after == "" {
		return make([]string, n), false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(after)
	if err == nil {
		err = json.Unmarshal(raw, &key)
	}
	if err != nil || len(key) != n {
		return nil, false, ErrCursor
	}
	return key, true, nil
}

// ErrCursor answers for a cursor that a list did not give out.
var ErrCursor = Invalid(rest.FieldError{Pointer: "after", Detail: "It is no cursor of this list. Take `next` of the page before, with the same filters."})

// ETag names a state by its bytes.
func ETag(raw []byte) string {
	h := sha256.Sum256(raw)
	return `"` + hex.EncodeToString(h[:12]) + `"`
}

// Matches reports whether one of the ETags that a caller has is this one.
func Matches(have rest.IfNoneMatch, tag string) bool {
	for one := range strings.SplitSeq(have, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || one == tag {
			return true
		}
	}
	return false
}

// Tag names a state, and tells whether the caller has it already.
func Tag(state any, have rest.IfNoneMatch) (tag string, same bool, err error) {
	raw, err := json.Marshal(state)
	if err != nil {
		return "", false, fmt.Errorf("encode: %w", err)
	}
	tag = ETag(raw)
	return tag, Matches(have, tag), nil
}

// EndOfTime stands before the first page of a list that runs backwards.
var EndOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// LastUUID stands before the first of those with the same time.
const LastUUID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// PlaceInTime reads a cursor of (time, id), or gives back where a list begins.
func PlaceInTime(after rest.After, at time.Time, id string, isID func(string) bool) (time.Time, string, error) {
	key, ok, err := Place(after, 2)
	if err != nil || !ok {
		return at, id, err
	}
	if at, err = time.Parse(time.RFC3339Nano, key[0]); err != nil || !isID(key[1]) {
		return at, id, ErrCursor
	}
	return at, key[1], nil
}

var (
	uuidForm   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	numberForm = regexp.MustCompile(`^AP-[0-9]{4}-[0-9]{4}-[0-9]{6,}$`)
)

// IsUUID reports whether a text is a UUID as the contract writes them.
func IsUUID(s string) bool { return uuidForm.MatchString(s) }

// IsNumber reports whether a text has the form of a claim number.
func IsNumber(s string) bool { return numberForm.MatchString(s) }
