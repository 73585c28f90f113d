package claim

import "time"

// Message is what a person or a machine client sends to a claim: one update.
// Its Key is the update id. The step that answers it stores (By, Key, Hash)
// with the receipt, so that the same command never acts twice.
type Message[T any] struct {
	By      Actor  `json:"by"`
	Key     string `json:"key"`     // from the Idempotency-Key, unique for the principal
	Hash    string `json:"hash"`    // SHA-256 of the command's body, hex
	Request string `json:"request"` // request id, under which a refusal is logged
	// Seen is the version of the claim's rows when the message was sent: a run
	// that knows less leaves the guard to the step.
	Seen int64 `json:"seen,omitempty"`
	Body T     `json:"body"`
}

// Receipt is the answer to every message: what the claim is now, and what
// became of what was asked.
type Receipt struct {
	Claim   ID            `json:"claim"`
	Number  string        `json:"number"`
	Version int64         `json:"version"`
	Stage   Stage         `json:"stage"`
	Lane    Lane          `json:"lane,omitempty"`
	Result  ReceiptResult `json:"result"`
	Task    string        `json:"task,omitempty"`    // the task that this opened
	Refusal *Refusal      `json:"refusal,omitempty"` // with Refused and Recommended
}

// ReceiptResult says what became of a message.
type ReceiptResult string

// Results.
const (
	Done        ReceiptResult = "done"
	Joined      ReceiptResult = "joined"      // the same loss was reported before; Number is that claim's
	Recommended ReceiptResult = "recommended" // above the actor's limit: kept as an opinion, sent up
	Refused     ReceiptResult = "refused"     // a rule that needs the rows stopped it; nothing changed
)

// Rules by which an act is refused, beside those of separation.go. The part
// before the dot says how a caller is answered: stage, task, version and
// offer conflict (409), role and authority and separation forbid (403), input
// and document are the body's fault (422).
const (
	RuleStage          = "stage.wrong"
	RuleTask           = "task.not-open"
	RuleTaskTaken      = "task.taken"
	RuleOffer          = "offer.superseded"
	RuleRole           = "role.not-for-you"
	RuleLimit          = "authority.limit"
	RuleDenialMachine  = "authority.denial-machine"
	RuleTwoPersons     = "authority.two-person-release"
	RulePolicy         = "policy.unverified"
	RulePolicyUnknown  = "input.policy-unknown"
	RuleInput          = "input.invalid"
	RuleDocument       = "document.unknown"
	RuleParked         = "stage.parked"
	RuleCannotSkip     = "stage.cannot-skip"
	RuleBroken         = "input.cannot-be-stored"
	RulePaymentStarted = "stage.payment-started"
	RuleTransfer       = "stage.transfer"
	RuleReleaseChanged = "version.release-changed"
	RuleHeld           = "stage.held"
	RuleOwnHold        = "separation.lift-own-hold"
	RuleNotYours       = "claim.not-yours"
	RulePapersMissing  = "papers.missing"
	RulePapersLimit    = "papers-limit.reached"
	RulePapersAsked    = "papers.asked-once"
	RulePapersComplete = "papers.complete"
	RuleWaiver         = "papers.waiver"
	RuleOwnWaiver      = "separation.confirm-own-waiver"
)

// Step is what a workflow asks of an activity: one transaction on one claim.
type Step[T any] struct {
	Claim   ID        `json:"claim"`
	Key     string    `json:"key"`     // <cycle>/<update id>/<step>: its cause
	Version int64     `json:"version"` // of the file that the workflow knows, or [AsItStands]
	At      time.Time `json:"at"`      // the workflow's time
	By      Actor     `json:"by"`
	Command *Command  `json:"command,omitempty"` // when the step answers a person's command
	Body    T         `json:"body"`
}

// AsItStands is the version that a step expects which takes the claim as it
// finds it: one that does not come from the claim's own workflow.
const AsItStands = -1

// Command identifies what a step answers.
type Command struct {
	Key     string `json:"key"`
	Hash    string `json:"hash"`
	Request string `json:"request"`
}

// Answer is what a step leaves: the file as it is now, and the receipt.
type Answer struct {
	File    File    `json:"file"`
	Receipt Receipt `json:"receipt"`
	// Stale reports that the row was ahead of the expected version: nothing
	// was done, File is the row's, and the caller looks again.
	Stale bool `json:"stale,omitempty"`
}

// None is the body of a message or step that needs none.
type None struct{}

