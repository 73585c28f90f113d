// Package claim holds the words and rules of the trade: what a claim (赔案) is,
// who may do what to it, what is payable and by when. Everything here is pure:
// no I/O, no clock, standard library only, so that the same figure comes out
// in an activity, a test and an audit ten years later.
package claim

import (
	"encoding/json"
	"fmt"
	"time"
)

// ID names a claim: a UUID, version 5 of (channel, principal, idempotency key).
// It is the table key, the object prefix and, behind "claim/", the workflow id.
type ID string

// Workflow returns the id of the claim's workflow.
func (id ID) Workflow() string { return "claim/" + string(id) }

// Principal names who acts: a member of staff by their id, a claimant by what
// [Pseudonyms] makes of their phone, the machine as [Machine].
type Principal string

// Machine is who acts when no person does. It may approve, never deny.
const Machine Principal = "system"

// Line is a line of business (险种).
type Line string

// Lines of business.
const (
	Motor    Line = "motor"               // 车险
	Property Line = "commercial_property" // 企业财产险
)

// Lane is the way a claim takes (案件分类).
type Lane string

// Lanes.
const (
	Flash    Lane = "flash"    // 闪赔: the claimant's own pictures, a machine may approve
	Standard Lane = "standard" // a surveyor goes, people review
	Large    Lane = "large"    // 大案: as standard, and reviewed at two levels or more
)

// Role is what a principal is to the insurer.
type Role string

// Roles.
const (
	Claimant   Role = "claimant"   // 客户
	Intake     Role = "intake"     // 报案专员
	Dispatcher Role = "dispatcher" // 调度员
	Surveyor   Role = "surveyor"   // 查勘员
	Assessor   Role = "assessor"   // 定损员
	Reviewer   Role = "reviewer"   // 核赔人
	Finance    Role = "finance"    // 财务
	Service    Role = "service"    // 客服
	Audit      Role = "audit"      // 稽核
	Manager    Role = "manager"    // 管理
	Admin      Role = "admin"      // 管理员
	Operator   Role = "operator"   // 运维
	Partner    Role = "partner"    // 合作方
	System     Role = "system"     // the machine
)

// HeadOffice is the branch (总公司) that sees all branches, and that of what
// belongs to none. Branches are four digits. Queries and policies have it too.
const HeadOffice = "0000"

// Level is a reviewer's level, 1 the lowest. 0 is the machine's.
type Level int

// Stage is where the main line of a claim stands.
type Stage string

// Stages, in the order of the story.
const (
	Reported     Stage = "reported"      // 已报案
	SelfSurvey   Stage = "self_survey"   // 自助查勘: waiting for the claimant's pictures and papers
	Dispatching  Stage = "dispatching"   // 待调度: nobody suitable found, a dispatcher assigns
	Dispatched   Stage = "dispatched"    // 已派工: offered to a surveyor
	Surveying    Stage = "surveying"     // 查勘中
	Assessing    Stage = "assessing"     // 定损中
	Negotiating  Stage = "negotiating"   // 协商中: a figure is offered
	Reviewing    Stage = "reviewing"     // 核赔中
	DenialReview Stage = "denial_review" // 拒赔审批
	Determined   Stage = "determined"    // 已核定: waiting for the agreement
	Agreed       Stage = "agreed"        // 已达成协议: waiting for the release of the money
	Paying       Stage = "paying"        // 支付中
	PayReturned  Stage = "pay_returned"  // 退票: the bank sent the money back or refused it
	Paid         Stage = "paid"          // 已支付
	Denied       Stage = "denied"        // 已拒赔: the notice is to be sent
	Closed       Stage = "closed"        // 已结案
)

// Outcome is how a claim ended.
type Outcome string

// Outcomes.
const (
	OutcomePaid      Outcome = "paid"
	OutcomeDenied    Outcome = "denied"
	OutcomeWithdrawn Outcome = "withdrawn"
	OutcomeJoined    Outcome = "joined" // the loss was reported before; this report joined that claim
)

// Actor is who acts, as the API has authenticated them. It carries no name
// and no phone number.
type Actor struct {
	ID     Principal `json:"id"` // staff id, a claimant's of [Pseudonyms], or [Machine]
	Role   Role      `json:"role"`
	Branch string    `json:"branch,omitempty"` // four digits; see [HeadOffice]
	Level  Level     `json:"level,omitempty"`  // reviewers only
}

// TheMachine is the actor of steps that nobody asked for.
func TheMachine() Actor { return Actor{ID: Machine, Role: System} }

