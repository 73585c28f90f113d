package claim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Relation is what the reporter of a loss is to the policy, as far as a phone
// number proves it: the reporter's own, verified by a code, or one that a
// partner vouches for. What a report says of its reporter proves nothing. The
// zero value is a stranger.
type Relation string

// Relations.
const (
	Stranger Relation = ""        // not in the policy's rows
	Holder   Relation = "holder"  // 投保人
	Insured  Relation = "insured" // 被保险人
	Driver   Relation = "driver"  // 约定驾驶人, named in the policy
)

// Persons are those whom a policy knows by name and mobile number.
type Persons struct {
	Holder  Person   `json:"holder"`
	Insured Person   `json:"insured"` // zero: the holder is the insured
	Drivers []Person `json:"drivers,omitempty"`
}

// Person is one of them.
type Person struct {
	Name  string `json:"name"`
	Phone string `json:"phone"` // mainland mobile, 11 digits
}

// RelationOf returns what the owner of a phone is to the policy. is reports
// whether that owner has a number; it is asked about numbers of the policy only.
func (p Persons) RelationOf(is func(phone string) bool) Relation {
	has := func(one Person) bool { return one.Phone != "" && is(one.Phone) }
	switch {
	case has(p.Holder):
		return Holder
	case has(p.Insured):
		return Insured
	case slices.ContainsFunc(p.Drivers, has):
		return Driver
	}
	return Stranger
}

// Names returns the names in which an account may be that a machine pays: the
// holder's and the insured's.
func (p Persons) Names() []string {
	names := []string{p.Holder.Name, p.Insured.Name}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// Pseudonyms names claimants by their phone, which the name does not give away:
// a keyed hash, since there are so few numbers that a plain one is found in
// seconds. The key stays for as long as the rows that hold such names.
type Pseudonyms struct{ Key []byte }

// Of returns the principal of a phone: "phone:" and 40 hexadecimal digits.
func (p Pseudonyms) Of(phone string) Principal {
	mac := hmac.New(sha256.New, p.Key)
	mac.Write([]byte(phone))
	return Principal(PhonePrefix + hex.EncodeToString(mac.Sum(nil)[:20]))
}

// IsClaimant reports whether the principal is a claimant, known by a phone.
func (p Principal) IsClaimant() bool { return strings.HasPrefix(string(p), PhonePrefix) }

// PhonePrefix begins the principal of a claimant.
const PhonePrefix = "phone:"