// Notice (报案) is a first report of loss.
type Notice struct {
	Channel   string        `json:"channel"` // web, phone, app, partner
	Line      Line          `json:"line"`
	PolicyNo  string        `json:"policy_no"`
	LossAt    time.Time     `json:"loss_at"`
	Place     string        `json:"place"`
	At        *Point        `json:"at,omitempty"` // where, on the map
	Cause     string        `json:"cause"`        // collision, scratch, fire, water, theft, storm, other
	Story     string        `json:"story"`
	Plate     string        `json:"plate,omitempty"`
	Injury    bool          `json:"injury"`
	Self      bool          `json:"self_service"` // the claimant can take the pictures
	Reporter  Party         `json:"reporter"`
	Exposures []NewExposure `json:"exposures"`
}

// NewExposure is a loss object as reported.
type NewExposure struct {
	Kind     ExposureKind `json:"kind"`
	Object   string       `json:"object"` // what is damaged, in words
	Estimate Fen          `json:"estimate_fen"`
	Owner    *Party       `json:"owner,omitempty"` // of a third party's property
}

// Party is a person or company on a claim.
type Party struct {
	Name  string    `json:"name"`
	Phone string    `json:"phone"` // mainland mobile, 11 digits
	Role  PartyRole `json:"role"`
	// Language is what they read: messages and letters to them are in it.
	Language Language `json:"language,omitempty"`
}

// PartyRole is what a party is to the loss, as the report says. What it proves
// is a [Relation].
type PartyRole string

// Roles of a party.
const (
	PartyInsured  PartyRole = "insured"     // 被保险人
	PartyDriver   PartyRole = "driver"      // 驾驶人
	PartyReporter PartyRole = "reporter"    // 报案人
	PartyThird    PartyRole = "third_party" // 第三者
	PartyBroker   PartyRole = "broker"      // 经纪人
)

// PartyRoles returns every role of a party.
func PartyRoles() []PartyRole {
	return []PartyRole{PartyInsured, PartyDriver, PartyReporter, PartyThird, PartyBroker}
}

// SurveyReport (查勘报告) is what the surveyor brings back.
type SurveyReport struct {
	Task       string    `json:"task"`
	ArrivedAt  time.Time `json:"arrived_at"`
	Place      *Point    `json:"place,omitempty"` // nil: the phone could not tell
	Facts      string    `json:"facts"`
	FaultShare BP        `json:"fault_share"` // of our insured
	Estimate   Fen       `json:"estimate_fen"`
	Photos     []string  `json:"photos"` // document ids already attached
}

// TaskRef names a task, with a reason where one is asked for.
type TaskRef struct {
	Task   string `json:"task"`
	Reason string `json:"reason,omitempty"`
}

// Assign names the surveyor whom a dispatcher sends.
type Assign struct {
	Surveyor Principal `json:"surveyor"`
	Reason   string    `json:"reason"`
}

// Attachment is one stored object that becomes a document of the claim.
type Attachment struct {
	Document string   `json:"document"` // UUIDv5 of claim and hash: the same bytes are one document
	Upload   string   `json:"upload"`
	Kind     string   `json:"kind"` // as the sender calls it; empty lets the reader classify
	Name     string   `json:"name"`
	Type     string   `json:"type"` // MIME type by magic bytes
	Size     int64    `json:"size"`
	SHA256   string   `json:"sha256"`            // hex
	Object   string   `json:"object"`            // key
	Revision string   `json:"revision"`          // version id in the store
	Reading  *Reading `json:"reading,omitempty"` // supplied by a partner that has read it
	TakenAt  *Taken   `json:"taken,omitempty"`
	Scan     string   `json:"scan,omitempty"` // photo of a draft that this was, whose reading is taken over
}

// Taken says when and where a photo was taken, as the device claims.
type Taken struct {
	At    time.Time `json:"at"`
	Place *Point    `json:"place,omitempty"`
}

// Reading is what a document says, with references to where it says it.
type Reading struct {
	Kind   string `json:"kind"`
	Engine string `json:"engine"`

	KindConfidence int `json:"kind_confidence,omitempty"` // how plainly it is of that kind, basis points

	Pages      int     `json:"pages"`
	Unreadable string  `json:"unreadable,omitempty"` // a stable code; then there are no fields
	Detail     string  `json:"detail,omitempty"`
	Look       string  `json:"look,omitempty"` // what the picture looks like: a document.Look
	Camera     *Camera `json:"camera,omitempty"`
	Fields     []Field `json:"fields"`
}

// Field is one value on a document.
type Field struct {
	Name       string `json:"name"`
	Value      string `json:"value"`
	Source     string `json:"source"`     // qr, xml, pdf_text, ocr, partner, person
	Confidence int    `json:"confidence"` // basis points
	Page       int    `json:"page"`
	Box        [4]int `json:"box"` // x0, y0, x1, y1 in pixels of the page
	Sure       bool   `json:"sure"`
	Note       string `json:"note,omitempty"`
}

