-- Who is let in, and what a decision needs to know of the thing asked about.

-- name: StaffForAccess :one
select id, name, role, branch, level, phone, active from staff where id = $1;

-- name: SessionForAccess :one
-- A member of staff who was not seen since a time has left.
select principal, staff, phone, coalesce(claim_id::text, '')::text as claim_id, seen_at, expires_at from sessions
where token_hash = $1 and expires_at > now() and (not staff or seen_at > sqlc.arg(awake_since)::timestamptz);

-- name: SessionSeen :exec
update sessions set seen_at = now() where token_hash = $1;

-- name: InsertSession :exec
insert into sessions (token_hash, principal, phone, claim_id, expires_at)
values ($1, $2, $3, sqlc.narg(claim_id)::uuid, $4) on conflict (token_hash) do nothing;

-- name: InsertStaffSession :one
-- A repeat changes nothing, and gives the end that was set first.
insert into sessions (token_hash, principal, staff, expires_at) values ($1, $2, true, $3)
on conflict (token_hash) do update set token_hash = excluded.token_hash returning expires_at;

-- name: DeleteSession :exec
delete from sessions where token_hash = $1;

-- name: PhoneCode :one
select id, phone, claim_no, code_hash, tries, expires_at, used_at from phone_codes where id = $1;

-- name: InsertPhoneCode :exec
insert into phone_codes (id, phone, claim_no, code_hash, expires_at) values ($1, $2, $3, $4, $5);

-- name: LockPhone :exec
-- Codes for one phone are asked for one at a time.
select pg_advisory_xact_lock(hashtextextended('phone ' || sqlc.arg(phone)::text, 0));

-- name: PhoneCodesSince :one
-- How many codes were asked for a phone that expire after these times.
select count(*) filter (where expires_at > sqlc.arg(minute)::timestamptz)::int as within_minute, count(*)::int as within_hour
from phone_codes where phone = $1 and expires_at > sqlc.arg(hour)::timestamptz;

-- name: TryPhoneCode :one
-- Counts one more try at the newest code of a phone for a claim number.
update phone_codes set tries = tries + 1
where id = (select c.id from phone_codes c where c.phone = $1 and c.claim_no = $2 and c.expires_at > now() order by c.expires_at desc limit 1)
returning id, code_hash, tries, expires_at, used_at;

-- name: UsePhoneCode :execrows
update phone_codes set used_at = now() where id = $1 and used_at is null;

-- name: ForgetPhoneCodes :exec
delete from phone_codes where expires_at < $1;

-- name: ForgetSessions :exec
delete from sessions where expires_at < $1 or (staff and seen_at < sqlc.arg(awake_since)::timestamptz);

-- name: ClaimOfParty :one
-- The claim with that number, if that phone is a party of it.
select c.id from claims c where c.number = $1 and exists (select from parties p where p.claim_id = c.id and p.phone = $2);

-- name: ClaimIDByNumber :one
select id from claims where number = $1;

-- name: SeeClaim :one
-- A claim as decisions look at it. Every request on a claim asks this, so it
-- is texts, which cost the least to read.
select number, line::text as line, lane::text as lane, stage::text as stage, branch, opened_by, version, held, relation::text as relation from claims where id = sqlc.arg(id)::uuid;

-- name: SeePeople :many
-- Who is on a claim, for those whose answer depends on it. known reports
-- whether the claim's policy knows their phone. Staff and partners report for
-- others: of all that one of them wrote down, one is the report that the claim
-- is of, by a person in the policy before any other.
with people as (
    select r.claim_id, r.number, r.phone, r.role, r.principal, coalesce(
        r.phone in (p.holder_phone, p.insured_phone) or p.drivers @> jsonb_build_array(jsonb_build_object('phone', r.phone)), false)::boolean as known
    from parties r join claims c on c.id = r.claim_id left join policies p on p.id = c.policy_id
    where r.claim_id = $1
)
select phone, role, principal, known,
    (number = first_value(number) over (partition by principal order by known desc, number))::boolean as first
from people;

-- name: SeeWorkers :many
-- Staff who have or had a task of a claim.
select distinct owner::text as owner from tasks where claim_id = $1 and owner is not null;

-- name: TaskSeen :one
-- A task is unstaffed while no active member of staff has or may take it.
select t.id, t.claim_id, t.kind, t.role, t.branch, t.level, coalesce(t.owner, '')::text as owner, t.state,
    (t.state = 'open' and not exists (select from staff d where d.active and d.role = t.role and d.level >= t.level
           and (t.owner is null and d.branch in (t.branch, '0000') or t.owner = d.id and (d.branch in (t.branch, '0000') or d.role = 'surveyor'))))::boolean as unstaffed
from tasks t where t.id = $1;

-- name: PolicySeen :one
select id, number, branch from policies where number = $1;

-- name: DocumentSeen :one
-- A document as the decision who sees it looks at it.
select attached_by, kind from documents where id = sqlc.arg(id)::uuid and claim_id = sqlc.arg(claim_id)::uuid;
