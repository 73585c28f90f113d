package claim

import "time"

// What stands in the body of each kind of event: ids and figures, no personal
// data, since the log outlives the erasure of a person. Fields are in the order
// of their names in JSON, in which the log has always had them.

// ReportedBody is of [EventReported].
type ReportedBody struct {
	Cause          string    `json:"cause"`
	Channel        string    `json:"channel"`
	Claimed        Fen       `json:"claimed_fen"`
	Exposures      int       `json:"exposures"` // how many
	Line           Line      `json:"line"`
	LossAt         time.Time `json:"loss_at"`
	Number         string    `json:"number"`
	PolicyVerified bool      `json:"policy_verified"`
	Reporter       Relation  `json:"reporter"`
}

// ReportedAgainBody is of [EventReportedAgain].
type ReportedAgainBody struct {
	Channel  string   `json:"channel"`
	Claimed  Fen      `json:"claimed_fen,omitempty"` // where that report says more
	Injury   bool     `json:"injury,omitempty"`
	Party    int      `json:"party"`              // its number
	Relation Relation `json:"relation,omitempty"` // of who reported to the policy, where it is linked
	Story    string   `json:"story,omitempty"`    // what a person in the policy says of the loss
}

// SeparatedBody is of [EventSeparated].
type SeparatedBody struct {
	Number string `json:"number"` // of the claim that the report was to join
}

// HandedOverBody is of [EventHandedOver].
type HandedOverBody struct {
	Party    int      `json:"party"` // its number
	Relation Relation `json:"relation"`
}

// PolicyLinkedBody is of [EventPolicyLinked].
type PolicyLinkedBody struct {
	Before  string  `json:"before,omitempty"` // id of another policy that it takes the place of
	Left    []int32 `json:"left,omitempty"`   // numbers of parties who were in that one alone
	Policy  string  `json:"policy"`           // its id
	Version int32   `json:"version"`          // of the policy, as of the loss
}

// LaneSetBody is of [EventLaneSet].
type LaneSetBody struct {
	Lane    Lane         `json:"lane"`
	Rules   []LaneReason `json:"rules"` // all of them, matched or not
	Version string       `json:"version"`
}

// LaneChangedBody is of [EventLaneChanged].
type LaneChangedBody struct {
	From   Lane   `json:"from"`
	Reason string `json:"reason"` // a rule, or a person's words
	To     Lane   `json:"to"`
}

// PapersListedBody is of [EventPapersListed].
type PapersListedBody struct {
	Items   []string `json:"items"`
	Version string   `json:"version"` // of the table of checklists
}

// PapersAttachedBody is of [EventPapersAttached].
type PapersAttachedBody struct {
	Already int      `json:"already"` // papers of the same batch that were there before
	SHA256  []string `json:"sha256"`  // of the new ones, hex
}

// PaperReadBody is of [EventPaperRead].
type PaperReadBody struct {
	Document   string     `json:"document"`
	Engine     string     `json:"engine"`
	Fields     int        `json:"fields"` // how many
	Kind       string     `json:"kind"`
	SentAs     string     `json:"sent_as"` // where the sender called it something else
	State      PaperState `json:"state"`
	Unreadable string     `json:"unreadable"` // a stable code
	Unsure     []string   `json:"unsure"`     // names of fields
}

// PaperConfirmedBody is of [EventPaperConfirmed].
type PaperConfirmedBody struct {
	Document string   `json:"document"`
	Fields   []string `json:"fields"` // their names
	Kind     string   `json:"kind"`
}

// FindingBody is of [EventFindingRaised] and [EventFindingGone]. It names where
// the two facts stand and not what they say, which may be a person's.
type FindingBody struct {
	Grave   bool   `json:"grave"`
	One     string `json:"one"` // a kind of paper, or another source
	Other   string `json:"other"`
	Rule    string `json:"rule"`
	Sources string `json:"sources"`
}

// FindingNotedBody is of [EventFindingNoted].
type FindingNotedBody struct {
	Note    string `json:"note"`
	Rule    string `json:"rule"`
	Sources string `json:"sources"`
	Verdict string `json:"verdict"` // "finding." and a [FindingVerdict]
}

// PapersRequestedBody is of [EventPapersRequested].
type PapersRequestedBody struct {
	Items []string `json:"items"`
	Rule  string   `json:"rule"` // of the finding for which they are asked for late
}

// LetterBody is of [EventPapersLetter] and [EventDenialNotified].
type LetterBody struct {
	Letter string `json:"letter"` // its number
	SHA256 string `json:"sha256"` // hex
}

// PapersDeliveredBody is of [EventPapersDelivered].
type PapersDeliveredBody struct {
	Notice  string `json:"notice"`
	Request bool   `json:"request"` // and not the first list
}

// PapersCameBody is of [EventPapersCame].
type PapersCameBody struct {
	Items []string `json:"items"`
}

// WaiverBody is of [EventWaiverProposed], [EventWaiverConfirmed] and
// [EventWaiverWithdrawn].
type WaiverBody struct {
	Item string `json:"item"`
	EN   string `json:"paper_en"`
	ZH   string `json:"paper_zh"`
}

// DispatchedBody is of [EventSurveyDispatched].
type DispatchedBody struct {
	Candidates int       `json:"candidates"`
	ETA        time.Time `json:"eta"`
	Metres     int64     `json:"metres"`
	Surveyor   Principal `json:"surveyor"`
}

// NobodyBody is of [EventSurveyNobody].
type NobodyBody struct {
	Candidates int `json:"candidates"`
}