// File is a claim as its workflow knows it, and all that it knows: what the
// guards of the next message need, never names, numbers or papers themselves.
// It does not grow with the claim's papers, nor with what was done: its lists
// are as long as the trade's tables (kinds of paper, items of a checklist,
// kinds of task), the people who acted, and the transfers that came back.
// The step that changes it stores it in the claim's row in the same
// transaction, so that a workflow can always go on from the row.
// It is the input of every run, and survives continue-as-new.
type File struct {
	ID      ID      `json:"id"`
	Number  string  `json:"number,omitempty"` // AP-<branch>-<year>-<serial>; empty until the report is stored
	Cycle   int     `json:"cycle"`            // 1, and one more for each reopening
	Version int64   `json:"version"`          // one more with each step
	Line    Line    `json:"line,omitempty"`
	Lane    Lane    `json:"lane,omitempty"`
	Stage   Stage   `json:"stage,omitempty"`
	Branch  string  `json:"branch,omitempty"`
	Outcome Outcome `json:"outcome,omitempty"`

	PolicyVerified bool `json:"policy_verified,omitempty"` // no money moves until it is

	Injury      bool `json:"injury,omitempty"`       // somebody was hurt
	SelfService bool `json:"self_service,omitempty"` // the claimant can take the pictures

	// Reporter is what the reporter's verified phone is to the policy. A
	// stranger's claim is a person's, and tells its reporter nothing of the policy.
	Reporter Relation `json:"reporter,omitempty"`

	Claimant  Principal  `json:"claimant,omitempty"`  // principal who speaks for the insured
	Claimed   Fen        `json:"claimed,omitempty"`   // the claimant's own estimate
	Exposures []Exposure `json:"exposures,omitempty"` // by number, from 1
	Papers    []Count    `json:"papers,omitempty"`    // how many there are, by kind; each by itself is in the rows
	Checklist *Checklist `json:"checklist,omitempty"` // nil: the claim was reported before there were lists
	Tasks     []Task     `json:"tasks,omitempty"`     // open ones only
	Before    string     `json:"before,omitempty"`    // number of another claim of the same loss, which was there before
	Deeds     []Deed     `json:"acts,omitempty"`      // who did what: the separation of duties looks here

	AcceptWithin time.Duration `json:"accept_within,omitempty"` // how long a surveyor may stay silent
	Passed       []Principal   `json:"passed,omitempty"`        // surveyors who declined or stayed silent

	Assessment int           `json:"assessment,omitempty"` // version of the assessment in force, from 1
	Offer      int           `json:"offer,omitempty"`      // version of the offer in force, from 1
	Payable    Fen           `json:"payable,omitempty"`    // what the assessment in force makes payable
	Level      Level         `json:"level,omitempty"`      // level that reviews now
	Required   Level         `json:"required,omitempty"`   // level that the amount needs
	Payments   []Instruction `json:"payments,omitempty"`
	Parked     *Parked       `json:"parked,omitempty"`
	Resumed    *Resumed      `json:"resumed,omitempty"` // nil until it was parked and resumed; gone when it parks again

	Outside int     `json:"outside,omitempty"` // papers that claimants and partners have sent
	Due     DueWork `json:"due,omitzero"`      // what the workflow is to do beside waiting for people

	HeldBy Principal `json:"held_by,omitempty"` // who put the evidence under legal hold; empty while it is not
}

// Exposure (损失项) is one loss object under one coverage.
type Exposure struct {
	Number  int          `json:"number"`
	Kind    ExposureKind `json:"kind"`
	Claimed Fen          `json:"claimed,omitempty"`
	Payable Fen          `json:"payable,omitempty"`
}

// ExposureKind says which calculation an exposure takes.
type ExposureKind string

// Kinds of exposure.
const (
	OwnDamage          ExposureKind = "own_damage"           // 车损险
	ThirdPartyProperty ExposureKind = "third_party_property" // 交强险 and 商业三者险, property
	CommercialProperty ExposureKind = "commercial_property"  // 企业财产保险
)

// Of reports the line that an exposure of this kind belongs to.
func (k ExposureKind) Of() Line {
	if k == CommercialProperty {
		return Property
	}
	return Motor
}

// PaperState is how far a document has come.
type PaperState string

// States of a document.
const (
	PaperReceived   PaperState = "received"   // stored, not read yet
	PaperRead       PaperState = "read"       // read, and no person needs to look
	PaperUnsure     PaperState = "unsure"     // read, and a person must confirm fields
	PaperConfirmed  PaperState = "confirmed"  // a person has confirmed its fields
	PaperUnreadable PaperState = "unreadable" // could not be read; the reason stands with it
)

// Task is one piece of work with one owner at a time.
type Task struct {
	ID     string    `json:"id"`
	Kind   TaskKind  `json:"kind"`
	Role   Role      `json:"role"`
	Branch string    `json:"branch,omitempty"`
	Level  Level     `json:"level,omitempty"` // lowest level that may do it
	Owner  Principal `json:"owner,omitempty"` // empty until somebody takes it
}

// TaskKind says what a task asks for.
type TaskKind string

