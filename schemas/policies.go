package schemas

import "embed"

// Policies are who may do what, in cedar. An action is an
// operation of the contract (its operationId), or ReadSensitive, which is a part
// of several; the last word is a forbid's.
//
// A principal is one of
//
//	Staff     id, role, branch, level, everywhere (of the head office), party (as a claimant they would be, or "")
//	Claimant  id (a pseudonym of the phone), bound (the one claim of the session, or "")
//	Anonymous
//
// and a resource one of
//
//	Company   a collection as such: whether one may ask at all
//	Claim     id, branch, opened_by,
//	          insiders  who may speak for the claim: who reported it, and the policy's side as first reported
//	          parties   everybody on it, as claimants
//	          reporters everybody who reported it, the same loss again included
//	          workers   staff who have or had a task of it
//	Task      role, branch, level, owner ("" while nobody has it), claim (the above)
//	Policy    branch
//	Member    id, branch: a member of staff
//	Row       branch: a payment, a refused attempt, a surveyor on the map
//
// A list asks about the Company first; its rows are filtered in SQL by the same
// attributes, and a test holds the two together. Annotations: @id names a rule
// where it refuses an act, @why says it to the person.
//
//go:embed policies/*.cedar
var Policies embed.FS
