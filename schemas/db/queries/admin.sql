-- What administrators keep, with its own log.

-- name: LockCommand :exec
-- A caller's commands of one key, or writes to one subject, come one at a time.
select pg_advisory_xact_lock(hashtextextended(sqlc.arg(what)::text, 0));

-- name: ReferenceCommand :one
select kind, subject, command_hash, body from reference_events where by_id = $1 and command_key = $2;

-- name: InsertReferenceEvent :exec
insert into reference_events (by_id, kind, subject, body, command_key, command_hash) values ($1, $2, $3, $4, $5, $6);

-- name: InsertPolicy :execrows
insert into policies (id, number, line, branch, holder_name, holder_phone, insured_name, insured_phone, drivers, plate, vin, address)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif(sqlc.arg(plate)::text, ''), nullif(sqlc.arg(vin)::text, ''), nullif(sqlc.arg(address)::text, ''))
on conflict (number) do nothing;

-- name: InsertPolicyVersion :exec
insert into policy_versions (policy_id, version, starts_at, ends_at, coverages) values ($1, $2, $3, $4, $5);

-- name: PolicyByNumber :one
select id, number, line, branch, holder_name, holder_phone, insured_name, insured_phone, drivers, coalesce(plate, '')::text as plate, coalesce(vin, '')::text as vin,
    coalesce(address, '')::text as address
from policies where number = $1;

-- name: ListPolicies :many
select id, number, line, branch, holder_name, holder_phone, insured_name, insured_phone, drivers, coalesce(plate, '')::text as plate, coalesce(vin, '')::text as vin,
    coalesce(address, '')::text as address
from policies p
where (sqlc.arg(everywhere)::boolean or p.branch = sqlc.arg(own_branch)::text)
  and (sqlc.arg(branch)::text = '' or p.branch = sqlc.arg(branch)::text)
  and (sqlc.arg(line)::text = '' or p.line = sqlc.arg(line)::text)
  and (sqlc.arg(plate)::text = '' or p.plate = sqlc.arg(plate)::text)
  and p.number > sqlc.arg(after)::text
order by p.number limit sqlc.arg(count);

-- name: PolicyVersions :many
select policy_id, version, starts_at, ends_at, coverages from policy_versions
where policy_id = any(sqlc.arg(ids)::uuid[]) order by policy_id, version;

-- name: PutStaff :exec
insert into staff (id, name, role, branch, level, phone, skills, max_load, active, vouches) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (id) do update set name = excluded.name, role = excluded.role, branch = excluded.branch, level = excluded.level,
    phone = excluded.phone, skills = excluded.skills, max_load = excluded.max_load, active = excluded.active, vouches = excluded.vouches;

-- name: ListStaff :many
select id, name, role, branch, level, phone, skills, max_load, active, vouches from staff s
where (sqlc.arg(everywhere)::boolean or s.branch = sqlc.arg(own_branch)::text)
  and (sqlc.arg(branch)::text = '' or s.branch = sqlc.arg(branch)::text)
  and (sqlc.arg(role)::text = '' or s.role = sqlc.arg(role)::text)
  and (sqlc.arg(q)::text = '' or position(lower(sqlc.arg(q)::text) in lower(s.id)) > 0 or position(lower(sqlc.arg(q)::text) in lower(s.name)) > 0)
  and s.id > sqlc.arg(after)::text
order by s.id limit sqlc.arg(count);

-- name: PutShift :exec
insert into shifts (staff_id, on_shift, lat, lng, seen_at) values ($1, $2, sqlc.narg(lat)::double precision, sqlc.narg(lng)::double precision, now())
on conflict (staff_id) do update set on_shift = excluded.on_shift, lat = coalesce(excluded.lat, shifts.lat),
    lng = coalesce(excluded.lng, shifts.lng), seen_at = case when excluded.lat is null then shifts.seen_at else excluded.seen_at end;

-- name: ListSurveyors :many
-- own narrows to one surveyor; empty takes all.
select s.id, s.name, s.branch, s.skills, s.max_load, coalesce(f.on_shift, false)::boolean as on_shift, f.lat, f.lng, f.seen_at,
    (select count(*) from tasks t where t.owner = s.id and t.state = 'open' and t.kind = 'survey')::int as load
from staff s left join shifts f on f.staff_id = s.id
where s.role = 'surveyor' and s.active
  and (sqlc.arg(own)::text = '' or s.id = sqlc.arg(own)::text)
  and (sqlc.arg(everywhere)::boolean or s.branch = sqlc.arg(own_branch)::text)
  and (sqlc.arg(branch)::text = '' or s.branch = sqlc.arg(branch)::text)
  and (sqlc.narg(on_shift)::boolean is null or coalesce(f.on_shift, false) = sqlc.narg(on_shift)::boolean)
  and s.id > sqlc.arg(after)::text
order by s.id limit sqlc.arg(count);

-- name: PoliciesByNumbers :many
select id, number, line, branch, holder_name, holder_phone, insured_name, insured_phone, drivers, coalesce(plate, '')::text as plate, coalesce(vin, '')::text as vin,
    coalesce(address, '')::text as address
from policies where number = any(sqlc.arg(numbers)::text[]);

-- name: StaffByIDs :many
select id, name, role, branch, level, phone, skills, max_load, active, vouches from staff where id = any(sqlc.arg(ids)::text[]);