// Kinds of task.
const (
	TaskAssign  TaskKind = "assign"        // a dispatcher names a surveyor
	TaskSurvey  TaskKind = "survey"        // a surveyor accepts, then reports
	TaskConfirm TaskKind = "confirm"       // an assessor confirms unsure fields
	TaskAssess  TaskKind = "assess"        // an assessor puts figures to the losses
	TaskReview  TaskKind = "review"        // a reviewer determines
	TaskDenial  TaskKind = "denial_review" // another reviewer approves or rejects a denial
	TaskRelease TaskKind = "release"       // finance releases the money
	TaskPay     TaskKind = "transfer"      // finance finds out what became of a transfer
	TaskPolicy  TaskKind = "link_policy"   // intake links the policy
	TaskResume  TaskKind = "resume"        // an operator mends what retries could not
)

// Instruction is a payment instruction as the workflow knows it.
type Instruction struct {
	ID        string       `json:"id"`
	Reference string       `json:"reference"` // the bank's idempotency key, stable for the attempt
	Attempt   int          `json:"attempt"`   // from 1; a returned transfer gets a new one
	Amount    Fen          `json:"amount"`
	State     PaymentState `json:"state"`

	Fault      TransferFault `json:"fault,omitempty"`       // with unknown or rejected
	Sent       time.Time     `json:"sent,omitzero"`         // when the attempt was written, or a person let it be sent again
	CallAt     time.Time     `json:"call_at,omitzero"`      // when a person is called, unless the attempt has ended; zero once called
	Again      int           `json:"again,omitempty"`       // times that the machine sent it again since Sent
	AgainAt    time.Time     `json:"again_at,omitzero"`     // with not_found: when it sends it again; zero: a person decides
	WrittenOff Principal     `json:"written_off,omitempty"` // who gave the attempt up; somebody else releases the next
	Void       bool          `json:"void,omitempty"`        // its last attempt brought nothing, and its figure is void
}

// PaymentState is what we know of a transfer.
type PaymentState string

// States of a transfer. From submitted and unknown only a query may follow.
const (
	PaymentSubmitted PaymentState = "submitted" // written before the bank hears of it
	PaymentUnknown   PaymentState = "unknown"   // the bank gave no clear answer
	PaymentAccepted  PaymentState = "accepted"  // the bank has it, not cleared yet
	PaymentCleared   PaymentState = "cleared"   // the money is in the account
	PaymentRejected  PaymentState = "rejected"  // the bank will not execute it
	PaymentReturned  PaymentState = "returned"  // executed, and sent back
	PaymentNotFound  PaymentState = "not_found" // the bank says, with authority, that it never had it
)

// Parked says why a claim stands still until an operator resumes it.
type Parked struct {
	Step  string `json:"step"`
	Cause string `json:"cause"`
	// Code is the kind of trouble, by which claims with one cause are found: an
	// SQLSTATE with its constraint, a type of error, "unanswered".
	Code string `json:"code,omitempty"`
	// Skippable reports that the claim can go on without the step: it stores a
	// message, or records a reading or a delivery. What moves a stage or money
	// cannot be skipped.
	Skippable bool `json:"skippable,omitempty"`
}

// Resumed says how an operator last let the claim go on.
type Resumed struct {
	Step string `json:"step"`
	Skip bool   `json:"skip,omitempty"`
}

// Clone returns a copy that shares nothing with the file.
func (f *File) Clone() (File, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return File{}, fmt.Errorf("clone file: %w", err)
	}
	var c File
	err = json.Unmarshal(raw, &c)
	return c, err
}

// Closure is what a claim's workflow returns.
type Closure struct {
	ID      ID      `json:"id"`
	Number  string  `json:"number"`
	Outcome Outcome `json:"outcome"`
	Paid    Fen     `json:"paid_fen"`
}

// Closure sums the file up.
func (f *File) Closure() Closure {
	c := Closure{ID: f.ID, Number: f.Number, Outcome: f.Outcome}
	for _, p := range f.Payments {
		if p.State == PaymentCleared {
			c.Paid += p.Amount
		}
	}
	return c
}

// Task returns the open task with that id, or nil.
func (f *File) Task(id string) *Task {
	for i := range f.Tasks {
		if f.Tasks[i].ID == id {
			return &f.Tasks[i]
		}
	}
	return nil
}

// TaskOf returns the open task of that kind, or nil.
func (f *File) TaskOf(kind TaskKind) *Task {
	for i := range f.Tasks {
		if f.Tasks[i].Kind == kind {
			return &f.Tasks[i]
		}
	}
	return nil
}

// Payment returns the instruction in force, the latest, or nil.
func (f *File) Payment() *Instruction {
	if len(f.Payments) == 0 || f.Payments[len(f.Payments)-1].Void {
		return nil
	}
	return &f.Payments[len(f.Payments)-1]
}

// Unpaid reports whether the figure may still change: nothing was instructed, or
// the bank has said of the last attempt that no money went, or sent it back, and
// the next is not released. An attempt that a person gave up may still arrive.
func (f *File) Unpaid() bool {
	last := f.Payment()
	return last == nil || f.Stage == Agreed && last.WrittenOff == "" && (last.State == PaymentRejected || last.State == PaymentReturned)
}
