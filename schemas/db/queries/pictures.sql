-- What pictures look like, and which of them are one picture.

-- name: InsertPicture :exec
-- Idempotent by the document.
insert into pictures (document_id, claim_id, hashes, bands, thumbnail)
select d.id, d.claim_id, sqlc.arg(hashes)::bigint[], sqlc.arg(bands)::int[], sqlc.narg(thumbnail)::bytea
from documents d where d.id = sqlc.arg(document_id)::uuid on conflict do nothing;

-- name: PicturesAlike :many
-- Pictures of losses that may be one with this, by a band that they have in
-- common and then by distance: the nearest first.
select p.document_id, p.hashes, p.thumbnail
from pictures p
cross join lateral (
    select min(bit_count((theirs.hash # ours.hash)::bit(64))) as bits
    from unnest(p.hashes) with ordinality as theirs (hash, view), unnest(sqlc.arg(hashes)::bigint[]) with ordinality as ours (hash, view)
    where theirs.view = 1 or ours.view = 1
) near
where p.bands && sqlc.arg(bands)::int[] and p.thumbnail is not null and p.document_id <> sqlc.arg(document_id)::uuid
  and near.bits <= sqlc.arg(within)::int
order by near.bits, p.document_id limit sqlc.arg(most)::int;

-- name: InsertPicturesAlike :exec
with shared as (
    insert into shared_documents (document_id, claim_id)
    select d.id, d.claim_id from documents d where d.id in ($1, $2) order by d.id on conflict do nothing
)
insert into pictures_alike (document_id, other_id, difference) values ($1, $2, sqlc.arg(difference)::real) on conflict do nothing;

-- name: PictureFacts :many
-- The pictures that a step checks, of losses or not, and those of losses that
-- are one with them, whichever came first, each with those that it was found to
-- be one with. A claim that was withdrawn used up nothing.
with checked as materialized (
    select m.document_id from pictures m
    where m.claim_id = $1 and m.document_id in (select c.id from checked_documents($1, sqlc.arg(named)::uuid[], '{}', false) c (id))
)
select p.document_id, d.kind, c.id as claim_id, c.number, p.hashes,
    array(select s.other_id::text from pictures_alike s where s.document_id = p.document_id and s.difference is not null)::text[] as same
from pictures p join documents d on d.id = p.document_id join claims c on c.id = p.claim_id
where (p.claim_id = $1 or d.kind = 'loss_photo' and c.outcome <> 'withdrawn') and p.document_id = any(array(
    select k.document_id from checked k
    union select a.other_id from pictures_alike a where a.document_id = any(array(select k.document_id from checked k))
    union select a.document_id from pictures_alike a where a.other_id = any(array(select k.document_id from checked k))));

-- name: OtherViews :one
-- Whether the claim has pictures of a loss beside those.
select exists (
    select from pictures p join documents d on d.id = p.document_id
    where p.claim_id = $1 and d.kind = 'loss_photo' and p.document_id <> all(sqlc.arg(beside)::uuid[])
)::boolean;
