package activities

// Types of application errors, the closed list. Error identity does not
// survive the wire; workflows and callers compare these.
const (
	// Refused: a rule stopped the act. The detail is a claim.Refusal.
	Refused = "refused"
	// Broken: retries cannot mend it, a person must; the claim parks.
	Broken = "broken"
	// PayeeRejected: the bank will never execute this transfer.
	PayeeRejected = "payee-rejected"
)
