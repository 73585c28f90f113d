package claim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"time"
)

// EventKind says what happened to a claim. Kinds are stored, hashed and shown
// for as long as claims are kept: one is never renamed, dropped or used for
// anything else, and neither is a field of its body; see [Events].
type EventKind string

// Kinds of event, in the order of the story.
const (
	EventReported      EventKind = "claim.reported"
	EventReportedAgain EventKind = "claim.rereported"  // the same loss, by another report
	EventSeparated     EventKind = "claim.separated"   // the claim that this report was to join closed without it
	EventHandedOver    EventKind = "claim.handed_over" // to a person in the policy
	EventPolicyLinked  EventKind = "policy.linked"
	EventContact       EventKind = "contact.noted" // a try to reach the claimant
	EventLaneSet       EventKind = "lane.set"
	EventLaneChanged   EventKind = "lane.changed"

	EventPapersListed    EventKind = "papers.listed" // told to the claimant, with what is missing
	EventPapersAttached  EventKind = "papers.attached"
	EventPaperRead       EventKind = "paper.read"
	EventPaperConfirmed  EventKind = "paper.confirmed"
	EventFindingRaised   EventKind = "finding.raised"
	EventFindingGone     EventKind = "finding.gone"
	EventFindingNoted    EventKind = "finding.noted"
	EventPapersRequested EventKind = "papers.requested"
	EventPapersLetter    EventKind = "papers.letter" // the request is in writing
	EventPapersDelivered EventKind = "papers.delivered"
	EventPapersCame      EventKind = "papers.came" // all that was asked for
	EventWaiverProposed  EventKind = "waiver.proposed"
	EventWaiverConfirmed EventKind = "waiver.confirmed"
	EventWaiverWithdrawn EventKind = "waiver.withdrawn"

	EventSurveyDispatched EventKind = "survey.dispatched"
	EventSurveyNobody     EventKind = "survey.nobody" // suitable is on shift
	EventSurveyAccepted   EventKind = "survey.accepted"
	EventSurveyDeclined   EventKind = "survey.declined"
	EventSurveySilent     EventKind = "survey.silent"
	EventSurveyReported   EventKind = "survey.reported"
	EventSelfSurvey       EventKind = "survey.self"

	EventAssessed         EventKind = "assessment.made"
	EventAssessmentVoided EventKind = "assessment.voided"
	EventOfferMade        EventKind = "offer.made"
	EventOfferConsented   EventKind = "offer.consented"
	EventOfferObjected    EventKind = "offer.objected"

	EventReviewRecommended EventKind = "review.recommended" // above the reviewer's limit
	EventReviewSentUp      EventKind = "review.sent_up"
	EventReviewReturned    EventKind = "review.returned"
	EventReviewApproved    EventKind = "review.approved"
	EventDenialProposed    EventKind = "denial.proposed"
	EventDenialRejected    EventKind = "denial.rejected"
	EventDenialApproved    EventKind = "denial.approved"
	EventDenialNotified    EventKind = "denial.notified"

	EventAgreed          EventKind = "agreement.made" // or another account for what was agreed
	EventReleaseProposed EventKind = "payment.release_proposed"
	EventReleased        EventKind = "payment.released"

	EventPaymentSubmitted EventKind = "payment.submitted"
	EventPaymentUnknown   EventKind = "payment.unknown"
	EventPaymentAccepted  EventKind = "payment.accepted"
	EventPaymentCleared   EventKind = "payment.cleared"
	EventPaymentRejected  EventKind = "payment.rejected" // for a reason in the account
	EventPaymentRefused   EventKind = "payment.refused"  // for any other
	EventPaymentReturned  EventKind = "payment.returned"
	EventPaymentNotFound  EventKind = "payment.not_found"
	EventPaymentDiffers   EventKind = "payment.differs"
	EventPaymentSentAgain EventKind = "payment.sent_again"
	EventFinanceCalled    EventKind = "payment.finance_called"
	EventPaymentDecided   EventKind = "payment.decided"

	EventWithdrawn EventKind = "claim.withdrawn"
	EventClosed    EventKind = "claim.closed"

	EventTaskTaken    EventKind = "task.taken"
	EventTaskPutBack  EventKind = "task.put_back"
	EventParked       EventKind = "claim.parked"
	EventResumed      EventKind = "claim.resumed"
	EventEvidenceHeld EventKind = "evidence.held"
	EventEvidenceFree EventKind = "evidence.freed"
)