// SurveyorBody is of [EventSurveyAccepted], [EventSurveyDeclined] and
// [EventSurveySilent].
type SurveyorBody struct {
	Surveyor Principal `json:"surveyor"`
}

// SurveyReportedBody is of [EventSurveyReported].
type SurveyReportedBody struct {
	Estimate   Fen    `json:"estimate_fen"`
	FaultShare BP     `json:"fault_share_bp"`
	MetresOff  *int64 `json:"metres_off"` // from the reported place; nil where either is not known
	Photos     int    `json:"photos"`
}

// SelfSurveyBody is of [EventSelfSurvey].
type SelfSurveyBody struct {
	Papers int `json:"papers"`
	Photos int `json:"photos"`
}

// AssessedBody is of [EventAssessed].
type AssessedBody struct {
	Lines     int       `json:"lines"`
	Payable   Fen       `json:"payable_fen"`
	Version   int       `json:"version"`
	Witnesses []Witness `json:"witnesses"`
}

// AssessmentVoidedBody is of [EventAssessmentVoided].
type AssessmentVoidedBody struct {
	Amount  Fen    `json:"amount_fen"`
	Offer   int    `json:"offer"`
	Reason  string `json:"reason"` // a rule
	Stage   Stage  `json:"stage"`
	Version int    `json:"version"`
}

// OfferBody is of [EventOfferMade] and [EventOfferConsented].
type OfferBody struct {
	Amount Fen `json:"amount_fen"`
	Offer  int `json:"offer"`
}

// ObjectedBody is of [EventOfferObjected].
type ObjectedBody struct {
	Counter Fen `json:"counter_fen"` // 0 where the claimant names none
	Offer   int `json:"offer"`
}

// SentUpBody is of [EventReviewRecommended] and [EventReviewSentUp].
type SentUpBody struct {
	Amount    Fen    `json:"amount_fen"`
	Authority string `json:"authority"` // version of the table
	Level     Level  `json:"level"`
	To        Level  `json:"to"`
}

// ReviewReturnedBody is of [EventReviewReturned].
type ReviewReturnedBody struct {
	Level Level `json:"level"`
	To    Stage `json:"to"`
}

// ReviewApprovedBody is of [EventReviewApproved].
type ReviewApprovedBody struct {
	Amount    Fen    `json:"amount_fen"`
	Authority string `json:"authority"` // version of the table
	Level     Level  `json:"level"`     // of who approved; 0 is the machine's
	Required  Level  `json:"required"`
}

// DenialProposedBody is of [EventDenialProposed].
type DenialProposedBody struct {
	Clause   string   `json:"clause"`
	Evidence []string `json:"evidence"` // ids of papers
	Level    Level    `json:"level"`    // that decides
	Papers   []Stated `json:"papers"`
}

// DenialBody is of [EventDenialRejected] and [EventDenialApproved].
type DenialBody struct {
	Round int32 `json:"round"`
}

// AgreedBody is of [EventAgreed].
type AgreedBody struct {
	Amount    Fen    `json:"amount_fen"`
	Offer     int    `json:"offer"`
	Signature string `json:"signature"`                  // how it was signed; "correction" for another account
	Picture   string `json:"signature_sha256,omitempty"` // of a drawn signature, hex
	Text      string `json:"text_sha256"`                // of what was signed, hex
}

// ReleaseBody is of [EventReleaseProposed] and [EventReleased].
type ReleaseBody struct {
	Amount Fen `json:"amount_fen"`
}

// TransferBody is of [EventPaymentSubmitted] and [EventPaymentSentAgain].
type TransferBody struct {
	Amount    Fen    `json:"amount_fen"`
	Attempt   int    `json:"attempt"`
	Payment   string `json:"payment"`   // id of the instruction
	Reference string `json:"reference"` // the bank's
}

// BankAnswerBody is of every kind that [PaymentEvent] returns.
type BankAnswerBody struct {
	Amount    Fen    `json:"amount_fen"`
	Attempt   int    `json:"attempt"`
	Payment   string `json:"payment"`
	Reason    string `json:"reason"` // in the bank's words
	Reference string `json:"reference"`
}

// FinanceCalledBody is of [EventFinanceCalled].
type FinanceCalledBody struct {
	Attempt   int    `json:"attempt"`
	Payment   string `json:"payment"`
	Reference string `json:"reference"`
}

// TransferDecidedBody is of [EventPaymentDecided].
type TransferDecidedBody struct {
	Attempt   int            `json:"attempt,omitempty"`
	Bank      string         `json:"bank,omitempty"` // with [WriteOff]: what is another transfer's there
	Decision  TransferChoice `json:"decision"`
	Note      string         `json:"note"`
	Payment   string         `json:"payment,omitempty"`
	Reference string         `json:"reference,omitempty"`
}

// WithdrawnBody is of [EventWithdrawn].
type WithdrawnBody struct {
	Stage Stage `json:"stage"`
}

// ClosedBody is of [EventClosed].
type ClosedBody struct {
	Outcome Outcome `json:"outcome"`
}

// TaskBody is of [EventTaskTaken] and [EventTaskPutBack].
type TaskBody struct {
	Kind TaskKind `json:"kind"`
	Task string   `json:"task"`
}

// ParkedBody is of [EventParked].
type ParkedBody struct {
	Code string `json:"code"`
	Step string `json:"step"`
}

// ResumedBody is of [EventResumed].
type ResumedBody struct {
	Note string `json:"note"`
	Skip bool   `json:"skip"`
	Step string `json:"step"`
}
