-- What pictures look like, and which look alike.

-- name: LockPictures :exec
-- One at a time: of two pictures that come at once, the second finds the first.
select pg_advisory_xact_lock(hashtext('pictures'));

-- name: PicturesAlike :many
-- Pictures of losses that look like one, by a band that they have in common and
-- then by distance.
select p.document_id, d.kind, d.sha256, c.id as claim_id, c.number, c.outcome, p.hashes
from pictures p join documents d on d.id = p.document_id join claims c on c.id = p.claim_id
where p.bands && sqlc.arg(bands)::int[] and d.kind = 'loss_photo' and p.document_id <> sqlc.arg(document_id)::uuid
  and exists (
      select from unnest(p.hashes) with ordinality as theirs (hash, view), unnest(sqlc.arg(hashes)::bigint[]) with ordinality as ours (hash, view)
      where (theirs.view = 1 or ours.view = 1) and bit_count((theirs.hash # ours.hash)::bit(64)) <= sqlc.arg(within)::int)
order by p.document_id limit 20;

-- name: InsertPicture :exec
insert into pictures (document_id, claim_id, hashes, bands) values ($1, $2, $3, $4) on conflict do nothing;

-- name: InsertPicturesAlike :exec
with shared as (
    insert into shared_documents (document_id, claim_id)
    select d.id, d.claim_id from documents d where d.id in ($1, $2) order by d.id on conflict do nothing
)
insert into pictures_alike (document_id, other_id) values ($1, $2) on conflict do nothing;

-- name: PictureFacts :many
-- The pictures that a step checks, of losses or not, and those of losses that
-- look like one of them, whichever came first. A claim that was withdrawn used
-- up nothing.
with checked as (
    select m.document_id from pictures m
    where m.claim_id = $1 and m.document_id in (select c.id from checked_documents($1, sqlc.arg(named)::uuid[], '{}', false) c (id))
)
select p.document_id, d.kind, d.sha256, c.id as claim_id, c.number, c.outcome, p.hashes
from pictures p join documents d on d.id = p.document_id join claims c on c.id = p.claim_id
where (p.claim_id = $1 or d.kind = 'loss_photo' and c.outcome <> 'withdrawn') and p.document_id in (
    select k.document_id from checked k
    union select a.other_id from checked k join pictures_alike a on a.document_id = k.document_id
    union select a.document_id from checked k join pictures_alike a on a.other_id = k.document_id);

-- name: OtherViews :one
-- Whether the claim has pictures of a loss beside those.
select exists (
    select from pictures p join documents d on d.id = p.document_id
    where p.claim_id = $1 and d.kind = 'loss_photo' and p.document_id <> all(sqlc.arg(beside)::uuid[])
)::boolean;
