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
