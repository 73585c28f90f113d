-- What a reviewer decides on, beside what others see of a claim.

-- name: AssessmentInForce :one
select version, payable_fen, witnesses from assessments where claim_id = $1 order by version desc limit 1;

-- name: AllOfferAnswers :many
select o.offer, o.answer, o.by_id, o.reason, o.counter_fen, o.at, coalesce(a.signature, '')::text as signature,
    coalesce(a.signed_name, '')::text as signed_name, coalesce(a.document_id::text, '')::text as document_id
from offer_answers o left join agreements a on a.claim_id = o.claim_id and a.round = 1 and a.offer = o.offer and o.answer = 'agreed'
where o.claim_id = $1 order by o.at, o.offer limit 1000;

-- name: SurveysFarOff :many
-- Surveys that were made away from the reported place.
select round, metres_off from surveys where claim_id = $1 and metres_off > sqlc.arg(metres)::bigint order by round;

-- name: LaneEvents :many
-- Why a claim takes the lane that it takes.
select number, kind, body from events where claim_id = $1 and kind in ('lane.set', 'lane.changed') order by number;

-- name: SeenUntil :one
select event from looks where staff_id = $1 and claim_id = $2;

-- name: MarkSeen :one
insert into looks (staff_id, claim_id, event) values ($1, $2, $3)
on conflict (staff_id, claim_id) do update set event = greatest(looks.event, excluded.event), at = now()
returning event;