// eventRule is a kind of event with the type of its body.
type eventRule struct {
	kind EventKind
	body any // the zero value
}

// events is every kind of event, in the order of the story.
var events = []eventRule{
	{EventReported, ReportedBody{}},
	{EventReportedAgain, ReportedAgainBody{}},
	{EventSeparated, SeparatedBody{}},
	{EventHandedOver, HandedOverBody{}},
	{EventPolicyLinked, PolicyLinkedBody{}},
	{EventContact, Contact{}},
	{EventLaneSet, LaneSetBody{}},
	{EventLaneChanged, LaneChangedBody{}},

	{EventPapersListed, PapersListedBody{}},
	{EventPapersAttached, PapersAttachedBody{}},
	{EventPaperRead, PaperReadBody{}},
	{EventPaperConfirmed, PaperConfirmedBody{}},
	{EventFindingRaised, FindingBody{}},
	{EventFindingGone, FindingBody{}},
	{EventFindingNoted, FindingNotedBody{}},
	{EventPapersRequested, PapersRequestedBody{}},
	{EventPapersLetter, LetterBody{}},
	{EventPapersDelivered, PapersDeliveredBody{}},
	{EventPapersCame, PapersCameBody{}},
	{EventWaiverProposed, WaiverBody{}},
	{EventWaiverConfirmed, WaiverBody{}},
	{EventWaiverWithdrawn, WaiverBody{}},

	{EventSurveyDispatched, DispatchedBody{}},
	{EventSurveyNobody, NobodyBody{}},
	{EventSurveyAccepted, SurveyorBody{}},
	{EventSurveyDeclined, SurveyorBody{}},
	{EventSurveySilent, SurveyorBody{}},
	{EventSurveyReported, SurveyReportedBody{}},
	{EventSelfSurvey, SelfSurveyBody{}},

	{EventAssessed, AssessedBody{}},
	{EventAssessmentVoided, AssessmentVoidedBody{}},
	{EventOfferMade, OfferBody{}},
	{EventOfferConsented, OfferBody{}},
	{EventOfferObjected, ObjectedBody{}},

	{EventReviewRecommended, SentUpBody{}},
	{EventReviewSentUp, SentUpBody{}},
	{EventReviewReturned, ReviewReturnedBody{}},
	{EventReviewApproved, ReviewApprovedBody{}},
	{EventDenialProposed, DenialProposedBody{}},
	{EventDenialRejected, DenialBody{}},
	{EventDenialApproved, DenialBody{}},
	{EventDenialNotified, LetterBody{}},

	{EventAgreed, AgreedBody{}},
	{EventReleaseProposed, ReleaseBody{}},
	{EventReleased, ReleaseBody{}},

	{EventPaymentSubmitted, TransferBody{}},
	{EventPaymentUnknown, BankAnswerBody{}},
	{EventPaymentAccepted, BankAnswerBody{}},
	{EventPaymentCleared, BankAnswerBody{}},
	{EventPaymentRejected, BankAnswerBody{}},
	{EventPaymentRefused, BankAnswerBody{}},
	{EventPaymentReturned, BankAnswerBody{}},
	{EventPaymentNotFound, BankAnswerBody{}},
	{EventPaymentDiffers, BankAnswerBody{}},
	{EventPaymentSentAgain, TransferBody{}},
	{EventFinanceCalled, FinanceCalledBody{}},
	{EventPaymentDecided, TransferDecidedBody{}},

	{EventWithdrawn, WithdrawnBody{}},
	{EventClosed, ClosedBody{}},

	{EventTaskTaken, TaskBody{}},
	{EventTaskPutBack, TaskBody{}},
	{EventParked, ParkedBody{}},
	{EventResumed, ResumedBody{}},
	{EventEvidenceHeld, None{}},
	{EventEvidenceFree, None{}},
}

