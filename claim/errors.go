package claim

// Types of application errors, the closed list. Error identity does not survive
// the wire: steps, workflows and callers compare these. The detail of all but
// ErrorRefused is a code: claims that park with one code have one cause.
const (
	// ErrorRefused: a rule stopped the act. The detail is a [Refusal].
	ErrorRefused = "refused"
	// ErrorBroken: what was asked for cannot be stored, however often it is tried.
	// A message is answered so; a step of the machine's own parks the claim.
	ErrorBroken = "broken"
	// ErrorBehind: the rows have lost a commit that the workflow knows of, as after
	// a restore or a failover to a replica. The claim parks.
	ErrorBehind = "rows-behind"
	// ErrorTooLong: a step ran into its time limit again and again. The claim parks.
	ErrorTooLong = "time-limit"
	// ErrorNotServed: the bank serves us nothing. The claim parks, and its cause is
	// the same for all claims.
	ErrorNotServed = "bank-not-served"
)
