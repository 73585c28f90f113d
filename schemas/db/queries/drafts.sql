-- Reports that are not sent yet.

-- name: Draft :one
select body, version, updated_at from drafts where principal = $1;

-- name: InsertDraft :execrows
insert into drafts (principal, body, version) values ($1, $2, 1) on conflict (principal) do nothing;

-- name: UpdateDraft :execrows
-- version is the one that the change starts from; 0 takes any.
update drafts set body = $2, version = version + 1, updated_at = now()
where principal = $1 and (sqlc.arg(version)::bigint = 0 or version = sqlc.arg(version)::bigint);

-- name: DeleteDraft :exec
delete from drafts where principal = $1;

-- name: DeleteSentDraft :exec
-- Removes the draft of a report that was sent under a key, and not one that
-- was begun afterwards.
delete from drafts where principal = sqlc.arg(principal)::text and updated_at <= coalesce(
    (select s.at from steps s where s.principal = sqlc.arg(principal)::text and s.command_key = sqlc.arg(command_key)::text), now());

-- name: ForgetDrafts :exec
delete from drafts where updated_at < $1;

-- name: PoliciesOfPhone :many
-- Of each policy of a phone the version in force, else the newest; policies in
-- force first.
select p.number, p.line, p.holder_name, p.holder_phone, coalesce(p.plate, '')::text as plate, coalesce(p.vin, '')::text as vin,
    coalesce(p.address, '')::text as address, v.starts_at, v.ends_at, v.coverages, (v.starts_at <= now() and now() < v.ends_at)::boolean as in_force
from policies p cross join lateral (
    select starts_at, ends_at, coverages from policy_versions w where w.policy_id = p.id
    order by (w.starts_at <= now() and now() < w.ends_at) desc, w.version desc limit 1) v
where p.holder_phone = $1 and (sqlc.arg(number)::text = '' or p.number = sqlc.arg(number)::text)
order by (v.starts_at <= now() and now() < v.ends_at) desc, v.ends_at desc, p.number limit 20;

-- name: InsertDraftPaper :execrows
-- A paper of a draft, unless it has enough of them, or this one is there.
insert into draft_papers (id, principal, kind, name, type, size, sha256, object)
select $1, $2, $3, $4, $5, $6, $7, $8
where (select count(*) from draft_papers p where p.principal = $2 and p.taken_by is null) < sqlc.arg(most)::int
on conflict do nothing;

-- name: DraftPaper :one
select p.id, p.kind, p.name, p.type, p.size, p.sha256, p.object, p.created_at, r.reading
from draft_papers p left join draft_readings r on r.paper_id = p.id where p.id = $1 and p.principal = $2;

-- name: DraftPapers :many
-- The papers of a draft, in order of arrival.
select p.id, p.kind, p.name, p.type, p.size, p.sha256, p.object, p.created_at, r.reading
from draft_papers p left join draft_readings r on r.paper_id = p.id
where p.principal = $1 and p.taken_by is null order by p.created_at, p.id;

-- name: TakeDraftPapers :exec
-- They are a claim's now, and no draft's.
update draft_papers set taken_by = sqlc.arg(claim_id)::uuid where principal = $1 and id = any(sqlc.arg(ids)::uuid[]);

-- name: DropDraftPaper :exec
delete from draft_papers where id = $1;

-- name: OldDraftPapers :many
select id, object from draft_papers where created_at < $1 order by created_at limit $2;

-- name: InsertDraftReading :exec
-- What was read, unless the paper was thrown away meanwhile.
insert into draft_readings (paper_id, reading) select p.id, sqlc.arg(reading) from draft_papers p where p.id = $1 on conflict do nothing;

-- name: DraftReadings :many
select paper_id, reading from draft_readings where paper_id = any(sqlc.arg(papers)::uuid[]);
