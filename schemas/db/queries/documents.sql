-- What the API needs to carry a command, to take bytes in, and to show
-- documents and verify them. The API's role may run all of these.

-- name: CommandStep :one
-- What a command answered, by who sent it and under which key, and where its
-- claim stands now; '' where it has no row of its own.
select coalesce(s.command_hash, '')::text as command_hash, s.receipt, coalesce(c.stage, '')::text as stage, s.version, s.claim_id
from steps s left join claims c on c.id = s.claim_id
where s.principal = sqlc.arg(principal)::text and s.command_key = sqlc.arg(command_key)::text;

-- name: ReportBefore :one
-- What is known of a report before it is sent: the receipt under its key, and
-- the claim under its id. Always one row.
select coalesce(s.command_hash, '')::text as command_hash, s.receipt,
    coalesce(c.number, '')::text as number, coalesce(c.stage, '')::text as stage, coalesce(c.lane, '')::text as lane,
    coalesce(c.version, 0)::bigint as version
from (select sqlc.arg(id)::uuid as id) v
left join steps s on s.principal = sqlc.arg(principal)::text and s.command_key = sqlc.arg(command_key)::text
left join claims c on c.id = v.id;

-- name: ClaimStage :one
select stage, version from claims where id = $1;

-- name: DenialRound :one
-- The round of denial that is open or was decided last; 0 when there is none.
select coalesce(max(round), 0)::int from denials where claim_id = $1;

-- name: InsertUpload :execrows
insert into uploads (id, claim_id, principal, key, name, type, size, sha256, object, revision)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing;

-- name: UploadByKey :one
select id, claim_id, name, type, size, sha256, object, revision from uploads where principal = $1 and key = $2;

-- name: UploadsOfClaim :many
select id, principal, name, type, size, sha256, object, revision from uploads
where claim_id = $1 and id = any(sqlc.arg(ids)::uuid[]);

-- name: OldUploads :many
-- Uploads that nobody attached. lone tells that no other upload is of the
-- same bytes.
select u.id, u.object, not exists (select from uploads o where o.object = u.object and o.id <> u.id) as lone
from uploads u
where u.created_at < $1 and not exists (select from documents d where d.claim_id = u.claim_id and d.sha256 = u.sha256)
order by u.created_at limit $2;

-- name: DropUpload :exec
delete from uploads where id = $1;

-- name: ListDocuments :many
-- Documents in order of arrival, after a place in that order. attached_by
-- narrows to one sender's own; empty takes all. Of the kinds without, a reader
-- gets only what they sent themselves. Of the sender by_role and by_name are
-- staff's, by_party is a claimant's name.
select d.id, d.kind, d.name, d.type, d.size, d.sha256, d.state, d.reason, d.taken_at, d.taken_lat, d.taken_lng, d.camera, d.attached_by, d.attached_at, d.sent_as, d.object,
    coalesce(s.role, '')::text as by_role, coalesce(s.name, '')::text as by_name,
    coalesce((select p.name from parties p where p.claim_id = d.claim_id and p.principal = d.attached_by order by p.number limit 1), '')::text as by_party
from documents d left join staff s on s.id = d.attached_by
where d.claim_id = $1 and (d.attached_at, d.id) > (sqlc.arg(after_at)::timestamptz, sqlc.arg(after_id)::uuid)
  and (sqlc.arg(own)::text = '' or d.attached_by = sqlc.arg(own)::text)
  and (d.kind <> all(sqlc.arg(without)::text[]) or d.attached_by = sqlc.arg(reader)::text)
order by d.attached_at, d.id limit sqlc.arg(count);

-- name: DocumentOfClaim :one
select d.id, d.kind, d.name, d.type, d.size, d.sha256, d.state, d.reason, d.taken_at, d.taken_lat, d.taken_lng, d.camera, d.attached_by, d.attached_at, d.sent_as, d.object,
    coalesce(s.role, '')::text as by_role, coalesce(s.name, '')::text as by_name,
    coalesce((select p.name from parties p where p.claim_id = d.claim_id and p.principal = d.attached_by order by p.number limit 1), '')::text as by_party
from documents d left join staff s on s.id = d.attached_by
where d.claim_id = $1 and d.id = $2;

-- name: ContentOfDocument :one
select kind, name, type, size, sha256, object, revision from documents where claim_id = $1 and id = $2;

-- name: FieldsOfDocument :many
-- Of each field the newest round, which is in force.
select distinct on (name) name, value, source, confidence_bp, page, box, engine, sure, note, coalesce(confirmed_by, '')::text as confirmed_by, at
from fields where document_id = $1 order by name, round desc;

-- name: ChainHead :one
select next_event, last_hash, held from claims where id = $1;

-- name: Chain :many
select number, kind, at, by_id, by_role, body, prev_hash, hash from events
where claim_id = $1 and number > $2 order by number limit $3;

-- name: ObjectsOfClaim :many
-- Everything stored for a claim: documents, then letters.
select o.id, o.name, o.sha256, o.object, o.revision from (
    select 1 as part, d.id::text as id, d.name, d.sha256, d.object, d.revision, d.attached_at as at from documents d where d.claim_id = $1
    union all
    select 2, l.number, l.kind, l.sha256, l.object, l.revision, l.at from letters l where l.claim_id = $1
) o order by o.part, o.at, o.id;

-- name: OpenChunkedUpload :execrows
insert into chunked_uploads (id, claim_id, principal, key, name, kind, size, sha256)
select $1, $2, $3, $4, $5, $6, $7, $8
where (select count(*) from chunked_uploads u where u.principal = $3 and u.completed is null) < sqlc.arg(most)::int
on conflict do nothing;

-- name: ChunkedUpload :one
select id, claim_id, principal, name, kind, size, sha256, received, completed, created_at from chunked_uploads where id = $1;

-- name: AdvanceChunkedUpload :execrows
-- The next chunk has come, unless another was quicker.
with next as (
    update chunked_uploads set received = received + sqlc.arg(size)::bigint
    where id = sqlc.arg(id) and received = sqlc.arg(at)::bigint and completed is null returning id
)
insert into chunks (upload_id, at, size, object) select id, sqlc.arg(at)::bigint, sqlc.arg(size)::bigint, sqlc.arg(object) from next;

-- name: ChunksOf :many
select at, size, object from chunks where upload_id = $1 order by at;

-- name: CompleteChunkedUpload :exec
-- The row stays, and says which upload it became; its chunks are not needed.
update chunked_uploads set completed = sqlc.arg(upload_id)::uuid where id = $1;

-- name: DropChunks :exec
delete from chunks where upload_id = $1;

-- name: DropChunkedUpload :exec
delete from chunked_uploads where id = $1;

-- name: OldChunkedUploads :many
select id from chunked_uploads where created_at < $1 order by created_at limit $2;

-- name: WaiversOfClaim :many
select item, act, by_id, reason, at from waivers where claim_id = $1 order by item, number;

-- name: ParkedAlike :many
-- The other claims that stand still for the cause that a claim stands still for.
select c.id, c.branch, c.version, t.id as task from claims c
join tasks t on t.claim_id = c.id and t.kind = 'resume' and t.state = 'open'
join claims me on me.id = sqlc.arg(id) and me.parked
where c.parked and c.id <> me.id and c.file->'parked'->>'code' = me.file->'parked'->>'code'
    and (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(branch)::text)
order by c.reported_at limit sqlc.arg(most);
