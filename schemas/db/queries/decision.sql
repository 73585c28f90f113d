-- What a reviewer decides on, beside what others see of a claim.

-- name: AssessmentInForce :one
select version, payable_fen from assessments where claim_id = $1 order by version desc limit 1;

-- name: AllOfferAnswers :many
select offer, answer, by_id, reason, counter_fen, at from offer_answers where claim_id = $1 order by at, offer limit 1000;

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