// Batch attaches many documents at once.
type Batch struct {
	Attachments []Attachment `json:"attachments"`
}

// Read records what the reader made of one document.
type Read struct {
	Document string  `json:"document"`
	Reading  Reading `json:"reading"`
}

// PaperFile is the file of a paper that is to be read.
type PaperFile struct {
	Document string
	Kind     string // as its sender says; may be empty
	Object   string // key
	Revision string // version id; "" in the staging bucket, which has none
	Staged   bool   // it lies in the staging bucket: a draft's, no claim's
}

// Looks records what the reader saw on photos of the loss that came together.
type Looks struct {
	Readings []Read `json:"readings"`
}

// Confirmation is a person's word on the fields of one document, and on what
// it is where Kind says so.
type Confirmation struct {
	Document string           `json:"document"`
	Kind     string           `json:"kind,omitempty"`
	Fields   []ConfirmedField `json:"fields"`
}

// WaiverProposal asks to do without a paper of the list.
type WaiverProposal struct {
	Item   string `json:"item"`
	Reason string `json:"reason"`
}

// ListItem names a paper of the list.
type ListItem struct {
	Item string `json:"item"`
}

// Delivered says when a notice reached whom it was for.
type Delivered struct {
	Notice string    `json:"notice"`
	At     time.Time `json:"at"`
}

// ConfirmedField is one field as a person reads it.
type ConfirmedField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// FindingNote is what a person says of two facts that do not go together: that
// they have looked, or why it is no matter. The finding stays as it is.
type FindingNote struct {
	Finding string         `json:"finding"` // its id
	Verdict FindingVerdict `json:"verdict"`
	Note    string         `json:"note"` // never empty where it is explained
}

// FindingVerdict says how far a finding was dealt with.
type FindingVerdict string

// Verdicts on findings.
const (
	FindingSeen      FindingVerdict = "seen"
	FindingExplained FindingVerdict = "explained"
)

// Assessment (定损) puts figures to each loss object.
type Assessment struct {
	Task    string     `json:"task"`
	Objects []Assessed `json:"objects"`
	Note    string     `json:"note"`
}

// Assessed is one exposure's figures. What is payable follows from them, the
// policy as of the loss, and the rules of its form.
type Assessed struct {
	Exposure            int            `json:"exposure"`
	Items               []AssessedItem `json:"items"`
	Rescue              Fen            `json:"rescue_fen"`
	Salvage             Fen            `json:"salvage_fen"`
	Value               Fen            `json:"value_fen"`   // actual or insurable value at loss; 0 takes the policy's
	FaultShare          BP             `json:"fault_share"` // motor; of our insured
	FromOtherCompulsory Fen            `json:"from_other_compulsory_fen"`
	TotalLoss           bool           `json:"total_loss"`
	NoFault             bool           `json:"no_fault,omitempty"`    // own damage: a share of 0 is meant
	Subrogation         bool           `json:"subrogation,omitempty"` // 代位求偿, own damage: paid whatever the share
}

// AssessedItem is one line of a loss: a part, an hour, a machine.
type AssessedItem struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"` // part, labour, material, property
	Amount   Fen    `json:"amount_fen"`
	Document string `json:"document,omitempty"` // where the figure stands
}

// Consent accepts the offered figure, subject to review.
type Consent struct {
	Offer int `json:"offer"`
}

// Objection rejects the offered figure.
type Objection struct {
	Offer   int    `json:"offer"`
	Reason  string `json:"reason"`
	Counter Fen    `json:"counter_fen"` // 0 when the claimant names none
}

// Verdict is a reviewer's word.
type Verdict struct {
	Task     string      `json:"task"`
	Kind     VerdictKind `json:"verdict"`
	Opinion  string      `json:"opinion"`
	ReturnTo Stage       `json:"return_to,omitempty"` // with VerdictReturn: surveying, assessing, negotiating
	Question string      `json:"question,omitempty"`  // with VerdictReturn: what is to be answered
	Denial   *Denial     `json:"denial,omitempty"`    // with VerdictDeny
}

// VerdictKind is what a reviewer may say.
type VerdictKind string

// Verdicts.
const (
	VerdictApprove VerdictKind = "approve"
	VerdictReturn  VerdictKind = "return"
	VerdictSendUp  VerdictKind = "send_up"
	VerdictDeny    VerdictKind = "propose_denial"
)

// Denial (拒赔) is proposed by one person and approved by another.
type Denial struct {
	Clause   string   `json:"clause"`   // the policy clause that it rests on
	Facts    string   `json:"facts"`    // what was found
	Reasons  string   `json:"reasons"`  // why the clause applies to the facts
	Evidence []string `json:"evidence"` // document ids
}