var bodyOf = func() map[EventKind]reflect.Type {
	bodies := make(map[EventKind]reflect.Type, len(events))
	for _, e := range events {
		bodies[e.kind] = reflect.TypeOf(e.body)
	}
	return bodies
}()

// Events returns every kind of event, in the order of the story.
func Events() []EventKind {
	kinds := make([]EventKind, len(events))
	for i, e := range events {
		kinds[i] = e.kind
	}
	return kinds
}

// Body returns a pointer to a new body of such an event, to decode one into;
// nil for a kind that this release does not know.
func (k EventKind) Body() any {
	if of, known := bodyOf[k]; known {
		return reflect.New(of).Interface()
	}
	return nil
}

// PaymentEvent is what the log says when the bank has answered of a transfer.
// What is ours or the bank's to mend has a kind of its own: it is not told to
// claimants.
func PaymentEvent(state PaymentState, fault TransferFault) EventKind {
	if fault == FaultDiffers {
		return EventPaymentDiffers
	}
	switch state {
	case PaymentSubmitted:
		return EventPaymentSubmitted
	case PaymentAccepted:
		return EventPaymentAccepted
	case PaymentCleared:
		return EventPaymentCleared
	case PaymentRejected:
		if fault != FaultPayee {
			return EventPaymentRefused
		}
		return EventPaymentRejected
	case PaymentReturned:
		return EventPaymentReturned
	case PaymentNotFound:
		return EventPaymentNotFound
	case PaymentUnknown:
	}
	return EventPaymentUnknown
}

// Event is one entry of a claim's log.
type Event struct {
	Number int64 // from 1, without a gap
	Kind   EventKind
	At     time.Time // to the microsecond, which is what a row keeps
	By     Principal
	Role   Role // what they were then
	Body   json.RawMessage
}

// Genesis is the hash before a claim's first event.
func Genesis(id ID) []byte {
	h := sha256.Sum256([]byte("anpei claim " + string(id)))
	return h[:]
}

// Hash is how the log is chained: SHA-256 over the hash of the event before,
// the number, the time in microseconds, and each text with its length before
// it. The body is hashed byte for byte.
func (e Event) Hash(prev []byte) []byte {
	h := sha256.New()
	h.Write(prev)
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v)) //nolint:gosec // the bits count, not the sign
		h.Write(n[:])
	}
	number(e.Number)
	number(e.At.UnixMicro())
	for _, text := range [][]byte{[]byte(e.Kind), []byte(e.By), []byte(e.Role), e.Body} {
		number(int64(len(text)))
		h.Write(text)
	}
	return h.Sum(nil)
}

// Contact is one try to reach the claimant (联系客户): how, when, and whether they
// were reached. It is what [ActNoteContact] brings, and of [EventContact]; who
// tried is who noted it.
type Contact struct {
	Channel ContactChannel `json:"channel"`
	At      time.Time      `json:"contact_at"`
	Outcome ContactOutcome `json:"outcome"`
}

// ContactChannel is a way on which a claimant is spoken to.
type ContactChannel string

// Channels of a contact.
const (
	ByPhone   ContactChannel = "phone"
	ByMessage ContactChannel = "message" // a text or WeChat message, which is a success once it is answered
	InPerson  ContactChannel = "in_person"
)

// ContactOutcome is what came of a try.
type ContactOutcome string

// Outcomes of a try. Only the second fulfils the promise of contact.
const (
	Attempted ContactOutcome = "attempted"
	Reached   ContactOutcome = "reached"
)