// DenialVerdict is the second person's word on a proposed denial.
type DenialVerdict struct {
	Task    string `json:"task"`
	Approve bool   `json:"approve"`
	Opinion string `json:"opinion"`
}

// Agreement (赔付协议) is the claimant's signature under the determined amount.
type Agreement struct {
	Offer     int    `json:"offer"`
	Payee     Payee  `json:"payee"`
	Signature string `json:"signature"` // how it was signed: phone-code, drawn, typed, paper

	Document   string `json:"document,omitempty"`    // drawn: the picture of it, a paper of the claim
	SignedName string `json:"signed_name,omitempty"` // typed: as it was typed
}

// SignedByCorrection is the [Agreement.Signature] of what names another account
// for what was agreed before, after the bank sent the money back.
const SignedByCorrection = "correction"

// Payee is whom the money goes to.
type Payee struct {
	Name    string `json:"name"`
	Bank    string `json:"bank"`
	Account string `json:"account"` // 13 to 19 digits
}

// Release lets an agreed amount go. Seen stands for payee and amount as they
// were shown to whoever releases; see db.Payout.
type Release struct {
	Task string `json:"task"`
	Seen string `json:"seen"`
}

// LinkPolicy names the policy of a claim that was reported without.
type LinkPolicy struct {
	PolicyNo string `json:"policy_no"`
}

// Reason is the body of a message that needs only that.
type Reason struct {
	Reason string `json:"reason"`
}

// Settled is what the bank is known to have done with an instruction.
type Settled struct {
	Instruction string       `json:"instruction"`
	Attempt     int          `json:"attempt"`
	State       PaymentState `json:"state"`

	Fault  TransferFault `json:"fault,omitempty"`
	BankID string        `json:"bank_id,omitempty"`
	Reason string        `json:"reason,omitempty"`
	At     time.Time     `json:"at"`
}

// Stuck is why a claim is parked.
type Stuck struct {
	Step      string `json:"step"`
	Cause     string `json:"cause"`
	Code      string `json:"code"`
	Skippable bool   `json:"skippable,omitempty"`
}

// Resume lets a parked claim go on. With Skip the step that parked it is left
// out, where that is possible: see [Parked].
type Resume struct {
	Task string `json:"task"`
	Note string `json:"note"`
	Skip bool   `json:"skip,omitempty"`
}

// Again tells a claim that its loss was reported once more. Event names the
// signal: the same one is recorded once.
type Again struct {
	Event    string `json:"event"`
	By       Actor  `json:"by"`
	Channel  string `json:"channel"`
	Reporter Party  `json:"reporter"`
	PolicyNo string `json:"policy_no,omitempty"` // that this report names
	Injury   bool   `json:"injury,omitempty"`    // this report says that somebody was hurt
	Claimed  Fen    `json:"claimed_fen,omitempty"`
	Others   bool   `json:"others_loss,omitempty"` // this report says that somebody else's property was damaged
	Story    string `json:"story,omitempty"`
}

// Joining is a report that was answered as joined to a claim.
type Joining struct {
	Report ID `json:"report"`
	Claim  ID `json:"claim"`
}

// Heard is what a claim's rows say of a report that joined it. Once the claim is
// closed, it takes none.
type Heard struct {
	Taken  bool `json:"taken,omitempty"`
	Closed bool `json:"closed,omitempty"`
}

// Separation is a report whose claim has closed without it.
type Separation struct {
	Notice Notice    `json:"notice"`
	At     time.Time `json:"reported_at"` // when it was answered
	From   ID        `json:"from"`        // the claim that it was to join
}

// TaskOf returns the task that a message's body does, or "".
func TaskOf(body any) string {
	if t, ok := body.(interface{ TaskID() string }); ok {
		return t.TaskID()
	}
	return ""
}

// TaskID names the task that a message does, for the guard.
func (r Resume) TaskID() string { return r.Task }

// TaskID names the task that a message does, for the guard.
func (r TaskRef) TaskID() string { return r.Task }

// TaskID names the task that a message does, for the guard.
func (r SurveyReport) TaskID() string { return r.Task }

// TaskID names the task that a message does, for the guard.
func (a Assessment) TaskID() string { return a.Task }

// TaskID names the task that a message does, for the guard.
func (v Verdict) TaskID() string { return v.Task }

// TaskID names the task that a message does, for the guard.
func (v DenialVerdict) TaskID() string { return v.Task }

// TaskID names the task that a message does, for the guard.
func (r Release) TaskID() string { return r.Task }
